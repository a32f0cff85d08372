// SPDX-License-Identifier: GPL-2.0
/* Who may have which port, and how options of the socket travel with its segments. */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>

#include "fixture.h"

static int bound(int fd, struct place here)
{
	return errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len));
}

static int bound_with(int option, struct place here)
{
	int fd = new_socket(0);

	if (option)
		set_int(fd, SOL_SOCKET, option, 1);
	return bound(fd, here) ? -errno : fd;
}

/* ---- SO_REUSEADDR ---- */

TEST_F(sockets, SO_REUSEADDR_shares_a_port_that_nobody_listens_on)
{
	struct place any = at("0.0.0.0", "::", 8080), one = loopback(8080);
	int first = bound_with(SO_REUSEADDR, any), second, third;

	ASSERT_LE(0, first);
	EXPECT_EQ(-EADDRINUSE, bound_with(0, one));
	second = bound_with(SO_REUSEADDR, one);
	ASSERT_LE(0, second);
	/* Only one of them may listen, and then nobody comes in any more. */
	EXPECT_EQ(0, errno_of(listen(first, 1)));
	EXPECT_EQ(EADDRINUSE, errno_of(listen(second, 1)));
	EXPECT_EQ(-EADDRINUSE, bound_with(SO_REUSEADDR, one));
	close(first);
	EXPECT_EQ(0, errno_of(listen(second, 1)));
	third = bound_with(SO_REUSEADDR, at("127.0.0.2", "::1", 8081));
	EXPECT_LE(0, third);
}

TEST_F(sockets, other_addresses_do_not_share)
{
	if (variant->family != AF_INET)
		return;
	EXPECT_LE(0, bound_with(0, at("127.0.0.1", "", 8080)));
	EXPECT_LE(0, bound_with(0, at("127.0.0.2", "", 8080)));
	EXPECT_EQ(-EADDRINUSE, bound_with(0, at("0.0.0.0", "", 8080)));
}

/* Someone connects and is closed first: its TIME-WAIT is what is left of @listener. */
static void close_into_time_wait(struct __test_metadata *_metadata, int listener)
{
	struct pair pair = connected_to(listener);
	char c;

	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(0, read(pair.client, &c, 1));
	shutdown(pair.client, SHUT_WR);
	ASSERT_TRUE(until_state(pair.server, TCP_CLOSE));
	unpair(&pair);
}

TEST_F(sockets, a_listener_comes_back_while_its_connections_wait)
{
	int listener = bound_with(SO_REUSEADDR, loopback(8080));

	ASSERT_EQ(0, listen(listener, 8));
	close_into_time_wait(_metadata, listener);
	/* TIME-WAIT holds the port against who does not set the option. */
	EXPECT_EQ(-EADDRINUSE, bound_with(0, loopback(8080)));
	listener = bound_with(SO_REUSEADDR, loopback(8080));
	ASSERT_LE(0, listener);
	EXPECT_EQ(0, errno_of(listen(listener, 8)));
}

/* ---- SO_REUSEPORT ---- */

#define GROUP	4

TEST_F(sockets, SO_REUSEPORT_spreads_connections)
{
	int listener[GROUP], n[GROUP] = { }, i, j, fd;
	struct place there = loopback(8080);

	for (i = 0; i < GROUP; i++) {
		listener[i] = bound_with(SO_REUSEPORT, there);
		ASSERT_LE(0, listener[i]);
		ASSERT_EQ(0, listen(listener[i], 256));
		fcntl(listener[i], F_SETFL, O_NONBLOCK);
	}
	/* all at first wait to be accepted: each stays with the listener it was given */
	for (i = 0; i < 200; i++) {
		fd = new_socket(0);
		ASSERT_EQ(0, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	}
	for (j = 0; j < GROUP; j++) {
		while (accept(listener[j], NULL, NULL) >= 0)
			n[j]++;
		/* A quarter each; a fair hash gives less than 20 of 200 once in 10^7. */
		EXPECT_LE(20, n[j]);
	}
	EXPECT_EQ(200, n[0] + n[1] + n[2] + n[3]);
	/* Who closes leaves the rest to the others. */
	close(listener[0]);
	for (i = 0; i < 50; i++) {
		fd = new_socket(0);
		ASSERT_EQ(0, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	}
}

TEST_F(sockets, SO_REUSEPORT_is_for_one_user)
{
	struct place here = loopback(8080);

	EXPECT_LE(0, bound_with(SO_REUSEPORT, here));
	EXPECT_EQ(-EADDRINUSE, bound_with(0, here));
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_EQ(-EADDRINUSE, bound_with(SO_REUSEPORT, here));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_LE(0, bound_with(SO_REUSEPORT, here));
}

static int listening_with(bool reuseaddr, struct place here)
{
	int fd = new_socket(0);

	if (reuseaddr)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (bound(fd, here) || listen(fd, 8))
		return -errno;
	return fd;
}

/* As a server with two workers is restarted, each with a listener of its own. */
TEST_F(sockets, SO_REUSEPORT_listeners_come_back_while_their_connections_wait)
{
	struct place here = loopback(8080);
	int reuseaddr;

	for (reuseaddr = 0; reuseaddr < 2; reuseaddr++) {
		int first = listening_with(reuseaddr, here), second;

		ASSERT_LE(0, first);
		close_into_time_wait(_metadata, first);
		EXPECT_EQ(-EADDRINUSE, bound_with(0, here));
		first = listening_with(reuseaddr, here);
		ASSERT_LE(0, first);
		second = listening_with(reuseaddr, here);
		ASSERT_LE(0, second);
		EXPECT_EQ(-EADDRINUSE, bound_with(SO_REUSEADDR, here));
		close(first);
		close(second);
		here = loopback(8081);
	}
}

/* ---- SO_BINDTODEVICE ---- */

/* Two paths between here and a second namespace: a0 - b0 and a1 - b1, one address each. */
static void two_paths(void)
{
	run("ip link add a0 type veth peer name b0; ip link add a1 type veth peer name b1;"
	    "ip link set a0 up; ip link set b0 up; ip link set a1 up; ip link set b1 up");
}

TEST_F(sockets, a_listener_bound_to_a_device_hears_nothing_else)
{
	int lo = if_nametoindex("lo"), fd = new_socket(0), client = new_socket(0);
	struct place there;

	two_paths();
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "a0", 3));
	ASSERT_EQ(0, bound(fd, at("0.0.0.0", "::", 8080)));
	ASSERT_EQ(0, listen(fd, 8));
	there = loopback(8080);
	EXPECT_EQ(ECONNREFUSED, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
	/* A second one on another device has the port, too. */
	fd = new_socket(0);
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(0, bound(fd, at("0.0.0.0", "::", 8080)));
	ASSERT_EQ(0, listen(fd, 8));
	EXPECT_EQ(0, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
	/* and its connections inherit the device */
	EXPECT_EQ(lo, get_int(accepted(fd), SOL_SOCKET, SO_BINDTOIFINDEX));
}

/*
 * What is sent from one end of lo and arrives on another device is not for a connection that is
 * bound to lo. A packet socket plays the segment into b0, so that it arrives on a0.
 */
TEST_F(sockets, a_connection_bound_to_a_device_takes_from_no_other)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_halen = 6 };
	unsigned char seen[2048], frame[2048] = { };
	int listener = new_socket(0), tap;
	struct pair pair;
	ssize_t n;

	if (variant->family != AF_INET)
		return;
	two_paths();
	run("cd /proc/sys/net/ipv4/conf; echo 0 >all/rp_filter; echo 0 >a0/rp_filter");
	run("cd /proc/sys/net/ipv4/conf/all; echo 1 >route_localnet; echo 1 >accept_local");
	ASSERT_EQ(0, setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(0, bound(listener, loopback(0)));
	ASSERT_EQ(0, listen(listener, 8));
	pair = connected_to(listener);

	/* The segment with "x", as lo carried it. */
	tap = socket(AF_PACKET, SOCK_DGRAM, 0);
	ll.sll_protocol = htons(ETH_P_IP);
	ll.sll_ifindex = if_nametoindex("lo");
	ASSERT_EQ(0, bind(tap, (struct sockaddr *)&ll, sizeof(ll)));
	ASSERT_EQ(1, write(pair.client, "x", 1));
	do {
		ASSERT_EQ(POLLIN, until(tap, POLLIN));
		n = recv(tap, seen, sizeof(seen), 0);
		ASSERT_LT(0, n);
	} while (seen[n - 1] != 'x' || n != seen[0] % 16 * 4 + (seen[32] >> 4) * 4 + 1);
	ASSERT_TRUE(until_inq(pair.server, 1));

	/* It comes again on a0, as an attacker's with other text: one octet further on. */
	memcpy(frame, seen, n);
	{
		uint32_t seq, sum = 0;
		unsigned int i, len = n - 20;
		unsigned char *th = frame + 20;

		memcpy(&seq, th + 4, 4);
		seq = htonl(ntohl(seq) + 1);
		memcpy(th + 4, &seq, 4);
		th[16] = 0;
		th[17] = 0;
		for (i = 12; i < 20; i += 2)
			sum += frame[i] << 8 | frame[i + 1];
		sum += frame[9] + len;
		for (i = 0; i < len; i += 2)
			sum += th[i] << 8 | (i + 1 < len ? th[i + 1] : 0);
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		th[16] = ~sum >> 8;
		th[17] = ~sum;
	}
	ll.sll_ifindex = if_nametoindex("b0");
	{
		struct ifreq ifr = { .ifr_name = "a0" };

		ASSERT_EQ(0, ioctl(tap, SIOCGIFHWADDR, &ifr));
		memcpy(ll.sll_addr, ifr.ifr_hwaddr.sa_data, 6);
	}
	ASSERT_EQ(n, sendto(tap, frame, n, 0, (struct sockaddr *)&ll, sizeof(ll)));
	/* It is for nobody: whoever sent it is told so by a reset. */
	EXPECT_TRUE(until_state(pair.client, TCP_CLOSE));
	EXPECT_EQ(1, inq(pair.server));
}

TEST_F(sockets, SO_BINDTODEVICE_chooses_the_way)
{
	struct place there = at("10.5.0.2", "fd05::2", 9);
	int fd = new_socket(SOCK_NONBLOCK);

	two_paths();
	run("ip addr add 10.5.0.1/24 dev a0; ip addr add 10.6.0.1/24 dev a1");
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "a1", 3));
	/* No route there on this device. */
	run("ip route del 10.6.0.0/24 dev a1");
	if (variant->family == AF_INET) {
		struct place here = { .len = sizeof(here.ss) };

		EXPECT_EQ(EINPROGRESS,
			  errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
		/* The device's own address, although 10.5.0.0/24 is elsewhere. */
		getsockname(fd, (struct sockaddr *)&here.ss, &here.len);
		EXPECT_EQ(inet_addr("10.6.0.1"),
			  ((struct sockaddr_in *)&here.ss)->sin_addr.s_addr);
	}
}

/* ---- SO_MARK, SO_PRIORITY, IP_TOS, IP_TTL: seen on the wire ---- */

/* Copies of what leaves through lo, headers first; a filter keeps those with this mark. */
static int tap_of(int mark)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_AD_OFF + SKF_AD_MARK },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, mark },
		{ BPF_RET | BPF_K, 0, 0, 0xffff },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
	ll.sll_ifindex = if_nametoindex("lo");
	bind(fd, (struct sockaddr *)&ll, sizeof(ll));
	return fd;
}

/* The flags of the next segment; its IP header is left in @ip. -1: none came. */
static int next_flags(int tap, struct iphdr *ip)
{
	unsigned char packet[2048];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);

	do {
		if (!(until(tap, POLLIN) & POLLIN) ||
		    recvfrom(tap, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len) < 34)
			return -1;
	} while (from.sll_pkttype != PACKET_OUTGOING);
	memcpy(ip, packet, sizeof(*ip));
	return packet[ip->ihl * 4 + 13] & 0x3f;
}

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define ACK	0x10

TEST_F(sockets, IP_TOS_and_IP_TTL_of_each_segment)
{
	int listener = listening(8), client = new_socket(0), tap = tap_of(0), fd;
	struct place there = loopback(port_of(listener));
	struct iphdr ip;

	if (variant->family != AF_INET)
		return;
	set_int(listener, IPPROTO_IP, IP_TOS, 0x20);
	set_int(listener, IPPROTO_IP, IP_TTL, 33);
	set_int(client, IPPROTO_IP, IP_TOS, 0x40);
	set_int(client, IPPROTO_IP, IP_TTL, 44);
	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	fd = accepted(listener);
	EXPECT_EQ(SYN, next_flags(tap, &ip));
	EXPECT_EQ(0x40, ip.tos & 0xfc);
	EXPECT_EQ(44, ip.ttl);
	EXPECT_EQ(SYN | ACK, next_flags(tap, &ip));
	EXPECT_EQ(0x20, ip.tos & 0xfc);
	EXPECT_EQ(33, ip.ttl);
	EXPECT_EQ(ACK, next_flags(tap, &ip));
	EXPECT_EQ(44, ip.ttl);
	/* A connection inherits them, and its reset has them, too. */
	EXPECT_EQ(0x20, get_int(fd, IPPROTO_IP, IP_TOS));
	reset(fd);
	EXPECT_EQ(RST | ACK, next_flags(tap, &ip));
	EXPECT_EQ(0x20, ip.tos & 0xfc);
	EXPECT_EQ(33, ip.ttl);
}

TEST_F(sockets, SO_MARK_of_each_segment)
{
	int listener = new_socket(0), client = new_socket(0), tap = tap_of(7), fd;
	struct iphdr ip;
	struct place there;

	if (variant->family != AF_INET)
		return;
	ASSERT_EQ(0, set_int(listener, SOL_SOCKET, SO_MARK, 7));
	ASSERT_EQ(0, bound(listener, loopback(0)));
	ASSERT_EQ(0, listen(listener, 8));
	there = loopback(port_of(listener));
	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	EXPECT_EQ(SYN | ACK, next_flags(tap, &ip));
	fd = accepted(listener);
	EXPECT_EQ(7, get_int(fd, SOL_SOCKET, SO_MARK));
	reset(fd);
	EXPECT_EQ(RST | ACK, next_flags(tap, &ip));
}

/* With fwmark_accept a connection has its SYN's mark, from the SYN,ACK on. */
TEST_F(sockets, fwmark_accept_takes_the_mark_of_the_SYN)
{
	int listener = listening(8), client = new_socket(0), tap = tap_of(9), fd;
	struct place there = loopback(port_of(listener));
	struct iphdr ip;

	if (variant->family != AF_INET)
		return;
	run("echo 1 >/proc/sys/net/ipv4/tcp_fwmark_accept");
	ASSERT_EQ(0, set_int(client, SOL_SOCKET, SO_MARK, 9));
	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	fd = accepted(listener);
	EXPECT_EQ(9, get_int(fd, SOL_SOCKET, SO_MARK));
	EXPECT_EQ(SYN, next_flags(tap, &ip));
	EXPECT_EQ(SYN | ACK, next_flags(tap, &ip));
	EXPECT_EQ(ACK, next_flags(tap, &ip));
}

TEST_F(sockets, SO_PRIORITY_is_not_inherited)
{
	int listener = listening(8);
	struct pair pair;

	set_int(listener, SOL_SOCKET, SO_PRIORITY, 5);
	pair = connected_to(listener);
	EXPECT_EQ(0, get_int(pair.server, SOL_SOCKET, SO_PRIORITY));
}

/* Segments from farther away than the socket allows (RFC 5082). */
TEST_F(sockets, IP_MINTTL_drops_what_came_from_far)
{
	struct pair pair = connected();
	long before = counter("TCPMinTTLDrop");

	if (variant->family != AF_INET)
		return;
	ASSERT_EQ(0, set_int(pair.server, IPPROTO_IP, IP_MINTTL, 255));
	ASSERT_EQ(1, write(pair.client, "a", 1));
	while (counter("TCPMinTTLDrop") == before)
		poll(NULL, 0, 1);
	EXPECT_EQ(0, inq(pair.server));
	ASSERT_EQ(0, set_int(pair.client, IPPROTO_IP, IP_TTL, 255));
	EXPECT_TRUE(until_inq(pair.server, 1));
}

TEST_F(sockets, IP_MINTTL_of_a_listener)
{
	int listener = listening(8), client = new_socket(0);
	struct place there = loopback(port_of(listener));

	if (variant->family != AF_INET)
		return;
	ASSERT_EQ(0, set_int(listener, IPPROTO_IP, IP_MINTTL, 255));
	timeout(client, SO_SNDTIMEO, 50);
	EXPECT_EQ(EINPROGRESS, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(POLLHUP | POLLOUT, polled(new_socket(0)));
	close(client);
	client = new_socket(0);
	ASSERT_EQ(0, set_int(client, IPPROTO_IP, IP_TTL, 255));
	EXPECT_EQ(0, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
}

/* ---- IP_FREEBIND, IP_TRANSPARENT ---- */

TEST_F(sockets, IP_FREEBIND_binds_what_is_not_there_yet)
{
	struct place there = at("10.7.0.1", "fd07::1", 8080);
	int listener = new_socket(0), client = new_socket(0);

	if (variant->family != AF_INET)
		return;
	EXPECT_EQ(EADDRNOTAVAIL, bound(listener, there));
	ASSERT_EQ(0, set_int(listener, IPPROTO_IP, IP_FREEBIND, 1));
	ASSERT_EQ(0, bound(listener, there));
	ASSERT_EQ(0, listen(listener, 8));
	run("ip addr add 10.7.0.1/32 dev lo");
	EXPECT_EQ(0, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
}

/* A connection under an address that is not of this host, as a proxy has it. */
TEST_F(sockets, IP_TRANSPARENT_speaks_for_another_address)
{
	int listener = listening(8), client = new_socket(0), fd;
	struct place there = loopback(port_of(listener)), peer = { .len = sizeof(peer.ss) };

	if (variant->family != AF_INET)
		return;
	/* what is sent back to it comes here */
	run("ip route add local 10.8.0.0/24 dev lo table 100 && ip rule add iif lo lookup 100");
	ASSERT_EQ(0, set_int(client, IPPROTO_IP, IP_TRANSPARENT, 1));
	ASSERT_EQ(0, bound(client, at("10.8.0.1", "fd08::1", 0)));
	ASSERT_EQ(0, errno_of(connect(client, (struct sockaddr *)&there.ss, there.len)));
	fd = accept(listener, (struct sockaddr *)&peer.ss, &peer.len);
	EXPECT_LE(0, fd);
	EXPECT_EQ(inet_addr("10.8.0.1"), ((struct sockaddr_in *)&peer.ss)->sin_addr.s_addr);
}

/* ---- What is inherited, what is asked ---- */

TEST_F(sockets, a_connection_inherits_its_listeners_options)
{
	int listener = listening(8);
	struct pair pair;

	set_int(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(listener, SOL_SOCKET, SO_RCVLOWAT, 3);
	set_int(listener, SOL_SOCKET, SO_OOBINLINE, 1);
	set_int(listener, SOL_SOCKET, SO_SNDBUF, 50000);
	set_int(listener, SOL_SOCKET, SO_RCVBUF, 60000);
	set_int(listener, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(listener, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	set_int(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, 12345);
	timeout(listener, SO_SNDTIMEO, 4000);
	pair = connected_to(listener);
	EXPECT_EQ(1, get_int(pair.server, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(3, get_int(pair.server, SOL_SOCKET, SO_RCVLOWAT));
	EXPECT_EQ(1, get_int(pair.server, SOL_SOCKET, SO_OOBINLINE));
	EXPECT_EQ(100000, get_int(pair.server, SOL_SOCKET, SO_SNDBUF));
	EXPECT_EQ(120000, get_int(pair.server, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(1, get_int(pair.server, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(77, get_int(pair.server, IPPROTO_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(12345, get_int(pair.server, IPPROTO_TCP, TCP_USER_TIMEOUT));
	EXPECT_EQ(4, get_int(pair.server, SOL_SOCKET, SO_SNDTIMEO));
	EXPECT_EQ(0, get_int(pair.server, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(1, get_int(pair.listener, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(SOCK_STREAM, get_int(pair.server, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(is_edu() ? atoi(getenv("EDU_PROTO") ?: "253") : IPPROTO_TCP,
		  get_int(pair.server, SOL_SOCKET, SO_PROTOCOL));
}

TEST_F(sockets, unknown_options_are_not_there)
{
	struct pair pair = connected();

	EXPECT_EQ(-ENOPROTOOPT, set_int(pair.client, IPPROTO_TCP, 9999, 1));
	EXPECT_EQ(-ENOPROTOOPT, get_int(pair.client, IPPROTO_TCP, 9999));
	EXPECT_EQ(-ENOPROTOOPT, set_int(pair.client, IPPROTO_UDP, 1, 1));
	EXPECT_EQ(-ENOPROTOOPT, set_int(pair.client, IPPROTO_IP, 9999, 1));
	EXPECT_EQ(EINVAL, errno_of(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, "", 1)));
	EXPECT_EQ(EFAULT, errno_of(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, (void *)8,
					      4)));
}

/* What ss -i and iperf3 read. */
TEST_F(sockets, TCP_INFO_counts_what_was_sent_and_received)
{
	static char text[100000];
	struct tcp_info a, b;
	struct pair pair;
	size_t n = 0;

	/* Without SACK there is no loss probe (RFC 8985 7): a slow host would see one. */
	set_sysctl("sack", "0");
	pair = connected();
	ASSERT_EQ(sizeof(text), write(pair.client, text, sizeof(text)));
	while (n < sizeof(text))
		n += read(pair.server, text, sizeof(text));
	ASSERT_TRUE(until_outq(pair.client, 0));
	a = info_of(pair.client);
	b = info_of(pair.server);
	EXPECT_EQ(TCP_ESTABLISHED, a.tcpi_state);
	EXPECT_EQ(sizeof(text), a.tcpi_bytes_sent);
	EXPECT_EQ(0, a.tcpi_bytes_retrans);
	/* Linux counts the SYN of an active open, which is acknowledged, too. */
	EXPECT_EQ(sizeof(text) + !is_edu(), a.tcpi_bytes_acked);
	EXPECT_EQ(sizeof(text), b.tcpi_bytes_received);
	EXPECT_EQ(a.tcpi_data_segs_out, b.tcpi_data_segs_in);
	EXPECT_LE(2, a.tcpi_data_segs_out);
	/* the SYN, and the ACK of the SYN,ACK */
	EXPECT_LE(a.tcpi_data_segs_out + 2, a.tcpi_segs_out);
	EXPECT_LT(0, a.tcpi_segs_in);
	EXPECT_LE(a.tcpi_data_segs_out, b.tcpi_segs_in);
	EXPECT_LT(0, b.tcpi_segs_out);
	EXPECT_EQ(0, b.tcpi_data_segs_out);
	EXPECT_EQ(0, a.tcpi_unacked);
	EXPECT_EQ(0, a.tcpi_notsent_bytes);
	EXPECT_EQ(0, a.tcpi_total_retrans);
	EXPECT_LT(0, a.tcpi_rto);
	EXPECT_LT(0, a.tcpi_rtt);
	EXPECT_LT(0, a.tcpi_snd_mss);
	EXPECT_LT(0, b.tcpi_rcv_mss);
	EXPECT_LT(0, a.tcpi_pmtu);
	EXPECT_LT(0, a.tcpi_advmss);
	EXPECT_LT(0, a.tcpi_snd_cwnd);
	EXPECT_LT(0, a.tcpi_snd_ssthresh);
	EXPECT_LT(0, a.tcpi_snd_wnd);
	EXPECT_LT(0, b.tcpi_rcv_space);
	EXPECT_LT(0, b.tcpi_rcv_ssthresh);
	EXPECT_LT(0, a.tcpi_delivered);
	EXPECT_TRUE(a.tcpi_options & TCPI_OPT_WSCALE);
	EXPECT_LT(0, a.tcpi_snd_wscale + 0);
	EXPECT_LT(0, a.tcpi_rcv_wscale + 0);
}

TEST_HARNESS_MAIN
