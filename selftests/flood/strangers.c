// SPDX-License-Identifier: GPL-2.0
/* The flood: strangers behind the TUN device. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "flood.h"

/* The strangers' clock when they send their SYN */
#define T	1000000u

long flood_count = 10000;

struct rng rng;

static u32 strangers;		/* that there were */

void found(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	wire_fail("%s", text);
}

static void __printf(2, 3) __noreturn found_of(const struct stranger *s, const char *format, ...)
{
	char text[256], heard[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	segment_print(heard, sizeof(heard), &s->heard, s->us_iss, s->iss);
	wire_fail("stranger %u (%s%s%s%s%s%s): %s\n#   heard last  %s", strangers,
		  flags_print(s->syn.flags), s->syn.mss.how ? " mss" : "",
		  s->syn.wscale.how ? " wscale" : "", s->syn.sackok.how ? " sack" : "",
		  s->syn.stamp.how ? " timestamps" : "", s->syn.len ? " text" : "", text, heard);
}

void flood_begin(void)
{
	const char *seed = getenv("EDU_FLOOD_SEED"), *count = getenv("EDU_FLOOD_COUNT");

	if (seed)
		rng.state = strtoull(seed, NULL, 0);
	if (count)
		flood_count = atol(count);
	netns_up("lo");
}

/* ---- One of them ---- */

/* Of those that a cookie can name: what it says is what was offered. */
static u16 some_mss(void)
{
	static const u16 v4[] = { 536, 1300, 1440, 1460 }, v6[] = { 1220, 1420, 1440 };

	if (wire.path.family == AF_INET)
		return v4[rng_range(&rng, 0, ARRAY_SIZE(v4) - 1)];
	return v6[rng_range(&rng, 0, ARRAY_SIZE(v6) - 1)];
}

static struct seg offer(unsigned int n)
{
	struct seg syn = { .flags = n & 16 ? SYN | ECE | CWR : SYN };

	if (n & 1)
		syn.mss = (struct field){ IS, some_mss() };
	if (n & 2)
		syn.wscale = (struct field){ IS, rng_range(&rng, 0, 14) };
	if (n & 4)
		syn.sackok = (struct field){ IS, 1 };
	if (n & 8)
		syn.stamp = (struct field){ IS, T };
	return syn;
}

struct stranger stranger_new(unsigned int n)
{
	struct stranger s = {
		.path = wire.path, .syn = offer(n), .iss = rng_next(&rng),
	};
	u32 who = strangers++;

	/* 10.0.0.3 to 10.0.0.242; fd00::1:0 and all beyond */
	if (wire.path.family == AF_INET) {
		s.path.peer.v4.s_addr = htonl(0x0a000003 + who % 240);
		s.port = 1024 + who / 240 % 60000;
	} else {
		s.path.peer.v6.s6_addr32[3] = htonl(0x10000 + who);
		s.port = 1024 + who % 60000;
	}
	s.nxt = s.iss;
	return s;
}

static void put_segment(const struct path *path, const struct header *head,
			const struct seg *seg, const u8 *text, u32 len)
{
	static u8 out[SEG_MAX + 100];
	size_t size = segment_build(path, head, seg, text, len, out);

	if (write(wire.tun, out, size) != (ssize_t)size)
		wire_fail("write to the TUN device: %s", strerror(errno));
}

void stranger_sends_seg(struct stranger *s, const struct seg *seg, u32 seq, u32 ack)
{
	const struct header head = {
		.sport = s->port, .dport = OUR_PORT, .seq = seq, .ack = ack, .win = 65535,
	};
	u32 first = seq - s->iss + !!(seg->flags & SYN), i;
	u8 text[1500];

	for (i = 0; i < seg->len; i++)
		text[i] = pattern_peer(first + i);
	put_segment(&s->path, &head, seg, text, seg->len);
}

void stranger_sends(struct stranger *s, u8 flags, u32 len)
{
	struct seg seg = { .flags = flags, .len = len };

	if (flags & SYN)
		seg = s->syn;
	else if (s->syn.stamp.how)
		seg.stamp = (struct field){ IS, T + 1 };
	seg.echo = (struct field){ seg.stamp.how, s->us_stamp };
	stranger_sends_seg(s, &seg, s->nxt, flags & ACK ? s->us_nxt : 0);
	s->nxt += segment_span(seg.flags, flags & SYN ? 0 : len);
}

void stranger_sends_ack_of(struct stranger *s, u32 ack)
{
	stranger_sends_seg(s, SEG(ACK), s->nxt, ack);
}

void spoof(const struct flow *flow, const struct seg *seg, u32 seq, u32 ack, u32 len)
{
	const struct header head = {
		.sport = flow->peer_port, .dport = flow->us_port, .seq = seq, .ack = ack,
		.win = rng_next(&rng),
	};
	u8 text[1500];
	u32 i;

	for (i = 0; i < len; i++)
		text[i] = rng_next(&rng);
	put_segment(&wire.path, &head, seg, text, len);
}

/* ---- What it hears ---- */

/* The next segment that leaves us, whomever it is for; false: there is none. */
static bool next_segment(struct path *path, struct packet *p)
{
	static u8 bytes[SEG_MAX];
	ssize_t n;

	while ((n = read(wire.tun, bytes, sizeof(bytes))) > 0) {
		*path = wire.path;
		if (bytes[0] >> 4 != (path->family == AF_INET ? 4 : 6))
			continue;
		if (path->family == AF_INET)
			memcpy(&path->peer.v4, bytes + 16, sizeof(path->peer.v4));
		else
			memcpy(&path->peer.v6, bytes + 24, sizeof(path->peer.v6));
		*p = segment_parse(path, bytes, n);
		if (!p->ip_ok || p->proto != path->proto)
			continue;
		if (!p->tcp_ok || !p->sum_ok)
			wire_fail("a malformed segment: %s", p->problem ?: "checksum");
		return true;
	}
	if (errno != EAGAIN)
		wire_fail("read from the TUN device: %s", strerror(errno));
	return false;
}

/* Text or a FIN that it has heard: where segments are slow, what is lost is probed for. */
static bool comes_again(const struct stranger *s, const struct packet *p)
{
	u32 span = segment_span(p->flags, p->len);

	return span && !(p->flags & (SYN | RST)) && (s32)(p->seq + span - s->us_nxt) <= 0;
}

bool stranger_hears(struct stranger *s)
{
	struct packet p;
	struct path path;

	while (next_segment(&path, &p)) {
		/* a SYN,ACK again, for one that has gone */
		if (p.dport != s->port || memcmp(&path.peer, &s->path.peer, sizeof(path.peer)))
			continue;
		if (comes_again(s, &p))
			continue;
		s->heard = p;
		if (p.flags & RST)
			return true;
		if (p.flags & SYN)
			s->us_iss = p.seq;
		if (p.has_ts)
			s->us_stamp = p.stamp;
		s->us_nxt = p.seq + segment_span(p.flags, p.len);
		return true;
	}
	return false;
}

long ignore_answers(void)
{
	struct packet p;
	struct path path;
	long n = 0;

	while (next_segment(&path, &p))
		n++;
	return n;
}

struct stranger stranger_knocks(unsigned int n)
{
	struct stranger s = stranger_new(n);

	stranger_sends(&s, s.syn.flags, 0);
	if (!stranger_hears(&s))
		found_of(&s, "no answer to its SYN");
	if ((s.heard.flags & ~ECE) != (SYN | ACK) || s.heard.ack != s.iss + 1 || s.heard.len)
		found_of(&s, "the answer to its SYN is no SYN,ACK of it");
	return s;
}

void flood(long syns)
{
	while (syns--)
		stranger_knocks(rng_range(&rng, 0, SYN_OFFERS - 1));
}

/* ---- Those who come in ---- */

/* What a connection has, by all that a program can ask. */
static void check_negotiated(struct stranger *s, int fd, const struct packet *synack)
{
	const struct seg *syn = &s->syn;
	bool stamps = syn->stamp.how, scales = synack->has_wscale, sacks = synack->has_sackok;
	u32 mss = syn->mss.how ? syn->mss.value : DEFAULT_MSS;
	struct tcp_info i = tcp_info_of(fd);
	socklen_t size = sizeof(int);
	int maxseg = 0;

	/* Timestamps can bring the rest back; the SYN,ACK must not agree to what is forgotten. */
	if (stamps && (synack->has_ts != stamps || scales != !!syn->wscale.how ||
		       sacks != !!syn->sackok.how || !(synack->flags & ECE) != !(syn->flags & ECE)))
		found_of(s, "the SYN,ACK does not agree to what the SYN offers");
	check(!getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &maxseg, &size), "TCP_MAXSEG: %m");
	mss -= stamps ? 12 : 0;
	if ((u32)maxseg != mss || i.tcpi_snd_mss != mss)
		found_of(s, "TCP_MAXSEG is %d, tcpi_snd_mss %u, not %u", maxseg, i.tcpi_snd_mss,
			 mss);
	if (!!(i.tcpi_options & TCPI_OPT_TIMESTAMPS) != stamps ||
	    !!(i.tcpi_options & TCPI_OPT_WSCALE) != scales ||
	    !!(i.tcpi_options & TCPI_OPT_SACK) != sacks ||
	    !!(i.tcpi_options & TCPI_OPT_ECN) != !!(synack->flags & ECE))
		found_of(s, "tcpi_options are %#x, and not what was agreed to", i.tcpi_options);
	if (scales && (i.tcpi_snd_wscale != syn->wscale.value ||
		       i.tcpi_rcv_wscale != synack->wscale))
		found_of(s, "the shifts are %u and %u, not %u and %u", i.tcpi_snd_wscale,
			 i.tcpi_rcv_wscale, syn->wscale.value, synack->wscale);
}

int stranger_enters(struct stranger *s, u32 len)
{
	struct packet synack = s->heard;
	struct sockaddr_storage ss = { };
	socklen_t size = sizeof(ss);
	int fd;

	stranger_sends(s, len ? ACK | PSH : ACK, len);
	fd = accept4(wire.listener, (struct sockaddr *)&ss, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		stranger_hears(s);
		found_of(s, "its ACK made no connection: accept(): %s", strerror(errno));
	}
	/* the same place in both families' addresses */
	if (ntohs(((struct sockaddr_in *)&ss)->sin_port) != s->port)
		found_of(s, "accept() gave somebody else");
	check_negotiated(s, fd, &synack);
	return fd;
}

/* What the stranger hears until all of it is text up to there, acknowledging what it said. */
static void hears_text(struct stranger *s, u32 from, u32 to)
{
	u32 i;

	while (from != to) {
		const struct packet *p = &s->heard;

		if (!stranger_hears(s))
			found_of(s, "our text ends at %u, not at %u", from, to);
		if ((p->flags & ~PSH) != ACK || p->ack != s->nxt)
			found_of(s, "it waits for text from %u on", from);
		if (!p->len)
			continue;
		if (p->seq != s->us_iss + from)
			found_of(s, "text from %u on should come", from);
		for (i = 0; i < p->len; i++)
			if (p->payload[i] != pattern_us(from + i))
				found_of(s, "octet %u of our text is wrong", from + i);
		from += p->len;
	}
}

void stranger_talks(struct stranger *s, int fd, u32 len)
{
	u8 text[1000];
	ssize_t n;
	u32 i;

	check(len <= sizeof(text), "as much as there is room for");
	n = recv(fd, text, sizeof(text), 0);
	if (n != (ssize_t)len)
		found_of(s, "it said %u octets, and %zd are read", len, n);
	for (i = 0; i < len; i++)
		if (text[i] != pattern_peer(1 + i))
			found_of(s, "octet %u of its text is read as '%c'", i, text[i]);
	for (i = 0; i < sizeof(text); i++)
		text[i] = pattern_us(1 + i);
	check(send(fd, text, sizeof(text), MSG_NOSIGNAL) == sizeof(text), "send(): %m");
	hears_text(s, 1, 1 + sizeof(text));
	stranger_sends(s, ACK, 0);
	if (stranger_hears(s))
		found_of(s, "an answer to an ACK");
}

void stranger_leaves_time_wait(struct stranger *s, int fd)
{
	close(fd);
	if (!stranger_hears(s) || !(s->heard.flags & FIN))
		found_of(s, "no FIN after close()");
	stranger_sends(s, FIN | ACK, 0);
	if (!stranger_hears(s) || s->heard.flags != ACK || s->heard.ack != s->nxt)
		found_of(s, "its FIN is not acknowledged");
}
