/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test and refusals.ko say to each other, by ioctl() on debugfs's edu_tcp_refusals. Armed, a
 * task is refused one allocation in its system calls: the first that is reached on a way on which
 * none has failed since REFUSALS_BEGIN. So each fails once, in whatever order they come.
 */
#ifndef FAILING_REFUSALS_H
#define FAILING_REFUSALS_H

#include <linux/ioctl.h>

#define REFUSALS_BEGIN		_IO('E', 1)
#define REFUSALS_ARM		_IO('E', 2)	/* with one of these: */
#define REFUSALS_ALL		0		/* whoever asks */
#define REFUSALS_EDU_TCP	1		/* only what edu_tcp asks for or is the reason of */
#define REFUSALS_DISARM		_IO('E', 3)	/* 1: an allocation failed */

#endif
