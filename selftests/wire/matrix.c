// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES (RFC 9293 3.10.7) on the wire: every state meets every kind of segment. A pair
 * is a test of its own: what is answered, which state follows and what is counted. To be read
 * beside the RFC, in this order:
 *
 *	steps[]		the steps of 3.10.7 and what a segment that ends there brings about
 *	kinds[]		the segments, by where they lie
 *	matrix[]	the step at which each kind ends in each state, and the state that follows
 *	differences[]	where the kernel's own TCP, which meets the same segments, differs
 *
 * The core's unit test (kunit/arrives_test.c) asks the same of the core alone, by rules.
 *
 * In a synchronized state, before the segment arrives, with the sequence numbers of the wire tests:
 *
 *	the peer's:  1 ... 501 = RCV.NXT	(500 bytes have come and been read)
 *	ours:	     1 ... 101 = SND.UNA	(100 bytes are acknowledged)
 *		     201       = SND.NXT	(and 100 are in flight)
 *
 * and one more for the FIN of whoever sent one. FIN-WAIT-2 and TIME-WAIT have nothing in flight.
 */
#include <ctype.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "kselftest_harness.h"
#include "wire.h"
#include "../../module/core/drop.h"

/* ---- The states ---- */

enum start {
	CLOSED,
	LISTEN,
	SYN_SENT,
	REQUEST,		/* SYN-RECEIVED, out of LISTEN: it goes back there */
	SYN_RECEIVED,		/* out of SYN-SENT: simultaneous open */
	ESTABLISHED,
	FIN_WAIT_1,		/* who closes, calls shutdown() and reads on */
	FIN_WAIT_2,
	CLOSE_WAIT,
	CLOSING,
	LAST_ACK,
	TIME_WAIT,
	STARTS,
};

static const struct {
	const char *name, *state;
} starts[STARTS] = {
	[CLOSED]	= { "CLOSED", "CLOSED" },
	[LISTEN]	= { "LISTEN", "LISTEN" },
	[SYN_SENT]	= { "SYN-SENT", "SYN-SENT" },
	[REQUEST]	= { "SYN-RECEIVED (passive)", "SYN-RECEIVED" },
	[SYN_RECEIVED]	= { "SYN-RECEIVED (simultaneous)", "SYN-RECEIVED" },
	[ESTABLISHED]	= { "ESTABLISHED", "ESTABLISHED" },
	[FIN_WAIT_1]	= { "FIN-WAIT-1", "FIN-WAIT-1" },
	[FIN_WAIT_2]	= { "FIN-WAIT-2", "FIN-WAIT-2" },
	[CLOSE_WAIT]	= { "CLOSE-WAIT", "CLOSE-WAIT" },
	[CLOSING]	= { "CLOSING", "CLOSING" },
	[LAST_ACK]	= { "LAST-ACK", "LAST-ACK" },
	[TIME_WAIT]	= { "TIME-WAIT", "TIME-WAIT" },
};

/* How matrix[] writes the state that follows. */
static const struct {
	const char *shorthand, *state;
} followers[] = {
	{ "CL", "CLOSED" }, { "LI", "LISTEN" }, { "SR", "SYN-RECEIVED" }, { "ES", "ESTABLISHED" },
	{ "F2", "FIN-WAIT-2" }, { "CW", "CLOSE-WAIT" }, { "CG", "CLOSING" }, { "TW", "TIME-WAIT" },
};

/* ---- The steps of 3.10.7 ---- */

enum answer {
	NOTHING,
	AN_ACK,			/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
	A_SYN_ACK,		/* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> */
	A_RST,			/* <SEQ=SEG.ACK><CTL=RST> */
	A_RST_ACK,		/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
};

static const struct step {
	const char *code;
	enum answer answer;
	enum edu_drop drop;
	enum {
		ADVANCES = 1,		/* RCV.NXT <- SEG.SEQ+SEG.LEN */
		HEARS = 2,		/* SND.UNA <- SEG.ACK, if that is news */
		LATER = 4,		/* the ACK is delayed (3.8.6.3) ... */
		SOON = 8,		/* ... until the next tick of the clock */
	} does;
} steps[] = {
	/* before 3.10.7: flags that no TCP sends */
	{ "f",	 NOTHING,   EDU_DROP_BAD_FLAGS },
	/* 3.10.7.1: CLOSED */
	{ "c-",	 NOTHING,   EDU_DROP_CLOSED_RST },		/* a RST is discarded */
	{ "ca",	 A_RST,     EDU_DROP_NO_SOCKET },		/* the ACK bit is on */
	{ "cs",	 A_RST_ACK, EDU_DROP_NO_SOCKET },		/* the ACK bit is off */
	/* 3.10.7.2: LISTEN */
	{ "l1",	 NOTHING,   EDU_DROP_CLOSED_RST },		/* a RST is ignored */
	{ "l2",	 A_RST,     EDU_DROP_LISTEN_ACK },		/* any ACK is bad */
	{ "l3",	 A_SYN_ACK, EDU_DROP_NONE, ADVANCES },		/* a SYN */
	/* 3.10.7.3: SYN-SENT */
	{ "s1",	 A_RST,     EDU_DROP_SYN_SENT_BAD_ACK },	/* not ISS < SEG.ACK =< SND.NXT */
	{ "s1-", NOTHING,   EDU_DROP_SYN_SENT_BAD_ACK },	/* ... in a RST */
	{ "s2",	 NOTHING,   EDU_DROP_RST },			/* a RST with a good ACK */
	{ "s2-", NOTHING,   EDU_DROP_SYN_SENT_RST_NO_ACK },	/* a RST without ACK */
	{ "s4",	 AN_ACK,    EDU_DROP_NONE, ADVANCES | HEARS },	/* SYN,ACK */
	{ "s4s", A_SYN_ACK, EDU_DROP_NONE, ADVANCES },		/* SYN alone: simultaneous open */
	{ "s5",	 NOTHING,   EDU_DROP_SYN_SENT_OTHER },		/* neither SYN nor RST */
	/* 3.10.7.4: all others */
	{ "1<",	 AN_ACK,    EDU_DROP_OLD_SEQUENCE },		/* before the window */
	{ "1>",	 AN_ACK,    EDU_DROP_OUT_OF_WINDOW },		/* behind the window */
	{ "1-",	 NOTHING,   EDU_DROP_RST_OUT_OF_WINDOW },	/* ... a RST */
	{ "1s",	 A_SYN_ACK, EDU_DROP_SYN_DUPLICATE },		/* a request's SYN again */
	{ "2",	 NOTHING,   EDU_DROP_RST },			/* a RST at RCV.NXT */
	{ "2?",	 AN_ACK,    EDU_DROP_RST_CHALLENGED },		/* ... in the window (RFC 5961) */
	{ "4",	 NOTHING,   EDU_DROP_SYN_CHALLENGED },		/* a request's SYN in the window */
	{ "4?",	 AN_ACK,    EDU_DROP_SYN_CHALLENGED },		/* a SYN (RFC 5961 4.2) */
	{ "5!",	 A_RST,     EDU_DROP_BAD_ACK },			/* SYN-RECEIVED: not acceptable */
	{ "5<",	 AN_ACK,    EDU_DROP_OLD_ACK },			/* too old: RFC 5961 5.2 */
	{ "5>",	 AN_ACK,    EDU_DROP_FUTURE_ACK },		/* of what we have not sent yet */
	{ "5",	 NOTHING,   EDU_DROP_NONE, HEARS },		/* an ACK */
	{ "7",	 AN_ACK,    EDU_DROP_NONE, ADVANCES | HEARS },	/* text for the user */
	{ "7+",	 AN_ACK,    EDU_DROP_NONE, HEARS },		/* ... that waits behind a gap */
	{ "7x",	 NOTHING,   EDU_DROP_TEXT_AFTER_FIN, HEARS },	/* "this should not occur" */
	{ "8",	 AN_ACK,    EDU_DROP_NONE, ADVANCES | HEARS },	/* a FIN */
	{ "8~",	 AN_ACK,    EDU_DROP_NONE, ADVANCES | HEARS | LATER },	/* ... delayed, for ours */
	{ "8.",	 AN_ACK,    EDU_DROP_NONE, ADVANCES | HEARS | SOON },	/* ... without text */
	/* ... in TIME-WAIT */
	{ "w",	 NOTHING,   EDU_DROP_TIME_WAIT },		/* no retransmission of the FIN */
	{ "w-",	 NOTHING,   EDU_DROP_TIME_WAIT_RST },		/* RFC 1337 */
	{ "wn",	 A_SYN_ACK, EDU_DROP_NONE, ADVANCES },		/* a new connection: 3.6.1, MAY-2 */
	/* what the kernel's own TCP does beside these */
	{ "1a",	 AN_ACK,    EDU_DROP_NONE, HEARS },		/* 1<, but the ACK is heard */
	{ "5h",	 NOTHING,   EDU_DROP_NONE },			/* 5>, but nothing is said */
};

/* ---- The segments ---- */

/* Where a number lies. */
enum place {
	IRS,			/* SEG.SEQ: of the peer's SYN */
	NXT,			/* RCV.NXT */
	EDGE,			/* RCV.NXT + RCV.WND: the first one behind the window */
	ISS,			/* SEG.ACK: of our SYN */
	UNA,			/* SND.UNA */
	ALL,			/* SND.NXT */
};

enum kind {
	SYN_OLD, SYN_NXT, SYN_IN, SYN_BEYOND, SYN_ACK, SYN_ACK_BAD,
	ACK_ANCIENT, ACK_ISS, ACK_OLD, ACK_UNA, ACK_ALL, ACK_FUTURE,
	ACK_BEFORE, ACK_EDGE, ACK_BEYOND,
	RST_NXT, RST_IN, RST_LAST, RST_EDGE, RST_BEFORE, RST_ACK, RST_ACK_BAD,
	FIN_UNA, FIN_ALL, FIN_GAP, FIN_AGAIN, FIN_FUTURE,
	TEXT_BEFORE, TEXT_LEFT, TEXT_UNA, TEXT_ALL, TEXT_FIN, TEXT_GAP, TEXT_RIGHT, TEXT_BEYOND,
	NO_FLAGS, NO_ACK, FIN_ALONE, SYN_FIN, ALL_FLAGS,
	KINDS,
};

static const struct kind_of_segment {
	const char *name;
	u8 flags;
	enum place seq;
	s32 seq_off;
	enum place ack;
	s32 ack_off;
	u32 len;
} kinds[KINDS] = {
	[SYN_OLD]	= { "SYN at IRS, again", SYN, IRS },
	[SYN_NXT]	= { "SYN at RCV.NXT", SYN, NXT },
	[SYN_IN]	= { "SYN in the window", SYN, NXT, 100 },
	[SYN_BEYOND]	= { "SYN beyond the window", SYN, EDGE, 1 },
	[SYN_ACK]	= { "SYN,ACK at IRS, of all", SYN | ACK, IRS, 0, ALL },
	[SYN_ACK_BAD]	= { "SYN,ACK at IRS, of the future", SYN | ACK, IRS, 0, ALL, 1 },
	/* the largest window that the peer has offered is 65535 */
	[ACK_ANCIENT]	= { "ACK before SND.UNA-MAX.SND.WND", ACK, NXT, 0, UNA, -65536 },
	[ACK_ISS]	= { "ACK of our ISS, not of our SYN", ACK, NXT, 0, ISS },
	[ACK_OLD]	= { "ACK old", ACK, NXT, 0, UNA, -1 },
	[ACK_UNA]	= { "ACK current, of nothing new", ACK, NXT, 0, UNA },
	[ACK_ALL]	= { "ACK current, of all", ACK, NXT, 0, ALL },
	[ACK_FUTURE]	= { "ACK of the future", ACK, NXT, 0, ALL, 1 },
	[ACK_BEFORE]	= { "ACK before the window", ACK, NXT, -1, UNA },
	[ACK_EDGE]	= { "ACK of all, at the right edge", ACK, EDGE, 0, ALL },
	[ACK_BEYOND]	= { "ACK beyond the window", ACK, EDGE, 1, UNA },
	[RST_NXT]	= { "RST at RCV.NXT", RST, NXT },
	[RST_IN]	= { "RST in the window", RST, NXT, 1 },
	[RST_LAST]	= { "RST at the window's last", RST, EDGE, -1 },
	[RST_EDGE]	= { "RST at the right edge", RST, EDGE },
	[RST_BEFORE]	= { "RST before the window", RST, NXT, -1 },
	[RST_ACK]	= { "RST,ACK at RCV.NXT, of all", RST | ACK, NXT, 0, ALL },
	[RST_ACK_BAD]	= { "RST,ACK at RCV.NXT, of the future", RST | ACK, NXT, 0, ALL, 1 },
	[FIN_UNA]	= { "FIN,ACK of nothing new", FIN | ACK, NXT, 0, UNA },
	[FIN_ALL]	= { "FIN,ACK of all", FIN | ACK, NXT, 0, ALL },
	[FIN_GAP]	= { "FIN,ACK behind a gap", FIN | ACK, NXT, 1000, UNA },
	[FIN_AGAIN]	= { "FIN,ACK before RCV.NXT, again", FIN | ACK, NXT, -1, ALL },
	[FIN_FUTURE]	= { "FIN,ACK of the future", FIN | ACK, NXT, 0, ALL, 1 },
	[TEXT_BEFORE]	= { "text before the window", ACK, NXT, -500, UNA, 0, 500 },
	[TEXT_LEFT]	= { "text across the left edge", ACK, NXT, -500, UNA, 0, 1000 },
	[TEXT_UNA]	= { "text at RCV.NXT", ACK, NXT, 0, UNA, 0, 1000 },
	[TEXT_ALL]	= { "text at RCV.NXT, ACK of all", ACK, NXT, 0, ALL, 0, 1000 },
	[TEXT_FIN]	= { "text and FIN", FIN | ACK, NXT, 0, UNA, 0, 400 },
	[TEXT_GAP]	= { "text behind a gap", ACK, NXT, 1000, UNA, 0, 1000 },
	[TEXT_RIGHT]	= { "text across the right edge", ACK, EDGE, -500, UNA, 0, 1000 },
	[TEXT_BEYOND]	= { "text beyond the window", ACK, EDGE, 0, UNA, 0, 100 },
	[NO_FLAGS]	= { "no flags", 0, NXT },
	[NO_ACK]	= { "text without ACK", PSH, NXT, 0, UNA, 0, 100 },
	[FIN_ALONE]	= { "FIN without ACK", FIN, NXT },
	[SYN_FIN]	= { "SYN and FIN", SYN | FIN, NXT },
	[ALL_FLAGS]	= { "all flags", 0xff, NXT, 0, ALL },
};

/* ---- The matrix: where a segment ends, and the state that follows if it is another ---- */

static const char * const matrix[KINDS] = {
/*		   CLOSED LISTEN SYN-   SYN-RECEIVED  ESTAB- FIN-   FIN-   CLOSE- CLO-   LAST-  TIME
 *				 SENT   pass. simult. LISHED WAIT-1 WAIT-2 WAIT   SING   ACK    WAIT
 */
[SYN_OLD]	= "cs  l3:SR  s4s:SR 1s    1<     1<     1<     1<     1<     1<     1<     1<",
[SYN_NXT]	= "cs  l3:SR  s4s:SR 4:LI  4?     4?     4?     4?     4?     4?     4?     4?",
[SYN_IN]	= "cs  l3:SR  s4s:SR 4:LI  4?     4?     4?     4?     4?     4?     4?     wn:SR",
[SYN_BEYOND]	= "cs  l3:SR  s4s:SR 1>    1>     1>     1>     1>     1>     1>     1>     wn:SR",
[SYN_ACK]	= "ca  l2     s4:ES  1<    5:ES   1<     1<     1<     1<     1<     1<     1<",
[SYN_ACK_BAD]	= "ca  l2     s1     1<    5!     1<     1<     1<     1<     1<     1<     1<",

[ACK_ANCIENT]	= "ca  l2     s1     5!    5!     5<     5<     5<     5<     5<     5<     w",
[ACK_ISS]	= "ca  l2     s1     5!    5!     5      5      5      5      5      5      w",
[ACK_OLD]	= "ca  l2     s1     5!    5!     5      5      5      5      5      5      w",
[ACK_UNA]	= "ca  l2     s1     5!    5!     5      5      5      5      5      5      w",
[ACK_ALL]	= "ca  l2     s5     5:ES  5:ES   5      5:F2   5      5      5:TW   5:CL   w",
[ACK_FUTURE]	= "ca  l2     s1     5!    5!     5>     5>     5>     5>     5>     5>     5>",
[ACK_BEFORE]	= "ca  l2     s1     1<    1<     1<     1<     1<     1<     1<     1<     1<",
[ACK_EDGE]	= "ca  l2     s5     5:ES  5:ES   5      5:F2   5      5      5:TW   5:CL   w",
[ACK_BEYOND]	= "ca  l2     s1     1>    1>     1>     1>     1>     1>     1>     1>     1>",

[RST_NXT]	= "c-  l1     s2-    2:LI  2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   w-",
[RST_IN]	= "c-  l1     s2-    2?    2?     2?     2?     2?     2?     2?     2?     w-",
[RST_LAST]	= "c-  l1     s2-    2?    2?     2?     2?     2?     2?     2?     2?     w-",
[RST_EDGE]	= "c-  l1     s2-    1-    1-     1-     1-     1-     1-     1-     1-     w-",
[RST_BEFORE]	= "c-  l1     s2-    1-    1-     1-     1-     1-     1-     1-     1-     w-",
[RST_ACK]	= "c-  l1     s2:CL  2:LI  2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   w-",
[RST_ACK_BAD]	= "c-  l1     s1-    2:LI  2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   2:CL   w-",

[FIN_UNA]	= "ca  l2     s1     5!    5!     8~:CW  8:CG   8:TW   7x     7x     7x     w",
[FIN_ALL]	= "ca  l2     s5     8.:CW 8.:CW  8~:CW  8:TW   8:TW   7x     7x:TW  5:CL   w",
[FIN_GAP]	= "ca  l2     s1     5!    5!     7+     7+     7+     7x     7x     7x     w",
[FIN_AGAIN]	= "ca  l2     s5     1<    1<     1<     1<     1<     1<     1<     1<     1<",
[FIN_FUTURE]	= "ca  l2     s1     5!    5!     5>     5>     5>     5>     5>     5>     5>",

[TEXT_BEFORE]	= "ca  l2     s1     1<    1<     1<     1<     1<     1<     1<     1<     1<",
[TEXT_LEFT]	= "ca  l2     s1     5!    5!     7      7      7      7x     7x     7x     w",
[TEXT_UNA]	= "ca  l2     s1     5!    5!     7      7      7      7x     7x     7x     w",
[TEXT_ALL]	= "ca  l2     s5     7:ES  7:ES   7      7:F2   7      7x     7x:TW  5:CL   w",
[TEXT_FIN]	= "ca  l2     s1     5!    5!     8~:CW  8:CG   8:TW   7x     7x     7x     w",
[TEXT_GAP]	= "ca  l2     s1     5!    5!     7+     7+     7+     7x     7x     7x     w",
[TEXT_RIGHT]	= "ca  l2     s1     5!    5!     7+     7+     7+     7x     7x     7x     w",
[TEXT_BEYOND]	= "ca  l2     s1     1>    1>     1>     1>     1>     1>     1>     1>     1>",

[NO_FLAGS]	= "f   f      f      f     f      f      f      f      f      f      f      f",
[NO_ACK]	= "f   f      f      f     f      f      f      f      f      f      f      f",
[FIN_ALONE]	= "f   f      f      f     f      f      f      f      f      f      f      f",
[SYN_FIN]	= "f   f      f      f     f      f      f      f      f      f      f      f",
[ALL_FLAGS]	= "f   f      f      f     f      f      f      f      f      f      f      f",
};

/* ---- Where the kernel's own TCP differs: Documentation/differences.md shows this table ---- */

#define S(start)	(1u << (start))
#define K(kind)		(1ull << (kind))

#define AFTER_FIN	(S(CLOSE_WAIT) | S(CLOSING) | S(LAST_ACK))
#define SYNCHRONIZED	(S(ESTABLISHED) | S(FIN_WAIT_1) | S(FIN_WAIT_2) | AFTER_FIN)
#define ABOVE		NULL	/* for the same reason as the row above */

/* Not all of Linux is the same. */
enum { LINUX_6_1 = 1, LINUX_6_12 = 2, LINUX_7_2 = 4 };

static const struct {
	const char *name;
	int bit;
} kernels[] = {
	{ "6.1", LINUX_6_1 }, { "6.12", LINUX_6_12 }, { "7.2", LINUX_7_2 },
};

static const struct difference {
	u32 starts;
	u64 kinds;
	const char *does;	/* a step, and the state that follows */
	const char *why;
	int only;		/* on these; 0: on all */
} differences[] = {
	{ S(CLOSED), K(NO_FLAGS) | K(NO_ACK) | K(FIN_ALONE) | K(SYN_FIN), "cs",
	  "Flags that no TCP sends are dropped at the door as `BAD_FLAGS`, in every state. Who scans ports with them learns nothing; 3.10.7 would answer in CLOSED, and drop them nearly everywhere else",
	},
	{ S(SYN_SENT), K(SYN_FIN), "s4s:SR", ABOVE },
	{ S(REQUEST), K(SYN_FIN), "cs:LI", ABOVE },
	{ S(SYN_RECEIVED) | SYNCHRONIZED | S(TIME_WAIT), K(SYN_FIN), "4?", ABOVE },
	{ S(SYN_SENT) | S(SYN_RECEIVED) | SYNCHRONIZED | S(TIME_WAIT), K(ALL_FLAGS), "2:CL",
	  ABOVE },
	{ S(REQUEST), K(ALL_FLAGS), "2:LI", ABOVE },
	{ S(TIME_WAIT), K(NO_ACK) | K(FIN_ALONE), "1<", ABOVE },

	{ S(REQUEST), K(SYN_NXT) | K(SYN_IN), "cs:LI",
	  "3.10.7.4, fourth: \"return this connection to the LISTEN state and return\", without a reset",
	},
	{ S(REQUEST), K(SYN_ACK_BAD) | K(ACK_BEFORE) | K(ACK_BEYOND) | K(TEXT_BEFORE) |
	  K(TEXT_BEYOND), "5!",
	  "3.10.7.4: the sequence number is checked first, the ACK fifth; Linux hands a request's bad ACK to the listener before it looks at the sequence number",
	},

	{ S(SYN_RECEIVED) | SYNCHRONIZED, K(RST_EDGE), "2?",
	  "RFC 5961 3.2: RCV.NXT+RCV.WND is outside of the window; for Linux it is inside",
	},
	{ S(REQUEST), K(RST_EDGE), "2?", ABOVE, LINUX_6_1 | LINUX_7_2 },
	{ S(REQUEST), K(RST_EDGE), "2:LI", ABOVE, LINUX_6_12 },
	{ AFTER_FIN, K(TEXT_BEYOND), "7x", ABOVE, LINUX_6_1 | LINUX_6_12 },
	{ AFTER_FIN, K(TEXT_RIGHT), "1>",
	  "3.10.7.4, first: acceptable is what begins in the window; to Linux, what ends there",
	  LINUX_7_2
	},
	{ S(REQUEST), K(RST_IN) | K(RST_LAST), "2:LI",
	  "RFC 5961 3.2: in the window but not at RCV.NXT: a challenge ACK",
	  LINUX_6_12
	},
	{ S(REQUEST), K(RST_ACK_BAD), "5h",
	  "3.10.7.4, second: the RST is checked before the ACK",
	  LINUX_6_12
	},
	{ AFTER_FIN, K(RST_BEFORE), "2:CL",
	  "RFC 5961 3.2: outside of the window; Linux believes the reset of a peer that forgets to count its own FIN",
	},
	{ AFTER_FIN, K(TEXT_LEFT), "ca:CL",
	  "3.10.7.4, seventh: \"ignore the segment text\", as Linux does too if it begins at RCV.NXT or behind",
	},

	{ S(ESTABLISHED) | S(CLOSE_WAIT), K(FIN_AGAIN), "1a",
	  "3.10.7.4, first: a segment that ends at RCV.NXT is not acceptable: an ACK, and it is dropped; Linux takes its ACK all the same",
	},
	{ S(FIN_WAIT_1), K(FIN_AGAIN), "1<:F2", ABOVE },
	{ S(CLOSING), K(FIN_AGAIN), "5:TW", ABOVE },
	{ S(LAST_ACK), K(FIN_AGAIN), "5:CL", ABOVE },
	{ S(SYN_RECEIVED), K(FIN_AGAIN), "1a:ES", ABOVE },

	{ S(SYN_RECEIVED), K(ACK_ISS) | K(ACK_UNA), "5:ES",
	  "3.10.7.4, fifth: only SND.UNA < SEG.ACK completes an opening; to Linux an ACK of our ISS is enough",
	},
	{ S(SYN_RECEIVED), K(TEXT_LEFT) | K(TEXT_UNA), "7:ES", ABOVE },
	{ S(SYN_RECEIVED), K(FIN_GAP) | K(TEXT_GAP) | K(TEXT_RIGHT), "7+:ES", ABOVE },
	{ S(SYN_RECEIVED), K(TEXT_BEFORE) | K(TEXT_BEYOND), "1<:ES", ABOVE },
	{ S(SYN_RECEIVED), K(FIN_UNA) | K(TEXT_FIN), "8.:CW", ABOVE },
	{ S(SYN_RECEIVED), K(SYN_ACK), "1a:ES",
	  "3.5, Figure 7: the SYN,ACK completes a simultaneous open; Linux also challenges it",
	},
	{ S(SYN_RECEIVED), K(SYN_ACK_BAD), "4?",
	  "3.10.7.4, fifth: a reset for an ACK that is not acceptable; Linux sees the SYN first",
	},

	{ S(ESTABLISHED), K(ACK_FUTURE) | K(FIN_FUTURE), "5h",
	  "3.10.7.4, fifth: \"send an ACK, drop the segment\", as Linux does too in every other state",
	  LINUX_6_1 | LINUX_6_12
	},
	{ S(ESTABLISHED) | S(FIN_WAIT_1) | S(FIN_WAIT_2) | AFTER_FIN, K(ACK_ISS), "5<",
	  "RFC 5961 5.2: SND.UNA-MAX.SND.WND is not too old; Linux also counts what it has sent",
	},

	{ S(TIME_WAIT), K(RST_NXT) | K(RST_ACK) | K(RST_ACK_BAD), "2:CL",
	  "RFC 1337: a reset must not end TIME-WAIT; Linux heeds that if `tcp_rfc1337` is set",
	},
	{ S(TIME_WAIT), K(ACK_FUTURE), "w",
	  "3.10.7.4, fifth: an ACK of what was not sent yet is answered, in every state",
	},
	{ S(TIME_WAIT), K(ACK_EDGE) | K(FIN_UNA) | K(FIN_ALL) | K(FIN_GAP) | K(TEXT_LEFT) |
	  K(TEXT_UNA) | K(TEXT_ALL) | K(TEXT_FIN) | K(TEXT_GAP) | K(TEXT_RIGHT), "1<",
	  "3.10.7.4: only the peer's FIN again is answered, and what is not acceptable; Linux answers all but an ACK at RCV.NXT",
	},
};

/* ---- What ought to come, and what came ---- */

struct outcome {
	enum answer answer;
	const char *state;
	enum edu_drop drop;
	int does;
};

static const char * const drop_names[EDU_DROPS] = {
	"none",
#define EDU_X(name, text) #name,
	EDU_DROP_REASONS(EDU_X)
#undef EDU_X
};

static const char * const answer_names[] = {
	[NOTHING] = "nothing", [AN_ACK] = "ACK", [A_SYN_ACK] = "SYN,ACK", [A_RST] = "RST",
	[A_RST_ACK] = "RST,ACK",
};

/* "8:CW": the eighth step, and CLOSE-WAIT follows. */
static struct outcome outcome_of(const char *cell, enum start start)
{
	struct outcome o = { .state = starts[start].state };
	size_t len = strcspn(cell, ": "), i;
	bool known = false;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (strlen(steps[i].code) != len || strncmp(steps[i].code, cell, len))
			continue;
		o.answer = steps[i].answer;
		o.drop = steps[i].drop;
		o.does = steps[i].does;
		known = true;
	}
	if (known && cell[len] == ':') {
		known = false;
		for (i = 0; i < ARRAY_SIZE(followers); i++) {
			if (strncmp(followers[i].shorthand, cell + len + 1, 2))
				continue;
			o.state = followers[i].state;
			known = true;
		}
	}
	if (!known)
		wire_fail("the table has an unknown cell: '%.*s'", (int)strcspn(cell, " "), cell);
	return o;
}

/* The @start-th word of a kind's row. */
static const char *cell(enum start start, enum kind kind)
{
	const char *at = matrix[kind];
	int i;

	for (i = 0; i < (int)start; i++) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	if (!*at)
		wire_fail("the table's row for '%s' is too short", kinds[kind].name);
	return at;
}

/* The row that is about this pair, on that kernel. */
static const struct difference *difference(enum start start, enum kind kind, int linux_is)
{
	const struct difference *d, *found = NULL;

	for (d = differences; d < differences + ARRAY_SIZE(differences); d++) {
		if (!(d->starts & S(start)) || !(d->kinds & K(kind)))
			continue;
		if (d->only && !(d->only & linux_is))
			continue;
		if (found)
			wire_fail("%s, %s: two rows for one pair", starts[start].name,
				  kinds[kind].name);
		found = d;
	}
	return found;
}

/* Which one this is; what we do not know we take for the latest. */
static int this_kernel(void)
{
	struct utsname uts;
	size_t i, len;

	uname(&uts);
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		len = strlen(kernels[i].name);
		if (!strncmp(uts.release, kernels[i].name, len) && !isdigit(uts.release[len]))
			return kernels[i].bit;
	}
	return LINUX_7_2;
}

/* The variables of RFC 9293 3.3.1 before the segment arrives, relative as on the wire. */
struct variables {
	u32 una, nxt, rcv_nxt, edge;
};

static u32 place(const struct variables *v, enum place place)
{
	switch (place) {
	case IRS:
	case ISS:
		return 0;
	case NXT:
		return v->rcv_nxt;
	case EDGE:
		return v->edge;
	case UNA:
		return v->una;
	default:
		return v->nxt;
	}
}

/* ---- How a state is brought about ---- */

/* Text goes both ways: see the top of this file. */
static void open_passively(void)
{
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	send_seg(ACK, SEQ(1), ACK(1));
	app_accept();
	app_write(100);
	expect_seg(ACK, SEQ(1), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101));
	app_write(100);
	expect_seg(ACK, SEQ(101), LEN(100));
	send_seg(ACK, SEQ(1), ACK(101), LEN(500));
	expect_seg(ACK, ACK(501));
	app_read(500);
}

static void we_close(u32 acked)
{
	app_shutdown(SHUT_WR);
	expect_seg(FIN | ACK, SEQ(201));
	if (acked)
		send_seg(ACK, ACK(acked));
}

static void the_peer_closes(u32 ack)
{
	send_seg(FIN | ACK, SEQ(501), ACK(ack));
	expect_seg(ACK, ACK(502));
}

static struct variables bring_about(enum start start)
{
	struct variables v = { .una = 101, .nxt = 201, .rcv_nxt = 501 };

	switch (start) {
	case CLOSED:
	case LISTEN:
		/* there are no variables: any numbers will do */
		v.edge = 10000;
		break;
	case SYN_SENT:
		app_connect();
		expect_seg(SYN, SEQ(0));
		v = (struct variables){ .nxt = 1, .rcv_nxt = 1, .edge = 10000 };
		break;
	case SYN_RECEIVED:
		app_connect();
		expect_seg(SYN, SEQ(0));
		send_seg(SYN, SEQ(0), MSS(FULL), WSCALE(0));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		v = (struct variables){ .nxt = 1, .rcv_nxt = 1 };
		break;
	case REQUEST:
		send_seg(SYN, SEQ(0), MSS(FULL));
		expect_seg(SYN | ACK, SEQ(0), ACK(1));
		v = (struct variables){ .nxt = 1, .rcv_nxt = 1 };
		break;
	case ESTABLISHED:
		open_passively();
		break;
	case FIN_WAIT_1:
		open_passively();
		we_close(0);
		v.nxt = 202;
		break;
	case FIN_WAIT_2:
		open_passively();
		we_close(202);
		v.una = 202;
		v.nxt = 202;
		break;
	case CLOSE_WAIT:
		open_passively();
		the_peer_closes(101);
		v.rcv_nxt = 502;
		break;
	case CLOSING:
		open_passively();
		we_close(0);
		the_peer_closes(101);
		v.nxt = 202;
		v.rcv_nxt = 502;
		break;
	case LAST_ACK:
		open_passively();
		the_peer_closes(101);
		we_close(0);
		v.nxt = 202;
		v.rcv_nxt = 502;
		break;
	default:
		open_passively();
		we_close(202);
		the_peer_closes(202);
		v.una = 202;
		v.nxt = 202;
		v.rcv_nxt = 502;
	}
	if (!v.edge)
		v.edge = wire.flow->edge;
	return v;
}

/* LISTEN is what there is where a request could be. */
static const char *state_now(enum start start)
{
	const char *state = wire_state();

	if ((start == LISTEN || start == REQUEST) && !strcmp(state, "CLOSED"))
		return "LISTEN";
	return state;
}

/* ---- One cell ---- */

static char came[512];

static void __printf(1, 2) came_too(const char *fmt, ...)
{
	size_t len = strlen(came);
	va_list args;

	va_start(args, fmt);
	vsnprintf(came + len, sizeof(came) - len, fmt, args);
	va_end(args);
}

/* Is the segment that came the answer, with the numbers that it must have? */
static bool is_answer(const struct outcome *o, const struct variables *v, const struct seg *seg)
{
	static const u8 flags[] = {
		[AN_ACK] = ACK, [A_SYN_ACK] = SYN | ACK, [A_RST] = RST, [A_RST_ACK] = RST | ACK,
	};
	const struct flow *flow = wire.flow;
	u32 end = seg->seq.value + segment_span(seg->flags, seg->len);
	u32 seq = got.seq - flow->us_iss, ack = got.flags & ACK ? got.ack - flow->peer_iss : 0;
	u32 rcv_nxt = v->rcv_nxt;

	if (got.flags != flags[o->answer] || got.len)
		return false;
	/* what a SYN carries beside itself will come again */
	if (o->does & ADVANCES)
		rcv_nxt = seg->flags & SYN ? seg->seq.value + 1 : end;
	switch (o->answer) {
	case AN_ACK:
		return seq == v->nxt && ack == rcv_nxt;
	case A_SYN_ACK:
		return seq == 0 && ack == rcv_nxt;
	case A_RST:
		return seq == seg->ack.value;
	case A_RST_ACK:
		return got.seq == 0 && ack == end;
	default:
		return false;
	}
}

/* What has not been acknowledged yet is still there to be sent again. */
static bool send_queue_is(const struct outcome *o, const struct variables *v,
			  const struct seg *seg)
{
	int is = -1, should = v->nxt - v->una;

	if (wire.flow->fd < 0 ||
	    (strcmp(o->state, "ESTABLISHED") && strcmp(o->state, "CLOSE-WAIT")))
		return true;
	if (o->does & HEARS && (s32)(seg->ack.value - v->una) > 0)
		should = v->nxt - seg->ack.value;
	if (ioctl(wire.flow->fd, SIOCOUTQ, &is))
		wire_fail("SIOCOUTQ: %s", strerror(errno));
	if (is == should)
		return true;
	came_too("; %d bytes are unacknowledged, not %d", is, should);
	return false;
}

static bool the_drop_is(enum edu_drop drop)
{
	bool ok = true;
	int i;

	if (wire_is_linux_tcp())
		return true;
	counters_look();
	for (i = EDU_DROP_NONE + 1; i < EDU_DROPS; i++) {
		long n = dropped(drop_names[i]);

		if (n)
			came_too("; dropped %ld: %s", n, drop_names[i]);
		ok = ok && n == (i == (int)drop);
	}
	return ok;
}

/* Sends the segment and holds what comes against what should. */
static bool segment_arrives(enum start start, const struct kind_of_segment *kind,
			    const struct outcome *should)
{
	struct variables v = bring_about(start);
	struct seg seg = {
		.flags = kind->flags,
		.seq = { IS, place(&v, kind->seq) + kind->seq_off },
		.len = kind->len,
	};
	const char *state;
	int answers = 0;
	bool ok = true;

	/* a SYN says what the peer's first one said */
	if (kind->flags & SYN) {
		seg.mss = (struct field){ IS, FULL };
		seg.wscale.how = wire.flow->peer_scales ? IS : OPEN;
	}
	if (kind->flags & ACK)
		seg.ack = (struct field){ IS, place(&v, kind->ack) + kind->ack_off };
	state = state_now(start);
	if (strcmp(state, starts[start].state))
		wire_fail("the test is in %s, not yet in %s", state, starts[start].state);
	if (!wire_is_linux_tcp())
		counters_mark();
	wire_send(&seg);

	came[0] = 0;
	if (should->does & (LATER | SOON)) {
		if (should->does & LATER)
			expect_silence();
		expect_seg(ACK, AFTER(0, 500));
		answers = 1;
		ok = is_answer(should, &v, &seg);
	}
	while (wire_maybe_any()) {
		answers++;
		came_too("%s%s seq %d", answers > 1 ? " and " : "", flags_print(got.flags),
			 got.seq - wire.flow->us_iss);
		if (got.flags & ACK)
			came_too(" ack %d", got.ack - wire.flow->peer_iss);
		ok = ok && is_answer(should, &v, &seg);
	}
	if (!answers)
		came_too("nothing");
	ok = ok && answers == (should->answer != NOTHING);
	state = state_now(start);
	came_too(", %s", state);
	if (strcmp(state, should->state))
		ok = false;
	if (!the_drop_is(should->drop))
		ok = false;
	return send_queue_is(should, &v, &seg) && ok;
}

/* Nothing that this pair leaves behind disturbs the next one. */
static void clean_up(void)
{
	if (wire.flow->fd >= 0)
		app_abort();
	/* a request has no descriptor */
	wire_send(SEG(RST, SEQ(wire.flow->acked)));
	discard_the_rest();
}

/* A state meets all kinds; returns how many pairs failed. */
static int meets_all_kinds(enum start start)
{
	int kind, failed = 0;

	if (start != CLOSED && start != SYN_SENT && start != SYN_RECEIVED)
		app_listen(KINDS);
	printf("  1..%d\n", KINDS);
	for (kind = 0; kind < KINDS; kind++) {
		bool active = start == SYN_SENT || start == SYN_RECEIVED;
		const struct difference *d = difference(start, kind, this_kernel());
		const char *text = cell(start, kind);
		struct outcome should;

		if (wire_is_linux_tcp() && d)
			text = d->does;
		should = outcome_of(text, start);
		wire_story_begin();
		on(flow_between(active ? 0 : OUR_PORT, PEER_PORT + 1 + kind));
		if (!segment_arrives(start, &kinds[kind], &should)) {
			failed++;
			printf("  # %s, %s arrives\n", starts[start].name, kinds[kind].name);
			printf("  #   expected  %s, %s; %s\n", answer_names[should.answer],
			       should.state, drop_names[should.drop]);
			printf("  #   came      %s\n", came);
			wire_story_tell();
			printf("  not ");
		} else {
			printf("  ");
		}
		printf("ok %d %s: %.*s\n", kind + 1, kinds[kind].name,
		       (int)strcspn(text, " "), text);
		fflush(stdout);
		clean_up();
	}
	return failed;
}

/* ---- The tests: one for each state, and in it one for each kind ---- */

FIXTURE(matrix)
{
};

FIXTURE_VARIANT(matrix)
{
	u8 proto;
	int family;
};

FIXTURE_VARIANT_ADD(matrix, ipv4)
{
	.proto = 253,
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(matrix, ipv6)
{
	.proto = 253,
	.family = AF_INET6,
};

/* The kernel's own TCP meets the same. */
FIXTURE_VARIANT_ADD(matrix, tcp_ipv4)
{
	.proto = IPPROTO_TCP,
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(matrix, tcp_ipv6)
{
	.proto = IPPROTO_TCP,
	.family = AF_INET6,
};

FIXTURE_SETUP(matrix)
{
	const char *only = getenv("EDU_PROTO");

	if (only && atoi(only) != variant->proto)
		SKIP(return, "EDU_PROTO is %s", only);
	wire_begin_with(variant->proto, variant->family, variant->family);
}

FIXTURE_TEARDOWN(matrix)
{
}

TEST_F(matrix, CLOSED)
{
	EXPECT_EQ(0, meets_all_kinds(CLOSED));
}

TEST_F(matrix, LISTEN)
{
	EXPECT_EQ(0, meets_all_kinds(LISTEN));
}

TEST_F(matrix, SYN_SENT)
{
	EXPECT_EQ(0, meets_all_kinds(SYN_SENT));
}

TEST_F(matrix, REQUEST)
{
	EXPECT_EQ(0, meets_all_kinds(REQUEST));
}

TEST_F(matrix, SYN_RECEIVED)
{
	EXPECT_EQ(0, meets_all_kinds(SYN_RECEIVED));
}

TEST_F(matrix, ESTABLISHED)
{
	EXPECT_EQ(0, meets_all_kinds(ESTABLISHED));
}

TEST_F(matrix, FIN_WAIT_1)
{
	EXPECT_EQ(0, meets_all_kinds(FIN_WAIT_1));
}

TEST_F(matrix, FIN_WAIT_2)
{
	EXPECT_EQ(0, meets_all_kinds(FIN_WAIT_2));
}

TEST_F(matrix, CLOSE_WAIT)
{
	EXPECT_EQ(0, meets_all_kinds(CLOSE_WAIT));
}

TEST_F(matrix, CLOSING)
{
	EXPECT_EQ(0, meets_all_kinds(CLOSING));
}

TEST_F(matrix, LAST_ACK)
{
	EXPECT_EQ(0, meets_all_kinds(LAST_ACK));
}

TEST_F(matrix, TIME_WAIT)
{
	EXPECT_EQ(0, meets_all_kinds(TIME_WAIT));
}

/* ---- The table of differences, and the page that shows it ---- */

/* "ACK later; CLOSE-WAIT" */
static const char *outcome_text(const struct outcome *o, enum start start)
{
	static char text[2][80];
	static int turn;
	char *out = text[turn++ % 2];

	snprintf(out, sizeof(text[0]), "%s%s%s%s%s",
		 o->answer == NOTHING ? "nothing" : answer_names[o->answer],
		 o->does & LATER ? ", delayed" : o->does & SOON ? ", at the next tick" : "",
		 o->does & HEARS && o->answer == AN_ACK && !(o->does & ADVANCES) ?
		 ", and takes its ACK" : "",
		 strcmp(o->state, starts[start].state) ? "; " : "",
		 strcmp(o->state, starts[start].state) ? o->state : "");
	return out;
}

static void list(char *out, size_t size, const char *name)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s", len ? "; " : "", name);
}

/* A row of the page: all pairs of a difference do the same, and do not what edu_tcp does. */
static void show(const struct difference *d)
{
	char states[256] = "", arrives[512] = "", ours[80] = "", theirs[80] = "", on[32] = "";
	int start, kind;
	size_t i;

	for (start = 0; start < STARTS; start++)
		if (d->starts & S(start))
			list(states, sizeof(states), starts[start].name);
	for (kind = 0; kind < KINDS; kind++)
		if (d->kinds & K(kind))
			list(arrives, sizeof(arrives), kinds[kind].name);
	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		if (d->only & kernels[i].bit)
			list(on, sizeof(on), kernels[i].name);
	for (start = 0; start < STARTS; start++) {
		for (kind = 0; kind < KINDS; kind++) {
			struct outcome our, their;
			const char *text;

			if (!(d->starts & S(start)) || !(d->kinds & K(kind)))
				continue;
			our = outcome_of(cell(start, kind), start);
			their = outcome_of(d->does, start);
			text = outcome_text(&our, start);
			if (ours[0] && strcmp(ours, text))
				wire_fail("%s, %s: '%s' and '%s' in one row", states, arrives, ours,
					  text);
			snprintf(ours, sizeof(ours), "%s", text);
			snprintf(theirs, sizeof(theirs), "%s", outcome_text(&their, start));
			if (!strcmp(ours, theirs))
				wire_fail("%s, %s: '%s' is no difference", states, arrives, ours);
		}
	}
	page_row("| %s | %s | %s | %s%s%s%s | %s |", states, arrives, ours, theirs,
		 d->only ? " (" : "", on, d->only ? ")" : "", d->why ? d->why : "as above");
}

/* It reads a file of the host's, for which time that is virtual does not wait. */
FIXTURE(page)
{
};

FIXTURE_SETUP(page)
{
}

FIXTURE_TEARDOWN(page)
{
}

TEST_F_TIMEOUT(page, the_page_shows_each_difference, 3600)
{
	int start, kind;
	size_t i;

	/* no pair has two */
	for (start = 0; start < STARTS; start++)
		for (kind = 0; kind < KINDS; kind++)
			for (i = 0; i < ARRAY_SIZE(kernels); i++)
				difference(start, kind, kernels[i].bit);
	page_row("| state | what arrives | edu_tcp answers | Linux answers | why |");
	page_row("|---|---|---|---|---|");
	for (i = 0; i < ARRAY_SIZE(differences); i++)
		show(&differences[i]);
	page_has("segments");
}

TEST_HARNESS_MAIN
