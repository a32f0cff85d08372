// SPDX-License-Identifier: GPL-2.0
/*
 * A process in a network namespace of its own that holds a listener, connections with
 * traffic both ways, some that nobody accepts and one that gets no answer; and that has
 * left behind what has no socket: half-open connections and TIME-WAIT. By system calls
 * only, as a hundred of them come and go.
 *
 *   +-- the crowd's namespace -----------------+
 *   |  127.0.0.1   both ends of connections    |
 *   |  10.0.9.1    tun0 -----------------------|--- nobody: SYNs come from there,
 *   +------------------------------------------+    and no answer ever
 *
 * Everything is there over IPv4 and over IPv6 (::1, fd00:9::1), and the one listener is
 * for both.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "proto.h"

#define PORT		80
#define PAIRS		5	/* ten ends */
#define UNACCEPTED	2

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static int must(int result, const char *what)
{
	if (result < 0)
		die("%s: %s", what, strerror(errno));
	return result;
}

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void interface_up(int fd, const char *name, const char *address)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	if (address) {
		sin->sin_family = AF_INET;
		inet_pton(AF_INET, address, &sin->sin_addr);
		must(ioctl(fd, SIOCSIFADDR, &ifr), "SIOCSIFADDR");
		inet_pton(AF_INET, "255.255.255.0", &sin->sin_addr);
		must(ioctl(fd, SIOCSIFNETMASK, &ifr), "SIOCSIFNETMASK");
	}
	must(ioctl(fd, SIOCGIFFLAGS, &ifr), "SIOCGIFFLAGS");
	ifr.ifr_flags |= IFF_UP;
	must(ioctl(fd, SIOCSIFFLAGS, &ifr), "SIOCSIFFLAGS");
}

/* An IPv6 address takes a moment until it can be used. */
static void address6(const char *name, const char *address)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
	struct {	/* struct in6_ifreq; linux/ipv6.h does not go with netinet/in.h */
		struct in6_addr addr;
		uint32_t prefixlen;
		int ifindex;
	} ifr6 = { .prefixlen = 64, .ifindex = if_nametoindex(name) };

	inet_pton(AF_INET6, address, &ifr6.addr);
	must(ioctl(fd, SIOCSIFADDR, &ifr6), "SIOCSIFADDR");
	sin6.sin6_addr = ifr6.addr;
	while (bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) && errno == EADDRNOTAVAIL)
		poll(NULL, 0, 1);
	close(fd);
}

/* The tun device's file: what is written to it arrives in the namespace. */
static int network(void)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int tun = must(open("/dev/net/tun", O_RDWR | O_NONBLOCK), "/dev/net/tun (modprobe tun?)");

	must(ioctl(tun, TUNSETIFF, &ifr), "TUNSETIFF");
	interface_up(fd, "lo", NULL);
	interface_up(fd, "tun0", "10.0.9.1");
	address6("tun0", "fd00:9::1");
	close(fd);
	return tun;
}

static int new_socket(int family)
{
	return must(socket(family, SOCK_STREAM | SOCK_NONBLOCK, edu_proto()), "socket");
}

static socklen_t to(const char *address, int port, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	sin->sin_port = htons(port);	/* the same place in both */
	if (inet_pton(AF_INET, address, &sin->sin_addr) == 1) {
		ss->ss_family = AF_INET;
		return sizeof(*sin);
	}
	inet_pton(AF_INET6, address, &sin6->sin6_addr);
	ss->ss_family = AF_INET6;
	return sizeof(*sin6);
}

static void wait_for(int fd, short events, const char *what)
{
	struct pollfd ready = { fd, events, 0 };

	if (poll(&ready, 1, 60000) != 1)
		die("waited 60 s in vain: %s", what);
}

static int connect_to(const char *address)
{
	struct sockaddr_storage ss;
	socklen_t len = to(address, PORT, &ss);
	int fd = new_socket(ss.ss_family);

	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		die("connect to %s: %s", address, strerror(errno));
	return fd;
}

/* This host, by IPv6, by IPv4, and by IPv4 from a socket that is an IPv6 one. */
static const char *this_host(int i)
{
	static const char * const names[] = { "::1", "127.0.0.1", "::ffff:127.0.0.1" };

	return names[i % 3];
}

static void make_pair(int listener, int pair[2], const char *address)
{
	pair[0] = connect_to(address);
	wait_for(pair[0], POLLOUT, "a connection over lo is made");
	wait_for(listener, POLLIN, "it can be accepted");
	pair[1] = must(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept");
}

/* The end that closes first waits for 2 MSL. */
static void leave_time_wait(int listener, const char *address)
{
	char byte;
	int pair[2];

	make_pair(listener, pair, address);
	close(pair[0]);
	wait_for(pair[1], POLLIN, "the peer's FIN");
	if (read(pair[1], &byte, 1) != 0)
		die("no end of data where the peer closed");
	close(pair[1]);
}

static uint16_t checksum(const void *data, size_t len, uint32_t sum)
{
	const uint16_t *word = data;

	for (; len; len -= 2)
		sum += *word++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* That it could not be queued is no matter. */
static void put(int tun, const void *packet, size_t len)
{
	if (write(tun, packet, len) < 0 && errno != EAGAIN && errno != ENOBUFS)
		die("write to tun0: %s", strerror(errno));
}

static void from_outside6(int tun, uint8_t flags, uint16_t source_port)
{
	struct {
		struct ip6_hdr ip;
		struct tcphdr th;
	} segment = {
		.ip = {
			.ip6_flow = htonl(6 << 28), .ip6_plen = htons(sizeof(segment.th)),
			.ip6_nxt = edu_proto(), .ip6_hlim = 64,
		},
		.th = {
			.source = htons(source_port), .dest = htons(PORT),
			.seq = random(), .ack_seq = random(), .doff = 5, .window = htons(1000),
		},
	};
	struct {
		struct in6_addr saddr, daddr;
		uint32_t len, protocol;
	} pseudo = { .len = htonl(sizeof(segment.th)), .protocol = htonl(edu_proto()) };

	inet_pton(AF_INET6, "fd00:9::2", &pseudo.saddr);
	inet_pton(AF_INET6, "fd00:9::1", &pseudo.daddr);
	segment.ip.ip6_src = pseudo.saddr;
	segment.ip.ip6_dst = pseudo.daddr;
	segment.th.th_flags = flags;
	segment.th.check = checksum(&segment.th, sizeof(segment.th),
				    (uint16_t)~checksum(&pseudo, sizeof(pseudo), 0));
	put(tun, &segment, sizeof(segment));
}

static void from_outside4(int tun, uint8_t flags, uint16_t source_port)
{
	struct {
		struct iphdr ip;
		struct tcphdr th;
	} segment = {
		.ip = {
			.version = 4, .ihl = 5, .ttl = 64, .protocol = edu_proto(),
			.tot_len = htons(sizeof(segment)),
			.saddr = inet_addr("10.0.9.2"), .daddr = inet_addr("10.0.9.1"),
		},
		.th = {
			.source = htons(source_port), .dest = htons(PORT),
			.seq = random(), .ack_seq = random(), .doff = 5, .window = htons(1000),
		},
	};
	struct {
		uint32_t saddr, daddr;
		uint16_t protocol, len;
	} pseudo = {
		segment.ip.saddr, segment.ip.daddr,
		htons(segment.ip.protocol), htons(sizeof(segment.th)),
	};

	segment.th.th_flags = flags;
	segment.ip.check = checksum(&segment.ip, sizeof(segment.ip), 0);
	segment.th.check = checksum(&segment.th, sizeof(segment.th),
				    (uint16_t)~checksum(&pseudo, sizeof(pseudo), 0));
	put(tun, &segment, sizeof(segment));
}

/* A segment without data or options from outside, by either IP version. */
static void from_outside(int tun, uint8_t flags, uint16_t source_port)
{
	if (source_port % 2)
		from_outside6(tun, flags, source_port);
	else
		from_outside4(tun, flags, source_port);
}

/*
 * Segments of all kinds keep coming, whatever becomes of the module; not so many that a
 * slow machine does nothing else.
 */
static void flood(int tun, pid_t crowd)
{
	static const uint8_t kinds[] = {
		TH_SYN, TH_ACK, TH_ACK | TH_PUSH, TH_FIN | TH_ACK, TH_RST
	};
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != crowd)
		_exit(0);	/* it was faster */
	/* The sockets are not ours to hold. */
	close_range(3, tun - 1, 0);
	close_range(tun + 1, ~0U, 0);
	for (i = 0;; i++) {
		from_outside(tun, kinds[i % 5], 20000 + i % 1000);
		poll(NULL, 0, 2);
	}
}

/* Traffic until the other end of `leave` is closed. */
static void pump(int fds[], int n, int leave)
{
	static char data[4096];
	struct pollfd ready[n + 1];
	int i;

	ready[n] = (struct pollfd){ leave, POLLIN, 0 };
	do {
		poll(NULL, 0, 2);
		for (i = 0; i < n; i++)
			ready[i] = (struct pollfd){ fds[i], POLLIN | POLLOUT, 0 };
		must(poll(ready, n + 1, -1), "poll");
		for (i = 0; i < n; i++) {
			if (ready[i].revents & POLLIN && read(fds[i], data, sizeof(data)) < 0)
				must(errno == EAGAIN ? 0 : -1, "read");
			if (ready[i].revents & POLLOUT && write(fds[i], data, sizeof(data)) < 0)
				must(errno == EAGAIN ? 0 : -1, "write");
		}
	} while (!ready[n].revents);
}

static void come_together(int ready, int leave, int left)
{
	struct sockaddr_storage any;
	socklen_t len = to("::", PORT, &any);
	int ends[PAIRS * 2], more[UNACCEPTED + 2];
	pid_t crowd = getpid();
	int tun, listener, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(unshare(CLONE_NEWNET), "unshare");
	tun = network();
	listener = new_socket(AF_INET6);
	must(bind(listener, (struct sockaddr *)&any, len), "bind");
	must(listen(listener, 128), "listen");

	for (i = 0; i < CROWD_TIME_WAIT; i++)
		leave_time_wait(listener, this_host(i));
	for (i = 0; i < PAIRS; i++)
		make_pair(listener, &ends[i * 2], this_host(i));
	for (i = 0; i < CROWD_HALF_OPEN; i++)
		from_outside(tun, TH_SYN, 10000 + i);
	for (i = 0; i < UNACCEPTED; i++)
		more[i] = connect_to(this_host(i));
	more[UNACCEPTED] = connect_to("10.0.9.3");
	more[UNACCEPTED + 1] = connect_to("fd00:9::3");
	if (fork() == 0)
		flood(tun, crowd);

	must(write(ready, "", 1), "write");
	pump(ends, PAIRS * 2, leave);

	for (i = 0; i < PAIRS * 2; i++)
		close(ends[i]);
	for (i = 0; i < UNACCEPTED + 2; i++)
		close(more[i]);
	close(listener);
	must(write(left, "", 1), "write");
	pause();
}

static void wait_byte(int fd, const char *what)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		die("the crowd failed to %s", what);
}

struct crowd crowd_start(void)
{
	int ready[2], leave[2], left[2];
	struct crowd new;

	must(pipe(ready), "pipe");
	must(pipe(leave), "pipe");
	must(pipe(left), "pipe");
	fflush(stdout);
	new.pid = must(fork(), "fork");
	if (new.pid == 0) {
		close(leave[1]);
		close(ready[0]);
		close(left[0]);
		come_together(ready[1], leave[0], left[1]);
	}
	close(ready[1]);
	close(leave[0]);
	close(left[1]);
	wait_byte(ready[0], "come together");
	close(ready[0]);
	new.leave = leave[1];
	new.left = left[0];
	return new;
}

void crowd_leaves(struct crowd *crowd)
{
	close(crowd->leave);
	crowd->leave = -1;
	wait_byte(crowd->left, "leave");
}

void crowd_kill(struct crowd *crowd)
{
	kill(crowd->pid, SIGKILL);
	waitpid(crowd->pid, NULL, 0);
	close(crowd->leave);
	close(crowd->left);
}

int crowd_now(const struct crowd *crowd, const char *state)
{
	char name[64], line[256];
	int now, found = -1;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/net/edu_tcp", crowd->pid);
	file = fopen(name, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char word[256];

		if (sscanf(line, "%s %d", word, &now) == 2 && !strcmp(word, state))
			found = now;
	}
	fclose(file);
	return found;
}
