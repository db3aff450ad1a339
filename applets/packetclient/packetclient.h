/* SPDX-License-Identifier: MIT */
/*
 * What the files of packetclient share.
 *
 *	main.c         the applet: options, configuration, which command
 *	commands.c     the table of commands; help, nearest names
 *	options.c      the table of options, which commands choose from by name
 *	daemon.c       connection, start of a daemon, requests, --debug
 *	render.c       answers as table, json, yaml, csv or ids; views.c: which columns
 *	simple.c       commands that are one request and its answer
 *	life.c         reload, shutdown: until it is done
 *	settings.c     start: options into the settings of a session
 *	capture.c      capture: start, progress, summary
 *	packets.c      commands that read packets; children.c: nwexport as a child
 *	export.c       export; resume.c: what is there already of a file
 *	follow.c       logs, events, alerts as they come
 *	complete.c     what may stand at a place of a command line
 *	interactive.c  a prompt
 *	top.c          the dashboard; top_draw.c, top_detail.c
 *
 * Functions return 0, a negative enum nw_err with its sentence in `err`, or a positive exit status when all is said.
 */
#ifndef PACKETCLIENT_H
#define PACKETCLIENT_H

#include "base/json.h"
#include "base/options.h"
#include "base/outbuf.h"
#include "export/rows.h"
#include "ipc/client.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_YAML, OUTPUT_CSV, OUTPUT_QUIET };
extern const char *const output_names[]; /* by enum output, ends with NULL */

/* Options of all commands; 0 and NULL: not given. */
struct client_options {
	/* of every command */
	const char *socket, *config, *output;
	bool json, debug, no_start, no_color, utc;
	int verbose;
	int64_t timeout_ns;
	/* which session, which part of it */
	const char *session, *filter, *bundle;
	int64_t from_ns, to_ns, since_ns;
	bool limit_given, follow, all;
	uint64_t limit, skip;
	const char *state, *level, *kind;
	/* settings of a session */
	struct option_list interfaces;
	const char *name, *profile, *netns, *storage, *direction, *settings;
	uint64_t snaplen, buffer, packets, bytes, segment_bytes, keep_bytes, keep_free;
	int64_t duration_ns, segment_ns, keep_ns;
	bool no_promiscuous;
	/* output of packets */
	const char *format, *file;
	bool no_resume, force;
	uint64_t top;
	/* freeze, check-filter, top */
	bool before_given, after_given, display, wait;
	int64_t before_ns, after_ns, interval_ns;
	const char *reason;
};

struct client {
	struct client_options o;
	struct json *config;          /* strings of `set` are borrowed from it */
	struct client_config {
		const char *socket, *output, *daemon_config;
		bool start, utc;
		int colour;           /* 0 auto, 1 always, 2 never */
		int64_t timeout_ns;
	} set;
	enum output output;
	bool colour;                  /* on standard output */
	bool interactive;
	struct outbuf out;            /* standard output */
	struct ipc_address address;
	struct ipc_daemon *daemon;    /* NULL: not connected */
	struct jsonout *request;      /* what is being written */
	int timeout_ms;
	char **extra;                 /* words behind "--", for nwexport */
	int nextra;
};

struct view;
struct command {
	const char *name;
	const char *arguments;        /* for the synopsis: "ID..." */
	uint8_t group;                /* of the list of commands */
	bool quiet;                   /* asks whether a daemon runs: none is started for it */
	bool extra;                   /* words behind -- are for nwexport */
	uint8_t least, most;          /* arguments; most 255: any number */
	const char *words;            /* what completes the arguments: "session", "interface", "command", "profile" or "" */
	const char *help;             /* one line */
	const char *options;          /* long names, blank-separated */
	const char *examples;         /* lines as in struct usage, or NULL */
	const char *type;             /* simple.c: of the request */
	const struct view *view;      /* and how its answer looks */
	int (*run)(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err);
};
extern const struct command commands[]; /* ends with name NULL */

/* SIGINT or SIGTERM came: what runs comes to its end. */
extern volatile sig_atomic_t client_interrupted;
/* Socket on which an answer is awaited, -1: none; such a signal shuts it down. */
extern volatile sig_atomic_t client_waits_on;
/* On: the two set `client_interrupted` and do not end the process; the second one does. Calls nest: only the outermost pair
 * changes something. */
void interrupts_catch(bool on);

/* ---- commands.c, options.c -------------------------------------------------------------------------- */

extern const struct option_row client_options[];
const struct option_row *option_find(const char *name, size_t len);
const struct option_row *option_letter(char letter);
/* NULL: no such command; `err` has the nearest. Unique beginnings will do. */
const struct command *command_find(const char *name, struct errmsg *err);
/* Does the command take the option? Those of every command too. */
bool command_takes(const struct command *m, const char *option);
void commands_help(struct outbuf *o);
void command_help(const struct command *m, struct outbuf *o);
/* Runs argv[0..argc): a command with its arguments and options, maybe with options of every command in front. The strings
 * must live as long as the client. 0, a status or an error. */
int command_line(struct client *c, int argc, char **argv, struct errmsg *err);
int command_run_help(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err);

/* ---- daemon.c --------------------------------------------------------------------------------------- */

/* Connects if that has not been done; starts a daemon when `start` and none runs. */
int daemon_connect(struct client *c, bool start, struct errmsg *err);
void daemon_disconnect(struct client *c);
/* Begins a request of this type; the caller adds its members. NULL: `err` says why (no daemon). */
struct jsonout *request_begin(struct client *c, const char *type);
/* Sends what was begun and waits. When the daemon went away, the next request connects anew. */
int request_call(struct client *c, struct ipc_answer *a, struct errmsg *err);
/* All in one for requests about nothing or about a session (NULL: none). */
int request_simple(struct client *c, const char *type, const char *session, struct ipc_answer *a, struct errmsg *err);
/* As ipc_event_next, with --debug. */
int event_next(struct client *c, int timeout_ms, struct ipc_event *e, struct errmsg *err);
/* Members for what of the general options was given: session, filter, limit, since, ... */
void request_options(struct client *c, struct jsonout *w);
/* A line on stderr, "packetclient: " in front; `verbose` says with how many -v it comes. */
void client_say(const struct client *c, int verbose, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- render.c, views.c ------------------------------------------------------------------------------ */

enum { VIEW_WIDE = 120 };
struct view {
	const char *list;             /* member with the rows; NULL: data is the one object */
	const char *title;            /* for people, may be NULL */
	const char *id;               /* what --output quiet prints of each; NULL: nothing */
	const struct row_column *columns; /* keys may be paths: "disk.used" */
	const struct row_column *narrow;  /* instead, on a terminal of less than VIEW_WIDE columns; may be NULL */
	const char *none;             /* for people, when the list is empty */
	/* for people, behind the table; may be NULL */
	void (*more)(struct client *c, const struct json_value *data, struct outbuf *o);
};
extern const struct view view_status, view_session, view_started, view_ended, view_sessions, view_show, view_health, view_version,
	view_stats, view_logs, view_events, view_alerts, view_losses, view_bundles, view_profiles, view_interfaces, view_frozen,
	view_message, view_exported, view_operations;

/* The data in the output that was asked for, flushed. */
int view_render(struct client *c, const struct view *v, const struct json_value *data, struct errmsg *err);
/* A stream of objects, each a row; `v` has no list. end: 0 or the sticky error. */
struct stream {
	struct client *c;
	const struct view *v;
	struct rows *rows;            /* table and csv */
};
int stream_begin(struct stream *s, struct client *c, const struct view *v, struct errmsg *err);
void stream_row(struct stream *s, const struct json_value *object);
int stream_flush(struct stream *s, struct errmsg *err);
int stream_end(struct stream *s, struct errmsg *err);
/* The member at a path. */
const struct json_value *value_at(const struct json_value *object, const char *path);
/* Any value as one line: texts as they are, lists with commas, objects as "key value, …". */
void value_text(struct outbuf *o, const struct json_value *v);
void yaml_put(struct outbuf *o, const struct json_value *v);
int64_t value_ns(const struct json_value *v); /* of seconds */
bool value_is_number(const struct json_value *v);
const char *value_text_or(const struct json_value *v, const char *otherwise);

/* ---- what runs a command ------------------------------------------------------------------------------- */

typedef int command_run(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err);
command_run run_simple, run_session, run_sessions_each, run_version, run_health, run_check_filter, run_freeze, run_start,
	run_reload, run_shutdown, run_capture, run_packets, run_report, run_tap, run_export, run_follow, run_complete, run_interactive, run_top, run_ping;

/* simple.c: a sentence, for people as it is, for programs an object. */
int client_message(struct client *c, const char *message, struct errmsg *err);
/* settings.c: members of a session's settings from the options. */
int settings_add(struct client *c, struct jsonout *w, struct errmsg *err);

/* ---- packets.c, children.c ------------------------------------------------------------------------------ */

struct opened {
	int fd;                       /* reading end of the pipe, -1: none */
	uint64_t bytes, packets;      /* to come at most, 0: not known */
	char session[64];
};
/* Open for `session`, with what of filter, from, to, limit, skip and bundle was given. */
int packets_open(struct client *c, const char *session, uint64_t skip, bool follow, int64_t from_ns, struct opened *p,
		 struct errmsg *err);
/* nwexport on `in` with these words behind its name (ends with NULL), standard output to `out`. Its pid, or an error. */
int child_start(int in, int out, const char *const *words, struct errmsg *err);
/* Waits; its exit status, or an error when it was killed. */
int child_wait(int pid, struct errmsg *err);

/* ---- complete.c ------------------------------------------------------------------------------------------- */

typedef void candidate_fn(void *user, const char *text);
/* What may stand in place of words[n - 1] behind the others. Never starts a daemon. */
void complete_words(struct client *c, char **words, int n, candidate_fn *each, void *user);

/* ---- config.c ------------------------------------------------------------------------------------------- */

/* --config, else ~/.packetclient/config.yaml, else /etc/netwatchd/packetclient.yaml. Its words lie in c->config. */
int config_read(struct client *c, struct errmsg *err);
/* "~/.packetclient/NAME", the folder made (0700). False: there is no home, or it cannot be. */
bool config_path(const char *name, char *path, size_t size);

#endif
