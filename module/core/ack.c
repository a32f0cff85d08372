// SPDX-License-Identifier: GPL-2.0
/* When to acknowledge: RFC 9293 3.8.6.3, RFC 5681 4.2. */
#include "tcb.h"

/* The smallest segment that can count as full-sized (RFC 9293 MUST-16's 536). */
#define RCV_MSS_MIN	536u

/**
 * edu_ack_text() - text has arrived: acknowledge it now or a little later
 * @t: the connection, RCV.NXT already advanced
 * @len: octets in the segment
 * @in_order: false if it left or met a gap: then the sender needs to know at once
 * @now: the clock
 */
void edu_ack_text(struct edu_tcb *t, u32 len, bool in_order, u64 now)
{
	if (len > t->rcv_mss)
		t->rcv_mss = clamp_t(u32, len, RCV_MSS_MIN, max_t(u32, t->adv_mss, RCV_MSS_MIN));

	/* After a pause the peer is in slow start again and lives on our ACKs. */
	if (now - t->last_text_at > t->rto)
		t->quickacks = EDU_QUICKACKS;
	t->last_text_at = now;
	edu_rcv_rtt_measure(t, now);

	if (!in_order || !edu_out_of_order_empty(t)) {
		t->ack_now = 1;			/* RFC 5681 4.2: SHLD */
		return;
	}
	if (t->quickacks && !t->pingpong) {
		t->quickacks--;
		t->ack_now = 1;
		return;
	}
	if (t->rcv_nxt - t->rcv_acked >= 2 * t->rcv_mss)
		t->ack_due = 1;			/* SHLD-19: every second full segment */
	edu_ack_later(t, now);
}

/**
 * edu_ack_later() - an ACK may wait for something that carries it, but not for long
 * @t: the connection
 * @now: the clock
 *
 * A FIN may arrive before any text. Then the ACK waits for a tick of the clock only, as Linux's
 * does, because no text has shown yet that the user answers.
 */
void edu_ack_later(struct edu_tcb *t, u64 now)
{
	u64 wait = t->last_text_at ? EDU_DELACK : 0;

	if (t->deadline[EDU_TIMER_DELACK] == EDU_NEVER)
		t->deadline[EDU_TIMER_DELACK] = now + wait;
}

/**
 * edu_ack_is_owed() - whether there is to be an ACK now, if nothing else carries it
 * @t: the connection
 * @rcv_free: octets of text that the receive buffer can still take
 *
 * Every second full segment (SHLD-19) where the user keeps up. Who lags behind sends one when he
 * has read, or when its time is over: until then it would say that the window has become smaller,
 * and the peer has no use for that. So does Linux.
 */
bool edu_ack_is_owed(const struct edu_tcb *t, u32 rcv_free)
{
	u32 offered = t->rcv_wnd + (t->rcv_nxt - t->rcv_acked);

	return t->ack_now || (t->ack_due && rcv_free + t->rcv_mss > offered);
}

/**
 * edu_ack_sent() - a segment with ACK goes out: nothing is owed any more
 * @t: the connection
 * @blocks: it has our SACK blocks, if there are any
 *
 * A segment whose text left them no room does not settle what an ACK out of
 * order owes: one without text follows.
 */
void edu_ack_sent(struct edu_tcb *t, bool blocks)
{
	if (blocks)
		t->has_dsack = 0;
	t->ack_now = t->ack_now && !blocks && (t->nsack || t->has_dsack);
	t->ack_due = 0;
	t->rcv_acked = t->rcv_nxt;
	t->deadline[EDU_TIMER_DELACK] = EDU_NEVER;
}
