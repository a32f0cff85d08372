// SPDX-License-Identifier: GPL-2.0
/* Takes IP protocol 253, so that edu_tcp finds it taken. */
#include <linux/module.h>
#include <linux/skbuff.h>
#include <net/protocol.h>

static int taken_rcv(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}

static const struct net_protocol taken = { .handler = taken_rcv };

static int __init taken_init(void)
{
	return inet_add_protocol(&taken, 253);
}

static void __exit taken_exit(void)
{
	inet_del_protocol(&taken, 253);
}

module_init(taken_init);
module_exit(taken_exit);

MODULE_DESCRIPTION("Takes IP protocol 253 from edu_tcp, for a test");
MODULE_LICENSE("GPL");
