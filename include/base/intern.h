/* SPDX-License-Identifier: MIT */
/*
 * Texts that are kept once: names that thousands of records share. A text has a number that does not change; texts are never
 * forgotten, up to a ceiling of bytes, beyond which there are no new ones.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern {
	char *bytes;              /* the texts, each with a NUL behind it; [0] is not used */
	uint32_t used, room, ceiling;
	uint32_t *slot;           /* open addressing: a text's place in `bytes`; 0: free */
	uint32_t slots, count;    /* slots: power of two */
	uint64_t refused;         /* texts that came at the ceiling */
};

/* All zero works too; then the ceiling is 16 MiB. */
void intern_init(struct intern *t, uint32_t ceiling_bytes);
void intern_release(struct intern *t);
/* The number of these bytes, a NUL in them ends them; 0: empty, at the ceiling, or no memory. */
uint32_t intern_put(struct intern *t, const void *text, size_t len);
/* NUL-terminated, until the next intern_put(); NULL for 0. */
const char *intern_get(const struct intern *t, uint32_t number);
size_t intern_bytes(const struct intern *t);

#endif
