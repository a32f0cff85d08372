// SPDX-License-Identifier: GPL-2.0
/*
 * How large a receive buffer should be: what the user reads in a round-trip time, twice, because
 * a peer in slow start sends twice as much in the next one (dynamic right-sizing, as in Linux).
 */
#include "tcb.h"

/* The initial window of most peers (RFC 6928), in segments: less tells nothing ... */
#define FIRST_ROUND	10

/**
 * edu_rcv_rtt_measure() - text has arrived in order: how long does a window of it take?
 * @t: the connection, RCV.NXT already advanced
 * @now: the clock
 *
 * One RTT at least, and not much more from a peer who fills the window: the smallest counts.
 */
void edu_rcv_rtt_measure(struct edu_tcb *t, u64 now)
{
	u32 rtt;

	if (t->rcv_rtt_at) {
		if (seq_lt(t->rcv_nxt, t->rcv_rtt_seq))
			return;
		rtt = max_t(u64, now - t->rcv_rtt_at, 1);
		t->rcv_rtt = t->rcv_rtt ? min(t->rcv_rtt, rtt) : rtt;
	}
	t->rcv_rtt_seq = t->rcv_nxt + t->rcv_wnd;
	t->rcv_rtt_at = now;
}

/* As the handshake saw it, or as text did. */
static u32 round_trip(const struct edu_tcb *t)
{
	if (!t->rcv_rtt || !t->srtt)
		return t->rcv_rtt + t->srtt;
	return min(t->rcv_rtt, t->srtt);
}

/**
 * edu_rcv_space() - the user has read: how much should the receive buffer take?
 * @t: the connection
 * @copied: the next octet that he will read
 * @now: the clock
 *
 * Return: octets of text, or 0 if it is as it should be.
 */
u32 edu_rcv_space(struct edu_tcb *t, u32 copied, u64 now)
{
	u32 rtt = round_trip(t), read = copied - t->rcv_space_seq;
	u64 want;

	if (!t->rcv_space_at) {
		t->rcv_space = FIRST_ROUND * max_t(u32, t->adv_mss, EDU_MSS_MIN);
		/* ... but more than the window lets in will never come. */
		t->rcv_space = max(min(t->rcv_space, t->rcv_wnd / 2), 1u);
	} else {
		if (!rtt || now - t->rcv_space_at < rtt)
			return 0;
		/* What waits unread needs no larger buffer. */
		read -= min(read, t->rcv_nxt - copied);
	}
	t->rcv_space_seq = copied;
	if (!t->rcv_space_at || read <= t->rcv_space) {
		t->rcv_space_at = now;
		return 0;
	}
	t->rcv_space_at = now;

	want = 2ull * read + 16 * t->adv_mss;
	/* The faster it grew, the more room ahead. */
	want += 2 * div_u64(want * (read - t->rcv_space), t->rcv_space);
	t->rcv_space = read;
	return min_t(u64, want, EDU_WND_MAX);
}
