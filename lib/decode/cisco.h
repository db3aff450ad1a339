/* SPDX-License-Identifier: MIT */
/* Cisco's LAN protocols write their values alike: |type 16|length 16, these four bytes included|value|. */
#ifndef LIB_DECODE_CISCO_H
#define LIB_DECODE_CISCO_H

#include "decode/cursor.h"

struct cisco_tlv {
	uint16_t type, len; /* of the value */
	const uint8_t *value;
};

/* The next value, and past it. False at the end, and when the length makes no sense or reaches beyond it (c->cut). */
static inline bool cisco_next(struct cursor *c, struct cisco_tlv *t)
{
	const uint8_t *h;

	if (!cursor_left(c))
		return false;
	h = cursor_take(c, 4);
	if (!h || get_be16(h + 2) < 4) {
		c->cut = true;
		return false;
	}
	t->type = get_be16(h);
	t->len = (uint16_t)(get_be16(h + 2) - 4);
	t->value = cursor_take(c, t->len);
	return t->value;
}

#endif
