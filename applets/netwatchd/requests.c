/* SPDX-License-Identifier: MIT */
/*
 * From bytes of a client to a handler: JSON, type, role, parameters, each checked before the next is looked at. A handler
 * sees a checked struct. Every request gets exactly one answer, at once or (waiters, jobs) later.
 */
#include "front.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void call_error(struct call *c, enum api_error code, const char *fmt, ...)
{
	char text[700];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ipc_answer_error(c->client, c->id, api_errors[code].code, text);
}

void call_success(struct call *c, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ipc_answer_success(c->client, c->id, text);
}

struct jsonout *call_data(struct call *c)
{
	c->w = ipc_answer_begin(c->client, c->id, "Data");
	json_add_object(c->w, "data");
	return c->w;
}

void call_end(struct call *c)
{
	json_close(c->w);
	ipc_answer_end(c->client);
}

struct session *call_session(struct call *c)
{
	enum api_error code;
	struct errmsg err;
	struct session *s = session_find(c->front, c->p.session, &code, &err);

	if (!s)
		call_error(c, code, "%s", err.text);
	return s;
}

/* ---- those who wait ------------------------------------------------------------------------------ */

bool call_wait(struct call *c, struct session *s)
{
	struct waiter *w = calloc(1, sizeof(*w)), **last = &s->waiters;

	if (!w || ipc_id_text(c->id, w->id, NULL)) {
		free(w);
		call_error(c, API_LIMIT, "no memory to wait for the session");
		return false;
	}
	w->what = (enum operation_id)(c->op - operations);
	w->client = ipc_client_handle(c->client);
	while (*last)
		last = &(*last)->next;
	*last = w;
	return true;
}

static void answer_waiter(struct session *s, const struct waiter *w, bool failed)
{
	struct ipc_client *c = ipc_server_find(s->front->server, w->client);
	const char *id = *w->id ? w->id : NULL;
	struct jsonout *out;

	if (!c)
		return;
	if (w->what == OPERATION_DELETE) {
		char text[100];

		snprintf(text, sizeof(text), "session %s and its record are removed", s->id);
		out = ipc_answer_begin_raw(c, id, "Success");
		json_add_str(out, "message", text);
		ipc_answer_end(c);
	} else if (failed && w->what != OPERATION_STOP) {
		/* a filter's complaint has lines that show the place; its first one is the reason */
		bool lines = s->refused && !strncmp(s->last_words, s->reason, strlen(s->reason));

		ipc_answer_error_raw(c, id, api_errors[s->reason_code].code, lines ? s->last_words : s->reason);
	} else {
		out = ipc_answer_begin_raw(c, id, "Data");
		json_add_object(out, "data");
		write_session(out, s, false);
		json_close(out);
		ipc_answer_end(c);
	}
}

void waiters_answer(struct session *s, bool failed)
{
	struct waiter *w = s->waiters, *next;

	s->waiters = NULL;
	for (; w; w = next) {
		next = w->next;
		answer_waiter(s, w, failed);
		free(w);
	}
}

/* ---- a message -------------------------------------------------------------------------------------- */

static void unknown_type(struct call *c, const char *type)
{
	const char *nearest;
	struct outbuf o;
	char shown[100];

	operation_find(type, &nearest);
	outbuf_fixed(&o, shown, sizeof(shown));
	outbuf_escaped(&o, type, strnlen(type, 60));
	if (nearest)
		call_error(c, API_UNKNOWN_TYPE, "there is no operation '%s'; did you mean %s?", outbuf_cstr(&o), nearest);
	else
		call_error(c, API_UNKNOWN_TYPE, "there is no operation '%s'; packetclient operations lists them", outbuf_cstr(&o));
}

/* False when it was answered with an error. */
static bool checked(struct call *c)
{
	const char *type = json_string(json_get(c->root, "type"), NULL);
	char id[IPC_ID_MAX];
	struct errmsg err;
	enum role role;

	if (json_type(c->root) != JSON_OBJECT) {
		call_error(c, API_INVALID, "a request is an object: {\"type\": \"Status\"}");
		return false;
	}
	c->id = json_get(c->root, "id");
	if (ipc_id_text(c->id, id, &err)) {
		c->id = NULL;
		call_error(c, API_INVALID, "%s", err.text);
		return false;
	}
	if (!type) {
		call_error(c, API_INVALID, "type: a text is expected: {\"type\": \"Status\"}");
		return false;
	}
	c->op = operation_find(type, NULL);
	if (!c->op) {
		unknown_type(c, type);
		return false;
	}
	role = role_of(c->front, c->client);
	if (role < (enum role)c->op->role) {
		call_error(c, API_PERMISSION, "%s takes the role %s; you are %s. Members of the socket's group are operators; the "
			   "configuration (roles) can name others", c->op->type, role_names[c->op->role], role_names[role]);
		return false;
	}
	if (shape_request(c->op->rows, c->root, &c->p, &err)) {
		call_error(c, API_INVALID, "%s: %s", c->op->type, err.text);
		return false;
	}
	return true;
}

void requests_take(struct ipc_client *client, const char *text, size_t len)
{
	struct front *f = ipc_server_user(ipc_client_server(client));
	struct call c = { .front = f, .client = client };
	struct errmsg err;

	if (json_reparse(&f->request, text, len, IPC_REQUEST_MAX, "request", &err)) {
		call_error(&c, API_INVALID, "%s", err.text);
		return;
	}
	c.root = json_root(f->request);
	if (checked(&c))
		operation_handlers[c.op - operations](&c);
}
