/* SPDX-License-Identifier: MIT */
/*
 * The front's side of a worker's control socket (messages: netwatchd.h).
 *
 * The front binds RUNTIME/workers/ID.sock and hands the listening socket to the new worker; it connects at once, the worker
 * accepts when it is there. The name outlives the front: the next one connects to it and has adopted the worker. What comes
 * over this socket was made by a process that reads packets, so it is checked like anybody's: a worker can spoil its own
 * session's figures and nothing else.
 */
#include "front.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTS_MAX = 5, RECONNECT_MS = 200 };

/* Through the directory's descriptor, so that the length of its path does not matter. */
static void address_of(const struct session *s, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s.sock", place_workers_fd(s->front->place), s->id);
}

static void name_of(const struct session *s, char name[32])
{
	snprintf(name, 32, "%s.sock", s->id);
}

int control_listen(struct session *s, struct errmsg *err)
{
	struct sockaddr_un a;
	char name[32];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t before;

	name_of(s, name);
	address_of(s, &a);
	unlinkat(place_workers_fd(s->front->place), name, 0);
	before = umask(0177);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4)) {
		errmsg_errno(err, "cannot make the worker's socket");
		if (fd >= 0)
			close(fd);
		fd = NW_ESYS;
	}
	umask(before);
	return fd;
}

void control_forget(struct session *s)
{
	char name[32];

	loop_remove_timer(&s->connect_timer);
	ipc_link_close(&s->link);
	name_of(s, name);
	unlinkat(place_workers_fd(s->front->place), name, 0);
}

/* ---- to the worker --------------------------------------------------------------------------------- */

static void say(struct session *s, const char *text, size_t len)
{
	if (s->link.io.loop)
		ipc_link_send(&s->link, text, len, NULL, 0, NULL);
}

void control_stop(struct session *s)
{
	static const char text[] = "{\"type\":\"stop\"}";

	say(s, text, sizeof(text) - 1);
}

void control_evict(struct session *s, uint64_t bytes)
{
	char text[64];

	say(s, text, (size_t)snprintf(text, sizeof(text), "{\"type\":\"evict\",\"bytes\":%llu}", (unsigned long long)bytes));
}

/* The sum of bytes is divided by quota.c; age and free space are kept to by every session for itself. */
struct space_limits limits_of(const struct session *s)
{
	const struct space_limits *all = &s->front->config->limits;
	struct space_limits l = s->settings.limits;

	if (all->age_ns && (!l.age_ns || all->age_ns < l.age_ns))
		l.age_ns = all->age_ns;
	if (s->settings.in_memory)
		return l;
	if (s->share && (!l.bytes || s->share < l.bytes))
		l.bytes = s->share;
	if (all->free_percent > l.free_percent)
		l.free_percent = all->free_percent;
	if (all->free_bytes > l.free_bytes)
		l.free_bytes = all->free_bytes;
	return l;
}

void control_limits(struct session *s)
{
	struct space_limits l = limits_of(s);
	struct jsonout w;
	struct outbuf o;
	char text[512];

	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "type", "limits");
	write_limits(&w, &l);
	json_close(&w);
	if (jsonout_end(&w))
		say(s, text, outbuf_len(&o));
}

static void configure(struct session *s)
{
	struct session_settings settings = s->settings;
	char *text = malloc(SESSION_JSON_MAX);
	struct jsonout w;
	struct outbuf o;

	if (!text)
		return;
	s->share = quota_share(s);
	settings.limits = limits_of(s);
	outbuf_fixed(&o, text, SESSION_JSON_MAX);
	jsonout_begin(&w, &o);
	json_open_object(&w);
	json_add_str(&w, "type", "configure");
	json_add_str(&w, "session", s->id);
	json_add_ns(&w, "duration_done", s->duration_done_ns);
	json_add_ns(&w, "orphan_time", s->front->config->orphan_ns);
	settings_write(&w, &settings);
	json_close(&w);
	if (jsonout_end(&w))
		say(s, text, outbuf_len(&o));
	s->configured_worker = true;
	free(text);
}

/* ---- from the worker -------------------------------------------------------------------------------- */

static void take_page(struct session *s, int fd)
{
	const struct progress_page *page = progress_open(fd, NULL);

	if (!page) {
		close(fd);
		return;
	}
	progress_close(s->page);
	if (s->progress_fd >= 0)
		close(s->progress_fd);
	s->page = page;
	s->progress_fd = fd;
	s->read_ns = 0;
}

/* A progress page is a file, all others are packet sockets. */
static void take_descriptors(struct session *s, struct ipc_message *m)
{
	bool first = true;

	for (unsigned i = 0; i < m->nfds; i++) {
		struct stat st;

		if (fstat(m->fds[i], &st)) {
			close(m->fds[i]);
		} else if (!S_ISSOCK(st.st_mode)) {
			take_page(s, m->fds[i]);
		} else {
			if (first)
				sockets_close(s->sockets, &s->nsockets);
			first = false;
			if (s->nsockets < SOCKETS_MAX)
				s->sockets[s->nsockets++] = m->fds[i];
			else
				close(m->fds[i]);
		}
	}
	m->nfds = 0;
}

static void take_interfaces(struct session *s, const struct json_value *list)
{
	char text[1024];
	struct jsonout w;
	struct outbuf o;

	if (json_type(list) != JSON_ARRAY)
		return;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_copy(&w, list);
	if (!jsonout_end(&w))
		return;
	free(s->interfaces);
	s->interfaces = strndup(text, outbuf_len(&o));
}

/* An adopted worker began before this front did. */
static void take_start(struct session *s, const struct json_value *v)
{
	double at = json_real(v);
	int64_t ran = at > 0 && at < 9e9 ? loop_realtime_ns() - (int64_t)(at * 1e6) * 1000 : 0;

	s->run_ns = loop_monotonic_ns() - (ran > 0 ? ran : 0);
}

static void ready(struct session *s, const struct json_value *interfaces, const char *reason)
{
	char text[sizeof(s->reason)];

	take_interfaces(s, interfaces);
	gone_update(s, interfaces);
	session_refresh(s);
	gone_reason(s, text, sizeof(text));
	session_input(s, INPUT_READY, *text ? text : reason);
}

static void on_hello(struct session *s, const struct json_value *v)
{
	s->pid = (pid_t)json_i64(json_get(v, "pid"), NULL);
	s->connects = 0;
	if (!json_bool(json_get(v, "recording"))) {
		if (!s->configured_worker)
			configure(s);
		return;
	}
	s->share = quota_share(s);
	control_limits(s); /* the configuration may have changed meanwhile */
	if (s->adopted && !s->run_ns)
		take_start(s, json_get(v, "started"));
	ready(s, json_get(v, "interfaces"),
	      s->adopted && s->state == STATE_STOPPED ? "it went on while netwatchd did not run" : "");
}

static void on_ready(struct session *s, const struct json_value *v)
{
	bool ok;
	uint64_t received = json_u64(json_get(v, "received"), &ok);

	losses_resumed(s, ok ? received : 0);
	ready(s, json_get(v, "interfaces"), "");
}

static void on_failed(struct session *s, const struct json_value *v)
{
	const char *message = json_string(json_get(v, "message"), NULL);
	const char *device_list = message ? strstr(message, "nwcap -D lists them") : NULL;

	s->refused = true;
	s->reason_code = API_FAILED;
	for (unsigned i = 0; i < API_ERRORS; i++)
		if (json_is(json_get(v, "code"), api_errors[i].code))
			s->reason_code = (uint8_t)i;
	/* people who read this have packetclient before them */
	if (message && device_list && (size_t)(device_list - message) < sizeof(s->last_words))
		snprintf(s->last_words, sizeof(s->last_words), "%.*spacketclient interfaces lists them", (int)(device_list - message),
			 message);
	else
		snprintf(s->last_words, sizeof(s->last_words), "%s", message ? message : "the worker failed");
}

static void on_event(struct session *s, const struct json_value *v)
{
	int kind = event_kind_find(json_string(json_get(v, "event_type"), NULL));
	double at = json_real(json_get(v, "time"));
	char text[3072];
	int64_t at_ns;
	struct jsonout w;
	struct outbuf o;

	if (kind < 0 || kind == EVENT_LOG_LINE || json_type(json_get(v, "data")) != JSON_OBJECT)
		return;
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&w, &o);
	json_copy(&w, json_get(v, "data"));
	if (!jsonout_end(&w))
		return;
	if (kind == EVENT_LIMIT_REACHED)
		s->limited = true;
	at_ns = at > 0 && at < 9e9 ? (int64_t)(at * 1e6) * 1000 : loop_realtime_ns();
	event_raw(s->front, (enum event_kind)kind, s, at_ns, text, outbuf_len(&o));
	if (kind == EVENT_INTERFACE_GONE)
		gone_one(s, json_string(json_get(json_get(v, "data"), "interface"), NULL), at_ns);
}

static void on_log(struct session *s, const struct json_value *v)
{
	const char *text = json_string(json_get(v, "text"), NULL);
	int level = LEVEL_INFO;

	for (int i = 0; i < LOG_LEVELS; i++)
		if (json_is(json_get(v, "level"), log_level_names[i]))
			level = i;
	if (text)
		front_log(s->front, (enum log_level)level, s, "%s", text);
}

static void on_done(struct session *s, const struct json_value *v)
{
	const char *reason = json_string(json_get(v, "reason"), NULL);

	s->done = true;
	snprintf(s->last_words, sizeof(s->last_words), "%s", reason && strcmp(reason, "stop") ? reason : "");
}

static void on_message(struct ipc_link *l, struct ipc_message *m)
{
	static const struct {
		const char *type;
		void (*take)(struct session *s, const struct json_value *v);
	} kinds[] = { { "hello", on_hello }, { "ready", on_ready }, { "failed", on_failed }, { "event", on_event },
		      { "log", on_log }, { "done", on_done } };
	struct session *s = container_of(l, struct session, link);
	const struct json_value *root;
	struct json *j;

	take_descriptors(s, m);
	if (json_parse(&j, m->text, m->len, "worker", NULL)) {
		front_log(s->front, LEVEL_WARNING, s, "its worker sent what is no message");
		return;
	}
	root = json_root(j);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (json_is(json_get(root, "type"), kinds[i].type)) {
			kinds[i].take(s, root);
			break;
		}
	json_free(j);
}

/* ---- connection --------------------------------------------------------------------------------------- */

static void connect_again(struct loop_timer *t)
{
	struct session *s = container_of(t, struct session, connect_timer);
	struct errmsg err;

	if (control_connect(s, &err))
		session_conclude(s);
}

/* Its process has ended, or will soon be known to have; or only the connection broke, and it listens again. */
static void on_close(struct ipc_link *l, const char *reason)
{
	struct session *s = container_of(l, struct session, link);

	if (*reason)
		front_log(s->front, LEVEL_WARNING, s, "its worker is not heard any more: %s", reason);
	if (s->done || s->refused || s->connects++ >= CONNECTS_MAX) {
		session_conclude(s);
		return;
	}
	control_connect_later(s);
}

void control_connect_later(struct session *s)
{
	s->connect_timer.fire = connect_again;
	loop_add_timer(&s->front->loop, &s->connect_timer, loop_monotonic_ns() + RECONNECT_MS * ms_ns);
}

int control_connect(struct session *s, struct errmsg *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;
	struct sockaddr_un a;

	if (fd < 0)
		return errmsg_errno(err, "cannot connect to the worker");
	address_of(s, &a);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		rc = errmsg_errno(err, "cannot connect to the worker");
		close(fd);
		return rc;
	}
	s->link.on_message = on_message;
	s->link.on_close = on_close;
	return ipc_link_open(&s->link, &s->front->loop, fd, MESSAGE_MAX, LINK_QUEUE_MAX, err);
}
