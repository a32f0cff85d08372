// SPDX-License-Identifier: GPL-2.0
/* How large the receive buffer should be (dynamic right-sizing, as in Linux). */
#include "bench.h"

#define MS	EDU_MSEC

/* An RTT of 50 ms, and the user has read what there was: the first measurement begins. */
static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	KUNIT_ASSERT_EQ(test, b->t.srtt, BENCH_RTT);
	KUNIT_ASSERT_EQ(test, edu_rcv_space(&b->t, b->irs + 1, NOW(b)), 0u);
	return b;
}

/* The peer sends, and the user reads, @len octets within @time. */
static u32 read(struct bench *b, u32 len, u64 time)
{
	bench_wait(b, time);
	edu_advance(&b->t, b->t.rcv_nxt + len);
	return edu_rcv_space(&b->t, b->t.rcv_nxt, NOW(b));
}

static void twice_what_was_read_in_a_round_trip(struct kunit *test)
{
	struct bench *b = established(test);
	u32 first = BENCH_WND / 2;	/* ten segments are more than that */

	KUNIT_EXPECT_EQ(test, read(b, first, 50 * MS), 0u);
	KUNIT_EXPECT_GE(test, read(b, first + 1, 50 * MS), 2 * (first + 1));
}

/* 2 * 30000 and 16 segments are 76000; read has grown by a half: twice that of it beside. */
static void as_much_ahead_as_it_grew(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.adv_mss = 1000;
	b->t.rcv_space = 20000;
	KUNIT_EXPECT_EQ(test, read(b, 30000, 50 * MS), 76000u + 76000u);
	KUNIT_EXPECT_EQ(test, b->t.rcv_space, 30000u);
}

/* What tells something: ten segments, or half of a window that is smaller than twenty. */
static void the_first_measure(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	b->t.adv_mss = 1000;
	b->t.rcv_wnd = 20000;
	edu_rcv_space(&b->t, IRS + 1, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.rcv_space, 10000u);

	b->t.rcv_space_at = 0;
	b->t.rcv_wnd = 19000;
	edu_rcv_space(&b->t, IRS + 1, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.rcv_space, 9500u);

	b->t.rcv_space_at = 0;
	b->t.rcv_wnd = 1;		/* by this it will be divided */
	edu_rcv_space(&b->t, IRS + 1, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.rcv_space, 1u);
}

/* Each round trip is measured for itself, also one that brought little. */
static void little_ends_a_round_trip_too(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_EQ(test, read(b, 1, 50 * MS), 0u);
	KUNIT_EXPECT_EQ(test, read(b, 100000, 49 * MS), 0u);
	KUNIT_EXPECT_NE(test, read(b, 1, 1 * MS), 0u);
}

/* The shorter of what the handshake and what text took. */
static void the_shorter_time_is_the_round_trip(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.rcv_rtt = 10 * MS;
	KUNIT_EXPECT_NE(test, read(b, 100000, 10 * MS), 0u);
	b->t.rcv_rtt = 100 * MS;
	KUNIT_EXPECT_EQ(test, read(b, 200000, 49 * MS), 0u);
	KUNIT_EXPECT_NE(test, read(b, 200000, 1 * MS), 0u);
	b->t.srtt = 0;
	KUNIT_EXPECT_EQ(test, read(b, 900000, 99 * MS), 0u);
	KUNIT_EXPECT_NE(test, read(b, 900000, 1 * MS), 0u);
}

/* A peer that fills the first window has to see the second one. */
static void a_full_window_is_enough(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_GE(test, read(b, BENCH_WND, 50 * MS), 2 * BENCH_WND);
}

static void as_much_again_needs_no_more(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_NE(test, read(b, 100000, 50 * MS), 0u);
	KUNIT_EXPECT_EQ(test, read(b, 100000, 50 * MS), 0u);
	KUNIT_EXPECT_NE(test, read(b, 100001, 50 * MS), 0u);
}

/* Not before the round trip is over: the rest of it is still to come. */
static void in_less_than_a_round_trip_nothing(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_EQ(test, read(b, 100000, 49 * MS), 0u);
	KUNIT_EXPECT_GE(test, read(b, 100000, 1 * MS), 400000u);
}

static void what_waits_unread_does_not_count(struct kunit *test)
{
	struct bench *b = established(test);

	bench_wait(b, 50 * MS);
	edu_advance(&b->t, b->t.rcv_nxt + 200000);
	KUNIT_EXPECT_EQ(test, edu_rcv_space(&b->t, b->t.rcv_nxt - 150000, NOW(b)), 0u);
}

static void no_larger_than_a_window_can_be(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_EQ(test, read(b, 900000000, 50 * MS), EDU_WND_MAX);
}

/* Without an RTT of the handshake's: the time that a window of text takes. */
static void the_time_of_a_window_is_a_round_trip(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	bench_established(b);
	b->t.srtt = 0;
	for (i = 0; i < 22; i++) {
		bench_peer(b, EDU_ACK, 1 + i * BENCH_MSS, 1, BENCH_MSS);
		bench_wait(b, 3 * MS);
	}
	/* 10 segments of a window each, the second window measured: 3 ms each */
	KUNIT_EXPECT_GE(test, b->t.rcv_rtt, 27 * MS);
	KUNIT_EXPECT_LE(test, b->t.rcv_rtt, 33 * MS);
}

/* The smallest counts; at the window's end exactly; and a clock that stood still is 1 us. */
static void the_shortest_window(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_tcb *t = &b->t;

	bench_established(b);
	t->rcv_wnd = 1000;
	edu_rcv_rtt_measure(t, 100 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt_seq, t->rcv_nxt + 1000);
	t->rcv_nxt += 999;
	edu_rcv_rtt_measure(t, 110 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt, 0u);
	t->rcv_nxt += 1;
	edu_rcv_rtt_measure(t, 120 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt, 20 * MS);
	t->rcv_nxt += 1000;
	edu_rcv_rtt_measure(t, 150 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt, 20 * MS);
	t->rcv_nxt += 1000;
	edu_rcv_rtt_measure(t, 160 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt, 10 * MS);
	t->rcv_nxt += 1000;
	edu_rcv_rtt_measure(t, 160 * MS);
	KUNIT_EXPECT_EQ(test, t->rcv_rtt, 1u);
}

static void without_any_round_trip_nothing(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.srtt = 0;
	KUNIT_EXPECT_EQ(test, read(b, 1000000, 500 * MS), 0u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(twice_what_was_read_in_a_round_trip),
	KUNIT_CASE(as_much_ahead_as_it_grew),
	KUNIT_CASE(the_first_measure),
	KUNIT_CASE(little_ends_a_round_trip_too),
	KUNIT_CASE(the_shorter_time_is_the_round_trip),
	KUNIT_CASE(a_full_window_is_enough),
	KUNIT_CASE(as_much_again_needs_no_more),
	KUNIT_CASE(in_less_than_a_round_trip_nothing),
	KUNIT_CASE(what_waits_unread_does_not_count),
	KUNIT_CASE(no_larger_than_a_window_can_be),
	KUNIT_CASE(the_time_of_a_window_is_a_round_trip),
	KUNIT_CASE(the_shortest_window),
	KUNIT_CASE(without_any_round_trip_nothing),
	{ }
};

static struct kunit_suite suite = {
	.name		= "edu_tcp_rightsize",
	.test_cases	= cases,
};

kunit_test_suite(suite);
