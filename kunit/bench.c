// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#define POOL		64u

MODULE_DESCRIPTION("KUnit tests of edu_tcp");
MODULE_LICENSE("GPL");

/* Linux's defaults, without the options that change each segment */
const struct edu_params bench_params = {
	.syn_retries = 7,
	.synack_retries = 5,
	.retries1 = 3,
	.retries2 = 15,
	.orphan_retries = 8,
	.keepalive_probes = 9,
	.window_scaling = true,
	.ecn = 2,
	.keepalive_time = 7200ull * EDU_SEC,
	.keepalive_intvl = 75ull * EDU_SEC,
	.fin_timeout = 60ull * EDU_SEC,
	.invalid_ratelimit = 500 * EDU_MSEC,
};

/* There is no text in a bench's nodes: nothing to cut. */
static struct edu_node *split(struct edu_tcb *t, struct edu_node *node, u32 len)
{
	struct bench *b = container_of(t, struct bench, t);

	if (b->no_memory)
		return NULL;
	b->splits++;
	return bench_node(b);
}

/**
 * bench_new() - a TCB in CLOSED, and a clock that has run for a while
 * @test: the running test, which frees it all
 * @iss: initial send sequence number
 * @irs: the peer's
 */
struct bench *bench_new(struct kunit *test, u32 iss, u32 irs)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	b->iss = iss;
	b->irs = irs;
	b->params = bench_params;
	b->budget.now = BENCH_START;
	b->budget.max_len = BENCH_MSS;
	b->budget.rcv_free = BENCH_WND;
	b->budget.rcv_buff = BENCH_WND;
	b->room = true;
	b->peer_wnd = BENCH_WND;
	b->peer_options.mss = BENCH_MSS;
	edu_tcb_init(&b->t, &b->params);
	b->t.split = split;
	b->t.adv_mss = BENCH_MSS;
	b->t.path_mss = BENCH_MSS;
	edu_todo_init(&b->todo);
	edu_todo_init(&b->out_todo);
	return b;
}

/* Never freed before the test ends: what hangs in a list too long must still be there. */
struct edu_node *bench_node(struct bench *b)
{
	if (!b->pool_left) {
		b->pool = kunit_kcalloc(b->test, POOL, sizeof(*b->pool), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(b->test, b->pool);
		/* What the core does not set it must not read. */
		memset(b->pool, 0xa5, POOL * sizeof(*b->pool));
		b->pool_left = POOL;
	}
	return &b->pool[--b->pool_left];
}

/* Remember which way an event went. */
static void note(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < b->todo.npath; i++) {
		KUNIT_ASSERT_LT(b->test, b->npath, (unsigned int)BENCH_PATH_MAX);
		b->path[b->npath++] = b->todo.path[i];
	}
	b->events |= b->todo.events;
	b->counted |= b->todo.counted;
}

/* Commit all that may be sent now. */
void bench_output(struct bench *b)
{
	struct edu_out o;

	while (edu_output(&b->t, &b->budget, &o, &b->out_todo)) {
		struct edu_node *node = o.kind == EDU_OUT_NEW ? bench_node(b) : NULL;

		KUNIT_ASSERT_LT_MSG(b->test, b->nsent, BENCH_SENT_MAX, "output never ends");
		b->sent[b->nsent].at = NOW(b);
		b->sent[b->nsent++].out = o;
		edu_output_done(&b->t, &o, node, NOW(b), &b->out_todo);
	}
	b->counted |= b->out_todo.counted;
}

/* Forget what was sent and counted so far. */
void bench_forget(struct bench *b)
{
	b->nsent = 0;
	b->counted = 0;
	edu_todo_init(&b->out_todo);
}

/* A segment arrives; what it gives rise to is not sent before bench_output(). */
void bench_arrives(struct bench *b, const struct edu_segment *seg)
{
	edu_todo_init(&b->todo);
	b->node = bench_node(b);
	edu_arrives(&b->t, seg, b->node, b->room, NOW(b), &b->todo);
	note(b);
}

/* The @i-th segment that @from sent arrives at @to. */
void bench_carry(struct bench *from, struct bench *to, unsigned int i)
{
	const struct edu_out *o = &from->sent[i].out;
	struct edu_segment seg = {
		.flags = o->flags,
		.seq = o->seq,
		.ack = o->ack,
		.len = o->len,
		.wnd = o->wnd,
		.opt = o->opt,
	};

	KUNIT_ASSERT_LT(from->test, i, from->nsent);
	bench_arrives(to, &seg);
	bench_output(to);
}

/*
 * The peer sends: @seq counts from IRS, @ack from ISS. What we have to say to
 * it is sent at once.
 */
void bench_peer(struct bench *b, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct edu_segment seg = {
		.flags = flags,
		.seq = b->irs + seq,
		.ack = flags & EDU_ACK ? b->iss + ack : 0,
		.len = len,
		.wnd = b->peer_wnd,
		.ce = b->ce,
		.opt = flags & EDU_SYN ? b->peer_options : b->seg_options,
	};

	bench_arrives(b, &seg);
	bench_output(b);
}

/* See SACK(). */
void bench_sack(struct bench *b, u32 ack, unsigned int n, const u32 *edges)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		b->seg_options.sack[i].start = b->iss + edges[2 * i];
		b->seg_options.sack[i].end = b->iss + edges[2 * i + 1];
	}
	b->seg_options.nsack = n;
	bench_peer(b, EDU_ACK, 1, ack, 0);
	b->seg_options.nsack = 0;
}

void bench_send(struct bench *b, u32 len)
{
	edu_sent_by_user(&b->t, len);
	bench_output(b);
}

void bench_shutdown(struct bench *b)
{
	edu_todo_init(&b->todo);
	edu_shutdown_send(&b->t, &b->todo);
	note(b);
	bench_output(b);
}

void bench_close(struct bench *b)
{
	edu_todo_init(&b->todo);
	edu_close(&b->t, false, NOW(b), &b->todo);
	note(b);
	bench_output(b);
}

void bench_abort(struct bench *b)
{
	edu_todo_init(&b->todo);
	edu_abort(&b->t, 0, &b->todo);
	note(b);
	bench_output(b);
}

/* Let time pass without looking at the timers. */
void bench_wait(struct bench *b, u64 time)
{
	b->budget.now += time;
}

/* Let time pass; each timer that expires may send. */
void bench_run_until(struct bench *b, u64 time)
{
	unsigned int fired = 0;

	while (edu_next_deadline(&b->t) <= time) {
		KUNIT_ASSERT_LT_MSG(b->test, fired++, 10000u, "timers never rest");
		b->budget.now = max(NOW(b), edu_next_deadline(&b->t));
		edu_todo_init(&b->todo);
		edu_timeouts(&b->t, NOW(b), &b->todo);
		note(b);
		bench_output(b);
	}
	b->budget.now = time;
}

/* Before the connection opens: both ends want SACK, and perhaps timestamps. */
void bench_wants_sack(struct bench *b)
{
	b->params.sack = true;
	b->peer_options.sack_permitted = 1;
}

void bench_wants_timestamps(struct bench *b, u32 tsval)
{
	b->params.timestamps = true;
	b->peer_options.has_ts = 1;
	b->peer_options.tsval = tsval;
	b->seg_options.has_ts = 1;
	b->seg_options.tsval = tsval;
}

void bench_listen(struct bench *b)
{
	edu_todo_init(&b->todo);
	edu_open_passive(&b->t, &b->todo);
	note(b);
}

/* SYN-SENT, with the SYN on its way. */
void bench_syn_sent(struct bench *b)
{
	edu_set_receive_window(&b->t, b->budget.rcv_buff, edu_wscale_for(b->budget.rcv_buff));
	edu_todo_init(&b->todo);
	edu_open_active(&b->t, b->iss, 0, &b->todo);
	note(b);
	bench_output(b);
	ASSERT_STATE(b, EDU_SYN_SENT);
}

/* SYN-RECEIVED out of SYN-SENT: both opened at once. */
void bench_syn_received(struct bench *b)
{
	bench_syn_sent(b);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_SYN, 0, 0, 0);
	ASSERT_STATE(b, EDU_SYN_RECEIVED);
}

/* ESTABLISHED by an active OPEN; ISS+1 and IRS+1 come next. */
void bench_established(struct bench *b)
{
	bench_syn_sent(b);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	ASSERT_STATE(b, EDU_ESTABLISHED);
	bench_forget(b);
}

unsigned int bench_chain_len(const struct list_head *chain)
{
	const struct list_head *entry;
	unsigned int n = 0;

	list_for_each(entry, chain)
		n++;
	return n;
}

const char *bench_path(struct bench *b)
{
	unsigned int i, len = 0;

	b->text[0] = '\0';
	for (i = 0; i < b->npath; i++)
		len += snprintf(b->text + len, sizeof(b->text) - len, "%s%s", i ? " " : "",
				edu_state_name(b->path[i]));
	return b->text;
}

/* Control bits as RFC 9293 writes them: "SYN,ACK". Good for one expression. */
const char *bench_flags(u8 flags)
{
	static const struct { u8 bit; const char *name; } names[] = {
		{ EDU_SYN, "SYN" }, { EDU_FIN, "FIN" }, { EDU_RST, "RST" }, { EDU_PSH, "PSH" },
		{ EDU_ACK, "ACK" }, { EDU_URG, "URG" }, { EDU_ECE, "ECE" }, { EDU_CWR, "CWR" },
	};
	static char text[4][40];
	static unsigned int next;
	char *p = text[next++ % 4];
	unsigned int i, len = 0;

	p[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].bit)
			len += snprintf(p + len, 40 - len, "%s%s", len ? "," : "", names[i].name);
	return len ? p : "none";
}
