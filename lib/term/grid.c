/* SPDX-License-Identifier: MIT */
#include "term/grid.h"
#include "base/unicode.h"

#include <stdlib.h>
#include <string.h>

static struct cell *cell_at(const struct grid *g, unsigned x, unsigned y)
{
	return g->cells + (size_t)y * g->columns + x;
}

static bool same(const struct cell *a, const struct cell *b)
{
	return a->c == b->c && a->style == b->style;
}

int grid_resize(struct grid *g, unsigned columns, unsigned rows, struct errmsg *err)
{
	struct cell *cells;

	columns = columns > GRID_COLUMNS_MAX ? GRID_COLUMNS_MAX : columns ? columns : 1;
	rows = rows > GRID_ROWS_MAX ? GRID_ROWS_MAX : rows ? rows : 1;
	cells = calloc((size_t)columns * rows * 2, sizeof(*cells));
	if (!cells)
		return errmsg_set(err, NW_ELIMIT, "no memory for a screen of %u x %u", columns, rows);
	free(g->cells);
	g->cells = cells;
	g->shown = cells + (size_t)columns * rows;
	g->columns = columns;
	g->rows = rows;
	g->whole = true;
	grid_clear(g);
	return 0;
}

void grid_release(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){ 0 };
}

void grid_clear(struct grid *g)
{
	grid_fill(g, 0, 0, g->columns, g->rows, ' ', 0);
}

void grid_forget(struct grid *g)
{
	g->whole = true;
}

void grid_fill(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned rows, uint32_t c, unsigned style)
{
	for (unsigned j = y; j < g->rows && j - y < rows; j++)
		for (unsigned i = x; i < g->columns && i - x < columns; i++)
			*cell_at(g, i, j) = (struct cell){ c, (uint16_t)style };
}

void grid_style(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned style)
{
	for (unsigned i = x; y < g->rows && i < g->columns && i - x < columns; i++)
		cell_at(g, i, y)->style = (uint16_t)style;
}

/* Columns of a text as the grid shows it. */
static unsigned text_columns(const char *text)
{
	unsigned total = 0;
	uint32_t c;

	for (size_t left = strlen(text), n; left; left -= n, text += n) {
		n = unicode_take(text, left, &c);
		total += unicode_columns(c);
	}
	return total;
}

/* One character; a wide one in the last column does not fit, a combining one is left out. */
static unsigned put_character(struct grid *g, unsigned x, unsigned y, unsigned room, unsigned style, uint32_t c)
{
	unsigned columns = unicode_columns(c);

	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		c = '?';
	if (!columns || columns > room)
		return 0;
	if (x && !cell_at(g, x, y)->c) /* nothing keeps half of a wide one */
		cell_at(g, x - 1, y)->c = ' ';
	if (x + columns < g->columns && !cell_at(g, x + columns, y)->c)
		cell_at(g, x + columns, y)->c = ' ';
	*cell_at(g, x, y) = (struct cell){ c, (uint16_t)style };
	if (columns == 2)
		*cell_at(g, x + 1, y) = (struct cell){ 0, (uint16_t)style };
	return columns;
}

unsigned grid_text(struct grid *g, unsigned x, unsigned y, unsigned room, unsigned style, const char *text)
{
	bool cut;
	unsigned used = 0;
	uint32_t c;

	if (y >= g->rows || x >= g->columns)
		return 0;
	if (room > g->columns - x)
		room = g->columns - x;
	cut = text_columns(text) > room;
	for (size_t left = strlen(text), n; left && used < room; left -= n, text += n) {
		n = unicode_take(text, left, &c);
		if (cut && used + unicode_columns(c) + 1 > room) {
			used += put_character(g, x + used, y, room - used, style, 0x2026);
			break;
		}
		used += put_character(g, x + used, y, room - used, style, c);
	}
	return used;
}

void grid_right(struct grid *g, unsigned x, unsigned y, unsigned room, unsigned style, const char *text)
{
	unsigned columns = text_columns(text);

	if (columns < room) {
		x += room - columns;
		room = columns;
	}
	grid_text(g, x, y, room, style, text);
}

void grid_bar(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned style, double share)
{
	unsigned eighths = (unsigned)((share < 0 ? 0 : share > 1 ? 1 : share) * columns * 8 + 0.5);

	for (unsigned i = 0; eighths && x + i < g->columns && y < g->rows; i++) {
		unsigned part = eighths > 8 ? 8 : eighths;

		*cell_at(g, x + i, y) = (struct cell){ 0x2590 - part, (uint16_t)style }; /* U+2588 is full, U+258F an eighth */
		eighths -= part;
	}
}

static void put_style(const struct grid *g, struct outbuf *o, unsigned style)
{
	outbuf_str(o, "\033[0");
	if (style & GRID_BOLD)
		outbuf_str(o, ";1");
	if (style & GRID_DIM)
		outbuf_str(o, ";2");
	if (style & GRID_UNDERLINE)
		outbuf_str(o, ";4");
	if (style & GRID_REVERSE)
		outbuf_str(o, ";7");
	if (g->colour && style & 7)
		outbuf_printf(o, ";3%u", style & 7);
	if (g->colour && style >> 3 & 7)
		outbuf_printf(o, ";4%u", style >> 3 & 7);
	outbuf_char(o, 'm');
}

static void put_character_bytes(struct outbuf *o, uint32_t c)
{
	char bytes[4];

	outbuf_bytes(o, bytes, unicode_put(bytes, c));
}

void grid_put(struct grid *g, struct outbuf *o)
{
	unsigned style = 0, at_x = 0, at_y = g->rows; /* where the cursor is; nowhere */
	bool styled = false;

	if (g->whole)
		outbuf_str(o, "\033[0m\033[2J");
	for (unsigned y = 0; y < g->rows; y++)
		for (unsigned x = 0; x < g->columns; x++) {
			struct cell *want = cell_at(g, x, y), *have = g->shown + (want - g->cells);
			bool wide = x + 1 < g->columns && !want[1].c;

			if (g->whole ? want->c == ' ' && !want->style : same(want, have) &&
			    (!wide || same(want + 1, have + 1)))
				continue;
			if (!want->c)
				continue; /* goes with its left half */
			if (at_x != x || at_y != y)
				outbuf_printf(o, "\033[%u;%uH", y + 1, x + 1);
			if (!styled || style != want->style)
				put_style(g, o, want->style);
			styled = true;
			style = want->style;
			put_character_bytes(o, want->c);
			at_y = y;
			at_x = x + (wide ? 2 : 1);
		}
	if (styled)
		outbuf_str(o, "\033[0m");
	memcpy(g->shown, g->cells, (size_t)g->columns * g->rows * sizeof(*g->cells));
	g->whole = false;
}

void grid_row(const struct grid *g, unsigned y, struct outbuf *o)
{
	unsigned end = g->columns;

	while (end && cell_at(g, end - 1, y)->c == ' ')
		end--;
	for (unsigned x = 0; x < end; x++)
		if (cell_at(g, x, y)->c)
			put_character_bytes(o, cell_at(g, x, y)->c);
}
