/* SPDX-License-Identifier: MIT */
/*
 * Messages over a stream socket: a 4-byte little-endian length, then that many bytes of UTF-8 JSON. The same framing
 * serves clients and the daemon (nwbox-ipc(7)) and the daemon and its workers. Open descriptors may travel with a message.
 *
 * Reader: takes any split of the bytes and hands out whole messages where they lie. What is left of a message at the end
 * of a round is copied, so that a connection with nothing under way holds no memory. Memory grows as bytes come, never as
 * a length claims.
 *
 *	char scratch[16384];
 *	while ((n = ipc_reader_fill(&r, fd, scratch, sizeof(scratch), true, err)) > 0) {
 *		while ((n = ipc_reader_next(&r, &m, err)) > 0)
 *			...                        m.text is valid until the next call of fill or keep
 *		ipc_reader_keep(&r, err);          scratch may go
 *	}
 *
 * Queue: what waits to be written. Many messages go out in one call; a message that carries descriptors has a call of its
 * own, so that they arrive with its bytes. Messages may be shared by many queues.
 *
 * Small processes that may wait use ipc_send() and ipc_receive(); those with a loop ipc/link.h.
 */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPC_REQUEST_MAX = 1 << 20,  /* bytes of JSON in a message of a client */
	IPC_ANSWER_MAX = 64 << 20,  /* in one of the daemon, as far as clients believe it */
	IPC_FDS_MAX = 16            /* descriptors with one message */
};

/* A message as it came. `text` is not NUL-terminated. The descriptors (close-on-exec) are the receiver's: what it does not
 * want it closes, ipc_message_close(). */
struct ipc_message {
	const char *text;
	size_t len;
	int fds[IPC_FDS_MAX];
	unsigned nfds;
};
void ipc_message_close(struct ipc_message *m);

/* ---- reader ------------------------------------------------------------------ */

struct ipc_incoming; /* descriptors whose message is not whole yet */

struct ipc_reader {
	const char *pos, *end;      /* not yet handed out: in `own`, or without one in the caller's scratch */
	char *own;                  /* what ipc_reader_keep copied and ipc_reader_fill added */
	size_t size;                /* of own */
	size_t max;
	uint64_t total;             /* bytes that came so far */
	struct ipc_incoming *incoming;
};

/* `max` is the ceiling of one message in bytes: IPC_REQUEST_MAX towards those who are not trusted. */
void ipc_reader_init(struct ipc_reader *r, size_t max);
/* Frees, and closes descriptors nobody took. Harmless on a zeroed struct. */
void ipc_reader_release(struct ipc_reader *r);

/*
 * One recvmsg(2) into `scratch` (of `size` >= 4096 bytes, which must live until ipc_reader_keep), behind the part of a
 * message that was kept, which is moved there; when that is more than half of it, into the reader's own memory. Without
 * `take_fds` the kernel closes what was sent along.
 *
 * Returns the bytes that came; 0 when none are there (of a non-blocking descriptor) or a signal came; NW_ECLOSED at the
 * orderly end; NW_ECONN; NW_ELIMIT: no memory, more than 4 * IPC_FDS_MAX descriptors whose message is not whole, or nobody
 * takes the messages. Whatever it returns, ipc_reader_keep or ipc_reader_release comes before the scratch goes.
 */
long ipc_reader_fill(struct ipc_reader *r, int fd, char *scratch, size_t size, bool take_fds, struct errmsg *err);
/* The same with bytes that the caller has already, borrowed until ipc_reader_keep. 0 or NW_ELIMIT: no memory. */
int ipc_reader_give(struct ipc_reader *r, const char *data, size_t len, struct errmsg *err);
/* The next whole message: 1 and *m; 0 when there is none; NW_EINPUT for a length of 0, NW_ELIMIT for one over the
 * ceiling: nothing after it can be read, the connection has to end. */
int ipc_reader_next(struct ipc_reader *r, struct ipc_message *m, struct errmsg *err);
/* Copies what was not handed out, be it half a message or several whole ones. 0 or NW_ELIMIT: no memory. */
int ipc_reader_keep(struct ipc_reader *r, struct errmsg *err);
/* Is the next message whole and only has to be asked for? Also true before a length that ipc_reader_next refuses. */
bool ipc_reader_ready(const struct ipc_reader *r);
/* Has a message begun that is not whole? */
bool ipc_reader_half(const struct ipc_reader *r);

/* ---- queue -------------------------------------------------------------------- */

/* A message with its length in front, counted by the queues that hold it. One thread. */
struct ipc_shared {
	unsigned refs;
	uint32_t len;               /* bytes in data, all lengths included */
	uint8_t nfds;               /* behind data; owned, closed with the last reference */
	bool event;                 /* may be lost: see ipc_queue_add; set by who made it */
	char data[];
};

/* From text without its length; takes the descriptors over, also when it fails. NULL: no memory. One reference. */
struct ipc_shared *ipc_shared_new(const char *text, size_t len, const int *fds, unsigned nfds);
/* From frames that have their lengths already. */
struct ipc_shared *ipc_shared_frames(const char *frames, size_t len);
void ipc_shared_drop(struct ipc_shared *m);

struct ipc_queue {
	struct ipc_shared **items;  /* a ring, gone when it is empty */
	uint32_t first, count, size;
	size_t sent;                /* bytes of the first item that are gone */
	size_t bytes;               /* waiting, each item with 64 bytes for its upkeep */
	size_t event_bytes;         /* of these, the events' */
	size_t max;
	uint64_t lost;              /* events that were not queued or were taken out again */
};

void ipc_queue_init(struct ipc_queue *q, size_t max);
/* Harmless on a zeroed struct. */
void ipc_queue_release(struct ipc_queue *q);
/*
 * Adds a message and a reference to it. At the ceiling events go first: an event that does not fit is counted in q->lost
 * and is no error; an answer takes the place of events that wait. 0; NW_ELIMIT when the answers alone exceed the ceiling
 * (nothing was added), or without memory.
 */
int ipc_queue_add(struct ipc_queue *q, struct ipc_shared *m, struct errmsg *err);
/* Writes what the socket takes. 1: all is gone; 0: some waits; NW_ECLOSED: the other side is gone; NW_ESYS. */
int ipc_queue_write(struct ipc_queue *q, int fd, struct errmsg *err);

static inline bool ipc_queue_empty(const struct ipc_queue *q)
{
	return q->count == 0;
}

/* ---- for those who may wait ----------------------------------------------------- */

/* Writes one message, whole, also to a non-blocking socket; the descriptors stay the caller's. 0, NW_EINPUT (text of 0
 * bytes, too many descriptors), NW_ECLOSED or NW_ESYS. The caller ignores SIGPIPE or not, as it likes: none is raised. */
int ipc_send(int fd, const char *text, size_t len, const int *fds, unsigned nfds, struct errmsg *err);
/* Waits up to timeout_ms (-1: for ever; 0: only looks) for one whole message. 0 and *m, its text valid until the next call;
 * NW_ETIME; NW_ECLOSED; NW_ECONN (ended within a message); NW_EINPUT and NW_ELIMIT as ipc_reader_next. */
int ipc_receive(struct ipc_reader *r, int fd, int timeout_ms, struct ipc_message *m, struct errmsg *err);

/* ---- errors on the wire ----------------------------------------------------------- */

/* The enum nw_err for the word in "code" of an Error, as in the table of api/operations.h (which lies above and may not be
 * asked here): NW_EFAIL for a word we do not know. */
int ipc_error_code(const char *word);

#endif
