/* SPDX-License-Identifier: MIT */
/*
 * One line of input with editing, history and completion.
 *
 *	Left Right Home End, Ctrl-B F A E      move            Backspace Delete Ctrl-D     delete a character
 *	Ctrl-Left/Right, Alt-B F               by words        Ctrl-W U K, Alt-D           delete a word, to the start, to the end
 *	Up Down, Ctrl-P N                      history         Ctrl-Y                      what was deleted last comes back
 *	Tab                                    completion      Ctrl-L                      clear the screen
 *	Enter done, Ctrl-C cancel the line, Ctrl-D on an empty line: the end
 *
 * line_key() is the editor without a terminal; line_read() drives it with one. The line is shown in one row of the terminal; a
 * longer one scrolls sideways.
 */
#ifndef TERM_LINE_H
#define TERM_LINE_H

#include "base/errmsg.h"
#include "base/outbuf.h"
#include "term/keys.h"

#include <stdbool.h>

enum { LINE_MAX_BYTES = 4096, LINE_CANDIDATES_MAX = 512, HISTORY_LINES_MAX = 1000 };

/* What may stand in place of the word that begins at `from` (bytes into the line) and ends at the cursor. */
struct line_candidates {
	size_t from;
	unsigned count;                       /* those beyond the ceiling are left out */
	char *text[LINE_CANDIDATES_MAX];      /* owned; line_candidate_add copies */
	bool open;                            /* the word may go on: no blank behind a single one */
};
void line_candidate_add(struct line_candidates *c, const char *text);

typedef void line_complete_fn(void *user, const char *text, size_t cursor, struct line_candidates *c);

struct line;

/* `complete` may be NULL. NULL: no memory. */
struct line *line_new(line_complete_fn *complete, void *user);
void line_free(struct line *l); /* NULL is fine */

/* History, oldest first: read from `path` (a file that is not there is an empty one) and, line by line, appended to it with
 * mode 0600, at most HISTORY_LINES_MAX. Errors are told once and history goes on in memory. */
int line_history_open(struct line *l, const char *path, struct errmsg *err);
/* Blank lines, lines that begin with a blank and repetitions of the last one are not kept. */
void line_history_add(struct line *l, const char *text);

enum line_result { LINE_MORE, LINE_DONE, LINE_CANCELLED, LINE_END, LINE_LIST /* Tab: see line_list */, LINE_CLEAR };

/* Begins an empty line. */
void line_start(struct line *l, const char *prompt);
enum line_result line_key(struct line *l, uint32_t key);
/* The line so far; *cursor (may be NULL) in bytes. */
const char *line_text(const struct line *l, size_t *cursor);
/* The row of the terminal, from its first column, for one of `columns`. */
void line_draw(const struct line *l, unsigned columns, struct outbuf *o);
/* The candidates of the last Tab in columns. */
void line_list(const struct line *l, unsigned columns, struct outbuf *o);

/* A whole line from the terminal at `in`, echoed to `out`. LINE_DONE (line_text() has it, the history too), LINE_CANCELLED,
 * LINE_END, or a negative enum nw_err. */
int line_read(struct line *l, int in, int out, const char *prompt, struct errmsg *err);

#endif
