/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/host's parsers; the first byte chooses one: answers of sock_diag, events of the process connector, answers
 * of nwcap's helper, /proc/PID/cgroup, names from DNS; else the comment of an owner. What comes out must lie within the bytes.
 */
#include "decode/names.h"
#include "host/container.h"
#include "host/procevent.h"
#include "host/sockdiag.h"
#include "host/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "sockdiag.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

static void try_comment(const uint8_t *bytes, uint32_t len)
{
	uint8_t plain[1 << 16];
	struct owner_view v;

	if (!owner_parse(bytes, len, &v))
		return;
	must(v.match <= OWNER_EXACT && v.end <= OWNER_DST && v.end_at + (v.end_at ? OWNER_END_PLACES : 0) <= len);
	for (unsigned i = 0; i < OWNER_TEXTS; i++) {
		const struct owner_text *t = &v.text[i];

		must(!t->len || (t->at >= bytes && t->at + t->len <= bytes + len));
		must(t->len <= sizeof(plain) && owner_unescape(t, plain) <= t->len);
	}
}

static void try_kernel(const uint8_t *bytes, size_t len, bool events)
{
	const uint8_t *at = bytes;
	struct proc_event_view e;
	struct diag_socket s;
	size_t left = len;
	int error, got;

	do {
		must(at >= bytes && at + left == bytes + len);
		got = events ? proc_event_next(&at, &left, &e) : sockdiag_next(&at, &left, 6, 0, &s, &error);
		must(!events || got <= 0 || memchr(e.name, 0, sizeof(e.name)));
	} while (got == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_answer a;
	struct names *names;
	struct container c;
	const char *unified;
	uint8_t *bytes;
	size_t len;

	if (!size || size > 1 << 12)
		return 0;
	bytes = malloc(size); /* exactly, so that a sanitizer sees one byte too many */
	must(bytes != NULL);
	memcpy(bytes, data + 1, --size);
	switch (data[0]) {
	case 's': try_kernel(bytes, size, false); break;
	case 'e': try_kernel(bytes, size, true); break;
	case 'w':
		if (wire_answer_decode(bytes, (uint32_t)size, &a))
			for (unsigned i = 0; i < 2; i++)
				must(!a.end[i].len || a.end[i].text + a.end[i].len <= bytes + size);
		break;
	case 'c':
		container_of_cgroups((const char *)bytes, size, &c, &unified, &len);
		must(memchr(c.id, 0, sizeof(c.id)) && memchr(c.runtime, 0, sizeof(c.runtime)));
		must(!unified || (unified >= (const char *)bytes && unified + len <= (const char *)bytes + size));
		break;
	case 'n':
		names = names_new();
		must(names != NULL);
		names_learn(names, cursor_over(bytes, size, false), 1);
		names_free(names);
		break;
	default: try_comment(bytes, (uint32_t)size);
	}
	free(bytes);
	return 0;
}
