// SPDX-License-Identifier: GPL-2.0
/* All that knows IPv4: addresses, routes, the pseudo-header, ICMP. */
#include <linux/bpf-cgroup.h>
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/secure_seq.h>

#include "edu_tcp.h"

static void flow_of_skb(struct edu_flow *flow, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports = (const __be16 *)skb->data;
	bool there = skb_headlen(skb) >= 2 * sizeof(*ports);
	int iif = inet_iif(skb), sdif = inet_sdif((struct sk_buff *)skb);

	flow->net = dev_net(skb->dev);
	flow->family = AF_INET;
	flow->bound = 0;
	flow->dev = sdif ?: iif;
	flow->l3dev = sdif ? iif : 0;
	flow->label = 0;
	flow->fport = there ? ports[0] : 0;
	flow->lport = there ? ports[1] : 0;
	flow->laddr.v4 = iph->daddr;
	flow->faddr.v4 = iph->saddr;
	flow->way = NULL;
}

/* Only unicast is answered (MUST-57, MUST-63). */
static bool may_answer(const struct sk_buff *skb)
{
	__be32 from = ip_hdr(skb)->saddr;

	return skb_rtable(skb)->rt_type == RTN_LOCAL && !ipv4_is_multicast(from) &&
	       !ipv4_is_lbcast(from) && !ipv4_is_zeronet(from);
}

/* From no farther away than the socket allows (RFC 5082). */
static bool near_enough(const struct sock *sk, const struct sk_buff *skb)
{
	return ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
}

static u8 tos_of_skb(const struct sk_buff *skb)
{
	return ip_hdr(skb)->tos & ~INET_ECN_MASK;
}

/*
 * The way back of a segment that came by a source route (3.9.2.1, MUST-53): what
 * the option recorded, turned round, as IP_OPTIONS takes it: without the peer.
 */
static struct ip_options_rcu *return_route(const struct sk_buff *skb)
{
	const struct ip_options *from = &IPCB(skb)->opt;
	struct ip_options_rcu *way;
	const u8 *came, *first;
	unsigned int hops, i;
	u8 *back;

	if (!from->srr)
		return NULL;
	/* kind, length, pointer, addresses; IP has looked at them, and was the last hop */
	came = skb_network_header(skb) + from->srr;
	first = came + 3;
	hops = (came[1] - 3) / 4;
	/* Not everybody's list begins behind himself (RFC 1122 3.2.1.8). */
	if (hops && !memcmp(first, &ip_hdr(skb)->saddr, 4)) {
		first += 4;
		hops--;
	}
	if (!hops)
		return NULL;

	way = kzalloc(sizeof(*way) + MAX_IPOPTLEN, GFP_ATOMIC | __GFP_NOWARN);
	if (!way)
		return ERR_PTR(-ENOMEM);
	back = way->opt.__data;
	back[0] = came[0];
	back[1] = 3 + 4 * hops;
	back[2] = 4;
	for (i = 0; i < hops; i++)
		memcpy(&back[3 + 4 * i], &first[4 * (hops - 1 - i)], 4);
	way->opt.optlen = ALIGN(back[1], 4);
	if (ip_options_compile(dev_net(skb->dev), &way->opt, NULL)) {
		kfree(way);
		return NULL;
	}
	return way;
}

static u32 mark_of_skb(const struct sk_buff *skb)
{
	return IP4_REPLY_MARK(dev_net(skb->dev), skb->mark);
}

static __be32 label_of_skb(const struct sock *listener, const struct sk_buff *skb)
{
	return 0;
}

static u8 tos(const struct sock *sk)
{
	return inet_sk(sk)->tos & ~INET_ECN_MASK;
}

static int ttl(const struct sock *sk)
{
	return inet_sk(sk)->uc_ttl;
}

static unsigned int options_len(const struct sock *sk)
{
	const struct ip_options_rcu *opt = rcu_dereference_check(inet_sk(sk)->inet_opt, 1);

	return opt ? opt->opt.optlen : 0;
}

static int xmit(struct sock *sk, struct sk_buff *skb)
{
	return ip_queue_xmit(sk, skb, &inet_sk(sk)->cork.fl);
}

static __sum16 checksum(const struct edu_flow *flow, u32 len, __wsum sum)
{
	return csum_tcpudp_magic(flow->laddr.v4, flow->faddr.v4, len, edu_protocol, sum);
}

/* Where IP sends it: to the peer, or to where a source route begins. */
static __be32 next_hop(const struct edu_flow *flow)
{
	return flow->way ? flow->way->opt.faddr : flow->faddr.v4;
}

static struct dst_entry *route(const struct edu_flow *flow, struct sock *sk, u32 mark, u8 tos)
{
	struct flowi4 fl4;
	struct rtable *rt;

	flowi4_init_output(&fl4, flow->bound ?: flow->l3dev, mark, RT_TOS(tos),
			   RT_SCOPE_UNIVERSE, edu_protocol,
			   edu_inet_transparent(sk) ? FLOWI_FLAG_ANYSRC : 0,
			   next_hop(flow), flow->laddr.v4, flow->fport, flow->lport,
			   sock_net_uid(flow->net, sk));
	security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(flow->net, &fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);		/* that is no one peer (MUST-63) */
		return ERR_PTR(-ENETUNREACH);
	}
	return &rt->dst;
}

/*
 * IP takes the mark, options, and where a source route ends, from the socket:
 * with one of these, @sk is a control socket.
 */
static void reply_xmit(struct sk_buff *skb, const struct edu_flow *flow, struct sock *sk,
		       u32 mark, u8 tos)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi fl = { };

	fl.u.ip4.saddr = flow->laddr.v4;
	fl.u.ip4.daddr = next_hop(flow);
	if (!flow->way) {
		__ip_queue_xmit(sk, skb, &fl, tos);
		return;
	}
	inet->inet_daddr = flow->faddr.v4;
	RCU_INIT_POINTER(inet->inet_opt, (struct ip_options_rcu *)flow->way);
	__ip_queue_xmit(sk, skb, &fl, tos);
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	inet->inet_daddr = 0;
}

static u32 iss(const struct edu_flow *flow)
{
	return secure_tcp_seq(flow->laddr.v4, flow->faddr.v4, flow->lport, flow->fport);
}

static u64 ephemeral_port(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	return secure_ipv4_port_ephemeral(inet->inet_rcv_saddr, inet->inet_daddr,
					  inet->inet_dport);
}

/* A program of the cgroup may forbid it, or send it elsewhere. */
static int pre_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	return edu_cgroup_connect4(sk, uaddr, addr_len);
}

/* Find a route and an address of our own, take a port, and enter the table. */
static int connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	struct sockaddr_in *usin = (struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	const struct ip_options_rcu *opt;
	__be16 orig_sport = inet->inet_sport;
	__be32 daddr, nexthop;
	struct rtable *rt;
	int err;

	if (addr_len < sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET)
		return -EAFNOSUPPORT;

	nexthop = usin->sin_addr.s_addr;
	daddr = nexthop;
	opt = rcu_dereference_protected(inet->inet_opt, lockdep_sock_is_held(sk));
	if (opt && opt->opt.srr) {
		if (!daddr)
			return -EINVAL;
		nexthop = opt->opt.faddr;
	}
	rt = ip_route_connect(fl4, nexthop, inet->inet_saddr, sk->sk_bound_dev_if, edu_protocol,
			      orig_sport, usin->sin_port, sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	if (!opt || !opt->opt.srr)
		daddr = fl4->daddr;		/* 0.0.0.0 means this host */
	if (!inet->inet_saddr)
		inet->inet_saddr = fl4->saddr;
	sk_rcv_saddr_set(sk, inet->inet_saddr);
	inet->inet_dport = usin->sin_port;
	sk_daddr_set(sk, daddr);

	err = edu_port_for_connect(sk);
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	edu_sk(sk)->hashed = 1;
	rt = ip_route_newports(fl4, rt, orig_sport, usin->sin_port, inet->inet_sport,
			       inet->inet_dport, sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	sk_setup_caps(sk, &rt->dst);
	edu_sync_mss(sk, dst_mtu(&rt->dst));
	return 0;
}

/* Also of an IPv6 listener: it shows the addresses as ::ffff:10.0.0.1. */
static void child_init(struct sock *child, const struct sock *listener,
		       const struct edu_flow *flow, const struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(child);

	sk_daddr_set(child, flow->faddr.v4);
	sk_rcv_saddr_set(child, flow->laddr.v4);
	inet->inet_saddr = flow->laddr.v4;
	inet->inet_dport = flow->fport;
	inet->inet_sport = flow->lport;
	inet->inet_num = ntohs(flow->lport);
	inet->mc_index = inet_iif(skb);
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	inet->mc_list = NULL;
	/* source routes were for the listener's own packets */
	RCU_INIT_POINTER(inet->inet_opt, NULL);
}

/* A new one is for the socket as it is; it also leaves the flow for ip_queue_xmit(). */
static struct dst_entry *route_of(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct dst_entry *dst = __sk_dst_check(sk, 0);
	const struct ip_options_rcu *opt;
	__be32 daddr = inet->inet_daddr;
	struct rtable *rt;

	if (dst)
		return dst;
	rcu_read_lock();
	opt = rcu_dereference(inet->inet_opt);
	if (opt && opt->opt.srr)
		daddr = opt->opt.faddr;
	rt = ip_route_output_ports(sock_net(sk), fl4, sk, daddr, inet->inet_saddr,
				   inet->inet_dport, inet->inet_sport, edu_protocol,
				   ip_sock_rt_tos(sk), sk->sk_bound_dev_if);
	rcu_read_unlock();
	if (IS_ERR(rt))
		return NULL;
	sk_setup_caps(sk, &rt->dst);
	return &rt->dst;
}

static bool accepts_mtu(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT && ip_sk_accept_pmtu(sk);
}

static bool wants_errors(const struct sock *sk)
{
	return edu_inet_flag(sk, RECVERR, recverr);
}

const struct edu_af edu_ipv4 = {
	.family		= AF_INET,
	.header_len	= sizeof(struct iphdr),
	.default_mss	= EDU_MSS_DEFAULT,
	.flow_of_skb	= flow_of_skb,
	.pseudo_of_skb	= inet_compute_pseudo,
	.checksum	= checksum,
	.may_answer	= may_answer,
	.near_enough	= near_enough,
	.tos_of_skb	= tos_of_skb,
	.return_route	= return_route,
	.mark_of_skb	= mark_of_skb,
	.label_of_skb	= label_of_skb,
	.tos		= tos,
	.ttl		= ttl,
	.options_len	= options_len,
	.xmit		= xmit,
	.route		= route,
	.reply_xmit	= reply_xmit,
	.iss		= iss,
	.ephemeral_port	= ephemeral_port,
	.pre_connect	= pre_connect,
	.connect	= connect,
	.child_init	= child_init,
	.route_of	= route_of,
	.accepts_mtu	= accepts_mtu,
	.wants_errors	= wants_errors,
	.setsockopt	= ip_setsockopt,
	.getsockopt	= ip_getsockopt,
};

/* ---- IP calls ---- */

static int rcv(struct sk_buff *skb)
{
	return edu_rcv(skb, &edu_ipv4);
}

/* Which ICMP errors concern a connection, and how (RFC 1122 4.2.3.9, RFC 5461). */
static int icmp_error(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + iph->ihl * 4);
	const int type = icmp_hdr(skb)->type;
	const int code = icmp_hdr(skb)->code;
	struct edu_flow flow = {
		.net = dev_net(skb->dev),
		.family = AF_INET,
		.dev = inet_sdif(skb) ?: inet_iif(skb),
		.l3dev = inet_sdif(skb) ? inet_iif(skb) : 0,
		.lport = th->source,
		.fport = th->dest,
		.laddr.v4 = iph->saddr,
		.faddr.v4 = iph->daddr,
	};
	bool hard = false;
	int err;

	switch (type) {
	case ICMP_DEST_UNREACH:
		if (code > NR_ICMP_UNREACH)
			return 0;
		err = icmp_err_convert[code].errno;
		/* Of our own IP's errors the one that comes is: there is no such neighbour. */
		hard = icmp_err_convert[code].fatal || ip_hdr(skb)->saddr == iph->saddr;
		break;
	case ICMP_PARAMETERPROB:
		err = EPROTO;
		break;
	case ICMP_TIME_EXCEEDED:
		err = EHOSTUNREACH;
		break;
	default:		/* source quench (MUST-55), redirects */
		return 0;
	}
	edu_icmp_error(&flow, ntohl(th->seq), err, hard && err != EMSGSIZE, info);
	return 0;
}

static const struct net_protocol edu_protocol_v4 = {
	.handler	= rcv,
	.err_handler	= icmp_error,
	.no_policy	= 1,
	.icmp_strict_tag_validation = 1,
};

static struct inet_protosw edu_protosw_v4 = {
	.type		= SOCK_STREAM,
	.prot		= &edu_prot,
	.ops		= &edu_stream_ops,
	/* not INET_PROTOSW_ICSK: IP would cast to inet_connection_sock */
};

int edu_ipv4_init(void)
{
	int err = inet_add_protocol(&edu_protocol_v4, edu_protocol);

	if (err)
		return -EBUSY;
	edu_protosw_v4.protocol = edu_protocol;
	inet_register_protosw(&edu_protosw_v4);
	return 0;
}

void edu_ipv4_exit(void)
{
	inet_unregister_protosw(&edu_protosw_v4);
	inet_del_protocol(&edu_protocol_v4, edu_protocol);
}
