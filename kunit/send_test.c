// SPDX-License-Identifier: GPL-2.0
/* What may be sent: Nagle (3.7.4), the sender's SWS avoidance (3.8.6.2.1), FIN and PSH. */
#include "bench.h"

#define MSS	BENCH_MSS
#define MS	EDU_MSEC

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	return b;
}

/* --- Nagle, in Minshall's reading --- */

/* MUST-17, SHLD-7: nothing in flight: it goes at once. Then the next waits for the ACK. */
static void nagle(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 100);
	EXPECT_SENT(b, 1);
	bench_send(b, 100);
	bench_send(b, 100);
	EXPECT_SENT(b, 1);
	bench_peer(b, EDU_ACK, 1, 101, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 101, 200);
}

/* A full segment goes whatever is in flight, and takes the small ones along. */
static void nagle_until_it_is_full(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 100);
	bench_send(b, 999);
	EXPECT_SENT(b, 1);
	bench_send(b, 50);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 101, MSS);
}

/* The tail of a large write does not wait for the ACK of its own head. */
static void minshall_tail_of_a_large_write(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 2300);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 2001, 300);
	bench_send(b, 300);		/* but only one small one at a time */
	EXPECT_SENT(b, 3);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	EXPECT_SENT(b, 3);
	bench_peer(b, EDU_ACK, 1, 2301, 0);
	EXPECT_SENT(b, 4);
}

/* ... wherever the numbers lie: nothing small was sent yet */
static void minshall_across_the_wrap(struct kunit *test)
{
	struct bench *b = bench_new(test, 0u - 500, IRS);

	bench_established(b);
	bench_send(b, MSS);
	bench_send(b, 100);
	EXPECT_SENT(b, 2);
}

/* MUST-17: it can be disabled */
static void nodelay(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	b->t.nodelay = 1;
	for (i = 0; i < 5; i++)
		bench_send(b, 10);
	EXPECT_SENT(b, 5);
}

/* TCP_CORK: only full segments, but for at most 200 ms */
static void cork(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.cork = 1;
	b->t.nodelay = 1;
	bench_send(b, 100);
	EXPECT_SENT(b, 0);
	bench_send(b, 1000);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	EXPECT_SENT(b, 1);
	bench_run_until(b, NOW(b) + 200 * MS);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1001, 100);
}

static void uncork(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.cork = 1;
	bench_send(b, 100);
	EXPECT_SENT(b, 0);
	b->t.cork = 0;
	bench_output(b);
	EXPECT_SENT(b, 1);
}

/* CLOSE ends all waiting: the FIN rides on what was held. */
static void close_sends_what_was_held(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 100);
	bench_send(b, 100);
	b->t.cork = 1;
	EXPECT_SENT(b, 1);
	bench_shutdown(b);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_FIN | EDU_ACK, 101, 100);
}

/* 3.9.1.2: the last segment of what was queued has PSH (MUST-60), others need not */
static void push(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 2500);
	ASSERT_SENT(b, 3);
	KUNIT_EXPECT_FALSE(test, b->sent[0].out.flags & EDU_PSH);
	KUNIT_EXPECT_FALSE(test, b->sent[1].out.flags & EDU_PSH);
	KUNIT_EXPECT_TRUE(test, b->sent[2].out.flags & EDU_PSH);
	/* ... also when it is sent again */
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	ASSERT_SENT(b, 3);
	KUNIT_EXPECT_FALSE(test, b->sent[0].out.flags & EDU_PSH);
	KUNIT_EXPECT_FALSE(test, b->sent[1].out.flags & EDU_PSH);
	KUNIT_EXPECT_TRUE(test, b->sent[2].out.flags & EDU_PSH);
}

/* 3.9.1.2, MAY-15: MSG_MORE (the core's cork) is a SEND without PUSH; the next one has it */
static void no_push_for_what_is_not_all(struct kunit *test)
{
	struct bench *b = established(test);

	b->t.cork = 1;
	bench_send(b, MSS);
	ASSERT_SENT(b, 1);
	KUNIT_EXPECT_FALSE(test, LAST(b).flags & EDU_PSH);
	b->t.cork = 0;
	bench_send(b, MSS);
	ASSERT_SENT(b, 2);
	KUNIT_EXPECT_TRUE(test, LAST(b).flags & EDU_PSH);
	/* What CLOSE finds waiting is the last there is. */
	b->t.cork = 1;
	bench_send(b, 10);
	bench_shutdown(b);
	ASSERT_SENT(b, 3);
	KUNIT_EXPECT_TRUE(test, LAST(b).flags & EDU_PSH);
}

/* SHLD-27: successive pushes become one, and the segments as large as can be (SHLD-28) */
static void pushes_are_collapsed(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	b->t.nodelay = 1;
	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	for (i = 0; i < 15; i++)
		bench_send(b, 100);
	EXPECT_SENT(b, 0);
	b->peer_wnd = BENCH_WND;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_FALSE(test, b->sent[0].out.flags & EDU_PSH);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1001, 500);
	KUNIT_EXPECT_TRUE(test, b->sent[1].out.flags & EDU_PSH);
}

/* --- Silly windows --- */

/* U < MSS, D > U: wait for the ACKs of what is in flight, no timer is needed. */
static void sws_waits_while_in_flight(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 1500;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 5000);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_PERSIST], EDU_NEVER);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1001, MSS);
}

/* (4): nothing in flight, U < Fs * MAX.SND.WND: the override timeout, "0.1 - 1.0 seconds" */
static void sws_override(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 400;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 5000);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + 100 * MS - 1);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + 900 * MS);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 400);
}

/* A window that was closed for long and opens a crack: the same, not the probes' two minutes */
static void sws_override_after_probes(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	b->peer_wnd = 0;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 5000);
	for (i = 0; i < 12; i++) {
		bench_run_until(b, edu_next_deadline(&b->t));
		bench_peer(b, EDU_ACK, 1, 1, 0);
	}
	bench_forget(b);
	b->peer_wnd = 400;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + 1000 * MS);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 400);
}

/* (3): min(D,U) >= Fs * MAX.SND.WND, Fs = 1/2: for peers whose whole window is small */
static void sws_half_of_the_largest_window(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 400;
	bench_established(b);
	bench_send(b, 5000);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 400);
	b->peer_wnd = 199;
	bench_peer(b, EDU_ACK, 1, 401, 0);
	EXPECT_SENT(b, 1);
	b->peer_wnd = 200;
	bench_peer(b, EDU_ACK, 1, 401, 0);
	EXPECT_SENT(b, 2);
}

/* (2): all that there is, D =< U, is no silly segment: Nagle alone decides */
static void sws_all_that_there_is(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 150;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 150);
	EXPECT_SENT(b, 1);
}

/* MUST-34: a window that shrinks is no error; but nothing goes beyond its new edge (SHLD-15). */
static void window_shrinks(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 4000);
	bench_forget(b);
	b->peer_wnd = 1000;
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	bench_send(b, 5000);
	EXPECT_SENT(b, 0);
	b->peer_wnd = 4000;
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	EXPECT_SENT(b, 4);
}

/* The last octet that fits goes, one more does not; the FIN takes a number too. */
static void up_to_the_edge(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 3000;
	bench_peer(b, EDU_ACK, 1, 1, 0);
	bench_send(b, 3000);
	bench_shutdown(b);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 2001, MSS);
	b->peer_wnd = 1;
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	ASSERT_SENT(b, 4);
	EXPECT_SEGMENT(b, 3, EDU_FIN | EDU_ACK, 3001, 0);
}

/* --- Windows as segments bring them --- */

/* MUST-1: 65535 is no -1, and 32768 no smallest number */
static void windows_are_unsigned(struct kunit *test)
{
	static const u16 windows[] = { 32767, 32768, 40000, 65535 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		struct bench *b = established(test);

		b->peer_wnd = windows[i];
		bench_peer(b, EDU_ACK, 1, 1, 0);
		KUNIT_EXPECT_EQ(test, b->t.snd_wnd, (u32)windows[i]);
		b->t.cwnd = 1000 * MSS;
		bench_send(b, 100 * MSS);
		KUNIT_EXPECT_EQ(test, b->t.snd_nxt - b->t.snd_una, windows[i] / MSS * MSS);
	}
}

struct update {
	const char *name;
	u32 seq, ack;		/* of a segment that follows one with SEQ = 201, ACK = 1001 */
	u32 len;
	bool taken;
};

/* 3.10.7.4, fifth: SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK) */
static const struct update updates[] = {
	{ "a later sequence number", 202, 1001, 0, true },
	{ "the same, and a later ACK", 201, 1501, 0, true },
	{ "the same, and the same ACK", 201, 1001, 0, true },
	{ "the same, and an older ACK", 201, 1000, 0, false },
	{ "an older one, and the same ACK", 101, 1001, 100 + 1, false },
	/* The RFC forgets this one: SND.UNA moves, so SND.WND must be the one beside it. */
	{ "an older one, but a later ACK", 101, 1501, 100 + 1, true },
};

KUNIT_ARRAY_PARAM_DESC(update, updates, name);

static void window_update(struct kunit *test)
{
	const struct update *u = test->param_value;
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK, 1, 1, 200);
	bench_send(b, 3000);
	b->peer_wnd = 5000;
	bench_peer(b, EDU_ACK, 201, 1001, 0);
	KUNIT_ASSERT_EQ(test, b->t.snd_wnd, 5000u);
	b->peer_wnd = 5500;
	bench_peer(b, EDU_ACK, u->seq, u->ack, u->len);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, u->taken ? 5500u : 5000u);
	KUNIT_EXPECT_EQ(test, b->t.max_snd_wnd, BENCH_WND);
}

/* RFC 7323 2.3: "left-shift by Snd.Wind.Shift bits", but never the window of a SYN (2.2) */
static void scaled_window(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 7;
	b->peer_wnd = 500;
	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 500u);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 500u << 7);
	KUNIT_EXPECT_EQ(test, b->t.max_snd_wnd, 500u << 7);
}

/* RFC 7323 2.2: only if both SYNs have the option */
static void no_scaling_without_both(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.rcv_wscale, (u8)0);
	KUNIT_EXPECT_FALSE(test, b->t.wscale_ok);

	b = bench_new(test, ISS, IRS);
	b->params.window_scaling = false;
	b->peer_options.has_wscale = 1;
	b->peer_options.wscale = 7;
	bench_syn_sent(b);
	KUNIT_EXPECT_FALSE(test, LAST(b).opt.has_wscale);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	bench_peer(b, EDU_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, BENCH_WND);
}

/* --- Segment sizes (3.7.1) --- */

struct mss_case {
	const char *name;
	u16 peer_mss;
	u16 peer_wnd;
	u32 path_mss;
	u32 expected;
	u16 default_mss;	/* 0: IPv4's, with which a TCB begins */
};

static const struct mss_case mss_cases[] = {
	{ "MUST-16: the smaller of both, the peer's", 1200, 60000, 1460, 1200 },
	{ "MUST-16: the smaller of both, the path's", 8960, 60000, 1460, 1460 },
	{ "MUST-15: none announced: 536", 0, 60000, 1460, 536 },
	{ "MUST-15: none announced over IPv6: 1220", 0, 60000, 1440, 1220, 1220 },
	{ "none announced, and a path below 536", 0, 60000, 300, 300 },
	{ "an absurd one: no crumbs", 1, 60000, 1460, 48 },
	{ "Linux: half of the largest window at most", 1460, 2000, 1460, 1000 },
	{ "Linux: but not for a tiny window", 1460, 512, 1460, 1460 },
};

KUNIT_ARRAY_PARAM_DESC(mss, mss_cases, name);

static void effective_send_mss(struct kunit *test)
{
	const struct mss_case *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = c->peer_wnd,
				   .opt = { .mss = c->peer_mss } };
	struct edu_request r;

	b->peer_options.mss = c->peer_mss;
	b->peer_wnd = c->peer_wnd;
	b->t.path_mss = c->path_mss;
	b->t.default_mss = c->default_mss ?: EDU_MSS_DEFAULT;
	bench_established(b);
	KUNIT_EXPECT_EQ(test, b->t.mss, c->expected);

	/* A passive OPEN must come to the same. */
	b = bench_new(test, ISS, IRS);
	b->t.default_mss = c->default_mss ?: EDU_MSS_DEFAULT;
	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	edu_open_from_request(&b->t, &r, c->path_mss, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.mss, c->expected);
}

/* A budget for several segments: whole ones, the rest by itself */
static void several_at_once(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.max_len = 4500;
	bench_send(b, 6300);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 4000);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.mss, MSS);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 4001, 2000);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 6001, 300);
}

/* --- Part of a large piece, where the windows are open by no more --- */

/* Half a window, the other half @between later, and @pause later an ACK of @acked octets. */
struct part_case {
	const char *name;
	u32 text;			/* of the second half, and what is to follow */
	u32 acked;
	u64 between, pause;
	u32 max_len;
	u16 wnd;
	bool fin;
	u32 goes;			/* octets, or 0: they wait for the next ACK */
};

static const struct part_case part_cases[] = {
	{ "the next ACK is near", 20 * MSS, MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, false, 0 },
	{ "it is far", 20 * MSS, MSS, 25 * MS - 1, 0, 10 * MSS, BENCH_WND, false, MSS },
	{ "sent a millisecond ago", 20 * MSS, MSS, 25 * MS, MS, 10 * MSS, BENCH_WND, false, 0 },
	{ "and longer", 20 * MSS, MSS, 25 * MS, MS + 1, 10 * MSS, BENCH_WND, false, MSS },
	{ "less than a third of the window", 20 * MSS, 3 * MSS, 25 * MS, 0, 10 * MSS, BENCH_WND,
	  false, 0 },
	{ "a third of it", 20 * MSS, 4 * MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, false, 4 * MSS },
	{ "a third of the small window", 20 * MSS, 2 * MSS, 25 * MS, 0, 10 * MSS, 6 * MSS, false,
	  2 * MSS },
	{ "cwnd lets no more go", 20 * MSS, MSS, 25 * MS, 0, 10 * MSS, 60000, false, 0 },
	{ "as large as pieces are", 20 * MSS, 3 * MSS, 25 * MS, 0, 3 * MSS, BENCH_WND, false,
	  3 * MSS },
	{ "segment by segment", 20 * MSS, MSS, 25 * MS, 0, MSS, BENCH_WND, false, MSS },
	{ "all that there is", 6 * MSS, MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, false, MSS },
	{ "not all", 7 * MSS, MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, false, 0 },
	{ "the end of the text is near", 7 * MSS, MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, true, MSS },
	{ "the end of the text is not", 20 * MSS, MSS, 25 * MS, 0, 10 * MSS, BENCH_WND, true, 0 },
};

KUNIT_ARRAY_PARAM_DESC(part, part_cases, name);

static struct bench *part_of_a_window(struct kunit *test, const struct part_case *c)
{
	struct bench *b = bench_new(test, ISS, IRS);
	u32 half = min_t(u32, c->wnd, 10 * MSS) / 2;

	b->peer_wnd = c->wnd;
	b->budget.max_len = 10 * MSS;
	bench_established(b);
	b->t.ssthresh = 10 * MSS;
	bench_send(b, half);
	bench_wait(b, c->between);
	bench_send(b, c->text);
	KUNIT_ASSERT_EQ(test, edu_flight(&b->t), 2 * half);
	if (c->fin)
		bench_shutdown(b);
	bench_wait(b, c->pause);
	bench_forget(b);
	b->budget.max_len = c->max_len;
	bench_peer(b, EDU_ACK, 1, 1 + c->acked, 0);
	return b;
}

/* It waits for the next ACK, if that is near; as Linux does (tcp_tso_should_defer()). */
static void part_of_a_piece(struct kunit *test)
{
	const struct part_case *c = test->param_value;
	struct bench *b = part_of_a_window(test, c);

	ASSERT_SENT(b, !!c->goes);
	if (c->goes)
		KUNIT_EXPECT_EQ(test, LAST(b).len, c->goes);
}

/* What waited goes in one piece with what the next ACK lets go. */
static void what_waited_goes_with_the_next_ack(struct kunit *test)
{
	struct bench *b = part_of_a_window(test, &part_cases[0]);

	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_ACK, 1, 1 + 4 * MSS, 0);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1 + 10 * MSS, 4 * MSS);
}

/* In recovery each ACK has its share (RFC 9937), whatever its size. */
static void in_recovery_nothing_waits(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	b->peer_wnd = 60000;
	bench_established(b);
	bench_send(b, 10 * MSS);
	bench_wait(b, 50 * MS);
	b->budget.max_len = 10 * MSS;
	bench_forget(b);
	b->t.recovery = EDU_FAST_RECOVERY;
	b->t.recover = b->t.snd_nxt;
	b->t.last_xmit_at = NOW(b);
	b->t.cwnd = 11 * MSS;
	bench_send(b, 20 * MSS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1 + 10 * MSS, MSS);
	/* The same when nothing is lost. */
	bench_forget(b);
	b->t.recovery = EDU_REDUCING;
	b->t.cwnd = 12 * MSS;
	bench_output(b);
	EXPECT_SENT(b, 0);
}

/* No ACK comes: the tail loss probe goes nevertheless (RFC 8985 7.3), and takes new text. */
static void what_waits_is_probed_with(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->budget.max_len = 10 * MSS;
	bench_established(b);
	b->t.ssthresh = 10 * MSS;
	bench_send(b, 5 * MSS);
	bench_wait(b, 25 * MS);
	bench_send(b, 20 * MSS);
	bench_forget(b);
	bench_peer(b, EDU_ACK, 1, 1 + MSS, 0);
	EXPECT_SENT(b, 0);
	bench_run_until(b, NOW(b) + 2 * BENCH_RTT + MS);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1 + 10 * MSS, MSS);
}

/* Held below us: nothing new, but what is owed still goes. */
static void hold(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.hold = true;
	bench_send(b, 2000);
	EXPECT_SENT(b, 0);
	bench_peer(b, EDU_ACK, 2, 1, 100);		/* behind a gap: an ACK at once */
	EXPECT_SENT(b, 1);
	b->budget.hold = false;
	bench_output(b);
	EXPECT_SENT(b, 3);
}

/* 3.10.2: SEND in SYN-SENT: queued until ESTABLISHED */
static void send_before_established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_syn_sent(b);
	bench_send(b, 500);
	EXPECT_SENT(b, 1);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1, 500);		/* it carries the handshake's ACK */
	KUNIT_EXPECT_EQ(test, LAST(b).ack, IRS + 1);
}

/* MUST-65: "an MSS Option ... MUST NOT be sent on non-SYN segments"; nor do we send others */
static void options_are_for_a_syn(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	bench_syn_sent(b);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.mss, (u16)BENCH_MSS);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	bench_send(b, 2500);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	bench_peer(b, EDU_ACK, 1, 2501, 700);
	bench_shutdown(b);
	bench_run_until(b, NOW(b) + 100 * MS);
	KUNIT_EXPECT_GE(test, b->nsent, 7u);
	for (i = 1; i < b->nsent; i++)
		KUNIT_EXPECT_EQ(test, edu_options_len(&b->sent[i].out.opt), 0u);
}

/* Every segment after the handshake has ACK, and says where we are. */
static void every_segment_acknowledges(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	bench_peer(b, EDU_ACK, 1, 1, 700);
	bench_send(b, 2500);
	bench_shutdown(b);
	for (i = 0; i < b->nsent; i++) {
		KUNIT_EXPECT_TRUE(test, b->sent[i].out.flags & EDU_ACK);
		KUNIT_EXPECT_EQ(test, b->sent[i].out.ack, IRS + 701);
	}
}

static struct kunit_case send_cases[] = {
	KUNIT_CASE(nagle),
	KUNIT_CASE(nagle_until_it_is_full),
	KUNIT_CASE(minshall_tail_of_a_large_write),
	KUNIT_CASE(nodelay),
	KUNIT_CASE(cork),
	KUNIT_CASE(uncork),
	KUNIT_CASE(close_sends_what_was_held),
	KUNIT_CASE(push),
	KUNIT_CASE(no_push_for_what_is_not_all),
	KUNIT_CASE(pushes_are_collapsed),
	KUNIT_CASE(sws_waits_while_in_flight),
	KUNIT_CASE(sws_override),
	KUNIT_CASE(sws_override_after_probes),
	KUNIT_CASE(sws_half_of_the_largest_window),
	KUNIT_CASE(sws_all_that_there_is),
	KUNIT_CASE(window_shrinks),
	KUNIT_CASE(up_to_the_edge),
	KUNIT_CASE(windows_are_unsigned),
	KUNIT_CASE_PARAM(window_update, update_gen_params),
	KUNIT_CASE(scaled_window),
	KUNIT_CASE(no_scaling_without_both),
	KUNIT_CASE_PARAM(effective_send_mss, mss_gen_params),
	KUNIT_CASE(several_at_once),
	KUNIT_CASE_PARAM(part_of_a_piece, part_gen_params),
	KUNIT_CASE(what_waited_goes_with_the_next_ack),
	KUNIT_CASE(in_recovery_nothing_waits),
	KUNIT_CASE(what_waits_is_probed_with),
	KUNIT_CASE(hold),
	KUNIT_CASE(send_before_established),
	KUNIT_CASE(options_are_for_a_syn),
	KUNIT_CASE(every_segment_acknowledges),
	KUNIT_CASE(minshall_across_the_wrap),
	{}
};

static struct kunit_suite send_suite = {
	.name = "edu_tcp_send",
	.test_cases = send_cases,
};

kunit_test_suite(send_suite);
