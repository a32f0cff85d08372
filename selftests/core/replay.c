// SPDX-License-Identifier: GPL-2.0
/*
 * Runs inputs of a fuzzer without libFuzzer: a file that it wrote, or a corpus,
 * which has a line of hexadecimal digits for each input.
 */
#include "arena.h"

static u8 data[1 << 16];

static int digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many inputs; the lines that begin with # are comments. */
static unsigned int replay_corpus(FILE *in)
{
	static char line[2 * sizeof(data) + 2];
	unsigned int inputs = 0;

	while (fgets(line, sizeof(line), in)) {
		size_t size = 0;

		if (*line == '#')
			continue;
		while (digit(line[2 * size]) >= 0 && digit(line[2 * size + 1]) >= 0) {
			data[size] = digit(line[2 * size]) << 4 | digit(line[2 * size + 1]);
			size++;
		}
		if (fuzz_trace)
			printf("# %s", line);
		LLVMFuzzerTestOneInput(data, size);
		inputs++;
	}
	return inputs;
}

int main(int argc, char **argv)
{
	unsigned int inputs = 0;
	int i;

	if (argc < 2 || !strcmp(argv[1], "--help")) {
		fprintf(stderr, "usage: replay-... [--trace] FILE|CORPUS.hex...\n");
		return 2;
	}
	for (i = 1; i < argc; i++) {
		const char *dot = strrchr(argv[i], '.');
		FILE *in;

		if (!strcmp(argv[i], "--trace")) {
			fuzz_trace = true;
			continue;
		}
		in = fopen(argv[i], "rb");
		if (!in) {
			perror(argv[i]);
			return 2;
		}
		if (dot && !strcmp(dot, ".hex")) {
			inputs += replay_corpus(in);
		} else {
			LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), in));
			inputs++;
		}
		fclose(in);
	}
	printf("%u inputs\n", inputs);
	return !inputs;
}
