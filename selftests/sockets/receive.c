// SPDX-License-Identifier: GPL-2.0
/* RECEIVE: its flags, how much it waits for, and how long. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "fixture.h"

TEST_F(sockets, MSG_PEEK_leaves_what_it_shows)
{
	struct pair pair = connected();
	char text[8] = "";

	ASSERT_EQ(6, write(pair.server, "abcdef", 6));
	ASSERT_TRUE(until_inq(pair.client, 6));
	EXPECT_EQ(3, recv(pair.client, text, 3, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "abc", 3));
	EXPECT_EQ(6, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "abcdef", 6));
	EXPECT_EQ(6, inq(pair.client));
	EXPECT_EQ(2, read(pair.client, text, 2));
	EXPECT_EQ(4, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "cdef", 4));
}

TEST_F(sockets, MSG_PEEK_with_MSG_WAITALL_waits_for_all)
{
	struct pair pair = connected();
	char text[8] = "";
	pid_t pid;

	ASSERT_EQ(3, write(pair.server, "abc", 3));
	ASSERT_TRUE(until_inq(pair.client, 3));
	pid = child();
	if (!pid) {
		poll(NULL, 0, 20);	/* the reader is asleep, most probably */
		_exit(write(pair.server, "def", 3) != 3);
	}
	EXPECT_EQ(6, recv(pair.client, text, 6, MSG_PEEK | MSG_WAITALL));
	EXPECT_EQ(0, memcmp(text, "abcdef", 6));
	EXPECT_EQ(6, inq(pair.client));
}

/* The child waits for something to be there. */
static bool until_asleep(pid_t pid)
{
	int64_t end = now_ms() + PATIENCE;
	char path[32], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (state != 'S' && now_ms() < end) {
		poll(NULL, 0, 1);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
	}
	return state == 'S';
}

/*
 * One CPU and the higher priority: of two who wait it is we who take the text, before the other
 * one, whom it woke too, can look at it. Nobody sees again what is gone, nor what stood in memory
 * before it.
 */
TEST_F(sockets, MSG_PEEK_that_waits_does_not_show_what_another_has_read)
{
	struct sched_param first = { .sched_priority = 1 };
	struct pair pair = connected();
	char text[8] = "";
	cpu_set_t cpu;
	int status;
	pid_t pid;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu), &cpu));
	pid = child();
	if (!pid)
		_exit(recv(pair.client, text, 6, MSG_PEEK | MSG_WAITALL) != 6 ||
		      memcmp(text, "defghi", 6));
	ASSERT_TRUE(until_asleep(pid));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	/* To wait: ksoftirqd may have to bring it, and has no priority. */
	ASSERT_EQ(3, recv(pair.client, text, 3, 0));
	ASSERT_EQ(6, write(pair.server, "defghi", 6));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(6, inq(pair.client));
}

static int peek_off(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_PEEK_OFF);
}

static int peek_from(int fd, int off)
{
	return set_int(fd, SOL_SOCKET, SO_PEEK_OFF, off);
}

/* edu_tcp has it on every kernel. */
static bool lacks_peek_off(int fd)
{
	return !is_edu() && errno_of(peek_from(fd, -1)) == EOPNOTSUPP;
}

TEST_F(sockets, SO_PEEK_OFF_goes_on_where_MSG_PEEK_has_looked)
{
	struct pair pair = connected();
	char text[8] = "";

	if (lacks_peek_off(pair.client))
		SKIP(return, "TCP has it since Linux 6.9");
	EXPECT_EQ(-1, peek_off(pair.client));
	ASSERT_EQ(6, write(pair.server, "abcdef", 6));
	ASSERT_TRUE(until_inq(pair.client, 6));
	ASSERT_EQ(0, peek_from(pair.client, 0));
	EXPECT_EQ(4, recv(pair.client, text, 4, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "abcd", 4));
	EXPECT_EQ(4, peek_off(pair.client));
	EXPECT_EQ(2, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "ef", 2));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, text, 8, MSG_PEEK | MSG_DONTWAIT)));
	/* What is read is before it no more. */
	EXPECT_EQ(2, read(pair.client, text, 2));
	EXPECT_EQ(0, memcmp(text, "ab", 2));
	EXPECT_EQ(4, peek_off(pair.client));
	ASSERT_EQ(0, peek_from(pair.client, 1));
	EXPECT_EQ(1, recv(pair.client, text, 1, MSG_PEEK));
	EXPECT_EQ('d', text[0]);
	EXPECT_EQ(4, read(pair.client, text, 8));
	EXPECT_EQ(0, memcmp(text, "cdef", 4));
	EXPECT_EQ(0, peek_off(pair.client));
	/* Off again: always from where reading begins. */
	ASSERT_EQ(0, peek_from(pair.client, -1));
	ASSERT_EQ(2, write(pair.server, "gh", 2));
	ASSERT_TRUE(until_inq(pair.client, 2));
	EXPECT_EQ(1, recv(pair.client, text, 1, MSG_PEEK));
	EXPECT_EQ(2, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "gh", 2));
	EXPECT_EQ(-1, peek_off(pair.client));
}

TEST_F(sockets, SO_PEEK_OFF_beyond_the_text_waits_for_it)
{
	struct pair pair = connected();
	char text[8] = "";

	if (lacks_peek_off(pair.client))
		SKIP(return, "TCP has it since Linux 6.9");
	ASSERT_EQ(0, peek_from(pair.client, 4));
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	ASSERT_TRUE(until_inq(pair.client, 3));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, text, 8, MSG_PEEK | MSG_DONTWAIT)));
	if (!child()) {
		poll(NULL, 0, 20);	/* the reader is asleep, most probably */
		_exit(write(pair.server, "def", 3) != 3);
	}
	EXPECT_EQ(2, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "ef", 2));
	EXPECT_EQ(6, peek_off(pair.client));
	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(0, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(6, read(pair.client, text, 8));
}

TEST_F(sockets, SO_PEEK_OFF_goes_from_listener_to_child_and_ends_with_the_connection)
{
	int listener = listening(8);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pair pair;

	if (lacks_peek_off(listener))
		SKIP(return, "TCP has it since Linux 6.9");
	ASSERT_EQ(0, peek_from(listener, 5));
	pair = connected_to(listener);
	EXPECT_EQ(5, peek_off(pair.server));
	EXPECT_EQ(0, connect(pair.server, &none, sizeof(none)));
	EXPECT_EQ(-1, peek_off(pair.server));
}

/* TCP does not count the urgent octet that is no text, and shows what comes after it once more. */
TEST_F(sockets, SO_PEEK_OFF_passes_the_urgent_octet_by)
{
	struct pair pair = connected();
	char text[8] = "";

	if (lacks_peek_off(pair.client))
		SKIP(return, "TCP has it since Linux 6.9");
	ASSERT_EQ(0, peek_from(pair.client, 0));
	ASSERT_EQ(3, send(pair.server, "abU", 3, MSG_OOB));
	ASSERT_EQ(1, send(pair.server, "c", 1, 0));
	ASSERT_TRUE(until(pair.client, POLLPRI) & POLLPRI);
	EXPECT_EQ(2, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ(0, memcmp(text, "ab", 2));
	EXPECT_EQ(1, recv(pair.client, text, 8, MSG_PEEK));
	EXPECT_EQ('c', text[0]);
	EXPECT_EQ(is_edu() ? 4 : 3, peek_off(pair.client));
	EXPECT_EQ(is_edu() ? EAGAIN : 0,
		  errno_of(recv(pair.client, text, 8, MSG_PEEK | MSG_DONTWAIT)));
	EXPECT_EQ(2, read(pair.client, text, 8));
	EXPECT_EQ(1, read(pair.client, text, 8));
	EXPECT_EQ('c', text[0]);
	EXPECT_EQ(is_edu() ? 0 : 1, peek_off(pair.client));
}

TEST_F(sockets, MSG_WAITALL_waits_for_all)
{
	struct pair pair = connected();
	char text[8] = "";

	if (!child()) {
		int i;

		for (i = 0; i < 6; i++) {
			poll(NULL, 0, 5);
			if (write(pair.server, "abcdef" + i, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	EXPECT_EQ(6, recv(pair.client, text, 6, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(text, "abcdef", 6));
}

TEST_F(sockets, MSG_WAITALL_takes_less_at_the_end)
{
	struct pair pair = connected();
	char text[8] = "";

	ASSERT_EQ(3, write(pair.server, "abc", 3));
	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(3, recv(pair.client, text, 8, MSG_WAITALL));
	EXPECT_EQ(0, recv(pair.client, text, 8, MSG_WAITALL));
}

TEST_F(sockets, MSG_WAITALL_takes_less_when_time_is_over)
{
	struct pair pair = connected();
	int64_t start = now_ms();
	char text[8] = "";

	timeout(pair.client, SO_RCVTIMEO, 60);
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	EXPECT_EQ(3, recv(pair.client, text, 8, MSG_WAITALL));
	EXPECT_WAITED(60, start);
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, text, 8, MSG_WAITALL)));
}

TEST_F(sockets, MSG_DONTWAIT_does_not_wait)
{
	struct pair pair = connected();
	char c;

	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, &c, 1, MSG_DONTWAIT)));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, &c, 1, MSG_DONTWAIT | MSG_WAITALL)));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, &c, 1, MSG_DONTWAIT | MSG_PEEK)));
	/* also who asks for nothing waits for something */
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, &c, 0, MSG_DONTWAIT)));
	ASSERT_EQ(1, write(pair.server, "a", 1));
	EXPECT_EQ(0, recv(pair.client, &c, 0, 0));
	EXPECT_EQ(1, recv(pair.client, &c, 1, 0));
}

TEST_F(sockets, MSG_TRUNC_throws_text_away)
{
	struct pair pair = connected();
	char text[8] = "untouch";

	ASSERT_EQ(6, write(pair.server, "abcdef", 6));
	ASSERT_TRUE(until_inq(pair.client, 6));
	EXPECT_EQ(4, recv(pair.client, text, 4, MSG_TRUNC));
	EXPECT_EQ(0, memcmp(text, "untouch", 8));
	EXPECT_EQ(4, recv(pair.client, NULL, 4, MSG_TRUNC | MSG_PEEK) + 2);
	EXPECT_EQ(2, read(pair.client, text, 8));
	EXPECT_EQ(0, memcmp(text, "ef", 2));
}

TEST_F(sockets, MSG_ERRQUEUE_finds_nothing)
{
	struct pair pair = connected();
	char c;

	ASSERT_EQ(1, write(pair.server, "a", 1));
	ASSERT_TRUE(until_inq(pair.client, 1));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.client, &c, 1, MSG_ERRQUEUE)));
	EXPECT_EQ(1, recv(pair.client, &c, 1, 0));
}

TEST_F(sockets, recvmsg_scatters_and_names_nobody)
{
	char a[2], b[4];
	struct iovec iov[] = { { a, 2 }, { b, 4 } };
	struct sockaddr_storage name;
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = iov, .msg_iovlen = 2,
	};
	struct pair pair = connected();

	ASSERT_EQ(5, write(pair.server, "abcde", 5));
	ASSERT_TRUE(until_inq(pair.client, 5));
	EXPECT_EQ(5, recvmsg(pair.client, &msg, 0));
	EXPECT_EQ(0, msg.msg_namelen);
	EXPECT_EQ(0, msg.msg_flags);
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ(0, memcmp(b, "cde", 3));
}

TEST_F(sockets, a_bad_address_costs_no_text)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(3, write(pair.server, "abc", 3));
	ASSERT_TRUE(until_inq(pair.client, 3));
	EXPECT_EQ(EFAULT, errno_of(recv(pair.client, (void *)8, 3, 0)));
	EXPECT_EQ(3, read(pair.client, text, 8));
	EXPECT_EQ(EFAULT, errno_of(send(pair.server, (void *)8, 3, 0)));
	EXPECT_EQ(1, write(pair.server, "d", 1));
	EXPECT_EQ(1, read(pair.client, text, 8));
	EXPECT_EQ('d', text[0]);
}

/* ---- SO_RCVTIMEO, signals ---- */

TEST_F(sockets, recv_waits_as_long_as_SO_RCVTIMEO)
{
	struct pair pair = connected();
	int64_t start = now_ms();
	char c;

	timeout(pair.client, SO_RCVTIMEO, 60);
	EXPECT_EQ(EAGAIN, errno_of(read(pair.client, &c, 1)));
	EXPECT_WAITED(60, start);
}

static void caught(int sig)
{
}

/* An alarm in @ms, again and again, in case it comes before the call sleeps. */
static void alarms(int ms, int sa_flags)
{
	struct sigaction sa = { .sa_handler = caught, .sa_flags = sa_flags };
	struct itimerval it = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

TEST_F(sockets, a_signal_interrupts_recv)
{
	struct pair pair = connected();
	char c;

	alarms(20, 0);
	EXPECT_EQ(EINTR, errno_of(read(pair.client, &c, 1)));
	/* With a timeout the call is never restarted. */
	alarms(20, SA_RESTART);
	timeout(pair.client, SO_RCVTIMEO, 5000);
	EXPECT_EQ(EINTR, errno_of(read(pair.client, &c, 1)));
}

TEST_F(sockets, a_signal_restarts_recv_with_SA_RESTART)
{
	struct pair pair = connected();
	char c;

	alarms(20, SA_RESTART);
	if (!child()) {
		poll(NULL, 0, 100);
		_exit(write(pair.server, "a", 1) != 1);
	}
	EXPECT_EQ(1, read(pair.client, &c, 1));
}

/* ---- SO_RCVLOWAT ---- */

TEST_F(sockets, SO_RCVLOWAT_holds_recv_and_poll_back)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(0, set_int(pair.client, SOL_SOCKET, SO_RCVLOWAT, 4));
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	ASSERT_TRUE(until_inq(pair.client, 3));
	EXPECT_EQ(POLLOUT, polled(pair.client));
	if (!child()) {
		poll(NULL, 0, 20);
		_exit(write(pair.server, "defg", 4) != 4);
	}
	EXPECT_EQ(7, read(pair.client, text, 8));
	EXPECT_EQ(6, write(pair.server, "abcdef", 6));
	EXPECT_EQ(POLLIN, until(pair.client, POLLIN));
	/* Who does not wait takes what there is. */
	EXPECT_EQ(5, read(pair.client, text, 5));
	EXPECT_EQ(1, recv(pair.client, text, 8, MSG_DONTWAIT));
}

TEST_F(sockets, SO_RCVLOWAT_does_not_hold_back_the_end)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(0, set_int(pair.client, SOL_SOCKET, SO_RCVLOWAT, 100));
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(POLLIN, until(pair.client, POLLIN));
	EXPECT_EQ(3, read(pair.client, text, 8));
	EXPECT_EQ(0, read(pair.client, text, 8));
}

/* More than the buffer can take: the buffer grows, or poll() would never say so. */
TEST_F(sockets, SO_RCVLOWAT_beyond_the_buffer_makes_it_grow)
{
	static char text[1 << 20];
	struct pair pair = connected();
	pid_t pid;

	ASSERT_EQ(0, set_int(pair.client, SOL_SOCKET, SO_RCVLOWAT, sizeof(text)));
	EXPECT_LE(sizeof(text), get_int(pair.client, SOL_SOCKET, SO_RCVBUF));
	/* On Linux 7.2 TCP's window does not follow the buffer, and poll() waits for ever. */
	if (!is_edu())
		return;
	pid = child();
	if (!pid)
		_exit(write(pair.server, text, sizeof(text)) != sizeof(text));
	EXPECT_EQ(POLLIN, until(pair.client, POLLIN));
	EXPECT_EQ(sizeof(text), read(pair.client, text, sizeof(text)));
}

/* A buffer of the user's own size stays: poll() wakes when the window is closed. */
TEST_F(sockets, SO_RCVLOWAT_beyond_a_fixed_buffer_ends_at_the_window)
{
	static char text[1 << 18];
	int listener = listening(8);
	struct pair pair;

	set_int(listener, SOL_SOCKET, SO_RCVBUF, 8192);
	pair = connected_to(listener);
	set_int(pair.server, SOL_SOCKET, SO_RCVLOWAT, sizeof(text));
	if (!child())
		_exit(write(pair.client, text, sizeof(text)) < 0);
	EXPECT_EQ(POLLIN, until(pair.server, POLLIN));
}

TEST_HARNESS_MAIN
