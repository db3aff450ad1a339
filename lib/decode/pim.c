/* SPDX-License-Identifier: MIT */
/*
 * Protocol Independent Multicast, RFC 7761: its header, and the multicast packet
 * that a register message carries to the rendezvous point.
 *
 *	|version 4|type 4|reserved 8|checksum 16|      register: |B N reserved 30| IP packet
 */
#include "carrier.h"
#include "summary.h"

enum { VERSION, TYPE, CKSUM, REGISTER_FLAG, BORDER, NULL_REGISTER };
enum { REGISTER = 1 };

static enum decode_result pim_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (!d->wire_left) /* the packet in a null register has nothing behind its header */
		return DECODE_OK;
	h = decode_take(d, 4);
	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (h[0] != (2 << 4 | REGISTER))
		return DECODE_OK;
	if (!decode_take(d, 4))
		return cursor_short(&d->c);
	d->next = next_by_version(d);
	return DECODE_OK;
}

static bool get_register(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f);
	const uint8_t *h;

	if (l->hlen < 8 || packet_bytes(p, l, &h) < 8)
		return false;
	v->u = part == REGISTER_FLAG ? get_be32(h + 4) : part == BORDER ? h[4] >> 7 : h[4] >> 6 & 1;
	return true;
}

static const struct field pim_fields[] = {
	[VERSION] = FIELD_BITS(FIELD_UINT, "pim.version", 0, 1, 0xf0, "Version"),
	[TYPE] = FIELD_BITS(FIELD_UINT, "pim.type", 0, 1, 0x0f, "Type"),
	[CKSUM] = FIELD_FIXED_HEX("pim.cksum", 2, 2, "Checksum"),
	[REGISTER_FLAG] = { .name = "pim.register_flag", .label = "Flags of a register message", .type = FIELD_UINT,
			    .show = SHOW_HEX, .get = get_register },
	[BORDER] = FIELD_GET(FIELD_BOOL, "pim.register_flag.border", get_register, "From a border router"),
	[NULL_REGISTER] = FIELD_GET(FIELD_BOOL, "pim.register_flag.null_register", get_register, "Null register"),
};

static const struct claim pim_claims[] = { { CLAIM_IPPROTO, 103 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pim = {
	.name = "pim",
	.column = "PIMv2",
	.title = "Protocol Independent Multicast",
	.reference = "RFC 7761",
	.decode = pim_decode,
	.summary = pim_summary,
	PROTOCOL_FIELDS(pim_fields),
	.claims = pim_claims,
};
