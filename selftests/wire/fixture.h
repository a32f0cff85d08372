/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every test has a network namespace of its own, and runs three times: over IPv4, over IPv6, and
 * over IPv4 by IPv6 sockets whose addresses are ::ffff:10.0.0.1 and the like.
 */
#ifndef WIRE_FIXTURE_H
#define WIRE_FIXTURE_H

#include "kselftest_harness.h"

#include "wire.h"

/*
 * A rule that the kernel's own TCP is known to break, and how: with EDU_PROTO=6 the test is
 * expected to fail (XFAIL), and it says so if it does not (XPASS).
 */
#define linux_differs(how)	wire_linux_differs(how, _metadata->results->reason)

FIXTURE(wire)
{
};

FIXTURE_VARIANT(wire)
{
	int family;		/* on the wire */
	int sockets;		/* of the application */
};

FIXTURE_VARIANT_ADD(wire, ipv4)
{
	.family = AF_INET,
	.sockets = AF_INET,
};

FIXTURE_VARIANT_ADD(wire, ipv6)
{
	.family = AF_INET6,
	.sockets = AF_INET6,
};

FIXTURE_VARIANT_ADD(wire, mapped)
{
	.family = AF_INET,
	.sockets = AF_INET6,
};

FIXTURE_SETUP(wire)
{
	wire_begin(variant->family, variant->sockets);
}

FIXTURE_TEARDOWN(wire)
{
	wire_end();
}

#endif
