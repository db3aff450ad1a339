/* SPDX-License-Identifier: MIT */
/*
 * What Juniper's routers put before the Ethernet frames they capture. LINKTYPE_JUNIPER_ETHERNET.
 *
 *	|4d 47 43|flags 8|length 16, then so many bytes of (kind 8, length 8, value) if flag EXTENSIONS|Ethernet|
 *
 * With flag NO_LINK there is no Ethernet header but four bytes for the address family. Numbers of a kind below 128 are
 * little-endian.
 */
#include "carrier.h"
#include "summary.h"

enum { MAGIC, DIRECTION, NO_LINK, EXT_LENGTH, IFD, IFMT, IFL, UNIT, IFLE, TTP_IFMT, TTP_IFLE };
enum { HEADER = 4, JUNIPER = 0x4d4743, FAMILY = 4, FLAG_IN = 1, FLAG_NO_LINK = 2, FLAG_EXTENSIONS = 0x80 };

static enum decode_result juniper_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER), *length;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if (get_be24(h) != JUNIPER)
		return DECODE_MALFORMED;
	if (h[3] & FLAG_EXTENSIONS) {
		length = decode_take(d, 2);
		if (!length || !decode_take(d, get_be16(length)))
			return cursor_short(&d->c);
	}
	d->next = PROTO_eth;
	if (h[3] & FLAG_NO_LINK) {
		if (!decode_take(d, FAMILY))
			return cursor_short(&d->c);
		d->next = next_by_version(d);
		if (d->next == PROTO_NONE)
			d->next = next_of_osi(d);
	}
	return DECODE_OK;
}

static bool get_length(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (packet_bytes(p, l, &h) < HEADER + 2 || get_be24(h) != JUNIPER || !(h[3] & FLAG_EXTENSIONS))
		return false;
	v->u = get_be16(h + HEADER);
	return true;
}

static void juniper_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const uint8_t field_of[] = { [1] = IFD, [3] = IFMT, [4] = IFL, [5] = UNIT, [6] = IFLE, [7] = TTP_IFMT, [8] = TTP_IFLE };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *ext, *value;
	struct value length;

	if (!get_length(p, l, NULL, &length) || !cursor_skip(&c, HEADER + 2))
		return;
	cursor_limit(&c, length.u);
	while ((ext = cursor_take(&c, 2)) && (value = cursor_take(&c, ext[1]))) {
		uint32_t number = 0;

		if (ext[0] >= sizeof(field_of) || !field_of[ext[0]] || !ext[1] || ext[1] > 4)
			continue;
		for (unsigned i = ext[1]; i-- > 0;)
			number = number << 8 | value[i];
		walk_uint(w, field_of[ext[0]], number);
	}
}

static void juniper_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	if (get_be24(h) != JUNIPER) {
		outbuf_str(s->out, "no magic-number found!");
		return;
	}
	if (s->link_header)
		outbuf_str(s->out, h[3] & FLAG_IN ? " In " : "Out ");
	if (l->result != DECODE_OK)
		return;
	if (s->link_header && h[3] & FLAG_NO_LINK)
		outbuf_str(s->out, "no-L2-hdr, ");
	else if (s->link_header)
		outbuf_printf(s->out, "hlen %u, proto 0x0000, ", l->hlen);
	if (h[3] & FLAG_NO_LINK && !summary_next(p, l))
		outbuf_str(s->out, "no IP-hdr found!");
}

FIELD_TABLE(juniper_fields,
	(MAGIC, FIELD_FIXED_HEX("juniper.magic-number", 0, 3, "Magic number")),
	(DIRECTION, FIELD_PLAIN("juniper.direction", "Direction: 1 in", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 3,
		.width = 1, .mask = FLAG_IN, .hex_digits = 2)),
	(NO_LINK, FIELD_PLAIN("juniper.l2hdr", "Without link header", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 3,
		.width = 1, .mask = FLAG_NO_LINK, .shift = 1, .hex_digits = 2)),
	(EXT_LENGTH, FIELD_GET(FIELD_UINT, "juniper.ext_total_len", get_length, "Length of the extensions")),
	(IFD, FIELD_WALK(FIELD_UINT, "juniper.ext.ifd", "Device interface index")),
	(IFMT, FIELD_WALK(FIELD_UINT, "juniper.ext.ifmt", "Device media type")),
	(IFL, FIELD_WALK(FIELD_UINT, "juniper.ext.ifl", "Logical interface index")),
	(UNIT, FIELD_WALK(FIELD_UINT, "juniper.ext.unit", "Logical unit number")),
	(IFLE, FIELD_WALK(FIELD_UINT, "juniper.ext.ifle", "Logical interface encapsulation")),
	(TTP_IFMT, FIELD_WALK(FIELD_UINT, "juniper.ext.ttp_ifmt", "Device media type, from TTP")),
	(TTP_IFLE, FIELD_WALK(FIELD_UINT, "juniper.ext.ttp_ifle", "Logical interface encapsulation, from TTP"))
);

static const struct claim juniper_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_JUNIPER_ETHERNET }, { CLAIM_NONE, 0 } };

const struct protocol proto_juniper = {
	.name = "juniper",
	.column = "Juniper Ethernet",
	.title = "Juniper Ethernet",
	.reference = "LINKTYPE_JUNIPER_ETHERNET",
	.decode = juniper_decode,
	PROTOCOL_WALK(juniper_walk),
	.summary = juniper_summary,
	PROTOCOL_FIELDS(juniper_fields),
	.claims = juniper_claims,
};
