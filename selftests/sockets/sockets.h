/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same socket calls and the same expectations, once for the kernel's TCP and once for
 * edu_tcp: what is expected of the one is proven to be what the other does. Each test has a
 * network namespace of its own and connects over its loopback device.
 *
 * No test sleeps. It waits for what it expects (until_*), and fails when that does not come.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Only <netinet/tcp.h> names the states, and its struct tcp_info is an old one. */
enum {
	TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
	TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING,
};

/* How long a test waits for what must come; nothing takes a hundredth of it. */
#define PATIENCE	20000	/* ms */

/* An address and a port of it. */
struct place {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* Two ends of a connection and who accepted it. */
struct pair {
	int listener, client, server;
};

/* ---- Under test: sockets.c knows the variant that runs ---- */
void begin(int family, int protocol);
bool is_edu(void);
int new_socket(int type_flags);
/* "127.0.0.1" or "::1", or another address of the variant's family; port in host order. */
struct place at(const char *ipv4, const char *ipv6, int port);
struct place loopback(int port);
int port_of(int fd);

/* ---- Connections ---- */
int listening(int backlog);
int accepted(int listener);
struct pair connected(void);
/* The listener's buffer has been set before, and so has the window of its connections. */
struct pair connected_to(int listener);
/* Connected, and the client has filled the server's window and its own send buffer. */
struct pair stuck(void);
void unpair(struct pair *pair);
/* Reset the connection of @fd, and close it. */
void reset(int fd);
/* A device that swallows what is sent to 10.99.0.0/24, fd99::/64. */
void black_hole(void);
/* A connect() that will never be answered; the socket does not block. */
int unanswered(void);

/* ---- Waiting ---- */
int state_of(int fd);
bool until_state(int fd, int state);
/* Until one of @events is there; what is there then. */
int until(int fd, int events);
/* What poll() says now. */
int polled(int fd);
bool until_inq(int fd, int octets);
bool until_outq(int fd, int octets);
int inq(int fd);

/* ---- Options ---- */
int set_int(int fd, int level, int name, int value);
int get_int(int fd, int level, int name);
void timeout(int fd, int name, int ms);
struct tcp_info info_of(int fd);
/* 0 or the errno of the call, to be compared with what is expected. */
#define errno_of(call)	((call) < 0 ? errno : 0)

/* ---- The system ---- */
/* fork(); the child does not outlive the test, whatever it waits for. */
pid_t child(void);
/* A command line for sh; it must succeed. */
void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* net.edu_tcp.NAME, or net.ipv4.tcp_NAME of the kernel's TCP. */
void set_sysctl(const char *name, const char *value);
int largest_buffer(const char *name);
/* A counter of the protocol, by the name that both give it; -1: there is none. */
long counter(const char *name);
int64_t now_ms(void);

#endif /* SOCKETS_H */
