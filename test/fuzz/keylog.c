/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/pcapio/keylog.c: the file comes in two pieces, cut where the first byte says. What comes out must be
 * lines of keys, each of which is in the input.
 */
#include "pcapio/keylog.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "keylog.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

static void drain(struct keylog *k, const uint8_t *data, size_t size)
{
	const char *lines;
	size_t len;

	while (keylog_read(k, &lines, &len, NULL) > 0) {
		must(len && lines[len - 1] == '\n');
		while (len) {
			const char *end = memchr(lines, '\n', len);
			size_t n = (size_t)(end - lines);

			must(keylog_is_key(lines, n) && memmem(data, size, lines, n));
			lines += n + 1;
			len -= n + 1;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keylog *k;
	size_t cut;
	int fd;

	if (!size || size > 1 << 16)
		return 0;
	cut = 1 + data[0] * (size - 1) / 255;
	fd = memfd_create("keys", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + 1, cut - 1) == (ssize_t)cut - 1 && lseek(fd, 0, SEEK_SET) == 0);
	must(!keylog_open_fd(&k, fd, "keys", NULL));
	drain(k, data + 1, size - 1);
	must(pwrite(fd, data + cut, size - cut, (off_t)cut - 1) == (ssize_t)(size - cut));
	drain(k, data + 1, size - 1);
	keylog_close(k);
	return 0;
}
