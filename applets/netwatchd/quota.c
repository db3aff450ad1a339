/* SPDX-License-Identifier: MIT */
/*
 * The room of all sessions together (limits.bytes of the configuration), looked at once a second: what is too much goes from
 * the session with the oldest packets, by a message if it has a worker, at once if it has none. Between two looks sessions can
 * write on, so a share of the limit (1/64, at most 64 MiB) is kept free. Memory sessions have their own limits and do not
 * count.
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

/* With something to give: closed segments. One that was told lately is left to do it. */
static struct session *oldest(struct front *f)
{
	int64_t now = loop_monotonic_ns();
	struct session *found = NULL;

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (s->settings.in_memory || s->now.segments < (s->page ? 2 : 1) || now - s->evict_ns < 3 * second_ns)
			continue;
		if (!found || s->now.first_ns < found->now.first_ns)
			found = s;
	}
	return found;
}

static void evict_stopped(struct session *s, uint64_t bytes)
{
	uint64_t freed = 0, segments = 0;
	struct record_usage u;
	struct errmsg err;
	struct event e;
	struct jsonout *w;

	if (record_evict_oldest(s->dirfd, bytes, 0, &freed, &segments, &err)) {
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
	uint64_t limit = f->config->limits.bytes, spare = limit / 64 < 64u << 20 ? limit / 64 : 64u << 20, used;
	struct session *s;

	if (!limit)
		return;
	used = quota_used(f);
	if (used <= limit - spare)
		return;
	s = oldest(f);
	if (!s)
		return;
	s->evict_ns = loop_monotonic_ns();
	if (s->page)
		control_evict(s, used - (limit - spare));
	else
		evict_stopped(s, used - (limit - spare));
}
