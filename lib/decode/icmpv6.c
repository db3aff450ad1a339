/* SPDX-License-Identifier: MIT */
/* ICMPv6, RFC 4443, and the fixed parts of neighbour discovery, RFC 4861. Errors (types below 128) quote a packet. */
#include "decode/protocol.h"
#include "summary.h"

enum { TYPE, CODE, CHECKSUM, IDENT, SEQ, MTU, NS_TARGET, NA_TARGET, RD_TARGET };
enum { HEADER = 4, UNREACHABLE = 1, TOO_BIG = 2, PARAMETER = 4, ECHO = 128, ECHO_REPLY = 129, NS = 135, NA = 136, REDIRECT = 137 };

static enum decode_result icmpv6_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (h[0] < UNREACHABLE || h[0] > PARAMETER)
		return DECODE_OK;
	if (!decode_take(d, 4)) /* unused, MTU or pointer */
		return cursor_short(&d->c);
	d->quoted = true;
	d->c.snapped = true;
	if (cursor_left(&d->c))
		d->next = PROTO_ipv6;
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);
	static const uint8_t target_of[] = { [NS_TARGET] = NS, [NA_TARGET] = NA, [RD_TARGET] = REDIRECT };
	unsigned index = field_index(f);

	if (n < 8)
		return false;
	switch (index) {
	case IDENT:
	case SEQ:
		v->u = get_be16(h + (index == IDENT ? 4 : 6));
		return h[0] == ECHO || h[0] == ECHO_REPLY;
	case MTU:
		v->u = get_be32(h + 4);
		return h[0] == TOO_BIG;
	default:
		v->bytes = h + 8;
		v->len = 16;
		return n >= 24 && h[0] == target_of[index];
	}
}

static const struct field icmpv6_fields[] = {
	[TYPE] = FIELD_FIXED(FIELD_UINT, "icmpv6.type", 0, 1, "Type"),
	[CODE] = FIELD_FIXED(FIELD_UINT, "icmpv6.code", 1, 1, "Code"),
	[CHECKSUM] = FIELD_FIXED_HEX("icmpv6.checksum", 2, 2, "Checksum"),
	[IDENT] = { .name = "icmpv6.echo.identifier", .label = "Identifier", .type = FIELD_UINT, .show = SHOW_HEX,
		    .hex_digits = 4, .get = get_field },
	[SEQ] = FIELD_GET(FIELD_UINT, "icmpv6.echo.sequence_number", get_field, "Sequence number"),
	[MTU] = FIELD_GET(FIELD_UINT, "icmpv6.mtu", get_field, "MTU of the next hop"),
	[NS_TARGET] = FIELD_GET(FIELD_IPV6, "icmpv6.nd.ns.target_address", get_field, "Neighbour solicitation target"),
	[NA_TARGET] = FIELD_GET(FIELD_IPV6, "icmpv6.nd.na.target_address", get_field, "Neighbour advertisement target"),
	[RD_TARGET] = FIELD_GET(FIELD_IPV6, "icmpv6.nd.rd.target_address", get_field, "Redirect target"),
};

static const struct claim icmpv6_claims[] = { { CLAIM_IPPROTO, 58 }, { CLAIM_NONE, 0 } };

const struct protocol proto_icmpv6 = {
	.name = "icmpv6",
	.column = "ICMPv6",
	.title = "Internet Control Message Protocol version 6",
	.reference = "RFC 4443, RFC 4861",
	.decode = icmpv6_decode,
	.summary = icmpv6_summary,
	PROTOCOL_FIELDS(icmpv6_fields),
	.claims = icmpv6_claims,
};
