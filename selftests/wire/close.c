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

TEST_F(wire, a_half_closed_connection_still_takes_data)
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

TEST_F(wire, a_retransmitted_FIN_is_acked_again_in_TIME_WAIT)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

TEST_F(wire, a_close_with_unread_data_resets)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(11));
	app_close();
	/* RFC 2525 2.17: the peer must learn that its data was lost */
	expect_seg(RST | ACK, SEQ(1), ACK(11));
	expect_state("CLOSED");
}

TEST_F(wire, a_close_with_a_linger_time_of_0_resets)
{
	listen_and_accept();
	app_abort();
	expect_seg(RST | ACK, SEQ(1), ACK(1));
	expect_state("CLOSED");
}

TEST_HARNESS_MAIN
