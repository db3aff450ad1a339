/* SPDX-License-Identifier: MIT */
/*
 * PPP's authentication: by password (PAP, RFC 1334) and by challenge (CHAP, RFC 1994).
 *
 *	PAP   |code 8|identifier 8|length 16| request: |length 8|peer|length 8|password|     answer: |length 8|message|
 *	CHAP  |code 8|identifier 8|length 16| 1, 2: |length 8|value|name     3, 4: message
 *
 * Their text is written by ppp_summary().
 */
#include "decode/protocol.h"

enum { P_CODE, P_IDENTIFIER, P_LENGTH, PEER_LENGTH, PEER, PASSWORD_LENGTH, PASSWORD, MESSAGE_LENGTH, MESSAGE };
enum { C_CODE, C_IDENTIFIER, C_LENGTH, VALUE_SIZE, VALUE, NAME, C_MESSAGE };
enum { HEADER = 4, PAP_REQUEST = 1, CHAP_CHALLENGE = 1, CHAP_RESPONSE = 2 };

/* aux[0]: the code */
static enum decode_result auth_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (get_be16(h + 2) < HEADER)
		return DECODE_MALFORMED;
	return decode_limit(d, get_be16(h + 2) - HEADER) || d->fragment || d->quoted ? DECODE_OK : DECODE_MALFORMED;
}

/* |length 8|text|, and past it */
static bool walk_counted(struct walk *w, struct cursor *c, unsigned length_field)
{
	const uint8_t *n = cursor_take(c, 1), *text = n ? cursor_take(c, *n) : NULL;

	if (!text)
		return false;
	walk_uint(w, length_field, *n);
	walk_bytes(w, length_field + 1, text, *n);
	return true;
}

static void pap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);

	if (l->aux[0] == PAP_REQUEST) {
		if (walk_counted(w, &c, PEER_LENGTH))
			walk_counted(w, &c, PASSWORD_LENGTH);
	} else {
		walk_counted(w, &c, MESSAGE_LENGTH);
	}
}

static void chap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	bool value = l->aux[0] == CHAP_CHALLENGE || l->aux[0] == CHAP_RESPONSE;

	if (value && !walk_counted(w, &c, VALUE_SIZE))
		return;
	walk_bytes(w, value ? NAME : C_MESSAGE, c.pos, (uint32_t)cursor_left(&c));
}

FIELD_TABLE(pap_fields,
	(P_CODE, FIELD_FIXED(FIELD_UINT, "pap.code", 0, 1, "Code")),
	(P_IDENTIFIER, FIELD_FIXED(FIELD_UINT, "pap.identifier", 1, 1, "Identifier")),
	(P_LENGTH, FIELD_FIXED(FIELD_UINT, "pap.length", 2, 2, "Length")),
	(PEER_LENGTH, FIELD_WALK(FIELD_UINT, "pap.peer_id.length", "Length of the peer's name")),
	(PEER, FIELD_WALK(FIELD_STRING, "pap.peer_id", "Peer")),
	(PASSWORD_LENGTH, FIELD_WALK(FIELD_UINT, "pap.password.length", "Length of the password")),
	(PASSWORD, FIELD_WALK(FIELD_STRING, "pap.password", "Password")),
	(MESSAGE_LENGTH, FIELD_WALK(FIELD_UINT, "pap.message.length", "Length of the message")),
	(MESSAGE, FIELD_WALK(FIELD_STRING, "pap.message", "Message"))
);

FIELD_TABLE(chap_fields,
	(C_CODE, FIELD_FIXED(FIELD_UINT, "chap.code", 0, 1, "Code")),
	(C_IDENTIFIER, FIELD_FIXED(FIELD_UINT, "chap.identifier", 1, 1, "Identifier")),
	(C_LENGTH, FIELD_FIXED(FIELD_UINT, "chap.length", 2, 2, "Length")),
	(VALUE_SIZE, FIELD_WALK(FIELD_UINT, "chap.value_size", "Length of the value")),
	(VALUE, FIELD_WALK(FIELD_BYTES, "chap.value", "Challenge or response")),
	(NAME, FIELD_WALK(FIELD_STRING, "chap.name", "Name")),
	(C_MESSAGE, FIELD_WALK(FIELD_STRING, "chap.message", "Message"))
);

static const struct claim pap_claims[] = { { CLAIM_PPP, 0xc023 }, { CLAIM_NONE, 0 } };
static const struct claim chap_claims[] = { { CLAIM_PPP, 0xc223 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pap = {
	.name = "pap",
	.column = "PPP PAP",
	.title = "PPP Password Authentication Protocol",
	.reference = "RFC 1334",
	.decode = auth_decode,
	PROTOCOL_WALK(pap_walk),
	PROTOCOL_FIELDS(pap_fields),
	.claims = pap_claims,
};

const struct protocol proto_chap = {
	.name = "chap",
	.column = "PPP CHAP",
	.title = "PPP Challenge Handshake Authentication Protocol",
	.reference = "RFC 1994",
	.decode = auth_decode,
	PROTOCOL_WALK(chap_walk),
	PROTOCOL_FIELDS(chap_fields),
	.claims = chap_claims,
};
