/* SPDX-License-Identifier: MIT */
/*
 * Hexadecimal and text views of packet bytes, in tcpdump's layout:
 *
 *	0x0000:  4500 0054 0000 4000 4001 0000 7f00 0001  E..T..@.@.......
 *
 * A whole line is put together in place: a capture printed with -X is mostly
 * this, and it should run at the speed of the rest.
 */
#include "export/hexdump.h"

enum {
	LINE_BYTES = 16,
	LINE_MAX_CHARS = 96
};

static const char hex_digit[] = "0123456789abcdef";

static char *put_offset(char *p, uint32_t off)
{
	int digits = 4;

	while (digits < 8 && off >> (4 * digits))
		digits++;
	memcpy(p, "\n\t0x", 4);
	p += 4;
	while (digits--)
		*p++ = hex_digit[off >> (4 * digits) & 15];
	*p++ = ':';
	*p++ = ' ';
	return p;
}

void hexdump_put(struct outbuf *o, const uint8_t *data, uint32_t len, bool ascii)
{
	for (uint32_t at = 0; at < len; at += LINE_BYTES) {
		uint32_t n = len - at < LINE_BYTES ? len - at : LINE_BYTES, i;
		char line[LINE_MAX_CHARS], *p = put_offset(line, at);

		for (i = 0; i < n; i++) {
			if (!(i & 1))
				*p++ = ' ';
			*p++ = hex_digit[data[at + i] >> 4];
			*p++ = hex_digit[data[at + i] & 15];
		}
		if (ascii) {
			uint32_t pad = (LINE_BYTES - n) * 2 + (LINE_BYTES - n) / 2 + 2;

			memset(p, ' ', pad);
			p += pad;
			for (i = 0; i < n; i++) {
				uint8_t c = data[at + i];

				*p++ = c > ' ' && c < 0x7f ? (char)c : '.';
			}
		}
		outbuf_bytes(o, line, (size_t)(p - line));
	}
}

void hexdump_ascii(struct outbuf *o, const uint8_t *data, uint32_t len)
{
	outbuf_char(o, '\n');
	for (uint32_t i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (c == '\r' && (i + 2 >= len || data[i + 1] == '\n'))
			continue; /* tcpdump: before a line's end and in the last two bytes */
		outbuf_char(o, (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' ? (char)c : '.');
	}
}
