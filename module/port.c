// SPDX-License-Identifier: GPL-2.0
/*
 * Local ports. Each (namespace, port, address, device) in use has an entry
 * that counts who holds it and with which right to share, so that bind(),
 * connect() and TIME-WAIT ask and answer in O(1) in the number of connections.
 */
#include <linux/hash.h>
#include <linux/random.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>

#include "edu_tcp.h"

#define PORT_HASH_BITS	12

/* Who holds a port, by what he allows others. */
enum holder {
	PLAIN,			/* bound, no SO_REUSEADDR */
	REUSE,			/* bound, SO_REUSEADDR, not listening */
	LISTENING,		/* SO_REUSEADDR does not help any more */
	CONNECTED,		/* connect() chose it: flows differ, so connects may share */
	HOLDERS,
};

#define IPV4	1
#define IPV6	2

/*
 * The local addresses for which a socket wants its port: one, or all of those
 * of one or both IP versions (:: without IPV6_V6ONLY).
 */
struct local {
	struct in6_addr addr;	/* IPv4 as ::ffff:10.0.0.1 */
	u8 versions;
	bool any;		/* all of those; addr is :: */
};

struct edu_port {
	struct hlist_node node;
	struct net *net;
	u16 port;
	int dev;
	struct local local;
	u32 n[HOLDERS];
	u32 reuseport[HOLDERS];	/* of them, with SO_REUSEPORT and of one user, */
	kuid_t uid;		/* who was the first */
};

struct bucket {
	spinlock_t lock;	/* chain, and all that its entries say */
	struct hlist_head chain;
};

static struct bucket buckets[1 << PORT_HASH_BITS];

static struct bucket *bucket_of(const struct net *net, u16 port)
{
	return &buckets[hash_32(net_hash_mix(net) ^ port, PORT_HASH_BITS)];
}

static struct kmem_cache *port_cache;

static u32 sum(const u32 *n)
{
	return n[PLAIN] + n[REUSE] + n[LISTENING] + n[CONNECTED];
}

/* How many hold @p as @as and do not share by SO_REUSEPORT with @sk. */
static u32 strangers(const struct edu_port *p, const struct sock *sk, enum holder as)
{
	bool shares = sk->sk_reuseport && uid_eq(p->uid, READ_ONCE(sk->sk_uid));

	return p->n[as] - (shares ? p->reuseport[as] : 0);
}

static void hold(struct edu_port *p, enum holder as, bool reuseport)
{
	p->n[as]++;
	p->reuseport[as] += reuseport;
}

static void release(struct edu_port *p, enum holder as, bool reuseport)
{
	p->n[as]--;
	p->reuseport[as] -= reuseport;
}

static void local_of(const struct sock *sk, struct local *l)
{
	__be32 v4 = inet_sk(sk)->inet_rcv_saddr;

	memset(l, 0, sizeof(*l));
	if (sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr)) {
		l->versions = IPV4;
		l->any = !v4;
		if (v4)
			ipv6_addr_set_v4mapped(v4, &l->addr);
		return;
	}
	l->addr = sk->sk_v6_rcv_saddr;
	l->versions = IPV6;
	l->any = ipv6_addr_any(&l->addr);
	if (l->any && !ipv6_only_sock(sk))
		l->versions |= IPV4;
}

/* Whether there is an address and a device where both would hear a segment. */
static bool overlaps(const struct edu_port *p, const struct sock *sk, const struct local *l)
{
	if (p->dev && sk->sk_bound_dev_if && p->dev != sk->sk_bound_dev_if)
		return false;
	return (p->local.versions & l->versions) &&
	       (p->local.any || l->any || ipv6_addr_equal(&p->local.addr, &l->addr));
}

/* bind()'s question, as inet_bind_conflict() asks it: may @sk share with @p's holders? */
static bool conflict(const struct edu_port *p, const struct sock *sk)
{
	if (strangers(p, sk, CONNECTED) || strangers(p, sk, PLAIN) || strangers(p, sk, LISTENING))
		return true;
	return strangers(p, sk, REUSE) && !sk->sk_reuse;
}

static bool port_is_free(struct hlist_head *chain, const struct sock *sk, u16 port)
{
	struct edu_port *p;
	struct local local;

	local_of(sk, &local);
	hlist_for_each_entry(p, chain, node)
		if (p->port == port && p->net == sock_net(sk) &&
		    overlaps(p, sk, &local) && conflict(p, sk))
			return false;
	return true;
}

static struct edu_port *entry(struct hlist_head *chain, const struct sock *sk, u16 port)
{
	struct edu_port *p;
	struct local local;

	local_of(sk, &local);
	hlist_for_each_entry(p, chain, node)
		if (p->port == port && p->net == sock_net(sk) &&
		    p->dev == sk->sk_bound_dev_if &&
		    p->local.versions == local.versions && p->local.any == local.any &&
		    ipv6_addr_equal(&p->local.addr, &local.addr))
			return p;

	p = kmem_cache_zalloc(port_cache, GFP_ATOMIC);
	if (!p)
		return NULL;
	p->net = sock_net(sk);
	p->port = port;
	p->dev = sk->sk_bound_dev_if;
	p->local = local;
	hlist_add_head(&p->node, chain);
	return p;
}

static void drop_if_unused(struct edu_port *p)
{
	if (sum(p->n))
		return;
	hlist_del(&p->node);
	kmem_cache_free(port_cache, p);
}

static int take(struct sock *sk, u16 port, enum holder as, bool check)
{
	struct bucket *b = bucket_of(sock_net(sk), port);
	struct edu_sock *es = edu_sk(sk);
	struct edu_port *p = NULL;
	int err = -EADDRINUSE;

	spin_lock_bh(&b->lock);
	if (!check || port_is_free(&b->chain, sk, port)) {
		p = entry(&b->chain, sk, port);
		err = p ? 0 : -ENOMEM;
	}
	if (p) {
		if (sk->sk_reuseport && !sum(p->reuseport))
			p->uid = READ_ONCE(sk->sk_uid);
		es->port = p;
		es->port_holder = as;
		es->port_reuseport = sk->sk_reuseport &&
				     uid_eq(p->uid, READ_ONCE(sk->sk_uid));
		hold(p, as, es->port_reuseport);
	}
	spin_unlock_bh(&b->lock);
	return err;
}

/* Whether somebody bound the port: then connect() leaves it alone. */
static bool bound_by_user(const struct sock *sk, u16 port)
{
	struct bucket *b = bucket_of(sock_net(sk), port);
	struct edu_port *p;
	struct local local;
	bool bound = false;

	local_of(sk, &local);
	spin_lock_bh(&b->lock);
	hlist_for_each_entry(p, &b->chain, node)
		if (p->port == port && p->net == sock_net(sk) &&
		    overlaps(p, sk, &local) && sum(p->n) > p->n[CONNECTED])
			bound = true;
	spin_unlock_bh(&b->lock);
	return bound;
}

static void port_range(const struct sock *sk, int *low, u32 *count)
{
	int high;

	inet_sk_get_local_port_range(sk, low, &high);
	*count = high - *low + 1;
}

/**
 * edu_get_port() - bind() wants a local port (proto.get_port)
 * @sk: the socket, locked, with its address set
 * @snum: the port, or 0 for any free one
 *
 * Return: 0, or non-zero if it is taken; inet_bind() makes EADDRINUSE of it.
 */
int edu_get_port(struct sock *sk, unsigned short snum)
{
	enum holder as = sk->sk_reuse ? REUSE : PLAIN;
	u32 count, offset, i;
	int low, err;

	if (edu_sk(sk)->port)
		return 0;
	if (snum) {
		err = take(sk, snum, as, true);
		goto out;
	}
	port_range(sk, &low, &count);
	offset = get_random_u32_below(count);
	err = -EADDRINUSE;
	for (i = 0; i < count && err == -EADDRINUSE; i++) {
		snum = low + (offset + i) % count;
		if (inet_is_local_reserved_port(sock_net(sk), snum))
			continue;
		err = take(sk, snum, as, true);
	}
out:
	if (!err)
		inet_sk(sk)->inet_num = snum;
	return err;
}

/**
 * edu_put_port() - give up the local port (proto.put_port)
 * @sk: the socket
 */
void edu_put_port(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_port *p = es->port;
	struct bucket *b;

	if (!p)
		return;
	b = bucket_of(p->net, p->port);
	spin_lock_bh(&b->lock);
	release(p, es->port_holder, es->port_reuseport);
	drop_if_unused(p);
	spin_unlock_bh(&b->lock);
	es->port = NULL;
	es->port_reuseport = 0;
	inet_sk(sk)->inet_num = 0;
}

/* Where the next search begins; several destinations share one, so that it tells little. */
static u32 next_offset[256];

/* A TIME-WAIT may give way to it. */
static int enter(struct edu_head *head)
{
	int err = edu_table_insert(head);

	return err == -EADDRNOTAVAIL ? edu_time_wait_reuse(head) : err;
}

/**
 * edu_port_for_connect() - a port for an active open, and the flow's place in the table
 * @sk: the socket, locked, in SYN-SENT, with both addresses and the foreign port set
 *
 * A port that others use is as good as a free one as long as the flow is not
 * taken, unless somebody bound it.
 *
 * Return: 0, or -EADDRNOTAVAIL when every port is in use for this peer.
 */
int edu_port_for_connect(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct edu_flow flow;
	u32 count, offset, i, *next;
	u64 hash;
	int low, err;

	if (es->port) {
		edu_sock_flow(sk, &flow);
		edu_head_init(&es->head, &flow, EDU_SOCKET);
		return enter(&es->head);
	}
	port_range(sk, &low, &count);
	/* RFC 6056 algorithm 4, with Linux's keyed hash of the destination */
	hash = es->af->ephemeral_port(sk);
	next = &next_offset[hash % ARRAY_SIZE(next_offset)];
	offset = (hash >> 32) + READ_ONCE(*next);
	for (i = 0; i < count; i++) {
		u16 port = low + (offset + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), port))
			continue;
		if (bound_by_user(sk, port))
			continue;
		inet->inet_num = port;
		inet->inet_sport = htons(port);
		edu_sock_flow(sk, &flow);
		edu_head_init(&es->head, &flow, EDU_SOCKET);
		err = enter(&es->head);
		if (err == -EADDRNOTAVAIL)
			continue;
		if (!err) {
			err = take(sk, port, CONNECTED, false);
			if (err)
				edu_table_remove(&es->head);
		}
		if (err) {
			inet->inet_num = 0;
			inet->inet_sport = 0;
		}
		/* Not the same again: that one's TIME-WAIT is to last. Two CPUs may both do it. */
		WRITE_ONCE(*next, READ_ONCE(*next) + i + 1);
		return err;
	}
	inet->inet_num = 0;
	inet->inet_sport = 0;
	return -EADDRNOTAVAIL;
}

/**
 * edu_port_inherit() - an accepted connection shares its listener's port
 * @child: the new socket, a clone of the listener
 *
 * Return: 0 or -ENOMEM.
 */
int edu_port_inherit(struct sock *child)
{
	return take(child, inet_sk(child)->inet_num, child->sk_reuse ? REUSE : PLAIN, false);
}

/**
 * edu_port_listen() - a bound socket is about to listen
 * @sk: the socket, locked, not yet in LISTEN
 *
 * SO_REUSEADDR let others share the port; only one of them may listen.
 *
 * Return: whether it may.
 */
bool edu_port_listen(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_port *p = es->port, *other;
	struct bucket *b = bucket_of(p->net, p->port);
	struct local local;
	bool ok = true;

	local_of(sk, &local);
	spin_lock_bh(&b->lock);
	hlist_for_each_entry(other, &b->chain, node) {
		if (other->port != p->port || other->net != p->net ||
		    !overlaps(other, sk, &local))
			continue;
		if (strangers(other, sk, LISTENING))
			ok = false;
	}
	if (ok) {
		release(p, es->port_holder, es->port_reuseport);
		hold(p, LISTENING, es->port_reuseport);
		es->port_holder = LISTENING;
	}
	spin_unlock_bh(&b->lock);
	return ok;
}

/**
 * edu_port_to_timewait() - a TIME-WAIT takes over its connection's hold
 * @sk: the connection, about to go
 * @tw: the TIME-WAIT
 */
void edu_port_to_timewait(struct sock *sk, struct edu_minisock *tw)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_port *p = es->port;
	struct bucket *b = bucket_of(p->net, p->port);

	spin_lock_bh(&b->lock);
	hold(p, es->port_holder, es->port_reuseport);
	spin_unlock_bh(&b->lock);
	tw->port_holder = es->port_holder;
	tw->port_reuseport = es->port_reuseport;
	tw->port = p;
}

/**
 * edu_port_leave_timewait() - a TIME-WAIT is over
 * @tw: the TIME-WAIT
 */
void edu_port_leave_timewait(struct edu_minisock *tw)
{
	struct edu_port *p = tw->port;
	struct bucket *b = bucket_of(p->net, p->port);

	spin_lock_bh(&b->lock);
	release(p, tw->port_holder, tw->port_reuseport);
	drop_if_unused(p);
	spin_unlock_bh(&b->lock);
}

int edu_ports_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		spin_lock_init(&buckets[i].lock);
	get_random_bytes(next_offset, sizeof(next_offset));
	port_cache = KMEM_CACHE(edu_port, 0);
	return port_cache ? 0 : -ENOMEM;
}

void edu_ports_exit(void)
{
	kmem_cache_destroy(port_cache);
}
