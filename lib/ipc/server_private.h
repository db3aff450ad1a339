/* SPDX-License-Identifier: MIT */
/*
 * The parts of the server: listen.c (socket, lock, newcomers), server.c (clients, their turns and ends), answers.c (what
 * is written to them).
 *
 * A client is freed only from its own handle, from the round timer and from the sweep, never while a callback for it
 * runs. What happens to it elsewhere (an event it has no room for, ipc_client_close) marks it; the round timer, which
 * fires at the end of the round, does the rest.
 *
 *	OPEN ----> CLOSING ----> LINGER ----> freed      CLOSING: what waits is written; LINGER: the other side has
 *	  \__________\____________\________________      been told the end and what it still sends is thrown away, so
 *	                     DOOMED: freed at once       that a reset does not overtake the last answer
 */
#ifndef IPC_SERVER_PRIVATE_H
#define IPC_SERVER_PRIVATE_H

#include "ipc/server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { TURN_MESSAGES = 64, TURN_BYTES = 65536, OUT_BYTES = 32768 };

/* A ring of clients with something in common; the server holds the head. An element that is in none has next NULL. */
struct ipc_node {
	struct ipc_node *next, *prev;
};

static inline void node_add(struct ipc_node *head, struct ipc_node *n)
{
	if (n->next)
		return;
	n->next = head;
	n->prev = head->prev;
	head->prev->next = n;
	head->prev = n;
}

static inline void node_remove(struct ipc_node *n)
{
	if (!n->next)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = NULL;
}

static inline bool node_alone(const struct ipc_node *head)
{
	return head->next == head;
}

enum client_state { CLIENT_OPEN, CLIENT_CLOSING, CLIENT_LINGER, CLIENT_DOOMED };

struct subscription {
	uint32_t kinds;
	char session[IPC_SESSION_MAX]; /* "": all */
};

struct ipc_client {
	struct loop_fd io;
	struct ipc_server *server;
	struct ipc_reader reader;
	struct ipc_queue queue;
	struct ipc_node all, subscribed, dirty, again, watched;
	struct ucred peer;
	void *user;
	struct subscription *subscriptions;
	unsigned nsubscriptions;
	uint32_t slot;
	uint8_t state;
	int64_t half_at, unread_at, close_at; /* when patience ends, 0: not now */
	size_t held;                          /* bytes of this client, as counted in the server's */
};

struct slot {
	struct ipc_client *client;
	uint32_t generation, next_free;
};

struct ipc_server {
	struct loop *loop;
	struct ipc_server_options o;
	struct loop_fd listener;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool adopted;
	int lock_fd, spare_fd;
	dev_t dev;                     /* of the socket, so that only ours is removed */
	ino_t ino;
	struct slot *slots;
	uint32_t nslots, free_slot;    /* index + 1; 0: none */
	struct ipc_node all, subscribed, dirty, again, watched;
	size_t held;                   /* bytes that wait for clients, and of half messages of theirs */
	struct loop_timer round, sweep;
	uint32_t kinds;                /* that anybody subscribed to */
	char *scratch;                 /* TURN_BYTES: what the client whose turn it is has sent */
	/* What is being written: complete answers to `current`, then perhaps one that has begun. */
	struct ipc_client *current, *answering;
	struct outbuf out;
	char *spill;                   /* what out had no room for, in front of it */
	size_t spilled, spill_size;
	size_t begun, spill_max;
	bool over, torn;               /* the answer is too long; no memory for it */
	struct jsonout writer;
	struct ipc_server_counts counts;
};

/* listen.c */
int server_listen(struct ipc_server *s, struct errmsg *err);
void server_unlisten(struct ipc_server *s);

/* server.c */
/* Takes fd over. NULL: no memory, or no way to wait for it; fd is closed. */
struct ipc_client *client_new(struct ipc_server *s, int fd, const struct ucred *peer);
void server_pause(struct ipc_server *s);                /* newcomers wait a second */
void client_mark(struct ipc_client *c);                 /* something waits for it: the round timer */
void client_doom(struct ipc_client *c);                 /* ends it at the end of the round */

/* answers.c */
int answers_open(struct ipc_server *s, struct errmsg *err);
void answers_release(struct ipc_server *s);
/* What was gathered for the current client goes into its socket, the rest into its queue. */
void batch_write(struct ipc_server *s);
/* Tells the client how many events it has missed, if it has. */
void client_tell_lost(struct ipc_client *c);
/* An Error without an id as a whole frame. Returns its bytes. */
size_t error_frame(char *frame, size_t size, const char *code, const char *message);

#endif
