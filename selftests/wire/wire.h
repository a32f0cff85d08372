/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vocabulary of the wire tests. A test is a story with three parties:
 *
 *	us	the system under test: a TCP of this kernel, reached by
 *	app_*	socket calls and, from the other side, by
 *	peer	a TUN device. The test itself plays the peer, segment by segment:
 *		send_seg(FIN | ACK, SEQ(1), ACK(1));	the peer sends
 *		expect_seg(ACK, SEQ(1), ACK(2));	we must answer
 *
 * Sequence numbers are relative: 0 is the SYN, 1 the first byte, in either direction, as learned
 * from the SYNs on the wire. What is left open when sending is filled in as a well-behaved peer
 * would; what is left open when expecting is not looked at, but for the flags (PSH only when asked
 * for) and the length (0). Every byte of payload is a function of its place in the stream and is
 * checked at both ends. A test waits for what it expects; what comes instead fails it, with the
 * whole story so far. What nobody expected fails it too, at the end.
 *
 * The protocol is 253, or what EDU_PROTO says: with EDU_PROTO=6 the same stories are told to the
 * kernel's own TCP.
 */
#ifndef WIRE_H
#define WIRE_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest.h"		/* __printf(), ARRAY_SIZE() and the like */
#include "segment.h"

/* One connection (or the ports where one could be). */
struct flow {
	u16 us_port, peer_port;
	u32 us_iss, peer_iss;
	u32 us_nxt, peer_nxt;	/* relative: what comes next from either end */
	u16 peer_win;		/* what the peer offers where a test does not say */
	u8 us_wscale, peer_wscale;	/* as offered; in force when both have */
	bool us_scales, peer_scales;
	bool us_stamps, peer_stamps;	/* offered timestamps */
	int fd;				/* the application's socket, or -1 */
	u32 written, read;		/* relative: the next byte the application writes, reads */
	u32 acked, edge;		/* relative: the latest ACK and right edge we sent */
};

/* One end under test; most tests have one, and play the other. */
struct wire {
	const char *name;
	struct path path;
	struct flow *flow;		/* the one that is spoken of */
	int sockets;			/* the family of the application's sockets */
	int netns, tun;
	int listener;
	struct {			/* the states it was seen to enter */
		const char *state;
		long times;
	} seen[11];
};

extern struct wire wire;		/* the one that is spoken of */
extern struct packet got;		/* the segment that was expected last */
/* How the peer's segments get to the TUN device: write(), or a test's own way. */
extern ssize_t (*wire_write)(int fd, const void *bytes, size_t size);

/* Ports: ours where we are the server, the peer's where it is. */
#define OUR_PORT	8080
#define PEER_PORT	40000

/* The headers of IP and TCP without options. */
#define HEADERS		(wire.path.family == AF_INET ? 20 + 20 : 40 + 20)
/* A full segment on a link with the usual MTU: the MSS that both ends announce. */
#define FULL		(1500 - HEADERS)
/* What a peer can take that announces no MSS (RFC 9293 3.7.1, MUST-15). */
#define DEFAULT_MSS	(wire.path.family == AF_INET ? 536 : 1220)
/* A path narrower than the link, but no narrower than IP allows. */
#define NARROW_MTU	(wire.path.family == AF_INET ? 1000 : 1300)

/* ---- What a segment says, for both send_seg() and expect_seg() ---- */
#define SEQ(n)		.seq = { IS, (n) }
#define ACK(n)		.ack = { IS, (n) }
#define WIN(n)		.win = { IS, (n) }
#define URGENT(n)	.urgent = { IS, (n) }
#define LEN(n)		.len = (n)
#define DATA(text)	.data = (text), .len = sizeof(text) - 1
#define MSS(n)		.mss = { IS, (n) }
#define WSCALE(n)	.wscale = { IS, (n) }
#define SACKOK		.sackok = { IS, 1 }
#define STAMP(val, ecr)	.stamp = { IS, (val) }, .echo = { IS, (ecr) }
/* SACK: BLOCKS({ 1, 101 }, { 201, 301 }) */
#define BLOCKS(...)	.sack = IS, .blocks = (const struct block[]){ __VA_ARGS__ }, \
			.nr_blocks = sizeof((const struct block[]){ __VA_ARGS__ }) / \
				     sizeof(struct block)
#define OPTS(...)	.opts = (const u8[]){ __VA_ARGS__ }, \
			.optlen = sizeof((const u8[]){ __VA_ARGS__ })
#define TOS(n)		.tos = { IS, (n) }
#define IP_OPTS(...)	.ip_opts = (const u8[]){ __VA_ARGS__ }, \
			.ip_optlen = sizeof((const u8[]){ __VA_ARGS__ })
/* SEQ and ACK are meant as they stand in the header. */
#define RAW		.raw = true

/* only expected */
#define NO_MSS		.mss = { ABSENT, 0 }
#define NO_WSCALE	.wscale = { ABSENT, 0 }
#define NO_SACKOK	.sackok = { ABSENT, 0 }
#define NO_STAMP	.stamp = { ABSENT, 0 }
#define NO_BLOCKS	.sack = ABSENT
/* Timestamps, and this one of ours is echoed. */
#define ECHO_OF(n)	.echo = { IS, (n) }
#define ANY_LEN		.any_len = true
#define TTL(n)		.ttl = { IS, (n) }
/* IP's destination is not the peer, but a source route's first hop. */
#define VIA(address)	.via = (address)
/* It comes so many ms after the segment before it, whoever sent that. */
#define AFTER(lo, hi)	.after = { IS, (lo) }, .until = { IS, (hi) }
/* The same, for what a timer of ours sends. */
#define ABOUT(ms)	.about = { IS, (ms) }
/* It comes before the answer to a segment that the peer sends now: no timer had to run for it. */
#define AT_ONCE		.at_once = true

/* only sent: wrong on purpose */
#define BAD_CHECKSUM	.bad_checksum = true
#define DOFF(words)	.doff = { IS, (words) }
#define CUT(bytes)	.cut = { IS, (bytes) }
#define RESERVED(bits)	.reserved = (bits)

#define SEG(fl, ...)	(&(struct seg){ .flags = (fl), ##__VA_ARGS__ })
#define HERE		wire_at(__FILE__, __LINE__)

/* ---- The peer ---- */
#define send_seg(fl, ...)	(HERE, wire_send(SEG(fl, ##__VA_ARGS__)))
#define expect_seg(fl, ...)	(HERE, wire_expect(SEG(fl, ##__VA_ARGS__)))
/* This one may come, at once, and no other; says whether it did. */
#define maybe_seg(fl, ...)	(HERE, wire_maybe(SEG(fl, ##__VA_ARGS__)))
/* Any segment of this flow; see got. */
#define expect_any()		(HERE, wire_any())
/* The same, if there is one that comes at once. */
#define maybe_any()		(HERE, wire_maybe_any())
/* Text of ours from here up to there, in order; returns in how many segments. */
#define expect_text(from, to)	(HERE, wire_expect_text(from, to))
/* We acknowledge up to there, perhaps in more than one step. */
#define expect_acked(ack)	(HERE, wire_expect_acked(ack))
/* An ICMP error about the segment last seen; its sequence number may be shifted. */
enum icmp_error {
	NET_UNREACHABLE,
	HOST_UNREACHABLE,
	PROTOCOL_UNREACHABLE,
	PORT_UNREACHABLE,
	PROHIBITED,
	TOO_BIG,		/* info: the MTU */
	HOP_LIMIT_EXCEEDED,
	REASSEMBLY_TIME_EXCEEDED,
	PARAMETER_PROBLEM,
	SOURCE_ROUTE_FAILED,	/* IPv4 only */
	SOURCE_QUENCH,		/* IPv4 only */
	ICMP_ERRORS,
};

#define send_icmp(error, info)			(HERE, wire_icmp(error, info, 0))
#define send_icmp_shifted(error, info, by)	(HERE, wire_icmp(error, info, by))
/*
 * Nothing of ours is on its way. Needs no waiting: the peer sends a segment that must be answered
 * (RFC 9293 3.10.7.1: an ACK to a closed port) and its answer is the first thing to come.
 */
#define expect_silence()	(HERE, wire_silence())
/* Nothing comes for so long: for what a timer of ours might send. */
#define expect_nothing(ms)	(HERE, wire_nothing(ms))
/* The wire is some milliseconds long: what the peer sends next comes that much later. */
#define round_trip()		wire_round_trip()
/* How many ms the last segment came after the one before it. */
#define gap()			wire_gap()
/* What is on its way is nobody's business. */
#define discard_the_rest()	wire_discard()
/* Fail with a reason of the test's own. */
#define check(cond, ...)	((cond) ? (void)0 : (HERE, wire_fail(__VA_ARGS__)))

/* ---- Flows ---- */
/* From now on speak of @flow. */
void on(struct flow *flow);
/* The one with these ports; new, if it was not there. */
struct flow *flow_between(u16 us_port, u16 peer_port);
/* @flow is one that nothing has been sent on, between these ports. */
void flow_init(struct flow *flow, u16 us_port, u16 peer_port);

/* ---- Two ends under test, and the test is the wire between them ---- */
/* From now on speak of @end, and in its network namespace. */
void at(struct wire *end);
/* Takes what @from sends next, which has these flags, and gives it to @to. */
#define carry(from, to, fl)	(HERE, wire_carry(from, to, SEG(fl, ANY_LEN)))
/* The same in two steps, so that segments can cross. */
#define take(from, fl)		(HERE, wire_take(from, SEG(fl, ANY_LEN)))
#define give(to)		(HERE, wire_give(to))

/* ---- The application ---- */
#define app_socket()		(HERE, wire_app_socket())
/* Connect from the flow's own port, not from one that the system chooses. */
#define app_bind()		(HERE, wire_app_bind())
#define app_listen(backlog)	(HERE, wire_app_listen(backlog))
#define app_cannot_bind(err)	(HERE, wire_app_cannot_bind(err))
#define app_accept()		(HERE, wire_app_accept())
#define app_connect()		(HERE, wire_app_connect())
/* The connect() in the background has come to an end: 0, or an errno. */
#define app_connected(err)	(HERE, wire_app_connected(err))
#define app_write(n)		(HERE, wire_app_send(n, 0))
/* The same with MSG_* flags. */
#define app_send(n, flags)	(HERE, wire_app_send(n, flags))
#define app_read(n)		(HERE, wire_app_read(n))
#define app_has_no_error()	(HERE, wire_app_has_no_error())
#define app_cannot_read(err)	(HERE, wire_app_cannot_read(err))
#define app_cannot_write(err)	(HERE, wire_app_cannot_write(err))
#define app_cannot_accept()	(HERE, wire_app_cannot_accept())
#define app_reads_eof()		(HERE, wire_app_reads_eof())
#define app_shutdown(how)	(HERE, wire_app_shutdown(how))
#define app_close()		(HERE, wire_app_close())
#define app_close_listener()	(HERE, wire_app_close_listener())
/* Of the connection; where there is none yet, of the listener, who hands it down. */
#define app_setsockopt(level, name, value)	(HERE, wire_app_setsockopt(level, name, value))
/* SO_LINGER with a time of 0: close() aborts. */
#define app_abort()		(HERE, wire_app_abort())

/* ---- The observer ---- */
/* Wait until our end of the flow is in that state; CLOSED is also: there is none. */
#define expect_state(name)	(HERE, wire_expect_state(name))
/* The same, but neither sooner nor later than so many ms after the segment before it. */
#define expect_state_after(name, lo, hi) (HERE, wire_expect_state_after(name, lo, hi))
#define expect_listening()	(HERE, wire_expect_listening())
/* By how much a counter has grown since the test began, or since counters_mark(). */
#define expect_counted(name, n)	(HERE, wire_expect_counted(name, n))
#define expect_ever(state, n)	(HERE, wire_expect_ever(state, n))
#define expect_dropped(reason, n) (HERE, wire_expect_dropped(reason, n))
void counters_mark(void);
/* The state that our end of the flow is in now. */
const char *wire_state(void);
/* How many segments edu_tcp has dropped for that, between counters_mark() and counters_look(). */
long dropped(const char *reason);
void counters_look(void);
/* net.edu_tcp.NAME, or net.ipv4.tcp_NAME for the kernel's own TCP. */
#define sysctl(name, value)	(HERE, wire_sysctl(name, value))

/* ---- Whole openings; the arguments are for the peer's SYN. app_listen() may go before. ---- */
#define listen_and_accept(...)	(HERE, wire_listen_and_accept(SEG(0, MSS(FULL), ##__VA_ARGS__)))
#define connect_to_peer(...)	(HERE, wire_connect_to_peer(SEG(0, MSS(FULL), ##__VA_ARGS__)))

/* ---- What is behind the words above ---- */
void wire_at(const char *file, int line);
void wire_begin(int family, int sockets);
void wire_begin_with(u8 proto, int family, int sockets);
void wire_speak(int family, int sockets);
void wire_end_new(struct wire *end, const char *name, const struct path *path);
void wire_carry(struct wire *from, struct wire *to, const struct seg *seg);
void wire_take(struct wire *from, const struct seg *seg);
void wire_give(struct wire *to);
void wire_end(void);
void __printf(1, 2) __noreturn wire_fail(const char *fmt, ...);
void __printf(1, 2) wire_note(const char *fmt, ...);
void wire_story_begin(void);
void wire_story_tell(void);
u32 wire_sentinels(void);
s64 wire_now(void);
s64 wire_since_last_segment(void);
long wire_gap(void);
bool wire_is_linux_tcp(void);
void wire_linux_differs(const char *how, char *reason);
void wire_send(const struct seg *seg);
void wire_expect(const struct seg *seg);
bool wire_maybe(const struct seg *seg);
void wire_any(void);
bool wire_maybe_any(void);
void wire_discard(void);
int wire_expect_text(u32 from, u32 to);
void wire_expect_acked(u32 ack);
void wire_icmp(enum icmp_error error, u32 info, u32 shift_seq);
void wire_silence(void);
void wire_nothing(int ms);
void wire_round_trip(void);
void wire_listen_and_accept(const struct seg *syn);
void wire_connect_to_peer(const struct seg *synack);
u8 pattern_us(u32 rel);
u8 pattern_peer(u32 rel);

void wire_app_socket(void);
void wire_app_bind(void);
void wire_app_listen(int backlog);
void wire_app_cannot_bind(int err);
void wire_app_accept(void);
void wire_app_connect(void);
void wire_app_connected(int err);
void wire_app_send(size_t n, int flags);
void wire_app_read(size_t n);
void wire_app_has_no_error(void);
void wire_app_cannot_read(int err);
void wire_app_cannot_write(int err);
void wire_app_cannot_accept(void);
void wire_app_reads_eof(void);
void wire_app_shutdown(int how);
void wire_app_close(void);
void wire_app_close_listener(void);
void wire_app_setsockopt(int level, int name, int value);
void wire_app_abort(void);

struct tcp_info tcp_info_of(int fd);
void close_will_abort(int fd);

void wire_expect_state(const char *name);
void wire_expect_state_after(const char *name, long lo, long hi);
void wire_expect_listening(void);
void wire_expect_counted(const char *name, long n);
void wire_expect_ever(const char *state, long n);
void wire_expect_dropped(const char *reason, long n);
void wire_sysctl(const char *name, const char *value);

int netns_new(const struct path *path, int *netns);
void netns_up(const char *device);
void netns_own_address(const struct path *path);
void netns_enter(int netns);
void netns_address(const char *address);
void netns_mtu(int mtu);
void netns_takes_TCP_whole(int tun);
bool netns_write(const char *file, const char *value);

/* Documentation/differences.md: rows of a table, and that the page has just these. */
void __printf(1, 2) page_row(const char *fmt, ...);
void page_has(const char *table);

/* ms; how long a test waits for what must come */
#define WIRE_PATIENCE	5000

#endif
