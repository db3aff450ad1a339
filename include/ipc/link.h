/* SPDX-License-Identifier: MIT */
/*
 * One connection on a loop between two processes that know each other: the daemon and a worker, a reader, a watcher.
 * Messages in both directions, with descriptors, never waiting. Clients of the daemon are served by ipc/server.h.
 *
 * The link is a member of its owner, who is found back with container_of. A zeroed one is closed.
 */
#ifndef IPC_LINK_H
#define IPC_LINK_H

#include "ipc/frame.h"
#include "loop/loop.h"

struct ipc_link {
	struct loop_fd io;          /* io.fd is the socket while the link is open */
	struct ipc_reader reader;
	struct ipc_queue queue;
	/* A whole message; m and what it points to are valid during the call, descriptors are taken by setting nfds to 0 (the
	 * others are closed). May close the link and free its owner. */
	void (*on_message)(struct ipc_link *l, struct ipc_message *m);
	/* The link has closed itself: the other side went away ("" as reason) or broke the rules (a sentence). Not called by
	 * ipc_link_close. May free the owner. */
	void (*on_close)(struct ipc_link *l, const char *reason);
	bool *gone;                 /* while on_message runs: set when the link is closed and perhaps no more */
};

/*
 * Takes `fd` (a connected stream socket) over and makes it non-blocking; on_message and on_close are set by the caller
 * before. `max` is the ceiling of a message from there, `queue_max` of what waits to go there. 0 or NW_ESYS (fd is
 * closed).
 */
int ipc_link_open(struct ipc_link *l, struct loop *loop, int fd, size_t max, size_t queue_max, struct errmsg *err);
/* Queues one message and writes what can be written. The descriptors are taken over, also in case of an error. 0;
 * NW_ELIMIT at the ceiling of the queue (nothing is queued, the link stays); NW_ECLOSED: the other side is gone (on_close
 * follows in the next round, not from in here), or the link is not open. */
int ipc_link_send(struct ipc_link *l, const char *text, size_t len, const int *fds, unsigned nfds, struct errmsg *err);
/* Closes at once; what waits is lost. Harmless on a closed one. */
void ipc_link_close(struct ipc_link *l);

#endif
