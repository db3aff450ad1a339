/* SPDX-License-Identifier: MIT */
/*
 * Spanning tree: what bridges tell each other to make a tree of a net of links. Classic (version 0), rapid (2), multiple
 * (3) and shortest path (4) have the same first 35 bytes; Cisco sends one tree per VLAN in SNAP (PVST).
 *
 *	|protocol 16 = 0|version 8|type 8|                                           type 0x80: a change of topology, no more
 *	|flags 8|root 64|cost 32|bridge 64|port 16|age 16|max age 16|hello 16|delay 16|   times in 1/256 s
 *	|version 1 length 8 = 0|version 3 length 16|MST configuration 51|...|MST instances, 16 each|
 *
 * IEEE 802.1D-2004 clause 9.3, IEEE 802.1Q-2014 clause 14.4. aux[0]: version, aux[1]: type.
 */
#include "parts.h"
#include "summary.h"

enum {
	PROTOCOL, VERSION, TYPE, FLAGS, TC_ACK, AGREEMENT, FORWARDING, LEARNING, ROLE, PROPOSAL, TC, ROOT_PRIO, ROOT_EXT, ROOT_HW,
	COST, BRIDGE_PRIO, BRIDGE_EXT, BRIDGE_HW, PORT, AGE, MAX_AGE, HELLO, FORWARD, V1_LENGTH, PVST_TYPE, PVST_LEN, PVST_VLAN,
	V3_LENGTH, M_SELECTOR, M_NAME, M_REVISION, M_DIGEST, M_COST, M_BRIDGE_PRIO, M_BRIDGE_EXT, M_BRIDGE_HW, M_HOPS, I_FLAGS,
	I_ID, I_ROOT_HW, I_COST, I_BRIDGE_PRIO, I_PORT_PRIO, I_HOPS
};
enum { CONFIG = 0x00, RAPID = 0x02, CHANGE = 0x80 };
enum { SHORT = 4, HEADER = 35, MST_AT = 39, MST = 64, INSTANCE = 16 };
enum { V_CLASSIC = 0, V_RAPID = 2, V_MULTIPLE = 3, V_SHORTEST = 4 };
enum { PIECE_MST, PIECE_INSTANCE, PIECE_PVST, PIECE_FLAGS, PIECE_RAPID };

/* What the version says is there; what was not kept is missed here. */
static uint32_t header_len(const uint8_t *h)
{
	if (get_be16(h) || h[3] == CHANGE || (h[3] != CONFIG && h[3] != RAPID))
		return SHORT;
	return h[3] == CONFIG || h[2] < V_RAPID ? HEADER : HEADER + 1;
}

static enum decode_result stp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, SHORT);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[2];
	l->aux[1] = h[3];
	if (!decode_take(d, header_len(h)))
		return cursor_short(&d->c);
	if (l->aux[0] < V_MULTIPLE || l->aux[1] != RAPID)
		return DECODE_OK;
	if (cursor_left(&d->c) >= 2) /* what follows, as far as version 3 says */
		decode_take(d, get_be16(d->c.pos) + 2u);
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

static bool get_after(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	bool first = f->offset == HEADER; /* one byte, in all that are rapid; the other has two */
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < f->offset + (first ? 1u : 2u) || l->aux[1] != RAPID)
		return false;
	v->u = first ? h[HEADER] : get_be16(h + f->offset);
	return first || (l->aux[0] >= V_MULTIPLE && l->hlen >= HEADER + 3);
}

static const struct part parts[] = {
	{ PIECE_MST, M_SELECTOR, 1 }, { PIECE_MST, M_NAME, 32 }, { PIECE_MST, M_REVISION, 2 }, { PIECE_MST, M_DIGEST, 16 },
	{ PIECE_MST, M_COST, 4 }, { PIECE_MST, M_BRIDGE_PRIO, 2 }, { PIECE_MST, M_BRIDGE_EXT, 2 }, { PIECE_MST, M_BRIDGE_HW, 6 },
	{ PIECE_MST, M_HOPS, 1 }, { PIECE_INSTANCE, I_FLAGS, 1 }, { PIECE_INSTANCE, I_ID, 2 }, { PIECE_INSTANCE, I_ROOT_HW, 6 },
	{ PIECE_INSTANCE, I_COST, 4 }, { PIECE_INSTANCE, I_BRIDGE_PRIO, 1 }, { PIECE_INSTANCE, I_PORT_PRIO, 1 },
	{ PIECE_INSTANCE, I_HOPS, 1 }, { PIECE_PVST, PVST_TYPE, 2 }, { PIECE_PVST, PVST_LEN, 2 }, { PIECE_PVST, PVST_VLAN, 2 },
	{ PIECE_FLAGS, TC_ACK, 1 }, { PIECE_FLAGS, TC, 1 }, { PIECE_RAPID, AGREEMENT, 1 }, { PIECE_RAPID, FORWARDING, 1 },
	{ PIECE_RAPID, LEARNING, 1 }, { PIECE_RAPID, ROLE, 1 }, { PIECE_RAPID, PROPOSAL, 1 },
};

/* Bits of the rapid kind are not in a classic one; the instances have flags of their own. */
static void walk_flags(struct walk *w, const struct layer *l, const uint8_t *flags)
{
	walk_parts(w, parts, PIECE_FLAGS, flags, 1);
	if (l->aux[1] == RAPID)
		walk_parts(w, parts, PIECE_RAPID, flags, 1);
}

static void stp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (l->hlen < HEADER)
		return;
	walk_flags(w, l, h + 4);
	if (l->aux[1] != RAPID)
		return;
	if (l[-1].proto == PROTO_llc && l[-1].aux[1] && n >= HEADER + 7) { /* SNAP: one tree per VLAN */
		walk_parts(w, parts, PIECE_PVST, h + HEADER + 1, n - HEADER - 1);
		return;
	}
	if (l->aux[0] < V_MULTIPLE || n < MST_AT - 1)
		return;
	if (n > l->hlen)
		n = l->hlen;
	if (n < MST_AT - 1 + MST)
		return;
	walk_parts(w, parts, PIECE_MST, h + MST_AT - 1, MST);
	for (uint32_t at = MST_AT - 1 + MST; at + INSTANCE <= n; at += INSTANCE) {
		walk_flags(w, l, h + at);
		walk_parts(w, parts, PIECE_INSTANCE, h + at, INSTANCE);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(flags_long,
	(0x01, "Topology change"), (0x02, "Proposal"), (0x10, "Learn"), (0x20, "Forward"), (0x40, "Agreement"),
	(0x80, "Topology change ACK")
);
static const char roles[][11] = { "Unknown", "Alternate", "Root", "Designated" };

static void put_flags(struct outbuf *o, unsigned flags)
{
	bool any = false;

	outbuf_str(o, "Flags [");
	for (struct named_value f = { 0 }; named_values_next(&flags_long, &f);)
		if (flags & f.value) {
			outbuf_str(o, any ? ", " : "");
			outbuf_str(o, f.name);
			any = true;
		}
	outbuf_str(o, any ? "]" : "none]");
}

/* "8001.00:1f:6d:96:ec:00" */
static void put_bridge(struct outbuf *o, const char *label, const uint8_t *id)
{
	outbuf_str(o, label);
	outbuf_hex(o, get_be16(id), 4);
	outbuf_char(o, '.');
	outbuf_mac(o, id + 2);
}

static void put_time(struct outbuf *o, const char *label, const uint8_t *t)
{
	outbuf_printf(o, "%s%u.%02us", label, t[0], (t[1] * 100u + 128) / 256);
}

static void put_times(struct outbuf *o, const uint8_t *h)
{
	put_time(o, "\n\tmessage-age ", h + 27);
	put_time(o, ", max-age ", h + 29);
	put_time(o, ", hello-time ", h + 31);
	put_time(o, ", forwarding-delay ", h + 33);
}

static void put_tree(struct summary *s, const uint8_t *h, uint32_t length)
{
	struct outbuf *o = s->out;

	outbuf_str(o, ", ");
	put_flags(o, h[4]);
	put_bridge(o, ", bridge-id ", h + 17);
	outbuf_printf(o, ".%04x, length %u", get_be16(h + 25), length);
	if (!s->verbose)
		return;
	put_times(o, h);
	put_bridge(o, "\n\troot-id ", h + 5);
	outbuf_printf(o, ", root-pathcost %u", get_be32(h + 13));
	if (h[3] == RAPID)
		outbuf_printf(o, ", port-role %s", roles[h[4] >> 2 & 3]);
}

static void put_instance(struct outbuf *o, const uint8_t *i)
{
	outbuf_printf(o, "\n\tMSTI %u, ", get_be16(i + 1) & 0xfff);
	put_flags(o, i[0]);
	outbuf_printf(o, ", port-role %s", roles[i[0] >> 2 & 3]);
	put_bridge(o, "\n\t\tMSTI regional-root-id ", i + 1);
	outbuf_printf(o, ", pathcost %u\n\t\tMSTI bridge-prio %u, port-prio %u, hops %u", get_be32(i + 9), i[13] >> 4,
		      i[14] >> 4, i[15]);
}

static void put_trees(struct summary *s, const struct layer *l, const uint8_t *h, uint32_t n)
{
	struct outbuf *o = s->out;
	const uint8_t *m = h + MST_AT - 1;

	outbuf_str(o, ", CIST ");
	put_flags(o, h[4]);
	outbuf_printf(o, ", length %u", l->wire_end - l->off);
	if (!s->verbose)
		return;
	outbuf_printf(o, "\n\tport-role %s, ", roles[h[4] >> 2 & 3]);
	put_bridge(o, "CIST root-id ", h + 5);
	outbuf_printf(o, ", CIST ext-pathcost %u", get_be32(h + 13));
	put_bridge(o, "\n\tCIST regional-root-id ", h + 17);
	outbuf_printf(o, ", CIST port-id %04x,", get_be16(h + 25));
	put_times(o, h);
	outbuf_printf(o, "\n\tv3len %u, MCID Name ", get_be16(h + HEADER + 1));
	outbuf_escaped(o, m + 1, strnlen((const char *)m + 1, 32));
	outbuf_printf(o, ", rev %u,\n\t\tdigest ", get_be16(m + 33));
	outbuf_hexbytes(o, m + 35, 16, 0);
	outbuf_printf(o, ", CIST int-root-pathcost %u,", get_be32(m + 51));
	put_bridge(o, "\n\tCIST bridge-id ", m + 55);
	outbuf_printf(o, ", CIST remaining-hops %u", m[63]);
	for (uint32_t at = MST_AT - 1 + MST; at + INSTANCE <= n; at += INSTANCE)
		put_instance(o, h + at);
}

static void stp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(versions,
		(V_CLASSIC, "802.1d"), (V_RAPID, "802.1w"), (V_MULTIPLE, "802.1s"), (V_SHORTEST, "802.1aq")
	);
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), length = l->wire_end - l->off;

	if (n < SHORT)
		return;
	if (get_be16(h)) {
		outbuf_printf(o, "unknown STP version, length %u", length);
		return;
	}
	if (!named_value(&versions, h[2])) {
		outbuf_printf(o, "STP Unknown STP protocol (0x%02x)", h[2]);
		return;
	}
	outbuf_printf(o, "STP %s", named_value(&versions, h[2]));
	if (h[3] != CONFIG && h[3] != RAPID) {
		if (h[3] == CHANGE)
			outbuf_str(o, ", Topology Change");
		else
			outbuf_printf(o, ", Unknown BPDU Type (0x%02x)", h[3]);
		return;
	}
	outbuf_str(o, h[3] == CONFIG ? ", Config" : ", Rapid STP");
	if (n < header_len(h))
		return;
	if (h[3] == RAPID && h[2] >= V_MULTIPLE && n >= MST_AT - 1 + MST)
		put_trees(s, l, h, l->hlen < n ? l->hlen : n);
	else
		put_tree(s, h, length);
}

/* ---- tables ------------------------------------------------------------------------------ */

#define FLAG(ty, n, msk, lab) PART_BITS(ty, n, 0, msk, lab)
/* not shifted: 32768, as people know it */
#define PRIORITY(n, off, wid, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .offset = off, .width = wid, .mask = 0xf000)

FIELD_TABLE(stp_fields,
	(PROTOCOL, FIELD_FIXED_HEX("stp.protocol", 0, 2, "Protocol")),
	(VERSION, FIELD_FIXED(FIELD_UINT, "stp.version", 2, 1, "Version")),
	(TYPE, FIELD_FIXED_HEX("stp.type", 3, 1, "Type")),
	(FLAGS, FIELD_FIXED_HEX("stp.flags", 4, 1, "Flags")),
	(TC_ACK, FLAG(FIELD_BOOL, "stp.flags.tcack", 0x80, "Change of topology acknowledged")),
	(AGREEMENT, FLAG(FIELD_BOOL, "stp.flags.agreement", 0x40, "Agreement")),
	(FORWARDING, FLAG(FIELD_BOOL, "stp.flags.forwarding", 0x20, "The port forwards")),
	(LEARNING, FLAG(FIELD_BOOL, "stp.flags.learning", 0x10, "The port learns")),
	(ROLE, FLAG(FIELD_UINT, "stp.flags.port_role", 0x0c, "Role of the port")),
	(PROPOSAL, FLAG(FIELD_BOOL, "stp.flags.proposal", 0x02, "Proposal")),
	(TC, FLAG(FIELD_BOOL, "stp.flags.tc", 0x01, "Change of topology")),
	(ROOT_PRIO, PRIORITY("stp.root.prio", 5, 2, "Priority of the root")),
	(ROOT_EXT, FIELD_BITS(FIELD_UINT, "stp.root.ext", 5, 2, 0x0fff, "Tree (VLAN) of the root")),
	(ROOT_HW, FIELD_FIXED(FIELD_ETHER, "stp.root.hw", 7, 6, "Address of the root")),
	(COST, FIELD_FIXED(FIELD_UINT, "stp.root.cost", 13, 4, "Cost of the path to the root")),
	(BRIDGE_PRIO, PRIORITY("stp.bridge.prio", 17, 2, "Priority of the bridge")),
	(BRIDGE_EXT, FIELD_BITS(FIELD_UINT, "stp.bridge.ext", 17, 2, 0x0fff, "Tree (VLAN) of the bridge")),
	(BRIDGE_HW, FIELD_FIXED(FIELD_ETHER, "stp.bridge.hw", 19, 6, "Address of the bridge")),
	(PORT, FIELD_FIXED_HEX("stp.port", 25, 2, "Port")),
	/* the first of the two bytes: whole seconds */
	(AGE, FIELD_FIXED(FIELD_UINT, "stp.msg_age", 27, 1, "Age of the message, s")),
	(MAX_AGE, FIELD_FIXED(FIELD_UINT, "stp.max_age", 29, 1, "Greatest age, s")),
	(HELLO, FIELD_FIXED(FIELD_UINT, "stp.hello", 31, 1, "Hello time, s")),
	(FORWARD, FIELD_FIXED(FIELD_UINT, "stp.forward", 33, 1, "Forward delay, s")),
	(V1_LENGTH, FIELD_HAS("stp.version_1_length", "Length of version 1", (.get = get_after), .type = FIELD_UINT,
		.offset = HEADER)),
	(PVST_TYPE, PART_HEX("stp.pvst.tlvtype", 0, 4, "Type of a value of PVST")),
	(PVST_LEN, PART_FIELD(FIELD_UINT, "stp.pvst.tlvlen", 2, "Length of a value of PVST")),
	(PVST_VLAN, PART_FIELD(FIELD_UINT, "stp.pvst.origvlan", 4, "VLAN of the tree")),
	(V3_LENGTH, FIELD_HAS("mstp.version_3_length", "Length of version 3", (.get = get_after), .type = FIELD_UINT,
		.offset = HEADER + 1)),
	(M_SELECTOR, PART_FIELD(FIELD_UINT, "mstp.config_format_selector", 0, "Format of the MST configuration")),
	(M_NAME, PART_FIELD(FIELD_STRING, "mstp.config_name", 1, "Name of the MST configuration")),
	(M_REVISION, PART_FIELD(FIELD_UINT, "mstp.config_revision_level", 33, "Revision of the MST configuration")),
	(M_DIGEST, PART_FIELD(FIELD_BYTES, "mstp.config_digest", 35, "Digest of the MST configuration")),
	(M_COST, PART_FIELD(FIELD_UINT, "mstp.cist_internal_root_path_cost", 51, "Cost of the path inside the region")),
	(M_BRIDGE_PRIO, FIELD_PLAIN("mstp.cist_bridge.prio", "Priority of the CIST bridge", .type = FIELD_UINT, .offset = 55,
		.mask = 0xf000)),
	(M_BRIDGE_EXT, PART_BITS(FIELD_UINT, "mstp.cist_bridge.ext", 55, 0x0fff, "Tree of the CIST bridge")),
	(M_BRIDGE_HW, PART_FIELD(FIELD_ETHER, "mstp.cist_bridge.hw", 57, "Address of the CIST bridge")),
	(M_HOPS, PART_FIELD(FIELD_UINT, "mstp.cist_remaining_hops", 63, "Remaining hops of the CIST")),
	(I_FLAGS, PART_HEX("mstp.msti.flags", 0, 2, "Flags of an instance")),
	(I_ID, PART_BITS(FIELD_UINT, "mstp.msti.msti_id", 1, 0x0fff, "Instance")),
	(I_ROOT_HW, PART_FIELD(FIELD_ETHER, "mstp.msti.root.hw", 3, "Regional root of the instance")),
	(I_COST, PART_FIELD(FIELD_UINT, "mstp.msti.root_cost", 9, "Cost of the path to the regional root")),
	(I_BRIDGE_PRIO, PART_BITS(FIELD_UINT, "mstp.msti.bridge_priority", 13, 0xf0, "Priority of the bridge in the instance")),
	(I_PORT_PRIO, PART_BITS(FIELD_UINT, "mstp.msti.port_priority", 14, 0xf0, "Priority of the port in the instance")),
	(I_HOPS, PART_FIELD(FIELD_UINT, "mstp.msti.remaining_hops", 15, "Remaining hops of the instance"))
);

static const struct claim stp_claims[] = {
	{ CLAIM_LLC_SAP, 0x42 }, { CLAIM_CISCO_PID, 0x010b }, { CLAIM_PPP, 0x0031 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_stp = {
	.name = "stp",
	.column = "STP",
	.title = "Spanning Tree Protocol",
	.reference = "IEEE 802.1D, IEEE 802.1Q",
	.decode = stp_decode,
	PROTOCOL_WALK(stp_walk),
	.summary = stp_summary,
	PROTOCOL_FIELDS(stp_fields),
	.claims = stp_claims,
};
