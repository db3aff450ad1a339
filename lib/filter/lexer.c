/* SPDX-License-Identifier: MIT */
/*
 * Text to tokens, one at a time, and the three-line error that points into it.
 *
 * A word runs over letters, digits and _ . : - / @ and anything beyond ASCII, so that field names, numbers, addresses with
 * prefix lengths, byte strings, dates and ranges (a..b) are one token each; what a word means depends on where it stands and
 * is decided by the parser. Signs are the longest that fits. Strings are "..." with C's escapes or r"..." without; 'c' is
 * one character.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { ECHO_MAX = 110 }; /* columns of the text shown under an error */

static const char *const signs[] = {
	"===", "!==", "==", "!=", "~=", ">=", "<=", "&&", "||", "(", ")", "[", "]",
	"{", "}", ",", "<", ">", "!", "&", "~", "=", "+", "*", "%", "#",
};

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80 ||
	       (c && strchr("_.:-/@", c));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \u and \U: a code point as UTF-8. Returns its length in bytes, 0 if it is none. */
static uint32_t read_code_point(const char *s, uint8_t *out)
{
	uint32_t digits = *s == 'u' ? 4 : 8, v = 0;

	for (uint32_t i = 1; i <= digits; i++) {
		if (hex_digit(s[i]) < 0)
			return 0;
		v = v << 4 | (uint32_t)hex_digit(s[i]);
	}
	if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	if (v < 0x80)
		return out[0] = (uint8_t)v, 1;
	if (v < 0x800) {
		out[0] = (uint8_t)(0xc0 | v >> 6);
		out[1] = (uint8_t)(0x80 | (v & 63));
		return 2;
	}
	if (v < 0x10000) {
		out[0] = (uint8_t)(0xe0 | v >> 12);
		out[1] = (uint8_t)(0x80 | (v >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (v & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | v >> 18);
	out[1] = (uint8_t)(0x80 | (v >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (v >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (v & 63));
	return 4;
}

/* One escape at text[i] (after the backslash). Returns how many characters it takes, 0 if it is unknown. */
static uint32_t read_escape(const struct parser *ps, uint32_t i, uint8_t *byte, uint32_t *nbytes)
{
	static const char from[] = "abfnrtv\"'\\", to[] = "\a\b\f\n\r\t\v\"'\\";
	const char *s = ps->text + i;
	const char *p;
	uint32_t n = 0;
	unsigned v = 0;

	*nbytes = 1;
	if (*s == 'u' || *s == 'U') {
		*nbytes = read_code_point(s, byte);
		return *nbytes ? *s == 'u' ? 5 : 9 : 0;
	}
	if (*s == 'x') {
		while (n < 2 && hex_digit(s[1 + n]) >= 0)
			v = v * 16 + (unsigned)hex_digit(s[1 + n++]);
		*byte = (uint8_t)v;
		return n ? n + 1 : 0;
	}
	while (n < 3 && s[n] >= '0' && s[n] <= '7' && v * 8 + (unsigned)(s[n] - '0') < 256)
		v = v * 8 + (unsigned)(s[n++] - '0');
	if (n) {
		*byte = (uint8_t)v;
		return n;
	}
	p = *s ? strchr(from, *s) : NULL;
	if (!p)
		return 0;
	*byte = (uint8_t)to[p - from];
	return 1;
}

/* From the opening quote at `i` to behind the closing one. */
static void read_quoted(struct parser *ps, struct token *t, uint32_t i)
{
	char quote = ps->text[i];
	uint32_t start = i++, n = 0;
	uint8_t *out = parser_alloc(ps, ps->len - i + 1);

	if (!out)
		return;
	while (i < ps->len && ps->text[i] != quote) {
		uint32_t taken = 0, made = 0;

		if (ps->text[i] == '\\' && i + 1 < ps->len) {
			if (t->raw) { /* a backslash only protects what follows from ending the string */
				out[n++] = '\\';
				i++;
			} else {
				taken = read_escape(ps, i + 1, &out[n], &made);
				if (!taken && !t->bad_escape)
					t->bad_escape = i + 1;
			}
		}
		if (taken) {
			i += taken + 1;
			n += made;
		} else {
			out[n++] = (uint8_t)ps->text[i++];
		}
	}
	if (i >= ps->len) {
		parser_fail(ps, start, 1, "the quote that opens here is never closed");
		return;
	}
	t->string = out;
	t->string_len = n;
	t->len = i + 1 - t->at;
	if (t->kind == TOKEN_CHAR && (n != 1 || t->bad_escape))
		parser_fail(ps, t->at, t->len, "single quotes hold one character; use double quotes for text");
}

static void read_sign(struct parser *ps, struct token *t)
{
	const char *s = ps->text + t->at;

	for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
		size_t n = strlen(signs[k]);

		if (!strncmp(s, signs[k], n)) {
			t->kind = TOKEN_SIGN;
			t->len = (uint32_t)n;
			return;
		}
	}
	if (*s == '|')
		parser_fail(ps, t->at, 1, "a single | means nothing here; \"or\" is written or or ||");
	else if (*s == '$' && s[1] == '{')
		parser_fail(ps, t->at, 1, "${...} is a field of the frame selected in a window, and macros are Wireshark's own; "
			    "write the value or the text in its place");
	else if (*s >= ' ')
		parser_fail(ps, t->at, 1, "unexpected '%c'; put text that is to be searched for in quotes", *s);
	else
		parser_fail(ps, t->at, 1, "unexpected control character 0x%02x", (unsigned)(uint8_t)*s);
}

void parser_next(struct parser *ps)
{
	struct token *t = &ps->tok;
	uint32_t i = t->at + t->len;

	ps->prev_end = i;
	while (i < ps->len && is_blank((uint8_t)ps->text[i]))
		i++;
	*t = (struct token){ .at = i };
	if (ps->error || i >= ps->len)
		return;
	if ((ps->text[i] == 'r' || ps->text[i] == 'R') && ps->text[i + 1] == '"') {
		t->kind = TOKEN_STRING;
		t->raw = true;
		read_quoted(ps, t, i + 1);
	} else if (ps->text[i] == '"' || ps->text[i] == '\'') {
		t->kind = ps->text[i] == '"' ? TOKEN_STRING : TOKEN_CHAR;
		read_quoted(ps, t, i);
	} else if (is_word((uint8_t)ps->text[i])) {
		t->kind = TOKEN_WORD;
		while (i + t->len < ps->len && is_word((uint8_t)ps->text[i + t->len]))
			t->len++;
	} else {
		read_sign(ps, t);
	}
	if (ps->error)
		*t = (struct token){ .at = ps->len };
}

bool token_is(const struct parser *ps, const char *sign_or_word)
{
	return (ps->tok.kind == TOKEN_WORD || ps->tok.kind == TOKEN_SIGN) && ps->tok.len == strlen(sign_or_word) &&
	       !memcmp(ps->text + ps->tok.at, sign_or_word, ps->tok.len);
}

const char *token_text(const struct parser *ps, const struct token *t, char *buf, size_t size)
{
	size_t n = t->len < size - 1 ? t->len : size - 1;

	memcpy(buf, ps->text + t->at, n);
	buf[n] = 0;
	return buf;
}

/* ---- errors ------------------------------------------------------------------------ */

static bool starts_character(char c)
{
	return ((uint8_t)c & 0xc0) != 0x80;
}

/* The text in one line, as much as fits around [at, at + len), and the caret line. */
static void show_place(const struct parser *ps, uint32_t at, uint32_t len, struct outbuf *o)
{
	uint32_t from = 0, to = ps->len, column = 0, marks = 0;

	if (to > ECHO_MAX) {
		from = at > ECHO_MAX / 2 ? at - ECHO_MAX / 2 : 0;
		while (from > 0 && !starts_character(ps->text[from]))
			from--;
		to = ps->len - from > ECHO_MAX ? from + ECHO_MAX : ps->len;
		while (to < ps->len && !starts_character(ps->text[to]))
			to++;
	}
	outbuf_str(o, "\n  ");
	if (from)
		outbuf_str(o, "...");
	for (uint32_t i = from; i < to; i++)
		outbuf_char(o, (uint8_t)ps->text[i] < ' ' || ps->text[i] == 0x7f ? ' ' : ps->text[i]);
	if (to < ps->len)
		outbuf_str(o, "...");
	outbuf_str(o, from ? "\n     " : "\n  ");
	for (uint32_t i = from; i < at; i++)
		column += starts_character(ps->text[i]);
	while (column--)
		outbuf_char(o, ' ');
	for (uint32_t i = at; i < at + len && i < to; i++)
		marks += starts_character(ps->text[i]);
	outbuf_char(o, '^');
	while (marks-- > 1)
		outbuf_char(o, '~');
}

void parser_fail(struct parser *ps, uint32_t at, uint32_t len, const char *fmt, ...)
{
	char sentence[sizeof(ps->err->text)], place[2 * ECHO_MAX + 80];
	struct outbuf o;
	unsigned column = 1;
	va_list args;

	if (ps->error)
		return;
	va_start(args, fmt);
	vsnprintf(sentence, 200, fmt, args);
	va_end(args);
	outbuf_fixed(&o, place, sizeof(place));
	show_place(ps, at, len, &o);
	for (uint32_t i = 0; i < at; i++)
		column += starts_character(ps->text[i]);
	ps->error = errmsg_set(ps->err, NW_EINPUT, "column %u: %s%s", column, sentence, outbuf_cstr(&o));
}

void parser_no_memory(struct parser *ps)
{
	if (!ps->error)
		ps->error = errmsg_set(ps->err, NW_ELIMIT, "out of memory while compiling the filter");
}

void *parser_alloc(struct parser *ps, size_t size)
{
	void *mem = ps->error ? NULL : pool_alloc(ps->pool, size);

	if (!mem)
		parser_no_memory(ps);
	return mem;
}
