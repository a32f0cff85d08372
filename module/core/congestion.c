// SPDX-License-Identifier: GPL-2.0
/* Congestion control: the algorithms behind edu_cong_ops. Reno is RFC 5681's. */
#include "tcb.h"

#define SSTHRESH_INITIAL	0x7fffffffu	/* "arbitrarily high", RFC 5681 3.1 */
#define SLOW_START_MAX		8		/* segments for an ACK */

/**
 * edu_cong_initial_window() - ten segments to begin with (RFC 6928)
 * @t: the connection
 *
 * But not more than 14,600 octets of large ones.
 */
u32 edu_cong_initial_window(const struct edu_tcb *t)
{
	return min_t(u32, 10 * t->mss, max_t(u32, 2 * t->mss, 14600));
}

/**
 * edu_cong_init() - the window of a connection that has just opened
 * @t: the connection
 */
void edu_cong_init(struct edu_tcb *t)
{
	/* RFC 5681 3.1: a lost SYN means one segment */
	t->cwnd = t->syn_retransmitted ? t->mss : edu_cong_initial_window(t);
	t->ssthresh = SSTHRESH_INITIAL;
	t->cwnd_acked = 0;
}

/**
 * edu_slow_start() - RFC 5681 3.1 (2), with appropriate byte counting (RFC 3465)
 * @t: the connection, cwnd below ssthresh
 * @octets: acknowledged
 *
 * An ACK may stand for a whole buffer of segments, so each counts, up to the burst of eight that
 * RFC 9406 4.3 (L) has for who does not pace.
 */
void edu_slow_start(struct edu_tcb *t, u32 octets)
{
	t->cwnd += min(octets, SLOW_START_MAX * t->mss);
}

static void reno_acked(struct edu_tcb *t, u32 octets, u64 now)
{
	if (t->cwnd >= EDU_CWND_MAX)
		return;
	if (t->cwnd < t->ssthresh) {
		edu_slow_start(t, octets);
		return;
	}
	/* Congestion avoidance: one MSS for each window acknowledged */
	t->cwnd_acked += octets;
	if (t->cwnd_acked >= t->cwnd) {
		t->cwnd_acked -= t->cwnd;
		t->cwnd += t->mss;
	}
}

static u32 reno_ssthresh(struct edu_tcb *t)
{
	/* (4), without what limited transmit sent beyond cwnd (3.2 step 2) */
	return max_t(u32, min(edu_flight(t), t->cwnd) / 2, 2 * t->mss);
}

const struct edu_cong_ops edu_cong_reno = {
	.name		= "reno",
	.init		= edu_cong_init,
	.acked		= reno_acked,
	.ssthresh	= reno_ssthresh,
};

static const struct edu_cong_ops * const all[] = { &edu_cong_cubic, &edu_cong_reno };

/**
 * edu_cong_names() - what edu_cong_find() knows
 * @names: gets them, with spaces between them
 * @size: of @names
 */
void edu_cong_names(char *names, size_t size)
{
	unsigned int i, len = 0;

	for (i = 0; i < ARRAY_SIZE(all) && len < size; i++)
		len += snprintf(names + len, size - len, "%s%s", i ? " " : "", all[i]->name);
}

/**
 * edu_cong_find() - the algorithm of that name
 * @name: as TCP_CONGESTION takes it
 *
 * Return: its operations, or NULL if there is none.
 */
const struct edu_cong_ops *edu_cong_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(name, all[i]->name))
			return all[i];
	return NULL;
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
		t->cwnd = min(t->cwnd, edu_cong_initial_window(t));
}
