// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for fuzzers, who live a million short lives and cannot wait for
 * malloc(): one piece behind the other, nothing used twice in a life, and
 * AddressSanitizer told what is whose.
 */
#include "arena.h"

#ifdef __SANITIZE_ADDRESS__
#define GUARDED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARDED 1
#endif
#endif

#ifdef GUARDED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#endif

#define REDZONE		16u

static char arena[ARENA_SIZE] __aligned(16);
static size_t used, live;

/* What stands in front of each piece. */
struct piece {
	size_t size;
	size_t aligned;
};

void *memory_new(size_t size)
{
	size_t room = (sizeof(struct piece) + size + REDZONE + 15) & ~(size_t)15;
	struct piece *piece = (struct piece *)(arena + used);

	if (used + room > sizeof(arena))
		abort();		/* see arena_left() */
	used += room;
	live++;
	ASAN_UNPOISON_MEMORY_REGION(piece, sizeof(*piece) + size);
	piece->size = size;
	ASAN_POISON_MEMORY_REGION(piece, sizeof(*piece));
	return piece + 1;
}

void memory_free(void *p)
{
	struct piece *piece = p;

	if (!p)
		return;
	piece--;
	ASAN_UNPOISON_MEMORY_REGION(piece, sizeof(*piece));
	ASAN_POISON_MEMORY_REGION(piece, sizeof(*piece) + piece->size);
	live--;
}

/* A new life. */
void arena_begin(void)
{
	static bool begun;

	ASAN_POISON_MEMORY_REGION(arena, begun ? used : sizeof(arena));
	begun = true;
	used = 0;
	live = 0;
}

size_t arena_left(void)
{
	return sizeof(arena) - used;
}

/* How many pieces nobody has given back. */
size_t arena_live(void)
{
	return live;
}

bool fuzz_trace;

/* Something is wrong, and was said: a fuzzer keeps the input. */
void fuzz_failed(void)
{
	fflush(stdout);
	abort();
}
