// SPDX-License-Identifier: GPL-2.0
/* Timestamps: RFC 7323 sections 3 to 5; and TIME-WAIT's use of them: RFC 6191. */
#include "bench.h"

#define MSS	BENCH_MSS
#define DAY	(86400ull * EDU_SEC)

/* ESTABLISHED; the peer's clock says @tsval, and stays there unless a test moves it. */
static struct bench *established(struct kunit *test, u32 tsval)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_timestamps(b, tsval);
	b->peer_wnd = 60000;
	bench_established(b);
	KUNIT_ASSERT_EQ(test, (int)b->t.ts_ok, 1);
	return b;
}

/* The peer's clock says @tsval now, and it sends text. */
static void text(struct bench *b, u32 tsval, u32 seq, u32 len)
{
	b->seg_options.tsval = tsval;
	bench_peer(b, EDU_ACK, seq, b->t.snd_una - b->iss, len);
}

#define EXPECT_DROPPED(b, expected)						\
	KUNIT_EXPECT_EQ((b)->test, (b)->todo.drop, (u8)EDU_DROP_##expected)
#define EXPECT_ECHO(b, expected)						\
	KUNIT_EXPECT_EQ((b)->test, LAST(b).opt.tsecr, (u32)(expected))

/* --- 3.2: the option --- */

struct negotiation {
	const char *name;
	bool ours, peers;
};

static const struct negotiation negotiations[] = {
	{ "both", true, true },
	{ "the peer does not", true, false },
	{ "we do not", false, true },
	{ "neither", false, false },
};

KUNIT_ARRAY_PARAM_DESC(negotiation, negotiations, name);

/* "may send TSopt in the <SYN>, and in <SYN,ACK> only if it received one" */
static void only_where_both_want_them(struct kunit *test)
{
	const struct negotiation *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND,
				   .opt = { .has_ts = c->peers, .tsval = 77 } };
	bool both = c->ours && c->peers;
	struct edu_request r;
	struct edu_out o;

	b->params.timestamps = c->ours;
	b->peer_options.has_ts = c->peers;
	b->peer_options.tsval = 77;
	bench_syn_sent(b);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.has_ts, (int)c->ours);
	EXPECT_ECHO(b, 0);				/* "zero if the ACK bit is not set" */
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.has_ts, (int)both);
	EXPECT_ECHO(b, both ? 77 : 0);
	/* Their room is taken from the text: 12 octets (MUST-16). */
	KUNIT_EXPECT_EQ(test, b->t.mss, both ? MSS - 12 : MSS);
	bench_send(b, MSS);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.has_ts, (int)both);

	edu_request_init(&r, &syn, &b->params, ISS, 5000, BENCH_WND, 0, NOW(b));
	edu_request_synack(&r, MSS, NOW(b), &o);
	KUNIT_EXPECT_EQ(test, (int)o.opt.has_ts, (int)both);
	if (both) {
		KUNIT_EXPECT_EQ(test, o.opt.tsecr, 77u);
		KUNIT_EXPECT_EQ(test, o.opt.tsval, (u32)(NOW(b) / EDU_MSEC) + 5000);
	}
	edu_tcb_init(&b->t, &b->params);
	edu_open_from_request(&b->t, &r, MSS, NOW(b));
	KUNIT_EXPECT_EQ(test, (int)b->t.ts_ok, (int)both);
	KUNIT_EXPECT_EQ(test, b->t.ts_offset, 5000u);
}

/* Not agreed: what the peer sends in them is not looked at. */
static void not_agreed_not_read(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_timestamps(b, 1000);
	b->params.timestamps = false;
	bench_established(b);
	text(b, 1, 1, 10);
	EXPECT_DROPPED(b, NONE);
	text(b, 0x80000000, 11, 10);
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 21);
}

/* Both SYNs crossed: the SYN,ACK answers the peer's. */
static void simultaneous_open(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_timestamps(b, 77);
	bench_syn_received(b);
	EXPECT_SEGMENT(b, 1, EDU_SYN | EDU_ACK, 0, 0);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.has_ts, 1);
	EXPECT_ECHO(b, 77);
	/* 4.3: what answers it is echoed from then on */
	b->seg_options.tsval = 78;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 10);
	EXPECT_ECHO(b, 78);
}

/* 5.4: "between 1 ms and 1 second", monotonic; and it begins where the caller says */
static void our_clock(struct kunit *test)
{
	struct bench *b = established(test, 1);
	u32 first;

	b->t.ts_offset = 0xfffffff0;
	bench_send(b, 10);
	first = LAST(b).opt.tsval;
	KUNIT_EXPECT_EQ(test, first, (u32)(NOW(b) / EDU_MSEC) - 16);
	bench_wait(b, 999);
	bench_peer(b, EDU_ACK, 1, 11, 0);
	bench_send(b, 10);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsval - first, 0u);
	bench_wait(b, 1);
	bench_peer(b, EDU_ACK, 1, 21, 0);
	bench_send(b, 10);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsval - first, 1u);
	bench_wait(b, 50 * EDU_SEC);
	b->t.ack_now = 1;
	bench_output(b);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsval - first, 50001u);
}

/* --- 4.3: which timestamp to echo, with the RFC's examples --- */

/* "delayed acknowledgment: ... the earliest unacknowledged segment" */
static void echo_of_the_earliest(struct kunit *test)
{
	struct bench *b = established(test, 1);

	b->t.quickacks = 0;
	b->t.last_text_at = NOW(b);
	text(b, 1, 1, 1000);
	text(b, 2, 1001, 1000);				/* one ACK for both */
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 2001);
	EXPECT_ECHO(b, 1);
	text(b, 3, 2001, 1000);
	text(b, 4, 3001, 1000);
	EXPECT_ECHO(b, 3);
}

/* <A, 1> <C, 3> <B, 2> <E, 5> <D, 4>: the segment that filled the hole, not the one behind it */
static void echo_across_holes(struct kunit *test)
{
	struct bench *b = established(test, 1);

	text(b, 1, 1, 100);				/* A */
	EXPECT_ECHO(b, 1);
	text(b, 3, 201, 100);				/* C */
	EXPECT_ECHO(b, 1);
	text(b, 2, 101, 100);				/* B */
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 301);
	EXPECT_ECHO(b, 2);
	text(b, 5, 401, 100);				/* E */
	EXPECT_ECHO(b, 2);
	text(b, 4, 301, 100);				/* D */
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 501);
	EXPECT_ECHO(b, 4);
}

/* "If SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent": at its edges */
static void ts_recent(struct kunit *test)
{
	struct bench *b = established(test, 10);

	bench_peer(b, EDU_ACK, 1, 1, 0);
	b->t.rcv_acked = b->t.rcv_nxt;
	text(b, 11, 2, 10);				/* SEG.SEQ = Last.ACK.sent + 1 */
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 10u);
	text(b, 11, 1, 0);				/* = Last.ACK.sent */
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 11u);
	text(b, 11, 1, 1);				/* equal */
	EXPECT_DROPPED(b, NONE);
	/* An unacceptable segment changes nothing. */
	text(b, 500, 50000, 10);
	EXPECT_DROPPED(b, OUT_OF_WINDOW);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 11u);
	b->seg_options.tsval = 600;
	bench_peer(b, EDU_ACK, 0u - 500, 1, 10);
	EXPECT_DROPPED(b, OLD_SEQUENCE);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 11u);
}

/* As Linux: a blind attacker knows the window roughly, but no acceptable ACK (RFC 5961 5). */
static void ts_recent_wants_an_acceptable_ack(struct kunit *test)
{
	struct bench *b = established(test, 10);

	b->seg_options.tsval = 0x70000000;
	bench_peer(b, EDU_ACK, 1, 5000, 10);
	EXPECT_DROPPED(b, FUTURE_ACK);
	bench_peer(b, EDU_ACK, 1, 0x80000002, 10);
	EXPECT_DROPPED(b, OLD_ACK);
	bench_peer(b, 0, 1, 0, 10);
	EXPECT_DROPPED(b, NO_ACK);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 10u);
	text(b, 11, 1, 10);
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 11u);
}

/* --- 5: PAWS --- */

/* R1: older: dropped, answered, counted; whatever its sequence number is */
static void paws(struct kunit *test)
{
	struct bench *b = established(test, 1000);

	text(b, 1000, 1, 10);
	bench_forget(b);
	text(b, 999, 11, 10);
	EXPECT_DROPPED(b, PAWS);
	EXPECT_MIB(b, PAWSEstab);
	ASSERT_SENT(b, 1);				/* "send an acknowledgment in reply" */
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 0);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 11);
	EXPECT_ECHO(b, 1000);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 11);
	text(b, 1000, 11, 10);				/* equal is not older */
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 21);
}

/* What it acknowledges is not believed either. */
static void paws_hears_no_ack(struct kunit *test)
{
	struct bench *b = established(test, 1000);

	bench_send(b, 100);
	b->seg_options.tsval = 999;
	bench_peer(b, EDU_ACK, 1, 101, 0);
	EXPECT_DROPPED(b, PAWS);
	KUNIT_EXPECT_EQ(test, b->t.snd_una, ISS + 1);
	bench_peer(b, EDU_ACK | EDU_FIN, 1, 101, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
}

/* 5.2: "RST segments ... MUST NOT be subjected to the PAWS check" */
static void a_rst_is_exempt(struct kunit *test)
{
	struct bench *b = established(test, 1000);

	b->seg_options.tsval = 1;
	bench_peer(b, EDU_RST, 1, 0, 0);
	EXPECT_DROPPED(b, RST);
	EXPECT_STATE(b, EDU_CLOSED);
}

/* The clock is a 32-bit one: it wraps, and 2^31 ahead is behind */
static void the_peers_clock_wraps(struct kunit *test)
{
	struct bench *b = established(test, 0xffffffff);

	text(b, 0, 1, 10);
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 0u);
	text(b, 0xffffffff, 11, 10);
	EXPECT_DROPPED(b, PAWS);
	text(b, 0x7fffffff, 11, 10);			/* 2^31 - 1 ahead */
	EXPECT_DROPPED(b, NONE);
	text(b, 0xffffffff, 21, 10);			/* 2^31 ahead */
	EXPECT_DROPPED(b, PAWS);
	text(b, 0xfffffffe, 21, 10);
	EXPECT_DROPPED(b, NONE);
}

/* 5.5: "idle ... more than 24 days": TS.Recent says nothing any more */
static void outdated_after_24_days(struct kunit *test)
{
	struct bench *b = established(test, 1000);

	text(b, 1000, 1, 10);
	bench_wait(b, 24 * DAY - EDU_SEC);
	text(b, 999, 11, 10);
	EXPECT_DROPPED(b, PAWS);
	bench_wait(b, EDU_SEC);
	text(b, 999, 11, 10);
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 999u);
	text(b, 998, 21, 10);				/* it counts from the new one */
	EXPECT_DROPPED(b, PAWS);
	/* As long as segments come it is never too old. */
	bench_wait(b, 20 * DAY);
	text(b, 1001, 21, 10);
	bench_wait(b, 20 * DAY);
	text(b, 1000, 31, 10);
	EXPECT_DROPPED(b, PAWS);
}

/* A segment without them is taken, as Linux does (3.2 would drop it: deviations.md) */
static void a_segment_without(struct kunit *test)
{
	struct bench *b = established(test, 1000);

	b->seg_options.has_ts = 0;
	bench_peer(b, EDU_ACK, 1, 1, 10);
	EXPECT_DROPPED(b, NONE);
	KUNIT_EXPECT_EQ(test, b->t.ts_recent, 1000u);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.has_ts, 1);
}

/* A half-open connection is protected too, and its answers carry the option. */
static void paws_in_syn_received(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment seg = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND,
				   .opt = { .has_ts = 1, .tsval = 1000 } };
	struct edu_request r;
	struct edu_todo todo;

	b->params.timestamps = true;
	edu_request_init(&r, &seg, &b->params, ISS, 5000, BENCH_WND, 0, NOW(b));
	seg.flags = EDU_ACK;
	seg.seq = IRS + 1;
	seg.ack = ISS + 1;
	seg.opt.tsval = 999;
	edu_todo_init(&todo);
	edu_arrives_request(&r, &seg, NOW(b), &todo);
	KUNIT_EXPECT_EQ(test, todo.drop, (u8)EDU_DROP_PAWS);
	KUNIT_EXPECT_EQ(test, todo.reply, (u8)EDU_ACK);
	KUNIT_EXPECT_TRUE(test, todo.reply_ts);
	KUNIT_EXPECT_EQ(test, todo.reply_tsecr, 1000u);
	KUNIT_EXPECT_EQ(test, todo.reply_tsval, (u32)(NOW(b) / EDU_MSEC) + 5000);
	KUNIT_EXPECT_FALSE(test, todo.events & EDU_EV_ACCEPT);
	seg.opt.tsval = 1001;
	edu_todo_init(&todo);
	edu_arrives_request(&r, &seg, NOW(b), &todo);
	KUNIT_EXPECT_TRUE(test, todo.events & EDU_EV_ACCEPT);
	KUNIT_EXPECT_EQ(test, r.conn.ts_recent, 1001u);
}

/* In SYN-SENT, as Linux: an echo that no SYN of ours had is not of this connection */
static void paws_in_syn_sent(struct kunit *test)
{
	static const s32 echoes[] = { -1, 0, 1000, 1001 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(echoes); i++) {
		struct bench *b = bench_new(test, ISS, IRS);
		bool good = echoes[i] >= 0 && echoes[i] <= 1000;

		bench_wants_timestamps(b, 1);
		bench_syn_sent(b);
		b->peer_options.tsecr = LAST(b).opt.tsval + echoes[i];
		bench_wait(b, EDU_SEC);
		bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
		EXPECT_STATE(b, good ? EDU_ESTABLISHED : EDU_SYN_SENT);
		KUNIT_EXPECT_EQ(test, COUNTED(b, PAWSActive), !good);
		if (!good) {
			KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)EDU_RST);
			KUNIT_EXPECT_EQ(test, b->todo.reply_seq, ISS + 1);
		}
	}
}

/* --- 4.1: RTTM --- */

/* What was sent twice can be measured: the echo says which it was (Karn is not needed) */
static void a_retransmission_is_measured(struct kunit *test)
{
	struct bench *b = established(test, 1);
	u32 again;

	bench_send(b, 100);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	again = LAST(b).opt.tsval;
	bench_wait(b, 90 * EDU_MSEC);
	b->seg_options.tsecr = again;
	bench_peer(b, EDU_ACK, 1, 101, 0);
	/* SRTT 50, then 7/8 * 50 + 1/8 * 90 = 55 ms */
	KUNIT_EXPECT_EQ(test, b->t.srtt, 55 * EDU_MSEC);
	KUNIT_EXPECT_EQ(test, b->t.backoff, 0);

	/* The original was only late: 250 ms for the timeout, and 90 */
	b = established(test, 1);
	bench_send(b, 100);
	again = LAST(b).opt.tsval;
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_wait(b, 90 * EDU_MSEC);
	b->seg_options.tsecr = again;
	bench_peer(b, EDU_ACK, 1, 101, 0);
	/* 43.75 + 340 / 8 */
	KUNIT_EXPECT_EQ(test, b->t.srtt, 86250u);
}

struct rttm_case {
	const char *name;
	s32 echo;			/* ms before the ACK */
	bool measured;
};

/* 340 ms after the first, 90 ms after the second transmission */
static const struct rttm_case rttm_cases[] = {
	{ "the second's", 90, true },
	{ "now: below the clock's resolution", 0, true },
	{ "the future", -1, false },
	{ "before the connection began, by hours", 7200000, false },
	{ "half the clock away", 0x7fffffff, false },
};

KUNIT_ARRAY_PARAM_DESC(rttm, rttm_cases, name);

/* An echo that cannot be is not believed. */
static void rttm(struct kunit *test)
{
	const struct rttm_case *c = test->param_value;
	struct bench *b = established(test, 1);

	bench_send(b, 100);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_wait(b, 90 * EDU_MSEC);
	b->seg_options.tsecr = edu_tsval(&b->t.conn, NOW(b)) - c->echo;
	bench_peer(b, EDU_ACK, 1, 101, 0);
	KUNIT_EXPECT_EQ(test, b->t.snd_una, ISS + 101);
	KUNIT_EXPECT_EQ(test, b->t.srtt != BENCH_RTT, c->measured);
	if (c->measured)
		KUNIT_EXPECT_EQ(test, b->t.srtt,
				BENCH_RTT / 8 * 7 + max(c->echo, 1) * EDU_MSEC / 8);
}

/* "RTTM ... only if the segment advances the left edge": text says nothing about our segments */
static void text_without_news_is_no_sample(struct kunit *test)
{
	struct bench *b = established(test, 1);

	bench_wait(b, 10 * EDU_SEC);
	b->seg_options.tsecr = edu_tsval(&b->t.conn, NOW(b) - 9 * EDU_SEC);
	text(b, 2, 1, 100);
	KUNIT_EXPECT_EQ(test, b->t.srtt, BENCH_RTT);
}

/* --- RFC 6191, 3.6.1 of RFC 9293: a new connection out of TIME-WAIT --- */

struct reuse_case {
	const char *name;
	bool ts;			/* the old connection had them */
	bool has_ts;			/* the SYN has one */
	s32 tsval;			/* relative to TS.Recent */
	s32 seq;			/* relative to RCV.NXT */
	bool reused;
};

static const struct reuse_case reuse_cases[] = {
	{ "later timestamp, lower number", true, true, 1, -1000000, true },
	{ "later timestamp, higher number", true, true, 1, 1000, true },
	{ "same timestamp, higher number", true, true, 0, 1, true },
	{ "same timestamp, same number", true, true, 0, 0, false },
	{ "same timestamp, lower number", true, true, 0, -1, false },
	{ "older timestamp, higher number", true, true, -1, 1000, false },
	{ "older timestamp, lower number", true, true, -1, -1000, false },
	{ "later by 2^31 - 1", true, true, 0x7fffffff, -1, true },
	{ "no timestamp, higher number", true, false, 0, 1, true },
	{ "no timestamp, lower number", true, false, 0, -1, false },
	{ "no timestamps before, higher number", false, true, 5, 1, true },
	{ "no timestamps before, lower number", false, true, 5, -1, false },
	{ "none at all, higher number", false, false, 0, 1, true },
	{ "none at all, lower number", false, false, 0, -1, false },
};

KUNIT_ARRAY_PARAM_DESC(reuse, reuse_cases, name);

static void time_wait_gives_way(struct kunit *test)
{
	const struct reuse_case *c = test->param_value;
	struct edu_conn conn = {
		.state = EDU_TIME_WAIT, .snd_una = ISS, .snd_nxt = ISS, .rcv_nxt = IRS,
		.rcv_wnd = 10000, .ts_ok = c->ts, .ts_recent = 5000, .ts_recent_at = 1000,
	};
	struct edu_segment syn = {
		.flags = EDU_SYN, .seq = IRS + c->seq, .wnd = 1000,
		.opt = { .has_ts = c->has_ts, .tsval = 5000u + c->tsval },
	};
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_arrives_time_wait(&conn, &syn, 1001ull * EDU_SEC, &todo);
	KUNIT_EXPECT_EQ(test, !!(todo.events & EDU_EV_SYN), c->reused);
	KUNIT_EXPECT_EQ(test, todo.reply, c->reused ? 0 : EDU_ACK);
	if (!c->reused)
		KUNIT_EXPECT_EQ(test, todo.reply_ts, c->ts);
}

/* RFC 6191, for who connects: the clock has to have moved since the last segment */
static void connect_may_take_a_time_wait(struct kunit *test)
{
	struct edu_conn conn = { .ts_ok = 1, .ts_recent_at = 1000 };

	KUNIT_EXPECT_FALSE(test, edu_ts_may_reuse(&conn, 1000ull * EDU_SEC + EDU_SEC - 1));
	KUNIT_EXPECT_TRUE(test, edu_ts_may_reuse(&conn, 1001ull * EDU_SEC));
	KUNIT_EXPECT_FALSE(test, edu_ts_may_reuse(&conn, 999ull * EDU_SEC));
	conn.ts_ok = 0;
	KUNIT_EXPECT_FALSE(test, edu_ts_may_reuse(&conn, 1001ull * EDU_SEC));
}

/* Where it was not agreed on, or is not there, no timestamp is read. */
static void no_timestamp_is_read(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment with = { .flags = EDU_ACK, .opt = { .has_ts = 1, .tsval = 7 } };
	struct edu_segment without = { .flags = EDU_ACK };
	struct edu_tcb *t = &b->t;
	u64 rtt;

	bench_established(b);
	with.seq = t->rcv_nxt;
	without.seq = t->rcv_nxt;
	with.opt.tsecr = edu_tsval(&t->conn, NOW(b) - 10 * EDU_MSEC);
	t->ts_recent = 5;
	t->ts_recent_at = div_u64(NOW(b), EDU_SEC);
	edu_ts_recent(&t->conn, t->rcv_nxt, &with, NOW(b));
	KUNIT_EXPECT_EQ(test, t->ts_recent, 5u);
	KUNIT_EXPECT_FALSE(test, edu_ts_rtt(t, &with, NOW(b), &rtt));
	t->ts_ok = 1;
	edu_ts_recent(&t->conn, t->rcv_nxt, &without, NOW(b));
	KUNIT_EXPECT_EQ(test, t->ts_recent, 5u);
	KUNIT_EXPECT_FALSE(test, edu_ts_rtt(t, &without, NOW(b), &rtt));
	KUNIT_EXPECT_TRUE(test, edu_ts_rtt(t, &with, NOW(b), &rtt));
	KUNIT_EXPECT_EQ(test, rtt, 10ull * EDU_MSEC);
	/* ... and no nonsense */
	with.opt.tsecr = edu_tsval(&t->conn, NOW(b) - EDU_RTO_MAX);
	KUNIT_EXPECT_TRUE(test, edu_ts_rtt(t, &with, NOW(b), &rtt));
	with.opt.tsecr--;
	KUNIT_EXPECT_FALSE(test, edu_ts_rtt(t, &with, NOW(b), &rtt));
	with.opt.tsecr = 0;
	KUNIT_EXPECT_FALSE(test, edu_ts_rtt(t, &with, NOW(b), &rtt));
}

/* TIME-WAIT is protected as well: an old FIN does not prolong it. */
static void paws_in_time_wait(struct kunit *test)
{
	struct edu_conn conn = {
		.state = EDU_TIME_WAIT, .snd_una = ISS, .snd_nxt = ISS, .rcv_nxt = IRS,
		.rcv_wnd = 10000, .ts_ok = 1, .ts_recent = 5000, .ts_recent_at = 1000,
	};
	struct edu_segment rst = { .flags = EDU_RST, .seq = IRS };
	struct edu_segment text = { .flags = EDU_ACK, .seq = IRS, .ack = ISS, .len = 10,
				    .opt = { .has_ts = 1, .tsval = 4999 } };
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_arrives_time_wait(&conn, &text, 1001ull * EDU_SEC, &todo);
	KUNIT_EXPECT_EQ(test, todo.drop, (u8)EDU_DROP_PAWS);
	KUNIT_EXPECT_EQ(test, todo.reply, (u8)EDU_ACK);
	KUNIT_EXPECT_EQ(test, todo.reply_tsecr, 5000u);
	edu_todo_init(&todo);
	edu_arrives_time_wait(&conn, &rst, 1001ull * EDU_SEC, &todo);
	KUNIT_EXPECT_EQ(test, todo.drop, (u8)EDU_DROP_TIME_WAIT_RST);
}

static struct kunit_case timestamps_cases[] = {
	KUNIT_CASE_PARAM(only_where_both_want_them, negotiation_gen_params),
	KUNIT_CASE(not_agreed_not_read),
	KUNIT_CASE(simultaneous_open),
	KUNIT_CASE(our_clock),
	KUNIT_CASE(echo_of_the_earliest),
	KUNIT_CASE(echo_across_holes),
	KUNIT_CASE(ts_recent),
	KUNIT_CASE(ts_recent_wants_an_acceptable_ack),
	KUNIT_CASE(paws),
	KUNIT_CASE(paws_hears_no_ack),
	KUNIT_CASE(a_rst_is_exempt),
	KUNIT_CASE(the_peers_clock_wraps),
	KUNIT_CASE(outdated_after_24_days),
	KUNIT_CASE(a_segment_without),
	KUNIT_CASE(paws_in_syn_received),
	KUNIT_CASE(paws_in_syn_sent),
	KUNIT_CASE(a_retransmission_is_measured),
	KUNIT_CASE_PARAM(rttm, rttm_gen_params),
	KUNIT_CASE(text_without_news_is_no_sample),
	KUNIT_CASE_PARAM(time_wait_gives_way, reuse_gen_params),
	KUNIT_CASE(connect_may_take_a_time_wait),
	KUNIT_CASE(no_timestamp_is_read),
	KUNIT_CASE(paws_in_time_wait),
	{}
};

static struct kunit_suite timestamps_suite = {
	.name = "edu_tcp_timestamps",
	.test_cases = timestamps_cases,
};

kunit_test_suite(timestamps_suite);
