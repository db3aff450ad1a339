/* SPDX-License-Identifier: MIT */
/*
 * Keys out of the bytes of a terminal, whatever pieces they come in. A key is one number: a character of Unicode, a control
 * as its code (KEY_CTRL('a') is 1; Enter 13, Tab 9, Escape 27, Backspace 127), or one of the names below; modifiers are bits.
 *
 *	keys_feed(&k, bytes, n);
 *	while ((key = keys_next(&k, false)))
 *		...
 *
 * A lone Escape is the beginning of every other key. When nothing has followed for KEYS_WAIT_MS, keys_next(&k, true) gives it.
 */
#ifndef TERM_KEYS_H
#define TERM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_CTRL(letter) ((letter) & 0x1f)

enum {
	KEY_TAB = 9,
	KEY_ENTER = 13,          /* a line feed too */
	KEY_ESCAPE = 27,
	KEY_BACKSPACE = 127,     /* Ctrl-H too */
	KEY_UP = 0x110000, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_HOME, KEY_END, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_INSERT, KEY_DELETE,
	KEY_BACKTAB,
	KEY_F1, KEY_F12 = KEY_F1 + 11,
	KEY_PASTE, KEY_PASTE_END, /* what is between them was pasted */
	KEY_UNKNOWN,             /* a sequence that is none of these */
	KEY_SHIFT = 1 << 24, KEY_ALT = 1 << 25, KEY_CONTROL = 1 << 26, /* with the named ones; ALT with characters too */
	KEYS_WAIT_MS = 50
};

struct keys {
	uint8_t bytes[64];
	unsigned n;
};

/* Takes as many bytes as there is room for (all, when keys_next was called until it gave 0). Returns how many. */
size_t keys_feed(struct keys *k, const void *data, size_t len);
/* The next key, 0 when there is none that is whole. `idle`: nothing has come for a while, what is begun will not go on. */
uint32_t keys_next(struct keys *k, bool idle);

#endif
