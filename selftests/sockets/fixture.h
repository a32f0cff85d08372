/* SPDX-License-Identifier: GPL-2.0 */
/* Every test runs once for each protocol, in a network namespace of its own. */
#ifndef SOCKETS_FIXTURE_H
#define SOCKETS_FIXTURE_H

#include "kselftest_harness.h"

#include "sockets.h"

/* At least so long, but for a tick of the kernel's clock, to which timeouts are rounded. */
#define EXPECT_WAITED(ms, start)	EXPECT_LE((ms) - 10, now_ms() - (start))

FIXTURE(sockets)
{
};

FIXTURE_VARIANT(sockets)
{
	int family;
	int protocol;		/* 0: edu_tcp's */
};

FIXTURE_VARIANT_ADD(sockets, tcp_ipv4)
{
	.family = AF_INET,
	.protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(sockets, edu_tcp_ipv4)
{
	.family = AF_INET,
};

FIXTURE_SETUP(sockets)
{
	begin(variant->family, variant->protocol);
}

FIXTURE_TEARDOWN(sockets)
{
}

#endif /* SOCKETS_FIXTURE_H */
