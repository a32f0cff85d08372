// SPDX-License-Identifier: GPL-2.0
/*
 * The urgent pointer, as it arrives and as we send it (RFC 9293 3.8.5 and 3.10.7.4, sixth; RFC
 * 6093). Of what is urgent a socket shows the last octet; here it is called by its place in the
 * stream: URGENT(50) in a segment that begins at 1 is about octet 50.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "fixture.h"

static volatile sig_atomic_t signals;

static void sigurg(int sig)
{
	signals += sig == SIGURG;
}

/* From now on this process is told of the connection's urgent text. */
static void app_wants_sigurg(void)
{
	signal(SIGURG, sigurg);
	check(!fcntl(wire.flow->fd, F_SETOWN, getpid()), "F_SETOWN: %s", strerror(errno));
}

/* So many times in all. Who has answered a segment has told the user before. */
static void told(int times)
{
	int ms;

	for (ms = 0; signals < times && ms < WIRE_PATIENCE; ms++)
		poll(NULL, 0, 1);
	wire_note("app: SIGURG has come %d times", signals);
	if (signals != times)
		wire_fail("SIGURG has come %d times, not %d", signals, times);
}

#define app_was_told(times)	(HERE, told(times))

static bool is_polled(int event)
{
	struct pollfd pollfd = { .fd = wire.flow->fd, .events = event };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & event);
}

static void takes(u32 octet)
{
	char byte = 0;
	ssize_t n;

	if (!is_polled(POLLPRI))
		wire_fail("octet %u is not announced by POLLPRI", octet);
	n = recv(wire.flow->fd, &byte, 1, MSG_OOB);
	wire_note("app: recv(1, MSG_OOB) = %zd", n);
	if (n != 1)
		wire_fail("recv(MSG_OOB): %s", n ? strerror(errno) : "the end");
	if (byte != pattern_peer(octet))
		wire_fail("recv(MSG_OOB) gives '%c', not octet %u, '%c'", byte, octet,
			  pattern_peer(octet));
}

/* recv(MSG_OOB) gives this octet of the stream, and POLLPRI said so. */
#define app_takes(octet)	(HERE, takes(octet))

static void takes_not(int err)
{
	char byte;
	ssize_t n = recv(wire.flow->fd, &byte, 1, MSG_OOB);
	int is = n < 0 ? errno : 0;

	wire_note("app: recv(1, MSG_OOB) = %zd%s%s", n, is ? " " : "",
		  is ? strerrorname_np(is) : "");
	if (n > 0 || is != err)
		wire_fail("recv(MSG_OOB) = %zd %s", n, is ? strerrorname_np(is) : "");
	if (is_polled(POLLPRI))
		wire_fail("POLLPRI, but there is nothing that MSG_OOB could take");
}

/* EAGAIN: it is announced only; EINVAL: nothing is; 0: it will never come. */
#define app_takes_nothing(err)	(HERE, takes_not(err))

static void reads_up_to(u32 octet, bool is_mark)
{
	u32 room = octet - wire.flow->read + 1;
	int at_mark = -1;
	u8 buf[room];
	ssize_t n;
	u32 i;

	n = recv(wire.flow->fd, buf, room, 0);
	wire_note("app: recv(%u) = %zd", room, n);
	if (n != (ssize_t)room - 1)
		wire_fail("recv() of %u octets gives %zd, not %u", room, n, room - 1);
	for (i = 0; i + 1 < room; i++)
		if (buf[i] != pattern_peer(wire.flow->read + i))
			wire_fail("octet %u reads '%c', not '%c'", wire.flow->read + i, buf[i],
				  pattern_peer(wire.flow->read + i));
	wire.flow->read = octet;
	ioctl(wire.flow->fd, SIOCATMARK, &at_mark);
	wire_note("app: SIOCATMARK says %d", at_mark);
	if (at_mark != is_mark)
		wire_fail("SIOCATMARK says %d before octet %u", at_mark, octet);
}

/* One recv() that has room for the octet, too, ends before it: there is the mark. */
#define app_reads_up_to_mark(octet)	(HERE, reads_up_to((octet), true))
/* The same, because what came ends there. */
#define app_reads_up_to(octet)		(HERE, reads_up_to((octet), false))

/* The next recv() does not begin with the octet at the mark, but behind it. */
static void app_passes_the_mark(void)
{
	wire.flow->read++;
}

/* A connection whose user wants to know. */
static void established(void)
{
	listen_and_accept();
	app_wants_sigurg();
}

/* ---- Where it is ---- */

TEST_F(wire, the_pointer_is_to_the_octet_behind_the_urgent_text)
{
	established();
	/* MUST-62: urgent text is 1 to 50, the pointer to 51 */
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(100), URGENT(50));
	expect_acked(101);
	app_was_told(1);
	app_reads_up_to_mark(50);
	app_takes(50);
	app_takes_nothing(EINVAL);
	app_passes_the_mark();
	app_read(50);
	app_cannot_read(EAGAIN);
}

TEST_F(wire, the_last_octet_of_a_segment_is_urgent)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(100), URGENT(100));
	expect_acked(101);
	app_was_told(1);
	app_takes(100);
	app_reads_up_to_mark(100);
	app_passes_the_mark();
	app_cannot_read(EAGAIN);
	send_seg(ACK, SEQ(101), ACK(1), LEN(10));
	expect_acked(111);
	app_read(10);
}

TEST_F(wire, the_first_octet_of_a_segment_is_urgent)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(100), URGENT(1));
	expect_acked(101);
	app_was_told(1);
	app_takes(1);
	app_passes_the_mark();
	app_read(99);
}

/* Nobody took it: it is gone when the user has passed the mark. */
TEST_F(wire, an_urgent_octet_that_was_passed_by_is_gone)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(20), URGENT(10));
	expect_acked(21);
	app_reads_up_to_mark(10);
	app_passes_the_mark();
	app_read(10);
	app_takes_nothing(EINVAL);
}

TEST_F(wire, with_SO_OOBINLINE_the_mark_alone_tells)
{
	established();
	app_setsockopt(SOL_SOCKET, SO_OOBINLINE, 1);
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(20), URGENT(10));
	expect_acked(21);
	app_was_told(1);
	check(is_polled(POLLPRI), "POLLPRI does not tell of urgent text in line");
	app_reads_up_to_mark(10);
	app_read(11);
	check(!is_polled(POLLPRI), "POLLPRI, and all is read");
}

/* ---- Announced before it comes: MUST-31, urgent text of any length ---- */

TEST_F(wire, urgent_text_is_announced_by_a_segment_before_it)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(30));
	expect_acked(11);
	app_was_told(1);
	app_takes_nothing(EAGAIN);
	app_read(10);
	/* the same place, told again: no news (MUST-32) */
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(20));
	expect_acked(21);
	app_was_told(1);
	app_takes_nothing(EAGAIN);
	/* it comes, and needs no pointer for that */
	send_seg(ACK, SEQ(21), ACK(1), LEN(20));
	expect_acked(41);
	app_was_told(1);
	app_takes(30);
	app_reads_up_to_mark(30);
	app_passes_the_mark();
	app_read(10);
}

TEST_F(wire, urgent_text_is_announced_by_an_ACK_alone)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), URGENT(5));
	expect_silence();
	app_was_told(1);
	app_takes_nothing(EAGAIN);
	app_cannot_read(EAGAIN);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_acked(11);
	app_was_told(1);
	app_takes(5);
}

TEST_F(wire, urgent_text_is_announced_as_far_ahead_as_the_field_can_say)
{
	u32 seq;

	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(1000), URGENT(65535));
	expect_acked(1001);
	app_was_told(1);
	app_read(1000);
	for (seq = 1001; seq < 65001; seq += 1000) {
		app_takes_nothing(EAGAIN);
		send_seg(ACK, SEQ(seq), ACK(1), LEN(1000));
		expect_acked(seq + 1000);
		app_read(1000);
		discard_the_rest();
	}
	send_seg(ACK, SEQ(65001), ACK(1), LEN(1000));
	expect_acked(66001);
	app_takes(65535);
	discard_the_rest();
}

/* ---- It moves on, and never back: RCV.UP <- max(RCV.UP, SEG.UP) ---- */

TEST_F(wire, each_advance_of_the_pointer_is_told)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(5));
	expect_acked(11);
	app_was_told(1);
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(5));
	expect_acked(21);
	app_was_told(2);
	app_takes(15);
	/* RFC 6093 3.2: the earlier one is text like any other now */
	app_reads_up_to_mark(15);
	app_passes_the_mark();
	app_read(5);
}

TEST_F(wire, a_pointer_that_moves_on_before_its_text_came_costs_no_octet)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), URGENT(1));
	expect_silence();
	app_was_told(1);
	/* The user stands before octet 1, of which all he has seen is that it is urgent. */
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(5));
	expect_acked(11);
	app_was_told(2);
	app_reads_up_to_mark(5);
	app_takes(5);
	app_passes_the_mark();
	app_read(5);
}

TEST_F(wire, a_pointer_that_moves_on_leaves_the_octet_before_which_the_user_stands)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(5));
	expect_acked(11);
	app_reads_up_to_mark(5);
	/* He has met octet 5 as urgent; he does not meet it as text. */
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(5));
	expect_acked(21);
	app_was_told(2);
	app_passes_the_mark();
	app_reads_up_to_mark(15);
	app_takes(15);
}

TEST_F(wire, the_pointer_does_not_move_back)
{
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(30));
	expect_acked(11);
	app_was_told(1);
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(5));
	expect_acked(21);
	app_was_told(1);
	app_takes_nothing(EAGAIN);
	send_seg(ACK, SEQ(21), ACK(1), LEN(10));
	expect_acked(31);
	app_takes(30);
	app_reads_up_to_mark(30);
}

TEST_F(wire, a_pointer_to_text_that_is_here_is_no_news)
{
	established();
	send_seg(ACK, SEQ(1), ACK(1), LEN(20));
	expect_acked(21);
	/* half of it is new, and what is urgent is not in that half */
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(20), URGENT(5));
	expect_acked(31);
	app_was_told(0);
	app_takes_nothing(EINVAL);
	app_read(30);
}

TEST_F(wire, a_pointer_of_0_names_no_octet_of_the_segment)
{
	linux_differs("takes the first octet of the segment for urgent");
	established();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(0));
	expect_acked(11);
	app_was_told(0);
	app_takes_nothing(EINVAL);
	app_read(10);
}

TEST_F(wire, a_pointer_without_URG_is_no_pointer)
{
	established();
	send_seg(ACK, SEQ(1), ACK(1), LEN(10), URGENT(5));
	expect_acked(11);
	app_was_told(0);
	app_takes_nothing(EINVAL);
	app_read(10);
}

/* ---- Segments that are no text in order ---- */

TEST_F(wire, an_urgent_segment_outside_of_the_window_tells_nothing)
{
	established();
	send_seg(ACK | URG, SEQ(wire.flow->edge + 1), ACK(1), LEN(10), URGENT(5));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	expect_acked(101);
	/* 3.10.7.4, first: "an acknowledgment ... drop the unacceptable segment" */
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(50), URGENT(200));
	expect_seg(ACK, SEQ(1), ACK(101), AT_ONCE);
	app_was_told(0);
	app_takes_nothing(EINVAL);
	app_read(100);
}

TEST_F(wire, with_our_window_closed_the_pointer_is_still_heard)
{
	app_listen(1);
	app_setsockopt(SOL_SOCKET, SO_RCVBUF, 20000);
	established();
	while (wire.flow->edge != wire.flow->peer_nxt) {
		u32 room = wire.flow->edge - wire.flow->peer_nxt;

		send_seg(ACK, ACK(1), LEN(room < FULL ? room : FULL));
		expect_acked(wire.flow->peer_nxt);
	}
	/* MUST-66 */
	send_seg(ACK | URG, SEQ(wire.flow->peer_nxt), ACK(1), URGENT(10));
	expect_silence();
	app_was_told(1);
	app_takes_nothing(EAGAIN);
}

TEST_F(wire, urgent_text_behind_a_gap_is_announced_at_once)
{
	established();
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(5));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_was_told(1);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_acked(21);
	app_was_told(1);
	app_takes(15);
	app_reads_up_to_mark(15);
}

TEST_F(wire, urgent_text_behind_a_gap_is_not_there_yet)
{
	linux_differs("gives the octet before the gap is filled");
	established();
	send_seg(ACK | URG, SEQ(11), ACK(1), LEN(10), URGENT(5));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	app_takes_nothing(EAGAIN);
}

TEST_F(wire, a_pointer_to_text_that_is_held_behind_a_gap_finds_it)
{
	linux_differs("looks for the octet only in segments that come after the pointer");
	established();
	send_seg(ACK, SEQ(11), ACK(1), LEN(10));
	expect_seg(ACK, SEQ(1), ACK(1), AT_ONCE);
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(15));
	expect_acked(21);
	app_was_told(1);
	app_takes(15);
}

/* ---- Opening and closing ---- */

TEST_F(wire, a_SYN_announces_nothing)
{
	app_listen(1);
	send_seg(SYN | URG, SEQ(0), MSS(FULL), URGENT(5));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_takes_nothing(EINVAL);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_acked(11);
	app_read(10);
}

TEST_F(wire, the_ACK_of_our_SYN_announces_urgent_text)
{
	app_listen(1);
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK | URG, SEQ(1), ACK(1), URGENT(5));
	app_accept();
	app_takes_nothing(EAGAIN);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_acked(11);
	app_takes(5);
}

/* Its pointer counts from the SYN, which has a sequence number of its own. */
TEST_F(wire, a_SYN_ACK_announces_urgent_text)
{
	app_connect();
	app_wants_sigurg();
	expect_seg(SYN, SEQ(0));
	send_seg(SYN | ACK | URG, SEQ(0), ACK(1), MSS(FULL), URGENT(5));
	expect_seg(ACK, SEQ(1), ACK(1));
	app_connected(0);
	app_was_told(1);
	app_takes_nothing(EAGAIN);
	send_seg(ACK, SEQ(1), ACK(1), LEN(10));
	expect_acked(11);
	app_takes(4);
	app_reads_up_to_mark(4);
}

TEST_F(wire, the_last_octet_before_a_FIN_is_urgent)
{
	established();
	send_seg(FIN | ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(10));
	expect_acked(12);
	app_was_told(1);
	app_takes(10);
	app_reads_up_to_mark(10);
	app_passes_the_mark();
	app_reads_eof();
}

TEST_F(wire, urgent_text_that_a_FIN_cuts_off_will_never_come)
{
	established();
	send_seg(FIN | ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(30));
	expect_acked(12);
	app_was_told(1);
	app_takes_nothing(0);
	app_read(10);
	app_reads_eof();
}

/* "This should not occur since a FIN has been received from the remote side. Ignore the URG." */
TEST_F(wire, behind_a_FIN_nothing_is_announced)
{
	linux_differs("tells the user");
	established();
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	expect_acked(2);
	send_seg(ACK | URG, SEQ(2), ACK(1), URGENT(5));
	expect_silence();
	app_was_told(0);
}

/* 3.10.7.4, sixth: FIN-WAIT-1 and FIN-WAIT-2 hear of it as ESTABLISHED does. */
TEST_F(wire, urgent_text_comes_after_our_FIN)
{
	established();
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(10), URGENT(5));
	expect_acked(11);
	app_was_told(1);
	app_takes(5);
	send_seg(ACK | URG, SEQ(11), ACK(2), LEN(10), URGENT(5));
	expect_acked(21);
	expect_state("FIN-WAIT-2");
	app_was_told(2);
	app_takes(15);
}

/* ---- What we announce ---- */

TEST_F(wire, our_pointer_is_to_the_octet_behind_the_urgent_text)
{
	listen_and_accept();
	app_send(5, MSG_OOB);
	/* MUST-62 */
	expect_seg(ACK | URG, SEQ(1), LEN(5), URGENT(5), AT_ONCE);
	send_seg(ACK, ACK(6));
	/* text that is not urgent has no pointer, once that is acknowledged */
	app_write(5);
	expect_seg(ACK, SEQ(6), LEN(5), AT_ONCE);
	send_seg(ACK, ACK(11));
}

/* MUST-31; and each of them counts from its own number, in whatever pieces they are sent. */
TEST_F(wire, each_segment_of_long_urgent_text_says_where_it_ends)
{
	listen_and_accept();
	app_send(3 * FULL + 7, MSG_OOB);
	expect_seg(ACK | URG, SEQ(1), LEN(FULL), URGENT(3 * FULL + 7));
	expect_seg(ACK | URG, SEQ(1 + FULL), LEN(FULL), URGENT(2 * FULL + 7));
	expect_seg(ACK | URG, SEQ(1 + 2 * FULL), LEN(FULL), URGENT(FULL + 7));
	expect_seg(ACK | URG, SEQ(1 + 3 * FULL), LEN(7), URGENT(7));
	send_seg(ACK, ACK(3 * FULL + 8));
}

TEST_F(wire, an_urgent_segment_that_was_lost_is_urgent_again)
{
	listen_and_accept();
	app_send(5, MSG_OOB);
	expect_seg(ACK | URG, SEQ(1), LEN(5), URGENT(5), AT_ONCE);
	/* a tail loss probe, or the timeout */
	expect_seg(ACK | URG, SEQ(1), LEN(5), URGENT(5));
	send_seg(ACK, ACK(6));
}

/* 3.8.5: "even if ... the receive window is zero" the peer has to hear of it. */
TEST_F(wire, urgent_text_before_the_peers_closed_window_is_announced)
{
	linux_differs("tells with the next probe");
	listen_and_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, ACK(101), WIN(0));
	app_send(5, MSG_OOB);
	expect_seg(ACK | URG, SEQ(101), URGENT(5), AT_ONCE);
	send_seg(ACK, ACK(101), WIN(1000));
	expect_seg(ACK | URG, SEQ(101), LEN(5), URGENT(5));
	send_seg(ACK, ACK(106));
}

TEST_HARNESS_MAIN
