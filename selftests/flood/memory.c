// SPDX-License-Identifier: GPL-2.0
/* What a flood costs: objects in the transport's own slabs, and octets of text. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

#include "flood.h"

#define SLAB "/sys/kernel/slab/"

/* A slab that others share is never quite still. */
#define NOISE	64

static bool shared;

static long slab_number(const char *name, const char *file)
{
	char path[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), SLAB "%s/%s", name, file);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%ld", &n) != 1)
		found("%s: %s", path, strerror(errno));
	fclose(f);
	return n;
}

/* What CPUs keep for themselves counts as used, until they give it back. */
static void slab_shrink(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), SLAB "%s/shrink", name);
	if (!netns_write(path, "1"))
		found("there is no slab %s", name);
}

long slab_objects(const char *name)
{
	slab_shrink(name);
	shared |= slab_number(name, "aliases") > 0;
	return slab_number(name, "objects");
}

struct memory memory_now(void)
{
	bool linux_tcp = wire_is_linux_tcp();

	return (struct memory){
		.requests = slab_objects(linux_tcp ? "request_sock_TCP" : "edu_tcp_request") +
			    slab_objects(linux_tcp ? "request_sock_TCPv6" : "edu_tcp_request6"),
		.time_waits = slab_objects(linux_tcp ? "tw_sock_TCP" : "edu_tcp_time_wait") +
			      slab_objects(linux_tcp ? "tw_sock_TCPv6" : "edu_tcp_time_wait6"),
		.sockets = slab_objects(linux_tcp ? "TCP" : "EDU_TCP") +
			   slab_objects(linux_tcp ? "TCPv6" : "EDU_TCPv6"),
		.octets = linux_tcp ? 0 : protocol_memory(),
	};
}

/* A connection that has sent and received has some octets set aside for both. */
#define SET_ASIDE	(2 * 4096)

static bool within(const struct memory *now, const struct memory *before, long requests,
		   long connections)
{
	long noise = shared ? NOISE : 0;

	return now->requests <= before->requests + requests + noise &&
	       now->time_waits <= before->time_waits + noise &&
	       now->sockets <= before->sockets + connections &&
	       now->octets <= before->octets + connections * SET_ASIDE;
}

/* net.edu_tcp.mem[0], which only the first namespace has: below it nobody is asked to save. */
static long octets_limit(void)
{
	int first = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	long pages = 0;
	FILE *f;

	netns_enter(first);
	f = open_file("/proc/sys/net/edu_tcp/mem");
	if (fscanf(f, "%ld", &pages) != 1)
		found("net.edu_tcp.mem has no number");
	fclose(f);
	netns_enter(wire.netns);
	close(first);
	return pages * 4096;
}

static const char *print(const struct memory *m)
{
	static char text[2][128];
	static int turn;
	char *out = text[turn++ % 2];

	snprintf(out, sizeof(text[0]), "requests %ld, TIME-WAITs %ld, sockets %ld, octets %ld",
		 m->requests, m->time_waits, m->sockets, m->octets);
	return out;
}

void memory_is_flat(const struct memory *before, long requests, long connections)
{
	s64 deadline = wire_now() + WIRE_PATIENCE * 1000LL;
	struct memory now = memory_now();

	while (!within(&now, before, requests, connections)) {
		if (wire_now() > deadline)
			found("before: %s; now, with %ld requests and %ld connections more: %s",
			      print(before), requests, connections, print(&now));
		usleep(10000);
		now = memory_now();
	}
	if (!wire_is_linux_tcp() && now.octets >= octets_limit())
		found("%ld octets are in use, and the limit is %ld", now.octets, octets_limit());
}

void memory_is_back(const struct memory *before)
{
	memory_is_flat(before, 0, 0);
}
