/* SPDX-License-Identifier: MIT */
/*
 * Radiotap: what a wireless card says of an 802.11 frame. A bitmap names the
 * values that follow, each aligned to its size; bit 31 announces another word of
 * bits. https://www.radiotap.org
 *
 *	|version 8|pad 8|length 16 le|present 32 le ...|values|802.11 frame|
 *
 * A card with several antennas repeats values in further words. aux[0]: RADIOTAP_FLAGS.
 */
#include "carrier.h"
#include "summary.h"
#include "wlan.h"

enum {
	VERSION, LENGTH, PRESENT_WORD, MACTIME, FLAGS, CHANNEL_FREQ, CHANNEL_FLAGS, ANTSIGNAL, ANTNOISE, QUALITY, TXPOWER, ANTENNA,
	DB_ANTSIGNAL, DB_ANTNOISE, RXFLAGS
};
enum {
	BIT_TSFT, BIT_FLAGS, BIT_RATE, BIT_CHANNEL, BIT_FHSS, BIT_ANTSIGNAL, BIT_ANTNOISE, BIT_LOCK, BIT_TX_ATTENUATION,
	BIT_DB_TX_ATTENUATION, BIT_TXPOWER, BIT_ANTENNA, BIT_DB_ANTSIGNAL, BIT_DB_ANTNOISE, BIT_RXFLAGS, BIT_TXFLAGS, BIT_RTS_RETRIES,
	BIT_DATA_RETRIES, BIT_XCHANNEL, BIT_MCS, BIT_AMPDU, BIT_VHT, BITS, BIT_SAME_NAMESPACE = 29, BIT_VENDOR = 30, BIT_MORE = 31
};
enum { HEADER = 8, FCS = 4 };
#define MORE_WORDS 0x80000000u

static const struct { uint8_t align, size; } values[BITS] = {
	[BIT_TSFT] = { 8, 8 }, [BIT_FLAGS] = { 1, 1 }, [BIT_RATE] = { 1, 1 }, [BIT_CHANNEL] = { 2, 4 },
	[BIT_FHSS] = { 2, 2 }, [BIT_ANTSIGNAL] = { 1, 1 }, [BIT_ANTNOISE] = { 1, 1 }, [BIT_LOCK] = { 2, 2 },
	[BIT_TX_ATTENUATION] = { 2, 2 }, [BIT_DB_TX_ATTENUATION] = { 2, 2 }, [BIT_TXPOWER] = { 1, 1 }, [BIT_ANTENNA] = { 1, 1 },
	[BIT_DB_ANTSIGNAL] = { 1, 1 }, [BIT_DB_ANTNOISE] = { 1, 1 }, [BIT_RXFLAGS] = { 2, 2 }, [BIT_TXFLAGS] = { 2, 2 },
	[BIT_RTS_RETRIES] = { 1, 1 }, [BIT_DATA_RETRIES] = { 1, 1 }, [BIT_XCHANNEL] = { 4, 8 }, [BIT_MCS] = { 1, 3 },
	[BIT_AMPDU] = { 4, 8 }, [BIT_VHT] = { 2, 12 },
};

/* The values of a header, one after the other: the bits of all words in order, each word with the meanings of the first. */
struct values_iter {
	const uint8_t *h;
	uint32_t len, at, word;
	unsigned bit;
};

static struct values_iter values_of(const uint8_t *h, uint32_t len)
{
	struct values_iter i = { .h = h, .len = len, .at = HEADER, .word = 4 };

	while (i.at + 4 <= len && get_le32(h + i.at - 4) & MORE_WORDS)
		i.at += 4;
	return i;
}

/* The next value and its bit; NULL at the end, and where one stands that we do not know the length of. */
static const uint8_t *next_value(struct values_iter *i, unsigned *bit)
{
	for (;;) {
		uint32_t present = get_le32(i->h + i->word);
		const uint8_t *value;

		for (; i->bit < BITS && !(present >> i->bit & 1); i->bit++)
			;
		if (i->bit == BITS) {
			bool strange = present & ((1u << BIT_SAME_NAMESPACE) - (1u << BITS)) || present >> BIT_VENDOR & 1;

			if (strange || !(present & MORE_WORDS) || i->word + 8 > i->len)
				return NULL;
			i->word += 4;
			i->bit = 0;
			continue;
		}
		*bit = i->bit++;
		i->at = (i->at + values[*bit].align - 1u) & ~(values[*bit].align - 1u);
		value = i->h + i->at;
		i->at += values[*bit].size;
		return i->at <= i->len ? value : NULL;
	}
}

static enum decode_result radiotap_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, HEADER), *flags;
	struct values_iter i;
	unsigned len, bit;

	if (!h)
		return cursor_short(&d->c);
	len = get_le16(h + 2);
	if (len < HEADER || h[0])
		return DECODE_MALFORMED;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	i = values_of(h, len);
	while ((flags = next_value(&i, &bit)) && bit < BIT_FLAGS)
		;
	l->aux[0] = flags && bit == BIT_FLAGS ? *flags : 0;
	if (l->aux[0] & RADIOTAP_FCS && d->wire_left >= FCS)
		decode_limit(d, d->wire_left - FCS);
	d->next = PROTO_wlan;
	return DECODE_OK;
}

static bool get_length(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	v->u = l->hlen < HEADER ? 0 : get_le16(layer_at(p, l) + 2);
	return l->hlen >= HEADER;
}

static void walk_value(struct walk *w, unsigned bit, const uint8_t *v)
{
	/* how wide, 0 for those we have no field for; `sign` for dBm */
	static const struct { uint8_t field, width; bool sign; } fields[BITS] = {
		[BIT_TSFT] = { MACTIME, 8, false }, [BIT_FLAGS] = { FLAGS, 1, false }, [BIT_CHANNEL] = { CHANNEL_FREQ, 2, false },
		[BIT_ANTSIGNAL] = { ANTSIGNAL, 1, true }, [BIT_ANTNOISE] = { ANTNOISE, 1, true }, [BIT_LOCK] = { QUALITY, 2, false },
		[BIT_TXPOWER] = { TXPOWER, 1, true }, [BIT_ANTENNA] = { ANTENNA, 1, false },
		[BIT_DB_ANTSIGNAL] = { DB_ANTSIGNAL, 1, false }, [BIT_DB_ANTNOISE] = { DB_ANTNOISE, 1, false },
		[BIT_RXFLAGS] = { RXFLAGS, 2, false },
	};

	switch (fields[bit].width) {
	case 1: walk_uint(w, fields[bit].field, fields[bit].sign ? (uint64_t)(int64_t)(int8_t)*v : *v); break;
	case 2: walk_uint(w, fields[bit].field, get_le16(v)); break;
	case 8: walk_uint(w, fields[bit].field, get_le64(v)); break;
	}
	if (bit == BIT_CHANNEL)
		walk_uint(w, CHANNEL_FLAGS, get_le16(v + 2));
}

static void radiotap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h = layer_at(p, l), *v;
	struct values_iter i;
	unsigned bit;

	if (l->hlen < HEADER)
		return;
	for (unsigned at = 4; at + 4 <= l->hlen; at += 4) {
		walk_uint(w, PRESENT_WORD, get_le32(h + at));
		if (!(get_le32(h + at) & MORE_WORDS))
			break;
	}
	i = values_of(h, l->hlen);
	while ((v = next_value(&i, &bit)))
		walk_value(w, bit, v);
}

FIELD_TABLE(radiotap_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "radiotap.version", 0, 1, "Version")),
	(LENGTH, FIELD_GET(FIELD_UINT, "radiotap.length", get_length, "Length of the header")),
	(PRESENT_WORD, FIELD_PLAIN("radiotap.present.word", "Values present", .type = FIELD_UINT, .show = SHOW_HEX)),
	(MACTIME, FIELD_WALK(FIELD_UINT, "radiotap.mactime", "Time of the card, us")),
	(FLAGS, FIELD_PLAIN("radiotap.flags", "Flags", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(CHANNEL_FREQ, FIELD_WALK(FIELD_UINT, "radiotap.channel.freq", "Frequency, MHz")),
	(CHANNEL_FLAGS, FIELD_PLAIN("radiotap.channel.flags", "Kind of the channel", .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4)),
	(ANTSIGNAL, FIELD_WALK(FIELD_INT, "radiotap.dbm_antsignal", "Signal, dBm")),
	(ANTNOISE, FIELD_WALK(FIELD_INT, "radiotap.dbm_antnoise", "Noise, dBm")),
	(QUALITY, FIELD_WALK(FIELD_UINT, "radiotap.quality", "Signal quality")),
	(TXPOWER, FIELD_WALK(FIELD_INT, "radiotap.txpower", "Power sent, dBm")),
	(ANTENNA, FIELD_WALK(FIELD_UINT, "radiotap.antenna", "Antenna")),
	(DB_ANTSIGNAL, FIELD_WALK(FIELD_UINT, "radiotap.db_antsignal", "Signal, dB")),
	(DB_ANTNOISE, FIELD_WALK(FIELD_UINT, "radiotap.db_antnoise", "Noise, dB")),
	(RXFLAGS, FIELD_PLAIN("radiotap.rxflags", "Flags of receiving", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4))
);

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
