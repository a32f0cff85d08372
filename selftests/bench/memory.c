// SPDX-License-Identifier: GPL-2.0
/*
 * What an endpoint costs in the kernel's slabs, for -n of them:
 *     memory half-open     SYNs came through a TUN device and were answered
 *     memory established   both ends of connections over lo, idle; the mean of both
 *     memory time-wait     what closing these leaves at the end that closed first
 * The kernel must run with slab_nomerge, or slabs of one size go by one name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "slabs.h"
#include "tun.h"

#define PORT	8080

static struct options o;
static struct slabs before, after;

static void tell(long endpoints)
{
	char text[1000];
	struct grown grown = slabs_compare(&before, &after, endpoints, text, sizeof(text));

	if (grown.own < 1)
		broken("no slab of its own grew: %s", text);
	note("%s", text);
	say(&o, "own_bytes", grown.own, "all_bytes", grown.all, NULL);
}

static void half_open(void)
{
	int tun = tun_open(&o);
	struct packet p;
	long i;

	slabs_read(&before);
	for (i = 0; i < o.count; i++) {
		tun_syn(&o, &p, i % 60000, 1024 + i / 60000, PORT);
		tun_write(tun, &p);
		if (!tun_answer(&o, tun))
			broken("SYN %ld is not answered", i);
	}
	slabs_read(&after);
	tell(o.count);
}

/* Both ends of -n connections, that the other measures begin with. */
static void open_all(int listener, int *fds)
{
	struct address at = address(&o, NULL, PORT);
	long i;

	for (i = 0; i < o.count; i++) {
		fds[2 * i] = open_socket(&o);
		must(connect(fds[2 * i], &at.any, at.length));
		fds[2 * i + 1] = must(accept(listener, NULL, NULL));
	}
}

static void established(int listener)
{
	int *fds = calloc(2 * o.count, sizeof(*fds));

	slabs_read(&before);
	open_all(listener, fds);
	slabs_read(&after);
	tell(2 * o.count);
}

static void time_wait(int listener)
{
	int *fds = calloc(2 * o.count, sizeof(*fds));
	long i;

	slabs_read(&before);
	open_all(listener, fds);
	for (i = 0; i < 2 * o.count; i++)
		close(fds[i]);
	slabs_read(&after);
	tell(o.count);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 20, 1 << 20 };
	struct address at;
	int listener;

	o = parse(argc, argv, (struct options){ .count = 3000 });
	if (!o.rest[0])
		broken("memory of what?");
	must(setrlimit(RLIMIT_NOFILE, &files));
	new_namespace();
	if (o.transport->protocol == 253) {
		sysctl_set("edu_tcp/max_syn_backlog", 2 * o.count);
		sysctl_set("edu_tcp/syncookies", 0);
	} else {
		sysctl_set("ipv4/tcp_max_syn_backlog", 2 * o.count);
		sysctl_set("ipv4/tcp_syncookies", 0);
	}
	sysctl_set("core/somaxconn", 2 * o.count);
	at = address(&o, o.family == AF_INET6 ? "::" : "0.0.0.0", PORT);
	listener = open_listener(&o, &at, 2 * o.count);
	if (!strcmp(o.rest[0], "half-open"))
		half_open();
	else if (!strcmp(o.rest[0], "established"))
		established(listener);
	else if (!strcmp(o.rest[0], "time-wait"))
		time_wait(listener);
	else
		broken("memory of %s?", o.rest[0]);
	return 0;
}
