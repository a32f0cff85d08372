// SPDX-License-Identifier: GPL-2.0
/*
 * The timestamps option: RFC 7323 sections 3 to 5. Round-trip times that a
 * retransmission cannot confuse, and protection against wrapped sequence
 * numbers (PAWS), which also covers requests and TIME-WAIT.
 *
 * Our clock ticks in milliseconds and starts at an offset of the connection's
 * own, so that it tells nobody how long the machine has been up.
 */
#include "tcb.h"

/* RFC 7323 5.5: after 24 days without a segment TS.Recent says nothing any more. */
#define TS_RECENT_TOO_OLD	(24u * 24 * 60 * 60)

/**
 * edu_tsval() - our timestamp at some time
 * @c: the connection, request or TIME-WAIT
 * @when: the time
 */
u32 edu_tsval(const struct edu_conn *c, u64 when)
{
	return (u32)div_u64(when, EDU_MSEC) + c->ts_offset;
}

/**
 * edu_ts_option() - put our timestamps into a segment's options
 * @c: the connection, request or TIME-WAIT
 * @opt: gets them, if both sides agreed to send them
 * @now: the clock
 */
void edu_ts_option(const struct edu_conn *c, struct edu_options *opt, u64 now)
{
	if (!c->ts_ok)
		return;
	opt->has_ts = 1;
	opt->tsval = edu_tsval(c, now);
	opt->tsecr = c->ts_recent;
}

/* TS.Recent <- SEG.TSval */
static void take(struct edu_conn *c, const struct edu_segment *seg, u64 now)
{
	c->ts_recent = seg->opt.tsval;
	c->ts_recent_at = div_u64(now, EDU_SEC);
}

/**
 * edu_ts_negotiated() - the peer's SYN carries timestamps, and we want them too
 * @c: the connection or request
 * @seg: the SYN
 * @now: the clock
 */
void edu_ts_negotiated(struct edu_conn *c, const struct edu_segment *seg, u64 now)
{
	c->ts_ok = 1;
	take(c, seg, now);
}

/**
 * edu_ts_older() - RFC 7323 5.3 R1: SEG.TSval < TS.Recent: an old duplicate
 * @c: the connection, request or TIME-WAIT
 * @seg: the segment
 * @now: the clock
 *
 * A RST is never older: it may come from a peer that has lost its clock (5.2).
 */
bool edu_ts_older(const struct edu_conn *c, const struct edu_segment *seg, u64 now)
{
	if (!c->ts_ok || !seg->opt.has_ts || (seg->flags & EDU_RST))
		return false;
	return seq_lt(seg->opt.tsval, c->ts_recent) &&
	       (u32)div_u64(now, EDU_SEC) - c->ts_recent_at < TS_RECENT_TOO_OLD;
}

/**
 * edu_ts_recent() - RFC 7323 4.3 (2): which timestamp to echo
 * @c: the connection, request or TIME-WAIT
 * @last_ack_sent: Last.ACK.sent
 * @seg: an acceptable segment
 * @now: the clock
 */
void edu_ts_recent(struct edu_conn *c, u32 last_ack_sent, const struct edu_segment *seg, u64 now)
{
	if (!c->ts_ok || !seg->opt.has_ts)
		return;
	if (seq_leq(seg->seq, last_ack_sent) && !edu_ts_older(c, seg, now))
		take(c, seg, now);
}

/**
 * edu_ts_may_reuse() - an active open may take the place of a TIME-WAIT (RFC 6191)
 * @c: what is left of the old connection
 * @now: the clock
 *
 * Its timestamps tell the new one's segments from the old one's, once they are later.
 */
bool edu_ts_may_reuse(const struct edu_conn *c, u64 now)
{
	return c->ts_ok && (s32)((u32)div_u64(now, EDU_SEC) - c->ts_recent_at) > 0;
}

/**
 * edu_ts_rtt() - RTTM: what an echoed timestamp says about the round-trip time
 * @t: the connection
 * @seg: an ACK of something new
 * @now: the clock
 * @rtt: gets microseconds, of the clock's resolution
 *
 * Return: whether it says anything.
 */
bool edu_ts_rtt(const struct edu_tcb *t, const struct edu_segment *seg, u64 now, u64 *rtt)
{
	s32 ticks;

	if (!t->ts_ok || !seg->opt.has_ts || !seg->opt.tsecr)
		return false;
	ticks = edu_tsval(&t->conn, now) - seg->opt.tsecr;
	/* What we never sent, or ages ago, is a peer's mistake. */
	if (ticks < 0 || (u64)ticks * EDU_MSEC > EDU_RTO_MAX)
		return false;
	*rtt = max_t(u64, (u64)ticks * EDU_MSEC, EDU_MSEC);
	return true;
}
