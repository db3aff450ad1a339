/* SPDX-License-Identifier: MIT */
/* Cisco HDLC: two bytes of address and control and an ethertype; but 0x8035 is not RARP there, it is SLARP, which keeps the
 * line alive. LINKTYPE_C_HDLC; RFC 1547 section 4.3.1 names it. */
#include "carrier.h"
#include "summary.h"

enum { ADDRESS, CONTROL, PROTOCOL };
enum { SLARP = 0x8035, OSI = 0xfefe };

static enum decode_result chdlc_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h + 2);
	if (l->aux[0] == OSI) {
		h = cursor_peek(&d->c, 2);
		if (h && next_of_osi(d) == PROTO_NONE)
			decode_take(d, 1); /* a pad byte */
		d->next = next_of_osi(d);
	} else if (l->aux[0] != SLARP)
		d->next = decode_claimed(CLAIM_ETHERTYPE, l->aux[0]);
	return DECODE_OK;
}

FIELD_TABLE(chdlc_fields,
	(ADDRESS, FIELD_FIXED_HEX("chdlc.address", 0, 1, "Address")),
	(CONTROL, FIELD_FIXED_HEX("chdlc.control", 1, 1, "Control")),
	(PROTOCOL, FIELD_FIXED_HEX("chdlc.protocol", 2, 2, "Protocol"))
);

static const struct claim chdlc_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_C_HDLC }, { CLAIM_NONE, 0 } };

const struct protocol proto_chdlc = {
	.name = "chdlc",
	.column = "CHDLC",
	.title = "Cisco HDLC",
	.reference = "LINKTYPE_C_HDLC",
	.decode = chdlc_decode,
	.summary = chdlc_summary,
	PROTOCOL_FIELDS(chdlc_fields),
	.claims = chdlc_claims,
};
