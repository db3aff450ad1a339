/* SPDX-License-Identifier: MIT */
/*
 * The list of sessions. Each has a directory with session.json, which is the front's word on it: what was asked, what state
 * it is to be in, what happened. It is written whole and renamed, so it is never half. What it says is believed as far as it
 * fits: a damaged one costs the settings, never the packets.
 */
#include "front.h"
#include "place.h"
#include "store/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "session.json", new_name[] = "session.json.new";

bool session_active(const struct session *s)
{
	return s->state != STATE_STOPPED && s->state != STATE_FAILED;
}

/* ---- finding --------------------------------------------------------------------------------------- */

struct session *session_by_id(struct front *f, const char *id)
{
	for (unsigned i = 0; i < f->count; i++)
		if (!strcmp(f->sessions[i]->id, id))
			return f->sessions[i];
	return NULL;
}

static struct session *by_name(struct front *f, const char *name)
{
	for (unsigned i = 0; *name && i < f->count; i++)
		if (!strcmp(f->sessions[i]->settings.name, name))
			return f->sessions[i];
	return NULL;
}

struct session *session_find(struct front *f, const char *text, enum api_error *code, struct errmsg *err)
{
	struct session *found = session_by_id(f, text);
	size_t len = strlen(text), used;
	unsigned n = 0;

	if (!found)
		found = by_name(f, text);
	if (found)
		return found;
	for (unsigned i = 0; len && i < f->count; i++)
		if (!strncmp(f->sessions[i]->id, text, len)) {
			found = f->sessions[i];
			n++;
		}
	if (n == 1)
		return found;
	if (!n) {
		*code = API_NOT_FOUND;
		errmsg_set(err, NW_EINPUT, "there is no session '%.80s'; packetclient sessions lists them", text);
		return NULL;
	}
	*code = API_AMBIGUOUS;
	errmsg_set(err, NW_EINPUT, "'%.20s' is the beginning of %u sessions:", text, n);
	for (unsigned i = 0; i < f->count && (used = strlen(err->text)) < sizeof(err->text) - 90; i++)
		if (!strncmp(f->sessions[i]->id, text, len))
			snprintf(err->text + used, sizeof(err->text) - used, " %s%s%s%s", f->sessions[i]->id,
				 *f->sessions[i]->settings.name ? " (" : "", f->sessions[i]->settings.name,
				 *f->sessions[i]->settings.name ? ")" : "");
	return NULL;
}

/* ---- session.json ------------------------------------------------------------------------------------ */

static void write_totals(struct jsonout *w, const struct session *s)
{
	const struct progress *p = &s->now;

	json_add_object(w, "totals");
	json_add_u64(w, "packets", p->packets);
	json_add_u64(w, "bytes", p->bytes);
	json_add_u64(w, "stored_bytes", p->stored_bytes);
	json_add_u64(w, "segments", p->segments);
	json_add_u64(w, "evicted", p->evicted);
	json_add_ns(w, "first_packet", p->first_ns);
	json_add_ns(w, "last_packet", p->last_ns);
	/* those of the run, if there is one, are not over yet; should the daemon not see its end they are missing here, not
	 * counted twice */
	json_add_u64(w, "received", s->past.received);
	json_add_u64(w, "dropped", s->past.dropped);
	json_add_u64(w, "interface_dropped", s->past.ifdropped);
	json_add_u64(w, "disk_dropped", s->past.disk_dropped);
	json_add_u64(w, "lost", s->past.lost);
	json_close(w);
}

static void write_file(struct jsonout *w, const struct session *s)
{
	json_open_object(w);
	json_add_str(w, "id", s->id);
	json_add_str(w, "state", session_state_names[s->state]);
	json_add_bool(w, "wanted", s->wanted);
	json_add_str(w, "reason", s->reason);
	json_add_bool(w, "configured", s->configured);
	json_add_str(w, "owner", s->owner);
	json_add_u64(w, "owner_uid", s->owner_uid);
	json_add_ns(w, "created", s->created_ns);
	json_add_ns(w, "started", s->started_ns);
	json_add_ns(w, "stopped", s->stopped_ns);
	json_add_ns(w, "duration_done", s->duration_done_ns);
	if (s->gone_ns)
		json_add_ns(w, "gone", s->gone_ns);
	json_add_u64(w, "restarts", s->restarts);
	json_add_object(w, "settings");
	settings_write(w, &s->settings);
	json_close(w);
	write_totals(w, s);
	json_add_array(w, "history");
	for (unsigned i = 0; i < s->nsteps; i++) {
		json_open_object(w);
		json_add_ns(w, "time", s->steps[i].at_ns);
		json_add_str(w, "state", session_state_names[s->steps[i].state]);
		json_add_str(w, "reason", s->steps[i].reason);
		json_close(w);
	}
	json_close(w);
	json_close(w);
}

static int file_write(const struct session *s, struct errmsg *err)
{
	int fd = openat(s->dirfd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640), bad;
	struct jsonout w;
	struct outbuf o;

	if (fd < 0)
		return errmsg_errno(err, "%s", file_name);
	bad = outbuf_to_fd(&o, fd, 8192, err);
	if (!bad) {
		jsonout_begin(&w, &o);
		w.indent = 2;
		write_file(&w, s);
		outbuf_char(&o, '\n');
		bad = outbuf_flush(&o, err);
		outbuf_release(&o);
	}
	if (!bad && (fdatasync(fd) || renameat(s->dirfd, new_name, s->dirfd, file_name)))
		bad = errmsg_errno(err, "%s", file_name);
	close(fd);
	if (bad)
		unlinkat(s->dirfd, new_name, 0);
	return bad;
}

void session_keep(struct session *s)
{
	struct errmsg err;

	if (file_write(s, &err))
		front_log(s->front, LEVEL_WARNING, s, "what is asked of it cannot be kept: %s", err.text);
}

/* ---- reading it ---------------------------------------------------------------------------------------- */

static int64_t get_ns(const struct json_value *v, const char *name)
{
	int64_t ns;

	return json_ns(json_get(v, name), &ns) && ns > 0 ? ns : 0;
}

static uint64_t get_u64(const struct json_value *v, const char *name)
{
	bool ok;
	uint64_t n = json_u64(json_get(v, name), &ok);

	return ok ? n : 0;
}

static void read_totals(struct session *s, const struct json_value *v)
{
	struct progress *p = &s->now;

	p->packets = get_u64(v, "packets");
	p->bytes = get_u64(v, "bytes");
	p->evicted = get_u64(v, "evicted");
	p->first_ns = get_ns(v, "first_packet");
	p->last_ns = get_ns(v, "last_packet");
	s->past = (struct session_past){ get_u64(v, "received"), get_u64(v, "dropped"), get_u64(v, "interface_dropped"),
					 get_u64(v, "disk_dropped"), get_u64(v, "lost") };
}

static int state_of(const struct json_value *v)
{
	for (int i = 0; i < SESSION_STATES; i++)
		if (json_is(v, session_state_names[i]))
			return i;
	return STATE_STOPPED;
}

static void read_steps(struct session *s, const struct json_value *list)
{
	struct json_iter it = { 0 };
	const struct json_value *v;

	while (s->nsteps < STEPS_KEPT && (v = json_each(list, &it, NULL))) {
		struct session_step *step = &s->steps[s->nsteps++];
		const char *reason = json_string(json_get(v, "reason"), NULL);

		step->at_ns = get_ns(v, "time");
		step->state = (uint8_t)state_of(json_get(v, "state"));
		snprintf(step->reason, sizeof(step->reason), "%s", reason ? reason : "");
	}
}

static int read_root(struct session *s, const struct json_value *v, struct errmsg *err)
{
	const char *owner = json_string(json_get(v, "owner"), NULL), *reason = json_string(json_get(v, "reason"), NULL);
	int state = state_of(json_get(v, "state"));

	s->wanted = json_bool(json_get(v, "wanted"));
	s->configured = json_bool(json_get(v, "configured"));
	s->state = state == STATE_FAILED ? STATE_FAILED : STATE_STOPPED; /* whoever it was, it does not run now */
	snprintf(s->owner, sizeof(s->owner), "%s", owner ? owner : "");
	snprintf(s->reason, sizeof(s->reason), "%s", reason ? reason : "");
	s->owner_uid = (uid_t)get_u64(v, "owner_uid");
	s->created_ns = get_ns(v, "created");
	s->started_ns = get_ns(v, "started");
	s->stopped_ns = get_ns(v, "stopped");
	s->duration_done_ns = get_ns(v, "duration_done");
	s->gone_ns = get_ns(v, "gone");
	s->restarts = (unsigned)get_u64(v, "restarts");
	read_totals(s, json_get(v, "totals"));
	read_steps(s, json_get(v, "history"));
	return settings_read(&s->settings, json_get(v, "settings"), err);
}

static int file_read(struct session *s, struct errmsg *err)
{
	int fd = openat(s->dirfd, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = malloc(SESSION_JSON_MAX);
	struct json *j = NULL;
	ssize_t n = fd >= 0 && text ? read(fd, text, SESSION_JSON_MAX) : -1;
	int bad = n < 0 ? errmsg_errno(err, "%s", file_name) : json_parse(&j, text, (size_t)n, file_name, err);

	if (!bad)
		bad = read_root(s, json_root(j), err);
	json_free(j);
	free(text);
	if (fd >= 0)
		close(fd);
	return bad;
}

/* ---- making and removing ------------------------------------------------------------------------------- */

static struct session *new_session(struct front *f)
{
	struct session *s, **list = f->sessions;

	if (f->count == f->room) {
		list = realloc(f->sessions, (f->room + 16) * sizeof(*list));
		if (!list)
			return NULL;
		f->sessions = list;
		f->room += 16;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->front = f;
	s->dirfd = s->progress_fd = -1;
	s->link.io.fd = s->watch_link.io.fd = -1;
	f->sessions[f->count++] = s;
	front_changed(f);
	return s;
}

static void drop_session(struct session *s)
{
	struct front *f = s->front;

	for (unsigned i = 0; i < f->count; i++)
		if (f->sessions[i] == s) {
			f->sessions[i] = f->sessions[--f->count];
			break;
		}
	watch_end(s);
	alerts_clear(s);
	loop_remove_timer(&s->timer);
	loop_remove_timer(&s->connect_timer);
	loop_remove_timer(&s->watch_timer);
	loop_remove_timer(&s->bundles_timer);
	gone_forget(s);
	ipc_link_close(&s->link);
	part_forget(&f->starter, &s->worker);
	sockets_close(s->sockets, &s->nsockets);
	sockets_close(s->orphans, &s->norphans);
	progress_close(s->page);
	if (s->progress_fd >= 0)
		close(s->progress_fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	while (s->waiters) {
		struct waiter *next = s->waiters->next;

		free(s->waiters);
		s->waiters = next;
	}
	free(s->interfaces);
	free(s);
	front_changed(f);
}

static int parent_fd(const struct front *f, bool in_memory)
{
	return in_memory ? place_memory_fd(f->place) : place_sessions_fd(f->place);
}

static int make_id(struct session *s)
{
	uint8_t bytes[SESSION_ID_LEN / 2];
	char id[64];
	struct outbuf o;

	do {
		if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
			return -1;
		outbuf_fixed(&o, id, sizeof(id));
		outbuf_hexbytes(&o, bytes, sizeof(bytes), 0);
	} while (session_by_id(s->front, outbuf_cstr(&o)));
	snprintf(s->id, sizeof(s->id), "%.*s", SESSION_ID_LEN, id);
	return 0;
}

int session_make(struct front *f, const struct session_settings *settings, uid_t uid, struct session **out,
		 enum api_error *code, struct errmsg *err)
{
	int parent = parent_fd(f, settings->in_memory), bad = 0;
	struct session *s;

	*out = NULL;
	*code = API_LIMIT;
	if (f->count >= f->config->max_sessions)
		return errmsg_set(err, NW_ELIMIT, "there are %u sessions already (max_sessions); delete one first", f->count);
	*code = API_CONFLICT;
	if (by_name(f, settings->name))
		return errmsg_set(err, NW_EINPUT, "there is a session called '%s' already; start it by its name, or take another name",
				  settings->name);
	*code = API_INVALID;
	if (settings->in_memory && place_memory_check(f->place, err))
		return NW_EINPUT;
	*code = API_FAILED;
	s = new_session(f);
	if (!s || make_id(s))
		bad = errmsg_set(err, NW_ELIMIT, "no memory for a session");
	if (!bad && (mkdirat(parent, s->id, 0700) ||
		     (s->dirfd = openat(parent, s->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0))
		bad = errmsg_errno(err, "cannot make the directory of a session");
	if (bad) {
		if (s)
			drop_session(s);
		return bad;
	}
	s->settings = *settings;
	s->owner_uid = uid;
	user_name(uid, s->owner, sizeof(s->owner));
	s->created_ns = loop_realtime_ns();
	s->fresh = true;
	*out = s;
	return 0;
}

/* Everything in a directory, two levels deep: bundles have files. */
static void empty_directory(int dirfd, int depth)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), below;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !unlinkat(dirfd, e->d_name, 0))
			continue;
		below = depth > 0 ? openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;
		if (below < 0)
			continue;
		empty_directory(below, depth - 1);
		close(below);
		unlinkat(dirfd, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

int session_remove(struct session *s, struct errmsg *err)
{
	int parent = parent_fd(s->front, s->settings.in_memory), bad = 0;

	jobs_session_ends(s);
	control_forget(s);
	empty_directory(s->dirfd, 2);
	if (unlinkat(parent, s->id, AT_REMOVEDIR) && errno != ENOENT)
		bad = errmsg_errno(err, "the directory of session %s cannot be removed", s->id);
	drop_session(s);
	return bad;
}

void sessions_free(struct front *f)
{
	while (f->count)
		drop_session(f->sessions[f->count - 1]);
	free(f->sessions);
	f->sessions = NULL;
	f->room = 0;
}

/* ---- at the start ------------------------------------------------------------------------------------------ */

static void load_one(struct front *f, int parent, const char *id)
{
	struct session *s = new_session(f);
	struct record_usage u;
	struct errmsg err;

	if (!s)
		return;
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->dirfd = openat(parent, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dirfd < 0) {
		drop_session(s);
		return;
	}
	if (file_read(s, &err)) {
		front_log(f, LEVEL_WARNING, s, "its settings cannot be read: %s; its packets can", err.text);
		s->state = STATE_FAILED;
		s->wanted = false;
		snprintf(s->reason, sizeof(s->reason), "%.200s", err.text);
	}
	s->settings.in_memory = parent == place_memory_fd(f->place);
	if (!record_usage(s->dirfd, &u, NULL)) {
		s->now.segments = u.segments;
		s->now.first_segment = u.first;
		s->now.segment = u.last;
		s->now.stored_bytes = u.segment_bytes + u.other_bytes;
	}
}

static int load_from(struct front *f, int parent, struct errmsg *err)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return errmsg_errno(err, "cannot read the directory of the sessions");
	}
	for (struct dirent *e; (e = readdir(d));)
		if (session_id_valid(e->d_name))
			load_one(f, parent, e->d_name);
	closedir(d);
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct session *x = *(struct session *const *)a, *y = *(struct session *const *)b;

	return x->created_ns < y->created_ns ? -1 : x->created_ns > y->created_ns;
}

int sessions_load(struct front *f, struct errmsg *err)
{
	int bad = load_from(f, place_sessions_fd(f->place), err);

	if (!bad)
		bad = load_from(f, place_memory_fd(f->place), err);
	if (!bad && f->count)
		qsort(f->sessions, f->count, sizeof(struct session *), by_age);
	return bad;
}

/* ---- the configuration ---------------------------------------------------------------------------------------- */

static bool differ_in_limits(const struct session_settings *a, const struct session_settings *b)
{
	struct session_settings same = *a;

	same.limits = b->limits;
	return settings_equal(&same, b);
}

static int configure_one(struct front *f, const struct session_settings *settings, struct errmsg *err)
{
	struct session *s = by_name(f, settings->name);
	enum api_error code;
	bool changed, start, keep, only_limits;
	int bad;

	if (!s) {
		bad = session_make(f, settings, geteuid(), &s, &code, err);
		if (bad)
			return errmsg_prefix(err, bad, "session %s: ", settings->name);
		s->configured = true;
		s->wanted = !settings->no_autostart;
		session_keep(s);
		return 0;
	}
	changed = !settings_equal(&s->settings, settings);
	if (changed && s->settings.in_memory != settings->in_memory) {
		front_log(f, LEVEL_WARNING, s, "its storage cannot be changed, so all of its settings stay; delete it, then it is made anew");
		changed = false;
	}
	only_limits = changed && differ_in_limits(&s->settings, settings);
	if (changed)
		s->settings = *settings;
	/* one that came back, or may have been cured; one that somebody stopped stays stopped */
	start = !settings->no_autostart && (!s->configured || (changed && s->state == STATE_FAILED));
	keep = changed || !s->configured;
	s->configured = true;
	s->unlisted = false;
	s->wanted |= start;
	s->again |= start && s->state == STATE_STOPPING;
	if (keep)
		session_keep(s);
	if (session_active(s) && changed && !only_limits) { /* a worker is configured once, but for its limits */
		s->again = true;
		s->gone_ns = s->gone_ns || s->state != STATE_RUNNING ? s->gone_ns : loop_realtime_ns();
		session_input(s, INPUT_STOP, "the configuration has changed");
	}
	return 0;
}

void sessions_configure(struct front *f)
{
	struct errmsg err;

	for (unsigned i = 0; i < f->count; i++)
		f->sessions[i]->unlisted = f->sessions[i]->configured;
	for (unsigned i = 0; i < f->config->session_count; i++)
		if (configure_one(f, &f->config->sessions[i], &err))
			front_log(f, LEVEL_ERROR, NULL, "%s", err.text);
	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (!s->unlisted)
			continue;
		s->configured = false;
		s->wanted = false;
		session_keep(s);
		if (session_active(s))
			session_input(s, INPUT_STOP, "it is not in the configuration any more");
	}
}

/* ---- progress ------------------------------------------------------------------------------------------------- */

void session_refresh(struct session *s)
{
	int64_t now = s->front->loop.now_ns;

	if (!s->page || now - s->read_ns < 100 * ms_ns)
		return;
	progress_read(s->page, &s->now);
	s->read_ns = now;
}
