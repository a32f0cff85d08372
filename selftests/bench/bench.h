/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of the bench share: transports, clock, counters, and how a result is said. */
#ifndef BENCH_H
#define BENCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct transport - what the same measure is taken of
 * @name: as the command line has it
 * @type: and @protocol: what socket() is asked for
 * @local: AF_UNIX: what a socket costs that has no transport
 */
struct transport {
	const char *name;
	int type;
	int protocol;
	bool local;
};

/**
 * struct options - what every program of the bench understands
 * @transport: -p NAME
 * @family: AF_INET, AF_INET6 with -6
 * @count: -n N: how many of what is measured
 * @threads: -t N
 * @size: -s N: octets
 * @jitter: -j N: turns of a loop between two of what is measured, at random, at most:
 *	a profile's clock is not to keep step with the measure
 * @rest: what comes after the options
 */
struct options {
	const struct transport *transport;
	int family;
	long count;
	int threads;
	long size;
	long jitter;
	char **rest;
};

struct options parse(int argc, char **argv, struct options defaults);
const struct transport *find_transport(const char *name);

/* The program ends, and says of what it could not measure why. */
void __attribute__((noreturn, format(printf, 1, 2))) broken(const char *format, ...);
/* The same, for what this kernel has not: no number, and no error. */
void __attribute__((noreturn, format(printf, 1, 2))) absent(const char *format, ...);
#define must(what) ({ long _r = (what); if (_r < 0) broken("%s: %m", #what); _r; })

/* Nanoseconds; in virtual time, instructions. */
uint64_t now(void);
/* What -j asks for. */
void jitter(const struct options *o);
/* How long CPUs have had nothing to do, in all, in nanoseconds. */
uint64_t idle(void);

void new_namespace(void);
void pin(int cpu);
void read_file(const char *path, char *text, size_t size);
int sysctl_set(const char *name, long value);
void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Addresses are of one family; port in host order. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

struct address address(const struct options *o, const char *text, int port);

int open_socket(const struct options *o);
int open_listener(const struct options *o, struct address *at, int backlog);
/* A connection comes and goes, client first. */
void cycle(const struct options *o, int listener, const struct address *at);

/**
 * struct seen - counters of the namespace, to see what the transport really did
 * @opens: passive opens of the transport, -1 if it has no counter
 * @in: segments received by it, -1 if it has no counter
 * @packets: what lo, or the device named, transmitted
 */
struct seen {
	long opens;
	long in;
	long packets;
};

struct seen look(const struct options *o, const char *device);
/* broken(), unless the transport itself counted that many new connections. */
void used(const struct options *o, const struct seen *before, const struct seen *after, long opens);

/* A counter of /proc/net/edu_tcp, or TCP's in /proc/net/netstat. */
long extended(const struct options *o, const char *name);

int compare_u64(const void *a, const void *b);
/* @q of 1000; sorts. */
uint64_t quantile(uint64_t *values, long n, int q);

/* What the next say() says beside its numbers, as "note". */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line of JSON: say("cycles", "per_second", 1.5, ..., NULL) */
void say(const struct options *o, ...) __attribute__((sentinel));

#endif
