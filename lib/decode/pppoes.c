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

enum { VERSION, TYPE, CODE, SESSION_ID, PAYLOAD_LENGTH, TAG, SERVICE_NAME, AC_NAME, HOST_UNIQ, AC_COOKIE };

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

	if (d->c.pos > d->p->frame->data + l->off && cursor_left(&d->c))
		d->next = PROTO_ppp;
	return r;
}

void pppoe_walk_tags(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	const uint8_t *h, *value;

	if (l->proto != PROTO_pppoed)
		return;
	while ((h = cursor_take(&c, 4))) {
		unsigned type = get_be16(h), len = get_be16(h + 2);

		value = cursor_take(&c, len);
		if (!value || type == PPPOE_TAG_END)
			return;
		switch (type) {
		case PPPOE_TAG_SERVICE: walk_bytes(w, SERVICE_NAME, value, len); break;
		case PPPOE_TAG_AC_NAME: walk_bytes(w, AC_NAME, value, len); break;
		case PPPOE_TAG_HOST_UNIQ: walk_bytes(w, HOST_UNIQ, value, len); break;
		case PPPOE_TAG_AC_COOKIE: walk_bytes(w, AC_COOKIE, value, len); break;
		default: walk_uint(w, TAG, type);
		}
	}
}

static const struct field pppoes_fields[] = {
	[VERSION] = FIELD_BITS(FIELD_UINT, "pppoe.version", 0, 1, 0xf0, "Version"),
	[TYPE] = FIELD_BITS(FIELD_UINT, "pppoe.type", 0, 1, 0x0f, "Type"),
	[CODE] = FIELD_FIXED_HEX("pppoe.code", 1, 1, "Code"),
	[SESSION_ID] = FIELD_FIXED_HEX("pppoe.session_id", 2, 2, "Session"),
	[PAYLOAD_LENGTH] = FIELD_FIXED(FIELD_UINT, "pppoe.payload_length", 4, 2, "Length of the payload"),
	[TAG] = { .name = "pppoed.tag", .label = "Another tag", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4 },
	[SERVICE_NAME] = FIELD_WALK(FIELD_STRING, "pppoed.tags.service_name", "Service name"),
	[AC_NAME] = FIELD_WALK(FIELD_STRING, "pppoed.tags.ac_name", "Access concentrator"),
	[HOST_UNIQ] = FIELD_WALK(FIELD_BYTES, "pppoed.tags.host_uniq", "The host's own identifier"),
	[AC_COOKIE] = FIELD_WALK(FIELD_BYTES, "pppoed.tags.ac_cookie", "The access concentrator's cookie"),
};

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
