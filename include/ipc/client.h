/* SPDX-License-Identifier: MIT */
/*
 * The client's side of nwbox-ipc(7), for programs that may wait: find the daemon, ask it, take its events.
 *
 *	struct ipc_address a;
 *	struct ipc_daemon *d = NULL;
 *	struct ipc_answer answer = { 0 };
 *
 *	if ((rc = ipc_address(&a, option, config, IPC_FOR_CLIENT, err)) || (rc = ipc_connect(&d, &a, 5000, err)))
 *		return rc;
 *	json_add_str(ipc_request_begin(d, "Show"), "session", "a1");
 *	rc = ipc_call(d, 10000, &answer, err);          an Error of the daemon is a negative rc and its sentence in err
 *	... json_get(answer.data, "packets") ...
 *	ipc_answer_release(&answer);
 *	ipc_disconnect(d);
 */
#ifndef IPC_CLIENT_H
#define IPC_CLIENT_H

#include "base/json.h"
#include "base/jsonout.h"
#include "ipc/frame.h"

#include <sys/types.h>

/* ---- where the daemon is ------------------------------------------------------------- */

enum { IPC_PATH_MAX = 107 }; /* of a Unix socket, in bytes: sun_path less its NUL */

enum ipc_side { IPC_FOR_CLIENT, IPC_FOR_DAEMON };

struct ipc_address {
	char path[IPC_PATH_MAX + 1];
	const char *from;           /* what decided: "--socket", "NWBOX_SOCKET", "the configuration", "the default" */
};

/*
 * The rules of DESIGN section 6: `option` (NULL: not given), NWBOX_SOCKET, `config` (NULL: not set), and then as root
 * /run/netwatchd/netwatchd.sock, else $XDG_RUNTIME_DIR/netwatchd.sock, else /tmp/netwatchd-UID/netwatchd.sock. For the
 * daemon the last folder is made (0700); for both it must be ours and closed to others. A client that is not root, and
 * whose own daemon does not run, takes the system's if that lets it in. A relative path is made absolute if it fits then.
 *
 * NW_EINPUT: too long (path, length, limit); NW_EPERM: /tmp/netwatchd-UID belongs to somebody else or is open to others.
 */
int ipc_address(struct ipc_address *a, const char *option, const char *config, enum ipc_side side, struct errmsg *err);

/* Is the text short enough for a socket? Else NW_EINPUT with path, length and limit. */
int ipc_path_check(const char *path, struct errmsg *err);

/* ---- connection ---------------------------------------------------------------------- */

struct ipc_daemon;

/* NW_ECONN: no daemon answers there (with how to start one); NW_EPERM: with the group that may; NW_ETIME: the queue of
 * the daemon is full for so long; NW_EINPUT: something that is no socket. */
int ipc_connect(struct ipc_daemon **d, const struct ipc_address *a, int timeout_ms, struct errmsg *err);
/* NULL is harmless. */
void ipc_disconnect(struct ipc_daemon *d);
/* For poll(2): readable when ipc_event_next or ipc_answer_next have something to do. */
int ipc_daemon_fd(const struct ipc_daemon *d);
pid_t ipc_daemon_pid(const struct ipc_daemon *d);

/*
 * Starts a daemon that listens at the address: this binary as `netwatchd --background --socket PATH` (and --config
 * `config` unless NULL), and waits until it answers, at most 5 s. 0; NW_ECONN with what it said on stderr; NW_ETIME; NW_ESYS.
 * When somebody else starts one at the same moment, that one will do.
 */
int ipc_start_daemon(const struct ipc_address *a, const char *config, struct errmsg *err);

/* ---- requests -------------------------------------------------------------------------- */

struct ipc_answer {
	uint64_t id;
	bool success;                       /* Success or Data; false: Error */
	const char *message;                /* of Success and Error, else NULL */
	const char *code;                   /* of Error, else NULL */
	const struct json_value *data;      /* of Data, else NULL */
	const struct json_value *whole;     /* all of it: json_copy, json_pretty */
	struct json *document;              /* what the pointers above borrow from */
	int fds[IPC_FDS_MAX];               /* set to -1 what you keep; release closes the others */
	unsigned nfds;
};

/* Frees and zeroes. Harmless on a zeroed struct. */
void ipc_answer_release(struct ipc_answer *a);

/* Begins {"id":N,"type":"TYPE" and returns the writer; the caller adds members and closes what it opens. */
struct jsonout *ipc_request_begin(struct ipc_daemon *d, const char *type);
/* Queues what was begun, writes what can be written, does not wait for the answer: many may be under way. *id for
 * ipc_answer_wait. NW_ELIMIT: over IPC_REQUEST_MAX; NW_ECONN: the daemon is gone. */
int ipc_request_send(struct ipc_daemon *d, uint64_t *id, struct errmsg *err);
/*
 * Waits for the answer to `id`. Events and other answers that come in between are kept. 0 (Success, Data); the code of
 * ipc_error_code() for an Error, its sentence in err and the answer in *a all the same; NW_ETIME (the answer, when it
 * comes, is dropped), NW_ECONN: the daemon went away. timeout_ms -1: as long as it takes.
 */
int ipc_answer_wait(struct ipc_daemon *d, uint64_t id, int timeout_ms, struct ipc_answer *a, struct errmsg *err);
/* Both in one, for what was begun. */
int ipc_call(struct ipc_daemon *d, int timeout_ms, struct ipc_answer *a, struct errmsg *err);

/* ---- events ----------------------------------------------------------------------------- */

enum { IPC_EVENTS_KEPT = 4096 }; /* that nobody fetched; then the oldest go and are counted */

struct ipc_event {
	const char *type;                   /* event_type */
	const char *session;                /* NULL: of the daemon */
	int64_t time_ns;                    /* since 1970 */
	const struct json_value *data;
	const struct json_value *whole;
	struct json *document;
};

void ipc_event_release(struct ipc_event *e);
/* The next event: 1 and *e; 0 when none came in timeout_ms (0: only looks; -1: waits for ever, or until a signal: 0);
 * NW_ECONN when the daemon is gone and all events are fetched. */
int ipc_event_next(struct ipc_daemon *d, int timeout_ms, struct ipc_event *e, struct errmsg *err);
/* Events that were not kept here (the daemon tells its own losses in an event `dropped`); counted anew after the call. */
uint64_t ipc_events_lost(struct ipc_daemon *d);

#endif
