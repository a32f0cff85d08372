// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: RFC 9438, Linux's default. After a reduction the window goes back to
 * where it was along a cubic of the time since, flat around the old maximum:
 *
 *	W_cubic(t) = C * (t - K)^3 + W_max		C = 0.4, t and K in seconds
 *
 * RFC 9438 counts in segments; here windows are octets, and times milliseconds.
 */
#include "tcb.h"

/* beta_cubic 0.7 and alpha_cubic 3 * (1 - beta) / (1 + beta) = 9 / 17, as fractions */
#define BETA(x)		((u64)(x) * 7 / 10)
#define ALPHA_NUM	9
#define ALPHA_DEN	17

/* Beyond this the cube would leave 64 bits; it is over a quarter of an hour. */
#define T_MAX		1000000u

/* The largest r with r^3 =< x. */
static u32 cube_root(u64 x)
{
	u64 r = 0;
	int bit;

	for (bit = 20; bit >= 0; bit--) {
		u64 try = r | 1ull << bit;

		if (try * try * try <= x)
			r = try;
	}
	return r;
}

/* 4.2 (2): K = cubic root of ((W_max - cwnd_epoch) / C), the windows in segments */
static u32 k_of(const struct edu_tcb *t, u32 w_max)
{
	u64 octets = w_max > t->cwnd ? w_max - t->cwnd : 0;

	/* milliseconds: 10^9 / 0.4 = 2.5 * 10^9; at most 2^30 octets, so it fits */
	return cube_root(div_u64(octets * 2500000000ull, t->mss));
}

/* C * (t - K)^3 in octets: mss * 0.4 * d^3 / 10^9 */
static u64 cube(const struct edu_tcb *t, u64 d)
{
	u64 d3 = d * d * d;

	return div_u64(div_u64(d3, 1000000) * 4 / 10 * t->mss, 1000);
}

/* 4.2 (1): W_cubic at @ms since the epoch began */
static u64 w_cubic(const struct edu_tcb *t, u64 ms)
{
	const struct edu_cubic *c = &t->cubic;
	u64 w_max = max(c->w_max, t->mss), less;

	ms = min_t(u64, ms, T_MAX);
	if (ms >= c->k)
		return w_max + cube(t, ms - c->k);
	less = cube(t, c->k - ms);
	return w_max > less ? w_max - less : 0;
}

static void cubic_init(struct edu_tcb *t)
{
	memset(&t->cubic, 0, sizeof(t->cubic));
	edu_cong_init(t);
}

/* 4.2: congestion avoidance begins, after a reduction or without one */
static void begin_epoch(struct edu_tcb *t, u64 now)
{
	struct edu_cubic *c = &t->cubic;

	c->epoch_at = now;
	c->acked_at = now;
	c->w_est = t->cwnd;
	c->est_acked = 0;
	if (c->w_max <= t->cwnd) {
		/* 4.8 and 4.2: no maximum to go back to: look for a new one from here */
		c->w_max = t->cwnd;
		c->k = 0;
	} else {
		c->k = k_of(t, c->w_max);
	}
}

/* 4.3 (4): what Reno would have; it grows by alpha until where it was reduced, then by one */
static void estimate_reno(struct edu_tcb *t, u32 octets)
{
	struct edu_cubic *c = &t->cubic;
	u32 step = t->mss;

	if (c->w_est < c->cwnd_prior)
		step = t->mss * ALPHA_NUM / ALPHA_DEN;
	c->est_acked += octets;
	if (c->est_acked < t->cwnd)
		return;
	c->est_acked -= t->cwnd;
	c->w_est += step;
}

/*
 * 4.2: the time in which the window was not in use does not count, or it would
 * jump afterwards. While it is in use ACKs come in each round trip.
 */
static void skip_idle(const struct edu_tcb *t, struct edu_cubic *c, u64 now)
{
	u64 pause = now - c->acked_at;

	if (t->srtt && pause > t->srtt + 4ull * t->rttvar)
		c->epoch_at += pause;
	c->acked_at = now;
}

static void cubic_acked(struct edu_tcb *t, u32 octets, u64 now)
{
	struct edu_cubic *c = &t->cubic;
	u64 target;
	u32 rest;

	if (t->cwnd >= EDU_CWND_MAX)
		return;
	if (t->cwnd < t->ssthresh) {
		edu_slow_start(t, octets);
		return;
	}
	if (!c->epoch_at)
		begin_epoch(t, now);
	skip_idle(t, c, now);
	estimate_reno(t, octets);

	/* Where it wants to be in a round trip's time, but not above 1.5 times (4.2) */
	target = w_cubic(t, div_u64(now - c->epoch_at + t->srtt, EDU_MSEC));
	target = clamp_t(u64, target, t->cwnd, t->cwnd + t->cwnd / 2);
	/* 4.4, 4.5: (target - cwnd) / cwnd for each segment; kept until it makes an octet */
	t->cwnd += div_u64_rem((target - t->cwnd) * min(octets, t->cwnd) + t->cwnd_acked,
			       t->cwnd, &rest);
	t->cwnd_acked = rest;
	/* 4.3: the Reno-friendly region */
	t->cwnd = max(t->cwnd, c->w_est);
}

/* 4.6, 4.7: multiplicative decrease; a flow that stopped short of its maximum makes room */
static u32 cubic_ssthresh(struct edu_tcb *t)
{
	struct edu_cubic *c = &t->cubic;
	u32 flight = min(edu_flight(t), t->cwnd);

	c->cwnd_prior = t->cwnd;
	c->w_max = t->cwnd < c->w_max ? (u64)t->cwnd * 17 / 20 : t->cwnd;
	c->epoch_at = 0;
	return max_t(u32, BETA(flight), 2 * t->mss);
}

/* 4.8: what the maximum was says nothing any more */
static void cubic_timeout(struct edu_tcb *t)
{
	t->cubic.w_max = 0;
}

const struct edu_cong_ops edu_cong_cubic = {
	.name		= "cubic",
	.init		= cubic_init,
	.acked		= cubic_acked,
	.ssthresh	= cubic_ssthresh,
	.timeout	= cubic_timeout,
};
