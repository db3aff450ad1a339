/* SPDX-License-Identifier: MIT */
/*
 * Bundles of a daemon that was killed. A bundler goes on without its front, so what was begun may become a bundle yet; or it
 * was killed too, and only its part is left. A part that nobody holds is removed. Each bundle that the events say has begun,
 * and of whose end they say nothing, gets its end: finished when it is there, failed when neither it nor a held part is.
 */
#include "base/json.h"
#include "bundle.h"
#include "front.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_S = 2 };

/* What an event says of `name`: its own member "bundle". */
static bool is_about(const struct journal_entry *e, const struct session *s, const char *name)
{
	char member[BUNDLE_NAME_MAX + 16];

	snprintf(member, sizeof(member), "\"bundle\":\"%s\"", name);
	return !strcmp(e->session, s->id) && strstr(e->data, member);
}

static bool end_is_told(const struct session *s, const char *name)
{
	const struct journal *events = &s->front->events;

	for (uint32_t i = 0; i < events->count; i++) {
		const struct journal_entry *e = journal_at(events, i);

		if ((e->kind == EVENT_BUNDLE_FINISHED || e->kind == EVENT_BUNDLE_FAILED) && is_about(e, s, name))
			return true;
	}
	return false;
}

static void tell_end(struct session *s, const char *name, bool finished)
{
	static const char message[] = "the daemon and the bundler ended before it was done";
	struct event e;
	struct jsonout *w = event_begin(&e, s->front, finished ? EVENT_BUNDLE_FINISHED : EVENT_BUNDLE_FAILED, s);

	json_add_str(w, "bundle", name);
	if (!finished)
		json_add_str(w, "message", message);
	event_end(&e);
	front_log(s->front, finished ? LEVEL_INFO : LEVEL_ERROR, s, "bundle %s %s%s", name,
		  finished ? "is complete" : "failed: ", finished ? "" : message);
}

/* Parts first: also those that no event tells of any more. True when one is held. */
static bool look_at_parts(struct session *s, int all_fd)
{
	int fd = openat(all_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool held = false;

	if (fd >= 0 && !d)
		close(fd);
	for (struct dirent *e; d && (e = readdir(d));) {
		char name[BUNDLE_NAME_MAX];
		size_t len = strlen(e->d_name);

		if (e->d_name[0] != '.' || len < 7 || len - 6 >= sizeof(name) || strcmp(e->d_name + len - 5, ".part"))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - 6), e->d_name + 1);
		if (!bundle_part_over(all_fd, name))
			held = true;
		else if (!end_is_told(s, name))
			tell_end(s, name, false);
	}
	if (d)
		closedir(d);
	return held;
}

static void look_at_events(struct session *s, int all_fd)
{
	const struct journal *events = &s->front->events;

	for (uint32_t i = 0, count = events->count; i < count && i < events->count; i++) {
		const struct journal_entry *e = journal_at(events, i);
		const char *name;
		struct json *doc;
		struct stat st;

		if (e->kind != EVENT_BUNDLE_STARTED || strcmp(e->session, s->id) ||
		    json_parse(&doc, e->data, e->len, "event", NULL))
			continue;
		name = json_string(json_get(json_root(doc), "bundle"), NULL);
		if (name && bundle_name_valid(name) && !end_is_told(s, name) && (all_fd < 0 || bundle_part_over(all_fd, name)))
			tell_end(s, name, all_fd >= 0 && !fstatat(all_fd, name, &st, AT_SYMLINK_NOFOLLOW));
		json_free(doc);
	}
}

static void look(struct loop_timer *t)
{
	struct session *s = container_of(t, struct session, bundles_timer);
	int all_fd;
	bool held = s->pending;

	if (!held) {
		all_fd = openat(s->dirfd, "bundles", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		held = all_fd >= 0 && look_at_parts(s, all_fd);
		look_at_events(s, all_fd);
		if (all_fd >= 0)
			close(all_fd);
	}
	if (held)
		loop_add_timer(&s->front->loop, t, loop_monotonic_ns() + LOOK_S * second_ns);
}

void bundles_look(struct session *s)
{
	s->bundles_timer.fire = look;
	loop_add_timer(&s->front->loop, &s->bundles_timer, loop_monotonic_ns() + second_ns);
}
