// SPDX-License-Identifier: GPL-2.0
/*
 * module FILE.ko: a namespace, and the module itself, for which there is no memory. The kernel has
 * hundreds of allocations of its own in these calls. edu_tcp's come last when a namespace is made,
 * and between those of a module that refuses to be loaded and the last when it is loaded.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "fixture.h"

#define NAME	"edu_tcp"
/* Which of edu_tcp's next calls of alloc_percpu() fails: see refusals.c. */
#define PERCPU	"/sys/module/refusals/parameters/percpu"

static const char *file = "/proc/self/exe";

static long load(const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), error;
	long ret = syscall(SYS_finit_module, fd, parameters, 0);

	error = errno;
	close(fd);
	errno = error;
	return ret;
}

static long unload(void)
{
	return syscall(SYS_delete_module, NAME, O_NONBLOCK);
}

/* The namespaces of other tests may be on their way out. */
static void unload_soon(void)
{
	s64 end = wire_now() + WIRE_PATIENCE * 1000LL;

	while (unload()) {
		check(wire_now() < end, "rmmod: %s", strerror(errno));
		usleep(10000);
	}
}

static bool is_loaded(void)
{
	return !access("/proc/net/" NAME, F_OK);
}

static void fail_percpu(int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	check(netns_write(PERCPU, text), "refusals.ko is not loaded");
}

static bool percpu_happened(void)
{
	char text[16] = "";
	int fd = open(PERCPU, O_RDONLY | O_CLOEXEC);

	check(read(fd, text, sizeof(text) - 1) > 0, "refusals.ko is not loaded");
	close(fd);
	return !atoi(text);
}

/* What was there before has to go on. */
static void go_on(void)
{
	netns_enter(wire.netns);
	app_write(10);
	send_seg(PSH | ACK, LEN(10));
	goes_on_from(wire.flow->written - 10);
}

STORY(a_namespace)
{
	int all, n;

	established();
	all = failure_count(unshare(CLONE_NEWNET));
	go_on();
	check(all > 200, "a namespace has only %d allocations", all);
	failure_from(all - 60);
	while (failure_next()) {
		can_fail(failing(unshare(CLONE_NEWNET)), ENOMEM, ENOBUFS);
		go_on();
	}
	for (n = 1, fail_percpu(n); unshare(CLONE_NEWNET); fail_percpu(++n)) {
		check(percpu_happened() && errno == ENOMEM, "unshare(): %s", strerror(errno));
		go_on();
	}
	check(!percpu_happened() && n > 3, "%d calls of alloc_percpu() failed", n - 1);
	fail_percpu(0);
	go_on();
	over();
}

FIXTURE(machine)
{
};

FIXTURE_SETUP(machine)
{
	failure_begin();
}

FIXTURE_TEARDOWN(machine)
{
}

TEST_F_TIMEOUT(machine, the_module, 1000)
{
	int refused, all, n;

	failure_begin();
	unload_soon();
	refused = failure_count(load("protocol=1"));
	all = failure_count(load(""));
	check(!unload() && all > refused + 20, "loading has %d allocations, without init %d", all,
	      refused);
	failure_from(refused - 5);
	while (failure_next()) {
		long ret = failing(load(""));

		can_fail(ret, ENOMEM, ENOBUFS);
		check(is_loaded() == !ret, "it is %sloaded", ret ? "" : "not ");
		check(ret || !unload(), "rmmod: %s", strerror(errno));
	}
	for (n = 1, fail_percpu(n); load(""); fail_percpu(++n)) {
		check(percpu_happened() && (errno == ENOMEM || errno == ENOBUFS), "insmod: %s",
		      strerror(errno));
		check(!is_loaded(), "it is loaded");
	}
	check(!percpu_happened() && n > 3, "%d calls of alloc_percpu() failed", n - 1);
	fail_percpu(0);
	check(is_loaded(), "it is not loaded");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: module FILE.ko [HARNESS'S ARGUMENT...]\n");
		return 2;
	}
	file = argv[1];
	argv[1] = argv[0];
	return test_harness_run(argc - 1, argv + 1);
}
