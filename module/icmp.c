// SPDX-License-Identifier: GPL-2.0
/*
 * Errors that IP reports: a smaller path MTU, or a peer that cannot be reached.
 * They are believed only if they quote a sequence number in flight (RFC 5927).
 */
#include <net/dst.h>

#include "edu_tcp.h"

/* The path carries less than was thought. */
static void mtu_reduced(struct sock *sk, u32 mtu)
{
	struct edu_sock *es = edu_sk(sk);
	struct dst_entry *dst;
	u32 before = es->tcb.mss;

	if (!es->af->accepts_mtu(sk))
		return;
	dst = es->af->route_of(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	/* The update may have made another route. */
	dst = es->af->route_of(sk);
	if (!dst)
		return;

	edu_sync_mss(sk, dst_mtu(dst));
	if (es->tcb.mss >= before)
		return;
	edu_mib_inc(edu_sk(sk)->en, PMTUChanges);
	edu_resend_smaller(&es->tcb);
	edu_push(sk, edu_now());
}

/*
 * A soft error ends nothing (MUST-56), nor does a hard one once the connection
 * is established (RFC 5461): if a timeout does, it tells the user why. Who has
 * set IP_RECVERR is told at once, and takes each for the end of an opening.
 */
static void not_reached(struct sock *sk, int err, bool hard)
{
	bool opening = sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV;
	struct edu_sock *es = edu_sk(sk);
	bool recverr = es->af->wants_errors(sk);
	struct edu_todo todo;

	if (!recverr && !(opening && hard)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	if (!opening) {
		WRITE_ONCE(sk->sk_err, err);
		sk_error_report(sk);
		return;
	}
	edu_todo_init(&todo);
	edu_closed(&es->tcb, err, &todo);
	edu_apply(sk, &todo);
}

static void socket_error(struct sock *sk, u32 seq, int err, bool hard, u32 mtu)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_tcb *t = &es->tcb;
	bool owned = sock_owned_by_user(sk);
	bool too_big = err == EMSGSIZE;
	unsigned int bit = too_big ? EDU_DEFER_MTU : EDU_DEFER_ERROR;

	if (t->state == EDU_CLOSED || t->state == EDU_LISTEN)
		return;
	if (seq_lt(seq, t->snd_una) || seq_gt(seq, t->snd_nxt)) {
		edu_mib_inc(edu_sk(sk)->en, OutOfWindowIcmps);
		return;
	}
	if (!owned && too_big) {
		mtu_reduced(sk, mtu);
	} else if (!owned) {
		not_reached(sk, err, hard);
	} else {
		/* Also while the user holds the lock: release_sock() does it then. */
		if (too_big) {
			es->deferred_mtu = mtu;
		} else {
			es->deferred_err = err;
			es->deferred_hard = hard;
		}
		if (!test_and_set_bit(bit, &es->flags))
			sock_hold(sk);
	}
}

/**
 * edu_icmp_deferred() - the user has given up the lock: what came meanwhile
 * @sk: the socket, locked
 * @mtu: whether it is the path MTU; otherwise an error
 */
void edu_icmp_deferred(struct sock *sk, bool mtu)
{
	struct edu_sock *es = edu_sk(sk);

	if (es->tcb.state == EDU_CLOSED || es->tcb.state == EDU_LISTEN)
		return;
	if (mtu)
		mtu_reduced(sk, es->deferred_mtu);
	else
		not_reached(sk, es->deferred_err, es->deferred_hard);
}

/* A half-open request whose SYN,ACK cannot reach the peer; its user knows nothing of it yet. */
static void request_error(struct edu_minisock *req, u32 seq, bool hard)
{
	if (seq != req->request.conn.snd_una) {
		edu_mib_inc(edu_net_rcu(req->head.net), OutOfWindowIcmps);
		return;
	}
	if (hard && edu_request_end(req))
		edu_mib_inc(edu_net_rcu(req->head.net), ListenDrops);
}

/**
 * edu_icmp_error() - IP reports an error about a segment of ours
 * @flow: of the segment that is quoted
 * @seq: its sequence number
 * @err: errno for it; EMSGSIZE: it was too large for the path
 * @hard: the way will not be there again (3.9.2.2; 1122 4.2.3.9)
 * @mtu: what fits, if it was too large
 *
 * Context: softirq, under rcu_read_lock().
 */
void edu_icmp_error(const struct edu_flow *flow, u32 seq, int err, bool hard, u32 mtu)
{
	struct edu_head *head = edu_table_find(flow);
	struct sock *sk;

	if (!head)
		return;
	switch (head->kind) {
	case EDU_SOCKET:
		sk = edu_sock_of(head);
		bh_lock_sock(sk);
		socket_error(sk, seq, err, hard, mtu);
		bh_unlock_sock(sk);
		sock_put(sk);
		break;
	case EDU_REQUEST:
		request_error(edu_minisock_of(head), seq, hard);
		break;
	}
}
