// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery: when it begins and ends, how much may be sent meanwhile, and
 * how it is taken back when nothing had been lost after all.
 *
 *	           an ACK shows a loss
 *	EDU_OPEN ----------------------> EDU_FAST_RECOVERY --+
 *	  | ^ |      ECN, a tail probe                       | RTO
 *	  | | +----------------------->  EDU_REDUCING--------+
 *	  | |                                                |
 *	  | +--- what was in flight then is acknowledged ----+
 *	  +------------------- RTO -------------------> EDU_LOSS
 *
 * Which segments are lost, RACK says (rack.c) for a peer that sends SACK; for
 * others it is NewReno here (RFC 5681 3.2, RFC 6582), with the segments that
 * duplicate ACKs speak of counted as arrived. Either way the window follows
 * Proportional Rate Reduction (RFC 9937): at the end it is ssthresh, without a
 * pause before and without a burst behind.
 */
#include "tcb.h"

#define DUPACK_THRESHOLD	3

/**
 * edu_pipe() - octets that are in the network, as far as we know (RFC 6675)
 * @t: the connection
 */
u32 edu_pipe(const struct edu_tcb *t)
{
	u32 sent = t->queue[EDU_SENT].octets;

	return sent > t->dup_octets ? sent - t->dup_octets : 0;
}

static bool in_reduction(const struct edu_tcb *t)
{
	return t->recovery == EDU_REDUCING || t->recovery == EDU_FAST_RECOVERY;
}

/* --- How much may be sent: RFC 9937 section 5 --- */

static void prr_begin(struct edu_tcb *t, const struct edu_delivery *d)
{
	u32 sacked = t->queue[EDU_SACKED].octets + t->dup_octets;

	t->prr_delivered = 0;
	t->prr_out = 0;
	/* FlightSize, with what this ACK has taken out of it, and without what it did not. */
	t->recover_fs = edu_flight(t) + d->octets - min(sacked, edu_flight(t));
	t->recover_fs = max(t->recover_fs, t->mss);
}

static void prr_acked(struct edu_tcb *t, const struct edu_delivery *d, bool more_lost)
{
	u32 pipe = edu_pipe(t), sndcnt, target;

	if (!d->octets)
		return;
	t->prr_delivered += d->octets;
	if (pipe > t->ssthresh) {
		target = div_u64((u64)t->prr_delivered * t->ssthresh + t->recover_fs - 1,
				 t->recover_fs);
		sndcnt = target > t->prr_out ? target - t->prr_out : 0;
	} else {
		sndcnt = t->prr_delivered > t->prr_out ? t->prr_delivered - t->prr_out : 0;
		sndcnt = max(sndcnt, d->octets);
		if (d->acked && !more_lost)
			sndcnt += t->mss;		/* SafeACK: things go well */
		sndcnt = min(sndcnt, t->ssthresh - pipe);
	}
	if (!t->prr_out)
		sndcnt = max(sndcnt, t->mss);		/* the fast retransmit goes at once */
	t->cwnd = max(pipe + sndcnt, t->mss);
}

/* --- In, and out again --- */

/* What a needless reduction has to give back (RFC 4015). */
static void remember(struct edu_tcb *t, u64 now)
{
	t->prior_cwnd = t->cwnd;
	t->prior_ssthresh = t->ssthresh;
	t->prior_cubic = t->cubic;
	t->undo_from = t->snd_una;
	t->recovery_at = now;
	t->retransmitted_at = 0;
	t->undo_retrans = 0;
	t->may_undo = 1;
}

/* ssthresh falls once for all that was in flight when the first loss was seen. */
static void reduce(struct edu_tcb *t, u8 recovery, const struct edu_delivery *d, u64 now)
{
	if (t->recovery == EDU_OPEN) {
		remember(t, now);
		/* Once in a window: a peer must not move the queues to and fro at will. */
		t->may_undo = seq_geq(t->snd_una, t->undone);
		prr_begin(t, d);
		t->ssthresh = t->cong->ssthresh(t);
		t->cwnd_acked = 0;
		t->ecn_cwr = t->ecn_ok;		/* whatever the reason: RFC 3168 6.1.2 */
	}
	t->recovery = recovery;
	t->recover = t->snd_nxt;
	t->reduced = t->snd_nxt;
	t->probe_in_flight = 0;
}

static void leave(struct edu_tcb *t)
{
	if (in_reduction(t))
		t->cwnd = t->ssthresh;
	if (t->recovery >= EDU_FAST_RECOVERY)
		edu_rack_recovered(t);
	else
		t->recover = t->snd_una - 1;	/* RFC 6582 means losses */
	t->recovery = EDU_OPEN;
	t->may_undo = 0;
	t->frto = EDU_FRTO_OFF;
}

/**
 * edu_congested() - the network says that it is, and nothing was lost
 * @t: the connection
 * @d: what the ACK that says so tells
 * @now: the clock
 */
void edu_congested(struct edu_tcb *t, const struct edu_delivery *d, u64 now)
{
	if (t->recovery == EDU_OPEN)
		reduce(t, EDU_REDUCING, d, now);
}

/* --- Nothing had been lost --- */

/*
 * Eifel (RFC 3522): the ACK echoes a timestamp from before the retransmission.
 * D-SACK (RFC 3708): each retransmission arrived twice. F-RTO (RFC 5682 2.1 and
 * 3.1, step 3): after a timeout, and after the ACK of what it sent again,
 * something arrives that was not sent again.
 */
static bool was_spurious(const struct edu_tcb *t, const struct edu_delivery *d)
{
	if (!t->may_undo || t->recovery == EDU_OPEN || t->recovery == EDU_REDUCING)
		return false;
	if (t->retransmitted_at && d->acked && d->has_tsecr &&
	    seq_lt(d->tsecr, edu_tsval(&t->conn, t->retransmitted_at)))
		return true;
	if (t->retransmitted_at && d->dsack && seq_gt(d->dsack_end, t->undo_from) &&
	    !t->undo_retrans)
		return true;
	return t->frto == EDU_FRTO_FORWARD && d->original;
}

/*
 * RFC 5682, steps 2 and 3, for an ACK that did not show the timeout to be
 * needless. Without SACK a duplicate shows that it was not; so does an echo of
 * the retransmission, and an ACK of everything leaves nothing to find out.
 */
static void frto(struct edu_tcb *t, const struct edu_delivery *d)
{
	bool step2 = t->frto == EDU_FRTO_RESENT;

	if (step2 && !d->acked && t->sack_ok)
		return;
	t->frto = EDU_FRTO_OFF;
	if (step2 && d->acked && !d->has_tsecr && t->recovery == EDU_LOSS)
		t->frto = EDU_FRTO_FORWARD;
}

static void undo(struct edu_tcb *t, struct edu_todo *todo)
{
	struct edu_node *node;

	edu_count(todo, t->recovery == EDU_LOSS ? EDU_MIB_TCPSpuriousRTOs : EDU_MIB_TCPFullUndo);
	/* What was not sent again yet need not be. They are the oldest: in front, in order. */
	while ((node = edu_sent_last(t, EDU_LOST))) {
		edu_sent_move(t, node, EDU_SENT);
		list_move(&node->link, &t->xmit_order);
	}
	t->cwnd = max(t->cwnd, t->prior_cwnd);
	t->ssthresh = max(t->ssthresh, t->prior_ssthresh);
	t->cubic = t->prior_cubic;		/* RFC 9438 4.9 */
	t->undone = t->snd_nxt;
	t->ecn_cwr = 0;
	t->frto = EDU_FRTO_OFF;
	t->backoff = 0;
	t->recovery = EDU_OPEN;
	t->dup_octets = 0;
	t->may_undo = 0;
}

/* --- Without SACK: RFC 6582 --- */

/* One segment: what was sent together with it may well have arrived. */
static void lose_first(struct edu_tcb *t)
{
	struct edu_node *node = edu_sent_first(t, EDU_SENT);

	if (!node || node->seq != t->snd_una)
		return;
	if (node->end_seq - node->seq > t->mss)
		edu_sent_split(t, node, node->seq + t->mss);
	edu_sent_move(t, node, EDU_LOST);
}

static void newreno(struct edu_tcb *t, const struct edu_delivery *d)
{
	struct edu_node *first;

	switch (t->recovery) {
	case EDU_OPEN:
		/* Step 2: not again for what an earlier recovery sent again */
		if (seq_leq(t->snd_una, t->recover))
			break;
		fallthrough;
	case EDU_REDUCING:
		if (t->dupacks >= DUPACK_THRESHOLD)
			lose_first(t);
		break;
	case EDU_FAST_RECOVERY:
		/* Step 3, partial: the next hole is lost too, unless it was just filled. */
		first = edu_sent_first(t, EDU_SENT);
		if (d->acked && first && first->xmit_at <= t->recovery_at)
			lose_first(t);
		break;
	}
}

/**
 * edu_duplicate_ack() - an ACK that RFC 5681 section 2 calls a duplicate
 * @t: the connection
 * @todo: counts it
 */
void edu_duplicate_ack(struct edu_tcb *t, struct edu_todo *todo)
{
	edu_count(todo, EDU_MIB_TCPDupAcks);
	if (t->sack_ok)
		return;			/* the blocks say more */
	if (t->dupacks < 255)
		t->dupacks++;
	/* A segment has left the network; the first is what is missing. */
	if (t->recovery != EDU_LOSS)
		t->dup_octets = min(t->dup_octets + t->mss,
				    edu_flight(t) > t->mss ? edu_flight(t) - t->mss : 0);
}

/**
 * edu_recover() - draw the conclusions from an ACK
 * @t: the connection
 * @seg: the ACK
 * @d: what it tells
 * @now: the clock
 * @todo: counts them
 */
void edu_recover(struct edu_tcb *t, const struct edu_segment *seg, struct edu_delivery *d,
		 u64 now, struct edu_todo *todo)
{
	u32 lost = t->queue[EDU_LOST].octets;
	bool reducing = in_reduction(t), timed_out = t->recovery == EDU_LOSS;
	u32 acked = d->acked;

	if (d->dsack) {
		edu_rack_dsack(t);
		if (t->undo_retrans && seq_gt(d->dsack_end, t->undo_from))
			t->undo_retrans--;
	}
	if (was_spurious(t, d))
		undo(t, todo);
	if (t->recovery != EDU_OPEN && seq_geq(t->snd_una, t->recover))
		leave(t);
	if (t->frto)
		frto(t, d);
	if (t->recovery == EDU_OPEN && d->acked)
		t->dup_octets = 0;

	if (t->sack_ok)
		edu_rack_detect(t, now);
	else
		newreno(t, d);
	if (edu_probe_acked(t, seg, d)) {
		edu_count(todo, EDU_MIB_TCPLossProbeRecovery);
		edu_congested(t, d, now);
	}
	edu_ecn_arrives(t, seg, d, now);

	if (t->queue[EDU_LOST].octets && (t->recovery == EDU_OPEN || t->recovery == EDU_REDUCING)) {
		edu_count(todo, t->sack_ok ? EDU_MIB_TCPSackRecovery : EDU_MIB_TCPRenoRecovery);
		reduce(t, EDU_FAST_RECOVERY, d, now);
	}

	if (in_reduction(t))
		prr_acked(t, d, t->queue[EDU_LOST].octets > lost);
	/* RFC 3465 2.3: after a timeout an ACK may jump over what arrived long ago. */
	if (timed_out && t->cwnd < t->ssthresh)
		acked = min(acked, t->mss);
	/* An application that does not fill cwnd proves nothing about it (RFC 7661). */
	if (acked && !reducing && !in_reduction(t) && (d->limited || timed_out))
		t->cong->acked(t, acked, now);

	/* Keep these near, or they look like the future after 2 GiB. */
	if (t->recovery == EDU_OPEN && seq_gt(t->snd_una, t->recover))
		t->recover = t->snd_una - 1;
	t->reduced = seq_max(t->reduced, t->snd_una - 1);
	t->undone = seq_max(t->undone, t->snd_una);
}

/**
 * edu_reordering_expired() - 6.2 of RFC 8985: what is late by now is lost
 * @t: the connection
 * @now: the clock
 * @todo: counts it
 */
void edu_reordering_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	const struct edu_delivery nothing = { .octets = 0 };

	edu_rack_detect(t, now);
	if (!t->queue[EDU_LOST].octets || t->recovery == EDU_LOSS)
		return;
	if (t->recovery != EDU_FAST_RECOVERY) {
		edu_count(todo, EDU_MIB_TCPSackRecovery);
		reduce(t, EDU_FAST_RECOVERY, &nothing, now);
	}
	/* No ACK clocks this out: one segment goes now. */
	t->cwnd = edu_pipe(t) + t->mss;
}

/* RFC 2018 8: what comes next the peer had said it has, and has thrown away. */
static bool reneged(const struct edu_tcb *t)
{
	const struct edu_node *node = edu_sent_first(t, EDU_SACKED);

	return node && node->seq == t->snd_una;
}

/**
 * edu_reneged() - do not wait long for a peer that has lost what it had
 * @t: the connection
 * @now: the clock
 *
 * As Linux: half a round trip, in case its next ACK is on the way. The timeout
 * then does the rest.
 */
void edu_reneged(struct edu_tcb *t, u64 now)
{
	if (reneged(t))
		t->deadline[EDU_TIMER_RTO] = min(t->deadline[EDU_TIMER_RTO],
						 now + max(t->srtt / 2, 10 * EDU_MSEC));
}

/**
 * edu_loss() - the retransmission timer expired
 * @t: the connection
 * @now: the clock
 * @todo: counts what is odd
 */
void edu_loss(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	struct edu_node *node;

	if (!t->syn_acked) {
		edu_sent_move(t, &t->ctl, EDU_LOST);
		return;
	}
	/* RFC 5681 3.1: the same segment's second timeout does not halve again */
	if (t->retries <= 1) {
		if (t->recovery == EDU_OPEN)
			remember(t, now);
		t->ssthresh = t->cong->ssthresh(t);
		if (t->cong->timeout)
			t->cong->timeout(t);
		t->ecn_cwr = t->ecn_ok;
	}
	/* RFC 5682: not when what was sent again is lost again */
	t->frto = t->retries <= 1 && seq_geq(t->snd_una, t->recover) ? EDU_FRTO_RESENT :
		  EDU_FRTO_OFF;
	t->retransmitted_at = 0;
	t->undo_retrans = 0;
	t->recovery_at = now;
	if (reneged(t)) {
		edu_count(todo, EDU_MIB_TCPSACKReneging);
		while ((node = edu_sent_first(t, EDU_SACKED)))
			edu_sent_move(t, node, EDU_LOST);
	}
	if (t->sack_ok && t->rack_seen) {
		edu_rack_timeout(t, now);
	} else {
		while ((node = edu_sent_first(t, EDU_SENT)))
			edu_sent_move(t, node, EDU_LOST);
	}
	t->dupacks = 0;
	t->dup_octets = 0;
	t->cwnd_acked = 0;
	t->recovery = EDU_LOSS;
	t->recover = t->snd_nxt;
	t->reduced = t->snd_nxt;
	t->probe_in_flight = 0;
	t->deadline[EDU_TIMER_REORDER] = EDU_NEVER;
	t->deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	/* RFC 5681 3.1: the loss window is one segment, beside what may still arrive */
	t->cwnd = edu_pipe(t) + t->mss;
}

/**
 * edu_resend_smaller() - the path MTU shrank: what is in flight was too large
 * @t: the connection, with its new MSS
 *
 * Sent again at once and without blame: nothing was lost to congestion (3.7.2).
 */
void edu_resend_smaller(struct edu_tcb *t)
{
	struct edu_node *node, *next;

	if (!t->syn_acked)
		return;
	for (node = edu_sent_first(t, EDU_SENT); node; node = next) {
		next = edu_sent_next(node);
		if (node->end_seq - node->seq > t->mss)
			edu_sent_move(t, node, EDU_LOST);
	}
	if (!t->queue[EDU_LOST].octets || t->recovery != EDU_OPEN)
		return;
	t->recovery = EDU_LOSS;
	t->recover = t->snd_nxt;
	t->may_undo = 0;
}

/**
 * edu_release_all() - the connection is over: hand back every node
 * @t: the connection
 * @todo: gets what was in flight and what was held out of order
 */
void edu_release_all(struct edu_tcb *t, struct edu_todo *todo)
{
	struct edu_node *node;
	unsigned int kind;

	for (kind = 0; kind < EDU_QUEUES; kind++)
		while ((node = edu_sent_first(t, kind)))
			edu_sent_release(t, node, &todo->released);
	edu_out_of_order_purge(t, &todo->unwanted);
}
