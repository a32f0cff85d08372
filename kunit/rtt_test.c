// SPDX-License-Identifier: GPL-2.0
/* Round-trip time and retransmission timer: RFC 6298, by the numbers of its paragraphs. */
#include "bench.h"

#define MS	EDU_MSEC

/* Integer arithmetic may round each term down by one. */
#define EXPECT_US(test, value, expected)					\
	do {									\
		KUNIT_EXPECT_GE(test, (u64)(value) + 4, (u64)(expected));	\
		KUNIT_EXPECT_LE(test, (u64)(value), (u64)(expected) + 4);	\
	} while (0)

struct rtt_step {
	const char *name;
	u64 rtt;
	u64 srtt, rttvar, rto;		/* worked out by hand, in microseconds */
};

/* One connection: each sample builds on those before. */
static const struct rtt_step rtt_steps[] = {
	/* (2.2) SRTT = R, RTTVAR = R/2, RTO = SRTT + max(G, 4 * RTTVAR) */
	{ "the first, 100 ms", 100 * MS, 100 * MS, 50 * MS, 300 * MS },
	/* (2.3) RTTVAR = 3/4 * 50 + 1/4 * |100 - 200| = 62.5; SRTT = 7/8 * 100 + 1/8 * 200 */
	{ "200 ms", 200 * MS, 112500, 62500, 362500 },
	/* RTTVAR = 3/4 * 62.5 + 1/4 * 12.5 = 50; SRTT = 7/8 * 112.5 + 1/8 * 100 */
	{ "100 ms", 100 * MS, 110937, 50000, 310937 },
	/* RTTVAR = 3/4 * 50 + 1/4 * 889.0625 = 259.765625; SRTT = 7/8 * 110.9375 + 125 */
	{ "1 s", 1000 * MS, 222070, 259765, 1261133 },
	/* RTTVAR = 3/4 * 259.765625 + 1/4 * 222.0693 = 250.341555; SRTT = 7/8 * 222.0703 */
	{ "1 us", 1, 194312, 250341, 1195678 },
};

static void samples(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, b->t.rto, EDU_RTO_INIT);		/* (2.1) */
	for (i = 0; i < ARRAY_SIZE(rtt_steps); i++) {
		edu_rtt_sample(&b->t, rtt_steps[i].rtt);
		EXPECT_US(test, b->t.srtt, rtt_steps[i].srtt);
		EXPECT_US(test, b->t.rttvar, rtt_steps[i].rttvar);
		EXPECT_US(test, b->t.rto, rtt_steps[i].rto);
	}
}

/* A steady path: the variance goes to nothing, Linux's 200 ms stay above the RTT. */
static void steady_path(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	for (i = 0; i < 100; i++)
		edu_rtt_sample(&b->t, 80 * MS);
	KUNIT_EXPECT_GE(test, b->t.srtt, 80 * MS - 8);
	KUNIT_EXPECT_LE(test, b->t.srtt, 80 * MS);
	KUNIT_EXPECT_GE(test, b->t.rto, 280 * MS - 8);
	KUNIT_EXPECT_LE(test, b->t.rto, 280 * MS);
}

/* (2.4), (2.5), and what no clock should say */
static void limits(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	edu_rtt_sample(&b->t, 0);
	KUNIT_EXPECT_NE(test, b->t.srtt, 0u);		/* 0 would mean: no sample yet */
	KUNIT_EXPECT_GE(test, b->t.rto, EDU_RTO_MIN);
	edu_tcb_init(&b->t, &b->params);
	edu_rtt_sample(&b->t, 1000ull * EDU_SEC);
	KUNIT_EXPECT_EQ(test, (u64)b->t.rto, EDU_RTO_MAX);
	edu_rtt_sample(&b->t, ~0ull);
	KUNIT_EXPECT_EQ(test, (u64)b->t.rto, EDU_RTO_MAX);
}

/* (5.5): doubled each time, up to the maximum, also after ever so many */
static void backing_off(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u64 expected = 200 * MS;
	unsigned int i;

	b->t.rto = 200 * MS;
	for (i = 0; i < 256; i++) {
		b->t.backoff = i;
		KUNIT_EXPECT_EQ(test, edu_rto(&b->t), expected);
		expected = min_t(u64, 2 * expected, 120 * EDU_SEC);
	}
}

/* The handshake gives the first sample: BENCH_RTT, so RTO = RTT + max(200 ms, 4 * RTT/2). */
static void handshake_sample(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.srtt, BENCH_RTT);
	KUNIT_EXPECT_EQ(test, b->t.rto, BENCH_RTT + 200 * MS);
}

static void timer_5_1_to_5_3(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u64 *timer = &b->t.deadline[EDU_TIMER_RTO];
	u64 started;

	bench_established(b);
	KUNIT_EXPECT_EQ(test, *timer, EDU_NEVER);
	bench_send(b, 1000);
	started = NOW(b) + b->t.rto;
	KUNIT_EXPECT_EQ(test, *timer, started);			/* (5.1) */
	bench_wait(b, 10 * MS);
	bench_send(b, 2000);
	KUNIT_EXPECT_EQ(test, *timer, started);			/* (5.1): it runs already */
	bench_wait(b, 40 * MS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, *timer, NOW(b) + edu_rto(&b->t));	/* (5.3) */
	bench_wait(b, 10 * MS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, *timer, NOW(b) - 10 * MS + edu_rto(&b->t));	/* not new data */
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, *timer, EDU_NEVER);		/* (5.2) */
}

static void timer_5_4_to_5_6(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u64 sent, rto;

	bench_established(b);
	rto = b->t.rto;
	sent = NOW(b);
	bench_send(b, 3000);
	bench_forget(b);
	bench_run_until(b, sent + rto - 1);
	EXPECT_SENT(b, 0);
	bench_run_until(b, sent + rto);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 1000);			/* (5.4): the earliest, alone */
	KUNIT_EXPECT_EQ(test, edu_rto(&b->t), 2 * rto);		/* (5.5) */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + 2 * rto);	/* (5.6) */
	bench_run_until(b, sent + 3 * rto);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1, 1000);
	bench_run_until(b, sent + 7 * rto);
	EXPECT_SENT(b, 3);
}

/* (5.7): the SYN was lost: RTO = 3 s when data transmission begins */
static void lost_syn_5_7(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 1500 * MS);
	EXPECT_SENT(b, 2);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.srtt, 0u);			/* Karn: which SYN was it? */
	KUNIT_EXPECT_EQ(test, edu_rto(&b->t), 3ull * EDU_SEC);
}

/* The same for a passive OPEN, whose SYN,ACK was sent twice. */
static void lost_synack_5_7(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND };
	struct edu_request r;

	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	r.synack_at = NOW(b);
	KUNIT_EXPECT_EQ(test, edu_request_timeout(&r, 5), 2ull * EDU_SEC);
	edu_open_from_request(&b->t, &r, BENCH_MSS, NOW(b));
	bench_wait(b, EDU_SEC + BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->t.srtt, 0u);
	KUNIT_EXPECT_EQ(test, edu_rto(&b->t), 3ull * EDU_SEC);
}

/* (3): an ACK of what was sent twice says nothing about the RTT. */
static void karn_no_sample(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u32 srtt, rttvar;

	bench_established(b);
	srtt = b->t.srtt;
	rttvar = b->t.rttvar;
	bench_send(b, 1000);
	bench_run_until(b, NOW(b) + b->t.rto);
	bench_wait(b, 1 * MS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.srtt, srtt);
	KUNIT_EXPECT_EQ(test, b->t.rttvar, rttvar);
}

/*
 * The ACK that a retransmission releases covers what was sent once, too; but it
 * waited for the hole to be filled, and says nothing about the path.
 */
static void karn_no_sample_behind_a_hole(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u32 srtt;
	unsigned int i;

	bench_established(b);
	srtt = b->t.srtt;
	bench_send(b, 5000);
	bench_wait(b, BENCH_RTT);
	for (i = 0; i < 3; i++)
		bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_SENT(b, 6);				/* fast retransmit of the first */
	bench_wait(b, 100 * MS);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, b->t.srtt, srtt);
}

/*
 * (5.5), and the note at the end of section 5: the backed-off RTO holds until
 * a new measurement. Without that, a path that became slower than the RTO is
 * never measured again: each segment is sent twice, and Karn forbids the sample.
 */
static void karn_backoff_holds_until_a_sample(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u64 rto;

	bench_established(b);
	rto = b->t.rto;
	bench_send(b, 1000);
	bench_run_until(b, NOW(b) + rto);
	bench_run_until(b, NOW(b) + 2 * rto);
	KUNIT_EXPECT_EQ(test, edu_rto(&b->t), 4 * rto);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, edu_rto(&b->t), 4 * rto);

	bench_send(b, 1000);				/* sent once: */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + 4 * rto);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 2001, 0);		/* a measurement */
	KUNIT_EXPECT_LE(test, edu_rto(&b->t), rto);
}

/* So that in the end the new round-trip time is known: here it went from 50 ms to 2 s. */
static void path_becomes_slower_than_rto(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i, once = 0;
	u32 seq = 1;

	bench_established(b);
	for (i = 0; i < 20; i++) {
		bench_forget(b);
		seq += 1000;
		bench_send(b, 1000);
		bench_run_until(b, NOW(b) + 2 * EDU_SEC);
		once += b->nsent == 1;
		bench_peer(b, EDU_ACK, 1, seq, 0);
	}
	KUNIT_EXPECT_GE(test, once, 10u);
	KUNIT_EXPECT_GE(test, b->t.srtt, 1500 * MS);
}

/* One ACK for several: the newest was under way for the shortest time, nothing waited. */
static void sample_of_the_newest(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_send(b, 1000);
	bench_wait(b, 40 * MS);
	bench_send(b, 1000);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	KUNIT_EXPECT_GE(test, b->t.srtt, BENCH_RTT - 8);
	KUNIT_EXPECT_LE(test, b->t.srtt, BENCH_RTT);
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(samples),
	KUNIT_CASE(steady_path),
	KUNIT_CASE(limits),
	KUNIT_CASE(backing_off),
	KUNIT_CASE(handshake_sample),
	KUNIT_CASE(timer_5_1_to_5_3),
	KUNIT_CASE(timer_5_4_to_5_6),
	KUNIT_CASE(lost_syn_5_7),
	KUNIT_CASE(lost_synack_5_7),
	KUNIT_CASE(karn_no_sample),
	KUNIT_CASE(karn_no_sample_behind_a_hole),
	KUNIT_CASE(karn_backoff_holds_until_a_sample),
	KUNIT_CASE(path_becomes_slower_than_rto),
	KUNIT_CASE(sample_of_the_newest),
	{}
};

static struct kunit_suite rtt_suite = {
	.name = "edu_tcp_rtt",
	.test_cases = rtt_cases,
};

kunit_test_suite(rtt_suite);
