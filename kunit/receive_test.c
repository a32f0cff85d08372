// SPDX-License-Identifier: GPL-2.0
/* The receiver: its window (3.8.6.2.2, RFC 7323), its acknowledgments (3.8.6.3, RFC 5681 4.2). */
#include "bench.h"

#define MSS	BENCH_MSS
#define MS	EDU_MSEC

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	return b;
}

/* The right edge, as the last segment announced it. */
static u32 announced(const struct bench *b)
{
	const struct edu_out *o = &LAST(b);

	return o->ack + ((u32)o->wnd << (o->flags & EDU_SYN ? 0 : b->t.rcv_wscale));
}

/* Text arrives and stays in the buffer. */
static void fill(struct bench *b, u32 seq, u32 len)
{
	b->budget.rcv_free -= len;
	bench_peer(b, EDU_ACK, seq, 1, len);
}

/* The user reads; what that gives rise to is sent. */
static bool user_reads(struct bench *b, u32 len)
{
	bool owed;

	b->budget.rcv_free += len;
	owed = edu_received_by_user(&b->t, b->budget.rcv_free, b->budget.rcv_buff);
	bench_output(b);
	return owed;
}

/* --- Silly windows (MUST-39) --- */

static void sws_window_shrinks_with_the_text(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		fill(b, 1 + i * MSS, MSS);
		KUNIT_EXPECT_EQ(test, announced(b), IRS + 1 + BENCH_WND);
	}
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)0);
}

/* RCV.BUFF - RCV.USER - RCV.WND >= min (Fr * RCV.BUFF, Eff.snd.MSS), with Fr = 1/2 */
static void sws_right_edge_waits_for_a_segment(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 10; i++)
		fill(b, 1 + i * MSS, MSS);
	bench_forget(b);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 999));
	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_ACK, 10000, 1, 1);		/* a probe */
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)0);
	bench_forget(b);
	KUNIT_EXPECT_TRUE(test, user_reads(b, 1));
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)1000);
}

/* ... or half of a small buffer */
static void sws_half_of_a_small_buffer(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->budget.rcv_buff = 800;
	b->budget.rcv_free = 800;
	bench_established(b);
	fill(b, 1, 800);
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)0);
	bench_forget(b);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 399));
	KUNIT_EXPECT_TRUE(test, user_reads(b, 1));
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)400);
}

/* Linux: a read is worth an ACK when it doubles the window, and not before. */
static void update_when_the_window_doubles(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 8; i++)
		fill(b, 1 + i * MSS, MSS);
	bench_forget(b);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 1999));
	KUNIT_EXPECT_TRUE(test, user_reads(b, 1));
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)4000);
}

/* A peer that has room left is not told of more with every read. */
static void no_update_for_every_read(struct kunit *test)
{
	struct bench *b = established(test);

	fill(b, 1, MSS);
	bench_forget(b);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 500));
	KUNIT_EXPECT_FALSE(test, user_reads(b, 500));
	EXPECT_SENT(b, 0);
}

/* SHLD-14: "a TCP receiver SHOULD NOT shrink the window", whatever happens to its buffer */
static void window_never_shrinks(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK, 1, 1, MSS);
	b->budget.rcv_free = 100;
	b->budget.rcv_buff = 200;
	bench_peer(b, EDU_ACK, 1001, 1, MSS);
	KUNIT_EXPECT_GE(test, (s32)(announced(b) - (IRS + 1 + BENCH_WND)), 0);
	/* ... and all that was promised is taken. */
	bench_peer(b, EDU_ACK, 2001, 1, 8000);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 10001);
}

/* --- Scaling (RFC 7323) --- */

struct scale_case {
	const char *name;
	u32 rcv_buff_max;
	u8 expected;
};

static const struct scale_case scale_cases[] = {
	{ "nothing", 0, 0 },
	{ "65535: no shift", 65535, 0 },
	{ "65536: one", 65536, 1 },
	{ "131071: one", 131071, 1 },
	{ "6 MiB, Linux's largest tcp_rmem", 6 << 20, 7 },
	{ "1 GiB: 14, the most (2.3)", 1 << 30, 14 },
	{ "4 GiB: 14 all the same", ~0u, 14 },
};

KUNIT_ARRAY_PARAM_DESC(scale, scale_cases, name);

static void scale_for_a_buffer(struct kunit *test)
{
	const struct scale_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, edu_wscale_for(c->rcv_buff_max), c->expected);
}

/* ESTABLISHED with a megabyte of buffer and both sides scaling. */
static struct bench *scaled(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->budget.rcv_buff = 1 << 20;
	b->budget.rcv_free = 1 << 20;
	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 7;
	bench_established(b);
	KUNIT_ASSERT_EQ(test, b->t.rcv_wscale, (u8)5);
	return b;
}

/* 2.2: "the window field in a segment where the SYN bit is set ... MUST NOT be scaled" */
static void window_of_a_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->budget.rcv_buff = 1 << 20;
	bench_syn_sent(b);
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)65535);
	KUNIT_EXPECT_TRUE(test, LAST(b).opt.has_wscale);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.wscale, (u8)5);
}

static void scaled_window_is_announced(struct kunit *test)
{
	struct bench *b = scaled(test);

	bench_peer(b, EDU_ACK, 1, 1, 100);
	/* (2^20 - 100) / 2^5 = 32764.875 */
	KUNIT_EXPECT_EQ(test, LAST(b).wnd, (u16)32765);
	KUNIT_EXPECT_EQ(test, announced(b), b->t.rcv_nxt + b->t.rcv_wnd);
}

/* 2.4: odd lengths do not let the edge go back and forth, and what it says is taken. */
static void scaled_window_never_shrinks(struct kunit *test)
{
	struct bench *b = scaled(test);
	u32 edge = 0, seq = 1;
	unsigned int i;

	for (i = 0; i < 3000; i++) {
		u32 len = 1 + i * 7 % 61;

		fill(b, seq, len);
		b->budget.rcv_free += i % 3 ? 0 : 50;
		seq += len;
		if (b->nsent) {
			if (edge)
				KUNIT_ASSERT_GE(test, (s32)(announced(b) - edge), 0);
			edge = announced(b);
			KUNIT_ASSERT_EQ(test, edge, b->t.rcv_nxt + b->t.rcv_wnd);
		}
		bench_forget(b);
	}
	/* The very last octet of the promise: */
	bench_peer(b, EDU_ACK, edge - IRS - 1, 1, 1);
	KUNIT_EXPECT_EQ(test, b->todo.text, (u8)EDU_TEXT_HELD);
	edge = announced(b);
	bench_peer(b, EDU_ACK, edge - IRS, 1, 1);
	KUNIT_EXPECT_EQ(test, b->todo.text, (u8)EDU_TEXT_NONE);
}

/* A window that the field cannot hold is cut, not wrapped. */
static void window_field_saturates(struct kunit *test)
{
	struct edu_conn c = { .rcv_wnd = 70000 };

	KUNIT_EXPECT_EQ(test, edu_window_field(&c, false), (u16)65535);
	KUNIT_EXPECT_EQ(test, edu_window_field(&c, true), (u16)65535);
	c.rcv_wscale = 4;
	KUNIT_EXPECT_EQ(test, edu_window_field(&c, false), (u16)4375);
	c.rcv_wnd = 70001;
	KUNIT_EXPECT_EQ(test, edu_window_field(&c, false), (u16)4376);	/* up: SHLD-14 */
	KUNIT_EXPECT_EQ(test, edu_window_field(&c, true), (u16)65535);
	c.rcv_wnd = ~0u;
	KUNIT_EXPECT_EQ(test, edu_window_field(&c, false), (u16)65535);
}

/* --- Window edges, octet by octet (Table 6) --- */

struct edge_case {
	const char *name;
	s32 seq;		/* from RCV.NXT */
	u32 len;
	u32 delivered;		/* octets */
	bool held;
	u32 held_until;		/* from RCV.NXT */
};

static const struct edge_case edge_cases[] = {
	{ "the octet before RCV.NXT", -1, 1, 0 },
	{ "up to RCV.NXT", -1000, 1000, 0 },
	{ "up to RCV.NXT, and one more", -1000, 1001, 1 },
	{ "RCV.NXT", 0, 1, 1 },
	{ "the whole window", 0, BENCH_WND, BENCH_WND },
	{ "one more than the window", 0, BENCH_WND + 1, BENCH_WND },
	{ "from before to beyond the window", -1, BENCH_WND + 2, BENCH_WND },
	{ "the octet behind RCV.NXT", 1, 1, 0, true, 2 },
	{ "the last octet of the window", BENCH_WND - 1, 1, 0, true, BENCH_WND },
	{ "the last octet, and one more", BENCH_WND - 1, 2, 0, true, BENCH_WND },
	{ "the first octet beyond", BENCH_WND, 1, 0 },
	{ "far beyond", 0x40000000, 1, 0 },
	{ "so far that it lies before", -0x40000000, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(edge, edge_cases, name);

static void window_edges(struct kunit *test)
{
	static const u32 origins[] = { IRS, 0u - 5001, 0x80000000u - 5001 };
	const struct edge_case *c = test->param_value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		struct bench *b = bench_new(test, ISS, origins[i]);

		bench_established(b);
		bench_peer(b, EDU_ACK, 1, 1, 1000);
		bench_peer(b, EDU_ACK, 1001 + c->seq, 1, c->len);
		KUNIT_EXPECT_EQ(test, b->t.rcv_nxt - b->irs, 1001 + c->delivered);
		KUNIT_EXPECT_EQ(test, b->todo.text, (u8)(c->delivered ? EDU_TEXT_DELIVER :
				c->held ? EDU_TEXT_HELD : EDU_TEXT_NONE));
		if (c->held)
			KUNIT_EXPECT_EQ(test, b->node->end_seq - b->irs, 1001 + c->held_until);
		if (c->delivered)
			KUNIT_EXPECT_EQ(test, b->node->end_seq, b->t.rcv_nxt);
	}
}

/* Without room nothing is taken, and nothing is acknowledged that was not. */
static void no_receive_memory(struct kunit *test)
{
	struct bench *b = established(test);

	b->room = false;
	bench_peer(b, EDU_ACK, 1, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_RCV_MEMORY);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, MSS);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);	/* a FIN alone needs none */
	EXPECT_STATE(b, EDU_CLOSE_WAIT);
}

/* --- Acknowledging --- */

/* ESTABLISHED, and the first segments of slow start are over. */
static struct bench *settled(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK, 1, 1, MSS);		/* RMSS is known */
	b->t.quickacks = 0;
	bench_forget(b);
	return b;
}

/* SHLD-19: "an ACK SHOULD be generated for at least every second full-sized segment" */
static void every_second_full_segment(struct kunit *test)
{
	struct bench *b = settled(test);
	unsigned int i;

	for (i = 1; i <= 10; i++) {
		bench_peer(b, EDU_ACK, 1 + i * MSS, 1, MSS);
		KUNIT_EXPECT_EQ(test, b->nsent, i / 2);
	}
}

/* As Linux: an ACK that would take the window back says nothing that the sender needs. */
static void who_lags_behind_acks_when_he_has_read(struct kunit *test)
{
	struct bench *b = settled(test);
	unsigned int i;

	for (i = 1; i <= 6; i++) {
		b->budget.rcv_free -= MSS;
		bench_peer(b, EDU_ACK, 1 + i * MSS, 1, MSS);
		EXPECT_SENT(b, 0);
	}
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_DELACK], NOW(b) + 40 * MS);

	/* He has read some: there is nothing to say yet. */
	b->budget.rcv_free += 3 * MSS;
	KUNIT_EXPECT_FALSE(test, edu_received_by_user(&b->t, b->budget.rcv_free, BENCH_WND));
	b->budget.rcv_free += 3 * MSS;
	KUNIT_EXPECT_TRUE(test, edu_received_by_user(&b->t, b->budget.rcv_free, BENCH_WND));
	bench_output(b);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1 + 7 * MSS);
	KUNIT_EXPECT_EQ(test, (u32)LAST(b).wnd, BENCH_WND);

	/* or when his time is over */
	b->budget.rcv_free -= 2 * MSS;
	bench_peer(b, EDU_ACK, 1 + 7 * MSS, 1, MSS);
	bench_peer(b, EDU_ACK, 1 + 8 * MSS, 1, MSS);
	EXPECT_SENT(b, 1);
	bench_run_until(b, NOW(b) + 40 * MS);
	EXPECT_SENT(b, 2);
}

/* One small segment: MUST-40's timer */
static void one_segment_waits(struct kunit *test)
{
	struct bench *b = settled(test);

	bench_peer(b, EDU_ACK, 1001, 1, 10);
	EXPECT_SENT(b, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_DELACK], NOW(b) + 40 * MS);
	/* The next does not put it off. */
	bench_wait(b, 30 * MS);
	bench_peer(b, EDU_ACK, 1011, 1, 10);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_DELACK], NOW(b) + 10 * MS);
}

/* Text of ours carries the ACK. */
static void text_carries_the_ack(struct kunit *test)
{
	struct bench *b = settled(test);

	bench_peer(b, EDU_ACK, 1001, 1, 100);
	bench_send(b, 200);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 200);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1101);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_DELACK], EDU_NEVER);
}

/* Linux's "pingpong": who answers lets his ACKs ride on the answers */
static void answers_carry_acks(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		bench_peer(b, EDU_ACK, 1 + i * 100, 1 + i * 50, 100);
		bench_wait(b, 1 * MS);
		bench_send(b, 50);
		bench_wait(b, BENCH_RTT);
	}
	/* One ACK at once, for the first; then an answer for each. */
	EXPECT_SENT(b, 6);
	/* An answer that does not come in time ends it. */
	bench_peer(b, EDU_ACK, 501, 251, 100);
	EXPECT_SENT(b, 6);
	bench_run_until(b, NOW(b) + 40 * MS);
	EXPECT_SENT(b, 7);
	bench_peer(b, EDU_ACK, 601, 251, 100);
	EXPECT_SENT(b, 8);
}

/* RFC 5681 4.2: "immediately when an out-of-order segment arrives" */
static void out_of_order_at_once(struct kunit *test)
{
	struct bench *b = settled(test);
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		bench_peer(b, EDU_ACK, 1001 + i * MSS, 1, MSS);
		ASSERT_SENT(b, i);
		KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1001);
	}
	/* The window must stay the same, or these are no duplicate ACKs. */
	for (i = 1; i < b->nsent; i++)
		KUNIT_EXPECT_EQ(test, b->sent[i].out.wnd, b->sent[0].out.wnd);
	/* "... that fills in all or part of a gap" */
	bench_peer(b, EDU_ACK, 1001, 1, 500);
	ASSERT_SENT(b, 4);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1501);
	bench_peer(b, EDU_ACK, 1501, 1, 500);
	ASSERT_SENT(b, 5);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 5001);
}

/* A duplicate: its sender has not seen our ACK. */
static void duplicate_text_at_once(struct kunit *test)
{
	struct bench *b = settled(test);

	bench_peer(b, EDU_ACK, 1, 1, MSS);
	EXPECT_SENT(b, 1);
	bench_peer(b, EDU_ACK, 2001, 1, MSS);
	bench_peer(b, EDU_ACK, 2001, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_DUPLICATE_TEXT);
	EXPECT_SENT(b, 3);
}

/* Linux: at first the peer is in slow start and lives on our ACKs */
static void quick_acks_at_first(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 40; i++)
		bench_peer(b, EDU_ACK, 1 + i * 10, 1, 10);
	EXPECT_SENT(b, EDU_QUICKACKS);
	/* ... and again after a pause */
	bench_run_until(b, NOW(b) + 2 * EDU_SEC);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 401, 1, 10);
	EXPECT_SENT(b, 1);
}

/* What a full-sized segment is, the peer's own show: 536 at least, what we announced at most. */
static void the_size_of_the_peers_segments(struct kunit *test)
{
	struct bench *b = established(test);
	struct edu_tcb *t = &b->t;

	t->rcv_mss = 100;
	edu_ack_text(t, 100, true, NOW(b));
	KUNIT_EXPECT_EQ(test, t->rcv_mss, 100u);
	edu_ack_text(t, 101, true, NOW(b));
	KUNIT_EXPECT_EQ(test, t->rcv_mss, 536u);
	edu_ack_text(t, 700, true, NOW(b));
	KUNIT_EXPECT_EQ(test, t->rcv_mss, 700u);
	edu_ack_text(t, 699, true, NOW(b));
	KUNIT_EXPECT_EQ(test, t->rcv_mss, 700u);
	edu_ack_text(t, 20000, true, NOW(b));		/* several in one */
	KUNIT_EXPECT_EQ(test, t->rcv_mss, (u32)BENCH_MSS);
	t->adv_mss = 400;
	edu_ack_text(t, 20000, true, NOW(b));
	KUNIT_EXPECT_EQ(test, t->rcv_mss, 536u);
}

/* MUST-58, 3.8.6.3: an ACK that acknowledges nothing and tells nothing is not answered */
static void acks_are_not_acknowledged(struct kunit *test)
{
	struct bench *b = settled(test);

	bench_send(b, 500);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1001, 501, 0);
	bench_peer(b, EDU_ACK, 1001, 501, 0);
	b->peer_wnd = 7777;
	bench_peer(b, EDU_ACK, 1001, 501, 0);
	EXPECT_SENT(b, 0);
}

/*
 * RFC 5961 section 7: each finds the other's ACK impossible, and says so with an
 * ACK. One of these in half a second is enough.
 */
static void ends_that_disagree(struct kunit *test)
{
	struct bench *b = settled(test);
	unsigned int i;

	for (i = 0; i < 100; i++) {
		bench_peer(b, EDU_ACK, 1001, 5000, 0);		/* of the future */
		bench_peer(b, EDU_ACK, 900, 1, 0);		/* before the window */
		bench_peer(b, EDU_ACK, 50000, 1, 0);		/* beyond it */
		bench_peer(b, EDU_RST, 1005, 0, 0);		/* a challenge */
		bench_peer(b, EDU_SYN, 1005, 0, 0);		/* another */
		bench_wait(b, 10 * MS);
	}
	EXPECT_SENT(b, 2);
	EXPECT_STATE(b, EDU_ESTABLISHED);

	/* Text and FIN come from a timer, not from our ACK: they are always answered. */
	bench_forget(b);
	for (i = 1; i <= 5; i++) {
		bench_peer(b, EDU_ACK, 1, 1, MSS);
		EXPECT_SENT(b, i);
	}
	/* Linux's tcp_invalid_ratelimit = 0: no limit */
	bench_forget(b);
	b->params.invalid_ratelimit = 0;
	for (i = 1; i <= 5; i++) {
		bench_peer(b, EDU_ACK, 900, 1, 0);
		EXPECT_SENT(b, i);
	}
}

/* The window opens for a reader who empties the buffer: Linux tells the peer at once. */
static void ack_when_the_buffer_is_empty(struct kunit *test)
{
	struct bench *b = settled(test);

	b->t.rcv_mss = 600;
	fill(b, 1001, 500);
	fill(b, 1501, 400);
	EXPECT_SENT(b, 0);
	KUNIT_EXPECT_TRUE(test, user_reads(b, 900));
	EXPECT_SENT(b, 1);
}

/* ... when more than a segment of it was waiting, not before */
static void no_ack_for_one_segment_that_was_read(struct kunit *test)
{
	struct bench *b = settled(test);

	b->t.rcv_mss = 600;
	fill(b, 1001, 600);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 600));
	EXPECT_SENT(b, 0);
}

/* A peer who has sent its FIN needs no window any more. */
static void no_update_after_the_fin(struct kunit *test)
{
	struct bench *b = established(test);

	fill(b, 1, 9000);
	bench_peer(b, EDU_FIN | EDU_ACK, 9001, 1, 0);
	bench_forget(b);
	KUNIT_EXPECT_FALSE(test, user_reads(b, 9000));
	EXPECT_SENT(b, 0);
}

/* Text that reaches beyond the edge: its sender should know where that is, at once. */
static void text_across_the_edge_at_once(struct kunit *test)
{
	struct bench *b = settled(test);
	u32 edge = b->t.rcv_nxt + b->t.rcv_wnd - IRS;

	b->t.rcv_mss = 60000;		/* else the ACK would be every second segment's */
	b->budget.rcv_free = 0;
	bench_peer(b, EDU_ACK, 1001, 1, edge - 1001 + 10);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + edge);
	EXPECT_SENT(b, 1);
}

/* What the field can say, to the octet, scaled and not */
static void window_up_to_what_the_field_can_say(struct kunit *test)
{
	static const u8 scales[] = { 0, 1, 7, 14 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scales); i++) {
		struct bench *b = established(test);

		b->t.rcv_wscale = scales[i];
		edu_window_update(&b->t, 0x7fffffff, 0x7fffffff, &b->todo);
		KUNIT_EXPECT_EQ(test, b->t.rcv_wnd, 65535u << scales[i]);
		KUNIT_EXPECT_EQ(test, edu_window_field(&b->t.conn, false), (u16)65535);
	}
}

/* A window that was never announced as closed does not open again. */
static void window_that_never_closed(struct kunit *test)
{
	struct edu_segment all = { .flags = EDU_ACK, .seq = IRS + 1, .ack = ISS + 1,
				   .len = BENCH_WND, .wnd = BENCH_WND };
	struct bench *b = established(test);

	b->t.quickacks = 0;
	b->t.pingpong = 1;
	b->t.rcv_mss = 60000;
	b->budget.rcv_free = 0;
	bench_arrives(b, &all);
	KUNIT_EXPECT_EQ(test, b->t.rcv_wnd, 0u);
	edu_todo_init(&b->todo);
	edu_window_update(&b->t, BENCH_WND, BENCH_WND, &b->todo);
	KUNIT_EXPECT_EQ(test, b->t.rcv_wnd, BENCH_WND);
	KUNIT_EXPECT_FALSE(test, b->todo.counted & 1ull << EDU_MIB_TCPFromZeroWindowAdv);
}

static struct kunit_case receive_cases[] = {
	KUNIT_CASE(sws_window_shrinks_with_the_text),
	KUNIT_CASE(sws_right_edge_waits_for_a_segment),
	KUNIT_CASE(sws_half_of_a_small_buffer),
	KUNIT_CASE(update_when_the_window_doubles),
	KUNIT_CASE(no_update_for_every_read),
	KUNIT_CASE(window_never_shrinks),
	KUNIT_CASE_PARAM(scale_for_a_buffer, scale_gen_params),
	KUNIT_CASE(window_of_a_syn),
	KUNIT_CASE(scaled_window_is_announced),
	KUNIT_CASE(scaled_window_never_shrinks),
	KUNIT_CASE(window_field_saturates),
	KUNIT_CASE_PARAM(window_edges, edge_gen_params),
	KUNIT_CASE(no_receive_memory),
	KUNIT_CASE(every_second_full_segment),
	KUNIT_CASE(who_lags_behind_acks_when_he_has_read),
	KUNIT_CASE(one_segment_waits),
	KUNIT_CASE(text_carries_the_ack),
	KUNIT_CASE(answers_carry_acks),
	KUNIT_CASE(out_of_order_at_once),
	KUNIT_CASE(duplicate_text_at_once),
	KUNIT_CASE(quick_acks_at_first),
	KUNIT_CASE(the_size_of_the_peers_segments),
	KUNIT_CASE(acks_are_not_acknowledged),
	KUNIT_CASE(ends_that_disagree),
	KUNIT_CASE(ack_when_the_buffer_is_empty),
	KUNIT_CASE(no_ack_for_one_segment_that_was_read),
	KUNIT_CASE(no_update_after_the_fin),
	KUNIT_CASE(text_across_the_edge_at_once),
	KUNIT_CASE(window_up_to_what_the_field_can_say),
	KUNIT_CASE(window_that_never_closed),
	{}
};

static struct kunit_suite receive_suite = {
	.name = "edu_tcp_receive",
	.test_cases = receive_cases,
};

kunit_test_suite(receive_suite);
