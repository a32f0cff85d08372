// SPDX-License-Identifier: GPL-2.0
/* Resets that count and attacks that do not (RFC 9293 3.5.2, 3.10.7.4; RFC 5961). */
#include "fixture.h"

TEST_F(wire, a_RST_at_the_left_edge_resets)
{
	listen_and_accept();
	send_seg(RST, SEQ(1));
	expect_silence();
	expect_state("CLOSED");
	app_cannot_read(ECONNRESET);
	app_reads_eof();
	app_cannot_write(EPIPE);
	expect_counted("EstabResets", 1);
}

TEST_F(wire, a_RST_with_ACK_at_the_left_edge_resets_too)
{
	listen_and_accept();
	send_seg(RST | ACK, SEQ(1), ACK(1));
	expect_silence();
	expect_state("CLOSED");
	app_cannot_read(ECONNRESET);
}

/* 3.5.3, SHLD-2: perhaps it says why */
TEST_F(wire, a_RST_may_carry_text)
{
	listen_and_accept();
	send_seg(RST, SEQ(1), DATA("out of paper"));
	expect_state("CLOSED");
	app_cannot_read(ECONNRESET);
}

TEST_F(wire, text_that_came_before_the_RST_is_lost_with_the_connection)
{
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(RST, SEQ(1));
	expect_state("CLOSED");
	app_cannot_write(ECONNRESET);
	app_cannot_write(EPIPE);
}

TEST_F(wire, a_RST_inside_the_window_is_challenged)
{
	listen_and_accept();
	/* RFC 5961 3.2: a blind attacker hits the window, not its edge */
	send_seg(RST, SEQ(2));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(RST, SEQ(10000));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(RST, SEQ(wire.flow->edge - 1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_state("ESTABLISHED");
	expect_counted("TCPChallengeACK", 3);
	expect_dropped("RST_CHALLENGED", 3);
	/* a peer that really is gone answers the challenge with the right number */
	send_seg(RST, SEQ(1));
	expect_state("CLOSED");
}

TEST_F(wire, a_RST_outside_the_window_is_ignored)
{
	listen_and_accept();
	send_seg(RST, SEQ(0));
	send_seg(RST, SEQ(-100));
	send_seg(RST, SEQ(wire.flow->edge + 1));
	send_seg(RST, SEQ(wire.flow->edge + 100000));
	expect_silence();
	expect_state("ESTABLISHED");
	expect_dropped("RST_OUT_OF_WINDOW", 4);
}

TEST_F(wire, a_SYN_in_a_connection_is_challenged)
{
	listen_and_accept();
	/* RFC 5961 4.2: wherever it is; a peer that has restarted answers with a RST */
	send_seg(SYN, SEQ(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(SYN, SEQ(10000));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(SYN, SEQ(wire.flow->edge + 100000));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(SYN, SEQ(0));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(SYN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_state("ESTABLISHED");
}

TEST_F(wire, text_outside_the_window_is_acked_and_dropped)
{
	listen_and_accept();
	send_seg(ACK, SEQ(-100), ACK(1), LEN(50));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(wire.flow->edge + 1), ACK(1), LEN(50));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_cannot_read(EAGAIN);
}

TEST_F(wire, answers_to_what_is_outside_the_window_are_rationed)
{
	/* or two ends that disagree would answer each other's answers for ever */
	sysctl("invalid_ratelimit", "500");
	listen_and_accept();
	send_seg(ACK, SEQ(-100), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(-100), ACK(1));
	send_seg(SYN, SEQ(100));
	expect_silence();
	/* text is no answer: a peer that sends it has missed ours */
	send_seg(ACK, SEQ(-100), ACK(1), LEN(50));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	expect_nothing(600);
	send_seg(ACK, SEQ(-100), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
}

/* Every state hears a reset; none answers it. */
static void reset_in(const char *state, u32 seq)
{
	expect_state(state);
	send_seg(RST, SEQ(seq));
	expect_silence();
	expect_state("CLOSED");
}

TEST_F(wire, a_RST_resets_in_FIN_WAIT_1)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	reset_in("FIN-WAIT-1", 1);
	app_cannot_read(ECONNRESET);
}

TEST_F(wire, a_RST_resets_in_FIN_WAIT_2)
{
	listen_and_accept();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	reset_in("FIN-WAIT-2", 1);
	app_cannot_read(ECONNRESET);
}

TEST_F(wire, a_RST_resets_in_FIN_WAIT_2_without_a_user)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	reset_in("FIN-WAIT-2", 1);
}

TEST_F(wire, a_RST_resets_in_CLOSE_WAIT)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	reset_in("CLOSE-WAIT", 2);
	app_cannot_write(EPIPE);
}

TEST_F(wire, a_RST_resets_in_CLOSING)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(2), ACK(2));
	reset_in("CLOSING", 2);
}

TEST_F(wire, a_RST_resets_in_LAST_ACK)
{
	listen_and_accept();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_seg(ACK, SEQ(1), ACK(2));
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(2));
	reset_in("LAST-ACK", 2);
}

TEST_F(wire, a_RST_ends_a_simultaneous_open)
{
	linux_differs("says ECONNRESET");
	app_connect();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN, SEQ(0), WSCALE(3));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	reset_in("SYN-RECEIVED", 1);
	/* RFC 9293 3.10.7.4, second: "connection refused", if it came from an active OPEN */
	app_connected(ECONNREFUSED);
}

TEST_HARNESS_MAIN
