// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer is the channel between two TCBs: it chooses what arrives next, what
 * is lost or doubled, when a user makes his next call and when time passes. It
 * may not invent anything, so whatever it does no octet is lost, doubled,
 * reordered or invented; and when it has no more to say, and the channel is
 * good again, both ends reach CLOSED.
 *
 * The input's first octets draw the two ends; then each step is an octet: what
 * (its low three bits) and which (the rest).
 */
#include "arena.h"

#define ON_THE_WAY	64
#define DRAIN_MAX	20000
#define FIRED_MAX	15		/* fewer than after what a TCP gives up: end_init() */
#define MEMORY_LEFT	(ARENA_SIZE / 8)

static struct {
	struct world world;		/* first: send() casts */
	struct end end[2];
	struct packet *way[ON_THE_WAY];	/* the oldest first */
	unsigned int n;
	unsigned int fired;		/* timers, while the fuzzer decides */
	struct input in;
} f;

static void take_in(struct world *w, struct end *from, struct packet *p)
{
	if (f.n == ON_THE_WAY)
		memory_free(p);		/* a queue has an end: a loss like any other */
	else
		f.way[f.n++] = p;
}

static struct packet *take(unsigned int i)
{
	struct packet *p = f.way[i];

	memmove(&f.way[i], &f.way[i + 1], (--f.n - i) * sizeof(f.way[0]));
	return p;
}

static void deliver(unsigned int i)
{
	struct packet *p = take(i);

	end_arrives(p->to, p);
	memory_free(p);
}

static void double_it(unsigned int i)
{
	struct packet *p = f.way[i], *copy;

	if (f.n == ON_THE_WAY)
		return;
	copy = memory_new(sizeof(*p) + p->seg.len);
	memcpy(copy, p, sizeof(*p) + p->seg.len);
	f.way[f.n++] = copy;
}

/* The earliest timer, or as far as the input says: no further than to that. */
static void time_passes(u64 most)
{
	u64 next = min(end_next_timer(&f.end[0]), end_next_timer(&f.end[1]));
	unsigned int i;

	if (next == EDU_NEVER)
		return;
	f.world.now = min(next, most > next - f.world.now ? next : f.world.now + most);
	for (i = 0; i < 2; i++) {
		if (end_next_timer(&f.end[i]) <= f.world.now) {
			f.fired++;
			end_timers(&f.end[i]);
		}
	}
}

static void draw_end(struct end *e, u8 x)
{
	e->user.total = input_scaled(&f.in) & 0x1fff;
	e->user.rcvbuf = max_t(u32, input_scaled(&f.in), 1);
	e->user.sndbuf = x & 1 ? 20000 : 500;
	e->user.write_max = x & 2 ? 20000 : 300;
	e->user.read_max = x & 4 ? 20000 : 300;
	e->user.nodelay = x & 8;
	e->user.corks = x & 16;
	e->path_mss = x & 32 ? 1460 : 100;
	e->adv_mss = x & 64 ? 1460 : 100;
	e->max_len = x & 128 ? 10 * e->path_mss : e->path_mss;
	e->wscale = edu_wscale_for(e->user.rcvbuf);
}

static void draw(void)
{
	u8 x = input_u8(&f.in), i;
	bool simultaneous;

	f.world.now = EDU_SEC;
	f.world.send = take_in;
	f.world.rng.state = x;
	f.world.trace = fuzz_trace;
	f.world.starve = x & 128 ? 3 : 0;
	f.world.shorten = x & 128 ? 20 : 0;
	end_init(&f.end[0], &f.world, "A", &f.end[1]);
	end_init(&f.end[1], &f.world, "B", &f.end[0]);
	f.end[0].iss = 0u - 500;
	f.end[1].iss = 0x80000000u - 500;
	for (i = 0; i < 2; i++)
		draw_end(&f.end[i], input_u8(&f.in));
	for (i = 0; i < 2; i++) {
		struct end *e = &f.end[i];

		/* Not too many segments: a life is to be short. */
		e->user.total = min(e->user.total, 30 * min3(e->user.sndbuf, e->path_mss,
							     e->peer->user.rcvbuf));
	}
	f.end[0].params.window_scaling = x & 1;
	f.end[1].params.window_scaling = x & 2;
	/* At most one waits for the other before it closes. */
	f.end[0].user.close_when_read = (x & 12) == 4;
	f.end[1].user.close_when_read = (x & 12) == 8;
	simultaneous = x & 16;
	x = input_u8(&f.in);
	f.end[0].params.sack = !(x & 1);
	f.end[1].params.timestamps = !(x & 2);
	f.end[0].params.ecn = x >> 2 & 1;
	f.end[0].cong = x & 8 ? &edu_cong_cubic : &edu_cong_reno;
	f.end[1].cong = x & 16 ? &edu_cong_cubic : &edu_cong_reno;
	end_open(&f.end[1], simultaneous);
	end_open(&f.end[0], true);
}

static void do_step(u8 x)
{
	unsigned int how = x >> 3;
	struct end *e = &f.end[how & 1];

	switch (x & 7) {
	case 0:
	case 1:
		if (f.n)
			deliver(0);
		break;
	case 2:
		if (f.n)
			deliver(how % f.n);
		break;
	case 3:
		if (f.n)
			memory_free(take(how % f.n));
		break;
	case 4:
		if (f.n)
			double_it(how % f.n);
		break;
	case 5:
		if (e->user_at != EDU_NEVER)
			end_user(e);
		break;
	case 6:
		if (f.fired < FIRED_MAX)
			time_passes(how ? input_scaled(&f.in) * (u64)how * 64 : EDU_NEVER);
		break;
	case 7:
		if (how & 2)
			end_call(e, CALL_PRUNE, 0);
		else
			end_call(e, CALL_PATH_MSS, EDU_MSS_MIN + input_u8(&f.in) * 8);
		break;
	}
}

/* The channel is good again. */
static void drain(void)
{
	unsigned int steps = 0, i;

	f.world.starve = 0;
	while (!f.world.failed && (f.n || !end_done(&f.end[0]) || !end_done(&f.end[1]))) {
		if (steps++ == DRAIN_MAX || arena_left() < MEMORY_LEFT / 2) {
			wrong(&f.world, NULL, "%u steps and %zu octets of memory, and no end",
			      steps, ARENA_SIZE - arena_left());
			return;
		}
		if (f.n) {
			deliver(0);
			continue;
		}
		for (i = 0; i < 2 && f.end[i].user_at == EDU_NEVER; i++)
			;
		if (i < 2)
			end_user(&f.end[i]);
		else if (min(end_next_timer(&f.end[0]), end_next_timer(&f.end[1])) != EDU_NEVER)
			time_passes(EDU_NEVER);
		else
			wrong(&f.world, NULL, "nothing will ever happen again");
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int i;

	arena_begin();
	memset(&f, 0, sizeof(f));
	f.in = (struct input){ data, size };
	draw();
	while (f.in.left && !f.world.failed && arena_left() > ARENA_SIZE - MEMORY_LEFT)
		do_step(input_u8(&f.in));
	drain();
	for (i = 0; i < 2 && !f.world.failed; i++) {
		struct end *e = &f.end[i];

		if (e->err || !e->connected || !e->eof || e->received != e->peer->user.total)
			wrong(&f.world, e, "ended with error %d, %s, received %u octets of %u",
			      e->err, e->eof ? "a FIN" : "no FIN", e->received,
			      e->peer->user.total);
	}
	if (!f.world.failed && arena_live())
		wrong(&f.world, NULL, "%zu buffers were forgotten", arena_live());
	if (f.world.failed)
		fuzz_failed();
	return 0;
}
