// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: how much of it a socket's buffers may take, how they grow by themselves, and the limits
 * that all sockets share (net.edu_tcp.mem). Near these everything becomes slower; what every
 * socket is granted anyhow lets it go on.
 */
#include <linux/mm.h>
#include <linux/swap.h>

#include "edu_tcp.h"

atomic_long_t edu_memory_allocated;
DEFINE_PER_CPU(int, edu_memory_per_cpu_fw_alloc);
unsigned long edu_memory_pressure;
long edu_sysctl_mem[3];			/* pages; as tcp_mem */

/* Octets that a socket may queue whatever the others have: tcp_rmem[0] and tcp_wmem[0]. */
int edu_memory_granted = 4096;

/* ---- The limits that all share ---- */

/**
 * edu_enter_memory_pressure() - more than mem[1] is in use (proto.enter_memory_pressure)
 * @sk: the socket that noticed
 */
void edu_enter_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(edu_memory_pressure))
		return;
	WRITE_ONCE(edu_memory_pressure, jiffies | 1);
	edu_mib_inc(edu_sk(sk)->en, TCPMemoryPressures);
}

/**
 * edu_leave_memory_pressure() - less than mem[0] is in use (proto.leave_memory_pressure)
 * @sk: the socket that noticed
 */
void edu_leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(edu_memory_pressure))
		WRITE_ONCE(edu_memory_pressure, 0);
}

/**
 * edu_out_of_memory() - whether an orphan must go: more than mem[2] is in use, some of it its own
 * @sk: the socket
 */
bool edu_out_of_memory(const struct sock *sk)
{
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2);
}

/* The same limits as TCP's: an eighth of the memory for all sockets together. */
void edu_memory_limits_init(void)
{
	unsigned long limit = max(nr_free_buffer_pages() / 16, 128UL);

	edu_sysctl_mem[0] = limit / 4 * 3;
	edu_sysctl_mem[1] = limit;
	edu_sysctl_mem[2] = edu_sysctl_mem[0] * 2;
}

/*
 * ---- On credit ----
 *
 * Beyond mem[2] the stack grants nothing any more, and a connection without a single buffer would
 * never give any memory back. So each may have one of its own in either direction: charged to the
 * socket, whose sk_forward_alloc goes below 0 until the buffer is freed.
 */

/**
 * edu_charge_text() - the send buffer pays for a new buffer
 * @sk: the socket, locked
 * @skb: the buffer, not yet in a queue
 * @anyhow: also beyond the limits
 *
 * Return: whether there is memory for it.
 */
bool edu_charge_text(struct sock *sk, const struct sk_buff *skb, bool anyhow)
{
	if (!sk_wmem_schedule(sk, skb->truesize) && !anyhow)
		return false;
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	return true;
}

/**
 * edu_text_affordable() - how much of a text the send buffer can pay for now
 * @sk: the socket, locked
 * @octets: how much it is
 *
 * Return: octets, perhaps fewer, 0 if none; to be charged by the caller.
 */
int edu_text_affordable(struct sock *sk, int octets)
{
	if (sk_wmem_schedule(sk, octets))
		return octets;
	return clamp(edu_memory_granted - sk->sk_wmem_queued, 0, octets);
}

/**
 * edu_rmem_affordable() - whether the receive buffer can pay for a segment's text
 * @sk: the socket, locked
 * @skb: the segment
 * @next: it is the next in order: a reader who has read everything takes that, whatever happens
 */
bool edu_rmem_affordable(struct sock *sk, struct sk_buff *skb, bool next)
{
	if (skb_queue_empty(&sk->sk_receive_queue))
		return sk_rmem_schedule(sk, skb, skb->truesize) || next;
	return atomic_read(&sk->sk_rmem_alloc) <= READ_ONCE(sk->sk_rcvbuf) &&
	       sk_rmem_schedule(sk, skb, skb->truesize);
}

/* ---- The receive buffer, in octets of text ---- */

/* Half of the buffer's memory is taken for what the stack needs around the text. */
static int memory_for(u32 text)
{
	return min_t(u32, text, INT_MAX / 2) * 2;
}

u32 edu_rcv_buff(const struct sock *sk)
{
	return READ_ONCE(sk->sk_rcvbuf) / 2;
}

/* Octets of text that it can still take; under pressure the peer is told of a few segments only. */
u32 edu_rcv_free(const struct sock *sk)
{
	int free = READ_ONCE(sk->sk_rcvbuf) - atomic_read(&sk->sk_rmem_alloc) -
		   READ_ONCE(sk->sk_backlog.len);
	u32 text = max(free, 0) / 2;

	if (sk_under_memory_pressure(sk))
		text = min(text, 4u * edu_sk(sk)->tcb.adv_mss);
	return text;
}

static bool may_grow(const struct sock *sk)
{
	return READ_ONCE(edu_sk(sk)->en->moderate_rcvbuf) &&
	       !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && !sk_under_memory_pressure(sk);
}

/**
 * edu_stretch_receive_buffer() - may the buffer take more than it is allowed?
 * @sk: the socket, locked
 *
 * Small segments need more around their text than the half that is reckoned for
 * it, but the window has been announced. As tcp_clamp_window() does: a buffer
 * whose size the program did not choose grows with what is in it, up to rmem[2].
 *
 * Return: whether it has grown.
 */
bool edu_stretch_receive_buffer(struct sock *sk)
{
	int most = READ_ONCE(edu_sk(sk)->en->rmem[2]);
	int used = min(atomic_read(&sk->sk_rmem_alloc), most);

	if (!may_grow(sk) || used <= READ_ONCE(sk->sk_rcvbuf))
		return false;
	WRITE_ONCE(sk->sk_rcvbuf, used);
	return true;
}

/* The shift that lets the largest buffer that this socket may get be announced. */
u8 edu_offered_wscale(const struct sock *sk)
{
	const struct edu_net *en = edu_sk(sk)->en;
	int most = READ_ONCE(sk->sk_rcvbuf);

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		most = max(most, READ_ONCE(en->rmem[2]));
	return edu_wscale_for(most / 2);
}

/**
 * edu_grow_receive_buffer() - the user has read: should there be more room?
 * @sk: the socket, locked
 * @now: the clock
 */
void edu_grow_receive_buffer(struct sock *sk, u64 now)
{
	struct edu_sock *es = edu_sk(sk);
	int most = READ_ONCE(edu_sk(sk)->en->rmem[2]);
	u32 want = edu_rcv_space(&es->tcb, es->copied_seq, now);

	if (want && may_grow(sk))
		WRITE_ONCE(sk->sk_rcvbuf, max(sk->sk_rcvbuf, min(memory_for(want), most)));
}

/**
 * edu_set_rcvlowat() - SO_RCVLOWAT (proto_ops.set_rcvlowat)
 * @sk: the socket, locked
 * @val: octets
 *
 * The buffer grows with it; beyond the largest buffer that is possible nobody would ever be woken.
 *
 * Return: 0.
 */
int edu_set_rcvlowat(struct sock *sk, int val)
{
	bool fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = fixed ? sk->sk_rcvbuf : READ_ONCE(edu_sk(sk)->en->rmem[2]);

	val = min(val, most / 2);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (!fixed)
		WRITE_ONCE(sk->sk_rcvbuf, max(sk->sk_rcvbuf, memory_for(val)));
	/* What is there already may be enough now. */
	if (!skb_queue_empty(&sk->sk_receive_queue))
		sk->sk_data_ready(sk);
	return 0;
}

/* ---- The send buffer ---- */

/**
 * edu_grow_send_buffer() - let the user queue what can be in flight, and as much again
 * @sk: the socket, locked; connected
 *
 * Twice the congestion window: the next round is ready when this one is
 * acknowledged.
 */
void edu_grow_send_buffer(struct sock *sk)
{
	const struct edu_tcb *t = &edu_sk(sk)->tcb;
	int most = READ_ONCE(edu_sk(sk)->en->wmem[2]);
	u64 want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || sk_under_memory_pressure(sk))
		return;
	/* as memory: a buffer and its header for each segment */
	want = 2ull * div_u64(t->cwnd, max(t->mss, 1u)) * (t->mss + SKB_TRUESIZE(MAX_HEADER));
	want = min_t(u64, want, most);
	if (want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, (int)want);
}
