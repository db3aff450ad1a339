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
#include "flow/flow.h"
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
	bool bare_backslash;         /* csv, tsv: a backslash in a value stands as it is, as tshark has it */
	char occurrence;             /* -E occurrence: 'f'irst (also 0), 'l'ast, 'a'll */
	struct timefmt time;         /* text, table: style; the others take the digits */
	struct summary summary;      /* text: verbosity and so on; out and seq are set by export_open */
	char hexdump;                /* text: 'x', 'X' or 'A' as in tcpdump, in upper case with `hexdump_link` */
	bool hexdump_link;           /* -xx: the link-layer header too */
	bool owners;                 /* text: the owners that the frame's options name, at the end of the line */
	/* pcap and pcapng: what is known of the source's interfaces, by frame.ifid; NULL answers are filled in. */
	const struct interface *(*interface)(void *source, uint32_t ifid);
	void *source;
	const char *output_name;     /* for messages of pcap and pcapng; NULL: "standard output" */
	/* Reports, see struct export_report. */
	const char *report;          /* name of a row; NULL: packets one by one */
	const char *argument;        /* what its option takes; NULL: not given */
	const char *input_name;      /* what is read, for a heading; NULL: several, or not known */
	struct flow_limits flow;     /* reports about conversations */
	uint32_t top;                /* export_report.top: rows of a table; 0: all */
	bool rtt;                    /* flows as rows: round trips of TCP, and what was sent again */
	const char *log;             /* zeek: "conn", "dns", "ssl" or "http"; NULL: the usual */
	const char *folder;          /* zeek: each log as a file in it, its name ends with '/'; NULL: `out` */
	bool datagrams;              /* ipfix: `out` is a collector, which may begin to listen at any time */
	struct {
		uint32_t domain;     /* observation domain */
		int64_t templates_ns; /* how often templates are sent to a collector; 0: the usual */
	} ipfix;
	/* A sentence for the user that is no error: a bound that was hit. NULL: nobody listens. */
	void (*say)(void *user, const char *sentence);
	void *say_user;
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
	bool logs;                   /* several files in one: -o FOLDER/ has them apart (export_options.folder) */
	bool messages;               /* whole datagrams: -o udp://HOST:PORT sends them; each begins with 2 bytes and its length in 2 */
	bool folder;                 /* a report that makes files of its own: -o names the list of them */
	int (*begin)(struct export *e, struct errmsg *err);
	void (*packet)(struct export *e, struct packet *p);
	void (*end)(struct export *e);
	void (*flush)(struct export *e); /* into the outbuf; NULL: packet() left nothing behind */
};
extern const struct export_format export_formats[]; /* ends with name NULL */

/* A report counts packets instead of writing them and writes when the conversation, or all of the input, has ended. It is
 * made like a format: packet() counts, end() writes; what it can be written as are its own rows. */
struct export_report {
	const char *name;            /* "conv" of nwexport --stats conv, or an option: "flows" of nwexport --flows */
	const char *help;
	const char *argument;        /* what it takes behind a comma, for messages; in [] when it can be left out; NULL: nothing */
	bool option;                 /* an option of its own, not a name behind --stats */
	bool top;                    /* its tables are sorted: the first few can be asked for */
	const struct export_format *formats; /* ends with name NULL; the first is the usual one */
};
extern const struct export_report export_reports[]; /* ends with name NULL */
/* NULL if there is none; the caller says so with export_report_unknown(). */
const struct export_report *export_report_find(const char *name);
/* A sentence with the nearest name and all there are; NW_EINPUT. */
int export_report_unknown(const char *name, struct errmsg *err);

/* A format of a report, of packets when `report` is NULL. NULL: there is none of this name. */
const struct export_format *export_format_find(const char *report, const char *name);

/* Resolves format and fields (NW_EINPUT with the nearest name), asks `d` for what they need. Writes to `out` (borrowed). */
int export_open(struct export **e, const struct export_options *o, struct decoder *d, struct outbuf *out, struct errmsg *err);
/* One packet, decoded with that decoder (unless the format is raw). Errors are sticky in `out` and in `e`: less than 0 when
 * there has been one, which export_flush() tells. */
int export_packet(struct export *e, struct packet *p);
/* pcapng: a block about the whole capture (names, secrets, custom ones that may be copied) goes along; other blocks and
 * other formats: nothing happens. NW_EINPUT: it is in the other byte order and left out; else an error of the output. */
int export_block(struct export *e, const struct block *b, struct errmsg *err);
/* Everything so far into `out`, and out of it: a live source has paused. 0 or the sticky error. A report has nothing to
 * give yet, or what has ended. */
int export_flush(struct export *e, struct errmsg *err);
/* Footer, or the report; the export is gone. The outbuf is not flushed. 0, or an error that is not of `out` (err may be
 * NULL). With `abandon` nothing is written: it never began. */
int export_close(struct export *e, struct errmsg *err);
void export_abandon(struct export *e);

#endif
