// SPDX-License-Identifier: GPL-2.0
/*
 * net.edu_tcp.lab: what teaching needs and Linux has no knob for, so only for edu_tcp; and what
 * /proc/net/edu_tcp says while such a switch is on. In virtual time, for what waits.
 */
#include <stdlib.h>

#include "fixture.h"

#define S	1000

/* The second line of /proc/net/edu_tcp, or "" if that is the header of the states. */
static const char *lab_line(void)
{
	static char line[256];
	FILE *f = fopen("/proc/thread-self/net/edu_tcp", "re");

	if (!f || !fgets(line, sizeof(line), f) || !fgets(line, sizeof(line), f))
		wire_fail("/proc/net/edu_tcp: %s", strerror(errno));
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	return strncmp(line, "lab:", 4) ? "" : line;
}

static void expect_lab_line(const char *expected)
{
	const char *line = lab_line();

	if (strcmp(line, expected))
		wire_fail("the lab's line is '%s', not '%s'", line, expected);
}

TEST_F(wire, proc_says_on_top_which_switch_is_on)
{
	expect_lab_line("");
	sysctl("lab/fixed_isn", "1");
	sysctl("lab/lose_fin", "2");
	expect_lab_line("lab: fixed_isn=1 lose_fin=2");
	sysctl("lab/fixed_isn", "0");
	sysctl("lab/lose_fin", "0");
	expect_lab_line("");
}

TEST_F(wire, fixed_isn_makes_our_ISS_1000000_when_we_connect)
{
	sysctl("lab/fixed_isn", "1");
	app_connect();
	expect_seg(SYN, SEQ(1000000), RAW);
}

TEST_F(wire, fixed_isn_makes_our_ISS_1000000_when_we_listen)
{
	sysctl("lab/fixed_isn", "1");
	app_listen(1);
	send_seg(SYN, SEQ(0));
	expect_seg(SYN | ACK, SEQ(1000000), ACK(wire.flow->peer_iss + 1), RAW);
}

TEST_F(wire, lose_synack_loses_the_nth_of_them_and_no_other)
{
	sysctl("lab/lose_synack", "1");
	app_listen(1);
	send_seg(SYN, SEQ(0));
	/* the first is lost; the second comes after its second */
	expect_seg(SYN | ACK, SEQ(0), ACK(1), ABOUT(1 * S));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	expect_state("ESTABLISHED");
	expect_counted("TCPSynRetrans", 1);
}

TEST_F(wire, lose_data_loses_the_nth_segment_of_text)
{
	listen_and_accept();
	sysctl("lab/lose_data", "2");
	app_write(2 * FULL);
	expect_seg(ACK, SEQ(1), LEN(FULL));
	send_seg(ACK, SEQ(1), ACK(1 + FULL));
	/* what was lost comes again when its time is over */
	expect_seg(ACK | PSH, SEQ(1 + FULL), LEN(FULL));
	expect_counted("TCPTimeouts", 1);
}

TEST_F(wire, lose_fin_loses_the_nth_FIN)
{
	listen_and_accept();
	sysctl("lab/lose_fin", "1");
	app_close();
	expect_state("FIN-WAIT-1");
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_counted("RetransSegs", 1);
}

TEST_F(wire, msl_sets_the_length_of_TIME_WAIT)
{
	sysctl("lab/msl", "2");
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("TIME-WAIT");
	expect_state_after("CLOSED", 3900, 4400);
}

TEST_F(wire, no_time_wait_goes_straight_on_to_CLOSED)
{
	sysctl("lab/no_time_wait", "1");
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(ACK, SEQ(2), ACK(2));
	expect_state("CLOSED");
	expect_ever("TIME-WAIT", 0);
	/* and nobody is left who would acknowledge the peer's FIN again */
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	expect_seg(RST, SEQ(2));
}

TEST_HARNESS_MAIN
