// SPDX-License-Identifier: GPL-2.0
/* What happened last in each talk, to be told when something was found in one. */
#include <stdarg.h>

#include "hostile.h"

#define EVENTS	16384
#define TOLD	50

static struct event {
	int talk;
	bool from_us;
	s64 at;
	u32 seq_from, ack_from;		/* what the numbers are relative to */
	size_t size;			/* 0: a note */
	u8 begin[128];			/* or the note */
} events[EVENTS];

static unsigned long nr_events;

struct talk *acting;

static struct event *new_event(const struct talk *t)
{
	struct event *e = &events[nr_events++ % EVENTS];

	e->talk = t->index;
	e->at = wire_now();
	return e;
}

void story_packet(const struct talk *t, const u8 *packet, size_t size, bool from_us)
{
	struct event *e = new_event(t);

	e->from_us = from_us;
	e->seq_from = from_us ? t->us_iss : t->iss;
	e->ack_from = from_us ? t->iss : t->us_iss;
	e->size = size;
	memset(e->begin, 0, sizeof(e->begin));
	memcpy(e->begin, packet, size < sizeof(e->begin) ? size : sizeof(e->begin));
}

void story_call(const struct talk *t, const char *format, ...)
{
	struct event *e = new_event(t);
	int error = errno;
	va_list args;

	e->size = 0;
	va_start(args, format);
	vsnprintf((char *)e->begin, sizeof(e->begin), format, args);
	va_end(args);
	errno = error;
}

static void tell(const struct event *e, const struct path *path)
{
	static u8 whole[SEG_MAX + 400];
	struct packet p;
	char line[256];

	if (!e->size) {
		printf("# %12.6f user %s\n", e->at / 1e6, (const char *)e->begin);
		return;
	}
	/* Its text was not kept. */
	memset(whole, 0, sizeof(whole));
	memcpy(whole, e->begin, e->size < sizeof(e->begin) ? e->size : sizeof(e->begin));
	p = segment_parse(path, whole, e->size);
	p.sum_ok |= e->size > sizeof(e->begin);
	segment_print(line, sizeof(line), &p, e->seq_from, e->ack_from);
	printf("# %12.6f us %s %s\n", e->at / 1e6, e->from_us ? "-->" : "<--", line);
}

void story_tell_of(const struct talk *t)
{
	unsigned long i = nr_events, first = nr_events < EVENTS ? 0 : nr_events - EVENTS;
	int n = 0;

	printf("# of talk %d (its ISS %u, ours %u) last of all:\n", t->index, t->iss, t->us_iss);
	while (i > first && n < TOLD)
		n += events[--i % EVENTS].talk == t->index;
	for (; i < nr_events; i++)
		if (events[i % EVENTS].talk == t->index)
			tell(&events[i % EVENTS], t->path);
}
