/* SPDX-License-Identifier: MIT */
/*
 * SCTP, RFC 9260: a header and chunks, each padded to four bytes.
 *
 *	|source port 16|destination port 16|verification tag 32|CRC32c 32| chunks ...
 *	chunk: |type 8|flags 8|length 16|value ...|
 *
 * Values of INIT, INIT ACK and others end in parameters of the form |type 16|length 16|value ...|. What the first
 * DATA chunk carries whole is decoded further where its payload protocol is one of ours.
 */
#include "layout.h"
#include "summary.h"

enum {
	SRCPORT, DSTPORT, PORT, TAG, CHECKSUM, CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, INITIATE_TAG, INIT_TAG, INIT_CREDIT, INIT_OUT,
	INIT_IN, INIT_TSN, INITACK_TAG, INITACK_CREDIT, INITACK_OUT, INITACK_IN, INITACK_TSN, DATA_U, DATA_B, DATA_E, DATA_I,
	DATA_TSN, DATA_SID, DATA_SSN, DATA_PPID, SACK_CUMULATIVE, SACK_CREDIT, SACK_GAPS, SACK_DUPLICATES, SACK_GAP_START,
	SACK_GAP_END, SACK_DUPLICATE, SHUTDOWN_TSN, ABORT_T, COMPLETE_T, COOKIE, ECNE_TSN, CWR_TSN, FORWARD_TSN,
	PARAM_TYPE, PARAM_LENGTH, PARAM_IPV4, PARAM_IPV6, PARAM_HEARTBEAT, PARAM_COOKIE, PARAM_HOSTNAME,
	PARAM_ADDRESS_TYPE, CAUSE_CODE, CAUSE_LENGTH
};
enum { HEADER = 12, CHUNK_HEADER = 4, DATA_HEADER = 16, PPID_M3UA = 3, HOSTNAME = 11, ADDRESS_TYPES = 12 };
enum {
	DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, ECNE,
	CWR, SHUTDOWN_COMPLETE, FORWARD = 192
};
enum { BEGIN = 2, END = 1, UNORDERED = 4 };

/* The next chunk or parameter, its bytes with their header; the padding behind it is skipped. NULL: no more. */
static const uint8_t *next_item(struct cursor *c, struct cursor *body)
{
	const uint8_t *h = cursor_peek(c, CHUNK_HEADER);
	unsigned len = h ? get_be16(h + 2) : 0;

	if (len < CHUNK_HEADER)
		return NULL;
	*body = cursor_sub(c, len);
	if (len & 3 && !c->cut)
		cursor_skip(c, cursor_left(c) < 4 - (len & 3) ? cursor_left(c) : 4 - (len & 3));
	return h;
}

/* The first whole user message. */
static void find_payload(struct decode *d, const uint8_t *h, uint32_t left)
{
	struct cursor c = cursor_over(h, left, false), body;
	const uint8_t *chunk;

	while ((chunk = next_item(&c, &body))) {
		if (chunk[0] != DATA || (chunk[1] & (BEGIN | END)) != (BEGIN | END) || cursor_left(&body) <= DATA_HEADER)
			continue;
		if (get_be32(chunk + 12) == PPID_M3UA && protocols[PROTO_m3ua]->decode) {
			decode_take(d, (uint32_t)(chunk - h) + DATA_HEADER);
			d->next = PROTO_m3ua;
		}
		return;
	}
}

static enum decode_result sctp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	if (ENABLE_CONTROL_PROTOCOLS && d->decoder->application)
		find_payload(d, d->c.pos, (uint32_t)cursor_left(&d->c));
	if (d->next == PROTO_NONE && !decode_take(d, d->wire_left))
		return cursor_short(&d->c);
	return DECODE_OK;
}

static void walk_parameters(struct walk *w, struct cursor c)
{
	static const struct slot parts[] = {
		{ PARAM_TYPE, 0, 2, 0 }, { PARAM_LENGTH, 2, 2, 0 },
	};
	static const struct typed_slot values[] = {
		{ 1, { PARAM_HEARTBEAT, 4, SLOT_REST, 0 } }, { 5, { PARAM_IPV4, 4, 4, 0 } }, { 6, { PARAM_IPV6, 4, 16, 0 } },
		{ 7, { PARAM_COOKIE, 4, SLOT_REST, 0 } },
	};
	struct cursor body;
	const uint8_t *h;

	while ((h = next_item(&c, &body))) {
		layout_walk(w, parts, SLOTS(parts), h, cursor_left(&body));
		layout_walk_type(w, values, SLOTS(values), get_be16(h), h, cursor_left(&body));
		cursor_skip(&body, CHUNK_HEADER);
		if (get_be16(h) == HOSTNAME && cursor_left(&body))
			walk_bytes(w, PARAM_HOSTNAME, body.pos, (uint32_t)strnlen((const char *)body.pos, cursor_left(&body)));
		while (get_be16(h) == ADDRESS_TYPES && cursor_left(&body) >= 2)
			walk_uint(w, PARAM_ADDRESS_TYPE, cursor_be16(&body));
	}
}

static void walk_sack(struct walk *w, const uint8_t *h, struct cursor c)
{
	unsigned gaps, duplicates;

	if (!cursor_skip(&c, DATA_HEADER))
		return;
	gaps = get_be16(h + 12);
	duplicates = get_be16(h + 14);
	for (; gaps && cursor_left(&c) >= 4; gaps--) {
		walk_uint(w, SACK_GAP_START, cursor_be16(&c));
		walk_uint(w, SACK_GAP_END, cursor_be16(&c));
	}
	for (; duplicates && cursor_left(&c) >= 4; duplicates--)
		walk_uint(w, SACK_DUPLICATE, cursor_be32(&c));
}

/* What stands at fixed places, by type of chunk */
static const struct slot init_parts[] = {
	{ INITIATE_TAG, 4, 4, 0 }, { INIT_TAG, 4, 4, 0 }, { INIT_CREDIT, 8, 4, 0 }, { INIT_OUT, 12, 2, 0 }, { INIT_IN, 14, 2, 0 },
	{ INIT_TSN, 16, 4, 0 },
};
static const struct slot initack_parts[] = {
	{ INITIATE_TAG, 4, 4, 0 }, { INITACK_TAG, 4, 4, 0 }, { INITACK_CREDIT, 8, 4, 0 }, { INITACK_OUT, 12, 2, 0 },
	{ INITACK_IN, 14, 2, 0 }, { INITACK_TSN, 16, 4, 0 },
};
static const struct slot data_parts[] = {
	{ DATA_U, 1, 1, UNORDERED }, { DATA_B, 1, 1, BEGIN }, { DATA_E, 1, 1, END }, { DATA_I, 1, 1, 8 }, { DATA_TSN, 4, 4, 0 },
	{ DATA_SID, 8, 2, 0 }, { DATA_SSN, 10, 2, 0 }, { DATA_PPID, 12, 4, 0 },
};
static const struct slot sack_parts[] = {
	{ SACK_CUMULATIVE, 4, 4, 0 }, { SACK_CREDIT, 8, 4, 0 }, { SACK_GAPS, 12, 2, 0 }, { SACK_DUPLICATES, 14, 2, 0 },
};
static const struct slot shutdown_parts[] = { { SHUTDOWN_TSN, 4, 4, 0 } };
static const struct slot abort_parts[] = { { ABORT_T, 1, 1, 1 } };
static const struct slot complete_parts[] = { { COMPLETE_T, 1, 1, 1 } };
static const struct slot cookie_parts[] = { { COOKIE, 4, SLOT_REST, 0 } };
static const struct slot ecne_parts[] = { { ECNE_TSN, 4, 4, 0 } };
static const struct slot cwr_parts[] = { { CWR_TSN, 4, 4, 0 } };
static const struct slot forward_parts[] = { { FORWARD_TSN, 4, 4, 0 } };

static const struct chunk {
	uint8_t type, nparts;
	uint8_t parameters; /* where they begin; 0: it has none */
	const struct slot *parts;
} chunks[] = {
	{ DATA, SLOTS(data_parts), 0, data_parts }, { INIT, SLOTS(init_parts), 20, init_parts },
	{ INIT_ACK, SLOTS(initack_parts), 20, initack_parts }, { SACK, SLOTS(sack_parts), 0, sack_parts },
	{ HEARTBEAT, 0, 4, NULL }, { HEARTBEAT_ACK, 0, 4, NULL }, { ABORT, 1, 0, abort_parts },
	{ SHUTDOWN, 1, 0, shutdown_parts }, { COOKIE_ECHO, 1, 0, cookie_parts }, { ECNE, 1, 0, ecne_parts },
	{ CWR, 1, 0, cwr_parts }, { SHUTDOWN_COMPLETE, 1, 0, complete_parts }, { FORWARD, 1, 0, forward_parts },
};

static void walk_causes(struct walk *w, struct cursor c)
{
	static const struct slot parts[] = { { CAUSE_CODE, 0, 2, 0 }, { CAUSE_LENGTH, 2, 2, 0 } };
	struct cursor body;
	const uint8_t *h;

	while ((h = next_item(&c, &body)))
		layout_walk(w, parts, SLOTS(parts), h, cursor_left(&body));
}

static void walk_chunk(struct walk *w, const uint8_t *h, struct cursor body)
{
	static const struct slot header[] = { { CHUNK_TYPE, 0, 1, 0 }, { CHUNK_FLAGS, 1, 1, 0 }, { CHUNK_LENGTH, 2, 2, 0 } };

	layout_walk(w, header, SLOTS(header), h, cursor_left(&body));
	if (h[0] == SACK)
		walk_sack(w, h, body);
	for (size_t i = 0; i < SLOTS(chunks); i++) {
		if (chunks[i].type != h[0])
			continue;
		layout_walk(w, chunks[i].parts, chunks[i].nparts, h, cursor_left(&body));
		if (chunks[i].parameters && cursor_skip(&body, chunks[i].parameters))
			walk_parameters(w, body);
		return;
	}
	if (h[0] == ERROR && cursor_skip(&body, CHUNK_HEADER))
		walk_causes(w, body);
}

static void sctp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h;

	cursor_skip(&c, HEADER);
	while ((h = next_item(&c, &body))) {
		walk_chunk(w, h, body);
		if (h[0] == ABORT && cursor_skip(&body, CHUNK_HEADER))
			walk_causes(w, body);
	}
}

/* ---- text ------------------------------------------------------------------------------ */

static NAMED_VALUES(chunk_names,
	(DATA, "DATA"), (INIT, "INIT"), (INIT_ACK, "INIT ACK"), (SACK, "SACK"), (HEARTBEAT, "HB REQ"),
	(HEARTBEAT_ACK, "HB ACK"), (ABORT, "ABORT"), (SHUTDOWN, "SHUTDOWN"), (SHUTDOWN_ACK, "SHUTDOWN ACK"),
	(ERROR, "OP ERR"), (COOKIE_ECHO, "COOKIE ECHO"), (COOKIE_ACK, "COOKIE ACK"), (ECNE, "ECN ECHO"), (CWR, "ECN CWR"),
	(SHUTDOWN_COMPLETE, "SHUTDOWN COMPLETE"), (FORWARD, "FOR CUM TSN")
);
static NAMED_VALUES(payload_names,
	(1, "IUA"), (2, "M2UA"), (3, "M3UA"), (4, "SUA"), (5, "M2PA"), (6, "V5UA"), (7, "H.248"), (8, "BICC"),
	(9, "TALI"), (10, "DUA"), (11, "ASAP"), (12, "ENRP"), (13, "H.323"), (14, "QIPC"), (15, "SIMCO"),
	(16, "DDP Segment"), (17, "DDP Stream"), (18, "S1AP")
);

static void put_sack(struct outbuf *o, const uint8_t *h, struct cursor body)
{
	unsigned gaps = get_be16(h + 12), duplicates = get_be16(h + 14);
	const uint8_t *at;

	outbuf_printf(o, "[cum ack %u] [a_rwnd %u] [#gap acks %u] [#dup tsns %u] ", get_be32(h + 4), get_be32(h + 8), gaps,
		      duplicates);
	cursor_skip(&body, DATA_HEADER);
	for (unsigned i = 1; i <= gaps && (at = cursor_take(&body, 4)); i++)
		outbuf_printf(o, "\n\t\t[gap ack block #%u: start = %u, end = %u] ", i, get_be32(h + 4) + get_be16(at),
			      get_be32(h + 4) + get_be16(at + 2));
	for (unsigned i = 1; i <= duplicates && (at = cursor_take(&body, 4)); i++)
		outbuf_printf(o, "\n\t\t[dup TSN #%u: %u] ", i, get_be32(at));
}

static void put_chunk(struct outbuf *o, const uint8_t *h, struct cursor body)
{
	size_t n = cursor_left(&body);
	const char *name = named_value(&chunk_names, h[0]), *payload;

	if (name)
		outbuf_printf(o, "[%s] ", name);
	else
		outbuf_printf(o, "[Unknown chunk type: 0x%x] ", h[0]);
	if (h[0] == DATA && n >= DATA_HEADER) {
		payload = named_value(&payload_names, get_be32(h + 12));
		if (h[1] & UNORDERED)
			outbuf_str(o, "(U)");
		if (h[1] & BEGIN)
			outbuf_str(o, "(B)");
		if (h[1] & END)
			outbuf_str(o, "(E)");
		if (h[1] & 7)
			outbuf_char(o, ' ');
		outbuf_printf(o, "[TSN: %u] [SID: %u] [SSEQ %u] ", get_be32(h + 4), get_be16(h + 8), get_be16(h + 10));
		payload ? outbuf_printf(o, "[PPID %s] ", payload) : outbuf_printf(o, "[PPID 0x%x] ", get_be32(h + 12));
	} else if ((h[0] == INIT || h[0] == INIT_ACK) && n >= 20) {
		outbuf_printf(o, "[init tag: %u] [rwnd: %u] [OS: %u] [MIS: %u] [init TSN: %u] ", get_be32(h + 4), get_be32(h + 8),
			      get_be16(h + 12), get_be16(h + 14), get_be32(h + 16));
	} else if (h[0] == SACK && n >= DATA_HEADER) {
		put_sack(o, h, body);
	}
}

static void sctp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h = cursor_take(&c, HEADER);
	unsigned number = 1;

	if (!h)
		return;
	summary_ports(s->out, p, l, 132, get_be16(h), get_be16(h + 2));
	outbuf_str(s->out, "sctp");
	if (s->quiet)
		return;
	for (; (h = next_item(&c, &body)); number++) {
		outbuf_str(s->out, s->verbose ? "\n\t" : number > 1 ? ", " : " ");
		outbuf_printf(s->out, "(%u) ", number);
		put_chunk(s->out, h, body);
	}
	h = cursor_peek(&c, CHUNK_HEADER);
	if (h)
		outbuf_printf(s->out, "%s(%u) [Bad chunk length %u, < size of chunk descriptor]", s->verbose ? "\n\t" :
			      number > 1 ? ", " : " ", number, get_be16(h + 2));
}

static NAMED_VALUES(chunk_type_names,
	(DATA, "DATA"), (INIT, "INIT"), (INIT_ACK, "INIT_ACK"), (SACK, "SACK"), (HEARTBEAT, "HEARTBEAT"),
	(HEARTBEAT_ACK, "HEARTBEAT_ACK"), (ABORT, "ABORT"), (SHUTDOWN, "SHUTDOWN"), (SHUTDOWN_ACK, "SHUTDOWN_ACK"),
	(ERROR, "ERROR"), (COOKIE_ECHO, "COOKIE_ECHO"), (COOKIE_ACK, "COOKIE_ACK")
);

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(sctp_fields,
	(SRCPORT, FIELD_FIXED(FIELD_UINT, "sctp.srcport", 0, 2, "Source port")),
	(DSTPORT, FIELD_FIXED(FIELD_UINT, "sctp.dstport", 2, 2, "Destination port")),
	(PORT, FIELD_EITHER(FIELD_UINT, "sctp.port", "Source or destination port", SRCPORT + 1, DSTPORT + 1)),
	(TAG, FIELD_FIXED_HEX("sctp.verification_tag", 4, 4, "Verification tag")),
	(CHECKSUM, FIELD_FIXED_HEX("sctp.checksum", 8, 4, "CRC32c")),
	(CHUNK_TYPE, FIELD_HAS("sctp.chunk_type", "Chunk type", (.names = &chunk_type_names), .type = FIELD_UINT)),
	(CHUNK_FLAGS, FIELD_WALK_HEX("sctp.chunk_flags", 2, "Chunk flags")),
	(CHUNK_LENGTH, NUMBER("sctp.chunk_length", "Chunk length")),
	(INITIATE_TAG, FIELD_WALK_HEX("sctp.initiate_tag", 8, "Initiate tag")),
	(INIT_TAG, FIELD_WALK_HEX("sctp.init_initiate_tag", 8, "INIT: initiate tag")),
	(INIT_CREDIT, NUMBER("sctp.init_credit", "INIT: receiver window")),
	(INIT_OUT, NUMBER("sctp.init_nr_out_streams", "INIT: outbound streams")),
	(INIT_IN, NUMBER("sctp.init_nr_in_streams", "INIT: inbound streams")),
	(INIT_TSN, NUMBER("sctp.init_initial_tsn", "INIT: initial TSN")),
	(INITACK_TAG, FIELD_WALK_HEX("sctp.initack_initiate_tag", 8, "INIT ACK: initiate tag")),
	(INITACK_CREDIT, NUMBER("sctp.initack_credit", "INIT ACK: receiver window")),
	(INITACK_OUT, NUMBER("sctp.initack_nr_out_streams", "INIT ACK: outbound streams")),
	(INITACK_IN, NUMBER("sctp.initack_nr_in_streams", "INIT ACK: inbound streams")),
	(INITACK_TSN, NUMBER("sctp.initack_initial_tsn", "INIT ACK: initial TSN")),
	(DATA_U, FIELD_WALK(FIELD_BOOL, "sctp.data_u_bit", "Unordered")),
	(DATA_B, FIELD_WALK(FIELD_BOOL, "sctp.data_b_bit", "First fragment")),
	(DATA_E, FIELD_WALK(FIELD_BOOL, "sctp.data_e_bit", "Last fragment")),
	(DATA_I, FIELD_WALK(FIELD_BOOL, "sctp.data_i_bit", "Acknowledge at once")),
	(DATA_TSN, NUMBER("sctp.data_tsn_raw", "Transmission sequence number")),
	(DATA_SID, FIELD_WALK_HEX("sctp.data_sid", 4, "Stream")),
	(DATA_SSN, NUMBER("sctp.data_ssn", "Stream sequence number")),
	(DATA_PPID, NUMBER("sctp.data_payload_proto_id", "Payload protocol")),
	(SACK_CUMULATIVE, NUMBER("sctp.sack_cumulative_tsn_ack_raw", "Cumulative acknowledgment")),
	(SACK_CREDIT, NUMBER("sctp.sack_a_rwnd", "SACK: receiver window")),
	(SACK_GAPS, NUMBER("sctp.sack_number_of_gap_blocks", "Gap blocks")),
	(SACK_DUPLICATES, NUMBER("sctp.sack_number_of_duplicated_tsns", "Duplicate TSNs")),
	(SACK_GAP_START, NUMBER("sctp.sack_gap_block_start", "Gap block start")),
	(SACK_GAP_END, NUMBER("sctp.sack_gap_block_end", "Gap block end")),
	(SACK_DUPLICATE, NUMBER("sctp.sack_duplicate_tsn", "Duplicate TSN")),
	(SHUTDOWN_TSN, NUMBER("sctp.shutdown_cumulative_tsn_ack", "SHUTDOWN: cumulative acknowledgment")),
	(ABORT_T, FIELD_WALK(FIELD_BOOL, "sctp.abort_t_bit", "ABORT: the tag is the receiver's own")),
	(COMPLETE_T, FIELD_WALK(FIELD_BOOL, "sctp.shutdown_complete_t_bit", "SHUTDOWN COMPLETE: the tag is the receiver's own")),
	(COOKIE, FIELD_WALK(FIELD_BYTES, "sctp.cookie", "Cookie")),
	(ECNE_TSN, NUMBER("sctp.ecne_lowest_tsn", "ECNE: lowest TSN")),
	(CWR_TSN, NUMBER("sctp.cwr_lowest_tsn", "CWR: lowest TSN")),
	(FORWARD_TSN, NUMBER("sctp.forward_tsn_tsn", "FORWARD TSN: new cumulative TSN")),
	(PARAM_TYPE, FIELD_WALK_HEX("sctp.parameter_type", 4, "Parameter type")),
	(PARAM_LENGTH, NUMBER("sctp.parameter_length", "Parameter length")),
	(PARAM_IPV4, FIELD_WALK(FIELD_IPV4, "sctp.parameter_ipv4_address", "Parameter: IPv4 address")),
	(PARAM_IPV6, FIELD_WALK(FIELD_IPV6, "sctp.parameter_ipv6_address", "Parameter: IPv6 address")),
	(PARAM_HEARTBEAT, FIELD_WALK(FIELD_BYTES, "sctp.parameter_heartbeat_information", "Parameter: heartbeat")),
	(PARAM_COOKIE, FIELD_WALK(FIELD_BYTES, "sctp.parameter_state_cookie", "Parameter: state cookie")),
	(PARAM_HOSTNAME, FIELD_WALK(FIELD_STRING, "sctp.parameter_hostname", "Parameter: host name")),
	(PARAM_ADDRESS_TYPE, NUMBER("sctp.parameter_supported_address_type", "Parameter: supported address type")),
	(CAUSE_CODE, FIELD_WALK_HEX("sctp.cause_code", 4, "Cause of an error")),
	(CAUSE_LENGTH, NUMBER("sctp.cause_length", "Cause length"))
);

static const struct claim sctp_claims[] = { { CLAIM_IPPROTO, 132 }, { CLAIM_NONE, 0 } };

const struct protocol proto_sctp = {
	.name = "sctp",
	.column = "SCTP",
	.title = "Stream Control Transmission Protocol",
	.reference = "RFC 9260",
	.decode = sctp_decode,
	PROTOCOL_WALK(sctp_walk),
	.summary = sctp_summary,
	PROTOCOL_FIELDS(sctp_fields),
	.claims = sctp_claims,
};
