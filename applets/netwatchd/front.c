/* SPDX-License-Identifier: MIT */
/*
 * The life of the front, in the order that lets each step have what it needs and nothing later have more:
 *
 *	starter forked        while nothing is open that it must not hold
 *	places, PID file, log, socket    with the rights we were started with
 *	drop                  user, capabilities, Landlock, seccomp
 *	sessions read, workers of an earlier front adopted, the rest started
 *	ready                 told to the service manager or to who waits for --background
 *	loop                  until TERM, INT or Shutdown
 *	sessions stopped      each closes its segments; what takes longer than 20 s is ended
 */
#include "front.h"
#include "notify.h"
#include "place.h"
#include "base/message.h"
#include "base/version.h"
#include "ipc/client.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum { STOP_BOUND_S = 20 };

static int fail(int code, const struct errmsg *err)
{
	message_print("netwatchd", err->text);
	return errmsg_exit_code(code);
}

void front_changed(struct front *f)
{
	f->changes++;
}

/* ---- where and who ------------------------------------------------------------------------------------- */

static void default_places(struct front_places *p)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");

	if (!geteuid()) {
		snprintf(p->state_dir, sizeof(p->state_dir), "/var/lib/netwatchd");
		snprintf(p->runtime_dir, sizeof(p->runtime_dir), "/run/netwatchd");
		return;
	}
	if (state && *state == '/')
		snprintf(p->state_dir, sizeof(p->state_dir), "%s/netwatchd", state);
	else if (home && *home == '/')
		snprintf(p->state_dir, sizeof(p->state_dir), "%s/.local/state/netwatchd", home);
	else
		snprintf(p->state_dir, sizeof(p->state_dir), "/var/tmp/netwatchd-%u", (unsigned)geteuid());
	if (run && *run == '/')
		snprintf(p->runtime_dir, sizeof(p->runtime_dir), "%s/netwatchd", run);
	else
		snprintf(p->runtime_dir, sizeof(p->runtime_dir), "/tmp/netwatchd-%u", (unsigned)geteuid());
}

static int absolute(char *to, size_t size, const char *path, struct errmsg *err)
{
	char here[4096] = "";

	if (*path != '/' && !getcwd(here, sizeof(here)))
		return errmsg_errno(err, "cannot find the current directory");
	if ((size_t)snprintf(to, size, "%s%s%s", here, *path == '/' ? "" : "/", path) >= size)
		return errmsg_set(err, NW_EINPUT, "%.100s…: the path is longer than %zu bytes", path, size - 1);
	return 0;
}

static int find_user(struct front_places *p, const struct config *c, struct errmsg *err)
{
	const char *name = c->user ? c->user : "netwatchd";
	const struct passwd *pw;

	p->uid = geteuid();
	p->gid = getegid();
	if (p->uid)
		return c->user && (!(pw = getpwnam(c->user)) || pw->pw_uid != p->uid) ?
			       errmsg_set(err, NW_EPERM, "user: %s: only root can become another user", c->user) : 0;
	pw = getpwnam(name);
	if (!pw && c->user)
		return errmsg_set(err, NW_EINPUT, "user: %s: there is no such user on this machine", c->user);
	if (!pw)
		return 0;
	p->user = name;
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	return 0;
}

int front_places(struct front_places *p, const struct front_options *o, const struct config *c, struct errmsg *err)
{
	const char *state = o->state_dir ? o->state_dir : c->state_dir, *run = o->runtime_dir ? o->runtime_dir : c->runtime_dir;
	int bad = 0;

	*p = (struct front_places){ 0 };
	default_places(p);
	if (state)
		bad = absolute(p->state_dir, sizeof(p->state_dir), state, err);
	if (!bad && run)
		bad = absolute(p->runtime_dir, sizeof(p->runtime_dir), run, err);
	return bad ? bad : find_user(p, c, err);
}

/* ---- a second passes ------------------------------------------------------------------------------------- */

void front_sample(struct session *s)
{
	struct session_sample *at = &s->history[s->samples % HISTORY];

	if (!s->page)
		return;
	progress_read(s->page, &s->now);
	s->read_ns = s->front->loop.now_ns;
	*at = (struct session_sample){ .at_ns = loop_realtime_ns(), .packets = s->now.packets, .bytes = s->now.bytes };
	s->samples++;
}

static void second_passed(struct loop_timer *t)
{
	struct front *f = container_of(t, struct front, second);

	for (unsigned i = 0; i < f->count; i++)
		if (f->sessions[i]->page) {
			front_sample(f->sessions[i]);
			watch_second(f->sessions[i], f->loop.now_ns);
		}
	quota_second(f);
	front_watch(f);
}

void front_watch(struct front *f)
{
	if (f->second.loop)
		return;
	f->second.fire = second_passed;
	for (unsigned i = 0; i < f->count; i++)
		if (f->sessions[i]->page) {
			loop_add_timer(&f->loop, &f->second, loop_monotonic_ns() + second_ns);
			return;
		}
}

/* ---- reload ------------------------------------------------------------------------------------------------ */

static void start_wanted(struct front *f)
{
	for (unsigned i = f->count; i-- > 0;)
		if (i < f->count && f->sessions[i]->wanted && !session_active(f->sessions[i]))
			session_input(f->sessions[i], INPUT_START, "");
}

static int level_of(const struct front *f)
{
	for (int i = 0; f->log_level_option && i < LOG_LEVELS; i++)
		if (!strcmp(f->log_level_option, log_level_names[i]))
			return i;
	return f->config->log_level;
}

static bool differs(const char *a, const char *b)
{
	return (a && b) ? strcmp(a, b) != 0 : a != b;
}

static void reload_with(struct front *f, struct config *c)
{
	struct config *old = f->config;

	if (differs(c->socket, old->socket) || differs(c->state_dir, old->state_dir) || differs(c->runtime_dir, old->runtime_dir) ||
	    differs(c->user, old->user) || differs(c->pid_file, old->pid_file) || c->max_clients != old->max_clients)
		front_log(f, LEVEL_WARNING, NULL, "socket, directories, user, pid_file and max_clients are as before until netwatchd "
			  "is started again");
	f->config = c;
	config_free(old);
	f->role_epoch++;
	f->log_level = level_of(f);
	log_reopen(f);
	sessions_configure(f);
	for (unsigned i = 0; i < f->count; i++) {
		f->sessions[i]->share = quota_share(f->sessions[i]);
		if (f->sessions[i]->state == STATE_RUNNING)
			control_limits(f->sessions[i]);
	}
	start_wanted(f);
}

static void reload_over(struct front *f, const char *error)
{
	struct event e;
	struct jsonout *w;

	snprintf(f->reload_error, sizeof(f->reload_error), "%.*s", (int)strcspn(error, "\n"), error);
	w = event_begin(&e, f, EVENT_CONFIGURATION_RELOADED, NULL);
	json_add_bool(w, "valid", !*error);
	if (*error)
		json_add_str(w, "message", error);
	event_end(&e);
	if (*error)
		front_log(f, LEVEL_ERROR, NULL, "the configuration stays as it was: %s", error);
	else
		front_log(f, LEVEL_INFO, NULL, "the configuration was read again");
	notify(f->notify_fd, "READY=1\nSTATUS=%s", *error ? "running; the new configuration is not valid" : "running");
	f->reloading = false;
}

static void config_opened(struct starter *st, int fd)
{
	struct front *f = container_of(st, struct front, starter);
	struct complaints *problems = calloc(1, sizeof(*problems));
	struct config *c = NULL;
	struct errmsg err = { "no memory" };
	int bad = problems ? 0 : NW_ELIMIT;

	if (fd < 0)
		bad = errmsg_set(&err, NW_EINPUT, "%s cannot be opened", f->config_path);
	else if (!bad)
		bad = config_load_fd(fd, f->config_path, &c, problems, &err);
	if (fd >= 0)
		close(fd);
	for (unsigned i = 1; bad && problems && i < problems->kept; i++)
		front_log(f, LEVEL_ERROR, NULL, "%s", problems->item[i].text);
	if (!bad)
		reload_with(f, c);
	free(problems);
	reload_over(f, bad ? err.text : "");
}

void front_reload(struct front *f)
{
	struct errmsg err;

	if (f->stopping || f->reloading)
		return;
	if (!f->config_path) {
		log_reopen(f);
		front_log(f, LEVEL_INFO, NULL, "there is no configuration file to be read again");
		return;
	}
	f->reloading = true;
	notify(f->notify_fd, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(loop_monotonic_ns() / 1000));
	if (starter_open_config(&f->starter, &err))
		reload_over(f, err.text);
}

/* ---- signals --------------------------------------------------------------------------------------------------- */

static void log_counters(struct front *f)
{
	struct ipc_server_counts k;

	ipc_server_counts(f->server, &k);
	front_log(f, LEVEL_INFO, NULL, "%u clients, %u subscribers, %llu requests, %u sessions", k.clients, k.subscribers,
		  (unsigned long long)k.messages, f->count);
	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		session_refresh(s);
		front_log(f, LEVEL_INFO, s, "%s: %llu packets, %llu bytes stored, %llu dropped, %llu lost", session_state_names[s->state],
			  (unsigned long long)s->now.packets, (unsigned long long)s->now.stored_bytes,
			  (unsigned long long)(s->past.dropped + s->now.dropped + s->past.disk_dropped + s->now.disk_dropped),
			  (unsigned long long)s->past.lost);
	}
}

static void freeze_on_signal(struct front *f)
{
	struct errmsg err;

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];
		const struct session_settings *a = &s->settings;

		if (s->state == STATE_RUNNING && a->freeze_on_signal &&
		    !freeze_begin(s, a->freeze_before_ns ? a->freeze_before_ns : 300 * second_ns,
				  a->freeze_after_ns ? a->freeze_after_ns : 60 * second_ns, "signal USR2", &err))
			front_log(f, LEVEL_ERROR, s, "%s", err.text);
	}
}

static void on_signal(struct loop *l, int signo)
{
	struct front *f = container_of(l, struct front, loop);

	switch (signo) {
	case SIGHUP:
		front_reload(f);
		break;
	case SIGUSR1:
		log_counters(f);
		break;
	case SIGUSR2:
		freeze_on_signal(f);
		break;
	default:
		front_stop(f, signo == SIGINT ? "signal INT" : "signal TERM");
	}
}

/* ---- the end ------------------------------------------------------------------------------------------------------ */

void front_session_ended(struct front *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (session_active(f->sessions[i]))
			return;
	if (!jobs_freezing(f))
		loop_stop(&f->loop);
}

static void stop_now(struct loop_timer *t)
{
	struct front *f = container_of(t, struct front, stop_bound);

	for (unsigned i = 0; i < f->count; i++)
		if (session_active(f->sessions[i])) {
			front_log(f, LEVEL_ERROR, f->sessions[i], "its worker has not ended after %d s and is killed", STOP_BOUND_S);
			part_kill(&f->starter, &f->sessions[i]->worker);
		}
	loop_stop(&f->loop);
}

void front_stop(struct front *f, const char *reason)
{
	struct event e;

	if (f->stopping)
		return;
	f->stopping = true;
	notify(f->notify_fd, "STOPPING=1\nSTATUS=stopping: %s", reason);
	json_add_str(event_begin(&e, f, EVENT_DAEMON_STOPPING, NULL), "reason", reason);
	event_end(&e);
	front_log(f, LEVEL_INFO, NULL, "stops: %s", reason);
	f->stop_bound.fire = stop_now;
	loop_add_timer(&f->loop, &f->stop_bound, loop_monotonic_ns() + STOP_BOUND_S * second_ns);
	for (unsigned i = f->count; i-- > 0;)
		if (i < f->count && session_active(f->sessions[i]))
			session_input(f->sessions[i], INPUT_STOP, "netwatchd stops");
	front_session_ended(f);
}

/* ---- the beginning -------------------------------------------------------------------------------------------------- */

static void client_gone(struct ipc_client *c)
{
	jobs_client_gone(ipc_server_user(ipc_client_server(c)), ipc_client_handle(c));
}

static void client_came(struct ipc_client *c)
{
	front_changed(ipc_server_user(ipc_client_server(c)));
}

static void starter_gone(struct starter *s)
{
	struct front *f = container_of(s, struct front, starter);

	f->starter_gone = true;
	front_log(f, LEVEL_ERROR, NULL, "the process that keeps the rights has ended: nothing can be started any more; "
		  "start netwatchd again, sessions that run go on");
}

static int open_socket(struct front *f, const struct front_options *o, int adopted, struct errmsg *err)
{
	struct ipc_server_options s = { .listen_fd = adopted, .mode = f->config->socket_mode, .group = f->group,
					.max_clients = f->config->max_clients, .queue_bytes = (size_t)f->config->client_queue_bytes,
					.user = f, .on_open = client_came, .on_message = requests_take, .on_close = client_gone };
	struct ipc_address a;
	int bad = adopted >= 0 ? 0 : ipc_address(&a, o->socket, f->config->socket, IPC_FOR_DAEMON, err);

	if (bad)
		return bad;
	s.path = a.path;
	return ipc_server_open(&f->server, &f->loop, &s, err);
}

static void folder_of(char *to, size_t size, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	snprintf(to, size, "%.*s", slash ? slash == path ? 1 : (int)(slash - path) : 0, path ? path : "");
}

static int drop(struct front *f, const struct front_places *p, struct errmsg *err)
{
	char socket_dir[400], log_dir[400];
	struct privilege_daemon d = { .trees = { f->state_dir, f->runtime_dir },
				      .readable = { f->config_path, "/etc/passwd", "/etc/group", "/etc/localtime" } };
	struct privilege_needs n = { .user = p->user, .daemon = &d };
	struct privilege_report r;
	int bad;

	folder_of(socket_dir, sizeof(socket_dir), ipc_server_path(f->server));
	folder_of(log_dir, sizeof(log_dir), f->config->log_file);
	if (*socket_dir == '/' && strcmp(socket_dir, f->runtime_dir))
		d.remove_dir = socket_dir;
	if (*log_dir == '/' && log_dir[1])
		d.trees[2] = log_dir;
	bad = privilege_drop(&n, &r, err);
	snprintf(f->drop_notes, sizeof(f->drop_notes), "%s", r.notes);
	return bad;
}

/* Whoever was recording when we were not there. */
static void adopt_all(struct front *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s.sock", f->sessions[i]->id);
		if (!faccessat(place_workers_fd(f->place), name, F_OK, 0))
			session_adopt(f->sessions[i]);
	}
}

/* An adopted worker says hello at once; who is still silent after a moment is not there. The loop runs meanwhile. */
static void start_rest(struct loop_timer *t)
{
	struct front *f = container_of(t, struct front, stop_bound);

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (!s->adopted || session_active(s))
			continue;
		s->adopted = false;
		control_forget(s);
	}
	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (s->wanted && !session_active(s) && !s->fresh)
			losses_unknown(s, s->now.last_ns, "neither netwatchd nor the worker ran");
	}
	start_wanted(f);
}

static int begin_sessions(struct front *f, struct errmsg *err)
{
	int bad = sessions_load(f, err);
	bool waiting = false;

	if (bad)
		return bad;
	sessions_configure(f);
	for (unsigned i = 0; i < f->count; i++)
		if (f->sessions[i]->configured && !f->sessions[i]->settings.no_autostart)
			f->sessions[i]->wanted = true;
	adopt_all(f);
	for (unsigned i = 0; i < f->count; i++) {
		waiting |= f->sessions[i]->adopted;
		bundles_look(f->sessions[i]);
	}
	f->stop_bound.fire = start_rest;
	loop_add_timer(&f->loop, &f->stop_bound, loop_monotonic_ns() + (waiting ? second_ns / 2 : 0));
	return 0;
}

static void feed_watchdog(struct loop_timer *t)
{
	struct front *f = container_of(t, struct front, watchdog);

	notify(f->notify_fd, "WATCHDOG=1");
	loop_add_timer(&f->loop, t, loop_monotonic_ns() + f->watchdog_ns);
}

static void say_ready(struct front *f, int ready_fd)
{
	struct event e;
	struct jsonout *w = event_begin(&e, f, EVENT_DAEMON_STARTED, NULL);

	json_add_str(w, "version", NWBOX_VERSION);
	json_add_i64(w, "pid", getpid());
	event_end(&e);
	f->quiet_stderr = ready_fd >= 0;
	front_log(f, LEVEL_INFO, NULL, "answers at %s as user %s%s%s", ipc_server_path(f->server), f->user,
		  *f->drop_notes ? "; " : "", f->drop_notes);
	notify(f->notify_fd, "READY=1\nSTATUS=running\nMAINPID=%d", (int)getpid());
	if (f->watchdog_ns && f->notify_fd >= 0) {
		f->watchdog.fire = feed_watchdog;
		feed_watchdog(&f->watchdog);
	}
	if (ready_fd < 0)
		return;
	dup2(STDOUT_FILENO, STDERR_FILENO); /* which is /dev/null in the background; nobody reads it any more */
	if (write(ready_fd, "R", 1) != 1)
		front_log(f, LEVEL_WARNING, NULL, "nobody waits for the start any more");
	close(ready_fd);
}

static int open_places(struct front *f, const struct front_options *o, const struct front_places *p, int *pid_fd,
		       struct errmsg *err)
{
	const char *pid_file = o->pid_file ? o->pid_file : f->config->pid_file;
	int bad = place_open(&f->place, f->state_dir, f->runtime_dir, p->uid, p->gid, err), adopted;

	if (!bad && pid_file) {
		*pid_fd = pid_file_open(pid_file, p->uid, p->gid, err);
		bad = *pid_fd < 0 ? *pid_fd : 0;
	}
	if (!bad && f->config->log_file) {
		f->log_fd = open(f->config->log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
		if (f->log_fd < 0)
			bad = errmsg_errno(err, "log file %s", f->config->log_file);
		else if (p->user && fchown(f->log_fd, p->uid, p->gid))
			bad = errmsg_errno(err, "log file %s", f->config->log_file);
	}
	if (!bad && f->config->log_syslog)
		openlog("netwatchd", LOG_NDELAY | LOG_PID, LOG_DAEMON);
	adopted = ipc_adopted_fd();
	return bad ? bad : open_socket(f, o, adopted, err);
}

static int begin(struct front *f, const struct front_options *o, int *pid_fd, struct errmsg *err)
{
	static const int signals[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGTERM, 0 };
	struct front_places p;
	int bad = front_places(&p, o, f->config, err);

	snprintf(f->state_dir, sizeof(f->state_dir), "%s", p.state_dir);
	snprintf(f->runtime_dir, sizeof(f->runtime_dir), "%s", p.runtime_dir);
	f->group = f->config->group != (gid_t)-1 ? f->config->group : p.user ? p.gid : (gid_t)-1;
	user_name(p.uid, f->user, sizeof(f->user));
	f->notify_fd = notify_open(&f->watchdog_ns);
	if (!bad)
		bad = starter_begin(&f->starter, f->config_path, o->background, err);
	f->starter.config_opened = config_opened;
	f->starter.gone = starter_gone;
	if (!bad)
		bad = loop_init(&f->loop, err);
	if (!bad)
		bad = open_places(f, o, &p, pid_fd, err);
	if (!bad)
		bad = drop(f, &p, err);
	if (!bad)
		bad = starter_attach(&f->starter, &f->loop, err);
	if (!bad)
		bad = loop_signals(&f->loop, signals, on_signal, err);
	if (!bad)
		bad = event_files_open(f, err);
	return bad ? bad : begin_sessions(f, err);
}

static void end(struct front *f, const char *pid_file, int pid_fd)
{
	jobs_end(f);
	ipc_server_close(f->server);
	f->server = NULL;
	sessions_free(f);
	starter_end(&f->starter);
	event_files_close(f);
	place_close(f->place);
	pid_file_close(pid_file, pid_fd);
	loop_release(&f->loop);
	json_free(f->request);
	free(f->status.text);
	config_free(f->config);
}

int front_run(const struct front_options *o, struct config *config, int ready_fd)
{
	struct front *f = calloc(1, sizeof(*f));
	char path[4096], pid_path[4096] = "";
	struct errmsg err = { "no memory" };
	int bad = f ? 0 : NW_ELIMIT, pid_fd = -1;

	if (!f)
		return fail(bad, &err);
	*f = (struct front){ .config = config, .log_fd = -1, .notify_fd = -1, .role_epoch = 1, .starter.io.fd = -1,
			     .started_ns = loop_realtime_ns(), .started_mono_ns = loop_monotonic_ns(), .log_level_option = o->log_level };
	f->loop = (struct loop){ .epfd = -1, .sigfd = -1, .endfd = -1, .wallfd = -1 };
	f->events.fd = f->events.dirfd = f->logs.fd = f->logs.dirfd = -1;
	f->log_level = o->verbose && !o->log_level ? LEVEL_DEBUG : level_of(f);
	if (o->config && !absolute(path, sizeof(path), o->config, NULL))
		f->config_path = path;
	if (o->pid_file || config->pid_file)
		snprintf(pid_path, sizeof(pid_path), "%s", o->pid_file ? o->pid_file : config->pid_file);
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	bad = begin(f, o, &pid_fd, &err);
	if (!bad) {
		say_ready(f, ready_fd);
		bad = loop_run(&f->loop, &err);
	}
	end(f, pid_path, pid_fd);
	free(f);
	return bad ? fail(bad, &err) : 0;
}
