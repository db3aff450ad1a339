/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/capture/dropmon_parse.c: attributes behind the first byte, which says the command, as a message of family
 * 27. What comes out must lie within the message, and text must be printable.
 */
#include "capture/dropmon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "dropmon.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

static void printable(const char *s, size_t size)
{
	must(memchr(s, 0, size) != NULL);
	for (; *s; s++)
		must(*s > ' ' && *s < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[20] = { 0 }, *message;
	uint32_t len = (uint32_t)size + 19, group;
	struct dropped d;
	uint64_t lost;
	uint16_t family;

	if (!size || size > 1 << 16)
		return 0;
	message = malloc(len); /* exactly, so that a sanitizer sees one byte too many */
	must(message != NULL);
	memcpy(head, &len, 4);
	head[4] = 27;
	head[16] = data[0];
	memcpy(message, head, sizeof(head));
	memcpy(message + 20, data + 1, size - 1);
	if (dropmon_parse(message, len, 27, &d) > 0) {
		must(!d.caplen || (d.data >= message + 20 && d.data + d.caplen <= message + len));
		must(d.caplen <= d.wirelen && d.ts_ns >= 0);
		printable(d.symbol, sizeof(d.symbol));
		printable(d.reason, sizeof(d.reason));
		printable(d.trap, sizeof(d.trap));
		printable(d.group, sizeof(d.group));
		printable(d.ifname, sizeof(d.ifname));
	}
	dropmon_parse_stats(message, len, 27, &lost);
	message[4] = 0x10;
	dropmon_parse_family(message, len, &family, &group);
	free(message);
	return 0;
}
