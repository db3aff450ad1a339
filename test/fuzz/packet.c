/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of lib/decode: two bytes of link type, one of how many bytes the capture left out, then the frame. It is
 * decoded with everything wanted; all fields are read in both ways there are, every value is formatted, the text lines are
 * written from quiet to -vvv. Then the same for the frame cut at every length.
 *
 * Beside crashes it looks for promises broken: a layer outside its frame, a value outside frame and scratch memory, a field
 * that gives other values alone than among all, a layer that a shorter capture calls malformed but the longer one good.
 */
#include "decode/expert.h"
#include "look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 2048, EVERY_CUT = 160 /* beyond, every seventh */ };

static void look(const struct frame *f, bool all)
{
	packet_decode(&packet, &decoder, f);
	layers_check(f);
	fields_check(all);
	must(packet_colour(&packet) <= EXPERT_RED);
	summary_check(0, false, false);
	if (!all)
		return;
	summary_check(0, true, false);
	for (int verbose = 1; verbose < 4; verbose++)
		summary_check(verbose, false, verbose == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f = { .number = 1, .ts_ns = 1700000000000000000, .has_ts = true };
	uint8_t *exact;

	if (size < 3 || size > FRAME_MAX)
		return 0;
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	f.linktype = get_be16(data);
	f.caplen = (uint32_t)size - 3;
	f.wirelen = f.caplen + data[2];
	f.data = data + 3;
	look(&f, true);
	decoder_segments(&decoder); /* or all others are the first one sent again */
	for (uint32_t n = 0; n < size - 3; n += n < EVERY_CUT ? 1 : 7) {
		exact = malloc(n ? n : 1); /* a sanitizer sees one byte too many */
		must(exact != NULL);
		memcpy(exact, data + 3, n);
		f.data = exact;
		f.caplen = n;
		look(&f, false);
		free(exact);
	}
	decoder_release(&decoder);
	return 0;
}
