/* SPDX-License-Identifier: GPL-2.0 */
/* Every test has a network namespace of its own, once for each IP version. */
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
	int family;
};

FIXTURE_VARIANT_ADD(wire, ipv4)
{
	.family = AF_INET,
};

FIXTURE_SETUP(wire)
{
	wire_begin(variant->family);
}

FIXTURE_TEARDOWN(wire)
{
	wire_end();
}

#endif
