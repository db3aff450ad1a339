/* SPDX-License-Identifier: MIT */
/*
 * DCE/RPC, connection-oriented (C706 chapter 12; [MS-RPCE]): over TCP and in SMB's named pipes.
 *
 *	0  |version 5|minor|type 8|flags 8|data representation 32         |
 *	8  |fragment length 16|auth length 16|call id 32                  |
 *	16 |request, response: allocation hint 32|context 16|operation 16 |
 *	   |bind: most it sends 16|most it takes 16|group 32|contexts 8|...
 *
 * The representation's first four bits say in which byte order the numbers are. Which interface a
 * context means was said by the Bind of the connection; the last one is remembered for the column and the text.
 *
 * aux[0]: 1 + index in interfaces[] of what the request or response belongs to, 0: not known.
 * aux[1]: 1 + the operation, also of a response whose request was seen, 0: not known.
 */
#include "memory.h"
#include "message.h"
#include "nbss.h"
#include "summary.h"

enum {
	VER, VER_MINOR, PKT_TYPE, FLAGS, FIRST, LAST, CANCEL, RESERVED, MPX, DNE, MAYBE, OBJECT, DREP, BYTEORDER, CHARACTER, FP, FRAG_LEN,
	AUTH_LEN, CALL_ID, MAX_XMIT, MAX_RECV, ASSOC_GROUP, NUM_CTX, CTX_ID, NUM_TRANS, UUID, IF_VER, IF_MINOR, TRANS_ID, TRANS_VER,
	ALLOC_HINT, OPNUM, CANCEL_COUNT, STATUS, SEC_ADDR_LEN, SEC_ADDR, NUM_RESULTS, ACK_RESULT, F_COUNT
};
enum { HEADER = 16, VERSION = 5, TYPES = 20, CONTEXT = 24, SYNTAX = 20 };
#define CALL_KEY (2ull << 32)
enum { REQUEST = 0, RESPONSE = 2, FAULT = 3, BIND = 11, BIND_ACK = 12, BIND_NAK = 13, ALTER = 14, ALTER_RESP = 15 };

/* Interfaces whose messages have a name of their own in the column. */
static const struct known {
	uint32_t first; /* of the UUID, and its last byte: enough to tell these apart */
	uint8_t last;
	char name[15];
} interfaces[] = {
	{ 0x12345778, 0xab, "LSARPC" }, { 0x12345778, 0xac, "SAMR" }, { 0x12345678, 0xfb, "RPC_NETLOGON" },
	{ 0x12345678, 0xab, "SPOOLSS" }, { 0x4b324fc8, 0x88, "SRVSVC" }, { 0x6bffd098, 0x5a, "WKSSVC" },
	{ 0x367abb81, 0x03, "SVCCTL" }, { 0x338cd001, 0x03, "WINREG" }, { 0xe3514235, 0xd2, "DRSUAPI" },
	{ 0xe1af8308, 0xfa, "EPM" }, { 0x885d85fb, 0xf4, "MDSSVC" }, { 0x1ff70682, 0x8b, "ATSVC" },
	{ 0xafa8bd80, 0x89, "MGMT" }, { 0x4fc742e0, 0x73, "NETDFS" }, { 0x82273fdc, 0xea, "EVENTLOG" },
	{ 0x99fcfec4, 0x7a, "IOXIDResolver" },
};

static uint16_t number16(const uint8_t *h, const uint8_t *p)
{
	return h[4] >> 4 ? get_le16(p) : get_be16(p);
}

static uint32_t number32(const uint8_t *h, const uint8_t *p)
{
	return h[4] >> 4 ? get_le32(p) : get_be32(p);
}

static bool header_fits(const uint8_t *h)
{
	return h[0] == VERSION && h[1] <= 1 && h[2] < TYPES && (h[4] & 0xee) == 0 && h[5] <= 3 && !h[6] && !h[7] &&
	       number16(h, h + 8) >= HEADER && number16(h, h + 10) <= number16(h, h + 8) - HEADER;
}

bool dcerpc_starts(const struct cursor *c, uint32_t len)
{
	const uint8_t *h = cursor_peek(c, HEADER);

	return h && header_fits(h) && number16(h, h + 8) == len;
}

static bool dcerpc_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (message_within(d))
		return false;
	cursor_skip(&c, message_rest(d));
	h = cursor_peek(&c, HEADER);
	return h && header_fits(h);
}

/* What the contexts of a Bind mean, for the requests that name them. */
static void remember_contexts(const struct decode *d, const uint8_t *h, struct cursor c)
{
	const uint8_t *bind = cursor_take(&c, 12);

	for (unsigned n = bind ? bind[8] : 0; n; n--) {
		const uint8_t *context = cursor_take(&c, CONTEXT);
		struct memory *m;

		if (!context)
			return;
		cursor_skip(&c, (size_t)SYNTAX * context[2]);
		m = decode_memory(d, MEMORY_CALL(number16(h, context)), false);
		if (!m)
			return;
		m->value[0] = 0;
		for (unsigned i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++)
			if (interfaces[i].first == number32(h, context + 4) && interfaces[i].last == context[4 + 15])
				m->value[0] = 1 + i;
	}
}

static enum decode_result dcerpc_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	uint32_t left, len;

	if (message_resume(d, l, PROTO_dcerpc))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	left = (uint32_t)cursor_left(&d->c);
	if (!h || !header_fits(h)) {
		d->c.pos = d->c.end;
		return !h && d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	len = number16(h, h + 8);
	if (l[-1].proto == PROTO_tcp || l[-1].proto == PROTO_dcerpc ? message_waits(d, l, len) : false)
		return DECODE_WAITS;
	if (h[2] == BIND || h[2] == ALTER) {
		struct cursor c = d->c;

		cursor_skip(&c, HEADER);
		remember_contexts(d, h, c);
	} else if ((h[2] == REQUEST || h[2] == RESPONSE || h[2] == FAULT) && left >= HEADER + 8) {
		struct memory *m = decode_memory(d, MEMORY_CALL(number16(h, h + 20)), false);

		l->aux[0] = m && m->value[0] <= sizeof(interfaces) / sizeof(*interfaces) ? (uint16_t)m->value[0] : 0;
		m = decode_memory(d, CALL_KEY | number32(h, h + 12), false);
		if (m && h[2] == REQUEST)
			m->value[0] = number16(h, h + 22) + 1u;
		l->aux[1] = h[2] == REQUEST ? (uint16_t)(number16(h, h + 22) + 1) : m ? (uint16_t)m->value[0] : 0;
	}
	if (l[-1].proto == PROTO_smb || l[-1].proto == PROTO_smb2) {
		nbss_finish(d, l, l[-1].wire_end);
		l->wire_end = l->off + len;
	} else {
		message_end(d, l, len, PROTO_dcerpc);
	}
	return DECODE_OK;
}

static const char *dcerpc_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? interfaces[l->aux[0] - 1].name : "DCERPC";
}

/* ---- fields --------------------------------------------------------------------------------- */

/* A UUID in the byte order of the representation. */
static void walk_uuid(struct walk *w, unsigned field, const uint8_t *h, const uint8_t *uuid)
{
	static const uint8_t order[8] = { 3, 2, 1, 0, 5, 4, 7, 6 };
	uint8_t turned[16];

	memcpy(turned, uuid, 16);
	for (unsigned i = 0; i < 8 && !(h[4] >> 4); i++)
		turned[i] = uuid[order[i]];
	walk_guid(w, field, turned);
}

static void walk_bind(struct walk *w, const uint8_t *h, struct cursor c)
{
	const uint8_t *b = cursor_take(&c, 12);

	if (!b)
		return;
	walk_uint(w, MAX_XMIT, number16(h, b));
	walk_uint(w, MAX_RECV, number16(h, b + 2));
	walk_uint(w, ASSOC_GROUP, number32(h, b + 4));
	walk_uint(w, NUM_CTX, b[8]);
	for (unsigned n = b[8]; n; n--) {
		const uint8_t *context = cursor_take(&c, CONTEXT);

		if (!context)
			return;
		walk_uint(w, CTX_ID, number16(h, context));
		walk_uint(w, NUM_TRANS, context[2]);
		walk_uuid(w, UUID, h, context + 4);
		walk_uint(w, IF_VER, number16(h, context + 20));
		walk_uint(w, IF_MINOR, number16(h, context + 22));
		for (unsigned k = context[2]; k; k--) {
			const uint8_t *syntax = cursor_take(&c, SYNTAX);

			if (!syntax)
				return;
			walk_uuid(w, TRANS_ID, h, syntax);
			walk_uint(w, TRANS_VER, number32(h, syntax + 16));
		}
	}
}

static void walk_bind_ack(struct walk *w, const uint8_t *h, struct cursor c)
{
	const uint8_t *start = c.pos, *b = cursor_take(&c, 10);
	unsigned len;

	if (!b)
		return;
	walk_uint(w, MAX_XMIT, number16(h, b));
	walk_uint(w, MAX_RECV, number16(h, b + 2));
	walk_uint(w, ASSOC_GROUP, number32(h, b + 4));
	len = number16(h, b + 8);
	walk_uint(w, SEC_ADDR_LEN, len);
	b = cursor_take(&c, len);
	if (!b)
		return;
	if (len)
		walk_bytes(w, SEC_ADDR, b, len - !b[len - 1]);
	cursor_skip(&c, -(size_t)(c.pos - start) & 3);
	b = cursor_take(&c, 4);
	if (!b)
		return;
	walk_uint(w, NUM_RESULTS, b[0]);
	for (unsigned n = b[0]; n; n--) {
		b = cursor_take(&c, CONTEXT);
		if (!b)
			return;
		walk_uint(w, ACK_RESULT, number16(h, b));
	}
}

static void dcerpc_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *b;

	if (!h || !header_fits(h))
		return;
	walk_uint(w, BYTEORDER, h[4] >> 4);
	walk_uint(w, CHARACTER, h[4] & 15);
	walk_uint(w, FP, h[5]);
	walk_uint(w, FRAG_LEN, number16(h, h + 8));
	walk_uint(w, AUTH_LEN, number16(h, h + 10));
	walk_uint(w, CALL_ID, number32(h, h + 12));
	if (h[2] == BIND || h[2] == ALTER)
		walk_bind(w, h, c);
	else if (h[2] == BIND_ACK || h[2] == ALTER_RESP)
		walk_bind_ack(w, h, c);
	if (h[2] != REQUEST && h[2] != RESPONSE && h[2] != FAULT)
		return;
	b = cursor_take(&c, 8);
	if (!b)
		return;
	walk_uint(w, ALLOC_HINT, number32(h, b));
	walk_uint(w, CTX_ID, number16(h, b + 4));
	if (l->aux[1])
		walk_uint(w, OPNUM, l->aux[1] - 1u);
	if (h[2] != REQUEST)
		walk_uint(w, CANCEL_COUNT, b[6]);
	if (h[2] == FAULT && (b = cursor_take(&c, 4)))
		walk_uint(w, STATUS, number32(h, b));
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_VALUES(types,
	(REQUEST, "Request"), (1, "Ping"), (RESPONSE, "Response"), (FAULT, "Fault"), (4, "Working"), (5, "Nocall"),
	(6, "Reject"), (7, "Ack"), (8, "Cl_cancel"), (9, "Fack"), (10, "Cancel_ack"), (BIND, "Bind"),
	(BIND_ACK, "Bind_ack"), (BIND_NAK, "Bind_nak"), (ALTER, "Alter_context"), (ALTER_RESP, "Alter_context_resp"),
	(16, "AUTH3"), (17, "Shutdown"), (18, "Co_cancel"), (19, "Orphaned")
);

static void dcerpc_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (!s->verbose || n < HEADER)
		return;
	outbuf_str(s->out, "\n\t");
	outbuf_str(s->out, dcerpc_column(p, l));
	outbuf_str(s->out, ": ");
	outbuf_str(s->out, named_value(&types, h[2]));
	outbuf_str(s->out, ", call ");
	outbuf_u64(s->out, number32(h, h + 12));
	if (h[2] == REQUEST && n >= HEADER + 8) {
		outbuf_str(s->out, ", operation ");
		outbuf_u64(s->out, number16(h, h + 22));
	}
}

#define FLAG(n, msk, lab) FIELD_BITS(FIELD_BOOL, "dcerpc.cn_flags." n, 3, 1, msk, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "dcerpc." n, lab)

FIELD_TABLE(fields,
	(VER, FIELD_FIXED(FIELD_UINT, "dcerpc.ver", 0, 1, "Version")),
	(VER_MINOR, FIELD_FIXED(FIELD_UINT, "dcerpc.ver_minor", 1, 1, "Minor version")),
	(PKT_TYPE, FIELD_HAS("dcerpc.pkt_type", "Message type", (.names = &types), .type = FIELD_UINT, .offset = 2, .width = 1)),
	(FLAGS, FIELD_FIXED_HEX("dcerpc.cn_flags", 3, 1, "Flags")),
	(FIRST, FLAG("first_frag", 0x01, "First fragment")),
	(LAST, FLAG("last_frag", 0x02, "Last fragment")),
	(CANCEL, FLAG("cancel_pending", 0x04, "Cancel pending")),
	(RESERVED, FLAG("reserved", 0x08, "Reserved")),
	(MPX, FLAG("mpx", 0x10, "Multiplex")),
	(DNE, FLAG("dne", 0x20, "Did not execute")),
	(MAYBE, FLAG("maybe", 0x40, "Maybe")),
	(OBJECT, FLAG("object", 0x80, "Object")),
	(DREP, FIELD_FIXED(FIELD_BYTES, "dcerpc.drep", 4, 4, "Data representation")),
	(BYTEORDER, UINT("drep.byteorder", "Byte order")),
	(CHARACTER, UINT("drep.character", "Characters")),
	(FP, UINT("drep.fp", "Floating point")),
	(FRAG_LEN, UINT("cn_frag_len", "Fragment length")),
	(AUTH_LEN, UINT("cn_auth_len", "Authentication length")),
	(CALL_ID, UINT("cn_call_id", "Call")),
	(MAX_XMIT, UINT("cn_max_xmit", "Longest fragment sent")),
	(MAX_RECV, UINT("cn_max_recv", "Longest fragment taken")),
	(ASSOC_GROUP, FIELD_PLAIN("dcerpc.cn_assoc_group", "Association group", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 8)),
	(NUM_CTX, UINT("cn_num_ctx_items", "Number of contexts")),
	(CTX_ID, UINT("cn_ctx_id", "Context")),
	(NUM_TRANS, UINT("cn_num_trans_items", "Number of transfer syntaxes")),
	(UUID, FIELD_WALK(FIELD_STRING, "dcerpc.cn_bind_to_uuid", "Interface")),
	(IF_VER, UINT("cn_bind_if_ver", "Interface version")),
	(IF_MINOR, UINT("cn_bind_if_ver_minor", "Interface minor version")),
	(TRANS_ID, FIELD_WALK(FIELD_STRING, "dcerpc.cn_bind_trans_id", "Transfer syntax")),
	(TRANS_VER, UINT("cn_bind_trans_ver", "Transfer syntax version")),
	(ALLOC_HINT, UINT("cn_alloc_hint", "Allocation hint")),
	(OPNUM, UINT("opnum", "Operation")),
	(CANCEL_COUNT, UINT("cn_cancel_count", "Cancel count")),
	(STATUS, FIELD_PLAIN("dcerpc.cn_status", "Fault status", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 8)),
	(SEC_ADDR_LEN, UINT("cn_sec_addr_len", "Secondary address length")),
	(SEC_ADDR, FIELD_WALK(FIELD_STRING, "dcerpc.cn_sec_addr", "Secondary address")),
	(NUM_RESULTS, UINT("cn_num_results", "Number of results")),
	(ACK_RESULT, UINT("cn_ack_result", "Result"))
);

const struct protocol proto_dcerpc = {
	.name = "dcerpc",
	.title = "Distributed Computing Environment / Remote Procedure Call",
	.reference = "C706 chapter 12, [MS-RPCE]",
	.application = true,
	.decode = dcerpc_decode,
	.detect = dcerpc_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\x05"),
	.column_of = dcerpc_column,
	PROTOCOL_WALK(dcerpc_walk),
	.summary = dcerpc_summary,
	PROTOCOL_FIELDS(fields),
};
