// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgments, both ways: what the peer's blocks say about our
 * segments, and what ours say about its (RFC 2018); duplicates are reported,
 * and understood, as RFC 2883 has it.
 */
#include "tcb.h"

/* --- The peer's blocks --- */

/*
 * RFC 2883 4: a first block that repeats what the same ACK acknowledges, or what
 * its second block says. Measured against SND.UNA an ACK that was overtaken would
 * look like one.
 */
static bool is_dsack(const struct edu_tcb *t, const struct edu_segment *seg)
{
	const struct edu_options *opt = &seg->opt;
	const struct edu_sack_block *b = opt->sack;

	if (seq_geq(b[0].start, b[0].end) || seq_gt(b[0].end, t->snd_nxt))
		return false;
	if (seq_lt(b[0].start, seg->ack))
		return seq_leq(b[0].end, seg->ack) &&
		       t->snd_una - b[0].start <= t->max_snd_wnd;
	return opt->nsack > 1 && seq_geq(b[0].start, b[1].start) && seq_leq(b[0].end, b[1].end);
}

/* It speaks of what is in flight, or it is old, or it lies. */
static bool is_credible(const struct edu_tcb *t, const struct edu_sack_block *b)
{
	return seq_lt(b->start, b->end) && seq_geq(b->start, t->snd_una) &&
	       seq_leq(b->end, t->snd_nxt);
}

/*
 * The end of @node's last whole segment before @seq, or, @up, the first behind
 * it. Nodes are cut only there: a peer must not make crumbs of a queue
 * (CVE-2019-11478).
 */
static u32 boundary(const struct edu_tcb *t, const struct edu_node *node, u32 seq, bool up)
{
	u32 len = seq - node->seq;

	if (up)
		len += t->mss - 1;
	return node->seq + len / t->mss * t->mss;
}

/* Leave of @node what begins with the first whole segment in the block, if there is one. */
static void cut_front(struct edu_tcb *t, struct edu_node *node, const struct edu_sack_block *b)
{
	u32 from = boundary(t, node, b->start, true), to = edu_node_end(node);

	if (seq_lt(b->end, to))
		to = boundary(t, node, b->end, false);
	if (seq_lt(from, node->end_seq) && seq_lt(from, to))
		edu_sent_split(t, node, from);
}

/* The block ends inside of @node: leave of it the whole segments that are in the block. */
static bool cut_back(struct edu_tcb *t, struct edu_node *node, const struct edu_sack_block *b)
{
	u32 to = boundary(t, node, b->end, false);

	return to != node->seq && seq_lt(to, node->end_seq) && edu_sent_split(t, node, to);
}

/* All segments of one queue that lie inside of a block have arrived. */
static void sacked(struct edu_tcb *t, enum edu_queue_kind kind, const struct edu_sack_block *b,
		   struct edu_delivery *d, u64 now)
{
	struct edu_node *node = edu_sent_from(t, kind, b->start), *next;

	if (node && seq_lt(node->seq, b->start)) {
		cut_front(t, node, b);
		node = edu_sent_next(node);
	}
	for (; node && seq_lt(node->seq, b->end); node = next) {
		if (seq_gt(edu_node_end(node), b->end) && !cut_back(t, node, b))
			break;
		next = edu_sent_next(node);
		edu_delivered(t, node, d, now);
		edu_sent_move(t, node, EDU_SACKED);
	}
}

/**
 * edu_sack_arrives() - read the SACK blocks of an ACK
 * @t: the connection, SND.UNA advanced
 * @seg: the segment
 * @d: what the ACK tells
 * @now: the clock
 * @todo: counts what is odd
 *
 * Each segment is found once, when it changes its queue: O(log n) for each, and
 * for each block.
 */
void edu_sack_arrives(struct edu_tcb *t, const struct edu_segment *seg, struct edu_delivery *d,
		      u64 now, struct edu_todo *todo)
{
	const struct edu_options *opt = &seg->opt;
	unsigned int i = 0;

	if (!opt->nsack)
		return;
	if (is_dsack(t, seg)) {
		edu_count(todo, EDU_MIB_TCPDSACKRecv);
		d->dsack = true;
		d->dsack_end = opt->sack[0].end;
		i++;
	}
	for (; i < opt->nsack; i++) {
		if (is_credible(t, &opt->sack[i])) {
			sacked(t, EDU_SENT, &opt->sack[i], d, now);
			sacked(t, EDU_LOST, &opt->sack[i], d, now);
		} else if (seq_gt(opt->sack[i].end, t->snd_una)) {
			edu_count(todo, EDU_MIB_TCPSACKDiscard);
		}
	}
}

/* --- Our blocks --- */

static void forget(struct edu_tcb *t, unsigned int i)
{
	t->nsack--;
	memmove(&t->sack[i], &t->sack[i + 1], (t->nsack - i) * sizeof(t->sack[0]));
}

/**
 * edu_sack_held() - text arrived out of order and is held
 * @t: the connection
 * @start: its first octet
 * @end: behind its last, and behind a FIN
 *
 * The block that it belongs to is reported first from now on (RFC 2018 4).
 */
void edu_sack_held(struct edu_tcb *t, u32 start, u32 end)
{
	struct edu_sack_block block = { start, end };
	unsigned int i;

	for (i = 0; i < t->nsack;) {
		if (seq_gt(t->sack[i].start, block.end) || seq_lt(t->sack[i].end, block.start)) {
			i++;
			continue;
		}
		block.start = seq_min(block.start, t->sack[i].start);
		block.end = seq_max(block.end, t->sack[i].end);
		forget(t, i);
	}
	if (t->nsack == EDU_SACK_MAX)
		t->nsack--;
	memmove(&t->sack[1], &t->sack[0], t->nsack * sizeof(t->sack[0]));
	t->sack[0] = block;
	t->nsack++;
}

/**
 * edu_sack_given_up() - text that was held is gone (RFC 2018 8)
 * @t: the connection
 * @from: all from here on
 */
void edu_sack_given_up(struct edu_tcb *t, u32 from)
{
	unsigned int i;

	for (i = 0; i < t->nsack;) {
		t->sack[i].end = seq_min(t->sack[i].end, from);
		if (seq_geq(t->sack[i].start, from))
			forget(t, i);
		else
			i++;
	}
}

/**
 * edu_sack_duplicate() - text arrived twice: say so once (RFC 2883)
 * @t: the connection
 * @start: its first octet
 * @end: behind its last
 * @mib: as which it counts
 * @todo: counts it
 */
void edu_sack_duplicate(struct edu_tcb *t, u32 start, u32 end, enum edu_mib mib,
			struct edu_todo *todo)
{
	if (!t->sack_ok || seq_geq(start, end))
		return;
	edu_count(todo, mib);
	t->dsack.start = start;
	t->dsack.end = end;
	t->has_dsack = 1;
}

/**
 * edu_sack_option() - our blocks for an ACK
 * @t: the connection
 * @opt: gets them, behind whatever else it has
 *
 * A D-SACK comes first, once. Blocks that are in order by now are forgotten.
 */
void edu_sack_option(struct edu_tcb *t, struct edu_options *opt)
{
	unsigned int most = opt->has_ts ? EDU_SACK_MAX - 1 : EDU_SACK_MAX;
	unsigned int i;

	if (!t->sack_ok)
		return;
	for (i = 0; i < t->nsack;) {
		if (seq_leq(t->sack[i].start, t->rcv_nxt))
			forget(t, i);
		else
			i++;
	}
	if (t->has_dsack)
		opt->sack[opt->nsack++] = t->dsack;
	for (i = 0; i < t->nsack && opt->nsack < most; i++)
		opt->sack[opt->nsack++] = t->sack[i];
}
