/* SPDX-License-Identifier: MIT */
/*
 * What the server says: answers and events.
 *
 * Answers to the client whose turn it is are written one behind the other into `out` and leave in one call. What `out` has
 * no room for is moved to `spill`, so that an answer may be long; positions count from the beginning of the spill:
 *
 *	| frame | frame | [length?] {"id":7,"type":"Data",...
 *	 \___ batch ___/  \_ begun: its length is filled in by ipc_answer_end
 *
 * An answer to another client, one with descriptors, and one to a client that has something waiting goes from there into
 * the client's queue.
 */
#include "server_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SPILL_KEPT = 262144 }; /* a larger one is freed after use */

static size_t written(const struct ipc_server *s)
{
	return s->spilled + outbuf_len(&s->out);
}

/* Always succeeds for the outbuf: what goes wrong is known when the answer ends. */
static int spill(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct ipc_server *s = user;

	(void)err;
	if (s->spilled + len > s->spill_max) {
		s->over = true;
		return 0;
	}
	if (s->spilled + len > s->spill_size) {
		size_t size = s->spill_size ? s->spill_size : 2 * OUT_BYTES;
		char *bigger;

		while (size < s->spilled + len)
			size *= 2;
		bigger = realloc(s->spill, size);
		if (!bigger) {
			s->torn = true; /* of earlier answers too, perhaps */
			return 0;
		}
		s->spill = bigger;
		s->spill_size = size;
	}
	memcpy(s->spill + s->spilled, data, len);
	s->spilled += len;
	return 0;
}

int answers_open(struct ipc_server *s, struct errmsg *err)
{
	return outbuf_to_sink(&s->out, spill, s, OUT_BYTES, err);
}

void answers_release(struct ipc_server *s)
{
	outbuf_release(&s->out);
	free(s->spill);
}

/* Everything from `position` on is forgotten. */
static void cut_at(struct ipc_server *s, size_t position)
{
	if (position >= s->spilled) {
		s->out.pos = s->out.start + (position - s->spilled);
		return;
	}
	s->spilled = position;
	s->out.pos = s->out.start;
	if (!position && s->spill_size > SPILL_KEPT) {
		free(s->spill);
		s->spill = NULL;
		s->spill_size = 0;
	}
}

/* The bytes from `position` to the end, in one piece. */
static const char *text_from(struct ipc_server *s, size_t position)
{
	if (position >= s->spilled)
		return s->out.start + (position - s->spilled);
	s->spill_max = SIZE_MAX;
	outbuf_flush(&s->out, NULL);
	return s->spill + position;
}

static void put_length(struct ipc_server *s, size_t position, size_t len)
{
	for (unsigned i = 0; i < 4; i++, position++)
		*(position < s->spilled ? s->spill + position : s->out.start + (position - s->spilled)) = (char)(len >> (8 * i));
}

/* ---- the batch ---------------------------------------------------------------------- */

/* Into the queue of the client; it is doomed if there is no room: the answers alone exceed its ceiling. */
static void enqueue(struct ipc_client *c, struct ipc_shared *m)
{
	if (!m || ipc_queue_add(&c->queue, m, NULL)) {
		c->server->counts.disconnected++;
		client_doom(c);
	}
	ipc_shared_drop(m);
}

/* What is left of the batch from `sent` on waits. */
static void batch_queue(struct ipc_server *s, size_t sent)
{
	size_t end = written(s);
	const char *rest = text_from(s, sent);

	enqueue(s->current, s->torn ? NULL : ipc_shared_frames(rest, end - sent));
	s->torn = false;
	cut_at(s, 0);
}

void batch_write(struct ipc_server *s)
{
	struct iovec part[2] = { { s->spill, s->spilled }, { s->out.start, outbuf_len(&s->out) } };
	struct msghdr h = { .msg_iov = s->spilled ? part : part + 1, .msg_iovlen = s->spilled ? 2 : 1 };
	size_t all = written(s);
	ssize_t n = 0;

	if (!all)
		return;
	s->counts.bytes_out += all;
	if (ipc_queue_empty(&s->current->queue) && s->current->state != CLIENT_DOOMED)
		n = sendmsg(s->current->io.fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_doom(s->current);
		cut_at(s, 0);
	} else if (n == (ssize_t)all) {
		cut_at(s, 0);
	} else {
		batch_queue(s, n > 0 ? (size_t)n : 0);
	}
}

/* ---- answers ----------------------------------------------------------------------------- */

/* `id` is written by the caller between the two. */
static struct jsonout *begin(struct ipc_client *c)
{
	struct ipc_server *s = c->server;

	if (s->answering)
		ipc_answer_cancel(s->answering);
	if (s->current && s->current != c)
		batch_write(s); /* the frames of two clients do not mix */
	s->answering = c;
	s->begun = written(s);
	s->over = false;
	s->spill_max = s->begun + s->o.answer_max + 2 * OUT_BYTES;
	outbuf_bytes(&s->out, "\0\0\0\0", 4);
	jsonout_begin(&s->writer, &s->out);
	json_open_object(&s->writer);
	return &s->writer;
}

struct jsonout *ipc_answer_begin(struct ipc_client *c, const struct json_value *id, const char *type)
{
	struct jsonout *w = begin(c);

	if (id) {
		json_key(w, "id");
		json_copy(w, id);
	}
	json_add_str(w, "type", type);
	return w;
}

struct jsonout *ipc_answer_begin_raw(struct ipc_client *c, const char *id, const char *type)
{
	struct jsonout *w = begin(c);

	if (id && *id) {
		json_key(w, "id");
		json_put_raw(w, id, strlen(id));
	}
	json_add_str(w, "type", type);
	return w;
}

void ipc_answer_cancel(struct ipc_client *c)
{
	cut_at(c->server, c->server->begun);
	c->server->answering = NULL;
}

/* An answer that cannot be sent becomes an Error to the same request: its id stands at the beginning of what was written. */
static int replace_answer(struct ipc_client *c, size_t len, bool well_formed)
{
	static const char start[] = "{\"id\":";
	struct ipc_server *s = c->server;
	char id[IPC_ID_MAX] = "", why[160];
	char first[sizeof(start) + IPC_ID_MAX + 16];
	size_t have = 0;

	for (size_t at = s->begun + 4; have < sizeof(first) - 1 && at < written(s); at++)
		first[have++] = at < s->spilled ? s->spill[at] : s->out.start[at - s->spilled];
	first[have] = 0;
	if (!strncmp(first, start, sizeof(start) - 1)) {
		const char *end = strstr(first, ",\"type\":");

		if (end && end - first - (sizeof(start) - 1) < sizeof(id))
			snprintf(id, sizeof(id), "%.*s", (int)(end - first - (sizeof(start) - 1)), first + sizeof(start) - 1);
	}
	cut_at(s, s->begun);
	if (well_formed)
		snprintf(why, sizeof(why), "the answer has more than %zu bytes; ask for less", s->o.answer_max);
	else
		snprintf(why, sizeof(why), "the answer of %zu bytes was not well-formed: an error in netwatchd", len);
	ipc_answer_error_raw(c, id, well_formed ? "limit" : "failed", why);
	return NW_ELIMIT;
}

static void close_all(const int *fds, unsigned nfds)
{
	for (unsigned i = 0; i < nfds; i++)
		close(fds[i]);
}

/* Into the queue: not this client's turn, or something of it waits already, or descriptors go along. */
static void answer_queue(struct ipc_client *c, size_t len, const int *fds, unsigned nfds)
{
	struct ipc_server *s = c->server;
	struct ipc_shared *m = ipc_shared_new(text_from(s, s->begun + 4), len, fds, nfds);

	cut_at(s, s->begun);
	if (c == s->current)
		batch_write(s);
	s->counts.bytes_out += len + 4;
	enqueue(c, m);
	client_mark(c);
}

int ipc_answer_end_fds(struct ipc_client *c, const int *fds, unsigned nfds)
{
	struct ipc_server *s = c->server;
	bool gathered = c == s->current && !nfds && ipc_queue_empty(&c->queue);
	size_t len;
	bool well_formed;

	json_close(&s->writer);
	well_formed = jsonout_end(&s->writer);
	len = written(s) - s->begun - 4;
	s->answering = NULL;
	if (!gathered)
		text_from(s, s->begun); /* in one piece now: no memory is wanted later */
	if (s->torn || c->state != CLIENT_OPEN || !well_formed || s->over || len > s->o.answer_max)
		close_all(fds, nfds);
	if (s->torn) { /* earlier answers may be lost too: of the same client, as batches do not mix */
		s->torn = false;
		cut_at(s, 0);
		client_doom(c);
		return NW_ELIMIT;
	}
	if (c->state != CLIENT_OPEN) { /* nobody listens any more */
		cut_at(s, s->begun);
		return 0;
	}
	if (!well_formed || s->over || len > s->o.answer_max)
		return replace_answer(c, len, well_formed || s->over);
	s->counts.answers++;
	if (!gathered) {
		answer_queue(c, len, fds, nfds);
		return 0;
	}
	put_length(s, s->begun, len);
	if (written(s) >= OUT_BYTES)
		batch_write(s);
	return 0;
}

int ipc_answer_end(struct ipc_client *c)
{
	return ipc_answer_end_fds(c, NULL, 0);
}

void ipc_answer_success(struct ipc_client *c, const struct json_value *id, const char *message)
{
	json_add_str(ipc_answer_begin(c, id, "Success"), "message", message);
	ipc_answer_end(c);
}

static void end_error(struct ipc_client *c, struct jsonout *w, const char *code, const char *message)
{
	json_add_str(w, "code", code);
	json_add_str(w, "message", message);
	ipc_answer_end(c);
}

void ipc_answer_error(struct ipc_client *c, const struct json_value *id, const char *code, const char *message)
{
	end_error(c, ipc_answer_begin(c, id, "Error"), code, message);
}

void ipc_answer_error_raw(struct ipc_client *c, const char *id, const char *code, const char *message)
{
	end_error(c, ipc_answer_begin_raw(c, id, "Error"), code, message);
}

int ipc_id_text(const struct json_value *id, char text[IPC_ID_MAX], struct errmsg *err)
{
	struct outbuf o;
	struct jsonout w;
	enum json_type type = json_type(id);

	text[0] = 0;
	if (type == JSON_NONE)
		return 0;
	if (type != JSON_INTEGER && type != JSON_STRING)
		return errmsg_set(err, NW_EINPUT, "id: an integer or a text is expected, not %s", json_type_name(type));
	outbuf_fixed(&o, text, IPC_ID_MAX - 1);
	jsonout_begin(&w, &o);
	json_copy(&w, id);
	if (jsonout_end(&w)) {
		*o.pos = 0;
		return 0;
	}
	text[0] = 0;
	return errmsg_set(err, NW_EINPUT, "id: at most %d bytes are echoed", IPC_ID_MAX - 8);
}

size_t error_frame(char *frame, size_t size, const char *code, const char *message)
{
	struct outbuf o;
	struct jsonout w;

	outbuf_fixed(&o, frame, size);
	outbuf_bytes(&o, "\0\0\0\0", 4);
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "type", "Error");
	json_add_str(&w, "code", code);
	json_add_str(&w, "message", message);
	json_close(&w);
	for (unsigned i = 0; i < 4; i++)
		frame[i] = (char)((outbuf_len(&o) - 4) >> (8 * i));
	return outbuf_len(&o);
}

/* ---- events --------------------------------------------------------------------------------- */

static void kinds_renew(struct ipc_server *s)
{
	s->kinds = 0;
	for (struct ipc_node *n = s->subscribed.next; n != &s->subscribed; n = n->next) {
		const struct ipc_client *c = container_of(n, struct ipc_client, subscribed);

		for (unsigned i = 0; i < c->nsubscriptions; i++)
			s->kinds |= c->subscriptions[i].kinds;
	}
}

int ipc_subscribe(struct ipc_client *c, uint32_t kinds, const char *session, struct errmsg *err)
{
	struct subscription *more, *found = NULL;

	session = session ? session : "";
	for (unsigned i = 0; i < c->nsubscriptions && !found; i++)
		if (!strcmp(c->subscriptions[i].session, session))
			found = &c->subscriptions[i];
	if (!found) {
		if (c->nsubscriptions == IPC_SUBSCRIPTIONS_MAX || strlen(session) >= IPC_SESSION_MAX)
			return errmsg_set(err, NW_ELIMIT, "a client has at most %d subscriptions", IPC_SUBSCRIPTIONS_MAX);
		more = realloc(c->subscriptions, (c->nsubscriptions + 1) * sizeof(*more));
		if (!more)
			return errmsg_set(err, NW_ELIMIT, "no memory for a subscription");
		c->subscriptions = more;
		found = &more[c->nsubscriptions++];
		*found = (struct subscription){ 0 };
		snprintf(found->session, sizeof(found->session), "%s", session);
	}
	found->kinds |= kinds;
	if (!c->subscribed.next)
		c->server->counts.subscribers++;
	node_add(&c->server->subscribed, &c->subscribed);
	c->server->kinds |= kinds;
	return 0;
}

void ipc_unsubscribe(struct ipc_client *c, const char *session)
{
	unsigned left = 0;

	for (unsigned i = 0; i < c->nsubscriptions; i++)
		if (session && strcmp(c->subscriptions[i].session, session))
			c->subscriptions[left++] = c->subscriptions[i];
	c->nsubscriptions = left;
	if (!c->subscribed.next)
		return;
	if (!left) {
		free(c->subscriptions);
		c->subscriptions = NULL;
		node_remove(&c->subscribed);
		c->server->counts.subscribers--;
	}
	kinds_renew(c->server);
}

uint32_t ipc_subscribed(const struct ipc_server *s)
{
	return s->kinds;
}

static bool wants(const struct ipc_client *c, uint32_t kinds, const char *session)
{
	for (unsigned i = 0; i < c->nsubscriptions; i++) {
		const struct subscription *have = &c->subscriptions[i];

		if (have->kinds & kinds && (!have->session[0] || (session && !strcmp(have->session, session))))
			return true;
	}
	return false;
}

/* Its own gap is told before what comes after it. */
void client_tell_lost(struct ipc_client *c)
{
	char text[160];
	int64_t now = loop_realtime_ns();
	int len = snprintf(text, sizeof(text),
			   "{\"type\":\"Event\",\"event_type\":\"dropped\",\"time\":%lld.%09lld,\"data\":{\"dropped\":%llu}}",
			   (long long)(now / 1000000000), (long long)(now % 1000000000), (unsigned long long)c->queue.lost);

	c->server->counts.events_lost += c->queue.lost;
	c->queue.lost = 0;
	enqueue(c, ipc_shared_new(text, (size_t)len, NULL, 0));
}

static void event_to(struct ipc_client *c, struct ipc_shared *m)
{
	struct ipc_server *s = c->server;

	if (c == s->current && !s->answering && written(s))
		batch_write(s); /* what was answered before comes before */
	if (c->queue.lost && c->queue.bytes > c->queue.max / 2) {
		c->queue.lost++; /* one gap, not many */
		return;
	}
	if (c->queue.lost)
		client_tell_lost(c);
	if (ipc_queue_add(&c->queue, m, NULL))
		c->queue.lost++; /* no memory */
	s->counts.events++;
	s->counts.bytes_out += m->len;
	client_mark(c);
}

unsigned ipc_event_send(struct ipc_server *s, uint32_t kinds, const char *session, const char *text, size_t len)
{
	struct ipc_shared *m = NULL;
	unsigned n = 0;

	if (!(s->kinds & kinds))
		return 0;
	for (struct ipc_node *at = s->subscribed.next; at != &s->subscribed; at = at->next) {
		struct ipc_client *c = container_of(at, struct ipc_client, subscribed);

		if (c->state != CLIENT_OPEN || !wants(c, kinds, session))
			continue;
		if (!m) {
			m = ipc_shared_new(text, len, NULL, 0);
			if (!m)
				return 0;
			m->event = true;
		}
		event_to(c, m);
		n++;
	}
	ipc_shared_drop(m);
	return n;
}
