// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs that cookies answer: those of its own that complete the handshake have a
 * connection as good as any, forged, expired and replayed cookies have none, and nothing grows.
 */
#include "fixture.h"
#include "flood.h"

#define S	1000000
/* An accept queue, and so a half-open queue, of that many. */
#define BACKLOG	16

/* One of so many SYNs completes the handshake. */
#define ONE_OF	100

static void close_all(int *fds, long n)
{
	while (n--) {
		close_will_abort(fds[n]);
		close(fds[n]);
	}
	ignore_answers();
}

static long counted(const char *name)
{
	counters_read();
	return counter(name);
}

/*
 * The flood comes; one of a hundred waits until the next hundred have come, brings its cookie
 * back, every other one with its text at once, and is spoken with.
 */
static void some_complete(const struct memory *before, long kept)
{
	long n = flood_count / ONE_OF, i;
	int *fds = calloc(n, sizeof(*fds));
	struct stranger first, s;

	flood(ONE_OF);
	first = stranger_knocks(0);
	for (i = 0; i < n; i++) {
		flood(ONE_OF - 1);
		s = stranger_knocks(i + 1);
		fds[i] = stranger_enters(&first, i % 2 * 100);
		if (!(i % 2))
			stranger_sends(&first, ACK | PSH, 100);
		stranger_talks(&first, fds[i], 100);
		first = s;
		if (i % 50 == 49)
			memory_is_flat(before, kept, i + 1);
	}
	close_all(fds, n);
	free(fds);
}

static void a_flood_of_which_some_complete(const char *syncookies, long kept)
{
	long n = flood_count / ONE_OF, recv, sent, requests;
	struct memory before, after;

	flood_begin();
	sysctl("syncookies", syncookies);
	app_listen(BACKLOG);
	before = memory_now();
	/* its queue is full when there is one more */
	if (kept && wire_is_linux_tcp())
		kept++;
	some_complete(&before, kept);
	memory_is_flat(&before, kept, 0);
	after = memory_now();
	if (!wire_is_linux_tcp()) {
		recv = counted("SyncookiesRecv");
		sent = counted("SyncookiesSent");
		check(recv == n, "%ld cookies of %ld came back", recv, n);
		check(!counter("SyncookiesFailed"), "%ld cookies failed",
		      counter("SyncookiesFailed"));
		requests = counter_ever("SYN-RECEIVED");
		check(sent + requests == n * ONE_OF + ONE_OF + 1,
		      "%ld cookies and %ld requests for %ld SYNs", sent, requests,
		      n * ONE_OF + ONE_OF + 1);
		printf("# %ld cookies sent, %ld came back; requests before %ld, after %ld\n",
		       sent, recv, before.requests, after.requests);
	}
	app_close_listener();
	/* 63 s after its SYN the last request has been given up */
	usleep(70 * S);
	ignore_answers();
	memory_is_back(&before);
}

TEST_F_TIMEOUT(wire, with_cookies_always_one_percent_complete_and_the_slabs_are_flat, 1000)
{
	a_flood_of_which_some_complete("2", 0);
}

TEST_F_TIMEOUT(wire, with_a_full_queue_one_percent_complete_and_the_slabs_are_flat, 1000)
{
	a_flood_of_which_some_complete("1", BACKLOG);
}

/* ---- Cookies that are none ---- */

TEST_F_TIMEOUT(wire, forged_cookies_are_reset, 1000)
{
	long n = flood_count / 20, i;
	struct memory before;

	flood_begin();
	sysctl("syncookies", "2");
	app_listen(BACKLOG);
	before = memory_now();
	flood(10);
	for (i = 0; i < n; i++) {
		/* half of them know what a SYN,ACK would be like */
		struct stranger s = i % 2 ? stranger_knocks(0) : stranger_new(0);
		u32 forged = rng_next(&rng);

		s.nxt = s.iss + 1;
		stranger_sends_ack_of(&s, forged);
		check(stranger_hears(&s) && s.heard.flags == RST && s.heard.seq == forged,
		      "a forged cookie is not reset");
		check(!stranger_hears(&s), "a forged cookie has two answers");
	}
	expect_counted("SyncookiesFailed", n);
	expect_counted("SyncookiesRecv", 0);
	expect_counted("OutRsts", n);
	expect_dropped("LISTEN_ACK", n);
	app_cannot_accept();
	memory_is_back(&before);
}

/* They are good for 64 s at least and 128 s at most; Linux's MAX_SYNCOOKIE_AGE is 120 s. */
TEST_F_TIMEOUT(wire, expired_cookies_are_reset, 1000)
{
	struct stranger young[50], old[50];
	struct memory before;
	size_t i;

	flood_begin();
	sysctl("syncookies", "2");
	app_listen(BACKLOG);
	before = memory_now();
	for (i = 0; i < ARRAY_SIZE(old); i++)
		old[i] = stranger_knocks(i);
	usleep(70 * S);
	flood(100);
	for (i = 0; i < ARRAY_SIZE(young); i++)
		young[i] = stranger_knocks(i);
	usleep(60 * S);
	/* The flood goes on, or nobody would remember that there were cookies. */
	for (i = 0; i < ARRAY_SIZE(old); i++) {
		stranger_sends_ack_of(&old[i], old[i].us_nxt);
		check(stranger_hears(&old[i]) && old[i].heard.flags == RST &&
		      old[i].heard.seq == old[i].us_nxt, "a cookie is good for 130 s");
	}
	expect_counted("SyncookiesFailed", ARRAY_SIZE(old));
	app_cannot_accept();
	for (i = 0; i < ARRAY_SIZE(young); i++) {
		int fd = stranger_enters(&young[i], 100);

		stranger_talks(&young[i], fd, 100);
		close_all(&fd, 1);
	}
	expect_counted("SyncookiesRecv", ARRAY_SIZE(young));
	/* Long after the flood: an ACK like any other to a listener. */
	usleep(200 * S);
	stranger_sends_ack_of(&young[0], young[0].us_nxt);
	check(stranger_hears(&young[0]) && young[0].heard.flags == RST,
	      "a cookie is good for 260 s");
	expect_counted("SyncookiesFailed", ARRAY_SIZE(old));
	app_cannot_accept();
	memory_is_back(&before);
}

/* As in Linux: nothing is kept that tells the second time from the first when that is over. */
TEST_F_TIMEOUT(wire, a_replayed_cookie_opens_nothing_twice_at_a_time, 1000)
{
	const long n = 100;
	struct memory before;
	long i, k;

	flood_begin();
	sysctl("syncookies", "2");
	app_listen(BACKLOG);
	before = memory_now();
	for (i = 0; i < n; i++) {
		struct stranger s = stranger_knocks(i), again;
		int fd;

		again = s;
		fd = stranger_enters(&s, 0);
		for (k = 0; k < 10; k++) {
			stranger_sends(&again, ACK, 0);
			check(!stranger_hears(&again), "an answer to an ACK that comes again");
		}
		app_cannot_accept();
		stranger_sends(&s, ACK | PSH, 100);
		stranger_talks(&s, fd, 100);
		/* the text has gone on, and so it is an old one now: acknowledged, no more */
		stranger_sends_ack_of(&again, again.us_nxt);
		stranger_hears(&s);
		app_cannot_accept();
		close_all(&fd, 1);
		stranger_sends(&again, ACK, 0);
		fd = accept4(wire.listener, NULL, NULL, SOCK_CLOEXEC);
		check(fd >= 0, "when the connection is over, its cookie opens it again: %m");
		close_all(&fd, 1);
	}
	expect_counted("SyncookiesRecv", 2 * n);
	expect_counted("SyncookiesFailed", 0);
	memory_is_back(&before);
}

/* ---- Who shares a port shares its flood ---- */

#define LISTENERS	4

static int listener_in_group(void)
{
	struct sockaddr_in6 any = { .sin6_family = wire.sockets, .sin6_port = htons(OUR_PORT) };
	socklen_t len = wire.sockets == AF_INET ? sizeof(struct sockaddr_in) : sizeof(any);
	int fd = socket(wire.sockets, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, wire.path.proto);
	int one = 1;

	check(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) &&
	      !bind(fd, (struct sockaddr *)&any, len) && !listen(fd, BACKLOG),
	      "a listener with SO_REUSEPORT: %m");
	return fd;
}

/* The first of the listeners who has somebody. */
static int who_got_it(const int *listeners, int *fd)
{
	int i;

	for (i = 0; i < LISTENERS; i++) {
		*fd = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC);
		if (*fd >= 0)
			return i;
	}
	check(false, "no listener has the connection");
	return -1;
}

/* Pearson's statistic, with 3 degrees of freedom beyond 30 once in 700,000 times. */
static void check_even(const char *whose, const long *n)
{
	double even = (n[0] + n[1] + n[2] + n[3]) / (double)LISTENERS, chi = 0;
	int i;

	for (i = 0; i < LISTENERS; i++)
		chi += (n[i] - even) * (n[i] - even) / even;
	printf("# %s: %ld, %ld, %ld, %ld; chi squared %.1f\n", whose, n[0], n[1], n[2], n[3], chi);
	check(chi < 30, "%s are not spread evenly", whose);
}

TEST_F_TIMEOUT(wire, listeners_of_one_port_share_a_flood_evenly, 1000)
{
	long n = flood_count / 40, mine[LISTENERS] = { }, guests[LISTENERS] = { }, i;
	int listeners[LISTENERS], fd, client;

	flood_begin();
	sysctl("syncookies", "2");
	for (i = 0; i < LISTENERS; i++)
		listeners[i] = listener_in_group();
	for (i = 0; i < n; i++) {
		struct stranger s = stranger_knocks(i);

		flood(1);
		stranger_sends(&s, ACK, 0);
		mine[who_got_it(listeners, &fd)]++;
		close_all(&fd, 1);
	}
	wire.listener = listeners[0];
	for (i = 0; i < n / 2; i++) {
		flood(1);
		client = guest_dials();
		guests[who_got_it(listeners, &fd)]++;
		close_all(&client, 1);
		close(fd);
	}
	check_even("strangers", mine);
	check_even("guests", guests);
	expect_counted("SyncookiesFailed", 0);
	expect_counted("SyncookiesRecv", n + n / 2);
	for (i = 0; i < LISTENERS; i++)
		close(listeners[i]);
	wire.listener = -1;
}

TEST_HARNESS_MAIN
