// SPDX-License-Identifier: GPL-2.0
/* What a shell does around the core, with the least of everything. */
#include <stdarg.h>

#include "end.h"

/* A buffer: to the core its node, to the user its octets. */
struct buffer {
	struct edu_node node;
	u8 octets[];
};

static struct buffer *buffer_of(struct edu_node *node)
{
	return container_of(node, struct buffer, node);
}

static struct buffer *buffer_new(u32 len)
{
	struct buffer *b = memory_new(sizeof(*b) + len);

	/* Whatever the core does not set it must not read: KASAN for its poor. */
	memset(b, 0xa5, sizeof(*b));
	return b;
}

void wrong(struct world *w, const struct end *e, const char *fmt, ...)
{
	va_list args;

	if (w->failed)
		return;
	w->failed = true;
	printf("# %s at %llu.%06llu: ", e ? e->name : "-",
	       (unsigned long long)w->now / EDU_SEC, (unsigned long long)w->now % EDU_SEC);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void trace_segment(const struct world *w, const struct end *from, const char *what,
		   const struct edu_segment *seg)
{
	const struct end *to = from->peer;

	if (!w->trace)
		return;
	printf("# %10llu.%06llu %s %-5s %c%c%c%c%c seq %u len %u ack %u wnd %u\n",
	       (unsigned long long)w->now / EDU_SEC, (unsigned long long)w->now % EDU_SEC,
	       from->name, what,
	       seg->flags & EDU_SYN ? 'S' : '.', seg->flags & EDU_FIN ? 'F' : '.',
	       seg->flags & EDU_RST ? 'R' : '.', seg->flags & EDU_PSH ? 'P' : '.',
	       seg->flags & EDU_ACK ? 'A' : '.',
	       seg->seq - from->iss, seg->len,
	       seg->flags & EDU_ACK ? seg->ack - to->iss : 0, seg->wnd);
}

/* Each direction has its own text, of which no two places look alike. */
u8 end_octet(const struct end *sender, u32 offset)
{
	u32 x = (offset + 1) * 2654435761u ^ sender->iss * 40503u;

	return x >> 24 ^ x >> 11;
}

void end_init(struct end *e, struct world *w, const char *name, struct end *peer)
{
	memset(e, 0, sizeof(*e));
	e->world = w;
	e->name = name;
	e->peer = peer;
	e->stage = STAGE_LISTEN;
	e->stage_at = EDU_NEVER;
	e->user_at = EDU_NEVER;
	e->cong = &edu_cong_reno;
	e->params = (struct edu_params) {
		.syn_retries = 30,
		.synack_retries = 30,
		.retries1 = 3,
		.retries2 = 30,
		.orphan_retries = 30,
		.keepalive_probes = 9,
		.window_scaling = true,
		.timestamps = true,
		.sack = true,
		.ecn = 2,
		.keepalive_time = 7200ull * EDU_SEC,
		.keepalive_intvl = 75ull * EDU_SEC,
		.fin_timeout = 60ull * EDU_SEC,
		.invalid_ratelimit = 500 * EDU_MSEC,
	};
}

static bool starved(struct end *e);

/* Cut a buffer in two; the core fills in the new one's node. */
static struct edu_node *split(struct edu_tcb *t, struct edu_node *node, u32 len)
{
	struct end *e = container_of(t, struct end, tcb);
	u32 rest = node->end_seq - node->seq - len;
	struct buffer *b;

	if (starved(e))
		return NULL;
	b = buffer_new(e->world->blank ? 0 : rest);
	if (!e->world->blank)
		memcpy(b->octets, buffer_of(node)->octets + node->skip + len, rest);
	return &b->node;
}

static void init_tcb(struct end *e)
{
	edu_tcb_init(&e->tcb, &e->params);
	e->tcb.split = split;
	e->tcb.cong = e->cong;
	e->tcb.nodelay = e->user.nodelay;
	e->tcb.keepalive = e->user.keepalive;
	e->tcb.adv_mss = e->adv_mss;
	e->tcb.path_mss = e->path_mss;
	e->stage = STAGE_FULL;
}

static u32 rcv_free(const struct end *e)
{
	u32 unread = e->received - e->read;

	return unread < e->user.rcvbuf ? e->user.rcvbuf - unread : 0;
}

static bool happens(struct end *e, unsigned int percent)
{
	return percent && rng_percent(&e->world->rng, percent);
}

/* 1 to @most octets, as the user likes. */
static u32 some(struct end *e, u32 most)
{
	return e->world->whole ? most : rng_range(&e->world->rng, 1, most);
}

static bool starved(struct end *e)
{
	return happens(e, e->world->starve);
}

/* Give a segment to the channel, with its options as octets. */
static void transmit(struct end *e, const struct edu_segment *seg, const u8 *text, bool ect)
{
	u32 len = e->world->blank ? 0 : seg->len;
	struct packet *p = memory_new(sizeof(*p) + len);

	memset(p, 0, sizeof(*p));
	p->to = e->peer;
	p->ect = ect;
	p->seg = *seg;
	memset(&p->seg.opt, 0, sizeof(p->seg.opt));
	if (edu_options_len(&seg->opt) > sizeof(p->options))
		wrong(e->world, e, "%u octets of options", edu_options_len(&seg->opt));
	else
		p->options_len = edu_options_build(&seg->opt, p->options);
	if (p->options_len != edu_options_len(&seg->opt) || p->options_len % 4)
		wrong(e->world, e, "options of %u octets, said to be %u", p->options_len,
		      edu_options_len(&seg->opt));
	if (!edu_flags_plausible(seg->flags))
		wrong(e->world, e, "sent impossible flags 0x%x", seg->flags);
	if (len)
		memcpy(p->text, text, len);
	trace_segment(e->world, e, "sends", seg);
	e->world->send(e->world, e, p);
}

/* Send without a TCB: what a todo's reply says. */
static void reply(struct end *e, const struct edu_todo *todo)
{
	struct edu_segment seg = {
		.flags = todo->reply,
		.seq = todo->reply_seq,
		.ack = todo->reply_ack,
		.wnd = todo->reply_wnd,
		.opt = {
			.has_ts = todo->reply_ts,
			.tsval = todo->reply_tsval,
			.tsecr = todo->reply_tsecr,
		},
	};

	if (todo->reply)
		transmit(e, &seg, NULL, false);
}

static void free_chain(struct list_head *chain)
{
	struct edu_node *node, *next;

	list_for_each_entry_safe(node, next, chain, link) {
		list_del(&node->link);
		memory_free(buffer_of(node));
	}
}

/* Text in order: it must be exactly what the peer's user wrote next. */
static void deliver(struct end *e, struct buffer *b)
{
	u32 first = e->tcb.irs + 1 + e->received;
	u32 skip = first - b->node.seq;
	u32 len = b->node.end_seq - b->node.seq;
	u32 i;

	if (seq_gt(b->node.seq, first) || skip >= len) {
		wrong(e->world, e, "delivered %u..%u, where %u is next",
		      b->node.seq - e->tcb.irs, b->node.end_seq - e->tcb.irs,
		      first - e->tcb.irs);
		return;
	}
	if (e->world->hostile) {
		e->received += len - skip;
		return;
	}
	for (i = skip; i < len; i++, e->received++) {
		if (b->octets[i] != end_octet(e->peer, e->received)) {
			wrong(e->world, e, "octet %u is 0x%02x, not 0x%02x", e->received,
			      b->octets[i], end_octet(e->peer, e->received));
			return;
		}
	}
}

/* RFC 9293 Figure 5 and its notes, once more and on purpose: not the core's table. */
static bool legal(u8 from, u8 to)
{
	static const struct { u8 from, to; } arrows[] = {
		{ EDU_CLOSED, EDU_SYN_SENT },		/* active OPEN */
		{ EDU_CLOSED, EDU_SYN_RECEIVED },	/* a request, out of LISTEN */
		{ EDU_SYN_SENT, EDU_SYN_RECEIVED },	/* rcv SYN, simultaneous */
		{ EDU_SYN_SENT, EDU_ESTABLISHED },	/* rcv SYN,ACK */
		{ EDU_SYN_RECEIVED, EDU_ESTABLISHED },	/* rcv ACK of SYN */
		{ EDU_SYN_RECEIVED, EDU_FIN_WAIT_1 },	/* CLOSE */
		{ EDU_ESTABLISHED, EDU_FIN_WAIT_1 },	/* CLOSE */
		{ EDU_ESTABLISHED, EDU_CLOSE_WAIT },	/* rcv FIN */
		{ EDU_FIN_WAIT_1, EDU_FIN_WAIT_2 },	/* rcv ACK of FIN */
		{ EDU_FIN_WAIT_1, EDU_CLOSING },	/* rcv FIN */
		{ EDU_FIN_WAIT_1, EDU_TIME_WAIT },	/* note 2 */
		{ EDU_FIN_WAIT_2, EDU_TIME_WAIT },	/* rcv FIN */
		{ EDU_CLOSE_WAIT, EDU_LAST_ACK },	/* CLOSE */
		{ EDU_CLOSING, EDU_TIME_WAIT },		/* rcv ACK of FIN */
		{ EDU_LAST_ACK, EDU_CLOSED },		/* rcv ACK of FIN */
		{ EDU_TIME_WAIT, EDU_CLOSED },		/* 2MSL */
	};
	unsigned int i;

	if (to == EDU_CLOSED)	/* note 3: a RST, an ABORT or a timeout may come any time */
		return from != EDU_CLOSED;
	for (i = 0; i < ARRAY_SIZE(arrows); i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return true;
	return false;
}

/* Do what the core asks for, apart from the segment's own text. */
static void finish(struct end *e, u8 state, struct edu_todo *todo)
{
	struct edu_node *node;
	unsigned int i;

	for (i = 0; i < todo->npath; i++) {
		if (!legal(state, todo->path[i]))
			wrong(e->world, e, "went from %s to %s", edu_state_name(state),
			      edu_state_name(todo->path[i]));
		state = todo->path[i];
		e->states_entered |= EDU_IN(state);
		if (e->world->trace)
			printf("# %10llu.%06llu %s is in %s\n",
			       (unsigned long long)e->world->now / EDU_SEC,
			       (unsigned long long)e->world->now % EDU_SEC,
			       e->name, edu_state_name(state));
	}
	if (e->stage == STAGE_FULL && e->tcb.state != state)
		wrong(e->world, e, "is in %s, but its path ends in %s",
		      edu_state_name(e->tcb.state), edu_state_name(state));

	list_for_each_entry(node, &todo->ready, link)
		deliver(e, buffer_of(node));
	free_chain(&todo->ready);
	free_chain(&todo->released);
	free_chain(&todo->unwanted);

	if (todo->events & EDU_EV_CONNECTED)
		e->connected = true;
	if (todo->events & EDU_EV_FIN)
		e->eof = true;
	if (todo->events & EDU_EV_CLOSED) {
		e->over = true;
		e->err = todo->err;
	}
	if (e->world->trace && (todo->drop || todo->err))
		printf("# %21s drop %u err %d\n", e->name, todo->drop, todo->err);
	reply(e, todo);
}

/* The peer is promised everything left of this edge, for ever (SHLD-14). */
static void promised(struct end *e, const struct edu_segment *seg)
{
	bool syn = seg->flags & EDU_SYN;
	u32 edge;

	if (!(seg->flags & EDU_ACK) || (seg->flags & EDU_RST))
		return;
	edge = seg->ack + ((u32)seg->wnd << (syn ? 0 : e->tcb.rcv_wscale));
	if (syn && e->has_edge)
		return;			/* a SYN again: without a scale it can only say less */
	if (e->has_edge && seq_lt(edge, e->edge))
		wrong(e->world, e, "moved its right edge back by %u", e->edge - edge);
	e->edge = edge;
	e->has_edge = true;
}

static void send_out(struct end *e, const struct edu_out *o, const u8 *text)
{
	struct edu_segment seg = {
		.seq = o->seq,
		.ack = o->ack,
		.wnd = o->wnd,
		.flags = o->flags,
		.opt = o->opt,
	};
	u32 left = o->len;

	/* As GSO does: the segments of one answer, FIN and PSH on the last. */
	do {
		seg.len = min(left, o->mss);
		left -= seg.len;
		seg.flags = left ? o->flags & ~(EDU_FIN | EDU_PSH) : o->flags;
		promised(e, &seg);
		transmit(e, &seg, text, o->ect);
		seg.seq += seg.len;
		if (left)
			text += seg.len;
	} while (left);
}

static void check_out(struct end *e, const struct edu_out *o)
{
	const struct edu_tcb *t = &e->tcb;
	u32 end = o->seq + o->len + !!(o->flags & EDU_FIN);
	bool new = o->kind == EDU_OUT_NEW;

	if (o->len > o->mss && o->kind == EDU_OUT_RETRANSMIT)
		wrong(e->world, e, "a retransmission of %u octets, with an MSS of %u",
		      o->len, o->mss);
	if (o->len > max(e->max_len, o->mss))
		wrong(e->world, e, "%u octets at once, where %u fit", o->len, e->max_len);
	if (new != (o->len && o->seq == t->snd_nxt))
		wrong(e->world, e, "kind %u for %u octets at %u, SND.NXT %u", o->kind, o->len,
		      o->seq - t->iss, t->snd_nxt - t->iss);
	if (new && seq_gt(end, t->snd_una + t->snd_wnd))
		wrong(e->world, e, "sends up to %u, the window ends at %u", end - t->iss,
		      t->snd_una + t->snd_wnd - t->iss);
	/* The tail loss probe alone may go beyond it (RFC 8985 7.3). */
	if (o->len && !t->tail_probe && !t->probe_in_flight &&
	    edu_pipe(t) + min(o->len, o->mss) > max(t->cwnd, t->mss))
		wrong(e->world, e, "%u octets in flight, and %u more: cwnd is %u",
		      edu_pipe(t), o->len, t->cwnd);
	if (o->ect && (!new || !t->ecn_ok))
		wrong(e->world, e, "may be marked, but must not be");
	if (o->len && edu_options_len(&o->opt) + min(o->len, o->mss) >
	    max_t(u32, t->path_mss, EDU_MSS_MIN + 12))
		wrong(e->world, e, "%u octets of text and %u of options, where %u fit", o->len,
		      edu_options_len(&o->opt), t->path_mss);
}

/* Everything that may be sent now. */
static void pump(struct end *e)
{
	struct edu_budget budget = {
		.now = e->world->now,
		.max_len = e->max_len,
		.rcv_free = rcv_free(e),
		.rcv_buff = e->user.rcvbuf,
		.hold = happens(e, e->world->hold),
	};
	unsigned int segments = 0;
	bool failed = false;

	if (e->stage != STAGE_FULL)
		return;
	while (!e->world->failed) {
		struct edu_node *node = NULL;
		struct buffer *b = NULL;
		struct edu_todo todo;
		struct edu_out o;
		const u8 *text = NULL;
		u8 state = e->tcb.state;
		u32 i;

		edu_todo_init(&todo);
		if (!edu_output(&e->tcb, &budget, &o, &todo)) {
			finish(e, state, &todo);
			break;
		}
		if (++segments > 20000) {
			wrong(e->world, e, "output never ends");
			break;
		}
		check_out(e, &o);
		if (starved(e)) {
			edu_output_failed(&e->tcb, e->world->now);
			failed = true;
			break;
		}
		if (o.kind == EDU_OUT_NEW && happens(e, e->world->shorten)) {
			o.len = rng_range(&e->world->rng, 1, o.len);
			o.flags &= ~(EDU_FIN | EDU_PSH);
		}
		if (o.kind == EDU_OUT_NEW) {
			b = buffer_new(e->world->blank ? 0 : o.len);
			node = &b->node;
			for (i = 0; i < o.len && !e->world->blank; i++)
				b->octets[i] = end_octet(e, e->taken + i);
			e->taken += o.len;
			text = b->octets;
		} else if (o.kind == EDU_OUT_RETRANSMIT && o.len) {
			text = buffer_of(o.node)->octets + o.node->skip;
		}
		send_out(e, &o, text);
		edu_output_done(&e->tcb, &o, node, e->world->now, &todo);
		finish(e, state, &todo);
	}
	check_tcb(e);
	check_quiet(e, failed, budget.hold);
	if (budget.hold)
		e->stage_at = e->world->now + rng_range(&e->world->rng, 1, 5 * EDU_MSEC);
}

static void go_to_time_wait(struct end *e)
{
	e->wait = e->tcb.conn;
	e->stage = STAGE_TIME_WAIT;
	e->stage_at = e->world->now + 2 * EDU_MSL;
}

static bool can_write(const struct end *e)
{
	return e->stage == STAGE_FULL && e->connected && !e->finished &&
	       (EDU_IN(e->tcb.state) & EDU_MAY_SEND);
}

static u32 send_room(const struct end *e)
{
	u32 used = e->tcb.write_seq - e->tcb.snd_una;

	return used < e->user.sndbuf ? e->user.sndbuf - used : 0;
}

static bool wants_to_finish(const struct end *e)
{
	if (e->user.hasty && e->stage == STAGE_FULL && e->tcb.state == EDU_SYN_RECEIVED)
		return !e->finished;
	return can_write(e) && e->written == e->user.total &&
	       (!e->user.close_when_read || e->eof);
}

static bool user_has_work(const struct end *e)
{
	return !e->closed && e->stage == STAGE_FULL &&
	       (e->received != e->read || wants_to_finish(e) || (e->finished && e->eof) ||
		(can_write(e) && e->written < e->user.total && send_room(e)));
}

static u64 pause_of(const struct end *e)
{
	struct rng *r = &e->world->rng;

	return rng_range(r, 0, rng_percent(r, e->user.stalls) ? 20 * EDU_SEC : e->user.pause_max);
}

/* After anything that happened to a full connection. */
static void after(struct end *e)
{
	if (e->stage != STAGE_FULL)
		return;
	check_tcb(e);
	pump(e);
	if (e->tcb.state == EDU_TIME_WAIT) {
		go_to_time_wait(e);
	} else if (e->tcb.state == EDU_CLOSED) {
		e->stage = STAGE_GONE;
		e->stage_at = EDU_NEVER;
	}
	if (e->user_at == EDU_NEVER && user_has_work(e))
		e->user_at = e->world->now + pause_of(e);
}

void end_open(struct end *e, bool active)
{
	struct edu_todo todo;

	if (!active)
		return;
	init_tcb(e);
	edu_set_receive_window(&e->tcb, e->user.rcvbuf, e->wscale);
	edu_todo_init(&todo);
	edu_open_active(&e->tcb, e->iss, e->ts_offset, &todo);
	finish(e, EDU_CLOSED, &todo);
	after(e);
}

static void send_synack(struct end *e)
{
	struct edu_out o;

	edu_request_synack(&e->request, e->adv_mss, e->world->now, &o);
	send_out(e, &o, NULL);
}

static void arrives_full(struct end *e, const struct packet *p, const struct edu_segment *seg)
{
	u32 len = e->world->blank ? 0 : seg->len;
	struct buffer *b = buffer_new(len);
	struct shadow *shadow = shadow_take(&e->tcb);
	bool room = !starved(e);
	struct edu_todo todo;
	u8 state = e->tcb.state;
	u32 nxt = e->tcb.rcv_nxt;
	bool clean = e->has_edge && !e->world->hostile;

	memcpy(b->octets, p->text, len);
	edu_todo_init(&todo);
	edu_arrives(&e->tcb, seg, &b->node, room, e->world->now, &todo);
	shadow_compare(shadow, e, seg, room, &b->node, &todo);

	if (todo.text != EDU_TEXT_NONE && clean &&
	    b->node.end_seq != seg->seq + seg->len + !!(seg->flags & EDU_SYN))
		wrong(e->world, e, "cut off %u octets inside of what was promised",
		      seg->seq + seg->len - b->node.end_seq);
	if (state != EDU_SYN_SENT && seq_lt(e->tcb.rcv_nxt, nxt))
		wrong(e->world, e, "RCV.NXT went back");
	if (todo.text == EDU_TEXT_DELIVER)
		deliver(e, b);
	if (todo.text != EDU_TEXT_HELD)
		memory_free(b);
	finish(e, state, &todo);
	after(e);
}

/* Back to LISTEN, as if nothing had been. */
static void forget_request(struct end *e)
{
	e->over = false;
	e->has_edge = false;
	e->stage = STAGE_LISTEN;
	e->stage_at = EDU_NEVER;
}

static void arrives_request(struct end *e, const struct packet *p, const struct edu_segment *seg)
{
	struct edu_todo todo;
	u8 state = e->request.conn.state;

	edu_todo_init(&todo);
	edu_arrives_request(&e->request, seg, e->world->now, &todo);
	finish(e, state, &todo);
	if (todo.events & EDU_EV_SYNACK)
		send_synack(e);
	if (todo.events & EDU_EV_CLOSED)
		forget_request(e);
	if (todo.events & EDU_EV_ACCEPT && !starved(e)) {
		init_tcb(e);
		e->stage_at = EDU_NEVER;
		edu_open_from_request(&e->tcb, &e->request, e->path_mss, e->world->now);
		arrives_full(e, p, seg);
	}
}

void end_arrives(struct end *e, const struct packet *p)
{
	struct edu_segment seg = p->seg;
	struct edu_todo todo;

	if (!edu_options_parse(&seg.opt, p->options, p->options_len) ||
	    !edu_flags_plausible(seg.flags))
		return;
	trace_segment(e->world, e->peer, "came", &seg);

	edu_todo_init(&todo);
	switch (e->stage) {
	case STAGE_LISTEN:
		edu_arrives_listen(&seg, &todo);
		finish(e, EDU_LISTEN, &todo);
		if (!(todo.events & EDU_EV_SYN))
			break;
		edu_request_init(&e->request, &seg, &e->params, e->iss, e->ts_offset,
				 e->user.rcvbuf, e->wscale, e->world->now);
		e->stage = STAGE_REQUEST;
		e->stage_at = e->world->now + EDU_RTO_INIT;
		e->tcb.rcv_wscale = e->request.conn.rcv_wscale;
		send_synack(e);
		break;
	case STAGE_REQUEST:
		arrives_request(e, p, &seg);
		break;
	case STAGE_FULL:
		arrives_full(e, p, &seg);
		break;
	case STAGE_TIME_WAIT:
		edu_arrives_time_wait(&e->wait, &seg, e->world->now, &todo);
		finish(e, EDU_TIME_WAIT, &todo);
		if (todo.events & EDU_EV_2MSL)
			e->stage_at = e->world->now + 2 * EDU_MSL;
		break;
	case STAGE_GONE:
		edu_arrives_closed(&seg, &todo);
		finish(e, EDU_CLOSED, &todo);
		break;
	}
}

void end_timers(struct end *e)
{
	struct edu_todo todo;
	u8 state = e->tcb.state;
	u64 in;

	switch (e->stage) {
	case STAGE_REQUEST:
		if (e->stage_at > e->world->now)
			break;
		in = edu_request_timeout(&e->request, e->params.synack_retries);
		e->stage_at = in ? e->world->now + in : EDU_NEVER;
		if (in)
			send_synack(e);
		else
			forget_request(e);
		break;
	case STAGE_FULL:
		edu_todo_init(&todo);
		if (edu_next_deadline(&e->tcb) <= e->world->now)
			edu_timeouts(&e->tcb, e->world->now, &todo);
		else if (e->stage_at <= e->world->now)
			e->stage_at = EDU_NEVER;
		else
			break;
		finish(e, state, &todo);
		after(e);
		break;
	case STAGE_TIME_WAIT:
		if (e->stage_at <= e->world->now) {
			e->stage = STAGE_GONE;
			e->stage_at = EDU_NEVER;
		}
		break;
	default:
		break;
	}
}

static void read_text(struct end *e, u32 most)
{
	e->read += min(e->received - e->read, most);
	edu_received_by_user(&e->tcb, rcv_free(e), e->user.rcvbuf);
}

static void write_text(struct end *e, u32 most)
{
	u32 len = min3(send_room(e), e->user.total - e->written, most);

	e->written += len;
	edu_sent_by_user(&e->tcb, len);
}

static void path_changes(struct end *e, u32 path_mss)
{
	edu_set_mss(&e->tcb, path_mss);
	if (e->tcb.mss < e->path_mss)
		edu_resend_smaller(&e->tcb);
	e->path_mss = e->tcb.path_mss;
}

/* One call, whether or not it makes sense now; @n is what goes with it. */
void end_call(struct end *e, enum user_call what, u32 n)
{
	struct edu_todo todo;
	u8 state = e->tcb.state;

	if (e->stage != STAGE_FULL)
		return;
	edu_todo_init(&todo);
	switch (what) {
	case CALL_READ:
		read_text(e, n);
		break;
	case CALL_WRITE:
		if (can_write(e))
			write_text(e, n);
		break;
	case CALL_SHUTDOWN:
		e->finished = true;
		edu_shutdown_send(&e->tcb, &todo);
		break;
	case CALL_CLOSE:
		e->finished = true;
		e->closed = true;
		edu_close(&e->tcb, e->received != e->read, e->world->now, &todo);
		break;
	case CALL_ABORT:
		e->finished = true;
		e->aborted = true;
		e->closed = true;
		edu_abort(&e->tcb, n, &todo);
		break;
	case CALL_CORK:
		e->tcb.cork = n;
		break;
	case CALL_NODELAY:
		e->tcb.nodelay = n;
		break;
	case CALL_KEEPALIVE:
		e->tcb.keepalive = n;
		edu_keepalive_update(&e->tcb, e->world->now);
		break;
	case CALL_PATH_MSS:
		if (e->tcb.syn_acked)
			path_changes(e, n);
		break;
	case CALL_PRUNE:
		edu_out_of_order_prune(&e->tcb, &todo);
		break;
	case CALLS:
		break;
	}
	finish(e, state, &todo);
	after(e);
}

/* One call of the user's, or a few. */
void end_user(struct end *e)
{
	struct rng *r = &e->world->rng;
	struct edu_todo todo;
	u8 state = e->tcb.state;

	e->user_at = EDU_NEVER;
	if (!user_has_work(e))
		return;

	if (rng_range(r, 0, 999) < e->world->mtu)
		path_changes(e, rng_scale(r, 48, 9000));
	edu_todo_init(&todo);
	if (happens(e, e->world->starve))
		edu_out_of_order_prune(&e->tcb, &todo);
	if (e->received != e->read)
		read_text(e, some(e, e->user.read_max));
	if (e->user.abort_at && e->read >= e->user.abort_at) {
		e->aborted = true;
		e->closed = true;
		edu_abort(&e->tcb, 0, &todo);
	} else if (can_write(e) && e->written < e->user.total && send_room(e)) {
		if (e->user.corks)
			e->tcb.cork = rng_percent(r, 50);
		write_text(e, some(e, e->user.write_max));
	} else if (wants_to_finish(e)) {
		e->finished = true;
		edu_shutdown_send(&e->tcb, &todo);
	} else if (e->finished && e->eof && e->read == e->received) {
		e->closed = true;
		edu_close(&e->tcb, false, e->world->now, &todo);
	}
	finish(e, state, &todo);
	after(e);
}

/* When the next timer is due. */
u64 end_next_timer(const struct end *e)
{
	if (e->stage == STAGE_FULL)
		return min(e->stage_at, edu_next_deadline(&e->tcb));
	return e->stage_at;
}

/* When something is due next. */
u64 end_next(const struct end *e)
{
	return min(end_next_timer(e), e->user_at);
}

bool end_done(const struct end *e)
{
	return e->stage == STAGE_GONE;
}

void end_free(struct end *e)
{
	struct edu_todo todo;

	edu_todo_init(&todo);
	if (e->stage == STAGE_FULL && e->tcb.state != EDU_CLOSED) {
		edu_release_all(&e->tcb, &todo);
		free_chain(&todo.released);
		free_chain(&todo.unwanted);
	}
}
