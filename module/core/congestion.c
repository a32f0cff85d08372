// SPDX-License-Identifier: GPL-2.0
/* Congestion control: the algorithms behind edu_cong_ops. Reno is RFC 5681's. */
#include "tcb.h"

#define SSTHRESH_INITIAL	0x7fffffffu	/* "arbitrarily high", RFC 5681 3.1 */
#define CWND_MAX		0x40000000u

/* RFC 6928: ten segments to begin with, but not more than 14,600 octets of large ones. */
static u32 initial_window(const struct edu_tcb *t)
{
	return min_t(u32, 10 * t->mss, max_t(u32, 2 * t->mss, 14600));
}

static void reno_init(struct edu_tcb *t)
{
	t->cwnd = initial_window(t);
	/* RFC 5681 3.1: a lost SYN means one segment */
	if (t->ctl_retransmitted)
		t->cwnd = t->mss;
	t->ssthresh = SSTHRESH_INITIAL;
	t->cwnd_acked = 0;
}

static void reno_acked(struct edu_tcb *t, u32 octets)
{
	u32 most;

	if (t->cwnd >= CWND_MAX)
		return;

	if (t->cwnd < t->ssthresh) {
		/*
		 * Slow start (2), with appropriate byte counting: RFC 3465, L = 2.
		 * After a timeout 1: an ACK may jump over what arrived long ago.
		 */
		most = t->recovery == EDU_LOSS ? t->mss : 2 * t->mss;
		t->cwnd += min(octets, most);
		return;
	}
	/* Congestion avoidance: one MSS for each window acknowledged */
	t->cwnd_acked += octets;
	if (t->cwnd_acked >= t->cwnd) {
		t->cwnd_acked -= t->cwnd;
		t->cwnd += t->mss;
	}
}

static u32 reno_ssthresh(const struct edu_tcb *t)
{
	return max_t(u32, edu_flight(t) / 2, 2 * t->mss);	/* (4) */
}

const struct edu_cong_ops edu_cong_reno = {
	.name		= "reno",
	.init		= reno_init,
	.acked		= reno_acked,
	.ssthresh	= reno_ssthresh,
};

/**
 * edu_cong_find() - the algorithm of that name
 * @name: as TCP_CONGESTION takes it
 *
 * Return: its operations, or NULL if there is none.
 */
const struct edu_cong_ops *edu_cong_find(const char *name)
{
	return strcmp(name, edu_cong_reno.name) ? NULL : &edu_cong_reno;
}

/**
 * edu_cong_restart() - do not burst into a path that has been idle
 * @t: a connection with nothing in flight that is about to send
 * @now: the clock
 *
 * RFC 5681 4.1: after more than one RTO without sending, cwnd starts again
 * from the restart window.
 */
void edu_cong_restart(struct edu_tcb *t, u64 now)
{
	if (t->last_xmit_at && now - t->last_xmit_at > t->rto)
		t->cwnd = min(t->cwnd, initial_window(t));
}
