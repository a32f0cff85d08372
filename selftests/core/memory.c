// SPDX-License-Identifier: GPL-2.0
/* Memory of its own for each packet and buffer, so that AddressSanitizer guards it. */
#include "end.h"

void *memory_new(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	return p;
}

void memory_free(void *p)
{
	free(p);
}
