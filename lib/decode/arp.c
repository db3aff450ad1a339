/* SPDX-License-Identifier: MIT */
/*
 * ARP (RFC 826), RARP (RFC 903): who has this address. The addresses are as
 * long as the header says; the Ethernet and IPv4 fields exist only when they are
 * six and four bytes.
 */
#include "decode/protocol.h"
#include "summary.h"

enum { HW_TYPE, PROTO_TYPE, HW_SIZE, PROTO_SIZE, OPCODE, SRC_MAC, SRC_IPV4, DST_MAC, DST_IPV4, GRATUITOUS };
enum { HEADER = 8, ETHER_IPV4 = 20 };

static enum decode_result arp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h || !decode_take(d, 2u * (h[4] + h[5])))
		return cursor_short(&d->c);
	l->aux[0] = get_be16(h + 6);
	return DECODE_OK;
}

/* RFC 903, 1931, 2390: the other uses of the header */
static const char *arp_column(const struct packet *p, const struct layer *l)
{
	static const char names[][12] = { "ARP", "ARP", "ARP", "RARP", "RARP", "DRARP", "DRARP", "DRARP", "Inverse ARP", "Inverse ARP" };

	(void)p;
	return names[l->aux[0] < 10 ? l->aux[0] : 0];
}

/* The four addresses, or NULL if they are not Ethernet and IPv4 ones. */
static const uint8_t *addresses(const struct packet *p, const struct layer *l, const struct field *f)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	(void)f;
	return n >= HEADER + ETHER_IPV4 && h[4] == 6 && h[5] == 4 ? h + HEADER : NULL;
}

static bool get_address(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *a = addresses(p, l, f);

	if (!a)
		return false;
	v->bytes = a + f->offset;
	v->len = 6;
	return true;
}

/* Addresses of IPv4 stand behind hardware addresses of any length. */
static bool get_ipv4(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), at;

	if (n < HEADER || h[5] != 4)
		return false;
	at = HEADER + h[4] + (field_index(f) == SRC_IPV4 ? 0 : 4u + h[4]);
	v->bytes = h + at;
	v->len = 4;
	return n >= at + 4;
}

static bool get_gratuitous(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *a = addresses(p, l, f);

	v->u = a && !memcmp(a + 6, a + 16, 4);
	return v->u;
}

/* offset: within the addresses */
#define ADDRESS(ty, n, off, lab) FIELD_HAS(n, lab, (.get = get_address), .type = ty, .offset = off)

static NAMED_VALUES(opcode_names, (1, "request"), (2, "reply"), (3, "reverse request"), (4, "reverse reply"));

FIELD_TABLE(arp_fields,
	(HW_TYPE, FIELD_FIXED(FIELD_UINT, "arp.hw.type", 0, 2, "Hardware type")),
	(PROTO_TYPE, FIELD_FIXED_HEX("arp.proto.type", 2, 2, "Protocol type")),
	(HW_SIZE, FIELD_FIXED(FIELD_UINT, "arp.hw.size", 4, 1, "Hardware size")),
	(PROTO_SIZE, FIELD_FIXED(FIELD_UINT, "arp.proto.size", 5, 1, "Protocol size")),
	(OPCODE, FIELD_HAS("arp.opcode", "Operation", (.names = &opcode_names), .type = FIELD_UINT, .offset = 6, .width = 2)),
	(SRC_MAC, ADDRESS(FIELD_ETHER, "arp.src.hw_mac", 0, "Sender MAC address")),
	(SRC_IPV4, FIELD_GET(FIELD_IPV4, "arp.src.proto_ipv4", get_ipv4, "Sender IP address")),
	(DST_MAC, ADDRESS(FIELD_ETHER, "arp.dst.hw_mac", 10, "Target MAC address")),
	(DST_IPV4, FIELD_GET(FIELD_IPV4, "arp.dst.proto_ipv4", get_ipv4, "Target IP address")),
	(GRATUITOUS, FIELD_GET(FIELD_BOOL, "arp.isgratuitous", get_gratuitous, "Announces its own address"))
);

static const struct claim arp_claims[] = { { CLAIM_ETHERTYPE, 0x0806 }, { CLAIM_ETHERTYPE, 0x8035 }, { CLAIM_NONE, 0 } };

const struct protocol proto_arp = {
	.name = "arp",
	.column_of = arp_column,
	.title = "Address Resolution Protocol",
	.reference = "RFC 826",
	.decode = arp_decode,
	.summary = arp_summary,
	PROTOCOL_FIELDS(arp_fields),
	.claims = arp_claims,
};
