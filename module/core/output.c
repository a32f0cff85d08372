// SPDX-License-Identifier: GPL-2.0
/*
 * What may be sent now: the one door of output. Everything that belongs to a
 * TCB leaves through it, in this order: what was lost, what is new, a probe,
 * and an ACK if none of these carried it.
 */
#include "tcb.h"

/* The override timeout of 3.8.6.2.1 (4): "0.1 - 1.0 seconds" */
#define SWS_OVERRIDE	EDU_RTO_MIN

static void control(struct edu_out *o, u8 flags, u32 seq)
{
	o->kind = EDU_OUT_CONTROL;
	o->flags = flags;
	o->seq = seq;
}

/*
 * What every segment carries but a SYN: timestamps, and SACK blocks if there
 * are any, which take their room from the text (MUST-16).
 *
 * Return: octets that the blocks take up.
 */
static u32 options(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o)
{
	u32 blocks;

	o->mss = t->mss;
	edu_ts_option(&t->conn, &o->opt, b->now);
	if (!t->nsack && !t->has_dsack)
		return 0;
	blocks = edu_options_len(&o->opt);
	edu_sack_option(t, &o->opt);
	blocks = edu_options_len(&o->opt) - blocks;
	if (t->mss >= 4 * EDU_HEADER_MAX)
		o->mss -= blocks;
	return blocks;
}

/* In a SYN,ACK each option only in answer to the peer's (RFC 7323 2.2, 3.2; RFC 2018 2). */
static bool out_syn(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o)
{
	bool ack = t->state != EDU_SYN_SENT;

	control(o, EDU_SYN | (ack ? EDU_ACK : 0), t->iss);
	o->node = &t->ctl;
	memset(&o->opt, 0, sizeof(o->opt));
	o->opt.mss = t->adv_mss;
	if (ack ? t->wscale_ok : t->params->window_scaling) {
		o->opt.has_wscale = 1;
		o->opt.wscale = t->wscale_offer;
	}
	o->opt.sack_permitted = ack ? t->sack_ok : t->params->sack;
	if (ack ? t->ts_ok : t->params->timestamps) {
		o->opt.has_ts = 1;
		o->opt.tsval = edu_tsval(&t->conn, b->now);
		o->opt.tsecr = ack ? t->ts_recent : 0;
	}
	return true;
}

/*
 * No user call says PUSH: each time the queue runs empty is one (3.9.1.2), unless
 * the user said that more will follow.
 */
static bool pushed(const struct edu_tcb *t, u32 end)
{
	return end == t->write_seq && (!t->cork || t->fin_queued || t->push_window);
}

/* A retransmission of a segment; cut, if the MSS is smaller than it was. */
static bool resend(struct edu_tcb *t, struct edu_node *node, struct edu_out *o)
{
	u32 len = node->end_seq - node->seq;

	if (len > t->mss) {
		if (!edu_sent_split(t, node, node->seq + t->mss))
			return false;
		len = t->mss;
	}
	o->kind = EDU_OUT_RETRANSMIT;
	o->node = node;
	o->flags = EDU_ACK | (node->flags & EDU_FIN);
	o->seq = node->seq;
	o->len = len;
	if (len && pushed(t, node->end_seq))
		o->flags |= EDU_PSH;
	return true;
}

/* What was lost goes first, as far as both windows let it. */
static bool out_retransmission(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o)
{
	struct edu_node *node = edu_sent_first(t, EDU_LOST);
	u32 len;

	if (!node)
		return false;
	if (node->flags & EDU_SYN)
		return out_syn(t, b, o);
	if (t->frto == EDU_FRTO_FORWARD)
		return false;		/* perhaps it need not go again */

	len = min(edu_node_end(node) - node->seq, t->mss);
	if (edu_pipe(t) + len > t->cwnd)
		return false;
	/* The oldest goes also into a closed window: it is its own probe (3.8.6.1). */
	if (node->seq != t->snd_una && seq_geq(node->seq, t->snd_una + t->snd_wnd))
		return false;
	return resend(t, node, o);
}

/* Nothing will come back to wake us: a timer has to. */
static void wait_for_window(struct edu_tcb *t, u64 now, u64 in)
{
	if (!edu_flight(t) && t->deadline[EDU_TIMER_PERSIST] == EDU_NEVER)
		t->deadline[EDU_TIMER_PERSIST] = now + in;
}

/* SND.SML may be an old number: what lies ahead of SND.NXT is long past. */
static bool small_in_flight(const struct edu_tcb *t)
{
	return seq_gt(t->snd_sml, t->snd_una) && seq_leq(t->snd_sml, t->snd_nxt);
}

/* Whether less than a full segment may go: 3.8.6.2.1 (2) to (4), 3.7.4. */
static bool small_may_go(const struct edu_tcb *t, u32 len, bool all)
{
	if (t->push_window || t->tail_probe || (all && (t->fin_queued || edu_is_urgent(t))))
		return true;
	if (all)
		/*
		 * Nagle, in Minshall's reading: hold it only while another small
		 * segment is unacknowledged. With the plain rule the last piece of
		 * each large write would wait for the peer's delayed ACK.
		 */
		return !t->cork && (t->nodelay || !small_in_flight(t));
	return !edu_flight(t) && len >= t->max_snd_wnd / 2;
}

/*
 * The windows are open by @room, and a piece of @whole octets could go at once. Many small pieces
 * cost more than a few large ones: it waits for the next ACK, if that is near, the last segment
 * was sent just now, and the part is less than a third of what may be in flight. As Linux does
 * (tcp_tso_should_defer()).
 */
static bool worth_waiting(const struct edu_tcb *t, u32 room, u32 whole, u64 now)
{
	const struct edu_node *oldest;

	if (room >= whole || room >= min(t->cwnd, t->snd_wnd) / 3 ||
	    t->recovery >= EDU_FAST_RECOVERY || now - t->last_xmit_at > EDU_MSEC ||
	    (t->fin_queued && whole == edu_unsent(t)))
		return false;
	oldest = edu_sent_first(t, EDU_SENT);
	return oldest && now - oldest->xmit_at >= t->srtt / 2;
}

static bool out_new(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o)
{
	u32 unsent = edu_unsent(t);
	s32 usable = t->snd_una + t->snd_wnd - t->snd_nxt;	/* U of 3.8.6.2.1 */
	u32 len = unsent, whole, pipe, room, most;
	bool fin = t->fin_queued && !edu_fin_sent(t);

	if (!(EDU_IN(t->state) & EDU_TRANSMITS) || !t->syn_acked)
		return false;
	if ((!unsent && !fin) || b->hold)
		return false;
	if (t->queue[EDU_LOST].nodes && t->frto != EDU_FRTO_FORWARD)
		return false;

	if (usable <= 0) {
		wait_for_window(t, b->now, edu_rto(t));
		return false;
	}
	if (!edu_flight(t))
		edu_cong_restart(t, b->now);

	/* Segment by segment in urgent mode: each has a pointer of its own. */
	most = edu_is_urgent(t) ? o->mss : max(o->mss, b->max_len / o->mss * o->mss);
	whole = min(len, most);
	len = min_t(u32, whole, usable);
	if (t->tail_probe) {
		len = min(len, o->mss);		/* one, whatever cwnd says (RFC 8985 7.3) */
	} else if (unsent) {
		pipe = edu_pipe(t);
		room = t->cwnd > pipe ? t->cwnd - pipe : 0;
		/* cwnd counts whole segments: a started one may be finished. */
		if (room < min(len, o->mss))
			return false;
		if (worth_waiting(t, min_t(u32, room, usable), whole, b->now))
			return false;
		len = min(len, max(room / o->mss * o->mss, min(len, o->mss)));
	}
	if (len > o->mss)
		len = len / o->mss * o->mss;
	if (unsent && len < o->mss && !small_may_go(t, len, len == unsent)) {
		wait_for_window(t, b->now, SWS_OVERRIDE);
		return false;
	}

	o->kind = len ? EDU_OUT_NEW : EDU_OUT_CONTROL;
	o->flags = EDU_ACK;
	o->seq = t->snd_nxt;
	o->len = len;
	if (len && pushed(t, t->snd_nxt + len))
		o->flags |= EDU_PSH;
	if (fin && len == unsent && (u32)usable > len)
		o->flags |= EDU_FIN;
	else if (!len)
		return false;
	return true;
}

/* RFC 5682, step 2 b: new text before what may not be lost at all, if some can go. */
static bool out_forward(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o)
{
	if (t->frto != EDU_FRTO_FORWARD)
		return false;
	if (out_new(t, b, o))
		return true;
	if (t->snd_nxt == t->recover)
		t->frto = EDU_FRTO_OFF;
	return false;
}

/* The tail loss probe, when there is nothing new: the last segment again. */
static bool out_tail_probe(struct edu_tcb *t, struct edu_out *o)
{
	struct edu_node *node;

	if (!t->tail_probe)
		return false;
	t->tail_probe = 0;
	node = edu_sent_last(t, EDU_SENT);
	if (!node || (node->flags & EDU_SYN) || edu_node_end(node) != t->snd_nxt)
		return false;
	if (node->end_seq - node->seq > t->mss) {
		if (!edu_sent_split(t, node, node->end_seq - t->mss))
			return false;
		node = edu_sent_last(t, EDU_SENT);
	}
	t->probe_in_flight = 1;
	t->probe_is_retransmission = 1;
	t->probe_end = t->snd_nxt;
	return resend(t, node, o);
}

/*
 * A probe carries no octet, but a sequence number that the peer has already
 * acknowledged: it must answer that with an ACK, which tells the window. So
 * does Linux; RFC 9293 3.8.6.1 would send an octet beyond the window.
 */
static bool out_probe(struct edu_tcb *t, struct edu_out *o)
{
	if (!t->probe_now)
		return false;
	control(o, EDU_ACK, t->snd_una - 1);
	o->probe = true;
	return true;
}

/**
 * edu_output_idle() - whether there is nothing that edu_output() could offer
 * @t: the connection
 * @rcv_free: octets of text that the receive buffer can still take
 *
 * The usual case, and soon known.
 */
bool edu_output_idle(const struct edu_tcb *t, u32 rcv_free)
{
	return t->syn_acked && t->snd_nxt == t->write_seq + t->fin_queued &&
	       !t->queue[EDU_LOST].nodes && t->frto != EDU_FRTO_FORWARD && !t->tail_probe &&
	       !t->probe_now && !t->urgent_now && !edu_ack_is_owed(t, rcv_free);
}

/**
 * edu_output() - what may be sent now
 * @t: the connection
 * @b: the clock and what the caller can take
 * @o: filled in
 * @todo: counts what this decides about the window
 *
 * Called again and again until it says no. After each yes the caller sends the
 * segment and commits it with edu_output_done(), also if sending failed: then
 * it counts as lost on the way. If the caller cannot even build it, it stops
 * asking, and a timer will ask again.
 *
 * Return: true if @o is to be sent.
 */
bool edu_output(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o,
		struct edu_todo *todo)
{
	u32 blocks, text;

	if (t->state == EDU_CLOSED || t->state == EDU_LISTEN || edu_output_idle(t, b->rcv_free))
		return false;
	memset(o, 0, sizeof(*o));
	blocks = options(t, b, o);
	if (t->snd_nxt == t->iss && !t->syn_acked) {
		out_syn(t, b, o);
	} else if (!out_forward(t, b, o) && !out_retransmission(t, b, o) && !out_new(t, b, o) &&
		   !out_tail_probe(t, o) && !out_probe(t, o)) {
		if ((!edu_ack_is_owed(t, b->rcv_free) && !t->urgent_now) ||
		    t->state == EDU_SYN_SENT)
			return false;
		control(o, EDU_ACK, t->snd_nxt);
	}
	/* A full segment that is sent again has no room for the blocks. */
	text = o->kind == EDU_OUT_NEW ? min(o->len, o->mss) : o->len;
	if (text + blocks > t->mss) {
		o->opt.nsack = 0;
		o->mss = t->mss;
	}

	if (o->flags & EDU_ACK) {
		if (!(o->flags & EDU_SYN)) {
			edu_window_update(t, b->rcv_free, b->rcv_buff, todo);
			edu_urgent_announce(t, o);
		}
		o->ack = t->rcv_nxt;
	}
	o->wnd = edu_window_field(&t->conn, o->flags & EDU_SYN);
	edu_ecn_flags(t, o);
	return true;
}

/* Sequence numbers that @o takes up. */
static u32 out_len(const struct edu_out *o)
{
	return o->len + !!(o->flags & EDU_SYN) + !!(o->flags & EDU_FIN);
}

static void commit_new(struct edu_tcb *t, const struct edu_out *o, struct edu_node *node, u64 now)
{
	/* What carries no text needs no buffer: the SYN, long acknowledged when a FIN comes. */
	if (!o->len)
		node = &t->ctl;
	node->seq = o->seq;
	node->end_seq = o->seq + o->len;
	node->xmit_at = now;
	node->skip = 0;
	node->flags = o->flags & (EDU_SYN | EDU_FIN);
	node->retransmitted = 0;
	edu_sent_add(t, node);

	if (o->len) {
		t->last_xmit_at = now;
		if (o->len < o->mss)
			t->snd_sml = node->end_seq;
		/* An answer to what has just come in: ACKs can ride on answers. */
		if (now - t->last_text_at < EDU_DELACK)
			t->pingpong = 1;
	}
	if (o->flags & EDU_SYN)
		t->syn_at = now;
	t->snd_nxt += out_len(o);
	if (t->tail_probe) {
		t->tail_probe = 0;
		t->probe_in_flight = 1;
		t->probe_is_retransmission = 0;
		t->probe_end = t->snd_nxt;
	}
	t->prr_out += out_len(o);
	t->push_window = 0;
	t->deadline[EDU_TIMER_PERSIST] = EDU_NEVER;
}

static void commit_retransmission(struct edu_tcb *t, const struct edu_out *o, u64 now,
				  struct edu_todo *todo)
{
	struct edu_node *node = o->node;

	node->xmit_at = now;
	edu_sent_move(t, node, EDU_SENT);
	if (o->flags & EDU_SYN) {
		/* Simultaneous open: the SYN,ACK is the SYN's answer, not its repetition. */
		if (!t->retries)
			return;
		t->syn_retransmitted = 1;
		edu_count(todo, EDU_MIB_TCPSynRetrans);
	} else if (t->recovery == EDU_LOSS) {
		edu_count(todo, EDU_MIB_TCPSlowStartRetrans);
	} else {
		edu_count(todo, EDU_MIB_TCPFastRetrans);
	}
	node->retransmitted = 1;
	t->prr_out += out_len(o);
	t->undo_retrans++;
	if (!t->retransmitted_at)
		t->retransmitted_at = now;
	edu_count(todo, EDU_MIB_RetransSegs);
	t->total_retrans++;
}

/**
 * edu_output_done() - a segment that edu_output() offered was sent
 * @t: the connection
 * @o: what was offered
 * @node: EDU_OUT_NEW: holds the text from now on, until it is acknowledged
 * @now: the clock
 * @todo: counts it
 */
void edu_output_done(struct edu_tcb *t, const struct edu_out *o, struct edu_node *node,
		     u64 now, struct edu_todo *todo)
{
	if (o->probe)
		t->probe_now = 0;
	else if (!out_len(o))
		edu_count(todo, EDU_MIB_TCPPureAckSent);
	else if (o->seq == t->snd_nxt)
		commit_new(t, o, node, now);
	else
		commit_retransmission(t, o, now, todo);

	/* RFC 6298 (5.1) */
	if (out_len(o) && t->deadline[EDU_TIMER_RTO] == EDU_NEVER)
		t->deadline[EDU_TIMER_RTO] = now + edu_rto(t);
	if (out_len(o))
		edu_probe_schedule(t, now);
	edu_ecn_sent(t, o);
	if (o->flags & EDU_ACK)
		edu_ack_sent(t, o->opt.nsack);
	/* Said, or there is nothing left to say. */
	if (!o->probe)
		t->urgent_now = 0;
}

/**
 * edu_output_failed() - what edu_output() offered could not even be built
 * @t: the connection
 * @now: the clock
 *
 * Nothing was committed. With something in flight an ACK or its absence will
 * ask again; otherwise, or if an ACK is owed, the delayed ACK's timer has to.
 */
void edu_output_failed(struct edu_tcb *t, u64 now)
{
	if (t->state == EDU_TIME_WAIT)
		return;			/* no timer any more: the peer's FIN will come again */
	if (!edu_flight(t) || t->ack_now)
		t->deadline[EDU_TIMER_DELACK] = now + EDU_DELACK;
}

/**
 * edu_request_synack() - the SYN,ACK of a half-open request
 * @r: the request
 * @adv_mss: the MSS to announce
 * @now: the clock
 * @o: filled in
 */
void edu_request_synack(const struct edu_request *r, u16 adv_mss, u64 now, struct edu_out *o)
{
	memset(o, 0, sizeof(*o));
	control(o, EDU_SYN | EDU_ACK, r->conn.snd_una);
	o->ack = r->conn.rcv_nxt;
	o->wnd = edu_window_field(&r->conn, true);
	o->opt.mss = adv_mss;
	if (r->conn.wscale_ok) {
		o->opt.has_wscale = 1;
		o->opt.wscale = r->conn.rcv_wscale;
	}
	o->opt.sack_permitted = r->conn.sack_ok;
	edu_ts_option(&r->conn, &o->opt, now);
	if (r->cookie && r->conn.ts_ok)
		o->opt.tsval = edu_cookie_tsval(&r->conn, now);
	if (r->conn.ecn_ok)
		o->flags |= EDU_ECE;
}
