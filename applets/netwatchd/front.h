/* SPDX-License-Identifier: MIT */
/*
 * The front: the process that answers clients. Shared by its files:
 *
 *	main.c        the command line; which process this is
 *	front.c       its life: places, socket, drop, loop, signals, end
 *	place.c       directories, marker, lock, PID file
 *	notify.c      the service manager
 *	roles.c       who may what
 *	requests.c    from the text of a message to a handler
 *	operations.c  the handlers that answer at once
 *	answers.c     sessions, daemon and statistics as JSON
 *	sessions.c    the list: found, made, named, kept in session.json, removed
 *	supervise.c   states: started, watched over, started again, stopped
 *	control.c     what workers say, and what is said to them
 *	losses.c      what was lost when a worker died
 *	gone.c        interfaces that went, and come back
 *	jobs.c        processes that work for one answer: readers, bundlers, filters
 *	bundle_left.c bundles of a front that was killed
 *	memory.c      the room of all kernel rings together
 *	watch.c       alerts: rules, the watcher
 *	quota.c       the room of all sessions together
 *	events.c      what happened, log lines, who wants to hear it
 *	health.c      Health, warnings
 *	doctor.c      --doctor
 *
 * One thread, one loop, no packet. It is the front that a client can attack, so it has no rights: what needs some is asked of
 * the starter (starter.h).
 */
#ifndef NETWATCHD_FRONT_H
#define NETWATCHD_FRONT_H

#include "config.h"
#include "journal.h"
#include "rules.h"
#include "starter.h"
#include "api/operations.h"
#include "api/settings.h"
#include "api/states.h"
#include "ipc/link.h"
#include "ipc/server.h"
#include "loop/loop.h"
#include "store/progress.h"

enum {
	HISTORY = 61,                 /* samples of a second: a minute of differences */
	SOCKETS_MAX = SETTINGS_INTERFACES_MAX,
	STEPS_KEPT = 16,              /* changes of state in session.json */
	READERS_MAX = 64,
	MESSAGE_MAX = 256 << 10,      /* bytes of a message of one of our processes */
	LINK_QUEUE_MAX = 1 << 20,
	SESSION_JSON_MAX = 64 << 10
};
static const int64_t second_ns = 1000000000, ms_ns = 1000000;

struct front;

struct session_sample {
	int64_t at_ns;                /* realtime */
	uint64_t packets, bytes;
};

/* Counters of runs that are over; those of the run are in the progress page. */
struct session_past {
	uint64_t received, dropped, ifdropped, disk_dropped, lost;
};

/* A client that waits for what becomes of a session. */
struct waiter {
	enum operation_id what;
	uint64_t client;
	char id[IPC_ID_MAX];
	struct waiter *next;
};

struct session {
	struct front *front;
	char id[SESSION_ID_LEN + 1];
	struct session_settings settings;
	char owner[64];
	uid_t owner_uid;
	bool configured;              /* by the configuration file */
	bool unlisted;                /* was, and is no more */
	uint8_t state;                /* enum session_state */
	bool wanted;                  /* is to run: also after a restart of the daemon */
	bool again;                   /* Restart: started when it has stopped */
	bool remove;                  /* Delete: removed when it has stopped */
	bool fresh;                   /* never ran: a Start that fails leaves nothing */
	bool limited;                 /* ended by its own duration, packets or bytes */
	char reason[240];             /* of the state, a sentence or "" */
	uint8_t reason_code;          /* enum api_error of a failure */
	int64_t created_ns, started_ns, stopped_ns; /* realtime; 0: not yet */
	int64_t run_ns;               /* monotonic, when this run became ready; 0: none runs */
	int64_t duration_done_ns;     /* of earlier runs since it was last started by somebody */
	unsigned restarts;            /* after crashes, in all */
	unsigned attempts;            /* in the window */
	int64_t window_ns;            /* monotonic: begin of it */
	struct session_step {
		int64_t at_ns;
		uint8_t state;
		char reason[120];
	} steps[STEPS_KEPT];
	unsigned nsteps;

	int dirfd;
	struct child worker, watcher;
	struct ipc_link link, watch_link;
	pid_t pid;                    /* by the worker's own hello */
	bool configured_worker;       /* was sent its settings */
	bool done, refused;           /* its last words */
	bool adopted;                 /* by a front before us: its exit status is nobody's to know */
	unsigned connects;            /* in a row that did not help */
	int exit_status;              /* of wait(2) */
	char last_words[240];
	char *interfaces;             /* JSON text of those that are open; NULL */
	char gone[128];               /* names of those that are not there; "" */
	int64_t gone_ns;              /* realtime: since when one of them is not recorded; 0 */
	unsigned gone_tries;          /* restarts that did not help, in a row */
	bool resume;                  /* with `again`: the same run goes on, its limits count on */
	struct loop_timer gone_timer;
	struct loop_timer timer;      /* back-off, bound of a start or stop */
	struct loop_timer connect_timer;

	const struct progress_page *page;
	int progress_fd;              /* -1 */
	struct progress now;          /* as last read */
	int64_t read_ns;              /* monotonic */
	struct session_past past;
	int sockets[SOCKETS_MAX];     /* the worker's packet sockets */
	unsigned nsockets;
	int orphans[SOCKETS_MAX];     /* those of one that died: they count what nobody takes */
	unsigned norphans;
	int64_t orphaned_ns;          /* realtime */

	struct session_sample history[HISTORY];
	unsigned samples;             /* all that were taken */
	struct session_rules rules;
	char *alerts[SETTINGS_RULES_MAX]; /* data of those that are raised; NULL */
	int64_t evict_ns;             /* monotonic: when it was last told to */
	uint64_t evict_stored;        /* what it had then */
	uint64_t share;               /* of limits.bytes of all, as last told; 0: none */
	unsigned pending;             /* freezes under way */
	struct loop_timer bundles_timer; /* of bundle_left.c */
	unsigned watch_attempts;
	struct loop_timer watch_timer;
	struct waiter *waiters;
};

/* A process that works for one answer, or for a freeze. */
struct job;

struct front {
	struct loop loop;
	const char *config_path;      /* absolute; NULL: none */
	struct config *config;
	struct starter starter;
	struct ipc_server *server;
	struct json *request;         /* used again for each */
	struct place *place;
	char state_dir[400], runtime_dir[400];
	gid_t group;                  /* of the socket, whose members are operators; (gid_t)-1 */
	struct journal events, logs;
	int notify_fd;                /* the service manager; -1 */
	int64_t watchdog_ns;
	struct loop_timer watchdog;
	bool starter_gone;
	struct session **sessions;
	unsigned count, room;
	struct job *jobs;
	unsigned readers, probers;    /* at work */
	uint64_t changes;             /* anything that an answer shows */
	unsigned role_epoch;          /* roles were read anew */
	struct status_cache {
		char *text;
		size_t len, size;
		uint64_t changes;
		int64_t made_ns;
	} status;
	int64_t started_ns, started_mono_ns;
	struct loop_timer second;     /* armed while a session runs */
	struct loop_timer stop_bound;
	bool stopping, reloading;
	bool quiet_stderr;            /* --background: there is nobody to read it */
	int log_fd;                   /* log.file; -1 */
	int log_level;                /* enum log_level */
	char reload_error[480];       /* of the last reload; "" */
	char user[64];                /* it runs as */
	char drop_notes[256];
	const char *log_level_option; /* --log-level; NULL */
};

/* ---- events.c ---- */

/* An event that is being written: its data is an open object in w. */
struct event {
	struct front *front;
	struct session *session;
	enum event_kind kind;
	int64_t at_ns;
	struct jsonout w;
	struct outbuf out;
	char text[4096];
};
struct jsonout *event_begin(struct event *e, struct front *f, enum event_kind kind, struct session *s);
void event_end(struct event *e);
/* The same with data that is JSON text already. */
void event_raw(struct front *f, enum event_kind kind, struct session *s, int64_t at_ns, const char *data, size_t len);
/* To log file, standard error, syslog and subscribers, if the level is wanted. s may be NULL. */
void front_log(struct front *f, enum log_level level, struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int event_files_open(struct front *f, struct errmsg *err);
void event_files_close(struct front *f);
/* SIGHUP: the log file is opened again, if that can be done from here. */
void log_reopen(struct front *f);

/* ---- sessions.c ---- */

/* Those of the state directory, then those of the configuration. Nothing is started. */
int sessions_load(struct front *f, struct errmsg *err);
/* The ones of the configuration, again: new ones made, changed ones changed. One that cannot be made is logged. */
void sessions_configure(struct front *f);
/* By id, unique beginning of one, or name. NULL: *code and err say why. */
struct session *session_find(struct front *f, const char *text, enum api_error *code, struct errmsg *err);
struct session *session_by_id(struct front *f, const char *id);
/* NW_ELIMIT, NW_EINPUT (name taken: *code is conflict), NW_ESYS. */
int session_make(struct front *f, const struct session_settings *settings, uid_t uid, struct session **s, enum api_error *code,
		 struct errmsg *err);
/* Writes session.json; a failure is logged. */
void session_keep(struct session *s);
/* With its record. It is stopped. Frees s. */
int session_remove(struct session *s, struct errmsg *err);
void sessions_free(struct front *f);
bool session_active(const struct session *s); /* has or waits for a worker */
/* Reads the progress page when what was read is older than 100 ms. */
void session_refresh(struct session *s);

/* ---- supervise.c ---- */

/* False when the table has no such transition: nothing happened. */
bool session_input(struct session *s, enum session_input in, const char *reason);
/* The worker of a front before us, if there is one that listens. */
void session_adopt(struct session *s);
/* Has the worker ended, by all we can know? Called when its socket or its process ended. */
void session_conclude(struct session *s);

/* ---- control.c ---- */

/* Binds the worker's socket: the listening descriptor, or negative. */
int control_listen(struct session *s, struct errmsg *err);
/* NW_ECONN: nobody listens. */
int control_connect(struct session *s, struct errmsg *err);
void control_connect_later(struct session *s);
void control_stop(struct session *s);
void control_limits(struct session *s);
void control_evict(struct session *s, uint64_t bytes);
/* Socket's name and connection are given up. */
void control_forget(struct session *s);
/* The limits in force for one session: its own and those of all. */
struct space_limits limits_of(const struct session *s);

/* ---- losses.c ---- */

void losses_crashed(struct session *s);
/* The next worker is ready; `received` by its own sockets so far. */
void losses_resumed(struct session *s, uint64_t received);
/* There will be no next worker. */
void losses_given_up(struct session *s);
void losses_unknown(struct session *s, int64_t from_ns, const char *note);
void sockets_close(int *fds, unsigned *n);

/* ---- gone.c ---- */

/* What is open, by the worker; NULL: it is over. Missing interfaces are looked for from now on; when none is missing any more
 * the time without is entered in the ledger. */
void gone_update(struct session *s, const struct json_value *open);
/* The worker told that one went, at this time. */
void gone_one(struct session *s, const char *name, int64_t at_ns);
/* A sentence for a session that records without some of them, or "". */
void gone_reason(const struct session *s, char *text, size_t size);
/* What there is, by a prober. */
void gone_found(struct session *s, const struct json_value *interfaces);
void gone_forget(struct session *s);

/* ---- jobs.c, watch.c, quota.c ---- */

struct call;
void job_open(struct call *c, struct session *s);
void job_check(struct call *c);
void job_interfaces(struct call *c);
/* For gone.c: its namespace's interfaces are asked for. */
int job_look(struct session *s, struct errmsg *err);
void job_freeze(struct call *c, struct session *s);
/* NULL or the name of the bundle. */
const char *freeze_begin(struct session *s, int64_t before_ns, int64_t after_ns, const char *reason, struct errmsg *err);
void jobs_client_gone(struct front *f, uint64_t client);
/* Ends those of a session; freezes are done with what there is. */
void jobs_session_ends(struct session *s);
void jobs_end(struct front *f);
unsigned jobs_freezing(const struct front *f);

void watch_begin(struct session *s);
void watch_end(struct session *s);
void watch_second(struct session *s, int64_t now_ns);
void alerts_clear(struct session *s);

/* ---- memory.c ---- */

/* May its kernel rings be, beside those of the sessions that run? NW_ELIMIT with figures. */
int memory_check(const struct session *s, struct errmsg *err);

/* ---- bundle_left.c ---- */

/* Bundles that were begun and of whose end nobody was told: soon, and until all is known. */
void bundles_look(struct session *s);

void quota_second(struct front *f);
/* What of limits.bytes of all is this session's now; 0: there is no such limit. */
uint64_t quota_share(const struct session *s);
/* Sum of all records. */
uint64_t quota_used(struct front *f);

/* ---- roles.c ---- */

enum role role_of(struct front *f, struct ipc_client *c);
void user_name(uid_t uid, char *text, size_t size);

/* ---- requests.c ---- */

/* One request under way. */
struct call {
	struct front *front;
	struct ipc_client *client;
	const struct operation *op;
	const struct json_value *root, *id;
	struct operation_params p;
	struct jsonout *w;         /* of call_data */
};
void requests_take(struct ipc_client *c, const char *text, size_t len);
void call_error(struct call *c, enum api_error code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void call_success(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Begins Data; "data" is an open object. */
struct jsonout *call_data(struct call *c);
void call_end(struct call *c);
/* The session of the request, or NULL when there is none: then the answer has been given. */
struct session *call_session(struct call *c);
/* Adds the client to those who wait. False: no memory, answered. */
bool call_wait(struct call *c, struct session *s);
/* Answers all who wait: with the session as it is, or with its failure. */
void waiters_answer(struct session *s, bool failed);

typedef void operation_handler(struct call *c);
extern operation_handler *const operation_handlers[OPERATIONS];

/* ---- answers.c ---- */

void write_session(struct jsonout *w, struct session *s, bool full);
void write_stats(struct jsonout *w, struct front *f, struct session *s);
/* The text of Status for the daemon; made anew when something has changed. */
const char *status_text(struct front *f, size_t *len);
void write_limits(struct jsonout *w, const struct space_limits *l);
void session_rates(const struct session *s, double *packets, double *bits);

/* ---- health.c ---- */

/* "81.8 GB" */
const char *human_bytes(uint64_t bytes, char text[24]);

void write_health(struct jsonout *w, struct front *f);
/* Sentences of what is not as it should be. */
void write_warnings(struct jsonout *w, struct front *f);

/* ---- front.c ---- */

struct front_options {
	const char *config, *socket, *state_dir, *runtime_dir, *pid_file, *log_level, *output;
	bool foreground, background, check, doctor, list_operations;
	int verbose;
};
/* Where things are and who the daemon is, by options, configuration, and who starts it. */
struct front_places {
	char state_dir[400], runtime_dir[400];
	const char *user;             /* to become; NULL: nobody else */
	uid_t uid;
	gid_t gid;
};
int front_places(struct front_places *p, const struct front_options *o, const struct config *c, struct errmsg *err);
/* The daemon. `ready_fd`: told when it answers, or why it does not; -1. Returns an exit status. */
int front_run(const struct front_options *o, struct config *config, int ready_fd);
int doctor_run(const struct front_options *o, const struct config *config);
void front_changed(struct front *f);
void front_stop(struct front *f, const char *reason);
/* While it stops: perhaps the last one. */
void front_session_ended(struct front *f);
/* Asks the starter for the file; the rest follows. */
void front_reload(struct front *f);
/* The second's timer runs while there is something to watch. */
void front_watch(struct front *f);
/* What the session has now, for its rates; once a second, and when it begins. */
void front_sample(struct session *s);

#endif
