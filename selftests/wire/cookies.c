// SPDX-License-Identifier: GPL-2.0
/* SYN cookies (RFC 4987 3.6): connections of which nothing was kept while they opened. */
#include <linux/tcp.h>

#include "fixture.h"

/* The peer's clock when a test begins */
#define T	1000000u

/* A flow of its own for the @i-th of several clients. */
static void client(int i)
{
	on(flow_between(OUR_PORT, PEER_PORT + i));
}

/* net.edu_tcp.syncookies = 2: always. */
static void listen_with_cookies(int backlog)
{
	sysctl("syncookies", "2");
	app_listen(backlog);
}

/* We send full segments, of so many octets. */
static void our_segments_have(u32 octets)
{
	app_write(2 * octets);
	expect_seg(ACK, SEQ(1), LEN(octets));
	expect_seg(ACK, LEN(octets));
	send_seg(ACK, SEQ(1), ACK(1 + 2 * octets));
}

/* ---- What is sent, and what is kept ---- */

TEST_F(wire, of_a_SYN_that_gets_a_cookie_nothing_is_kept)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), AT_ONCE);
	expect_state("CLOSED");
	expect_counted("SyncookiesSent", 1);
	app_cannot_accept();

	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	app_accept();
	expect_state("ESTABLISHED");
	expect_counted("SyncookiesRecv", 1);
	expect_counted("SyncookiesFailed", 0);
	expect_counted("PassiveOpens", 1);
	/* it went there directly */
	if (!wire_is_linux_tcp()) {
		expect_ever("SYN-RECEIVED", 0);
		expect_ever("ESTABLISHED", 1);
	}
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), ACK(1));
	send_seg(ACK, SEQ(1), ACK(101), LEN(200));
	expect_seg(ACK, SEQ(101), ACK(201));
	app_read(200);
}

TEST_F(wire, a_SYN_again_gets_the_same_cookie)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	expect_counted("SyncookiesSent", 2);
}

TEST_F(wire, cookies_are_for_a_full_queue)
{
	int i, kept = 0;

	app_listen(4);
	for (i = 0; i < 50; i++) {
		client(i);
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1), AT_ONCE);
		kept += strcmp(wire_state(), "SYN-RECEIVED") == 0;
	}
	check(kept >= 4 && kept <= 5, "%d of 50 SYNs were kept as requests", kept);
	expect_counted("SyncookiesSent", 50 - kept);
	expect_counted("TCPReqQFullDoCookies", 50 - kept);
	expect_counted("TCPReqQFullDrop", 0);
	client(49);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

/* ---- What a cookie remembers ---- */

TEST_F(wire, the_timestamp_of_a_cookie_remembers_what_the_SYN_offered)
{
	struct tcp_info i;
	u32 ours;

	linux_differs("its window's right edge goes back by what it rounds");

	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(5), SACKOK, STAMP(T, 0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), SACKOK, ECHO_OF(T));
	ours = got.stamp;
	send_seg(ACK, SEQ(1), ACK(1), WIN(100), STAMP(T + 1, ours));
	app_accept();
	i = tcp_info_of(wire.flow->fd);
	check(i.tcpi_options & TCPI_OPT_TIMESTAMPS, "timestamps are forgotten");
	check(i.tcpi_options & TCPI_OPT_SACK, "SACK is forgotten");
	check(i.tcpi_options & TCPI_OPT_WSCALE, "window scaling is forgotten");
	check(i.tcpi_snd_wscale == 5, "the peer's shift is %d", i.tcpi_snd_wscale);
	check(!(i.tcpi_options & TCPI_OPT_ECN), "ECN was not offered");

	/* 100 << 5 octets may be sent */
	app_write(5000);
	expect_text(1, 3201);
	check((s32)(got.stamp - ours) >= 0 && (s32)(got.stamp - ours) < 60000,
	      "TSval went from %u to %u", ours, got.stamp);
	expect_silence();
	send_seg(ACK, SEQ(101), ACK(3201), LEN(100), STAMP(T + 2, got.stamp));
	expect_seg(ACK, ACK(1), BLOCKS({ 101, 201 }), ANY_LEN);
	discard_the_rest();
}

TEST_F(wire, without_timestamps_a_cookie_remembers_the_MSS_alone)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(5), SACKOK);
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_WSCALE, NO_SACKOK, NO_STAMP);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	check(!(tcp_info_of(wire.flow->fd).tcpi_options &
		(TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE)),
	      "options are remembered");
	our_segments_have(FULL);
}

/* What IPv6 needs more for its header, an MSS has less. */
#define CLASS	(wire.path.family == AF_INET ? 1300 : 1420)

TEST_F(wire, an_MSS_between_two_that_a_cookie_has_counts_as_the_smaller)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(CLASS + 7));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	our_segments_have(CLASS);
}

TEST_F(wire, who_announces_no_MSS_gets_segments_of_the_default)
{
	if (wire.path.family == AF_INET6)
		linux_differs("its window's right edge goes back by what it rounds");
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	our_segments_have(DEFAULT_MSS);
}

/* MUST-16: no larger than the peer can take, and no cookie can say how small that is. */
TEST_F(wire, a_smaller_MSS_than_any_cookie_has_is_kept_as_a_request)
{
	linux_differs("it sends segments of 536 octets to a peer that takes 500");
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(500));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_state("SYN-RECEIVED");
	expect_counted("SyncookiesSent", 0);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	our_segments_have(500);
}

TEST_F(wire, a_cookie_remembers_ECN_in_its_timestamp)
{
	sysctl("ecn", "1");
	listen_with_cookies(1);
	send_seg(SYN | ECE | CWR, SEQ(0), MSS(FULL), STAMP(T, 0));
	expect_seg(SYN | ACK | ECE, SEQ(0), ACK(1), ECHO_OF(T));
	send_seg(ACK, SEQ(1), ACK(1), STAMP(T + 1, got.stamp));
	app_accept();
	check(tcp_info_of(wire.flow->fd).tcpi_options & TCPI_OPT_ECN, "ECN is forgotten");

	client(1);
	send_seg(SYN | ECE | CWR, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_STAMP);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	check(!(tcp_info_of(wire.flow->fd).tcpi_options & TCPI_OPT_ECN),
	      "ECN without a timestamp to remember it");
}

/* ---- The ACK that brings it back ---- */

TEST_F(wire, text_brings_a_cookie_back_when_the_ACK_was_lost)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	app_accept();
	app_read(100);
	expect_acked(101);
}

TEST_F(wire, a_FIN_that_brings_a_cookie_back_leads_to_CLOSE_WAIT)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(102));
	app_accept();
	expect_state("CLOSE-WAIT");
	app_read(100);
	app_reads_eof();
}

TEST_F(wire, a_full_accept_queue_takes_no_cookie_until_there_is_room)
{
	int i;

	listen_with_cookies(1);
	/* room for two; three have their cookie */
	for (i = 0; i < 3; i++) {
		client(i);
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
	}
	for (i = 0; i < 3; i++) {
		client(i);
		send_seg(ACK, SEQ(1), ACK(1));
	}
	expect_silence();
	expect_state("CLOSED");
	expect_counted("ListenOverflows", 1);

	client(0);
	app_accept();
	client(2);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_state("ESTABLISHED");
	expect_seg(ACK, SEQ(1), ACK(101));
}

TEST_F(wire, a_RST_takes_no_cookie_back)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(RST | ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_state("CLOSED");
	expect_counted("SyncookiesRecv", 0);
	expect_counted("SyncookiesFailed", 0);
}

/* ---- Forged, foreign and replayed ones ---- */

TEST_F(wire, a_forged_cookie_is_reset)
{
	int i;

	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* seven others are as good as this one; those beside it are other classes of the MSS */
	for (i = 0; i < 20; i++) {
		send_seg(ACK, SEQ(1), ACK(5 + 1000 * i));
		expect_seg(RST, SEQ(5 + 1000 * i), AT_ONCE);
	}
	expect_counted("SyncookiesFailed", 20);
	expect_counted("SyncookiesRecv", 0);
	app_cannot_accept();
	expect_state("CLOSED");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

TEST_F(wire, a_cookie_of_another_flow_is_reset)
{
	u32 theirs;

	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	theirs = wire.flow->us_iss + 1;
	client(1);
	send_seg(ACK, RAW, SEQ(1), ACK(theirs));
	expect_seg(RST, RAW, SEQ(theirs), AT_ONCE);
	expect_counted("SyncookiesFailed", 1);
	app_cannot_accept();
}

TEST_F(wire, a_cookie_for_another_ISS_is_reset)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(0x1000001), ACK(1));
	expect_seg(RST, SEQ(1), AT_ONCE);
	expect_counted("SyncookiesFailed", 1);
	app_cannot_accept();
}

TEST_F(wire, who_sent_no_cookies_expects_none)
{
	app_listen(1);
	send_seg(ACK, SEQ(1), ACK(77));
	expect_seg(RST, SEQ(77), AT_ONCE);
	expect_counted("SyncookiesFailed", 0);
	expect_counted("SyncookiesRecv", 0);
}

TEST_F(wire, a_cookie_does_not_survive_a_sysctl_that_is_turned_off)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	sysctl("syncookies", "0");
	send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(RST, SEQ(1), AT_ONCE);
	sysctl("syncookies", "1");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

/* What a cookie remembers must be what we would agree to now. */
TEST_F(wire, a_cookie_for_what_was_turned_off_is_reset)
{
	static const char * const names[] = { "timestamps", "sack", "window_scaling" };
	size_t i;
	u32 ours;

	linux_differs("without timestamps it opens one without options, unlike the SYN,ACK");
	listen_with_cookies(1);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		client(i);
		send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(5), SACKOK, STAMP(T, 0));
		expect_seg(SYN | ACK, SEQ(0), ACK(1), SACKOK, ECHO_OF(T));
		ours = got.stamp;
		sysctl(names[i], "0");
		send_seg(ACK, SEQ(1), ACK(1), STAMP(T + 1, ours));
		expect_seg(RST, SEQ(1), AT_ONCE);
		sysctl(names[i], "1");
	}
	app_cannot_accept();
}

/* Nothing is kept, so nothing tells the second time from the first: as in Linux. */
TEST_F(wire, a_cookie_that_comes_again_opens_again)
{
	listen_with_cookies(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	send_seg(RST, SEQ(1));
	expect_state("CLOSED");
	app_close();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	expect_counted("SyncookiesRecv", 2);
	app_accept();
}

TEST_HARNESS_MAIN
