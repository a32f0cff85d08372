/* SPDX-License-Identifier: GPL-2.0 */
/* memory_new() and memory_free() for fuzzers. */
#ifndef EDU_SELFTESTS_CORE_ARENA_H
#define EDU_SELFTESTS_CORE_ARENA_H

#include "end.h"

#define ARENA_SIZE	(4u << 20)

void arena_begin(void);
size_t arena_left(void);
size_t arena_live(void);

/* The input of a fuzzer, octet by octet; zeroes when it is at its end. */
struct input {
	const u8 *p;
	size_t left;
};

static inline u8 input_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline u16 input_u16(struct input *in)
{
	u8 high = input_u8(in);

	return high << 8 | input_u8(in);
}

/* An octet for small numbers as well as large: 0..63, then steps that grow, up to 2^23. */
static inline u32 input_scaled(struct input *in)
{
	u8 x = input_u8(in);

	return x < 64 ? x : (u32)(8 + (x & 7)) << ((x - 64) >> 3);
}

extern bool fuzz_trace;			/* say what happens */

void fuzz_failed(void) __attribute__((noreturn));
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* EDU_SELFTESTS_CORE_ARENA_H */
