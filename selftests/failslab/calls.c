// SPDX-License-Identifier: GPL-2.0
/* Calls of the application's that find no memory. */
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/sendfile.h>

#include "fixture.h"

static char buffer[200000];
static char words[4096];

static socklen_t address(struct sockaddr_storage *ss, const union host *host, u16 port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	if (wire.path.family == AF_INET) {
		*(struct sockaddr_in *)ss = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr = host->v4, .sin_port = htons(port),
		};
		return sizeof(struct sockaddr_in);
	}
	*sin6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = host->v6, .sin6_port = htons(port),
	};
	return sizeof(*sin6);
}

static int new_socket(void)
{
	app_socket();
	return wire.flow->fd;
}

static void close_socket(void)
{
	close(wire.flow->fd);
	wire.flow->fd = -1;
}

STORY(socket)
{
	each_failure {
		int fd = failing(socket(variant->family, SOCK_STREAM, 253));

		/* ENFILE: no inode, says socket(2)'s own code for any protocol */
		can_fail(fd, ENOMEM, ENOBUFS, ENFILE);
		if (fd >= 0)
			close(fd);
		nothing_is_left();
	}
}

/* EADDRINUSE is what inet_bind() makes of everything; so it is for the kernel's own TCP. */
STORY(bind)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, &wire.path.us, 4000);

	each_failure {
		int fd = new_socket();

		can_fail(failing(bind(fd, (struct sockaddr *)&ss, len)), EADDRINUSE, EFAULT,
			 ENOMEM);
		/* and then it can be had */
		if (!failure_happened())
			check(!listen(fd, 1), "listen(): %s", strerror(errno));
		close_socket();
	}
}

STORY(listen_takes_a_port_by_itself)
{
	each_failure {
		int fd = new_socket();

		can_fail(failing(listen(fd, 1)), EADDRINUSE);
		check(!listen(fd, 1), "listen() again: %s", strerror(errno));
		close_socket();
	}
}

/* The SYN that could not be sent is sent by the timer. */
STORY(connect)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, &wire.path.peer, PEER_PORT);
	int ret;

	each_failure {
		int fd = new_socket();

		ret = failing(connect(fd, (struct sockaddr *)&ss, len));
		check(ret, "connect() cannot have come to its end");
		if (errno != EINPROGRESS) {
			/* IPv6's routing knows no other word for it */
			can_fail(ret, ENOMEM, ENOBUFS, EFAULT,
				 variant->family == AF_INET6 ? ENETUNREACH : ENOMEM);
			expect_silence();
			ret = connect(fd, (struct sockaddr *)&ss, len);
			check(ret && errno == EINPROGRESS, "connect() again: %s", strerror(errno));
		}
		len = sizeof(ss);
		getsockname(fd, (struct sockaddr *)&ss, &len);
		another_flow();
		wire.flow->fd = fd;
		wire.flow->peer_port = PEER_PORT;
		wire.flow->us_port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
		len = address(&ss, &wire.path.peer, PEER_PORT);
		expect_seg(SYN, SEQ(0));
		send_seg(SYN | ACK, SEQ(0), ACK(1));
		expect_seg(ACK, SEQ(1), ACK(1));
		over();
	}
}

/* The first packet of all, from a port of one's own: other ways to the same. */
STORY(connect_from_a_port_of_its_own)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int ret;

	each_failure {
		another_flow();
		forget_the_peer();
		app_bind();
		len = address(&ss, &wire.path.peer, wire.flow->peer_port);
		ret = failing(connect(wire.flow->fd, (struct sockaddr *)&ss, len));
		if (errno != EINPROGRESS) {
			can_fail(ret, ENOMEM, ENOBUFS, EFAULT,
				 variant->family == AF_INET6 ? ENETUNREACH : ENOMEM);
			ret = connect(wire.flow->fd, (struct sockaddr *)&ss, len);
			check(ret && errno == EINPROGRESS, "connect() again: %s", strerror(errno));
		}
		expect_seg(SYN, SEQ(0));
		over();
	}
}

STORY(accept)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	each_failure {
		another_flow();
		if (wire.listener < 0)
			app_listen(8);
		send_seg(SYN, MSS(FULL));
		expect_seg(SYN | ACK);
		send_seg(ACK);
		len = sizeof(ss);
		fd = failing(accept(wire.listener, (struct sockaddr *)&ss, &len));
		can_fail(fd, ENOMEM, ENOBUFS, ENFILE, EFAULT);
		/* Who cannot be told the address has lost the connection: accept(2) is so. */
		if (fd < 0 && errno == EFAULT) {
			expect_seg(FIN | ACK, SEQ(1), ACK(1));
			over();
			continue;
		}
		if (fd >= 0)
			wire.flow->fd = fd;
		else
			app_accept();
		app_write(10);
		goes_on();
		over();
	}
}

/* What send() has taken arrives; what it has not taken leaves no trace. */
static void sends(size_t size, int flags)
{
	ssize_t n;
	u32 i;

	app_listen(8);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 200000);
	each_failure {
		established();
		for (i = 0; i < size; i++)
			buffer[i] = pattern_us(1 + i);
		forget_routes();
		n = failing(send(wire.flow->fd, buffer, size, flags | MSG_NOSIGNAL));
		can_fail(n, EAGAIN, ENOMEM, ENOBUFS, EFAULT);
		if (n > 0)
			wire.flow->written += n;
		if (flags & MSG_MORE)
			app_write(1);
		goes_on();
		over();
	}
}

STORY(send)
{
	sends(10, 0);
}

STORY(send_of_several_segments)
{
	sends(10000, 0);
}

STORY(send_of_more_than_a_page_fragment)
{
	sends(100000, 0);
}

STORY(send_of_urgent_text)
{
	sends(10, MSG_OOB);
}

STORY(send_with_more_to_come)
{
	sends(10, MSG_MORE);
}

STORY(sendfile)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	ssize_t n;
	u32 i;

	for (i = 0; i < 10000; i++)
		buffer[i] = pattern_us(1 + i);
	check(write(file, buffer, 10000) == 10000, "no file: %s", strerror(errno));
	each_failure {
		off_t from = 0;

		established();
		n = failing(sendfile(wire.flow->fd, file, &from, 10000));
		can_fail(n, EAGAIN, ENOMEM, ENOBUFS, EFAULT);
		if (n > 0)
			wire.flow->written += n;
		goes_on();
		over();
	}
	close(file);
}

STORY(splice)
{
	int ends[2];
	ssize_t n;

	each_failure {
		established();
		send_seg(PSH | ACK, LEN(3000));
		discard_the_rest();
		check(!pipe2(ends, O_NONBLOCK), "pipe2(): %s", strerror(errno));
		n = failing(splice(wire.flow->fd, NULL, ends[1], NULL, 3000, SPLICE_F_NONBLOCK));
		can_fail(n, EAGAIN, ENOMEM, ENOBUFS, EFAULT);
		if (n > 0) {
			check(read(ends[0], buffer, n) == n, "the pipe has less than it took");
			while (n--)
				check(buffer[n] == (char)pattern_peer(wire.flow->read + n),
				      "octet %zd is another", n);
			wire.flow->read += wire.flow->peer_nxt - wire.flow->read;
		}
		close(ends[0]);
		close(ends[1]);
		goes_on();
		over();
	}
}

/* An octet that could not be copied is not lost. */
STORY(recv)
{
	ssize_t n;

	each_failure {
		established();
		send_seg(PSH | ACK, LEN(1000));
		send_seg(PSH | ACK, LEN(1000));
		discard_the_rest();
		n = failing(recv(wire.flow->fd, buffer, 1500, 0));
		can_fail(n, EFAULT, ENOMEM);
		if (n > 0)
			wire.flow->read += n;
		goes_on();
		over();
	}
}

STORY(recv_of_urgent_text)
{
	char octet;
	ssize_t n;

	each_failure {
		established();
		send_seg(URG | ACK, URGENT(1), LEN(1));
		discard_the_rest();
		n = failing(recv(wire.flow->fd, &octet, 1, MSG_OOB));
		can_fail(n, EFAULT, ENOMEM);
		/* What could not be copied is gone: so it is with TCP. */
		check(n < 0 || octet == (char)pattern_peer(1), "the urgent octet is another");
		check(recv(wire.flow->fd, &octet, 1, MSG_OOB) < 0 && errno == EINVAL,
		      "the urgent octet comes twice");
		over();
	}
}

/* The FIN that could not be sent is sent by the timer. */
STORY(shutdown)
{
	each_failure {
		established();
		check(!failing(shutdown(wire.flow->fd, SHUT_WR)), "shutdown(): %s",
		      strerror(errno));
		expect_seg(FIN | ACK, SEQ(1), ACK(1));
		send_seg(FIN | ACK);
		expect_seg(ACK, SEQ(2), ACK(2));
		app_reads_eof();
		app_close();
		expect_state("TIME-WAIT");
	}
}

STORY(close)
{
	each_failure {
		established();
		check(!failing(close(wire.flow->fd)), "close(): %s", strerror(errno));
		wire.flow->fd = -1;
		expect_seg(FIN | ACK, SEQ(1), ACK(1));
		send_seg(FIN | ACK);
		expect_seg(ACK, SEQ(2), ACK(2));
	}
}

/* A reset that cannot be sent is missed: the peer hears of it when it asks again. */
STORY(close_with_text_unread)
{
	each_failure {
		established();
		send_seg(PSH | ACK, LEN(1000));
		discard_the_rest();
		check(!failing(close(wire.flow->fd)), "close(): %s", strerror(errno));
		wire.flow->fd = -1;
		expect_state("CLOSED");
		discard_the_rest();
		send_seg(ACK);
		expect_seg(RST);
	}
}

/* Whoever waits on a listener that is closed is reset. */
STORY(close_of_a_listener)
{
	each_failure {
		another_flow();
		if (wire.listener < 0)
			app_listen(8);
		send_seg(SYN, MSS(FULL));
		expect_seg(SYN | ACK);
		send_seg(ACK);
		check(!failing(close(wire.listener)), "close(): %s", strerror(errno));
		wire.listener = -1;
		expect_state("CLOSED");
		discard_the_rest();
	}
}

/* connect() to nowhere is an abort. */
STORY(disconnect)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	each_failure {
		established();
		can_fail(failing(connect(wire.flow->fd, &none, sizeof(none))), EFAULT, ENOMEM);
		over();
	}
}

#define OPTION(set, level, name, value) { set, level, name, value, sizeof(value) }

STORY(options)
{
	static const u8 route[] = { 131, 7, 4, 10, 0, 0, 2, 0 };
	static const int one[] = { 1 };
	static const struct {
		bool set;
		int level, name;
		const void *value;
		socklen_t len;
	} options[] = {
		OPTION(true, IPPROTO_TCP, TCP_CONGESTION, "cubic"),
		OPTION(true, IPPROTO_TCP, TCP_NODELAY, one),
		OPTION(true, IPPROTO_TCP, TCP_MAXSEG, one),
		OPTION(true, IPPROTO_TCP, TCP_KEEPIDLE, one),
		OPTION(false, IPPROTO_TCP, TCP_CONGESTION, words),
		OPTION(false, IPPROTO_TCP, TCP_INFO, words),
		OPTION(false, IPPROTO_TCP, TCP_NODELAY, words),
		OPTION(false, IPPROTO_TCP, TCP_MAXSEG, words),
		OPTION(true, SOL_SOCKET, SO_KEEPALIVE, one),
		OPTION(true, SOL_SOCKET, SO_REUSEPORT, one),
		OPTION(true, IPPROTO_IP, IP_OPTIONS, route),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		each_failure {
			socklen_t len = options[i].len;
			int fd = new_socket(), ret;

			if (options[i].set)
				ret = failing(setsockopt(fd, options[i].level, options[i].name,
							 options[i].value, len));
			else
				ret = failing(getsockopt(fd, options[i].level, options[i].name,
							 words, &len));
			if (options[i].name == TCP_MAXSEG && options[i].set && ret)
				check(errno == EINVAL || errno == EFAULT, "TCP_MAXSEG: %s",
				      strerror(errno));
			else if (options[i].level == IPPROTO_IP && variant->family == AF_INET6 &&
				 ret)
				check(errno == ENOPROTOOPT || failure_happened(), "IP_OPTIONS: %s",
				      strerror(errno));
			else
				can_fail(ret, EFAULT, ENOMEM);
			close_socket();
		}
	}
}

/* /proc and the sysctls */
STORY(files)
{
	static const char * const names[] = {
		"/proc/self/net/edu_tcp", "/proc/self/net/edu_tcp_sockets",
		"/proc/sys/net/edu_tcp/congestion_control", "/proc/sys/net/edu_tcp/rmem",
		"/proc/sys/net/edu_tcp/available_congestion_control",
		"/proc/sys/net/edu_tcp/syn_retries", "/proc/sys/net/edu_tcp/lab/lose_syn",
	};
	size_t i;

	established();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		each_failure {
			int fd = failing(open(names[i], O_RDONLY | O_CLOEXEC));

			can_fail(fd, ENOMEM, EFAULT, ENFILE);
			if (fd >= 0)
				close(fd);
		}
		each_failure {
			int fd = open(names[i], O_RDONLY | O_CLOEXEC);

			check(fd >= 0, "%s: %s", names[i], strerror(errno));
			can_fail(failing(read(fd, words, sizeof(words))), ENOMEM, EFAULT);
			close(fd);
		}
	}
	app_write(10);
	goes_on();
	over();
}

STORY(sysctl_writes)
{
	static const char * const values[][2] = {
		{ "/proc/sys/net/edu_tcp/congestion_control", "reno" },
		{ "/proc/sys/net/edu_tcp/rmem", "4096 8192 16384" },
		{ "/proc/sys/net/edu_tcp/syn_retries", "3" },
		{ "/proc/sys/net/edu_tcp/lab/lose_syn", "0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		each_failure {
			int fd = open(values[i][0], O_WRONLY | O_CLOEXEC);

			check(fd >= 0, "%s: %s", values[i][0], strerror(errno));
			can_fail(failing(write(fd, values[i][1], strlen(values[i][1]))), ENOMEM,
				 EFAULT);
			close(fd);
		}
	}
}

/* A question to sock_diag: the answer, or that there was no memory for one. */
STORY(sock_diag)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 about;
	} question = {
		.head = { sizeof(question), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST },
		.about = {
			.sdiag_family = variant->family, .sdiag_protocol = 253,
			.idiag_states = ~0u, .idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.id = { .idiag_sport = htons(OUR_PORT), .idiag_dport = htons(PEER_PORT),
				.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
		},
	};
	const struct nlmsghdr *answer = (const void *)words;
	const struct nlmsgerr *error = NLMSG_DATA(answer);

	memcpy(question.about.id.idiag_src, &wire.path.us, sizeof(wire.path.us));
	memcpy(question.about.id.idiag_dst, &wire.path.peer, sizeof(wire.path.peer));
	established();
	each_failure {
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
		ssize_t ret;

		check(fd >= 0, "sock_diag: %s", strerror(errno));
		ret = failing(send(fd, &question, sizeof(question), 0));
		can_fail(ret, ENOMEM, ENOBUFS, EFAULT);
		if (ret > 0) {
			ret = recv(fd, words, sizeof(words), MSG_DONTWAIT);
			if (ret > 0 && answer->nlmsg_type == NLMSG_ERROR) {
				errno = -error->error;
				ret = -1;
			}
			can_fail(ret, ENOMEM, ENOBUFS);
		}
		close(fd);
	}
	app_write(10);
	goes_on();
	over();
}

TEST_HARNESS_MAIN
