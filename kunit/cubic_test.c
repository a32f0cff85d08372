// SPDX-License-Identifier: GPL-2.0
/* CUBIC: RFC 9438. */
#include "bench.h"

#define MSS	BENCH_MSS
#define MS	EDU_MSEC

/* ESTABLISHED, in congestion avoidance: @cwnd segments, after it was @w_max of them. */
static struct bench *reduced(struct kunit *test, u32 cwnd, u32 w_max, u32 rtt)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	b->t.cong = edu_cong_find("cubic");
	KUNIT_ASSERT_NOT_NULL(test, b->t.cong);
	b->t.cong->init(&b->t);
	b->t.cwnd = cwnd * MSS;
	b->t.ssthresh = cwnd * MSS;
	b->t.cubic.w_max = w_max * MSS;
	b->t.cubic.cwnd_prior = w_max * MSS;
	b->t.srtt = rtt;
	return b;
}

/* A window full of segments is acknowledged in each round trip. */
static void acknowledge_until(struct bench *b, u64 end)
{
	while (NOW(b) < end) {
		u32 n = b->t.cwnd / MSS, i;

		for (i = 0; i < n; i++) {
			bench_wait(b, b->t.srtt / n);
			b->t.cong->acked(&b->t, MSS, NOW(b));
		}
	}
}

/* To a round trip's growth */
static void expect_cwnd(struct bench *b, u32 least, u32 most)
{
	KUNIT_EXPECT_GE(b->test, b->t.cwnd, least * MSS);
	KUNIT_EXPECT_LE(b->test, b->t.cwnd, most * MSS);
}

/*
 * 4.2 (1): W_cubic(t) = C * (t - K)^3 + W_max, C = 0.4. From 70 to 100 segments K is 4.2 s: fast at
 * first, flat where it was reduced, then faster and faster. cwnd is what that will be a round trip
 * later.
 */
static void window_grows_as_a_cube(struct kunit *test)
{
	struct bench *b = reduced(test, 70, 100, 200 * MS);
	u64 start = NOW(b);

	acknowledge_until(b, start + 2000 * MS);
	expect_cwnd(b, 95, 98);		/* 100 - 0.4 * 2.0^3 = 96.8 */
	acknowledge_until(b, start + 4000 * MS);
	expect_cwnd(b, 99, 101);	/* 100 */
	acknowledge_until(b, start + 6000 * MS);
	expect_cwnd(b, 101, 105);	/* 100 + 0.4 * 2.0^3 = 103.2 */
	acknowledge_until(b, start + 8000 * MS);
	expect_cwnd(b, 122, 131);	/* 100 + 0.4 * 4.0^3 = 125.6 */
}

/* 4.3: where Reno would be faster, as with a short round trip, it is as fast */
static void no_slower_than_reno(struct kunit *test)
{
	struct bench *b = reduced(test, 14, 20, 10 * MS);

	acknowledge_until(b, NOW(b) + 1000 * MS);
	/* about half a segment in each of 100 round trips */
	KUNIT_EXPECT_GE(test, b->t.cwnd, 40u * MSS);
}

/* 4.6: 0.7 of what is in flight; 4.7: who stopped short of its maximum makes room */
static void reduction(struct kunit *test)
{
	struct bench *b = reduced(test, 100, 0, 100 * MS);

	b->t.snd_nxt = b->t.snd_una + 100 * MSS;
	KUNIT_EXPECT_EQ(test, b->t.cong->ssthresh(&b->t), 70u * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 100u * MSS);
	b->t.cwnd = 80 * MSS;
	KUNIT_EXPECT_EQ(test, b->t.cong->ssthresh(&b->t), 56u * MSS);
	KUNIT_EXPECT_EQ(test, b->t.cubic.w_max, 68u * MSS);	/* 80 * (1 + 0.7) / 2 */
	/* never below two segments */
	b->t.cwnd = 2 * MSS;
	KUNIT_EXPECT_EQ(test, b->t.cong->ssthresh(&b->t), 2u * MSS);
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE(window_grows_as_a_cube),
	KUNIT_CASE(no_slower_than_reno),
	KUNIT_CASE(reduction),
	{}
};

static struct kunit_suite cubic_suite = {
	.name = "edu_tcp_cubic",
	.test_cases = cubic_cases,
};

kunit_test_suite(cubic_suite);
