/* SPDX-License-Identifier: MIT */
/* What reports of packets need besides export/rows.h. */
#ifndef EXPORT_ROWS_PRIVATE_H
#define EXPORT_ROWS_PRIVATE_H

#include "export/rows.h"
#include "internal.h"

/* The style is that of e->format's name ("text": table). `several`: there will be more than one table. NW_ELIMIT: no memory. */
int rows_open(struct rows **r, struct export *e, bool several, struct errmsg *err);
/* Text that outbuf_escaped() has made harmless for a terminal, so that it cannot become markup either: html.c. */
void html_text_put(struct outbuf *o, const void *text, size_t len);

/* The usual four formats of a report, and how it begins, counts and ends. */
#define ROWS_FORMATS(begin_, packet_, end_, flush_) { \
	{ .name = "table", .help = "columns that line up, for people", .extension = "txt", \
	  .begin = begin_, .packet = packet_, .end = end_, .flush = flush_ }, \
	{ .name = "csv", .help = "comma-separated values, RFC 4180", .extension = "csv", \
	  .begin = begin_, .packet = packet_, .end = end_, .flush = flush_ }, \
	{ .name = "json", .help = "one array, or an object of arrays", .extension = "json", \
	  .begin = begin_, .packet = packet_, .end = end_, .flush = flush_ }, \
	{ .name = "ndjson", .help = "one object per line", .extension = "ndjson", \
	  .begin = begin_, .packet = packet_, .end = end_, .flush = flush_ }, \
	{ .name = NULL } }

#endif
