/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user-space twin of module/core/env.h: the same names, from the kernel's
 * own tools/include (of Debian's linux-source) and the C library.
 */
#ifndef EDU_SELFTESTS_CORE_ENV_H
#define EDU_SELFTESTS_CORE_ENV_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/* As the kernel has them: those of tools/ cast "a - b" to "(type)a - b". */
#undef min_t
#undef max_t
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define min3(a, b, c)	min(min(a, b), c)
static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

#define clamp_t(type, val, lo, hi)	min_t(type, max_t(type, val, lo), hi)

/* The core is wrong if this is true: a test that gets here has failed. */
#define EDU_WARN_ON(cond)							\
	do {									\
		if (cond) {							\
			fprintf(stderr, "%s:%d: EDU_WARN_ON(%s)\n",		\
				__FILE__, __LINE__, #cond);			\
			abort();						\
		}								\
	} while (0)

#endif /* EDU_SELFTESTS_CORE_ENV_H */
