// SPDX-License-Identifier: GPL-2.0
/* Establishing a connection: RFC 9293 section 3.5, its figures, and OPEN (3.10.1). */
#include "bench.h"

/* Two ends; @b's numbers are @a's the other way round. */
struct pair {
	struct bench *a, *b;
};

static struct pair pair_new(struct kunit *test)
{
	return (struct pair) {
		.a = bench_new(test, 100, 300),
		.b = bench_new(test, 300, 100),
	};
}

/* Figure 6: basic three-way handshake, the active side */
static void three_way_active(struct kunit *test)
{
	struct bench *b = bench_new(test, 100, 300);

	bench_syn_sent(b);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_SYN, 0, 0);			/* <SEQ=100><CTL=SYN> */
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.mss, (u16)BENCH_MSS);	/* MUST-14 */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + EDU_RTO_INIT);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);		/* <SEQ=300><ACK=101> */
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1, 0);			/* <SEQ=101><ACK=301> */
	KUNIT_EXPECT_EQ(test, b->sent[1].out.ack, 301u);
	EXPECT_PATH(b, "SYN-SENT ESTABLISHED");
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_CONNECTED);
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
}

/* Figure 6, the passive side: LISTEN, a request, a connection */
static void three_way_passive(struct kunit *test)
{
	struct bench *b = bench_new(test, 300, 100);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = 100, .wnd = 5000,
				   .opt = { .mss = 1200, .wscale = 3, .has_wscale = 1 } };
	struct edu_segment ack = { .flags = EDU_ACK, .seq = 101, .ack = 301, .wnd = 700 };
	struct edu_request r;
	struct edu_out o;

	edu_todo_init(&b->todo);
	edu_arrives_listen(&syn, &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)EDU_EV_SYN);
	edu_request_init(&r, &syn, &b->params, 300, 0, 1 << 20, 5, NOW(b));
	edu_request_synack(&r, 1460, NOW(b), &o);
	KUNIT_EXPECT_EQ(test, o.flags, (u8)(EDU_SYN | EDU_ACK));
	KUNIT_EXPECT_EQ(test, o.seq, 300u);
	KUNIT_EXPECT_EQ(test, o.ack, 101u);
	KUNIT_EXPECT_EQ(test, o.wnd, (u16)65535);		/* not scaled: RFC 7323 2.2 */
	KUNIT_EXPECT_EQ(test, o.opt.mss, (u16)1460);
	KUNIT_EXPECT_TRUE(test, o.opt.has_wscale);
	KUNIT_EXPECT_EQ(test, o.opt.wscale, (u8)5);

	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &ack, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)EDU_EV_ACCEPT);
	b->t.path_mss = 1460;
	edu_open_from_request(&b->t, &r, 1460, NOW(b));
	bench_arrives(b, &ack);
	bench_output(b);
	EXPECT_PATH(b, "ESTABLISHED");
	EXPECT_SENT(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.mss, 1200u);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 700u << 3);		/* the ACK's is scaled */
	KUNIT_EXPECT_EQ(test, b->t.snd_una, 301u);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, 101u);
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
}

/* RFC 7323 2.2: the option in a SYN,ACK only if the SYN had it */
static void no_scale_for_who_did_not_ask(struct kunit *test)
{
	struct edu_segment syn = { .flags = EDU_SYN, .seq = 100, .wnd = 5000 };
	struct edu_params params = bench_params;
	struct edu_request r;
	struct edu_out o;

	edu_request_init(&r, &syn, &params, 300, 0, 1 << 20, 5, BENCH_START);
	edu_request_synack(&r, 1460, BENCH_START, &o);
	KUNIT_EXPECT_FALSE(test, o.opt.has_wscale);
	KUNIT_EXPECT_EQ(test, r.conn.rcv_wscale, (u8)0);

	syn.opt.has_wscale = 1;
	syn.opt.wscale = 7;
	params.window_scaling = false;
	edu_request_init(&r, &syn, &params, 300, 0, 1 << 20, 5, BENCH_START);
	edu_request_synack(&r, 1460, BENCH_START, &o);
	KUNIT_EXPECT_FALSE(test, o.opt.has_wscale);
	KUNIT_EXPECT_EQ(test, r.conn.snd_wscale, (u8)0);
}

/* Figure 7: simultaneous connection synchronization (MUST-10) */
static void simultaneous(struct kunit *test)
{
	struct pair p = pair_new(test);

	bench_syn_sent(p.a);
	bench_syn_sent(p.b);
	bench_carry(p.b, p.a, 0);
	bench_carry(p.a, p.b, 0);
	ASSERT_SENT(p.a, 2);
	ASSERT_SENT(p.b, 2);
	EXPECT_SEGMENT(p.a, 1, EDU_SYN | EDU_ACK, 0, 0);
	KUNIT_EXPECT_EQ(test, p.a->sent[1].out.ack, 301u);
	bench_carry(p.b, p.a, 1);
	bench_carry(p.a, p.b, 1);
	EXPECT_PATH(p.a, "SYN-SENT SYN-RECEIVED ESTABLISHED");
	EXPECT_PATH(p.b, "SYN-SENT SYN-RECEIVED ESTABLISHED");
	KUNIT_EXPECT_TRUE(test, p.a->events & EDU_EV_CONNECTED);
	/* One SYN each, and one SYN,ACK: nothing was lost, nothing is a retransmission. */
	KUNIT_EXPECT_EQ(test, p.a->t.total_retrans, 0u);
	KUNIT_EXPECT_FALSE(test, p.a->out_todo.counted & 1ull << EDU_MIB_TCPSynRetrans);
	KUNIT_EXPECT_EQ(test, p.a->t.cwnd, 10 * BENCH_MSS);
}

/* ... after our SYN went out twice: the answer to the peer's is owed at once all the same */
static void simultaneous_after_a_lost_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 2 * EDU_SEC);
	bench_forget(b);
	bench_peer(b, EDU_SYN, 0, 0, 0);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_SYN | EDU_ACK, 0, 0);
}

/* ... and one of the SYN,ACKs is lost */
static void simultaneous_with_loss(struct kunit *test)
{
	struct pair p = pair_new(test);

	bench_syn_sent(p.a);
	bench_syn_sent(p.b);
	bench_carry(p.b, p.a, 0);
	bench_carry(p.a, p.b, 0);
	bench_carry(p.b, p.a, 1);
	EXPECT_STATE(p.a, EDU_ESTABLISHED);
	EXPECT_STATE(p.b, EDU_SYN_RECEIVED);
	bench_run_until(p.b, NOW(p.b) + EDU_SEC);	/* A's SYN,ACK never came */
	ASSERT_SENT(p.b, 3);
	EXPECT_SEGMENT(p.b, 2, EDU_SYN | EDU_ACK, 0, 0);
	bench_carry(p.b, p.a, 2);			/* the peer's SYN again: an ACK */
	bench_carry(p.a, p.b, p.a->nsent - 1);
	EXPECT_STATE(p.b, EDU_ESTABLISHED);
	EXPECT_STATE(p.a, EDU_ESTABLISHED);
}

/* RFC 7323 2.2, at a simultaneous open: what the SYN,ACK says is not scaled */
static void simultaneous_window(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 7;
	b->peer_wnd = 512;
	bench_syn_received(b);
	KUNIT_EXPECT_TRUE(test, LAST(b).opt.has_wscale);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 512u);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 512u << 7);
}

/* 3.10.4: CLOSE in SYN-RECEIVED: FIN-WAIT-1; the FIN follows when the SYN is acknowledged */
static void close_while_synchronizing(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_received(b);
	bench_forget(b);
	bench_shutdown(b);
	EXPECT_STATE(b, EDU_FIN_WAIT_1);
	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);	/* the peer's answer to our SYN */
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_FIN | EDU_ACK, 1, 0);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 2, 0);
	EXPECT_PATH(b, "SYN-SENT SYN-RECEIVED FIN-WAIT-1 TIME-WAIT");
}

/* Figure 8: recovery from old duplicate SYN */
static void old_duplicate_syn(struct kunit *test)
{
	struct bench *a = bench_new(test, 100, 300);
	struct edu_segment old = { .flags = EDU_SYN, .seq = 90, .wnd = 1000 };
	struct edu_segment rst = { .flags = EDU_RST, .seq = 91 };
	struct edu_request r;
	struct edu_out o;

	bench_syn_sent(a);
	/* 3: B, in LISTEN, gets the old one; 4: and answers it */
	edu_request_init(&r, &old, &a->params, 300, 0, 1000, 0, NOW(a));
	edu_request_synack(&r, 0, NOW(a), &o);
	KUNIT_EXPECT_EQ(test, o.ack, 91u);
	/* 5: A sees that the ACK is bad: <SEQ=91><CTL=RST> */
	bench_arrives(a, &(struct edu_segment) { .flags = o.flags, .seq = o.seq, .ack = o.ack });
	KUNIT_EXPECT_EQ(test, a->todo.reply, (u8)EDU_RST);
	KUNIT_EXPECT_EQ(test, a->todo.reply_seq, 91u);
	EXPECT_STATE(a, EDU_SYN_SENT);
	/* B returns to LISTEN */
	edu_todo_init(&a->todo);
	edu_arrives_request(&r, &rst, NOW(a), &a->todo);
	KUNIT_EXPECT_EQ(test, a->todo.events, (u16)EDU_EV_CLOSED);
}

/* Figure 9: half-open connection discovery: A crashed and opens again, B knows nothing of it */
static void half_open_discovery(struct kunit *test)
{
	struct bench *a = bench_new(test, 400, 300), *b = bench_new(test, 300, 100);
	struct edu_segment rst = { .flags = EDU_RST };

	bench_established(b);
	b->t.rcv_nxt = 100;				/* as in the figure */
	bench_syn_sent(a);				/* 3: <SEQ=400><CTL=SYN> */
	bench_carry(a, b, 0);
	ASSERT_SENT(b, 1);				/* 4: <SEQ=301><ACK=100><CTL=ACK> */
	KUNIT_EXPECT_EQ(test, LAST(b).seq, 301u);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, 100u);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_carry(b, a, 0);				/* 5: <SEQ=100><CTL=RST> */
	KUNIT_EXPECT_EQ(test, a->todo.reply, (u8)EDU_RST);
	KUNIT_EXPECT_EQ(test, a->todo.reply_seq, 100u);
	EXPECT_STATE(a, EDU_SYN_SENT);
	rst.seq = a->todo.reply_seq;
	bench_arrives(b, &rst);				/* 6: B aborts */
	EXPECT_STATE(b, EDU_CLOSED);
	KUNIT_EXPECT_EQ(test, b->todo.err, ECONNRESET);
}

/* Figure 10: the active side of a half-open connection finds out: A has no connection */
static void half_open_text(struct kunit *test)
{
	struct bench *b = bench_new(test, 300, 100);
	struct edu_segment text = { .flags = EDU_ACK, .seq = 300, .ack = 100, .len = 10 };
	struct edu_segment rst = { .flags = EDU_RST };

	bench_established(b);
	bench_send(b, 10);
	text.seq = LAST(b).seq;
	text.ack = LAST(b).ack;
	edu_todo_init(&b->todo);
	edu_arrives_closed(&text, &b->todo);		/* at A: <SEQ=100><CTL=RST> */
	KUNIT_EXPECT_EQ(test, b->todo.reply_seq, 101u);
	rst.seq = b->todo.reply_seq;
	bench_arrives(b, &rst);
	EXPECT_STATE(b, EDU_CLOSED);
}

/* Text may follow the handshake's last ACK, or be that ACK. */
static void text_instead_of_the_ack(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = 5000 };
	struct edu_request r;

	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	edu_open_from_request(&b->t, &r, BENCH_MSS, NOW(b));
	bench_peer(b, EDU_ACK | EDU_FIN, 1, 1, 300);
	EXPECT_PATH(b, "ESTABLISHED CLOSE-WAIT");
	KUNIT_EXPECT_EQ(test, b->todo.text, (u8)EDU_TEXT_DELIVER);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 302);
}

/* 3.10.7.3: a SYN,ACK may bring text */
static void text_on_a_synack(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 100);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->todo.text, (u8)EDU_TEXT_DELIVER);
	KUNIT_EXPECT_EQ(test, b->node->seq, IRS + 1);
	KUNIT_EXPECT_EQ(test, b->node->end_seq, IRS + 101);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 101);
}

/* A second life: nothing of the first is left. */
static void open_again(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_send(b, 3000);
	b->t.nodelay = 1;
	b->t.cork = 1;
	b->t.keepalive = 1;
	b->t.syn_retries = 1;
	b->t.keepalive_probes = 2;
	b->t.keepalive_time = 3;
	b->t.keepalive_intvl = 4;
	b->t.fin_timeout = 5;
	b->t.user_timeout = 6;
	b->t.defer_accept = 7;
	bench_abort(b);
	EXPECT_STATE(b, EDU_CLOSED);
	edu_tcb_reset(&b->t);
	KUNIT_EXPECT_EQ(test, b->t.defer_accept, (u8)7);
	b->t.defer_accept = 0;
	KUNIT_EXPECT_TRUE(test, b->t.nodelay);
	KUNIT_EXPECT_TRUE(test, b->t.cork);
	KUNIT_EXPECT_TRUE(test, b->t.keepalive);
	KUNIT_EXPECT_EQ(test, b->t.syn_retries, (u8)1);
	KUNIT_EXPECT_EQ(test, b->t.keepalive_probes, (u8)2);
	KUNIT_EXPECT_EQ(test, b->t.keepalive_time, 3ull);
	KUNIT_EXPECT_EQ(test, b->t.keepalive_intvl, 4ull);
	KUNIT_EXPECT_EQ(test, b->t.fin_timeout, 5ull);
	KUNIT_EXPECT_EQ(test, b->t.user_timeout, 6ull);
	b->iss = ISS + 777777;
	b->irs = IRS + 777777;
	b->t.adv_mss = BENCH_MSS;
	b->t.path_mss = BENCH_MSS;
	bench_established(b);
	KUNIT_EXPECT_EQ(test, edu_flight(&b->t), 0u);
	KUNIT_EXPECT_EQ(test, b->t.srtt, BENCH_RTT);
	KUNIT_EXPECT_EQ(test, b->t.bytes_received, 0ull);
	bench_peer(b, EDU_ACK, 1, 1, 300);
	KUNIT_EXPECT_EQ(test, b->t.bytes_received, 300ull);
	/* marks of the first life would be in this one's future, or far past */
	KUNIT_EXPECT_TRUE(test, seq_leq(b->t.undone, b->t.snd_una));
	KUNIT_EXPECT_TRUE(test, seq_geq(b->t.undone, b->iss));
	KUNIT_EXPECT_TRUE(test, seq_geq(b->t.reduced, b->iss));
}

/* The window that is announced is the window that is meant: what does not fit the field is not. */
static void no_more_window_than_the_field_says(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS };
	struct edu_request r;

	edu_request_init(&r, &syn, &b->params, ISS, 0, 1 << 20, 0, NOW(b));
	KUNIT_EXPECT_EQ(test, r.conn.rcv_wnd, 65535u);
	edu_set_receive_window(&b->t, 1 << 20, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_wnd, 65535u);
}

/* 3.10.7.3: SND.WL1 <- SEG.SEQ: what comes next is newer, wherever the numbers lie */
static void window_update_after_the_handshake(struct kunit *test)
{
	static const u32 irs[] = { 100, 0xf0000000u, 0x80000000u, 0u - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(irs); i++) {
		struct bench *b = bench_new(test, ISS, irs[i]);

		bench_established(b);
		b->peer_wnd = 20000;
		bench_peer(b, EDU_ACK, 1, 1, 0);
		KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 20000u);
	}
}

/* ... and the passive end learns it from the ACK that makes it a connection */
static void window_of_the_last_ack(struct kunit *test)
{
	static const u32 irs[] = { 100, 0xf0000000u, 0x80000000u, 0u - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(irs); i++) {
		struct bench *b = bench_new(test, ISS, irs[i]);
		struct edu_segment syn = { .flags = EDU_SYN, .seq = irs[i], .wnd = 5000 };
		struct edu_request r;

		edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
		edu_open_from_request(&b->t, &r, BENCH_MSS, NOW(b));
		b->peer_wnd = 7000;
		bench_peer(b, EDU_ACK, 1, 1, 0);
		EXPECT_STATE(b, EDU_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 7000u);
	}
}

/* A simultaneous open's SYN,ACK answers the peer's SYN: no retransmission, whatever was before. */
static void simultaneous_counts_no_retransmission(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 2 * EDU_SEC);
	bench_forget(b);
	bench_peer(b, EDU_SYN, 0, 0, 0);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_FALSE(test, b->counted & (1ull << EDU_MIB_RetransSegs));
}

/* Eff.snd.MSS is at most half of the largest window, but for windows that are tiny anyway. */
static void mss_and_a_small_window(struct kunit *test)
{
	static const struct { u16 wnd; u32 mss; } cases[] = {
		{ 300, 1000 }, { 512, 1000 }, { 513, 256 }, { 1000, 500 }, { 2000, 1000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = bench_new(test, ISS, IRS);

		b->peer_wnd = cases[i].wnd;
		bench_established(b);
		KUNIT_EXPECT_EQ(test, b->t.mss, cases[i].mss);
	}
}

/* ... and grows with it: a peer that opens its window little by little gets whole segments. */
static void mss_and_a_window_that_grows(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 1000;
	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.mss, 500u);
	b->peer_wnd = 1600;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.mss, 800u);
	b->peer_wnd = 400;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.mss, 800u);
	b->peer_wnd = 5000;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.mss, 1000u);
}

static struct kunit_case open_cases[] = {
	KUNIT_CASE(three_way_active),
	KUNIT_CASE(three_way_passive),
	KUNIT_CASE(no_scale_for_who_did_not_ask),
	KUNIT_CASE(simultaneous),
	KUNIT_CASE(simultaneous_after_a_lost_syn),
	KUNIT_CASE(simultaneous_with_loss),
	KUNIT_CASE(simultaneous_window),
	KUNIT_CASE(close_while_synchronizing),
	KUNIT_CASE(old_duplicate_syn),
	KUNIT_CASE(half_open_discovery),
	KUNIT_CASE(half_open_text),
	KUNIT_CASE(text_instead_of_the_ack),
	KUNIT_CASE(text_on_a_synack),
	KUNIT_CASE(open_again),
	KUNIT_CASE(no_more_window_than_the_field_says),
	KUNIT_CASE(window_update_after_the_handshake),
	KUNIT_CASE(window_of_the_last_ack),
	KUNIT_CASE(simultaneous_counts_no_retransmission),
	KUNIT_CASE(mss_and_a_small_window),
	KUNIT_CASE(mss_and_a_window_that_grows),
	{}
};

static struct kunit_suite open_suite = {
	.name = "edu_tcp_open",
	.test_cases = open_cases,
};

kunit_test_suite(open_suite);
