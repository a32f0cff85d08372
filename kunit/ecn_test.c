// SPDX-License-Identifier: GPL-2.0
/* Explicit Congestion Notification: RFC 3168 section 6.1. */
#include "bench.h"

#define MSS	BENCH_MSS
#define SETUP	(EDU_ECE | EDU_CWR)

/* Both ends agreed upon it. */
static struct bench *capable(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = 1;
	bench_syn_sent(b);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_SYN | EDU_ACK | EDU_ECE, 0, 1, 0);
	ASSERT_STATE(b, EDU_ESTABLISHED);
	bench_forget(b);
	return b;
}

/* Text that a router has marked arrives. */
static void marked(struct bench *b, u8 flags, u32 seq)
{
	struct edu_segment seg = {
		.flags = flags, .seq = b->irs + seq, .ack = b->iss + 1,
		.len = MSS, .wnd = b->peer_wnd, .ce = 1,
	};

	bench_arrives(b, &seg);
	bench_output(b);
}

struct setup {
	const char *name;
	u8 ecn;			/* as the sysctl */
	u8 syn;			/* of the peer's SYN or SYN,ACK: ECE, CWR */
	u8 ours;		/* of our SYN or SYN,ACK */
	bool agreed;
};

/* 6.1.1, active: an ECN-setup SYN has both bits, an ECN-setup SYN,ACK only ECE */
static const struct setup active[] = {
	{ "offered and accepted", 1, EDU_ECE, SETUP, true },
	{ "offered and not accepted", 1, 0, SETUP },
	{ "a peer that reflects the bits accepts nothing", 1, SETUP, SETUP },
	{ "not offered: 0", 0, EDU_ECE, 0 },
	{ "not offered: 2", 2, EDU_ECE, 0 },
};

KUNIT_ARRAY_PARAM_DESC(active, active, name);

static void active_open(struct kunit *test)
{
	const struct setup *s = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = s->ecn;
	bench_syn_sent(b);
	KUNIT_EXPECT_EQ(test, LAST(b).flags & SETUP, (int)s->ours);
	bench_peer(b, EDU_SYN | EDU_ACK | s->syn, 0, 1, 0);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, LAST(b).ect, s->agreed);
}

static const struct setup passive[] = {
	{ "asked for and on", 1, SETUP, EDU_ECE, true },
	{ "asked for and on when asked", 2, SETUP, EDU_ECE, true },
	{ "asked for and off", 0, SETUP, 0 },
	{ "not asked for", 1, 0, 0 },
	{ "ECE alone asks for nothing", 1, EDU_ECE, 0 },
};

KUNIT_ARRAY_PARAM_DESC(passive, passive, name);

static void passive_open(struct kunit *test)
{
	const struct setup *s = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN | s->syn, .seq = IRS, .wnd = BENCH_WND,
				   .opt = { .mss = MSS } };
	struct edu_request r;
	struct edu_out o;

	b->params.ecn = s->ecn;
	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	edu_request_synack(&r, MSS, NOW(b), &o);
	KUNIT_EXPECT_EQ(test, o.flags & SETUP, (int)s->ours);
	edu_open_from_request(&b->t, &r, MSS, NOW(b));
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, LAST(b).ect, s->agreed);
}

/* 6.1.1.1: something on the way may not like the offer */
static void a_syn_again_offers_nothing(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = 1;
	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + EDU_SEC);
	ASSERT_SENT(b, 2);
	KUNIT_EXPECT_EQ(test, LAST(b).flags & SETUP, 0);
}

/* 6.1.3: each ACK says so, until the peer says that it has slowed down; then anew */
static void a_mark_is_echoed_until_cwr(struct kunit *test)
{
	struct bench *b = capable(test);
	unsigned int i;

	marked(b, EDU_ACK, 1);
	ASSERT_SENT(b, 1);			/* at once */
	KUNIT_EXPECT_TRUE(test, LAST(b).flags & EDU_ECE);
	for (i = 1; i <= 3; i++) {
		bench_peer(b, EDU_ACK, 1 + i * MSS, 1, MSS);
		bench_run_until(b, NOW(b) + EDU_SEC);
		KUNIT_EXPECT_TRUE(test, LAST(b).flags & EDU_ECE);
	}
	bench_peer(b, EDU_ACK | EDU_CWR, 1 + i * MSS, 1, MSS);
	bench_run_until(b, NOW(b) + EDU_SEC);
	KUNIT_EXPECT_FALSE(test, LAST(b).flags & EDU_ECE);
	/* one that has both: a new mark after the answer to the old one */
	marked(b, EDU_ACK | EDU_CWR, 1 + (i + 1) * MSS);
	KUNIT_EXPECT_TRUE(test, LAST(b).flags & EDU_ECE);
}

/* 6.1.2: as for a loss, but nothing is sent again; once for each window; and the peer is told */
static void an_echo_slows_down_once(struct kunit *test)
{
	struct bench *b = capable(test);
	u32 cwnd = b->t.cwnd, half = (cwnd - MSS) / 2, i;

	b->t.cong = &edu_cong_reno;
	bench_send(b, 20 * MSS);
	KUNIT_ASSERT_EQ(test, b->nsent, cwnd / MSS);
	bench_forget(b);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 1 + MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, half);
	for (i = 2; i <= cwnd / MSS; i++)
		bench_peer(b, EDU_ACK | EDU_ECE, 1, 1 + i * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, half);
	KUNIT_EXPECT_LE(test, b->t.cwnd, half + MSS);
	KUNIT_ASSERT_GE(test, b->nsent, 2u);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_CWR, 1 + cwnd, MSS);
	for (i = 1; i < b->nsent; i++)
		EXPECT_SEGMENT(b, i, EDU_ACK, 1 + cwnd + i * MSS, MSS);
}

/* 6.1.4, 6.1.5: routers may mark new text, and nothing else */
static void only_new_text_may_be_marked(struct kunit *test)
{
	struct bench *b = capable(test);

	bench_send(b, MSS);
	KUNIT_EXPECT_TRUE(test, LAST(b).ect);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_SEGMENT(b, b->nsent - 1, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_FALSE(test, LAST(b).ect);
	bench_peer(b, EDU_ACK, 1, 1 + MSS, 2 * MSS);
	EXPECT_SEGMENT(b, b->nsent - 1, EDU_ACK, 1 + MSS, 0);
	KUNIT_EXPECT_FALSE(test, LAST(b).ect);
}

/* Without an agreement the bits mean nothing. */
static void not_agreed(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u32 ssthresh;

	bench_established(b);
	ssthresh = b->t.ssthresh;
	marked(b, EDU_ACK, 1);
	KUNIT_EXPECT_FALSE(test, LAST(b).flags & EDU_ECE);
	bench_send(b, 2 * MSS);
	bench_peer(b, EDU_ACK | EDU_ECE, 1 + MSS, 1 + MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, ssthresh);
}

static struct kunit_case ecn_cases[] = {
	KUNIT_CASE_PARAM(active_open, active_gen_params),
	KUNIT_CASE_PARAM(passive_open, passive_gen_params),
	KUNIT_CASE(a_syn_again_offers_nothing),
	KUNIT_CASE(a_mark_is_echoed_until_cwr),
	KUNIT_CASE(an_echo_slows_down_once),
	KUNIT_CASE(only_new_text_may_be_marked),
	KUNIT_CASE(not_agreed),
	{}
};

static struct kunit_suite ecn_suite = {
	.name = "edu_tcp_ecn",
	.test_cases = ecn_cases,
};

kunit_test_suite(ecn_suite);
