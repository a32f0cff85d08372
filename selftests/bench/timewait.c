// SPDX-License-Identifier: GPL-2.0
/*
 * How fast connections come and go while others wait in TIME-WAIT:
 *     timewait LEVEL...    so many of them, which are made first, from low to high
 * At each level there are -t rounds of -n cycles, in turns with such of AF_UNIX: a
 * busy host is slow for both, so that levels are compared by how much faster AF_UNIX
 * was. A round has a server's address of its own: to one that has seen ten thousand
 * others in this 2MSL, connect() would only look for a port.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define PORT		8080
#define PER_ADDRESS	5000	/* of the 14,000 ports that connect() prefers */
#define FILLERS		2
#define TURN		50	/* cycles: some 20 ms */
#define UNIX		4	/* as many times AF_UNIX, which is that much faster or more */

static struct options o, local;

/* The server's addresses are many: a client has not enough ports for one. */
static struct address next_address(int port)
{
	static atomic_uint last = 0x7f000100;
	struct address a = address(&o, NULL, port);

	a.v4.sin_addr.s_addr = htonl(++last);
	return a;
}

static uint64_t cycles(const struct options *of, int listener, const struct address *at, long n)
{
	uint64_t began = now();

	while (n--)
		cycle(of, listener, at);
	return now() - began;
}

struct end {
	struct address at;
	int listener;
	uint64_t took;
};

/* -n cycles to @far, and so many times more to @near. */
static void measure(struct end *far, struct end *near)
{
	long left, n;

	far->at = next_address(PORT + FILLERS);
	far->took = 0;
	near->took = 0;
	for (left = o.count; left; left -= n) {
		n = left < TURN ? left : TURN;
		far->took += cycles(&o, far->listener, &far->at, n);
		near->took += cycles(&local, near->listener, &near->at, n * UNIX);
	}
}

static long waiting(void)
{
	static char text[32768];
	long n;

	if (o.transport->protocol == 253)
		return extended(&o, "TIME-WAIT");
	read_file("/proc/thread-self/net/sockstat", text, sizeof(text));
	if (sscanf(text, "%*[^\n] TCP: inuse %*d orphan %*d tw %ld", &n) != 1)
		broken("no TCP in /proc/net/sockstat");
	return n;
}

struct filler {
	pthread_t id;
	int listener;
	int number;
	long count;
};

static void *fill(void *arg)
{
	struct filler *f = arg;
	struct address at;
	long i;

	pin(f->number);
	for (i = 0; i < f->count; i++) {
		if (i % PER_ADDRESS == 0)
			at = next_address(PORT + f->number);
		cycle(&o, f->listener, &at);
	}
	return NULL;
}

/* Until @level wait; returns how long it took. */
static uint64_t fill_to(long level)
{
	static struct filler fillers[FILLERS];
	uint64_t began = now();
	long part;
	int i;

	part = (level - waiting()) / FILLERS;
	for (i = 0; i < FILLERS && part > 0; i++) {
		struct address at = address(&o, "0.0.0.0", PORT + i);

		if (!fillers[i].listener)
			fillers[i].listener = open_listener(&o, &at, 64);
		fillers[i].number = i;
		fillers[i].count = part;
		if (pthread_create(&fillers[i].id, NULL, fill, &fillers[i]))
			broken("pthread_create");
	}
	for (i = 0; i < FILLERS && part > 0; i++)
		pthread_join(fillers[i].id, NULL);
	return now() - began;
}

int main(int argc, char **argv)
{
	struct end far = { }, near = { };
	uint64_t filled;
	long level, n;
	int i;

	o = parse(argc, argv, (struct options){ .count = 500, .threads = 5 });
	if (o.family != AF_INET)
		broken("IPv4 alone: ::1 is a single address");
	local = o;
	local.transport = find_transport("unix");
	new_namespace();
	/* As many as wait are to wait on. */
	if (o.transport->protocol == 253) {
		sysctl_set("edu_tcp/max_tw_buckets", 1 << 22);
		sysctl_set("edu_tcp/tw_reuse", 0);
	} else {
		sysctl_set("ipv4/tcp_max_tw_buckets", 1 << 22);
		sysctl_set("ipv4/tcp_tw_reuse", 0);
	}
	far.at = address(&o, "0.0.0.0", PORT + FILLERS);
	far.listener = open_listener(&o, &far.at, 64);
	near.listener = open_listener(&local, &near.at, 64);
	pin(0);
	measure(&far, &near);
	while (*o.rest) {
		level = atol(*o.rest++);
		filled = fill_to(level);
		pin(0);
		n = waiting();
		for (i = 0; i < o.threads; i++) {
			measure(&far, &near);
			if (waiting() < level)
				broken("of %ld in TIME-WAIT %ld are left", n, waiting());
			say(&o, "level", (double)level, "waiting", (double)n,
			    "fill_seconds", filled / 1e9,
			    "per_second", o.count * 1e9 / far.took,
			    "unix_per_second", o.count * UNIX * 1e9 / near.took, NULL);
		}
		fflush(stdout);
	}
	return 0;
}
