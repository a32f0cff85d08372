/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that a seed repeats: splitmix64. */
#ifndef EDU_SELFTESTS_CORE_RANDOM_H
#define EDU_SELFTESTS_CORE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* @lo to @hi, both included. */
static inline uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi)
{
	return lo + rng_next(r) % (hi - lo + 1);
}

/* True in @percent of all cases. */
static inline bool rng_percent(struct rng *r, unsigned int percent)
{
	return rng_next(r) % 100 < percent;
}

/* Small numbers as often as large ones: every power of two is equally likely. */
static inline uint64_t rng_scale(struct rng *r, uint64_t lo, uint64_t hi)
{
	unsigned int bits = 0;
	uint64_t span = hi - lo, value;

	while (bits < 63 && span >> bits)
		bits++;
	bits = rng_range(r, 0, bits);
	value = rng_next(r) & ((1ull << bits) - 1);
	return lo + (value < span ? value : span);
}

#endif /* EDU_SELFTESTS_CORE_RANDOM_H */
