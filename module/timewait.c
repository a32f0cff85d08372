// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT (RFC 9293 3.6): for twice the maximum segment lifetime a minisock
 * acknowledges the peer's FIN as often as it comes, and keeps what is left of
 * the connection in the network from being taken for a part of the next one.
 */
#include <net/inet_ecn.h>
#include <net/xfrm.h>

#include "edu_tcp.h"
#include "trace.h"

/* How many may wait: then the oldest protection is given up for the newest. */
static bool too_many(struct edu_net *en)
{
	return atomic_read(&en->time_waits) >= READ_ONCE(en->max_tw_buckets);
}

/**
 * edu_time_wait_enter() - a connection in TIME-WAIT becomes a minisock
 * @sk: the socket, locked; the TCB has just entered TIME-WAIT
 *
 * The socket itself is CLOSED afterwards, in the user's hands or freed. If
 * there is no memory, or there are too many, the wait is left out.
 *
 * Return: whether there is a minisock now.
 */
bool edu_time_wait_enter(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_net *en = es->en;
	struct edu_minisock *tw = NULL;
	struct edu_flow flow;
	int err;

	if (READ_ONCE(en->lab.no_time_wait))
		return false;
	edu_sock_flow(sk, &flow);
	flow.way = edu_sock_way(sk);
	if (!too_many(en))
		tw = edu_minisock_alloc(&flow, EDU_TIMEWAIT);
	if (!tw) {
		edu_mib_inc(en, TCPTimeWaitOverflow);
		return false;
	}
	tw->conn = es->tcb.conn;
	tw->tos = es->af->tos(sk);
	tw->mark = sk->sk_mark;
	tw->priority = sk->sk_priority;
	tw->txhash = sk->sk_txhash;
	edu_port_to_timewait(sk, tw);

	local_bh_disable();
	rcu_read_lock();
	err = edu_table_replace(&es->head, &tw->head);
	/* Only its owner takes a socket out of the table. */
	if (WARN_ON_ONCE(err)) {
		edu_port_leave_timewait(tw);
		edu_minisock_free(tw);
	} else {
		es->hashed = 0;
		atomic_inc(&en->time_waits);
		edu_minisock_state(tw, 0, EDU_TIME_WAIT);
		edu_minisock_enter(tw, EDU_WAIT_2MSL);
	}
	rcu_read_unlock();
	local_bh_enable();
	return !err;
}

/* Out of the table and of its queue. */
static void ended(struct edu_minisock *tw)
{
	edu_minisock_state(tw, EDU_TIME_WAIT, EDU_CLOSED);
	edu_port_leave_timewait(tw);
	atomic_dec(&edu_net_rcu(tw->head.net)->time_waits);
	edu_minisock_free(tw);
}

/**
 * edu_time_wait_end() - 2MSL are over, or the wait is cut short
 * @tw: the TIME-WAIT
 *
 * Context: softirq or BH off, under rcu_read_lock().
 *
 * Return: true for the one caller who ended it.
 */
bool edu_time_wait_end(struct edu_minisock *tw)
{
	if (!edu_minisock_leave(tw))
		return false;
	ended(tw);
	return true;
}

/* net.edu_tcp.tw_reuse: 0 never, 1 always, 2 where both ends are on this machine */
static bool reuse_allowed(const struct edu_flow *flow)
{
	switch (READ_ONCE(edu_net(flow->net)->time_wait_reuse)) {
	case 0:
		return false;
	case 1:
		return true;
	}
	if (flow->family == AF_INET)
		return ipv4_is_loopback(flow->faddr.v4);
	return ipv6_addr_loopback(&flow->faddr.v6);
}

/**
 * edu_time_wait_reuse() - an active open takes the place of a TIME-WAIT of the same flow
 * @head: the new connection's, initialised, not in the table
 *
 * Return: 0, or -EADDRNOTAVAIL if there is no such TIME-WAIT, or it is too early.
 */
int edu_time_wait_reuse(struct edu_head *head)
{
	struct edu_minisock *tw;
	int err = -EADDRNOTAVAIL;
	struct edu_head *old;
	struct edu_flow flow;

	edu_head_flow(head, &flow);
	if (!reuse_allowed(&flow))
		return err;
	local_bh_disable();
	rcu_read_lock();
	old = edu_table_find(&flow);
	if (old && old->kind == EDU_SOCKET) {
		sock_put(edu_sock_of(old));
	} else if (old && old->kind == EDU_TIMEWAIT) {
		tw = edu_minisock_of(old);
		if (edu_ts_may_reuse(&tw->conn, edu_now()) && !edu_table_replace(old, head)) {
			edu_mib_inc(edu_net_rcu(flow.net), TWRecycled);
			edu_minisock_dequeue(tw);
			ended(tw);
			err = 0;
		}
	}
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/**
 * edu_time_wait_rcv() - a segment arrives for TIME-WAIT
 * @tw: the TIME-WAIT
 * @skb: the segment; taken, unless the answer is true
 * @seg: the same, read
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: true if the TIME-WAIT gave way to a SYN, which is for who has the flow now: a listener,
 * or the request that another CPU made.
 */
bool edu_time_wait_rcv(struct edu_minisock *tw, struct sk_buff *skb,
		       const struct edu_segment *seg)
{
	struct net *net = tw->head.net;
	struct edu_flow flow;
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_head_flow(&tw->head, &flow);
	if (!xfrm_policy_check(NULL, XFRM_POLICY_IN, skb, flow.family)) {
		edu_drop(net, skb, &flow, EDU_DROP_POLICY);
		return false;
	}
	edu_arrives_time_wait(&tw->conn, seg, edu_now(), &todo);

	if (todo.events & EDU_EV_SYN) {
		struct sock *listener = edu_listener_find(&flow);

		if (listener) {
			if (edu_time_wait_end(tw))
				edu_mib_inc(edu_net_rcu(net), TWKilled);
			return true;
		}
		todo.drop = EDU_DROP_TIME_WAIT;
	}
	if (todo.events & EDU_EV_2MSL)
		edu_minisock_enter(tw, EDU_WAIT_2MSL);
	if (todo.reply && edu_minisock_answers(tw, seg))
		edu_send_reply(net, &flow, skb, tw, NULL, &todo);
	edu_mib_counted(edu_net_rcu(net), todo.counted);
	edu_drop(net, skb, &flow, todo.drop);
	return false;
}
