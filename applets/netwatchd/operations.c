/* SPDX-License-Identifier: MIT */
/* What each operation does, in the order of api/operations.def; the table that binds them is at the end. */
#include "front.h"
#include "place.h"
#include "base/version.h"
#include "store/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the daemon -------------------------------------------------------------------------------------- */

static void do_ping(struct call *c)
{
	call_success(c, "pong");
}

static void do_version(struct call *c)
{
	struct jsonout *w = call_data(c);

	json_add_str(w, "version", NWBOX_VERSION);
	json_add_str(w, "profile", NWBOX_PROFILE);
	json_add_i64(w, "pid", getpid());
	json_add_u64(w, "protocol", 1);
	call_end(c);
}

static void do_health(struct call *c)
{
	write_health(call_data(c), c->front);
	call_end(c);
}

static void answer_session(struct call *c, struct session *s, bool full)
{
	write_session(call_data(c), s, full);
	call_end(c);
}

static void do_status(struct call *c)
{
	const char *text;
	struct session *s;
	size_t len;

	if (c->p.session) {
		s = call_session(c);
		if (s)
			answer_session(c, s, false);
		return;
	}
	text = status_text(c->front, &len);
	if (!text) {
		call_error(c, API_FAILED, "no memory for the status");
		return;
	}
	c->w = ipc_answer_begin(c->client, c->id, "Data");
	json_key(c->w, "data");
	json_put_raw(c->w, text, len);
	ipc_answer_end(c->client);
}

/* ---- sessions are started and stopped -------------------------------------------------------------------- */

static bool stopping(struct call *c)
{
	if (c->front->stopping)
		call_error(c, API_UNAVAILABLE, "netwatchd is stopping");
	return c->front->stopping;
}

static void start_known(struct call *c)
{
	struct session *s = call_session(c);

	if (!s)
		return;
	if (s->state != STATE_STOPPED && s->state != STATE_FAILED && s->state != STATE_RESTARTING) {
		call_error(c, API_CONFLICT, "session %s is %s already", s->id, session_state_names[s->state]);
		return;
	}
	if (call_wait(c, s))
		session_input(s, INPUT_START, "");
}

/* Settings of a profile are the ground on which those of the request are laid. */
static int settings_of(struct call *c, struct session_settings *settings, enum api_error *code, struct errmsg *err)
{
	const char *profile = json_string(json_get(c->root, "profile"), NULL);
	const struct session_settings *base = profile ? config_profile(c->front->config, profile) : NULL;
	int bad;

	memset(settings, 0, sizeof(*settings));
	if (profile && *profile && !base) {
		*code = API_NOT_FOUND;
		return errmsg_set(err, NW_EINPUT, "there is no profile '%.64s'; packetclient profiles lists them", profile);
	}
	if (base)
		settings_from_profile(settings, base);
	*code = API_INVALID;
	bad = settings_known(c->root, err);
	if (!bad)
		bad = settings_overlay(settings, c->root, err);
	return bad ? bad : settings_check(settings, NULL, err);
}

static void do_start(struct call *c)
{
	const char *netns = json_string(json_get(c->root, "netns"), NULL);
	struct session_settings settings;
	enum api_error code;
	struct session *s;
	struct errmsg err;

	if (stopping(c))
		return;
	if (c->p.session) {
		start_known(c);
		return;
	}
	/* it is opened with the rights that the daemon began with */
	if (netns && strchr(netns, '/') && role_of(c->front, c->client) < ROLE_ADMIN) {
		call_error(c, API_PERMISSION, "netns: a path takes the role admin; a name (ip netns) or a process id does not");
		return;
	}
	if (settings_of(c, &settings, &code, &err) ||
	    session_make(c->front, &settings, ipc_client_uid(c->client), &s, &code, &err)) {
		call_error(c, code, "%s", err.text);
		return;
	}
	if (call_wait(c, s))
		session_input(s, INPUT_START, "");
	else
		session_remove(s, &err);
}

static void do_stop(struct call *c)
{
	struct session *s = call_session(c);

	if (!s)
		return;
	s->wanted = s->again = false;
	if (s->state == STATE_STOPPED) {
		session_keep(s);
		answer_session(c, s, false);
		return;
	}
	if (call_wait(c, s))
		session_input(s, INPUT_STOP, "");
}

static void do_restart(struct call *c)
{
	struct session *s;

	if (stopping(c))
		return;
	s = call_session(c);
	if (!s || !call_wait(c, s))
		return;
	if (session_active(s) && s->state != STATE_RESTARTING) {
		s->again = true;
		session_input(s, INPUT_STOP, "restarted");
	} else {
		session_input(s, INPUT_START, "");
	}
}

static void do_delete(struct call *c)
{
	struct session *s = call_session(c);
	struct errmsg err;
	char id[SESSION_ID_LEN + 1];

	if (!s)
		return;
	if (ipc_client_uid(c->client) != s->owner_uid && role_of(c->front, c->client) < ROLE_ADMIN) {
		call_error(c, API_PERMISSION, "session %s is %s's; to delete it takes the role admin", s->id, s->owner);
		return;
	}
	if (session_active(s)) {
		if (!c->p.force) {
			call_error(c, API_CONFLICT, "session %s is %s; stop it first, or delete with force", s->id,
				   session_state_names[s->state]);
			return;
		}
		s->remove = true;
		s->wanted = s->again = false;
		if (call_wait(c, s))
			session_input(s, INPUT_STOP, "deleted");
		return;
	}
	snprintf(id, sizeof(id), "%s", s->id);
	front_log(c->front, LEVEL_INFO, s, "deleted by user %u", (unsigned)ipc_client_uid(c->client));
	if (session_remove(s, &err))
		call_error(c, API_FAILED, "%s", err.text);
	else
		call_success(c, "session %s and its record are removed", id);
}

/* ---- sessions are looked at -------------------------------------------------------------------------------- */

static void do_list(struct call *c)
{
	struct jsonout *w = call_data(c);
	struct front *f = c->front;

	json_add_array(w, "sessions");
	for (unsigned i = 0; i < f->count; i++) {
		if (c->p.state_given && f->sessions[i]->state != c->p.state)
			continue;
		json_open_object(w);
		write_session(w, f->sessions[i], false);
		json_close(w);
	}
	json_close(w);
	call_end(c);
}

static void do_show(struct call *c)
{
	struct session *s = call_session(c);

	if (s)
		answer_session(c, s, true);
}

static void do_stats(struct call *c)
{
	struct session *s = NULL;

	if (c->p.session) {
		s = call_session(c);
		if (!s)
			return;
	}
	write_stats(call_data(c), c->front, s);
	call_end(c);
}

/* ---- what happened ------------------------------------------------------------------------------------------- */

struct pick {
	const struct journal *journal;
	const struct session *session;
	int64_t since_ns;
	uint64_t limit;
	int kind, level;
	bool alerts;
};

static bool picked(const struct pick *p, const struct journal_entry *e)
{
	return e->at_ns >= p->since_ns && (!p->session || !strcmp(e->session, p->session->id)) &&
	       (p->kind < 0 || e->kind == p->kind) && e->level >= p->level && (!p->alerts || e->kind == EVENT_ALERT || e->kind == EVENT_ALERT_CLEARED);
}

/* The newest `limit` of those that are picked, oldest first: found from the end, written from there on. */
static void write_picked(struct jsonout *w, const struct pick *p, void (*write)(struct jsonout *, const struct journal_entry *))
{
	uint32_t from = p->journal->count;
	uint64_t n = 0;

	while (from && n < p->limit)
		n += picked(p, journal_at(p->journal, --from));
	for (; from < p->journal->count; from++) {
		const struct journal_entry *e = journal_at(p->journal, from);

		if (!picked(p, e))
			continue;
		json_open_object(w);
		write(w, e);
		json_close(w);
	}
}

/* data of a log line is {"level":…,"text":…}: its members go into the object that is open */
static void write_log(struct jsonout *w, const struct journal_entry *e)
{
	struct json *j;

	json_add_ns(w, "time", e->at_ns);
	json_add_str(w, "level", log_level_names[e->level]);
	if (!json_parse(&j, e->data, e->len, "log", NULL))
		json_add_str(w, "text", json_string(json_get(json_root(j), "text"), NULL));
	json_free(j);
	if (*e->session)
		json_add_str(w, "session", e->session);
}

static bool pick_begin(struct call *c, struct pick *p, const struct journal *j)
{
	*p = (struct pick){ .journal = j, .since_ns = c->p.since_ns, .limit = c->p.limit, .kind = -1 };
	if (c->p.session)
		p->session = call_session(c);
	return !c->p.session || p->session;
}

static void do_logs(struct call *c)
{
	struct jsonout *w;
	struct pick p;

	if (!pick_begin(c, &p, &c->front->logs))
		return;
	p.level = c->p.level;
	w = call_data(c);
	json_add_array(w, "logs");
	write_picked(w, &p, write_log);
	json_close(w);
	call_end(c);
}

static void do_events(struct call *c)
{
	struct jsonout *w;
	struct pick p;

	if (!pick_begin(c, &p, &c->front->events))
		return;
	if (c->p.kind) {
		p.kind = event_kind_find(c->p.kind);
		if (p.kind < 0) {
			call_error(c, API_INVALID, "kind: there is no event_type '%.64s'; packetclient operations lists them", c->p.kind);
			return;
		}
	}
	w = call_data(c);
	json_add_array(w, "events");
	write_picked(w, &p, journal_write);
	json_close(w);
	call_end(c);
}

static void do_alerts(struct call *c)
{
	struct front *f = c->front;
	struct jsonout *w;
	struct pick p;

	if (!pick_begin(c, &p, &f->events))
		return;
	p.alerts = true;
	w = call_data(c);
	json_add_array(w, "alerts");
	write_picked(w, &p, journal_write);
	json_close(w);
	json_add_array(w, "active");
	for (unsigned i = 0; i < f->count; i++)
		for (unsigned r = 0; r < SETTINGS_RULES_MAX; r++) {
			const struct session *s = f->sessions[i];

			if (!s->alerts[r] || (p.session && p.session != s))
				continue;
			json_open_object(w);
			json_add_str(w, "session", s->id);
			json_key(w, "data");
			json_put_raw(w, s->alerts[r], strlen(s->alerts[r]));
			json_close(w);
		}
	json_close(w);
	call_end(c);
}

struct losses {
	struct jsonout *w;
	int64_t since_ns;
	uint64_t skip, seen, packets;
};

static bool add_loss(void *user, const struct ledger_entry *e)
{
	struct losses *l = user;
	char text[LEDGER_LINE_MAX];
	struct outbuf o;

	l->packets += e->has_packets ? e->packets : 0;
	if (e->time_ns < l->since_ns || l->seen++ < l->skip)
		return true;
	if (l->w) {
		outbuf_fixed(&o, text, sizeof(text));
		ledger_format(&o, e);
		json_put_raw(l->w, text, outbuf_len(&o));
	}
	return true;
}

static void do_losses(struct call *c)
{
	struct session *s = call_session(c);
	struct losses l = { .since_ns = c->p.since_ns };
	struct errmsg err;

	if (!s)
		return;
	if (ledger_read(s->dirfd, add_loss, &l, &err) < 0) {
		call_error(c, API_FAILED, "%s", err.text);
		return;
	}
	l = (struct losses){ .w = call_data(c), .since_ns = l.since_ns, .skip = l.seen > c->p.limit ? l.seen - c->p.limit : 0 };
	json_add_str(l.w, "session", s->id);
	json_add_array(l.w, "losses");
	ledger_read(s->dirfd, add_loss, &l, NULL);
	json_close(l.w);
	json_add_u64(l.w, "packets", l.packets);
	call_end(c);
}

/* ---- profiles, packets, freezes --------------------------------------------------------------------------------- */

static void do_profiles(struct call *c)
{
	struct jsonout *w = call_data(c);

	json_add_array(w, "profiles");
	for (unsigned i = 0; i < c->front->config->profile_count; i++) {
		json_open_object(w);
		settings_write(w, &c->front->config->profiles[i]);
		json_close(w);
	}
	json_close(w);
	call_end(c);
}

static void do_interfaces(struct call *c)
{
	job_interfaces(c);
}

static void do_open(struct call *c)
{
	struct session *s = stopping(c) ? NULL : call_session(c);

	if (s)
		job_open(c, s);
}

static void do_freeze(struct call *c)
{
	struct session *s = stopping(c) ? NULL : call_session(c);

	if (s)
		job_freeze(c, s);
}

enum { BUNDLE_JSON_MAX = 64 << 10 };

static void write_bundle(struct jsonout *w, const struct session *s, int bundles, const char *name)
{
	char path[sizeof(s->front->state_dir) + 300], *text = malloc(BUNDLE_JSON_MAX);
	struct json *j = NULL;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/bundle.json", name);
	fd = openat(bundles, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && text)
		n = read(fd, text, BUNDLE_JSON_MAX);
	if (fd >= 0)
		close(fd);
	if (n > 0 && !json_parse(&j, text, (size_t)n, name, NULL) && json_type(json_root(j)) == JSON_OBJECT) {
		struct json_iter it = { 0 };
		const struct json_value *v;
		const char *member;

		json_open_object(w);
		json_add_str(w, "session", s->id);
		json_add_str(w, "name", name);
		snprintf(path, sizeof(path), "%s/%s/%s/bundles/%s", s->settings.in_memory ? s->front->runtime_dir : s->front->state_dir,
			 s->settings.in_memory ? "memory" : "sessions", s->id, name);
		json_add_str(w, "path", path);
		while ((v = json_each(json_root(j), &it, &member)))
			if (strcmp(member, "session") && strcmp(member, "name") && strcmp(member, "path")) {
				json_key(w, member);
				json_copy(w, v);
			}
		json_close(w);
	}
	json_free(j);
	free(text);
}

static void write_bundles(struct jsonout *w, const struct session *s)
{
	int fd = openat(s->dirfd, "bundles", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			write_bundle(w, s, fd, e->d_name);
	closedir(d);
}

static void do_bundles(struct call *c)
{
	struct session *only = c->p.session ? call_session(c) : NULL;
	struct jsonout *w;

	if (c->p.session && !only)
		return;
	w = call_data(c);
	json_add_array(w, "bundles");
	for (unsigned i = 0; i < c->front->count; i++)
		if (!only || only == c->front->sessions[i])
			write_bundles(w, c->front->sessions[i]);
	json_close(w);
	call_end(c);
}

static void do_check_filter(struct call *c)
{
	job_check(c);
}

/* ---- subscriptions, the daemon's life ------------------------------------------------------------------------------ */

static void do_subscribe(struct call *c)
{
	uint32_t kinds = 0;
	struct session *s = NULL;
	struct errmsg err;

	if (c->p.session) {
		s = call_session(c);
		if (!s)
			return;
	}
	for (int k = 0; k < EVENT_KINDS; k++)
		if (subscription_wants((enum subscription)c->p.events, (enum event_kind)k))
			kinds |= 1u << k;
	if (ipc_subscribe(c->client, kinds, s ? s->id : NULL, &err))
		call_error(c, API_LIMIT, "%s", err.text);
	else
		call_success(c, "subscribed to %s of %s", c->p.events == SUBSCRIBE_STATUS ? "status events" :
			     c->p.events == SUBSCRIBE_LOGS ? "log lines" : "all events", s ? s->id : "the daemon and all sessions");
}

static void do_unsubscribe(struct call *c)
{
	ipc_unsubscribe(c->client, NULL);
	call_success(c, "no more events");
}

static void do_reload(struct call *c)
{
	if (!c->front->config_path) {
		call_error(c, API_CONFLICT, "netwatchd was started without a configuration file");
		return;
	}
	front_reload(c->front);
	call_success(c, "the configuration is being read; configuration_reloaded says what came of it");
}

static void do_shutdown(struct call *c)
{
	char reason[60];

	call_success(c, "netwatchd stops");
	snprintf(reason, sizeof(reason), "asked by user %u", (unsigned)ipc_client_uid(c->client));
	front_stop(c->front, reason);
}

static void do_help(struct call *c)
{
	operations_write(call_data(c));
	call_end(c);
}

operation_handler *const operation_handlers[OPERATIONS] = {
	[OPERATION_PING] = do_ping, [OPERATION_VERSION] = do_version, [OPERATION_HEALTH] = do_health,
	[OPERATION_STATUS] = do_status, [OPERATION_START] = do_start, [OPERATION_STOP] = do_stop,
	[OPERATION_RESTART] = do_restart, [OPERATION_DELETE] = do_delete, [OPERATION_LIST] = do_list,
	[OPERATION_SHOW] = do_show, [OPERATION_STATS] = do_stats, [OPERATION_LOGS] = do_logs,
	[OPERATION_EVENTS] = do_events, [OPERATION_ALERTS] = do_alerts, [OPERATION_LOSSES] = do_losses,
	[OPERATION_PROFILES] = do_profiles, [OPERATION_INTERFACES] = do_interfaces, [OPERATION_OPEN] = do_open,
	[OPERATION_FREEZE] = do_freeze, [OPERATION_BUNDLES] = do_bundles, [OPERATION_CHECK_FILTER] = do_check_filter,
	[OPERATION_SUBSCRIBE] = do_subscribe, [OPERATION_UNSUBSCRIBE] = do_unsubscribe, [OPERATION_RELOAD] = do_reload,
	[OPERATION_SHUTDOWN] = do_shutdown, [OPERATION_HELP] = do_help,
};
