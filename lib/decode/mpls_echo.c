/* SPDX-License-Identifier: MIT */
/*
 * Ping of label switched paths, RFC 8029.
 *
 *	|version 16|flags 16|type 8|reply mode 8|return code 8|subcode 8|handle 32|sequence 32|sent 64|received 64| then
 *	|type 16|length 16|...|: the stack of FECs asked about, each again |type 16|length 16|...|
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, FLAGS, FLAG_V, FLAG_T, FLAG_R, TYPE, REPLY_MODE, RETURN_CODE, RETURN_SUBCODE, HANDLE, SEQUENCE, SENT, RECEIVED,
	TLV_TYPE, TLV_LEN, FEC_TYPE, FEC_LEN, LDP_PREFIX, LDP_MASK, RSVP_END, RSVP_TUNNEL, RSVP_EXTENDED, RSVP_SENDER, RSVP_LSP
};
enum { HEADER = 32, FEC_STACK = 1, PIECE_HEADER = 4 };
#define NTP_EPOCH 2208988800ll /* 1900 to 1970 */

static enum decode_result mpls_echo_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, HEADER);
}

static const struct typed_slot fecs[] = {
	{ 1, { LDP_PREFIX, 4, 4, 0 } }, { 1, { LDP_MASK, 8, 1, 0 } }, { 3, { RSVP_END, 4, 4, 0 } }, { 3, { RSVP_TUNNEL, 10, 2, 0 } },
	{ 3, { RSVP_EXTENDED, 12, 4, 0 } }, { 3, { RSVP_SENDER, 16, 4, 0 } }, { 3, { RSVP_LSP, 22, 2, 0 } },
};

/* Pieces of |type 16|length 16|...|, padded to 4 */
static void walk_pieces(struct walk *w, struct cursor c, bool inside)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, PIECE_HEADER))) {
		unsigned len = get_be16(h + 2);
		struct cursor body = cursor_sub(&c, len + (size_t)PIECE_HEADER);

		walk_uint(w, inside ? FEC_TYPE : TLV_TYPE, get_be16(h));
		walk_uint(w, inside ? FEC_LEN : TLV_LEN, len);
		if (inside) {
			layout_walk_type(w, fecs, SLOTS(fecs), get_be16(h), h, cursor_left(&body));
		} else if (get_be16(h) == FEC_STACK) {
			cursor_skip(&body, PIECE_HEADER);
			walk_pieces(w, body, true);
		}
		if (len & 3 && !cursor_skip(&c, 4 - (len & 3)))
			return;
	}
}

static void mpls_echo_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (cursor_take(&c, HEADER))
		walk_pieces(w, c, false);
}

/* NTP's format; as with NTP, seconds with bit 0 clear count from 2036 */
static bool get_time(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	int64_t seconds;

	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	h += field_index(f) == SENT ? 16 : 24;
	v->i = 0;
	seconds = get_be32(h);
	if (!(seconds & 0x80000000))
		seconds += 1ll << 32;
	if (get_be64(h))
		v->i = (seconds - NTP_EPOCH) * 1000000000 + (int64_t)((uint64_t)get_be32(h + 4) * 1000000000 >> 32);
	return true;
}

static NAMED_VALUES(types,
	(1, "MPLS Echo Request"), (2, "MPLS Echo Reply"), (3, "MPLS Data Plane Verification Request"),
	(4, "MPLS Data Plane Verification Reply")
);

static void mpls_echo_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_printf(s->out, "LSP-PINGv%u, ", get_be16(h));
	layout_name(s->out, &types, h[4], "unknown ");
	outbuf_printf(s->out, ", seq %u, length: %u", get_be32(h + 12), summary_outer_len(p, l));
}

FIELD_TABLE(mpls_echo_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "mpls_echo.version", 0, 2, "Version")),
	(FLAGS, FIELD_FIXED_HEX("mpls_echo.flags", 2, 2, "Flags")),
	(FLAG_V, FIELD_BITS(FIELD_BOOL, "mpls_echo.flag_v", 2, 2, 1, "Validate the FEC stack")),
	(FLAG_T, FIELD_BITS(FIELD_BOOL, "mpls_echo.flag_t", 2, 2, 2, "Answer only if the TTL expired")),
	(FLAG_R, FIELD_BITS(FIELD_BOOL, "mpls_echo.flag_r", 2, 2, 4, "Validate the reverse path")),
	(TYPE, FIELD_HAS("mpls_echo.msg_type", "Type", (.names = &types), .type = FIELD_UINT, .offset = 4, .width = 1)),
	(REPLY_MODE, FIELD_FIXED(FIELD_UINT, "mpls_echo.reply_mode", 5, 1, "Reply mode")),
	(RETURN_CODE, FIELD_FIXED(FIELD_UINT, "mpls_echo.return_code", 6, 1, "Return code")),
	(RETURN_SUBCODE, FIELD_FIXED(FIELD_UINT, "mpls_echo.return_subcode", 7, 1, "Return subcode")),
	(HANDLE, FIELD_FIXED_HEX("mpls_echo.sender_handle", 8, 4, "Sender's handle")),
	(SEQUENCE, FIELD_FIXED(FIELD_UINT, "mpls_echo.sequence", 12, 4, "Sequence number")),
	(SENT, FIELD_GET(FIELD_TIME, "mpls_echo.timestamp_sent", get_time, "Sent")),
	(RECEIVED, FIELD_GET(FIELD_TIME, "mpls_echo.timestamp_rec", get_time, "Received")),
	(TLV_TYPE, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.type", "Piece")),
	(TLV_LEN, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.len", "Piece length")),
	(FEC_TYPE, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.fec.type", "FEC")),
	(FEC_LEN, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.fec.len", "FEC length")),
	(LDP_PREFIX, FIELD_WALK(FIELD_IPV4, "mpls_echo.tlv.fec.ldp_ipv4", "LDP: prefix")),
	(LDP_MASK, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.fec.ldp_ipv4_mask", "LDP: prefix length")),
	(RSVP_END, FIELD_WALK(FIELD_IPV4, "mpls_echo.tlv.fec.rsvp_ipv4_ep", "RSVP: tunnel end")),
	(RSVP_TUNNEL, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.fec.rsvp_ip_tun_id", "RSVP: tunnel")),
	(RSVP_EXTENDED, FIELD_WALK_HEX("mpls_echo.tlv.fec.rsvp_ipv4_ext_tun_id", 8, "RSVP: extended tunnel")),
	(RSVP_SENDER, FIELD_WALK(FIELD_IPV4, "mpls_echo.tlv.fec.rsvp_ipv4_sender", "RSVP: sender")),
	(RSVP_LSP, FIELD_WALK(FIELD_UINT, "mpls_echo.tlv.fec.rsvp_ip_lsp_id", "RSVP: label switched path"))
);

static const struct claim mpls_echo_claims[] = { { CLAIM_UDP_PORT, 3503 }, { CLAIM_NONE, 0 } };

const struct protocol proto_mpls_echo = {
	.name = "mpls-echo",
	.column = "MPLS ECHO",
	.title = "MPLS Echo",
	.reference = "RFC 8029",
	.application = true,
	.decode = mpls_echo_decode,
	PROTOCOL_WALK(mpls_echo_walk),
	.summary = mpls_echo_summary,
	PROTOCOL_FIELDS(mpls_echo_fields),
	.claims = mpls_echo_claims,
};
