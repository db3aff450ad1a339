/* SPDX-License-Identifier: MIT */
/*
 * Babel routing, RFC 8966: |42|version 8|length 16| and messages |type 8|length 8|...|; behind the length, messages that
 * authenticate the packet (RFC 8967).
 */
#include "layout.h"
#include "summary.h"

enum {
	MAGIC, VERSION, BODYLEN, MESSAGE, TYPE, LENGTH, NONCE, INTERVAL, SEQNO, AE, PREFIX, RXCOST, ROUTERID, FLAGS, PLEN, OMITTED,
	METRIC, HOPCOUNT, INDEX
};
enum { HEADER = 4, MAGIC_BYTE = 42 };
enum { PAD1, PADN, ACK_REQ, ACK, HELLO, IHU, ROUTER_ID, NH, UPDATE, ROUTE_REQUEST, SEQNO_REQUEST, TSPC, HMAC };

static enum decode_result babel_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static bool babel_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 1);

	(void)d;
	return h && h[0] == MAGIC_BYTE;
}

/* Offsets are from the message's type; the same sequence number, address and so on stand elsewhere in each. */
static const struct typed_slot slots[] = {
	{ 2, { NONCE, 4, 2, 0 } }, { 2, { INTERVAL, 6, 2, 0 } },
	{ 3, { NONCE, 2, 2, 0 } },
	{ 4, { SEQNO, 4, 2, 0 } }, { 4, { INTERVAL, 6, 2, 0 } },
	{ 5, { RXCOST, 4, 2, 0 } }, { 5, { INTERVAL, 6, 2, 0 } }, { 5, { AE, 2, 1, 0 } }, { 5, { PREFIX, 8, SLOT_REST, 0 } },
	{ 6, { ROUTERID, 4, 8, 0 } },
	{ 7, { AE, 2, 1, 0 } }, { 7, { PREFIX, 4, SLOT_REST, 0 } },
	{ 8, { FLAGS, 3, 1, 0 } }, { 8, { INTERVAL, 6, 2, 0 } }, { 8, { SEQNO, 8, 2, 0 } }, { 8, { METRIC, 10, 2, 0 } },
	{ 8, { AE, 2, 1, 0 } }, { 8, { PLEN, 4, 1, 0 } }, { 8, { OMITTED, 5, 1, 0 } }, { 8, { PREFIX, 12, SLOT_REST, 0 } },
	{ 9, { AE, 2, 1, 0 } }, { 9, { PLEN, 3, 1, 0 } }, { 9, { PREFIX, 4, SLOT_REST, 0 } },
	{ 10, { SEQNO, 4, 2, 0 } }, { 10, { HOPCOUNT, 6, 1, 0 } }, { 10, { ROUTERID, 8, 8, 0 } }, { 10, { AE, 2, 1, 0 } },
	{ 10, { PLEN, 3, 1, 0 } }, { 10, { PREFIX, 16, SLOT_REST, 0 } },
	{ 17, { INDEX, 2, 4, 0 } },
};

static void walk_messages(struct walk *w, struct cursor c)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, 1))) {
		struct cursor body;

		walk_uint(w, MESSAGE, h[0]);
		walk_uint(w, TYPE, h[0]);
		if (h[0] == PAD1) {
			cursor_skip(&c, 1);
			continue;
		}
		if (!cursor_peek(&c, 2))
			return;
		walk_uint(w, LENGTH, h[1]);
		body = cursor_sub(&c, h[1] + 2u);
		layout_walk_type(w, slots, SLOTS(slots), h[0], h, cursor_left(&body));
	}
}

static void babel_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return;
	body = cursor_sub(&c, get_be16(h + 2));
	walk_messages(w, body);
	walk_messages(w, c);
}

static NAMED_VALUES(names,
	(PAD1, " pad1"), (PADN, " padN"), (ACK_REQ, " ack-req"), (ACK, " ack"), (HELLO, " hello"), (IHU, " ihu"),
	(ROUTER_ID, " router-id"), (NH, " nh"), (UPDATE, " update"), (ROUTE_REQUEST, " route-request"),
	(SEQNO_REQUEST, " seqno-request"), (TSPC, " tspc"), (HMAC, " hmac"), (13, " update-src-specific"),
	(14, " route-request-src-specific"), (15, " seqno-request-src-specific"), (16, " mac"), (17, " pc"),
	(18, " challenge-request"), (19, " challenge-reply")
);

static void put_messages(struct outbuf *o, struct cursor c)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, 1))) {
		const char *name = named_value(&names, h[0]);

		outbuf_str(o, name ? name : " unknown");
		if (h[0] == PAD1) {
			cursor_skip(&c, 1);
			continue;
		}
		if (!cursor_peek(&c, 2))
			return;
		/* of an update: whether it sets the default prefix and the router of those that follow */
		if (h[0] == UPDATE && cursor_left(&c) > 3 && h[1] > 1) {
			outbuf_str(o, h[3] & 0x80 ? "/prefix" : "");
			outbuf_str(o, h[3] & 0x40 ? "/id" : "");
			if (h[3] & 0x3f)
				outbuf_str(o, "/unknown");
		}
		if (!cursor_skip(&c, h[1] + 2u))
			return;
	}
}

static void babel_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h)
		return;
	outbuf_str(s->out, "babel");
	if (h[0] != MAGIC_BYTE) {
		outbuf_str(s->out, " malformed header");
		return;
	}
	outbuf_printf(s->out, " %u (%u)", h[1], get_be16(h + 2));
	body = cursor_sub(&c, get_be16(h + 2));
	put_messages(s->out, body);
	if (cursor_left(&c)) {
		outbuf_str(s->out, " |");
		put_messages(s->out, c);
	}
}

FIELD_TABLE(babel_fields,
	(MAGIC, FIELD_FIXED(FIELD_UINT, "babel.magic", 0, 1, "42")),
	(VERSION, FIELD_FIXED(FIELD_UINT, "babel.version", 1, 1, "Version")),
	(BODYLEN, FIELD_FIXED(FIELD_UINT, "babel.bodylen", 2, 2, "Length of the messages")),
	(MESSAGE, FIELD_WALK(FIELD_UINT, "babel.message", "Message")),
	(TYPE, FIELD_WALK(FIELD_UINT, "babel.message.type", "Message type")),
	(LENGTH, FIELD_WALK(FIELD_UINT, "babel.message.length", "Message length")),
	(NONCE, FIELD_WALK_HEX("babel.message.nonce", 4, "Nonce")),
	(INTERVAL, FIELD_WALK(FIELD_UINT, "babel.message.interval", "Interval, 1/100 s")),
	(SEQNO, FIELD_WALK_HEX("babel.message.seqno", 4, "Sequence number")),
	(AE, FIELD_WALK(FIELD_UINT, "babel.message.ae", "Address encoding")),
	(PREFIX, FIELD_WALK(FIELD_BYTES, "babel.message.prefix", "Prefix")),
	(RXCOST, FIELD_WALK_HEX("babel.message.rxcost", 4, "Cost of receiving")),
	(ROUTERID, FIELD_WALK(FIELD_BYTES, "babel.message.routerid", "Router")),
	(FLAGS, FIELD_WALK_HEX("babel.message.flags", 2, "Flags")),
	(PLEN, FIELD_WALK(FIELD_UINT, "babel.message.plen", "Prefix length")),
	(OMITTED, FIELD_WALK(FIELD_UINT, "babel.message.omitted", "Omitted bytes of the prefix")),
	(METRIC, FIELD_WALK(FIELD_UINT, "babel.message.metric", "Metric")),
	(HOPCOUNT, FIELD_WALK(FIELD_UINT, "babel.message.hopcount", "Hop count")),
	(INDEX, FIELD_WALK(FIELD_UINT, "babel.message.index", "Packet counter"))
);

static const struct claim babel_claims[] = { { CLAIM_UDP_PORT, 6696 }, { CLAIM_UDP_PORT, 6697 }, { CLAIM_NONE, 0 } };

const struct protocol proto_babel = {
	.name = "babel",
	.column = "Babel",
	.title = "Babel Routing Protocol",
	.reference = "RFC 8966",
	.application = true,
	.decode = babel_decode,
	.detect = babel_detect,
	PROTOCOL_WALK(babel_walk),
	.summary = babel_summary,
	PROTOCOL_FIELDS(babel_fields),
	.claims = babel_claims,
};
