/* SPDX-License-Identifier: MIT */
/* For tests of lib/decode: a packet from hexadecimal text, and what was decoded of it as text. */
#ifndef TEST_UNIT_DECODE_HEX_H
#define TEST_UNIT_DECODE_HEX_H

#include "decode/protocol.h"

#include <stdlib.h>

static uint8_t bytes[4096];
static struct frame frame;
static struct packet packet;
static struct decoder decoder;

/* Two hex digits a byte; ' ' and '|' are for the reader. `missing` bytes were cut by the snaplen. */
static inline void decode_hex(unsigned linktype, const char *hex, uint32_t missing)
{
	uint32_t n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '|')
			continue;
		bytes[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16);
		hex++;
	}
	frame = (struct frame){ .number = 1, .ts_ns = 1700000000123456789, .has_ts = true, .data = bytes, .caplen = n,
				.wirelen = n + missing, .linktype = (uint16_t)linktype };
	decoder_init(&decoder);
	packet_decode(&packet, &decoder, &frame);
}

/* "eth:ip:tcp" of the last packet */
static inline const char *stack(void)
{
	static char text[256];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	for (unsigned i = 1; i < packet.nlayers; i++) {
		if (i > 1)
			outbuf_char(&o, ':');
		outbuf_str(&o, protocols[packet.layers[i].proto]->name);
	}
	return outbuf_cstr(&o);
}

static inline bool decode_join(void *user, const struct field *f, const struct value *v)
{
	struct outbuf *o = user;

	if (outbuf_len(o))
		outbuf_char(o, ',');
	value_format(o, f, v);
	return true;
}

/* All values of a field of the last packet, joined by commas */
static inline const char *values(const char *name)
{
	static char text[1024];
	const struct field *f = field_find(name, strlen(name));
	struct outbuf o;

	if (!f)
		return "no such field";
	outbuf_fixed(&o, text, sizeof(text));
	field_each(&packet, f, decode_join, &o);
	return outbuf_cstr(&o);
}

#endif
