// SPDX-License-Identifier: GPL-2.0
/* Closing a connection: RFC 9293 section 3.6, its figures; CLOSE and ABORT (3.10.4, 3.10.5). */
#include "bench.h"

/* Two ends, ESTABLISHED; @b's numbers are @a's the other way round. */
struct pair {
	struct bench *a, *b;
};

static struct pair pair_new(struct kunit *test)
{
	struct pair p = {
		.a = bench_new(test, 100, 300),
		.b = bench_new(test, 300, 100),
	};

	bench_syn_sent(p.a);
	bench_syn_sent(p.b);
	bench_carry(p.b, p.a, 0);
	bench_carry(p.a, p.b, 0);
	bench_carry(p.b, p.a, 1);
	bench_carry(p.a, p.b, 1);
	ASSERT_STATE(p.a, EDU_ESTABLISHED);
	ASSERT_STATE(p.b, EDU_ESTABLISHED);
	p.a->npath = 0;
	p.b->npath = 0;
	bench_forget(p.a);
	bench_forget(p.b);
	return p;
}

/* Carry what @from sent last. */
static void carry(struct bench *from, struct bench *to)
{
	bench_carry(from, to, from->nsent - 1);
}

/* B's user might close now, and its FIN carry the ACK; but he does not. */
static void fin_is_acked_later(struct bench *b)
{
	unsigned int sent = b->nsent;
	u64 soon = NOW(b) + 40 * EDU_MSEC;

	bench_run_until(b, soon - 1);
	KUNIT_EXPECT_EQ(b->test, b->nsent, sent);
	bench_run_until(b, soon);
	KUNIT_EXPECT_EQ(b->test, b->nsent, sent + 1);
	EXPECT_MIB(b, DelayedACKs);
}

/* No text came before the FIN, so its ACK waits for the clock's next tick only. */
static void fin_is_acked_at_the_next_tick(struct bench *b)
{
	unsigned int sent = b->nsent;

	KUNIT_EXPECT_EQ(b->test, b->t.deadline[EDU_TIMER_DELACK], NOW(b));
	bench_run_until(b, NOW(b));
	KUNIT_EXPECT_EQ(b->test, b->nsent, sent + 1);
	EXPECT_MIB(b, DelayedACKs);
}

/* Figure 12: normal close sequence */
static void four_segments(struct kunit *test)
{
	struct pair p = pair_new(test);

	bench_shutdown(p.a);
	carry(p.a, p.b);				/* 2: FIN */
	fin_is_acked_at_the_next_tick(p.b);
	ASSERT_SENT(p.b, 1);
	EXPECT_SEGMENT(p.b, 0, EDU_ACK, 1, 0);
	KUNIT_EXPECT_EQ(test, LAST(p.b).ack, 102u);
	carry(p.b, p.a);				/* 3: ACK */
	EXPECT_STATE(p.a, EDU_FIN_WAIT_2);
	EXPECT_STATE(p.b, EDU_CLOSE_WAIT);
	bench_shutdown(p.b);
	EXPECT_SEGMENT(p.b, 1, EDU_FIN | EDU_ACK, 1, 0);
	carry(p.b, p.a);				/* 4: FIN */
	ASSERT_SENT(p.a, 2);
	EXPECT_SEGMENT(p.a, 1, EDU_ACK, 2, 0);
	KUNIT_EXPECT_EQ(test, LAST(p.a).ack, 302u);
	carry(p.a, p.b);				/* 5: ACK */
	EXPECT_PATH(p.a, "FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
	EXPECT_PATH(p.b, "CLOSE-WAIT LAST-ACK CLOSED");
	KUNIT_EXPECT_EQ(test, p.b->todo.err, 0);
	KUNIT_EXPECT_TRUE(test, p.a->events & EDU_EV_FIN);
}

/* The same where text comes with the FIN, though the first segments are acknowledged at once. */
static void fin_with_text_is_acked_later(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 100);
	EXPECT_STATE(b, EDU_CLOSE_WAIT);
	bench_forget(b);
	fin_is_acked_later(b);
	KUNIT_EXPECT_EQ(test, LAST(b).ack - b->irs, 102u);
}

/* Figure 5, note 2: the peer's FIN acknowledges ours: no FIN-WAIT-2 */
static void three_segments(struct kunit *test)
{
	struct pair p = pair_new(test);
	struct edu_segment fin;

	bench_shutdown(p.a);
	/* B's user closes before B has said anything. */
	fin = (struct edu_segment) { .flags = LAST(p.a).flags, .seq = LAST(p.a).seq,
				     .ack = LAST(p.a).ack, .wnd = LAST(p.a).wnd };
	bench_arrives(p.b, &fin);
	bench_shutdown(p.b);
	ASSERT_SENT(p.b, 1);
	EXPECT_SEGMENT(p.b, 0, EDU_FIN | EDU_ACK, 1, 0);
	carry(p.b, p.a);
	carry(p.a, p.b);
	EXPECT_PATH(p.a, "FIN-WAIT-1 TIME-WAIT");
	EXPECT_PATH(p.b, "CLOSE-WAIT LAST-ACK CLOSED");
}

/* Figure 13: simultaneous close sequence */
static void simultaneous(struct kunit *test)
{
	struct pair p = pair_new(test);

	bench_shutdown(p.a);
	bench_shutdown(p.b);
	bench_carry(p.a, p.b, 0);
	bench_carry(p.b, p.a, 0);
	ASSERT_SENT(p.a, 2);
	EXPECT_SEGMENT(p.a, 1, EDU_ACK, 2, 0);
	bench_carry(p.a, p.b, 1);
	bench_carry(p.b, p.a, 1);
	EXPECT_PATH(p.a, "FIN-WAIT-1 CLOSING TIME-WAIT");
	EXPECT_PATH(p.b, "FIN-WAIT-1 CLOSING TIME-WAIT");
	EXPECT_SENT(p.a, 2);
	EXPECT_SENT(p.b, 2);
}

/* 3.6: "The user who CLOSEs may continue to RECEIVE until the TCP receiver is told ..." */
static void half_close(struct kunit *test)
{
	struct pair p = pair_new(test);
	unsigned int i;

	bench_send(p.a, 500);
	bench_shutdown(p.a);
	bench_carry(p.a, p.b, 0);
	bench_carry(p.a, p.b, 1);
	EXPECT_STATE(p.b, EDU_CLOSE_WAIT);
	fin_is_acked_later(p.b);
	carry(p.b, p.a);
	EXPECT_STATE(p.a, EDU_FIN_WAIT_2);
	for (i = 0; i < 5; i++) {
		bench_send(p.b, 1000);
		carry(p.b, p.a);
		KUNIT_EXPECT_EQ(test, p.a->todo.text, (u8)EDU_TEXT_DELIVER);
		carry(p.a, p.b);
		KUNIT_EXPECT_EQ(test, edu_flight(&p.b->t), 0u);
	}
	KUNIT_EXPECT_EQ(test, p.a->t.rcv_nxt, 5301u);
	bench_shutdown(p.b);
	carry(p.b, p.a);
	carry(p.a, p.b);
	EXPECT_PATH(p.a, "FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
	EXPECT_PATH(p.b, "CLOSE-WAIT LAST-ACK CLOSED");
}

/* The FIN is lost: sent again; its ACK is lost: answered again. */
static void lost_fin_and_lost_ack(struct kunit *test)
{
	struct pair p = pair_new(test);

	bench_shutdown(p.a);
	bench_run_until(p.a, p.a->t.deadline[EDU_TIMER_RTO]);
	ASSERT_SENT(p.a, 2);
	EXPECT_SEGMENT(p.a, 1, EDU_FIN | EDU_ACK, 1, 0);
	bench_carry(p.a, p.b, 1);
	fin_is_acked_at_the_next_tick(p.b);
	bench_carry(p.a, p.b, 1);			/* once more: our ACK was lost */
	EXPECT_STATE(p.b, EDU_CLOSE_WAIT);
	ASSERT_SENT(p.b, 2);
	KUNIT_EXPECT_EQ(test, p.b->sent[1].out.ack, p.b->sent[0].out.ack);
	carry(p.b, p.a);
	EXPECT_STATE(p.a, EDU_FIN_WAIT_2);
}

/* A FIN rides on the last text, and waits for what is before it. */
static void text_and_fin(struct kunit *test)
{
	struct pair p = pair_new(test);

	edu_sent_by_user(&p.a->t, 1500);
	bench_shutdown(p.a);
	ASSERT_SENT(p.a, 2);
	EXPECT_SEGMENT(p.a, 0, EDU_ACK, 1, 1000);
	EXPECT_SEGMENT(p.a, 1, EDU_FIN | EDU_ACK, 1001, 500);
	bench_carry(p.a, p.b, 1);
	EXPECT_STATE(p.b, EDU_ESTABLISHED);
	bench_carry(p.a, p.b, 0);
	EXPECT_STATE(p.b, EDU_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, p.b->t.rcv_nxt, 1602u);
	carry(p.b, p.a);
	EXPECT_STATE(p.a, EDU_FIN_WAIT_2);
}

/* RFC 2525 2.17: close with unread text must reset, or the peer believes it was read. */
static void close_with_unread_text(struct kunit *test)
{
	struct pair p = pair_new(test);

	edu_todo_init(&p.a->todo);
	edu_close(&p.a->t, true, NOW(p.a), &p.a->todo);
	EXPECT_STATE(p.a, EDU_CLOSED);
	KUNIT_EXPECT_EQ(test, p.a->todo.reply, (u8)(EDU_RST | EDU_ACK));
	KUNIT_EXPECT_EQ(test, p.a->todo.reply_seq, 101u);
	KUNIT_EXPECT_EQ(test, p.a->todo.err, 0);	/* nobody is there to be told */
	bench_peer(p.b, EDU_RST | EDU_ACK, 1, 1, 0);
	EXPECT_STATE(p.b, EDU_CLOSED);
	KUNIT_EXPECT_EQ(test, p.b->todo.err, ECONNRESET);
}

/* --- User calls in every state --- */

enum from { FROM_CLOSED, FROM_LISTEN, FROM_SYN_SENT, FROM_SYN_RECEIVED, FROM_ESTABLISHED,
	    FROM_FIN_WAIT_1, FROM_FIN_WAIT_2, FROM_CLOSE_WAIT, FROM_CLOSING, FROM_LAST_ACK };

static struct bench *bring(struct kunit *test, enum from from)
{
	struct bench *b = bench_new(test, ISS, IRS);

	switch (from) {
	case FROM_CLOSED:
		break;
	case FROM_LISTEN:
		bench_listen(b);
		break;
	case FROM_SYN_SENT:
		bench_syn_sent(b);
		break;
	case FROM_SYN_RECEIVED:
		bench_syn_received(b);
		break;
	default:
		bench_established(b);
	}
	if (from == FROM_CLOSE_WAIT || from == FROM_LAST_ACK)
		bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	if (from == FROM_FIN_WAIT_1 || from == FROM_FIN_WAIT_2 || from == FROM_CLOSING ||
	    from == FROM_LAST_ACK)
		bench_shutdown(b);
	if (from == FROM_FIN_WAIT_2)
		bench_peer(b, EDU_ACK, 1, 2, 0);
	if (from == FROM_CLOSING)
		bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	bench_forget(b);
	b->npath = 0;
	return b;
}

struct call_case {
	const char *name;
	enum from from;
	const char *close;	/* states entered by CLOSE */
	bool fin;		/* ... which sends a FIN */
	const char *abort;	/* states entered by ABORT */
	bool rst;		/* ... which sends a RST */
};

static const struct call_case call_cases[] = {
	{ "CLOSED: no connection", FROM_CLOSED, "", false, "", false },
	{ "LISTEN: delete the TCB", FROM_LISTEN, "CLOSED", false, "CLOSED", false },
	{ "SYN-SENT: delete the TCB", FROM_SYN_SENT, "CLOSED", false, "CLOSED", false },
	{ "SYN-RECEIVED: a FIN, once the SYN is acknowledged; ABORT: a RST", FROM_SYN_RECEIVED,
	  "FIN-WAIT-1", false, "CLOSED", true },
	{ "ESTABLISHED: a FIN; ABORT: a RST", FROM_ESTABLISHED,
	  "FIN-WAIT-1", true, "CLOSED", true },
	{ "FIN-WAIT-1: an error, or nothing; ABORT: a RST", FROM_FIN_WAIT_1,
	  "", false, "CLOSED", true },
	{ "FIN-WAIT-2: the same", FROM_FIN_WAIT_2, "", false, "CLOSED", true },
	{ "CLOSE-WAIT: a FIN; ABORT: a RST", FROM_CLOSE_WAIT, "LAST-ACK", true, "CLOSED", true },
	{ "CLOSING: connection closing; ABORT: just delete the TCB", FROM_CLOSING, "", false,
	  "CLOSED", false },
	{ "LAST-ACK: the same", FROM_LAST_ACK, "", false, "CLOSED", false },
};

KUNIT_ARRAY_PARAM_DESC(call, call_cases, name);

/* 3.10.4, with the user gone (close) or still there to read (shutdown) */
static void close_call(struct kunit *test)
{
	const struct call_case *c = test->param_value;
	struct bench *b = bring(test, c->from);
	unsigned int i;

	bench_close(b);
	EXPECT_PATH(b, c->close);
	EXPECT_SENT(b, c->fin);
	if (c->fin)
		EXPECT_SEGMENT(b, 0, EDU_FIN | EDU_ACK, 1, 0);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
	KUNIT_EXPECT_EQ(test, b->todo.err, 0);
	/* A second time does nothing. */
	for (i = 0; i < 2; i++)
		bench_close(b);
	EXPECT_PATH(b, c->close);
	EXPECT_SENT(b, c->fin);

	if (c->from == FROM_LISTEN || c->from == FROM_SYN_SENT)
		return;			/* the shell deletes these TCBs itself */
	b = bring(test, c->from);
	for (i = 0; i < 3; i++)
		bench_shutdown(b);
	EXPECT_PATH(b, c->close);
	EXPECT_SENT(b, c->fin);
}

/* 3.10.5 */
static void abort_call(struct kunit *test)
{
	const struct call_case *c = test->param_value;
	struct bench *b = bring(test, c->from);

	bench_abort(b);
	EXPECT_PATH(b, c->abort);
	EXPECT_SENT(b, 0);
	if (c->rst) {
		/* <SEQ=SND.NXT><CTL=RST> */
		KUNIT_EXPECT_TRUE(test, b->todo.reply & EDU_RST);
		KUNIT_EXPECT_EQ(test, b->todo.reply_seq, b->t.snd_nxt);
	} else {
		KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
	}
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
	KUNIT_EXPECT_EQ(test, b->t.queue[EDU_SENT].nodes, 0u);
}

/* In TIME-WAIT and CLOSED there is nothing more to say. */
static void silence_after_the_end(struct kunit *test)
{
	struct bench *b = bring(test, FROM_FIN_WAIT_2);

	bench_peer(b, EDU_FIN | EDU_ACK, 1, 2, 0);
	EXPECT_STATE(b, EDU_TIME_WAIT);
	EXPECT_SENT(b, 1);
	bench_output(b);
	EXPECT_SENT(b, 1);
	KUNIT_EXPECT_TRUE(test, edu_next_deadline(&b->t) == EDU_NEVER);
	KUNIT_EXPECT_TRUE(test, b->todo.counted & 1ull << EDU_MIB_TW);
}

/* 3.10.7.4, eighth: nothing can follow a FIN: what a peer sent beyond it is given back. */
static void text_beyond_the_fin(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_peer(b, EDU_ACK, 501, 1, 100);
	KUNIT_EXPECT_FALSE(test, edu_out_of_order_empty(&b->t));
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 100);
	EXPECT_STATE(b, EDU_CLOSE_WAIT);
	KUNIT_EXPECT_TRUE(test, edu_out_of_order_empty(&b->t));
	KUNIT_EXPECT_EQ(test, bench_chain_len(&b->todo.unwanted), 1u);
}

/* SHLD-3 is for text that nobody will read. Old text is not, and a FIN may come with it. */
static void old_text_with_a_new_fin(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_peer(b, EDU_ACK, 1, 1, 100);
	bench_close(b);
	bench_peer(b, EDU_ACK, 101, 2, 0);
	EXPECT_STATE(b, EDU_FIN_WAIT_2);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 2, 100);
	EXPECT_STATE(b, EDU_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
}

/* Text behind the peer's own FIN "should not occur": ignored, also when the user is gone. */
static void text_after_fin_without_a_user(struct kunit *test)
{
	struct bench *b = bench_new(test, ISS, IRS);

	bench_established(b);
	bench_peer(b, EDU_FIN | EDU_ACK, 1, 1, 0);
	bench_close(b);
	EXPECT_STATE(b, EDU_LAST_ACK);
	bench_peer(b, EDU_ACK, 2, 1, 100);
	EXPECT_STATE(b, EDU_LAST_ACK);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_TEXT_AFTER_FIN);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)0);
}

/* TIME-WAIT has one window to announce, and a SYN that is not alone opens nothing. */
static void time_wait_answers(struct kunit *test)
{
	struct edu_conn wait = {
		.snd_una = ISS + 2, .snd_nxt = ISS + 2, .rcv_nxt = IRS + 2002, .rcv_wnd = 300000,
		.state = EDU_TIME_WAIT, .rcv_wscale = 5, .wscale_ok = 1,
	};
	/* The FIN again, with the text before it: our ACK was lost. */
	struct edu_segment fin = { .flags = EDU_FIN | EDU_ACK, .seq = IRS + 1001, .len = 1000,
				   .ack = ISS + 2 };
	struct edu_segment syn = { .flags = EDU_SYN | EDU_ACK, .seq = IRS + 400000,
				   .ack = ISS + 2 };
	struct bench *b = bench_new(test, ISS, IRS);

	edu_todo_init(&b->todo);
	edu_arrives_time_wait(&wait, &fin, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)EDU_EV_2MSL);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)EDU_ACK);
	KUNIT_EXPECT_EQ(test, b->todo.reply_ack, IRS + 2002u);
	KUNIT_EXPECT_EQ(test, b->todo.reply_wnd, (u16)(300000 >> 5));

	edu_todo_init(&b->todo);
	edu_arrives_time_wait(&wait, &syn, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)0);
	KUNIT_EXPECT_EQ(test, b->todo.reply, (u8)EDU_ACK);

	/* Text that is old is no FIN again. */
	fin.flags = EDU_ACK;
	edu_todo_init(&b->todo);
	edu_arrives_time_wait(&wait, &fin, NOW(b), &b->todo);
	KUNIT_EXPECT_EQ(test, b->todo.events, (u16)0);
}

static struct kunit_case close_cases[] = {
	KUNIT_CASE(four_segments),
	KUNIT_CASE(fin_with_text_is_acked_later),
	KUNIT_CASE(three_segments),
	KUNIT_CASE(simultaneous),
	KUNIT_CASE(half_close),
	KUNIT_CASE(lost_fin_and_lost_ack),
	KUNIT_CASE(text_and_fin),
	KUNIT_CASE(close_with_unread_text),
	KUNIT_CASE_PARAM(close_call, call_gen_params),
	KUNIT_CASE_PARAM(abort_call, call_gen_params),
	KUNIT_CASE(silence_after_the_end),
	KUNIT_CASE(text_beyond_the_fin),
	KUNIT_CASE(old_text_with_a_new_fin),
	KUNIT_CASE(text_after_fin_without_a_user),
	KUNIT_CASE(time_wait_answers),
	{}
};

static struct kunit_suite close_suite = {
	.name = "edu_tcp_close",
	.test_cases = close_cases,
};

kunit_test_suite(close_suite);
