/* SPDX-License-Identifier: MIT */
/*
 * EIGRP, RFC 7868.
 *
 *	|version 8|opcode 8|checksum 16|flags 32|sequence 32|acknowledgment 32|router 16|autonomous system 16|
 *	then |type 16|length 16|...|: of a hello the weights of the metric and the release
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, OPCODE, CHECKSUM, FLAGS, F_INIT, F_CONDRECV, F_RESTART, F_EOT, SEQ, ACK, VRID, AS, TLV_TYPE, TLV_LEN, K1, K2, K3, K4,
	K5, K6, HOLDTIME, RELEASE, TLV_VERSION
};
enum { HEADER = 20, PARAMETERS = 1, SOFTWARE = 4 };

static enum decode_result eigrp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static const struct typed_slot slots[] = {
	{ PARAMETERS, { K1, 4, 1, 0 } }, { PARAMETERS, { K2, 5, 1, 0 } }, { PARAMETERS, { K3, 6, 1, 0 } },
	{ PARAMETERS, { K4, 7, 1, 0 } }, { PARAMETERS, { K5, 8, 1, 0 } }, { PARAMETERS, { K6, 9, 1, 0 } },
	{ PARAMETERS, { HOLDTIME, 10, 2, 0 } }, { SOFTWARE, { RELEASE, 4, 2, 0 } }, { SOFTWARE, { TLV_VERSION, 6, 2, 0 } },
};

static void eigrp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot header[] = { { TLV_TYPE, 0, 2, 0 }, { TLV_LEN, 2, 2, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	cursor_skip(&c, HEADER);
	while ((h = cursor_peek(&c, 4)) && get_be16(h + 2) >= 4) {
		struct cursor body = cursor_sub(&c, get_be16(h + 2));

		layout_walk(w, header, SLOTS(header), h, cursor_left(&body));
		layout_walk_type(w, slots, SLOTS(slots), get_be16(h), h, cursor_left(&body));
	}
}

static NAMED_VALUES(opcodes,
	(1, "Update"), (3, "Query"), (4, "Reply"), (5, "Hello"), (6, "IPX SAP"), (8, "Ack"), (10, "SIA Query"),
	(11, "SIA Reply")
);

static void eigrp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	if (h[0] != 2) {
		outbuf_printf(s->out, "EIGRP version %u packet not supported", h[0]);
		return;
	}
	outbuf_str(s->out, "EIGRP ");
	layout_name(s->out, &opcodes, h[1], "unknown, type: ");
	outbuf_printf(s->out, ", length: %u", summary_outer_len(p, l));
}

#define FLAG(n, msk, lab) FIELD_BITS(FIELD_BOOL, n, 4, 4, msk, lab)
#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(eigrp_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "eigrp.version", 0, 1, "Version")),
	(OPCODE, FIELD_HAS("eigrp.opcode", "Operation", (.names = &opcodes), .type = FIELD_UINT, .offset = 1, .width = 1)),
	(CHECKSUM, FIELD_FIXED_HEX("eigrp.checksum", 2, 2, "Checksum")),
	(FLAGS, FIELD_FIXED_HEX("eigrp.flags", 4, 4, "Flags")),
	(F_INIT, FLAG("eigrp.flags.init", 1, "First update for a new neighbor")),
	(F_CONDRECV, FLAG("eigrp.flags.condrecv", 2, "Conditional receive")),
	(F_RESTART, FLAG("eigrp.flags.restart", 4, "Restart")),
	(F_EOT, FLAG("eigrp.flags.eot", 8, "End of the table")),
	(SEQ, FIELD_FIXED(FIELD_UINT, "eigrp.seq", 8, 4, "Sequence number")),
	(ACK, FIELD_FIXED(FIELD_UINT, "eigrp.ack", 12, 4, "Acknowledgment")),
	(VRID, FIELD_FIXED(FIELD_UINT, "eigrp.vrid", 16, 2, "Virtual router")),
	(AS, FIELD_FIXED(FIELD_UINT, "eigrp.as", 18, 2, "Autonomous system")),
	(TLV_TYPE, FIELD_WALK_HEX("eigrp.tlv_type", 4, "Type")),
	(TLV_LEN, NUMBER("eigrp.tlv.len", "Length")),
	(K1, NUMBER("eigrp.par.k1", "Weight K1")),
	(K2, NUMBER("eigrp.par.k2", "Weight K2")),
	(K3, NUMBER("eigrp.par.k3", "Weight K3")),
	(K4, NUMBER("eigrp.par.k4", "Weight K4")),
	(K5, NUMBER("eigrp.par.k5", "Weight K5")),
	(K6, NUMBER("eigrp.par.k6", "Weight K6")),
	(HOLDTIME, NUMBER("eigrp.par.holdtime", "Hold time, s")),
	(RELEASE, NUMBER("eigrp.release_version", "Release")),
	(TLV_VERSION, NUMBER("eigrp.tlv_version", "Version of the pieces"))
);

static const struct claim eigrp_claims[] = { { CLAIM_IPPROTO, 88 }, { CLAIM_NONE, 0 } };

const struct protocol proto_eigrp = {
	.name = "eigrp",
	.column = "EIGRP",
	.title = "Enhanced Interior Gateway Routing Protocol",
	.reference = "RFC 7868",
	.decode = eigrp_decode,
	PROTOCOL_WALK(eigrp_walk),
	.summary = eigrp_summary,
	PROTOCOL_FIELDS(eigrp_fields),
	.claims = eigrp_claims,
};
