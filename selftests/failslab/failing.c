// SPDX-License-Identifier: GPL-2.0
/* Who makes allocations fail, and the parts that stories have in common. */
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "failing.h"
#include "hostile.h"		/* the counters */
#include "refusals.h"

#define DEBUGFS	"/sys/kernel/debug"
#define MOST	2000		/* times that a story is told */

static int refusals = -1, make_it_fail = -1;
static enum { ALL, PAGES, EACH } round;
static bool only_edu_tcp;
static bool first, happened;	/* @happened: the last one that was armed did */
static bool one_happened;	/* one of those of this time */
static int times;		/* of this round */

/* ---- The kernel's fault injection ---- */

static void set(const char *attribute, const char *name, const char *value)
{
	char file[128];

	snprintf(file, sizeof(file), DEBUGFS "/%s/%s", attribute, name);
	if (!netns_write(file, value))
		wire_fail("there is no %s", file);
}

static void set_both(const char *name, const char *value)
{
	set("failslab", name, value);
	set("fail_page_alloc", name, value);
}

static int open_it(const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		wire_fail("%s: %s", file, strerror(errno));
	return fd;
}

void failure_begin(void)
{
	refusals = open_it(DEBUGFS "/edu_tcp_refusals");
	make_it_fail = open_it("/proc/thread-self/make-it-fail");
	set_both("ignore-gfp-wait", "N");
	set("fail_page_alloc", "ignore-gfp-highmem", "N");
	set("fail_page_alloc", "min-order", "0");
	set_both("verbose", "0");
	set("fail_usercopy", "verbose", "0");
	/* this one does not fail: a buffer moves, under who holds a pointer into it */
	set("fail_skb_realloc", "verbose", "0");
	set_both("interval", "1");
	set_both("times", "-1");
	set_both("task-filter", "Y");
	set_both("probability", "100");
	/* A page of the test's own shall not be among what fails. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		wire_fail("mlockall(): %s", strerror(errno));
}

static void begin_round(int which)
{
	round = which;
	times = 0;
	/* There is no slab cache that this looks for. */
	set("failslab", "cache-filter", round == PAGES ? "Y" : "N");
}

static void begin_story(int round_one, bool only)
{
	ioctl(refusals, REFUSALS_BEGIN);
	begin_round(round_one);
	only_edu_tcp = only;
	first = true;
}

void failure_from_all(void)
{
	begin_story(ALL, false);
}

void failure_of_edu_tcp(void)
{
	begin_story(EACH, true);
}

int failure_times(void)
{
	return times - 1;
}

bool failure_next(void)
{
	if (!first && round == ALL)
		begin_round(PAGES);
	else if (!first && round == PAGES)
		begin_round(EACH);
	else if (!first && !one_happened)
		return false;
	first = false;
	one_happened = false;
	if (++times > MOST)
		wire_fail("for the %dth time there was an allocation that had not failed yet",
			  times);
	wire_story_begin();
	if (round == EACH)
		wire_note("(now another allocation fails, time %d)", times);
	else
		wire_note("(now all allocations%s fail)", round == PAGES ? " of pages" : "");
	return true;
}

static void all_fail(bool yes)
{
	/* This, too, is a copy from the user that may be the one to fail; the next is not. */
	while (pwrite(make_it_fail, yes ? "1" : "0", 1, 0) != 1)
		if (errno != EFAULT)
			wire_fail("cannot let allocations fail: %s", strerror(errno));
}

void failure_arm(void)
{
	happened = false;
	if (round != EACH)
		all_fail(true);
	else if (ioctl(refusals, REFUSALS_ARM, only_edu_tcp ? REFUSALS_EDU_TCP : REFUSALS_ALL))
		wire_fail("REFUSALS_ARM: %s", strerror(errno));
}

void failure_disarm(const char *call, long result)
{
	int error = errno;

	if (round == EACH) {
		happened = ioctl(refusals, REFUSALS_DISARM) == 1;
	} else {
		all_fail(false);
		happened = true;
	}
	one_happened |= happened;
	if (call)
		wire_note("app: %s = %ld%s%s", call, result, result < 0 ? " " : "",
			  result < 0 ? strerrorname_np(error) : "");
	errno = error;
}

bool failure_happened(void)
{
	return happened;
}

void failure_allows(long result, const int *errors)
{
	int error = errno;

	if (result >= 0)
		return;
	/* what it always answers: EINPROGRESS */
	for (; *errors; errors++)
		if (*errors == error)
			break;
	if (!*errors)
		wire_fail("it failed with %s", strerrorname_np(error));
	if (!happened)
		wire_fail("%s, but no allocation failed", strerrorname_np(error));
	errno = error;
}

static ssize_t failing_write(int fd, const void *bytes, size_t size)
{
	ssize_t n;

	failure_arm();
	n = write(fd, bytes, size);
	failure_disarm(NULL, n);
	if (n < 0 && errno != ENOMEM && errno != EFAULT && errno != ENOBUFS)
		wire_fail("write to the TUN device: %s", strerror(errno));
	if (n < 0 && !happened)
		wire_fail("write to the TUN device: %s, but no allocation failed", strerror(errno));
	return size;
}

void failure_on_wire(bool on)
{
	wire_write = on ? failing_write : write;
}

void famine(int ms)
{
	static const char * const names[] = { "failslab", "fail_page_alloc" };
	int filter[ARRAY_SIZE(names)];
	char file[64];
	size_t i;

	begin_round(ALL);
	wire_note("(nobody gets memory for %d ms)", ms);
	/* Opened before it begins: to end it must not need memory. */
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(file, sizeof(file), DEBUGFS "/%s/task-filter", names[i]);
		filter[i] = open(file, O_WRONLY | O_CLOEXEC);
		if (filter[i] < 0)
			wire_fail("%s: %s", file, strerror(errno));
	}
	for (i = 0; i < ARRAY_SIZE(names); i++)
		check(write(filter[i], "N", 1) == 1, "the famine does not begin");
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		check(write(filter[i], "Y", 1) == 1, "the famine does not end");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		close(filter[i]);
}

/* ---- Stories ---- */

void forget_routes(void)
{
	netns_write("/proc/sys/net/ipv4/route/flush", "1");
	netns_write("/proc/sys/net/ipv6/route/flush", "1");
}

void forget_the_peer(void)
{
	struct {
		struct nlmsghdr head;
		struct ndmsg about;
		struct nlattr what;
		u8 address[16];
	} request = {
		.head.nlmsg_type = RTM_DELNEIGH, .head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.about.ndm_family = wire.path.family, .about.ndm_ifindex = if_nametoindex("tun0"),
		.what.nla_type = NDA_DST,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer;
	size_t len = wire.path.family == AF_INET ? 4 : 16;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	/* At the end of a TUN device there is one IPv4 neighbour, and he has no address. */
	if (wire.path.family == AF_INET6)
		memcpy(request.address, &wire.path.peer, len);
	request.what.nla_len = sizeof(request.what) + len;
	request.head.nlmsg_len = offsetof(typeof(request), address) + len;
	check(send(fd, &request, request.head.nlmsg_len, 0) > 0 &&
	      recv(fd, &answer, sizeof(answer), 0) > 0, "netlink: %s", strerror(errno));
	check(!answer.error.error || answer.error.error == -ENOENT, "RTM_DELNEIGH: %s",
	      strerror(-answer.error.error));
	close(fd);
	forget_routes();
}

void another_flow(void)
{
	flow_init(wire.flow, wire.flow->us_port, wire.flow->peer_port + 1);
	forget_routes();
}

void established(void)
{
	another_flow();
	listen_and_accept(SACKOK);
}

/* Takes text from there on until @to; what it sees twice it acknowledges again. */
static void take_text(u32 from, u32 to)
{
	while ((s32)(to - from) > 0) {
		u32 seq, end;

		expect_any();
		if (got.flags & (SYN | RST))
			wire_fail("text was to come, from %u up to %u", from, to);
		seq = got.seq - wire.flow->us_iss;
		end = seq + got.len;
		if ((s32)(seq - from) <= 0 && (s32)(end - from) > 0)
			from = end;
		/* a probe of the window is old */
		if (got.len || (s32)(seq - from) < 0)
			send_seg(ACK, ACK(from));
	}
}

void goes_on_from(u32 from)
{
	take_text(from, wire.flow->written);
	/* there may be one more of each; our FIN is not waited for */
	discard_the_rest();
	if (wire.flow->peer_nxt > wire.flow->read)
		app_read(wire.flow->peer_nxt - wire.flow->read);
}

void over(void)
{
	if (wire.flow->fd >= 0)
		app_abort();
	else
		send_seg(RST | ACK, SEQ(wire.flow->peer_nxt));
	discard_the_rest();
	expect_state("CLOSED");
}

void found(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	wire_fail("%s", text);
}

void nothing_is_left(void)
{
	static const char * const states[] = {
		"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
		"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
	};
	s64 end = wire_now() + 150 * 1000000LL;	/* an orphan whose peer is gone takes 103 s */
	size_t i;

	if (wire.listener >= 0)
		app_close_listener();
	while (endpoints() && wire_now() < end)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	if (endpoints())
		wire_fail("%ld endpoints are left", endpoints());
	counters_read();
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (counter(states[i]))
			wire_fail("%ld are in %s, but nothing is left", counter(states[i]),
				  states[i]);
	if (protocol_sockets())
		wire_fail("%ld sockets of the protocol are left", protocol_sockets());
}
