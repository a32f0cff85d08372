// SPDX-License-Identifier: GPL-2.0
/*
 * Connect, accept, close, over lo: cycles per second with -t threads. Each thread
 * has a listener and is both ends, so that nothing waits for a scheduler. The client
 * closes first; its TIME-WAITs stay, in a namespace that has ports for all of them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static struct options o;
static pthread_barrier_t start;

struct thread {
	pthread_t id;
	int number;
	uint64_t *took;
	uint64_t began;
	uint64_t ended;
};

static void *go(void *arg)
{
	struct thread *t = arg;
	struct address at = address(&o, NULL, 0);
	int listener = open_listener(&o, &at, 64);
	uint64_t before, after;
	long i;

	pin(t->number);
	for (i = 0; i < 20; i++)
		cycle(&o, listener, &at);
	pthread_barrier_wait(&start);
	before = now();
	t->began = before;
	for (i = 0; i < o.count; i++, before = after) {
		jitter(&o);
		cycle(&o, listener, &at);
		after = now();
		t->took[i] = after - before;
	}
	t->ended = before;
	pthread_barrier_wait(&start);
	close(listener);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t began = ~0ull, ended = 0, *all;
	struct seen before, after;
	struct thread *threads;
	int i;

	o = parse(argc, argv, (struct options){ .count = 2000, .threads = 1 });
	new_namespace();
	pthread_barrier_init(&start, NULL, o.threads);
	threads = calloc(o.threads, sizeof(*threads));
	all = calloc(o.threads * o.count, sizeof(*all));
	before = look(&o, "lo");
	for (i = 0; i < o.threads; i++) {
		threads[i].number = i;
		threads[i].took = all + i * o.count;
		if (pthread_create(&threads[i].id, NULL, go, &threads[i]))
			broken("pthread_create");
	}
	for (i = 0; i < o.threads; i++) {
		pthread_join(threads[i].id, NULL);
		began = threads[i].began < began ? threads[i].began : began;
		ended = threads[i].ended > ended ? threads[i].ended : ended;
	}
	after = look(&o, "lo");
	used(&o, &before, &after, o.threads * (o.count + 20));
	say(&o, "per_second", o.threads * o.count * 1e9 / (ended - began),
	    "ns_each", (double)(ended - began) / (o.threads * o.count),
	    "p50_ns", (double)quantile(all, o.threads * o.count, 500),
	    "p99_ns", (double)quantile(all, o.threads * o.count, 990),
	    "packets_each", (double)(after.packets - before.packets) /
			    (o.threads * (o.count + 20)), NULL);
	return 0;
}
