/* SPDX-License-Identifier: MIT */
/*
 * nwexport: captures in, one of the formats of lib/export out.
 *
 *	files, pipes --reader, merge--> frame --decode--> packet --filter--> export --outbuf, gzip--> file or standard output
 *
 *   main.c      options, and what reads no packets
 *   reports.c   --stats, --flows and the like: which report, and what goes with it
 *   tshark.c    -T, -E and -d: tshark's words in ours
 *   list.c      --list-fields
 *   input.c     files, pipes, folders of ring files; what a signal does
 *   target.c    where the bytes go: a file that appears when it is complete, the end of one, parts
 *   state.c     --lock and --state: what earlier runs have taken
 *   progress.c  the line on stderr
 *   run.c       from the inputs through the filter to the output
 */
#ifndef APPLETS_NWEXPORT_H
#define APPLETS_NWEXPORT_H

#include "base/options.h"
#include "export/export.h"
#include "filter/filter.h"
#include "pcapio/gzip.h"
#include "sys/io.h"

#include <signal.h>

enum { INPUTS_MAX = 256, INPUT_FILES_MAX = 4096 };

struct opts {
	struct option_list inputs, tshark_settings, decode_as;
	const char *columns[EXPORT_FIELDS_MAX]; /* of --fields and -e */
	unsigned ncolumns;
	const char *format, *profile, *tshark_format, *filter, *output, *time, *lock, *state;
	uint64_t count, gzip, width;
	int verbose, hex, hex_ascii, ascii;
	bool info, list_fields, no_header, utc, nano, quick, quiet, link_header, absolute_seq, line_buffered, follow, append, no_reassembly;
	bool header_said, header, width_said;
	char separator, quote, aggregator, occurrence;
	uint64_t part_packets, part_bytes;      /* --split; 0: not */
	int64_t part_ns;
	const char *report, *argument;          /* --stats, --flows, ...; NULL: packets */
	struct flow_limits flow;                /* time-outs less than 0: never, said so */
	uint64_t max_flows;
	bool rtt;
	const char *log;                        /* of Zeek */
	uint32_t domain;                        /* of IPFIX */
	int64_t templates_ns;
	uint64_t top;
};

/* ---- tshark.c ---------------------------------------------------------------------- */

/* -E KEY=VALUE into the options. */
int tshark_setting(struct opts *o, const char *text, struct errmsg *err);
/* What -T means in our words. */
void tshark_apply(struct opts *o);
/* -d tcp.port==8888,http */
int tshark_decode_as(const char *text, struct errmsg *err);

/* ---- reports.c ---------------------------------------------------------------------- */

/* --stats NAME[,ARGUMENT]; --flows, --follow WHAT, ...: the row's name is the report's. */
option_apply apply_stats, apply_report, apply_separate, apply_timeout, apply_ipfix;
/* Options that do not go with a report, and the report's usual format. */
int check_report(struct opts *o, struct errmsg *err);

/* ---- list.c ------------------------------------------------------------------------- */

/* --list-fields as text (tsv), csv, json or ndjson. */
int list_fields(const char *format, struct outbuf *out, struct errmsg *err);

/* ---- input.c ------------------------------------------------------------------------ */

struct input {
	struct reader *reader[INPUTS_MAX];
	int fd[INPUTS_MAX];
	unsigned count;
	uint64_t bytes;       /* of all that are regular files */
	bool measured;        /* all of them are, and not compressed */
	struct merge *merge;  /* NULL for one */
};

/* Opens all inputs; several are merged by time. */
int input_open(struct input *in, const struct opts *o, char **files, int nfiles, struct errmsg *err);
/* Adds one that is open already; it is closed by input_close(), or here when it is none. */
int input_add_fd(struct input *in, int fd, const char *path, bool follow, struct errmsg *err);
void input_close(struct input *in);
/* Nanoseconds in any of the inputs: then times have nine places. */
int input_digits(const struct input *in);

/* The files that names, folders and patterns stand for: those named in their order, those of a folder or pattern by
 * the time they were last written to. `listed`: found in a folder or by a pattern, so that other files may be among them. */
struct input_file {
	char *path;
	bool listed;
	int64_t mtime_ns;
};
int input_list(struct input_file **files, unsigned *count, const struct opts *o, char **names, int nnames, struct errmsg *err);
void input_list_free(struct input_file *files, unsigned count);

/* INT and TERM end every input at once, so that the output is finished as at any other end; the next one after that
 * ends the process and removes `temporary`. USR1 asks for the counters. */
void signals_catch(void);
void signals_watch(const struct input *in);
extern volatile sig_atomic_t interrupted, counters_asked;
extern const char *volatile signal_temporary; /* removed when a second signal ends us; NULL: nothing */

/* ---- target.c ------------------------------------------------------------------------ */

struct target {
	const struct opts *o;
	const struct export_format *format;
	struct outbuf buf;
	struct gzip_sink *gzip;
	struct outfile file;
	bool standard;          /* standard output */
	bool folder;            /* the format makes files of its own in path[]; nothing is written here */
	bool collector;         /* fd is a socket that takes messages */
	uint64_t messages;      /* sent */
	bool open, own;         /* own: `file` gets its name at the end */
	int fd;
	char path[4096];        /* of this part, or "standard output" */
	const char *name;
	unsigned part;          /* number of this part, from 1 */
	uint64_t written;       /* bytes handed to the descriptor or the compressor */
	uint64_t appended_at;   /* --append: size before */
	char last_name[4096];   /* expanded, of the part before */
};

/* Checks the options that have to do with the output. NW_EINPUT. */
int target_check(const struct opts *o, const struct export_format *f, struct errmsg *err);
void target_init(struct target *out, const struct opts *o, const struct export_format *f);
/* Opens the next part; `ts_ns`: what the conversions of strftime in its name stand for. `header`: what a continued table
 * must begin with, or NULL; *has_header comes back true when it is there. */
int target_open(struct target *out, int64_t ts_ns, const char *header, bool *has_header, struct errmsg *err);
/* Everything into the file, which has its last byte but not its name. With `rc` < 0 the file is given up. */
int target_finish(struct target *out, int rc, struct errmsg *err);
/* The finished file gets its name. */
int target_commit(struct target *out, struct errmsg *err);
/* What the current part has in bytes, before compression. */
uint64_t target_bytes(const struct target *out);

/* ---- state.c --------------------------------------------------------------------------- */

enum { STATE_HEAD = 1024 };

struct state_file {
	uint64_t device, inode;
	uint64_t head, hash;    /* of the first `head` bytes */
	uint64_t size, packets; /* when it was looked at last; what was taken of it */
	uint64_t complete;      /* nothing was left then */
	char *path;
	bool seen;              /* in this run */
};

struct state {
	const char *path;
	struct state_file *file;
	unsigned count, room;
	const struct target *unfinished; /* what is recorded as being written; NULL: nothing */
	bool named;                      /* it is complete and only lacks its name */
	bool recovered;                  /* a killed run had left something unfinished */
};

/* Takes --lock until the process ends. NW_ETIME: another run has it. */
int lock_take(const char *path, struct errmsg *err);
/* Reads the state, and puts an end to what a killed run has left unfinished. NW_EINPUT: not a state. */
int state_open(struct state *s, const char *path, struct errmsg *err);
/* The entry of this file, which is open: the known one if it is the same file with more in it, else a new one. NULL: no memory. */
struct state_file *state_find(struct state *s, const char *path, int fd, struct errmsg *err);
/* True when there is nothing new in the file. */
bool state_is_done(const struct state_file *f, int fd);
/* It is no capture: there will be no entry for it. */
void state_forget(struct state_file *f);
/* Before anything is appended to a file (it can be taken back then), or before a complete file gets its name (that can be
 * made up for). Standard output and devices: nothing happens. */
int state_before(struct state *s, const struct target *out, bool complete, struct errmsg *err);
/* The output is complete. `all`: every input was looked at, so that files that are gone can be forgotten. */
int state_save(struct state *s, bool all, struct errmsg *err);
void state_release(struct state *s);

/* ---- progress.c -------------------------------------------------------------------------- */

struct progress {
	bool shown, on_screen;
	int64_t begin_ns, next_ns;
	uint64_t total, bytes, packets;
	unsigned countdown;     /* packets until the clock is looked at */
};

void progress_init(struct progress *p, bool wanted, uint64_t total);
/* Looks at the clock, and at USR1. */
void progress_tick(struct progress *p, uint64_t exported);
/* Takes the line off the screen. */
void progress_clear(struct progress *p);

static inline void progress_packet(struct progress *p, uint32_t bytes, uint64_t exported)
{
	p->packets++;
	p->bytes += bytes;
	if (__builtin_expect(!p->countdown--, 0))
		progress_tick(p, exported);
}

/* ---- run.c --------------------------------------------------------------------------------- */

/* Everything from opening the inputs to closing the output. Returns 0 or an error. */
int nwexport_run(struct opts *o, char **files, int nfiles, struct errmsg *err);
/* "nwexport: <sentence>" on stderr; returns the exit status for `code`. */
int nwexport_say(int code, const struct errmsg *err);

#endif
