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
	if (seq_lt(t->rtx_nxt, t->rtx_end)) {
		HOLDS(seq_leq(t->snd_una, t->rtx_nxt));
		HOLDS(seq_leq(t->rtx_end, t->snd_nxt));
	}
	HOLDS(seq_leq(t->recover, t->snd_nxt));
}

/* What is in flight is held, without holes, in order. */
static void check_in_flight(struct end *e, const struct edu_tcb *t)
{
	u32 end = t->snd_nxt - (edu_fin_sent(t) ? 1 : 0);
	const struct edu_node *node;
	bool first = true;
	u32 next = 0;

	list_for_each_entry(node, &t->in_flight, link) {
		HOLDS(seq_lt(node->seq, node->end_seq));
		if (first) {
			HOLDS(seq_leq(node->seq, t->snd_una));
			HOLDS(seq_gt(node->end_seq, t->snd_una));
		} else {
			HOLDS(node->seq == next);
		}
		first = false;
		next = node->end_seq;
	}
	if (!first)
		HOLDS(next == end);
	else if (EDU_IN(t->state) & EDU_SYNCHRONIZED)
		HOLDS(seq_geq(t->snd_una, end) || t->snd_una == t->iss);
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
		HOLDS(list_empty(&t->in_flight));
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
