// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer is the peer, the user and the clock of one TCB: any segment, with
 * any options, between any calls, at any time.
 *
 * The input's first octets draw the end; then each step is an octet that says
 * what (its low three bits) and how (the rest), and what that needs. Numbers are
 * given as one that means something to the TCB and a distance from it: else
 * nearly every segment would be dropped at the first step of 3.10.7.
 *
 * What must hold is what check.c and end.c ask after each step (text
 * has a length here and no octets: the core never sees them), that the short cut answers as the
 * long way does, and that every buffer comes back.
 */
#include "arena.h"

#define STEPS_MAX	200
#define MEMORY_LEFT	(ARENA_SIZE / 4)	/* more than any step takes */

static struct {
	struct world world;
	struct end end, peer;
	struct edu_segment last;	/* that the peer sent */
	struct input in;
} f;

static void swallow(struct world *w, struct end *from, struct packet *p)
{
	memory_free(p);
}

/* What stands for the connection now. */
static const struct edu_conn *conn(void)
{
	switch (f.end.stage) {
	case STAGE_REQUEST:
		return &f.end.request.conn;
	case STAGE_TIME_WAIT:
		return &f.end.wait;
	default:
		return &f.end.tcb.conn;
	}
}

/* One of @near, or one at some distance. */
static u32 number(const u32 near[8])
{
	u8 x = input_u8(&f.in);
	u32 base = near[x & 7];

	switch (x >> 3) {
	case 0:
		return base;
	case 1:
		return base + 1;
	case 2:
		return base - 1;
	case 3:
		return base + f.end.path_mss;
	case 4:
		return base - f.end.path_mss;
	case 5:
		return base + 0x80000000u;
	case 6:
		return base + 0x40000000u;
	case 7 ... 18:
		return base + input_scaled(&f.in);
	default:
		return base - input_scaled(&f.in);
	}
}

static u32 seq_number(void)
{
	const struct edu_conn *c = conn();
	const u32 near[8] = {
		c->rcv_nxt, c->rcv_nxt + c->rcv_wnd, f.end.tcb.irs, f.end.tcb.rcv_acked,
		f.last.seq, f.last.seq + f.last.len, c->rcv_nxt + 1000, c->rcv_nxt - 1,
	};

	return number(near);
}

static u32 ack_number(void)
{
	const struct edu_conn *c = conn();
	const u32 near[8] = {
		c->snd_nxt, c->snd_una, f.end.iss, f.end.tcb.write_seq,
		f.last.ack, c->snd_una + f.end.tcb.mss, c->snd_una + 3 * f.end.tcb.mss,
		f.end.tcb.recover,
	};

	return number(near);
}

static u8 flags(u8 x)
{
	static const u8 usual[] = {
		EDU_ACK, EDU_ACK | EDU_PSH, EDU_ACK | EDU_FIN, EDU_SYN, EDU_SYN | EDU_ACK,
		EDU_RST, EDU_RST | EDU_ACK, EDU_ACK | EDU_ECE, EDU_ACK | EDU_URG,
		EDU_ACK | EDU_CWR, EDU_SYN | EDU_ECE | EDU_CWR,
	};

	return x < ARRAY_SIZE(usual) ? usual[x] : input_u8(&f.in);
}

static void arrives(const struct edu_segment *seg, const u8 *options, unsigned int len)
{
	struct packet *p = memory_new(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->to = &f.end;
	p->seg = *seg;
	if (len)
		memcpy(p->options, options, len);
	p->options_len = len;
	f.last = *seg;
	end_arrives(&f.end, p);
	memory_free(p);
}

/* In order, with the latest ACK and the old window: what the short cut is for. */
static void usual_segment(u8 how)
{
	struct edu_segment seg = f.last;

	seg.flags = how & 1 ? EDU_ACK | EDU_PSH : EDU_ACK;
	seg.seq = conn()->rcv_nxt;
	seg.ack = how & 2 ? conn()->snd_una : conn()->snd_nxt;
	seg.len = how & 4 ? input_scaled(&f.in) & 0xffff : 0;
	arrives(&seg, NULL, 0);
}

static void any_segment(u8 how)
{
	struct edu_segment seg = f.last;
	u8 options[40];
	unsigned int len = 0, i;
	u8 wnd;

	seg.flags = flags(how);
	seg.seq = seq_number();
	seg.ack = ack_number();
	seg.len = input_scaled(&f.in) & 0xffff;
	wnd = input_u8(&f.in);
	if (wnd == 1)
		seg.wnd = input_u16(&f.in);
	else if (wnd)
		seg.wnd = wnd << 8 | (wnd & 1 ? 0xff : 0);
	/* The window of before, so that something can be a duplicate, where it is 0. */
	if (wnd == 255)
		seg.wnd = 0;
	if (how & 16 || seg.flags & EDU_SYN) {
		len = input_u8(&f.in) % (sizeof(options) + 1);
		for (i = 0; i < len; i++)
			options[i] = input_u8(&f.in);
	}
	seg.urg = seg.flags & EDU_URG ? input_scaled(&f.in) : 0;
	arrives(&seg, options, len);
}

static void time_passes(u8 how)
{
	u64 next = end_next_timer(&f.end);
	unsigned int fired = 0;

	if (!how && next != EDU_NEVER)
		f.world.now = max(f.world.now, next);
	else if (how & 1)
		f.world.now += input_scaled(&f.in) * (u64)EDU_MSEC;
	else
		f.world.now += input_scaled(&f.in);
	/* However long that was, only so many timers: they back off. */
	while (end_next_timer(&f.end) <= f.world.now && fired++ < 8)
		end_timers(&f.end);
	f.world.now = min(f.world.now, end_next_timer(&f.end));
}

static void draw(void)
{
	struct end *e = &f.end;
	u8 x = input_u8(&f.in);

	f.world.now = x & 1 ? EDU_SEC : 1ull << 50;
	f.world.send = swallow;
	f.world.whole = true;
	f.world.hostile = true;
	f.world.blank = true;
	f.world.trace = fuzz_trace;
	f.world.rng.state = x;
	end_init(e, &f.world, "A", &f.peer);
	end_init(&f.peer, &f.world, "fuzzer", e);
	e->iss = x & 2 ? 0u - 2000 : 0x7ffffc00;
	e->user.nodelay = x & 4;
	e->user.keepalive = x & 8;
	e->params.window_scaling = !(x & 16);
	e->params.timestamps = !(x & 128);
	e->params.ecn = x & 2 ? 1 : 2;
	e->cong = x & 4 ? &edu_cong_cubic : &edu_cong_reno;
	if (x & 32)
		e->params.invalid_ratelimit = 0;
	if (x & 64) {
		/* An impatient administrator: limits are within reach. */
		e->params.syn_retries = 2;
		e->params.synack_retries = 2;
		e->params.retries1 = 1;
		e->params.retries2 = 3;
		e->params.orphan_retries = 2;
		e->params.keepalive_probes = 2;
		e->params.keepalive_time = 5 * EDU_SEC;
		e->params.keepalive_intvl = EDU_SEC;
		e->params.fin_timeout = 3 * EDU_SEC;
	}
	if (x & 128) {
		f.world.starve = 10;
		f.world.shorten = 20;
		f.world.hold = 10;
	}
	e->user.rcvbuf = max_t(u32, input_scaled(&f.in), 1);
	e->wscale = edu_wscale_for(e->user.rcvbuf);
	x = input_u8(&f.in);
	e->path_mss = x & 1 ? 1460 : 100;
	e->adv_mss = x & 2 ? 1460 : 100;
	e->max_len = x & 4 ? 10 * e->path_mss : e->path_mss;
	e->user.sndbuf = x & 8 ? 20000 : 2000;
	e->user.total = 1u << 20;
	f.last.wnd = x & 16 ? 10000 : 500;
	f.last.seq = 0xfffffff0;
	end_open(e, !(x & 32));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int steps = 0;

	arena_begin();
	memset(&f, 0, sizeof(f));
	f.in = (struct input){ data, size };
	draw();
	while (f.in.left && !f.world.failed && steps++ < STEPS_MAX && arena_left() > MEMORY_LEFT) {
		u8 x = input_u8(&f.in), how = x >> 3;

		switch (x & 7) {
		case 0:
		case 1:
			usual_segment(how);
			break;
		case 2:
		case 3:
		case 4:
			any_segment(how);
			break;
		case 5:
			if (how % CALLS == CALL_PATH_MSS)
				end_call(&f.end, CALL_PATH_MSS, EDU_MSS_MIN + input_u8(&f.in) * 8);
			else
				end_call(&f.end, how % CALLS, input_scaled(&f.in));
			break;
		case 6:
			time_passes(how);
			break;
		case 7:
			/* What stands on its own: a handshake, a read of all. */
			if (how & 1)
				end_call(&f.end, CALL_READ, ~0u);
			else
				end_call(&f.end, CALL_WRITE, 1000);
			break;
		}
	}
	if (!f.world.failed) {
		end_free(&f.end);
		if (arena_live())
			wrong(&f.world, &f.end, "%zu buffers were forgotten", arena_live());
	}
	if (f.world.failed)
		fuzz_failed();
	return 0;
}
