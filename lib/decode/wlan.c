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
#include "parts.h"
#include "summary.h"
#include "wlan.h"

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
	case W_FC_VERSION: v->u = fc & 3; return true;
	case W_FC_TYPE: v->u = wlan_type(fc); return true;
	case W_FC_SUBTYPE: v->u = wlan_subtype(fc); return true;
	case W_FC_TYPE_SUBTYPE: v->u = wlan_type(fc) << 4 | wlan_subtype(fc); return true;
	case W_DURATION: v->u = get_le16(h + 2); return !(h[3] & 0x80);
	case W_DS: v->u = fc >> 8 & 3; return true;
	case W_SEQ: v->u = l->aux[1] >> 4; return l->hlen >= HEADER;
	case W_FRAG: v->u = l->aux[1] & 15; return l->hlen >= HEADER;
	default: v->u = fc >> (8 + part - W_TODS) & 1; return true;
	}
}

/* Offset of an address in data and management frames, 0 if there is none: by the two DS bits. */
static unsigned address_at(unsigned part, unsigned type, unsigned ds)
{
	static const uint8_t at[5][4] = {
		[W_RA - W_RA] = { ADDR_1, ADDR_1, ADDR_1, ADDR_1 }, [W_DA - W_RA] = { ADDR_1, ADDR_3, ADDR_1, ADDR_3 },
		[W_TA - W_RA] = { ADDR_2, ADDR_2, ADDR_2, ADDR_2 }, [W_SA - W_RA] = { ADDR_2, ADDR_2, ADDR_3, ADDR_4 },
		[W_BSSID - W_RA] = { ADDR_3, ADDR_1, ADDR_2, 0 },
	};

	return at[part - W_RA][type == WLAN_DATA ? ds : 0];
}

static bool get_address(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned part = field_index(f), at;
	const uint8_t *h = layer_at(p, l);

	if (l->hlen < ADDR_1)
		return false;
	if (wlan_type(l->aux[0]) == WLAN_CONTROL)
		at = part == W_RA ? ADDR_1 : part == W_TA ? ADDR_2 : 0;
	else
		at = address_at(part, wlan_type(l->aux[0]), l->aux[0] >> 8 & 3);
	v->bytes = h + at;
	v->len = ADDR_LEN;
	return at && l->hlen >= at + ADDR_LEN;
}

/* The station of a frame to or from an access point. */
static bool get_station(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned ds = l->aux[0] >> 8 & 3;

	(void)f;
	v->bytes = layer_at(p, l) + (ds == 1 ? ADDR_2 : ADDR_1);
	v->len = ADDR_LEN;
	return wlan_type(l->aux[0]) == WLAN_DATA && (ds == 1 || ds == 2) && l->hlen >= HEADER;
}

static bool get_qos(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned fc = l->aux[0], at = HEADER + ((fc >> 8 & 3) == 3 ? ADDR_LEN : 0);

	if (wlan_type(fc) != WLAN_DATA || !(wlan_subtype(fc) & SUB_QOS) || l->hlen < at + 2)
		return false;
	v->u = get_le16(layer_at(p, l) + at);
	if (f->mask)
		v->u = (v->u & f->mask) >> f->shift;
	return field_index(f) != W_QOS_EOSP || fc & WLAN_FROM_DS;
}

/* The card kept it: radiotap leaves it behind the frame. */
static bool get_fcs(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	if (l[-1].proto != PROTO_radiotap || !(l[-1].aux[0] & RADIOTAP_FCS) || p->frame->caplen < p->frame->wirelen)
		return false;
	v->u = get_le32(p->frame->data + p->frame->caplen - 4);
	return l->off + l->hlen + 4 <= p->frame->caplen;
}

static void wlan_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	/* Wireshark's order: source before destination where there are four */
	static const uint8_t three[] = { ADDR_1, ADDR_2, ADDR_3 }, four[] = { ADDR_1, ADDR_2, ADDR_4, ADDR_3 };
	const uint8_t *h = layer_at(p, l);
	const struct layer *end = p->layers + p->nlayers;
	unsigned n = l->hlen >= HEADER ? 3 : l->hlen >= ADDR_3 ? 2 : l->hlen >= ADDR_2;

	if (n == 3 && wlan_type(l->aux[0]) == WLAN_DATA && (l->aux[0] >> 8 & 3) == 3)
		n = 4;
	for (unsigned i = 0; i < n; i++)
		walk_bytes(w, W_ADDR, h + (n == 4 ? four : three)[i], ADDR_LEN);
	if (wlan_type(l->aux[0]) == WLAN_MANAGEMENT && !(l->aux[0] & WLAN_PROTECTED) && l->hlen >= HEADER)
		wlan_walk_management(w, p, l);
	if (l + 2 < end && l[2].proto == PROTO_eapol)
		wlan_walk_key_data(w, p, &l[2]);
}

#define WLAN_FLAG(n, lab) FIELD_GET(FIELD_BOOL, n, get_number, lab)

#define QOS_BITS(ty, n, msk, lab) FIELD_HAS(n, lab, (.get = get_qos), .type = ty, .mask = msk, .shift = __builtin_ctz(msk))
#define CAPABILITY(n, msk, lab) PART_BITS(FIELD_BOOL, "wlan.fixed.capabilities." n, 0, msk, lab)

FIELD_TABLE(wlan_fields,
	(W_FC, FIELD_FIXED_HEX("wlan.fc", 0, 2, "Frame control, as it stands there")),
	(W_FC_VERSION, FIELD_GET(FIELD_UINT, "wlan.fc.version", get_number, "Version")),
	(W_FC_TYPE, FIELD_GET(FIELD_UINT, "wlan.fc.type", get_number, "Type")),
	(W_FC_SUBTYPE, FIELD_GET(FIELD_UINT, "wlan.fc.subtype", get_number, "Subtype")),
	(W_FC_TYPE_SUBTYPE, FIELD_HAS("wlan.fc.type_subtype", "Type and subtype", (.get = get_number), .type = FIELD_UINT,
		.show = SHOW_HEX, .hex_digits = 4)),
	(W_DS, FIELD_HAS("wlan.fc.ds", "To and from the distribution system", (.get = get_number), .type = FIELD_UINT,
		.show = SHOW_HEX, .hex_digits = 2)),
	(W_TODS, WLAN_FLAG("wlan.fc.tods", "To the distribution system")),
	(W_FROMDS, WLAN_FLAG("wlan.fc.fromds", "From the distribution system")),
	(W_FRAGMENTS, WLAN_FLAG("wlan.fc.frag", "More fragments")),
	(W_RETRY, WLAN_FLAG("wlan.fc.retry", "Retry")),
	(W_PWRMGT, WLAN_FLAG("wlan.fc.pwrmgt", "The station will sleep")),
	(W_MOREDATA, WLAN_FLAG("wlan.fc.moredata", "More data")),
	(W_PROTECTED, WLAN_FLAG("wlan.fc.protected", "Encrypted")),
	(W_ORDER, WLAN_FLAG("wlan.fc.order", "Order, or HT control")),
	(W_DURATION, FIELD_GET(FIELD_UINT, "wlan.duration", get_number, "Duration, us")),
	(W_RA, FIELD_GET(FIELD_ETHER, "wlan.ra", get_address, "Receiver")),
	(W_DA, FIELD_GET(FIELD_ETHER, "wlan.da", get_address, "Destination")),
	(W_TA, FIELD_GET(FIELD_ETHER, "wlan.ta", get_address, "Transmitter")),
	(W_SA, FIELD_GET(FIELD_ETHER, "wlan.sa", get_address, "Source")),
	(W_BSSID, FIELD_GET(FIELD_ETHER, "wlan.bssid", get_address, "BSS")),
	(W_STAA, FIELD_GET(FIELD_ETHER, "wlan.staa", get_station, "Station")),
	(W_ADDR, FIELD_WALK(FIELD_ETHER, "wlan.addr", "Any address")),
	(W_SEQ, FIELD_GET(FIELD_UINT, "wlan.seq", get_number, "Sequence number")),
	(W_FRAG, FIELD_GET(FIELD_UINT, "wlan.frag", get_number, "Fragment number")),
	(W_QOS, FIELD_HAS("wlan.qos", "QoS", (.get = get_qos), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(W_QOS_TID, QOS_BITS(FIELD_UINT, "wlan.qos.tid", 0x000f, "Traffic identifier")),
	(W_QOS_PRIORITY, QOS_BITS(FIELD_UINT, "wlan.qos.priority", 0x0007, "Priority")),
	(W_QOS_EOSP, QOS_BITS(FIELD_BOOL, "wlan.qos.eosp", 0x0010, "End of the service period")),
	(W_QOS_ACK, QOS_BITS(FIELD_UINT, "wlan.qos.ack", 0x0060, "How to acknowledge")),
	(W_QOS_AMSDU, QOS_BITS(FIELD_BOOL, "wlan.qos.amsdupresent", 0x0080, "Several frames in one")),
	(W_FCS, FIELD_HAS("wlan.fcs", "Check sequence", (.get = get_fcs), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 8)),

	(W_REASON, PART_HEX("wlan.fixed.reason_code", 0, 4, "Reason")),
	(W_TIMESTAMP, PART_FIELD(FIELD_UINT, "wlan.fixed.timestamp", 0, "Time of the access point, us")),
	(W_BEACON, PART_FIELD(FIELD_UINT, "wlan.fixed.beacon", 8, "Time between beacons, 1024 us")),
	(W_CAPS, PART_HEX("wlan.fixed.capabilities", 0, 4, "Capabilities")),
	(W_CAP_ESS, CAPABILITY("ess", 0x0001, "Access point")),
	(W_CAP_IBSS, CAPABILITY("ibss", 0x0002, "No access point")),
	(W_CAP_PRIVACY, CAPABILITY("privacy", 0x0010, "Encrypts")),
	(W_CAP_PREAMBLE, CAPABILITY("short_preamble", 0x0020, "Short preamble")),
	(W_CAP_SPECTRUM, CAPABILITY("spec_man", 0x0100, "Spectrum management")),
	(W_CAP_QOS, CAPABILITY("qos", 0x0200, "QoS")),
	(W_CAP_SLOT, CAPABILITY("short_slot_time", 0x0400, "Short slots")),
	(W_CAP_APSD, CAPABILITY("apsd", 0x0800, "Power save delivery")),
	(W_CAP_RADIO, CAPABILITY("radio_measurement", 0x1000, "Radio measurement")),
	(W_LISTEN, PART_HEX("wlan.fixed.listen_ival", 2, 4, "Listens each that many beacons")),
	(W_CURRENT_AP, PART_FIELD(FIELD_ETHER, "wlan.fixed.current_ap", 4, "Access point so far")),
	(W_STATUS, PART_HEX("wlan.fixed.status_code", 0, 4, "Status")),
	(W_AID, FIELD_PLAIN("wlan.fixed.aid", "Association identifier", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4,
		.offset = 4, .mask = 0x3fff)),
	(W_AUTH_ALG, PART_FIELD(FIELD_UINT, "wlan.fixed.auth.alg", 0, "Algorithm of authentication")),
	(W_AUTH_SEQ, PART_HEX("wlan.fixed.auth_seq", 2, 4, "Step of authentication")),
	(W_CATEGORY, PART_FIELD(FIELD_UINT, "wlan.fixed.category_code", 0, "Category of the action")),
	(W_ACTION, PART_FIELD(FIELD_UINT, "wlan.fixed.action_code", 1, "Action")),
	(W_TOKEN, PART_HEX("wlan.fixed.dialog_token", 2, 2, "Dialog")),
	(W_BA, PART_HEX("wlan.fixed.baparams", 0, 4, "Block acknowledgment")),
	(W_BA_AMSDU, PART_BITS(FIELD_BOOL, "wlan.fixed.baparams.amsdu", 0, 0x0001, "Block acknowledgment of several in one")),
	(W_BA_POLICY, PART_BITS(FIELD_BOOL, "wlan.fixed.baparams.policy", 0, 0x0002, "Block acknowledgment at once")),
	(W_BA_TID, PART_BITS(FIELD_UINT, "wlan.fixed.baparams.tid", 0, 0x003c, "Traffic identifier")),
	(W_BA_SIZE, PART_BITS(FIELD_UINT, "wlan.fixed.baparams.buffersize", 0, 0xffc0, "Frames in a block")),
	(W_BA_TIMEOUT, PART_HEX("wlan.fixed.batimeout", 2, 4, "Time-out of block acknowledgment")),
	(W_TAG, FIELD_WALK(FIELD_UINT, "wlan.tag.number", "Element")),
	(W_TAG_LEN, FIELD_WALK(FIELD_UINT, "wlan.tag.length", "Length of an element")),
	(W_SSID, FIELD_WALK(FIELD_BYTES, "wlan.ssid", "Name of the network")),
	(W_RATES, PART_HEX("wlan.supported_rates", 0, 2, "Rate, 500 kb/s; with bit 7 all must have it")),
	(W_EXT_RATES, PART_HEX("wlan.extended_supported_rates", 0, 2, "Another rate")),
	(W_CHANNEL, PART_FIELD(FIELD_UINT, "wlan.ds.current_channel", 0, "Channel")),
	(W_DTIM_COUNT, PART_FIELD(FIELD_UINT, "wlan.tim.dtim_count", 0, "Beacons to the next multicast")),
	(W_DTIM_PERIOD, PART_FIELD(FIELD_UINT, "wlan.tim.dtim_period", 1, "Beacons between multicasts")),
	(W_BITMAP, PART_FIELD(FIELD_BYTES, "wlan.tim.partial_virtual_bitmap", 3, "Stations with frames waiting")),
	(W_COUNTRY, PART_FIELD(FIELD_STRING, "wlan.country_info.code", 0, "Country")),
	(W_QBSS_STATIONS, PART_FIELD(FIELD_UINT, "wlan.qbss.scount", 0, "Stations")),
	(W_QBSS_CU, PART_FIELD(FIELD_UINT, "wlan.qbss.cu", 2, "Use of the channel, 1/255")),
	(W_ERP, PART_HEX("wlan.erp_info", 0, 2, "Older stations")),
	(W_ERP_PRESENT, PART_BITS(FIELD_BOOL, "wlan.erp_info.erp_present", 0, 0x01, "802.11b stations are there")),
	(W_ERP_PROTECT, PART_BITS(FIELD_BOOL, "wlan.erp_info.use_protection", 0, 0x02, "Reserve the air for them")),
	(W_ERP_BARKER, PART_BITS(FIELD_BOOL, "wlan.erp_info.barker_preamble_mode", 0, 0x04, "Long preambles for them")),
	(W_POWER_LOCAL, PART_FIELD(FIELD_UINT, "wlan.powercon.local", 0, "Less power here, dB")),
	(W_POWER_MIN, PART_FIELD(FIELD_UINT, "wlan.powercap.min", 0, "Least power")),
	(W_POWER_MAX, PART_FIELD(FIELD_UINT, "wlan.powercap.max", 1, "Greatest power")),
	(W_HT_CAPS, PART_HEX("wlan.ht.capabilities", 0, 4, "802.11n capabilities")),
	(W_HT_PRIMARY, PART_FIELD(FIELD_UINT, "wlan.ht.info.primarychannel", 0, "802.11n channel")),
	(W_RSN_VERSION, PART_FIELD(FIELD_UINT, "wlan.rsn.version", 0, "RSN")),
	(W_RSN_GCS, FIELD_WALK(FIELD_UINT, "wlan.rsn.gcs", "RSN: cipher of the group")),
	(W_RSN_GCS_OUI, FIELD_WALK(FIELD_UINT, "wlan.rsn.gcs.oui", "RSN: organization of the group's cipher")),
	(W_RSN_GCS_TYPE, FIELD_WALK(FIELD_UINT, "wlan.rsn.gcs.type", "RSN: type of the group's cipher")),
	(W_RSN_PCS_COUNT, FIELD_WALK(FIELD_UINT, "wlan.rsn.pcs.count", "RSN: number of ciphers")),
	(W_RSN_PCS, FIELD_WALK(FIELD_UINT, "wlan.rsn.pcs", "RSN: cipher")),
	(W_RSN_PCS_OUI, FIELD_WALK(FIELD_UINT, "wlan.rsn.pcs.oui", "RSN: organization of a cipher")),
	(W_RSN_PCS_TYPE, FIELD_WALK(FIELD_UINT, "wlan.rsn.pcs.type", "RSN: type of a cipher")),
	(W_RSN_AKM_COUNT, FIELD_WALK(FIELD_UINT, "wlan.rsn.akms.count", "RSN: number of key managements")),
	(W_RSN_AKM, FIELD_WALK(FIELD_UINT, "wlan.rsn.akms", "RSN: key management")),
	(W_RSN_AKM_OUI, FIELD_WALK(FIELD_UINT, "wlan.rsn.akms.oui", "RSN: organization of a key management")),
	(W_RSN_AKM_TYPE, FIELD_WALK(FIELD_UINT, "wlan.rsn.akms.type", "RSN: type of a key management")),
	(W_RSN_CAPS, PART_HEX("wlan.rsn.capabilities", 0, 4, "RSN: capabilities")),
	(W_RSN_PREAUTH, PART_BITS(FIELD_BOOL, "wlan.rsn.capabilities.preauth", 0, 0x0001, "RSN: authenticates beforehand")),
	(W_RSN_NO_PAIRWISE, PART_BITS(FIELD_BOOL, "wlan.rsn.capabilities.no_pairwise", 0, 0x0002, "RSN: no pairwise key")),
	(W_RSN_MFPR, PART_BITS(FIELD_BOOL, "wlan.rsn.capabilities.mfpr", 0, 0x0040, "RSN: protected management is a must")),
	(W_RSN_MFPC, PART_BITS(FIELD_BOOL, "wlan.rsn.capabilities.mfpc", 0, 0x0080, "RSN: can protect management")),
	(W_RSN_PMKID_COUNT, FIELD_WALK(FIELD_UINT, "wlan.rsn.pmkid.count", "RSN: number of known keys")),
	(W_RSN_PMKID, FIELD_WALK(FIELD_BYTES, "wlan.pmkid.akms", "RSN: known key")),
	(W_VENDOR_OUI, FIELD_WALK(FIELD_UINT, "wlan.tag.oui", "Organization of an element")),
	(W_VENDOR_TYPE, FIELD_WALK(FIELD_UINT, "wlan.tag.vendor.oui.type", "Type of the organization's element")),
	(W_WFA_TYPE, FIELD_PLAIN("wlan.wfa.ie.type", "Type of the Wi-Fi Alliance's element", .type = FIELD_UINT,
		.show = SHOW_HEX, .hex_digits = 2)),
	(W_WPA_VERSION, PART_FIELD(FIELD_UINT, "wlan.wfa.ie.wpa.version", 0, "WPA")),
	(W_WPA_MCS, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.mcs", "WPA: cipher of the group")),
	(W_WPA_MCS_OUI, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.mcs.oui", "WPA: organization of the group's cipher")),
	(W_WPA_MCS_TYPE, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.mcs.type", "WPA: type of the group's cipher")),
	(W_WPA_UCS_COUNT, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.ucs.count", "WPA: number of ciphers")),
	(W_WPA_UCS, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.ucs", "WPA: cipher")),
	(W_WPA_UCS_OUI, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.ucs.oui", "WPA: organization of a cipher")),
	(W_WPA_UCS_TYPE, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.ucs.type", "WPA: type of a cipher")),
	(W_WPA_AKM_COUNT, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.akms.count", "WPA: number of key managements")),
	(W_WPA_AKM, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.akms", "WPA: key management")),
	(W_WPA_AKM_OUI, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.akms.oui", "WPA: organization of a key management")),
	(W_WPA_AKM_TYPE, FIELD_WALK(FIELD_UINT, "wlan.wfa.ie.wpa.type", "WPA: type of a key management"))
);

static const struct claim wlan_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_IEEE802_11 }, { CLAIM_NONE, 0 } };

const struct protocol proto_wlan = {
	.name = "wlan",
	.column = "802.11",
	.title = "IEEE 802.11 wireless LAN",
	.reference = "IEEE 802.11",
	.decode = wlan_decode,
	PROTOCOL_WALK(wlan_walk),
	.summary = wlan_summary,
	PROTOCOL_FIELDS(wlan_fields),
	.claims = wlan_claims,
};
