/* SPDX-License-Identifier: MIT */
/*
 * OpenFlow (Open Networking Foundation, OpenFlow Switch Specification): switches and their controller over TCP.
 *
 *	|version 8|type 8|length 16|transaction 32|...      the length counts from the version on
 *
 * Wireshark has a set of names for each version; 1.0 (1), 1.3 (4), 1.4 (5) and 1.5 (6) are spoken. The frame that a switch sends
 * to the controller (packet-in) or back (packet-out) is decoded behind the message's layer:
 *
 *	in 1.0   |header 8|buffer 4|total 2|port 2|reason|0|frame...           1.2+ |header 8|buffer 4|total 2|reason|table|
 *	                                                     cookie 8, from 1.3 on|match 2|length 2|...to a multiple of 8|0 2|frame...
 *	out 1.0  |header 8|buffer 4|port 2|actions' length 2|actions|frame...  1.1+ |header 8|buffer 4|port 4|length 2|0 6|actions|frame...
 */
#include "message.h"
#include "summary.h"

enum { V10_VERSION, V10_TYPE, V10_LENGTH, V10_XID, V13_VERSION = 4, V14_VERSION = 8, V15_VERSION = 12, F_COUNT = 16 };
enum { HEADER = 8, V10 = 1, V12 = 3, V13 = 4, V15 = 6, TYPES = 36, PACKET_IN = 10, PACKET_OUT = 13 };

static bool header_fits(const uint8_t *h)
{
	return h[0] >= V10 && h[0] <= V15 && h[1] < TYPES && get_be16(h + 2) >= HEADER;
}

static bool openflow_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (message_within(d))
		return false;
	cursor_skip(&c, message_rest(d));
	h = cursor_peek(&c, HEADER);
	return h ? header_fits(h) : message_rest(d) > 0;
}

/* Where the frame in a message begins, `left` bytes of which are there; 0: it has none, or in a form that is not known. */
static uint32_t frame_at(const uint8_t *h, uint32_t left)
{
	uint32_t match = h[0] == V12 ? 16 : 24;

	if (h[1] == PACKET_IN && h[0] == V10)
		return 18;
	if (h[1] == PACKET_IN && h[0] >= V12 && left >= match + 4)
		return match + ((get_be16(h + match + 2) + 7u) & ~7u) + 2;
	if (h[1] == PACKET_OUT && h[0] == V10 && left >= 16)
		return 16 + get_be16(h + 14);
	if (h[1] == PACKET_OUT && h[0] > V10 && h[0] < V15 && left >= 24)
		return 24 + get_be16(h + 16);
	return 0;
}

static uint8_t next_message(struct decode *d)
{
	return cursor_left(&d->c) ? PROTO_openflow : PROTO_NONE;
}

/* The chain has ended behind a message with a frame, which is at the cursor once more. */
static uint8_t enter_frame(struct decode *d)
{
	const uint8_t *h = d->c.pos;
	uint32_t left = (uint32_t)cursor_left(&d->c), n = get_be16(h + 2) < left ? get_be16(h + 2) : left, at = frame_at(h, n);

	decode_take(d, n);
	if (!at || at >= n)
		return next_message(d);
	decode_later(d, next_message);
	decode_enter(d, h + at, n - at);
	return PROTO_eth;
}

static enum decode_result openflow_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (message_resume(d, l, PROTO_openflow))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	if (!h || !header_fits(h)) {
		d->c.pos = d->c.end;
		return !h && d->c.snapped ? DECODE_TRUNCATED : h ? DECODE_MALFORMED : DECODE_OK;
	}
	if (message_waits(d, l, get_be16(h + 2)))
		return DECODE_WAITS;
	l->aux[0] = h[0];
	return message_end(d, l, get_be16(h + 2), frame_at(h, (uint32_t)cursor_left(&d->c)) && decode_later(d, enter_frame) ?
						  PROTO_NONE : PROTO_openflow);
}

/* The field's version is its mask. */
static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER || h[0] != f->mask)
		return false;
	v->u = f->shift == 1 ? h[f->offset] : f->shift == 2 ? get_be16(h + f->offset) : get_be32(h + f->offset);
	return true;
}

static const char types_10[][24] = {
	"HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "VENDOR", "FEATURES_REQUEST", "FEATURES_REPLY", "GET_CONFIG_REQUEST",
	"GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS", "PACKET_OUT", "FLOW_MOD", "PORT_MOD",
	"STATS_REQUEST", "STATS_REPLY", "BARRIER_REQUEST", "BARRIER_REPLY", "QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY"
};
static const char types_13[][25] = {
	"HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "EXPERIMENTER", "FEATURES_REQUEST", "FEATURES_REPLY", "GET_CONFIG_REQUEST",
	"GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS", "PACKET_OUT", "FLOW_MOD", "GROUP_MOD",
	"PORT_MOD", "TABLE_MOD", "MULTIPART_REQUEST", "MULTIPART_REPLY", "BARRIER_REQUEST", "BARRIER_REPLY",
	"QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY", "ROLE_REQUEST", "ROLE_REPLY", "GET_ASYNC_REQUEST", "GET_ASYNC_REPLY",
	"SET_ASYNC", "METER_MOD"
};

static const char *type_name(const uint8_t *h)
{
	if (h[0] == V10)
		return h[1] < sizeof(types_10) / sizeof(types_10[0]) ? types_10[h[1]] : NULL;
	return h[0] == V13 && h[1] < sizeof(types_13) / sizeof(types_13[0]) ? types_13[h[1]] : NULL;
}

static void openflow_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const char *name;
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	if (l == packet_layer(p, PROTO_openflow) || (l[-1].proto == PROTO_openflow && l[-1].wire_end == l[-1].off))
		outbuf_str(o, ": OpenFlow");
	outbuf_str(o, "\n\tversion 1.");
	outbuf_u64(o, h[0] - 1u);
	outbuf_str(o, ", type ");
	name = type_name(h);
	if (name) {
		outbuf_str(o, name);
	} else {
		outbuf_str(o, "unknown (0x");
		outbuf_hex(o, h[1], 2);
		outbuf_char(o, ')');
	}
	outbuf_str(o, ", length ");
	outbuf_u64(o, get_be16(h + 2));
	outbuf_str(o, ", xid 0x");
	outbuf_hex(o, get_be32(h + 4), 8);
}

#define FIELD(n, lab, off, bytes, version, ...) \
	FIELD_HAS(n, lab, (.get = get_field), .type = FIELD_UINT, .offset = off, .shift = bytes, .mask = version __VA_OPT__(,) __VA_ARGS__)
#define HEAD(prefix, type_prefix, version, v) \
	(v, FIELD(prefix ".version", "Version", 0, 1, version, .show = SHOW_HEX, .hex_digits = 2)), \
	(v + 1, FIELD(type_prefix ".type", "Type", 1, 1, version)), \
	(v + 2, FIELD(prefix ".length", "Length", 2, 2, version)), \
	(v + 3, FIELD(prefix ".xid", "Transaction", 4, 4, version))

FIELD_TABLE(fields,
	HEAD("openflow", "openflow_1_0", V10, V10_VERSION),
	HEAD("openflow_v4", "openflow_v4", V13, V13_VERSION),
	HEAD("openflow_v5", "openflow_v5", V13 + 1, V14_VERSION),
	HEAD("openflow_v6", "openflow_v6", V15, V15_VERSION)
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 6633 }, { CLAIM_TCP_PORT, 6653 }, { CLAIM_NONE, 0 } };

const struct protocol proto_openflow = {
	.name = "openflow",
	.column = "OpenFlow",
	.title = "OpenFlow",
	.reference = "OpenFlow Switch Specification",
	.application = true,
	.envelope = true,
	.decode = openflow_decode,
	.detect = openflow_detect,
	.summary = openflow_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
