/* SPDX-License-Identifier: MIT */
/* Append-only buffers and the formatters of the per-packet paths. Everything
 * here is called millions of times a second, so no printf and no locale. */
#include "base/outbuf.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* For calls that are not inlined. */
extern inline bool outbuf_room(struct outbuf *o, size_t n);
extern inline void outbuf_char(struct outbuf *o, char c);
extern inline void outbuf_str(struct outbuf *o, const char *s);
extern inline size_t outbuf_len(const struct outbuf *o);

static const char hex_digit[] = "0123456789abcdef";

/* "00" "01" … "99": two digits per division */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

static int sink_fd(void *user, const char *data, size_t len, struct errmsg *err)
{
	const struct outbuf *o = user;

	while (len) {
		ssize_t n = write(o->fd, data, len);

		if (n < 0) {
			if (errno == EAGAIN) /* somebody who shares our output made it non-blocking */
				poll(&(struct pollfd){ .fd = o->fd, .events = POLLOUT }, 1, -1);
			else if (errno != EINTR)
				return errmsg_errno(err, "cannot write");
			continue;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

void outbuf_fixed(struct outbuf *o, char *array, size_t size)
{
	memset(o, 0, sizeof(*o));
	o->start = o->pos = array;
	o->end = array + size;
	o->fd = -1;
}

int outbuf_to_sink(struct outbuf *o, outbuf_sink *sink, void *user, size_t size, struct errmsg *err)
{
	memset(o, 0, sizeof(*o));
	o->fd = -1;
	if (size < 4096)
		size = 4096;
	o->start = malloc(size);
	if (!o->start)
		return errmsg_set(err, NW_ELIMIT, "no memory for an output buffer of %zu bytes", size);
	o->owned = true;
	o->pos = o->start;
	o->end = o->start + size;
	o->sink = sink;
	o->user = user;
	return 0;
}

int outbuf_to_fd(struct outbuf *o, int fd, size_t size, struct errmsg *err)
{
	int rc = outbuf_to_sink(o, sink_fd, o, size, err);

	o->fd = fd;
	return rc;
}

static void outbuf_drain(struct outbuf *o)
{
	if (!o->error && o->pos != o->start)
		o->error = o->sink(o->user, o->start, outbuf_len(o), &o->err);
	o->pos = o->start;
}

int outbuf_flush(struct outbuf *o, struct errmsg *err)
{
	if (o->sink)
		outbuf_drain(o);
	if (o->error && err)
		*err = o->err;
	return o->error;
}

void outbuf_release(struct outbuf *o)
{
	if (o->owned)
		free(o->start);
	memset(o, 0, sizeof(*o));
}

const char *outbuf_cstr(struct outbuf *o)
{
	if (o->pos == o->end && o->pos != o->start) {
		o->pos--;
		o->cut = true;
	}
	*o->pos = 0;
	return o->start;
}

bool outbuf_make_room(struct outbuf *o, size_t n)
{
	if (!o->sink) {
		o->cut = true;
		return false;
	}
	outbuf_drain(o);
	return n <= (size_t)(o->end - o->pos);
}

struct pair {
	uint64_t v[2];
};

/* Up to 32 bytes as two copies that may overlap: no loop, no call. */
static inline void copy_short(char *to, const char *from, size_t len)
{
	if (len >= 16) {
		struct pair a, b;

		memcpy(&a, from, 16);
		memcpy(&b, from + len - 16, 16);
		memcpy(to, &a, 16);
		memcpy(to + len - 16, &b, 16);
	} else if (len >= 8) {
		uint64_t a, b;

		memcpy(&a, from, 8);
		memcpy(&b, from + len - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + len - 8, &b, 8);
	} else if (len >= 4) {
		uint32_t a, b;

		memcpy(&a, from, 4);
		memcpy(&b, from + len - 4, 4);
		memcpy(to, &a, 4);
		memcpy(to + len - 4, &b, 4);
	} else if (len) {
		to[0] = from[0];
		to[len / 2] = from[len / 2];
		to[len - 1] = from[len - 1];
	}
}

void outbuf_bytes(struct outbuf *o, const void *data, size_t len)
{
	const char *p = data;

	if (len <= 32 && len <= (size_t)(o->end - o->pos)) {
		copy_short(o->pos, p, len);
		o->pos += len;
		return;
	}
	while (len > (size_t)(o->end - o->pos)) {
		size_t n = (size_t)(o->end - o->pos);

		memcpy(o->pos, p, n);
		o->pos += n;
		p += n;
		len -= n;
		if (!outbuf_make_room(o, 1))
			return;
	}
	memcpy(o->pos, p, len);
	o->pos += len;
}

static unsigned count_digits(uint32_t v)
{
	if (v < 10000)
		return v < 100 ? v < 10 ? 1 : 2 : v < 1000 ? 3 : 4;
	if (v < 100000000)
		return v < 1000000 ? v < 100000 ? 5 : 6 : v < 10000000 ? 7 : 8;
	return v < 1000000000 ? 9 : 10;
}

/* Exactly `digits` places, two per division, ending before `end`. */
static inline void put_digits(char *end, uint32_t v, unsigned digits)
{
	while (digits >= 2) {
		end -= 2;
		memcpy(end, digit_pairs + v % 100 * 2, 2);
		v /= 100;
		digits -= 2;
	}
	if (digits)
		end[-1] = (char)('0' + v % 10);
}

static void put_u32(struct outbuf *o, uint32_t v)
{
	unsigned n = count_digits(v);
	char text[10];

	if (__builtin_expect(n <= (size_t)(o->end - o->pos), 1)) {
		put_digits(o->pos + n, v, n);
		o->pos += n;
		return;
	}
	put_digits(text + n, v, n); /* at the end of the buffer: in two pieces */
	outbuf_bytes(o, text, n);
}

void outbuf_u64(struct outbuf *o, uint64_t v)
{
	if (v <= UINT32_MAX) {
		put_u32(o, (uint32_t)v);
		return;
	}
	outbuf_u64(o, v / 1000000000);
	outbuf_padded(o, (uint32_t)(v % 1000000000), 9);
}

void outbuf_i64(struct outbuf *o, int64_t v)
{
	if (v < 0)
		outbuf_char(o, '-');
	outbuf_u64(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void outbuf_hex(struct outbuf *o, uint64_t v, int digits)
{
	char text[16];
	int i;

	for (i = digits - 1; i >= 0; i--, v >>= 4)
		text[i] = hex_digit[v & 15];
	outbuf_bytes(o, text, (size_t)digits);
}

void outbuf_padded(struct outbuf *o, uint32_t v, int digits)
{
	char text[10];

	if (__builtin_expect((size_t)digits <= (size_t)(o->end - o->pos), 1)) {
		put_digits(o->pos + digits, v, (unsigned)digits);
		o->pos += digits;
		return;
	}
	put_digits(text + digits, v, (unsigned)digits);
	outbuf_bytes(o, text, (size_t)digits);
}

/* One octet without leading zeros; returns past it. */
static inline char *put_octet(char *p, unsigned v)
{
	if (v >= 100) {
		*p++ = (char)('0' + v / 100);
		v %= 100;
		*p++ = digit_pairs[v * 2];
	} else if (v >= 10) {
		*p++ = digit_pairs[v * 2];
	}
	*p++ = digit_pairs[v * 2 + 1];
	return p;
}

static inline char *put_ipv4(char *p, const uint8_t addr[4])
{
	p = put_octet(p, addr[0]);
	*p++ = '.';
	p = put_octet(p, addr[1]);
	*p++ = '.';
	p = put_octet(p, addr[2]);
	*p++ = '.';
	return put_octet(p, addr[3]);
}

void outbuf_ipv4(struct outbuf *o, const uint8_t addr[4])
{
	char text[16];

	if (__builtin_expect(o->end - o->pos >= 16, 1))
		o->pos = put_ipv4(o->pos, addr);
	else
		outbuf_bytes(o, text, (size_t)(put_ipv4(text, addr) - text));
}

static inline char *put_group(char *p, unsigned v)
{
	if (v > 0xff) {
		if (v > 0xfff)
			*p++ = hex_digit[v >> 12];
		*p++ = hex_digit[v >> 8 & 15];
		*p++ = hex_digit[v >> 4 & 15];
	} else if (v > 0xf) {
		*p++ = hex_digit[v >> 4];
	}
	*p++ = hex_digit[v & 15];
	return p;
}

/* RFC 5952: lower case, no leading zeros, the longest run (first of equals, two
 * or more) of zero groups as "::"; ::ffff:a.b.c.d for mapped addresses. */
void outbuf_ipv6(struct outbuf *o, const uint8_t addr[16])
{
	unsigned group[8];
	int i, run = 0, best_at = -1, best = 1, limit = 8;
	char text[48], *p = text;

	for (i = 0; i < 8; i++) {
		group[i] = (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
		run = group[i] ? 0 : run + 1;
		if (run > best) {
			best = run;
			best_at = i - run + 1;
		}
	}
	if (best_at == 0 && best == 5 && group[5] == 0xffff)
		limit = 6;
	for (i = 0; i < limit; i++) {
		if (i == best_at) {
			*p++ = ':';
			*p++ = ':';
			i += best - 1;
			continue;
		}
		if (i && (best_at < 0 || i != best_at + best))
			*p++ = ':';
		p = put_group(p, group[i]);
	}
	if (limit == 6) {
		*p++ = ':';
		p = put_ipv4(p, addr + 12);
	}
	outbuf_bytes(o, text, (size_t)(p - text));
}

/* Four bytes as eight digits in one word: nibbles apart, then '0' or 'a' - 10 added to all at once. */
static inline void put_hex4(char *to, const uint8_t *p)
{
	uint64_t v, nibbles, letters, text;
	uint32_t word;

	memcpy(&word, p, 4);
	v = (word | (uint64_t)word << 16) & 0x0000ffff0000ffff;
	v = (v | v << 8) & 0x00ff00ff00ff00ff;
	nibbles = (v >> 4 & 0x000f000f000f000f) | (v & 0x000f000f000f000f) << 8;
	letters = (nibbles + 0x0606060606060606) >> 4 & 0x0101010101010101;
	text = nibbles + 0x3030303030303030 + letters * ('a' - '0' - 10);
	memcpy(to, &text, 8);
}

static inline char *put_hex(char *at, const uint8_t *p, size_t n, char sep)
{
	size_t i = 0;

	if (!sep && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		for (; i + 4 <= n; i += 4, at += 8)
			put_hex4(at, p + i);
	for (; i < n; i++) {
		*at++ = hex_digit[p[i] >> 4];
		*at++ = hex_digit[p[i] & 15];
		if (sep)
			*at++ = sep;
	}
	return at;
}

void outbuf_hexbytes(struct outbuf *o, const uint8_t *p, size_t len, char sep)
{
	enum { PIECE = 256 };
	char text[3 * PIECE];

	while (len) {
		size_t n = len < PIECE ? len : PIECE;
		bool direct = 3 * n <= (size_t)(o->end - o->pos);
		char *start = direct ? o->pos : text, *at = put_hex(start, p, n, sep);

		if (sep && n == len)
			at--;
		if (direct)
			o->pos = at;
		else
			outbuf_bytes(o, text, (size_t)(at - start));
		p += n;
		len -= n;
	}
}

void outbuf_mac(struct outbuf *o, const uint8_t mac[6])
{
	outbuf_hexbytes(o, mac, 6, ':');
}

void outbuf_epoch(struct outbuf *o, int64_t ts_ns, int digits)
{
	static const uint32_t scale[] = { 1000000000, 1000000, 1000, 1 };
	uint64_t t = ts_ns < 0 ? 0 - (uint64_t)ts_ns : (uint64_t)ts_ns;

	if (ts_ns < 0)
		outbuf_char(o, '-');
	outbuf_u64(o, t / 1000000000);
	if (digits <= 0)
		return;
	outbuf_char(o, '.');
	outbuf_padded(o, (uint32_t)(t % 1000000000) / scale[digits / 3], digits / 3 * 3);
}

/* Length of the valid UTF-8 sequence at p that a terminal may show, or 0. */
static size_t utf8_shown(const uint8_t *p, size_t left)
{
	uint32_t c;
	size_t n, i;

	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (n > left)
		return 0;
	c = *p & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c < 0xe000))
		return 0;
	/* bidirectional overrides could make a line lie about its order */
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 ||
	    c == 0x2029)
		return 0;
	return n;
}

/* One byte as it is, or as \n, \\ or \xNN: up to 4 bytes at `to`. Without branches, as what comes may be noise. */
static inline char *put_escaped(char *to, uint8_t c)
{
	static const char letters[16] = "xxxxxxxxxtnxxrxx";
	bool shown = (c - 0x20u < 0x5f) & (c != '\\');
	char letter = c < 16 ? letters[c] : c == '\\' ? '\\' : 'x';

	to[0] = shown ? (char)c : '\\';
	to[1] = letter;
	to[2] = hex_digit[c >> 4];
	to[3] = hex_digit[c & 15];
	return to + (shown ? 1 : letter == 'x' ? 4 : 2);
}

void outbuf_escaped(struct outbuf *o, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	while (p < end) {
		char *to = o->pos, text[4];
		size_t n;

		while (p < end && o->end - to >= 4 && !(*p >= 0xc2 && end - p > 1 && (p[1] & 0xc0) == 0x80))
			to = put_escaped(to, *p++);
		o->pos = to;
		if (p == end)
			break;
		n = *p >= 0xc2 ? utf8_shown(p, (size_t)(end - p)) : 0;
		if (n)
			outbuf_bytes(o, p, n);
		else
			outbuf_bytes(o, text, (size_t)(put_escaped(text, *p) - text));
		p += n ? n : 1;
	}
}

void outbuf_printf(struct outbuf *o, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		outbuf_bytes(o, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
