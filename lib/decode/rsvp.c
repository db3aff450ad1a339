/* SPDX-License-Identifier: MIT */
/*
 * Resource reservation, RFC 2205: |version 4|flags 4|type 8|checksum 16|TTL 8|0 8|length 16| and objects
 * |length 16|class 8|type 8|...|.
 */
#include "layout.h"
#include "summary.h"

enum { MSG, OBJECT, SESSION_DESTINATION, SESSION_PROTOCOL, SESSION_PORT, SESSION_TUNNEL, SENDER_ADDRESS, SENDER_PORT, SENDER_LSP };
enum { HEADER = 8, OBJECT_HEADER = 4, SESSION = 1, SENDER_TEMPLATE = 11, FILTER_SPEC = 10, UDP_4 = 1, LSP_4 = 7 };

static enum decode_result rsvp_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

/* class << 8 | type */
static const struct typed_slot slots[] = {
	{ SESSION << 8 | UDP_4, { SESSION_DESTINATION, 4, 4, 0 } }, { SESSION << 8 | UDP_4, { SESSION_PROTOCOL, 8, 1, 0 } },
	{ SESSION << 8 | UDP_4, { SESSION_PORT, 10, 2, 0 } }, { SESSION << 8 | LSP_4, { SESSION_DESTINATION, 4, 4, 0 } },
	{ SESSION << 8 | LSP_4, { SESSION_TUNNEL, 10, 2, 0 } }, { SENDER_TEMPLATE << 8 | UDP_4, { SENDER_ADDRESS, 4, 4, 0 } },
	{ SENDER_TEMPLATE << 8 | UDP_4, { SENDER_PORT, 10, 2, 0 } }, { SENDER_TEMPLATE << 8 | LSP_4, { SENDER_ADDRESS, 4, 4, 0 } },
	{ SENDER_TEMPLATE << 8 | LSP_4, { SENDER_LSP, 10, 2, 0 } }, { FILTER_SPEC << 8 | UDP_4, { SENDER_ADDRESS, 4, 4, 0 } },
	{ FILTER_SPEC << 8 | UDP_4, { SENDER_PORT, 10, 2, 0 } }, { FILTER_SPEC << 8 | LSP_4, { SENDER_ADDRESS, 4, 4, 0 } },
	{ FILTER_SPEC << 8 | LSP_4, { SENDER_LSP, 10, 2, 0 } },
};

static void rsvp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	cursor_skip(&c, HEADER);
	while ((h = cursor_peek(&c, OBJECT_HEADER)) && get_be16(h) >= OBJECT_HEADER) {
		struct cursor body = cursor_sub(&c, get_be16(h));

		walk_uint(w, OBJECT, h[2]);
		layout_walk_type(w, slots, SLOTS(slots), get_be16(h + 2), h, cursor_left(&body));
	}
}

static NAMED_VALUES(messages,
	(1, "Path"), (2, "Resv"), (3, "PathErr"), (4, "ResvErr"), (5, "PathTear"), (6, "ResvTear"), (7, "ResvConf"),
	(12, "Bundle"), (13, "ACK"), (14, "Hello (Old)"), (15, "Summary Refresh"), (20, "Hello")
);

static void rsvp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, "RSVPv%u ", h[0] >> 4);
	layout_name(s->out, &messages, h[1], "unknown, type ");
	outbuf_printf(s->out, " Message, length: %u", summary_outer_len(p, l));
}

FIELD_TABLE(rsvp_fields,
	(MSG, FIELD_HAS("rsvp.msg", "Message", (.names = &messages), .type = FIELD_UINT, .offset = 1, .width = 1)),
	(OBJECT, FIELD_WALK(FIELD_UINT, "rsvp.object", "Class of an object")),
	(SESSION_DESTINATION, FIELD_WALK(FIELD_IPV4, "rsvp.session.ip", "Session: destination")),
	(SESSION_PROTOCOL, FIELD_WALK(FIELD_UINT, "rsvp.session.proto", "Session: protocol")),
	(SESSION_PORT, FIELD_WALK(FIELD_UINT, "rsvp.session.port", "Session: port")),
	(SESSION_TUNNEL, FIELD_WALK(FIELD_UINT, "rsvp.session.tunnel_id", "Session: tunnel")),
	(SENDER_ADDRESS, FIELD_WALK(FIELD_IPV4, "rsvp.sender.ip", "Sender")),
	(SENDER_PORT, FIELD_WALK(FIELD_UINT, "rsvp.sender.port", "Sender: port")),
	(SENDER_LSP, FIELD_WALK(FIELD_UINT, "rsvp.sender.lsp_id", "Sender: label switched path"))
);

static const struct claim rsvp_claims[] = { { CLAIM_IPPROTO, 46 }, { CLAIM_NONE, 0 } };

const struct protocol proto_rsvp = {
	.name = "rsvp",
	.column = "RSVP",
	.title = "Resource Reservation Protocol",
	.reference = "RFC 2205",
	.decode = rsvp_decode,
	PROTOCOL_WALK(rsvp_walk),
	.summary = rsvp_summary,
	PROTOCOL_FIELDS(rsvp_fields),
	.claims = rsvp_claims,
};
