// SPDX-License-Identifier: GPL-2.0
/* How connections end (RFC 9293 3.6): every way of closing, and TIME-WAIT. */
#include "fixture.h"

TEST_F(wire, a_close_in_four_segments_by_us_ends_in_TIME_WAIT)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_state("FIN-WAIT-1");
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

TEST_F(wire, a_close_in_four_segments_by_the_peer_ends_in_CLOSED)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	expect_state("CLOSE-WAIT");
	app_reads_eof();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_state("LAST-ACK");
	send_seg(ACK, SEQ(2), ACK(2));
	expect_state("CLOSED");
}

TEST_F(wire, a_FIN_that_acks_ours_leads_straight_to_TIME_WAIT)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_state("FIN-WAIT-1");
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

/* 3.10.4: CLOSE in SYN-RECEIVED leads to FIN-WAIT-1; what the peer has to say is still heard. */
TEST_F(wire, text_for_who_closed_in_SYN_RECEIVED_is_read)
{
	linux_differs("shutdown() in SYN-RECEIVED sends no FIN");
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	app_shutdown(SHUT_WR);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(FIN | ACK, SEQ(1), ACK(11));
	app_read(10);
	send_seg(FIN | ACK, SEQ(11), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(12));
	app_reads_eof();
}

TEST_F(wire, a_simultaneous_close_passes_through_CLOSING)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_state("FIN-WAIT-1");
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("CLOSING");
	send_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

TEST_F(wire, a_half_closed_connection_still_takes_text)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	send_seg(ACK, SEQ(1), ACK(2), LEN(1000));
	expect_seg(ACK, SEQ(2), ACK(1001));
	app_read(1000);
	send_seg(FIN | ACK, SEQ(1001), ACK(2), LEN(10));
	expect_seg(ACK, SEQ(2), ACK(1012));
	app_read(10);
	app_reads_eof();
	expect_state("TIME-WAIT");
}

TEST_F(wire, a_connection_half_closed_by_the_peer_still_sends_text)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_reads_eof();
	app_write(1000);
	expect_seg(ACK, SEQ(1), ACK(2), LEN(1000), AT_ONCE);
	send_seg(ACK, SEQ(2), ACK(1001));
	app_write(500);
	expect_seg(ACK, SEQ(1001), ACK(2), LEN(500), AT_ONCE);
	send_seg(ACK, SEQ(2), ACK(1501));
	expect_state("CLOSE-WAIT");
	app_close();
	expect_seg(FIN | ACK, SEQ(1501), ACK(2), AT_ONCE);
	send_seg(ACK, SEQ(2), ACK(1502));
	expect_state("CLOSED");
}

TEST_F(wire, our_FIN_comes_after_all_that_was_written)
{
	listen_and_accept(WIN(1000));
	app_write(1500);
	app_close();
	expect_state("FIN-WAIT-1");
	/* the window holds the rest and the FIN back */
	while (maybe_seg(ACK, ANY_LEN))
		;
	check(wire.flow->us_nxt > 1 && wire.flow->us_nxt <= 1001, "sent up to %u",
	      wire.flow->us_nxt);
	send_seg(ACK, SEQ(1), ACK(wire.flow->us_nxt));
	while (wire.flow->us_nxt != 1502) {
		expect_any();
		send_seg(ACK, SEQ(1), ACK(wire.flow->us_nxt));
	}
	check(got.flags & FIN, "the last segment has no FIN");
	expect_state("FIN-WAIT-2");
}

TEST_F(wire, an_ACK_of_the_text_before_our_FIN_leaves_us_in_FIN_WAIT_1)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	app_close();
	expect_seg(FIN | ACK, SEQ(101), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(101));
	expect_silence();
	expect_state("FIN-WAIT-1");
	send_seg(ACK, SEQ(1), ACK(102));
	expect_state("FIN-WAIT-2");
}

TEST_F(wire, in_CLOSING_only_the_ACK_of_our_FIN_leads_to_TIME_WAIT)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2));
	send_seg(ACK, SEQ(2), ACK(1));
	expect_silence();
	expect_state("CLOSING");
	send_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

TEST_F(wire, in_LAST_ACK_only_the_ACK_of_our_FIN_ends_it)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(2));
	send_seg(ACK, SEQ(2), ACK(1));
	expect_silence();
	expect_state("LAST-ACK");
	send_seg(ACK, SEQ(2), ACK(2));
	expect_state("CLOSED");
}

TEST_F(wire, a_retransmitted_FIN_is_acked_again_in_every_state)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	expect_state("CLOSE-WAIT");
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2), AT_ONCE);
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_state("LAST-ACK");
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
}

TEST_F(wire, text_after_the_peers_FIN_is_ignored)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	/* RFC 9293 3.10.7.4, seventh, CLOSE-WAIT: this should not occur; ignore the text */
	send_seg(ACK, SEQ(2), ACK(1), LEN(10));
	maybe_seg(ACK, SEQ(1), ACK(2));
	expect_state("CLOSE-WAIT");
	app_reads_eof();
	app_reads_eof();
}

TEST_F(wire, a_close_before_the_SYN_ACK_leaves_nothing)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	app_close();
	expect_silence();
	expect_state("CLOSED");
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(RST, SEQ(1), AT_ONCE);
}

TEST_F(wire, the_application_cannot_write_after_its_shutdown)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	app_cannot_write(EPIPE);
	send_seg(ACK, SEQ(1), ACK(2));
}

/* ---- Aborts ---- */

TEST_F(wire, a_close_with_unread_text_resets)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(11));
	app_close();
	/* RFC 2525 2.17: the peer must learn that its text was lost */
	expect_seg(RST | ACK, SEQ(1), ACK(11), AT_ONCE);
	expect_state("CLOSED");
	expect_counted("TCPAbortOnClose", 1);
}

TEST_F(wire, a_close_with_a_linger_time_of_0_resets)
{
	listen_and_accept();
	app_abort();
	expect_seg(RST | ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, an_abort_resets_behind_the_text_in_flight)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	app_abort();
	/* RFC 9293 3.10.5: <SEQ=SND.NXT> */
	expect_seg(RST | ACK, SEQ(101), ACK(1), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, an_abort_in_CLOSE_WAIT_resets)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_abort();
	expect_seg(RST | ACK, SEQ(1), ACK(2), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, an_abort_in_FIN_WAIT_2_resets)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	app_abort();
	expect_seg(RST | ACK, SEQ(2), ACK(1), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, a_listener_that_is_closed_resets_what_nobody_accepted)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	app_close_listener();
	expect_seg(RST | ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, a_listener_that_is_closed_forgets_what_was_half_open)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	app_close_listener();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(RST, SEQ(1));
	expect_state("CLOSED");
}

/* RFC 9293 3.6.1: nobody will ever read it, so the peer must be told. */
TEST_F(wire, text_after_close_is_reset_in_FIN_WAIT_1)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(RST, SEQ(1), AT_ONCE);
	expect_state("CLOSED");
}

TEST_F(wire, text_after_close_is_reset_in_FIN_WAIT_2)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	send_seg(ACK, SEQ(1), ACK(2), LEN(10));
	expect_seg(RST, SEQ(2), AT_ONCE);
	expect_state("CLOSED");
	expect_counted("TCPAbortOnData", wire_is_linux_tcp() ? 0 : 1);
}

/* ---- TIME-WAIT ---- */

static void into_time_wait(void)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

TEST_F(wire, TIME_WAIT_acks_a_retransmitted_FIN)
{
	into_time_wait();
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_state("TIME-WAIT");
	/* also one that had not seen the ACK of our FIN */
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_state("TIME-WAIT");
}

TEST_F(wire, TIME_WAIT_acks_an_old_duplicate)
{
	into_time_wait();
	send_seg(ACK, SEQ(-100), ACK(1), LEN(50));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_state("TIME-WAIT");
}

TEST_F(wire, TIME_WAIT_says_nothing_to_an_ACK)
{
	into_time_wait();
	send_seg(ACK, SEQ(2), ACK(2));
	expect_silence();
	expect_state("TIME-WAIT");
}

TEST_F(wire, a_RST_does_not_end_TIME_WAIT)
{
	/* RFC 1337; Linux does so only when told */
	if (wire_is_linux_tcp())
		sysctl("rfc1337", "1");
	into_time_wait();
	send_seg(RST, SEQ(2));
	send_seg(RST | ACK, SEQ(2), ACK(2));
	expect_silence();
	expect_state("TIME-WAIT");
	expect_dropped("TIME_WAIT_RST", 2);
}

TEST_F(wire, TIME_WAIT_acks_an_old_SYN)
{
	into_time_wait();
	/* RFC 5961 4: perhaps the peer has restarted; a RST will tell */
	send_seg(SYN, SEQ(0));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_state("TIME-WAIT");
}

TEST_F(wire, TIME_WAIT_gives_way_to_a_SYN_beyond_the_old_connection)
{
	u32 old_iss;

	into_time_wait();
	/* RFC 9293 3.6.1, MAY-2: a larger ISS than anything the old one used, and ours too */
	old_iss = wire.flow->us_iss;
	wire.flow->peer_iss += 100000;
	wire.flow->peer_nxt = 0;
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), AT_ONCE);
	check((s32)(wire.flow->us_iss - old_iss) > 2, "our ISS is not beyond the old connection");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	expect_state("ESTABLISHED");
}

TEST_F(wire, a_port_in_TIME_WAIT_can_be_listened_on)
{
	into_time_wait();
	app_close_listener();
	app_listen(1);		/* with SO_REUSEADDR, as every server */
	expect_listening();
	expect_state("TIME-WAIT");
}

TEST_HARNESS_MAIN
