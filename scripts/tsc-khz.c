// SPDX-License-Identifier: GPL-2.0
/*
 * How fast this machine's time stamp counter counts, in kHz. An emulated CPU has
 * the same one, and its kernel cannot measure it while the host is busy.
 */

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Both clocks at once: of some tries, the one that was interrupted the least. */
static void read_both(int64_t *ns, uint64_t *tsc)
{
	int64_t least = INT64_MAX;
	int i;

	for (i = 0; i < 100; i++) {
		int64_t before = now();
		uint64_t t = __rdtsc();
		int64_t after = now();

		if (after - before < least) {
			least = after - before;
			*ns = before + least / 2;
			*tsc = t;
		}
	}
}

int main(void)
{
	struct timespec wait = { .tv_nsec = 200000000 };
	uint64_t tsc[2];
	int64_t ns[2];

	read_both(&ns[0], &tsc[0]);
	nanosleep(&wait, NULL);
	read_both(&ns[1], &tsc[1]);
	printf("%.0f\n", (tsc[1] - tsc[0]) * 1e6 / (ns[1] - ns[0]));
	return 0;
}
