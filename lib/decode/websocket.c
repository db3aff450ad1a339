/* SPDX-License-Identifier: MIT */
/*
 * WebSocket frames (RFC 6455 section 5.2), one layer each, on a connection that HTTP handed over with "101 Switching
 * Protocols": that is noted (notes.h), for the frames have no look of their own.
 *
 *	|FIN 1|RSV 3|opcode 4|MASK 1|length 7|length 16 if 126, 64 if 127|key 4 if MASK|payload|
 *
 * A frame that goes on in the next segment has its fields where it begins and its word in the column where it ends (message.h).
 */
#include "decode/http.h"
#include "decode/message.h"
#include "decode/stream.h"

enum {
	F_FIN, F_RSV, F_OPCODE, F_MASK, F_LENGTH, F_LENGTH_16, F_LENGTH_64, F_KEY, F_TEXT, F_STATUS, F_REASON
};
enum { HEADER = 2, KEY = 4, CONTROL = 8 };
enum { TEXT = 1, CLOSE = 8 };

/* layer.aux[0]: the frame ends in a later segment */

struct ws_frame {
	uint8_t opcode;
	uint64_t len;
	const uint8_t *key; /* NULL: not masked */
};

/* Reads the header, and past it. False if it is not all there. */
static bool frame_read(struct cursor *c, struct ws_frame *f)
{
	const uint8_t *h = cursor_take(c, HEADER);

	if (!h)
		return false;
	f->opcode = h[0] & 15;
	f->len = h[1] & 0x7f;
	if (f->len == 126)
		f->len = cursor_be16(c);
	else if (f->len == 127)
		f->len = (uint64_t)cursor_be32(c) << 32 | cursor_be32(c);
	f->key = h[1] & 0x80 ? cursor_take(c, KEY) : NULL;
	return !c->cut;
}

static enum decode_result websocket_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c;
	struct ws_frame f;

	if (l[-1].proto == PROTO_tcp && message_resume(d, l, PROTO_websocket))
		return DECODE_OK;
	if (!frame_read(&c, &f) ? stream_wait(d, d->c.pos, 0, PROTO_websocket, 0) :
				  f.len < STREAM_MESSAGE_MAX && message_waits(d, l, (uint32_t)(c.pos - d->c.pos) + (uint32_t)f.len))
		return DECODE_WAITS;
	if (c.cut) {
		d->c.pos = d->c.end;
		return cursor_short(&c);
	}
	decode_take(d, (uint32_t)(c.pos - d->c.pos));
	if ((f.opcode & 7) > 2) { /* reserved: we lost our place */
		d->c.pos = d->c.end;
		return DECODE_MALFORMED;
	}
	l->aux[0] = f.len > d->wire_left;
	message_end(d, l, f.len < UINT32_MAX ? (uint32_t)f.len : UINT32_MAX, PROTO_websocket);
	return DECODE_OK;
}

static const char *websocket_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? NULL : "WebSocket";
}

static bool get_length(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER + (f->shift == 16 ? 2u : 8u) || (h[1] & 0x7f) != (f->shift == 16 ? 126 : 127))
		return false;
	v->u = f->shift == 16 ? get_be16(h + HEADER) : get_be64(h + HEADER);
	return true;
}

static bool get_key(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	struct cursor c = packet_cursor(p, l);
	struct ws_frame frame;

	(void)f;
	if (!frame_read(&c, &frame) || !frame.key)
		return false;
	v->bytes = frame.key;
	v->len = KEY;
	return true;
}

/* Texts, and why a connection is closed. */
static void websocket_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *payload;
	struct ws_frame f;
	uint32_t n;

	if (!frame_read(&c, &f) || (f.opcode != TEXT && f.opcode != CLOSE) || !f.len || f.len > cursor_left(&c))
		return;
	n = (uint32_t)f.len;
	payload = c.pos;
	if (f.key) {
		uint8_t *out = packet_scratch(w->p, n);

		if (!out)
			return;
		for (uint32_t i = 0; i < n; i++)
			out[i] = payload[i] ^ f.key[i % KEY];
		payload = out;
	}
	if (f.opcode == TEXT) {
		walk_bytes(w, F_TEXT, payload, n);
	} else if (n >= 2) {
		walk_uint(w, F_STATUS, get_be16(payload));
		if (n > 2)
			walk_bytes(w, F_REASON, payload + 2, n - 2);
	}
}

/* tcpdump does not know it; with -v a line for each frame. */
static void websocket_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char *const opcodes[] = { "continuation", "text", "binary", "close", "ping", "pong" };
	struct cursor c = packet_cursor(p, l);
	struct ws_frame f;

	http_port_summary(s, p, l);
	if (!s->verbose || !frame_read(&c, &f) || (f.opcode & 7) > 2)
		return;
	outbuf_str(s->out, "\n\tWebSocket: ");
	outbuf_str(s->out, opcodes[(f.opcode & 7) + (f.opcode & CONTROL ? 3 : 0)]);
	outbuf_str(s->out, f.key ? ", masked, length " : ", length ");
	outbuf_u64(s->out, f.len);
}

static NAMED_VALUES(opcodes,
	(0, "Continuation"), (TEXT, "Text"), (2, "Binary"), (CLOSE, "Connection Close"), (9, "Ping"), (10, "Pong")
);

FIELD_TABLE(fields,
	(F_FIN, FIELD_BITS(FIELD_BOOL, "websocket.fin", 0, 1, 0x80, "Last of the message")),
	(F_RSV, FIELD_PLAIN("websocket.rsv", "Reserved", .type = FIELD_UINT, .show = SHOW_HEX, .width = 1, .mask = 0x70,
		.shift = 4, .hex_digits = 2)),
	(F_OPCODE, FIELD_HAS("websocket.opcode", "Opcode", (.names = &opcodes), .type = FIELD_UINT, .width = 1, .mask = 0x0f)),
	(F_MASK, FIELD_BITS(FIELD_BOOL, "websocket.mask", 1, 1, 0x80, "Masked")),
	(F_LENGTH, FIELD_BITS(FIELD_UINT, "websocket.payload_length", 1, 1, 0x7f, "Payload length")),
	(F_LENGTH_16, FIELD_HAS("websocket.payload_length_ext_16", "Extended payload length", (.get = get_length),
		.type = FIELD_UINT, .shift = 16)),
	(F_LENGTH_64, FIELD_HAS("websocket.payload_length_ext_64", "Extended payload length", (.get = get_length),
		.type = FIELD_UINT, .shift = 64)),
	(F_KEY, FIELD_GET(FIELD_BYTES, "websocket.masking_key", get_key, "Masking key")),
	(F_TEXT, FIELD_WALK(FIELD_STRING, "websocket.payload.text", "Text")),
	(F_STATUS, FIELD_WALK(FIELD_UINT, "websocket.payload.close.status_code", "Close status")),
	(F_REASON, FIELD_WALK(FIELD_STRING, "websocket.payload.close.reason", "Close reason"))
);

const struct protocol proto_websocket = {
	.name = "websocket",
	.title = "WebSocket",
	.reference = "RFC 6455",
	.application = true,
	.notes = true,
	.decode = websocket_decode,
	.column_of = websocket_column,
	PROTOCOL_WALK(websocket_walk),
	.summary = websocket_summary,
	PROTOCOL_FIELDS(fields),
};
