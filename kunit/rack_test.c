// SPDX-License-Identifier: GPL-2.0
/*
 * RACK-TLP: RFC 8985. On this bench, unless a test says otherwise, the round trip takes 50 ms,
 * so that the smallest reordering window, min_RTT / 4, is 12.5 ms.
 */
#include "bench.h"

#define MSS	BENCH_MSS
#define REO_WND	(BENCH_RTT / 4)

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	bench_established(b);
	KUNIT_ASSERT_EQ(test, b->t.srtt, BENCH_RTT);
	KUNIT_ASSERT_EQ(test, b->t.min_rtt, BENCH_RTT);
	return b;
}

/* So many segments were sent a round trip ago. */
static struct bench *in_flight(struct kunit *test, unsigned int segments)
{
	struct bench *b = established(test);

	bench_send(b, segments * MSS);
	ASSERT_SENT(b, segments);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	return b;
}

#define EXPECT_RECOVERY(b, expected)	KUNIT_EXPECT_EQ((b)->test, (b)->t.recovery, (u8)(expected))

/* --- 6.2 step 5: RACK_detect_loss() --- */

/* xmit_ts + RACK.rtt + RACK.reo_wnd: until then a segment may be on its way */
static void lost_when_it_is_late(struct kunit *test)
{
	struct bench *b = in_flight(test, 2);
	u64 sent_at = NOW(b) - BENCH_RTT;

	SACK(b, 1, 1001, 2001);
	EXPECT_SENT(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], sent_at + BENCH_RTT + REO_WND);
	bench_run_until(b, sent_at + BENCH_RTT + REO_WND - 1);
	EXPECT_SENT(b, 0);
	b->t.cwnd = 1;					/* no ACK clocks it out or holds it back */
	bench_run_until(b, sent_at + BENCH_RTT + REO_WND);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	EXPECT_MIB(b, TCPSackRecovery);
	EXPECT_MIB(b, TCPFastRetrans);
}

/* It arrives in time. */
static void not_lost_when_it_comes_in_time(struct kunit *test)
{
	struct bench *b = in_flight(test, 2);

	SACK(b, 1, 1001, 2001);
	bench_wait(b, REO_WND - 1);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], EDU_NEVER);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 0u);
}

/* Only what was sent before something that has arrived */
static void what_was_sent_later_is_not_lost(struct kunit *test)
{
	struct bench *b = in_flight(test, 6);

	SACK(b, 1, 1001, 4001);
	ASSERT_SENT(b, 1);				/* but neither 5 nor 6 */
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].nodes, 0u);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].octets, 3 * MSS);
}

/* RACK_sent_after(): at the same time, the higher sequence number was sent later */
static void same_time_higher_number(struct kunit *test)
{
	struct bench *b = in_flight(test, 5);

	SACK(b, 1, 1, 1001, 2001, 4001);		/* 1, 3 and 4: only 2 is older than 4 */
	KUNIT_EXPECT_EQ(test, b->t.rack_end_seq, ISS + 4001);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1001, MSS);
}

/* A lost retransmission is found by what was sent after it (RFC 8985 3.1). */
static void lost_retransmission(struct kunit *test)
{
	struct bench *b = in_flight(test, 5);

	SACK(b, 1, 1001, 4001);				/* 1 goes again now, 5 is in flight */
	ASSERT_SENT(b, 1);
	bench_wait(b, 1 * EDU_MSEC);
	bench_send(b, 3 * MSS);				/* 6 and what the window lets */
	ASSERT_SENT(b, 1);
	SACK(b, 1, 1001, 5001);				/* 5 arrived: room for 6 */
	EXPECT_SEGMENT(b, 1, EDU_ACK, 5001, MSS);
	bench_forget(b);
	/* 1 was sent 1 ms before 6: in recovery it is late at once when 6 has arrived. */
	bench_wait(b, BENCH_RTT);
	SACK(b, 1, 5001, 6001, 1001, 5001);
	KUNIT_EXPECT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
}

/* --- Step 1: RACK.min_RTT, step 2: RACK.xmit_ts, end_seq and rtt --- */

/* One ACK delivers 1, 2 and, sent 20 ms later, 3: RACK.rtt is the newest one's. */
static void the_rtt_is_the_newest_ones(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order < 2; order++) {
		struct bench *b = established(test);

		bench_send(b, 3 * MSS);
		bench_wait(b, 20 * EDU_MSEC);
		bench_send(b, MSS);
		bench_wait(b, BENCH_RTT);
		if (order)
			SACK(b, 1, 3001, 4001, 1001, 2001);
		else
			SACK(b, 1, 1001, 2001, 3001, 4001);
		KUNIT_EXPECT_EQ(test, b->t.rack_rtt, BENCH_RTT);
		KUNIT_EXPECT_EQ(test, b->t.rack_xmit_at, NOW(b) - BENCH_RTT);
		KUNIT_EXPECT_EQ(test, b->t.rack_end_seq, ISS + 4001);
		KUNIT_EXPECT_EQ(test, b->t.min_rtt, BENCH_RTT);
		EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);	/* 1 and 3: 70 ms > 62.5 ms */
	}
}

/* "If rtt < RACK.min_RTT": the ACK answers the original, not what was just sent again */
static void an_early_ack_is_the_originals(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);
	u64 xmit_at;

	SACK(b, 1, 1001, 4001);
	ASSERT_SENT(b, 1);
	xmit_at = b->t.rack_xmit_at;
	bench_wait(b, BENCH_RTT - 1);
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, b->t.rack_xmit_at, xmit_at);
	KUNIT_EXPECT_EQ(test, b->t.min_rtt, BENCH_RTT);

	/* After a whole round trip it can be the retransmission's. */
	b = in_flight(test, 4);
	SACK(b, 1, 1001, 4001);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, b->t.rack_xmit_at, NOW(b) - BENCH_RTT);
}

/* "If ACK.ts_option.echo_reply < Segment.xmit_ts": likewise, and more surely */
static void an_older_echo_is_the_originals(struct kunit *test)
{
	unsigned int echo;

	for (echo = 0; echo < 2; echo++) {
		struct bench *b = bench_new(test, ISS, IRS);
		u64 xmit_at, again;

		bench_wants_sack(b);
		bench_wants_timestamps(b, 1);
		b->peer_wnd = 60000;
		bench_established(b);
		bench_send(b, 4 * b->t.mss);
		bench_wait(b, BENCH_RTT);
		bench_forget(b);
		b->seg_options.tsecr = edu_tsval(&b->t.conn, NOW(b) - BENCH_RTT);
		SACK(b, 1, 1 + b->t.mss, 1 + 4 * b->t.mss);
		ASSERT_SENT(b, 1);
		again = NOW(b);
		xmit_at = b->t.rack_xmit_at;
		bench_wait(b, 2 * BENCH_RTT);
		if (echo)
			b->seg_options.tsecr = edu_tsval(&b->t.conn, again);
		bench_peer(b, EDU_ACK, 1, 1 + 4 * b->t.mss, 0);
		KUNIT_EXPECT_EQ(test, b->t.rack_xmit_at, echo ? again : xmit_at);
	}
}

/* Step 1: the minimum of some minutes; a path that became longer is noticed in the end */
static void min_rtt_has_a_window(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;
	u32 next = 1;

	for (i = 0; i < 6; i++) {
		bench_send(b, MSS);
		next += MSS;
		bench_wait(b, 2 * BENCH_RTT);
		bench_peer(b, EDU_ACK, 1, next, 0);
		KUNIT_EXPECT_EQ(test, b->t.min_rtt, i == 5 ? 2 * BENCH_RTT : BENCH_RTT);
		bench_wait(b, 60 * EDU_SEC);
	}
}

static void min_rtt_is_the_smallest(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, MSS);
	bench_wait(b, BENCH_RTT / 2);
	bench_peer(b, EDU_ACK, 1, 1 + MSS, 0);
	KUNIT_EXPECT_EQ(test, b->t.min_rtt, BENCH_RTT / 2);
}

/* --- Steps 3 and 4: reordering, and how much of it is waited for --- */

/* "Else if RACK.segs_sacked >= RACK.dupthresh": three that arrived mean a loss at once */
static void three_sacked_segments_are_enough(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);

	SACK(b, 1, 1001, 3001);
	EXPECT_SENT(b, 0);
	SACK(b, 1, 1001, 4001);
	EXPECT_SENT(b, 1);
}

/* ... but not any more when reordering was seen: an original below FACK arrives */
static void reordering_seen(struct kunit *test)
{
	struct bench *b = in_flight(test, 2);

	SACK(b, 1, 1001, 2001);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 1);

	bench_send(b, 8 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	SACK(b, 2001, 3001, 10001);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + REO_WND);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 2001, MSS);
}

/* In one ACK nothing is reordered, whatever the order of its blocks (RFC 2018: newest first). */
static void blocks_of_one_ack_are_not_reordered(struct kunit *test)
{
	struct bench *b = in_flight(test, 6);

	SACK(b, 1, 4001, 5001, 1001, 2001);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 0);
	/* Nor is what a cumulative ACK delivers. */
	bench_peer(b, EDU_ACK, 1, 6001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 1);	/* 1, 3, 4: below 5 */

	b = in_flight(test, 6);
	bench_peer(b, EDU_ACK, 1, 6001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 0);
}

/* After a timeout what was taken for lost and what was not arrive with one ACK. */
static void one_ack_over_two_queues(struct kunit *test)
{
	struct bench *b = in_flight(test, 3);

	edu_sent_move(&b->t, edu_sent_first(&b->t, EDU_SENT), EDU_LOST);
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 0);
}

/* "Segment.retransmitted is FALSE": a repaired loss is no reordering */
static void a_repaired_loss_is_no_reordering(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);

	SACK(b, 1, 1001, 4001);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.reordering_seen, 0);
}

/* "If in loss recovery: return 0": one that arrived is enough then */
static void no_patience_in_recovery(struct kunit *test)
{
	struct bench *b = in_flight(test, 6);

	SACK(b, 1, 1001, 4001);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	SACK(b, 1, 5001, 6001, 1001, 4001);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], EDU_NEVER);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].octets + b->t.queue[EDU_SENT].octets, 2 * MSS);
}

/* A window that shrinks for ECN is no loss recovery. */
static void patience_while_reducing_for_ecn(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);

	b->t.recovery = EDU_REDUCING;
	b->t.recover = b->t.snd_nxt;
	b->t.recover_fs = 4 * MSS;
	SACK(b, 1, 1001, 2001);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], NOW(b) + REO_WND);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].nodes, 0u);
}

/* DSACK: RACK.reo_wnd_mult grows by one, once in a round trip */
static void a_dsack_makes_it_wait_longer(struct kunit *test)
{
	struct bench *b = in_flight(test, 8);
	unsigned int i;

	bench_peer(b, EDU_ACK, 1, 4001, 0);
	for (i = 0; i < 5; i++)
		SACK(b, 4001, 1, 1001);
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 2);
	bench_peer(b, EDU_ACK, 1, 8001, 0);		/* the round is over */
	SACK(b, 8001, 1, 1001);
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 3);
	bench_forget(b);
	bench_send(b, 2 * MSS);
	bench_wait(b, BENCH_RTT);
	SACK(b, 8001, 9001, 10001);
	/* 3 * 50 / 4 = 37.5 ms */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], NOW(b) + 3 * REO_WND);
	/* "bounded by SRTT" */
	b->t.reo_wnd_mult = 200;
	SACK(b, 8001, 9001, 10001);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], NOW(b) + b->t.srtt);
}

/* The multiplier stays in its type. */
static void reo_wnd_mult_does_not_overflow(struct kunit *test)
{
	struct bench *b = in_flight(test, 1);

	b->t.reo_wnd_mult = 255;
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	SACK(b, 1001, 1, 1001);
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 255);
}

/* "RACK.reo_wnd_persist": after 16 recoveries, by fast retransmit or timeout, it is 1 again */
static void patience_ends_after_16_recoveries(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;
	u32 una = 1;

	bench_send(b, MSS);
	bench_wait(b, BENCH_RTT);
	una += MSS;
	bench_peer(b, EDU_ACK, 1, una, 0);
	SACK(b, una, 1, 1001);
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 2);
	for (i = 1; i <= 16; i++) {
		KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 2);
		b->t.cwnd = 10 * MSS;
		bench_send(b, 4 * MSS);
		bench_wait(b, BENCH_RTT);
		if (i % 2)
			SACK(b, una, una + MSS, una + 4 * MSS);
		else
			bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
		if (b->t.recovery == EDU_OPEN)
			bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
		KUNIT_ASSERT_TRUE(test, b->t.recovery != EDU_OPEN);
		bench_wait(b, BENCH_RTT);
		una += 4 * MSS;
		bench_peer(b, EDU_ACK, 1, una, 0);
		EXPECT_RECOVERY(b, EDU_OPEN);
		bench_forget(b);
	}
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 1);
}

/* --- 6.3: on a timeout the first is lost, and what is late; not what was sent just now --- */

static void timeout_takes_what_is_late(struct kunit *test)
{
	struct bench *b = established(test);
	u64 rto;

	bench_send(b, 4 * MSS);
	rto = b->t.deadline[EDU_TIMER_RTO];
	b->t.deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	bench_wait(b, rto - NOW(b) - 10 * EDU_MSEC);
	edu_sent_by_user(&b->t, 2 * MSS);
	bench_output(b);				/* 10 ms before it expires */
	b->t.deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	b->t.deadline[EDU_TIMER_REORDER] = rto + 1;
	bench_forget(b);
	bench_run_until(b, rto);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], EDU_NEVER);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].octets, 3 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].octets, 3 * MSS);	/* 5, 6 and 1 again */
	/* RFC 5681 3.1: one segment, beside these two */
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 3 * MSS);
}

/* Without SACK RACK knows nothing. */
static void no_rack_without_sack(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	bench_established(b);
	bench_send(b, 4 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], EDU_NEVER);
	bench_wait(b, BENCH_RTT);
	SACK(b, 1, 1001, 4001);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SACKED].nodes, 0u);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_REORDER], EDU_NEVER);
}

/* --- Tail loss probe: 7.2, when --- */

/* "PTO = 2 * SRTT" */
static void pto_is_two_srtt(struct kunit *test)
{
	struct bench *b = established(test);
	u64 now = NOW(b);

	bench_send(b, 2 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], now + 2 * BENCH_RTT);
	/* Each new segment and each ACK starts it again. */
	bench_wait(b, 10 * EDU_MSEC);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], NOW(b) + 2 * BENCH_RTT);
	bench_wait(b, 40 * EDU_MSEC);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], NOW(b) + 2 * b->t.srtt);
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], EDU_NEVER);
}

/* "If FlightSize is one segment: PTO += TLP.max_ack_delay", at most the RTO */
static void one_segment_may_wait_for_a_delayed_ack(struct kunit *test)
{
	struct bench *b = established(test);
	u64 now = NOW(b);

	/* 2 * 50 + 200 = 300 ms; but SRTT + max (4 * RTTVAR, 200) = 250 ms */
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], now + 250 * EDU_MSEC);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], now + 250 * EDU_MSEC);
	b = established(test);
	b->t.rto = EDU_SEC;
	now = NOW(b);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], now + 300 * EDU_MSEC);
}

/* "Else: PTO = 1 second" */
static void pto_without_an_srtt(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.srtt = 0;
	b->t.rto = 3 * EDU_SEC;
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], NOW(b) + EDU_SEC);
}

/* Not in recovery, and not when something is SACKed: RACK takes care of it */
static void no_probe_while_rack_is_at_work(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);

	SACK(b, 1, 1001, 2001);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], EDU_NEVER);
	SACK(b, 1, 1001, 4001);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], EDU_NEVER);
}

/* One at a time: the RTO comes next */
static void one_probe_at_a_time(struct kunit *test)
{
	struct bench *b = established(test);
	u64 now = NOW(b);

	bench_send(b, 2 * MSS);
	bench_run_until(b, now + 2 * BENCH_RTT);
	ASSERT_SENT(b, 3);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PROBE], EDU_NEVER);
	/* 7.3: the RTO begins again with the probe */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + edu_rto(&b->t));
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_RECOVERY(b, EDU_LOSS);
	EXPECT_SEGMENT(b, 3, EDU_ACK, 1, MSS);
}

/* --- 7.3: what is sent --- */

/* Nothing new: "retransmit the segment with the highest sequence number" */
static void the_probe_is_the_last_segment(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 3 * MSS);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 2001, MSS);
	EXPECT_MIB(b, TCPLossProbes);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
	EXPECT_RECOVERY(b, EDU_OPEN);
}

/* Of one large buffer only the last segment of it */
static void the_probe_is_one_segment(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.max_len = 60000;
	bench_send(b, 3 * MSS + 500);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_PROBE]);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_LE(test, LAST(b).len, MSS);
	KUNIT_EXPECT_EQ(test, LAST(b).seq + LAST(b).len, ISS + 3501);
}

/* Of a buffer that holds several, the last one. */
static void the_probe_is_cut_from_a_large_buffer(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.max_len = 60000;
	bench_send(b, 3 * MSS);
	ASSERT_SENT(b, 1);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_PROBE]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 2001, MSS);
	KUNIT_EXPECT_EQ(test, (u8)b->t.probe_is_retransmission, (u8)1);
	KUNIT_EXPECT_EQ(test, b->splits, 1u);

	/* Without memory to cut it there is no probe, and the timeout is left. */
	b->no_memory = true;
	b->t.probe_in_flight = 0;
	b->t.tail_probe = 1;
	bench_forget(b);
	b->t.mss = MSS / 2;
	bench_output(b);
	EXPECT_SENT(b, 0);
}

/* The FIN is the last there is. */
static void the_probe_may_be_the_fin(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, MSS);
	bench_shutdown(b);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_PROBE]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_FIN | EDU_ACK, 1001, 0);
}

/* "If there is new data and the receive window allows": one segment, beyond cwnd too */
static void the_probe_is_new_text(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 15 * MSS);
	ASSERT_SENT(b, 10);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 10001, MSS);
	/* ... but not beyond the peer's window */
	b = bench_new(test, ISS, IRS);
	bench_wants_sack(b);
	b->peer_wnd = 3000;
	bench_established(b);
	bench_send(b, 10 * MSS);
	ASSERT_SENT(b, 3);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 2001, MSS);
}

/* ... also where the device could take more at a time */
static void the_probe_of_new_text_is_one_segment(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 15 * MSS);
	bench_forget(b);
	b->budget.max_len = 60000;
	b->t.cwnd = 20 * MSS;
	b->t.tail_probe = 1;
	bench_output(b);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 10001, MSS);
}

/* What was new must not be taken for a repetition: its ACK alone would prove a loss. */
static void the_new_probe_is_no_repetition(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 15 * MSS);
	ASSERT_SENT(b, 10);
	b->t.probe_is_retransmission = 1;
	b->t.syn_at = 77;
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 11);
	KUNIT_EXPECT_EQ(test, (u8)b->t.probe_in_flight, (u8)1);
	KUNIT_EXPECT_EQ(test, (u8)b->t.probe_is_retransmission, (u8)0);
	KUNIT_EXPECT_EQ(test, b->t.probe_end, b->t.snd_nxt);
	KUNIT_EXPECT_EQ(test, b->t.syn_at, 77ull);
}

/* Nagle and a cork must not turn it into a needless repetition. */
static void the_probe_may_be_small(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 10);
	bench_send(b, 20);				/* held: another small one is in flight */
	ASSERT_SENT(b, 1);
	bench_forget(b);
	b->t.deadline[EDU_TIMER_PROBE] = NOW(b) + 2 * BENCH_RTT;
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 11, 20);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_is_retransmission, 0);
}

/* Its SACK tells RACK that the rest of the tail is lost. */
static void the_probe_finds_a_lost_tail(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 5 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 1001, 0);		/* 2 to 5 are lost */
	bench_forget(b);
	bench_run_until(b, NOW(b) + 2 * b->t.srtt);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 4001, MSS);
	bench_wait(b, BENCH_RTT);
	SACK(b, 1001, 4001, 5001);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1001, MSS);
	KUNIT_EXPECT_EQ(test, b->t.retries, 0);
}

/* --- 7.4: what its ACK tells --- */

/* A probe that was the last segment again; @b->nsent is 0 */
static struct bench *probed(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 4 * MSS);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 5);
	EXPECT_SEGMENT(b, 4, EDU_ACK, 3001, MSS);
	bench_forget(b);
	bench_wait(b, BENCH_RTT);
	return b;
}

/* Case 1: "a DSACK option matching TLP.end_seq": both copies came */
static void case_1_dsack(struct kunit *test)
{
	struct bench *b = probed(test);

	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 1);	/* it does not know yet */
	SACK(b, 4001, 3001, 4001);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 0);
	bench_send(b, MSS);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	EXPECT_NO_MIB(b, TCPLossProbeRecovery);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
}

/* Case 1 in one ACK */
static void case_1_at_once(struct kunit *test)
{
	struct bench *b = probed(test);

	SACK(b, 4001, 3001, 4001);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 0);
	EXPECT_NO_MIB(b, TCPLossProbeRecovery);
}

/* Case 2: "a DUPACK without any SACK option": likewise, from a peer without D-SACK */
static void case_2_duplicate_ack(struct kunit *test)
{
	struct bench *b = probed(test);

	bench_peer(b, EDU_ACK, 1, 4001, 0);
	bench_send(b, MSS);
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 0);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	EXPECT_NO_MIB(b, TCPLossProbeRecovery);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
}

/* A D-SACK about something else, or an echo of ECN with text, is neither. */
static void neither_case_1_nor_2(struct kunit *test)
{
	struct bench *b = probed(test);

	bench_peer(b, EDU_ACK, 1, 4001, 0);
	SACK(b, 4001, 1, 1001);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 1);
	b->t.ecn_ok = 1;
	b->t.reduced = b->t.snd_nxt;			/* no news of congestion */
	bench_peer(b, EDU_ACK | EDU_ECE, 1, 4001, 100);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 1);
}

/* Case 3: "ACK's ack. number > TLP.end_seq": it repaired a loss: congestion control reacts */
static void case_3_repaired(struct kunit *test)
{
	struct bench *b = probed(test);

	bench_peer(b, EDU_ACK, 1, 4001, 0);
	EXPECT_NO_MIB(b, TCPLossProbeRecovery);
	bench_send(b, 6 * MSS);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 5001, 0);
	EXPECT_MIB(b, TCPLossProbeRecovery);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 0);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS / 2);	/* five are in flight */
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 1u);		/* the probe: nothing else again */
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 5 * MSS / 2);
}

/* "If not TLP.is_retrans": new text that arrives says nothing about a loss */
static void a_probe_of_new_text_delivered(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 11 * MSS);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT);
	ASSERT_SENT(b, 11);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, 11001, 0);
	KUNIT_EXPECT_EQ(test, (int)b->t.probe_in_flight, 0);
	EXPECT_NO_MIB(b, TCPLossProbeRecovery);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
}

static struct kunit_case rack_cases[] = {
	KUNIT_CASE(lost_when_it_is_late),
	KUNIT_CASE(not_lost_when_it_comes_in_time),
	KUNIT_CASE(what_was_sent_later_is_not_lost),
	KUNIT_CASE(same_time_higher_number),
	KUNIT_CASE(lost_retransmission),
	KUNIT_CASE(the_rtt_is_the_newest_ones),
	KUNIT_CASE(an_early_ack_is_the_originals),
	KUNIT_CASE(an_older_echo_is_the_originals),
	KUNIT_CASE(min_rtt_has_a_window),
	KUNIT_CASE(min_rtt_is_the_smallest),
	KUNIT_CASE(three_sacked_segments_are_enough),
	KUNIT_CASE(reordering_seen),
	KUNIT_CASE(blocks_of_one_ack_are_not_reordered),
	KUNIT_CASE(one_ack_over_two_queues),
	KUNIT_CASE(a_repaired_loss_is_no_reordering),
	KUNIT_CASE(no_patience_in_recovery),
	KUNIT_CASE(patience_while_reducing_for_ecn),
	KUNIT_CASE(a_dsack_makes_it_wait_longer),
	KUNIT_CASE(reo_wnd_mult_does_not_overflow),
	KUNIT_CASE(patience_ends_after_16_recoveries),
	KUNIT_CASE(timeout_takes_what_is_late),
	KUNIT_CASE(no_rack_without_sack),
	KUNIT_CASE(pto_is_two_srtt),
	KUNIT_CASE(one_segment_may_wait_for_a_delayed_ack),
	KUNIT_CASE(pto_without_an_srtt),
	KUNIT_CASE(no_probe_while_rack_is_at_work),
	KUNIT_CASE(one_probe_at_a_time),
	KUNIT_CASE(the_probe_is_the_last_segment),
	KUNIT_CASE(the_probe_is_one_segment),
	KUNIT_CASE(the_probe_is_cut_from_a_large_buffer),
	KUNIT_CASE(the_probe_may_be_the_fin),
	KUNIT_CASE(the_probe_is_new_text),
	KUNIT_CASE(the_probe_of_new_text_is_one_segment),
	KUNIT_CASE(the_new_probe_is_no_repetition),
	KUNIT_CASE(the_probe_may_be_small),
	KUNIT_CASE(the_probe_finds_a_lost_tail),
	KUNIT_CASE(case_1_dsack),
	KUNIT_CASE(case_1_at_once),
	KUNIT_CASE(case_2_duplicate_ack),
	KUNIT_CASE(neither_case_1_nor_2),
	KUNIT_CASE(case_3_repaired),
	KUNIT_CASE(a_probe_of_new_text_delivered),
	{}
};

static struct kunit_suite rack_suite = {
	.name = "edu_tcp_rack",
	.test_cases = rack_cases,
};

kunit_test_suite(rack_suite);
