/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In place of libFuzzer, where there is no clang: runs a target over its
 * seeds, each whole and cut off in some places.
 *
 *   fuzz_wire           all in $srcdir/tests/fuzz/seeds/wire
 *   fuzz_wire FILE...   these
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { SEED_MAX = 128 * 1024, CUTS = 8 };

static unsigned seeds;

/* In a block of its own, so that a sanitizer sees a step too far. */
static void run(const char *bytes, size_t n)
{
	uint8_t *copy = mem_alloc(n);

	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	mem_free(copy);
}

static int run_file(const char *path)
{
	static char bytes[SEED_MAX];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (size_t i = 1; i <= CUTS; i++)
		run(bytes, n * i / CUTS);
	seeds++;
	return 0;
}

static int run_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int status = 0;

	if (!d) {
		perror(path);
		return 1;
	}
	while ((e = readdir(d))) {
		char *file = mem_printf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.')
			status |= run_file(file);
		mem_free(file);
	}
	closedir(d);
	return status;
}

static int run_own(const char *program)
{
	const char *name = strrchr(program, '/');
	const char *srcdir = getenv("srcdir");
	char *path;
	int status;

	name = name ? name + 1 : program;
	path = mem_printf("%s/tests/fuzz/seeds/%s", srcdir ? srcdir : ".",
			  name + strlen("fuzz_"));
	status = run_folder(path);
	mem_free(path);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		status = run_own(argv[0]);
	for (int i = 1; i < argc; i++)
		status |= run_file(argv[i]);
	printf("%u seeds\n", seeds);
	return status || !seeds;
}
