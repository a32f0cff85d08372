// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCBs and a channel that loses, doubles, reorders and delays: not some of
 * what can happen between OPEN and CLOSED, but all of it.
 *
 * From each state every step that is possible there is tried:
 *
 *	deliver		the oldest segment of one direction arrives
 *	lose		... is lost
 *	double		... arrives, and a copy of it stays behind
 *	hold back	... stays behind
 *	late		what stayed behind arrives, whenever it likes within an MSL
 *	user		a user makes his next call: read, write, close
 *	time		the earliest timer expires
 *
 * How often the channel may lose, double and hold back is bounded, and so is
 * how often time may pass while a segment or a user could move ("delays"). When
 * neither can, time passes as it likes.
 *
 * What is equal is tried once. Two states are equal if both ends, the segments
 * on their way and what is left of the bounds are: compared member by member,
 * where a point in time counts by its distance from now (deadlines, send times
 * of segments in flight, timestamps), what no decision depends on counts not at
 * all (statistics), and queues count by what is in them. What this file does not
 * know of a TCB is compared octet by octet: that can make two states out of
 * one, never one out of two. Of each state a hash of 64 bits is kept.
 *
 * Three abstractions make it end. A segment that is neither held back nor
 * delayed takes no time. Users read and write all they can at once. Losing a
 * segment is tried when it is the oldest: earlier nobody could tell.
 *
 * What must hold: everything that check.c asks after each step; each octet
 * arrives once, in place and unchanged; each change of state is one of Figure
 * 5's; where nothing can happen any more both ends are CLOSED and the users got
 * all they should. And no state follows upon itself: with that, and because
 * there are finitely many, every way leads to the end.
 */
#include <endian.h>
#include <getopt.h>
#include <sys/mman.h>
#include <time.h>

#include "end.h"

#define SLOTS		64
#define SLOT_SIZE	256
#define ON_THE_WAY	24		/* most segments in one direction */
#define BEHIND		8
#define DEEPEST		1000

enum { A, B };

/* What may still go wrong. */
struct bounds {
	u8 losses;
	u8 duplicates;
	u8 reorderings;
	u8 delays;
};

/* One state of it all. It never moves: it is copied out and in again, pointers and all. */
static struct model {
	struct world world;		/* first: send() casts */
	struct end end[2];
	u64 end_hash[2];		/* 0: it has moved since */
	struct bounds left;
	u8 on_the_way[2];
	u8 behind;
	struct packet *way[2][ON_THE_WAY];	/* to A, to B; the oldest first */
	struct packet *late[BEHIND];
	u64 used;			/* a bit for each slot */
	char slots[SLOTS][SLOT_SIZE] __aligned(16);
} m;

enum step_kind { DELIVER, LOSE, DOUBLE, HOLD_BACK, LATE, USER, TIME, STEPS };

struct step {
	u8 kind;
	u8 which;			/* which end, or which of the late ones */
};

static const char * const step_names[STEPS] = {
	"deliver", "lose", "double", "hold back", "late", "user", "time",
};

struct setting {
	const char *name;
	const char *what;
	bool simultaneous;
	u32 octets[2];
	bool waits[2];			/* closes only when the peer has */
	u32 rcvbuf[2];
	bool nodelay;
	bool reno;			/* without SACK */
	bool large;			/* with timestamps only if somebody asks for it */
};

#define MSS	EDU_MSS_MIN

/* As they stand in a header. */
#define OPTION_NOP		1
#define OPTION_TIMESTAMPS	8
/* Farther from any distance in time than a run is long: a TSecr of 0 is none. */
#define NO_ECHO			0x40000000

/* Text both ways, and every way to open and close. */
static const struct setting settings[] = {
	{ "active", "who opened closes first", .octets = { 2 * MSS, MSS },
	  .waits = { false, true } },
	{ "passive", "who listened closes first", .octets = { MSS, MSS },
	  .waits = { true, false } },
	{ "both", "both close when they have sent all", .octets = { MSS, MSS }, .large = true },
	{ "simultaneous", "both open, both close", .simultaneous = true, .octets = { MSS, MSS },
	  .large = true },
	{ "simultaneous-first", "both open, one closes first", .simultaneous = true,
	  .octets = { 2 * MSS, 0 }, .waits = { false, true } },
	{ "three", "three segments one way", .octets = { 3 * MSS, 0 },
	  .waits = { false, true }, .nodelay = true },
	{ "three-reno", "the same without SACK", .octets = { 3 * MSS, 0 },
	  .waits = { false, true }, .nodelay = true, .reno = true },
	{ "window", "a window of one segment, which fills up", .octets = { 3 * MSS, 0 },
	  .waits = { false, true }, .rcvbuf = { 0, MSS }, .nodelay = true },
};

static struct {
	u64 *table;
	u64 mask;
	u64 states, steps, ends;
	unsigned int depth, deepest, states_entered;
	u64 on_path[DEEPEST];		/* the states that led here */
	struct step path[DEEPEST];
	double begun;
	u64 most;			/* states, before it gives up */
} seen;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- memory that is copied with the rest -------------------------------------- */

void *memory_new(size_t size)
{
	unsigned int i = m.used == ~0ull ? SLOTS : __builtin_ctzll(~m.used);

	if (size > SLOT_SIZE || i == SLOTS)
		abort();
	m.used |= 1ull << i;
	return m.slots[i];
}

void memory_free(void *p)
{
	m.used &= ~(1ull << (((char *)p - m.slots[0]) / SLOT_SIZE));
}

static size_t model_size(void)
{
	unsigned int slots = m.used ? SLOTS - __builtin_clzll(m.used) : 0;

	return offsetof(struct model, slots) + slots * SLOT_SIZE;
}

/* --- what makes two states equal ----------------------------------------------- */

/*
 * The clock begins at a number that nothing else has: a word that lies behind
 * it is a point in time, and one that lies in @m points at a buffer or a list.
 * So what is added to a TCB needs nothing here.
 */
#define BEGINNING	0x0003a5c71d000000ull

static u64 hash;

/* Both halves of the product: what differs in few bits of few words differs in half of all. */
static void mix_two(u64 x, u64 y)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ x) * (0x9fb21c651e98df25ull ^ y);

	hash = (u64)product ^ (u64)(product >> 64);
}

static void mix(u64 x)
{
	mix_two(x, 0);
}

/* A point in time counts by its distance from now. */
static u64 from_now(u64 x)
{
	return x - BEGINNING < 1ull << 40 ? x - m.world.now + (1ull << 62) : x;
}

/* A buffer counts by what it holds: its first octet's number. */
static u64 pointed_at(u64 x)
{
	u64 at = x - (uintptr_t)m.slots;
	const struct edu_node *node;

	if (at >= sizeof(m.slots))
		return x;
	node = (const struct edu_node *)m.slots[at / SLOT_SIZE];
	return (at % SLOT_SIZE) << 32 | node->seq;
}

static void mix_words(const void *p, size_t len)
{
	const char *c = p;
	u64 x[2];

	for (; len; c += sizeof(x), len -= min(len, sizeof(x))) {
		if (len < sizeof(x))
			memset(x, 0, sizeof(x));
		memcpy(x, c, min(len, sizeof(x)));
		mix_two(pointed_at(from_now(x[0])), pointed_at(from_now(x[1])));
	}
}

static void mix_node(const struct edu_node *node)
{
	/* All but its place in the tree, and what is the caller's. */
	mix_words(&node->link, sizeof(*node) - offsetof(struct edu_node, link));
}

/* What the timestamps of this end are now. */
static u32 ticks(const struct end *e)
{
	return m.world.now / EDU_MSEC + e->ts_offset;
}

/* A timestamp is a point in time of its sender's. For PAWS no run lasts long enough to forget. */
static void ts_recent_from_now(struct edu_conn *c, const struct end *e)
{
	if (!c->ts_ok)
		return;
	c->ts_recent -= ticks(e->peer);
	c->ts_recent_at = 0;
}

static void mix_conn(const struct edu_conn *conn, const struct end *e)
{
	struct edu_conn copy;

	memcpy(&copy, conn, sizeof(copy));
	ts_recent_from_now(&copy, e);
	mix_words(&copy, sizeof(copy));
}

static void mix_tcb(const struct edu_tcb *t, const struct end *e)
{
	const struct edu_node *node;
	const struct rb_node *rb;
	struct edu_tcb copy;
	unsigned int kind;

	memcpy(&copy, t, sizeof(copy));
	ts_recent_from_now(&copy.conn, e);
	/* Statistics decide nothing. */
	copy.total_retrans = 0;
	copy.bytes_acked = 0;
	copy.bytes_received = 0;
	/* The shapes of trees neither; they are followed below. */
	copy.out_of_order = RB_ROOT;
	for (kind = 0; kind < EDU_QUEUES; kind++)
		memset(&copy.queue[kind].root, 0, sizeof(copy.queue[kind].root));
	memset(&copy.ctl.rb, 0, sizeof(copy.ctl.rb));
	/* What nobody will look at again. */
	if (copy.syn_acked)
		copy.syn_at = 0;
	if (!copy.retries && !copy.probes)
		copy.first_timeout_at = 0;
	memset(&copy.sack[copy.nsack], 0, (EDU_SACK_MAX - copy.nsack) * sizeof(copy.sack[0]));
	if (!copy.has_dsack)
		memset(&copy.dsack, 0, sizeof(copy.dsack));
	mix_words(&copy, sizeof(copy));
	for (kind = 0; kind < EDU_QUEUES; kind++) {
		mix(kind);
		for (node = edu_sent_first(t, kind); node; node = edu_sent_next(node))
			mix_node(node);
	}
	for (rb = rb_first(&t->out_of_order); rb; rb = rb_next(rb))
		mix_node(rb_entry(rb, struct edu_node, rb));
}

static void mix_end(const struct end *e)
{
	mix(e->stage);
	switch (e->stage) {
	case STAGE_REQUEST:
		mix_conn(&e->request.conn, e);
		mix((u64)e->request.retries << 32 | e->request.wnd);
		mix((u32)m.world.now - e->request.synack_at);
		break;
	case STAGE_FULL:
		mix_tcb(&e->tcb, e);
		break;
	case STAGE_TIME_WAIT:
		mix_conn(&e->wait, e);
		break;
	default:
		break;
	}
	mix(from_now(e->stage_at));
	mix((u64)e->written << 32 | e->taken);
	mix((u64)e->received << 32 | e->read);
	mix((u64)e->edge << 32 | (u32)e->err);
	mix(e->connected | e->eof << 1 | e->finished << 2 | e->closed << 3 | e->over << 4 |
	    e->has_edge << 5 | (e->user_at != EDU_NEVER) << 6);
}

/* Where TSval and TSecr are among the octets of options; NULL: nowhere. */
static u8 *find_stamps(u8 *options, unsigned int len)
{
	unsigned int i;

	for (i = 0; i + 1 < len; i += options[i] == OPTION_NOP ? 1 : options[i + 1])
		if (options[i] == OPTION_TIMESTAMPS)
			return options + i + 2;
	return NULL;
}

static void mix_packet(const struct packet *p)
{
	u8 options[sizeof(p->options)], *stamps;
	u32 stamp[2];			/* TSval, TSecr */

	memcpy(options, p->options, p->options_len);
	stamps = find_stamps(options, p->options_len);
	if (stamps) {
		memcpy(stamp, stamps, sizeof(stamp));
		stamp[0] = be32toh(stamp[0]) - ticks(p->to->peer);
		if (stamp[1])
			stamp[1] = be32toh(stamp[1]) - ticks(p->to) + NO_ECHO;
		memcpy(stamps, stamp, sizeof(stamp));
	}
	mix((u64)p->seg.seq << 32 | p->seg.ack);
	mix((u64)p->seg.len << 32 | p->seg.wnd << 8 | p->seg.flags);
	mix((u64)p->seg.urg << 32 | p->options_len);
	mix_words(options, p->options_len);
}

/* Most steps move one end, and no time passes. */
static u64 end_hash(unsigned int e)
{
	if (!m.end_hash[e]) {
		hash = 1;
		mix_end(&m.end[e]);
		m.end_hash[e] = hash ?: 1;
	}
	return m.end_hash[e];
}

static u64 model_hash(void)
{
	u64 ends[2] = { end_hash(A), end_hash(B) };
	unsigned int i, to;

	hash = 1;
	mix_words(ends, sizeof(ends));
	/* When the timestamps will tick. */
	if (m.end[A].params.timestamps)
		mix(m.world.now % EDU_MSEC);
	mix_words(&m.left, sizeof(m.left));
	for (to = A; to <= B; to++) {
		mix(m.on_the_way[to]);
		for (i = 0; i < m.on_the_way[to]; i++)
			mix_packet(m.way[to][i]);
	}
	mix(m.behind);
	for (i = 0; i < m.behind; i++) {
		mix_packet(m.late[i]);
		mix(from_now(m.late[i]->at) + (m.late[i]->to == &m.end[A]));
	}
	return hash ?: 1;
}

static void grow(void)
{
	u64 *old = seen.table, size = old ? seen.mask + 1 : 0, i, j;

	seen.mask = old ? 2 * size - 1 : (1 << 20) - 1;
	seen.table = mmap(NULL, (seen.mask + 1) * sizeof(*seen.table), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (seen.table == MAP_FAILED)
		abort();
	/* Each look at it is somewhere else. */
	madvise(seen.table, (seen.mask + 1) * sizeof(*seen.table), MADV_HUGEPAGE);
	for (i = 0; i < size; i++) {
		if (!old[i])
			continue;
		for (j = old[i] & seen.mask; seen.table[j]; j = (j + 1) & seen.mask)
			;
		seen.table[j] = old[i];
	}
	if (old)
		munmap(old, size * sizeof(*old));
}

/* True if it is new. */
static bool remember(u64 h)
{
	u64 i;

	if (2 * seen.states >= seen.mask)
		grow();
	for (i = h & seen.mask; seen.table[i]; i = (i + 1) & seen.mask)
		if (seen.table[i] == h)
			return false;
	seen.table[i] = h;
	seen.states++;
	return true;
}

/* --- steps ------------------------------------------------------------------- */

static void model_send(struct world *w, struct end *from, struct packet *p)
{
	unsigned int to = from == &m.end[A] ? B : A;

	p->at = w->now;
	if (m.on_the_way[to] == ON_THE_WAY) {
		wrong(w, from, "more than %u segments on their way", ON_THE_WAY);
		memory_free(p);
		return;
	}
	m.way[to][m.on_the_way[to]++] = p;
}

static struct packet *take(unsigned int to)
{
	struct packet *p = m.way[to][0];

	memmove(&m.way[to][0], &m.way[to][1], --m.on_the_way[to] * sizeof(m.way[to][0]));
	return p;
}

static void leave_behind(struct packet *p)
{
	if (m.behind == BEHIND)
		abort();
	m.late[m.behind++] = p;
}

static struct packet *take_late(unsigned int i)
{
	struct packet *p = m.late[i];

	memmove(&m.late[i], &m.late[i + 1], (--m.behind - i) * sizeof(m.late[0]));
	return p;
}

static void moved(const struct end *e)
{
	m.end_hash[e - m.end] = 0;
}

static void arrive(struct packet *p)
{
	moved(p->to);
	end_arrives(p->to, p);
	memory_free(p);
}

/* Nothing survives an MSL on its way (RFC 9293 3.4.3): that is what an MSL is. */
static void forget_old(void)
{
	unsigned int i;

	for (i = m.behind; i--; )
		if (m.late[i]->at + EDU_MSL < m.world.now)
			memory_free(take_late(i));
}

static void do_step(struct step step)
{
	struct packet *p, *copy;

	m.world.rng.state = 1;		/* no two ways out of one state */
	switch (step.kind) {
	case DELIVER:
		arrive(take(step.which));
		break;
	case LOSE:
		m.left.losses--;
		p = take(step.which);
		trace_segment(&m.world, p->to->peer, "lost", &p->seg);
		memory_free(p);
		break;
	case DOUBLE:
		m.left.duplicates--;
		p = m.way[step.which][0];
		copy = memory_new(sizeof(*p) + p->seg.len);
		memcpy(copy, p, sizeof(*p) + p->seg.len);
		leave_behind(copy);
		arrive(take(step.which));
		break;
	case HOLD_BACK:
		m.left.reorderings--;
		leave_behind(take(step.which));
		break;
	case LATE:
		arrive(take_late(step.which));
		break;
	case USER:
		moved(&m.end[step.which]);
		end_user(&m.end[step.which]);
		break;
	case TIME:
		if (m.on_the_way[A] || m.on_the_way[B] || m.end[A].user_at != EDU_NEVER ||
		    m.end[B].user_at != EDU_NEVER)
			m.left.delays--;
		moved(&m.end[A]);
		moved(&m.end[B]);
		m.world.now = end_next_timer(&m.end[step.which]);
		forget_old();
		end_timers(&m.end[step.which]);
		break;
	}
}

/* Every step that is possible now. */
static unsigned int find_steps(struct step *steps)
{
	u64 due[2] = { end_next_timer(&m.end[A]), end_next_timer(&m.end[B]) };
	bool busy = false;
	unsigned int n = 0, i, e;

#define STEP(k, w)	(steps[n++] = (struct step){ .kind = (k), .which = (w) })
	for (e = A; e <= B; e++) {
		if (m.end[e].user_at != EDU_NEVER) {
			busy = true;
			STEP(USER, e);
		}
		if (!m.on_the_way[e])
			continue;
		busy = true;
		STEP(DELIVER, e);
		if (m.left.losses)
			STEP(LOSE, e);
		if (m.left.duplicates)
			STEP(DOUBLE, e);
		if (m.left.reorderings)
			STEP(HOLD_BACK, e);
	}
	for (i = 0; i < m.behind; i++)
		STEP(LATE, i);
	for (e = A; e <= B; e++)
		if (due[e] != EDU_NEVER && due[e] <= due[!e] && (!busy || m.left.delays))
			STEP(TIME, e);
#undef STEP
	return n;
}

/* --- all of them --------------------------------------------------------------- */

static void begin(const struct setting *s, bool timestamps, const struct bounds *bounds,
		  bool trace)
{
	unsigned int e;

	memset(&m, 0, sizeof(m));
	m.world.now = BEGINNING;
	m.world.send = model_send;
	m.world.whole = true;
	m.world.trace = trace;
	m.left = *bounds;
	end_init(&m.end[A], &m.world, "A", &m.end[B]);
	end_init(&m.end[B], &m.world, "B", &m.end[A]);
	for (e = A; e <= B; e++) {
		struct end *end = &m.end[e];

		end->params.timestamps = timestamps;
		/* The clock of one of them wraps, 77 ms from now: nothing is sent just then. */
		end->ts_offset = (e == A ? 0u - 77 : 0x40000000) - (u32)(BEGINNING / EDU_MSEC);
		end->params.sack = !s->reno;
		/* One of them wraps on the way. */
		end->iss = e == A ? 0u - 20 : 0x80000000u - MSS;
		end->adv_mss = MSS;
		end->path_mss = MSS;
		end->max_len = MSS;
		end->user.total = s->octets[e];
		end->user.close_when_read = s->waits[e];
		end->user.sndbuf = 10 * MSS;
		end->user.rcvbuf = s->rcvbuf[e] ?: 10 * MSS;
		end->user.write_max = 10 * MSS;
		end->user.read_max = 10 * MSS;
		end->user.nodelay = s->nodelay;
	}
	end_open(&m.end[B], s->simultaneous);
	end_open(&m.end[A], true);
}

static void check_end(struct end *e)
{
	if (!end_done(e))
		wrong(&m.world, e, "nothing will ever happen again, and it is not CLOSED");
	else if (e->err)
		wrong(&m.world, e, "ended with error %d", e->err);
	else if (!e->connected || !e->eof)
		wrong(&m.world, e, "%s", e->connected ? "never saw the FIN" : "never connected");
	else if (e->received != e->peer->user.total)
		wrong(&m.world, e, "received %u octets of %u", e->received, e->peer->user.total);
}

static bool on_path(u64 h)
{
	unsigned int i;

	for (i = 0; i < seen.depth; i++)
		if (seen.on_path[i] == h)
			return true;
	return false;
}

/* Everything that can follow upon the state in @m. False: something is wrong. */
static bool explore(void)
{
	struct step steps[64];
	unsigned int n = find_steps(steps), i;
	u64 h = model_hash();
	size_t size;
	void *here;

	if (!remember(h)) {
		if (!on_path(h))
			return true;
		wrong(&m.world, NULL, "this was before, and may come again for ever");
		return false;
	}
	if (seen.depth + 1 >= DEEPEST) {
		wrong(&m.world, NULL, "%u steps, and no end", DEEPEST);
		return false;
	}
	if (seen.states > seen.most) {
		wrong(&m.world, NULL, "more than %llu states", (unsigned long long)seen.most);
		return false;
	}
	if (!n) {
		seen.ends++;
		check_end(&m.end[A]);
		check_end(&m.end[B]);
		return !m.world.failed;
	}

	size = model_size();
	here = malloc(size);
	if (!here)
		abort();
	memcpy(here, &m, size);
	seen.on_path[seen.depth++] = h;
	seen.deepest = max(seen.deepest, seen.depth);
	for (i = 0; i < n; i++) {
		if (i)
			memcpy(&m, here, size);
		seen.path[seen.depth - 1] = steps[i];
		seen.steps++;
		do_step(steps[i]);
		seen.states_entered |= m.end[A].states_entered | m.end[B].states_entered;
		if (m.world.failed || !explore()) {
			free(here);
			return false;
		}
	}
	seen.depth--;
	free(here);
	return true;
}

/* The way to what was wrong, once more and step by step. */
static void show(const struct setting *s, bool timestamps, const struct bounds *bounds)
{
	unsigned int i;

	begin(s, timestamps, bounds, true);
	for (i = 0; i < seen.depth && !m.world.failed; i++) {
		struct step step = seen.path[i];

		printf("#   step %u: %s%s\n", i + 1, step_names[step.kind],
		       step.kind == LATE ? "" : step.which == A ? " A" : " B");
		do_step(step);
	}
}

static bool run(const struct setting *s, bool timestamps, const struct bounds *bounds,
		unsigned int number)
{
	double begun = seconds();
	bool ok;

	if (seen.table)
		munmap(seen.table, (seen.mask + 1) * sizeof(*seen.table));
	seen.table = NULL;
	seen.states = 0;
	seen.steps = 0;
	seen.ends = 0;
	seen.depth = 0;
	seen.deepest = 0;
	grow();
	begin(s, timestamps, bounds, false);
	ok = explore();
	if (!ok)
		show(s, timestamps, bounds);
	printf("# %s: %llu distinct states, %llu steps, %llu ends, %u steps at most; %.1f s\n",
	       s->what, (unsigned long long)seen.states, (unsigned long long)seen.steps,
	       (unsigned long long)seen.ends, seen.deepest, seconds() - begun);
	printf("%sok %u %s%s\n", ok ? "" : "not ", number, s->name,
	       timestamps ? " with timestamps" : "");
	return ok;
}

struct choice {
	char **names;			/* of settings; none: all */
	int nnames;
	bool timestamps;		/* the named ones with these */
	bool full;
};

static bool chosen(const struct choice *choice, const struct setting *s, bool timestamps)
{
	int i;

	if (!choice->nnames)
		return !timestamps || !s->large || choice->timestamps || choice->full;
	for (i = 0; i < choice->nnames; i++)
		if (!strcmp(choice->names[i], s->name))
			return timestamps == choice->timestamps;
	return false;
}

static void usage(FILE *to)
{
	unsigned int i;

	fprintf(to, "usage: explore [OPTION]... [SETTING]...\n\n"
		"Every way in which two TCBs can open, send and close over a bad channel.\n"
		"  --losses N  --duplicates N  --reorderings N  --delays N\n"
		"             how often each may happen; 2 1 1 0 if nothing else is said\n"
		"  --quick    1 0 1 0: for mutants, in a second\n"
		"  --full     2 1 1 1, and up to 10^9 states: hours, and gigabytes\n"
		"  --timestamps\n"
		"             the named settings with timestamps, or really all with and without\n"
		"  --states N give up after so many, in millions; 200 if nothing else is said\n\n"
		"Settings; if none is named, all of them, and again with timestamps, but for the\n"
		"large ones (*):\n");
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		fprintf(to, "  %-20s %s%s\n", settings[i].name, settings[i].what,
			settings[i].large ? " (*)" : "");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "losses", required_argument, NULL, 'l' },
		{ "duplicates", required_argument, NULL, 'd' },
		{ "reorderings", required_argument, NULL, 'r' },
		{ "delays", required_argument, NULL, 't' },
		{ "states", required_argument, NULL, 's' },
		{ "quick", no_argument, NULL, 'q' },
		{ "full", no_argument, NULL, 'f' },
		{ "timestamps", no_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct bounds bounds = { .losses = 2, .duplicates = 1, .reorderings = 1 };
	unsigned int i, planned = 0, number = 0, failed = 0;
	struct choice choice = { };
	bool timestamps, all;
	u64 states = 0;
	int c;

	seen.most = 200000000;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			bounds.losses = atoi(optarg);
			break;
		case 'd':
			bounds.duplicates = atoi(optarg);
			break;
		case 'r':
			bounds.reorderings = atoi(optarg);
			break;
		case 't':
			bounds.delays = atoi(optarg);
			break;
		case 's':
			seen.most = 1000000 * strtoull(optarg, NULL, 0);
			break;
		case 'q':
			bounds = (struct bounds){ .losses = 1, .reorderings = 1 };
			break;
		case 'f':
			bounds.delays = 1;
			choice.full = true;
			seen.most = 1000000000;
			break;
		case 'T':
			choice.timestamps = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (bounds.duplicates + bounds.reorderings > BEHIND) {
		fprintf(stderr, "explore: %u may be late, not more\n", BEHIND);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	choice.names = argv + optind;
	choice.nnames = argc - optind;
	all = !choice.nnames;
	for (i = 0; i < 2 * ARRAY_SIZE(settings); i++)
		planned += chosen(&choice, &settings[i / 2], i % 2);
	printf("TAP version 13\n1..%u\n", planned + all);
	printf("# up to %u losses, %u duplicates, %u reorderings, %u delays\n", bounds.losses,
	       bounds.duplicates, bounds.reorderings, bounds.delays);
	for (i = 0; i < 2 * ARRAY_SIZE(settings); i++) {
		timestamps = i % 2;
		if (!chosen(&choice, &settings[i / 2], timestamps))
			continue;
		failed += !run(&settings[i / 2], timestamps, &bounds, ++number);
		states += seen.states;
	}
	/* Who has not been everywhere proves too little. */
	for (i = 0; all && !failed && (c = edu_state_in_rfc_order(i)); i++) {
		if (c != EDU_LISTEN && !(seen.states_entered & EDU_IN(c))) {
			printf("# nobody ever was in %s\n", edu_state_name(c));
			failed++;
		}
	}
	if (all)
		printf("%sok %u every state was entered\n", failed ? "not " : "", ++number);
	printf("# %llu distinct states in all\n", (unsigned long long)states);
	if (!number) {
		usage(stderr);
		return 2;
	}
	return failed != 0;
}
