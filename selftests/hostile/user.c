// SPDX-License-Identifier: GPL-2.0
/* The users at our end: sockets, read and written, closed and opened again. */
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "hostile.h"

#define PROTOCOL	253
#define BACKLOG		16

static int listeners[4];

static socklen_t address(struct sockaddr_storage *ss, int sockets, const struct path *path,
			 const union host *host, u16 port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (sockets == AF_INET) {
		*(struct sockaddr_in *)ss = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr = host->v4, .sin_port = htons(port),
		};
		return sizeof(struct sockaddr_in);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_addr = host->v6;
	if (path->family == AF_INET) {		/* ::ffff:10.0.0.1 */
		memset(&sin6->sin6_addr, 0, 10);
		memset(sin6->sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(sin6->sin6_addr.s6_addr + 12, &host->v4, 4);
	}
	return sizeof(*sin6);
}

static int must(int result, const char *call)
{
	if (result < 0)
		found("%s: %s", call, strerror(errno));
	return result;
}

static int new_socket(int family)
{
	int fd = must(socket(family, SOCK_STREAM | SOCK_NONBLOCK, PROTOCOL), "socket()");
	int one = 1;

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	return fd;
}

static int listener(int family, u16 port)
{
	struct sockaddr_storage any = { .ss_family = family };
	int fd = new_socket(family);

	((struct sockaddr_in *)&any)->sin_port = htons(port);	/* the same place in both */
	must(bind(fd, (struct sockaddr *)&any, sizeof(any)), "bind()");
	must(listen(fd, BACKLOG), "listen()");
	return fd;
}

void users_init(void)
{
	/* where set_ports() of talk.c has the talks arrive */
	listeners[0] = listener(AF_INET, OUR_PORT);
	listeners[1] = listener(AF_INET6, OUR_PORT + 1);
	listeners[2] = listener(AF_INET, OUR_PORT + 10);
	listeners[3] = listener(AF_INET6, OUR_PORT + 11);
}

/* A new socket in the user's hands. */
static void has(struct talk *t, int fd)
{
	static const int sizes[] = { 4096, 16384, 100000 };
	int one = 1, size = sizes[rng_range(&rng, 0, 2)];

	story_call(t, "has a socket");
	t->fd = fd;
	t->base = rng_next(&rng);
	t->written = 0;
	t->read = (struct reader){ };
	/* Urgent data would be taken out of the stream otherwise. */
	t->checks = t->index < HONEST || rng_percent(&rng, 75);
	if (t->checks)
		setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	if (t->index < HONEST)
		return;
	if (rng_percent(&rng, 20))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (rng_percent(&rng, 20))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (rng_percent(&rng, 20))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (rng_percent(&rng, 10)) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	}
	if (rng_percent(&rng, 10))
		setsockopt(fd, t->sockets == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
			   t->sockets == AF_INET ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one));
}

/* Whose child it is, says the peer's port. */
static struct talk *talk_of_child(u16 port)
{
	int i;

	for (i = 0; i < TALKS; i++)
		if (talks[i].passive && talks[i].peer_port == port)
			return &talks[i];
	return NULL;
}

void users_accept(void)
{
	struct pollfd ready[ARRAY_SIZE(listeners)];
	struct sockaddr_storage ss;
	struct talk *t;
	socklen_t len;
	size_t i;
	int fd;

	/* An accept() of nothing makes a socket and a file first: it takes as long as a segment. */
	for (i = 0; i < ARRAY_SIZE(listeners); i++)
		ready[i] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
	must(poll(ready, ARRAY_SIZE(ready), 0), "poll()");
	for (i = 0; i < ARRAY_SIZE(listeners); i++) {
		while (ready[i].revents) {
			len = sizeof(ss);
			fd = accept4(listeners[i], (struct sockaddr *)&ss, &len, SOCK_NONBLOCK);
			if (fd < 0 && errno == EAGAIN)
				break;
			must(fd, "accept()");
			t = talk_of_child(ntohs(((struct sockaddr_in *)&ss)->sin_port));
			if (!t) {
				close(fd);
				continue;
			}
			if (t->fd >= 0)
				close(t->fd);	/* it was over, and the peer came again */
			/* Perhaps with a cookie once more: no SYN of ours begins this text. */
			take_all();
			t->us_text = (struct reader){ };
			has(t, fd);
		}
	}
}

void user_opens(struct talk *t)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	talk_begin(t, false);
	fd = new_socket(t->sockets);
	len = address(&ss, t->sockets, t->path, &t->path->us, t->us_port);
	must(bind(fd, (struct sockaddr *)&ss, len), "bind()");
	has(t, fd);
	len = address(&ss, t->sockets, t->path, &t->path->peer, t->peer_port);
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		/* the connection of PORTS_EACH turns before may still be there */
		if (errno != EADDRNOTAVAIL)
			found("connect(): %s", strerror(errno));
}

void user_closes(struct talk *t)
{
	story_call(t, "close()");
	must(close(t->fd), "close()");
	t->fd = -1;
}

/* What a TCP answers who reads or writes, when its connection was attacked. */
static bool is_usual(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOTCONN:
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ETIMEDOUT:
	case EHOSTUNREACH:	/* ICMP told why */
	case ENETUNREACH:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EPROTO:
	case EACCES:
	case ENONET:
	case EHOSTDOWN:
	case EMSGSIZE:
	case EINVAL:		/* MSG_OOB: there is no urgent octet, or it stands in line */
		return true;
	}
	return false;
}

bool user_reads(struct talk *t, size_t len)
{
	static u8 text[SEG_MAX];
	ssize_t n;

	errno = 0;
	n = recv(t->fd, text, len, 0);
	story_call(t, "recv(%zu) = %zd %s", len, n, n < 0 ? strerrorname_np(errno) : "");
	if (n < 0 && !is_usual(errno))
		found("recv(): %s", strerror(errno));
	if (n > 0 && t->checks && !text_continues(&t->read, text, n))
		found("the user reads what the peer did not send there: %zd octets at %u", n,
		      t->read.at);
	return n > 0 || errno == EAGAIN;
}

static bool user_sends(struct talk *t, size_t len, int flags)
{
	static u8 text[SEG_MAX];
	ssize_t n;

	text_fill(text, t->base + t->written, len);
	n = send(t->fd, text, len, flags | MSG_NOSIGNAL);
	story_call(t, "send(%zu, %#x) = %zd %s", len, flags, n,
		   n < 0 ? strerrorname_np(errno) : "");
	if (n < 0 && !is_usual(errno))
		found("send(): %s", strerror(errno));
	if (n > 0)
		t->written += n;
	return n > 0 || errno == EAGAIN;
}

bool user_writes(struct talk *t, size_t len)
{
	return user_sends(t, len, 0);
}

void user_acts(struct talk *t)
{
	char octet;

	if (t->fd < 0) {
		/* What is left of the last one may still be attacked for a while. */
		if (!t->passive && rng_percent(&rng, 30))
			user_opens(t);
		return;
	}
	switch (rng_range(&rng, 0, 29)) {
	case 0 ... 11:
		if (!user_reads(t, rng_scale(&rng, 1, 60000)) && rng_percent(&rng, 30))
			user_closes(t);
		break;
	case 12 ... 22:
		user_writes(t, rng_scale(&rng, 1, 30000));
		break;
	case 23:
		user_sends(t, rng_scale(&rng, 1, 2000), MSG_OOB);
		break;
	case 24:
		if (!t->checks && recv(t->fd, &octet, 1, MSG_OOB) < 0 && !is_usual(errno))
			found("recv() of urgent data: %s", strerror(errno));
		break;
	case 25:
		user_sends(t, rng_scale(&rng, 1, 2000), MSG_MORE);
		break;
	case 26:
		story_call(t, "shutdown()");
		if (shutdown(t->fd, rng_percent(&rng, 80) ? SHUT_WR : SHUT_RD) &&
		    errno != ENOTCONN)
			found("shutdown(): %s", strerror(errno));
		break;
	case 27:
		if (rng_percent(&rng, 30))
			close_will_abort(t->fd);
		user_closes(t);
		break;
	case 28:
		if (rng_percent(&rng, 50))
			user_closes(t);
		break;
	case 29:
		/* a reader who was away for long */
		while (user_reads(t, SEG_MAX) && !errno)
			;
		break;
	}
}

/* ---- Memory ---- */

#define LARGEST	(2 * SEG_MAX + 4096)	/* what a buffer of one segment may cost */

/* A queue may pass its limit by what came last, and no more. */
static void check_socket(int fd)
{
	struct tcp_info info;
	u32 m[SK_MEMINFO_VARS];
	socklen_t len = sizeof(m);
	int text = -1;

	must(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, m, &len), "SO_MEMINFO");
	if (m[SK_MEMINFO_RMEM_ALLOC] > m[SK_MEMINFO_RCVBUF] + LARGEST)
		found("%u octets are received into a buffer of %u", m[SK_MEMINFO_RMEM_ALLOC],
		      m[SK_MEMINFO_RCVBUF]);
	/* twice: what was cut into small segments costs more than it did */
	if (m[SK_MEMINFO_WMEM_QUEUED] <= 2 * m[SK_MEMINFO_SNDBUF] + LARGEST)
		return;
	ioctl(fd, SIOCOUTQ, &text);
	info = tcp_info_of(fd);
	found("%d octets of text take %u of %u to send; MSS %u, %u unsent, cwnd %u, window %u",
	      text, m[SK_MEMINFO_WMEM_QUEUED], m[SK_MEMINFO_SNDBUF], info.tcpi_snd_mss,
	      info.tcpi_notsent_bytes, info.tcpi_snd_cwnd, info.tcpi_snd_wnd);
}

void users_check_memory(void)
{
	struct talk *before = acting;
	int i;

	for (i = 0; i < TALKS; i++) {
		acting = &talks[i];
		if (talks[i].fd >= 0)
			check_socket(talks[i].fd);
	}
	acting = before;
}

void users_leave(void)
{
	size_t i;

	for (i = 0; i < TALKS; i++)
		if (talks[i].fd >= 0)
			user_closes(&talks[i]);
	for (i = 0; i < ARRAY_SIZE(listeners); i++)
		close(listeners[i]);
}
