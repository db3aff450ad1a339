/* SPDX-License-Identifier: MIT */
/*
 * The room of all sessions together (limits.bytes of the configuration), in two ways:
 *
 *	shares    each worker is told, once a second, what it may have: what it has, and its part of what is free. It keeps to
 *	          that before each write, and its segments are small enough for it. A share grows only by what no other one has
 *	          been promised, so the sum keeps to the limit however fast packets come.
 *	oldest    when little is free the session with the oldest packets gives, by a message if it has a worker, at once if
 *	          it has none; so a session that begins late finds room.
 *
 * A sixteenth of the limit is never given away: of it a session that begins when all is promised gets its first share. That is
 * at least 256 KiB, or it could record nothing: with a limit below 8 MiB for each session the sum can be so much above it.
 * Memory sessions have their own limits and do not count.
 */
#include "front.h"
#include "store/index.h"
#include "store/segment.h"

enum { SHARE_MIN = 256 * 1024 };

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

static unsigned workers(const struct front *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->count; i++)
		n += has_worker(f->sessions[i]);
	return n ? n : 1;
}

/* What all sessions but one have, or may have by what they were told. */
static uint64_t promised(const struct front *f, const struct session *but)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < f->count; i++) {
		const struct session *s = f->sessions[i];
		uint64_t stored = s->now.stored_bytes;

		if (s != but && !s->settings.in_memory)
			sum += has_worker(s) && s->share > stored ? s->share : stored;
	}
	return sum;
}

uint64_t quota_share(const struct session *s)
{
	struct front *f = s->front;
	uint64_t limit = f->config->limits.bytes, most = limit - limit / 16, used = quota_used(f), others = promised(f, s);
	uint64_t stored = s->now.stored_bytes, share, least, room = others < most ? most - others : 0;
	unsigned n = workers(f);

	if (!limit || s->settings.in_memory)
		return 0;
	share = stored + (used < most ? (most - used) / n : 0);
	if (share > room)
		share = room > stored ? room : stored;
	least = limit / 32 / n > SHARE_MIN ? limit / 32 / n : SHARE_MIN;
	return share > least ? share : least;
}

/* Those that get more come first: what others give up is theirs to use until they have heard of it. */
static void tell_shares(struct front *f)
{
	uint64_t step = f->config->limits.bytes / 256;

	for (unsigned i = 0; i < 2 * f->count; i++) {
		struct session *s = f->sessions[i % f->count];
		uint64_t share = s->page && s->state == STATE_RUNNING ? quota_share(s) : s->share;

		if (i < f->count ? share <= s->share + step : share + step >= s->share)
			continue;
		s->share = share;
		control_limits(s);
	}
}

/* With something to give: closed segments, the last one only when there is no other. One that was told lately and has as much
 * as then is left alone for a while. */
static struct session *oldest(struct front *f, uint64_t keep)
{
	int64_t now = loop_monotonic_ns();
	struct session *found = NULL;

	for (unsigned i = 0; i < f->count; i++) {
		struct session *s = f->sessions[i];

		if (s->settings.in_memory || s->now.segments <= (s->page ? 1 : keep) ||
		    (s->now.stored_bytes == s->evict_stored && now - s->evict_ns < 3 * second_ns))
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
	struct index *x;
	struct errmsg err;
	struct event e;
	struct jsonout *w;

	if (record_evict_oldest(s->dirfd, bytes, keep, &freed, &segments, &err)) {
		front_log(s->front, LEVEL_WARNING, s, "its oldest packets cannot be removed: %s", err.text);
		return;
	}
	if (!segments)
		return;
	if (!record_usage(s->dirfd, &u, NULL)) {
		s->now.segments = u.segments;
		s->now.first_segment = u.first;
		s->now.stored_bytes = u.segment_bytes + u.other_bytes;
		if (!index_open(&x, s->dirfd, u.first, NULL)) { /* the next one to give is found by it */
			s->now.first_ns = index_info(x)->first_ns;
			index_close(x);
		}
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
	if (!s || (s->page && (used <= least || workers(f) < 2))) /* it keeps to its share, and there is nobody to make room for */
		return;
	s->evict_ns = loop_monotonic_ns();
	s->evict_stored = s->now.stored_bytes;
	if (s->page)
		control_evict(s, used - least);
	else /* what is stopped makes room early, so that what runs need not give newer packets */
		evict_stopped(s, used - (limit - limit / 4), keep);
}
