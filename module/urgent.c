// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent text as sockets show it: one octet, the last before RCV.UP, that recv(MSG_OOB) takes out
 * of line, or, with SO_OOBINLINE, a mark in the stream. The core knows where it is (core/urgent.c);
 * the octet stays in the receive queue until the reader has passed it.
 */
#include <linux/uio.h>

#include "edu_tcp.h"

/**
 * edu_at_mark() - whether a reader stands before the last urgent octet (sockatmark())
 * @es: the socket
 * @seq: the next octet that he will read
 */
bool edu_at_mark(const struct edu_sock *es, u32 seq)
{
	return READ_ONCE(es->tcb.urgent) != EDU_URGENT_NONE &&
	       READ_ONCE(es->tcb.rcv_up) - 1 == seq;
}

/**
 * edu_urgent_here() - whether recv(MSG_OOB) would find an octet (POLLPRI)
 * @es: the socket
 */
bool edu_urgent_here(const struct edu_sock *es)
{
	const struct edu_tcb *t = &es->tcb;

	return READ_ONCE(t->urgent) == EDU_URGENT_ANNOUNCED &&
	       seq_leq(READ_ONCE(t->rcv_up), READ_ONCE(t->rcv_nxt));
}

/**
 * edu_urgent_trim() - read no farther than the mark; standing at it, pass the octet by
 * @sk: the socket, locked
 * @seq: where the reader stands; moves on if he passes the octet
 * @n: octets that he could read there, at least one
 *
 * Return: octets that he reads now.
 */
u32 edu_urgent_trim(struct sock *sk, u32 *seq, u32 n)
{
	const struct edu_sock *es = edu_sk(sk);
	u32 before = es->tcb.rcv_up - 1 - *seq;

	if (es->tcb.urgent == EDU_URGENT_NONE || before >= n)
		return n;
	if (before)
		return before;
	if (sock_flag(sk, SOCK_URGINLINE))
		return n;
	WRITE_ONCE(*seq, *seq + 1);
	return n - 1;
}

/**
 * edu_urgent_met() - whether a reader stands before an urgent octet that is here, out of line
 * @sk: the socket, locked
 */
bool edu_urgent_met(const struct sock *sk)
{
	const struct edu_sock *es = edu_sk(sk);

	return edu_at_mark(es, es->copied_seq) && !sock_flag(sk, SOCK_URGINLINE) &&
	       es->copied_seq != es->tcb.rcv_nxt;
}

/**
 * edu_urgent_news() - the pointer has advanced: tell the user (MUST-32)
 * @sk: the socket, locked
 * @met: edu_urgent_met(), before the segment with the pointer arrived
 *
 * A reader who stands at the old mark was never to read that octet in line; now that it is no
 * mark any more, he must not find it as text.
 */
void edu_urgent_news(struct sock *sk, bool met)
{
	struct edu_sock *es = edu_sk(sk);

	sk_send_sigurg(sk);
	if (!met)
		return;
	WRITE_ONCE(es->copied_seq, es->copied_seq + 1);
	sk_peek_offset_bwd(sk, 1);
}

/* The last urgent octet, out of the receive queue. */
static bool find_octet(const struct sock *sk, u32 seq, u8 *octet)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		const struct edu_node *node = edu_node(skb);

		if (seq_leq(node->seq, seq) && seq_lt(seq, node->end_seq))
			return !skb_copy_bits(skb, seq - node->seq, octet, 1);
	}
	return false;
}

/**
 * edu_recv_urgent() - recv(MSG_OOB)
 * @sk: the socket, locked
 * @msg: where it goes
 * @len: octets of room there
 * @flags: MSG_PEEK, MSG_TRUNC
 *
 * Return: octets, 0 if it will never come, -EAGAIN if it is announced only, -EINVAL if there is
 * none, or it was read, or is read in line.
 */
int edu_recv_urgent(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_tcb *t = &es->tcb;
	u8 octet;

	if (sock_flag(sk, SOCK_URGINLINE) || t->urgent != EDU_URGENT_ANNOUNCED)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (!find_octet(sk, t->rcv_up - 1, &octet)) {
		if (sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN))
			return 0;
		return -EAGAIN;
	}
	if (!(flags & MSG_PEEK))
		edu_urgent_taken(t);
	msg->msg_flags |= MSG_OOB;
	if (!len) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &octet, 1))
		return -EFAULT;
	return 1;
}
