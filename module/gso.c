// SPDX-License-Identifier: GPL-2.0
/*
 * Segmentation offload: what edu_push() hands to IP may be many segments, and is cut into them
 * as late as possible. No device cuts protocol 253, so this is where it happens, called by the
 * stack in front of one that cannot take the whole.
 *
 * The type that a buffer has for that is TCP's and SCTP's at once. No hardware claims both: only
 * virtual devices that pass on what they are given (lo, veth, bridges and the like) do, and all
 * others have it cut here. TCP's alone would go to hardware that takes it for protocol 6, and
 * none at all would pass every check and reach a driver in one piece.
 */
#include <net/protocol.h>

#include "edu_tcp.h"

/**
 * edu_gso_prepare() - a buffer is to become many segments
 * @skb: the text of all of them; its header is pushed later
 * @family: of the IP version
 * @mss: octets of text in each; 0: it is one segment
 */
void edu_gso_prepare(struct sk_buff *skb, u16 family, u32 mss)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (!mss) {
		info->gso_size = 0;
		info->gso_segs = 0;
		info->gso_type = 0;
		return;
	}
	info->gso_size = mss;
	info->gso_segs = DIV_ROUND_UP(skb->len, mss);
	info->gso_type = SKB_GSO_SCTP | (family == AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
}

/* The header of one of them; @pseudo is the sum of the pseudo header of the whole. */
static void finish(struct sk_buff *seg, u32 seq, u8 flags, __sum16 pseudo, unsigned int whole)
{
	struct tcphdr *th = tcp_hdr(seg);
	unsigned int len = seg->len - skb_transport_offset(seg);

	th->seq = htonl(seq);
	((u8 *)th)[13] = flags;
	th->check = (__force __sum16)
		csum16_add(csum16_sub(pseudo, htons(whole)), htons(len));
	if (seg->ip_summed != CHECKSUM_PARTIAL)
		th->check = gso_make_checksum(seg, csum_unfold(~th->check));
}

/* A segment's own part of the flags: FIN and PSH are the last one's, CWR the first one's. */
static u8 flags_of(u8 flags, bool first, bool last)
{
	if (!first)
		flags &= ~EDU_CWR;
	if (!last)
		flags &= ~(EDU_FIN | EDU_PSH);
	return flags;
}

/* The socket answers for its octets until the last segment has left the machine. */
static void hand_over(struct sk_buff *whole, struct sk_buff *last)
{
	if (whole->destructor != edu_wfree)
		return;
	swap(last->truesize, whole->truesize);
	swap(last->destructor, whole->destructor);
	swap(last->sk, whole->sk);
}

/*
 * Cut a buffer into segments (struct net_offload). Anybody may have built it: a packet socket, too.
 * BH is off. Returns the first of them, NULL if it may go as it is, or an ERR_PTR().
 */
static struct sk_buff *gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	unsigned int mss = skb_shinfo(skb)->gso_size, header, whole = skb->len;
	struct sk_buff *segs, *seg;
	const struct tcphdr *th;
	__sum16 pseudo;
	u32 seq;
	u8 flags;

	if (!pskb_may_pull(skb, EDU_HEADER_LEN))
		return ERR_PTR(-EINVAL);
	th = tcp_hdr(skb);
	header = th->doff * 4;
	if (header < EDU_HEADER_LEN || !pskb_may_pull(skb, header) ||
	    skb->ip_summed != CHECKSUM_PARTIAL || skb->len - header <= mss)
		return ERR_PTR(-EINVAL);
	th = tcp_hdr(skb);
	seq = ntohl(th->seq);
	flags = ((const u8 *)th)[13];
	pseudo = th->check;
	__skb_pull(skb, header);

	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len, mss);
		return NULL;
	}
	/* A device with plain IP checksumming would be asked to sum them, and may not know how. */
	if (!(features & NETIF_F_HW_CSUM))
		features &= ~NETIF_F_CSUM_MASK;
	segs = skb_segment(skb, features);
	if (IS_ERR_OR_NULL(segs))
		return segs;
	for (seg = segs; seg; seg = seg->next) {
		finish(seg, seq, flags_of(flags, seg == segs, !seg->next), pseudo, whole);
		seq += mss;
		if (!seg->next)
			hand_over(skb, seg);
	}
	return segs;
}

static const struct net_offload offload = {
	.callbacks.gso_segment	= gso_segment,
};

int edu_gso_init(void)
{
	int err = inet_add_offload(&offload, edu_protocol);

	if (err)
		return -EBUSY;
	if (inet6_add_offload(&offload, edu_protocol)) {
		inet_del_offload(&offload, edu_protocol);
		return -EBUSY;
	}
	return 0;
}

/* What was handed down before is dropped from now on; what is being cut is awaited. */
void edu_gso_exit(void)
{
	inet6_del_offload(&offload, edu_protocol);
	inet_del_offload(&offload, edu_protocol);
}
