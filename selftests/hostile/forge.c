// SPDX-License-Identifier: GPL-2.0
/*
 * What nobody should send. Most of it is nearly right: a segment that is wrong in every way ends
 * at the first check, so numbers are near those that mean something, and one thing at a time is
 * broken in what surrounds them.
 */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>

#include "hostile.h"

#define ROOM	(SEG_MAX + 400)

static u32 near(u32 place)
{
	u32 distance = rng_scale(&rng, 0, 1u << 20);

	switch (rng_range(&rng, 0, 11)) {
	case 0:
		return place + 1;
	case 1:
		return place - 1;
	case 2:
		return place + distance;
	case 3:
		return place - distance;
	case 4:
		return place + 0x80000000u - (distance & 1);
	case 5:
		return rng_next(&rng);
	default:
		return place;
	}
}

static u32 any_of(const u32 *places, size_t n)
{
	return places[rng_range(&rng, 0, n - 1)];
}

static u32 seq_number(const struct talk *t)
{
	const u32 places[] = {
		t->us_ack, t->us_ack + t->us_win, t->iss, t->nxt, t->seq, t->seq + t->len,
		t->us_ack + 1000, t->us_ack - 1,
	};

	return rng_percent(&rng, 50) ? t->us_ack : near(any_of(places, ARRAY_SIZE(places)));
}

static u32 ack_number(const struct talk *t)
{
	const u32 places[] = {
		t->us_nxt, t->acked, t->us_iss, t->ack, t->us_nxt - 1400, t->acked + 1400,
	};

	return rng_percent(&rng, 60) ? t->us_nxt : near(any_of(places, ARRAY_SIZE(places)));
}

static u8 flags(void)
{
	static const u8 usual[] = {
		ACK, ACK, ACK, ACK, ACK, ACK | PSH, ACK | PSH, ACK | FIN, SYN, SYN | ACK, RST,
		RST | ACK, ACK | URG, ACK | ECE, ACK | CWR, SYN | ECE | CWR,
	};

	return rng_percent(&rng, 5) ? rng_next(&rng) :
				      usual[rng_range(&rng, 0, ARRAY_SIZE(usual) - 1)];
}

static u32 text_length(void)
{
	switch (rng_range(&rng, 0, 7)) {
	case 0 ... 2:
		return 0;
	case 3:
		return 1;
	case 4:
		return rng_scale(&rng, 1, rng_percent(&rng, 5) ? 60000 : 3000);
	default:
		return rng_scale(&rng, 1, 1400);
	}
}

/* ---- Options ---- */

static size_t put32(u8 *at, u32 value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
	return 4;
}

static size_t stamps(const struct talk *t, u8 *at)
{
	u32 now = wire_now() / 1000;

	at[0] = 8;
	at[1] = 10;
	put32(at + 2, rng_percent(&rng, 70) ? now : near(now));
	put32(at + 6, rng_percent(&rng, 70) ? t->us_stamp : near(t->us_stamp));
	return 10;
}

/* Of text that is in flight, or was, or never; also the wrong way round. */
static size_t blocks(const struct talk *t, u8 *at, size_t room)
{
	unsigned int n = rng_range(&rng, 1, 4), i;
	u32 flight = t->us_nxt - t->acked, from;
	size_t len = 2;

	for (i = 0; i < n && len + 8 <= room; i++) {
		from = t->acked + rng_range(&rng, 0, flight < 1u << 24 ? flight : 0);
		from = rng_percent(&rng, 80) ? from : near(from);
		len += put32(at + len, from);
		len += put32(at + len, rng_percent(&rng, 90) ? from + rng_scale(&rng, 0, 3000) :
				       near(from));
	}
	at[0] = 5;
	at[1] = len;
	return len;
}

static size_t one_option(const struct talk *t, u8 *at, size_t room)
{
	size_t len, i;

	switch (rng_range(&rng, 0, 9)) {
	case 0 ... 3:
		return room < 10 ? 0 : stamps(t, at);
	case 4:
	case 5:
		return room < 10 ? 0 : blocks(t, at, room);
	case 6:
		if (room < 4)
			return 0;
		put32(at, 2 << 24 | 4 << 16 | rng_scale(&rng, 0, 65535));
		return 4;
	case 7:
		if (room < 3)
			return 0;
		at[0] = 3;
		at[1] = 3;
		at[2] = rng_scale(&rng, 0, 255);
		return 3;
	case 8:
		if (room < 2)
			return 0;
		at[0] = 4;
		at[1] = 2;
		return 2;
	default:
		/* anything, and then its length */
		len = rng_range(&rng, 0, room < 12 ? room : 12);
		for (i = 0; i < len; i++)
			at[i] = rng_scale(&rng, 0, 255);
		return len;
	}
}

static size_t some_options(const struct talk *t, u8 *at)
{
	size_t len = 0;

	if (t->stamps && t->us_stamps && rng_percent(&rng, 90))
		len = stamps(t, at);
	while (rng_percent(&rng, 35))
		len += one_option(t, at + len, 40 - len);
	if (len && rng_percent(&rng, 3))
		at[rng_range(&rng, 0, len - 1)] = rng_next(&rng);
	return len;
}

/* ---- What is around a segment ---- */

static u16 ip_sum(const u8 *at, size_t len)
{
	u32 sum = 0;

	for (; len > 1; at += 2, len -= 2)
		sum += at[0] << 8 | at[1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void sum_again(u8 *packet)
{
	size_t len = (packet[0] & 0xf) * 4;
	u16 sum;

	packet[10] = 0;
	packet[11] = 0;
	sum = ip_sum(packet, len);
	packet[10] = sum >> 8;
	packet[11] = sum;
}

/* A part of an IPv4 datagram: its octets from @from up to @to, of what is behind the header. */
static void put_part4(const u8 *packet, size_t from, size_t to, bool last, u32 id)
{
	static u8 part[ROOM];
	size_t header = (packet[0] & 0xf) * 4, len = header + to - from;

	memcpy(part, packet, header);
	memcpy(part + header, packet + header + from, to - from);
	part[2] = len >> 8;
	part[3] = len;
	part[4] = id >> 8;
	part[5] = id;
	part[6] = (last ? 0 : 0x20) | from / 8 >> 8;
	part[7] = from / 8;
	sum_again(part);
	put(part, len);
}

static void put_part6(const u8 *packet, size_t from, size_t to, bool last, u32 id)
{
	static u8 part[ROOM];
	size_t len = to - from;

	memcpy(part, packet, 40);
	part[4] = (len + 8) >> 8;
	part[5] = len + 8;
	part[6] = IPPROTO_FRAGMENT;
	part[40] = packet[6];
	part[41] = 0;
	part[42] = from >> 8;
	part[43] = (from & 0xf8) | !last;
	put32(part + 44, id);
	memcpy(part + 48, packet + 40 + from, len);
	put(part, 48 + len);
}

/* In two parts, in either order, which may overlap, or of which one gets lost. */
static void put_in_parts(const u8 *packet, size_t size)
{
	bool v4 = packet[0] >> 4 == 4;
	size_t header = v4 ? (packet[0] & 0xf) * 4 : 40, len = size - header;
	size_t cut = rng_range(&rng, 0, len / 8) * 8, over = rng_percent(&rng, 10) ? 8 : 0;
	unsigned int first = rng_range(&rng, 0, 1), i;
	u32 id = rng_next(&rng);

	if (over > cut || !cut || cut == len)
		over = 0;
	for (i = 0; i < 2; i++) {
		bool last = i != first;

		if (rng_percent(&rng, 5))
			continue;
		(v4 ? put_part4 : put_part6)(packet, last ? cut - over : 0, last ? len : cut, last,
					     id);
	}
}

/* An IPv6 header for options in front of the segment, with padding or something unknown. */
static size_t insert_options6(u8 *packet, size_t size)
{
	u8 header[8] = { packet[6], 0, rng_percent(&rng, 80) ? 1 : rng_next(&rng), 4 };
	size_t len = size - 40 + 8;

	memmove(packet + 48, packet + 40, size - 40);
	memcpy(packet + 40, header, 8);
	packet[6] = rng_percent(&rng, 50) ? IPPROTO_HOPOPTS : IPPROTO_DSTOPTS;
	packet[4] = len >> 8;
	packet[5] = len;
	return size + 8;
}

static void put_oddly4(u8 *packet, size_t size)
{
	switch (rng_range(&rng, 0, 6)) {
	case 0:
		packet[1] = rng_next(&rng);		/* type of service, ECN */
		break;
	case 1:
		packet[8] = rng_scale(&rng, 0, 255);	/* TTL */
		break;
	case 2:
		put_in_parts(packet, size);
		return;
	case 3:
		packet[10] ^= 1;			/* checksum */
		put(packet, size);
		return;
	case 4:
		put(packet, rng_range(&rng, 0, size));	/* cut off */
		return;
	case 5:
		size = rng_range(&rng, 20, size);	/* cut off, and says so */
		packet[2] = size >> 8;
		packet[3] = size;
		break;
	case 6:
		packet[rng_range(&rng, 0, 19)] ^= 1 << rng_range(&rng, 0, 7);
		break;
	}
	if ((packet[0] & 0xf) >= 5 && (packet[0] & 0xf) * 4u <= size)
		sum_again(packet);
	put(packet, size);
}

static void put_oddly6(u8 *packet, size_t size)
{
	switch (rng_range(&rng, 0, 5)) {
	case 0:
		packet[1] = rng_next(&rng);		/* traffic class, ECN, flow label */
		break;
	case 1:
		packet[7] = rng_scale(&rng, 0, 255);	/* hop limit */
		break;
	case 2:
		put_in_parts(packet, size);
		return;
	case 3:
		size = insert_options6(packet, size);
		break;
	case 4:
		size = rng_range(&rng, 0, size);	/* cut off */
		break;
	case 5:
		packet[rng_range(&rng, 0, 39)] ^= 1 << rng_range(&rng, 0, 7);
		break;
	}
	put(packet, size);
}

/* ---- ICMP ---- */

static void forge_icmp(const struct talk *t, bool blindly)
{
	static const struct {
		u8 type, codes;
	} v4[] = {
		{ ICMP_DEST_UNREACH, 16 }, { ICMP_DEST_UNREACH, 16 }, { ICMP_SOURCE_QUENCH, 0 },
		{ ICMP_REDIRECT, 3 }, { ICMP_TIME_EXCEEDED, 1 }, { ICMP_PARAMETERPROB, 1 },
	}, v6[] = {
		{ ICMP6_DST_UNREACH, 7 }, { ICMP6_PACKET_TOO_BIG, 0 }, { ICMP6_TIME_EXCEEDED, 1 },
		{ ICMP6_PARAM_PROB, 2 }, { 137, 0 /* redirect */ }, { ICMP6_PARAM_PROB, 2 },
	};
	bool is_v4 = t->path->family == AF_INET;
	u8 about[sizeof(t->about)], out[1500];
	unsigned int kind = rng_range(&rng, 0, ARRAY_SIZE(v4) - 1);
	u8 type = is_v4 ? v4[kind].type : v6[kind].type;
	u8 code = rng_range(&rng, 0, is_v4 ? v4[kind].codes : v6[kind].codes);
	u32 info = rng_percent(&rng, 70) ? rng_scale(&rng, 0, 1500) : rng_next(&rng);
	size_t len = t->about_len;

	if (len < 48)
		return;
	if (is_v4 && rng_percent(&rng, 30))
		code = ICMP_FRAG_NEEDED;
	memcpy(about, t->about, len);
	if (blindly || rng_percent(&rng, 30))
		segment_shift(t->path, about, 0x10000000 + rng_range(&rng, 0, 0x60000000));
	if (!blindly && rng_percent(&rng, 10))
		about[rng_range(&rng, 0, len - 1)] ^= 1 << rng_range(&rng, 0, 7);
	if (!blindly && rng_percent(&rng, 10))
		len = rng_range(&rng, 0, len);
	put(out, segment_build_icmp(t->path, type, code, info, about, len, out));
}

/* ---- Segments ---- */

/* Source routes and other options of IPv4 (RFC 791). */
static size_t some_ip_options(u8 *at)
{
	static const u8 kinds[] = { 7, 68, 131, 137, 148, 1 };
	u8 kind = kinds[rng_range(&rng, 0, ARRAY_SIZE(kinds) - 1)];
	unsigned int hops = rng_range(&rng, 1, 3), len, i;

	memset(at, 0, 40);
	at[0] = kind;
	at[1] = kind == 148 ? 4 : 3 + 4 * hops;
	/* all hops were visited: we are the last */
	at[2] = rng_percent(&rng, 80) ? at[1] + 1u : rng_scale(&rng, 0, 45);
	for (i = 0; i < hops; i++)
		memcpy(&at[3 + 4 * i], (const u8[]){ 10, 0, 0, 70 + i }, 4);
	if (kind == 148)
		memset(at + 2, 0, 2);
	len = at[1];
	/* not the hops: there is a route to these */
	if (rng_percent(&rng, 10))
		at[rng_range(&rng, 0, 2)] = rng_next(&rng);
	return (len + 3) & ~3;
}

/* From somebody else, or to everybody. */
static struct path other_path(const struct path *path)
{
	struct path other = *path;
	u8 *last = path->family == AF_INET ? (u8 *)&other.peer.v4 + 3 : &other.peer.v6.s6_addr[15];

	if (rng_percent(&rng, 50))
		*last = rng_range(&rng, 3, 250);
	else
		inet_pton(path->family, path->family == AF_INET ? "10.0.0.255" : "ff02::1",
			  &other.us);
	return other;
}

static void send_forged(struct talk *t, struct seg *seg, u32 seq, u32 ack, u16 win)
{
	static u8 out[ROOM], text[SEG_MAX + 40];
	struct header head = {
		.sport = t->peer_port, .dport = t->us_port, .seq = seq, .ack = ack, .win = win,
	};
	u8 ip_opts[40];
	struct path path = *t->path;
	size_t size, skip, i;

	if (t->path->family == AF_INET && rng_percent(&rng, 3)) {
		seg->ip_optlen = some_ip_options(ip_opts);
		seg->ip_opts = ip_opts;
	} else if (rng_percent(&rng, 2)) {
		path = other_path(t->path);
	}
	/* Where the text begins, says the data offset: what is before that are options. */
	skip = seg->doff.how && seg->doff.value > 5 ? (seg->doff.value - 5) * 4 : 0;
	for (i = 0; i < skip; i++)
		text[i] = rng_scale(&rng, 0, 255);
	text_fill(text + skip, seq + !!(seg->flags & SYN), seg->len);
	size = segment_build(&path, &head, seg, text, seg->len, out);
	written_segments++;
	if (rng_percent(&rng, 94))
		put(out, size);
	else if (t->path->family == AF_INET)
		put_oddly4(out, size);
	else
		put_oddly6(out, size);
}

void forge(struct talk *t)
{
	struct seg seg = { .flags = flags(), .len = text_length() };
	u8 options[40];

	if (rng_percent(&rng, 3)) {
		forge_icmp(t, false);
		return;
	}
	t->seq = seq_number(t);
	t->ack = ack_number(t);
	/* The one that is believed would end most talks before anything has happened. */
	if (seg.flags & RST && t->seq == t->us_ack && rng_percent(&rng, 80))
		t->seq++;
	t->len = seg.len;
	seg.optlen = some_options(t, options);
	seg.opts = options;
	if (rng_percent(&rng, 5) || seg.flags & URG)
		seg.urgent = (struct field){ IS, rng_scale(&rng, 0, 65535) };
	if (rng_percent(&rng, 2)) {
		seg.doff = (struct field){ IS, rng_range(&rng, 0, 15) };
		seg.optlen = 0;
	}
	if (rng_percent(&rng, 2))
		seg.reserved = rng_range(&rng, 0, 15);
	if (rng_percent(&rng, 1))
		seg.cut = (struct field){ IS, rng_range(&rng, 0, 40) };
	seg.bad_checksum = rng_percent(&rng, 2);
	if (rng_percent(&rng, 20))
		t->win = rng_percent(&rng, 70) ? rng_scale(&rng, 0, 65535) : 0;
	send_forged(t, &seg, t->seq, t->ack, t->win);
}

void forge_blindly(struct talk *t)
{
	struct seg seg = { .flags = ACK, .len = text_length() };
	u32 window = t->us_win > 2 ? t->us_win : 2;
	u32 seq = t->us_ack + rng_range(&rng, 1, window - 1), ack = t->us_nxt;
	u8 options[40];

	switch (rng_range(&rng, 0, 6)) {
	case 0:			/* far from the window */
		seg.flags = flags();
		seq = t->us_ack + 0x08000000 + rng_range(&rng, 0, 0xf0000000);
		break;
	case 1:			/* only RCV.NXT itself is believed (RFC 5961 3) */
		seg.flags = rng_percent(&rng, 50) ? RST : RST | ACK;
		/* Whose ACK may still be waiting: it is no further than what the peer said. */
		if ((s32)(seq - t->nxt) <= 0)
			seq = t->nxt + 1;
		break;
	case 2:			/* never believed (RFC 5961 4) */
		seg.flags = rng_percent(&rng, 50) ? SYN : SYN | ACK;
		break;
	case 3:			/* of something not yet sent, or very old (RFC 5961 5) */
		seq = rng_percent(&rng, 50) ? seq : t->us_ack - rng_scale(&rng, 0, 1000);
		seg.flags = rng_percent(&rng, 70) ? ACK : ACK | FIN;
		ack += rng_percent(&rng, 50) ? 1 + rng_range(&rng, 0, 0x70000000) :
					       -0x01000000 - rng_range(&rng, 0, 0x60000000);
		break;
	case 4:
		seq = rng_percent(&rng, 50) ? seq : t->us_ack - rng_scale(&rng, 0, 1000);
		seg.flags = rng_next(&rng) & (FIN | PSH | URG | ECE | CWR);
		break;
	case 5:
		forge_icmp(t, true);
		return;
	case 6:
		forge_icmp(t, false);
		return;
	}
	seg.optlen = some_options(t, options);
	seg.opts = options;
	send_forged(t, &seg, seq, ack, t->win);
}
