/* SPDX-License-Identifier: MIT */
/*
 * sFlow, version 5 of its datagrams (https://sflow.org/sflow_version_5.txt). All in words of 32 bits:
 *
 *	|5|address type|agent, 4 or 16 bytes|sub-agent|sequence|uptime, ms|samples| then of each |enterprise 20|format 12|length|...|
 *
 * Samples hold records of the same form: interface counters, and headers of packets, as long as there was room:
 *
 *	flow sample  |1|length|... 32 bytes|records|...      expanded |3|length|... 44 bytes|records|...
 *	raw header   |1|length|protocol|frame's length|stripped|header's length|header...
 *
 * The first such header of each sample is decoded: its layers follow ours.
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, AGENT_TYPE, AGENT_4, AGENT_6, SUB_AGENT, SEQUENCE, UPTIME, SAMPLES, ENTERPRISE, SAMPLE_TYPE, SAMPLE_LENGTH,
	FLOW_SEQUENCE, FLOW_SOURCE_TYPE, FLOW_SOURCE_INDEX, FLOW_RATE, FLOW_POOL, FLOW_DROPS, FLOW_RECORDS, COUNTERS_SEQUENCE,
	COUNTERS_SOURCE_TYPE, COUNTERS_SOURCE_INDEX, COUNTERS_RECORDS, COUNTERS_FORMAT, RECORD_LENGTH, IF_INDEX, IF_TYPE, IF_SPEED,
	IF_DIRECTION, IF_IN_OCTETS, IF_IN_PACKETS, IF_IN_ERRORS, IF_OUT_OCTETS, IF_OUT_PACKETS, IF_OUT_ERRORS
};
enum { HEADER_4 = 28, HEADER_6 = 40, FLOW = 1, COUNTERS = 2, GENERIC_INTERFACE = 1, ADDRESS_6 = 2, FLOW_SAMPLE = 40 };
enum { EXPANDED_FLOW = 3, EXPANDED_FLOW_SAMPLE = 52, RAW_HEADER = 1, RAW_HEADER_LEN = 24 };

static uint32_t header_len(const uint8_t *h)
{
	return get_be32(h + 4) == ADDRESS_6 ? HEADER_6 : HEADER_4;
}

static bool sflow_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 8);

	(void)d;
	if (!h)
		return payload->snapped;
	return get_be32(h) == 5 && (get_be32(h + 4) == 1 || get_be32(h + 4) == ADDRESS_6);
}

/* The protocol of a sampled header (INMON_HEADER_PROTOCOL of the specification). */
static uint8_t header_protocol(uint32_t number)
{
	switch (number) {
	case 1: return PROTO_eth;
	case 4: return PROTO_fr;
	case 7: return PROTO_ppp;
	case 11: return PROTO_ip;
	case 12: return PROTO_ipv6;
	case 13: return PROTO_mpls;
	default: return PROTO_NONE;
	}
}

static uint8_t next_sample(struct decode *d);

/* Goes into the first raw header among the records of a flow sample. */
static uint8_t enter_header(struct decode *d, struct cursor records)
{
	const uint8_t *h;

	while ((h = cursor_peek(&records, 8))) {
		struct cursor record = cursor_sub(&records, get_be32(h + 4) + (size_t)8), frame;
		uint8_t proto;

		if (get_be32(h) != RAW_HEADER || !cursor_take(&record, RAW_HEADER_LEN))
			continue;
		proto = header_protocol(get_be32(h + 8));
		frame = cursor_sub(&record, get_be32(h + 20));
		if (proto == PROTO_NONE || !cursor_left(&frame) || !decode_later(d, next_sample))
			continue;
		decode_enter(d, frame.pos, (uint32_t)cursor_left(&frame));
		return proto;
	}
	return PROTO_NONE;
}

static uint8_t next_sample(struct decode *d)
{
	const uint8_t *h;

	while ((h = cursor_peek(&d->c, 8))) {
		uint32_t format = get_be32(h), len = get_be32(h + 4);
		uint8_t proto = PROTO_NONE;
		struct cursor sample = cursor_sub(&d->c, len + (size_t)8);

		d->wire_left -= (uint32_t)(d->c.pos - h);
		if (format == FLOW ? cursor_skip(&sample, FLOW_SAMPLE) :
				     format == EXPANDED_FLOW && cursor_skip(&sample, EXPANDED_FLOW_SAMPLE))
			proto = enter_header(d, sample);
		if (proto != PROTO_NONE)
			return proto;
	}
	return PROTO_NONE;
}

static uint8_t first_sample(struct decode *d)
{
	return decode_take(d, header_len(d->c.pos)) ? next_sample(d) : PROTO_NONE;
}

static enum decode_result sflow_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 8);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	decode_later(d, first_sample);
	return decode_rest(d, header_len(h));
}

/* Records of a flow sample: |enterprise 20|format 12|length 32|...| */
static void walk_flow_records(struct walk *w, struct cursor c)
{
	const uint8_t *h;

	cursor_skip(&c, FLOW_SAMPLE);
	while ((h = cursor_peek(&c, 8)) && cursor_skip(&c, get_be32(h + 4) + (size_t)8)) {
		walk_uint(w, ENTERPRISE, get_be32(h) >> 12);
		walk_uint(w, RECORD_LENGTH, get_be32(h + 4));
	}
}

static void walk_counters(struct walk *w, struct cursor c)
{
	static const struct slot sample[] = {
		{ COUNTERS_SEQUENCE, 8, 4, 0 }, { COUNTERS_SOURCE_TYPE, 12, 4, 0xff000000 }, { COUNTERS_SOURCE_INDEX, 12, 4, 0x00ffffff },
		{ COUNTERS_RECORDS, 16, 4, 0 },
	};
	static const struct slot record[] = { { ENTERPRISE, 0, 4, 0xfffff000 }, { COUNTERS_FORMAT, 0, 4, 0x0fff }, { RECORD_LENGTH, 4, 4, 0 } };
	static const struct slot interface[] = {
		{ IF_INDEX, 8, 4, 0 }, { IF_TYPE, 12, 4, 0 }, { IF_SPEED, 16, 8, 0 }, { IF_DIRECTION, 24, 4, 0 }, { IF_IN_OCTETS, 32, 8, 0 },
		{ IF_IN_PACKETS, 40, 4, 0 }, { IF_IN_ERRORS, 56, 4, 0 }, { IF_OUT_OCTETS, 64, 8, 0 }, { IF_OUT_PACKETS, 72, 4, 0 },
		{ IF_OUT_ERRORS, 88, 4, 0 },
	};
	const uint8_t *h;

	layout_walk(w, sample, SLOTS(sample), c.pos, cursor_left(&c));
	cursor_skip(&c, 20);
	while ((h = cursor_peek(&c, 8))) {
		struct cursor body = cursor_sub(&c, get_be32(h + 4) + (size_t)8);

		layout_walk(w, record, SLOTS(record), h, 8);
		if (get_be32(h) == GENERIC_INTERFACE)
			layout_walk(w, interface, SLOTS(interface), h, cursor_left(&body));
	}
}

static void sflow_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot behind[] = { { SUB_AGENT, 0, 4, 0 }, { SEQUENCE, 4, 4, 0 }, { UPTIME, 8, 4, 0 }, { SAMPLES, 12, 4, 0 } };
	static const struct slot sample[] = { { ENTERPRISE, 0, 4, 0xfffff000 }, { SAMPLE_TYPE, 0, 4, 0x0fff }, { SAMPLE_LENGTH, 4, 4, 0 } };
	static const struct slot flow[] = {
		{ FLOW_SEQUENCE, 8, 4, 0 }, { FLOW_SOURCE_TYPE, 12, 4, 0xff000000 }, { FLOW_SOURCE_INDEX, 12, 4, 0x00ffffff },
		{ FLOW_RATE, 16, 4, 0 }, { FLOW_POOL, 20, 4, 0 }, { FLOW_DROPS, 24, 4, 0 }, { FLOW_RECORDS, 36, 4, 0 },
	};
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, 8);
	uint32_t len = h ? header_len(h) : 0;

	if (!h || !cursor_take(&c, len))
		return;
	walk_bytes(w, len == HEADER_6 ? AGENT_6 : AGENT_4, h + 8, len == HEADER_6 ? 16 : 4);
	layout_walk(w, behind, SLOTS(behind), h + len - 16, 16);
	while ((h = cursor_peek(&c, 8))) {
		struct cursor body = cursor_sub(&c, get_be32(h + 4) + (size_t)8);

		layout_walk(w, sample, SLOTS(sample), h, 8);
		if (get_be32(h) == FLOW) {
			layout_walk(w, flow, SLOTS(flow), h, cursor_left(&body));
			walk_flow_records(w, body);
		} else if (get_be32(h) == COUNTERS) {
			walk_counters(w, body);
		}
	}
}

static void sflow_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), len;

	if (n < 8)
		return;
	len = header_len(h);
	if (n < len)
		return;
	outbuf_printf(s->out, "sFlowv%u, %s agent ", get_be32(h), len == HEADER_6 ? "IPv6" : "IPv4");
	layout_address(s->out, h + 8, len == HEADER_6 ? 16 : 4);
	outbuf_printf(s->out, ", agent-id %u, length %u", get_be32(h + len - 16), summary_outer_len(p, l));
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(sflow_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "sflow_245.version", 0, 4, "Version")),
	(AGENT_TYPE, FIELD_FIXED(FIELD_UINT, "sflow_245.agenttype", 4, 4, "Type of the agent's address")),
	(AGENT_4, FIELD_WALK(FIELD_IPV4, "sflow_245.agent", "Agent")),
	(AGENT_6, FIELD_WALK(FIELD_IPV6, "sflow_245.agent.v6", "Agent")),
	(SUB_AGENT, NUMBER("sflow_245.sub_agent_id", "Sub-agent")),
	(SEQUENCE, NUMBER("sflow_245.sequence_number", "Sequence number")),
	(UPTIME, NUMBER("sflow_245.sysuptime", "Uptime, ms")),
	(SAMPLES, NUMBER("sflow_245.numsamples", "Samples")),
	(ENTERPRISE, NUMBER("sflow.enterprise", "Enterprise")),
	(SAMPLE_TYPE, NUMBER("sflow_245.sampletype", "Sample type")),
	(SAMPLE_LENGTH, NUMBER("sflow_5.sample_length", "Sample length")),
	(FLOW_SEQUENCE, NUMBER("sflow.flow_sample.sequence_number", "Flow sample: sequence number")),
	(FLOW_SOURCE_TYPE, NUMBER("sflow.flow_sample.source_id_class", "Flow sample: class of the source")),
	(FLOW_SOURCE_INDEX, NUMBER("sflow.flow_sample.index", "Flow sample: source")),
	(FLOW_RATE, NUMBER("sflow.flow_sample.sampling_rate", "Flow sample: one packet in")),
	(FLOW_POOL, NUMBER("sflow.flow_sample.sample_pool", "Flow sample: packets it was taken from")),
	(FLOW_DROPS, NUMBER("sflow.flow_sample.dropped_packets", "Flow sample: dropped packets")),
	(FLOW_RECORDS, NUMBER("sflow.flow_sample.flow_record", "Flow sample: records")),
	(COUNTERS_SEQUENCE, NUMBER("sflow.counters_sample.sequence_number", "Counters: sequence number")),
	(COUNTERS_SOURCE_TYPE, NUMBER("sflow.counters_sample.source_id_type", "Counters: type of the source")),
	(COUNTERS_SOURCE_INDEX, NUMBER("sflow.counters_sample.source_id_index", "Counters: source")),
	(COUNTERS_RECORDS, NUMBER("sflow.counters_sample.counters_records", "Counters: records")),
	(COUNTERS_FORMAT, NUMBER("sflow_245.counters_record_format", "Counters: format")),
	(RECORD_LENGTH, NUMBER("sflow_5.flow_data_length", "Record length")),
	(IF_INDEX, NUMBER("sflow_245.ifindex", "Interface")),
	(IF_TYPE, NUMBER("sflow_245.iftype", "Interface type")),
	(IF_SPEED, NUMBER("sflow_245.ifspeed", "Interface speed, bit/s")),
	(IF_DIRECTION, NUMBER("sflow_245.ifdirection", "Interface direction")),
	(IF_IN_OCTETS, NUMBER("sflow_245.ifinoct", "Bytes received")),
	(IF_IN_PACKETS, NUMBER("sflow_245.ifinpkt", "Packets received")),
	(IF_IN_ERRORS, NUMBER("sflow_245.ifinerr", "Errors receiving")),
	(IF_OUT_OCTETS, NUMBER("sflow_245.ifoutoct", "Bytes sent")),
	(IF_OUT_PACKETS, NUMBER("sflow_245.ifoutpkt", "Packets sent")),
	(IF_OUT_ERRORS, NUMBER("sflow_245.ifouterr", "Errors sending"))
);

static const struct claim sflow_claims[] = { { CLAIM_UDP_PORT, 6343 }, { CLAIM_NONE, 0 } };

const struct protocol proto_sflow = {
	.name = "sflow",
	.column = "sFlow",
	.title = "sFlow",
	.reference = "sFlow Version 5",
	.application = true,
	.envelope = true,
	.decode = sflow_decode,
	.detect = sflow_detect,
	PROTOCOL_WALK(sflow_walk),
	.summary = sflow_summary,
	PROTOCOL_FIELDS(sflow_fields),
	.claims = sflow_claims,
};
