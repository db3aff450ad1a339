/* SPDX-License-Identifier: MIT */
/*
 * Extensible authentication, RFC 3748: who asks, who answers, by which method.
 *
 *	|code 8|identifier 8|length 16| requests and responses: |type 8|data|
 */
#include "decode/protocol.h"
#include "summary.h"

enum { CODE, ID, LEN, TYPE, IDENTITY, NOTIFICATION, DESIRED };
enum { HEADER = 4, REQUEST = 1, RESPONSE = 2, T_IDENTITY = 1, T_NOTIFICATION = 2, T_NAK = 3 };

/* aux[0]: the type, 0 if there is none */
static enum decode_result eap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER), *type;

	if (!h)
		return cursor_short(&d->c);
	if (get_be16(h + 2) < HEADER || (!decode_limit(d, get_be16(h + 2) - HEADER) && !d->fragment && !d->quoted))
		return DECODE_MALFORMED;
	if ((h[0] != REQUEST && h[0] != RESPONSE) || !d->wire_left)
		return DECODE_OK;
	type = decode_take(d, 1);
	if (!type)
		return cursor_short(&d->c);
	l->aux[0] = *type;
	return DECODE_OK;
}

static void eap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);

	if (l->hlen <= HEADER)
		return;
	walk_uint(w, TYPE, l->aux[0]);
	if (l->aux[0] == T_NAK)
		while (cursor_left(&c))
			walk_uint(w, DESIRED, cursor_u8(&c));
	else if (l->aux[0] == T_IDENTITY || l->aux[0] == T_NOTIFICATION)
		if (cursor_left(&c))
			walk_bytes(w, l->aux[0] == T_IDENTITY ? IDENTITY : NOTIFICATION, c.pos, (uint32_t)cursor_left(&c));
}

static NAMED_VALUES(type_names,
	(T_IDENTITY, "Identity"), (T_NOTIFICATION, "Notification"), (T_NAK, "Nak"), (4, "MD5-challenge"), (5, "OTP"),
	(6, "GTC"), (13, "TLS"), (18, "SIM"), (21, "TTLS"), (23, "AKA"), (43, "FAST"), (254, "Expanded type"),
	(255, "Experimental type")
);

/* Behind EAPOL tcpdump tells of it with -v; on a PPP line only its length. */
static void eap_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char codes[][9] = { "unknown", "Request", "Response", "Success", "Failure" };
	struct cursor c = packet_payload(p, l);
	const char *name = named_value(&type_names, l->aux[0]);
	const uint8_t *h;

	if (l[-1].proto != PROTO_eapol || !s->verbose || packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, ", %s (%u), id %u, len %u", codes[h[0] <= 4 ? h[0] : 0], h[0], h[1], get_be16(h + 2));
	if (l->hlen <= HEADER)
		return;
	outbuf_printf(s->out, "\n\t\t Type %s (%u)", name ? name : "unknown", l->aux[0]);
	if (l->aux[0] == T_NAK && (h = cursor_take(&c, 1))) {
		name = named_value(&type_names, *h);
		outbuf_printf(s->out, " %s (%u)", name ? name : "unknown", *h);
	} else if (l->aux[0] <= T_NOTIFICATION && cursor_left(&c)) {
		outbuf_str(s->out, ", Identity: ");
		outbuf_escaped(s->out, c.pos, cursor_left(&c));
	}
}

FIELD_TABLE(eap_fields,
	(CODE, FIELD_FIXED(FIELD_UINT, "eap.code", 0, 1, "Code")),
	(ID, FIELD_FIXED(FIELD_UINT, "eap.id", 1, 1, "Identifier")),
	(LEN, FIELD_FIXED(FIELD_UINT, "eap.len", 2, 2, "Length")),
	(TYPE, FIELD_WALK(FIELD_UINT, "eap.type", "Type")),
	(IDENTITY, FIELD_WALK(FIELD_STRING, "eap.identity", "Identity")),
	(NOTIFICATION, FIELD_WALK(FIELD_STRING, "eap.notification", "Notification")),
	(DESIRED, FIELD_WALK(FIELD_UINT, "eap.desired_type", "Type wanted instead"))
);

static const struct claim eap_claims[] = { { CLAIM_PPP, 0xc227 }, { CLAIM_NONE, 0 } };

const struct protocol proto_eap = {
	.name = "eap",
	.column = "EAP",
	.title = "Extensible Authentication Protocol",
	.reference = "RFC 3748",
	.decode = eap_decode,
	PROTOCOL_WALK(eap_walk),
	.summary = eap_summary,
	PROTOCOL_FIELDS(eap_fields),
	.claims = eap_claims,
};
