// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES, RFC 9293 section 3.10.7: every state meets every kind of
 * segment. Three tables, to be read beside the RFC:
 *
 *   starts[]  the states, and how user and peer bring them about
 *   kinds[]   the segments, by where they lie
 *   rules[]   what section 3.10.7 says becomes of a kind in a state
 *
 * Each pair of the first two is one test, and exactly one rule is for it.
 *
 * On the bench, in a synchronized state, before the segment arrives:
 *
 *	 peer's:   IRS ... IRS+1001       = RCV.NXT	(1000 octets were read)
 *			   RCV.NXT+10000  = the right edge
 *	 ours:	   ISS ... ISS+1001	  = SND.UNA	(1000 octets are acknowledged)
 *			   ISS+3001	  = SND.NXT	(2 segments in flight)
 *
 * and one more for the FIN of whoever sent one. FIN-WAIT-2 and TIME-WAIT have
 * nothing in flight: SND.UNA = SND.NXT.
 */
#include "bench.h"

enum start {
	IN_CLOSED,
	IN_LISTEN,
	IN_REQUEST,		/* SYN-RECEIVED, out of LISTEN */
	IN_SYN_SENT,
	IN_SYN_RECEIVED,	/* out of SYN-SENT: simultaneous open */
	IN_ESTABLISHED,
	IN_FIN_WAIT_1,		/* text and our FIN are in flight */
	IN_FIN_WAIT_2,
	IN_CLOSE_WAIT,
	IN_CLOSING,
	IN_LAST_ACK,
	IN_TIME_WAIT,
	IN_NO_WINDOW,		/* ESTABLISHED, RCV.WND = 0 */
	IN_NO_USER,		/* FIN-WAIT-1, and who closed will never read */
	IN_NO_USER_2,		/* FIN-WAIT-2, the same */
	STARTS,
};

#define S(start)	(1u << IN_##start)
#define ANY_START	((1u << STARTS) - 1)

/* RFC 9293: "ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT" */
#define SYNCHRONIZED	(S(ESTABLISHED) | S(FIN_WAIT_1) | S(FIN_WAIT_2) | S(CLOSE_WAIT) |	\
			 S(CLOSING) | S(LAST_ACK) | S(TIME_WAIT) | S(NO_WINDOW) |		\
			 S(NO_USER) | S(NO_USER_2))
/* ... those that text may still arrive in, */
#define RECEIVING	(S(ESTABLISHED) | S(FIN_WAIT_1) | S(FIN_WAIT_2))
/* ... those behind the peer's FIN, */
#define AFTER_FIN	(S(CLOSE_WAIT) | S(CLOSING) | S(LAST_ACK))
/* ... and those with something in flight. */
#define IN_FLIGHT	(S(ESTABLISHED) | S(FIN_WAIT_1) | S(CLOSE_WAIT) | S(CLOSING) |		\
			 S(LAST_ACK) | S(NO_WINDOW) | S(NO_USER))
#define HALF_OPEN	(S(REQUEST) | S(SYN_RECEIVED))

static const struct {
	const char *name;
	u8 state;
} starts[STARTS] = {
	[IN_CLOSED]	= { "CLOSED", EDU_CLOSED },
	[IN_LISTEN]	= { "LISTEN", EDU_LISTEN },
	[IN_REQUEST]	= { "SYN-RECEIVED (passive)", EDU_SYN_RECEIVED },
	[IN_SYN_SENT]	= { "SYN-SENT", EDU_SYN_SENT },
	[IN_SYN_RECEIVED]	= { "SYN-RECEIVED (simultaneous)", EDU_SYN_RECEIVED },
	[IN_ESTABLISHED]	= { "ESTABLISHED", EDU_ESTABLISHED },
	[IN_FIN_WAIT_1]	= { "FIN-WAIT-1", EDU_FIN_WAIT_1 },
	[IN_FIN_WAIT_2]	= { "FIN-WAIT-2", EDU_FIN_WAIT_2 },
	[IN_CLOSE_WAIT]	= { "CLOSE-WAIT", EDU_CLOSE_WAIT },
	[IN_CLOSING]	= { "CLOSING", EDU_CLOSING },
	[IN_LAST_ACK]	= { "LAST-ACK", EDU_LAST_ACK },
	[IN_TIME_WAIT]	= { "TIME-WAIT", EDU_TIME_WAIT },
	[IN_NO_WINDOW]	= { "ESTABLISHED (window closed)", EDU_ESTABLISHED },
	[IN_NO_USER]	= { "FIN-WAIT-1 (no user)", EDU_FIN_WAIT_1 },
	[IN_NO_USER_2]	= { "FIN-WAIT-2 (no user)", EDU_FIN_WAIT_2 },
};

/* Where a number lies. */
enum place {
	AT_IRS,			/* of SEG.SEQ */
	NXT,			/* RCV.NXT */
	EDGE,			/* RCV.NXT + RCV.WND: the first one outside */
	UNA,			/* of SEG.ACK: SND.UNA */
	ALL,			/* SND.NXT */
};

enum kind {
	SYN_AGAIN,
	SYN_AT_NXT,
	SYN_IN_WINDOW,
	SYN_BEYOND,
	SYN_ACK,
	SYN_ACK_FUTURE,
	ACK_ANCIENT,
	ACK_OLDEST,
	ACK_OLD,
	ACK_DUPLICATE,
	ACK_PART,
	ACK_ALL,
	ACK_FUTURE,
	ACK_BEFORE,
	ACK_AT_EDGE,
	ACK_BEYOND,
	NO_ACK,
	NO_ACK_BEFORE,
	RST_AT_NXT,
	RST_IN_WINDOW,
	RST_LAST_IN_WINDOW,
	RST_AT_EDGE,
	RST_BEFORE,
	RST_ACK_ALL,
	RST_ACK_FUTURE,
	RST_TEXT,
	FIN_AT_NXT,
	FIN_ACK_ALL,
	FIN_GAP,
	FIN_AGAIN,
	FIN_FUTURE_ACK,
	TEXT_AT_NXT,
	TEXT_ACK_ALL,
	TEXT_FIN,
	TEXT_BEFORE,
	TEXT_LEFT,
	TEXT_GAP,
	TEXT_RIGHT,
	TEXT_BEYOND,
	KINDS,
};

#define K(kind)		(1ull << (kind))
#define ANY_KIND	(K(KINDS) - 1)

static const struct {
	const char *name;
	u8 flags;
	u8 seq;
	s32 seq_off;
	u8 ack;
	s32 ack_off;
	u32 len;
	u32 starts;		/* where there is no such segment it is not asked for; 0: all */
} kinds[KINDS] = {
	[SYN_AGAIN]	 = { "SYN at IRS again", EDU_SYN, AT_IRS },
	[SYN_AT_NXT]	 = { "SYN at RCV.NXT", EDU_SYN, NXT },
	[SYN_IN_WINDOW]	 = { "SYN in window", EDU_SYN, NXT, 100 },
	[SYN_BEYOND]	 = { "SYN beyond the window", EDU_SYN, EDGE, 1 },
	[SYN_ACK]	 = { "SYN,ACK at IRS, ACK of all", EDU_SYN | EDU_ACK, AT_IRS, 0, ALL },
	[SYN_ACK_FUTURE] = { "SYN,ACK at IRS, ACK of the future", EDU_SYN | EDU_ACK, AT_IRS, 0,
			     ALL, 1 },
	[ACK_ANCIENT]	 = { "ACK before SND.UNA-MAX.SND.WND", EDU_ACK, NXT, 0,
			     UNA, -(s32)BENCH_WND - 1 },
	[ACK_OLDEST]	 = { "ACK of SND.UNA-MAX.SND.WND", EDU_ACK, NXT, 0,
			     UNA, -(s32)BENCH_WND },
	[ACK_OLD]	 = { "ACK old", EDU_ACK, NXT, 0, UNA, -1 },
	[ACK_DUPLICATE]	 = { "ACK duplicate", EDU_ACK, NXT, 0, UNA },
	[ACK_PART]	 = { "ACK of a part", EDU_ACK, NXT, 0, UNA, 1000, 0, IN_FLIGHT },
	[ACK_ALL]	 = { "ACK of all", EDU_ACK, NXT, 0, ALL },
	[ACK_FUTURE]	 = { "ACK of the future", EDU_ACK, NXT, 0, ALL, 1 },
	[ACK_BEFORE]	 = { "ACK before the window", EDU_ACK, NXT, -1, UNA },
	[ACK_AT_EDGE]	 = { "ACK of all, at the right edge", EDU_ACK, EDGE, 0, ALL },
	[ACK_BEYOND]	 = { "ACK beyond the window", EDU_ACK, EDGE, 1, UNA },
	[NO_ACK]	 = { "text without ACK", EDU_PSH, NXT, 0, UNA, 0, 100 },
	[NO_ACK_BEFORE]	 = { "text without ACK before the window", 0, NXT, -100, UNA, 0, 100 },
	[RST_AT_NXT]	 = { "RST at RCV.NXT", EDU_RST, NXT },
	[RST_IN_WINDOW]	 = { "RST in window", EDU_RST, NXT, 1, UNA, 0, 0,
			     ANY_START & ~S(NO_WINDOW) },
	[RST_LAST_IN_WINDOW] = { "RST at the window's last", EDU_RST, EDGE, -1, UNA, 0, 0,
				 ANY_START & ~S(NO_WINDOW) },
	[RST_AT_EDGE]	 = { "RST at the right edge", EDU_RST, EDGE, 0, UNA, 0, 0,
			     ANY_START & ~S(NO_WINDOW) },
	[RST_BEFORE]	 = { "RST before the window", EDU_RST, NXT, -1 },
	[RST_ACK_ALL]	 = { "RST,ACK of all", EDU_RST | EDU_ACK, NXT, 0, ALL },
	[RST_ACK_FUTURE] = { "RST,ACK of the future", EDU_RST | EDU_ACK, NXT, 0, ALL, 1 },
	[RST_TEXT]	 = { "RST with text", EDU_RST, NXT, 0, UNA, 0, 100 },
	[FIN_AT_NXT]	 = { "FIN, ACK duplicate", EDU_FIN | EDU_ACK, NXT, 0, UNA },
	[FIN_ACK_ALL]	 = { "FIN, ACK of all", EDU_FIN | EDU_ACK, NXT, 0, ALL },
	[FIN_GAP]	 = { "FIN behind a gap", EDU_FIN | EDU_ACK, NXT, 1000, UNA },
	[FIN_AGAIN]	 = { "FIN again", EDU_FIN | EDU_ACK, NXT, -1, ALL },
	[FIN_FUTURE_ACK] = { "FIN, ACK of the future", EDU_FIN | EDU_ACK, NXT, 0, ALL, 1 },
	[TEXT_AT_NXT]	 = { "text at RCV.NXT", EDU_ACK, NXT, 0, UNA, 0, 1000 },
	[TEXT_ACK_ALL]	 = { "text at RCV.NXT, ACK of all", EDU_ACK, NXT, 0, ALL, 0, 1000 },
	[TEXT_FIN]	 = { "text and FIN", EDU_FIN | EDU_ACK, NXT, 0, UNA, 0, 1000 },
	[TEXT_BEFORE]	 = { "text before the window", EDU_ACK, NXT, -500, UNA, 0, 500 },
	[TEXT_LEFT]	 = { "text across RCV.NXT", EDU_ACK, NXT, -500, UNA, 0, 1000 },
	[TEXT_GAP]	 = { "text behind a gap", EDU_ACK, NXT, 1000, UNA, 0, 1000 },
	[TEXT_RIGHT]	 = { "text across the right edge", EDU_ACK, EDGE, -500, UNA, 0, 1000 },
	[TEXT_BEYOND]	 = { "text beyond the window", EDU_ACK, EDGE, 0, UNA, 0, 100 },
};

/* The forms that an answer can have. Numbers are those after the segment was processed. */
enum answer {
	NOTHING,
	ACK,			/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
	ACK_SOON,		/* the same, at once or after a delay (3.8.6.3) */
	SYN_ACK_REPLY,		/* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> */
	RST_OF_ACK,		/* <SEQ=SEG.ACK><CTL=RST> */
	RST_OF_SEQ,		/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
};

/* What becomes of RCV.NXT and SND.UNA. */
#define SEQ_PLUS_1	0x80000000u	/* SEG.SEQ+1, where SEG is a SYN */
#define ACK_TAKEN	1		/* SND.UNA = SEG.ACK */

#define PATH(...)	{ __VA_ARGS__ }

/*
 * A rule: in these states these kinds do that. @rcv is by how much RCV.NXT
 * advances. What is left out is nothing.
 */
struct rule {
	const char *name;
	u32 starts;
	u64 kinds;
	u8 path[2];
	enum answer answer;
	enum edu_drop drop;
	u16 events;
	int err;
	u32 rcv;
	bool una;
	enum edu_text text;
};

#define RSTS		(K(RST_AT_NXT) | K(RST_IN_WINDOW) | K(RST_LAST_IN_WINDOW) |		\
			 K(RST_AT_EDGE) | K(RST_BEFORE) | K(RST_ACK_ALL) |			\
			 K(RST_ACK_FUTURE) | K(RST_TEXT))
/* SHLD-2: with text or without */
#define RSTS_AT_NXT	(K(RST_AT_NXT) | K(RST_ACK_ALL) | K(RST_ACK_FUTURE) | K(RST_TEXT))
#define NO_ACKS		(K(NO_ACK) | K(NO_ACK_BEFORE))
#define SYNS		(K(SYN_AGAIN) | K(SYN_AT_NXT) | K(SYN_IN_WINDOW) | K(SYN_BEYOND))
/* Wholly before RCV.NXT */
#define BEFORE		(K(SYN_AGAIN) | K(SYN_ACK) | K(SYN_ACK_FUTURE) | K(ACK_BEFORE) |	\
			 K(NO_ACK_BEFORE) | K(FIN_AGAIN) | K(TEXT_BEFORE))
#define BEYOND		(K(SYN_BEYOND) | K(ACK_BEYOND) | K(TEXT_BEYOND))
/* In the window or across its edges: acceptable, and more than an ACK */
#define TEXTS		(K(TEXT_AT_NXT) | K(TEXT_ACK_ALL) | K(TEXT_FIN) | K(TEXT_LEFT) |	\
			 K(TEXT_GAP) | K(TEXT_RIGHT))
#define FINS		(K(FIN_AT_NXT) | K(FIN_ACK_ALL) | K(FIN_GAP))
/* SEG.ACK = SND.NXT, sequence number acceptable */
#define ACKS_ALL	(K(ACK_ALL) | K(ACK_AT_EDGE) | K(FIN_ACK_ALL) | K(TEXT_ACK_ALL))

static const struct rule rules[] = {
	/* --- 3.10.7.1: CLOSED --- */
	{ "CLOSED: a RST is discarded", S(CLOSED), RSTS, .drop = EDU_DROP_CLOSED_RST },
	{ "CLOSED: the ACK bit is off: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>",
	  S(CLOSED), SYNS | NO_ACKS,
	  .answer = RST_OF_SEQ, .drop = EDU_DROP_NO_SOCKET },
	{ "CLOSED: the ACK bit is on: <SEQ=SEG.ACK><CTL=RST>",
	  S(CLOSED), ANY_KIND & ~(RSTS | SYNS | NO_ACKS),
	  .answer = RST_OF_ACK, .drop = EDU_DROP_NO_SOCKET },

	/* --- 3.10.7.2: LISTEN --- */
	{ "LISTEN, first: a RST is ignored", S(LISTEN), RSTS, .drop = EDU_DROP_CLOSED_RST },
	{ "LISTEN, second: any ACK is bad", S(LISTEN), ANY_KIND & ~(RSTS | SYNS | NO_ACKS),
	  .answer = RST_OF_ACK, .drop = EDU_DROP_LISTEN_ACK },
	{ "LISTEN, third: a SYN", S(LISTEN), SYNS, .events = EDU_EV_SYN },
	{ "LISTEN, fourth: other data or control is dropped", S(LISTEN), NO_ACKS,
	  .drop = EDU_DROP_LISTEN_OTHER },

	/* --- 3.10.7.3: SYN-SENT; only SND.NXT = ISS+1 is an acceptable ACK --- */
	{ "SYN-SENT, first: SEG.ACK =< ISS or > SND.NXT: a reset", S(SYN_SENT),
	  K(SYN_ACK_FUTURE) | K(ACK_ANCIENT) | K(ACK_OLDEST) | K(ACK_OLD) | K(ACK_DUPLICATE) |
	  K(ACK_FUTURE) | K(ACK_BEFORE) | K(ACK_BEYOND) | K(FIN_AT_NXT) | K(FIN_GAP) |
	  K(FIN_FUTURE_ACK) |
	  K(TEXT_AT_NXT) | K(TEXT_FIN) | K(TEXT_BEFORE) | K(TEXT_LEFT) | K(TEXT_GAP) |
	  K(TEXT_RIGHT) | K(TEXT_BEYOND),
	  .answer = RST_OF_ACK, .drop = EDU_DROP_SYN_SENT_BAD_ACK },
	{ "SYN-SENT, first: unless the RST bit is set", S(SYN_SENT), K(RST_ACK_FUTURE),
	  .drop = EDU_DROP_SYN_SENT_BAD_ACK },
	{ "SYN-SENT, second: RST, and the ACK was acceptable: connection refused", S(SYN_SENT),
	  K(RST_ACK_ALL), PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED, .err = ECONNREFUSED },
	{ "SYN-SENT, second: RST without ACK is dropped", S(SYN_SENT),
	  K(RST_AT_NXT) | K(RST_IN_WINDOW) | K(RST_LAST_IN_WINDOW) | K(RST_AT_EDGE) |
	  K(RST_BEFORE) | K(RST_TEXT), .drop = EDU_DROP_SYN_SENT_RST_NO_ACK },
	{ "SYN-SENT, fourth: SYN,ACK: ESTABLISHED, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>",
	  S(SYN_SENT), K(SYN_ACK), PATH(EDU_ESTABLISHED), .answer = ACK,
	  .events = EDU_EV_CONNECTED | EDU_EV_ACKED, .rcv = SEQ_PLUS_1, .una = ACK_TAKEN },
	{ "SYN-SENT, fourth: SYN alone: SYN-RECEIVED, <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>",
	  S(SYN_SENT), SYNS, PATH(EDU_SYN_RECEIVED), .answer = SYN_ACK_REPLY,
	  .rcv = SEQ_PLUS_1 },
	{ "SYN-SENT, fifth: neither SYN nor RST", S(SYN_SENT),
	  K(ACK_ALL) | K(ACK_AT_EDGE) | K(FIN_ACK_ALL) | K(FIN_AGAIN) | K(TEXT_ACK_ALL) | NO_ACKS,
	  .drop = EDU_DROP_SYN_SENT_OTHER },

	/* --- 3.10.7.4, first: check sequence number --- */
	{ "first: wholly before RCV.NXT: an ACK", (SYNCHRONIZED | HALF_OPEN) & ~S(TIME_WAIT),
	  BEFORE & ~(K(SYN_AGAIN) | K(SYN_ACK) | K(SYN_ACK_FUTURE)),
	  .answer = ACK, .drop = EDU_DROP_OLD_SEQUENCE },
	{ "first: the peer's SYN again: an ACK", (SYNCHRONIZED | S(SYN_RECEIVED)),
	  K(SYN_AGAIN), .answer = ACK, .drop = EDU_DROP_OLD_SEQUENCE },
	/* Linux, and the BSDs: who repeats a SYN has not seen our SYN,ACK. */
	{ "first: the peer's SYN again, for a request: the SYN,ACK again", S(REQUEST),
	  K(SYN_AGAIN), .drop = EDU_DROP_SYN_DUPLICATE, .events = EDU_EV_SYNACK },
	{ "first: the peer's SYN again, with ACK: an ACK", SYNCHRONIZED | S(REQUEST),
	  K(SYN_ACK) | K(SYN_ACK_FUTURE), .answer = ACK, .drop = EDU_DROP_OLD_SEQUENCE },
	{ "first: in TIME-WAIT too", S(TIME_WAIT),
	  K(ACK_BEFORE) | K(NO_ACK_BEFORE) | K(TEXT_BEFORE),
	  .answer = ACK, .drop = EDU_DROP_OLD_SEQUENCE },
	{ "first: beyond the window: an ACK", (SYNCHRONIZED | HALF_OPEN) & ~S(TIME_WAIT),
	  K(SYN_BEYOND) | K(ACK_BEYOND), .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	{ "first: beyond the window: an ACK",
	  (SYNCHRONIZED | HALF_OPEN) & ~(S(TIME_WAIT) | S(NO_WINDOW)),
	  K(TEXT_BEYOND), .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	{ "first: in TIME-WAIT too", S(TIME_WAIT), K(ACK_BEYOND) | K(TEXT_BEYOND),
	  .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	/* RFC 1122 4.2.2.17: "special allowance" for ACK and RST at RCV.NXT alone */
	{ "first: RCV.WND = 0: nothing with a length is acceptable", S(NO_WINDOW),
	  K(SYN_IN_WINDOW) | K(FIN_GAP) | K(TEXT_LEFT) | K(TEXT_GAP),
	  .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	{ "first: RCV.WND = 0: wholly before RCV.NXT but for its last octets", S(NO_WINDOW),
	  K(TEXT_RIGHT), .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	{ "first: a RST outside of the window is dropped silently",
	  (SYNCHRONIZED | HALF_OPEN) & ~S(TIME_WAIT), K(RST_BEFORE),
	  .drop = EDU_DROP_RST_OUT_OF_WINDOW },
	{ "first: a RST outside of the window is dropped silently",
	  (SYNCHRONIZED | HALF_OPEN) & ~(S(TIME_WAIT) | S(NO_WINDOW)), K(RST_AT_EDGE),
	  .drop = EDU_DROP_RST_OUT_OF_WINDOW },

	/* --- second: check the RST bit --- */
	{ "second: in the window, but not at RCV.NXT: a challenge ACK",
	  (SYNCHRONIZED | HALF_OPEN) & ~(S(TIME_WAIT) | S(NO_WINDOW)),
	  K(RST_IN_WINDOW) | K(RST_LAST_IN_WINDOW),
	  .answer = ACK, .drop = EDU_DROP_RST_CHALLENGED },
	{ "second: SYN-RECEIVED, passive: return to LISTEN, the user need not be informed",
	  S(REQUEST), RSTS_AT_NXT, PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED },
	{ "second: SYN-RECEIVED, active: connection refused",
	  S(SYN_RECEIVED), RSTS_AT_NXT, PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED, .err = ECONNREFUSED },
	{ "second: ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2: connection reset",
	  RECEIVING | S(NO_WINDOW) | S(NO_USER) | S(NO_USER_2),
	  RSTS_AT_NXT, PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED, .err = ECONNRESET },
	/* POSIX: a user who has read the FIN can only fail at writing */
	{ "second: CLOSE-WAIT: connection reset, which the user sees as EPIPE",
	  S(CLOSE_WAIT), RSTS_AT_NXT, PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED, .err = EPIPE },
	{ "second: CLOSING, LAST-ACK: CLOSED", S(CLOSING) | S(LAST_ACK),
	  RSTS_AT_NXT, PATH(EDU_CLOSED),
	  .drop = EDU_DROP_RST, .events = EDU_EV_CLOSED },
	{ "second: TIME-WAIT: ignored (RFC 1337)", S(TIME_WAIT), RSTS,
	  .drop = EDU_DROP_TIME_WAIT_RST },

	/* --- fourth: check the SYN bit --- */
	{ "fourth: SYN-RECEIVED, passive: return to LISTEN", S(REQUEST),
	  K(SYN_AT_NXT) | K(SYN_IN_WINDOW),
	  PATH(EDU_CLOSED), .drop = EDU_DROP_SYN_CHALLENGED, .events = EDU_EV_CLOSED },
	{ "fourth: synchronized states: a challenge ACK (RFC 5961)",
	  (SYNCHRONIZED | S(SYN_RECEIVED)) & ~(S(TIME_WAIT) | S(NO_WINDOW)), K(SYN_IN_WINDOW),
	  .answer = ACK, .drop = EDU_DROP_SYN_CHALLENGED },
	{ "fourth: synchronized states: a challenge ACK (RFC 5961)",
	  SYNCHRONIZED | S(SYN_RECEIVED), K(SYN_AT_NXT),
	  .answer = ACK, .drop = EDU_DROP_SYN_CHALLENGED },
	{ "fourth: TIME-WAIT: a new SYN opens a new connection (MAY-2)", S(TIME_WAIT),
	  K(SYN_IN_WINDOW) | K(SYN_BEYOND), .events = EDU_EV_SYN },

	/* --- fifth: check the ACK field --- */
	{ "fifth: the ACK bit is off: drop", (SYNCHRONIZED | HALF_OPEN) & ~S(TIME_WAIT), K(NO_ACK),
	  .drop = EDU_DROP_NO_ACK },
	{ "fifth: the ACK bit is off: drop", S(TIME_WAIT), K(NO_ACK), .drop = EDU_DROP_TIME_WAIT },
	{ "fifth: SYN-RECEIVED: not SND.UNA < SEG.ACK =< SND.NXT: a reset", HALF_OPEN,
	  K(ACK_ANCIENT) | K(ACK_OLDEST) | K(ACK_OLD) | K(ACK_DUPLICATE) | K(ACK_FUTURE) |
	  K(FIN_AT_NXT) | K(FIN_GAP) | K(FIN_FUTURE_ACK) | (TEXTS & ~K(TEXT_ACK_ALL)),
	  .answer = RST_OF_ACK, .drop = EDU_DROP_BAD_ACK },
	{ "fifth: SYN-RECEIVED, the SYN,ACK of a simultaneous open: the same", S(SYN_RECEIVED),
	  K(SYN_ACK_FUTURE), .answer = RST_OF_ACK, .drop = EDU_DROP_BAD_ACK },
	{ "fifth: SYN-RECEIVED, passive: a connection", S(REQUEST), ACKS_ALL,
	  .events = EDU_EV_ACCEPT },
	{ "fifth: SYN-RECEIVED: ESTABLISHED", S(SYN_RECEIVED),
	  K(ACK_ALL) | K(ACK_AT_EDGE) | K(SYN_ACK), PATH(EDU_ESTABLISHED),
	  .events = EDU_EV_CONNECTED | EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "fifth, seventh: SYN-RECEIVED: ESTABLISHED, and the text", S(SYN_RECEIVED),
	  K(TEXT_ACK_ALL), PATH(EDU_ESTABLISHED), .answer = ACK_SOON,
	  .events = EDU_EV_CONNECTED | EDU_EV_ACKED | EDU_EV_READABLE, .una = ACK_TAKEN,
	  .rcv = 1000, .text = EDU_TEXT_DELIVER },
	{ "fifth, eighth: SYN-RECEIVED: ESTABLISHED, then CLOSE-WAIT", S(SYN_RECEIVED),
	  K(FIN_ACK_ALL), PATH(EDU_ESTABLISHED, EDU_CLOSE_WAIT), .answer = ACK_SOON,
	  .events = EDU_EV_CONNECTED | EDU_EV_ACKED | EDU_EV_FIN, .una = ACK_TAKEN, .rcv = 1 },

	{ "fifth: SEG.ACK < SND.UNA - MAX.SND.WND: an ACK (RFC 5961 5.2)",
	  SYNCHRONIZED & ~S(TIME_WAIT), K(ACK_ANCIENT),
	  .answer = ACK, .drop = EDU_DROP_OLD_ACK },
	{ "fifth: SEG.ACK > SND.NXT: an ACK, and drop", SYNCHRONIZED,
	  K(ACK_FUTURE) | K(FIN_FUTURE_ACK), .answer = ACK, .drop = EDU_DROP_FUTURE_ACK },
	{ "fifth: SEG.ACK =< SND.UNA: a duplicate, it can be ignored",
	  SYNCHRONIZED & ~S(TIME_WAIT), K(ACK_OLDEST) | K(ACK_OLD) | K(ACK_DUPLICATE) },
	{ "fifth: SND.UNA < SEG.ACK =< SND.NXT: SND.UNA <- SEG.ACK", IN_FLIGHT, K(ACK_PART),
	  .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "fifth: ESTABLISHED, CLOSE-WAIT: all is acknowledged",
	  S(ESTABLISHED) | S(CLOSE_WAIT) | S(NO_WINDOW), K(ACK_ALL) | K(ACK_AT_EDGE),
	  .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "fifth: FIN-WAIT-1: our FIN is acknowledged: FIN-WAIT-2", S(FIN_WAIT_1) | S(NO_USER),
	  K(ACK_ALL) | K(ACK_AT_EDGE), PATH(EDU_FIN_WAIT_2),
	  .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "fifth: FIN-WAIT-2: nothing is in flight", S(FIN_WAIT_2) | S(NO_USER_2),
	  K(ACK_ALL) | K(ACK_AT_EDGE) },
	{ "fifth: CLOSING: our FIN is acknowledged: TIME-WAIT", S(CLOSING),
	  K(ACK_ALL) | K(ACK_AT_EDGE), PATH(EDU_TIME_WAIT),
	  .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "fifth: LAST-ACK: our FIN is acknowledged: CLOSED", S(LAST_ACK), ACKS_ALL,
	  PATH(EDU_CLOSED), .events = EDU_EV_ACKED | EDU_EV_CLOSED, .una = ACK_TAKEN },
	{ "fifth: TIME-WAIT: only a retransmission of the remote FIN can arrive",
	  S(TIME_WAIT), K(ACK_ANCIENT) | K(ACK_OLDEST) | K(ACK_OLD) | K(ACK_DUPLICATE) |
	  ACKS_ALL | TEXTS | FINS, .drop = EDU_DROP_TIME_WAIT },
	{ "fifth: TIME-WAIT: the remote FIN again: an ACK, and restart 2MSL", S(TIME_WAIT),
	  K(FIN_AGAIN), .answer = ACK, .drop = EDU_DROP_OLD_SEQUENCE, .events = EDU_EV_2MSL },

	/* --- seventh: process the segment text --- */
	{ "seventh: at RCV.NXT: deliver, RCV.NXT advances", RECEIVING, K(TEXT_AT_NXT),
	  .answer = ACK_SOON, .events = EDU_EV_READABLE, .rcv = 1000, .text = EDU_TEXT_DELIVER },
	{ "fifth, seventh: at RCV.NXT, and all is acknowledged", S(ESTABLISHED), K(TEXT_ACK_ALL),
	  .answer = ACK_SOON, .events = EDU_EV_READABLE | EDU_EV_ACKED, .una = ACK_TAKEN,
	  .rcv = 1000, .text = EDU_TEXT_DELIVER },
	{ "fifth, seventh: FIN-WAIT-1: the text, and FIN-WAIT-2", S(FIN_WAIT_1), K(TEXT_ACK_ALL),
	  PATH(EDU_FIN_WAIT_2), .answer = ACK_SOON,
	  .events = EDU_EV_READABLE | EDU_EV_ACKED, .una = ACK_TAKEN,
	  .rcv = 1000, .text = EDU_TEXT_DELIVER },
	{ "seventh: FIN-WAIT-2: the other half stays open", S(FIN_WAIT_2), K(TEXT_ACK_ALL),
	  .answer = ACK_SOON, .events = EDU_EV_READABLE, .rcv = 1000, .text = EDU_TEXT_DELIVER },
	{ "seventh: across RCV.NXT: only the new part", RECEIVING, K(TEXT_LEFT),
	  .answer = ACK_SOON, .events = EDU_EV_READABLE, .rcv = 500, .text = EDU_TEXT_DELIVER },
	{ "seventh: behind a gap: held (SHLD-31), and an ACK at once (RFC 5681 4.2)", RECEIVING,
	  K(TEXT_GAP) | K(TEXT_RIGHT), .answer = ACK, .text = EDU_TEXT_HELD },
	{ "seventh: after a FIN this should not occur: ignore the text",
	  S(CLOSE_WAIT), TEXTS & ~K(TEXT_ACK_ALL), .drop = EDU_DROP_TEXT_AFTER_FIN },
	{ "seventh: after a FIN, but the ACK is heard", S(CLOSE_WAIT), K(TEXT_ACK_ALL),
	  .drop = EDU_DROP_TEXT_AFTER_FIN, .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "seventh: after a FIN this should not occur: ignore the text",
	  S(CLOSING) | S(LAST_ACK), TEXTS & ~K(TEXT_ACK_ALL), .drop = EDU_DROP_TEXT_AFTER_FIN },
	{ "seventh: CLOSING, but the ACK is heard: TIME-WAIT", S(CLOSING),
	  K(TEXT_ACK_ALL) | K(FIN_ACK_ALL), PATH(EDU_TIME_WAIT),
	  .drop = EDU_DROP_TEXT_AFTER_FIN, .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "seventh: RCV.WND = 0: the text is cut off, an ACK says where we are", S(NO_WINDOW),
	  K(TEXT_AT_NXT) | K(TEXT_FIN) | K(TEXT_BEYOND),
	  .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW },
	{ "fifth, seventh: RCV.WND = 0: but its ACK is heard", S(NO_WINDOW), K(TEXT_ACK_ALL),
	  .answer = ACK, .drop = EDU_DROP_OUT_OF_WINDOW,
	  .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "3.6: new text for who has closed and will never read: a reset",
	  S(NO_USER) | S(NO_USER_2),
	  (TEXTS & ~(K(TEXT_ACK_ALL))), PATH(EDU_CLOSED), .answer = RST_OF_ACK,
	  .drop = EDU_DROP_TEXT_AFTER_CLOSE, .events = EDU_EV_CLOSED, .err = ECONNRESET },
	{ "3.6: the same, its ACK is taken first", S(NO_USER), K(TEXT_ACK_ALL),
	  PATH(EDU_CLOSED), .answer = RST_OF_ACK, .drop = EDU_DROP_TEXT_AFTER_CLOSE,
	  .events = EDU_EV_CLOSED | EDU_EV_ACKED, .err = ECONNRESET, .una = ACK_TAKEN },
	{ "3.6: the same, in FIN-WAIT-2", S(NO_USER_2), K(TEXT_ACK_ALL),
	  PATH(EDU_CLOSED), .answer = RST_OF_ACK, .drop = EDU_DROP_TEXT_AFTER_CLOSE,
	  .events = EDU_EV_CLOSED, .err = ECONNRESET },

	/* --- eighth: check the FIN bit --- */
	{ "eighth: ESTABLISHED: CLOSE-WAIT", S(ESTABLISHED), K(FIN_AT_NXT), PATH(EDU_CLOSE_WAIT),
	  .answer = ACK_SOON, .events = EDU_EV_FIN, .rcv = 1 },
	{ "fifth, eighth: ESTABLISHED: all is acknowledged, and CLOSE-WAIT", S(ESTABLISHED),
	  K(FIN_ACK_ALL), PATH(EDU_CLOSE_WAIT), .answer = ACK_SOON,
	  .events = EDU_EV_FIN | EDU_EV_ACKED, .rcv = 1, .una = ACK_TAKEN },
	{ "seventh, eighth: ESTABLISHED: the text, then CLOSE-WAIT", S(ESTABLISHED),
	  K(TEXT_FIN), PATH(EDU_CLOSE_WAIT), .answer = ACK_SOON,
	  .events = EDU_EV_FIN | EDU_EV_READABLE, .rcv = 1001, .text = EDU_TEXT_DELIVER },
	/* Linux: some stacks send nothing but FIN until the window opens. It costs no room. */
	{ "eighth: a FIN alone needs no window", S(NO_WINDOW), K(FIN_AT_NXT),
	  PATH(EDU_CLOSE_WAIT), .answer = ACK_SOON, .events = EDU_EV_FIN, .rcv = 1 },
	{ "fifth, eighth: a FIN alone needs no window", S(NO_WINDOW), K(FIN_ACK_ALL),
	  PATH(EDU_CLOSE_WAIT), .answer = ACK_SOON, .events = EDU_EV_FIN | EDU_EV_ACKED,
	  .rcv = 1, .una = ACK_TAKEN },
	{ "eighth: FIN-WAIT-1, our FIN is not acknowledged: CLOSING", S(FIN_WAIT_1) | S(NO_USER),
	  K(FIN_AT_NXT), PATH(EDU_CLOSING), .answer = ACK, .events = EDU_EV_FIN, .rcv = 1 },
	{ "seventh, eighth: FIN-WAIT-1: the text, then CLOSING", S(FIN_WAIT_1), K(TEXT_FIN),
	  PATH(EDU_CLOSING), .answer = ACK, .events = EDU_EV_FIN | EDU_EV_READABLE,
	  .rcv = 1001, .text = EDU_TEXT_DELIVER },
	{ "eighth: FIN-WAIT-1, our FIN is acknowledged in this segment: TIME-WAIT",
	  S(FIN_WAIT_1) | S(NO_USER), K(FIN_ACK_ALL), PATH(EDU_TIME_WAIT), .answer = ACK,
	  .events = EDU_EV_FIN | EDU_EV_ACKED, .rcv = 1, .una = ACK_TAKEN },
	{ "eighth: FIN-WAIT-2: TIME-WAIT", S(FIN_WAIT_2) | S(NO_USER_2),
	  K(FIN_AT_NXT) | K(FIN_ACK_ALL), PATH(EDU_TIME_WAIT), .answer = ACK,
	  .events = EDU_EV_FIN, .rcv = 1 },
	{ "seventh, eighth: FIN-WAIT-2: the text, then TIME-WAIT", S(FIN_WAIT_2), K(TEXT_FIN),
	  PATH(EDU_TIME_WAIT), .answer = ACK, .events = EDU_EV_FIN | EDU_EV_READABLE,
	  .rcv = 1001, .text = EDU_TEXT_DELIVER },
	{ "eighth: a FIN behind a gap waits with the text",
	  RECEIVING | S(NO_USER) | S(NO_USER_2), K(FIN_GAP),
	  .answer = ACK, .text = EDU_TEXT_HELD },
	/* A second FIN, behind the first: no TCP sends that. */
	{ "eighth: CLOSE-WAIT: remain", S(CLOSE_WAIT), K(FIN_AT_NXT) | K(FIN_GAP),
	  .drop = EDU_DROP_TEXT_AFTER_FIN },
	{ "eighth: CLOSE-WAIT: remain", S(CLOSE_WAIT), K(FIN_ACK_ALL),
	  .drop = EDU_DROP_TEXT_AFTER_FIN, .events = EDU_EV_ACKED, .una = ACK_TAKEN },
	{ "eighth: CLOSING, LAST-ACK: remain", S(CLOSING) | S(LAST_ACK),
	  K(FIN_AT_NXT) | K(FIN_GAP), .drop = EDU_DROP_TEXT_AFTER_FIN },
};

struct cell {
	enum start start;
	enum kind kind;
};

static struct cell cells[STARTS * KINDS];

static bool asked_for(enum start start, enum kind kind)
{
	return !kinds[kind].starts || (kinds[kind].starts & 1u << start);
}

static const struct rule *rule_for(const struct cell *c, unsigned int *count)
{
	const struct rule *found = NULL;
	unsigned int i;

	*count = 0;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if ((rules[i].starts & 1u << c->start) && (rules[i].kinds & K(c->kind))) {
			found = &rules[i];
			(*count)++;
		}
	}
	return found;
}

/* The pairs, one after the other. */
static const void *cell_gen_params(struct kunit *test, const void *prev, char *desc)
{
	unsigned int i = prev ? (const struct cell *)prev - cells + 1 : 0;

	for (; i < ARRAY_SIZE(cells); i++) {
		struct cell *c = &cells[i];

		c->start = i / KINDS;
		c->kind = i % KINDS;
		if (!asked_for(c->start, c->kind))
			continue;
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", starts[c->start].name,
			 kinds[c->kind].name);
		return c;
	}
	return NULL;
}

/* What stands in for a TCB where there is none, beside the bench. */
struct subject {
	struct bench *b;
	enum start start;
	struct edu_request request;
	struct edu_conn wait;
	struct edu_conn *conn;
};

static void prepare_request(struct subject *s)
{
	struct edu_segment syn = {
		.flags = EDU_SYN,
		.seq = s->b->irs,
		.wnd = BENCH_WND,
	};

	edu_request_init(&s->request, &syn, &s->b->params, s->b->iss, 0, BENCH_WND, 0, NOW(s->b));
	s->conn = &s->request.conn;
}

/* Text has gone both ways: see the top of this file. */
static void prepare_established(struct bench *b)
{
	bench_established(b);
	bench_peer(b, EDU_ACK, 1, 1, 1000);
	bench_send(b, 1000);
	bench_wait(b, BENCH_RTT);
	bench_peer(b, EDU_ACK, 1001, 1001, 0);
	bench_send(b, 1000);
	bench_send(b, 1000);
	KUNIT_ASSERT_EQ(b->test, b->t.rcv_nxt, b->irs + 1001);
	KUNIT_ASSERT_EQ(b->test, b->t.rcv_wnd, BENCH_WND);
	KUNIT_ASSERT_EQ(b->test, b->t.snd_una, b->iss + 1001);
	KUNIT_ASSERT_EQ(b->test, b->t.snd_nxt, b->iss + 3001);
}

/* The user has read nothing, and the buffer is full. */
static void close_window(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		b->budget.rcv_free -= 1000;
		bench_peer(b, EDU_ACK, 1001 + i * 1000, 1001, 1000);
	}
	KUNIT_ASSERT_EQ(b->test, b->t.rcv_wnd, 0u);
}

static void prepare(struct subject *s)
{
	struct bench *b = s->b;

	s->conn = &b->t.conn;
	switch (s->start) {
	case IN_CLOSED:
		break;
	case IN_LISTEN:
		bench_listen(b);
		break;
	case IN_REQUEST:
		prepare_request(s);
		break;
	case IN_SYN_SENT:
		bench_syn_sent(b);
		break;
	case IN_SYN_RECEIVED:
		bench_syn_received(b);
		break;
	case IN_ESTABLISHED:
		prepare_established(b);
		break;
	case IN_NO_WINDOW:
		prepare_established(b);
		close_window(b);
		break;
	case IN_FIN_WAIT_1:
		prepare_established(b);
		bench_shutdown(b);
		break;
	case IN_NO_USER:
		prepare_established(b);
		bench_close(b);
		break;
	case IN_FIN_WAIT_2:
		prepare_established(b);
		bench_shutdown(b);
		bench_peer(b, EDU_ACK, 1001, 3002, 0);
		break;
	case IN_NO_USER_2:
		prepare_established(b);
		bench_close(b);
		bench_peer(b, EDU_ACK, 1001, 3002, 0);
		break;
	case IN_CLOSE_WAIT:
		prepare_established(b);
		bench_peer(b, EDU_FIN | EDU_ACK, 1001, 1001, 0);
		break;
	case IN_CLOSING:
		prepare_established(b);
		bench_shutdown(b);
		bench_peer(b, EDU_FIN | EDU_ACK, 1001, 1001, 0);
		break;
	case IN_LAST_ACK:
		prepare_established(b);
		bench_peer(b, EDU_FIN | EDU_ACK, 1001, 1001, 0);
		bench_shutdown(b);
		break;
	case IN_TIME_WAIT:
		prepare_established(b);
		bench_shutdown(b);
		bench_peer(b, EDU_FIN | EDU_ACK, 1001, 3002, 0);
		s->wait = b->t.conn;
		s->conn = &s->wait;
		break;
	default:
		break;
	}
	KUNIT_ASSERT_EQ(b->test, s->conn->state, starts[s->start].state);
	bench_wait(b, BENCH_RTT);
	bench_forget(b);
}

static u32 place(const struct subject *s, enum place place)
{
	bool none = s->start == IN_CLOSED || s->start == IN_LISTEN || s->start == IN_SYN_SENT;
	/* Where there are no such variables yet, any number will do. */
	u32 nxt = none ? s->b->irs + 1 : s->conn->rcv_nxt;
	u32 wnd = none ? BENCH_WND : s->conn->rcv_wnd;

	switch (place) {
	case AT_IRS:
		return s->b->irs;
	case NXT:
		return nxt;
	case EDGE:
		return nxt + wnd;
	case UNA:
		return s->conn->snd_una;
	default:
		return s->conn->snd_nxt;
	}
}

static void process(struct subject *s, const struct edu_segment *seg)
{
	struct bench *b = s->b;

	edu_todo_init(&b->todo);
	switch (s->start) {
	case IN_LISTEN:
		edu_arrives_listen(seg, &b->todo);
		break;
	case IN_REQUEST:
		edu_arrives_request(&s->request, seg, NOW(s->b), &b->todo);
		break;
	case IN_TIME_WAIT:
		edu_arrives_time_wait(&s->wait, seg, NOW(s->b), &b->todo);
		break;
	default:
		bench_arrives(b, seg);
		bench_output(b);
	}
}

/* "expected this, got that", with the case that it was */
#define SAY	"%s; ISS 0x%x IRS 0x%x", rule->name, b->iss, b->irs

/* The answer, whether the todo has it or edu_output() offered it. */
static void check_answer(struct subject *s, const struct rule *rule,
			 const struct edu_segment *seg)
{
	struct bench *b = s->b;
	struct kunit *test = b->test;
	u8 flags = b->todo.reply, expected = 0;
	u32 seq = b->todo.reply_seq, ack = b->todo.reply_ack;
	u32 expected_seq = s->conn->snd_nxt, expected_ack = s->conn->rcv_nxt;

	KUNIT_EXPECT_LE_MSG(test, b->nsent + !!flags, 1u, SAY);
	if (b->nsent) {
		flags = LAST(b).flags;
		seq = LAST(b).seq;
		ack = LAST(b).ack;
		KUNIT_EXPECT_EQ_MSG(test, LAST(b).len, 0u, SAY);
	}

	switch (rule->answer) {
	case NOTHING:
		break;
	case ACK_SOON:
		if (!flags) {
			KUNIT_EXPECT_LE_MSG(test, b->t.deadline[EDU_TIMER_DELACK],
					    NOW(b) + 500 * EDU_MSEC, SAY);	/* MUST-40 */
			return;
		}
		fallthrough;
	case ACK:
		expected = EDU_ACK;
		break;
	case SYN_ACK_REPLY:
		expected = EDU_SYN | EDU_ACK;
		expected_seq = b->iss;
		break;
	case RST_OF_ACK:
		expected = EDU_RST;
		expected_seq = seg->ack;
		break;
	case RST_OF_SEQ:
		expected = EDU_RST | EDU_ACK;
		expected_seq = 0;
		expected_ack = seg->seq + edu_seg_len(seg);
		break;
	}
	KUNIT_EXPECT_TRUE_MSG(test, flags == expected, "%s: answered by %s, not by %s",
			      rule->name, bench_flags(flags), bench_flags(expected));
	if (!flags || flags != expected)
		return;
	KUNIT_EXPECT_EQ_MSG(test, seq, expected_seq, SAY);
	if (flags & EDU_ACK)
		KUNIT_EXPECT_EQ_MSG(test, ack, expected_ack, SAY);
}

static void check_path(struct bench *b, const struct rule *rule)
{
	unsigned int i, n = !!rule->path[0] + !!rule->path[1];

	KUNIT_EXPECT_EQ_MSG(b->test, b->todo.npath, (u8)n, SAY);
	for (i = 0; i < n && i < b->todo.npath; i++)
		KUNIT_EXPECT_TRUE_MSG(b->test, b->todo.path[i] == rule->path[i],
				      "%s: enters %s, not %s", rule->name,
				      edu_state_name(b->todo.path[i]),
				      edu_state_name(rule->path[i]));
}

static void check_cell(struct kunit *test, const struct cell *c, u32 iss, u32 irs)
{
	struct subject *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct edu_segment seg = { .wnd = BENCH_WND };
	const struct rule *rule;
	u32 rcv_nxt, snd_una;
	unsigned int count;
	struct bench *b;

	KUNIT_ASSERT_NOT_NULL(test, s);
	b = bench_new(test, iss, irs);
	s->b = b;
	s->start = c->start;
	rule = rule_for(c, &count);
	KUNIT_ASSERT_EQ_MSG(test, count, 1u, "%u rules for %s: %s", count,
			    starts[c->start].name, kinds[c->kind].name);

	prepare(s);
	seg.flags = kinds[c->kind].flags;
	seg.seq = place(s, kinds[c->kind].seq) + kinds[c->kind].seq_off;
	if (seg.flags & EDU_ACK)
		seg.ack = place(s, kinds[c->kind].ack) + kinds[c->kind].ack_off;
	seg.len = kinds[c->kind].len;
	rcv_nxt = s->conn->rcv_nxt;
	snd_una = s->conn->snd_una;

	process(s, &seg);

	check_path(b, rule);
	check_answer(s, rule, &seg);
	KUNIT_EXPECT_EQ_MSG(test, b->todo.drop, (u8)rule->drop, SAY);
	KUNIT_EXPECT_EQ_MSG(test, b->todo.events, rule->events, SAY);
	KUNIT_EXPECT_EQ_MSG(test, b->todo.err, rule->err, SAY);
	KUNIT_EXPECT_EQ_MSG(test, b->todo.text, (u8)rule->text, SAY);
	KUNIT_EXPECT_EQ_MSG(test, s->conn->rcv_nxt,
			    rule->rcv == SEQ_PLUS_1 ? seg.seq + 1 : rcv_nxt + rule->rcv, SAY);
	KUNIT_EXPECT_EQ_MSG(test, s->conn->snd_una, rule->una ? seg.ack : snd_una, SAY);
	if (s->conn->state == EDU_CLOSED || s->conn->state == EDU_TIME_WAIT)
		KUNIT_EXPECT_TRUE_MSG(test, edu_next_deadline(&b->t) == EDU_NEVER, SAY);
}

/* Numbers that stay small, that wrap in the middle of it all, and that change sign there. */
static const u32 origins[] = { 1000000, 0u - 1500, 0x80000000u - 1500 };

static void segment_arrives(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(origins); i++)
		for (j = 0; j < ARRAY_SIZE(origins); j++)
			check_cell(test, test->param_value, origins[i], origins[j]);
}

/* What edu_flags_plausible() keeps from the core, RFC 9293 would drop too, or reset. */
static void impossible_flags(struct kunit *test)
{
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		bool syn = flags & EDU_SYN, fin = flags & EDU_FIN, rst = flags & EDU_RST;
		bool possible = syn + fin + rst <= 1 && (syn || rst || (flags & EDU_ACK));

		KUNIT_EXPECT_EQ_MSG(test, edu_flags_plausible(flags), possible, "%s",
				    bench_flags(flags));
	}
}

static struct kunit_case arrives_cases[] = {
	KUNIT_CASE_PARAM(segment_arrives, cell_gen_params),
	KUNIT_CASE(impossible_flags),
	{}
};

static struct kunit_suite arrives_suite = {
	.name = "edu_tcp_arrives",
	.test_cases = arrives_cases,
};

kunit_test_suite(arrives_suite);
