// SPDX-License-Identifier: GPL-2.0
/*
 * One octet there and back, over lo: round trips per second, and how long the
 * median one and the slowest of a hundred takes. With -t 1 one thread is both ends,
 * and no scheduler is in the way; with -t 2 they are two, on two CPUs where there are
 * two. UDP and AF_UNIX show what is not the transport.
 */
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define WARM	50

static struct options o;
static int server = -1;

static void one(ssize_t n, const char *what)
{
	if (n != 1)
		broken("%s returned %zd: %m", what, n);
}

static void answer(void)
{
	char c;

	one(recv(server, &c, 1, 0), "the server's recv()");
	one(send(server, &c, 1, 0), "the server's send()");
}

static void *serve(void *arg)
{
	long i;

	pin(1);
	for (i = 0; i < o.count + WARM; i++)
		answer();
	return NULL;
}

static void at_once(int fd)
{
	int on = 1, protocol = o.transport->protocol;

	if (protocol == IPPROTO_TCP || protocol == 253)
		must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	else if (protocol == IPPROTO_SCTP)
		must(setsockopt(fd, IPPROTO_SCTP, 3 /* SCTP_NODELAY */, &on, sizeof(on)));
}

int main(int argc, char **argv)
{
	uint64_t *took, before, after, began = 0;
	struct seen first = { }, last;
	struct address at, from;
	int client, listener;
	pthread_t thread;
	char c = 'x', back;
	long i;

	o = parse(argc, argv, (struct options){ .count = 10000, .threads = 1 });
	new_namespace();
	at = address(&o, NULL, 0);
	listener = open_listener(&o, &at, 8);
	first = look(&o, "lo");
	client = open_socket(&o);
	must(connect(client, &at.any, at.length));
	if (o.transport->type == SOCK_DGRAM) {
		server = listener;
		from.length = sizeof(from.v6);
		must(getsockname(client, &from.any, &from.length));
		must(connect(server, &from.any, from.length));
	} else {
		server = must(accept(listener, NULL, NULL));
		at_once(server);
	}
	at_once(client);
	pin(0);
	if (o.threads > 1 && pthread_create(&thread, NULL, serve, NULL))
		broken("pthread_create");
	took = calloc(o.count, sizeof(*took));
	last = look(&o, "lo");
	used(&o, &first, &last, 1);
	for (i = -WARM; i < o.count; i++) {
		if (!i)
			first = look(&o, "lo");
		jitter(&o);
		before = now();
		if (!i)
			began = before;
		one(send(client, &c, 1, 0), "send()");
		if (o.threads == 1)
			answer();
		one(recv(client, &back, 1, 0), "recv()");
		after = now();
		if (back != c)
			broken("another octet came back");
		if (i >= 0)
			took[i] = after - before;
		c++;
	}
	after = now();
	last = look(&o, "lo");
	if (o.threads > 1)
		pthread_join(thread, NULL);
	say(&o, "per_second", o.count * 1e9 / (after - began),
	    "ns_each", (double)(after - began) / o.count,
	    "p50_ns", (double)quantile(took, o.count, 500),
	    "p99_ns", (double)quantile(took, o.count, 990),
	    "packets_each", (double)(last.packets - first.packets) / o.count, NULL);
	return 0;
}
