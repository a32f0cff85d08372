// SPDX-License-Identifier: GPL-2.0
/* Urgent text: RFC 9293 3.8.5, as RFC 6093 describes what hosts do with it. */
#include <signal.h>

#include "fixture.h"

static bool until_urgent(int fd)
{
	return until(fd, POLLPRI) & POLLPRI;
}

static int at_mark(int fd)
{
	int yes = -1;

	return ioctl(fd, SIOCATMARK, &yes) ? -errno : yes;
}

static int oob(int fd, char *c, int flags)
{
	*c = 0;
	return recv(fd, c, 1, MSG_OOB | flags) < 0 ? -errno : 1;
}

TEST_F(sockets, urgent_text_is_read_apart)
{
	struct pair pair = connected();
	char text[8] = "", c;

	ASSERT_EQ(3, send(pair.client, "abc", 3, 0));
	ASSERT_EQ(2, send(pair.client, "dU", 2, MSG_OOB));
	ASSERT_EQ(3, send(pair.client, "efg", 3, 0));
	ASSERT_TRUE(until_urgent(pair.server));
	EXPECT_EQ(1, oob(pair.server, &c, MSG_PEEK));
	EXPECT_EQ('U', c);
	EXPECT_EQ(1, oob(pair.server, &c, 0));
	EXPECT_EQ('U', c);
	/* once only */
	EXPECT_EQ(-EINVAL, oob(pair.server, &c, 0));
	EXPECT_FALSE(polled(pair.server) & POLLPRI);
	/* recv() stops at the mark, and goes on behind it. */
	EXPECT_EQ(0, at_mark(pair.server));
	EXPECT_EQ(4, inq(pair.server));
	EXPECT_EQ(4, read(pair.server, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "abcd", 4));
	EXPECT_EQ(1, at_mark(pair.server));
	EXPECT_EQ(3, read(pair.server, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "efg", 3));
	EXPECT_EQ(0, at_mark(pair.server));
}

TEST_F(sockets, urgent_text_that_was_passed_is_lost)
{
	struct pair pair = connected();
	char text[8], c;

	ASSERT_EQ(1, send(pair.client, "U", 1, MSG_OOB));
	ASSERT_EQ(1, send(pair.client, "a", 1, 0));
	ASSERT_TRUE(until_urgent(pair.server));
	EXPECT_EQ(1, at_mark(pair.server));
	EXPECT_EQ(1, read(pair.server, text, sizeof(text)));
	EXPECT_EQ('a', text[0]);
	EXPECT_EQ(-EINVAL, oob(pair.server, &c, 0));
	EXPECT_FALSE(polled(pair.server) & POLLPRI);
}

TEST_F(sockets, SO_OOBINLINE_keeps_urgent_text_in_line)
{
	struct pair pair = connected();
	char text[8] = "", c;

	ASSERT_EQ(0, set_int(pair.server, SOL_SOCKET, SO_OOBINLINE, 1));
	ASSERT_EQ(3, send(pair.client, "abU", 3, MSG_OOB));
	ASSERT_EQ(1, send(pair.client, "c", 1, 0));
	ASSERT_TRUE(until_urgent(pair.server));
	ASSERT_TRUE(until_inq(pair.server, 4));
	EXPECT_EQ(-EINVAL, oob(pair.server, &c, 0));
	EXPECT_EQ(2, read(pair.server, text, sizeof(text)));
	EXPECT_EQ(1, at_mark(pair.server));
	EXPECT_EQ(2, read(pair.server, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "Uc", 2));
}

TEST_F(sockets, a_later_urgent_octet_replaces_an_earlier_one)
{
	struct pair pair = connected();
	char text[8] = "", c;

	ASSERT_EQ(2, send(pair.client, "aU", 2, MSG_OOB));
	ASSERT_TRUE(until_urgent(pair.server));
	ASSERT_EQ(2, send(pair.client, "bV", 2, MSG_OOB));
	ASSERT_TRUE(until_inq(pair.server, 3));
	EXPECT_EQ(1, oob(pair.server, &c, 0));
	EXPECT_EQ('V', c);
	/* The first one is text like any other now. */
	EXPECT_EQ(3, read(pair.server, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "aUb", 3));
}

/* The reader stands at the first one: it is not read as text, but gone. */
TEST_F(sockets, a_later_urgent_octet_ends_a_mark_at_which_the_reader_stands)
{
	struct pair pair = connected();
	char text[8] = "", c;

	ASSERT_EQ(2, send(pair.client, "aU", 2, MSG_OOB));
	ASSERT_TRUE(until_urgent(pair.server));
	ASSERT_EQ(1, read(pair.server, text, sizeof(text)));
	ASSERT_EQ(1, at_mark(pair.server));
	ASSERT_EQ(2, send(pair.client, "bV", 2, MSG_OOB));
	ASSERT_TRUE(until_inq(pair.server, 1));
	EXPECT_EQ(1, read(pair.server, text, sizeof(text)));
	EXPECT_EQ('b', text[0]);
	EXPECT_EQ(1, oob(pair.server, &c, 0));
	EXPECT_EQ('V', c);
}

static volatile sig_atomic_t urgent_signals;

static void caught(int sig)
{
	urgent_signals++;
}

TEST_F(sockets, SIGURG_tells_the_owner)
{
	struct pair pair = connected();
	int64_t end = now_ms() + PATIENCE;
	char c;

	signal(SIGURG, caught);
	ASSERT_EQ(0, fcntl(pair.server, F_SETOWN, getpid()));
	ASSERT_EQ(1, send(pair.client, "U", 1, MSG_OOB));
	while (!urgent_signals && now_ms() < end)
		poll(NULL, 0, 1);
	EXPECT_EQ(1, urgent_signals);
	/* Once more for each new one (MUST-32). */
	EXPECT_EQ(1, oob(pair.server, &c, 0));
	ASSERT_EQ(1, send(pair.client, "V", 1, MSG_OOB));
	while (urgent_signals < 2 && now_ms() < end)
		poll(NULL, 0, 1);
	EXPECT_EQ(2, urgent_signals);
}

/* The pointer goes also where text cannot: the reader learns of it with a closed window. */
TEST_F(sockets, urgent_text_before_a_closed_window_is_announced)
{
	struct pair pair = stuck();
	char c;

	set_int(pair.client, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	ASSERT_EQ(1, send(pair.client, "U", 1, MSG_OOB | MSG_DONTWAIT));
	/* Announced, but not here: EAGAIN instead of EINVAL. */
	while (oob(pair.server, &c, 0) == -EINVAL)
		poll(NULL, 0, 1);
	EXPECT_EQ(-EAGAIN, oob(pair.server, &c, 0));
	EXPECT_FALSE(polled(pair.server) & POLLPRI);
}

TEST_F(sockets, no_urgent_text_no_mark)
{
	struct pair pair = connected();
	char c;

	EXPECT_EQ(0, at_mark(pair.server));
	EXPECT_EQ(-EINVAL, oob(pair.server, &c, 0));
	ASSERT_EQ(1, write(pair.client, "a", 1));
	ASSERT_TRUE(until_inq(pair.server, 1));
	EXPECT_EQ(0, at_mark(pair.server));
	EXPECT_EQ(-EINVAL, oob(pair.server, &c, 0));
}

TEST_F(sockets, recvmsg_says_that_it_was_urgent)
{
	struct pair pair = connected();
	char c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	ASSERT_EQ(1, send(pair.client, "U", 1, MSG_OOB));
	ASSERT_TRUE(until_urgent(pair.server));
	EXPECT_EQ(1, recvmsg(pair.server, &msg, MSG_OOB));
	EXPECT_EQ(MSG_OOB, msg.msg_flags & MSG_OOB);
	EXPECT_EQ('U', c);
}

TEST_F(sockets, urgent_text_is_no_end_of_reading_for_poll)
{
	struct pair pair = connected();

	/* Only the urgent octet is there: nothing that recv() could take. */
	ASSERT_EQ(1, send(pair.client, "U", 1, MSG_OOB));
	ASSERT_TRUE(until_urgent(pair.server));
	EXPECT_EQ(POLLPRI | POLLOUT, polled(pair.server));
	EXPECT_EQ(0, inq(pair.server));
	ASSERT_EQ(1, send(pair.client, "a", 1, 0));
	EXPECT_EQ(POLLIN, until(pair.server, POLLIN));
}

/* Linux's TCP answers 0 at the mark, as if the peer had closed; edu_tcp passes it. */
TEST_F(sockets, splice_passes_the_urgent_octet_by)
{
	struct pair pair = connected();
	char text[8] = "";
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(3, send(pair.client, "abU", 3, MSG_OOB));
	ASSERT_EQ(1, send(pair.client, "c", 1, 0));
	ASSERT_TRUE(until_urgent(pair.server));
	EXPECT_EQ(2, splice(pair.server, NULL, pipes[1], NULL, 100, 0));
	EXPECT_EQ(is_edu() ? 1 : 0, splice(pair.server, NULL, pipes[1], NULL, 100, 0));
	EXPECT_EQ(is_edu() ? 3 : 2, read(pipes[0], text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "abc", is_edu() ? 3 : 2));
}

TEST_F(sockets, urgent_text_into_nothing_is_refused)
{
	struct pair pair = connected();

	EXPECT_EQ(EPIPE, errno_of(send(new_socket(0), "U", 1, MSG_OOB | MSG_NOSIGNAL)));
	shutdown(pair.client, SHUT_WR);
	EXPECT_EQ(EPIPE, errno_of(send(pair.client, "U", 1, MSG_OOB | MSG_NOSIGNAL)));
}

TEST_HARNESS_MAIN
