// SPDX-License-Identifier: GPL-2.0
/*
 * reload ROUNDS MODULE.ko: loads and unloads the module under traffic. As long as there is
 * a full socket it must not go; then it must, with half-open and TIME-WAIT entries, while
 * segments keep coming, and leave nothing behind. Every other round the namespace dies at
 * the same time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crowd.h"

#define NAME	"edu_tcp"
#define LIMIT	60	/* seconds until the last orphan has ended */

static void load(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", file, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0))
		die("cannot load %s: %s", file, strerror(errno));
	close(fd);
}

/* As rmmod does; it says "in use" for EWOULDBLOCK. */
static int unload(void)
{
	return syscall(SYS_delete_module, NAME, O_NONBLOCK) ? errno : 0;
}

/* What the module still holds, but for what may go with it. */
static void show_sockets(pid_t pid)
{
	char name[64], line[256];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/net/" NAME "_sockets", pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "SYN-RECEIVED") && !strstr(line, "TIME-WAIT"))
			fputs(line, stdout);
	}
}

/* The crowd is gone or has left. */
static void unload_soon(int round, pid_t crowd)
{
	double end = seconds() + LIMIT;
	int error;

	while ((error = unload())) {
		if (error != EWOULDBLOCK || seconds() > end) {
			show_sockets(crowd);
			die("round %d: no full socket is left, but the module does not go: %s",
			    round, strerror(error));
		}
		poll(NULL, 0, 1);
	}
}

/* Nobody there may still speak of it. */
static void forgotten(const char *file)
{
	char line[512];
	FILE *f = fopen(file, "r");

	if (!f)
		die("%s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (strcasestr(line, NAME))
			die("the module is gone, but %s still has: %s", file, line);
	}
	fclose(f);
}

static void gone(const char *file)
{
	if (access(file, F_OK) == 0)
		die("the module is gone, but %s is still there", file);
}

int main(int argc, char **argv)
{
	int rounds = argc == 3 ? atoi(argv[1]) : 0;
	int i, error, half_open = 0, time_wait = 0;

	if (rounds < 1) {
		fprintf(stderr, "Usage: reload ROUNDS MODULE.ko\n");
		return 2;
	}
	unload_soon(-1, getpid());
	for (i = 0; i < rounds; i++) {
		struct crowd crowd;

		load(argv[2]);
		crowd = crowd_start();
		error = unload();
		if (error != EWOULDBLOCK)
			die("round %d: unloading with full sockets: expected EWOULDBLOCK, got %s",
			    i, error ? strerrorname_np(error) : "success");
		crowd_leaves(&crowd);
		half_open += crowd_now(&crowd, "SYN-RECEIVED");
		time_wait += crowd_now(&crowd, "TIME-WAIT");
		if (i % 2)
			crowd_kill(&crowd);
		unload_soon(i, crowd.pid);

		gone("/proc/net/" NAME);
		gone("/proc/net/" NAME "_sockets");
		gone("/proc/sys/net/" NAME);
		gone("/sys/module/" NAME);
		forgotten("/proc/modules");
		forgotten("/proc/net/protocols");
		forgotten("/proc/slabinfo");
		if (!(i % 2))
			crowd_kill(&crowd);
	}
	load(argv[2]);
	if (!time_wait)
		die("in no round was there a TIME-WAIT when the module went");
	printf("note: %d half-open and %d TIME-WAIT were there when it went\n",
	       half_open, time_wait);
	return 0;
}
