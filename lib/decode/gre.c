/* SPDX-License-Identifier: MIT */
/*
 * Generic routing encapsulation: RFC 2784 with key and sequence number (RFC
 * 2890), source routing as it once was (RFC 1701), NVGRE (RFC 7637), and the
 * version 1 that carries the PPP of PPTP (RFC 2637).
 *
 *	|C R K S s recur A flags ver|protocol type 16|
 *	[checksum 16|offset 16] [key 32] [sequence 32] [routing ...]     version 0
 *	 payload length 16|call 16 [sequence 32] [acknowledgment 32]     version 1
 *
 * aux[0]: flags and version, aux[1]: protocol type.
 */
#include "carrier.h"
#include "summary.h"

enum {
	FLAGS_AND_VERSION, F_CHECKSUM, F_ROUTING, F_KEY, F_SEQUENCE, F_ACK, F_VERSION, PROTO, CHECKSUM, KEY, PAYLOAD_LENGTH,
	CALL_ID, SEQUENCE, ACK
};
enum { HAS_CHECKSUM = 0x8000, HAS_ROUTING = 0x4000, HAS_KEY = 0x2000, HAS_SEQUENCE = 0x1000, HAS_ACK = 0x80, VERSION = 7 };
enum { WCCP = 0x883e };

/* Where a part of the header starts; beyond the part before it if it is not there itself. */
static unsigned offset_of(unsigned flags, unsigned part)
{
	unsigned at = 4;

	if (part > CHECKSUM && flags & (HAS_CHECKSUM | HAS_ROUTING))
		at += 4;
	if (part > CALL_ID && flags & HAS_KEY)
		at += 4;
	if (part > SEQUENCE && flags & HAS_SEQUENCE)
		at += 4;
	if (part > ACK && flags & HAS_ACK && (flags & VERSION) == 1)
		at += 4;
	return at;
}

/* Source route entries up to the empty one: |family 16|offset 8|length 8|...| */
static bool take_routing(struct decode *d)
{
	const uint8_t *h;

	do {
		h = decode_take(d, 4);
	} while (h && get_be32(h) && decode_take(d, h[3]));
	return h && !get_be32(h);
}

static enum decode_result gre_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 4), *payload;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h);
	l->aux[1] = get_be16(h + 2);
	if (!decode_take(d, offset_of(l->aux[0], ACK + 1)))
		return cursor_short(&d->c);
	if ((l->aux[0] & VERSION) > 1)
		return DECODE_MALFORMED;
	if ((l->aux[0] & VERSION) == 0 && l->aux[0] & HAS_ROUTING && !take_routing(d))
		return d->c.cut ? cursor_short(&d->c) : DECODE_MALFORMED;
	if ((l->aux[0] & VERSION) == 1 && l->aux[0] & HAS_KEY)
		decode_limit(d, get_be16(h + 4));
	if (!d->wire_left)
		return DECODE_OK;
	payload = cursor_peek(&d->c, 1);
	if (l->aux[1] == WCCP && payload) { /* version 2 has a header of its own */
		if (*payload >> 4 != 4)
			decode_take(d, 4);
		d->next = PROTO_ip;
	} else {
		d->next = decode_claimed(CLAIM_ETHERTYPE, l->aux[1]);
	}
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f), at = offset_of(l->aux[0], part);
	bool v1 = (l->aux[0] & VERSION) == 1;
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < at + 4 || l->hlen < at + 4)
		return false;
	h += at;
	switch (part) {
	case CHECKSUM: v->u = get_be16(h); return l->aux[0] & (HAS_CHECKSUM | HAS_ROUTING);
	case KEY: v->u = get_be32(h); return l->aux[0] & HAS_KEY && !v1;
	case PAYLOAD_LENGTH: v->u = get_be16(h); return l->aux[0] & HAS_KEY && v1;
	case CALL_ID: v->u = get_be16(h + 2); return l->aux[0] & HAS_KEY && v1;
	case SEQUENCE: v->u = get_be32(h); return l->aux[0] & HAS_SEQUENCE;
	default: v->u = get_be32(h); return l->aux[0] & HAS_ACK && v1;
	}
}

/* Version 1 only */
static bool get_ack_flag(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)p;
	(void)f;
	v->u = l->aux[0] / HAS_ACK & 1;
	return (l->aux[0] & VERSION) == 1;
}

FIELD_TABLE(gre_fields,
	(FLAGS_AND_VERSION, FIELD_FIXED_HEX("gre.flags_and_version", 0, 2, "Flags and version")),
	(F_CHECKSUM, FIELD_BITS(FIELD_BOOL, "gre.flags.checksum", 0, 2, HAS_CHECKSUM, "Has a checksum")),
	(F_ROUTING, FIELD_BITS(FIELD_BOOL, "gre.flags.routing", 0, 2, HAS_ROUTING, "Has source routes")),
	(F_KEY, FIELD_BITS(FIELD_BOOL, "gre.flags.key", 0, 2, HAS_KEY, "Has a key")),
	(F_SEQUENCE, FIELD_BITS(FIELD_BOOL, "gre.flags.sequence_number", 0, 2, HAS_SEQUENCE, "Has a sequence number")),
	(F_ACK, FIELD_GET(FIELD_BOOL, "gre.flags.ack", get_ack_flag, "Has an acknowledgment")),
	(F_VERSION, FIELD_BITS(FIELD_UINT, "gre.flags.version", 0, 2, VERSION, "Version")),
	(PROTO, FIELD_FIXED_HEX("gre.proto", 2, 2, "Protocol type")),
	(CHECKSUM, FIELD_HAS("gre.checksum", "Checksum", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(KEY, FIELD_HAS("gre.key", "Key", (.get = get_field), .type = FIELD_UINT, .show = SHOW_HEX)),
	(PAYLOAD_LENGTH, FIELD_GET(FIELD_UINT, "gre.key.payload_length", get_field, "Length of the payload")),
	(CALL_ID, FIELD_GET(FIELD_UINT, "gre.key.call_id", get_field, "Call")),
	(SEQUENCE, FIELD_GET(FIELD_UINT, "gre.sequence_number", get_field, "Sequence number")),
	(ACK, FIELD_GET(FIELD_UINT, "gre.ack_number", get_field, "Acknowledgment number"))
);

static const struct claim gre_claims[] = { { CLAIM_IPPROTO, 47 }, { CLAIM_UDP_PORT, 4754 }, { CLAIM_NONE, 0 } };

const struct protocol proto_gre = {
	.name = "gre",
	.column = "GRE",
	.title = "Generic Routing Encapsulation",
	.reference = "RFC 2784, RFC 2890, RFC 2637",
	.decode = gre_decode,
	.summary = gre_summary,
	PROTOCOL_FIELDS(gre_fields),
	.claims = gre_claims,
};
