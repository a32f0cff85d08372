// SPDX-License-Identifier: GPL-2.0
/*
 * Do what the core says: enter states, wake users, free what was acknowledged,
 * queue what arrived. Every change of state goes through one of the two
 * functions here, which count and trace it; the core has checked it against
 * its state table.
 */
#include <net/xfrm.h>

#include "edu_tcp.h"
#include "trace.h"

static void count_state(const struct edu_net *en, u8 from, u8 to)
{
	if (from)
		this_cpu_dec(en->counters->now[from]);
	if (to)
		this_cpu_inc(en->counters->now[to]);
}

static noinline_for_stack void trace_socket(const struct sock *sk, u8 from, u8 to)
{
	struct edu_flow flow;

	edu_sock_flow(sk, &flow);
	trace_edu_tcp_state(&flow, from, to);
}

static noinline_for_stack void trace_minisock(const struct edu_minisock *mini, u8 from, u8 to)
{
	struct edu_flow flow;

	edu_head_flow(&mini->head, &flow);
	trace_edu_tcp_state(&flow, from, to);
}

/**
 * edu_set_state() - a socket enters a state
 * @sk: the socket, locked
 * @state: the state
 *
 * A socket never is in TIME-WAIT: the minisock that takes its place counts
 * that, and the socket goes to CLOSED in silence.
 */
void edu_set_state(struct sock *sk, u8 state)
{
	const struct edu_net *en = edu_sk(sk)->en;
	u8 from = sk->sk_state;

	if (state != EDU_TIME_WAIT) {
		this_cpu_inc(en->counters->ever[state]);
		if (trace_edu_tcp_state_enabled())
			trace_socket(sk, from, state);
	} else {
		state = EDU_CLOSED;
	}
	count_state(en, from, state);
	inet_sk_set_state(sk, state);
}

/**
 * edu_sock_counted() - a socket comes to be, or goes, in a state
 * @sk: the socket
 * @from: the state it leaves by going, or 0
 * @to: the state in which it begins, or 0
 *
 * A new socket is CLOSED; a child takes over its request's SYN-RECEIVED.
 */
void edu_sock_counted(struct sock *sk, u8 from, u8 to)
{
	const struct edu_net *en = edu_sk(sk)->en;

	count_state(en, from, to);
	if (to)
		this_cpu_inc(en->counters->ever[to]);
}

/**
 * edu_child_established() - a SYN cookie came back: its connection begins in ESTABLISHED
 * @child: its socket, locked
 */
void edu_child_established(struct sock *child)
{
	edu_sock_counted(child, 0, EDU_ESTABLISHED);
	if (trace_edu_tcp_state_enabled())
		trace_socket(child, 0, EDU_ESTABLISHED);
	edu_grow_send_buffer(child);
}

/**
 * edu_minisock_state() - a request or TIME-WAIT begins or ends
 * @mini: the minisock
 * @from: the state it was in, or 0
 * @to: the state it enters; CLOSED when it ends
 */
void edu_minisock_state(struct edu_minisock *mini, u8 from, u8 to)
{
	const struct edu_net *en = edu_net_rcu(mini->head.net);

	this_cpu_inc(en->counters->ever[to]);
	count_state(en, from, to == EDU_CLOSED ? 0 : to);
	if (trace_edu_tcp_state_enabled())
		trace_minisock(mini, from, to);
}

/**
 * edu_drop() - a segment ends here: count it, trace it, free it
 * @net: the namespace
 * @skb: the segment, or NULL if its buffer lives on
 * @flow: its flow
 * @reason: why
 */
void edu_drop(struct net *net, struct sk_buff *skb, const struct edu_flow *flow,
	      enum edu_drop reason)
{
	if (reason) {
		this_cpu_inc(edu_net(net)->counters->drop[reason]);
		trace_edu_tcp_drop(flow, reason);
	}
	if (!skb)
		return;
	if (reason)
		kfree_skb(skb);
	else
		consume_skb(skb);
}

/* Text that was acknowledged: its buffers go back to the send buffer. */
static void free_released(struct sock *sk, struct list_head *chain)
{
	struct edu_node *node, *next;

	list_for_each_entry_safe(node, next, chain, link) {
		struct sk_buff *skb = edu_skb(node);

		skb->dev = NULL;	/* the tree's links lay over it */
		sk_wmem_queued_add(sk, -skb->truesize);
		sk_mem_uncharge(sk, skb->truesize);
		__kfree_skb(skb);
	}
}

static void free_unwanted(struct list_head *chain)
{
	struct edu_node *node, *next;

	list_for_each_entry_safe(node, next, chain, link) {
		struct sk_buff *skb = edu_skb(node);

		skb->dev = NULL;	/* the tree's links lay over it */
		kfree_skb(skb);
	}
}

static void queue_ready(struct sock *sk, struct list_head *chain)
{
	struct edu_node *node, *next;

	list_for_each_entry_safe(node, next, chain, link) {
		struct sk_buff *skb = edu_skb(node);

		skb->dev = NULL;
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	}
}

/* The user who waits in connect(), or polls for it. */
static void wake_connected(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

static void peer_finished(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	/* POLL_HUP is only for both directions */
	if (sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE)
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
	else
		sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

/* The user gets @err; after a timeout, rather why the peer could not be reached. */
static void report_error(struct sock *sk, int err)
{
	int soft = READ_ONCE(sk->sk_err_soft);

	WRITE_ONCE(sk->sk_err, err == ETIMEDOUT && soft ? soft : err);
	smp_wmb();	/* pairs with poll's smp_rmb() */
	sk_error_report(sk);
}

static noinline_for_stack void reply(struct sock *sk, const struct edu_todo *todo)
{
	struct edu_flow flow;

	edu_sock_flow(sk, &flow);
	edu_send_reply(sock_net(sk), &flow, NULL, NULL, sk, todo);
}

/**
 * edu_apply() - do what the core asks, for a full socket
 * @sk: the socket, locked; afterwards it may be dead and only kept by the
 *	caller's reference
 * @todo: what the core asked; segments with a TCB behind them are edu_push()'s, and so is
 *	the timer: it is to follow, unless the connection is over
 */
void edu_apply(struct sock *sk, struct edu_todo *todo)
{
	struct edu_sock *es = edu_sk(sk);
	bool time_wait = false;
	unsigned int i;

	edu_mib_counted(es->en, todo->counted);
	if (todo->reply)
		reply(sk, todo);
	/* The peer's SYN: where its text begins, though our user may close before we connect. */
	if (sk->sk_state == TCP_SYN_SENT && todo->npath && todo->path[0] != EDU_CLOSED)
		WRITE_ONCE(es->copied_seq, es->tcb.irs + 1);
	for (i = 0; i < todo->npath; i++) {
		if (todo->path[i] == EDU_TIME_WAIT) {
			/* Its last ACK goes while there is a TCB to send it. */
			edu_push(sk, edu_now());
			time_wait = true;
			es->tcb.state = EDU_CLOSED;
			if (!edu_time_wait_enter(sk))
				todo->path[i] = EDU_CLOSED;
		}
		edu_set_state(sk, todo->path[i]);
	}

	if (!list_empty(&todo->released))
		free_released(sk, &todo->released);
	if (!list_empty(&todo->unwanted))
		free_unwanted(&todo->unwanted);
	if (!list_empty(&todo->ready))
		queue_ready(sk, &todo->ready);

	if (todo->events & EDU_EV_ACKED) {
		/* The peer was reached, whatever ICMP said, and by that way (RFC 4861 7.3.1). */
		WRITE_ONCE(sk->sk_err_soft, 0);
		sk_dst_confirm(sk);
	}
	if (todo->events & EDU_EV_R1)
		sk_dst_reset(sk);	/* MUST-20: look for another route */
	if (todo->events & EDU_EV_CONNECTED) {
		edu_grow_send_buffer(sk);
		wake_connected(sk);
	}
	if ((todo->events & EDU_EV_READABLE) && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	if ((todo->events & EDU_EV_ACKED) && sk->sk_socket &&
	    test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		edu_grow_send_buffer(sk);
		edu_write_space(sk);
	}
	if (todo->events & EDU_EV_FIN)
		peer_finished(sk);
	if (todo->events & EDU_EV_CLOSED || time_wait) {
		if (todo->err)
			report_error(sk, todo->err);
		/* Text that nobody can be told was lost any more */
		edu_purge_write_queue(sk);
		edu_timer_stop(sk);
		edu_sock_done(sk);
	}
}
