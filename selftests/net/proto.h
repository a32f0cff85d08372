/* SPDX-License-Identifier: GPL-2.0 */
/* The protocol under test: edu_tcp's, or with EDU_PROTO=6 the kernel's own TCP. */
#ifndef PROTO_H
#define PROTO_H

#include <stdlib.h>

static inline int edu_proto(void)
{
	const char *number = getenv("EDU_PROTO");

	return number ? atoi(number) : 253;
}

#endif
