/* SPDX-License-Identifier: MIT */
/*
 * Prism: what some wireless drivers wrote in front of an 802.11 frame before there was radiotap. Values, each with what it
 * is; numbers in the byte order of the machine that captured.
 *
 *	|message 32 = 0x44|length 32|device 128| |identity 32|status 16 (0: present)|length 16|value 32| ...
 *
 * A driver may write the header of AVS instead: |80211001 or 2, big-endian|length 32|...
 * https://www.tcpdump.org/linktypes.html, LINKTYPE_IEEE802_11_PRISM. aux[0]: 1 if little-endian.
 */
#include "parts.h"
#include "summary.h"

enum {
	MSGCODE, MSGLEN, DEVNAME, DID_TYPE, DID_STATUS, DID_LENGTH, HOSTTIME, MACTIME, CHANNEL, RSSI, SQ, SIGNAL, NOISE, RATE, ISTX,
	FRMLEN
};
enum { HEADER = 24, DID = 12, HEADER_MAX = 4096 };
#define AVS_COOKIE 0x80211000u

static uint32_t native32(const uint8_t *p, const struct layer *l)
{
	return l->aux[0] ? get_le32(p) : get_be32(p);
}

static enum decode_result prism_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 8);
	uint32_t len;

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = !h[3] && h[0];
	len = native32(h + 4, l);
	if (len > HEADER_MAX || len < ((get_be32(h) & ~3u) == AVS_COOKIE ? 8 : HEADER))
		return DECODE_MALFORMED;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	d->next = PROTO_wlan;
	return DECODE_OK;
}

/* 0x00010044: the first value; drivers for another chip have 0x00001041 */
static unsigned number_of(uint32_t identity)
{
	return (identity & 0xff) == 0x41 ? identity >> 12 : identity >> 16;
}

static void prism_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h, *did;

	cursor_limit(&c, l->hlen);
	h = cursor_take(&c, HEADER);
	if (!h || (get_be32(h) & ~3u) == AVS_COOKIE)
		return;
	walk_uint(w, MSGCODE, native32(h, l));
	walk_uint(w, MSGLEN, native32(h + 4, l));
	walk_bytes(w, DEVNAME, h + 8, (uint32_t)strnlen((const char *)h + 8, 16));
	while ((did = cursor_take(&c, DID))) {
		unsigned number = number_of(native32(did, l)), status = l->aux[0] ? get_le16(did + 4) : get_be16(did + 4);

		walk_uint(w, DID_TYPE, native32(did, l));
		walk_uint(w, DID_STATUS, status);
		walk_uint(w, DID_LENGTH, l->aux[0] ? get_le16(did + 6) : get_be16(did + 6));
		if (number < 1 || number > 10 || status)
			continue;
		if (number == 4 || number == 6 || number == 7)
			walk_uint(w, HOSTTIME + number - 1, (uint64_t)(int64_t)(int32_t)native32(did + 8, l));
		else
			walk_uint(w, HOSTTIME + number - 1, native32(did + 8, l));
	}
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(prism_fields,
	(MSGCODE, PART_HEX("prism.msgcode", 0, 8, "Message")),
	(MSGLEN, UINT("prism.msglen", "Length of the header")),
	(DEVNAME, FIELD_WALK(FIELD_STRING, "prism.devname", "Device")),
	(DID_TYPE, PART_HEX("prism.did.type", 0, 8, "Value")),
	(DID_STATUS, UINT("prism.did.status", "Value is missing")),
	(DID_LENGTH, UINT("prism.did.length", "Length of the value")),
	(HOSTTIME, UINT("prism.did.hosttime", "Time of the host")),
	(MACTIME, UINT("prism.did.mactime", "Time of the card, us")),
	(CHANNEL, UINT("prism.did.channel", "Channel")),
	(RSSI, FIELD_WALK(FIELD_INT, "prism.did.rssi", "Signal strength")),
	(SQ, UINT("prism.did.sq", "Signal quality")),
	(SIGNAL, FIELD_WALK(FIELD_INT, "prism.did.signal", "Signal")),
	(NOISE, FIELD_WALK(FIELD_INT, "prism.did.noise", "Noise")),
	(RATE, UINT("prism.did.rate", "Rate, 500 kb/s")),
	(ISTX, PART_HEX("prism.did.istx", 0, 8, "Was sent from here")),
	(FRMLEN, UINT("prism.did.frmlen", "Length of the frame"))
);

static const struct claim prism_claims[] = { { CLAIM_LINKTYPE, 119 }, { CLAIM_NONE, 0 } };

const struct protocol proto_prism = {
	.name = "prism",
	.title = "Prism capture header",
	.reference = "LINKTYPE_IEEE802_11_PRISM",
	.decode = prism_decode,
	PROTOCOL_WALK(prism_walk),
	PROTOCOL_FIELDS(prism_fields),
	.claims = prism_claims,
};
