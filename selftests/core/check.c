// SPDX-License-Identifier: GPL-2.0
/* What must be true of a TCB whenever the core has returned. */
#include "end.h"

#define HOLDS(cond)								\
	do {									\
		if (!(cond))							\
			wrong(e->world, e, "%s: not true: %s",			\
			      edu_state_name(t->state), #cond);			\
	} while (0)

static void check_sequence_numbers(struct end *e, const struct edu_tcb *t)
{
	u32 last = t->write_seq + (t->fin_queued ? 1 : 0);

	HOLDS(seq_leq(t->snd_una, t->snd_nxt));
	HOLDS(seq_leq(t->snd_nxt, last));
	HOLDS(seq_leq(t->rcv_acked, t->rcv_nxt));
	HOLDS(seq_leq(t->recover, t->snd_nxt));
}

/*
 * What is in flight is held, once and without holes: the three queues together
 * are the sequence space from SND.UNA to SND.NXT.
 */
static void check_in_flight(struct end *e, const struct edu_tcb *t)
{
	const struct edu_node *first[EDU_QUEUES], *node;
	u32 octets[EDU_QUEUES] = { }, nodes[EDU_QUEUES] = { }, next = t->snd_una;
	unsigned int kind, ordered = 0;

	for (kind = 0; kind < EDU_QUEUES; kind++)
		first[kind] = edu_sent_first(t, kind);
	for (;;) {
		for (kind = 0; kind < EDU_QUEUES; kind++)
			if (first[kind] && first[kind]->seq == next)
				break;
		if (kind == EDU_QUEUES)
			break;
		node = first[kind];
		HOLDS(node->queue == kind);
		HOLDS(seq_lt(node->seq, edu_node_end(node)));
		octets[kind] += edu_node_end(node) - node->seq;
		nodes[kind]++;
		next = edu_node_end(node);
		first[kind] = edu_sent_next(node);
	}
	HOLDS(next == t->snd_nxt);
	for (kind = 0; kind < EDU_QUEUES; kind++) {
		HOLDS(!first[kind]);
		HOLDS(octets[kind] == t->queue[kind].octets);
		HOLDS(nodes[kind] == t->queue[kind].nodes);
	}
	list_for_each_entry(node, &t->xmit_order, link) {
		HOLDS(node->queue == EDU_SENT);
		ordered++;
	}
	HOLDS(ordered == t->queue[EDU_SENT].nodes);
	HOLDS(t->dup_octets <= edu_flight(t));
}

/* Both sequence numbers grow: none covers another. */
static void check_out_of_order(struct end *e, const struct edu_tcb *t)
{
	const struct edu_node *last = NULL, *node;
	const struct rb_node *rb;

	for (rb = rb_first(&t->out_of_order); rb; rb = rb_next(rb)) {
		node = rb_entry(rb, struct edu_node, rb);
		HOLDS(seq_gt(node->seq, t->rcv_nxt));
		HOLDS(seq_leq(node->end_seq, t->rcv_nxt + t->rcv_wnd));
		if (last) {
			HOLDS(seq_gt(node->seq, last->seq));
			HOLDS(seq_gt(edu_node_end(node), edu_node_end(last)));
		}
		last = node;
	}
	HOLDS(t->ooo_last == last);
}

static void check_timers(struct end *e, const struct edu_tcb *t, bool failed, bool held)
{
	bool waits = edu_unsent(t) || (t->fin_queued && !edu_fin_sent(t));
	unsigned int i;

	if (t->state == EDU_CLOSED || t->state == EDU_TIME_WAIT) {
		for (i = 0; i < EDU_TIMERS; i++)
			HOLDS(t->deadline[i] == EDU_NEVER);
		return;
	}
	/* RFC 6298 (5.1), (5.2) */
	HOLDS(!edu_flight(t) == (t->deadline[EDU_TIMER_RTO] == EDU_NEVER));
	/* Nobody else will come back to send what waits. */
	if ((EDU_IN(t->state) & EDU_TRANSMITS) && waits && !edu_flight(t) && !held)
		HOLDS(failed ? edu_next_deadline(t) <= e->world->now + EDU_SEC :
		      t->deadline[EDU_TIMER_PERSIST] != EDU_NEVER);
	/* MUST-40: what arrived is acknowledged within half a second */
	if ((EDU_IN(t->state) & EDU_SYNCHRONIZED) && t->rcv_nxt != t->rcv_acked) {
		HOLDS(t->deadline[EDU_TIMER_DELACK] != EDU_NEVER);
		HOLDS(t->deadline[EDU_TIMER_DELACK] <= e->world->now + 500 * EDU_MSEC);
	}
	/* Whatever is due was done, or was put off. */
	for (i = 0; i < EDU_TIMERS; i++)
		HOLDS(t->deadline[i] >= e->world->now);
	HOLDS(t->rto >= EDU_RTO_MIN && t->rto <= EDU_RTO_MAX);
	HOLDS(edu_rto(t) <= EDU_RTO_MAX);
	HOLDS(!t->ack_now || failed || t->state == EDU_SYN_SENT);
}

static void check_congestion(struct end *e, const struct edu_tcb *t)
{
	if (!t->syn_acked)
		return;			/* before the handshake is over */
	HOLDS(t->cwnd >= t->mss);
	HOLDS(t->ssthresh >= 2 * t->mss);
	HOLDS(t->mss >= EDU_MSS_MIN && t->mss <= max_t(u32, t->path_mss, EDU_MSS_MIN));
}

/* True whenever the core has returned. */
void check_tcb(struct end *e)
{
	const struct edu_tcb *t = &e->tcb;

	if (e->stage != STAGE_FULL)
		return;
	if (t->state == EDU_CLOSED) {
		HOLDS(list_empty(&t->xmit_order));
		HOLDS(!t->queue[EDU_LOST].nodes && !t->queue[EDU_SACKED].nodes);
		HOLDS(RB_EMPTY_ROOT(&t->out_of_order));
		HOLDS(!t->ooo_last);
		return;
	}
	check_sequence_numbers(e, t);
	check_in_flight(e, t);
	check_out_of_order(e, t);
	check_congestion(e, t);
	if (!e->has_edge || !(EDU_IN(t->state) & EDU_MAY_RECEIVE))
		return;
	HOLDS(seq_geq(t->rcv_nxt + t->rcv_wnd, e->edge));
}

/* True when the core has nothing more to send, or was not allowed to. */
void check_quiet(struct end *e, bool failed, bool held)
{
	if (e->stage == STAGE_FULL)
		check_timers(e, &e->tcb, failed, held);
}
