/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: /sys/kernel/tracing/events/edu_tcp. Documentation/observing.md lists them. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM edu_tcp

#if !defined(EDU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define EDU_TRACE_H

#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "edu_tcp.h"

#ifndef EDU_TRACE_ONCE
#define EDU_TRACE_ONCE
/* An address and a port as %pISpc prints them: 10.0.0.1:80 or [fd00::1]:80. */
static inline void edu_trace_end(u8 *to, u16 family, const union edu_addr *addr, __be16 port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = port };
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = port };

	if (family == AF_INET) {
		sin.sin_addr.s_addr = addr->v4;
		memcpy(to, &sin, sizeof(sin));
	} else {
		sin6.sin6_addr = addr->v6;
		memcpy(to, &sin6, sizeof(sin6));
	}
}
#endif

#define EDU_FLOW_FIELDS						\
	__field(u16, lport)					\
	__field(u16, fport)					\
	__array(u8, local, sizeof(struct sockaddr_in6))		\
	__array(u8, foreign, sizeof(struct sockaddr_in6))

#define EDU_FLOW_ASSIGN(flow)						\
	do {								\
		__entry->lport = ntohs((flow)->lport);			\
		__entry->fport = ntohs((flow)->fport);			\
		edu_trace_end(__entry->local, (flow)->family,		\
			      &(flow)->laddr, (flow)->lport);		\
		edu_trace_end(__entry->foreign, (flow)->family,		\
			      &(flow)->faddr, (flow)->fport);		\
	} while (0)

#define EDU_FLOW_FORMAT	"%pISpc %pISpc"
#define EDU_FLOW_ARGS	__entry->local, __entry->foreign

#define edu_show_state(val)						\
	__print_symbolic(val,						\
		{ EDU_CLOSED, "CLOSED" }, { EDU_LISTEN, "LISTEN" },	\
		{ EDU_SYN_SENT, "SYN-SENT" },				\
		{ EDU_SYN_RECEIVED, "SYN-RECEIVED" },			\
		{ EDU_ESTABLISHED, "ESTABLISHED" },			\
		{ EDU_FIN_WAIT_1, "FIN-WAIT-1" },			\
		{ EDU_FIN_WAIT_2, "FIN-WAIT-2" },			\
		{ EDU_CLOSE_WAIT, "CLOSE-WAIT" },			\
		{ EDU_CLOSING, "CLOSING" }, { EDU_LAST_ACK, "LAST-ACK" },	\
		{ EDU_TIME_WAIT, "TIME-WAIT" }, { 0, "-" })

#define edu_show_flags(val)						\
	__print_flags(val, ",",						\
		{ EDU_SYN, "SYN" }, { EDU_FIN, "FIN" }, { EDU_RST, "RST" },	\
		{ EDU_PSH, "PSH" }, { EDU_ACK, "ACK" }, { EDU_URG, "URG" },	\
		{ EDU_ECE, "ECE" }, { EDU_CWR, "CWR" })

#define EDU_X(name, text) { EDU_DROP_##name, #name },
#define edu_show_drop(val)						\
	__print_symbolic(val, EDU_DROP_REASONS(EDU_X) { 0, "-" })

#define edu_show_timer(val)						\
	__print_symbolic(val,						\
		{ EDU_TIMER_RTO, "retransmission" },			\
		{ EDU_TIMER_REORDER, "reordering" },			\
		{ EDU_TIMER_PROBE, "tail loss probe" },			\
		{ EDU_TIMER_PERSIST, "persist" },			\
		{ EDU_TIMER_DELACK, "delayed ACK" },			\
		{ EDU_TIMER_KEEPALIVE, "keepalive" },			\
		{ EDU_TIMER_FIN_WAIT_2, "FIN-WAIT-2" })

/* A state was entered: also by what has no socket, a request or a TIME-WAIT. */
TRACE_EVENT(edu_tcp_state,
	TP_PROTO(const struct edu_flow *flow, u8 from, u8 to),
	TP_ARGS(flow, from, to),
	TP_STRUCT__entry(EDU_FLOW_FIELDS __field(u8, from) __field(u8, to)),
	TP_fast_assign(EDU_FLOW_ASSIGN(flow);
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk(EDU_FLOW_FORMAT " %s -> %s", EDU_FLOW_ARGS,
		  edu_show_state(__entry->from), edu_show_state(__entry->to))
);

DECLARE_EVENT_CLASS(edu_tcp_segment,
	TP_PROTO(const struct edu_flow *flow, u8 flags, u32 seq, u32 ack, u32 len, u16 wnd),
	TP_ARGS(flow, flags, seq, ack, len, wnd),
	TP_STRUCT__entry(EDU_FLOW_FIELDS
		__field(u32, seq) __field(u32, ack) __field(u32, len)
		__field(u16, wnd) __field(u8, flags)),
	TP_fast_assign(EDU_FLOW_ASSIGN(flow);
		__entry->flags = flags;
		__entry->seq = seq;
		__entry->ack = ack;
		__entry->len = len;
		__entry->wnd = wnd;
	),
	TP_printk(EDU_FLOW_FORMAT " %s seq=%u ack=%u len=%u wnd=%u", EDU_FLOW_ARGS,
		  edu_show_flags(__entry->flags), __entry->seq, __entry->ack,
		  __entry->len, __entry->wnd)
);

/* A segment with a good checksum arrived. */
DEFINE_EVENT(edu_tcp_segment, edu_tcp_rcv,
	TP_PROTO(const struct edu_flow *flow, u8 flags, u32 seq, u32 ack, u32 len, u16 wnd),
	TP_ARGS(flow, flags, seq, ack, len, wnd));

/* A segment was handed to IP. */
DEFINE_EVENT(edu_tcp_segment, edu_tcp_send,
	TP_PROTO(const struct edu_flow *flow, u8 flags, u32 seq, u32 ack, u32 len, u16 wnd),
	TP_ARGS(flow, flags, seq, ack, len, wnd));

/* A segment was handed to IP again. */
DEFINE_EVENT(edu_tcp_segment, edu_tcp_retransmit,
	TP_PROTO(const struct edu_flow *flow, u8 flags, u32 seq, u32 ack, u32 len, u16 wnd),
	TP_ARGS(flow, flags, seq, ack, len, wnd));

/* A segment, or its text, went no further. */
TRACE_EVENT(edu_tcp_drop,
	TP_PROTO(const struct edu_flow *flow, u8 reason),
	TP_ARGS(flow, reason),
	TP_STRUCT__entry(EDU_FLOW_FIELDS __field(u8, reason)),
	TP_fast_assign(EDU_FLOW_ASSIGN(flow); __entry->reason = reason;),
	TP_printk(EDU_FLOW_FORMAT " %s", EDU_FLOW_ARGS, edu_show_drop(__entry->reason))
);

/* A timer expired. */
TRACE_EVENT(edu_tcp_timer,
	TP_PROTO(const struct edu_flow *flow, u8 timer),
	TP_ARGS(flow, timer),
	TP_STRUCT__entry(EDU_FLOW_FIELDS __field(u8, timer)),
	TP_fast_assign(EDU_FLOW_ASSIGN(flow); __entry->timer = timer;),
	TP_printk(EDU_FLOW_FORMAT " %s", EDU_FLOW_ARGS, edu_show_timer(__entry->timer))
);

#endif /* EDU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
