/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One TCB on the bench: brought into a state by what a user and a peer do,
 * fed with segments, asked what it wants to send. Time moves only by hand.
 *
 * Numbers on the bench, unless a test asks for others: both sides' MSS is
 * 1000, both windows are 10000, nothing is scaled, and there are neither SACK
 * nor timestamps.
 */
#ifndef EDU_KUNIT_BENCH_H
#define EDU_KUNIT_BENCH_H

#include <kunit/test.h>

#include "../module/core/tcb.h"

#define BENCH_MSS	1000u
#define BENCH_WND	10000u
#define BENCH_RTT	(50 * EDU_MSEC)

#define BENCH_START	(1000ull * EDU_SEC)	/* the clock of a new bench */

#define ISS		1000000u
#define IRS		2000000u

/* A segment that was sent, and when. */
struct bench_sent {
	u64 at;
	struct edu_out out;
};

#define BENCH_SENT_MAX	256
#define BENCH_PATH_MAX	16

struct bench {
	struct kunit *test;
	struct edu_params params;
	struct edu_tcb t;
	u32 iss, irs;

	/* What the core is told about its surroundings; budget.now is the clock. */
	struct edu_budget budget;
	bool room;
	bool no_memory;			/* nodes cannot be split */
	unsigned int splits;		/* how often one was */
	u16 peer_wnd;			/* as in each segment that the peer sends */
	struct edu_options peer_options;	/* its SYN's */
	struct edu_options seg_options;		/* those of its other segments */
	bool ce;				/* its segments are marked (RFC 3168) */

	/* What the last call answered */
	struct edu_todo todo;
	struct edu_todo out_todo;
	struct edu_node *node;		/* of the segment that arrived last */

	/* Every state that was entered, and every event, since bench_new() */
	u8 path[BENCH_PATH_MAX];
	unsigned int npath;
	u16 events;

	u64 counted;			/* since bench_forget(), arriving and sending */

	/* What was sent since bench_forget() */
	struct bench_sent sent[BENCH_SENT_MAX];
	unsigned int nsent;

	struct edu_node *pool;
	unsigned int pool_left;
	char text[BENCH_PATH_MAX * (EDU_STATE_NAME_MAX + 1) + 1];
};

extern const struct edu_params bench_params;	/* a new bench's */

struct bench *bench_new(struct kunit *test, u32 iss, u32 irs);
struct edu_node *bench_node(struct bench *b);

void bench_wants_sack(struct bench *b);
void bench_wants_timestamps(struct bench *b, u32 tsval);

/* States, as users and peers bring them about */
void bench_listen(struct bench *b);
void bench_syn_sent(struct bench *b);
void bench_syn_received(struct bench *b);
void bench_established(struct bench *b);

/* Events */
void bench_arrives(struct bench *b, const struct edu_segment *seg);
void bench_carry(struct bench *from, struct bench *to, unsigned int i);
void bench_peer(struct bench *b, u8 flags, u32 seq, u32 ack, u32 len);
void bench_sack(struct bench *b, u32 ack, unsigned int n, const u32 *edges);
/* The peer acknowledges up to @ack, and has blocks: { start, end }, ... counted from ISS. */
#define SACK(b, ack, ...)							\
	bench_sack(b, ack, ARRAY_SIZE(((const u32[]){ __VA_ARGS__ })) / 2,	\
		   (const u32[]){ __VA_ARGS__ })
void bench_send(struct bench *b, u32 len);
void bench_shutdown(struct bench *b);
void bench_close(struct bench *b);
void bench_abort(struct bench *b);
void bench_output(struct bench *b);
void bench_wait(struct bench *b, u64 time);
void bench_run_until(struct bench *b, u64 time);

/* What came of it */
void bench_forget(struct bench *b);
unsigned int bench_chain_len(const struct list_head *chain);
const char *bench_flags(u8 flags);
const char *bench_path(struct bench *b);

#define NOW(b)		((b)->budget.now)
#define LAST(b)		((b)->sent[(b)->nsent - 1].out)

#define COUNTED(b, name)	(!!((b)->counted & 1ull << EDU_MIB_##name))
#define EXPECT_MIB(b, name)	KUNIT_EXPECT_TRUE((b)->test, COUNTED(b, name))
#define EXPECT_NO_MIB(b, name)	KUNIT_EXPECT_FALSE((b)->test, COUNTED(b, name))

#define EXPECT_STATE(b, expected)						\
	KUNIT_EXPECT_STREQ((b)->test, edu_state_name((b)->t.state), edu_state_name(expected))
/* The whole way, as the RFC spells it: "SYN-SENT ESTABLISHED" */
#define EXPECT_PATH(b, expected)						\
	KUNIT_EXPECT_STREQ((b)->test, bench_path(b), expected)
#define ASSERT_STATE(b, expected)						\
	KUNIT_ASSERT_TRUE_MSG((b)->test, (b)->t.state == (expected), "in %s, not in %s",	\
			      edu_state_name((b)->t.state), edu_state_name(expected))

/* How many segments went out since bench_forget(). */
#define EXPECT_SENT(b, count)							\
	KUNIT_EXPECT_EQ((b)->test, (b)->nsent, (unsigned int)(count))
#define ASSERT_SENT(b, count)							\
	KUNIT_ASSERT_EQ((b)->test, (b)->nsent, (unsigned int)(count))

/* The @i-th of them: control bits, sequence number from ISS, octets of text. */
#define EXPECT_SEGMENT(b, i, expected_flags, expected_seq, expected_len)	\
	do {									\
		const struct edu_out *_o = &(b)->sent[i].out;			\
										\
		KUNIT_ASSERT_LT((b)->test, (unsigned int)(i), (b)->nsent);	\
		KUNIT_EXPECT_STREQ((b)->test, bench_flags(_o->flags & ~EDU_PSH),	\
				   bench_flags(expected_flags));		\
		KUNIT_EXPECT_EQ((b)->test, _o->seq - (b)->iss, (u32)(expected_seq));	\
		KUNIT_EXPECT_EQ((b)->test, _o->len, (u32)(expected_len));	\
	} while (0)

#endif /* EDU_KUNIT_BENCH_H */
