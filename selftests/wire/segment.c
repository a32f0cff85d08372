// SPDX-License-Identifier: GPL-2.0
/* Segments: built (also wrong ones), taken apart, printed. */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <string.h>

#include "segment.h"

static void put16(u8 *at, u16 v)
{
	at[0] = v >> 8;
	at[1] = v;
}

static void put32(u8 *at, u32 v)
{
	put16(at, v >> 16);
	put16(at + 2, v);
}

static u16 get16(const u8 *at)
{
	return at[0] << 8 | at[1];
}

static u32 get32(const u8 *at)
{
	return (u32)get16(at) << 16 | get16(at + 2);
}

static u32 sum_bytes(u32 sum, const void *from, size_t len)
{
	const u8 *at = from;

	for (; len > 1; at += 2, len -= 2)
		sum += get16(at);
	if (len)
		sum += *at << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The Internet checksum, over the pseudo-header too where @path is given (RFC 9293 3.1). */
static u16 checksum(const struct path *path, u8 proto, const u8 *bytes, size_t len)
{
	u32 sum = 0;

	if (path && path->family == AF_INET) {
		sum = sum_bytes(sum, &path->us.v4, sizeof(path->us.v4));
		sum = sum_bytes(sum, &path->peer.v4, sizeof(path->peer.v4));
	} else if (path) {
		sum = sum_bytes(sum, &path->us.v6, sizeof(path->us.v6));
		sum = sum_bytes(sum, &path->peer.v6, sizeof(path->peer.v6));
	}
	if (path)
		sum += proto + len;
	return ~sum_bytes(sum, bytes, len);
}

/* IPv4's header has room for 40 bytes of options, in whole words. */
static size_t ip_optlen(const struct path *path, const struct seg *seg)
{
	return path->family == AF_INET && seg ? (seg->ip_optlen + 3) & ~3UL : 0;
}

/* Writes the IP header in front of @len bytes; returns its size. @seg may have IP options. */
static size_t put_ip(const struct path *path, bool from_us, u8 proto, const struct seg *seg,
		     size_t len, u8 *out)
{
	const union host *src = from_us ? &path->us : &path->peer;
	const union host *dst = from_us ? &path->peer : &path->us;

	if (path->family == AF_INET) {
		struct ip *ip = (struct ip *)out;
		size_t size = sizeof(*ip) + ip_optlen(path, seg);

		*ip = (struct ip){
			.ip_v = 4, .ip_hl = size / 4, .ip_len = htons(size + len),
			.ip_tos = seg ? seg->tos.value : 0,
			.ip_off = htons(IP_DF), .ip_ttl = 64, .ip_p = proto,
			.ip_src = src->v4, .ip_dst = dst->v4,
		};
		memset(ip + 1, 0, size - sizeof(*ip));
		if (size > sizeof(*ip))
			memcpy(ip + 1, seg->ip_opts, seg->ip_optlen);
		ip->ip_sum = htons(checksum(NULL, 0, out, size));
		return size;
	}
	*(struct ip6_hdr *)out = (struct ip6_hdr){
		.ip6_flow = htonl(6U << 28 | (seg ? seg->tos.value << 20 : 0)),
		.ip6_plen = htons(len), .ip6_nxt = proto, .ip6_hlim = 64,
		.ip6_src = src->v6, .ip6_dst = dst->v6,
	};
	return sizeof(struct ip6_hdr);
}

static size_t ip_size(const struct path *path)
{
	return path->family == AF_INET ? sizeof(struct ip) : sizeof(struct ip6_hdr);
}

static size_t put_options(const struct header *head, const struct seg *seg, u8 *out)
{
	size_t n = 0, i;

	if (seg->mss.how == IS) {
		out[n++] = 2;
		out[n++] = 4;
		put16(out + n, seg->mss.value);
		n += 2;
	}
	if (seg->wscale.how == IS) {
		out[n++] = 1;
		out[n++] = 3;
		out[n++] = 3;
		out[n++] = seg->wscale.value;
	}
	if (seg->sackok.how == IS) {
		out[n++] = 4;
		out[n++] = 2;
	}
	if (seg->stamp.how == IS) {
		out[n++] = 8;
		out[n++] = 10;
		put32(out + n, seg->stamp.value);
		put32(out + n + 4, seg->echo.value);
		n += 8;
	}
	if (seg->nr_blocks) {
		out[n++] = 5;
		out[n++] = 2 + 8 * seg->nr_blocks;
	}
	for (i = 0; i < seg->nr_blocks; i++, n += 8) {
		put32(out + n, seg->blocks[i].from + head->blocks_iss);
		put32(out + n + 4, seg->blocks[i].to + head->blocks_iss);
	}
	if (seg->optlen)
		memcpy(out + n, seg->opts, seg->optlen);
	n += seg->optlen;
	while (n % 4)
		out[n++] = 0;
	return n;
}

size_t segment_build(const struct path *path, const struct header *head, const struct seg *seg,
		     const u8 *payload, size_t len, u8 *out)
{
	u8 *tcp = out + ip_size(path) + ip_optlen(path, seg);
	size_t size, optlen = put_options(head, seg, tcp + 20);

	put16(tcp, head->sport);
	put16(tcp + 2, head->dport);
	put32(tcp + 4, head->seq);
	put32(tcp + 8, head->ack);
	tcp[12] = (seg->doff.how == IS ? seg->doff.value : 5 + optlen / 4) << 4 | seg->reserved;
	tcp[13] = seg->flags;
	put16(tcp + 14, head->win);
	put16(tcp + 16, 0);
	put16(tcp + 18, seg->urgent.how == IS ? seg->urgent.value : 0);
	memcpy(tcp + 20 + optlen, payload, len);
	size = 20 + optlen + len;
	if (seg->cut.how == IS && seg->cut.value < size)
		size = seg->cut.value;
	/* The sum is right over what is left: a short segment is short, and nothing else. */
	if (size >= 18)
		put16(tcp + 16, checksum(path, path->proto, tcp, size));
	if (seg->bad_checksum)
		tcp[17] ^= 0x5a;
	return put_ip(path, head->from_us, path->proto, seg, size, out) + size;
}

size_t segment_build_icmp(const struct path *path, u8 type, u8 code, u32 info,
			  const u8 *about, size_t about_len, u8 *out)
{
	u8 *icmp = out + ip_size(path);
	bool v4 = path->family == AF_INET;
	size_t room = v4 ? ip_size(path) + 8 : 1232, size;

	/* RFC 792: the IP header and 64 bits of the datagram; RFC 4443: as much as fits. */
	if (about_len > room)
		about_len = room;
	icmp[0] = type;
	icmp[1] = code;
	put16(icmp + 2, 0);
	put32(icmp + 4, info);
	memcpy(icmp + 8, about, about_len);
	size = 8 + about_len;
	put16(icmp + 2, checksum(v4 ? NULL : path, IPPROTO_ICMPV6, icmp, size));
	return put_ip(path, false, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, NULL, size, out) + size;
}

void segment_shift(const struct path *path, u8 *bytes, u32 by)
{
	u8 *seq = bytes + ip_size(path) + 4;

	put32(seq, get32(seq) + by);
}

/* Reads the options; false: they run over the header's end or have an impossible length. */
static bool get_options(struct packet *p, const u8 *at, const u8 *end)
{
	while (at < end && *at != 0) {
		u8 kind = *at, len;

		if (kind == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return false;
		len = at[1];
		if (kind == 2 && len == 4) {
			p->has_mss = true;
			p->mss = get16(at + 2);
		} else if (kind == 3 && len == 3) {
			p->has_wscale = true;
			p->wscale = at[2];
		} else if (kind == 4 && len == 2) {
			p->has_sackok = true;
		} else if (kind == 8 && len == 10) {
			p->has_ts = true;
			p->stamp = get32(at + 2);
			p->echo = get32(at + 6);
		} else if (kind == 5 && len > 2 && len <= 34 && len % 8 == 2) {
			for (p->nr_blocks = 0; p->nr_blocks < len / 8; p->nr_blocks++) {
				struct block *block = &p->blocks[p->nr_blocks];

				block->from = get32(at + 2 + 8 * p->nr_blocks);
				block->to = get32(at + 6 + 8 * p->nr_blocks);
			}
		}
		at += len;
	}
	return true;
}

static void parse_tcp(const struct path *path, struct packet *p, const u8 *tcp, size_t size)
{
	if (size < 20) {
		p->problem = "shorter than a TCP header";
		return;
	}
	p->sport = get16(tcp);
	p->dport = get16(tcp + 2);
	p->seq = get32(tcp + 4);
	p->ack = get32(tcp + 8);
	p->doff = tcp[12] >> 4;
	p->reserved = tcp[12] & 0xf;
	p->flags = tcp[13];
	p->win = get16(tcp + 14);
	p->urgent = get16(tcp + 18);
	/* Over a segment with its checksum in it the sum is 0. */
	p->sum_ok = path->sums_left || checksum(path, p->proto, tcp, size) == 0;
	if (p->doff < 5 || p->doff * 4U > size) {
		p->problem = "bad data offset";
		return;
	}
	p->payload = tcp + p->doff * 4;
	p->len = size - p->doff * 4;
	p->tcp_ok = get_options(p, tcp + 20, p->payload);
	if (!p->tcp_ok)
		p->problem = "bad options";
}

struct packet segment_parse(const struct path *path, const u8 *bytes, size_t size)
{
	struct packet p = { .problem = "not an IP packet of this path" };
	size_t head = ip_size(path), rest_size;
	const u8 *rest;

	if (size < ip_size(path) || bytes[0] >> 4 != (path->family == AF_INET ? 4 : 6))
		return p;
	if (path->family == AF_INET) {
		const struct ip *ip = (const struct ip *)bytes;

		if (ip->ip_hl < 5 || ip->ip_hl * 4U > size || ntohs(ip->ip_len) != size)
			return p;
		p.ip_opts = bytes + head;
		p.ip_optlen = ip->ip_hl * 4 - head;
		head += p.ip_optlen;
		p.proto = ip->ip_p;
		p.ttl = ip->ip_ttl;
		p.tos = ip->ip_tos;
		p.src.v4 = ip->ip_src;
		p.dst.v4 = ip->ip_dst;
		p.to_us = ip->ip_dst.s_addr == path->us.v4.s_addr;
	} else {
		const struct ip6_hdr *ip = (const struct ip6_hdr *)bytes;

		if (ntohs(ip->ip6_plen) != size - head)
			return p;
		p.proto = ip->ip6_nxt;
		p.ttl = ip->ip6_hlim;
		p.tos = ntohl(ip->ip6_flow) >> 20;
		p.src.v6 = ip->ip6_src;
		p.dst.v6 = ip->ip6_dst;
		p.label = ntohl(ip->ip6_flow) & 0xfffff;
		/* options on the way and at the end (RFC 8200 4.3, 4.6) */
		while ((p.proto == IPPROTO_HOPOPTS || p.proto == IPPROTO_DSTOPTS) &&
		       size - head >= 8 && size - head >= (bytes[head + 1] + 1) * 8U) {
			p.proto = bytes[head];
			head += (bytes[head + 1] + 1) * 8U;
		}
		p.to_us = !memcmp(&ip->ip6_dst, &path->us.v6, sizeof(ip->ip6_dst));
	}
	p.ip_ok = true;
	p.problem = NULL;
	rest = bytes + head;
	rest_size = size - head;
	if (p.proto == path->proto) {
		parse_tcp(path, &p, rest, rest_size);
	} else if (rest_size >= 8) {
		p.icmp_type = rest[0];
		p.icmp_code = rest[1];
		p.icmp_info = get32(rest + 4);
	}
	return p;
}

/* tcpdump's way: F S R P . U E W, and "none". */
const char *flags_print(u8 flags)
{
	static const char letter[] = "FSRP.UEW";
	static char text[4][9];
	static int turn;
	char *out = text[turn++ % 4];
	int i, n = 0;

	/* SYN first, the ACK's dot last: "S.", "F.", "R.", as everybody knows them. */
	for (i = 0; i < 8; i++)
		if (flags & 1 << i && 1 << i != ACK)
			out[n++] = letter[i];
	if (flags & ACK)
		out[n++] = '.';
	out[n] = 0;
	return n ? out : "none";
}

void segment_print(char *out, size_t size, const struct packet *p, u32 iss_seq,
		   u32 iss_ack)
{
	size_t i;
	int n;

	if (!p->ip_ok) {
		snprintf(out, size, "%s", p->problem);
		return;
	}
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		snprintf(out, size, "ICMP type %u code %u info %u", p->icmp_type, p->icmp_code,
			 p->icmp_info);
		return;
	}
	n = snprintf(out, size, "%5u > %-5u  %-4s seq %d", p->sport, p->dport,
		     flags_print(p->flags), p->seq - iss_seq);
	if (p->flags & ACK)
		n += snprintf(out + n, size - n, " ack %d", p->ack - iss_ack);
	n += snprintf(out + n, size - n, " win %u len %u", p->win, p->len);
	if (p->flags & URG)
		n += snprintf(out + n, size - n, " urg %u", p->urgent);
	if (p->has_mss)
		n += snprintf(out + n, size - n, " mss %u", p->mss);
	if (p->has_wscale)
		n += snprintf(out + n, size - n, " wscale %u", p->wscale);
	if (p->has_sackok)
		n += snprintf(out + n, size - n, " sackOK");
	if (p->has_ts)
		n += snprintf(out + n, size - n, " ts %u/%u", p->stamp, p->echo);
	for (i = 0; i < p->nr_blocks; i++)
		n += snprintf(out + n, size - n, "%s%d-%d", i ? "," : " sack ",
			      p->blocks[i].from - iss_ack, p->blocks[i].to - iss_ack);
	if (p->problem)
		n += snprintf(out + n, size - n, " [%s]", p->problem);
	if (!p->sum_ok)
		snprintf(out + n, size - n, " [bad checksum]");
}
