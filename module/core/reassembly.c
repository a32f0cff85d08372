// SPDX-License-Identifier: GPL-2.0
/*
 * Reassembly: text that arrived ahead of its time waits in a tree ordered by
 * sequence number (SHLD-31). Neighbours may overlap, but none covers another,
 * so one look to the left tells whether something is new, and each node is
 * removed once at most: no segment costs more than O(log n).
 */
#include "tcb.h"

static struct edu_node *held_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct edu_node, rb) : NULL;
}

bool edu_out_of_order_empty(const struct edu_tcb *t)
{
	return RB_EMPTY_ROOT(&t->out_of_order);
}

static void unlink_held(struct edu_tcb *t, struct edu_node *node)
{
	if (t->ooo_last == node)
		t->ooo_last = held_of(rb_prev(&node->rb));
	rb_erase(&node->rb, &t->out_of_order);
}

/* Remove the nodes behind @node that it covers. */
static void unlink_covered(struct edu_tcb *t, struct edu_node *node, struct edu_todo *todo)
{
	struct edu_node *next;

	while ((next = held_of(rb_next(&node->rb))) &&
	       seq_leq(edu_node_end(next), edu_node_end(node))) {
		unlink_held(t, next);
		list_add_tail(&next->link, &todo->unwanted);
		edu_count(todo, EDU_MIB_TCPOFOMerge);
	}
}

/*
 * Up to where text is held without a gap: up to @held, and what of @rb and its
 * successors touches that, but not beyond @end. A segment that ends there covers
 * all of them but the last, so each is looked at once before it is removed.
 */
static u32 held_up_to(u32 held, struct rb_node *rb, u32 end)
{
	const struct edu_node *next;

	while ((next = held_of(rb)) && seq_lt(held, end) && seq_leq(next->seq, held)) {
		held = seq_max(held, edu_node_end(next));
		rb = rb_next(rb);
	}
	return seq_min(held, end);
}

/**
 * edu_out_of_order_overlap() - text in order arrives: what of it is held already?
 * @t: the connection; something is held
 * @end: behind the text, which begins at RCV.NXT
 * @todo: counts a duplicate
 */
void edu_out_of_order_overlap(struct edu_tcb *t, u32 end, struct edu_todo *todo)
{
	const struct edu_node *first = held_of(rb_first(&t->out_of_order));

	if (seq_lt(first->seq, end))
		edu_sack_duplicate(t, first->seq,
				   held_up_to(edu_node_end(first), rb_next(&first->rb), end),
				   EDU_MIB_TCPDSACKOfoSent, todo);
}

/* The first stretch of @node that its neighbours hold already (RFC 2883 4). */
static void report_overlap(struct edu_tcb *t, const struct edu_node *left,
			   const struct edu_node *node, struct edu_todo *todo)
{
	const struct edu_node *right = held_of(rb_next(&node->rb));
	u32 end = edu_node_end(node);

	if (left && seq_gt(edu_node_end(left), node->seq))
		edu_sack_duplicate(t, node->seq,
				   held_up_to(edu_node_end(left), rb_next(&node->rb), end),
				   EDU_MIB_TCPDSACKOfoSent, todo);
	else if (right && seq_lt(right->seq, end))
		edu_sack_duplicate(t, right->seq,
				   held_up_to(edu_node_end(right), rb_next(&right->rb), end),
				   EDU_MIB_TCPDSACKOfoSent, todo);
}

/**
 * edu_out_of_order_insert() - hold a segment until the gap before it is filled
 * @t: the connection
 * @node: its text; the core keeps it until it appears in a chain of @todo
 * @todo: gets the nodes that this one makes superfluous
 *
 * Return: false if all of it is here already; the node is not taken then.
 */
bool edu_out_of_order_insert(struct edu_tcb *t, struct edu_node *node, struct edu_todo *todo)
{
	struct rb_node **link = &t->out_of_order.rb_node, *parent = NULL;
	struct edu_node *left = NULL;

	if (t->ooo_last && seq_geq(node->seq, t->ooo_last->seq)) {
		/* The usual case: it belongs to the end. */
		left = t->ooo_last;
		parent = &left->rb;
		link = &parent->rb_right;
	} else {
		while (*link) {
			struct edu_node *here = held_of(*link);

			parent = *link;
			if (seq_lt(node->seq, here->seq)) {
				link = &parent->rb_left;
			} else {
				left = here;
				link = &parent->rb_right;
			}
		}
	}
	if (left && seq_leq(edu_node_end(node), edu_node_end(left)))
		return false;

	rb_link_node(&node->rb, parent, link);
	rb_insert_color(&node->rb, &t->out_of_order);
	if (!t->ooo_last || seq_geq(node->seq, t->ooo_last->seq))
		t->ooo_last = node;
	report_overlap(t, left, node, todo);

	/* Same first octet, but shorter: the left one is covered by the new one. */
	if (left && left->seq == node->seq) {
		unlink_held(t, left);
		list_add_tail(&left->link, &todo->unwanted);
		edu_count(todo, EDU_MIB_TCPOFOMerge);
	}
	unlink_covered(t, node, todo);
	return true;
}

/**
 * edu_out_of_order_drain() - the gap is filled: hand over what is in order now
 * @t: the connection; RCV.NXT advances over the text
 * @todo: @ready gets what holds new text, @unwanted what came twice
 *
 * Return: true if the last octet handed over is followed by the peer's FIN.
 */
bool edu_out_of_order_drain(struct edu_tcb *t, struct edu_todo *todo)
{
	struct edu_node *node;

	while ((node = held_of(rb_first(&t->out_of_order))) && seq_leq(node->seq, t->rcv_nxt)) {
		bool fin = (node->flags & EDU_FIN) && seq_geq(node->end_seq, t->rcv_nxt);

		unlink_held(t, node);
		if (seq_gt(node->end_seq, t->rcv_nxt)) {
			edu_advance(t, node->end_seq);
			list_add_tail(&node->link, &todo->ready);
		} else {
			list_add_tail(&node->link, &todo->unwanted);
		}
		if (fin)
			return true;
	}
	return false;
}

/**
 * edu_out_of_order_prune() - memory is short: give up the text furthest ahead
 * @t: the connection
 * @todo: @unwanted gets the last eight nodes
 *
 * Never acknowledged, so the peer sends it again.
 */
void edu_out_of_order_prune(struct edu_tcb *t, struct edu_todo *todo)
{
	struct edu_node *node = t->ooo_last;
	unsigned int most = 8;

	if (!node)
		return;
	edu_count(todo, EDU_MIB_OfoPruned);
	while (node && most--) {
		unlink_held(t, node);
		list_add_tail(&node->link, &todo->unwanted);
		node = t->ooo_last;
	}
	edu_sack_given_up(t, node ? edu_node_end(node) : t->rcv_nxt);
}

/**
 * edu_out_of_order_purge() - the connection is over: hand back every node
 * @t: the connection
 * @chain: gets them, linked by link
 */
void edu_out_of_order_purge(struct edu_tcb *t, struct list_head *chain)
{
	struct edu_node *node, *next;

	/* Post-order needs no rebalancing: the tree is given up as a whole. */
	rbtree_postorder_for_each_entry_safe(node, next, &t->out_of_order, rb)
		list_add_tail(&node->link, chain);
	t->out_of_order = RB_ROOT;
	t->ooo_last = NULL;
	t->nsack = 0;
}
