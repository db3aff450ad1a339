/* SPDX-License-Identifier: MIT */
/* Characters of UTF-8 and the columns that a terminal gives them. */
#ifndef BASE_UNICODE_H
#define BASE_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* The character at text[0..len), len > 0: its bytes (1 to 4), and the character in *c. A byte that begins no whole, valid
 * sequence is one of its own, U+FFFD. */
size_t unicode_take(const char *text, size_t len, uint32_t *c);
/* Appends the UTF-8 of `c` (at most U+10FFFF) to out[4]; returns its bytes. */
size_t unicode_put(char out[4], uint32_t c);
/* 0 (combining), 1 or 2. Controls count as 1: they must not reach a terminal anyway. */
unsigned unicode_columns(uint32_t c);

#endif
