// SPDX-License-Identifier: GPL-2.0
/* What the programs of the bench share; bench.h says what for. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dccp.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static const struct transport transports[] = {
	{ "tcp",	SOCK_STREAM, IPPROTO_TCP },
	{ "edu_tcp",	SOCK_STREAM, 253 },
	{ "sctp",	SOCK_STREAM, IPPROTO_SCTP },
	{ "dccp",	SOCK_DCCP, IPPROTO_DCCP },
	{ "udp",	SOCK_DGRAM, IPPROTO_UDP },
	{ "unix",	SOCK_STREAM, 0, .local = true },
	{ "icmp",	0, IPPROTO_ICMP },
};

static const char *measured = "nothing";

const struct transport *find_transport(const char *name)
{
	const struct transport *t;

	for (t = transports; t < transports + sizeof(transports) / sizeof(*t); t++)
		if (!strcmp(t->name, name))
			return t;
	broken("no transport '%s'", name);
}

struct options parse(int argc, char **argv, struct options o)
{
	int c;

	while ((c = getopt(argc, argv, "6j:p:n:t:s:")) != -1) {
		switch (c) {
		case '6':
			o.family = AF_INET6;
			break;
		case 'j':
			o.jitter = atol(optarg);
			break;
		case 'p':
			o.transport = find_transport(optarg);
			break;
		case 'n':
			o.count = atol(optarg);
			break;
		case 't':
			o.threads = atoi(optarg);
			break;
		case 's':
			o.size = atol(optarg);
			break;
		default:
			broken("unknown option");
		}
	}
	o.rest = argv + optind;
	if (!o.family)
		o.family = AF_INET;
	if (!o.transport)
		o.transport = find_transport("edu_tcp");
	measured = o.transport->name;
	return o;
}

/* Into what JSON takes as a text. */
static void quotable(char *text)
{
	for (; *text; text++)
		if (*text == '"' || *text == '\\' || *text < ' ')
			*text = '\'';
}

static char noted[1000];

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(noted, sizeof(noted), format, args);
	va_end(args);
	quotable(noted);
}

static void __attribute__((noreturn)) end(const char *kind, const char *format, va_list args)
{
	char text[400];

	vsnprintf(text, sizeof(text), format, args);
	quotable(text);
	printf("{\"%s\": \"%s: %s\"}\n", kind, measured, text);
	fflush(stdout);
	_exit(1);
}

void broken(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end("error", format, args);
}

void absent(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end("absent", format, args);
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void jitter(const struct options *o)
{
	volatile long i;

	for (i = o->jitter ? random() % o->jitter : 0; i; i--)
		;
}

uint64_t idle(void)
{
	static char line[256];
	uint64_t sum = 0;
	double ns;
	FILE *f = fopen("/proc/timer_list", "r");

	if (!f)
		broken("/proc/timer_list: %m");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " .idle_sleeptime : %lf nsecs", &ns) == 1)
			sum += ns;
	fclose(f);
	return sum;
}

void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	must(sched_setaffinity(0, sizeof(set), &set));
}

/*
 * Its sockets, TIME-WAITs and counters go with it, in the background, when the program
 * has ended: let the last one's go before anything is measured.
 */
void new_namespace(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCSIFFLAGS, &r));
	close(fd);
	sleep(1);
}

void read_file(const char *path, char *text, size_t size)
{
	int fd = must(open(path, O_RDONLY));
	ssize_t n;
	size_t have = 0;

	while ((n = read(fd, text + have, size - 1 - have)) > 0)
		have += n;
	must(n);
	text[have] = '\0';
	close(fd);
}

int sysctl_set(const char *name, long value)
{
	char path[200], text[24];
	int fd, n;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	n = snprintf(text, sizeof(text), "%ld", value);
	if (write(fd, text, n) != n)
		broken("%s = %ld: %m", path, value);
	close(fd);
	return 0;
}

void run(const char *format, ...)
{
	char command[400];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	if (system(command))
		broken("failed: %s", command);
}

struct address address(const struct options *o, const char *text, int port)
{
	struct address a = { };

	if (o->family == AF_INET6) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		a.length = sizeof(a.v6);
		if (inet_pton(AF_INET6, text ? text : "::1", &a.v6.sin6_addr) != 1)
			broken("no address: %s", text);
	} else {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		a.length = sizeof(a.v4);
		if (inet_pton(AF_INET, text ? text : "127.0.0.1", &a.v4.sin_addr) != 1)
			broken("no address: %s", text);
	}
	return a;
}

int open_socket(const struct options *o)
{
	const struct transport *t = o->transport;
	int fd = socket(t->local ? AF_UNIX : o->family, t->type, t->protocol);

	if (fd < 0 && (errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT) &&
	    t->protocol != IPPROTO_TCP && t->protocol != 253)
		absent("this kernel has no %s", t->name);
	must(fd);
	if (t->protocol == IPPROTO_DCCP) {
		uint32_t service = htonl(42);

		must(setsockopt(fd, SOL_DCCP, DCCP_SOCKOPT_SERVICE, &service, sizeof(service)));
	}
	return fd;
}

/* @at: where; a port of 0 is replaced by the one that it got. */
int open_listener(const struct options *o, struct address *at, int backlog)
{
	int fd = open_socket(o), on = 1;

	if (o->transport->local) {
		struct sockaddr_un any = { .sun_family = AF_UNIX };

		must(bind(fd, (void *)&any, sizeof(any.sun_family)));
		at->length = sizeof(any);
		must(getsockname(fd, (void *)&any, &at->length));
		memcpy(at, &any, at->length);
	} else {
		must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
		must(bind(fd, &at->any, at->length));
		must(getsockname(fd, &at->any, &at->length));
	}
	if (o->transport->type != SOCK_DGRAM)
		must(listen(fd, backlog));
	return fd;
}

void cycle(const struct options *o, int listener, const struct address *at)
{
	int client = open_socket(o), server;
	char c;

	must(connect(client, &at->any, at->length));
	server = must(accept(listener, NULL, NULL));
	must(close(client));
	/* DCCP has no half-close: what the peer closed is over. */
	if (o->transport->type == SOCK_STREAM && read(server, &c, 1) != 0)
		broken("the client closed, and the server read something else: %m");
	must(close(server));
}

/* /proc/net/edu_tcp: a name and its value. */
static long edu_counter(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, n) && line[n] == ' ')
			return atol(line + n);
		if (!*line)
			break;
	}
	broken("/proc/net/edu_tcp has no %s", name);
}

/* /proc/net/snmp: a line of names and one of values. */
static long snmp_counter(char *text, const char *prefix, const char *name)
{
	char *names = strstr(text, prefix), *values = names ? strstr(names + 1, prefix) : NULL;
	char *n, *v, *save_n, *save_v;

	if (!values)
		broken("/proc/net/snmp has no %s", prefix);
	n = strtok_r(names, "\n ", &save_n);
	v = strtok_r(values, "\n ", &save_v);
	while (n && v) {
		if (!strcmp(n, name))
			return atol(v);
		n = strtok_r(NULL, "\n ", &save_n);
		v = strtok_r(NULL, "\n ", &save_v);
	}
	broken("/proc/net/snmp has no %s %s", prefix, name);
}

static long device_packets(const char *device)
{
	char text[8192], *line;
	long packets;

	read_file("/proc/thread-self/net/dev", text, sizeof(text));
	line = strstr(text, device);
	if (!line || sscanf(strchr(line, ':') + 1,
			    " %*u %*u %*u %*u %*u %*u %*u %*u %*u %ld", &packets) != 1)
		broken("/proc/net/dev has no %s", device);
	return packets;
}

struct seen look(const struct options *o, const char *device)
{
	static char text[32768], copy[32768];
	struct seen s = { -1, -1, 0 };

	switch (o->transport->protocol) {
	case 253:
		read_file("/proc/thread-self/net/edu_tcp", text, sizeof(text));
		s.opens = edu_counter(text, "PassiveOpens");
		break;
	case IPPROTO_TCP:
		read_file("/proc/thread-self/net/snmp", text, sizeof(text));
		memcpy(copy, text, sizeof(copy));
		s.opens = snmp_counter(text, "\nTcp:", "PassiveOpens");
		s.in = snmp_counter(copy, "\nTcp:", "InSegs");
		break;
	}
	s.packets = device_packets(device ? device : "lo");
	return s;
}

void used(const struct options *o, const struct seen *before, const struct seen *after, long opens)
{
	if (before->opens >= 0 && after->opens - before->opens != opens)
		broken("%ld connections, but %s counted %ld", opens, o->transport->name,
		       after->opens - before->opens);
}

long extended(const struct options *o, const char *name)
{
	static char text[32768];

	if (o->transport->protocol == 253) {
		read_file("/proc/thread-self/net/edu_tcp", text, sizeof(text));
		return edu_counter(text, name);
	}
	/* So that each line begins with its name. */
	text[0] = '\n';
	read_file("/proc/thread-self/net/netstat", text + 1, sizeof(text) - 1);
	return snmp_counter(text, "\nTcpExt:", name);
}

int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t quantile(uint64_t *values, long n, int q)
{
	long i = n * q / 1000;

	qsort(values, n, sizeof(*values), compare_u64);
	return values[i < n ? i : n - 1];
}

void say(const struct options *o, ...)
{
	const char *name;
	va_list args;

	printf("{\"transport\": \"%s\", \"family\": %d", o->transport->name,
	       o->family == AF_INET6 ? 6 : 4);
	va_start(args, o);
	while ((name = va_arg(args, const char *)))
		printf(", \"%s\": %.10g", name, va_arg(args, double));
	va_end(args);
	if (noted[0])
		printf(", \"note\": \"%s\"", noted);
	printf("}\n");
}
