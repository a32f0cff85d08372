// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: RFC 9438. The numbers were worked out from its equations, in segments of 1000 octets:
 *
 *	W_cubic(t) = 0.4 * (t - K)^3 + W_max		K = cubic root ((W_max - cwnd_epoch) / 0.4)
 */
#include "bench.h"

#define MSS	BENCH_MSS
#define TICK	(10 * EDU_MSEC)

static struct bench *cubic(struct kunit *test, u32 rtt)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	bench_established(b);
	b->t.cong = &edu_cong_cubic;
	b->t.cong->init(&b->t);
	b->t.srtt = rtt;
	b->t.rttvar = rtt / 2;
	return b;
}

/* A loss is found while all of cwnd is in flight; afterwards the window is ssthresh. */
static void loss(struct bench *b)
{
	struct edu_tcb *t = &b->t;

	t->snd_nxt = t->snd_una + t->cwnd;
	t->ssthresh = t->cong->ssthresh(t);
	t->snd_nxt = t->snd_una;
	t->cwnd = t->ssthresh;
	t->cwnd_acked = 0;
}

static void acked(struct bench *b, u32 octets)
{
	b->t.cong->acked(&b->t, octets, NOW(b));
}

/* ACKs keep coming, of next to nothing: the epoch goes on, the window does not grow. */
static void let_time_pass(struct bench *b, u64 time)
{
	u64 end = NOW(b) + time;

	acked(b, 0);
	while (NOW(b) < end) {
		bench_wait(b, min_t(u64, TICK, end - NOW(b)));
		acked(b, 0);
	}
}

/* 4.6: "ssthresh = FlightSize * beta_cubic", 0.7, at least two segments */
static void reduction(struct kunit *test)
{
	struct bench *b = cubic(test, BENCH_RTT);

	b->t.cwnd = 100 * MSS;
	loss(b);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 70 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 100 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.cwnd_prior, 100 * MSS);
	b->t.cwnd = 2 * MSS;
	loss(b);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 2 * MSS);
	/* What was in flight counts, not a window that was not in use */
	b->t.cwnd = 100 * MSS;
	b->t.snd_nxt = b->t.snd_una + 50 * MSS;
	KUNIT_EXPECT_EQ(test, b->t.cong->ssthresh(&b->t), 35 * MSS);
	/* ... nor what limited transmit sent beyond it */
	b->t.cwnd = 100 * MSS;
	b->t.snd_nxt = b->t.snd_una + 102 * MSS;
	KUNIT_EXPECT_EQ(test, b->t.cong->ssthresh(&b->t), 70 * MSS);
}

struct curve_case {
	const char *name;
	u32 rtt, ms;
	u32 octets;		/* W_cubic(t + RTT) */
};

/* W_max = 100, cwnd_epoch = 70: K = (30 / 0.4)^(1/3) = 75^(1/3) = 4.2172 s */
static const struct curve_case curve_cases[] = {
	/* 100 + 0.4 * (0.1 - 4.2172)^3 = 100 - 0.4 * 69.790 */
	{ "RTT 100 ms, t = 0", 100 * EDU_MSEC, 0, 72084 },
	/* 100 - 0.4 * 3.1172^3 = 100 - 0.4 * 30.289 */
	{ "RTT 100 ms, t = 1 s", 100 * EDU_MSEC, 1000, 87884 },
	/* 100 - 0.4 * 2.1172^3 = 100 - 0.4 * 9.490 */
	{ "RTT 100 ms, t = 2 s", 100 * EDU_MSEC, 2000, 96204 },
	/* t + RTT = K: flat, at W_max */
	{ "RTT 100 ms, t = K - RTT", 100 * EDU_MSEC, 4117, 100000 },
	/* 100 + 0.4 * 1.8828^3 = 100 + 0.4 * 6.675: the convex region */
	{ "RTT 100 ms, t = 6 s", 100 * EDU_MSEC, 6000, 102670 },
	/* 100 + 0.4 * 3.8828^3 = 100 + 0.4 * 58.539; but at most 1.5 * 70 */
	{ "RTT 100 ms, t = 8 s", 100 * EDU_MSEC, 8000, 105000 },
	/* 100 - 0.4 * 4.2072^3 = 100 - 0.4 * 74.467 = 70.213; Reno gains 9/17 (4.3) */
	{ "RTT 10 ms, t = 0", 10 * EDU_MSEC, 0, 70529 },
	/* 100 - 0.4 * 3.2072^3 = 100 - 0.4 * 32.988 */
	{ "RTT 10 ms, t = 1 s", 10 * EDU_MSEC, 1000, 86805 },
	/* 100 - 0.4 * 2.2072^3 = 100 - 0.4 * 10.753 */
	{ "RTT 10 ms, t = 2 s", 10 * EDU_MSEC, 2000, 95699 },
	{ "RTT 10 ms, t = 6 s", 10 * EDU_MSEC, 6000, 102304 },
};

KUNIT_ARRAY_PARAM_DESC(curve, curve_cases, name);

/* 4.2, 4.4, 4.5: a window's worth of ACKs brings cwnd to W_cubic(t + RTT) */
static void window_grows_as_a_cube(struct kunit *test)
{
	const struct curve_case *c = test->param_value;
	struct bench *b = cubic(test, c->rtt);

	b->t.cwnd = 100 * MSS;
	loss(b);
	let_time_pass(b, c->ms * EDU_MSEC);
	KUNIT_EXPECT_EQ(test, b->t.cubic.k, 4217u);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 70 * MSS);
	acked(b, b->t.cwnd);
	/* K is known to a millisecond: that is up to 15 octets where the curve is steep */
	KUNIT_EXPECT_GE(test, b->t.cwnd, c->octets - 15);
	KUNIT_EXPECT_LE(test, b->t.cwnd, c->octets + 15);
}

/* The same in small steps: (target - cwnd) / cwnd for each segment; what is left over is kept. */
static void growth_in_small_steps(struct kunit *test)
{
	struct bench *b = cubic(test, 100 * EDU_MSEC);
	unsigned int i;

	b->t.cwnd = 100 * MSS;
	loss(b);
	let_time_pass(b, 2000 * EDU_MSEC);
	for (i = 0; i < 70 * 10; i++)
		acked(b, MSS / 10);
	/*
	 * As the window grows, each ACK is a smaller part of it: 96.2 is not reached.
	 * dW / dA = (96.2 - W) / W, from W = 70 over A = 70 acknowledged:
	 * 96.2 * ln (26.2 / (96.2 - W)) - (W - 70) = 70 where W = 85.43.
	 */
	KUNIT_EXPECT_GE(test, b->t.cwnd, 85350u);
	KUNIT_EXPECT_LE(test, b->t.cwnd, 85510u);
	/* "target = cwnd" where W_cubic is below: it never shrinks by itself */
	b->t.cwnd = 120 * MSS;
	acked(b, 120 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 120 * MSS);
}

/* 4.3: W_est grows by alpha, 9/17, for each window; from cwnd_prior on by one */
static void reno_friendly_region(struct kunit *test)
{
	struct bench *b = cubic(test, 10 * EDU_MSEC);
	unsigned int i;

	b->t.cwnd = 10 * MSS;
	loss(b);
	acked(b, 0);
	/* W_cubic is flat so far: K = (3 / 0.4)^(1/3) = 1.957 s; W_cubic(0.07) = 7.31 */
	for (i = 1; i <= 6; i++) {
		bench_wait(b, 10 * EDU_MSEC);
		acked(b, b->t.cwnd);
		KUNIT_EXPECT_EQ(test, b->t.cwnd, 7000 + i * 529);
		KUNIT_EXPECT_EQ(test, b->t.cubic.est_acked, 0u);	/* all is used up */
	}
	/* 7000 + 6 * 529 = 10174: the losses have been made good */
	for (i = 1; i <= 3; i++) {
		bench_wait(b, 10 * EDU_MSEC);
		acked(b, b->t.cwnd);
		KUNIT_EXPECT_EQ(test, b->t.cwnd, 10174 + i * MSS);
	}
}

/* 4.7: "if cwnd < W_max": W_max = cwnd * (1 + 0.7) / 2, to make room for new flows */
static void fast_convergence(struct kunit *test)
{
	struct bench *b = cubic(test, BENCH_RTT);

	b->t.cwnd = 100 * MSS;
	loss(b);
	b->t.cwnd = 80 * MSS;
	loss(b);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 68 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.cwnd_prior, 80 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 56 * MSS);
	b->t.cwnd = 68 * MSS;				/* not less than W_max */
	loss(b);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 68 * MSS);
}

/* Congestion avoidance without a loss before: from here on, K = 0 */
static void no_maximum_yet(struct kunit *test)
{
	struct bench *b = cubic(test, 100 * EDU_MSEC);

	b->t.cwnd = 50 * MSS;
	b->t.ssthresh = 50 * MSS;
	b->t.cubic.k = 77;
	b->t.cubic.est_acked = 77;
	acked(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.cubic.est_acked, 0u);
	KUNIT_EXPECT_EQ(test, b->t.cubic.k, 0u);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 50 * MSS);
	let_time_pass(b, 1900 * EDU_MSEC);
	acked(b, b->t.cwnd);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 53200u);	/* 50 + 0.4 * 2^3 */
}

/* 4.8: after a timeout "K is set to 0, and W_max is set to" cwnd where avoidance begins */
static void after_a_timeout(struct kunit *test)
{
	struct bench *b = cubic(test, BENCH_RTT);

	b->t.cwnd = 100 * MSS;
	b->t.snd_wnd = 1u << 20;
	bench_send(b, 100 * MSS);
	ASSERT_SENT(b, 100);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 70 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 1 * MSS);
	b->t.recovery = EDU_OPEN;
	b->t.cwnd = 69 * MSS;				/* slow start, nearly over */
	acked(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 70 * MSS);
	acked(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.cubic.k, 0u);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 70 * MSS);
}

/* 4.2: "elapsed time" is without the time in which the window was not in use */
static void idle_time_does_not_count(struct kunit *test)
{
	struct bench *b = cubic(test, 100 * EDU_MSEC);

	b->t.cwnd = 100 * MSS;
	loss(b);
	let_time_pass(b, 2000 * EDU_MSEC);
	bench_wait(b, 600 * EDU_SEC);
	acked(b, b->t.cwnd);
	/* As if there had been no pause: W_cubic(2.1) */
	KUNIT_EXPECT_GE(test, b->t.cwnd, 96204u - 15);
	KUNIT_EXPECT_LE(test, b->t.cwnd, 96204u + 15);
	/* ACKs that come once in a round trip are no pause. */
	bench_wait(b, 100 * EDU_MSEC);
	acked(b, b->t.cwnd);
	/* 100 - 0.4 * 2.0172^3 = 100 - 0.4 * 8.208 */
	KUNIT_EXPECT_GE(test, b->t.cwnd, 96717u - 15);
	KUNIT_EXPECT_LE(test, b->t.cwnd, 96717u + 15);
}

/* 4.9: a needless reduction is taken back whole */
static void undone(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_cubic before;

	bench_wants_timestamps(b, 1);
	b->peer_wnd = 60000;
	bench_established(b);
	b->t.cong = &edu_cong_cubic;
	b->t.cong->init(&b->t);
	b->t.cwnd = 100 * MSS;
	loss(b);
	b->t.cwnd = 20 * MSS;
	b->t.ssthresh = 20 * MSS;
	acked(b, 0);
	before = b->t.cubic;
	bench_send(b, 20 * b->t.mss);
	bench_wait(b, BENCH_RTT);
	b->seg_options.tsecr = edu_tsval(&b->t.conn, NOW(b) - BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 17 * MSS);
	bench_wait(b, 2 * EDU_MSEC);
	bench_peer(b, EDU_ACK, 1, 1 + 4 * b->t.mss, 0);
	EXPECT_MIB(b, TCPFullUndo);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 20 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, before.w_max);
	KUNIT_EXPECT_EQ(test, b->t.cubic.cwnd_prior, before.cwnd_prior);
	KUNIT_EXPECT_EQ(test, b->t.cubic.k, before.k);
	KUNIT_EXPECT_EQ(test, b->t.cubic.epoch_at, before.epoch_at);
}

/* Longer than the RTT and its variance together is a pause. */
static void what_counts_as_a_pause(struct kunit *test)
{
	struct bench *b = cubic(test, 100 * EDU_MSEC);
	u64 began;

	b->t.cwnd = 100 * MSS;
	loss(b);
	acked(b, 0);
	began = b->t.cubic.epoch_at;
	bench_wait(b, 300 * EDU_MSEC);			/* SRTT + 4 * RTTVAR */
	acked(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.cubic.epoch_at, began);
	bench_wait(b, 300 * EDU_MSEC + 1);
	acked(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.cubic.epoch_at, began + 300 * EDU_MSEC + 1);
	/* a reduction ends the epoch */
	loss(b);
	KUNIT_EXPECT_EQ(test, b->t.cubic.epoch_at, 0ull);
}

static void a_connection_begins_anew(struct kunit *test)
{
	struct bench *b = cubic(test, BENCH_RTT);

	b->t.cubic.w_max = 77;
	b->t.cwnd = 77;
	b->t.cong->init(&b->t);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 0u);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
}

/* 4.10: below ssthresh it is slow start */
static void slow_start_first(struct kunit *test)
{
	struct bench *b = cubic(test, BENCH_RTT);

	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	acked(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 11 * MSS);
	acked(b, 2 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 13 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.epoch_at, 0ull);
}

struct extreme {
	const char *name;
	u32 mss, w_max, cwnd, srtt;
	u64 time;
};

static const struct extreme extremes[] = {
	{ "tiny segments, huge window", 48, EDU_CWND_MAX, EDU_CWND_MAX / 2, 1, EDU_SEC },
	{ "huge segments, huge window", 65483, EDU_CWND_MAX, EDU_CWND_MAX / 2, EDU_SEC, EDU_SEC },
	{ "a year later", 1460, 100000, 70000, 50000, 365ull * 86400 * EDU_SEC },
	{ "a round trip of two minutes", 1460, 1 << 29, 1000, EDU_RTO_MAX, 7200ull * EDU_SEC },
	{ "the smallest window", 1460, 2920, 2920, 1000, 100ull * EDU_SEC },
};

KUNIT_ARRAY_PARAM_DESC(extreme, extremes, name);

/* Nothing overflows: it grows, never shrinks, and by half at most in a round trip. */
static void extreme(struct kunit *test)
{
	const struct extreme *c = test->param_value;
	struct bench *b = cubic(test, c->srtt);
	struct edu_tcb *t = &b->t;
	u32 before, i;

	t->mss = c->mss;
	t->cubic.w_max = c->w_max;
	t->cwnd = c->cwnd;
	t->ssthresh = c->cwnd;
	acked(b, 0);
	t->cubic.acked_at += c->time;			/* all of it counts */
	bench_wait(b, c->time);
	for (i = 0; i < 100 && t->cwnd < EDU_CWND_MAX; i++) {
		before = t->cwnd;
		acked(b, t->cwnd);
		KUNIT_EXPECT_GE(test, t->cwnd, before);
		KUNIT_EXPECT_LE(test, t->cwnd, max(before + before / 2, t->cubic.w_est));
	}
	t->cwnd = EDU_CWND_MAX;
	acked(b, 1000);
	KUNIT_EXPECT_EQ(test, t->cwnd, EDU_CWND_MAX);
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE(reduction),
	KUNIT_CASE_PARAM(window_grows_as_a_cube, curve_gen_params),
	KUNIT_CASE(growth_in_small_steps),
	KUNIT_CASE(reno_friendly_region),
	KUNIT_CASE(fast_convergence),
	KUNIT_CASE(no_maximum_yet),
	KUNIT_CASE(after_a_timeout),
	KUNIT_CASE(idle_time_does_not_count),
	KUNIT_CASE(what_counts_as_a_pause),
	KUNIT_CASE(a_connection_begins_anew),
	KUNIT_CASE(undone),
	KUNIT_CASE(slow_start_first),
	KUNIT_CASE_PARAM(extreme, extreme_gen_params),
	{}
};

static struct kunit_suite cubic_suite = {
	.name = "edu_tcp_cubic",
	.test_cases = cubic_cases,
};

kunit_test_suite(cubic_suite);
