/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a connection as a shell would keep it: the core's TCB (or what
 * stands for it before and after), buffers with real octets, and a user. What
 * the core asks for is done here as simply as possible.
 */
#ifndef EDU_SELFTESTS_CORE_END_H
#define EDU_SELFTESTS_CORE_END_H

#include "../../module/core/tcb.h"
#include "random.h"

/* What one segment looks like on the channel. */
struct packet {
	u64 at;				/* when it arrives */
	u64 order;			/* of those that arrive at once */
	struct end *to;
	struct edu_segment seg;
	bool ect;			/* a router may mark it (RFC 3168) */
	u8 options[40];
	unsigned int options_len;
	u8 text[];
};

enum stage {
	STAGE_LISTEN,			/* nothing yet, but a SYN is welcome */
	STAGE_REQUEST,			/* a half-open request */
	STAGE_FULL,			/* a whole TCB */
	STAGE_TIME_WAIT,		/* the minisock */
	STAGE_GONE,			/* CLOSED */
};

/* What a user does, and the buffers that he has. */
struct user {
	u32 total;			/* octets that he will send */
	u32 sndbuf;
	u32 rcvbuf;
	u32 write_max;			/* most octets in one write */
	u32 read_max;
	u64 pause_max;			/* longest time between two calls */
	unsigned int stalls;		/* percent of pauses that last for seconds */
	bool nodelay;
	bool corks;			/* switches TCP_CORK on and off */
	bool hasty;			/* closes as soon as he can, connected or not */
	bool keepalive;
	bool close_when_read;		/* closes only after the peer has */
	u32 abort_at;			/* octets read after which he aborts; 0: never */
};

/* What can be called, one thing at a time. */
enum user_call {
	CALL_READ, CALL_WRITE, CALL_SHUTDOWN, CALL_CLOSE, CALL_ABORT,
	CALL_CORK, CALL_NODELAY, CALL_KEEPALIVE,
	CALL_PATH_MSS,			/* the network's call, not a user's */
	CALL_PRUNE,			/* the memory's */
	CALLS,
};

struct end {
	const char *name;
	struct end *peer;
	struct world *world;
	struct edu_params params;
	struct user user;

	enum stage stage;
	struct edu_tcb tcb;
	struct edu_request request;
	struct edu_conn wait;
	u64 stage_at;			/* timer of a request or a TIME-WAIT; end of a hold */

	const struct edu_cong_ops *cong;
	u32 iss;
	u32 ts_offset;
	u16 adv_mss;
	u32 path_mss;
	u32 max_len;
	u8 wscale;

	/* The user's side */
	u64 user_at;			/* his next call */
	u32 written;			/* handed to the core */
	u32 taken;			/* of these, given to a segment at least once */
	u32 received;			/* in order, from the core */
	u32 read;			/* of these, read */
	bool connected;
	bool eof;
	bool finished;			/* no more writes: FIN queued */
	bool closed;			/* the user is gone */
	bool aborted;
	bool over;			/* EDU_EV_CLOSED was seen */
	int err;

	/* What was promised */
	bool has_edge;
	u32 edge;			/* highest right edge ever announced */

	unsigned int states_entered;
	unsigned int short_cuts;	/* taken, and compared with the long way */
};

/* Where ends live: a clock, a channel and what to do when something is wrong. */
struct world {
	u64 now;
	struct rng rng;
	bool trace;
	bool failed;
	unsigned int starve;		/* percent of allocations that fail */
	unsigned int shorten;		/* percent of answers of which only a part is sent */
	unsigned int hold;		/* percent of answers that wait for the layer below */
	unsigned int mtu;		/* per mille of calls before which the path MTU changes */
	bool whole;			/* users read and write all that they can at once */
	bool blank;			/* text has a length, but no octets: with hostile only */
	bool hostile;			/* forged segments are about: text may be cut off */
	void (*send)(struct world *w, struct end *from, struct packet *p);
};

void end_init(struct end *e, struct world *w, const char *name, struct end *peer);
void end_open(struct end *e, bool active);
void end_arrives(struct end *e, const struct packet *p);
void end_timers(struct end *e);
void end_user(struct end *e);
void end_call(struct end *e, enum user_call what, u32 n);
u64 end_next(const struct end *e);
u64 end_next_timer(const struct end *e);
bool end_done(const struct end *e);
void end_free(struct end *e);

/* Packets, buffers; each program has its own kind of memory. Never NULL. */
void *memory_new(size_t size);
void memory_free(void *p);

struct shadow *shadow_take(const struct edu_tcb *t);
void shadow_compare(struct shadow *s, struct end *e, const struct edu_segment *seg, bool room,
		    const struct edu_node *node, const struct edu_todo *todo);

u8 end_octet(const struct end *sender, u32 offset);
void check_tcb(struct end *e);
void check_quiet(struct end *e, bool failed, bool held);
void wrong(struct world *w, const struct end *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void trace_segment(const struct world *w, const struct end *from, const char *what,
		   const struct edu_segment *seg);

#endif /* EDU_SELFTESTS_CORE_END_H */
