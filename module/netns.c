// SPDX-License-Identifier: GPL-2.0
/* Everything that a network namespace has of its own, and the lab's switches. */
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "edu_tcp.h"

unsigned int edu_net_id;

/* The defaults of Linux 6.1's tcp_* sysctls. */
static void set_defaults(struct edu_net *en)
{
	en->params.syn_retries = 7;	/* 247 s, MUST-23; Linux has 6 */
	en->params.synack_retries = 5;
	en->params.retries1 = 3;
	en->params.retries2 = 15;
	en->params.keepalive_probes = 9;
	en->params.window_scaling = true;
	en->params.timestamps = true;
	en->params.sack = true;
	en->params.ecn = 2;
	en->congestion_control = &edu_cong_cubic;
	en->orphan_retries = 0;
	en->keepalive_time = 7200;
	en->keepalive_intvl = 75;
	en->fin_timeout = 60;
	en->invalid_ratelimit = 500;
	en->moderate_rcvbuf = 1;
	en->max_syn_backlog = 1024;
	en->syncookies = 1;
	en->max_tw_buckets = 262144;
	en->time_wait_reuse = 2;
	en->max_orphans = 65536;
	en->limit_output_bytes = 1048576;
	en->rmem[0] = 4096;
	en->rmem[1] = 131072;
	en->rmem[2] = 6291456;
	en->wmem[0] = 4096;
	en->wmem[1] = 16384;
	en->wmem[2] = 4194304;
	edu_params_update(en);
}

/**
 * edu_params_update() - a sysctl changed: give the core its units
 * @en: the namespace
 */
void edu_params_update(struct edu_net *en)
{
	en->params.keepalive_time = (u64)en->keepalive_time * EDU_SEC;
	en->params.keepalive_intvl = (u64)en->keepalive_intvl * EDU_SEC;
	en->params.fin_timeout = (u64)en->fin_timeout * EDU_SEC;
	en->params.invalid_ratelimit = (u64)en->invalid_ratelimit * EDU_MSEC;
	/* 0 means 8, "as if the host were alive": so in Linux */
	en->params.orphan_retries = en->orphan_retries ?: 8;
}

/* ---- The lab ---- */

/**
 * edu_lab_on() - whether any switch of net.edu_tcp.lab is on
 * @en: the namespace
 */
bool edu_lab_on(const struct edu_net *en)
{
	return memchr_inv(&en->lab, 0, sizeof(en->lab));
}

/**
 * edu_lab_iss() - the initial sequence number, or the lab's fixed one
 * @net: the namespace
 * @iss: the unpredictable one
 */
u32 edu_lab_iss(const struct net *net, u32 iss)
{
	return READ_ONCE(edu_net(net)->lab.fixed_isn) ? 1000000 : iss;
}

static enum edu_lab_kind kind_of(u8 flags, bool text)
{
	if (flags & EDU_RST)
		return EDU_LAB_RST;
	if (flags & EDU_SYN)
		return flags & EDU_ACK ? EDU_LAB_SYNACK : EDU_LAB_SYN;
	if (flags & EDU_FIN)
		return EDU_LAB_FIN;
	return text ? EDU_LAB_DATA : EDU_LAB_ACK;
}

/**
 * edu_lab_loses() - whether the lab wants this segment to be lost
 * @en: the namespace
 * @flags: its control bits
 * @text: it carries text
 *
 * The n-th of its kind is lost, once, counted from when the switch was set.
 */
bool edu_lab_loses(struct edu_net *en, u8 flags, bool text)
{
	enum edu_lab_kind kind = kind_of(flags, text);
	int nth = READ_ONCE(en->lab.lose[kind]);

	return unlikely(nth) && atomic_inc_return(&en->lab_sent[kind]) == nth;
}

/* ---- Control sockets: what answers without a socket goes through them ---- */

/* One for each CPU: IP reads mark, priority and TOS from the socket it is given. */
static void control_exit(struct sock * __percpu *control)
{
	int cpu;

	if (!control)
		return;
	for_each_possible_cpu(cpu)
		if (*per_cpu_ptr(control, cpu))
			inet_ctl_sock_destroy(*per_cpu_ptr(control, cpu));
	free_percpu(control);
}

static struct sock * __percpu *control_init(struct net *net, u16 family)
{
	struct sock * __percpu *control = alloc_percpu(struct sock *);
	int cpu;

	if (!control)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct sock *sk;

		if (inet_ctl_sock_create(&sk, family, SOCK_RAW, edu_protocol, net)) {
			control_exit(control);
			return NULL;
		}
		sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
		inet_sk(sk)->pmtudisc = IP_PMTUDISC_DO;
		*per_cpu_ptr(control, cpu) = sk;
	}
	return control;
}

/**
 * edu_control_socket() - the control socket of this CPU
 * @net: the namespace
 * @family: AF_INET or AF_INET6
 *
 * Context: BH is off.
 */
struct sock *edu_control_socket(struct net *net, u16 family)
{
	struct edu_net *en = edu_net(net);

	return *this_cpu_ptr(family == AF_INET6 ? en->control6 : en->control4);
}

/* ---- Birth and death ---- */

static int __net_init net_init(struct net *net)
{
	struct edu_net *en = edu_net(net);
	int err;

	set_defaults(en);
	en->counters = alloc_percpu(struct edu_counters);
	if (!en->counters)
		return -ENOMEM;
	err = edu_waitrooms_init(net);
	if (err)
		goto no_rooms;
	err = -ENOMEM;
	en->control4 = control_init(net, AF_INET);
	if (!en->control4)
		goto no_control;
	if (ipv6_mod_enabled())
		en->control6 = control_init(net, AF_INET6);
	if (ipv6_mod_enabled() && !en->control6)
		goto no_sysctl;
	err = edu_sysctl_init(net);
	if (err)
		goto no_sysctl;
	err = edu_proc_init(net);
	if (err)
		goto no_proc;
	return 0;

no_proc:
	edu_sysctl_exit(net);
no_sysctl:
	control_exit(en->control6);
	control_exit(en->control4);
no_control:
	edu_waitrooms_exit(net);
no_rooms:
	free_percpu(en->counters);
	return err;
}

static void __net_exit net_exit(struct net *net)
{
	struct edu_net *en = edu_net(net);

	edu_proc_exit(net);
	edu_sysctl_exit(net);
	edu_waitrooms_exit(net);
	control_exit(en->control6);
	control_exit(en->control4);
	WARN_ONCE(atomic_read(&en->time_waits), "edu_tcp: leaked TIME-WAITs\n");
	WARN_ONCE(atomic_read(&en->orphans), "edu_tcp: leaked orphans\n");
	free_percpu(en->counters);
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &edu_net_id,
	.size	= sizeof(struct edu_net),
};

int edu_netns_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void edu_netns_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
