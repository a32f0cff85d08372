// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED: half-open requests, from the SYN to the ACK that makes a socket
 * of one, and SYN cookies where none can be kept. A SYN is answered under RCU
 * alone: nobody takes the listener's lock for it. A request remembers its
 * listener by serial number and finds it again when it needs it, so that no
 * request keeps a closed listener alive.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/request_sock.h>

#include "edu_tcp.h"
#include "trace.h"

/* As long as a cookie can be good: for its own 64 s, and the next. */
#define COOKIE_LIFE	(2 * 64 * EDU_SEC)

/* ---- A SYN arrives ---- */

/* A full queue of requests: SYN cookies, or none. As in Linux it is said once. */
static void warn_of_flood(struct sock *listener, bool cookies)
{
	struct edu_sock *es = edu_sk(listener);

	if (READ_ONCE(es->flood_told) || xchg(&es->flood_told, 1))
		return;
	net_info_ratelimited("possible SYN flooding on port %u: %s\n", inet_sk(listener)->inet_num,
			     cookies ? "sending cookies" : "dropping SYNs");
}

static bool half_open_full(struct sock *listener)
{
	int half_open = atomic_read(&edu_sk(listener)->half_open);

	return half_open >= READ_ONCE(listener->sk_max_ack_backlog) ||
	       half_open >= READ_ONCE(edu_sk(listener)->en->max_syn_backlog);
}

static bool accept_queue_full(struct sock *listener)
{
	if (!sk_acceptq_is_full(listener))
		return false;
	edu_mib_inc(edu_sk(listener)->en, ListenOverflows);
	return true;
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

/* How a request's segments look to IP. */
static void fill_marks(struct edu_minisock *req, struct sock *listener, struct sk_buff *skb)
{
	req->tos = edu_af_of(req->head.family)->tos(listener);
	req->mark = inet_request_mark(listener, skb);
	req->priority = listener->sk_priority;
	req->txhash = net_tx_rndhash();
}

/* The way of a SYN,ACK. */
static struct dst_entry *synack_route(struct sock *listener, const struct edu_minisock *req,
				      const struct edu_flow *flow)
{
	return edu_af_of(flow->family)->route(flow, listener, req->mark, req->tos);
}

/* Why there is none. */
static enum edu_drop no_way(const struct dst_entry *dst)
{
	long err = PTR_ERR(dst);

	return err == -ENOBUFS || err == -ENOMEM ? EDU_DROP_NO_MEMORY : EDU_DROP_BAD_ADDRESS;
}

/* What edu_table_insert() answered. Who has the flow by now got it from another CPU. */
static enum edu_drop not_inserted(int err)
{
	if (!err)
		return EDU_DROP_NONE;
	return err == -EADDRNOTAVAIL ? EDU_DROP_OVERTAKEN : EDU_DROP_NO_MEMORY;
}

/* A SYN becomes a half-open request. */
static enum edu_drop keep_request(struct sock *listener, struct sk_buff *skb,
				  const struct edu_segment *seg, const struct edu_flow *flow)
{
	struct edu_sock *es = edu_sk(listener);
	struct edu_minisock *req;
	struct dst_entry *dst;
	enum edu_drop reason;
	u64 now = edu_now();
	u32 iss;

	req = edu_minisock_alloc(flow, EDU_REQUEST);
	if (!req)
		return EDU_DROP_NO_MEMORY;
	iss = edu_lab_iss(flow->net, edu_af_of(flow->family)->iss(flow));
	edu_request_init(&req->request, seg, &es->en->params, iss, edu_flow_secret(flow),
			 edu_rcv_buff(listener), edu_offered_wscale(listener), now);
	req->request.defer = READ_ONCE(es->tcb.defer_accept);
	req->listener = es->serial;
	fill_marks(req, listener, skb);

	dst = synack_route(listener, req, flow);
	if (IS_ERR(dst)) {
		edu_minisock_free(req);
		return no_way(dst);
	}
	reason = not_inserted(edu_table_insert(&req->head));
	if (reason) {
		dst_release(dst);
		edu_minisock_free(req);
		return reason;
	}
	atomic_inc(&es->half_open);
	edu_minisock_state(req, 0, EDU_SYN_RECEIVED);
	edu_minisock_enter(req, EDU_WAIT_SYNACK);
	/* If this one is lost, the timer sends another. */
	edu_send_synack(listener, req, flow, dst, now, false);
	return EDU_DROP_NONE;
}

/* ---- SYN cookies: core/cookie.c says what is in them ---- */

/* With as many MACs as are asked for: of now, and of 64 s before. */
static void cookie_key(struct edu_cookie_key *key, u64 secret, u32 seq, u64 now, unsigned int macs)
{
	u32 count = edu_cookie_count(now);
	unsigned int i;

	key->base = secret >> 32;
	for (i = 0; i < macs; i++)
		key->mac[i] = siphash_3u64(secret, seq, count - i, &edu_secret);
}

/* Until when a cookie may come back; written no more than once a second. */
static void cookies_are_out(struct edu_sock *es, u64 now)
{
	u64 until = now + COOKIE_LIFE;

	if (until - READ_ONCE(es->cookies_until) > EDU_SEC)
		WRITE_ONCE(es->cookies_until, until);
}

/* A SYN is answered, and nothing of it stays here. */
static enum edu_drop send_cookie(struct sock *listener, struct sk_buff *skb,
				 const struct edu_segment *seg, const struct edu_flow *flow)
{
	const struct edu_af *af = edu_af_of(flow->family);
	u64 secret = edu_flow_secret(flow), now = edu_now();
	struct edu_sock *es = edu_sk(listener);
	struct edu_cookie_key key;
	struct edu_minisock *req;
	struct edu_brief brief;
	struct dst_entry *dst;

	req = edu_minisock_brief(&brief, flow);
	edu_request_init(&req->request, seg, &es->en->params, 0, secret,
			 edu_rcv_buff(listener), edu_offered_wscale(listener), now);
	cookie_key(&key, secret, seg->seq, now, 1);
	if (!edu_cookie_for(&req->request, af->default_mss, &key, now))
		return EDU_DROP_REQUEST_QUEUE_FULL;
	fill_marks(req, listener, skb);
	dst = synack_route(listener, req, flow);
	if (IS_ERR(dst))
		return no_way(dst);
	cookies_are_out(es, now);
	edu_mib_inc(es->en, SyncookiesSent);
	edu_send_synack(listener, req, flow, dst, now, false);
	return EDU_DROP_NONE;
}

/* Ask the security modules, who know connections by struct request_sock. */
static bool security_admits(struct sock *listener, struct sk_buff *skb, u16 family)
{
	struct request_sock_ops ops = { .family = family };
	struct inet_request_sock ireq = { };

	ireq.req.rsk_ops = &ops;
	ireq.req.rsk_listener = NULL;
	return !security_inet_conn_request(listener, skb, &ireq.req);
}

/* A request if there is room, a cookie if there is none; or whatever syncookies asks for. */
static enum edu_drop request_or_cookie(struct sock *listener, struct sk_buff *skb,
				       const struct edu_segment *seg, const struct edu_flow *flow)
{
	struct edu_net *en = edu_sk(listener)->en;
	u8 syncookies = READ_ONCE(en->syncookies);
	bool full = half_open_full(listener);
	enum edu_drop reason;

	if (syncookies > 1 || (full && syncookies)) {
		if (syncookies == 1)
			warn_of_flood(listener, true);
		reason = send_cookie(listener, skb, seg, flow);
		if (full && !reason)
			edu_mib_inc(en, TCPReqQFullDoCookies);
		if (reason != EDU_DROP_REQUEST_QUEUE_FULL)
			return reason;
	}
	if (full) {
		warn_of_flood(listener, false);
		edu_mib_inc(en, TCPReqQFullDrop);
		return EDU_DROP_REQUEST_QUEUE_FULL;
	}
	return keep_request(listener, skb, seg, flow);
}

/* The third step of LISTEN. */
static enum edu_drop syn_arrives(struct sock *listener, struct sk_buff *skb,
				 const struct edu_segment *seg, const struct edu_flow *flow)
{
	struct ip_options_rcu *way;
	struct edu_flow mine;
	enum edu_drop reason;

	if (accept_queue_full(listener))
		return EDU_DROP_ACCEPT_QUEUE_FULL;
	if (!security_admits(listener, skb, flow->family))
		return EDU_DROP_FILTER;
	request_flow(&mine, listener, skb, flow);
	way = edu_af_of(flow->family)->return_route(skb);
	/* No connection is better than one that answers another way (MUST-53). */
	if (IS_ERR(way))
		return EDU_DROP_NO_MEMORY;
	mine.way = way;
	reason = request_or_cookie(listener, skb, seg, &mine);
	kfree(way);
	return reason;
}

/* ---- A request waits ---- */

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
 *
 * Return: true for the one caller who ended it; the others have been overtaken, perhaps by its ACK.
 */
bool edu_request_end(struct edu_minisock *req)
{
	if (!edu_table_remove(&req->head))
		return false;
	edu_minisock_state(req, EDU_SYN_RECEIVED, EDU_CLOSED);
	request_gone(req, edu_listener_of(req));
	return true;
}

static void send_synack_again(struct sock *listener, struct edu_minisock *req)
{
	struct edu_flow flow;
	struct dst_entry *dst;

	edu_head_flow(&req->head, &flow);
	flow.way = edu_minisock_way(req);
	dst = synack_route(listener, req, &flow);
	if (!IS_ERR(dst))
		edu_send_synack(listener, req, &flow, dst, edu_now(), true);
}

/**
 * edu_request_retry() - a request has waited long enough for its ACK, or for text
 * @req: the request, out of its queue
 *
 * Context: softirq, under rcu_read_lock().
 */
void edu_request_retry(struct edu_minisock *req)
{
	struct sock *listener = edu_listener_of(req);
	struct edu_net *en;
	u8 most;

	if (listener) {
		en = edu_sk(listener)->en;
		most = edu_sk(listener)->tcb.syn_retries ?: en->params.synack_retries;
		if (edu_request_timeout(&req->request, most)) {
			edu_minisock_enter(req, min_t(u32, EDU_WAIT_SYNACK +
						      req->request.retries,
						      EDU_WAIT_SYNACK_LAST));
			if (!edu_request_asks_again(&req->request))
				return;
			edu_mib_inc(en, TCPTimeouts);
			send_synack_again(listener, req);
			return;
		}
	}
	if (edu_request_end(req))
		edu_mib_inc(edu_net_rcu(req->head.net), AttemptFails);
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
			       struct sk_buff *skb, const struct edu_flow *flow, u64 now)
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
	edu_open_from_request(&es->tcb, &req->request, es->tcb.path_mss, now);
	es->copied_seq = es->tcb.irs + 1;
	inet_sk_set_state(child, req->request.conn.state);
	return child;
}

/* The child never was. Who was overtaken loses nothing: the faster one's child has the segment. */
static enum edu_drop no_child(struct sock *listener, enum edu_drop reason)
{
	if (reason != EDU_DROP_OVERTAKEN)
		edu_mib_inc(edu_sk(listener)->en, ListenDrops);
	return reason;
}

/* A child takes its request's place in the table, and its state; a cookie had neither. */
static enum edu_drop succeed(struct sock *listener, struct edu_minisock *req, struct sock *child)
{
	struct edu_head *head = &edu_sk(child)->head;
	enum edu_drop reason;

	if (req->request.cookie) {
		reason = not_inserted(edu_table_insert(head));
		if (reason)
			return reason;
		edu_child_established(child);
	} else {
		if (edu_table_replace(&req->head, head))
			return EDU_DROP_OVERTAKEN;
		request_gone(req, listener);
	}
	edu_sk(child)->hashed = 1;
	return EDU_DROP_NONE;
}

/* The ACK of our SYN,ACK: SYN-RECEIVED becomes a socket, which then has the segment. */
static enum edu_drop accept_request(struct sock *listener, struct edu_minisock *req,
				    struct sk_buff *skb, const struct edu_segment *seg,
				    const struct edu_flow *flow, u64 now)
{
	enum edu_drop reason;
	struct sock *child;

	if (accept_queue_full(listener))
		return no_child(listener, EDU_DROP_ACCEPT_QUEUE_FULL);
	child = make_child(listener, req, skb, flow, now);
	if (!child)
		return no_child(listener, EDU_DROP_NO_MEMORY);
	reason = succeed(listener, req, child);
	if (reason) {
		edu_child_free(child);
		return no_child(listener, reason);
	}
	edu_mib_inc(edu_sk(listener)->en, PassiveOpens);

	if (!edu_listener_queue(listener, child)) {
		edu_child_abort(child);
		edu_child_put(child);
		return EDU_DROP_LISTENER_GONE;
	}
	edu_segment(child, skb, seg, now);
	edu_child_put(child);
	listener->sk_data_ready(listener);
	return EDU_DROP_NONE;
}

/*
 * An ACK for a listener that has sent cookies lately: does it bring one back? EDU_DROP_NONE if
 * it made a connection, which has the segment now, and EDU_DROP_LISTEN_ACK if it is none.
 */
static enum edu_drop accept_cookie(struct sock *listener, struct sk_buff *skb,
				   const struct edu_segment *seg, const struct edu_flow *flow)
{
	const struct edu_af *af = edu_af_of(flow->family);
	u64 secret = edu_flow_secret(flow), now = edu_now();
	struct edu_net *en = edu_sk(listener)->en;
	struct edu_cookie_key key;
	struct ip_options_rcu *way;
	struct edu_minisock *req;
	struct edu_brief brief;
	struct edu_flow mine;
	enum edu_drop reason;

	cookie_key(&key, secret, seg->seq - 1, now, ARRAY_SIZE(key.mac));
	request_flow(&mine, listener, skb, flow);
	way = af->return_route(skb);
	if (IS_ERR(way))
		return EDU_DROP_NO_MEMORY;
	mine.way = way;
	req = edu_minisock_brief(&brief, &mine);
	reason = EDU_DROP_LISTEN_ACK;
	if (!edu_cookie_back(&req->request, seg, &en->params, af->default_mss, &key, secret,
			     edu_rcv_buff(listener), edu_offered_wscale(listener), now)) {
		edu_mib_inc(en, SyncookiesFailed);
		goto out;
	}
	edu_mib_inc(en, SyncookiesRecv);
	reason = EDU_DROP_FILTER;
	if (!security_admits(listener, skb, flow->family))
		goto out;
	fill_marks(req, listener, skb);
	reason = accept_request(listener, req, skb, seg, flow, now);
out:
	kfree(way);
	return reason;
}

static bool cookie_expected(struct sock *listener)
{
	return READ_ONCE(edu_sk(listener)->en->syncookies) &&
	       edu_now() < READ_ONCE(edu_sk(listener)->cookies_until);
}

/**
 * edu_listener_rcv() - a segment arrives for a listener
 * @listener: the listener; not locked
 * @skb: the segment; taken, unless the answer is true
 * @seg: the same, read
 * @flow: its flow
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: true if another CPU gave the flow an endpoint meanwhile, who has the segment.
 */
bool edu_listener_rcv(struct sock *listener, struct sk_buff *skb,
		      const struct edu_segment *seg, const struct edu_flow *flow)
{
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_arrives_listen(seg, &todo);
	if (todo.events & EDU_EV_SYN)
		todo.drop = syn_arrives(listener, skb, seg, flow);
	if (todo.drop == EDU_DROP_OVERTAKEN)
		return true;
	if (todo.drop && (seg->flags & EDU_SYN)) {
		edu_mib_inc(edu_sk(listener)->en, ListenDrops);
		sk_drops_inc(listener);
	}
	if (todo.drop == EDU_DROP_LISTEN_ACK && !(seg->flags & EDU_SYN) &&
	    cookie_expected(listener)) {
		todo.drop = accept_cookie(listener, skb, seg, flow);
		if (!todo.drop)
			return false;
		if (todo.drop == EDU_DROP_OVERTAKEN)
			return true;
		/* A good one gets in later, when its text is sent again. */
		if (todo.drop != EDU_DROP_LISTEN_ACK)
			todo.reply = 0;
	}
	if (todo.reply)
		edu_send_reply(flow->net, flow, skb, NULL, NULL, &todo);
	edu_drop(flow->net, skb, flow, todo.drop);
	return false;
}

/**
 * edu_request_rcv() - a segment arrives for a half-open request
 * @req: the request
 * @skb: the segment; taken, unless the answer is true
 * @seg: the same, read; a filter may cut its text
 * @flow: its flow
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: true if the request is not there any more, and the segment is for who has the flow now:
 * the socket that another CPU made of it, or whoever listens since the request's listener is gone.
 */
bool edu_request_rcv(struct edu_minisock *req, struct sk_buff *skb, struct edu_segment *seg,
		     const struct edu_flow *flow)
{
	/* A copy: other CPUs may look at the same request now. */
	struct edu_request r = req->request;
	struct sock *listener = edu_listener_of(req);
	struct net *net = flow->net;
	u64 now = edu_now();
	struct edu_todo todo;
	enum edu_drop reason;
	struct edu_net *en;

	if (!listener) {
		edu_request_end(req);
		return true;
	}
	en = edu_sk(listener)->en;
	if (!edu_admitted(listener, skb, seg, flow, &reason)) {
		edu_drop(net, skb, flow, reason);
		return false;
	}

	edu_todo_init(&todo);
	edu_arrives_request(&r, seg, now, &todo);
	/* A RST is for the connection, if the ACK was faster. */
	if ((todo.events & EDU_EV_CLOSED) && !edu_request_end(req))
		return true;
	edu_mib_counted(en, todo.counted);
	if (todo.events & EDU_EV_ACCEPT) {
		todo.drop = accept_request(listener, req, skb, seg, flow, now);
		if (!todo.drop)
			return false;
		if (todo.drop == EDU_DROP_OVERTAKEN)
			return true;
		if (todo.drop == EDU_DROP_ACCEPT_QUEUE_FULL &&
		    READ_ONCE(en->abort_on_overflow)) {
			if (!edu_request_end(req))
				return true;
			edu_arrives_closed(seg, &todo);
			todo.drop = EDU_DROP_ACCEPT_QUEUE_FULL;
		}
	}
	if (todo.events & EDU_EV_SYNACK)
		send_synack_again(listener, req);
	if (todo.events & EDU_EV_DEFERRED) {
		edu_mib_inc(en, TCPDeferAcceptDrop);
		WRITE_ONCE(req->request.acked, true);
	}
	if (todo.reply && ((todo.reply & EDU_RST) || edu_minisock_answers(req, seg)))
		edu_send_reply(net, flow, skb, req, NULL, &todo);
	edu_drop(net, skb, flow, todo.drop);
	return false;
}
