/* SPDX-License-Identifier: MIT */
/*
 * The plain main of a fuzz target: runs LLVMFuzzerTestOneInput once for each file of its corpus, past findings
 * included, so that each `make check` repeats them without clang. `make fuzz TARGET=x` links libFuzzer in its place.
 *
 * Usage: target [FILE|FOLDER]...; without any, test/fuzz/corpus/<target's name>.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned inputs;

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	fprintf(stderr, "# %s\n", path); /* the last one named is the one that crashed */
	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET)) {
		perror(path);
		return 1;
	}
	data = malloc(size ? (size_t)size : 1); /* exactly as long as the input: a sanitizer sees one byte too many */
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		return 1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	inputs++;
	return 0;
}

static int replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (!dir)
		return replay_file(path);
	while ((entry = readdir(dir))) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		failed |= replay(name);
	}
	closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *target = slash ? slash + 1 : argv[0];
	char corpus[4096];
	int failed = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (argc == 1) {
		snprintf(corpus, sizeof(corpus), "test/fuzz/corpus/%s", target);
		failed |= replay(corpus);
	}
	if (!failed)
		printf("ok %s, %u inputs\n", target, inputs);
	return failed;
}
