/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block and everything that goes in and out of the
 * core. Variables carry the names of RFC 9293 section 3.3.1; times are
 * microseconds of the caller's clock, sequence numbers are in host order.
 *
 * The core is sans-IO: no clock, no lock, no allocation, no packet. The caller
 * holds whatever protects the TCB during each call, and does what the answer
 * (struct edu_todo, struct edu_out) says.
 */
#ifndef EDU_CORE_TCB_H
#define EDU_CORE_TCB_H

#include "drop.h"
#include "env.h"
#include "mib.h"
#include "segment.h"
#include "seq.h"
#include "state.h"

#define EDU_MSEC		1000u
#define EDU_SEC			1000000u
#define EDU_NEVER		(~0ull)

#define EDU_RTO_INIT		(1 * EDU_SEC)		/* RFC 6298 (2.1) */
/* RFC 6298 (2.4) says 1 s; Linux has used 200 ms for decades, and so do we. */
#define EDU_RTO_MIN		(200 * EDU_MSEC)
#define EDU_RTO_MAX		(120ull * EDU_SEC)	/* (2.5): at least 60 s */
#define EDU_DELACK		(40 * EDU_MSEC)		/* MUST-40: below 500 ms */
#define EDU_DELACK_MAX		(200 * EDU_MSEC)
#define EDU_MSL			(30ull * EDU_SEC)	/* Linux's; RFC 9293 says 2 min */
#define EDU_QUICKACKS		16u	/* segments ACKed at once at first: slow start */

/* Where a segment that was sent waits for its acknowledgment: sent.c. */
enum edu_queue_kind {
	EDU_SENT,		/* on its way, as far as we know */
	EDU_LOST,		/* lost, and to be sent again */
	EDU_SACKED,		/* the peer has it, out of order (RFC 2018) */
	EDU_QUEUES,
};

/**
 * struct edu_node - a piece of text, in flight or arrived out of order
 * @rb: place, by sequence number, in a queue or in the out-of-order tree
 * @callers: the caller's; the node overlays the front of its buffer
 * @link: place in the order of transmission, or in a chain that is handed back
 * @seq: of the first octet; of the first that is not acknowledged yet, if sent
 * @end_seq: behind the last octet of text
 * @xmit_at: when it was last sent
 * @skip: octets at the buffer's front that are acknowledged: @seq is behind them
 * @flags: EDU_FIN when a FIN follows the text; EDU_SYN
 * @queue: enum edu_queue_kind
 * @retransmitted: it was sent more than once: no RTT sample (Karn, RFC 6298 (3))
 *
 * Nodes belong to the caller, who embeds them in its buffers: the core only
 * links them. In the kernel a node lies over struct sk_buff, from its rbnode
 * to the end of its cb.
 */
struct edu_node {
	struct rb_node rb;
	u64 callers[2];
	struct list_head link;
	u32 seq;
	u32 end_seq;
	u64 xmit_at;
	u32 skip;
	u8 flags;
	u8 queue;
	u8 retransmitted;
};

/**
 * struct edu_queue - segments by sequence number
 * @root: the tree
 * @octets: sequence numbers that they take up
 * @nodes: how many they are
 */
struct edu_queue {
	struct rb_root_cached root;
	u32 octets;
	u32 nodes;
};

/**
 * struct edu_params - what an administrator may set (sysctl net.edu_tcp)
 * @syn_retries: SYN retransmissions before connect() fails
 * @synack_retries: SYN-ACK retransmissions before a request is dropped
 * @retries1: timeouts before IP is told to look for another route (R1, MUST-20)
 * @retries2: back-offs of the minimum RTO before giving up (R2)
 * @orphan_retries: the same for a connection that no user owns
 * @keepalive_time: microseconds of silence before the first probe
 * @keepalive_intvl: microseconds between probes
 * @keepalive_probes: unanswered probes before giving up
 * @fin_timeout: microseconds that an orphan stays in FIN-WAIT-2
 * @invalid_ratelimit: microseconds between two ACKs for segments that cannot
 *	be; 0: answer each (RFC 5961 section 7, Linux's tcp_invalid_ratelimit)
 * @window_scaling: offer and accept RFC 7323 window scaling
 * @timestamps: offer and accept RFC 7323 timestamps
 * @sack: offer and accept selective acknowledgments (RFC 2018)
 * @ecn: 0: none; 1: offer and accept ECN (RFC 3168); 2: accept only
 */
struct edu_params {
	u8 syn_retries;
	u8 synack_retries;
	u8 retries1;
	u8 retries2;
	u8 orphan_retries;
	u8 keepalive_probes;
	bool window_scaling;
	bool timestamps;
	bool sack;
	u8 ecn;
	u64 keepalive_time;
	u64 keepalive_intvl;
	u64 fin_timeout;
	u64 invalid_ratelimit;
};

/*
 * What a half-open request, a connection and a TIME-WAIT have in common, so
 * that the first steps of 3.10.7.4 are written once. RCV.WND is relative to
 * RCV.NXT, as in the RFC: it shrinks as text arrives, and the right edge
 * RCV.NXT + RCV.WND never moves left (SHLD-14).
 */
#define EDU_CONN_MEMBERS								\
	u32 snd_una;		/* oldest unacknowledged sequence number */		\
	u32 snd_nxt;		/* next sequence number to be sent */			\
	u32 rcv_nxt;		/* next sequence number expected */			\
	u32 rcv_wnd;		/* receive window, in octets */				\
	u32 ts_recent;		/* TS.Recent (RFC 7323 4.3) */				\
	u32 ts_recent_at;	/* when it was taken, in seconds of the caller's clock */ \
	u32 ts_offset;		/* where our timestamps begin: the caller keys it */	\
	u8 state;									\
	u8 snd_wscale;		/* shift of the windows that the peer announces */	\
	u8 rcv_wscale;		/* shift of the windows that we announce */		\
	u8 wscale_ok : 1;	/* both sides sent the option */			\
	u8 ts_ok : 1;		/* likewise, timestamps */				\
	u8 sack_ok : 1;		/* likewise, SACK-Permitted */				\
	u8 ecn_ok : 1		/* both sides said that they know ECN */

struct edu_conn {
	EDU_CONN_MEMBERS;
};

/**
 * struct edu_request - a half-open connection: SYN-RECEIVED, from LISTEN
 * @conn: the common part; ISS is snd_una, IRS is rcv_nxt - 1
 * @mss: what the peer's SYN announced, 0 if nothing
 * @wnd: the window of the peer's SYN
 * @retries: SYN-ACKs retransmitted so far
 * @synack_at: when the SYN-ACK was first sent, for the RTT; low 32 bits of the clock
 * @defer: until this many were, only an ACK with text completes it (TCP_DEFER_ACCEPT)
 * @acked: one without text has come meanwhile
 * @cookie: nobody keeps it: its SYN,ACK says all, and the peer brings that back
 */
struct edu_request {
	struct edu_conn conn;
	u16 mss;
	u16 wnd;
	u32 synack_at;
	u8 retries;
	u8 defer;
	bool acked;
	bool cookie;
};

/**
 * struct edu_cookie_key - the keyed hashes behind a SYN cookie
 * @base: of the two ends
 * @mac: of the two ends, the peer's ISS, and edu_cookie_count(): now, and the one before
 */
struct edu_cookie_key {
	u32 base;
	u32 mac[2];
};

enum edu_timer {
	EDU_TIMER_RTO,		/* retransmission: SYN, text or FIN is in flight */
	EDU_TIMER_REORDER,	/* what is late by then is lost (RFC 8985 6.2) */
	EDU_TIMER_PROBE,	/* tail loss probe (RFC 8985 7) */
	EDU_TIMER_PERSIST,	/* zero-window probe, or sender SWS override */
	EDU_TIMER_DELACK,
	EDU_TIMER_KEEPALIVE,
	EDU_TIMER_FIN_WAIT_2,	/* an orphan's patience */
	EDU_TIMERS,
};

struct edu_tcb;

/*
 * Cut a node's buffer in two: @len octets, from the node's sequence number on,
 * stay, the rest goes to the new node that is returned; NULL if there is no
 * memory. The core fills the new node in.
 */
typedef struct edu_node *edu_split_fn(struct edu_tcb *t, struct edu_node *node, u32 len);

/**
 * struct edu_cong_ops - a congestion control algorithm
 * @name: as TCP_CONGESTION takes it
 * @init: set up cwnd and ssthresh once the MSS is known
 * @acked: an ACK outside fast recovery acknowledged @octets of text
 * @ssthresh: what ssthresh becomes now that there is congestion
 * @timeout: optional: the retransmission timer expired; after @ssthresh
 */
struct edu_cong_ops {
	const char *name;
	void (*init)(struct edu_tcb *t);
	void (*acked)(struct edu_tcb *t, u32 octets, u64 now);
	u32 (*ssthresh)(struct edu_tcb *t);
	void (*timeout)(struct edu_tcb *t);
};

/* CUBIC's variables: RFC 9438 section 4.1.2 */
struct edu_cubic {
	u32 w_max;		/* W_max, octets */
	u32 cwnd_prior;		/* cwnd when the window was last reduced */
	u32 w_est;		/* what Reno would have, octets */
	u32 est_acked;		/* octets acknowledged towards its next increase */
	u32 k;			/* K, milliseconds */
	u64 epoch_at;		/* t_epoch; 0: congestion avoidance has not begun */
	u64 acked_at;		/* when the window was last allowed to grow */
};

/* What one ACK tells: gathered by acked.c and sack.c for rack.c and recovery.c. */
struct edu_delivery {
	u32 acked;		/* octets that it acknowledges */
	u32 octets;		/* octets that arrived, in order or not, since the last one */
	u32 tsecr;
	u32 dsack_end;
	u32 fack;		/* RACK.fack before it; with @has_fack */
	u64 rack_at;		/* when the newest arrival that RACK believes was sent */
	u64 sent_at;		/* when the newest arrival was sent, of those sent once; or 0 */
	bool has_tsecr;
	bool limited;		/* cwnd was in use */
	bool ambiguous;		/* something that was sent twice has arrived */
	bool original;		/* something has arrived that was taken for lost */
	bool dsack;		/* something has arrived twice */
	bool has_fack;
};

enum edu_recovery {
	EDU_OPEN,		/* nothing is known to be lost */
	EDU_REDUCING,	/* congestion without loss: the window shrinks (RFC 3168) */
	EDU_FAST_RECOVERY,	/* what ACKs showed to be lost is sent again */
	EDU_LOSS,		/* after a timeout: what it took for lost is sent again */
};

/* What the user knows of the peer's urgent text. */
enum edu_urgent {
	EDU_URGENT_NONE,	/* none, or he has read on behind it */
	EDU_URGENT_ANNOUNCED,	/* its last octet stands before RCV.UP, or will */
	EDU_URGENT_TAKEN,	/* he has that octet, and has not read up to it */
};

/* F-RTO (RFC 5682): is this timeout needless? Steps 2 and 3 wait for ACKs. */
enum edu_frto {
	EDU_FRTO_OFF,
	EDU_FRTO_RESENT,	/* the first segment was sent again */
	EDU_FRTO_FORWARD,	/* its ACK has come: new text goes out, nothing again */
};

/* The transmission control block of one full connection. */
struct edu_tcb {
	union {
		struct edu_conn conn;
		struct {
			EDU_CONN_MEMBERS;
		};
	};

	/* Send sequence space (RFC 9293 3.3.1) */
	u32 iss;
	u32 snd_wnd;
	u32 snd_wl1;
	u32 snd_wl2;
	u32 max_snd_wnd;	/* MAX.SND.WND: the largest window ever offered */
	u32 write_seq;		/* behind the last octet the user handed over */
	u32 snd_up;		/* SND.UP: behind the last urgent octet, or SND.UNA */
	u32 snd_sml;		/* end of the last sub-MSS segment (Minshall) */
	u32 mss;		/* Eff.snd.MSS: text per segment */
	u32 path_mss;		/* text that fits the path's MTU */
	u16 peer_mss;		/* from the SYN; 0: none was announced */
	u16 adv_mss;		/* what we announce */
	u16 default_mss;	/* of a peer that announced none: MUST-15 */

	/* Receive sequence space */
	u32 irs;
	u32 rcv_acked;		/* RCV.NXT as last announced to the peer */
	u32 rcv_up;		/* RCV.UP: behind the last urgent octet, if urgent says so */
	u32 rcv_mss;		/* estimate of the peer's segment size */

	/* How large the receive buffer should be: rightsize.c */
	u32 rcv_rtt;		/* microseconds that a window of text took, at least; 0: unknown */
	u32 rcv_rtt_seq;	/* when RCV.NXT is here, a window has come */
	u64 rcv_rtt_at;		/* since when; 0: not measured yet */
	u32 rcv_space;		/* the most that the user read in an RTT */
	u32 rcv_space_seq;	/* where he was when this RTT began */
	u64 rcv_space_at;	/* when that was; 0: never */

	/* Flags */
	u8 fin_queued : 1;	/* the user closed: a FIN follows write_seq */
	u8 orphan : 1;		/* no user any more */
	u8 ack_now : 1;		/* an ACK is owed at once */
	u8 ack_due : 1;		/* likewise, if the user keeps up */
	u8 pingpong : 1;	/* request-response traffic: ACKs ride on answers */
	u8 push_window : 1;	/* the override timer fired: send what fits */
	u8 probe_now : 1;	/* a window or keepalive probe is due */
	u8 zero_announced : 1;	/* the peer was told that RCV.WND is 0 */
	u8 accepts_text : 1;	/* cleared when the user can read no more */
	u8 syn_acked : 1;	/* ISS is a number like any other: it comes again */
	u8 syn_retransmitted : 1;
	u8 has_dsack : 1;	/* @dsack is to be reported */
	u8 ecn_echo : 1;	/* a segment was marked, and the peer does not know */
	u8 ecn_cwr : 1;		/* tell the peer that the window was reduced */
	u8 rack_seen : 1;	/* rack_* hold something */
	u8 rack_dsack_round : 1;
	u8 reordering_seen : 1;
	u8 may_undo : 1;	/* prior_* are worth going back to */
	u8 frto : 2;		/* enum edu_frto */
	u8 tail_probe : 1;	/* a tail loss probe is to be sent */
	u8 probe_in_flight : 1;	/* and was */
	u8 probe_is_retransmission : 1;
	u8 urgent_now : 1;	/* the urgent pointer is still to be sent */
	u8 urgent;		/* enum edu_urgent */
	u8 quickacks;

	/* Selective acknowledgments: what arrived out of order, the latest first */
	u8 nsack;
	struct edu_sack_block sack[EDU_SACK_MAX];
	struct edu_sack_block dsack;

	/* Congestion control (RFC 5681) and loss recovery (6582, 9937), in octets */
	u8 recovery;		/* enum edu_recovery */
	u8 dupacks;
	u32 dup_octets;		/* without SACK: what duplicate ACKs say has arrived */
	u32 cwnd;
	u32 ssthresh;
	u32 cwnd_acked;		/* octets acknowledged towards the next increase */
	u32 recover;		/* RFC 6582: SND.NXT when recovery began */
	u32 reduced;		/* RFC 3168: SND.NXT when the window was last reduced */
	u32 recover_fs;		/* RFC 9937: RecoverFS, FlightSize when it began */
	u32 prr_delivered;	/* octets that arrived since */
	u32 prr_out;		/* octets that were sent since */
	u32 prior_cwnd;
	u32 prior_ssthresh;
	struct edu_cubic prior_cubic;
	u32 undo_from;		/* SND.UNA then: D-SACKs below are about something older */
	u32 undo_retrans;	/* segments sent again since, and not reported as D-SACK */
	u32 undone;		/* SND.NXT at the last undo */
	u64 recovery_at;	/* when it began */
	u64 retransmitted_at;	/* when something was first sent again, 0: nothing yet */
	struct edu_cubic cubic;

	/* RACK-TLP (RFC 8985): what arrived that was sent last, and what it took */
	u64 rack_xmit_at;
	u32 rack_end_seq;
	u32 rack_rtt;
	u32 rack_fack;		/* the highest sequence number that arrived */
	u32 rack_dsack_end;	/* SND.NXT at the last D-SACK that counted */
	u32 min_rtt;
	u64 min_rtt_at;
	u8 reo_wnd_mult;
	u8 reo_wnd_persist;
	u32 probe_end;		/* SND.NXT when the tail loss probe was sent */

	/* Round-trip time (RFC 6298), microseconds */
	u32 srtt;
	u32 rttvar;
	u32 rto;
	u8 backoff;
	u8 retries;		/* timeouts since the last progress */
	u8 probes;		/* unanswered window probes */
	u8 keepalive_sent;	/* unanswered keepalive probes */
	u64 first_timeout_at;	/* send time of what timed out first */
	u64 syn_at;		/* when the SYN was first sent */
	u64 last_xmit_at;	/* when text was last sent */
	u64 last_rcv_at;	/* when anything valid last arrived */
	u64 last_text_at;	/* when text last arrived; 0: never */
	u64 invalid_acked_at;	/* when a segment that cannot be was last answered */

	/* Timers: a deadline each, EDU_NEVER when not running */
	u64 deadline[EDU_TIMERS];

	/* Queues; the nodes are the caller's, but for the SYN and a FIN without text */
	struct edu_queue queue[EDU_QUEUES];
	struct list_head xmit_order;	/* EDU_SENT, as last sent: the oldest first */
	struct edu_node ctl;		/* the SYN, later the FIN that no text carried */
	struct rb_root out_of_order;
	struct edu_node *ooo_last;	/* the one with the highest sequence number */

	u32 total_retrans;
	u64 bytes_acked;
	u64 bytes_received;
	u8 wscale_offer;	/* the shift that our SYN proposes */

	/* From here on all stays when the connection is over: edu_tcb_reset() */
	const struct edu_params *params;
	const struct edu_cong_ops *cong;
	edu_split_fn *split;	/* NULL: nodes cannot be cut */

	/* What the user may set for one connection; 0: the params' value */
	u64 keepalive_time;
	u64 keepalive_intvl;
	u64 fin_timeout;	/* EDU_NEVER: do not wait in FIN-WAIT-2 at all */
	u64 user_timeout;	/* RFC 9293 3.8.3; 0: R2 decides */
	u8 syn_retries;
	u8 defer_accept;	/* timeouts of the SYN,ACK until an ACK without text will do */
	u8 keepalive_probes;
	u8 nodelay : 1;		/* TCP_NODELAY */
	u8 cork : 1;		/* TCP_CORK or MSG_MORE: hold partial segments */
	u8 keepalive : 1;	/* SO_KEEPALIVE */
};

enum edu_text {
	EDU_TEXT_NONE,		/* there was none, or it was dropped */
	EDU_TEXT_DELIVER,	/* append the node to what the user may read */
	EDU_TEXT_HELD,		/* the core holds the node: it came out of order */
};

/* What happened that a user may wait for. */
#define EDU_EV_CONNECTED	0x01	/* ESTABLISHED was entered */
#define EDU_EV_READABLE		0x02	/* text became readable */
#define EDU_EV_ACKED		0x04	/* send buffer space came free */
#define EDU_EV_FIN		0x08	/* the peer will send no more */
#define EDU_EV_CLOSED		0x10	/* the connection is over; see err */
#define EDU_EV_R1		0x20	/* IP should look for another route */
#define EDU_EV_ACCEPT		0x40	/* request: make it a connection */
#define EDU_EV_SYNACK		0x80	/* request: send the SYN-ACK again */
#define EDU_EV_2MSL		0x100	/* TIME-WAIT: start the wait again */
#define EDU_EV_SYN		0x200	/* LISTEN: a good SYN; TIME-WAIT: a new connection */
#define EDU_EV_URGENT		0x400	/* RCV.UP has advanced */
#define EDU_EV_DEFERRED		0x800	/* request: acknowledged, and to wait for text */

#define EDU_PATH_MAX		4	/* states that one event can pass through */

/**
 * struct edu_todo - what an event asks the caller to do
 * @released: nodes that were acknowledged, linked by link
 * @ready: nodes that are in order now, to be appended behind the segment's own
 * @unwanted: out-of-order nodes that are of no use any more
 * @text: what becomes of the arrived segment's own node
 * @drop: why the segment, or its text, went no further
 * @reply: control bits of a segment to send without a TCB, 0 for none
 * @reply_seq: its sequence number
 * @reply_ack: its acknowledgment number, if it has EDU_ACK
 * @reply_wnd: its window, as on the wire
 * @reply_tsval: with @reply_ts, its timestamp
 * @reply_tsecr: with @reply_ts, the timestamp that it echoes
 * @reply_ts: it carries timestamps
 * @err: errno that the user gets, 0 for none
 * @events: EDU_EV_*
 * @counted: bit 1 << EDU_MIB_* for each counter to increment
 * @npath: how many states were entered
 * @path: which, in order
 *
 * To be initialised with edu_todo_init().
 */
struct edu_todo {
	struct list_head released;
	struct list_head ready;
	struct list_head unwanted;
	u8 text;
	u8 drop;
	u8 reply;
	u8 npath;
	u8 path[EDU_PATH_MAX];
	u32 reply_seq;
	u32 reply_ack;
	u16 reply_wnd;
	u16 events;
	u32 reply_tsval;
	u32 reply_tsecr;
	bool reply_ts;
	int err;
	u64 counted;
};

static inline void edu_todo_init(struct edu_todo *todo)
{
	memset(todo, 0, sizeof(*todo));
	INIT_LIST_HEAD(&todo->released);
	INIT_LIST_HEAD(&todo->ready);
	INIT_LIST_HEAD(&todo->unwanted);
}

static inline void edu_count(struct edu_todo *todo, enum edu_mib mib)
{
	todo->counted |= 1ull << mib;
}

/**
 * struct edu_budget - what the caller can do about output now
 * @now: the clock
 * @max_len: most octets of text in one edu_out; below 2 * mss means one segment
 * @rcv_free: octets of text that the receive buffer can still take
 * @rcv_buff: octets of text that it can take when empty (RCV.BUFF)
 * @hold: send no new text now (too much waits below us)
 */
struct edu_budget {
	u64 now;
	u32 max_len;
	u32 rcv_free;
	u32 rcv_buff;
	bool hold;
};

enum edu_out_kind {
	EDU_OUT_CONTROL,	/* no text: SYN, FIN, ACK or a probe */
	EDU_OUT_NEW,		/* len octets that were never sent, from the user's queue */
	EDU_OUT_RETRANSMIT,	/* len octets from node */
};

/**
 * struct edu_out - one thing that may be sent now
 * @kind: where the text comes from
 * @node: EDU_OUT_RETRANSMIT: the node that holds it, behind its @skip octets
 * @seq: sequence number
 * @len: octets of text
 * @ack: acknowledgment number, meaningful with EDU_ACK
 * @wnd: window, as on the wire
 * @flags: control bits
 * @urg: urgent pointer, with EDU_URG
 * @mss: text octets per segment, when @len is larger than one
 * @opt: options
 * @probe: it is a window or keepalive probe
 * @ect: IP may mark it instead of dropping it: ECT(0) (RFC 3168 5)
 */
struct edu_out {
	u8 kind;
	u8 flags;
	u16 wnd;
	u16 urg;
	struct edu_node *node;
	u32 seq;
	u32 len;
	u32 ack;
	u32 mss;
	struct edu_options opt;
	bool probe;
	bool ect;
};

/* state change, the one door: state.c */
void edu_enter(struct edu_conn *c, u8 state, struct edu_todo *todo);

/* user calls: calls.c, RFC 9293 3.10.1 to 3.10.6 */
void edu_tcb_init(struct edu_tcb *t, const struct edu_params *params);
void edu_tcb_reset(struct edu_tcb *t);
void edu_open_active(struct edu_tcb *t, u32 iss, u32 ts_offset, struct edu_todo *todo);
void edu_open_passive(struct edu_tcb *t, struct edu_todo *todo);
void edu_open_from_request(struct edu_tcb *t, const struct edu_request *r, u32 path_mss,
			   u64 now);
void edu_sent_by_user(struct edu_tcb *t, u32 len);
bool edu_received_by_user(struct edu_tcb *t, u32 rcv_free, u32 rcv_buff);
void edu_shutdown_send(struct edu_tcb *t, struct edu_todo *todo);
int edu_reset_error(const struct edu_tcb *t);
void edu_close(struct edu_tcb *t, bool unread, u64 now, struct edu_todo *todo);
void edu_abort(struct edu_tcb *t, int err, struct edu_todo *todo);
void edu_closed(struct edu_tcb *t, int err, struct edu_todo *todo);
void edu_set_receive_window(struct edu_tcb *t, u32 rcv_buff, u8 wscale);
void edu_set_mss(struct edu_tcb *t, u32 path_mss);
void edu_keepalive_update(struct edu_tcb *t, u64 now);

/* segment arrives: arrives.c, 3.10.7 */
void edu_arrives_closed(const struct edu_segment *seg, struct edu_todo *todo);
void edu_arrives_listen(const struct edu_segment *seg, struct edu_todo *todo);
void edu_arrives_request(struct edu_request *r, const struct edu_segment *seg, u64 now,
			 struct edu_todo *todo);
void edu_arrives_time_wait(struct edu_conn *c, const struct edu_segment *seg, u64 now,
			   struct edu_todo *todo);
void edu_arrives(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
		 bool room, u64 now, struct edu_todo *todo);
void edu_arrives_long(struct edu_tcb *t, const struct edu_segment *seg, struct edu_node *node,
		      bool room, u64 now, struct edu_todo *todo);
void edu_request_init(struct edu_request *r, const struct edu_segment *seg,
		      const struct edu_params *params, u32 iss, u32 ts_offset, u32 rcv_buff,
		      u8 rcv_wscale, u64 now);

/* SYN cookies: cookie.c, RFC 4987 */
u32 edu_cookie_count(u64 now);
bool edu_cookie_for(struct edu_request *r, u16 default_mss, const struct edu_cookie_key *key,
		    u64 now);
u32 edu_cookie_tsval(const struct edu_conn *c, u64 now);
bool edu_cookie_back(struct edu_request *r, const struct edu_segment *seg,
		     const struct edu_params *params, u16 default_mss,
		     const struct edu_cookie_key *key, u32 ts_offset, u32 rcv_buff,
		     u8 rcv_wscale, u64 now);

/* timeouts: timeouts.c, 3.10.8 */
u64 edu_next_deadline(const struct edu_tcb *t);
void edu_timeouts(struct edu_tcb *t, u64 now, struct edu_todo *todo);
u64 edu_request_timeout(struct edu_request *r, u8 retries_max);
bool edu_request_asks_again(const struct edu_request *r);
void edu_timers_stop(struct edu_tcb *t);
void edu_fin_wait_2_begins(struct edu_tcb *t, u64 now, struct edu_todo *todo);

/* what may be sent now: output.c */
bool edu_output_idle(const struct edu_tcb *t, u32 rcv_free);
bool edu_output(struct edu_tcb *t, const struct edu_budget *b, struct edu_out *o,
		struct edu_todo *todo);
void edu_output_done(struct edu_tcb *t, const struct edu_out *o, struct edu_node *node,
		     u64 now, struct edu_todo *todo);
void edu_output_failed(struct edu_tcb *t, u64 now);
void edu_request_synack(const struct edu_request *r, u16 adv_mss, u64 now, struct edu_out *o);

/* reassembly: reassembly.c */
bool edu_out_of_order_empty(const struct edu_tcb *t);
bool edu_out_of_order_insert(struct edu_tcb *t, struct edu_node *node, struct edu_todo *todo);
void edu_out_of_order_overlap(struct edu_tcb *t, u32 end, struct edu_todo *todo);
bool edu_out_of_order_drain(struct edu_tcb *t, struct edu_todo *todo);
void edu_out_of_order_prune(struct edu_tcb *t, struct edu_todo *todo);
void edu_out_of_order_purge(struct edu_tcb *t, struct list_head *chain);

/* urgent text: urgent.c, 3.8.5 */
void edu_send_urgent(struct edu_tcb *t);
void edu_urgent_announce(const struct edu_tcb *t, struct edu_out *o);
void edu_sixth_check_urg(struct edu_tcb *t, const struct edu_segment *seg, struct edu_todo *todo);
void edu_urgent_taken(struct edu_tcb *t);
void edu_urgent_read(struct edu_tcb *t, u32 seq);

/* windows, as RFC 9293 3.8.6 manages them: window.c */
void edu_window_update(struct edu_tcb *t, u32 rcv_free, u32 rcv_buff, struct edu_todo *todo);
u16 edu_window_field(const struct edu_conn *c, bool syn);
u8 edu_wscale_for(u32 rcv_buff_max);

/* the receive buffer's size: rightsize.c */
void edu_rcv_rtt_measure(struct edu_tcb *t, u64 now);
u32 edu_rcv_space(struct edu_tcb *t, u32 copied, u64 now);

/* acknowledging: ack.c, 3.8.6.3 */
void edu_ack_text(struct edu_tcb *t, u32 len, bool in_order, u64 now);
void edu_ack_later(struct edu_tcb *t, u64 now);
bool edu_ack_is_owed(const struct edu_tcb *t, u32 rcv_free);
void edu_ack_sent(struct edu_tcb *t, bool blocks);

/* round-trip time: rtt.c, RFC 6298 */
void edu_rtt_sample(struct edu_tcb *t, u64 rtt);
void edu_rtt_syn_lost(struct edu_tcb *t);
u64 edu_rto(const struct edu_tcb *t);

/* what was sent and is not acknowledged yet: sent.c */
void edu_sent_init(struct edu_tcb *t);
struct edu_node *edu_sent_first(const struct edu_tcb *t, enum edu_queue_kind kind);
struct edu_node *edu_sent_last(const struct edu_tcb *t, enum edu_queue_kind kind);
struct edu_node *edu_sent_next(const struct edu_node *node);
struct edu_node *edu_sent_from(const struct edu_tcb *t, enum edu_queue_kind kind, u32 seq);
void edu_sent_add(struct edu_tcb *t, struct edu_node *node);
void edu_sent_move(struct edu_tcb *t, struct edu_node *node, enum edu_queue_kind kind);
void edu_sent_release(struct edu_tcb *t, struct edu_node *node, struct list_head *chain);
void edu_sent_trim(struct edu_tcb *t, struct edu_node *node, u32 seq);
bool edu_sent_split(struct edu_tcb *t, struct edu_node *node, u32 seq);

/* what ACKs acknowledge: acked.c */
void edu_acked(struct edu_tcb *t, const struct edu_segment *seg, bool duplicate, u64 now,
	       struct edu_todo *todo);

void edu_delivered(struct edu_tcb *t, const struct edu_node *node, struct edu_delivery *d,
		   u64 now);

/* SACK blocks, the peer's and ours: sack.c, RFC 2018, 2883 */
void edu_sack_arrives(struct edu_tcb *t, const struct edu_segment *seg, struct edu_delivery *d,
		      u64 now, struct edu_todo *todo);
void edu_sack_held(struct edu_tcb *t, u32 start, u32 end);
void edu_sack_given_up(struct edu_tcb *t, u32 from);
void edu_sack_duplicate(struct edu_tcb *t, u32 start, u32 end, enum edu_mib mib,
			struct edu_todo *todo);
void edu_sack_option(struct edu_tcb *t, struct edu_options *opt);

/* timestamps: timestamps.c, RFC 7323 */
u32 edu_tsval(const struct edu_conn *c, u64 when);
void edu_ts_option(const struct edu_conn *c, struct edu_options *opt, u64 now);
void edu_ts_negotiated(struct edu_conn *c, const struct edu_segment *seg, u64 now);
bool edu_ts_older(const struct edu_conn *c, const struct edu_segment *seg, u64 now);
void edu_ts_recent(struct edu_conn *c, u32 last_ack_sent, const struct edu_segment *seg, u64 now);
bool edu_ts_may_reuse(const struct edu_conn *c, u64 now);
bool edu_ts_rtt(const struct edu_tcb *t, const struct edu_segment *seg, u64 now, u64 *rtt);

/* explicit congestion notification: ecn.c, RFC 3168 */
bool edu_ecn_offered(const struct edu_segment *seg);
bool edu_ecn_accepted(const struct edu_segment *seg);
void edu_ecn_text(struct edu_tcb *t, const struct edu_segment *seg);
void edu_ecn_arrives(struct edu_tcb *t, const struct edu_segment *seg,
		     const struct edu_delivery *d, u64 now);
void edu_ecn_flags(const struct edu_tcb *t, struct edu_out *o);
void edu_ecn_sent(struct edu_tcb *t, const struct edu_out *o);

/* which segments are lost, and the tail loss probe: rack.c, RFC 8985 */
void edu_rack_delivered(struct edu_tcb *t, const struct edu_node *node,
			struct edu_delivery *d, u64 now);
void edu_rack_dsack(struct edu_tcb *t);
void edu_rack_recovered(struct edu_tcb *t);
void edu_rack_detect(struct edu_tcb *t, u64 now);
void edu_rack_timeout(struct edu_tcb *t, u64 now);
void edu_probe_schedule(struct edu_tcb *t, u64 now);
void edu_probe_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo);
bool edu_probe_acked(struct edu_tcb *t, const struct edu_segment *seg,
		     const struct edu_delivery *d);

/* loss recovery: recovery.c, RFC 5681, 6582, 9937 */
u32 edu_pipe(const struct edu_tcb *t);
void edu_congested(struct edu_tcb *t, const struct edu_delivery *d, u64 now);
void edu_duplicate_ack(struct edu_tcb *t, struct edu_todo *todo);
void edu_recover(struct edu_tcb *t, const struct edu_segment *seg, struct edu_delivery *d,
		 u64 now, struct edu_todo *todo);
void edu_reordering_expired(struct edu_tcb *t, u64 now, struct edu_todo *todo);
void edu_reneged(struct edu_tcb *t, u64 now);
void edu_loss(struct edu_tcb *t, u64 now, struct edu_todo *todo);
void edu_resend_smaller(struct edu_tcb *t);
void edu_release_all(struct edu_tcb *t, struct edu_todo *todo);

/* congestion control: congestion.c, cubic.c */
#define EDU_CONG_NAME_MAX	16	/* with its end; as TCP_CA_NAME_MAX */
#define EDU_CWND_MAX		0x40000000u
u32 edu_cong_initial_window(const struct edu_tcb *t);
void edu_cong_init(struct edu_tcb *t);
void edu_slow_start(struct edu_tcb *t, u32 octets);
void edu_cong_names(char *names, size_t size);
const struct edu_cong_ops *edu_cong_find(const char *name);
void edu_cong_restart(struct edu_tcb *t, u64 now);
extern const struct edu_cong_ops edu_cong_reno;
extern const struct edu_cong_ops edu_cong_cubic;

/* FlightSize: octets sent and not yet acknowledged (RFC 5681 section 2). */
static inline u32 edu_flight(const struct edu_tcb *t)
{
	return t->snd_nxt - t->snd_una;
}

/* RCV.NXT advances over text that was accepted; the right edge stays where it is. */
static inline void edu_advance(struct edu_tcb *t, u32 seq)
{
	u32 octets = seq - t->rcv_nxt;

	t->rcv_nxt = seq;
	t->rcv_wnd -= min(t->rcv_wnd, octets);
	t->bytes_received += octets;
}

/* Octets the user handed over that were never sent. */
static inline u32 edu_unsent(const struct edu_tcb *t)
{
	return seq_lt(t->snd_nxt, t->write_seq) ? t->write_seq - t->snd_nxt : 0;
}

/* Urgent mode: the peer has not acknowledged all that is urgent. */
static inline bool edu_is_urgent(const struct edu_tcb *t)
{
	return seq_gt(t->snd_up, t->snd_una);
}

/* Whether our FIN was sent: it stands right behind the user's last octet. */
static inline bool edu_fin_sent(const struct edu_tcb *t)
{
	return t->fin_queued && t->snd_nxt == t->write_seq + 1;
}

static inline bool edu_fin_acked(const struct edu_tcb *t)
{
	return edu_fin_sent(t) && t->snd_una == t->snd_nxt;
}

/* Behind everything that takes up a sequence number. */
static inline u32 edu_node_end(const struct edu_node *node)
{
	return node->end_seq + !!(node->flags & (EDU_SYN | EDU_FIN));
}

#endif /* EDU_CORE_TCB_H */
