/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only door between the core and its surroundings: types, lists, trees and
 * errno names. In the kernel they come from Linux; in user space from the twin
 * in selftests/core, so that the same core files compile unchanged in both.
 */
#ifndef EDU_CORE_ENV_H
#define EDU_CORE_ENV_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

/* The core is wrong if this is true: say so, and go on. */
#define EDU_WARN_ON(cond)	WARN_ON_ONCE(cond)
#else
#include "../../selftests/core/env.h"
#endif

/* Tests count how many nodes are looked at; nobody else does. */
#ifdef EDU_COUNT_STEPS
extern unsigned long edu_steps;
#define EDU_STEP()	(edu_steps++)
#else
#define EDU_STEP()	((void)0)
#endif

#endif /* EDU_CORE_ENV_H */
