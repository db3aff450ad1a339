/* SPDX-License-Identifier: MIT */
/*
 * A series: items numbered from 0 in the order they come, of which the newest are
 * kept. They lie in chunks, so that an item never moves and the oldest chunk can
 * go when there are too many.
 *
 *	number  0 ....... first ................ next
 *	        forgotten |chunk|chunk|chunk|chu
 */
#ifndef BASE_SERIES_H
#define BASE_SERIES_H

#include <stddef.h>
#include <stdint.h>

enum { SERIES_CHUNK = 1024 }; /* items */

struct series {
	uint8_t **chunk;       /* chunk n is at n % ceiling */
	uint32_t first, end;   /* chunks [first..end) may be there, the others are forgotten or not begun */
	uint32_t ceiling;      /* chunks */
	uint32_t item_bytes;
};

/* For at most about `ceiling` items (whole chunks) of `item_bytes` each. */
void series_init(struct series *s, size_t item_bytes, uint32_t ceiling);
void series_release(struct series *s);

/* The item of this number, zeroed when it is new. NULL: it is forgotten, beyond the ceiling
 * (series_full(): drop the oldest first), or there is no memory. Numbers may be left out. */
void *series_item(struct series *s, uint32_t number);
/* The same, but NULL when nothing of its chunk was ever asked for. */
void *series_peek(const struct series *s, uint32_t number);
/* Would this number go beyond the ceiling? Then the items from series_first() on, SERIES_CHUNK of them, are the oldest. */
int series_full(const struct series *s, uint32_t number);
uint32_t series_first(const struct series *s);
/* Forgets the oldest chunk. */
void series_drop(struct series *s);
/* Bytes it holds. */
size_t series_bytes(const struct series *s);

#endif
