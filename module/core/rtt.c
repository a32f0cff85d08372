// SPDX-License-Identifier: GPL-2.0
/* Round-trip time and retransmission timeout: RFC 6298. */
#include "tcb.h"

/**
 * edu_rtt_sample() - take a round-trip time measurement into account
 * @t: the connection
 * @rtt: microseconds from a segment's only transmission to its acknowledgment
 *
 * The caller leaves out what was retransmitted (Karn's rule, RFC 6298 (3)).
 * Only a sample ends the back-off (section 5): were an ACK enough, a path that
 * became slower than the RTO would never be measured again.
 */
void edu_rtt_sample(struct edu_tcb *t, u64 rtt)
{
	u32 r = clamp_t(u64, rtt, 1, EDU_RTO_MAX);

	if (!t->srtt) {				/* (2.2) */
		t->srtt = r;
		t->rttvar = r / 2;
	} else {				/* (2.3): alpha 1/8, beta 1/4 */
		u32 delta = t->srtt > r ? t->srtt - r : r - t->srtt;

		t->rttvar = t->rttvar - t->rttvar / 4 + delta / 4;
		t->srtt = max_t(u32, t->srtt - t->srtt / 8 + r / 8, 1);
	}
	/* As Linux, the floor is under the variance: RTO stays above the RTT by it. */
	t->rto = clamp_t(u64, (u64)t->srtt + max_t(u64, 4ull * t->rttvar, EDU_RTO_MIN),
			 EDU_RTO_MIN, EDU_RTO_MAX);
	t->backoff = 0;
}

/**
 * edu_rtt_syn_lost() - the handshake's SYN was retransmitted before its ACK came
 * @t: the connection, about to send text
 */
void edu_rtt_syn_lost(struct edu_tcb *t)
{
	if (!t->srtt)
		t->rto = 3 * EDU_SEC;		/* (5.7) */
	t->backoff = 0;
}

/**
 * edu_rto() - the retransmission timeout now, backed off
 * @t: the connection
 *
 * Return: microseconds, at most EDU_RTO_MAX (5.5).
 */
u64 edu_rto(const struct edu_tcb *t)
{
	return min_t(u64, (u64)t->rto << min_t(u8, t->backoff, 16), EDU_RTO_MAX);
}
