/* SPDX-License-Identifier: MIT */
/* Text lines of what carries packets inside of IP and UDP. Of those that tcpdump does not know the line begins as its does. */
#include "summary.h"

static void put_number(struct outbuf *o, const char *label, uint32_t v)
{
	outbuf_str(o, label);
	outbuf_u64(o, v);
}

/* What separates a carrier from what it carries. */
static void put_colon(struct summary *s)
{
	outbuf_str(s->out, s->verbose ? "\n\t" : ": ");
}

/* ---- GRE ---------------------------------------------------------------------------- */

enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_ACK = 0x80 };

static NAMED_VALUES(gre_flags,
	(GRE_CHECKSUM, "checksum present"), (GRE_ROUTING, "routing present"), (GRE_KEY, "key present"),
	(GRE_SEQUENCE, "sequence# present"), (0x0800, "source routing present"), (0x0700, "recursion present"),
	(GRE_ACK, "ack present")
);

static void put_gre_flags(struct outbuf *o, unsigned flags)
{
	const char *before = ", Flags [";

	for (struct named_value n = { 0 }; named_values_next(&gre_flags, &n);)
		if (flags & n.value) {
			outbuf_str(o, before);
			outbuf_str(o, n.name);
			before = ", ";
		}
	outbuf_str(o, *before == ',' && before[2] ? ", Flags [none]" : "]");
}

/* The optional words of version 0 or 1. */
static void put_gre_words(struct outbuf *o, struct cursor *c, unsigned flags, bool verbose)
{
	bool v1 = flags & 7;

	if (flags & (GRE_CHECKSUM | GRE_ROUTING) && !v1) {
		unsigned sum = cursor_be16(c), offset = cursor_be16(c);

		if (verbose && flags & GRE_CHECKSUM)
			outbuf_printf(o, ", sum 0x%x", sum);
		outbuf_printf(o, ", off 0x%x", offset);
	}
	if (flags & GRE_KEY) {
		uint32_t key = cursor_be32(c);

		if (v1)
			put_number(o, ", call ", key & 0xffff);
		else
			outbuf_printf(o, ", key=0x%x", key);
	}
	if (flags & GRE_SEQUENCE)
		put_number(o, ", seq ", cursor_be32(c));
	if (flags & GRE_ACK && v1)
		put_number(o, ", ack ", cursor_be32(c));
	if (v1 && !(flags & GRE_SEQUENCE))
		outbuf_str(o, ", no-payload");
}

void gre_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned flags, proto;

	if (!cursor_peek(&c, 4))
		return;
	flags = cursor_be16(&c);
	proto = cursor_be16(&c);
	put_number(s->out, "GREv", flags & 7);
	if ((flags & 7) > 1) {
		outbuf_str(s->out, " ERROR: unknown-version");
		return;
	}
	if (s->verbose)
		put_gre_flags(s->out, flags);
	put_gre_words(s->out, &c, flags, s->verbose);
	if (c.cut)
		return;
	if (s->link_header) {
		const char *name = ethertype_name(proto);

		outbuf_printf(s->out, ", proto %s (0x%04x)", name ? name : "unknown", proto);
	}
	put_number(s->out, ", length ", summary_outer_len(p, l));
	if (flags & 1 && !(flags & GRE_SEQUENCE))
		return;
	put_colon(s);
	if (!summary_next(p, l) && l->result == DECODE_OK)
		outbuf_printf(s->out, "gre-proto-0x%x", proto);
}

void erspan_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (!l->hlen) {
		outbuf_str(s->out, "ERSPAN-I: ");
		return;
	}
	if (packet_bytes(p, l, &h) < 8)
		return;
	outbuf_str(s->out, h[0] >> 4 == 1 ? "ERSPAN-II" : "ERSPAN-III");
	put_number(s->out, ", session ", get_be16(h + 2) & 0x3ff);
	put_number(s->out, ", vlan ", get_be16(h) & 0xfff);
	if (summary_next(p, l))
		outbuf_str(s->out, ": ");
}

/* ---- in IP ---------------------------------------------------------------------------- */

void ah_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (n < 12)
		return;
	outbuf_str(s->out, "AH(");
	if (s->verbose)
		outbuf_printf(s->out, "length=%u(%u-bytes),", h[1], (h[1] + 2u) * 4);
	outbuf_printf(s->out, "spi=0x%08x,seq=0x%x,icv=0x", get_be32(h + 4), get_be32(h + 8));
	for (uint32_t i = 12; i + 4 <= l->aux[0] && i + 4 <= n; i += 4)
		outbuf_hex(s->out, get_be32(h + i), 8);
	outbuf_str(s->out, "): ");
	if (!summary_next(p, l) && l->result == DECODE_OK) {
		const char *name = ip_protocol_name(h[0]);

		if (name)
			outbuf_str(s->out, name);
		else
			put_number(s->out, "ip-proto-", h[0]);
	}
}

static NAMED_VALUES(pim_types,
	(0, "Hello"), (1, "Register"), (2, "Register Stop"), (3, "Join / Prune"), (4, "Bootstrap"), (5, "Assert"),
	(6, "Graft"), (7, "Graft-ACK"), (8, "Candidate RP Advertisement"), (9, "Prune Refresh"), (10, "DF Election"),
	(11, "ECMP Redirect")
);

void pim_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (packet_bytes(p, l, &h) < 4)
		return;
	put_number(s->out, "PIMv", h[0] >> 4);
	if (h[0] >> 4 == 2) {
		name = named_value(&pim_types, h[0] & 15);
		outbuf_str(s->out, ", ");
		if (name)
			outbuf_str(s->out, name);
		else
			put_number(s->out, "[type ", h[0] & 15), outbuf_char(s->out, ']');
	}
	put_number(s->out, ", length ", summary_outer_len(p, l));
	if (summary_next(p, l))
		put_colon(s);
}

/* ---- in UDP ---------------------------------------------------------------------------- */

void vxlan_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 8)
		return;
	if (l->aux[0]) { /* the generic protocol extension */
		outbuf_printf(s->out, "VXLAN-GPE, flags [%s%s%s], vni %u", h[0] & 8 ? "I" : ".", h[0] & 4 ? "P" : "",
			      h[0] & 1 ? "O" : "", get_be24(h + 4));
		outbuf_str(s->out, !summary_next(p, l) ? "" : s->verbose ? "\n    " : ": ");
		return;
	}
	outbuf_str(s->out, "VXLAN, flags [");
	outbuf_char(s->out, h[0] & 8 ? 'I' : '.');
	outbuf_printf(s->out, "] (0x%02x), vni %u\n", h[0], get_be24(h + 4));
}

static void put_geneve_options(struct outbuf *o, struct cursor c)
{
	const char *before = "";
	const uint8_t *h;

	while ((h = cursor_take(&c, 4))) {
		unsigned class = get_be16(h), len = (h[3] & 31u) * 4 + 4;

		outbuf_printf(o, "%sclass %s (0x%x) type 0x%x%s len %u", before,
			      class == 0x100 ? "Linux" : class == 0x101 ? "Open vSwitch" : class == 0x102 ? "Open Virtual Networking (OVN)" :
			      class == 0x103 ? "In-band Network Telemetry (INT)" : class == 0x104 ? "VMware" :
			      class >= 0xff00 ? "Experimental" : "Unknown", class, h[2], h[2] & 0x80 ? "(C)" : "", len);
		before = ", ";
		cursor_skip(&c, len - 4);
	}
}

void geneve_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 8);
	unsigned options;

	if (!h)
		return;
	outbuf_str(s->out, "Geneve");
	if (h[0] >> 6) {
		put_number(s->out, " ERROR: unknown-version ", h[0] >> 6);
		return;
	}
	outbuf_str(s->out, ", Flags [");
	outbuf_str(s->out, (h[1] & 0xc0) == 0xc0 ? "OC" : h[1] & 0x80 ? "O" : h[1] & 0x40 ? "C" : "none");
	outbuf_printf(s->out, "], vni 0x%x", get_be24(h + 4));
	if (s->link_header) {
		const char *name = ethertype_name(get_be16(h + 2));

		outbuf_printf(s->out, ", proto %s (0x%04x)", name ? name : "unknown", get_be16(h + 2));
	}
	options = (h[0] & 63u) * 4;
	if (options && cursor_left(&c) >= options) {
		outbuf_str(s->out, ", options [");
		cursor_limit(&c, options);
		if (s->verbose)
			put_geneve_options(s->out, c);
		else
			outbuf_printf(s->out, "%u bytes", options);
		outbuf_char(s->out, ']');
	}
	if (l->result == DECODE_OK)
		put_colon(s);
	if (!summary_next(p, l) && l->result == DECODE_OK)
		outbuf_printf(s->out, "geneve-proto-0x%x", get_be16(h + 2));
}

static NAMED_VALUES(gtp_messages,
	(1, "Echo Request"), (2, "Echo Response"), (16, "Create PDP Context Request"),
	(17, "Create PDP Context Response"), (18, "Update PDP Context Request"), (19, "Update PDP Context Response"),
	(20, "Delete PDP Context Request"), (21, "Delete PDP Context Response"), (26, "Error Indication"),
	(31, "Supported Extension Headers Notification"), (254, "End Marker"), (255, "G-PDU")
);

void gtp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const char *name = named_value(&gtp_messages, l->aux[1]);
	const uint8_t *h;

	put_number(s->out, "UDP, length ", summary_outer_len(p, l));
	if (packet_bytes(p, l, &h) < 8)
		return;
	put_number(s->out, ": GTPv", h[0] >> 5);
	outbuf_str(s->out, ", ");
	if (name)
		outbuf_str(s->out, name);
	else
		put_number(s->out, "message ", l->aux[1]);
	if (h[0] >> 5 == 1)
		outbuf_printf(s->out, ", teid 0x%08x", get_be32(h + 4));
	if (summary_next(p, l))
		outbuf_str(s->out, ": ");
}

void teredo_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	put_number(s->out, "UDP, length ", summary_outer_len(p, l));
	outbuf_str(s->out, summary_next(p, l) ? ": Teredo: " : ": Teredo");
}

void capwap_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	put_number(s->out, "UDP, length ", summary_outer_len(p, l));
	outbuf_str(s->out, l->aux[0] ? ": CAPWAP control" : summary_next(p, l) ? ": CAPWAP: " : ": CAPWAP");
}

/* ---- L2TP ---------------------------------------------------------------------------- */

static NAMED_VALUES(l2tp_messages,
	(1, "SCCRQ"), (2, "SCCRP"), (3, "SCCCN"), (4, "StopCCN"), (6, "HELLO"), (7, "OCRQ"), (8, "OCRP"),
	(9, "OCCN"), (10, "ICRQ"), (11, "ICRP"), (12, "ICCN"), (14, "CDN"), (15, "WEN"), (16, "SLI")
);

/* The first value of a control message is its type: |flags and length 16|vendor 16|attribute 16|value| */
static void put_l2tp_message(struct outbuf *o, struct cursor c)
{
	const uint8_t *avp = cursor_peek(&c, 8);
	const char *name;

	if (!cursor_left(&c))
		outbuf_str(o, " ZLB");
	if (!avp || get_be16(avp + 2) || get_be16(avp + 4))
		return;
	name = named_value(&l2tp_messages, get_be16(avp + 6));
	outbuf_printf(o, " %sMSGTYPE(", avp[0] & 0x80 ? "*" : "");
	if (name)
		outbuf_str(o, name);
	else
		outbuf_u64(o, get_be16(avp + 6));
	outbuf_char(o, ')');
}

void l2tp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const struct { uint16_t bit; char letter; } letters[] = {
		{ 0x8000, 'T' }, { 0x4000, 'L' }, { 0x0800, 'S' }, { 0x0200, 'O' }, { 0x0100, 'P' },
	};
	struct cursor c = packet_cursor(p, l);
	unsigned flags = cursor_be16(&c);

	outbuf_str(s->out, " l2tp:");
	if ((flags & 15) == 3) {
		put_number(s->out, "v3, length ", summary_outer_len(p, l));
		return;
	}
	outbuf_char(s->out, '[');
	for (unsigned i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (flags & letters[i].bit)
			outbuf_char(s->out, letters[i].letter);
	outbuf_char(s->out, ']');
	if (flags & 0x4000)
		cursor_skip(&c, 2);
	if (!cursor_peek(&c, 4))
		return;
	put_number(s->out, "(", cursor_be16(&c));
	put_number(s->out, "/", cursor_be16(&c));
	outbuf_char(s->out, ')');
	if (flags & 0x0800) {
		if (!cursor_peek(&c, 4))
			return;
		put_number(s->out, "Ns=", cursor_be16(&c));
		put_number(s->out, ",Nr=", cursor_be16(&c));
	}
	if (flags & 0x8000)
		put_l2tp_message(s->out, packet_payload(p, l));
	else if (summary_next(p, l))
		outbuf_str(s->out, " {");
}
