/* SPDX-License-Identifier: MIT */
/*
 * IPv4, RFC 791, with options. Behind a fragment nothing is decoded until the one comes that completes the
 * datagram (fragment.h); where nobody asked for that, the first one carries the header of the next protocol. A total length
 * of 0 is what a sending host's own capture shows before segmentation offload:
 * the frame's length stands for it. aux[0]: flags and fragment offset.
 */
#include "decode/fragment.h"
#include "host_name.h"
#include "summary.h"
#include "value_names.h"

enum {
	VERSION, HDR_LEN, DSFIELD, DSCP, ECN, LEN, ID, FLAGS, FLAGS_RB, FLAGS_DF, FLAGS_MF, FRAG_OFFSET, TTL, PROTO,
	CHECKSUM, SRC, DST, ADDR, OPT_TYPE, OPT_LEN, OPT_DATA,
	HOST_NAMES, FRAGMENT = HOST_NAMES + (ENABLE_PROC ? HOST_FIELDS : 0) /* and what belongs to it: fragment.h */
};
enum { HEADER = 20, OFFSET_MASK = 0x1fff, MORE_FRAGMENTS = 0x2000 };

static enum decode_result ip_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	uint32_t hlen, total;

	if (!h)
		return cursor_short(&d->c);
	if (!d->quoted)
		d->p->network = (int8_t)(l - d->p->layers);
	hlen = (h[0] & 15u) * 4;
	total = get_be16(h + 2);
	l->aux[0] = get_be16(h + 6);
	if (h[0] >> 4 != 4 || hlen < HEADER)
		return DECODE_MALFORMED;
	if (hlen > HEADER && !decode_take(d, hlen - HEADER))
		return cursor_short(&d->c);
	if (total && total < hlen)
		return DECODE_MALFORMED;
	if (!(l->aux[0] & OFFSET_MASK))
		d->next = decode_claimed(CLAIM_IPPROTO, h[9]);
	if (total && !decode_limit(d, total - hlen) && !d->quoted && !d->fragment)
		return DECODE_MALFORMED; /* longer than the frame: go on with what there is */
	if (ENABLE_REASSEMBLY && d->decoder->fragments && total && l->aux[0] & (OFFSET_MASK | MORE_FRAGMENTS)) {
		const struct fragment f = { .addresses = h + 12, .addr_len = 4, .proto = h[9], .id = get_be16(h + 4),
					    .more = l->aux[0] & MORE_FRAGMENTS, .offset = (l->aux[0] & OFFSET_MASK) * 8u };
		const struct datagram_parts *whole;

		if (decode_fragment(d, &f, &whole)) {
			d->next = whole ? decode_claimed(CLAIM_IPPROTO, h[9]) : PROTO_NONE;
			return DECODE_OK;
		}
	}
	if (l->aux[0] & MORE_FRAGMENTS)
		d->fragment = d->c.snapped = true;
	return DECODE_OK;
}

static bool get_hdr_len(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	if (!packet_bytes(p, l, &h))
		return false;
	v->u = (h[0] & 15u) * 4;
	return true;
}

static void ip_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct cursor_option o;

	cursor_limit(&c, l->hlen > HEADER ? l->hlen : HEADER);
	cursor_skip(&c, HEADER);
	while (cursor_option(&c, &o)) {
		walk_uint(w, OPT_TYPE, o.kind);
		if (o.len >= 2)
			walk_uint(w, OPT_LEN, o.len);
		if (o.len > 2 && !o.body.cut)
			walk_bytes(w, OPT_DATA, o.body.pos, o.len - 2u);
	}
	if (ENABLE_REASSEMBLY)
		walk_fragments(w, p, l, FRAGMENT);
}

FIELD_TABLE(ip_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "ip.version", 0, 1, 0xf0, "Version")),
	(HDR_LEN, FIELD_GET(FIELD_UINT, "ip.hdr_len", get_hdr_len, "Header length, bytes")),
	(DSFIELD, FIELD_FIXED_HEX("ip.dsfield", 1, 1, "Differentiated services field")),
	(DSCP, FIELD_BITS(FIELD_UINT, "ip.dsfield.dscp", 1, 1, 0xfc, "Differentiated services codepoint")),
	(ECN, FIELD_BITS(FIELD_UINT, "ip.dsfield.ecn", 1, 1, 0x03, "Explicit congestion notification")),
	(LEN, FIELD_FIXED(FIELD_UINT, "ip.len", 2, 2, "Total length")),
	(ID, FIELD_FIXED_HEX("ip.id", 4, 2, "Identification")),
	(FLAGS, FIELD_PLAIN("ip.flags", "Flags", .type = FIELD_UINT, .show = SHOW_HEX, .offset = 6, .width = 1, .mask = 0xe0,
		.shift = 5, .hex_digits = 2)),
	(FLAGS_RB, FIELD_BITS(FIELD_BOOL, "ip.flags.rb", 6, 1, 0x80, "Reserved bit")),
	(FLAGS_DF, FIELD_BITS(FIELD_BOOL, "ip.flags.df", 6, 1, 0x40, "Don't fragment")),
	(FLAGS_MF, FIELD_BITS(FIELD_BOOL, "ip.flags.mf", 6, 1, 0x20, "More fragments")),
	(FRAG_OFFSET, FIELD_BITS(FIELD_UINT, "ip.frag_offset", 6, 2, 0x1fff, "Fragment offset, units of 8 bytes")),
	(TTL, FIELD_FIXED(FIELD_UINT, "ip.ttl", 8, 1, "Time to live")),
	(PROTO, FIELD_HAS("ip.proto", "Protocol", (.names = NAMES_OR_NONE(&ip_proto_names)), .type = FIELD_UINT, .offset = 9,
		.width = 1)),
	(CHECKSUM, FIELD_FIXED_HEX("ip.checksum", 10, 2, "Header checksum")),
	(SRC, FIELD_FIXED(FIELD_IPV4, "ip.src", 12, 4, "Source address")),
	(DST, FIELD_FIXED(FIELD_IPV4, "ip.dst", 16, 4, "Destination address")),
	(ADDR, FIELD_EITHER(FIELD_IPV4, "ip.addr", "Source or destination address", SRC + 1, DST + 1)),
	(OPT_TYPE, FIELD_WALK(FIELD_UINT, "ip.opt.type", "Option type")),
	(OPT_LEN, FIELD_WALK(FIELD_UINT, "ip.opt.len", "Option length")),
	(OPT_DATA, FIELD_WALK(FIELD_BYTES, "ip.opt.data", "Option data")),
#if ENABLE_PROC
	HOST_ROWS(HOST_NAMES, "ip"),
#endif
	FRAGMENT_FIELDS(FRAGMENT, "ip")
);

static const struct claim ip_claims[] = {
	{ CLAIM_ETHERTYPE, 0x0800 }, { CLAIM_PPP, 0x0021 }, { CLAIM_LLC_SAP, 0x06 }, { CLAIM_IPPROTO, 4 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_ip = {
	.name = "ip",
	.column = "IPv4",
	.title = "Internet Protocol version 4",
	.reference = "RFC 791",
	.decode = ip_decode,
	PROTOCOL_WALK(ip_walk),
	.summary = ip_summary,
	PROTOCOL_FIELDS(ip_fields),
	.claims = ip_claims,
};
