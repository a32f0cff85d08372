/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a segment, or a part of it, went no further. Every drop is counted under
 * one of these names in /proc/net/edu_tcp and seen by the tracepoint edu_tcp_drop.
 */
#ifndef EDU_CORE_DROP_H
#define EDU_CORE_DROP_H

/* X(name, what it means) */
#define EDU_DROP_REASONS(X)								\
	X(PKT_TOO_SMALL,	"shorter than a TCP header")				\
	X(BAD_OFFSET,		"data offset below 5 words or beyond the segment")	\
	X(BAD_CHECKSUM,		"checksum wrong (RFC 9293 3.1, MUST-3)")		\
	X(BAD_FLAGS,		"flags that no TCP sends: SYN with FIN or RST, or none") \
	X(BAD_OPTION,		"an option's length runs past the header or is below 2") \
	X(BAD_ADDRESS,		"broadcast, multicast or impossible source address")	\
	X(NO_SOCKET,		"nobody listens: CLOSED (3.10.7.1)")			\
	X(CLOSED_RST,		"a RST for CLOSED or LISTEN: never answered")		\
	X(LISTEN_ACK,		"an ACK for LISTEN (3.10.7.2, second)")			\
	X(LISTEN_OTHER,		"neither RST, ACK nor SYN for LISTEN (3.10.7.2, fourth)") \
	X(SYN_SENT_BAD_ACK,	"SYN-SENT: ACK outside ISS..SND.NXT (3.10.7.3, first)")	\
	X(SYN_SENT_RST_NO_ACK,	"SYN-SENT: RST without ACK (3.10.7.3, second)")		\
	X(SYN_SENT_OTHER,	"SYN-SENT: neither SYN nor RST (3.10.7.3, fifth)")	\
	X(SYN_SENT_PAWS,	"SYN-SENT: echoes a timestamp that we never sent")	\
	X(PAWS,			"a timestamp from the past (RFC 7323 5.3, R1)")		\
	X(OLD_SEQUENCE,		"wholly before RCV.NXT: an old duplicate (first)")	\
	X(OUT_OF_WINDOW,	"not in the receive window (first)")			\
	X(RST,			"a valid RST did its work (second)")			\
	X(RST_OUT_OF_WINDOW,	"a RST outside the window: silent (second, RFC 5961 3)") \
	X(RST_CHALLENGED,	"a RST in the window, not at RCV.NXT (RFC 5961 3)")	\
	X(SYN_CHALLENGED,	"a SYN in a synchronized state (fourth, RFC 5961 4)")	\
	X(SYN_DUPLICATE,	"the SYN of a half-open request again")			\
	X(NO_ACK,		"the ACK bit is off (fifth)")				\
	X(BAD_ACK,		"SYN-RECEIVED: unacceptable ACK (fifth)")		\
	X(ACK_DEFERRED,		"an ACK of our SYN,ACK without text (TCP_DEFER_ACCEPT)") \
	X(OLD_ACK,		"ACK before SND.UNA - MAX.SND.WND (fifth, RFC 5961 5)")	\
	X(FUTURE_ACK,		"ACK of something not yet sent (fifth)")		\
	X(TIME_WAIT_RST,	"a RST for TIME-WAIT: ignored (RFC 1337)")		\
	X(TIME_WAIT,		"anything else for TIME-WAIT")				\
	X(DUPLICATE_TEXT,	"text that is already held out of order (seventh)")	\
	X(TEXT_AFTER_FIN,	"text or FIN after the peer's FIN (seventh)")		\
	X(TEXT_AFTER_CLOSE,	"text for a user who closed: answered by RST (3.6)")	\
	X(RCV_MEMORY,		"no receive memory left (seventh)")			\
	X(RCV_PRUNED,		"out-of-order text thrown away to make room")		\
	X(BACKLOG_FULL,		"the user holds the lock and the backlog is full")	\
	X(REQUEST_QUEUE_FULL,	"the listener's half-open queue is full")		\
	X(ACCEPT_QUEUE_FULL,	"the listener's accept queue is full")			\
	X(NO_MEMORY,		"an allocation failed")					\
	X(NO_ROUTE,		"no way back to the sender")				\
	X(FILTER,		"a socket filter or the security module said no")	\
	X(POLICY,		"xfrm policy said no")					\
	X(MIN_TTL,		"from farther away than IP_MINTTL allows (RFC 5082)")	\
	X(LISTENER_GONE,	"the listener was closed meanwhile")			\
	X(OVERTAKEN,		"the flow's endpoint changed before its turn came")

enum edu_drop {
	EDU_DROP_NONE,			/* not dropped */
#define EDU_X(name, text) EDU_DROP_##name,
	EDU_DROP_REASONS(EDU_X)
#undef EDU_X
	EDU_DROPS,
};

#endif /* EDU_CORE_DROP_H */
