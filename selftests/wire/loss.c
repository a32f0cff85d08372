// SPDX-License-Identifier: GPL-2.0
/* Congestion and loss, as far as no timer has to run (RFC 5681, 6582, 6928). */
#include "fixture.h"

#define IW	10	/* RFC 6928 */

/* Takes the text that we send now; returns how many full segments it is. */
static u32 segments_now(void)
{
	u32 before = wire.flow->us_nxt;

	while (maybe_seg(ACK, ANY_LEN))
		;
	check((wire.flow->us_nxt - before) % FULL == 0, "not only full segments");
	return (wire.flow->us_nxt - before) / FULL;
}

/* The place in our stream where the @n-th segment begins, counted from 0. */
static u32 start(u32 n)
{
	return 1 + n * FULL;
}

/* A connection that has much to say. */
static void accept_and_write(u32 segments)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	listen_and_accept(WSCALE(7));
	app_write(segments * FULL);
}

TEST_F(wire, ten_segments_are_sent_without_an_ACK)
{
	accept_and_write(20);
	check(segments_now() == IW, "sent %u segments", wire.flow->us_nxt / FULL);
}

TEST_F(wire, with_a_small_MSS_the_first_flight_is_ten_segments_too)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	listen_and_accept(MSS(536));
	app_write(20 * 536);
	check(expect_text(1, 1 + 10 * 536) == 10, "not full segments");
	expect_silence();
}

TEST_F(wire, slow_start_doubles_the_flight_each_round_trip)
{
	u32 i;

	accept_and_write(60);
	check(segments_now() == IW, "sent %u segments", wire.flow->us_nxt / FULL);
	/* each ACK of two segments lets out these two and two more */
	for (i = 2; i <= IW; i += 2) {
		round_trip();
		send_seg(ACK, SEQ(1), ACK(start(i)));
		segments_now();
	}
	check(wire.flow->us_nxt == start(3 * IW), "in flight: %u segments, not 20",
	      (wire.flow->us_nxt - start(IW)) / FULL);
}

TEST_F(wire, an_ACK_in_small_pieces_does_not_open_the_window_further)
{
	u32 i;

	/* ACK division: the attack that RFC 3465 counts bytes against */
	accept_and_write(60);
	segments_now();
	for (i = 1; i <= 10; i++) {
		round_trip();
		send_seg(ACK, SEQ(1), ACK(start(0) + i * FULL / 10));
		segments_now();
	}
	check(wire.flow->us_nxt <= start(IW + 2), "10 ACKs of one segment let out %u segments",
	      (wire.flow->us_nxt - start(IW)) / FULL);
}

TEST_F(wire, the_third_duplicate_ACK_retransmits)
{
	accept_and_write(5);
	expect_text(start(0), start(5));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	/* a fourth says only that another segment has left the network */
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(start(5)));
	expect_silence();
	expect_counted("RetransSegs", 1);
	expect_counted("TCPRenoRecovery", 1);
	expect_counted("TCPTimeouts", 0);
}

TEST_F(wire, an_ACK_with_text_is_no_duplicate_ACK)
{
	u32 i;

	accept_and_write(5);
	expect_text(start(0), start(5));
	/* RFC 5681 2: (b) it carries no data */
	for (i = 0; i < 4; i++) {
		send_seg(ACK, SEQ(1 + i), ACK(1), LEN(1));
		expect_acked(2 + i);
	}
	expect_silence();
	send_seg(ACK, SEQ(5), ACK(start(5)));
}

TEST_F(wire, a_window_update_is_no_duplicate_ACK)
{
	u32 i;

	wire.flow->peer_win = 10000;
	accept_and_write(5);
	expect_text(start(0), start(5));
	/* RFC 5681 2: (e) the window is the same */
	for (i = 1; i <= 4; i++)
		send_seg(ACK, SEQ(1), ACK(1), WIN(10000 + i));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(start(5)));
}

TEST_F(wire, with_nothing_in_flight_there_is_no_duplicate_ACK)
{
	u32 i;

	listen_and_accept();
	/* RFC 5681 2: (a) the receiver has outstanding data */
	for (i = 0; i < 4; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(101));
	expect_counted("RetransSegs", 0);
}

TEST_F(wire, a_partial_ACK_in_recovery_retransmits_the_next_hole_at_once)
{
	u32 i;

	accept_and_write(IW);
	expect_text(start(0), start(IW));
	/* segments 0 and 4 are lost */
	for (i = 0; i < 3; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	for (i = 0; i < 5; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	/* RFC 6582 3.2, step 3: a partial acknowledgment */
	send_seg(ACK, SEQ(1), ACK(start(4)));
	expect_seg(ACK, SEQ(start(4)), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(IW)));
	expect_silence();
	expect_counted("RetransSegs", 2);
	expect_counted("TCPRenoRecovery", 1);
}

TEST_F(wire, after_a_loss_the_flight_is_at_most_half_as_large)
{
	u32 i, n;

	sysctl("congestion_control", "reno");	/* RFC 9438 4.6 keeps 0.7 of it */
	accept_and_write(IW);
	expect_text(start(0), start(IW));
	for (i = 0; i < 9; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	round_trip();
	send_seg(ACK, SEQ(1), ACK(start(IW)));
	app_write(20 * FULL);
	n = segments_now();
	/* RFC 5681 3.1 (4): ssthresh is half of the flight that was */
	check(n >= 1 && n <= IW / 2, "%u segments in flight", n);
}

TEST_F(wire, a_duplicate_ACK_right_after_a_recovery_starts_no_second_one)
{
	u32 i;

	accept_and_write(5);
	expect_text(start(0), start(5));
	for (i = 0; i < 3; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(5)));
	app_write(FULL);
	expect_seg(ACK, SEQ(start(5)), LEN(FULL), AT_ONCE);
	/* RFC 6582 4.1: it may be the answer to what was sent twice */
	for (i = 0; i < 3; i++)
		send_seg(ACK, SEQ(1), ACK(start(5)));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(start(6)));
	expect_counted("RetransSegs", 1);
}

TEST_F(wire, a_lost_FIN_comes_again_with_the_third_duplicate_ACK)
{
	u32 i;

	accept_and_write(4);
	expect_text(start(0), start(4));
	app_close();
	expect_seg(FIN | ACK, SEQ(start(4)), AT_ONCE);
	for (i = 0; i < 3; i++)
		send_seg(ACK, SEQ(1), ACK(start(0)));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(4)));
	/* everything but the FIN has arrived: a partial ACK */
	expect_seg(FIN | ACK, SEQ(start(4)), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(4) + 1));
	expect_state("FIN-WAIT-2");
}

TEST_HARNESS_MAIN
