// SPDX-License-Identifier: GPL-2.0
/* The talks, and the peer in them: what it learns of us, and what a peer would do. */
#include <arpa/inet.h>

#include "hostile.h"

#define PASSIVE_PEERS	10000		/* the peer's ports of talk i begin at + i * PORTS_EACH */
#define ACTIVE_PEERS	20000
#define ACTIVE_US	30000		/* our own port of talk i */

struct talk talks[TALKS];
struct rng rng;
int tun;
u64 written_segments, seen_segments, seen_resets;

static struct path paths[2];

/* ---- Which there are ---- */

static void set_ports(struct talk *t)
{
	u16 n = t->index * PORTS_EACH + t->turn % PORTS_EACH;

	t->us_port = t->passive ? OUR_PORT + (t->sockets == AF_INET6) : ACTIVE_US + t->index;
	/* A queue of their own: others fill theirs. */
	if (t->passive && t->index < HONEST)
		t->us_port += 10;
	t->peer_port = (t->passive ? PASSIVE_PEERS : ACTIVE_PEERS) + n;
}

void talk_begin(struct talk *t, bool again)
{
	struct talk new = {
		.index = t->index, .path = t->path, .sockets = t->sockets, .passive = t->passive,
		.turn = t->turn + !again, .fd = -1,
	};

	if (t->fd >= 0)
		close(t->fd);
	*t = new;
	set_ports(t);
	story_call(t, "begins again: ports %u, %u", t->us_port, t->peer_port);
}

static struct talk *talk_of(u16 us_port, u16 peer_port)
{
	bool active = us_port >= ACTIVE_US && us_port < ACTIVE_US + TALKS;
	unsigned int n = active ? us_port - ACTIVE_US : (peer_port - PASSIVE_PEERS) / PORTS_EACH;

	if (n >= TALKS || talks[n].us_port != us_port || talks[n].peer_port != peer_port)
		return NULL;
	return &talks[n];
}

void talks_init(void)
{
	static const struct {
		int family, sockets;
	} kinds[] = { { AF_INET, AF_INET }, { AF_INET6, AF_INET6 }, { AF_INET, AF_INET6 } };
	int i, netns;

	paths[0] = (struct path){ .family = AF_INET, .proto = 253 };
	inet_pton(AF_INET, "10.0.0.1", &paths[0].us);
	inet_pton(AF_INET, "10.0.0.2", &paths[0].peer);
	paths[1] = (struct path){ .family = AF_INET6, .proto = 253 };
	inet_pton(AF_INET6, "fd00::1", &paths[1].us);
	inet_pton(AF_INET6, "fd00::2", &paths[1].peer);
	wire.path = paths[0];
	tun = netns_new(&paths[0], &netns);
	netns_own_address(&paths[1]);

	for (i = 0; i < TALKS; i++) {
		struct talk *t = &talks[i];

		t->index = i;
		t->path = &paths[kinds[i % 3].family == AF_INET6];
		t->sockets = kinds[i % 3].sockets;
		t->passive = i / 3 % 2;
		if (i < HONEST)
			t->passive = i;
		t->fd = -1;
		set_ports(t);
	}
}

/* ---- What we send ---- */

/* What of our text the peer sees is what the user wrote, in its place. */
static void check_text(struct talk *t, const struct packet *p)
{
	u32 place = p->seq - t->us_iss - 1;

	if (!t->us_text.known) {
		struct reader reader = { };

		if (!text_continues(&reader, p->payload, p->len))
			found("a segment of ours has octets that nobody wrote");
		if (!reader.known)
			return;
		t->us_text.at = reader.at - p->len - place;
		t->us_text.known = true;
	}
	if (!text_is(p->payload, t->us_text.at + place, p->len))
		found("octets %u to %u of our text are not what the user wrote", place,
		      place + p->len);
}

static void learn(struct talk *t, const struct packet *p)
{
	u32 end = p->seq + segment_span(p->flags, p->len);

	t->heard |= p->flags;
	if (p->flags & RST)
		return;
	if (p->flags & SYN) {
		t->us_iss = p->seq;
		t->us_nxt = p->seq;
		t->acked = p->seq;
		t->us_wscale = p->wscale;
		t->us_scales = p->has_wscale;
		t->us_stamps = p->has_ts;
		t->us_sacks = p->has_sackok;
		t->us_text = (struct reader){ };
	}
	if (p->has_ts)
		t->us_stamp = p->stamp;
	if ((s32)(p->seq - t->us_nxt) <= 0 && (s32)(end - t->us_nxt) > 0)
		t->us_nxt = end;
	if (p->flags & ACK)
		t->us_ack = p->ack;
	t->us_win = p->win;
	if (!(p->flags & SYN) && t->us_scales && t->scales)
		t->us_win <<= t->us_wscale;
	if (p->len)
		check_text(t, p);
}

/* What goes for every segment that a TCP sends. */
static void check_segment(const struct packet *p)
{
	if (!p->tcp_ok)
		found("a segment of ours is malformed: %s", p->problem);
	if (!p->sum_ok)
		found("a segment of ours has a bad checksum");
	if (p->reserved)
		found("a segment of ours has reserved bits set (%#x)", p->reserved);
	if (!(p->flags & ACK) && p->ack)
		found("a segment of ours has an ACK number (%u) without the flag", p->ack);
	if (!(p->flags & URG) && p->urgent)
		found("a segment of ours has an urgent pointer (%u) without the flag", p->urgent);
	if (p->flags & SYN && p->flags & (FIN | RST))
		found("a segment of ours has the flags %s", flags_print(p->flags));
}

static bool is_fragment(const u8 *bytes)
{
	return bytes[0] >> 4 == 4 ? (bytes[6] & 0x3f) || bytes[7] : bytes[6] == IPPROTO_FRAGMENT;
}

static bool is_first_fragment(const u8 *bytes)
{
	if (bytes[0] >> 4 == 4)
		return bytes[9] == 253 && !(bytes[6] & 0x1f) && !bytes[7];
	return bytes[40] == 253 && !bytes[42] && !(bytes[43] & 0xf8);
}

/* A segment for somebody whose name the forger has used. */
static struct path path_of(const u8 *bytes)
{
	struct path path = paths[bytes[0] >> 4 == 6];
	bool v4 = path.family == AF_INET;

	memcpy(&path.us, bytes + (v4 ? 12 : 8), v4 ? 4 : 16);
	memcpy(&path.peer, bytes + (v4 ? 16 : 24), v4 ? 4 : 16);
	return path;
}

static void receive(const u8 *bytes, size_t size)
{
	struct path path = paths[bytes[0] >> 4 == 6];
	struct talk *t = NULL;
	struct packet p;

	if (is_fragment(bytes)) {
		seen_segments += is_first_fragment(bytes);
		return;
	}
	p = segment_parse(&path, bytes, size);
	if (!p.ip_ok)
		found("a packet of ours that is none: %s", p.problem);
	if (p.proto != path.proto)
		return;
	seen_segments++;
	seen_resets += !!(p.flags & RST);
	/* The checksum is over the addresses; a source route ends at the peer. */
	if (p.sum_ok) {
		t = talk_of(p.sport, p.dport);
	} else {
		path = path_of(bytes);
		p = segment_parse(&path, bytes, size);
	}
	acting = t;
	check_segment(&p);
	if (!t || t->path->family != path.family)
		return;
	learn(t, &p);
	story_packet(t, bytes, size, true);
	t->about_len = size < sizeof(t->about) ? size : sizeof(t->about);
	memcpy(t->about, bytes, t->about_len);
}

void take_all(void)
{
	struct talk *before = acting;
	static u8 bytes[SEG_MAX];
	ssize_t n;

	while ((n = read(tun, bytes, sizeof(bytes))) > 0)
		receive(bytes, n);
	if (n < 0 && errno != EAGAIN)
		found("read from the TUN device: %s", strerror(errno));
	acting = before;
}

void time_passes(s64 ms)
{
	struct pollfd pfd = { .fd = tun, .events = POLLIN };
	s64 end = wire_now() + ms * 1000, left;

	take_all();
	while ((left = end - wire_now()) > 0) {
		poll(&pfd, 1, left / 1000 + 1);
		take_all();
	}
}

/* ---- What the peer sends ---- */

bool put(const u8 *packet, size_t size)
{
	ssize_t n;

	story_packet(acting, packet, size, false);
	n = write(tun, packet, size);

	if (n == (ssize_t)size)
		return true;
	/* That it is no packet. */
	if (errno != EINVAL)
		found("write of %zu octets to the TUN device: %s", size, strerror(errno));
	return false;
}

void peer_says(struct talk *t, u8 flags, u32 seq, u32 ack, u32 len)
{
	static u8 out[SEG_MAX + 200], text[SEG_MAX];
	struct header head = {
		.sport = t->peer_port, .dport = t->us_port, .seq = seq,
		.ack = flags & ACK ? ack : 0, .win = t->win,
	};
	struct seg seg = { .flags = flags };
	u32 end = seq + segment_span(flags, len);

	if (flags & SYN) {
		seg.mss = (struct field){ IS, 1400 };
		if (t->scales)
			seg.wscale = (struct field){ IS, t->wscale };
		if (t->sacks)
			seg.sackok = (struct field){ IS, 1 };
	}
	if (t->stamps && (t->us_stamps || !t->heard)) {
		seg.stamp = (struct field){ IS, wire_now() / 1000 };
		seg.echo = (struct field){ IS, t->us_stamp };
	}
	text_fill(text, seq + !!(flags & SYN), len);
	if (put(out, segment_build(t->path, &head, &seg, text, len, out)))
		written_segments++;
	if ((s32)(end - t->nxt) > 0)
		t->nxt = end;
	if (flags & ACK && (s32)(ack - t->acked) > 0)
		t->acked = ack;
}

static void peer_draws(struct talk *t)
{
	t->iss = rng_percent(&rng, 20) ? -rng_range(&rng, 0, 2000) : rng_next(&rng);
	t->nxt = t->iss;
	t->win = rng_percent(&rng, 20) ? rng_scale(&rng, 0, 65535) : 65535;
	t->scales = rng_percent(&rng, 60);
	t->wscale = rng_range(&rng, 0, 8);
	t->stamps = rng_percent(&rng, 50);
	t->sacks = rng_percent(&rng, 70);
	t->opened = true;
}

void peer_acts(struct talk *t)
{
	u32 len;

	if (!t->opened) {
		if (!t->passive && !(t->heard & SYN))
			return;
		peer_draws(t);
		/* a simultaneous open, now and then */
		if (t->passive || rng_percent(&rng, 20))
			peer_says(t, SYN, t->iss, 0, 0);
		else
			peer_says(t, SYN | ACK, t->iss, t->us_nxt, 0);
		return;
	}
	if (t->passive && (t->heard & RST || rng_percent(&rng, 3))) {
		if (t->heard & RST || t->fd < 0 || rng_percent(&rng, 20))
			talk_begin(t, rng_percent(&rng, 30));
		return;
	}
	if (!(t->heard & SYN)) {
		peer_says(t, SYN, t->iss, 0, 0);
		return;
	}
	len = rng_percent(&rng, 50) ? rng_scale(&rng, 1, 1400) : 0;
	switch (rng_range(&rng, 0, 9)) {
	case 0:			/* the end of its text; it may cross with the user's */
		peer_says(t, FIN | ACK, t->us_ack, rng_percent(&rng, 50) ? t->us_nxt : t->acked,
			  len);
		break;
	case 1:			/* something was lost on the way */
		peer_says(t, ACK, t->us_ack + rng_scale(&rng, 1, 5000), t->us_nxt, len);
		break;
	case 2:			/* not everything of ours has arrived */
		peer_says(t, ACK, t->us_ack, t->acked + (t->us_nxt - t->acked) / 2, 0);
		break;
	default:
		peer_says(t, ACK, t->us_ack, t->us_nxt, len);
	}
}
