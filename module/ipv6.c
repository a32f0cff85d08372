// SPDX-License-Identifier: GPL-2.0
/*
 * All that knows IPv6: addresses, scopes, routes, flow labels, the pseudo-header,
 * ICMPv6. An IPv6 socket may also speak IPv4, to ::ffff:10.0.0.1: it then has
 * edu_ipv4 behind it, and only what its user sees is IPv6.
 */
#include <linux/bpf-cgroup.h>
#include <linux/icmpv6.h>
#include <linux/module.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/protocol.h>
#include <net/secure_seq.h>
#include <net/transp_v6.h>

#include "edu_tcp.h"

/* ---- Segments that arrive ---- */

static void flow_of_skb(struct edu_flow *flow, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);
	const __be16 *ports = (const __be16 *)skb->data;
	int slave = inet6_sdif(skb);

	memset(flow, 0, sizeof(*flow));
	flow->net = dev_net(skb->dev);
	flow->family = AF_INET6;
	flow->dev = slave ?: inet6_iif(skb);
	flow->l3dev = slave ? inet6_iif(skb) : 0;
	flow->laddr.v6 = ip->daddr;
	flow->faddr.v6 = ip->saddr;
	if (skb_headlen(skb) >= 2 * sizeof(*ports)) {
		flow->fport = ports[0];
		flow->lport = ports[1];
	}
}

static __sum16 checksum(const struct edu_flow *flow, u32 len, __wsum sum)
{
	return csum_ipv6_magic(&flow->laddr.v6, &flow->faddr.v6, len, edu_protocol, sum);
}

/* Only unicast is answered (MUST-57, MUST-63); ::ffff:0:0/96 is never on the wire. */
static bool may_answer(const struct sk_buff *skb)
{
	const struct in6_addr *from = &ipv6_hdr(skb)->saddr;

	return ipv6_unicast_destination(skb) && !ipv6_addr_any(from) &&
	       !ipv6_addr_is_multicast(from) && !ipv6_addr_v4mapped(from);
}

static bool near_enough(const struct sock *sk, const struct sk_buff *skb)
{
	return ipv6_hdr(skb)->hop_limit >= READ_ONCE(inet6_sk(sk)->min_hopcount);
}

static u8 tos_of_skb(const struct sk_buff *skb)
{
	return ipv6_get_dsfield(ipv6_hdr(skb)) & ~INET_ECN_MASK;
}

static u32 mark_of_skb(const struct sk_buff *skb)
{
	return IP6_REPLY_MARK(dev_net(skb->dev), skb->mark);
}

/* The peer's own label, where a listener or the administrator says so. */
static __be32 label_of_skb(const struct sock *listener, const struct sk_buff *skb)
{
	int reflect = READ_ONCE(dev_net(skb->dev)->ipv6.sysctl.flowlabel_reflect);

	if (listener ? edu_inet6_flag(listener, REPFLOW, repflow) :
		       reflect & FLOWLABEL_REFLECT_TCP_RESET)
		return ip6_flowlabel(ipv6_hdr(skb));
	return 0;
}

/* IPv6's source routes are not to be turned round, or taken at all (RFC 5095). */
static struct ip_options_rcu *return_route(const struct sk_buff *skb)
{
	return NULL;
}

/* ---- Routes ---- */

static u8 tclass(const struct sock *sk)
{
	return inet6_sk(sk)->tclass & ~INET_ECN_MASK;
}

static int hop_limit(const struct sock *sk)
{
	return inet6_sk(sk)->hop_limit;
}

static unsigned int options_len(const struct sock *sk)
{
	const struct ipv6_txoptions *opt;
	unsigned int len;

	rcu_read_lock();
	opt = rcu_dereference(inet6_sk(sk)->opt);
	len = opt ? opt->opt_flen + opt->opt_nflen : 0;
	rcu_read_unlock();
	return len;
}

/*
 * The route of a flow, by the options of @sk. @fl6 is filled in, and a source
 * address chosen where the flow has none.
 */
static struct dst_entry *lookup(struct flowi6 *fl6, const struct edu_flow *flow, struct sock *sk,
				u32 mark, u8 tos)
{
	struct in6_addr final, *final_p;

	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = edu_protocol;
	fl6->daddr = flow->faddr.v6;
	fl6->saddr = flow->laddr.v6;
	fl6->flowlabel = ip6_make_flowinfo(tos, flow->label);
	/* a link-local address is one only on its own link (RFC 4007) */
	fl6->flowi6_oif = flow->bound ?: rt6_need_strict(&fl6->daddr) ? flow->dev : flow->l3dev;
	fl6->flowi6_mark = mark;
	fl6->fl6_dport = flow->fport;
	fl6->fl6_sport = flow->lport;
	fl6->flowi6_uid = sock_net_uid(flow->net, sk);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));

	/* With a routing header the first hop is not the destination. */
	rcu_read_lock();
	final_p = fl6_update_dst(fl6, rcu_dereference(inet6_sk(sk)->opt), &final);
	rcu_read_unlock();
	return ip6_dst_lookup_flow(flow->net, sk, fl6, final_p);
}

static struct dst_entry *route(const struct edu_flow *flow, struct sock *sk, u32 mark, u8 tos)
{
	struct flowi6 fl6;

	return lookup(&fl6, flow, sk, mark, tos);
}

/* A route for the socket as it is; also leaves the flow for xmit(). */
static struct dst_entry *route_socket(struct sock *sk, const struct edu_flow *flow)
{
	struct dst_entry *dst;

	dst = lookup(&inet_sk(sk)->cork.fl.u.ip6, flow, sk, sk->sk_mark, tclass(sk));
	if (!IS_ERR(dst))
		ip6_dst_store(sk, dst, EDU_NO_ADDRESS, EDU_NO_ADDRESS);
	return dst;
}

static struct dst_entry *route_of(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, inet6_sk(sk)->dst_cookie);
	struct edu_flow flow;

	if (dst)
		return dst;
	edu_sock_flow(sk, &flow);
	dst = route_socket(sk, &flow);
	if (!IS_ERR(dst))
		return dst;
	WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(dst));
	return NULL;
}

/* ---- Sending ---- */

static int xmit(struct sock *sk, struct sk_buff *skb)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct dst_entry *dst = route_of(sk);
	int err;

	if (!dst) {
		sk->sk_route_caps = 0;
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	err = ip6_xmit(sk, skb, &inet_sk(sk)->cork.fl.u.ip6, sk->sk_mark,
		       rcu_dereference(np->opt), np->tclass, READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return err;
}

static void reply_xmit(struct sk_buff *skb, const struct edu_flow *flow, struct sock *sk,
		       u32 mark, u8 tos)
{
	struct flowi6 fl6 = {
		.flowi6_proto = edu_protocol,
		.saddr = flow->laddr.v6,
		.daddr = flow->faddr.v6,
		.flowlabel = flow->label,
	};

	rcu_read_lock();
	ip6_xmit(sk, skb, &fl6, mark, rcu_dereference(inet6_sk(sk)->opt), tos,
		 READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
}

/* ---- Opening ---- */

static u32 iss(const struct edu_flow *flow)
{
	return secure_tcpv6_seq(flow->laddr.v6.s6_addr32, flow->faddr.v6.s6_addr32,
				flow->lport, flow->fport);
}

static u64 ephemeral_port(const struct sock *sk)
{
	return secure_ipv6_port_ephemeral(sk->sk_v6_rcv_saddr.s6_addr32,
					  sk->sk_v6_daddr.s6_addr32,
					  inet_sk(sk)->inet_dport);
}

/* The flow label that the user asks for in connect(), if he may have that one. */
static int set_label(struct sock *sk, const struct sockaddr_in6 *to)
{
	__be32 label = 0;

	if (edu_inet6_flag(sk, SNDFLOW, sndflow))
		label = to->sin6_flowinfo & IPV6_FLOWINFO_MASK;
	if (label & IPV6_FLOWLABEL_MASK) {
		struct ip6_flowlabel *taken = fl6_sock_lookup(sk, label);

		if (IS_ERR(taken))
			return -EINVAL;
		fl6_sock_release(taken);
	}
	inet6_sk(sk)->flow_label = label;
	return 0;
}

/* A link-local address is one only together with a device (RFC 4007). */
static int bind_to_scope(struct sock *sk, const struct sockaddr_in6 *to, int addr_len)
{
	/* A scope id is younger than the structure (RFC 2133). */
	if (addr_len >= sizeof(*to) && to->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, to->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = to->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

/* From now on an IPv4 socket, but for what its user sees (RFC 4291 2.5.5.2). */
static int connect_ipv4(struct sock *sk, const struct in6_addr *to, __be16 port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = to->s6_addr32[3],
	};
	int err;

	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	WRITE_ONCE(edu_sk(sk)->af, &edu_ipv4);
	err = edu_ipv4.connect(sk, (edu_sockaddr *)&sin, sizeof(sin));
	if (!err)
		inet6_sk(sk)->saddr = sk->sk_v6_rcv_saddr;
	return err;
}

static int connect_ipv6(struct sock *sk, __be16 port)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct dst_entry *dst;
	struct edu_flow flow;
	int err;

	WRITE_ONCE(edu_sk(sk)->af, &edu_ipv6);
	inet->inet_dport = port;
	edu_sock_flow(sk, &flow);
	dst = route_socket(sk, &flow);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		sk->sk_v6_rcv_saddr = inet->cork.fl.u.ip6.saddr;
	np->saddr = sk->sk_v6_rcv_saddr;
	/* for those who look for an IPv4 address: none that there is */
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;

	err = edu_port_for_connect(sk);
	if (err)
		return err;
	edu_sk(sk)->hashed = 1;
	edu_sync_mss(sk, dst_mtu(dst));
	return 0;
}

/* A program of the cgroup may forbid it, or send it elsewhere. */
static int pre_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	return edu_cgroup_connect6(sk, uaddr, addr_len);
}

static int connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)uaddr;
	struct in6_addr to;
	int err, type;

	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = set_label(sk, sin6);
	if (err)
		return err;

	to = sin6->sin6_addr;
	if (ipv6_addr_any(&to)) {		/* :: means this host */
		if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
			ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &to);
		else
			to = in6addr_loopback;
	}
	type = ipv6_addr_type(&to);
	if (type & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (type & IPV6_ADDR_LINKLOCAL) {
		err = bind_to_scope(sk, sin6, addr_len);
		if (err)
			return err;
	}
	sk->sk_v6_daddr = to;
	if (type & IPV6_ADDR_MAPPED)
		return connect_ipv4(sk, &to, sin6->sin6_port);
	return connect_ipv6(sk, sin6->sin6_port);
}

/* What a clone has of its listener's, and must not keep. */
static struct ipv6_pinfo *own_pinfo(struct sock *child)
{
	struct ipv6_pinfo *np = &container_of(child, struct edu_sock6, sock.inet.sk)->inet6;

	inet_sk(child)->pinet6 = np;
	RCU_INIT_POINTER(edu_flow_labels(child), NULL);
	RCU_INIT_POINTER(np->ipv6_mc_list, NULL);
	RCU_INIT_POINTER(np->opt, NULL);
	np->ipv6_ac_list = NULL;
	np->pktoptions = NULL;
	np->rxpmtu = NULL;
	return np;
}

/* An IPv6 listener's child: of an IPv4 connection, too. */
static void child_init(struct sock *child, const struct sock *listener,
		       const struct edu_flow *flow, const struct sk_buff *skb)
{
	bool reflect = edu_inet6_flag(listener, REPFLOW, repflow);
	struct ipv6_pinfo *np = own_pinfo(child);
	struct inet_sock *inet = inet_sk(child);
	struct ipv6_txoptions *opt;

	np->mcast_oif = flow->dev;
	if (flow->family == AF_INET) {
		edu_sk(child)->af = &edu_ipv4;
		edu_ipv4.child_init(child, listener, flow, skb);
		np->saddr = child->sk_v6_rcv_saddr;
		np->mcast_hops = inet->mc_ttl;
		np->rcv_flowinfo = 0;
		if (reflect)
			np->flow_label = 0;
		return;
	}
	child->sk_v6_daddr = flow->faddr.v6;
	child->sk_v6_rcv_saddr = flow->laddr.v6;
	np->saddr = flow->laddr.v6;
	inet->inet_daddr = LOOPBACK4_IPV6;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	inet->inet_saddr = LOOPBACK4_IPV6;
	inet->inet_dport = flow->fport;
	inet->inet_sport = flow->lport;
	inet->inet_num = ntohs(flow->lport);
	inet->mc_list = NULL;
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	np->mcast_hops = ipv6_hdr(skb)->hop_limit;
	np->rcv_flowinfo = ip6_flowinfo(ipv6_hdr(skb));
	if (reflect)
		np->flow_label = ip6_flowlabel(ipv6_hdr(skb));
	opt = rcu_dereference(inet6_sk(listener)->opt);
	if (opt)
		RCU_INIT_POINTER(np->opt, ipv6_dup_options(child, opt));
}

static bool accepts_mtu(const struct sock *sk)
{
	return ip6_sk_accept_pmtu(sk);
}

static bool wants_errors(const struct sock *sk)
{
	return edu_inet6_flag(sk, RECVERR6, recverr);
}

const struct edu_af edu_ipv6 = {
	.family		= AF_INET6,
	.header_len	= sizeof(struct ipv6hdr),
	.default_mss	= EDU_MSS_DEFAULT_V6,
	.flow_of_skb	= flow_of_skb,
	.pseudo_of_skb	= ip6_compute_pseudo,
	.checksum	= checksum,
	.may_answer	= may_answer,
	.near_enough	= near_enough,
	.tos_of_skb	= tos_of_skb,
	.mark_of_skb	= mark_of_skb,
	.return_route	= return_route,
	.label_of_skb	= label_of_skb,
	.tos		= tclass,
	.ttl		= hop_limit,
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
	.setsockopt	= ipv6_setsockopt,
	.getsockopt	= ipv6_getsockopt,
};

/* ---- IP calls ---- */

static int rcv(struct sk_buff *skb)
{
	return edu_rcv(skb, &edu_ipv6);
}

/* Which ICMPv6 errors concern a connection, and how (RFC 5461); redirects are none. */
static int icmp_error(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		      int offset, __be32 info)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + offset);
	int slave = inet6_sdif(skb);
	struct edu_flow flow = {
		.net = dev_net(skb->dev),
		.family = AF_INET6,
		.dev = slave ?: skb->dev->ifindex,
		.l3dev = slave ? skb->dev->ifindex : 0,
		.lport = th->source,
		.fport = th->dest,
		.laddr.v6 = ip->saddr,
		.faddr.v6 = ip->daddr,
	};
	bool hard;
	int err;

	if (type & ICMPV6_INFOMSG_MASK)
		return 0;
	if (type == ICMPV6_PKT_TOOBIG && ntohl(info) < IPV6_MIN_MTU)
		return 0;		/* no link is so narrow (RFC 8200 5) */
	hard = icmpv6_err_convert(type, code, &err);
	/* Of our own IP's errors the one that comes is: there is no such neighbour. */
	hard |= ipv6_addr_equal(&ipv6_hdr(skb)->saddr, &ip->saddr);
	/* A parameter problem is soft (RFC 9293 3.9.2.2), also: the peer has no such protocol. */
	hard &= type == ICMPV6_DEST_UNREACH;
	edu_icmp_error(&flow, ntohl(th->seq), err, hard, ntohl(info));
	return 0;
}

static const struct inet6_protocol edu_protocol_v6 = {
	.handler	= rcv,
	.err_handler	= icmp_error,
	.flags		= INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

/* IPv4's, but for what the stack does with the address family. */
static struct proto_ops stream_ops6 __ro_after_init;

static struct inet_protosw edu_protosw_v6 = {
	.type		= SOCK_STREAM,
	.prot		= &edu_prot6,
	.ops		= &stream_ops6,
	/* not INET_PROTOSW_ICSK: IP would cast to inet_connection_sock */
};

int __init edu_ipv6_init(void)
{
	int err;

	if (!ipv6_mod_enabled())
		return 0;
	stream_ops6 = edu_stream_ops;
	stream_ops6.family = PF_INET6;
	stream_ops6.release = inet6_release;
	stream_ops6.bind = inet6_bind;
	stream_ops6.getname = inet6_getname;
	stream_ops6.ioctl = inet6_ioctl;
#ifdef CONFIG_COMPAT
	stream_ops6.compat_ioctl = inet6_compat_ioctl;
#endif
	err = inet6_add_protocol(&edu_protocol_v6, edu_protocol);
	if (err)
		return -EBUSY;
	edu_protosw_v6.protocol = edu_protocol;
	err = inet6_register_protosw(&edu_protosw_v6);
	if (err)
		inet6_del_protocol(&edu_protocol_v6, edu_protocol);
	return err;
}

void edu_ipv6_exit(void)
{
	if (!ipv6_mod_enabled())
		return;
	inet6_unregister_protosw(&edu_protosw_v6);
	inet6_del_protocol(&edu_protocol_v6, edu_protocol);
}
