// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/edu_tcp and /proc/net/edu_tcp_sockets. Fields keep their order and
 * meaning; Documentation/observing.md explains them.
 */
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/user_namespace.h>
#include <net/addrconf.h>

#include "edu_tcp.h"

/* ---- edu_tcp: how many are in each state, and what was counted ---- */

static const char * const mib_names[EDU_MIBS] = {
#define EDU_X(name, text) #name,
	EDU_COUNTERS(EDU_X)
#undef EDU_X
};

static const char * const drop_names[EDU_DROPS] = {
	NULL,			/* EDU_DROP_NONE */
#define EDU_X(name, text) #name,
	EDU_DROP_REASONS(EDU_X)
#undef EDU_X
};

static const char * const lab_names[EDU_LAB_KINDS] = {
	"lose_syn", "lose_synack", "lose_data", "lose_ack", "lose_fin", "lose_rst",
};

#define SUM(en, field)							\
({									\
	typeof_member(struct edu_counters, field) _sum = 0;		\
	int _cpu;							\
									\
	for_each_possible_cpu(_cpu)					\
		_sum += per_cpu_ptr((en)->counters, _cpu)->field;	\
	_sum;								\
})

static void show_lab(struct seq_file *seq, const struct edu_net *en)
{
	unsigned int i;

	if (!edu_lab_on(en))
		return;
	seq_puts(seq, "lab:");
	if (en->lab.msl)
		seq_printf(seq, " msl=%d", en->lab.msl);
	if (en->lab.fixed_isn)
		seq_puts(seq, " fixed_isn=1");
	if (en->lab.no_time_wait)
		seq_puts(seq, " no_time_wait=1");
	for (i = 0; i < EDU_LAB_KINDS; i++)
		if (en->lab.lose[i])
			seq_printf(seq, " %s=%d", lab_names[i], en->lab.lose[i]);
	seq_puts(seq, "\n");
}

static int show_counters(struct seq_file *seq, void *v)
{
	const struct edu_net *en = edu_net(seq_file_single_net(seq));
	unsigned int i;
	u8 state;

	seq_printf(seq, "edu_tcp: protocol %u\n", edu_protocol);
	show_lab(seq, en);
	seq_printf(seq, "%-*s %9s %11s\n", EDU_STATE_NAME_MAX, "state", "now", "ever");
	for (i = 0; (state = edu_state_in_rfc_order(i)); i++)
		seq_printf(seq, "%-*s %9ld %11lu\n", EDU_STATE_NAME_MAX, edu_state_name(state),
			   SUM(en, now[state]), SUM(en, ever[state]));

	seq_printf(seq, "\n%-22s %11s\n", "counter", "value");
	for (i = 0; i < EDU_MIBS; i++)
		seq_printf(seq, "%-22s %11lu\n", mib_names[i], SUM(en, mib[i]));

	seq_printf(seq, "\n%-22s %11s\n", "drop reason", "count");
	for (i = EDU_DROP_NONE + 1; i < EDU_DROPS; i++)
		seq_printf(seq, "%-22s %11lu\n", drop_names[i], SUM(en, drop[i]));
	return 0;
}

/* ---- edu_tcp_sockets: a line for each endpoint ---- */

static const char * const timer_names[EDU_TIMERS] = {
	[EDU_TIMER_RTO]		= "rto",
	[EDU_TIMER_REORDER]	= "reorder",
	[EDU_TIMER_PROBE]	= "probe",
	[EDU_TIMER_PERSIST]	= "persist",
	[EDU_TIMER_DELACK]	= "delack",
	[EDU_TIMER_KEEPALIVE]	= "keepalive",
	[EDU_TIMER_FIN_WAIT_2]	= "finwait2",
};

/* A link-local address is one only on its own link: %eth0 (RFC 4007 11). */
static const char *zone(const struct edu_flow *flow, const struct in6_addr *addr, char *name)
{
	struct net_device *dev;

	name[0] = '\0';
	if (!__ipv6_addr_needs_scope_id(ipv6_addr_type(addr)))
		return name;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(flow->net, flow->bound);
	if (dev)
		snprintf(name, IFNAMSIZ + 1, "%%%s", dev->name);
	rcu_read_unlock();
	return name;
}

static void show_end(struct seq_file *seq, const struct edu_flow *flow,
		     const union edu_addr *addr, __be16 port)
{
	char text[72], name[IFNAMSIZ + 1];

	if (flow->family == AF_INET)
		snprintf(text, sizeof(text), "%pI4:%u", &addr->v4, ntohs(port));
	else
		snprintf(text, sizeof(text), "[%pI6c%s]:%u", &addr->v6,
			 zone(flow, &addr->v6, name), ntohs(port));
	seq_printf(seq, "%-21s ", text);
}

static void show_flow(struct seq_file *seq, const struct edu_flow *flow)
{
	show_end(seq, flow, &flow->laddr, flow->lport);
	show_end(seq, flow, &flow->faddr, flow->fport);
}

/* Queues in octets, the timer with its time left in seconds, owner and inode. */
static void show_rest(struct seq_file *seq, u8 state, u32 recvq, u32 sendq,
		      const char *timer, s64 left, unsigned int uid, unsigned long inode)
{
	seq_printf(seq, "%-*s %7u %7u %-9s ", EDU_STATE_NAME_MAX, edu_state_name(state),
		   recvq, sendq, timer);
	if (left < 0)
		seq_printf(seq, "%9s", "-");
	else
		seq_printf(seq, "%5lld.%03lld", left / 1000, left % 1000);
	seq_printf(seq, " %6u %8lu\n", uid, inode);
}

static s64 msecs_left(u64 deadline)
{
	u64 now = edu_now();

	return deadline > now ? div_u64(deadline - now, EDU_MSEC) : 0;
}

static void show_socket(struct seq_file *seq, struct sock *sk)
{
	const struct edu_sock *es = edu_sk(sk);
	const struct edu_tcb *t = &es->tcb;
	u32 recvq = 0, sendq = 0;
	const char *timer = "-";
	struct edu_flow flow;
	s64 left = -1;
	unsigned int i;
	u64 next;

	edu_sock_flow(sk, &flow);
	if (sk->sk_state == TCP_LISTEN) {
		recvq = READ_ONCE(sk->sk_ack_backlog);
		sendq = READ_ONCE(sk->sk_max_ack_backlog);
	} else {
		recvq = t->rcv_nxt - es->copied_seq;
		recvq -= recvq && sock_flag(sk, SOCK_DONE);
		sendq = t->write_seq - seq_min(t->snd_una, t->write_seq);
		if (t->state == EDU_SYN_SENT || t->state == EDU_SYN_RECEIVED) {
			recvq = 0;
			sendq = 0;
		}
	}
	next = edu_next_deadline(t);
	for (i = 0; i < EDU_TIMERS; i++) {
		if (next != EDU_NEVER && t->deadline[i] == next) {
			timer = timer_names[i];
			left = msecs_left(next);
		}
	}
	show_flow(seq, &flow);
	show_rest(seq, sk->sk_state, recvq, sendq, timer, left,
		  from_kuid_munged(seq_user_ns(seq), READ_ONCE(sk->sk_uid)), sock_i_ino(sk));
}

static void show_minisock(struct seq_file *seq, struct edu_minisock *mini)
{
	bool tw = mini->head.kind == EDU_TIMEWAIT;
	struct edu_flow flow;

	edu_head_flow(&mini->head, &flow);
	show_flow(seq, &flow);
	show_rest(seq, tw ? EDU_TIME_WAIT : EDU_SYN_RECEIVED, 0, 0, tw ? "2msl" : "synack",
		  jiffies_to_msecs(edu_minisock_left(mini)), 0, 0);
}

static void show_listener(struct sock *sk, void *arg)
{
	show_socket(arg, sk);
}

/* First the header and the listeners, then the table, an endpoint at a time. */
struct sockets_iter {
	struct net *net;
	struct rhashtable_iter table;
};

static void *sockets_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct sockets_iter *it = seq->private;

	if (!*pos) {
		/* from the beginning, perhaps once more */
		rhashtable_walk_exit(&it->table);
		edu_table_walk_enter(&it->table);
	}
	rhashtable_walk_start(&it->table);
	return *pos ? edu_table_walk_on(&it->table, it->net, true) : SEQ_START_TOKEN;
}

static void *sockets_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct sockets_iter *it = seq->private;

	++*pos;
	return edu_table_walk_on(&it->table, it->net, false);
}

static void sockets_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	struct sockets_iter *it = seq->private;

	rhashtable_walk_stop(&it->table);
}

static int sockets_show(struct seq_file *seq, void *v)
{
	struct edu_head *head = v;

	if (v == SEQ_START_TOKEN) {
		seq_printf(seq, "%-21s %-21s %-*s %7s %7s %-9s %9s %6s %8s\n", "local",
			   "remote", EDU_STATE_NAME_MAX, "state", "recv-q", "send-q",
			   "timer", "expires", "uid", "inode");
		edu_listeners_walk(((struct sockets_iter *)seq->private)->net,
				   show_listener, seq);
	} else if (head->kind == EDU_SOCKET) {
		show_socket(seq, edu_sock_of(head));
	} else {
		show_minisock(seq, edu_minisock_of(head));
	}
	return 0;
}

static const struct seq_operations sockets_ops = {
	.start	= sockets_start,
	.next	= sockets_next,
	.stop	= sockets_stop,
	.show	= sockets_show,
};

/* The place in the table lives as long as the file is open, not just for one read. */
static int sockets_open(struct inode *inode, struct file *file)
{
	struct sockets_iter *it;

	it = __seq_open_private(file, &sockets_ops, sizeof(*it));
	if (!it)
		return -ENOMEM;
	/* no reference: the entry, and with it the open file, goes before its namespace */
	it->net = pde_data(inode);
	edu_table_walk_enter(&it->table);
	return 0;
}

static int sockets_release(struct inode *inode, struct file *file)
{
	struct sockets_iter *it = ((struct seq_file *)file->private_data)->private;

	rhashtable_walk_exit(&it->table);
	return seq_release_private(inode, file);
}

static const struct proc_ops sockets_proc_ops = {
	.proc_open	= sockets_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= sockets_release,
};

int edu_proc_init(struct net *net)
{
	if (!proc_create_net_single("edu_tcp", 0444, net->proc_net, show_counters, NULL))
		return -ENOMEM;
	if (!proc_create_data("edu_tcp_sockets", 0444, net->proc_net, &sockets_proc_ops,
			      net)) {
		remove_proc_entry("edu_tcp", net->proc_net);
		return -ENOMEM;
	}
	return 0;
}

void edu_proc_exit(struct net *net)
{
	remove_proc_entry("edu_tcp_sockets", net->proc_net);
	remove_proc_entry("edu_tcp", net->proc_net);
}
