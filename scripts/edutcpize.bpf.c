// SPDX-License-Identifier: GPL-2.0
/*
 * Loaded by edutcpize-bpf: what edutcpize.c does in the program, done in the kernel,
 * which asks here for the protocol of each socket that somebody opens. Only the
 * processes of one cgroup are answered otherwise.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The C library's headers are not for this target. */
#define AF_INET		2
#define AF_INET6	10
#define SOCK_STREAM	1
#define SOCK_TYPE_MASK	0xf	/* the rest are flags */
#define IPPROTO_TCP	6

const volatile int wanted = 253;

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} cgroup SEC(".maps");

SEC("fmod_ret/update_socket_protocol")
int BPF_PROG(choose_protocol, int family, int type, int protocol)
{
	if ((family == AF_INET || family == AF_INET6) &&
	    (type & SOCK_TYPE_MASK) == SOCK_STREAM &&
	    (protocol == 0 || protocol == IPPROTO_TCP) &&
	    bpf_current_task_under_cgroup(&cgroup, 0) == 1)
		return wanted;
	return protocol;
}

char _license[] SEC("license") = "GPL";
