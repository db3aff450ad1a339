/* SPDX-License-Identifier: MIT */
/*
 * The bytes of packets for other programs.
 *
 * hex is what `od -A x -t x1 -v` makes of the packet, a comment and the time in front of it, a blank line behind it;
 * text2pcap -t ISO makes a capture of it again (-l NUMBER: the link type, which the comment names):
 *
 *	# packet 1: 71 bytes, EN10MB
 *	2023-11-14T22:13:20.123456Z
 *	000000 00 53 00 00 00 02 00 53 00 00 00 01 08 00 45 00
 *	000010 00 39
 *	000012
 *
 * c is Wireshark's "C arrays": one array per packet, eight bytes to the line, their characters beside them.
 */
#include "internal.h"

enum { HEX_LINE = 16, C_LINE = 8, OFFSET_DIGITS = 6 };

static const char digit[] = "0123456789abcdef";

static char *put_offset(char *p, uint32_t offset)
{
	int digits = OFFSET_DIGITS;

	while (digits < 8 && offset >> (4 * digits))
		digits++;
	while (digits--)
		*p++ = digit[offset >> (4 * digits) & 15];
	return p;
}

static void put_length(struct outbuf *o, const struct frame *f)
{
	outbuf_u64(o, f->caplen);
	if (f->caplen != f->wirelen) {
		outbuf_str(o, " of ");
		outbuf_u64(o, f->wirelen);
	}
	outbuf_str(o, " bytes");
}

int hex_begin(struct export *e, struct errmsg *err)
{
	(void)err;
	timefmt_init(&e->iso, TIMEFMT_ISO8601, e->o.time.digits, true);
	return 0;
}

static void hex_heading(struct export *e, const struct frame *f)
{
	struct outbuf *o = e->out;
	const char *link = linktype_name(f->linktype);

	outbuf_str(o, "# packet ");
	outbuf_u64(o, f->number);
	outbuf_str(o, ": ");
	put_length(o, f);
	outbuf_str(o, link ? ", " : ", link type ");
	if (link)
		outbuf_str(o, link);
	else
		outbuf_u64(o, f->linktype);
	outbuf_char(o, '\n');
	if (f->has_ts)
		timefmt_put(&e->iso, o, f->ts_ns);
	outbuf_char(o, '\n');
}

void hex_packet(struct export *e, struct packet *p)
{
	const struct frame *f = p->frame;
	char line[16 + 3 * HEX_LINE], *at;

	hex_heading(e, f);
	for (uint32_t off = 0; off < f->caplen; off += HEX_LINE) {
		uint32_t n = f->caplen - off < HEX_LINE ? f->caplen - off : HEX_LINE;

		at = put_offset(line, off);
		for (uint32_t i = 0; i < n; i++) {
			*at++ = ' ';
			*at++ = digit[f->data[off + i] >> 4];
			*at++ = digit[f->data[off + i] & 15];
		}
		*at++ = '\n';
		outbuf_bytes(e->out, line, (size_t)(at - line));
	}
	at = put_offset(line, f->caplen);
	*at++ = '\n';
	*at++ = '\n';
	outbuf_bytes(e->out, line, (size_t)(at - line));
}

/* Characters inside a comment: neither its end nor the begin of another one. */
static char c_character(const uint8_t *p, uint32_t i)
{
	if (p[i] == '*' || p[i] == '\\' || p[i] < ' ' || p[i] > '~')
		return '.';
	return (char)p[i];
}

static char *c_line(char *at, const uint8_t *p, uint32_t n, bool last)
{
	for (uint32_t i = 0; i < C_LINE; i++) {
		if (i < n) {
			*at++ = '0';
			*at++ = 'x';
			*at++ = digit[p[i] >> 4];
			*at++ = digit[p[i] & 15];
			*at++ = last && i + 1 == n ? ' ' : ',';
		} else {
			memset(at, ' ', 5);
			at += 5;
		}
		*at++ = ' ';
	}
	memcpy(at, "/* ", 3);
	at += 3;
	for (uint32_t i = 0; i < n; i++)
		*at++ = c_character(p, i);
	memcpy(at, " */\n", 4);
	return at + 4;
}

void c_packet(struct export *e, struct packet *p)
{
	const struct frame *f = p->frame;
	struct outbuf *o = e->out;

	outbuf_str(o, e->packets ? "\n/* Frame (" : "/* Frame (");
	put_length(o, f);
	outbuf_str(o, ") */\nstatic const unsigned char pkt");
	outbuf_u64(o, f->number);
	outbuf_char(o, '[');
	outbuf_u64(o, f->caplen ? f->caplen : 1); /* an array of nothing is no C */
	outbuf_str(o, "] = {\n");
	if (!f->caplen)
		outbuf_str(o, "0 /* nothing was kept */\n");
	for (uint32_t off = 0; off < f->caplen; off += C_LINE) {
		uint32_t left = f->caplen - off, n = left < C_LINE ? left : C_LINE;
		char line[6 * C_LINE + C_LINE + 8];

		outbuf_bytes(o, line, (size_t)(c_line(line, f->data + off, n, left <= C_LINE) - line));
	}
	outbuf_str(o, "};\n");
}
