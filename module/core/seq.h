/* SPDX-License-Identifier: GPL-2.0 */
/* Sequence number arithmetic, modulo 2^32 (RFC 9293 section 3.4). */
#ifndef EDU_CORE_SEQ_H
#define EDU_CORE_SEQ_H

#include "env.h"

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline bool seq_geq(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_gt(a, b) ? a : b;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif /* EDU_CORE_SEQ_H */
