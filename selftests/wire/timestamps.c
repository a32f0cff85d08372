// SPDX-License-Identifier: GPL-2.0
/* Timestamps: RFC 7323; and TIME-WAIT that gives way to them: RFC 6191. */
#include "fixture.h"

/* The peer's clock when a test begins */
#define T	1000000u

/* ---- Agreement: 3.2 ---- */

TEST_F(wire, a_SYN_offers_timestamps)
{
	u32 ours;

	app_connect();
	expect_seg(SYN, SEQ(0), ECHO_OF(0));
	ours = got.stamp;
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), STAMP(T, ours));
	expect_seg(ACK, SEQ(1), ACK(1), ECHO_OF(T));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), ECHO_OF(T), AT_ONCE);
	check((s32)(got.stamp - ours) >= 0 && (s32)(got.stamp - ours) < 60000,
	      "TSval went from %u to %u", ours, got.stamp);
	send_seg(ACK, SEQ(1), ACK(101), STAMP(T, got.stamp));
}

TEST_F(wire, a_peer_without_timestamps_gets_none)
{
	app_connect();
	expect_seg(SYN, SEQ(0), ECHO_OF(0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1), NO_STAMP);
	app_connected(0);
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), NO_STAMP);
	expect_seg(ACK, LEN(FULL), NO_STAMP);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL));
}

TEST_F(wire, a_SYN_ACK_has_them_in_answer)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ECHO_OF(T));
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T + 1, got.stamp));
	app_accept();
	/* MUST-16: they take their room from the text */
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL - 12), ECHO_OF(T + 1), AT_ONCE);
	expect_seg(ACK, LEN(FULL - 12), ECHO_OF(T + 1));
	expect_seg(ACK, LEN(24), ECHO_OF(T + 1));
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL), STAMP(T + 1, got.stamp));

	on(flow_between(OUR_PORT, PEER_PORT + 1));
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_STAMP);
}

TEST_F(wire, net_timestamps_0_has_none)
{
	sysctl("timestamps", "0");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_STAMP);
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T, 0));
	app_accept();
	/* and what the peer sends in them means nothing */
	send_seg(ACK, SEQ(1), LEN(100), STAMP(T - 1000, 0));
	expect_seg(ACK, ACK(101), NO_STAMP);
	app_read(100);
	on(flow_between(OUR_PORT + 1, PEER_PORT + 1));
	app_bind();
	app_connect();
	expect_seg(SYN, SEQ(0), NO_STAMP);
}

TEST_F(wire, the_clock_ticks_in_milliseconds)
{
	u32 first;

	listen_and_accept(STAMP(T, 0));
	send_seg(ACK, SEQ(1), LEN(10), STAMP(T, 0));
	expect_seg(ACK, ACK(11), ECHO_OF(T));
	first = got.stamp;
	expect_nothing(500);
	send_seg(ACK, SEQ(11), LEN(10), STAMP(T, 0));
	expect_any();
	check(got.stamp - first >= 490 && got.stamp - first < 1500, "%u ticks in 500 ms",
	      got.stamp - first);
	app_read(20);
}

TEST_F(wire, each_connection_sees_another_clock)
{
	u32 first;

	/* RFC 7323 7.1: neither the uptime nor what others see can be told from it */
	app_listen(2);
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	first = got.stamp;
	on(flow_between(OUR_PORT, PEER_PORT + 1));
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check(got.stamp - first > 10000 && first - got.stamp > 10000, "the same offset: %u, %u",
	      first, got.stamp);
}

/* ---- Which one is echoed: 4.3 ---- */

TEST_F(wire, a_hole_is_not_echoed_until_it_is_filled)
{
	listen_and_accept(STAMP(T, 0));
	send_seg(ACK, SEQ(1), LEN(100), STAMP(T + 1, 0));
	expect_seg(ACK, ACK(101), ECHO_OF(T + 1));
	send_seg(ACK, SEQ(201), LEN(100), STAMP(T + 3, 0));
	expect_seg(ACK, ACK(101), ECHO_OF(T + 1), AT_ONCE);
	send_seg(ACK, SEQ(101), LEN(100), STAMP(T + 2, 0));
	expect_seg(ACK, ACK(301), ECHO_OF(T + 2), AT_ONCE);
	app_read(300);
}

/* ---- PAWS: 5 ---- */

TEST_F(wire, an_old_timestamp_is_dropped_and_answered)
{
	listen_and_accept(STAMP(T, 0));
	send_seg(ACK, SEQ(1), LEN(100), STAMP(T + 10, 0));
	expect_seg(ACK, ACK(101), ECHO_OF(T + 10));
	/* by more than one tick: one is allowed by Linux */
	send_seg(ACK, SEQ(101), LEN(100), STAMP(T + 8, 0));
	expect_seg(ACK, SEQ(1), ACK(101), ECHO_OF(T + 10), AT_ONCE);
	expect_counted("PAWSEstab", 1);
	expect_dropped("PAWS", 1);
	/* equal is not older */
	send_seg(ACK, SEQ(101), LEN(100), STAMP(T + 10, 0));
	expect_seg(ACK, ACK(201));
	app_read(200);
}

TEST_F(wire, timestamps_wrap)
{
	listen_and_accept(STAMP(0xffffffff, 0));
	send_seg(ACK, SEQ(1), LEN(100), STAMP(5, 0));
	expect_seg(ACK, ACK(101), ECHO_OF(5));
	send_seg(ACK, SEQ(101), LEN(100), STAMP(0xffffffff, 0));
	expect_seg(ACK, ACK(101), ECHO_OF(5), AT_ONCE);
	expect_counted("PAWSEstab", 1);
	app_read(100);
}

TEST_F(wire, a_RST_with_an_old_timestamp_resets)
{
	listen_and_accept(STAMP(T, 0));
	send_seg(RST, SEQ(1), STAMP(1, 0));
	expect_state("CLOSED");
	app_cannot_read(ECONNRESET);
	expect_counted("PAWSEstab", 0);
}

TEST_F(wire, a_SYN_ACK_that_echoes_a_stranger_is_reset)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), STAMP(T, got.stamp - 100000));
	expect_seg(RST, SEQ(1), AT_ONCE);
	expect_state("SYN-SENT");
	expect_counted("PAWSActive", 1);
}

TEST_F(wire, half_open_connections_are_protected_too)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ECHO_OF(T));
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T - 1, 0));
	expect_seg(ACK, SEQ(1), ACK(1), ECHO_OF(T), AT_ONCE);
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T, 0));
	app_accept();
	expect_state("ESTABLISHED");
}

/* ---- TIME-WAIT: RFC 6191 ---- */

static void into_time_wait(void)
{
	listen_and_accept(STAMP(T, 0));
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2), STAMP(T + 10, got.stamp));
	expect_seg(ACK, SEQ(2), ACK(2), ECHO_OF(T + 10));
	expect_state("TIME-WAIT");
}

/* A new connection of the same two ports, whose numbers are lower than the old one's. */
static void lower_iss(void)
{
	wire.flow->peer_iss -= 100000;
	wire.flow->peer_nxt = 0;
}

TEST_F(wire, TIME_WAIT_gives_way_to_a_later_timestamp)
{
	u32 ours;

	into_time_wait();
	ours = got.stamp;
	lower_iss();
	send_seg(SYN, SEQ(0), MSS(FULL), STAMP(T + 11, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ECHO_OF(T + 11), AT_ONCE);
	/* and ours go on, for a peer that has to tell the two apart */
	check((s32)(got.stamp - ours) >= 0 && (s32)(got.stamp - ours) < 60000,
	      "our clock went from %u to %u", ours, got.stamp);
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T + 12, got.stamp));
	app_accept();
	expect_state("ESTABLISHED");
}

TEST_F(wire, TIME_WAIT_does_not_give_way_to_an_older_one)
{
	u32 iss;

	into_time_wait();
	iss = wire.flow->peer_iss;
	/* even if its number is beyond */
	send_seg(SYN, SEQ(100000), STAMP(T + 9, 0));
	expect_seg(ACK, SEQ(2), ACK(2), ECHO_OF(T + 10), AT_ONCE);
	expect_state("TIME-WAIT");
	/* nor to the same one with a lower number */
	wire.flow->peer_iss = iss;
	send_seg(SYN, RAW, SEQ(iss - 100000), STAMP(T + 10, 0));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_state("TIME-WAIT");
}

TEST_F(wire, TIME_WAIT_answers_with_timestamps)
{
	into_time_wait();
	send_seg(FIN | ACK, SEQ(1), ACK(2), STAMP(T + 20, 0));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	check(got.has_ts, "no timestamps");
}

TEST_HARNESS_MAIN
