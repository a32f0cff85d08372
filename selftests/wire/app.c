// SPDX-License-Identifier: GPL-2.0
/* The application at our end: socket calls that say in the story what they did. */
#include <linux/tcp.h>
#include <stdlib.h>

#include "wire.h"

/* Room for either family: the only thing that bind() and its friends need to know. */
static socklen_t sockaddr_of(struct sockaddr_storage *ss, const union host *host, u16 port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	if (wire.sockets == AF_INET) {
		*(struct sockaddr_in *)ss = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr = host->v4, .sin_port = htons(port),
		};
		return sizeof(struct sockaddr_in);
	}
	*sin6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = host->v6, .sin6_port = htons(port),
	};
	if (wire.path.family == AF_INET) {	/* ::ffff:10.0.0.1 */
		memset(&sin6->sin6_addr, 0, 10);
		memset(sin6->sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(sin6->sin6_addr.s6_addr + 12, &host->v4, 4);
	}
	return sizeof(struct sockaddr_in6);
}

/* accept(), getsockname() and getpeername() give the address as the socket's family has it. */
static void check_address(const char *call, const struct sockaddr_storage *ss, socklen_t len,
			  const union host *host, u16 port)
{
	struct sockaddr_storage should;
	socklen_t should_len = sockaddr_of(&should, host, port);

	if (len != should_len || memcmp(ss, &should, len))
		wire_fail("%s gave another address, family %d, port %u (not %u)", call,
			  ss->ss_family, ntohs(((struct sockaddr_in *)ss)->sin_port), port);
}

static void check_names(int fd)
{
	struct sockaddr_storage ss = { };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		wire_fail("getsockname(): %s", strerror(errno));
	check_address("getsockname()", &ss, len, &wire.path.us, wire.flow->us_port);
	memset(&ss, 0, sizeof(ss));
	len = sizeof(ss);
	/* a connection that has failed meanwhile has no peer */
	if (!getpeername(fd, (struct sockaddr *)&ss, &len))
		check_address("getpeername()", &ss, len, &wire.path.peer, wire.flow->peer_port);
}

static const char *result(long n)
{
	static char text[64];

	if (n < 0)
		snprintf(text, sizeof(text), "-1 %s", strerrorname_np(errno));
	else
		snprintf(text, sizeof(text), "%ld", n);
	return text;
}

/* Waits until @fd is ready for @events. */
static void app_wait(int fd, short events, const char *for_what)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, WIRE_PATIENCE) != 1)
		wire_fail("the application waits in vain for %s", for_what);
}

static int app_open(void)
{
	int fd = socket(wire.sockets, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			wire.path.proto);

	if (fd < 0)
		wire_fail("socket(): %s (is the module loaded? EDU_PROTO=6 tests the kernel's TCP)",
			  strerror(errno));
	return fd;
}

/* What TCP_INFO says of a connection. */
struct tcp_info tcp_info_of(int fd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		wire_fail("TCP_INFO: %s", strerror(errno));
	return info;
}

/* The socket to connect with, where a test wants to set options on it first. */
void wire_app_socket(void)
{
	wire.flow->fd = app_open();
}

void wire_app_bind(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, &wire.path.us, wire.flow->us_port);

	if (wire.flow->fd < 0)
		wire.flow->fd = app_open();
	if (bind(wire.flow->fd, (struct sockaddr *)&ss, len))
		wire_fail("bind(): %s", strerror(errno));
	wire_note("app: bind() to port %u", wire.flow->us_port);
}

void wire_app_listen(int backlog)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, &wire.path.us, wire.flow->us_port);
	int one = 1;

	wire.listener = app_open();
	setsockopt(wire.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(wire.listener, (struct sockaddr *)&ss, len))
		wire_fail("bind(): %s", strerror(errno));
	if (listen(wire.listener, backlog))
		wire_fail("listen(): %s", strerror(errno));
	wire_note("app: listen(%d) on port %u", backlog, wire.flow->us_port);
}

/* Also with SO_REUSEADDR the port is not to be had. */
void wire_app_cannot_bind(int err)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, &wire.path.us, wire.flow->us_port);
	int fd = app_open(), one = 1, ret;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ret = bind(fd, (struct sockaddr *)&ss, len);
	wire_note("app: bind() to port %u = %s", wire.flow->us_port, result(ret));
	if (!ret || errno != err)
		wire_fail("bind() = %s, not -1 %s", result(ret), strerrorname_np(err));
	close(fd);
}

void wire_app_accept(void)
{
	struct sockaddr_storage ss = { };
	socklen_t len = sizeof(ss);
	int fd;

	app_wait(wire.listener, POLLIN, "accept()");
	fd = accept4(wire.listener, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	wire_note("app: accept() = %s", fd < 0 ? result(fd) : "a connection");
	if (fd < 0)
		wire_fail("accept(): %s", strerror(errno));
	check_address("accept()", &ss, len, &wire.path.peer, wire.flow->peer_port);
	check_names(fd);
	wire.flow->fd = fd;
}

void wire_app_cannot_accept(void)
{
	int fd = accept(wire.listener, NULL, NULL);

	wire_note("app: accept() = %s", result(fd));
	if (fd >= 0 || errno != EAGAIN)
		wire_fail("there should be nothing to accept");
}

void wire_app_connect(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, &wire.path.peer, wire.flow->peer_port);

	if (wire.flow->fd < 0)
		wire.flow->fd = app_open();
	if (!connect(wire.flow->fd, (struct sockaddr *)&ss, len) || errno != EINPROGRESS)
		wire_fail("connect(): %s, not EINPROGRESS", strerror(errno));
	len = sizeof(ss);
	if (getsockname(wire.flow->fd, (struct sockaddr *)&ss, &len))
		wire_fail("getsockname(): %s", strerror(errno));
	/* the same place in both families' addresses */
	wire.flow->us_port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	wire_note("app: connect() from port %u", wire.flow->us_port);
}

void wire_app_connected(int err)
{
	int is = -1;
	socklen_t len = sizeof(is);

	app_wait(wire.flow->fd, POLLOUT, "connect()");
	getsockopt(wire.flow->fd, SOL_SOCKET, SO_ERROR, &is, &len);
	wire_note("app: connect() = %s", is ? strerrorname_np(is) : "0");
	if (!is)
		check_names(wire.flow->fd);
	if (is != err)
		wire_fail("connect() ended with %s, not %s", is ? strerrorname_np(is) : "0",
			  err ? strerrorname_np(err) : "0");
}

void wire_app_send(size_t n, int flags)
{
	u8 *buf = malloc(n);
	ssize_t done;
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = pattern_us(wire.flow->written + i);
	done = send(wire.flow->fd, buf, n, flags | MSG_NOSIGNAL);
	wire_note("app: send(%zu%s) = %s", n, flags & MSG_MORE ? ", MSG_MORE" : "", result(done));
	free(buf);
	if (done != (ssize_t)n)
		wire_fail("send(%zu) = %s", n, result(done));
	wire.flow->written += n;
}

void wire_app_read(size_t n)
{
	u8 *buf = malloc(n);
	size_t i, have = 0;

	while (have < n) {
		ssize_t n_read;

		app_wait(wire.flow->fd, POLLIN, "data");
		n_read = recv(wire.flow->fd, buf + have, n - have, 0);
		wire_note("app: recv(%zu) = %s", n - have, result(n_read));
		if (n_read <= 0)
			wire_fail("recv() = %s after %zu of %zu bytes", result(n_read), have, n);
		have += n_read;
	}
	for (i = 0; i < n; i++)
		if (buf[i] != pattern_peer(wire.flow->read + i))
			wire_fail("byte %zu of the peer's stream reads '%c', not '%c'",
				  wire.flow->read + i, buf[i], pattern_peer(wire.flow->read + i));
	wire.flow->read += n;
	free(buf);
}

void wire_app_has_no_error(void)
{
	int is = -1;
	socklen_t len = sizeof(is);

	getsockopt(wire.flow->fd, SOL_SOCKET, SO_ERROR, &is, &len);
	wire_note("app: SO_ERROR is %s", is ? strerrorname_np(is) : "0");
	if (is)
		wire_fail("SO_ERROR is %s", strerrorname_np(is));
}

/* EAGAIN must hold at once; any other error is waited for. */
void wire_app_cannot_read(int err)
{
	char byte;
	ssize_t n;

	if (err != EAGAIN)
		app_wait(wire.flow->fd, POLLIN, strerrorname_np(err));
	n = recv(wire.flow->fd, &byte, 1, 0);
	wire_note("app: recv(1) = %s", result(n));
	if (n >= 0 || errno != err)
		wire_fail("recv() = %s, not -1 %s", result(n), strerrorname_np(err));
}

void wire_app_cannot_write(int err)
{
	ssize_t n;

	if (err != EAGAIN)
		app_wait(wire.flow->fd, POLLOUT | POLLHUP, strerrorname_np(err));
	n = send(wire.flow->fd, "x", 1, MSG_NOSIGNAL);
	wire_note("app: send(1) = %s", result(n));
	if (n >= 0 || errno != err)
		wire_fail("send() = %s, not -1 %s", result(n), strerrorname_np(err));
}

void wire_app_reads_eof(void)
{
	char byte;
	ssize_t n;

	app_wait(wire.flow->fd, POLLIN, "the end of the stream");
	n = recv(wire.flow->fd, &byte, 1, 0);
	wire_note("app: recv(1) = %s", result(n));
	if (n)
		wire_fail("recv() = %s, not the end of the stream", result(n));
}

void wire_app_shutdown(int how)
{
	int ret = shutdown(wire.flow->fd, how);

	wire_note("app: shutdown(%s) = %s", how == SHUT_WR ? "SHUT_WR" :
		  how == SHUT_RD ? "SHUT_RD" : "SHUT_RDWR", result(ret));
	if (ret)
		wire_fail("shutdown(): %s", strerror(errno));
}

void wire_app_close(void)
{
	wire_note("app: close()");
	if (close(wire.flow->fd))
		wire_fail("close(): %s", strerror(errno));
	wire.flow->fd = -1;
}

void wire_app_close_listener(void)
{
	wire_note("app: close() of the listener");
	close(wire.listener);
	wire.listener = -1;
}

void wire_app_setsockopt(int level, int name, int value)
{
	int fd = wire.flow->fd >= 0 ? wire.flow->fd : wire.listener;
	int ret = setsockopt(fd, level, name, &value, sizeof(value));

	wire_note("app: setsockopt(%d, %d, %d) = %s", level, name, value, result(ret));
	if (ret)
		wire_fail("setsockopt(): %s", strerror(errno));
}

/* From now on: SO_LINGER with a time of 0. */
void close_will_abort(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		wire_fail("SO_LINGER: %s", strerror(errno));
}

void wire_app_abort(void)
{
	close_will_abort(wire.flow->fd);
	wire_note("app: SO_LINGER 0");
	wire_app_close();
}
