/* SPDX-License-Identifier: MIT */
/*
 * Label Distribution Protocol, RFC 5036: hellos in UDP, sessions in TCP.
 *
 *	|version 16|length 16|router 32|label space 16| messages: |U 1|type 15|length 16|id 32| pieces: |U F|type 14|length 16|...|
 */
#include "layout.h"
#include "message.h"
#include "summary.h"

enum {
	VERSION, PDU_LENGTH, LSR, LSID, MSG_UBIT, MSG_TYPE, MSG_LENGTH, MSG_ID, TLV_TYPE, TLV_LENGTH, HELLO_HOLD, HELLO_TARGETED,
	HELLO_REQUESTED, HELLO_GTSM, TRANSPORT_4, CONFIG_SEQUENCE, TRANSPORT_6, SESSION_VERSION, SESSION_KEEPALIVE, SESSION_MAX_PDU,
	SESSION_LSR, LABEL, STATUS
};
enum { HEADER = 10, MESSAGE_HEADER = 8, PIECE_HEADER = 4 };

static bool ldp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 4);

	(void)d;
	if (!h)
		return payload->snapped;
	return get_be16(h) == 1 && get_be16(h + 2) >= 6;
}

static uint32_t length_of(const uint8_t *h)
{
	return 4u + get_be16(h + 2);
}

static enum decode_result ldp_decode(struct decode *d, struct layer *l)
{
	return messages_wait(d, l, 4, length_of) == DECODE_WAITS ? DECODE_WAITS : decode_rest(d, HEADER);
}

static const struct typed_slot values[] = {
	{ 0x0200, { LABEL, 4, 4, 0x000fffff } }, { 0x0300, { STATUS, 4, 4, 0x3fffffff } }, { 0x0400, { HELLO_HOLD, 4, 2, 0 } },
	{ 0x0400, { HELLO_TARGETED, 6, 2, 0x8000 } }, { 0x0400, { HELLO_REQUESTED, 6, 2, 0x4000 } },
	{ 0x0400, { HELLO_GTSM, 6, 2, 0x2000 } }, { 0x0401, { TRANSPORT_4, 4, 4, 0 } }, { 0x0402, { CONFIG_SEQUENCE, 4, 4, 0 } },
	{ 0x0403, { TRANSPORT_6, 4, 16, 0 } }, { 0x0500, { SESSION_VERSION, 4, 2, 0 } }, { 0x0500, { SESSION_KEEPALIVE, 6, 2, 0 } },
	{ 0x0500, { SESSION_MAX_PDU, 10, 2, 0 } }, { 0x0500, { SESSION_LSR, 12, 4, 0 } },
};

static void walk_message(struct walk *w, struct cursor c)
{
	static const struct slot message[] = {
		{ MSG_UBIT, 0, 1, 0x80 }, { MSG_TYPE, 0, 2, 0x7fff }, { MSG_LENGTH, 2, 2, 0 }, { MSG_ID, 4, 4, 0 },
	};
	const uint8_t *h;

	layout_walk(w, message, SLOTS(message), c.pos, cursor_left(&c));
	cursor_skip(&c, MESSAGE_HEADER);
	while ((h = cursor_peek(&c, PIECE_HEADER))) {
		struct cursor body = cursor_sub(&c, get_be16(h + 2) + (size_t)PIECE_HEADER);

		walk_uint(w, TLV_TYPE, get_be16(h) & 0x3fff);
		walk_uint(w, TLV_LENGTH, get_be16(h + 2));
		layout_walk_type(w, values, SLOTS(values), get_be16(h) & 0x3fff, h, cursor_left(&body));
	}
}

static void ldp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot header[] = { { VERSION, 0, 2, 0 }, { PDU_LENGTH, 2, 2, 0 }, { LSR, 4, 4, 0 }, { LSID, 8, 2, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	while ((h = cursor_peek(&c, HEADER)) && get_be16(h + 2) >= 6) {
		struct cursor pdu = cursor_sub(&c, get_be16(h + 2) + 4u);

		layout_walk(w, header, SLOTS(header), h, HEADER);
		cursor_skip(&pdu, HEADER);
		while ((h = cursor_peek(&pdu, 4)))
			walk_message(w, cursor_sub(&pdu, get_be16(h + 2) + 4u));
	}
}

static void ldp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	while ((h = cursor_peek(&c, HEADER))) {
		outbuf_str(s->out, s->verbose ? "\n\tLDP, Label-Space-ID: " : "LDP, Label-Space-ID: ");
		outbuf_ipv4(s->out, h + 4);
		outbuf_printf(s->out, ":%u, pdu-length: %u", get_be16(h + 8), get_be16(h + 2));
		if (!s->verbose || !cursor_skip(&c, get_be16(h + 2) + 4u))
			return;
	}
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)

FIELD_TABLE(ldp_fields,
	(VERSION, NUMBER("ldp.hdr.version", "Version")),
	(PDU_LENGTH, NUMBER("ldp.hdr.pdu_len", "Length")),
	(LSR, FIELD_WALK(FIELD_IPV4, "ldp.hdr.ldpid.lsr", "Router")),
	(LSID, NUMBER("ldp.hdr.ldpid.lsid", "Label space")),
	(MSG_UBIT, FLAG("ldp.msg.ubit", "Ignored when unknown")),
	(MSG_TYPE, FIELD_WALK_HEX("ldp.msg.type", 4, "Message")),
	(MSG_LENGTH, NUMBER("ldp.msg.len", "Message length")),
	(MSG_ID, FIELD_WALK_HEX("ldp.msg.id", 8, "Message number")),
	(TLV_TYPE, FIELD_WALK_HEX("ldp.msg.tlv.type", 4, "Piece")),
	(TLV_LENGTH, NUMBER("ldp.msg.tlv.len", "Piece length")),
	(HELLO_HOLD, NUMBER("ldp.msg.tlv.hello.hold", "Hello: hold time, s")),
	(HELLO_TARGETED, FLAG("ldp.msg.tlv.hello.targeted", "Hello: targeted")),
	(HELLO_REQUESTED, FLAG("ldp.msg.tlv.hello.requested", "Hello: wants hellos")),
	(HELLO_GTSM, FLAG("ldp.msg.tlv.hello.gtsm", "Hello: TTL security")),
	(TRANSPORT_4, FIELD_WALK(FIELD_IPV4, "ldp.msg.tlv.ipv4.taddr", "Transport address")),
	(CONFIG_SEQUENCE, NUMBER("ldp.msg.tlv.hello.cnf_seqno", "Configuration sequence number")),
	(TRANSPORT_6, FIELD_WALK(FIELD_IPV6, "ldp.msg.tlv.ipv6.taddr", "Transport address")),
	(SESSION_VERSION, NUMBER("ldp.msg.tlv.sess.ver", "Session: version")),
	(SESSION_KEEPALIVE, NUMBER("ldp.msg.tlv.sess.ka", "Session: keepalive time, s")),
	(SESSION_MAX_PDU, NUMBER("ldp.msg.tlv.sess.mxpdu", "Session: longest PDU")),
	(SESSION_LSR, FIELD_WALK(FIELD_IPV4, "ldp.msg.tlv.sess.rxlsr", "Session: receiver")),
	(LABEL, NUMBER("ldp.msg.tlv.generic.label", "Label")),
	(STATUS, FIELD_WALK_HEX("ldp.msg.tlv.status.data", 8, "Status"))
);

static const struct claim ldp_claims[] = { { CLAIM_UDP_PORT, 646 }, { CLAIM_TCP_PORT, 646 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ldp = {
	.name = "ldp",
	.column = "LDP",
	.title = "Label Distribution Protocol",
	.reference = "RFC 5036",
	.application = true,
	.decode = ldp_decode,
	.detect = ldp_detect,
	PROTOCOL_WALK(ldp_walk),
	.summary = ldp_summary,
	PROTOCOL_FIELDS(ldp_fields),
	.claims = ldp_claims,
};
