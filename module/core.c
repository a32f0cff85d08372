// SPDX-License-Identifier: GPL-2.0
/*
 * The core as one translation unit: what one of its files calls in another for each segment
 * can be inlined, which saves one instruction in fifty of a round trip. The tests in user
 * space compile them one by one.
 */
#include "core/ack.c"
#include "core/acked.c"
#include "core/arrives.c"
#include "core/calls.c"
#include "core/congestion.c"
#include "core/cookie.c"
#include "core/cubic.c"
#include "core/ecn.c"
#include "core/options.c"
#include "core/output.c"
#include "core/rack.c"
#include "core/reassembly.c"
#include "core/recovery.c"
#include "core/rightsize.c"
#include "core/rtt.c"
#include "core/sack.c"
#include "core/sent.c"
#include "core/state.c"
#include "core/timeouts.c"
#include "core/timestamps.c"
#include "core/urgent.c"
#include "core/window.c"
