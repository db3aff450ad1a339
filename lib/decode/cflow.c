/* SPDX-License-Identifier: MIT */
/*
 * NetFlow 1, 5, 7 (records of a fixed form), 9 (RFC 3954) and IPFIX (10, RFC 7011), whose records have the form of a
 * template that was sent before; of those the sets and the templates are told, the records are not remembered.
 *
 *	1       |version 16|records 16|uptime 32, ms|seconds 32|nanoseconds 32|
 *	5, 7    ... |sequence 32|5: |engine type 8|id 8|sampling 16|  7: |0 32|
 *	9       |version 16|records 16|uptime 32|seconds 32|sequence 32|source 32|      sets: |id 16|length 16|...|
 *	IPFIX   |version 16|length 16|seconds 32|sequence 32|domain 32|                 template: |id 16|fields 16|(type, length)...|
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, COUNT, LEN, SYSUPTIME, UNIX_SECS, UNIX_NSECS, EXPORTTIME, SEQUENCE, ENGINE_TYPE, ENGINE_ID, SAMPLING_MODE, SAMPLE_RATE,
	SOURCE_ID, OD_ID, FLOWSET_ID, FLOWSET_LENGTH, TEMPLATE_ID, FIELD_COUNT, TOTAL_COUNT, SCOPE_COUNT, FIELD_TYPE, FIELD_LENGTH, PEN_PROVIDED, IPFIX_FIELD_TYPE,
	PEN, SRCADDR, DSTADDR, NEXTHOP, INPUTINT, OUTPUTINT, PACKETS, OCTETS, SRCPORT, DSTPORT, PROTOCOL_NUMBER, TOS, TCPFLAGS, SRCAS,
	DSTAS, SRCMASK, DSTMASK, ROUTERSC
};
enum { NETFLOW_9 = 9, IPFIX = 10, TEMPLATE_9 = 0, TEMPLATE_IPFIX = 2, OPTIONS_IPFIX = 3, RECORDS_MAX = 30 };

/* The header's length, and of the versions with fixed records theirs; 0: no such version. */
static const struct form {
	uint8_t version, header, record;
} forms[] = { { 1, 16, 52 }, { 5, 24, 48 }, { 7, 24, 52 }, { NETFLOW_9, 20, 0 }, { IPFIX, 16, 0 } };

static const struct form *form_of(const uint8_t *h)
{
	for (size_t i = 0; i < SLOTS(forms); i++)
		if (forms[i].version == get_be16(h))
			return &forms[i];
	return NULL;
}

static bool cflow_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 4);
	const struct form *form = h ? form_of(h) : NULL;

	if (!form || d->wire_left < form->header)
		return false;
	if (form->record)
		return get_be16(h + 2) && get_be16(h + 2) <= RECORDS_MAX && d->wire_left >= form->header + get_be16(h + 2) * (uint32_t)form->record;
	return form->version == NETFLOW_9 || get_be16(h + 2) == d->wire_left;
}

static enum decode_result cflow_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	const struct form *form = h ? form_of(h) : NULL;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	return form ? decode_rest(d, form->header) : DECODE_MALFORMED;
}

/* By version */
static const struct typed_slot header_slots[] = {
	{ 1, { COUNT, 2, 2, 0 } }, { 1, { UNIX_SECS, 8, 4, 0 } }, { 1, { UNIX_NSECS, 12, 4, 0 } },
	{ 5, { COUNT, 2, 2, 0 } }, { 5, { UNIX_SECS, 8, 4, 0 } }, { 5, { UNIX_NSECS, 12, 4, 0 } }, { 5, { SEQUENCE, 16, 4, 0 } },
	{ 5, { ENGINE_TYPE, 20, 1, 0 } }, { 5, { ENGINE_ID, 21, 1, 0 } }, { 5, { SAMPLING_MODE, 22, 2, 0xc000 } },
	{ 5, { SAMPLE_RATE, 22, 2, 0x3fff } },
	{ 7, { COUNT, 2, 2, 0 } }, { 7, { UNIX_SECS, 8, 4, 0 } }, { 7, { UNIX_NSECS, 12, 4, 0 } }, { 7, { SEQUENCE, 16, 4, 0 } },
	{ 9, { COUNT, 2, 2, 0 } }, { 9, { UNIX_SECS, 8, 4, 0 } }, { 9, { SEQUENCE, 12, 4, 0 } }, { 9, { SOURCE_ID, 16, 4, 0 } },
	{ IPFIX, { LEN, 2, 2, 0 } }, { IPFIX, { EXPORTTIME, 4, 4, 0 } }, { IPFIX, { SEQUENCE, 8, 4, 0 } }, { IPFIX, { OD_ID, 12, 4, 0 } },
};

static void walk_records(struct walk *w, struct cursor c, const struct form *form, unsigned n)
{
	static const struct slot all[] = {
		{ SRCADDR, 0, 4, 0 }, { DSTADDR, 4, 4, 0 }, { NEXTHOP, 8, 4, 0 }, { INPUTINT, 12, 2, 0 }, { OUTPUTINT, 14, 2, 0 },
		{ PACKETS, 16, 4, 0 }, { OCTETS, 20, 4, 0 }, { SRCPORT, 32, 2, 0 }, { DSTPORT, 34, 2, 0 },
	};
	static const struct slot v1[] = { { PROTOCOL_NUMBER, 38, 1, 0 }, { TOS, 39, 1, 0 }, { TCPFLAGS, 40, 1, 0 } };
	static const struct slot v5[] = {
		{ TCPFLAGS, 37, 1, 0 }, { PROTOCOL_NUMBER, 38, 1, 0 }, { TOS, 39, 1, 0 }, { SRCAS, 40, 2, 0 }, { DSTAS, 42, 2, 0 },
		{ SRCMASK, 44, 1, 0 }, { DSTMASK, 45, 1, 0 },
	};
	static const struct slot router[] = { { ROUTERSC, 48, 4, 0 } };
	const uint8_t *h;

	for (; n && (h = cursor_take(&c, form->record)); n--) {
		layout_walk(w, all, SLOTS(all), h, form->record);
		if (form->version == 1)
			layout_walk(w, v1, SLOTS(v1), h, form->record);
		else
			layout_walk(w, v5, SLOTS(v5), h, form->record);
		if (form->version == 7)
			layout_walk(w, router, SLOTS(router), h, form->record);
	}
}

/* One field: |enterprise 1, of IPFIX|type 15|length 16|[enterprise number 32]| */
static bool walk_template_field(struct walk *w, struct cursor *c, bool ipfix)
{
	const uint8_t *h = cursor_take(c, 4);
	bool enterprise = h && ipfix && h[0] & 0x80;

	if (!h)
		return false;
	if (ipfix)
		walk_uint(w, PEN_PROVIDED, enterprise);
	if (!enterprise)
		walk_uint(w, ipfix ? IPFIX_FIELD_TYPE : FIELD_TYPE, get_be16(h));
	walk_uint(w, FIELD_LENGTH, get_be16(h + 2));
	if (enterprise && (h = cursor_take(c, 4)))
		walk_uint(w, PEN, get_be32(h));
	return h;
}

/* Templates up to the padding at the end of their set; those of options (IPFIX) say how many fields are the scope. */
static void walk_templates(struct walk *w, struct cursor c, bool ipfix, bool options)
{
	const uint8_t *h;

	while ((h = cursor_take(&c, options ? 6 : 4)) && get_be16(h)) {
		walk_uint(w, TEMPLATE_ID, get_be16(h));
		walk_uint(w, options ? TOTAL_COUNT : FIELD_COUNT, get_be16(h + 2));
		if (options)
			walk_uint(w, SCOPE_COUNT, get_be16(h + 4));
		for (unsigned fields = get_be16(h + 2); fields && walk_template_field(w, &c, ipfix); fields--)
			;
	}
}

static void cflow_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, 4);
	const struct form *form = h ? form_of(h) : NULL;

	if (!form)
		return;
	layout_walk_type(w, header_slots, SLOTS(header_slots), form->version, h, cursor_left(&c));
	if (!cursor_skip(&c, form->header))
		return;
	if (form->record) {
		walk_records(w, c, form, get_be16(h + 2));
		return;
	}
	while ((h = cursor_peek(&c, 4)) && get_be16(h + 2) >= 4) {
		struct cursor set = cursor_sub(&c, get_be16(h + 2));

		walk_uint(w, FLOWSET_ID, get_be16(h));
		walk_uint(w, FLOWSET_LENGTH, get_be16(h + 2));
		cursor_skip(&set, 4);
		if (get_be16(h) == (form->version == IPFIX ? TEMPLATE_IPFIX : TEMPLATE_9))
			walk_templates(w, set, form->version == IPFIX, false);
		else if (form->version == IPFIX && get_be16(h) == OPTIONS_IPFIX)
			walk_templates(w, set, true, true);
	}
}

static bool get_uptime(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (packet_bytes(p, l, &h) < 8 || get_be16(h) == IPFIX)
		return false;
	v->i = get_be32(h + 4) * 1000000ll;
	return true;
}

static void cflow_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t len = summary_outer_len(p, l), n = packet_bytes(p, l, &h);

	outbuf_printf(s->out, "UDP, length %u", len);
	if (n < 4)
		return;
	if (get_be16(h) == IPFIX)
		outbuf_str(s->out, ": IPFIX");
	else
		outbuf_printf(s->out, ": NetFlow v%u, %u records", get_be16(h), get_be16(h + 2));
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define ADDRESS(n, lab) FIELD_WALK(FIELD_IPV4, n, lab)

FIELD_TABLE(cflow_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "cflow.version", 0, 2, "Version")),
	(COUNT, NUMBER("cflow.count", "Records")),
	(LEN, NUMBER("cflow.len", "Length")),
	(SYSUPTIME, FIELD_GET(FIELD_DURATION, "cflow.sysuptime", get_uptime, "Uptime")),
	(UNIX_SECS, NUMBER("cflow.unix_secs", "Time, s since 1970")),
	(UNIX_NSECS, NUMBER("cflow.unix_nsecs", "Time, ns of the second")),
	(EXPORTTIME, NUMBER("cflow.exporttime", "Time, s since 1970")),
	(SEQUENCE, NUMBER("cflow.sequence", "Sequence number")),
	(ENGINE_TYPE, NUMBER("cflow.engine_type", "Engine type")),
	(ENGINE_ID, NUMBER("cflow.engine_id", "Engine")),
	(SAMPLING_MODE, NUMBER("cflow.samplingmode", "Sampling mode")),
	(SAMPLE_RATE, NUMBER("cflow.samplerate", "One packet in")),
	(SOURCE_ID, NUMBER("cflow.source_id", "Source")),
	(OD_ID, NUMBER("cflow.od_id", "Observation domain")),
	(FLOWSET_ID, NUMBER("cflow.flowset_id", "Set")),
	(FLOWSET_LENGTH, NUMBER("cflow.flowset_length", "Set length")),
	(TEMPLATE_ID, NUMBER("cflow.template_id", "Template")),
	(FIELD_COUNT, NUMBER("cflow.template_field_count", "Fields of a template")),
	(TOTAL_COUNT, NUMBER("cflow.template_ipfix_total_field_count", "Fields of an options template")),
	(SCOPE_COUNT, NUMBER("cflow.template_ipfix_scope_field_count", "Fields of them that are the scope")),
	(FIELD_TYPE, NUMBER("cflow.template_field_type", "Template: field")),
	(FIELD_LENGTH, NUMBER("cflow.template_field_length", "Template: field length")),
	(PEN_PROVIDED, FIELD_WALK(FIELD_BOOL, "cflow.template_ipfix_pen_provided", "Template: of an enterprise")),
	(IPFIX_FIELD_TYPE, NUMBER("cflow.template_ipfix_field_type", "Template: field")),
	(PEN, NUMBER("cflow.template_ipfix_field_pen", "Template: enterprise")),
	(SRCADDR, ADDRESS("cflow.srcaddr", "Record: source")),
	(DSTADDR, ADDRESS("cflow.dstaddr", "Record: destination")),
	(NEXTHOP, ADDRESS("cflow.nexthop", "Record: next hop")),
	(INPUTINT, NUMBER("cflow.inputint", "Record: interface in")),
	(OUTPUTINT, NUMBER("cflow.outputint", "Record: interface out")),
	(PACKETS, NUMBER("cflow.packets", "Record: packets")),
	(OCTETS, NUMBER("cflow.octets", "Record: bytes")),
	(SRCPORT, NUMBER("cflow.srcport", "Record: source port")),
	(DSTPORT, NUMBER("cflow.dstport", "Record: destination port")),
	(PROTOCOL_NUMBER, NUMBER("cflow.protocol", "Record: protocol")),
	(TOS, FIELD_WALK_HEX("cflow.tos", 2, "Record: type of service")),
	(TCPFLAGS, FIELD_WALK_HEX("cflow.tcpflags", 2, "Record: TCP flags")),
	(SRCAS, NUMBER("cflow.srcas", "Record: source autonomous system")),
	(DSTAS, NUMBER("cflow.dstas", "Record: destination autonomous system")),
	(SRCMASK, NUMBER("cflow.srcmask", "Record: source prefix length")),
	(DSTMASK, NUMBER("cflow.dstmask", "Record: destination prefix length")),
	(ROUTERSC, ADDRESS("cflow.routersc", "Record: bypassed router"))
);

static const struct claim cflow_claims[] = {
	{ CLAIM_UDP_PORT, 2055 }, { CLAIM_UDP_PORT, 9995 }, { CLAIM_UDP_PORT, 9996 }, { CLAIM_UDP_PORT, 4739 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_cflow = {
	.name = "cflow",
	.column = "CFLOW",
	.title = "NetFlow, IPFIX",
	.reference = "RFC 3954, RFC 7011",
	.application = true,
	.decode = cflow_decode,
	.detect = cflow_detect,
	PROTOCOL_WALK(cflow_walk),
	.summary = cflow_summary,
	PROTOCOL_FIELDS(cflow_fields),
	.claims = cflow_claims,
};
