/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A flood of SYNs, and who gets in all the same. In the network namespace of a wire test there are
 *
 *	strangers	behind the TUN device, thousands, each with an address, a port and a SYN of
 *			its own, played by the test (strangers.c): they are the flood, and gone when
 *			they have sent it, but for those few that complete the handshake;
 *	guests		honest clients, sockets of this host that reach the same listener over lo
 *			(guests.c);
 *	flows		of the wire tests' vocabulary: honest connections with a peer whom the test
 *			plays, so that somebody can write to them in its name.
 *
 * What a segment does is done when it is written, answers included, so nobody waits for these.
 */
#ifndef FLOOD_H
#define FLOOD_H

#include "hostile.h"

/* SYNs of a whole flood (EDU_FLOOD_COUNT); and what the rest is drawn from (EDU_FLOOD_SEED). */
extern long flood_count;
void flood_begin(void);

/* ---- Strangers ---- */

struct stranger {
	struct path path;	/* to its own address */
	u16 port;
	u32 iss;
	struct seg syn;		/* what it offers */
	u32 nxt, us_nxt;	/* what comes next from either end, as it stands in a header */
	u32 us_iss, us_stamp;
	struct packet heard;	/* our last segment */
};

#define SYN_OFFERS	32	/* every combination of options, and ECN */

/* The next one, who offers the @n-th combination. */
struct stranger stranger_new(unsigned int n);
/* Sends flags, text and ACK as they are asked for, the rest as a peer would. */
void stranger_sends(struct stranger *s, u8 flags, u32 len);
void stranger_sends_ack_of(struct stranger *s, u32 ack);
/* Any segment of its own making. */
void stranger_sends_seg(struct stranger *s, const struct seg *seg, u32 seq, u32 ack);
/* Our next segment for it; false: there is none. */
bool stranger_hears(struct stranger *s);
/* SYN, and our SYN,ACK: the only answer that a SYN must get. */
struct stranger stranger_knocks(unsigned int n);
/* The ACK, with so much text; accepted, and what was negotiated is what both said. */
int stranger_enters(struct stranger *s, u32 len);
/* It has said @len octets, which are read; we say something, and it acknowledges. */
void stranger_talks(struct stranger *s, int fd, u32 len);
/* We close first, and the stranger answers: TIME-WAIT. */
void stranger_leaves_time_wait(struct stranger *s, int fd);
/* So many SYNs, each of which is answered. */
void flood(long syns);
/* Reads what we have sent, whomever to; returns how many segments that were. */
long ignore_answers(void);
/* A segment in the name of a flow's peer; as it stands in a header. */
void spoof(const struct flow *flow, const struct seg *seg, u32 seq, u32 ack, u32 len);

/* ---- Guests ---- */

struct guest {
	int client, server;
	u32 client_said, server_said;
};

/* Only its side: connect(). */
int guest_dials(void);
/* A handshake over lo with the wire's listener. */
struct guest guest_enters(void);
/* Tries, and does not get in within so many ms. */
bool guest_is_kept_out(int ms);
/* So many octets in each direction, looked at octet by octet. */
void guest_talks(struct guest *g, size_t octets);
void guest_leaves(struct guest *g);

/* ---- Memory ---- */

/* The transport's own slab objects, and octets of buffers. */
struct memory {
	long requests, time_waits, sockets, octets;
};

struct memory memory_now(void);
/* Waits until what was freed is free (RCU), and no more is there than @before. */
void memory_is_back(const struct memory *before);
/* The same, but for so many requests and connections; all of it below net.edu_tcp.mem. */
void memory_is_flat(const struct memory *before, long requests, long connections);
long slab_objects(const char *name);

#endif
