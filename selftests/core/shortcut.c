// SPDX-License-Identifier: GPL-2.0
/*
 * Does the short cut in edu_arrives() answer as the long way does? The segment
 * arrives once more, the long way and at a copy of the TCB. What comes of both
 * must be the same.
 */
#include "end.h"

struct shadow {
	struct edu_tcb tcb;
	struct edu_node node;		/* for the text */
	unsigned int used;
	struct edu_node in_flight[];
};

/*
 * There is one at a time, as large as the largest was. Not memory_new(): with much in
 * flight all the copies of a life come to more than its segments do.
 */
static struct shadow *shadow_new(unsigned int nodes)
{
	static struct shadow *s;
	static unsigned int room;

	if (!s || nodes > room) {
		room = nodes;
		s = realloc(s, sizeof(*s) + room * sizeof(s->in_flight[0]));
		if (!s)
			abort();
	}
	s->used = 0;
	return s;
}

static struct edu_node *copy(struct shadow *s, const struct edu_tcb *t,
			     const struct edu_node *node)
{
	struct edu_node *c = node == &t->ctl ? &s->tcb.ctl : &s->in_flight[s->used++];

	*c = *node;
	return c;
}

/*
 * A copy to try the long way on, good until the next one is taken; NULL where the short
 * cut cannot be taken anyway.
 */
struct shadow *shadow_take(const struct edu_tcb *t)
{
	const struct edu_node *node;
	unsigned int n = 0, kind;
	struct shadow *s;

	if (t->state != EDU_ESTABLISHED || !edu_out_of_order_empty(t))
		return NULL;
	for (kind = 0; kind < EDU_QUEUES; kind++)
		n += t->queue[kind].nodes;
	s = shadow_new(n);
	memcpy(&s->tcb, t, sizeof(*t));		/* with its padding, to be compared */
	edu_sent_init(&s->tcb);
	list_for_each_entry(node, &t->xmit_order, link)
		edu_sent_add(&s->tcb, copy(s, t, node));
	for (kind = EDU_LOST; kind < EDU_QUEUES; kind++) {
		for (node = edu_sent_first(t, kind); node; node = edu_sent_next(node)) {
			struct edu_node *c = copy(s, t, node);

			edu_sent_add(&s->tcb, c);
			edu_sent_move(&s->tcb, c, kind);
		}
	}
	return s;
}

static bool same_node(const struct edu_node *m, const struct edu_node *n)
{
	return m->seq == n->seq && m->end_seq == n->end_seq && m->flags == n->flags &&
	       m->retransmitted == n->retransmitted && m->xmit_at == n->xmit_at &&
	       m->skip == n->skip;
}

static bool same_nodes(const struct list_head *a, const struct list_head *b)
{
	const struct list_head *x, *y = b->next;

	list_for_each(x, a) {
		if (y == b || !same_node(list_entry(x, struct edu_node, link),
					 list_entry(y, struct edu_node, link)))
			return false;
		y = y->next;
	}
	return y == b;
}

#define SAME(what, condition)							\
	do {									\
		if (!(condition))						\
			wrong(e->world, e, "short cut and long way differ: %s", what);	\
	} while (0)

static bool same_queue(const struct edu_tcb *a, const struct edu_tcb *b, unsigned int kind)
{
	const struct edu_node *x = edu_sent_first(a, kind), *y = edu_sent_first(b, kind);

	for (; x && y; x = edu_sent_next(x), y = edu_sent_next(y))
		if (!same_node(x, y))
			return false;
	return !x && !y;
}

static void forget_addresses(struct edu_tcb *t)
{
	unsigned int i;

	for (i = 0; i < EDU_QUEUES; i++)
		memset(&t->queue[i].root, 0, sizeof(t->queue[i].root));
	memset(&t->xmit_order, 0, sizeof(t->xmit_order));
	memset(&t->ctl.rb, 0, sizeof(t->ctl.rb));
	memset(&t->ctl.link, 0, sizeof(t->ctl.link));
}

/* Octet by octet, but for what holds addresses. */
static void compare_tcb(struct end *e, const struct edu_tcb *a, const struct edu_tcb *b)
{
	struct edu_tcb x, y;
	size_t i;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	SAME("the order of transmission", same_nodes(&a->xmit_order, &b->xmit_order));
	for (i = 0; i < EDU_QUEUES; i++)
		SAME("in flight", same_queue(a, b, i));
	forget_addresses(&x);
	forget_addresses(&y);
	for (i = 0; i < sizeof(x); i++) {
		if (((const u8 *)&x)[i] == ((const u8 *)&y)[i])
			continue;
		printf("# in struct edu_tcb, snd_wnd is at %zu, cwnd %zu, srtt %zu, deadline %zu\n",
		       offsetof(struct edu_tcb, snd_wnd), offsetof(struct edu_tcb, cwnd),
		       offsetof(struct edu_tcb, srtt), offsetof(struct edu_tcb, deadline));
		wrong(e->world, e, "short cut and long way differ at octet %zu of it", i);
		break;
	}
}

/* @e has taken @seg the short way, if @todo says so: take the long one and compare. */
void shadow_compare(struct shadow *s, struct end *e, const struct edu_segment *seg, bool room,
		    const struct edu_node *node, const struct edu_todo *todo)
{
	const u64 hit = 1ull << EDU_MIB_TCPHPHits;
	struct edu_todo long_todo;

	if (!s || !(todo->counted & hit))
		return;
	e->short_cuts++;
	edu_todo_init(&long_todo);
	edu_arrives_long(&s->tcb, seg, &s->node, room, e->world->now, &long_todo);

	SAME("counters", long_todo.counted == (todo->counted & ~hit));
	SAME("events", long_todo.events == todo->events);
	SAME("text", long_todo.text == todo->text);
	SAME("drop", long_todo.drop == todo->drop);
	SAME("reply", long_todo.reply == todo->reply);
	SAME("path", long_todo.npath == todo->npath);
	SAME("error", long_todo.err == todo->err);
	SAME("released", same_nodes(&todo->released, &long_todo.released));
	SAME("ready", same_nodes(&todo->ready, &long_todo.ready));
	SAME("unwanted", same_nodes(&todo->unwanted, &long_todo.unwanted));
	if (todo->text != EDU_TEXT_NONE)
		SAME("the text's place", s->node.seq == node->seq &&
		     s->node.end_seq == node->end_seq && s->node.flags == node->flags);
	compare_tcb(e, &e->tcb, &s->tcb);
}
