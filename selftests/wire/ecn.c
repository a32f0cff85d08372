// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit Congestion Notification: RFC 3168. The last two bits of IP's type of service say
 * whether a router may mark a packet (2: ECT(0)), and that one has (3: CE).
 */
#include "fixture.h"

#define NOT_ECT	0
#define ECT	2
#define CE	3

static u32 start(u32 n)
{
	return 1 + n * FULL;
}

/* Both ends agreed upon it. */
static void accept_capable(void)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_SNDBUF, 400000);
	send_seg(SYN | ECE | CWR, SEQ(0), MSS(FULL), WSCALE(7));
	expect_seg(SYN | ACK | ECE, SEQ(0), ACK(1), TOS(NOT_ECT));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

/* ---- Agreement: 6.1.1 ---- */

TEST_F(wire, unasked_we_do_not_offer_ECN)
{
	app_connect();
	expect_seg(SYN, SEQ(0), TOS(NOT_ECT));
	send_seg(SYN | ACK | ECE, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(NOT_ECT), AT_ONCE);
	send_seg(ACK, ACK(101));
}

TEST_F(wire, net_ecn_1_offers_it)
{
	sysctl("ecn", "1");
	app_connect();
	expect_seg(SYN | ECE | CWR, SEQ(0), TOS(NOT_ECT));
	send_seg(SYN | ACK | ECE, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1), TOS(NOT_ECT));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(ECT), AT_ONCE);
	send_seg(ACK, ACK(101));
}

TEST_F(wire, a_SYN_ACK_that_only_reflects_the_flags_agrees_to_nothing)
{
	sysctl("ecn", "1");
	app_connect();
	expect_seg(SYN | ECE | CWR, SEQ(0));
	send_seg(SYN | ACK | ECE | CWR, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(NOT_ECT), AT_ONCE);
	send_seg(ACK, ACK(101));
}

TEST_F(wire, a_SYN_that_gets_no_answer_is_sent_again_without)
{
	sysctl("ecn", "1");
	app_connect();
	expect_seg(SYN | ECE | CWR, SEQ(0));
	expect_seg(SYN, SEQ(0), ABOUT(1000));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
}

TEST_F(wire, net_ecn_0_does_not_agree)
{
	sysctl("ecn", "0");
	app_listen(1);
	send_seg(SYN | ECE | CWR, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100), TOS(NOT_ECT), AT_ONCE);
	send_seg(ACK, ACK(101), LEN(10), TOS(CE));
	expect_seg(ACK, ACK(11));
	app_read(10);
}

TEST_F(wire, a_SYN_without_both_flags_asks_for_nothing)
{
	app_listen(1);
	send_seg(SYN | ECE, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
}

/* ---- The sender: 6.1.2 ---- */

TEST_F(wire, an_echo_halves_the_window_once_and_CWR_answers_it)
{
	u32 i, cwr = 0;

	sysctl("congestion_control", "reno");
	accept_capable();
	app_write(40 * FULL);
	expect_text(start(0), start(10));
	round_trip();
	for (i = 1; i <= 10; i++) {
		send_seg(ACK | ECE, SEQ(1), ACK(start(i)));
		while (maybe_seg(ACK | (cwr ? 0 : CWR), LEN(FULL), TOS(ECT)))
			cwr++;
	}
	/* ssthresh is half of the 9 that were in flight; nothing is sent again */
	check(wire.flow->us_nxt <= start(15) && wire.flow->us_nxt >= start(14),
	      "%u segments in flight", (wire.flow->us_nxt - start(10)) / FULL);
	expect_counted("RetransSegs", 0);
	/* marked again behind CWR: once more */
	send_seg(ACK | ECE, SEQ(1), ACK(start(12)));
	send_seg(ACK, SEQ(1), ACK(wire.flow->us_nxt));
	expect_seg(ACK | CWR, LEN(FULL), TOS(ECT));
	while (maybe_seg(ACK, LEN(FULL), TOS(ECT)))
		;
}

TEST_F(wire, what_is_sent_again_may_not_be_marked_and_CWR_waits_for_new_text)
{
	u32 i;

	accept_capable();
	app_write(5 * FULL);
	expect_text(start(0), start(5));
	for (i = 0; i < 3; i++)
		send_seg(ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), LEN(FULL), TOS(NOT_ECT), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(start(5)));
	app_write(2 * FULL);
	expect_seg(ACK | CWR, SEQ(start(5)), LEN(FULL), TOS(ECT), AT_ONCE);
	expect_seg(ACK, SEQ(start(6)), LEN(FULL), TOS(ECT));
	send_seg(ACK, SEQ(1), ACK(start(7)));
}

TEST_F(wire, ACKs_and_FINs_may_not_be_marked)
{
	accept_capable();
	send_seg(ACK, SEQ(101), LEN(100), TOS(ECT));
	expect_seg(ACK, ACK(1), TOS(NOT_ECT), AT_ONCE);
	app_close();
	expect_seg(FIN | ACK, SEQ(1), TOS(NOT_ECT));
}

/* ---- The receiver: 6.1.3 ---- */

TEST_F(wire, a_mark_is_echoed_in_all_segments_until_CWR)
{
	accept_capable();
	send_seg(ACK, SEQ(1), LEN(100), TOS(CE));
	expect_seg(ACK | ECE, ACK(101), TOS(NOT_ECT), AT_ONCE);
	app_write(100);
	expect_seg(ACK | ECE, SEQ(1), LEN(100), TOS(ECT), AT_ONCE);
	send_seg(ACK, SEQ(101), ACK(101), LEN(100), TOS(ECT));
	expect_seg(ACK | ECE, ACK(201));
	send_seg(ACK | CWR, SEQ(201), LEN(100), TOS(ECT));
	expect_seg(ACK, ACK(301));
	/* a mark on that one would be a new one */
	send_seg(ACK | CWR, SEQ(301), LEN(100), TOS(CE));
	expect_seg(ACK | ECE, ACK(401), AT_ONCE);
	app_read(400);
}

TEST_F(wire, a_mark_on_an_ACK_or_outside_the_window_is_ignored)
{
	accept_capable();
	send_seg(ACK, SEQ(1), ACK(1), TOS(CE));
	send_seg(ACK, SEQ(10000000), LEN(100), TOS(CE));
	expect_seg(ACK, ACK(1), AT_ONCE);
	wire.flow->peer_nxt = 1;
	send_seg(ACK, SEQ(1), LEN(100), TOS(ECT));
	expect_seg(ACK, ACK(101));
	app_read(100);
}

TEST_HARNESS_MAIN
