/* SPDX-License-Identifier: MIT */
/* The connection to the daemon: made when the first request needs it, made anew when it was lost. */
#include "packetclient.h"

#include "base/jsonout.h"
#include "base/message.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_MS = 5000 };

void client_say(const struct client *c, int verbose, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (c->o.verbose < verbose)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	message_print("packetclient", text);
}

/* One message, on one line, harmless for a terminal. */
static void debug(const struct client *c, const char *arrow, const char *text, size_t len)
{
	struct outbuf o;

	if (!c->o.debug || outbuf_to_fd(&o, 2, 16384, NULL))
		return;
	outbuf_str(&o, arrow);
	outbuf_escaped(&o, text, len);
	outbuf_char(&o, '\n');
	outbuf_flush(&o, NULL);
	outbuf_release(&o);
}

static int keep_text(void *user, const char *data, size_t len, struct errmsg *err)
{
	(void)err;
	debug(user, "<- ", data, len);
	return 0;
}

static void debug_value(struct client *c, const struct json_value *v)
{
	struct jsonout w;
	struct outbuf o;

	if (!c->o.debug || !v || outbuf_to_sink(&o, keep_text, c, 1 << 20, NULL))
		return;
	jsonout_begin(&w, &o);
	json_copy(&w, v);
	outbuf_flush(&o, NULL);
	outbuf_release(&o);
}

/* None at a --socket that was given: a mistyped one would start a second daemon, which takes the directories of the first. */
static bool may_start(const struct client *c)
{
	const char *variable = getenv("NWBOX_NO_START");

	return ENABLE_NETWATCHD && c->set.start && !c->o.socket && !c->o.no_start && !(variable && *variable && strcmp(variable, "0"));
}

static int connect_now(struct client *c, struct errmsg *err)
{
	int rc = ipc_connect(&c->daemon, &c->address, c->timeout_ms < CONNECT_MS ? c->timeout_ms : CONNECT_MS, err);

	if (!rc)
		client_say(c, 1, "connected to %s (%s), process %d", c->address.path, c->address.from,
			   (int)ipc_daemon_pid(c->daemon));
	return rc;
}

static bool has_gone(const struct ipc_daemon *d)
{
	struct pollfd p = { .fd = ipc_daemon_fd(d), .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

int daemon_connect(struct client *c, bool start, struct errmsg *err)
{
	int rc;

	if (c->daemon && has_gone(c->daemon))
		daemon_disconnect(c); /* a prompt outlives daemons */
	if (c->daemon)
		return 0;
	rc = ipc_address(&c->address, c->o.socket, c->set.socket, IPC_FOR_CLIENT, err);
	if (!rc)
		rc = connect_now(c, err);
	if (rc != NW_ECONN || !start || !may_start(c))
		return rc;
	rc = ipc_start_daemon(&c->address, c->set.daemon_config, err);
	if (!rc)
		rc = connect_now(c, err);
	if (rc)
		return errmsg_prefix(err, rc, "no daemon runs, and none could be started: ");
	client_say(c, 0, "no daemon ran; started one that listens at %s (process %d)", c->address.path,
		   (int)ipc_daemon_pid(c->daemon));
	return 0;
}

void daemon_disconnect(struct client *c)
{
	ipc_disconnect(c->daemon);
	c->daemon = NULL;
	c->request = NULL;
}

struct jsonout *request_begin(struct client *c, const char *type)
{
	return c->request = ipc_request_begin(c->daemon, type);
}

/* What was written of the request, which is an object that the client library closes. */
static void debug_request(struct client *c)
{
	struct outbuf *o = c->request->o;
	const char *text = o->start ? memchr(o->start, '{', outbuf_len(o)) : NULL;

	if (text && c->o.debug && outbuf_room(o, 1)) {
		*o->pos = '}';
		debug(c, "-> ", text, (size_t)(o->pos + 1 - text));
	}
}

int request_call(struct client *c, struct ipc_answer *a, struct errmsg *err)
{
	struct timespec from, to;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &from);
	debug_request(c);
	c->request = NULL;
	ipc_answer_release(a);
	if (!client_interrupted)
		client_waits_on = ipc_daemon_fd(c->daemon);
	rc = ipc_call(c->daemon, c->timeout_ms, a, err);
	client_waits_on = -1;
	clock_gettime(CLOCK_MONOTONIC, &to);
	debug_value(c, a->whole);
	client_say(c, 2, "answered after %.3f ms", (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	if (rc != NW_ECONN)
		return rc;
	daemon_disconnect(c);
	return client_interrupted ? errmsg_set(err, NW_EFAIL, "interrupted") : rc;
}

int request_simple(struct client *c, const char *type, const char *session, struct ipc_answer *a, struct errmsg *err)
{
	struct jsonout *w = request_begin(c, type);

	if (session)
		json_add_str(w, "session", session);
	return request_call(c, a, err);
}

int event_next(struct client *c, int timeout_ms, struct ipc_event *e, struct errmsg *err)
{
	int rc = ipc_event_next(c->daemon, timeout_ms, e, err);

	if (rc > 0)
		debug_value(c, e->whole);
	if (rc == NW_ECONN)
		daemon_disconnect(c);
	return rc;
}

static void add_text(struct jsonout *w, const char *name, const char *text)
{
	if (text)
		json_add_str(w, name, text);
}

static void add_time(struct jsonout *w, const char *name, int64_t ns)
{
	if (ns)
		json_add_ns(w, name, ns);
}

void request_options(struct client *c, struct jsonout *w)
{
	const struct client_options *o = &c->o;

	add_text(w, "filter", o->filter);
	add_text(w, "bundle", o->bundle);
	add_text(w, "state", o->state);
	add_text(w, "level", o->level);
	add_text(w, "kind", o->kind);
	add_text(w, "netns", o->netns);
	add_text(w, "reason", o->reason);
	add_time(w, "from", o->from_ns);
	add_time(w, "to", o->to_ns);
	add_time(w, "since", o->since_ns);
	if (o->limit_given)
		json_add_u64(w, "limit", o->limit);
	if (o->before_given)
		json_add_ns(w, "before", o->before_ns);
	if (o->after_given)
		json_add_ns(w, "after", o->after_ns);
	if (o->force)
		json_add_bool(w, "force", true);
	if (o->display)
		json_add_bool(w, "display", true);
}
