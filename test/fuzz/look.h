/* SPDX-License-Identifier: MIT */
/* What fuzz targets of lib/decode look at in a packet: every field in both ways there are, every value formatted, the text
 * lines; and promises that may be broken, which abort. `packet` is decoded with `decoder`. */
#ifndef TEST_FUZZ_LOOK_H
#define TEST_FUZZ_LOOK_H

#include "decode/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct packet packet;
static struct decoder decoder;
static char text[1 << 16];

static void must_at(bool good, const char *file, int line)
{
	if (good)
		return;
	fprintf(stderr, "%s:%d\n", file, line);
	abort();
}

#define must(good) must_at(good, __FILE__, __LINE__)

static void value_check(const struct field *f, const struct value *v)
{
	struct outbuf o;
	static const uint8_t addresses[] = { [FIELD_IPV4] = 4, [FIELD_IPV6] = 16, [FIELD_ETHER] = 6, [FIELD_PROTOCOL] = 0 };

	if (f->type >= FIELD_IPV4 && f->type < FIELD_PROTOCOL) {
		uint8_t sum = 0;

		if (addresses[f->type])
			must(v->len == addresses[f->type]);
		for (uint32_t i = 0; i < v->len; i++) /* every byte is touched */
			sum = (uint8_t)(sum + v->bytes[i]);
		text[0] = (char)sum;
	}
	outbuf_fixed(&o, text, sizeof(text));
	value_format(&o, f, v);
}

struct counts {
	uint16_t of[PROTO_COUNT][256];
};
static struct counts among_all;

static void count_all(void *user, const struct layer *l, const struct field *f, const struct value *v)
{
	(void)user;
	(void)l;
	value_check(f, v);
	among_all.of[field_proto(f)][field_index(f)]++;
}

static bool count_one(void *user, const struct field *f, const struct value *v)
{
	unsigned *n = user;

	value_check(f, v);
	++*n;
	return true;
}

/* Fields one by one give what they gave among all. */
static void fields_check(bool one_by_one)
{
	memset(&among_all, 0, sizeof(among_all));
	packet_each_field(&packet, count_all, NULL);
	for (unsigned i = 0; one_by_one && i < PROTO_COUNT; i++) {
		for (unsigned j = 0; j < protocols[i]->nfields; j++) {
			const struct field *f = &protocols[i]->fields[j];
			unsigned n = 0;

			field_each(&packet, f, count_one, &n);
			/* fewer among all: the scratch memory was used up by the fields before */
			must(f->is_either || n >= among_all.of[i][j]);
		}
	}
}

static void layers_check(const struct frame *f)
{
	uint32_t reached[PACKET_SOURCES_MAX] = { 0 }; /* where the last layer of each source begins */

	must(packet.source[0].data == f->data && packet.source[0].len == f->caplen);
	must(packet.nlayers >= 1 && packet.nlayers <= PACKET_LAYERS_MAX);
	for (unsigned i = 0; i < packet.nlayers; i++) {
		const struct layer *l = &packet.layers[i];
		const uint8_t *bytes;

		must(l->proto < PROTO_COUNT && proto_set_has(&packet.present, l->proto));
		must(l->source < packet.nsources);
		must(l->off <= packet.source[l->source].len);
		must(packet_bytes(&packet, l, &bytes) <= packet.source[l->source].len - l->off);
		must(l->off >= reached[l->source]);
		reached[l->source] = l->off;
	}
	must(packet_column(&packet) != NULL);
}

static void summary_check(int verbose, bool quiet, bool link_header)
{
	struct outbuf o;
	struct summary s = { .out = &o, .verbose = verbose, .quiet = quiet, .link_header = link_header };

	outbuf_fixed(&o, text, sizeof(text));
	packet_summary(&s, &packet);
	for (const char *p = text; p < o.pos; p++) /* a terminal shall not obey a packet */
		must(((uint8_t)*p >= ' ' && *p != 0x7f) || *p == '\n' || *p == '\t');
}

#endif
