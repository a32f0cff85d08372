// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgments: RFC 2018 and RFC 2883, with their own examples. Numbers in the
 * first half are the peer's, in the second half ours.
 */
#include "bench.h"

#define MSS	BENCH_MSS

/* --- What we report: RFC 2018 section 4 --- */

/* ESTABLISHED, and @next is the next octet that the peer sends. */
static struct bench *receiver(struct kunit *test, u32 next)
{
	struct bench *b = bench_new(test, ISS, next - 1);

	bench_wants_sack(b);
	bench_established(b);
	return b;
}

/* Octets @from to before @to arrive; the ACK is awaited at once, as for text out of order. */
static void text(struct bench *b, u32 from, u32 to)
{
	bench_peer(b, EDU_ACK, from - b->irs, 1, to - from);
}

static void expect_blocks(struct bench *b, u32 ack, unsigned int n, const u32 *edges, int line)
{
	const struct edu_out *o = &LAST(b);
	unsigned int i;

	KUNIT_ASSERT_GE(b->test, b->nsent, 1u);
	KUNIT_EXPECT_EQ_MSG(b->test, o->ack, ack, "line %d", line);
	KUNIT_ASSERT_EQ_MSG(b->test, (unsigned int)o->opt.nsack, n, "line %d", line);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ_MSG(b->test, o->opt.sack[i].start, edges[2 * i], "line %d", line);
		KUNIT_EXPECT_EQ_MSG(b->test, o->opt.sack[i].end, edges[2 * i + 1], "line %d", line);
	}
}

/* The last segment that was sent acknowledges @ack and has these blocks, as they stand there. */
#define EXPECT_BLOCKS(b, ack, ...)						\
	expect_blocks(b, ack, ARRAY_SIZE(((const u32[]){ __VA_ARGS__ })) / 2,	\
		      (const u32[]){ __VA_ARGS__ }, __LINE__)
#define EXPECT_NO_BLOCKS(b, ack)	expect_blocks(b, ack, 0, NULL, __LINE__)

/* RFC 2018 7, case 1: the first 4 segments are received, the last 4 are dropped */
static void rfc2018_case_1(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	text(b, 5000, 5500);
	text(b, 5500, 6000);
	text(b, 6000, 6500);
	text(b, 6500, 7000);
	EXPECT_NO_BLOCKS(b, 7000);
}

/* Case 2: the first is dropped, the remaining 7 are received */
static void rfc2018_case_2(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);
	u32 seq;

	for (seq = 5500; seq < 9000; seq += 500) {
		text(b, seq, seq + 500);
		EXPECT_BLOCKS(b, 5000, 5500, seq + 500);
	}
	EXPECT_SENT(b, 7);				/* an ACK for each (RFC 5681 4.2) */
}

/* Case 3: the 2nd, 4th, 6th and 8th are dropped; then the 4th comes, then the 2nd */
static void rfc2018_case_3(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	text(b, 5000, 5500);
	EXPECT_NO_BLOCKS(b, 5500);
	text(b, 6000, 6500);
	EXPECT_BLOCKS(b, 5500, 6000, 6500);
	text(b, 7000, 7500);
	EXPECT_BLOCKS(b, 5500, 7000, 7500, 6000, 6500);
	text(b, 8000, 8500);
	EXPECT_BLOCKS(b, 5500, 8000, 8500, 7000, 7500, 6000, 6500);
	text(b, 6500, 7000);
	EXPECT_BLOCKS(b, 5500, 6000, 7500, 8000, 8500);
	text(b, 5500, 6000);
	EXPECT_BLOCKS(b, 7500, 8000, 8500);
}

/* "the first SACK block MUST specify the ... block ... containing the segment which triggered" */
static void the_first_block_has_the_newest_segment(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	text(b, 6000, 6500);
	text(b, 7000, 7500);
	text(b, 8000, 8500);
	text(b, 6500, 6600);				/* the oldest block grows */
	EXPECT_BLOCKS(b, 5000, 6000, 6600, 8000, 8500, 7000, 7500);
	text(b, 6990, 7000);				/* downwards too */
	EXPECT_BLOCKS(b, 5000, 6990, 7500, 6000, 6600, 8000, 8500);
}

/* Room for four; with timestamps for three (RFC 2018 3); the oldest goes first. */
static void as_many_blocks_as_fit(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	text(b, 6000, 6100);
	text(b, 6200, 6300);
	text(b, 6400, 6500);
	text(b, 6600, 6700);
	EXPECT_BLOCKS(b, 5000, 6600, 6700, 6400, 6500, 6200, 6300, 6000, 6100);
	text(b, 6800, 6900);
	EXPECT_BLOCKS(b, 5000, 6800, 6900, 6600, 6700, 6400, 6500, 6200, 6300);

	b = bench_new(test, ISS, 4999);
	bench_wants_sack(b);
	bench_wants_timestamps(b, 1);
	bench_established(b);
	text(b, 6000, 6100);
	text(b, 6200, 6300);
	text(b, 6400, 6500);
	text(b, 6600, 6700);
	EXPECT_BLOCKS(b, 5000, 6600, 6700, 6400, 6500, 6200, 6300);
	KUNIT_EXPECT_EQ(test, edu_options_len(&LAST(b).opt), 40u);
	/* With a D-SACK in front there is room for two. */
	text(b, 6400, 6500);
	EXPECT_BLOCKS(b, 5000, 6400, 6500, 6400, 6500, 6600, 6700);
}

struct negotiation {
	const char *name;
	bool ours, peers, reports;
};

static const struct negotiation negotiations[] = {
	{ "both permit it", true, true, true },
	{ "the peer does not", true, false, false },
	{ "we do not", false, true, false },
	{ "neither", false, false, false },
};

KUNIT_ARRAY_PARAM_DESC(negotiation, negotiations, name);

/* RFC 2018 2, 4: blocks only to one that sent SACK-Permitted, and the option only in SYNs */
static void only_where_both_permit_it(struct kunit *test)
{
	const struct negotiation *c = test->param_value;
	struct bench *b = bench_new(test, ISS, IRS);
	struct edu_segment syn = { .flags = EDU_SYN, .seq = IRS, .wnd = BENCH_WND,
				   .opt = { .sack_permitted = c->peers } };
	struct edu_request r;
	struct edu_out o;

	b->params.sack = c->ours;
	b->peer_options.sack_permitted = c->peers;
	bench_syn_sent(b);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.sack_permitted, (int)c->ours);
	bench_peer(b, EDU_SYN | EDU_ACK, 0, 1, 0);
	bench_peer(b, EDU_ACK, 101, 1, 10);
	KUNIT_EXPECT_EQ(test, LAST(b).opt.nsack, c->reports ? 1 : 0);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.sack_permitted, 0);

	/* The other way of opening: only in answer to the peer's */
	edu_request_init(&r, &syn, &b->params, ISS, 0, BENCH_WND, 0, NOW(b));
	edu_request_synack(&r, MSS, NOW(b), &o);
	KUNIT_EXPECT_EQ(test, (int)o.opt.sack_permitted, (int)c->reports);
	edu_tcb_init(&b->t, &b->params);
	edu_open_from_request(&b->t, &r, MSS, NOW(b));
	KUNIT_EXPECT_EQ(test, (int)b->t.sack_ok, (int)c->reports);

	/* And both at once */
	b = bench_new(test, ISS, IRS);
	b->params.sack = c->ours;
	b->peer_options.sack_permitted = c->peers;
	bench_syn_received(b);
	EXPECT_SEGMENT(b, 1, EDU_SYN | EDU_ACK, 0, 0);
	KUNIT_EXPECT_EQ(test, (int)LAST(b).opt.sack_permitted, (int)c->reports);
}

/* A FIN takes up a number, and is held: it is in the block. */
static void a_fin_is_reported(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	bench_peer(b, EDU_ACK | EDU_FIN, 501, 1, 500);
	EXPECT_BLOCKS(b, 5000, 5500, 6001);
	text(b, 5000, 5500);
	EXPECT_NO_BLOCKS(b, 6001);
	EXPECT_STATE(b, EDU_CLOSE_WAIT);
}

/* To the octet, and block by block. */
static void blocks_behind_are_given_up(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	text(b, 8000, 8100);
	text(b, 6000, 6100);
	text(b, 7000, 7100);
	EXPECT_BLOCKS(b, 5000, 7000, 7100, 6000, 6100, 8000, 8100);
	edu_sack_given_up(&b->t, 7101);
	b->t.ack_now = 1;
	bench_output(b);
	EXPECT_BLOCKS(b, 5000, 7000, 7100, 6000, 6100);
	edu_sack_given_up(&b->t, 7000);		/* nothing is left of a block that begins there */
	b->t.ack_now = 1;
	bench_output(b);
	EXPECT_BLOCKS(b, 5000, 6000, 6100);
}

/* What is given up for want of memory is not reported any more (RFC 2018 8). */
static void what_is_given_up_is_not_reported(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);
	struct edu_todo todo;
	unsigned int i;

	text(b, 5100, 5200);
	for (i = 0; i < 8; i++)
		text(b, 6000 + 100 * i, 6100 + 100 * i);
	EXPECT_BLOCKS(b, 5000, 6000, 6800, 5100, 5200);
	edu_todo_init(&todo);
	edu_out_of_order_prune(&b->t, &todo);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&todo.unwanted), 8u);
	b->t.ack_now = 1;
	bench_output(b);
	EXPECT_BLOCKS(b, 5000, 5100, 5200);
	/* In the middle of a block */
	text(b, 5200, 5300);
	for (i = 0; i < 8; i++)
		text(b, 5300 + 10 * i, 5310 + 10 * i);
	edu_todo_init(&todo);
	edu_out_of_order_prune(&b->t, &todo);
	b->t.ack_now = 1;
	bench_output(b);
	EXPECT_BLOCKS(b, 5000, 5100, 5300);
}

/* Blocks across the end of the number space */
static void our_blocks_wrap(struct kunit *test)
{
	struct bench *b = receiver(test, 0xffffff00);

	text(b, 0xffffff80, 0x00000080);
	EXPECT_BLOCKS(b, 0xffffff00, 0xffffff80, 0x80);
	text(b, 0x100, 0x180);
	EXPECT_BLOCKS(b, 0xffffff00, 0x100, 0x180, 0xffffff80, 0x80);
	text(b, 0x80, 0x100);
	EXPECT_BLOCKS(b, 0xffffff00, 0xffffff80, 0x180);
	text(b, 0xffffff00, 0xffffff80);
	EXPECT_NO_BLOCKS(b, 0x180);
}

/* From small segments they would take the best part: text of less than 240 octets goes without. */
static void no_blocks_beside_little_text(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	b->t.mss = 239;
	edu_sent_by_user(&b->t, 239);
	text(b, 6000, 6500);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 239);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.nsack, 0);
	EXPECT_BLOCKS(b, 5000, 6000, 6500);		/* by themselves */

	b = receiver(test, 5000);
	b->t.mss = 240;
	edu_sent_by_user(&b->t, 240);
	text(b, 6000, 6500);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, 240 - 12);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.nsack, 1);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1 + 240 - 12, 12);
}

/* Text makes room for the blocks (MUST-16); a full retransmission has none, an ACK follows. */
static void blocks_beside_text(struct kunit *test)
{
	struct bench *b = receiver(test, 5000);

	edu_sent_by_user(&b->t, 2 * MSS);
	text(b, 6000, 6500);
	ASSERT_SENT(b, 3);
	/* One block: 2 NOPs, kind, length and 8 octets */
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS - 12);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.nsack, 1);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1 + MSS - 12, MSS - 12);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 1 + 2 * (MSS - 12), 24);
	EXPECT_BLOCKS(b, 5000, 6000, 6500);

	/* A full segment that is sent again has no room for them. */
	b = receiver(test, 5000);
	bench_send(b, MSS);
	text(b, 6000, 6500);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.nsack, 0);
	/* If it took the place of an ACK that is owed, that comes by itself. */
	bench_forget(b);
	edu_sent_move(&b->t, edu_sent_first(&b->t, EDU_SENT), EDU_LOST);
	text(b, 7000, 7500);
	ASSERT_SENT(b, 2);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	KUNIT_EXPECT_EQ(test, b->sent[0].out.opt.nsack, 0);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 1 + MSS, 0);
	EXPECT_BLOCKS(b, 5000, 7000, 7500, 6000, 6500);
}

/* --- Duplicates that we report: RFC 2883 section 4 --- */

/* Example 1: a duplicate of what is acknowledged */
static void rfc2883_example_1(struct kunit *test)
{
	struct bench *b = receiver(test, 3000);

	text(b, 3000, 3500);
	text(b, 3500, 4000);
	text(b, 3000, 3500);
	EXPECT_BLOCKS(b, 4000, 3000, 3500);
	EXPECT_MIB(b, TCPDSACKOldSent);
	/* "each duplicate ... reported in at most one D-SACK block" */
	b->t.ack_now = 1;
	bench_output(b);
	EXPECT_NO_BLOCKS(b, 4000);
}

/* Example 2: and something is held out of order */
static void rfc2883_example_2(struct kunit *test)
{
	struct bench *b = receiver(test, 3000);

	text(b, 3000, 3500);
	text(b, 3500, 4000);
	text(b, 4500, 5000);
	EXPECT_BLOCKS(b, 4000, 4500, 5000);
	text(b, 3000, 3500);
	EXPECT_BLOCKS(b, 4000, 3000, 3500, 4500, 5000);
}

/* Example 3: a duplicate of what is held out of order; the second block is the one it is in */
static void rfc2883_example_3(struct kunit *test)
{
	struct bench *b = receiver(test, 3500);

	text(b, 3500, 4000);
	text(b, 4500, 5000);
	EXPECT_BLOCKS(b, 4000, 4500, 5000);
	text(b, 5000, 5500);
	EXPECT_BLOCKS(b, 4000, 4500, 5500);
	text(b, 5000, 5500);
	EXPECT_BLOCKS(b, 4000, 5000, 5500, 4500, 5500);
	EXPECT_MIB(b, TCPDSACKOfoSent);
}

/* The same with another block between: the second one MUST be the larger block it is in */
static void the_second_block_holds_the_duplicate(struct kunit *test)
{
	struct bench *b = receiver(test, 4000);

	text(b, 4500, 5000);
	text(b, 5000, 5500);
	text(b, 6000, 6500);
	EXPECT_BLOCKS(b, 4000, 6000, 6500, 4500, 5500);
	text(b, 5000, 5500);
	EXPECT_BLOCKS(b, 4000, 5000, 5500, 4500, 5500, 6000, 6500);
}

/* Example 4: a single duplicate subsegment */
static void rfc2883_example_4(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 500, 1000);
	text(b, 2000, 2500);
	EXPECT_BLOCKS(b, 1000, 2000, 2500);
	text(b, 1000, 1500);
	EXPECT_BLOCKS(b, 1500, 2000, 2500);
	text(b, 1000, 2000);
	EXPECT_BLOCKS(b, 2500, 1000, 1500);
}

/* Example 5: two non-contiguous ones: the first is reported */
static void rfc2883_example_5(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 500, 1000);
	text(b, 3000, 3500);
	text(b, 1000, 1500);
	EXPECT_BLOCKS(b, 1500, 3000, 3500);
	text(b, 2000, 2500);
	EXPECT_BLOCKS(b, 1500, 2000, 2500, 3000, 3500);
	text(b, 1000, 2500);
	EXPECT_BLOCKS(b, 2500, 1000, 1500, 3000, 3500);
}

/* Example 6: two, not covered by the cumulative acknowledgment */
static void rfc2883_example_6(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 500, 1000);
	text(b, 2000, 2500);
	text(b, 3000, 3500);
	text(b, 1500, 3500);
	EXPECT_BLOCKS(b, 1000, 2000, 2500, 1500, 3500);
}

/* 4.2: a segment in order whose end was here already */
static void a_duplicate_end_of_a_segment_in_order(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 1000, 1500);
	text(b, 2000, 2500);
	text(b, 500, 1500);
	EXPECT_BLOCKS(b, 1500, 1000, 1500, 2000, 2500);
	EXPECT_MIB(b, TCPDSACKOfoSent);
}

/* 4: "a duplicate contiguous sequence", in however many segments it came */
static void a_duplicate_of_several_segments(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 1000, 1500);
	text(b, 1500, 2000);
	text(b, 2000, 2500);
	EXPECT_BLOCKS(b, 500, 1000, 2500);
	text(b, 1000, 2400);
	EXPECT_BLOCKS(b, 500, 1000, 2400, 1000, 2500);
	text(b, 2500, 2600);
	text(b, 900, 2700);
	EXPECT_BLOCKS(b, 500, 1000, 2600, 900, 2700);
	text(b, 2700, 2800);
	text(b, 500, 2750);
	EXPECT_BLOCKS(b, 2800, 900, 2750);
}

/* 4.2: one out of order that begins in what is held, and one that ends in it */
static void overlaps_out_of_order(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 1000, 1500);
	text(b, 1200, 1700);
	EXPECT_BLOCKS(b, 500, 1200, 1500, 1000, 1700);
	text(b, 900, 1100);
	EXPECT_BLOCKS(b, 500, 1000, 1100, 900, 1700);
	/* Neighbours overlap in nothing. */
	text(b, 1700, 1800);
	EXPECT_BLOCKS(b, 500, 900, 1800);
}

/* A reordered segment is no duplicate. */
static void reordering_is_no_duplicate(struct kunit *test)
{
	struct bench *b = receiver(test, 500);

	text(b, 700, 900);
	text(b, 500, 700);
	EXPECT_NO_BLOCKS(b, 900);
	EXPECT_NO_MIB(b, TCPDSACKOldSent);
	EXPECT_NO_MIB(b, TCPDSACKOfoSent);
}

/* Without SACK there is no D-SACK. */
static void no_dsack_without_sack(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, 2999);

	bench_established(b);
	text(b, 3000, 3500);
	text(b, 3000, 3500);
	EXPECT_NO_BLOCKS(b, 3500);
	EXPECT_NO_MIB(b, TCPDSACKOldSent);
}

/* --- What the peer reports --- */

/* ESTABLISHED, with so many segments in flight, sent a round trip ago. */
static struct bench *sender_at(struct kunit *test, u32 iss, unsigned int segments)
{
	struct bench *b = bench_new(test, iss, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	bench_established(b);
	bench_send(b, segments * MSS);
	ASSERT_SENT(b, segments);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
	return b;
}

static struct bench *sender(struct kunit *test, unsigned int segments)
{
	return sender_at(test, ISS, segments);
}

static void expect_queues(struct bench *b, u32 sent, u32 lost, u32 sacked, int line)
{
	KUNIT_EXPECT_EQ_MSG(b->test, b->t.queue[EDU_SENT].octets, sent, "sent, line %d", line);
	KUNIT_EXPECT_EQ_MSG(b->test, b->t.queue[EDU_LOST].octets, lost, "lost, line %d", line);
	KUNIT_EXPECT_EQ_MSG(b->test, b->t.queue[EDU_SACKED].octets, sacked, "SACKed, line %d",
			    line);
	KUNIT_EXPECT_EQ_MSG(b->test, edu_flight(&b->t), sent + lost + sacked, "line %d", line);
}

#define EXPECT_QUEUES(b, sent, lost, sacked)	expect_queues(b, sent, lost, sacked, __LINE__)

/* RFC 2018 5: what is SACKed is not sent again; what is not, is */
static void only_the_holes_are_sent_again(struct kunit *test)
{
	struct bench *b = sender(test, 10);

	/* The 1st, the 4th and the 8th are lost. */
	SACK(b, 1, 1001, 3001);
	EXPECT_SENT(b, 0);
	SACK(b, 1, 4001, 7001, 1001, 3001);
	SACK(b, 1, 8001, 10001, 4001, 7001, 1001, 3001);
	bench_peer(b, EDU_ACK, 1, 3001, 0);
	bench_peer(b, EDU_ACK, 1, 7001, 0);
	ASSERT_SENT(b, 3);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 3001, MSS);
	EXPECT_SEGMENT(b, 2, EDU_ACK, 7001, MSS);
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	EXPECT_QUEUES(b, 0, 0, 0);
	EXPECT_SENT(b, 3);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
}

/* A block may come again; it says nothing new then. */
static void blocks_that_come_again(struct kunit *test)
{
	struct bench *b = sender(test, 4);
	unsigned int i;

	for (i = 0; i < 100; i++)
		SACK(b, 1, 1001, 2001);
	EXPECT_QUEUES(b, 3000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	/* What stands behind the last block is none, nor is one that ends at SND.UNA news. */
	b->seg_options.sack[1].start = ISS + 3001;
	b->seg_options.sack[1].end = ISS + 4001;
	SACK(b, 1, 1001, 2001);
	SACK(b, 1, 1001, 2001, 0, 1);
	EXPECT_QUEUES(b, 3000, 0, 1000);
	EXPECT_NO_MIB(b, TCPSACKDiscard);
}

struct bad_block {
	const char *name;
	u32 start, end;			/* from ISS; 1 to 4001 are in flight */
	bool counted;
};

static const struct bad_block bad_blocks[] = {
	{ "beyond SND.NXT", 5001, 6001, true },
	{ "ends one beyond SND.NXT", 2001, 4002, true },
	{ "the other way round", 3001, 2001, true },
	{ "empty", 2001, 2001, true },
	{ "begins before SND.UNA, ends behind it", 0, 2001, true },
	{ "half the number space away", 0x80000001, 0x80000401, false },
	{ "as long as the number space", 1001, 1000, true },
	{ "2^31 long", 1001, 0x800003e9, false },
};

KUNIT_ARRAY_PARAM_DESC(bad_block, bad_blocks, name);

/* RFC 2018 says nothing of blocks that cannot be: they are not believed. */
static void bad_blocks_are_ignored(struct kunit *test)
{
	const struct bad_block *c = test->param_value;
	struct bench *b = sender(test, 4);

	SACK(b, 1, c->start, c->end);
	EXPECT_QUEUES(b, 4000, 0, 0);
	EXPECT_SENT(b, 0);
	EXPECT_NO_MIB(b, TCPDSACKRecv);
	KUNIT_EXPECT_EQ(test, COUNTED(b, TCPSACKDiscard), c->counted);
	/* The good ones beside it count. */
	SACK(b, 1, c->start, c->end, 1001, 2001);
	EXPECT_QUEUES(b, 3000, 0, 1000);
}

/* The whole of what is in flight, but the first octet: at the edges of both windows */
static void blocks_at_the_edges(struct kunit *test)
{
	struct bench *b = sender(test, 4);

	SACK(b, 1, 1, 1001);				/* SND.UNA itself: odd, but possible */
	EXPECT_QUEUES(b, 3000, 0, 1000);
	SACK(b, 1001, 3001, 4001);			/* up to SND.NXT */
	EXPECT_QUEUES(b, 2000, 0, 1000);
}

/* The same across the end of the number space: nothing depends on where it is */
static void the_peers_blocks_wrap(struct kunit *test)
{
	static const u32 iss[] = { 0xffffffff, 0xfffff000, 0x7fffffff, 0x7ffff000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(iss); i++) {
		struct bench *b = sender_at(test, iss[i], 10);

		SACK(b, 1, 1001, 3001);
		SACK(b, 1, 4001, 7001, 1001, 3001);
		/* 1 and 4 are behind three that arrived; 8 to 10 were sent later. */
		EXPECT_SEGMENT(b, 0, EDU_ACK, 1, MSS);
		EXPECT_SEGMENT(b, 1, EDU_ACK, 3001, MSS);
		bench_peer(b, EDU_ACK, 1, 10001, 0);
		EXPECT_QUEUES(b, 0, 0, 0);
	}
}

/* A FIN can be SACKed. */
static void a_fin_is_sacked(struct kunit *test)
{
	struct bench *b = sender(test, 2);

	bench_shutdown(b);
	EXPECT_QUEUES(b, 2001, 0, 0);
	SACK(b, 1, 1001, 2002);
	EXPECT_QUEUES(b, 1000, 0, 1001);
	bench_peer(b, EDU_ACK, 1, 2002, 0);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
}

/* One buffer of ten segments: it is cut where the block begins and ends */
static void large_buffers_are_cut(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	b->budget.max_len = 60000;
	bench_established(b);
	bench_send(b, 10 * MSS);
	ASSERT_SENT(b, 1);
	bench_wait(b, BENCH_RTT);
	SACK(b, 1, 2001, 3001);
	KUNIT_EXPECT_EQ(test, b->splits, 2u);
	EXPECT_QUEUES(b, 9000, 0, 1000);
	/* Only at whole segments: inwards (CVE-2019-11478) */
	SACK(b, 1, 6500, 8700, 2001, 3001);
	EXPECT_QUEUES(b, 8000, 0, 2000);
	SACK(b, 1, 9200, 9900);
	EXPECT_QUEUES(b, 8000, 0, 2000);
	KUNIT_EXPECT_EQ(test, b->splits, 4u);
}

static void blocks_behind_a_dsack_count(struct kunit *test)
{
	struct bench *b = sender(test, 10);

	SACK(b, 3001, 1001, 2001, 5001, 6001, 8001, 9001);
	EXPECT_MIB(b, TCPDSACKRecv);
	EXPECT_QUEUES(b, 5000, 0, 2000);
}

/* A block of an earlier option that stands behind the last one says nothing. */
static void what_stands_behind_the_last_block(struct kunit *test)
{
	struct bench *b = sender(test, 10);

	b->seg_options.sack[1].start = ISS + 1;
	b->seg_options.sack[1].end = ISS + 10001;
	SACK(b, 1, 5001, 6001);
	EXPECT_NO_MIB(b, TCPDSACKRecv);
	EXPECT_QUEUES(b, 9000, 0, 1000);
}

/* No memory to cut with: the block is not believed, and nothing is lost by that. */
static void no_memory_to_cut(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	b->budget.max_len = 60000;
	b->no_memory = true;
	bench_established(b);
	bench_send(b, 10 * MSS);
	bench_wait(b, BENCH_RTT);
	SACK(b, 1, 2001, 4001);
	EXPECT_QUEUES(b, 10000, 0, 0);
	SACK(b, 1, 2001, 10001);
	EXPECT_QUEUES(b, 10000, 0, 0);
	SACK(b, 1, 1, 4001);
	EXPECT_QUEUES(b, 10000, 0, 0);
	bench_peer(b, EDU_ACK, 1, 10001, 0);
	EXPECT_QUEUES(b, 0, 0, 0);
}

struct dsack_case {
	const char *name;
	u32 ack;
	u32 edges[4];			/* from ISS */
	bool dsack;
};

/* RFC 2883 4: what its receiver can tell a D-SACK by. 1 to 10001 were sent, 3001 acknowledged. */
static const struct dsack_case dsack_cases[] = {
	{ "below the cumulative acknowledgment", 3001, { 1001, 2001 }, true },
	{ "just below it", 3001, { 2001, 3001 }, true },
	{ "inside of the second block", 3001, { 5001, 6001, 4001, 7001 }, true },
	{ "all of the second block", 3001, { 5001, 6001, 5001, 6001 }, true },
	{ "below it, beside others", 3001, { 1001, 2001, 5001, 6001 }, true },
	{ "across the cumulative acknowledgment", 3001, { 2001, 4001 }, false },
	{ "beside the second block", 3001, { 4001, 5001, 6001, 7001 }, false },
	{ "around the second block", 3001, { 4001, 7001, 5001, 6001 }, false },
	{ "an ACK that was overtaken: not below its own", 1, { 1001, 2001 }, false },
	{ "... and one that has a D-SACK", 2001, { 1001, 2001 }, true },
	{ "before anything in the window", 3001, { 0u - 70000, 0u - 69000 }, false },
	{ "half the number space away", 3001, { 0x80001001, 0x80002001 }, false },
	{ "empty", 3001, { 2001, 2001 }, false },
	{ "the other way round", 3001, { 2001, 1001 }, false },
};

KUNIT_ARRAY_PARAM_DESC(dsack, dsack_cases, name);

static void recognized(struct kunit *test)
{
	const struct dsack_case *c = test->param_value;
	struct bench *b = sender(test, 10);

	bench_peer(b, EDU_ACK, 1, 3001, 0);
	bench_forget(b);
	bench_sack(b, c->ack, c->edges[3] ? 2 : 1, c->edges);
	KUNIT_EXPECT_EQ(test, COUNTED(b, TCPDSACKRecv), c->dsack);
}

/* --- Reneging: RFC 2018 section 8 --- */

/* "the data sender MUST retransmit the segment at the left edge ..., whether or not" SACKed */
static void reneging(struct kunit *test)
{
	struct bench *b = sender(test, 6);

	/* 2 and 3 had arrived; when 1 comes the peer has them no more. */
	SACK(b, 1, 1001, 3001);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	/* It may be on its way still: half a round trip is enough to know. */
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + b->t.srtt / 2);
	bench_forget(b);
	bench_run_until(b, b->t.deadline[EDU_TIMER_RTO]);
	EXPECT_MIB(b, TCPSACKReneging);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SACKED].octets, 0u);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK, 1001, MSS);
	bench_peer(b, EDU_ACK, 1, 2001, 0);
	EXPECT_SEGMENT(b, 1, EDU_ACK, 2001, MSS);
}

/* Half of a round trip, but not nothing. */
static void reneging_nearby(struct kunit *test)
{
	struct bench *b = sender(test, 6);

	SACK(b, 1, 1001, 3001);
	b->t.srtt = 2 * EDU_MSEC;
	edu_sent_move(&b->t, edu_sent_first(&b->t, EDU_SENT), EDU_SACKED);
	edu_reneged(&b->t, NOW(b));
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + 10 * EDU_MSEC);
}

/* It had not: the next ACK says so. */
static void no_reneging_after_all(struct kunit *test)
{
	struct bench *b = sender(test, 6);

	SACK(b, 1, 1001, 3001);
	bench_peer(b, EDU_ACK, 1, 1001, 0);
	bench_peer(b, EDU_ACK, 1, 4001, 0);
	KUNIT_EXPECT_EQ(test, b->t.deadline[EDU_TIMER_RTO], NOW(b) + edu_rto(&b->t));
	bench_forget(b);
	bench_run_until(b, NOW(b) + BENCH_RTT);
	EXPECT_NO_MIB(b, TCPSACKReneging);
}

/* --- Attacks. Counted in nodes that are looked at, not in time. --- */

/* ESTABLISHED, with @segments of one octet each in flight: SegmentSmack's and SACK panic's wish */
static struct bench *crumbs(struct kunit *test, unsigned int segments)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int i;

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	b->t.nodelay = 1;
	bench_established(b);
	b->t.cwnd = 1u << 29;
	for (i = 0; i < segments; i++) {
		bench_send(b, 1);
		bench_forget(b);
	}
	KUNIT_ASSERT_EQ(test, b->t.queue[EDU_SENT].nodes, segments);
	bench_wait(b, BENCH_RTT);
	return b;
}

/* As SACK(), but what it leads to is not sent: here that would be thousands of segments. */
static void hear(struct bench *b, u32 ack, unsigned int n, const u32 *edges)
{
	struct edu_segment seg = { .flags = EDU_ACK, .seq = b->irs + 1, .ack = b->iss + ack,
				   .wnd = b->peer_wnd, .opt.nsack = n };
	unsigned int i;

	for (i = 0; i < n; i++) {
		seg.opt.sack[i].start = b->iss + edges[2 * i];
		seg.opt.sack[i].end = b->iss + edges[2 * i + 1];
	}
	bench_arrives(b, &seg);
}

#define HEAR(b, ack, ...)							\
	hear(b, ack, ARRAY_SIZE(((const u32[]){ __VA_ARGS__ })) / 2,		\
	     (const u32[]){ __VA_ARGS__ })

#define CRUMBS		20000u
/* A search in a red-black tree of n nodes looks at 2 * log2 (n + 1) at most: 28.6. */
#define SEARCH		29u

/*
 * Every other octet is SACKed, one block at a time, then the rest: each segment
 * is moved once, and found with a few searches.
 */
static void every_other_octet(struct kunit *test)
{
	struct bench *b = crumbs(test, CRUMBS);
	unsigned long before = edu_steps, worst = 0, i;

	b->t.reordering_seen = 1;	/* or the others were lost: the next test */
	b->t.srtt = EDU_SEC;
	b->t.min_rtt = EDU_SEC;
	b->t.reo_wnd_mult = 255;
	for (i = 0; i < CRUMBS / 2; i++) {
		unsigned long steps = edu_steps;

		HEAR(b, 1, 2 + 2 * i, 3 + 2 * i);
		worst = max(worst, edu_steps - steps);
	}
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SACKED].nodes, CRUMBS / 2);
	/* Two searches for the block, in two trees; one to insert; one look at the oldest. */
	KUNIT_EXPECT_LE(test, worst, 3ul * SEARCH + 4);
	KUNIT_EXPECT_LE(test, edu_steps - before, CRUMBS / 2 * (3ul * SEARCH + 4));
	KUNIT_EXPECT_GT(test, edu_steps - before, (unsigned long)CRUMBS);	/* it does count */
	/* What was told comes again: searches only */
	before = edu_steps;
	for (i = 0; i < 1000; i++)
		HEAR(b, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	KUNIT_EXPECT_LE(test, edu_steps - before, 1000 * (8ul * SEARCH + 4));
}

/* All are lost at once: that costs as much as to have sent them, but once. */
static void all_are_lost_at_once(struct kunit *test)
{
	struct bench *b = crumbs(test, CRUMBS);
	unsigned long before = edu_steps;
	unsigned int i;

	HEAR(b, 1, CRUMBS - 2, CRUMBS + 1);
	EXPECT_QUEUES(b, 0, CRUMBS - 3, 3);
	KUNIT_EXPECT_LE(test, edu_steps - before, CRUMBS * (SEARCH + 1ul));
	/* Whatever comes next is cheap: nothing is moved to and fro. */
	before = edu_steps;
	for (i = 0; i < 1000; i++)
		HEAR(b, 1, CRUMBS - 3 - i, CRUMBS - 2 - i, CRUMBS - 2, CRUMBS + 1);
	EXPECT_QUEUES(b, 0, CRUMBS - 1003, 1003);
	KUNIT_EXPECT_LE(test, edu_steps - before, 1000 * 5ul * SEARCH);
}

/*
 * The peer says that a retransmission was needless, which undoes the recovery,
 * and with the next ACK that all is lost again: the queues must not be moved to
 * and fro for each of its ACKs.
 */
static void undo_is_no_lever(struct kunit *test)
{
	struct bench *b = crumbs(test, CRUMBS);
	unsigned long before = edu_steps;
	unsigned int i, undone = 0;

	for (i = 0; i < 50; i++) {
		HEAR(b, 1, CRUMBS - 3 - i, CRUMBS + 1);
		/* One is sent again, and has come twice. */
		b->t.undo_retrans = 1;
		b->t.retransmitted_at = NOW(b);
		HEAR(b, 1, CRUMBS - 3 - i, CRUMBS - 2 - i, CRUMBS - 3 - i, CRUMBS + 1);
		undone += !!(b->todo.counted & 1ull << EDU_MIB_TCPFullUndo);
	}
	KUNIT_EXPECT_EQ(test, undone, 1u);
	/* Lost, given back, lost again; and the searches for the blocks */
	KUNIT_EXPECT_LE(test, edu_steps - before,
			3ul * CRUMBS * (SEARCH + 1) + 50 * 9ul * SEARCH);

	/* What is sent after that may be undone again. */
	bench_peer(b, EDU_ACK, 1, CRUMBS + 1, 0);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_OPEN);
	bench_forget(b);
	bench_send(b, 5 * MSS);
	bench_wait(b, BENCH_RTT);
	SACK(b, CRUMBS + 1, CRUMBS + 1001, CRUMBS + 4001);
	bench_run_until(b, b->t.deadline[EDU_TIMER_REORDER]);
	KUNIT_EXPECT_EQ(test, b->t.recovery, (u8)EDU_FAST_RECOVERY);
	SACK(b, CRUMBS + 4001, CRUMBS + 1, CRUMBS + 1001);
	EXPECT_MIB(b, TCPFullUndo);
}

/* Blocks that begin and end anywhere make no crumbs of a large buffer (CVE-2019-11477, 11478). */
static void hostile_blocks_make_no_crumbs(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned long before;
	u32 i;

	bench_wants_sack(b);
	b->peer_wnd = 60000;
	b->budget.max_len = 50 * MSS;
	bench_established(b);
	b->t.cwnd = 1u << 29;
	bench_send(b, 50 * MSS);
	ASSERT_SENT(b, 1);
	bench_wait(b, BENCH_RTT);
	before = edu_steps;
	for (i = 0; i < 49990; i++)
		HEAR(b, 1, 2 + i, 3 + i % 7 + i, 50000 - i, 50002 - i % 3 - i);
	/* Nothing in there was a whole segment. */
	KUNIT_EXPECT_EQ(test, b->splits, 0u);
	KUNIT_EXPECT_LE(test, edu_steps - before, 49990 * 10ul);

	/* And if there are: no more nodes than segments. */
	for (i = 0; i < 1000; i++) {
		u32 from = 1 + i * 48271 % 48000;

		HEAR(b, 1, from, from + 1000 + i);
	}
	KUNIT_EXPECT_LE(test, b->t.queue[EDU_SENT].nodes + b->t.queue[EDU_LOST].nodes +
			b->t.queue[EDU_SACKED].nodes, 50u);
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE(rfc2018_case_1),
	KUNIT_CASE(rfc2018_case_2),
	KUNIT_CASE(rfc2018_case_3),
	KUNIT_CASE(the_first_block_has_the_newest_segment),
	KUNIT_CASE(as_many_blocks_as_fit),
	KUNIT_CASE_PARAM(only_where_both_permit_it, negotiation_gen_params),
	KUNIT_CASE(a_fin_is_reported),
	KUNIT_CASE(blocks_behind_are_given_up),
	KUNIT_CASE(what_is_given_up_is_not_reported),
	KUNIT_CASE(our_blocks_wrap),
	KUNIT_CASE(no_blocks_beside_little_text),
	KUNIT_CASE(blocks_beside_text),
	KUNIT_CASE(rfc2883_example_1),
	KUNIT_CASE(rfc2883_example_2),
	KUNIT_CASE(rfc2883_example_3),
	KUNIT_CASE(the_second_block_holds_the_duplicate),
	KUNIT_CASE(rfc2883_example_4),
	KUNIT_CASE(rfc2883_example_5),
	KUNIT_CASE(rfc2883_example_6),
	KUNIT_CASE(a_duplicate_end_of_a_segment_in_order),
	KUNIT_CASE(a_duplicate_of_several_segments),
	KUNIT_CASE(overlaps_out_of_order),
	KUNIT_CASE(reordering_is_no_duplicate),
	KUNIT_CASE(no_dsack_without_sack),
	KUNIT_CASE(only_the_holes_are_sent_again),
	KUNIT_CASE(blocks_that_come_again),
	KUNIT_CASE_PARAM(bad_blocks_are_ignored, bad_block_gen_params),
	KUNIT_CASE(blocks_at_the_edges),
	KUNIT_CASE(the_peers_blocks_wrap),
	KUNIT_CASE(a_fin_is_sacked),
	KUNIT_CASE(large_buffers_are_cut),
	KUNIT_CASE(blocks_behind_a_dsack_count),
	KUNIT_CASE(what_stands_behind_the_last_block),
	KUNIT_CASE(no_memory_to_cut),
	KUNIT_CASE_PARAM(recognized, dsack_gen_params),
	KUNIT_CASE(reneging),
	KUNIT_CASE(reneging_nearby),
	KUNIT_CASE(no_reneging_after_all),
	KUNIT_CASE_SLOW(every_other_octet),
	KUNIT_CASE_SLOW(all_are_lost_at_once),
	KUNIT_CASE_SLOW(undo_is_no_lever),
	KUNIT_CASE_SLOW(hostile_blocks_make_no_crumbs),
	{}
};

static struct kunit_suite sack_suite = {
	.name = "edu_tcp_sack",
	.test_cases = sack_cases,
};

kunit_test_suite(sack_suite);
