// SPDX-License-Identifier: GPL-2.0
/*
 * end FILE.ko: what a flood came to ends in the middle of it, the network namespace or the module
 * with all that is half open and in TIME-WAIT, and nothing is left.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fixture.h"
#include "flood.h"

#define NAME		"edu_tcp"
#define HALF_OPEN	500
#define TIME_WAIT	100
#define ROUNDS		3

static const char *file = "/proc/self/exe";

/* Who is still known here when the flood comes: requests, and TIME-WAITs. */
static struct stranger half_open[HALF_OPEN], waiting[TIME_WAIT];

static void known_strangers(void)
{
	int i, fd;

	sysctl("max_syn_backlog", "100000");
	app_listen(4096);
	for (i = 0; i < TIME_WAIT; i++) {
		waiting[i] = stranger_knocks(i);
		fd = stranger_enters(&waiting[i], 100);
		stranger_talks(&waiting[i], fd, 100);
		stranger_leaves_time_wait(&waiting[i], fd);
	}
	for (i = 0; i < HALF_OPEN; i++)
		half_open[i] = stranger_knocks(i);
	counters_read();
	check(counter("SYN-RECEIVED") == HALF_OPEN && counter("TIME-WAIT") == TIME_WAIT,
	      "there are %ld in SYN-RECEIVED and %ld in TIME-WAIT, not %d and %d",
	      counter("SYN-RECEIVED"), counter("TIME-WAIT"), HALF_OPEN, TIME_WAIT);
}

/* The flood does not look at what comes back. */
static void __noreturn flood_for_ever(void)
{
	unsigned int n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (n = 0;; n++) {
		struct stranger new = stranger_new(n);

		stranger_sends(&new, SYN, 0);
		/* SYNs again, and ACKs that make connections as long as somebody listens */
		stranger_sends_seg(&half_open[n % HALF_OPEN], SEG(SYN),
				   half_open[n % HALF_OPEN].iss, 0);
		if (n % 8 == 7)
			stranger_sends_ack_of(&half_open[n / 8 % HALF_OPEN],
					      half_open[n / 8 % HALF_OPEN].us_nxt);
		stranger_sends_seg(&waiting[n % TIME_WAIT], SEG(FIN | ACK),
				   waiting[n % TIME_WAIT].nxt - 1, waiting[n % TIME_WAIT].us_nxt);
		ignore_answers();
	}
}

static void flood_ends(pid_t pid)
{
	int status;

	check(!kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid, "kill: %m");
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	      "the flood came to an end by itself: status %#x", status);
}

/* ---- The namespace ---- */

/* The kernel frees them in the background. */
static long namespaces(void)
{
	return slab_objects("net_namespace");
}

static void namespaces_become(long n)
{
	s64 deadline = wire_now() + WIRE_PATIENCE * 1000LL;
	long now;

	while ((now = namespaces()) != n) {
		check(wire_now() < deadline, "there are %ld namespaces, not %ld", now, n);
		usleep(10000);
	}
}

/*
 * Those of other tests are gone when for a second none has gone; but since Linux 6.13 the last
 * one stays in memory until the next one goes, so one more goes first.
 */
static long namespaces_settle(void)
{
	long before, now;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWNET));
	check(waitpid(pid, NULL, 0) == pid, "fork: %m");
	now = namespaces();
	do {
		before = now;
		usleep(1000000);
		now = namespaces();
	} while (now != before);
	return now;
}

TEST_F_TIMEOUT(wire, a_namespace_goes_in_a_flood_and_leaves_nothing, 1000)
{
	struct memory before;
	int ready[2], i;
	long others;
	pid_t pid;
	char byte;

	flood_begin();
	others = namespaces_settle();
	before = memory_now();
	for (i = 0; i < ROUNDS; i++) {
		check(!pipe(ready), "pipe: %m");
		pid = fork();
		check(pid >= 0, "fork: %m");
		if (!pid) {
			wire_begin(variant->family, variant->sockets);
			flood_begin();
			known_strangers();
			check(write(ready[1], "x", 1) == 1, "pipe: %m");
			flood_for_ever();
		}
		close(ready[1]);
		check(read(ready[0], &byte, 1) == 1, "no namespace was flooded");
		close(ready[0]);
		/* each round at another moment */
		usleep(20000 + 3333 * i);
		check(namespaces() == others + 1, "there are %ld namespaces, not %ld",
		      namespaces(), others + 1);
		check(memory_now().requests >= before.requests + HALF_OPEN,
		      "the flood opens no requests");
		flood_ends(pid);
		namespaces_become(others);
		memory_is_back(&before);
	}
}

/* ---- The module ---- */

static void load(void)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	check(fd >= 0 && !syscall(SYS_finit_module, fd, "", 0), "insmod %s: %m", file);
	close(fd);
}

/* Sockets that are closed are freed after a grace period. */
static void unload_soon(void)
{
	s64 deadline = wire_now() + WIRE_PATIENCE * 1000LL;

	while (syscall(SYS_delete_module, NAME, O_NONBLOCK)) {
		check(errno == EWOULDBLOCK && wire_now() < deadline, "rmmod: %m");
		usleep(1000);
	}
}

static void is_forgotten(const char *name)
{
	char line[512];
	FILE *f = open_file(name);

	while (fgets(line, sizeof(line), f))
		check(!strcasestr(line, NAME), "the module is gone, and %s still has: %s", name,
		      line);
	fclose(f);
}

TEST_F_TIMEOUT(wire, the_module_goes_in_a_flood_and_leaves_nothing, 1000)
{
	long requests, time_waits;
	pid_t pid;
	int i;

	flood_begin();
	for (i = 0; i < ROUNDS; i++) {
		known_strangers();
		check(syscall(SYS_delete_module, NAME, O_NONBLOCK) && errno == EWOULDBLOCK,
		      "rmmod with a listener: %m");
		app_close_listener();
		/* this one has no sockets */
		pid = fork();
		if (!pid)
			flood_for_ever();
		usleep(1000 + 3333 * i);
		counters_read();
		requests = counter("SYN-RECEIVED");
		time_waits = counter("TIME-WAIT");
		unload_soon();
		check(access("/proc/net/" NAME, F_OK), "the module is gone, its file is not");
		is_forgotten("/proc/modules");
		is_forgotten("/proc/net/protocols");
		is_forgotten("/proc/slabinfo");
		check(socket(wire.sockets, SOCK_STREAM, wire.path.proto) < 0 &&
		      errno == EPROTONOSUPPORT, "socket() without the module: %m");
		/* segments for nobody, and then for who comes back in the middle of them */
		usleep(1000);
		load();
		usleep(1000);
		flood_ends(pid);
		ignore_answers();
		printf("# %ld half-open and %ld in TIME-WAIT went with it\n", requests, time_waits);
		check(time_waits == TIME_WAIT, "%ld were in TIME-WAIT, not %d", time_waits,
		      TIME_WAIT);
	}
	known_strangers();
	app_close_listener();
	counters_mark();
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: end FILE.ko [HARNESS'S ARGUMENT...]\n");
		return 2;
	}
	file = argv[1];
	argv[1] = argv[0];
	return test_harness_run(argc - 1, argv + 1);
}
