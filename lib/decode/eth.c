/* SPDX-License-Identifier: MIT */
/* Ethernet II and IEEE 802.3. A type below 1536 is the length of an LLC frame. IEEE 802.3 clause 3.2. */
#include "carrier.h"
#include "summary.h"
#include "value_names.h"

enum { DST, SRC, ADDR, TYPE, LEN, DST_LG, DST_IG, SRC_LG, SRC_IG, LG, IG };
enum { HEADER = 14, LENGTH_MAX = 1500 };

static enum decode_result eth_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	unsigned type;

	if (!h)
		return cursor_short(&d->c);
	type = get_be16(h + 12);
	l->aux[0] = (uint16_t)type;
	if (type > LENGTH_MAX && type < ETHERTYPE_MIN)
		return DECODE_MALFORMED;
	return next_by_type_or_length(d, type);
}

static bool get_type_or_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)p;
	if (l->hlen != HEADER || (l->aux[0] >= ETHERTYPE_MIN) != (f->show == SHOW_HEX))
		return false;
	v->u = l->aux[0];
	return true;
}

/* Of a type that nobody knows the column shows the number. */
static const char *eth_column(const struct packet *p, const struct layer *l)
{
	enum { SIZE = 8 };
	bool unknown = l + 1 == p->layers + p->nlayers && l->hlen == HEADER && l->aux[0] >= ETHERTYPE_MIN;
	/* scratch memory is the part of a packet that reading may change */
	uint8_t *text = unknown ? packet_scratch((struct packet *)p, SIZE) : NULL;
	struct outbuf o;

	if (!text)
		return "Ethernet";
	outbuf_fixed(&o, (char *)text, SIZE);
	outbuf_bytes(&o, "0x", 2);
	outbuf_hex(&o, l->aux[0], 4);
	return outbuf_cstr(&o);
}

FIELD_TABLE(eth_fields,
	(DST, FIELD_FIXED(FIELD_ETHER, "eth.dst", 0, 6, "Destination")),
	(SRC, FIELD_FIXED(FIELD_ETHER, "eth.src", 6, 6, "Source")),
	(ADDR, FIELD_EITHER(FIELD_ETHER, "eth.addr", "Source or destination", DST + 1, SRC + 1)),
	(TYPE, FIELD_HAS("eth.type", "Type", (.get = get_type_or_len, .names = NAMES_OR_NONE(&ether_type_names)),
		.type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(LEN, FIELD_GET(FIELD_UINT, "eth.len", get_type_or_len, "Length")),
	(DST_LG, FIELD_BITS(FIELD_BOOL, "eth.dst.lg", 0, 1, 0x02, "Destination is locally administered")),
	(DST_IG, FIELD_BITS(FIELD_BOOL, "eth.dst.ig", 0, 1, 0x01, "Destination is a group address")),
	(SRC_LG, FIELD_BITS(FIELD_BOOL, "eth.src.lg", 6, 1, 0x02, "Source is locally administered")),
	(SRC_IG, FIELD_BITS(FIELD_BOOL, "eth.src.ig", 6, 1, 0x01, "Source is a group address")),
	(LG, FIELD_EITHER(FIELD_BOOL, "eth.lg", "Locally administered", DST_LG + 1, SRC_LG + 1)),
	(IG, FIELD_EITHER(FIELD_BOOL, "eth.ig", "Group address", DST_IG + 1, SRC_IG + 1))
);

static const struct claim eth_claims[] = {
	{ CLAIM_LINKTYPE, LINKTYPE_ETHERNET },
	{ CLAIM_ETHERTYPE, 0x6558 }, /* bridged: GRE, Geneve */
	{ CLAIM_IPPROTO, 143 },      /* RFC 8986 */
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_eth = {
	.name = "eth",
	.column_of = eth_column,
	.title = "Ethernet",
	.reference = "IEEE 802.3",
	.decode = eth_decode,
	.summary = eth_summary,
	PROTOCOL_FIELDS(eth_fields),
	.claims = eth_claims,
};
