/* SPDX-License-Identifier: MIT */
/*
 * The clients of the server: their turns, their patience, their ends. See server_private.h for the states and ipc/server.h
 * for the policies.
 *
 * One turn: a read into the scratch that all share, the messages in it, one write of all answers. What is left over (half
 * a message, more messages than a turn has) is copied into the client's own buffer; an idle client has none.
 */
#include "server_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

enum {
	MAX_CLIENTS = 4096,
	QUEUE_BYTES = 4 << 20,
	HELD_MAX = 64 << 20,     /* of all clients together: who has more than HELD_SMALL of it then has to wait */
	HELD_SMALL = 64 << 10,
	CLOSE_SECONDS = 5,       /* for the last answers to be read */
	LINGER_SECONDS = 2
};

/* ---- slots: handles that outlive their client ---------------------------------------- */

static bool slot_take(struct ipc_server *s, struct ipc_client *c)
{
	if (!s->free_slot) {
		uint32_t n = s->nslots ? s->nslots * 2 : 16;
		struct slot *slots = realloc(s->slots, n * sizeof(*slots));

		if (!slots)
			return false;
		for (uint32_t i = s->nslots; i < n; i++)
			slots[i] = (struct slot){ .generation = 1, .next_free = i + 1 < n ? i + 2 : 0 };
		s->free_slot = s->nslots + 1;
		s->slots = slots;
		s->nslots = n;
	}
	c->slot = s->free_slot - 1;
	s->free_slot = s->slots[c->slot].next_free;
	s->slots[c->slot].client = c;
	return true;
}

static void slot_give_back(struct ipc_server *s, struct ipc_client *c)
{
	struct slot *slot = &s->slots[c->slot];

	slot->client = NULL;
	slot->generation++;
	slot->next_free = s->free_slot;
	s->free_slot = c->slot + 1;
}

uint64_t ipc_client_handle(const struct ipc_client *c)
{
	return (uint64_t)c->server->slots[c->slot].generation << 32 | c->slot;
}

struct ipc_client *ipc_server_find(struct ipc_server *s, uint64_t handle)
{
	uint32_t slot = (uint32_t)handle;

	if (slot >= s->nslots || s->slots[slot].generation != handle >> 32)
		return NULL;
	return s->slots[slot].client;
}

/* ---- marks ------------------------------------------------------------------------------ */

static void round_arm(struct ipc_server *s)
{
	if (!s->round.loop)
		loop_add_timer(s->loop, &s->round, 0);
}

void client_mark(struct ipc_client *c)
{
	node_add(&c->server->dirty, &c->dirty);
	round_arm(c->server);
}

void client_doom(struct ipc_client *c)
{
	c->state = CLIENT_DOOMED;
	client_mark(c);
}

void ipc_client_close(struct ipc_client *c)
{
	if (c->state != CLIENT_OPEN)
		return;
	c->state = CLIENT_CLOSING;
	c->close_at = loop_monotonic_ns() + CLOSE_SECONDS * SECOND;
	c->half_at = 0;
	client_mark(c);
}

static void sweep_arm(struct ipc_server *s)
{
	int64_t step = (s->o.half_ns < s->o.unread_ns ? s->o.half_ns : s->o.unread_ns) / 2;

	if (!s->sweep.loop)
		loop_add_timer(s->loop, &s->sweep, s->loop->now_ns + (step < SECOND ? step : SECOND));
}

void server_pause(struct ipc_server *s)
{
	loop_set_events(&s->listener, 0, NULL);
	sweep_arm(s);
}

/* Its own patience and the server's timer. */
static void client_watch(struct ipc_client *c)
{
	struct ipc_server *s = c->server;

	if (!c->half_at && !c->unread_at && !c->close_at) {
		node_remove(&c->watched);
		return;
	}
	node_add(&s->watched, &c->watched);
	sweep_arm(s);
}

static void client_free(struct ipc_client *c)
{
	struct ipc_server *s = c->server;

	c->state = CLIENT_DOOMED; /* on_close may send events: none to this one */
	ipc_unsubscribe(c, NULL);
	if (s->o.on_close)
		s->o.on_close(c);
	if (s->current == c)
		s->current = NULL;
	node_remove(&c->all);
	node_remove(&c->dirty);
	node_remove(&c->again);
	node_remove(&c->watched);
	slot_give_back(s, c);
	s->counts.clients--;
	s->held -= c->held;
	loop_remove_fd(&c->io);
	close(c->io.fd);
	ipc_reader_release(&c->reader);
	ipc_queue_release(&c->queue);
	free(c);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void held_count(struct ipc_client *c)
{
	size_t now = c->queue.bytes + (c->reader.own ? c->reader.size : 0);

	c->server->held += now - c->held;
	c->held = now;
}

/* More than half of the queue waits, or too much of all: its requests have to. */
static bool is_paused(const struct ipc_client *c)
{
	return c->queue.bytes > c->queue.max / 2 || (c->server->held > HELD_MAX && c->queue.bytes > HELD_SMALL);
}

static void client_events(struct ipc_client *c)
{
	uint32_t events = ipc_queue_empty(&c->queue) ? 0 : LOOP_WRITE;

	if (c->state == CLIENT_LINGER || (c->state == CLIENT_OPEN && !is_paused(c)))
		events |= LOOP_READ;
	loop_set_events(&c->io, events, NULL);
}

/* Everything is written to a client that is to be closed: it is told the end, and a little time to see it. */
static void client_linger(struct ipc_client *c)
{
	shutdown(c->io.fd, SHUT_WR);
	c->state = CLIENT_LINGER;
	c->close_at = loop_monotonic_ns() + LINGER_SECONDS * SECOND;
}

/* Writes what can be written and draws the conclusions. False: the client is no more. */
static bool client_flush(struct ipc_client *c)
{
	size_t before = c->queue.bytes;
	size_t sent = c->queue.sent;
	int rc = c->state == CLIENT_DOOMED ? NW_ECLOSED : ipc_queue_write(&c->queue, c->io.fd, NULL);

	if (rc > 0 && c->queue.lost) {
		client_tell_lost(c);
		rc = ipc_queue_write(&c->queue, c->io.fd, NULL);
	}
	held_count(c);
	if (rc < 0) {
		client_free(c);
		return false;
	}
	if (rc > 0)
		c->unread_at = 0;
	else if (!c->unread_at || c->queue.bytes != before || c->queue.sent != sent)
		c->unread_at = loop_monotonic_ns() + c->server->o.unread_ns;
	if (rc > 0 && c->state == CLIENT_CLOSING)
		client_linger(c);
	if (c->state == CLIENT_OPEN && !is_paused(c) && ipc_reader_ready(&c->reader)) {
		node_add(&c->server->again, &c->again);
		round_arm(c->server);
	}
	client_events(c);
	client_watch(c);
	return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A client that broke the rules, or whose patience with us it tried: one Error, then the end. */
static void client_dismiss(struct ipc_client *c, const char *code, const char *why)
{
	c->server->counts.disconnected++;
	ipc_answer_error(c, NULL, code, why);
	ipc_client_close(c);
}

/* Its turn, with what is in its reader. False: the client is no more. */
static bool client_serve(struct ipc_client *c)
{
	struct ipc_server *s = c->server;
	struct errmsg err;
	struct ipc_message m;
	unsigned n = 0;
	int rc = 0;

	s->current = c;
	while (n < TURN_MESSAGES && c->state == CLIENT_OPEN && !is_paused(c) && (rc = ipc_reader_next(&c->reader, &m, &err)) > 0) {
		n++;
		s->o.on_message(c, m.text, m.len);
		if (s->answering)
			ipc_answer_cancel(s->answering);
	}
	s->counts.messages += n;
	batch_write(s);
	s->current = NULL;
	if (rc >= 0 && ipc_reader_keep(&c->reader, &err))
		rc = NW_ELIMIT;
	held_count(c);
	if (rc >= 0 && s->held > HELD_MAX && c->reader.own && c->reader.size > HELD_SMALL && ipc_reader_half(&c->reader))
		rc = errmsg_set(&err, NW_ELIMIT, "all clients together have too much under way; try again in a moment");
	if (rc < 0)
		client_dismiss(c, rc == NW_EINPUT ? "invalid" : "limit", err.text);
	if (c->state != CLIENT_OPEN)
		ipc_reader_release(&c->reader);
	if (!ipc_reader_half(&c->reader))
		c->half_at = 0;
	else if (n || !c->half_at)
		c->half_at = loop_monotonic_ns() + s->o.half_ns;
	if (c->state == CLIENT_OPEN && ipc_queue_empty(&c->queue) && !ipc_reader_ready(&c->reader)) { /* most turns */
		client_watch(c);
		return true;
	}
	return client_flush(c);
}

/* Nothing more comes from there. What it asked before may still be answered. */
static void client_ended(struct ipc_client *c)
{
	if (c->state == CLIENT_OPEN && !ipc_queue_empty(&c->queue)) {
		ipc_reader_release(&c->reader);
		ipc_client_close(c);
		client_events(c);
		client_watch(c);
	} else {
		client_free(c);
	}
}

static void client_ready(struct loop_fd *h, uint32_t events)
{
	struct ipc_client *c = container_of(h, struct ipc_client, io);
	struct ipc_server *s = c->server;
	long n;

	if ((events & LOOP_WRITE || (is_paused(c) && events & LOOP_HANGUP)) && !client_flush(c))
		return;
	if (!(events & (LOOP_READ | LOOP_HANGUP | LOOP_ERROR)))
		return;
	if (c->state == CLIENT_CLOSING || c->again.next || (c->state == CLIENT_OPEN && is_paused(c)))
		return;
	n = ipc_reader_fill(&c->reader, h->fd, s->scratch, TURN_BYTES, false, NULL);
	if (n < 0) {
		client_ended(c);
		return;
	}
	s->counts.bytes_in += (uint64_t)n;
	if (c->state == CLIENT_OPEN)
		client_serve(c);
	else /* what a client that was dismissed still sends */
		ipc_reader_release(&c->reader);
}

/* ---- timers ------------------------------------------------------------------------------------ */

/* The end of a round: queues that got something, clients that have more to say than fitted into their turn. */
static void round_fire(struct loop_timer *t)
{
	struct ipc_server *s = container_of(t, struct ipc_server, round);
	unsigned turns = 0;

	while (!node_alone(&s->dirty)) {
		struct ipc_client *c = container_of(s->dirty.next, struct ipc_client, dirty);

		node_remove(&c->dirty);
		client_flush(c);
	}
	for (struct ipc_node *n = s->again.next; n != &s->again; n = n->next)
		turns++;
	while (turns-- && !node_alone(&s->again)) {
		struct ipc_client *c = container_of(s->again.next, struct ipc_client, again);

		node_remove(&c->again);
		client_serve(c);
	}
}

/* The patience of clients that are being waited for; newcomers that had to wait. */
static void sweep_fire(struct loop_timer *t)
{
	struct ipc_server *s = container_of(t, struct ipc_server, sweep);
	int64_t now = s->loop->now_ns;

	loop_set_events(&s->listener, LOOP_READ, NULL);
	for (struct ipc_node *n = s->watched.next, *next; n != &s->watched; n = next) {
		struct ipc_client *c = container_of(n, struct ipc_client, watched);

		next = n->next;
		if ((c->close_at && now >= c->close_at) || (c->unread_at && now >= c->unread_at)) {
			s->counts.disconnected += c->state == CLIENT_OPEN;
			client_doom(c); /* freed by the round timer: on_close may change this list */
		} else if (c->half_at && now >= c->half_at && is_paused(c)) {
			c->half_at = now + s->o.half_ns; /* we do not read the rest ourselves */
		} else if (c->half_at && now >= c->half_at) {
			c->half_at = 0;
			client_dismiss(c, "timeout", "the rest of a message did not come");
		}
	}
	if (!node_alone(&s->watched))
		sweep_arm(s);
}

/* ---- the whole ------------------------------------------------------------------------------------ */

struct ipc_client *client_new(struct ipc_server *s, int fd, const struct ucred *peer)
{
	struct ipc_client *c = calloc(1, sizeof(*c));

	if (!c || !slot_take(s, c)) {
		free(c);
		close(fd);
		return NULL;
	}
	c->server = s;
	c->peer = *peer;
	c->io = (struct loop_fd){ .fd = fd, .events = LOOP_READ, .ready = client_ready };
	ipc_reader_init(&c->reader, IPC_REQUEST_MAX);
	ipc_queue_init(&c->queue, s->o.queue_bytes);
	if (loop_add_fd(s->loop, &c->io, NULL)) {
		slot_give_back(s, c);
		close(fd);
		free(c);
		return NULL;
	}
	node_add(&s->all, &c->all);
	s->counts.clients++;
	return c;
}

static void node_init(struct ipc_node *n)
{
	n->next = n->prev = n;
}

int ipc_server_open(struct ipc_server **to, struct loop *l, const struct ipc_server_options *o, struct errmsg *err)
{
	struct ipc_server *s = calloc(1, sizeof(*s));
	int rc;

	*to = NULL;
	if (!s)
		return errmsg_set(err, NW_ELIMIT, "no memory for a server");
	s->loop = l;
	s->o = *o;
	s->o.max_clients = o->max_clients ? o->max_clients : MAX_CLIENTS;
	s->o.queue_bytes = o->queue_bytes ? o->queue_bytes : QUEUE_BYTES;
	s->o.answer_max = o->answer_max ? o->answer_max : s->o.queue_bytes / 2;
	s->o.half_ns = o->half_ns ? o->half_ns : 30 * SECOND;
	s->o.unread_ns = o->unread_ns ? o->unread_ns : 30 * SECOND;
	s->listener.fd = s->lock_fd = s->spare_fd = -1;
	node_init(&s->all);
	node_init(&s->subscribed);
	node_init(&s->dirty);
	node_init(&s->again);
	node_init(&s->watched);
	s->round.fire = round_fire;
	s->sweep.fire = sweep_fire;
	s->scratch = malloc(TURN_BYTES);
	rc = s->scratch ? answers_open(s, err) : errmsg_set(err, NW_ELIMIT, "no memory for a server");
	if (!rc)
		rc = server_listen(s, err);
	if (rc)
		ipc_server_close(s);
	else
		*to = s;
	return rc;
}

void ipc_server_close(struct ipc_server *s)
{
	if (!s)
		return;
	while (!node_alone(&s->all)) {
		struct ipc_client *c = container_of(s->all.next, struct ipc_client, all);

		ipc_queue_write(&c->queue, c->io.fd, NULL);
		client_free(c);
	}
	loop_remove_timer(&s->round);
	loop_remove_timer(&s->sweep);
	server_unlisten(s);
	answers_release(s);
	free(s->slots);
	free(s->scratch);
	free(s);
}

void *ipc_server_user(const struct ipc_server *s)
{
	return s->o.user;
}

const char *ipc_server_path(const struct ipc_server *s)
{
	return s->path;
}

void ipc_server_counts(const struct ipc_server *s, struct ipc_server_counts *c)
{
	*c = s->counts;
	c->max_clients = s->o.max_clients;
}

struct ipc_server *ipc_client_server(const struct ipc_client *c)
{
	return c->server;
}

void *ipc_client_user(const struct ipc_client *c)
{
	return c->user;
}

void ipc_client_set_user(struct ipc_client *c, void *user)
{
	c->user = user;
}

uid_t ipc_client_uid(const struct ipc_client *c)
{
	return c->peer.uid;
}

gid_t ipc_client_gid(const struct ipc_client *c)
{
	return c->peer.gid;
}

pid_t ipc_client_pid(const struct ipc_client *c)
{
	return c->peer.pid;
}

bool ipc_client_in_group(const struct ipc_client *c, gid_t group)
{
	enum { GROUPS_MAX = 65536 };
	gid_t few[64], *groups = few;
	socklen_t len = sizeof(few);
	bool in = c->peer.gid == group;

	if (in)
		return true;
	if (getsockopt(c->io.fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len)) {
		if (errno != ERANGE || len > GROUPS_MAX * sizeof(gid_t) || !(groups = malloc(len)))
			return false;
		if (getsockopt(c->io.fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
			len = 0;
	}
	for (size_t i = 0; i < len / sizeof(gid_t) && !in; i++)
		in = groups[i] == group;
	if (groups != few)
		free(groups);
	return in;
}
