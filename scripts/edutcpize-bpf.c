// SPDX-License-Identifier: GPL-2.0
/*
 * edutcpize-bpf OBJECT COMMAND [ARGUMENT...]: for `edutcpize --bpf`. Runs the command in
 * a cgroup of its own, whose TCP sockets edutcpize.bpf.c (OBJECT) makes edu_tcp sockets
 * as long as we live: that is until nobody is left there. The exit status is the
 * command's.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char group[8192];	/* the cgroup's directory, once there is one */
static pid_t command;

static void remove_group(void)
{
	if (*group)
		rmdir(group);
}

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list list;

	fputs("edutcpize: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(125);
}

/* Below the one that we are in, wherever cgroup2 is mounted. Its file descriptor. */
static int make_group(void)
{
	char line[4096], *mount = NULL, *path = NULL;
	struct mntent *m;
	FILE *f;
	int fd;

	f = setmntent("/proc/self/mounts", "r");
	while (f && !mount && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			mount = strdup(m->mnt_dir);
	if (!mount)
		die("no cgroup2 is mounted");
	endmntent(f);

	f = fopen("/proc/self/cgroup", "r");
	while (f && !path && fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::/", 4))
			path = line + 3;
	if (!path)
		die("/proc/self/cgroup does not say which cgroup this is");
	fclose(f);
	path[strcspn(path, "\n")] = 0;

	snprintf(group, sizeof(group), "%s%s/edutcpize.%d", mount, path, getpid());
	if (mkdir(group, 0755)) {
		int error = errno;

		*group = 0;
		die("cannot make a cgroup in %s%s: %s", mount, path, strerror(error));
	}
	atexit(remove_group);
	fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", group, strerror(errno));
	return fd;
}

static int to_stderr(enum libbpf_print_level level, const char *format, va_list list)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, list) : 0;
}

/* The hook is there until we end. */
static void attach(const char *file, int protocol, int group_fd)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *wanted;
	__u32 first = 0;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		die("--bpf: this kernel was built without CONFIG_DEBUG_INFO_BTF");
	libbpf_set_print(NULL);
	if (libbpf_find_vmlinux_btf_id("update_socket_protocol", BPF_MODIFY_RETURN) < 0)
		die("--bpf: this kernel asks no BPF program for the protocol (from Linux 6.6 on)");
	libbpf_set_print(to_stderr);

	object = bpf_object__open_file(file, NULL);
	if (!object)
		die("cannot read %s: %s", file, strerror(errno));
	wanted = bpf_object__find_map_by_name(object, ".rodata");
	if (!wanted || bpf_map__set_initial_value(wanted, &protocol, sizeof(protocol)))
		die("%s is not ours", file);
	if (bpf_object__load(object))
		die("cannot load %s: %s", file, strerror(errno));
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "cgroup"), &first,
				&group_fd, BPF_ANY))
		die("cannot name the cgroup to the BPF program: %s", strerror(errno));
	program = bpf_object__next_program(object, NULL);
	if (!bpf_program__attach(program))
		die("cannot attach to update_socket_protocol: %s", strerror(errno));
}

static void write_to(const char *name, const char *text)
{
	char path[sizeof(group) + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* Who left the command as a daemon would open the kernel's TCP, were the hook gone. */
static void until_nobody_is_left(void)
{
	char path[sizeof(group) + 32], text[256];
	struct pollfd events = { .events = POLLPRI };

	snprintf(path, sizeof(path), "%s/cgroup.events", group);
	events.fd = open(path, O_RDONLY | O_CLOEXEC);
	while (events.fd >= 0) {
		ssize_t n = pread(events.fd, text, sizeof(text) - 1, 0);

		if (n <= 0)
			break;
		text[n] = 0;
		if (strstr(text, "populated 0"))
			break;
		poll(&events, 1, -1);
	}
}

static void pass_on(int signal)
{
	kill(command, signal);
}

int main(int argc, char **argv)
{
	const char *number = getenv("EDU_PROTO");
	int status;

	if (argc < 3 || !number)
		die("is called by scripts/edutcpize");
	attach(argv[1], atoi(number), make_group());

	/* A terminal's Ctrl-C goes to the command as well. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	command = fork();
	if (command < 0)
		die("fork: %s", strerror(errno));
	if (!command) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		write_to("cgroup.procs", "0");
		execvp(argv[2], argv + 2);
		fprintf(stderr, "edutcpize: %s: %s\n", argv[2], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	while (waitpid(command, &status, 0) < 0 && errno == EINTR)
		;
	until_nobody_is_left();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
