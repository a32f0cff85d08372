// SPDX-License-Identifier: GPL-2.0
/*
 * Options: TCP's own, at level IPPROTO_TCP, so that unmodified programs find
 * what they look for. What is not known gets ENOPROTOOPT.
 */
#include <net/ip.h>

#include "edu_tcp.h"

#define MAX_KEEPIDLE	32767	/* seconds, as TCP's */
#define MAX_KEEPINTVL	32767
#define MAX_KEEPCNT	127
#define MAX_SYNCNT	127
#define MAX_LINGER2	120	/* likewise: TCP_FIN_TIMEOUT_MAX */

/* ---- setsockopt ---- */

static int set_congestion(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	const struct edu_cong_ops *ops;
	char name[EDU_CONG_NAME_MAX] = "";

	if (optlen < 1)
		return -EINVAL;
	if (copy_from_sockptr(name, optval, min_t(u32, optlen, sizeof(name) - 1)))
		return -EFAULT;
	ops = edu_cong_find(name);
	if (!ops)
		return -ENOENT;
	lock_sock(sk);
	edu_sk(sk)->tcb.cong = ops;
	release_sock(sk);
	return 0;
}

static int set_maxseg(struct edu_sock *es, int val)
{
	if (val && (val < EDU_MSS_MIN || val > 65535))
		return -EINVAL;
	es->user_mss = val;
	return 0;
}

static void keepalive_changed(struct sock *sk)
{
	u64 now = edu_now();

	edu_keepalive_update(&edu_sk(sk)->tcb, now);
	edu_timer_update(sk, now);
}

static int set_keepalive_time(struct sock *sk, int optname, int val)
{
	struct edu_tcb *t = &edu_sk(sk)->tcb;

	switch (optname) {
	case TCP_KEEPIDLE:
		if (val < 1 || val > MAX_KEEPIDLE)
			return -EINVAL;
		t->keepalive_time = (u64)val * EDU_SEC;
		keepalive_changed(sk);
		return 0;
	case TCP_KEEPINTVL:
		if (val < 1 || val > MAX_KEEPINTVL)
			return -EINVAL;
		t->keepalive_intvl = (u64)val * EDU_SEC;
		return 0;
	default:
		if (val < 1 || val > MAX_KEEPCNT)
			return -EINVAL;
		t->keepalive_probes = val;
		return 0;
	}
}

/*
 * TCP_DEFER_ACCEPT counts in seconds; what counts here is how often the SYN,ACK would have
 * been sent again until then, at its doubling intervals.
 */
static int seconds_until(u8 timeouts)
{
	u32 wait = EDU_RTO_INIT / EDU_SEC, until = 0;

	while (timeouts--) {
		until += wait;
		wait = min_t(u32, 2 * wait, EDU_RTO_MAX / EDU_SEC);
	}
	return until;
}

static u8 timeouts_until(int seconds)
{
	u8 timeouts = 0;

	while (seconds_until(timeouts) < seconds && timeouts < U8_MAX)
		timeouts++;
	return timeouts;
}

static void set_linger2(struct edu_tcb *t, int val)
{
	if (val < 0)
		t->fin_timeout = EDU_NEVER;
	else
		t->fin_timeout = (u64)min(val, MAX_LINGER2) * EDU_SEC;
}

static int set_int(struct sock *sk, int optname, int val)
{
	struct edu_sock *es = edu_sk(sk);
	struct edu_tcb *t = &es->tcb;

	switch (optname) {
	case TCP_NODELAY:
		t->nodelay = !!val;
		if (val)
			edu_push(sk, edu_now());
		return 0;
	case TCP_CORK:
		t->cork = !!val;
		if (!val)
			edu_push(sk, edu_now());
		return 0;
	case TCP_MAXSEG:
		return set_maxseg(es, val);
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keepalive_time(sk, optname, val);
	case TCP_SYNCNT:
		if (val < 1 || val > MAX_SYNCNT)
			return -EINVAL;
		t->syn_retries = val;
		return 0;
	case TCP_DEFER_ACCEPT:
		WRITE_ONCE(t->defer_accept, timeouts_until(val));
		return 0;
	case TCP_LINGER2:
		set_linger2(t, val);
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		t->user_timeout = (u64)val * EDU_MSEC;
		return 0;
	case TCP_QUICKACK:
		t->pingpong = !val;
		if (val) {
			t->quickacks = EDU_QUICKACKS;
			if (t->deadline[EDU_TIMER_DELACK] != EDU_NEVER) {
				t->ack_now = 1;
				edu_push(sk, edu_now());
			}
		}
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * edu_setsockopt() - setsockopt() (proto.setsockopt)
 * @sk: the socket
 * @level: IPPROTO_TCP, or one of IP's
 * @optname: which
 * @optval: the value
 * @optlen: its size in octets
 *
 * Return: 0 or a negative errno.
 */
int edu_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		   unsigned int optlen)
{
	int val, err;

	if (level != IPPROTO_TCP)
		return edu_af_of(sk->sk_family)->setsockopt(sk, level, optname, optval, optlen);
	if (optname == TCP_CONGESTION)
		return set_congestion(sk, optval, optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	lock_sock(sk);
	err = set_int(sk, optname, val);
	release_sock(sk);
	return err;
}

/**
 * edu_keepalive() - SO_KEEPALIVE was set or cleared (proto.keepalive)
 * @sk: the socket, locked
 * @on: whether it is on
 */
void edu_keepalive(struct sock *sk, int on)
{
	edu_sk(sk)->tcb.keepalive = !!on;
	keepalive_changed(sk);
}

/* ---- getsockopt ---- */

static u32 msecs_since(u64 then, u64 now)
{
	return then ? div_u64(now - then, EDU_MSEC) : 0;
}

/**
 * edu_fill_info() - TCP_INFO: the fields that ss and iperf3 read
 * @sk: the socket, locked
 * @info: filled in
 */
void edu_fill_info(const struct sock *sk, struct tcp_info *info)
{
	const struct edu_sock *es = edu_sk(sk);
	const struct edu_tcb *t = &es->tcb;
	u64 now = edu_now();
	u32 mss = max(t->mss, 1u);

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	if (t->recovery == EDU_FAST_RECOVERY)
		info->tcpi_ca_state = TCP_CA_Recovery;
	else if (t->recovery == EDU_LOSS)
		info->tcpi_ca_state = TCP_CA_Loss;
	else if (t->recovery == EDU_REDUCING)
		info->tcpi_ca_state = TCP_CA_CWR;
	info->tcpi_retransmits = t->retries;
	info->tcpi_probes = t->probes;
	info->tcpi_backoff = t->backoff;
	if (t->ts_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (t->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (t->ecn_ok)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (t->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = t->snd_wscale;
		info->tcpi_rcv_wscale = t->rcv_wscale;
	}
	info->tcpi_rto = edu_rto(t);
	info->tcpi_ato = EDU_DELACK;
	info->tcpi_snd_mss = t->mss;
	info->tcpi_rcv_mss = t->rcv_mss;
	info->tcpi_unacked = DIV_ROUND_UP(edu_flight(t), mss);
	info->tcpi_sacked = DIV_ROUND_UP(t->queue[EDU_SACKED].octets, mss);
	info->tcpi_lost = DIV_ROUND_UP(t->queue[EDU_LOST].octets, mss);
	info->tcpi_min_rtt = t->min_rtt;
	info->tcpi_last_data_sent = msecs_since(t->last_xmit_at, now);
	info->tcpi_last_data_recv = msecs_since(t->last_text_at, now);
	info->tcpi_last_ack_recv = msecs_since(t->last_rcv_at, now);
	info->tcpi_pmtu = es->mtu;
	info->tcpi_rtt = t->srtt;
	info->tcpi_rttvar = t->rttvar;
	info->tcpi_snd_ssthresh = t->ssthresh / mss;
	info->tcpi_snd_cwnd = t->cwnd / mss;
	info->tcpi_advmss = t->adv_mss;
	info->tcpi_rcv_space = edu_rcv_buff(sk);
	info->tcpi_total_retrans = t->total_retrans;
	info->tcpi_notsent_bytes = edu_unsent(t);
	info->tcpi_bytes_acked = t->bytes_acked;
	info->tcpi_bytes_received = t->bytes_received;
	info->tcpi_snd_wnd = t->snd_wnd;
	info->tcpi_segs_in = es->traffic.segs_in;
	info->tcpi_segs_out = es->traffic.segs_out;
	info->tcpi_data_segs_in = es->traffic.data_segs_in;
	info->tcpi_data_segs_out = es->traffic.data_segs_out;
	info->tcpi_bytes_sent = es->traffic.bytes_sent;
	info->tcpi_bytes_retrans = es->traffic.bytes_retrans;
	info->tcpi_delivered = DIV_ROUND_UP_ULL(t->bytes_acked, mss);
	info->tcpi_rcv_rtt = t->rcv_rtt;
	info->tcpi_rcv_ssthresh = t->rcv_wnd;
}

static int put(const void *val, int size, char __user *optval, int __user *optlen)
{
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, size);
	if (put_user(len, optlen) || copy_to_user(optval, val, len))
		return -EFAULT;
	return 0;
}

static int get_int(struct sock *sk, int optname, int *val)
{
	const struct edu_net *en = edu_sk(sk)->en;
	const struct edu_sock *es = edu_sk(sk);
	const struct edu_tcb *t = &es->tcb;

	switch (optname) {
	case TCP_NODELAY:
		*val = t->nodelay;
		return 0;
	case TCP_CORK:
		*val = t->cork;
		return 0;
	case TCP_MAXSEG:
		*val = t->mss;
		if (es->user_mss && (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
			*val = es->user_mss;
		return 0;
	case TCP_KEEPIDLE:
		*val = div_u64(t->keepalive_time ?: en->params.keepalive_time, EDU_SEC);
		return 0;
	case TCP_KEEPINTVL:
		*val = div_u64(t->keepalive_intvl ?: en->params.keepalive_intvl, EDU_SEC);
		return 0;
	case TCP_KEEPCNT:
		*val = t->keepalive_probes ?: en->params.keepalive_probes;
		return 0;
	case TCP_SYNCNT:
		*val = t->syn_retries ?: en->params.syn_retries;
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = seconds_until(t->defer_accept);
		return 0;
	case TCP_LINGER2:
		*val = t->fin_timeout == EDU_NEVER ? -1 :
		       (int)div_u64(t->fin_timeout ?: en->params.fin_timeout, EDU_SEC);
		return 0;
	case TCP_USER_TIMEOUT:
		*val = div_u64(t->user_timeout, EDU_MSEC);
		return 0;
	case TCP_QUICKACK:
		*val = !t->pingpong;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * edu_getsockopt() - getsockopt() (proto.getsockopt)
 * @sk: the socket
 * @level: IPPROTO_TCP, or one of IP's
 * @optname: which
 * @optval: where the value goes
 * @optlen: room there; afterwards the value's size
 *
 * Return: 0 or a negative errno.
 */
int edu_getsockopt(struct sock *sk, int level, int optname, char __user *optval,
		   int __user *optlen)
{
	struct tcp_info info;
	char name[EDU_CONG_NAME_MAX] = "";
	int val, err;

	if (level != IPPROTO_TCP)
		return edu_af_of(sk->sk_family)->getsockopt(sk, level, optname, optval, optlen);

	switch (optname) {
	case TCP_INFO:
		lock_sock(sk);
		edu_fill_info(sk, &info);
		release_sock(sk);
		return put(&info, sizeof(info), optval, optlen);
	case TCP_CONGESTION:
		lock_sock(sk);
		strscpy(name, edu_sk(sk)->tcb.cong->name, sizeof(name));
		release_sock(sk);
		return put(name, sizeof(name), optval, optlen);
	}
	lock_sock(sk);
	err = get_int(sk, optname, &val);
	release_sock(sk);
	return err ?: put(&val, sizeof(val), optval, optlen);
}
