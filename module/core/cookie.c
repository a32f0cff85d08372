// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies (RFC 4987 section 3.6): where no request can be kept, the SYN,ACK
 * itself is what we remember, and the peer brings it back in its ACK.
 *
 * The ISS of a cookie is a sum, modulo 2^32, of
 *
 *	base		a keyed hash of the flow: nobody else can guess the rest
 *	SEG.SEQ		the peer's ISS, so that ours grows from one SYN to the next
 *
 *	 31          24 23                                           0
 *	+--------------+----------------------------------------------+
 *	| count        | mac(flow, SEG.SEQ, count) + class of the MSS |
 *	+--------------+----------------------------------------------+
 *
 * The count goes on every 64 s; a cookie is good for its own and the next one.
 * Of 2^32 acknowledgment numbers 8 are good then: 2 counts, 4 classes.
 *
 * What else a SYN offers is in the timestamp that the peer will echo; without
 * timestamps none of it holds. Its milliseconds lose their last 6 bits for that:
 *
 *	 31                                           6   5    4   3     0
 *	+----------------------------------------------+-----+----+-------+
 *	| milliseconds / 64                            | ECN |SACK| shift |	+ offset
 *	+----------------------------------------------+-----+----+-------+
 *
 * The shift is that of the peer's windows, 15 if it does not scale.
 */
#include "tcb.h"

#define COUNT_SHIFT		24
#define MAC_MASK		((1u << COUNT_SHIFT) - 1)
#define COUNT_MASK		(~0u >> COUNT_SHIFT)

#define TS_BITS			6
#define TS_MASK			((1u << TS_BITS) - 1)
#define TS_SHIFT_MASK		0xfu
#define TS_NO_SHIFT		0xfu
#define TS_SACK			0x10u
#define TS_ECN			0x20u

/* The usual ones; an MSS in between counts as the next smaller one, below them none can. */
static const u16 classes[][4] = {
	{ EDU_MSS_DEFAULT, 1300, 1440, 1460 },
	{ EDU_MSS_DEFAULT_V6, 1420, 1440, 8940 },
};

static const u16 *classes_of(u16 default_mss)
{
	return classes[default_mss == EDU_MSS_DEFAULT_V6];
}

/**
 * edu_cookie_count() - the clock of the cookies
 * @now: the clock
 *
 * Return: goes on every 64 s.
 */
u32 edu_cookie_count(u64 now)
{
	return (u32)(div_u64(now, EDU_SEC) >> 6);
}

/**
 * edu_cookie_for() - let a SYN,ACK say what a request would remember
 * @r: the request, from edu_request_init(); nobody will keep it
 * @default_mss: what a peer can take that announces nothing, which differs by IP version
 * @key: the caller's keyed hashes; of @key->mac the first is used
 * @now: the clock
 *
 * Return: false if the peer's MSS is smaller than any that a cookie can name.
 */
bool edu_cookie_for(struct edu_request *r, u16 default_mss, const struct edu_cookie_key *key,
		    u64 now)
{
	const u16 *mss = classes_of(default_mss);
	u32 seq = r->conn.rcv_nxt - 1, class = ARRAY_SIZE(classes[0]) - 1;

	r->mss = r->mss ?: default_mss;
	while (mss[class] > r->mss)
		if (!class--)
			return false;

	r->cookie = true;
	r->conn.snd_una = key->base + seq + (edu_cookie_count(now) << COUNT_SHIFT) +
			  ((key->mac[0] + class) & MAC_MASK);
	r->conn.snd_nxt = r->conn.snd_una + 1;
	if (!r->conn.ts_ok) {
		r->conn.wscale_ok = 0;
		r->conn.snd_wscale = 0;
		r->conn.rcv_wscale = 0;
		r->conn.sack_ok = 0;
		r->conn.ecn_ok = 0;
	}
	return true;
}

/**
 * edu_cookie_tsval() - the timestamp of a cookie's SYN,ACK
 * @c: what was negotiated
 * @now: the clock
 *
 * Return: our timestamp at some time not long ago.
 */
u32 edu_cookie_tsval(const struct edu_conn *c, u64 now)
{
	u32 ms = (u32)div_u64(now, EDU_MSEC), said = c->wscale_ok ? c->snd_wscale : TS_NO_SHIFT;

	if (c->sack_ok)
		said |= TS_SACK;
	if (c->ecn_ok)
		said |= TS_ECN;
	said |= ms & ~TS_MASK;
	/* Not from the future: what follows must not be older (RFC 7323 5.3). */
	if (seq_gt(said, ms))
		said -= 1 << TS_BITS;
	return said + c->ts_offset;
}

/* The MSS that a cookie names, or 0 if it is none of ours. */
static u16 mss_of(u32 cookie, u32 seq, u16 default_mss, const struct edu_cookie_key *key, u64 now)
{
	u32 rest = cookie - key->base - seq, class;
	u32 age = (edu_cookie_count(now) - (rest >> COUNT_SHIFT)) & COUNT_MASK;

	if (age >= ARRAY_SIZE(key->mac))
		return 0;
	class = (rest - key->mac[age]) & MAC_MASK;
	return class < ARRAY_SIZE(classes[0]) ? classes_of(default_mss)[class] : 0;
}

/* What was negotiated, from the timestamp that comes back; false: we would not have said so. */
static bool renegotiate(struct edu_conn *c, const struct edu_segment *seg,
			const struct edu_params *params, u8 rcv_wscale, u64 now)
{
	u32 said = seg->opt.tsecr - c->ts_offset;

	if (!seg->opt.has_ts)
		return true;
	if (!params->timestamps)
		return false;
	edu_ts_negotiated(c, seg, now);
	c->sack_ok = !!(said & TS_SACK);
	c->ecn_ok = !!(said & TS_ECN);
	c->wscale_ok = (said & TS_SHIFT_MASK) != TS_NO_SHIFT;
	if (c->wscale_ok) {
		c->snd_wscale = said & TS_SHIFT_MASK;
		c->rcv_wscale = rcv_wscale;
	}
	return (params->sack || !c->sack_ok) && (params->ecn || !c->ecn_ok) &&
	       (params->window_scaling || !c->wscale_ok);
}

/**
 * edu_cookie_back() - an ACK may bring a cookie back
 * @r: filled in as the request that nobody kept; what it was asked is answered
 * @seg: the ACK, for a listener
 * @params: which options we want
 * @default_mss: see edu_cookie_for()
 * @key: the caller's keyed hashes
 * @ts_offset: where our timestamps begin; the same for the same flow
 * @rcv_buff: octets of text that the new connection can take
 * @rcv_wscale: the shift that our SYN,ACK announced if the peer scales too
 * @now: the clock
 *
 * Return: whether it did.
 */
bool edu_cookie_back(struct edu_request *r, const struct edu_segment *seg,
		     const struct edu_params *params, u16 default_mss,
		     const struct edu_cookie_key *key, u32 ts_offset, u32 rcv_buff,
		     u8 rcv_wscale, u64 now)
{
	memset(r, 0, sizeof(*r));
	r->mss = mss_of(seg->ack - 1, seg->seq - 1, default_mss, key, now);
	if (!r->mss)
		return false;
	r->cookie = true;
	r->conn.state = EDU_ESTABLISHED;
	r->conn.snd_una = seg->ack;
	r->conn.snd_nxt = seg->ack;
	r->conn.rcv_nxt = seg->seq;
	r->conn.rcv_wnd = min_t(u32, rcv_buff, 65535);
	r->conn.ts_offset = ts_offset;
	r->wnd = seg->wnd;
	return renegotiate(&r->conn, seg, params, rcv_wscale, now);
}
