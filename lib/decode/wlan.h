/* SPDX-License-Identifier: MIT */
/* IEEE 802.11: what the decoder, its text and what carries it share. */
#ifndef LIB_DECODE_WLAN_H
#define LIB_DECODE_WLAN_H

#include <stdint.h>

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
