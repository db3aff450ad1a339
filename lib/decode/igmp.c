/* SPDX-License-Identifier: MIT */
/*
 * IGMP: which groups hosts listen to. Versions 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 3376).
 *
 *	|type 8|maximum response 8|checksum 16|group 32|
 *	query of 3    |...|S and robustness 8|interval 8|sources 16|address 32 ...|
 *	report of 3   |22|0|checksum 16|0 16|records 16| |type 8|aux words 8|sources 16|group 32|address 32 ...|aux| ...
 *
 * DVMRP and PIM version 1 share the number of the protocol. aux[0]: type, aux[1]: version.
 */
#include "decode/protocol.h"
#include "summary.h"

enum { TYPE, VERSION, MAX_RESP, CHECKSUM, RESERVED, MADDR, S, QRV, QQIC, NUM_SRC, SADDR, NUM_RECORDS, RECORD_TYPE, AUX_LEN, AUX };
enum { HEADER = 8, QUERY_3 = 12 };
enum { QUERY = 0x11, REPORT_1 = 0x12, DVMRP = 0x13, PIM_1 = 0x14, REPORT_2 = 0x16, LEAVE = 0x17, MTRACE_REPLY = 0x1e,
	MTRACE = 0x1f, REPORT_3 = 0x22 };

/* The version is in the type; that of a query is told by its length and the response time. RFC 3376 section 7.1. */
static unsigned version_of(const uint8_t *h, uint32_t len)
{
	switch (h[0]) {
	case QUERY: return len >= QUERY_3 ? 3 : h[1] ? 2 : 1;
	case REPORT_1: return 1;
	case REPORT_2:
	case LEAVE: return 2;
	case REPORT_3: return 3;
	default: return 0;
	}
}

static enum decode_result igmp_decode(struct decode *d, struct layer *l)
{
	uint32_t len = d->wire_left;
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	l->aux[1] = (uint16_t)version_of(h, len);
	if (l->aux[1] == 3 && h[0] == QUERY && !decode_take(d, QUERY_3 - HEADER))
		return cursor_short(&d->c);
	return DECODE_OK;
}

static const char *igmp_column(const struct packet *p, const struct layer *l)
{
	static const char versions[][7] = { "IGMP", "IGMPv1", "IGMPv2", "IGMPv3" };

	(void)p;
	return l->aux[0] == PIM_1 ? "PIMv1" : l->aux[0] == DVMRP ? "DVMRP" : versions[l->aux[1]];
}

/* In 1/10 s: from 128 on mantissa and exponent. RFC 3376 section 4.1.1. */
static uint32_t response_time(unsigned code)
{
	return code < 128 ? code : ((code & 15u) | 16) << ((code >> 4 & 7) + 3);
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	bool query_3 = l->aux[0] == QUERY && l->aux[1] == 3;
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < (query_3 ? QUERY_3 : HEADER))
		return false;
	switch (field_index(f)) {
	case VERSION: v->u = l->aux[1]; return l->aux[1];
	case MAX_RESP: v->u = query_3 ? response_time(h[1]) : h[1]; return l->aux[1] == 2 || query_3;
	case S: v->u = query_3 ? h[8] >> 3 & 1 : 0; return query_3;
	case QRV: v->u = query_3 ? h[8] & 7 : 0; return query_3;
	case QQIC: v->u = query_3 ? h[9] : 0; return query_3;
	default: v->u = get_be16(h + 6); return l->aux[0] == REPORT_3; /* NUM_RECORDS */
	}
}

static void walk_addresses(struct walk *w, struct cursor *c, unsigned n)
{
	const uint8_t *a;

	while (n-- && (a = cursor_take(c, 4)))
		walk_bytes(w, SADDR, a, 4);
}

static void walk_records(struct walk *w, struct cursor c, unsigned n)
{
	const uint8_t *r, *aux;

	while (n-- && (r = cursor_take(&c, 8))) {
		walk_uint(w, RECORD_TYPE, r[0]);
		walk_uint(w, AUX_LEN, r[1]);
		walk_uint(w, NUM_SRC, get_be16(r + 2));
		walk_bytes(w, MADDR, r + 4, 4);
		walk_addresses(w, &c, get_be16(r + 2));
		aux = cursor_take(&c, r[1] * 4u);
		if (aux && r[1])
			walk_bytes(w, AUX, aux, r[1] * 4u);
	}
}

static void igmp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *more;

	if (!h || !l->aux[1])
		return;
	if (l->aux[0] == REPORT_3) {
		walk_bytes(w, RESERVED, h + 1, 1);
		walk_bytes(w, RESERVED, h + 4, 2);
		walk_records(w, c, get_be16(h + 6));
		return;
	}
	if (l->aux[1] == 1)
		walk_bytes(w, RESERVED, h + 1, 1);
	walk_bytes(w, MADDR, h + 4, 4);
	more = l->aux[0] == QUERY && l->aux[1] == 3 ? cursor_take(&c, 4) : NULL;
	if (more) {
		walk_uint(w, NUM_SRC, get_be16(more + 2));
		walk_addresses(w, &c, get_be16(more + 2));
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(record_types,
	(1, "is_in"), (2, "is_ex"), (3, "to_in"), (4, "to_ex"), (5, "allow"), (6, "block")
);

static void put_sources(struct summary *s, struct cursor *c, unsigned n, int verbose)
{
	const uint8_t *a;

	if (s->verbose <= verbose) {
		outbuf_printf(s->out, ", %u source(s)", n);
		cursor_skip(c, n * 4u);
		return;
	}
	outbuf_str(s->out, " {");
	while (n-- && (a = cursor_take(c, 4))) {
		outbuf_char(s->out, ' ');
		outbuf_ipv4(s->out, a);
	}
	outbuf_str(s->out, " }");
}

static void put_query_3(struct summary *s, const uint8_t *h, struct cursor c, uint32_t len)
{
	uint32_t time = response_time(h[1]);
	struct outbuf *o = s->out;
	unsigned sources = get_be16(h + 10);

	if (len & 3) {
		outbuf_printf(o, " [invalid len %u]", len);
		return;
	}
	if (h[1] != 100) {
		if (time < 600)
			outbuf_printf(o, " [max resp time %u.%us]", time / 10, time % 10);
		else if (time % 600)
			outbuf_printf(o, " [max resp time %um%us]", time / 600, time % 600 / 10);
		else
			outbuf_printf(o, " [max resp time %um]", time / 600);
	}
	if (!get_be32(h + 4))
		return;
	outbuf_str(o, " [gaddr ");
	outbuf_ipv4(o, h + 4);
	if (sources && len < QUERY_3 + sources * 4u)
		outbuf_printf(o, " [invalid number of sources %u]", sources);
	else if (sources) {
		cursor_skip(&c, QUERY_3 - HEADER);
		put_sources(s, &c, sources, 1);
	}
	outbuf_char(o, ']');
}

static void put_report_3(struct summary *s, const uint8_t *h, struct cursor c, uint32_t len)
{
	struct outbuf *o = s->out;
	unsigned records = get_be16(h + 6);

	if (len < 16 || len & 3) {
		outbuf_printf(o, " [invalid len %u]", len);
		return;
	}
	outbuf_printf(o, ", %u group record(s)", records);
	while (s->verbose && records--) {
		const uint8_t *r = cursor_take(&c, 8);
		const char *name;

		if (!r) {
			outbuf_str(o, " [invalid number of groups]");
			return;
		}
		name = named_value(&record_types, r[0]);
		outbuf_str(o, " [gaddr ");
		outbuf_ipv4(o, r + 4);
		if (name)
			outbuf_printf(o, " %s", name);
		else
			outbuf_printf(o, "  [v3-report-#%u]", r[0]);
		if (cursor_left(&c) < get_be16(r + 2) * 4u) {
			outbuf_printf(o, " [invalid number of sources %u]", get_be16(r + 2));
			return;
		}
		put_sources(s, &c, get_be16(r + 2), 1);
		outbuf_char(o, ']');
	}
}

static void put_query(struct summary *s, const uint8_t *h, struct cursor c, uint32_t len)
{
	outbuf_str(s->out, "query");
	if (len >= QUERY_3) {
		outbuf_str(s->out, " v3");
		put_query_3(s, h, c, len);
		return;
	}
	outbuf_printf(s->out, " v%u", h[1] ? 2 : 1);
	if (h[1] && h[1] != 100)
		outbuf_printf(s->out, " [max resp time %u]", h[1]);
	if (get_be32(h + 4)) {
		outbuf_str(s->out, " [gaddr ");
		outbuf_ipv4(s->out, h + 4);
		outbuf_char(s->out, ']');
	}
	if (len != HEADER)
		outbuf_printf(s->out, " [len %u]", len);
}

static bool named_type(unsigned type)
{
	return (type >= QUERY && type <= LEAVE && type != 0x15) || type == MTRACE || type == MTRACE_REPLY || type == REPORT_3;
}

static void igmp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char pim_messages[][14] = { "Query", "Register", "Register-Stop", "Join/Prune", "RP-reachable", "Assert",
						 "Graft", "Graft-ACK" };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *bytes;
	uint32_t len = l->wire_end - l->off, kept = packet_bytes(p, l, &bytes);

	outbuf_str(s->out, "igmp");
	if (!h || kept < (h[0] == QUERY && len >= QUERY_3 ? QUERY_3 : HEADER))
		return;
	outbuf_char(s->out, named_type(h[0]) ? ' ' : '-');
	switch (h[0]) {
	case QUERY: put_query(s, h, c, len); break;
	case REPORT_3:
		outbuf_str(s->out, "v3 report");
		put_report_3(s, h, c, len);
		break;
	case REPORT_1:
	case REPORT_2:
	case LEAVE:
		outbuf_str(s->out, h[0] == REPORT_1 ? "v1 report " : h[0] == REPORT_2 ? "v2 report " : "leave ");
		outbuf_ipv4(s->out, h + 4);
		if (len != HEADER)
			outbuf_printf(s->out, " [len %u]", len);
		break;
	case DVMRP: outbuf_str(s->out, "dvmrp"); break;
	case PIM_1:
		outbuf_str(s->out, "pimv1");
		if (h[1] < sizeof(pim_messages) / sizeof(*pim_messages))
			outbuf_printf(s->out, " %s", pim_messages[h[1]]);
		break;
	case MTRACE_REPLY: outbuf_str(s->out, "mresp"); break;
	case MTRACE: outbuf_str(s->out, "mtrace"); break;
	default: outbuf_u64(s->out, h[0]);
	}
	if (s->verbose && kept >= len && checksum_fold(checksum_add(0, bytes, len)))
		outbuf_printf(s->out, " bad igmp cksum %x!", get_be16(h + 2));
}

/* ---- tables ------------------------------------------------------------------------------ */

FIELD_TABLE(igmp_fields,
	(TYPE, FIELD_FIXED_HEX("igmp.type", 0, 1, "Type")),
	(VERSION, FIELD_GET(FIELD_UINT, "igmp.version", get_field, "Version")),
	(MAX_RESP, FIELD_GET(FIELD_UINT, "igmp.max_resp", get_field, "Greatest response time, 1/10 s")),
	(CHECKSUM, FIELD_FIXED_HEX("igmp.checksum", 2, 2, "Checksum")),
	(RESERVED, FIELD_WALK(FIELD_BYTES, "igmp.reserved", "Reserved")),
	(MADDR, FIELD_WALK(FIELD_IPV4, "igmp.maddr", "Group")),
	(S, FIELD_GET(FIELD_BOOL, "igmp.s", get_field, "Routers keep their timers")),
	(QRV, FIELD_GET(FIELD_UINT, "igmp.qrv", get_field, "Robustness of the querier")),
	(QQIC, FIELD_GET(FIELD_UINT, "igmp.qqic", get_field, "Interval of the querier, as it stands there")),
	(NUM_SRC, FIELD_WALK(FIELD_UINT, "igmp.num_src", "Number of sources")),
	(SADDR, FIELD_WALK(FIELD_IPV4, "igmp.saddr", "Source")),
	(NUM_RECORDS, FIELD_GET(FIELD_UINT, "igmp.num_grp_recs", get_field, "Number of groups")),
	(RECORD_TYPE, FIELD_WALK(FIELD_UINT, "igmp.record_type", "What changes of a group")),
	(AUX_LEN, FIELD_WALK(FIELD_UINT, "igmp.aux_data_len", "More data of a group, words")),
	(AUX, FIELD_WALK(FIELD_BYTES, "igmp.aux_data", "More data of a group"))
);

static const struct claim igmp_claims[] = { { CLAIM_IPPROTO, 2 }, { CLAIM_NONE, 0 } };

const struct protocol proto_igmp = {
	.name = "igmp",
	.column_of = igmp_column,
	.title = "Internet Group Management Protocol",
	.reference = "RFC 3376",
	.decode = igmp_decode,
	PROTOCOL_WALK(igmp_walk),
	.summary = igmp_summary,
	PROTOCOL_FIELDS(igmp_fields),
	.claims = igmp_claims,
};
