// SPDX-License-Identifier: GPL-2.0
/* The windows of both ends (RFC 9293 3.8.6, RFC 7323 2). */
#include <linux/tcp.h>

#include "fixture.h"

/* Takes all that we send now; returns how far it reaches. */
static u32 whatever_is_sent(void)
{
	while (maybe_seg(ACK, ANY_LEN))
		;
	return wire.flow->us_nxt;
}

/*
 * The peer takes back what it offered. With a byte of text before it, so that the segment is newer
 * than the one that offered more: Linux would not believe it otherwise.
 */
static void the_peer_shrinks_its_window(u16 win)
{
	send_seg(ACK, SEQ(1), ACK(1), LEN(1));
	expect_seg(ACK, ACK(2));
	send_seg(ACK, SEQ(2), ACK(1), WIN(win));
}

/* ---- The peer's window ---- */

TEST_F(wire, nothing_is_sent_beyond_the_peers_window)
{
	u32 end;

	listen_and_accept(WIN(2000));
	app_write(6000);
	end = whatever_is_sent();
	check(end > 1 && end <= 2001, "sent up to %u with a window of 2000", end);
	/* the window slides with the ACK */
	send_seg(ACK, SEQ(1), ACK(end), WIN(2000));
	check(whatever_is_sent() <= end + 2000, "sent up to %u", wire.flow->us_nxt);
}

TEST_F(wire, a_window_that_opens_lets_text_go_at_once)
{
	listen_and_accept();
	the_peer_shrinks_its_window(0);
	app_write(100);
	expect_silence();
	send_seg(ACK, SEQ(2), ACK(1), WIN(1000));
	expect_seg(ACK, SEQ(1), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(2), ACK(101), WIN(1000));
}

TEST_F(wire, the_window_of_an_old_ACK_is_not_believed)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101), WIN(0));
	/* sent before the one above, but overtaken by it (SND.WL1, SND.WL2) */
	send_seg(ACK, SEQ(1), ACK(51), WIN(5000));
	app_write(100);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(101), WIN(5000));
	expect_seg(ACK, SEQ(101), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(201), WIN(5000));
}

TEST_F(wire, the_window_of_an_old_segment_is_not_believed)
{
	listen_and_accept();
	send_seg(ACK, SEQ(11), ACK(1), LEN(10), WIN(0));
	expect_seg(ACK, ACK(1));
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), WIN(5000));
	expect_acked(21);
	app_read(20);
	app_write(100);
	expect_silence();
	send_seg(ACK, SEQ(21), ACK(1), WIN(5000));
	expect_seg(ACK, SEQ(1), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(21), ACK(101), WIN(5000));
}

TEST_F(wire, a_peer_with_a_tiny_window_gets_what_fits)
{
	listen_and_accept(WIN(100));
	app_write(250);
	/* half the largest window ever seen is enough (3.8.6.2.1, 3) */
	expect_seg(ACK, SEQ(1), LEN(100), AT_ONCE);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(101), WIN(100));
	expect_seg(ACK, SEQ(101), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(201), WIN(100));
	expect_seg(ACK, SEQ(201), LEN(50), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(251), WIN(100));
}

TEST_F(wire, a_window_that_became_tiny_gets_no_crumbs_but_for_a_timeout)
{
	listen_and_accept();
	the_peer_shrinks_its_window(100);
	app_write(1000);
	/* silly window syndrome, 3.8.6.2.1 (4): the override timeout is 0.1 - 1.0 s */
	expect_silence();
	expect_seg(ACK, SEQ(1), LEN(100), AFTER(100, 1000));
	send_seg(ACK, SEQ(2), ACK(101), WIN(10000));
	expect_seg(ACK, SEQ(101), LEN(900), AT_ONCE);
	send_seg(ACK, SEQ(2), ACK(1001));
}

TEST_F(wire, what_a_shrunken_window_no_longer_covers_is_still_acked)
{
	listen_and_accept();
	app_write(1000);
	expect_seg(ACK, SEQ(1), LEN(1000));
	/* RFC 9293 3.8.6, SHLD-14: a peer should not, but we must cope (MUST-34) */
	send_seg(ACK, SEQ(1), ACK(1), WIN(100));
	app_write(10);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1001), WIN(100));
	expect_seg(ACK, SEQ(1001), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1011));
}

/* ---- Scaling ---- */

TEST_F(wire, a_window_scale_is_answered_with_one)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check(got.has_wscale && got.wscale <= 14, "no good window scale");
}

TEST_F(wire, without_a_window_scale_none_is_answered)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_WSCALE);
}

TEST_F(wire, connect_offers_a_window_scale)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	check(got.has_wscale && got.wscale <= 14, "no good window scale");
}

TEST_F(wire, a_large_receive_buffer_needs_a_larger_scale)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_RCVBUF, 200000);
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check(65535 << got.wscale >= 200000, "a scale of %u is too small", got.wscale);
}

TEST_F(wire, the_peers_windows_are_scaled)
{
	u32 end;

	listen_and_accept(WSCALE(4));
	the_peer_shrinks_its_window(100);
	app_write(5000);
	end = whatever_is_sent() - 1;
	check(end <= 100 << 4 && end >= FULL, "sent %u with a window of 100 << 4", end);
}

TEST_F(wire, the_window_of_a_SYN_ACK_is_not_scaled)
{
	u32 end;

	/* RFC 7323 2.2 */
	connect_to_peer(WIN(2000), WSCALE(4));
	app_write(5000);
	end = whatever_is_sent() - 1;
	check(end <= 2000, "sent %u with a window of 2000", end);
}

TEST_F(wire, a_scale_above_14_is_taken_for_14)
{
	u32 end, before;

	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 200000);
	listen_and_accept(WSCALE(15));
	app_write(60 * FULL);
	/* Slow start, until cwnd is beyond the window we are after. */
	for (end = 1; whatever_is_sent() - end < 12 * FULL; end += 2 * FULL) {
		round_trip();
		send_seg(ACK, SEQ(1), ACK(end + 2 * FULL));
	}
	/* RFC 7323 2.3: of 1 << 14; 1 << 15 would let 22 segments go */
	before = wire.flow->us_nxt;
	round_trip();
	send_seg(ACK, SEQ(1), ACK(before), WIN(1));
	end = whatever_is_sent() - before;
	check(end <= 1 << 14 && end >= 11 * FULL, "sent %u with a window of 1 << 14", end);
}

/* ---- Our window ---- */

#define RCVBUF	20000

/* A connection whose receive buffer is small; the peer fills its window to the last byte. */
static void fill_our_window(void)
{
	struct flow *flow = wire.flow;

	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_RCVBUF, RCVBUF);
	listen_and_accept();
	while (flow->edge != flow->peer_nxt) {
		u32 room = flow->edge - flow->peer_nxt;

		send_seg(ACK, ACK(1), LEN(room < FULL ? room : FULL));
		expect_acked(flow->peer_nxt);
	}
	check(got.win == 0, "the window is full, but we still announce %u", got.win);
}

TEST_F(wire, our_window_closes_when_nobody_reads_and_opens_when_somebody_does)
{
	u32 end;

	fill_our_window();
	end = wire.flow->peer_nxt;
	app_read(end - 1);
	/* 3.8.6.2.2: by a segment or half the buffer, whichever is less, or more */
	expect_seg(ACK, SEQ(1), ACK(end), AT_ONCE);
	check(got.win >= FULL, "the window has opened to %u only", got.win);
	send_seg(ACK, SEQ(end), ACK(1), LEN(FULL));
	expect_acked(end + FULL);
	app_read(FULL);
}

TEST_F(wire, text_beyond_a_closed_window_is_dropped_and_acked)
{
	u32 end;

	fill_our_window();
	end = wire.flow->peer_nxt;
	/* what a peer's zero-window probe looks like */
	send_seg(ACK, SEQ(end), ACK(1), LEN(1));
	expect_seg(ACK, SEQ(1), ACK(end), WIN(0), AT_ONCE);
	/* another way: a byte before the window */
	send_seg(ACK, SEQ(end - 1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(end), WIN(0), AT_ONCE);
	app_read(end - 1);
	app_cannot_read(EAGAIN);
	expect_seg(ACK, SEQ(1), ACK(end));
}

TEST_F(wire, a_closed_window_does_not_open_by_crumbs)
{
	u32 end;

	fill_our_window();
	end = wire.flow->peer_nxt;
	app_read(100);
	expect_silence();
	send_seg(ACK, SEQ(end - 1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(end), WIN(0), AT_ONCE);
	app_read(end - 101);
	expect_seg(ACK, SEQ(1), ACK(end), AT_ONCE);
	check(got.win >= FULL, "the window has opened to %u only", got.win);
}

TEST_F(wire, with_our_window_closed_an_ACK_still_counts)
{
	fill_our_window();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), WIN(0), AT_ONCE);
	/* RFC 9293 3.10.7.4, first: special allowance for valid ACKs, URGs and RSTs */
	send_seg(ACK, SEQ(wire.flow->peer_nxt), ACK(101));
	app_write(100);
	expect_seg(ACK, SEQ(101), LEN(100), WIN(0), AT_ONCE);
	send_seg(ACK, SEQ(wire.flow->peer_nxt), ACK(201));
}

TEST_F(wire, with_our_window_closed_a_RST_still_resets)
{
	fill_our_window();
	send_seg(RST, SEQ(wire.flow->peer_nxt));
	expect_state("CLOSED");
}

TEST_F(wire, what_reaches_beyond_our_window_is_cut_off)
{
	u32 edge;

	linux_differs("drops the whole segment, and before 6.16 took all of it");
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_RCVBUF, RCVBUF);
	listen_and_accept();
	edge = wire.flow->edge;
	while (edge - wire.flow->peer_nxt > FULL) {
		send_seg(ACK, ACK(1), LEN(FULL));
		expect_acked(wire.flow->peer_nxt);
		edge = wire.flow->edge;
	}
	/* RFC 9293 3.10.7.4, seventh: only what is in the window */
	send_seg(ACK, ACK(1), LEN(FULL));
	expect_seg(ACK, SEQ(1), ACK(edge), WIN(0));
	app_read(edge - 1);
	expect_seg(ACK, SEQ(1), ACK(edge), AT_ONCE);
}

TEST_F(wire, text_wholly_beyond_our_window_is_dropped_and_acked)
{
	listen_and_accept();
	send_seg(ACK, SEQ(wire.flow->edge), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(wire.flow->edge + 100000), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_dropped("OUT_OF_WINDOW", 2);
}

TEST_F(wire, the_last_byte_of_our_window_is_in_it)
{
	u32 edge;

	listen_and_accept();
	edge = wire.flow->edge;
	send_seg(ACK, SEQ(edge - 1), ACK(1), LEN(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_counted("TCPOFOQueue", 1);
}

TEST_HARNESS_MAIN
