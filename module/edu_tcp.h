/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shell: what the files of module/ share. One section per file, in the
 * order in which a connection meets them.
 */
#ifndef EDU_TCP_H
#define EDU_TCP_H

#include <linux/ipv6.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "compat.h"
#include "core/tcb.h"

#define EDU_PROTOCOL_DEFAULT	253	/* RFC 3692: 253 and 254 are for experiments */

extern u8 edu_protocol;			/* main.c: the one in use */

struct edu_minisock;

/* ---- who talks to whom ---- */

union edu_addr {
	__be32 v4;
	struct in6_addr v6;
};

/**
 * struct edu_flow - the two ends of a connection, seen from here
 * @net: the namespace
 * @family: AF_INET or AF_INET6; says which member of the addresses is valid
 * @bound: the device, or VRF, that the endpoint here is bound to, or 0
 * @dev: the device on which a segment arrived, or 0
 * @l3dev: the VRF in which it arrived, or 0
 * @label: IPv6: the flow label of what we send, or 0: IP makes one
 * @lport: local port
 * @fport: foreign port
 * @laddr: local address
 * @faddr: foreign address
 * @way: IPv4: a source route for what we send, or NULL
 *
 * An IPv6 socket that speaks IPv4 (::ffff:10.0.0.1) has a flow of AF_INET.
 */
struct edu_flow {
	struct net *net;
	u16 family;
	int bound;
	int dev;
	int l3dev;
	__be32 label;
	__be16 lport;
	__be16 fport;
	union edu_addr laddr;
	union edu_addr faddr;
	const struct ip_options_rcu *way;
};

/* ---- table.c: every endpoint that is not a listener, in one hash table ---- */

enum edu_kind {
	EDU_SOCKET,		/* struct edu_sock */
	EDU_REQUEST,		/* struct edu_minisock, half-open */
	EDU_TIMEWAIT,		/* struct edu_minisock, TIME-WAIT */
};

/* What the table knows of an endpoint: comes first in a minisock, embedded in a socket. */
struct edu_head {
	struct rhash_head node;
	struct net *net;
	refcount_t refs;	/* minisocks only; a socket has its own */
	int bound;		/* likewise: the device or VRF, or 0 */
	__be32 laddr;		/* IPv4; see struct edu_minisock6 for IPv6 */
	__be32 faddr;
	__be16 lport;
	__be16 fport;
	u8 kind;
	u8 family;
};

extern siphash_aligned_key_t edu_secret;
u32 edu_flow_hash(const struct edu_flow *flow);
u64 edu_flow_secret(const struct edu_flow *flow);
int edu_table_init(void);
void edu_table_exit(void);
struct edu_head *edu_table_find(const struct edu_flow *flow);
int edu_table_insert(struct edu_head *head);
int edu_table_replace(struct edu_head *old, struct edu_head *new);
bool edu_table_remove(struct edu_head *head);
void edu_head_init(struct edu_head *head, const struct edu_flow *flow, enum edu_kind kind);
void edu_head_flow(const struct edu_head *head, struct edu_flow *flow);
void edu_table_walk_enter(struct rhashtable_iter *iter);
struct edu_head *edu_table_walk_on(struct rhashtable_iter *iter, const struct net *net,
				   bool again);
struct edu_place;
struct edu_head *edu_table_next(const struct net *net, struct edu_place *place);

/* ---- port.c: which local ports are taken, and by whom ---- */

struct edu_port;

int edu_ports_init(void);
void edu_ports_exit(void);
int edu_get_port(struct sock *sk, unsigned short snum);
void edu_put_port(struct sock *sk);
int edu_port_for_connect(struct sock *sk);
int edu_port_inherit(struct sock *child);
bool edu_port_listen(struct sock *sk);
void edu_port_to_timewait(struct sock *sk, struct edu_minisock *tw);
void edu_port_leave_timewait(struct edu_minisock *tw);

/* ---- minisock.c: half-open requests and TIME-WAIT ---- */

/*
 * They wait in queues, one per CPU, namespace and kind of wait. All in one
 * queue wait equally long, so that the first to come is the first to leave:
 * entering, restarting and leaving cost O(1), and one timer serves a queue.
 */
enum edu_wait {
	EDU_WAIT_2MSL,
	EDU_WAIT_SYNACK,	/* 1 s; the next kinds 2 s, 4 s ... */
	EDU_WAIT_SYNACK_LAST = EDU_WAIT_SYNACK + 7,	/* 120 s: the largest RTO */
	EDU_WAITS,
};

struct edu_waitq {
	struct list_head list;
	struct timer_list timer;
	struct edu_waitroom *room;
	u8 kind;
};

/* The queues of one CPU and namespace; the lock covers all of them. */
struct edu_waitroom {
	spinlock_t lock;	/* all queues, and what minisocks say of them */
	struct net *net;
	struct edu_waitq queue[EDU_WAITS];
};

/**
 * struct edu_minisock - a half-open request or a TIME-WAIT
 * @head: place in the table
 * @wait: place in a queue of its CPU's waiting room
 * @rcu: it is freed after a grace period
 * @since: jiffies when the wait began
 * @answered: jiffies when a segment that cannot be was last answered
 * @cpu: whose waiting room
 * @port_reuseport: TIME-WAIT: it counts among the port's SO_REUSEPORT holders
 * @queue: enum edu_wait
 * @dead: it has left, or will never enter, the waiting room
 * @routed: it is a struct edu_routed
 * @port_holder: TIME-WAIT: as what it holds @port (port.c)
 * @tos: IP type of service of its answers
 * @mark: routing mark of its answers
 * @priority: queueing priority of its answers
 * @txhash: flow hash of its answers: queues and paths stay what they were
 * @port: TIME-WAIT: the port that it still holds
 * @listener: request: serial number of the listener that it came from
 * @conn: TIME-WAIT: all that is left of the connection
 * @request: the half-open connection
 */
struct edu_minisock {
	struct edu_head head;
	union {
		struct list_head wait;
		struct rcu_head rcu;
	};
	u32 since;
	u32 answered;
	u16 cpu : 15;
	u16 port_reuseport : 1;
	u8 queue : 4;
	u8 dead : 1;
	u8 routed : 1;
	u8 port_holder : 2;
	u8 tos;
	u32 mark;
	u32 priority;
	u32 txhash;
	union {
		struct edu_port *port;
		u32 listener;
	};
	union {
		struct edu_conn conn;
		struct edu_request request;
	};
};

/**
 * struct edu_routed - one whose peer came by a source route
 * @mini: must come first
 * @way: back to the peer
 */
struct edu_routed {
	struct edu_minisock mini;
	struct ip_options_rcu *way;
};

/**
 * struct edu_minisock6 - one with IPv6 addresses; IPv4 does not pay for them
 * @laddr: local address
 * @faddr: foreign address
 * @label: flow label of its answers
 * @mini: the rest; last, as a TIME-WAIT has only its beginning
 */
struct edu_minisock6 {
	struct in6_addr laddr;
	struct in6_addr faddr;
	__be32 label;
	struct edu_minisock mini;
};

/* Room for a request that is only a local variable: nobody will keep it. */
struct edu_brief {
	union {
		struct edu_minisock6 six;
		struct edu_routed routed;
	};
};

int edu_minisocks_init(void);
void edu_minisocks_exit(void);
int edu_waitrooms_init(struct net *net);
void edu_waitrooms_exit(struct net *net);
struct edu_minisock *edu_minisock_alloc(const struct edu_flow *flow, enum edu_kind kind);
struct edu_minisock *edu_minisock_brief(struct edu_brief *brief, const struct edu_flow *flow);
const struct ip_options_rcu *edu_minisock_way(const struct edu_minisock *mini);
void edu_minisock_enter(struct edu_minisock *mini, enum edu_wait kind);
bool edu_minisock_leave(struct edu_minisock *mini);
void edu_minisock_dequeue(struct edu_minisock *mini);
void edu_minisock_end(struct edu_minisock *mini);
void edu_minisock_free(struct edu_minisock *mini);
u32 edu_minisock_left(const struct edu_minisock *mini);
bool edu_minisock_answers(struct edu_minisock *mini, const struct edu_segment *seg);

/* ---- timewait.c ---- */
bool edu_time_wait_enter(struct sock *sk);
bool edu_time_wait_rcv(struct edu_minisock *tw, struct sk_buff *skb,
		       const struct edu_segment *seg);
bool edu_time_wait_end(struct edu_minisock *tw);
int edu_time_wait_reuse(struct edu_head *head);

/* ---- sockets ---- */

#define EDU_DEFER_TIMER		0	/* what happened while a user held the lock */
#define EDU_DEFER_TSQ		1
#define EDU_DEFER_MTU		2
#define EDU_DEFER_ERROR		3
#define EDU_TSQ_THROTTLED	4	/* output stopped: too much below us */
#define EDU_TSQ_QUEUED		5	/* on the list of the tasklet */

struct edu_af;

/**
 * struct edu_traffic - what passed over a connection, for TCP_INFO (RFC 4898)
 * @segs_in: segments that arrived
 * @segs_out: segments sent, retransmissions included
 * @data_segs_in: of those that arrived, with text
 * @data_segs_out: of those sent, with text
 * @bytes_sent: octets of text sent, retransmissions included
 * @bytes_retrans: octets of text that were retransmitted
 */
struct edu_traffic {
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
	u64 bytes_sent;
	u64 bytes_retrans;
};

/**
 * struct edu_sock - a full socket
 * @inet: must come first
 * @head: place in the table
 * @en: its namespace, which it keeps
 * @tcb: the core's part
 * @af: what the IP version does differently that it speaks: IPv4 also when an
 *	IPv6 socket is connected to an IPv4 address
 * @timer: the one kernel timer, for the earliest of the TCB's deadlines
 * @timer_at: what @timer is set for, or EDU_NEVER
 * @copied_seq: next octet that the user will read
 * @mtu: of the route, as the MSS was made from it
 * @traffic: what passed since it was connected
 * @flags: EDU_DEFER_*, EDU_TSQ_*
 * @deferred_mtu: of the last ICMP message while a user held the lock
 * @deferred_err: likewise, its error
 * @deferred_hard: likewise, whether it was a hard one
 * @hashed: it is in the table
 * @port_holder: as what it holds @port (port.c)
 * @port_reuseport: it counts among the port's SO_REUSEPORT holders
 * @flood_told: listener: the log says that its half-open queue was full
 * @user_mss: TCP_MAXSEG, or 0
 * @port: the local port it holds
 * @tsq: place on the tasklet's list
 * @accept: child: place in the listener's accept queue
 * @listener_node: listener: place among the listeners
 * @accept_queue: listener: children that wait for accept()
 * @accept_lock: listener: protects @accept_queue
 * @half_open: listener: its requests
 * @cookies_until: listener: until when a SYN cookie may come back
 * @serial: listener: tells it from a later one in the same memory
 */
struct edu_sock {
	struct inet_sock inet;
	struct edu_head head;
	struct edu_net *en;
	struct edu_tcb tcb;
	const struct edu_af *af;
	struct timer_list timer;
	u64 timer_at;
	u32 copied_seq;
	u32 mtu;
	struct edu_traffic traffic;
	unsigned long flags;
	u32 deferred_mtu;
	int deferred_err;
	/* small ones together */
	bool deferred_hard;
	u8 hashed;
	u8 port_holder;
	u8 port_reuseport;
	u8 flood_told;
	u16 user_mss;
	struct edu_port *port;
	struct list_head tsq;
	union {
		struct list_head accept;
		struct hlist_node listener_node;
	};
	struct list_head accept_queue;
	spinlock_t accept_lock;	/* accept_queue, and being in LISTEN */
	atomic_t half_open;
	u64 cookies_until;
	u32 serial;
};

/* An AF_INET6 socket; 6.1 looks for ipv6_pinfo at the end. */
struct edu_sock6 {
	struct edu_sock sock;
	struct ipv6_pinfo inet6;
};

#define edu_sk(ptr)	container_of_const((ptr), struct edu_sock, inet.sk)

static inline struct sock *edu_sock_of(struct edu_head *head)
{
	return &container_of(head, struct edu_sock, head)->inet.sk;
}

static inline struct edu_minisock *edu_minisock_of(struct edu_head *head)
{
	return container_of(head, struct edu_minisock, head);
}

#define edu_minisock6_of(ptr)	container_of_const((ptr), struct edu_minisock6, mini.head)

/* The core's node lies over the buffer: rbnode, sk, tstamp, cb. */
static inline struct edu_node *edu_node(struct sk_buff *skb)
{
	BUILD_BUG_ON(offsetof(struct edu_node, rb) != offsetof(struct sk_buff, rbnode));
	BUILD_BUG_ON(offsetof(struct edu_node, link) != offsetof(struct sk_buff, cb));
	BUILD_BUG_ON(sizeof(struct edu_node) >
		     offsetof(struct sk_buff, cb) + sizeof_field(struct sk_buff, cb));
	return (struct edu_node *)skb;
}

static inline struct sk_buff *edu_skb(struct edu_node *node)
{
	return (struct sk_buff *)node;
}

/* The header of an arrived segment, options included; its data is at the header. */
static inline unsigned int edu_header_len(const struct sk_buff *skb)
{
	return ((const struct tcphdr *)skb->data)->doff * 4;
}

static inline u64 edu_now(void)
{
	return ktime_get_ns() / NSEC_PER_USEC;
}

/* ---- sock.c: life and death of a socket ---- */
int edu_sock_register(void);
void edu_sock_unregister(void);
extern struct proto edu_prot, edu_prot6;
extern const struct proto_ops edu_stream_ops;
int edu_sock_init(struct sock *sk);
void edu_sock_destroy(struct sock *sk);
void edu_sock_done(struct sock *sk);
void edu_purge_write_queue(struct sock *sk);
void edu_unhash(struct sock *sk);
void edu_sock_from_listener(struct sock *child, const struct sock *listener);
void edu_child_free(struct sock *child);
void edu_child_put(struct sock *child);
void edu_child_abort(struct sock *child);
int edu_pre_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len);
int edu_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len);
int edu_disconnect(struct sock *sk, int flags);
void edu_release_cb(struct sock *sk);

/* ---- memory.c: buffers and the limits that all share ---- */
extern atomic_long_t edu_memory_allocated;
DECLARE_PER_CPU(int, edu_memory_per_cpu_fw_alloc);
extern unsigned long edu_memory_pressure;
extern long edu_sysctl_mem[3];
extern int edu_memory_granted;
void edu_memory_limits_init(void);
void edu_enter_memory_pressure(struct sock *sk);
void edu_leave_memory_pressure(struct sock *sk);
bool edu_out_of_memory(const struct sock *sk);
bool edu_charge_text(struct sock *sk, const struct sk_buff *skb, bool anyhow);
int edu_text_affordable(struct sock *sk, int octets);
bool edu_rmem_affordable(struct sock *sk, struct sk_buff *skb, bool next);
bool edu_stretch_receive_buffer(struct sock *sk);
u32 edu_rcv_buff(const struct sock *sk);
u32 edu_rcv_free(const struct sock *sk);
u8 edu_offered_wscale(const struct sock *sk);
void edu_grow_receive_buffer(struct sock *sk, u64 now);
int edu_set_rcvlowat(struct sock *sk, int val);
void edu_grow_send_buffer(struct sock *sk);

/* ---- stream.c: SEND and RECEIVE ---- */
int edu_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int edu_recvmsg(EDU_RECVMSG_ARGS);
void edu_splice_eof(struct socket *sock);
__poll_t edu_poll(struct file *file, struct socket *sock, poll_table *wait);
int edu_ioctl(EDU_IOCTL_ARGS);
void edu_write_space(struct sock *sk);
bool edu_stream_memory_free(const struct sock *sk, int wake);

/* ---- urgent.c ---- */
bool edu_at_mark(const struct edu_sock *es, u32 seq);
bool edu_urgent_here(const struct edu_sock *es);
u32 edu_urgent_trim(struct sock *sk, u32 *seq, u32 n);
bool edu_urgent_met(const struct sock *sk);
void edu_urgent_news(struct sock *sk, bool met);
int edu_recv_urgent(struct sock *sk, struct msghdr *msg, size_t len, int flags);

/* ---- sockopt.c ---- */
int edu_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		   unsigned int optlen);
int edu_getsockopt(struct sock *sk, int level, int optname, char __user *optval,
		   int __user *optlen);
void edu_keepalive(struct sock *sk, int on);
void edu_fill_info(const struct sock *sk, struct tcp_info *info);

/* ---- listen.c: listeners and their accept queues ---- */
int edu_listen(struct socket *sock, int backlog);
void edu_listen_stop(struct sock *sk);
struct sock *edu_accept(EDU_ACCEPT_ARGS);
struct sock *edu_listener_find(const struct edu_flow *flow);
void edu_listeners_walk(struct net *net, void (*fn)(struct sock *sk, void *arg), void *arg);
struct edu_head *edu_listener_next(const struct net *net, struct edu_place *place);
struct sock *edu_listener_of(const struct edu_minisock *req);
bool edu_listener_queue(struct sock *listener, struct sock *child);

/* ---- request.c: half-open requests, and SYN cookies ---- */
bool edu_listener_rcv(struct sock *listener, struct sk_buff *skb,
		      const struct edu_segment *seg, const struct edu_flow *flow);
bool edu_request_rcv(struct edu_minisock *req, struct sk_buff *skb, struct edu_segment *seg,
		     const struct edu_flow *flow);
void edu_request_retry(struct edu_minisock *req);
bool edu_request_end(struct edu_minisock *req);

/* ---- input.c: from IP to the core ---- */
int edu_rcv(struct sk_buff *skb, const struct edu_af *af);
bool edu_admitted(struct sock *sk, struct sk_buff *skb, struct edu_segment *seg,
		  const struct edu_flow *flow, enum edu_drop *reason);
int edu_backlog_rcv(struct sock *sk, struct sk_buff *skb);
void edu_segment(struct sock *sk, struct sk_buff *skb, const struct edu_segment *seg, u64 now);

/* ---- event.c: do what the core says ---- */
void edu_set_state(struct sock *sk, u8 state);
void edu_sock_counted(struct sock *sk, u8 from, u8 to);
void edu_child_established(struct sock *child);
void edu_minisock_state(struct edu_minisock *mini, u8 from, u8 to);
void edu_apply(struct sock *sk, struct edu_todo *todo);
void edu_drop(struct net *net, struct sk_buff *skb, const struct edu_flow *flow,
	      enum edu_drop reason);

/* ---- output.c: from the core to IP ---- */
int edu_output_init(void);
void edu_output_exit(void);
void edu_push(struct sock *sk, u64 now);
u32 edu_size_goal(struct sock *sk);
void edu_wfree(struct sk_buff *skb);
void edu_send_reply(struct net *net, const struct edu_flow *whose, struct sk_buff *to,
		    const struct edu_minisock *mini, const struct sock *sk,
		    const struct edu_todo *todo);
void edu_send_synack(struct sock *listener, struct edu_minisock *req,
		     const struct edu_flow *flow, struct dst_entry *dst, u64 now, bool again);
struct sk_buff *edu_alloc_text(struct sock *sk, gfp_t gfp);
edu_split_fn edu_split_text;
u16 edu_advertised_mss(const struct dst_entry *dst, const struct edu_af *af, u16 user_mss);
void edu_sync_mss(struct sock *sk, u32 mtu);

/* ---- gso.c: many segments at once ---- */
int edu_gso_init(void);
void edu_gso_exit(void);
void edu_gso_prepare(struct sk_buff *skb, u16 family, u32 mss);

/* ---- timer.c ---- */
void edu_timer_setup(struct sock *sk);
void edu_timer_update(struct sock *sk, u64 now);
void edu_timer_stop(struct sock *sk);
void edu_timer_run(struct sock *sk);

/* ---- icmp.c: errors that IP reports ---- */
void edu_icmp_error(const struct edu_flow *flow, u32 seq, int err, bool hard, u32 mtu);
void edu_icmp_deferred(struct sock *sk, bool mtu);

/* ---- ipv4.c, ipv6.c: all that knows one of them ---- */

/**
 * struct edu_af - what the two IP versions do differently
 * @family: AF_INET or AF_INET6
 * @header_len: of the IP header, without options
 * @default_mss: what a peer can take that announced nothing (MUST-15)
 * @flow_of_skb: read the addresses and ports of an arrived segment
 * @pseudo_of_skb: sum of an arrived segment's pseudo-header (RFC 9293 3.1)
 * @checksum: add the pseudo-header of a segment of ours to the sum of the rest
 * @may_answer: both addresses are unicast, so that it can be answered
 * @near_enough: its TTL, or hop limit, is what the socket wants at least
 * @tos_of_skb: type of service for an answer
 * @return_route: the way back of a segment with a source route, to be freed;
 *	NULL if it had none, an ERR_PTR() if there is no memory
 * @mark_of_skb: routing mark for an answer
 * @label_of_skb: flow label for an answer through a listener, or without a socket
 * @tos: type of service that a socket sends with, without ECN's bits
 * @ttl: time to live, or hop limit, that a socket sends with; -1: the route's
 * @options_len: octets of IP options that the socket sends
 * @xmit: send on a socket's route; takes the buffer
 * @route: look up the route of an answer
 * @reply_xmit: send on the buffer's route, through a control socket or a
 *	listener; takes the buffer
 * @iss: unpredictable initial sequence number (RFC 6528)
 * @ephemeral_port: where an active open begins to look for a port (RFC 6056)
 * @pre_connect: of sockets of this family: what a cgroup's program says of
 *	connect(), before anything is done
 * @connect: of sockets of this family: find route, address and port of an
 *	active open, enter the table
 * @child_init: of listeners of this family: a child gets its own addresses
 * @route_of: the route of a connected socket, a new one if it has none; or NULL
 * @accepts_mtu: the socket's user lets ICMP change its idea of the path
 * @wants_errors: the socket's user wants ICMP errors when connected, too
 * @setsockopt: of sockets of this family: IP's own options
 * @getsockopt: likewise
 */
struct edu_af {
	u16 family;
	u16 header_len;
	u16 default_mss;
	void (*flow_of_skb)(struct edu_flow *flow, const struct sk_buff *skb);
	__wsum (*pseudo_of_skb)(struct sk_buff *skb, int proto);
	__sum16 (*checksum)(const struct edu_flow *flow, u32 len, __wsum sum);
	bool (*may_answer)(const struct sk_buff *skb);
	bool (*near_enough)(const struct sock *sk, const struct sk_buff *skb);
	u8 (*tos_of_skb)(const struct sk_buff *skb);
	struct ip_options_rcu *(*return_route)(const struct sk_buff *skb);
	u32 (*mark_of_skb)(const struct sk_buff *skb);
	__be32 (*label_of_skb)(const struct sock *listener, const struct sk_buff *skb);
	u8 (*tos)(const struct sock *sk);
	int (*ttl)(const struct sock *sk);
	unsigned int (*options_len)(const struct sock *sk);
	int (*xmit)(struct sock *sk, struct sk_buff *skb);
	struct dst_entry *(*route)(const struct edu_flow *flow, struct sock *sk,
				   u32 mark, u8 tos);
	void (*reply_xmit)(struct sk_buff *skb, const struct edu_flow *flow,
			   struct sock *sk, u32 mark, u8 tos);
	u32 (*iss)(const struct edu_flow *flow);
	u64 (*ephemeral_port)(const struct sock *sk);
	int (*pre_connect)(struct sock *sk, edu_sockaddr *uaddr, int addr_len);
	int (*connect)(struct sock *sk, edu_sockaddr *uaddr, int addr_len);
	void (*child_init)(struct sock *child, const struct sock *listener,
			   const struct edu_flow *flow, const struct sk_buff *skb);
	struct dst_entry *(*route_of)(struct sock *sk);
	bool (*accepts_mtu)(const struct sock *sk);
	bool (*wants_errors)(const struct sock *sk);
	int (*setsockopt)(struct sock *sk, int level, int optname, sockptr_t optval,
			  unsigned int optlen);
	int (*getsockopt)(struct sock *sk, int level, int optname, char __user *optval,
			  int __user *optlen);
};

extern const struct edu_af edu_ipv4, edu_ipv6;

/**
 * edu_af_of() - the operations of an IP version
 * @family: AF_INET or AF_INET6
 */
static inline const struct edu_af *edu_af_of(u16 family)
{
	return family == AF_INET6 ? &edu_ipv6 : &edu_ipv4;
}

int edu_ipv4_init(void);
void edu_ipv4_exit(void);
int edu_ipv6_init(void);
void edu_ipv6_exit(void);

void edu_sock_flow(const struct sock *sk, struct edu_flow *flow);
const struct ip_options_rcu *edu_sock_way(const struct sock *sk);

/* ---- netns.c: everything that a namespace has of its own ---- */

enum edu_lab_kind {
	EDU_LAB_SYN, EDU_LAB_SYNACK, EDU_LAB_DATA, EDU_LAB_ACK, EDU_LAB_FIN, EDU_LAB_RST,
	EDU_LAB_KINDS,
};

/* What Linux has no knob for and teaching needs: net.edu_tcp.lab, off by default. */
struct edu_lab {
	int msl;			/* seconds; 0: 30 */
	int fixed_isn;			/* 1: every ISS is 1,000,000 */
	int no_time_wait;		/* 1: go straight on to CLOSED */
	int lose[EDU_LAB_KINDS];	/* n: lose the n-th segment of that kind */
};

/* The counters of one CPU; "now" may be negative on one CPU, never in sum. */
struct edu_counters {
	unsigned long mib[EDU_MIBS];
	unsigned long drop[EDU_DROPS];
	unsigned long ever[EDU_STATES];
	long now[EDU_STATES];
};

struct edu_net {
	struct edu_params params;
	const struct edu_cong_ops *congestion_control;	/* of new sockets */
	struct edu_counters __percpu *counters;
	struct edu_waitroom __percpu *waitroom;
	struct sock * __percpu *control4;
	struct sock * __percpu *control6;
	struct ctl_table_header *sysctl;
	struct ctl_table_header *sysctl_lab;
	struct edu_lab lab;
	atomic_t lab_sent[EDU_LAB_KINDS];
	atomic_t time_waits;
	atomic_t orphans;
	int max_syn_backlog;
	u8 syncookies;			/* 0: none; 1: when the queue is full; 2: always */
	int max_tw_buckets;
	u8 time_wait_reuse;
	int max_orphans;
	int abort_on_overflow;
	int limit_output_bytes;
	int rmem[3];
	int wmem[3];
	/* sysctl's units and types; params has the core's */
	int keepalive_time;
	int keepalive_intvl;
	int fin_timeout;
	int invalid_ratelimit;
	int moderate_rcvbuf;
	int orphan_retries;
};

extern unsigned int edu_net_id;
int edu_netns_init(void);
void edu_netns_exit(void);

/* Costs an RCU section: a socket has it at hand. */
static inline struct edu_net *edu_net(const struct net *net)
{
	return net_generic(net, edu_net_id);
}

/* The same under rcu_read_lock(). */
static inline struct edu_net *edu_net_rcu(const struct net *net)
{
	return rcu_dereference(net->gen)->ptr[edu_net_id];
}

struct sock *edu_control_socket(struct net *net, u16 family);

#define edu_mib_inc(en, name)	this_cpu_inc((en)->counters->mib[EDU_MIB_##name])
#define edu_mib_add(en, name, n)	this_cpu_add((en)->counters->mib[EDU_MIB_##name], n)

/**
 * edu_mib_counted() - increment what the core counted
 * @en: the namespace
 * @counted: bit 1 << EDU_MIB_* each
 */
static inline void edu_mib_counted(const struct edu_net *en, u64 counted)
{
	for (; counted; counted &= counted - 1)
		this_cpu_inc(en->counters->mib[__ffs64(counted)]);
}

bool edu_lab_on(const struct edu_net *en);
bool edu_lab_loses(struct edu_net *en, u8 flags, bool text);
u32 edu_lab_iss(const struct net *net, u32 iss);

/* ---- endpoint.c: endpoints for who lists them; edu_tcp_diag.ko gets no more ---- */

/**
 * struct edu_place - how far a listing has come, between two endpoints; begins as zeros
 * @table: which table, as the old one and the new one exist while it is resized
 * @bucket: chain of listeners, or bucket of the table
 * @index: endpoints of it that were passed
 * @restarts: how often it began anew, because the table was replaced
 * @stage: enum edu_stage
 */
struct edu_place {
	u32 table;
	u32 bucket;
	u32 index;
	u32 restarts;
	u8 stage;
};

enum edu_stage {
	EDU_PLACE_LISTENERS,
	EDU_PLACE_TABLE,
	EDU_PLACE_END,
};

/**
 * struct edu_look - what there is to say of an endpoint
 * @state: its state; a socket's is sk_state
 * @timer: enum edu_timer of the timer that matters most, EDU_TIMERS: none runs
 * @retries: how often it expired since the last progress
 * @left: milliseconds until it expires next; of a minisock always
 * @recvq: octets that the user has not read; LISTEN: what waits for accept()
 * @sendq: sequence numbers that the peer has not acknowledged; LISTEN: the backlog
 * @cong: name of the congestion control; sockets only
 * @cookie: what tells it from others before and after; minisocks only
 */
struct edu_look {
	u8 state;
	u8 timer;
	u8 retries;
	u32 left;
	u32 recvq;
	u32 sendq;
	const char *cong;
	u64 cookie;
};

struct edu_head *edu_endpoint_next(const struct net *net, struct edu_place *place);
struct edu_head *edu_endpoint_find(const struct edu_flow *flow);
void edu_endpoint_flow(const struct edu_head *head, struct edu_flow *flow);
void edu_sock_look(struct sock *sk, struct edu_look *look, struct tcp_info *info);
void edu_minisock_look(const struct edu_minisock *mini, struct edu_look *look);
void edu_minisock_destroy(struct edu_minisock *mini);

/* ---- sysctl.c, proc.c ---- */
int edu_sysctl_init(struct net *net);
void edu_sysctl_exit(struct net *net);
void edu_params_update(struct edu_net *en);
int edu_proc_init(struct net *net);
void edu_proc_exit(struct net *net);

#endif /* EDU_TCP_H */
