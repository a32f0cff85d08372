// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES: RFC 9293 section 3.10.7, in the RFC's order.
 *
 *   3.10.7.1  CLOSED        edu_arrives_closed()
 *   3.10.7.2  LISTEN        edu_arrives_listen()
 *   3.10.7.3  SYN-SENT      arrives_syn_sent()
 *   3.10.7.4  other states  first_check_sequence() ... eighth_check_fin()
 *
 * Steps one to four, and the plausibility of the ACK in step five, work on the
 * common part: half-open requests and TIME-WAIT have no more than that.
 * RFC 5961's answers to blind attacks are built in.
 */
#include "tcb.h"

/* How a step ends. */
enum step {
	NEXT,			/* go on with the next step */
	DROP,			/* the segment ends here */
	DROP_AND_ACK,		/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and it ends here */
};

static enum step drop(struct edu_todo *todo, enum edu_drop reason)
{
	todo->drop = reason;
	return DROP;
}

static enum step drop_and_ack(struct edu_todo *todo, enum edu_drop reason)
{
	todo->drop = reason;
	return DROP_AND_ACK;
}

/* The reset that its receiver will believe: 3.10.7.1, also 3.5.2. */
static void reply_reset(const struct edu_segment *seg, struct edu_todo *todo)
{
	if (seg->flags & EDU_RST)
		return;
	if (seg->flags & EDU_ACK) {
		todo->reply = EDU_RST;			/* <SEQ=SEG.ACK><CTL=RST> */
		todo->reply_seq = seg->ack;
	} else {
		/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
		todo->reply = EDU_RST | EDU_ACK;
		todo->reply_ack = seg->seq + edu_seg_len(seg);
	}
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, from one that has no whole TCB */
static void reply_ack(const struct edu_conn *c, u64 now, struct edu_todo *todo)
{
	todo->reply = EDU_ACK;
	todo->reply_seq = c->snd_nxt;
	todo->reply_ack = c->rcv_nxt;
	todo->reply_wnd = edu_window_field(c, false);
	todo->reply_ts = c->ts_ok;
	todo->reply_tsval = edu_tsval(c, now);
	todo->reply_tsecr = c->ts_recent;
}

/**
 * edu_arrives_closed() - 3.10.7.1: a segment for which there is no connection
 * @seg: the segment
 * @todo: the answer
 */
void edu_arrives_closed(const struct edu_segment *seg, struct edu_todo *todo)
{
	reply_reset(seg, todo);
	drop(todo, seg->flags & EDU_RST ? EDU_DROP_CLOSED_RST : EDU_DROP_NO_SOCKET);
}

/**
 * edu_arrives_listen() - 3.10.7.2: a segment for a listener
 * @seg: the segment
 * @todo: the answer; EDU_EV_SYN if a half-open request is to be made of it
 */
void edu_arrives_listen(const struct edu_segment *seg, struct edu_todo *todo)
{
	/* First, check for a RST */
	if (seg->flags & EDU_RST) {
		drop(todo, EDU_DROP_CLOSED_RST);
		return;
	}
	/* Second, check for an ACK */
	if (seg->flags & EDU_ACK) {
		reply_reset(seg, todo);
		drop(todo, EDU_DROP_LISTEN_ACK);
		return;
	}
	/* Third, check for a SYN; there are no compartments to check (as in Linux) */
	if (seg->flags & EDU_SYN) {
		todo->events |= EDU_EV_SYN;
		return;
	}
	/* Fourth, other data or control */
	drop(todo, EDU_DROP_LISTEN_OTHER);
}

/* An option holds if both SYNs have it (RFC 7323 2.2 and 3.2, RFC 2018 2). */
static void negotiate(struct edu_conn *c, const struct edu_segment *seg,
		      const struct edu_params *params, u8 rcv_wscale, u64 now)
{
	if (params->window_scaling && seg->opt.has_wscale) {
		c->wscale_ok = 1;
		c->snd_wscale = seg->opt.wscale;
		c->rcv_wscale = rcv_wscale;
	}
	if (params->timestamps && seg->opt.has_ts)
		edu_ts_negotiated(c, seg, now);
	c->sack_ok = params->sack && seg->opt.sack_permitted;
}

/**
 * edu_request_init() - the rest of LISTEN's third step: a half-open request
 * @r: filled in
 * @seg: the SYN
 * @params: which options we want
 * @iss: the initial send sequence number (RFC 6528: the caller keys it)
 * @ts_offset: where our timestamps begin, keyed likewise
 * @rcv_buff: octets of text that the new connection can take
 * @rcv_wscale: the shift to announce if the peer scales too
 * @now: the clock
 *
 * Text on the SYN is not acknowledged here: the peer sends it again.
 */
void edu_request_init(struct edu_request *r, const struct edu_segment *seg,
		      const struct edu_params *params, u32 iss, u32 ts_offset, u32 rcv_buff,
		      u8 rcv_wscale, u64 now)
{
	memset(r, 0, sizeof(*r));
	r->conn.state = EDU_SYN_RECEIVED;
	r->conn.snd_una = iss;
	r->conn.snd_nxt = iss + 1;
	r->conn.rcv_nxt = seg->seq + 1;
	r->conn.rcv_wnd = min_t(u32, rcv_buff, 65535);
	r->conn.ts_offset = ts_offset;
	negotiate(&r->conn, seg, params, rcv_wscale, now);
	r->conn.ecn_ok = params->ecn && edu_ecn_offered(seg);
	r->mss = seg->opt.mss;
	r->wnd = seg->wnd;
	r->synack_at = now;
}

/* Steps six to eight: also for what a SYN,ACK carries beside its SYN (3.10.7.3). */
static void text_and_fin(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
			 bool room, u64 now, struct edu_todo *todo);

/* Take over what the peer's SYN says. */
static void synchronize(struct edu_tcb *t, const struct edu_segment *seg, u64 now)
{
	t->irs = seg->seq;
	t->rcv_nxt = seg->seq + 1;
	t->rcv_acked = t->rcv_nxt;
	t->peer_mss = seg->opt.mss;
	negotiate(&t->conn, seg, t->params, t->wscale_offer, now);
	if (seg->flags & EDU_ACK)
		t->ecn_ok = t->params->ecn == 1 && !t->syn_retransmitted && edu_ecn_accepted(seg);
	else
		/* Simultaneous open: only if our own SYN offered it, too. */
		t->ecn_ok = t->params->ecn == 1 && !t->syn_retransmitted && edu_ecn_offered(seg);
	/* The window of a SYN is never scaled (RFC 7323 2.2). */
	t->snd_wnd = seg->wnd;
	t->max_snd_wnd = seg->wnd;
	edu_set_mss(t, t->path_mss);
	t->snd_wl1 = seg->seq;
	t->snd_wl2 = seg->ack;
}

/* 3.10.7.3 */
static void arrives_syn_sent(struct edu_tcb *t, const struct edu_segment *seg,
			     struct edu_node *node, bool room, u64 now, struct edu_todo *todo)
{
	struct edu_segment rest = *seg;

	/* First, check the ACK bit */
	if (seg->flags & EDU_ACK) {
		if (seq_leq(seg->ack, t->iss) || seq_gt(seg->ack, t->snd_nxt)) {
			reply_reset(seg, todo);
			drop(todo, EDU_DROP_SYN_SENT_BAD_ACK);
			return;
		}
		/* As Linux: who echoes a timestamp that no SYN of ours had is not our peer. */
		if (t->params->timestamps && seg->opt.has_ts && seg->opt.tsecr &&
		    (seq_lt(seg->opt.tsecr, edu_tsval(&t->conn, t->syn_at)) ||
		     seq_gt(seg->opt.tsecr, edu_tsval(&t->conn, now)))) {
			reply_reset(seg, todo);
			edu_count(todo, EDU_MIB_PAWSActive);
			drop(todo, EDU_DROP_SYN_SENT_PAWS);
			return;
		}
	}
	/* Second, check the RST bit */
	if (seg->flags & EDU_RST) {
		if (!(seg->flags & EDU_ACK)) {
			drop(todo, EDU_DROP_SYN_SENT_RST_NO_ACK);
			return;
		}
		/* The RFC says "connection reset"; every socket API, ECONNREFUSED. */
		edu_count(todo, EDU_MIB_InRsts);
		drop(todo, EDU_DROP_RST);
		edu_closed(t, ECONNREFUSED, todo);
		return;
	}
	/* Third, check the security: there are no compartments */
	/* Fourth, check the SYN bit */
	if (!(seg->flags & EDU_SYN)) {
		/* Fifth, neither SYN nor RST */
		drop(todo, EDU_DROP_SYN_SENT_OTHER);
		return;
	}
	synchronize(t, seg, now);
	t->last_rcv_at = now;
	if (!(seg->flags & EDU_ACK)) {
		/* Simultaneous open: what else it carries will come again. */
		edu_enter(&t->conn, EDU_SYN_RECEIVED, todo);
		if (edu_flight(t))
			edu_sent_move(t, &t->ctl, EDU_LOST);	/* again, as SYN,ACK */
		t->retries = 0;
		return;
	}
	edu_acked(t, seg, false, now, todo);
	edu_enter(&t->conn, EDU_ESTABLISHED, todo);
	todo->events |= EDU_EV_CONNECTED;
	edu_keepalive_update(t, now);
	/* As Linux: who defers, or answers rather than asks, lets text carry the ACK. */
	if (t->defer_accept || t->pingpong)
		t->deadline[EDU_TIMER_DELACK] = now + EDU_DELACK_MAX;
	else
		t->ack_now = 1;
	rest.seq++;			/* behind the SYN, from which the urgent pointer counts */
	if (rest.urg)
		rest.urg--;
	text_and_fin(t, &rest, node, room, now, todo);
}

/*
 * First, check sequence number: Table 6.
 *
 * Two allowances. With a closed window, what begins at RCV.NXT passes, so that
 * its ACK, URG or RST is heard; its text is cut off in the seventh step. And a
 * segment without text may stand at the right edge: a peer whose last window
 * of text was lost acknowledges ours from there (appendix A.2).
 */
static enum step first_check_sequence(const struct edu_conn *c, const struct edu_segment *seg,
				      u64 now, struct edu_todo *todo)
{
	u32 len = edu_seg_len(seg);
	u32 edge = c->rcv_nxt + c->rcv_wnd;
	bool rst = seg->flags & EDU_RST;
	bool acceptable;

	/* RFC 7323 5.3, R1: an old duplicate whose numbers have come round again */
	if (edu_ts_older(c, seg, now)) {
		edu_count(todo, EDU_MIB_PAWSEstab);
		return drop_and_ack(todo, EDU_DROP_PAWS);
	}
	if (seg->seq == c->rcv_nxt)
		return NEXT;
	if (seq_lt(seg->seq, c->rcv_nxt))
		acceptable = c->rcv_wnd && len && seq_gt(seg->seq + len, c->rcv_nxt);
	else
		acceptable = seq_lt(seg->seq, edge) || (!len && !rst && seg->seq == edge);
	if (acceptable)
		return NEXT;

	if (rst)
		return drop(todo, EDU_DROP_RST_OUT_OF_WINDOW);
	if (seq_leq(seg->seq + len, c->rcv_nxt))
		return drop_and_ack(todo, EDU_DROP_OLD_SEQUENCE);
	return drop_and_ack(todo, EDU_DROP_OUT_OF_WINDOW);
}

/* Second, check the RST bit: only RCV.NXT itself is believed (RFC 5961 3.2). */
static enum step second_check_rst(const struct edu_conn *c, const struct edu_segment *seg,
				  struct edu_todo *todo)
{
	if (!(seg->flags & EDU_RST))
		return NEXT;
	if (seg->seq == c->rcv_nxt) {
		edu_count(todo, EDU_MIB_InRsts);
		return drop(todo, EDU_DROP_RST);
	}
	edu_count(todo, EDU_MIB_TCPChallengeACK);
	return drop_and_ack(todo, EDU_DROP_RST_CHALLENGED);
}

/* Third, check security: there are no compartments, as in Linux. */

/* Fourth, check the SYN bit, in a synchronized state: RFC 5961 4.2. */
static enum step fourth_check_syn(const struct edu_segment *seg, struct edu_todo *todo)
{
	if (!(seg->flags & EDU_SYN))
		return NEXT;
	edu_count(todo, EDU_MIB_TCPChallengeACK);
	return drop_and_ack(todo, EDU_DROP_SYN_CHALLENGED);
}

/* Fifth, check the ACK field: what holds for every synchronized state. */
static enum step fifth_check_ack_range(const struct edu_conn *c, const struct edu_segment *seg,
				       u32 max_snd_wnd, struct edu_todo *todo)
{
	if (!(seg->flags & EDU_ACK))
		return drop(todo, EDU_DROP_NO_ACK);
	if (seq_gt(seg->ack, c->snd_nxt))
		return drop_and_ack(todo, EDU_DROP_FUTURE_ACK);
	if (seq_lt(seg->ack, c->snd_una - max_snd_wnd)) {	/* RFC 5961 5.2 */
		edu_count(todo, EDU_MIB_TCPChallengeACK);
		return drop_and_ack(todo, EDU_DROP_OLD_ACK);
	}
	return NEXT;
}

/* Fifth, in SYN-RECEIVED: SND.UNA < SEG.ACK =< SND.NXT, or a reset. */
static enum step fifth_check_ack_syn_received(const struct edu_conn *c,
					      const struct edu_segment *seg,
					      struct edu_todo *todo)
{
	if (!(seg->flags & EDU_ACK))
		return drop(todo, EDU_DROP_NO_ACK);
	if (seq_leq(seg->ack, c->snd_una) || seq_gt(seg->ack, c->snd_nxt)) {
		reply_reset(seg, todo);
		return drop(todo, EDU_DROP_BAD_ACK);
	}
	return NEXT;
}

/* SND.WND <- SEG.WND, SND.WL1 <- SEG.SEQ, SND.WL2 <- SEG.ACK */
static void take_window(struct edu_tcb *t, const struct edu_segment *seg)
{
	u32 wnd = (u32)seg->wnd << t->snd_wscale;

	if (!t->snd_wnd && wnd) {
		/* The window is open again: what waits may go, as if nothing had been. */
		t->backoff = 0;
		t->deadline[EDU_TIMER_PERSIST] = EDU_NEVER;
	}
	t->snd_wnd = wnd;
	if (wnd > t->max_snd_wnd) {
		t->max_snd_wnd = wnd;
		edu_set_mss(t, t->path_mss);	/* half of it may bound the MSS */
	}
	t->snd_wl1 = seg->seq;
	t->snd_wl2 = seg->ack;
}

/* RFC 5681 section 2: conditions (a) to (e) */
static bool is_duplicate_ack(const struct edu_tcb *t, const struct edu_segment *seg)
{
	return edu_flight(t) && !seg->len && !(seg->flags & (EDU_SYN | EDU_FIN)) &&
	       seg->ack == t->snd_una && (u32)seg->wnd << t->snd_wscale == t->snd_wnd;
}

/* Fifth, check the ACK field: the state's own part. */
static enum step fifth_check_ack(struct edu_tcb *t, const struct edu_segment *seg, u64 now,
				 struct edu_todo *todo)
{
	enum step step;
	bool news, duplicate;

	if (t->state == EDU_SYN_RECEIVED) {
		step = fifth_check_ack_syn_received(&t->conn, seg, todo);
		if (step != NEXT)
			return step;
		edu_ts_recent(&t->conn, t->rcv_acked, seg, now);
		take_window(t, seg);
		edu_acked(t, seg, false, now, todo);
		edu_enter(&t->conn, EDU_ESTABLISHED, todo);
		todo->events |= EDU_EV_CONNECTED;
		edu_keepalive_update(t, now);
		return NEXT;
	}

	step = fifth_check_ack_range(&t->conn, seg, t->max_snd_wnd, todo);
	if (step != NEXT)
		return step;

	/* Only now: from off the path TS.Recent could be set to what PAWS drops the peer for. */
	edu_ts_recent(&t->conn, t->rcv_acked, seg, now);
	/* ESTABLISHED STATE, and "the same processing" in all others */
	t->probes = 0;
	news = seq_gt(seg->ack, t->snd_una);
	duplicate = is_duplicate_ack(t, seg);
	if (news && !seg->len)
		edu_count(todo, EDU_MIB_TCPPureAcks);
	if (news || duplicate || (t->sack_ok && seg->opt.nsack) ||
	    (t->ecn_ok && (seg->flags & EDU_ECE)))
		edu_acked(t, seg, duplicate, now, todo);
	/*
	 * What acknowledges something new was sent last, also if its text is a
	 * repetition. The RFC's condition alone would leave the old SND.WND behind
	 * a new SND.UNA then, and the right edge where the peer never put it.
	 */
	if (news || (seg->ack == t->snd_una &&
		     (seq_lt(t->snd_wl1, seg->seq) ||
		      (t->snd_wl1 == seg->seq && seq_leq(t->snd_wl2, seg->ack)))))
		take_window(t, seg);

	/* FIN-WAIT-1: entering FIN-WAIT-2 is for edu_arrives() to do, after step eight */
	if (t->state == EDU_CLOSING && edu_fin_acked(t)) {
		edu_enter(&t->conn, EDU_TIME_WAIT, todo);
		edu_timers_stop(t);
		edu_count(todo, EDU_MIB_TW);
	} else if (t->state == EDU_LAST_ACK && edu_fin_acked(t)) {
		edu_closed(t, 0, todo);
		return DROP;
	}
	return NEXT;
}

/* Sixth, check the URG bit: urgent.c */

/*
 * Seventh, process the segment text; a FIN is trimmed and kept in order with
 * it. Returns true if the peer's FIN is next in order.
 */
static bool seventh_text(struct edu_tcb *t, const struct edu_segment *seg,
			 struct edu_node *node, bool room, u64 now, struct edu_todo *todo)
{
	u32 edge = t->rcv_nxt + t->rcv_wnd;
	u32 end = seg->seq + seg->len;
	bool fin = seg->flags & EDU_FIN;
	bool was_empty;

	if (!seg->len && !fin)
		return false;

	if (!(EDU_IN(t->state) & EDU_MAY_RECEIVE)) {
		/* "This should not occur since a FIN has been received": ignore it. */
		drop(todo, EDU_DROP_TEXT_AFTER_FIN);
		return false;
	}
	/* Only the part inside the window counts; a FIN right at the edge costs no room. */
	if (seq_gt(end, edge)) {
		end = edge;
		fin = false;
		t->ack_now = 1;		/* the peer should know where the edge is */
	}
	/* What is here already is reported as such (RFC 2883). */
	if (seq_lt(seg->seq, t->rcv_nxt))
		edu_sack_duplicate(t, seg->seq, seq_min(end, t->rcv_nxt),
				   EDU_MIB_TCPDSACKOldSent, todo);
	/* The first step let it pass, so something is inside, but for a closed window. */
	if (end == t->rcv_nxt && !fin) {
		edu_count(todo, EDU_MIB_TCPZeroWindowDrop);
		drop(todo, EDU_DROP_OUT_OF_WINDOW);
		return false;
	}
	if (seg->len && !room) {
		edu_count(todo, EDU_MIB_TCPRcvQDrop);
		drop(todo, EDU_DROP_RCV_MEMORY);
		t->ack_now = 1;
		return false;
	}

	node->seq = seg->seq;
	node->end_seq = end;
	node->flags = fin ? EDU_FIN : 0;

	if (seq_gt(seg->seq, t->rcv_nxt)) {
		/* SHLD-31: held for later processing */
		edu_ack_text(t, seg->len, false, now);
		if (edu_out_of_order_insert(t, node, todo)) {
			todo->text = EDU_TEXT_HELD;
			edu_count(todo, EDU_MIB_TCPOFOQueue);
		} else {
			edu_sack_duplicate(t, seg->seq, end, EDU_MIB_TCPDSACKOfoSent, todo);
			drop(todo, EDU_DROP_DUPLICATE_TEXT);
		}
		/* The first block, or the one behind the D-SACK, is the one it is in. */
		if (t->sack_ok)
			edu_sack_held(t, node->seq, edu_node_end(node));
		return false;
	}

	was_empty = edu_out_of_order_empty(t);
	if (seq_gt(end, t->rcv_nxt)) {
		/* Of several pieces that came twice the first is reported (RFC 2883 4.2). */
		if (!was_empty && seg->seq == t->rcv_nxt)
			edu_out_of_order_overlap(t, end, todo);
		edu_advance(t, end);
		todo->text = EDU_TEXT_DELIVER;
		todo->events |= EDU_EV_READABLE;
		if (!was_empty && edu_out_of_order_drain(t, todo))
			fin = true;
		/* Our user is about to close, too: as in Linux our own FIN may carry the ACK. */
		if (fin)
			t->pingpong = 1;
		edu_ack_text(t, seg->len, was_empty, now);
	}
	return fin;
}

/* Eighth, check the FIN bit; RCV.NXT stands at it. */
static void eighth_check_fin(struct edu_tcb *t, u64 now, struct edu_todo *todo)
{
	t->rcv_nxt++;
	if (t->rcv_wnd)
		t->rcv_wnd--;
	if (t->state == EDU_ESTABLISHED)
		edu_ack_later(t, now);
	else
		t->ack_now = 1;
	todo->events |= EDU_EV_FIN;
	edu_out_of_order_purge(t, &todo->unwanted);	/* nothing can follow a FIN */

	switch (t->state) {
	case EDU_ESTABLISHED:
		edu_enter(&t->conn, EDU_CLOSE_WAIT, todo);
		break;
	case EDU_FIN_WAIT_1:
		/* "If our FIN has been ACKed (perhaps in this segment)" */
		if (!edu_fin_acked(t)) {
			edu_enter(&t->conn, EDU_CLOSING, todo);
			break;
		}
		fallthrough;
	case EDU_FIN_WAIT_2:
		edu_enter(&t->conn, EDU_TIME_WAIT, todo);
		edu_timers_stop(t);
		edu_count(todo, EDU_MIB_TW);
		break;
	default:
		break;
	}
}

static void text_and_fin(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
			 bool room, u64 now, struct edu_todo *todo)
{
	edu_sixth_check_urg(t, seg, todo);
	if (seventh_text(t, seg, node, room, now, todo))
		eighth_check_fin(t, now, todo);
}

/*
 * Text for a user who has closed and will never read it: the peer is told so
 * by a reset (3.6, SHLD-3), as soon as something new arrives.
 */
static bool nobody_reads(const struct edu_tcb *t, const struct edu_segment *seg)
{
	return !t->accepts_text && seg->len && seq_gt(seg->seq + seg->len, t->rcv_nxt) &&
	       (EDU_IN(t->state) & (EDU_IN(EDU_FIN_WAIT_1) | EDU_IN(EDU_FIN_WAIT_2)));
}

/*
 * The common segment: established, in order, in window, nothing odd, with text
 * or an ACK of ours or both. It does what the long way does for it, in fewer
 * steps.
 */
static bool short_cut(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
		      bool room, u64 now, struct edu_todo *todo)
{
	bool news;

	if (t->state != EDU_ESTABLISHED || seg->seq != t->rcv_nxt ||
	    (seg->flags & ~EDU_PSH) != EDU_ACK || t->recovery != EDU_OPEN ||
	    (u32)seg->wnd << t->snd_wscale != t->snd_wnd || !t->snd_wnd ||
	    seq_gt(t->snd_wl1, seg->seq) || !edu_out_of_order_empty(t) ||
	    seg->opt.nsack || seg->ce || edu_ts_older(&t->conn, seg, now))
		return false;

	if (seq_lt(seg->ack, t->snd_una) || seq_gt(seg->ack, t->snd_nxt))
		return false;
	news = seg->ack != t->snd_una;
	if (seg->len ? seg->len > t->rcv_wnd || !room : !news)
		return false;

	edu_ts_recent(&t->conn, t->rcv_acked, seg, now);
	if (news)
		edu_acked(t, seg, false, now, todo);
	if (!seg->len) {
		edu_count(todo, EDU_MIB_TCPPureAcks);
	} else {
		node->seq = seg->seq;
		node->end_seq = seg->seq + seg->len;
		node->flags = 0;
		edu_advance(t, seg->seq + seg->len);
		todo->text = EDU_TEXT_DELIVER;
		todo->events |= EDU_EV_READABLE;
		edu_ack_text(t, seg->len, true, now);
	}
	t->snd_wl1 = seg->seq;
	t->snd_wl2 = seg->ack;
	t->last_rcv_at = now;
	t->keepalive_sent = 0;
	edu_count(todo, EDU_MIB_TCPHPHits);
	return true;
}

/*
 * RFC 5961 section 7: two ends that disagree about their sequence numbers would
 * answer each other's ACKs for ever. What carries text or FIN comes from a timer
 * or a user: it is answered always.
 */
static bool answered_lately(struct edu_tcb *t, const struct edu_segment *seg, u64 now)
{
	if (seg->len || (seg->flags & EDU_FIN))
		return false;
	if (t->invalid_acked_at && now - t->invalid_acked_at < t->params->invalid_ratelimit)
		return true;
	t->invalid_acked_at = now;
	return false;
}

/* 3.10.7.4 */
static void arrives_other(struct edu_tcb *t, const struct edu_segment *seg,
			  struct edu_node *node, bool room, u64 now, struct edu_todo *todo)
{
	struct edu_segment trimmed;
	enum step step;

	/*
	 * Simultaneous open: the peer's SYN,ACK repeats the SYN that brought us
	 * into SYN-RECEIVED (a CLOSE may have led on to FIN-WAIT-1). Its SYN lies
	 * before the window and is cut off, as 3.10.7.4 suggests; what is left
	 * carries the ACK (appendix A.2).
	 */
	if (!t->syn_acked && (seg->flags & (EDU_SYN | EDU_ACK | EDU_RST)) ==
	    (EDU_SYN | EDU_ACK) && seg->seq == t->irs) {
		trimmed = *seg;
		trimmed.seq++;
		trimmed.flags &= ~EDU_SYN;
		trimmed.wnd >>= t->snd_wscale;	/* a SYN's is not scaled (RFC 7323 2.2) */
		seg = &trimmed;
	}

	step = first_check_sequence(&t->conn, seg, now, todo);
	if (todo->drop == EDU_DROP_OLD_SEQUENCE && seg->len)
		edu_sack_duplicate(t, seg->seq, seg->seq + seg->len,
				   EDU_MIB_TCPDSACKOldSent, todo);
	if (step == NEXT)
		step = second_check_rst(&t->conn, seg, todo);
	if (step == DROP && todo->drop == EDU_DROP_RST) {
		edu_closed(t, edu_reset_error(t), todo);
		return;
	}
	if (step == NEXT)
		step = fourth_check_syn(seg, todo);
	if (step != DROP) {
		/* Anything from the window's neighbourhood shows that the peer lives. */
		t->last_rcv_at = now;
		t->keepalive_sent = 0;
	}
	if (step == NEXT)
		step = fifth_check_ack(t, seg, now, todo);
	if (step == NEXT && nobody_reads(t, seg)) {
		reply_reset(seg, todo);
		drop(todo, EDU_DROP_TEXT_AFTER_CLOSE);
		edu_count(todo, EDU_MIB_TCPAbortOnData);
		edu_closed(t, ECONNRESET, todo);
		return;
	}
	if (step == NEXT) {
		if (seg->len)
			edu_ecn_text(t, seg);
		text_and_fin(t, seg, node, room, now, todo);
		if (t->state == EDU_FIN_WAIT_1 && edu_fin_acked(t)) {
			edu_enter(&t->conn, EDU_FIN_WAIT_2, todo);
			if (t->orphan)
				edu_fin_wait_2_begins(t, now, todo);
		}
	}
	if (step != DROP_AND_ACK)
		return;
	if (answered_lately(t, seg, now))
		todo->counted &= ~(1ull << EDU_MIB_TCPChallengeACK);
	else
		t->ack_now = 1;
}

/**
 * edu_arrives_long() - edu_arrives() without its short cut
 * @t: the connection
 * @seg: the segment
 * @node: see edu_arrives()
 * @room: see edu_arrives()
 * @now: the clock
 * @todo: see edu_arrives()
 *
 * On its own only for tests: they show that the short cut answers as this does.
 */
void edu_arrives_long(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
		      bool room, u64 now, struct edu_todo *todo)
{
	switch (t->state) {
	case EDU_CLOSED:
		edu_arrives_closed(seg, todo);
		break;
	case EDU_SYN_SENT:
		arrives_syn_sent(t, seg, node, room, now, todo);
		break;
	default:
		arrives_other(t, seg, node, room, now, todo);
	}
}

/**
 * edu_arrives() - a segment arrives for a full connection
 * @t: the connection, in any state but LISTEN and TIME-WAIT
 * @seg: the segment
 * @node: the caller's buffer for its text; the core may keep it, see @todo->text
 * @room: whether there is receive memory for the text
 * @now: the clock
 * @todo: what is to be done; what is to be sent, edu_output() says
 */
void edu_arrives(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
		 bool room, u64 now, struct edu_todo *todo)
{
	if (!short_cut(t, seg, node, room, now, todo))
		edu_arrives_long(t, seg, node, room, now, todo);
}

/**
 * edu_arrives_request() - a segment arrives for a half-open request
 * @r: the request, in SYN-RECEIVED, from a passive OPEN
 * @seg: the segment
 * @now: the clock
 * @todo: EDU_EV_ACCEPT: make it a connection and let that have the segment;
 *	EDU_EV_CLOSED: back to LISTEN, drop the request; EDU_EV_SYNACK: send it again;
 *	EDU_EV_DEFERRED: set @r->acked
 */
void edu_arrives_request(struct edu_request *r, const struct edu_segment *seg, u64 now,
			 struct edu_todo *todo)
{
	struct edu_conn *c = &r->conn;
	enum step step;

	/*
	 * The peer's SYN again: it has not seen our SYN,ACK. RFC 9293 would
	 * answer with an ACK that a peer in SYN-SENT cannot use; Linux and the
	 * BSDs repeat the SYN,ACK.
	 */
	if ((seg->flags & (EDU_SYN | EDU_ACK | EDU_RST)) == EDU_SYN &&
	    seg->seq == c->rcv_nxt - 1) {
		todo->events |= EDU_EV_SYNACK;
		drop(todo, EDU_DROP_SYN_DUPLICATE);
		return;
	}

	step = first_check_sequence(c, seg, now, todo);
	if (step == NEXT)
		step = second_check_rst(c, seg, todo);
	if (step == NEXT && (seg->flags & EDU_SYN))
		step = drop(todo, EDU_DROP_SYN_CHALLENGED);	/* fourth: back to LISTEN */
	if (step == DROP && (todo->drop == EDU_DROP_RST ||
			     todo->drop == EDU_DROP_SYN_CHALLENGED)) {
		edu_count(todo, EDU_MIB_AttemptFails);
		edu_enter(c, EDU_CLOSED, todo);
		todo->events |= EDU_EV_CLOSED;
		return;
	}
	if (step == NEXT)
		step = fifth_check_ack_syn_received(c, seg, todo);
	if (step == NEXT && r->retries < r->defer && !seg->len && !(seg->flags & EDU_FIN)) {
		todo->events |= EDU_EV_DEFERRED;
		step = drop(todo, EDU_DROP_ACK_DEFERRED);
	}
	if (step == NEXT) {
		edu_ts_recent(c, c->rcv_nxt, seg, now);
		todo->events |= EDU_EV_ACCEPT;
	}
	if (step == DROP_AND_ACK)
		reply_ack(c, now, todo);
}

/**
 * edu_arrives_time_wait() - a segment arrives for TIME-WAIT
 * @c: all that is left of the connection
 * @seg: the segment
 * @now: the clock
 * @todo: EDU_EV_2MSL: start the wait again; EDU_EV_SYN: give way to a new connection
 */
void edu_arrives_time_wait(struct edu_conn *c, const struct edu_segment *seg, u64 now,
			   struct edu_todo *todo)
{
	enum step step;

	/*
	 * A SYN beyond everything the old connection used may open a new one
	 * (MAY-2, 3.6.1): beyond in sequence numbers, or in time (RFC 6191). The
	 * old duplicates it worries about lie below it.
	 */
	if ((seg->flags & (EDU_SYN | EDU_ACK | EDU_RST)) == EDU_SYN &&
	    !edu_ts_older(c, seg, now) &&
	    (seq_gt(seg->seq, c->rcv_nxt) ||
	     (c->ts_ok && seg->opt.has_ts && seq_gt(seg->opt.tsval, c->ts_recent)))) {
		todo->events |= EDU_EV_SYN;
		return;
	}
	/* RFC 1337: a RST must not end the wait (TIME-WAIT assassination). */
	if (seg->flags & EDU_RST) {
		drop(todo, EDU_DROP_TIME_WAIT_RST);
		return;
	}

	step = first_check_sequence(c, seg, now, todo);
	if (step == NEXT)
		step = fourth_check_syn(seg, todo);
	if (step == NEXT)
		step = fifth_check_ack_range(c, seg, EDU_WND_MAX, todo);
	/* A retransmission of the peer's FIN: it did not get our ACK. */
	if (step == DROP_AND_ACK && (seg->flags & EDU_FIN) &&
	    seg->seq + seg->len + 1 == c->rcv_nxt)
		todo->events |= EDU_EV_2MSL;
	if (step == DROP_AND_ACK)
		reply_ack(c, now, todo);
	else
		drop(todo, EDU_DROP_TIME_WAIT);
}
