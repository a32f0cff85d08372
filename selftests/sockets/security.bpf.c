// SPDX-License-Identifier: GPL-2.0
/*
 * A security module that counts how often it is asked, by which hook, about sockets of one protocol
 * in one network namespace; and says no, where security.c wants it to.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "security.h"

#define EPERM		1

/* Of the kernel's structures, what is looked at; libbpf finds where that is. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; };
typedef struct { struct net *net; } possible_net_t;
struct sock_common { possible_net_t skc_net; };
struct sock { struct sock_common __sk_common; __u16 sk_protocol; };
struct request_sock { struct sock_common __req_common; };
struct socket { struct sock *sk; };
struct nsproxy { struct net *net_ns; };
struct task_struct { struct nsproxy *nsproxy; };
#pragma clang attribute pop

struct sk_buff;
struct sockaddr;
struct msghdr;
struct flowi_common;

/* Set before it is loaded. */
const volatile struct {
	int protocol;
	unsigned int netns;
} ours;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct asked);
	__uint(max_entries, NR_HOOKS);
} hooks SEC(".maps");

static int answer(__u32 hook)
{
	struct asked *asked = bpf_map_lookup_elem(&hooks, &hook);

	if (!asked)
		return 0;
	__sync_fetch_and_add(&asked->times, 1);
	return asked->deny ? -EPERM : 0;
}

static int about(enum hook hook, const struct sock *sk)
{
	if (!sk || sk->sk_protocol != ours.protocol ||
	    sk->__sk_common.skc_net.net->ns.inum != ours.netns)
		return 0;
	return answer(hook);
}

SEC("lsm/socket_create")
int BPF_PROG(create, int family, int type, int protocol, int kern)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (protocol != ours.protocol || task->nsproxy->net_ns->ns.inum != ours.netns)
		return 0;
	return answer(socket_create);
}

/* The other hooks of net/socket.c; further arguments do not matter. */
#define SOCKET_HOOK(hook)					\
SEC("lsm/" #hook)						\
int BPF_PROG(ask_##hook, struct socket *sock)			\
{								\
	return about(hook, sock->sk);				\
}

SOCKET_HOOK(socket_post_create)
SOCKET_HOOK(socket_bind)
SOCKET_HOOK(socket_listen)
SOCKET_HOOK(socket_accept)
SOCKET_HOOK(socket_connect)
SOCKET_HOOK(socket_sendmsg)
SOCKET_HOOK(socket_recvmsg)
SOCKET_HOOK(socket_getsockname)
SOCKET_HOOK(socket_getpeername)
SOCKET_HOOK(socket_setsockopt)
SOCKET_HOOK(socket_getsockopt)
SOCKET_HOOK(socket_shutdown)

/* Those that a transport calls, or sk_alloc(), sock_graft() and the like for it. */
#define SOCK_HOOK(hook)						\
SEC("lsm/" #hook)						\
int BPF_PROG(ask_##hook, struct sock *sk)			\
{								\
	return about(hook, sk);					\
}

SOCK_HOOK(inet_conn_request)
SOCK_HOOK(inet_conn_established)
SOCK_HOOK(inet_csk_clone)
SOCK_HOOK(socket_sock_rcv_skb)
SOCK_HOOK(sk_clone_security)
SOCK_HOOK(sock_graft)
SOCK_HOOK(sk_getsecid)

/* Only the kernel's TCP has such requests; and there is none but it in the namespace. */
SEC("lsm/req_classify_flow")
int BPF_PROG(ask_req_classify_flow, const struct request_sock *req)
{
	return req->__req_common.skc_net.net->ns.inum == ours.netns ?
		answer(req_classify_flow) : 0;
}

char _license[] SEC("license") = "GPL";
