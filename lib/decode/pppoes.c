/* SPDX-License-Identifier: MIT */
/*
 * PPP over Ethernet, RFC 2516: its session stage, and for discovery (pppoed.c)
 * the tags.
 *
 *	|version 4|type 4|code 8|session 16|length 16| PPP, or tags |type 16|length 16|...|
 */
#include "carrier.h"
#include "pppoe.h"
#include "summary.h"

enum { VERSION, TYPE, CODE, SESSION_ID, PAYLOAD_LENGTH, TAG, SERVICE_NAME, AC_NAME, HOST_UNIQ, AC_COOKIE,
	VENDOR, RELAY_SESSION, MAX_PAYLOAD, SERVICE_ERROR, SYSTEM_ERROR, GENERIC_ERROR };

enum decode_result pppoe_header(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, PPPOE_HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[1];
	return decode_limit(d, get_be16(h + 4)) || d->quoted || d->fragment ? DECODE_OK : DECODE_MALFORMED;
}

static enum decode_result pppoes_decode(struct decode *d, struct layer *l)
{
	enum decode_result r = pppoe_header(d, l);

	if (d->c.pos > layer_at(d->p, l) && cursor_left(&d->c))
		d->next = PROTO_ppp;
	return r;
}

void pppoe_walk_tags(struct walk *w, const struct packet *p, const struct layer *l)
{
	/* RFC 2516 appendix A, RFC 4638, RFC 4937 */
	static const struct { uint16_t type; uint8_t field; } tags[] = {
		{ PPPOE_TAG_SERVICE, SERVICE_NAME }, { PPPOE_TAG_AC_NAME, AC_NAME }, { PPPOE_TAG_HOST_UNIQ, HOST_UNIQ },
		{ PPPOE_TAG_AC_COOKIE, AC_COOKIE }, { 0x0105, VENDOR }, { 0x0110, RELAY_SESSION }, { 0x0120, MAX_PAYLOAD },
		{ 0x0201, SERVICE_ERROR }, { 0x0202, SYSTEM_ERROR }, { 0x0203, GENERIC_ERROR },
	};
	struct cursor c = packet_payload(p, l);
	const uint8_t *h, *value;
	unsigned field;

	if (l->proto != PROTO_pppoed)
		return;
	while ((h = cursor_take(&c, 4))) {
		unsigned type = get_be16(h), len = get_be16(h + 2);

		value = cursor_take(&c, len);
		if (!value || type == PPPOE_TAG_END)
			return;
		for (field = 0; field < sizeof(tags) / sizeof(*tags) && tags[field].type != type; field++)
			;
		if (field == sizeof(tags) / sizeof(*tags))
			walk_uint(w, TAG, type);
		else if (tags[field].field != VENDOR)
			walk_bytes(w, tags[field].field, value, len);
		else if (len >= 4)
			walk_uint(w, VENDOR, get_be32(value));
	}
}

FIELD_TABLE(pppoes_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "pppoe.version", 0, 1, 0xf0, "Version")),
	(TYPE, FIELD_BITS(FIELD_UINT, "pppoe.type", 0, 1, 0x0f, "Type")),
	(CODE, FIELD_FIXED_HEX("pppoe.code", 1, 1, "Code")),
	(SESSION_ID, FIELD_FIXED_HEX("pppoe.session_id", 2, 2, "Session")),
	(PAYLOAD_LENGTH, FIELD_FIXED(FIELD_UINT, "pppoe.payload_length", 4, 2, "Length of the payload")),
	(TAG, FIELD_PLAIN("pppoed.tag", "Another tag", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(SERVICE_NAME, FIELD_WALK(FIELD_STRING, "pppoed.tags.service_name", "Service name")),
	(AC_NAME, FIELD_WALK(FIELD_STRING, "pppoed.tags.ac_name", "Access concentrator")),
	(HOST_UNIQ, FIELD_WALK(FIELD_BYTES, "pppoed.tags.host_uniq", "The host's own identifier")),
	(AC_COOKIE, FIELD_WALK(FIELD_BYTES, "pppoed.tags.ac_cookie", "The access concentrator's cookie")),
	(VENDOR, FIELD_WALK(FIELD_UINT, "pppoed.tags.vendor_id", "Vendor of a value")),
	(RELAY_SESSION, FIELD_WALK(FIELD_BYTES, "pppoed.tags.relay_session_id", "Session of the relay")),
	(MAX_PAYLOAD, FIELD_WALK(FIELD_BYTES, "pppoed.tags.max_payload", "Greatest payload")),
	(SERVICE_ERROR, FIELD_WALK(FIELD_STRING, "pppoed.tags.service_name_error", "The service is not offered")),
	(SYSTEM_ERROR, FIELD_WALK(FIELD_STRING, "pppoed.tags.ac_system_error", "The access concentrator has a problem")),
	(GENERIC_ERROR, FIELD_WALK(FIELD_STRING, "pppoed.tags.generic_error", "Error"))
);

static const struct claim pppoes_claims[] = {
	{ CLAIM_ETHERTYPE, 0x8864 },
	{ CLAIM_LINKTYPE, LINKTYPE_PPP_ETHER },
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_pppoes = {
	.name = "pppoes",
	.column = "PPPoES",
	.title = "PPP over Ethernet session",
	.reference = "RFC 2516",
	.decode = pppoes_decode,
	PROTOCOL_WALK(pppoe_walk_tags),
	.summary = pppoes_summary,
	PROTOCOL_FIELDS(pppoes_fields),
	.claims = pppoes_claims,
};
