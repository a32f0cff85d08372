// SPDX-License-Identifier: GPL-2.0
/* SEND: what goes when, sendfile and splice in both directions, and how long it waits. */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "fixture.h"

#define MIB	1048576

/* Octets of a stream: a function of their place. */
static void fill(char *text, size_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (from + i) * 7 + ((from + i) >> 8) * 13;
}

/* Reads @len octets and says how many of them are right. */
static size_t read_right(int fd, size_t len)
{
	static char text[65536], right[65536];
	size_t n = 0, i;
	ssize_t got;

	while (n < len) {
		got = read(fd, text, len - n < sizeof(text) ? len - n : sizeof(text));
		if (got <= 0)
			break;
		fill(right, n, got);
		for (i = 0; i < got; i++)
			if (text[i] != right[i])
				return n + i;
		n += got;
	}
	return n;
}

static int file_of(size_t len)
{
	int fd = memfd_create("text", 0);
	char *text;

	if (fd < 0 || ftruncate(fd, len))
		return -1;
	text = mmap(NULL, len, PROT_WRITE, MAP_SHARED, fd, 0);
	fill(text, 0, len);
	munmap(text, len);
	return fd;
}

/* ---- What is held back ---- */

TEST_F(sockets, MSG_MORE_holds_the_rest_of_a_segment)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(3, send(pair.client, "abc", 3, MSG_MORE));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.server, text, 8, MSG_DONTWAIT)));
	ASSERT_EQ(3, send(pair.client, "def", 3, 0));
	EXPECT_EQ(6, recv(pair.server, text, 6, MSG_WAITALL));
	EXPECT_EQ(1, info_of(pair.client).tcpi_data_segs_out);
}

/* Nothing else comes: it goes by itself. */
TEST_F(sockets, what_MSG_MORE_holds_is_not_held_for_ever)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(3, send(pair.client, "abc", 3, MSG_MORE));
	EXPECT_EQ(3, read(pair.server, text, 8));
}

TEST_F(sockets, close_lets_go_what_MSG_MORE_holds)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(3, send(pair.client, "abc", 3, MSG_MORE));
	close(pair.client);
	EXPECT_EQ(3, read(pair.server, text, 8));
	EXPECT_EQ(0, read(pair.server, text, 8));
}

TEST_F(sockets, TCP_CORK_holds_until_it_is_drawn)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(0, set_int(pair.client, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(3, write(pair.client, "abc", 3));
	ASSERT_EQ(3, write(pair.client, "def", 3));
	EXPECT_EQ(EAGAIN, errno_of(recv(pair.server, text, 8, MSG_DONTWAIT)));
	ASSERT_EQ(0, set_int(pair.client, IPPROTO_TCP, TCP_CORK, 0));
	EXPECT_EQ(6, read(pair.server, text, 8));
	EXPECT_EQ(1, info_of(pair.client).tcpi_data_segs_out);
}

TEST_F(sockets, TCP_NODELAY_lets_go_what_is_held)
{
	struct pair pair = connected();
	char text[8];

	ASSERT_EQ(3, send(pair.client, "abc", 3, MSG_MORE));
	ASSERT_EQ(0, set_int(pair.client, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(3, recv(pair.server, text, 8, MSG_DONTWAIT));
}

TEST_F(sockets, a_send_of_nothing_is_nothing)
{
	struct pair pair = connected();

	EXPECT_EQ(0, send(pair.client, "", 0, 0));
	EXPECT_EQ(0, info_of(pair.client).tcpi_data_segs_out);
	shutdown(pair.client, SHUT_WR);
	EXPECT_EQ(EPIPE, errno_of(send(pair.client, "", 0, MSG_NOSIGNAL)));
}

TEST_F(sockets, an_address_on_a_connection_is_ignored)
{
	struct pair pair = connected();
	struct place other = at("10.1.2.3", "fd00::3", 9);
	char text[8];

	EXPECT_EQ(3, sendto(pair.client, "abc", 3, 0, (struct sockaddr *)&other.ss, other.len));
	EXPECT_EQ(3, read(pair.server, text, 8));
}

/* ---- How long it waits ---- */

TEST_F(sockets, send_waits_as_long_as_SO_SNDTIMEO)
{
	static char text[MIB];
	struct pair pair = stuck();
	int64_t start;

	timeout(pair.client, SO_SNDTIMEO, 60);
	do {
		start = now_ms();
	} while (send(pair.client, text, sizeof(text), 0) > 0);
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_WAITED(60, start);
	EXPECT_EQ(EAGAIN, errno_of(send(pair.client, text, sizeof(text), MSG_DONTWAIT)));
}

/* Part of it found room: that is the answer, and the error comes the next time. */
TEST_F(sockets, send_says_how_much_it_took)
{
	static char text[8 * MIB];
	int listener = listening(8);
	struct pair pair;
	ssize_t n;

	set_int(listener, SOL_SOCKET, SO_RCVBUF, 4096);
	pair = connected_to(listener);
	set_int(pair.client, SOL_SOCKET, SO_SNDBUF, 16384);
	timeout(pair.client, SO_SNDTIMEO, 50);
	n = send(pair.client, text, sizeof(text), 0);
	EXPECT_LT(0, n);
	EXPECT_GT(sizeof(text), n);
}

TEST_F(sockets, a_blocked_send_ends_with_the_connection)
{
	static char text[MIB];
	struct pair pair = stuck();

	if (!child()) {
		poll(NULL, 0, 20);
		close(pair.client);
		reset(pair.server);
		_exit(0);
	}
	close(pair.server);
	EXPECT_EQ(ECONNRESET, errno_of(send(pair.client, text, sizeof(text), MSG_NOSIGNAL)));
}

/* ---- sendfile and splice ---- */

TEST_F(sockets, sendfile_into_a_connection)
{
	struct pair pair = connected();
	int file = file_of(MIB);
	off_t offset = 0;
	size_t sent = 0;

	ASSERT_LE(0, file);
	if (!child()) {
		while (sent < MIB) {
			ssize_t n = sendfile(pair.client, file, &offset, MIB - sent);

			if (n <= 0)
				_exit(1);
			sent += n;
		}
		_exit(offset != MIB);
	}
	close(pair.client);
	EXPECT_EQ(MIB, read_right(pair.server, MIB));
}

/* The last piece must not wait for more (MSG_MORE of a splice that has come to its end). */
TEST_F(sockets, sendfile_beyond_the_end_holds_nothing_back)
{
	struct pair pair = connected();
	int file = file_of(100);
	char text[200];
	int64_t start;

	start = now_ms();
	ASSERT_EQ(100, sendfile(pair.client, file, NULL, 4096));
	EXPECT_EQ(100, read(pair.server, text, sizeof(text)));
	EXPECT_GT(150, now_ms() - start);
}

TEST_F(sockets, sendfile_without_waiting_takes_what_fits)
{
	struct pair pair = connected();
	int file = file_of(64 * MIB);
	ssize_t n;

	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	n = sendfile(pair.client, file, NULL, 64 * MIB);
	EXPECT_LT(0, n);
	EXPECT_GT(64 * MIB, n);
	while (sendfile(pair.client, file, NULL, 64 * MIB) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(sockets, splice_from_one_connection_into_another)
{
	struct pair in = connected(), out = connected();
	char *text = malloc(MIB);
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	fill(text, 0, MIB);
	if (!child())
		_exit(write(in.client, text, MIB) != MIB);
	close(in.client);
	if (!child()) {
		ssize_t n, m;

		while ((n = splice(in.server, NULL, pipes[1], NULL, 65536, SPLICE_F_MOVE)) > 0)
			for (; n > 0; n -= m) {
				m = splice(pipes[0], NULL, out.client, NULL, n, SPLICE_F_MORE);
				if (m <= 0)
					_exit(1);
			}
		_exit(n != 0);
	}
	close(out.client);
	EXPECT_EQ(MIB, read_right(out.server, MIB));
	EXPECT_EQ(0, read(out.server, text, 1));
}

TEST_F(sockets, splice_from_a_connection_says_what_recv_would_say)
{
	struct pair pair = connected();
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(EAGAIN, errno_of(splice(pair.client, NULL, pipes[1], NULL, 100, 0)));
	ASSERT_EQ(3, write(pair.server, "abc", 3));
	ASSERT_TRUE(until_inq(pair.client, 3));
	EXPECT_EQ(3, splice(pair.client, NULL, pipes[1], NULL, 100, 0));
	shutdown(pair.server, SHUT_WR);
	ASSERT_TRUE(until_state(pair.client, TCP_CLOSE_WAIT));
	EXPECT_EQ(0, splice(pair.client, NULL, pipes[1], NULL, 100, 0));
	EXPECT_EQ(ENOTCONN, errno_of(splice(new_socket(0), NULL, pipes[1], NULL, 100, 0)));
	unpair(&pair);
	pair = connected();
	reset(pair.server);
	ASSERT_TRUE(until_state(pair.client, TCP_CLOSE));
	EXPECT_EQ(ECONNRESET, errno_of(splice(pair.client, NULL, pipes[1], NULL, 100, 0)));
}

TEST_F(sockets, vmsplice_and_splice_into_a_connection)
{
	struct pair pair = connected();
	char *text = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { text, 65536 };
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	fill(text, 0, 65536);
	ASSERT_EQ(65536, vmsplice(pipes[1], &iov, 1, 0));
	ASSERT_EQ(65536, splice(pipes[0], NULL, pair.client, NULL, 65536, 0));
	EXPECT_EQ(65536, read_right(pair.server, 65536));
}

TEST_HARNESS_MAIN
