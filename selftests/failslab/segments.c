// SPDX-License-Identifier: GPL-2.0
/*
 * Segments for which there is no memory. Each is lost, or half of its work is: then the peer, who
 * cannot know, sends it again, and the story goes on as if nothing had happened.
 */
#include <linux/tcp.h>
#include <sched.h>

#include "fixture.h"

/* A SYN becomes a request, and that answers. */
STORY(SYN)
{
	app_listen(8);
	each_failure {
		another_flow();
		failing_seg(SYN, MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		send_seg(ACK);
		app_accept();
		app_write(10);
		goes_on();
		over();
	}
}

/* With cookies there is no request; the ACK makes a socket, if there is memory. */
STORY(SYN_cookie)
{
	sysctl("syncookies", "2");
	app_listen(8);
	each_failure {
		another_flow();
		failing_seg(SYN, MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		failing_seg(ACK);
		send_seg(ACK);
		app_accept();
		app_write(10);
		goes_on();
		over();
	}
}

/* The first packet of all: who the neighbour is, is looked up, too. */
STORY(SYN_for_a_host_that_has_never_sent)
{
	app_listen(8);
	each_failure {
		another_flow();
		forget_the_peer();
		failing_seg(SYN, MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		over();
	}
}

#define LOOSE_ROUTE	131
#define HOP(n)		10, 0, 0, (n)
#define THERE		IP_OPTS(LOOSE_ROUTE, 7, 8, HOP(3))
#define BACK		VIA("10.0.0.3"), IP_OPTS(LOOSE_ROUTE, 7, 4, HOP(2), 0)

/*
 * The table of endpoints is full before its worker had a chance to make it larger: it has to grow
 * while the segment is being looked at, or that is lost.
 */
STORY(SYN_for_a_full_table)
{
	const struct sched_param nobody_else = { .sched_priority = 1 }, normal = { };
	/* It begins with 256, and this is the first that finds more in it. */
	const u16 first = 10000, many = 258;
	u16 i;

	/* it is the same for either IP version, and the story is a long one */
	if (variant->family != AF_INET)
		return;
	app_listen(1000);
	each_failure {
		check(!sched_setscheduler(0, SCHED_FIFO, &nobody_else), "SCHED_FIFO: %s",
		      strerror(errno));
		wire.flow->peer_port = first;
		for (i = 0; i < many; i++) {
			wire.flow->peer_port++;
			if (i == many - 1)
				failing_seg(SYN, SEQ(0), MSS(FULL));
			else
				send_seg(SYN, SEQ(0), MSS(FULL));
		}
		sched_setscheduler(0, SCHED_OTHER, &normal);
		send_seg(SYN, SEQ(0), MSS(FULL));
		discard_the_rest();
		expect_state("SYN-RECEIVED");
		for (i = 1; i <= many; i++) {
			wire.flow->peer_port = first + i;
			send_seg(RST, SEQ(1));
		}
		/* its worker makes it small again */
		usleep(100000);
	}
	another_flow();
}

/* MUST-53: the way back is the way of the SYN, or there is no connection. */
STORY(SYN_with_a_source_route)
{
	if (variant->family != AF_INET)
		return;
	netns_write("/proc/sys/net/ipv4/conf/all/accept_source_route", "1");
	netns_write("/proc/sys/net/ipv4/conf/tun0/accept_source_route", "1");
	app_listen(8);
	each_failure {
		another_flow();
		forget_the_peer();
		failing_seg(SYN, MSS(FULL), THERE);
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL), THERE);
		expect_seg(SYN | ACK, SEQ(0), ACK(1), BACK);
		failing_seg(ACK);
		send_seg(ACK);
		app_accept();
		app_write(10);
		expect_seg(ACK, SEQ(1), LEN(10), BACK);
		/* into TIME-WAIT, which has to know the way as well */
		send_seg(ACK);
		app_close();
		expect_seg(FIN | ACK, SEQ(11), BACK);
		failing_seg(FIN | ACK);
		discard_the_rest();
		send_seg(FIN | ACK, SEQ(1));
		if (!strcmp(wire_state(), "TIME-WAIT"))
			expect_seg(ACK, SEQ(12), ACK(2), BACK);
		else
			expect_seg(RST);
	}
}

/* A listener's IPv6 options are its connections'. */
STORY(ACK_of_the_handshake_with_options)
{
	static const u8 padding[8] = { 0, 0, 1, 4 };

	if (variant->family != AF_INET6)
		return;
	app_listen(8);
	check(!setsockopt(wire.listener, IPPROTO_IPV6, IPV6_DSTOPTS, padding, sizeof(padding)),
	      "IPV6_DSTOPTS: %s", strerror(errno));
	each_failure {
		another_flow();
		send_seg(SYN, MSS(FULL));
		expect_any();
		failing_seg(ACK);
		send_seg(ACK);
		app_accept();
		over();
	}
}

/* The ACK of our SYN,ACK: a request becomes a socket. */
STORY(ACK_of_the_handshake)
{
	app_listen(8);
	each_failure {
		another_flow();
		send_seg(SYN, MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		forget_routes();
		failing_seg(ACK);
		send_seg(ACK);
		app_accept();
		app_write(10);
		goes_on();
		over();
	}
}

/* What is dropped for want of memory is counted as that. */
STORY(the_reason_is_NO_MEMORY)
{
	static const char * const reasons[] = {
		"PKT_TOO_SMALL", "BAD_ADDRESS", "NO_ROUTE", "FILTER", "POLICY", "BAD_CHECKSUM",
	};
	size_t i;

	app_listen(8);
	each_failure {
		another_flow();
		failing_seg(SYN, MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		failing_seg(ACK);
		send_seg(ACK);
		app_accept();
		failing_seg(PSH | ACK, LEN(10));
		send_seg(PSH | ACK, SEQ(1), LEN(10));
		goes_on();
		over();
	}
	counters_look();
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		check(!dropped(reasons[i]), "%ld segments are dropped as %s", dropped(reasons[i]),
		      reasons[i]);
	check(dropped("NO_MEMORY"), "no segment is dropped as NO_MEMORY");
}

/* The SYN,ACK of who was asked. */
STORY(SYN_ACK)
{
	each_failure {
		another_flow();
		app_connect();
		expect_seg(SYN, SEQ(0));
		failing_seg(SYN | ACK, MSS(FULL));
		discard_the_rest();
		send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
		expect_seg(ACK, SEQ(1), ACK(1));
		app_connected(0);
		app_write(10);
		goes_on();
		over();
	}
}

/* Both open at the same time: our SYN goes again, with an ACK. */
STORY(SYN_that_crosses_ours)
{
	each_failure {
		another_flow();
		app_connect();
		expect_seg(SYN, SEQ(0));
		failing_seg(SYN, MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_any();
		send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(FULL));
		app_connected(0);
		app_write(10);
		goes_on();
		over();
	}
}

STORY(text)
{
	each_failure {
		established();
		failing_seg(PSH | ACK, LEN(1000));
		send_seg(PSH | ACK, SEQ(1), LEN(1000));
		send_seg(PSH | ACK, SEQ(1001), LEN(1000));
		app_write(10);
		goes_on();
		over();
	}
}

/* It waits for what is before it, and is announced by SACK and D-SACK. */
STORY(text_out_of_order)
{
	each_failure {
		established();
		failing_seg(PSH | ACK, SEQ(1001), LEN(1000));
		send_seg(PSH | ACK, SEQ(1501), LEN(1000));
		failing_seg(PSH | ACK, SEQ(1), LEN(1000));
		send_seg(PSH | ACK, SEQ(1), LEN(1000));
		send_seg(PSH | ACK, SEQ(1001), LEN(1000));
		app_write(10);
		goes_on();
		over();
	}
}

/* An ACK that frees room: what waited is sent. */
STORY(ACK_that_lets_text_go)
{
	each_failure {
		established();
		app_write(25000);
		expect_text(1, 10 * FULL + 1);
		failing_seg(ACK, ACK(10 * FULL + 1));
		goes_on_from(10 * FULL + 1);
		over();
	}
}

/* An ACK amid a segment: what is sent again is a copy of its rest. */
STORY(ACK_of_half_a_segment)
{
	each_failure {
		established();
		app_write(1000);
		expect_text(1, 1001);
		failing_seg(ACK, ACK(501));
		goes_on_from(501);
		over();
	}
}

/* The same, and SACK says that the rest was lost. */
STORY(SACK_after_half_a_segment)
{
	each_failure {
		established();
		app_write(6 * FULL);
		expect_text(1, 6 * FULL + 1);
		send_seg(ACK, ACK(501));
		send_seg(ACK, ACK(501), BLOCKS({ FULL + 1, 2 * FULL + 1 }));
		send_seg(ACK, ACK(501), BLOCKS({ FULL + 1, 3 * FULL + 1 }));
		failing_seg(ACK, ACK(501), BLOCKS({ FULL + 1, 4 * FULL + 1 }));
		failing_seg(ACK, ACK(501), BLOCKS({ FULL + 1, 5 * FULL + 1 }));
		goes_on_from(501);
		over();
	}
}

/* SACK amid segments: the nodes are split. */
STORY(SACK_of_half_a_segment)
{
	each_failure {
		established();
		app_write(6 * FULL);
		expect_text(1, 6 * FULL + 1);
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 3 * FULL + 101 }));
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 4 * FULL + 101 }));
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 5 * FULL + 101 }));
		goes_on();
		over();
	}
}

/* The same, while what was sent is still in the device's queue: the buffers are copied. */
STORY(SACK_of_what_has_not_left)
{
	each_failure {
		established();
		app_write(6 * FULL);
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 3 * FULL + 101 }));
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 4 * FULL + 101 }));
		failing_seg(ACK, ACK(1), BLOCKS({ FULL + 101, 5 * FULL + 101 }));
		goes_on();
		over();
	}
}

/* The window closes amid a segment, and that is cut. */
STORY(ACK_with_a_small_window)
{
	each_failure {
		established();
		app_write(3 * FULL);
		expect_text(1, 3 * FULL + 1);
		send_seg(ACK, WIN(0));
		discard_the_rest();
		app_write(2000);
		failing_seg(ACK, WIN(FULL / 2 + 100));
		goes_on_from(3 * FULL + 1);
		over();
	}
}

STORY(urgent_text)
{
	each_failure {
		established();
		failing_seg(URG | PSH | ACK, URGENT(5), LEN(10));
		send_seg(PSH | ACK, SEQ(1), LEN(10));
		app_write(10);
		discard_the_rest();
		over();
	}
}

STORY(FIN)
{
	each_failure {
		established();
		failing_seg(FIN | ACK);
		discard_the_rest();
		send_seg(FIN | ACK, SEQ(1));
		app_reads_eof();
		wire.flow->read++;
		discard_the_rest();
		expect_state("CLOSE-WAIT");
		app_write(10);
		goes_on();
		over();
	}
}

/* Into TIME-WAIT, if there is memory for it; or it is over at once, and that is counted. */
STORY(FIN_into_TIME_WAIT)
{
	long overflows = 0;

	each_failure {
		established();
		app_close();
		expect_seg(FIN | ACK, SEQ(1), ACK(1));
		send_seg(ACK);
		failing_seg(FIN | ACK);
		discard_the_rest();
		send_seg(FIN | ACK, SEQ(1));
		if (!strcmp(wire_state(), "CLOSED")) {
			expect_counted("TCPTimeWaitOverflow", ++overflows);
			expect_seg(RST);
			continue;
		}
		expect_seg(ACK, SEQ(2), ACK(2));
		expect_state("TIME-WAIT");
	}
	check(overflows, "no TIME-WAIT was left out");
}

/* TIME-WAIT answers; and it gives way to a new SYN. */
STORY(segments_for_TIME_WAIT)
{
	each_failure {
		established();
		app_close();
		expect_seg(FIN | ACK, SEQ(1), ACK(1));
		send_seg(FIN | ACK);
		expect_seg(ACK, SEQ(2), ACK(2));
		failing_seg(FIN | ACK, SEQ(1));
		discard_the_rest();
		expect_state("TIME-WAIT");
		failing_seg(SYN, SEQ(100000), MSS(FULL));
		discard_the_rest();
		send_seg(SYN, SEQ(100000), MSS(FULL));
		expect_any();
		check(got.flags == (SYN | ACK), "the new SYN is not answered as such");
		expect_state("SYN-RECEIVED");
		send_seg(RST, SEQ(100001));
		expect_state("CLOSED");
	}
}

STORY(first_segment_for_nobody)
{
	each_failure {
		another_flow();
		forget_the_peer();
		failing_seg(ACK, SEQ(1), ACK(1));
		discard_the_rest();
		send_seg(ACK, SEQ(1), ACK(1));
		expect_seg(RST, SEQ(1));
	}
}

/* Nobody is there: a reset. It may be lost like any other segment. */
STORY(segments_for_nobody)
{
	each_failure {
		another_flow();
		failing_seg(ACK, SEQ(1), ACK(1));
		discard_the_rest();
		send_seg(ACK, SEQ(1), ACK(1));
		expect_seg(RST, SEQ(1));
	}
}

/* Challenge ACKs: a RST and a SYN in the window, an ACK of what was not sent. */
STORY(challenges)
{
	each_failure {
		established();
		failing_seg(RST, SEQ(100));
		failing_seg(SYN, SEQ(100));
		failing_seg(ACK, SEQ(1), ACK(1000));
		discard_the_rest();
		wire.flow->peer_nxt = 1;
		expect_state("ESTABLISHED");
		send_seg(RST, SEQ(100));
		expect_seg(ACK, SEQ(1), ACK(1));
		app_write(10);
		goes_on();
		over();
	}
}

STORY(RST)
{
	each_failure {
		established();
		failing_seg(RST, SEQ(1));
		send_seg(RST, SEQ(1));
		expect_state("CLOSED");
		app_cannot_read(ECONNRESET);
		app_close();
	}
}

/* The path is narrower than we thought: the text goes again, in smaller segments. */
STORY(ICMP_too_big)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		each_failure {
			established();
			app_write(FULL);
			expect_any();
			/* in the device's queue still, when it has to be cut */
			app_write(FULL);
			if (i)
				failing_icmp(HOST_UNREACHABLE, 0);
			else
				failing_icmp(TOO_BIG, NARROW_MTU);
			goes_on();
			over();
		}
	}
}

/* ---- Timers: they run when nobody gets memory, and again later ---- */

STORY(retransmission_in_a_famine)
{
	established();
	app_write(1000);
	expect_text(1, 1001);
	famine(3000);
	discard_the_rest();
	expect_seg(PSH | ACK, SEQ(1), LEN(1000));
	goes_on();
	over();
}

STORY(rest_of_a_segment_in_a_famine)
{
	established();
	app_write(1000);
	expect_text(1, 1001);
	send_seg(ACK, ACK(501));
	famine(1000);
	goes_on_from(501);
	over();
}

STORY(FIN_again_in_a_famine)
{
	established();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	famine(1000);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	over();
}

STORY(SYN_ACK_again_in_a_famine)
{
	app_listen(8);
	send_seg(SYN, MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	famine(2000);
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK);
	app_accept();
	goes_on();
	over();
}

STORY(keepalive_in_a_famine)
{
	established();
	app_setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 1);
	app_setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 1);
	app_setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
	famine(3000);
	expect_seg(ACK, SEQ(0), ACK(1));
	send_seg(ACK);
	app_write(10);
	goes_on();
	over();
}

TEST_HARNESS_MAIN
