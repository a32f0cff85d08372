/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel's <kunit/test.h> as the tests in kunit/ use, for user
 * space: the same test files compile here, under the sanitizers, and there.
 */
#ifndef EDU_TWIN_KUNIT_TEST_H
#define EDU_TWIN_KUNIT_TEST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit_allocation;

struct kunit {
	void *priv;
	const char *name;
	const void *param_value;

	/* private to main.c */
	const char *suite;
	bool failed;
	jmp_buf abort;
	struct kunit_allocation *allocations;
};

typedef const void *kunit_gen_params(struct kunit *test, const void *prev, char *desc);

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	kunit_gen_params *generate_params;
};

struct kunit_suite {
	const char name[256];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test_name)		{ .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_SLOW(test_name)	KUNIT_CASE(test_name)
#define KUNIT_CASE_PARAM(test_name, gen_params)					\
	{ .run_case = test_name, .name = #test_name, .generate_params = gen_params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(struct kunit *test,		\
					     const void *prev, char *desc)	\
	{									\
		typeof(&(array)[0]) next = prev ? ((typeof(next))prev) + 1 : (array);	\
		void (*describe)(typeof(next), char *) = get_desc;		\
										\
		if (next - (array) >= (ptrdiff_t)(sizeof(array) / sizeof((array)[0])))	\
			return NULL;						\
		if (describe)							\
			describe(next, desc);					\
		return next;							\
	}

#define KUNIT_ARRAY_PARAM_DESC(name, array, desc_member)			\
	static void name##_describe(typeof(&(array)[0]) param, char *desc)	\
	{									\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", param->desc_member);	\
	}									\
	KUNIT_ARRAY_PARAM(name, array, name##_describe)

/* The linker gathers the suites of all files. */
#define kunit_test_suite(suite)							\
	static struct kunit_suite *suite##_entry				\
	__attribute__((used, section("kunit_suites"))) = &(suite)

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp);

void kunit_failed(struct kunit *test, bool fatal, const char *file, int line,
		  const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
void kunit_message(struct kunit *test, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void kunit_end_failure(struct kunit *test, bool fatal);

#define kunit_info(test, fmt, ...)	kunit_message(test, fmt, ##__VA_ARGS__)

#define TWIN_FAIL(test, fatal, fmt, ...)						\
	do {									\
		kunit_failed(test, fatal, __FILE__, __LINE__, "", NULL);	\
		kunit_message(test, fmt, ##__VA_ARGS__);			\
		kunit_end_failure(test, fatal);					\
	} while (0)

#define TWIN_BOOL(test, fatal, condition, expected, fmt, ...)			\
	do {									\
		if ((bool)(condition) != (expected)) {				\
			kunit_failed(test, fatal, __FILE__, __LINE__, #condition,	\
				     "to be %s", (expected) ? "true" : "false");	\
			kunit_message(test, fmt, ##__VA_ARGS__);		\
			kunit_end_failure(test, fatal);				\
		}								\
	} while (0)

#define TWIN_BINARY(test, fatal, left, op, right, fmt, ...)			\
	do {									\
		const typeof(left) twin_left = (left);				\
		const typeof(right) twin_right = (right);			\
										\
		if (!(twin_left op twin_right)) {				\
			kunit_failed(test, fatal, __FILE__, __LINE__, #left,	\
				     "%s %s, but\n"				\
				     "        %s == %lld (0x%llx)\n"		\
				     "        %s == %lld (0x%llx)",		\
				     #op, #right,				\
				     #left, (long long)twin_left, (long long)twin_left,	\
				     #right, (long long)twin_right,		\
				     (long long)twin_right);			\
			kunit_message(test, fmt, ##__VA_ARGS__);		\
			kunit_end_failure(test, fatal);				\
		}								\
	} while (0)

#define TWIN_STRING(test, fatal, left, right, fmt, ...)				\
	do {									\
		const char *twin_left = (left), *twin_right = (right);		\
										\
		if (strcmp(twin_left, twin_right)) {				\
			kunit_failed(test, fatal, __FILE__, __LINE__, #left,	\
				     "== %s, but\n        \"%s\"\n        \"%s\"",	\
				     #right, twin_left, twin_right);		\
			kunit_message(test, fmt, ##__VA_ARGS__);		\
			kunit_end_failure(test, fatal);				\
		}								\
	} while (0)

#define TWIN_MEMORY(test, fatal, left, right, size, fmt, ...)			\
	do {									\
		if (memcmp(left, right, size)) {				\
			kunit_failed(test, fatal, __FILE__, __LINE__, #left,	\
				     "== %s (%s octets)", #right, #size);	\
			kunit_message(test, fmt, ##__VA_ARGS__);		\
			kunit_end_failure(test, fatal);				\
		}								\
	} while (0)

#define KUNIT_FAIL(test, fmt, ...)		TWIN_FAIL(test, false, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...)	TWIN_FAIL(test, true, fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_TRUE_MSG(test, c, ...)	TWIN_BOOL(test, false, c, true, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, c, ...)	TWIN_BOOL(test, false, c, false, __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, <, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, <=, r, __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, >, r, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, l, r, ...)	TWIN_BINARY(test, false, l, >=, r, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, ...)				\
	TWIN_BINARY(test, false, (uintptr_t)(l), ==, (uintptr_t)(r), __VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, ...)	TWIN_STRING(test, false, l, r, __VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, n, ...) TWIN_MEMORY(test, false, l, r, n, __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c)		KUNIT_EXPECT_TRUE_MSG(test, c, "%s", "")
#define KUNIT_EXPECT_FALSE(test, c)		KUNIT_EXPECT_FALSE_MSG(test, c, "%s", "")
#define KUNIT_EXPECT_EQ(test, l, r)		KUNIT_EXPECT_EQ_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_NE(test, l, r)		KUNIT_EXPECT_NE_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_LT(test, l, r)		KUNIT_EXPECT_LT_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_LE(test, l, r)		KUNIT_EXPECT_LE_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_GT(test, l, r)		KUNIT_EXPECT_GT_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_GE(test, l, r)		KUNIT_EXPECT_GE_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_PTR_EQ(test, l, r)		KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_STREQ(test, l, r)		KUNIT_EXPECT_STREQ_MSG(test, l, r, "%s", "")
#define KUNIT_EXPECT_MEMEQ(test, l, r, n)	KUNIT_EXPECT_MEMEQ_MSG(test, l, r, n, "%s", "")
#define KUNIT_EXPECT_NULL(test, p)		KUNIT_EXPECT_PTR_EQ(test, p, NULL)
#define KUNIT_EXPECT_NOT_NULL(test, p)		KUNIT_EXPECT_TRUE(test, (p) != NULL)

#define KUNIT_ASSERT_TRUE_MSG(test, c, ...)	TWIN_BOOL(test, true, c, true, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(test, c, ...)	TWIN_BOOL(test, true, c, false, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...)	TWIN_BINARY(test, true, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_LT_MSG(test, l, r, ...)	TWIN_BINARY(test, true, l, <, r, __VA_ARGS__)
#define KUNIT_ASSERT_GE_MSG(test, l, r, ...)	TWIN_BINARY(test, true, l, >=, r, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, c)		KUNIT_ASSERT_TRUE_MSG(test, c, "%s", "")
#define KUNIT_ASSERT_FALSE(test, c)		KUNIT_ASSERT_FALSE_MSG(test, c, "%s", "")
#define KUNIT_ASSERT_EQ(test, l, r)		KUNIT_ASSERT_EQ_MSG(test, l, r, "%s", "")
#define KUNIT_ASSERT_LT(test, l, r)		KUNIT_ASSERT_LT_MSG(test, l, r, "%s", "")
#define KUNIT_ASSERT_GE(test, l, r)		KUNIT_ASSERT_GE_MSG(test, l, r, "%s", "")
#define KUNIT_ASSERT_NOT_NULL(test, p)		KUNIT_ASSERT_TRUE(test, (p) != NULL)

#define MODULE_LICENSE(license)
#define MODULE_DESCRIPTION(description)

#endif /* EDU_TWIN_KUNIT_TEST_H */
