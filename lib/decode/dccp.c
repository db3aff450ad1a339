/* SPDX-License-Identifier: MIT */
/*
 * Datagram Congestion Control Protocol, RFC 4340.
 *
 *	|source 16|destination 16|words 8|CCVal 4|CsCov 4|checksum 16|reserved 3|type 4|X 1|sequence 24, or with X 0 8|sequence 48|
 *	[acknowledgment: 0 8|24, with X 0 16|48]  all types but REQUEST and DATA
 *	[service code 32] REQUEST, RESPONSE   [code 8|data 24] RESET   options
 *
 * The acknowledgment is one of 24 bits when the sequence number is.
 */
#include "layout.h"
#include "summary.h"

enum {
	SRCPORT, DSTPORT, PORT, DATA_OFFSET, CCVAL, CSCOV, CHECKSUM, TYPE, EXTENDED, SEQ, ACK, SERVICE, RESET_CODE, DATA1, DATA2,
	DATA3, OPTION_TYPE, FEATURE, NDP_COUNT, TIMESTAMP, TIMESTAMP_ECHO, ELAPSED
};
enum { HEADER = 12, HEADER_X = 16 };
enum { REQUEST, RESPONSE, DATA, PURE_ACK, DATAACK, CLOSEREQ, CLOSE, RESET, SYNC, SYNCACK };

static bool is_extended(const uint8_t *h)
{
	return h[8] & 1;
}

static unsigned type_of(const uint8_t *h)
{
	return h[8] >> 1 & 15;
}

static bool has_ack(unsigned type)
{
	return type != REQUEST && type != DATA;
}

/* Where the acknowledgment, and where what follows it, begins */
static unsigned ack_at(const uint8_t *h)
{
	return is_extended(h) ? HEADER_X : HEADER;
}

static unsigned rest_at(const uint8_t *h)
{
	return ack_at(h) + (has_ack(type_of(h)) ? is_extended(h) ? 8 : 4 : 0);
}

static unsigned options_at(const uint8_t *h)
{
	unsigned type = type_of(h);

	return rest_at(h) + (type == REQUEST || type == RESPONSE || type == RESET ? 4 : 0);
}

static uint64_t number_48(const uint8_t *h)
{
	return (uint64_t)get_be16(h) << 32 | get_be32(h + 2);
}

static enum decode_result dccp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, HEADER);
	unsigned len;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	len = h[4] * 4u;
	if (len < options_at(h))
		return DECODE_MALFORMED;
	return decode_take(d, len) ? DECODE_OK : cursor_short(&d->c);
}

/* RFC 4340 section 5.8: types below 32 are one byte, others have a length that counts both */
static void walk_options(struct walk *w, struct cursor c)
{
	while (cursor_left(&c)) {
		unsigned type = cursor_u8(&c), len;
		struct cursor body;

		walk_uint(w, OPTION_TYPE, type);
		if (type < 32)
			continue;
		len = cursor_u8(&c);
		if (c.cut || len < 2)
			return;
		body = cursor_sub(&c, len - 2);
		if (c.cut)
			return;
		if (type <= 35 && cursor_left(&body))
			walk_uint(w, FEATURE, *body.pos);
		else if (type == 37 && len >= 3 && len <= 8)
			walk_uint(w, NDP_COUNT, len == 3 ? *body.pos : len == 4 ? get_be16(body.pos) : 0);
		else if (type == 41 && len == 6)
			walk_uint(w, TIMESTAMP, get_be32(body.pos));
		else if (type == 42 && len >= 6)
			walk_uint(w, TIMESTAMP_ECHO, get_be32(body.pos));
		else if (type == 43 && (len == 4 || len == 6))
			walk_uint(w, ELAPSED, len == 4 ? get_be16(body.pos) : get_be32(body.pos));
	}
}

static void dccp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot reset[] = { { RESET_CODE, 0, 1, 0 }, { DATA1, 1, 1, 0 }, { DATA2, 2, 1, 0 }, { DATA3, 3, 1, 0 } };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, HEADER);
	unsigned type;

	if (!h || l->hlen < options_at(h) || cursor_left(&c) < l->hlen)
		return;
	type = type_of(h);
	walk_uint(w, SEQ, is_extended(h) ? number_48(h + 10) : get_be24(h + 9));
	if (has_ack(type))
		walk_uint(w, ACK, is_extended(h) ? number_48(h + ack_at(h) + 2) : get_be24(h + ack_at(h) + 1));
	if (type == REQUEST || type == RESPONSE)
		walk_uint(w, SERVICE, get_be32(h + rest_at(h)));
	else if (type == RESET)
		layout_walk(w, reset, SLOTS(reset), h + rest_at(h), 4);
	walk_options(w, cursor_over(h + options_at(h), l->hlen - options_at(h), false));
}

static NAMED_VALUES(types,
	(REQUEST, "Request"), (RESPONSE, "Response"), (DATA, "Data"), (PURE_ACK, "Ack"), (DATAACK, "DataAck"),
	(CLOSEREQ, "CloseReq"), (CLOSE, "Close"), (RESET, "Reset"), (SYNC, "Sync"), (SYNCACK, "SyncAck")
);
static NAMED_VALUES(reset_codes,
	(0, "unspecified"), (1, "closed"), (2, "aborted"), (3, "no_connection"), (4, "packet_error"),
	(5, "option_error"), (6, "mandatory_error"), (7, "connection_refused"), (8, "bad_service_code"),
	(9, "too_busy"), (10, "bad_init_cookie"), (11, "aggression_penalty")
);

static void put_u64(struct outbuf *o, const char *before, uint64_t v, const char *after)
{
	outbuf_str(o, before);
	outbuf_u64(o, v);
	outbuf_str(o, after);
}

static void dccp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const uint8_t *h;
	const char *name;
	uint32_t n = packet_bytes(p, l, &h);
	unsigned type;

	if (n < HEADER)
		return;
	summary_ports(o, p, l, 33, get_be16(h), get_be16(h + 2));
	type = type_of(h);
	outbuf_str(o, "DCCP ");
	if (s->quiet) {
		put_u64(o, "", summary_outer_len(p, l) - h[4] * 4u, "");
		return;
	}
	name = named_value(&types, type);
	if (s->verbose)
		outbuf_printf(o, "(CCVal %u, CsCov %u) ", h[5] >> 4, h[5] & 15);
	if (name)
		outbuf_printf(o, "DCCP-%s", name);
	else
		outbuf_printf(o, "unknown-type-%u", type);
	if (n < options_at(h))
		return;
	if (type == REQUEST || type == RESPONSE)
		put_u64(o, " (service=", get_be32(h + rest_at(h)), ")");
	if (type == RESET) {
		outbuf_str(o, " (code=");
		layout_name(o, &reset_codes, h[rest_at(h)], "");
		outbuf_char(o, ')');
	}
	if (has_ack(type))
		put_u64(o, " (ack=", is_extended(h) ? number_48(h + ack_at(h) + 2) : get_be24(h + ack_at(h) + 1), ")");
	outbuf_char(o, ' ');
	if (s->verbose)
		put_u64(o, "seq ", is_extended(h) ? number_48(h + 10) : get_be24(h + 9), "");
}

FIELD_TABLE(dccp_fields,
	(SRCPORT, FIELD_FIXED(FIELD_UINT, "dccp.srcport", 0, 2, "Source port")),
	(DSTPORT, FIELD_FIXED(FIELD_UINT, "dccp.dstport", 2, 2, "Destination port")),
	(PORT, FIELD_EITHER(FIELD_UINT, "dccp.port", "Source or destination port", SRCPORT + 1, DSTPORT + 1)),
	(DATA_OFFSET, FIELD_FIXED(FIELD_UINT, "dccp.data_offset", 4, 1, "Header length, words")),
	(CCVAL, FIELD_BITS(FIELD_UINT, "dccp.ccval", 5, 1, 0xf0, "For the congestion control")),
	(CSCOV, FIELD_BITS(FIELD_UINT, "dccp.cscov", 5, 1, 0x0f, "Checksum coverage")),
	(CHECKSUM, FIELD_FIXED_HEX("dccp.checksum", 6, 2, "Checksum")),
	(TYPE, FIELD_HAS("dccp.type", "Type", (.names = &types), .type = FIELD_UINT, .offset = 8, .width = 1, .mask = 0x1e,
		.shift = 1)),
	(EXTENDED, FIELD_BITS(FIELD_BOOL, "dccp.x", 8, 1, 0x01, "Sequence numbers of 48 bits")),
	(SEQ, FIELD_WALK(FIELD_UINT, "dccp.seq_raw", "Sequence number")),
	(ACK, FIELD_WALK(FIELD_UINT, "dccp.ack_raw", "Acknowledgment number")),
	(SERVICE, FIELD_WALK(FIELD_UINT, "dccp.service_code", "Service code")),
	(RESET_CODE, FIELD_WALK(FIELD_UINT, "dccp.reset_code", "Reset code")),
	(DATA1, FIELD_WALK(FIELD_UINT, "dccp.data1", "Reset data 1")),
	(DATA2, FIELD_WALK(FIELD_UINT, "dccp.data2", "Reset data 2")),
	(DATA3, FIELD_WALK(FIELD_UINT, "dccp.data3", "Reset data 3")),
	(OPTION_TYPE, FIELD_WALK(FIELD_UINT, "dccp.option_type", "Option type")),
	(FEATURE, FIELD_WALK(FIELD_UINT, "dccp.feature_number", "Feature")),
	(NDP_COUNT, FIELD_WALK(FIELD_UINT, "dccp.ndp_count", "Packets without data")),
	(TIMESTAMP, FIELD_WALK(FIELD_UINT, "dccp.timestamp", "Time stamp")),
	(TIMESTAMP_ECHO, FIELD_WALK(FIELD_UINT, "dccp.timestamp_echo", "Time stamp echo")),
	(ELAPSED, FIELD_WALK(FIELD_UINT, "dccp.elapsed_time", "Elapsed time"))
);

static const struct claim dccp_claims[] = { { CLAIM_IPPROTO, 33 }, { CLAIM_NONE, 0 } };

const struct protocol proto_dccp = {
	.name = "dccp",
	.column = "DCCP",
	.title = "Datagram Congestion Control Protocol",
	.reference = "RFC 4340",
	.decode = dccp_decode,
	PROTOCOL_WALK(dccp_walk),
	.summary = dccp_summary,
	PROTOCOL_FIELDS(dccp_fields),
	.claims = dccp_claims,
};
