/* SPDX-License-Identifier: MIT */
/*
 * ICMP, RFC 792. An error quotes the packet it is about: that is decoded as
 * further layers, and being cut there is normal (RFC 1812 section 4.3.2.3).
 */
#include "decode/protocol.h"
#include "decode/reply.h"
#include "summary.h"

enum { TYPE, CODE, CHECKSUM, IDENT, SEQ, REDIR_GW, MTU, RESP_TO, RESPTIME };
enum { HEADER = 8, ECHO_REPLY = 0, UNREACHABLE = 3, QUENCH = 4, REDIRECT = 5, ECHO = 8, TIME_EXCEEDED = 11, PARAMETER = 12 };

static enum decode_result icmp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	switch (h[0]) {
	case ECHO: reply_request(d, l, REPLY_ICMP, get_be32(h + 4), 0); break;
	case ECHO_REPLY: reply_answer(d, l, REPLY_ICMP, get_be32(h + 4)); break;
	case UNREACHABLE:
	case QUENCH:
	case REDIRECT:
	case TIME_EXCEEDED:
	case PARAMETER:
		d->quoted = true;
		d->c.snapped = true;
		if (cursor_left(&d->c))
			d->next = PROTO_ip;
	}
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	switch (field_index(f)) {
	case IDENT:
		v->u = get_be16(h + 4);
		return h[0] == ECHO || h[0] == ECHO_REPLY || (h[0] >= 13 && h[0] <= 18);
	case SEQ:
		v->u = get_be16(h + 6);
		return h[0] == ECHO || h[0] == ECHO_REPLY || (h[0] >= 13 && h[0] <= 18);
	case MTU:
		v->u = get_be16(h + 6);
		return h[0] == UNREACHABLE && h[1] == 4;
	default: /* REDIR_GW */
		v->bytes = h + 4;
		v->len = 4;
		return h[0] == REDIRECT;
	}
}

FIELD_TABLE(icmp_fields,
	(TYPE, FIELD_FIXED(FIELD_UINT, "icmp.type", 0, 1, "Type")),
	(CODE, FIELD_FIXED(FIELD_UINT, "icmp.code", 1, 1, "Code")),
	(CHECKSUM, FIELD_FIXED_HEX("icmp.checksum", 2, 2, "Checksum")),
	(IDENT, FIELD_GET(FIELD_UINT, "icmp.ident", get_field, "Identifier")),
	(SEQ, FIELD_GET(FIELD_UINT, "icmp.seq", get_field, "Sequence number")),
	(REDIR_GW, FIELD_GET(FIELD_IPV4, "icmp.redir_gw", get_field, "Gateway of a redirect")),
	(MTU, FIELD_GET(FIELD_UINT, "icmp.mtu", get_field, "MTU of the next hop")),
	(RESP_TO, REPLY_FIELD(FIELD_UINT, "icmp.resp_to", REPLY_REQUEST, 1 << REPLY_ANSWERS, "Frame of the request")),
	(RESPTIME, REPLY_FIELD_MS("icmp.resptime", "Time since the request, ms"))
);

static const struct claim icmp_claims[] = { { CLAIM_IPPROTO, 1 }, { CLAIM_NONE, 0 } };

const struct protocol proto_icmp = {
	.name = "icmp",
	.column = "ICMP",
	.title = "Internet Control Message Protocol",
	.reference = "RFC 792",
	.decode = icmp_decode,
	.summary = icmp_summary,
	PROTOCOL_FIELDS(icmp_fields),
	.claims = icmp_claims,
};
