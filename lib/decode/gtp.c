/* SPDX-License-Identifier: MIT */
/*
 * GPRS tunnelling protocol, versions 0 and 1: the header of every message, and
 * the packet that a G-PDU carries. 3GPP TS 29.281, TS 29.060; version 0: GSM 09.60.
 *
 *	v1 |version 3|PT|0|E S N|message 8|length 16|tunnel 32| if E, S or N: |sequence 16|N-PDU 8|next extension 8|
 *	                                                                      |words 8|...|next extension 8| ...
 *	v0 |version 3|PT|...    |message 8|length 16|sequence 16|flow 16|SNDCP 8|ff ff ff|tunnel 64|
 *
 * aux[0]: the flags, aux[1]: the message.
 */
#include "carrier.h"
#include "summary.h"

enum { FLAGS, VERSION, PAYLOAD, F_EXTENSION, F_SEQUENCE, F_NPDU, MESSAGE, LENGTH, TEID, SEQ_NUMBER, NPDU_NUMBER, NEXT };
enum { HEADER_1 = 8, HEADER_0 = 20, HAS_EXTENSION = 4, HAS_SEQUENCE = 2, HAS_NPDU = 1, OPTIONAL = 7, GPDU = 255 };
enum { UNNUMBERED = 3, ALL_STATIONS = 0xff };

static uint8_t next_of_gpdu(const struct decode *d)
{
	const uint8_t *h = cursor_peek(&d->c, 2);

	if (h && h[0] == ALL_STATIONS && h[1] == UNNUMBERED)
		return PROTO_ppp;
	return next_by_version(d);
}

static enum decode_result gtp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER_1);
	enum decode_result r = DECODE_OK;
	unsigned next;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	l->aux[1] = h[1];
	if (h[0] >> 5 > 1)
		return DECODE_MALFORMED;
	if (h[0] >> 5 == 0 && !decode_take(d, HEADER_0 - HEADER_1))
		return cursor_short(&d->c);
	if (!decode_limit(d, get_be16(h + 2)) && !d->fragment && !d->quoted)
		r = DECODE_MALFORMED;
	if (h[0] >> 5 == 1 && h[0] & OPTIONAL) {
		const uint8_t *o = decode_take(d, 4);

		if (!o)
			return cursor_short(&d->c);
		for (next = h[0] & HAS_EXTENSION ? o[3] : 0; next; next = d->c.pos[-1]) {
			o = cursor_peek(&d->c, 1);
			if (!o || !decode_take(d, *o * 4u))
				return cursor_short(&d->c);
			if (!*o)
				return DECODE_MALFORMED;
		}
	}
	if (h[1] == GPDU)
		d->next = next_of_gpdu(d);
	return r;
}

/* Version 2 is another protocol; a GTP that says it is longer than its datagram is none. */
static bool gtp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 1);

	(void)d;
	return h && *h >> 5 <= 1;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	bool v0 = l->aux[0] >> 5 == 0;
	const uint8_t *h;

	if (l->hlen < (v0 ? HEADER_0 : HEADER_1) || packet_bytes(p, l, &h) < l->hlen)
		return false;
	switch (field_index(f)) {
	case TEID: v->u = get_be32(h + 4); return !v0;
	case SEQ_NUMBER:
		if (!v0 && (!(h[0] & HAS_SEQUENCE) || l->hlen < HEADER_1 + 4))
			return false;
		v->u = get_be16(h + (v0 ? 4 : 8));
		return true;
	default: v->u = l->hlen > 10 ? h[10] : 0; return !v0 && h[0] & HAS_NPDU && l->hlen > 10; /* NPDU_NUMBER */
	}
}

/* The number in front of each extension header, and the 0 behind the last. */
static void gtp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER_1 + 3);

	if (!h || h[0] >> 5 != 1 || !(h[0] & HAS_EXTENSION))
		return;
	cursor_limit(&c, l->hlen - (HEADER_1 + 3u));
	while (cursor_left(&c)) {
		unsigned next = cursor_u8(&c);
		const uint8_t *words = cursor_peek(&c, 1);

		walk_uint(w, NEXT, next);
		if (!next || !words || !*words || !cursor_skip(&c, *words * 4u - 1))
			return;
	}
}

static bool get_flag(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f);

	(void)p;
	v->u = !!(l->aux[0] & (part == F_EXTENSION ? HAS_EXTENSION : part == F_SEQUENCE ? HAS_SEQUENCE : HAS_NPDU));
	return l->aux[0] >> 5 == 1;
}

FIELD_TABLE(gtp_fields,
	(FLAGS, FIELD_FIXED_HEX("gtp.flags", 0, 1, "Flags")),
	(VERSION, FIELD_BITS(FIELD_UINT, "gtp.flags.version", 0, 1, 0xe0, "Version")),
	(PAYLOAD, FIELD_BITS(FIELD_BOOL, "gtp.flags.payload", 0, 1, 0x10, "GTP, not GTP'")),
	(F_EXTENSION, FIELD_GET(FIELD_BOOL, "gtp.flags.e", get_flag, "Has extension headers")),
	(F_SEQUENCE, FIELD_GET(FIELD_BOOL, "gtp.flags.s", get_flag, "Has a sequence number")),
	(F_NPDU, FIELD_GET(FIELD_BOOL, "gtp.flags.pn", get_flag, "Has an N-PDU number")),
	(MESSAGE, FIELD_FIXED_HEX("gtp.message", 1, 1, "Message")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "gtp.length", 2, 2, "Length")),
	(TEID, FIELD_HAS("gtp.teid", "Tunnel", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX)),
	(SEQ_NUMBER, FIELD_HAS("gtp.seq_number", "Sequence number", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(NPDU_NUMBER, FIELD_HAS("gtp.npdu_number", "N-PDU number", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(NEXT, FIELD_PLAIN("gtp.ext_hdr.next", "Next extension header", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2))
);

static const struct claim gtp_claims[] = {
	{ CLAIM_UDP_PORT, 2152 }, { CLAIM_UDP_PORT, 2123 }, { CLAIM_UDP_PORT, 3386 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_gtp = {
	.name = "gtp",
	.column = "GTP",
	.title = "GPRS Tunnelling Protocol",
	.reference = "3GPP TS 29.281, TS 29.060",
	.decode = gtp_decode,
	.detect = gtp_detect,
	PROTOCOL_WALK(gtp_walk),
	.summary = gtp_summary,
	PROTOCOL_FIELDS(gtp_fields),
	.claims = gtp_claims,
};
