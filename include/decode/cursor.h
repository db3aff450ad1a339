/* SPDX-License-Identifier: MIT */
/*
 * The one way to look at bytes from outside.
 *
 * A cursor is a window [pos, end) on the capture plus what is known of its end:
 * `snapped` means that the capture stopped there although the data went on.
 * Reading past the end never happens; asking for it sets `cut`, and every later
 * read gives 0. Test `cut` before any value becomes a length, an index or a
 * loop bound. Fixed headers: cursor_take() once, then plain offsets.
 */
#ifndef DECODE_CURSOR_H
#define DECODE_CURSOR_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_result {
	DECODE_OK,
	DECODE_TRUNCATED, /* the snaplen cut it: the rest was on the wire */
	DECODE_MALFORMED, /* it contradicts itself or the protocol's specification */
	DECODE_WAITS      /* only from decode(): no layer, as the message goes on in the next segment; it is kept (decode/stream.h) */
};

struct cursor {
	const uint8_t *pos, *end; /* pos <= end, always */
	bool snapped;             /* end is where the capture stopped, not where the data did */
	bool cut;                 /* someone asked past end; every later read gives 0 */
};

/* `p` may be NULL when there is nothing. */
inline struct cursor cursor_over(const uint8_t *p, size_t len, bool snapped)
{
	return (struct cursor){ p, len ? p + len : p, snapped, false };
}

inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->pos);
}

/* What running out of bytes means here. */
inline enum decode_result cursor_short(const struct cursor *c)
{
	return c->snapped ? DECODE_TRUNCATED : DECODE_MALFORMED;
}

/* The next n bytes, and past them; NULL (and cut) if there are not as many. */
inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->pos;

	if (c->cut || n > (size_t)(c->end - p)) {
		c->cut = true;
		return NULL;
	}
	c->pos = p + n;
	return p;
}

/* The next n bytes without moving; NULL if there are not as many (cut is not set). */
inline const uint8_t *cursor_peek(const struct cursor *c, size_t n)
{
	return c->cut || n > (size_t)(c->end - c->pos) ? NULL : c->pos;
}

inline bool cursor_skip(struct cursor *c, size_t n)
{
	return cursor_take(c, n) != NULL;
}

inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? get_be16(p) : 0;
}

inline uint32_t cursor_be24(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 3);

	return p ? get_be24(p) : 0;
}

inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? get_be32(p) : 0;
}

/* The data ends n bytes from here: an inner length field. Bytes beyond are
 * padding or belong to someone else and can no longer be seen. A length that
 * reaches past `end` leaves the window as it is; whether that is truncation or
 * a lie is what cursor_short() says when the bytes are missed. */
inline void cursor_limit(struct cursor *c, size_t n)
{
	if (n <= (size_t)(c->end - c->pos)) {
		c->end = c->pos + n;
		c->snapped = false;
	}
}

/* A window on the next n bytes, which are skipped in `c`. If fewer are there the
 * window holds those, with snapped as in `c`, and `c` is cut. */
inline struct cursor cursor_sub(struct cursor *c, size_t n)
{
	struct cursor sub = *c;

	if (c->cut || n > (size_t)(c->end - c->pos)) {
		c->pos = c->end;
		c->cut = true;
	} else {
		c->pos += n;
		sub.end = c->pos;
		sub.snapped = false;
	}
	return sub;
}

/* Options of IPv4 (RFC 791 section 3.1) and TCP (RFC 9293 section 3.1): |kind 8|, and but for END (0) and NOP (1)
 * |length 8, which counts both|...|. */
struct cursor_option {
	uint8_t kind;
	uint8_t len;        /* 0: this kind has none, or it says too little: then the list is over */
	struct cursor body; /* with `cut` set if it is not all there: then the list is over, too */
};

/* The next one; false when the list is at its end. */
inline bool cursor_option(struct cursor *c, struct cursor_option *o)
{
	if (c->cut || c->pos == c->end)
		return false;
	o->kind = *c->pos++;
	o->len = o->kind > 1 && c->pos < c->end ? *c->pos++ : 0;
	o->body = cursor_sub(c, o->len >= 2 ? o->len - 2u : 0);
	o->body.cut = c->cut;
	if (o->kind != 1 && o->len < 2)
		c->pos = c->end;
	return true;
}

#endif
