/* SPDX-License-Identifier: MIT */
/*
 * The writer of JSON. What it must remember fits into one struct: a bit per level says object or list, and whether
 * something stands at this level already. A caller's mistake (a value without a name, too many levels) ends the output
 * and is told by jsonout_end; it never writes beyond the buffer.
 */
#include "base/json.h"
#include "base/jsonout.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- text ------------------------------------------------------------------------- */

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

/* ---- structure ---------------------------------------------------------------------- */

void jsonout_begin(struct jsonout *w, struct outbuf *o)
{
	*w = (struct jsonout){ .o = o, .first = true };
}

bool jsonout_end(const struct jsonout *w)
{
	return !w->wrong && !w->depth && !w->first && !w->o->cut && !w->o->error;
}

static bool in_object(const struct jsonout *w)
{
	return w->depth && (w->objects & 1);
}

static void new_line(struct jsonout *w)
{
	outbuf_char(w->o, '\n');
	for (unsigned n = w->depth * w->indent; n; n--)
		outbuf_char(w->o, ' ');
}

/* What stands between this element or member and the one before. */
static void separate(struct jsonout *w)
{
	if (!w->first)
		outbuf_char(w->o, ',');
	w->first = false;
	if (w->indent && w->depth)
		new_line(w);
}

/* May a value stand here? */
static inline bool value(struct jsonout *w)
{
	if (w->wrong)
		return false;
	if (w->keyed) {
		w->keyed = false;
		return true;
	}
	if (in_object(w) || (!w->depth && !w->first)) {
		w->wrong = true;
		return false;
	}
	separate(w);
	return true;
}

static void open_level(struct jsonout *w, bool object)
{
	if (!value(w))
		return;
	if (w->depth == JSONOUT_DEPTH_MAX) {
		w->wrong = true;
		return;
	}
	w->depth++;
	w->objects = w->objects << 1 | object;
	w->first = true;
	outbuf_char(w->o, object ? '{' : '[');
}

void json_open_object(struct jsonout *w)
{
	open_level(w, true);
}

void json_open_array(struct jsonout *w)
{
	open_level(w, false);
}

void json_close(struct jsonout *w)
{
	bool object = in_object(w), empty = w->first;

	if (!w->depth || w->keyed)
		w->wrong = true;
	if (w->wrong)
		return;
	w->depth--;
	w->objects >>= 1;
	w->first = false;
	if (w->indent && !empty)
		new_line(w);
	outbuf_char(w->o, object ? '}' : ']');
}

void json_key(struct jsonout *w, const char *name)
{
	if (!in_object(w) || w->keyed)
		w->wrong = true;
	if (w->wrong)
		return;
	separate(w);
	json_string_put(w->o, name, strlen(name));
	outbuf_char(w->o, ':');
	if (w->indent)
		outbuf_char(w->o, ' ');
	w->keyed = true;
}

/* ---- values ------------------------------------------------------------------------------ */

void json_put_string(struct jsonout *w, const void *text, size_t len)
{
	if (value(w))
		json_string_put(w->o, text, len);
}

void json_put_str(struct jsonout *w, const char *text)
{
	if (text)
		json_put_string(w, text, strlen(text));
	else
		json_put_null(w);
}

void json_put_u64(struct jsonout *w, uint64_t v)
{
	if (value(w))
		outbuf_u64(w->o, v);
}

void json_put_i64(struct jsonout *w, int64_t v)
{
	if (value(w))
		outbuf_i64(w->o, v);
}

void json_put_real(struct jsonout *w, double v)
{
	char text[40] = "null";

	if (!value(w))
		return;
	if (v == 0)
		v = 0; /* "-0" would be read back as the whole number 0 */
	if (v - v == 0) /* neither infinite nor not a number */
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, v);
			if (strtod(text, NULL) == v)
				break;
		}
	outbuf_str(w->o, text);
}

void json_put_bool(struct jsonout *w, bool v)
{
	if (value(w))
		outbuf_str(w->o, v ? "true" : "false");
}

void json_put_null(struct jsonout *w)
{
	if (value(w))
		outbuf_bytes(w->o, "null", 4);
}

void json_put_ns(struct jsonout *w, int64_t ns)
{
	if (value(w))
		outbuf_epoch(w->o, ns, 9);
}

void json_put_raw(struct jsonout *w, const void *text, size_t len)
{
	if (value(w))
		outbuf_bytes(w->o, text, len);
}

/* Not deeper than JSON_DEPTH_MAX, as the parser saw to it. */
static void copy_members(struct jsonout *w, const struct json_value *v)
{
	struct json_iter it = { 0 };
	const struct json_value *member;
	const char *name;

	while ((member = json_each(v, &it, &name))) {
		if (name)
			json_key(w, name);
		json_copy(w, member);
	}
	json_close(w);
}

void json_copy(struct jsonout *w, const struct json_value *v)
{
	const char *text;
	size_t len;

	switch (json_type(v)) {
	case JSON_BOOL:
		json_put_bool(w, json_bool(v));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		text = json_number(v, &len);
		json_put_raw(w, text, len);
		break;
	case JSON_STRING:
		text = json_string(v, &len);
		json_put_string(w, text, len);
		break;
	case JSON_ARRAY:
		json_open_array(w);
		copy_members(w, v);
		break;
	case JSON_OBJECT:
		json_open_object(w);
		copy_members(w, v);
		break;
	default:
		json_put_null(w);
	}
}

void json_pretty(struct outbuf *o, const struct json_value *v)
{
	struct jsonout w;

	jsonout_begin(&w, o);
	w.indent = 2;
	json_copy(&w, v);
	outbuf_char(o, '\n');
}
