// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP and IP agree upon (RFC 9293 3.9.2): addresses, TTL, type of service, and IPv4's options
 * with their source routes. Where nothing else is said the test is about IPv4 alone.
 */
#include <arpa/inet.h>

#include "kselftest_harness.h"

#include "wire.h"

FIXTURE(ip)
{
};

FIXTURE_SETUP(ip)
{
	wire_begin(AF_INET, AF_INET);
}

FIXTURE_TEARDOWN(ip)
{
	wire_end();
}

static union host host(const char *address)
{
	union host host;

	inet_pton(AF_INET, address, &host.v4);
	return host;
}

/* A listener at every address that we have. */
static void listen_everywhere(void)
{
	union host us = wire.path.us;

	wire.path.us = host("0.0.0.0");
	app_listen(8);
	wire.path.us = us;
}

/* IP_OPTIONS of the connection, or of the listener where there is none yet. */
static void app_ip_options(const u8 *options, socklen_t len)
{
	int fd = wire.flow->fd >= 0 ? wire.flow->fd : wire.listener;

	check(!setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, len), "IP_OPTIONS: %s",
	      strerror(errno));
	wire_note("app: IP_OPTIONS of %u bytes", len);
}

#define APP_IP_OPTIONS(...)						\
	app_ip_options((const u8[]){ __VA_ARGS__ },			\
		       sizeof((const u8[]){ __VA_ARGS__ }))

/* IP options, RFC 791 3.1: kind, length, pointer, addresses; padded to whole words */
#define RECORD_ROUTE	7
#define TIMESTAMP	68
#define LOOSE_ROUTE	131
#define STRICT_ROUTE	137
#define EXPERIMENT	30	/* RFC 4727 */

#define HOP(n)		10, 0, 0, (n)	/* 10.0.0.1 are we, and 10.0.0.2 is the peer */

/* ---- TTL and type of service ---- */

/* MUST-49 */
TEST_F(ip, IP_TTL_is_the_TTL_of_every_segment)
{
	app_socket();
	app_setsockopt(IPPROTO_IP, IP_TTL, 33);
	app_connect();
	expect_seg(SYN, SEQ(0), TTL(33));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1), TTL(33));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TTL(33));
	/* and of those that follow when it changes */
	app_setsockopt(IPPROTO_IP, IP_TTL, 44);
	send_seg(ACK, SEQ(1), ACK(101), LEN(10));
	expect_seg(ACK, ACK(11), TTL(44));
	app_read(10);
	app_close();
	expect_seg(FIN | ACK, SEQ(101), TTL(44));
	send_seg(RST, SEQ(11));
	expect_state("CLOSED");
}

TEST_F(ip, a_listeners_IP_TTL_is_that_of_its_connections)
{
	app_listen(1);
	app_setsockopt(IPPROTO_IP, IP_TTL, 33);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), TTL(33));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TTL(33));
	app_abort();
	expect_seg(RST | ACK, SEQ(101), TTL(33));
}

/* MUST-48; SHLD-22: unchanged */
TEST_F(ip, IP_TOS_is_the_type_of_service_of_every_segment)
{
	app_socket();
	app_setsockopt(IPPROTO_IP, IP_TOS, 0xb8);	/* expedited forwarding */
	app_connect();
	expect_seg(SYN, SEQ(0), TOS(0xb8));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1), TOS(0xb8));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(0xb8));
	/* whatever the peer's is */
	send_seg(ACK, SEQ(1), ACK(101), LEN(10), TOS(0x20));
	expect_seg(ACK, ACK(11), TOS(0xb8));
	app_read(10);
	app_abort();
	expect_seg(RST | ACK, SEQ(101), TOS(0xb8));
}

TEST_F(ip, a_listeners_IP_TOS_is_that_of_its_connections)
{
	app_listen(1);
	app_setsockopt(IPPROTO_IP, IP_TOS, 0xb8);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), TOS(0xb8));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(0xb8));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* SHLD-21; SHLD-23: and only the application changes it */
TEST_F(ip, IP_TOS_may_change_during_a_connection)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(0));
	send_seg(ACK, SEQ(1), ACK(101));
	app_setsockopt(IPPROTO_IP, IP_TOS, 0x28);
	app_write(100);
	expect_seg(ACK, SEQ(101), LEN(100), TOS(0x28));
	send_seg(ACK, SEQ(1), ACK(201));
}

/* MAY-9: as it was when the connection came to be */
TEST_F(ip, the_application_can_ask_for_the_peers_type_of_service)
{
	u8 control[CMSG_SPACE(sizeof(int))];
	struct msghdr msg = { .msg_control = control };
	socklen_t len = sizeof(control);
	struct cmsghdr *cmsg;

	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), TOS(0x28));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1), TOS(0x28));
	app_accept();
	app_setsockopt(IPPROTO_IP, IP_RECVTOS, 1);
	check(!getsockopt(wire.flow->fd, IPPROTO_IP, IP_PKTOPTIONS, control, &len),
	      "IP_PKTOPTIONS: %s", strerror(errno));
	msg.msg_controllen = len;
	cmsg = CMSG_FIRSTHDR(&msg);
	check(cmsg && cmsg->cmsg_type == IP_TOS, "there is no type of service");
	check(*CMSG_DATA(cmsg) == 0x28, "it is %#x", *CMSG_DATA(cmsg));
}

/* SHLD-8, RFC 3168: routers may mark our text (ECT), and a mark (CE) is echoed until CWR */
TEST_F(ip, congestion_marks_are_echoed)
{
	app_listen(1);
	app_setsockopt(IPPROTO_IP, IP_TOS, 0xb8);
	send_seg(SYN | ECE | CWR, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK | ECE, SEQ(0), ACK(1), TOS(0xb8));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(0xb8 | 2));
	send_seg(ACK, SEQ(1), ACK(101), LEN(10), TOS(2));
	expect_seg(ACK, ACK(11), TOS(0xb8));
	send_seg(ACK, SEQ(11), LEN(10), TOS(3));
	expect_seg(ACK | ECE, ACK(21), TOS(0xb8), AT_ONCE);
	send_seg(ACK, SEQ(21), LEN(10), TOS(2));
	expect_seg(ACK | ECE, ACK(31));
	send_seg(ACK | CWR, SEQ(31), LEN(10), TOS(2));
	expect_seg(ACK, ACK(41));
	app_read(40);
}

/* ---- Addresses ---- */

/* MUST-43 */
TEST_F(ip, the_application_chooses_the_local_address)
{
	netns_address("10.0.0.9");
	wire.path.us = host("10.0.0.9");
	app_bind();
	connect_to_peer();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* MUST-44 */
TEST_F(ip, IP_chooses_the_local_address_if_the_application_does_not)
{
	netns_address("192.0.2.1");
	wire.path.us = host("192.0.2.1");
	wire.path.peer = host("192.0.2.2");
	connect_to_peer();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* MUST-45 */
TEST_F(ip, the_address_that_the_SYN_came_to_is_the_connections)
{
	netns_address("10.0.0.9");
	listen_everywhere();
	wire.path.us = host("10.0.0.9");
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101), LEN(10));
	expect_seg(ACK, SEQ(101), ACK(11));
	app_read(10);
	app_close();
	expect_seg(FIN | ACK, SEQ(101));
	send_seg(FIN | ACK, SEQ(11), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(12));
	/* what comes now, TIME-WAIT answers */
	send_seg(FIN | ACK, SEQ(11), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(12));
}

/* MUST-46 */
TEST_F(ip, a_connect_to_many_fails)
{
	static const char * const many[] = { "10.0.0.255", "255.255.255.255", "224.0.0.1" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(many); i++) {
		struct sockaddr_in sin = {
			.sin_family = AF_INET, .sin_port = htons(PEER_PORT),
			.sin_addr = host(many[i]).v4,
		};

		app_socket();
		check(connect(wire.flow->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 &&
		      errno == ENETUNREACH, "connect() to %s: %s", many[i], strerror(errno));
		app_close();
	}
	expect_silence();
}

/* Whatever a segment says: neither an answer nor a connection. */
static void expect_discarded(u8 flags)
{
	union host us = wire.path.us, peer = wire.path.peer;

	send_seg(flags, SEQ(0));
	wire.path.us = host("10.0.0.1");
	wire.path.peer = host("10.0.0.2");
	expect_silence();
	wire.path.us = us;
	wire.path.peer = peer;
	expect_ever("SYN-RECEIVED", 0);
}

/* MUST-57: silently */
TEST_F(ip, a_SYN_to_many_is_discarded)
{
	static const char * const many[] = { "10.0.0.255", "255.255.255.255", "224.0.0.1" };
	union host us = wire.path.us;
	size_t i;

	listen_everywhere();
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		wire.path.us = host(many[i]);
		expect_discarded(SYN);
		expect_discarded(ACK);
	}
	wire.path.us = us;
	if (!wire_is_linux_tcp())
		expect_dropped("BAD_ADDRESS", 2 * ARRAY_SIZE(many));
	/* and the listener still listens */
	on(flow_between(OUR_PORT, PEER_PORT + 1));
	listen_and_accept();
}

/* MUST-63: what IP lets pass, we discard; Linux's TCP answers the first of them */
TEST_F(ip, a_SYN_from_an_invalid_address_is_discarded)
{
	static const struct {
		const char *from, *to;
	} segments[] = {
		{ "10.0.0.255", "10.0.0.1" },
		{ "224.0.0.1", "10.0.0.1" },
		{ "255.255.255.255", "10.0.0.1" },
		{ "0.0.0.0", "255.255.255.255" },
	};
	struct path path = wire.path;
	size_t i;

	listen_everywhere();
	for (i = wire_is_linux_tcp(); i < ARRAY_SIZE(segments); i++) {
		wire.path.peer = host(segments[i].from);
		wire.path.us = host(segments[i].to);
		expect_discarded(SYN);
	}
	if (!wire_is_linux_tcp())
		expect_dropped("BAD_ADDRESS", 2);
	wire.path = path;
	on(flow_between(OUR_PORT, PEER_PORT + 1));
	listen_and_accept();
}

/* ---- IP options ---- */

/* MUST-50 */
TEST_F(ip, unknown_IP_options_are_ignored)
{
	listen_and_accept(IP_OPTS(EXPERIMENT, 4, 1, 2));
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), IP_OPTS(EXPERIMENT, 3, 1, EXPERIMENT + 64, 2));
	expect_seg(ACK, ACK(11));
	check(!got.ip_optlen, "our segment has IP options, too");
	app_read(10);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check(!got.ip_optlen, "our segment has IP options, too");
	send_seg(ACK, SEQ(11), ACK(101));
}

/* MAY-11: each machine on the way, we first, writes down its address */
TEST_F(ip, the_application_can_have_the_route_recorded)
{
	app_socket();
	APP_IP_OPTIONS(RECORD_ROUTE, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	app_connect();
	expect_seg(SYN, SEQ(0), IP_OPTS(RECORD_ROUTE, 11, 8, HOP(1), 0, 0, 0, 0, 0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL),
		 IP_OPTS(RECORD_ROUTE, 11, 8, HOP(2), 0, 0, 0, 0));
	expect_seg(ACK, SEQ(1), ACK(1), IP_OPTS(RECORD_ROUTE, 11, 8, HOP(1), 0, 0, 0, 0, 0));
	app_connected(0);
	/* the options take room from the text */
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL - 12));
	expect_seg(ACK, SEQ(1 + FULL - 12), LEN(12));
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
}

/* MAY-10: likewise the time */
TEST_F(ip, the_application_can_have_timestamps_recorded)
{
	app_socket();
	APP_IP_OPTIONS(TIMESTAMP, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	app_connect();
	expect_seg(SYN, SEQ(0));
	check(got.ip_optlen == 12 && got.ip_opts[0] == TIMESTAMP && got.ip_opts[2] == 9,
	      "no timestamp");
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	check(got.ip_optlen == 12 && got.ip_opts[2] == 9, "no timestamp");
	app_connected(0);
}

/* ---- Source routes, 3.9.2.1 ---- */

/* MUST-51: by way of 10.0.0.3; the checksum is over the addresses of the two ends */
TEST_F(ip, the_application_chooses_the_way)
{
	app_socket();
	APP_IP_OPTIONS(LOOSE_ROUTE, 7, 4, HOP(3), 0);
	app_connect();
	expect_seg(SYN, SEQ(0), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(101));
	app_close();
	expect_seg(FIN | ACK, SEQ(101), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(RST, SEQ(1));
}

/* Linux's own switch; a host does not take routes from others unless it is on. */
static void accept_source_routes(void)
{
	netns_write("/proc/sys/net/ipv4/conf/all/accept_source_route", "1");
	netns_write("/proc/sys/net/ipv4/conf/tun0/accept_source_route", "1");
}

/* MUST-52 */
TEST_F(ip, the_applications_way_overrides_that_of_a_segment)
{
	accept_source_routes();
	app_socket();
	APP_IP_OPTIONS(LOOSE_ROUTE, 7, 4, HOP(3), 0);
	app_connect();
	expect_seg(SYN, SEQ(0), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), IP_OPTS(LOOSE_ROUTE, 7, 8, HOP(4)));
	expect_seg(ACK, SEQ(1), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	app_connected(0);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), IP_OPTS(LOOSE_ROUTE, 7, 8, HOP(4)));
	expect_seg(ACK, ACK(11), VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	app_read(10);
}

/* MUST-53: the peer's SYN came by way of 10.0.0.4 and 10.0.0.3, so all goes back that way */
TEST_F(ip, the_way_back_is_the_way_of_the_SYN)
{
	accept_source_routes();
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), IP_OPTS(LOOSE_ROUTE, 11, 12, HOP(4), HOP(3)));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0));
	/* again, when the SYN comes again, and when our timer says so */
	send_seg(SYN, SEQ(0), MSS(FULL), IP_OPTS(LOOSE_ROUTE, 11, 12, HOP(4), HOP(3)));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0), AFTER(500, 2000));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(101), LEN(10));
	expect_seg(ACK, ACK(11), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0));
	app_read(10);
	/* the options take room from the text */
	app_write(FULL);
	expect_seg(ACK, SEQ(101), LEN(FULL - 12), VIA("10.0.0.3"));
	send_seg(ACK, SEQ(11), ACK(101 + FULL - 12));
	expect_seg(ACK, SEQ(101 + FULL - 12), LEN(12), VIA("10.0.0.3"));
	send_seg(ACK, SEQ(11), ACK(101 + FULL));
	app_abort();
	expect_seg(RST | ACK, SEQ(101 + FULL), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 11, 4, HOP(4), HOP(2), 0));
}

TEST_F(ip, the_way_back_is_as_strict_as_the_way_of_the_SYN)
{
	accept_source_routes();
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), IP_OPTS(STRICT_ROUTE, 7, 8, HOP(3)));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), VIA("10.0.0.3"),
		   IP_OPTS(STRICT_ROUTE, 7, 4, HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), VIA("10.0.0.3"),
		   IP_OPTS(STRICT_ROUTE, 7, 4, HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* RFC 1122 3.2.1.8 (c): not every host begins the list with the first hop */
TEST_F(ip, the_way_back_does_not_pass_the_peer_twice)
{
	accept_source_routes();
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), IP_OPTS(LOOSE_ROUTE, 11, 12, HOP(2), HOP(3)));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), VIA("10.0.0.3"),
		   IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* Without the switch IP drops what has a source route. */
TEST_F(ip, no_source_route_is_taken_unless_it_is_allowed)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), IP_OPTS(LOOSE_ROUTE, 7, 8, HOP(3)));
	expect_silence();
	expect_ever("SYN-RECEIVED", 0);
}

TEST_HARNESS_MAIN
