// SPDX-License-Identifier: GPL-2.0
/* Life and death of a socket: open, connect, shutdown, close, and what is deferred. */
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "edu_tcp.h"

static struct percpu_counter sockets_allocated;

/**
 * edu_sock_flow() - the flow of a socket
 * @sk: the socket
 * @flow: filled in
 */
void edu_sock_flow(const struct sock *sk, struct edu_flow *flow)
{
	const struct inet_sock *inet = inet_sk(sk);

	flow->net = sock_net(sk);
	/* not sk_family: an IPv6 socket may speak IPv4; /proc looks without the lock */
	flow->family = READ_ONCE(edu_sk(sk)->af)->family;
	flow->bound = sk->sk_bound_dev_if;
	flow->dev = 0;
	flow->l3dev = 0;
	flow->label = 0;
	flow->lport = inet->inet_sport;
	flow->fport = inet->inet_dport;
	flow->way = NULL;
	if (flow->family == AF_INET) {
		flow->laddr.v4 = inet->inet_rcv_saddr;
		flow->faddr.v4 = inet->inet_daddr;
	} else {
		flow->laddr.v6 = sk->sk_v6_rcv_saddr;
		flow->faddr.v6 = sk->sk_v6_daddr;
		flow->label = inet6_sk(sk)->flow_label;
	}
}

/**
 * edu_sock_way() - a socket's source route, from IP_OPTIONS or from its SYN
 * @sk: the socket, locked
 *
 * Return: its IP options if one of them is a source route, or NULL.
 */
const struct ip_options_rcu *edu_sock_way(const struct sock *sk)
{
	const struct ip_options_rcu *opt = rcu_dereference_check(inet_sk(sk)->inet_opt, 1);

	/* an IPv6 socket has them as well, for when it speaks IPv4 */
	return edu_sk(sk)->af == &edu_ipv4 && opt && opt->opt.srr ? opt : NULL;
}

/* ---- Birth ---- */

static void init_lists(struct edu_sock *es)
{
	INIT_LIST_HEAD(&es->tsq);
	INIT_LIST_HEAD(&es->accept);
	INIT_LIST_HEAD(&es->accept_queue);
	spin_lock_init(&es->accept_lock);
}

static void sock_defaults(struct sock *sk)
{
	struct edu_net *en = edu_sk(sk)->en;

	/* Freed after a grace period: readers of the table may still look at it. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	/* wfree() and the ACKs wake writers, not each buffer that leaves. */
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sk->sk_write_space = edu_write_space;
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(en->wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(en->rmem[1]));
}

/**
 * edu_sock_init() - socket() (proto.init)
 * @sk: the new socket
 *
 * Return: 0.
 */
int edu_sock_init(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);

	es->en = edu_net(sock_net(sk));
	es->af = edu_af_of(sk->sk_family);
	init_lists(es);
	sock_defaults(sk);
	edu_timer_setup(sk);
	edu_tcb_init(&es->tcb, &es->en->params);
	es->tcb.split = edu_split_text;
	es->tcb.cong = READ_ONCE(es->en->congestion_control);
	sk_sockets_allocated_inc(sk);
	edu_sock_counted(sk, 0, EDU_CLOSED);
	return 0;
}

/**
 * edu_sock_from_listener() - a clone of a listener begins a life of its own
 * @child: the clone; all that is the listener's is still in it
 * @listener: the listener
 */
void edu_sock_from_listener(struct sock *child, const struct sock *listener)
{
	struct edu_sock *es = edu_sk(child);

	init_lists(es);
	edu_timer_setup(child);
	edu_tcb_reset(&es->tcb);
	memset(&es->traffic, 0, sizeof(es->traffic));
	es->flags = 0;
	es->hashed = 0;
	es->port = NULL;
	es->port_reuseport = 0;
	es->serial = 0;
	child->sk_ack_backlog = 0;
	child->sk_max_ack_backlog = 0;
}

/* ---- Death ---- */

/**
 * edu_purge_write_queue() - text that will never be sent
 * @sk: the socket, locked
 */
void edu_purge_write_queue(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_write_queue))) {
		sk_wmem_queued_add(sk, -skb->truesize);
		sk_mem_uncharge(sk, skb->truesize);
		__kfree_skb(skb);
	}
}

/**
 * edu_unhash() - out of the table (proto.unhash)
 * @sk: the socket, locked
 */
void edu_unhash(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);

	if (!es->hashed)
		return;
	es->hashed = 0;
	edu_table_remove(&es->head);
}

static int edu_hash(struct sock *sk)
{
	return 0;		/* connect() and accept enter the table themselves */
}

/* proto.destroy: the last of the socket's own things go. */
static void edu_destroy(struct sock *sk)
{
	edu_timer_stop(sk);
	edu_unhash(sk);
	edu_purge_write_queue(sk);
	edu_put_port(sk);
	sk_sockets_allocated_dec(sk);
	edu_sock_counted(sk, EDU_CLOSED, 0);
}

/* The end of a socket that is CLOSED and that no user owns; drops its own reference. */
static void destroy_orphan(struct sock *sk)
{
	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));

	sk->sk_prot->destroy(sk);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	atomic_dec(&edu_sk(sk)->en->orphans);
	sock_put(sk);
}

/**
 * edu_sock_done() - the connection is over: CLOSED was entered
 * @sk: the socket, locked; it goes if no user owns it
 */
void edu_sock_done(struct sock *sk)
{
	edu_unhash(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		edu_put_port(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	else
		destroy_orphan(sk);
}

/**
 * edu_child_free() - a child that never was: nobody has seen it
 * @child: locked, with its two references; nothing of it is counted
 */
void edu_child_free(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	inet_sk_set_state(child, TCP_CLOSE);
	sock_set_flag(child, SOCK_DEAD);
	edu_put_port(child);
	xfrm_sk_free_policy(child);
	sk_sockets_allocated_dec(child);
	bh_unlock_sock(child);
	sock_put(child);
	sock_put(child);	/* nobody else will drop the socket's own */
}

/**
 * edu_child_put() - a child is complete, or over: let it go
 * @child: locked, as sk_clone_lock() made it; the caller's reference goes too
 */
void edu_child_put(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	bh_unlock_sock(child);
	sock_put(child);
}

/* No user owns it any more; it goes on alone until its connection is over. */
static void orphan(struct sock *sk)
{
	sock_orphan(sk);
	atomic_inc(&edu_sk(sk)->en->orphans);
	if (sk->sk_state != TCP_CLOSE)
		edu_mib_inc(edu_sk(sk)->en, TCPOrphans);
}

/**
 * edu_child_abort() - reset a connection that nobody accepted
 * @child: locked; the caller holds a reference of his own
 */
void edu_child_abort(struct sock *child)
{
	struct edu_sock *es = edu_sk(child);
	struct edu_todo todo;

	orphan(child);
	if (child->sk_state == TCP_CLOSE) {
		destroy_orphan(child);
		return;
	}
	edu_todo_init(&todo);
	edu_abort(&es->tcb, 0, &todo);
	edu_apply(child, &todo);
}

static bool too_many_orphans(struct sock *sk)
{
	struct edu_net *en = edu_sk(sk)->en;

	return atomic_read(&en->orphans) > READ_ONCE(en->max_orphans);
}

/* Throw away what was received; true if the user had not read all of it. */
static bool purge_receive_queue(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);
	struct sk_buff *skb;
	bool unread = false;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		unread |= seq_gt(edu_node(skb)->end_seq, es->copied_seq);
		__kfree_skb(skb);
	}
	return unread;
}

static bool closing(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK);
}

/* SO_LINGER: wait until what was sent, and the FIN, are acknowledged. */
static void linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout || !closing(sk))
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	do {
		if (sk_wait_event(sk, &timeout, !closing(sk), &wait))
			break;
	} while (!signal_pending(current) && timeout);
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* proto.close: CLOSE (3.10.4), or ABORT (3.10.5) by SO_LINGER with no time */
static void edu_sock_close(struct sock *sk, long timeout)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_todo todo;
	bool unread;
	u64 now;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		edu_listen_stop(sk);
	} else {
		now = edu_now();
		unread = purge_receive_queue(sk);
		edu_todo_init(&todo);
		if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
			edu_count(&todo, EDU_MIB_TCPAbortOnClose);
			edu_abort(&es->tcb, 0, &todo);
			if (es->tcb.state != EDU_CLOSED)
				edu_close(&es->tcb, false, now, &todo);
		} else {
			edu_close(&es->tcb, unread, now, &todo);
		}
		edu_apply(sk, &todo);
		edu_push(sk, now);
		linger(sk, timeout);
	}

	sock_hold(sk);
	orphan(sk);
	if (sk->sk_state == TCP_CLOSE) {
		destroy_orphan(sk);
	} else if (too_many_orphans(sk) || edu_out_of_memory(sk)) {
		edu_todo_init(&todo);
		edu_count(&todo, EDU_MIB_TCPAbortOnMemory);
		edu_abort(&es->tcb, 0, &todo);
		edu_apply(sk, &todo);
	}
	/* What waits in the backlog is still processed here; then nobody is left. */
	release_sock(sk);
	sock_put(sk);
}

/* proto.shutdown: shutdown(SHUT_WR); inet_shutdown() has done the rest */
static void edu_shutdown(struct sock *sk, int how)
{
	struct edu_todo todo;

	if (!(how & SEND_SHUTDOWN))
		return;
	edu_todo_init(&todo);
	edu_shutdown_send(&edu_sk(sk)->tcb, &todo);
	edu_apply(sk, &todo);
	edu_push(sk, edu_now());
}

/* A socket that is not connected has no foreign port, and speaks its own family. */
static void forget_peer(struct sock *sk)
{
	inet_sk(sk)->inet_dport = 0;
	WRITE_ONCE(edu_sk(sk)->af, edu_af_of(sk->sk_family));
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
}

/**
 * edu_disconnect() - connect(AF_UNSPEC), or shutdown() before the handshake's end
 * @sk: the socket, locked
 * @flags: unused
 *
 * Return: 0.
 */
int edu_disconnect(struct sock *sk, int flags)
{
	struct edu_sock *es = edu_sk(sk);
	bool connected = sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN;
	struct edu_todo todo;

	if (sk->sk_state == TCP_LISTEN) {
		edu_listen_stop(sk);
	} else if (connected) {
		edu_todo_init(&todo);
		edu_abort(&es->tcb, ECONNRESET, &todo);
		edu_apply(sk, &todo);
	}
	purge_receive_queue(sk);
	edu_purge_write_queue(sk);
	edu_timer_stop(sk);
	forget_peer(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	edu_tcb_reset(&es->tcb);
	es->copied_seq = 0;
	sk_set_peek_off(sk, -1);
	sk_dst_reset(sk);
	sk_error_report(sk);
	return 0;
}

/*
 * proto.diag_destroy: SOCK_DESTROY of sock_diag: ABORT (3.10.5), asked for by somebody else;
 * the user gets @err
 */
static int edu_diag_destroy(struct sock *sk, int err)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_todo todo;
	bool there;

	edu_todo_init(&todo);
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN) {
		edu_listen_stop(sk);
		todo.events = EDU_EV_CLOSED;
		todo.err = err;
		edu_apply(sk, &todo);
		release_sock(sk);
		return 0;
	}
	/* Against a listener that is closed: its children it locks as softirqs do. */
	local_bh_disable();
	bh_lock_sock(sk);
	there = sk->sk_state != TCP_CLOSE;
	if (there) {
		edu_abort(&es->tcb, err, &todo);
		edu_apply(sk, &todo);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	release_sock(sk);
	return there ? 0 : -ENOENT;
}

/* ---- Active open ---- */

/**
 * edu_pre_connect() - before connect(), also one that begins again (proto.pre_connect)
 * @sk: the socket, locked
 * @uaddr: the peer, which a program of the cgroup may change
 * @addr_len: octets in @uaddr
 *
 * Return: 0 or a negative errno.
 */
int edu_pre_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	return edu_af_of(sk->sk_family)->pre_connect(sk, uaddr, addr_len);
}

/**
 * edu_connect() - connect() (proto.connect): OPEN, active (3.10.1)
 * @sk: the socket, locked, CLOSED
 * @uaddr: the peer
 * @addr_len: octets in @uaddr
 *
 * Return: 0 when the SYN is on its way, or a negative errno.
 */
int edu_connect(struct sock *sk, edu_sockaddr *uaddr, int addr_len)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_todo todo;
	struct edu_flow flow;
	int err;

	edu_tcb_reset(&es->tcb);
	memset(&es->traffic, 0, sizeof(es->traffic));
	es->copied_seq = 0;
	err = edu_af_of(sk->sk_family)->connect(sk, uaddr, addr_len);
	if (err) {
		edu_unhash(sk);
		if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			edu_put_port(sk);
		forget_peer(sk);
		sk->sk_route_caps = 0;
		return err;
	}
	sk_set_txhash(sk);
	es->tcb.adv_mss = edu_advertised_mss(__sk_dst_get(sk), es->af, es->user_mss);
	edu_set_receive_window(&es->tcb, edu_rcv_buff(sk), edu_offered_wscale(sk));
	edu_sock_flow(sk, &flow);
	edu_todo_init(&todo);
	edu_open_active(&es->tcb, edu_lab_iss(sock_net(sk), es->af->iss(&flow)),
			edu_flow_secret(&flow), &todo);
	edu_apply(sk, &todo);
	edu_push(sk, edu_now());
	return 0;
}

/* ---- Deferred work ---- */

/**
 * edu_release_cb() - the user gives up the lock (proto.release_cb)
 * @sk: the socket; its spinlock is held, BH is off, the backlog is empty
 */
void edu_release_cb(struct sock *sk)
{
	struct edu_sock *es = edu_sk(sk);

	if (!(READ_ONCE(es->flags) & (BIT(EDU_DEFER_TIMER) | BIT(EDU_DEFER_TSQ) |
				      BIT(EDU_DEFER_MTU) | BIT(EDU_DEFER_ERROR))))
		return;
	if (test_and_clear_bit(EDU_DEFER_TSQ, &es->flags)) {
		edu_push(sk, edu_now());
		__sock_put(sk);
	}
	if (test_and_clear_bit(EDU_DEFER_MTU, &es->flags)) {
		edu_icmp_deferred(sk, true);
		__sock_put(sk);
	}
	if (test_and_clear_bit(EDU_DEFER_ERROR, &es->flags)) {
		edu_icmp_deferred(sk, false);
		__sock_put(sk);
	}
	if (test_and_clear_bit(EDU_DEFER_TIMER, &es->flags)) {
		edu_timer_run(sk);
		__sock_put(sk);
	}
}

/* ---- Tables of the stack ---- */

struct proto edu_prot = {
	.name			= "EDU_TCP",
	.owner			= THIS_MODULE,
	.close			= edu_sock_close,
	.pre_connect		= edu_pre_connect,
	.connect		= edu_connect,
	.disconnect		= edu_disconnect,
	.diag_destroy		= edu_diag_destroy,
	.accept			= edu_accept,
	.ioctl			= edu_ioctl,
	.init			= edu_sock_init,
	.destroy		= edu_destroy,
	.shutdown		= edu_shutdown,
	.setsockopt		= edu_setsockopt,
	.getsockopt		= edu_getsockopt,
	.keepalive		= edu_keepalive,
	.sendmsg		= edu_sendmsg,
	.recvmsg		= edu_recvmsg,
	.splice_eof		= edu_splice_eof,
	.backlog_rcv		= edu_backlog_rcv,
	.release_cb		= edu_release_cb,
	.hash			= edu_hash,
	.unhash			= edu_unhash,
	.get_port		= edu_get_port,
	.put_port		= edu_put_port,
	.stream_memory_free	= edu_stream_memory_free,
	.enter_memory_pressure	= edu_enter_memory_pressure,
	.leave_memory_pressure	= edu_leave_memory_pressure,
	.memory_pressure	= &edu_memory_pressure,
	.memory_allocated	= &edu_memory_allocated,
	.per_cpu_fw_alloc	= &edu_memory_per_cpu_fw_alloc,
	.sockets_allocated	= &sockets_allocated,
	.sysctl_mem		= edu_sysctl_mem,
	.sysctl_rmem		= &edu_memory_granted,
	.sysctl_wmem		= &edu_memory_granted,
	.max_header		= MAX_HEADER + EDU_HEADER_MAX,
	.no_autobind		= true,
	.obj_size		= sizeof(struct edu_sock),
	/*
	 * Nobody relies on it: it spares the slab clearing (init_on_alloc) what sk_alloc() and a
	 * clone fill anyway. The price is a pointer behind each object.
	 */
	.slab_flags		= SLAB_TYPESAFE_BY_RCU,
};

/* The same for AF_INET6, with room for what IPv6 keeps of a socket. */
struct proto edu_prot6;

const struct proto_ops edu_stream_ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= inet_release,
	.bind		= inet_bind,
	.connect	= inet_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet_getname,
	.poll		= edu_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= edu_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
	.set_rcvlowat	= edu_set_rcvlowat,
	.splice_eof	= edu_splice_eof,
	EDU_OPS_SENDPAGE
};

int edu_sock_register(void)
{
	int err;

	edu_memory_limits_init();
	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	edu_prot6 = edu_prot;
	strscpy(edu_prot6.name, "EDU_TCPv6", sizeof(edu_prot6.name));
	edu_prot6.obj_size = sizeof(struct edu_sock6);
	edu_prot_set_pinfo(&edu_prot6, offsetof(struct edu_sock6, inet6));
	BUILD_BUG_ON(offsetofend(struct edu_sock6, inet6) != sizeof(struct edu_sock6));

	err = proto_register(&edu_prot, 1);
	if (err)
		goto no_prot;
	err = proto_register(&edu_prot6, 1);
	if (err)
		goto no_prot6;
	return 0;

no_prot6:
	proto_unregister(&edu_prot);
no_prot:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

void edu_sock_unregister(void)
{
	proto_unregister(&edu_prot6);
	proto_unregister(&edu_prot);
	percpu_counter_destroy(&sockets_allocated);
}
