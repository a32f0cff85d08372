// SPDX-License-Identifier: GPL-2.0
/* Selective acknowledgments: RFC 2018, 2883, and what they lead to: RFC 8985. */
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "fixture.h"

/* The place in our stream where the @n-th segment begins, counted from 0. */
static u32 start(u32 n)
{
	return 1 + n * FULL;
}

/* A connection with so many segments in flight; its peer knows SACK. */
static void accept_and_write(u32 segments)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(7), SACKOK);
	expect_seg(SYN | ACK, SEQ(0), ACK(1), SACKOK);
	round_trip();
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(segments * FULL);
	expect_text(start(0), start(segments));
	round_trip();
}

/* ---- Agreement: RFC 2018 2 ---- */

TEST_F(wire, a_SYN_permits_SACK)
{
	app_connect();
	expect_seg(SYN, SEQ(0), SACKOK, NO_BLOCKS);
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), SACKOK);
	expect_seg(ACK, SEQ(1), ACK(1), NO_SACKOK, NO_BLOCKS);
	app_connected(0);
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(1), BLOCKS({ 101, 201 }), AT_ONCE);
}

TEST_F(wire, a_peer_that_did_not_permit_SACK_gets_none)
{
	app_connect();
	expect_seg(SYN, SEQ(0), SACKOK);
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), NO_BLOCKS, AT_ONCE);
}

TEST_F(wire, a_SYN_ACK_permits_SACK_in_answer)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), SACKOK);
	expect_seg(SYN | ACK, SEQ(0), ACK(1), SACKOK);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 201 }), AT_ONCE);
}

TEST_F(wire, a_SYN_ACK_permits_no_SACK_to_one_that_does_not_ask)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_SACKOK);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), NO_BLOCKS, AT_ONCE);
}

TEST_F(wire, net_sack_0_permits_none)
{
	sysctl("sack", "0");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), SACKOK);
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_SACKOK);
	on(flow_between(OUR_PORT + 1, PEER_PORT + 1));
	app_bind();
	app_connect();
	expect_seg(SYN, SEQ(0), NO_SACKOK);
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), SACKOK);
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), NO_BLOCKS, AT_ONCE);
}

TEST_F(wire, a_half_open_connection_remembers_it)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), SACKOK, STAMP(1000, 0), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), SACKOK, ECHO_OF(1000));
	/* the peer's SYN again, and the answer again */
	send_seg(SYN, SEQ(0), MSS(FULL), SACKOK, STAMP(1010, 0), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), SACKOK, AT_ONCE);
	check(got.has_ts && got.has_wscale, "it forgot something");
	/* one that opens the connection although the ACK alone was lost */
	send_seg(ACK, SEQ(101), ACK(1), LEN(100), STAMP(1020, got.stamp));
	expect_seg(ACK, SEQ(1), ACK(1), BLOCKS({ 101, 201 }));
	check(got.has_ts, "it forgot the timestamps");
	app_accept();
}

/* ---- What we report: RFC 2018 4 ---- */

TEST_F(wire, text_out_of_order_is_reported_the_newest_block_first)
{
	listen_and_accept(SACKOK);
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 201 }), AT_ONCE);
	send_seg(ACK, SEQ(301), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 301, 401 }, { 101, 201 }), AT_ONCE);
	send_seg(ACK, SEQ(501), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 501, 601 }, { 301, 401 }, { 101, 201 }), AT_ONCE);
	send_seg(ACK, SEQ(201), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 401 }, { 501, 601 }), AT_ONCE);
	send_seg(ACK, SEQ(1), LEN(100));
	expect_seg(ACK, ACK(401), BLOCKS({ 501, 601 }), AT_ONCE);
	send_seg(ACK, SEQ(401), LEN(100));
	expect_seg(ACK, ACK(601), NO_BLOCKS, AT_ONCE);
	app_read(600);
}

TEST_F(wire, beside_timestamps_there_is_room_for_three_blocks)
{
	u32 i;

	listen_and_accept(SACKOK, STAMP(1000, 0));
	for (i = 1; i <= 4; i++) {
		send_seg(ACK, SEQ(1 + 200 * i), LEN(100), STAMP(1000, got.stamp));
		expect_seg(ACK, ACK(1), AT_ONCE);
		check(got.nr_blocks == (i < 3 ? i : 3), "%zu blocks", got.nr_blocks);
	}
	send_seg(ACK, SEQ(301), LEN(10), STAMP(1000, got.stamp));
	expect_seg(ACK, ACK(1), ECHO_OF(1000),
		   BLOCKS({ 201, 311 }, { 801, 901 }, { 601, 701 }), AT_ONCE);
}

TEST_F(wire, text_makes_room_for_the_blocks)
{
	listen_and_accept(SACKOK);
	send_seg(ACK, SEQ(101), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 201 }), AT_ONCE);
	app_setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL - 12), BLOCKS({ 101, 201 }), AT_ONCE);
	while (wire.flow->us_nxt < 1 + 2 * FULL) {
		expect_seg(ACK, SEQ(wire.flow->us_nxt), ANY_LEN, BLOCKS({ 101, 201 }));
		check(got.len && got.len <= FULL - 12, "%u bytes beside a block", got.len);
	}
	send_seg(ACK, SEQ(201), ACK(1 + 2 * FULL));
	expect_silence();
}

/* ---- Duplicates that we report: RFC 2883 ---- */

TEST_F(wire, a_duplicate_is_reported_once)
{
	listen_and_accept(SACKOK);
	send_seg(ACK, SEQ(1), LEN(100));
	expect_seg(ACK, ACK(101), NO_BLOCKS);
	send_seg(ACK, SEQ(1), LEN(100));
	expect_seg(ACK, ACK(101), BLOCKS({ 1, 101 }), AT_ONCE);
	expect_counted("TCPDSACKOldSent", 1);
	send_seg(ACK, SEQ(201), LEN(100));
	expect_seg(ACK, ACK(101), BLOCKS({ 201, 301 }), AT_ONCE);
	app_read(100);
}

TEST_F(wire, a_duplicate_of_text_out_of_order_is_reported_with_its_block)
{
	listen_and_accept(SACKOK);
	send_seg(ACK, SEQ(101), LEN(200));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 301 }), AT_ONCE);
	send_seg(ACK, SEQ(201), LEN(100));
	expect_seg(ACK, ACK(1), BLOCKS({ 201, 301 }, { 101, 301 }), AT_ONCE);
	expect_counted("TCPDSACKOfoSent", 1);
}

/* ---- What the peer reports ---- */

TEST_F(wire, only_what_is_missing_is_sent_again)
{
	accept_and_write(8);
	/* 0 and 4 are lost */
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(2) }));
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(3) }));
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(4) }));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	round_trip();
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(5), start(8) }, { start(1), start(4) }));
	expect_seg(ACK, SEQ(start(4)), LEN(FULL), AT_ONCE);
	round_trip();
	send_seg(ACK, SEQ(1), ACK(start(8)));
	expect_silence();
	expect_counted("RetransSegs", 2);
	expect_counted("TCPFastRetrans", 2);
	expect_counted("TCPSackRecovery", 1);
	expect_counted("TCPRenoRecovery", 0);
	expect_counted("TCPTimeouts", 0);
}

TEST_F(wire, blocks_that_cannot_be_are_ignored)
{
	accept_and_write(4);
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(5), start(6) }));
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(3), start(2) }));
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ 0x80000000, 0x80001000 }));
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(5) }, { 0, 0xffffffff }));
	expect_silence();
	expect_counted("RetransSegs", 0);
	send_seg(ACK, SEQ(1), ACK(start(4)));
	expect_silence();
}

TEST_F(wire, a_needless_retransmission_is_taken_back)
{
	u32 n = 0;

	linux_differs("undoes later");
	accept_and_write(10);
	/* 0 is late: it comes just when it was sent again */
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(4) }));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(4)));
	send_seg(ACK, SEQ(1), ACK(start(4)), BLOCKS({ start(0), start(1) }));
	expect_counted("TCPDSACKRecv", 1);
	expect_counted("TCPFullUndo", 1);
	/* the window is as large as before */
	send_seg(ACK, SEQ(1), ACK(start(10)));
	app_write(20 * FULL);
	while (maybe_seg(ACK, ANY_LEN))
		n += got.len;
	check(n >= 10 * FULL, "%u bytes in flight", n);
}

/* ---- Tail loss probe: RFC 8985 7 ---- */

/* A connection with a round-trip time of 100 ms, and two segments in flight: RTO 300 ms. */
static void accept_far_away(void)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), SACKOK);
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_nothing(100);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(2 * FULL);
	expect_text(start(0), start(2));
}

TEST_F(wire, the_tail_is_probed_after_two_round_trips)
{
	accept_far_away();
	expect_seg(ACK, SEQ(start(1)), LEN(FULL), ABOUT(200));
	expect_counted("TCPLossProbes", 1);
	expect_counted("TCPTimeouts", 0);
	/*
	 * Both were lost: the probe's SACK shows the other one. It took a little longer than the
	 * shortest round trip: an answer that is faster may be the first sending's, 6.2 step 2.
	 */
	expect_nothing(110);
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(1), start(2) }));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL));
	send_seg(ACK, SEQ(1), ACK(start(2)));
	expect_silence();
	expect_counted("TCPTimeouts", 0);
}

TEST_F(wire, the_tail_is_probed_once_then_the_timer_runs)
{
	accept_far_away();
	expect_seg(ACK, SEQ(start(1)), LEN(FULL), ABOUT(200));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), ABOUT(300));
	expect_counted("TCPTimeouts", 1);
	send_seg(ACK, SEQ(1), ACK(start(2)));
	expect_silence();
}

TEST_F(wire, a_probe_that_was_needless_changes_nothing)
{
	accept_far_away();
	expect_seg(ACK, SEQ(start(1)), LEN(FULL), ABOUT(200));
	send_seg(ACK, SEQ(1), ACK(start(2)));
	send_seg(ACK, SEQ(1), ACK(start(2)), BLOCKS({ start(1), start(2) }));
	expect_silence();
	app_write(FULL);
	expect_seg(ACK, SEQ(start(2)), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(3)));
	expect_silence();
	expect_counted("TCPLossProbeRecovery", 0);
}

TEST_F(wire, a_peer_without_SACK_is_not_probed)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_nothing(100);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(2 * FULL);
	expect_text(start(0), start(2));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), ABOUT(300));
	expect_counted("TCPLossProbes", 0);
	send_seg(ACK, SEQ(1), ACK(start(2)));
}

/* ---- What it may cost ---- */

/* Octets that the send queue takes up, and what the buffer was set to. */
static u32 send_memory(int which)
{
	u32 m[SK_MEMINFO_VARS];
	socklen_t len = sizeof(m);

	check(getsockopt(wire.flow->fd, SOL_SOCKET, SO_MEMINFO, m, &len) == 0, "%m");
	return m[which];
}

/* CVE-2019-11478: who wants tiny segments, and has every other one, must not fill our memory. */
TEST_F(wire, SACK_of_tiny_segments_cannot_make_a_queue_many_times_its_text)
{
	u32 at = 1, n, seg = 48;

	listen_and_accept(MSS(48), SACKOK);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 20000);
	/* so large becomes the congestion window */
	app_write(400 * seg);
	for (n = 0; n < 400; n++, at += seg) {
		expect_seg(ACK, SEQ(at), LEN(seg));
		send_seg(ACK, SEQ(1), ACK(at + seg));
	}
	app_write(256 * seg);
	expect_text(at, at + 256 * seg);
	for (n = 1; n < 248; n += 8)
		send_seg(ACK, SEQ(1), ACK(at),
			 BLOCKS({ at + (n + 6) * seg, at + (n + 7) * seg },
				{ at + (n + 4) * seg, at + (n + 5) * seg },
				{ at + (n + 2) * seg, at + (n + 3) * seg },
				{ at + n * seg, at + (n + 1) * seg }));
	discard_the_rest();
	n = send_memory(SK_MEMINFO_WMEM_QUEUED);
	check(n / 2 < send_memory(SK_MEMINFO_SNDBUF) + 4096,
	      "%u octets of memory for %u octets of text, the send buffer is %u", n, 256 * seg,
	      send_memory(SK_MEMINFO_SNDBUF));
	/* and it is all sent again in the end */
	send_seg(ACK, SEQ(1), ACK(at + 256 * seg));
	app_write(seg);
	expect_seg(ACK, SEQ(at + 256 * seg), LEN(seg));
	send_seg(ACK, SEQ(1), ACK(at + 257 * seg));
}

/* ---- What a program sees ---- */

TEST_F(wire, TCP_INFO_tells_what_was_agreed)
{
	struct tcp_info info;

	listen_and_accept(SACKOK, STAMP(1000, 0), WSCALE(5));
	info = tcp_info_of(wire.flow->fd);
	check(info.tcpi_options == (TCPI_OPT_SACK | TCPI_OPT_TIMESTAMPS | TCPI_OPT_WSCALE),
	      "tcpi_options is %#x", info.tcpi_options);
	check(info.tcpi_snd_wscale == 5, "tcpi_snd_wscale is %u", info.tcpi_snd_wscale);
}

TEST_F(wire, TCP_INFO_tells_what_is_missing)
{
	struct tcp_info info;

	accept_and_write(8);
	send_seg(ACK, SEQ(1), ACK(1), BLOCKS({ start(2), start(6) }));
	expect_seg(ACK, SEQ(start(0)), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(start(1)), LEN(FULL), AT_ONCE);
	info = tcp_info_of(wire.flow->fd);
	check(info.tcpi_unacked == 8, "tcpi_unacked is %u", info.tcpi_unacked);
	check(info.tcpi_sacked == 4, "tcpi_sacked is %u", info.tcpi_sacked);
	check(info.tcpi_ca_state == 3, "tcpi_ca_state is %u, not Recovery", info.tcpi_ca_state);
	check(info.tcpi_total_retrans == 2, "tcpi_total_retrans is %u", info.tcpi_total_retrans);
	check(info.tcpi_bytes_retrans == 2 * FULL, "tcpi_bytes_retrans is %llu",
	      info.tcpi_bytes_retrans);
	check(info.tcpi_bytes_sent == 10 * FULL, "tcpi_bytes_sent is %llu", info.tcpi_bytes_sent);
	check(info.tcpi_data_segs_out == 10, "tcpi_data_segs_out is %u",
	      info.tcpi_data_segs_out);
	send_seg(ACK, SEQ(1), ACK(start(8)));
}

TEST_HARNESS_MAIN
