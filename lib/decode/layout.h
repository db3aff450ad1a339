/* SPDX-License-Identifier: MIT */
/*
 * Structures that occur anywhere in a packet, as tables: a routing update, a chunk, an attribute. Each row says where
 * one field's number or bytes stand in the structure; layout_walk() emits those that were kept. It saves a function
 * per structure: most of what control protocols have to tell is this. The same field may stand at several places.
 *
 *	static const struct slot lsa[] = { { AGE, 0, 2, 0x7fff }, { ADVERTISER, 8, 4, 0 } };
 *	layout_walk(w, lsa, SLOTS(lsa), h, len);
 */
#ifndef LIB_DECODE_LAYOUT_H
#define LIB_DECODE_LAYOUT_H

#include "decode/protocol.h"

enum { SLOT_REST = 0, SLOT_LE = 0x80 /* in width: little-endian */ };

struct slot {
	uint8_t field;  /* index in the protocol's table; its type says whether bytes or a number are emitted */
	uint8_t offset; /* from the start of the structure */
	uint8_t width;  /* bytes, 1..8 for a number; SLOT_REST: up to the end of the structure, left out if nothing is there */
	uint32_t mask;  /* bits of the number, which are shifted down; 0: all */
};

/* A slot of the structures that have this number: an attribute's, a parameter's. */
struct typed_slot {
	uint16_t type;
	struct slot slot;
};

/* A field that walk() emits in hexadecimal, zero-padded to so many digits */
#define FIELD_WALK_HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

#define SLOTS(array) (sizeof(array) / sizeof(*(array)))

/* `len`: how many bytes of the structure there are. */
void layout_walk(struct walk *w, const struct slot *slots, size_t n, const uint8_t *h, size_t len);
/* The slots of `type`. */
void layout_walk_type(struct walk *w, const struct typed_slot *slots, size_t n, unsigned type, const uint8_t *h, size_t len);

/* A layer that nothing comes behind: takes all that is left, of which `least` bytes must be there. */
static inline enum decode_result decode_rest(struct decode *d, uint32_t least)
{
	if (d->wire_left < least)
		return cursor_short(&d->c);
	return decode_take(d, d->wire_left) ? DECODE_OK : cursor_short(&d->c);
}

/* "name", or "prefix17" of a number without a name */
void layout_name(struct outbuf *o, const struct named_values *names, uint32_t value, const char *prefix);
/* The names of the bits that are set, joined by `between`; "none" without any */
void layout_bits(struct outbuf *o, const struct named_values *bits, uint32_t value, const char *between);
/* An address of 4, 6 or 16 bytes; others in hexadecimal */
void layout_address(struct outbuf *o, const uint8_t *address, unsigned len);

#endif
