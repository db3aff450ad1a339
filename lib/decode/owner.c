/* SPDX-License-Identifier: MIT */
/* The comment that names the owner of a connection (decode/owner.h): written, and taken apart. */
#include "decode/owner.h"

#include <string.h>

static const char lead[] = "proc: ";
static const char *const matches[] = { "none", "guess", "listener", "exact" };

enum key { KEY_END, KEY_MATCH, KEY_USER, KEY_UID, KEY_NETNS, KEY_CONTAINER, KEY_RUNTIME, KEY_CMD, KEYS };
static const char *const keys[KEYS] = { "end", "match", "user", "uid", "netns", "container", "runtime", "cmd" };

const char *owner_match_name(unsigned match)
{
	return matches[match <= OWNER_EXACT ? match : OWNER_NONE];
}

/* ---- writing ------------------------------------------------------------------------- */

/* As much of it as `room` allows, whole characters. */
static void put_escaped(struct outbuf *o, const char *text, bool blanks, size_t room)
{
	for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
		bool plain = *p > ' ' && *p < 0x7f && *p != '%' && (blanks || !strchr("=[]", *p));

		plain |= blanks && *p == ' ';
		if (room < (plain ? 1 : 3))
			return;
		room -= plain ? 1 : 3;
		if (plain) {
			outbuf_char(o, (char)*p);
		} else {
			outbuf_char(o, '%');
			outbuf_hex(o, *p, 2);
		}
	}
}

static void put_key(struct outbuf *o, enum key key)
{
	outbuf_char(o, ' ');
	outbuf_str(o, keys[key]);
	outbuf_char(o, '=');
}

static void put_text(struct outbuf *o, enum key key, const char *text)
{
	if (!*text)
		return;
	put_key(o, key);
	put_escaped(o, text, false, 3 * strlen(text));
}

static void put_number(struct outbuf *o, enum key key, uint32_t v)
{
	put_key(o, key);
	outbuf_u64(o, v);
}

void owner_format(struct outbuf *o, const struct socket_owner *w, enum owner_end end, uint32_t *end_at)
{
	size_t start = outbuf_len(o), used;

	outbuf_str(o, lead);
	put_escaped(o, w->name[0] ? w->name : "?", false, 3 * sizeof(w->name));
	outbuf_char(o, '[');
	outbuf_u64(o, w->pid);
	outbuf_char(o, ']');
	put_key(o, KEY_END);
	if (end_at)
		*end_at = (uint32_t)(outbuf_len(o) - start);
	outbuf_str(o, end == OWNER_SRC ? "src" : "dst");
	put_key(o, KEY_MATCH);
	outbuf_str(o, owner_match_name(w->match));
	put_text(o, KEY_USER, w->user);
	put_number(o, KEY_UID, w->uid);
	if (w->netns)
		put_number(o, KEY_NETNS, w->netns);
	put_text(o, KEY_CONTAINER, w->container);
	put_text(o, KEY_RUNTIME, w->runtime);
	if (!w->cmdline[0])
		return;
	put_key(o, KEY_CMD);
	used = outbuf_len(o) - start;
	put_escaped(o, w->cmdline, true, used < OWNER_TEXT_MAX ? OWNER_TEXT_MAX - used : 0);
}

/* ---- reading -------------------------------------------------------------------------- */

static bool take_number(const uint8_t *p, uint32_t len, uint32_t *v)
{
	uint64_t n = 0;

	if (!len || len > 10)
		return false;
	for (; len; len--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	*v = (uint32_t)n;
	return n <= UINT32_MAX;
}

static bool is(const uint8_t *p, uint32_t len, const char *word)
{
	return len == strlen(word) && !memcmp(p, word, len);
}

static bool take_value(struct owner_view *v, enum key key, const uint8_t *p, uint32_t len)
{
	struct owner_text text = { p, len };

	switch (key) {
	case KEY_END:
		v->end = is(p, len, "dst") ? OWNER_DST : OWNER_SRC;
		return len == OWNER_END_PLACES;
	case KEY_MATCH:
		for (unsigned i = 0; i <= OWNER_EXACT; i++)
			if (is(p, len, matches[i]))
				v->match = (uint8_t)i;
		return true;
	case KEY_UID:
		v->has_uid = take_number(p, len, &v->uid);
		return v->has_uid;
	case KEY_NETNS: return take_number(p, len, &v->netns);
	case KEY_USER: v->text[OWNER_USER] = text; return true;
	case KEY_CONTAINER: v->text[OWNER_CONTAINER] = text; return true;
	case KEY_RUNTIME: v->text[OWNER_RUNTIME] = text; return true;
	case KEY_CMD: v->text[OWNER_CMDLINE] = text; return true;
	default: return true;
	}
}

/* "KEY=VALUE", of which `word` is the first byte. The number of bytes, 0: broken. */
static uint32_t take_word(struct owner_view *v, const uint8_t *comment, const uint8_t *word, uint32_t left)
{
	const uint8_t *equals = memchr(word, '=', left), *blank = memchr(word, ' ', left);
	uint32_t key_len, len = blank ? (uint32_t)(blank - word) : left;
	unsigned key = 0;

	if (!equals || (blank && blank < equals))
		return 0;
	key_len = (uint32_t)(equals - word);
	while (key < KEYS && !is(word, key_len, keys[key]))
		key++;
	if (key == KEY_CMD)
		len = left;
	if (key == KEY_END)
		v->end_at = (uint32_t)(equals + 1 - comment);
	return take_value(v, key, equals + 1, len - key_len - 1) ? len : 0;
}

bool owner_parse(const uint8_t *comment, uint32_t len, struct owner_view *v)
{
	const uint32_t skip = sizeof(lead) - 1;
	const uint8_t *open, *close, *name = comment + skip;
	uint32_t at;

	memset(v, 0, sizeof(*v));
	if (len < skip || memcmp(comment, lead, skip))
		return false;
	open = memchr(name, '[', len - skip);
	close = open ? memchr(open, ']', len - (uint32_t)(open - comment)) : NULL;
	if (!close || open == name || !take_number(open + 1, (uint32_t)(close - open - 1), &v->pid))
		return false;
	v->text[OWNER_NAME] = (struct owner_text){ name, (uint32_t)(open - name) };
	for (at = (uint32_t)(close + 1 - comment); at < len;) {
		uint32_t took;

		if (comment[at] != ' ' || at + 1 == len)
			return false;
		took = take_word(v, comment, comment + at + 1, len - at - 1);
		if (!took)
			return false;
		at += 1 + took;
	}
	return true;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

uint32_t owner_unescape(const struct owner_text *t, uint8_t *to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->len; i++) {
		if (t->at[i] == '%' && t->len - i > 2 && hex_digit(t->at[i + 1]) >= 0 && hex_digit(t->at[i + 2]) >= 0) {
			to[n++] = (uint8_t)(hex_digit(t->at[i + 1]) << 4 | hex_digit(t->at[i + 2]));
			i += 2;
		} else {
			to[n++] = t->at[i];
		}
	}
	return n;
}
