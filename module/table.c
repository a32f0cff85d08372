// SPDX-License-Identifier: GPL-2.0
/*
 * The table of all endpoints that are not listeners: sockets, half-open
 * requests and TIME-WAITs, for all namespaces, found by their flow. Lookup is
 * under RCU alone; whoever removes or replaces an entry owns what follows.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>

#include "edu_tcp.h"

/* A listing looks at most at this many buckets before others get their turn. */
#define WALK_BATCH	1024

static struct rhashtable table;
static u32 spread_seed __read_mostly;

static u32 hash4(const struct net *net, __be32 laddr, __be32 faddr, __be16 lport, __be16 fport,
		 u32 seed)
{
	return jhash_3words((__force u32)laddr, (__force u32)faddr,
			    (__force u32)lport << 16 | (__force u32)fport,
			    seed ^ net_hash_mix(net));
}

static u32 hash6(const struct net *net, const struct in6_addr *laddr,
		 const struct in6_addr *faddr, __be16 lport, __be16 fport, u32 seed)
{
	seed ^= net_hash_mix(net);
	return jhash_2words(jhash2((const u32 *)laddr, 4, seed),
			    (__force u32)lport << 16 | (__force u32)fport,
			    jhash2((const u32 *)faddr, 4, seed));
}

static u32 flow_hash(const void *data, u32 len, u32 seed)
{
	const struct edu_flow *flow = data;

	if (flow->family == AF_INET)
		return hash4(flow->net, flow->laddr.v4, flow->faddr.v4, flow->lport, flow->fport,
			     seed);
	return hash6(flow->net, &flow->laddr.v6, &flow->faddr.v6, flow->lport, flow->fport, seed);
}

/**
 * edu_flow_hash() - a hash by which flows are spread over equals
 * @flow: the flow
 *
 * Return: the same for a flow as long as the module is loaded.
 */
u32 edu_flow_hash(const struct edu_flow *flow)
{
	return flow_hash(flow, sizeof(*flow), spread_seed);
}

/* A socket may be bound to another device at any time. */
static int bound_to(const struct edu_head *head)
{
	if (head->kind == EDU_SOCKET)
		return READ_ONCE(edu_sock_of((struct edu_head *)head)->sk_bound_dev_if);
	return head->bound;
}

/*
 * Who is bound to a device, or to a VRF, has segments from there alone. Of two endpoints with the
 * same flow each has to be bound, and elsewhere.
 */
static bool same_device(const struct edu_head *head, const struct edu_flow *flow)
{
	int bound = bound_to(head);

	if (flow->dev)
		return !bound || bound == flow->dev || bound == flow->l3dev;
	return !bound || !flow->bound || bound == flow->bound;
}

/* IPv6: a socket has its addresses elsewhere, a minisock behind itself. */
static const struct in6_addr *laddr6(const struct edu_head *head)
{
	if (head->kind == EDU_SOCKET)
		return &container_of_const(head, struct edu_sock, head)->inet.sk.sk_v6_rcv_saddr;
	return &edu_minisock6_of(head)->laddr;
}

static const struct in6_addr *faddr6(const struct edu_head *head)
{
	if (head->kind == EDU_SOCKET)
		return &container_of_const(head, struct edu_sock, head)->inet.sk.sk_v6_daddr;
	return &edu_minisock6_of(head)->faddr;
}

/* As of its flow. */
static u32 head_hash(const void *data, u32 len, u32 seed)
{
	const struct edu_head *head = data;

	if (head->family == AF_INET)
		return hash4(head->net, head->laddr, head->faddr, head->lport, head->fport, seed);
	return hash6(head->net, laddr6(head), faddr6(head), head->lport, head->fport, seed);
}

static int head_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct edu_flow *flow = arg->key;
	const struct edu_head *head = obj;

	if (head->lport != flow->lport || head->fport != flow->fport ||
	    head->net != flow->net || head->family != flow->family || !same_device(head, flow))
		return 1;
	if (flow->family == AF_INET)
		return head->laddr != flow->laddr.v4 || head->faddr != flow->faddr.v4;
	return !ipv6_addr_equal(laddr6(head), &flow->laddr.v6) ||
	       !ipv6_addr_equal(faddr6(head), &flow->faddr.v6);
}

static const struct rhashtable_params params = {
	.head_offset		= offsetof(struct edu_head, node),
	.key_len		= sizeof(struct edu_flow),
	.hashfn			= flow_hash,
	.obj_hashfn		= head_hash,
	.obj_cmpfn		= head_compare,
	.automatic_shrinking	= true,
	.min_size		= 256,
};

/* For what neither peers nor users shall guess; drawn when the module is loaded. */
siphash_aligned_key_t edu_secret __ro_after_init;

/**
 * edu_flow_secret() - a number that only who has our keys can tell from a flow
 * @flow: the two ends
 *
 * Its lower half is where the timestamps of a connection begin (RFC 7323 5.4). They go on where
 * its predecessor between the same two ports stopped, so that they are later than those of one
 * that is in TIME-WAIT (RFC 6191). What another pair of ports sees tells nothing about them
 * (7.1). The upper half is for SYN cookies.
 *
 * Return: the same for a flow as long as the module is loaded.
 */
u64 edu_flow_secret(const struct edu_flow *flow)
{
	if (flow->family == AF_INET)
		return siphash_3u32((__force u32)flow->laddr.v4, (__force u32)flow->faddr.v4,
				    (__force u32)flow->lport << 16 | (__force u32)flow->fport,
				    &edu_secret);
	return siphash(&flow->lport, offsetofend(struct edu_flow, faddr) -
		       offsetof(struct edu_flow, lport), &edu_secret);
}

/**
 * edu_head_init() - prepare an endpoint for the table
 * @head: zeroed, or a clone's: its node starts anew
 * @flow: where it will be found; a socket has been given the addresses before
 * @kind: what @head is part of
 */
void edu_head_init(struct edu_head *head, const struct edu_flow *flow, enum edu_kind kind)
{
	memset(&head->node, 0, sizeof(head->node));
	refcount_set(&head->refs, 1);
	head->net = flow->net;
	head->bound = flow->bound;
	head->family = flow->family;
	head->kind = kind;
	head->lport = flow->lport;
	head->fport = flow->fport;
	if (flow->family == AF_INET) {
		head->laddr = flow->laddr.v4;
		head->faddr = flow->faddr.v4;
	} else if (kind != EDU_SOCKET) {
		edu_minisock6_of(head)->label = flow->label;
		edu_minisock6_of(head)->laddr = flow->laddr.v6;
		edu_minisock6_of(head)->faddr = flow->faddr.v6;
	}
}

/**
 * edu_head_flow() - the flow of an endpoint in the table
 * @head: the endpoint
 * @flow: filled in
 */
void edu_head_flow(const struct edu_head *head, struct edu_flow *flow)
{
	flow->net = head->net;
	flow->family = head->family;
	flow->bound = bound_to(head);
	flow->dev = 0;
	flow->l3dev = 0;
	flow->label = 0;
	flow->lport = head->lport;
	flow->fport = head->fport;
	flow->way = NULL;
	if (head->family == AF_INET) {
		flow->laddr.v4 = head->laddr;
		flow->faddr.v4 = head->faddr;
	} else {
		flow->laddr.v6 = *laddr6(head);
		flow->faddr.v6 = *faddr6(head);
		if (head->kind != EDU_SOCKET)
			flow->label = edu_minisock6_of(head)->label;
	}
}

static struct edu_head *find(const struct edu_flow *flow)
{
	return rhashtable_lookup(&table, flow, params);
}

/**
 * edu_table_find() - the endpoint of a flow
 * @flow: as an arrived segment shows it
 *
 * Context: under rcu_read_lock(), until the caller is done with a minisock.
 *
 * Return: the endpoint, or NULL. A socket has been given a reference.
 */
struct edu_head *edu_table_find(const struct edu_flow *flow)
{
	struct edu_head *head;

	for (;;) {
		head = find(flow);
		if (!head || head->kind != EDU_SOCKET)
			return head;
		/* A socket that is being freed is not there any more: look again. */
		if (likely(refcount_inc_not_zero(&edu_sock_of(head)->sk_refcnt)))
			return head;
		if (find(flow) == head)
			return NULL;
	}
}

/**
 * edu_table_insert() - enter an endpoint
 * @head: initialised
 *
 * Context: any; may be refused for want of memory or an overlong chain.
 *
 * Return: 0, -EADDRNOTAVAIL if the flow is taken, or -ENOBUFS.
 */
int edu_table_insert(struct edu_head *head)
{
	struct edu_flow flow __uninitialized;
	int err;

	edu_head_flow(head, &flow);
	err = rhashtable_lookup_insert_key(&table, &flow, &head->node, params);
	if (!err)
		return 0;
	if (err == -EEXIST)
		return -EADDRNOTAVAIL;
	edu_mib_inc(edu_net(head->net), TCPHashFailed);
	return -ENOBUFS;
}

/**
 * edu_table_replace() - one endpoint takes the place of another
 * @old: in the table, until somebody removes it
 * @new: initialised, with the same flow
 *
 * Return: 0, or -ENOENT if @old is not there any more.
 */
int edu_table_replace(struct edu_head *old, struct edu_head *new)
{
	return rhashtable_replace_fast(&table, &old->node, &new->node, params);
}

/**
 * edu_table_remove() - take an endpoint out
 * @head: the endpoint
 *
 * Return: true for the one caller who did it.
 */
bool edu_table_remove(struct edu_head *head)
{
	return !rhashtable_remove_fast(&table, &head->node, params);
}

/**
 * edu_table_walk_enter() - begin to visit all endpoints, piece by piece
 * @iter: the position; to be given up by rhashtable_walk_exit()
 *
 * While the table is resized an endpoint may be seen twice or not at all.
 *
 * Context: process.
 */
void edu_table_walk_enter(struct rhashtable_iter *iter)
{
	rhashtable_walk_enter(&table, iter);
}

/**
 * edu_table_walk_on() - the next endpoint of a namespace
 * @iter: the position, between rhashtable_walk_start() and _stop()
 * @net: the namespace
 * @again: the one that was answered last, if there was one, once more
 *
 * Return: the endpoint, valid until rhashtable_walk_stop(), or NULL after the last.
 */
struct edu_head *edu_table_walk_on(struct rhashtable_iter *iter, const struct net *net,
				   bool again)
{
	struct edu_head *head;

	do {
		head = again ? rhashtable_walk_peek(iter) : rhashtable_walk_next(iter);
		again = false;
		/* -EAGAIN: the table was resized, go on */
	} while (head && (IS_ERR(head) || head->net != net));
	return head;
}

/* The table in which a listing was; the first one at its beginning, or if that one is gone. */
static const struct bucket_table *table_of(struct edu_place *place)
{
	const struct bucket_table *first = rht_dereference_rcu(table.tbl, &table), *tbl;

	for (tbl = first; tbl; tbl = rht_dereference_rcu(tbl->future_tbl, &table))
		if (tbl->hash_rnd == place->table)
			return tbl;
	if (place->table)
		place->restarts++;
	place->table = first->hash_rnd;
	place->bucket = 0;
	place->index = 0;
	return first;
}

/**
 * edu_table_next() - the next endpoint of a namespace, for a listing that comes in pieces
 * @net: the namespace
 * @place: where the listing is
 *
 * For who cannot keep an iterator. An endpoint that stays is seen at least once; after
 * @place->restarts went up, those before are seen again.
 *
 * Context: under rcu_read_lock(); that may be given up between two calls.
 *
 * Return: the endpoint; NULL after the last; -EAGAIN after many empty buckets: go on.
 */
struct edu_head *edu_table_next(const struct net *net, struct edu_place *place)
{
	const struct bucket_table *tbl = table_of(place);
	unsigned int patience = WALK_BATCH;
	struct edu_head *head;
	struct rhash_head *pos;
	u32 n;

	do {
		for (; place->bucket < tbl->size; place->bucket++, place->index = 0) {
			if (!patience--)
				return ERR_PTR(-EAGAIN);
			n = 0;
			rht_for_each_entry_rcu(head, pos, tbl, place->bucket, node) {
				if (n++ < place->index)
					continue;
				place->index = n;
				if (head->net == net)
					return head;
			}
		}
		/* What was moved meanwhile is in the next one. */
		tbl = rht_dereference_rcu(tbl->future_tbl, &table);
		if (tbl) {
			place->table = tbl->hash_rnd;
			place->bucket = 0;
		}
	} while (tbl);
	return NULL;
}

int edu_table_init(void)
{
	spread_seed = get_random_u32();
	get_random_bytes(&edu_secret, sizeof(edu_secret));
	return rhashtable_init(&table, &params);
}

void edu_table_exit(void)
{
	rhashtable_destroy(&table);
}
