/* SPDX-License-Identifier: MIT */
/*
 * BSD loopback: four bytes of address family, in the byte order of the machine
 * that captured (NULL) or in network order (LOOP). Families above 1536 are
 * ethertypes. https://www.tcpdump.org/linktypes/LINKTYPE_NULL.html
 */
#include "decode/protocol.h"
#include "summary.h"

enum { FAMILY, TYPE };
enum { HEADER = 4, TYPE_MIN = 1536 };
enum { BSD_INET = 2, LINUX_INET6 = 10, NETBSD_INET6 = 24, FREEBSD_INET6 = 28, DARWIN_INET6 = 30 };

static uint32_t family(const uint8_t *h)
{
	uint32_t be = get_be32(h), le = get_le32(h);

	return (be & 0xffff0000) ? le : be;
}

static enum decode_result null_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);
	uint32_t af;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	af = family(h);
	switch (af) {
	case BSD_INET:
		d->next = PROTO_ip;
		break;
	case LINUX_INET6:
	case NETBSD_INET6:
	case FREEBSD_INET6:
	case DARWIN_INET6:
		d->next = PROTO_ipv6;
		break;
	default:
		if (af >= TYPE_MIN && af <= 0xffff)
			d->next = decode_claimed(CLAIM_ETHERTYPE, af);
	}
	return DECODE_OK;
}

static bool get_family(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < HEADER)
		return false;
	v->u = family(h);
	return (v->u >= TYPE_MIN) == (f->show == SHOW_HEX);
}

FIELD_TABLE(null_fields,
	(FAMILY, FIELD_GET(FIELD_UINT, "null.family", get_family, "Address family")),
	(TYPE, FIELD_HAS("null.type", "Ethertype", (.get = get_family), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4))
);

static const struct claim null_claims[] = {
	{ CLAIM_LINKTYPE, LINKTYPE_NULL },
	{ CLAIM_LINKTYPE, LINKTYPE_LOOP },
	{ CLAIM_NONE, 0 },
};

const struct protocol proto_null = {
	.name = "null",
	.column = "NULL",
	.title = "Null/loopback",
	.reference = "LINKTYPE_NULL, LINKTYPE_LOOP",
	.decode = null_decode,
	.summary = null_summary,
	PROTOCOL_FIELDS(null_fields),
	.claims = null_claims,
};
