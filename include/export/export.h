/* SPDX-License-Identifier: MIT */
/*
 * Output formats. A format is one row of export_formats[]: its name, what it
 * needs, and three functions. nwexport, nwcap --print and later the daemon's
 * export operations use the same rows.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/errmsg.h"
#include "base/outbuf.h"
#include "base/timefmt.h"
#include "decode/protocol.h"

struct export;

struct export_options {
	const char *format;          /* name of a row */
	const char *const *fields;   /* field names, for formats with columns; NULL: the format's default */
	unsigned nfields;
	char separator;              /* -E separator; 0: the format's */
	bool header;                 /* -E header */
	char quote;                  /* -E quote: '"', '\'' or 0 */
	char aggregator;             /* -E aggregator: between several values of one field; 0: ',' */
	char occurrence;             /* -E occurrence: 'f'irst, 'l'ast, 'a'll */
	struct timefmt time;         /* text */
	struct summary summary;      /* text: verbosity and so on; out and seq are set by export_open */
};

struct export_format {
	const char *name;
	const char *help;
	const char *extension;
	bool binary;                 /* refused on a terminal */
	bool columns;                /* takes fields */
	int (*begin)(struct export *e, struct errmsg *err);
	void (*packet)(struct export *e, struct packet *p);
	void (*end)(struct export *e);
};
extern const struct export_format export_formats[]; /* ends with name NULL */

/* Resolves format and fields (NW_EINPUT with the nearest name), asks `d` for what they need. Writes to `out` (borrowed). */
int export_open(struct export **e, const struct export_options *o, struct decoder *d, struct outbuf *out, struct errmsg *err);
/* One packet, decoded with that decoder. Errors are sticky in `out`. */
void export_packet(struct export *e, struct packet *p);
/* Footer; the export is gone. */
void export_close(struct export *e);

#endif
