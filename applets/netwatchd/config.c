/* SPDX-License-Identifier: MIT */
/*
 * The configuration file; config.h has what it becomes, dist/netwatchd.yaml what it looks like.
 *
 * Three steps, each of which adds what it finds to the same list: the table (forms, ranges, unknown names), the settings of
 * each session over those of its profile, names that must exist on this system. So one run of netwatchd --check shows
 * everything.
 */
#include "config.h"

#include "base/text.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKTYPE_OF_CHECK = 1 /* Ethernet */, SNAPLEN_OF_CHECK = 262144 };

/* As it is written: names in place of numbers, sessions without their profiles. */
struct written {
	struct config c;
	const char *group;
	struct written_role {
		const char *users[CONFIG_ROLE_NAMES_MAX], *groups[CONFIG_ROLE_NAMES_MAX];
		unsigned user_count, group_count;
	} role[ROLES];
	struct session_settings sessions[CONFIG_SESSIONS_MAX], profiles[CONFIG_PROFILES_MAX];
	unsigned session_count, profile_count;
};

#define W struct written
static const struct shape_row role_rows[] = {
	SHAPE_STRINGS("users", struct written_role, users, user_count, "names or numbers of users"),
	SHAPE_STRINGS("groups", struct written_role, groups, group_count, "names or numbers of groups"),
	SHAPE_END
};

static const struct shape_row roles_rows[] = {
	SHAPE_OBJECT("viewers", W, role[ROLE_VIEWER], role_rows, "may look: status, statistics, packets, events"),
	SHAPE_OBJECT("operators", W, role[ROLE_OPERATOR], role_rows, "may start, stop and delete sessions too"),
	SHAPE_OBJECT("admins", W, role[ROLE_ADMIN], role_rows, "may reload and end netwatchd too"),
	SHAPE_END
};

static const struct shape_row log_rows[] = {
	SHAPE_CHOICE("level", W, c.log_level, "info", LOG_LEVEL_CHOICES, "this and what is worse"),
	SHAPE_STRING("file", W, c.log_file, NULL, "a file that lines are appended to; without one, standard error", .min = 1),
	SHAPE_BOOL("syslog", W, c.log_syslog, "false", "to syslog too"),
	SHAPE_END
};

static const struct shape_row limits_rows[] = {
	SHAPE_SIZE("bytes", W, c.limits.bytes, "10G", 0, 0, "most bytes of all records; 0: no limit"),
	SHAPE_DURATION("age", W, c.limits.age_ns, "0s", 0, 0, "nothing is kept longer; 0: no limit"),
	SHAPE_U64("free_percent", W, c.limits.free_percent, "10", 0, 90, "so much of the file system is left free", .unit = "percent"),
	SHAPE_SIZE("free_bytes", W, c.limits.free_bytes, "0", 0, 0, "the same in bytes; the larger one counts"),
	SHAPE_END
};

static const struct shape_row restart_rows[] = {
	SHAPE_DURATION("backoff_min", W, c.backoff_min_ns, "1s", 1000000, 3600000000000, "wait before the first restart"),
	SHAPE_DURATION("backoff_max", W, c.backoff_max_ns, "1m", 1000000, 86400000000000,
		       "the wait doubles with each restart up to this"),
	SHAPE_U64("attempts", W, c.restart_attempts, "10", 0, 1000000, "so many restarts within the window, then it is given up"),
	SHAPE_DURATION("window", W, c.restart_window_ns, "10m", 1000000000, 0, "after so long without a crash counting begins anew"),
	SHAPE_END
};

const struct shape_row config_rows[] = {
	SHAPE_STRING("socket", W, c.socket, NULL, "where clients connect", .min = 1),
	SHAPE_OCTAL("socket_mode", W, c.socket_mode, "0660", 0777, "rights of the socket"),
	SHAPE_STRING("group", W, group, NULL, "group of the socket; its members are operators", .min = 1),
	SHAPE_GROUP("roles", roles_rows, "who may what; the highest role that names somebody counts"),
	SHAPE_STRING("state_dir", W, c.state_dir, NULL, "where records are", .min = 1),
	SHAPE_STRING("runtime_dir", W, c.runtime_dir, NULL, "where sockets of workers and sessions in memory are", .min = 1),
	SHAPE_STRING("user", W, c.user, NULL, "netwatchd becomes this user; without one, netwatchd if there is such a user", .min = 1),
	SHAPE_STRING("pid_file", W, c.pid_file, NULL, "a file for the process id", .min = 1),
	SHAPE_GROUP("log", log_rows, "what is logged, and where"),
	SHAPE_GROUP("limits", limits_rows, "what the records of all sessions together may take; the oldest goes first"),
	SHAPE_U64("max_sessions", W, c.max_sessions, "64", 1, 10000, "sessions that may exist, stopped ones included"),
	SHAPE_U64("max_clients", W, c.max_clients, "4096", 1, 1000000, "clients that may be connected"),
	SHAPE_SIZE("client_queue", W, c.client_queue_bytes, "4M", 65536, 1ull << 30,
		   "what may wait for a client that does not read; then events are dropped, then the client"),
	SHAPE_DURATION("orphan_time", W, c.orphan_ns, "10m", 0, 0, "workers go on recording so long when netwatchd was killed"),
	SHAPE_GROUP("restart", restart_rows, "of a worker that crashed"),
	SHAPE_LIST("profiles", W, profiles, profile_count, settings_shape, "named settings, for sessions here and packetclient start"),
	SHAPE_LIST("sessions", W, sessions, session_count, settings_shape, "sessions that start with netwatchd"),
	SHAPE_END
};
#undef W

/* What is being loaded. */
struct load {
	struct config *c;
	struct written *w;
	struct complaints *problems;
	const char *name;
	const struct json_value *root;
};

#define problem(l, v, ...) complain((l)->problems, (l)->c->doc, v, (l)->name, __VA_ARGS__)

/* ---- names of users, groups, files ------------------------------------------------------- */

static bool find_user(const char *name, uid_t *uid)
{
	const struct passwd *pw = getpwnam(name);
	uint64_t n;

	if (pw)
		*uid = pw->pw_uid;
	else if (text_parse_u64(name, &n) && n < UINT32_MAX)
		*uid = (uid_t)n;
	else
		return false;
	return true;
}

static bool find_group(const char *name, gid_t *gid)
{
	const struct group *gr = getgrnam(name);
	uint64_t n;

	if (gr)
		*gid = gr->gr_gid;
	else if (text_parse_u64(name, &n) && n < UINT32_MAX)
		*gid = (gid_t)n;
	else
		return false;
	return true;
}

static void take_role(struct load *l, enum role role, const char *name)
{
	const struct json_value *v = json_get(json_get(l->root, "roles"), name);
	const struct written_role *from = &l->w->role[role];
	struct config_role *to = &l->c->roles[role];

	for (unsigned i = 0; i < from->user_count; i++)
		if (from->users[i] && find_user(from->users[i], &to->users[to->user_count]))
			to->user_count++;
		else if (from->users[i])
			problem(l, json_get(v, "users"), "roles.%s.users[%u]: there is no user '%.64s'", name, i, from->users[i]);
	for (unsigned i = 0; i < from->group_count; i++)
		if (from->groups[i] && find_group(from->groups[i], &to->groups[to->group_count]))
			to->group_count++;
		else if (from->groups[i])
			problem(l, json_get(v, "groups"), "roles.%s.groups[%u]: there is no group '%.64s'", name, i, from->groups[i]);
}

/* The daemon's working directory is "/", so a relative name would be a surprise. */
static void check_path(struct load *l, const struct json_value *v, const char *member, const char *path)
{
	if (path && *path != '/')
		problem(l, v, "%s: '%.64s' must be absolute, that is, begin with '/'", member, path);
}

static void take_globals(struct load *l)
{
	const struct json_value *root = l->root;
	struct config *c = l->c;
	uid_t uid;

	c->group = (gid_t)-1;
	if (l->w->group && !find_group(l->w->group, &c->group))
		problem(l, json_get(root, "group"), "group: there is no group '%.64s'", l->w->group);
	if (c->user && !find_user(c->user, &uid))
		problem(l, json_get(root, "user"), "user: there is no user '%.64s'", c->user);
	take_role(l, ROLE_VIEWER, "viewers");
	take_role(l, ROLE_OPERATOR, "operators");
	take_role(l, ROLE_ADMIN, "admins");
	check_path(l, json_get(root, "socket"), "socket", c->socket);
	check_path(l, json_get(root, "state_dir"), "state_dir", c->state_dir);
	check_path(l, json_get(root, "runtime_dir"), "runtime_dir", c->runtime_dir);
	check_path(l, json_get(root, "pid_file"), "pid_file", c->pid_file);
	check_path(l, json_get(json_get(root, "log"), "file"), "log.file", c->log_file);
	if (c->backoff_min_ns > c->backoff_max_ns)
		problem(l, json_get(root, "restart"), "restart.backoff_min: is longer than backoff_max");
}

/* ---- sessions and profiles ------------------------------------------------------------------- */

/* Where in the file a fault is: the member, or the object it is missing in. */
static const struct json_value *fault_place(const struct json_value *v, const struct settings_fault *f)
{
	const struct json_value *member = json_get(v, f->member), *element = json_at(member, f->index);
	const struct json_value *part = f->part ? json_get(element, f->part) : NULL;

	return part ? part : element ? element : member ? member : v;
}

/* Checks one of them and adds it to *count. `list` is "sessions" or "profiles". */
static void take_settings(struct load *l, const char *list, unsigned i, struct session_settings *all, unsigned *count)
{
	const struct json_value *v = json_at(json_get(l->root, list), i);
	bool profile = all == l->c->profiles;
	struct session_settings *s = &all[*count];
	const struct session_settings *base;
	struct settings_fault fault;
	struct errmsg err;

	if (settings_read(s, v, NULL))
		return; /* the table has said why */
	base = *s->profile && !profile ? config_profile(l->c, s->profile) : NULL;
	if (*s->profile && !profile && !base) {
		problem(l, json_get(v, "profile"), "%s[%u].profile: there is no profile '%s'", list, i, s->profile);
		return;
	}
	if (base) {
		settings_from_profile(s, base);
		settings_overlay(s, v, NULL);
	}
	if (profile ? settings_check_profile(s, &fault, &err) : settings_check(s, &fault, &err)) {
		problem(l, fault_place(v, &fault), "%s[%u].%s", list, i, err.text);
		return;
	}
	if (!*s->name) {
		problem(l, v, "%s[%u].name: is missing; a session of the configuration is known by its name", list, i);
		return;
	}
	for (unsigned k = 0; k < *count; k++)
		if (!strcmp(all[k].name, s->name)) {
			problem(l, json_get(v, "name"), "%s[%u].name: there is another '%s' before", list, i, s->name);
			return;
		}
	++*count;
}

static int take_sessions(struct load *l)
{
	const struct written *w = l->w;
	struct config *c = l->c;

	c->profiles = calloc(w->profile_count + 1, sizeof(*c->profiles));
	c->sessions = calloc(w->session_count + 1, sizeof(*c->sessions));
	if (!c->profiles || !c->sessions)
		return NW_ELIMIT;
	for (unsigned i = 0; i < w->profile_count; i++)
		take_settings(l, "profiles", i, c->profiles, &c->profile_count);
	for (unsigned i = 0; i < w->session_count; i++)
		take_settings(l, "sessions", i, c->sessions, &c->session_count);
	if (c->session_count > c->max_sessions)
		problem(l, json_get(l->root, "sessions"), "sessions: %u, but max_sessions is %u", c->session_count, c->max_sessions);
	return 0;
}

const struct session_settings *config_profile(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->profile_count; i++)
		if (!strcmp(c->profiles[i].name, name))
			return &c->profiles[i];
	return NULL;
}

/* ---- loading ------------------------------------------------------------------------------------ */

/* Everything that is wrong is in `problems` afterwards. 0 or NW_ELIMIT. */
static int take(struct config *c, const char *name, struct complaints *problems)
{
	struct written *w = calloc(1, sizeof(*w)); /* not on the stack: room for all sessions */
	struct load l = { c, w, problems, name, json_root(c->doc) };
	struct json *doc = c->doc;
	int rc;

	if (!w)
		return NW_ELIMIT;
	shape_configuration(config_rows, doc, name, w, problems);
	*c = w->c;
	c->doc = doc;
	take_globals(&l);
	rc = take_sessions(&l);
	free(w);
	return rc;
}

/* From text; NULL: the defaults. */
static int parse(const char *text, size_t len, const char *name, struct config **config, struct complaints *problems,
		 struct errmsg *err)
{
	struct config *c = calloc(1, sizeof(*c));
	int rc;

	*config = NULL;
	if (!c)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	rc = text ? yaml_parse(&c->doc, text, len, name, &problems->item[0]) : 0;
	if (rc == NW_EINPUT)
		problems->count = problems->kept = 1;
	else
		rc = rc ? rc : take(c, name, problems);
	if (rc == NW_ELIMIT)
		errmsg_set(err, rc, "%s: no memory", name);
	else if (problems->count && err)
		*err = problems->item[0];
	if (rc || problems->count) {
		config_free(c);
		return rc ? rc : NW_EINPUT;
	}
	*config = c;
	return 0;
}

int config_load_fd(int fd, const char *name, struct config **c, struct complaints *problems, struct errmsg *err)
{
	size_t len = 0, size = JSON_TEXT_MAX + 1;
	char *text = malloc(size);
	ssize_t n = 1;
	int rc;

	*c = NULL;
	memset(problems, 0, sizeof(*problems));
	if (!text)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	while (len < size && n) {
		n = read(fd, text + len, size - len);
		if (n < 0 && errno != EINTR) {
			rc = errmsg_errno(err, "cannot read %s", name);
			free(text);
			return rc;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	rc = parse(text, len, name, c, problems, err);
	free(text);
	return rc;
}

int config_load(const char *path, struct config **c, struct complaints *problems, struct errmsg *err)
{
	int fd, rc;

	*c = NULL;
	memset(problems, 0, sizeof(*problems));
	if (!path)
		return parse(NULL, 0, "defaults", c, problems, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errmsg_errno(err, "cannot open the configuration %s", path);
	rc = config_load_fd(fd, path, c, problems, err);
	close(fd);
	return rc;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->sessions);
	free(c->profiles);
	json_free(c->doc);
	free(c);
}

/* ---- filters -------------------------------------------------------------------------------------- */

static void check_filters(const struct config *c, const char *list, const char *name, struct complaints *problems)
{
	const struct json_value *all = json_get(json_root(c->doc), list), *v;
	struct json_iter it = { 0 };
	unsigned i = 0;

	for (; (v = json_each(all, &it, NULL)); i++) {
		const struct json_value *filter = json_get(v, "filter");
		const char *text = json_string(filter, NULL);
		struct bpf *b = NULL;
		struct errmsg err;

		if (!text || !*text)
			continue;
		if (bpf_compile(&b, text, LINKTYPE_OF_CHECK, SNAPLEN_OF_CHECK, &err)) {
			err.text[strcspn(err.text, "\n")] = 0; /* the sentence; a caret has no place in a list */
			complain(problems, c->doc, filter, name, "%s[%u].filter: %s", list, i, err.text);
		} else
			bpf_free(b);
	}
}

void config_check_filters(const struct config *c, const char *name, struct complaints *problems)
{
	check_filters(c, "profiles", name, problems);
	check_filters(c, "sessions", name, problems);
}
