// SPDX-License-Identifier: GPL-2.0
/* From IP to the core: look at a segment, find whom it is for, let the core decide. */
#include <linux/filter.h>
#include <linux/security.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/xfrm.h>

#include "edu_tcp.h"
#include "trace.h"

static u8 dsfield(const struct sk_buff *skb)
{
	return ip_hdr(skb)->version == 4 ? ipv4_get_dsfield(ip_hdr(skb)) :
					   ipv6_get_dsfield(ipv6_hdr(skb));
}

/* Segments that were merged into a buffer, by GRO or by us. */
static u32 segments(const struct sk_buff *skb)
{
	return max_t(u32, skb_shinfo(skb)->gso_segs, 1);
}

/* Read a header that lies in linear memory, options included. */
static bool read_segment(struct edu_segment *seg, const struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	unsigned int header = th->doff * 4;

	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->wnd = ntohs(th->window);
	seg->urg = ntohs(th->urg_ptr);
	seg->flags = ((const u8 *)th)[13];
	seg->ce = INET_ECN_is_ce(dsfield(skb));
	seg->len = skb->len - header;
	return edu_options_parse(&seg->opt, skb->data + EDU_HEADER_LEN,
				 header - EDU_HEADER_LEN);
}

static bool checksum_ok(struct sk_buff *skb, const struct edu_af *af)
{
	return !skb_checksum_init(skb, edu_protocol, af->pseudo_of_skb) &&
	       !skb_checksum_complete(skb);
}

/* Everything that can be wrong with a segment by itself. */
static enum edu_drop check_segment(struct edu_segment *seg, struct sk_buff *skb,
				   const struct edu_af *af)
{
	const struct tcphdr *th;

	if (!pskb_may_pull(skb, EDU_HEADER_LEN))
		return EDU_DROP_PKT_TOO_SMALL;
	th = (const struct tcphdr *)skb->data;
	if (th->doff * 4 < EDU_HEADER_LEN || !pskb_may_pull(skb, th->doff * 4))
		return EDU_DROP_BAD_OFFSET;
	if (!checksum_ok(skb, af))
		return EDU_DROP_BAD_CHECKSUM;
	if (!read_segment(seg, skb))
		return EDU_DROP_BAD_OPTION;
	if (!edu_flags_plausible(seg->flags))
		return EDU_DROP_BAD_FLAGS;
	return EDU_DROP_NONE;
}

static void count_bad(struct net *net, enum edu_drop reason)
{
	edu_mib_inc(edu_net_rcu(net), InErrs);
	if (reason == EDU_DROP_BAD_CHECKSUM)
		edu_mib_inc(edu_net_rcu(net), InCsumErrors);
}

/* There is receive memory for the text, after pruning or stretching if need be. */
static bool make_room(struct sock *sk, struct sk_buff *skb, const struct edu_segment *seg)
{
	struct edu_sock *es = edu_sk(sk);
	bool next = seq_leq(seg->seq, es->tcb.rcv_nxt);
	struct edu_todo todo;

	while (!edu_rmem_affordable(sk, skb, next)) {
		if (edu_out_of_order_empty(&es->tcb)) {
			if (!next || !edu_stretch_receive_buffer(sk))
				return false;
			continue;
		}
		edu_todo_init(&todo);
		edu_out_of_order_prune(&es->tcb, &todo);
		this_cpu_inc(edu_sk(sk)->en->counters->drop[EDU_DROP_RCV_PRUNED]);
		edu_apply(sk, &todo);
	}
	return true;
}

/* Append text that is in order; into the last buffer where that has room. */
static bool queue_text(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	struct edu_node *node = edu_node(skb), *last;
	bool fragstolen;
	int delta;

	if (tail) {
		last = edu_node(tail);
		/* Whole and adjacent, so that offsets stay simple. */
		if (last->end_seq == node->seq && last->end_seq - last->seq == tail->len &&
		    node->end_seq - node->seq == skb->len &&
		    skb_try_coalesce(tail, skb, &fragstolen, &delta)) {
			last->end_seq = node->end_seq;
			atomic_add(delta, &sk->sk_rmem_alloc);
			sk_mem_charge(sk, delta);
			edu_mib_inc(edu_sk(sk)->en, TCPRcvCoalesce);
			kfree_skb_partial(skb, fragstolen);
			return true;
		}
	}
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	skb_set_owner_r(skb, sk);
	return false;
}

static noinline_for_stack void dropped(struct sock *sk, struct sk_buff *skb, enum edu_drop reason)
{
	struct edu_flow flow;

	edu_sock_flow(sk, &flow);
	edu_drop(sock_net(sk), skb, &flow, reason);
}

/**
 * edu_segment() - a segment for a full socket
 * @sk: the socket, locked (or its user's, and this is the backlog)
 * @skb: the segment, with the header in linear memory; taken
 * @seg: the same, read
 * @now: the clock
 */
void edu_segment(struct sock *sk, struct sk_buff *skb, const struct edu_segment *seg, u64 now)
{
	struct edu_sock *es = edu_sk(sk);
	bool met = es->tcb.urgent != EDU_URGENT_NONE && edu_urgent_met(sk);
	u32 segs = segments(skb);
	struct edu_todo todo __uninitialized;
	bool room = true;

	if (seg->len) {
		room = make_room(sk, skb, seg);
		/* The text alone stays: what follows works on buffers of text. */
		__skb_pull(skb, edu_header_len(skb));
	}

	edu_todo_init(&todo);
	edu_arrives(&es->tcb, seg, edu_node(skb), room, now, &todo);
	es->traffic.segs_in += segs;
	es->traffic.data_segs_in += seg->len ? segs : 0;

	if (sk->sk_state == TCP_SYN_SENT && (todo.events & EDU_EV_CONNECTED))
		security_inet_conn_established(sk, skb);
	/* A buffer from now on: its route and its state would pin devices and policies. */
	skb_dst_drop(skb);
	secpath_reset(skb);

	switch (todo.text) {
	case EDU_TEXT_DELIVER:
		queue_text(sk, skb);
		skb = NULL;
		break;
	case EDU_TEXT_HELD:
		skb_set_owner_r(skb, sk);
		skb = NULL;
		break;
	}
	if (todo.drop)
		dropped(sk, skb, todo.drop);
	else if (skb)
		consume_skb(skb);
	if (todo.events & EDU_EV_URGENT)
		edu_urgent_news(sk, met);
	sock_hold(sk);
	edu_apply(sk, &todo);
	edu_push(sk, now);
	sock_put(sk);
}

/**
 * edu_backlog_rcv() - a segment that came while the user held the lock
 * @sk: the socket, its user's
 * @skb: the segment; taken
 *
 * Return: 0.
 */
int edu_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct edu_segment seg __uninitialized;

	/* One before it ended the connection, or the user did. IP cannot be asked again. */
	if (unlikely(!edu_sk(sk)->hashed)) {
		dropped(sk, skb, EDU_DROP_OVERTAKEN);
		return 0;
	}
	/* Checked before it was queued: reading it again is cheaper than keeping it. */
	read_segment(&seg, skb);
	edu_segment(sk, skb, &seg, edu_now());
	return 0;
}

/**
 * edu_admitted() - distance, policy, and the socket's own filter let a segment in
 * @sk: the socket it is for
 * @skb: the segment; a filter may cut its text
 * @seg: the same, read; its length is that of the text which was let in
 * @flow: its flow
 * @reason: says who did not
 *
 * Context: softirq, under rcu_read_lock().
 */
bool edu_admitted(struct sock *sk, struct sk_buff *skb, struct edu_segment *seg,
		  const struct edu_flow *flow, enum edu_drop *reason)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	*reason = EDU_DROP_MIN_TTL;
	if (!edu_af_of(flow->family)->near_enough(sk, skb)) {
		edu_mib_inc(edu_sk(sk)->en, TCPMinTTLDrop);
		return false;
	}
	*reason = EDU_DROP_POLICY;
	if (!xfrm_policy_check(sk, XFRM_POLICY_IN, skb, flow->family))
		return false;
	nf_reset_ct(skb);
	*reason = EDU_DROP_FILTER;
	if (sk_filter_trim_cap(sk, skb, th->doff * 4))
		return false;
	seg->len = skb->len - edu_header_len(skb);
	return true;
}

/* Nothing is lost if @tail and the text behind it arrive as one: the header says no more. */
static bool may_merge(const struct sk_buff *tail, const struct sk_buff *skb)
{
	const struct tcphdr *before = (const struct tcphdr *)tail->data;
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	u8 was = ((const u8 *)before)[13], is = ((const u8 *)th)[13];
	unsigned int header = edu_header_len(skb);
	u32 waits = tail->len - edu_header_len(tail);

	return waits && skb->len > header && ntohl(before->seq) + waits == ntohl(th->seq) &&
	       !((was ^ is) & ~(EDU_PSH | EDU_FIN)) && is & EDU_ACK &&
	       !(is & (EDU_SYN | EDU_RST | EDU_URG)) && !(was & EDU_FIN) &&
	       header == edu_header_len(tail) &&
	       !memcmp(before + 1, th + 1, header - EDU_HEADER_LEN) &&
	       dsfield(tail) == dsfield(skb);
}

/*
 * The user holds the lock: text that follows what waits for him already goes into the same buffer,
 * and is one segment with it from then on. As tcp_add_backlog() does.
 */
static bool merge_into_backlog(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = sk->sk_backlog.tail;
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	unsigned int header = edu_header_len(skb);
	struct tcphdr *whole;
	bool stolen;
	int delta;

	if (!tail || !may_merge(tail, skb))
		return false;
	__skb_pull(skb, header);
	if (!skb_try_coalesce(tail, skb, &stolen, &delta)) {
		__skb_push(skb, header);
		return false;
	}
	whole = (struct tcphdr *)tail->data;
	if (seq_geq(ntohl(th->ack_seq), ntohl(whole->ack_seq))) {
		whole->ack_seq = th->ack_seq;
		whole->window = th->window;
	}
	((u8 *)whole)[13] |= ((const u8 *)th)[13];
	skb_shinfo(tail)->gso_segs = min_t(u32, segments(tail) + segments(skb), U16_MAX);
	sk->sk_backlog.len += delta;
	edu_mib_inc(edu_sk(sk)->en, TCPBacklogCoalesce);
	kfree_skb_partial(skb, stolen);
	return true;
}

/* For when the user lets go of the lock. */
static void add_backlog(struct sock *sk, struct sk_buff *skb, const struct edu_flow *flow)
{
	/* A window's worth of text, in buffers that are mostly overhead; and ACKs. */
	u32 limit = 2 * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) / 2 + 64 * 1024;

	skb_dst_drop(skb);
	if (merge_into_backlog(sk, skb) || !sk_add_backlog(sk, skb, limit))
		return;
	edu_mib_inc(edu_sk(sk)->en, TCPBacklogDrop);
	edu_drop(flow->net, skb, flow, EDU_DROP_BACKLOG_FULL);
}

/* True: the connection has ended meanwhile, and what is left of it is TIME-WAIT, or nothing. */
static bool rcv_socket(struct sock *sk, struct sk_buff *skb, struct edu_segment *seg,
		       const struct edu_flow *flow)
{
	bool overtaken = false;
	enum edu_drop reason;

	if (!edu_admitted(sk, skb, seg, flow, &reason)) {
		edu_drop(flow->net, skb, flow, reason);
		sock_put(sk);
		return false;
	}

	bh_lock_sock_nested(sk);
	sk_incoming_cpu_update(sk);
	if (sock_owned_by_user(sk))
		add_backlog(sk, skb, flow);
	else if (likely(edu_sk(sk)->hashed))
		edu_segment(sk, skb, seg, edu_now());
	else
		overtaken = true;
	bh_unlock_sock(sk);
	sock_put(sk);
	return overtaken;
}

/* CLOSED (3.10.7.1): a reset for whoever speaks to nobody. */
static noinline_for_stack void rcv_closed(struct sk_buff *skb, const struct edu_segment *seg,
					  const struct edu_flow *flow)
{
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_arrives_closed(seg, &todo);
	if (todo.reply)
		edu_send_reply(flow->net, flow, skb, NULL, NULL, &todo);
	edu_drop(flow->net, skb, flow, todo.drop);
}

static bool rcv_listener_or_closed(struct sk_buff *skb, struct edu_segment *seg,
				   const struct edu_flow *flow)
{
	struct sock *listener = edu_listener_find(flow);
	enum edu_drop reason;

	if (!listener) {
		if (xfrm_policy_check(NULL, XFRM_POLICY_IN, skb, flow->family))
			rcv_closed(skb, seg, flow);
		else
			edu_drop(flow->net, skb, flow, EDU_DROP_POLICY);
		return false;
	}
	if (edu_admitted(listener, skb, seg, flow, &reason))
		return edu_listener_rcv(listener, skb, seg, flow);
	edu_drop(flow->net, skb, flow, reason);
	return false;
}

/*
 * To whoever has the flow. True: another CPU has given it to somebody else meanwhile, and took
 * nothing of the segment.
 */
static bool rcv_flow(struct sk_buff *skb, struct edu_segment *seg, const struct edu_flow *flow)
{
	struct edu_head *head = edu_table_find(flow);

	if (!head)
		return rcv_listener_or_closed(skb, seg, flow);
	if (likely(head->kind == EDU_SOCKET))
		return rcv_socket(edu_sock_of(head), skb, seg, flow);
	if (head->kind == EDU_REQUEST)
		return edu_request_rcv(edu_minisock_of(head), skb, seg, flow);
	return edu_time_wait_rcv(edu_minisock_of(head), skb, seg);
}

/**
 * edu_rcv() - the softirq receive path
 * @skb: an IP datagram of our protocol, its data at our header; taken
 * @af: IPv4 or IPv6
 *
 * Context: softirq, under rcu_read_lock().
 *
 * Return: 0.
 */
int edu_rcv(struct sk_buff *skb, const struct edu_af *af)
{
	struct net *net = dev_net(skb->dev);
	struct edu_segment seg __uninitialized;
	struct edu_flow flow __uninitialized;
	unsigned int tries = 4;
	enum edu_drop reason;

	edu_mib_inc(edu_net_rcu(net), InSegs);
	reason = check_segment(&seg, skb, af);
	af->flow_of_skb(&flow, skb);
	if (reason) {
		count_bad(net, reason);
		edu_drop(net, skb, &flow, reason);
		return 0;
	}
	if (skb->pkt_type != PACKET_HOST || !af->may_answer(skb)) {
		edu_drop(net, skb, &flow, EDU_DROP_BAD_ADDRESS);
		return 0;
	}
	trace_edu_tcp_rcv(&flow, seg.flags, seg.seq, seg.ack, seg.len, seg.wnd);

	while (unlikely(rcv_flow(skb, &seg, &flow))) {
		if (!--tries) {
			edu_drop(net, skb, &flow, EDU_DROP_OVERTAKEN);
			break;
		}
	}
	return 0;
}
