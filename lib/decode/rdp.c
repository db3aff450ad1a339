/* SPDX-License-Identifier: MIT */
/*
 * Remote Desktop Protocol, [MS-RDPBCGR]: the negotiation in the connect messages of tpkt.c, the channels of T.125 that
 * carry it then, and its "fast path".
 *
 *	negotiation  "Cookie: mstshash=NAME\r\n"  |type 8|flags 8|length 16, 8|protocols 32|   little-endian
 *	t125         |choice 6, options 2|user 16|channel 16|priority, segmentation 8|length 8 or 16|data
 *	fast path    |action 2, 0; count 4; flags 2|length 8 or 16|...                         what the server draws, the user types
 *
 * The data of channels is encrypted mostly; nothing of it is read.
 */
#include "message.h"
#include "summary.h"

/* ---- T.125 -------------------------------------------------------------------------------------------- */

enum { PDU, INITIATOR, CHANNEL, RESULT, T125_COUNT };
enum { CONNECT = 0x7f, DISCONNECT = 8, ATTACH_CONFIRM = 11, JOIN_REQUEST = 14, JOIN_CONFIRM = 15, SEND_REQUEST = 25, SEND_INDICATION = 26 };

static enum decode_result t125_decode(struct decode *d, struct layer *l)
{
	message_end(d, l, l[-1].wire_end > l->off ? l[-1].wire_end - l->off : 0, PROTO_tpkt);
	return DECODE_OK;
}

static const char *t125_column(const struct packet *p, const struct layer *l)
{
	const uint8_t *h, *tpkt;

	/* a channel's data that goes on in the next segment is nobody's yet */
	if (l - 2 < p->layers || packet_bytes(p, l - 2, &tpkt) < 4 || get_be16(tpkt + 2) > l[-2].wire_end - l[-2].off)
		return "T.125";
	return packet_bytes(p, l, &h) && (h[0] == CONNECT || h[0] >> 2 == SEND_REQUEST || h[0] >> 2 == SEND_INDICATION) ? "RDP" : "T.125";
}

static void t125_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned choice = cursor_u8(&c), options = choice & 3;

	if (c.cut || choice == CONNECT)
		return;
	choice >>= 2;
	walk_uint(w, PDU, choice);
	if ((choice == ATTACH_CONFIRM || choice == JOIN_CONFIRM) && cursor_left(&c))
		walk_uint(w, RESULT, cursor_u8(&c) >> 4);
	if (((choice == ATTACH_CONFIRM && options & 2) || choice >= JOIN_REQUEST) && cursor_left(&c) >= 2)
		walk_uint(w, INITIATOR, cursor_be16(&c));
	if (choice == JOIN_CONFIRM)
		cursor_skip(&c, 2); /* the channel asked for */
	if (((choice == JOIN_CONFIRM && options & 2) || choice == JOIN_REQUEST || choice >= SEND_REQUEST) && cursor_left(&c) >= 2)
		walk_uint(w, CHANNEL, cursor_be16(&c));
}

static NAMED_VALUES(choices,
	(1, "erectDomainRequest"), (DISCONNECT, "disconnectProviderUltimatum"), (10, "attachUserRequest"),
	(ATTACH_CONFIRM, "attachUserConfirm"), (JOIN_REQUEST, "channelJoinRequest"), (JOIN_CONFIRM, "channelJoinConfirm"),
	(SEND_REQUEST, "sendDataRequest"), (SEND_INDICATION, "sendDataIndication")
);

static void t125_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->verbose || !packet_bytes(p, l, &h))
		return;
	name = h[0] == CONNECT ? "connect" : named_value(&choices, h[0] >> 2);
	outbuf_str(s->out, ", T.125 ");
	outbuf_str(s->out, name ? name : "?");
}

FIELD_TABLE(t125_fields,
	(PDU, FIELD_HAS("t124.DomainMCSPDU", "Message", (.names = &choices), .type = FIELD_UINT)),
	(INITIATOR, FIELD_WALK(FIELD_UINT, "t124.initiator", "User")),
	(CHANNEL, FIELD_WALK(FIELD_UINT, "t124.channelId", "Channel")),
	(RESULT, FIELD_WALK(FIELD_UINT, "t124.result", "Result"))
);

const struct protocol proto_t125 = {
	.name = "t125",
	.title = "MULTIPOINT-COMMUNICATION-SERVICE T.125",
	.reference = "T.125",
	.application = true,
	.decode = t125_decode,
	.column_of = t125_column,
	PROTOCOL_WALK(t125_walk),
	.summary = t125_summary,
	PROTOCOL_FIELDS(t125_fields),
};

/* ---- RDP ------------------------------------------------------------------------------------------------ */

enum { COOKIE, NEG_TYPE, NEG_LENGTH, REQ_FLAGS, REQUESTED, RSP_FLAGS, SELECTED, FAILURE, F_COUNT };
enum { NEG_REQUEST = 1, NEG_RESPONSE = 2, NEG_FAILURE = 3, NEG_SIZE = 8 };

static enum decode_result rdp_decode(struct decode *d, struct layer *l)
{
	message_end(d, l, l[-1].wire_end > l->off ? l[-1].wire_end - l->off : 0, PROTO_tpkt);
	return DECODE_OK;
}

/* The cookie's line, without its end, and past it. */
static struct cursor take_cookie(struct cursor *c)
{
	struct cursor line = *c;
	const uint8_t *end = memchr(c->pos, '\r', cursor_left(c));

	line.end = end ? end : c->end;
	c->pos = end && end + 1 < c->end ? end + 2 : c->end;
	return line;
}

static void rdp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	if (!cursor_left(&c) || l[-1].proto != PROTO_cotp)
		return;
	if (*c.pos == 'C') {
		struct cursor line = take_cookie(&c);

		walk_bytes(w, COOKIE, line.pos, (uint32_t)cursor_left(&line));
	}
	h = cursor_take(&c, NEG_SIZE);
	if (!h || get_le16(h + 2) != NEG_SIZE)
		return;
	walk_uint(w, NEG_TYPE, h[0]);
	walk_uint(w, NEG_LENGTH, get_le16(h + 2));
	switch (h[0]) {
	case NEG_REQUEST:
		walk_uint(w, REQ_FLAGS, h[1]);
		walk_uint(w, REQUESTED, get_le32(h + 4));
		break;
	case NEG_RESPONSE:
		walk_uint(w, RSP_FLAGS, h[1]);
		walk_uint(w, SELECTED, get_le32(h + 4));
		break;
	case NEG_FAILURE:
		walk_uint(w, FAILURE, get_le32(h + 4));
		break;
	}
}

static void rdp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (!s->verbose || !cursor_left(&c))
		return;
	outbuf_str(s->out, "\n\tRDP: ");
	if (l[-1].proto != PROTO_cotp) {
		outbuf_str(s->out, "fast path");
	} else if (*c.pos == 'C') {
		struct cursor line = take_cookie(&c);

		outbuf_escaped(s->out, line.pos, cursor_left(&line));
	} else {
		outbuf_str(s->out, *c.pos == NEG_REQUEST ? "negotiation request" : *c.pos == NEG_RESPONSE ? "negotiation response" :
			   "negotiation failure");
	}
}

#define HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

static NAMED_VALUES(neg_types,
	(NEG_REQUEST, "Negotiation request"), (NEG_RESPONSE, "Negotiation response"), (NEG_FAILURE, "Negotiation failure")
);

FIELD_TABLE(fields,
	(COOKIE, FIELD_WALK(FIELD_STRING, "rdp.rt_cookie", "Cookie")),
	(NEG_TYPE, FIELD_HAS("rdp.neg_type", "Negotiation", (.names = &neg_types), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 2)),
	(NEG_LENGTH, FIELD_WALK(FIELD_UINT, "rdp.neg_length", "Negotiation length")),
	(REQ_FLAGS, HEX("rdp.negReq.flags", 2, "Request flags")),
	(REQUESTED, HEX("rdp.negReq.requestedProtocols", 8, "Requested protocols")),
	(RSP_FLAGS, HEX("rdp.negRsp.flags", 2, "Response flags")),
	(SELECTED, HEX("rdp.negReq.selectedProtocol", 8, "Selected protocol")),
	(FAILURE, HEX("rdp.negFailure.failureCode", 8, "Failure"))
);

const struct protocol proto_rdp = {
	.name = "rdp",
	.column = "RDP",
	.title = "Remote Desktop Protocol",
	.reference = "[MS-RDPBCGR]",
	.application = true,
	.decode = rdp_decode,
	PROTOCOL_WALK(rdp_walk),
	.summary = rdp_summary,
	PROTOCOL_FIELDS(fields),
};
