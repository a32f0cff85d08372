// SPDX-License-Identifier: GPL-2.0
/* What routers and the peer's IP say about our segments (RFC 9293 3.9.2.2, RFC 5461, RFC 5927). */
#include <sys/epoll.h>

#include "fixture.h"

TEST_F(wire, port_unreachable_refuses_a_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(PORT_UNREACHABLE, 0);
	app_connected(ECONNREFUSED);
	expect_state("CLOSED");
}

TEST_F(wire, protocol_unreachable_refuses_a_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* over IPv6 that is a parameter problem, and soft: see below */
	send_icmp(wire.path.family == AF_INET ? PROTOCOL_UNREACHABLE : PROHIBITED, 0);
	app_connected(wire.path.family == AF_INET ? ENOPROTOOPT : EACCES);
	expect_state("CLOSED");
}

/* RFC 9293 3.9.2.2, "Soft Errors" */
static const struct {
	enum icmp_error error;
	int family;		/* or 0: both have it, and find it soft */
} soft[] = {
	{ NET_UNREACHABLE, 0 },
	{ HOST_UNREACHABLE, 0 },
	{ SOURCE_ROUTE_FAILED, AF_INET },
	{ HOP_LIMIT_EXCEEDED, 0 },
	{ REASSEMBLY_TIME_EXCEEDED, 0 },
	{ PARAMETER_PROBLEM, 0 },
	{ PROTOCOL_UNREACHABLE, AF_INET6 },
};

static void send_soft_errors(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(soft); i++)
		if (!soft[i].family || soft[i].family == wire.path.family)
			send_icmp(soft[i].error, 0);
}

/* IP_RECVERR, of the IP version that is spoken */
static void app_wants_errors(int on)
{
	if (wire.path.family == AF_INET)
		app_setsockopt(IPPROTO_IP, IP_RECVERR, on);
	else
		app_setsockopt(IPPROTO_IPV6, IPV6_RECVERR, on);
}

/* MUST-56: the way may be there again when the SYN is sent again */
TEST_F(wire, soft_errors_do_not_end_an_opening)
{
	linux_differs("every error ends it");
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_soft_errors();
	expect_silence();
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
}

/* MUST-47: unless the application wants to know of each, and at once */
TEST_F(wire, with_IP_RECVERR_a_soft_error_ends_an_opening)
{
	app_socket();
	app_wants_errors(1);
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(HOST_UNREACHABLE, 0);
	app_connected(EHOSTUNREACH);
	expect_state("CLOSED");
}

TEST_F(wire, soft_errors_do_not_end_a_half_open_connection)
{
	linux_differs("forgets it");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_soft_errors();
	expect_silence();
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

/* SHLD-26, before the connection is established */
TEST_F(wire, port_unreachable_ends_a_half_open_connection)
{
	if (wire.path.family == AF_INET)
		linux_differs("goes on");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* not if it is about another segment */
	send_icmp_shifted(PORT_UNREACHABLE, 0, 1);
	expect_silence();
	expect_state("SYN-RECEIVED");
	send_icmp(PORT_UNREACHABLE, 0);
	expect_silence();
	expect_state("CLOSED");
	expect_listening();
}

TEST_F(wire, an_error_about_another_segment_fails_nothing)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 5927 4.1: a blind attacker does not know our sequence number */
	send_icmp_shifted(PORT_UNREACHABLE, 0, 1000);
	send_icmp_shifted(PORT_UNREACHABLE, 0, -1000);
	expect_silence();
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	expect_counted("OutOfWindowIcmps", 2);
}

TEST_F(wire, an_established_connection_survives_unreachables)
{
	static const enum icmp_error errors[] = {
		NET_UNREACHABLE, HOST_UNREACHABLE, PROTOCOL_UNREACHABLE, PORT_UNREACHABLE,
		PROHIBITED, HOP_LIMIT_EXCEEDED, PARAMETER_PROBLEM,
	};
	size_t i;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	/* RFC 5461 4.1: in a synchronized state even "hard" errors are soft */
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		send_icmp(errors[i], 0);
	send_seg(ACK, SEQ(1), ACK(101), LEN(100));
	expect_acked(101);
	/* and with the ACK they are forgotten */
	app_has_no_error();
	app_read(100);
	expect_state("ESTABLISHED");
}

/* MUST-47: and who wants to know of errors is told at once; the connection goes on (MUST-56) */
TEST_F(wire, with_IP_RECVERR_an_established_connection_tells_of_unreachables)
{
	struct epoll_event event = { .events = EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	listen_and_accept();
	/* asynchronously: edge-triggered, epoll waits for somebody to call it */
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, wire.flow->fd, &event), "epoll_ctl()");
	app_wants_errors(1);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check(!epoll_wait(epoll, &event, 1, 0), "epoll reports %#x too early", event.events);
	send_icmp(HOST_UNREACHABLE, 0);
	check(epoll_wait(epoll, &event, 1, WIRE_PATIENCE) == 1 && event.events & EPOLLERR,
	      "epoll reports no error");
	app_cannot_read(EHOSTUNREACH);
	send_icmp(PORT_UNREACHABLE, 0);
	app_cannot_read(ECONNREFUSED);
	/* SHLD-20: or no more */
	app_wants_errors(0);
	send_icmp(HOST_UNREACHABLE, 0);
	app_cannot_read(EAGAIN);
	expect_state("ESTABLISHED");
	send_seg(ACK, SEQ(1), ACK(101), LEN(100));
	expect_acked(101);
	app_read(100);
}

/* MUST-55: neither an error nor a smaller congestion window */
TEST_F(wire, source_quench_is_discarded)
{
	if (wire.path.family == AF_INET6)
		return;		/* has none */
	app_socket();
	app_wants_errors(1);
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(SOURCE_QUENCH, 0);
	expect_silence();
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL));
	send_icmp(SOURCE_QUENCH, 0);
	app_cannot_read(EAGAIN);
	app_write(8 * FULL);
	expect_text(1 + FULL, 1 + 9 * FULL);
	send_seg(ACK, SEQ(1), ACK(1 + 9 * FULL));
}

TEST_F(wire, fragmentation_needed_makes_segments_smaller)
{
	const int fits = NARROW_MTU - HEADERS;

	listen_and_accept();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_icmp(TOO_BIG, NARROW_MTU);
	/* RFC 1191 6.4: retransmit at once, in pieces that fit */
	expect_seg(ACK, SEQ(1), LEN(fits), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + fits));
	expect_seg(ACK, SEQ(1 + fits), LEN(FULL - fits), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	/* and so it remains */
	app_write(1500);
	expect_seg(ACK, SEQ(1 + FULL), LEN(fits), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL + fits));
	expect_seg(ACK, SEQ(1 + FULL + fits), LEN(1500 - fits), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + FULL + 1500));
}

TEST_F(wire, fragmentation_needed_about_what_is_not_in_flight_is_ignored)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	/* RFC 5927 7.2: what it quotes has been acknowledged */
	send_icmp(TOO_BIG, NARROW_MTU);
	app_write(FULL);
	expect_seg(ACK, SEQ(101), LEN(FULL), AT_ONCE);
	send_icmp_shifted(TOO_BIG, NARROW_MTU, 10000);
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
	send_icmp(TOO_BIG, 68);
	if (wire.path.family == AF_INET6) {
		/* no link may be narrower than 1280 (RFC 8200 5): somebody lies (RFC 8201 4) */
		expect_silence();
		send_icmp(TOO_BIG, 1279);
		expect_silence();
		send_seg(ACK, SEQ(1), ACK(1 + FULL));
		return;
	}
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
	send_icmp(TOO_BIG, 9000);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	app_write(FULL);
	expect_seg(ACK, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL));
}

TEST_HARNESS_MAIN
