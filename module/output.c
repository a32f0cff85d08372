// SPDX-License-Identifier: GPL-2.0
/*
 * From the core to IP. edu_push() is the one place where a socket sends;
 * edu_send_reply() speaks for what has no TCB: resets, and TIME-WAIT's ACKs.
 */
#include <linux/interrupt.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/ip.h>

#include "edu_tcp.h"
#include "trace.h"

/*
 * Room for our header, IP's (these two are 128 octets with all their options) and what is below.
 * TCP's own: a few octets more, and 45 segments of 1,448 would not go into one buffer any more.
 */
#define HEADROOM	L1_CACHE_ALIGN(128 + MAX_HEADER)

/* ---- The header ---- */

static struct tcphdr *push_header(struct sk_buff *skb, const struct edu_flow *flow,
				  const struct edu_out *o)
{
	unsigned int len = EDU_HEADER_LEN + edu_options_len(&o->opt);
	struct tcphdr *th = skb_push(skb, len);

	skb_reset_transport_header(skb);
	th->source = flow->lport;
	th->dest = flow->fport;
	th->seq = htonl(o->seq);
	th->ack_seq = htonl(o->flags & EDU_ACK ? o->ack : 0);
	((u8 *)th)[12] = len / 4 << 4;
	((u8 *)th)[13] = o->flags;
	th->window = htons(o->wnd);
	th->check = 0;
	th->urg_ptr = htons(o->urg);
	edu_options_build(&o->opt, (u8 *)(th + 1));
	return th;
}

/*
 * A device with plain IP checksumming would be offered our segments too, as
 * the stack does not look at the protocol there: only one that can sum
 * anything is trusted with it. What is many segments is summed when it is cut.
 */
static void fill_checksum(struct sk_buff *skb, const struct edu_flow *flow,
			  const struct edu_af *af, const struct dst_entry *dst)
{
	struct tcphdr *th = tcp_hdr(skb);
	int offset = skb_transport_offset(skb);
	unsigned int len = skb->len - offset;

	if (skb_is_gso(skb) || (dst && dst->dev->features & NETIF_F_HW_CSUM)) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = offsetof(struct tcphdr, check);
		th->check = ~af->checksum(flow, len, 0);
		return;
	}
	th->check = 0;
	th->check = af->checksum(flow, len, skb_checksum(skb, offset, len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static u32 segments(const struct edu_out *o)
{
	return o->len ? DIV_ROUND_UP(o->len, o->mss) : 1;
}

static void count_sent(const struct edu_net *en, const struct edu_flow *flow,
		       const struct edu_out *o, bool again)
{
	if (again) {
		trace_edu_tcp_retransmit(flow, o->flags, o->seq, o->ack, o->len, o->wnd);
	} else {
		trace_edu_tcp_send(flow, o->flags, o->seq, o->ack, o->len, o->wnd);
		edu_mib_add(en, OutSegs, segments(o));
	}
	if (o->flags & EDU_RST)
		edu_mib_inc(en, OutRsts);
}

/* ---- What waits below us ---- */

struct tsq {
	spinlock_t lock;	/* list; hard interrupts free buffers too */
	struct list_head list;
	struct tasklet_struct tasklet;
};

static DEFINE_PER_CPU(struct tsq, tsq);

static void tsq_run(struct tasklet_struct *t)
{
	struct tsq *q = from_tasklet(q, t, tasklet);
	struct edu_sock *es, *next;
	LIST_HEAD(list);

	spin_lock_irq(&q->lock);
	list_splice_init(&q->list, &list);
	spin_unlock_irq(&q->lock);

	list_for_each_entry_safe(es, next, &list, tsq) {
		struct sock *sk = &es->inet.sk;

		list_del(&es->tsq);
		/* off the list before another CPU may put it on one */
		smp_mb__before_atomic();
		clear_bit(EDU_TSQ_QUEUED, &es->flags);

		bh_lock_sock(sk);
		if (!sock_owned_by_user(sk))
			edu_push(sk, edu_now());
		else if (!test_and_set_bit(EDU_DEFER_TSQ, &es->flags))
			sock_hold(sk);
		bh_unlock_sock(sk);
		sock_put(sk);
	}
}

/**
 * edu_wfree() - a buffer has left the machine: if output stopped for it, go on, but not from here
 * @skb: the buffer (its destructor)
 *
 * Context: any, hard interrupts too.
 */
void edu_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	struct edu_sock *es = edu_sk(sk);
	unsigned long flags;
	struct tsq *q;

	if (test_bit(EDU_TSQ_THROTTLED, &es->flags) &&
	    test_and_clear_bit(EDU_TSQ_THROTTLED, &es->flags) &&
	    refcount_inc_not_zero(&sk->sk_refcnt)) {
		if (test_and_set_bit(EDU_TSQ_QUEUED, &es->flags)) {
			sock_put(sk);
		} else {
			local_irq_save(flags);
			q = this_cpu_ptr(&tsq);
			spin_lock(&q->lock);
			list_add_tail(&es->tsq, &q->list);
			spin_unlock(&q->lock);
			tasklet_schedule(&q->tasklet);
			local_irq_restore(flags);
		}
	}
	sock_wfree(skb);
}

/* Whether so much waits in the qdisc and the device that more would only queue up. */
static bool throttled(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	u32 limit = READ_ONCE(edu_sk(sk)->en->limit_output_bytes);

	if (refcount_read(&sk->sk_wmem_alloc) <= limit)
		return false;
	set_bit(EDU_TSQ_THROTTLED, &es->flags);
	/* They may all have gone before the bit was set. */
	smp_mb__after_atomic();
	return refcount_read(&sk->sk_wmem_alloc) > limit;
}

/* ---- A socket sends ---- */

static void count_traffic(struct edu_traffic *traffic, const struct edu_out *o, bool again)
{
	traffic->segs_out += segments(o);
	if (!o->len)
		return;
	traffic->data_segs_out += segments(o);
	traffic->bytes_sent += o->len;
	if (again)
		traffic->bytes_retrans += o->len;
}

/* Hand a segment of @sk to IP; @skb holds its text and is taken. */
static void transmit(struct sock *sk, struct sk_buff *skb, const struct edu_out *o, bool again)
{
	struct edu_sock *es = edu_sk(sk);
	const struct edu_af *af = es->af;
	struct edu_flow flow __uninitialized;

	edu_sock_flow(sk, &flow);
	count_sent(es->en, &flow, o, again);
	count_traffic(&es->traffic, o, again);
	edu_gso_prepare(skb, flow.family, segments(o) > 1 ? o->mss : 0);
	push_header(skb, &flow, o);
	if (edu_lab_loses(es->en, o->flags, o->len)) {
		kfree_skb(skb);
		return;
	}

	/* Routers may mark what congestion control can answer for (RFC 3168 5). */
	if (o->ect)
		INET_ECN_xmit(sk);
	else
		INET_ECN_dontxmit(sk);

	/* IP's own notes go where the core's node was. */
	memset(skb->cb, 0, sizeof(skb->cb));
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = edu_wfree;
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
	skb_set_hash_from_sk(skb, sk);
	/* The next one to go that way tells the neighbour's entry. */
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	fill_checksum(skb, &flow, af, __sk_dst_get(sk));
	/* What IP thinks of it does not matter: what is lost will be sent again. */
	af->xmit(sk, skb);
}

static struct sk_buff *alloc_control(void)
{
	struct sk_buff *skb = alloc_skb(HEADROOM, GFP_ATOMIC | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, HEADROOM);
	return skb;
}

static struct sk_buff *alloc_text(struct sock *sk, gfp_t gfp, bool anyhow)
{
	struct sk_buff *skb = alloc_skb_fclone(HEADROOM, gfp);

	if (!skb)
		return NULL;
	if (!edu_charge_text(sk, skb, anyhow)) {
		__kfree_skb(skb);
		return NULL;
	}
	skb_reserve(skb, HEADROOM);
	skb->ip_summed = CHECKSUM_PARTIAL;
	__skb_header_release(skb);
	return skb;
}

/**
 * edu_alloc_text() - a buffer for text that is to be sent
 * @sk: the socket, locked; charged for it
 * @gfp: how
 *
 * The text goes into page fragments; the linear part is for headers alone. The
 * first buffer of all is granted whatever the limits say.
 *
 * Return: the buffer, or NULL if memory or its limits said no.
 */
struct sk_buff *edu_alloc_text(struct sock *sk, gfp_t gfp)
{
	return alloc_text(sk, gfp, !sk->sk_wmem_queued);
}

/*
 * Cut a buffer of text in two; NULL if memory is short. Small segments must not make a queue many
 * times as large as its text (CVE-2019-11478): only what nothing else can make room for, @first,
 * is cut then. @anyhow: also beyond the memory of all sockets.
 */
static struct sk_buff *split(struct sock *sk, struct sk_buff *skb, u32 len, bool first, bool anyhow)
{
	int truesize = skb->truesize, delta;
	struct sk_buff *rest;

	if (!first && READ_ONCE(sk->sk_wmem_queued) / 2 > READ_ONCE(sk->sk_sndbuf))
		return NULL;
	rest = alloc_text(sk, GFP_ATOMIC | __GFP_NOWARN, anyhow);
	if (!rest)
		return NULL;
	skb_split(skb, rest, len);
	/* what moved is charged where it went */
	delta = min_t(int, rest->len, truesize);
	skb->truesize -= delta;
	rest->truesize += delta;
	return rest;
}

/**
 * edu_split_text() - cut a node's buffer in two (edu_split_fn)
 * @t: a socket's TCB; the socket is locked
 * @node: text that was sent
 * @len: octets that stay, behind those that are acknowledged
 *
 * Return: the new buffer's node, or NULL if memory is short.
 */
struct edu_node *edu_split_text(struct edu_tcb *t, struct edu_node *node, u32 len)
{
	struct sock *sk = &container_of(t, struct edu_sock, tcb)->inet.sk;
	struct sk_buff *skb = edu_skb(node), *rest;

	/* A copy on its way out may share the list of fragments. */
	if (skb_cloned(skb) && skb_unclone(skb, GFP_ATOMIC | __GFP_NOWARN))
		return NULL;
	rest = split(sk, skb, node->skip + len, node->seq == t->snd_una, false);
	return rest ? edu_node(rest) : NULL;
}

/* Take @len octets off the front of the queue of unsent text; NULL if memory is short. */
static struct sk_buff *take_text(struct sock *sk, u32 *len)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	struct sk_buff *rest;

	if (WARN_ON_ONCE(!skb))
		return NULL;
	if (skb->len > *len) {
		/* Text that cannot leave would never make room. */
		rest = split(sk, skb, *len, !edu_flight(&edu_sk(sk)->tcb), true);
		if (!rest)
			return NULL;
		__skb_queue_after(&sk->sk_write_queue, skb, rest);
	}
	*len = skb->len;
	__skb_unlink(skb, &sk->sk_write_queue);
	return skb;
}

/* A copy to send: IP may scribble on it, and the text must stay for another time. */
static struct sk_buff *copy_to_send(struct sk_buff *skb)
{
	struct sk_buff *copy;

	/* An earlier copy may still be in a queue, its header in the shared head. */
	if (skb_cloned(skb))
		copy = pskb_copy(skb, GFP_ATOMIC | __GFP_NOWARN);
	else
		copy = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (copy)
		copy->dev = NULL;	/* a tree's links lay over it */
	return copy;
}

/* A part of a buffer, copied: its front was acknowledged. */
static struct sk_buff *copy_part(struct sk_buff *skb, u32 skip, u32 len)
{
	struct sk_buff *part = alloc_skb(HEADROOM + len, GFP_ATOMIC | __GFP_NOWARN);

	if (!part)
		return NULL;
	skb_reserve(part, HEADROOM);
	if (skb_copy_bits(skb, skip, skb_put(part, len), len)) {
		kfree_skb(part);
		return NULL;
	}
	return part;
}

static struct sk_buff *build(struct sock *sk, struct edu_out *o, struct sk_buff **text)
{
	struct sk_buff *skb;
	u32 len = o->len;

	switch (o->kind) {
	case EDU_OUT_NEW:
		skb = take_text(sk, &len);
		if (!skb)
			return NULL;
		if (len < o->len) {
			/* It ends where a buffer ends; the rest follows. */
			o->len = len;
			o->flags &= ~(EDU_FIN | EDU_PSH);
		}
		*text = skb;
		return copy_to_send(skb);
	case EDU_OUT_RETRANSMIT:
		skb = edu_skb(o->node);
		if (!o->len)
			return alloc_control();
		if (o->node->skip)
			return copy_part(skb, o->node->skip, o->len);
		return copy_to_send(skb);
	default:
		return alloc_control();
	}
}

/* Octets of text that may go down at once; less than two segments: one. */
static u32 most_at_once(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	/* IPsec takes segments; the lab counts them. */
	if (!dst || dst->header_len || READ_ONCE(edu_sk(sk)->en->lab.lose[EDU_LAB_DATA]))
		return 0;
	return min_t(u32, READ_ONCE(dst->dev->gso_max_size), GSO_LEGACY_MAX_SIZE) - 1 - HEADROOM;
}

/**
 * edu_size_goal() - how much text one buffer is to have
 * @sk: the socket, locked
 *
 * Return: octets: as many whole segments as may go down at once, or one.
 */
u32 edu_size_goal(struct sock *sk)
{
	u32 mss = max(edu_sk(sk)->tcb.mss, 1u);

	return max(most_at_once(sk) / mss, 1u) * mss;
}

/* The route may have been replaced by one with another MTU since text was last sent. */
static void follow_route(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	if (sk->sk_wmem_queued && dst && dst_mtu(dst) != edu_sk(sk)->mtu)
		edu_sync_mss(sk, dst_mtu(dst));
}

/* Ask the core, and send, until it has nothing more. The MSS is the route's. */
static void send_all(struct sock *sk, u64 now, u32 rcv_free)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_tcb *t = &es->tcb;
	struct edu_budget budget = {
		.now		= now,
		.max_len	= most_at_once(sk),
		.rcv_free	= rcv_free,
		.rcv_buff	= edu_rcv_buff(sk),
	};
	struct edu_todo todo __uninitialized;
	struct edu_out out __uninitialized;
	struct sk_buff *skb, *text;
	bool again;

	follow_route(sk);
	edu_todo_init(&todo);
	for (;;) {
		budget.hold = throttled(sk);
		if (!edu_output(t, &budget, &out, &todo))
			break;
		text = NULL;
		skb = build(sk, &out, &text);
		if (!skb && !text) {
			edu_output_failed(t, now);
			break;
		}
		edu_output_done(t, &out, text ? edu_node(text) : NULL, now, &todo);
		again = todo.counted & 1ull << EDU_MIB_RetransSegs;
		/* one by one: a bit can be counted only once */
		edu_mib_counted(es->en, todo.counted);
		todo.counted = 0;
		if (skb)
			transmit(sk, skb, &out, again);
	}
	edu_mib_counted(es->en, todo.counted);
}

/**
 * edu_push() - send whatever may be sent now
 * @sk: the socket, locked
 * @now: the clock
 *
 * Context: softirq, or the lock's owner.
 */
void edu_push(struct sock *sk, u64 now)
{
	const struct edu_tcb *t = &edu_sk(sk)->tcb;
	u32 rcv_free;

	if (t->state == EDU_CLOSED || t->state == EDU_LISTEN)
		return;
	rcv_free = edu_rcv_free(sk);
	if (!edu_output_idle(t, rcv_free))
		send_all(sk, now, rcv_free);
	edu_timer_update(sk, now);
}

/* ---- What has no TCB sends ---- */

static void fill_reply(struct edu_out *o, const struct edu_todo *todo)
{
	memset(o, 0, sizeof(*o));
	o->flags = todo->reply;
	o->seq = todo->reply_seq;
	o->ack = todo->reply_ack;
	o->wnd = todo->reply_wnd;
	o->opt.has_ts = todo->reply_ts;
	o->opt.tsval = todo->reply_tsval;
	o->opt.tsecr = todo->reply_tsecr;
}

/* This CPU's control socket, to send once in somebody's name. BH is off. */
static struct sock *control_socket(struct net *net, u16 family, u32 mark, u32 priority, int ttl)
{
	struct sock *ctl = edu_control_socket(net, family);

	ctl->sk_mark = mark;
	ctl->sk_priority = priority;
	if (family == AF_INET)
		inet_sk(ctl)->uc_ttl = ttl;
	else
		inet6_sk(ctl)->hop_limit = ttl;
	return ctl;
}

/**
 * edu_send_reply() - send a segment that needs no TCB
 * @net: the namespace
 * @whose: from us to them
 * @to: the segment that is answered, or NULL
 * @mini: the request or TIME-WAIT that answers, or NULL
 * @sk: the socket that resets, or NULL
 * @todo: has the reply
 *
 * Context: any; BH is turned off for the control socket.
 */
void edu_send_reply(struct net *net, const struct edu_flow *whose, struct sk_buff *to,
		    const struct edu_minisock *mini, const struct sock *sk,
		    const struct edu_todo *todo)
{
	const struct edu_af *af = edu_af_of(whose->family);
	struct edu_net *en = edu_net(net);
	struct edu_flow flow = *whose;
	struct dst_entry *dst;
	struct edu_out out;
	struct sk_buff *skb;
	struct sock *ctl;
	u32 mark = 0, priority = 0, hash = 0;
	int ttl = -1;
	u8 tos = 0;

	if (mini) {
		edu_head_flow(&mini->head, &flow);
		mark = mini->mark;
		priority = mini->priority;
		hash = mini->txhash;
		tos = mini->tos;
		flow.way = edu_minisock_way(mini);
	} else if (sk) {
		mark = READ_ONCE(sk->sk_mark);
		priority = READ_ONCE(sk->sk_priority);
		hash = sk->sk_txhash;
		tos = af->tos(sk);
		ttl = af->ttl(sk);
		flow.way = edu_sock_way(sk);
	} else if (to) {
		mark = af->mark_of_skb(to);
		hash = to->hash;
		tos = af->tos_of_skb(to);
		flow.label = af->label_of_skb(NULL, to);
	}

	skb = alloc_control();
	if (!skb)
		return;
	fill_reply(&out, todo);
	count_sent(en, &flow, &out, false);
	push_header(skb, &flow, &out);
	if (edu_lab_loses(en, out.flags, false)) {
		kfree_skb(skb);
		return;
	}

	local_bh_disable();
	ctl = control_socket(net, flow.family, mark, priority, ttl);
	dst = af->route(&flow, ctl, mark, tos);
	if (IS_ERR(dst)) {
		kfree_skb(skb);
	} else {
		skb_dst_set(skb, dst);
		fill_checksum(skb, &flow, af, dst);
		__skb_set_hash(skb, hash ?: 1, false, true);
		af->reply_xmit(skb, &flow, ctl, mark, tos);
	}
	local_bh_enable();
}

/**
 * edu_send_synack() - send a half-open request's SYN,ACK
 * @listener: on behalf of this; not locked
 * @req: the request
 * @flow: its two ends, and the way between them
 * @dst: the route there; taken
 * @now: the clock
 * @again: it was sent before
 *
 * What cannot be sent now, the request's timer sends.
 *
 * Context: softirq, under rcu_read_lock().
 */
void edu_send_synack(struct sock *listener, struct edu_minisock *req,
		     const struct edu_flow *flow, struct dst_entry *dst, u64 now, bool again)
{
	const struct edu_af *af = edu_af_of(flow->family);
	struct edu_net *en = edu_sk(listener)->en;
	struct sk_buff *skb = alloc_control();
	struct edu_out out;
	struct sock *through;
	u32 mss;

	if (!skb) {
		dst_release(dst);
		return;
	}
	mss = edu_advertised_mss(dst, af, edu_sk(listener)->user_mss);
	edu_request_synack(&req->request, mss, now, &out);
	if (again) {
		edu_mib_inc(en, TCPSynRetrans);
		edu_mib_inc(en, RetransSegs);
	}
	count_sent(en, flow, &out, again);
	push_header(skb, flow, &out);
	skb_dst_set(skb, dst);
	if (edu_lab_loses(en, out.flags, false)) {
		kfree_skb(skb);
		return;
	}
	/*
	 * TTL and priority are the listener's as they are now, the mark is the request's: so it is
	 * in Linux. The listener is not the buffer's owner: it may be on its way out, seen under
	 * RCU only.
	 */
	__skb_set_hash(skb, req->txhash, false, true);
	fill_checksum(skb, flow, af, dst);
	/* IPv6 is told the mark, and its options and labels are the listener's. */
	through = listener;
	if (flow->family == AF_INET)
		through = control_socket(flow->net, AF_INET, req->mark,
					 READ_ONCE(listener->sk_priority), af->ttl(listener));
	af->reply_xmit(skb, flow, through, req->mark, req->tos);
}

/* ---- How large a segment may be ---- */

/**
 * edu_advertised_mss() - what our SYN announces (MUST-14, 3.7.1)
 * @dst: the route
 * @af: its IP version
 * @user_mss: TCP_MAXSEG, or 0
 *
 * The MTU of the interface, not of the path: the peer finds out about that.
 */
u16 edu_advertised_mss(const struct dst_entry *dst, const struct edu_af *af, u16 user_mss)
{
	u32 mss = dst_metric_advmss(dst);

	if (user_mss && user_mss < mss)
		mss = user_mss;
	return clamp_t(u32, mss, EDU_MSS_MIN, 65535);
}

/**
 * edu_sync_mss() - the MTU of the path is known, or has changed
 * @sk: the socket, locked
 * @mtu: octets of an IP datagram
 */
void edu_sync_mss(struct sock *sk, u32 mtu)
{
	struct edu_sock *es = edu_sk(sk);
	u32 headers = es->af->header_len + es->af->options_len(sk) + EDU_HEADER_LEN;
	u32 mss = mtu > headers ? mtu - headers : 0;

	es->mtu = mtu;
	es->tcb.default_mss = es->af->default_mss;
	if (es->user_mss && es->user_mss < mss)
		mss = es->user_mss;
	edu_set_mss(&es->tcb, mss);
}

int edu_output_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tsq *q = per_cpu_ptr(&tsq, cpu);

		spin_lock_init(&q->lock);
		INIT_LIST_HEAD(&q->list);
		tasklet_setup(&q->tasklet, tsq_run);
	}
	return 0;
}

void edu_output_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&tsq, cpu)->tasklet);
}
