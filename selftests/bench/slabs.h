/* SPDX-License-Identifier: GPL-2.0 */
/* What grew in the kernel's slabs: slabs.c. */
#ifndef SLABS_H
#define SLABS_H

#include <stddef.h>

#define SLABS	512

struct slab {
	char name[64];
	long objects;
	long size;
};

struct slabs {
	struct slab slabs[SLABS];
	int n;
};

/**
 * struct grown - octets for each endpoint
 * @own: in the transport's own slabs
 * @all: in all, those of the VFS and of sockets as such included
 */
struct grown {
	double own;
	double all;
};

/* Octets that programs could have. */
double memory_available(void);

void slabs_read(struct slabs *s);
struct grown slabs_compare(const struct slabs *before, const struct slabs *after, long endpoints,
			   char *text, size_t size);

#endif
