/* SPDX-License-Identifier: MIT */
/*
 * The room of all sessions together (limits.bytes of the configuration), in two ways:
 *
 *	shares    each worker is told, once a second, what it may have: what it has, and its part of what is free. It keeps to
 *	          that before each write, so the sum keeps to the limit however fast packets come.
 *	oldest    when little is free the session with the oldest packets gives, by a message if it has a worker, at once if
 *	          it has none; so a session that begins late finds room.
 *
 * A sixteenth of the limit is never given away: it is what a session that has nothing may have in any case. Memory sessions
 * have their own limits and do not count.
 */
#include "front.h"
#include "store/segment.h"

uint64_t quota_used(struct front *f)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < f->count; i++)
		if (!f->sessions[i]->settings.in_memory)
			used += f->sessions[i]->now.stored_bytes;
	return used;
}

static bool has_worker(const struct session *s)
{
	return !s->settings.in_memory && session_active(s) && s->state != STATE_RESTARTING;
}

uint64_t quota_share(const struct session *s)
{
	struct front *f = s->front;
	uint64_t limit = f->config->limits.bytes, target = limit - limit / 16, used = quota_used(f), share;
	unsigned n = 0;

	if (!limit || s->settings.in_memory)
		return 0;
	for (unsigned i = 0; i < f->count; i++)
		n += has_worker(f->sessions[i]);
	n = n ? n : 1;
	share = s->now.stored_bytes + (used < target ? (target - used) / n : 0);
	return share > limit / 32 / n ? share : limit / 32 / n + 1;
}

static void tell_shares(struct front *f)
{
	uint64_t step = f->config->limits.bytes / 256;

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];
		uint64_t share = s->page && s->state == STATE_RUNNING ? quota_share(s) : s->share;

		if (share < s->share + step && s->share < share + step)
			continue;
		s->share = share;
		control_limits(s);
	}
}

/* With something to give: closed segments, the last one only when there is no other. One that was told lately is left to
 * do it. */
static struct session *oldest(struct front *f, uint64_t keep)
{
	int64_t now = loop_monotonic_ns();
	struct session *found = NULL;

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (s->settings.in_memory || s->now.segments <= (s->page ? 1 : keep) ||
		    (s->page && s->now.stored_bytes == s->evict_stored && now - s->evict_ns < 3 * second_ns))
			continue;
		if (!found || s->now.first_ns < found->now.first_ns)
			found = s;
	}
	return found;
}

static void evict_stopped(struct session *s, uint64_t bytes, uint64_t keep)
{
	uint64_t freed = 0, segments = 0;
	struct record_usage u;
	struct errmsg err;
	struct event e;
	struct jsonout *w;

	if (record_evict_oldest(s->dirfd, bytes, keep, &freed, &segments, &err)) {
		front_log(s->front, LEVEL_WARNING, s, "its oldest packets cannot be removed: %s", err.text);
		return;
	}
	if (!record_usage(s->dirfd, &u, NULL)) {
		s->now.segments = u.segments;
		s->now.first_segment = u.first;
		s->now.stored_bytes = u.segment_bytes + u.other_bytes;
	}
	s->now.evicted += segments;
	if (!s->now.segments)
		s->now.first_ns = s->now.last_ns = 0;
	w = event_begin(&e, s->front, EVENT_SEGMENT_EVICTED, s);
	json_add_u64(w, "segments", segments);
	json_add_u64(w, "bytes", freed);
	json_add_str(w, "reason", "bytes");
	event_end(&e);
	session_keep(s);
}

void quota_second(struct front *f)
{
	uint64_t limit = f->config->limits.bytes, least = limit - limit / 8, used, keep = 1;
	struct session *s;

	if (!limit)
		return;
	tell_shares(f);
	used = quota_used(f);
	if (used <= limit - limit / 4)
		return;
	s = oldest(f, keep);
	if (!s)
		s = oldest(f, --keep);
	if (s && !s->page) { /* what is stopped makes room early, so that what runs need not give newer packets */
		evict_stopped(s, used - (limit - limit / 4), keep);
	} else if (s && used > least) {
		s->evict_ns = loop_monotonic_ns();
		s->evict_stored = s->now.stored_bytes;
		control_evict(s, used - least);
	}
}
