// SPDX-License-Identifier: GPL-2.0
/* What the kernel has counted. */
#include <stdlib.h>

#include "hostile.h"

static struct {
	char name[48];
	long now, ever;
} counters[200];

static size_t n;

FILE *open_file(const char *name)
{
	FILE *file = fopen(name, "re");

	if (!file)
		found("%s: %s", name, strerror(errno));
	return file;
}

void counters_read(void)
{
	FILE *file = open_file("/proc/self/net/edu_tcp");
	char line[256], extra;

	for (n = 0; n < ARRAY_SIZE(counters) && fgets(line, sizeof(line), file);) {
		int words = sscanf(line, " %47s %ld %ld %c", counters[n].name, &counters[n].now,
				   &counters[n].ever, &extra);

		if (words == 2 || words == 3)
			n++;
	}
	fclose(file);
}

static size_t find(const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(counters[i].name, name))
			return i;
	found("there is no counter %s", name);
}

long counter(const char *name)
{
	return counters[find(name)].now;
}

long counter_ever(const char *state)
{
	return counters[find(state)].ever;
}

long endpoints(void)
{
	FILE *file = open_file("/proc/self/net/edu_tcp_sockets");
	char line[512];
	long lines = 0;

	while (fgets(line, sizeof(line), file))
		lines++;
	fclose(file);
	return lines - 1;
}

/* Pairs of lines: the names, and below them the values. */
static long snmp4(const char *group, const char *wanted)
{
	static const char blank[] = { ' ', '\n', 0 };
	FILE *file = open_file("/proc/self/net/snmp");
	char names[2048], values[2048];
	size_t len = strlen(group);
	long result = -1;

	while (fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file)) {
		char *a, *b, *name, *value;

		if (strncmp(names, group, len) || names[len] != ':')
			continue;
		strtok_r(names, blank, &a);
		strtok_r(values, blank, &b);
		while ((name = strtok_r(NULL, blank, &a)) && (value = strtok_r(NULL, blank, &b)))
			if (!strcmp(name, wanted))
				result = atol(value);
	}
	fclose(file);
	return result;
}

long snmp(const char *group, const char *wanted)
{
	char line[256], name[64], full[64];
	long value, result = -1;
	FILE *file;

	if (!strchr(group, '6'))
		return snmp4(group, wanted);
	snprintf(full, sizeof(full), "%s%s", group, wanted);
	file = open_file("/proc/self/net/snmp6");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", name, &value) == 2 && !strcmp(name, full))
			result = value;
	fclose(file);
	return result;
}

/* EDU_TCP and EDU_TCPv6: sockets, and pages that both share. */
static void protocols(long *sockets, long *memory)
{
	FILE *file = open_file("/proc/self/net/protocols");
	char line[256], name[32];
	long size, n_sockets, pages;

	*sockets = 0;
	*memory = 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %ld %ld %ld", name, &size, &n_sockets, &pages) != 4 ||
		    strncmp(name, "EDU_TCP", 7))
			continue;
		*sockets += n_sockets;
		*memory = pages * 4096;
	}
	fclose(file);
}

long protocol_memory(void)
{
	long sockets, memory;

	protocols(&sockets, &memory);
	return memory;
}

long protocol_sockets(void)
{
	long sockets, memory;

	protocols(&sockets, &memory);
	return sockets;
}
