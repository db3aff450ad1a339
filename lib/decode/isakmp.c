/* SPDX-License-Identifier: MIT */
/*
 * Internet key exchange, version 1 (RFC 2408, 2409) and 2 (RFC 7296).
 *
 *	|initiator SPI 64|responder SPI 64|next payload 8|version 4|4|exchange 8|flags 8|message 32|length 32|
 *	payload: |next payload 8|critical 1|0 7|length 16|...|
 *
 * A security association holds proposals, a proposal transforms, each with the same four bytes in front. Behind an
 * encrypted payload (or with the encryption flag of version 1) nothing can be read.
 */
#include "layout.h"
#include "summary.h"

enum {
	ISPI, RSPI, NEXT, VERSION, MJVER, MNVER, EXCHANGE, FLAGS, FLAG_E, FLAG_C, FLAG_A, FLAG_I, FLAG_V, FLAG_R, MESSAGE, LENGTH,
	TYPE_PAYLOAD, CRITICAL, PAYLOAD_LENGTH, PROPOSAL, PROPOSAL_PROTOCOL, SPI_SIZE, TRANSFORMS, TF_TYPE, TF_ENCR, TF_PRF,
	TF_INTEG, TF_DH, TF_ESN, KE_GROUP, NONCE, NOTIFY_TYPE, VENDOR_ID
};
enum { HEADER = 28, PAYLOAD_HEADER = 4, PAYLOADS_MAX = 64 };
enum {
	SA_1 = 1, PROPOSAL_PAYLOAD = 2, TRANSFORM_PAYLOAD = 3, NONCE_1 = 10, VENDOR_1 = 13, SA_2 = 33, KE_2 = 34, NONCE_2 = 40,
	NOTIFY_2 = 41, DELETE_2 = 42, VENDOR_2 = 43, ENCRYPTED_2 = 46, ENCRYPTED_FRAGMENT_2 = 53
};

static enum decode_result isakmp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static bool isakmp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	(void)d;
	if (!h)
		return payload->snapped;
	return (h[17] >> 4 == 1 || h[17] >> 4 == 2) && get_be32(h + 24) >= HEADER;
}

static void walk_transform(struct walk *w, const uint8_t *h, size_t n)
{
	if (n < 8)
		return;
	walk_uint(w, TF_TYPE, h[4]);
	if (h[4] >= 1 && h[4] <= 5)
		walk_uint(w, TF_ENCR + h[4] - 1u, get_be16(h + 6));
}

/* What of a payload is at a fixed place, by type */
static const struct typed_slot values[] = {
	{ KE_2, { KE_GROUP, 4, 2, 0 } }, { NONCE_2, { NONCE, 4, SLOT_REST, 0 } }, { NONCE_1, { NONCE, 4, SLOT_REST, 0 } },
	{ NOTIFY_2, { NOTIFY_TYPE, 6, 2, 0 } }, { NOTIFY_2, { SPI_SIZE, 5, 1, 0 } }, { DELETE_2, { SPI_SIZE, 5, 1, 0 } }, { VENDOR_2, { VENDOR_ID, 4, SLOT_REST, 0 } },
	{ VENDOR_1, { VENDOR_ID, 4, SLOT_REST, 0 } },
};

/* A chain of payloads, the first of `type`. */
static void walk_payloads(struct walk *w, struct cursor c, unsigned type, bool v2, unsigned depth)
{
	static const struct slot header[] = { { NEXT, 0, 1, 0 }, { PAYLOAD_LENGTH, 2, 2, 0 } };
	static const struct slot critical[] = { { CRITICAL, 1, 1, 0x80 } };
	static const struct slot proposal[] = {
		{ PROPOSAL, 4, 1, 0 }, { PROPOSAL_PROTOCOL, 5, 1, 0 }, { SPI_SIZE, 6, 1, 0 }, { TRANSFORMS, 7, 1, 0 },
	};
	const uint8_t *h;

	for (unsigned i = 0; i < PAYLOADS_MAX && type && (h = cursor_peek(&c, PAYLOAD_HEADER)); i++) {
		unsigned len = get_be16(h + 2);
		struct cursor body = cursor_sub(&c, len);

		if (len < PAYLOAD_HEADER)
			return;
		walk_uint(w, TYPE_PAYLOAD, type);
		layout_walk(w, header, SLOTS(header), h, cursor_left(&body));
		if (v2 && depth == 0)
			layout_walk(w, critical, SLOTS(critical), h, PAYLOAD_HEADER);
		layout_walk_type(w, values, SLOTS(values), type, h, cursor_left(&body));
		if (type == PROPOSAL_PAYLOAD) {
			layout_walk(w, proposal, SLOTS(proposal), h, cursor_left(&body));
			if (cursor_skip(&body, 8) && cursor_skip(&body, h[6]) && depth < 2)
				walk_payloads(w, body, TRANSFORM_PAYLOAD, v2, depth + 1);
		} else if (type == TRANSFORM_PAYLOAD && v2) {
			walk_transform(w, h, cursor_left(&body));
		} else if (type == (v2 ? SA_2 : SA_1) && cursor_skip(&body, v2 ? 4 : 12)) {
			walk_payloads(w, body, PROPOSAL_PAYLOAD, v2, depth + 1);
		}
		if (v2 && (type == ENCRYPTED_2 || type == ENCRYPTED_FRAGMENT_2))
			return; /* its next payload is the first of those inside */
		type = h[0];
	}
}

static void isakmp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot v1[] = { { FLAG_E, 19, 1, 1 }, { FLAG_C, 19, 1, 2 }, { FLAG_A, 19, 1, 4 } };
	static const struct slot v2[] = { { FLAG_I, 19, 1, 8 }, { FLAG_V, 19, 1, 16 }, { FLAG_R, 19, 1, 32 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	bool two;

	if (!h)
		return;
	two = h[17] >> 4 == 2;
	walk_uint(w, NEXT, h[16]);
	layout_walk(w, two ? v2 : v1, two ? SLOTS(v2) : SLOTS(v1), h, HEADER);
	if (get_be32(h + 24) - HEADER <= cursor_left(&c) && (two || !(h[19] & 1))) /* not of a fragment */
		walk_payloads(w, c, h[16], two, 0);
}

/* ---- text: tcpdump's words; who began a phase it remembers from packet to packet, we cannot ------- */

static NAMED_VALUES(exchanges,
	(0, "none"), (1, "base"), (2, "ident"), (3, "auth"), (4, "agg"), (5, "inf"), (32, "oakley-quick"),
	(33, "oakley-newgroup"), (34, "ikev2_init"), (35, "ikev2_auth"), (36, "child_sa"), (37, "inf2")
);

static void isakmp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const struct { uint8_t bit; char name[2]; } bits[] = { { 8, "I" }, { 16, "V" }, { 32, "R" } };
	struct outbuf *o = s->out;
	const uint8_t *h;

	outbuf_str(o, "isakmp");
	if (packet_bytes(p, l, &h) < HEADER)
		return;
	if (s->verbose)
		outbuf_printf(o, " %u.%u msgid %08x", h[17] >> 4, h[17] & 15, get_be32(h + 20));
	outbuf_char(o, ':');
	if (h[17] >> 4 == 2)
		outbuf_str(o, get_be32(h + 20) ? " child_sa  " : " parent_sa ");
	else
		outbuf_printf(o, " phase %s %c ", get_be32(h + 20) ? "2/others" : "1", get_be64(h + 8) ? '?' : 'I');
	layout_name(o, &exchanges, h[18], "#");
	if (!h[19])
		return;
	outbuf_char(o, '[');
	if (h[17] >> 4 == 2) {
		for (size_t i = 0; i < SLOTS(bits); i++)
			if (h[19] & bits[i].bit)
				outbuf_str(o, bits[i].name);
	} else {
		outbuf_str(o, h[19] & 1 ? "E" : "");
		outbuf_str(o, h[19] & 2 ? "C" : "");
	}
	outbuf_char(o, ']');
}

static NAMED_VALUES(exchange_names,
	(2, "Identity Protection (Main Mode)"), (4, "Aggressive"), (5, "Informational"), (32, "Quick Mode"),
	(34, "IKE_SA_INIT"), (35, "IKE_AUTH"), (36, "CREATE_CHILD_SA"), (37, "INFORMATIONAL")
);

#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(isakmp_fields,
	(ISPI, FIELD_FIXED(FIELD_BYTES, "isakmp.ispi", 0, 8, "Initiator SPI")),
	(RSPI, FIELD_FIXED(FIELD_BYTES, "isakmp.rspi", 8, 8, "Responder SPI")),
	(NEXT, NUMBER("isakmp.nextpayload", "Next payload")),
	(VERSION, FIELD_FIXED_HEX("isakmp.version", 17, 1, "Version")),
	(MJVER, FIELD_PLAIN("isakmp.mjver", "Major version", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 17, .width = 1,
		.mask = 0xf0, .shift = 4, .hex_digits = 2)),
	(MNVER, FIELD_PLAIN("isakmp.mnver", "Minor version", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 17, .width = 1,
		.mask = 0x0f, .hex_digits = 2)),
	(EXCHANGE, FIELD_HAS("isakmp.exchangetype", "Exchange", (.names = &exchange_names), .type = FIELD_UINT, .offset = 18,
		.width = 1)),
	(FLAGS, FIELD_FIXED_HEX("isakmp.flags", 19, 1, "Flags")),
	(FLAG_E, FLAG("isakmp.flag_e", "Encrypted")),
	(FLAG_C, FLAG("isakmp.flag_c", "Commit")),
	(FLAG_A, FLAG("isakmp.flag_a", "Authentication only")),
	(FLAG_I, FLAG("isakmp.flag_i", "From the initiator")),
	(FLAG_V, FLAG("isakmp.flag_v", "Speaks a higher version")),
	(FLAG_R, FLAG("isakmp.flag_r", "Response")),
	(MESSAGE, FIELD_FIXED_HEX("isakmp.messageid", 20, 4, "Message")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "isakmp.length", 24, 4, "Length")),
	(TYPE_PAYLOAD, NUMBER("isakmp.typepayload", "Payload")),
	(CRITICAL, FLAG("isakmp.criticalpayload", "Critical payload")),
	(PAYLOAD_LENGTH, NUMBER("isakmp.payloadlength", "Payload length")),
	(PROPOSAL, NUMBER("isakmp.prop.number", "Proposal")),
	(PROPOSAL_PROTOCOL, NUMBER("isakmp.prop.protoid", "Proposed protocol")),
	(SPI_SIZE, NUMBER("isakmp.spisize", "SPI size")),
	(TRANSFORMS, NUMBER("isakmp.prop.transforms", "Transforms of a proposal")),
	(TF_TYPE, NUMBER("isakmp.tf.type", "Transform type")),
	(TF_ENCR, NUMBER("isakmp.tf.id.encr", "Encryption")),
	(TF_PRF, NUMBER("isakmp.tf.id.prf", "Pseudo-random function")),
	(TF_INTEG, NUMBER("isakmp.tf.id.integ", "Integrity")),
	(TF_DH, NUMBER("isakmp.tf.id.dh", "Diffie-Hellman group")),
	(TF_ESN, NUMBER("isakmp.tf.id.esn", "Extended sequence numbers")),
	(KE_GROUP, NUMBER("isakmp.key_exchange.dh_group", "Key exchange: group")),
	(NONCE, FIELD_WALK(FIELD_BYTES, "isakmp.nonce", "Nonce")),
	(NOTIFY_TYPE, NUMBER("isakmp.notify.msgtype", "Notification")),
	(VENDOR_ID, FIELD_WALK(FIELD_BYTES, "isakmp.vid_bytes", "Vendor ID"))
);

static const struct claim isakmp_claims[] = { { CLAIM_UDP_PORT, 500 }, { CLAIM_NONE, 0 } };

const struct protocol proto_isakmp = {
	.name = "isakmp",
	.column = "ISAKMP",
	.title = "Internet Key Exchange",
	.reference = "RFC 2408, RFC 7296",
	.application = true,
	.decode = isakmp_decode,
	.detect = isakmp_detect,
	PROTOCOL_WALK(isakmp_walk),
	.summary = isakmp_summary,
	PROTOCOL_FIELDS(isakmp_fields),
	.claims = isakmp_claims,
};
