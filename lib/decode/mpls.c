/* SPDX-License-Identifier: MIT */
/*
 * MPLS label stack, RFC 3032, as one layer up to and with the bottom label.
 * Nothing says what comes next; the first bits do (RFC 4928, RFC 4385):
 *
 *	4 or 6  IP
 *	0       a control word of 4 bytes, and Ethernet behind it
 *	1       an associated channel (RFC 4385 section 5)
 *	else    Ethernet without control word, if addresses and type look like it
 */
#include "carrier.h"
#include "summary.h"

enum { LABEL, EXP, BOTTOM, TTL };
enum { ENTRY = 4, ENTRIES_MAX = 64, BOTTOM_BIT = 0x100, LABEL_ALERT = 1, LABEL_GAL = 13, ETH_HEADER = 14 };
enum { CONTROL_WORD = 4, LLC_MIN = 3, ETH_LENGTH_MAX = 1500 };

/* Could these be the addresses and the type of an Ethernet frame with something in it that we know? */
static bool like_ethernet(const struct cursor *c, size_t skip, bool with_length)
{
	const uint8_t *h = cursor_peek(c, skip + ETH_HEADER);
	unsigned type;

	if (!h)
		return false;
	h += skip;
	type = get_be16(h + 12);
	if (h[6] & 1) /* a group is no source */
		return false;
	if (type >= ETHERTYPE_MIN)
		return decode_claimed(CLAIM_ETHERTYPE, type) != PROTO_NONE;
	return with_length && type >= LLC_MIN && type <= ETH_LENGTH_MAX && type <= cursor_left(c) - skip - ETH_HEADER;
}

static uint8_t next_of_stack(struct decode *d, uint32_t label)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	if (!h || label == LABEL_GAL || label == LABEL_ALERT)
		return PROTO_NONE;
	switch (*h >> 4) {
	case 4: return PROTO_ip;
	case 6: return PROTO_ipv6;
	case 1: return PROTO_NONE;
	case 0: /* or an address that begins with 0 */
		if (d->c.snapped && !cursor_peek(&d->c, CONTROL_WORD + ETH_HEADER))
			return PROTO_NONE;
		if (!like_ethernet(&d->c, 0, false) && like_ethernet(&d->c, CONTROL_WORD, true)) {
			decode_take(d, CONTROL_WORD);
			return PROTO_eth;
		}
	}
	return like_ethernet(&d->c, 0, true) ? PROTO_eth : PROTO_NONE;
}

static enum decode_result mpls_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;

	do {
		h = decode_take(d, ENTRY);
		if (!h)
			return cursor_short(&d->c);
		if (++l->aux[0] > ENTRIES_MAX)
			return DECODE_MALFORMED;
	} while (!(get_be32(h) & BOTTOM_BIT));
	d->next = next_of_stack(d, get_be32(h) >> 12);
	return DECODE_OK;
}

static void mpls_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	for (unsigned i = 0; i < l->aux[0]; i++) {
		uint32_t entry = cursor_be32(&c);

		walk_uint(w, LABEL, entry >> 12);
		walk_uint(w, EXP, entry >> 9 & 7);
		walk_uint(w, BOTTOM, entry >> 8 & 1);
		walk_uint(w, TTL, entry & 255);
	}
}

FIELD_TABLE(mpls_fields,
	(LABEL, FIELD_WALK(FIELD_UINT, "mpls.label", "Label")),
	(EXP, FIELD_WALK(FIELD_UINT, "mpls.exp", "Traffic class")),
	(BOTTOM, FIELD_WALK(FIELD_UINT, "mpls.bottom", "Bottom of the stack")),
	(TTL, FIELD_WALK(FIELD_UINT, "mpls.ttl", "Time to live"))
);

static const struct claim mpls_claims[] = {
	{ CLAIM_ETHERTYPE, 0x8847 },
	{ CLAIM_ETHERTYPE, 0x8848 }, /* label assigned upstream; once: multicast */
	{ CLAIM_PPP, 0x0281 },
	{ CLAIM_PPP, 0x0283 },
	{ CLAIM_IPPROTO, 137 },    /* RFC 4023 */
	{ CLAIM_UDP_PORT, 6635 },  /* RFC 7510 */
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_mpls = {
	.name = "mpls",
	.column = "MPLS",
	.title = "Multiprotocol Label Switching",
	.reference = "RFC 3032",
	.decode = mpls_decode,
	PROTOCOL_WALK(mpls_walk),
	.summary = mpls_summary,
	PROTOCOL_FIELDS(mpls_fields),
	.claims = mpls_claims,
};
