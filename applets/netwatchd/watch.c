/* SPDX-License-Identifier: MIT */
/*
 * Rules. Those of counters are fed here, once a second; those that need packets by the session's watcher, a process that
 * follows the record and is started again when it ends, with a pause that grows: a watcher that cannot keep up or dies costs
 * alerts, never packets.
 */
#include "front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WATCH_PAUSE_S = 5, WATCH_PAUSE_MAX_S = 300 };

static int rule_by_name(const struct session *s, const char *name)
{
	for (unsigned i = 0; name && i < s->settings.rule_count; i++)
		if (!strcmp(rule_title(&s->settings.rules[i]), name))
			return (int)i;
	return -1;
}

/* Raised or over: remembered, told, and frozen when the rule says so. */
static void alert(struct session *s, int rule, bool raised, int64_t at_ns, const char *data, size_t len)
{
	const struct rule *r = rule >= 0 ? &s->settings.rules[rule] : NULL;
	char reason[200];
	struct errmsg err;

	if (r) {
		free(s->alerts[rule]);
		s->alerts[rule] = raised ? strndup(data, len) : NULL;
	}
	event_raw(s->front, raised ? EVENT_ALERT : EVENT_ALERT_CLEARED, s, at_ns, data, len);
	front_log(s->front, raised ? LEVEL_WARNING : LEVEL_INFO, s, "alert %s%s", r ? rule_title(r) : "of a rule", raised ? "" : " is over");
	if (!raised || !r || !r->freeze)
		return;
	snprintf(reason, sizeof(reason), "rule %s", rule_title(r));
	if (!freeze_begin(s, s->settings.freeze_before_ns ? s->settings.freeze_before_ns : 300 * second_ns,
			  s->settings.freeze_after_ns ? s->settings.freeze_after_ns : 60 * second_ns, reason, &err))
		front_log(s->front, LEVEL_WARNING, s, "no bundle for rule %s: %s", rule_title(r), err.text);
}

void alerts_clear(struct session *s)
{
	for (unsigned i = 0; i < SETTINGS_RULES_MAX; i++) {
		free(s->alerts[i]);
		s->alerts[i] = NULL;
	}
}

/* ---- counters ----------------------------------------------------------------------------------------- */

static void say(void *user, const struct rule *rule, const struct gauge *g, enum gauge_change change)
{
	struct session *s = user;
	char data[1024];
	struct jsonout w;
	struct outbuf o;

	outbuf_fixed(&o, data, sizeof(data));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	rule_write(&w, rule, g, change, NULL);
	json_close(&w);
	if (jsonout_end(&w))
		alert(s, (int)(rule - s->settings.rules), change == GAUGE_RAISED, loop_realtime_ns(), data, outbuf_len(&o));
}

void watch_second(struct session *s, int64_t now_ns)
{
	if (s->settings.rule_count)
		rules_sample(&s->rules, &s->settings, &s->now, now_ns, say, s);
}

/* ---- the watcher ----------------------------------------------------------------------------------------- */

static void start_watcher(struct session *s);

static void again(struct loop_timer *t)
{
	start_watcher(container_of(t, struct session, watch_timer));
}

static void later(struct session *s)
{
	int64_t pause = WATCH_PAUSE_S;

	if (s->state != STATE_RUNNING)
		return;
	for (unsigned i = 0; i < s->watch_attempts && pause < WATCH_PAUSE_MAX_S; i++)
		pause *= 2;
	s->watch_attempts++;
	s->watch_timer.fire = again;
	loop_add_timer(&s->front->loop, &s->watch_timer, loop_monotonic_ns() + pause * second_ns);
}

/* What the watcher had raised is not watched over any more: its next one raises it again if it is still so. */
static void packet_alerts_over(struct session *s)
{
	char data[400];
	struct jsonout w;
	struct outbuf o;

	for (unsigned i = 0; i < s->settings.rule_count; i++) {
		if (!s->alerts[i] || !rule_needs_packets(&s->settings.rules[i]))
			continue;
		outbuf_fixed(&o, data, sizeof(data));
		jsonout_begin(&w, &o);
		json_open_object(&w);
		json_add_str(&w, "rule", rule_title(&s->settings.rules[i]));
		json_add_str(&w, "text", "the process that watched over it has ended; another one looks again");
		json_close(&w);
		if (jsonout_end(&w))
			alert(s, (int)i, false, loop_realtime_ns(), data, outbuf_len(&o));
	}
}

static void watcher_ended(struct child *c, int status)
{
	struct session *s = container_of(c, struct session, watcher);
	struct event e;
	struct jsonout *w;

	ipc_link_close(&s->watch_link);
	if (s->state != STATE_RUNNING)
		return;
	w = event_begin(&e, s->front, EVENT_PROCESS_CRASHED, s);
	json_add_str(w, "process", "watcher");
	json_add_i64(w, "pid", c->pid);
	json_add_i64(w, "status", status);
	event_end(&e);
	packet_alerts_over(s);
	later(s);
}

static void on_message(struct ipc_link *l, struct ipc_message *m)
{
	struct session *s = container_of(l, struct session, watch_link);
	const struct json_value *v, *data, *type;
	char text[2048];
	struct jsonout w;
	struct outbuf o;
	struct json *j;

	if (json_parse(&j, m->text, m->len, "watcher", NULL))
		return;
	v = json_root(j);
	data = json_get(v, "data");
	type = json_get(v, "event_type");
	if (json_is(json_get(v, "type"), "failed") && json_string(json_get(v, "message"), NULL)) {
		front_log(s->front, LEVEL_ERROR, s, "rules: %s", json_string(json_get(v, "message"), NULL));
	} else if (json_type(data) == JSON_OBJECT && (json_is(type, "alert") || json_is(type, "alert_cleared"))) {
		outbuf_fixed(&o, text, sizeof(text));
		jsonout_begin(&w, &o);
		json_copy(&w, data);
		if (jsonout_end(&w))
			alert(s, rule_by_name(s, json_string(json_get(data, "rule"), NULL)), json_is(type, "alert"), loop_realtime_ns(),
			      text, outbuf_len(&o));
	}
	json_free(j);
}

static void on_close(struct ipc_link *l, const char *reason)
{
	struct session *s = container_of(l, struct session, watch_link);

	if (*reason)
		front_log(s->front, LEVEL_WARNING, s, "its watcher is not heard any more: %s", reason);
}

static int ask_watcher(struct session *s, struct errmsg *err)
{
	struct child_fds fds = { .output = -1, .directory = s->dirfd, .progress = s->progress_fd };
	char *text;
	struct jsonout w;
	struct outbuf o;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errmsg_errno(err, "cannot make a socket");
	fds.control = pair[1];
	s->watcher.ended = watcher_ended;
	s->watch_link.on_message = on_message;
	s->watch_link.on_close = on_close;
	rc = part_start(&s->front->starter, &s->watcher, PART_WATCHER, s->id, &fds, err);
	close(pair[1]);
	if (rc) {
		close(pair[0]);
		return rc;
	}
	rc = ipc_link_open(&s->watch_link, &s->front->loop, pair[0], MESSAGE_MAX, LINK_QUEUE_MAX, err);
	text = rc ? NULL : malloc(SESSION_JSON_MAX);
	if (!text)
		return rc ? rc : errmsg_set(err, NW_ELIMIT, "no memory");
	outbuf_fixed(&o, text, SESSION_JSON_MAX);
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "type", "watch");
	json_add_str(&w, "session", s->id);
	settings_write(&w, &s->settings);
	json_close(&w);
	rc = jsonout_end(&w) ? ipc_link_send(&s->watch_link, text, outbuf_len(&o), NULL, 0, err) : NW_ELIMIT;
	free(text);
	return rc;
}

static void start_watcher(struct session *s)
{
	struct errmsg err;

	if (ask_watcher(s, &err)) {
		front_log(s->front, LEVEL_ERROR, s, "no watcher: %s", err.text);
		ipc_link_close(&s->watch_link);
		later(s);
	}
}

void watch_begin(struct session *s)
{
	rules_begin(&s->rules, &s->settings);
	s->watch_attempts = 0;
	if (ENABLE_RULES && rules_need_packets(&s->settings) && !s->watcher.number)
		start_watcher(s);
}

void watch_end(struct session *s)
{
	loop_remove_timer(&s->watch_timer);
	ipc_link_close(&s->watch_link);
	part_forget(&s->front->starter, &s->watcher);
}
