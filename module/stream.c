// SPDX-License-Identifier: GPL-2.0
/* SEND and RECEIVE (RFC 9293 3.10.2, 3.10.3): the stream between user and queues. */
#include <linux/poll.h>
#include <linux/sockios.h>
#include <linux/uio.h>
#include <net/busy_poll.h>
#include <asm/ioctls.h>

#include "edu_tcp.h"

/* ---- SEND ---- */

/**
 * edu_stream_memory_free() - whether more text may be queued (proto.stream_memory_free)
 * @sk: the socket
 * @wake: unused
 */
bool edu_stream_memory_free(const struct sock *sk, int wake)
{
	return READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf);
}

/**
 * edu_write_space() - tell those who wait for room in the send buffer
 * @sk: the socket
 */
void edu_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sk_stream_is_writeable(sk) || !sock)
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/* The unsent buffer that can take more, or a new one. NULL: no memory. */
static struct sk_buff *buffer_with_room(struct sock *sk, u32 goal)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && skb->len < goal)
		return skb;
	skb = edu_alloc_text(sk, sk->sk_allocation);
	if (skb)
		__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

/* Copy into the socket's page; 0 octets when the buffer has no fragment left. */
static int copy_to_page(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, int copy)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;

	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOMEM;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = min_t(int, copy, pfrag->size - pfrag->offset);
	copy = edu_text_affordable(sk, copy);
	if (!copy)
		return -ENOMEM;
	if (copy_page_from_iter(pfrag->page, pfrag->offset, copy, from) != copy)
		return -EFAULT;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		page_ref_inc(pfrag->page);
	}
	pfrag->offset += copy;
	skb->len += copy;
	skb->data_len += copy;
	skb->truesize += copy;
	sk_wmem_queued_add(sk, copy);
	sk_mem_charge(sk, copy);
	edu_sent_by_user(&edu_sk(sk)->tcb, copy);
	return copy;
}

/* One round of copying. Octets, 0 if a new buffer is needed, or -ENOMEM to wait for memory. */
static int append(struct sock *sk, struct iov_iter *from)
{
	u32 goal = edu_size_goal(sk);
	struct sk_buff *skb;
	int room, copied;

	if (!sk_stream_memory_free(sk))
		return -ENOMEM;
	skb = buffer_with_room(sk, goal);
	if (!skb)
		return -ENOMEM;
	room = min_t(size_t, goal - skb->len, iov_iter_count(from));
	copied = copy_to_page(sk, skb, from, room);
	if (copied <= 0 && !skb->len) {
		/* an empty buffer must not stand in the queue */
		__skb_unlink(skb, &sk->sk_write_queue);
		sk_wmem_queued_add(sk, -skb->truesize);
		sk_mem_uncharge(sk, skb->truesize);
		__kfree_skb(skb);
	} else if (!copied) {
		/* out of fragments: this one is full */
		skb = edu_alloc_text(sk, sk->sk_allocation);
		if (!skb)
			return -ENOMEM;
		__skb_queue_tail(&sk->sk_write_queue, skb);
		room = min_t(size_t, goal, iov_iter_count(from));
		copied = copy_to_page(sk, skb, from, room);
	}
	return copied;
}

static int wait_connected(struct sock *sk, long *timeo)
{
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		return 0;
	return sk_stream_wait_connect(sk, timeo);
}

static int send_locked(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct edu_tcb *t = &edu_sk(sk)->tcb;
	int flags = msg->msg_flags, copied = 0, err;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	bool corked = t->cork;

	err = wait_connected(sk, &timeo);
	if (err)
		goto out_err;
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);

	while (msg_data_left(msg)) {
		err = -EPIPE;
		if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
			goto out_err;
		err = append(sk, &msg->msg_iter);
		if (err > 0) {
			copied += err;
			/* Keep the pipe busy while a large write is being copied. */
			if (msg_data_left(msg) &&
			    edu_unsent(t) >= max(t->max_snd_wnd / 2, 4 * t->mss))
				edu_push(sk, edu_now());
			continue;
		}
		if (err != -ENOMEM)
			goto out_err;

		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (copied)
			edu_push(sk, edu_now());
		err = sk_stream_wait_memory(sk, &timeo);
		if (err)
			goto out_err;
	}
out:
	if (copied) {
		if (flags & MSG_OOB)
			edu_send_urgent(t);
		/* MSG_MORE corks for this call only */
		if (flags & MSG_MORE)
			t->cork = 1;
		edu_push(sk, edu_now());
		t->cork = corked;
	}
	return copied;
out_err:
	if (copied)
		goto out;
	err = sk_stream_error(sk, flags, err);
	/* make sure we wake any epoll edge trigger waiter */
	if (skb_queue_empty(&sk->sk_write_queue) && err == -EAGAIN)
		sk->sk_write_space(sk);
	return err;
}

/**
 * edu_sendmsg() - SEND (proto.sendmsg)
 * @sk: the socket
 * @msg: the text and MSG_* flags
 * @size: octets
 *
 * Return: octets taken, or a negative errno.
 */
int edu_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int ret;

	lock_sock(sk);
	ret = send_locked(sk, msg, size);
	release_sock(sk);
	return ret;
}

/**
 * edu_splice_eof() - the end of a splice: what MSG_MORE held may go
 * @sock: the socket
 */
void edu_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	edu_push(sk, edu_now());
	release_sock(sk);
}

/* ---- RECEIVE ---- */

/* Octets that are here and not read; poll() asks without the lock. */
static u32 unread(const struct sock *sk)
{
	const struct edu_sock *es = edu_sk(sk);
	u32 n = READ_ONCE(es->tcb.rcv_nxt) - READ_ONCE(es->copied_seq);

	/* the peer's FIN has a sequence number, but is nothing to read */
	return n && sock_flag(sk, SOCK_DONE) ? n - 1 : n;
}

/* Of these, how many one recv() would take: up to the mark. */
static u32 readable(const struct sock *sk)
{
	const struct edu_sock *es = edu_sk(sk);
	u32 n = unread(sk), before = es->tcb.rcv_up - 1 - es->copied_seq;

	if (es->tcb.urgent == EDU_URGENT_NONE || sock_flag(sk, SOCK_URGINLINE))
		return n;
	return min(n, before);
}

/* Text was taken out of the buffer: the window may have grown. */
static void after_reading(struct sock *sk)
{
	u64 now = edu_now();

	edu_grow_receive_buffer(sk, now);
	if (edu_received_by_user(&edu_sk(sk)->tcb, edu_rcv_free(sk), edu_rcv_buff(sk)))
		edu_push(sk, now);
}

/* Copy out of one buffer. Octets, or a negative errno if there is none at all. */
static int copy_from(struct sk_buff *skb, u32 seq, struct msghdr *msg, u32 n, int flags)
{
	if (!(flags & MSG_TRUNC) && skb_copy_datagram_msg(skb, seq - edu_node(skb)->seq, msg, n))
		return -EFAULT;
	return n;
}

/*
 * Read what is queued, as far as the mark, and free what was read, unless it is only looked at.
 * Octets; a negative errno only if there are none.
 */
static int read_queue(struct sock *sk, struct msghdr *msg, size_t len, u32 *seq, bool *at_mark,
		      int flags)
{
	struct edu_sock *es = edu_sk(sk);
	struct sk_buff *skb, *next;
	int copied = 0, n = 0;
	u32 here;

	skb_queue_walk_safe(&sk->sk_receive_queue, skb, next) {
		while (len && seq_lt(*seq, edu_node(skb)->end_seq)) {
			if (copied && edu_at_mark(es, *seq)) {
				*at_mark = true;
				return copied;
			}
			here = edu_urgent_trim(sk, seq, edu_node(skb)->end_seq - *seq);
			if (!here)
				break;
			n = copy_from(skb, *seq, msg, min_t(size_t, here, len), flags);
			if (n < 0)
				return copied ?: n;
			WRITE_ONCE(*seq, *seq + n);
			copied += n;
			len -= n;
		}
		if (!(flags & MSG_PEEK) && seq_geq(*seq, edu_node(skb)->end_seq))
			sk_eat_skb(sk, skb);
		if (!len)
			break;
	}
	*at_mark = copied && edu_at_mark(es, *seq);
	return copied;
}

/* What recvmsg() answers when there is nothing to read; 1: wait. */
static int nothing_to_read(struct sock *sk, int copied, long timeo)
{
	if (copied) {
		if (sk->sk_err || sk->sk_state == TCP_CLOSE ||
		    (sk->sk_shutdown & RCV_SHUTDOWN) || !timeo || signal_pending(current))
			return 0;
		return 1;
	}
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;	/* never connected */
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 1;
}

/* SO_PEEK_OFF counts from where reading begins, and includes an octet that was passed by. */
static void move_peek_off(struct sock *sk, u32 octets, int flags)
{
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, octets);
	else
		sk_peek_offset_bwd(sk, octets);
}

static int recv_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct edu_sock *es = edu_sk(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	int target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	u32 before, peek_seq = es->copied_seq + max(sk_peek_offset(sk, flags), 0);
	u32 *seq = flags & MSG_PEEK ? &peek_seq : &es->copied_seq;
	bool at_mark = false;
	int copied = 0, ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return edu_recv_urgent(sk, msg, len, flags);

	for (;;) {
		/* Who asks for nothing waits, too, until there is something. */
		if (!len && skb_peek(&sk->sk_receive_queue))
			break;
		before = *seq;
		ret = read_queue(sk, msg, len - copied, seq, &at_mark, flags);
		move_peek_off(sk, *seq - before, flags);
		if (!(flags & MSG_PEEK))
			edu_urgent_read(&es->tcb, es->copied_seq);
		if (ret < 0) {
			copied = copied ?: ret;
			break;
		}
		copied += ret;
		if ((copied && copied == len) || at_mark)
			break;
		/* Nothing more is here. Is it enough? */
		if (copied >= target && !READ_ONCE(sk->sk_backlog.tail))
			break;
		ret = nothing_to_read(sk, copied, timeo);
		if (ret <= 0) {
			copied = copied ?: ret;
			break;
		}
		if (copied >= target) {
			/* Do not sleep, just process the backlog. */
			release_sock(sk);
			lock_sock(sk);
		} else {
			after_reading(sk);
			sk_wait_data(sk, &timeo, skb_peek_tail(&sk->sk_receive_queue));
		}
		/* What another reader took meanwhile is not to be looked at. */
		peek_seq = seq_max(peek_seq, es->copied_seq);
	}
	if (!(flags & MSG_PEEK) && copied > 0)
		after_reading(sk);
	return copied;
}

/* RECEIVE (proto.recvmsg): octets, 0 at the peer's FIN, or a negative errno */
int edu_recvmsg(EDU_RECVMSG_ARGS)
{
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return -EAGAIN;		/* nothing is ever queued there */
	if (sk_can_busy_loop(sk) && skb_queue_empty_lockless(&sk->sk_receive_queue) &&
	    sk->sk_state == TCP_ESTABLISHED)
		sk_busy_loop(sk, flags & MSG_DONTWAIT);

	lock_sock(sk);
	ret = recv_locked(sk, msg, len, flags);
	release_sock(sk);
	return ret;
}

/* ---- poll() and ioctl() ---- */

/*
 * Enough to read for SO_RCVLOWAT. The urgent octet does not count where the reader stands before
 * it. And who waits for more than the window lets in would wait for ever.
 */
static bool is_readable(const struct sock *sk)
{
	const struct edu_sock *es = edu_sk(sk);
	const struct edu_tcb *t = &es->tcb;
	u32 target = sock_rcvlowat(sk, 0, INT_MAX), n = unread(sk);

	if (!sock_flag(sk, SOCK_URGINLINE) && edu_at_mark(es, READ_ONCE(es->copied_seq)))
		target++;
	return n >= target || (n && READ_ONCE(t->rcv_wnd) <= READ_ONCE(t->rcv_mss));
}

/* Poll, select, epoll (proto_ops.poll); without the lock: what it misses, a wake-up brings */
__poll_t edu_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	u8 shutdown, state;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return list_empty_careful(&edu_sk(sk)->accept_queue) ? 0 :
		       EPOLLIN | EPOLLRDNORM;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;

	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		if (is_readable(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (edu_urgent_here(edu_sk(sk)))
			mask |= EPOLLPRI;
		if (shutdown & SEND_SHUTDOWN || sk_stream_is_writeable(sk)) {
			mask |= EPOLLOUT | EPOLLWRNORM;
		} else {
			sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
			set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
			/* Space may have come between test and flag; pairs with the ACK's side. */
			smp_mb__after_atomic();
			if (sk_stream_is_writeable(sk))
				mask |= EPOLLOUT | EPOLLWRNORM;
		}
	}
	smp_rmb();	/* pairs with edu_apply(): error before state */
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/* SIOCINQ, SIOCATMARK, SIOCOUTQ, SIOCOUTQNSD (proto.ioctl) */
int edu_ioctl(EDU_IOCTL_ARGS)
{
	const struct edu_tcb *t = &edu_sk(sk)->tcb;
	int answ = 0;

	if (sk->sk_state == TCP_LISTEN &&
	    (cmd == SIOCINQ || cmd == SIOCOUTQ || cmd == SIOCOUTQNSD))
		return -EINVAL;
	switch (cmd) {
	case SIOCINQ:
		lock_sock(sk);
		answ = readable(sk);
		release_sock(sk);
		break;
	case SIOCATMARK:
		answ = edu_at_mark(edu_sk(sk), READ_ONCE(edu_sk(sk)->copied_seq));
		break;
	case SIOCOUTQ:
		lock_sock(sk);
		if (t->state != EDU_CLOSED && t->state != EDU_SYN_SENT)
			answ = t->write_seq - seq_min(t->snd_una, t->write_seq);
		release_sock(sk);
		break;
	case SIOCOUTQNSD:
		lock_sock(sk);
		if (t->state != EDU_CLOSED && t->state != EDU_SYN_SENT)
			answ = edu_unsent(t);
		release_sock(sk);
		break;
	default:
		return -ENOIOCTLCMD;
	}
	return edu_ioctl_answer(answ);
}
