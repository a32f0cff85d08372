// SPDX-License-Identifier: GPL-2.0
/*
 * Honest talks: a peer and a user who have a text for each other and say goodbye. What is
 * forged in the peer's name from off the path must not be noticed by either.
 */
#include "hostile.h"

#define TEXT	20000		/* octets in each direction */
#define AHEAD	5000		/* that the peer sends without an ACK */
#define PATIENCE 1000000	/* us without progress until the peer sends again */

static struct honest {
	bool begun, leaves;		/* leaves: the user has closed his direction */
	bool user_had_all;
	u32 user_read;
	u32 sent;			/* by the peer: the place of what goes next */
	u32 seen_ack;			/* when there was progress last, and how far it was */
	s64 progress_at;
	long connections, octets;
} honest[HONEST];

void honest_sum(long *connections, long *octets)
{
	int i;

	*connections = 0;
	*octets = 0;
	for (i = 0; i < HONEST; i++) {
		*connections += honest[i].connections;
		*octets += honest[i].octets;
	}
}

static void begin(struct talk *t, struct honest *h)
{
	if (t->passive)
		talk_begin(t, false);
	else
		user_opens(t);
	h->begun = true;
	h->leaves = false;
	h->user_had_all = false;
	h->user_read = 0;
	t->opened = true;
	t->iss = rng_percent(&rng, 20) ? -rng_range(&rng, 0, TEXT) : rng_next(&rng);
	t->nxt = t->iss;
	h->sent = t->iss + 1;
	t->win = 65535;
	t->stamps = rng_percent(&rng, 50);
	t->sacks = rng_percent(&rng, 50);
	h->progress_at = 0;
}

static bool impatient(struct honest *h)
{
	if (wire_now() < h->progress_at)
		return false;
	h->progress_at = wire_now() + PATIENCE;
	return true;
}

/* One segment of the handshake, where it is the peer's turn. */
static void open(struct talk *t, struct honest *h)
{
	if (t->passive && !(t->heard & SYN)) {
		if (impatient(h))
			peer_says(t, SYN, t->iss, 0, 0);
	} else if (t->passive) {
		peer_says(t, ACK, t->iss + 1, t->us_nxt, 0);
	} else if (t->heard & SYN && impatient(h)) {
		peer_says(t, SYN | ACK, t->iss, t->us_nxt, 0);
	}
}

static void peer_transfers(struct talk *t, struct honest *h)
{
	u32 end = t->iss + 1 + TEXT, edge = t->us_ack + t->us_win, len;

	if (t->us_ack != h->seen_ack) {
		h->seen_ack = t->us_ack;
		h->progress_at = wire_now() + PATIENCE;
	} else if (impatient(h)) {
		h->sent = t->us_ack;
	}
	if ((s32)(t->us_ack - h->sent) > 0)
		h->sent = t->us_ack;
	if ((s32)(edge - t->us_ack) > AHEAD)
		edge = t->us_ack + AHEAD;
	len = rng_range(&rng, 1, 1400);
	if ((s32)(edge - h->sent) < (s32)len)
		len = (s32)(edge - h->sent) > 0 ? edge - h->sent : 0;
	if ((s32)(end - h->sent) < (s32)len)
		len = (s32)(end - h->sent) > 0 ? end - h->sent : 0;
	if (h->sent == end) {
		/* Half of the time it waits for the user's goodbye. */
		if (t->turn % 2 || t->heard & FIN)
			peer_says(t, FIN | ACK, end, t->us_nxt, 0);
		else
			peer_says(t, ACK, end, t->us_nxt, 0);
	} else if ((s32)(h->sent - end) < 0) {
		peer_says(t, ACK, h->sent, t->us_nxt, len);
		h->sent += len;
	} else if (t->acked != t->us_nxt) {
		peer_says(t, ACK, t->us_ack, t->us_nxt, 0);	/* its FIN was acknowledged */
	}
}

static void user_transfers(struct talk *t, struct honest *h)
{
	if (!h->user_had_all && !user_reads(t, rng_scale(&rng, 1, 8000))) {
		if (errno)
			found("an honest user's connection came to an end: %s", strerror(errno));
		if (t->read.at != t->iss + 1 + TEXT)
			found("an honest user had %u octets of %u", t->read.at - t->iss - 1, TEXT);
		h->user_had_all = true;
	}
	if (t->written < TEXT) {
		u32 len = rng_scale(&rng, 1, 8000), left = TEXT - t->written;

		if (!user_writes(t, len < left ? len : left))
			found("an honest user cannot write: %s", strerror(errno));
	} else if (!h->leaves && (h->user_had_all || t->turn % 2 == 0)) {
		if (shutdown(t->fd, SHUT_WR))
			found("shutdown() of an honest user: %s", strerror(errno));
		h->leaves = true;
	}
}

/* Both have said goodbye, and heard it. */
static bool is_over(const struct talk *t, const struct honest *h)
{
	return h->user_had_all && t->heard & FIN && t->us_ack == t->iss + 2 + TEXT &&
	       t->us_nxt == t->us_iss + 2 + TEXT;
}

static void end(struct talk *t, struct honest *h)
{
	if (t->us_text.at != t->base)
		found("the honest peer's text begins at %u, not at %u", t->us_text.at, t->base);
	user_closes(t);
	h->begun = false;
	h->connections++;
	h->octets += 2 * TEXT;
}

void honest_acts(struct talk *t)
{
	struct honest *h = &honest[t->index];

	acting = t;
	if (!h->begun) {
		begin(t, h);
		return;
	}
	if (t->heard & RST)
		found("an honest peer was reset");
	if (!(t->heard & SYN) || !(t->heard & ACK) || t->fd < 0) {
		open(t, h);
		return;
	}
	/* Where the peer's FIN was heard, TIME-WAIT may give way to any SYN that is later. */
	if (t->us_ack != t->iss + 2 + TEXT && rng_percent(&rng, 60))
		forge_blindly(t);
	take_all();
	peer_transfers(t, h);
	user_transfers(t, h);
	take_all();
	if (is_over(t, h))
		end(t, h);
}
