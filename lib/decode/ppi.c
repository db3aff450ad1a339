/* SPDX-License-Identifier: MIT */
/* Per-packet information: fields of a card, then a frame of any link type. LINKTYPE_PPI; all numbers are little-endian. */
#include "carrier.h"
#include "summary.h"

enum { VERSION, FLAGS, LENGTH, DLT };
enum { HEADER = 8 };

static enum decode_result ppi_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, HEADER);
	unsigned len;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	len = get_le16(h + 2);
	if (len < HEADER)
		return DECODE_MALFORMED;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	d->next = get_le32(h + 4) > 0xffff ? PROTO_NONE : decode_claimed(CLAIM_LINKTYPE, get_le32(h + 4));
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = p->frame->data + l->off;

	v->u = l->hlen < HEADER ? 0 : field_index(f) == LENGTH ? get_le16(h + 2) : get_le32(h + 4);
	return l->hlen >= HEADER;
}

static const struct field ppi_fields[] = {
	[VERSION] = FIELD_FIXED(FIELD_UINT, "ppi.version", 0, 1, "Version"),
	[FLAGS] = FIELD_FIXED_HEX("ppi.flags", 1, 1, "Flags"),
	[LENGTH] = FIELD_GET(FIELD_UINT, "ppi.length", get_field, "Length of the header"),
	[DLT] = FIELD_GET(FIELD_UINT, "ppi.dlt", get_field, "Link type"),
};

static const struct claim ppi_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_PPI }, { CLAIM_NONE, 0 } };

const struct protocol proto_ppi = {
	.name = "ppi",
	.title = "Per-packet information",
	.reference = "LINKTYPE_PPI",
	.decode = ppi_decode,
	.summary = ppi_summary,
	PROTOCOL_FIELDS(ppi_fields),
	.claims = ppi_claims,
};
