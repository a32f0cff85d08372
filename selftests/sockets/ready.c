// SPDX-License-Identifier: GPL-2.0
/* poll, select and epoll: what is said when, and that edges come once for each event. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "fixture.h"

/* ---- Level ---- */

TEST_F(sockets, poll_tells_of_text_and_of_the_end)
{
	struct pair pair = connected();
	char c;

	EXPECT_EQ(POLLOUT, polled(pair.client));
	ASSERT_EQ(1, write(pair.server, "a", 1));
	EXPECT_EQ(POLLIN, until(pair.client, POLLIN));
	ASSERT_EQ(1, read(pair.client, &c, 1));
	EXPECT_EQ(POLLOUT, polled(pair.client));
	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(POLLIN | POLLRDHUP, until(pair.client, POLLIN | POLLRDHUP));
	/* In both directions: POLLHUP, whether it was asked for or not. */
	shutdown(pair.client, SHUT_WR);
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, polled(pair.client));
}

TEST_F(sockets, poll_tells_of_room_when_a_third_is_free)
{
	static char text[65536];
	struct pair pair = stuck();

	EXPECT_EQ(0, polled(pair.client));
	fcntl(pair.server, F_SETFL, O_NONBLOCK);
	while (!(polled(pair.client) & POLLOUT))
		if (read(pair.server, text, sizeof(text)) < 0)
			poll(NULL, 0, 1);
	EXPECT_LT(0, send(pair.client, text, sizeof(text), MSG_DONTWAIT));
}

TEST_F(sockets, poll_tells_of_an_error_once)
{
	struct pair pair = connected();

	reset(pair.server);
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP, until(pair.client, POLLIN));
	EXPECT_EQ(ECONNRESET, get_int(pair.client, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, polled(pair.client));
}

TEST_F(sockets, select_sees_what_poll_sees)
{
	struct pair pair = connected();
	struct timeval tv = { 20, 0 };
	fd_set in, out, urgent;

	ASSERT_EQ(2, send(pair.server, "aU", 2, MSG_OOB));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&urgent);
	FD_SET(pair.client, &urgent);
	ASSERT_EQ(1, select(pair.client + 1, NULL, NULL, &urgent, &tv));
	FD_SET(pair.client, &in);
	FD_SET(pair.client, &out);
	EXPECT_EQ(3, select(pair.client + 1, &in, &out, &urgent, &tv));
}

/* ---- Edges ---- */

static int watch(int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(0);

	return ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -1 : ep;
}

/* What happened since it was asked last, after @ms at most; 0: nothing. */
static int edge(int ep, int ms)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, ms) == 1 ? (int)ev.events : 0;
}

TEST_F(sockets, an_edge_for_each_arrival)
{
	struct pair pair = connected();
	int ep = watch(pair.client, EPOLLIN | EPOLLET);
	char text[8];

	EXPECT_EQ(0, edge(ep, 0));
	ASSERT_EQ(1, write(pair.server, "a", 1));
	EXPECT_EQ(EPOLLIN, edge(ep, PATIENCE));
	/* Not read; no new edge until more arrives. */
	EXPECT_EQ(0, edge(ep, 0));
	ASSERT_EQ(1, write(pair.server, "b", 1));
	EXPECT_EQ(EPOLLIN, edge(ep, PATIENCE));
	EXPECT_EQ(2, read(pair.client, text, sizeof(text)));
	EXPECT_EQ(0, edge(ep, 0));
}

TEST_F(sockets, an_edge_for_the_peers_FIN)
{
	struct pair pair = connected();
	int ep = watch(pair.client, EPOLLIN | EPOLLRDHUP | EPOLLET);

	EXPECT_EQ(0, edge(ep, 0));
	shutdown(pair.server, SHUT_WR);
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, edge(ep, PATIENCE));
	EXPECT_EQ(0, edge(ep, 0));
	shutdown(pair.client, SHUT_WR);
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP | EPOLLHUP, edge(ep, PATIENCE));
}

TEST_F(sockets, an_edge_for_room)
{
	static char text[65536];
	struct pair pair = stuck();
	int ep = watch(pair.client, EPOLLOUT | EPOLLET);
	int64_t end = now_ms() + PATIENCE;
	int seen = 0;

	EXPECT_EQ(0, edge(ep, 0));
	EXPECT_EQ(EAGAIN, errno_of(send(pair.client, text, sizeof(text), MSG_DONTWAIT)));
	fcntl(pair.server, F_SETFL, O_NONBLOCK);
	while (!seen && now_ms() < end) {
		while (read(pair.server, text, sizeof(text)) > 0)
			;
		seen = edge(ep, 5);
	}
	EXPECT_EQ(EPOLLOUT, seen);
}

TEST_F(sockets, an_edge_for_connect)
{
	int listener = listening(8), fd = new_socket(SOCK_NONBLOCK);
	struct place there = loopback(port_of(listener));
	int ep = watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);

	/* as any socket that is not connected */
	EXPECT_EQ(EPOLLOUT | EPOLLHUP, edge(ep, 0));
	ASSERT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(EPOLLOUT, edge(ep, PATIENCE));
}

TEST_F(sockets, an_edge_for_each_connection_to_accept)
{
	int listener = listening(8), i;
	struct place there = loopback(port_of(listener));
	int ep = watch(listener, EPOLLIN | EPOLLET);

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, edge(ep, 0));
		ASSERT_EQ(0, connect(new_socket(0), (struct sockaddr *)&there.ss, there.len));
		EXPECT_EQ(EPOLLIN, edge(ep, PATIENCE));
	}
	for (i = 0; i < 3; i++)
		accepted(listener);
	EXPECT_EQ(0, edge(ep, 0));
}

TEST_F(sockets, an_edge_for_a_reset)
{
	struct pair pair = connected();
	int ep = watch(pair.client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);

	EXPECT_EQ(EPOLLOUT, edge(ep, 0));
	reset(pair.server);
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR, edge(ep, PATIENCE));
}

TEST_F(sockets, an_edge_for_urgent_text)
{
	struct pair pair = connected();
	int ep = watch(pair.client, EPOLLPRI | EPOLLET);

	ASSERT_EQ(1, send(pair.server, "U", 1, MSG_OOB));
	EXPECT_EQ(EPOLLPRI, edge(ep, PATIENCE));
	EXPECT_EQ(0, edge(ep, 0));
}

/* One of many who wait on a listener wakes for one connection. */
TEST_F(sockets, EPOLLEXCLUSIVE_wakes_one)
{
	int listener = listening(8), ep[2];
	struct place there = loopback(port_of(listener));

	ep[0] = watch(listener, EPOLLIN | EPOLLEXCLUSIVE);
	ep[1] = watch(listener, EPOLLIN | EPOLLEXCLUSIVE);
	ASSERT_LE(0, ep[0]);
	ASSERT_LE(0, ep[1]);
	ASSERT_EQ(0, connect(new_socket(0), (struct sockaddr *)&there.ss, there.len));
	EXPECT_EQ(EPOLLIN, edge(ep[0], PATIENCE));
	accepted(listener);
	EXPECT_EQ(0, edge(ep[1], 0));
}

/* ---- SIGIO ---- */

static volatile sig_atomic_t ios;

static void caught(int sig)
{
	ios++;
}

TEST_F(sockets, SIGIO_tells_the_owner)
{
	struct pair pair = connected();
	int64_t end = now_ms() + PATIENCE;
	int before;

	signal(SIGIO, caught);
	ASSERT_EQ(0, fcntl(pair.client, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(pair.client, F_SETFL, O_ASYNC | O_NONBLOCK));
	ASSERT_EQ(1, write(pair.server, "a", 1));
	while (!ios && now_ms() < end)
		poll(NULL, 0, 1);
	EXPECT_LE(1, ios);
	before = ios;
	shutdown(pair.server, SHUT_WR);
	while (ios == before && now_ms() < end)
		poll(NULL, 0, 1);
	EXPECT_LT(before, ios);
}

TEST_HARNESS_MAIN
