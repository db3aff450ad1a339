/* SPDX-License-Identifier: MIT */
/*
 * Teredo, RFC 4380: IPv6 in UDP through address translators. Two indications
 * may stand before the packet, authentication first (section 5.1.1):
 *
 *	|00 01|client id length 8|value length 8|client id|value|nonce 64|confirmation 8|
 *	|00 00|port 16, inverted|address 32, inverted|
 *
 * aux[0]: where the origin indication starts, 0 without.
 */
#include "carrier.h"
#include "summary.h"

enum { ID_LENGTH, VALUE_LENGTH, ORIGIN_PORT, ORIGIN_ADDRESS };
enum { AUTHENTICATION = 1, ORIGIN = 0, NONCE = 9, ORIGIN_LEN = 8 };

/* The length of the indication with these first bytes, 0 if it is none. */
static uint32_t indication_len(const uint8_t *h)
{
	if (get_be16(h) == AUTHENTICATION)
		return 4u + h[2] + h[3] + NONCE;
	return get_be16(h) == ORIGIN ? ORIGIN_LEN : 0;
}

static enum decode_result teredo_decode(struct decode *d, struct layer *l)
{
	const uint8_t *start = d->c.pos, *h;
	uint32_t len;

	for (unsigned wanted = AUTHENTICATION;; wanted = ORIGIN) {
		h = cursor_peek(&d->c, 4);
		if (!h)
			return cursor_short(&d->c);
		len = indication_len(h);
		if (len && get_be16(h) == ORIGIN)
			l->aux[0] = (uint16_t)(h - start + 1);
		if (len && !decode_take(d, len))
			return cursor_short(&d->c);
		if (!len || wanted == ORIGIN || get_be16(h) == ORIGIN)
			break;
	}
	d->next = next_by_version(d);
	return d->next == PROTO_ipv6 ? DECODE_OK : cursor_left(&d->c) ? DECODE_MALFORMED : cursor_short(&d->c);
}

static bool teredo_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 4);

	(void)d;
	return h && (h[0] >> 4 == 6 || indication_len(h));
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f);
	const uint8_t *h;
	uint8_t *copy;

	if (packet_bytes(p, l, &h) < l->hlen || l->hlen < ORIGIN_LEN)
		return false;
	if (part <= VALUE_LENGTH) {
		v->u = h[2 + part];
		return get_be16(h) == AUTHENTICATION;
	}
	if (!l->aux[0] || l->hlen < l->aux[0] - 1u + ORIGIN_LEN)
		return false;
	h += l->aux[0] - 1;
	if (part == ORIGIN_PORT) {
		v->u = get_be16(h + 2) ^ 0xffffu;
		return true;
	}
	copy = packet_scratch((struct packet *)p, 4);
	if (!copy)
		return false;
	for (unsigned i = 0; i < 4; i++)
		copy[i] = (uint8_t)~h[4 + i];
	v->bytes = copy;
	v->len = 4;
	return true;
}

FIELD_TABLE(teredo_fields,
	(ID_LENGTH, FIELD_GET(FIELD_UINT, "teredo.auth.idlen", get_field, "Length of the client identifier")),
	(VALUE_LENGTH, FIELD_GET(FIELD_UINT, "teredo.auth.aulen", get_field, "Length of the authentication value")),
	(ORIGIN_PORT, FIELD_GET(FIELD_UINT, "teredo.orig.port", get_field, "Origin port")),
	(ORIGIN_ADDRESS, FIELD_GET(FIELD_IPV4, "teredo.orig.addr", get_field, "Origin address"))
);

static const struct claim teredo_claims[] = { { CLAIM_UDP_PORT, 3544 }, { CLAIM_NONE, 0 } };

const struct protocol proto_teredo = {
	.name = "teredo",
	.column = "Teredo",
	.title = "Teredo IPv6 over UDP",
	.reference = "RFC 4380",
	.decode = teredo_decode,
	.detect = teredo_detect,
	.summary = teredo_summary,
	PROTOCOL_FIELDS(teredo_fields),
	.claims = teredo_claims,
};
