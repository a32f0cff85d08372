// SPDX-License-Identifier: GPL-2.0
/* Programs of a cgroup see and decide: bind, connect, what comes in and what goes out. */
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fixture.h"

#define MOV(reg, value)							\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define STORE(base, offset, reg)						\
	{ .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = (base), .off = (offset),	\
	  .src_reg = (reg) }
#define EXIT	{ .code = BPF_JMP | BPF_EXIT }

/* Into a cgroup of our own, seen only by this test. */
static int own_cgroup(void)
{
	char pid[16], path[64];
	int procs, n;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/mnt", "tmpfs", 0, NULL) || mkdir("/mnt/cgroup", 0700) ||
	    mount("none", "/mnt/cgroup", "cgroup2", 0, NULL))
		return -1;
	n = snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(path, sizeof(path), "/mnt/cgroup/sockets_test.%d", getpid());
	if (mkdir(path, 0700) || chdir(path))
		return -1;
	procs = open("cgroup.procs", O_WRONLY);
	if (write(procs, pid, n) != n)
		return -1;
	close(procs);
	return open(".", O_RDONLY | O_DIRECTORY);
}

static int attach(int type, int where, const struct bpf_insn *insns, unsigned int n)
{
	static char log[4096];
	union bpf_attr load = {
		.prog_type = type,
		.expected_attach_type = where,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	int cgroup = own_cgroup();
	union bpf_attr to = {
		.target_fd = cgroup,
		.attach_bpf_fd = prog,
		.attach_type = where,
	};

	if (prog < 0)
		fprintf(stderr, "# %s: %s\n", strerror(errno), log);
	if (prog < 0 || cgroup < 0)
		return -1;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof(to));
}

#define ATTACH(type, where, ...)						\
({										\
	const struct bpf_insn _insns[] = { __VA_ARGS__ };			\
										\
	attach(type, where, _insns, ARRAY_SIZE(_insns));			\
})

#define ANSWER(n)	MOV(BPF_REG_0, (n)), EXIT

TEST_F(sockets, a_cgroup_program_forbids_bind)
{
	struct place here = loopback(0);
	int where = variant->family == AF_INET ? BPF_CGROUP_INET4_BIND : BPF_CGROUP_INET6_BIND;

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, where, ANSWER(0)));
	EXPECT_EQ(EPERM, errno_of(bind(new_socket(0), (struct sockaddr *)&here.ss, here.len)));
}

TEST_F(sockets, a_cgroup_program_forbids_connect)
{
	int where = variant->family == AF_INET ? BPF_CGROUP_INET4_CONNECT :
						 BPF_CGROUP_INET6_CONNECT;
	struct place there = loopback(port_of(listening(8)));

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, where, ANSWER(0)));
	EXPECT_EQ(EPERM, errno_of(connect(new_socket(0), (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, a_cgroup_program_sends_connect_elsewhere)
{
	int where = variant->family == AF_INET ? BPF_CGROUP_INET4_CONNECT :
						 BPF_CGROUP_INET6_CONNECT;
	int listener = listening(8);
	struct place there = loopback(1);

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, where,
			    MOV(BPF_REG_2, htons(port_of(listener))),
			    STORE(BPF_REG_1, offsetof(struct bpf_sock_addr, user_port), BPF_REG_2),
			    ANSWER(1)));
	EXPECT_EQ(0, errno_of(connect(new_socket(0), (struct sockaddr *)&there.ss, there.len)));
	EXPECT_LE(0, accepted(listener));
}

/* What is dropped on its way in never arrives; connect() waits in vain. */
TEST_F(sockets, a_cgroup_program_drops_what_comes_in)
{
	struct place there = loopback(port_of(listening(8)));
	int fd = new_socket(0);

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, ANSWER(0)));
	/* Made after the program: sockets remember the cgroup in which they were made. */
	close(fd);
	fd = new_socket(0);
	timeout(fd, SO_SNDTIMEO, 50);
	EXPECT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, a_cgroup_program_drops_what_goes_out)
{
	struct place there = loopback(port_of(listening(8)));
	int fd;

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, ANSWER(0)));
	fd = new_socket(0);
	timeout(fd, SO_SNDTIMEO, 50);
	EXPECT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, a_cgroup_program_forbids_sockets)
{
	int protocol = get_int(new_socket(0), SOL_SOCKET, SO_PROTOCOL);

	ASSERT_EQ(0, ATTACH(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, ANSWER(0)));
	EXPECT_EQ(EPERM, errno_of(socket(variant->family, SOCK_STREAM, protocol)));
}

/* A socket filter decides on what is for the socket, and may cut the text. */
TEST_F(sockets, a_socket_filter_drops_or_cuts)
{
	struct pair pair = connected();
	struct bpf_insn all[] = { ANSWER(0) };
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)all,
		.insn_cnt = ARRAY_SIZE(all),
		.license = (uintptr_t)"GPL",
	};
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)), none = 0;
	char c;

	ASSERT_LE(0, prog);
	ASSERT_EQ(0, set_int(pair.server, SOL_SOCKET, SO_ATTACH_BPF, prog));
	ASSERT_EQ(1, write(pair.client, "a", 1));
	/* Sent again until it is let in. */
	while (!info_of(pair.client).tcpi_total_retrans)
		poll(NULL, 0, 1);
	EXPECT_EQ(0, inq(pair.server));
	ASSERT_EQ(0, setsockopt(pair.server, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)));
	EXPECT_EQ(1, read(pair.server, &c, 1));
}

TEST_HARNESS_MAIN
