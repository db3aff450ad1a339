/* SPDX-License-Identifier: MIT */
/*
 * IEEE 802.11: the MAC header of every frame, and the LLC frame in data that
 * nobody encrypted.
 *
 *	|control 16|duration 16|address 1|address 2|address 3|sequence 16|[address 4]|[QoS 16]|[HT 32]|
 *
 * Which of the addresses are receiver, transmitter, source and destination is
 * said by To DS and From DS. Control frames have one or two addresses and no
 * more. IEEE 802.11-2020 clause 9.2, 9.3.
 *
 * Access points' controllers send frame control with its bytes swapped in
 * CAPWAP; the version, 0 in its lowest bits, and the type tell.
 *
 * aux[0]: frame control, aux[1]: sequence control.
 */
#include "carrier.h"
#include "summary.h"
#include "wlan.h"

enum {
	FC, FC_VERSION, FC_TYPE, FC_SUBTYPE, FC_TYPE_SUBTYPE, TODS, FROMDS, FRAGMENTS, RETRY, PWRMGT, MOREDATA, PROTECTED, ORDER,
	DURATION, RA, DA, TA, SA, BSSID, SEQ, FRAG
};
enum { ADDR_1 = 4, ADDR_2 = 10, ADDR_3 = 16, SEQ_CONTROL = 22, HEADER = 24, ADDR_4 = 24, ADDR_LEN = 6 };
enum { SUB_NULL = 4, SUB_QOS = 8, QOS_AMSDU = 0x80, CTS = 12, ACK = 13, WRAPPER = 7, BLOCK_ACK_REQ = 8 };

static unsigned header_len(unsigned fc)
{
	unsigned len = HEADER, sub = wlan_subtype(fc);

	switch (wlan_type(fc)) {
	case WLAN_CONTROL:
		return sub == CTS || sub == ACK ? ADDR_2 : sub < BLOCK_ACK_REQ && sub != WRAPPER ? ADDR_1 : ADDR_3;
	case WLAN_MANAGEMENT:
		return fc & WLAN_ORDER ? len + 4 : len;
	case WLAN_DATA:
		if (fc & WLAN_TO_DS && fc & WLAN_FROM_DS)
			len += ADDR_LEN;
		if (sub & SUB_QOS)
			len += fc & WLAN_ORDER ? 6 : 2;
		return len;
	default:
		return ADDR_1;
	}
}

static unsigned frame_control(const struct layer *l, const uint8_t *h)
{
	return l[-1].proto == PROTO_capwap ? get_be16(h) : get_le16(h);
}

static enum decode_result wlan_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	unsigned len, fc;
	bool amsdu;

	if (!h)
		return cursor_short(&d->c);
	fc = frame_control(l, h);
	len = header_len(fc);
	l->aux[0] = (uint16_t)fc;
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	if (fc & 3)
		return DECODE_MALFORMED; /* another version */
	if (len < HEADER)
		return DECODE_OK;
	l->aux[1] = get_le16(h + SEQ_CONTROL);
	if (wlan_type(fc) != WLAN_DATA)
		return DECODE_OK;
	amsdu = wlan_subtype(fc) & SUB_QOS && h[len - (fc & WLAN_ORDER ? 6 : 2)] & QOS_AMSDU;
	if (l[-1].proto == PROTO_radiotap && l[-1].aux[0] & RADIOTAP_PAD && len & 3 && !decode_take(d, 4 - (len & 3)))
		return cursor_short(&d->c);
	if (!(wlan_subtype(fc) & SUB_NULL) && !(fc & (WLAN_PROTECTED | WLAN_MORE_FRAGMENTS)) && !amsdu &&
	    (!(l->aux[1] & 15) || l[-1].proto == PROTO_capwap) && d->wire_left)
		d->next = PROTO_llc;
	return DECODE_OK;
}

static bool get_number(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f), fc = l->aux[0];
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 4)
		return false;
	switch (part) {
	case FC_VERSION: v->u = fc & 3; return true;
	case FC_TYPE: v->u = wlan_type(fc); return true;
	case FC_SUBTYPE: v->u = wlan_subtype(fc); return true;
	case FC_TYPE_SUBTYPE: v->u = wlan_type(fc) << 4 | wlan_subtype(fc); return true;
	case DURATION: v->u = get_le16(h + 2); return !(h[3] & 0x80);
	case SEQ: v->u = l->aux[1] >> 4; return l->hlen >= HEADER;
	case FRAG: v->u = l->aux[1] & 15; return l->hlen >= HEADER;
	default: v->u = fc >> (8 + part - TODS) & 1; return true;
	}
}

/* Offset of an address in data and management frames, 0 if there is none: by the two DS bits. */
static unsigned address_at(unsigned part, unsigned type, unsigned ds)
{
	static const uint8_t at[5][4] = {
		[RA - RA] = { ADDR_1, ADDR_1, ADDR_1, ADDR_1 }, [DA - RA] = { ADDR_1, ADDR_3, ADDR_1, ADDR_3 },
		[TA - RA] = { ADDR_2, ADDR_2, ADDR_2, ADDR_2 }, [SA - RA] = { ADDR_2, ADDR_2, ADDR_3, ADDR_4 },
		[BSSID - RA] = { ADDR_3, ADDR_1, ADDR_2, 0 },
	};

	return at[part - RA][type == WLAN_DATA ? ds : 0];
}

static bool get_address(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f), at;
	const uint8_t *h = p->frame->data + l->off;

	if (l->hlen < ADDR_1)
		return false;
	if (wlan_type(l->aux[0]) == WLAN_CONTROL)
		at = part == RA ? ADDR_1 : part == TA ? ADDR_2 : 0;
	else
		at = address_at(part, wlan_type(l->aux[0]), l->aux[0] >> 8 & 3);
	v->bytes = h + at;
	v->len = ADDR_LEN;
	return at && l->hlen >= at + ADDR_LEN;
}

#define WLAN_FLAG(n, lab) FIELD_GET(FIELD_BOOL, n, get_number, lab)

static const struct field wlan_fields[] = {
	[FC] = FIELD_FIXED_HEX("wlan.fc", 0, 2, "Frame control, as it stands there"),
	[FC_VERSION] = FIELD_GET(FIELD_UINT, "wlan.fc.version", get_number, "Version"),
	[FC_TYPE] = FIELD_GET(FIELD_UINT, "wlan.fc.type", get_number, "Type"),
	[FC_SUBTYPE] = FIELD_GET(FIELD_UINT, "wlan.fc.subtype", get_number, "Subtype"),
	[FC_TYPE_SUBTYPE] = { .name = "wlan.fc.type_subtype", .label = "Type and subtype", .type = FIELD_UINT,
			      .show = SHOW_HEX, .hex_digits = 4, .get = get_number },
	[TODS] = WLAN_FLAG("wlan.fc.tods", "To the distribution system"),
	[FROMDS] = WLAN_FLAG("wlan.fc.fromds", "From the distribution system"),
	[FRAGMENTS] = WLAN_FLAG("wlan.fc.frag", "More fragments"),
	[RETRY] = WLAN_FLAG("wlan.fc.retry", "Retry"),
	[PWRMGT] = WLAN_FLAG("wlan.fc.pwrmgt", "The station will sleep"),
	[MOREDATA] = WLAN_FLAG("wlan.fc.moredata", "More data"),
	[PROTECTED] = WLAN_FLAG("wlan.fc.protected", "Encrypted"),
	[ORDER] = WLAN_FLAG("wlan.fc.order", "Order, or HT control"),
	[DURATION] = FIELD_GET(FIELD_UINT, "wlan.duration", get_number, "Duration, us"),
	[RA] = FIELD_GET(FIELD_ETHER, "wlan.ra", get_address, "Receiver"),
	[DA] = FIELD_GET(FIELD_ETHER, "wlan.da", get_address, "Destination"),
	[TA] = FIELD_GET(FIELD_ETHER, "wlan.ta", get_address, "Transmitter"),
	[SA] = FIELD_GET(FIELD_ETHER, "wlan.sa", get_address, "Source"),
	[BSSID] = FIELD_GET(FIELD_ETHER, "wlan.bssid", get_address, "BSS"),
	[SEQ] = FIELD_GET(FIELD_UINT, "wlan.seq", get_number, "Sequence number"),
	[FRAG] = FIELD_GET(FIELD_UINT, "wlan.frag", get_number, "Fragment number"),
};

static const struct claim wlan_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_IEEE802_11 }, { CLAIM_NONE, 0 } };

const struct protocol proto_wlan = {
	.name = "wlan",
	.column = "802.11",
	.title = "IEEE 802.11 wireless LAN",
	.reference = "IEEE 802.11",
	.decode = wlan_decode,
	.summary = wlan_summary,
	PROTOCOL_FIELDS(wlan_fields),
	.claims = wlan_claims,
};
