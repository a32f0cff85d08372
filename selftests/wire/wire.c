// SPDX-License-Identifier: GPL-2.0
/* The peer at the other end of the TUN device, and the story as far as it went. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"

struct wire wire;
struct packet got;

static u8 got_bytes[SEG_MAX];
static size_t got_size;
static s64 got_at;
static u8 got_about[128];	/* the last segment's first bytes, for an ICMP error */

/* ---- The story: what happened, in order, to be told when a test fails ---- */

struct event {
	s64 at;
	const char *us;
	bool from_us;
	char *note;			/* instead of a packet */
	size_t size;
	u8 *bytes;
	u32 us_iss, peer_iss;
	struct path path;
};

static struct event *story;
static size_t story_len, story_room;
static struct timespec began;
static s64 last_segment_at, last_gap;
static const char *at_file = "?";
static int at_line;

static struct flow *flows[64];
static size_t nr_flows;

/* A segment that must be answered, and how many of them have been sent and seen answered. */
static struct flow *sentinel;
static u32 sentinels_sent, sentinels_seen;

void wire_at(const char *file, int line)
{
	at_file = file;
	at_line = line;
}

/* Microseconds since the test began. */
s64 wire_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec - began.tv_sec) * 1000000LL + (ts.tv_nsec - began.tv_nsec) / 1000;
}

s64 wire_since_last_segment(void)
{
	return wire_now() - last_segment_at;
}

long wire_gap(void)
{
	return last_gap / 1000;
}

static struct event *story_add(void)
{
	if (story_len == story_room) {
		story_room = story_room ? 2 * story_room : 64;
		story = realloc(story, story_room * sizeof(*story));
		if (!story)
			abort();
	}
	story[story_len] = (struct event){
		.at = wire_now(), .us = wire.name ?: "", .path = wire.path,
	};
	return &story[story_len++];
}

void wire_note(const char *fmt, ...)
{
	struct event *e = story_add();
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&e->note, fmt, args) < 0)
		abort();
	va_end(args);
}

/* What went before is told no more. */
void wire_story_begin(void)
{
	while (story_len) {
		free(story[--story_len].note);
		free(story[story_len].bytes);
	}
}

static struct flow *flow_of(const struct packet *p)
{
	u16 us = p->to_us ? p->dport : p->sport, peer = p->to_us ? p->sport : p->dport;
	size_t i;

	for (i = 0; i < nr_flows; i++)
		if (flows[i]->us_port == us && flows[i]->peer_port == peer)
			return flows[i];
	return NULL;
}

static void story_segment(const struct packet *p, const u8 *bytes, size_t size)
{
	struct event *e = story_add();
	struct flow *flow = flow_of(p);

	e->from_us = !p->to_us;
	e->size = size;
	e->bytes = malloc(size);
	if (!e->bytes)
		abort();
	memcpy(e->bytes, bytes, size);
	if (flow) {
		e->us_iss = flow->us_iss;
		e->peer_iss = flow->peer_iss;
	}
	last_gap = e->at - last_segment_at;
	last_segment_at = e->at;
}

static void segment_line(char *out, size_t size, const struct packet *p, u32 us_iss,
			 u32 peer_iss)
{
	segment_print(out, size, p, p->to_us ? peer_iss : us_iss, p->to_us ? us_iss : peer_iss);
}

void wire_story_tell(void)
{
	char line[256], us[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];
	size_t i;

	if (wire.name) {
		inet_ntop(wire.path.family, &wire.path.us, us, sizeof(us));
		inet_ntop(wire.path.family, &wire.path.peer, peer, sizeof(peer));
		printf("# the story so far (seconds; us = %s, peer = %s, protocol %u):\n", us,
		       peer, wire.path.proto);
	} else {
		printf("# the story so far (seconds):\n");
	}
	for (i = 0; i < story_len; i++) {
		struct event *e = &story[i];

		if (e->note) {
			printf("# %4zu %11.6f  %6s      %s\n", i + 1, e->at / 1e6, e->us, e->note);
		} else {
			struct packet p = segment_parse(&e->path, e->bytes, e->size);

			p.to_us = !e->from_us;
			segment_line(line, sizeof(line), &p, e->us_iss, e->peer_iss);
			printf("# %4zu %11.6f  %6s %s  %s\n", i + 1, e->at / 1e6, e->us,
			       e->from_us ? "-->" : "<--", line);
		}
	}
	if (nr_flows)
		printf("# (ISS of this flow: ours %u, the peer's %u)\n", wire.flow->us_iss,
		       wire.flow->peer_iss);
}

static bool known_of_linux;

/* @reason: where the harness wants to have it, of 1024 bytes */
void wire_linux_differs(const char *how, char *reason)
{
	if (!wire_is_linux_tcp())
		return;
	known_of_linux = true;
	snprintf(reason, 1024, "%s", how);
}

/* Each test is a process of its own, and its namespace goes with it. */
void wire_fail(const char *fmt, ...)
{
	const char *base = strrchr(at_file, '/');
	va_list args;

	printf("# %s:%d: ", base ? base + 1 : at_file, at_line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (!known_of_linux)
		wire_story_tell();
	fflush(stdout);
	_exit(known_of_linux ? KSFT_XFAIL : KSFT_FAIL);
}

/* ---- Flows ---- */

void flow_init(struct flow *flow, u16 us_port, u16 peer_port)
{
	*flow = (struct flow){
		.us_port = us_port, .peer_port = peer_port, .peer_iss = 1000000, .peer_win = 65535,
		.fd = -1, .written = 1, .read = 1,
	};
}

struct flow *flow_between(u16 us_port, u16 peer_port)
{
	struct flow *flow = flow_of(&(struct packet){ .sport = us_port, .dport = peer_port });

	if (flow)
		return flow;
	flow = calloc(1, sizeof(*flow));
	if (!flow || nr_flows == ARRAY_SIZE(flows))
		wire_fail("no room for a further flow");
	flow_init(flow, us_port, peer_port);
	flows[nr_flows++] = flow;
	return flow;
}

void on(struct flow *flow)
{
	wire.flow = flow;
}

/* The payload of both directions, told apart and without a period that a segment could hide in. */
u8 pattern_us(u32 rel)
{
	return 'A' + (rel + rel / 26 + rel / 1000) % 26;
}

u8 pattern_peer(u32 rel)
{
	return 'a' + (rel + rel / 26 + rel / 1000) % 26;
}

/* ---- Sending ---- */

ssize_t (*wire_write)(int fd, const void *bytes, size_t size) = write;

static void tun_write(const u8 *bytes, size_t size)
{
	struct packet p = segment_parse(&wire.path, bytes, size);
	ssize_t n;

	story_segment(&p, bytes, size);
	n = wire_write(wire.tun, bytes, size);
	if (n != (ssize_t)size)
		wire_fail("write to the TUN device: %s", n < 0 ? strerror(errno) : "short");
}

static bool wrong_on_purpose(const struct seg *seg)
{
	return seg->bad_checksum || seg->doff.how || seg->cut.how || seg->reserved;
}

void wire_send(const struct seg *seg)
{
	static u8 out[SEG_MAX + 100], payload[SEG_MAX];
	struct flow *flow = wire.flow;
	u32 seq = seg->seq.how ? seg->seq.value : flow->peer_nxt, ack = 0, first, next, i;
	struct header head = { .sport = flow->peer_port, .dport = flow->us_port };

	if (seg->ack.how)
		ack = seg->ack.value;
	else if (seg->flags & ACK)
		ack = flow->us_nxt;
	head.seq = seg->raw ? seq : seq + flow->peer_iss;
	head.ack = seg->raw ? ack : ack + flow->us_iss;
	if (!(seg->flags & ACK) && !seg->ack.how)
		head.ack = 0;
	head.win = seg->win.how ? seg->win.value : flow->peer_win;
	head.blocks_iss = flow->us_iss;

	first = head.seq - flow->peer_iss + !!(seg->flags & SYN);
	for (i = 0; i < seg->len; i++)
		payload[i] = seg->data ? (u8)seg->data[i] : pattern_peer(first + i);
	if (seg->flags & SYN && !wrong_on_purpose(seg)) {
		flow->peer_scales = seg->wscale.how == IS;
		flow->peer_wscale = seg->wscale.value > 14 ? 14 : seg->wscale.value;
		flow->peer_stamps = seg->stamp.how == IS;
	}
	next = head.seq - flow->peer_iss + segment_span(seg->flags, seg->len);
	if (!wrong_on_purpose(seg) && !(seg->flags & RST) && (s32)(next - flow->peer_nxt) > 0)
		flow->peer_nxt = next;

	tun_write(out, segment_build(&wire.path, &head, seg, payload, seg->len, out));
}

void wire_icmp(enum icmp_error error, u32 info, u32 shift_seq)
{
	static const struct icmp {
		u8 type, code;
	} v4[ICMP_ERRORS] = {			/* RFC 792, RFC 1122 3.2.2.1 */
		[NET_UNREACHABLE]	= { 3, 0 },
		[HOST_UNREACHABLE]	= { 3, 1 },
		[PROTOCOL_UNREACHABLE]	= { 3, 2 },
		[PORT_UNREACHABLE]	= { 3, 3 },
		[PROHIBITED]		= { 3, 13 },
		[TOO_BIG]		= { 3, 4 },
		[SOURCE_ROUTE_FAILED]	= { 3, 5 },
		[HOP_LIMIT_EXCEEDED]	= { 11, 0 },
		[REASSEMBLY_TIME_EXCEEDED] = { 11, 1 },
		[PARAMETER_PROBLEM]	= { 12, 0 },
		[SOURCE_QUENCH]		= { 4, 0 },
	};
	static const struct icmp v6[ICMP_ERRORS] = {	/* RFC 4443 3 */
		[NET_UNREACHABLE]	= { 1, 0 },
		[HOST_UNREACHABLE]	= { 1, 3 },
		[PROTOCOL_UNREACHABLE]	= { 4, 1 },
		[PORT_UNREACHABLE]	= { 1, 4 },
		[PROHIBITED]		= { 1, 1 },
		[TOO_BIG]		= { 2, 0 },
		[HOP_LIMIT_EXCEEDED]	= { 3, 0 },
		[REASSEMBLY_TIME_EXCEEDED] = { 3, 1 },
		[PARAMETER_PROBLEM]	= { 4, 0 },
	};
	const bool is_v4 = wire.path.family == AF_INET;
	const u8 type = is_v4 ? v4[error].type : v6[error].type;
	const u8 code = is_v4 ? v4[error].code : v6[error].code;
	static u8 out[SEG_MAX];
	u8 about[sizeof(got_about)];

	if (!type)
		wire_fail("this IP version has no such error");
	memcpy(about, got_about, sizeof(about));
	segment_shift(&wire.path, about, shift_seq);
	tun_write(out, segment_build_icmp(&wire.path, type, code, info, about, sizeof(about),
					  out));
}

/* ---- Receiving ---- */

/* What an IP stack says on its own, whatever the test does. */
static bool is_noise(const u8 *bytes, const struct packet *p)
{
	if (bytes[0] >> 4 != (wire.path.family == AF_INET ? 4 : 6))
		return true;
	if (p->proto == IPPROTO_IGMP || p->proto == IPPROTO_HOPOPTS)
		return true;
	/* multicast listener and neighbour discovery */
	return p->proto == IPPROTO_ICMPV6 && p->icmp_type >= 130 && p->icmp_type <= 143;
}

/*
 * A segment that must be answered (RFC 9293 3.10.7.1: an ACK to a closed port), of a connection
 * that is no part of the story. What we send at once, we send before its answer: to know that
 * nothing comes, a test need not wait.
 */
static void send_sentinel(void)
{
	struct header head = { .sport = 60000, .dport = 9 };
	u8 out[100];

	if (!sentinel)
		sentinel = flow_between(head.dport, head.sport);
	head.ack = ++sentinels_sent;
	if (write(wire.tun, out, segment_build(&wire.path, &head, SEG(ACK), NULL, 0, out)) < 0)
		wire_fail("write to the TUN device: %s", strerror(errno));
}

u32 wire_sentinels(void)
{
	return sentinels_seen;
}

static bool is_sentinels_answer(const struct packet *p)
{
	if (!sentinel || flow_of(p) != sentinel || p->flags != RST ||
	    p->seq != sentinels_seen + 1)
		return false;
	sentinels_seen++;
	return true;
}

/*
 * The next packet of ours into got; false: none came before @deadline, or before the answer
 * to sentinel number @until (0: none).
 */
static bool next_packet(s64 deadline, u32 until)
{
	for (;;) {
		struct pollfd pfd = { .fd = wire.tun, .events = POLLIN };
		ssize_t n = read(wire.tun, got_bytes, sizeof(got_bytes));
		s64 left;

		if (n > 0) {
			got = segment_parse(&wire.path, got_bytes, n);
			got_size = n;
			got_at = wire_now();
			if (is_sentinels_answer(&got)) {
				if (until && sentinels_seen >= until)
					return false;
				continue;
			}
			if (!is_noise(got_bytes, &got))
				return true;
			continue;
		}
		if (n < 0 && errno != EAGAIN)
			wire_fail("read from the TUN device: %s", strerror(errno));
		left = deadline - wire_now();
		if (left <= 0)
			return false;
		poll(&pfd, 1, (left + 999) / 1000);
	}
}

static void __printf(2, 3) __noreturn
not_as_expected(const char *expected, const char *fmt, ...)
{
	u32 us_iss = 0, peer_iss = 0;
	const struct flow *flow = flow_of(&got);
	char received[256], why[256];
	va_list args;

	if (flow) {
		us_iss = flow->us_iss;
		peer_iss = flow->peer_iss;
	}
	segment_line(received, sizeof(received), &got, us_iss, peer_iss);
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	wire_fail("%s\n#   expected  %s\n#   received  %s", why, expected, received);
}

/* How a test's expectation reads: only what it asks for. */
static const char *expectation(const struct seg *seg)
{
	static char out[256];
	size_t n, size = sizeof(out), i;

	n = snprintf(out, size, "%5u > %-5u  %-4s", wire.flow->us_port, wire.flow->peer_port,
		     flags_print(seg->flags));
	if (seg->seq.how)
		n += snprintf(out + n, size - n, " seq %u", seg->seq.value);
	if (seg->ack.how)
		n += snprintf(out + n, size - n, " ack %u", seg->ack.value);
	if (seg->win.how)
		n += snprintf(out + n, size - n, " win %u", seg->win.value);
	if (seg->any_len)
		n += snprintf(out + n, size - n, " len any");
	else
		n += snprintf(out + n, size - n, " len %u", seg->len);
	if (seg->mss.how)
		n += snprintf(out + n, size - n, seg->mss.how == IS ? " mss %u" : " no mss",
			      seg->mss.value);
	if (seg->wscale.how)
		n += snprintf(out + n, size - n,
			      seg->wscale.how == IS ? " wscale %u" : " no wscale",
			      seg->wscale.value);
	if (seg->echo.how)
		n += snprintf(out + n, size - n, " ts */%u", seg->echo.value);
	for (i = 0; i < seg->nr_blocks; i++)
		n += snprintf(out + n, size - n, "%s%u-%u", i ? "," : " sack ",
			      seg->blocks[i].from, seg->blocks[i].to);
	if (seg->after.how)
		n += snprintf(out + n, size - n, " after %u-%u ms", seg->after.value,
			      seg->until.value);
	if (seg->about.how)
		n += snprintf(out + n, size - n, " after about %u ms", seg->about.value);
	if (seg->at_once)
		n += snprintf(out + n, size - n, " at once");
	if (seg->raw)
		snprintf(out + n, size - n, " (raw numbers)");
	return out;
}

/* What holds for every segment that a TCP sends, whatever the test asks for. */
static void check_every_segment(const char *expected, const struct flow *flow)
{
	const struct packet *p = &got;

	if (!p->ip_ok || p->to_us || p->proto != wire.path.proto)
		not_as_expected(expected, "a packet that is no segment of ours");
	if (!p->tcp_ok)
		not_as_expected(expected, "a malformed segment: %s", p->problem);
	if (!p->sum_ok)
		not_as_expected(expected, "a segment with a bad checksum");
	if (p->reserved)
		not_as_expected(expected, "reserved bits are set (%#x)", p->reserved);
	if (!(p->flags & ACK) && p->ack)
		not_as_expected(expected, "an ACK number (%u) without the flag", p->ack);
	if (!(p->flags & URG) && p->urgent)
		not_as_expected(expected, "an urgent pointer (%u) without the flag", p->urgent);
	if (p->has_ts && !(p->flags & SYN) && !(flow && flow->peer_stamps))
		not_as_expected(expected, "timestamps that the peer did not agree to");
}

/* ACK and right edge only ever move forward (RFC 9293 3.8.6: shrinking is discouraged). */
static void check_ack_and_edge(const char *expected, struct flow *flow)
{
	const struct packet *p = &got;
	u8 scale = flow->us_scales && flow->peer_scales ? flow->us_wscale : 0;
	u32 ack = p->ack - flow->peer_iss, edge;

	if (!(p->flags & ACK) || p->flags & RST)
		return;
	edge = ack + ((u32)p->win << (p->flags & SYN ? 0 : scale));
	if ((s32)(ack - flow->acked) < 0)
		not_as_expected(expected, "the ACK went back: %u after %u", ack, flow->acked);
	/* By less than one unit of the scaled window is rounding. */
	if ((s32)(edge - flow->edge) <= -(1 << scale))
		not_as_expected(expected, "the window's right edge went back: %u after %u", edge,
				flow->edge);
	flow->acked = ack;
	flow->edge = edge;
}

static void check_payload(const char *expected, const struct flow *flow)
{
	const struct packet *p = &got;
	u32 first = p->seq - flow->us_iss + !!(p->flags & SYN), i;

	for (i = 0; i < p->len; i++)
		if (p->payload[i] != pattern_us(first + i))
			not_as_expected(expected, "byte %u of our stream is '%c', not '%c'",
					first + i, p->payload[i], pattern_us(first + i));
}

/* The segment that has come must be of the current flow; learns ISS and so on from it. */
static void take_segment(const char *expected)
{
	const struct packet *p = &got;
	struct flow *flow = flow_of(p);
	u32 next;

	if (flow && p->ip_ok && p->flags & SYN && !p->to_us) {
		flow->us_iss = p->seq;
		flow->us_scales = p->has_wscale;
		flow->us_wscale = p->wscale;
		flow->us_stamps = p->has_ts;
		flow->acked = 0;
		flow->edge = 0;
	}
	memcpy(got_about, got_bytes, sizeof(got_about));
	story_segment(p, got_bytes, got_size);
	check_every_segment(expected, flow);
	if (flow != wire.flow)
		not_as_expected(expected, "a segment of another flow");
	check_ack_and_edge(expected, flow);
	if (!(p->flags & RST))
		check_payload(expected, flow);
	next = p->seq - flow->us_iss + segment_span(p->flags, p->len);
	if (!(p->flags & RST) && (s32)(next - flow->us_nxt) > 0)
		flow->us_nxt = next;
}

static void next_segment(const struct seg *seg, const char *expected)
{
	s64 since = last_segment_at, began_waiting = wire_now(), took;
	s64 patience = WIRE_PATIENCE * 1000LL;
	s64 after = seg->after.value * 1000LL, until = seg->until.value * 1000LL;

	if (seg->about.how) {
		/* The kernel's timers are never early, and late by up to an eighth. */
		after = seg->about.value * 990LL;
		until = seg->about.value * 1125LL + 60000;
	}
	patience += until;
	if (seg->at_once)
		send_sentinel();
	if (!next_packet(wire_now() + patience, seg->at_once ? sentinels_sent : 0))
		wire_fail("no segment came%s\n#   expected  %s\n#   waited    %.3f s",
			  seg->at_once ? " at once" : "", expected,
			  (wire_now() - began_waiting) / 1e6);
	take_segment(expected);

	took = got_at - since;
	if (until && (took < after || took > until))
		not_as_expected(expected, "it came %.3f s after the segment before it", took / 1e6);
}

static void match(const char *expected, const char *what, enum how how, u32 want, bool have,
		  u32 is)
{
	if (how == IS && !have)
		not_as_expected(expected, "%s is missing", what);
	if (how == IS && is != want)
		not_as_expected(expected, "%s is %u, not %u", what, is, want);
	if (how == ABSENT && have)
		not_as_expected(expected, "%s should not be there", what);
}

static void match_blocks(const struct seg *seg, const char *expected)
{
	const struct packet *p = &got;
	u32 iss = wire.flow->peer_iss;
	size_t i;

	match(expected, "SACK", seg->sack == ABSENT ? ABSENT : OPEN, 0, p->nr_blocks, 0);
	if (seg->sack != IS)
		return;
	match(expected, "the number of SACK blocks", IS, seg->nr_blocks, true, p->nr_blocks);
	for (i = 0; i < seg->nr_blocks; i++) {
		match(expected, "the start of a SACK block", IS, seg->blocks[i].from, true,
		      p->blocks[i].from - iss);
		match(expected, "the end of a SACK block", IS, seg->blocks[i].to, true,
		      p->blocks[i].to - iss);
	}
}

/* What the IP header says; its options only where a test asks for some. */
static void match_ip(const struct seg *seg, const char *expected)
{
	const struct packet *p = &got;
	size_t size = wire.path.family == AF_INET ? sizeof(p->src.v4) : sizeof(p->src.v6);
	union host to = wire.path.peer;

	if (seg->via)
		inet_pton(wire.path.family, seg->via, &to);
	if (memcmp(&p->src, &wire.path.us, size))
		not_as_expected(expected, "it comes from another address of ours");
	if (memcmp(&p->dst, &to, size))
		not_as_expected(expected, "it goes to another address");
	match(expected, "the TTL", seg->ttl.how, seg->ttl.value, true, p->ttl);
	match(expected, "the type of service", seg->tos.how, seg->tos.value, true, p->tos);
	if (seg->ip_opts && (p->ip_optlen != seg->ip_optlen ||
			     memcmp(p->ip_opts, seg->ip_opts, seg->ip_optlen)))
		not_as_expected(expected, "its IP options (%zu bytes) are others",
				p->ip_optlen);
}

static void match_segment(const struct seg *seg, const char *expected)
{
	const struct packet *p = &got;
	const struct flow *flow = wire.flow;
	u8 care = seg->flags & PSH ? 0xff : (u8)~PSH;

	if ((p->flags & care) != seg->flags)
		not_as_expected(expected, "the flags are %s, not %s", flags_print(p->flags),
				flags_print(seg->flags));
	match(expected, "seq", seg->seq.how, seg->seq.value, true,
	      seg->raw ? p->seq : p->seq - flow->us_iss);
	match(expected, "ack", seg->ack.how, seg->ack.value, true,
	      seg->raw ? p->ack : p->ack - flow->peer_iss);
	match(expected, "win", seg->win.how, seg->win.value, true, p->win);
	match(expected, "the urgent pointer", seg->urgent.how, seg->urgent.value, true, p->urgent);
	if (!seg->any_len)
		match(expected, "the length", IS, seg->len, true, p->len);
	match(expected, "the MSS option", seg->mss.how, seg->mss.value, p->has_mss, p->mss);
	match(expected, "the window scale", seg->wscale.how, seg->wscale.value, p->has_wscale,
	      p->wscale);
	match(expected, "SACK-Permitted", seg->sackok.how, 1, p->has_sackok, p->has_sackok);
	match(expected, "the timestamp", seg->stamp.how, seg->stamp.value, p->has_ts, p->stamp);
	match(expected, "the echoed timestamp", seg->echo.how, seg->echo.value, p->has_ts, p->echo);
	match_blocks(seg, expected);
	match_ip(seg, expected);
}

void wire_expect(const struct seg *seg)
{
	const char *expected = expectation(seg);

	next_segment(seg, expected);
	match_segment(seg, expected);
}

bool wire_maybe(const struct seg *seg)
{
	const char *expected = expectation(seg);

	send_sentinel();
	if (!next_packet(wire_now() + WIRE_PATIENCE * 1000LL, sentinels_sent))
		return false;
	take_segment(expected);
	match_segment(seg, expected);
	return true;
}

void wire_any(void)
{
	next_segment(&(struct seg){ .any_len = true }, "any segment of this flow");
}

bool wire_maybe_any(void)
{
	send_sentinel();
	if (!next_packet(wire_now() + WIRE_PATIENCE * 1000LL, sentinels_sent))
		return false;
	take_segment("any segment of this flow");
	return true;
}

void wire_discard(void)
{
	send_sentinel();
	while (next_packet(wire_now() + WIRE_PATIENCE * 1000LL, sentinels_sent))
		;
}

/* Reads the text of several segments: how much goes into each is the sender's choice. */
int wire_expect_text(u32 from, u32 to)
{
	char expected[64];
	int n = 0;

	snprintf(expected, sizeof(expected), "our stream from %u up to %u", from, to);
	while (from != to) {
		const struct packet *p = &got;

		next_segment(&(struct seg){ .any_len = true }, expected);
		if ((p->flags & ~PSH) != ACK)
			not_as_expected(expected, "the flags are %s", flags_print(p->flags));
		if (p->seq - wire.flow->us_iss != from || !p->len)
			not_as_expected(expected, "text from %u on should come", from);
		from += p->len;
		if ((s32)(from - to) > 0)
			not_as_expected(expected, "that is too much");
		n++;
	}
	return n;
}

void wire_expect_acked(u32 ack)
{
	char expected[64];
	u32 so_far;

	snprintf(expected, sizeof(expected), "an ACK of %u, perhaps in steps", ack);
	do {
		next_segment(&(struct seg){ .any_len = true }, expected);
		so_far = got.ack - wire.flow->peer_iss;
		if (got.flags != ACK || got.len)
			not_as_expected(expected, "no pure ACK");
		if ((s32)(so_far - ack) > 0)
			not_as_expected(expected, "that acknowledges too much");
	} while (so_far != ack);
}

void wire_silence(void)
{
	send_sentinel();
	if (next_packet(wire_now() + WIRE_PATIENCE * 1000LL, sentinels_sent)) {
		story_segment(&got, got_bytes, got_size);
		not_as_expected("nothing", "a segment that nobody expected");
	}
	if (sentinels_seen != sentinels_sent)
		wire_fail("the sentinel (an ACK to a closed port) got no answer");
	wire_note("(nothing of ours is on its way)");
}

void wire_nothing(int ms)
{
	if (next_packet(wire_now() + ms * 1000LL, 0)) {
		story_segment(&got, got_bytes, got_size);
		not_as_expected("nothing", "a segment within %d ms of silence", ms);
	}
	wire_note("silence for %d ms", ms);
}

void wire_round_trip(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
}

/* ---- Openings ---- */

void wire_listen_and_accept(const struct seg *options)
{
	struct seg syn = *options;

	if (syn.win.how)
		wire.flow->peer_win = syn.win.value;
	syn.flags = SYN;
	if (wire.listener < 0)
		wire_app_listen(8);
	wire_send(&syn);
	wire_expect(SEG(SYN | ACK, SEQ(0), ACK(1)));
	wire_send(SEG(ACK, SEQ(1), ACK(1)));
	wire_app_accept();
	wire_expect_state("ESTABLISHED");
}

void wire_connect_to_peer(const struct seg *options)
{
	struct seg synack = *options;

	if (synack.win.how)
		wire.flow->peer_win = synack.win.value;
	synack.flags = SYN | ACK;
	synack.seq = (struct field){ IS, 0 };
	synack.ack = (struct field){ IS, 1 };
	wire_app_connect();
	wire_expect(SEG(SYN, SEQ(0)));
	wire_send(&synack);
	wire_expect(SEG(ACK, SEQ(1), ACK(1)));
	wire_app_connected(0);
	wire_expect_state("ESTABLISHED");
}

/* ---- Two ends ---- */

void at(struct wire *end)
{
	static struct wire *speaking_of;

	if (speaking_of)
		*speaking_of = wire;
	speaking_of = end;
	wire = *end;
	netns_enter(wire.netns);
}

/* Segments on their way from one end to the other; first in, first out, for each end. */
static struct on_the_way {
	const struct wire *from;
	u8 bytes[2000];
	size_t size;
} on_the_way[8];

void wire_take(struct wire *from, const struct seg *seg)
{
	struct on_the_way *way = on_the_way;

	at(from);
	wire_expect(seg);
	while (way->from && way < on_the_way + ARRAY_SIZE(on_the_way))
		way++;
	if (way == on_the_way + ARRAY_SIZE(on_the_way) || got_size > sizeof(way->bytes))
		wire_fail("too much is on its way");
	way->from = from;
	way->size = got_size;
	memcpy(way->bytes, got_bytes, got_size);
}

void wire_give(struct wire *to)
{
	struct on_the_way *way = on_the_way;

	while (way->from == to && way < on_the_way + ARRAY_SIZE(on_the_way))
		way++;
	if (way == on_the_way + ARRAY_SIZE(on_the_way) || !way->from)
		wire_fail("nothing is on its way to the %s", to->name);
	at(to);
	/* Both ends call themselves "us": what was learned of one is the other's peer. */
	wire.flow->peer_iss = way->from->flow->us_iss;
	wire.flow->peer_scales = way->from->flow->us_scales;
	wire.flow->peer_wscale = way->from->flow->us_wscale;
	wire.flow->peer_stamps = way->from->flow->us_stamps;
	if (write(wire.tun, way->bytes, way->size) != (ssize_t)way->size)
		wire_fail("write to the TUN device: %s", strerror(errno));
	for (; way + 1 < on_the_way + ARRAY_SIZE(on_the_way); way++)
		way[0] = way[1];
	way->from = NULL;
}

void wire_carry(struct wire *from, struct wire *to, const struct seg *seg)
{
	wire_take(from, seg);
	wire_give(to);
}

/* ---- The frame of a test ---- */

/* A further end of its own, to be spoken of with at(). */
void wire_end_new(struct wire *end, const char *name, const struct path *path)
{
	*end = (struct wire){
		.name = name, .path = *path, .listener = -1, .sockets = wire.sockets,
	};
	end->tun = netns_new(path, &end->netns);
	/* What the stories are about: RFC 5681 and 6298, and answers that are not rationed. */
	netns_write("/proc/sys/net/edu_tcp/invalid_ratelimit", "0");
	netns_write("/proc/sys/net/ipv4/tcp_invalid_ratelimit", "0");
	netns_write("/proc/sys/net/ipv4/tcp_congestion_control", "reno");
	netns_write("/proc/sys/net/ipv4/tcp_comp_sack_nr", "0");
	netns_write("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "0");
}

static u8 protocol;

static struct path path_of(int family)
{
	struct path path = { .family = family, .proto = protocol };

	if (family == AF_INET) {
		inet_pton(AF_INET, "10.0.0.1", &path.us);
		inet_pton(AF_INET, "10.0.0.2", &path.peer);
	} else {
		inet_pton(AF_INET6, "fd00::1", &path.us);
		inet_pton(AF_INET6, "fd00::2", &path.peer);
	}
	return path;
}

/* From now on the other IP version: on the wire, and of the sockets that will be opened. */
void wire_speak(int family, int sockets)
{
	wire.sockets = sockets;
	if (wire.path.family == family)
		return;
	/* an answer to a sentinel that nobody waited for would be of the other version */
	wire_silence();
	wire.path = path_of(family);
	netns_own_address(&wire.path);
}

void wire_begin(int family, int sockets)
{
	const char *proto = getenv("EDU_PROTO");

	wire_begin_with(proto ? atoi(proto) : 253, family, sockets);
}

void wire_begin_with(u8 proto, int family, int sockets)
{
	struct path path;

	protocol = proto;
	path = path_of(family);
	clock_gettime(CLOCK_MONOTONIC, &began);
	wire.sockets = sockets;
	wire_end_new(&wire, "us", &path);
	on(flow_between(OUR_PORT, PEER_PORT));
	counters_mark();
}

/* Without this, what a test leaves half closed would go on trying for minutes, to nobody. */
static void reset_all(void)
{
	size_t i;

	for (i = 0; i < nr_flows; i++) {
		on(flows[i]);
		if (wire.flow->fd >= 0)
			wire_app_abort();
		else
			wire_send(SEG(RST, SEQ(wire.flow->acked)));
	}
}

/* Nothing may be left that nobody expected. */
void wire_end(void)
{
	wire_at("the end of the test", 0);
	wire_silence();
	if (known_of_linux)
		_exit(KSFT_XPASS);
	reset_all();
}
