/* SPDX-License-Identifier: MIT */
/*
 * PPP, RFC 1661, with and without the HDLC-like address and control fields
 * (RFC 1662), which a peer may leave out, as it may shorten the protocol number
 * to one byte: odd, where the first of two is even.
 *
 *	[ff 03] |protocol 1-2| information
 *
 * A serial capture may hold Cisco HDLC instead: address 0f or 8f. Some put the
 * direction (0 or 1) where the address is. aux[0]: the protocol.
 */
#include "carrier.h"
#include "summary.h"

enum { DIRECTION, ADDRESS, CONTROL, PROTOCOL };
enum { OSI = 0x0023, ALL_STATIONS = 0xff, UNNUMBERED = 0x03, HDLC_UNICAST = 0x0f, HDLC_BROADCAST = 0x8f };

static bool has_address(const uint8_t *h)
{
	return h[0] == ALL_STATIONS && h[1] == UNNUMBERED;
}

static enum decode_result ppp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	bool link = l == d->p->layers + 1;

	if (link && d->p->frame->linktype == LINKTYPE_PPP_WITH_DIR)
		decode_take(d, 1);
	else if (link && h && (h[0] == HDLC_UNICAST || h[0] == HDLC_BROADCAST) && h[1] == 0) {
		d->next = PROTO_chdlc;
		return DECODE_OK; /* no byte is taken, but chdlc does: the chain advances */
	}
	h = cursor_peek(&d->c, 2);
	if (!h)
		return cursor_short(&d->c);
	if (has_address(h))
		decode_take(d, 2);
	h = decode_take(d, 1);
	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = *h;
	if (!(*h & 1)) {
		const uint8_t *low = decode_take(d, 1);

		if (!low)
			return cursor_short(&d->c);
		l->aux[0] = (uint16_t)(l->aux[0] << 8 | *low);
	}
	d->next = l->aux[0] == OSI ? next_of_osi(d) : decode_claimed(CLAIM_PPP, l->aux[0]);
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	bool direction = l == p->layers + 1 && p->frame->linktype == LINKTYPE_PPP_WITH_DIR;
	const uint8_t *h = layer_at(p, l) + direction;
	unsigned field = field_index(f), left = l->hlen - direction;

	if (l->result != DECODE_OK || !l->hlen)
		return false;
	switch (field) {
	case PROTOCOL:
		v->u = l->aux[0];
		return true;
	case DIRECTION:
		if (direction)
			v->u = h[-1];
		return direction;
	}
	if (left <= 2 || !has_address(h)) /* the address has no place of its own then */
		return false;
	v->u = h[field - ADDRESS];
	return true;
}

FIELD_TABLE(ppp_fields,
	(DIRECTION, FIELD_GET(FIELD_UINT, "ppp.direction", get_field, "Direction")),
	(ADDRESS, FIELD_HAS("ppp.address", "Address", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(CONTROL, FIELD_HAS("ppp.control", "Control", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(PROTOCOL, FIELD_HAS("ppp.protocol", "Protocol", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4))
);

static const struct claim ppp_claims[] = {
	{ CLAIM_LINKTYPE, LINKTYPE_PPP },
	{ CLAIM_LINKTYPE, LINKTYPE_PPP_HDLC },
	{ CLAIM_LINKTYPE, LINKTYPE_PPP_WITH_DIR },
	{ CLAIM_ETHERTYPE, 0x880b }, /* GRE, RFC 2637 */
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_ppp = {
	.name = "ppp",
	.column = "PPP",
	.title = "Point-to-Point Protocol",
	.reference = "RFC 1661, RFC 1662",
	.decode = ppp_decode,
	.summary = ppp_summary,
	PROTOCOL_FIELDS(ppp_fields),
	.claims = ppp_claims,
};
