// SPDX-License-Identifier: GPL-2.0
/* Options: RFC 9293 section 3.2, RFC 7323 sections 2 and 3, RFC 2018 sections 2 and 3. */
#include "bench.h"

struct options_case {
	const char *name;
	u8 len;
	u8 octets[40];
	bool refused;
	struct edu_options expected;
};

static const struct options_case options_cases_in[] = {
	{ "no options", 0 },
	{ "End of Option List", 4, { 0, 0, 0, 0 } },
	{ "behind the end nothing is read", 8, { 0, 2, 4, 5, 0xb4, 3, 3, 7 } },
	{ "No-Operations only", 4, { 1, 1, 1, 1 } },
	{ "MSS", 4, { 2, 4, 0x05, 0xb4 }, .expected = { .mss = 1460 } },
	{ "MSS 65535", 4, { 2, 4, 0xff, 0xff }, .expected = { .mss = 65535 } },
	{ "Window Scale", 4, { 1, 3, 3, 7 }, .expected = { .wscale = 7, .has_wscale = 1 } },
	{ "Window Scale 0 is there too", 3, { 3, 3, 0 }, .expected = { .has_wscale = 1 } },
	{ "RFC 7323 2.3: a shift above 14 is 14", 3, { 3, 3, 15 },
	  .expected = { .wscale = 14, .has_wscale = 1 } },
	{ "RFC 7323 2.3: 255 too", 3, { 3, 3, 255 },
	  .expected = { .wscale = 14, .has_wscale = 1 } },
	{ "both, the other way round", 8, { 3, 3, 2, 2, 4, 1, 0, 0 },
	  .expected = { .mss = 256, .wscale = 2, .has_wscale = 1 } },
	{ "alignment is not needed (MUST-64)", 9, { 1, 2, 4, 2, 0x18, 1, 3, 3, 1 },
	  .expected = { .mss = 536, .wscale = 1, .has_wscale = 1 } },
	{ "unknown options are passed over (MUST-6)", 10, { 254, 4, 1, 2, 2, 4, 0, 100, 30, 2 },
	  .expected = { .mss = 100 } },
	{ "SACK-Permitted", 6, { 4, 2, 2, 4, 0, 99 },
	  .expected = { .mss = 99, .sack_permitted = 1 } },
	{ "SACK-Permitted of a wrong length is ignored", 7, { 4, 3, 0, 2, 4, 0, 99 },
	  .expected = { .mss = 99 } },
	{ "Timestamps", 10, { 8, 10, 1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc },
	  .expected = { .has_ts = 1, .tsval = 0x01020304, .tsecr = 0xfffefdfc } },
	{ "Timestamps of 0 are there too", 10, { 8, 10, 0, 0, 0, 0, 0, 0, 0, 0 },
	  .expected = { .has_ts = 1 } },
	{ "Timestamps of 9 octets are ignored", 12, { 8, 9, 1, 2, 3, 4, 5, 6, 7, 3, 3, 1 },
	  .expected = { .wscale = 1, .has_wscale = 1 } },
	{ "Timestamps of 11 octets are ignored", 11, { 8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9 } },
	{ "Timestamps that run past the header", 9, { 8, 10, 1, 2, 3, 4, 5, 6, 7 },
	  .refused = true },
	{ "one SACK block", 10, { 5, 10, 0, 0, 0, 1, 0, 0, 1, 0 },
	  .expected = { .nsack = 1, .sack = { { 1, 256 } } } },
	{ "SACK without a block is ignored", 2, { 5, 2 } },
	{ "half a SACK block is ignored", 6, { 5, 6, 0, 0, 0, 1 } },
	{ "a SACK block and an octet are ignored", 11, { 5, 11, 0, 0, 0, 1, 0, 0, 1, 0, 9 } },
	{ "a SACK block that runs past the header", 9, { 5, 10, 0, 0, 0, 1, 0, 0, 1 },
	  .refused = true },
	{ "four SACK blocks, as many as fit", 34, { 5, 34,
	    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
	    0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff },
	  .expected = { .nsack = 4, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, ~0u } } } },
	{ "SACK twice: the last counts", 28, { 5, 18,
	    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 5, 10, 0, 0, 0, 5, 0, 0, 0, 6 },
	  .expected = { .nsack = 1, .sack = { { 5, 6 } } } },
	{ "as Linux sends them", 40, { 1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 5, 26,
	    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6 },
	  .expected = { .has_ts = 1, .tsval = 7, .tsecr = 9,
			.nsack = 3, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 } } } },
	{ "the last MSS counts", 8, { 2, 4, 0, 1, 2, 4, 0, 2 }, .expected = { .mss = 2 } },
	{ "MSS of a wrong length is ignored", 7, { 2, 3, 1, 3, 3, 1, 0 },
	  .expected = { .wscale = 1, .has_wscale = 1 } },
	{ "Window Scale of a wrong length is ignored", 8, { 3, 4, 9, 9, 2, 4, 0, 50 },
	  .expected = { .mss = 50 } },
	{ "length 0 would never end", 4, { 254, 0, 1, 1 }, .refused = true },
	{ "length 1 is its kind alone", 4, { 2, 1, 1, 1 }, .refused = true },
	{ "runs past the header by one", 4, { 254, 5, 1, 1 }, .refused = true },
	{ "runs past the header by far", 4, { 2, 255, 1, 1 }, .refused = true },
	{ "a kind without a length", 4, { 1, 1, 1, 2 }, .refused = true },
	{ "the MSS of a second option is cut", 6, { 3, 3, 1, 2, 4, 1 }, .refused = true },
};

KUNIT_ARRAY_PARAM_DESC(options, options_cases_in, name);

/* A copy of just that length: KASAN and ASan see the first octet too far. */
static u8 *exactly(struct kunit *test, const u8 *octets, unsigned int len)
{
	u8 *copy = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, octets, len);
	return copy;
}

static void expect_same(struct kunit *test, const struct edu_options *opt,
			const struct edu_options *expected)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, opt->mss, expected->mss);
	KUNIT_EXPECT_EQ(test, opt->wscale, expected->wscale);
	KUNIT_EXPECT_EQ(test, (int)opt->has_wscale, (int)expected->has_wscale);
	KUNIT_EXPECT_EQ(test, (int)opt->sack_permitted, (int)expected->sack_permitted);
	KUNIT_EXPECT_EQ(test, (int)opt->has_ts, (int)expected->has_ts);
	KUNIT_EXPECT_EQ(test, opt->tsval, expected->tsval);
	KUNIT_EXPECT_EQ(test, opt->tsecr, expected->tsecr);
	KUNIT_ASSERT_EQ(test, opt->nsack, expected->nsack);
	for (i = 0; i < opt->nsack; i++) {
		KUNIT_EXPECT_EQ(test, opt->sack[i].start, expected->sack[i].start);
		KUNIT_EXPECT_EQ(test, opt->sack[i].end, expected->sack[i].end);
	}
}

static void parse(struct kunit *test)
{
	const struct options_case *c = test->param_value;
	struct edu_options opt;

	memset(&opt, 0xff, sizeof(opt));
	KUNIT_EXPECT_EQ(test, edu_options_parse(&opt, exactly(test, c->octets, c->len), c->len),
			!c->refused);
	if (c->refused)
		return;
	expect_same(test, &opt, &c->expected);
}

/* Every kind and length, at every place before the header's end. */
static void hostile_lengths_stay_inside(struct kunit *test)
{
	unsigned int kind, size, room, i;
	struct edu_options opt;
	u8 *p = kunit_kzalloc(test, 40, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (kind = 0; kind < 256; kind++) {
		for (size = 0; size < 256; size++) {
			for (room = 1; room <= 8; room++) {
				bool fits = kind < 2 || (room >= 2 && size >= 2 && size <= room);

				/* At the end of the allocation, behind NOPs. */
				for (i = 0; i < 40; i++)
					p[i] = 1;
				p[40 - room] = kind;
				if (room > 1)
					p[40 - room + 1] = kind == 1 ? 1 : size;
				KUNIT_EXPECT_EQ_MSG(test, edu_options_parse(&opt, p, 40), fits,
						    "kind %u, length %u, %u octets left",
						    kind, size, room);
			}
		}
	}
}

static void build_and_parse_again(struct kunit *test)
{
	unsigned int mss, wscale;

	for (mss = 0; mss <= 65535; mss += 257) {
		for (wscale = 0; wscale <= EDU_WSCALE_MAX + 1; wscale++) {
			struct edu_options in = { .mss = mss }, out;
			unsigned int len;
			u8 octets[40];

			if (wscale <= EDU_WSCALE_MAX) {
				in.wscale = wscale;
				in.has_wscale = 1;
			}
			memset(octets, 0xaa, sizeof(octets));
			len = edu_options_build(&in, octets);
			KUNIT_EXPECT_EQ(test, len, edu_options_len(&in));
			KUNIT_EXPECT_EQ(test, len % 4, 0u);
			KUNIT_EXPECT_EQ(test, octets[len], (u8)0xaa);
			KUNIT_EXPECT_TRUE(test, edu_options_parse(&out, octets, len));
			KUNIT_EXPECT_EQ(test, out.mss, in.mss);
			KUNIT_EXPECT_EQ(test, out.wscale, in.wscale);
			KUNIT_EXPECT_EQ(test, (int)out.has_wscale, (int)in.has_wscale);
		}
	}
}

/* Each combination of them that a segment can have */
static void build_each_combination(struct kunit *test)
{
	unsigned int set;

	for (set = 0; set < 16 * 5; set++) {
		struct edu_options in = {}, out;
		unsigned int len, i;
		u8 octets[48];

		in.mss = set & 1 ? 1460 : 0;
		in.has_wscale = !!(set & 2);
		in.wscale = set & 2 ? 7 : 0;
		in.sack_permitted = !!(set & 4);
		in.has_ts = !!(set & 8);
		in.tsval = set & 8 ? 0x80000001 : 0;
		in.tsecr = set & 8 ? 0xffffffff : 0;
		in.nsack = set / 16;
		for (i = 0; i < in.nsack; i++) {
			in.sack[i].start = 0xfffffff0 + 10 * i;
			in.sack[i].end = 0xfffffff5 + 10 * i;
		}
		if (edu_options_len(&in) > 40)
			continue;	/* nothing of ours has blocks and what belongs on a SYN */
		memset(octets, 0xaa, sizeof(octets));
		len = edu_options_build(&in, octets);
		KUNIT_EXPECT_EQ(test, len, edu_options_len(&in));
		KUNIT_EXPECT_EQ(test, len % 4, 0u);
		KUNIT_EXPECT_EQ(test, octets[len], (u8)0xaa);
		KUNIT_EXPECT_TRUE(test, edu_options_parse(&out, octets, len));
		expect_same(test, &out, &in);
	}
}

/* RFC 2018 3, RFC 7323 A: as everybody lays them out, aligned to 32 bits */
static void octets_of_an_ack(struct kunit *test)
{
	static const u8 expected[] = {
		1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 1, 0,
	};
	struct edu_options opt = {
		.has_ts = 1, .tsval = 7, .tsecr = 9, .nsack = 1, .sack = { { 1, 256 } },
	};
	u8 octets[40];

	KUNIT_EXPECT_EQ(test, edu_options_build(&opt, octets), (unsigned int)sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, octets, expected, sizeof(expected));
}

/* A SYN as Linux sends it: SACK-Permitted takes the place of the timestamps' padding. */
static void octets_of_a_syn(struct kunit *test)
{
	static const u8 expected[] = {
		2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	struct edu_options opt = {
		.mss = 1460, .has_wscale = 1, .wscale = 7, .sack_permitted = 1, .has_ts = 1,
		.tsval = 7,
	};
	u8 octets[40];

	KUNIT_EXPECT_EQ(test, edu_options_build(&opt, octets), (unsigned int)sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, octets, expected, sizeof(expected));
}

static void octets_on_the_wire(struct kunit *test)
{
	static const u8 expected[] = { 2, 4, 0x05, 0xb4, 1, 3, 3, 7 };
	struct edu_options opt = { .mss = 1460, .wscale = 7, .has_wscale = 1 };
	u8 octets[40];

	KUNIT_EXPECT_EQ(test, edu_options_build(&opt, octets), (unsigned int)sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, octets, expected, sizeof(expected));
}

static struct kunit_case options_cases[] = {
	KUNIT_CASE_PARAM(parse, options_gen_params),
	KUNIT_CASE(hostile_lengths_stay_inside),
	KUNIT_CASE(build_and_parse_again),
	KUNIT_CASE(build_each_combination),
	KUNIT_CASE(octets_of_an_ack),
	KUNIT_CASE(octets_of_a_syn),
	KUNIT_CASE(octets_on_the_wire),
	{}
};

static struct kunit_suite options_suite = {
	.name = "edu_tcp_options",
	.test_cases = options_cases,
};

kunit_test_suite(options_suite);
