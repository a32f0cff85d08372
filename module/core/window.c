// SPDX-License-Identifier: GPL-2.0
/* The receive window: RFC 9293 3.8.6.2.2 and RFC 7323 section 2. */
#include "tcb.h"

/**
 * edu_wscale_for() - the shift that lets a whole receive buffer be announced
 * @rcv_buff_max: the largest receive buffer that this connection may get
 */
u8 edu_wscale_for(u32 rcv_buff_max)
{
	/* what has more than the field's 16 bits (RFC 7323 2.2) */
	return clamp(fls(rcv_buff_max) - 16, 0, EDU_WSCALE_MAX);
}

/**
 * edu_window_field() - the window as it goes into a header
 * @c: the connection, request or TIME-WAIT
 * @syn: the segment has SYN: its window is never scaled (RFC 7323 2.2)
 */
u16 edu_window_field(const struct edu_conn *c, bool syn)
{
	u32 wnd = c->rcv_wnd;

	/* Rounded up: rounding down would move the right edge left (SHLD-14). */
	if (!syn && c->rcv_wscale)
		wnd = (wnd >> c->rcv_wscale) + !!(wnd & ((1u << c->rcv_wscale) - 1));
	return min_t(u32, wnd, 65535);
}

/* What could be announced now: what is free, as far as the field can say it. */
static u32 window_possible(const struct edu_tcb *t, u32 rcv_free)
{
	u32 wnd = min_t(u32, rcv_free, 65535u << t->rcv_wscale);

	return wnd >> t->rcv_wscale << t->rcv_wscale;
}

/* The SWS rule: the right edge moves by a segment or half the buffer, or not at all. */
static bool window_may_grow(const struct edu_tcb *t, u32 wnd, u32 rcv_buff)
{
	return wnd > t->rcv_wnd && wnd - t->rcv_wnd >= min(rcv_buff / 2, t->mss);
}

/**
 * edu_window_update() - set RCV.WND for a segment that is about to be sent
 * @t: the connection
 * @rcv_free: octets of text that the receive buffer can still take
 * @rcv_buff: RCV.BUFF, the same when it is empty
 * @todo: counts a window that closes or opens
 */
void edu_window_update(struct edu_tcb *t, u32 rcv_free, u32 rcv_buff, struct edu_todo *todo)
{
	u32 wnd = window_possible(t, rcv_free);
	u32 unit = 1u << t->rcv_wscale;

	if (window_may_grow(t, wnd, rcv_buff)) {
		if (!t->rcv_wnd && t->zero_announced)
			edu_count(todo, EDU_MIB_TCPFromZeroWindowAdv);
		t->rcv_wnd = wnd;
	}
	/* The field rounds up, and what it says is promised: RFC 7323 2.4. */
	t->rcv_wnd = (t->rcv_wnd + unit - 1) & ~(unit - 1);
	if (!t->rcv_wnd && !t->zero_announced)
		edu_count(todo, EDU_MIB_TCPToZeroWindowAdv);
	t->zero_announced = !t->rcv_wnd;
}

/**
 * edu_received_by_user() - RECEIVE took text out of the buffer (3.10.3)
 * @t: the connection
 * @rcv_free: octets that the receive buffer can take now
 * @rcv_buff: octets that it can take when empty
 *
 * A peer that fills the window learns of new room from the ACKs of its own
 * text. One that waits, or soon will, is told when the window at least doubles.
 *
 * Return: true if an ACK is owed now and edu_output() has something to say.
 */
bool edu_received_by_user(struct edu_tcb *t, u32 rcv_free, u32 rcv_buff)
{
	u32 wnd;

	if (!(EDU_IN(t->state) & EDU_MAY_RECEIVE))
		return false;

	wnd = window_possible(t, rcv_free);
	if (wnd / 2 >= t->rcv_wnd && window_may_grow(t, wnd, rcv_buff))
		t->ack_now = 1;
	/* The reader emptied the buffer: two segments need not wait for a third. */
	else if (t->rcv_nxt - t->rcv_acked > t->rcv_mss && rcv_free == rcv_buff)
		t->ack_now = 1;
	return t->ack_now;
}
