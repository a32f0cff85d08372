// SPDX-License-Identifier: GPL-2.0
/*
 * For tc, on the interface of an edu_tcp host: what it sends under protocol 253
 * leaves as protocol 6, and what comes under 6 it gets as 253. All other hosts
 * then see a TCP, and their kernel's own answers it.
 *
 * Checksums are updated for the one number that changes, not computed anew:
 * one that was wrong stays wrong. An ICMP error quotes a header that has to be
 * changed as well; as that header's own checksum makes up for it, ICMP's stays.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define EDU_TCP		253
/* of both versions; their headers bring the C library along */
#define ICMP_LEN	8
#define ICMP_CHECKSUM	2

struct number {
	__u8 from, to;
};

/* The number in an IPv4 header, and the header's checksum. */
static __always_inline int set_protocol(struct __sk_buff *skb, __u32 ip, struct number n)
{
	__be16 word;		/* TTL and protocol */
	__be16 changed;

	if (bpf_skb_load_bytes(skb, ip + offsetof(struct iphdr, ttl), &word, sizeof(word)))
		return -1;
	changed = (word & bpf_htons(0xff00)) | bpf_htons(n.to);
	if (bpf_l3_csum_replace(skb, ip + offsetof(struct iphdr, check), word, changed,
				sizeof(word)))
		return -1;
	return bpf_skb_store_bytes(skb, ip + offsetof(struct iphdr, protocol), &n.to, 1, 0);
}

/* The pseudo-header has the number, too (RFC 9293 3.1). */
static __always_inline int set_tcp_checksum(struct __sk_buff *skb, __u32 tcp, struct number n)
{
	return bpf_l4_csum_replace(skb, tcp + offsetof(struct tcphdr, check),
				   bpf_htons(n.from), bpf_htons(n.to),
				   BPF_F_PSEUDO_HDR | sizeof(__be16));
}

static __always_inline int ipv4(struct __sk_buff *skb, struct number n)
{
	__u32 ip = ETH_HLEN, quoted;
	struct iphdr h;

	if (bpf_skb_load_bytes(skb, ip, &h, sizeof(h)))
		return TC_ACT_SHOT;
	if (h.protocol == n.from) {
		if (set_protocol(skb, ip, n) || set_tcp_checksum(skb, ip + h.ihl * 4, n))
			return TC_ACT_SHOT;
	} else if (h.protocol == IPPROTO_ICMP) {
		quoted = ip + h.ihl * 4 + ICMP_LEN;
		if (!bpf_skb_load_bytes(skb, quoted, &h, sizeof(h)) && h.protocol == n.from &&
		    set_protocol(skb, quoted, n))
			return TC_ACT_SHOT;
	}
	return TC_ACT_OK;
}

static __always_inline int ipv6(struct __sk_buff *skb, struct number n)
{
	__u32 ip = ETH_HLEN, tcp = ip + sizeof(struct ipv6hdr), number;
	struct ipv6hdr h;

	if (bpf_skb_load_bytes(skb, ip, &h, sizeof(h)))
		return TC_ACT_SHOT;
	number = ip + offsetof(struct ipv6hdr, nexthdr);
	if (h.nexthdr == n.from) {
		if (bpf_skb_store_bytes(skb, number, &n.to, 1, 0) ||
		    set_tcp_checksum(skb, tcp, n))
			return TC_ACT_SHOT;
	} else if (h.nexthdr == IPPROTO_ICMPV6) {
		__u32 check = tcp + ICMP_CHECKSUM;

		number = tcp + ICMP_LEN + offsetof(struct ipv6hdr, nexthdr);
		/* IPv6 has no checksum of its own: here ICMP's is changed. */
		if (!bpf_skb_load_bytes(skb, number - offsetof(struct ipv6hdr, nexthdr), &h,
					sizeof(h)) && h.version == 6 && h.nexthdr == n.from &&
		    (bpf_l4_csum_replace(skb, check, bpf_htons(n.from << 8),
					 bpf_htons(n.to << 8), sizeof(__be16)) ||
		     bpf_skb_store_bytes(skb, number, &n.to, 1, 0)))
			return TC_ACT_SHOT;
	}
	return TC_ACT_OK;
}

static __always_inline int renumber(struct __sk_buff *skb, struct number n)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return ipv4(skb, n);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return ipv6(skb, n);
	return TC_ACT_OK;
}

SEC("tc/out")
int out(struct __sk_buff *skb)
{
	return renumber(skb, (struct number) { .from = EDU_TCP, .to = IPPROTO_TCP });
}

SEC("tc/in")
int in(struct __sk_buff *skb)
{
	return renumber(skb, (struct number) { .from = IPPROTO_TCP, .to = EDU_TCP });
}

char _license[] SEC("license") = "GPL";
