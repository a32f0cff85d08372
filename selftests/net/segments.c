// SPDX-License-Identifier: GPL-2.0
/*
 * segments INTERFACE: reads what really passes an interface, by AF_PACKET, until SIGTERM;
 * then says what it was, IPv4 and IPv6, one `name value` per line. It knows nothing of
 * edu_tcp but the protocol number, and computes every checksum itself (RFC 9293 3.1: the
 * pseudo-header holds the protocol's own number).
 *
 *   syn, syn_ack, ack   the three segments of the handshake; `ack` begins behind the SYN and
 *                       acknowledges the SYN-ACK: it has data when the first was lost
 *   fin_client          FINs of the side that opened, retransmissions not counted;
 *   fin_server          and of the other side
 *   rst                 resets, but for those that late duplicates get when both FINs are
 *                       acknowledged: CLOSED answers so (RFC 9293 3.10.7.1)
 *   segments            all of them; valid checksum or not
 *   behind              of these, that begin before the last byte seen from their side:
 *                       late, doubled or sent again
 *   bad_in, bad_out     of these, with an invalid checksum, to and from this interface
 *   bad_ip              headers that no IP takes: what they carried is not looked at
 *   largest             bytes of the largest packet
 *   fragments           of IP packets
 *   tcp                 packets of the kernel's own TCP
 *   missed              what passed and could not be read: must be 0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto.h"

static unsigned long syn, syn_ack, ack, fin_client, fin_server, rst;
static unsigned long segments, behind, bad_in, bad_out, bad_ip, largest, fragments, tcp;

/* What both IP versions say about a segment; an IPv4 address stands in the last word. */
struct seen {
	struct in6_addr from, to;
	uint8_t protocol;
	bool outgoing;
};

/* The connection that was opened last. */
static struct {
	struct in6_addr client;
	uint16_t client_port;
	uint32_t iss, irs;		/* the client's and the server's */
	uint32_t highest[2];		/* sequence number + 1 seen from the server, the client */
	uint32_t fin[2];
	bool fin_acked[2];
} conn;

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t sum(const void *data, size_t len, uint64_t total)
{
	const uint8_t *p = data;
	uint16_t word;

	for (; len >= 2; p += 2, len -= 2) {
		memcpy(&word, p, 2);
		total += word;
	}
	if (len) {
		word = 0;
		memcpy(&word, p, 1);
		total += word;
	}
	return total;
}

/* A sum that includes its checksum is all ones. */
static bool sum_is_good(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total == 0xffff;
}

/* RFC 8200 8.1; to the sum IPv4's pseudo-header is the same, with shorter addresses. */
static bool checksum_is_good(const struct seen *ip, const void *segment, size_t len)
{
	struct {
		struct in6_addr from, to;
		uint32_t len, protocol;
	} pseudo = { ip->from, ip->to, htonl(len), htonl(ip->protocol) };

	return sum_is_good(sum(segment, len, sum(&pseudo, sizeof(pseudo), 0)));
}

static void see_segment(const struct seen *ip, const struct tcphdr *th, size_t len)
{
	bool from_client = IN6_ARE_ADDR_EQUAL(&ip->from, &conn.client) &&
			   th->source == conn.client_port;
	uint32_t seq, ack_seq, end;

	segments++;
	if (len < sizeof(*th) || !checksum_is_good(ip, th, len)) {
		if (ip->outgoing)
			bad_out++;
		else
			bad_in++;
		return;
	}
	seq = ntohl(th->seq);
	ack_seq = ntohl(th->ack_seq);
	end = seq + len - th->doff * 4 + th->syn + th->fin;

	if (th->ack && conn.fin[!from_client] && ack_seq == conn.fin[!from_client])
		conn.fin_acked[!from_client] = true;
	if (th->rst && !(conn.fin_acked[false] && conn.fin_acked[true]))
		rst++;
	if (th->syn && !th->ack) {
		syn++;
		from_client = true;
		conn.client = ip->from;
		conn.client_port = th->source;
		conn.iss = seq;
		conn.highest[true] = seq;
		memset(conn.fin_acked, 0, sizeof(conn.fin_acked));
	} else if (th->syn) {
		syn_ack += ack_seq == conn.iss + 1;
		conn.irs = seq;
		conn.highest[false] = seq;
	} else if (from_client && th->ack && seq == conn.iss + 1 &&
		   (int32_t)(ack_seq - conn.irs) > 0) {
		ack++;
	}

	if (th->fin && conn.fin[from_client] != end) {
		conn.fin[from_client] = end;
		if (from_client)
			fin_client++;
		else
			fin_server++;
	}

	if (end != seq && (int32_t)(seq - conn.highest[from_client]) < 0)
		behind++;
	if ((int32_t)(end - conn.highest[from_client]) > 0)
		conn.highest[from_client] = end;
}

/* Takes the IP header apart; returns its size, or 0. */
static size_t see_ipv4(struct seen *seen, const struct iphdr *ip, size_t *len, bool *fragment)
{
	size_t header = ip->ihl * 4;

	if (*len < sizeof(*ip) || ip->ihl < 5 || *len < ntohs(ip->tot_len) ||
	    ntohs(ip->tot_len) < header || !sum_is_good(sum(ip, header, 0)))
		return 0;
	/* The frame may be longer: Ethernet pads short ones. */
	*len = ntohs(ip->tot_len);
	*fragment = ntohs(ip->frag_off) & (IP_MF | IP_OFFMASK);
	seen->from.s6_addr32[3] = ip->saddr;
	seen->to.s6_addr32[3] = ip->daddr;
	seen->protocol = ip->protocol;
	return header;
}

static size_t see_ipv6(struct seen *seen, const struct ip6_hdr *ip, size_t *len, bool *fragment)
{
	if (*len < sizeof(*ip) || *len < sizeof(*ip) + ntohs(ip->ip6_plen))
		return 0;
	*len = sizeof(*ip) + ntohs(ip->ip6_plen);
	*fragment = ip->ip6_nxt == IPPROTO_FRAGMENT;
	seen->from = ip->ip6_src;
	seen->to = ip->ip6_dst;
	seen->protocol = ip->ip6_nxt;
	return sizeof(*ip);
}

static void see_packet(const void *packet, size_t len, bool outgoing)
{
	struct seen ip = { .outgoing = outgoing };
	bool fragment = false;
	size_t header = 0;

	if (len && *(const uint8_t *)packet >> 4 == 4)
		header = see_ipv4(&ip, packet, &len, &fragment);
	else if (len && *(const uint8_t *)packet >> 4 == 6)
		header = see_ipv6(&ip, packet, &len, &fragment);
	if (!header) {
		bad_ip++;
		return;
	}
	if (len > largest)
		largest = len;
	if (ip.protocol == IPPROTO_TCP)
		tcp++;
	if (fragment)
		fragments++;
	else if (ip.protocol == edu_proto())
		see_segment(&ip, packet + header, len - header);
}

static void read_all(int fd)
{
	static char packet[65536] __attribute__((aligned(8)));
	struct sockaddr_ll from;
	socklen_t fromlen = sizeof(from);
	ssize_t len;

	while ((len = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &fromlen)) >= 0) {
		if ((from.sll_protocol == htons(ETH_P_IP) ||
		     from.sll_protocol == htons(ETH_P_IPV6)) &&
		    from.sll_pkttype != PACKET_OTHERHOST)
			see_packet(packet, len, from.sll_pkttype == PACKET_OUTGOING);
	}
	if (errno != EAGAIN)
		die("recvfrom");
}

static unsigned long missed(int fd)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		die("PACKET_STATISTICS");
	return stats.tp_drops;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll here = { .sll_family = AF_PACKET };
	struct sigaction on_term = { .sa_handler = stop };
	sigset_t blocked, unblocked;
	int room = 128 << 20;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "Usage: segments INTERFACE\n");
		return 2;
	}
	here.sll_ifindex = if_nametoindex(argv[1]);
	here.sll_protocol = htons(ETH_P_ALL);
	if (!here.sll_ifindex)
		die(argv[1]);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGTERM, &on_term, NULL);

	/* No protocol until bound, or it would hear all interfaces in between. */
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("SO_RCVBUFFORCE");
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)))
		die("bind");
	printf("capturing %s\n", argv[1]);
	fflush(stdout);

	/* SIGTERM comes only while poll() waits; what has come until then is still read. */
	while (!stopped) {
		struct pollfd readable = { .fd = fd, .events = POLLIN };

		if (ppoll(&readable, 1, NULL, &unblocked) < 0 && errno != EINTR)
			die("poll");
		read_all(fd);
	}

#define SAY(name) printf(#name " %lu\n", name)
	SAY(syn);
	SAY(syn_ack);
	SAY(ack);
	SAY(fin_client);
	SAY(fin_server);
	SAY(rst);
	SAY(segments);
	SAY(behind);
	SAY(bad_in);
	SAY(bad_out);
	SAY(bad_ip);
	SAY(largest);
	SAY(fragments);
	SAY(tcp);
	printf("missed %lu\n", missed(fd));
	return 0;
}
