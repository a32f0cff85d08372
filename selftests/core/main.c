// SPDX-License-Identifier: GPL-2.0
/* Runs the suites of kunit/ in user space and prints KTAP, as KUnit does. */
#include <fnmatch.h>
#include <stdarg.h>

#include <kunit/test.h>

/* Freed when the case is over; its own malloc() each, so that ASan guards it. */
struct kunit_allocation {
	struct kunit_allocation *next;
	void *memory;
};

extern struct kunit_suite *__start_kunit_suites[];
extern struct kunit_suite *__stop_kunit_suites[];

void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	struct kunit_allocation *a = malloc(sizeof(*a));
	void *memory = calloc(n, size);

	if (!a || !memory)
		abort();
	a->memory = memory;
	a->next = test->allocations;
	test->allocations = a;
	return memory;
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kcalloc(test, 1, size, gfp);
}

static void free_allocations(struct kunit *test)
{
	struct kunit_allocation *a;

	while ((a = test->allocations)) {
		test->allocations = a->next;
		free(a->memory);
		free(a);
	}
}

void kunit_failed(struct kunit *test, bool fatal, const char *file, int line,
		  const char *kind, const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("    # %s.%s: %s FAILED at %s:%d\n", test->suite, test->name,
	       fatal ? "ASSERTION" : "EXPECTATION", file, line);
	if (!fmt)
		return;
	printf("    Expected %s ", kind);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void kunit_message(struct kunit *test, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (*text)
		printf("    # %s: %s\n", test->name, text);
}

void kunit_end_failure(struct kunit *test, bool fatal)
{
	if (fatal)
		longjmp(test->abort, 1);
}

/* One case, or one parameter of it. */
static bool run_once(struct kunit *test, const struct kunit_suite *suite,
		     const struct kunit_case *c)
{
	test->failed = false;
	test->priv = NULL;
	if (!setjmp(test->abort)) {
		if (suite->init && suite->init(test))
			test->failed = true;
		else
			c->run_case(test);
	}
	if (suite->exit)
		suite->exit(test);
	free_allocations(test);
	return !test->failed;
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *c)
{
	struct kunit test = { .suite = suite->name, .name = c->name };
	char desc[KUNIT_PARAM_DESC_SIZE];
	unsigned int n = 0, failed = 0;
	const void *param = NULL;

	if (!c->generate_params)
		return run_once(&test, suite, c);

	printf("        KTAP version 1\n        # Subtest: %s\n", c->name);
	while (snprintf(desc, sizeof(desc), "param-%u", n),
	       (param = c->generate_params(&test, param, desc))) {
		bool ok;

		test.param_value = param;
		ok = run_once(&test, suite, c);
		printf("        %sok %u %s\n", ok ? "" : "not ", ++n, desc);
		failed += !ok;
	}
	printf("        1..%u\n", n);
	/* A table without a row proves nothing. */
	return n && !failed;
}

static bool run_suite(struct kunit_suite *suite, const char *filter, bool first)
{
	unsigned int n = 0, failed = 0;
	struct kunit_case *c;

	printf("    KTAP version 1\n    # Subtest: %s\n", suite->name);
	for (c = suite->test_cases; c->run_case && !(first && failed); c++) {
		bool ok;

		if (filter && fnmatch(filter, c->name, 0))
			continue;
		ok = run_case(suite, c);
		printf("    %sok %u %s\n", ok ? "" : "not ", ++n, c->name);
		failed += !ok;
	}
	printf("    1..%u\n", n);
	return !failed;
}

static void usage(FILE *to)
{
	fprintf(to, "usage: unit [--first] [SUITE[.CASE]]\n\n"
		"Runs the suites of kunit/; SUITE and CASE may hold wildcards.\n"
		"  --first    stop at the first case that fails\n");
}

int main(int argc, char **argv)
{
	struct kunit_suite **suite;
	unsigned int n = 0, failed = 0;
	char *suites = NULL, *cases = NULL;
	bool first = false;

	if (argc > 1 && !strcmp(argv[1], "--first")) {
		first = true;
		argc--;
		argv++;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		bool help = argc == 2 && !strcmp(argv[1], "--help");

		if (!help)
			fprintf(stderr, "unit: unknown option '%s'\n", argv[argc - 1]);
		usage(help ? stdout : stderr);
		return help ? 0 : 2;
	}
	if (argc == 2) {
		suites = argv[1];
		cases = strchr(suites, '.');
		if (cases)
			*cases++ = '\0';
	}
	setvbuf(stdout, NULL, _IOLBF, 0);

	printf("KTAP version 1\n");
	for (suite = __start_kunit_suites; suite < __stop_kunit_suites &&
	     !(first && failed); suite++) {
		bool ok;

		if (suites && fnmatch(suites, (*suite)->name, 0))
			continue;
		ok = run_suite(*suite, cases, first);
		printf("%sok %u %s\n", ok ? "" : "not ", ++n, (*suite)->name);
		failed += !ok;
	}
	printf("1..%u\n", n);
	if (!n)
		fprintf(stderr, "unit: there is no suite '%s'\n", suites ? suites : "");
	return failed || !n;
}
