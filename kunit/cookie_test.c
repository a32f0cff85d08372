// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: RFC 4987 3.6; the layout is drawn on top of module/core/cookie.c. */
#include "bench.h"

#define COUNT		64u			/* seconds */
#define MADE		(1000ull * COUNT * EDU_SEC)	/* when count 1000 begins */
#define TS_OFFSET	0x12345678u
#define PEER_ISS	IRS

static const struct edu_cookie_key key = {
	.base = 0xcafe0000,
	.mac = { 0x00abcdef, 0x00fedcba },
};

struct syn {
	struct edu_request r;
	struct edu_params params;
	bool answered;
};

/* A SYN is answered by a cookie at MADE. */
static struct syn *syn_arrives(struct kunit *test, const struct edu_options *opt, bool ecn,
			       u16 default_mss)
{
	struct syn *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct edu_segment seg = { .flags = EDU_SYN, .seq = PEER_ISS, .wnd = 5000, .opt = *opt };

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->params = bench_params;
	s->params.timestamps = true;
	s->params.sack = true;
	s->params.window_scaling = true;
	s->params.ecn = 1;
	if (ecn)
		seg.flags |= EDU_ECE | EDU_CWR;
	edu_request_init(&s->r, &seg, &s->params, 0, TS_OFFSET, 100000, 7, MADE);
	s->answered = edu_cookie_for(&s->r, default_mss, &key, MADE);
	return s;
}

static struct edu_out synack(const struct syn *s, u64 now)
{
	struct edu_out o;

	edu_request_synack(&s->r, 1460, now, &o);
	return o;
}

/* Its ACK comes at @now: whether the cookie is good, and what was remembered. */
static bool ack_arrives(const struct syn *s, const struct edu_out *o, struct edu_request *r,
			const struct edu_cookie_key *k, u64 now)
{
	struct edu_segment seg = {
		.flags = EDU_ACK, .seq = PEER_ISS + 1, .ack = o->seq + 1, .wnd = 700,
		.opt = { .has_ts = o->opt.has_ts, .tsval = 4321, .tsecr = o->opt.tsval },
	};

	return edu_cookie_back(r, &seg, &s->params, EDU_MSS_DEFAULT, k, TS_OFFSET, 100000, 7, now);
}

/* --- The layout --- */

struct vector {
	const char *name;
	u16 mss, default_mss;
	bool answered;
	u32 iss;
	u16 remembered;
};

/* base + the peer's ISS + 1000 mod 256 << 24, + mac + class */
#define VECTOR(class)	(0xcafe0000u + PEER_ISS + (232u << 24) + 0x00abcdef + (class))

static const struct vector vectors[] = {
	{ "an MSS of 535 is too small", 535, EDU_MSS_DEFAULT, false },
	{ "536", 536, EDU_MSS_DEFAULT, true, VECTOR(0), 536 },
	{ "no MSS is 536", 0, EDU_MSS_DEFAULT, true, VECTOR(0), 536 },
	{ "1299", 1299, EDU_MSS_DEFAULT, true, VECTOR(0), 536 },
	{ "1300", 1300, EDU_MSS_DEFAULT, true, VECTOR(1), 1300 },
	{ "1439", 1439, EDU_MSS_DEFAULT, true, VECTOR(1), 1300 },
	{ "1440", 1440, EDU_MSS_DEFAULT, true, VECTOR(2), 1440 },
	{ "1459", 1459, EDU_MSS_DEFAULT, true, VECTOR(2), 1440 },
	{ "1460", 1460, EDU_MSS_DEFAULT, true, VECTOR(3), 1460 },
	{ "65535", 65535, EDU_MSS_DEFAULT, true, VECTOR(3), 1460 },
	{ "IPv6, 1219 is too small", 1219, EDU_MSS_DEFAULT_V6, false },
	{ "IPv6, no MSS is 1220", 0, EDU_MSS_DEFAULT_V6, true, VECTOR(0), 1220 },
	{ "IPv6, 1420", 1420, EDU_MSS_DEFAULT_V6, true, VECTOR(1), 1420 },
	{ "IPv6, 1440", 1440, EDU_MSS_DEFAULT_V6, true, VECTOR(2), 1440 },
	{ "IPv6, 8939", 8939, EDU_MSS_DEFAULT_V6, true, VECTOR(2), 1440 },
	{ "IPv6, 8940", 8940, EDU_MSS_DEFAULT_V6, true, VECTOR(3), 8940 },
};

KUNIT_ARRAY_PARAM_DESC(vector, vectors, name);

static void the_ISS_is_laid_out_as_drawn(struct kunit *test)
{
	const struct vector *v = test->param_value;
	struct edu_options opt = { .mss = v->mss };
	struct syn *s = syn_arrives(test, &opt, false, v->default_mss);
	struct edu_segment seg = { .flags = EDU_ACK, .seq = PEER_ISS + 1, .ack = v->iss + 1 };
	struct edu_request r;

	KUNIT_EXPECT_EQ(test, s->answered, v->answered);
	if (!v->answered)
		return;
	KUNIT_EXPECT_EQ(test, synack(s, MADE).seq, v->iss);
	KUNIT_EXPECT_TRUE(test, edu_cookie_back(&r, &seg, &s->params, v->default_mss, &key,
						TS_OFFSET, 100000, 7, MADE));
	KUNIT_EXPECT_EQ(test, r.mss, v->remembered);
}

struct ts_vector {
	const char *name;
	struct edu_options opt;
	bool ecn;
	u64 ms;
	u32 tsval;		/* without its offset */
};

static const struct ts_vector ts_vectors[] = {
	{ "nothing", { .has_ts = 1 }, false, 64000, 64000 - 64 + 0xf },
	{ "nothing, later", { .has_ts = 1 }, false, 64000 + 0xf, 64000 + 0xf },
	{ "64 ms later", { .has_ts = 1 }, false, 64127, 64064 + 0xf },
	{ "one ms before that", { .has_ts = 1 }, false, 64000 + 0xe, 64000 - 64 + 0xf },
	{ "window scaling", { .has_ts = 1, .has_wscale = 1, .wscale = 9 }, false, 64063, 64009 },
	{ "a shift of 0 is one too", { .has_ts = 1, .has_wscale = 1 }, false, 64063, 64000 },
	{ "a shift of 14", { .has_ts = 1, .has_wscale = 1, .wscale = 14 }, false, 64063, 64014 },
	{ "SACK", { .has_ts = 1, .sack_permitted = 1 }, false, 64063, 64000 + 0x1f },
	{ "ECN", { .has_ts = 1 }, true, 64063, 64000 + 0x2f },
	{ "all", { .has_ts = 1, .has_wscale = 1, .wscale = 7, .sack_permitted = 1 }, true,
	  64063, 64000 + 0x37 },
};

KUNIT_ARRAY_PARAM_DESC(ts_vector, ts_vectors, name);

static void the_timestamp_is_laid_out_as_drawn(struct kunit *test)
{
	const struct ts_vector *v = test->param_value;
	struct syn *s = syn_arrives(test, &v->opt, v->ecn, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, v->ms * EDU_MSEC);
	struct edu_request r;

	KUNIT_EXPECT_EQ(test, o.opt.tsval - TS_OFFSET, v->tsval);
	/* never from the future */
	KUNIT_EXPECT_LE(test, o.opt.tsval - TS_OFFSET, (u32)v->ms);
	KUNIT_EXPECT_TRUE(test, ack_arrives(s, &o, &r, &key, MADE));
	KUNIT_EXPECT_EQ(test, (int)r.conn.ts_ok, 1);
	KUNIT_EXPECT_EQ(test, r.conn.ts_recent, 4321u);
	KUNIT_EXPECT_EQ(test, (int)r.conn.wscale_ok, (int)v->opt.has_wscale);
	KUNIT_EXPECT_EQ(test, (int)r.conn.snd_wscale, (int)v->opt.wscale);
	KUNIT_EXPECT_EQ(test, (int)r.conn.rcv_wscale, v->opt.has_wscale ? 7 : 0);
	KUNIT_EXPECT_EQ(test, (int)r.conn.sack_ok, (int)v->opt.sack_permitted);
	KUNIT_EXPECT_EQ(test, (int)r.conn.ecn_ok, (int)v->ecn);
}

static void without_a_timestamp_nothing_else_is_agreed(struct kunit *test)
{
	struct edu_options opt = { .mss = 1460, .has_wscale = 1, .wscale = 9, .sack_permitted = 1 };
	struct syn *s = syn_arrives(test, &opt, true, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, MADE);
	struct edu_request r;

	KUNIT_EXPECT_EQ(test, (int)o.opt.has_ts, 0);
	KUNIT_EXPECT_EQ(test, (int)o.opt.has_wscale, 0);
	KUNIT_EXPECT_EQ(test, (int)o.opt.sack_permitted, 0);
	KUNIT_EXPECT_EQ(test, o.flags, (u8)(EDU_SYN | EDU_ACK));
	/* A window that cannot be scaled: as much of the buffer as that says. */
	KUNIT_EXPECT_EQ(test, (int)o.wnd, 65535);
	KUNIT_EXPECT_EQ(test, s->r.conn.snd_nxt, o.seq + 1);
	KUNIT_EXPECT_EQ(test, s->r.conn.snd_wscale + s->r.conn.rcv_wscale, 0);
	KUNIT_EXPECT_TRUE(test, ack_arrives(s, &o, &r, &key, MADE));
	KUNIT_EXPECT_EQ(test, r.conn.wscale_ok + r.conn.ts_ok + r.conn.sack_ok + r.conn.ecn_ok, 0);
}

/* --- How long it is good, and for whom --- */

struct age {
	const char *name;
	u64 after;		/* microseconds */
	bool good;
};

static const struct age ages[] = {
	{ "at once", 0, true },
	{ "in its own 64 s", COUNT * EDU_SEC - 1, true },
	{ "in the next", COUNT * EDU_SEC, true },
	{ "at their end", 2 * COUNT * EDU_SEC - 1, true },
	{ "after them", 2 * COUNT * EDU_SEC, false },
	{ "much later", 255ull * COUNT * EDU_SEC, false },
};

KUNIT_ARRAY_PARAM_DESC(age, ages, name);

static void it_is_good_for_its_64_seconds_and_the_next(struct kunit *test)
{
	const struct age *a = test->param_value;
	struct edu_options opt = { .mss = 1460 };
	struct syn *s = syn_arrives(test, &opt, false, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, MADE);
	struct edu_cookie_key then = key;
	struct edu_request r;

	/* The caller makes its MACs for the time it is. */
	if (a->after >= COUNT * EDU_SEC) {
		then.mac[1] = key.mac[0];
		then.mac[0] = 0x00777777;
	}
	KUNIT_EXPECT_EQ(test, ack_arrives(s, &o, &r, &then, MADE + a->after), a->good);
}

static void of_all_numbers_eight_are_good(struct kunit *test)
{
	struct edu_options opt = { .mss = 1460 };
	struct syn *s = syn_arrives(test, &opt, false, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, MADE);
	u32 count, n, good = 0;
	struct edu_request r;

	/* Around each value of the count, and around both MACs */
	for (count = 0; count < 256; count++) {
		for (n = 0; n < 128; n++) {
			unsigned int mac = n / 64;

			o.seq = key.base + PEER_ISS + (count << 24) +
				((key.mac[mac] - 32 + n % 64) & 0xffffff);
			good += ack_arrives(s, &o, &r, &key, MADE);
		}
	}
	KUNIT_EXPECT_EQ(test, good, 8u);
}

struct disabled {
	const char *name;
	bool timestamps, sack, window_scaling;
	u8 ecn;
	bool good;
};

static const struct disabled disabled[] = {
	{ "nothing is", true, true, true, 1, true },
	{ "timestamps are", false, true, true, 1, false },
	{ "SACK is", true, false, true, 1, false },
	{ "window scaling is", true, true, false, 1, false },
	{ "ECN is", true, true, true, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(disabled, disabled, name);

/* The peer would use what we no longer want. */
static void what_was_agreed_must_still_be_wanted(struct kunit *test)
{
	const struct disabled *d = test->param_value;
	struct edu_options opt = { .mss = 1460, .has_ts = 1, .has_wscale = 1, .wscale = 9,
				   .sack_permitted = 1 };
	struct syn *s = syn_arrives(test, &opt, true, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, MADE);
	struct edu_request r;

	s->params.timestamps = d->timestamps;
	s->params.sack = d->sack;
	s->params.window_scaling = d->window_scaling;
	s->params.ecn = d->ecn;
	KUNIT_EXPECT_EQ(test, ack_arrives(s, &o, &r, &key, MADE), d->good);
}

/* --- The connection that it makes --- */

static void a_connection_begins_in_ESTABLISHED(struct kunit *test)
{
	struct edu_options opt = { .mss = 1300, .has_ts = 1, .has_wscale = 1, .wscale = 2 };
	struct bench *b = bench_new(test, ISS, IRS);
	struct syn *s = syn_arrives(test, &opt, false, EDU_MSS_DEFAULT);
	struct edu_out o = synack(s, MADE);
	struct edu_segment ack = {
		.flags = EDU_ACK, .seq = PEER_ISS + 1, .ack = o.seq + 1, .wnd = 700, .len = 10,
		.opt = { .has_ts = 1, .tsval = 4321, .tsecr = o.opt.tsval },
	};
	struct edu_request r;

	b->budget.now = MADE + 30 * EDU_MSEC;
	KUNIT_ASSERT_TRUE(test, ack_arrives(s, &o, &r, &key, NOW(b)));
	KUNIT_EXPECT_EQ(test, r.conn.snd_nxt, ack.ack);
	KUNIT_EXPECT_EQ(test, r.conn.rcv_wnd, 65535u);
	KUNIT_EXPECT_EQ(test, (u32)r.wnd, 700u);
	b->t.params = &s->params;
	edu_open_from_request(&b->t, &r, 1400, NOW(b));
	b->iss = b->t.iss;
	EXPECT_STATE(b, EDU_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->t.iss, o.seq);
	KUNIT_EXPECT_EQ(test, b->t.irs, PEER_ISS);
	KUNIT_EXPECT_EQ(test, (u32)b->t.peer_mss, 1300u);
	KUNIT_EXPECT_EQ(test, (int)b->t.syn_acked, 1);
	KUNIT_EXPECT_EQ(test, b->t.last_rcv_at, NOW(b));

	/* Its ACK is an ordinary segment for it, and tells how much we may send. */
	bench_arrives(b, &ack);
	KUNIT_EXPECT_EQ(test, b->todo.drop, (u8)EDU_DROP_NONE);
	KUNIT_EXPECT_EQ(test, b->t.snd_wnd, 700u << 2);
	KUNIT_EXPECT_EQ(test, b->t.rcv_nxt, PEER_ISS + 11);
	/* How long our SYN,ACK took cannot be known: its clock was rounded. */
	KUNIT_EXPECT_EQ(test, b->t.srtt, 0u);
	KUNIT_EXPECT_GT(test, b->t.cwnd, 2 * b->t.mss);
}

static struct kunit_case cookie_cases[] = {
	KUNIT_CASE_PARAM(the_ISS_is_laid_out_as_drawn, vector_gen_params),
	KUNIT_CASE_PARAM(the_timestamp_is_laid_out_as_drawn, ts_vector_gen_params),
	KUNIT_CASE(without_a_timestamp_nothing_else_is_agreed),
	KUNIT_CASE_PARAM(it_is_good_for_its_64_seconds_and_the_next, age_gen_params),
	KUNIT_CASE(of_all_numbers_eight_are_good),
	KUNIT_CASE_PARAM(what_was_agreed_must_still_be_wanted, disabled_gen_params),
	KUNIT_CASE(a_connection_begins_in_ESTABLISHED),
	{}
};

static struct kunit_suite cookie_suite = {
	.name = "edu_tcp_cookie",
	.test_cases = cookie_cases,
};

kunit_test_suite(cookie_suite);
