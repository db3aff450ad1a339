/* SPDX-License-Identifier: MIT */
/*
 * Packets over time, and nwexport --stats io,SECONDS: packets and bytes of each interval from the first packet on; intervals
 * without any are rows of zeros.
 */
#include "stat.h"

#include "base/text.h"

#include <stdlib.h>

enum { IO_INTERVALS_MAX = 1 << 20 };

/* ---- the slices ------------------------------------------------------------------------------------------ */

int timeline_init(struct timeline *t, int64_t interval_ns, uint32_t max, struct errmsg *err)
{
	*t = (struct timeline){ .interval_ns = interval_ns, .max = max };
	t->slice = calloc(max, sizeof(*t->slice));
	return t->slice ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for %u intervals", max);
}

void timeline_release(struct timeline *t)
{
	free(t->slice);
	t->slice = NULL;
}

static void halve(struct timeline *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct slice s = t->slice[i];

		t->slice[i] = (struct slice){ 0, 0 };
		t->slice[i / 2].packets += s.packets;
		t->slice[i / 2].bytes += s.bytes;
	}
	t->count = (t->count + 1) / 2;
	t->interval_ns *= 2;
	t->doublings++;
}

/* A packet from before the first: the intervals move to make room for it. */
static void extend_back(struct timeline *t, int64_t ts_ns)
{
	uint64_t back, by;

	for (;;) {
		back = (uint64_t)t->base_ns - (uint64_t)ts_ns;
		by = back / (uint64_t)t->interval_ns + (back % (uint64_t)t->interval_ns != 0);
		if (by + t->count <= t->max)
			break;
		if (t->interval_ns > INT64_MAX / 2)
			return; /* centuries: it goes into the first */
		halve(t);
	}
	memmove(t->slice + by, t->slice, t->count * sizeof(*t->slice));
	memset(t->slice, 0, by * sizeof(*t->slice));
	t->count += (uint32_t)by;
	if (__builtin_sub_overflow(t->base_ns, (int64_t)(by * (uint64_t)t->interval_ns), &t->base_ns))
		t->base_ns = INT64_MIN;
}

void timeline_add(struct timeline *t, const struct frame *f)
{
	uint64_t at;

	if (!f->has_ts) {
		t->untimed++;
		return;
	}
	if (!t->count) {
		t->base_ns = f->ts_ns;
		t->count = 1;
	}
	if (f->ts_ns < t->base_ns)
		extend_back(t, f->ts_ns);
	for (;;) {
		at = f->ts_ns < t->base_ns ? 0 : ((uint64_t)f->ts_ns - (uint64_t)t->base_ns) / (uint64_t)t->interval_ns;
		if (at < t->max)
			break;
		halve(t);
	}
	if (t->count <= at)
		t->count = (uint32_t)at + 1;
	t->slice[at].packets++;
	t->slice[at].bytes += f->wirelen;
}

int64_t timeline_start(const struct timeline *t, uint32_t i)
{
	int64_t ns;

	return __builtin_mul_overflow(t->interval_ns, (int64_t)i, &ns) ? INT64_MAX : ns;
}

int64_t timeline_at(const struct timeline *t, uint32_t i)
{
	int64_t ns;

	return __builtin_add_overflow(t->base_ns, timeline_start(t, i), &ns) ? INT64_MAX : ns;
}

/* ---- --stats io --------------------------------------------------------------------------------------------- */

static const struct row_column columns[] = {
	{ "time", "Time", ROW_TIME }, { "start", "Start", ROW_DURATION }, { "duration", NULL, ROW_DURATION },
	{ "packets", "Packets", ROW_COUNT }, { "bytes", "Bytes", ROW_BYTES }, { "pps", "Packets", ROW_PPS },
	{ "bps", "Bits", ROW_BPS }, { NULL }
};

struct io {
	struct rows *rows;
	struct timeline timeline;
};

static int io_begin(struct export *e, struct errmsg *err)
{
	struct io *v = calloc(1, sizeof(*v));
	int64_t interval_ns = 0;
	int rc;

	if (!v)
		return errmsg_set(err, NW_ELIMIT, "no memory for a report");
	if (!text_parse_duration(e->o.argument ? e->o.argument : "", &interval_ns) || interval_ns <= 0)
		rc = errmsg_set(err, NW_EINPUT, "--stats io,%s: expected how long an interval is: 1 (second), 100ms, 5m", e->o.argument);
	else
		rc = timeline_init(&v->timeline, interval_ns, IO_INTERVALS_MAX, err);
	if (!rc)
		rc = rows_open(&v->rows, e, false, err);
	if (rc) {
		timeline_release(&v->timeline);
		free(v);
		return rc;
	}
	e->state = v;
	return 0;
}

static void io_packet(struct export *e, struct packet *p)
{
	struct io *v = e->state;

	timeline_add(&v->timeline, p->frame);
}

static void put_slice(struct rows *r, const struct timeline *t, uint32_t i)
{
	const struct slice *s = &t->slice[i];
	double seconds = (double)t->interval_ns / 1e9;

	rows_ns(r, timeline_at(t, i));
	rows_ns(r, timeline_start(t, i));
	rows_ns(r, t->interval_ns);
	rows_u64(r, s->packets);
	rows_u64(r, s->bytes);
	rows_real(r, (double)s->packets / seconds);
	rows_real(r, (double)s->bytes * 8 / seconds);
}

static void io_end(struct export *e)
{
	struct io *v = e->state;
	struct timeline *t = &v->timeline;

	if (!e->abandoned) {
		rows_table(v->rows, NULL, NULL, columns);
		for (uint32_t i = 0; i < t->count; i++)
			put_slice(v->rows, t, i);
	}
	if (t->doublings)
		export_say(e, "intervals are %lld s long: there would be more than %d of those asked for",
			   (long long)(t->interval_ns / 1000000000), IO_INTERVALS_MAX);
	if (t->untimed)
		export_say(e, "%llu packets without a time are in no interval", (unsigned long long)t->untimed);
	rows_close(v->rows);
	timeline_release(t);
	free(v);
}

const struct export_format io_formats[] = ROWS_FORMATS(io_begin, io_packet, io_end, NULL);
