// SPDX-License-Identifier: GPL-2.0
/*
 * What was sent and is not acknowledged yet: RFC 9293's retransmission queue,
 * as three trees in the order of sequence numbers.
 *
 *	                          lost
 *	   sent ->  EDU_SENT  ------------->  EDU_LOST
 *	                |     <-------------     |
 *	                |      sent again        |
 *	   selectively  |                        |
 *	  acknowledged  +---->  EDU_SACKED  <----+
 *
 * A segment is in one of them, and moves on for reasons that a peer cannot
 * repeat at will: however many SACK blocks arrive, each segment is found once,
 * in O(log n). What is in EDU_SENT also stands in the order of transmission,
 * which is what RACK looks at (RFC 8985).
 */
#include "tcb.h"

#ifdef EDU_COUNT_STEPS
unsigned long edu_steps;
#endif

static struct edu_node *node_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct edu_node, rb) : NULL;
}

/**
 * edu_sent_init() - nothing was sent yet
 * @t: the connection
 */
void edu_sent_init(struct edu_tcb *t)
{
	unsigned int i;

	for (i = 0; i < EDU_QUEUES; i++) {
		t->queue[i].root = RB_ROOT_CACHED;
		t->queue[i].octets = 0;
		t->queue[i].nodes = 0;
	}
	INIT_LIST_HEAD(&t->xmit_order);
}

/**
 * edu_sent_first() - the segment with the lowest sequence number
 * @t: the connection
 * @kind: in which queue
 *
 * Return: its node, or NULL.
 */
struct edu_node *edu_sent_first(const struct edu_tcb *t, enum edu_queue_kind kind)
{
	return node_of(rb_first_cached(&t->queue[kind].root));
}

/**
 * edu_sent_last() - the segment with the highest sequence number
 * @t: the connection
 * @kind: in which queue
 *
 * Return: its node, or NULL.
 */
struct edu_node *edu_sent_last(const struct edu_tcb *t, enum edu_queue_kind kind)
{
	return node_of(rb_last(&t->queue[kind].root.rb_root));
}

/**
 * edu_sent_next() - the one behind it, in the same queue
 * @node: a segment's node
 *
 * Return: the next one's, or NULL.
 */
struct edu_node *edu_sent_next(const struct edu_node *node)
{
	return node_of(rb_next(&node->rb));
}

/**
 * edu_sent_from() - the first segment that ends behind a sequence number
 * @t: the connection
 * @kind: in which queue
 * @seq: the number
 *
 * Return: its node, or NULL.
 */
struct edu_node *edu_sent_from(const struct edu_tcb *t, enum edu_queue_kind kind, u32 seq)
{
	struct rb_node *rb = t->queue[kind].root.rb_root.rb_node;
	struct edu_node *found = NULL;

	while (rb) {
		struct edu_node *node = node_of(rb);

		EDU_STEP();
		if (seq_gt(edu_node_end(node), seq)) {
			found = node;
			rb = rb->rb_left;
		} else {
			rb = rb->rb_right;
		}
	}
	return found;
}

static void insert(struct edu_tcb *t, struct edu_node *node, enum edu_queue_kind kind)
{
	struct edu_queue *q = &t->queue[kind];
	struct rb_node **link = &q->root.rb_root.rb_node, *parent = NULL;
	bool first = true;

	while (*link) {
		EDU_STEP();
		parent = *link;
		if (seq_lt(node->seq, node_of(parent)->seq)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_link_node(&node->rb, parent, link);
	rb_insert_color_cached(&node->rb, &q->root, first);
	q->octets += edu_node_end(node) - node->seq;
	q->nodes++;
	node->queue = kind;
}

static void take_out(struct edu_tcb *t, struct edu_node *node)
{
	struct edu_queue *q = &t->queue[node->queue];

	rb_erase_cached(&node->rb, &q->root);
	q->octets -= edu_node_end(node) - node->seq;
	q->nodes--;
	if (node->queue == EDU_SENT)
		list_del(&node->link);
}

/**
 * edu_sent_add() - a segment was sent for the first time
 * @t: the connection
 * @node: its node, filled in
 */
void edu_sent_add(struct edu_tcb *t, struct edu_node *node)
{
	insert(t, node, EDU_SENT);
	list_add_tail(&node->link, &t->xmit_order);
}

/**
 * edu_sent_move() - a segment was lost, sent again or selectively acknowledged
 * @t: the connection
 * @node: its node
 * @kind: where it belongs now
 */
void edu_sent_move(struct edu_tcb *t, struct edu_node *node, enum edu_queue_kind kind)
{
	take_out(t, node);
	insert(t, node, kind);
	if (kind == EDU_SENT)
		list_add_tail(&node->link, &t->xmit_order);
}

/**
 * edu_sent_release() - a segment is acknowledged, or of no use any more
 * @t: the connection
 * @node: its node
 * @chain: gets it, if it is the caller's
 */
void edu_sent_release(struct edu_tcb *t, struct edu_node *node, struct list_head *chain)
{
	take_out(t, node);
	if (node != &t->ctl)
		list_add_tail(&node->link, chain);
}

/**
 * edu_sent_trim() - a segment's front is acknowledged
 * @t: the connection
 * @node: its node
 * @seq: what comes before is
 */
void edu_sent_trim(struct edu_tcb *t, struct edu_node *node, u32 seq)
{
	/* The order in the tree stays what it is. */
	t->queue[node->queue].octets -= seq - node->seq;
	node->skip += seq - node->seq;
	node->seq = seq;
}

/**
 * edu_sent_split() - cut a node in two
 * @t: the connection
 * @node: keeps what comes before @seq
 * @seq: inside of its text
 *
 * The buffer is the caller's, who cuts it; that may fail.
 *
 * Return: whether @node ends at @seq now.
 */
bool edu_sent_split(struct edu_tcb *t, struct edu_node *node, u32 seq)
{
	struct edu_node *rest = t->split ? t->split(t, node, seq - node->seq) : NULL;

	if (!rest)
		return false;
	rest->seq = seq;
	rest->end_seq = node->end_seq;
	rest->xmit_at = node->xmit_at;
	rest->skip = 0;
	rest->flags = node->flags;
	rest->retransmitted = node->retransmitted;

	t->queue[node->queue].octets -= edu_node_end(node) - seq;
	node->end_seq = seq;
	node->flags = 0;
	insert(t, rest, node->queue);
	if (node->queue == EDU_SENT)
		list_add(&rest->link, &node->link);
	return true;
}
