// SPDX-License-Identifier: GPL-2.0
/*
 * What there is in IPv6 alone: sockets that hear both IP versions, link-local addresses, traffic
 * class and flow label (RFC 3493, 4007, 8200); and who may have a port beside whom.
 */
#include <arpa/inet.h>
#include <linux/in6.h>
#include <net/if.h>

#include "kselftest_harness.h"
#include "wire.h"

FIXTURE(dual)
{
};

FIXTURE_SETUP(dual)
{
	wire_begin(AF_INET6, AF_INET6);
}

FIXTURE_TEARDOWN(dual)
{
	wire_end();
}

/* ---- One socket for both ---- */

#define ANY6	"::"
#define ANY4	"0.0.0.0"

static socklen_t address(struct sockaddr_storage *ss, const char *text, u16 port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		return sizeof(*sin);
	}
	if (inet_pton(AF_INET6, text, &sin6->sin6_addr) != 1)
		wire_fail("%s is no address", text);
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	return sizeof(*sin6);
}

/* A socket bound to an address and our port; where it cannot be, -errno. */
static int bind_to(const char *text, int option, int proto)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, text, OUR_PORT);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	int one = 1;

	if (fd < 0)
		wire_fail("socket(): %s", strerror(errno));
	if (option == IPV6_V6ONLY)
		setsockopt(fd, IPPROTO_IPV6, option, &one, sizeof(one));
	else if (option)
		setsockopt(fd, SOL_SOCKET, option, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	one = errno;
	close(fd);
	return -one;
}

static void app_listens_on(const char *text, int option)
{
	wire.listener = bind_to(text, option, wire.path.proto);
	if (wire.listener < 0)
		wire_fail("bind(%s): %s", text, strerror(-wire.listener));
	if (listen(wire.listener, 8))
		wire_fail("listen(): %s", strerror(errno));
	wire_note("app: listens on %s", text);
}

/* The peer's next connection, from a port of its own. */
static void client_of(int family, u16 port)
{
	wire_speak(family, wire.sockets);
	on(flow_between(OUR_PORT, port));
}

static void is_served(void)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(101));
	app_read(100);
	app_write(2 * FULL);
	expect_text(1, 1 + 2 * FULL);
	send_seg(ACK, SEQ(101), ACK(1 + 2 * FULL));
}

static void is_refused(void)
{
	send_seg(SYN, SEQ(0));
	expect_seg(RST | ACK, SEQ(0), ACK(1), AT_ONCE);
}

TEST_F(dual, a_listener_on_any_address_hears_both)
{
	app_listens_on(ANY6, 0);
	client_of(AF_INET6, 40000);
	is_served();
	/* accept() and getpeername() say ::ffff:10.0.0.2 */
	client_of(AF_INET, 40001);
	is_served();
	expect_counted("PassiveOpens", 2);
}

TEST_F(dual, the_same_ports_in_both_are_two_connections)
{
	struct flow *six, *four;

	app_listens_on(ANY6, 0);
	six = wire.flow;
	is_served();
	wire_speak(AF_INET, AF_INET6);
	four = flow_between(OUR_PORT, PEER_PORT + 1);
	on(four);
	is_served();
	app_write(10);
	expect_seg(ACK, LEN(10));
	send_seg(ACK);
	wire_speak(AF_INET6, AF_INET6);
	on(six);
	app_write(20);
	expect_seg(ACK, LEN(20));
	send_seg(ACK);
}

TEST_F(dual, IPV6_V6ONLY_leaves_IPv4_alone)
{
	app_listens_on(ANY6, IPV6_V6ONLY);
	client_of(AF_INET, 40000);
	is_refused();
	client_of(AF_INET6, 40001);
	is_served();
}

TEST_F(dual, so_does_the_sysctl_bindv6only)
{
	netns_write("/proc/sys/net/ipv6/bindv6only", "1");
	app_listens_on(ANY6, 0);
	client_of(AF_INET, 40000);
	is_refused();
	client_of(AF_INET6, 40001);
	is_served();
}

TEST_F(dual, a_listener_on_an_IPv6_address_does_not_hear_IPv4)
{
	app_listens_on("fd00::1", 0);
	client_of(AF_INET, 40000);
	is_refused();
	client_of(AF_INET6, 40001);
	is_served();
}

TEST_F(dual, a_listener_on_a_mapped_address_hears_IPv4_alone)
{
	wire_speak(AF_INET, AF_INET6);
	app_listens_on("::ffff:10.0.0.1", 0);
	client_of(AF_INET6, 40000);
	is_refused();
	client_of(AF_INET, 40001);
	is_served();
}

TEST_F(dual, each_has_a_listener_of_its_own)
{
	int six;

	app_listens_on(ANY6, IPV6_V6ONLY);
	six = wire.listener;
	wire_speak(AF_INET, AF_INET);
	app_listens_on(ANY4, 0);
	is_served();
	wire.listener = six;
	wire_speak(AF_INET6, AF_INET6);
	on(flow_between(OUR_PORT, 40001));
	is_served();
}

/* SO_REUSEPORT lets both be; the one of the flow's own family is the better one. */
TEST_F(dual, an_IPv4_listener_goes_before_one_for_both)
{
	int i, both;

	app_listens_on(ANY6, SO_REUSEPORT);
	both = wire.listener;
	wire_speak(AF_INET, AF_INET);
	app_listens_on(ANY4, SO_REUSEPORT);
	for (i = 0; i < 8; i++) {
		on(flow_between(OUR_PORT, 40000 + i));
		listen_and_accept();
	}
	wire.listener = both;
	wire.sockets = AF_INET6;
	app_cannot_accept();
}

TEST_F(dual, a_certain_address_goes_before_a_certain_device)
{
	int i, device;

	app_listens_on(ANY6, SO_REUSEPORT);
	if (setsockopt(wire.listener, SOL_SOCKET, SO_BINDTODEVICE, "tun0", 5))
		wire_fail("SO_BINDTODEVICE: %s", strerror(errno));
	device = wire.listener;
	app_listens_on("fd00::1", SO_REUSEPORT);
	for (i = 0; i < 8; i++) {
		on(flow_between(OUR_PORT, 40000 + i));
		listen_and_accept();
	}
	wire.listener = device;
	app_cannot_accept();
}

TEST_F(dual, a_socket_can_connect_by_one_and_then_by_the_other)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	int fd;

	wire_linux_differs("goes on sending IPv4", _metadata->results->reason);
	wire_speak(AF_INET, AF_INET6);
	connect_to_peer();
	fd = wire.flow->fd;
	if (connect(fd, &unspec, sizeof(unspec)))
		wire_fail("connect(AF_UNSPEC): %s", strerror(errno));
	expect_seg(RST | ACK, SEQ(1));
	app_connected(ECONNRESET);
	wire.flow->fd = -1;

	wire_speak(AF_INET6, AF_INET6);
	on(flow_between(1, PEER_PORT));
	wire.flow->fd = fd;
	app_connect();
	expect_seg(SYN, SEQ(0), MSS(1440));
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
}

/* ---- Scopes (RFC 4007) ---- */

/* The link-local ends of the wire, instead of fd00::1 and fd00::2. */
static unsigned int on_the_link(void)
{
	inet_pton(AF_INET6, "fe80::1", &wire.path.us);
	inet_pton(AF_INET6, "fe80::2", &wire.path.peer);
	netns_own_address(&wire.path);
	return if_nametoindex("tun0");
}

/* What the other functions cannot do: an address with a scope. */
static struct sockaddr_in6 scoped(const union host *host, u16 port, unsigned int scope)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = host->v6, .sin6_port = htons(port),
		.sin6_scope_id = scope,
	};
}

static void check_scope(int fd, int (*name)(int fd, struct sockaddr *sa, socklen_t *len),
			const char *call, unsigned int scope)
{
	struct sockaddr_in6 sin6 = { };
	socklen_t len = sizeof(sin6);

	if (name(fd, (struct sockaddr *)&sin6, &len))
		wire_fail("%s: %s", call, strerror(errno));
	if (sin6.sin6_scope_id != scope)
		wire_fail("%s gives scope %u, not %u", call, sin6.sin6_scope_id, scope);
}

TEST_F(dual, a_connection_to_a_link_local_address)
{
	unsigned int scope = on_the_link();
	struct sockaddr_in6 to = scoped(&wire.path.peer, PEER_PORT, scope);
	socklen_t len = sizeof(to);

	app_socket();
	if (!connect(wire.flow->fd, (struct sockaddr *)&to, len) || errno != EINPROGRESS)
		wire_fail("connect(): %s, not EINPROGRESS", strerror(errno));
	getsockname(wire.flow->fd, (struct sockaddr *)&to, &len);
	wire.flow->us_port = ntohs(to.sin6_port);
	expect_seg(SYN, SEQ(0));
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	check_scope(wire.flow->fd, getsockname, "getsockname()", scope);
	check_scope(wire.flow->fd, getpeername, "getpeername()", scope);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	app_close();
	expect_seg(FIN | ACK, SEQ(101));
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
	/* TIME-WAIT still knows the link */
	expect_state("TIME-WAIT");
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
}

TEST_F(dual, a_connection_from_a_link_local_address)
{
	unsigned int scope = on_the_link(), size = sizeof(unsigned int), bound = 0;

	app_listens_on(ANY6, 0);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	wire.flow->fd = accept(wire.listener, NULL, NULL);
	if (wire.flow->fd < 0)
		wire_fail("accept(): %s", strerror(errno));
	check_scope(wire.flow->fd, getsockname, "getsockname()", scope);
	check_scope(wire.flow->fd, getpeername, "getpeername()", scope);
	/* it means this link and no other */
	getsockopt(wire.flow->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &bound, &size);
	check(bound == scope, "it is bound to device %u, not %u", bound, scope);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
}

TEST_F(dual, nobody_at_a_link_local_address_answers_too)
{
	on_the_link();
	send_seg(SYN, SEQ(0));
	expect_seg(RST | ACK, SEQ(0), ACK(1), AT_ONCE);
}

TEST_F(dual, the_socket_list_shows_the_zone)
{
	char line[256];
	bool found = false;
	FILE *f;

	if (wire_is_linux_tcp())
		return;
	on_the_link();
	app_listens_on(ANY6, 0);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	f = fopen("/proc/self/net/edu_tcp_sockets", "re");
	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, "[fe80::1%tun0]:8080 ") &&
			 strstr(line, " [fe80::2%tun0]:40000 ");
	check(found, "no line with [fe80::1%%tun0]:8080 and [fe80::2%%tun0]:40000");
}

TEST_F(dual, a_multicast_destination_or_an_impossible_source_is_not_answered)
{
	union host us = wire.path.us, peer = wire.path.peer;

	app_listens_on(ANY6, 0);
	inet_pton(AF_INET6, "ff02::1", &wire.path.us);
	send_seg(SYN, SEQ(0));
	wire.path.us = us;
	expect_silence();
	inet_pton(AF_INET6, "::", &wire.path.peer);
	send_seg(SYN, SEQ(0));
	inet_pton(AF_INET6, "ff02::2", &wire.path.peer);
	send_seg(SYN, SEQ(0));
	/* ::ffff:10.0.0.2 is for the socket API, and never on the wire */
	inet_pton(AF_INET6, "::ffff:10.0.0.2", &wire.path.peer);
	send_seg(SYN, SEQ(0));
	wire.path.peer = peer;
	expect_silence();
}

/* ---- What the header says ---- */

static void check_header(u8 tclass, u8 hops, const u32 *label)
{
	check(got.tos == tclass, "the traffic class is %#x, not %#x", got.tos, tclass);
	check(got.ttl == hops, "the hop limit is %u, not %u", got.ttl, hops);
	if (label)
		check(got.label == *label, "the flow label is %#x, not %#x", got.label, *label);
}

/* From the first segment to TIME-WAIT's answer. */
TEST_F(dual, traffic_class_hop_limit_and_flow_label_stay_the_same)
{
	u32 label;

	app_socket();
	app_setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 0x28);
	app_setsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33);
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 6437 3: a flow has a label of its own, all of it the same */
	label = got.label;
	check(label, "there is no flow label");
	check_header(0x28, 33, &label);
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	check_header(0x28, 33, &label);
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check_header(0x28, 33, &label);
	send_seg(ACK, SEQ(1), ACK(101));
	app_close();
	expect_seg(FIN | ACK, SEQ(101));
	check_header(0x28, 33, &label);
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
	check_header(0x28, 33, &label);
	expect_state("TIME-WAIT");
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
	check(got.label == label, "TIME-WAIT's label is %#x, not %#x", got.label, label);
	check(got.tos == 0x28, "TIME-WAIT's traffic class is %#x", got.tos);
}

TEST_F(dual, a_listener_hands_its_traffic_class_and_hop_limit_down)
{
	app_listens_on(ANY6, 0);
	app_setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 0x28);
	app_setsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check_header(0x28, 33, NULL);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check_header(0x28, 33, NULL);
	send_seg(ACK, SEQ(1), ACK(101));
}

/* The same of IPv4: IP_TOS and IP_TTL are the listener's, whatever its family. */
TEST_F(dual, an_IPv6_listener_has_IPv4s_TOS_and_TTL_too)
{
	app_listens_on(ANY6, 0);
	app_setsockopt(IPPROTO_IP, IP_TOS, 0x10);
	app_setsockopt(IPPROTO_IP, IP_TTL, 44);
	client_of(AF_INET, 40000);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check_header(0x10, 44, NULL);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check_header(0x10, 44, NULL);
	send_seg(ACK, SEQ(1), ACK(101));
}

TEST_F(dual, a_flow_label_of_the_users_own)
{
	struct in6_flowlabel_req lease = {
		.flr_label = htonl(0x12345), .flr_action = IPV6_FL_A_GET,
		.flr_flags = IPV6_FL_F_CREATE, .flr_share = IPV6_FL_S_ANY,
	};
	struct sockaddr_in6 to = scoped(&wire.path.peer, PEER_PORT, 0);
	const u32 label = 0x12345;
	socklen_t len = sizeof(to);

	memcpy(&lease.flr_dst, &wire.path.peer.v6, sizeof(lease.flr_dst));
	app_socket();
	if (setsockopt(wire.flow->fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &lease, sizeof(lease)))
		wire_fail("IPV6_FLOWLABEL_MGR: %s", strerror(errno));
	app_setsockopt(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1);
	to.sin6_flowinfo = lease.flr_label;
	if (!connect(wire.flow->fd, (struct sockaddr *)&to, len) || errno != EINPROGRESS)
		wire_fail("connect(): %s, not EINPROGRESS", strerror(errno));
	getsockname(wire.flow->fd, (struct sockaddr *)&to, &len);
	wire.flow->us_port = ntohs(to.sin6_port);
	expect_seg(SYN, SEQ(0));
	check_header(0, 64, &label);
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	check_header(0, 64, &label);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	check_header(0, 64, &label);
	send_seg(ACK, SEQ(1), ACK(101));
	app_close();
	expect_seg(FIN | ACK, SEQ(101));
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
	expect_state("TIME-WAIT");
	send_seg(FIN | ACK, SEQ(1), ACK(102));
	expect_seg(ACK, SEQ(102), ACK(2));
	check(got.label == label, "TIME-WAIT's label is %#x, not %#x", got.label, label);
}

/* Options in each packet leave less room for text (RFC 9293 3.7.1: what the MTU says). */
TEST_F(dual, destination_options_make_segments_smaller)
{
	static const u8 padding[8] = { 0, 0, 1, 4 };

	app_socket();
	if (setsockopt(wire.flow->fd, IPPROTO_IPV6, IPV6_DSTOPTS, padding, sizeof(padding)))
		wire_fail("IPV6_DSTOPTS: %s", strerror(errno));
	connect_to_peer();
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL - 8), AT_ONCE);
	expect_seg(ACK, SEQ(1 + FULL - 8), LEN(8));
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
}

TEST_F(dual, IPV6_MTU_is_the_paths)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);

	connect_to_peer();
	getsockopt(wire.flow->fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len);
	check(mtu == 1500, "IPV6_MTU is %d, not 1500", mtu);
	app_write(FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	send_icmp(TOO_BIG, 1300);
	expect_seg(ACK, SEQ(1), LEN(1240), AT_ONCE);
	getsockopt(wire.flow->fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len);
	check(mtu == 1300, "IPV6_MTU is %d, not 1300", mtu);
	send_seg(ACK, SEQ(1), ACK(1241));
	expect_seg(ACK, SEQ(1241), LEN(FULL - 1240));
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
}

/* ---- The same calls on the kernel's own TCP and on ours must end the same ---- */

static const char *name_of(int err)
{
	return err ? strerrorname_np(err) : "0";
}

static const struct who {
	const char *address;
	int option;
} whos[] = {
	{ ANY4 }, { ANY4, SO_REUSEADDR }, { ANY4, SO_REUSEPORT },
	{ "10.0.0.1" }, { "10.0.0.1", SO_REUSEADDR }, { "10.0.0.1", SO_REUSEPORT },
	{ "127.0.0.1" },
	{ ANY6 }, { ANY6, SO_REUSEADDR }, { ANY6, SO_REUSEPORT }, { ANY6, IPV6_V6ONLY },
	{ "fd00::1" }, { "fd00::1", SO_REUSEADDR }, { "fd00::1", SO_REUSEPORT },
	{ "::1" },
	{ "::ffff:0.0.0.0" }, { "::ffff:0.0.0.0", SO_REUSEADDR },
	{ "::ffff:10.0.0.1" }, { "::ffff:10.0.0.1", SO_REUSEADDR },
	{ "::ffff:10.0.0.1", SO_REUSEPORT }, { "::ffff:10.0.0.1", IPV6_V6ONLY },
};

static const char *print_who(const struct who *who)
{
	static char text[2][64];
	static int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s%s", who->address,
		 who->option == SO_REUSEADDR ? " SO_REUSEADDR" :
		 who->option == SO_REUSEPORT ? " SO_REUSEPORT" :
		 who->option == IPV6_V6ONLY ? " IPV6_V6ONLY" : "");
	return text[turn];
}

enum { BOTH_BIND, FIRST_LISTENS, BOTH_LISTEN, ORDERS };

/* @first is there before @second: the errno that @second gets from bind() or listen(). */
static int second_gets(const struct who *first, const struct who *second, int order, int proto)
{
	int a = bind_to(first->address, first->option, proto), b, err = 0;

	if (a < 0)
		return -a + 1000;
	if (order != BOTH_BIND && listen(a, 1))
		wire_fail("%s cannot listen: %s", print_who(first), strerror(errno));
	b = bind_to(second->address, second->option, proto);
	if (b < 0)
		err = -b;
	else if (order == BOTH_LISTEN && listen(b, 1))
		err = errno;
	if (b >= 0)
		close(b);
	close(a);
	return err;
}

/*
 * Linux forgets, where it looks for conflicts by address (since 6.1), that ::ffff:0.0.0.0 means
 * every IPv4 address as 0.0.0.0 does; only for the socket that comes second it knows.
 */
static bool linux_forgets(const struct who *first, const struct who *second)
{
	return !strcmp(first->address, "::ffff:0.0.0.0") &&
	       !strcmp(second->address, "::ffff:10.0.0.1");
}

TEST_F(dual, who_may_have_a_port_beside_whom_is_as_with_TCP)
{
	static const char * const orders[] = { "is bound", "listens", "listens, and we shall too" };
	size_t i, j;
	int order, wrong = 0;

	wire_speak(AF_INET, AF_INET);
	for (i = 0; i < ARRAY_SIZE(whos); i++) {
		for (j = 0; j < ARRAY_SIZE(whos); j++) {
			for (order = 0; order < ORDERS; order++) {
				const struct who *first = &whos[i], *second = &whos[j];
				int tcp = second_gets(first, second, order, IPPROTO_TCP);
				int ours = second_gets(first, second, order, wire.path.proto);

				if (tcp == ours || linux_forgets(first, second))
					continue;
				wrong++;
				wire_note("%s %s; %s gets %s from TCP, %s here", print_who(first),
					  orders[order], print_who(second), name_of(tcp % 1000),
					  name_of(ours % 1000));
			}
		}
	}
	check(!wrong, "%d differ", wrong);
}

static const struct {
	const char *bound;	/* or NULL */
	int option;
	const char *to;
	int len;		/* of the address, or 0: its own */
} connects[] = {
	{ NULL, 0, "::" }, { NULL, 0, "::1" }, { NULL, 0, "fd00::1" }, { NULL, 0, "ff02::1" },
	{ NULL, 0, "fe80::2" },		/* without a scope */
	{ NULL, 0, "2001:db8::1" },	/* no route */
	{ NULL, 0, "::ffff:127.0.0.1" }, { NULL, 0, "::ffff:10.0.0.1" },
	{ NULL, 0, "::ffff:0.0.0.0" }, { NULL, 0, "::ffff:224.0.0.1" },
	{ NULL, 0, "::ffff:255.255.255.255" }, { NULL, 0, "::ffff:192.0.2.1" },
	{ NULL, 0, "::1", 27 }, { NULL, 0, "::1", 24 }, { NULL, 0, "::1", 23 },
	{ NULL, 0, "::1", 2 },
	{ ANY6, IPV6_V6ONLY, "::ffff:127.0.0.1" }, { ANY6, IPV6_V6ONLY, "::1" },
	{ "fd00::1", 0, "::ffff:127.0.0.1" }, { "fd00::1", 0, "::1" }, { "fd00::1", 0, "fd00::1" },
	{ "::1", 0, "::" }, { "::ffff:10.0.0.1", 0, "::" },
	{ "::ffff:10.0.0.1", 0, "::ffff:127.0.0.1" }, { "::ffff:10.0.0.1", 0, "::1" },
	{ ANY6, 0, "127.0.0.1" },	/* an AF_INET address */
	{ ANY4, 0, "::1" }, { ANY4, 0, "::ffff:127.0.0.1" },
	{ ANY4, 0, "127.0.0.1" }, { ANY4, 0, "0.0.0.0" }, { ANY4, 0, "127.0.0.1", 15 },
};

/* What getsockname() or getpeername() gives, but for a port that is chosen anew each time. */
static void print_name(char *out, size_t size, int err, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)ss;
	char text[INET6_ADDRSTRLEN];

	if (err) {
		snprintf(out, size, "%s", name_of(errno));
		return;
	}
	if (ss->ss_family == AF_INET)
		inet_ntop(AF_INET, &sin->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &sin6->sin6_addr, text, sizeof(text));
	snprintf(out, size, "%s", text);
}

/* One connect(), blocking, to a port where nobody listens; and what the names are then. */
static void connect_says(size_t i, int proto, char *out, size_t size)
{
	struct sockaddr_storage ss;
	char us[64], peer[64];
	socklen_t len;
	int fd, err;

	if (connects[i].bound) {
		fd = bind_to(connects[i].bound, connects[i].option, proto);
		if (fd < 0)
			wire_fail("bind(%s): %s", connects[i].bound, strerror(-fd));
	} else {
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	}
	len = address(&ss, connects[i].to, 9);
	err = connect(fd, (struct sockaddr *)&ss, connects[i].len ?: (int)len);
	if (err)
		err = errno;
	if (err == EINPROGRESS) {
		/* over the loopback device the answer is there already */
		len = sizeof(err);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	}
	len = sizeof(ss);
	print_name(us, sizeof(us), getsockname(fd, (struct sockaddr *)&ss, &len), &ss);
	len = sizeof(ss);
	print_name(peer, sizeof(peer), getpeername(fd, (struct sockaddr *)&ss, &len), &ss);
	snprintf(out, size, "%s, from %s to %s", name_of(err), us, peer);
	close(fd);
}

TEST_F(dual, connect_ends_as_with_TCP)
{
	char linux_says[200], we_say[200];
	int wrong = 0;
	size_t i;

	netns_up("lo");
	wire_speak(AF_INET, AF_INET);
	for (i = 0; i < ARRAY_SIZE(connects); i++) {
		connect_says(i, IPPROTO_TCP, linux_says, sizeof(linux_says));
		connect_says(i, wire.path.proto, we_say, sizeof(we_say));
		if (!strcmp(linux_says, we_say))
			continue;
		wrong++;
		wire_note("bound to %s%s, connect to %s (length %d): TCP says %s; we say %s",
			  connects[i].bound ?: "nothing",
			  connects[i].option == IPV6_V6ONLY ? " IPV6_V6ONLY" : "",
			  connects[i].to, connects[i].len, linux_says, we_say);
	}
	check(!wrong, "%d differ", wrong);
}

/* Get, set to 1, get again: what each option of IPv6 says. */
static void option_says(int fd, int name, char *out, size_t size)
{
	int before = -1, after = -1, one = 1, get, set, again;
	socklen_t len = sizeof(before), len_after = sizeof(after);

	get = getsockopt(fd, IPPROTO_IPV6, name, &before, &len) ? errno : 0;
	set = setsockopt(fd, IPPROTO_IPV6, name, &one, sizeof(one)) ? errno : 0;
	again = getsockopt(fd, IPPROTO_IPV6, name, &after, &len_after) ? errno : 0;
	snprintf(out, size, "get %s %d, set %s, get %s %d", name_of(get), get ? 0 : before,
		 name_of(set), name_of(again), again ? 0 : after);
}

TEST_F(dual, the_options_of_IPv6_are_as_with_TCP)
{
	char linux_says[200], we_say[200];
	int name, wrong = 0, tcp, ours;

	/* not IPV6_ADDRFORM (1): the stack turns TCP and UDP sockets into IPv4 ones, no others */
	for (name = IPV6_ADDRFORM + 1; name < 90; name++) {
		/* conntrack's, where it is built in: for TCP and SCTP (IP6T_SO_ORIGINAL_DST) */
		if (name == 80)
			continue;
		tcp = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
		ours = socket(AF_INET6, SOCK_STREAM, wire.path.proto);
		option_says(tcp, name, linux_says, sizeof(linux_says));
		option_says(ours, name, we_say, sizeof(we_say));
		close(tcp);
		close(ours);
		if (!strcmp(linux_says, we_say))
			continue;
		wrong++;
		wire_note("option %d: TCP says %s; we say %s", name, linux_says, we_say);
	}
	check(!wrong, "%d differ", wrong);
}

TEST_HARNESS_MAIN
