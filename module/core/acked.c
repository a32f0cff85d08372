// SPDX-License-Identifier: GPL-2.0
/*
 * What an ACK tells: what has arrived, how long it took, and what follows for
 * recovery, windows and timers. Each of these has its own file; here they are
 * asked in turn.
 */
#include "tcb.h"

/**
 * edu_delivered() - a segment has arrived at the peer, as an ACK says first now
 * @t: the connection
 * @node: its node, still in the queue where it waited
 * @d: what the ACK tells
 * @now: the clock
 */
void edu_delivered(struct edu_tcb *t, const struct edu_node *node, struct edu_delivery *d,
		   u64 now)
{
	if (node->retransmitted)
		d->ambiguous = true;
	else
		d->sent_at = max(d->sent_at, node->xmit_at);
	/* Taken for lost, but not sent again: it never was. */
	if (node->queue == EDU_LOST && !node->retransmitted)
		d->original = true;
	if (t->sack_ok)
		edu_rack_delivered(t, node, d, now);
}

/* Take what @ack covers off the retransmission queue. */
static void release(struct edu_tcb *t, u32 ack, struct edu_delivery *d, u64 now,
		    struct edu_todo *todo)
{
	struct edu_node *node;
	unsigned int kind;

	for (kind = 0; kind < EDU_QUEUES; kind++) {
		while ((node = edu_sent_first(t, kind)) && seq_lt(node->seq, ack)) {
			if (seq_gt(edu_node_end(node), ack)) {
				edu_sent_trim(t, node, ack);
				break;
			}
			if (kind != EDU_SACKED)
				edu_delivered(t, node, d, now);
			edu_sent_release(t, node, &todo->released);
		}
	}
}

/* SND.UNA <- SEG.ACK */
static void advance(struct edu_tcb *t, u32 ack, struct edu_delivery *d, u64 now,
		    struct edu_todo *todo)
{
	u32 octets = ack - t->snd_una;
	bool first = !t->syn_acked;

	t->snd_una = ack;
	t->snd_up = seq_max(t->snd_up, ack);
	release(t, ack, d, now, todo);
	if (first) {
		t->syn_acked = 1;
		octets--;
	}
	d->acked = octets;
	t->bytes_acked += octets;
	todo->events |= EDU_EV_ACKED;
	t->retries = 0;
	t->dupacks = 0;
	/* The rest that duplicate ACKs spoke of is covered now (RFC 6582: SMSS stays out). */
	t->dup_octets -= min(t->dup_octets, octets > t->mss ? octets - t->mss : 0);
	t->dup_octets = min(t->dup_octets, edu_flight(t));
}

/*
 * RFC 6298 (3), Karn: an ACK of what was sent twice may answer either; nothing
 * is learned from it, but for a timestamp that says which (RFC 7323 4).
 */
static void sample(struct edu_tcb *t, const struct edu_segment *seg,
		   const struct edu_delivery *d, bool news, u64 now)
{
	u64 rtt;

	if (d->sent_at && !d->ambiguous)
		edu_rtt_sample(t, now - d->sent_at);
	else if (news && edu_ts_rtt(t, seg, now, &rtt))
		edu_rtt_sample(t, rtt);
}

/*
 * How far the peer has got, in order or not, as a sequence number: the distance
 * between two of these is RFC 9937's DeliveredData.
 */
static u32 arrived(const struct edu_tcb *t)
{
	return t->snd_una + t->queue[EDU_SACKED].octets + t->dup_octets;
}

/* The handshake is over: text may follow. */
static void handshake_done(struct edu_tcb *t)
{
	if (t->syn_retransmitted && !t->srtt)
		edu_rtt_syn_lost(t);
	t->cong->init(t);
}

/**
 * edu_acked() - an acceptable ACK arrives that has news, or is a duplicate
 * @t: the connection
 * @seg: the segment; SND.UNA =< SEG.ACK =< SND.NXT
 * @duplicate: it is a duplicate ACK (RFC 5681 section 2)
 * @now: the clock
 * @todo: @released gets the nodes that are wholly acknowledged
 */
void edu_acked(struct edu_tcb *t, const struct edu_segment *seg, bool duplicate, u64 now,
	       struct edu_todo *todo)
{
	struct edu_delivery d = {
		.limited = 2 * edu_flight(t) >= t->cwnd,
		.has_tsecr = t->ts_ok && seg->opt.has_ts && seg->opt.tsecr,
		.tsecr = seg->opt.tsecr,
		.has_fack = t->rack_seen,
		.fack = t->rack_fack,
	};
	bool news = seq_gt(seg->ack, t->snd_una), first = !t->syn_acked;
	u32 before = arrived(t);

	if (news)
		advance(t, seg->ack, &d, now, todo);
	if (t->sack_ok)
		edu_sack_arrives(t, seg, &d, now, todo);
	if (duplicate)
		edu_duplicate_ack(t, todo);
	d.octets = max_t(s32, arrived(t) - before, 0);
	sample(t, seg, &d, news, now);
	if (first && news)
		handshake_done(t);
	edu_recover(t, seg, &d, now, todo);

	/* RFC 6298 (5.2), (5.3) */
	if (news)
		t->deadline[EDU_TIMER_RTO] = edu_flight(t) ? now + edu_rto(t) : EDU_NEVER;
	edu_reneged(t, now);
	edu_probe_schedule(t, now);
}
