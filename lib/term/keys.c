/* SPDX-License-Identifier: MIT */
/*
 * The sequences are those of ECMA-48 as xterm, the Linux console, tmux and their like send them:
 *
 *	ESC [ A        ESC O A        ESC [ 1 ; 5 A      ESC [ 5 ~      ESC [ 5 ; 2 ~      ESC a (Alt)
 */
#include "term/keys.h"
#include "base/unicode.h"

#include <string.h>

enum { ESC = 27, PARAMETERS = 3 };

size_t keys_feed(struct keys *k, const void *data, size_t len)
{
	size_t room = sizeof(k->bytes) - k->n;

	if (len > room)
		len = room;
	memcpy(k->bytes + k->n, data, len);
	k->n += (unsigned)len;
	return len;
}

static uint32_t by_letter(uint8_t letter)
{
	switch (letter) {
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return KEY_RIGHT;
	case 'D': return KEY_LEFT;
	case 'H': return KEY_HOME;
	case 'F': return KEY_END;
	case 'Z': return KEY_BACKTAB;
	case 'P': case 'Q': case 'R': case 'S': return KEY_F1 + (letter - 'P');
	default: return KEY_UNKNOWN;
	}
}

static uint32_t by_number(unsigned n)
{
	static const uint32_t pad[] = { 0, KEY_HOME, KEY_INSERT, KEY_DELETE, KEY_END, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME,
					KEY_END };

	if (n && n < sizeof(pad) / sizeof(*pad))
		return pad[n];
	if (n >= 11 && n <= 15)
		return KEY_F1 + (n - 11);
	if (n >= 17 && n <= 21)
		return KEY_F1 + 5 + (n - 17);
	if (n == 23 || n == 24)
		return KEY_F1 + 10 + (n - 23);
	return n == 200 ? KEY_PASTE : n == 201 ? KEY_PASTE_END : KEY_UNKNOWN;
}

/* xterm's parameter is 1 + a bit for each. */
static uint32_t modifiers(unsigned parameter)
{
	unsigned bits = parameter ? parameter - 1 : 0;

	return (bits & 1 ? KEY_SHIFT : 0) | (bits & 2 ? KEY_ALT : 0) | (bits & 4 ? KEY_CONTROL : 0);
}

/* Behind "ESC [": 0 when the end is not there yet; *used counts from p. */
static uint32_t control_sequence(const uint8_t *p, unsigned n, unsigned *used)
{
	unsigned parameter[PARAMETERS] = { 0 }, at = 0, i = 0;
	uint32_t key;

	if (n && *p == '[') { /* the Linux console: F1 is ESC [ [ A */
		*used = 2;
		return n < 2 ? 0 : p[1] >= 'A' && p[1] <= 'E' ? KEY_F1 + (uint32_t)(p[1] - 'A') : KEY_UNKNOWN;
	}
	for (; i < n && p[i] >= 0x20 && p[i] < 0x40; i++) {
		if (p[i] == ';')
			at++;
		else if (p[i] >= '0' && p[i] <= '9' && at < PARAMETERS && parameter[at] < 1000)
			parameter[at] = parameter[at] * 10 + (p[i] - '0');
	}
	*used = i + 1;
	if (i == n)
		return 0;
	key = p[i] == '~' ? by_number(parameter[0]) : by_letter(p[i]);
	return key == KEY_UNKNOWN ? key : key | modifiers(parameter[1]);
}

static uint32_t plain(const uint8_t *p, unsigned n, bool idle, unsigned *used)
{
	unsigned need = *p < 0xc2 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 1;
	uint32_t c;

	if (n < need && !idle)
		return 0;
	*used = (unsigned)unicode_take((const char *)p, n, &c);
	return c == 8 ? KEY_BACKSPACE : c == '\n' ? KEY_ENTER : c ? c : KEY_UNKNOWN;
}

static uint32_t decode(const uint8_t *p, unsigned n, bool idle, unsigned *used)
{
	uint32_t key;

	if (*p != ESC)
		return plain(p, n, idle, used);
	if (n == 1 || p[1] == ESC) {
		*used = 1;
		return n == 1 && !idle ? 0 : KEY_ESCAPE;
	}
	if (p[1] == '[' || p[1] == 'O') {
		key = p[1] == '[' ? control_sequence(p + 2, n - 2, used) : n > 2 ? by_letter(p[2]) : 0;
		*used = p[1] == '[' ? *used + 2 : 3;
		if (key)
			return key;
		*used = n; /* a sequence that stops in the middle: what came is dropped */
		return idle || n == sizeof(((struct keys *)0)->bytes) ? n == 2 ? KEY_ALT | p[1] : KEY_UNKNOWN : 0;
	}
	key = plain(p + 1, n - 1, idle, used);
	*used += 1;
	return key ? key | KEY_ALT : 0;
}

uint32_t keys_next(struct keys *k, bool idle)
{
	unsigned used = 0;
	uint32_t key = k->n ? decode(k->bytes, k->n, idle, &used) : 0;

	if (!key)
		return 0;
	k->n -= used;
	memmove(k->bytes, k->bytes + used, k->n);
	return key;
}
