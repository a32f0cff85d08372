// SPDX-License-Identifier: GPL-2.0
/*
 * Options: reading them from a header and writing ours (RFC 9293 3.2, RFC 7323
 * 2.2 and 3.2, RFC 2018 2 and 3).
 */
#include "segment.h"

enum {
	OPT_END			= 0,
	OPT_NOP			= 1,
	OPT_MSS			= 2,
	OPT_WSCALE		= 3,
	OPT_SACK_PERMITTED	= 4,
	OPT_SACK		= 5,
	OPT_TIMESTAMPS		= 8,
};

#define OPT_MSS_LEN		4
#define OPT_WSCALE_LEN		3
#define OPT_SACK_PERMITTED_LEN	2
#define OPT_SACK_LEN(n)		(2 + 8 * (n))
#define OPT_TIMESTAMPS_LEN	10

/* Two NOPs and the head of the timestamps, as appendix A of RFC 7323 aligns them. */
#define ALIGNED_TIMESTAMPS	(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TIMESTAMPS << 8 | \
				 OPT_TIMESTAMPS_LEN)

/**
 * edu_flags_plausible() - whether any TCP would send these control bits
 * @flags: the segment's EDU_* bits
 *
 * A SYN excludes FIN and RST, a RST excludes FIN, and a segment without any of
 * SYN, RST and ACK cannot be valid in any state: 3.10.7 drops them all, only
 * later and in more places.
 */
bool edu_flags_plausible(u8 flags)
{
	switch (flags & (EDU_SYN | EDU_FIN | EDU_RST)) {
	case EDU_SYN:
	case EDU_RST:
		return true;
	case 0:
	case EDU_FIN:
		return flags & EDU_ACK;
	default:
		return false;
	}
}

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static u8 *put32(u8 *p, u32 value)
{
	*p++ = value >> 24;
	*p++ = value >> 16;
	*p++ = value >> 8;
	*p++ = value;
	return p;
}

static void parse_sack(struct edu_options *opt, const u8 *p, unsigned int blocks)
{
	unsigned int i;

	for (i = 0; i < blocks; i++, p += 8) {
		opt->sack[i].start = get32(p);
		opt->sack[i].end = get32(p + 4);
	}
	opt->nsack = blocks;
}

static void parse_one(struct edu_options *opt, u8 kind, u8 size, const u8 *p)
{
	switch (kind) {
	case OPT_MSS:
		if (size == OPT_MSS_LEN)
			opt->mss = p[2] << 8 | p[3];
		break;
	case OPT_WSCALE:
		if (size != OPT_WSCALE_LEN)
			break;
		/* A larger shift is used as 14 (RFC 7323 2.3). */
		opt->wscale = min_t(u8, p[2], EDU_WSCALE_MAX);
		opt->has_wscale = 1;
		break;
	case OPT_SACK_PERMITTED:
		if (size == OPT_SACK_PERMITTED_LEN)
			opt->sack_permitted = 1;
		break;
	case OPT_SACK:
		if (size > OPT_SACK_LEN(0) && size <= OPT_SACK_LEN(EDU_SACK_MAX) &&
		    (size - OPT_SACK_LEN(0)) % 8 == 0)
			parse_sack(opt, p + 2, (size - OPT_SACK_LEN(0)) / 8);
		break;
	case OPT_TIMESTAMPS:
		if (size != OPT_TIMESTAMPS_LEN)
			break;
		opt->tsval = get32(p + 2);
		opt->tsecr = get32(p + 6);
		opt->has_ts = 1;
		break;
	}
}

/**
 * edu_options_parse() - read a segment's options
 * @opt: filled in; what is absent is zero
 * @p: the first octet after the fixed header
 * @len: octets up to the data offset
 *
 * Unknown options are passed over by their length (MUST-6, MUST-7). Those with
 * a length that cannot be are an error; a known option with a wrong length is
 * ignored, as an unknown one would be.
 *
 * Return: false if an option's length is below 2 or runs past the header.
 */
bool edu_options_parse(struct edu_options *opt, const u8 *p, unsigned int len)
{
	memset(opt, 0, offsetof(struct edu_options, sack));

	/* What nearly every segment has, and nothing else. */
	if (len == OPT_TIMESTAMPS_LEN + 2 && get32(p) == ALIGNED_TIMESTAMPS) {
		opt->has_ts = 1;
		opt->tsval = get32(p + 4);
		opt->tsecr = get32(p + 8);
		return true;
	}
	while (len) {
		u8 kind = p[0], size;

		if (kind == OPT_END)
			return true;
		if (kind == OPT_NOP) {
			p++;
			len--;
			continue;
		}
		if (len < 2)
			return false;
		size = p[1];
		if (size < 2 || size > len)
			return false;

		parse_one(opt, kind, size, p);
		p += size;
		len -= size;
	}
	return true;
}

/**
 * edu_options_len() - octets that edu_options_build() will write
 * @opt: our options
 *
 * Return: a multiple of 4, at most 40.
 */
unsigned int edu_options_len(const struct edu_options *opt)
{
	unsigned int len = 0;

	if (opt->mss)
		len += OPT_MSS_LEN;
	if (opt->has_ts)
		len += OPT_TIMESTAMPS_LEN + 2;
	else if (opt->sack_permitted)
		len += OPT_SACK_PERMITTED_LEN + 2;
	if (opt->has_wscale)
		len += OPT_WSCALE_LEN + 1;
	if (opt->nsack)
		len += OPT_SACK_LEN(opt->nsack) + 2;
	return len;
}

static u8 *build_sack(const struct edu_options *opt, u8 *p)
{
	unsigned int i;

	*p++ = OPT_NOP;
	*p++ = OPT_NOP;
	*p++ = OPT_SACK;
	*p++ = OPT_SACK_LEN(opt->nsack);
	for (i = 0; i < opt->nsack; i++) {
		p = put32(p, opt->sack[i].start);
		p = put32(p, opt->sack[i].end);
	}
	return p;
}

/**
 * edu_options_build() - write our options behind the fixed header
 * @opt: what to announce
 * @p: room for edu_options_len() octets
 *
 * Each is padded in front, so that what follows is aligned; SACK-Permitted is
 * its timestamps' padding.
 *
 * Return: how many octets were written.
 */
unsigned int edu_options_build(const struct edu_options *opt, u8 *p)
{
	u8 *start = p;

	if (opt->mss) {
		*p++ = OPT_MSS;
		*p++ = OPT_MSS_LEN;
		*p++ = opt->mss >> 8;
		*p++ = opt->mss;
	}
	if (opt->sack_permitted && !opt->has_ts) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
	}
	if (opt->sack_permitted) {
		*p++ = OPT_SACK_PERMITTED;
		*p++ = OPT_SACK_PERMITTED_LEN;
	} else if (opt->has_ts) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
	}
	if (opt->has_ts) {
		*p++ = OPT_TIMESTAMPS;
		*p++ = OPT_TIMESTAMPS_LEN;
		p = put32(p, opt->tsval);
		p = put32(p, opt->tsecr);
	}
	if (opt->has_wscale) {
		*p++ = OPT_NOP;
		*p++ = OPT_WSCALE;
		*p++ = OPT_WSCALE_LEN;
		*p++ = opt->wscale;
	}
	if (opt->nsack)
		p = build_sack(opt, p);
	return p - start;
}
