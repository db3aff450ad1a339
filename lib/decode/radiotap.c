/* SPDX-License-Identifier: MIT */
/*
 * Radiotap: what a wireless card says of an 802.11 frame. A bitmap names the
 * values that follow, each aligned to its size; bit 31 announces another word of
 * bits. https://www.radiotap.org
 *
 *	|version 8|pad 8|length 16 le|present 32 le ...|values|802.11 frame|
 *
 * Values are looked for up to the last one we know; all of them stand in front
 * of anything new. aux[0]: RADIOTAP_FLAGS.
 */
#include "carrier.h"
#include "summary.h"
#include "wlan.h"

enum { VERSION, LENGTH, PRESENT_WORD, MACTIME, FLAGS, CHANNEL_FREQ, ANTSIGNAL, ANTNOISE };
enum { BIT_TSFT, BIT_FLAGS, BIT_RATE, BIT_CHANNEL, BIT_FHSS, BIT_ANTSIGNAL, BIT_ANTNOISE, BITS };
enum { HEADER = 8, FCS = 4 };
#define MORE_WORDS 0x80000000u

static const struct { uint8_t align, size; } values[BITS] = {
	[BIT_TSFT] = { 8, 8 }, [BIT_FLAGS] = { 1, 1 }, [BIT_RATE] = { 1, 1 }, [BIT_CHANNEL] = { 2, 4 },
	[BIT_FHSS] = { 2, 2 }, [BIT_ANTSIGNAL] = { 1, 1 }, [BIT_ANTNOISE] = { 1, 1 },
};

/* Where the value of `bit` is in the header of `len` bytes, or NULL. */
static const uint8_t *value_at(const uint8_t *h, uint32_t len, unsigned bit)
{
	uint32_t present = get_le32(h + 4), at = HEADER;

	if (!(present >> bit & 1))
		return NULL;
	while (at <= len && get_le32(h + at - 4) & MORE_WORDS)
		at += 4;
	for (unsigned i = 0; i < BITS; i++) {
		if (!(present >> i & 1))
			continue;
		at = (at + values[i].align - 1u) & ~(values[i].align - 1u);
		if (i == bit)
			return at + values[i].size <= len ? h + at : NULL;
		at += values[i].size;
	}
	return NULL;
}

static enum decode_result radiotap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, HEADER), *flags;
	unsigned len;

	if (!h)
		return cursor_short(&d->c);
	len = get_le16(h + 2);
	if (len < HEADER || h[0])
		return DECODE_MALFORMED;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	flags = value_at(h, len, BIT_FLAGS);
	l->aux[0] = flags ? *flags : 0;
	if (l->aux[0] & RADIOTAP_FCS && d->wire_left >= FCS)
		decode_limit(d, d->wire_left - FCS);
	d->next = PROTO_wlan;
	return DECODE_OK;
}

static bool get_field(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	static const uint8_t bits[] = {
		[MACTIME] = BIT_TSFT, [FLAGS] = BIT_FLAGS, [CHANNEL_FREQ] = BIT_CHANNEL,
		[ANTSIGNAL] = BIT_ANTSIGNAL, [ANTNOISE] = BIT_ANTNOISE,
	};
	unsigned part = field_index(f);
	const uint8_t *h = p->frame->data + l->off;

	if (l->hlen < HEADER)
		return false;
	if (part == LENGTH) {
		v->u = get_le16(h + 2);
		return true;
	}
	h = value_at(h, l->hlen, bits[part]);
	if (!h)
		return false;
	switch (part) {
	case MACTIME: v->u = get_le64(h); break;
	case CHANNEL_FREQ: v->u = get_le16(h); break;
	case ANTSIGNAL:
	case ANTNOISE: v->i = (int8_t)*h; break;
	default: v->u = *h;
	}
	return true;
}

static void radiotap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = p->frame->data + l->off;

	for (unsigned at = 4; at + 4 <= l->hlen; at += 4) {
		walk_uint(w, PRESENT_WORD, get_le32(h + at));
		if (!(get_le32(h + at) & MORE_WORDS))
			return;
	}
}

static const struct field radiotap_fields[] = {
	[VERSION] = FIELD_FIXED(FIELD_UINT, "radiotap.version", 0, 1, "Version"),
	[LENGTH] = FIELD_GET(FIELD_UINT, "radiotap.length", get_field, "Length of the header"),
	[PRESENT_WORD] = { .name = "radiotap.present.word", .label = "Values present", .type = FIELD_UINT, .show = SHOW_HEX },
	[MACTIME] = FIELD_GET(FIELD_UINT, "radiotap.mactime", get_field, "Time of the card, us"),
	[FLAGS] = { .name = "radiotap.flags", .label = "Flags", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2,
		    .get = get_field },
	[CHANNEL_FREQ] = FIELD_GET(FIELD_UINT, "radiotap.channel.freq", get_field, "Frequency, MHz"),
	[ANTSIGNAL] = FIELD_GET(FIELD_INT, "radiotap.dbm_antsignal", get_field, "Signal, dBm"),
	[ANTNOISE] = FIELD_GET(FIELD_INT, "radiotap.dbm_antnoise", get_field, "Noise, dBm"),
};

static const struct claim radiotap_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_IEEE802_11_RADIO }, { CLAIM_NONE, 0 } };

const struct protocol proto_radiotap = {
	.name = "radiotap",
	.title = "Radiotap",
	.reference = "LINKTYPE_IEEE802_11_RADIOTAP",
	.decode = radiotap_decode,
	PROTOCOL_WALK(radiotap_walk),
	.summary = radiotap_summary,
	PROTOCOL_FIELDS(radiotap_fields),
	.claims = radiotap_claims,
};
