/* SPDX-License-Identifier: MIT */
/*
 * Fields by table, for protocols that are a list of typed pieces (TLVs, options, records): a piece of a type has these
 * fields. Where in the piece a field stands, and its mask, is said by its own row in the field table (PART_…); which
 * piece it belongs to and how wide it is, by a row here:
 *
 *	static const struct part parts[] = { { TTL, F_TTL, 2 }, { NAME, F_NAME, 0 } };
 *
 * A walk() finds the pieces and hands each to walk_parts().
 */
#ifndef LIB_DECODE_PARTS_H
#define LIB_DECODE_PARTS_H

#include "decode/protocol.h"

struct part {
	uint16_t piece; /* its type, or a number of the file's own */
	uint8_t field;
	uint8_t width;  /* bytes; 0: from the field's offset to the end of the piece */
};

/* Numbers are big-endian but where the file or the machine that captured has them the other way. */
enum parts_order { PARTS_BE, PARTS_LE };

/* Emits the fields of piece `type`, whose value is `len` bytes at `at`. A field that is not wholly inside is left out,
 * so is an empty one of width 0. Text ends at its first NUL. */
void walk_piece(struct walk *w, const struct part *parts, unsigned n, unsigned type, const uint8_t *at, uint32_t len,
		enum parts_order order);
#define walk_parts(w, array, type, at, len) \
	walk_piece(w, array, sizeof(array) / sizeof(*(array)), type, at, (uint32_t)(len), PARTS_BE)
#define walk_parts_le(w, array, type, at, len) \
	walk_piece(w, array, sizeof(array) / sizeof(*(array)), type, at, (uint32_t)(len), PARTS_LE)

/* Rows of the field table. `off` is from the start of the piece's value. */
#define PART_FIELD(ty, n, off, lab) FIELD_PLAIN(n, lab, .type = ty, .offset = off)
#define PART_HEX(n, off, digits, lab) \
	FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits, .offset = off)
/* `msk` within the word as wide as the part's row says; in the row it is shifted down, as it may be wider than 24 bits */
#define PART_BITS(ty, n, off, msk, lab) \
	FIELD_PLAIN(n, lab, .type = ty, .offset = off, .mask = (msk) >> __builtin_ctzll(msk), .shift = __builtin_ctzll(msk))
#define PART_NAMES(n, off, tab, lab) FIELD_HAS(n, lab, (.names = tab), .type = FIELD_UINT, .offset = off)

#endif
