// SPDX-License-Identifier: GPL-2.0
/*
 * The text of all streams. Each octet is a function of its place, a number modulo 2^32 like a
 * sequence number, and a few octets tell which place that is: so what was lost, doubled or moved
 * is seen wherever one begins to read.
 */
#include "hostile.h"

#define STIR	2654435761u		/* odd, so that it can be undone: */
#define UNSTIR	244002641u		/* STIR * UNSTIR = 1 modulo 2^32 */
#define ENOUGH	8			/* octets that hold a whole word wherever they begin */

/* Words of four octets, in network order, each a number of its own. */
static u8 octet(u32 at)
{
	return (at >> 2) * STIR >> (24 - 8 * (at & 3));
}

void text_fill(u8 *text, u32 at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = octet(at + i);
}

bool text_is(const u8 *text, u32 at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] != octet(at + i))
			return false;
	return true;
}

/* The place of a text of at least ENOUGH octets; false: that is none of ours. */
static bool find(const u8 *text, size_t len, u32 *at)
{
	unsigned int skip;

	for (skip = 0; skip < 4; skip++) {
		u32 word = (u32)text[skip] << 24 | text[skip + 1] << 16 | text[skip + 2] << 8 |
			   text[skip + 3];

		*at = (word * UNSTIR << 2) - skip;
		if (word * UNSTIR >> 30 == 0 && text_is(text, *at, len))
			return true;
	}
	return false;
}

bool text_continues(struct reader *reader, const u8 *text, size_t len)
{
	size_t more;

	if (!reader->known) {
		more = len < sizeof(reader->begin) - reader->held ?
			len : sizeof(reader->begin) - reader->held;
		memcpy(reader->begin + reader->held, text, more);
		reader->held += more;
		text += more;
		len -= more;
		if (reader->held < ENOUGH)
			return true;
		if (!find(reader->begin, reader->held, &reader->at))
			return false;
		reader->known = true;
		reader->at += reader->held;
	}
	if (!text_is(text, reader->at, len))
		return false;
	reader->at += len;
	return true;
}
