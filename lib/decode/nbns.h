/* SPDX-License-Identifier: MIT */
/* Names of NetBIOS: fifteen characters, blank-padded, and a byte that tells what they name. */
#ifndef LIB_DECODE_NBNS_H
#define LIB_DECODE_NBNS_H

#include "decode/protocol.h"

enum { NBNS_NAME_MAX = 16 * 4 + 4 };

/* From two letters a byte, 'A' for 0; false if they are not. */
bool nbns_name_decode(const uint8_t *letters, uint32_t len, uint8_t name[16]);
/* "WORKGROUP<1d>", without the last byte "WORKGROUP". Returns the length. */
unsigned nbns_name_text(const uint8_t name[16], bool suffix, uint8_t text[NBNS_NAME_MAX]);

#endif
