// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open requests and TIME-WAITs: small things that wait. Each sits in the
 * table and in a queue of the CPU where it began, until its time is over or a
 * segment ends it; who takes it out of the table owns the rest.
 */
#include "edu_tcp.h"

/* One run of a queue's timer ends at most this many; the next follows at once. */
#define EXPIRE_BATCH	256

/* A TIME-WAIT ends where a request keeps what it alone needs: there may be a million. */
#define TIME_WAIT_SIZE	(offsetof(struct edu_minisock, conn) + sizeof(struct edu_conn))

static struct cache {
	const char *name;
	unsigned int before;	/* octets that IPv6 has in front of a minisock */
	unsigned int size;
	struct kmem_cache *slab;
} caches[] = {
	{ "edu_tcp_request", 0, sizeof(struct edu_minisock) },
	{ "edu_tcp_time_wait", 0, TIME_WAIT_SIZE },
	{ "edu_tcp_request6", offsetof(struct edu_minisock6, mini), sizeof(struct edu_minisock) },
	{ "edu_tcp_time_wait6", offsetof(struct edu_minisock6, mini), TIME_WAIT_SIZE },
};

static const struct cache *cache_of(enum edu_kind kind, u16 family)
{
	return &caches[2 * (family == AF_INET6) + (kind == EDU_TIMEWAIT)];
}

/* How long the members of a queue wait, in jiffies. */
static u32 wait_of(const struct net *net, u8 kind)
{
	int msl = READ_ONCE(edu_net_rcu(net)->lab.msl);

	if (kind == EDU_WAIT_2MSL)
		return msl ? 2 * msl * HZ : usecs_to_jiffies(2 * EDU_MSL);
	return min_t(u32, HZ << (kind - EDU_WAIT_SYNACK),
		     usecs_to_jiffies(EDU_RTO_MAX));
}

static struct edu_waitroom *room_of(const struct edu_minisock *mini)
{
	return per_cpu_ptr(edu_net_rcu(mini->head.net)->waitroom, mini->cpu);
}

/* Set a queue's timer for its head. The room is locked. */
static void set_timer(struct edu_waitq *q)
{
	struct edu_minisock *first;
	u32 left;

	first = list_first_entry_or_null(&q->list, struct edu_minisock, wait);
	if (!first)
		return;
	left = edu_minisock_left(first);
	/*
	 * A kernel timer may be late by an eighth of what it was set for: two
	 * seconds, for 60. In a few steps, each for most of what is left, it is
	 * exact.
	 */
	if (left > HZ / 4)
		left -= left / 8;
	mod_timer(&q->timer, jiffies + max_t(u32, left, 1));
}

/* The room is locked; leave a queue that waits for its head alone. */
static void append(struct edu_waitroom *room, struct edu_minisock *mini, u8 kind)
{
	struct edu_waitq *q = &room->queue[kind];
	bool was_empty = list_empty(&q->list);

	mini->queue = kind;
	mini->since = jiffies;
	list_add_tail(&mini->wait, &q->list);
	if (was_empty)
		set_timer(q);
}

/**
 * edu_minisock_left() - how long it still has to wait
 * @mini: it
 *
 * Context: under rcu_read_lock().
 *
 * Return: jiffies, 0 if its time is over.
 */
u32 edu_minisock_left(const struct edu_minisock *mini)
{
	u32 wait = wait_of(mini->head.net, mini->queue);
	u32 waited = (u32)jiffies - READ_ONCE(mini->since);

	return waited < wait ? wait - waited : 0;
}

/**
 * edu_minisock_answers() - whether it may acknowledge a segment that cannot be
 * @mini: a request or TIME-WAIT
 * @seg: the segment
 *
 * Two ends that disagree would answer each other for ever (RFC 5961 section 7);
 * what carries text or FIN is answered always. Two CPUs may both say yes.
 *
 * Context: softirq, under rcu_read_lock().
 */
bool edu_minisock_answers(struct edu_minisock *mini, const struct edu_segment *seg)
{
	u32 pause = msecs_to_jiffies(READ_ONCE(edu_net_rcu(mini->head.net)->invalid_ratelimit));
	u32 last = READ_ONCE(mini->answered), now = jiffies;

	if (seg->len || (seg->flags & EDU_FIN))
		return true;
	if (last && now - last < pause)
		return false;
	WRITE_ONCE(mini->answered, now | 1);
	return true;
}

static void expired(struct edu_minisock *mini)
{
	if (mini->head.kind == EDU_TIMEWAIT)
		edu_time_wait_end(mini);
	else
		edu_request_retry(mini);
}

static void queue_timer(struct timer_list *timer)
{
	struct edu_waitq *q = timer_container_of(q, timer, timer);
	struct edu_waitroom *room = q->room;
	struct edu_minisock *mini;
	unsigned int n;

	/* Whoever ends a minisock frees it after a grace period. */
	rcu_read_lock();
	for (n = 0; n < EXPIRE_BATCH; n++) {
		spin_lock(&room->lock);
		mini = list_first_entry_or_null(&q->list, struct edu_minisock, wait);
		if (mini && edu_minisock_left(mini))
			mini = NULL;
		if (mini)
			list_del_init(&mini->wait);
		spin_unlock(&room->lock);
		if (!mini)
			break;
		expired(mini);
	}
	spin_lock(&room->lock);
	set_timer(q);
	spin_unlock(&room->lock);
	rcu_read_unlock();
}

static struct edu_minisock *alloc_plain(const struct cache *cache)
{
	void *object = kmem_cache_zalloc(cache->slab, GFP_ATOMIC | __GFP_NOWARN);

	return object ? object + cache->before : NULL;
}

/* IPv4 only. */
static struct edu_minisock *alloc_routed(const struct ip_options_rcu *way)
{
	struct edu_routed *routed = kzalloc(sizeof(*routed), GFP_ATOMIC | __GFP_NOWARN);

	if (!routed)
		return NULL;
	routed->way = kmemdup(way, sizeof(*way) + way->opt.optlen, GFP_ATOMIC | __GFP_NOWARN);
	if (!routed->way) {
		kfree(routed);
		return NULL;
	}
	routed->mini.routed = 1;
	return &routed->mini;
}

static struct edu_routed *routed_of(struct edu_minisock *mini)
{
	return container_of(mini, struct edu_routed, mini);
}

/**
 * edu_minisock_way() - the source route of what it sends
 * @mini: a request or TIME-WAIT
 *
 * Return: the route, which stays as long as the minisock, or NULL.
 */
const struct ip_options_rcu *edu_minisock_way(const struct edu_minisock *mini)
{
	return mini->routed ? container_of_const(mini, struct edu_routed, mini)->way : NULL;
}

/**
 * edu_minisock_alloc() - a new request or TIME-WAIT
 * @flow: its two ends, and the way between them
 * @kind: which of them
 *
 * Return: the minisock, to be filled in, or NULL.
 */
struct edu_minisock *edu_minisock_alloc(const struct edu_flow *flow, enum edu_kind kind)
{
	struct edu_minisock *mini;

	if (flow->way)
		mini = alloc_routed(flow->way);
	else
		mini = alloc_plain(cache_of(kind, flow->family));
	if (!mini)
		return NULL;
	edu_head_init(&mini->head, flow, kind);
	INIT_LIST_HEAD(&mini->wait);
	mini->cpu = raw_smp_processor_id();
	return mini;
}

/**
 * edu_minisock_brief() - a request to be answered and forgotten
 * @brief: room for it
 * @flow: its two ends, and the way between them, which has to stay as long as it does
 *
 * Return: the request, to be filled in; never to be entered, or freed.
 */
struct edu_minisock *edu_minisock_brief(struct edu_brief *brief, const struct edu_flow *flow)
{
	struct edu_minisock *mini;

	if (flow->way) {
		mini = &brief->routed.mini;
		brief->routed.way = (struct ip_options_rcu *)flow->way;
	} else {
		mini = &brief->six.mini;
	}
	memset(mini, 0, sizeof(*mini));
	mini->routed = !!flow->way;
	edu_head_init(&mini->head, flow, EDU_REQUEST);
	return mini;
}

/**
 * edu_minisock_enter() - begin to wait, or begin again
 * @mini: in the table
 * @kind: how long
 *
 * Context: softirq or BH off, under rcu_read_lock().
 */
void edu_minisock_enter(struct edu_minisock *mini, enum edu_wait kind)
{
	struct edu_waitroom *room = room_of(mini);

	spin_lock(&room->lock);
	if (!mini->dead) {
		list_del(&mini->wait);
		append(room, mini, kind);
	}
	spin_unlock(&room->lock);
}

/**
 * edu_minisock_leave() - out of the table and out of its queue
 * @mini: a request or TIME-WAIT
 *
 * Context: softirq or BH off, under rcu_read_lock().
 *
 * Return: true for the one caller who ended it, and who has to free it.
 */
bool edu_minisock_leave(struct edu_minisock *mini)
{
	if (!edu_table_remove(&mini->head))
		return false;
	edu_minisock_dequeue(mini);
	return true;
}

/**
 * edu_minisock_dequeue() - out of its queue; it was taken out of the table
 * @mini: a request or TIME-WAIT
 *
 * Context: softirq or BH off.
 */
void edu_minisock_dequeue(struct edu_minisock *mini)
{
	struct edu_waitroom *room = room_of(mini);

	spin_lock(&room->lock);
	mini->dead = 1;
	list_del_init(&mini->wait);
	spin_unlock(&room->lock);
}

static void free_rcu_cb(struct rcu_head *rcu)
{
	struct edu_minisock *mini = container_of(rcu, struct edu_minisock, rcu);
	const struct cache *cache = cache_of(mini->head.kind, mini->head.family);

	if (mini->routed) {
		kfree(routed_of(mini)->way);
		kfree(routed_of(mini));
		return;
	}
	kmem_cache_free(cache->slab, (void *)mini - cache->before);
}

/**
 * edu_minisock_free() - free it when no reader can see it any more
 * @mini: out of table and queue, or never there
 */
void edu_minisock_free(struct edu_minisock *mini)
{
	/* not kfree_rcu(): before 6.12 rcu_barrier() does not wait for that */
	call_rcu(&mini->rcu, free_rcu_cb);
}

static void room_init(struct net *net, struct edu_waitroom *room)
{
	unsigned int i;

	spin_lock_init(&room->lock);
	room->net = net;
	for (i = 0; i < EDU_WAITS; i++) {
		INIT_LIST_HEAD(&room->queue[i].list);
		room->queue[i].room = room;
		room->queue[i].kind = i;
		timer_setup(&room->queue[i].timer, queue_timer, 0);
	}
}

/**
 * edu_minisock_end() - a request or TIME-WAIT ends before its time
 * @mini: it; frees it, if nobody else did
 *
 * Context: softirq or BH off, under rcu_read_lock().
 */
void edu_minisock_end(struct edu_minisock *mini)
{
	if (mini->head.kind == EDU_TIMEWAIT)
		edu_time_wait_end(mini);
	else
		edu_request_end(mini);
}

/* A namespace that dies takes its minisocks along; no segment can arrive any more. */
static void room_purge(struct edu_waitroom *room)
{
	struct edu_minisock *mini;
	unsigned int i;

	for (i = 0; i < EDU_WAITS; i++) {
		timer_shutdown_sync(&room->queue[i].timer);
		for (;;) {
			rcu_read_lock();
			spin_lock_bh(&room->lock);
			mini = list_first_entry_or_null(&room->queue[i].list,
							struct edu_minisock, wait);
			if (mini)
				list_del_init(&mini->wait);
			spin_unlock_bh(&room->lock);
			local_bh_disable();
			if (mini)
				edu_minisock_end(mini);
			local_bh_enable();
			rcu_read_unlock();
			if (!mini)
				break;
			cond_resched();
		}
	}
}

int edu_waitrooms_init(struct net *net)
{
	struct edu_net *en = edu_net(net);
	int cpu;

	en->waitroom = alloc_percpu(struct edu_waitroom);
	if (!en->waitroom)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		room_init(net, per_cpu_ptr(en->waitroom, cpu));
	return 0;
}

void edu_waitrooms_exit(struct net *net)
{
	struct edu_net *en = edu_net(net);
	int cpu;

	for_each_possible_cpu(cpu)
		room_purge(per_cpu_ptr(en->waitroom, cpu));
	free_percpu(en->waitroom);
}

int edu_minisocks_init(void)
{
	struct cache *c;

	BUILD_BUG_ON(TIME_WAIT_SIZE > 128);
	BUILD_BUG_ON(offsetof(struct edu_minisock6, mini) > 40);
	for (c = caches; c < caches + ARRAY_SIZE(caches); c++) {
		c->slab = kmem_cache_create(c->name, c->before + c->size, 0, 0, NULL);
		if (!c->slab) {
			edu_minisocks_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void edu_minisocks_exit(void)
{
	struct cache *c;

	rcu_barrier();		/* the last ones are still to be freed */
	for (c = caches; c < caches + ARRAY_SIZE(caches); c++)
		kmem_cache_destroy(c->slab);
}
