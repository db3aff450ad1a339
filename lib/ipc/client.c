/* SPDX-License-Identifier: MIT */
/*
 * The client's side: one connection, requests under way, answers and events as they come. See ipc/client.h.
 *
 * Whatever comes is parsed once and goes into one of two lists: answers (until somebody waits for them) and events (until
 * somebody fetches them). While one side waits for room to write, it also reads, so that two full sockets cannot block
 * each other.
 */
#include "ipc/client.h"

#include "loop/loop.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	SCRATCH = 65536,
	REQUEST_BUFFER = 4096,
	UNSENT_MAX = 4 << 20,   /* of requests, before sending waits for room */
	ABANDONED_MAX = 64      /* answers that are still to come and that nobody waits for */
};

struct incoming {
	struct incoming *next;
	struct json *document;
	uint64_t id;
	unsigned nfds;
	int fds[];
};

struct list {
	struct incoming *first, **last;
	size_t count;
};

struct ipc_daemon {
	int fd;
	struct ipc_address address;
	struct ucred peer;
	uint64_t last_id;
	struct ipc_reader reader;
	struct list answers, events;
	uint64_t events_lost;
	uint64_t abandoned[ABANDONED_MAX];
	unsigned nabandoned;
	struct outbuf out;      /* the request that is being written, then in `unsent` */
	struct jsonout writer;
	char *unsent;
	size_t unsent_len, unsent_size, begun;
	bool begun_only;        /* not sent yet: forgotten when the next one begins */
	bool out_of_memory;
	int ended;              /* the connection: 0 or why not */
	struct errmsg why;
};

/* ---- connecting ------------------------------------------------------------------------- */

static int not_allowed(const char *path, struct errmsg *err)
{
	struct stat st;
	struct group *g;

	if (stat(path, &st))
		return errmsg_set(err, NW_EPERM, "%s: permission denied: its folder is closed to you", path);
	g = getgrgid(st.st_gid);
	if (!(st.st_mode & S_IWGRP))
		return errmsg_set(err, NW_EPERM, "%s: permission denied: only user %u may use this netwatchd", path,
				  (unsigned)st.st_uid);
	if (g)
		return errmsg_set(err, NW_EPERM, "%s: permission denied: only members of group %s may use this netwatchd "
						 "(usermod -aG %s USER, then log in again)", path, g->gr_name, g->gr_name);
	return errmsg_set(err, NW_EPERM, "%s: permission denied: only members of group %u may use this netwatchd", path,
			  (unsigned)st.st_gid);
}

static int connect_error(int e, const struct ipc_address *a, struct errmsg *err)
{
	bool usual = !strcmp(a->from, "the default");
	struct stat st;

	switch (e) {
	case EACCES:
	case EPERM:
		return not_allowed(a->path, err);
	case EAGAIN:
		return errmsg_set(err, NW_ETIME, "netwatchd at %s does not take connections: it is busy or stopped", a->path);
	case ECONNREFUSED:
	case ENOENT:
	case ENOTDIR:
		if (!stat(a->path, &st) && !S_ISSOCK(st.st_mode))
			return errmsg_set(err, NW_EINPUT, "%s is no socket (the path is from %s)", a->path, a->from);
		return errmsg_set(err, NW_ECONN, "no netwatchd answers at %s (%s); start one: netwatchd --background%s%s", a->path, a->from,
				  usual ? "" : " --socket ", usual ? "" : a->path);
	default:
		errno = e;
		errmsg_errno(err, "cannot connect to %s", a->path);
		return NW_ECONN;
	}
}

static int spill(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct ipc_daemon *d = user;

	(void)err;
	if (d->unsent_len + len > d->unsent_size) {
		size_t size = d->unsent_size ? d->unsent_size : REQUEST_BUFFER;
		char *bigger;

		while (size < d->unsent_len + len)
			size *= 2;
		bigger = size <= UNSENT_MAX + 4 * IPC_REQUEST_MAX ? realloc(d->unsent, size) : NULL;
		if (!bigger) {
			d->out_of_memory = true;
			return 0;
		}
		d->unsent = bigger;
		d->unsent_size = size;
	}
	memcpy(d->unsent + d->unsent_len, data, len);
	d->unsent_len += len;
	return 0;
}

int ipc_connect(struct ipc_daemon **to, const struct ipc_address *a, int timeout_ms, struct errmsg *err)
{
	int64_t until = loop_monotonic_ns() + (int64_t)timeout_ms * 1000000;
	struct ipc_daemon *d = calloc(1, sizeof(*d));
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(d->peer);
	int rc;

	*to = NULL;
	if (!d)
		return errmsg_set(err, NW_ELIMIT, "no memory for a connection");
	d->address = *a;
	ipc_reader_init(&d->reader, IPC_ANSWER_MAX);
	d->answers.last = &d->answers.first;
	d->events.last = &d->events.first;
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = d->fd < 0 ? errmsg_errno(err, "cannot make a socket") : outbuf_to_sink(&d->out, spill, d, REQUEST_BUFFER, err);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", a->path);
	while (!rc && connect(d->fd, (struct sockaddr *)&name, sizeof(name))) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || (timeout_ms >= 0 && loop_monotonic_ns() >= until))
			rc = connect_error(errno, a, err);
		else
			usleep(10000); /* its queue of newcomers is full */
	}
	if (rc) {
		ipc_disconnect(d);
		return rc;
	}
	getsockopt(d->fd, SOL_SOCKET, SO_PEERCRED, &d->peer, &len);
	*to = d;
	return 0;
}

static void incoming_free(struct incoming *in)
{
	if (!in)
		return;
	for (unsigned i = 0; i < in->nfds; i++)
		close(in->fds[i]);
	json_free(in->document);
	free(in);
}

/* The element at *at, taken out of its list. */
static struct incoming *list_take(struct list *l, struct incoming **at)
{
	struct incoming *in = *at;

	*at = in->next;
	if (!in->next)
		l->last = at;
	l->count--;
	return in;
}

static void list_add(struct list *l, struct incoming *in)
{
	in->next = NULL;
	*l->last = in;
	l->last = &in->next;
	l->count++;
}

void ipc_disconnect(struct ipc_daemon *d)
{
	if (!d)
		return;
	while (d->answers.first)
		incoming_free(list_take(&d->answers, &d->answers.first));
	while (d->events.first)
		incoming_free(list_take(&d->events, &d->events.first));
	if (d->fd >= 0)
		close(d->fd);
	ipc_reader_release(&d->reader);
	outbuf_release(&d->out);
	free(d->unsent);
	free(d);
}

int ipc_daemon_fd(const struct ipc_daemon *d)
{
	return d->fd;
}

pid_t ipc_daemon_pid(const struct ipc_daemon *d)
{
	return d->peer.pid;
}

/* ---- what comes --------------------------------------------------------------------------- */

static int connection_ended(struct ipc_daemon *d, const char *why)
{
	errmsg_set(&d->why, NW_ECONN, "netwatchd at %s: %s", d->address.path, why);
	d->ended = NW_ECONN;
	return NW_ECONN;
}

static bool is_abandoned(struct ipc_daemon *d, uint64_t id)
{
	for (unsigned i = 0; i < d->nabandoned; i++) {
		if (d->abandoned[i] != id)
			continue;
		d->abandoned[i] = d->abandoned[--d->nabandoned];
		return true;
	}
	return false;
}

/* An Error that answers no request is about the connection: no place for us, a broken frame. */
static void error_of_connection(struct ipc_daemon *d, const struct json_value *root)
{
	const char *message = json_string(json_get(root, "message"), NULL);

	d->ended = ipc_error_code(json_string(json_get(root, "code"), NULL));
	errmsg_set(&d->why, d->ended, "netwatchd at %s: %s", d->address.path, message ? message : "an error without a message");
}

static int take_message(struct ipc_daemon *d, struct ipc_message *m)
{
	struct incoming *in = calloc(1, sizeof(*in) + m->nfds * sizeof(int));
	struct errmsg err;
	const struct json_value *root;
	bool ok;

	if (!in || json_reparse(&in->document, m->text, m->len, IPC_ANSWER_MAX, "the answer", &err)) {
		ipc_message_close(m);
		ok = in != NULL;
		incoming_free(in);
		return connection_ended(d, ok ? err.text : "no memory for an answer");
	}
	memcpy(in->fds, m->fds, m->nfds * sizeof(int));
	in->nfds = m->nfds;
	m->nfds = 0;
	root = json_root(in->document);
	if (json_is(json_get(root, "type"), "Event")) {
		list_add(&d->events, in);
		if (d->events.count > IPC_EVENTS_KEPT) {
			incoming_free(list_take(&d->events, &d->events.first));
			d->events_lost++;
		}
		return 0;
	}
	in->id = json_u64(json_get(root, "id"), &ok);
	if (ok && !is_abandoned(d, in->id)) {
		list_add(&d->answers, in);
		return 0;
	}
	if (!ok && json_is(json_get(root, "type"), "Error"))
		error_of_connection(d, root);
	incoming_free(in);
	return 0;
}

static int take_all(struct ipc_daemon *d)
{
	struct errmsg err;
	struct ipc_message m;
	int rc;

	while ((rc = ipc_reader_next(&d->reader, &m, &err)) > 0)
		if ((rc = take_message(d, &m)))
			return rc;
	if (!rc)
		rc = ipc_reader_keep(&d->reader, &err);
	return rc ? connection_ended(d, err.text) : 0;
}

static void write_unsent(struct ipc_daemon *d)
{
	while (d->unsent_len) {
		ssize_t n = send(d->fd, d->unsent, d->unsent_len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				d->unsent_len = 0; /* the reason is among what can still be read */
			return;
		}
		d->unsent_len -= (size_t)n;
		memmove(d->unsent, d->unsent + n, d->unsent_len);
	}
}

/* Reads and writes once, waiting at most wait_ms. 1: something happened; 0: time is over; NW_EFAIL: a signal came;
 * NW_ECONN: the connection has ended. */
static int pump(struct ipc_daemon *d, int wait_ms)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	char scratch[SCRATCH];
	int rc;
	long n;

	if (d->ended)
		return NW_ECONN;
	if (d->unsent_len)
		p.events |= POLLOUT;
	rc = poll(&p, 1, wait_ms);
	if (rc <= 0)
		return rc ? NW_EFAIL : 0;
	if (p.revents & POLLOUT)
		write_unsent(d);
	if (!(p.revents & (POLLIN | POLLHUP | POLLERR)))
		return 1;
	n = ipc_reader_fill(&d->reader, d->fd, scratch, sizeof(scratch), true, NULL);
	if (n < 0)
		return connection_ended(d, "the connection was closed");
	rc = take_all(d);
	return rc ? rc : 1;
}

/* Milliseconds that are left, -1 for ever. */
static int left_ms(int timeout_ms, int64_t until)
{
	int64_t left = until - loop_monotonic_ns();

	if (timeout_ms < 0)
		return -1;
	return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

/* ---- requests and answers ------------------------------------------------------------------- */

struct jsonout *ipc_request_begin(struct ipc_daemon *d, const char *type)
{
	if (d->begun_only)
		d->unsent_len = d->begun;
	d->begun = d->unsent_len;
	d->begun_only = true;
	d->out.pos = d->out.start;
	d->out_of_memory = false;
	outbuf_bytes(&d->out, "\0\0\0\0", 4);
	jsonout_begin(&d->writer, &d->out);
	json_open_object(&d->writer);
	json_add_u64(&d->writer, "id", ++d->last_id);
	json_add_str(&d->writer, "type", type);
	return &d->writer;
}

int ipc_request_send(struct ipc_daemon *d, uint64_t *id, struct errmsg *err)
{
	size_t len;

	json_close(&d->writer);
	outbuf_flush(&d->out, NULL);
	d->begun_only = false;
	len = d->unsent_len - d->begun - 4;
	if (d->out_of_memory || !jsonout_end(&d->writer) || len > IPC_REQUEST_MAX) {
		d->unsent_len = d->begun;
		return errmsg_set(err, NW_ELIMIT, "a request has at most %d bytes", IPC_REQUEST_MAX);
	}
	for (unsigned i = 0; i < 4; i++)
		d->unsent[d->begun + i] = (char)(len >> (8 * i));
	*id = d->last_id;
	write_unsent(d);
	while (d->unsent_len > UNSENT_MAX && !d->ended)
		pump(d, -1);
	return 0;
}

void ipc_answer_release(struct ipc_answer *a)
{
	for (unsigned i = 0; i < a->nfds; i++)
		if (a->fds[i] >= 0)
			close(a->fds[i]);
	json_free(a->document);
	*a = (struct ipc_answer){ 0 };
}

/* Moves what came into the caller's struct. */
static int answer_give(struct incoming *in, struct ipc_answer *a, struct errmsg *err)
{
	*a = (struct ipc_answer){ .id = in->id, .document = in->document, .whole = json_root(in->document), .nfds = in->nfds };
	memcpy(a->fds, in->fds, in->nfds * sizeof(int));
	free(in);
	a->success = !json_is(json_get(a->whole, "type"), "Error");
	a->message = json_string(json_get(a->whole, "message"), NULL);
	a->code = a->success ? NULL : json_string(json_get(a->whole, "code"), NULL);
	a->data = json_get(a->whole, "data");
	if (a->success)
		return 0;
	return errmsg_set(err, ipc_error_code(a->code), "%s", a->message ? a->message : "netwatchd refused without a reason");
}

int ipc_answer_wait(struct ipc_daemon *d, uint64_t id, int timeout_ms, struct ipc_answer *a, struct errmsg *err)
{
	int64_t until = loop_monotonic_ns() + (int64_t)timeout_ms * 1000000;

	*a = (struct ipc_answer){ 0 };
	for (;;) {
		int rc;

		for (struct incoming **at = &d->answers.first; *at; at = &(*at)->next)
			if ((*at)->id == id)
				return answer_give(list_take(&d->answers, at), a, err);
		if (d->ended) {
			if (err)
				*err = d->why;
			return d->ended;
		}
		rc = pump(d, left_ms(timeout_ms, until));
		if (rc == 0) {
			if (d->nabandoned < ABANDONED_MAX)
				d->abandoned[d->nabandoned++] = id;
			return errmsg_set(err, NW_ETIME, "netwatchd at %s did not answer in %g s", d->address.path, timeout_ms / 1000.0);
		}
	}
}

int ipc_call(struct ipc_daemon *d, int timeout_ms, struct ipc_answer *a, struct errmsg *err)
{
	uint64_t id;
	int rc = ipc_request_send(d, &id, err);

	*a = (struct ipc_answer){ 0 };
	return rc ? rc : ipc_answer_wait(d, id, timeout_ms, a, err);
}

/* ---- events -------------------------------------------------------------------------------------- */

void ipc_event_release(struct ipc_event *e)
{
	json_free(e->document);
	*e = (struct ipc_event){ 0 };
}

static void event_give(struct incoming *in, struct ipc_event *e)
{
	*e = (struct ipc_event){ .document = in->document, .whole = json_root(in->document) };
	in->document = NULL;
	incoming_free(in);
	e->type = json_string(json_get(e->whole, "event_type"), NULL);
	if (!e->type)
		e->type = "";
	e->session = json_string(json_get(e->whole, "session"), NULL);
	e->time_ns = (int64_t)(json_real(json_get(e->whole, "time")) * 1e9);
	e->data = json_get(e->whole, "data");
}

int ipc_event_next(struct ipc_daemon *d, int timeout_ms, struct ipc_event *e, struct errmsg *err)
{
	int64_t until = loop_monotonic_ns() + (int64_t)timeout_ms * 1000000;

	*e = (struct ipc_event){ 0 };
	for (;;) {
		int rc;

		if (d->events.first) {
			event_give(list_take(&d->events, &d->events.first), e);
			return 1;
		}
		if (d->ended) {
			if (err)
				*err = d->why;
			return d->ended;
		}
		rc = pump(d, left_ms(timeout_ms, until));
		if (rc == 0 || rc == NW_EFAIL)
			return 0;
	}
}

uint64_t ipc_events_lost(struct ipc_daemon *d)
{
	uint64_t lost = d->events_lost;

	d->events_lost = 0;
	return lost;
}
