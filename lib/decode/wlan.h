/* SPDX-License-Identifier: MIT */
/* IEEE 802.11: what the decoder, its text and what carries it share. */
#ifndef LIB_DECODE_WLAN_H
#define LIB_DECODE_WLAN_H

#include "decode/packet.h"

enum { RADIOTAP_FCS = 0x10, RADIOTAP_PAD = 0x20 }; /* flags: check sequence at the end; header padded to words */

/* The second byte of frame control. */
enum {
	WLAN_TO_DS = 0x01, WLAN_FROM_DS = 0x02, WLAN_MORE_FRAGMENTS = 0x04, WLAN_RETRY = 0x08, WLAN_SLEEPS = 0x10,
	WLAN_MORE_DATA = 0x20, WLAN_PROTECTED = 0x40, WLAN_ORDER = 0x80
};
enum { WLAN_MANAGEMENT, WLAN_CONTROL, WLAN_DATA };

static inline unsigned wlan_type(const uint8_t *h)
{
	return h[0] >> 2 & 3;
}

static inline unsigned wlan_subtype(const uint8_t *h)
{
	return h[0] >> 4;
}

#endif
