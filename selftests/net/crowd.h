/* SPDX-License-Identifier: GPL-2.0 */
/* A network namespace full of connections in every state that lasts. */
#ifndef CROWD_H
#define CROWD_H

#include <sys/types.h>

struct crowd {
	pid_t pid;
	int leave;	/* closing it makes the crowd close its sockets, but stay */
	int left;	/* readable once it has */
};

/* What is in the crowd's /proc/net/edu_tcp when crowd_start() returns, or more. */
#define CROWD_LISTEN		1
#define CROWD_HALF_OPEN		16
#define CROWD_ESTABLISHED	12	/* pairs with traffic, and two not accepted */
#define CROWD_TIME_WAIT		8

struct crowd crowd_start(void);
void crowd_leaves(struct crowd *crowd);
void crowd_kill(struct crowd *crowd);

/* How many are in a state now, in the crowd's namespace; -1: no module is loaded. */
int crowd_now(const struct crowd *crowd, const char *state);

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
double seconds(void);

#endif
