// SPDX-License-Identifier: GPL-2.0
/*
 * Options: any octets may come, reading them stays inside, and what was read
 * and can be written is read again as the same.
 */
#include "arena.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int len = min_t(size_t, size, EDU_HEADER_MAX - EDU_HEADER_LEN), written;
	struct edu_options first, again;
	/* Behind each other on the stack: AddressSanitizer sees a step outside. */
	u8 in[EDU_HEADER_MAX - EDU_HEADER_LEN], out[EDU_HEADER_MAX - EDU_HEADER_LEN];
	u8 *exact = in + sizeof(in) - len;

	/* What is not said to be there nobody looks at: it need not be set. */
	memset(&first, 0, sizeof(first));
	memset(&again, 0, sizeof(again));
	memcpy(exact, data, len);
	if (!edu_options_parse(&first, exact, len))
		return 0;
	/* A second SACK option may have fewer blocks than the first: then the rest is not said. */
	memset(&first.sack[first.nsack], 0,
	       sizeof(first.sack) - first.nsack * sizeof(first.sack[0]));
	written = edu_options_len(&first);
	if (written % 4)
		fuzz_failed();
	/* Who does not pad gets more into a header than we would. */
	if (written > sizeof(out))
		return 0;
	if (edu_options_build(&first, out) != written)
		fuzz_failed();
	if (!edu_options_parse(&again, out, written))
		fuzz_failed();
	if (memcmp(&first, &again, sizeof(first)))
		fuzz_failed();
	return 0;
}
