// SPDX-License-Identifier: GPL-2.0
/* Reassembly: SHLD-31, and that no peer can make it expensive. */
#include "bench.h"

/* A node on its own, in front of the tree: @seq counts from RCV.NXT. */
static struct edu_node *piece(struct bench *b, u32 seq, u32 len, bool fin)
{
	struct edu_node *node = bench_node(b);

	node->seq = b->t.rcv_nxt + seq;
	node->end_seq = node->seq + len;
	node->flags = fin ? EDU_FIN : 0;
	return node;
}

static bool insert(struct bench *b, u32 seq, u32 len)
{
	return edu_out_of_order_insert(&b->t, piece(b, seq, len, false), &b->todo);
}

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	edu_todo_init(&b->todo);
	return b;
}

/* The tree is in order, no node covers another, and the last one is known. */
static void check_tree(struct bench *b)
{
	const struct edu_node *last = NULL;
	struct rb_node *rb;

	for (rb = rb_first(&b->t.out_of_order); rb; rb = rb_next(rb)) {
		const struct edu_node *node = rb_entry(rb, struct edu_node, rb);

		if (last) {
			KUNIT_ASSERT_TRUE(b->test, seq_lt(last->seq, node->seq));
			KUNIT_ASSERT_TRUE(b->test, seq_lt(edu_node_end(last), edu_node_end(node)));
		}
		last = node;
	}
	KUNIT_ASSERT_TRUE(b->test, b->t.ooo_last == last);
}

static unsigned int nodes(const struct bench *b)
{
	struct rb_node *rb;
	unsigned int n = 0;

	for (rb = rb_first(&b->t.out_of_order); rb; rb = rb_next(rb))
		n++;
	return n;
}

/* --- Through the front door --- */

struct reassembly_case {
	const char *name;
	struct { u32 seq, len; bool fin; } pieces[6];	/* from RCV.NXT, until one is empty */
	u32 delivered;		/* octets, when all have arrived */
	bool fin;
};

static const struct reassembly_case reassembly_cases[] = {
	{ "in order", { { 0, 100 }, { 100, 100 } }, 200 },
	{ "the wrong way round", { { 100, 100 }, { 0, 100 } }, 200 },
	{ "backwards", { { 400, 100 }, { 300, 100 }, { 200, 100 }, { 100, 100 }, { 0, 100 } },
	  500 },
	{ "one hole is left", { { 200, 100 }, { 100, 50 }, { 0, 100 } }, 150 },
	{ "twice the same, out of order", { { 100, 100 }, { 100, 100 }, { 0, 100 } }, 200 },
	{ "a longer copy", { { 100, 100 }, { 100, 200 }, { 0, 100 } }, 300 },
	{ "a shorter copy", { { 100, 200 }, { 100, 100 }, { 0, 100 } }, 300 },
	{ "overlap at the front", { { 200, 100 }, { 150, 100 }, { 0, 150 } }, 300 },
	{ "overlap at the end", { { 100, 100 }, { 150, 100 }, { 0, 100 } }, 250 },
	{ "a large one covers small ones", { { 100, 10 }, { 120, 10 }, { 140, 10 }, { 90, 100 },
	  { 0, 90 } }, 190 },
	{ "covered by two together", { { 100, 100 }, { 200, 100 }, { 150, 100 }, { 0, 100 } },
	  300 },
	{ "what fills the hole overlaps both sides", { { 100, 100 }, { 0, 50 }, { 20, 130 } },
	  200 },
	{ "what fills the hole covers all", { { 100, 100 }, { 250, 10 }, { 0, 300 } }, 300 },
	{ "what fills the hole ends inside", { { 100, 100 }, { 0, 150 } }, 200 },
	{ "a FIN behind a hole", { { 100, 100, true }, { 0, 100 } }, 200, true },
	{ "a FIN alone behind a hole", { { 100, 0, true }, { 0, 100 } }, 100, true },
	{ "a FIN alone, and its text later", { { 200, 0, true }, { 100, 100 }, { 0, 100 } },
	  200, true },
	{ "text, then the same with FIN", { { 100, 100 }, { 100, 100, true }, { 0, 100 } },
	  200, true },
	{ "with FIN, then the same without", { { 100, 100, true }, { 100, 100 }, { 0, 100 } },
	  200, true },
	{ "the FIN's text comes in one piece with the rest", { { 100, 100, true }, { 0, 200 } },
	  200, true },
	{ "a FIN twice", { { 100, 0, true }, { 100, 0, true }, { 0, 100 } }, 100, true },
	{ "a FIN behind a hole that is not filled", { { 200, 0, true }, { 0, 100 } }, 100, false },
	{ "hostile: text behind a FIN", { { 100, 100, true }, { 200, 100 }, { 0, 100 } },
	  200, true },
	{ "hostile: a FIN in the middle of text", { { 50, 0, true }, { 10, 100 }, { 0, 10 } },
	  110 },
};

KUNIT_ARRAY_PARAM_DESC(reassembly, reassembly_cases, name);

/* Each octet is handed over once, in order, whatever came how often. */
static void reassemble(struct kunit *test)
{
	static const u32 origins[] = { IRS, 0u - 151, 0x80000000u - 151 };
	const struct reassembly_case *c = test->param_value;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		struct bench *b = bench_new(test, ISS, origins[i]);
		unsigned int taken = 0, back = 0;
		u32 next = 1;

		bench_established(b);
		b->budget.rcv_free = 0;
		for (j = 0; j < ARRAY_SIZE(c->pieces); j++) {
			const struct edu_node *node;

			if (!c->pieces[j].len && !c->pieces[j].fin)
				break;
			bench_peer(b, EDU_ACK | (c->pieces[j].fin ? EDU_FIN : 0),
				   1 + c->pieces[j].seq, 1, c->pieces[j].len);
			taken += b->todo.text != EDU_TEXT_NONE;
			if (b->todo.text == EDU_TEXT_DELIVER) {
				KUNIT_EXPECT_TRUE(test, seq_leq(b->node->seq, b->irs + next));
				next = b->node->end_seq - b->irs;
				back++;
			}
			list_for_each_entry(node, &b->todo.ready, link) {
				KUNIT_EXPECT_TRUE(test, seq_leq(node->seq, b->irs + next));
				KUNIT_EXPECT_TRUE(test, seq_gt(node->end_seq, b->irs + next));
				next = node->end_seq - b->irs;
				back++;
			}
			back += bench_chain_len(&b->todo.unwanted);
			check_tree(b);
			/* Nobody reads: the right edge stays where it is. */
			KUNIT_EXPECT_EQ(test, b->t.rcv_nxt + b->t.rcv_wnd,
					b->irs + 1 + BENCH_WND);
		}
		KUNIT_EXPECT_EQ(test, next, 1 + c->delivered);
		KUNIT_EXPECT_EQ(test, b->t.rcv_nxt - b->irs, 1 + c->delivered + c->fin);
		EXPECT_STATE(b, c->fin ? EDU_CLOSE_WAIT : EDU_ESTABLISHED);
		/* No node is lost: what was taken came back, or is still held. */
		KUNIT_EXPECT_EQ(test, back + nodes(b), taken);
	}
}

/* --- Nodes that are not needed --- */

static void a_covered_one_is_refused(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_TRUE(test, insert(b, 100, 100));
	KUNIT_EXPECT_FALSE(test, insert(b, 100, 100));
	KUNIT_EXPECT_FALSE(test, insert(b, 150, 50));
	KUNIT_EXPECT_FALSE(test, insert(b, 120, 10));
	KUNIT_EXPECT_TRUE(test, insert(b, 150, 51));
	KUNIT_EXPECT_TRUE(test, list_empty(&b->todo.unwanted));
	KUNIT_EXPECT_EQ(test, nodes(b), 2u);
	check_tree(b);
}

static void covered_ones_come_back(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_TRUE(test, insert(b, 100 + 20 * i, 10));
	KUNIT_EXPECT_TRUE(test, insert(b, 110, 100));	/* covers those at 120 ... 200 */
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 5u);
	KUNIT_EXPECT_EQ(test, nodes(b), 6u);
	KUNIT_EXPECT_TRUE(test, b->todo.counted & 1ull << EDU_MIB_TCPOFOMerge);
	check_tree(b);
}

/* The furthest ahead go first; never acknowledged, so they come again. */
static void prune(struct kunit *test)
{
	struct bench *b = established(test);
	const struct edu_node *node;
	unsigned int i;

	edu_out_of_order_prune(&b->t, &b->todo);
	KUNIT_EXPECT_FALSE(test, b->todo.counted & 1ull << EDU_MIB_OfoPruned);
	for (i = 0; i < 20; i++)
		insert(b, 100 + 20 * i, 10);
	edu_out_of_order_prune(&b->t, &b->todo);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 8u);
	list_for_each_entry(node, &b->todo.unwanted, link)
		KUNIT_EXPECT_GE(test, node->seq - b->t.rcv_nxt, 100u + 20 * 12);
	KUNIT_EXPECT_EQ(test, nodes(b), 12u);
	check_tree(b);
	edu_out_of_order_prune(&b->t, &b->todo);
	edu_out_of_order_prune(&b->t, &b->todo);
	KUNIT_EXPECT_TRUE(test, edu_out_of_order_empty(&b->t));
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 20u);
	check_tree(b);
	KUNIT_EXPECT_TRUE(test, insert(b, 100, 10));
}

static void purge(struct kunit *test)
{
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < 50; i++)
		insert(b, 100 + 20 * i, 10);
	edu_out_of_order_purge(&b->t, &b->todo.unwanted);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 50u);
	KUNIT_EXPECT_TRUE(test, edu_out_of_order_empty(&b->t));
	check_tree(b);
	KUNIT_EXPECT_TRUE(test, insert(b, 100, 10));
	check_tree(b);
}

/* ... as a reset does */
static void a_reset_hands_all_back(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 3000);
	bench_peer(b, EDU_ACK, 101, 1, 100);
	bench_peer(b, EDU_ACK, 301, 1, 100);
	bench_peer(b, EDU_RST, 1, 0, 0);
	EXPECT_STATE(b, EDU_CLOSED);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.released), 3u);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 2u);
}

/* Of two that begin alike the longer one stays, wherever in the tree they are. */
static void one_of_two_that_begin_alike(struct kunit *test)
{
	struct bench *b = established(test);

	KUNIT_EXPECT_TRUE(test, insert(b, 100, 100));
	KUNIT_EXPECT_TRUE(test, insert(b, 300, 100));
	KUNIT_EXPECT_TRUE(test, insert(b, 500, 100));
	KUNIT_EXPECT_FALSE(test, insert(b, 100, 50));
	KUNIT_EXPECT_FALSE(test, insert(b, 300, 50));
	KUNIT_EXPECT_FALSE(test, insert(b, 500, 50));
	KUNIT_EXPECT_EQ(test, nodes(b), 3u);
	KUNIT_EXPECT_TRUE(test, insert(b, 100, 150));
	KUNIT_EXPECT_TRUE(test, insert(b, 300, 150));
	KUNIT_EXPECT_TRUE(test, insert(b, 500, 150));
	KUNIT_EXPECT_EQ(test, nodes(b), 3u);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 3u);
	check_tree(b);
}

/* --- What a hostile peer can make of it (SegmentSmack, CVE-2018-5390) --- */

enum pattern { UPWARDS, DOWNWARDS, EVERY_OTHER, INSIDE_OUT, NESTED, PATTERNS };

static const char * const patterns[PATTERNS] = {
	"upwards", "downwards", "every other, then those between", "inside out",
	"each covers the last",
};

static u32 pattern_seq(enum pattern p, u32 i, u32 n)
{
	switch (p) {
	case UPWARDS:
		return 2 * i;
	case DOWNWARDS:
	case NESTED:
		return 2 * (n - i);
	case EVERY_OTHER:
		return i < n / 2 ? 4 * i : 4 * (i - n / 2) + 2;
	default:
		return i % 2 ? n + i : n - i;
	}
}

/* How many nodes a search may have to look at. */
static unsigned int depth(const struct rb_node *rb)
{
	return rb ? 1 + max(depth(rb->rb_left), depth(rb->rb_right)) : 0;
}

/*
 * A hundred thousand tiny segments, each in front of a hole of one octet: a
 * search looks at no more than 2 log2(n + 1) nodes, whatever their order, and
 * what one makes superfluous comes out once. Counted, not timed.
 */
static void no_quadratic_cost(struct kunit *test)
{
	const u32 n = 100000;
	struct bench *b = established(test);
	struct edu_node **pool = kunit_kcalloc(test, n, sizeof(*pool), GFP_KERNEL);
	unsigned int p, i, held;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < n; i++)
		pool[i] = bench_node(b);
	for (p = 0; p < PATTERNS; p++) {
		held = 0;
		edu_todo_init(&b->todo);
		for (i = 0; i < n; i++) {
			struct edu_node *node = pool[i];

			node->seq = b->t.rcv_nxt + 10 + pattern_seq(p, i, n);
			node->end_seq = p == NESTED ? b->t.rcv_nxt + 20 + 2 * n : node->seq + 1;
			node->flags = 0;
			held += edu_out_of_order_insert(&b->t, node, &b->todo);
		}
		KUNIT_EXPECT_EQ_MSG(test, held, n, "%s", patterns[p]);
		KUNIT_EXPECT_EQ_MSG(test, nodes(b), p == NESTED ? 1 : n, "%s", patterns[p]);
		/* 2 * log2(100001) is 33.2 */
		KUNIT_EXPECT_LE_MSG(test, depth(b->t.out_of_order.rb_node), 33u, "%s",
				    patterns[p]);
		check_tree(b);
		edu_out_of_order_purge(&b->t, &b->todo.unwanted);
		KUNIT_EXPECT_EQ_MSG(test, bench_chain_len(&b->todo.unwanted), n, "%s",
				    patterns[p]);
	}
}

/* The same through the front door, and then the hole is filled. */
static void many_segments_and_one_hole(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);
	unsigned int n = 5000, i;

	b->budget.rcv_buff = 1 << 20;
	b->budget.rcv_free = 1 << 20;
	b->peer_options.has_wscale = 1;
	bench_established(b);
	for (i = 0; i < n; i++) {
		/* 7 is prime to 5000: every one of them comes, in a strange order */
		bench_peer(b, EDU_ACK, 2 + 10 * (i * 7 % n), 1, 10);
		bench_forget(b);
	}
	KUNIT_EXPECT_EQ(test, nodes(b), n);
	bench_peer(b, EDU_ACK, 1, 1, 1);
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.ready), n);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, IRS + 2 + 10 * n);
	KUNIT_EXPECT_TRUE(test, edu_out_of_order_empty(&b->t));
}

static struct kunit_case reassembly_suite_cases[] = {
	KUNIT_CASE_PARAM(reassemble, reassembly_gen_params),
	KUNIT_CASE(a_covered_one_is_refused),
	KUNIT_CASE(covered_ones_come_back),
	KUNIT_CASE(prune),
	KUNIT_CASE(purge),
	KUNIT_CASE(a_reset_hands_all_back),
	KUNIT_CASE(many_segments_and_one_hole),
	KUNIT_CASE_SLOW(no_quadratic_cost),
	KUNIT_CASE(one_of_two_that_begin_alike),
	{}
};

static struct kunit_suite reassembly_suite = {
	.name = "edu_tcp_reassembly",
	.test_cases = reassembly_suite_cases,
};

kunit_test_suite(reassembly_suite);
