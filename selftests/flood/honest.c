// SPDX-License-Identifier: GPL-2.0
/* Honest clients while a flood of SYNs goes on. */
#include <linux/tcp.h>

#include "fixture.h"
#include "flood.h"

#define BACKLOG	16
#define EARLY	10	/* guests who came before the flood */

/* Nothing of this end had to be sent twice, which would have taken a second. */
static void check_at_ease(int fd, const char *whose)
{
	struct tcp_info i = tcp_info_of(fd);

	check(!i.tcpi_total_retrans, "%s end has retransmitted %u segments", whose,
	      i.tcpi_total_retrans);
}

static void leaves_at_ease(struct guest *g)
{
	check_at_ease(g->client, "a guest's");
	check_at_ease(g->server, "our");
	guest_leaves(g);
}

static void guests_get_in(const char *syncookies)
{
	long n = flood_count / 100, i;
	struct stranger friend;
	struct guest early[EARLY], g;
	struct memory before;
	int fd;

	flood_begin();
	sysctl("syncookies", syncookies);
	app_listen(BACKLOG);
	before = memory_now();
	for (i = 0; i < EARLY; i++) {
		early[i] = guest_enters();
		guest_talks(&early[i], 1000);
	}
	friend = stranger_knocks(0);
	fd = stranger_enters(&friend, 0);

	for (i = 0; i < n; i++) {
		flood(34);
		g = guest_enters();
		flood(33);
		guest_talks(&g, 5000);
		flood(33);
		guest_talks(&g, 100);
		leaves_at_ease(&g);
		guest_talks(&early[i % EARLY], 500);
	}

	stranger_sends(&friend, ACK | PSH, 100);
	stranger_talks(&friend, fd, 100);
	app_cannot_accept();
	for (i = 0; i < EARLY; i++) {
		guest_talks(&early[i], 10000);
		leaves_at_ease(&early[i]);
	}
	close(fd);
	ignore_answers();
	stranger_sends(&friend, RST, 0);
	expect_counted("ListenDrops", 0);
	expect_counted("SyncookiesFailed", 0);
	app_close_listener();
	usleep(70000000);
	ignore_answers();
	memory_is_back(&before);
}

TEST_F_TIMEOUT(wire, every_guest_gets_in_when_cookies_are_always_sent, 1000)
{
	guests_get_in("2");
}

TEST_F_TIMEOUT(wire, every_guest_gets_in_when_the_queue_is_full, 1000)
{
	guests_get_in("1");
}

/* What cookies are for; and who was there before does not notice either way. */
TEST_F_TIMEOUT(wire, without_cookies_a_flood_keeps_guests_out, 1000)
{
	long n = flood_count / 10, answered = 0, i;
	struct memory before;
	struct guest early, g;

	flood_begin();
	sysctl("syncookies", "0");
	app_listen(BACKLOG);
	early = guest_enters();
	before = memory_now();
	for (i = 0; i < n; i++) {
		struct stranger s = stranger_new(i);

		stranger_sends(&s, SYN, 0);
		answered += stranger_hears(&s);
	}
	check(answered == BACKLOG, "%ld SYNs are answered, and the backlog is %d", answered,
	      BACKLOG);
	expect_counted("TCPReqQFullDrop", n - BACKLOG);
	memory_is_flat(&before, BACKLOG, 0);
	check(guest_is_kept_out(500), "a guest got in");
	guest_talks(&early, 10000);
	sysctl("syncookies", "1");
	g = guest_enters();
	guest_talks(&g, 10000);
	leaves_at_ease(&g);
	leaves_at_ease(&early);
	app_close_listener();
	usleep(70000000);
	ignore_answers();
}

TEST_HARNESS_MAIN
