// SPDX-License-Identifier: GPL-2.0
/*
 * -n connections are opened over lo, held and closed: how long opening and closing one
 * takes, what both ends need of the machine's memory, and whether anything is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "slabs.h"

#define PORT		8080
#define PER_ADDRESS	10000

static struct options o;

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 20, 1 << 20 };
	static struct slabs before, held, after;
	uint64_t began, opened, closed;
	double free_before, free_held;
	struct seen first, last;
	char text[1000];
	struct grown grown, left;
	struct address at;
	int listener, *fds;
	long i;

	o = parse(argc, argv, (struct options){ .count = 100000 });
	must(setrlimit(RLIMIT_NOFILE, &files));
	fds = calloc(2 * o.count, sizeof(*fds));
	memset(fds, 1, 2 * o.count * sizeof(*fds));
	new_namespace();
	sysctl_set(o.transport->protocol == 253 ? "edu_tcp/max_tw_buckets" :
		   "ipv4/tcp_max_tw_buckets", 4 << 20);
	at = address(&o, "0.0.0.0", PORT);
	listener = open_listener(&o, &at, 64);
	first = look(&o, "lo");
	slabs_read(&before);
	free_before = memory_available();
	began = now();
	for (i = 0; i < o.count; i++) {
		at.v4.sin_addr.s_addr = htonl(0x7f000001 + i / PER_ADDRESS);
		fds[2 * i] = open_socket(&o);
		must(connect(fds[2 * i], &at.any, at.length));
		fds[2 * i + 1] = must(accept(listener, NULL, NULL));
	}
	opened = now() - began;
	slabs_read(&held);
	free_held = memory_available();
	last = look(&o, "lo");
	used(&o, &first, &last, o.count);
	/* The last must be as alive as the first. */
	for (i = 0; i < 2 * o.count; i++)
		if (write(fds[i], "x", 1) != 1 || read(fds[i ^ 1], text, 1) != 1)
			broken("connection %ld does not carry an octet: %m", i / 2);
	began = now();
	for (i = 0; i < 2 * o.count; i++)
		close(fds[i]);
	closed = now() - began;
	close(listener);
	/* So that TIME-WAIT, too, goes. */
	new_namespace();
	slabs_read(&after);
	grown = slabs_compare(&before, &held, 2 * o.count, text, sizeof(text));
	note("%s", text);
	left = slabs_compare(&before, &after, 2 * o.count, text, sizeof(text));
	if (left.own > grown.own / 100)
		broken("%.0f of %.0f octets for each endpoint are left: %s", left.own, grown.own,
		       text);
	say(&o, "connections", (double)o.count, "open_ns", (double)opened / o.count,
	    "close_ns", (double)closed / o.count, "own_bytes", grown.own, "all_bytes", grown.all,
	    "memory_bytes", (free_before - free_held) / (2 * o.count),
	    "left_bytes", left.own, NULL);
	return 0;
}
