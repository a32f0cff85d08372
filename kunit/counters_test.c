// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted, under the names of nstat and RFC 4022: each event counts
 * what it should, and nothing else.
 */
#include "bench.h"

#define MSS	BENCH_MSS
#define SEC	((u64)EDU_SEC)

#define C(name)	(1ull << EDU_MIB_##name)

static const char * const counter_names[] = {
#define EDU_X(name, text) #name,
	EDU_COUNTERS(EDU_X)
#undef EDU_X
};

/* Exactly these, of what the core counts, were counted since bench_forget(). */
static void expect_counted(struct bench *b, u64 expected, int line)
{
	unsigned int i;

	for (i = 0; i < EDU_MIB_InSegs; i++) {
		if (!((b->counted ^ expected) & 1ull << i))
			continue;
		KUNIT_FAIL(b->test, "line %d: %s was %scounted", line, counter_names[i],
			   b->counted & 1ull << i ? "" : "not ");
	}
	bench_forget(b);
}

#define EXPECT_COUNTED(b, expected)	expect_counted(b, expected, __LINE__)

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	bench_established(b);
	return b;
}

static void opening(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	EXPECT_COUNTED(b, C(ActiveOpens));
	bench_run_until(b, NOW(b) + SEC);
	EXPECT_COUNTED(b, C(TCPTimeouts) | C(TCPSynRetrans) | C(RetransSegs));
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	EXPECT_COUNTED(b, C(TCPPureAckSent));
}

static void opening_in_vain(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_forget(b);
	bench_peer(b, EDU_RST | EDU_ACK, 0, 1, 0);
	EXPECT_COUNTED(b, C(InRsts) | C(AttemptFails));

	b = bench_new(test, ISS, IRS);
	bench_syn_received(b);
	bench_forget(b);
	bench_peer(b, EDU_RST, 1, 0, 0);
	EXPECT_COUNTED(b, C(InRsts) | C(AttemptFails));

	b = bench_new(test, ISS, IRS);
	bench_syn_sent(b);
	bench_run_until(b, NOW(b) + 247 * SEC - 1);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 1);
	EXPECT_COUNTED(b, C(TCPTimeouts) | C(TCPAbortOnTimeout) | C(AttemptFails));
}

static void request_in_vain(struct kunit *test)
{
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = 5000 };
	struct edu_segment rst = { .flags = EDU_RST, .seq = IRS + 1 };
	struct edu_request r;
	struct edu_todo todo;

	edu_request_init(&r, &syn, &bench_params, ISS, 0, 5000, 0, BENCH_START);
	edu_todo_init(&todo);
	edu_arrives_request(&r, &rst, BENCH_START, &todo);
	KUNIT_EXPECT_EQ(test, todo.counted, C(InRsts) | C(AttemptFails));

	/* A reset out of window took no effect. */
	edu_request_init(&r, &syn, &bench_params, ISS, 0, 5000, 0, BENCH_START);
	rst.seq = IRS + 6000;
	edu_todo_init(&todo);
	edu_arrives_request(&r, &rst, BENCH_START, &todo);
	KUNIT_EXPECT_EQ(test, todo.counted, 0ull);
}

static void resets(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_RST, 5, 0, 0);
	EXPECT_COUNTED(b, C(TCPChallengeACK) | C(TCPPureAckSent));
	bench_wait(b, SEC);
	bench_peer(b, EDU_SYN, 5, 0, 0);
	EXPECT_COUNTED(b, C(TCPChallengeACK) | C(TCPPureAckSent));
	bench_peer(b, EDU_SYN, 5, 0, 0);		/* too soon: not sent, not counted */
	EXPECT_COUNTED(b, 0);
	bench_wait(b, SEC);
	bench_peer(b, EDU_ACK, 1, (u32)-70000, 0);	/* RFC 5961 5.2 */
	EXPECT_COUNTED(b, C(TCPChallengeACK) | C(TCPPureAckSent));
	bench_peer(b, EDU_RST, 100000, 0, 0);
	EXPECT_COUNTED(b, 0);
	bench_peer(b, EDU_RST, 1, 0, 0);
	EXPECT_COUNTED(b, C(InRsts) | C(EstabResets));

	/* In the other states a reset ends no established connection. */
	b = established(test);
	bench_shutdown(b);
	bench_forget(b);
	bench_peer(b, EDU_RST, 1, 0, 0);
	EXPECT_COUNTED(b, C(InRsts));
}

static void aborts(struct kunit *test)
{
	struct bench *b = established(test);

	bench_abort(b);
	EXPECT_COUNTED(b, C(EstabResets));

	b = established(test);
	edu_todo_init(&b->todo);
	edu_close(&b->t, true, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.counted, C(TCPAbortOnClose) | C(EstabResets));

	b = established(test);
	bench_close(b);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1, 10);
	EXPECT_COUNTED(b, C(TCPAbortOnData));

	b = established(test);
	bench_close(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 60 * SEC);
	EXPECT_COUNTED(b, C(TCPAbortOnLinger));

	b = established(test);
	b->t.fin_timeout = EDU_NEVER;
	bench_close(b);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 2, 0);
	EXPECT_COUNTED(b, C(TCPAbortOnLinger) | C(TCPPureAcks));
}

/* The common segments take the short cut, the others do not. */
static void short_cut(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 2 * MSS);
	EXPECT_COUNTED(b, 0);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAcks));
	bench_peer(b, EDU_ACK | EDU_PSH, 1, 1001, MSS);
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAckSent));
	bench_peer(b, EDU_ACK, 1001, 2001, MSS);	/* both at once */
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAckSent));
	b->peer_wnd--;					/* another window */
	bench_peer(b, EDU_ACK, 2001, 2001, MSS);
	EXPECT_COUNTED(b, C(TCPPureAckSent));
	bench_peer(b, EDU_ACK, 3001, 2001, MSS);
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAckSent));
}

/* ... also where windows are scaled, and when all is acknowledged */
static void short_cut_with_scaled_windows(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 3;
	b->peer_wnd = 4000;
	bench_established(b);
	bench_peer(b, EDU_ACK, 1, 1, 0);		/* a window that is scaled */
	bench_send(b, MSS);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAcks));
	bench_peer(b, EDU_ACK, 1, 1001, MSS);
	EXPECT_COUNTED(b, C(TCPHPHits) | C(TCPPureAckSent));
}

static void recovery(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 5 * MSS);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_COUNTED(b, C(TCPDupAcks));
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_COUNTED(b, C(TCPDupAcks) | C(TCPRenoRecovery) | C(TCPFastRetrans) |
		       C(RetransSegs));
	bench_peer(b, EDU_ACK, 1, 2001, 0);		/* partial */
	EXPECT_COUNTED(b, C(TCPPureAcks) | C(TCPFastRetrans) | C(RetransSegs));
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	EXPECT_COUNTED(b, C(TCPPureAcks));
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 2u);

	bench_send(b, MSS);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_COUNTED(b, C(TCPTimeouts) | C(TCPSlowStartRetrans) | C(RetransSegs));
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 3u);
}

static void out_of_order(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK, 1001, 1, 100);
	EXPECT_COUNTED(b, C(TCPOFOQueue) | C(TCPPureAckSent));
	bench_peer(b, EDU_ACK, 1001, 1, 200);
	EXPECT_COUNTED(b, C(TCPOFOQueue) | C(TCPOFOMerge) | C(TCPPureAckSent));
	bench_peer(b, EDU_ACK, 1001, 1, 100);
	EXPECT_COUNTED(b, C(TCPPureAckSent));
	edu_todo_init(&b->todo);
	edu_out_of_order_prune(&b->t, &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.counted, C(OfoPruned));
}

static void windows(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	b->room = false;
	bench_peer(b, EDU_ACK, 1, 1, MSS);
	EXPECT_COUNTED(b, C(TCPRcvQDrop) | C(TCPPureAckSent));
	b->room = true;

	b->budget.rcv_free = 0;
	for (i = 0; i < 9; i++)
		bench_peer(b, EDU_ACK, 1 + i * MSS, 1, MSS);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1 + i * MSS, 1, MSS);
	EXPECT_COUNTED(b, C(TCPToZeroWindowAdv) | C(TCPHPHits) | C(TCPPureAckSent));
	bench_peer(b, EDU_ACK, 10001, 1, MSS);
	EXPECT_COUNTED(b, C(TCPZeroWindowDrop) | C(TCPPureAckSent));
	b->budget.rcv_free = BENCH_WND;
	edu_received_by_user(&b->t, BENCH_WND, BENCH_WND);
	bench_output(b);
	EXPECT_COUNTED(b, C(TCPFromZeroWindowAdv) | C(TCPPureAckSent));
}

static void timers(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.quickacks = 0;
	b->t.last_text_at = NOW(b);
	bench_peer(b, EDU_ACK, 1, 1, 100);
	bench_forget(b);
	bench_run_until(b, NOW(b) + SEC);
	EXPECT_COUNTED(b, C(DelayedACKs) | C(TCPPureAckSent));

	b->t.keepalive = 1;
	edu_keepalive_update(&b->t, NOW(b));
	bench_run_until(b, edu_next_deadline(&b->t));
	EXPECT_COUNTED(b, C(TCPKeepAlive));
	b->params.keepalive_probes = 1;
	bench_run_until(b, edu_next_deadline(&b->t));
	EXPECT_COUNTED(b, C(TCPAbortOnTimeout) | C(EstabResets));

	b = established(test);
	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, MSS);
	bench_forget(b);
	bench_run_until(b, edu_next_deadline(&b->t));
	EXPECT_COUNTED(b, C(TCPWinProbe));
}

static void closing(struct kunit *test)
{
	struct bench *b = established(test);

	bench_shutdown(b);
	EXPECT_COUNTED(b, 0);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 2, 0);
	EXPECT_COUNTED(b, C(TW) | C(TCPPureAcks) | C(TCPPureAckSent));

	b = established(test);
	bench_shutdown(b);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 2, 2, 0);
	EXPECT_COUNTED(b, C(TW) | C(TCPPureAcks));

	b = established(test);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	EXPECT_COUNTED(b, 0);
	bench_run_until(b, NOW(b) + SEC);
	EXPECT_COUNTED(b, C(TCPPureAckSent) | C(DelayedACKs));
	bench_close(b);
	bench_peer(b, EDU_ACK, 2, 2, 0);
	EXPECT_COUNTED(b, C(TCPPureAcks));
}

/* struct edu_todo reports the first 64 as bits; the shell counts the others. */
static void what_the_core_counts_fits(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, (int)EDU_MIB_RetransSegs, 64);
	KUNIT_EXPECT_EQ(test, (int)EDU_MIB_InSegs, (int)EDU_MIB_RetransSegs + 1);
}

static struct kunit_case counters_cases[] = {
	KUNIT_CASE(opening),
	KUNIT_CASE(opening_in_vain),
	KUNIT_CASE(request_in_vain),
	KUNIT_CASE(resets),
	KUNIT_CASE(aborts),
	KUNIT_CASE(short_cut),
	KUNIT_CASE(recovery),
	KUNIT_CASE(out_of_order),
	KUNIT_CASE(windows),
	KUNIT_CASE(timers),
	KUNIT_CASE(closing),
	KUNIT_CASE(what_the_core_counts_fits),
	KUNIT_CASE(short_cut_with_scaled_windows),
	{}
};

static struct kunit_suite counters_suite = {
	.name = "edu_tcp_counters",
	.test_cases = counters_cases,
};

kunit_test_suite(counters_suite);
