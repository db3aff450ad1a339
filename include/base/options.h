/* SPDX-License-Identifier: MIT */
/*
 * Command lines come from one table per applet. A row is an option: it parses,
 * it prints its line of --help and its row of the table that completions read
 * (nwbox --options). There is no other list of options anywhere.
 *
 *	static const struct option_row rows[] = {
 *		OPT_GROUP("Capture"),
 *		OPT_STRING('i', "interface", struct opts, interface, "IFACE", "capture on IFACE"),
 *		OPT_END
 *	};
 *
 * Grammar: -x, -xVALUE, -x VALUE, bundled -xyz, --long, --long=VALUE, --long
 * VALUE, a unique prefix of a long name, "--" ends options. Options and other
 * words may be mixed; the others are left in order in argv[first..]. An error
 * names the option, what was given and what is expected, with the nearest name.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/errmsg.h"
#include "base/outbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_END,
	OPTION_GROUP,    /* a heading in --help: help is its text */
	OPTION_FLAG,     /* bool = true */
	OPTION_COUNT,    /* int++ */
	OPTION_STRING,   /* const char *; the last one wins */
	OPTION_LIST,     /* struct option_list; may be given again, up to OPTION_LIST_MAX */
	OPTION_U64,      /* uint64_t between min and max */
	OPTION_SIZE,     /* uint64_t bytes: 10k, 2M; `unit` bytes when no suffix is given */
	OPTION_DURATION, /* int64_t ns: 10, 10s, 5m */
	OPTION_TIME,     /* int64_t ns since 1970 */
	OPTION_CHOICE,   /* const char *, one of `choices` (blank-separated) */
	OPTION_CALL      /* apply() is called */
};

enum { OPTION_LIST_MAX = 64 };

struct option_list {
	int count;
	const char *item[OPTION_LIST_MAX];
};

struct option_row;
/* For OPTION_CALL. `value` is NULL if the row has no argument. */
typedef int option_apply(void *opts, const struct option_row *row, const char *value, struct errmsg *err);

struct option_range {
	uint64_t min, max, unit; /* max 0: none */
};

struct option_row {
	uint8_t type;
	char letter;          /* 0: none */
	const char *name;     /* long name, NULL: none */
	uint16_t offset;      /* of the member in the applet's options struct */
	const char *arg;      /* argument word for --help; NULL: takes none; "[N]": optional, only as --name=N */
	const char *help;     /* one line, no full stop */
	const char *choices;
	option_apply *apply;
	const struct option_range *range; /* U64, SIZE */
};

#define OPT_END { .type = OPTION_END }
#define OPT_GROUP(text) { .type = OPTION_GROUP, .help = text }
#define OPT_FLAG(l, n, s, m, h) { .type = OPTION_FLAG, .letter = l, .name = n, .offset = offsetof(s, m), .help = h }
#define OPT_COUNT(l, n, s, m, h) { .type = OPTION_COUNT, .letter = l, .name = n, .offset = offsetof(s, m), .help = h }
#define OPT_STRING(l, n, s, m, a, h) \
	{ .type = OPTION_STRING, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h }
#define OPT_LIST(l, n, s, m, a, h) \
	{ .type = OPTION_LIST, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h }
#define OPT_U64(l, n, s, m, a, lo, hi, h) \
	{ .type = OPTION_U64, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h, \
	  .range = &(const struct option_range){ lo, hi, 0 } }
#define OPT_SIZE(l, n, s, m, a, u, lo, hi, h) \
	{ .type = OPTION_SIZE, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h, \
	  .range = &(const struct option_range){ lo, hi, u } }
#define OPT_DURATION(l, n, s, m, a, h) \
	{ .type = OPTION_DURATION, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h }
#define OPT_TIME(l, n, s, m, a, h) \
	{ .type = OPTION_TIME, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .help = h }
#define OPT_CHOICE(l, n, s, m, a, c, h)                                                                          \
	{ .type = OPTION_CHOICE, .letter = l, .name = n, .offset = offsetof(s, m), .arg = a, .choices = c, \
	  .help = h }
#define OPT_CALL(l, n, f, a, h) { .type = OPTION_CALL, .letter = l, .name = n, .apply = f, .arg = a, .help = h }

/* What an applet says of itself in --help. */
struct usage {
	const char *name;       /* "nwcap" */
	const char *synopsis;   /* "[OPTION…] [FILTER WORD…]" */
	const char *purpose;    /* one sentence */
	const char *examples;   /* lines, each "  command   # what it does\n", or NULL */
	const struct option_row *rows;
};

enum { OPTIONS_HELP = 1, OPTIONS_VERSION = 2 };

/* Parses argv[1..argc-1] into `opts` (already holding the defaults). --help and
 * --version (and -h when no row takes the letter) are known without a row:
 * then OPTIONS_HELP or OPTIONS_VERSION is returned. Otherwise 0, *first is the
 * index of the first non-option word (argv is permuted), or NW_EINPUT with a
 * sentence that ends with the cure. Strings stay argv's. */
int options_parse(const struct usage *u, int argc, char **argv, void *opts, int *first, struct errmsg *err);

/* --help: synopsis, purpose, options by group, examples, in at most 100 columns. */
void options_help(const struct usage *u, struct outbuf *o);

/* For programs: a line per option, "letter TAB name TAB argument word TAB choices TAB help". What an option has not
 * is empty; an argument in brackets is optional. */
void options_table(const struct usage *u, struct outbuf *o);

#endif
