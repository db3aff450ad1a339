/* SPDX-License-Identifier: MIT */
/*
 * Real-time transport protocol: known by what announced it (SDP, RTSP, Skinny), nothing in it is certain. RFC 3550.
 *
 *	|V 2|P|X|CC|M|payload type 7|sequence 16|timestamp 32|source 32| CC * 32 | X: profile 16, words 16, ... | payload
 */
#include "decode/service.h"

enum {
	VERSION, PADDING, EXTENSION, CC, MARKER, P_TYPE, SEQ, TIMESTAMP, SSRC, CSRC, EXT_PROFILE, EXT_LEN, PAYLOAD
};
enum { HEADER = 12, RTCP_FIRST = 200, RTCP_LAST = 204 };

static bool rtp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	(void)d;
	/* both may share a port, RFC 5761: then rtcp finds its own */
	return h && h[0] >> 6 == 2 && (h[1] < RTCP_FIRST || h[1] > RTCP_LAST);
}

static enum decode_result rtp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER), *x;

	(void)l;
	if (!h || !decode_take(d, (h[0] & 15) * 4u))
		return cursor_short(&d->c);
	if (h[0] & 0x10) {
		x = decode_take(d, 4);
		if (!x || !decode_take(d, get_be16(x + 2) * 4u))
			return cursor_short(&d->c);
	}
	return DECODE_OK;
}

static void rtp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), payload = packet_payload(p, l);
	const uint8_t *h = cursor_take(&c, HEADER), *x;

	if (!h)
		return;
	for (unsigned n = h[0] & 15; n && (x = cursor_take(&c, 4)); n--)
		walk_uint(w, CSRC, get_be32(x));
	if (h[0] & 0x10 && (x = cursor_take(&c, 4))) {
		walk_bytes(w, EXT_PROFILE, x, 2);
		walk_uint(w, EXT_LEN, get_be16(x + 2));
	}
	if (cursor_left(&payload))
		walk_bytes(w, PAYLOAD, payload.pos, (uint32_t)cursor_left(&payload));
}

static void rtp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	service_begin(s, p, l, "RTP");
	if (packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_str(s->out, " type ");
	outbuf_u64(s->out, h[1] & 0x7f);
	outbuf_str(s->out, ", seq ");
	outbuf_u64(s->out, get_be16(h + 2));
	outbuf_str(s->out, ", time ");
	outbuf_u64(s->out, get_be32(h + 4));
	if (h[1] & 0x80)
		outbuf_str(s->out, ", mark");
}

FIELD_TABLE(rtp_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "rtp.version", 0, 1, 0xc0, "Version")),
	(PADDING, FIELD_BITS(FIELD_BOOL, "rtp.padding", 0, 1, 0x20, "Padded")),
	(EXTENSION, FIELD_BITS(FIELD_BOOL, "rtp.ext", 0, 1, 0x10, "Has a header extension")),
	(CC, FIELD_BITS(FIELD_UINT, "rtp.cc", 0, 1, 0x0f, "Contributing sources")),
	(MARKER, FIELD_BITS(FIELD_BOOL, "rtp.marker", 1, 1, 0x80, "Marker")),
	(P_TYPE, FIELD_BITS(FIELD_UINT, "rtp.p_type", 1, 1, 0x7f, "Payload type")),
	(SEQ, FIELD_FIXED(FIELD_UINT, "rtp.seq", 2, 2, "Sequence number")),
	(TIMESTAMP, FIELD_FIXED(FIELD_UINT, "rtp.timestamp", 4, 4, "Timestamp")),
	(SSRC, FIELD_FIXED_HEX("rtp.ssrc", 8, 4, "Source")),
	(CSRC, FIELD_PLAIN("rtp.csrc.item", "Contributing source", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 8)),
	(EXT_PROFILE, FIELD_WALK(FIELD_BYTES, "rtp.ext.profile", "Kind of the header extension")),
	(EXT_LEN, FIELD_WALK(FIELD_UINT, "rtp.ext.len", "Words of the header extension")),
	(PAYLOAD, FIELD_WALK(FIELD_BYTES, "rtp.payload", "Payload"))
);

const struct protocol proto_rtp = {
	.name = "rtp",
	.column = "RTP",
	.title = "Real-Time Transport Protocol",
	.reference = "RFC 3550",
	.application = true,
	.decode = rtp_decode,
	.detect = rtp_detect, /* for what was announced; it is not looked for elsewhere */
	PROTOCOL_WALK(rtp_walk),
	.summary = rtp_summary,
	PROTOCOL_FIELDS(rtp_fields),
};
