// SPDX-License-Identifier: GPL-2.0
/* Timeouts: RFC 9293 sections 3.8 and 3.10.8, and how long Linux is patient. */
#include "bench.h"

#define MSS	BENCH_MSS
#define MS	EDU_MSEC
#define SEC	((u64)EDU_SEC)

/* When the segments went out, from @start on, in milliseconds. */
static void expect_times(struct bench *b, u64 start, const u32 *ms, unsigned int n)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(b->test, b->nsent, n);
	for (i = 0; i < n && i < b->nsent; i++)
		KUNIT_EXPECT_EQ_MSG(b->test, b->sent[i].at - start, ms[i] * (u64)MS,
				    "segment %u", i);
}

static void expect_given_up(struct bench *b, int err)
{
	EXPECT_STATE(b, EDU_CLOSED);
	KUNIT_EXPECT_EQ(b->test, b->todo.err, err);
	KUNIT_EXPECT_TRUE(b->test, b->todo.events & EDU_EV_CLOSED);
	KUNIT_EXPECT_TRUE(b->test, edu_next_deadline(&b->t) == EDU_NEVER);
}

/* --- SYN (3.8.3, MUST-22: in the general way) --- */

/* MUST-23: for at least 3 minutes */
static void syn_retries(struct kunit *test)
{
	static const u32 times[] = { 0, 1000, 3000, 7000, 15000, 31000, 63000, 127000 };
	struct bench *b = bench_new(test, ISS, IRS);
	u64 start = NOW(b);

	bench_syn_sent(b);
	bench_run_until(b, start + 247 * SEC - 1);
	EXPECT_STATE(b, EDU_SYN_SENT);
	bench_run_until(b, start + 247 * SEC);
	expect_times(b, start, times, ARRAY_SIZE(times));
	expect_given_up(b, ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
}

/* MUST-22: R1 is for a SYN what it is for text (MUST-20) */
static void r1_of_a_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	bench_syn_sent(b);
	for (i = 1; i <= 6; i++) {
		bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
		KUNIT_EXPECT_EQ(test, !!(b->todo.events & EDU_EV_R1), i == 3);
	}
}

static void every_syn_is_the_same(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 100 * SEC);
	for (i = 0; i < b->nsent; i++) {
		EXPECT_SEGMENT(b, i, EDU_SYN, 0, 0);
		KUNIT_EXPECT_EQ(test, b->sent[i].out.opt.mss, b->sent[0].out.opt.mss);
		KUNIT_EXPECT_EQ(test, b->sent[i].out.wnd, (u16)BENCH_WND);
	}
}

/* TCP_SYNCNT, on a machine that has just been switched on */
static void syn_retries_on_a_young_clock(struct kunit *test)
{
	static const u32 times[] = { 0, 1000 };
	struct bench *b = bench_new(test, ISS, IRS);

	b->budget.now = 5 * SEC;
	b->t.syn_retries = 1;
	bench_syn_sent(b);
	bench_run_until(b, 8 * SEC);
	expect_times(b, 5 * SEC, times, ARRAY_SIZE(times));
	expect_given_up(b, ETIMEDOUT);
}

/* A SYN has come for a listener. */
static void half_open(struct bench *b, struct edu_request *r)
{
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND };

	edu_request_init(r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
}

/* A request: 1, 2, 4, 8, 16, 32 s with synack_retries = 5 */
static void synack_retries(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_request r;
	unsigned int i;

	half_open(b, &r);
	for (i = 1; i <= 5; i++)
		KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, b->params.synack_retries),
				SEC << i);
	KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, b->params.synack_retries), 0ull);
}

/*
 * TCP_DEFER_ACCEPT, for the time of three timeouts: an ACK without text does not complete the
 * handshake, but needs no other SYN,ACK; after the third there is one, to be acknowledged again.
 */
static void a_deferred_request_waits_for_text(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment ack = { .flags = EDU_ACK, .seq = IRS + 1, .ack = ISS + 1,
				   .wnd = BENCH_WND };
	struct edu_request r;
	unsigned int i;

	half_open(b, &r);
	r.defer = 3;
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &ack, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u32)EDU_EV_DEFERRED);
	KUNIT_EXPECT_EQ(test, b->todo.drop, EDU_DROP_ACK_DEFERRED);
	r.acked = true;
	for (i = 1; i <= 3; i++) {
		/* also with fewer synack_retries than that */
		KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, 1), SEC << i);
		KUNIT_EXPECT_EQ(test, edu_request_asks_again(&r), i == 3);
	}
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &ack, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u32)EDU_EV_ACCEPT);
	KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, 1), 0ull);
}

/* Who did not even acknowledge is asked again as ever, and given up as ever. */
static void a_deferred_request_that_nobody_acknowledges(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_request r;

	half_open(b, &r);
	r.defer = 9;
	KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, 1), 2 * SEC);
	KUNIT_EXPECT_TRUE(test, edu_request_asks_again(&r));
	KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, 1), 0ull);
}

static void text_or_a_FIN_completes_a_deferred_request(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment text = { .flags = EDU_ACK, .seq = IRS + 1, .ack = ISS + 1, .len = 1,
				    .wnd = BENCH_WND };
	struct edu_segment fin = { .flags = EDU_ACK | EDU_FIN, .seq = IRS + 1, .ack = ISS + 1,
				   .wnd = BENCH_WND };
	struct edu_request r;

	half_open(b, &r);
	r.defer = 1;
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &text, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u32)EDU_EV_ACCEPT);
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &fin, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u32)EDU_EV_ACCEPT);
}

/* The other side of it: the ACK of a SYN,ACK waits for text to carry it. */
static void who_connects_may_defer_the_ACK(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->t.defer_accept = 1;
	bench_syn_sent(b);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_DELACK], NOW(b) + 200 * EDU_MSEC);
	KUNIT_EXPECT_EQ(test, (u8)b->t.ack_now, (u8)0);
}

static void synack_backoff_is_bounded(struct kunit *test)
{
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND };
	struct edu_request r;
	unsigned int i;
	u64 in = 0;

	edu_request_init(&r, &syn, &bench_params, ISS, 0, BENCH_WND, 0, BENCH_START);
	for (i = 0; i < 254; i++)
		in = edu_request_timeout(&r, 255);
	KUNIT_EXPECT_EQ(test, in, EDU_RTO_MAX);
}

/* --- Text (3.8.3) --- */

static struct bench *fast_path(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	b->t.rto = EDU_RTO_MIN;
	return b;
}

/* Linux's tcp_retries2 = 15: "924.6 seconds", when the RTO starts at its minimum */
static void r2(struct kunit *test)
{
	static const u32 times[] = {
		0, 200, 600, 1400, 3000, 6200, 12600, 25400, 51000, 102200,
		204600, 324600, 444600, 564600, 684600, 804600,
	};
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	bench_send(b, MSS);
	bench_run_until(b, start + 924600 * MS - 1);
	expect_times(b, start, times, ARRAY_SIZE(times));
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 924600 * MS);
	expect_given_up(b, ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.released), 1u);
}

/* The same patience in time, not in number, when the path is slow */
static void r2_is_a_time(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	b->t.rto = 10 * SEC;
	bench_send(b, MSS);
	bench_run_until(b, start + 924 * SEC);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	/* 10 + 20 + 40 + 80, then every 120 s: the first at or after 924.6 s */
	bench_run_until(b, start + (150 + 7 * 120) * SEC);
	expect_given_up(b, ETIMEDOUT);
}

/* MUST-20: R1, "SHOULD correspond to at least 3 retransmissions" */
static void r1(struct kunit *test)
{
	struct bench *b = fast_path(test);
	unsigned int i;

	bench_send(b, MSS);
	for (i = 1; i <= 6; i++) {
		bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
		KUNIT_EXPECT_EQ(test, !!(b->todo.events & EDU_EV_R1), i == 3);
	}
}

static void progress_starts_patience_anew(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	bench_send(b, 2 * MSS);
	bench_run_until(b, start + 900 * SEC);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	bench_run_until(b, start + 1700 * SEC);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 3000 * SEC);
	EXPECT_STATE(b, EDU_CLOSED);
}

/* 3.8.3: the user timeout; checked when the retransmission timer expires */
static void user_timeout(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	b->t.user_timeout = 3 * SEC;
	bench_send(b, MSS);
	bench_run_until(b, start + 3 * SEC - 1);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 3 * SEC);
	expect_given_up(b, ETIMEDOUT);
}

/* Between two retransmissions (0.6 s and 1.4 s): the timer comes for it (Linux since 4.19). */
static void user_timeout_between_retransmissions(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	b->t.user_timeout = 1 * SEC;
	bench_send(b, MSS);
	bench_run_until(b, start + 1 * SEC - 1);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 1 * SEC);
	expect_given_up(b, ETIMEDOUT);
}

/* Linux's tcp_orphan_retries, 8 as Linux reads its 0: nobody waits for the result */
static void orphan_retries(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);

	bench_send(b, MSS);
	bench_close(b);
	bench_run_until(b, start + 102200 * MS - 1);
	EXPECT_STATE(b, EDU_FIN_WAIT_1);
	bench_run_until(b, start + 102200 * MS);
	EXPECT_STATE(b, EDU_CLOSED);
}

/* LAST-ACK: our FIN again and again, until it is acknowledged */
static void last_ack_retries(struct kunit *test)
{
	struct bench *b = fast_path(test);
	unsigned int i;

	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	bench_forget(b);
	bench_close(b);
	EXPECT_STATE(b, EDU_LAST_ACK);
	bench_run_until(b, NOW(b) + 20 * SEC);
	KUNIT_EXPECT_EQ(test, b->nsent, 7u);	/* 0, .2, .6, 1.4, 3, 6.2, 12.6 s */
	for (i = 0; i < b->nsent; i++)
		EXPECT_SEGMENT(b, i, EDU_FIN | EDU_ACK, 1, 0);
	bench_peer(b, EDU_ACK, 2, 2, 0);
	EXPECT_STATE(b, EDU_CLOSED);
	KUNIT_EXPECT_EQ(test, b->todo.err, 0);
}

/* --- Zero-window probes (3.8.6.1) --- */

/* ESTABLISHED, with text to send and a peer who takes none. */
static struct bench *closed_window(struct kunit *test)
{
	struct bench *b = fast_path(test);

	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 3 * MSS);
	EXPECT_SENT(b, 0);
	return b;
}

/* MUST-36; SHLD-29: the first after an RTO; SHLD-30: then more and more seldom */
static void zero_window_probes(struct kunit *test)
{
	static const u32 times[] = { 200, 600, 1400, 3000, 6200, 12600, 25400, 51000, 102200,
				     204600, 324600, 444600 };
	struct bench *b = closed_window(test);
	u64 start = NOW(b);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		bench_run_until(b, start + times[i] * (u64)MS);
		ASSERT_SENT(b, i + 1);
		/* what the peer has acknowledged already: it must answer that */
		EXPECT_SEGMENT(b, i, EDU_ACK, 0, 0);
		bench_wait(b, 10 * MS);
		bench_peer(b, EDU_ACK, 1, 1, 0);
	}
	expect_times(b, start, times, ARRAY_SIZE(times));
}

/* MUST-37: while probes are answered, it may go on for ever; here for a week */
static void answered_probes_never_end(struct kunit *test)
{
	struct bench *b = closed_window(test);
	u64 start = NOW(b), last = 0;
	unsigned int n = 0;

	while (NOW(b) < start + 7 * 86400 * SEC) {
		u64 next = edu_next_deadline(&b->t);

		KUNIT_ASSERT_TRUE(test, next != EDU_NEVER);
		bench_run_until(b, next);
		ASSERT_STATE(b, EDU_ESTABLISHED);
		n += b->nsent;
		bench_forget(b);
		bench_peer(b, EDU_ACK, 1, 1, 0);
		/* They never come faster again. */
		if (n > 20)
			KUNIT_ASSERT_EQ(test, next - last, EDU_RTO_MAX);
		last = next;
	}
	KUNIT_EXPECT_LE(test, n, 7u * 86400 / 120 + 12);
}

static void answered_probes_end_for_an_orphan(struct kunit *test)
{
	struct bench *b = closed_window(test);
	u64 start = NOW(b);

	/* A peer who answers for ever must not hold what nobody owns: as in Linux. */
	bench_close(b);
	while (b->t.state != EDU_CLOSED && NOW(b) < start + 3600 * SEC) {
		bench_run_until(b, edu_next_deadline(&b->t));
		bench_forget(b);
		if (b->t.state != EDU_CLOSED)
			bench_peer(b, EDU_ACK, 1, 1, 0);
	}
	EXPECT_STATE(b, EDU_CLOSED);
	KUNIT_EXPECT_LT(test, NOW(b) - start, 300 * SEC);
}

static void unanswered_probes_end(struct kunit *test)
{
	struct bench *b = closed_window(test);
	u64 start = NOW(b);

	bench_run_until(b, start + 804600 * MS);
	EXPECT_SENT(b, 15);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 924600 * MS);
	EXPECT_SENT(b, 15);
	expect_given_up(b, ETIMEDOUT);
}

/* TCP_USER_TIMEOUT takes the place of the number of probes here, too: from the first one on. */
static void unanswered_probes_and_a_user_timeout(struct kunit *test)
{
	struct bench *b = closed_window(test);
	u64 start = NOW(b);

	b->t.user_timeout = 2800 * MS;		/* .2 + 2.8 s: when the fourth would be due */
	bench_run_until(b, start + 3000 * MS - 1);
	EXPECT_SENT(b, 3);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 3000 * MS);
	EXPECT_SENT(b, 3);
	expect_given_up(b, ETIMEDOUT);
}

/* Who answers is alive: only silence counts. */
static void answered_probes_and_a_user_timeout(struct kunit *test)
{
	struct bench *b = closed_window(test);
	u64 start = NOW(b);

	b->t.user_timeout = 2800 * MS;
	while (NOW(b) < start + 100 * SEC) {
		ASSERT_STATE(b, EDU_ESTABLISHED);
		bench_run_until(b, edu_next_deadline(&b->t));
		bench_peer(b, EDU_ACK, 1, 1, 0);
	}
}

/* An orphan's probes are as many as orphan_retries, answered or not. */
static void probes_of_an_orphan(struct kunit *test)
{
	struct bench *b = closed_window(test);
	unsigned int i;

	bench_close(b);
	for (i = 0; i < 100 && b->t.state != EDU_CLOSED; i++) {
		bench_run_until(b, edu_next_deadline(&b->t));
		if (b->t.state != EDU_CLOSED)
			bench_peer(b, EDU_ACK, 1, 1, 0);
	}
	EXPECT_SENT(b, b->params.orphan_retries);
}

static void window_opens_again(struct kunit *test)
{
	struct bench *b = closed_window(test);

	bench_run_until(b, NOW(b) + 30 * SEC);
	bench_forget(b);
	b->peer_wnd = BENCH_WND;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_SENT(b, 3);
	/* As if nothing had been: the probes' back-off is not the text's. */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + EDU_RTO_MIN);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PERSIST], EDU_NEVER);
}

/* A window that closes over what is in flight: the retransmissions probe it (3.8.6.1) */
static void window_closes_over_flight(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start = NOW(b);
	unsigned int i;

	bench_send(b, 2 * MSS);
	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_forget(b);
	/* Longer than R2, and more often than any small counter counts: each is answered. */
	for (i = 0; NOW(b) < start + 86400 * SEC; i++) {
		bench_run_until(b, edu_next_deadline(&b->t));
		ASSERT_STATE(b, EDU_ESTABLISHED);
		EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
		EXPECT_SENT(b, 1);
		bench_forget(b);
		bench_peer(b, EDU_ACK, 1, 1, 0);
	}
	bench_run_until(b, NOW(b) + 2000 * SEC);	/* and then no more */
	EXPECT_STATE(b, EDU_CLOSED);
}

/* A FIN waits for the window, too: 3.8.6.1 probes for it. */
static void fin_waits_for_the_window(struct kunit *test)
{
	struct bench *b = fast_path(test);

	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_shutdown(b);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + 200 * MS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 0, 0);
	b->peer_wnd = 100;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_FIN | EDU_ACK, 1, 0);
}

/* --- Keep-alives (3.8.4) --- */

static struct bench *kept_alive(struct kunit *test)
{
	struct bench *b = fast_path(test);

	b->t.keepalive = 1;
	edu_keepalive_update(&b->t, NOW(b));
	return b;
}

/* Linux: 7200 s of silence, 9 probes 75 s apart */
static void keepalive(struct kunit *test)
{
	struct bench *b = kept_alive(test);
	u64 start = NOW(b);
	unsigned int i;

	bench_run_until(b, start + 7200 * SEC - 1);
	EXPECT_SENT(b, 0);
	bench_run_until(b, start + (7200 + 9 * 75) * SEC - 1);
	ASSERT_SENT(b, 9);
	for (i = 0; i < 9; i++) {
		/* <SEG.SEQ = SND.NXT-1>: MAY-6 lets it be empty */
		EXPECT_SEGMENT(b, i, EDU_ACK, 0, 0);
		KUNIT_EXPECT_EQ(test, b->sent[i].at, start + (7200 + i * 75) * SEC);
	}
	bench_run_until(b, start + (7200 + 9 * 75) * SEC);
	expect_given_up(b, ETIMEDOUT);
	/* Linux resets the peer: who knows, it may come back. */
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)(EDU_RST | EDU_ACK));
	KUNIT_EXPECT_EQ(test, b->todo.reply_seq, ISS + 1);
	KUNIT_EXPECT_EQ(test, b->todo.reply_ack, IRS + 1);
}

/* MUST-25: off unless the user asks */
static void keepalive_is_off(struct kunit *test)
{
	struct bench *b = fast_path(test);

	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
}

static void keepalive_answered(struct kunit *test)
{
	struct bench *b = kept_alive(test);
	u64 start = NOW(b);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		bench_run_until(b, start + 7200 * SEC);
		EXPECT_SENT(b, 1);
		bench_wait(b, BENCH_RTT);
		bench_peer(b, EDU_ACK, 1, 1, 0);
		bench_forget(b);
		start = NOW(b);
	}
	EXPECT_STATE(b, EDU_ESTABLISHED);
}

/* MUST-29: "MUST NOT interpret failure to respond to any specific probe as a dead connection" */
static void keepalive_of_which_most_are_lost(struct kunit *test)
{
	struct bench *b = kept_alive(test);
	unsigned int i, round;

	for (round = 0; round < 3; round++) {
		bench_forget(b);
		bench_run_until(b, NOW(b) + (7200 + 8 * 75) * SEC);
		ASSERT_SENT(b, 9);
		for (i = 0; i < 9; i++)
			EXPECT_SEGMENT(b, i, EDU_ACK, 0, 0);
		bench_peer(b, EDU_ACK, 1, 1, 0);	/* only the last one's answer came */
		ASSERT_STATE(b, EDU_ESTABLISHED);
	}
}

/* Switched on late, SO_KEEPALIVE asks at once whether the peer still lives. */
static void keepalive_after_long_silence(struct kunit *test)
{
	struct bench *b = fast_path(test);

	bench_wait(b, 8000 * SEC);
	b->t.keepalive = 1;
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, edu_next_deadline(&b->t), NOW(b));
	bench_run_until(b, NOW(b));
	EXPECT_SENT(b, 1);
	/* Unanswered probes are forgotten when it is set anew; off is off. */
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.keepalive_sent, (u8)0);
	b->t.keepalive = 0;
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
}

/* SO_KEEPALIVE watches over a connection, not over its beginning or its end. */
static void keepalive_by_state(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->t.keepalive = 1;
	bench_syn_sent(b);
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], EDU_NEVER);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], NOW(b) + 7200 * SEC);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	EXPECT_STATE(b, EDU_CLOSE_WAIT);
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], NOW(b) + 7200 * SEC);
	bench_shutdown(b);
	EXPECT_STATE(b, EDU_LAST_ACK);
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], EDU_NEVER);
}

/* ... and in FIN-WAIT-2, whose user still reads */
static void keepalive_while_the_peer_sends(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->t.keepalive = 1;
	bench_established(b);
	bench_shutdown(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
	edu_keepalive_update(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], NOW(b) + 7200 * SEC);
}

/* Text of the peer's is an answer, also by the short cut. */
static void keepalive_answered_by_text(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->t.keepalive = 1;
	bench_established(b);
	bench_run_until(b, NOW(b) + 7200 * SEC + 3 * 75 * SEC);
	KUNIT_EXPECT_EQ(test, b->t.keepalive_sent, (u8)4);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1, 100);
	KUNIT_EXPECT_TRUE(test, b->todo.counted & 1ull << EDU_MIB_TCPHPHits);
	KUNIT_EXPECT_EQ(test, b->t.keepalive_sent, (u8)0);
}

/* MUST-26: "only ... when no sent data is outstanding" */
static void keepalive_not_with_text_in_flight(struct kunit *test)
{
	struct bench *b = kept_alive(test);
	u64 start = NOW(b);
	unsigned int i;

	b->t.keepalive_time = 1 * SEC;
	edu_keepalive_update(&b->t, NOW(b));
	bench_send(b, MSS);
	bench_run_until(b, start + 60 * SEC);
	for (i = 0; i < b->nsent; i++)
		EXPECT_SEGMENT(b, i, EDU_ACK, 1, MSS);
}

/* TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT */
static void keepalive_of_one_connection(struct kunit *test)
{
	static const u32 times[] = { 10000, 12000, 14000 };
	struct bench *b = kept_alive(test);
	u64 start = NOW(b);

	b->t.keepalive_time = 10 * SEC;
	b->t.keepalive_intvl = 2 * SEC;
	b->t.keepalive_probes = 3;
	edu_keepalive_update(&b->t, NOW(b));
	bench_run_until(b, start + 16 * SEC);
	expect_times(b, start, times, ARRAY_SIZE(times));
	expect_given_up(b, ETIMEDOUT);
}

/* TCP_USER_TIMEOUT takes the place of the number of probes. */
static void keepalive_with_a_user_timeout(struct kunit *test)
{
	static const u32 times[] = { 10000, 12000, 14000, 16000, 18000 };
	struct bench *b = kept_alive(test);
	u64 start = NOW(b);

	b->t.keepalive_time = 10 * SEC;
	b->t.keepalive_intvl = 2 * SEC;
	b->t.keepalive_probes = 3;
	b->t.user_timeout = 20 * SEC;
	edu_keepalive_update(&b->t, NOW(b));
	bench_run_until(b, start + 20 * SEC - 1);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_run_until(b, start + 20 * SEC);
	expect_times(b, start, times, ARRAY_SIZE(times));
	expect_given_up(b, ETIMEDOUT);
}

/* --- Delayed ACK, FIN-WAIT-2 --- */

/* MUST-40: below half a second; Linux's least is 40 ms */
static void delayed_ack(struct kunit *test)
{
	struct bench *b = fast_path(test);
	u64 start;

	b->t.quickacks = 0;
	b->t.last_text_at = NOW(b);
	start = NOW(b);
	bench_peer(b, EDU_ACK, 1, 1, MSS);
	EXPECT_SENT(b, 0);
	bench_run_until(b, start + 40 * MS - 1);
	EXPECT_SENT(b, 0);
	bench_run_until(b, start + 40 * MS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 0);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1001);
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
}

/* Linux's tcp_fin_timeout: only for who has no user; RFC 9293 would wait for ever */
static void fin_wait_2_of_an_orphan(struct kunit *test)
{
	struct bench *b = kept_alive(test);
	u64 start;

	bench_close(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
	start = NOW(b);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_KEEPALIVE], EDU_NEVER);
	bench_run_until(b, start + 60 * SEC - 1);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
	bench_run_until(b, start + 60 * SEC);
	expect_given_up(b, 0);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
}

static void fin_wait_2_with_a_user(struct kunit *test)
{
	struct bench *b = fast_path(test);

	bench_shutdown(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
	/* ... until he goes away */
	bench_close(b);
	KUNIT_EXPECT_EQ(test, edu_next_deadline(&b->t), NOW(b) + 60 * SEC);
}

/* TCP_LINGER2 below 0: not at all */
static void fin_wait_2_without_waiting(struct kunit *test)
{
	struct bench *b = fast_path(test);

	b->t.fin_timeout = EDU_NEVER;
	bench_close(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	expect_given_up(b, 0);
	KUNIT_EXPECT_EQ(test, b->todo.npath, (u8)2);
	KUNIT_EXPECT_EQ(test, b->todo.path[0], (u8)EDU_FIN_WAIT_2);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)(EDU_RST | EDU_ACK));
}

/* What could not even be built is asked for again. */
static void output_that_failed(struct kunit *test)
{
	struct bench *b = fast_path(test);
	struct edu_out o;

	edu_sent_by_user(&b->t, MSS);
	KUNIT_ASSERT_TRUE(test, edu_output(&b->t, &b->budget, &o, &b->out_todo));
	edu_output_failed(&b->t, NOW(b));
	bench_run_until(b, NOW(b) + SEC / 2);
	KUNIT_EXPECT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);

	/* ... a SYN too */
	b = bench_new(test, ISS, IRS);
	edu_todo_init(&b->todo);
	edu_open_active(&b->t, ISS, 0, &b->todo);
	KUNIT_ASSERT_TRUE(test, edu_output(&b->t, &b->budget, &o, &b->out_todo));
	edu_output_failed(&b->t, NOW(b));
	bench_run_until(b, NOW(b) + SEC / 2);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_SYN, 0, 0);

	/* ... and an ACK, also while text is in flight */
	b = fast_path(test);
	b->t.rto = 3 * SEC;
	bench_send(b, MSS);
	bench_forget(b);
	b->t.ack_now = 1;
	KUNIT_ASSERT_TRUE(test, edu_output(&b->t, &b->budget, &o, &b->out_todo));
	edu_output_failed(&b->t, NOW(b));
	bench_run_until(b, NOW(b) + 500 * MS);
	KUNIT_EXPECT_GE(test, b->nsent, 1u);
}

static struct kunit_case timeouts_cases[] = {
	KUNIT_CASE(syn_retries),
	KUNIT_CASE(r1_of_a_syn),
	KUNIT_CASE(every_syn_is_the_same),
	KUNIT_CASE(syn_retries_on_a_young_clock),
	KUNIT_CASE(synack_retries),
	KUNIT_CASE(a_deferred_request_waits_for_text),
	KUNIT_CASE(a_deferred_request_that_nobody_acknowledges),
	KUNIT_CASE(text_or_a_FIN_completes_a_deferred_request),
	KUNIT_CASE(who_connects_may_defer_the_ACK),
	KUNIT_CASE(synack_backoff_is_bounded),
	KUNIT_CASE(r2),
	KUNIT_CASE(r2_is_a_time),
	KUNIT_CASE(r1),
	KUNIT_CASE(progress_starts_patience_anew),
	KUNIT_CASE(user_timeout),
	KUNIT_CASE(user_timeout_between_retransmissions),
	KUNIT_CASE(orphan_retries),
	KUNIT_CASE(last_ack_retries),
	KUNIT_CASE(zero_window_probes),
	KUNIT_CASE(answered_probes_never_end),
	KUNIT_CASE(answered_probes_end_for_an_orphan),
	KUNIT_CASE(unanswered_probes_end),
	KUNIT_CASE(window_opens_again),
	KUNIT_CASE(window_closes_over_flight),
	KUNIT_CASE(fin_waits_for_the_window),
	KUNIT_CASE(keepalive),
	KUNIT_CASE(keepalive_is_off),
	KUNIT_CASE(keepalive_answered),
	KUNIT_CASE(keepalive_of_which_most_are_lost),
	KUNIT_CASE(keepalive_not_with_text_in_flight),
	KUNIT_CASE(keepalive_after_long_silence),
	KUNIT_CASE(keepalive_of_one_connection),
	KUNIT_CASE(keepalive_with_a_user_timeout),
	KUNIT_CASE(delayed_ack),
	KUNIT_CASE(fin_wait_2_of_an_orphan),
	KUNIT_CASE(fin_wait_2_with_a_user),
	KUNIT_CASE(fin_wait_2_without_waiting),
	KUNIT_CASE(output_that_failed),
	KUNIT_CASE(unanswered_probes_and_a_user_timeout),
	KUNIT_CASE(answered_probes_and_a_user_timeout),
	KUNIT_CASE(probes_of_an_orphan),
	KUNIT_CASE(keepalive_by_state),
	KUNIT_CASE(keepalive_while_the_peer_sends),
	KUNIT_CASE(keepalive_answered_by_text),
	{}
};

static struct kunit_suite timeouts_suite = {
	.name = "edu_tcp_timeouts",
	.test_cases = timeouts_cases,
};

kunit_test_suite(timeouts_suite);
