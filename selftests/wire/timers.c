// SPDX-License-Identifier: GPL-2.0
/*
 * What takes its time: retransmission, probes, keepalive and the waits at the end of a connection,
 * with the defaults that everybody has. Measured by this machine's own clock, and meant for virtual
 * time, where hours pass in moments (scripts/vm --virtual).
 */
#include <linux/tcp.h>
#include <stdlib.h>

#include "fixture.h"

#define MS	1
#define S	(1000 * MS)

/* The longest test waits for more than two hours. */
#define LONG_TEST(name)	TEST_F_TIMEOUT(wire, name, 20000)

/* ---- Opening ---- */

LONG_TEST(a_SYN_is_retransmitted_after_1_2_4_8_seconds_and_given_up_after_247)
{
	int wait;

	linux_differs("gives up after 127 s");
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 6298 (2.1), (5.5); MUST-23: for at least 3 minutes; syn_retries is 7 */
	for (wait = 1; wait <= 64; wait *= 2)
		expect_seg(SYN, SEQ(0), ABOUT(wait * S));
	expect_state_after("CLOSED", 119 * S, 138 * S);
	app_connected(ETIMEDOUT);
	expect_counted("RetransSegs", 7);
}

/* SHLD-25, MUST-47: what was no reason to give up explains why it was in vain */
LONG_TEST(a_soft_error_is_the_reason_when_an_opening_fails)
{
	linux_differs("every error ends it");
	app_socket();
	app_setsockopt(IPPROTO_TCP, TCP_SYNCNT, 1);
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_icmp(HOST_UNREACHABLE, 0);
	expect_seg(SYN, SEQ(0), ABOUT(1 * S));
	expect_state_after("CLOSED", 1900 * MS, 2500 * MS);
	app_connected(EHOSTUNREACH);
}

/* At the latest after two ticks of its clock (64 s; Linux: 60 s), at the earliest after one. */
LONG_TEST(a_SYN_cookie_is_good_for_a_minute_and_not_for_three)
{
	sysctl("syncookies", "2");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_nothing(59 * S);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();

	on(flow_between(OUR_PORT, PEER_PORT + 1));
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_nothing(129 * S);
	/* cookies are still expected, as another one was sent */
	on(flow_between(OUR_PORT, PEER_PORT + 2));
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	on(flow_between(OUR_PORT, PEER_PORT + 1));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(RST, SEQ(1), AT_ONCE);
	expect_counted("SyncookiesFailed", 1);
	app_cannot_accept();
}

LONG_TEST(a_SYN_cookie_is_expected_for_two_minutes_after_the_last_was_sent)
{
	sysctl("syncookies", "2");
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_nothing(60 * S);
	send_seg(ACK, SEQ(1), ACK(77));
	expect_seg(RST, SEQ(77));
	expect_counted("SyncookiesFailed", 1);
	expect_nothing(70 * S);
	send_seg(ACK, SEQ(1), ACK(77));
	expect_seg(RST, SEQ(77));
	expect_counted("SyncookiesFailed", 1);
}

/*
 * TCP_DEFER_ACCEPT for 5 s is three timeouts, 7 s: no SYN,ACK meanwhile for who has acknowledged
 * the first, then one more, and its ACK is enough.
 */
LONG_TEST(TCP_DEFER_ACCEPT_ends_with_a_last_SYN_ACK)
{
	int seconds = 5;
	socklen_t len = sizeof(seconds);

	app_listen(1);
	setsockopt(wire.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	getsockopt(wire.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, &len);
	check(seconds == 7, "expected TCP_DEFER_ACCEPT to be 7 s, it is %d s", seconds);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ABOUT(7 * S));
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	app_accept();
}

/* MUST-8: 3.4.1's clock; as in Linux it goes by one in 64 ns */
LONG_TEST(the_ISS_of_the_same_flow_goes_on_with_a_clock)
{
	u32 first, passed;
	s64 began;

	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	began = wire_now();
	first = wire.flow->us_iss;
	send_seg(RST, SEQ(1));
	expect_nothing(4 * S);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	passed = (u32)(wire.flow->us_iss - first) * 64LL / 1000;
	check(labs((long)(passed - (wire_now() - began))) < 500000,
	      "it went on by %u us in %lld us", passed, (long long)(wire_now() - began));
	send_seg(RST, SEQ(1));
}

LONG_TEST(TCP_SYNCNT_limits_how_often_a_SYN_is_sent)
{
	app_socket();
	app_setsockopt(IPPROTO_TCP, TCP_SYNCNT, 1);
	app_connect();
	expect_seg(SYN, SEQ(0));
	expect_seg(SYN, SEQ(0), ABOUT(1 * S));
	expect_state_after("CLOSED", 1900 * MS, 2500 * MS);
	app_connected(ETIMEDOUT);
}

LONG_TEST(a_SYN_ACK_is_retransmitted_after_1_2_4_8_seconds_and_given_up_after_63)
{
	int wait;

	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* synack_retries is 5 */
	for (wait = 1; wait <= 16; wait *= 2)
		expect_seg(SYN | ACK, SEQ(0), ACK(1), ABOUT(wait * S));
	expect_state_after("CLOSED", 31 * S, 37 * S);
	expect_listening();
	/* who comes too late finds nothing */
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(RST, SEQ(1));
}

LONG_TEST(a_late_ACK_of_a_retransmitted_SYN_ACK_still_opens)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ABOUT(1 * S));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ABOUT(2 * S));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	expect_state("ESTABLISHED");
	/* RFC 5681 3.1: a lost SYN,ACK means one segment to begin with; in Linux, two lost ones */
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL), AT_ONCE);
	expect_silence();
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	expect_text(1 + FULL, 1 + 2 * FULL);
	send_seg(ACK, SEQ(1), ACK(1 + 2 * FULL));
}

/* ---- Retransmission, RFC 6298 ---- */

LONG_TEST(the_retransmission_timeout_doubles_until_the_connection_is_given_up)
{
	long rto, times;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	expect_seg(ACK, SEQ(1), LEN(100), AFTER(190 * MS, 1200 * MS));
	rto = gap();
	for (times = 2; times <= 15; times++) {
		rto = 2 * rto < 120 * S ? 2 * rto : 120 * S;
		expect_seg(ACK, SEQ(1), LEN(100), AFTER(rto - rto / 8, rto + rto / 4));
	}
	/* R2: retries2 is 15, some 924 s in all; RFC 9293 3.8.3 asks for 100 s at least */
	expect_state_after("CLOSED", 100 * S, 150 * S);
	app_cannot_write(ETIMEDOUT);
	expect_counted("RetransSegs", 15);
	expect_counted("TCPAbortOnTimeout", 1);
}

LONG_TEST(an_ACK_ends_the_back_off_only_with_a_new_measurement)
{
	long rto;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	expect_seg(ACK, SEQ(1), LEN(100), AFTER(190 * MS, 1200 * MS));
	rto = gap();
	expect_seg(ACK, SEQ(1), LEN(100), AFTER(2 * rto - rto / 4, 2 * rto + rto / 2));
	expect_seg(ACK, SEQ(1), LEN(100), AFTER(4 * rto - rto / 2, 5 * rto));
	/* Karn: of which transmission is this the ACK? RFC 6298 (3), and the end of section 5 */
	send_seg(ACK, SEQ(1), ACK(101));
	app_write(100);
	expect_seg(ACK, SEQ(101), LEN(100), AT_ONCE);
	expect_seg(ACK, SEQ(101), LEN(100), AFTER(4 * rto, 10 * rto));
	send_seg(ACK, SEQ(1), ACK(201));
	/* this one is unambiguous */
	app_write(100);
	expect_seg(ACK, SEQ(201), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(301));
	app_write(100);
	expect_seg(ACK, SEQ(301), LEN(100), AT_ONCE);
	expect_seg(ACK, SEQ(301), LEN(100), AFTER(190 * MS, 2 * rto));
	send_seg(ACK, SEQ(1), ACK(401));
}

LONG_TEST(after_a_timeout_one_segment_is_sent_and_slow_start_begins)
{
	u32 i;

	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	listen_and_accept(WSCALE(7));
	app_write(8 * FULL);
	expect_text(1, 1 + 8 * FULL);
	/* RFC 5681 3.1: the loss window is one full-sized segment */
	expect_seg(ACK, SEQ(1), LEN(FULL), AFTER(190 * MS, 1200 * MS));
	expect_silence();
	round_trip();
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	expect_seg(ACK, SEQ(1 + FULL), LEN(FULL), AT_ONCE);
	expect_seg(ACK, SEQ(1 + 2 * FULL), LEN(FULL), AT_ONCE);
	expect_silence();
	for (i = 2; i <= 8; i++) {
		round_trip();
		send_seg(ACK, SEQ(1), ACK(1 + i * FULL));
		while (maybe_seg(ACK, ANY_LEN))
			;
	}
	expect_counted("TCPTimeouts", 1);
}

LONG_TEST(after_a_pause_the_first_flight_is_small_again)
{
	u32 end = 1, flight;

	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	listen_and_accept(WSCALE(7));
	app_write(60 * FULL);
	while (maybe_seg(ACK, ANY_LEN))
		;
	for (; end < 1 + 60 * FULL; end += 2 * FULL) {
		round_trip();
		send_seg(ACK, SEQ(1), ACK(end + 2 * FULL));
		while (maybe_seg(ACK, ANY_LEN))
			;
	}
	/* RFC 5681 4.1: cwnd was 40 and more; the ACK clock has stopped since */
	expect_nothing(10 * S);
	app_write(60 * FULL);
	while (maybe_seg(ACK, ANY_LEN))
		;
	flight = (wire.flow->us_nxt - end) / FULL;
	check(flight == 10, "%u segments in flight after a pause", flight);
}

LONG_TEST(TCP_USER_TIMEOUT_gives_up_sooner)
{
	int i;

	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	for (i = 0; i < 4; i++)
		expect_seg(ACK, SEQ(1), LEN(100), AFTER(190 * MS, 2500 * MS));
	/* the next would come after 6 s: too late */
	expect_state_after("CLOSED", 1500 * MS, 4000 * MS);
	app_cannot_write(ETIMEDOUT);
}

/* SHLD-25: the errors that did not end it say why it did */
LONG_TEST(a_soft_error_is_the_reason_when_a_connection_times_out)
{
	int i;

	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 2000);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_icmp(HOST_UNREACHABLE, 0);
	for (i = 0; i < 3; i++)
		expect_seg(ACK, SEQ(1), LEN(100), AFTER(190 * MS, 1200 * MS));
	expect_state_after("CLOSED", 100 * MS, 2500 * MS);
	app_cannot_write(EHOSTUNREACH);
}

/* ---- The peer's closed window, RFC 9293 3.8.6.1 ---- */

LONG_TEST(a_closed_window_is_probed_more_and_more_seldom_and_for_ever)
{
	long wait, times;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101), WIN(0));
	app_write(100);
	expect_seg(ACK, SEQ(100), AFTER(190 * MS, 1200 * MS));
	wait = gap();
	send_seg(ACK, SEQ(1), ACK(101), WIN(0));
	/* MUST-37: as long as they are answered; that is more often than retries2 */
	for (times = 2; times <= 17; times++) {
		wait = 2 * wait < 120 * S ? 2 * wait : 120 * S;
		expect_seg(ACK, SEQ(100), AFTER(wait - wait / 4, wait + wait / 2));
		send_seg(ACK, SEQ(1), ACK(101), WIN(0));
	}
	expect_state("ESTABLISHED");
	expect_counted("TCPWinProbe", 17);
	send_seg(ACK, SEQ(1), ACK(101), WIN(1000));
	expect_seg(ACK, SEQ(101), LEN(100), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(201), WIN(1000));
}

LONG_TEST(probes_that_nobody_answers_end_the_connection)
{
	int times = 0;

	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101), WIN(0));
	app_write(100);
	for (times = 0; times < 15; times++)
		expect_seg(ACK, SEQ(100), AFTER(0, 150 * S));
	expect_state_after("CLOSED", 100 * S, 150 * S);
	app_cannot_write(ETIMEDOUT);
}

/* ---- Keepalive, RFC 9293 3.8.4 ---- */

LONG_TEST(for_hours_nothing_is_sent_but_by_keepalive)
{
	struct flow *flow[4];
	int i;

	app_listen(4);
	for (i = 0; i < 4; i++) {
		flow[i] = flow_between(OUR_PORT, PEER_PORT + i);
		on(flow[i]);
		listen_and_accept();
	}
	/* half closed, by us and by the peer: neither has a time limit while there is a user */
	on(flow[1]);
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	on(flow[2]);
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	/* keepalive is off by default (MUST-25), and begins after two hours (MUST-28) */
	on(flow[3]);
	app_setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_seg(ACK, SEQ(0), ACK(1), ABOUT(7200 * S));
	for (i = 2; i <= 9; i++)
		expect_seg(ACK, SEQ(0), ACK(1), ABOUT(75 * S));
	expect_seg(RST | ACK, SEQ(1), ACK(1), ABOUT(75 * S));
	expect_state("CLOSED");
	app_cannot_read(ETIMEDOUT);
	expect_counted("TCPKeepAlive", 9);

	on(flow[0]);
	expect_state("ESTABLISHED");
	on(flow[1]);
	expect_state("FIN-WAIT-2");
	on(flow[2]);
	expect_state("CLOSE-WAIT");
}

LONG_TEST(the_keepalive_options_change_its_times)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 10);
	app_setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 5);
	app_setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 2);
	app_setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_seg(ACK, SEQ(0), ACK(1), ABOUT(10 * S));
	expect_seg(ACK, SEQ(0), ACK(1), ABOUT(5 * S));
	expect_seg(RST | ACK, SEQ(1), ACK(1), ABOUT(5 * S));
	app_cannot_read(ETIMEDOUT);
}

LONG_TEST(a_shorter_keepalive_time_counts_at_once)
{
	listen_and_accept();
	app_setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_nothing(60 * S);
	app_setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 100);
	expect_seg(ACK, SEQ(0), ACK(1), AFTER(99 * S, 115 * S));
	send_seg(ACK, SEQ(1), ACK(1));
}

LONG_TEST(whatever_the_peer_sends_puts_the_keepalive_off)
{
	listen_and_accept();
	app_setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 100);
	app_setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_nothing(60 * S);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(11));
	app_read(10);
	expect_seg(ACK, SEQ(0), ACK(11), AFTER(99 * S, 115 * S));
	/* also the answer to a probe */
	send_seg(ACK, SEQ(11), ACK(1));
	expect_seg(ACK, SEQ(0), ACK(11), AFTER(99 * S, 115 * S));
	send_seg(ACK, SEQ(11), ACK(1));
}

/* ---- Closing ---- */

static void into_time_wait(void)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
}

/* To a second; Linux's own TIME-WAIT is as late as any of its timers. */
static void expect_end_of_2MSL(void)
{
	expect_state_after("CLOSED", 59 * S, wire_is_linux_tcp() ? 68 * S : 61 * S);
}

LONG_TEST(TIME_WAIT_lasts_60_seconds)
{
	into_time_wait();
	expect_end_of_2MSL();
	/* now nobody knows the connection any more */
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(RST, SEQ(2), AT_ONCE);
	expect_ever("TIME-WAIT", 1);
}

LONG_TEST(a_retransmitted_FIN_restarts_2MSL_and_is_acked)
{
	into_time_wait();
	expect_nothing(40 * S);
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2), AT_ONCE);
	expect_nothing(40 * S);
	expect_state("TIME-WAIT");
	expect_end_of_2MSL();
}

LONG_TEST(FIN_WAIT_2_without_a_user_lasts_60_seconds)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	expect_state_after("CLOSED", 59 * S, 68 * S);
	expect_silence();
	expect_ever("TIME-WAIT", 0);
}

LONG_TEST(FIN_WAIT_2_with_a_user_lasts)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_nothing(120 * S);
	expect_state("FIN-WAIT-2");
	send_seg(ACK, SEQ(1), ACK(2), LEN(10));
	expect_seg(ACK, SEQ(2), ACK(11));
	app_read(10);
	/* from the close on, its time is limited */
	app_close();
	expect_state_after("CLOSED", 59 * S, 68 * S);
}

/* A FIN that nobody acknowledges is sent again, but without a user not for ever. */
static void fin_retries(const char *state, u32 ack)
{
	long rto, times = 0;

	expect_seg(FIN | ACK, SEQ(1), ACK(ack), AFTER(190 * MS, 1200 * MS));
	rto = gap();
	for (times = 2; times <= 8; times++) {
		rto *= 2;
		expect_seg(FIN | ACK, SEQ(1), ACK(ack), AFTER(rto - rto / 8, rto + rto / 4));
		expect_state(state);
	}
	/* orphan_retries: 0 stands for 8 */
	expect_state_after("CLOSED", rto, 3 * rto);
	expect_silence();
}

LONG_TEST(LAST_ACK_retries_and_gives_up)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(2));
	fin_retries("LAST-ACK", 2);
}

LONG_TEST(FIN_WAIT_1_retries_and_gives_up)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	fin_retries("FIN-WAIT-1", 1);
}

LONG_TEST(CLOSING_retries_and_a_late_ACK_leads_to_TIME_WAIT)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("CLOSING");
	expect_seg(FIN | ACK, SEQ(1), ACK(2), AFTER(150 * MS, 1200 * MS));
	expect_seg(FIN | ACK, SEQ(1), ACK(2), AFTER(300 * MS, 2400 * MS));
	send_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
	expect_end_of_2MSL();
}

TEST_HARNESS_MAIN
