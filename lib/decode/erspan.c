/* SPDX-License-Identifier: MIT */
/*
 * ERSPAN: mirrored Ethernet frames in GRE. Type I has no header of its own (and
 * no GRE sequence number), II has 8 bytes, III 12 and 8 more with the O bit.
 * draft-foschiano-erspan.
 *
 *	|version 4|VLAN 12|COS 3|encap or bso 2|T 1|session 10|  II:  |reserved 12|index 20|
 *	                                                       III: |timestamp 32|tag 16|P|type 5|hw 6|D|granularity 2|O|
 *
 * aux[0]: the version in the header, 1 and 2; 0 for type I.
 */
#include "carrier.h"
#include "summary.h"

enum { VERSION, VLAN, COS, TRUNCATED, SPANID, INDEX, TIMESTAMP, SGT, DIRECTION };
enum { GRE_SEQUENCE = 0x1000, TYPE_2 = 1, TYPE_3 = 2, HEADER_2 = 8, HEADER_3 = 12, SUBHEADER = 8 };

static enum decode_result erspan_decode(struct decode *d, struct layer *l)
{
	const struct layer *gre = l - 1;
	const uint8_t *h;

	d->next = PROTO_eth;
	if (gre->proto == PROTO_gre && !(gre->aux[0] & GRE_SEQUENCE))
		return DECODE_OK;
	d->next = PROTO_NONE;
	h = decode_take(d, HEADER_2);
	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0] >> 4;
	if (l->aux[0] == TYPE_3) {
		const uint8_t *rest = decode_take(d, HEADER_3 - HEADER_2);

		if (!rest || (rest[3] & 1 && !decode_take(d, SUBHEADER)))
			return cursor_short(&d->c);
		if (rest[2] & 0x7c)
			return DECODE_OK; /* the mirrored frame is not Ethernet */
	} else if (l->aux[0] != TYPE_2) {
		return DECODE_MALFORMED;
	}
	if (d->wire_left)
		d->next = PROTO_eth;
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	bool type3 = l->aux[0] == TYPE_3;

	if (l->hlen < (type3 ? HEADER_3 : HEADER_2) || packet_bytes(p, l, &h) < l->hlen)
		return false;
	switch (field_index(f)) {
	case VERSION: v->u = h[0] >> 4; return true;
	case VLAN: v->u = get_be16(h) & 0xfff; return true;
	case COS: v->u = h[2] >> 5; return true;
	case TRUNCATED: v->u = h[2] >> 2 & 1; return true;
	case SPANID: v->u = get_be16(h + 2) & 0x3ff; return true;
	case INDEX: v->u = get_be32(h + 4) & 0xfffff; return !type3;
	case TIMESTAMP: v->u = get_be32(h + 4); return type3;
	case SGT: v->u = type3 ? get_be16(h + 8) : 0; return type3;
	default: v->u = type3 ? h[11] >> 3 & 1 : 0; return type3;
	}
}

FIELD_TABLE(erspan_fields,
	(VERSION, FIELD_GET(FIELD_UINT, "erspan.version", get_field, "Version")),
	(VLAN, FIELD_GET(FIELD_UINT, "erspan.vlan", get_field, "VLAN the frame was seen on")),
	(COS, FIELD_GET(FIELD_UINT, "erspan.cos", get_field, "Class of service")),
	(TRUNCATED, FIELD_GET(FIELD_UINT, "erspan.truncated", get_field, "The frame was cut")),
	(SPANID, FIELD_GET(FIELD_UINT, "erspan.spanid", get_field, "Session")),
	(INDEX, FIELD_GET(FIELD_UINT, "erspan.index", get_field, "Port")),
	(TIMESTAMP, FIELD_GET(FIELD_UINT, "erspan.timestamp", get_field, "Timestamp")),
	(SGT, FIELD_GET(FIELD_UINT, "erspan.sgt", get_field, "Security group")),
	(DIRECTION, FIELD_GET(FIELD_BOOL, "erspan.direction", get_field, "Outgoing"))
);

static const struct claim erspan_claims[] = {
	{ CLAIM_ETHERTYPE, 0x88be }, { CLAIM_ETHERTYPE, 0x22eb }, { CLAIM_NONE, 0 },
};

const struct protocol proto_erspan = {
	.name = "erspan",
	.column = "ERSPAN",
	.title = "Encapsulated Remote Switched Port Analyzer",
	.reference = "draft-foschiano-erspan",
	.decode = erspan_decode,
	.summary = erspan_summary,
	PROTOCOL_FIELDS(erspan_fields),
	.claims = erspan_claims,
};
