/* SPDX-License-Identifier: MIT */
/*
 * Numbers that have names: the types of a message, the flags of a header.
 *
 *	static NAMED_VALUES(opcodes, (1, "request"), (2, "reply"));
 *	named_value(&opcodes, 2) is "reply"
 *
 * There are some two thousand of them in the binary; so the names are one string, each with its NUL, and no entry has a
 * pointer. A look-up goes through all of them, which is for text that people read and for filters while they are made.
 */
#ifndef DECODE_NAMED_VALUES_H
#define DECODE_NAMED_VALUES_H

#include "base/each.h"

#include <stdbool.h>
#include <stdint.h>

struct named_values {
	const char *names;
	uint16_t count;
	bool wide;         /* a value is two of `values`, the upper half first */
	uint16_t values[];
};

/* Defines `table`; NAMED_WIDE_VALUES() where a number needs more than 16 bits. */
#define NAMED_VALUES(table, ...) \
	const struct named_values table = { .names = EACH(NAMED_VALUE_NAME, , __VA_ARGS__), \
		.count = EACH(NAMED_VALUE_ONE, , __VA_ARGS__), .values = { EACH(NAMED_VALUE_NUMBER, , __VA_ARGS__) } }
#define NAMED_WIDE_VALUES(table, ...) \
	const struct named_values table = { .names = EACH(NAMED_VALUE_NAME, , __VA_ARGS__), .wide = true, \
		.count = EACH(NAMED_VALUE_ONE, , __VA_ARGS__), .values = { EACH(NAMED_VALUE_HALVES, , __VA_ARGS__) } }
#define NAMED_VALUE_NAME(...) NAMED_VALUE_NAME_(__VA_ARGS__)
#define NAMED_VALUE_NAME_(context, value, name) name "\0"
#define NAMED_VALUE_ONE(...) + 1
#define NAMED_VALUE_NUMBER(...) NAMED_VALUE_NUMBER_(__VA_ARGS__)
#define NAMED_VALUE_NUMBER_(context, value, name) value,
#define NAMED_VALUE_HALVES(...) NAMED_VALUE_HALVES_(__VA_ARGS__)
#define NAMED_VALUE_HALVES_(context, value, name) (uint32_t)(value) >> 16, (value) & 0xffff,

/* The first name of a value; NULL if it has none, or if there is no table. */
const char *named_value(const struct named_values *table, uint64_t value);

/* Goes through a table (NULL: an empty one) from a zeroed struct: for (struct named_value n = { 0 }; named_values_next(table, &n);) */
struct named_value {
	const char *name;
	uint32_t value;
	uint32_t place; /* of the next */
};
bool named_values_next(const struct named_values *table, struct named_value *n);

#endif
