// SPDX-License-Identifier: GPL-2.0
/*
 * RACK-TLP, RFC 8985: what was sent before something that has arrived, and is
 * later than the path explains, is lost (RACK); when no ACK comes at all, one
 * segment is sent to provoke one (tail loss probe). Both need SACK.
 */
#include "tcb.h"

#define DUP_THRESH		3
#define REO_WND_PERSIST		16		/* recoveries, 6.2 step 4 */
#define REO_WND_MULT_MAX	255
#define MIN_RTT_WINDOW		(300ull * EDU_SEC)	/* Linux's tcp_min_rtt_wlen */
#define MAX_ACK_DELAY		(200 * EDU_MSEC)	/* 7.2: WCDelAckT */

/* RACK_sent_after() */
static bool sent_after(u64 at1, u32 seq1, u64 at2, u32 seq2)
{
	return at1 > at2 || (at1 == at2 && seq_gt(seq1, seq2));
}

/* 6.2 step 1: the smallest RTT of the last minutes */
static void update_min_rtt(struct edu_tcb *t, u32 rtt, u64 now)
{
	if (!t->min_rtt || rtt <= t->min_rtt || now - t->min_rtt_at > MIN_RTT_WINDOW) {
		t->min_rtt = rtt;
		t->min_rtt_at = now;
	}
}

/**
 * edu_rack_delivered() - 6.2 steps 1 to 3: a segment has arrived
 * @t: the connection
 * @node: its node
 * @d: what the ACK tells
 * @now: the clock
 *
 * The RFC goes through what one ACK delivers twice, in the order of transmission
 * and in that of sequence numbers. In whichever order they come here, the result
 * is the same: RACK.rtt is the newest one's, and reordering is seen against what
 * earlier ACKs said.
 */
void edu_rack_delivered(struct edu_tcb *t, const struct edu_node *node,
			struct edu_delivery *d, u64 now)
{
	u32 end = edu_node_end(node);
	u32 rtt = clamp_t(u64, now - node->xmit_at, 1, EDU_RTO_MAX);

	if (!node->retransmitted) {
		update_min_rtt(t, rtt, now);
		/* Step 3: below something that arrived before, and never sent again */
		if (d->has_fack && seq_lt(end, d->fack))
			t->reordering_seen = 1;
	} else if ((d->has_tsecr && seq_lt(d->tsecr, edu_tsval(&t->conn, node->xmit_at))) ||
		   rtt < t->min_rtt) {
		return;		/* step 2: it was an earlier copy that arrived */
	}
	if (!t->rack_seen || seq_gt(end, t->rack_fack))
		t->rack_fack = end;
	if (node->xmit_at >= d->rack_at) {
		d->rack_at = node->xmit_at;
		t->rack_rtt = rtt;
	}
	if (!t->rack_seen ||
	    sent_after(node->xmit_at, end, t->rack_xmit_at, t->rack_end_seq)) {
		t->rack_xmit_at = node->xmit_at;
		t->rack_end_seq = end;
	}
	t->rack_seen = 1;
}

/**
 * edu_rack_dsack() - 6.2 step 4: a needless retransmission: wait longer
 * @t: the connection
 */
void edu_rack_dsack(struct edu_tcb *t)
{
	/* Once in a round trip */
	if (t->rack_dsack_round && seq_lt(t->snd_una, t->rack_dsack_end))
		return;
	t->rack_dsack_round = 1;
	t->rack_dsack_end = t->snd_nxt;
	t->reo_wnd_mult = min(t->reo_wnd_mult + 1, REO_WND_MULT_MAX);
	t->reo_wnd_persist = REO_WND_PERSIST;
}

/**
 * edu_rack_recovered() - a recovery is over: after some, the patience is too
 * @t: the connection
 */
void edu_rack_recovered(struct edu_tcb *t)
{
	if (t->reo_wnd_persist)
		t->reo_wnd_persist--;
	if (!t->reo_wnd_persist)
		t->reo_wnd_mult = 1;
}

/* 6.2 step 4: RACK_update_reo_wnd() */
static u32 reordering_window(const struct edu_tcb *t)
{
	u64 wnd = (u64)max_t(u8, t->reo_wnd_mult, 1) * t->min_rtt / 4;

	/* A node may hold many segments, or a small one. */
	if (!t->reordering_seen &&
	    (t->recovery >= EDU_FAST_RECOVERY || t->queue[EDU_SACKED].nodes >= DUP_THRESH ||
	     t->queue[EDU_SACKED].octets >= DUP_THRESH * t->mss))
		return 0;
	return min_t(u64, wnd, t->srtt);
}

/**
 * edu_rack_detect() - 6.2 step 5: RACK_detect_loss()
 * @t: the connection
 * @now: the clock
 *
 * Looks at the oldest transmissions first and stops at the first that is not
 * late yet: what it looks at leaves the queue.
 */
void edu_rack_detect(struct edu_tcb *t, u64 now)
{
	struct edu_node *node, *next;
	u64 patience;

	t->deadline[EDU_TIMER_REORDER] = EDU_NEVER;
	if (!t->rack_seen || list_empty(&t->xmit_order))
		return;
	patience = (u64)t->rack_rtt + reordering_window(t);
	list_for_each_entry_safe(node, next, &t->xmit_order, link) {
		EDU_STEP();
		if (!sent_after(t->rack_xmit_at, t->rack_end_seq, node->xmit_at,
				edu_node_end(node)))
			return;
		if (node->xmit_at + patience > now) {
			/* By then all that is older than what arrived is late. */
			t->deadline[EDU_TIMER_REORDER] = t->rack_xmit_at + patience;
			return;
		}
		edu_sent_move(t, node, EDU_LOST);
	}
}

/**
 * edu_rack_timeout() - 6.3: the retransmission timer expired
 * @t: the connection
 * @now: the clock
 *
 * The first is lost; of the others, what RACK would call late.
 */
void edu_rack_timeout(struct edu_tcb *t, u64 now)
{
	u64 patience = (u64)t->rack_rtt + reordering_window(t);
	struct edu_node *node, *next;

	list_for_each_entry_safe(node, next, &t->xmit_order, link)
		if (node->seq == t->snd_una || node->xmit_at + patience <= now)
			edu_sent_move(t, node, EDU_LOST);
}

/* --- Tail loss probe --- */

/**
 * edu_probe_schedule() - 7.2: TLP_calc_PTO()
 * @t: the connection; an ACK has arrived, or text was sent
 * @now: the clock
 */
void edu_probe_schedule(struct edu_tcb *t, u64 now)
{
	u64 pto = t->srtt ? 2ull * t->srtt : EDU_SEC;

	t->deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	if (!t->sack_ok || !t->syn_acked || !edu_flight(t) || t->recovery != EDU_OPEN ||
	    t->queue[EDU_SACKED].octets || t->probe_in_flight || t->retries)
		return;
	/* A single segment's ACK may be delayed. */
	if (t->srtt && edu_flight(t) <= t->mss)
		pto += MAX_ACK_DELAY;
	t->deadline[EDU_TIMER_PROBE] = min(now + pto, t->deadline[EDU_TIMER_RTO]);
}

/**
 * edu_probe_expired() - 7.3: TLP_send_probe(): something has to be sent
 * @t: the connection
 * @now: the clock
 * @todo: counts it
 */
void edu_probe_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	t->deadline[EDU_TIMER_PROBE] = EDU_NEVER;
	if (!edu_flight(t))
		return;
	t->tail_probe = 1;
	/* The probe gets its chance before the timeout. */
	t->deadline[EDU_TIMER_RTO] = now + edu_rto(t);
	edu_count(todo, EDU_MIB_TCPLossProbes);
}

/**
 * edu_probe_acked() - 7.4: TLP_process_ack()
 * @t: the connection
 * @seg: the ACK
 * @d: what it tells
 *
 * Return: true if the probe repaired a loss, which nobody else will answer for.
 */
bool edu_probe_acked(struct edu_tcb *t, const struct edu_segment *seg,
		     const struct edu_delivery *d)
{
	bool over, repaired;

	if (!t->probe_in_flight || seq_lt(seg->ack, t->probe_end))
		return false;
	/* A copy beyond the original: a D-SACK, or a duplicate ACK, says that both came. */
	over = !t->probe_is_retransmission || (d->dsack && d->dsack_end == t->probe_end) ||
	       (!d->acked && !seg->opt.nsack && !seg->len);
	repaired = !over && seq_gt(seg->ack, t->probe_end);
	if (over || repaired)
		t->probe_in_flight = 0;
	return repaired;
}
