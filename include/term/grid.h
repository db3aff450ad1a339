/* SPDX-License-Identifier: MIT */
/*
 * A screen of character cells. Everything is drawn into the grid; grid_put() compares it with what the terminal shows and
 * writes the difference, so that a frame is one write and nothing flickers. It needs no terminal: tests read the cells.
 *
 * Foreign text is harmless here: a cell never holds a control, it holds '?' instead.
 */
#ifndef TERM_GRID_H
#define TERM_GRID_H

#include "base/errmsg.h"
#include "base/outbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* A style: a colour of the terminal's eight (0: its own, 1 red … 7 white), the same behind it, and attributes. What it says
 * must be readable without the colours. */
#define GRID_FG(colour) ((colour) & 7)
#define GRID_BG(colour) (((colour) & 7) << 3)
enum {
	GRID_RED = 1, GRID_GREEN, GRID_YELLOW, GRID_BLUE, GRID_MAGENTA, GRID_CYAN, GRID_WHITE,
	GRID_BOLD = 1 << 6, GRID_DIM = 1 << 7, GRID_UNDERLINE = 1 << 8, GRID_REVERSE = 1 << 9
};

enum { GRID_COLUMNS_MAX = 1000, GRID_ROWS_MAX = 1000 };

struct cell {
	uint32_t c;      /* 0: the right half of a wide character */
	uint16_t style;
};

struct grid {
	unsigned columns, rows;
	struct cell *cells;  /* what is drawn: rows * columns */
	struct cell *shown;  /* what the terminal has */
	bool whole;          /* it is not known what it has */
	bool colour;         /* else styles are attributes only */
};

/* Zero the struct first. Contents are blank afterwards and all is written the next time. NW_ELIMIT: no memory, the grid is
 * as it was. Sizes beyond the ceilings are cut. */
int grid_resize(struct grid *g, unsigned columns, unsigned rows, struct errmsg *err);
void grid_release(struct grid *g);
void grid_clear(struct grid *g);
/* The terminal's contents are not known any more (it was stopped, or somebody else wrote). */
void grid_forget(struct grid *g);

/* UTF-8 from (x, y) on, at most `room` columns of it, cut with '…'. Returns the columns used. What lies outside is left out. */
unsigned grid_text(struct grid *g, unsigned x, unsigned y, unsigned room, unsigned style, const char *text);
/* The same flush right in `room` columns. */
void grid_right(struct grid *g, unsigned x, unsigned y, unsigned room, unsigned style, const char *text);
void grid_fill(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned rows, uint32_t c, unsigned style);
/* A bar of up to `columns` columns for `share` (0 to 1), in eighths of a column. */
void grid_bar(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned style, double share);
/* Gives what lies in this place another style. */
void grid_style(struct grid *g, unsigned x, unsigned y, unsigned columns, unsigned style);

/* The bytes that make the terminal show the grid; it then does. */
void grid_put(struct grid *g, struct outbuf *o);
/* A row as text without styles and blanks at its end, for tests and terminals that can do nothing. */
void grid_row(const struct grid *g, unsigned y, struct outbuf *o);

#endif
