/* SPDX-License-Identifier: GPL-2.0 */
/* What security.bpf.c and security.c both know. */
#ifndef SECURITY_H
#define SECURITY_H

/* The hooks that a connection goes by; security_HOOK() in the kernel. */
#define HOOKS(X)								\
	X(socket_create) X(socket_post_create)					\
	X(socket_bind) X(socket_listen) X(socket_accept) X(socket_connect)	\
	X(socket_sendmsg) X(socket_recvmsg)					\
	X(socket_getsockname) X(socket_getpeername)				\
	X(socket_setsockopt) X(socket_getsockopt) X(socket_shutdown)		\
	X(inet_conn_request) X(inet_conn_established) X(inet_csk_clone)		\
	X(socket_sock_rcv_skb)							\
	X(sk_clone_security) X(sock_graft) X(sk_getsecid) X(req_classify_flow)

#define NAME(hook)	hook,
enum hook { HOOKS(NAME) NR_HOOKS };
#undef NAME

struct asked {
	unsigned long long times;
	int deny;		/* answers EPERM */
};

#endif /* SECURITY_H */
