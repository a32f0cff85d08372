// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs, each from another host and port, which SYN cookies answer.
 *     flood                   how many one CPU answers in a second: a SYN is written
 *                             to a TUN device, its SYN,ACK read; with -p icmp the
 *                             same of echo requests, as the floor
 *     flood honest PERCENT    clients that come over lo to the flooded listener: how
 *                             many get in, and in which time, first without a flood,
 *                             then under PERCENT of what was answered just before
 *     flood churn SECONDS     as many SYNs and as many clients as the CPUs manage for so
 *                             long, then quiet for longer than 2MSL: what is left in memory
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "slabs.h"
#include "tun.h"

#define PORT	8080
#define PACKETS	4096	/* written again and again: nobody keeps them */
#define WARM	500
#define QUIET	70	/* seconds: 2MSL, and some */

static struct options o;
static struct packet packets[PACKETS];
static int tun;

static bool is_icmp(void)
{
	return o.transport->protocol == IPPROTO_ICMP;
}

static void prepare(void)
{
	int i;

	for (i = 0; i < PACKETS; i++) {
		if (is_icmp())
			tun_echo(&o, &packets[i], i, i);
		else
			tun_syn(&o, &packets[i], i, 1024 + i * 7, PORT);
	}
}

static void cookies_on(void)
{
	if (is_icmp())
		return;
	if (sysctl_set(o.transport->protocol == IPPROTO_TCP ? "ipv4/tcp_syncookies" :
		       "edu_tcp/syncookies", 2))
		absent("%s has no SYN cookies", o.transport->name);
}

static long cookies_sent(void)
{
	return is_icmp() ? 0 : extended(&o, "SyncookiesSent");
}

/* Nanoseconds for each that was answered; @unanswered of @n were not. */
static double answered(long n, long *unanswered)
{
	uint64_t began;
	long i;

	*unanswered = 0;
	began = now();
	for (i = 0; i < n; i++) {
		jitter(&o);
		tun_write(tun, &packets[i % PACKETS]);
		*unanswered += !tun_answer(&o, tun);
		if (*unanswered > 10)
			broken("%ld of %ld are not answered", *unanswered, i + 1);
	}
	return (double)(now() - began) / (n - *unanswered);
}

static void capacity(void)
{
	long unanswered, cookies;
	double each;

	answered(WARM, &unanswered);
	cookies = cookies_sent();
	each = answered(o.count, &unanswered);
	cookies = cookies_sent() - cookies;
	if (!is_icmp() && cookies != o.count)
		broken("%ld SYNs, and %ld cookies", o.count, cookies);
	say(&o, "per_second", 1e9 / each, "ns_each", each, "unanswered", (double)unanswered, NULL);
}

static atomic_bool enough;
static atomic_long written, came;

static void *flood(void *arg)
{
	double each = *(double *)arg;
	uint64_t next = now();
	long i;

	pin(0);
	/* The timer's slack is longer than a SYN takes. */
	must(prctl(PR_SET_TIMERSLACK, 1));
	for (i = 0; !enough; i++) {
		uint64_t due = next + i * each;
		struct timespec t = { due / 1000000000, due % 1000000000 };

		if (now() < due)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		tun_write(tun, &packets[i % PACKETS]);
		came += tun_answers(&o, tun);
		written++;
	}
	return NULL;
}

/* One honest client: connects, says something and is answered. @took: its connect(). */
static bool honest(int listener, const struct address *at, uint64_t *took)
{
	struct timeval patience = { .tv_sec = 10 };
	int client = open_socket(&o), server = -1;
	uint64_t began;
	bool in = false;
	char c = 'x';

	must(setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
	must(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	began = now();
	if (connect(client, &at->any, at->length))
		goto out;
	*took = now() - began;
	server = accept(listener, NULL, NULL);
	if (server < 0)
		goto out;
	in = write(client, &c, 1) == 1 && read(server, &c, 1) == 1 &&
	     write(server, &c, 1) == 1 && read(client, &c, 1) == 1;
	close(server);
out:
	close(client);
	return in;
}

/* @n clients, one each 2 ms; returns how many got in. */
static long crowd(int listener, long n, uint64_t *took)
{
	struct address at = address(&o, NULL, PORT);
	long i, in = 0;

	for (i = 0; i < n; i++) {
		took[in] = 0;
		in += honest(listener, &at, &took[in]);
		usleep(2000);
	}
	return in;
}

static void honest_clients(int listener, double percent)
{
	struct timeval patience = { .tv_sec = 10 };
	uint64_t *took = calloc(o.count + 1, sizeof(*took)), quiet[2], flooded[2], began;
	long in, in_flood, unanswered;
	pthread_t thread;
	double each;

	must(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	pin(1);
	crowd(listener, 20, took);
	in = crowd(listener, o.count, took);
	if (in != o.count)
		broken("%ld of %ld clients got in, without a flood", in, o.count);
	quiet[0] = quantile(took, in, 500);
	quiet[1] = quantile(took, in, 990);
	answered(WARM, &unanswered);
	each = answered(3000, &unanswered) * 100 / percent;
	began = now();
	if (pthread_create(&thread, NULL, flood, &each))
		broken("pthread_create");
	in_flood = crowd(listener, o.count, took);
	enough = true;
	pthread_join(thread, NULL);
	began = now() - began;
	flooded[0] = quantile(took, in_flood, 500);
	flooded[1] = quantile(took, in_flood, 990);
	say(&o, "in_percent", in_flood * 100. / o.count,
	    "quiet_p50_ns", (double)quiet[0], "quiet_p99_ns", (double)quiet[1],
	    "flood_p50_ns", (double)flooded[0], "flood_p99_ns", (double)flooded[1],
	    "p99_against_quiet", (double)flooded[1] / quiet[1],
	    "syns_per_second", written * 1e9 / began,
	    "answered_percent", came * 100. / written, NULL);
}

/* The first of all that comes and goes leaves caches behind, so something has gone before. */
static void churn(int listener, long seconds)
{
	static struct slabs before, after;
	struct address at = address(&o, NULL, PORT);
	uint64_t took[21], until;
	double free_before, each = 0;
	long in = 0, all = 0;
	pthread_t thread;
	struct grown left;
	char text[1000];

	pin(1);
	crowd(listener, 20, took);
	sleep(QUIET);
	slabs_read(&before);
	free_before = memory_available();
	if (pthread_create(&thread, NULL, flood, &each))
		broken("pthread_create");
	for (until = now() + seconds * 1000000000ull; now() < until; all++)
		in += honest(listener, &at, took);
	enough = true;
	pthread_join(thread, NULL);
	if (in != all)
		broken("%ld of %ld clients got in", in, all);
	sleep(QUIET);
	slabs_read(&after);
	left = slabs_compare(&before, &after, 1, text, sizeof(text));
	note("%s", text);
	say(&o, "seconds", (double)seconds, "syns", (double)written, "connections", (double)in,
	    "left_bytes", left.own, "memory_bytes", free_before - memory_available(), NULL);
}

int main(int argc, char **argv)
{
	struct address at;
	int listener = -1;

	o = parse(argc, argv, (struct options){ .count = 20000 });
	new_namespace();
	cookies_on();
	tun = tun_open(&o);
	prepare();
	if (!is_icmp()) {
		at = address(&o, o.family == AF_INET6 ? "::" : "0.0.0.0", PORT);
		listener = open_listener(&o, &at, 1024);
	}
	if (!o.rest[0]) {
		pin(0);
		capacity();
	} else if (!strcmp(o.rest[0], "churn") && o.rest[1]) {
		churn(listener, atol(o.rest[1]));
	} else if (!strcmp(o.rest[0], "honest") && o.rest[1]) {
		honest_clients(listener, atof(o.rest[1]));
	} else {
		broken("flood [honest PERCENT | churn SECONDS], not '%s'", o.rest[0]);
	}
	return 0;
}
