/* SPDX-License-Identifier: MIT */
/*
 * IPv6, RFC 8200, with its chain of extension headers as one layer: hlen covers
 * the chain, aux[0] is the protocol at its end, aux[1] the offset word of a
 * fragment header (0 without one).
 *
 *	|fixed 40|hop-by-hop|routing|fragment|destination options| upper layer
 *
 * The fragment that completes a datagram (fragment.h) goes on in another source, with what followed the fragment header of the
 * first one. Others have no layers behind them; where nobody asked for whole datagrams, the first one has its own.
 *
 * The chain is at most EXTENSIONS_MAX long; each header advances by 8 bytes or more.
 */
#include "decode/fragment.h"
#include "host_name.h"
#include "summary.h"
#include "value_names.h"

enum {
	VERSION, TCLASS, DSCP, ECN, FLOW, PLEN, NXT, HLIM, SRC, DST, ADDR, HOPOPTS_NXT, DSTOPTS_NXT, ROUTING_NXT, ROUTING_TYPE,
	ROUTING_SEGLEFT, FRAG_NXT, FRAG_OFFSET, FRAG_MORE, FRAG_IDENT, OPT_TYPE, OPT_LENGTH,
	HOST_NAMES, FRAGMENTS = HOST_NAMES + (ENABLE_PROC ? HOST_FIELDS : 0) /* and what belongs to them: fragment.h */
};
enum { HEADER = 40, EXTENSIONS_MAX = 16 };
enum { HOPOPTS = 0, ROUTING = 43, FRAGMENT = 44, NO_NEXT = 59, DSTOPTS = 60, MOBILITY = 135, HIP = 139, SHIM6 = 140 };

/* Bytes of the extension header that starts with these two, or 0 if the number is no extension. */
static uint32_t extension_len(unsigned number, const uint8_t *h)
{
	switch (number) {
	case FRAGMENT:
		return 8;
	case HOPOPTS:
	case ROUTING:
	case DSTOPTS:
		return (h[1] + 1u) * 8;
	default:
		return 0;
	}
}

/* Behind the fragment header `h`. True: the fragment waits, or it completes a datagram that goes on with `*next`. */
static bool take_fragment(struct decode *d, const struct layer *l, const uint8_t *h, unsigned *next)
{
	const struct fragment f = { .addresses = layer_at(d->p, l) + 8, .addr_len = 16, .proto = h[0], .id = get_be32(h + 4),
				    .more = h[3] & 1, .offset = get_be16(h + 2) & 0xfff8u };
	const struct datagram_parts *whole;

	if (!decode_fragment(d, &f, &whole))
		return false;
	*next = whole ? whole->proto : NO_NEXT;
	return true;
}

static enum decode_result ipv6_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	unsigned next, plen;
	enum decode_result result = DECODE_OK;
	bool taken = false;

	if (!h)
		return cursor_short(&d->c);
	if (!d->quoted)
		d->p->network = (int8_t)(l - d->p->layers);
	next = h[6];
	plen = get_be16(h + 4);
	if (h[0] >> 4 != 6)
		return DECODE_MALFORMED;
	/* 0 with hop-by-hop options is a jumbogram (RFC 2675) or offloaded segmentation: the frame says how long */
	if ((plen || next != HOPOPTS) && (plen || next != 6) && !decode_limit(d, plen) && !d->quoted && !d->fragment)
		result = DECODE_MALFORMED;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		uint32_t len;

		if (next != HOPOPTS && next != ROUTING && next != DSTOPTS && next != FRAGMENT)
			break;
		h = cursor_peek(&d->c, 8);
		if (!h)
			return cursor_short(&d->c);
		len = extension_len(next, h);
		if (!decode_take(d, len))
			return cursor_short(&d->c);
		if (next == FRAGMENT && !taken) {
			l->aux[1] = get_be16(h + 2);
			taken = ENABLE_REASSEMBLY && d->decoder->fragments && plen && l->aux[1] & 0xfff9 &&
				take_fragment(d, l, h, &next);
			if (taken)
				continue;
		}
		next = h[0];
		if (l->aux[1] & 0xfff8 && !taken)
			break; /* not the first fragment: what follows is data */
	}
	l->aux[0] = (uint16_t)next;
	if (l->aux[1] & 1 && !taken) /* more fragments */
		d->fragment = d->c.snapped = true;
	if ((taken || !(l->aux[1] & 0xfff8)) && next != NO_NEXT)
		d->next = decode_claimed(CLAIM_IPPROTO, next);
	return result;
}

static void walk_options(struct walk *w, struct cursor c)
{
	while (cursor_left(&c)) {
		unsigned type = cursor_u8(&c), len;

		walk_uint(w, OPT_TYPE, type);
		if (!type) /* Pad1 */
			continue;
		len = cursor_u8(&c);
		if (c.cut)
			return;
		walk_uint(w, OPT_LENGTH, len);
		if (!cursor_skip(&c, len))
			return;
	}
}

static void walk_extension(struct walk *w, unsigned number, const uint8_t *h, struct cursor body)
{
	switch (number) {
	case HOPOPTS:
	case DSTOPTS:
		walk_uint(w, number == HOPOPTS ? HOPOPTS_NXT : DSTOPTS_NXT, h[0]);
		walk_options(w, body);
		break;
	case ROUTING:
		walk_uint(w, ROUTING_NXT, h[0]);
		walk_uint(w, ROUTING_TYPE, h[2]);
		walk_uint(w, ROUTING_SEGLEFT, h[3]);
		break;
	case FRAGMENT:
		walk_uint(w, FRAG_NXT, h[0]);
		walk_uint(w, FRAG_OFFSET, get_be16(h + 2) >> 3);
		walk_uint(w, FRAG_MORE, h[3] & 1);
		walk_uint(w, FRAG_IDENT, get_be32(h + 4));
		break;
	}
}

static void walk_chain(struct walk *w, struct cursor c, unsigned next)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, 8))) {
		uint32_t len = extension_len(next, h);
		struct cursor body;

		if (!len)
			return;
		body = cursor_sub(&c, len);
		cursor_skip(&body, 2);
		walk_extension(w, next, h, body);
		next = h[0];
	}
}

static void ipv6_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const struct packet_source *whole = ENABLE_REASSEMBLY ? fragment_source(p, l) : NULL;
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	if (l->hlen <= HEADER)
		return;
	cursor_limit(&c, l->hlen);
	h = cursor_take(&c, HEADER);
	if (h)
		walk_chain(w, c, h[6]);
	if (!whole)
		return;
	walk_fragments(w, p, l, FRAGMENTS);
	walk_chain(w, cursor_over(whole->data, whole->len, false), whole->parts->proto);
}

FIELD_TABLE(ipv6_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "ipv6.version", 0, 1, 0xf0, "Version")),
	(TCLASS, FIELD_PLAIN("ipv6.tclass", "Traffic class", .type = FIELD_UINT, .show = SHOW_HEX, .width = 2, .mask = 0x0ff0,
		.shift = 4, .hex_digits = 8)),
	(DSCP, FIELD_BITS(FIELD_UINT, "ipv6.tclass.dscp", 0, 2, 0x0fc0, "Differentiated services codepoint")),
	(ECN, FIELD_BITS(FIELD_UINT, "ipv6.tclass.ecn", 0, 2, 0x0030, "Explicit congestion notification")),
	(FLOW, FIELD_PLAIN("ipv6.flow", "Flow label", .type = FIELD_UINT, .show = SHOW_HEX, .width = 4, .mask = 0x000fffff,
		.hex_digits = 6)),
	(PLEN, FIELD_FIXED(FIELD_UINT, "ipv6.plen", 4, 2, "Payload length")),
	(NXT, FIELD_HAS("ipv6.nxt", "Next header", (.names = NAMES_OR_NONE(&ip_proto_names)), .type = FIELD_UINT, .offset = 6,
		.width = 1)),
	(HLIM, FIELD_FIXED(FIELD_UINT, "ipv6.hlim", 7, 1, "Hop limit")),
	(SRC, FIELD_FIXED(FIELD_IPV6, "ipv6.src", 8, 16, "Source address")),
	(DST, FIELD_FIXED(FIELD_IPV6, "ipv6.dst", 24, 16, "Destination address")),
	(ADDR, FIELD_EITHER(FIELD_IPV6, "ipv6.addr", "Source or destination address", SRC + 1, DST + 1)),
	(HOPOPTS_NXT, FIELD_WALK(FIELD_UINT, "ipv6.hopopts.nxt", "Hop-by-hop options: next header")),
	(DSTOPTS_NXT, FIELD_WALK(FIELD_UINT, "ipv6.dstopts.nxt", "Destination options: next header")),
	(ROUTING_NXT, FIELD_WALK(FIELD_UINT, "ipv6.routing.nxt", "Routing header: next header")),
	(ROUTING_TYPE, FIELD_WALK(FIELD_UINT, "ipv6.routing.type", "Routing header: type")),
	(ROUTING_SEGLEFT, FIELD_WALK(FIELD_UINT, "ipv6.routing.segleft", "Routing header: segments left")),
	(FRAG_NXT, FIELD_WALK(FIELD_UINT, "ipv6.fraghdr.nxt", "Fragment header: next header")),
	(FRAG_OFFSET, FIELD_WALK(FIELD_UINT, "ipv6.fraghdr.offset", "Fragment offset, units of 8 bytes")),
	(FRAG_MORE, FIELD_WALK(FIELD_BOOL, "ipv6.fraghdr.more", "More fragments")),
	(FRAG_IDENT, FIELD_PLAIN("ipv6.fraghdr.ident", "Fragment identification", .type = FIELD_UINT, .show = SHOW_HEX)),
	(OPT_TYPE, FIELD_PLAIN("ipv6.opt.type", "Option type", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(OPT_LENGTH, FIELD_WALK(FIELD_UINT, "ipv6.opt.length", "Option length")),
#if ENABLE_PROC
	HOST_ROWS(HOST_NAMES, "ipv6"),
#endif
	FRAGMENT_FIELDS(FRAGMENTS, "ipv6")
);

static const struct claim ipv6_claims[] = {
	{ CLAIM_ETHERTYPE, 0x86dd }, { CLAIM_PPP, 0x0057 }, { CLAIM_IPPROTO, 41 }, { CLAIM_NONE, 0 },
};

const struct protocol proto_ipv6 = {
	.name = "ipv6",
	.column = "IPv6",
	.title = "Internet Protocol version 6",
	.reference = "RFC 8200",
	.decode = ipv6_decode,
	PROTOCOL_WALK(ipv6_walk),
	.summary = ipv6_summary,
	PROTOCOL_FIELDS(ipv6_fields),
	.claims = ipv6_claims,
};
