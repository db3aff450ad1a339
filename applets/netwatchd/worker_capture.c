/* SPDX-License-Identifier: MIT */
/*
 * The interfaces of a worker: each has its own ring of the kernel's, all are written into one record.
 *
 *	opened (rights) ── rights dropped ── begun ──┬── goes down, comes back     told; goes on
 *	                                             └── disappears                its part ends; the last one ends the worker
 *
 * Once a second the counters are asked for. What the kernel or the interface dropped goes to the record, for the ledger and
 * the progress page, and is told.
 */
#include "worker.h"

#include <stdio.h>
#include <time.h>

enum { DRAIN_STEP_NS = 2000000, TICK_NS = 200000000 };

static const char *name_of(const struct worker_source *s)
{
	return capture_interface(s->capture)->name;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static int open_source(struct worker *w, const char *name, struct errmsg *err)
{
	const struct session_settings *o = &w->settings;
	struct worker_source *s = &w->sources[w->nsources];
	const struct capture_options c = {
		.interface = name,
		.netns = o->netns[0] ? o->netns : NULL,
		.snaplen = o->snaplen,
		.buffer_bytes = o->buffer_bytes,
		.no_promiscuous = o->no_promiscuous,
		.direction = (enum capture_direction)o->direction,
		.nano = true,
		.linktype = -1,
		.hold = true,
	};
	int bad = capture_open(&s->capture, &c, err);

	if (!bad)
		bad = capture_check_filter(s->capture, o->filter, err);
	if (bad) {
		capture_close(s->capture);
		s->capture = NULL;
		return bad;
	}
	s->worker = w;
	w->nsources++;
	return 0;
}

static void tell_state(struct worker *w, enum event_kind kind, const char *name)
{
	json_add_str(worker_event(w, kind), "interface", name);
	worker_event_end(w);
}

struct search {
	const char *name;
	bool usable;
};

static void compare_device(void *user, const struct capture_device *d)
{
	struct search *s = user;

	s->usable |= d->up && !strcmp(d->name, s->name);
}

/* There is none of this name, or it is down: either may change. */
static bool is_missing(const char *name, const char *netns)
{
	struct search s = { .name = name };

	return capture_devices(*netns ? netns : NULL, compare_device, &s, NULL) >= 0 && !s.usable;
}

int worker_sources_open(struct worker *w, bool again, struct errmsg *err)
{
	int bad = 0;

	for (unsigned i = 0; i < w->settings.interface_count; i++) {
		const char *name = w->settings.interfaces[i];
		bool missing;

		bad = open_source(w, name, err);
		missing = bad == NW_EINPUT && is_missing(name, w->settings.netns);
		w->missing |= missing;
		if (missing && again)
			tell_state(w, EVENT_INTERFACE_GONE, name);
		else if (bad)
			return bad;
	}
	return w->nsources ? 0 : bad;
}

void worker_sources_close(struct worker *w)
{
	for (unsigned i = 0; i < w->nsources; i++) {
		loop_remove_fd(&w->sources[i].io);
		capture_close(w->sources[i].capture);
	}
	w->nsources = 0;
}

/* ---- packets ----------------------------------------------------------------------------------- */

/* The limits count what is in the record; what the disk had no room for is still to come. */
static bool enough(struct worker *w)
{
	struct progress p;

	if (w->packets_left && w->bytes_left)
		return false;
	record_tick(w->record);
	record_progress(w->record, &p);
	if (w->packets_until != UINT64_MAX)
		w->packets_left = w->packets_until > p.packets ? w->packets_until - p.packets : 0;
	if (w->bytes_until != UINT64_MAX)
		w->bytes_left = w->bytes_until > p.bytes ? w->bytes_until - p.bytes : 0;
	return !w->packets_left || !w->bytes_left;
}

static int take(void *user, const struct frame *f, struct errmsg *err)
{
	struct worker_source *s = user;
	struct worker *w = s->worker;

	(void)err;
	w->taken++;
	if (__builtin_expect(record_frame(w->record, f, s->ifid) < 0, 0))
		w->refused++;
	if (__builtin_expect(--w->packets_left && w->bytes_left > f->wirelen, 1)) {
		w->bytes_left -= w->bytes_left == UINT64_MAX ? 0 : f->wirelen;
		return 0;
	}
	w->bytes_left = w->packets_left ? 0 : w->bytes_left;
	return enough(w) ? NW_ELIMIT : 0; /* leaves the dispatch */
}

/* What the kernel has taken already is still in the ring, or in a block that it hands over within the time-out. */
static void take_rest(struct worker_source *s)
{
	struct worker *w = s->worker;

	capture_stop(s->capture);
	do {
		capture_dispatch(s->capture, 0, take, s, NULL);
		record_tick(w->record);
	} while (!enough(w) && capture_pending(s->capture) && !nanosleep(&(struct timespec){ .tv_nsec = DRAIN_STEP_NS }, NULL));
}

/* An interface is gone. The others go on; it takes rights to open one, so a worker without any has to end. */
static void source_lost(struct worker_source *s, const struct errmsg *why)
{
	struct worker *w = s->worker;
	struct errmsg last;

	loop_remove_fd(&s->io);
	take_rest(s);
	s->lost = true;
	w->alive--;
	tell_state(w, EVENT_INTERFACE_GONE, name_of(s));
	if (w->alive || w->reason)
		return;
	errmsg_set(&last, NW_ECONN, "%s; it was the last one of this session", why->text);
	worker_fail(w, NW_ECONN, &last);
}

static void tick(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, tick);

	record_tick(w->record);
	if (w->taken != w->ticked)
		loop_add_timer(&w->loop, t, w->loop.now_ns + TICK_NS);
	w->ticked = w->taken;
}

static void source_take(struct worker_source *s)
{
	struct worker *w = s->worker;
	struct errmsg why;
	int n = capture_dispatch(s->capture, 0, take, s, &why);

	if (enough(w))
		worker_limit_reached(w, w->packets_left ? "bytes" : "packets");
	else if (n < 0)
		source_lost(s, &why);
	else if (n && !w->tick.loop) {
		w->tick.fire = tick;
		loop_add_timer(&w->loop, &w->tick, w->loop.now_ns + TICK_NS);
	}
}

static void source_ready(struct loop_fd *h, uint32_t events)
{
	(void)events;
	source_take(container_of(h, struct worker_source, io));
}

/* ---- once a second ----------------------------------------------------------------------------- */

/* Packets that were lost since the last look. */
static void note_loss(struct worker_source *s, enum loss_kind kind, uint64_t packets, int64_t now_ns)
{
	struct worker *w = s->worker;
	char note[128];

	if (!packets)
		return;
	snprintf(note, sizeof(note), kind == LOSS_KERNEL ? "%s: the ring was full" : "%s: dropped by the interface or its driver",
		 name_of(s));
	record_loss(w->record, kind, packets, w->looked_ns, now_ns, note);
	worker_lost(kind == LOSS_KERNEL ? &s->kernel : &s->interface, packets, w->looked_ns, now_ns);
}

static void look_at_counters(struct worker_source *s, int64_t now_ns)
{
	struct capture_counters k;

	capture_counters(s->capture, &k, NULL);
	note_loss(s, LOSS_KERNEL, k.dropped - s->known.dropped, now_ns);
	note_loss(s, LOSS_INTERFACE, k.ifdropped - s->known.ifdropped, now_ns);
	record_statistics(s->worker->record, s->ifid, &k);
	s->known = k;
}

/* The kernel does not wake us for an interface that goes for good: a dispatch finds out. */
static void look_at_state(struct worker_source *s)
{
	bool down = !capture_is_up(s->capture);

	if (down && !s->worker->reason)
		source_take(s);
	if (down != s->down && !s->lost)
		tell_state(s->worker, down ? EVENT_INTERFACE_DOWN : EVENT_INTERFACE_UP, name_of(s));
	s->down = down;
}

/* The record enters its own losses in the ledger. */
static void look_at_disk(struct worker *w, int64_t now_ns)
{
	struct progress p;

	record_progress(w->record, &p);
	if (p.disk_dropped > w->disk_dropped)
		worker_lost(&w->events.disk, p.disk_dropped - w->disk_dropped, w->looked_ns, now_ns);
	w->disk_dropped = p.disk_dropped;
	if (w->refused)
		worker_log(w, LEVEL_ERROR, "%llu packets were no packets to the record", (unsigned long long)w->refused);
	w->refused = 0;
}

void worker_look(struct worker *w)
{
	int64_t now = loop_realtime_ns();

	for (unsigned i = 0; i < w->nsources; i++)
		if (!w->sources[i].lost)
			look_at_state(&w->sources[i]);
	for (unsigned i = 0; i < w->nsources; i++)
		look_at_counters(&w->sources[i], now);
	record_tick(w->record);
	look_at_disk(w, now);
	worker_tell_losses(w);
	worker_tell_kept(w);
	w->looked_ns = now;
}

static void watch(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, watch);

	worker_look(w);
	loop_add_timer(&w->loop, t, w->loop.now_ns + worker_second_ns);
}

/* ---- begin and end ----------------------------------------------------------------------------- */

int worker_sources_begin(struct worker *w, struct errmsg *err)
{
	int bad = 0;

	for (unsigned i = 0; i < w->nsources && !bad; i++)
		bad = record_interface(w->record, capture_interface(w->sources[i].capture), &w->sources[i].ifid, err);
	w->looked_ns = w->started_ns = loop_realtime_ns();
	for (unsigned i = 0; i < w->nsources && !bad; i++) {
		struct worker_source *s = &w->sources[i];

		bad = capture_set_filter(s->capture, w->settings.filter, true, err);
		s->io = (struct loop_fd){ .fd = capture_fd(s->capture), .events = LOOP_READ, .ready = source_ready };
		if (!bad)
			bad = loop_add_fd(&w->loop, &s->io, err);
		w->alive++;
	}
	w->watch.fire = watch;
	loop_add_timer(&w->loop, &w->watch, w->loop.now_ns + worker_second_ns);
	return bad;
}

void worker_sources_stop(struct worker *w)
{
	for (unsigned i = 0; i < w->nsources; i++) {
		loop_remove_fd(&w->sources[i].io);
		capture_stop(w->sources[i].capture);
	}
	for (unsigned i = 0; i < w->nsources && !enough(w); i++)
		if (!w->sources[i].lost)
			take_rest(&w->sources[i]);
}
