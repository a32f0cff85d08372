// SPDX-License-Identifier: GPL-2.0
/* What grew in the kernel's slabs, from /proc/slabinfo. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "slabs.h"

double memory_available(void)
{
	static char text[8192];
	const char *line;
	long kib;

	read_file("/proc/meminfo", text, sizeof(text));
	line = strstr(text, "MemAvailable:");
	if (!line || sscanf(line, "MemAvailable: %ld kB", &kib) != 1)
		broken("no MemAvailable in /proc/meminfo");
	return kib * 1024.;
}

/* A CPU keeps free objects for itself, which /proc/slabinfo takes for used. */
static void give_back(void)
{
	struct dirent *d;
	DIR *dir = opendir("/sys/kernel/slab");
	char path[300];
	int fd;

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", d->d_name);
		fd = open(path, O_WRONLY);
		if (fd < 0)
			continue;
		if (write(fd, "1", 1) != 1)
			broken("%s: %m", path);
		close(fd);
	}
	if (!dir)
		broken("/sys/kernel/slab: %m");
	closedir(dir);
}

/*
 * What has been freed is free after RCU's grace period, and a namespace that ended goes
 * in the background, as slowly as it likes: half a second is long for both.
 */
void slabs_read(struct slabs *s)
{
	static char text[131072];
	char *line, *save;

	usleep(500000);
	give_back();
	read_file("/proc/slabinfo", text, sizeof(text));
	s->n = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct slab *slab = &s->slabs[s->n];

		if (sscanf(line, "%63s %ld %*d %ld", slab->name, &slab->objects, &slab->size) != 3)
			continue;
		if (++s->n == SLABS)
			broken("there are more than %d slabs", SLABS);
	}
}

/* The transport's own: those that bear its name, or TCP's. */
static bool is_own(const char *name)
{
	static const char * const names[] = { "TCP", "tcp_", "EDU", "edu_" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(name, names[i]))
			return true;
	return false;
}

/**
 * slabs_compare - what has come since
 * @endpoints: for how many
 * @text: gets a list of what each of them has
 *
 * What less than one in ten has is noise: the rest of the machine does not stand still.
 */
struct grown slabs_compare(const struct slabs *before, const struct slabs *after, long endpoints,
			   char *text, size_t size)
{
	struct grown grown = { };
	int i, k;

	text[0] = '\0';
	for (i = 0; i < after->n; i++) {
		const struct slab *s = &after->slabs[i];
		long objects = s->objects;
		size_t used = strlen(text);

		for (k = 0; k < before->n; k++)
			if (!strcmp(before->slabs[k].name, s->name))
				objects -= before->slabs[k].objects;
		if (!objects || labs(objects) < endpoints / 10)
			continue;
		grown.all += (double)objects * s->size / endpoints;
		if (is_own(s->name))
			grown.own += (double)objects * s->size / endpoints;
		snprintf(text + used, size - used, "%s%s%s %ld B x %.2f", used ? ", " : "",
			 is_own(s->name) ? "" : "(not its own) ", s->name, s->size,
			 (double)objects / endpoints);
	}
	return grown;
}
