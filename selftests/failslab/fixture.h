/* SPDX-License-Identifier: GPL-2.0 */
/* Every test has a network namespace of its own, and runs over IPv4 and over IPv6. */
#ifndef FAILING_FIXTURE_H
#define FAILING_FIXTURE_H

#include "kselftest_harness.h"

#include "failing.h"

/* In virtual time: an orphan whose peer is gone takes 103 s. */
#define STORY(name)	TEST_F_TIMEOUT(failing, name, 1000)

FIXTURE(failing)
{
};

FIXTURE_VARIANT(failing)
{
	int family;
};

FIXTURE_VARIANT_ADD(failing, ipv4)
{
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(failing, ipv6)
{
	.family = AF_INET6,
};

FIXTURE_SETUP(failing)
{
	wire_begin(variant->family, variant->family);
	/* 2MSL that one can wait for */
	sysctl("lab/msl", "1");
	failure_begin();
}

FIXTURE_TEARDOWN(failing)
{
	wire_end();
	nothing_is_left();
}

#endif
