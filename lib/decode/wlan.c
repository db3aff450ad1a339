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
 * aux[0]: frame control as read, aux[1]: sequence control.
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

static unsigned header_len(const uint8_t *h)
{
	unsigned len = HEADER, sub = wlan_subtype(h), ds = h[1] & (WLAN_TO_DS | WLAN_FROM_DS);

	switch (wlan_type(h)) {
	case WLAN_CONTROL:
		return sub == CTS || sub == ACK ? ADDR_2 : sub < BLOCK_ACK_REQ && sub != WRAPPER ? ADDR_1 : ADDR_3;
	case WLAN_MANAGEMENT:
		return h[1] & WLAN_ORDER ? len + 4 : len;
	case WLAN_DATA:
		if (ds == (WLAN_TO_DS | WLAN_FROM_DS))
			len += ADDR_LEN;
		if (sub & SUB_QOS)
			len += h[1] & WLAN_ORDER ? 6 : 2;
		return len;
	default:
		return ADDR_1;
	}
}

static enum decode_result wlan_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	unsigned len;
	bool amsdu;

	if (!h)
		return cursor_short(&d->c);
	len = header_len(h);
	l->aux[0] = get_le16(h);
	if (!decode_take(d, len))
		return cursor_short(&d->c);
	if (h[0] & 3)
		return DECODE_MALFORMED; /* another version */
	if (len < HEADER)
		return DECODE_OK;
	l->aux[1] = get_le16(h + SEQ_CONTROL);
	if (wlan_type(h) != WLAN_DATA)
		return DECODE_OK;
	amsdu = wlan_subtype(h) & SUB_QOS && h[len - (h[1] & WLAN_ORDER ? 6 : 2)] & QOS_AMSDU;
	if (l[-1].proto == PROTO_radiotap && l[-1].aux[0] & RADIOTAP_PAD && len & 3 && !decode_take(d, 4 - (len & 3)))
		return cursor_short(&d->c);
	if (!(wlan_subtype(h) & SUB_NULL) && !(h[1] & (WLAN_PROTECTED | WLAN_MORE_FRAGMENTS)) && !amsdu &&
	    !(l->aux[1] & 15) && d->wire_left)
		d->next = PROTO_llc;
	return DECODE_OK;
}

static bool get_number(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < 4)
		return false;
	switch (field_index(f)) {
	case FC: v->u = get_be16(h); return true;
	case FC_TYPE_SUBTYPE: v->u = wlan_type(h) << 4 | wlan_subtype(h); return true;
	case DURATION: v->u = get_le16(h + 2); return !(h[3] & 0x80);
	case SEQ: v->u = l->aux[1] >> 4; break;
	default: v->u = l->aux[1] & 15; break;
	}
	return l->hlen >= HEADER;
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
	if (wlan_type(h) == WLAN_CONTROL)
		at = part == RA ? ADDR_1 : part == TA ? ADDR_2 : 0;
	else
		at = address_at(part, wlan_type(h), h[1] & 3);
	v->bytes = h + at;
	v->len = ADDR_LEN;
	return at && l->hlen >= at + ADDR_LEN;
}

#define WLAN_FLAG(n, bit, lab) FIELD_BITS(FIELD_BOOL, n, 1, 1, bit, lab)

static const struct field wlan_fields[] = {
	[FC] = { .name = "wlan.fc", .label = "Frame control", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4,
		 .get = get_number },
	[FC_VERSION] = FIELD_BITS(FIELD_UINT, "wlan.fc.version", 0, 1, 0x03, "Version"),
	[FC_TYPE] = FIELD_BITS(FIELD_UINT, "wlan.fc.type", 0, 1, 0x0c, "Type"),
	[FC_SUBTYPE] = FIELD_BITS(FIELD_UINT, "wlan.fc.subtype", 0, 1, 0xf0, "Subtype"),
	[FC_TYPE_SUBTYPE] = { .name = "wlan.fc.type_subtype", .label = "Type and subtype", .type = FIELD_UINT,
			      .show = SHOW_HEX, .hex_digits = 4, .get = get_number },
	[TODS] = WLAN_FLAG("wlan.fc.tods", WLAN_TO_DS, "To the distribution system"),
	[FROMDS] = WLAN_FLAG("wlan.fc.fromds", WLAN_FROM_DS, "From the distribution system"),
	[FRAGMENTS] = WLAN_FLAG("wlan.fc.frag", WLAN_MORE_FRAGMENTS, "More fragments"),
	[RETRY] = WLAN_FLAG("wlan.fc.retry", WLAN_RETRY, "Retry"),
	[PWRMGT] = WLAN_FLAG("wlan.fc.pwrmgt", WLAN_SLEEPS, "The station will sleep"),
	[MOREDATA] = WLAN_FLAG("wlan.fc.moredata", WLAN_MORE_DATA, "More data"),
	[PROTECTED] = WLAN_FLAG("wlan.fc.protected", WLAN_PROTECTED, "Encrypted"),
	[ORDER] = WLAN_FLAG("wlan.fc.order", WLAN_ORDER, "Order, or HT control"),
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
