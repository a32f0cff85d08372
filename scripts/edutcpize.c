// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded by scripts/edutcpize: a TCP socket that the program asks for becomes an
 * edu_tcp socket. Nothing else has to change, as the socket API is the same; what
 * getaddrinfo() answers is left alone, because protocol 6 in it comes by here again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int protocol_wanted(void)
{
	const char *number = getenv("EDU_PROTO");

	return number ? atoi(number) : 253;
}

int socket(int domain, int type, int protocol)
{
	int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
	const char *family = domain == AF_INET6 ? "AF_INET6" : "AF_INET";
	int fd, wanted = protocol_wanted();

	if ((domain != AF_INET && domain != AF_INET6) ||
	    (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP))
		return next(domain, type, protocol);

	fd = next(domain, type, wanted);
	/* Never the kernel's TCP behind the user's back. */
	if (fd < 0 && (errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT)) {
		int error = errno;

		dprintf(STDERR_FILENO, "edutcpize: no protocol %d: is edu_tcp loaded?\n", wanted);
		errno = error;
	}
	if (getenv("EDUTCPIZE_VERBOSE")) {
		int error = errno;

		dprintf(STDERR_FILENO, "edutcpize: %s[%d]: %s stream socket over protocol %d: %s\n",
			program_invocation_short_name, getpid(), family, wanted,
			fd < 0 ? strerror(error) : "yes");
		errno = error;
	}
	return fd;
}
