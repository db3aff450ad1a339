/* SPDX-License-Identifier: MIT */
/*
 * HPACK, the compression of HTTP/2's headers (RFC 7541).
 *
 *	1 index 7+                                 a header of the tables
 *	01 index 6+ [name] value                   a header, and it goes into the dynamic table
 *	001 size 5+                                the dynamic table's size
 *	0000 or 0001 index 4+ [name] value         a header that does not; 0001: nobody shall keep it
 *		a string: Huffman 1, length 7+, bytes
 *
 * The Huffman code is canonical: of each length the codes count up in the order of symbols[], so that the number of codes of
 * each length says all. The dynamic table is a row of {name length 2, value length 2, name, value}, oldest first.
 */
#include "decode/hpack.h"

#include <string.h>

static const uint8_t counts[31] = { 0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4 };
/* All but the end of string, which is the last one. */
static const uint8_t symbols[256] = {
	48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 65, 95, 98, 100,
	102, 103, 104, 108, 109, 110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81,
	82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118, 119, 120, 121, 122, 38, 42, 44, 59, 88, 90, 33, 34, 40, 41, 63, 39,
	43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92, 195, 208, 128, 130, 131, 162, 184, 194, 224,
	226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154, 156, 160,
	163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233, 1, 135, 137, 138, 139, 140,
	141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239,
	9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210,
	213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250,
	251, 252, 253, 254, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30,
	31, 127, 220, 249, 10, 13, 22
};

static const char *const statics[][2] = { /* appendix A, from index 1 */
	{ ":authority", "" }, { ":method", "GET" }, { ":method", "POST" }, { ":path", "/" }, { ":path", "/index.html" },
	{ ":scheme", "http" }, { ":scheme", "https" }, { ":status", "200" }, { ":status", "204" }, { ":status", "206" },
	{ ":status", "304" }, { ":status", "400" }, { ":status", "404" }, { ":status", "500" }, { "accept-charset", "" },
	{ "accept-encoding", "gzip, deflate" }, { "accept-language", "" }, { "accept-ranges", "" }, { "accept", "" },
	{ "access-control-allow-origin", "" }, { "age", "" }, { "allow", "" }, { "authorization", "" }, { "cache-control", "" },
	{ "content-disposition", "" }, { "content-encoding", "" }, { "content-language", "" }, { "content-length", "" },
	{ "content-location", "" }, { "content-range", "" }, { "content-type", "" }, { "cookie", "" }, { "date", "" },
	{ "etag", "" }, { "expect", "" }, { "expires", "" }, { "from", "" }, { "host", "" }, { "if-match", "" },
	{ "if-modified-since", "" }, { "if-none-match", "" }, { "if-range", "" }, { "if-unmodified-since", "" },
	{ "last-modified", "" }, { "link", "" }, { "location", "" }, { "max-forwards", "" }, { "proxy-authenticate", "" },
	{ "proxy-authorization", "" }, { "range", "" }, { "referer", "" }, { "refresh", "" }, { "retry-after", "" },
	{ "server", "" }, { "set-cookie", "" }, { "strict-transport-security", "" }, { "transfer-encoding", "" },
	{ "user-agent", "" }, { "vary", "" }, { "via", "" }, { "www-authenticate", "" }
};
enum { STATICS = sizeof(statics) / sizeof(statics[0]), OVERHEAD = 32 };

/* ---- numbers and strings -------------------------------------------------------------------- */

/* The number that begins in the low `bits` of `first` (section 5.1); c->cut if it is longer than 28 bits. */
static uint32_t number(struct cursor *c, unsigned first, unsigned bits)
{
	uint32_t max = (1u << bits) - 1, v = first & max;

	if (v < max)
		return v;
	for (unsigned shift = 0; shift < 28; shift += 7) {
		unsigned b = cursor_u8(c);

		v += (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->cut = true;
	return 0;
}

int hpack_huffman(const uint8_t *in, uint32_t n, uint8_t *out, uint32_t room)
{
	uint32_t code = 0, first = 0, index = 0, have = 0;
	unsigned len = 0;

	for (uint32_t i = 0; i < 8 * n; i++) {
		code = code << 1 | (in[i / 8] >> (7 - i % 8) & 1);
		first <<= 1;
		if (++len == sizeof(counts))
			return -1;
		if (code - first < counts[len]) {
			if (index + (code - first) == sizeof(symbols) || have == room)
				return -1; /* the end of string has no place in one */
			out[have++] = symbols[index + (code - first)];
			code = first = index = len = 0;
			continue;
		}
		index += counts[len];
		first += counts[len];
	}
	/* padding: the first bits of the end of string, which are ones, and less than a byte */
	return len < 8 && code == (1u << len) - 1 ? (int)have : -1;
}

static bool string_take(struct cursor *c, struct packet *p, struct hpack_text *s)
{
	unsigned first = cursor_u8(c);
	uint32_t n = number(c, first, 7);
	const uint8_t *bytes = cursor_take(c, n);
	uint32_t before = p->scratch_used, room;
	int got;

	if (!bytes)
		return false;
	*s = (struct hpack_text){ bytes, n };
	if (!(first & 0x80))
		return true;
	room = PACKET_SCRATCH - before;
	if (room > n * 2)
		room = n * 2; /* the shortest code has five bits */
	s->bytes = packet_scratch(p, room);
	got = s->bytes ? hpack_huffman(bytes, n, (uint8_t *)(uintptr_t)s->bytes, room) : -1;
	if (got < 0)
		return false;
	s->len = (uint32_t)got;
	p->scratch_used = before + s->len;
	return true;
}

/* ---- the dynamic table ---------------------------------------------------------------------------- */

enum { ENTRY = 4 };

static uint32_t entry_len(const uint8_t *e)
{
	return ENTRY + get_be16(e) + get_be16(e + 2);
}

static void evict(struct hpack_table *t, uint32_t max)
{
	uint32_t gone = 0;

	while (t->n && t->size > max) {
		uint32_t len = entry_len(t->bytes + gone);

		t->size -= len - ENTRY + OVERHEAD;
		gone += len;
		t->n--;
	}
	t->used -= gone;
	memmove(t->bytes, t->bytes + gone, t->used);
}

static void entry_add(struct hpack_table *t, const struct hpack_header *h)
{
	uint32_t size = h->name.len + h->value.len + OVERHEAD;
	uint8_t *e;

	evict(t, size < t->max ? t->max - size : 0);
	if (size > t->max)
		return; /* section 4.4: that empties the table */
	e = t->bytes + t->used;
	e[0] = (uint8_t)(h->name.len >> 8);
	e[1] = (uint8_t)h->name.len;
	e[2] = (uint8_t)(h->value.len >> 8);
	e[3] = (uint8_t)h->value.len;
	memcpy(e + ENTRY, h->name.bytes, h->name.len);
	memcpy(e + ENTRY + h->name.len, h->value.bytes, h->value.len);
	t->used += ENTRY + h->name.len + h->value.len;
	t->size += size;
	t->n++;
}

/* The newest is index 0. What is in the table moves when an entry is added: texts are copied to scratch memory. */
static bool entry_get(const struct hpack_table *t, uint32_t index, struct packet *p, struct hpack_header *h)
{
	const uint8_t *e = t->bytes;
	uint8_t *copy;
	uint32_t len;

	if (index >= t->n)
		return false;
	for (uint32_t i = t->n - 1; i > index; i--)
		e += entry_len(e);
	len = entry_len(e) - ENTRY;
	copy = packet_scratch(p, len);
	if (!copy)
		return false;
	memcpy(copy, e + ENTRY, len);
	h->name = (struct hpack_text){ copy, get_be16(e) };
	h->value = (struct hpack_text){ copy + h->name.len, get_be16(e + 2) };
	return true;
}

static bool indexed(const struct hpack_table *t, uint32_t index, struct packet *p, struct hpack_header *h)
{
	if (!index)
		return false;
	if (index > STATICS)
		return entry_get(t, index - STATICS - 1, p, h);
	h->name = (struct hpack_text){ (const uint8_t *)statics[index - 1][0], (uint32_t)strlen(statics[index - 1][0]) };
	h->value = (struct hpack_text){ (const uint8_t *)statics[index - 1][1], (uint32_t)strlen(statics[index - 1][1]) };
	return true;
}

void hpack_table_init(struct hpack_table *t)
{
	t->n = t->used = t->size = 0;
	t->max = HPACK_TABLE;
	t->lost = false;
}

int hpack_next(struct hpack_table *t, struct cursor *c, struct packet *p, struct hpack_header *h)
{
	while (cursor_left(c)) {
		unsigned first = cursor_u8(c), bits = first & 0x40 ? 6 : 4;

		h->repr = first & 0x80 ? HPACK_INDEXED : first & 0x40 ? HPACK_INCREMENTAL : first & 0x10 ? HPACK_NEVER : HPACK_WITHOUT;
		if ((first & 0xe0) == 0x20) { /* an update of the size: not ours to keep more than we have room for */
			uint32_t max = number(c, first, 5);

			if (c->cut || max > HPACK_TABLE)
				goto lost;
			evict(t, max);
			t->max = max;
			continue;
		}
		h->index = number(c, first, h->repr == HPACK_INDEXED ? 7 : bits);
		if (c->cut || (t->lost && h->index > STATICS))
			goto lost;
		if (h->repr == HPACK_INDEXED) {
			if (!indexed(t, h->index, p, h))
				goto lost;
			return 1;
		}
		if (h->index ? !indexed(t, h->index, p, h) : !string_take(c, p, &h->name))
			goto lost;
		if (!string_take(c, p, &h->value))
			goto lost;
		if (h->repr == HPACK_INCREMENTAL && !t->lost)
			entry_add(t, h);
		return 1;
	}
	return 0;
lost:
	t->lost = true;
	return -1;
}
