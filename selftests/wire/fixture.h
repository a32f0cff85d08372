/* SPDX-License-Identifier: GPL-2.0 */
/* Every test has a network namespace of its own, once for each IP version. */
#ifndef WIRE_FIXTURE_H
#define WIRE_FIXTURE_H

#include "kselftest_harness.h"

/* The harness's header and ours both have words for flags and the like; ours come last. */
#include "wire.h"

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
