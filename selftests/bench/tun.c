// SPDX-License-Identifier: GPL-2.0
/*
 * A TUN device behind which hosts are that do not exist: the programs write what
 * these send, SYNs and echo requests, and read what is answered. The device is
 * 10.0.0.1/8 or fd00::1/64, the hosts are the other addresses of that network.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "tun.h"

int tun_open(const struct options *o)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = TUN };
	int fd = must(open("/dev/net/tun", O_RDWR | O_NONBLOCK));

	must(ioctl(fd, TUNSETIFF, &r));
	run("ip addr add %s dev " TUN " && ip link set " TUN " txqueuelen 10000 up",
	    o->family == AF_INET6 ? "fd00::1/64 nodad" : "10.0.0.1/8");
	return fd;
}

static uint32_t sum(const void *data, size_t n, uint32_t start)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < n; i++)
		start += i & 1 ? p[i] : p[i] << 8;
	return start;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* The IP header for @length octets of @protocol; returns where these go. */
static void *ip_header(const struct options *o, struct packet *p, uint32_t host, int protocol,
		       int length, uint32_t *pseudo)
{
	memset(p, 0, sizeof(*p));
	if (o->family == AF_INET6) {
		struct ip6_hdr *ip = (void *)p->data;

		ip->ip6_vfc = 0x60;
		ip->ip6_plen = htons(length);
		ip->ip6_nxt = protocol;
		ip->ip6_hlim = 64;
		inet_pton(AF_INET6, "fd00::1", &ip->ip6_dst);
		ip->ip6_src = ip->ip6_dst;
		ip->ip6_src.s6_addr32[3] = htonl(0x10000 + host);
		*pseudo = sum(&ip->ip6_src, 32, protocol + length);
		p->length = sizeof(*ip) + length;
		return ip + 1;
	}
	struct ip *ip = (void *)p->data;

	ip->ip_v = 4;
	ip->ip_hl = 5;
	ip->ip_len = htons(sizeof(*ip) + length);
	ip->ip_ttl = 64;
	ip->ip_p = protocol;
	ip->ip_dst.s_addr = htonl(0x0a000001);
	ip->ip_src.s_addr = htonl(0x0a010000 + host);
	ip->ip_sum = fold(sum(ip, sizeof(*ip), 0));
	*pseudo = sum(&ip->ip_src, 8, protocol + length);
	p->length = sizeof(*ip) + length;
	return ip + 1;
}

/* As Linux sends it: MSS, SACK permitted, timestamps and window scale. */
void tun_syn(const struct options *o, struct packet *p, uint32_t host, int from, int to)
{
	static const uint8_t options[20] = {
		2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	uint32_t pseudo;
	struct tcphdr *th = ip_header(o, p, host, o->transport->protocol,
				      sizeof(*th) + sizeof(options), &pseudo);

	th->source = htons(from);
	th->dest = htons(to);
	th->seq = htonl(host * 7919 + from);
	th->doff = (sizeof(*th) + sizeof(options)) / 4;
	th->syn = 1;
	th->window = htons(64240);
	memcpy(th + 1, options, sizeof(options));
	th->check = fold(sum(th, sizeof(*th) + sizeof(options), pseudo));
}

/* As long as a SYN is. */
void tun_echo(const struct options *o, struct packet *p, uint32_t host, int number)
{
	bool v6 = o->family == AF_INET6;
	uint32_t pseudo;
	struct icmphdr *ic = ip_header(o, p, host, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 40,
				       &pseudo);

	ic->type = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	ic->un.echo.sequence = htons(number);
	ic->checksum = fold(sum(ic, 40, v6 ? pseudo : 0));
}

void tun_write(int fd, const struct packet *p)
{
	if (write(fd, p->data, p->length) != p->length)
		broken("write to the TUN device: %m");
}

/* Is it what was asked for: SYN,ACK, or an echo's reply? */
static bool is_answer(const struct options *o, const uint8_t *data, ssize_t n)
{
	int header = o->family == AF_INET6 ? 40 : 20;
	int protocol = data[o->family == AF_INET6 ? 6 : 9];

	if (n < header + 8 || data[0] >> 4 != (o->family == AF_INET6 ? 6 : 4))
		return false;
	if (o->transport->protocol == IPPROTO_ICMP)
		return protocol == (o->family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) &&
		       (data[header] == ICMP_ECHOREPLY || data[header] == ICMP6_ECHO_REPLY);
	return protocol == o->transport->protocol && n >= header + 20 &&
	       (data[header + 13] & 0x3f) == 0x12;
}

/* Reads what is there; returns how many answers there were among it. */
long tun_answers(const struct options *o, int fd)
{
	uint8_t data[2048];
	long answers = 0;
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) >= 0)
		answers += is_answer(o, data, n);
	if (errno != EAGAIN)
		broken("read from the TUN device: %m");
	return answers;
}

/* One answer, which should be there; false if none comes within a second. */
bool tun_answer(const struct options *o, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t data[2048];
	ssize_t n;

	for (;;) {
		n = read(fd, data, sizeof(data));
		if (n >= 0) {
			if (is_answer(o, data, n))
				return true;
		} else if (errno != EAGAIN) {
			broken("read from the TUN device: %m");
		} else if (!must(poll(&p, 1, 1000))) {
			return false;
		}
	}
}
