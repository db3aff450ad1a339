/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of the walk for keys: two bytes of link type, one that is not looked at, then the frame, as for the target
 * packet, whose corpus it shares. Every address and port that the decoder finds must be among the keys; then the same for
 * the frame cut at every length.
 */
#include "keys_promise.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 2048, EVERY_CUT = 160 /* beyond, every seventh */ };

static struct packet packet;
static struct decoder decoder;

static void look(const struct frame *f)
{
	uint64_t quick = keys_quick(f->linktype, f->data, f->caplen, 4711);
	struct packet_keys k;
	const char *broken;

	keys_extract(&k, f->linktype, f->data, f->caplen);
	if (k.flows > KEYS_LAYERS || k.hosts > 2 * KEYS_LAYERS + 2 || k.ports > 2 * KEYS_LAYERS || !promise_quick(&k, quick))
		abort();
	packet_decode(&packet, &decoder, f);
	broken = promise_broken(&packet, &k);
	if (broken) {
		fprintf(stderr, "%s is not among the keys of %u bytes of link type %u\n", broken, f->caplen, f->linktype);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f = { .number = 1, .ts_ns = 1700000000000000000, .has_ts = true };
	uint8_t *exact;

	if (size < 3 || size > FRAME_MAX)
		return 0;
	decoder_init(&decoder);
	promise_want(&decoder);
	decoder_segments(&decoder);
	f.linktype = get_be16(data);
	for (uint32_t n = (uint32_t)size - 3;; n -= n > EVERY_CUT && n % 7 == 0 ? 7 : 1) {
		exact = malloc(n ? n : 1); /* a sanitizer sees one byte too many */
		if (!exact)
			abort();
		memcpy(exact, data + 3, n);
		f.data = exact;
		f.caplen = n;
		f.wirelen = (uint32_t)size - 3;
		look(&f);
		free(exact);
		if (!n)
			break;
	}
	decoder_release(&decoder);
	return 0;
}
