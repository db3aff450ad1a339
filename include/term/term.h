/* SPDX-License-Identifier: MIT */
/*
 * The terminal, in the state a screen or a line editor needs, and back in its own on every way out: term_end(), exit(), a
 * signal that ends the process, a crash; Ctrl-Z gives it back until the process goes on. One terminal per process.
 */
#ifndef TERM_TERM_H
#define TERM_TERM_H

#include "base/errmsg.h"

#include <stdbool.h>

enum term_mode {
	TERM_RAW = 0,     /* keys come one by one and are not echoed; Ctrl-C and Ctrl-Z are keys too */
	TERM_SCREEN = 1,  /* besides, the alternate screen without a cursor */
	TERM_SIGNALS = 2  /* Ctrl-C and Ctrl-Z stay signals */
};

/* `in` and `out` are descriptors of the terminal and stay the caller's. Nesting is not possible: the second call changes the
 * mode. NW_EINPUT if `in` is no terminal. */
int term_begin(int in, int out, unsigned mode, struct errmsg *err);
/* Harmless when nothing was begun. */
void term_end(void);
/* Columns and rows of the terminal at `fd`: as it says, else by COLUMNS and LINES, else 80 x 24; 1 to 1000 each. */
void term_size(int fd, unsigned *columns, unsigned *rows);
/* Has its size changed since this was asked last, or has the process been stopped and gone on? Then all must be drawn. */
bool term_changed(void);
/* Waits for a byte to read at `in`: 1, 0 after timeout_ms (-1: none), or when a signal came. */
int term_wait(int in, int timeout_ms);

#endif
