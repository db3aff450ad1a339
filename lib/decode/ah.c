/* SPDX-License-Identifier: MIT */
/*
 * IP Authentication Header, RFC 4302: what is behind it is in the clear.
 *
 *	|next 8|length 8|reserved 16|SPI 32|sequence 32|integrity check value ...|
 *
 * The length counts words of 32 bits, less two. Destination options may stand
 * behind it, too (RFC 8200 section 4.1); they are skipped here. aux[0]: its length in bytes.
 */
#include "carrier.h"
#include "summary.h"

enum { NEXT_HEADER, LENGTH, SPI, SEQUENCE, ICV };
enum { HEADER = 12, HEADER_MIN = 8, DSTOPTS = 60 }; /* a length of 0 contradicts the RFC, but is seen */

static enum decode_result ah_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER_MIN);
	unsigned next;

	if (!h)
		return cursor_short(&d->c);
	next = h[0];
	l->aux[0] = (uint16_t)((h[1] + 2u) * 4);
	if (!decode_take(d, l->aux[0] - HEADER_MIN))
		return cursor_short(&d->c);
	while (next == DSTOPTS && (h = cursor_peek(&d->c, 2))) {
		next = h[0];
		if (!decode_take(d, (h[1] + 1u) * 8))
			return cursor_short(&d->c);
	}
	d->next = decode_claimed(CLAIM_IPPROTO, next);
	return DECODE_OK;
}

static bool get_icv(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (l->aux[0] <= HEADER || packet_bytes(p, l, &h) < l->aux[0])
		return false;
	v->bytes = h + HEADER;
	v->len = l->aux[0] - HEADER;
	return true;
}

FIELD_TABLE(ah_fields,
	(NEXT_HEADER, FIELD_FIXED(FIELD_UINT, "ah.next_header", 0, 1, "Next header")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "ah.length", 1, 1, "Length")),
	(SPI, FIELD_FIXED_HEX("ah.spi", 4, 4, "Security parameters index")),
	(SEQUENCE, FIELD_FIXED(FIELD_UINT, "ah.sequence", 8, 4, "Sequence number")),
	(ICV, FIELD_GET(FIELD_BYTES, "ah.icv", get_icv, "Integrity check value"))
);

static const struct claim ah_claims[] = { { CLAIM_IPPROTO, 51 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ah = {
	.name = "ah",
	.column = "AH",
	.title = "IP Authentication Header",
	.reference = "RFC 4302",
	.decode = ah_decode,
	.summary = ah_summary,
	PROTOCOL_FIELDS(ah_fields),
	.claims = ah_claims,
};
