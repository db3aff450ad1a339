/* SPDX-License-Identifier: MIT */
/* Commands that are a request and its answer. */
#include "packetclient.h"

#include "base/jsonout.h"
#include "base/version.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int client_message(struct client *c, const char *message, struct errmsg *err)
{
	struct jsonout w;

	message = message ? message : "done";
	if (c->output == OUTPUT_TABLE) {
		outbuf_escaped(&c->out, message, strlen(message));
		outbuf_char(&c->out, '\n');
	} else if (c->output != OUTPUT_QUIET) {
		if (c->output == OUTPUT_JSON) {
			jsonout_begin(&w, &c->out);
			json_open_object(&w);
			json_add_str(&w, "message", message);
			json_close(&w);
		} else {
			outbuf_str(&c->out, c->output == OUTPUT_CSV ? "message\n" : "message: ");
			json_string_put(&c->out, message, strlen(message));
		}
		outbuf_char(&c->out, '\n');
	}
	return outbuf_flush(&c->out, err);
}

static int put_answer(struct client *c, const struct view *v, const struct ipc_answer *a, struct errmsg *err)
{
	return a->data && v ? view_render(c, v, a->data, err) : client_message(c, a->message, err);
}

int run_simple(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int rc = daemon_connect(c, !m->quiet, err);

	(void)argc;
	(void)argv;
	if (rc)
		return rc;
	request_options(c, request_begin(c, m->type));
	rc = request_call(c, &a, err);
	if (!rc)
		rc = put_answer(c, m->view, &a, err);
	ipc_answer_release(&a);
	return rc;
}

/* About a session that is an argument or --session, or about all. */
int run_session(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	const char *session = argc ? argv[0] : c->o.session;
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	int rc = daemon_connect(c, true, err);

	if (rc)
		return rc;
	w = request_begin(c, m->type);
	if (session)
		json_add_str(w, "session", session);
	request_options(c, w);
	rc = request_call(c, &a, err);
	if (!rc)
		rc = put_answer(c, session && m->view == &view_status ? &view_session : m->view, &a, err);
	ipc_answer_release(&a);
	return rc;
}

/* Of several, each in a line: "a1b2c3d4e5f6: stopped". */
static int put_state(struct client *c, const struct json_value *session, struct errmsg *err)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", value_text_or(json_get(session, "id"), ""),
		 value_text_or(json_get(session, "state"), "done"));
	return client_message(c, text, err);
}

/* One after the other; the first error is told at the end, the others go on. */
int run_sessions_each(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	int first = 0, rc = daemon_connect(c, true, err);

	if (rc)
		return rc;
	for (int i = 0; i < argc && rc != NW_ECONN; i++) {
		struct ipc_answer a = { 0 };
		struct errmsg why;
		struct jsonout *w = request_begin(c, m->type);

		json_add_str(w, "session", argv[i]);
		request_options(c, w);
		rc = request_call(c, &a, &why);
		if (!rc && argc > 1 && c->output == OUTPUT_TABLE && a.data)
			rc = put_state(c, a.data, &why);
		else if (!rc)
			rc = put_answer(c, m->view, &a, &why);
		ipc_answer_release(&a);
		if (!rc)
			continue;
		if (first)
			client_say(c, 0, "%s", why.text);
		else
			*err = why;
		first = first ? first : rc;
	}
	return first;
}

int run_ping(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int64_t begin;
	char text[200];
	int rc = daemon_connect(c, false, err);

	(void)argc;
	(void)argv;
	if (rc)
		return rc;
	begin = loop_monotonic_ns();
	rc = request_simple(c, m->type, NULL, &a, err);
	if (!rc) {
		snprintf(text, sizeof(text), "%s: process %d answers in %.3f ms", c->address.path,
			 (int)ipc_daemon_pid(c->daemon),
			 (double)(loop_monotonic_ns() - begin) / 1e6);
		rc = client_message(c, text, err);
	}
	ipc_answer_release(&a);
	return rc;
}

/* Renders what `w` wrote into text[]. */
static int render_made(struct client *c, const struct view *v, const char *text, size_t len, struct errmsg *err)
{
	struct json *j = NULL;
	int rc = json_parse(&j, text, len, "answer", err);

	if (!rc)
		rc = view_render(c, v, json_root(j), err);
	json_free(j);
	return rc;
}

int run_version(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	struct errmsg why;
	struct jsonout w;
	struct outbuf o;
	char text[4096];
	int rc = daemon_connect(c, false, &why);

	(void)argc;
	(void)argv;
	if (!rc)
		rc = request_simple(c, m->type, NULL, &a, &why);
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "client", NWBOX_VERSION);
	if (!rc) {
		json_key(&w, "daemon");
		json_copy(&w, a.data);
	}
	json_close(&w);
	ipc_answer_release(&a);
	if (rc && rc != NW_ECONN)
		client_say(c, 0, "%s", why.text);
	if (rc == NW_ECONN && c->output == OUTPUT_TABLE)
		client_say(c, 0, "no daemon answers at %s", c->address.path);
	return render_made(c, m->view, text, outbuf_len(&o), err);
}

int run_health(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	int rc = daemon_connect(c, false, err);
	bool failing;

	(void)argc;
	(void)argv;
	if (!rc)
		rc = request_simple(c, m->type, NULL, &a, err);
	failing = json_is(json_get(a.data, "status"), "failing");
	if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	return rc ? rc : failing;
}

/* Words are joined, as in nwcap and nwfilter. */
int run_check_filter(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	char text[8192];
	struct outbuf o;
	int rc = daemon_connect(c, true, err);

	outbuf_fixed(&o, text, sizeof(text));
	for (int i = 0; i < argc; i++) {
		outbuf_str(&o, i ? " " : "");
		outbuf_str(&o, argv[i]);
	}
	outbuf_cstr(&o);
	if (!rc && o.cut)
		rc = errmsg_set(err, NW_EINPUT, "check-filter: the filter is longer than %zu bytes", sizeof(text) - 1);
	if (rc)
		return rc;
	w = request_begin(c, m->type);
	json_add_str(w, "filter", text);
	request_options(c, w);
	rc = request_call(c, &a, err);
	if (!rc && !json_bool(json_get(a.data, "valid")))
		rc = errmsg_set(err, NW_EINPUT, "%s", value_text_or(json_get(a.data, "message"),
								    "the filter does not compile"));
	if (!rc && c->output == OUTPUT_TABLE)
		rc = client_message(c, "the filter compiles", err);
	else if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	return rc;
}

/* ---- freeze ------------------------------------------------------------------------------------------------ */

/* The bundle is complete when its event has come; until then Ctrl-C only ends the waiting. */
static int wait_for_bundle(struct client *c, const char *bundle, struct errmsg *err)
{
	bool there = false;
	int rc = 0;

	client_say(c, 0, "waiting for %s; Ctrl-C ends the waiting, not the bundle", bundle);
	interrupts_catch(true);
	while (!client_interrupted && rc >= 0 && !there) {
		struct ipc_event e = { 0 };

		rc = event_next(c, 1000, &e, err);
		if (rc > 0 && e.type && json_is(json_get(e.data, "bundle"), bundle)) {
			there = !strcmp(e.type, "bundle_finished");
			if (!strcmp(e.type, "bundle_failed"))
				rc = errmsg_set(err, NW_EFAIL, "%s: %s", bundle,
						value_text_or(json_get(e.data, "message"), "it failed"));
		}
		ipc_event_release(&e);
	}
	interrupts_catch(false);
	return rc < 0 ? rc : 0;
}

int run_freeze(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	struct ipc_answer a = { 0 };
	struct jsonout *w;
	int rc = daemon_connect(c, true, err);

	(void)argc;
	if (!rc && c->o.wait) {
		w = request_begin(c, "Subscribe");
		json_add_str(w, "events", "StatusEvents");
		json_add_str(w, "session", argv[0]);
		rc = request_call(c, &a, err);
		ipc_answer_release(&a);
	}
	if (rc)
		return rc;
	w = request_begin(c, "Freeze");
	json_add_str(w, "session", argv[0]);
	request_options(c, w);
	rc = request_call(c, &a, err);
	if (!rc && c->o.wait)
		rc = wait_for_bundle(c, value_text_or(json_get(a.data, "bundle"), ""), err);
	if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	if (c->o.wait)
		daemon_disconnect(c); /* with its subscription */
	return rc;
}
