/* SPDX-License-Identifier: MIT */
/*
 * The tables of the daemon's interface. The rows of parameters are here, the list of operations is api/operations.def, what
 * each does is the daemon's.
 */
#include "api/operations.h"
#include "api/settings.h"
#include "base/text.h"

#include <string.h>

#define P struct operation_params
#define ROW_SESSION SHAPE_STRING("session", P, session, NULL, "id, beginning of an id, or name", .min = 1, .max = 128)
#define ROW_THE_SESSION \
	SHAPE_STRING("session", P, session, NULL, "id, beginning of an id, or name", .min = 1, .max = 128, .required = true)
#define ROW_LIMIT(preset, ceiling, what) SHAPE_U64("limit", P, limit, preset, 0, ceiling, what)
#define ROW_SINCE SHAPE_TIME("since", P, since_ns, "only what is not older")

static const struct shape_row no_rows[] = { SHAPE_END };

static const struct shape_row session_rows[] = { ROW_THE_SESSION, SHAPE_END };

static const struct shape_row maybe_session_rows[] = { ROW_SESSION, SHAPE_END };

static const struct shape_row start_rows[] = {
	SHAPE_STRING("session", P, session, NULL, "start this one again; without it settings of a new one are expected",
		     .min = 1, .max = 128),
	SHAPE_END
};

static const struct shape_row delete_rows[] = {
	ROW_THE_SESSION,
	SHAPE_BOOL("force", P, force, "false", "also when it still runs: it is stopped first"),
	SHAPE_END
};

static const struct shape_row list_rows[] = {
	SHAPE_CHOICE("state", P, state, NULL, SESSION_STATE_CHOICES, "only those in this state", .given = offsetof(P, state_given)),
	SHAPE_END
};

static const struct shape_row logs_rows[] = {
	ROW_SESSION,
	ROW_LIMIT("100", 4096, "the newest so many"),
	ROW_SINCE,
	SHAPE_CHOICE("level", P, level, "info", LOG_LEVEL_CHOICES, "these and what is worse"),
	SHAPE_END
};

static const struct shape_row events_rows[] = {
	ROW_SESSION,
	SHAPE_STRING("kind", P, kind, NULL, "only this event_type", .min = 1, .max = 64),
	ROW_LIMIT("100", 4096, "the newest so many"),
	ROW_SINCE,
	SHAPE_END
};

static const struct shape_row alerts_rows[] = {
	ROW_SESSION,
	ROW_LIMIT("100", 4096, "the newest so many"),
	ROW_SINCE,
	SHAPE_END
};

static const struct shape_row losses_rows[] = {
	ROW_THE_SESSION,
	ROW_LIMIT("1000", 4096, "the newest so many"),
	ROW_SINCE,
	SHAPE_END
};

static const struct shape_row interfaces_rows[] = {
	SHAPE_STRING("netns", P, netns, NULL, "of this network namespace: a name or a process id", .min = 1, .max = 255),
	SHAPE_END
};

static const struct shape_row open_rows[] = {
	ROW_THE_SESSION,
	SHAPE_STRING("filter", P, filter, NULL, "display filter: only packets that match", .max = 65536),
	SHAPE_TIME("from", P, from_ns, "no packet before"),
	SHAPE_TIME("to", P, to_ns, "no packet after"),
	SHAPE_U64("limit", P, limit, "0", 0, 0, "end after so many; 0: never", .unit = "packets"),
	SHAPE_U64("skip", P, skip, "0", 0, 0, "leave out the first so many of those that match", .unit = "packets"),
	SHAPE_BOOL("follow", P, follow, "false", "go on with packets as they are recorded"),
	SHAPE_STRING("bundle", P, bundle, NULL, "those of this bundle", .min = 1, .max = 128),
	SHAPE_STRING("after", P, after, NULL, "only what comes behind this place of the record", .max = 43),
	SHAPE_END
};

static const struct shape_row freeze_rows[] = {
	ROW_THE_SESSION,
	SHAPE_DURATION("before", P, before_ns, NULL, 0, FREEZE_MAX_NS, "so much of what was", .given = offsetof(P, before_given)),
	SHAPE_DURATION("after", P, after_ns, NULL, 0, FREEZE_MAX_NS, "so much of what comes", .given = offsetof(P, after_given)),
	SHAPE_STRING("reason", P, reason, NULL, "why, for the summary", .max = 256),
	SHAPE_END
};

static const struct shape_row check_filter_rows[] = {
	SHAPE_STRING("filter", P, filter, NULL, "the filter", .max = 65536, .required = true),
	SHAPE_BOOL("display", P, display, "false", "it is a display filter; otherwise a capture filter (BPF)"),
	SHAPE_END
};

static const struct shape_row subscribe_rows[] = {
	SHAPE_CHOICE("events", P, events, "AllEvents", SUBSCRIPTION_CHOICES, "which"),
	SHAPE_STRING("session", P, session, NULL, "only those of this session", .min = 1, .max = 128),
	SHAPE_END
};
#undef P

#define OPERATION(id, t, m, p, r, parameters, h, a)                                                              \
	{ .name = #id, .type = t, .method = m, .path = p, .role = ROLE_##r, .settings = OPERATION_##id == OPERATION_START, \
	  .rows = parameters, .help = h, .answer = a },
const struct operation operations[OPERATIONS] = {
#include "api/operations.def"
};
#undef OPERATION

const char *const role_names[ROLES] = { "viewer", "operator", "admin" };
const char *const session_state_names[SESSION_STATES] = {
	"stopped", "starting", "running", "restarting", "stopping", "failed"
};
const char *const log_level_names[LOG_LEVELS] = { "debug", "info", "warning", "error" };

const struct event_row event_rows[EVENT_KINDS] = {
	[EVENT_STATUS_CHANGE] = { "status_change", "state, before, reason: a session changed its state" },
	[EVENT_PROCESS_STARTED] = { "process_started", "pid, process (worker, watcher), attempt" },
	[EVENT_PROCESS_EXITED] = { "process_exited", "pid, process, status: it ended orderly" },
	[EVENT_PROCESS_CRASHED] = { "process_crashed", "pid, process, signal or status, message" },
	[EVENT_PROCESS_RESTARTING] = { "process_restarting", "process, attempt, attempts, delay" },
	[EVENT_PROCESS_GAVE_UP] = { "process_gave_up", "process, attempts, window, message: it is not started again" },
	[EVENT_LOG_LINE] = { "log_line", "level, text" },
	[EVENT_PACKET_LOSS] = { "packet_loss", "kind (kernel, interface, disk, crash), packets, from, to" },
	[EVENT_ALERT] = { "alert", "rule, kind, value, threshold, text: a rule's condition came true" },
	[EVENT_ALERT_CLEARED] = { "alert_cleared", "rule, kind, value, threshold, duration: it is over" },
	[EVENT_SEGMENT_EVICTED] = { "segment_evicted", "segments, bytes, reason (bytes, age, free, disk_full)" },
	[EVENT_DISK_FULL] = { "disk_full", "free, message: nothing is left to make room" },
	[EVENT_DISK_RECOVERED] = { "disk_recovered", "packets: so many were not written meanwhile" },
	[EVENT_CLOCK_CHANGED] = { "clock_changed", "before, after, step: the wall clock jumped" },
	[EVENT_INTERFACE_DOWN] = { "interface_down", "interface: it is there, but switched off" },
	[EVENT_INTERFACE_UP] = { "interface_up", "interface" },
	[EVENT_INTERFACE_GONE] = { "interface_gone", "interface: there is none of this name" },
	[EVENT_LIMIT_REACHED] = { "limit_reached", "limit (duration, packets, bytes): the session ends, as was asked" },
	[EVENT_BUNDLE_STARTED] = { "bundle_started", "bundle, from, to, reason" },
	[EVENT_BUNDLE_FINISHED] = { "bundle_finished", "bundle, packets, bytes, path" },
	[EVENT_BUNDLE_FAILED] = { "bundle_failed", "bundle, message" },
	[EVENT_CONFIGURATION_RELOADED] = { "configuration_reloaded", "valid, message: an invalid one changes nothing" },
	[EVENT_DAEMON_STARTED] = { "daemon_started", "version, pid" },
	[EVENT_DAEMON_STOPPING] = { "daemon_stopping", "reason" },
	[EVENT_DROPPED] = { "dropped", "dropped: so many events were not sent, because this client did not read" },
};

const struct api_error_row api_errors[API_ERRORS] = {
	[API_INVALID] = { "invalid", NW_EINPUT, 400, "the request is not understood; the message names the member" },
	[API_NOT_FOUND] = { "not_found", NW_EINPUT, 404, "no such session, bundle or profile" },
	[API_AMBIGUOUS] = { "ambiguous", NW_EINPUT, 409, "several sessions begin like this; the message lists them" },
	[API_CONFLICT] = { "conflict", NW_EFAIL, 409, "not in this state: it runs already, the name is taken" },
	[API_PERMISSION] = { "permission", NW_EPERM, 403, "this takes another role, or rights that the daemon has not" },
	[API_AUTHENTICATION] = { "authentication", NW_EAUTH, 401, "who asks is not known" },
	[API_LIMIT] = { "limit", NW_ELIMIT, 429, "a ceiling of the configuration is reached" },
	[API_TIMEOUT] = { "timeout", NW_ETIME, 504, "it took too long; it may still happen" },
	[API_UNAVAILABLE] = { "unavailable", NW_ECONN, 503, "the daemon is stopping" },
	[API_FAILED] = { "failed", NW_EFAIL, 500, "it did not work; the message says why" },
	[API_UNKNOWN_TYPE] = { "unknown_type", NW_EINPUT, 404, "there is no such operation" },
};

int event_kind_find(const char *name)
{
	for (int i = 0; name && i < EVENT_KINDS; i++)
		if (!strcmp(event_rows[i].name, name))
			return i;
	return -1;
}

bool subscription_wants(enum subscription s, enum event_kind kind)
{
	return s == SUBSCRIBE_ALL || kind == EVENT_DROPPED || (s == SUBSCRIBE_LOGS) == (kind == EVENT_LOG_LINE);
}

int api_error_nw(const char *code)
{
	for (unsigned i = 0; code && i < API_ERRORS; i++)
		if (!strcmp(api_errors[i].code, code))
			return api_errors[i].nw_err;
	return NW_EFAIL;
}

enum api_error api_error_of(int nw_err)
{
	switch (nw_err) {
	case NW_EINPUT:
		return API_INVALID;
	case NW_EPERM:
		return API_PERMISSION;
	case NW_EAUTH:
		return API_AUTHENTICATION;
	case NW_ETIME:
		return API_TIMEOUT;
	case NW_ELIMIT:
		return API_LIMIT;
	case NW_ECONN:
		return API_UNAVAILABLE;
	default:
		return API_FAILED;
	}
}

const struct operation *operation_find(const char *type, const char **nearest)
{
	struct text_nearest near = { .word = type };

	for (unsigned i = 0; i < OPERATIONS; i++)
		if (!strcmp(operations[i].type, type))
			return &operations[i];
	for (unsigned i = 0; nearest && i < OPERATIONS; i++)
		text_nearest_try(&near, operations[i].type);
	if (nearest)
		*nearest = near.best;
	return NULL;
}

bool session_id_valid(const char *id)
{
	return strspn(id, "0123456789abcdef") == SESSION_ID_LEN && !id[SESSION_ID_LEN];
}

/* ---- Help ------------------------------------------------------------------------------------ */

static void write_rows(struct jsonout *w, const struct shape_row *row)
{
	for (; row->type != SHAPE_TYPE_END; row++) {
		char type[200];
		struct outbuf o;

		outbuf_fixed(&o, type, sizeof(type));
		shape_put_type(&o, row);
		json_open_object(w);
		json_add_str(w, "name", row->name);
		json_add_str(w, "type", outbuf_cstr(&o));
		json_add_bool(w, "required", row->required);
		if (row->preset)
			json_add_str(w, "preset", row->preset);
		json_add_str(w, "help", row->help);
		json_close(w);
	}
}

static void write_operation(struct jsonout *w, const struct operation *op)
{
	char name[32];
	size_t n = 0;

	for (; op->name[n] && n < sizeof(name) - 1; n++)
		name[n] = (char)(op->name[n] | (op->name[n] == '_' ? 0 : 0x20));
	json_open_object(w);
	json_add_string(w, "name", name, n);
	json_add_str(w, "type", op->type);
	if (*op->method) {
		json_add_str(w, "method", op->method);
		json_add_str(w, "path", op->path);
	}
	json_add_str(w, "role", role_names[op->role]);
	json_add_str(w, "help", op->help);
	json_add_str(w, "answer", op->answer);
	json_add_array(w, "parameters");
	write_rows(w, op->rows);
	if (op->settings)
		write_rows(w, settings_shape);
	json_close(w);
	json_close(w);
}

void operations_write(struct jsonout *w)
{
	json_add_array(w, "operations");
	for (unsigned i = 0; i < OPERATIONS; i++)
		write_operation(w, &operations[i]);
	json_close(w);
	json_add_object(w, "events");
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		json_add_str(w, event_rows[i].name, event_rows[i].help);
	json_close(w);
	json_add_object(w, "errors");
	for (unsigned i = 0; i < API_ERRORS; i++)
		json_add_str(w, api_errors[i].code, api_errors[i].help);
	json_close(w);
	json_add_array(w, "states");
	for (unsigned i = 0; i < SESSION_STATES; i++)
		json_put_str(w, session_state_names[i]);
	json_close(w);
}
