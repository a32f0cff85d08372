// SPDX-License-Identifier: GPL-2.0
/* Text in both directions: order, acknowledgment, reassembly (RFC 9293 3.8, 3.10.7.4). */
#include <linux/filter.h>
#include <linux/tcp.h>

#include "fixture.h"

/* ---- From us ---- */

TEST_F(wire, what_the_application_writes_is_sent_and_pushed)
{
	listen_and_accept();
	app_write(100);
	expect_seg(PSH | ACK, SEQ(1), ACK(1), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(101));
	app_write(200);
	expect_seg(PSH | ACK, SEQ(101), ACK(1), LEN(200), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(301));
}

TEST_F(wire, what_is_larger_than_the_MSS_goes_in_full_segments)
{
	listen_and_accept();
	app_write(2 * FULL + 100);
	expect_seg(ACK, SEQ(1), ACK(1), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(1 + FULL), ACK(1), LEN(FULL), AT_ONCE);
	expect_seg(PSH | ACK, SEQ(1 + 2 * FULL), ACK(1), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL + 100));
}

TEST_F(wire, a_smaller_MSS_of_the_peer_is_honoured)
{
	listen_and_accept(MSS(1000));
	app_write(2500);
	expect_seg(ACK, SEQ(1), LEN(1000), AT_ONCE);
	expect_seg(ACK, SEQ(1001), LEN(1000), AT_ONCE);
	expect_seg(ACK, SEQ(2001), LEN(500), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(2501));
}

TEST_F(wire, a_peer_without_an_MSS_option_gets_the_default_at_a_time)
{
	listen_and_accept(NO_MSS);
	/* RFC 9293 3.7.1, MUST-15: 536 bytes over IPv4, 1220 over IPv6 */
	app_write(DEFAULT_MSS + 64);
	expect_seg(ACK, SEQ(1), LEN(DEFAULT_MSS), AT_ONCE);
	expect_seg(ACK, SEQ(1 + DEFAULT_MSS), LEN(64), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + DEFAULT_MSS + 64));
}

TEST_F(wire, a_SYN_ACK_without_an_MSS_option_means_the_default_too)
{
	connect_to_peer(NO_MSS);
	app_write(DEFAULT_MSS + 64);
	expect_seg(ACK, SEQ(1), LEN(DEFAULT_MSS), AT_ONCE);
	expect_seg(ACK, SEQ(1 + DEFAULT_MSS), LEN(64), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + DEFAULT_MSS + 64));
}

TEST_F(wire, a_connecting_end_honours_the_MSS_too)
{
	connect_to_peer(MSS(1000));
	app_write(1500);
	expect_seg(ACK, SEQ(1), LEN(1000), AT_ONCE);
	expect_seg(ACK, SEQ(1001), LEN(500), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1501));
}

TEST_F(wire, a_MSS_larger_than_the_link_is_cut_down_to_it)
{
	listen_and_accept(MSS(9000));
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL));
}

TEST_F(wire, one_ACK_may_cover_several_segments)
{
	listen_and_accept();
	app_write(3 * FULL);
	expect_text(1, 1 + 3 * FULL);
	send_seg(ACK, SEQ(1), ACK(1 + 3 * FULL));
	/* all is acknowledged: the next byte is new */
	app_write(10);
	expect_seg(ACK, SEQ(1 + 3 * FULL), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(11 + 3 * FULL));
}

/* With ours it would make a mess of the numbers. Linux gives it all of the text as one. */
TEST_F(wire, a_device_that_cuts_TCP_gets_segments)
{
	linux_differs("is TCP: it gives it the whole");
	netns_takes_TCP_whole(wire.tun);
	wire.path.sums_left = true;
	listen_and_accept();
	app_write(3 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(1 + 2 * FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 3 * FULL));
}

TEST_F(wire, an_ACK_in_the_middle_of_a_segment_is_taken)
{
	listen_and_accept();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL));
	send_seg(ACK, SEQ(1), ACK(501));
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	app_write(10);
	expect_seg(ACK, SEQ(1 + FULL), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(11 + FULL));
}

/* Nagle's algorithm, RFC 9293 3.7.4. */
TEST_F(wire, a_second_small_segment_waits_for_the_ACK_of_the_first)
{
	listen_and_accept();
	app_write(10);
	expect_seg(ACK, SEQ(1), LEN(10), AT_ONCE);
	app_write(10);
	app_write(10);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(11));
	/* what has been collected goes as one */
	expect_seg(ACK, SEQ(11), LEN(20), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(31));
}

TEST_F(wire, a_full_segment_does_not_wait)
{
	listen_and_accept();
	app_write(10);
	expect_seg(ACK, SEQ(1), LEN(10), AT_ONCE);
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(11), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(11 + FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(11 + 2 * FULL));
}

TEST_F(wire, with_TCP_NODELAY_small_segments_do_not_wait)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
	app_write(10);
	expect_seg(ACK, SEQ(1), LEN(10), AT_ONCE);
	app_write(10);
	expect_seg(ACK, SEQ(11), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(21));
}

TEST_F(wire, TCP_NODELAY_releases_what_waits)
{
	listen_and_accept();
	app_write(10);
	expect_seg(ACK, SEQ(1), LEN(10), AT_ONCE);
	app_write(10);
	expect_silence();
	app_setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
	expect_seg(ACK, SEQ(11), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(21));
}

TEST_F(wire, TCP_CORK_holds_what_is_no_full_segment)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_CORK, 1);
	app_write(10);
	expect_silence();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	expect_silence();
	app_setsockopt(IPPROTO_TCP, TCP_CORK, 0);
	expect_seg(ACK, SEQ(1 + FULL), LEN(10), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(11 + FULL));
}

/* 3.9.1.2, MAY-15: MSG_MORE is a SEND without PUSH */
TEST_F(wire, text_sent_with_MSG_MORE_is_not_pushed)
{
	listen_and_accept();
	app_send(FULL, MSG_MORE);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	check(!(got.flags & PSH), "it has PSH");
	app_send(FULL, 0);
	expect_seg(ACK | PSH, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	/* and what is no full segment may wait for more */
	app_send(100, MSG_MORE);
	expect_silence();
	app_send(100, 0);
	expect_seg(ACK | PSH, SEQ(1 + 2 * FULL), LEN(200), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL + 200));
}

TEST_F(wire, our_text_acks_the_peers)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	app_read(100);
	app_write(50);
	expect_seg(ACK, SEQ(1), ACK(101), LEN(50), AT_ONCE);
	send_seg(ACK, SEQ(101), ACK(51));
	expect_silence();
}

TEST_F(wire, an_ACK_of_what_we_did_not_send_is_answered_and_its_text_dropped)
{
	linux_differs("drops it without an answer, or did so before 6.18");
	listen_and_accept();
	/* RFC 9293 3.10.7.4, fifth: send an ACK, drop the segment, and return */
	send_seg(ACK, SEQ(1), ACK(2), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_cannot_read(EAGAIN);
	expect_dropped("FUTURE_ACK", 1);
}

TEST_F(wire, an_old_ACK_acks_nothing_and_its_text_counts)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	send_seg(ACK, SEQ(1), ACK(51), LEN(10));
	expect_seg(ACK, SEQ(101), ACK(11));
	app_read(10);
}

TEST_F(wire, a_far_too_old_ACK_is_answered_and_its_text_dropped)
{
	listen_and_accept(WIN(1000));
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	/* RFC 5961 5.2: SEG.ACK < SND.UNA - MAX.SND.WND */
	send_seg(ACK, SEQ(1), ACK(101 - 1001), LEN(10));
	expect_seg(ACK, SEQ(101), ACK(1), AT_ONCE);
	app_cannot_read(EAGAIN);
	expect_dropped("OLD_ACK", 1);
}

/* ---- To us ---- */

TEST_F(wire, text_in_order_is_delivered_and_acked)
{
	listen_and_accept();
	send_seg(PSH | ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(101));
	app_read(100);
	send_seg(PSH | ACK, SEQ(101), ACK(1), LEN(FULL));
	expect_seg(ACK, SEQ(1), ACK(101 + FULL));
	app_read(FULL);
	app_cannot_read(EAGAIN);
}

TEST_F(wire, text_without_the_ACK_bit_is_dropped)
{
	listen_and_accept();
	/* RFC 9293 3.10.7.4, fifth: if the ACK bit is off, drop and return */
	send_seg(PSH, SEQ(1), LEN(10));
	expect_silence();
	app_cannot_read(EAGAIN);
}

TEST_F(wire, every_second_full_segment_is_acked_at_once)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0);
	/* RFC 9293 3.8.6.3, SHLD-19 */
	send_seg(ACK, SEQ(1), ACK(1), LEN(FULL));
	app_read(FULL);
	send_seg(ACK, SEQ(1 + FULL), ACK(1), LEN(FULL));
	app_read(FULL);
	expect_seg(ACK, SEQ(1), ACK(1 + 2 * FULL), AT_ONCE);
}

TEST_F(wire, a_lone_small_segment_is_acked_within_500_ms)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	app_read(10);
	/* RFC 9293 3.8.6.3: later is worth while (SHLD-18), but MUST-40 */
	expect_silence();
	expect_seg(ACK, SEQ(1), ACK(11), AFTER(10, 500));
	expect_counted("DelayedACKs", 1);
}

TEST_F(wire, text_ahead_of_a_gap_is_acked_at_once_with_what_is_missing)
{
	listen_and_accept();
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(201), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_cannot_read(EAGAIN);
	/* the gap is filled: all of it, at once (RFC 5681 4.2) */
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(301), AT_ONCE);
	app_read(300);
	expect_counted("TCPOFOQueue", 2);
}

TEST_F(wire, text_in_reverse_order_is_put_right)
{
	int i;

	listen_and_accept();
	for (i = 9; i > 0; i--) {
		send_seg(ACK, SEQ(1 + 100 * i), ACK(1), LEN(100));
		expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	}
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(1001), AT_ONCE);
	app_read(1000);
}

TEST_F(wire, several_gaps_are_filled_one_by_one)
{
	listen_and_accept();
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(301), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(501), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(201), AT_ONCE);
	app_read(200);
	send_seg(ACK, SEQ(401), ACK(1), LEN(100));
	expect_seg(ACK, ACK(201), AT_ONCE);
	send_seg(ACK, SEQ(201), ACK(1), LEN(100));
	expect_seg(ACK, ACK(601), AT_ONCE);
	app_read(400);
}

TEST_F(wire, text_that_comes_twice_is_acked_at_once_and_delivered_once)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(101));
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(101), AT_ONCE);
	app_read(100);
	app_cannot_read(EAGAIN);
	expect_dropped("OLD_SEQUENCE", 1);
}

TEST_F(wire, text_that_waits_out_of_order_comes_twice)
{
	listen_and_accept();
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(201), AT_ONCE);
	app_read(200);
	app_cannot_read(EAGAIN);
	expect_dropped("DUPLICATE_TEXT", 1);
}

TEST_F(wire, only_the_new_part_of_a_segment_is_taken)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(101));
	send_seg(ACK, SEQ(51), ACK(1), LEN(100));
	expect_seg(ACK, ACK(151));
	app_read(150);
	app_cannot_read(EAGAIN);
}

TEST_F(wire, segments_that_overlap_out_of_order_are_put_together)
{
	listen_and_accept();
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));	/*     [101 200]         */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(151), ACK(1), LEN(100));	/*        [151 250]      */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(301), ACK(1), LEN(50));	/*               [301 350] */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(91), ACK(1), LEN(300));	/*    [91                390] */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1), LEN(120));	/* [1 120]                  */
	expect_seg(ACK, ACK(391), AT_ONCE);
	app_read(390);
	app_cannot_read(EAGAIN);
}

TEST_F(wire, a_FIN_waits_for_the_text_before_it)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(101), ACK(1), LEN(100));
	expect_seg(ACK, ACK(1), AT_ONCE);
	expect_state("ESTABLISHED");
	app_cannot_read(EAGAIN);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(202), AT_ONCE);
	expect_state("CLOSE-WAIT");
	app_read(200);
	app_reads_eof();
}

TEST_F(wire, a_FIN_alone_waits_for_the_text_before_it)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(101), ACK(1));
	expect_seg(ACK, ACK(1), AT_ONCE);
	expect_state("ESTABLISHED");
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(102), AT_ONCE);
	app_read(100);
	app_reads_eof();
}

TEST_F(wire, sequence_numbers_pass_through_0)
{
	int i;

	wire.flow->peer_iss = -1000;
	listen_and_accept();
	for (i = 0; i < 10; i++) {
		send_seg(ACK, SEQ(1 + 300 * i), ACK(1), LEN(300));
		expect_acked(1 + 300 * (i + 1));
		app_read(300);
	}
}

TEST_F(wire, reassembly_works_across_0)
{
	wire.flow->peer_iss = -501;
	listen_and_accept();
	send_seg(ACK, SEQ(801), ACK(1), LEN(200));	/* beyond 0 */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(301), ACK(1), LEN(400));	/* across 0 */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(601), ACK(1), LEN(300));	/* joins them */
	expect_seg(ACK, ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1), LEN(400));
	expect_seg(ACK, ACK(1001), AT_ONCE);
	app_read(1000);
	app_cannot_read(EAGAIN);
}

/* The application lets so many octets of a segment in, the header among them. */
static void filter_lets_in(int fd, u32 octets)
{
	struct sock_filter code = { BPF_RET | BPF_K, 0, 0, octets };
	struct sock_fprog program = { 1, &code };

	check(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
	      "SO_ATTACH_FILTER: %m");
}

TEST_F(wire, text_that_a_filter_cuts_off_is_sent_again)
{
	int none = 0;

	listen_and_accept();
	filter_lets_in(wire.flow->fd, 20 + 40);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(41));
	app_read(40);
	setsockopt(wire.flow->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
	send_seg(ACK, SEQ(41), ACK(1), LEN(60));
	expect_seg(ACK, ACK(101));
	app_read(60);
}

/* A listener's filter is its connections' as well, from the ACK of our SYN,ACK on. */
static void a_filter_cuts_text_off_the_ACK_of_our_SYN_ACK(void)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	filter_lets_in(wire.listener, 20 + 40);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, ACK(41));
	app_accept();
	app_read(40);
}

TEST_F(wire, text_that_a_filter_cuts_off_at_the_end_of_a_handshake_is_sent_again)
{
	a_filter_cuts_text_off_the_ACK_of_our_SYN_ACK();
	send_seg(ACK, SEQ(41), ACK(1), LEN(40));
	expect_seg(ACK, ACK(81));
	app_read(40);
}

TEST_F(wire, text_that_a_filter_cuts_off_behind_a_cookie_is_sent_again)
{
	sysctl("syncookies", "2");
	a_filter_cuts_text_off_the_ACK_of_our_SYN_ACK();
}

TEST_F(wire, text_flows_both_ways_at_once)
{
	u32 i;

	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0);
	for (i = 0; i < 10; i++) {
		app_write(200);
		expect_seg(ACK, SEQ(1 + 200 * i), ACK(1 + 100 * i), LEN(200), AT_ONCE);
		send_seg(ACK, SEQ(1 + 100 * i), ACK(1 + 200 * (i + 1)), LEN(100));
		app_read(100);
	}
	expect_seg(ACK, SEQ(2001), ACK(1001));
}

TEST_HARNESS_MAIN
