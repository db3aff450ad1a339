/* SPDX-License-Identifier: MIT */
/* Bytes of a terminal: keys at any split, into a line with history and completion, drawn; foreign text into a grid. */
#include "base/unicode.h"
#include "term/grid.h"
#include "term/line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void offer(void *user, const char *text, size_t cursor, struct line_candidates *c)
{
	(void)user;
	c->from = cursor;
	while (c->from && text[c->from - 1] != ' ')
		c->from--;
	for (unsigned i = 0; i < cursor % 4; i++)
		line_candidate_add(c, i ? "stats" : "st\303\244te");
}

static void edit(const uint8_t *data, size_t size, size_t piece)
{
	static char drawn[32768];
	struct line *l = line_new(offer, NULL);
	struct keys k = { .n = 0 };
	struct outbuf o;
	uint32_t key;
	size_t cursor;

	assert(l);
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		assert(keys_feed(&k, data + at, n) == n);
		while ((key = keys_next(&k, false))) {
			if (line_key(l, key) == LINE_DONE) {
				line_history_add(l, line_text(l, NULL));
				line_start(l, "> ");
			}
			assert(strlen(line_text(l, &cursor)) < LINE_MAX_BYTES && cursor <= strlen(line_text(l, NULL)));
		}
	}
	while ((key = keys_next(&k, true)))
		line_key(l, key);
	assert(!k.n);
	outbuf_fixed(&o, drawn, sizeof(drawn));
	line_draw(l, 40, &o);
	line_list(l, 40, &o);
	for (const char *p = drawn; p < o.pos; p++) /* the only controls are the editor's own */
		assert((uint8_t)*p >= 0x20 || *p == '\r' || *p == '\n' || (*p == '\033' && p[1] == '['));
	line_free(l);
}

static void draw(const uint8_t *data, size_t size)
{
	static char text[1024], shown[65536];
	struct grid g = { .colour = true };
	struct outbuf o;

	if (grid_resize(&g, 20, 4, NULL))
		return;
	for (size_t at = 0; at < size; at += 50) {
		size_t n = size - at < 50 ? size - at : 50;

		memcpy(text, data + at, n);
		text[n] = '\0';
		grid_text(&g, data[at] % 24, data[at] % 5, data[at] % 30, data[at], text);
		outbuf_fixed(&o, shown, sizeof(shown));
		grid_put(&g, &o);
		assert(!o.cut);
	}
	for (unsigned i = 0; i < g.columns * g.rows; i++)
		assert(!g.cells[i].c || (g.cells[i].c >= 0x20 && !(g.cells[i].c >= 0x7f && g.cells[i].c < 0xa0)));
	grid_release(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1) {
		edit(data + 1, size - 1, 1 + data[0] % 60);
		draw(data + 1, size - 1);
	}
	return 0;
}
