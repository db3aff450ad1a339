/* SPDX-License-Identifier: MIT */
/* See line.h. */
#include "decode/line.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool line_next(struct cursor *c, struct text *line, bool *whole)
{
	size_t left = cursor_left(c);
	const uint8_t *end;

	if (!left)
		return false;
	end = memchr(c->pos, '\n', left);
	*whole = end != NULL;
	line->p = c->pos;
	line->len = (uint32_t)((end ? end : c->end) - c->pos);
	c->pos = end ? end + 1 : c->end;
	if (*whole && line->len && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

struct text text_word(struct text *t)
{
	struct text word = { t->p, 0 };

	while (t->len && !is_blank(*t->p)) {
		t->p++;
		t->len--;
		word.len++;
	}
	for (; t->len && is_blank(*t->p); t->p++)
		t->len--;
	return word;
}

struct text text_until(struct text *t, char stop)
{
	const uint8_t *at = t->len ? memchr(t->p, stop, t->len) : NULL;
	struct text part = { t->p, at ? (uint32_t)(at - t->p) : t->len };

	t->p += part.len + (at != NULL);
	t->len -= part.len + (at != NULL);
	return part;
}

struct text text_trim(struct text t)
{
	for (; t.len && is_blank(*t.p); t.p++)
		t.len--;
	while (t.len && is_blank(t.p[t.len - 1]))
		t.len--;
	return t;
}

bool text_begins(const struct text *t, const char *word)
{
	size_t n = strlen(word);

	return t->len >= n && !memcmp(t->p, word, n);
}

bool text_begins_nocase(const struct text *t, const char *word)
{
	uint32_t i;

	for (i = 0; i < t->len && word[i]; i++)
		if (lower(t->p[i]) != (uint8_t)word[i])
			return false;
	return !word[i];
}

bool text_is(const struct text *t, const char *word)
{
	return t->len == strlen(word) && text_begins_nocase(t, word);
}

uint64_t text_decimal(const struct text *t)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < t->len && t->p[i] >= '0' && t->p[i] <= '9' && v < UINT64_MAX / 10 - 1; i++)
		v = v * 10 + (t->p[i] - '0');
	return v;
}

bool text_code(struct text *t, unsigned *code)
{
	*code = 0;
	if (t->len < 3 || (t->len > 3 && t->p[3] != ' ' && t->p[3] != '-'))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		*code = *code * 10 + (t->p[i] - '0');
	}
	t->p += t->len > 3 ? 4 : 3;
	t->len -= t->len > 3 ? 4 : 3;
	return true;
}

bool text_ipv4(const struct text *t, uint8_t addr[4])
{
	uint32_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned v = 0, digits = 0;

		for (; i < t->len && digits < 3 && t->p[i] >= '0' && t->p[i] <= '9'; i++, digits++)
			v = v * 10 + (t->p[i] - '0');
		if (!digits || v > 255 || (part < 3 && (i >= t->len || t->p[i++] != '.')))
			return false;
		addr[part] = (uint8_t)v;
	}
	return true;
}

bool text_likely(const struct cursor *c, size_t n)
{
	if (n > cursor_left(c))
		n = cursor_left(c);
	for (size_t i = 0; i < n; i++)
		if ((c->pos[i] < ' ' && (c->pos[i] < '\t' || c->pos[i] > '\r')) || c->pos[i] == 0x7f)
			return false;
	return true;
}
