// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners, their half-open requests and their accept queues. A SYN is
 * answered under RCU alone: nobody takes the listener's lock for it. A request
 * remembers its listener by serial number and finds it again when it needs it,
 * so that no request keeps a closed listener alive.
 */
#include <linux/hash.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/netns/hash.h>
#include <net/request_sock.h>

#include "edu_tcp.h"
#include "trace.h"

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
			hash = edu_flow_hash(flow);
		} else if (s > 0 && s == best_score && sk->sk_reuseport) {
			n++;
			hash = hash_32(hash, 32);
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

/* The listener that a request came from, if it still listens. */
static struct sock *listener_of(const struct edu_minisock *req)
{
	struct hlist_head *chain = chain_of(req->head.net, ntohs(req->head.lport));
	struct edu_sock *es;

	hlist_for_each_entry_rcu(es, chain, listener_node)
		if (es->serial == req->listener)
			return &es->inet.sk;
	return NULL;
}

/* ---- Half-open requests ---- */

/* Ask the security modules, who know connections by struct request_sock. */
static bool security_admits(struct sock *listener, struct sk_buff *skb, u16 family)
{
	struct request_sock_ops ops = { .family = family };
	struct inet_request_sock ireq = { };

	ireq.req.rsk_ops = &ops;
	ireq.req.rsk_listener = NULL;
	return !security_inet_conn_request(listener, skb, &ireq.req);
}

static enum edu_drop queues_full(struct sock *listener)
{
	struct net *net = sock_net(listener);
	int half_open = atomic_read(&edu_sk(listener)->half_open);

	if (sk_acceptq_is_full(listener)) {
		edu_mib_inc(net, ListenOverflows);
		return EDU_DROP_ACCEPT_QUEUE_FULL;
	}
	if (half_open >= READ_ONCE(listener->sk_max_ack_backlog) ||
	    half_open >= READ_ONCE(edu_net(net)->max_syn_backlog)) {
		edu_mib_inc(net, TCPReqQFullDrop);
		return EDU_DROP_REQUEST_QUEUE_FULL;
	}
	return EDU_DROP_NONE;
}

/* The flow of a request: where its segments go, and where it will be found. */
static void request_flow(struct edu_flow *mine, const struct sock *listener,
			 const struct sk_buff *skb, const struct edu_flow *flow)
{
	*mine = *flow;
	mine->label = edu_af_of(flow->family)->label_of_skb(listener, skb);
	mine->bound = listener->sk_bound_dev_if ?: flow->l3dev;
	/* A link-local address is one only on its own link, whatever its VRF (RFC 4007). */
	if (flow->family == AF_INET6 && mine->bound == flow->l3dev &&
	    ipv6_addr_type(&flow->faddr.v6) & IPV6_ADDR_LINKLOCAL)
		mine->bound = flow->dev;
}

/* The third step of LISTEN: a SYN becomes a half-open request. */
static enum edu_drop new_request(struct sock *listener, struct sk_buff *skb,
				 const struct edu_segment *seg, const struct edu_flow *flow)
{
	const struct edu_af *af = edu_af_of(flow->family);
	struct edu_sock *es = edu_sk(listener);
	struct net *net = flow->net;
	struct ip_options_rcu *way;
	struct edu_minisock *req;
	struct dst_entry *dst;
	struct edu_flow mine;
	enum edu_drop reason;

	reason = queues_full(listener);
	if (reason)
		return reason;
	if (!security_admits(listener, skb, flow->family))
		return EDU_DROP_FILTER;
	request_flow(&mine, listener, skb, flow);
	way = af->return_route(skb);
	mine.way = way;
	req = edu_minisock_alloc(&mine, EDU_REQUEST);
	kfree(way);
	if (!req)
		return EDU_DROP_NO_MEMORY;

	edu_request_init(&req->request, seg, &edu_net(net)->params,
			 edu_lab_iss(net, af->iss(flow)), edu_ts_offset(flow),
			 edu_rcv_buff(listener), edu_offered_wscale(listener), edu_now());
	req->request.defer = READ_ONCE(es->tcb.defer_accept);
	req->listener = es->serial;
	req->tos = af->tos(listener);
	req->mark = inet_request_mark(listener, skb);
	req->priority = listener->sk_priority;
	req->txhash = net_tx_rndhash();

	dst = edu_synack_route(listener, req);
	if (IS_ERR(dst)) {
		edu_minisock_free(req);
		return EDU_DROP_BAD_ADDRESS;
	}
	if (edu_table_insert(&req->head)) {
		dst_release(dst);
		edu_minisock_free(req);
		return EDU_DROP_NO_MEMORY;
	}
	atomic_inc(&es->half_open);
	edu_minisock_state(req, 0, EDU_SYN_RECEIVED);
	edu_minisock_enter(req, EDU_WAIT_SYNACK);
	/* If this one is lost, the timer sends another. */
	edu_send_synack(listener, req, dst, false);
	return EDU_DROP_NONE;
}

/**
 * edu_listener_rcv() - a segment arrives for a listener
 * @listener: the listener; not locked
 * @skb: the segment; taken
 * @seg: the same, read
 * @flow: its flow
 *
 * Context: softirq, under rcu_read_lock().
 */
void edu_listener_rcv(struct sock *listener, struct sk_buff *skb,
		      const struct edu_segment *seg, const struct edu_flow *flow)
{
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_arrives_listen(seg, &todo);
	if (todo.events & EDU_EV_SYN)
		todo.drop = new_request(listener, skb, seg, flow);
	if (todo.drop && (seg->flags & EDU_SYN)) {
		edu_mib_inc(flow->net, ListenDrops);
		sk_drops_inc(listener);
	}
	if (todo.reply)
		edu_send_reply(flow->net, flow, skb, NULL, NULL, &todo);
	edu_drop(flow->net, skb, flow, todo.drop);
}

/* A request has left the table: the rest of its end. */
static void request_gone(struct edu_minisock *req, struct sock *listener)
{
	edu_minisock_dequeue(req);
	if (listener)
		atomic_dec(&edu_sk(listener)->half_open);
	edu_minisock_free(req);
}

/**
 * edu_request_end() - a request comes to nothing
 * @req: the request
 *
 * Context: softirq or BH off, under rcu_read_lock().
 */
void edu_request_end(struct edu_minisock *req)
{
	if (!edu_table_remove(&req->head))
		return;
	edu_minisock_state(req, EDU_SYN_RECEIVED, EDU_CLOSED);
	request_gone(req, listener_of(req));
}

static void send_synack_again(struct sock *listener, struct edu_minisock *req)
{
	edu_send_synack(listener, req, edu_synack_route(listener, req), true);
}

/**
 * edu_request_retry() - a request has waited long enough for its ACK, or for text
 * @req: the request, out of its queue
 *
 * Context: softirq, under rcu_read_lock().
 */
void edu_request_retry(struct edu_minisock *req)
{
	struct sock *listener = listener_of(req);
	struct net *net = req->head.net;
	u8 most;

	if (listener) {
		most = edu_sk(listener)->tcb.syn_retries ?: edu_net(net)->params.synack_retries;
		if (edu_request_timeout(&req->request, most)) {
			edu_minisock_enter(req, min_t(u32, EDU_WAIT_SYNACK +
						      req->request.retries,
						      EDU_WAIT_SYNACK_LAST));
			if (!edu_request_asks_again(&req->request))
				return;
			edu_mib_inc(net, TCPTimeouts);
			send_synack_again(listener, req);
			return;
		}
	}
	edu_mib_inc(net, AttemptFails);
	edu_request_end(req);
}

/* ---- From request to socket ---- */

/* What the SYN's source route says goes for the connection, too. */
static bool inherit_way(struct sock *child, const struct ip_options_rcu *way)
{
	struct ip_options_rcu *copy;

	if (!way)
		return true;
	copy = kmemdup(way, sizeof(*way) + way->opt.optlen, GFP_ATOMIC | __GFP_NOWARN);
	RCU_INIT_POINTER(inet_sk(child)->inet_opt, copy);
	return copy;
}

/* A clone of the listener that knows its peer. NULL: no memory. Locked, with two references. */
static struct sock *make_child(struct sock *listener, struct edu_minisock *req,
			       struct sk_buff *skb, const struct edu_flow *flow)
{
	struct sock *child = sk_clone_lock(listener, GFP_ATOMIC);
	struct dst_entry *dst;
	struct edu_sock *es;

	if (!child)
		return NULL;
	es = edu_sk(child);
	edu_sock_from_listener(child, listener);
	edu_af_of(listener->sk_family)->child_init(child, listener, flow, skb);
	child->sk_bound_dev_if = req->head.bound;
	child->sk_mark = req->mark;
	child->sk_txhash = req->txhash;
	edu_head_init(&es->head, flow, EDU_SOCKET);

	if (!inherit_way(child, edu_minisock_way(req))) {
		edu_child_free(child);
		return NULL;
	}
	dst = es->af->route_of(child);
	if (!dst || edu_port_inherit(child)) {
		edu_child_free(child);
		return NULL;
	}
	es->tcb.adv_mss = edu_advertised_mss(dst, es->af, es->user_mss);
	edu_sync_mss(child, dst_mtu(dst));
	edu_open_from_request(&es->tcb, &req->request, es->tcb.path_mss, edu_now());
	es->copied_seq = es->tcb.irs + 1;
	inet_sk_set_state(child, TCP_SYN_RECV);
	return child;
}

/* Put a child where accept() finds it, unless the listener was closed meanwhile. */
static bool queue_for_accept(struct sock *listener, struct sock *child)
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

/* Somebody else was faster, or memory is short: the child never was. */
static enum edu_drop no_child(struct sock *listener, enum edu_drop reason)
{
	edu_mib_inc(sock_net(listener), ListenDrops);
	return reason;
}

/* The ACK of our SYN,ACK: SYN-RECEIVED becomes a socket, which then has the segment. */
static enum edu_drop accept_request(struct sock *listener, struct edu_minisock *req,
				    struct sk_buff *skb, const struct edu_segment *seg,
				    const struct edu_flow *flow)
{
	struct net *net = flow->net;
	struct sock *child;

	if (sk_acceptq_is_full(listener)) {
		edu_mib_inc(net, ListenOverflows);
		return no_child(listener, EDU_DROP_ACCEPT_QUEUE_FULL);
	}
	child = make_child(listener, req, skb, flow);
	if (!child)
		return no_child(listener, EDU_DROP_NO_MEMORY);
	if (edu_table_replace(&req->head, &edu_sk(child)->head)) {
		edu_child_free(child);
		return no_child(listener, EDU_DROP_LISTENER_GONE);
	}
	edu_sk(child)->hashed = 1;
	request_gone(req, listener);
	edu_mib_inc(net, PassiveOpens);

	if (!queue_for_accept(listener, child)) {
		edu_child_abort(child);
		edu_child_put(child);
		return EDU_DROP_LISTENER_GONE;
	}
	edu_segment(child, skb, seg);
	edu_child_put(child);
	listener->sk_data_ready(listener);
	return EDU_DROP_NONE;
}

/**
 * edu_request_rcv() - a segment arrives for a half-open request
 * @req: the request
 * @skb: the segment; taken, unless the answer is true
 * @seg: the same, read
 * @flow: its flow
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: true if the request's listener is gone, and the segment is for
 * whoever listens now.
 */
bool edu_request_rcv(struct edu_minisock *req, struct sk_buff *skb,
		     const struct edu_segment *seg, const struct edu_flow *flow)
{
	/* A copy: other CPUs may look at the same request now. */
	struct edu_request r = req->request;
	struct sock *listener = listener_of(req);
	struct net *net = flow->net;
	struct edu_todo todo;
	enum edu_drop reason;

	if (!listener) {
		edu_request_end(req);
		return true;
	}
	if (!edu_admitted(listener, skb, flow, &reason)) {
		edu_drop(net, skb, flow, reason);
		return false;
	}

	edu_todo_init(&todo);
	edu_arrives_request(&r, seg, edu_now(), &todo);
	edu_mib_counted(net, todo.counted);
	if (todo.events & EDU_EV_ACCEPT) {
		todo.drop = accept_request(listener, req, skb, seg, flow);
		if (!todo.drop)
			return false;
		if (todo.drop == EDU_DROP_ACCEPT_QUEUE_FULL &&
		    READ_ONCE(edu_net(net)->abort_on_overflow)) {
			edu_arrives_closed(seg, &todo);
			todo.drop = EDU_DROP_ACCEPT_QUEUE_FULL;
			edu_request_end(req);
		}
	}
	if (todo.events & EDU_EV_SYNACK)
		send_synack_again(listener, req);
	if (todo.events & EDU_EV_DEFERRED) {
		edu_mib_inc(net, TCPDeferAcceptDrop);
		WRITE_ONCE(req->request.acked, true);
	}
	if (todo.reply && ((todo.reply & EDU_RST) || edu_minisock_answers(req, seg)))
		edu_send_reply(net, flow, skb, req, NULL, &todo);
	if (todo.events & EDU_EV_CLOSED)
		edu_request_end(req);
	edu_drop(net, skb, flow, todo.drop);
	return false;
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
