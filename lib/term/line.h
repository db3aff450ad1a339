/* SPDX-License-Identifier: MIT */
/* What the editor and its history share. */
#ifndef TERM_LINE_PRIVATE_H
#define TERM_LINE_PRIVATE_H

#include "term/line.h"

struct line {
	line_complete_fn *complete;
	void *user;
	const char *prompt;
	char text[LINE_MAX_BYTES], typed[LINE_MAX_BYTES], killed[LINE_MAX_BYTES];
	size_t len, cursor;
	bool pasting;
	struct keys keys;
	struct line_candidates candidates;
	unsigned at;              /* the line of the history that is shown; history_count: what was typed */

	char *history[HISTORY_LINES_MAX];
	unsigned history_count;
	char *path;               /* NULL: not kept in a file */
};

void line_history_release(struct line *l);

#endif
