// SPDX-License-Identifier: GPL-2.0
/*
 * What acknowledgments and their absence say about loss: RFC 5681 section 3
 * and NewReno, RFC 6582. The retransmission queue is in sequence order;
 * rtx_nxt..rtx_end is what edu_output() is to send again.
 */
#include "tcb.h"

#define DUPACK_THRESHOLD	3

static void retransmit(struct edu_tcb *t, u32 from, u32 to)
{
	t->rtx_nxt = from;
	t->rtx_end = to;
	t->rtx_node = NULL;
}

/*
 * Take what @ack covers off the retransmission queue; sample the RTT from the
 * newest. Not if any of it was sent twice: then the ACK may have waited for a
 * hole to be filled, or answer either copy (Karn, RFC 6298 (3)).
 */
static void release_acked(struct edu_tcb *t, u32 ack, u64 now, struct edu_todo *todo)
{
	struct edu_node *node, *next;
	bool retransmitted = false;
	u64 sent_at = 0;

	list_for_each_entry_safe(node, next, &t->in_flight, link) {
		if (seq_gt(node->end_seq, ack))
			break;
		sent_at = node->xmit_at;
		retransmitted |= node->retransmitted;
		if (t->rtx_node == node)
			t->rtx_node = NULL;
		list_move_tail(&node->link, &todo->released);
	}
	if (sent_at && !retransmitted)
		edu_rtt_sample(t, now - sent_at);
}

static void leave_recovery(struct edu_tcb *t)
{
	t->recovery = EDU_OPEN;
	retransmit(t, t->snd_una, t->snd_una);
}

/* RFC 6582 3.2 step 3 */
static void acked_in_fast_recovery(struct edu_tcb *t, u32 octets)
{
	if (seq_geq(t->snd_una, t->recover)) {
		/* Full acknowledgment: option (1), no burst */
		t->cwnd = min(t->ssthresh, max(edu_flight(t), t->mss) + t->mss);
		leave_recovery(t);
		return;
	}
	/* Partial: the next hole is lost too. Deflate by what left the network. */
	t->cwnd = max(t->cwnd - min(t->cwnd, octets), t->mss);
	if (octets >= t->mss)
		t->cwnd += t->mss;
	retransmit(t, t->snd_una, seq_min(t->snd_una + t->mss, t->recover));
}

/**
 * edu_acked() - an ACK acknowledges something new
 * @t: the connection
 * @ack: SEG.ACK, in SND.UNA < @ack =< SND.NXT
 * @now: the clock
 * @todo: @released gets the nodes that are wholly acknowledged
 */
void edu_acked(struct edu_tcb *t, u32 ack, u64 now, struct edu_todo *todo)
{
	u32 octets = ack - t->snd_una;
	bool limited = 2 * edu_flight(t) >= t->cwnd;

	t->snd_una = ack;
	if (!t->syn_acked) {
		t->syn_acked = 1;
		octets--;
		if (t->ctl_retransmitted)
			edu_rtt_syn_lost(t);
		else if (t->ctl_xmit_at)
			edu_rtt_sample(t, now - t->ctl_xmit_at);
		t->cong->init(t);
	}
	t->bytes_acked += octets;
	release_acked(t, ack, now, todo);
	todo->events |= EDU_EV_ACKED;

	t->dupacks = 0;
	t->retries = 0;
	if (seq_lt(t->rtx_nxt, ack)) {
		t->rtx_nxt = ack;
		t->rtx_node = NULL;
		t->rtx_end = seq_max(t->rtx_end, ack);
	}

	switch (t->recovery) {
	case EDU_FAST_RECOVERY:
		acked_in_fast_recovery(t, octets);
		break;
	case EDU_LOSS:
		t->cong->acked(t, octets);
		if (seq_geq(ack, t->recover))
			leave_recovery(t);
		break;
	default:
		/* Keep recover near, or it looks like the future after 2 GiB. */
		if (seq_gt(ack, t->recover))
			t->recover = ack - 1;
		/* An application that does not fill cwnd proves nothing about it (RFC 7661). */
		if (limited && octets)
			t->cong->acked(t, octets);
	}

	/* RFC 6298 (5.2), (5.3) */
	t->deadline[EDU_TIMER_RTO] = edu_flight(t) ? now + edu_rto(t) : EDU_NEVER;
}

/**
 * edu_duplicate_ack() - an ACK that RFC 5681 section 2 calls a duplicate
 * @t: the connection
 * @todo: counts it
 */
void edu_duplicate_ack(struct edu_tcb *t, struct edu_todo *todo)
{
	edu_count(todo, EDU_MIB_TCPDupAcks);

	if (t->recovery == EDU_FAST_RECOVERY) {
		t->cwnd += t->mss;	/* a segment has left the network */
		return;
	}
	if (t->recovery == EDU_LOSS || ++t->dupacks != DUPACK_THRESHOLD)
		return;
	/* RFC 6582 3.2 step 2: not again for what an earlier recovery sent again */
	if (!seq_gt(t->snd_una, t->recover))
		return;

	edu_count(todo, EDU_MIB_TCPRenoRecovery);
	t->recovery = EDU_FAST_RECOVERY;
	t->recover = t->snd_nxt;
	t->ssthresh = t->cong->ssthresh(t);
	t->cwnd = t->ssthresh + DUPACK_THRESHOLD * t->mss;
	t->cwnd_acked = 0;
	retransmit(t, t->snd_una, seq_min(t->snd_una + t->mss, t->snd_nxt));
}

/**
 * edu_loss() - the retransmission timer expired: take all in flight for lost
 * @t: the connection
 */
void edu_loss(struct edu_tcb *t)
{
	/* RFC 5681 3.1: the same segment's second timeout does not halve again */
	if (t->retries <= 1)
		t->ssthresh = t->cong->ssthresh(t);
	t->cwnd = t->mss;
	t->cwnd_acked = 0;
	t->dupacks = 0;
	t->recovery = EDU_LOSS;
	t->recover = t->snd_nxt;
	retransmit(t, t->snd_una, t->snd_nxt);
}

/**
 * edu_resend_smaller() - the path MTU shrank: what is in flight was too large
 * @t: the connection, with its new MSS
 *
 * Sent again at once and without blame: nothing was lost to congestion (3.7.2).
 */
void edu_resend_smaller(struct edu_tcb *t)
{
	if (edu_flight(t) && t->syn_acked)
		retransmit(t, t->snd_una, t->snd_nxt);
}

/**
 * edu_release_all() - the connection is over: hand back every node
 * @t: the connection
 * @todo: gets what was in flight and what was held out of order
 */
void edu_release_all(struct edu_tcb *t, struct edu_todo *todo)
{
	list_splice_tail_init(&t->in_flight, &todo->released);
	edu_out_of_order_purge(t, &todo->unwanted);
	retransmit(t, t->snd_una, t->snd_una);
}
