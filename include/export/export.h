/* SPDX-License-Identifier: MIT */
/*
 * Output formats. A format is one row of export_formats[]: its name, what it
 * needs, and three functions. nwexport, nwcap --print and later the daemon's
 * export operations use the same rows.
 *
 * A column is a registered field ("ip.src", "tcp") or one of the names below,
 * which are the same for every protocol:
 *
 *   number  time  src  dst  sport  dport  proto  length  info
 *
 * Wireshark's names for them (_ws.col.Source, ...) work too. The default of csv
 * and tsv is all of these but info; json, ndjson, yaml and ek write every decoded
 * field by layers unless columns are named ("all": as one flat object). The names
 * are part of the interface: scripts depend on them.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/errmsg.h"
#include "base/outbuf.h"
#include "base/timefmt.h"
#include "decode/protocol.h"
#include "pcapio/reader.h"

struct export;

enum { EXPORT_FIELDS_MAX = 1024 };

struct export_options {
	const char *format;          /* name of a row */
	const char *const *fields;   /* column names; NULL: the format's default; "all" alone: every decoded field, flat */
	unsigned nfields;
	const char *profile;         /* "ecs": documents of the Elastic Common Schema (json, ndjson, yaml, ek); NULL: none */
	bool append;                 /* what comes is the continuation of something */
	unsigned width;              /* table: columns of a line; 0: nothing is cut */
	bool colour;                 /* table: SGR sequences */
	char separator;              /* -E separator; 0: the format's */
	bool header;                 /* -E header: a first line with the column names (csv, tsv) */
	char quote;                  /* -E quote: '"' or '\'' around every value, 0: only where CSV needs it */
	char aggregator;             /* -E aggregator: between several values of one field; 0: ',' */
	char occurrence;             /* -E occurrence: 'f'irst (also 0), 'l'ast, 'a'll */
	struct timefmt time;         /* text, table: style; the others take the digits */
	struct summary summary;      /* text: verbosity and so on; out and seq are set by export_open */
	char hexdump;                /* text: 'x', 'X' or 'A' as in tcpdump, in upper case with `hexdump_link` */
	bool hexdump_link;           /* -xx: the link-layer header too */
	/* pcap and pcapng: what is known of the source's interfaces, by frame.ifid; NULL answers are filled in. */
	const struct interface *(*interface)(void *source, uint32_t ifid);
	void *source;
	const char *output_name;     /* for messages of pcap and pcapng; NULL: "standard output" */
};

/* Whether the output of one run can be continued by another. */
enum export_append {
	APPEND_NEVER,
	APPEND_HEADER, /* without the header, if the columns are the same */
	APPEND_ALWAYS
};
extern const char *const export_columns[]; /* the default of formats with columns, ends with NULL */

struct export_format {
	const char *name;
	const char *help;
	const char *extension;
	bool binary;                 /* refused on a terminal */
	const char *const *columns;  /* takes fields; these by default (ends with NULL) unless it is `all` */
	bool all;                    /* can write every decoded field, and does by default */
	uint8_t append;              /* enum export_append */
	char first;                  /* what output of this format begins with, if that is known */
	bool raw;                    /* looks at p->frame alone: packets need not be decoded */
	int (*begin)(struct export *e, struct errmsg *err);
	void (*packet)(struct export *e, struct packet *p);
	void (*end)(struct export *e);
	void (*flush)(struct export *e); /* into the outbuf; NULL: packet() left nothing behind */
};
extern const struct export_format export_formats[]; /* ends with name NULL */
const struct export_format *export_format_find(const char *name);

/* Resolves format and fields (NW_EINPUT with the nearest name), asks `d` for what they need. Writes to `out` (borrowed). */
int export_open(struct export **e, const struct export_options *o, struct decoder *d, struct outbuf *out, struct errmsg *err);
/* One packet, decoded with that decoder (unless the format is raw). Errors are sticky in `out`. */
void export_packet(struct export *e, struct packet *p);
/* pcapng: a block about the whole capture (names, secrets, custom ones that may be copied) goes along; other blocks and
 * other formats: nothing happens. NW_EINPUT: it is in the other byte order and left out; else an error of the output. */
int export_block(struct export *e, const struct block *b, struct errmsg *err);
/* Everything so far into `out`, and out of it: a live source has paused. 0 or the sticky error. */
int export_flush(struct export *e, struct errmsg *err);
/* Footer; the export is gone. The outbuf is not flushed. */
void export_close(struct export *e);

#endif
