// SPDX-License-Identifier: GPL-2.0
/* Buffers that grow by themselves, and the memory that all sockets share. */
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

#include "fixture.h"

#define MIB	1048576

static char text[MIB];

static void delayed(const char *delay)
{
	run("tc qdisc add dev lo root netem limit 10000 delay %s", delay);
}

/*
 * A child writes @len octets and closes, when the reader has: a connection that nobody owns is
 * reset where memory is short.
 */
static pid_t writer(struct pair *pair, size_t len)
{
	pid_t pid = child();

	if (pid)
		return pid;
	close(pair->server);
	for (; len; len -= len < MIB ? len : MIB)
		if (write(pair->client, text, len < MIB ? len : MIB) < 0)
			_exit(errno);
	shutdown(pair->client, SHUT_WR);
	_exit(read(pair->client, text, 1) != 0);
}

/* Reads to the end, and ends it too; how many octets that was. */
static size_t drain(int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0)
		n += got;
	shutdown(fd, SHUT_WR);
	return n;
}

static int exit_status(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- They grow ---- */

TEST_F(sockets, the_receive_buffer_grows_with_what_is_read)
{
	struct pair pair;
	int before, after;
	pid_t pid;

	delayed("10ms");
	pair = connected();
	before = get_int(pair.server, SOL_SOCKET, SO_RCVBUF);
	pid = writer(&pair, 8 * MIB);
	close(pair.client);
	EXPECT_EQ(8 * MIB, drain(pair.server));
	EXPECT_EQ(0, exit_status(pid));
	after = get_int(pair.server, SOL_SOCKET, SO_RCVBUF);
	EXPECT_LT(2 * before, after);
	EXPECT_GE(largest_buffer("rmem"), after);
	EXPECT_LT(before, info_of(pair.server).tcpi_rcv_space);
}

TEST_F(sockets, a_receive_buffer_that_the_user_set_stays)
{
	int listener = listening(8), before;
	struct pair pair;
	pid_t pid;

	set_int(listener, SOL_SOCKET, SO_RCVBUF, 65536);
	delayed("5ms");
	pair = connected_to(listener);
	before = get_int(pair.server, SOL_SOCKET, SO_RCVBUF);
	pid = writer(&pair, 2 * MIB);
	close(pair.client);
	EXPECT_EQ(2 * MIB, drain(pair.server));
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(before, get_int(pair.server, SOL_SOCKET, SO_RCVBUF));
}

TEST_F(sockets, moderate_rcvbuf_turns_it_off)
{
	struct pair pair;
	int before;
	pid_t pid;

	set_sysctl("moderate_rcvbuf", "0");
	delayed("5ms");
	pair = connected();
	before = get_int(pair.server, SOL_SOCKET, SO_RCVBUF);
	pid = writer(&pair, 2 * MIB);
	close(pair.client);
	EXPECT_EQ(2 * MIB, drain(pair.server));
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(before, get_int(pair.server, SOL_SOCKET, SO_RCVBUF));
}

TEST_F(sockets, the_receive_buffer_grows_no_further_than_rmem)
{
	struct pair pair;
	pid_t pid;

	set_sysctl("rmem", "4096 131072 300000");
	delayed("10ms");
	pair = connected();
	pid = writer(&pair, 4 * MIB);
	close(pair.client);
	EXPECT_EQ(4 * MIB, drain(pair.server));
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_GE(300000, get_int(pair.server, SOL_SOCKET, SO_RCVBUF));
}

/* Who does not read has no use for a larger buffer. */
TEST_F(sockets, the_receive_buffer_of_who_does_not_read_stays)
{
	struct pair pair = connected();
	int before = get_int(pair.server, SOL_SOCKET, SO_RCVBUF);

	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	while (write(pair.client, text, sizeof(text)) > 0 || info_of(pair.client).tcpi_unacked)
		poll(NULL, 0, 1);
	EXPECT_EQ(before, get_int(pair.server, SOL_SOCKET, SO_RCVBUF));
}

TEST_F(sockets, the_send_buffer_grows_with_the_congestion_window)
{
	struct pair pair;
	int before, after;
	pid_t wr, rd;

	delayed("10ms");
	pair = connected();
	before = get_int(pair.client, SOL_SOCKET, SO_SNDBUF);
	rd = child();
	if (!rd)
		_exit(drain(pair.server) != 8 * MIB);
	wr = writer(&pair, 8 * MIB);
	close(pair.server);
	EXPECT_EQ(0, exit_status(wr));
	EXPECT_EQ(0, exit_status(rd));
	after = get_int(pair.client, SOL_SOCKET, SO_SNDBUF);
	EXPECT_LE(before, after);
	EXPECT_GE(4194304, after);
}

/* ---- Memory that all share ---- */

static char old_mem[128];
static const char *mem_file;

/*
 * The limit of all namespaces: only in a VM that is ours, with the module loaded. The first
 * namespace alone has it.
 */
static bool limit_memory(const char *pages)
{
	int net = open("/proc/thread-self/ns/net", O_RDONLY);
	int first = open("/proc/1/ns/net", O_RDONLY);
	FILE *f;

	if (setns(first, CLONE_NEWNET))
		return false;
	mem_file = access("/proc/sys/net/edu_tcp/mem", W_OK) ? NULL : is_edu() ?
		   "/proc/sys/net/edu_tcp/mem" : "/proc/sys/net/ipv4/tcp_mem";
	f = mem_file ? fopen(mem_file, "r+") : NULL;
	if (f && !old_mem[0] && !fgets(old_mem, sizeof(old_mem), f))
		old_mem[0] = 0;
	if (f) {
		rewind(f);
		fputs(pages, f);
		fclose(f);
	}
	setns(net, CLONE_NEWNET);
	close(net);
	close(first);
	return f;
}

/* Writes until there is no more room, and leaves the socket non-blocking. */
static void fill(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, text, sizeof(text)) > 0)
		;
}

/*
 * A read that makes room says so while it still holds the socket: what the peer sends then waits
 * in the backlog, many segments in one buffer. The end of the text comes in the same way.
 */
TEST_F(sockets, what_comes_while_the_reader_holds_the_socket_is_merged_and_complete)
{
	long before = counter("TCPBacklogCoalesce");
	int size = 2 * MIB, sent = 0, got = 0, n, i;
	static unsigned char all[8 * MIB];
	struct pair pair;

	/* Segments in buffers of their own: what lo hands over whole is the sender's as well. */
	run("ip link set lo mtu 1500 && ethtool -K lo tso off gso off");
	pair = connected();
	setsockopt(pair.client, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(pair.server, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	for (;;) {
		for (i = 0; i < (int)sizeof(text); i++)
			text[i] = (sent + i) % 251;
		n = write(pair.client, text, sizeof(text));
		if (n < 0)
			break;
		sent += n;
	}
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_LT(2 * MIB, sent);
	shutdown(pair.client, SHUT_WR);
	while ((n = recv(pair.server, all + got, sizeof(all) - got, 0)) > 0)
		got += n;
	EXPECT_EQ(0, n);
	EXPECT_EQ(sent, got);
	for (i = 0; i < got && all[i] == i % 251; i++)
		;
	EXPECT_EQ(got, i);
	/* TCP's reader on 6.1 lets go of the socket before he says so. */
	if (is_edu())
		EXPECT_LT(before, counter("TCPBacklogCoalesce"));
	unpair(&pair);
}

/*
 * A writer whose reader does not read, with 8 MiB in the buffers: more than all CPUs of the VM may
 * keep from the common account (1 MiB each). The limit is exceeded from then on, for everybody.
 */
static void hog(void)
{
	struct pair pair = connected();
	int size = 4 * MIB;

	setsockopt(pair.client, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(pair.server, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	fill(pair.client);
}

/* Four connections with hardly any memory: slow, but every octet arrives. */
TEST_F_TIMEOUT(sockets, at_the_limit_of_memory_connections_are_slow_and_do_not_fail, 60)
{
	struct pair pair[4];
	pid_t wr[4], rd[4];
	int i;

	for (i = 0; i < 4; i++)
		pair[i] = connected();
	hog();
	if (!limit_memory("8 16 32"))
		SKIP(return, "only where edu_tcp is loaded");
	for (i = 0; i < 4; i++) {
		wr[i] = writer(&pair[i], MIB / 4);
		close(pair[i].client);
		rd[i] = child();
		if (!rd[i])
			_exit(drain(pair[i].server) != MIB / 4);
		close(pair[i].server);
	}
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, exit_status(wr[i]));
		EXPECT_EQ(0, exit_status(rd[i]));
	}
	limit_memory(old_mem);
	EXPECT_LT(0, counter("TCPMemoryPressures"));
}

/* A reader who does not read, at the limit: its writer waits, and the others go on. */
TEST_F(sockets, at_the_limit_of_memory_new_connections_still_work)
{
	struct pair hog, pair;
	char c;

	if (!limit_memory("8 16 32"))
		SKIP(return, "only where edu_tcp is loaded");
	hog = connected();
	fill(hog.client);
	EXPECT_EQ(EAGAIN, errno);
	pair = connected();
	EXPECT_EQ(1, write(pair.client, "a", 1));
	EXPECT_EQ(1, read(pair.server, &c, 1));
	EXPECT_EQ('a', c);
	limit_memory(old_mem);
}

TEST_HARNESS_MAIN
