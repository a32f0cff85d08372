/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP segment as a test writes it down, and as it was on the wire.
 *
 * struct seg is what a test asks for or expects: every field may be left open. struct packet is
 * one packet that was seen. Nothing here does any I/O or knows a connection.
 */
#ifndef WIRE_SEGMENT_H
#define WIRE_SEGMENT_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* The kernel's words, as in the rest of the tree. */
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

enum {
	FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08,
	ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80,
};

/* Both ends' addresses: the only place where the IP version shows. */
struct path {
	int family;
	union host {
		struct in_addr v4;
		struct in6_addr v6;
	} us, peer;
	u8 proto;
	bool sums_left;		/* the device is left to compute them: none is looked at */
};

enum how { OPEN = 0, IS, ABSENT };

struct field {
	enum how how;
	u32 value;
};

/* What SACK says has arrived: from the first byte up to, but not with, the second. */
struct block {
	u32 from, to;
};

struct seg {
	u8 flags;
	struct field seq, ack;		/* relative to the sender's ISS, unless raw */
	bool raw;
	struct field win, urgent;	/* as in the header, not scaled */
	struct field mss, wscale;	/* options; ABSENT: must not be there */
	struct field sackok;
	struct field stamp, echo;	/* timestamps: TSval and TSecr */
	const struct block *blocks;	/* SACK, relative to the ISS of whose text it is */
	size_t nr_blocks;
	enum how sack;			/* of @blocks: IS or ABSENT */
	const u8 *opts;		/* further options, byte for byte */
	size_t optlen;
	const u8 *ip_opts;		/* of the IP header; expected: just these */
	size_t ip_optlen;
	struct field tos;		/* of the IP header */
	struct field ttl;		/* expected, of the IP header */
	const char *via;		/* expected: a source route's first hop */
	u32 len;			/* payload: the stream's pattern from seq on */
	const char *data;		/* payload: this, instead of the pattern */
	bool any_len;			/* expected: any payload */
	struct field after, until;	/* expected: ms since the segment before it */
	struct field about;		/* expected: the same, with a timer's tolerance */
	bool at_once;			/* expected: no timer of ours had to run */

	/* deliberately wrong */
	bool bad_checksum;
	struct field doff;		/* data offset, in words */
	struct field cut;		/* bytes that are left of the TCP part */
	u8 reserved;		/* the four bits after the data offset */
};

struct packet {
	bool ip_ok;			/* an IP packet that we could take apart */
	bool to_us;
	u8 proto;
	u8 ttl, tos;			/* IPv6: hop limit, traffic class */
	u32 label;			/* IPv6: flow label */
	union host src, dst;		/* as in the IP header */
	const u8 *ip_opts;		/* IPv4's options */
	size_t ip_optlen;
	u8 icmp_type, icmp_code;
	u32 icmp_info;

	bool tcp_ok;			/* a whole header, sane offset and options */
	bool sum_ok;
	u16 sport, dport;
	u32 seq, ack;
	u8 doff, reserved, flags;
	u16 win, urgent;
	bool has_mss, has_wscale, has_sackok, has_ts;
	u16 mss;
	u8 wscale;
	u32 stamp, echo;
	struct block blocks[4];		/* as they stand there */
	size_t nr_blocks;
	const u8 *payload;
	u32 len;
	const char *problem;		/* why ip_ok or tcp_ok is false */
};

#define SEG_MAX 65535

/* The addresses, ports and sequence numbers of a segment under construction. */
struct header {
	bool from_us;
	u16 sport, dport;
	u32 seq, ack;
	u32 blocks_iss;			/* what SACK's blocks are relative to */
	u16 win;
};

size_t segment_build(const struct path *path, const struct header *head, const struct seg *seg,
		     const u8 *payload, size_t len, u8 *out);
/* An ICMP error from the peer's side about @about, a packet that we sent. */
size_t segment_build_icmp(const struct path *path, u8 type, u8 code, u32 info,
			  const u8 *about, size_t about_len, u8 *out);
/* Adds to the sequence number of a segment that stands behind its IP header. */
void segment_shift(const struct path *path, u8 *bytes, u32 by);
struct packet segment_parse(const struct path *path, const u8 *bytes, size_t size);

/* What sequence space a segment takes: its bytes, and one each for SYN and FIN. */
static inline u32 segment_span(u8 flags, u32 len)
{
	return len + !!(flags & SYN) + !!(flags & FIN);
}

/* Like tcpdump, with both numbers relative to @iss_seq and @iss_ack. */
void segment_print(char *out, size_t size, const struct packet *p, u32 iss_seq,
		   u32 iss_ack);
const char *flags_print(u8 flags);

#endif
