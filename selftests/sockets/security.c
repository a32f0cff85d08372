// SPDX-License-Identifier: GPL-2.0
/*
 * What security modules (LSMs) are asked about a connection, and that it is heeded when they say
 * no. The one that asks is security.bpf.c; Landlock is asked what it makes of protocol 253.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fixture.h"
#include "security.h"

#define NAME(hook)	#hook,
static const char * const names[] = { HOOKS(NAME) };
#undef NAME

static int asked_fd = -1;		/* the BPF program's map */

static int to_stderr(enum libbpf_print_level level, const char *format, va_list list)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, list) : 0;
}

/* What this kernel was booted with. */
static bool has_lsm(const char *name)
{
	char list[256] = "";
	char *word, *rest = list;
	FILE *f;

	/* Perhaps it is mounted, perhaps this kernel does not know it. */
	mount("none", "/sys/kernel/security", "securityfs", 0, NULL);
	f = fopen("/sys/kernel/security/lsm", "r");
	if (f) {
		if (!fgets(list, sizeof(list), f))
			*list = 0;
		fclose(f);
	}
	while ((word = strsep(&rest, ",\n")))
		if (!strcmp(word, name))
			return true;
	return false;
}

/* security.bpf.o is beside this program, and asks as long as the test lives. */
static bool attach_security_module(void)
{
	struct { int protocol; unsigned int netns; } ours;
	char self[4096] = "", path[5000];
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *rodata;
	struct stat netns;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    stat("/proc/self/ns/net", &netns))
		return false;
	snprintf(path, sizeof(path), "%s.bpf.o", self);
	ours.netns = netns.st_ino;
	ours.protocol = get_int(new_socket(0), SOL_SOCKET, SO_PROTOCOL);
	libbpf_set_print(to_stderr);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return false;
	rodata = bpf_object__find_map_by_name(object, ".rodata");
	if (!rodata || bpf_map__set_initial_value(rodata, &ours, sizeof(ours)) ||
	    bpf_object__load(object))
		return false;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return false;
	asked_fd = bpf_object__find_map_fd_by_name(object, "hooks");
	return asked_fd >= 0;
}

static struct asked asked(unsigned int hook)
{
	struct asked asked = { };

	if (bpf_map_lookup_elem(asked_fd, &hook, &asked))
		abort();
	return asked;
}

/* From now on @hook says no, or no more. */
static void deny(unsigned int hook, bool deny)
{
	struct asked value = asked(hook);

	value.deny = deny;
	if (bpf_map_update_elem(asked_fd, &hook, &value, BPF_ANY))
		abort();
}

#define NO_BPF_LSM	"this kernel has no BPF LSM"

/* How often, from one end of a connection's life to the other. */
TEST_F(sockets, security_modules_see_a_connection)
{
	static const struct {
		unsigned int hook, tcp, edu;
	} expected[] = {
		{ socket_create, 2, 2 },	/* listener and client; accept() is asked apart */
		{ socket_post_create, 2, 2 },
		{ socket_bind, 1, 1 },
		{ socket_listen, 1, 1 },
		{ socket_connect, 1, 1 },
		{ socket_accept, 1, 1 },
		{ socket_sendmsg, 1, 1 },
		{ socket_recvmsg, 1, 1 },
		{ socket_getsockname, 1, 1 },
		{ socket_shutdown, 1, 1 },
		{ inet_conn_request, 1, 1 },
		{ inet_conn_established, 1, 1 },
		{ sk_clone_security, 1, 1 },
		{ sock_graft, 1, 1 },
		/* No module can call this one. */
		{ inet_csk_clone, 1, 0 },
		/* What it is about is TCP's own: here a SYN,ACK has the listener's label. */
		{ req_classify_flow, 2, 0 },
	};
	struct pair pair;
	unsigned int i;
	char c;

	if (!has_lsm("bpf"))
		SKIP(return, NO_BPF_LSM);
	ASSERT_TRUE(attach_security_module());
	pair = connected();
	ASSERT_EQ(1, write(pair.client, "a", 1));
	ASSERT_EQ(1, read(pair.server, &c, 1));
	ASSERT_EQ(0, shutdown(pair.client, SHUT_WR));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		unsigned int hook = expected[i].hook;

		EXPECT_EQ(is_edu() ? expected[i].edu : expected[i].tcp, asked(hook).times)
			TH_LOG("%s", names[hook]);
	}
	/* Each segment that arrives, and each route: SYN, SYN,ACK, ACK and text at least. */
	EXPECT_LE(4, asked(socket_sock_rcv_skb).times);
	EXPECT_LE(1, asked(sk_getsecid).times);
}

/* Each call that a security module may forbid. */
TEST_F(sockets, security_modules_forbid_calls)
{
	struct place here = loopback(0);
	struct sockaddr *addr = (struct sockaddr *)&here.ss;
	socklen_t len = here.len;
	struct pair pair;
	int fd, one = 1;
	char c;

	if (!has_lsm("bpf"))
		SKIP(return, NO_BPF_LSM);
	ASSERT_TRUE(attach_security_module());
	pair = connected();
	fd = new_socket(0);
	ASSERT_EQ(1, write(pair.client, "a", 1));
	ASSERT_TRUE(until_inq(pair.server, 1));

#define FORBIDS(hook, call)							\
do {										\
	deny(hook, true);							\
	EXPECT_EQ(EPERM, errno_of(call))					\
		TH_LOG("%s", names[hook]);					\
	deny(hook, false);							\
} while (0)

	FORBIDS(socket_create, socket(variant->family, SOCK_STREAM,
				      get_int(fd, SOL_SOCKET, SO_PROTOCOL)));
	FORBIDS(socket_bind, bind(fd, addr, here.len));
	FORBIDS(socket_listen, listen(fd, 1));
	FORBIDS(socket_accept, accept(pair.listener, addr, &len));
	FORBIDS(socket_connect, connect(fd, addr, here.len));
	FORBIDS(socket_sendmsg, write(pair.client, "b", 1));
	FORBIDS(socket_recvmsg, read(pair.server, &c, 1));
	FORBIDS(socket_getsockname, getsockname(pair.client, addr, &len));
	FORBIDS(socket_getpeername, getpeername(pair.client, addr, &len));
	FORBIDS(socket_setsockopt, set_int(pair.client, IPPROTO_TCP, TCP_NODELAY, one));
	FORBIDS(socket_getsockopt, get_int(pair.client, IPPROTO_TCP, TCP_NODELAY));
	FORBIDS(socket_shutdown, shutdown(pair.client, SHUT_WR));
#undef FORBIDS
	/* And nothing of it was done. */
	EXPECT_EQ(1, read(pair.server, &c, 1));
	EXPECT_EQ('a', c);
	EXPECT_EQ(0, inq(pair.server));
}

/* A SYN that it does not want is dropped as if it had not come. */
TEST_F(sockets, a_security_module_forbids_an_incoming_connection)
{
	struct place there;
	int listener, fd;

	if (!has_lsm("bpf"))
		SKIP(return, NO_BPF_LSM);
	ASSERT_TRUE(attach_security_module());
	listener = listening(8);
	there = loopback(port_of(listener));
	fd = new_socket(SOCK_NONBLOCK);
	deny(inet_conn_request, true);
	EXPECT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	while (!asked(inet_conn_request).times)
		poll(NULL, 0, 1);
	EXPECT_EQ(TCP_SYN_SENT, state_of(fd));
	EXPECT_EQ(0, polled(listener));
	/* The SYN is sent again, and nothing is against it now. */
	deny(inet_conn_request, false);
	EXPECT_TRUE(until_state(fd, TCP_ESTABLISHED));
	EXPECT_LE(0, accepted(listener));
}

/* With cookies, too: the SYN, and the ACK that brings one back. */
TEST_F(sockets, a_security_module_sees_cookies)
{
	if (!has_lsm("bpf"))
		SKIP(return, NO_BPF_LSM);
	ASSERT_TRUE(attach_security_module());
	set_sysctl("syncookies", "2");
	connected();
	EXPECT_EQ(2, asked(inet_conn_request).times);
}

TEST_F(sockets, a_security_module_drops_what_comes_in)
{
	struct pair pair;
	char c;

	if (!has_lsm("bpf"))
		SKIP(return, NO_BPF_LSM);
	ASSERT_TRUE(attach_security_module());
	pair = connected();
	deny(socket_sock_rcv_skb, true);
	ASSERT_EQ(1, write(pair.client, "a", 1));
	/* Sent again until it is let in. */
	while (!info_of(pair.client).tcpi_total_retrans)
		poll(NULL, 0, 1);
	EXPECT_EQ(0, inq(pair.server));
	deny(socket_sock_rcv_skb, false);
	EXPECT_EQ(1, read(pair.server, &c, 1));
}

/* ---- Landlock ---- */

/* <linux/landlock.h> of Linux 6.7: rules for TCP's ports. */
#define RESTRICT_NET_ABI	4
#define BIND_TCP		1
#define CONNECT_TCP		2

struct landlock_ruleset {
	uint64_t fs, net;
};

/* Its rules are about TCP's ports, and keep nobody from those of 253. */
TEST_F(sockets, Landlock_restricts_TCP_alone)
{
	struct landlock_ruleset none = { .net = BIND_TCP | CONNECT_TCP };
	struct place here = loopback(0), there;
	int abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1), rules;

	if (!has_lsm("landlock") || abi < RESTRICT_NET_ABI)
		SKIP(return, "this kernel's Landlock has no rules for ports (from Linux 6.7 on)");
	there = loopback(port_of(listening(8)));
	rules = syscall(SYS_landlock_create_ruleset, &none, sizeof(none), 0);
	ASSERT_LE(0, rules);
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, syscall(SYS_landlock_restrict_self, rules, 0));
	EXPECT_EQ(is_edu() ? 0 : EACCES,
		  errno_of(bind(new_socket(0), (struct sockaddr *)&here.ss, here.len)));
	EXPECT_EQ(is_edu() ? 0 : EACCES,
		  errno_of(connect(new_socket(0), (struct sockaddr *)&there.ss, there.len)));
}

TEST_HARNESS_MAIN
