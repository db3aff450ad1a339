/* SPDX-License-Identifier: MIT */
/*
 * IS-IS: routers (intermediate systems) find their neighbours and flood what they know. ISO/IEC 10589, RFC 1195 (IP),
 * RFC 5305 (wide metrics). One header, four kinds of message, values |type 8|length 8|...| behind:
 *
 *	|83|header length 8|version 8|system id length 8|type 8|version 8|0|areas 8|
 *	hello  |circuit 8|source 48|holding 16|length 16| LAN: |priority 8|LAN 56|   point to point: |circuit 8|
 *	LSP    |length 16|lifetime 16|LSP 64|sequence 32|checksum 16|flags 8|
 *	CSNP   |length 16|source 56|start 64|end 64|        PSNP   |length 16|source 56|
 *
 * aux[0]: the type. Only system identifiers of six bytes, which are the ones in use, are read.
 */
#include "parts.h"
#include "summary.h"

enum {
	IRPD, LEN, VERSION, SYSID_LEN, RESERVED_3, TYPE, VERSION2, RESERVED, MAX_AREA, H_CIRCUIT, H_RESERVED, H_SOURCE, H_HOLDING,
	H_LENGTH, H_PRIORITY, H_LAN_ID, H_LOCAL, H_CLV_TYPE, H_CLV_LEN, H_RESTART, H_RESTART_SA, H_RESTART_RA, H_RESTART_RR,
	H_ADJACENCY, H_NLPID, H_AREA, H_IPV4, H_IPV6, H_NEIGHBOR, L_LENGTH, L_LIFE, L_ID, L_SEQ, L_CHECKSUM, L_PARTITION, L_ATT,
	L_OVERLOAD, L_IS_TYPE, L_CLV_TYPE, L_CLV_LEN, L_NLPID, L_AREA, L_IPV4, L_HOSTNAME, L_REACH_PREFIX, L_REACH_METRIC,
	L_REACH_IE, L_REACH_UP, L_EIS_METRIC, L_EIS_IE, L_EIS_NEIGHBOR, L_EXT_NEIGHBOR, L_EXT_METRIC, L_WIDE_PREFIX, L_WIDE_METRIC,
	C_LENGTH, C_SOURCE, C_CIRCUIT, C_START, C_END, C_CLV_TYPE, C_CLV_LEN, P_LENGTH, P_SOURCE, P_CIRCUIT, P_CLV_TYPE,
	P_CLV_LEN, E_ID, E_SEQ, E_LIFE, E_CHECKSUM
};
enum { HEADER = 8, DISCRIMINATOR = 0x83, SYSTEM_ID = 6, LSP_ID = 8 };
enum { L1_LAN = 15, L2_LAN = 16, P2P = 17, L1_LSP = 18, L2_LSP = 20, L1_CSNP = 24, L2_CSNP = 25, L1_PSNP = 26, L2_PSNP = 27 };
enum {
	V_AREA = 1, V_IS_REACH = 2, V_NEIGHBOR = 6, V_ENTRIES = 9, V_EXT_IS_REACH = 22, V_IP_INTERNAL = 128, V_PROTOCOLS = 129,
	V_IP_EXTERNAL = 130, V_IPV4 = 132, V_WIDE_IP = 135, V_HOSTNAME = 137, V_RESTART = 211, V_IPV6 = 232, V_ADJACENCY = 240
};
enum kind { HELLO, LSP, CSNP, PSNP, UNKNOWN };

static enum kind kind_of(unsigned type)
{
	switch (type) {
	case L1_LAN:
	case L2_LAN:
	case P2P: return HELLO;
	case L1_LSP:
	case L2_LSP: return LSP;
	case L1_CSNP:
	case L2_CSNP: return CSNP;
	case L1_PSNP:
	case L2_PSNP: return PSNP;
	default: return UNKNOWN;
	}
}

/* Bytes of the fixed part, behind the common header. */
static unsigned fixed_len(unsigned type)
{
	static const uint8_t len[] = { [HELLO] = 19, [LSP] = 19, [CSNP] = 25, [PSNP] = 9, [UNKNOWN] = 0 };

	return type == P2P ? 12 : len[kind_of(type)];
}

static enum decode_result isis_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER), *fixed;
	unsigned len, size;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[4] & 31;
	size = fixed_len(l->aux[0]);
	if (!size || (h[3] && h[3] != SYSTEM_ID))
		return DECODE_OK; /* what we cannot read is not wrong */
	fixed = decode_take(d, size);
	if (!fixed)
		return cursor_short(&d->c);
	len = get_be16(fixed + (kind_of(l->aux[0]) == HELLO ? 9 : 0));
	if (len < HEADER + size)
		return DECODE_MALFORMED;
	return decode_limit(d, len - HEADER - size) || d->fragment || d->quoted ? DECODE_OK : DECODE_MALFORMED;
}

static const char *isis_column(const struct packet *p, const struct layer *l)
{
	static const char names[][11] = { "ISIS HELLO", "ISIS LSP", "ISIS CSNP", "ISIS PSNP", "ISIS" };

	(void)p;
	return names[kind_of(l->aux[0])];
}

/* The pieces are the kinds of message, and behind them some values by type. */
enum { OF_P2P = UNKNOWN + 1, OF_LAN, OF_ENTRY, OF_REACH, OF_VALUE_HELLO = 0x100 };
static const struct part parts[] = {
	{ HELLO, H_CIRCUIT, 1 }, { HELLO, H_RESERVED, 1 }, { HELLO, H_HOLDING, 2 }, { HELLO, H_LENGTH, 2 }, { OF_P2P, H_LOCAL, 1 },
	{ OF_LAN, H_PRIORITY, 1 }, { LSP, L_LENGTH, 2 }, { LSP, L_LIFE, 2 }, { LSP, L_SEQ, 4 }, { LSP, L_CHECKSUM, 2 },
	{ LSP, L_PARTITION, 1 }, { LSP, L_ATT, 1 }, { LSP, L_OVERLOAD, 1 }, { LSP, L_IS_TYPE, 1 }, { CSNP, C_LENGTH, 2 },
	{ CSNP, C_CIRCUIT, 1 }, { PSNP, P_LENGTH, 2 }, { PSNP, P_CIRCUIT, 1 }, { OF_ENTRY, E_LIFE, 2 }, { OF_ENTRY, E_SEQ, 4 },
	{ OF_ENTRY, E_CHECKSUM, 2 }, { OF_REACH, L_REACH_METRIC, 1 }, { OF_REACH, L_REACH_IE, 1 }, { OF_REACH, L_REACH_UP, 1 },
	{ OF_REACH, L_REACH_PREFIX, 4 }, { OF_VALUE_HELLO + V_RESTART, H_RESTART, 1 }, { OF_VALUE_HELLO + V_RESTART, H_RESTART_SA, 1 },
	{ OF_VALUE_HELLO + V_RESTART, H_RESTART_RA, 1 }, { OF_VALUE_HELLO + V_RESTART, H_RESTART_RR, 1 },
	{ OF_VALUE_HELLO + V_ADJACENCY, H_ADJACENCY, 1 },
};

/* "1111.1111.1111.00-00": a system, with more bytes its circuit and the fragment of its LSP */
static void put_id(struct outbuf *o, const uint8_t *id, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		if (i && i < SYSTEM_ID + 1 && !(i & 1))
			outbuf_char(o, '.');
		else if (i > SYSTEM_ID)
			outbuf_char(o, '-');
		outbuf_hex(o, id[i], 2);
	}
}

static void walk_id(struct walk *w, unsigned field, const uint8_t *id, unsigned len)
{
	enum { SIZE = 24 };
	uint8_t *text;
	struct outbuf o;

	if (!walk_wants(w, field) || !(text = packet_scratch(w->p, SIZE)))
		return;
	outbuf_fixed(&o, (char *)text, SIZE);
	put_id(&o, id, len);
	walk_bytes(w, field, text, (uint32_t)outbuf_len(&o));
}

static void walk_list(struct walk *w, unsigned field, const uint8_t *v, unsigned len, unsigned size)
{
	for (; len >= size; v += size, len -= size)
		size == 1 ? walk_uint(w, field, *v) : walk_bytes(w, field, v, size);
}

/* |length 8|address| ...: a value is shown with its length, as Wireshark has it */
static void walk_areas(struct walk *w, unsigned field, const uint8_t *v, unsigned len)
{
	while (len && *v < len) {
		walk_bytes(w, field, v, *v + 1u);
		len -= *v + 1u;
		v += *v + 1u;
	}
}

/* Wide metrics carry as many bytes of a prefix as it has, and may have values of their own behind. */
static void walk_wide_prefixes(struct walk *w, struct cursor c)
{
	const uint8_t *h, *prefix, *sub;
	uint8_t *address;

	while ((h = cursor_take(&c, 5)) && (h[4] & 63) <= 32 && (prefix = cursor_take(&c, ((h[4] & 63u) + 7) / 8))) {
		walk_uint(w, L_WIDE_METRIC, get_be32(h));
		if (walk_wants(w, L_WIDE_PREFIX) && (address = packet_scratch(w->p, 4))) {
			memset(address, 0, 4);
			memcpy(address, prefix, ((h[4] & 63u) + 7) / 8);
			walk_bytes(w, L_WIDE_PREFIX, address, 4);
		}
		if (h[4] & 0x40 && (!(sub = cursor_take(&c, 1)) || !cursor_skip(&c, *sub)))
			return;
	}
}

static void walk_wide_neighbors(struct walk *w, struct cursor c)
{
	const uint8_t *n;

	while ((n = cursor_take(&c, 11))) {
		walk_id(w, L_EXT_NEIGHBOR, n, SYSTEM_ID + 1);
		walk_uint(w, L_EXT_METRIC, get_be24(n + 7));
		if (!cursor_skip(&c, n[10]))
			return;
	}
}

static void walk_hello_value(struct walk *w, unsigned type, const uint8_t *v, unsigned len)
{
	walk_uint(w, H_CLV_TYPE, type);
	walk_uint(w, H_CLV_LEN, len);
	walk_parts(w, parts, OF_VALUE_HELLO + type, v, len);
	switch (type) {
	case V_AREA: walk_areas(w, H_AREA, v, len); break;
	case V_NEIGHBOR: walk_list(w, H_NEIGHBOR, v, len, 6); break;
	case V_PROTOCOLS: walk_list(w, H_NLPID, v, len, 1); break;
	case V_IPV4: walk_list(w, H_IPV4, v, len, 4); break;
	case V_IPV6: walk_list(w, H_IPV6, v, len, 16); break;
	}
}

static void walk_lsp_value(struct walk *w, unsigned type, const uint8_t *v, unsigned len)
{
	walk_uint(w, L_CLV_TYPE, type);
	walk_uint(w, L_CLV_LEN, len);
	switch (type) {
	case V_AREA: walk_areas(w, L_AREA, v, len); break;
	case V_PROTOCOLS: walk_list(w, L_NLPID, v, len, 1); break;
	case V_IPV4: walk_list(w, L_IPV4, v, len, 4); break;
	case V_HOSTNAME: walk_bytes(w, L_HOSTNAME, v, len); break;
	case V_IP_INTERNAL:
	case V_IP_EXTERNAL:
		for (; len >= 12; v += 12, len -= 12)
			walk_parts(w, parts, OF_REACH, v, 12);
		break;
	case V_IS_REACH:
		for (unsigned at = 1; at + 11 <= len; at += 11) {
			walk_uint(w, L_EIS_METRIC, v[at] & 63);
			walk_uint(w, L_EIS_IE, v[at] >> 6 & 1);
			walk_id(w, L_EIS_NEIGHBOR, v + at + 4, SYSTEM_ID + 1);
		}
		break;
	case V_EXT_IS_REACH: walk_wide_neighbors(w, cursor_over(v, len, false)); break;
	case V_WIDE_IP: walk_wide_prefixes(w, cursor_over(v, len, false)); break;
	}
}

static void walk_snp_value(struct walk *w, enum kind kind, unsigned type, const uint8_t *v, unsigned len)
{
	walk_uint(w, kind == CSNP ? C_CLV_TYPE : P_CLV_TYPE, type);
	walk_uint(w, kind == CSNP ? C_CLV_LEN : P_CLV_LEN, len);
	for (; type == V_ENTRIES && len >= 16; v += 16, len -= 16) {
		walk_parts(w, parts, OF_ENTRY, v, 16);
		walk_id(w, E_ID, v + 2, LSP_ID);
	}
}

static void walk_fixed(struct walk *w, unsigned type, enum kind kind, const uint8_t *f, unsigned len)
{
	walk_parts(w, parts, kind, f, len);
	switch (kind) {
	case HELLO:
		walk_id(w, H_SOURCE, f + 1, SYSTEM_ID);
		walk_parts(w, parts, type == P2P ? OF_P2P : OF_LAN, f, len);
		if (type != P2P) {
			walk_uint(w, H_RESERVED, f[11] >> 7);
			walk_id(w, H_LAN_ID, f + 12, SYSTEM_ID + 1);
		}
		break;
	case LSP: walk_id(w, L_ID, f + 4, LSP_ID); break;
	case CSNP:
		walk_id(w, C_START, f + 9, LSP_ID);
		walk_id(w, C_END, f + 17, LSP_ID);
		walk_id(w, C_SOURCE, f + 2, SYSTEM_ID);
		break;
	default: walk_id(w, P_SOURCE, f + 2, SYSTEM_ID);
	}
}

static void isis_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned size = fixed_len(l->aux[0]);
	enum kind kind = kind_of(l->aux[0]);
	const uint8_t *f, *t, *v;

	if (l->hlen < HEADER + size || !size || !cursor_skip(&c, HEADER) || !(f = cursor_take(&c, size)))
		return;
	walk_fixed(w, l->aux[0], kind, f, size);
	while ((t = cursor_take(&c, 2)) && (v = cursor_take(&c, t[1]))) {
		if (kind == HELLO)
			walk_hello_value(w, t[0], v, t[1]);
		else if (kind == LSP)
			walk_lsp_value(w, t[0], v, t[1]);
		else
			walk_snp_value(w, kind, t[0], v, t[1]);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(types,
	(L1_LAN, "L1 Lan IIH"), (L2_LAN, "L2 Lan IIH"), (P2P, "p2p IIH"), (L1_LSP, "L1 LSP"), (L2_LSP, "L2 LSP"),
	(L1_CSNP, "L1 CSNP"), (L2_CSNP, "L2 CSNP"), (L1_PSNP, "L1 PSNP"), (L2_PSNP, "L2 PSNP")
);

static void isis_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const char *name = named_value(&types, l->aux[0]);
	struct outbuf *o = s->out;
	const uint8_t *h, *f;
	uint32_t n = packet_bytes(p, l, &h);

	outbuf_str(o, "IS-IS");
	if (n < HEADER)
		return;
	if (!name) {
		outbuf_printf(o, ", unknown PDU-Type %u, length %u", l->aux[0], summary_outer_len(p, l));
		return;
	}
	outbuf_printf(o, ", %s", name);
	if (n < HEADER + fixed_len(l->aux[0]) || l->hlen == HEADER)
		return;
	f = h + HEADER;
	switch (kind_of(l->aux[0])) {
	case HELLO:
		outbuf_str(o, ", src-id ");
		put_id(o, f + 1, SYSTEM_ID);
		if (l->aux[0] == P2P)
			break;
		outbuf_str(o, ", lan-id ");
		put_id(o, f + 12, SYSTEM_ID + 1);
		outbuf_printf(o, ", prio %u", f[11] & 127);
		break;
	case LSP:
		outbuf_str(o, ", lsp-id ");
		put_id(o, f + 4, LSP_ID);
		outbuf_printf(o, ", seq 0x%08x, lifetime %5us", get_be32(f + 12), get_be16(f + 2));
		break;
	default:
		outbuf_str(o, ", src-id ");
		put_id(o, f + 2, SYSTEM_ID + 1);
	}
	outbuf_printf(o, ", length %u", summary_outer_len(p, l));
}

/* ---- tables ------------------------------------------------------------------------------ */

#define ID(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define UINT(n, off, lab) PART_FIELD(FIELD_UINT, n, off, lab)

FIELD_TABLE(isis_fields,
	(IRPD, FIELD_FIXED_HEX("isis.irpd", 0, 1, "Discriminator")),
	(LEN, FIELD_FIXED(FIELD_UINT, "isis.len", 1, 1, "Length of the header")),
	(VERSION, FIELD_FIXED(FIELD_UINT, "isis.version", 2, 1, "Version of the protocol")),
	(SYSID_LEN, FIELD_FIXED(FIELD_UINT, "isis.sysid_len", 3, 1, "Length of a system identifier")),
	(RESERVED_3, FIELD_PLAIN("isis.type.reserved", "Reserved", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 4,
		.width = 1, .mask = 0xe0, .shift = 5)),
	(TYPE, FIELD_BITS(FIELD_UINT, "isis.type", 4, 1, 0x1f, "Type")),
	(VERSION2, FIELD_FIXED(FIELD_UINT, "isis.version2", 5, 1, "Version")),
	(RESERVED, FIELD_FIXED(FIELD_UINT, "isis.reserved", 6, 1, "Reserved")),
	(MAX_AREA, FIELD_FIXED(FIELD_UINT, "isis.max_area_adr", 7, 1, "Greatest number of areas")),
	(H_CIRCUIT, FIELD_PLAIN("isis.hello.circuit_type", "Levels", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2,
		.mask = 0x03)),
	(H_RESERVED, FIELD_PLAIN("isis.hello.reserved", "Reserved", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2,
		.mask = 0x3f, .shift = 2)),
	(H_SOURCE, ID("isis.hello.source_id", "Sender")),
	(H_HOLDING, UINT("isis.hello.holding_timer", 7, "Holding time, s")),
	(H_LENGTH, UINT("isis.hello.pdu_length", 9, "Length of the hello")),
	(H_PRIORITY, PART_BITS(FIELD_UINT, "isis.hello.priority", 11, 0x7f, "Priority")),
	(H_LAN_ID, ID("isis.hello.lan_id", "Designated system of the LAN")),
	(H_LOCAL, UINT("isis.hello.local_circuit_id", 11, "Circuit")),
	(H_CLV_TYPE, FIELD_WALK(FIELD_UINT, "isis.hello.clv.type", "Value of a hello")),
	(H_CLV_LEN, FIELD_WALK(FIELD_UINT, "isis.hello.clv.length", "Length of a value of a hello")),
	(H_RESTART, PART_HEX("isis.hello.clv_restart_flags", 0, 2, "Restart")),
	(H_RESTART_SA, PART_BITS(FIELD_BOOL, "isis.hello.clv_restart_flags.sa", 0, 0x04, "Do not announce the adjacency")),
	(H_RESTART_RA, PART_BITS(FIELD_BOOL, "isis.hello.clv_restart_flags.ra", 0, 0x02, "Restart acknowledged")),
	(H_RESTART_RR, PART_BITS(FIELD_BOOL, "isis.hello.clv_restart_flags.rr", 0, 0x01, "Restart")),
	(H_ADJACENCY, UINT("isis.hello.adjacency_state", 0, "State of the adjacency")),
	(H_NLPID, FIELD_PLAIN("isis.hello.clv_nlpid.nlpid", "Protocol supported", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(H_AREA, FIELD_WALK(FIELD_BYTES, "isis.hello.area_address", "Area")),
	(H_IPV4, FIELD_WALK(FIELD_IPV4, "isis.hello.clv_ipv4_int_addr", "IPv4 address")),
	(H_IPV6, FIELD_WALK(FIELD_IPV6, "isis.hello.clv_ipv6_int_addr", "IPv6 address")),
	(H_NEIGHBOR, FIELD_WALK(FIELD_ETHER, "isis.hello.is_neighbor", "Neighbour heard")),
	(L_LENGTH, UINT("isis.lsp.pdu_length", 0, "Length of the LSP")),
	(L_LIFE, UINT("isis.lsp.remaining_life", 2, "Remaining lifetime, s")),
	(L_ID, ID("isis.lsp.lsp_id", "LSP")),
	(L_SEQ, PART_HEX("isis.lsp.sequence_number", 12, 8, "Sequence number")),
	(L_CHECKSUM, PART_HEX("isis.lsp.checksum", 16, 4, "Checksum")),
	(L_PARTITION, PART_BITS(FIELD_BOOL, "isis.lsp.partition_repair", 18, 0x80, "Repairs partitions")),
	(L_ATT, PART_BITS(FIELD_UINT, "isis.lsp.att", 18, 0x78, "Attached to other areas")),
	(L_OVERLOAD, PART_BITS(FIELD_BOOL, "isis.lsp.overload", 18, 0x04, "Overloaded")),
	(L_IS_TYPE, PART_BITS(FIELD_UINT, "isis.lsp.is_type", 18, 0x03, "Levels of the system")),
	(L_CLV_TYPE, FIELD_WALK(FIELD_UINT, "isis.lsp.clv.type", "Value of an LSP")),
	(L_CLV_LEN, FIELD_WALK(FIELD_UINT, "isis.lsp.clv.length", "Length of a value of an LSP")),
	(L_NLPID, FIELD_PLAIN("isis.lsp.clv_nlpid.nlpid", "Protocol supported", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(L_AREA, FIELD_WALK(FIELD_BYTES, "isis.lsp.area_address", "Area")),
	(L_IPV4, FIELD_WALK(FIELD_IPV4, "isis.lsp.clv_ipv4_int_addr", "IPv4 address")),
	(L_HOSTNAME, FIELD_WALK(FIELD_STRING, "isis.lsp.hostname", "Name of the system")),
	(L_REACH_PREFIX, PART_FIELD(FIELD_IPV4, "isis.lsp.ip_reachability.ipv4_prefix", 4, "Prefix reached")),
	(L_REACH_METRIC, PART_BITS(FIELD_UINT, "isis.lsp.ip_reachability.default_metric", 0, 0x3f, "Metric of a prefix")),
	(L_REACH_IE, PART_BITS(FIELD_BOOL, "isis.lsp.ip_reachability.default_metric_ie", 0, 0x40, "The metric is external")),
	(L_REACH_UP, PART_BITS(FIELD_BOOL, "isis.lsp.ip_reachability.distribution", 0, 0x80, "Leaked downwards")),
	(L_EIS_METRIC, FIELD_WALK(FIELD_UINT, "isis.lsp.eis_neighbors.default_metric", "Metric of a neighbour")),
	(L_EIS_IE, FIELD_WALK(FIELD_BOOL, "isis.lsp.eis_neighbors.default_metric_ie", "The metric is external")),
	(L_EIS_NEIGHBOR, ID("isis.lsp.eis_neighbors.is_neighbor", "Neighbour")),
	(L_EXT_NEIGHBOR, ID("isis.lsp.ext_is_reachability.is_neighbor_id", "Neighbour, wide metric")),
	(L_EXT_METRIC, FIELD_WALK(FIELD_UINT, "isis.lsp.ext_is_reachability.metric", "Wide metric of a neighbour")),
	(L_WIDE_PREFIX, FIELD_WALK(FIELD_IPV4, "isis.lsp.ext_ip_reachability.ipv4_prefix", "Prefix reached, wide metric")),
	(L_WIDE_METRIC, FIELD_WALK(FIELD_UINT, "isis.lsp.ext_ip_reachability.metric", "Wide metric of a prefix")),
	(C_LENGTH, UINT("isis.csnp.pdu_length", 0, "Length of the CSNP")),
	(C_SOURCE, ID("isis.csnp.source_id", "Sender")),
	(C_CIRCUIT, FIELD_PLAIN("isis.csnp.source_circuit", "Circuit of the sender", .type = FIELD_BYTES, .offset = 8)),
	(C_START, ID("isis.csnp.start_lsp_id", "First LSP")),
	(C_END, ID("isis.csnp.end_lsp_id", "Last LSP")),
	(C_CLV_TYPE, FIELD_WALK(FIELD_UINT, "isis.csnp.clv.type", "Value of a CSNP")),
	(C_CLV_LEN, FIELD_WALK(FIELD_UINT, "isis.csnp.clv.length", "Length of a value of a CSNP")),
	(P_LENGTH, UINT("isis.psnp.pdu_length", 0, "Length of the PSNP")),
	(P_SOURCE, ID("isis.psnp.source_id", "Sender")),
	(P_CIRCUIT, FIELD_PLAIN("isis.psnp.source_circuit", "Circuit of the sender", .type = FIELD_BYTES, .offset = 8)),
	(P_CLV_TYPE, FIELD_WALK(FIELD_UINT, "isis.psnp.clv.type", "Value of a PSNP")),
	(P_CLV_LEN, FIELD_WALK(FIELD_UINT, "isis.psnp.clv.length", "Length of a value of a PSNP")),
	/* Wireshark has those of a PSNP under these names too */
	(E_ID, ID("isis.csnp.lsp_id", "LSP listed")),
	(E_SEQ, PART_HEX("isis.csnp.lsp_seq_num", 10, 8, "Sequence number of an LSP listed")),
	(E_LIFE, UINT("isis.csnp.lsp_remain_life", 0, "Remaining lifetime of an LSP listed")),
	(E_CHECKSUM, PART_HEX("isis.csnp.lsp_checksum", 14, 4, "Checksum of an LSP listed"))
);

const struct protocol proto_isis = {
	.name = "isis",
	.column_of = isis_column,
	.title = "Intermediate System to Intermediate System",
	.reference = "ISO/IEC 10589, RFC 1195",
	.decode = isis_decode,
	PROTOCOL_WALK(isis_walk),
	.summary = isis_summary,
	PROTOCOL_FIELDS(isis_fields),
};
