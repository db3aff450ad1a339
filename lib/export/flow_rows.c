/* SPDX-License-Identifier: MIT */
/* --flows as a table, CSV, JSON and NDJSON: one row per record, when it has ended. nwbox-flows(5) says what the columns are. */
#include "flow_export.h"
#include "rows.h"

#include "base/times.h"
#include "decode/space.h"

#include <stdlib.h>

static const struct row_column columns[] = {
	{ "start", "Start", ROW_TIME },
	{ "end", NULL, ROW_TIME },
	{ "duration", "Duration", ROW_DURATION },
	{ "transport", "Proto", ROW_TEXT },
	{ "src", "Source", ROW_ADDRESS },
	{ "sport", "Port", ROW_NUMBER },
	{ "dst", "Destination", ROW_ADDRESS },
	{ "dport", "Port", ROW_NUMBER },
	{ "src_packets", "Packets →", ROW_COUNT },
	{ "dst_packets", "← Packets", ROW_COUNT },
	{ "src_bytes", "Bytes →", ROW_BYTES },
	{ "dst_bytes", "← Bytes", ROW_BYTES },
	{ "src_flags", NULL, ROW_TEXT },
	{ "dst_flags", NULL, ROW_TEXT },
	{ "state", "State", ROW_TEXT },
	{ "app", "App", ROW_TEXT },
	{ "name", "Name", ROW_TEXT },
	{ "reason", NULL, ROW_TEXT },
	{ "stream", "Stream", ROW_NUMBER },
	{ "community_id", NULL, ROW_TEXT },
	{ "handshake", "Handshake", ROW_DURATION },
	{ "icmp_type", NULL, ROW_NUMBER },
	{ "icmp_code", NULL, ROW_NUMBER },
	{ NULL, NULL, 0 }
};
static const struct row_column separate_columns[] = {
	{ "vlan", "VLAN", ROW_NUMBER }, { "inner_vlan", NULL, ROW_NUMBER }, { "vni", "VNI", ROW_NUMBER },
	{ "interface", "Interface", ROW_TEXT }
};
static const struct row_column rtt_columns[] = {
	{ "src_rtt", NULL, ROW_DURATION }, { "dst_rtt", "RTT", ROW_DURATION }, { "src_retransmissions", NULL, ROW_COUNT },
	{ "dst_retransmissions", "Sent again", ROW_COUNT }
};
static const unsigned separate_bits[] = { SEPARATE_VLAN, SEPARATE_VLAN, SEPARATE_VNI, SEPARATE_INTERFACE };
enum { COLUMNS = sizeof(columns) / sizeof(*columns), SEPARATE = sizeof(separate_bits) / sizeof(*separate_bits),
	RTT = sizeof(rtt_columns) / sizeof(*rtt_columns) };

struct flow_rows {
	struct rows *rows;
	struct row_column columns[COLUMNS + SEPARATE + RTT];
};

static void put_flags(struct rows *r, const struct flow_record *record, unsigned side)
{
	char text[16];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	flow_flags_put(&o, record->flow->tcp_flags[side]);
	rows_bytes(r, text, outbuf_len(&o));
}

static void put_port(struct rows *r, const struct flow_record *record, uint16_t port)
{
	if (record->transport == FLOW_OTHER)
		rows_none(r);
	else
		rows_u64(r, port);
}

/* Those of the low end are timing->end[0]. */
static const struct tcp_end *end_of(const struct flow_record *record, unsigned side)
{
	return &record->timing->end[side ^ record->flow->orig_high];
}

static void put_handshake(struct rows *r, const struct flow_record *record)
{
	if (record->detail && record->detail->handshake_ns)
		rows_ns(r, record->detail->handshake_ns);
	else
		rows_none(r);
}

static void put_rtt(struct rows *r, const struct flow_record *record)
{
	for (unsigned side = 0; side < 2; side++)
		if (record->timing && end_of(record, side)->rtt_samples)
			rows_ns(r, end_of(record, side)->srtt_ns);
		else
			rows_none(r);
	for (unsigned side = 0; side < 2; side++)
		if (record->timing)
			rows_u64(r, end_of(record, side)->retransmissions);
		else
			rows_none(r);
}

static void put_icmp(struct rows *r, const struct flow_record *record)
{
	bool icmp = record->detail && (record->flow->ip_proto == 1 || record->flow->ip_proto == 58);

	for (unsigned i = 0; i < 2; i++)
		if (icmp)
			rows_u64(r, i ? record->detail->icmp & 0xff : record->detail->icmp >> 8);
		else
			rows_none(r);
}

static void put_interface(struct rows *r, const struct export *e, uint32_t ifid)
{
	const struct interface *iface = e->o.interface ? e->o.interface(e->o.source, ifid) : NULL;
	char number[12];
	struct outbuf o;

	outbuf_fixed(&o, number, sizeof(number));
	outbuf_u64(&o, ifid);
	rows_text(r, iface && *iface->name ? iface->name : outbuf_cstr(&o));
}

static void put_separated(struct rows *r, const struct export *e, const struct flow_record *record)
{
	static const struct space nothing;
	const struct space *s = record->space ? record->space : &nothing;
	const uint32_t values[SEPARATE] = { s->vlan[0], s->vlan[1], s->vni, s->ifid };

	for (unsigned i = 0; i < SEPARATE; i++) {
		if (!(e->o.flow.separate & separate_bits[i]))
			continue;
		if (!values[i])
			rows_none(r);
		else if (separate_bits[i] != SEPARATE_INTERFACE)
			rows_u64(r, values[i] - 1);
		else
			put_interface(r, e, s->ifid - 1);
	}
}

static bool put_record(void *user, const struct flow_record *record)
{
	struct export *e = user;
	struct flow_export *fx = e->state;
	struct rows *r = ((struct flow_rows *)fx->own)->rows;
	const struct flow *f = record->flow;
	char text[COMMUNITY_ID_MAX], number[4];

	rows_ns(r, f->first_ns);
	rows_ns(r, f->last_ns);
	rows_ns(r, ns_between(f->first_ns, f->last_ns));
	rows_text(r, ip_proto_name(f->ip_proto, number));
	rows_address(r, record->ends.src, record->ends.addr_len);
	put_port(r, record, record->ends.src_port);
	rows_address(r, record->ends.dst, record->ends.addr_len);
	put_port(r, record, record->ends.dst_port);
	rows_u64(r, f->packets[FLOW_ORIG]);
	rows_u64(r, f->packets[FLOW_RESP]);
	rows_u64(r, f->bytes[FLOW_ORIG]);
	rows_u64(r, f->bytes[FLOW_RESP]);
	for (unsigned side = 0; side < 2; side++)
		if (f->tcp_flags[side])
			put_flags(r, record, side);
		else
			rows_none(r);
	rows_text(r, flow_state(record));
	rows_text(r, flow_application(f));
	rows_text(r, record->name);
	rows_text(r, flow_reason_name(record->reason));
	rows_u64(r, (uint64_t)record->number);
	rows_text(r, community_id_flow(record, text) ? text : NULL);
	put_handshake(r, record);
	put_icmp(r, record);
	if (e->o.rtt)
		put_rtt(r, record);
	put_separated(r, e, record);
	return true;
}

int flow_rows_begin(struct export *e, struct errmsg *err)
{
	const struct flow_wants wants = { .detail = true, .timing = e->o.rtt, .names = true, .idle_ns = FLOW_USUAL_IDLE_NS,
					  .record = put_record };
	struct flow_rows *own;
	struct row_column *at;
	int rc;

	if (ENABLE_DIALECTS && e->profile)
		return ecs_flow_begin(e, err);
	own = calloc(1, sizeof(*own));
	if (!own)
		return errmsg_set(err, NW_ELIMIT, "no memory for flows");
	memcpy(own->columns, columns, sizeof(columns));
	at = own->columns + COLUMNS - 1;
	for (unsigned i = 0; e->o.rtt && i < RTT; i++)
		*at++ = rtt_columns[i];
	for (unsigned i = 0; i < SEPARATE; i++)
		if (e->o.flow.separate & separate_bits[i])
			*at++ = separate_columns[i];
	rc = flow_export_open(e, &wants, err);
	if (!rc && (rc = rows_open(&own->rows, e, false, err))) {
		e->abandoned = true;
		flow_export_close(e);
	}
	if (rc) {
		free(own);
		return rc;
	}
	((struct flow_export *)e->state)->own = own;
	rows_table(own->rows, NULL, NULL, own->columns);
	return 0;
}

void flow_rows_end(struct export *e)
{
	struct flow_export *fx = e->state;
	struct flow_rows *own = fx->own;

	if (ENABLE_DIALECTS && e->profile) {
		ecs_flow_end(e);
		return;
	}
	flow_export_close(e);
	rows_close(own->rows);
	free(own);
}

void flow_rows_flush(struct export *e)
{
	struct flow_rows *own = ((struct flow_export *)e->state)->own;

	if (own)
		rows_flush(own->rows);
}
