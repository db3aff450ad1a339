/* SPDX-License-Identifier: MIT */
/*
 * Frame Relay: an address of two to four bytes (the last has bit 0 set), and in
 * it what RFC 2427 says: a control byte, the network layer's number (NLPID), or
 * SNAP behind it. Cisco puts an ethertype behind the address instead. Q.922, RFC 2427.
 *
 * aux[0]: length of the address, aux[1]: NLPID, or the ethertype.
 */
#include "carrier.h"
#include "summary.h"

enum { DLCI, FECN, BECN, DE, CONTROL, NLPID, OUI, PID, TYPE, CHDLCTYPE };
enum { UNNUMBERED = 3, NLPID_SNAP = 0x80, NLPID_IP = 0xcc, NLPID_IPV6 = 0x8e, NLPID_PPP = 0xcf, NLPID_ISIS = 0x83, OUI_BRIDGED = 0x0080c2 };

static uint8_t next_of_nlpid(struct decode *d, unsigned nlpid)
{
	const uint8_t *snap;

	switch (nlpid) {
	case NLPID_IP: return PROTO_ip;
	case NLPID_IPV6: return PROTO_ipv6;
	case NLPID_PPP: return PROTO_ppp;
	case NLPID_SNAP:
		snap = decode_take(d, 5);
		if (snap && !get_be24(snap))
			return decode_claimed(CLAIM_ETHERTYPE, get_be16(snap + 3));
		if (snap && get_be24(snap) == OUI_BRIDGED && (get_be16(snap + 3) == 1 || get_be16(snap + 3) == 7))
			return PROTO_eth;
	}
	return PROTO_NONE;
}

static enum decode_result fr_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	do {
		h = decode_take(d, 1);
		if (!h)
			return cursor_short(&d->c);
	} while (++l->aux[0] < 4 && !(*h & 1));
	if (l->aux[0] < 2 || !(*h & 1))
		return DECODE_MALFORMED;
	h = cursor_peek(&d->c, 2);
	if (h && h[0] == UNNUMBERED && h[1] == NLPID_ISIS) { /* ISO's protocols begin with it */
		decode_take(d, 1);
		l->aux[1] = NLPID_ISIS;
		d->next = next_of_osi(d);
		return DECODE_OK;
	}
	h = decode_take(d, 2);
	if (!h)
		return cursor_short(&d->c);
	if (h[0] != UNNUMBERED) {
		l->aux[1] = get_be16(h);
		d->next = decode_claimed(CLAIM_ETHERTYPE, l->aux[1]);
		return DECODE_OK;
	}
	if (!h[1] && !(h = decode_take(d, 1))) /* a pad byte */
		return cursor_short(&d->c);
	l->aux[1] = d->c.pos[-1];
	d->next = next_of_nlpid(d, l->aux[1]);
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

/* Two bytes: 6 and 4 bits; three and four: 6, 4, 7 and 6 (Q.922 section 3.3). */
uint32_t fr_dlci(const uint8_t *h, unsigned len)
{
	uint32_t v = (uint32_t)(h[0] >> 2) << 4 | h[1] >> 4;

	if (len == 4)
		v = v << 7 | h[2] >> 1;
	return len > 2 ? v << 6 | h[len - 1] >> 2 : v;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = layer_at(p, l), *snap = h + l->hlen - 5;
	bool rfc2427 = l->hlen > l->aux[0] && h[l->aux[0]] == UNNUMBERED, has_snap = rfc2427 && l->aux[1] == NLPID_SNAP;

	if (l->result != DECODE_OK || l->hlen <= l->aux[0])
		return false;
	switch (field_index(f)) {
	case DLCI: v->u = fr_dlci(h, l->aux[0]); return true;
	case CONTROL: v->u = h[l->aux[0]]; return rfc2427;
	case NLPID: v->u = l->aux[1]; return rfc2427;
	case OUI: v->u = has_snap ? get_be24(snap) : 0; return has_snap;
	case PID: v->u = has_snap ? get_be16(snap + 3) : 0; return has_snap && get_be24(snap);
	case TYPE: v->u = has_snap ? get_be16(snap + 3) : 0; return has_snap && !get_be24(snap);
	default: v->u = l->aux[1]; return !rfc2427; /* CHDLCTYPE */
	}
}

#define FR_HEX(n, digits, lab) FIELD_HAS(n, lab, (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

FIELD_TABLE(fr_fields,
	(DLCI, FIELD_GET(FIELD_UINT, "fr.dlci", get_field, "Data link connection")),
	(FECN, FIELD_BITS(FIELD_BOOL, "fr.fecn", 1, 1, 0x08, "Congestion ahead")),
	(BECN, FIELD_BITS(FIELD_BOOL, "fr.becn", 1, 1, 0x04, "Congestion behind")),
	(DE, FIELD_BITS(FIELD_BOOL, "fr.de", 1, 1, 0x02, "Discard eligible")),
	(CONTROL, FR_HEX("fr.control", 2, "Control")),
	(NLPID, FR_HEX("fr.nlpid", 2, "Network layer protocol")),
	(OUI, FIELD_GET(FIELD_UINT, "fr.snap.oui", get_field, "Organization")),
	(PID, FR_HEX("fr.snap.pid", 4, "Protocol of the organization")),
	(TYPE, FR_HEX("fr.snaptype", 4, "Ethertype")),
	(CHDLCTYPE, FR_HEX("fr.chdlctype", 4, "Ethertype, Cisco's way"))
);

static const struct claim fr_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_FRELAY }, { CLAIM_NONE, 0 } };

const struct protocol proto_fr = {
	.name = "fr",
	.column = "FR",
	.title = "Frame Relay",
	.reference = "ITU-T Q.922, RFC 2427",
	.decode = fr_decode,
	.summary = fr_summary,
	PROTOCOL_FIELDS(fr_fields),
	.claims = fr_claims,
};
