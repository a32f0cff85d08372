// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts: RFC 9293 3.10.8 and 3.8. A TCB has one deadline per timer; the
 * caller sleeps until the earliest and then calls edu_timeouts().
 */
#include "tcb.h"

/**
 * edu_next_deadline() - when edu_timeouts() wants to be called next
 * @t: the connection
 *
 * Return: microseconds of the caller's clock, EDU_NEVER if no timer runs.
 */
u64 edu_next_deadline(const struct edu_tcb *t)
{
	u64 next = EDU_NEVER;
	unsigned int i;

	/* Asked after each segment. */
#pragma GCC unroll 7
	for (i = 0; i < EDU_TIMERS; i++)
		next = min(next, t->deadline[i]);
	return next;
}

/**
 * edu_timers_stop() - turn off all timers
 * @t: the connection
 */
void edu_timers_stop(struct edu_tcb *t)
{
	unsigned int i;

	for (i = 0; i < EDU_TIMERS; i++)
		t->deadline[i] = EDU_NEVER;
}

/*
 * R2 as Linux means it: not a number of retries, but the time that so many
 * take when the RTO starts at its minimum; 15 are 924.6 seconds (3.8.3 asks
 * for 100 at least, SHLD-11).
 */
static u64 r2(u8 retries)
{
	u64 total = 0, rto = EDU_RTO_MIN;
	unsigned int i;

	for (i = 0; i <= retries; i++) {
		total += rto;
		rto = min_t(u64, 2 * rto, EDU_RTO_MAX);
	}
	return total;
}

static u8 syn_retries(const struct edu_tcb *t)
{
	return t->syn_retries ?: t->params->syn_retries;
}

/* Whether this retransmission was one too many. */
static bool give_up(const struct edu_tcb *t, u64 now)
{
	u64 waited = now - t->first_timeout_at;

	if (!t->syn_acked && t->retries > syn_retries(t))
		return true;
	/* A peer that answers with a closed window is alive (MUST-37). */
	if (t->syn_acked && !t->snd_wnd && !t->orphan && now - t->last_rcv_at <= EDU_RTO_MAX)
		return false;
	if (t->user_timeout)
		return waited >= t->user_timeout;
	if (!t->syn_acked)
		return false;
	return waited >= r2(t->orphan ? t->params->orphan_retries : t->params->retries2);
}

/*
 * How long to wait for the next timeout: not beyond the user's own timeout, which is to be kept
 * to, and not when a timer happens to look. So does Linux since 4.19.
 */
static u64 until_user_timeout(const struct edu_tcb *t, u64 now, u64 wait)
{
	u64 end = t->first_timeout_at + t->user_timeout;

	if (!t->user_timeout)
		return wait;
	return now < end ? min(wait, end - now) : 1;
}

/* (5.5) of RFC 6298, SHLD-30 of RFC 9293: edu_rto() doubles, up to its maximum. */
static void back_off(struct edu_tcb *t)
{
	if (t->backoff < 255)
		t->backoff++;
}

static void gave_up(struct edu_tcb *t, struct edu_todo *todo)
{
	edu_count(todo, EDU_MIB_TCPAbortOnTimeout);
	edu_closed(t, ETIMEDOUT, todo);
}

/* RFC 6298 (5.4) to (5.7) */
static void rto_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	t->deadline[EDU_TIMER_RTO] = EDU_NEVER;
	if (!edu_flight(t))
		return;

	edu_count(todo, EDU_MIB_TCPTimeouts);
	if (!t->retries)
		t->first_timeout_at = now - edu_rto(t);
	if (t->retries < 255)
		t->retries++;
	if (give_up(t, now)) {
		gave_up(t, todo);
		return;
	}
	if (t->retries == t->params->retries1)
		todo->events |= EDU_EV_R1;	/* MUST-20 */

	edu_loss(t, now, todo);
	back_off(t);
	t->deadline[EDU_TIMER_RTO] = now + until_user_timeout(t, now, edu_rto(t));
}

/* 3.8.6.1: probe a closed window, more and more seldom; 3.8.6.2.1 (4): override SWS */
static void persist_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	t->deadline[EDU_TIMER_PERSIST] = EDU_NEVER;
	if (edu_flight(t) || (!edu_unsent(t) && (!t->fin_queued || edu_fin_sent(t))))
		return;
	if (t->snd_wnd) {
		t->push_window = 1;
		return;
	}

	/*
	 * Probes that are answered may go on for ever (MUST-37), but not for what
	 * nobody owns any more.
	 */
	if (t->orphan && t->backoff >= t->params->orphan_retries) {
		gave_up(t, todo);
		return;
	}
	if (!t->probes)
		t->first_timeout_at = now;
	if (t->probes && (t->user_timeout ? now - t->first_timeout_at >= t->user_timeout :
	    t->probes >= (t->orphan ? t->params->orphan_retries : t->params->retries2))) {
		gave_up(t, todo);
		return;
	}
	edu_count(todo, EDU_MIB_TCPWinProbe);
	t->probe_now = 1;
	/* The probe lies before the peer's window, and its urgent pointer is not heard. */
	t->urgent_now = edu_is_urgent(t);
	t->probes++;
	back_off(t);
	t->deadline[EDU_TIMER_PERSIST] = now + until_user_timeout(t, now, edu_rto(t));
}

static void keepalive_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	u64 time = t->keepalive_time ?: t->params->keepalive_time;
	u64 intvl = t->keepalive_intvl ?: t->params->keepalive_intvl;
	u8 probes = t->keepalive_probes ?: t->params->keepalive_probes;
	u64 idle = now - t->last_rcv_at;

	/* MUST-26: only when nothing is in flight; the RTO watches over the rest. */
	if (edu_flight(t) || edu_unsent(t) || idle < time) {
		t->deadline[EDU_TIMER_KEEPALIVE] = now + (idle < time ? time - idle : time);
		return;
	}
	if (t->user_timeout ? t->keepalive_sent && idle >= t->user_timeout :
	    t->keepalive_sent >= probes) {
		edu_abort(t, ETIMEDOUT, todo);
		edu_count(todo, EDU_MIB_TCPAbortOnTimeout);
		return;
	}
	edu_count(todo, EDU_MIB_TCPKeepAlive);
	t->probe_now = 1;
	t->keepalive_sent++;
	t->deadline[EDU_TIMER_KEEPALIVE] = now + intvl;
}

/**
 * edu_fin_wait_2_begins() - an orphan waits for the peer's FIN, but not for ever
 * @t: the connection, in FIN-WAIT-2, without a user
 * @now: the clock
 * @todo: says if it is over at once
 *
 * RFC 9293 lets it wait; Linux's tcp_fin_timeout is our model.
 */
void edu_fin_wait_2_begins(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	u64 timeout = t->fin_timeout ?: t->params->fin_timeout;

	if (timeout == EDU_NEVER) {
		edu_abort(t, 0, todo);
		edu_count(todo, EDU_MIB_TCPAbortOnLinger);
		return;
	}
	t->deadline[EDU_TIMER_KEEPALIVE] = EDU_NEVER;
	t->deadline[EDU_TIMER_FIN_WAIT_2] = now + timeout;
}

/**
 * edu_timeouts() - do what is due
 * @t: the connection
 * @now: the clock
 * @todo: what came of it; what is to be sent, edu_output() says
 */
void edu_timeouts(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	if (t->deadline[EDU_TIMER_DELACK] <= now) {
		t->deadline[EDU_TIMER_DELACK] = EDU_NEVER;
		edu_count(todo, EDU_MIB_DelayedACKs);
		t->ack_now = 1;
		t->pingpong = 0;	/* no answer came in time to carry it */
	}
	if (t->deadline[EDU_TIMER_REORDER] <= now)
		edu_reordering_expired(t, now, todo);
	if (t->deadline[EDU_TIMER_PROBE] <= now)
		edu_probe_expired(t, now, todo);
	if (t->deadline[EDU_TIMER_RTO] <= now)
		rto_expired(t, now, todo);
	if (t->deadline[EDU_TIMER_PERSIST] <= now)
		persist_expired(t, now, todo);
	if (t->deadline[EDU_TIMER_KEEPALIVE] <= now)
		keepalive_expired(t, now, todo);
	if (t->deadline[EDU_TIMER_FIN_WAIT_2] <= now) {
		edu_count(todo, EDU_MIB_TCPAbortOnLinger);
		edu_closed(t, 0, todo);
	}
}

/**
 * edu_request_timeout() - a half-open request waited in vain: for its ACK, or for text
 * @r: the request
 * @retries_max: synack_retries
 *
 * Return: microseconds until the next timeout; 0 if the request is to be
 * dropped instead.
 */
u64 edu_request_timeout(struct edu_request *r, u8 retries_max)
{
	if (r->retries >= retries_max && edu_request_asks_again(r))
		return 0;
	if (r->retries < 255)
		r->retries++;
	return min_t(u64, (u64)EDU_RTO_INIT << min_t(u8, r->retries, 16), EDU_RTO_MAX);
}

/**
 * edu_request_asks_again() - whether the SYN,ACK is due again after a timeout
 * @r: the request
 *
 * Who has acknowledged it needs no other; but when TCP_DEFER_ACCEPT has waited for text
 * long enough, the last chance is to acknowledge it again. All as in Linux.
 *
 * Return: true if it is to be sent.
 */
bool edu_request_asks_again(const struct edu_request *r)
{
	return !r->acked || r->retries >= r->defer;
}
