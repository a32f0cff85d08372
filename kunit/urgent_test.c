// SPDX-License-Identifier: GPL-2.0
/* Urgent text: 3.8.5 (MUST-30 to MUST-33), the sixth step of 3.10.7.4, RFC 6093. */
#include "bench.h"

#define MSS	BENCH_MSS

static struct bench *established(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_forget(b);
	return b;
}

static void send_urgent(struct bench *b, u32 len)
{
	edu_sent_by_user(&b->t, len);
	edu_send_urgent(&b->t);
	bench_output(b);
}

/* A segment of the peer's with an urgent pointer. */
static void peer_urgent(struct bench *b, u32 seq, u32 len, u16 pointer)
{
	bench_arrives(b, &(struct edu_segment){
		.flags = EDU_ACK | EDU_URG, .seq = b->irs + seq, .ack = b->t.snd_nxt,
		.len = len, .wnd = b->peer_wnd, .urg = pointer,
	});
}

/* The @i-th segment that was sent has URG, and this pointer; 0: it has not. */
#define EXPECT_URGENT(b, i, pointer)						\
	do {									\
		const struct edu_out *_u = &(b)->sent[i].out;			\
										\
		KUNIT_ASSERT_LT((b)->test, (unsigned int)(i), (b)->nsent);	\
		KUNIT_EXPECT_EQ((b)->test, !!(_u->flags & EDU_URG), (pointer) != 0);	\
		KUNIT_EXPECT_EQ((b)->test, _u->urg, (u16)(pointer));		\
	} while (0)

/* --- Sending --- */

/* "SEG.UP <- SND.UP": the octet behind the last urgent one (RFC 6093 3.1) */
static void pointer_of_one_segment(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, 10);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_URG, 1, 10);
	EXPECT_URGENT(b, 0, 10);
}

/* MUST-31: urgent text of any length; each segment before its end says where that is. */
static void pointer_of_many_segments(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, 3 * MSS + 5);
	ASSERT_SENT(b, 4);
	EXPECT_URGENT(b, 0, 3 * MSS + 5);
	EXPECT_URGENT(b, 1, 2 * MSS + 5);
	EXPECT_URGENT(b, 2, MSS + 5);
	EXPECT_URGENT(b, 3, 5);
}

/* Each segment has its own pointer, however much the shell would take at once. */
static void one_segment_at_a_time(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.max_len = 8 * MSS;
	send_urgent(b, 2 * MSS);
	ASSERT_SENT(b, 2);
	EXPECT_URGENT(b, 0, 2 * MSS);
	EXPECT_URGENT(b, 1, MSS);
}

static void text_behind_it_is_not_urgent(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, MSS);
	bench_send(b, MSS);
	ASSERT_SENT(b, 2);
	EXPECT_URGENT(b, 0, MSS);
	EXPECT_URGENT(b, 1, 0);
}

/* As long as it is not acknowledged the pointer is repeated with it; then no more. */
static void retransmission_repeats_the_pointer(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, 10);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 3 * EDU_SEC);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_URG, 1, 10);
	EXPECT_URGENT(b, 0, 10);
	bench_peer(b, EDU_ACK, 1, 11, 0);
	bench_forget(b);
	bench_send(b, 10);
	ASSERT_SENT(b, 1);
	EXPECT_URGENT(b, 0, 0);
}

/* What is acknowledged before the pointer takes nothing from it. */
static void an_ACK_before_the_pointer(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, 2 * MSS);
	bench_peer(b, EDU_ACK, 1, 1 + MSS, 0);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 3 * EDU_SEC);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_URG, 1 + MSS, MSS);
	EXPECT_URGENT(b, 0, MSS);
}

/* Nagle does not hold urgent text back. */
static void urgent_text_does_not_wait(struct kunit *test)
{
	struct bench *b = established(test);

	bench_send(b, 10);
	bench_forget(b);
	bench_send(b, 10);
	EXPECT_SENT(b, 0);
	send_urgent(b, 1);
	ASSERT_SENT(b, 1);
	EXPECT_URGENT(b, 0, 11);
}

/* A closed window: the pointer goes without text, and again beside each probe (3.8.6.1). */
static void pointer_before_a_closed_window(struct kunit *test)
{
	struct bench *b = established(test);

	b->peer_wnd = 0;
	bench_send(b, MSS);
	bench_peer(b, EDU_ACK, 1, MSS + 1, 0);
	bench_forget(b);
	send_urgent(b, 1);
	ASSERT_SENT(b, 1);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_URG, MSS + 1, 0);
	EXPECT_URGENT(b, 0, 1);
	bench_forget(b);
	bench_run_until(b, NOW(b) + 3 * EDU_SEC);
	KUNIT_ASSERT_GE(test, b->nsent, 2u);
	EXPECT_SEGMENT(b, 0, EDU_ACK | EDU_URG, MSS, 0);	/* the probe, before the window */
	EXPECT_SEGMENT(b, 1, EDU_ACK | EDU_URG, MSS + 1, 0);
	EXPECT_URGENT(b, 1, 1);
}

/* Farther than 16 bits can say: as far as they can, if nothing was sent there yet. */
static void pointer_farther_than_the_field(struct kunit *test)
{
	struct bench *b = established(test);

	send_urgent(b, 100000);
	KUNIT_ASSERT_GE(test, b->nsent, 1u);
	EXPECT_URGENT(b, 0, 65535);
}

/* To the octet: 65535 can be said, and more is not said where that octet has been sent. */
static void pointer_at_the_end_of_the_field(struct kunit *test)
{
	static const struct {
		u32 ahead, sent;
		u16 said;
	} cases[] = {
		{ 65535, 70000, 65535 }, { 65536, 70000, 0 },
		{ 65536, 65535, 0 }, { 65536, 65534, 65535 },
	};
	struct bench *b = established(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct edu_out o = { .seq = b->t.snd_una };

		b->t.snd_up = o.seq + cases[i].ahead;
		b->t.snd_nxt = o.seq + cases[i].sent;
		edu_urgent_announce(&b->t, &o);
		KUNIT_EXPECT_EQ(test, !!(o.flags & EDU_URG), !!cases[i].said);
		KUNIT_EXPECT_EQ(test, o.urg, cases[i].said);
	}
	b->t.snd_nxt = b->t.snd_una;
}

static void urgent_text_across_the_wrap(struct kunit *test)
{
	struct bench *b = bench_new(test, 0xfffffffau, IRS);

	bench_established(b);
	bench_forget(b);
	send_urgent(b, 10);
	ASSERT_SENT(b, 1);
	EXPECT_URGENT(b, 0, 10);
	bench_peer(b, EDU_ACK, 1, 11, 0);
	KUNIT_EXPECT_FALSE(test, edu_is_urgent(&b->t));
}

/* --- Arriving --- */

static void the_user_is_told(struct kunit *test)
{
	struct bench *b = established(test);

	peer_urgent(b, 1, 10, 5);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
	KUNIT_EXPECT_EQ(test, b->t.rcv_up, b->irs + 6);
	KUNIT_EXPECT_EQ(test, b->t.urgent, (u8)EDU_URGENT_ANNOUNCED);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, b->irs + 11);
}

/* MUST-32: once for each advance of the pointer */
static void the_user_is_told_of_every_advance(struct kunit *test)
{
	struct bench *b = established(test);

	peer_urgent(b, 1, 10, 30);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
	peer_urgent(b, 11, 10, 20);
	KUNIT_EXPECT_FALSE(test, b->todo.events & EDU_EV_URGENT);
	peer_urgent(b, 21, 10, 20);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
	KUNIT_EXPECT_EQ(test, b->t.rcv_up, b->irs + 41);
	peer_urgent(b, 31, 5, 5);		/* back: RCV.UP <- max(RCV.UP,SEG.UP) */
	KUNIT_EXPECT_FALSE(test, b->todo.events & EDU_EV_URGENT);
	KUNIT_EXPECT_EQ(test, b->t.rcv_up, b->irs + 41);
}

/* The pointer may run ahead of text that is lost. */
static void ahead_of_a_gap(struct kunit *test)
{
	struct bench *b = established(test);

	peer_urgent(b, 101, 10, 10);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
	KUNIT_EXPECT_EQ(test, b->t.rcv_up, b->irs + 111);
}

/* MUST-66: heard also with a closed window */
static void with_a_closed_window(struct kunit *test)
{
	struct bench *b = established(test);

	b->budget.rcv_free = 0;
	bench_peer(b, EDU_ACK, 1, 1, BENCH_WND);
	KUNIT_ASSERT_EQ(test, b->t.rcv_wnd, 0u);
	peer_urgent(b, 1 + BENCH_WND, 0, 7);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
}

/* Nothing that is here already becomes urgent; a pointer of 0 names none of the segment. */
static void pointer_to_what_is_here(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK, 1, 1, 10);
	peer_urgent(b, 5, 10, 3);
	KUNIT_EXPECT_FALSE(test, b->todo.events & EDU_EV_URGENT);
	peer_urgent(b, 15, 10, 0);
	KUNIT_EXPECT_FALSE(test, b->todo.events & EDU_EV_URGENT);
	KUNIT_EXPECT_EQ(test, b->t.urgent, (u8)EDU_URGENT_NONE);
}

/* Without the bit the field means nothing. */
static void pointer_without_the_bit(struct kunit *test)
{
	struct bench *b = established(test);

	bench_arrives(b, &(struct edu_segment){
		.flags = EDU_ACK, .seq = b->irs + 1, .ack = b->t.snd_nxt, .len = 10,
		.wnd = b->peer_wnd, .urg = 5,
	});
	KUNIT_EXPECT_EQ(test, b->t.urgent, (u8)EDU_URGENT_NONE);
}

/* "This should not occur, since a FIN has been received from the remote side. Ignore the URG." */
static void after_the_peers_FIN(struct kunit *test)
{
	struct bench *b = established(test);

	bench_peer(b, EDU_ACK | EDU_FIN, 1, 1, 0);
	ASSERT_STATE(b, EDU_CLOSE_WAIT);
	peer_urgent(b, 2, 0, 10);
	KUNIT_EXPECT_FALSE(test, b->todo.events & EDU_EV_URGENT);
}

/* SEG.UP is SEG.SEQ + SEG.URG, and SEG.SEQ that of the SYN. */
static void pointer_of_a_SYN_ACK(struct kunit *test)
{
	static const struct {
		u16 pointer;
		u32 octet;		/* 0: none */
	} cases[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 1 }, { 5, 4 }, { 65535, 65534 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = bench_new(test, ISS, IRS);

		bench_syn_sent(b);
		bench_arrives(b, &(struct edu_segment){
			.flags = EDU_SYN | EDU_ACK | EDU_URG, .seq = b->irs, .ack = b->t.snd_nxt,
			.wnd = b->peer_wnd, .urg = cases[i].pointer,
		});
		ASSERT_STATE(b, EDU_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, !!(b->todo.events & EDU_EV_URGENT), !!cases[i].octet);
		if (cases[i].octet)
			KUNIT_EXPECT_EQ(test, b->t.rcv_up, b->irs + cases[i].octet + 1);
	}
}

static void reading_over_the_mark_ends_it(struct kunit *test)
{
	struct bench *b = established(test);

	peer_urgent(b, 1, 10, 5);
	edu_urgent_taken(&b->t);
	edu_urgent_read(&b->t, b->irs + 5);
	KUNIT_EXPECT_EQ(test, b->t.urgent, (u8)EDU_URGENT_TAKEN);
	edu_urgent_read(&b->t, b->irs + 6);
	KUNIT_EXPECT_EQ(test, b->t.urgent, (u8)EDU_URGENT_NONE);
	/* The old pointer does not hide a new one. */
	peer_urgent(b, 11, 1, 1);
	KUNIT_EXPECT_TRUE(test, b->todo.events & EDU_EV_URGENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(pointer_of_one_segment),
	KUNIT_CASE(pointer_of_many_segments),
	KUNIT_CASE(one_segment_at_a_time),
	KUNIT_CASE(text_behind_it_is_not_urgent),
	KUNIT_CASE(retransmission_repeats_the_pointer),
	KUNIT_CASE(an_ACK_before_the_pointer),
	KUNIT_CASE(urgent_text_does_not_wait),
	KUNIT_CASE(pointer_before_a_closed_window),
	KUNIT_CASE(pointer_farther_than_the_field),
	KUNIT_CASE(pointer_at_the_end_of_the_field),
	KUNIT_CASE(urgent_text_across_the_wrap),
	KUNIT_CASE(the_user_is_told),
	KUNIT_CASE(the_user_is_told_of_every_advance),
	KUNIT_CASE(ahead_of_a_gap),
	KUNIT_CASE(with_a_closed_window),
	KUNIT_CASE(pointer_to_what_is_here),
	KUNIT_CASE(pointer_without_the_bit),
	KUNIT_CASE(after_the_peers_FIN),
	KUNIT_CASE(pointer_of_a_SYN_ACK),
	KUNIT_CASE(reading_over_the_mark_ends_it),
	{ }
};

static struct kunit_suite suite = {
	.name		= "edu_tcp_urgent",
	.test_cases	= cases,
};

kunit_test_suite(suite);
