// SPDX-License-Identifier: GPL-2.0
/*
 * dying ROUNDS: network namespaces come up, fill with connections and traffic, and lose
 * their last process in the middle of it. Each must be gone, and soon: it takes its
 * half-open and TIME-WAIT entries with it, and the orphans of lo find their end.
 *
 * That a namespace is gone shows in the list of those that ours has a number for: we
 * give it one (RTM_NEWNSID), and the kernel takes it off the list in the end.
 */
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crowd.h"
#include "proto.h"

#define LIMIT	60	/* seconds for one to go */
#define AT_ONCE	8	/* so many may be going */

static int rtnl = -1;

static void request(int type, int flags, pid_t pid)
{
	struct {
		struct nlmsghdr nlh;
		struct rtgenmsg msg;
		struct { struct nlattr a; int value; } pid, id;
	} request = {
		.nlh = { sizeof(request), type, NLM_F_REQUEST | flags, 0, 0 },
		.msg = { AF_UNSPEC },
		.pid = { { 8, NETNSA_PID }, pid },
		.id = { { 8, NETNSA_NSID }, -1 },	/* any */
	};

	if (!pid)
		request.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(request.msg));
	if (send(rtnl, &request, request.nlh.nlmsg_len, 0) < 0)
		die("netlink: %s", strerror(errno));
}

static void number(pid_t pid)
{
	struct { struct nlmsghdr nlh; struct nlmsgerr err; char rest[256]; } answer;

	request(RTM_NEWNSID, NLM_F_ACK, pid);
	if (recv(rtnl, &answer, sizeof(answer), 0) < 0 || answer.err.error)
		die("RTM_NEWNSID: error %d", answer.err.error);
}

/* How many namespaces have a number. */
static int numbered(void)
{
	static char answer[65536] __attribute__((aligned(8)));
	int count = 0;

	request(RTM_GETNSID, NLM_F_DUMP, 0);
	for (;;) {
		struct nlmsghdr *nlh = (void *)answer;
		ssize_t len = recv(rtnl, answer, sizeof(answer), 0);

		if (len < 0)
			die("netlink: %s", strerror(errno));
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return count;
			if (nlh->nlmsg_type == NLMSG_ERROR)
				die("RTM_GETNSID failed");
			count++;
		}
	}
}

static void at_least(const struct crowd *crowd, const char *state, int minimum)
{
	double end = seconds() + LIMIT;
	int now;

	while ((now = crowd_now(crowd, state)) < minimum) {
		if (seconds() > end)
			die("%s: expected %d or more, there are %d", state, minimum, now);
		poll(NULL, 0, 1);
	}
}

/* Waits until no more than so many still have to go. */
static void wait_until_gone(int but)
{
	double end = seconds() + LIMIT;
	int left;

	while ((left = numbered()) > but) {
		if (seconds() > end)
			die("%d namespaces still live %d s after their last process", left, LIMIT);
		poll(NULL, 0, 1);
	}
}

int main(int argc, char **argv)
{
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	double start;
	int i;

	if (rounds < 1) {
		fprintf(stderr, "Usage: dying ROUNDS\n");
		return 2;
	}
	rtnl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (rtnl < 0)
		die("netlink: %s", strerror(errno));
	if (numbered())
		die("there are numbered namespaces already: run this in a fresh one");

	for (i = 0; i < rounds; i++) {
		struct crowd crowd = crowd_start();

		number(crowd.pid);
		if (!numbered())
			die("round %d: the new namespace is not on the list", i);
		if (edu_proto() != IPPROTO_TCP) {
			at_least(&crowd, "LISTEN", CROWD_LISTEN);
			at_least(&crowd, "SYN-SENT", 1);
			at_least(&crowd, "SYN-RECEIVED", CROWD_HALF_OPEN);
			at_least(&crowd, "ESTABLISHED", CROWD_ESTABLISHED);
			at_least(&crowd, "TIME-WAIT", CROWD_TIME_WAIT);
		}
		crowd_kill(&crowd);
		wait_until_gone(AT_ONCE);
	}
	start = seconds();
	wait_until_gone(0);
	printf("note: the last was gone %.0f ms after its end\n", (seconds() - start) * 1000);
	return 0;
}
