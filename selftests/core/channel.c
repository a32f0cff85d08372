// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCBs talk over a channel that loses, doubles, delays and reorders.
 *
 *	user - core - [ channel: loss, duplicates, delay ] - core - user
 *
 * Each seed draws another channel, other buffers, other users. Whatever it
 * draws, no octet is lost, doubled, reordered or invented, every transition is
 * one of Figure 5's, both ends reach CLOSED, and none of it takes for ever.
 * Time is a number here: nothing but the next event moves it.
 */
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "end.h"

#define EVENTS_MAX	200000u
#define TIME_MAX	(1000000ull * EDU_SEC)
#define FORGED_MAX	300

struct channel {
	unsigned int loss;		/* percent */
	unsigned int duplicates;	/* percent */
	unsigned int marks;		/* percent of what may be marked: congestion */
	u64 delay;
	u64 jitter;			/* added to delay: it reorders */
	u64 slower_at;			/* from then on it takes ten times as long */
	u64 dead_from, dead_to;		/* nothing passes in between */
};

struct run {
	struct world world;		/* first: send() casts */
	struct channel channel;
	struct end a, b;
	struct packet **heap;
	unsigned int packets, room;
	u64 order;
	unsigned int events;
	unsigned int sent, lost;
	bool simultaneous;
	bool abort;
	u64 forged_at;			/* the next forged segment */
	unsigned int forged;
	bool deadlocked;		/* or not in agreement for ever: a forged ACK can do that */
};

static u64 current_seed;

/* What all runs together have seen: a test that saw nothing proves nothing. */
static struct {
	u64 segments, lost, short_cuts;
	unsigned int states;
} total;

static bool earlier(const struct packet *x, const struct packet *y)
{
	return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void push(struct run *r, struct packet *p)
{
	unsigned int i = r->packets++;

	if (r->packets > r->room) {
		r->room = 2 * r->packets;
		r->heap = realloc(r->heap, r->room * sizeof(*r->heap));
		if (!r->heap)
			abort();
	}
	for (; i && earlier(p, r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		r->heap[i] = r->heap[(i - 1) / 2];
	r->heap[i] = p;
}

static struct packet *pop(struct run *r)
{
	struct packet *top = r->heap[0], *last = r->heap[--r->packets];
	unsigned int i = 0, child;

	while ((child = 2 * i + 1) < r->packets) {
		if (child + 1 < r->packets && earlier(r->heap[child + 1], r->heap[child]))
			child++;
		if (!earlier(r->heap[child], last))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = last;
	return top;
}

static u64 delay(struct run *r)
{
	u64 d = r->channel.delay;

	if (r->channel.jitter)
		d += rng_range(&r->world.rng, 0, r->channel.jitter);
	return r->world.now >= r->channel.slower_at ? 10 * d : d;
}

static void channel_send(struct world *w, struct end *from, struct packet *p)
{
	struct run *r = container_of(w, struct run, world);
	struct channel *c = &r->channel;
	struct packet *copy;

	(void)from;
	r->sent++;
	if (rng_percent(&w->rng, c->loss) || (w->now >= c->dead_from && w->now < c->dead_to)) {
		r->lost++;
		trace_segment(w, from, "lost", &p->seg);
		memory_free(p);
		return;
	}
	if (rng_percent(&w->rng, c->duplicates)) {
		copy = memory_new(sizeof(*p) + p->seg.len);
		memcpy(copy, p, sizeof(*p) + p->seg.len);
		copy->at = w->now + delay(r);
		copy->order = r->order++;
		push(r, copy);
	}
	if (p->ect && rng_percent(&w->rng, c->marks))
		p->seg.ce = 1;
	p->at = w->now + delay(r);
	p->order = r->order++;
	push(r, p);
}

/* A number that a forger may try: near one that means something to the victim. */
static u32 forge_number(struct rng *rng, u32 a, u32 b, u32 c)
{
	u32 near[] = { a, b, c, rng_next(rng) };
	u32 n = near[rng_range(rng, 0, ARRAY_SIZE(near) - 1)];

	return rng_percent(rng, 50) ? n : n + rng_scale(rng, 0, 70000) - rng_scale(rng, 0, 70000);
}

/*
 * A third one throws a segment in. It may reset, confuse or deadlock the two,
 * for it knows their numbers; but it must not break their rules.
 */
static void forge(struct run *r)
{
	struct rng *rng = &r->world.rng;
	struct end *to = rng_percent(rng, 50) ? &r->a : &r->b;
	const struct edu_tcb *t = &to->tcb;
	u32 len = rng_percent(rng, 50) ? 0 : rng_scale(rng, 1, 3000);
	struct packet *p = memory_new(sizeof(*p) + len);

	memset(p, 0, sizeof(*p) + len);
	p->to = to;
	p->seg.flags = rng_percent(rng, 60) ? EDU_ACK : rng_next(rng);
	if (rng_percent(rng, 80))
		p->seg.flags &= ~EDU_RST;	/* else each run is over soon */
	p->seg.seq = forge_number(rng, t->rcv_nxt, t->rcv_nxt + t->rcv_wnd, t->irs);
	p->seg.ack = forge_number(rng, t->snd_una, t->snd_nxt, t->iss);
	p->seg.wnd = rng_scale(rng, 0, 65535);
	p->seg.len = len;
	for (p->options_len = 0; p->options_len < sizeof(p->options); p->options_len++) {
		if (rng_percent(rng, 20))
			break;
		p->options[p->options_len] = rng_scale(rng, 0, 255);
	}
	p->at = r->world.now;
	p->order = r->order++;
	push(r, p);
}

/* Initial sequence numbers: often where they soon wrap, or change sign. */
static u32 draw_iss(struct rng *rng)
{
	switch (rng_range(rng, 0, 3)) {
	case 0:
		return 0u - (u32)rng_scale(rng, 1, 100000);
	case 1:
		return 0x80000000u - (u32)rng_scale(rng, 1, 100000);
	default:
		return rng_next(rng);
	}
}

static void draw_end(struct run *r, struct end *e)
{
	struct rng *rng = &r->world.rng;

	e->iss = draw_iss(rng);
	e->ts_offset = draw_iss(rng);
	e->cong = rng_percent(rng, 50) ? &edu_cong_cubic : &edu_cong_reno;
	e->params.timestamps = rng_percent(rng, 70);
	e->params.sack = rng_percent(rng, 70);
	e->params.ecn = rng_range(rng, 0, 2);
	e->adv_mss = rng_percent(rng, 10) ? 0 : rng_scale(rng, 88, 9000);
	e->path_mss = rng_scale(rng, 48, 9000);
	e->max_len = rng_percent(rng, 50) ? e->path_mss : rng_scale(rng, 1, 65535);
	e->params.window_scaling = rng_percent(rng, 70);
	if (!r->world.hostile && rng_percent(rng, 30))
		e->params.invalid_ratelimit = 0;
	e->user.total = rng_percent(rng, 10) ? 0 : rng_scale(rng, 1, 30000);
	e->user.sndbuf = rng_scale(rng, 1, 100000);
	e->user.rcvbuf = rng_scale(rng, 1, 400000);
	e->user.write_max = rng_scale(rng, 200, 20000);
	e->user.read_max = rng_scale(rng, 200, 20000);
	e->user.pause_max = rng_scale(rng, 1, 100 * EDU_MSEC);
	e->user.stalls = rng_percent(rng, 20) ? 10 : 0;
	e->user.nodelay = rng_percent(rng, 30);
	e->user.corks = rng_percent(rng, 10);
	e->wscale = rng_percent(rng, 80) ? edu_wscale_for(e->user.rcvbuf) :
		    rng_range(rng, 0, EDU_WSCALE_MAX);
	/* A buffer that cannot be announced in scaled units would never open. */
	if (e->user.rcvbuf < 2u << e->wscale)
		e->wscale = 0;
	/* Crumbs are slow and teach nothing new: bound the number of segments. */
	if (e->user.total > 200 * min(e->user.sndbuf, e->path_mss))
		e->user.total = 200 * min(e->user.sndbuf, e->path_mss);
}

static void draw(struct run *r, u64 seed)
{
	struct rng *rng = &r->world.rng;
	struct channel *c = &r->channel;

	rng->state = seed * 0x2545f4914f6cdd1dull + 1;
	r->world.now = rng_percent(rng, 50) ? EDU_SEC : rng_scale(rng, 1, 1ull << 50);
	r->world.send = channel_send;
	r->world.starve = rng_percent(rng, 10) ? 3 : 0;
	r->world.shorten = rng_percent(rng, 10) ? 20 : 0;
	r->world.hold = rng_percent(rng, 10) ? 20 : 0;
	r->world.mtu = rng_percent(rng, 10) ? 20 : 0;
	r->world.hostile = rng_percent(rng, 20);
	r->forged_at = r->world.now;

	c->loss = rng_percent(rng, 30) ? 0 : rng_range(rng, 1, 25);
	c->duplicates = rng_percent(rng, 50) ? 0 : rng_range(rng, 1, 20);
	c->marks = rng_percent(rng, 50) ? 0 : rng_range(rng, 1, 20);
	c->delay = rng_scale(rng, 10, 500 * EDU_MSEC);
	c->jitter = rng_percent(rng, 40) ? 0 : rng_scale(rng, 1, 3 * c->delay);
	c->slower_at = rng_percent(rng, 90) ? EDU_NEVER : r->world.now + rng_scale(rng, 1, EDU_SEC);
	if (rng_percent(rng, 10)) {
		c->dead_from = r->world.now + rng_scale(rng, 1, 5 * EDU_SEC);
		c->dead_to = c->dead_from + rng_scale(rng, 1, 100 * EDU_SEC);
	}

	end_init(&r->a, &r->world, "A", &r->b);
	end_init(&r->b, &r->world, "B", &r->a);
	draw_end(r, &r->a);
	draw_end(r, &r->b);
	r->simultaneous = rng_percent(rng, 20);
	if (r->simultaneous && rng_percent(rng, 20)) {
		r->a.user.hasty = true;
		r->a.user.total = 0;
	}
	/* At most one waits for the other before it closes. */
	switch (rng_range(rng, 0, 2)) {
	case 0:
		r->a.user.close_when_read = true;
		break;
	case 1:
		r->b.user.close_when_read = true;
		break;
	}
	if (rng_percent(rng, 10)) {
		struct end *e = rng_percent(rng, 50) ? &r->a : &r->b;

		r->abort = true;
		e->user.abort_at = rng_scale(rng, 1, e->peer->user.total + 1);
		/* A lost RST leaves the peer alone: only keepalive tells it (3.8.4). */
		e->peer->user.keepalive = true;
	}
}

static void describe(const struct run *r)
{
	const struct channel *c = &r->channel;
	const struct end *e;

	printf("# channel: loss %u %%, duplicates %u %%, delay %llu us, jitter %llu us%s%s%s%s%s\n",
	       c->loss, c->duplicates, (unsigned long long)c->delay,
	       (unsigned long long)c->jitter,
	       c->slower_at != EDU_NEVER ? ", slower later" : "",
	       c->dead_to ? ", dead for a while" : "",
	       r->simultaneous ? ", simultaneous open" : "", r->abort ? ", abort" : "",
	       r->world.hostile ? ", forged segments" : "");
	for (e = &r->a; e; e = e == &r->a ? &r->b : NULL) {
		printf("# %s: %u octets, sndbuf %u, rcvbuf %u, wscale %u, mss %u/%u, iss %u: ",
		       e->name, e->user.total, e->user.sndbuf, e->user.rcvbuf, e->wscale,
		       e->adv_mss, e->path_mss, e->iss);
		printf("%s, sent %u, received %u of %u, err %d\n",
		       e->stage == STAGE_FULL ? edu_state_name(e->tcb.state) :
		       e->stage == STAGE_GONE ? "CLOSED" :
		       e->stage == STAGE_TIME_WAIT ? "TIME-WAIT" :
		       e->stage == STAGE_REQUEST ? "SYN-RECEIVED" : "LISTEN",
		       e->taken, e->received, e->peer->user.total, e->err);
	}
}

/* What must have come out of it, when nobody aborted. */
static void verify(struct run *r)
{
	struct end *e;

	for (e = &r->a; e; e = e == &r->a ? &r->b : NULL) {
		if (e->err)
			wrong(&r->world, e, "ended with error %d", e->err);
		if ((!e->connected && !e->user.hasty) || !e->eof)
			wrong(&r->world, e, "%s", e->connected ? "never saw the FIN" :
			      "never connected");
		if (e->received != e->peer->user.total)
			wrong(&r->world, e, "received %u octets of %u", e->received,
			      e->peer->user.total);
	}
}

static void step(struct run *r)
{
	u64 next = min(end_next(&r->a), end_next(&r->b));
	struct packet *p;

	if (r->world.hostile && r->forged_at <= next && r->forged < FORGED_MAX) {
		r->world.now = max(r->world.now, r->forged_at);
		r->forged_at = r->world.now + rng_scale(&r->world.rng, 1, EDU_SEC);
		forge(r);
		r->forged++;
		next = r->world.now;
	}
	if (r->packets && r->heap[0]->at <= next) {
		p = pop(r);
		r->world.now = p->at;
		end_arrives(p->to, p);
		memory_free(p);
		return;
	}
	if (next == EDU_NEVER) {
		if (r->world.hostile) {
			r->deadlocked = true;
			return;
		}
		wrong(&r->world, NULL, "nothing will ever happen again");
		return;
	}
	r->world.now = next;
	if (r->a.user_at <= next)
		end_user(&r->a);
	else if (r->b.user_at <= next)
		end_user(&r->b);
	else if (end_next(&r->a) <= next)
		end_timers(&r->a);
	else
		end_timers(&r->b);
}

static bool run(u64 seed, bool trace, bool always_describe)
{
	struct run *r = calloc(1, sizeof(*r));
	bool ok;
	u64 end;

	if (!r)
		abort();
	current_seed = seed;
	draw(r, seed);
	r->world.trace = trace;
	end = r->world.now + TIME_MAX;

	end_open(&r->b, r->simultaneous);
	end_open(&r->a, true);
	while (!r->world.failed && !r->deadlocked &&
	       !(end_done(&r->a) && end_done(&r->b) && !r->packets)) {
		if (++r->events > EVENTS_MAX)
			wrong(&r->world, NULL, "%u events, and no end", r->events);
		else if (r->world.now > end && r->world.hostile)
			r->deadlocked = true;
		else if (r->world.now > end)
			wrong(&r->world, NULL, "%llu seconds, and no end", TIME_MAX / EDU_SEC);
		else
			step(r);
	}
	if (!r->world.failed && !r->abort && !r->world.hostile)
		verify(r);

	ok = !r->world.failed;
	if (!ok || always_describe) {
		describe(r);
		printf("# %u events, %u segments, %u lost\n", r->events, r->sent, r->lost);
	}
	total.segments += r->sent;
	total.lost += r->lost;
	total.short_cuts += r->a.short_cuts + r->b.short_cuts;
	total.states |= r->a.states_entered | r->b.states_entered;
	while (r->packets)
		memory_free(pop(r));
	end_free(&r->a);
	end_free(&r->b);
	free(r->heap);
	free(r);
	return ok;
}

/* A report of the sanitizer's, or EDU_WARN_ON(): say how to see it again. */
static void died(int sig)
{
	static const char text[] = "# died: look at it with  channel --trace --seed ";
	char number[24], *p = number + sizeof(number);
	u64 seed = current_seed;

	(void)sig;
	*--p = '\n';
	do {
		*--p = '0' + seed % 10;
		seed /= 10;
	} while (seed);
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0 ||
	    write(STDOUT_FILENO, p, number + sizeof(number) - p) < 0)
		_exit(2);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void usage(FILE *to)
{
	fprintf(to, "usage: channel [--seed N] [--runs N] [--trace]\n\n"
		"Two TCBs talk over a bad channel, once for each seed.\n"
		"  --seed N   the first seed, and the only one without --runs\n"
		"  --runs N   how many, from seed 1 unless --seed says otherwise\n"
		"  --trace    print each segment, numbers relative to the initial ones\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'r' },
		{ "trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	u64 seed = 0, runs = 0, done, failures = 0;
	unsigned int i;
	bool trace = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			runs = strtoull(optarg, NULL, 0);
			break;
		case 't':
			trace = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!runs)
		runs = seed ? 1 : 3000;
	if (!seed)
		seed = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGABRT, died);

	printf("TAP version 13\n1..1\n");
	for (done = 0; done < runs && failures < 5; done++) {
		if (run(seed + done, trace, runs == 1))
			continue;
		failures++;
		printf("# look at it with  channel --trace --seed %llu\n",
		       (unsigned long long)(seed + done));
	}
	/* Enough runs go through every state there is, or they prove too little. */
	for (i = 0; runs >= 1000 && !failures && (c = edu_state_in_rfc_order(i)); i++) {
		if (c != EDU_LISTEN && !(total.states & EDU_IN(c))) {
			printf("# nobody ever was in %s\n", edu_state_name(c));
			failures++;
		}
	}
	if (runs >= 1000 && !failures && !total.short_cuts) {
		printf("# nobody ever took the short cut\n");
		failures++;
	}
	printf("# %llu segments, %llu lost, %llu short cuts compared with the long way\n",
	       (unsigned long long)total.segments, (unsigned long long)total.lost,
	       (unsigned long long)total.short_cuts);
	printf("%sok 1 channel: %llu seeds from %llu\n", failures ? "not " : "",
	       (unsigned long long)done, (unsigned long long)seed);
	return failures ? 1 : 0;
}
