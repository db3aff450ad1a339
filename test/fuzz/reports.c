/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of nwexport's reports: --stats and --summary. Which report, which of its formats, how many rows, two bytes of
 * link type, then frames:
 *
 *	|length 16|time since the one before: times 8, a power of two 8; its highest bit: no time|frame|
 *
 * Nothing that a packet says may get into the output as a control character.
 */
#include "export/export.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 8192, PREFIX = 5, HEADER = 4 };

static int look(void *user, const char *text, size_t len, struct errmsg *err)
{
	(void)user;
	(void)err;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
			abort();
	return 0;
}

static void say(void *user, const char *sentence)
{
	*(size_t *)user += strlen(sentence);
}

static const struct export_report *choose(unsigned n)
{
	unsigned count = 0;

	for (unsigned pass = 0; pass < 2; pass++)
		for (const struct export_report *r = export_reports; r->name; r++) {
			if (r->option && strcmp(r->name, "summary"))
				continue; /* they are about files, or have tests of their own */
			if (!pass)
				count++;
			else if (n-- % count == 0)
				return r;
		}
	return NULL;
}

static void feed(struct export *e, struct decoder *d, unsigned linktype, const uint8_t *data, size_t size)
{
	static struct packet packet;
	struct frame f = { .ts_ns = 1700000000000000000, .linktype = (uint16_t)linktype };
	uint8_t *exact = NULL;

	while (size >= HEADER) {
		uint32_t n = get_be16(data);

		if (n > size - HEADER)
			n = (uint32_t)(size - HEADER);
		f.number++;
		f.ts_ns = (int64_t)((uint64_t)f.ts_ns + ((uint64_t)(int64_t)(int8_t)data[2] << (data[3] & 63)));
		f.has_ts = !(data[3] & 128);
		f.caplen = n;
		f.wirelen = n + (data[3] & 64);
		free(exact);
		f.data = exact = malloc(n ? n : 1);
		if (!exact)
			abort();
		memcpy(exact, data + HEADER, n);
		packet_decode(&packet, d, &f);
		export_packet(e, &packet);
		data += HEADER + n;
		size -= HEADER + n;
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct export_options o = { .header = true, .say = say };
	const struct export_report *r;
	size_t said = 0;
	struct decoder d;
	struct export *e;
	struct outbuf out;
	unsigned formats = 0;

	if (size < PREFIX || size > INPUT_MAX || !(r = choose(data[0])))
		return 0;
	while (r->formats[formats].name)
		formats++;
	o.report = r->name;
	o.format = r->formats[data[1] % formats].name;
	o.argument = !strcmp(r->name, "io") ? "1" : r->argument && *r->argument == '[' && data[1] & 128 ? "all" : NULL;
	o.top = data[2];
	o.say_user = &said;
	o.flow.ceiling = data[2] & 1 ? 1024 : 0;
	timefmt_init(&o.time, TIMEFMT_TIME, 6, true);
	decoder_init(&d);
	if (outbuf_to_sink(&out, look, NULL, 65536, NULL))
		abort();
	if (!export_open(&e, &o, &d, &out, NULL)) {
		feed(e, &d, get_be16(data + 3), data + PREFIX, size - PREFIX);
		export_close(e, NULL);
		outbuf_flush(&out, NULL);
	}
	outbuf_release(&out);
	decoder_release(&d);
	return 0;
}
