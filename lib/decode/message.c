/* SPDX-License-Identifier: MIT */
/* See message.h. The place in memory holds [0] the sequence number of the next header and [1] that it is valid. */
#include "message.h"
#include "memory.h"
#include "stream.h"

enum { FAR = 1 << 25 /* further away is another connection, or a lie */ };

bool field_le(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < (uint32_t)f->offset + f->shift)
		return false;
	v->u = 0;
	for (unsigned i = f->shift; i-- > 0;)
		v->u = v->u << 8 | h[f->offset + i];
	if (f->mask)
		v->u = (v->u & f->mask) >> __builtin_ctz(f->mask);
	return true;
}

/* One more message, and what it carries, if the packet has room for the layers; if not, the rest of the segment stays unread. */
static void go_on(struct decode *d, unsigned proto)
{
	if (cursor_left(&d->c) && d->p->nlayers + 2 < PACKET_LAYERS_MAX)
		d->next = (uint8_t)proto;
}

/* The number of the cursor's byte, if it follows a TCP layer directly. `own` layers are there already. */
static bool first_number(const struct decode *d, unsigned own, uint32_t *seq)
{
	const struct layer *l = &d->p->layers[d->p->nlayers - 1 - own];

	if (d->p->nlayers <= own || l->proto != PROTO_tcp)
		return false;
	if (stream_position(d, d->c.pos, seq))
		return true;
	*seq = get_be32(layer_at(d->p, l) + 4);
	return l->source == d->source;
}

static uint32_t rest(const struct decode *d, unsigned own)
{
	const struct memory *m;
	uint32_t n, seq;

	m = first_number(d, own, &seq) ? decode_memory(d, MEMORY_MESSAGE, true) : NULL;
	if (!m || !m->value[1])
		return 0;
	n = m->value[0] - seq;
	return n < FAR ? n : 0;
}

uint32_t message_rest(const struct decode *d)
{
	return rest(d, 0);
}

bool message_resume(struct decode *d, struct layer *l, unsigned proto)
{
	uint32_t n = rest(d, 1);

	if (!n)
		return false;
	decode_take(d, n < cursor_left(&d->c) ? n : (uint32_t)cursor_left(&d->c));
	go_on(d, proto);
	l->wire_end = l->off;
	return true;
}

bool message_waits(struct decode *d, const struct layer *l, uint32_t len)
{
	return len > cursor_left(&d->c) && stream_wait(d, d->c.pos, len, l->proto, 0);
}

enum decode_result messages_wait(struct decode *d, struct layer *l, uint32_t header, uint32_t (*length)(const uint8_t *h))
{
	struct cursor c = d->c;
	uint32_t n, before;

	do {
		const uint8_t *h = cursor_peek(&c, header);

		n = h ? length(h) : header;
		if (n < header || !cursor_left(&c))
			return DECODE_OK;
	} while (n <= cursor_left(&c) && cursor_skip(&c, n));
	before = (uint32_t)(c.pos - d->c.pos);
	if (!stream_wait(d, c.pos, n, l->proto, 0))
		return DECODE_OK;
	decode_limit(d, before);
	l->wire_end = l->off + before;
	return before ? DECODE_OK : DECODE_WAITS;
}

bool message_number(const struct decode *d, uint32_t *seq)
{
	const struct layer *tcp = &d->p->layers[d->p->transport > 0 ? d->p->transport : 0];

	if (tcp->proto != PROTO_tcp || d->quoted)
		return false;
	if (stream_position(d, d->c.pos, seq))
		return true;
	*seq = get_be32(layer_at(d->p, tcp) + 4) + (uint32_t)(d->c.pos - layer_at(d->p, tcp)) - tcp->hlen;
	return d->source == tcp->source;
}

enum decode_result message_end(struct decode *d, struct layer *l, uint32_t n, unsigned proto)
{
	uint32_t seq;

	if (n < d->wire_left) {
		if (!decode_take(d, n)) {
			d->c.pos = d->c.end; /* the snaplen */
			d->c.cut = false;
			return DECODE_TRUNCATED;
		}
		l->wire_end = (uint32_t)(d->c.pos - d->p->source[d->source].data);
		go_on(d, proto);
		return d->c.snapped && !cursor_left(&d->c) && proto != PROTO_NONE ? DECODE_TRUNCATED : DECODE_OK;
	}
	if (n > d->wire_left && n - d->wire_left < FAR && message_number(d, &seq)) {
		struct memory *m = decode_memory(d, MEMORY_MESSAGE, true);

		if (m) {
			m->value[0] = seq + n;
			m->value[1] = 1;
		}
	}
	d->c.pos = d->c.end;
	return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
}

void walk_guid(struct walk *w, unsigned field, const uint8_t *guid)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t *text = walk_wants(w, field) ? packet_scratch(w->p, 36) : NULL, *at = text;

	for (unsigned i = 0; text && i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = (uint8_t)"0123456789abcdef"[guid[order[i]] >> 4];
		*at++ = (uint8_t)"0123456789abcdef"[guid[order[i]] & 15];
	}
	if (text)
		walk_bytes(w, field, text, 36);
}

void walk_utf16(struct walk *w, unsigned field, const uint8_t *text, uint32_t len)
{
	uint8_t *utf8 = walk_wants(w, field) && len < PACKET_SCRATCH / 2 ? packet_scratch(w->p, len / 2 * 3) : NULL, *at = utf8;

	for (uint32_t i = 0; utf8 && i + 1 < len; i += 2) {
		uint32_t c = get_le16(text + i);

		if (!c)
			break;
		if (c < 0x80) {
			*at++ = (uint8_t)c;
		} else if (c < 0x800) {
			*at++ = (uint8_t)(0xc0 | c >> 6);
			*at++ = (uint8_t)(0x80 | (c & 63));
		} else {
			*at++ = (uint8_t)(0xe0 | c >> 12);
			*at++ = (uint8_t)(0x80 | (c >> 6 & 63));
			*at++ = (uint8_t)(0x80 | (c & 63));
		}
	}
	if (utf8)
		walk_bytes(w, field, utf8, (uint32_t)(at - utf8));
}

void walk_cstring(struct walk *w, unsigned field, struct cursor *c)
{
	size_t left = cursor_left(c);
	const uint8_t *nul = left ? memchr(c->pos, 0, left) : NULL;
	const uint8_t *start = c->pos;

	c->pos = nul ? nul + 1 : c->end;
	walk_bytes(w, field, start, (uint32_t)((nul ? nul : c->end) - start));
}
