// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints for who lists them: what edu_tcp_diag.ko may know and do. It is a module of its
 * own because it needs inet_diag, which this one shall not.
 */
#include <linux/module.h>

#include "edu_tcp.h"

/* As Linux counts for ss: our SYN and FIN are sequence numbers to be acknowledged, too. */
static void look_at_queues(const struct sock *sk, struct edu_look *look)
{
	const struct edu_sock *es = edu_sk(sk);
	const struct edu_tcb *t = &es->tcb;

	if (sk->sk_state == TCP_LISTEN) {
		look->recvq = READ_ONCE(sk->sk_ack_backlog);
		look->sendq = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	look->sendq = t->write_seq + t->fin_queued - t->snd_una;
	if (t->state != EDU_SYN_SENT && t->state != EDU_SYN_RECEIVED)
		look->recvq = t->rcv_nxt - es->copied_seq;
	look->recvq -= look->recvq && sock_flag(sk, SOCK_DONE);
}

/**
 * edu_endpoint_next() - the next endpoint of a namespace: listeners first
 * @net: the namespace
 * @place: where the listing is
 *
 * Context: under rcu_read_lock(); that may be given up between two calls.
 *
 * Return: the endpoint, valid as long as the lock is held; NULL after the last; -EAGAIN
 * after much that was empty: go on, when others had their turn.
 */
struct edu_head *edu_endpoint_next(const struct net *net, struct edu_place *place)
{
	struct edu_head *head = NULL;

	if (place->stage == EDU_PLACE_LISTENERS) {
		head = edu_listener_next(net, place);
		if (head)
			return head;
		place->stage = EDU_PLACE_TABLE;
		place->bucket = 0;
	}
	if (place->stage == EDU_PLACE_TABLE)
		head = edu_table_next(net, place);
	if (!head)
		place->stage = EDU_PLACE_END;
	return head;
}
EXPORT_SYMBOL_GPL(edu_endpoint_next);

/**
 * edu_endpoint_find() - the endpoint of a flow, or who listens there
 * @flow: the flow
 *
 * Context: under rcu_read_lock(), until the caller is done with a minisock.
 *
 * Return: the endpoint, or NULL. A socket has been given a reference.
 */
struct edu_head *edu_endpoint_find(const struct edu_flow *flow)
{
	struct edu_head *head = edu_table_find(flow);
	struct sock *sk;

	if (head)
		return head;
	sk = edu_listener_find(flow);
	if (!sk || !refcount_inc_not_zero(&sk->sk_refcnt))
		return NULL;
	return &edu_sk(sk)->head;
}
EXPORT_SYMBOL_GPL(edu_endpoint_find);

/**
 * edu_endpoint_flow() - the flow of a minisock
 * @head: the minisock's
 * @flow: filled in
 */
void edu_endpoint_flow(const struct edu_head *head, struct edu_flow *flow)
{
	edu_head_flow(head, flow);
}
EXPORT_SYMBOL_GPL(edu_endpoint_flow);

/* Of the timers that run, the one that says most: a retransmission before a delayed ACK. */
static void look_at_timers(const struct edu_tcb *t, struct edu_look *look)
{
	static const u8 order[] = {
		EDU_TIMER_REORDER, EDU_TIMER_PROBE, EDU_TIMER_RTO, EDU_TIMER_PERSIST,
		EDU_TIMER_KEEPALIVE, EDU_TIMER_FIN_WAIT_2, EDU_TIMER_DELACK,
	};
	u64 now = edu_now(), at;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(order) != EDU_TIMERS);
	look->timer = EDU_TIMERS;
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		at = t->deadline[order[i]];
		if (at == EDU_NEVER)
			continue;
		look->timer = order[i];
		look->left = at > now ? div_u64(at - now, EDU_MSEC) : 0;
		break;
	}
	if (look->timer == EDU_TIMER_PERSIST)
		look->retries = t->probes;
	else if (look->timer == EDU_TIMER_KEEPALIVE)
		look->retries = t->keepalive_sent;
	else if (look->timer <= EDU_TIMER_PROBE)
		look->retries = t->retries;
}

/**
 * edu_sock_look() - what there is to say of a socket
 * @sk: the socket; not locked
 * @look: filled in
 * @info: filled in as TCP_INFO, or NULL
 *
 * Context: process.
 */
void edu_sock_look(struct sock *sk, struct edu_look *look, struct tcp_info *info)
{
	const struct edu_sock *es = edu_sk(sk);
	bool slow;

	memset(look, 0, sizeof(*look));
	slow = lock_sock_fast(sk);
	look->state = sk->sk_state;
	look->cong = es->tcb.cong->name;
	look_at_queues(sk, look);
	look_at_timers(&es->tcb, look);
	if (info)
		edu_fill_info(sk, info);
	unlock_sock_fast(sk, slow);
}
EXPORT_SYMBOL_GPL(edu_sock_look);

/*
 * A socket's cookie is kept in it; a million TIME-WAITs shall not be larger for theirs. The
 * place and a sequence number that stays tell it from who had that place, or this flow.
 */
static u64 cookie_of(const struct edu_minisock *mini)
{
	/* 0 is none */
	return siphash_2u64((uintptr_t)mini, mini->conn.snd_una, &edu_secret) | 1;
}

/**
 * edu_minisock_look() - what there is to say of a request or TIME-WAIT
 * @mini: it
 * @look: filled in
 *
 * Context: under rcu_read_lock().
 */
void edu_minisock_look(const struct edu_minisock *mini, struct edu_look *look)
{
	memset(look, 0, sizeof(*look));
	look->state = mini->head.kind == EDU_TIMEWAIT ? EDU_TIME_WAIT : EDU_SYN_RECEIVED;
	look->timer = EDU_TIMERS;
	look->left = jiffies_to_msecs(edu_minisock_left(mini));
	look->cookie = cookie_of(mini);
	if (mini->head.kind == EDU_REQUEST)
		look->retries = READ_ONCE(mini->request.retries);
}
EXPORT_SYMBOL_GPL(edu_minisock_look);

/**
 * edu_minisock_destroy() - SOCK_DESTROY: a request or TIME-WAIT ends, without a word
 * @mini: it
 *
 * Context: process, under rcu_read_lock().
 */
void edu_minisock_destroy(struct edu_minisock *mini)
{
	local_bh_disable();
	edu_minisock_end(mini);
	local_bh_enable();
}
EXPORT_SYMBOL_GPL(edu_minisock_destroy);
