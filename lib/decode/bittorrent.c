/* SPDX-License-Identifier: MIT */
/*
 * BitTorrent's peer protocol, over TCP. BEP 3, BEP 10.
 *
 *	handshake: |19|"BitTorrent protocol"|reserved 8|hash of the torrent 20|peer 20|
 *	message:   |length 32|type 8|...            request 6, piece 7, cancel 8: |index 32|begin 32|length 32 or data|
 *
 * Known by the handshake: the connection stays with the protocol then. After it come messages, a layer each; what is none (on
 * the usual ports: also what is encrypted) is the rest of one.
 */
#include "decode/message.h"
#include "decode/notes.h"
#include "decode/service.h"

enum {
	NAME_LENGTH, NAME, RESERVED, INFO_HASH, PEER_ID, MSG_LENGTH, MSG_TYPE, PIECE_INDEX, PIECE_BEGIN, PIECE_LENGTH, PIECE_DATA, BITFIELD,
	PORT, EXTENDED_ID
};
enum { HANDSHAKE = 68, NAME_END = 20, MESSAGE_MAX = 1 << 18, PORT_FIRST = 6881, PORT_LAST = 6889 };
enum type { HAVE = 4, BITFIELD_MSG, REQUEST, PIECE, CANCEL, DHT_PORT, ALLOWED_FAST = 0x11, REJECT = 0x10, EXTENDED_MSG = 20, TYPES };

static bool is_handshake(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, NAME_END);

	return h && !memcmp(h, "\x13" "BitTorrent protocol", NAME_END);
}

static bool is_message(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, 4);
	uint32_t len = h ? get_be32(h) : MESSAGE_MAX;

	if (len >= MESSAGE_MAX)
		return false;
	return !len || cursor_left(c) < 5 || h[4] <= CANCEL + 1 || (h[4] >= 0x0d && h[4] <= EXTENDED_MSG);
}

static bool bittorrent_detect(const struct decode *d, const struct cursor *payload)
{
	if (is_handshake(payload))
		return true;
	for (unsigned port = PORT_FIRST; port <= PORT_LAST; port++)
		if (service_port(d, port))
			return !message_within(d);
	return false;
}

static enum decode_result bittorrent_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	if (is_handshake(&d->c)) {
		struct note *note = decode_note(d, l - 1);

		if (note)
			note_stay(d, note, PROTO_bittorrent);
		l->aux[0] = 1;
		return message_whole(d, l, HANDSHAKE, PROTO_bittorrent);
	}
	if (message_resume(d, l, PROTO_bittorrent))
		return DECODE_OK;
	h = cursor_peek(&d->c, 4);
	if (!h || !is_message(&d->c)) {
		bool cut = d->c.snapped;

		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK; /* what is left of a message whose start we have not seen */
	}
	return message_whole(d, l, 4 + get_be32(h), PROTO_bittorrent);
}

static void walk_handshake(struct walk *w, struct cursor *c)
{
	const uint8_t *h = cursor_take(c, NAME_END), *b;

	if (!h)
		return;
	walk_uint(w, NAME_LENGTH, *h);
	walk_bytes(w, NAME, h + 1, NAME_END - 1);
	if (!(b = cursor_take(c, 8)))
		return;
	walk_bytes(w, RESERVED, b, 8);
	if (!(b = cursor_take(c, 20)))
		return;
	walk_bytes(w, INFO_HASH, b, 20);
	if ((b = cursor_take(c, 20)))
		walk_bytes(w, PEER_ID, b, 20);
}

static void walk_number(struct walk *w, unsigned field, struct cursor *c)
{
	if (cursor_left(c) >= 4)
		walk_uint(w, field, cursor_be32(c));
}

static void bittorrent_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	uint32_t len;
	unsigned type;

	if (l->aux[0]) {
		walk_handshake(w, &c);
		return;
	}
	if (!is_message(&c))
		return;
	len = cursor_be32(&c);
	walk_uint(w, MSG_LENGTH, len);
	if (!len || !cursor_left(&c))
		return;
	type = cursor_u8(&c);
	walk_uint(w, MSG_TYPE, type);
	switch (type) {
	case HAVE:
	case ALLOWED_FAST:
		walk_number(w, PIECE_INDEX, &c);
		break;
	case REQUEST:
	case CANCEL:
	case REJECT:
	case PIECE:
		walk_number(w, PIECE_INDEX, &c);
		walk_number(w, PIECE_BEGIN, &c);
		if (type != PIECE)
			walk_number(w, PIECE_LENGTH, &c);
		else if (cursor_left(&c))
			walk_bytes(w, PIECE_DATA, c.pos, (uint32_t)cursor_left(&c));
		break;
	case BITFIELD_MSG:
		if (cursor_left(&c))
			walk_bytes(w, BITFIELD, c.pos, (uint32_t)cursor_left(&c));
		break;
	case DHT_PORT:
		if (cursor_left(&c) >= 2)
			walk_uint(w, PORT, cursor_be16(&c));
		break;
	case EXTENDED_MSG:
		if (!cursor_left(&c))
			break;
		walk_uint(w, EXTENDED_ID, cursor_u8(&c));
	}
}

static void bittorrent_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(names, (0, "Choke"), (1, "Unchoke"), (2, "Interested"), (3, "Not interested"), (HAVE, "Have"),
		(BITFIELD_MSG, "Bitfield"), (REQUEST, "Request"), (PIECE, "Piece"), (CANCEL, "Cancel"), (DHT_PORT, "Port"),
		(EXTENDED_MSG, "Extended"), (0x0d, "Suggest"), (0x0e, "Have all"), (0x0f, "Have none"), (REJECT, "Reject"),
		(ALLOWED_FAST, "Allowed fast"));
	struct cursor c = packet_cursor(p, l);
	const char *name = "Continuation";

	if (l[-1].proto == PROTO_bittorrent)
		outbuf_char(s->out, ',');
	else
		service_begin(s, p, l, "BitTorrent");
	if (l->aux[0])
		name = "Handshake";
	else if (is_message(&c))
		name = !cursor_be32(&c) ? "Keep alive" : cursor_left(&c) ? named_value(&names, *c.pos) : NULL;
	outbuf_char(s->out, ' ');
	outbuf_str(s->out, name ? name : "message");
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX32(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 8)
#define RAW(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
FIELD_TABLE(bittorrent_fields,
	(NAME_LENGTH, UINT("bittorrent.protocol.name.length", "Length of the protocol's name")),
	(NAME, FIELD_WALK(FIELD_STRING, "bittorrent.protocol.name", "Protocol")),
	(RESERVED, RAW("bittorrent.reserved", "Extensions")),
	(INFO_HASH, RAW("bittorrent.info_hash", "Hash of the torrent")),
	(PEER_ID, RAW("bittorrent.peer_id", "Peer")),
	(MSG_LENGTH, UINT("bittorrent.msg.length", "Length of the message")),
	(MSG_TYPE, UINT("bittorrent.msg.type", "Message")),
	(PIECE_INDEX, HEX32("bittorrent.piece.index", "Piece")),
	(PIECE_BEGIN, HEX32("bittorrent.piece.begin", "Offset in the piece")),
	(PIECE_LENGTH, HEX32("bittorrent.piece.length", "Length wanted")),
	(PIECE_DATA, RAW("bittorrent.piece.data", "Data")),
	(BITFIELD, RAW("bittorrent.msg.bitfield", "Pieces that the peer has")),
	(PORT, UINT("bittorrent.port", "Port of the DHT")),
	(EXTENDED_ID, UINT("bittorrent.extended.id", "Extension"))
);

static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, 6881 }, { CLAIM_TCP_PORT, 6882 }, { CLAIM_TCP_PORT, 6883 }, { CLAIM_TCP_PORT, 6884 }, { CLAIM_TCP_PORT, 6885 },
	{ CLAIM_TCP_PORT, 6886 }, { CLAIM_TCP_PORT, 6887 }, { CLAIM_TCP_PORT, 6888 }, { CLAIM_TCP_PORT, 6889 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_bittorrent = {
	.name = "bittorrent",
	.column = "BitTorrent",
	.title = "BitTorrent",
	.reference = "BEP 3, BEP 10",
	.application = true,
	.decode = bittorrent_decode,
	.detect = bittorrent_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\x13"),
	.notes = true,
	PROTOCOL_WALK(bittorrent_walk),
	.summary = bittorrent_summary,
	PROTOCOL_FIELDS(bittorrent_fields),
	.claims = claims,
};
