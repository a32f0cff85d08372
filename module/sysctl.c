// SPDX-License-Identifier: GPL-2.0
/*
 * net.edu_tcp: the kernel's tcp_* sysctls without their prefix, with the same
 * meaning and the defaults of 6.1; net.edu_tcp.lab: what Linux has no knob for.
 */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "edu_tcp.h"

static int max_retries = 255;
static int max_syn_retries = 127;
static int max_seconds = INT_MAX / 1000;
static int min_buffer = 4096;
static int max_msl = 3600;

/* Values that the core keeps in its own units; extra1 is the namespace. */
static int do_params(edu_ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct edu_net *en = ctl->extra1;
	struct ctl_table bounded = *ctl;
	int err;

	bounded.extra1 = ctl->data == &en->orphan_retries ||
			 ctl->data == &en->invalid_ratelimit ? SYSCTL_ZERO : SYSCTL_ONE;
	bounded.extra2 = ctl->data == &en->orphan_retries ? &max_retries : &max_seconds;
	err = proc_dointvec_minmax(&bounded, write, buffer, lenp, ppos);
	if (write && !err)
		edu_params_update(en);
	return err;
}

/* lose_*: counting starts anew with each write; extra1 is the namespace. */
static int do_lose(edu_ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct edu_net *en = ctl->extra1;
	struct ctl_table bounded = *ctl;
	int err;

	bounded.extra1 = SYSCTL_ZERO;
	bounded.extra2 = NULL;
	if (write)
		atomic_set(&en->lab_sent[(int *)ctl->data - en->lab.lose], 0);
	err = proc_dointvec_minmax(&bounded, write, buffer, lenp, ppos);
	return err;
}

/* congestion_control: of sockets that are opened from now on */
static int do_congestion(edu_ctl_table *ctl, int write, void *buffer, size_t *lenp,
			 loff_t *ppos)
{
	struct edu_net *en = ctl->extra1;
	char name[EDU_CONG_NAME_MAX];
	struct ctl_table text = { .data = name, .maxlen = sizeof(name) };
	const struct edu_cong_ops *ops;
	int err;

	strscpy(name, READ_ONCE(en->congestion_control)->name, sizeof(name));
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	ops = edu_cong_find(name);
	if (!ops)
		return -ENOENT;
	WRITE_ONCE(en->congestion_control, ops);
	return 0;
}

static int do_available_congestion(edu_ctl_table *ctl, int write, void *buffer, size_t *lenp,
				   loff_t *ppos)
{
	char names[4 * EDU_CONG_NAME_MAX];
	struct ctl_table text = { .data = names, .maxlen = sizeof(names) };

	edu_cong_names(names, sizeof(names));
	return proc_dostring(&text, write, buffer, lenp, ppos);
}

/* .data is an offset into struct edu_net here; each namespace has its own copy. */
#define ENTRY(_name, _field, _handler, _min, _max) {				\
	.procname	= _name,						\
	.data		= (void *)offsetof(struct edu_net, _field),		\
	.maxlen		= sizeof_field(struct edu_net, _field),			\
	.mode		= 0644,							\
	.proc_handler	= _handler,						\
	.extra1		= _min,							\
	.extra2		= _max,							\
}

#define READ_ONLY(_name, _handler) {						\
	.procname	= _name,						\
	.mode		= 0444,							\
	.proc_handler	= _handler,						\
}

#define BYTE(name, field, min, max)	ENTRY(name, field, proc_dou8vec_minmax, min, max)
#define INT(name, field, min, max)	ENTRY(name, field, proc_dointvec_minmax, min, max)
#define PARAM(name, field)		ENTRY(name, field, do_params, NULL, NULL)
#define LOSE(name, kind)		ENTRY(name, lab.lose[kind], do_lose, NULL, NULL)

static const struct ctl_table table[] = {
	BYTE("syn_retries", params.syn_retries, SYSCTL_ONE, &max_syn_retries),
	BYTE("synack_retries", params.synack_retries, SYSCTL_ZERO, &max_retries),
	BYTE("retries1", params.retries1, SYSCTL_ZERO, &max_retries),
	BYTE("retries2", params.retries2, SYSCTL_ZERO, &max_retries),
	BYTE("keepalive_probes", params.keepalive_probes, SYSCTL_ONE, &max_retries),
	BYTE("window_scaling", params.window_scaling, SYSCTL_ZERO, SYSCTL_ONE),
	BYTE("timestamps", params.timestamps, SYSCTL_ZERO, SYSCTL_ONE),
	BYTE("sack", params.sack, SYSCTL_ZERO, SYSCTL_ONE),
	BYTE("ecn", params.ecn, SYSCTL_ZERO, SYSCTL_TWO),
	ENTRY("congestion_control", congestion_control, do_congestion, NULL, NULL),
	READ_ONLY("available_congestion_control", do_available_congestion),
	PARAM("keepalive_time", keepalive_time),
	PARAM("keepalive_intvl", keepalive_intvl),
	PARAM("fin_timeout", fin_timeout),
	PARAM("invalid_ratelimit", invalid_ratelimit),
	PARAM("orphan_retries", orphan_retries),
	INT("moderate_rcvbuf", moderate_rcvbuf, SYSCTL_ZERO, SYSCTL_ONE),
	INT("max_syn_backlog", max_syn_backlog, SYSCTL_ONE, NULL),
	BYTE("syncookies", syncookies, SYSCTL_ZERO, SYSCTL_TWO),
	BYTE("tw_reuse", time_wait_reuse, SYSCTL_ZERO, SYSCTL_TWO),
	INT("max_tw_buckets", max_tw_buckets, SYSCTL_ZERO, NULL),
	INT("max_orphans", max_orphans, SYSCTL_ZERO, NULL),
	INT("abort_on_overflow", abort_on_overflow, SYSCTL_ZERO, SYSCTL_ONE),
	INT("limit_output_bytes", limit_output_bytes, &min_buffer, NULL),
	INT("rmem", rmem, &min_buffer, NULL),
	INT("wmem", wmem, &min_buffer, NULL),
};

/* One for the machine: only the first namespace has it. */
#define LONGS(_name, _data) {							\
	.procname	= _name,						\
	.data		= _data,						\
	.maxlen		= sizeof(_data),					\
	.mode		= 0644,							\
	.proc_handler	= proc_doulongvec_minmax,				\
}

static struct ctl_table machine_table[] = {
	LONGS("mem", edu_sysctl_mem),
	{ }	/* 6.1 wants an empty entry at the end */
};

static struct ctl_table_header *machine;

static const struct ctl_table lab_table[] = {
	INT("msl", lab.msl, SYSCTL_ZERO, &max_msl),
	INT("fixed_isn", lab.fixed_isn, SYSCTL_ZERO, SYSCTL_ONE),
	INT("no_time_wait", lab.no_time_wait, SYSCTL_ZERO, SYSCTL_ONE),
	LOSE("lose_syn", EDU_LAB_SYN),
	LOSE("lose_synack", EDU_LAB_SYNACK),
	LOSE("lose_data", EDU_LAB_DATA),
	LOSE("lose_ack", EDU_LAB_ACK),
	LOSE("lose_fin", EDU_LAB_FIN),
	LOSE("lose_rst", EDU_LAB_RST),
};

static struct ctl_table_header *register_table(struct net *net, const char *path,
					       const struct ctl_table *template, size_t n)
{
	struct ctl_table_header *header;
	struct ctl_table *copy;
	size_t i;

	/* one more: 6.1 wants an empty entry at the end */
	copy = kcalloc(n + 1, sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return NULL;
	memcpy(copy, template, n * sizeof(*copy));
	for (i = 0; i < n; i++) {
		copy[i].data = (u8 *)edu_net(net) + (uintptr_t)template[i].data;
		if (copy[i].proc_handler == do_params || copy[i].proc_handler == do_lose ||
		    copy[i].proc_handler == do_congestion)
			copy[i].extra1 = edu_net(net);
	}
	header = edu_register_sysctl(net, path, copy, n);
	if (!header)
		kfree(copy);
	return header;
}

static void unregister_table(struct ctl_table_header *header)
{
	const struct ctl_table *copy = header->ctl_table_arg;

	unregister_net_sysctl_table(header);
	kfree(copy);
}

int edu_sysctl_init(struct net *net)
{
	struct edu_net *en = edu_net(net);

	en->sysctl = register_table(net, "net/edu_tcp", table, ARRAY_SIZE(table));
	if (!en->sysctl)
		return -ENOMEM;
	en->sysctl_lab = register_table(net, "net/edu_tcp/lab", lab_table,
					ARRAY_SIZE(lab_table));
	if (!en->sysctl_lab) {
		unregister_table(en->sysctl);
		return -ENOMEM;
	}
	if (!net_eq(net, &init_net))
		return 0;
	machine = edu_register_sysctl(net, "net/edu_tcp", machine_table,
				      ARRAY_SIZE(machine_table) - 1);
	if (!machine) {
		unregister_table(en->sysctl_lab);
		unregister_table(en->sysctl);
		return -ENOMEM;
	}
	return 0;
}

void edu_sysctl_exit(struct net *net)
{
	struct edu_net *en = edu_net(net);

	if (net_eq(net, &init_net))
		unregister_net_sysctl_table(machine);
	unregister_table(en->sysctl_lab);
	unregister_table(en->sysctl);
}
