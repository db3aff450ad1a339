/* SPDX-License-Identifier: MIT */
/* IEEE 802.11: what the decoder, its text and what carries it share. */
#ifndef LIB_DECODE_WLAN_H
#define LIB_DECODE_WLAN_H

#include "decode/protocol.h"

/* Fields of wlan: of the header and, from W_REASON on, of management frames (wlan_mgt.c). */
enum {
	W_FC, W_FC_VERSION, W_FC_TYPE, W_FC_SUBTYPE, W_FC_TYPE_SUBTYPE, W_DS, W_TODS, W_FROMDS, W_FRAGMENTS, W_RETRY, W_PWRMGT,
	W_MOREDATA, W_PROTECTED, W_ORDER, W_DURATION, W_RA, W_DA, W_TA, W_SA, W_BSSID, W_STAA, W_ADDR, W_SEQ, W_FRAG, W_QOS,
	W_QOS_TID, W_QOS_PRIORITY, W_QOS_EOSP, W_QOS_ACK, W_QOS_AMSDU, W_FCS, W_REASON, W_TIMESTAMP, W_BEACON, W_CAPS, W_CAP_ESS,
	W_CAP_IBSS, W_CAP_PRIVACY, W_CAP_PREAMBLE, W_CAP_SPECTRUM, W_CAP_QOS, W_CAP_SLOT, W_CAP_APSD, W_CAP_RADIO, W_LISTEN,
	W_CURRENT_AP, W_STATUS, W_AID, W_AUTH_ALG, W_AUTH_SEQ, W_CATEGORY, W_ACTION, W_TOKEN, W_BA, W_BA_AMSDU, W_BA_POLICY, W_BA_TID,
	W_BA_SIZE, W_BA_TIMEOUT, W_TAG, W_TAG_LEN, W_SSID, W_RATES, W_EXT_RATES, W_CHANNEL, W_DTIM_COUNT, W_DTIM_PERIOD, W_BITMAP,
	W_COUNTRY, W_QBSS_STATIONS, W_QBSS_CU, W_ERP, W_ERP_PRESENT, W_ERP_PROTECT, W_ERP_BARKER, W_POWER_LOCAL, W_POWER_MIN,
	W_POWER_MAX, W_HT_CAPS, W_HT_PRIMARY, W_RSN_VERSION, W_RSN_GCS, W_RSN_GCS_OUI, W_RSN_GCS_TYPE, W_RSN_PCS_COUNT, W_RSN_PCS,
	W_RSN_PCS_OUI, W_RSN_PCS_TYPE, W_RSN_AKM_COUNT, W_RSN_AKM, W_RSN_AKM_OUI, W_RSN_AKM_TYPE, W_RSN_CAPS, W_RSN_PREAUTH,
	W_RSN_NO_PAIRWISE, W_RSN_MFPR, W_RSN_MFPC, W_RSN_PMKID_COUNT, W_RSN_PMKID, W_VENDOR_OUI, W_VENDOR_TYPE, W_WFA_TYPE,
	W_WPA_VERSION, W_WPA_MCS, W_WPA_MCS_OUI, W_WPA_MCS_TYPE, W_WPA_UCS_COUNT, W_WPA_UCS, W_WPA_UCS_OUI, W_WPA_UCS_TYPE,
	W_WPA_AKM_COUNT, W_WPA_AKM, W_WPA_AKM_OUI, W_WPA_AKM_TYPE
};

/* Emits what a management frame says behind its header. */
void wlan_walk_management(struct walk *w, const struct packet *p, const struct layer *l);

/* The same of the elements in an EAPOL key that is not encrypted. */
void wlan_walk_key_data(struct walk *w, const struct packet *p, const struct layer *eapol);

/* Where the elements of a management frame begin, from its body's start; negative if it has none. */
int wlan_elements_at(unsigned subtype);

enum { RADIOTAP_FCS = 0x10, RADIOTAP_PAD = 0x20 }; /* flags: check sequence at the end; header padded to words */

/* The second byte of frame control is flags. */
enum {
	WLAN_TO_DS = 0x0100, WLAN_FROM_DS = 0x0200, WLAN_MORE_FRAGMENTS = 0x0400, WLAN_RETRY = 0x0800, WLAN_SLEEPS = 0x1000,
	WLAN_MORE_DATA = 0x2000, WLAN_PROTECTED = 0x4000, WLAN_ORDER = 0x8000
};
enum { WLAN_MANAGEMENT, WLAN_CONTROL, WLAN_DATA };

/* Of frame control as a number, the first byte the low one. */
static inline unsigned wlan_type(unsigned fc)
{
	return fc >> 2 & 3;
}

static inline unsigned wlan_subtype(unsigned fc)
{
	return fc >> 4 & 15;
}

#endif
