/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is not there. A story is told again and again, and each time another allocation of
 * one system call fails: at first all of them, then all of pages, then each alone, until none is
 * left that has not failed yet. A segment that is written into the TUN
 * device is received within that system call, so this goes for the module's softirq part as well.
 *
 *	each_failure {
 *		int fd = failing(socket(AF_INET, SOCK_STREAM, 253));
 *
 *		can_fail(fd, ENOBUFS, ENOMEM);
 *		if (fd >= 0)
 *			close(fd);
 *	}
 *
 * What fails is the kernel's: failslab, fail_page_alloc and fail_usercopy (which makes EFAULT of
 * a copy from or to the user), see its Documentation/fault-injection/. Which one, says refusals.ko.
 */
#ifndef FAILING_H
#define FAILING_H

#include "wire.h"

#define each_failure	for (failure_from_all(); failure_next();)
/* Each alone, and only those that edu_tcp is the reason of. */
#define each_failure_of_edu_tcp	for (failure_of_edu_tcp(); failure_next();)

/* A system call, or another single expression, in which allocations fail. */
#define failing(call) ({						\
	typeof(call) failing_result;					\
	HERE;								\
	failure_arm();							\
	failing_result = (call);					\
	failure_disarm(#call, failing_result);				\
	failing_result;							\
})

/* It may have failed, for one of these reasons, and for no other than missing memory. */
#define can_fail(result, ...)						\
	(HERE, failure_allows(result, (const int[]){ __VA_ARGS__, 0 }))

/* A segment of the peer's, and an ICMP error; what the TUN device has no memory for is lost. */
#define failing_seg(fl, ...) \
	(failure_on_wire(true), send_seg(fl, ##__VA_ARGS__), failure_on_wire(false))
#define failing_icmp(error, info) \
	(failure_on_wire(true), send_icmp(error, info), failure_on_wire(false))

void failure_begin(void);
void failure_from_all(void);
void failure_of_edu_tcp(void);
bool failure_next(void);
/* How often one did, alone; the last time none was left. */
int failure_times(void);
void failure_arm(void);
void failure_disarm(const char *call, long result);
void failure_allows(long result, const int *errors);
void failure_on_wire(bool on);
/* Whether the one that was armed last came to pass. */
bool failure_happened(void);

/* For so long nobody at all gets memory: that is for timers. */
void famine(int ms);

/* ---- Stories ---- */

/* From now on another connection, between other ports. */
void another_flow(void);
/* What was looked up is looked up again. */
void forget_routes(void);
/* The same, and nobody has ever sent anything to the peer. */
void forget_the_peer(void);
/* A connection of the application's that the peer has opened. */
void established(void);
/*
 * What is there so far went well: the peer takes all text of ours that the application has
 * written, however often it comes, and the application reads what the peer has written.
 */
#define goes_on()	goes_on_from(1)
/* The same; of our text the peer has everything up to there. */
void goes_on_from(u32 from);
/* Both ends are told that it is over. */
void over(void);
/* No endpoint, no state, no socket. */
void nothing_is_left(void);

#endif
