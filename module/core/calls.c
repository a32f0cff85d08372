// SPDX-License-Identifier: GPL-2.0
/* User calls: RFC 9293 3.10.1 to 3.10.6. */
#include "tcb.h"

/* What a connection begins with, where that is not zero. */
static void begin(struct edu_tcb *t)
{
	t->state = EDU_CLOSED;
	t->rto = EDU_RTO_INIT;
	t->default_mss = EDU_MSS_DEFAULT;
	t->mss = EDU_MSS_DEFAULT;
	t->rcv_mss = EDU_MSS_DEFAULT;
	t->quickacks = EDU_QUICKACKS;
	t->accepts_text = 1;
	t->out_of_order = RB_ROOT;
	t->reo_wnd_mult = 1;
	edu_sent_init(t);
	edu_timers_stop(t);
}

/**
 * edu_tcb_init() - a TCB in CLOSED, as OPEN finds it
 * @t: the connection
 * @params: the administrator's values; outlives the connection
 */
void edu_tcb_init(struct edu_tcb *t, const struct edu_params *params)
{
	memset(t, 0, sizeof(*t));
	t->params = params;
	t->cong = &edu_cong_reno;
	begin(t);
}

/**
 * edu_tcb_reset() - CLOSED again, ready for another OPEN
 * @t: the connection, CLOSED, its queues empty
 *
 * What the user had set stays.
 */
void edu_tcb_reset(struct edu_tcb *t)
{
	memset(t, 0, offsetof(struct edu_tcb, params));
	begin(t);
}

/* All of the send sequence space stands at ISS; the SYN is its first number. */
static void set_iss(struct edu_tcb *t, u32 iss)
{
	t->iss = iss;
	t->snd_una = iss;
	t->snd_nxt = iss;
	t->write_seq = iss + 1;
	t->snd_up = iss;
	t->snd_sml = iss;
	t->recover = iss;
	t->reduced = iss;
	t->undone = iss;
}

/**
 * edu_set_receive_window() - the window that the SYN will announce
 * @t: the connection, before its SYN is sent
 * @rcv_buff: octets of text that it can take
 * @wscale: the shift to propose (edu_wscale_for())
 */
void edu_set_receive_window(struct edu_tcb *t, u32 rcv_buff, u8 wscale)
{
	t->rcv_wnd = min_t(u32, rcv_buff, 65535);
	t->wscale_offer = wscale;
}

/**
 * edu_set_mss() - Eff.snd.MSS, when the peer's MSS or the path's MTU is known
 * @t: the connection
 * @path_mss: text that fits the path MTU, headers taken off (3.7.1, MUST-16)
 */
void edu_set_mss(struct edu_tcb *t, u32 path_mss)
{
	u32 peer = t->peer_mss ?: t->default_mss;	/* MUST-15 */
	const struct edu_options each = { .has_ts = t->ts_ok };

	t->path_mss = path_mss;
	/* Half the largest window at most: a whole window in one segment stalls. */
	if (t->max_snd_wnd > 512)
		peer = min(peer, t->max_snd_wnd / 2);
	/* What each segment carries in options is not in either number (MUST-16). */
	peer = min(peer, path_mss);
	peer -= min(peer, edu_options_len(&each));
	/* An absurd announcement must not make us send crumbs. */
	t->mss = max_t(u32, peer, EDU_MSS_MIN);
	/* One segment may always go (RFC 5681 (4)), also when it has become larger. */
	t->cwnd = max(t->cwnd, t->mss);
	t->ssthresh = max(t->ssthresh, 2 * t->mss);
}

/**
 * edu_open_active() - OPEN, active (3.10.1): CLOSED to SYN-SENT
 * @t: the connection, with MSS and receive window set
 * @iss: initial send sequence number (RFC 6528)
 * @ts_offset: where our timestamps begin (RFC 7323 5.4: the caller keys it likewise)
 * @todo: notes the state; edu_output() offers the SYN
 */
void edu_open_active(struct edu_tcb *t, u32 iss, u32 ts_offset, struct edu_todo *todo)
{
	set_iss(t, iss);
	t->ts_offset = ts_offset;
	edu_count(todo, EDU_MIB_ActiveOpens);
	edu_enter(&t->conn, EDU_SYN_SENT, todo);
}

/**
 * edu_open_passive() - OPEN, passive (3.10.1): CLOSED to LISTEN
 * @t: the connection
 * @todo: notes the state
 */
void edu_open_passive(struct edu_tcb *t, struct edu_todo *todo)
{
	edu_enter(&t->conn, EDU_LISTEN, todo);
}

/* The SYN,ACK of a request is in flight. */
static void synack_sent(struct edu_tcb *t, const struct edu_request *r, u64 now)
{
	t->ctl.seq = t->iss;
	t->ctl.end_seq = t->iss;
	t->ctl.flags = EDU_SYN;
	t->ctl.xmit_at = now - ((u32)now - r->synack_at);
	t->ctl.retransmitted = r->retries > 0;
	t->syn_retransmitted = r->retries > 0;
	edu_sent_add(t, &t->ctl);
}

/**
 * edu_open_from_request() - a half-open request gets its whole TCB
 * @t: initialised, with what the listener's user had set
 * @r: the request, in SYN-RECEIVED, or in ESTABLISHED by a cookie; its ACK is about to
 *	be processed by edu_arrives()
 * @path_mss: see edu_set_mss()
 * @now: the clock
 */
void edu_open_from_request(struct edu_tcb *t, const struct edu_request *r, u32 path_mss, u64 now)
{
	set_iss(t, r->cookie ? r->conn.snd_una - 1 : r->conn.snd_una);
	t->conn = r->conn;
	if (!r->cookie)
		synack_sent(t, r, now);
	t->irs = r->conn.rcv_nxt - 1;
	t->rcv_acked = r->conn.rcv_nxt;
	t->peer_mss = r->mss;
	t->snd_wnd = r->wnd;
	t->max_snd_wnd = r->wnd;
	t->snd_wl1 = t->irs;
	t->snd_wl2 = t->iss;
	edu_set_mss(t, path_mss);
	if (!r->cookie)
		return;
	/* That our SYN,ACK arrived is what a cookie says; nobody knows how long it took. */
	t->syn_acked = 1;
	t->cong->init(t);
	t->last_rcv_at = now;
	edu_keepalive_update(t, now);
}

/**
 * edu_sent_by_user() - SEND (3.10.2): text was added to the user's queue
 * @t: the connection
 * @len: octets
 */
void edu_sent_by_user(struct edu_tcb *t, u32 len)
{
	t->write_seq += len;
}

/* The connection is over: CLOSED, timers off, queues handed back, the user told. */
void edu_closed(struct edu_tcb *t, int err, struct edu_todo *todo)
{
	switch (t->state) {
	case EDU_SYN_SENT:
	case EDU_SYN_RECEIVED:
		edu_count(todo, EDU_MIB_AttemptFails);
		break;
	case EDU_ESTABLISHED:
	case EDU_CLOSE_WAIT:
		edu_count(todo, EDU_MIB_EstabResets);
		break;
	}
	edu_enter(&t->conn, EDU_CLOSED, todo);
	edu_timers_stop(t);
	edu_release_all(t, todo);
	todo->err = err;
	todo->events |= EDU_EV_CLOSED;
}

/**
 * edu_reset_error() - what a user is told when the peer resets
 * @t: the connection, not yet closed
 */
int edu_reset_error(const struct edu_tcb *t)
{
	switch (t->state) {
	case EDU_SYN_RECEIVED:	/* from an active OPEN: "connection refused" */
		return ECONNREFUSED;
	case EDU_CLOSE_WAIT:	/* the peer had closed: only writing could fail */
		return EPIPE;
	case EDU_CLOSING:	/* the user had closed: there is nothing to fail */
	case EDU_LAST_ACK:
		return 0;
	default:
		return ECONNRESET;
	}
}

/**
 * edu_shutdown_send() - the first half of CLOSE (3.10.4): no more SENDs
 * @t: the connection
 * @todo: notes the state; the FIN follows the last octet out of edu_output()
 */
void edu_shutdown_send(struct edu_tcb *t, struct edu_todo *todo)
{
	switch (t->state) {
	case EDU_SYN_RECEIVED:
	case EDU_ESTABLISHED:
		t->fin_queued = 1;
		edu_enter(&t->conn, EDU_FIN_WAIT_1, todo);
		break;
	case EDU_CLOSE_WAIT:
		t->fin_queued = 1;
		edu_enter(&t->conn, EDU_LAST_ACK, todo);
		break;
	default:
		break;	/* nothing to close, or "connection closing" already */
	}
}

/**
 * edu_close() - CLOSE (3.10.4), and the user goes away
 * @t: the connection
 * @unread: text was received that the user never read
 * @now: the clock
 * @todo: what comes of it
 */
void edu_close(struct edu_tcb *t, bool unread, u64 now, struct edu_todo *todo)
{
	t->orphan = 1;
	t->accepts_text = 0;

	switch (t->state) {
	case EDU_CLOSED:
		return;
	case EDU_LISTEN:
	case EDU_SYN_SENT:
		edu_closed(t, 0, todo);
		return;
	}
	if (unread) {
		/* The peer must learn that its text was lost (3.6, SHLD-3; RFC 2525 2.17). */
		edu_count(todo, EDU_MIB_TCPAbortOnClose);
		edu_abort(t, 0, todo);
		return;
	}
	edu_shutdown_send(t, todo);
	if (t->state == EDU_FIN_WAIT_2)
		edu_fin_wait_2_begins(t, now, todo);
}

/**
 * edu_abort() - ABORT (3.10.5)
 * @t: the connection
 * @err: what the user gets, if there still is one
 * @todo: has the reset in its reply
 *
 * <SEQ=SND.NXT><CTL=RST>; with an ACK, as Linux sends it, so that a peer in
 * SYN-SENT believes it too.
 */
void edu_abort(struct edu_tcb *t, int err, struct edu_todo *todo)
{
	switch (t->state) {
	case EDU_CLOSED:
		return;
	case EDU_SYN_RECEIVED:
	case EDU_ESTABLISHED:
	case EDU_FIN_WAIT_1:
	case EDU_FIN_WAIT_2:
	case EDU_CLOSE_WAIT:
		todo->reply = EDU_RST | EDU_ACK;
		todo->reply_seq = t->snd_nxt;
		todo->reply_ack = t->rcv_nxt;
		break;
	default:
		break;
	}
	edu_closed(t, err, todo);
}

/**
 * edu_keepalive_update() - SO_KEEPALIVE or its times changed, or ESTABLISHED was entered
 * @t: the connection
 * @now: the clock
 */
void edu_keepalive_update(struct edu_tcb *t, u64 now)
{
	u64 time = t->keepalive_time ?: t->params->keepalive_time;

	t->keepalive_sent = 0;
	if (t->keepalive && (EDU_IN(t->state) & (EDU_MAY_RECEIVE | EDU_MAY_SEND)))
		t->deadline[EDU_TIMER_KEEPALIVE] = max(now, t->last_rcv_at + time);
	else
		t->deadline[EDU_TIMER_KEEPALIVE] = EDU_NEVER;
}
