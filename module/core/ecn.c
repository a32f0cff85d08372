// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit Congestion Notification: RFC 3168. A router marks a segment instead
 * of dropping it (CE, which IP reports); the receiver says so in each ACK (ECE)
 * until the sender says that it has slowed down (CWR).
 */
#include "tcb.h"

#define SETUP	(EDU_ECE | EDU_CWR)

/**
 * edu_ecn_offered() - whether a SYN is an ECN-setup SYN (6.1.1)
 * @seg: the SYN
 */
bool edu_ecn_offered(const struct edu_segment *seg)
{
	return (seg->flags & SETUP) == SETUP;
}

/**
 * edu_ecn_accepted() - whether a SYN,ACK is an ECN-setup SYN,ACK (6.1.1)
 * @seg: the SYN,ACK
 *
 * ECE without CWR: a peer that only reflects unknown bits sets both.
 */
bool edu_ecn_accepted(const struct edu_segment *seg)
{
	return (seg->flags & SETUP) == EDU_ECE;
}

/**
 * edu_ecn_text() - text arrived: was it marked, has the peer heard of the last mark?
 * @t: the connection
 * @seg: the segment
 */
void edu_ecn_text(struct edu_tcb *t, const struct edu_segment *seg)
{
	if (!t->ecn_ok)
		return;
	if (seg->flags & EDU_CWR)
		t->ecn_echo = 0;
	if (seg->ce) {
		if (!t->ecn_echo)
			t->ack_now = 1;
		t->ecn_echo = 1;
	}
}

/**
 * edu_ecn_arrives() - an ACK with ECE: congestion, once for each window (6.1.2)
 * @t: the connection
 * @seg: the ACK
 * @d: what it tells
 * @now: the clock
 */
void edu_ecn_arrives(struct edu_tcb *t, const struct edu_segment *seg,
		     const struct edu_delivery *d, u64 now)
{
	if (!t->ecn_ok || (seg->flags & (EDU_ECE | EDU_SYN)) != EDU_ECE)
		return;
	/* It has slowed down for this window already; CWR stands behind it. */
	if (t->recovery != EDU_OPEN || seq_leq(t->snd_una, t->reduced))
		return;
	edu_congested(t, d, now);
}

/**
 * edu_ecn_flags() - what ECN adds to a segment that is about to be sent
 * @t: the connection
 * @o: the segment; @ect says whether routers may mark it
 */
void edu_ecn_flags(const struct edu_tcb *t, struct edu_out *o)
{
	if (o->flags & EDU_SYN) {
		if (o->flags & EDU_ACK)
			o->flags |= t->ecn_ok ? EDU_ECE : 0;
		else if (t->params->ecn == 1 && !t->retries)
			o->flags |= SETUP;	/* without, when it gets no answer: 6.1.1.1 */
		return;
	}
	if (!t->ecn_ok)
		return;
	if (t->ecn_echo)
		o->flags |= EDU_ECE;
	/* Neither ACKs nor retransmissions may be marked (6.1.4, 6.1.5). */
	if (o->kind == EDU_OUT_NEW) {
		o->ect = true;
		if (t->ecn_cwr)
			o->flags |= EDU_CWR;
	}
}

/**
 * edu_ecn_sent() - a segment has gone out
 * @t: the connection
 * @o: the segment
 */
void edu_ecn_sent(struct edu_tcb *t, const struct edu_out *o)
{
	if (o->flags & EDU_CWR)
		t->ecn_cwr = 0;
}
