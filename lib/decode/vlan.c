/* SPDX-License-Identifier: MIT */
/* VLAN tags: 802.1Q customer tags and 802.1ad service tags (QinQ), one layer each. IEEE 802.1Q clause 9. */
#include "carrier.h"
#include "summary.h"
#include "value_names.h"

enum { PRIORITY, DEI, ID, ETYPE, LEN };
enum { TAG = 4 };

static enum decode_result vlan_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, TAG);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h + 2);
	return next_by_type_or_length(d, l->aux[0]);
}

static bool get_type_or_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < TAG)
		return false;
	v->u = get_be16(h + 2);
	return (v->u >= ETHERTYPE_MIN) == (f->show == SHOW_HEX);
}

FIELD_TABLE(vlan_fields,
	(PRIORITY, FIELD_BITS(FIELD_UINT, "vlan.priority", 0, 2, 0xe000, "Priority")),
	(DEI, FIELD_BITS(FIELD_BOOL, "vlan.dei", 0, 2, 0x1000, "Drop eligible")),
	(ID, FIELD_BITS(FIELD_UINT, "vlan.id", 0, 2, 0x0fff, "VLAN number")),
	(ETYPE, FIELD_HAS("vlan.etype", "Type", (.get = get_type_or_len, .names = NAMES_OR_NONE(&ether_type_names)),
		.type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(LEN, FIELD_GET(FIELD_UINT, "vlan.len", get_type_or_len, "Length"))
);

static const struct claim vlan_claims[] = {
	{ CLAIM_ETHERTYPE, 0x8100 }, /* 802.1Q */
	{ CLAIM_ETHERTYPE, 0x88a8 }, /* 802.1ad */
	{ CLAIM_ETHERTYPE, 0x9100 }, /* QinQ before the standard */
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_vlan = {
	.name = "vlan",
	.column = "VLAN",
	.title = "802.1Q virtual LAN",
	.reference = "IEEE 802.1Q",
	.decode = vlan_decode,
	.summary = vlan_summary,
	PROTOCOL_FIELDS(vlan_fields),
	.claims = vlan_claims,
};
