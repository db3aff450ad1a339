/* SPDX-License-Identifier: MIT */
/*
 * One value as JSON, which is YAML too.
 *
 * Numbers are numbers (hexadecimal ones too), flags true or false, times seconds since 1970, everything else text as
 * tshark prints it. Text is UTF-8: what is not becomes U+FFFD, controls are \u00NN; bytes proper are hexadecimal digits.
 */
#include "internal.h"

static void put_uescape(struct outbuf *o, unsigned c)
{
	outbuf_bytes(o, "\\u", 2);
	outbuf_hex(o, c, 4);
}

size_t utf8_length(const uint8_t *p, size_t left)
{
	size_t n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0; /* too long a form, a surrogate, beyond U+10FFFF */
	return n;
}

static unsigned utf8_value(const uint8_t *p, size_t n)
{
	return n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3f) : (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3f);
}

/* Valid, but not as it is: controls (some terminals take U+009B for ESC [), what YAML takes for the end of a line
 * (U+2028, U+2029) or refuses (U+FFFE, U+FFFF), and what turns the direction of writing (U+202A to E, U+2066 to 9). */
static bool needs_escape(const uint8_t *p, size_t n)
{
	unsigned c;

	if (n == 2)
		return *p == 0xc2 && p[1] < 0xa0;
	if (n != 3 || (*p != 0xe2 && *p != 0xef))
		return false;
	c = utf8_value(p, n);
	return (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c >= 0xfffe;
}

void json_string_put(struct outbuf *o, const void *text, size_t len)
{
	const uint8_t *p = text, *end = p + len;

	outbuf_char(o, '"');
	while (p < end) {
		const uint8_t *run = p;
		size_t n;

		while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
			p++;
		outbuf_bytes(o, run, (size_t)(p - run));
		if (p == end)
			break;
		n = utf8_length(p, (size_t)(end - p));
		if (n) {
			if (needs_escape(p, n))
				put_uescape(o, utf8_value(p, n));
			else
				outbuf_bytes(o, p, n);
			p += n;
			continue;
		}
		switch (*p) {
		case '"': outbuf_bytes(o, "\\\"", 2); break;
		case '\\': outbuf_bytes(o, "\\\\", 2); break;
		case '\n': outbuf_bytes(o, "\\n", 2); break;
		case '\r': outbuf_bytes(o, "\\r", 2); break;
		case '\t': outbuf_bytes(o, "\\t", 2); break;
		default:
			if (*p < 0x80)
				put_uescape(o, *p);
			else
				outbuf_bytes(o, "\xef\xbf\xbd", 3);
		}
		p++;
	}
	outbuf_char(o, '"');
}

/* Apart, so that the array is not set up (and guarded) for every number. */
static __attribute__((noinline)) void put_formatted(struct outbuf *o, const struct field *f, const struct value *v)
{
	char text[1024];
	struct outbuf t;

	outbuf_fixed(&t, text, sizeof(text));
	value_format(&t, f, v);
	json_string_put(o, text, outbuf_len(&t));
}

void json_value_put(struct outbuf *o, const struct field *f, const struct value *v)
{
	switch (f->type) {
	case FIELD_BOOL:
		if (v->u)
			outbuf_bytes(o, "true", 4);
		else
			outbuf_bytes(o, "false", 5);
		break;
	case FIELD_UINT:
		outbuf_u64(o, v->u);
		break;
	case FIELD_INT:
		outbuf_i64(o, v->i);
		break;
	case FIELD_TIME:
	case FIELD_DURATION:
		outbuf_epoch(o, v->i, 9);
		break;
	case FIELD_STRING:
		json_string_put(o, v->bytes, v->len);
		break;
	case FIELD_PROTOCOL:
		put_formatted(o, f, v);
		break;
	case FIELD_IPV4:
		outbuf_char(o, '"');
		outbuf_ipv4(o, v->bytes);
		outbuf_char(o, '"');
		break;
	default: /* addresses and bytes: nothing to escape */
		outbuf_char(o, '"');
		value_format(o, f, v);
		outbuf_char(o, '"');
	}
}
