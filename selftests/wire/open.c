// SPDX-License-Identifier: GPL-2.0
/* How connections come into being, and how they are refused (RFC 9293 3.5, 3.10.7.1 to 3). */
#include <linux/tcp.h>
#include <string.h>

#include "fixture.h"

/* ---- Passive open ---- */

TEST_F(wire, a_SYN_to_a_listener_is_answered_with_SYN_ACK)
{
	app_listen(1);
	expect_listening();
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL), AT_ONCE);
	expect_state("SYN-RECEIVED");
	app_cannot_accept();
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	app_accept();
	expect_counted("PassiveOpens", 1);
}

TEST_F(wire, the_SYN_of_a_half_open_connection_again_gets_the_same_answer)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

TEST_F(wire, a_wrong_ACK_of_our_SYN_is_reset_and_the_right_one_still_counts)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* RFC 9293 3.10.7.4, fifth, SYN-RECEIVED: <SEQ=SEG.ACK><CTL=RST> */
	send_seg(ACK, SEQ(1), ACK(2));
	expect_seg(RST, SEQ(2));
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
}

TEST_F(wire, a_RST_ends_a_half_open_connection_and_the_listener_stays)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(RST, SEQ(1));
	expect_silence();
	expect_state("CLOSED");
	expect_listening();
	app_cannot_accept();
}

TEST_F(wire, text_in_the_ACK_of_our_SYN_is_delivered)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	app_accept();
	app_read(100);
	expect_seg(ACK, SEQ(1), ACK(101));
}

TEST_F(wire, a_FIN_in_the_ACK_of_our_SYN_leads_to_CLOSE_WAIT)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(102));
	app_accept();
	expect_state("CLOSE-WAIT");
	app_read(100);
	app_reads_eof();
}

TEST_F(wire, a_lost_ACK_of_our_SYN_is_made_up_for_by_text)
{
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* the ACK is lost, and so is the first segment after it */
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	app_accept();
	app_read(200);
	expect_acked(201);
}

TEST_F(wire, the_peers_ISS_may_be_the_last_number_before_0)
{
	wire.flow->peer_iss = 0xffffffff;
	listen_and_accept();
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(11));
	app_read(10);
}

/* ---- Active open ---- */

TEST_F(wire, connect_sends_a_SYN_and_acks_the_SYN_ACK)
{
	app_connect();
	expect_seg(SYN, SEQ(0), MSS(FULL), AT_ONCE);
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_connected(0);
	expect_state("ESTABLISHED");
	expect_counted("ActiveOpens", 1);
}

TEST_F(wire, a_SYN_ACK_again_is_acked_again)
{
	connect_to_peer();
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_state("ESTABLISHED");
}

TEST_F(wire, a_RST_that_acks_our_SYN_refuses_the_connection)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(RST | ACK, SEQ(0), ACK(1));
	app_connected(ECONNREFUSED);
	expect_state("CLOSED");
	expect_silence();
	expect_counted("AttemptFails", 1);
}

TEST_F(wire, a_RST_that_acks_something_else_does_not_refuse)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 9293 3.10.7.3, first: an unacceptable ACK; if RST, drop and return */
	send_seg(RST | ACK, SEQ(0), ACK(2));
	expect_silence();
	/* second: RST without ACK, drop */
	send_seg(RST, SEQ(0));
	expect_silence();
	expect_state("SYN-SENT");
	send_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
}

TEST_F(wire, in_SYN_SENT_an_ACK_of_what_we_did_not_send_is_reset)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 9293 3.10.7.3, first: <SEQ=SEG.ACK><CTL=RST>, for SEG.ACK =< ISS ... */
	send_seg(ACK, SEQ(0), ACK(0));
	expect_seg(RST, SEQ(0), AT_ONCE);
	/* ... and for SEG.ACK > SND.NXT: an old SYN,ACK from a connection before this one */
	send_seg(SYN | ACK, SEQ(0), ACK(2));
	expect_seg(RST, SEQ(2), AT_ONCE);
	expect_state("SYN-SENT");
	/* Linux would soon try again: a RST may have cleared the way */
	app_close();
}

TEST_F(wire, in_SYN_SENT_an_ACK_without_SYN_is_ignored)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	/* RFC 9293 3.10.7.3, fifth: neither SYN nor RST, drop */
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_state("SYN-SENT");
}

TEST_F(wire, text_in_a_SYN_ACK_is_delivered_or_asked_for_again)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), LEN(100));
	app_connected(0);
	expect_any();
	check(got.flags == ACK, "the answer is no ACK");
	if (got.ack - wire.flow->peer_iss == 1) {
		send_seg(ACK, SEQ(1), ACK(1), LEN(100));
		expect_acked(101);
	}
	app_read(100);
}

/* Simultaneous open, RFC 9293 3.5, Figure 7. */
TEST_F(wire, a_SYN_that_crosses_ours_leads_to_SYN_RECEIVED)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), AT_ONCE);
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	expect_state("ESTABLISHED");
	app_write(10);
	expect_seg(ACK, SEQ(1), ACK(1), LEN(10));
}

TEST_F(wire, a_simultaneous_open_scales_windows_only_if_both_offer_it)
{
	linux_differs("repeats its own offer and scales its windows though the peer did not offer");
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0), MSS(FULL));
	/* RFC 7323 2.2: in a <SYN,ACK> only if it was in the <SYN> */
	expect_seg(SYN | ACK, SEQ(0), ACK(1), NO_WSCALE);
}

/* RFC 4022: tcpOutSegs are all segments but "those containing only retransmitted octets". */
TEST_F(wire, a_SYN_ACK_counts_once_as_sent_or_as_sent_again)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));		/* the answer, not the SYN again */
	expect_counted("OutSegs", 2);
	expect_counted("RetransSegs", 0);
	send_seg(RST, SEQ(1));

	on(flow_between(OUR_PORT + 1, PEER_PORT + 1));
	app_listen(8);
	counters_mark();
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_counted("OutSegs", 1);
	expect_counted("RetransSegs", 1);
}

TEST_F(wire, the_SYN_ACK_of_a_simultaneous_open_completes_it)
{
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	/* Figure 7, line 6: this alone leads to ESTABLISHED, perhaps with an ACK (RFC 5961 4) */
	send_seg(SYN | ACK, SEQ(0), ACK(1), WSCALE(3));
	expect_state("ESTABLISHED");
	app_connected(0);
	maybe_seg(ACK, SEQ(1), ACK(1));
}

/* ---- Nobody there: CLOSED, RFC 9293 3.10.7.1 ---- */

TEST_F(wire, a_SYN_to_a_closed_port_is_reset_with_its_number_acked)
{
	/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	send_seg(SYN, SEQ(0));
	expect_seg(RST | ACK, SEQ(0), ACK(1), AT_ONCE);
	send_seg(SYN, SEQ(0), LEN(10));
	expect_seg(RST | ACK, SEQ(0), ACK(11), AT_ONCE);
}

TEST_F(wire, an_ACK_to_a_closed_port_is_reset_at_its_ACK)
{
	/* <SEQ=SEG.ACK><CTL=RST> */
	send_seg(ACK, SEQ(1), ACK(77));
	expect_seg(RST, SEQ(77), AT_ONCE);
	send_seg(FIN | ACK, SEQ(1), ACK(78), LEN(10));
	expect_seg(RST, SEQ(78), AT_ONCE);
	send_seg(SYN | ACK, SEQ(1), ACK(79));
	expect_seg(RST, SEQ(79), AT_ONCE);
}

TEST_F(wire, a_RST_to_a_closed_port_is_never_answered)
{
	send_seg(RST, SEQ(1));
	send_seg(RST | ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_dropped("CLOSED_RST", 2);
}

/* ---- LISTEN, RFC 9293 3.10.7.2 ---- */

TEST_F(wire, a_listener_ignores_a_RST)
{
	app_listen(1);
	send_seg(RST, SEQ(1));
	send_seg(RST | ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_listening();
	expect_dropped("CLOSED_RST", 2);
}

TEST_F(wire, a_listener_resets_an_ACK)
{
	app_listen(1);
	/* second: <SEQ=SEG.ACK><CTL=RST> */
	send_seg(ACK, SEQ(1), ACK(77));
	expect_seg(RST, SEQ(77), AT_ONCE);
	send_seg(SYN | ACK, SEQ(1), ACK(78));
	expect_seg(RST, SEQ(78), AT_ONCE);
	expect_listening();
	expect_dropped("LISTEN_ACK", 2);
}

/* ---- Bounds ---- */

/* A flow of its own for the @i-th of several clients. */
static void client(int i)
{
	on(flow_between(OUR_PORT, PEER_PORT + 1 + i));
}

TEST_F(wire, a_full_accept_queue_takes_no_SYN)
{
	int i;

	app_listen(2);
	/* listen(n) makes room for n + 1: so it has always been in Linux */
	for (i = 0; i < 3; i++) {
		client(i);
		send_seg(SYN, SEQ(0));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		send_seg(ACK, SEQ(1), ACK(1));
	}
	client(3);
	send_seg(SYN, SEQ(0));
	expect_silence();
	expect_counted("ListenOverflows", 1);
	expect_dropped("ACCEPT_QUEUE_FULL", 1);

	/* as soon as there is room again, the retransmitted SYN is welcome */
	client(0);
	app_accept();
	client(3);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
}

TEST_F(wire, a_full_accept_queue_takes_no_ACK_either)
{
	int i;

	app_listen(2);
	/* room for three; the third and the fourth are half-open at the same time */
	for (i = 0; i < 4; i++) {
		client(i);
		send_seg(SYN, SEQ(0));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		if (i < 2)
			send_seg(ACK, SEQ(1), ACK(1));
	}
	client(2);
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	client(3);
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_state("SYN-RECEIVED");
	expect_counted("ListenOverflows", 1);

	client(0);
	app_accept();
	client(3);
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
}

TEST_F(wire, half_open_connections_are_bounded)
{
	int i, answered = 0;

	sysctl("syncookies", "0");
	app_listen(4);
	for (i = 0; i < 50; i++) {
		client(i);
		send_seg(SYN, SEQ(0));
		answered += maybe_seg(SYN | ACK, SEQ(0), ACK(1));
	}
	check(answered >= 4 && answered < 50, "%d of 50 SYNs were answered", answered);
	expect_counted("TCPReqQFullDrop", 50 - answered);
	expect_dropped("REQUEST_QUEUE_FULL", 50 - answered);
}

/* ---- TCP_DEFER_ACCEPT ---- */

static void defer_accept(int seconds)
{
	if (setsockopt(wire.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)))
		wire_fail("setsockopt(TCP_DEFER_ACCEPT): %s", strerror(errno));
}

TEST_F(wire, TCP_DEFER_ACCEPT_lets_nobody_in_who_says_nothing)
{
	app_listen(1);
	defer_accept(10);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_state("SYN-RECEIVED");
	expect_counted("TCPDeferAcceptDrop", 1);
	expect_dropped("ACK_DEFERRED", 1);

	send_seg(ACK | PSH, SEQ(1), ACK(1), LEN(100));
	expect_seg(ACK, SEQ(1), ACK(101));
	app_accept();
	expect_state("ESTABLISHED");
	app_read(100);
}

/* A FIN says that there is nothing to wait for. */
TEST_F(wire, TCP_DEFER_ACCEPT_does_not_wait_behind_a_FIN)
{
	app_listen(1);
	defer_accept(10);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_accept();
	expect_state("CLOSE-WAIT");
	expect_counted("TCPDeferAcceptDrop", 0);
}

/* The same option on the other side: the request carries the handshake's last ACK. */
TEST_F(wire, TCP_DEFER_ACCEPT_of_a_client_lets_text_carry_the_ACK)
{
	app_socket();
	app_setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
	expect_state("ESTABLISHED");
	app_write(100);
	expect_seg(ACK | PSH, SEQ(1), ACK(1), LEN(100));
}

/* ---- Ports, 3.9.1.1 ---- */

/* MUST-42: a LISTEN beside a SYN-SENT, and a SYN-RECEIVED, from the same local port */
TEST_F(wire, a_port_can_be_listened_on_while_a_connection_opens_from_it)
{
	struct flow *ours = wire.flow;

	app_socket();
	app_setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
	app_bind();
	app_connect();
	expect_seg(SYN, SEQ(0));
	expect_state("SYN-SENT");
	client(1);
	listen_and_accept();
	app_close_listener();

	on(ours);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	expect_state("SYN-RECEIVED");
	client(2);
	listen_and_accept();
	/* and the first one opens as if nothing had been */
	on(ours);
	send_seg(ACK, SEQ(1), ACK(1));
	expect_state("ESTABLISHED");
	app_connected(0);
}

/* MUST-41: a passive OPEN returns an error, or leaves all that was there before as it was */
TEST_F(wire, a_listen_in_vain_changes_nothing)
{
	struct flow *first = wire.flow, *bound = flow_between(OUR_PORT, 0);

	/* SO_REUSEADDR lets two have the port, but only one of them listen */
	on(bound);
	app_socket();
	app_setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
	app_bind();
	on(first);
	listen_and_accept();
	client(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	check(listen(bound->fd, 1) && errno == EADDRINUSE, "two listen on one port");
	app_cannot_bind(EADDRINUSE);
	expect_listening();
	expect_state("SYN-RECEIVED");
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	client(2);
	listen_and_accept();
	on(first);
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
}

/* ---- What our SYN says ---- */

/* SHLD-1, MUST-9: another flow's ISS is as far as chance has it, not as the clock went on */
TEST_F(wire, the_ISS_of_another_flow_tells_nothing)
{
	u32 last = 0, near = 0;
	int i;

	app_listen(16);
	for (i = 0; i < 16; i++) {
		client(i);
		send_seg(SYN, SEQ(0));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		/* the clock of RFC 9293 3.4.1 makes a quarter of a million in a second */
		if (i && wire.flow->us_iss - last < 1 << 24)
			near++;
		last = wire.flow->us_iss;
		send_seg(RST, SEQ(1));
	}
	check(near < 8, "%u of 15 follow their predecessor closely", near);
}

/* SHLD-5, SHLD-6, MUST-67: what IP can take in one piece, less the headers */
TEST_F(wire, our_MSS_is_made_from_the_MTU_of_the_interface)
{
	u32 headers = 1500 - FULL;

	netns_mtu(1400);
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(1400 - headers));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	/* and it is the smaller of both that we send (MUST-16) */
	app_write(1400);
	expect_seg(ACK, SEQ(1), LEN(1400 - headers), NO_MSS);
	expect_seg(ACK, SEQ(1 + 1400 - headers), LEN(headers), NO_MSS);
	send_seg(ACK, SEQ(1), ACK(1401));

	netns_mtu(1300);
	on(flow_between(0, PEER_PORT));
	app_connect();
	expect_seg(SYN, SEQ(0), MSS(1300 - headers));
}

/* MAY-3: also when it is what the peer assumes without one */
TEST_F(wire, an_MSS_that_says_nothing_new_is_sent_too)
{
	u32 headers = 1500 - FULL;
	u32 mtu = headers == 40 ? 576 : 1280;

	netns_mtu(mtu);
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1), MSS(mtu - headers));
	on(flow_between(0, PEER_PORT));
	app_connect();
	expect_seg(SYN, SEQ(0), MSS(mtu - headers));
}

TEST_HARNESS_MAIN
