// SPDX-License-Identifier: GPL-2.0
/*
 * The one kernel timer of a socket. It is set for the earliest of the TCB's
 * deadlines; one that moves later leaves it alone, and it looks again when it
 * goes off.
 */
#include "edu_tcp.h"
#include "trace.h"

static unsigned long jiffies_of(u64 at, u64 now)
{
	/*
	 * One more: never before its time, and a jiffy may be nearly over. Not
	 * usecs_to_jiffies(): that ends at 71 minutes, and a keepalive waits 120.
	 */
	return jiffies + (at > now ? div_u64(at - now, USEC_PER_SEC / HZ) + 1 : 0);
}

/**
 * edu_timer_update() - a deadline may have changed
 * @sk: the socket, locked
 * @now: the clock
 */
void edu_timer_update(struct sock *sk, u64 now)
{
	struct edu_sock *es = edu_sk(sk);
	u64 next = edu_next_deadline(&es->tcb);

	if (next >= es->timer_at)
		return;
	es->timer_at = next;
	sk_reset_timer(sk, &es->timer, jiffies_of(next, now));
}

/**
 * edu_timer_stop() - the connection is over
 * @sk: the socket, locked
 */
void edu_timer_stop(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);

	es->timer_at = EDU_NEVER;
	sk_stop_timer(sk, &es->timer);
}

static void trace_expired(struct sock *sk, u64 now)
{
	const struct edu_tcb *t = &edu_sk(sk)->tcb;
	struct edu_flow flow;
	unsigned int i;

	if (!trace_edu_tcp_timer_enabled())
		return;
	edu_sock_flow(sk, &flow);
	for (i = 0; i < EDU_TIMERS; i++)
		if (t->deadline[i] <= now)
			trace_edu_tcp_timer(&flow, i);
}

/**
 * edu_timer_run() - do what is due
 * @sk: the socket, locked, and kept by the caller
 */
void edu_timer_run(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	u64 now = edu_now();
	struct edu_todo todo;

	es->timer_at = EDU_NEVER;
	if (es->tcb.state == EDU_CLOSED)
		return;
	trace_expired(sk, now);
	edu_todo_init(&todo);
	edu_timeouts(&es->tcb, now, &todo);
	edu_apply(sk, &todo);
	edu_push(sk, now);
}

static void timer_expired(struct timer_list *timer)
{
	struct edu_sock *es = timer_container_of(es, timer, timer);
	struct sock *sk = &es->inet.sk;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		edu_timer_run(sk);
	else if (!test_and_set_bit(EDU_DEFER_TIMER, &es->flags))
		sock_hold(sk);
	bh_unlock_sock(sk);
	sock_put(sk);		/* sk_reset_timer()'s */
}

/**
 * edu_timer_setup() - prepare a new socket's timer
 * @sk: the socket
 */
void edu_timer_setup(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);

	es->timer_at = EDU_NEVER;
	timer_setup(&es->timer, timer_expired, 0);
}
