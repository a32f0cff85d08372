// SPDX-License-Identifier: GPL-2.0
/* The timestamps option, RTTM and PAWS: RFC 7323 sections 3 to 5; RFC 6191 for TIME-WAIT. */
#include "bench.h"

#define MS	EDU_MSEC
#define PEER_TS	5000u		/* on the peer's SYN */
#define DAY	(24ull * 3600 * EDU_SEC)

/* Our clock, as a segment that is sent now says it */
static u32 ours(const struct bench *b)
{
	return edu_tsval(&b->t.conn, NOW(b));
}

/* As bench_peer(), with timestamps. */
static void peer(struct bench *b, u8 flags, u32 seq, u32 ack, u32 len, u32 tsval, u32 tsecr)
{
	struct edu_segment seg = {
		.flags = flags,
		.seq = b->irs + seq,
		.ack = flags & EDU_ACK ? b->iss + ack : 0,
		.len = len,
		.wnd = b->peer_wnd,
		.opt = { .has_ts = 1, .tsval = tsval, .tsecr = tsecr },
	};

	if (flags & EDU_SYN)
		seg.opt.mss = b->peer_options.mss;
	bench_arrives(b, &seg);
	bench_output(b);
}

static struct bench *syn_sent(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->params.timestamps = true;
	bench_syn_sent(b);
	bench_wait(b, BENCH_RTT);
	return b;
}

static struct bench *established(struct kunit *test)
{
	struct bench *b = syn_sent(test);

	peer(b, EDU_SYN | EDU_ACK, 0, 1, 0, PEER_TS, ours(b) - 50);
	ASSERT_STATE(b, EDU_ESTABLISHED);
	bench_forget(b);
	return b;
}

/* 3.2: on the SYN with TSecr 0; and then on every segment, echoing the peer's */
static void on_every_segment(struct kunit *test)
{
	struct bench *b = syn_sent(test);

	KUNIT_EXPECT_TRUE(test, LAST(b).opt.has_ts);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsval, ours(b) - 50);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, 0u);
	peer(b, EDU_SYN | EDU_ACK, 0, 1, 0, PEER_TS, ours(b) - 50);
	KUNIT_EXPECT_TRUE(test, LAST(b).opt.has_ts);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, PEER_TS);
	bench_wait(b, 7 * MS);
	bench_send(b, 100);
	KUNIT_EXPECT_TRUE(test, LAST(b).opt.has_ts);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsval, ours(b));
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, PEER_TS);
}

/* 3.2: not if one of the two does not want them; what comes all the same is not looked at */
static void only_if_both_want_them(struct kunit *test)
{
	struct bench *b = syn_sent(test);

	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_FALSE(test, LAST(b).opt.has_ts);
	peer(b, EDU_ACK, 1, 1, 100, 500, 0);
	peer(b, EDU_ACK, 101, 1, 100, 400, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 201);

	b = bench_new(test, ISS, IRS);
	bench_syn_sent(b);
	KUNIT_EXPECT_FALSE(test, LAST(b).opt.has_ts);
	peer(b, EDU_SYN | EDU_ACK, 0, 1, 0, PEER_TS, 0);
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_FALSE(test, LAST(b).opt.has_ts);
}

/* As Linux: a SYN,ACK that echoes what no SYN of ours said is somebody else's. */
static void echo_of_the_syn(struct kunit *test)
{
	static const struct { s32 off; bool good; } cases[] = {
		/* from now; the SYN left 50 ms ago */
		{ -51, false }, { -50, true }, { -1, true }, { 0, true }, { 1, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = syn_sent(test);
		bool counted;

		peer(b, EDU_SYN | EDU_ACK, 0, 1, 0, PEER_TS, ours(b) + cases[i].off);
		counted = b->todo.counted & 1ull << EDU_MIB_PAWSActive;
		KUNIT_EXPECT_EQ(test, counted, !cases[i].good);
		if (cases[i].good) {
			EXPECT_STATE(b, EDU_ESTABLISHED);
			continue;
		}
		EXPECT_STATE(b, EDU_SYN_SENT);
		KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)EDU_RST);
		KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_SYN_SENT_PAWS);
	}
}

/* 5.3, R1: SEG.TSval < TS.Recent: an ACK, and it is dropped */
static void paws(struct kunit *test)
{
	struct bench *b = established(test);

	peer(b, EDU_ACK, 1, 1, 100, PEER_TS + 10, 0);
	bench_forget(b);
	peer(b, EDU_ACK, 101, 1, 100, PEER_TS + 9, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 101);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_PAWS);
	KUNIT_EXPECT_TRUE(test, b->todo.counted & 1ull << EDU_MIB_PAWSEstab);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 0);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 101);
	peer(b, EDU_ACK, 101, 1, 100, PEER_TS + 10, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 201);
}

/* ... modulo 2^32 */
static void paws_wraps(struct kunit *test)
{
	struct bench *b = established(test);

	peer(b, EDU_ACK, 1, 1, 100, PEER_TS + 0x7fffffffu, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 101);
	peer(b, EDU_ACK, 101, 1, 100, PEER_TS + 0xfffffffeu, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 201);
	peer(b, EDU_ACK, 201, 1, 100, PEER_TS + 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 301);
}

/* 5.2: a RST is never old: its sender may have lost its clock */
static void paws_spares_resets(struct kunit *test)
{
	struct bench *b = established(test);

	peer(b, EDU_RST, 1, 0, 0, PEER_TS - 1000, 0);
	EXPECT_STATE(b, EDU_CLOSED);
}

/* 5.5: "24 days" of silence, and TS.Recent says nothing any more */
static void paws_forgets(struct kunit *test)
{
	struct bench *b = established(test);

	bench_wait(b, 24 * DAY - 2 * EDU_SEC);
	peer(b, EDU_ACK, 1, 1, 100, PEER_TS - 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 1);
	bench_wait(b, 3 * EDU_SEC);
	peer(b, EDU_ACK, 1, 1, 100, PEER_TS - 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 101);
}

/* 4.3: of two segments that one ACK answers, the first one's timestamp is echoed ... */
static void delayed_ack_echoes_the_first(struct kunit *test)
{
	struct bench *b = established(test);

	peer(b, EDU_ACK, 1, 1, BENCH_MSS, PEER_TS + 1, 0);
	b->t.quickacks = 0;
	bench_forget(b);
	peer(b, EDU_ACK, 1 + BENCH_MSS, 1, BENCH_MSS, PEER_TS + 2, 0);
	EXPECT_SENT(b, 0);
	peer(b, EDU_ACK, 1 + 2 * BENCH_MSS, 1, BENCH_MSS, PEER_TS + 3, 0);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, PEER_TS + 2);
}

/* ... and with a hole, that of the last one before it, until it is filled */
static void hole_is_not_echoed(struct kunit *test)
{
	struct bench *b = established(test);

	peer(b, EDU_ACK, 1, 1, 100, PEER_TS + 1, 0);
	peer(b, EDU_ACK, 201, 1, 100, PEER_TS + 3, 0);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, PEER_TS + 1);
	peer(b, EDU_ACK, 101, 1, 100, PEER_TS + 2, 0);
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 301);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.tsecr, PEER_TS + 2);
}

/* RTTM, 4: an echo measures also what was sent twice; Karn's rule is not needed */
static void round_trip_of_a_retransmission(struct kunit *test)
{
	struct bench *b = established(test);
	u32 second;

	KUNIT_ASSERT_EQ(test, b->t.srtt, 50 * MS);
	bench_send(b, BENCH_MSS);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	second = LAST(b).opt.tsval;
	bench_wait(b, 130 * MS);
	peer(b, EDU_ACK, 1, 1 + BENCH_MSS, 0, PEER_TS + 1, second);
	KUNIT_EXPECT_EQ(test, b->t.srtt, 50 * MS - 50 * MS / 8 + 130 * MS / 8);
}

/* What we never sent, or sent long ago, is no measurement. */
static void absurd_echo(struct kunit *test)
{
	static const s32 off[] = { 1, 1000000, -200000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		struct bench *b = established(test);

		bench_send(b, BENCH_MSS);
		bench_wait(b, 50 * MS);
		peer(b, EDU_ACK, 1, 1 + BENCH_MSS, 0, PEER_TS + 1, ours(b) + off[i]);
		/* the segment's own time does */
		KUNIT_EXPECT_EQ(test, b->t.srtt, 50 * MS);
	}
}

/* A request has no TCB, but PAWS; and its answer has timestamps. */
static void paws_of_a_request(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS,
				   .opt = { .has_ts = 1, .tsval = PEER_TS } };
	struct edu_segment ack = { .flags = EDU_ACK, .seq = IRS + 1, .ack = ISS + 1,
				   .opt = { .has_ts = 1, .tsval = PEER_TS - 1 } };
	struct edu_request r;

	b->params.timestamps = true;
	edu_request_init(&r, &syn, &b->params, ISS, 77, BENCH_WND, 0, NOW(b));
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &ack, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)0);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_PAWS);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)EDU_ACK);
	KUNIT_EXPECT_TRUE(test, b->todo.reply_ts);
	KUNIT_EXPECT_EQ(test, b->todo.reply_tsecr, PEER_TS);
	KUNIT_EXPECT_EQ(test, b->todo.reply_tsval, (u32)(NOW(b) / MS) + 77);

	ack.opt.tsval = PEER_TS;
	edu_todo_init(&b->todo);
	edu_arrives_request(&r, &ack, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)EDU_EV_ACCEPT);
}

/* RFC 6191: TIME-WAIT gives way to a SYN that is newer: by its timestamp or by its number */
static void time_wait_gives_way(struct kunit *test)
{
	static const struct { bool ts_ok, has_ts; s32 ts, seq; bool opens; } cases[] = {
		{ true, true, 1, -1000, true },
		{ true, true, 1, 1000, true },
		{ true, true, 0, 1000, true },
		{ true, true, 0, -1000, false },
		{ true, true, 0, 0, false },
		{ true, true, -1, 1000, false },	/* PAWS */
		{ true, false, 0, 1000, true },
		{ true, false, 1, -1000, false },
		{ false, true, 1, -1000, false },
		{ false, true, -1, 1000, true },
		{ false, false, 0, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = bench_new(test, ISS, IRS);
		struct edu_conn wait = {
			.snd_una = ISS, .snd_nxt = ISS, .rcv_nxt = IRS, .rcv_wnd = 1000,
			.state = EDU_TIME_WAIT, .ts_ok = cases[i].ts_ok, .ts_recent = PEER_TS,
			.ts_recent_at = NOW(b) / EDU_SEC,
		};
		struct edu_segment syn = {
			.flags = EDU_SYN, .seq = IRS + cases[i].seq,
			.opt = { .has_ts = cases[i].has_ts, .tsval = PEER_TS + cases[i].ts },
		};
		bool opens;

		edu_todo_init(&b->todo);
		edu_arrives_time_wait(&wait, &syn, NOW(b), &b->todo);
		opens = b->todo.events & EDU_EV_SYN;
		KUNIT_EXPECT_EQ_MSG(test, opens, cases[i].opens, "case %u", i);
	}
}

static struct kunit_case timestamps_cases[] = {
	KUNIT_CASE(on_every_segment),
	KUNIT_CASE(only_if_both_want_them),
	KUNIT_CASE(echo_of_the_syn),
	KUNIT_CASE(paws),
	KUNIT_CASE(paws_wraps),
	KUNIT_CASE(paws_spares_resets),
	KUNIT_CASE(paws_forgets),
	KUNIT_CASE(delayed_ack_echoes_the_first),
	KUNIT_CASE(hole_is_not_echoed),
	KUNIT_CASE(round_trip_of_a_retransmission),
	KUNIT_CASE(absurd_echo),
	KUNIT_CASE(paws_of_a_request),
	KUNIT_CASE(time_wait_gives_way),
	{}
};

static struct kunit_suite timestamps_suite = {
	.name = "edu_tcp_timestamps",
	.test_cases = timestamps_cases,
};

kunit_test_suite(timestamps_suite);
