// SPDX-License-Identifier: GPL-2.0
/* Options: reading them from a header and writing ours (RFC 9293 3.2, RFC 7323 2.2). */
#include "segment.h"

enum {
	OPT_END		= 0,
	OPT_NOP		= 1,
	OPT_MSS		= 2,
	OPT_WSCALE	= 3,
};

#define OPT_MSS_LEN	4
#define OPT_WSCALE_LEN	3

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
	memset(opt, 0, sizeof(*opt));

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

		if (kind == OPT_MSS && size == OPT_MSS_LEN) {
			opt->mss = p[2] << 8 | p[3];
		} else if (kind == OPT_WSCALE && size == OPT_WSCALE_LEN) {
			/* A larger shift is used as 14 (RFC 7323 2.3). */
			opt->wscale = min_t(u8, p[2], EDU_WSCALE_MAX);
			opt->has_wscale = 1;
		}
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
	return (opt->mss ? OPT_MSS_LEN : 0) + (opt->has_wscale ? OPT_WSCALE_LEN + 1 : 0);
}

/**
 * edu_options_build() - write our options behind the fixed header
 * @opt: what to announce
 * @p: room for edu_options_len() octets
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
	if (opt->has_wscale) {
		*p++ = OPT_NOP;
		*p++ = OPT_WSCALE;
		*p++ = OPT_WSCALE_LEN;
		*p++ = opt->wscale;
	}
	return p - start;
}
