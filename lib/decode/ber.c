/* SPDX-License-Identifier: MIT */
/* See ber.h. */
#include "decode/ber.h"

enum { MULTIBYTE_TAG = 0x1f, LONG_FORM = 0x80, LENGTH_BYTES_MAX = 4, OID_NUMBER_BYTES_MAX = 5 };

bool ber_next(struct cursor *c, struct ber *e)
{
	unsigned first;

	if (!cursor_left(c) || c->cut)
		return false;
	e->start = c->pos;
	e->tag = cursor_u8(c);
	first = cursor_u8(c);
	e->len = first;
	if (first & LONG_FORM) {
		unsigned n = first & ~(unsigned)LONG_FORM;

		e->len = 0;
		if (!n || n > LENGTH_BYTES_MAX)
			c->cut = true;
		for (; n && !c->cut; n--)
			e->len = e->len << 8 | cursor_u8(c);
	}
	if ((e->tag & MULTIBYTE_TAG) == MULTIBYTE_TAG)
		c->cut = true;
	if (c->cut)
		return false;
	e->c = cursor_sub(c, e->len);
	return true;
}

bool ber_take(struct cursor *c, unsigned tag, struct ber *e)
{
	return !c->cut && cursor_left(c) && *c->pos == tag && ber_next(c, e);
}

static bool integer(const struct ber *e, uint64_t fill, uint64_t *v)
{
	const uint8_t *p = e->c.pos;
	size_t n = cursor_left(&e->c);

	if (!n || n != e->len || n > 9 || (n == 9 && *p))
		return false;
	for (*v = fill; n; n--)
		*v = *v << 8 | *p++;
	return true;
}

bool ber_uint(const struct ber *e, uint64_t *v)
{
	return integer(e, 0, v);
}

bool ber_int(const struct ber *e, int64_t *v)
{
	uint64_t u;

	if (!integer(e, cursor_left(&e->c) && *e->c.pos & 0x80 ? UINT64_MAX : 0, &u))
		return false;
	*v = (int64_t)u;
	return true;
}

bool ber_oid_next(struct cursor *c, uint32_t *number)
{
	uint64_t v = 0;
	unsigned byte = 0x80;

	if (!cursor_left(c) || c->cut)
		return false;
	for (unsigned n = 0; byte & 0x80; n++) {
		byte = cursor_u8(c);
		v = v << 7 | (byte & 0x7f);
		if (n == OID_NUMBER_BYTES_MAX || v > UINT32_MAX)
			c->cut = true;
		if (c->cut)
			return false;
	}
	*number = (uint32_t)v;
	return true;
}

bool ber_oid_text(struct outbuf *o, struct cursor c)
{
	uint32_t v;
	bool first = true;

	for (; ber_oid_next(&c, &v); first = false) {
		if (first) {
			unsigned top = v < 40 ? 0 : v < 80 ? 1 : 2;

			outbuf_u64(o, top);
			v -= top * 40;
		}
		outbuf_char(o, '.');
		outbuf_u64(o, v);
	}
	return !cursor_left(&c) && !c.cut;
}
