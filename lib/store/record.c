/* SPDX-License-Identifier: MIT */
/*
 * Writing a record: what happens for each packet, and what happens now and then.
 *
 * A packet costs its copy into the writer's buffer, a look into a table of flows seen in this chunk, and a few sums. Everything
 * else (limits, index, progress) happens when the buffer is written, in output.c, or in record_tick().
 */
#include "store/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER = 64 * 1024,            /* of the writer: it stays in the cache, and a write is over soon */
	SEGMENT = 64 << 20, SEGMENT_MIN = 64 * 1024,
	PARTS = 8,                     /* a quota is at least so many segments */
	STATISTICS = 128               /* bytes of an interface statistics block, at most */
};

#define STEP_NS (SECOND_NS / 2)        /* the clock was set, not slewed */

/* ---- clocks and counters ----------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

static int64_t system_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}

static int64_t system_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t record_wall(const struct record *r)
{
	return r->o.wall_clock();
}

int64_t record_mono(struct record *r)
{
	return r->now_ns = r->o.monotonic_clock();
}

void record_progress(const struct record *r, struct progress *p)
{
	*p = (struct progress){
		.segment = r->number, .segment_bytes = r->fd >= 0 ? r->size : r->last_size,
		.first_segment = r->first, .segments = r->segments,
		.stored_bytes = r->segment_bytes + r->size + r->other_bytes,
		.packets = r->before_packets + r->done_packets + r->segment.packets,
		.bytes = r->before_bytes + r->done_bytes + r->segment.bytes,
		.taken = r->taken, .written = r->done_packets + r->segment.packets,
		.disk_dropped = r->disk_dropped, .stated = r->stated,
		.evicted = r->evicted_before + r->evicted,
		.first_ns = r->first_ns, .last_ns = r->last_ns, .updated_ns = r->now_ns,
	};
	for (uint32_t i = 0; i < r->ninterfaces; i++) {
		p->received += r->interfaces[i].now.received;
		p->dropped += r->interfaces[i].now.dropped;
		p->ifdropped += r->interfaces[i].now.ifdropped;
	}
}

void record_publish(struct record *r)
{
	struct progress p;

	if (!r->o.progress)
		return;
	record_progress(r, &p);
	progress_write(r->o.progress, &p);
}

/* ---- segments -------------------------------------------------------------------------------------------- */

static void put_statistics(struct record *r, uint32_t ifid)
{
	struct interface counters = { 0 };
	const struct capture_counters *k = &r->interfaces[ifid].now;

	counters.received = k->received;
	counters.dropped = k->dropped;
	counters.ifdropped = k->ifdropped;
	counters.delivered = UINT64_MAX;
	writer_statistics(r->writer, ifid, &counters, r->segment_wall_ns ? r->segment_wall_ns : record_wall(r), record_wall(r), NULL);
	r->fill += STATISTICS;
	r->interfaces[ifid].stated = true;
}

static bool has_packets(const struct record *r)
{
	return r->segment.packets || r->waiting.packets;
}

/* The writer begins anew: section header and interfaces, into the next file. */
static void begin(struct record *r)
{
	writer_reopen(r->writer, -1, r->name, NULL);
	r->restart = false;
	r->fill = r->size;
}

static void end_segment(struct record *r)
{
	for (uint32_t i = 0; i < r->ninterfaces && has_packets(r); i++)
		if (r->interfaces[i].counted)
			put_statistics(r, i);
	writer_flush(r->writer, NULL);
	output_close_segment(r);
	r->rotate = false;
}

static void next_segment(struct record *r)
{
	end_segment(r);
	begin(r);
	record_publish(r);
}

void record_rotate(struct record *r)
{
	r->rotate = true;
}

/* What the end of a segment needs is kept free in it. */
static void set_fill_max(struct record *r)
{
	uint64_t end = (uint64_t)STATISTICS * r->ninterfaces;

	r->fill_max = r->o.segment_bytes > 2 * end ? r->o.segment_bytes - end : r->o.segment_bytes / 2;
}

/* As was asked, but not more than a part of the quota. */
static void size_segments(struct record *r)
{
	r->o.segment_bytes = r->segment_asked;
	if (r->limits.bytes && r->o.segment_bytes > r->limits.bytes / PARTS)
		r->o.segment_bytes = r->limits.bytes / PARTS;
	if (r->o.segment_bytes < SEGMENT_MIN)
		r->o.segment_bytes = SEGMENT_MIN;
	set_fill_max(r);
}

void record_set_limits(struct record *r, const struct space_limits *limits)
{
	r->limits = *limits;
	r->free_at_ns = 0;
	size_segments(r);
	if (r->fill > r->fill_max)
		r->rotate = true;
}

/* ---- packets ------------------------------------------------------------------------------------------------ */

int record_interface(struct record *r, const struct interface *i, uint32_t *ifid, struct errmsg *err)
{
	struct record_interface *grown = realloc(r->interfaces, (r->ninterfaces + 1u) * sizeof(*grown));
	int rc;

	if (!grown)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory for another interface", r->name);
	r->interfaces = grown;
	rc = writer_add_interface(r->writer, i, ifid, err);
	if (rc)
		return rc;
	r->interfaces[r->ninterfaces++] = (struct record_interface){ .linktype = i->linktype };
	r->index.late_interfaces |= has_packets(r);
	r->fill += sizeof(*i) + STATISTICS;
	set_fill_max(r);
	return 0;
}

int record_frame(struct record *r, const struct frame *f, uint32_t ifid)
{
	uint32_t len = 32 + ((f->caplen + 3) & ~3u) + f->options_len;
	struct tally *t = &r->waiting;

	if (__builtin_expect(ifid >= r->ninterfaces || f->caplen > PACKET_MAX || f->options_len > OPTIONS_MAX, 0))
		return NW_EINPUT;
	if (__builtin_expect(r->fill + len > r->fill_max || r->rotate || r->restart, 0)) {
		if (r->restart)
			begin(r);
		if (has_packets(r))
			next_segment(r);
	}
	r->taken++;
	if (__builtin_expect(writer_frame(r->writer, f, ifid, NULL, NULL) != 0, 0)) { /* no memory for a larger buffer */
		record_loss(r, LOSS_DISK, 1, record_wall(r), record_wall(r), "no memory");
		r->disk_dropped++;
		return 0;
	}
	tally_packet(t, f->wirelen, f->has_ts, f->ts_ns > 0 ? f->ts_ns : 0); /* what the file will say */
	r->fill += len;
	index_maker_packet(&r->index, r->interfaces[ifid].linktype, f->data, f->caplen);
	return 0;
}

void record_statistics(struct record *r, uint32_t ifid, const struct capture_counters *k)
{
	struct record_interface *i;
	bool changed;

	if (ifid >= r->ninterfaces)
		return;
	i = &r->interfaces[ifid];
	changed = k->dropped != i->now.dropped || k->ifdropped != i->now.ifdropped;
	i->now = *k;
	i->counted = true;
	if (changed && has_packets(r) && !r->restart)
		put_statistics(r, ifid);
}

/* ---- now and then -------------------------------------------------------------------------------------------- */

static void tell(struct record *r, struct record_event *e)
{
	if (r->o.on_event)
		r->o.on_event(r->o.user, e);
}

static void tell_full(struct record *r)
{
	struct record_event e = { .kind = RECORD_DISK_FULL, .error = r->full_error, .from_ns = r->episode.from_ns,
				  .packets = r->episode.packets, .bytes = r->episode.bytes };

	if (!r->full || r->full_told)
		return;
	r->full_told = true;
	if (r->full_error)
		snprintf(e.message, sizeof(e.message), "%s: %s; no older segment is left to make room, packets are dropped until "
			 "it can be written again", r->name, strerror(r->full_error));
	else
		snprintf(e.message, sizeof(e.message), "%s: %s, and no older segment is left; packets are dropped", r->name,
			 r->full_limit);
	tell(r, &e);
}

static void tell_again(struct record *r)
{
	struct record_event e = { .kind = RECORD_DISK_AGAIN, .from_ns = r->episode.from_ns, .to_ns = r->episode.to_ns,
				  .packets = r->episode.packets, .bytes = r->episode.bytes };

	if (!r->again)
		return;
	tell_full(r);
	r->again = false;
	r->losses[LOSS_DISK].due_ns = 0;
	snprintf(e.message, sizeof(e.message), "%s: it can be written again; %llu packets were dropped", r->name,
		 (unsigned long long)e.packets);
	memset(&r->episode, 0, sizeof(r->episode));
	tell(r, &e);
}

static void tell_evicted(struct record *r, bool all)
{
	struct record_event e = r->evictions;

	if (!e.segments || (!all && r->evictions_told_ns && r->now_ns - r->evictions_told_ns < 60 * SECOND_NS))
		return;
	r->evictions_told_ns = r->now_ns;
	memset(&r->evictions, 0, sizeof(r->evictions));
	e.kind = RECORD_EVICTED;
	snprintf(e.message, sizeof(e.message), "%s: %llu of the oldest segments (%llu bytes) made room for new packets", r->name,
		 (unsigned long long)e.segments, (unsigned long long)e.bytes);
	tell(r, &e);
}

static void look_at_clocks(struct record *r)
{
	int64_t offset = record_wall(r) - r->now_ns, step = offset - r->wall_offset_ns;
	struct record_event e = { .kind = RECORD_CLOCK_CHANGED, .from_ns = r->now_ns + r->wall_offset_ns,
				  .to_ns = r->now_ns + offset };

	r->wall_offset_ns = offset;
	if (step > -STEP_NS && step < STEP_NS)
		return;
	snprintf(e.message, sizeof(e.message), "%s: the clock was set %s by %lld.%03lld s; nothing is evicted for it", r->name,
		 step < 0 ? "back" : "forward", (long long)llabs(step / SECOND_NS), (long long)llabs(step % SECOND_NS) / 1000000);
	tell(r, &e);
}

static void tell_no_index(struct record *r)
{
	struct record_event e = { .kind = RECORD_NO_INDEX, .error = r->no_index_error };

	if (!r->no_index_error)
		return;
	snprintf(e.message, sizeof(e.message), "%s: the index of a segment could not be written: %s; it will be made at the next "
		 "start", r->name, strerror(r->no_index_error));
	r->no_index_error = 0;
	tell(r, &e);
}

static bool is_old(const struct record *r)
{
	int64_t most = r->o.segment_ns;

	/* what is to go after an hour must not wait for a full segment */
	if (r->limits.age_ns && (!most || most > r->limits.age_ns / PARTS))
		most = r->limits.age_ns / PARTS;
	return most && r->segment_since_ns && r->now_ns - r->segment_since_ns >= most;
}

void record_tick(struct record *r)
{
	record_mono(r);
	look_at_clocks(r);
	if (r->restart)
		begin(r);
	if ((r->rotate || is_old(r)) && has_packets(r))
		next_segment(r);
	else
		r->rotate = false;
	if (r->ninterfaces)
		writer_flush(r->writer, NULL);
	limits_look(r);
	limits_room(r, 0);
	limits_age(r);
	tell_full(r);
	tell_again(r);
	tell_evicted(r, false);
	tell_no_index(r);
	loss_write(r, false);
	record_publish(r);
}

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void set_options(struct record *r, const struct record_options *o)
{
	r->o = *o;
	r->limits = o->limits;
	if (!r->o.wall_clock)
		r->o.wall_clock = system_wall;
	if (!r->o.monotonic_clock)
		r->o.monotonic_clock = system_monotonic;
	if (!r->o.write)
		r->o.write = write;
	r->segment_asked = o->segment_bytes ? o->segment_bytes : SEGMENT;
	size_segments(r);
	snprintf(r->name, sizeof(r->name), "%s", o->name ? o->name : "record");
	r->dirfd = o->dirfd;
	r->fd = r->lock = r->index.fd = -1;
	tally_clear(&r->waiting);
	tally_clear(&r->segment);
	record_mono(r);
	r->open_ns = r->now_ns;
	r->open_wall_ns = record_wall(r);
	r->wall_offset_ns = r->open_wall_ns - r->now_ns;
}

static int open_writer(struct record *r, struct errmsg *err)
{
	struct writer_options w = { .format = FORMAT_PCAPNG, .application = r->o.application, .comment = r->o.comment,
				    .buffer_bytes = r->o.buffer_bytes ? r->o.buffer_bytes : BUFFER, .sink = output_write,
				    .sink_user = r };

	return writer_open(&r->writer, -1, r->name, &w, err);
}

static bool make_room(void *user)
{
	return limits_evict(user);
}

static void release(struct record *r)
{
	r->closed = true;
	writer_close(r->writer, NULL);
	index_maker_release(&r->index);
	segment_sync_wait(&r->sync);
	if (r->lock >= 0)
		close(r->lock);
	free(r->interfaces);
	free(r->stamps);
	free(r);
}

/* How many packets were in it nobody knows; whoever counts what came knows how many are missing. */
static void enter_cut(struct record *r, const struct record_recovery *c)
{
	struct ledger_entry e = { .time_ns = record_wall(r), .kind = LOSS_CRASH, .bytes = c->cut_bytes, .from_ns = r->last_ns };

	if (!c->cut_bytes)
		return;
	snprintf(e.note, sizeof(e.note), "segment %06llu ended in the middle of a packet; %llu bytes were cut off",
		 (unsigned long long)c->cut_segment, (unsigned long long)c->cut_bytes);
	ledger_append(r->dirfd, &e, NULL); /* on a full disk it stays with who asked for `recovery` */
}

int record_open(struct record **out, const struct record_options *o, struct record_recovery *recovery, struct errmsg *err)
{
	struct record *r = calloc(1, sizeof(*r));
	struct record_recovery ignored;
	int rc;

	*out = NULL;
	if (!r)
		return errmsg_set(err, NW_ELIMIT, "no memory for a record");
	if (!recovery)
		recovery = &ignored;
	memset(recovery, 0, sizeof(*recovery));
	set_options(r, o);
	r->stamps = calloc(STAMPS, sizeof(*r->stamps));
	rc = r->stamps ? recover_lock(r, err) : errmsg_set(err, NW_ELIMIT, "%s: no memory", r->name);
	if (!rc)
		rc = index_maker_init(&r->index, r->dirfd, r->segment_asked, err); /* limits can be raised */
	if (!rc)
		rc = recover(r, recovery, err);
	if (!rc)
		rc = open_writer(r, err);
	if (rc) {
		release(r);
		return rc;
	}
	r->index.make_room = make_room;
	r->index.user = r;
	index_maker_begin(&r->index, r->number + 1);
	enter_cut(r, recovery);
	record_publish(r);
	*out = r;
	return 0;
}

/* A segment without a packet says nothing, unless it is all there is: then it names the interfaces. */
static void remove_empty(struct record *r)
{
	char name[SEGMENT_NAME_SIZE];

	if (r->segments < 2)
		return;
	r->segments--;
	segment_name(name, r->number);
	unlinkat(r->dirfd, name, 0);
	segment_index_name(name, r->number);
	unlinkat(r->dirfd, name, 0);
}

int record_close(struct record *r, struct errmsg *err)
{
	bool empty;
	int rc = 0;

	if (!r)
		return 0;
	record_mono(r);
	r->full_retry_ns = 0; /* a last try */
	if (r->restart)
		begin(r);
	empty = r->fd >= 0 && !has_packets(r);
	segment_sync_wait(&r->sync); /* so that the last one has its turn */
	if (r->fd >= 0 || r->waiting.packets)
		end_segment(r);
	if (empty)
		remove_empty(r);
	tell_full(r);
	tell_again(r);
	tell_evicted(r, true);
	tell_no_index(r);
	if (r->full)
		rc = errmsg_set(err, NW_ESYS, "%s: the last %llu packets could not be written: %s", r->name,
				(unsigned long long)r->episode.packets,
				r->full_error ? strerror(r->full_error) : r->full_limit);
	loss_write(r, true);
	record_publish(r);
	release(r);
	return rc;
}
