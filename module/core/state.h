/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The eleven states of RFC 9293 section 3.3.2, their names, and which may
 * follow which. The numbers are those of Linux's TCP_* states, which user
 * space sees in TCP_INFO and sock_diag; the order of a listing is the RFC's.
 */
#ifndef EDU_CORE_STATE_H
#define EDU_CORE_STATE_H

#include "env.h"

enum edu_state {
	EDU_ESTABLISHED	= 1,
	EDU_SYN_SENT	= 2,
	EDU_SYN_RECEIVED = 3,
	EDU_FIN_WAIT_1	= 4,
	EDU_FIN_WAIT_2	= 5,
	EDU_TIME_WAIT	= 6,
	EDU_CLOSED	= 7,
	EDU_CLOSE_WAIT	= 8,
	EDU_LAST_ACK	= 9,
	EDU_LISTEN	= 10,
	EDU_CLOSING	= 11,
	EDU_STATES	= 12,		/* one more than the last */
};

#define EDU_IN(state)	(1u << (state))

/* States in which both ends have agreed on sequence numbers. */
#define EDU_SYNCHRONIZED	(EDU_IN(EDU_ESTABLISHED) | EDU_IN(EDU_FIN_WAIT_1) |	\
				 EDU_IN(EDU_FIN_WAIT_2) | EDU_IN(EDU_CLOSE_WAIT) |	\
				 EDU_IN(EDU_CLOSING) | EDU_IN(EDU_LAST_ACK) |		\
				 EDU_IN(EDU_TIME_WAIT))

/* States in which the peer may still send text: its FIN has not arrived. */
#define EDU_MAY_RECEIVE		(EDU_IN(EDU_ESTABLISHED) | EDU_IN(EDU_FIN_WAIT_1) |	\
				 EDU_IN(EDU_FIN_WAIT_2))

/* States in which the user may still send: no CLOSE was called. */
#define EDU_MAY_SEND		(EDU_IN(EDU_ESTABLISHED) | EDU_IN(EDU_CLOSE_WAIT))

/* States in which there may be something of ours to transmit or retransmit. */
#define EDU_TRANSMITS		(EDU_MAY_SEND | EDU_IN(EDU_FIN_WAIT_1) |		\
				 EDU_IN(EDU_CLOSING) | EDU_IN(EDU_LAST_ACK))

const char *edu_state_name(u8 state);
u8 edu_state_in_rfc_order(unsigned int i);
bool edu_state_may_follow(u8 from, u8 to);

#define EDU_STATE_NAME_MAX	12	/* strlen("SYN-RECEIVED") */

#endif /* EDU_CORE_STATE_H */
