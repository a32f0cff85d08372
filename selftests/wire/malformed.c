// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that no TCP should send: each is dropped, unanswered, for a reason that has a name, and
 * hurts nobody; to a connection, to a listener and to a port where there is neither.
 */
#include "fixture.h"

/* What may come of one: edu_tcp drops them all; the kernel's own TCP is less strict. */
enum way { DROPS, TAKES, ACKS, RESETS, OPENS };

struct malformed {
	const char *what;
	const char *reason;
	struct seg seg;
	/* the way of the kernel's own TCP, in a connection, in LISTEN and in CLOSED */
	enum way connection, listener, closed;
};

#define FLAGS(bits)	.flags = (bits)

static const struct malformed malformed[] = {
	{ "a wrong checksum", "BAD_CHECKSUM",
	  { FLAGS(ACK), BAD_CHECKSUM, LEN(4) }, DROPS, DROPS, DROPS },
	{ "no header at all", "PKT_TOO_SMALL",
	  { FLAGS(ACK), CUT(0) }, DROPS, DROPS, DROPS },
	{ "half a header", "PKT_TOO_SMALL",
	  { FLAGS(ACK), CUT(12) }, DROPS, DROPS, DROPS },
	{ "a header but for a byte", "PKT_TOO_SMALL",
	  { FLAGS(ACK), CUT(19) }, DROPS, DROPS, DROPS },
	{ "a data offset of 0", "BAD_OFFSET",
	  { FLAGS(ACK), DOFF(0), LEN(4) }, DROPS, DROPS, DROPS },
	{ "a data offset of 4 words", "BAD_OFFSET",
	  { FLAGS(ACK), DOFF(4), LEN(4) }, DROPS, DROPS, DROPS },
	{ "a data offset behind the end", "BAD_OFFSET",
	  { FLAGS(ACK), DOFF(7), LEN(4) }, DROPS, DROPS, DROPS },
	{ "the largest data offset", "BAD_OFFSET",
	  { FLAGS(ACK), DOFF(15) }, DROPS, DROPS, DROPS },
	{ "no flags", "BAD_FLAGS",
	  { FLAGS(0), LEN(4) }, DROPS, DROPS, RESETS },
	{ "all flags, a Christmas tree", "BAD_FLAGS",
	  { FLAGS(0xff), SEQ(-500), LEN(4) }, DROPS, DROPS, DROPS },
	{ "SYN and FIN", "BAD_FLAGS",
	  { FLAGS(SYN | FIN) }, ACKS, DROPS, RESETS },
	{ "SYN, FIN and ACK", "BAD_FLAGS",
	  { FLAGS(SYN | FIN | ACK) }, ACKS, RESETS, RESETS },
	{ "SYN and RST", "BAD_FLAGS",
	  { FLAGS(SYN | RST), SEQ(-500) }, DROPS, DROPS, DROPS },
	{ "FIN and RST", "BAD_FLAGS",
	  { FLAGS(FIN | RST), SEQ(-500) }, DROPS, DROPS, DROPS },
	{ "FIN, PSH and URG, but no ACK", "BAD_FLAGS",
	  { FLAGS(FIN | PSH | URG) }, DROPS, DROPS, RESETS },
	{ "an option of length 0", "BAD_OPTION",
	  { FLAGS(ACK), OPTS(254, 0), LEN(4) }, TAKES, OPENS, RESETS },
	{ "an option of length 1", "BAD_OPTION",
	  { FLAGS(ACK), OPTS(254, 1), LEN(4) }, TAKES, OPENS, RESETS },
	{ "an option longer than the header", "BAD_OPTION",
	  { FLAGS(ACK), OPTS(254, 8, 0, 0), LEN(4) }, TAKES, OPENS, RESETS },
	{ "an option without its length", "BAD_OPTION",
	  { FLAGS(ACK), OPTS(1, 1, 1, 254), LEN(4) }, TAKES, OPENS, RESETS },
};

/* Sends one, with @flags, and expects what must come of it. */
static void malformed_arrives(const struct malformed *m, u8 flags, enum way linux_way)
{
	struct flow was = *wire.flow;
	struct seg seg = m->seg;
	enum way way = wire_is_linux_tcp() ? linux_way : DROPS;

	wire_note("%s:", m->what);
	counters_mark();
	seg.flags = flags;
	wire_send(&seg);
	if (way == DROPS) {
		expect_silence();
		expect_dropped(m->reason, 1);
	} else {
		expect_any();
		check(way == RESETS ? got.flags & RST :
		      got.flags == (way == OPENS ? SYN | ACK : ACK), "not that answer");
	}
	if (way != TAKES)
		wire.flow->peer_nxt = was.peer_nxt;
}

TEST_F(wire, a_connection_ignores_malformed_segments)
{
	const struct malformed *m;

	listen_and_accept();
	for (m = malformed; m < malformed + ARRAY_SIZE(malformed); m++) {
		u32 before = wire.flow->peer_nxt;

		malformed_arrives(m, m->seg.flags, m->connection);
		if (wire.flow->peer_nxt != before)
			app_read(wire.flow->peer_nxt - before);
		app_cannot_read(EAGAIN);
	}
	/* and it still works */
	send_seg(ACK, LEN(100));
	expect_acked(wire.flow->peer_nxt);
	app_read(100);
	expect_state("ESTABLISHED");
}

TEST_F(wire, a_listener_ignores_malformed_segments)
{
	const struct malformed *m;
	u16 port = PEER_PORT;

	app_listen(64);
	for (m = malformed; m < malformed + ARRAY_SIZE(malformed); m++) {
		on(flow_between(OUR_PORT, ++port));
		/* what is wrong with an ACK is as wrong with a SYN */
		malformed_arrives(m, m->seg.flags == ACK ? SYN : m->seg.flags, m->listener);
	}
	on(flow_between(OUR_PORT, PEER_PORT));
	expect_listening();
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
}

TEST_F(wire, a_closed_port_ignores_malformed_segments)
{
	const struct malformed *m;

	for (m = malformed; m < malformed + ARRAY_SIZE(malformed); m++)
		malformed_arrives(m, m->seg.flags, m->closed);
}

/* ---- What looks odd and is right ---- */

TEST_F(wire, unknown_options_are_passed_over)
{
	listen_and_accept(OPTS(254, 4, 0xed, 0x1c, 253, 2));
	/* RFC 9293 3.1, MUST-6 */
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), OPTS(254, 4, 1, 2, 1, 1, 253, 2));
	expect_seg(ACK, ACK(11));
	app_read(10);
}

TEST_F(wire, options_behind_an_unknown_one_count)
{
	listen_and_accept(NO_MSS, OPTS(254, 3, 0, 1, 2, 4, 1000 >> 8, 1000 & 0xff));
	app_write(1500);
	expect_seg(ACK, SEQ(1), LEN(1000), AT_ONCE);
	expect_seg(ACK, SEQ(1001), LEN(500), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1501));
}

TEST_F(wire, what_follows_the_end_of_the_options_does_not_count)
{
	listen_and_accept(NO_MSS, OPTS(1, 0, 2, 4, 1000 >> 8, 1000 & 0xff));
	app_write(DEFAULT_MSS + 64);
	expect_seg(ACK, SEQ(1), LEN(DEFAULT_MSS), AT_ONCE);
	expect_seg(ACK, SEQ(1 + DEFAULT_MSS), LEN(64), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + DEFAULT_MSS + 64));
}

TEST_F(wire, a_header_full_of_options_is_no_trouble)
{
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(10),
		 OPTS(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
	expect_seg(ACK, ACK(11));
	app_read(10);
}

TEST_F(wire, an_MSS_of_the_wrong_length_is_no_MSS)
{
	listen_and_accept(NO_MSS, OPTS(2, 3, 200, 1));
	app_write(DEFAULT_MSS + 64);
	expect_seg(ACK, SEQ(1), LEN(DEFAULT_MSS), AT_ONCE);
	expect_seg(ACK, SEQ(1 + DEFAULT_MSS), LEN(64), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1 + DEFAULT_MSS + 64));
}

TEST_F(wire, an_MSS_of_0_is_not_taken_literally)
{
	listen_and_accept(MSS(0));
	app_write(600);
	expect_text(1, 601);
	send_seg(ACK, SEQ(1), ACK(601));
}

TEST_F(wire, an_MSS_of_1_does_not_make_us_send_single_bytes)
{
	listen_and_accept(MSS(1));
	app_write(400);
	check(expect_text(1, 401) <= 50, "that were too many segments");
	send_seg(ACK, SEQ(1), ACK(401));
}

TEST_F(wire, reserved_bits_are_ignored)
{
	listen_and_accept();
	/* RFC 9293 3.1: must be ignored in received segments */
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), RESERVED(0xe));
	expect_seg(ACK, ACK(11));
	app_read(10);
}

TEST_F(wire, ECN_bits_without_ECN_are_ignored)
{
	listen_and_accept();
	send_seg(ACK | ECE | CWR, SEQ(1), ACK(1), LEN(10));
	expect_seg(ACK, ACK(11));
	app_read(10);
}

TEST_HARNESS_MAIN
