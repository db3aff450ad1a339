/* SPDX-License-Identifier: MIT */
/*
 * Linux netfilter log: values of type and length in the byte order of the
 * machine that captured, aligned to four bytes; one is the packet. LINKTYPE_NFLOG.
 *
 *	|family 8|version 8|resource 16 be| |length 16|type 16|value|...|
 *
 * aux[0]: offset of the first value behind the header, aux[1]: 1 if little-endian.
 */
#include "carrier.h"
#include "parts.h"
#include "summary.h"

enum {
	FAMILY, VERSION, RES_ID, PREFIX, TLV_TYPE, TLV_LENGTH, HW_PROTOCOL, HOOK, IN, OUT, PHYSICAL_IN, PHYSICAL_OUT, UID, GID, TIMESTAMP
};
enum { HEADER = 4, TLV = 4, PAYLOAD = 9, PREFIX_TLV = 10, TIME_TLV = 3, TYPE_MASK = 0x7fff, INET = 2, INET6 = 10 };

static uint16_t native16(const uint8_t *p, bool little)
{
	return little ? get_le16(p) : get_be16(p);
}

static enum decode_result nflog_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER), *tlv;

	if (!h)
		return cursor_short(&d->c);
	if (h[1])
		return DECODE_MALFORMED;
	tlv = cursor_peek(&d->c, TLV);
	l->aux[1] = tlv && (tlv[1] < tlv[0] || (tlv[3] & 0x7f) < tlv[2]); /* all are shorter and fewer than 256 but the payload */
	while ((tlv = decode_take(d, TLV))) {
		uint32_t len = native16(tlv, l->aux[1]);

		if (len < TLV)
			return DECODE_MALFORMED;
		len -= TLV;
		if ((native16(tlv + 2, l->aux[1]) & TYPE_MASK) == PAYLOAD) {
			d->next = h[0] == INET ? PROTO_ip : h[0] == INET6 ? PROTO_ipv6 : PROTO_NONE;
			return decode_limit(d, len) ? DECODE_OK : DECODE_MALFORMED;
		}
		len = (len + 3) & ~3u;
		if (!decode_take(d, len))
			return cursor_short(&d->c);
	}
	return cursor_left(&d->c) || d->c.snapped ? cursor_short(&d->c) : DECODE_OK;
}

/* The values of netfilter, unlike the lengths in front of them, are big-endian. */
static const struct part parts[] = {
	{ 1, HW_PROTOCOL, 2 }, { 1, HOOK, 1 }, { 4, IN, 4 }, { 5, OUT, 4 }, { 6, PHYSICAL_IN, 4 }, { 7, PHYSICAL_OUT, 4 },
	{ 11, UID, 4 }, { 14, GID, 4 },
};

static void walk_time(struct walk *w, const uint8_t *v)
{
	uint64_t s = get_be64(v), us = get_be64(v + 8);

	if (s < 0x7fffffff && us < 1000000)
		walk_uint(w, TIMESTAMP, (s * 1000000 + us) * 1000);
}

static void nflog_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *tlv;

	cursor_limit(&c, l->hlen);
	cursor_skip(&c, HEADER);
	while ((tlv = cursor_take(&c, TLV))) {
		unsigned len = native16(tlv, l->aux[1]), type = native16(tlv + 2, l->aux[1]) & TYPE_MASK;

		walk_uint(w, TLV_TYPE, type);
		walk_uint(w, TLV_LENGTH, len);
		if (len < TLV || type == PAYLOAD || !cursor_skip(&c, (len - TLV + 3u) & ~3u))
			return;
		walk_parts(w, parts, type, tlv + TLV, len - TLV);
		if (type == TIME_TLV && len >= TLV + 16)
			walk_time(w, tlv + TLV);
		if (type == PREFIX_TLV && len > TLV)
			walk_bytes(w, PREFIX, tlv + TLV, (uint32_t)strnlen((const char *)tlv + TLV, len - TLV));
	}
}

FIELD_TABLE(nflog_fields,
	(FAMILY, FIELD_FIXED(FIELD_UINT, "nflog.family", 0, 1, "Address family")),
	(VERSION, FIELD_FIXED(FIELD_UINT, "nflog.version", 1, 1, "Version")),
	(RES_ID, FIELD_FIXED(FIELD_UINT, "nflog.res_id", 2, 2, "Group")),
	(PREFIX, FIELD_WALK(FIELD_STRING, "nflog.prefix", "Prefix of the rule")),
	(TLV_TYPE, FIELD_WALK(FIELD_UINT, "nflog.tlv_type", "Type of the value")),
	(TLV_LENGTH, FIELD_WALK(FIELD_UINT, "nflog.tlv_length", "Length of the value")),
	(HW_PROTOCOL, PART_HEX("nflog.protocol", 0, 4, "Protocol, an ethertype")),
	(HOOK, PART_FIELD(FIELD_UINT, "nflog.hook", 2, "Hook of netfilter")),
	(IN, PART_FIELD(FIELD_UINT, "nflog.ifindex_indev", 0, "Interface in")),
	(OUT, PART_FIELD(FIELD_UINT, "nflog.ifindex_outdev", 0, "Interface out")),
	(PHYSICAL_IN, PART_FIELD(FIELD_UINT, "nflog.ifindex_physindev", 0, "Port of the bridge in")),
	(PHYSICAL_OUT, PART_FIELD(FIELD_UINT, "nflog.ifindex_physoutdev", 0, "Port of the bridge out")),
	(UID, PART_FIELD(FIELD_UINT, "nflog.uid", 0, "User of the socket")),
	(GID, PART_FIELD(FIELD_UINT, "nflog.gid", 0, "Group of the socket")),
	(TIMESTAMP, FIELD_WALK(FIELD_TIME, "nflog.timestamp", "Time"))
);

static const struct claim nflog_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_NFLOG }, { CLAIM_NONE, 0 } };

const struct protocol proto_nflog = {
	.name = "nflog",
	.column = "NFLOG",
	.title = "Linux netfilter log",
	.reference = "LINKTYPE_NFLOG",
	.decode = nflog_decode,
	PROTOCOL_WALK(nflog_walk),
	.summary = nflog_summary,
	PROTOCOL_FIELDS(nflog_fields),
	.claims = nflog_claims,
};
