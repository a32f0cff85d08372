// SPDX-License-Identifier: GPL-2.0
/* The state table: RFC 9293 section 3.3.2, Figure 5 and its notes. */
#include "tcb.h"

/* A row per state: how it is spelled and which states it may go to. */
static const struct {
	const char *name;
	u16 to;
} states[EDU_STATES] = {
	[EDU_CLOSED] = { "CLOSED",
		/* SYN-RECEIVED: a listener's new half-open request */
		EDU_IN(EDU_LISTEN) | EDU_IN(EDU_SYN_SENT) | EDU_IN(EDU_SYN_RECEIVED) },
	[EDU_LISTEN] = { "LISTEN",
		EDU_IN(EDU_CLOSED) },
	[EDU_SYN_SENT] = { "SYN-SENT",
		EDU_IN(EDU_SYN_RECEIVED) | EDU_IN(EDU_ESTABLISHED) | EDU_IN(EDU_CLOSED) },
	[EDU_SYN_RECEIVED] = { "SYN-RECEIVED",
		/* CLOSED stands for "return to LISTEN" too: the listener never left it */
		EDU_IN(EDU_ESTABLISHED) | EDU_IN(EDU_FIN_WAIT_1) | EDU_IN(EDU_CLOSED) },
	[EDU_ESTABLISHED] = { "ESTABLISHED",
		EDU_IN(EDU_FIN_WAIT_1) | EDU_IN(EDU_CLOSE_WAIT) | EDU_IN(EDU_CLOSED) },
	[EDU_FIN_WAIT_1] = { "FIN-WAIT-1",
		/* TIME-WAIT: Figure 5, note 2 */
		EDU_IN(EDU_FIN_WAIT_2) | EDU_IN(EDU_CLOSING) | EDU_IN(EDU_TIME_WAIT) |
		EDU_IN(EDU_CLOSED) },
	[EDU_FIN_WAIT_2] = { "FIN-WAIT-2",
		EDU_IN(EDU_TIME_WAIT) | EDU_IN(EDU_CLOSED) },
	[EDU_CLOSE_WAIT] = { "CLOSE-WAIT",
		EDU_IN(EDU_LAST_ACK) | EDU_IN(EDU_CLOSED) },
	[EDU_CLOSING] = { "CLOSING",
		EDU_IN(EDU_TIME_WAIT) | EDU_IN(EDU_CLOSED) },
	[EDU_LAST_ACK] = { "LAST-ACK",
		EDU_IN(EDU_CLOSED) },
	[EDU_TIME_WAIT] = { "TIME-WAIT",
		EDU_IN(EDU_CLOSED) },
};

static const u8 rfc_order[] = {
	EDU_CLOSED, EDU_LISTEN, EDU_SYN_SENT, EDU_SYN_RECEIVED, EDU_ESTABLISHED,
	EDU_FIN_WAIT_1, EDU_FIN_WAIT_2, EDU_CLOSE_WAIT, EDU_CLOSING, EDU_LAST_ACK,
	EDU_TIME_WAIT,
};

/**
 * edu_state_name() - a state as RFC 9293 spells it
 * @state: an enum edu_state
 */
const char *edu_state_name(u8 state)
{
	return state < EDU_STATES && states[state].name ? states[state].name : "?";
}

/**
 * edu_state_in_rfc_order() - the states in the order in which the RFC lists them
 * @i: 0 for CLOSED to 10 for TIME-WAIT
 *
 * Return: the state, or 0 past the last one.
 */
u8 edu_state_in_rfc_order(unsigned int i)
{
	return i < sizeof(rfc_order) ? rfc_order[i] : 0;
}

/**
 * edu_state_may_follow() - whether the state table has this transition
 * @from: the state now
 * @to: the state to be entered
 */
bool edu_state_may_follow(u8 from, u8 to)
{
	return from < EDU_STATES && (states[from].to & EDU_IN(to));
}

/**
 * edu_enter() - the one place where a connection changes state
 * @c: the common part of a request, a connection or a TIME-WAIT
 * @state: the state to enter
 * @todo: notes it, so that the caller counts and traces it
 */
void edu_enter(struct edu_conn *c, u8 state, struct edu_todo *todo)
{
	EDU_WARN_ON(!edu_state_may_follow(c->state, state));
	EDU_WARN_ON(todo->npath >= EDU_PATH_MAX);

	c->state = state;
	if (todo->npath < EDU_PATH_MAX)
		todo->path[todo->npath++] = state;
}
