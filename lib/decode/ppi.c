/* SPDX-License-Identifier: MIT */
/* Per-packet information: fields of a card, then a frame of any link type. LINKTYPE_PPI; all numbers are little-endian. */
#include "carrier.h"
#include "parts.h"
#include "summary.h"

enum {
	VERSION, FLAGS, ALIGNED, LENGTH, DLT, FIELD_KIND, FIELD_LEN, TSFT, RADIO_FLAGS, HAS_FCS, RATE, FREQ, CHANNEL_FLAGS, SIGNAL,
	NOISE, INTERFACE, ETHER_FLAGS, ETHER_ERRORS
};
enum { HEADER = 8, FIELD = 4, FCS = 4 };
enum { F_RADIO = 2, F_ETHER = 7, F_AGGREGATION = 8, RADIO_LEN = 20, RADIO_FCS = 1 };

/* The next field of the card, and past it; NULL at the end. The caller has narrowed the cursor to the header. */
static const uint8_t *next_field(struct cursor *c, bool aligned)
{
	const uint8_t *f = cursor_take(c, FIELD);
	unsigned len = f ? get_le16(f + 2) : 0;

	if (!f || !cursor_skip(c, len))
		return NULL;
	if (aligned && -len & 3 && cursor_left(c))
		cursor_skip(c, -len & 3);
	return f;
}

/* Does the 802.11 frame end in its check sequence? */
static bool has_fcs(const uint8_t *h, unsigned len)
{
	struct cursor c = cursor_over(h + HEADER, len - HEADER, false);
	const uint8_t *f;

	while ((f = next_field(&c, h[1] & 1)))
		if (get_le16(f) == F_RADIO && get_le16(f + 2) >= RADIO_LEN)
			return f[FIELD + 8] & RADIO_FCS;
	return false;
}

static enum decode_result ppi_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, HEADER);
	unsigned len;

	(void)l;
	if (!h)
		return cursor_short(&d->c);
	len = get_le16(h + 2);
	if (len < HEADER)
		return DECODE_MALFORMED;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	if (has_fcs(h, len) && d->wire_left >= FCS)
		decode_limit(d, d->wire_left - FCS);
	d->next = get_le32(h + 4) > 0xffff ? PROTO_NONE : decode_claimed(CLAIM_LINKTYPE, get_le32(h + 4));
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h = layer_at(p, l);

	v->u = l->hlen < HEADER ? 0 : field_index(f) == LENGTH ? get_le16(h + 2) : get_le32(h + 4);
	return l->hlen >= HEADER;
}

static const struct part parts[] = {
	{ F_RADIO, TSFT, 8 }, { F_RADIO, RADIO_FLAGS, 2 }, { F_RADIO, HAS_FCS, 2 }, { F_RADIO, FREQ, 2 },
	{ F_RADIO, CHANNEL_FLAGS, 2 }, { F_ETHER, ETHER_FLAGS, 4 }, { F_ETHER, ETHER_ERRORS, 4 }, { F_AGGREGATION, INTERFACE, 4 },
};

static void ppi_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = layer_at(p, l), *f;
	struct cursor c;

	if (l->hlen < HEADER)
		return;
	c = cursor_over(h + HEADER, l->hlen - HEADER, false);
	while ((f = next_field(&c, h[1] & 1))) {
		walk_uint(w, FIELD_KIND, get_le16(f));
		walk_uint(w, FIELD_LEN, get_le16(f + 2));
		walk_parts_le(w, parts, get_le16(f), f + FIELD, get_le16(f + 2));
		if (get_le16(f) == F_RADIO && get_le16(f + 2) >= RADIO_LEN) {
			walk_uint(w, RATE, get_le16(f + FIELD + 10) * 500u);
			walk_uint(w, SIGNAL, (uint64_t)(int64_t)(int8_t)f[FIELD + 18]);
			walk_uint(w, NOISE, (uint64_t)(int64_t)(int8_t)f[FIELD + 19]);
		}
	}
}

FIELD_TABLE(ppi_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "ppi.version", 0, 1, "Version")),
	(FLAGS, FIELD_FIXED_HEX("ppi.flags", 1, 1, "Flags")),
	(ALIGNED, FIELD_BITS(FIELD_BOOL, "ppi.flags.alignment", 1, 1, 0x01, "Fields are aligned to four bytes")),
	(LENGTH, FIELD_GET(FIELD_UINT, "ppi.length", get_field, "Length of the header")),
	(DLT, FIELD_GET(FIELD_UINT, "ppi.dlt", get_field, "Link type")),
	(FIELD_KIND, FIELD_WALK(FIELD_UINT, "ppi.field_type", "Field of the card")),
	(FIELD_LEN, FIELD_WALK(FIELD_UINT, "ppi.field_len", "Length of a field")),
	(TSFT, PART_FIELD(FIELD_UINT, "ppi.80211-common.tsft", 0, "Time of the card")),
	(RADIO_FLAGS, PART_HEX("ppi.80211-common.flags", 8, 4, "Flags of the radio")),
	(HAS_FCS, PART_BITS(FIELD_BOOL, "ppi.80211-common.flags.fcs", 8, 0x0001, "The check sequence is there")),
	(RATE, FIELD_WALK(FIELD_UINT, "ppi.80211-common.rate", "Rate, kb/s")),
	(FREQ, PART_FIELD(FIELD_UINT, "ppi.80211-common.chan.freq", 12, "Frequency, MHz")),
	(CHANNEL_FLAGS, PART_HEX("ppi.80211-common.chan.flags", 14, 4, "Kind of the channel")),
	(SIGNAL, FIELD_WALK(FIELD_INT, "ppi.80211-common.dbm.antsignal", "Signal, dBm")),
	(NOISE, FIELD_WALK(FIELD_INT, "ppi.80211-common.dbm.antnoise", "Noise, dBm")),
	(INTERFACE, PART_FIELD(FIELD_UINT, "ppi.aggregation_extension.interface_id", 0, "Interface")),
	(ETHER_FLAGS, PART_HEX("ppi.8023_extension.flags", 0, 8, "Flags of Ethernet")),
	(ETHER_ERRORS, PART_HEX("ppi.8023_extension.errors", 4, 8, "Errors of Ethernet"))
);

static const struct claim ppi_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_PPI }, { CLAIM_NONE, 0 } };

const struct protocol proto_ppi = {
	.name = "ppi",
	.title = "Per-packet information",
	.reference = "LINKTYPE_PPI",
	.decode = ppi_decode,
	PROTOCOL_WALK(ppi_walk),
	.summary = ppi_summary,
	PROTOCOL_FIELDS(ppi_fields),
	.claims = ppi_claims,
};
