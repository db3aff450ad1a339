/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of what lib/decode keeps from one frame to the next: conversations and their analysis, messages over several
 * segments, IP fragments, QUIC's hellos, notes and announcements. Two bytes of link type (the highest bit: long payload is
 * not wanted), then frames:
 *
 *	|length 16|tenths of a second since the one before 8|bytes the capture left out 8|frame|
 *
 * One decoder that wants everything sees all of them. A frame's bytes are freed before the next one is decoded, so that a
 * sanitizer finds who still looks at them.
 */
#include "look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 8192, HEADER = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f = { .ts_ns = 1700000000000000000, .has_ts = true };
	uint8_t *exact = NULL;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	f.linktype = get_be16(data) & 0x7fff;
	decoder.bulk = !(data[0] & 0x80);
	data += 2;
	size -= 2;
	while (size >= HEADER) {
		uint32_t n = get_be16(data);

		if (n > size - HEADER)
			n = (uint32_t)(size - HEADER);
		f.number++;
		f.ts_ns += data[2] * 100000000ll;
		f.caplen = n;
		f.wirelen = n + data[3];
		free(exact);
		f.data = exact = malloc(n ? n : 1);
		must(exact != NULL);
		memcpy(exact, data + HEADER, n);
		packet_decode(&packet, &decoder, &f);
		layers_check(&f);
		fields_check(f.number % 4 == 1); /* one by one takes long */
		summary_check((int)f.number % 3, false, false);
		data += HEADER + n;
		size -= HEADER + n;
	}
	decoder_release(&decoder);
	free(exact);
	return 0;
}
