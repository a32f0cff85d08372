/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the supported kernels, 6.1 to 7.2. Nothing else in the
 * module mentions LINUX_VERSION_CODE.
 */
#ifndef EDU_COMPAT_H
#define EDU_COMPAT_H

#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#define EDU_SINCE(a, b)	(LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))

/* Who is called next fills it in, so the compiler need not, with zeros. Younger kernels have it. */
#ifndef __uninitialized
#define __uninitialized	__attribute__((__uninitialized__))
#endif

/* the accounting of memory left net/sock.h in 6.10 */
#if EDU_SINCE(6, 10)
#include <net/proto_memory.h>
#endif

/* segmentation offload left linux/skbuff.h in 6.5 */
#if EDU_SINCE(6, 5)
#include <net/gso.h>
#endif

/* bind() and connect(): the address has no fixed size since 6.19 */
#if EDU_SINCE(6, 19)
typedef struct sockaddr_unsized edu_sockaddr;
#else
typedef struct sockaddr edu_sockaddr;
#endif

/* cgroup programs at connect(): they get the address's length since 6.7 */
#if EDU_SINCE(6, 7)
#define edu_cgroup_connect4(sk, uaddr, len)	\
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr, &(len))
#define edu_cgroup_connect6(sk, uaddr, len)	\
	BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, uaddr, &(len))
#else
#define edu_cgroup_connect4(sk, uaddr, len)	\
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, uaddr)
#define edu_cgroup_connect6(sk, uaddr, len)	\
	BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, uaddr)
#endif

/* accept(): an argument block since 6.10 */
#if EDU_SINCE(6, 10)
#define EDU_ACCEPT_ARGS		struct sock *sk, struct proto_accept_arg *arg
#define EDU_ACCEPT_FLAGS	(arg->flags)
#define EDU_ACCEPT_ERR		(arg->err)
#else
#define EDU_ACCEPT_ARGS		struct sock *sk, int flags, int *perr, bool kern
#define EDU_ACCEPT_FLAGS	(flags)
#define EDU_ACCEPT_ERR		(*perr)
#endif

/* recvmsg(): no addr_len since 7.1 */
#if EDU_SINCE(7, 1)
#define EDU_RECVMSG_ARGS	struct sock *sk, struct msghdr *msg, size_t len, int flags
#else
#define EDU_RECVMSG_ARGS	struct sock *sk, struct msghdr *msg, size_t len, int flags, \
				int *addr_len
#endif

/* ioctl(): the core copies the integer to user space since 6.5 */
#if EDU_SINCE(6, 5)
#define EDU_IOCTL_ARGS		struct sock *sk, int cmd, int *karg
#define edu_ioctl_answer(val)	({ *karg = (val); 0; })
#else
#define EDU_IOCTL_ARGS		struct sock *sk, int cmd, unsigned long uarg
#define edu_ioctl_answer(val)	put_user((val), (int __user *)uarg)
#endif

/* splice() has had splice_eof() since 6.5, and Debian's 6.1 has it, too; sendpage went away */
#if EDU_SINCE(6, 5)
#define EDU_OPS_SENDPAGE
#else
#define EDU_OPS_SENDPAGE		.sendpage = sock_no_sendpage,
#endif

/* inet_sock's flags were bit fields until 6.6 */
#if EDU_SINCE(6, 6)
#define edu_inet_flag(sk, BIT, bit)	inet_test_bit(BIT, sk)
#else
#define edu_inet_flag(sk, BIT, bit)	(inet_sk(sk)->bit)
#endif
/* IPv6's own flags followed in 6.7 */
#if EDU_SINCE(6, 7)
#define edu_inet6_flag(sk, BIT, bit)	inet6_test_bit(BIT, sk)
#else
#define edu_inet6_flag(sk, BIT, bit)	(inet6_sk(sk)->bit)
#endif
#define edu_inet_transparent(sk)	edu_inet_flag(sk, TRANSPARENT, transparent)
#define edu_inet_freebind(sk)		edu_inet_flag(sk, FREEBIND, freebind)

/* timers were renamed in 6.16; timer_delete() and timer_shutdown() are everywhere */
#if !EDU_SINCE(6, 16)
#define timer_container_of(var, callback_timer, timer_fieldname)	\
	from_timer(var, callback_timer, timer_fieldname)
#endif

/* sysctl tables: const handlers since 6.11; no sentinel and a size since 6.6 */
#if EDU_SINCE(6, 11)
typedef const struct ctl_table edu_ctl_table;
#else
typedef struct ctl_table edu_ctl_table;
#endif
#if EDU_SINCE(6, 6)
#define edu_register_sysctl(net, path, table, size)	\
	register_net_sysctl_sz(net, path, table, size)
#else
#define edu_register_sysctl(net, path, table, size)	\
	register_net_sysctl(net, path, table)	/* ends at the empty entry */
#endif

/* where an AF_INET6 socket has its ipv6_pinfo; until 6.5 always at the end */
#if EDU_SINCE(6, 6)
#define edu_prot_set_pinfo(prot, offset)	((prot)->ipv6_pinfo_offset = (offset))
#else
#define edu_prot_set_pinfo(prot, offset)	((void)(offset))
#endif

/* the list of a socket's own flow labels moved */
#if EDU_SINCE(7, 0)
#define edu_flow_labels(sk)	(inet_sk(sk)->ipv6_fl_list)
#else
#define edu_flow_labels(sk)	(inet6_sk(sk)->ipv6_fl_list)
#endif

/* "the route is to no cached address": NULL until 6.15, then false */
#if EDU_SINCE(6, 16)
#define EDU_NO_ADDRESS	false
#else
#define EDU_NO_ADDRESS	NULL
#endif

/* drops of a socket may be counted in more than one place since 6.18 */
#if !EDU_SINCE(6, 18)
#define sk_drops_inc(sk)	atomic_inc(&(sk)->sk_drops)
#endif

/* inet_diag's handlers: they name their module since 6.9; filters get all of the dump since 6.18 */
#if EDU_SINCE(6, 9)
#define EDU_DIAG_OWNER			.owner = THIS_MODULE,
#else
#define EDU_DIAG_OWNER
#endif
#if EDU_SINCE(6, 18)
#define edu_diag_filter(data, sk)	inet_diag_bc_sk(data, sk)
#else
#define edu_diag_filter(data, sk)	inet_diag_bc_sk((data)->inet_diag_nla_bc, sk)
#endif

#endif /* EDU_COMPAT_H */
