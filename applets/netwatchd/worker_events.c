/* SPDX-License-Identifier: MIT */
/*
 * What a worker has to tell. A front may be there, may be too busy to read, or may have been killed; the worker waits for
 * none of that:
 *
 *	event ──> to the front, if it takes it
 *	      └─> kept, oldest thrown away, told when there is a front again
 *	loss  ──> summed per interface and kind; one event a second for each sum, if the front takes it
 *
 * So what is kept is bounded, and the figures are exact although events may go: the record has them in the ledger and in
 * the progress page.
 */
#include "worker.h"
#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- events ------------------------------------------------------------------------------------ */

static void keep(struct worker_events *e, const char *text, size_t len)
{
	unsigned last = (e->first + e->count) % WORKER_EVENTS_KEPT;
	char *copy = strndup(text, len);

	if (e->count == WORKER_EVENTS_KEPT || (!copy && e->count)) {
		free(e->kept[e->first]);
		e->first = (e->first + 1) % WORKER_EVENTS_KEPT;
		e->count--;
		e->thrown++;
	}
	if (copy) {
		e->kept[last] = copy;
		e->count++;
	} else {
		e->thrown++;
	}
}

struct jsonout *worker_event(struct worker *w, enum event_kind kind)
{
	struct worker_events *e = &w->events;

	outbuf_fixed(&e->out, e->text, sizeof(e->text));
	jsonout_begin(&e->json, &e->out);
	json_open_object(&e->json);
	json_add_str(&e->json, "type", "event");
	json_add_str(&e->json, "event_type", event_rows[kind].name);
	json_add_ns(&e->json, "time", loop_realtime_ns());
	json_add_object(&e->json, "data");
	return &e->json;
}

void worker_event_end(struct worker *w)
{
	struct worker_events *e = &w->events;

	json_close(&e->json);
	json_close(&e->json);
	if (!jsonout_end(&e->json)) { /* one that is too long is none */
		e->thrown++;
		return;
	}
	worker_tell_kept(w);
	if (e->count || !worker_send(w, e->text, outbuf_len(&e->out)))
		keep(e, e->text, outbuf_len(&e->out));
}

void worker_tell_kept(struct worker *w)
{
	struct worker_events *e = &w->events;
	char text[120];
	int len;

	if (e->thrown) {
		len = snprintf(text, sizeof(text), "{\"type\":\"event\",\"event_type\":\"%s\",\"data\":{\"dropped\":%llu}}",
			       event_rows[EVENT_DROPPED].name, (unsigned long long)e->thrown);
		if (!worker_send(w, text, (size_t)len))
			return;
		e->thrown = 0;
	}
	while (e->count && worker_send(w, e->kept[e->first], strlen(e->kept[e->first]))) {
		free(e->kept[e->first]);
		e->first = (e->first + 1) % WORKER_EVENTS_KEPT;
		e->count--;
	}
}

void worker_events_release(struct worker *w)
{
	struct worker_events *e = &w->events;

	for (; e->count; e->count--, e->first = (e->first + 1) % WORKER_EVENTS_KEPT)
		free(e->kept[e->first]);
}

/* For the daemon's log; without a front it goes to standard error, which is the daemon's too. */
void worker_log(struct worker *w, enum log_level level, const char *fmt, ...)
{
	char line[600], text[WORKER_EVENT_MAX];
	struct jsonout json;
	struct outbuf o;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	outbuf_fixed(&o, text, sizeof(text));
	jsonout_begin(&json, &o);
	json_open_object(&json);
	json_add_str(&json, "type", "log");
	json_add_str(&json, "level", log_level_names[level]);
	json_add_str(&json, "text", line);
	json_close(&json);
	if (jsonout_end(&json) && worker_send(w, text, outbuf_len(&o)))
		return;
	message_printf("netwatchd", "worker %s: %s", w->id, line);
}

/* ---- losses ------------------------------------------------------------------------------------ */

void worker_lost(struct worker_loss *l, uint64_t packets, int64_t from_ns, int64_t to_ns)
{
	if (!l->packets)
		l->from_ns = from_ns;
	l->packets += packets;
	l->to_ns = to_ns;
}

static void tell(struct worker *w, struct worker_loss *l, enum loss_kind kind, const char *interface)
{
	struct jsonout *j;

	if (!l->packets || !w->link.io.loop)
		return;
	j = worker_event(w, EVENT_PACKET_LOSS);
	json_add_str(j, "kind", loss_kind_names[kind]);
	if (interface)
		json_add_str(j, "interface", interface);
	json_add_u64(j, "packets", l->packets);
	json_add_ns(j, "from", l->from_ns);
	json_add_ns(j, "to", l->to_ns);
	json_close(j);
	json_close(j);
	if (jsonout_end(j) && worker_send(w, w->events.text, outbuf_len(&w->events.out)))
		l->packets = 0;
}

void worker_tell_losses(struct worker *w)
{
	for (unsigned i = 0; i < w->nsources; i++) {
		struct worker_source *s = &w->sources[i];
		const char *name = capture_interface(s->capture)->name;

		tell(w, &s->kernel, LOSS_KERNEL, name);
		tell(w, &s->interface, LOSS_INTERFACE, name);
	}
	tell(w, &w->events.disk, LOSS_DISK, NULL);
}

/* ---- what the record tells --------------------------------------------------------------------- */

void worker_record_event(void *user, const struct record_event *e)
{
	static const enum event_kind kinds[] = {
		[RECORD_EVICTED] = EVENT_SEGMENT_EVICTED, [RECORD_DISK_FULL] = EVENT_DISK_FULL,
		[RECORD_DISK_AGAIN] = EVENT_DISK_RECOVERED, [RECORD_CLOCK_CHANGED] = EVENT_CLOCK_CHANGED,
	};
	struct worker *w = user;
	struct jsonout *j;

	if (e->kind == RECORD_NO_INDEX) {
		worker_log(w, LEVEL_WARNING, "%s", e->message);
		return;
	}
	j = worker_event(w, kinds[e->kind]);
	switch (e->kind) {
	case RECORD_EVICTED:
		json_add_u64(j, "segments", e->segments);
		json_add_u64(j, "bytes", e->bytes);
		break;
	case RECORD_DISK_AGAIN:
		json_add_u64(j, "packets", e->packets);
		json_add_u64(j, "bytes", e->bytes);
		json_add_ns(j, "from", e->from_ns);
		json_add_ns(j, "to", e->to_ns);
		break;
	case RECORD_CLOCK_CHANGED:
		json_add_ns(j, "before", e->from_ns);
		json_add_ns(j, "after", e->to_ns);
		json_add_ns(j, "step", e->to_ns - e->from_ns);
		break;
	default:
		break;
	}
	json_add_str(j, "message", e->message);
	worker_event_end(w);
}
