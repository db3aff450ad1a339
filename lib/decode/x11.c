/* SPDX-License-Identifier: MIT */
/*
 * X Window System protocol, version 11 (X.Org, "X Window System Protocol", appendix B). The client's first byte says in
 * which order bytes are: 'B' or 'l'.
 *
 *	request   |opcode 8|data 8|length 16, in words|...
 *	reply     |1|data 8|sequence 16|length 32, in words beyond 32 bytes|...
 *	event     |code 8, from 2|detail 8|sequence 16|28 bytes        error: |0|code 8|sequence 16|...
 *
 * Segments do not tell where a message begins, and so on its ports all is taken for X11. aux[0]: flags below.
 */
#include "memory.h"
#include "message.h"
#include "stream.h"
#include "summary.h"

enum {
	ORDER_OF_BYTES, MAJOR, MINOR, OPCODE, REQUEST_LENGTH, REPLY, REPLY_SEQUENCE, REPLY_LENGTH, ERROR, ERROR_CODE, EVENT_CODE,
	EVENT_SEQUENCE, F_COUNT
};
enum { PORT_FIRST = 6000, PORT_LAST = 6003, UNIT = 32, SETUP = 12, GENERIC_EVENT = 35, REPLY_CODE = 1, EXTENSION = 128 };
enum { FROM_SERVER = 1, BIG_END_FIRST = 2, IS_SETUP = 4 };

static uint32_t number(unsigned flags, const uint8_t *h, unsigned bytes)
{
	if (bytes == 2)
		return flags & BIG_END_FIRST ? get_be16(h) : get_le16(h);
	return flags & BIG_END_FIRST ? get_be32(h) : get_le32(h);
}

/* Bytes of the message at `c`; 0 if its header is not all there, or makes no sense. */
static uint32_t message_len(unsigned flags, const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, flags & FROM_SERVER ? 8 : 4);
	uint32_t words;

	if (!h)
		return 0;
	if (flags & IS_SETUP) {
		if (flags & FROM_SERVER)
			return 8 + 4 * number(flags, h + 6, 2);
		h = cursor_peek(c, SETUP);
		return h ? SETUP + ((number(flags, h + 6, 2) + 3) & ~3u) + ((number(flags, h + 8, 2) + 3) & ~3u) : 0;
	}
	if (flags & FROM_SERVER) {
		bool longer = h[0] == REPLY_CODE || (h[0] & 0x7f) == GENERIC_EVENT;

		words = longer ? number(flags, h + 4, 4) : 0;
		return words < 1 << 22 ? UNIT + 4 * words : 0;
	}
	words = h[0] ? number(flags, h + 2, 2) : 0;
	return 4 * words; /* 0: one of BIG-REQUESTS, or not a request */
}

static bool is_setup(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, SETUP);

	return h && ((h[0] == 'l' && get_le16(h + 2) == 11) || (h[0] == 'B' && get_be16(h + 2) == 11));
}

/* Who speaks, in which order, and whether it is the setup. */
static unsigned flags_of(const struct decode *d)
{
	enum { M_ORDER, M_AWAITED }; /* in memory: 2 for big-endian, 1 for little; 1 until the server has answered the setup */
	const uint8_t *ports = layer_at(d->p, &d->p->layers[d->p->transport > 0 ? d->p->transport : 0]);
	struct memory *m = decode_memory(d, MEMORY_CONNECTION, false);
	unsigned flags = get_be16(ports) >= PORT_FIRST && get_be16(ports) <= PORT_LAST ? FROM_SERVER : 0;

	if (!(flags & FROM_SERVER) && is_setup(&d->c)) {
		flags |= IS_SETUP | (*d->c.pos == 'B' ? BIG_END_FIRST : 0);
		if (m) {
			m->value[M_ORDER] = flags & BIG_END_FIRST ? 2 : 1;
			m->value[M_AWAITED] = 1;
		}
		return flags;
	}
	if (m && m->value[M_ORDER] == 2)
		flags |= BIG_END_FIRST;
	if (m && flags & FROM_SERVER && m->value[M_AWAITED]) {
		flags |= IS_SETUP;
		m->value[M_AWAITED] = 0;
	}
	return flags;
}

static enum decode_result x11_decode(struct decode *d, struct layer *l)
{
	struct cursor c;
	uint32_t before, len;
	unsigned flags;

	if (message_resume(d, l, PROTO_x11))
		return DECODE_OK;
	flags = flags_of(d);
	l->aux[0] = (uint16_t)flags;
	c = d->c;
	while ((len = message_len(flags, &c)) != 0 && len <= cursor_left(&c)) {
		cursor_skip(&c, len);
		flags &= ~(unsigned)IS_SETUP;
	}
	before = (uint32_t)(c.pos - d->c.pos);
	if (len && stream_wait(d, c.pos, len, PROTO_x11, 0)) {
		if (!before)
			return DECODE_WAITS;
		l->wire_end = l->off + before;
		len = 0;
	}
	message_end(d, l, len ? before + len : d->wire_left, PROTO_NONE);
	return DECODE_OK;
}

static void walk_server(struct walk *w, unsigned flags, const uint8_t *h)
{
	unsigned sequence = number(flags, h + 2, 2);

	if (h[0] == REPLY_CODE) {
		walk_uint(w, REPLY, h[0]);
		walk_uint(w, REPLY_SEQUENCE, sequence);
		walk_uint(w, REPLY_LENGTH, number(flags, h + 4, 4));
	} else if (h[0] == 0) {
		walk_uint(w, ERROR, h[0]);
		walk_uint(w, ERROR_CODE, h[1]);
	} else {
		walk_uint(w, EVENT_CODE, h[0]);
		walk_uint(w, EVENT_SEQUENCE, sequence);
	}
}

static void x11_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *first = c.pos;
	unsigned flags = l->aux[0];
	uint32_t len;

	while ((len = message_len(flags, &c)) != 0) {
		const uint8_t *h = c.pos;

		if (len > cursor_left(&c) && h != first)
			return; /* it belongs to the segment that completes it */
		if (flags & IS_SETUP) {
			if (!(flags & FROM_SERVER))
				walk_uint(w, ORDER_OF_BYTES, h[0]);
			walk_uint(w, MAJOR, number(flags, h + 2, 2));
			walk_uint(w, MINOR, number(flags, h + 4, 2));
			if (flags & FROM_SERVER)
				walk_uint(w, REPLY_LENGTH, number(flags, h + 6, 2));
		} else if (flags & FROM_SERVER) {
			walk_server(w, flags, h);
		} else {
			walk_uint(w, OPCODE, h[0]);
			if (h[0] < EXTENSION)
				walk_uint(w, REQUEST_LENGTH, number(flags, h + 2, 2));
		}
		flags &= ~(unsigned)IS_SETUP;
		if (!cursor_skip(&c, len))
			return;
	}
}

static void x11_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned flags = l->aux[0], messages = 0;
	uint32_t len;

	while ((len = message_len(flags, &c)) != 0 && cursor_skip(&c, len)) {
		flags &= ~(unsigned)IS_SETUP;
		messages++;
	}
	if (!s->verbose || !messages)
		return;
	outbuf_str(s->out, "\n\tX11: ");
	outbuf_u64(s->out, messages);
	outbuf_str(s->out, flags & FROM_SERVER ? " from the server" : " requests");
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "x11." n, lab)

FIELD_TABLE(fields,
	(ORDER_OF_BYTES, FIELD_PLAIN("x11.byte-order", "Byte order", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(MAJOR, UINT("protocol-major-version", "Major version")),
	(MINOR, UINT("protocol-minor-version", "Minor version")),
	(OPCODE, UINT("opcode", "Request")),
	(REQUEST_LENGTH, UINT("request-length", "Request length, words")),
	(REPLY, UINT("reply", "Reply")),
	(REPLY_SEQUENCE, UINT("reply-sequencenumber", "Sequence number of a reply")),
	(REPLY_LENGTH, UINT("replylength", "Reply length, words")),
	(ERROR, UINT("error", "Error")),
	(ERROR_CODE, UINT("errorcode", "Error code")),
	(EVENT_CODE, UINT("eventcode", "Event")),
	(EVENT_SEQUENCE, UINT("event-sequencenumber", "Sequence number of an event"))
);

static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, PORT_FIRST }, { CLAIM_TCP_PORT, PORT_FIRST + 1 }, { CLAIM_TCP_PORT, PORT_FIRST + 2 },
	{ CLAIM_TCP_PORT, PORT_LAST }, { CLAIM_NONE, 0 }
};

const struct protocol proto_x11 = {
	.name = "x11",
	.column = "X11",
	.title = "X11",
	.reference = "X Window System Protocol",
	.application = true,
	.decode = x11_decode,
	PROTOCOL_WALK(x11_walk),
	.summary = x11_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
