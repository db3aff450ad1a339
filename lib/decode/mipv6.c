/* SPDX-License-Identifier: MIT */
/*
 * Mobility header, RFC 6275: |payload protocol 8|length 8, 8 bytes less one|type 8|0 8|checksum 16|...|. Nothing but itself
 * follows it today.
 */
#include "layout.h"
#include "summary.h"

enum { PROTOCOL_NEXT, HLEN, TYPE, RESERVED, CSUM, BE_STATUS, BE_HADDR, BU_SEQ, BU_LIFETIME, BA_STATUS, BA_SEQ, BA_LIFETIME, HOTI_COOKIE };
enum { HEADER = 8 };
enum { BRR, HOTI, COTI, HOT, COT, BU, BA, BE };

static enum decode_result mipv6_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static const struct typed_slot slots[] = {
	{ HOTI, { HOTI_COOKIE, 8, 8, 0 } }, { BU, { BU_SEQ, 6, 2, 0 } }, { BU, { BU_LIFETIME, 10, 2, 0 } },
	{ BA, { BA_STATUS, 6, 1, 0 } }, { BA, { BA_SEQ, 8, 2, 0 } }, { BA, { BA_LIFETIME, 10, 2, 0 } }, { BE, { BE_STATUS, 6, 1, 0 } },
	{ BE, { BE_HADDR, 8, 16, 0 } },
};

static void mipv6_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n >= HEADER)
		layout_walk_type(w, slots, SLOTS(slots), h[2], h, n);
}

static NAMED_VALUES(types,
	(BRR, "BRR"), (HOTI, "HoTI"), (COTI, "CoTI"), (HOT, "HoT"), (COT, "CoT"), (BU, "BU"), (BA, "BA"), (BE, "BE")
);

static void mipv6_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n < HEADER)
		return;
	outbuf_str(o, "mobility: ");
	layout_name(o, &types, h[2], "type-#");
	switch (h[2]) {
	case HOTI:
	case COTI:
		if (n >= 16 && s->verbose)
			outbuf_printf(o, " %s Init Cookie=%08x:%08x", h[2] == HOTI ? "Home" : "Care-of", get_be32(h + 8), get_be32(h + 12));
		break;
	case BU:
		if (n >= 12)
			outbuf_printf(o, " seq#=%u%s%s%s%s%s lifetime=%u", get_be16(h + 6), h[8] & 0xf0 ? " " : "",
				      h[8] & 0x80 ? "A" : "", h[8] & 0x40 ? "H" : "", h[8] & 0x20 ? "L" : "",
				      h[8] & 0x10 ? "K" : "", get_be16(h + 10) << 2);
		break;
	case BA:
		if (n >= 12)
			outbuf_printf(o, " status=%u%s seq#=%u lifetime=%u", h[6], h[7] & 0x80 ? " K" : "", get_be16(h + 8),
				      get_be16(h + 10) << 2);
		break;
	case BE:
		outbuf_printf(o, " status=%u homeaddr ", h[6]);
		if (n >= 24)
			outbuf_ipv6(o, h + 8);
		break;
	}
}

FIELD_TABLE(mipv6_fields,
	(PROTOCOL_NEXT, FIELD_FIXED(FIELD_UINT, "mip6.proto", 0, 1, "Payload protocol")),
	(HLEN, FIELD_FIXED(FIELD_UINT, "mip6.hlen", 1, 1, "Length")),
	(TYPE, FIELD_HAS("mip6.mhtype", "Type", (.names = &types), .type = FIELD_UINT, .offset = 2, .width = 1)),
	(RESERVED, FIELD_FIXED_HEX("mip6.reserved", 3, 1, "Reserved")),
	(CSUM, FIELD_FIXED_HEX("mip6.csum", 4, 2, "Checksum")),
	(BE_STATUS, FIELD_WALK(FIELD_UINT, "mip6.be.status", "Error: status")),
	(BE_HADDR, FIELD_WALK(FIELD_IPV6, "mip6.be.haddr", "Error: home address")),
	(BU_SEQ, FIELD_WALK(FIELD_UINT, "mip6.bu.seqnr", "Update: sequence number")),
	(BU_LIFETIME, FIELD_WALK(FIELD_UINT, "mip6.bu.lifetime", "Update: lifetime, 4 s")),
	(BA_STATUS, FIELD_WALK(FIELD_UINT, "mip6.ba.status", "Acknowledgment: status")),
	(BA_SEQ, FIELD_WALK(FIELD_UINT, "mip6.ba.seqnr", "Acknowledgment: sequence number")),
	(BA_LIFETIME, FIELD_WALK(FIELD_UINT, "mip6.ba.lifetime", "Acknowledgment: lifetime, 4 s")),
	(HOTI_COOKIE, FIELD_WALK_HEX("mip6.hoti.cookie", 16, "Home init cookie"))
);

static const struct claim mipv6_claims[] = { { CLAIM_IPPROTO, 135 }, { CLAIM_NONE, 0 } };

const struct protocol proto_mipv6 = {
	.name = "mipv6",
	.column = "MIPv6",
	.title = "Mobile IPv6",
	.reference = "RFC 6275",
	.decode = mipv6_decode,
	PROTOCOL_WALK(mipv6_walk),
	.summary = mipv6_summary,
	PROTOCOL_FIELDS(mipv6_fields),
	.claims = mipv6_claims,
};
