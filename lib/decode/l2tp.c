/* SPDX-License-Identifier: MIT */
/*
 * L2TP version 2, RFC 2661: PPP in UDP. Of version 3 (RFC 3931) nobody can say
 * from the packet alone what a session carries: only its number is shown.
 *
 *	|T L 0 0 S 0 O P reserved 4|version 4| [length 16] tunnel 16|session 16 [Ns 16|Nr 16] [offset 16|pad]
 *
 * aux[0]: flags and version.
 */
#include "carrier.h"
#include "summary.h"

enum { FLAGS, TYPE, LENGTH_BIT, SEQ_BIT, OFFSET_BIT, VERSION, LENGTH, TUNNEL, SESSION, NS, NR };
enum { CONTROL = 0x8000, HAS_LENGTH = 0x4000, HAS_SEQUENCE = 0x0800, HAS_OFFSET = 0x0200, VERSION_MASK = 15 };

static unsigned offset_of(unsigned flags, unsigned part)
{
	unsigned at = 2;

	if (part > LENGTH && flags & HAS_LENGTH)
		at += 2;
	if (part > TUNNEL)
		at += 2;
	if (part > SESSION)
		at += 2;
	if (part > NS && flags & HAS_SEQUENCE)
		at += 2;
	return part > NR && flags & HAS_SEQUENCE ? at + 2 : at;
}

static enum decode_result l2tp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	uint32_t len;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h);
	if ((l->aux[0] & VERSION_MASK) != 2) {
		decode_take(d, 2);
		return (l->aux[0] & VERSION_MASK) == 3 ? DECODE_OK : DECODE_MALFORMED;
	}
	len = offset_of(l->aux[0], NR + 1);
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	if (l->aux[0] & HAS_LENGTH) {
		unsigned total = get_be16(h + 2);

		if (total < len)
			return DECODE_MALFORMED;
		if (!decode_limit(d, total - len) && !d->fragment && !d->quoted)
			return DECODE_MALFORMED;
	}
	if (l->aux[0] & HAS_OFFSET) {
		const uint8_t *offset = decode_take(d, 2);

		if (!offset || !decode_take(d, get_be16(offset)))
			return cursor_short(&d->c);
	}
	if (!(l->aux[0] & CONTROL) && d->wire_left)
		d->next = PROTO_ppp;
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f), at = offset_of(l->aux[0], part);
	const uint8_t *h;

	if ((l->aux[0] & VERSION_MASK) != 2 || packet_bytes(p, l, &h) < at + 2 || l->hlen < at + 2)
		return false;
	v->u = get_be16(h + at);
	return part == LENGTH ? l->aux[0] & HAS_LENGTH : part < NS || l->aux[0] & HAS_SEQUENCE;
}

FIELD_TABLE(l2tp_fields,
	(FLAGS, FIELD_FIXED_HEX("l2tp.flags", 0, 2, "Flags and version")),
	(TYPE, FIELD_BITS(FIELD_UINT, "l2tp.type", 0, 2, CONTROL, "Control message")),
	(LENGTH_BIT, FIELD_BITS(FIELD_BOOL, "l2tp.length_bit", 0, 2, HAS_LENGTH, "Has a length")),
	(SEQ_BIT, FIELD_BITS(FIELD_BOOL, "l2tp.seq_bit", 0, 2, HAS_SEQUENCE, "Has sequence numbers")),
	(OFFSET_BIT, FIELD_BITS(FIELD_BOOL, "l2tp.offset_bit", 0, 2, HAS_OFFSET, "Has an offset")),
	(VERSION, FIELD_BITS(FIELD_UINT, "l2tp.version", 0, 2, VERSION_MASK, "Version")),
	(LENGTH, FIELD_GET(FIELD_UINT, "l2tp.length", get_field, "Length")),
	(TUNNEL, FIELD_GET(FIELD_UINT, "l2tp.tunnel", get_field, "Tunnel")),
	(SESSION, FIELD_GET(FIELD_UINT, "l2tp.session", get_field, "Session")),
	(NS, FIELD_GET(FIELD_UINT, "l2tp.Ns", get_field, "Sequence number")),
	(NR, FIELD_GET(FIELD_UINT, "l2tp.Nr", get_field, "Next sequence number expected"))
);

static const struct claim l2tp_claims[] = { { CLAIM_UDP_PORT, 1701 }, { CLAIM_NONE, 0 } };

const struct protocol proto_l2tp = {
	.name = "l2tp",
	.column = "L2TP",
	.title = "Layer 2 Tunneling Protocol",
	.reference = "RFC 2661",
	.decode = l2tp_decode,
	.summary = l2tp_summary,
	PROTOCOL_FIELDS(l2tp_fields),
	.claims = l2tp_claims,
};
