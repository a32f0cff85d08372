// SPDX-License-Identifier: GPL-2.0
/*
 * As many octets as -n says, by writes of -s octets, from one thread to another:
 *     bulk            over lo
 *     bulk on|off     over veth between two namespaces, MTU 1500, with the offloads
 *                     of segments (TSO, GSO, GRO) on or off
 * Packets are what the devices transmitted: with offloads one may be many segments.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define PEER	"bench-peer"

static struct options o;
static int server = -1;
static long got;

static void *drain(void *arg)
{
	static char buffer[262144];
	ssize_t n;

	pin(1);
	while ((n = must(read(server, buffer, sizeof(buffer)))))
		got += n;
	return NULL;
}

static int here = -1, there = -1;

static void enter(int ns)
{
	if (ns >= 0)
		must(setns(ns, CLONE_NEWNET));
}

/* us (10.9.0.1) --- wire ---- wire --- bench-peer (10.9.0.2) */
static void two_namespaces(const char *offloads)
{
	run("ip netns del " PEER " 2>/dev/null; ip netns add " PEER);
	run("ip link add wire mtu 1500 type veth peer name wire mtu 1500 netns " PEER);
	run("ip addr add 10.9.0.1/24 dev wire && ip link set wire up");
	run("ip -n " PEER " addr add 10.9.0.2/24 dev wire && ip -n " PEER " link set wire up");
	run("ethtool -K wire tso %s gso %s gro %s", offloads, offloads, offloads);
	run("ip netns exec " PEER " ethtool -K wire tso %s gso %s gro %s", offloads, offloads,
	    offloads);
	here = must(open("/proc/thread-self/ns/net", O_RDONLY));
	there = must(open("/run/netns/" PEER, O_RDONLY));
}

static uint64_t transfer(int client, uint64_t *idled)
{
	char *buffer = malloc(o.size);
	uint64_t began, slept;
	pthread_t thread;
	long left;
	ssize_t n;

	memset(buffer, 'x', o.size);
	pin(0);
	slept = idle();
	began = now();
	if (pthread_create(&thread, NULL, drain, NULL))
		broken("pthread_create");
	for (left = o.count; left > 0; left -= n) {
		jitter(&o);
		n = must(write(client, buffer, left < o.size ? left : o.size));
	}
	/* SCTP knows no half-close; its close() delivers what was written. */
	must(close(client));
	pthread_join(thread, NULL);
	began = now() - began;
	*idled = idle() - slept;
	if (got != o.count)
		broken("%ld octets were sent, and %ld came", o.count, got);
	free(buffer);
	return began;
}

int main(int argc, char **argv)
{
	struct seen first, last, peer_first, peer_last = { };
	const char *device = "lo", *peer_address = NULL;
	int client, listener;
	uint64_t took, idled;
	struct address at;

	o = parse(argc, argv, (struct options){ .count = 64 << 20, .size = 65536 });
	if (o.transport->type != SOCK_STREAM)
		absent("%s carries no stream of octets", o.transport->name);
	new_namespace();
	if (o.rest[0]) {
		two_namespaces(o.rest[0]);
		device = "wire";
		peer_address = "10.9.0.2";
	}
	enter(there);
	at = address(&o, peer_address, 5001);
	listener = open_listener(&o, &at, 1);
	peer_first = look(&o, device);
	enter(here);
	first = look(&o, device);
	client = open_socket(&o);
	must(connect(client, &at.any, at.length));
	server = must(accept(listener, NULL, NULL));
	took = transfer(client, &idled);
	last = look(&o, device);
	enter(there);
	peer_last = look(&o, device);
	used(&o, &peer_first, &peer_last, 1);
	if (o.rest[0])
		run("ip netns del " PEER);
	say(&o, "bytes_per_second", o.count * 1e9 / took, "ns_per_byte", (double)took / o.count,
	    "idle_ns_per_byte", (double)idled / o.count,
	    "packets_per_mib", (last.packets - first.packets) * 1048576. / o.count,
	    "packets_back_per_mib", !o.rest[0] ? 0 :
	    (peer_last.packets - peer_first.packets) * 1048576. / o.count, NULL);
	return 0;
}
