// SPDX-License-Identifier: GPL-2.0
/*
 * edu_tcp: a complete TCP that a person can read, break and watch, under IP
 * protocol number 253. Here it is loaded and unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "edu_tcp.h"

u8 edu_protocol = EDU_PROTOCOL_DEFAULT;
module_param_named(protocol, edu_protocol, byte, 0444);
MODULE_PARM_DESC(protocol, "IP protocol number: 253 (default) or 254");
EXPORT_SYMBOL_GPL(edu_protocol);	/* the other exports are endpoint.c's */

/* What is set up, in this order, and taken down in the reverse. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ edu_ports_init,	edu_ports_exit },
	{ edu_minisocks_init,	edu_minisocks_exit },
	{ edu_table_init,	edu_table_exit },
	{ edu_output_init,	edu_output_exit },
	{ edu_gso_init,		edu_gso_exit },
	{ edu_sock_register,	edu_sock_unregister },
	{ edu_netns_init,	edu_netns_exit },
	/*
	 * Last: from here on segments and socket() calls come in. First to go:
	 * inet_del_protocol() waits for the segments that are on their way.
	 */
	{ edu_ipv4_init,	edu_ipv4_exit },
	{ edu_ipv6_init,	edu_ipv6_exit },
};

static void take_down(unsigned int n)
{
	while (n--)
		parts[n].exit();
}

static int __init edu_tcp_init(void)
{
	unsigned int i;
	int err;

	if (edu_protocol != 253 && edu_protocol != 254) {
		pr_err("protocol=%u is not possible: 253 and 254 are for experiments (RFC 3692)\n",
		       edu_protocol);
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err)
			break;
	}
	if (i < ARRAY_SIZE(parts)) {
		take_down(i);
		if (err == -EBUSY)
			pr_err("protocol %u is taken by another module: unload that, or load this with protocol=%u\n",
			       edu_protocol, edu_protocol == 253 ? 254 : 253);
		return err;
	}
	if (ipv6_mod_enabled())
		pr_info("registered IP protocol %u (IPv4 and IPv6): socket(AF_INET or AF_INET6, SOCK_STREAM, %u), /proc/net/edu_tcp, net.edu_tcp\n",
			edu_protocol, edu_protocol);
	else
		pr_info("registered IP protocol %u (IPv4; IPv6 is disabled): socket(AF_INET, SOCK_STREAM, %u), /proc/net/edu_tcp, net.edu_tcp\n",
			edu_protocol, edu_protocol);
	return 0;
}

static void __exit edu_tcp_exit(void)
{
	take_down(ARRAY_SIZE(parts));
	pr_info("unloaded\n");
}

module_init(edu_tcp_init);
module_exit(edu_tcp_exit);

MODULE_AUTHOR("The edu_tcp authors");
MODULE_DESCRIPTION("A complete TCP to read, break and watch, under IP protocol 253");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
/* socket(AF_INET, SOCK_STREAM, 253): net-pf-<family>-proto-<protocol>-type-<type> */
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, 253, 1);
MODULE_ALIAS_NET_PF_PROTO(PF_INET, 253);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET6, 253, 1);
MODULE_ALIAS_NET_PF_PROTO(PF_INET6, 253);
