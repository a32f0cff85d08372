// SPDX-License-Identifier: GPL-2.0
/*
 * module FILE.ko: a namespace, and the module itself, for which there is no memory. The kernel has
 * hundreds of allocations of its own in these calls, which are left to it.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "fixture.h"

#define NAME	"edu_tcp"

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
	long ret = -1;

	established();
	each_failure_of_edu_tcp {
		ret = failing(unshare(CLONE_NEWNET));
		can_fail(ret, ENOMEM, ENOBUFS);
		go_on();
	}
	check(!ret, "the last one was not made");
	check(failure_times() > 10, "only %d allocations failed", failure_times());
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
	long ret = -1;

	unload_soon();
	each_failure_of_edu_tcp {
		ret = failing(load(""));
		can_fail(ret, ENOMEM, ENOBUFS);
		check(is_loaded() == !ret, "it is %sloaded", ret ? "" : "not ");
		check(ret || !unload(), "rmmod: %s", strerror(errno));
	}
	check(!ret, "it was not loaded at last");
	check(failure_times() > 60, "only %d allocations failed", failure_times());
	check(!load(""), "insmod: %s", strerror(errno));
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
