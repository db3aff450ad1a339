/* SPDX-License-Identifier: MIT */
/*
 * Names and resource records of a DNS message.
 *
 *	 3 w w w 7 e x a m p l e 3 c o m 0        labels; or
 *	 4 m a i l C0 10                          labels, then a pointer to the rest, from the start of the message
 *
 * Pointers may form any graph: their number is limited, and a name longer than
 * 253 characters is replaced by "<Name too long>". RFC 1035, sections 4.1.3 and 4.1.4.
 */
#include "decode/dns.h"

static void name_set(struct dns_name *n, const char *text)
{
	n->len = (uint16_t)strlen(text);
	memcpy(n->text, text, n->len);
}

bool dns_name_read(struct cursor *c, const uint8_t *msg, const uint8_t *end, struct dns_name *name)
{
	enum { JUMPS_MAX = 255 };
	struct cursor at = *c;
	unsigned len = 0, jumps = 0;

	at.end = end;
	for (;;) {
		unsigned n = cursor_u8(&at);

		if (n >= 0xc0) {
			size_t target = (n & 0x3f) << 8 | cursor_u8(&at);

			if (!jumps++)
				c->pos = at.pos;
			if (at.cut || target >= (size_t)(end - msg))
				break;
			if (jumps > JUMPS_MAX || msg + target == at.pos - 2) {
				name_set(name, "<Name contains a pointer that loops>");
				goto done;
			}
			at.pos = msg + target;
			continue;
		}
		const uint8_t *label = n < 0x40 ? cursor_take(&at, n) : NULL;

		if (!label || at.cut)
			break;
		if (!n) {
			name->len = (uint16_t)len;
			if (!len)
				name_set(name, "<Root>");
			else if (len > DNS_NAME_MAX)
				name_set(name, "<Name too long>");
			goto done;
		}
		if (len + n < sizeof(name->text)) {
			if (len)
				name->text[len++] = '.';
			memcpy(name->text + len, label, n);
			len += n;
		} else {
			len = DNS_NAME_MAX + 1;
		}
	}
	c->cut = true;
	return false;
done:
	if (!jumps)
		c->pos = at.pos;
	if (c->pos > c->end) { /* the labels went on behind what this record may use */
		c->pos = c->end;
		c->cut = true;
		return false;
	}
	return true;
}

bool dns_name_skip(struct cursor *c)
{
	for (;;) {
		unsigned n = cursor_u8(c);

		if (n >= 0xc0)
			return cursor_skip(c, 1);
		if (n >= 0x40)
			c->cut = true;
		if (!n || c->cut)
			return !c->cut;
		cursor_skip(c, n);
	}
}

bool dns_record_read(struct cursor *c, struct dns_record *r)
{
	const uint8_t *h;

	r->name = c->pos;
	if (!dns_name_skip(c) || !(h = cursor_take(c, 10)))
		return false;
	r->type = get_be16(h);
	r->class = get_be16(h + 2);
	r->ttl = get_be32(h + 4);
	r->len = get_be16(h + 8);
	r->data = cursor_sub(c, r->len);
	return true;
}
