// SPDX-License-Identifier: GPL-2.0
/* What the socket tests share. What cannot fail and does ends the test at once. */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "sockets.h"

static int the_family, the_protocol;

#define must(call)								\
({										\
	typeof(call) _ret = (call);						\
										\
	if (_ret < 0)								\
		die(__LINE__, #call);						\
	_ret;									\
})

static void die(int line, const char *what)
{
	fprintf(stderr, "# sockets.c:%d: %s: %s\n", line, what, strerror(errno));
	abort();
}

/* ---- Under test ---- */

void begin(int family, int protocol)
{
	const char *edu = getenv("EDU_PROTO");
	struct ifreq lo = { .ifr_name = "lo" };
	int fd;

	the_family = family;
	the_protocol = protocol ?: atoi(edu ?: "253");
	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCGIFFLAGS, &lo));
	lo.ifr_flags |= IFF_UP;
	must(ioctl(fd, SIOCSIFFLAGS, &lo));
	close(fd);
}

bool is_edu(void)
{
	return the_protocol != IPPROTO_TCP;
}

int new_socket(int type_flags)
{
	return must(socket(the_family, SOCK_STREAM | type_flags, the_protocol));
}

struct place at(const char *ipv4, const char *ipv6, int port)
{
	struct place p = { .ss.ss_family = the_family };
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&p.ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&p.ss;

	if (the_family == AF_INET) {
		inet_pton(AF_INET, ipv4, &sin->sin_addr);
		sin->sin_port = htons(port);
		p.len = sizeof(*sin);
	} else {
		inet_pton(AF_INET6, ipv6, &sin6->sin6_addr);
		sin6->sin6_port = htons(port);
		p.len = sizeof(*sin6);
	}
	return p;
}

struct place loopback(int port)
{
	return at("127.0.0.1", "::1", port);
}

int port_of(int fd)
{
	struct sockaddr_in6 sin6;	/* its port is where sockaddr_in has it */
	socklen_t len = sizeof(sin6);

	must(getsockname(fd, (struct sockaddr *)&sin6, &len));
	return ntohs(sin6.sin6_port);
}

/* ---- Connections ---- */

int listening(int backlog)
{
	struct place here = loopback(0);
	int fd = new_socket(0);

	must(bind(fd, (struct sockaddr *)&here.ss, here.len));
	must(listen(fd, backlog));
	return fd;
}

int accepted(int listener)
{
	if (!(until(listener, POLLIN) & POLLIN)) {
		errno = ETIMEDOUT;
		die(__LINE__, "nothing to accept");
	}
	return must(accept(listener, NULL, NULL));
}

struct pair connected_to(int listener)
{
	struct pair pair = { .listener = listener, .client = new_socket(0) };
	struct place there = loopback(port_of(listener));

	must(connect(pair.client, (struct sockaddr *)&there.ss, there.len));
	pair.server = accepted(listener);
	return pair;
}

struct pair connected(void)
{
	return connected_to(listening(8));
}

struct pair stuck(void)
{
	static const char text[65536];
	bool full = false, was_full;
	int fd = listening(8);
	struct tcp_info info;
	struct pair pair;

	set_int(fd, SOL_SOCKET, SO_RCVBUF, 4096);
	pair = connected_to(fd);
	set_int(pair.client, SOL_SOCKET, SO_SNDBUF, 16384);
	/* Until what was sent is acknowledged, no more may be, and nothing more is taken. */
	do {
		poll(NULL, 0, 1);
		while (send(pair.client, text, sizeof(text), MSG_DONTWAIT) > 0)
			full = false;
		info = info_of(pair.client);
		was_full = full;
		full = !info.tcpi_unacked && info.tcpi_notsent_bytes;
	} while (!full || !was_full);
	return pair;
}

void unpair(struct pair *pair)
{
	close(pair->client);
	close(pair->server);
	close(pair->listener);
}

void reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	must(close(fd));
}

void black_hole(void)
{
	/* What comes out at the other end is for no address there. */
	run("ip link add hole type veth peer name end && ip link set hole arp off up");
	run("ip link set end up && ip addr add 10.99.0.1/24 dev hole");
}

int unanswered(void)
{
	struct place there = at("10.99.0.2", "fd99::2", 9);
	int fd = new_socket(SOCK_NONBLOCK);

	if (connect(fd, (struct sockaddr *)&there.ss, there.len) == 0 || errno != EINPROGRESS)
		die(__LINE__, "connect() into the black hole");
	return fd;
}

/* ---- The system ---- */

pid_t child(void)
{
	pid_t pid = must(fork());

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* ---- Waiting ---- */

int64_t now_ms(void)
{
	struct timespec ts;

	/* The clock that timeouts go by: on a busy host the other one runs ahead of it. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

struct tcp_info info_of(int fd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info;
}

int state_of(int fd)
{
	return info_of(fd).tcpi_state;
}

#define until_true(cond)							\
({										\
	int64_t _end = now_ms() + PATIENCE;					\
	bool _is;								\
										\
	while (!(_is = (cond)) && now_ms() < _end)				\
		poll(NULL, 0, 1);						\
	_is;									\
})

bool until_state(int fd, int state)
{
	return until_true(state_of(fd) == state);
}

int until(int fd, int events)
{
	struct pollfd p = { fd, events, 0 };

	poll(&p, 1, PATIENCE);
	return p.revents;
}

int polled(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

int inq(int fd)
{
	int octets = -1;

	must(ioctl(fd, FIONREAD, &octets));
	return octets;
}

static int outq(int fd)
{
	int octets = -1;

	must(ioctl(fd, TIOCOUTQ, &octets));
	return octets;
}

bool until_inq(int fd, int octets)
{
	return until_true(inq(fd) == octets);
}

bool until_outq(int fd, int octets)
{
	return until_true(outq(fd) == octets);
}

/* ---- Options ---- */

int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

int get_int(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? -errno : value;
}

void timeout(int fd, int name, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	must(setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)));
}

void run(const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (system(line) == 0)
		return;
	errno = EINVAL;
	die(__LINE__, line);
}

static int open_sysctl(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s", is_edu() ? "edu_tcp/" : "ipv4/tcp_",
		 name);
	return must(open(path, flags));
}

void set_sysctl(const char *name, const char *value)
{
	int fd = open_sysctl(name, O_WRONLY);

	must(write(fd, value, strlen(value)));
	close(fd);
}

/* The third number of rmem and wmem: the largest buffer; it differs between kernels. */
int largest_buffer(const char *name)
{
	int fd = open_sysctl(name, O_RDONLY), third = -1;
	char text[128] = "";

	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	if (sscanf(text, "%*d %*d %d", &third) != 1)
		die(__LINE__, name);
	return third;
}

/* A line of names, then a line of values, as /proc/net/netstat has them. */
static long netstat_counter(const char *path, const char *name)
{
	char names[8192], values[8192], *n, *v, *in_n, *in_v;
	FILE *f = fopen(path, "r");
	long value = -1;

	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		n = strtok_r(names, "\n ", &in_n);
		v = strtok_r(values, "\n ", &in_v);
		for (; n && v; n = strtok_r(NULL, "\n ", &in_n), v = strtok_r(NULL, "\n ", &in_v))
			if (!strcmp(n, name))
				value = atol(v);
	}
	if (f)
		fclose(f);
	return value;
}

long counter(const char *name)
{
	char line[256], word[64];
	long value, found = -1;
	FILE *f;

	if (!is_edu()) {
		found = netstat_counter("/proc/thread-self/net/netstat", name);
		return found >= 0 ? found : netstat_counter("/proc/thread-self/net/snmp", name);
	}
	f = fopen("/proc/thread-self/net/edu_tcp", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", word, &value) == 2 && !strcmp(word, name))
			found = value;
	if (f)
		fclose(f);
	return found;
}
