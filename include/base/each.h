/* SPDX-License-Identifier: MIT */
/*
 * Tables whose rows become several arrays. EACH(macro, context, rows) calls the macro for each row, which is a list in
 * parentheses:
 *
 *	#define LENGTH(context, number, name) + sizeof(name)
 *	EACH(LENGTH, , (1, "one"), (2, "two"))   is   + sizeof("one") + sizeof("two")
 *
 * So the names of a table can be one string and its numbers one array, side by side in the source, and no row needs a
 * pointer: at eight bytes each, thousands of them were a seventh of the binary. Up to 340 rows; a comma may follow the
 * last one. A macro that wants macros within a row expanded hands on: #define M(...) M_(__VA_ARGS__).
 */
#ifndef BASE_EACH_H
#define BASE_EACH_H

#define EACH(macro, context, ...) EACH_4(EACH_ROW(macro, context, __VA_ARGS__))
/* No macro expands within itself, so that the next row waits for one of the scans that EACH_4 makes. */
#define EACH_ROW(macro, context, row, ...) \
	macro(context, EACH_OPEN row) __VA_OPT__(EACH_AGAIN EACH_PARENTHESES (macro, context, __VA_ARGS__))
#define EACH_AGAIN() EACH_ROW
#define EACH_PARENTHESES ()
#define EACH_OPEN(...) __VA_ARGS__
#define EACH_4(...) EACH_3(EACH_3(EACH_3(EACH_3(__VA_ARGS__))))
#define EACH_3(...) EACH_2(EACH_2(EACH_2(EACH_2(__VA_ARGS__))))
#define EACH_2(...) EACH_1(EACH_1(EACH_1(EACH_1(__VA_ARGS__))))
#define EACH_1(...) EACH_0(EACH_0(EACH_0(EACH_0(__VA_ARGS__))))
#define EACH_0(...) __VA_ARGS__

#endif
