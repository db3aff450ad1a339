/* SPDX-License-Identifier: MIT */
/* Dynamic trunking, Cisco's: two switches agree on whether their link carries VLAN tags. |version 8| values. No public
 * specification; the values are those that captures show. */
#include "cisco.h"
#include "parts.h"
#include "summary.h"

enum { VERSION, TLV_TYPE, TLV_LEN, DOMAIN, TOS, TAS, TOT, TAT, SENDER, DATA };
enum { T_DOMAIN = 1, T_STATUS = 2, T_TYPE = 3, T_SENDER = 4 };

static enum decode_result dtp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_take(d, 1) ? DECODE_OK : cursor_short(&d->c);
}

static const struct part parts[] = {
	{ T_DOMAIN, DOMAIN, 0 }, { T_STATUS, TOS, 1 }, { T_STATUS, TAS, 1 }, { T_TYPE, TOT, 1 }, { T_TYPE, TAT, 1 },
	{ T_SENDER, SENDER, 6 },
};

static void dtp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	struct cisco_tlv t;

	while (cisco_next(&c, &t)) {
		walk_uint(w, TLV_TYPE, t.type);
		walk_uint(w, TLV_LEN, t.len + 4u);
		walk_parts(w, parts, t.type, t.value, t.len);
		if (t.type < T_DOMAIN || t.type > T_SENDER)
			walk_bytes(w, DATA, t.value, t.len);
	}
}

static void dtp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char names[][9] = { "Unknown", "Domain", "Status", "DTP type", "Neighbor" };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 1);
	struct cisco_tlv t;

	if (!h)
		return;
	outbuf_printf(s->out, "DTPv%u, length %u", *h, l->wire_end - l->off);
	while (s->verbose && cisco_next(&c, &t)) {
		outbuf_printf(s->out, "\n\t%s (0x%04x) TLV, length %u, ", names[t.type <= T_SENDER ? t.type : 0], t.type,
			      t.len + 4u);
		if (t.type == T_DOMAIN)
			outbuf_escaped(s->out, t.value, strnlen((const char *)t.value, t.len));
		else if (t.type == T_SENDER && t.len == 6)
			outbuf_mac(s->out, t.value);
		else if (t.len)
			outbuf_printf(s->out, "0x%x", *t.value);
	}
}

FIELD_TABLE(dtp_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "dtp.version", 0, 1, "Version")),
	(TLV_TYPE, PART_HEX("dtp.tlv_type", 0, 4, "Type of a value")),
	(TLV_LEN, FIELD_WALK(FIELD_UINT, "dtp.tlv_len", "Length of a value")),
	(DOMAIN, PART_FIELD(FIELD_STRING, "dtp.domain", 0, "Domain")),
	(TOS, PART_BITS(FIELD_UINT, "dtp.tos", 0, 0x80, "Operates as a trunk")),
	(TAS, PART_BITS(FIELD_UINT, "dtp.tas", 0, 0x07, "Trunk status asked for")),
	(TOT, PART_BITS(FIELD_UINT, "dtp.tot", 0, 0xe0, "Kind of trunk")),
	(TAT, PART_BITS(FIELD_UINT, "dtp.tat", 0, 0x07, "Kind of trunk asked for")),
	(SENDER, PART_FIELD(FIELD_ETHER, "dtp.senderid", 0, "Sender")),
	(DATA, FIELD_WALK(FIELD_BYTES, "dtp.data", "Another value"))
);

static const struct claim dtp_claims[] = { { CLAIM_CISCO_PID, 0x2004 }, { CLAIM_NONE, 0 } };

const struct protocol proto_dtp = {
	.name = "dtp",
	.column = "DTP",
	.title = "Dynamic Trunking Protocol",
	.reference = "Cisco SNAP 0x2004",
	.decode = dtp_decode,
	PROTOCOL_WALK(dtp_walk),
	.summary = dtp_summary,
	PROTOCOL_FIELDS(dtp_fields),
	.claims = dtp_claims,
};
