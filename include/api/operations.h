/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of the daemon: one table for IPC, HTTP, roles, the command line and the documentation. The daemon binds a
 * handler to each row by its enum; nothing else knows a list of operations. With them go the words of answers: states of a
 * session, kinds of events, codes of errors.
 */
#ifndef API_OPERATIONS_H
#define API_OPERATIONS_H

#include "base/jsonout.h"
#include "base/shape.h"

#include <stdbool.h>
#include <stdint.h>

enum role { ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN, ROLES };
extern const char *const role_names[ROLES]; /* "viewer", "operator", "admin" */

enum session_state {
	STATE_STOPPED, STATE_STARTING, STATE_RUNNING, STATE_RESTARTING, STATE_STOPPING, STATE_FAILED, SESSION_STATES
};
extern const char *const session_state_names[SESSION_STATES];
#define SESSION_STATE_CHOICES "stopped starting running restarting stopping failed"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LOG_LEVELS };
extern const char *const log_level_names[LOG_LEVELS];
#define LOG_LEVEL_CHOICES "debug info warning error"

enum event_kind {
	EVENT_STATUS_CHANGE, EVENT_PROCESS_STARTED, EVENT_PROCESS_EXITED, EVENT_PROCESS_CRASHED, EVENT_PROCESS_RESTARTING,
	EVENT_PROCESS_GAVE_UP, EVENT_LOG_LINE, EVENT_PACKET_LOSS, EVENT_ALERT, EVENT_ALERT_CLEARED, EVENT_SEGMENT_EVICTED,
	EVENT_DISK_FULL, EVENT_DISK_RECOVERED, EVENT_CLOCK_CHANGED, EVENT_INTERFACE_DOWN, EVENT_INTERFACE_UP, EVENT_INTERFACE_GONE,
	EVENT_LIMIT_REACHED, EVENT_BUNDLE_STARTED, EVENT_BUNDLE_FINISHED, EVENT_BUNDLE_FAILED, EVENT_CONFIGURATION_RELOADED,
	EVENT_DAEMON_STARTED, EVENT_DAEMON_STOPPING,
	EVENT_DROPPED, /* to one subscriber: {"dropped": n} events were thrown away because it did not read */
	EVENT_KINDS
};
struct event_row {
	const char *name, *help; /* help: what its data holds */
};
extern const struct event_row event_rows[EVENT_KINDS];
/* -1: no such kind. */
int event_kind_find(const char *name);

/* What a subscription gets: LogEvents are log_line, StatusEvents all others. */
enum subscription { SUBSCRIBE_STATUS, SUBSCRIBE_LOGS, SUBSCRIBE_ALL, SUBSCRIPTIONS };
#define SUBSCRIPTION_CHOICES "StatusEvents LogEvents AllEvents"
bool subscription_wants(enum subscription s, enum event_kind kind);

/* Codes of Error answers. */
enum api_error {
	API_INVALID, API_NOT_FOUND, API_AMBIGUOUS, API_CONFLICT, API_PERMISSION, API_AUTHENTICATION, API_LIMIT, API_TIMEOUT,
	API_UNAVAILABLE, API_FAILED, API_UNKNOWN_TYPE, API_ERRORS
};
struct api_error_row {
	const char *code;   /* "not_found" */
	int nw_err;         /* the enum nw_err whose exit status a client ends with (errmsg_exit_code) */
	uint16_t http;      /* status */
	const char *help;
};
extern const struct api_error_row api_errors[API_ERRORS];
/* For clients: the enum nw_err of a code; NW_EFAIL for one that this build does not know. */
int api_error_nw(const char *code);
/* For servers: the code for an enum nw_err of lib/. */
enum api_error api_error_of(int nw_err);

enum operation_id {
#define OPERATION(name, ...) OPERATION_##name,
#include "api/operations.def"
#undef OPERATION
	OPERATIONS
};

/* Parameters of all operations, checked by the rows of the one that was asked for; the rest is 0. Strings are borrowed from
 * the request. */
struct operation_params {
	const char *session;       /* id, unique prefix of one, or name; NULL: not given */
	bool force;                /* Delete: also when it runs, or is frozen */
	bool state_given;
	int state;                 /* enum session_state */
	const char *filter;
	bool display;              /* CheckFilter: a display filter, not BPF */
	int64_t from_ns, to_ns;    /* Open; 0: from the first, to the last */
	uint64_t limit;            /* packets, or entries; 0: no limit (Open) */
	uint64_t skip;
	bool follow;
	const char *bundle;        /* Open: read this bundle, not the record */
	const char *after;         /* Open: a place, as a reader tells it */
	bool before_given, after_given;
	int64_t before_ns, after_ns; /* Freeze */
	const char *reason;
	int level;                 /* enum log_level, and what is worse */
	int64_t since_ns;
	const char *kind;          /* a name of event_rows */
	int events;                /* enum subscription */
	const char *netns;         /* Interfaces */
};

struct operation {
	const char *name;          /* "CHECK_FILTER": of the enum */
	const char *type;          /* "CheckFilter": of the IPC request */
	const char *method, *path; /* of HTTP; "" when it has none */
	uint8_t role;              /* the least */
	bool settings;             /* Start: takes the members of settings_shape (api/settings.h) too, beside its own */
	const struct shape_row *rows;
	const char *help, *answer;
};
extern const struct operation operations[OPERATIONS];

/* By IPC type, in exact case. NULL: there is none; then *nearest (may be NULL) is the one that was perhaps meant, or NULL. */
const struct operation *operation_find(const char *type, const char **nearest);
/* The members of Help's answer into an object that is open. */
void operations_write(struct jsonout *w);

/* Ids of sessions: 12 lower-case hexadecimal digits. */
enum { SESSION_ID_LEN = 12 };
bool session_id_valid(const char *id);

#endif
