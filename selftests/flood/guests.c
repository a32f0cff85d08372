// SPDX-License-Identifier: GPL-2.0
/* Honest clients: sockets of this host. */
#include <sys/time.h>

#include "flood.h"

static void set_patience(int fd, int ms)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	check(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) &&
	      !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), "patience: %m");
}

static int dial(int ms)
{
	struct sockaddr_storage there;
	socklen_t len = sizeof(there);
	int fd = socket(wire.sockets, SOCK_STREAM | SOCK_CLOEXEC, wire.path.proto);

	check(fd >= 0, "socket(): %m");
	set_patience(fd, ms);
	check(!getsockname(wire.listener, (struct sockaddr *)&there, &len), "getsockname(): %m");
	if (!connect(fd, (struct sockaddr *)&there, len))
		return fd;
	/* a connect() that ran out of patience goes on */
	check(errno == EINPROGRESS || errno == ETIMEDOUT, "a guest's connect(): %m");
	close(fd);
	return -1;
}

int guest_dials(void)
{
	int fd = dial(WIRE_PATIENCE);

	check(fd >= 0, "a guest does not get in");
	return fd;
}

static u16 port_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage ss = { };
	socklen_t len = sizeof(ss);

	check(!name(fd, (struct sockaddr *)&ss, &len), "a guest's name: %m");
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

struct guest guest_enters(void)
{
	struct guest g = { .client = guest_dials(), .client_said = 1, .server_said = 1 };
	struct pollfd pfd = { .fd = wire.listener, .events = POLLIN };

	check(poll(&pfd, 1, WIRE_PATIENCE) == 1, "a guest got in and is not there to accept()");
	g.server = accept4(wire.listener, NULL, NULL, SOCK_CLOEXEC);
	check(g.server >= 0, "accept() of a guest: %m");
	check(port_of(g.server, getpeername) == port_of(g.client, getsockname),
	      "accept() gave somebody else than the guest");
	set_patience(g.server, WIRE_PATIENCE);
	return g;
}

bool guest_is_kept_out(int ms)
{
	int fd = dial(ms);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static void says(int from, int to, u32 at, size_t octets, u8 (*pattern)(u32 rel))
{
	u8 text[4096];
	size_t i, n;

	for (; octets; octets -= n, at += n) {
		n = octets < sizeof(text) ? octets : sizeof(text);
		for (i = 0; i < n; i++)
			text[i] = pattern(at + i);
		check(send(from, text, n, MSG_NOSIGNAL) == (ssize_t)n, "a guest's send(): %m");
		memset(text, 0, n);
		check(recv(to, text, n, MSG_WAITALL) == (ssize_t)n, "a guest's recv(): %m");
		for (i = 0; i < n; i++)
			check(text[i] == pattern(at + i), "octet %zu of a guest's text is wrong",
			      at + i);
	}
}

void guest_talks(struct guest *g, size_t octets)
{
	says(g->client, g->server, g->client_said, octets, pattern_peer);
	g->client_said += octets;
	says(g->server, g->client, g->server_said, octets, pattern_us);
	g->server_said += octets;
}

/* The client first: its TIME-WAIT is its own matter, so it aborts. */
void guest_leaves(struct guest *g)
{
	close_will_abort(g->client);
	close(g->client);
	close(g->server);
}
