/* SPDX-License-Identifier: MIT */
/* Append-only buffers and the formatters of the per-packet paths. Everything
 * here is called millions of times a second, so no printf and no locale. */
#include "base/outbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
			if (errno == EINTR)
				continue;
			return errmsg_errno(err, "cannot write");
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

void outbuf_bytes(struct outbuf *o, const void *data, size_t len)
{
	const char *p = data;

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

void outbuf_u64(struct outbuf *o, uint64_t v)
{
	char text[20];
	int at = sizeof(text);

	while (v >= 100) {
		unsigned pair = (unsigned)(v % 100) * 2;

		v /= 100;
		text[--at] = digit_pairs[pair + 1];
		text[--at] = digit_pairs[pair];
	}
	if (v >= 10) {
		text[--at] = digit_pairs[v * 2 + 1];
		text[--at] = digit_pairs[v * 2];
	} else {
		text[--at] = (char)('0' + v);
	}
	outbuf_bytes(o, text + at, sizeof(text) - (size_t)at);
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
	char text[9];
	int i;

	for (i = digits - 1; i >= 0; i--, v /= 10)
		text[i] = (char)('0' + v % 10);
	outbuf_bytes(o, text, (size_t)digits);
}

/* One octet without leading zeros; returns past it. */
static char *put_octet(char *p, unsigned v)
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

void outbuf_ipv4(struct outbuf *o, const uint8_t addr[4])
{
	char text[16], *p = text;
	int i;

	for (i = 0; i < 4; i++) {
		p = put_octet(p, addr[i]);
		*p++ = '.';
	}
	outbuf_bytes(o, text, (size_t)(p - text) - 1);
}

/* RFC 5952: lower case, no leading zeros, the longest run (first of equals, two
 * or more) of zero groups as "::"; ::ffff:a.b.c.d for mapped addresses. */
void outbuf_ipv6(struct outbuf *o, const uint8_t addr[16])
{
	unsigned group[8];
	int i, run = 0, best_at = -1, best = 1, limit = 8;

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
		int digits = 1;

		if (i == best_at) {
			outbuf_bytes(o, "::", 2);
			i += best - 1;
			continue;
		}
		if (i && (best_at < 0 || i != best_at + best))
			outbuf_char(o, ':');
		while (group[i] >> (4 * digits))
			digits++;
		outbuf_hex(o, group[i], digits);
	}
	if (limit == 6) {
		outbuf_char(o, ':');
		outbuf_ipv4(o, addr + 12);
	}
}

void outbuf_hexbytes(struct outbuf *o, const uint8_t *p, size_t len, char sep)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char text[3] = { hex_digit[p[i] >> 4], hex_digit[p[i] & 15], sep };

		outbuf_bytes(o, text, sep && i + 1 < len ? 3 : 2);
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

void outbuf_escaped(struct outbuf *o, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	while (p < end) {
		const uint8_t *run = p;
		size_t n;

		while (p < end && *p >= 0x20 && *p < 0x7f && *p != '\\')
			p++;
		outbuf_bytes(o, run, (size_t)(p - run));
		if (p == end)
			break;
		n = utf8_shown(p, (size_t)(end - p));
		if (n) {
			outbuf_bytes(o, p, n);
			p += n;
			continue;
		}
		switch (*p) {
		case '\\': outbuf_bytes(o, "\\\\", 2); break;
		case '\n': outbuf_bytes(o, "\\n", 2); break;
		case '\r': outbuf_bytes(o, "\\r", 2); break;
		case '\t': outbuf_bytes(o, "\\t", 2); break;
		default:
			outbuf_bytes(o, "\\x", 2);
			outbuf_hex(o, *p, 2);
		}
		p++;
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
