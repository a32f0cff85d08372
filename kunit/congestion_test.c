// SPDX-License-Identifier: GPL-2.0
/* Congestion control and loss recovery: RFC 5681, 6582, 6928 by their numbers. */
#include "bench.h"

#define MSS	BENCH_MSS

/* ESTABLISHED, with a peer whose window is no limit. */
static struct bench *open_wide(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	bench_established(b);
	return b;
}

/* The same, with ten segments in flight: ISS+1 ... ISS+10001, and cwnd full. */
static struct bench *ten_in_flight(struct kunit *test)
{
	struct bench *b = open_wide(test);

	bench_send(b, 10 * MSS);
	ASSERT_SENT(b, 10);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	return b;
}

static void duplicates(struct bench *b, u32 ack, unsigned int n)
{
	while (n--)
		bench_peer(b, EDU_ACK, 1, ack, 0);
}

struct window_case {
	const char *name;
	u16 peer_mss;
	u32 path_mss;
	u32 mss, cwnd;
};

/* RFC 6928 section 2: min (10*MSS, max (2*MSS, 14600)) */
static const struct window_case window_cases[] = {
	{ "MSS 1000: ten", 1000, 9000, 1000, 10000 },
	{ "MSS 1460: ten, 14600", 1460, 1460, 1460, 14600 },
	{ "MSS 2000: 14600", 2000, 9000, 2000, 14600 },
	{ "MSS 8960: two", 8960, 8960, 8960, 17920 },
	{ "no MSS option: 536 (MUST-15)", 0, 1460, 536, 5360 },
	{ "the path decides (MUST-16)", 1460, 600, 600, 6000 },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, name);

static void initial_window(struct kunit *test)
{
	const struct window_case *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	b->peer_options.mss = c->peer_mss;
	b->t.path_mss = c->path_mss;
	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.mss, c->mss);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, c->cwnd);
	b->budget.max_len = 60000;
	bench_send(b, 50000);
	KUNIT_EXPECT_EQ(test, edu_flight(&b->t), c->cwnd / c->mss * c->mss);
}

/* A passive OPEN begins as an active one does: the SYN,ACK gives the first sample. */
static void initial_window_of_a_passive_open(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = 60000,
				   .opt = { .mss = MSS } };
	struct edu_request r;

	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	r.synack_at = NOW(b);
	edu_open_from_request(&b->t, &r, MSS, NOW(b));
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.srtt, BENCH_RTT);
}

/* RFC 5681 3.1: "If the SYN or SYN/ACK is lost, the initial window ... MUST be one" */
static void initial_window_after_a_lost_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 1500 * EDU_MSEC);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, MSS);
}

/* RFC 5681 3.1 (2): cwnd += min (N, L * SMSS) for each ACK; RFC 9406 4.3 lets L be 8 */
static void slow_start(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	bench_send(b, 40 * MSS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 11 * MSS);
	EXPECT_SENT(b, 2);				/* one for the ACK, one for cwnd */
	bench_peer(b, EDU_ACK, 1, 3001, 0);		/* a delayed ACK */
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 13 * MSS);
	bench_peer(b, EDU_ACK, 1, 11001, 0);		/* eight segments, as GRO makes them */
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 21 * MSS);
	KUNIT_EXPECT_EQ(test, edu_flight(&b->t), 21 * MSS);
	bench_peer(b, EDU_ACK, 1, 20001, 0);		/* nine: one too many */
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 29 * MSS);
	KUNIT_EXPECT_EQ(test, edu_flight(&b->t), 29 * MSS);
}

/* RFC 5681 3.1: ACK division: octets count, not ACKs */
static void slow_start_counts_octets(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);
	unsigned int i;

	for (i = 1; i <= 1000; i++)
		bench_peer(b, EDU_ACK, 1, 1 + i, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 11 * MSS);
}

/* RFC 7661: who does not fill cwnd learns nothing about it */
static void unused_window_does_not_grow(struct kunit *test)
{
	struct bench *b = open_wide(test);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		bench_send(b, MSS);
		bench_peer(b, EDU_ACK, 1, 1 + (i + 1) * MSS, 0);
		bench_forget(b);
	}
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	bench_send(b, 4 * MSS);
	bench_peer(b, EDU_ACK, 1, 1 + 54 * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	/* Half of it in flight is enough. */
	bench_send(b, 5 * MSS);
	bench_peer(b, EDU_ACK, 1, 1 + 59 * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 15 * MSS);
}

/* RFC 5681 3.1: SMSS for each cwnd's worth of octets that are acknowledged */
static void congestion_avoidance(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);
	unsigned int i;

	b->t.ssthresh = 10 * MSS;
	bench_send(b, 40 * MSS);
	for (i = 1; i <= 9; i++)
		bench_peer(b, EDU_ACK, 1, 1 + i * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	bench_peer(b, EDU_ACK, 1, 1 + 10 * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 11 * MSS);
	for (i = 11; i <= 20; i++)
		bench_peer(b, EDU_ACK, 1, 1 + i * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 11 * MSS);
	bench_peer(b, EDU_ACK, 1, 1 + 21 * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 12 * MSS);
}

/* RFC 5681 3.2 steps 2 and 3: the third duplicate, not the second and not the fourth */
static void third_duplicate_ack(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	duplicates(b, 1, 2);
	EXPECT_SENT(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	duplicates(b, 1, 1);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);		/* (4): FlightSize / 2 */
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 7 * MSS);	/* three have left the network */
	duplicates(b, 1, 1);
	EXPECT_SENT(b, 1);
}

/* The same when they were sent together: it is one segment that is missing. */
static void third_duplicate_ack_of_a_train(struct kunit *test)
{
	struct bench *b = open_wide(test);

	b->budget.max_len = 10 * MSS;
	bench_send(b, 10 * MSS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 10 * MSS);
	bench_forget(b);
	duplicates(b, 1, 3);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 7 * MSS);
	/* a partial ACK: the next hole, again one segment (RFC 6582 3.2 step 3) */
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1 + 6 * MSS, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1 + 6 * MSS, MSS);
}

/* RFC 6582 3.2 step 3: one hole at a time; where that may not go yet, nothing behind it is lost. */
static void one_hole_at_a_time(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	duplicates(b, 1, 3);
	bench_wait(b, BENCH_RTT);
	b->t.cwnd = MSS;
	b->t.ssthresh = MSS;
	bench_peer(b, EDU_ACK, 1, 1 + MSS, 0);
	KUNIT_ASSERT_EQ(test, b->t.queue[EDU_LOST].nodes, 1u);
	bench_peer(b, EDU_ACK, 1, 2 + MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].nodes, 1u);
	KUNIT_EXPECT_EQ(test, edu_sent_first(&b->t, EDU_LOST)->seq - ISS, 2 + MSS);
}

/* RFC 3042: each of the first two duplicates lets a new segment go, beyond cwnd */
static void limited_transmit(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	edu_sent_by_user(&b->t, 20 * MSS);
	duplicates(b, 1, 1);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 10001, MSS);
	duplicates(b, 1, 1);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 11001, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);	/* "MUST NOT be changed" */
	duplicates(b, 1, 1);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 1, MSS);
	/* RFC 5681 3.2 step 2: FlightSize without these two */
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
}

/* RFC 5681 (4): max (FlightSize / 2, 2*SMSS) */
static void ssthresh_is_at_least_two(struct kunit *test)
{
	struct bench *b = open_wide(test);

	bench_send(b, 3 * MSS);
	duplicates(b, 1, 3);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 2 * MSS);
}

struct duplicate_case {
	const char *name;
	u8 flags;
	u32 seq, ack, len;
	u16 wnd;
	bool nothing_in_flight;
};

/* RFC 5681 section 2, DUPLICATE ACKNOWLEDGMENT: what lacks one of (a) to (e) is none */
static const struct duplicate_case duplicate_cases[] = {
	{ "(a) there is no outstanding data", EDU_ACK, 1, 10001, 0, 60000, true },
	{ "(b) it carries data", EDU_ACK, 1, 1, 100, 60000 },
	{ "(c) the FIN bit is on", EDU_FIN | EDU_ACK, 100, 1, 0, 60000 },
	{ "(d) not the greatest acknowledgment", EDU_ACK, 1, 0, 0, 60000 },
	{ "(e) the window is another", EDU_ACK, 1, 1, 0, 59999 },
};

KUNIT_ARRAY_PARAM_DESC(duplicate, duplicate_cases, name);

static void not_a_duplicate(struct kunit *test)
{
	const struct duplicate_case *c = test->param_value;
	struct bench *b = ten_in_flight(test);
	unsigned int i;

	if (c->nothing_in_flight)
		bench_peer(b, EDU_ACK, 1, 10001, 0);
	for (i = 0; i < 5; i++) {
		/* (e): each one differs from the one before */
		b->peer_wnd = c->wnd - (c->wnd != 60000 ? i : 0);
		bench_peer(b, c->flags, c->seq, c->ack, c->len);
	}
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 0u);
}

/*
 * RFC 6582 3.2, with the first and the fourth of ten lost; the user has more to
 * send. The window is RFC 9937's: half of what arrives goes out again.
 */
static void newreno_partial_and_full(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	edu_sent_by_user(&b->t, 20 * MSS);
	duplicates(b, 1, 3);				/* 2, 3, 5 arrived */
	ASSERT_SENT(b, 3);				/* two by limited transmit */
	EXPECT_SEGMENT(b, 2, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.recover, ISS + 12001);
	duplicates(b, 1, 3);				/* 6 to 8 arrived: */
	ASSERT_SENT(b, 4);				/* 6 * 5000 / 10000 rounds to one more */
	EXPECT_SEGMENT(b, 3, EDU_ACK, 12001, MSS);
	duplicates(b, 1, 2);				/* 9 and 10: the pipe is at ssthresh */
	ASSERT_SENT(b, 4);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 5 * MSS);

	/* Step 3, partial: the next hole goes again at once. */
	bench_forget(b);
	bench_wait(b, 10 * EDU_MSEC);
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 3001, MSS);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 13001, MSS);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 5 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + edu_rto(&b->t));

	/* Step 3, full: "deflate the congestion window", to ssthresh */
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 12001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 5 * MSS);
	EXPECT_SENT(b, 3);				/* two are in flight */
}

/* RFC 9937: after recovery the window is ssthresh */
static void newreno_full(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	duplicates(b, 1, 9);
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 5 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
}

/* RFC 6582 3.2 step 2: duplicates below recover come from our own retransmissions */
static void no_second_fast_retransmit_below_recover(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	KUNIT_EXPECT_EQ(test, b->t.recover, ISS + 10001);
	bench_peer(b, EDU_ACK, 1, 10001, 0);		/* all had arrived */
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	b->t.cwnd = 10 * MSS;
	bench_send(b, 10 * MSS);
	bench_forget(b);
	duplicates(b, 10001, 5);			/* "covers more than recover": no */
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_ACK, 1, 11001, 0);		/* now it does */
	bench_forget(b);
	duplicates(b, 11001, 3);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	EXPECT_SENT(b, 1);
}

/* RFC 5681 3.1 (4): ssthresh = FlightSize/2; cwnd = LW = 1 segment; then slow start */
static void timeout(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 1 * MSS);

	/* The rest is taken for lost too: two, then four. */
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 2 * MSS);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1001, MSS);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 2001, MSS);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 4 * MSS);
	EXPECT_SENT(b, 6);
	/* Beyond ssthresh: congestion avoidance */
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 5 * MSS);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 5 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_LOSS);
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
}

/* RFC 5681 3.1: the timer expires again for the same segment: ssthresh is held constant */
static void second_timeout(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 1 * MSS);
}

/*
 * RFC 3465 2.3: after a timeout L is 1 * SMSS: an ACK that jumps over what had
 * arrived long ago must not send a burst.
 */
static void no_burst_after_timeout(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 2 * MSS);
}

/*
 * What was sent again and what is new leave in order, never both for the same
 * octets; unless the timeout may have been needless (RFC 5682), which a duplicate
 * ACK rules out.
 */
static void no_new_text_before_the_old(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);
	unsigned int i;
	u32 next = 1;

	edu_sent_by_user(&b->t, 5 * MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	duplicates(b, 1, 1);
	for (i = 1; i <= 12; i++)
		bench_peer(b, EDU_ACK, 1, 1 + i * MSS, 0);
	for (i = 0; i < b->nsent; i++) {
		KUNIT_EXPECT_EQ(test, b->sent[i].out.seq - ISS, next);
		next += b->sent[i].out.len;
	}
	KUNIT_EXPECT_EQ(test, next, 15001u);
}

/* RFC 5681 4.1: after more than an RTO of silence, min (IW, cwnd) */
static void restart_after_idle(struct kunit *test)
{
	struct bench *b = open_wide(test);

	b->t.cwnd = 40 * MSS;
	bench_send(b, MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 40 * MSS);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	bench_wait(b, edu_rto(&b->t));
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 40 * MSS);	/* "more than one RTO" */
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	bench_wait(b, edu_rto(&b->t) + 1);
	bench_send(b, 50 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	KUNIT_EXPECT_EQ(test, edu_flight(&b->t), 10 * MSS);
}

/* A path MTU that shrinks: what is in flight goes again in smaller pieces, without holes. */
static void smaller_mss_while_in_flight(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);
	unsigned int i;
	u32 next = 1;

	edu_set_mss(&b->t, 300);
	KUNIT_EXPECT_EQ(test, b->t.mss, 300u);
	edu_resend_smaller(&b->t);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_LOSS);
	bench_output(b);
	for (i = 0; i < b->nsent; i++) {
		KUNIT_EXPECT_EQ(test, b->sent[i].out.seq - ISS, next);
		KUNIT_EXPECT_LE(test, b->sent[i].out.len, 300u);
		next += b->sent[i].out.len;
	}
	KUNIT_EXPECT_EQ(test, next, 10001u);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);	/* 3.7.2: not congestion */
}

/* ... but a SYN is not sent again for that. */
static void smaller_mss_before_the_handshake(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	edu_set_mss(&b->t, 300);
	edu_resend_smaller(&b->t);
	bench_output(b);
	EXPECT_SENT(b, 1);
}

/* Retransmissions keep to the window too, but the first one goes always (3.8.6.1). */
static void retransmissions_up_to_the_edge(struct kunit *test)
{
	struct bench *b = ten_in_flight(test);

	b->peer_wnd = 2000;
	bench_peer(b, EDU_ACK, 1, 1, 0);		/* it shrank: SHLD-14 forbids, MUST-34 */
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	b->t.cwnd = 10 * MSS;
	bench_output(b);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1001, MSS);
}

/* A path MTU that grows: cwnd, one small segment after a timeout, lets one large one go. */
static void larger_mss_than_cwnd(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	b->t.path_mss = 100;
	bench_established(b);
	bench_send(b, 100);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 100u);
	edu_set_mss(&b->t, 9000);
	KUNIT_EXPECT_EQ(test, b->t.mss, MSS);
	bench_peer(b, EDU_ACK, 1, 101, 0);
	bench_forget(b);
	bench_send(b, 5 * MSS);
	KUNIT_EXPECT_GE(test, b->nsent, 1u);
}

/* The FIN takes part: what it was sent with it is sent again with. */
static void retransmission_of_the_fin(struct kunit *test)
{
	struct bench *b = open_wide(test);

	bench_send(b, MSS);
	bench_shutdown(b);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_FIN | EDU_ACK, 1001, 0);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_FIN | EDU_ACK, 1001, 0);

	b = open_wide(test);
	edu_sent_by_user(&b->t, MSS);
	bench_shutdown(b);
	ASSERT_SENT(b, 1);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_FIN | EDU_ACK, 1, MSS);
}

/* --- Sequence numbers go round: nothing may be remembered by number for too long. --- */

#define CHUNK	(16000 * MSS)

/* Send @octets, acknowledged as they go, through a window that is wide enough. */
static void transfer(struct bench *b, u64 octets)
{
	b->t.cwnd = 1u << 29;
	while (octets) {
		u32 len = min_t(u64, octets, CHUNK);

		octets -= len;
		bench_send(b, len);
		bench_forget(b);
		bench_peer(b, EDU_ACK, 1, b->t.snd_nxt - b->iss, 0);
	}
	KUNIT_ASSERT_EQ(b->test, edu_flight(&b->t), 0u);
	bench_forget(b);
}

static struct bench *open_very_wide(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 14;
	b->t.nodelay = 1;
	b->peer_wnd = 60000;
	b->budget.max_len = CHUNK;
	bench_established(b);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_forget(b);
	return b;
}

/* RFC 6582's recover is an old number then: it must not look like one in the future. */
static void fast_retransmit_after_2_gib(struct kunit *test)
{
	struct bench *b = open_very_wide(test);

	transfer(b, (1ull << 31) + 5000);
	b->budget.max_len = MSS;
	bench_send(b, 10 * MSS);
	bench_forget(b);
	duplicates(b, b->t.snd_una - ISS, 3);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	EXPECT_SENT(b, 1);
}

/* Minshall's SND.SML is an old number too. */
static void small_segment_after_2_gib(struct kunit *test)
{
	struct bench *b = open_very_wide(test);

	b->t.nodelay = 0;
	transfer(b, 10);
	transfer(b, (3ull << 30) / MSS * MSS);
	bench_send(b, 10);
	EXPECT_SENT(b, 1);
}

/* After 4 GiB ISS comes again, and is a number like any other. */
static void iss_comes_again(struct kunit *test)
{
	struct bench *b = open_very_wide(test);

	transfer(b, (1ull << 32) - 1);
	KUNIT_ASSERT_EQ(test, b->t.snd_nxt, ISS);
	bench_output(b);
	EXPECT_SENT(b, 0);
	b->budget.max_len = MSS;
	bench_send(b, 3 * MSS);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 0, MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 4);
	EXPECT_SEGMENT(b, 3, EDU_ACK, 0, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, MSS);
	b->t.ssthresh = 9 * MSS;
	bench_peer(b, EDU_ACK, 1, MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 2 * MSS);	/* and not a new initial window */
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 9 * MSS);
}

/* ... and ssthresh keeps room for two: RFC 5681 (4) */
static void larger_mss_and_ssthresh(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	b->peer_options.mss = 9000;
	bench_established(b);
	b->t.ssthresh = 2 * BENCH_MSS;
	edu_set_mss(&b->t, 3000);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 6000u);
	b->t.ssthresh = 50000;
	edu_set_mss(&b->t, 4000);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 50000u);
}

/* What the user chose stays his choice in a second life. */
static void algorithm_of_a_second_life(struct kunit *test)
{
	static const char * const names[] = { "reno", "cubic" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct bench *b = bench_new(test, ISS, IRS);

		b->t.cong = edu_cong_find(names[i]);
		edu_tcb_reset(&b->t);
		KUNIT_EXPECT_STREQ(test, b->t.cong->name, names[i]);
	}
}

/* TCP_CONGESTION and net.edu_tcp.congestion_control: every name that is told is known. */
static void algorithms_by_name(struct kunit *test)
{
	char names[64], *name, *rest = names;

	edu_cong_names(names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "cubic reno");
	while ((name = strsep(&rest, " "))) {
		KUNIT_ASSERT_TRUE(test, edu_cong_find(name));
		KUNIT_EXPECT_STREQ(test, edu_cong_find(name)->name, name);
	}
	KUNIT_EXPECT_FALSE(test, edu_cong_find("vegas"));
	KUNIT_EXPECT_FALSE(test, edu_cong_find(""));
	/* A buffer that is too small gets what fits. */
	edu_cong_names(names, 6);
	KUNIT_EXPECT_STREQ(test, names, "cubic");
	edu_cong_names(names, 4);
	KUNIT_EXPECT_STREQ(test, names, "cub");
}

static struct kunit_case congestion_cases[] = {
	KUNIT_CASE_PARAM(initial_window, window_gen_params),
	KUNIT_CASE(initial_window_of_a_passive_open),
	KUNIT_CASE(initial_window_after_a_lost_syn),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(slow_start_counts_octets),
	KUNIT_CASE(unused_window_does_not_grow),
	KUNIT_CASE(congestion_avoidance),
	KUNIT_CASE(third_duplicate_ack),
	KUNIT_CASE(third_duplicate_ack_of_a_train),
	KUNIT_CASE(one_hole_at_a_time),
	KUNIT_CASE(limited_transmit),
	KUNIT_CASE(ssthresh_is_at_least_two),
	KUNIT_CASE_PARAM(not_a_duplicate, duplicate_gen_params),
	KUNIT_CASE(newreno_partial_and_full),
	KUNIT_CASE(newreno_full),
	KUNIT_CASE(no_second_fast_retransmit_below_recover),
	KUNIT_CASE(timeout),
	KUNIT_CASE(second_timeout),
	KUNIT_CASE(no_burst_after_timeout),
	KUNIT_CASE(no_new_text_before_the_old),
	KUNIT_CASE(restart_after_idle),
	KUNIT_CASE(smaller_mss_while_in_flight),
	KUNIT_CASE(smaller_mss_before_the_handshake),
	KUNIT_CASE(retransmissions_up_to_the_edge),
	KUNIT_CASE(larger_mss_than_cwnd),
	KUNIT_CASE(retransmission_of_the_fin),
	KUNIT_CASE(fast_retransmit_after_2_gib),
	KUNIT_CASE(small_segment_after_2_gib),
	KUNIT_CASE(iss_comes_again),
	KUNIT_CASE(algorithms_by_name),
	KUNIT_CASE(larger_mss_and_ssthresh),
	KUNIT_CASE(algorithm_of_a_second_life),
	{}
};

static struct kunit_suite congestion_suite = {
	.name = "edu_tcp_congestion",
	.test_cases = congestion_cases,
};

kunit_test_suite(congestion_suite);
