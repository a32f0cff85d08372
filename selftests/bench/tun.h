/* SPDX-License-Identifier: GPL-2.0 */
/* Hosts that do not exist, behind a TUN device: tun.c. */
#ifndef TUN_H
#define TUN_H

#include "bench.h"

#define TUN	"bench"

struct packet {
	uint8_t data[80];
	int length;
};

int tun_open(const struct options *o);
void tun_syn(const struct options *o, struct packet *p, uint32_t host, int from, int to);
void tun_echo(const struct options *o, struct packet *p, uint32_t host, int number);
void tun_write(int fd, const struct packet *p);
bool tun_answer(const struct options *o, int fd);
long tun_answers(const struct options *o, int fd);

#endif
