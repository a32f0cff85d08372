// SPDX-License-Identifier: GPL-2.0
/* How connections come into being, and how they are refused (RFC 9293 3.5, 3.10.7.1-4). */
#include "fixture.h"

TEST_F(wire, a_SYN_to_a_listener_is_answered_with_SYN_ACK)
{
	app_listen(1);
	expect_listening();
	send_seg(SYN, SEQ(0), MSS(1460));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect_state("SYN-RECEIVED");
	app_cannot_accept();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	app_accept();
	expect_counted("PassiveOpens", 1);
}

TEST_F(wire, connect_sends_a_SYN_and_acks_the_SYN_ACK)
{
	app_connect();
	expect_seg(SYN, SEQ(0), MSS(1460));
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(1460));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	expect_state("ESTABLISHED");
	expect_counted("ActiveOpens", 1);
}

TEST_F(wire, a_SYN_to_a_closed_port_is_reset_with_its_number_acked)
{
	send_seg(SYN, SEQ(0));
	/* RFC 9293 3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	expect_seg(RST | ACK, SEQ(0), ACK(1));
}

TEST_HARNESS_MAIN
