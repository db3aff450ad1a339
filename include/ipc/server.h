/* SPDX-License-Identifier: MIT */
/*
 * The daemon's side of nwbox-ipc(7): a Unix stream socket, its clients, what they ask and what they subscribed to. On a
 * loop, one thread. It knows frames, queues and ceilings; what a request means is the caller's business.
 *
 *	static void on_message(struct ipc_client *c, const char *text, size_t len)
 *	{
 *		... parse, find the handler, and in it:
 *		struct jsonout *w = ipc_answer_begin(c, id, "Data");
 *		json_add_object(w, "data");
 *		...
 *		json_close(w);
 *		ipc_answer_end(c);
 *	}
 *
 * Answers of one turn are gathered and written in one call; an event is written down once for all who subscribed to it.
 *
 * Policies, all told to the client in one Error or Event before they act:
 *   more than max_clients           Error limit, closed. A user other than root and the daemon's has at most three quarters.
 *   length 0, length over 1 MiB     Error invalid or limit, closed when it is written
 *   half a frame for 30 s           Error timeout, closed
 *   flood                           64 messages or 64 KiB of a client in a turn, then the others have theirs
 *   does not read                   its requests are not read while more than half of queue_bytes waits; when it has
 *                                   read nothing for 30 s it is closed
 *   queue_bytes are full            events are left out, and counted in an event `dropped` when there is room again;
 *                                   answers alone over it: closed
 *   64 MiB of all clients wait      who has more than 64 KiB of it is not read meanwhile; half a message over 64 KiB:
 *                                   Error limit, closed
 *   an answer over answer_max       is replaced by Error limit
 *   descriptors sent to us          are closed
 */
#ifndef IPC_SERVER_H
#define IPC_SERVER_H

#include "base/json.h"
#include "base/jsonout.h"
#include "ipc/frame.h"
#include "loop/loop.h"

#include <sys/types.h>

struct ipc_server;
struct ipc_client; /* one connection; valid until on_close returns */

struct ipc_server_options {
	const char *path;           /* of the socket; not looked at with listen_fd */
	int listen_fd;              /* -1, or a listening socket that is taken over: ipc_adopted_fd() */
	unsigned mode;              /* of the socket; 0: 0660 */
	gid_t group;                /* of the socket; (gid_t)-1: the process's */
	unsigned max_clients;       /* 0: 4096; lowered to what RLIMIT_NOFILE (raised as far as it goes) leaves */
	size_t queue_bytes;         /* that may wait for one client; 0: 4 MiB */
	size_t answer_max;          /* bytes of one answer; 0: half of queue_bytes */
	int64_t half_ns, unread_ns; /* how long half a message and unread answers are borne; 0: 30 s */
	void *user;                 /* ipc_server_user() */
	/* A client came. Its credentials are known; it may be answered and closed here. May be NULL. */
	void (*on_open)(struct ipc_client *c);
	/* One whole message, borrowed for the call. */
	void (*on_message)(struct ipc_client *c, const char *text, size_t len);
	/* The client is gone, for whatever reason: frees what ipc_client_set_user got. Must not answer. May be NULL. */
	void (*on_close)(struct ipc_client *c);
};

/*
 * Listens. With a path: the folder of the socket is made if it is missing (0755); PATH.lock is taken, a socket that
 * nobody answers is replaced, one that is answered is not. The umask is set around bind, so there is no moment of wider
 * rights. What this process forks afterwards without exec holds the lock and the socket open: fork before.
 *
 * NW_EINPUT: the path is too long (the sentence has path, length and limit), or something that is no socket is there;
 * NW_EFAIL: "another netwatchd (pid 12) answers at PATH"; NW_EPERM, NW_ESYS. On error *s is NULL.
 */
int ipc_server_open(struct ipc_server **s, struct loop *l, const struct ipc_server_options *o, struct errmsg *err);
/* Writes what can be written without waiting, closes all clients (on_close is called), removes socket and lock if they
 * are ours and not adopted. NULL is harmless. Not from a callback of the server. */
void ipc_server_close(struct ipc_server *s);
/* The descriptor that systemd passed (LISTEN_PID, LISTEN_FDS: the first, others are closed), or -1. The variables are
 * removed. Once per process. */
int ipc_adopted_fd(void);

void *ipc_server_user(const struct ipc_server *s);
/* Where it listens; of an adopted socket too, "" if it has no name. */
const char *ipc_server_path(const struct ipc_server *s);

struct ipc_server_counts {
	unsigned clients, subscribers, max_clients;
	uint64_t accepted, refused;         /* since the start */
	uint64_t messages, answers, events; /* events: each subscriber counts */
	uint64_t events_lost, disconnected; /* for not reading, half frames, broken frames */
	uint64_t bytes_in, bytes_out;
};
void ipc_server_counts(const struct ipc_server *s, struct ipc_server_counts *c);

/* ---- clients --------------------------------------------------------------------- */

struct ipc_server *ipc_client_server(const struct ipc_client *c);
void *ipc_client_user(const struct ipc_client *c);
void ipc_client_set_user(struct ipc_client *c, void *user);
uid_t ipc_client_uid(const struct ipc_client *c);
gid_t ipc_client_gid(const struct ipc_client *c);
/* As the client's process was when it connected; 0 if it lives in a pid namespace we cannot see. */
pid_t ipc_client_pid(const struct ipc_client *c);
/* Primary or supplementary group of the process that connected (asked of the kernel at each call). */
bool ipc_client_in_group(const struct ipc_client *c, gid_t group);
/* Closes when everything queued is written (or 5 s have passed); nothing more is read from it. on_close comes later, never
 * from in here. */
void ipc_client_close(struct ipc_client *c);

/* For answers that come later: the handle stays valid as a number for ever, and finds NULL once the client is gone. */
uint64_t ipc_client_handle(const struct ipc_client *c);
struct ipc_client *ipc_server_find(struct ipc_server *s, uint64_t handle);

/* ---- answers ---------------------------------------------------------------------- */

/*
 * Begins {"id":...,"type":"TYPE" and returns the writer, in whose object the caller adds members; what the caller opens it
 * closes. `id` is the request's member (string, integer) or NULL: none. One answer at a time per server.
 * For a later answer keep the id as json text or number: ipc_answer_begin_raw.
 */
struct jsonout *ipc_answer_begin(struct ipc_client *c, const struct json_value *id, const char *type);
/* The same; `id` is JSON text ("7", "\"a\"") or NULL. */
struct jsonout *ipc_answer_begin_raw(struct ipc_client *c, const char *id, const char *type);
/* Closes the object and sends it. 0; NW_ELIMIT: it exceeded answer_max and the client got Error limit instead. */
int ipc_answer_end(struct ipc_client *c);
/* The same with descriptors, which are taken over in any case. */
int ipc_answer_end_fds(struct ipc_client *c, const int *fds, unsigned nfds);
/* Forgets what was begun: nothing is sent. */
void ipc_answer_cancel(struct ipc_client *c);

/* Whole answers. `code` is a word of nwbox-ipc(7); see also ipc_error_word(). */
void ipc_answer_success(struct ipc_client *c, const struct json_value *id, const char *message);
void ipc_answer_error(struct ipc_client *c, const struct json_value *id, const char *code, const char *message);
void ipc_answer_error_raw(struct ipc_client *c, const char *id, const char *code, const char *message);

/* The id of a request as text for ipc_answer_begin_raw, cut off at 200 bytes with NW_EINPUT; "" in `text` when there is
 * none. NW_EINPUT too for an id that is neither integer nor string. */
enum { IPC_ID_MAX = 208 };
int ipc_id_text(const struct json_value *id, char text[IPC_ID_MAX], struct errmsg *err);

/* ---- events ------------------------------------------------------------------------ */

enum { IPC_SUBSCRIPTIONS_MAX = 32, IPC_SESSION_MAX = 64 };

/* Adds a subscription to the kinds of events in the mask (bits are the caller's), of one session or (NULL) of all. One
 * that exists for the session gets the further kinds. NW_ELIMIT: more than IPC_SUBSCRIPTIONS_MAX. */
int ipc_subscribe(struct ipc_client *c, uint32_t kinds, const char *session, struct errmsg *err);
/* Ends those of a session, or (NULL) all. */
void ipc_unsubscribe(struct ipc_client *c, const char *session);
/* The mask of kinds anybody waits for; 0: an event need not be written. */
uint32_t ipc_subscribed(const struct ipc_server *s);

/*
 * Queues one event, written by the caller ({"type":"Event","event_type":...}, `len` bytes), for all whose subscription has
 * one of `kinds` and the session; NULL: an event of the daemon, for those that subscribed to all sessions. It is copied
 * once, shared by all, and written at the end of this round of the loop. Returns how many get it.
 */
unsigned ipc_event_send(struct ipc_server *s, uint32_t kinds, const char *session, const char *text, size_t len);

#endif
