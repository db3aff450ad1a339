/* SPDX-License-Identifier: MIT */
/*
 * Geneve, RFC 8926: any ethertype in UDP, with a network number and options.
 *
 *	|version 2|options 6, words|O C reserved 6|protocol 16|network 24|reserved 8| options |class 16|type 8|words 8|...|
 */
#include "carrier.h"
#include "summary.h"

enum { VERSION, FLAGS, OAM, CRITICAL, PROTO_TYPE, VNI, OPTION_CLASS, OPTION_TYPE, OPTION_LENGTH };
enum { HEADER = 8 };

static enum decode_result geneve_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if (h[0] >> 6)
		return DECODE_MALFORMED;
	if (!decode_take(d, (h[0] & 63u) * 4))
		return cursor_short(&d->c);
	d->next = decode_claimed(CLAIM_ETHERTYPE, get_be16(h + 2));
	return DECODE_OK;
}

static void geneve_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	if (l->hlen < HEADER)
		return;
	walk_uint(w, OPTION_LENGTH, (*c.pos & 63u) * 4); /* of all of them, as Wireshark has it */
	cursor_limit(&c, l->hlen);
	cursor_skip(&c, HEADER);
	while ((h = cursor_take(&c, 4))) {
		walk_uint(w, OPTION_CLASS, get_be16(h));
		walk_uint(w, OPTION_TYPE, h[2]);
		walk_uint(w, OPTION_LENGTH, (h[3] & 31u) * 4 + 4);
		cursor_skip(&c, (h[3] & 31u) * 4);
	}
}

FIELD_TABLE(geneve_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "geneve.version", 0, 1, 0xc0, "Version")),
	(FLAGS, FIELD_FIXED_HEX("geneve.flags", 1, 1, "Flags")),
	(OAM, FIELD_BITS(FIELD_BOOL, "geneve.flags.oam", 1, 1, 0x80, "Control packet")),
	(CRITICAL, FIELD_BITS(FIELD_BOOL, "geneve.flags.critical", 1, 1, 0x40, "Has critical options")),
	(PROTO_TYPE, FIELD_FIXED_HEX("geneve.proto_type", 2, 2, "Protocol type")),
	(VNI, FIELD_PLAIN("geneve.vni", "Network", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 4, .width = 3)),
	(OPTION_CLASS, FIELD_PLAIN("geneve.option.class", "Class of the option", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(OPTION_TYPE, FIELD_PLAIN("geneve.option.type", "Type of the option", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(OPTION_LENGTH, FIELD_WALK(FIELD_UINT, "geneve.option.length", "Length of the option, header included"))
);

static const struct claim geneve_claims[] = { { CLAIM_UDP_PORT, 6081 }, { CLAIM_NONE, 0 } };

const struct protocol proto_geneve = {
	.name = "geneve",
	.column = "Geneve",
	.title = "Generic Network Virtualization Encapsulation",
	.reference = "RFC 8926",
	.decode = geneve_decode,
	PROTOCOL_WALK(geneve_walk),
	.summary = geneve_summary,
	PROTOCOL_FIELDS(geneve_fields),
	.claims = geneve_claims,
};
