// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery with SACK, and taking it back: RFC 9937 (PRR), 3522 and 4015 (Eifel), 3708
 * (D-SACK), 5682 (F-RTO). NewReno, RFC 6582, is in congestion_test.c.
 */
#include "bench.h"

#define MSS	BENCH_MSS

#define EXPECT_RECOVERY(b, expected)	KUNIT_EXPECT_EQ((b)->test, (b)->t.recovery, (u8)(expected))
/* Where the n-th segment begins, counted from 1 */
#define SEGMENT(n)	(1 + ((n) - 1) * MSS)

/* ESTABLISHED, with so many segments in flight that fill cwnd, sent a round trip ago. */
static struct bench *in_flight(struct kunit *test, unsigned int segments)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	bench_established(b);
	b->t.cwnd = segments * MSS;
	bench_send(b, segments * MSS);
	ASSERT_SENT(b, segments);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	return b;
}

/* The same with timestamps: then what an ACK echoes is sent @ago. Segments are shorter. */
static struct bench *in_flight_stamped(struct kunit *test, unsigned int segments, bool sack)
{
	struct bench *b = bench_new(test, ISS, IRS);

	if (sack)
		bench_wants_sack(b);
	bench_wants_timestamps(b, 1);
	b->t.path_mss = MSS + 12;
	b->peer_options.mss = MSS + 12;
	b->peer_wnd = 60000;
	bench_established(b);
	KUNIT_ASSERT_EQ(test, b->t.mss, MSS);
	b->t.cwnd = segments * MSS;
	bench_send(b, segments * MSS);
	ASSERT_SENT(b, segments);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	return b;
}

static void echo(struct bench *b, u64 ago)
{
	b->seg_options.tsecr = edu_tsval(&b->t.conn, NOW(b) - ago);
}

/* --- RFC 9937: Proportional Rate Reduction --- */

/*
 * Section 6's first scenario: 20 segments in flight, the 1st is lost, more to send;
 * ssthresh is 10. Limited transmit at the first two ACKs, the fast retransmit at the
 * third, and from then on one for every two that arrive, 10/20 of them, until the
 * pipe is at ssthresh. (The RFC counts segments there and rounds up; here it is
 * octets, and half a segment does not go.)
 *
 *	ack#	2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20
 *	pipe	20 20 19 18 17 17 16 16 15 15 14 14 13 13 12 12 11 10 10  after it
 *	sent	N  N  R        N     N     N     N     N     N        N
 */
static void prr_one_loss(struct kunit *test)
{
	static const char sent[] = "NNR..N.N.N.N.N.N..N";
	struct bench *b = in_flight(test, 20);
	unsigned int i;

	edu_sent_by_user(&b->t, 40 * MSS);
	for (i = 2; i <= 20; i++) {
		unsigned int before = b->nsent;

		bench_wait(b, EDU_MSEC);
		SACK(b, 1, SEGMENT(2), SEGMENT(i + 1));
		KUNIT_EXPECT_EQ_MSG(test, b->nsent - before, sent[i - 2] == '.' ? 0u : 1u,
				    "ack %u", i);
		if (sent[i - 2] == 'R')
			KUNIT_EXPECT_EQ(test, LAST(b).seq, ISS + 1);
		else if (sent[i - 2] == 'N')
			KUNIT_EXPECT_TRUE(test, LAST(b).kind == EDU_OUT_NEW);
	}
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 10 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.recover_fs, 20 * MSS);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 10 * MSS);
	/* "On completing recovery: cwnd = ssthresh" */
	bench_peer(b, EDU_ACK, 1, SEGMENT(23), 0);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
}

/*
 * The second scenario: of the 20 the first 15 are lost. The pipe falls below
 * ssthresh at once: one is sent for each that arrives (PRR-CRB), and one more
 * when SND.UNA advances and nothing more is lost (SafeACK).
 */
static void prr_burst_loss(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);

	edu_sent_by_user(&b->t, 40 * MSS);
	SACK(b, 1, SEGMENT(16), SEGMENT(17));
	SACK(b, 1, SEGMENT(16), SEGMENT(18));
	ASSERT_SENT(b, 2);				/* limited transmit */
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(21), MSS);
	bench_forget(b);
	SACK(b, 1, SEGMENT(16), SEGMENT(19));
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].octets, 14 * MSS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(1), MSS);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 5 * MSS);	/* 19, 20, 21, 22 and 1 */
	SACK(b, 1, SEGMENT(16), SEGMENT(20));
	SACK(b, 1, SEGMENT(16), SEGMENT(21));
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 1, EDU_ACK, SEGMENT(2), MSS);
	EXPECT_SEGMENT(b, 2, EDU_ACK, SEGMENT(3), MSS);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 5 * MSS);
	/* The retransmissions arrive: slow start up to ssthresh */
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	ASSERT_SENT(b, 5);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 6 * MSS);
	bench_peer(b, EDU_ACK, 1, SEGMENT(3), 0);
	bench_peer(b, EDU_ACK, 1, SEGMENT(4), 0);
	KUNIT_EXPECT_EQ(test, edu_pipe(&b->t), 8 * MSS);
	KUNIT_EXPECT_LE(test, b->t.cwnd, 10 * MSS);
}

/* "RecoverFS = SND.NXT - SND.UNA", less what was SACKed before, and with what this ACK tells */
static void prr_recover_fs(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	SACK(b, 1, SEGMENT(4), SEGMENT(6));		/* 2 */
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SACKED].octets, 2 * MSS);
	/* 1 is acknowledged, and three more are SACKed: 9 - 5 + 4 */
	b->t.min_rtt = 1;				/* no reordering is waited for */
	SACK(b, SEGMENT(2), SEGMENT(7), SEGMENT(10), SEGMENT(4), SEGMENT(6));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.recover_fs, 8 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.prr_delivered, 4 * MSS);
	/* FlightSize is 9: ssthresh 4.5; the pipe is 1 (the 10th): 3.5 may go, but 1 at least */
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 4500u);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 4500u);
}

/* "CEIL(prr_delivered * ssthresh / RecoverFS) - prr_out" */
static void prr_rounds_up(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	b->t.ssthresh = 3001;
	b->t.recover_fs = 7000;
	b->t.prr_delivered = 0;
	b->t.prr_out = 1;
	SACK(b, 1, SEGMENT(2), SEGMENT(6));
	/* 1000 * 3001 / 7000 = 428.7 */
	KUNIT_EXPECT_EQ(test, b->t.cwnd, edu_pipe(&b->t) + 429 - 1);
}

/* An ACK that delivers nothing lets nothing out ("If (DeliveredData is 0) return"). */
static void prr_nothing_delivered(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);
	unsigned int i;

	edu_sent_by_user(&b->t, 40 * MSS);
	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	bench_forget(b);
	for (i = 0; i < 100; i++)
		SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_SENT(b, 0);
}

/* Congestion control: one reduction for a window, whatever else is lost in it */
static void one_reduction_for_a_window(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	SACK(b, 1, SEGMENT(10), SEGMENT(12), SEGMENT(2), SEGMENT(5));
	SACK(b, 1, SEGMENT(19), SEGMENT(21), SEGMENT(10), SEGMENT(12), SEGMENT(2), SEGMENT(5));
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 10 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.recover, ISS + SEGMENT(21));
	bench_peer(b, EDU_ACK, 1, SEGMENT(20), 0);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	bench_peer(b, EDU_ACK, 1, SEGMENT(21), 0);
	EXPECT_RECOVERY(b, EDU_OPEN);
}

/* --- RFC 3522: Eifel detection; RFC 4015: the response --- */

/* The ACK of the first retransmission echoes the original: it was only late */
static void eifel(struct kunit *test)
{
	struct bench *b = in_flight_stamped(test, 10, true);

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
	bench_wait(b, 5 * EDU_MSEC);
	echo(b, BENCH_RTT + 5 * EDU_MSEC);
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);
	EXPECT_MIB(b, TCPFullUndo);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
	KUNIT_EXPECT_GE(test, b->t.ssthresh, 0x7fffffffu);
}

/* It echoes the retransmission: that was needed */
static void eifel_not_spurious(struct kunit *test)
{
	struct bench *b = in_flight_stamped(test, 10, true);

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	bench_wait(b, BENCH_RTT);
	echo(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);
	EXPECT_NO_MIB(b, TCPFullUndo);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
}

/* The same for a timeout; RFC 6298 (5.5)'s back-off ends with it */
static void eifel_after_a_timeout(struct kunit *test)
{
	struct bench *b = in_flight_stamped(test, 10, false);
	u64 sent_at = NOW(b) - BENCH_RTT;

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_RECOVERY(b, EDU_LOSS);
	KUNIT_EXPECT_EQ(test, b->t.backoff, 1);
	bench_wait(b, EDU_MSEC);
	echo(b, NOW(b) - sent_at);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	EXPECT_MIB(b, TCPSpuriousRTOs);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.backoff, 0);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_LOST].nodes, 0u);
	ASSERT_SENT(b, 1);				/* nothing else is sent again */
}

/* The echo decides: with it F-RTO must not see what is not there */
static void eifel_says_the_timeout_was_right(struct kunit *test)
{
	struct bench *b = in_flight_stamped(test, 10, true);

	edu_sent_by_user(&b->t, 10 * MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_PROBE]);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_RECOVERY(b, EDU_LOSS);
	bench_wait(b, BENCH_RTT);
	echo(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);	/* the 1st was missing, 2 to 4 not */
	EXPECT_RECOVERY(b, EDU_LOSS);
	bench_peer(b, EDU_ACK, 1, SEGMENT(6), 0);
	EXPECT_RECOVERY(b, EDU_LOSS);
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
}

/* --- RFC 3708: D-SACK says that each retransmission came twice --- */

static void undone_by_dsack(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	/* 1 and 2 are late; both go again */
	SACK(b, 1, SEGMENT(3), SEGMENT(9));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	SACK(b, 1, SEGMENT(3), SEGMENT(10));
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 2u);
	bench_peer(b, EDU_ACK, 1, SEGMENT(10), 0);	/* the originals */
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	SACK(b, SEGMENT(10), SEGMENT(1), SEGMENT(2));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);		/* one of two */
	EXPECT_NO_MIB(b, TCPFullUndo);
	SACK(b, SEGMENT(10), SEGMENT(2), SEGMENT(3));
	EXPECT_MIB(b, TCPFullUndo);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, b->t.cwnd, 10 * MSS);
}

/* ... and so is what the peer was to be told (RFC 3168's CWR). */
static void undo_withdraws_cwr(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	b->t.ecn_ok = 1;
	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	SACK(b, SEGMENT(5), SEGMENT(1), SEGMENT(2));
	EXPECT_RECOVERY(b, EDU_OPEN);
	bench_forget(b);
	bench_send(b, MSS);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(11), MSS);
}

/* A D-SACK about something older, which the network doubled, proves nothing. */
static void an_older_dsack_undoes_nothing(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	bench_peer(b, EDU_ACK, 1, SEGMENT(3), 0);
	SACK(b, SEGMENT(3), SEGMENT(4), SEGMENT(7));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 1u);
	SACK(b, SEGMENT(3), SEGMENT(1), SEGMENT(2), SEGMENT(4), SEGMENT(7));
	EXPECT_MIB(b, TCPDSACKRecv);
	EXPECT_NO_MIB(b, TCPFullUndo);
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
}

/* An ACK that was overtaken is no D-SACK (RFC 2883 4), and undoes nothing. */
static void an_overtaken_ack_undoes_nothing(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	KUNIT_EXPECT_EQ(test, b->t.total_retrans, 1u);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);	/* repaired */
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	SACK(b, 1, SEGMENT(2), SEGMENT(4));		/* from before that */
	EXPECT_NO_MIB(b, TCPDSACKRecv);
	EXPECT_NO_MIB(b, TCPFullUndo);
	KUNIT_EXPECT_EQ(test, b->t.reo_wnd_mult, 1);
}

/* --- RFC 5682: F-RTO --- */

/* A timeout with 10 in flight and more to send; the first went again; @b->nsent is 0 */
static struct bench *timed_out(struct kunit *test, bool sack)
{
	struct bench *b = bench_new(test, ISS, IRS);

	if (sack)
		bench_wants_sack(b);
	b->peer_wnd = 60000;
	bench_established(b);
	bench_send(b, 10 * MSS);
	b->t.deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	edu_sent_by_user(&b->t, 20 * MSS);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_ASSERT_EQ(test, b->t.recovery, (u8)EDU_LOSS);
	bench_wait(b, 10 * EDU_MSEC);
	bench_forget(b);
	return b;
}

/* 2 b): "transmit up to two new segments"; 3 b): what was not sent again is acknowledged */
static void frto(struct kunit *test)
{
	unsigned int sack;

	for (sack = 0; sack < 2; sack++) {
		struct bench *b = timed_out(test, sack);

		bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
		ASSERT_SENT(b, 2);
		EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(11), MSS);
		EXPECT_SEGMENT(b, 1, EDU_ACK, SEGMENT(12), MSS);
		EXPECT_NO_MIB(b, TCPSpuriousRTOs);
		bench_peer(b, EDU_ACK, 1, SEGMENT(3), 0);
		EXPECT_MIB(b, TCPSpuriousRTOs);
		EXPECT_RECOVERY(b, EDU_OPEN);
		KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
		KUNIT_EXPECT_EQ(test, b->t.total_retrans, 1u);
	}
}

/* 3 b) with SACK: a block for it is as good */
static void frto_by_sack(struct kunit *test)
{
	struct bench *b = timed_out(test, true);

	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	SACK(b, SEGMENT(2), SEGMENT(3), SEGMENT(4));
	EXPECT_MIB(b, TCPSpuriousRTOs);
}

/* 2 a): "covers recover": all was there but the first: it was lost */
static void frto_all_is_acknowledged(struct kunit *test)
{
	unsigned int sack;

	for (sack = 0; sack < 2; sack++) {
		struct bench *b = timed_out(test, sack);

		bench_peer(b, EDU_ACK, 1, SEGMENT(11), 0);
		EXPECT_NO_MIB(b, TCPSpuriousRTOs);
		EXPECT_RECOVERY(b, EDU_OPEN);
		KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
		KUNIT_EXPECT_LE(test, b->t.cwnd, 2 * MSS);
	}
}

/* 3 a): only the new text is acknowledged: the timeout was right, go on as usual */
static void frto_the_rest_is_lost(struct kunit *test)
{
	struct bench *b = timed_out(test, true);

	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	ASSERT_SENT(b, 2);
	bench_forget(b);
	SACK(b, SEGMENT(2), SEGMENT(11), SEGMENT(12));
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
	EXPECT_RECOVERY(b, EDU_LOSS);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(2), MSS);

	/* Without SACK: a duplicate ACK */
	b = timed_out(test, false);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
	bench_peer(b, EDU_ACK, 1, SEGMENT(3), 0);
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
	EXPECT_RECOVERY(b, EDU_LOSS);
}

/* Step 2 without SACK: a duplicate ACK first means that something is missing */
static void frto_a_duplicate_first(struct kunit *test)
{
	struct bench *b = timed_out(test, false);

	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(2), MSS);	/* conventional */
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
}

/* Step 2 with SACK: blocks that come before the ACK of the first only fill the scoreboard */
static void frto_blocks_first(struct kunit *test)
{
	struct bench *b = timed_out(test, true);

	SACK(b, 1, SEGMENT(2), SEGMENT(4));
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
	EXPECT_RECOVERY(b, EDU_LOSS);
	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_ACK, 1, SEGMENT(4), 0);	/* the first was really missing */
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
	KUNIT_EXPECT_EQ(test, b->t.ssthresh, 5 * MSS);
}

/* "If there is no new data": conventional recovery */
static void frto_nothing_new_to_send(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	bench_established(b);
	bench_send(b, 10 * MSS);
	b->t.deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_wait(b, 10 * EDU_MSEC);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(2), MSS);
	/* ... nor if the peer's window has no room */
	b = timed_out(test, true);
	b->peer_wnd = 9000;
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
}

/* Step 1: not when the timer expires for what a recovery sent again already */
static void no_frto_for_a_lost_retransmission(struct kunit *test)
{
	struct bench *b = timed_out(test, true);

	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(2), MSS);
	bench_peer(b, EDU_ACK, 1, SEGMENT(5), 0);
	EXPECT_NO_MIB(b, TCPSpuriousRTOs);
}

/* ... nor when the timer expires in a recovery: the loss is known already */
static void no_frto_in_fast_recovery(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);

	edu_sent_by_user(&b->t, 10 * MSS);
	SACK(b, 1, SEGMENT(5), SEGMENT(8));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_RECOVERY(b, EDU_LOSS);
	KUNIT_EXPECT_EQ(test, b->t.retries, 1);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, SEGMENT(2), MSS);
}

/* A D-SACK for what the timeout sent again says as much (RFC 3708). */
static void a_timeout_undone_by_dsack(struct kunit *test)
{
	struct bench *b = timed_out(test, true);

	SACK(b, SEGMENT(2), SEGMENT(1), SEGMENT(2));
	EXPECT_MIB(b, TCPSpuriousRTOs);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_GE(test, b->t.cwnd, 10 * MSS);
}

/* --- The queues --- */

/* What is in EDU_SENT stands in the order of transmission, or RACK would stop too early. */
static void order_of_transmission(struct kunit *test)
{
	struct bench *b = in_flight_stamped(test, 10, true);
	const struct edu_node *node;
	unsigned int n = 0;
	u64 last = 0;

	SACK(b, 1, SEGMENT(4), SEGMENT(7));		/* 1 to 3 are late, 1 goes again */
	bench_wait(b, EDU_MSEC);
	SACK(b, 1, SEGMENT(4), SEGMENT(8));
	bench_wait(b, 5 * EDU_MSEC);
	echo(b, BENCH_RTT + 6 * EDU_MSEC);
	bench_peer(b, EDU_ACK, 1, SEGMENT(2), 0);
	EXPECT_MIB(b, TCPFullUndo);
	list_for_each_entry(node, &b->t.xmit_order, link) {
		KUNIT_EXPECT_LE(test, last, node->xmit_at);
		KUNIT_EXPECT_EQ(test, node->queue, (u8)EDU_SENT);
		last = node->xmit_at;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, b->t.queue[EDU_SENT].nodes);
}

/* A segment that is cut stands where it stood, in both orders. */
static void a_cut_keeps_both_orders(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	const struct edu_node *node;
	u32 next = ISS + 1, in_order = ISS + 1;

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	b->budget.max_len = 60000;
	bench_established(b);
	bench_send(b, 6 * MSS);
	bench_wait(b, EDU_MSEC);
	bench_send(b, 4 * MSS);
	ASSERT_SENT(b, 2);
	KUNIT_ASSERT_TRUE(test, edu_sent_split(&b->t, edu_sent_first(&b->t, EDU_SENT), ISS + 2001));
	KUNIT_ASSERT_TRUE(test, edu_sent_split(&b->t, edu_sent_last(&b->t, EDU_SENT), ISS + 8001));
	for (node = edu_sent_first(&b->t, EDU_SENT); node; node = edu_sent_next(node)) {
		KUNIT_EXPECT_EQ(test, node->seq, next);
		next = edu_node_end(node);
	}
	list_for_each_entry(node, &b->t.xmit_order, link) {
		KUNIT_EXPECT_EQ(test, node->seq, in_order);
		in_order = edu_node_end(node);
	}
	KUNIT_EXPECT_EQ(test, next, ISS + 10001);
	KUNIT_EXPECT_EQ(test, in_order, ISS + 10001);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].octets, 10 * MSS);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].nodes, 4u);
	KUNIT_EXPECT_EQ(test, edu_sent_last(&b->t, EDU_SENT)->skip, 0u);
}

/* Both parts were sent when the whole was, and as often. */
static void a_cut_keeps_what_is_known(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_node *node, *rest;

	b->peer_wnd = 60000;
	b->budget.max_len = 60000;
	bench_established(b);
	bench_send(b, 4 * MSS);
	node = edu_sent_first(&b->t, EDU_SENT);
	node->retransmitted = 1;
	KUNIT_ASSERT_TRUE(test, edu_sent_split(&b->t, node, ISS + 1001));
	rest = edu_sent_next(node);
	KUNIT_EXPECT_EQ(test, rest->xmit_at, NOW(b));
	KUNIT_EXPECT_EQ(test, (u8)rest->retransmitted, (u8)1);
}

/* A segment's front is acknowledged: what is left of it is sent again. */
static void a_partly_acknowledged_segment(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);

	bench_peer(b, EDU_ACK, 1, 401, 0);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].octets, 3600u);
	KUNIT_EXPECT_EQ(test, b->t.bytes_acked, 400ull);
	KUNIT_EXPECT_EQ(test, b->t.undone, b->t.snd_una);	/* never an old number */
	SACK(b, 401, 1001, 4001);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 401, 600);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.node->skip, 400u);
}

/* --- Nothing of the last one is left --- */

static void a_recovery_begins_anew(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);
	struct edu_tcb *t = &b->t;

	t->prr_delivered = 5 * MSS;
	t->prr_out = 50 * MSS;
	t->retransmitted_at = 1;
	t->undo_retrans = 9;
	t->cwnd_acked = 500;
	t->probe_in_flight = 1;
	t->probe_end = t->snd_nxt;
	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->prr_delivered, 3 * MSS);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, t->prr_out, MSS);
	KUNIT_EXPECT_EQ(test, t->retransmitted_at, NOW(b));
	KUNIT_EXPECT_EQ(test, t->undo_retrans, 1u);
	KUNIT_EXPECT_EQ(test, t->cwnd_acked, 0u);
	KUNIT_EXPECT_EQ(test, (u8)t->probe_in_flight, (u8)0);
}

static void a_recovery_leaves_nothing_behind(struct kunit *test)
{
	struct bench *b = in_flight(test, 20);
	struct edu_tcb *t = &b->t;

	SACK(b, 1, SEGMENT(2), SEGMENT(5));
	EXPECT_RECOVERY(b, EDU_FAST_RECOVERY);
	t->dupacks = 2;
	t->dup_octets = 2 * MSS;
	bench_peer(b, EDU_ACK, 1, SEGMENT(21), 0);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, t->dupacks, (u8)0);
	KUNIT_EXPECT_EQ(test, t->dup_octets, 0u);
	KUNIT_EXPECT_EQ(test, (u8)t->may_undo, (u8)0);
	KUNIT_EXPECT_EQ(test, (u8)t->frto, (u8)EDU_FRTO_OFF);
}

static void a_timeout_begins_anew(struct kunit *test)
{
	struct bench *b = in_flight(test, 10);
	struct edu_tcb *t = &b->t;

	t->cwnd_acked = 500;
	t->retransmitted_at = 1;
	t->undo_retrans = 9;
	t->dupacks = 2;
	t->dup_octets = 2 * MSS;
	t->probe_in_flight = 1;
	t->deadline[EDU_TIMER_PROBE] = NOW(b) + 1;
	t->deadline[EDU_TIMER_REORDER] = NOW(b) + 1;
	t->recover = t->snd_una;		/* nothing is left of an earlier recovery */
	edu_loss(t, NOW(b), &b->todo);
	EXPECT_RECOVERY(b, EDU_LOSS);
	KUNIT_EXPECT_EQ(test, (u8)t->frto, (u8)EDU_FRTO_RESENT);
	KUNIT_EXPECT_EQ(test, t->recovery_at, NOW(b));
	KUNIT_EXPECT_EQ(test, t->retransmitted_at, 0ull);
	KUNIT_EXPECT_EQ(test, t->undo_retrans, 0u);
	KUNIT_EXPECT_EQ(test, t->dupacks, (u8)0);
	KUNIT_EXPECT_EQ(test, t->dup_octets, 0u);
	KUNIT_EXPECT_EQ(test, t->cwnd_acked, 0u);
	KUNIT_EXPECT_EQ(test, t->reduced, t->snd_nxt);
	KUNIT_EXPECT_EQ(test, t->recover, t->snd_nxt);
	KUNIT_EXPECT_EQ(test, (u8)t->probe_in_flight, (u8)0);
	KUNIT_EXPECT_EQ(test, t->deadline[EDU_TIMER_PROBE], EDU_NEVER);
	KUNIT_EXPECT_EQ(test, t->deadline[EDU_TIMER_REORDER], EDU_NEVER);
	/* A second timeout of the same segment: what was sent again was lost again. */
	t->retries = 2;
	t->recover = t->snd_una;
	t->recovery_at = 0;
	t->retransmitted_at = 1;
	t->undo_retrans = 9;
	edu_loss(t, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, (u8)t->frto, (u8)EDU_FRTO_OFF);
	KUNIT_EXPECT_EQ(test, t->recovery_at, NOW(b));
	KUNIT_EXPECT_EQ(test, t->retransmitted_at, 0ull);
	KUNIT_EXPECT_EQ(test, t->undo_retrans, 0u);
}

/* 3.7.2: what is larger than the path takes is sent again, and nothing is blamed */
static void only_what_is_too_large_is_resent(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);
	struct edu_tcb *t = &b->t;

	t->may_undo = 1;
	edu_resend_smaller(t);
	KUNIT_EXPECT_EQ(test, t->queue[EDU_LOST].nodes, 0u);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, (u8)t->may_undo, (u8)1);
	t->mss = MSS - 1;
	edu_resend_smaller(t);
	KUNIT_EXPECT_EQ(test, t->queue[EDU_LOST].nodes, 4u);
	EXPECT_RECOVERY(b, EDU_LOSS);
	KUNIT_EXPECT_EQ(test, t->recover, t->snd_nxt);
	KUNIT_EXPECT_EQ(test, (u8)t->may_undo, (u8)0);
}

/* The timer for what is late finds nothing late: nothing happens. */
static void nothing_was_late(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);
	struct edu_tcb *t = &b->t;
	u32 cwnd = t->cwnd;

	edu_reordering_expired(t, NOW(b), &b->todo);
	EXPECT_RECOVERY(b, EDU_OPEN);
	KUNIT_EXPECT_EQ(test, t->cwnd, cwnd);
}

/* Numbers that are compared with later ones stay near, or they look like the future. */
static void marks_stay_near(struct kunit *test)
{
	struct bench *b = in_flight(test, 4);
	struct edu_tcb *t = &b->t;

	bench_peer(b, EDU_ACK, 1, SEGMENT(3), 0);
	KUNIT_EXPECT_EQ(test, t->recover, t->snd_una - 1);
	KUNIT_EXPECT_EQ(test, t->reduced, t->snd_una - 1);
	KUNIT_EXPECT_EQ(test, t->undone, t->snd_una);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(prr_one_loss),
	KUNIT_CASE(prr_burst_loss),
	KUNIT_CASE(prr_recover_fs),
	KUNIT_CASE(prr_rounds_up),
	KUNIT_CASE(prr_nothing_delivered),
	KUNIT_CASE(one_reduction_for_a_window),
	KUNIT_CASE(eifel),
	KUNIT_CASE(eifel_not_spurious),
	KUNIT_CASE(eifel_after_a_timeout),
	KUNIT_CASE(eifel_says_the_timeout_was_right),
	KUNIT_CASE(undone_by_dsack),
	KUNIT_CASE(undo_withdraws_cwr),
	KUNIT_CASE(an_older_dsack_undoes_nothing),
	KUNIT_CASE(an_overtaken_ack_undoes_nothing),
	KUNIT_CASE(frto),
	KUNIT_CASE(frto_by_sack),
	KUNIT_CASE(frto_all_is_acknowledged),
	KUNIT_CASE(frto_the_rest_is_lost),
	KUNIT_CASE(frto_a_duplicate_first),
	KUNIT_CASE(frto_blocks_first),
	KUNIT_CASE(frto_nothing_new_to_send),
	KUNIT_CASE(no_frto_for_a_lost_retransmission),
	KUNIT_CASE(no_frto_in_fast_recovery),
	KUNIT_CASE(a_timeout_undone_by_dsack),
	KUNIT_CASE(order_of_transmission),
	KUNIT_CASE(a_cut_keeps_both_orders),
	KUNIT_CASE(a_cut_keeps_what_is_known),
	KUNIT_CASE(a_partly_acknowledged_segment),
	KUNIT_CASE(a_recovery_begins_anew),
	KUNIT_CASE(a_recovery_leaves_nothing_behind),
	KUNIT_CASE(a_timeout_begins_anew),
	KUNIT_CASE(only_what_is_too_large_is_resent),
	KUNIT_CASE(nothing_was_late),
	KUNIT_CASE(marks_stay_near),
	{}
};

static struct kunit_suite recovery_suite = {
	.name = "edu_tcp_recovery",
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);
