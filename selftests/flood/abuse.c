// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in a flood beside SYNs, to a listener and, in the name of their peers, to connections:
 * each kind is counted under its own name, their sum is what was sent, and nobody who is honest
 * notices any of it.
 */
#include <linux/tcp.h>

#include "fixture.h"
#include "flood.h"

#define VICTIMS	4
#define FAR	100000000	/* from any window */

static struct flow *victims[VICTIMS];

/* What comes of a segment. */
struct fate {
	const char *reason;	/* why it is dropped; NULL: it is a SYN, and a cookie answers it */
	long answers;		/* segments of ours that are still to be read */
};

static u64 draw(u64 lo, u64 hi)
{
	return rng_range(&rng, lo, hi);
}

static struct flow *any_victim(void)
{
	return victims[draw(0, VICTIMS - 1)];
}

/* ---- To the listener ---- */

static struct fate syn_with(const struct seg *seg)
{
	const struct header head = { .dport = OUR_PORT };
	struct stranger s = stranger_new(0);
	static const u8 text[1500];
	u8 out[2000];
	struct packet p;

	p = segment_parse(&s.path, out, segment_build(&s.path, &head, seg, text, seg->len, out));
	stranger_sends_seg(&s, seg, s.iss, 0);
	if (!p.tcp_ok)
		return (struct fate){ "BAD_OPTION" };
	/* Smaller than any that a cookie can name; and this listener keeps no requests. */
	if (p.has_mss && p.mss && p.mss < DEFAULT_MSS)
		return (struct fate){ "REQUEST_QUEUE_FULL" };
	check(stranger_hears(&s) && (s.heard.flags & ~ECE) == (SYN | ACK),
	      "a SYN with odd options is not answered");
	check(s.heard.ack == s.iss + 1, "text on a SYN is acknowledged: that of %u is %u", s.iss,
	      s.heard.ack);
	return (struct fate){ };
}

/* Known kinds and others, of the length that is right for them or, now and then, of another. */
static struct fate syn_with_random_options(void)
{
	static const u8 lengths[] = { 0, 0, 4, 3, 2, 10, 6, 6, 10, 3, 2 };
	u8 options[60];
	size_t n = 0, i;

	while (n < 40 && rng_percent(&rng, 80)) {
		u8 kind = draw(0, ARRAY_SIZE(lengths) - 1), length = lengths[kind];

		options[n++] = kind;
		if (!length)
			continue;
		options[n++] = rng_percent(&rng, 10) ? draw(0, 40) : length;
		for (i = 2; i < length; i++)
			options[n++] = rng_scale(&rng, 0, 255);
	}
	return syn_with(SEG(SYN, .opts = options, .optlen = n < 40 ? n : 40));
}

static struct fate syn_with_text(void)
{
	return syn_with(SEG(SYN, MSS(DEFAULT_MSS), LEN(draw(1, 1000))));
}

static struct fate syn_with_tiny_mss(void)
{
	return syn_with(SEG(SYN, MSS(draw(1, DEFAULT_MSS - 1))));
}

static struct fate ack_of_nothing(void)
{
	struct stranger s = stranger_new(0);

	stranger_sends_seg(&s, SEG(ACK, LEN(draw(0, 100))), s.iss, rng_next(&rng));
	return (struct fate){ "LISTEN_ACK", 1 };
}

static struct fate rst_to_the_listener(void)
{
	struct stranger s = stranger_new(0);

	stranger_sends_seg(&s, SEG(RST | (rng_next(&rng) & ACK)), s.iss, rng_next(&rng));
	return (struct fate){ "CLOSED_RST" };
}

static struct fate to_nobody(void)
{
	struct flow nobody = { .us_port = 10, .peer_port = draw(1024, 65535) };

	spoof(&nobody, SEG(rng_percent(&rng, 50) ? SYN : ACK), rng_next(&rng), 0, 0);
	return (struct fate){ "NO_SOCKET", 1 };
}

/* ---- Malformed, in the name of an honest peer ---- */

/* With numbers that would do harm: the next octet, or the end of the connection. */
static struct fate malformed(const struct seg *seg, const char *reason)
{
	const struct flow *f = any_victim();

	spoof(f, seg, f->peer_iss + f->acked, f->us_iss + f->us_nxt, draw(0, 100));
	return (struct fate){ reason };
}

static struct fate cut_off(void)
{
	return malformed(SEG(RST | ACK, CUT(draw(0, 19))), "PKT_TOO_SMALL");
}

static struct fate bad_offset(void)
{
	static const u8 harm[] = { RST, FIN | ACK, ACK, SYN };
	const struct flow *f = any_victim();

	spoof(f, SEG(harm[draw(0, 3)], DOFF(rng_percent(&rng, 50) ? draw(0, 4) : draw(6, 15))),
	      f->peer_iss + f->acked, f->us_iss + f->us_nxt, 0);
	return (struct fate){ "BAD_OFFSET" };
}

static struct fate bad_checksum(void)
{
	static const u8 harm[] = { RST, FIN | ACK, ACK, SYN };

	return malformed(SEG(harm[draw(0, 3)], BAD_CHECKSUM), "BAD_CHECKSUM");
}

static struct fate bad_flags(void)
{
	static const u8 harm[] = { SYN | FIN, SYN | RST, 0, FIN, PSH | URG, SYN | FIN | ACK };

	return malformed(SEG(harm[draw(0, 5)]), "BAD_FLAGS");
}

static struct fate bad_options(void)
{
	static const u8 options[][4] = { { 2, 0 }, { 8, 1 }, { 3, 5 }, { 1, 1, 1, 2 } };

	return malformed(SEG(RST | ACK, .opts = options[draw(0, 3)], .optlen = 4), "BAD_OPTION");
}

/* ---- Well-formed, from off the path: at least one number is not known there ---- */

static u32 in_window(const struct flow *f)
{
	return f->peer_iss + draw(f->acked + 1, f->edge - 1);
}

static u32 before_window(const struct flow *f)
{
	return f->peer_iss + f->acked - FAR - draw(0, FAR);
}

static u32 beyond_window(const struct flow *f)
{
	return f->peer_iss + f->edge + FAR + draw(0, FAR);
}

static struct fate rst_in_window(void)
{
	const struct flow *f = any_victim();

	spoof(f, SEG(RST | (rng_next(&rng) & ACK)), in_window(f), rng_next(&rng), 0);
	return (struct fate){ "RST_CHALLENGED", 1 };
}

static struct fate rst_elsewhere(void)
{
	const struct flow *f = any_victim();

	spoof(f, SEG(RST | (rng_next(&rng) & ACK)),
	      rng_percent(&rng, 50) ? before_window(f) : beyond_window(f), rng_next(&rng), 0);
	return (struct fate){ "RST_OUT_OF_WINDOW" };
}

static struct fate syn_in_window(void)
{
	const struct flow *f = any_victim();

	spoof(f, SEG(SYN | (rng_next(&rng) & ACK)), in_window(f), rng_next(&rng), 0);
	return (struct fate){ "SYN_CHALLENGED", 1 };
}

/* Text, FIN or a window update. */
static u8 what_is_spoofed(u32 *len)
{
	static const u8 flags[] = { ACK, ACK | PSH, FIN | ACK, ACK | ECE, ACK | URG };

	*len = rng_percent(&rng, 50) ? draw(1, 1000) : 0;
	return flags[draw(0, 4)];
}

static struct fate acks_the_future(void)
{
	const struct flow *f = any_victim();
	u32 len;
	u8 flags = what_is_spoofed(&len);

	spoof(f, SEG(flags), in_window(f), f->us_iss + f->us_nxt + 1 + draw(0, FAR), len);
	return (struct fate){ "FUTURE_ACK", 1 };
}

static struct fate acks_the_past(void)
{
	const struct flow *f = any_victim();
	u32 len;
	u8 flags = what_is_spoofed(&len);

	spoof(f, SEG(flags), in_window(f), f->us_iss + f->us_nxt - FAR - draw(0, FAR), len);
	return (struct fate){ "OLD_ACK", 1 };
}

/* The right ACK, by chance. */
static struct fate says_the_past(void)
{
	const struct flow *f = any_victim();
	u32 len;
	u8 flags = what_is_spoofed(&len);

	spoof(f, SEG(flags), before_window(f), f->us_iss + f->us_nxt, len);
	return (struct fate){ "OLD_SEQUENCE", 1 };
}

static struct fate says_the_future(void)
{
	const struct flow *f = any_victim();
	u32 len;
	u8 flags = what_is_spoofed(&len);

	spoof(f, SEG(flags), beyond_window(f), f->us_iss + f->us_nxt, len);
	return (struct fate){ "OUT_OF_WINDOW", 1 };
}

static struct fate (* const kinds[])(void) = {
	syn_with_random_options, syn_with_text, syn_with_tiny_mss,
	ack_of_nothing, rst_to_the_listener, to_nobody,
	cut_off, bad_offset, bad_checksum, bad_flags, bad_options,
	rst_in_window, rst_elsewhere, syn_in_window,
	acks_the_future, acks_the_past, says_the_past, says_the_future,
};

/* ---- What is counted ---- */

static struct tally {
	const char *reason;
	long n, ever;		/* in this part, and in all */
} tallies[] = {
	{ "REQUEST_QUEUE_FULL" }, { "LISTEN_ACK" }, { "CLOSED_RST" }, { "NO_SOCKET" },
	{ "PKT_TOO_SMALL" }, { "BAD_OFFSET" }, { "BAD_CHECKSUM" }, { "BAD_FLAGS" },
	{ "BAD_OPTION" }, { "RST_CHALLENGED" }, { "RST_OUT_OF_WINDOW" }, { "SYN_CHALLENGED" },
	{ "FUTURE_ACK" }, { "OLD_ACK" }, { "OLD_SEQUENCE" }, { "OUT_OF_WINDOW" },
};

static long cookies;

static void count_from_here(void)
{
	size_t i;

	counters_mark();
	for (i = 0; i < ARRAY_SIZE(tallies); i++)
		tallies[i].n = 0;
	cookies = 0;
}

static void count(const char *reason)
{
	struct tally *t = tallies;

	if (!reason) {
		cookies++;
		return;
	}
	while (strcmp(t->reason, reason))
		t++;
	t->n++;
	t->ever++;
}

/* By how much a counter, also one of drops, has grown in this part. */
static long grown(const char *counter)
{
	return dropped(counter);
}

/* Each kind under its own name, and no segment under another, twice or not at all. */
static void check_counted(long sent)
{
	long sum = 0;
	struct tally *t;

	counters_look();
	for (t = tallies; t < tallies + ARRAY_SIZE(tallies); t++) {
		if (!t->ever)
			continue;	/* not in the file before it happens */
		check(dropped(t->reason) == t->n, "%ld segments are dropped as %s, not %ld",
		      dropped(t->reason), t->reason, t->n);
		sum += t->n;
	}
	check(sum + cookies == sent, "%ld dropped and %ld cookies of %ld sent", sum, cookies, sent);
	check(grown("InSegs") == sent, "InSegs grew by %ld, not by %ld", grown("InSegs"), sent);
	check(grown("SyncookiesSent") == cookies, "%ld cookies were sent, not %ld",
	      grown("SyncookiesSent"), cookies);
	check(!grown("InRsts"), "a forged reset took effect");
	check(grown("InErrs") == grown("PKT_TOO_SMALL") + grown("BAD_OFFSET") +
				 grown("BAD_CHECKSUM") + grown("BAD_OPTION") + grown("BAD_FLAGS"),
	      "InErrs grew by %ld", grown("InErrs"));
	check(grown("InCsumErrors") == grown("BAD_CHECKSUM"), "InCsumErrors grew by %ld",
	      grown("InCsumErrors"));
	check(grown("SyncookiesFailed") == grown("LISTEN_ACK"), "SyncookiesFailed grew by %ld",
	      grown("SyncookiesFailed"));
	/* RFC 5961's; an ACK of what was not sent is answered by RFC 9293 already */
	check(grown("TCPChallengeACK") == grown("RST_CHALLENGED") + grown("SYN_CHALLENGED") +
					  grown("OLD_ACK"),
	      "TCPChallengeACK grew by %ld", grown("TCPChallengeACK"));
	check(grown("OutRsts") == grown("LISTEN_ACK") + grown("NO_SOCKET"),
	      "OutRsts grew by %ld", grown("OutRsts"));
}

/* ---- The honest ---- */

/* What would show that something happened to a connection. */
static struct tcp_info health(const struct flow *f)
{
	struct tcp_info i = tcp_info_of(f->fd);

	/* which tell of our own challenges, of how long ago something was, and what was read */
	i.tcpi_rcv_ssthresh = 0;
	i.tcpi_segs_in = 0;
	i.tcpi_data_segs_in = 0;
	i.tcpi_segs_out = 0;
	i.tcpi_last_data_sent = 0;
	i.tcpi_last_data_recv = 0;
	i.tcpi_last_ack_recv = 0;
	return i;
}

static size_t first_difference(const struct tcp_info *a, const struct tcp_info *b)
{
	size_t i = 0;

	while (i < sizeof(*a) && ((const u8 *)a)[i] == ((const u8 *)b)[i])
		i++;
	return i;
}

static void both_say_something(struct flow *f)
{
	u32 us = f->us_nxt, peer = f->peer_nxt;

	on(f);
	app_write(200);
	expect_seg(ACK, SEQ(us), ACK(peer), LEN(200));
	send_seg(ACK | PSH, SEQ(peer), ACK(us + 200), LEN(100));
	expect_seg(ACK, SEQ(us + 200), ACK(peer + 100));
	app_read(100);
	expect_silence();
	expect_state("ESTABLISHED");
}

static void honest_connections(void)
{
	static const struct seg syns[VICTIMS] = {
		{ .flags = SYN },
		{ .flags = SYN, MSS(1300) },
		{ .flags = SYN, MSS(1400), WSCALE(3) },
		{ .flags = SYN, MSS(1400), SACKOK },
	};
	int i;

	app_listen(0);
	for (i = 0; i < VICTIMS; i++) {
		victims[i] = flow_between(OUR_PORT, PEER_PORT + i);
		victims[i]->peer_iss = rng_next(&rng);
		on(victims[i]);
		wire_listen_and_accept(&syns[i]);
	}
	for (i = 0; i < VICTIMS; i++)
		both_say_something(victims[i]);
}

/* A part of the flood: other abuse among its SYNs. */
static void abuse(long n)
{
	long i, answers;

	for (i = 0; i < n; i++) {
		struct fate fate = kinds[i % ARRAY_SIZE(kinds)]();

		answers = ignore_answers();
		check(answers == fate.answers, "%s: %ld answers, not %ld",
		      fate.reason ?: "a cookie", answers, fate.answers);
		count(fate.reason);
		flood(1);
		count(NULL);
	}
}

TEST_F_TIMEOUT(wire, abuse_is_counted_and_changes_no_honest_connection, 1000)
{
	const long parts = 10, n = flood_count / 10 / parts;
	struct tcp_info before[VICTIMS], after;
	struct memory memory;
	struct tally *t;
	long part;
	int i;

	flood_begin();
	sysctl("syncookies", "2");
	/* no requests at all: those that a cookie cannot serve are refused */
	honest_connections();
	memory = memory_now();
	for (part = 0; part < parts; part++) {
		for (i = 0; i < VICTIMS; i++)
			before[i] = health(victims[i]);
		count_from_here();
		abuse(n);
		check_counted(2 * n);
		for (i = 0; i < VICTIMS; i++) {
			after = health(victims[i]);
			check(!memcmp(&before[i], &after, sizeof(after)),
			      "tcp_info of connection %d has changed, at octet %zu", i,
			      first_difference(&before[i], &after));
		}
		app_cannot_accept();
		memory_is_back(&memory);
		for (i = 0; i < VICTIMS; i++)
			both_say_something(victims[i]);
	}
	printf("#");
	for (t = tallies; t < tallies + ARRAY_SIZE(tallies); t++) {
		check(t->ever, "nothing was dropped as %s", t->reason);
		printf(" %s %ld", t->reason, t->ever);
	}
	printf("\n");
}

TEST_HARNESS_MAIN
