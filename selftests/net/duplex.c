// SPDX-License-Identifier: GPL-2.0
/*
 * duplex listen|connect ADDRESS PORT: one connection over IPv4 or IPv6, both directions at
 * once. What comes on stdin is sent, what is received goes to stdout; the end of stdin
 * closes our half (FIN), and the program ends when the peer has closed the other. The
 * socket never blocks; poll() says what can be done.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto.h"

/* The name of the error in front of its text: tests look for it. */
static void die(const char *what)
{
	fprintf(stderr, "duplex: %s: %s (%s)\n", what, strerrorname_np(errno), strerror(errno));
	exit(1);
}

static int accept_one(const struct addrinfo *to)
{
	int one = 1;
	int listener = socket(to->ai_family, SOCK_STREAM, edu_proto());
	int fd;

	if (listener < 0)
		die("socket");
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("SO_REUSEADDR");
	if (bind(listener, to->ai_addr, to->ai_addrlen))
		die("bind");
	if (listen(listener, 1))
		die("listen");
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (fd < 0)
		die("accept");
	close(listener);
	return fd;
}

static int connect_to(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, edu_proto());
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(errno);

	if (fd < 0)
		die("socket");
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	if (errno != EINPROGRESS)
		die("connect");
	if (poll(&writable, 1, -1) < 0)
		die("poll");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &len) || errno)
		die("connect");
	return fd;
}

static void write_out(const char *data, ssize_t len)
{
	while (len > 0) {
		ssize_t done = write(STDOUT_FILENO, data, len);

		if (done < 0)
			die("write");
		data += done;
		len -= done;
	}
}

static void transfer(int fd)
{
	static char out[65536], in[65536];
	ssize_t out_len = 0, out_done = 0, len;
	bool sending = true, receiving = true;

	while (sending || receiving) {
		bool waiting = out_done < out_len;	/* to be sent */
		struct pollfd ready[] = {
			{ sending && !waiting ? STDIN_FILENO : -1, POLLIN, 0 },
			{ fd, (waiting ? POLLOUT : 0) | (receiving ? POLLIN : 0), 0 },
		};

		if (poll(ready, 2, -1) < 0)
			die("poll");

		if (receiving && (ready[1].revents & (POLLIN | POLLHUP | POLLERR))) {
			len = recv(fd, in, sizeof(in), 0);
			if (len < 0 && errno != EAGAIN)
				die("recv");
			if (len == 0)
				receiving = false;
			write_out(in, len);
		}

		if (waiting && (ready[1].revents & (POLLOUT | POLLERR))) {
			len = send(fd, out + out_done, out_len - out_done, MSG_NOSIGNAL);
			if (len < 0 && errno != EAGAIN)
				die("send");
			if (len > 0)
				out_done += len;
		}

		if (ready[0].revents) {
			out_done = 0;
			out_len = read(STDIN_FILENO, out, sizeof(out));
			if (out_len < 0)
				die("read");
			if (out_len == 0) {
				sending = false;
				if (shutdown(fd, SHUT_WR))
					die("shutdown");
			}
		}
	}
}

int main(int argc, char **argv)
{
	const struct addrinfo numbers = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					  .ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	int fd;

	if (argc != 4 || getaddrinfo(argv[2], argv[3], &numbers, &to)) {
		fprintf(stderr, "Usage: duplex listen|connect ADDRESS PORT\n");
		return 2;
	}
	fd = strcmp(argv[1], "listen") ? connect_to(to) : accept_one(to);
	freeaddrinfo(to);
	transfer(fd);
	if (close(fd))
		die("close");
	return 0;
}
