/* SPDX-License-Identifier: MIT */
/*
 * What an object of a request or of the configuration must look like: a table, one row per member. The table checks a
 * parsed value into a C struct before any handler sees it, fills in what is absent, and prints the documentation.
 *
 *	static const struct shape_row rows[] = {
 *		SHAPE_STRING("interface", struct ask, interface, NULL, "capture on this interface", .required = true),
 *		SHAPE_SIZE("segment_bytes", struct ask, segment_bytes, "64M", 65536, 0, "size of a file"),
 *		SHAPE_END
 *	};
 *
 * Text means what it means on the command line (base/text.h): "64M", "5m", "2026-11-20T12:03:07". Numbers are taken
 * too: bytes, seconds, seconds since 1970. Absent and null are the same: the member gets the row's preset, parsed by
 * the same code; a row without one leaves it 0, NULL, false.
 *
 * Strings are borrowed from the document (and presets from the table), so the document lives as long as the struct.
 *
 * Booleans are also yes, no, on and off; a list of one text may be written without brackets. Two measures: in a request
 * unknown members are ignored (but see shape_names) and the first complaint ends it; in a configuration an unknown member
 * is an error with the nearest name, and all complaints are gathered, each with file and line.
 */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include "base/errmsg.h"
#include "base/json.h"
#include "base/jsonout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "whole": an unsigned or signed integer of any size (a bool for CHOICE); the row knows its size. */
enum shape_type {
	SHAPE_TYPE_END,
	SHAPE_TYPE_BOOL,     /* bool; `invert`: the opposite is stored */
	SHAPE_TYPE_U64,      /* whole, min to max (0: what fits) */
	SHAPE_TYPE_SIZE,     /* whole: bytes, likewise */
	SHAPE_TYPE_PERCENT,  /* double 0 to 100: 12.5, "12.5%" */
	SHAPE_TYPE_REAL,     /* double, min to max (0: no ceiling) */
	SHAPE_TYPE_DURATION, /* int64_t ns; min and max are ns */
	SHAPE_TYPE_TIME,     /* int64_t ns since 1970 */
	SHAPE_TYPE_STRING,   /* const char *, min to max bytes (0: 4096) */
	SHAPE_TYPE_TEXT,     /* char[n], a copy; min to max bytes (0: n - 1) */
	SHAPE_TYPE_CHOICE,   /* whole: index into the blank-separated `choices` */
	SHAPE_TYPE_OCTAL,    /* whole: a file mode, "0660" */
	SHAPE_TYPE_STRINGS,  /* const char *[max], number in the unsigned at `count` */
	SHAPE_TYPE_TEXTS,    /* char[max][n], likewise, copies */
	SHAPE_TYPE_OBJECT,   /* a struct within: `sub` */
	SHAPE_TYPE_LIST,     /* array of `max` structs of `stride` bytes, number at `count`: `sub` */
	SHAPE_TYPE_VALUE     /* const struct json_value *, unchecked */
};

struct shape_row {
	const char *name;
	uint8_t type;
	bool required;
	bool invert;              /* BOOL: a member that says no_… */
	size_t offset, size;      /* of the member */
	size_t count;             /* lists: offset of the unsigned with their number */
	size_t stride;            /* LIST, TEXTS: bytes per element */
	size_t given;             /* offset of a bool that says whether it was there; 0: nobody asks */
	uint64_t min, max;
	const char *preset;       /* as it would be written; NULL: none */
	const char *choices;
	const char *unit;         /* for documentation: "packets" */
	const struct shape_row *sub;
	const char *help;         /* one line, no full stop */
};

/* Further fields of a row may follow: .required = true, .given = offsetof(…), .unit = "packets". */
#define SHAPE_ROW(n, t, s, m, h, ...) \
	{ .name = n, .type = t, .offset = offsetof(s, m), .size = sizeof(((s *)0)->m), .help = h, ##__VA_ARGS__ }
#define SHAPE_BOOL(n, s, m, d, h, ...) SHAPE_ROW(n, SHAPE_TYPE_BOOL, s, m, h, .preset = d, ##__VA_ARGS__)
#define SHAPE_U64(n, s, m, d, lo, hi, h, ...) \
	SHAPE_ROW(n, SHAPE_TYPE_U64, s, m, h, .preset = d, .min = lo, .max = hi, ##__VA_ARGS__)
#define SHAPE_SIZE(n, s, m, d, lo, hi, h, ...) \
	SHAPE_ROW(n, SHAPE_TYPE_SIZE, s, m, h, .preset = d, .min = lo, .max = hi, ##__VA_ARGS__)
#define SHAPE_PERCENT(n, s, m, d, h, ...) SHAPE_ROW(n, SHAPE_TYPE_PERCENT, s, m, h, .preset = d, .max = 100, ##__VA_ARGS__)
#define SHAPE_REAL(n, s, m, d, lo, hi, h, ...) \
	SHAPE_ROW(n, SHAPE_TYPE_REAL, s, m, h, .preset = d, .min = lo, .max = hi, ##__VA_ARGS__)
#define SHAPE_DURATION(n, s, m, d, lo, hi, h, ...) \
	SHAPE_ROW(n, SHAPE_TYPE_DURATION, s, m, h, .preset = d, .min = lo, .max = hi, ##__VA_ARGS__)
#define SHAPE_TIME(n, s, m, h, ...) SHAPE_ROW(n, SHAPE_TYPE_TIME, s, m, h, ##__VA_ARGS__)
#define SHAPE_STRING(n, s, m, d, h, ...) SHAPE_ROW(n, SHAPE_TYPE_STRING, s, m, h, .preset = d, ##__VA_ARGS__)
#define SHAPE_TEXT(n, s, m, d, h, ...) SHAPE_ROW(n, SHAPE_TYPE_TEXT, s, m, h, .preset = d, ##__VA_ARGS__)
#define SHAPE_CHOICE(n, s, m, d, c, h, ...) SHAPE_ROW(n, SHAPE_TYPE_CHOICE, s, m, h, .preset = d, .choices = c, ##__VA_ARGS__)
#define SHAPE_OCTAL(n, s, m, d, hi, h, ...) SHAPE_ROW(n, SHAPE_TYPE_OCTAL, s, m, h, .preset = d, .max = hi, ##__VA_ARGS__)
#define SHAPE_VALUE(n, s, m, h, ...) SHAPE_ROW(n, SHAPE_TYPE_VALUE, s, m, h, ##__VA_ARGS__)
/* m is an array of const char *, c an unsigned */
#define SHAPE_STRINGS(n, s, m, c, h, ...)                                                     \
	SHAPE_ROW(n, SHAPE_TYPE_STRINGS, s, m, h, .count = offsetof(s, c),                    \
		  .max = sizeof(((s *)0)->m) / sizeof(const char *), ##__VA_ARGS__)
/* m is an array of char arrays */
#define SHAPE_TEXTS(n, s, m, c, h, ...)                                                       \
	SHAPE_ROW(n, SHAPE_TYPE_TEXTS, s, m, h, .count = offsetof(s, c), .stride = sizeof(((s *)0)->m[0]), \
		  .max = sizeof(((s *)0)->m) / sizeof(((s *)0)->m[0]), ##__VA_ARGS__)
/* An object whose members lie in the same struct as itself */
#define SHAPE_GROUP(n, r, h, ...) { .name = n, .type = SHAPE_TYPE_OBJECT, .sub = r, .help = h, ##__VA_ARGS__ }
#define SHAPE_OBJECT(n, s, m, r, h, ...) SHAPE_ROW(n, SHAPE_TYPE_OBJECT, s, m, h, .sub = r, ##__VA_ARGS__)
/* m is an array of structs, c an unsigned, r the rows of one */
#define SHAPE_LIST(n, s, m, c, r, h, ...)                                                     \
	SHAPE_ROW(n, SHAPE_TYPE_LIST, s, m, h, .count = offsetof(s, c), .sub = r,             \
		  .stride = sizeof(((s *)0)->m[0]),                                           \
		  .max = sizeof(((s *)0)->m) / sizeof(((s *)0)->m[0]), ##__VA_ARGS__)
#define SHAPE_END { .type = SHAPE_TYPE_END }

/* Checks the members of a request into the (zeroed) struct `into`. v may be NULL: an object without members. Returns 0,
 * or NW_EINPUT with "interface: a text is expected, not a number" (the path in front; the rest of `into` undefined). */
int shape_request(const struct shape_row *rows, const struct json_value *v, void *into, struct errmsg *err);

/* The same over what `into` holds already: members that are absent stay as they are, presets do not count. */
int shape_overlay(const struct shape_row *rows, const struct json_value *v, void *into, struct errmsg *err);

/* Are all members of a request known, here and in the objects and lists within? Those named in `beside` (blank-separated, may
 * be NULL) belong to others. Returns 0 or NW_EINPUT with the nearest name. */
int shape_names(const struct shape_row *rows, const struct json_value *v, const char *beside, struct errmsg *err);

enum { COMPLAINTS_MAX = 20 };

/* What is wrong with a configuration, in the order of its lines; empty when zeroed. */
struct complaints {
	unsigned count;     /* all that were found */
	unsigned kept;      /* sentences in item[] */
	struct errmsg item[COMPLAINTS_MAX];
	unsigned line[COMPLAINTS_MAX]; /* of each; 0: none */
};

/* The same for a configuration: everything wrong is added to `c` with "NAME:LINE: sessions[0].interface: …", `name`
 * being the file. Members that were right are in `into` nevertheless. Returns 0 or NW_EINPUT. */
int shape_configuration(const struct shape_row *rows, const struct json *j, const char *name, void *into, struct complaints *c);

/* Adds "NAME:LINE: sentence" for what a table cannot say (two sessions of one name). LINE is that of `v` if known. The
 * sentence is made fit for a terminal here. */
void complain(struct complaints *c, const struct json *j, const struct json_value *v, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The inverse: what is not 0, NULL, "" or false, as members of an object that is open. Durations and times are numbers of
 * seconds. shape_overlay of it over zeroes gives the same struct. */
void shape_write(struct jsonout *w, const struct shape_row *rows, const void *from);
/* Would both be written the same? */
bool shape_equal(const struct shape_row *rows, const void *a, const void *b);

/* "size, 64K to 4G", "one of: disk memory": what a row takes, for documentation. */
void shape_put_type(struct outbuf *o, const struct shape_row *row);
/* The rows for programs, a line each, depth first: path TAB type TAB preset TAB "required" or nothing TAB help. Paths are
 * as in messages: limits.bytes, sessions[].name. `prefix` goes in front of each. */
void shape_table(struct outbuf *o, const struct shape_row *rows, const char *prefix);

#endif
