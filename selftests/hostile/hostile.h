/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parties of the segment fuzzer. In a network namespace of its own
 *
 *	us	is the system under test,
 *	user	has the sockets at our end (user.c),
 *	peer	is behind a TUN device, and knows of us what our segments say (talk.c),
 *	forger	sends in the peer's name whatever it likes (forge.c).
 *
 * Each plays with a number of talks at once. In some of them peer and user are honest and the
 * forger is off the path: these have to go on as if nothing were (honest.c).
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "../core/random.h"
#include "wire.h"

typedef __u64 u64;

/* ---- Text: an octet is a function of its place (text.c) ---- */

/* Who reads a stream and may not know yet where he is. */
struct reader {
	bool known;
	u32 at;			/* the place of the next octet, if known */
	u8 begin[16];		/* what came before that */
	size_t held;
};

void text_fill(u8 *text, u32 at, size_t len);
/* Whether it is the text of that place. */
bool text_is(const u8 *text, u32 at, size_t len);
/* Whether @text is what comes next. */
bool text_continues(struct reader *reader, const u8 *text, size_t len);

/* ---- Talks ---- */

#define HONEST		2
#define TALKS		64
#define PORTS_EACH	64	/* that the peer has for a talk, one after the other */

struct talk {
	int index;
	const struct path *path;
	int sockets;			/* the family of the user's socket */
	bool passive;			/* the peer opens; otherwise the user */
	u16 us_port, peer_port;
	unsigned int turn;		/* how often it was begun */

	/* What the peer knows of us, by our segments. */
	u8 heard;			/* the flags of all of them */
	u32 us_iss, us_nxt, us_ack;
	u32 us_win;
	u8 us_wscale;
	bool us_scales, us_stamps, us_sacks;
	u32 us_stamp;
	struct reader us_text;		/* at: of the octet at us_iss + 1 */
	u8 about[128];			/* our last segment, for an ICMP error */
	size_t about_len;

	/* What the peer has said. */
	bool opened;
	u32 iss, nxt, acked;		/* acked: of our text */
	u32 seq, ack, len;		/* the last one that was forged */
	u16 win;
	u8 wscale;
	bool scales, stamps, sacks;

	/* The user. */
	int fd;
	u32 base, written;		/* where the user's text begins, and how much there was */
	struct reader read;
	bool checks;			/* nothing is taken out of the stream that is read */
};

extern struct talk talks[TALKS];
extern struct rng rng;
extern int tun;
extern u64 written_segments;		/* packets of our protocol given to the TUN device */
extern u64 seen_segments, seen_resets;	/* that came out of it */

void talks_init(void);
/* A new connection, from another port of the peer's or, if @again, from the same. */
void talk_begin(struct talk *t, bool again);
/* Everything that we have sent meanwhile. */
void take_all(void);
/* The same for so long. */
void time_passes(s64 ms);

/* To the TUN device; false: no packet at all, says the device. */
bool put(const u8 *packet, size_t size);
/* The peer sends as it should, with what was agreed. */
void peer_says(struct talk *t, u8 flags, u32 seq, u32 ack, u32 len);
/* The peer does one thing that a peer would do. */
void peer_acts(struct talk *t);

void forge(struct talk *t);
/* From off the path: nothing that has both numbers right. */
void forge_blindly(struct talk *t);

void users_init(void);
void users_accept(void);
/* One call or another. */
void user_acts(struct talk *t);
void user_opens(struct talk *t);
void user_closes(struct talk *t);
/* Reads what is there; false: it is over, and errno is the reason, 0 for the end of text. */
bool user_reads(struct talk *t, size_t len);
/* Writes what there is room for; false: an error. */
bool user_writes(struct talk *t, size_t len);
void users_check_memory(void);
void users_leave(void);

void honest_acts(struct talk *t);
/* How many connections of honest ends have gone from SYN to FIN, and their octets. */
void honest_sum(long *connections, long *octets);

/* ---- Counters (counters.c) ---- */

long counter(const char *name);		/* of /proc/net/edu_tcp; a state: how many now */
long counter_ever(const char *state);
FILE *open_file(const char *name);
void counters_read(void);
long endpoints(void);			/* lines of /proc/net/edu_tcp_sockets */
/* One of /proc/net/snmp or snmp6, of which the first says "Ip" and then "InDelivers". */
long snmp(const char *group, const char *name);
long protocol_memory(void);		/* octets, of /proc/net/protocols */
long protocol_sockets(void);

/* The end: what was expected and what came, and how to see it again. */
void __printf(1, 2) __noreturn found(const char *format, ...);

/* ---- The story (story.c) ---- */

extern struct talk *acting;		/* whose turn it is */
void story_packet(const struct talk *t, const u8 *packet, size_t size, bool from_us);
void __printf(2, 3) story_call(const struct talk *t, const char *format, ...);
void story_tell_of(const struct talk *t);

#endif
