/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of /proc/net/edu_tcp, under the names that nstat and RFC 4022
 * use. They never reset. Those that the core sees it reports as bits in struct
 * edu_todo: there may be 64 of them. The shell counts the rest itself.
 */
#ifndef EDU_CORE_MIB_H
#define EDU_CORE_MIB_H

/* X(name, what it counts) */
#define EDU_COUNTERS(X)									\
	X(ActiveOpens,		"connections that went CLOSED to SYN-SENT")		\
	X(PassiveOpens,		"half-open requests that became a connection")		\
	X(AttemptFails,		"SYN-SENT or SYN-RECEIVED that went to CLOSED")		\
	X(EstabResets,		"ESTABLISHED or CLOSE-WAIT that went to CLOSED")	\
	X(InRsts,		"segments with RST that took effect")			\
	X(TCPChallengeACK,	"challenge ACKs (RFC 5961)")				\
	X(TCPPureAcks,		"segments without text that carried news")		\
	X(TCPHPHits,		"segments that took the short cut")			\
	X(TCPDupAcks,		"duplicate ACKs (RFC 5681 section 2)")			\
	X(TCPRenoRecovery,	"fast recoveries entered")				\
	X(TCPSackRecovery,	"fast recoveries entered for what RACK or SACK found")	\
	X(TCPFastRetrans,	"segments retransmitted in fast recovery")		\
	X(TCPSlowStartRetrans,	"segments retransmitted after a timeout")		\
	X(TCPTimeouts,		"retransmission timeouts")				\
	X(TCPSpuriousRTOs,	"timeouts that turned out needless (RFC 5682, 4015)")	\
	X(TCPFullUndo,		"fast recoveries that turned out needless")		\
	X(TCPLossProbes,	"tail loss probes sent (RFC 8985 7)")			\
	X(TCPLossProbeRecovery,	"tail loss probes that repaired a loss")		\
	X(TCPDSACKRecv,		"segments that the peer reported to have come twice")	\
	X(TCPDSACKOldSent,	"duplicates of acknowledged text reported to the peer")	\
	X(TCPDSACKOfoSent,	"duplicates of out-of-order text reported to the peer")	\
	X(TCPSACKDiscard,	"SACK blocks that speak of nothing in flight")		\
	X(TCPSACKReneging,	"timeouts that found SACKed text thrown away")		\
	X(PAWSActive,		"SYN,ACKs with a timestamp that we never sent")		\
	X(PAWSEstab,		"segments with a timestamp from the past (RFC 7323 5)")	\
	X(TCPSynRetrans,	"SYN and SYN-ACK retransmissions")			\
	X(TCPOFOQueue,		"segments queued out of order")				\
	X(TCPOFOMerge,		"out-of-order segments that another one covered")	\
	X(OfoPruned,		"times the out-of-order queue was pruned")		\
	X(TCPRcvQDrop,		"segments dropped for want of receive memory")		\
	X(TCPZeroWindowDrop,	"segments dropped because the window was closed")	\
	X(TCPToZeroWindowAdv,	"times our window went to zero")			\
	X(TCPFromZeroWindowAdv,	"times our window came back from zero")			\
	X(TCPWinProbe,		"zero-window probes sent")				\
	X(TCPKeepAlive,		"keepalive probes sent")				\
	X(DelayedACKs,		"delayed ACKs sent by their timer")			\
	X(TCPAbortOnData,	"connections reset because text came after close")	\
	X(TCPAbortOnClose,	"connections reset by close with unread text or linger 0") \
	X(TCPAbortOnTimeout,	"connections given up after too many retries")		\
	X(TCPAbortOnLinger,	"orphans ended in FIN-WAIT-2 by their timeout")		\
	X(TCPAbortOnMemory,	"orphans ended because there were too many")		\
	X(TW,			"connections that entered TIME-WAIT")			\
	X(TCPPureAckSent,	"segments sent that were only an ACK")			\
	X(RetransSegs,		"segments retransmitted")				\
	/* from here on the shell alone counts */					\
	X(InSegs,		"segments received, bad ones included")			\
	X(OutSegs,		"segments sent, retransmissions not included")		\
	X(OutRsts,		"segments sent with RST")				\
	X(InErrs,		"segments received in error")				\
	X(InCsumErrors,		"segments received with a wrong checksum")		\
	X(ListenOverflows,	"connections refused for a full accept queue")		\
	X(ListenDrops,		"SYNs and ACKs a listener dropped for any reason")	\
	X(TCPReqQFullDrop,	"SYNs dropped for a full half-open queue")		\
	X(TCPReqQFullDoCookies,	"SYNs answered by a cookie for a full half-open queue")	\
	X(SyncookiesSent,	"SYN cookies sent")					\
	X(SyncookiesRecv,	"SYN cookies that came back, and were good")		\
	X(SyncookiesFailed,	"ACKs that should have brought a SYN cookie, but did not") \
	X(TCPDeferAcceptDrop,	"ACKs without text that TCP_DEFER_ACCEPT waited through") \
	X(TWKilled,		"TIME-WAITs ended before their time")			\
	X(TWRecycled,		"TIME-WAITs whose place a connect() took (tw_reuse)")	\
	X(TCPTimeWaitOverflow,	"TIME-WAITs not entered for max_tw_buckets")		\
	X(TCPBacklogDrop,	"segments dropped for a full backlog")			\
	X(TCPBacklogCoalesce,	"segments merged into the one before in a backlog")	\
	X(TCPRcvCoalesce,	"segments merged into the one before")			\
	X(TCPHashFailed,	"table inserts that failed: no memory or a long chain")	\
	X(TCPOrphans,		"sockets closed by the user that went on alone")	\
	X(OutOfWindowIcmps,	"ICMP errors that quote a sequence not in flight")	\
	X(PMTUChanges,		"path MTU changes that took effect")			\
	X(TCPMemoryPressures,	"times all sockets together had more than mem[1] pages")	\
	X(TCPMinTTLDrop,	"segments from farther away than IP_MINTTL allows")

enum edu_mib {
#define EDU_X(name, text) EDU_MIB_##name,
	EDU_COUNTERS(EDU_X)
#undef EDU_X
	EDU_MIBS,
};

#endif /* EDU_CORE_MIB_H */
