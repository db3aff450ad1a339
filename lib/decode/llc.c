/* SPDX-License-Identifier: MIT */
/*
 * IEEE 802.2 logical link control, and SNAP (RFC 1042), which brings ethertypes
 * and vendors' protocols into 802.3, 802.11 and the other IEEE media.
 *
 *	|DSAP|SSAP|control 1-2|            SNAP: aa aa 03 |organization 3|type 2|
 *
 * aux[0]: the control field, aux[1]: the type of SNAP.
 */
#include "carrier.h"
#include "summary.h"

enum { DSAP, SSAP, CONTROL, OUI, TYPE, CISCO_PID, PID };
enum { SAP_SNAP = 0xaa, SAP_OSI = 0xfe, SNAP = 5, UNNUMBERED = 3, XID = 0xaf, TEST = 0xe3 };
enum { OUI_ETHER = 0, OUI_CISCO = 0x00000c, OUI_CISCO_90 = 0x0000f8, OUI_BRIDGED = 0x0080c2, OUI_APPLE = 0x080007,
	OUI_AIRONET = 0x004096 };

/* RFC 2684: 1 with and 7 without the frame check sequence of Ethernet */
static uint8_t next_of_snap(uint32_t oui, unsigned type)
{
	if (oui == OUI_ETHER || oui == OUI_CISCO_90 || oui == OUI_APPLE)
		return decode_claimed(CLAIM_ETHERTYPE, type);
	if (oui == OUI_BRIDGED && (type == 1 || type == 7))
		return PROTO_eth;
	if (oui == OUI_CISCO)
		return decode_claimed(CLAIM_CISCO_PID, type);
	return oui == OUI_AIRONET && !type ? PROTO_wlccp : PROTO_NONE;
}

static enum decode_result llc_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, 3), *snap;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[2];
	if ((h[2] & 3) != UNNUMBERED) {
		const uint8_t *second = decode_take(d, 1);

		if (!second)
			return cursor_short(&d->c);
		l->aux[0] = get_le16(h + 2);
		return DECODE_OK;
	}
	if (h[0] != SAP_SNAP || h[1] != SAP_SNAP) {
		if ((h[2] & ~0x10) != (XID & ~0x10) && (h[2] & ~0x10) != (TEST & ~0x10))
			d->next = h[0] == SAP_OSI ? next_of_osi(d) : decode_claimed(CLAIM_LLC_SAP, h[0]);
		return DECODE_OK;
	}
	snap = decode_take(d, SNAP);
	if (!snap)
		return cursor_short(&d->c);
	l->aux[1] = get_be16(snap + 3);
	d->next = next_of_snap(get_be24(snap), l->aux[1]);
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = layer_at(p, l);
	bool snap = l->hlen == 3 + SNAP;
	uint32_t oui = snap ? get_be24(h + 3) : 0;

	switch (field_index(f)) {
	case CONTROL: v->u = l->aux[0]; return l->hlen >= 3;
	case OUI: v->u = oui; return snap;
	case TYPE: v->u = l->aux[1]; return snap && (oui == OUI_ETHER || oui == OUI_CISCO_90);
	case CISCO_PID: v->u = l->aux[1]; return snap && oui == OUI_CISCO;
	default: v->u = l->aux[1]; return snap && oui == OUI_BRIDGED;
	}
}

#define SNAP_FIELD(n, lab) FIELD_HAS(n, lab, (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)

FIELD_TABLE(llc_fields,
	(DSAP, FIELD_FIXED_HEX("llc.dsap", 0, 1, "Destination service access point")),
	(SSAP, FIELD_FIXED_HEX("llc.ssap", 1, 1, "Source service access point")),
	(CONTROL, SNAP_FIELD("llc.control", "Control")),
	(OUI, FIELD_GET(FIELD_UINT, "llc.oui", get_field, "Organization")),
	(TYPE, SNAP_FIELD("llc.type", "Ethertype")),
	(CISCO_PID, SNAP_FIELD("llc.cisco_pid", "Protocol of Cisco's")),
	(PID, SNAP_FIELD("llc.pid", "Protocol of a bridged frame"))
);

static const struct claim llc_claims[] = { { CLAIM_PPP, 0x004b }, { CLAIM_NONE, 0 } };

const struct protocol proto_llc = {
	.name = "llc",
	.column = "LLC",
	.title = "Logical Link Control",
	.reference = "IEEE 802.2, RFC 1042",
	.decode = llc_decode,
	.summary = llc_summary,
	PROTOCOL_FIELDS(llc_fields),
	.claims = llc_claims,
};
