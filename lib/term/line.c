/* SPDX-License-Identifier: MIT */
#include "line.h"
#include "base/unicode.h"
#include "sys/io.h"
#include "term/term.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line *line_new(line_complete_fn *complete, void *user)
{
	struct line *l = calloc(1, sizeof(*l));

	if (l) {
		l->complete = complete;
		l->user = user;
		line_start(l, "");
	}
	return l;
}

static void candidates_clear(struct line_candidates *c)
{
	for (unsigned i = 0; i < c->count; i++)
		free(c->text[i]);
	*c = (struct line_candidates){ 0 };
}

void line_free(struct line *l)
{
	if (!l)
		return;
	candidates_clear(&l->candidates);
	line_history_release(l);
	free(l);
}

void line_candidate_add(struct line_candidates *c, const char *text)
{
	if (c->count < LINE_CANDIDATES_MAX && (c->text[c->count] = strdup(text)))
		c->count++;
}

void line_start(struct line *l, const char *prompt)
{
	l->prompt = prompt;
	l->len = l->cursor = 0;
	l->text[0] = '\0';
	l->at = l->history_count;
	l->pasting = false;
}

const char *line_text(const struct line *l, size_t *cursor)
{
	if (cursor)
		*cursor = l->cursor;
	return l->text;
}

/* ---- editing ---------------------------------------------------------------------------------------- */

static size_t before(const struct line *l, size_t at)
{
	while (at && (l->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t behind(const struct line *l, size_t at)
{
	while (at < l->len && (l->text[++at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t word_before(const struct line *l, size_t at)
{
	while (at && l->text[at - 1] == ' ')
		at--;
	while (at && l->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_behind(const struct line *l, size_t at)
{
	while (at < l->len && l->text[at] == ' ')
		at++;
	while (at < l->len && l->text[at] != ' ')
		at++;
	return at;
}

static void erase(struct line *l, size_t from, size_t to, bool keep)
{
	if (keep && to > from) {
		memcpy(l->killed, l->text + from, to - from);
		l->killed[to - from] = '\0';
	}
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	l->cursor = from;
}

static void insert(struct line *l, const char *text, size_t n)
{
	if (n > sizeof(l->text) - 1 - l->len)
		return; /* a line has its ceiling */
	memmove(l->text + l->cursor + n, l->text + l->cursor, l->len - l->cursor + 1);
	memcpy(l->text + l->cursor, text, n);
	l->len += n;
	l->cursor += n;
}

static void insert_key(struct line *l, uint32_t key)
{
	char bytes[4];

	if (key == KEY_TAB || (key == KEY_ENTER && l->pasting))
		key = ' '; /* what is pasted runs nothing by itself */
	if (key >= 0x20 && key <= 0x10ffff && !(key >= 0x7f && key < 0xa0))
		insert(l, bytes, unicode_put(bytes, key));
}

/* From what is typed to another line of the history; what was typed waits behind the newest. */
static void recall(struct line *l, int step)
{
	const char *text;

	if ((step < 0 && !l->at) || (step > 0 && l->at == l->history_count))
		return;
	if (l->at == l->history_count)
		memcpy(l->typed, l->text, l->len + 1);
	l->at += (unsigned)step;
	text = l->at == l->history_count ? l->typed : l->history[l->at];
	l->len = strlen(text);
	memcpy(l->text, text, l->len + 1);
	l->cursor = l->len;
}

/* ---- completion -------------------------------------------------------------------------------------- */

static enum line_result complete(struct line *l)
{
	struct line_candidates *c = &l->candidates;
	size_t typed, common;

	candidates_clear(c);
	c->from = l->cursor;
	if (l->complete)
		l->complete(l->user, l->text, l->cursor, c);
	if (!c->count || c->from > l->cursor)
		return LINE_MORE;
	typed = l->cursor - c->from;
	common = strlen(c->text[0]);
	for (unsigned i = 1; i < c->count; i++) {
		size_t n = 0;

		while (n < common && c->text[i][n] == c->text[0][n])
			n++;
		common = n;
	}
	while (common && (c->text[0][common] & 0xc0) == 0x80)
		common--;
	if (common > typed || c->count == 1) {
		erase(l, c->from, l->cursor, false);
		insert(l, c->text[0], common);
		if (c->count == 1 && !c->open && l->text[l->cursor] != ' ')
			insert(l, " ", 1);
		return LINE_MORE;
	}
	return LINE_LIST;
}

void line_list(const struct line *l, unsigned columns, struct outbuf *o)
{
	const struct line_candidates *c = &l->candidates;
	unsigned widest = 1, across;

	for (unsigned i = 0; i < c->count; i++)
		if (strlen(c->text[i]) + 2 > widest)
			widest = (unsigned)strlen(c->text[i]) + 2;
	across = columns / widest ? columns / widest : 1;
	for (unsigned i = 0; i < c->count; i++) {
		outbuf_escaped(o, c->text[i], strlen(c->text[i]));
		if ((i + 1) % across == 0 || i + 1 == c->count)
			outbuf_str(o, "\r\n");
		else
			for (size_t n = strlen(c->text[i]); n < widest; n++)
				outbuf_char(o, ' ');
	}
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static bool moved(struct line *l, uint32_t key)
{
	switch (key) {
	case KEY_LEFT: case KEY_CTRL('b'): l->cursor = before(l, l->cursor); return true;
	case KEY_RIGHT: case KEY_CTRL('f'): l->cursor = behind(l, l->cursor); return true;
	case KEY_HOME: case KEY_CTRL('a'): l->cursor = 0; return true;
	case KEY_END: case KEY_CTRL('e'): l->cursor = l->len; return true;
	case KEY_LEFT | KEY_CONTROL: case KEY_ALT | 'b': l->cursor = word_before(l, l->cursor); return true;
	case KEY_RIGHT | KEY_CONTROL: case KEY_ALT | 'f': l->cursor = word_behind(l, l->cursor); return true;
	case KEY_UP: case KEY_CTRL('p'): recall(l, -1); return true;
	case KEY_DOWN: case KEY_CTRL('n'): recall(l, 1); return true;
	default: return false;
	}
}

static bool erased(struct line *l, uint32_t key)
{
	switch (key) {
	case KEY_BACKSPACE: erase(l, before(l, l->cursor), l->cursor, false); return true;
	case KEY_DELETE: case KEY_CTRL('d'): erase(l, l->cursor, behind(l, l->cursor), false); return true;
	case KEY_CTRL('w'): case KEY_ALT | KEY_BACKSPACE: erase(l, word_before(l, l->cursor), l->cursor, true); return true;
	case KEY_CTRL('u'): erase(l, 0, l->cursor, true); return true;
	case KEY_CTRL('k'): erase(l, l->cursor, l->len, true); return true;
	case KEY_ALT | 'd': erase(l, l->cursor, word_behind(l, l->cursor), true); return true;
	case KEY_CTRL('y'): insert(l, l->killed, strlen(l->killed)); return true;
	default: return false;
	}
}

enum line_result line_key(struct line *l, uint32_t key)
{
	if (key == KEY_PASTE || key == KEY_PASTE_END) {
		l->pasting = key == KEY_PASTE;
		return LINE_MORE;
	}
	if (l->pasting) {
		insert_key(l, key);
		return LINE_MORE;
	}
	if (key == KEY_CTRL('d') && !l->len)
		return LINE_END;
	if (moved(l, key) || erased(l, key))
		return LINE_MORE;
	switch (key) {
	case KEY_ENTER: return LINE_DONE;
	case KEY_CTRL('c'): return LINE_CANCELLED;
	case KEY_CTRL('l'): return LINE_CLEAR;
	case KEY_TAB: return complete(l);
	default: insert_key(l, key); return LINE_MORE;
	}
}

/* ---- the terminal -------------------------------------------------------------------------------------- */

static unsigned columns_of(const char *text, size_t len)
{
	unsigned total = 0;
	uint32_t c;

	for (size_t n; len; len -= n, text += n) {
		n = unicode_take(text, len, &c);
		total += unicode_columns(c);
	}
	return total;
}

void line_draw(const struct line *l, unsigned columns, struct outbuf *o)
{
	unsigned prompt = columns_of(l->prompt, strlen(l->prompt)), room = columns > prompt + 2 ? columns - prompt - 1 : 1,
		used = 0;
	size_t from = 0;
	uint32_t c;

	while (columns_of(l->text + from, l->cursor - from) > room)
		from = behind(l, from);
	outbuf_char(o, '\r');
	outbuf_str(o, l->prompt);
	for (size_t at = from, n; at < l->len; at += n) {
		n = unicode_take(l->text + at, l->len - at, &c);
		used += unicode_columns(c);
		if (used > room)
			break;
		outbuf_escaped(o, l->text + at, n);
	}
	outbuf_str(o, "\033[K");
	outbuf_printf(o, "\r\033[%uC", prompt + columns_of(l->text + from, l->cursor - from));
}

/* What the editor wants to say, in one write. */
static int show(struct line *l, int out, enum line_result result, struct errmsg *err)
{
	char bytes[32768];
	struct outbuf o;
	unsigned columns, rows;

	term_size(out, &columns, &rows);
	outbuf_fixed(&o, bytes, sizeof(bytes));
	if (result == LINE_LIST) {
		outbuf_str(&o, "\r\n");
		line_list(l, columns, &o);
	} else if (result == LINE_CLEAR) {
		outbuf_str(&o, "\033[H\033[2J");
	}
	line_draw(l, columns, &o);
	if (result == LINE_DONE || result == LINE_END)
		outbuf_str(&o, "\r\n");
	else if (result == LINE_CANCELLED)
		outbuf_str(&o, "^C\r\n");
	return io_write_all(out, bytes, outbuf_len(&o), "terminal", err);
}

static bool goes_on(enum line_result r)
{
	return r == LINE_MORE || r == LINE_LIST || r == LINE_CLEAR;
}

/* Keys that came behind Enter stay in l->keys for the next line. */
static int read_keys(struct line *l, int in, int out, struct errmsg *err)
{
	enum line_result r = LINE_MORE;
	uint8_t bytes[32];

	while (goes_on(r)) {
		bool idle = l->keys.n && !term_wait(in, KEYS_WAIT_MS);
		uint32_t key = keys_next(&l->keys, idle);
		ssize_t n;

		if (key == KEY_CTRL('z')) {
			raise(SIGTSTP); /* term.c gives the terminal back until it goes on */
			r = LINE_MORE;
		} else if (key) {
			r = line_key(l, key);
		}
		if (key) {
			if (show(l, out, r, err))
				return NW_ESYS;
			continue;
		}
		if (term_changed() && show(l, out, LINE_MORE, err))
			return NW_ESYS;
		if (!term_wait(in, -1))
			continue;
		n = read(in, bytes, sizeof(l->keys.bytes) - l->keys.n < sizeof(bytes) ? sizeof(l->keys.bytes) - l->keys.n :
			 sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return LINE_END;
		keys_feed(&l->keys, bytes, (size_t)n);
	}
	return (int)r;
}

int line_read(struct line *l, int in, int out, const char *prompt, struct errmsg *err)
{
	int rc = term_begin(in, out, TERM_RAW, err);

	if (rc)
		return rc;
	line_start(l, prompt);
	rc = show(l, out, LINE_MORE, err);
	if (!rc)
		rc = read_keys(l, in, out, err);
	term_end();
	if (rc == LINE_DONE)
		line_history_add(l, l->text);
	return rc;
}
