// SPDX-License-Identifier: GPL-2.0
/*
 * What an observer sees in /proc: the endpoints' states and the counters. The kernel's own TCP
 * shows the same things elsewhere; where it counts less, a table below says what stands in.
 */
#include <ctype.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"

/* RFC 9293's states in the order of include/net/tcp_states.h; the last is a half-open request. */
static const char * const states[] = {
	"?", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED",
};

bool wire_is_linux_tcp(void)
{
	return wire.path.proto == IPPROTO_TCP;
}

/* ---- States ---- */

/* One line of /proc/net/tcp or tcp6: "sl: local:port remote:port state ...", in hex. */
static bool linux_endpoint(const char *line, unsigned int *us, unsigned int *peer,
			   const char **state)
{
	unsigned int st;

	if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x", us, peer, &st) != 3 ||
	    st >= ARRAY_SIZE(states))
		return false;
	*state = states[st];
	return true;
}

/* One line of /proc/net/edu_tcp_sockets: "10.0.0.1:80 10.0.0.2:40000 ESTABLISHED ...". */
static bool edu_endpoint(const char *line, unsigned int *us, unsigned int *peer,
			 const char **state)
{
	char local[80], remote[80], name[32];
	size_t i;

	if (sscanf(line, " %79s %79s %31s", local, remote, name) != 3 ||
	    !strrchr(local, ':') || !strrchr(remote, ':'))
		return false;
	*us = atoi(strrchr(local, ':') + 1);
	*peer = atoi(strrchr(remote, ':') + 1);
	*state = "?";
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i], name))
			*state = states[i];
	return true;
}

/* Looks through one file for the endpoint with these ports. */
static void find_endpoint(const char *file, unsigned int us, unsigned int peer, const char **found)
{
	FILE *f = fopen(file, "re");
	unsigned int a, b;
	const char *state;
	char line[512];

	if (!f)
		wire_fail("%s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (!(wire_is_linux_tcp() ? linux_endpoint : edu_endpoint)(line, &a, &b, &state))
			continue;
		if (a == us && b == peer)
			*found = state;
	}
	fclose(f);
}

/* The state of the endpoint with these ports; a peer's port of 0: of the listener. */
static const char *endpoint_state(unsigned int us, unsigned int peer)
{
	const char *found = "CLOSED";

	if (!wire_is_linux_tcp()) {
		find_endpoint("/proc/self/net/edu_tcp_sockets", us, peer, &found);
		return found;
	}
	/* What an IPv6 socket has to do with IPv4 may be in either. */
	if (wire.path.family == AF_INET)
		find_endpoint("/proc/self/net/tcp", us, peer, &found);
	if (wire.sockets == AF_INET6)
		find_endpoint("/proc/self/net/tcp6", us, peer, &found);
	return found;
}

const char *wire_state(void)
{
	return endpoint_state(wire.flow->us_port, wire.flow->peer_port);
}

/*
 * The kernel's own TCP has no "ever" column. There an endpoint has been in a state as often as
 * a test saw it enter that state: enough to hold a test's script against its own table.
 */
static long *times_seen(const char *state)
{
	size_t i;

	for (i = 0; wire.seen[i].state && strcmp(wire.seen[i].state, state); i++)
		;
	wire.seen[i].state = state;
	return &wire.seen[i].times;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Looks every @pause ms, for @patience ms. */
static void wait_for_state(unsigned int us, unsigned int peer, const char *name, long patience,
			   long pause)
{
	s64 deadline = wire_now() + patience * 1000;
	const char *state;

	for (;;) {
		state = endpoint_state(us, peer);
		if (!strcmp(state, name))
			break;
		if (wire_now() > deadline)
			wire_fail("our end is in state %s, not %s", state, name);
		sleep_ms(pause);
	}
	wire_note("we are in %s", name);
	++*times_seen(name);
}

void wire_expect_state(const char *name)
{
	wait_for_state(wire.flow->us_port, wire.flow->peer_port, name, WIRE_PATIENCE, 1);
}

void wire_expect_state_after(const char *name, long lo, long hi)
{
	long passed = wire_since_last_segment() / 1000;

	if (passed < lo) {
		sleep_ms(lo - passed);
		passed = lo;
		if (!strcmp(endpoint_state(wire.flow->us_port, wire.flow->peer_port), name))
			wire_fail("less than %ld ms after the segment before it, we are in %s",
				  lo, name);
	}
	wait_for_state(wire.flow->us_port, wire.flow->peer_port, name, hi - passed,
		       (hi - lo) / 20 + 1);
	wire_note("%.3f s after the segment before it", wire_since_last_segment() / 1e6);
}

void wire_expect_listening(void)
{
	wait_for_state(wire.flow->us_port, 0, "LISTEN", WIRE_PATIENCE, 1);
}

/* ---- Counters ---- */

struct counter {
	char name[48];
	long value, ever;		/* a state has both, a counter only a value */
};

static struct counter *marked, *current;
static size_t nr_marked, nr_current;
static u32 sentinels_marked;

static void counter_add(struct counter **list, size_t *nr, const char *name, long value, long ever)
{
	struct counter *c = realloc(*list, (*nr + 1) * sizeof(**list));

	if (!c)
		abort();
	*list = c;
	c += (*nr)++;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->value = value;
	c->ever = ever;
}

/* "Name value" and "STATE now ever"; everything else on the page is for the eye. */
static void read_edu(FILE *f, struct counter **list, size_t *nr)
{
	char line[256], name[48], extra;
	long value, ever;

	while (fgets(line, sizeof(line), f)) {
		int n = sscanf(line, " %47s %ld %ld %c", name, &value, &ever, &extra);

		if (n == 2 || n == 3)
			counter_add(list, nr, name, value, n == 3 ? ever : 0);
	}
}

/* Two lines for each group: the names, and below them the values. */
static void read_snmp(FILE *f, struct counter **list, size_t *nr)
{
	static char names[8192], values[8192];
	static const char blank[] = { ' ', '\n', 0 };

	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		char *a, *b, *name = strtok_r(names, blank, &a), *v = strtok_r(values, blank, &b);

		if (strcmp(name, "Tcp:") && strcmp(name, "TcpExt:"))
			continue;
		while ((name = strtok_r(NULL, blank, &a)) && (v = strtok_r(NULL, blank, &b)))
			counter_add(list, nr, name, atol(v), 0);
	}
}

static void counters_read(struct counter **list, size_t *nr)
{
	static const char * const edu[] = { "/proc/self/net/edu_tcp", NULL };
	static const char * const own[] = { "/proc/self/net/snmp", "/proc/self/net/netstat", NULL };
	const char * const *file = wire_is_linux_tcp() ? own : edu;

	*nr = 0;
	for (; *file; file++) {
		FILE *f = fopen(*file, "re");

		if (!f)
			wire_fail("%s: %s (is the module loaded?)", *file, strerror(errno));
		(wire_is_linux_tcp() ? read_snmp : read_edu)(f, list, nr);
		fclose(f);
	}
}

void counters_mark(void)
{
	memset(wire.seen, 0, sizeof(wire.seen));
	counters_read(&marked, &nr_marked);
	sentinels_marked = wire_sentinels();
}

static const struct counter *find(const struct counter *list, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

void counters_look(void)
{
	counters_read(&current, &nr_current);
}

/* How far @name has come since the mark, in @ever: how often a state was entered. */
static long grown_until_look(const char *name, bool ever)
{
	const struct counter *was, *is;

	is = find(current, nr_current, name);
	if (!is)
		wire_fail("there is no counter %s", name);
	/* a drop reason may show only once it has happened */
	was = find(marked, nr_marked, name);
	return ever ? is->ever - (was ? was->ever : 0) : is->value - (was ? was->value : 0);
}

static long grown(const char *name, bool ever)
{
	counters_look();
	return grown_until_look(name, ever);
}

long dropped(const char *reason)
{
	long n = grown_until_look(reason, false);

	/* an ACK to a closed port is what a sentinel is */
	return strcmp(reason, "NO_SOCKET") ? n : n - (wire_sentinels() - sentinels_marked);
}

void wire_expect_counted(const char *name, long n)
{
	long is = grown(name, false);

	if (is != n)
		wire_fail("%s has grown by %ld, not by %ld", name, is, n);
	wire_note("counted: %s +%ld", name, n);
}

void wire_expect_ever(const char *state, long n)
{
	long is = wire_is_linux_tcp() ? *times_seen(state) : grown(state, true);

	if (is != n)
		wire_fail("%s has been entered %ld times, not %ld", state, is, n);
	wire_note("ever: %s +%ld", state, n);
}

/*
 * Where edu_tcp has a reason of its own for each drop, the kernel's own TCP has at best a counter
 * for several of them.
 */
static const struct {
	const char *reason, *linux_counter;
} linux_drops[] = {
	{ "BAD_CHECKSUM", "InCsumErrors" },
	{ "ACCEPT_QUEUE_FULL", "ListenOverflows" },
	{ "REQUEST_QUEUE_FULL", "TCPReqQFullDrop" },
};

void wire_expect_dropped(const char *reason, long n)
{
	const char *name = reason;
	long is;
	size_t i;

	if (wire_is_linux_tcp()) {
		for (i = 0; i < ARRAY_SIZE(linux_drops); i++)
			if (!strcmp(linux_drops[i].reason, reason))
				break;
		if (i == ARRAY_SIZE(linux_drops)) {
			wire_note("dropped: %s +%ld (not counted by this TCP)", reason, n);
			return;
		}
		name = linux_drops[i].linux_counter;
	}
	is = grown(name, false);
	if (is != n)
		wire_fail("%ld segments have been dropped for %s, not %ld", is, name, n);
	wire_note("dropped: %s +%ld", name, n);
}

void wire_sysctl(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s",
		 wire_is_linux_tcp() ? "ipv4/tcp_" : "edu_tcp/", name);
	if (!netns_write(path, value))
		wire_fail("there is no sysctl %s", path);
	wire_note("sysctl %s = %s", name, value);
}
