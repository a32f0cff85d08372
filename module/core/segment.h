/* SPDX-License-Identifier: GPL-2.0 */
/* An arrived segment, as the core sees it: in host order, with its options read. */
#ifndef EDU_CORE_SEGMENT_H
#define EDU_CORE_SEGMENT_H

#include "env.h"

/* The control bits, as they stand in byte 13 of the header (RFC 9293 3.1). */
#define EDU_FIN		0x01
#define EDU_SYN		0x02
#define EDU_RST		0x04
#define EDU_PSH		0x08
#define EDU_ACK		0x10
#define EDU_URG		0x20
#define EDU_ECE		0x40
#define EDU_CWR		0x80

#define EDU_HEADER_LEN		20
#define EDU_HEADER_MAX		60

#define EDU_MSS_DEFAULT		536	/* without an MSS option, IPv4: MUST-15 */
#define EDU_MSS_DEFAULT_V6	1220	/* likewise, IPv6 */
#define EDU_MSS_MIN		48	/* we never send smaller ones: tcp_min_snd_mss */
#define EDU_WSCALE_MAX		14	/* RFC 7323 section 2.3 */
#define EDU_WND_MAX		(65535u << EDU_WSCALE_MAX)

#define EDU_SACK_MAX		4	/* blocks that fit into a header; 3 with timestamps */

/* What a peer has received out of order: RFC 2018 section 3. */
struct edu_sack_block {
	u32 start;
	u32 end;		/* behind the last octet */
};

struct edu_options {
	u16 mss;		/* 0: the option was absent */
	u8 wscale;
	u8 has_wscale : 1;
	u8 has_ts : 1;
	u8 sack_permitted : 1;
	u8 nsack;		/* how many of @sack */
	u32 tsval;
	u32 tsecr;
	struct edu_sack_block sack[EDU_SACK_MAX];
};

struct edu_segment {
	u32 seq;
	u32 ack;
	u32 len;		/* octets of text, without SYN and FIN */
	u16 wnd;		/* as on the wire, not yet scaled */
	u16 urg;
	u8 flags;
	u8 ce;			/* IP said Congestion Experienced (RFC 3168) */
	struct edu_options opt;
};

/* SEG.LEN counts SYN and FIN (RFC 9293 3.4). */
static inline u32 edu_seg_len(const struct edu_segment *seg)
{
	return seg->len + !!(seg->flags & EDU_SYN) + !!(seg->flags & EDU_FIN);
}

bool edu_flags_plausible(u8 flags);
bool edu_options_parse(struct edu_options *opt, const u8 *p, unsigned int len);
unsigned int edu_options_len(const struct edu_options *opt);
unsigned int edu_options_build(const struct edu_options *opt, u8 *p);

#endif /* EDU_CORE_SEGMENT_H */
