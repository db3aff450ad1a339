/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/decode/reorder.c. An input is a list of steps of six bytes:
 *
 *	what | number, relative to the first 2 | length | captured | seed of the data
 *
 * The bits of `what`: FIN, SYN, RST of a segment; 8: the number reaches 2 GiB far; 16: an acknowledgement; 32: the end.
 * What is given must be counted right and follow without a step back, and a byte must be the one that came first.
 */
#include "decode/reorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SPACE = 1 << 17, FIRST = 0xffff8000 /* it wraps */ };

struct model {
	struct reorder r;
	uint32_t next;         /* by what was given */
	uint64_t given, missing;
	uint16_t came[SPACE];  /* + 1: the byte that came first at a number; 0: none, or not captured */
	bool far;              /* something came from so far away that it may have been left out */
};

static void must_at(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "reorder.c:%d\n", line);
	abort();
}

#define must(good) must_at(good, __LINE__)

static void give(void *user, const uint8_t *data, uint32_t len)
{
	struct model *m = user;

	must(len > 0);
	if (m->r.next == m->next + len + 1)
		m->next++; /* a FIN has a number */
	must(m->r.next == m->next + len);
	if (!data) {
		m->missing += len;
		m->next += len;
		return;
	}
	m->given += len;
	for (uint32_t i = 0; i < len; i++, m->next++) {
		uint32_t at = m->next - FIRST;

		must(m->far || (at < SPACE && m->came[at] == data[i] + 1));
	}
}

static void segment(struct model *m, const uint8_t *step)
{
	uint32_t seq = FIRST + (step[1] << 8 | step[2]), len = step[3] * 4u, caplen = step[4] * 4u;
	unsigned flags = step[0] & 7;
	uint8_t *bytes = malloc(len ? len : 1); /* exactly, so that a sanitizer sees one byte too many */

	must(bytes != NULL);
	caplen = caplen < len ? caplen : len;
	if (step[0] & 8) {
		seq += step[5] << 23;
		m->far = true;
	}
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(step[5] + i);
	for (uint32_t i = 0; i < len && !(flags & 4); i++) {
		uint32_t at = seq + !!(flags & 2) + i - FIRST;

		if (at < SPACE && !m->came[at])
			m->came[at] = i < caplen ? bytes[i] + 1 : 0xffff;
	}
	if (!m->r.begun)
		m->next = seq + !!(flags & 2);
	reorder_segment(&m->r, seq, flags, bytes, caplen, len, give, m);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model *m = calloc(1, sizeof(*m));
	uint64_t given = 0, missing = 0;

	must(m != NULL);
	m->r.max_segments = size ? data[0] : 0;
	m->r.max_bytes = size ? data[0] * 16u : 0;
	for (; size >= 6; data += 6, size -= 6) {
		if (data[0] & 16)
			reorder_acked(&m->r, FIRST + (data[1] << 8 | data[2]), give, m);
		else if (data[0] & 32)
			reorder_end(&m->r, give, m);
		else
			segment(m, data);
		must(m->r.given >= given && m->r.missing >= missing);
		given = m->r.given;
		missing = m->r.missing;
		must(given == m->given && missing == m->missing);
		if (m->r.next == m->next + 1 && m->r.ended)
			m->next++;
		must(!m->r.begun || m->r.next == m->next);
		must(!m->r.max_segments || (m->r.segments <= m->r.max_segments && m->r.bytes <= m->r.max_bytes));
		must(!m->r.segments == !m->r.first);
	}
	reorder_end(&m->r, give, m);
	must(!m->r.first && !m->r.bytes && !m->r.segments);
	reorder_release(&m->r);
	free(m);
	return 0;
}
