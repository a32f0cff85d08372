// SPDX-License-Identifier: GPL-2.0
/*
 * Documentation/differences.md shows tables of the tests, between markers. A test holds the page to
 * its table; with EDU_WRITE_PAGE set it writes the table into the page instead.
 */
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "wire.h"

static char *table;
static size_t table_len;

void page_row(const char *fmt, ...)
{
	char *row, *more;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&row, fmt, args);
	va_end(args);
	if (len < 0)
		abort();
	more = realloc(table, table_len + len + 2);
	if (!more)
		abort();
	table = more;
	table_len += sprintf(table + table_len, "%s\n", row);
	free(row);
}

/* The program is build/wire/NAME of the tree. */
static const char *page_path(void)
{
	static char path[PATH_MAX + 64];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		wire_fail("/proc/self/exe: %s", strerror(errno));
	self[n] = 0;
	snprintf(path, sizeof(path), "%s/../../Documentation/differences.md", dirname(self));
	return path;
}

static char *page_read(void)
{
	static char text[1 << 16];
	FILE *f = fopen(page_path(), "re");
	size_t n;

	if (!f)
		wire_fail("%s: %s", page_path(), strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	if (n == sizeof(text) - 1)
		wire_fail("%s is too long for this test", page_path());
	text[n] = 0;
	return text;
}

static void page_write(const char *before, size_t before_len, const char *after)
{
	FILE *f = fopen(page_path(), "we");

	if (!f || fprintf(f, "%.*s%s%s", (int)before_len, before, table, after) < 0 || fclose(f))
		wire_fail("%s: %s", page_path(), strerror(errno));
}

void page_has(const char *name)
{
	char *page = page_read(), begin[128], end[128], *from, *to;

	snprintf(begin, sizeof(begin), "<!-- %s: from selftests/wire -->\n\n", name);
	snprintf(end, sizeof(end), "\n<!-- end of %s -->\n", name);
	from = strstr(page, begin);
	to = strstr(page, end);
	if (!from || !to || to < from)
		wire_fail("Documentation/differences.md has no table '%s'", name);
	from += strlen(begin);
	if ((size_t)(to - from) == table_len && !memcmp(from, table, table_len))
		return;
	if (getenv("EDU_WRITE_PAGE"))
		page_write(page, from - page, to);
	else
		wire_fail("%s shows another table '%s' (EDU_WRITE_PAGE=1 writes it):\n%s",
			  "Documentation/differences.md", name, table);
}
