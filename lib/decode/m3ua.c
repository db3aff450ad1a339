/* SPDX-License-Identifier: MIT */
/*
 * MTP3 user adaptation layer, RFC 4666: telephone signalling on SCTP.
 *
 *	|version 8|reserved 8|class 8|type 8|length 32| parameters: |tag 16|length 16|value ...|
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, CLASS, TYPE, LENGTH, TAG, TAG_LENGTH, NETWORK, CONTEXT, INFO, ERROR_CODE, STATUS_TYPE, STATUS_INFO, OPC, DPC, SI,
	NI, MP, SLS, TRAFFIC_MODE
};
enum { HEADER = 8, PARAMETER_HEADER = 4 };

static enum decode_result m3ua_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

/* What a parameter says, by its tag */
static const struct typed_slot values[] = {
	{ 0x0004, { INFO, 4, SLOT_REST, 0 } }, { 0x0006, { CONTEXT, 4, 4, 0 } }, { 0x000b, { TRAFFIC_MODE, 4, 4, 0 } },
	{ 0x000c, { ERROR_CODE, 4, 4, 0 } }, { 0x000d, { STATUS_TYPE, 4, 2, 0 } }, { 0x000d, { STATUS_INFO, 6, 2, 0 } },
	{ 0x0200, { NETWORK, 4, 4, 0 } }, { 0x0210, { OPC, 4, 4, 0 } }, { 0x0210, { DPC, 8, 4, 0 } }, { 0x0210, { SI, 12, 1, 0 } },
	{ 0x0210, { NI, 13, 1, 0 } }, { 0x0210, { MP, 14, 1, 0 } }, { 0x0210, { SLS, 15, 1, 0 } },
};

static void m3ua_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return;
	cursor_limit(&c, get_be32(h + 4) - HEADER);
	while ((h = cursor_peek(&c, PARAMETER_HEADER))) {
		unsigned tag = get_be16(h), len = get_be16(h + 2);
		struct cursor body = cursor_sub(&c, len);

		if (len < PARAMETER_HEADER)
			return;
		walk_uint(w, TAG, tag);
		walk_uint(w, TAG_LENGTH, len);
		layout_walk_type(w, values, SLOTS(values), tag, h, cursor_left(&body));
		if (len & 3 && !cursor_skip(&c, 4 - (len & 3)))
			return;
	}
}

/* RFC 4666 section 3.1: class << 8 | type */
static NAMED_VALUES(messages,
	(0x0000, "ERR"), (0x0001, "NTFY"), (0x0101, "DATA"), (0x0201, "DUNA"), (0x0202, "DAVA"), (0x0203, "DAUD"),
	(0x0204, "SCON"), (0x0205, "DUPU"), (0x0206, "DRST"), (0x0301, "ASPUP"), (0x0302, "ASPDN"), (0x0303, "BEAT"),
	(0x0304, "ASPUP ACK"), (0x0305, "ASPDN ACK"), (0x0306, "BEAT ACK"), (0x0401, "ASPAC"), (0x0402, "ASPIA"),
	(0x0403, "ASPAC ACK"), (0x0404, "ASPIA ACK"), (0x0901, "REG REQ"), (0x0902, "REG RSP"), (0x0903, "DEREG REQ"),
	(0x0904, "DEREG RSP")
);

/* The line of SCTP says all that tcpdump has to say; -v adds the message. */
static void m3ua_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (!s->verbose || packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_str(s->out, "\n\t\tm3ua ");
	layout_name(s->out, &messages, get_be16(h + 2), "message ");
}

FIELD_TABLE(m3ua_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "m3ua.version", 0, 1, "Version")),
	(CLASS, FIELD_FIXED(FIELD_UINT, "m3ua.message_class", 2, 1, "Message class")),
	(TYPE, FIELD_FIXED(FIELD_UINT, "m3ua.message_type", 3, 1, "Message type")),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "m3ua.message_length", 4, 4, "Message length")),
	(TAG, FIELD_WALK(FIELD_UINT, "m3ua.parameter_tag", "Parameter")),
	(TAG_LENGTH, FIELD_WALK(FIELD_UINT, "m3ua.parameter_length", "Parameter length")),
	(NETWORK, FIELD_WALK(FIELD_UINT, "m3ua.network_appearance", "Network appearance")),
	(CONTEXT, FIELD_WALK(FIELD_UINT, "m3ua.routing_context", "Routing context")),
	(INFO, FIELD_WALK(FIELD_STRING, "m3ua.info_string", "Information")),
	(ERROR_CODE, FIELD_WALK(FIELD_UINT, "m3ua.error_code", "Error")),
	(STATUS_TYPE, FIELD_WALK(FIELD_UINT, "m3ua.status_type", "Status type")),
	(STATUS_INFO, FIELD_WALK(FIELD_UINT, "m3ua.status_info", "Status")),
	(OPC, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_opc", "Originating point code")),
	(DPC, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_dpc", "Destination point code")),
	(SI, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_si", "Service indicator")),
	(NI, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_ni", "Network indicator")),
	(MP, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_mp", "Message priority")),
	(SLS, FIELD_WALK(FIELD_UINT, "m3ua.protocol_data_sls", "Signalling link selection")),
	(TRAFFIC_MODE, FIELD_WALK(FIELD_UINT, "m3ua.traffic_mode_type", "Traffic mode"))
);

const struct protocol proto_m3ua = {
	.name = "m3ua",
	.column = "M3UA (RFC 4666)",
	.title = "MTP 3 User Adaptation Layer",
	.reference = "RFC 4666",
	.application = true,
	.decode = m3ua_decode,
	PROTOCOL_WALK(m3ua_walk),
	.summary = m3ua_summary,
	PROTOCOL_FIELDS(m3ua_fields),
};
