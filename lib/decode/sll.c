/* SPDX-License-Identifier: MIT */
/*
 * Linux cooked capture, versions 1 and 2: what "any" and devices without a link
 * header of their own give.
 *
 *   v1  |type 2|ARPHRD 2|address length 2|address 8|protocol 2|
 *   v2  |protocol 2|reserved 2|ifindex 4|ARPHRD 2|type 1|address length 1|address 8|
 *
 * https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_SLL2.html
 */
#include "carrier.h"
#include "summary.h"

enum { PKTTYPE, HATYPE, HALEN, SRC_ETH, SRC_IPV4, SRC_OTHER, ETYPE, IFINDEX };
enum { HEADER_1 = 16, HEADER_2 = 20 };
enum { FRAMES_802_2 = 4 };
enum { HATYPE_NETLINK = 824, HATYPE_GRE = 778, HATYPE_FRAD = 770 };

/* aux[0]: ARPHRD, aux[1]: protocol */

static enum decode_result sll_decode(struct decode *d, struct layer *l)
{
	bool v2 = d->p->frame->linktype == LINKTYPE_LINUX_SLL2;
	const uint8_t *h = decode_take(d, v2 ? HEADER_2 : HEADER_1);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h + (v2 ? 8 : 2));
	l->aux[1] = get_be16(h + (v2 ? 0 : 14));
	if (l->aux[0] == HATYPE_NETLINK)
		d->next = PROTO_netlink;
	if (l->aux[0] == HATYPE_NETLINK || l->aux[0] == HATYPE_FRAD)
		return DECODE_OK; /* the protocol is no ethertype there */
	if (l->aux[1] < ETHERTYPE_MIN)
		d->next = l->aux[1] == FRAMES_802_2 ? PROTO_llc : PROTO_NONE;
	else
		d->next = decode_claimed(CLAIM_ETHERTYPE, l->aux[1]);
	return DECODE_OK;
}

/* The header of a layer that was there whole, or NULL. */
static const uint8_t *header(const struct packet *p, const struct layer *l)
{
	return l->hlen ? layer_at(p, l) : NULL;
}

static bool get_number(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);
	bool v2 = l->hlen == HEADER_2;

	if (!h)
		return false;
	switch (field_index(f)) {
	case PKTTYPE: v->u = v2 ? h[10] : get_be16(h); return true;
	case HALEN: v->u = v2 ? h[11] : get_be16(h + 4); return true;
	case HATYPE: v->u = l->aux[0]; return true;
	case IFINDEX: v->u = get_be32(h + 4); return v2;
	default: v->u = l->aux[1]; return l->aux[1] >= ETHERTYPE_MIN;
	}
}

static bool get_source(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = header(p, l);
	bool v2 = l->hlen == HEADER_2;
	unsigned len;

	if (!h)
		return false;
	len = v2 ? h[11] : get_be16(h + 4);
	v->bytes = h + (v2 ? 12 : 6);
	v->len = len > 8 ? 8 : len;
	switch (field_index(f)) {
	case SRC_ETH: return len == 6;
	case SRC_IPV4: return len == 4;
	default: return len && len != 6 && len != 4;
	}
}

FIELD_TABLE(sll_fields,
	(PKTTYPE, FIELD_GET(FIELD_UINT, "sll.pkttype", get_number, "Packet type")),
	(HATYPE, FIELD_GET(FIELD_UINT, "sll.hatype", get_number, "Link-layer address type (ARPHRD)")),
	(HALEN, FIELD_GET(FIELD_UINT, "sll.halen", get_number, "Link-layer address length")),
	(SRC_ETH, FIELD_GET(FIELD_ETHER, "sll.src.eth", get_source, "Source")),
	(SRC_IPV4, FIELD_GET(FIELD_IPV4, "sll.src.ipv4", get_source, "Source")),
	(SRC_OTHER, FIELD_GET(FIELD_BYTES, "sll.src.other", get_source, "Source")),
	(ETYPE, FIELD_HAS("sll.etype", "Protocol", (.get = get_number), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(IFINDEX, FIELD_GET(FIELD_UINT, "sll.ifindex", get_number, "Interface index"))
);

static const struct claim sll_claims[] = {
	{ CLAIM_LINKTYPE, LINKTYPE_LINUX_SLL },
	{ CLAIM_LINKTYPE, LINKTYPE_LINUX_SLL2 },
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_sll = {
	.name = "sll",
	.column = "SLL",
	.title = "Linux cooked capture",
	.reference = "LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2",
	.decode = sll_decode,
	.summary = sll_summary,
	PROTOCOL_FIELDS(sll_fields),
	.claims = sll_claims,
};
