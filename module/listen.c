// SPDX-License-Identifier: GPL-2.0
/* Listeners and their accept queues: listen() and accept(), and who listens where. */
#include <linux/hash.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>

#include "edu_tcp.h"

#define LISTENER_HASH_BITS	8

static struct hlist_head listeners[1 << LISTENER_HASH_BITS];
static DEFINE_SPINLOCK(listeners_lock);
static atomic_t last_serial = ATOMIC_INIT(0);

static struct hlist_head *chain_of(const struct net *net, u16 port)
{
	return &listeners[hash_32(net_hash_mix(net) ^ port, LISTENER_HASH_BITS)];
}

/* ---- Finding one ---- */

/* Whether a listener is bound to a flow's address: yes, not at all (0), to another (-1). */
static int bound_to(const struct sock *sk, const struct edu_flow *flow)
{
	if (flow->family == AF_INET) {
		__be32 addr = inet_sk(sk)->inet_rcv_saddr;

		if (ipv6_only_sock(sk) || (addr && addr != flow->laddr.v4))
			return -1;
		return !!addr;
	}
	if (sk->sk_family != AF_INET6)
		return -1;
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return 0;
	return ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &flow->laddr.v6) ? 1 : -1;
}

/*
 * How well a listener fits; 0: not at all. As in Linux a certain address is
 * better than a certain device, and that than the flow's own family.
 */
static int score(const struct sock *sk, const struct edu_flow *flow)
{
	int bound = bound_to(sk, flow);

	if (sk->sk_state != TCP_LISTEN || sock_net(sk) != flow->net ||
	    inet_sk(sk)->inet_num != ntohs(flow->lport) || bound < 0)
		return 0;
	if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != flow->dev &&
	    sk->sk_bound_dev_if != flow->l3dev)
		return 0;
	return 1 + (sk->sk_family == flow->family) + 2 * !!sk->sk_bound_dev_if + 4 * bound;
}

/**
 * edu_listener_find() - who listens where a flow ends
 * @flow: as an arrived segment shows it
 *
 * Of several that fit equally well (SO_REUSEPORT) the flow's hash chooses.
 *
 * Context: under rcu_read_lock(); the listener stays as long as that is held.
 *
 * Return: the listener, or NULL.
 */
struct sock *edu_listener_find(const struct edu_flow *flow)
{
	struct sock *best = NULL;
	struct edu_sock *es;
	int best_score = 0;
	u32 hash = 0, n = 0;

	hlist_for_each_entry_rcu(es, chain_of(flow->net, ntohs(flow->lport)), listener_node) {
		struct sock *sk = &es->inet.sk;
		int s = score(sk, flow);

		if (s > best_score) {
			best = sk;
			best_score = s;
			n = 1;
		} else if (s > 0 && s == best_score && sk->sk_reuseport) {
			hash = hash_32(n++ == 1 ? edu_flow_hash(flow) : hash, 32);
			if (!reciprocal_scale(hash, n))
				best = sk;
		}
	}
	return best;
}

/**
 * edu_listeners_walk() - visit the listeners of a namespace
 * @net: the namespace
 * @fn: called under rcu_read_lock()
 * @arg: for @fn
 */
void edu_listeners_walk(struct net *net, void (*fn)(struct sock *sk, void *arg), void *arg)
{
	struct edu_sock *es;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(listeners); i++)
		hlist_for_each_entry_rcu(es, &listeners[i], listener_node)
			if (sock_net(&es->inet.sk) == net)
				fn(&es->inet.sk, arg);
	rcu_read_unlock();
}

/**
 * edu_listener_next() - the next listener of a namespace, for a listing that comes in pieces
 * @net: the namespace
 * @place: where the listing is
 *
 * Context: under rcu_read_lock(); that may be given up between two calls.
 *
 * Return: the listener's head, or NULL after the last.
 */
struct edu_head *edu_listener_next(const struct net *net, struct edu_place *place)
{
	struct edu_sock *es;
	u32 n;

	for (; place->bucket < ARRAY_SIZE(listeners); place->bucket++, place->index = 0) {
		n = 0;
		hlist_for_each_entry_rcu(es, &listeners[place->bucket], listener_node) {
			if (n++ < place->index)
				continue;
			place->index = n;
			if (sock_net(&es->inet.sk) == net)
				return &es->head;
		}
	}
	return NULL;
}

/**
 * edu_listener_of() - the listener that a request came from, if it still listens
 * @req: the request
 *
 * Context: under rcu_read_lock(); the listener stays as long as that is held.
 *
 * Return: the listener, or NULL.
 */
struct sock *edu_listener_of(const struct edu_minisock *req)
{
	struct hlist_head *chain = chain_of(req->head.net, ntohs(req->head.lport));
	struct edu_sock *es;

	hlist_for_each_entry_rcu(es, chain, listener_node)
		if (es->serial == req->listener)
			return &es->inet.sk;
	return NULL;
}

/* ---- The accept queue ---- */

/**
 * edu_listener_queue() - put a new connection where accept() finds it
 * @listener: the listener; not locked
 * @child: the connection's socket
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: false if the listener was closed meanwhile.
 */
bool edu_listener_queue(struct sock *listener, struct sock *child)
{
	struct edu_sock *es = edu_sk(listener);
	bool listens;

	spin_lock(&es->accept_lock);
	listens = listener->sk_state == TCP_LISTEN;
	if (listens) {
		list_add_tail(&edu_sk(child)->accept, &es->accept_queue);
		sk_acceptq_added(listener);
	}
	spin_unlock(&es->accept_lock);
	return listens;
}

/* ---- User calls ---- */

/**
 * edu_listen() - listen(), for stream sockets of our own
 * @sock: the socket
 * @backlog: how many may wait for accept(); at most somaxconn already
 *
 * Return: 0 or a negative errno.
 */
int edu_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct edu_sock *es = edu_sk(sk);
	struct edu_todo todo;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM ||
	    (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state == TCP_LISTEN)
		goto out;

	err = -EADDRINUSE;
	if (!es->port && edu_get_port(sk, 0))
		goto out;
	if (!edu_port_listen(sk))
		goto out;
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	sk_dst_reset(sk);
	WRITE_ONCE(es->af, edu_af_of(sk->sk_family));
	sk->sk_ack_backlog = 0;
	atomic_set(&es->half_open, 0);
	es->flood_told = 0;
	es->cookies_until = 0;
	es->serial = atomic_inc_return(&last_serial);

	edu_todo_init(&todo);
	edu_tcb_reset(&es->tcb);
	edu_open_passive(&es->tcb, &todo);
	edu_apply(sk, &todo);

	spin_lock_bh(&listeners_lock);
	hlist_add_head_rcu(&es->listener_node, chain_of(sock_net(sk), inet_sk(sk)->inet_num));
	spin_unlock_bh(&listeners_lock);
	err = 0;
out:
	release_sock(sk);
	return err;
}

/**
 * edu_listen_stop() - CLOSE in LISTEN (3.10.4): what was not accepted is reset
 * @sk: the listener, locked
 */
void edu_listen_stop(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk), *child, *next;
	struct edu_todo todo;
	LIST_HEAD(waiting);

	spin_lock_bh(&listeners_lock);
	hlist_del_init_rcu(&es->listener_node);
	spin_unlock_bh(&listeners_lock);

	edu_todo_init(&todo);
	edu_closed(&es->tcb, 0, &todo);
	spin_lock_bh(&es->accept_lock);
	edu_set_state(sk, EDU_CLOSED);
	list_splice_init(&es->accept_queue, &waiting);
	spin_unlock_bh(&es->accept_lock);

	list_for_each_entry_safe(child, next, &waiting, accept) {
		struct sock *csk = &child->inet.sk;

		list_del_init(&child->accept);
		local_bh_disable();
		bh_lock_sock(csk);
		sock_hold(csk);
		edu_child_abort(csk);
		bh_unlock_sock(csk);
		local_bh_enable();
		sock_put(csk);
		cond_resched();
	}
	sk->sk_ack_backlog = 0;
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		edu_put_port(sk);
}

static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err = 0;

	add_wait_queue_exclusive(sk_sleep(sk), &wait);
	while (list_empty(&edu_sk(sk)->accept_queue)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = 0;
		if (!list_empty(&edu_sk(sk)->accept_queue))
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
		err = 0;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/* accept() (proto.accept): the oldest connection that waits, or NULL with the error set */
struct sock *edu_accept(EDU_ACCEPT_ARGS)
{
	struct edu_sock *es = edu_sk(sk), *child;
	struct sock *csk = NULL;
	long timeo;
	int err;

	lock_sock(sk);
	err = -EINVAL;
	if (sk->sk_state != TCP_LISTEN)
		goto out;
	timeo = sock_rcvtimeo(sk, EDU_ACCEPT_FLAGS & O_NONBLOCK);
	err = 0;
	if (list_empty(&es->accept_queue))
		err = timeo ? wait_for_child(sk, timeo) : -EAGAIN;
	if (err)
		goto out;

	spin_lock_bh(&es->accept_lock);
	child = list_first_entry_or_null(&es->accept_queue, struct edu_sock, accept);
	if (child) {
		list_del_init(&child->accept);
		sk_acceptq_removed(sk);
		csk = &child->inet.sk;
	}
	spin_unlock_bh(&es->accept_lock);
	err = csk ? 0 : -EAGAIN;
out:
	release_sock(sk);
	EDU_ACCEPT_ERR = err;
	return csk;
}
