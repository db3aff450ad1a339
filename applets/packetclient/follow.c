/* SPDX-License-Identifier: MIT */
/*
 * Logs, events, alerts: what there is, and with --follow what comes. The subscription is made first, so that nothing falls
 * between the two; what both have is shown once.
 */
#include "packetclient.h"

#include "base/jsonout.h"

#include <stdio.h>
#include <string.h>

static bool is_alert(const char *type)
{
	return !strcmp(type, "alert") || !strcmp(type, "alert_cleared");
}

static int level_of(const char *name)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };

	for (int i = 0; i < 4; i++)
		if (name && !strcmp(name, levels[i]))
			return i;
	return 1;
}

/* Is the event one that the command shows? */
static bool wanted(const struct client *c, const struct command *m, const struct ipc_event *e)
{
	if (!strcmp(m->type, "Logs"))
		return !strcmp(e->type, "log_line") &&
		       level_of(json_string(json_get(e->data, "level"), NULL)) >= level_of(c->o.level);
	if (!strcmp(m->type, "Alerts"))
		return is_alert(e->type);
	return !c->o.kind || !strcmp(e->type, c->o.kind);
}

/* A log line has its members one level down in an event. */
static int put_log_line(struct stream *s, const struct ipc_event *e, struct errmsg *err)
{
	char text[8192];
	struct json *j = NULL;
	struct jsonout w;
	struct outbuf o;
	int rc;

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_ns(&w, "time", e->time_ns);
	json_add_str(&w, "level", json_string(json_get(e->data, "level"), NULL));
	json_add_str(&w, "text", json_string(json_get(e->data, "text"), NULL));
	if (e->session)
		json_add_str(&w, "session", e->session);
	json_close(&w);
	if (!jsonout_end(&w))
		return 0; /* longer than any line of the daemon */
	rc = json_parse(&j, text, outbuf_len(&o), "log line", err);
	if (!rc)
		stream_row(s, json_root(j));
	json_free(j);
	return rc;
}

static int put_event(struct stream *s, const struct command *m, const struct ipc_event *e, struct errmsg *err)
{
	int rc = 0;

	if (!strcmp(m->type, "Logs"))
		rc = put_log_line(s, e, err);
	else
		stream_row(s, e->whole);
	return rc ? rc : stream_flush(s, err);
}

/* What comes, until Ctrl-C, the end of the daemon or of who reads us. `shown_ns`: time of the newest that was shown. */
static int follow(struct client *c, struct stream *s, const struct command *m, int64_t shown_ns, struct errmsg *err)
{
	uint64_t lost;
	int rc = 0;

	while (!rc && !client_interrupted) {
		struct ipc_event e = { 0 };
		int got = event_next(c, 1000, &e, err);

		if (got < 0)
			rc = got;
		if (got > 0 && e.type && !strcmp(e.type, "dropped"))
			client_say(c, 0, "%llu events were lost, as this client did not read them in time",
			    (unsigned long long)json_u64(json_get(e.data, "dropped"), NULL));
		else if (got > 0 && e.type && e.time_ns > shown_ns && wanted(c, m, &e))
			rc = put_event(s, m, &e, err);
		ipc_event_release(&e);
		if (c->daemon && (lost = ipc_events_lost(c->daemon)))
			client_say(c, 0, "%llu events were lost here", (unsigned long long)lost);
	}
	return rc;
}

static int subscribe(struct client *c, const struct command *m, const char *session, struct errmsg *err)
{
	struct jsonout *w = request_begin(c, "Subscribe");
	struct ipc_answer a = { 0 };
	bool logs = !strcmp(m->type, "Logs"), all = !strcmp(m->type, "Events") && c->o.kind && !strcmp(c->o.kind, "log_line");
	int rc;

	json_add_str(w, "events", all ? "AllEvents" : logs ? "LogEvents" : "StatusEvents");
	if (session)
		json_add_str(w, "session", session);
	rc = request_call(c, &a, err);
	ipc_answer_release(&a);
	return rc;
}

static int ask(struct client *c, const struct command *m, const char *session, struct ipc_answer *a, struct errmsg *err)
{
	struct jsonout *w = request_begin(c, m->type);

	if (session)
		json_add_str(w, "session", session);
	request_options(c, w);
	return request_call(c, a, err);
}

static int show_and_follow(struct client *c, const struct command *m, const char *session, struct errmsg *err)
{
	struct view rows = { .columns = m->view->columns, .id = m->view->id };
	const struct json_value *one;
	struct ipc_answer a = { 0 };
	struct json_iter it = { 0 };
	int64_t shown_ns = 0;
	struct stream s;
	int rc = subscribe(c, m, session, err);

	if (!rc)
		rc = ask(c, m, session, &a, err);
	if (!rc)
		rc = stream_begin(&s, c, &rows, err);
	if (rc) {
		ipc_answer_release(&a);
		return rc;
	}
	while ((one = json_each(json_get(a.data, m->view->list), &it, NULL))) {
		stream_row(&s, one);
		shown_ns = value_ns(json_get(one, "time"));
	}
	ipc_answer_release(&a);
	rc = stream_flush(&s, err);
	interrupts_catch(true);
	if (!rc)
		rc = follow(c, &s, m, shown_ns, err);
	interrupts_catch(false);
	stream_end(&s, NULL);
	daemon_disconnect(c); /* with its subscription */
	return rc;
}

int run_follow(struct client *c, const struct command *m, int argc, char **argv, struct errmsg *err)
{
	const char *session = argc ? argv[0] : c->o.session;
	struct ipc_answer a = { 0 };
	int rc = daemon_connect(c, true, err);

	if (rc)
		return rc;
	if (c->o.follow)
		return show_and_follow(c, m, session, err);
	rc = ask(c, m, session, &a, err);
	if (!rc)
		rc = view_render(c, m->view, a.data, err);
	ipc_answer_release(&a);
	return rc;
}
