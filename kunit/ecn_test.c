// SPDX-License-Identifier: GPL-2.0
/* Explicit Congestion Notification: RFC 3168 section 6.1. */
#include "bench.h"

#define MSS	BENCH_MSS
#define SETUP	(EDU_ECE | EDU_CWR)

/* Whether both would have heard of it in time, each segment of ours is looked at. */
#define EXPECT_ECN(b, i, expected_flags, expected_ect)					\
	do {										\
		KUNIT_ASSERT_LT((b)->test, (unsigned int)(i), (b)->nsent);		\
		KUNIT_EXPECT_STREQ((b)->test, bench_flags((b)->sent[i].out.flags & SETUP),	\
				   bench_flags(expected_flags));			\
		KUNIT_EXPECT_EQ((b)->test, (b)->sent[i].out.ect, expected_ect);		\
	} while (0)

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = 1;
	b->peer_wnd = 60000;
	bench_syn_sent(b);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_SYN | EDU_ACK | EDU_ECE, 0, 1, 0);
	ASSERT_STATE(b, EDU_ESTABLISHED);
	KUNIT_ASSERT_EQ(test, (int)b->t.ecn_ok, 1);
	bench_forget(b);
	return b;
}

/* --- 6.1.1: TCP initialization --- */

struct setup_case {
	const char *name;
	u8 ecn;				/* net.edu_tcp.ecn */
	u8 flags;			/* beside SYN, of the peer's SYN or SYN,ACK */
	bool ok;
};

static const struct setup_case active_cases[] = {
	{ "ECN-setup SYN-ACK", 1, EDU_ECE, true },
	{ "no ECN in the SYN-ACK", 1, 0, false },
	{ "flags that are only reflected", 1, SETUP, false },
	{ "CWR alone", 1, EDU_CWR, false },
	{ "not offered: off", 0, EDU_ECE, false },
	{ "not offered: only accepted", 2, EDU_ECE, false },
};

KUNIT_ARRAY_PARAM_DESC(active, active_cases, name);

/* The one that connects: SYN with ECE and CWR; then only ECE in the SYN-ACK means yes */
static void active_open(struct kunit *test)
{
	const struct setup_case *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = c->ecn;
	bench_syn_sent(b);
	EXPECT_ECN(b, 0, c->ecn == 1 ? SETUP : 0, false);	/* ECT on no SYN */
	bench_peer(b, EDU_SYN | EDU_ACK | c->flags, 0, 1, 0);
	EXPECT_ECN(b, 1, 0, false);				/* nor on the ACK */
	bench_send(b, MSS);
	EXPECT_ECN(b, 2, 0, c->ok);
}

static const struct setup_case passive_cases[] = {
	{ "ECN-setup SYN, on", 1, SETUP, true },
	{ "ECN-setup SYN, accepted only", 2, SETUP, true },
	{ "ECN-setup SYN, off", 0, SETUP, false },
	{ "non-ECN-setup SYN", 1, 0, false },
	{ "only ECE", 2, EDU_ECE, false },
	{ "only CWR", 2, EDU_CWR, false },
};

KUNIT_ARRAY_PARAM_DESC(passive, passive_cases, name);

/* The one that listens answers with ECE, without CWR and without ECT */
static void passive_open(struct kunit *test)
{
	const struct setup_case *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN | c->flags, .seq = IRS, .wnd = 60000 };
	struct edu_request r;
	struct edu_out o;

	b->params.ecn = c->ecn;
	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	edu_request_synack(&r, MSS, NOW(b), &o);
	KUNIT_EXPECT_STREQ(test, bench_flags(o.flags),
			   bench_flags(EDU_SYN | EDU_ACK | (c->ok ? EDU_ECE : 0)));
	KUNIT_EXPECT_FALSE(test, o.ect);
	edu_open_from_request(&b->t, &r, MSS, NOW(b));
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_forget(b);
	bench_send(b, MSS);
	EXPECT_ECN(b, 0, 0, c->ok);
}

/* 6.1.1.1: a SYN that gets no answer is sent again without: a firewall may have dropped it */
static void retransmitted_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.ecn = 1;
	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + EDU_SEC);
	ASSERT_SENT(b, 2);
	EXPECT_ECN(b, 0, SETUP, false);
	EXPECT_ECN(b, 1, 0, false);
	/* Whichever of the two was answered: not negotiated */
	bench_peer(b, EDU_SYN | EDU_ACK | EDU_ECE, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.ecn_ok, 0);
}

/* Both opened at once: agreed only if both SYNs offered it, or marks would go unheard */
static void simultaneous_open(struct kunit *test)
{
	u8 ecn;

	for (ecn = 0; ecn <= 2; ecn++) {
		struct bench *b = bench_new(test, ISS, IRS);

		b->params.ecn = ecn;
		bench_syn_sent(b);
		bench_forget(b);
		bench_peer(b, EDU_SYN | SETUP, 0, 0, 0);
		EXPECT_SEGMENT(b, 0, EDU_SYN | EDU_ACK | (ecn == 1 ? EDU_ECE : 0), 0, 0);
		KUNIT_EXPECT_EQ(test, (int)b->t.ecn_ok, ecn == 1);
	}
}

/* --- 6.1.2: the sender --- */

/* 6.1.5, 6.1.4: ECT on new text only: not when it is sent again, not on ACKs, not on a FIN alone */
static void only_new_text_may_be_marked(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 2 * MSS);
	EXPECT_ECN(b, 0, 0, true);
	EXPECT_ECN(b, 1, 0, true);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	EXPECT_ECN(b, 0, 0, false);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 11, 2001, 10);		/* out of order: an ACK at once */
	EXPECT_ECN(b, 0, 0, false);
	bench_shutdown(b);
	EXPECT_SEGMENT(b, 1, EDU_FIN | EDU_ACK, 2001, 0);
	EXPECT_ECN(b, 1, 0, false);
}

/* 6.1.6: nor on a window probe */
static void no_ect_on_window_probes(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_PERSIST]);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_TRUE(test, LAST(b).probe);
	EXPECT_ECN(b, 0, 0, false);
}

/* "the same as ... a packet drop": the window; nothing is sent again; CWR on new text, once */
static void an_echo_slows_down_once(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i, cwr = 0;

	bench_send(b, 10 * MSS);
	edu_sent_by_user(&b->t, 50 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_REDUCING);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 4500u);	/* FlightSize is 9 now */
	for (i = 2; i <= 10; i++)
		bench_peer(b, EDU_ACK | EDU_ECE, 1, 1 + i * MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 4500u);	/* once */
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 0u);
	KUNIT_EXPECT_LE(test, edu_flight(&b->t), 5 * MSS);
	for (i = 0; i < b->nsent; i++) {
		KUNIT_EXPECT_EQ(test, b->sent[i].out.seq, ISS + 10001 + i * MSS);
		cwr += !!(b->sent[i].out.flags & EDU_CWR);
	}
	KUNIT_EXPECT_EQ(test, cwr, 1u);
	EXPECT_ECN(b, 0, EDU_CWR, true);
}

/*
 * "should not react ... more than once every window of data": up to the ACK of all
 * that was in flight then, which the peer sent before it saw CWR. What it says
 * behind that is new.
 */
static void once_in_a_window(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 10 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 2500u);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 2500u);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 2500u);

	/* CWR goes out; marked again behind it: another reduction */
	b->t.cwnd = 8 * MSS;
	bench_forget(b);
	bench_send(b, 8 * MSS);
	EXPECT_ECN(b, 0, EDU_CWR, true);
	EXPECT_ECN(b, 1, 0, true);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 11001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_REDUCING);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 3500u);
}

/* "for any reason (because of a retransmit timeout, a Fast Retransmit, or ...)": CWR follows */
static void cwr_after_fast_retransmit(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	bench_send(b, 10 * MSS);
	edu_sent_by_user(&b->t, 20 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	for (i = 0; i < 8; i++)			/* what is marked now is no news */
		bench_peer(b, EDU_ACK | (i < 3 ? 0 : EDU_ECE), 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
	for (i = 0; i < b->nsent; i++) {
		const struct edu_out *o = &b->sent[i].out;

		if (o->kind == EDU_OUT_RETRANSMIT) {
			EXPECT_ECN(b, i, 0, false);	/* 6.1.5: it would not be believed */
			break;
		}
	}
	KUNIT_ASSERT_LT(test, i + 1, b->nsent);
	EXPECT_ECN(b, i + 1, EDU_CWR, true);
	for (i += 2; i < b->nsent; i++)
		EXPECT_ECN(b, i, 0, true);
}

/* A loss among what was in flight when the mark came: found by duplicates all the same */
static void a_mark_and_a_loss(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	bench_send(b, 10 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 4500u);
	bench_forget(b);
	for (i = 0; i < 3; i++)
		bench_peer(b, EDU_ACK | EDU_ECE, 1, 1001, 0);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1001, MSS);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 4500u);	/* once in a window */

	/* And behind the window, where no loss was seen (RFC 6582's recover) */
	b = established(test);
	bench_send(b, 10 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 1001, 0);
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	b->t.cwnd = 10 * MSS;
	bench_send(b, 10 * MSS);
	bench_forget(b);
	for (i = 0; i < 3; i++)
		bench_peer(b, EDU_ACK, 1, 10001, 0);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 10001, MSS);
}

static void cwr_after_a_timeout(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 2 * MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	bench_forget(b);
	bench_send(b, 2 * MSS);
	EXPECT_ECN(b, 0, EDU_CWR, true);
	EXPECT_ECN(b, 1, 0, true);
}

/* Not agreed: ECE means nothing. */
static void an_echo_without_agreement(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_send(b, 10 * MSS);
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	b->ce = true;
	bench_peer(b, EDU_ACK, 11, 5001, 10);
	EXPECT_ECN(b, b->nsent - 1, 0, false);
}

/* --- 6.1.3: the receiver --- */

/* "ECN-Echo in all ACKs ... until it receives a CWR packet"; with text too */
static void a_mark_is_echoed_until_cwr(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.quickacks = 0;
	b->t.last_text_at = NOW(b);
	bench_peer(b, EDU_ACK, 1, 1, 1000);
	b->ce = true;
	bench_peer(b, EDU_ACK, 1001, 1, 1000);
	b->ce = false;
	ASSERT_SENT(b, 1);				/* at once: the peer is to slow down */
	EXPECT_ECN(b, 0, EDU_ECE, false);
	bench_peer(b, EDU_ACK, 2001, 1, 1000);
	bench_peer(b, EDU_ACK, 3001, 1, 1000);
	EXPECT_ECN(b, 1, EDU_ECE, false);
	bench_send(b, MSS);
	EXPECT_ECN(b, 2, EDU_ECE, true);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_ECN(b, 3, EDU_ECE, false);
	bench_peer(b, EDU_ACK | EDU_CWR, 4001, 1001, 1000);
	bench_peer(b, EDU_ACK, 5001, 1001, 1000);
	EXPECT_ECN(b, b->nsent - 1, 0, false);
}

/* The first mark is told at once, also where an ACK could wait. */
static void a_mark_does_not_wait(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.quickacks = 0;
	b->t.last_text_at = NOW(b);
	bench_peer(b, EDU_ACK, 1, 1, 10);
	EXPECT_SENT(b, 0);
	b->ce = true;
	bench_peer(b, EDU_ACK, 11, 1, 10);
	ASSERT_SENT(b, 1);
	EXPECT_ECN(b, 0, EDU_ECE, false);
	bench_peer(b, EDU_ACK, 21, 1, 10);
	EXPECT_SENT(b, 1);
}

/* A segment with CWR that is marked itself begins a new echo. */
static void cwr_that_is_marked(struct kunit *test)
{
	struct bench *b = established(test);

	b->ce = true;
	bench_peer(b, EDU_ACK, 1, 1, 1000);
	bench_peer(b, EDU_ACK | EDU_CWR, 1001, 1, 1000);
	EXPECT_ECN(b, b->nsent - 1, EDU_ECE, false);
}

/* Marks on what carries no text, or lies outside the window, are ignored (6.1.5). */
static void marks_that_do_not_count(struct kunit *test)
{
	struct bench *b = established(test);

	b->ce = true;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_peer(b, EDU_ACK, 20001, 1, 100);		/* beyond RCV.WND */
	EXPECT_ECN(b, 0, 0, false);
	bench_peer(b, EDU_ACK, 0u - 99, 1, 100);	/* before it */
	EXPECT_ECN(b, 1, 0, false);
	b->ce = false;
	bench_peer(b, EDU_ACK, 11, 1, 100);
	EXPECT_ECN(b, 2, 0, false);
	/* What is in the window, out of order, does. */
	b->ce = true;
	bench_peer(b, EDU_ACK, 211, 1, 100);
	EXPECT_ECN(b, 3, EDU_ECE, false);
}

static struct kunit_case ecn_cases[] = {
	KUNIT_CASE_PARAM(active_open, active_gen_params),
	KUNIT_CASE_PARAM(passive_open, passive_gen_params),
	KUNIT_CASE(retransmitted_syn),
	KUNIT_CASE(simultaneous_open),
	KUNIT_CASE(only_new_text_may_be_marked),
	KUNIT_CASE(no_ect_on_window_probes),
	KUNIT_CASE(an_echo_slows_down_once),
	KUNIT_CASE(once_in_a_window),
	KUNIT_CASE(cwr_after_fast_retransmit),
	KUNIT_CASE(a_mark_and_a_loss),
	KUNIT_CASE(cwr_after_a_timeout),
	KUNIT_CASE(an_echo_without_agreement),
	KUNIT_CASE(a_mark_is_echoed_until_cwr),
	KUNIT_CASE(a_mark_does_not_wait),
	KUNIT_CASE(cwr_that_is_marked),
	KUNIT_CASE(marks_that_do_not_count),
	{}
};

static struct kunit_suite ecn_suite = {
	.name = "edu_tcp_ecn",
	.test_cases = ecn_cases,
};

kunit_test_suite(ecn_suite);
