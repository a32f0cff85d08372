// SPDX-License-Identifier: GPL-2.0
/* What routers and the peer's IP say about our segments (RFC 9293 3.9.2.2, RFC 5461, RFC 5927). */
#include <linux/icmp.h>

#include "fixture.h"

TEST_F(wire, port_unreachable_refuses_a_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	app_connected(ECONNREFUSED);
	expect_state("CLOSED");
}

TEST_F(wire, protocol_unreachable_refuses_a_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	app_connected(ENOPROTOOPT);
	expect_state("CLOSED");
}

TEST_F(wire, host_unreachable_fails_a_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	app_connected(EHOSTUNREACH);
	expect_state("CLOSED");
}

TEST_F(wire, an_error_about_another_segment_fails_nothing)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 5927 4.1: a blind attacker does not know our sequence number */
	send_icmp_shifted(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 1000);
	send_icmp_shifted(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, -1000);
	expect_silence();
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	expect_counted("OutOfWindowIcmps", 2);
}

TEST_F(wire, an_established_connection_survives_unreachables)
{
	static const u8 codes[] = {
		ICMP_NET_UNREACH, ICMP_HOST_UNREACH, ICMP_PROT_UNREACH, ICMP_PORT_UNREACH,
	};
	size_t i;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	/* RFC 5461 4.1: in a synchronized state even "hard" errors are soft */
	for (i = 0; i < sizeof(codes); i++)
		send_icmp(ICMP_DEST_UNREACH, codes[i], 0);
	send_icmp(ICMP_TIME_EXCEEDED, 0, 0);
	send_icmp(ICMP_SOURCE_QUENCH, 0, 0);
	send_seg(ACK, SEQ(1), ACK(101), LEN(100));
	expect_acked(101);
	app_read(100);
	expect_state("ESTABLISHED");
}

TEST_F(wire, fragmentation_needed_makes_segments_smaller)
{
	listen_and_accept();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000);
	/* RFC 1191 6.4: retransmit at once, in pieces that fit */
	expect_seg(ACK, SEQ(1), LEN(960), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(961));
	expect_seg(ACK, SEQ(961), LEN(FULL - 960), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	/* and so it remains */
	app_write(1500);
	expect_seg(ACK, SEQ(1 + FULL), LEN(960), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL + 960));
	expect_seg(ACK, SEQ(1 + FULL + 960), LEN(540), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL + 1500));
}

TEST_F(wire, fragmentation_needed_about_what_is_not_in_flight_is_ignored)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	/* RFC 5927 7.2: what it quotes has been acknowledged */
	send_icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000);
	app_write(FULL);
	expect_seg(ACK, SEQ(101), LEN(FULL), AT_ONCE);
	send_icmp_shifted(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, 10000);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(101 + FULL));
	app_write(FULL);
	expect_seg(ACK, SEQ(101 + FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(101 + 2 * FULL));
	expect_counted("OutOfWindowIcmps", 2);
}

TEST_F(wire, an_absurdly_small_path_MTU_is_not_believed)
{
	listen_and_accept();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 68);
	/* IP has a lower bound, net.ipv4.route.min_pmtu: 552 */
	expect_seg(ACK, SEQ(1), LEN(552 - 40), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(513));
	while (wire.flow->us_nxt < 1 + FULL)
		maybe_seg(ACK, ANY_LEN);
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	while (maybe_seg(ACK, ANY_LEN))
		;
}

TEST_F(wire, a_larger_path_MTU_changes_nothing)
{
	listen_and_accept();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 9000);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	app_write(FULL);
	expect_seg(ACK, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL));
}

TEST_HARNESS_MAIN
