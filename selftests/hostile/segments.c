// SPDX-License-Identifier: GPL-2.0
/*
 * segments [--seed N] [--count N]: a fuzzer of raw segments against the module that runs.
 *
 * A forger writes segments, ICMP errors and broken packets into connections in all states, which
 * users and a peer keep opening, filling and closing; see hostile.h. What has to hold: honest
 * connections that are only attacked from off the path transfer their text unharmed; every
 * segment of ours is well-formed, and has the text that the user wrote there; a user reads what
 * the peer sent there, in order and once; queues stay within their limits; what is counted adds
 * up; and in the end nothing is left. What the kernel itself has to say, the VM reports.
 *
 * All is a function of the seed and of our initial numbers, so a seed repeats a run.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/random.h>

#include "hostile.h"

static u64 seed, count = 100000, forged;

static const char * const states[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
	"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
};

/* Every check of SEGMENT ARRIVES that a segment alone can fail. */
static const char * const reasons[] = {
	"PKT_TOO_SMALL", "BAD_OFFSET", "BAD_CHECKSUM", "BAD_FLAGS", "BAD_OPTION", "BAD_ADDRESS",
	"NO_SOCKET", "CLOSED_RST", "LISTEN_ACK", "SYN_SENT_BAD_ACK",
	"SYN_SENT_RST_NO_ACK", "SYN_SENT_OTHER", "PAWS", "OLD_SEQUENCE", "OUT_OF_WINDOW", "RST",
	"RST_OUT_OF_WINDOW", "RST_CHALLENGED", "SYN_CHALLENGED", "SYN_DUPLICATE",
	"BAD_ACK", "OLD_ACK", "FUTURE_ACK", "TIME_WAIT_RST", "TIME_WAIT", "DUPLICATE_TEXT",
	"TEXT_AFTER_FIN", "TEXT_AFTER_CLOSE",
};

static const char * const tests[] = {
	"honest_connections_go_on_under_attack",
	"text_is_unharmed_and_segments_are_well_formed",
	"every_state_and_every_check_was_met",
	"the_counters_add_up",
	"nothing_is_left",
};

static unsigned int passed;

static void pass(const char *format, ...)
{
	va_list args;

	printf("ok %u %s # ", passed + 1, tests[passed]);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	passed++;
}

void found(const char *format, ...)
{
	va_list args;

	printf("not ok %u %s\n# ", passed + 1, tests[passed]);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# after %llu segments; again: segments --seed %llu --count %llu\n", forged, seed,
	       count);
	if (acting)
		story_tell_of(acting);
	fflush(stdout);
	_exit(1);
}

static void read_line(const char *name, char *line, size_t size)
{
	FILE *file = open_file(name);

	if (!fgets(line, size, file))
		found("cannot read %s", name);
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

/* An administrator who now and then wants limits to be within reach, and then does not any more. */
static void draw_sysctls(void)
{
	static struct {
		const char *name, *value;
		char usual[64];
	} settings[] = {
		{ "invalid_ratelimit", "0" }, { "max_syn_backlog", "8" }, { "max_tw_buckets", "5" },
		{ "tw_reuse", "1" }, { "abort_on_overflow", "1" }, { "ecn", "1" },
		{ "congestion_control", "reno" }, { "max_orphans", "4" }, { "lab/msl", "1" },
		{ "rmem", "4096 8192 16384" }, { "wmem", "4096 8192 16384" },
		{ "fin_timeout", "3" }, { "synack_retries", "1" }, { "orphan_retries", "2" },
		{ "limit_output_bytes", "5000" },
	};
	size_t i;

	printf("# after %llu segments:", forged);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		bool wanted = rng_percent(&rng, 25);
		char file[128];

		snprintf(file, sizeof(file), "/proc/sys/net/edu_tcp/%s", settings[i].name);
		if (!settings[i].usual[0])
			read_line(file, settings[i].usual, sizeof(settings[i].usual));
		if (!netns_write(file, wanted ? settings[i].value : settings[i].usual))
			found("there is no %s", file);
		if (wanted)
			printf(" %s = %s;", settings[i].name, settings[i].value);
	}
	printf("\n");
	fflush(stdout);
}

static void prepare_ip(void)
{
	netns_write("/proc/sys/net/ipv4/conf/all/accept_source_route", "1");
	netns_write("/proc/sys/net/ipv4/conf/tun0/accept_source_route", "1");
	/* A path that became narrow is not narrow for ever. */
	netns_write("/proc/sys/net/ipv4/route/mtu_expires", "5");
	netns_write("/proc/sys/net/ipv6/route/mtu_expires", "5");
}

static struct talk *any_talk(void)
{
	acting = &talks[rng_range(&rng, HONEST, TALKS - 1)];
	return acting;
}

/* 2 MSL and more, in which nothing comes from the forger; the honest go on. */
static void long_pause(void)
{
	int seconds, i;

	for (seconds = 0; seconds < 130; seconds++) {
		time_passes(1000);
		for (i = 0; i < HONEST; i++)
			honest_acts(&talks[i]);
	}
}

static void step(void)
{
	switch (rng_range(&rng, 0, 31)) {
	case 0 ... 7:
		take_all();
		peer_acts(any_talk());
		break;
	case 8 ... 10:
		user_acts(any_talk());
		break;
	case 11:
	case 12:
		honest_acts(&talks[rng_range(&rng, 0, HONEST - 1)]);
		break;
	case 13:
		users_accept();
		break;
	default:
		forge(any_talk());
		forged++;
		break;
	}
	if (rng_range(&rng, 0, 9999) == 0)
		draw_sysctls();
	if (rng_range(&rng, 0, 399) == 0)
		time_passes(rng_scale(&rng, 1, 2500));
	if (rng_range(&rng, 0, 9999) == 0)
		long_pause();
	if (rng_range(&rng, 0, 999) == 0)
		users_check_memory();
}

/* Who counted what is elsewhere counted otherwise. */
static void equal(const char *what, long a, const char *is, long b)
{
	if (a != b)
		found("%s: %ld, but %s: %ld", what, a, is, b);
}

static long drops(void)
{
	/* thrown away when another one needed the room, but did arrive */
	long sum = -counter("RCV_PRUNED");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		sum += counter(reasons[i]);
	return sum;
}

/* What IP itself says it did not send: no route, or too large for a path that became narrow. */
static long discarded(void)
{
	static const char * const names[] = { "OutDiscards", "OutNoRoutes", "FragFails" };
	long sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		sum += snmp("Ip", names[i]) + snmp("Ip6", names[i]);
	return sum;
}

static void check_counters(void)
{
	long sent;

	counters_read();
	equal("InSegs", counter("InSegs"), "what IP delivered, but for ICMP",
	      snmp("Ip", "InDelivers") + snmp("Ip6", "InDelivers") - snmp("Icmp", "InMsgs") -
	      snmp("Icmp6", "InMsgs"));
	equal("InErrs", counter("InErrs"), "segments dropped as malformed",
	      counter("PKT_TOO_SMALL") + counter("BAD_OFFSET") + counter("BAD_CHECKSUM") +
	      counter("BAD_OPTION") + counter("BAD_FLAGS"));
	equal("InCsumErrors", counter("InCsumErrors"), "BAD_CHECKSUM", counter("BAD_CHECKSUM"));
	sent = counter("OutSegs") + counter("RetransSegs");
	if (sent < (long)seen_segments || sent > (long)seen_segments + discarded())
		found("OutSegs and RetransSegs: %ld, on the wire: %llu, discarded by IP: %ld", sent,
		      seen_segments, discarded());
	equal("OutRsts", counter("OutRsts"), "resets on the wire", seen_resets);
	equal("ActiveOpens", counter("ActiveOpens"), "SYN-SENT ever", counter_ever("SYN-SENT"));
	equal("TW", counter("TW"), "TIME-WAIT ever and TCPTimeWaitOverflow",
	      counter_ever("TIME-WAIT") + counter("TCPTimeWaitOverflow"));
	if (drops() > counter("InSegs"))
		found("%ld segments are dropped of %ld that came", drops(), counter("InSegs"));
}

static void check_reach(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (!counter_ever(states[i]))
			found("nothing was ever in %s", states[i]);
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!counter(reasons[i]))
			found("no segment was dropped for %s", reasons[i]);
}

/* What no user holds ends by itself: 2 MSL, retransmissions of an orphan's FIN. */
static void check_end(void)
{
	long left = 0;
	int minutes;
	size_t i;

	users_leave();
	for (minutes = 0; minutes < 30; minutes++) {
		time_passes(60000);
		left = endpoints();
		if (!left)
			break;
	}
	if (left)
		found("%ld endpoints are left after %d minutes", left, minutes);
	counters_read();
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (counter(states[i]))
			found("%ld are in %s, but nothing is left", counter(states[i]), states[i]);
	equal("sockets of the protocol", protocol_sockets(), "expected", 0);
}

static u64 number(const char *text)
{
	char *end;
	u64 value = strtoull(text, &end, 0);

	if (*end || !*text) {
		fprintf(stderr, "segments: '%s' is no number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'c' },
		{ }
	};
	long connections, octets;
	int option;

	getrandom(&seed, 4, 0);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 2;
		*(option == 's' ? &seed : &count) = number(optarg);
	}
	printf("TAP version 13\n1..%zu\n# --seed %llu --count %llu\n", ARRAY_SIZE(tests),
	       seed, count);
	fflush(stdout);
	rng.state = seed;
	talks_init();
	prepare_ip();
	draw_sysctls();
	users_init();
	while (forged < count)
		step();
	take_all();
	acting = NULL;
	honest_sum(&connections, &octets);
	if (!connections)
		found("no honest connection came to its end");
	pass("%ld, %ld octets", connections, octets);
	pass("%llu forged, %llu sent, %llu seen", forged,
	     written_segments, seen_segments);
	counters_read();
	check_reach();
	pass("%ld into ESTABLISHED, %ld into TIME-WAIT", counter_ever("ESTABLISHED"),
	     counter_ever("TIME-WAIT"));
	check_counters();
	pass("%ld segments arrived, %ld were dropped", counter("InSegs"), drops());
	check_end();
	pass("%.0f s of virtual time", wire_now() / 1e6);
	return 0;
}
