/* SPDX-License-Identifier: MIT */
/*
 * What a query will have to read, worked out before it starts: each index is asked once. The answer says how long it will
 * take, and segments without anything to read are not opened again. Sets of chunks are not kept, they are cheap to find
 * again (the pages of the index are in the cache then), and there may be thousands of segments.
 */
#include "query_private.h"
#include "store/segment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { AHEAD = 64, AHEAD_BYTES = 16 * 1024 };

uint64_t query_live_end(const struct query *q, uint64_t number, uint64_t size)
{
	struct progress p;

	if (!q->o.progress)
		return size;
	progress_read(q->o.progress, &p);
	return p.segment == number && p.segment_bytes < size ? p.segment_bytes : size;
}

static struct planned_segment *plan_add(struct query *q, uint64_t number, struct errmsg *err)
{
	struct planned_segment *s;

	if (!(q->planned & (q->planned - 1))) {
		size_t size = q->planned ? 2 * q->planned : 1;
		struct planned_segment *grown = reallocarray(q->plan, size, sizeof(*grown));

		if (!grown) {
			errmsg_set(err, NW_ELIMIT, "no memory for a query over %zu segments", size);
			return NULL;
		}
		q->plan = grown;
	}
	s = &q->plan[q->planned++];
	*s = (struct planned_segment){ .number = number, .packets = UINT32_MAX };
	return s;
}

/* Segments up to here were read by the query that this one continues. */
static bool passed(const struct query *q, uint64_t number)
{
	return query_judges_alone(q) && (number < q->o.after.segment || q->from_end);
}

/* The beginnings of the indexes to come, asked of the disk all together: waiting for one after the other is most of what a
 * query from a cold cache takes. */
static uint64_t read_ahead(const struct query *q, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];

	for (unsigned i = 0; number && i < AHEAD; i++) {
		int fd;

		segment_index_name(name, number);
		fd = openat(q->o.dir_fd, name, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			posix_fadvise(fd, 0, AHEAD_BYTES, POSIX_FADV_WILLNEED);
			close(fd);
		}
		number = segment_next(q->o.dir_fd, number);
	}
	return number;
}

static int plan_segment(struct query *q, uint64_t number, struct errmsg *err)
{
	struct query_cost *c = &q->cost;
	struct segment_view v;
	uint64_t chunks = 1, bytes, packets = 0;
	struct planned_segment *s;
	int rc = segment_view_open(q, &v, number, err);

	if (rc <= 0)
		return rc;
	q->last_segment = number;
	q->last_bytes = bytes = v.index || q->file ? v.size : query_live_end(q, number, v.size);
	c->segments++;
	c->bytes += v.size;
	c->chunks += v.index ? index_info(v.index)->chunks : 1;
	s = plan_add(q, number, err);
	if (s && v.index)
		segment_view_cost(&v, &chunks, &bytes, &packets);
	else if (v.counted)
		packets = v.packets;
	else
		c->packets_known = false;
	if (s && chunks && bytes) {
		s->wanted = true;
		s->packets = v.counted && packets < UINT32_MAX ? (uint32_t)packets : UINT32_MAX;
		c->segments_read++;
		c->chunks_read += chunks;
		c->bytes_read += bytes;
		c->packets_at_most += packets;
	}
	if (q->from_end && v.counted) /* closed: then its end has a number */
		q->o.after = (struct query_position){ number, v.packets };
	segment_view_close(&v);
	return s ? 0 : NW_ELIMIT;
}

int query_make_plan(struct query *q, struct errmsg *err)
{
	uint64_t number = q->file ? 1 : segment_next(q->o.dir_fd, 0), ahead = number;
	int rc = 0;

	q->from_end = q->o.after.segment == UINT64_MAX;
	q->cost.packets_known = true;
	for (unsigned i = 0; number && !rc; i++) {
		uint64_t next = q->file ? 0 : segment_next(q->o.dir_fd, number);

		if (i % AHEAD == 0 && !q->file && !q->o.no_index)
			ahead = read_ahead(q, ahead);
		if (!passed(q, number) || (q->from_end && !next)) {
			rc = plan_segment(q, number, err);
		} else {
			q->cost.segments++;
			rc = plan_add(q, number, err) ? 0 : NW_ELIMIT;
			q->last_segment = number;
		}
		number = next;
	}
	if (q->o.limit && q->cost.packets_at_most > q->o.limit)
		q->cost.packets_at_most = q->o.limit;
	return rc;
}
