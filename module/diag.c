// SPDX-License-Identifier: GPL-2.0
/*
 * edu_tcp_diag: answers sock_diag (man 7 sock_diag) for edu_tcp, as tcp_diag does for the
 * kernel's own TCP: lists endpoints, looks at one, and ends one (SOCK_DESTROY). inet_diag
 * reads the questions and fills in what all sockets have.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inet_diag.h>
#include <linux/module.h>
#include <linux/sock_diag.h>
#include <net/inet_timewait_sock.h>
#include <net/ipv6.h>
#include <net/netlink.h>

#include "edu_tcp.h"

/* idiag_timer: inet_diag.h has no names for it on older kernels */
enum {
	TIMER_OFF,
	TIMER_ON,
	TIMER_KEEPALIVE,
	TIMER_TIME_WAIT,
	TIMER_PROBE0,
	TIMER_DELACK,
};

static bool asked_for(const struct inet_diag_req_v2 *req, unsigned int attr)
{
	return req->idiag_ext & (1 << (attr - 1));
}

/* ---- Sockets ---- */

static u8 timer_of(u8 timer)
{
	switch (timer) {
	case EDU_TIMER_RTO:
	case EDU_TIMER_REORDER:
	case EDU_TIMER_PROBE:
		return TIMER_ON;
	case EDU_TIMER_PERSIST:
		return TIMER_PROBE0;
	case EDU_TIMER_KEEPALIVE:
	case EDU_TIMER_FIN_WAIT_2:	/* TCP has one kernel timer for both */
		return TIMER_KEEPALIVE;
	case EDU_TIMER_DELACK:
		return TIMER_DELACK;
	default:
		return TIMER_OFF;
	}
}

/* Called back by inet_sk_diag_fill(), which knows the timers of TCP only. */
static void get_info(struct sock *sk, struct inet_diag_msg *msg, void *info)
{
	struct edu_look look;

	edu_sock_look(sk, &look, info);
	msg->idiag_rqueue = look.recvq;
	msg->idiag_wqueue = look.sendq;
	msg->idiag_timer = timer_of(look.timer);
	msg->idiag_retrans = look.retries;
	msg->idiag_expires = look.left;
}

/* What inet_sk_diag_fill() adds for sockets of the kernel's TCP alone. */
static int put_tcp(struct sk_buff *skb, struct sock *sk, const struct inet_diag_req_v2 *req)
{
	struct nlattr *attr = NULL;
	struct edu_look look;

	if (asked_for(req, INET_DIAG_INFO)) {
		attr = nla_reserve_64bit(skb, INET_DIAG_INFO, sizeof(struct tcp_info),
					 INET_DIAG_PAD);
		if (!attr)
			return -EMSGSIZE;
	}
	if (!attr && !asked_for(req, INET_DIAG_CONG))
		return 0;
	edu_sock_look(sk, &look, attr ? nla_data(attr) : NULL);
	if (!asked_for(req, INET_DIAG_CONG))
		return 0;
	return nla_put_string(skb, INET_DIAG_CONG, look.cong);
}

static int put_socket(struct sk_buff *skb, struct netlink_callback *cb, struct sock *sk,
		      const struct inet_diag_req_v2 *req, u16 flags, bool admin)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)skb_tail_pointer(skb);
	int err;

	err = inet_sk_diag_fill(sk, NULL, skb, cb, req, flags, admin);
	if (err)
		return err;
	err = put_tcp(skb, sk, req);
	if (err) {
		nlmsg_cancel(skb, nlh);
		return err;
	}
	nl_dump_check_consistent(cb, nlh);
	nlmsg_end(skb, nlh);
	return 0;
}

/* ---- Requests and TIME-WAITs ---- */

/* inet_diag asks a struct sock, or what looks like one so far as it will look. */
static void disguise(struct inet_timewait_sock *tw, const struct edu_minisock *mini,
		     struct edu_look *look)
{
	struct edu_flow flow;

	edu_minisock_look(mini, look);
	edu_endpoint_flow(&mini->head, &flow);
	memset(tw, 0, sizeof(*tw));
	tw->tw_state = TCP_TIME_WAIT;	/* a request has no more than that, either */
	tw->tw_family = flow.family;
	tw->tw_num = ntohs(flow.lport);
	tw->tw_dport = flow.fport;
	tw->tw_bound_dev_if = flow.bound;
	tw->tw_mark = mini->mark;
	atomic64_set(&tw->tw_cookie, look->cookie);
	if (flow.family == AF_INET) {
		tw->tw_rcv_saddr = flow.laddr.v4;
		tw->tw_daddr = flow.faddr.v4;
	} else {
		tw->tw_v6_rcv_saddr = flow.laddr.v6;
		tw->tw_v6_daddr = flow.faddr.v6;
	}
}

static int put_minisock(struct sk_buff *skb, struct netlink_callback *cb,
			const struct edu_minisock *mini, struct inet_timewait_sock *tw,
			const struct edu_look *look, u16 flags, bool admin)
{
	struct inet_diag_msg *msg;
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			cb->nlh->nlmsg_type, sizeof(*msg), flags);
	if (!nlh)
		return -EMSGSIZE;
	msg = nlmsg_data(nlh);
	memset(msg, 0, sizeof(*msg));
	inet_diag_msg_common_fill(msg, (struct sock *)tw);
	msg->idiag_state = look->state;
	msg->idiag_timer = look->state == EDU_TIME_WAIT ? TIMER_TIME_WAIT : TIMER_ON;
	msg->idiag_retrans = look->retries;
	msg->idiag_expires = look->left;
	if (admin && nla_put_u32(skb, INET_DIAG_MARK, mini->mark)) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nl_dump_check_consistent(cb, nlh);
	nlmsg_end(skb, nlh);
	return 0;
}

/* ---- All of them ---- */

static bool wanted(const struct inet_diag_req_v2 *req, struct netlink_callback *cb,
		   struct sock *sk, u8 state)
{
	if (!(req->idiag_states & (1 << state)))
		return false;
	if (req->sdiag_family != AF_UNSPEC && req->sdiag_family != sk->sk_family)
		return false;
	if (req->id.idiag_sport && req->id.idiag_sport != htons(READ_ONCE(sk->sk_num)))
		return false;
	if (req->id.idiag_dport && req->id.idiag_dport != READ_ONCE(sk->sk_dport))
		return false;
	return edu_diag_filter((struct inet_diag_dump_data *)cb->data, sk);
}

/* Takes the caller's rcu_read_lock(): who looks at a socket may have to wait for its lock. */
static int dump_endpoint(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct inet_diag_req_v2 *req, struct edu_head *head, bool admin)
	__releases(RCU)
{
	struct inet_timewait_sock tw;
	struct edu_minisock *mini;
	struct edu_look look;
	struct sock *sk;
	int err = 0;

	if (head->kind != EDU_SOCKET) {
		mini = edu_minisock_of(head);
		disguise(&tw, mini, &look);
		if (wanted(req, cb, (struct sock *)&tw, look.state))
			err = put_minisock(skb, cb, mini, &tw, &look, NLM_F_MULTI, admin);
		rcu_read_unlock();
		return err;
	}
	sk = edu_sock_of(head);
	if (!wanted(req, cb, sk, READ_ONCE(sk->sk_state)) ||
	    !refcount_inc_not_zero(&sk->sk_refcnt)) {
		rcu_read_unlock();
		return 0;
	}
	rcu_read_unlock();
	err = put_socket(skb, cb, sk, req, NLM_F_MULTI, admin);
	sock_put(sk);
	return err;
}

/* As many as the buffer takes; inet_diag has no place for an iterator that would have to end. */
static void dump(struct sk_buff *skb, struct netlink_callback *cb,
		 const struct inet_diag_req_v2 *req)
{
	bool admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN);
	struct edu_place *place = (struct edu_place *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct edu_place before;
	struct edu_head *head;

	BUILD_BUG_ON(sizeof(*place) > sizeof(cb->ctx));
	for (;;) {
		before = *place;
		rcu_read_lock();
		head = edu_endpoint_next(net, place);
		if (IS_ERR_OR_NULL(head)) {
			rcu_read_unlock();
			if (!head)
				return;
			cond_resched();
			continue;
		}
		/* 1 and up: who reads it is told (NLM_F_DUMP_INTR) that some come again */
		cb->seq = place->restarts + 1;
		if (dump_endpoint(skb, cb, req, head, admin)) {
			*place = before;
			return;
		}
		cond_resched();
	}
}

/* An IPv6 socket that speaks IPv4 is shown with mapped addresses. */
static int flow_of(const struct inet_diag_req_v2 *req, struct net *net, struct edu_flow *flow)
{
	const struct inet_diag_sockid *id = &req->id;

	memset(flow, 0, sizeof(*flow));
	flow->net = net;
	flow->bound = id->idiag_if;
	flow->dev = id->idiag_if;
	flow->lport = id->idiag_sport;
	flow->fport = id->idiag_dport;
	flow->family = req->sdiag_family;
	switch (req->sdiag_family) {
	case AF_INET:
		flow->laddr.v4 = id->idiag_src[0];
		flow->faddr.v4 = id->idiag_dst[0];
		return 0;
	case AF_INET6:
		memcpy(&flow->laddr.v6, id->idiag_src, sizeof(flow->laddr.v6));
		memcpy(&flow->faddr.v6, id->idiag_dst, sizeof(flow->faddr.v6));
		if (ipv6_addr_v4mapped(&flow->laddr.v6) && ipv6_addr_v4mapped(&flow->faddr.v6)) {
			flow->family = AF_INET;
			flow->laddr.v4 = id->idiag_src[3];
			flow->faddr.v4 = id->idiag_dst[3];
		}
		return 0;
	default:
		return -EINVAL;
	}
}

/* Several may listen at the same place (SO_REUSEPORT); their cookies differ. */
static struct edu_head *listener_with_cookie(const struct net *net,
					     const struct inet_diag_sockid *id)
{
	struct edu_place place = { };
	struct edu_head *head;
	struct sock *sk;

	for (;;) {
		head = edu_endpoint_next(net, &place);
		if (!head || place.stage != EDU_PLACE_LISTENERS)
			return ERR_PTR(-ENOENT);
		sk = edu_sock_of(head);
		if (htons(READ_ONCE(sk->sk_num)) == id->idiag_sport &&
		    !sock_diag_check_cookie(sk, id->idiag_cookie) &&
		    refcount_inc_not_zero(&sk->sk_refcnt))
			return head;
	}
}

/* Under rcu_read_lock(), until the caller is done with a minisock; a socket has a reference. */
static struct edu_head *find(struct net *net, const struct inet_diag_req_v2 *req)
{
	struct inet_timewait_sock tw;
	struct edu_head *head;
	struct edu_look look;
	struct edu_flow flow;
	int err;

	err = flow_of(req, net, &flow);
	if (err)
		return ERR_PTR(err);
	head = edu_endpoint_find(&flow);
	if (!head)
		return ERR_PTR(-ENOENT);
	if (head->kind == EDU_SOCKET) {
		if (!sock_diag_check_cookie(edu_sock_of(head), req->id.idiag_cookie))
			return head;
		sock_put(edu_sock_of(head));
		return listener_with_cookie(net, &req->id);
	}
	disguise(&tw, edu_minisock_of(head), &look);
	err = sock_diag_check_cookie((struct sock *)&tw, req->id.idiag_cookie);
	return err ? ERR_PTR(-ENOENT) : head;
}

static struct sk_buff *new_answer(void)
{
	return nlmsg_new(nla_total_size(sizeof(struct inet_diag_msg)) +
			 inet_diag_msg_attrs_size() +
			 nla_total_size_64bit(sizeof(struct tcp_info)) +
			 nla_total_size(sizeof(struct inet_diag_meminfo)) +
			 nla_total_size(SK_MEMINFO_VARS * sizeof(u32)) +
			 nla_total_size(EDU_CONG_NAME_MAX) + 64, GFP_KERNEL);
}

static int dump_one(struct netlink_callback *cb, const struct inet_diag_req_v2 *req)
{
	bool admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN);
	struct net *net = sock_net(cb->skb->sk);
	struct inet_timewait_sock tw;
	struct edu_minisock *mini;
	struct edu_head *head;
	struct edu_look look;
	struct sk_buff *skb;
	int err;

	skb = new_answer();
	if (!skb)
		return -ENOMEM;
	rcu_read_lock();
	head = find(net, req);
	if (IS_ERR(head)) {
		err = PTR_ERR(head);
		rcu_read_unlock();
	} else if (head->kind == EDU_SOCKET) {
		rcu_read_unlock();
		err = put_socket(skb, cb, edu_sock_of(head), req, 0, admin);
		sock_put(edu_sock_of(head));
	} else {
		mini = edu_minisock_of(head);
		disguise(&tw, mini, &look);
		err = put_minisock(skb, cb, mini, &tw, &look, 0, admin);
		rcu_read_unlock();
	}
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return nlmsg_unicast(net->diag_nlsk, skb, NETLINK_CB(cb->skb).portid);
}

static int destroy(struct sk_buff *in_skb, const struct inet_diag_req_v2 *req)
{
	struct net *net = sock_net(in_skb->sk);
	struct edu_head *head;
	int err = 0;

	rcu_read_lock();
	head = find(net, req);
	if (IS_ERR(head)) {
		rcu_read_unlock();
		return PTR_ERR(head);
	}
	if (head->kind == EDU_SOCKET) {
		rcu_read_unlock();
		err = sock_diag_destroy(edu_sock_of(head), ECONNABORTED);
		sock_put(edu_sock_of(head));
		return err;
	}
	if (ns_capable(net->user_ns, CAP_NET_ADMIN))
		edu_minisock_destroy(edu_minisock_of(head));
	else
		err = -EPERM;
	rcu_read_unlock();
	return err;
}

static struct inet_diag_handler handler = {
	EDU_DIAG_OWNER
	.dump			= dump,
	.dump_one		= dump_one,
	.idiag_get_info		= get_info,
	.destroy		= destroy,
	.idiag_info_size	= sizeof(struct tcp_info),
};

static int __init edu_tcp_diag_init(void)
{
	handler.idiag_type = edu_protocol;
	return inet_diag_register(&handler);
}

static void __exit edu_tcp_diag_exit(void)
{
	inet_diag_unregister(&handler);
}

module_init(edu_tcp_diag_init);
module_exit(edu_tcp_diag_exit);

MODULE_AUTHOR("The edu_tcp authors");
MODULE_DESCRIPTION("sock_diag for edu_tcp: scripts/eduss lists and kills its sockets");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
/* The first question to sock_diag loads it: PF_NETLINK, NETLINK_SOCK_DIAG, AF_INET, protocol */
MODULE_ALIAS("net-pf-16-proto-4-type-2-253");
MODULE_ALIAS("net-pf-16-proto-4-type-2-254");
