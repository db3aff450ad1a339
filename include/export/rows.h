/* SPDX-License-Identifier: MIT */
/*
 * What a report has to say: tables of rows with typed cells, written in any of five styles. The report gives the cells in
 * the order of the columns and knows nothing of the style.
 *
 *	table    for people: columns that line up, numbers with units, a title
 *	csv      RFC 4180, plain numbers; a header line
 *	json     an array of objects; of several tables one object, with an array for each
 *	ndjson   an object per line
 *	html     <table>s, for the page of --summary
 *
 *	rows_begin(&r, ROWS_TABLE, &look, &out, err);    a report of lib/export: rows_open()
 *	rows_table(r, NULL, "Conversations", columns);
 *	rows_address(r, a, 4); rows_u64(r, n); ...       one call per column; the last one ends the row
 *	rows_close(r);
 *
 * csv, json and ndjson hold nothing back. A table learns from its first rows (4 MiB of text) how wide its columns are.
 * With several tables csv and ndjson name in a first column "table" which one a row is of, and csv writes another header
 * when the columns change.
 *
 * For programs durations are seconds and times seconds since 1970, both with nine places, shares are 0 to 1, what is not there
 * is empty or left out.
 */
#ifndef EXPORT_ROWS_H
#define EXPORT_ROWS_H

#include "base/errmsg.h"
#include "base/outbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum row_style { ROWS_TABLE, ROWS_CSV, ROWS_JSON, ROWS_NDJSON, ROWS_HTML };

enum row_type {
	ROW_TEXT,     /* not trusted: escaped */
	ROW_ADDRESS,
	ROW_NUMBER,   /* that names something: a stream, a port */
	ROW_COUNT,
	ROW_BYTES,
	ROW_BPS,      /* bits per second */
	ROW_PPS,      /* packets per second */
	ROW_DURATION, /* ns */
	ROW_TIME,     /* ns since 1970 */
	ROW_MOMENT,   /* the same, for people to the second, and without the date when it is today */
	ROW_SHARE,    /* 0 to 1: a percentage for people */
	ROW_BAR,      /* the same, with a bar beside it */
	ROW_BOOL
};

struct row_column {
	const char *key;   /* csv and json; NULL ends a list of columns */
	const char *title; /* for people; NULL: not for people, who have a line to look at */
	uint8_t type;      /* enum row_type */
};
enum { ROWS_COLUMNS_MAX = 64 };

struct rows;

/* How a table looks that is no report of packets. */
struct rows_look {
	bool header;       /* titles (table) and keys (csv) above the columns */
	bool colour;       /* SGR sequences */
	bool utc;          /* times of the day */
	unsigned width;    /* columns of a line; 0: nothing is cut */
};

/* `several`: there will be more than one table. `out` is borrowed until rows_close(). NW_ELIMIT: no memory. */
int rows_begin(struct rows **r, enum row_style style, const struct rows_look *look, bool several, struct outbuf *out,
	       struct errmsg *err);

enum row_style rows_style(const struct rows *r);
/* Begins a table. `key`: its name for programs, NULL if it is the only one. `title`: for people, may be NULL. */
void rows_table(struct rows *r, const char *key, const char *title, const struct row_column *columns);
/* The same for a single row that is one object in json, and a list of "title: value" for people. */
void rows_object(struct rows *r, const char *key, const char *title, const struct row_column *columns);
/* Begins a place for a picture that the caller draws into the outbuf, as text or as html (rows_style()). False: this style has
 * no pictures; nothing is begun. */
bool rows_picture(struct rows *r, const char *title);
/* Everything so far into the outbuf: a live source has paused. */
void rows_flush(struct rows *r);
/* Ends the output; `r` is gone. NULL is fine. After an export was abandoned nothing is written. */
void rows_close(struct rows *r);

/* The next cell. Any type takes rows_none(). */
void rows_none(struct rows *r);
void rows_text(struct rows *r, const char *text);                    /* ROW_TEXT; NULL: none */
void rows_bytes(struct rows *r, const void *text, size_t len);       /* ROW_TEXT */
void rows_address(struct rows *r, const uint8_t *addr, unsigned len); /* ROW_ADDRESS: 4, 16 or 6 bytes; others: none */
void rows_u64(struct rows *r, uint64_t v);                           /* NUMBER, COUNT, BYTES, BPS, PPS, BOOL */
void rows_ns(struct rows *r, int64_t ns);                            /* DURATION, TIME */
void rows_real(struct rows *r, double v);                            /* SHARE, BAR, BPS, PPS; not finite: none */

/* Rows for people: 12.3 kB, 4.56 ms, 12,345. */
void human_count(struct outbuf *o, uint64_t v);
void human_scaled(struct outbuf *o, double v, const char *unit);
void human_duration(struct outbuf *o, int64_t ns);

#endif
