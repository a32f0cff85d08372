// SPDX-License-Identifier: GPL-2.0
/* connect, accept, listen, shutdown, close: in every state, with the errno that TCP gives. */
#include <signal.h>
#include <sys/wait.h>

#include "fixture.h"

/* ---- Every call in every state ---- */

enum state {
	UNBOUND,		/* CLOSED, fresh from socket() */
	LISTENING,
	CONNECTING,		/* SYN-SENT */
	OPEN,			/* ESTABLISHED */
	PEER_CLOSED,		/* CLOSE-WAIT */
	SHUT,			/* FIN-WAIT-2: we shut down, and the peer has acknowledged */
	SHUT_STUCK,		/* FIN-WAIT-1: the peer's window is closed before our FIN */
	BOTH_STUCK,		/* CLOSING: the same, and the peer has shut down */
	LAST_STUCK,		/* LAST-ACK: the peer shut down first, then we did likewise */
	FINISHED,		/* TIME-WAIT: both shut down, and we are left with CLOSED */
	WAS_RESET,		/* CLOSED, the error still to be reported */
	STATES,
};

static const int kernel_state[STATES] = {
	[UNBOUND] = TCP_CLOSE, [LISTENING] = TCP_LISTEN, [CONNECTING] = TCP_SYN_SENT,
	[OPEN] = TCP_ESTABLISHED, [PEER_CLOSED] = TCP_CLOSE_WAIT, [SHUT] = TCP_FIN_WAIT2,
	[SHUT_STUCK] = TCP_FIN_WAIT1, [BOTH_STUCK] = TCP_CLOSING, [LAST_STUCK] = TCP_LAST_ACK,
	[FINISHED] = TCP_CLOSE, [WAS_RESET] = TCP_CLOSE,
};

/* A socket in @state; @peer is the other end, to be kept open, or -1. */
static int in_state(enum state state, int *peer)
{
	struct pair pair;
	int fd;

	*peer = -1;
	switch (state) {
	case UNBOUND:
		return new_socket(SOCK_NONBLOCK);
	case LISTENING:
		fd = listening(8);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		return fd;
	case CONNECTING:
		return unanswered();
	case SHUT_STUCK:
	case BOTH_STUCK:
	case LAST_STUCK:
		pair = stuck();
		break;
	default:
		pair = connected();
	}
	*peer = pair.server;
	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	switch (state) {
	case LAST_STUCK:
		shutdown(pair.server, SHUT_WR);
		until_state(pair.client, TCP_CLOSE_WAIT);
		shutdown(pair.client, SHUT_WR);
		break;
	case PEER_CLOSED:
		shutdown(pair.server, SHUT_WR);
		break;
	case SHUT:
	case SHUT_STUCK:
		shutdown(pair.client, SHUT_WR);
		break;
	case BOTH_STUCK:
	case FINISHED:
		shutdown(pair.client, SHUT_WR);
		shutdown(pair.server, SHUT_WR);
		break;
	case WAS_RESET:
		reset(pair.server);
		*peer = -1;
		break;
	default:
		break;
	}
	until_state(pair.client, kernel_state[state]);
	return pair.client;
}

static int call_bind(int fd)
{
	struct place here = loopback(0);

	return bind(fd, (struct sockaddr *)&here.ss, here.len);
}

static int call_listen(int fd)
{
	return listen(fd, 8);
}

static int call_accept(int fd)
{
	return accept(fd, NULL, NULL);
}

/* To a port where nobody listens. */
static int call_connect(int fd)
{
	struct place there = loopback(1);

	return connect(fd, (struct sockaddr *)&there.ss, there.len);
}

static int call_disconnect(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	return connect(fd, &nowhere, sizeof(nowhere));
}

static int call_send(int fd)
{
	return send(fd, "x", 1, MSG_NOSIGNAL);
}

static int call_recv(int fd)
{
	char c;

	return recv(fd, &c, 1, 0);
}

static int call_recv_oob(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_OOB);
}

static int call_shut_rd(int fd)
{
	return shutdown(fd, SHUT_RD);
}

static int call_shut_wr(int fd)
{
	return shutdown(fd, SHUT_WR);
}

static int call_getpeername(int fd)
{
	struct place p = { .len = sizeof(p.ss) };

	return getpeername(fd, (struct sockaddr *)&p.ss, &p.len);
}

static int call_error(int fd)
{
	int err = get_int(fd, SOL_SOCKET, SO_ERROR);

	errno = err;
	return err ? -1 : 0;
}

static int call_fionread(int fd)
{
	int n;

	return ioctl(fd, FIONREAD, &n) ?: n;
}

static int call_atmark(int fd)
{
	int n;

	return ioctl(fd, SIOCATMARK, &n) ?: n;
}

/* What is not named succeeds. */
static const struct {
	const char *name;
	int (*call)(int fd);
	int expected[STATES];
} table[] = {
	{ "bind", call_bind, {
		[LISTENING] = EINVAL, [CONNECTING] = EINVAL, [OPEN] = EINVAL,
		[PEER_CLOSED] = EINVAL, [SHUT] = EINVAL, [SHUT_STUCK] = EINVAL,
		[BOTH_STUCK] = EINVAL, [LAST_STUCK] = EINVAL } },
	{ "listen", call_listen, {
		[CONNECTING] = EINVAL, [OPEN] = EINVAL, [PEER_CLOSED] = EINVAL, [SHUT] = EINVAL,
		[SHUT_STUCK] = EINVAL, [BOTH_STUCK] = EINVAL, [LAST_STUCK] = EINVAL,
		[FINISHED] = EINVAL, [WAS_RESET] = EINVAL } },
	{ "accept", call_accept, {
		[UNBOUND] = EINVAL, [LISTENING] = EAGAIN, [CONNECTING] = EINVAL, [OPEN] = EINVAL,
		[PEER_CLOSED] = EINVAL, [SHUT] = EINVAL, [SHUT_STUCK] = EINVAL,
		[BOTH_STUCK] = EINVAL, [LAST_STUCK] = EINVAL, [FINISHED] = EINVAL,
		[WAS_RESET] = EINVAL } },
	{ "connect", call_connect, {
		[UNBOUND] = EINPROGRESS, [LISTENING] = EISCONN, [CONNECTING] = EALREADY,
		[OPEN] = EISCONN, [PEER_CLOSED] = EISCONN, [SHUT] = EISCONN,
		[SHUT_STUCK] = EISCONN, [BOTH_STUCK] = EISCONN, [LAST_STUCK] = EISCONN,
		[FINISHED] = EISCONN, [WAS_RESET] = EISCONN } },
	{ "connect to AF_UNSPEC", call_disconnect, { } },
	{ "send", call_send, {
		[UNBOUND] = EPIPE, [LISTENING] = EPIPE, [CONNECTING] = EAGAIN, [SHUT] = EPIPE,
		[SHUT_STUCK] = EPIPE, [BOTH_STUCK] = EPIPE, [LAST_STUCK] = EPIPE,
		[FINISHED] = EPIPE, [WAS_RESET] = ECONNRESET } },
	{ "recv", call_recv, {
		[UNBOUND] = ENOTCONN, [LISTENING] = ENOTCONN, [CONNECTING] = EAGAIN,
		[OPEN] = EAGAIN, [SHUT] = EAGAIN, [SHUT_STUCK] = EAGAIN,
		[WAS_RESET] = ECONNRESET } },
	{ "recv of urgent text", call_recv_oob, {
		[UNBOUND] = EINVAL, [LISTENING] = ENOTCONN, [CONNECTING] = EINVAL,
		[OPEN] = EINVAL, [PEER_CLOSED] = EINVAL, [SHUT] = EINVAL, [SHUT_STUCK] = EINVAL,
		[BOTH_STUCK] = EINVAL, [LAST_STUCK] = EINVAL, [FINISHED] = EINVAL,
		[WAS_RESET] = EINVAL } },
	{ "shutdown for reading", call_shut_rd, {
		[UNBOUND] = ENOTCONN, [FINISHED] = ENOTCONN, [WAS_RESET] = ENOTCONN } },
	{ "shutdown for writing", call_shut_wr, {
		[UNBOUND] = ENOTCONN, [FINISHED] = ENOTCONN, [WAS_RESET] = ENOTCONN } },
	{ "getpeername", call_getpeername, {
		[UNBOUND] = ENOTCONN, [LISTENING] = ENOTCONN, [CONNECTING] = ENOTCONN,
		[FINISHED] = ENOTCONN, [WAS_RESET] = ENOTCONN } },
	{ "SO_ERROR", call_error, { [WAS_RESET] = ECONNRESET } },
	{ "FIONREAD", call_fionread, { [LISTENING] = EINVAL } },
	{ "SIOCATMARK", call_atmark, { } },
};

static const char * const name_of[STATES] = {
	"CLOSED", "LISTEN", "SYN-SENT", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2",
	"FIN-WAIT-1", "CLOSING", "LAST-ACK", "TIME-WAIT's CLOSED", "CLOSED by a reset",
};

#define IN	(POLLIN)
#define OUT	(POLLOUT)
#define ENDED	(POLLIN | POLLRDHUP)

static const int poll_of[STATES] = {
	[UNBOUND] = OUT | POLLHUP,
	[OPEN] = OUT,
	[PEER_CLOSED] = OUT | ENDED,
	[SHUT] = OUT,
	[SHUT_STUCK] = OUT,
	[BOTH_STUCK] = OUT | ENDED | POLLHUP,
	[LAST_STUCK] = OUT | ENDED | POLLHUP,
	[FINISHED] = OUT | ENDED | POLLHUP,
	[WAS_RESET] = OUT | ENDED | POLLHUP | POLLERR,
};

/* Each call has a socket of its own in the state: no call sees what another has done. */
static void every_call(struct __test_metadata *_metadata, enum state state)
{
	unsigned int i;
	int fd, peer, got, want;

	if (state == CONNECTING)
		black_hole();
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		fd = in_state(state, &peer);
		ASSERT_EQ(kernel_state[state], state_of(fd));
		if (!i)
			EXPECT_EQ(poll_of[state], polled(fd));
		got = errno_of(table[i].call(fd));
		want = table[i].expected[state];
		EXPECT_EQ(want, got)
			TH_LOG("%s in %s: %s", table[i].name, name_of[state], strerror(got));
		close(fd);
		if (peer >= 0)
			close(peer);
	}
}

#define CALLS_IN(state, name)	TEST_F(sockets, name) { every_call(_metadata, state); }

CALLS_IN(UNBOUND, every_call_in_CLOSED)
CALLS_IN(LISTENING, every_call_in_LISTEN)
CALLS_IN(CONNECTING, every_call_in_SYN_SENT)
CALLS_IN(OPEN, every_call_in_ESTABLISHED)
CALLS_IN(PEER_CLOSED, every_call_in_CLOSE_WAIT)
CALLS_IN(SHUT_STUCK, every_call_in_FIN_WAIT_1)
CALLS_IN(SHUT, every_call_in_FIN_WAIT_2)
CALLS_IN(BOTH_STUCK, every_call_in_CLOSING)
CALLS_IN(LAST_STUCK, every_call_in_LAST_ACK)
CALLS_IN(FINISHED, every_call_after_TIME_WAIT_began)
CALLS_IN(WAS_RESET, every_call_after_a_reset)

/* ---- bind ---- */

TEST_F(sockets, bind_says_what_is_wrong)
{
	struct place here = loopback(0), other = at("10.1.2.3", "fd00::3", 0);
	int fd = new_socket(0);

	EXPECT_EQ(EINVAL, errno_of(bind(fd, (struct sockaddr *)&here.ss, 4)));
	EXPECT_EQ(EADDRNOTAVAIL, errno_of(bind(fd, (struct sockaddr *)&other.ss, other.len)));
	here.ss.ss_family = AF_UNIX;
	EXPECT_EQ(EAFNOSUPPORT, errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len)));
	here = loopback(0);
	EXPECT_EQ(0, errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len)));
	EXPECT_EQ(EINVAL, errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len)));
	EXPECT_NE(0, port_of(fd));
}

TEST_F(sockets, a_low_port_needs_a_capability)
{
	struct place here = loopback(80);
	int fd = new_socket(0);

	ASSERT_EQ(0, seteuid(65534));
	EXPECT_EQ(EACCES, errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len)));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(0, errno_of(bind(fd, (struct sockaddr *)&here.ss, here.len)));
}

/* ---- connect ---- */

TEST_F(sockets, connect_says_what_is_wrong)
{
	struct place there = loopback(1);
	int fd = new_socket(0);

	EXPECT_EQ(EINVAL, errno_of(connect(fd, (struct sockaddr *)&there.ss, 4)));
	there.ss.ss_family = AF_UNIX;
	EXPECT_EQ(EAFNOSUPPORT, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	there = loopback(1);
	EXPECT_EQ(ECONNREFUSED, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	/* and once more: the socket is as new */
	EXPECT_EQ(ECONNREFUSED, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	there = at("10.1.2.3", "fd00::3", 9);
	EXPECT_EQ(ENETUNREACH, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, connect_without_waiting_is_refused_through_SO_ERROR)
{
	struct place there = loopback(1);
	int fd = new_socket(SOCK_NONBLOCK);

	ASSERT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(POLLOUT | POLLIN | POLLERR | POLLHUP | POLLRDHUP,
		  until(fd, POLLOUT | POLLIN | POLLRDHUP));
	EXPECT_EQ(ECONNREFUSED, get_int(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_ERROR));
	/* The error was reported; a second connect() begins anew. */
	EXPECT_EQ(ECONNABORTED, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, connect_without_waiting_is_asked_about_twice)
{
	int listener = listening(8), fd = new_socket(SOCK_NONBLOCK);
	struct place there = loopback(port_of(listener));

	ASSERT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(POLLOUT, until(fd, POLLOUT));
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(EISCONN, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
}

TEST_F(sockets, connect_waits_as_long_as_SO_SNDTIMEO)
{
	struct place there = at("10.99.0.2", "fd99::2", 9);
	int fd = new_socket(0);

	black_hole();
	timeout(fd, SO_SNDTIMEO, 50);
	EXPECT_EQ(EINPROGRESS, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(EALREADY, errno_of(connect(fd, (struct sockaddr *)&there.ss, there.len)));
	EXPECT_EQ(TCP_SYN_SENT, state_of(fd));
}

TEST_F(sockets, shutdown_ends_an_unanswered_connect)
{
	int fd;

	black_hole();
	fd = unanswered();
	EXPECT_EQ(0, errno_of(shutdown(fd, SHUT_RDWR)));
	EXPECT_EQ(TCP_CLOSE, state_of(fd));
	EXPECT_EQ(ECONNRESET, get_int(fd, SOL_SOCKET, SO_ERROR));
}

/* A socket bound to the port that it connects to: simultaneous open with itself (3.5). */
TEST_F(sockets, a_socket_may_connect_to_itself)
{
	struct place here = loopback(0);
	int fd = new_socket(0);
	char c = 0;

	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&here.ss, here.len));
	here = loopback(port_of(fd));
	ASSERT_EQ(0, errno_of(connect(fd, (struct sockaddr *)&here.ss, here.len)));
	EXPECT_EQ(TCP_ESTABLISHED, state_of(fd));
	EXPECT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ('x', c);
	EXPECT_EQ(0, shutdown(fd, SHUT_WR));
	EXPECT_EQ(0, read(fd, &c, 1));
}

/* ---- connect to AF_UNSPEC ---- */

TEST_F(sockets, disconnect_resets_the_connection_and_frees_the_socket)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct pair pair = connected();
	struct place there = loopback(port_of(pair.listener));
	char c;

	ASSERT_EQ(1, write(pair.server, "x", 1));
	ASSERT_TRUE(until_inq(pair.client, 1));
	ASSERT_EQ(0, errno_of(connect(pair.client, &nowhere, sizeof(nowhere))));
	EXPECT_EQ(TCP_CLOSE, state_of(pair.client));
	EXPECT_EQ(ECONNRESET, get_int(pair.client, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(ENOTCONN, errno_of(read(pair.client, &c, 1)));
	EXPECT_EQ(ECONNRESET, errno_of(read(pair.server, &c, 1)));

	/* and connects again, without anything of the first connection */
	ASSERT_EQ(0, errno_of(connect(pair.client, (struct sockaddr *)&there.ss, there.len)));
	close(pair.server);
	pair.server = accepted(pair.listener);
	EXPECT_EQ(0, inq(pair.client));
	EXPECT_EQ(1, write(pair.server, "y", 1));
	EXPECT_EQ(1, read(pair.client, &c, 1));
	EXPECT_EQ('y', c);
}

TEST_F(sockets, disconnect_keeps_what_was_bound)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct place here = loopback(0), there;
	int listener = listening(8), fd = new_socket(0), port;

	there = loopback(port_of(listener));
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&here.ss, here.len));
	port = port_of(fd);
	ASSERT_EQ(0, connect(fd, (struct sockaddr *)&there.ss, there.len));
	ASSERT_EQ(0, connect(fd, &nowhere, sizeof(nowhere)));
	EXPECT_EQ(port, port_of(fd));
}

TEST_F(sockets, disconnect_ends_a_listener)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int listener = listening(8), client = new_socket(0);
	struct place there = loopback(port_of(listener));
	char c;

	/* Accepted by nobody: reset. */
	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	ASSERT_EQ(POLLIN, until(listener, POLLIN));
	ASSERT_EQ(0, errno_of(connect(listener, &nowhere, sizeof(nowhere))));
	EXPECT_EQ(TCP_CLOSE, state_of(listener));
	EXPECT_EQ(ECONNRESET, errno_of(read(client, &c, 1)));
	EXPECT_EQ(ECONNREFUSED, errno_of(connect(new_socket(0), (struct sockaddr *)&there.ss,
						 there.len)));
	EXPECT_EQ(0, errno_of(listen(listener, 8)));
}

/* ---- listen, accept ---- */

TEST_F(sockets, listen_takes_a_port_of_its_own_choice)
{
	int fd = new_socket(0);

	ASSERT_EQ(0, errno_of(listen(fd, 8)));
	EXPECT_NE(0, port_of(fd));
}

TEST_F(sockets, listen_again_changes_the_backlog)
{
	int fd = listening(1);

	EXPECT_EQ(1, info_of(fd).tcpi_sacked);
	EXPECT_EQ(0, errno_of(listen(fd, 5)));
	EXPECT_EQ(5, info_of(fd).tcpi_sacked);
}

TEST_F(sockets, accept_waits_as_long_as_SO_RCVTIMEO)
{
	int fd = listening(1);
	int64_t start = now_ms();

	timeout(fd, SO_RCVTIMEO, 50);
	EXPECT_EQ(EAGAIN, errno_of(accept(fd, NULL, NULL)));
	EXPECT_WAITED(50, start);
}

TEST_F(sockets, accept4_sets_flags_and_says_who_it_is)
{
	struct place peer = { .len = sizeof(peer.ss) };
	int listener = listening(1), client = new_socket(0), fd;
	struct place there = loopback(port_of(listener));

	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	fd = accept4(listener, (struct sockaddr *)&peer.ss, &peer.len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(there.len, peer.len);
	EXPECT_EQ(htons(port_of(client)), ((struct sockaddr_in *)&peer.ss)->sin_port);
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

TEST_F(sockets, a_connection_that_was_reset_is_still_accepted)
{
	int listener = listening(1), client = new_socket(0), fd;
	struct place there = loopback(port_of(listener));
	char c;

	ASSERT_EQ(0, connect(client, (struct sockaddr *)&there.ss, there.len));
	ASSERT_EQ(POLLIN, until(listener, POLLIN));
	reset(client);
	fd = accepted(listener);
	EXPECT_EQ(ECONNRESET, errno_of(read(fd, &c, 1)));
}

TEST_F(sockets, shutdown_ends_a_listener_and_whoever_waits)
{
	int listener = listening(1), status = 0;
	pid_t pid = child();

	if (!pid)
		_exit(errno_of(accept(listener, NULL, NULL)));
	/* Asleep in accept(): its state in /proc is S. */
	for (;;) {
		char path[64], text[64] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
		fd = open(path, O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) > 0 && text[0] != '0')
			break;
		close(fd);
		poll(NULL, 0, 1);
	}
	EXPECT_EQ(0, errno_of(shutdown(listener, SHUT_RD)));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EINVAL, WEXITSTATUS(status));
	EXPECT_EQ(TCP_CLOSE, state_of(listener));
	EXPECT_EQ(0, errno_of(listen(listener, 1)));
}

/* ---- shutdown, close ---- */

TEST_F(sockets, after_shutdown_for_reading_recv_ends_and_text_is_still_read)
{
	struct pair pair = connected();
	char c;

	ASSERT_EQ(0, shutdown(pair.client, SHUT_RD));
	EXPECT_EQ(0, read(pair.client, &c, 1));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, polled(pair.client));
	/* Linux goes on taking it: the peer is not told. */
	EXPECT_EQ(1, write(pair.server, "x", 1));
	EXPECT_TRUE(until_inq(pair.client, 1));
	EXPECT_EQ(1, read(pair.client, &c, 1));
	EXPECT_EQ(0, read(pair.client, &c, 1));
	EXPECT_EQ(1, write(pair.client, "y", 1));
	EXPECT_EQ(1, read(pair.server, &c, 1));
}

TEST_F(sockets, half_closed_connections_go_on_in_the_other_direction)
{
	struct pair pair = connected();
	char c;

	ASSERT_EQ(0, shutdown(pair.client, SHUT_WR));
	EXPECT_EQ(0, read(pair.server, &c, 1));
	EXPECT_EQ(TCP_CLOSE_WAIT, state_of(pair.server));
	EXPECT_TRUE(until_state(pair.client, TCP_FIN_WAIT2));
	EXPECT_EQ(1, write(pair.server, "x", 1));
	EXPECT_EQ(1, read(pair.client, &c, 1));
	EXPECT_EQ(0, shutdown(pair.server, SHUT_WR));
	EXPECT_EQ(0, read(pair.client, &c, 1));
	EXPECT_EQ(TCP_CLOSE, state_of(pair.client));
	EXPECT_TRUE(until_state(pair.server, TCP_CLOSE));
}

TEST_F(sockets, shutdown_says_what_is_wrong)
{
	struct pair pair = connected();

	EXPECT_EQ(EINVAL, errno_of(shutdown(pair.client, 3)));
	EXPECT_EQ(0, errno_of(shutdown(pair.client, SHUT_RDWR)));
	EXPECT_EQ(0, errno_of(shutdown(pair.client, SHUT_WR)));
}

TEST_F(sockets, close_with_unread_text_resets)
{
	struct pair pair = connected();
	char c;

	ASSERT_EQ(1, write(pair.server, "x", 1));
	ASSERT_TRUE(until_inq(pair.client, 1));
	close(pair.client);
	EXPECT_EQ(ECONNRESET, errno_of(read(pair.server, &c, 1)));
	EXPECT_EQ(0, errno_of(read(pair.server, &c, 1)));
}

TEST_F(sockets, close_with_linger_waits_for_the_peer)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 1 };
	struct pair pair = stuck();
	int64_t start = now_ms();

	ASSERT_EQ(0, setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	EXPECT_EQ(0, close(pair.client));
	EXPECT_WAITED(1000, start);
}

TEST_F(sockets, close_with_linger_and_no_time_resets)
{
	struct pair pair = connected();
	char c;

	reset(pair.client);
	EXPECT_EQ(ECONNRESET, errno_of(read(pair.server, &c, 1)));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, polled(pair.server));
}

/* A reset behind the peer's FIN: only writing failed (EPIPE), reading has ended. */
TEST_F(sockets, a_reset_after_the_peers_FIN_is_a_broken_pipe)
{
	struct pair pair = connected();
	char c;

	shutdown(pair.server, SHUT_WR);
	ASSERT_TRUE(until_state(pair.client, TCP_CLOSE_WAIT));
	reset(pair.server);
	ASSERT_TRUE(until_state(pair.client, TCP_CLOSE));
	EXPECT_EQ(EPIPE, errno_of(send(pair.client, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, read(pair.client, &c, 1));
}

/* ---- SIGPIPE ---- */

static volatile sig_atomic_t signals;

static void caught(int sig)
{
	signals++;
}

TEST_F(sockets, SIGPIPE_comes_with_EPIPE_unless_MSG_NOSIGNAL)
{
	struct pair pair = connected();

	signal(SIGPIPE, caught);
	shutdown(pair.client, SHUT_WR);
	EXPECT_EQ(EPIPE, errno_of(write(pair.client, "x", 1)));
	EXPECT_EQ(1, signals);
	EXPECT_EQ(EPIPE, errno_of(send(pair.client, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(1, signals);
	/* A reset is ECONNRESET first, and then a broken pipe. */
	unpair(&pair);
	pair = connected();
	reset(pair.server);
	ASSERT_TRUE(until_state(pair.client, TCP_CLOSE));
	EXPECT_EQ(ECONNRESET, errno_of(write(pair.client, "x", 1)));
	EXPECT_EQ(1, signals);
	EXPECT_EQ(EPIPE, errno_of(write(pair.client, "x", 1)));
	EXPECT_EQ(2, signals);
}

TEST_HARNESS_MAIN
