/* SPDX-License-Identifier: MIT */
/*
 * One segment after the other. Of one with an index the wanted chunks are read, neighbours in one window; of one without,
 * which mostly is the newest, all there is, and when following what comes:
 *
 *	with index      head | . . W W W . . W . |        windows of the reader: the head, then [W W W], then [W]
 *	without         head, packets ........... | end   one window, moved on as the end moves
 *
 * The end of the newest segment is what the writer's page says; without a page, or with that of a writer that is gone, it is
 * the file's, whose last block may be torn: then reading stops before it, and looks there again when the file has grown.
 * A segment is complete when there is a newer one.
 */
#include "query_private.h"
#include "store/segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_MAX = 1 << 20 }; /* bytes of a packet block that are believed; CAPTURE_SNAPLEN_MAX and its options */

void query_segment_close(struct query *q)
{
	struct segment_view *v = &q->view;

	if (v->fd < 0)
		return;
	q->finished = v->number;
	q->finished_total = v->before + (v->counted ? v->packets : q->packet);
	reader_close(q->reader);
	q->reader = NULL;
	q->mapped = 0;
	segment_view_close(v);
}

static void note_damage(struct query *q, const struct errmsg *why)
{
	if (!q->done.damaged++)
		snprintf(q->done.damage, sizeof(q->done.damage), "%.159s", why->text);
}

/* ---- which segment -------------------------------------------------------------------------------- */

static void note_missed(struct query *q, uint64_t segments, uint64_t packets)
{
	q->done.missed_segments += segments;
	q->done.missed_packets += packets;
}

/* Those of the plan before `number` (0: all of them) are gone. */
static void note_gone(struct query *q, uint64_t number)
{
	for (; q->next_planned < q->planned && (!number || q->plan[q->next_planned].number < number); q->next_planned++) {
		const struct planned_segment *s = &q->plan[q->next_planned];

		if (s->wanted)
			note_missed(q, 1, s->packets == UINT32_MAX ? 0 : s->packets);
	}
}

/* How many packets the session had before this segment, for their numbers. */
static uint64_t packets_before(const struct query *q, const struct segment_view *v)
{
	uint64_t before = 0;
	struct index *x;

	if (v->counted)
		return v->before;
	if (q->finished && q->finished == v->number - 1 && q->finished_total != UINT64_MAX)
		return q->finished_total;
	if (!q->file && v->number > 1 && !index_open(&x, q->o.dir_fd, v->number - 1, NULL)) {
		before = index_info(x)->all_packets;
		index_close(x);
	}
	return before;
}

/* Segments that came and went while this query was busy with others. */
static void note_gap(struct query *q, const struct segment_view *v)
{
	uint64_t gap = v->number - q->finished - 1;

	if (!q->finished || !gap)
		return;
	note_missed(q, gap, v->counted && q->finished_total != UINT64_MAX && v->before > q->finished_total ?
			    v->before - q->finished_total : 0);
}

static bool time_is_up(struct query *q)
{
	struct timespec now;

	if (q->o.to_ns == INT64_MAX)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec - QUERY_LATE_NS > q->o.to_ns;
}

/* Nothing more is there: for now or for ever. */
static int nothing(struct query *q)
{
	if (!q->o.follow || time_is_up(q)) {
		note_gone(q, 0);
		q->ended = true;
	}
	return 0;
}

static int next_segment(struct query *q, struct errmsg *err)
{
	for (;;) {
		uint64_t number = q->file ? !q->finished : segment_next(q->o.dir_fd, q->finished);
		bool planned;
		int rc;

		if (!number || (!q->o.follow && number > q->last_segment))
			return nothing(q);
		note_gone(q, number);
		planned = q->next_planned < q->planned && q->plan[q->next_planned].number == number;
		if (planned && !q->plan[q->next_planned].wanted && !(q->o.follow && number == q->last_segment)) {
			q->next_planned++;
			q->finished = number;
			q->finished_total = UINT64_MAX;
			continue;
		}
		rc = segment_view_open(q, &q->view, number, err);
		if (rc < 0)
			return rc;
		if (!rc) { /* evicted in this moment */
			if (planned)
				note_gone(q, number + 1);
			q->finished = number;
			q->finished_total = UINT64_MAX;
			continue;
		}
		q->next_planned += planned;
		if (!planned)
			note_gap(q, &q->view);
		q->view.before = packets_before(q, &q->view);
		q->chunk = q->mapped = 0;
		q->chunk_packets = q->packet = q->at = q->seen = 0;
		return 1;
	}
}

/* ---- windows ---------------------------------------------------------------------------------------- */

static int open_reader(struct query *q, uint64_t end, struct errmsg *err)
{
	struct reader_options o = { .max_record = RECORD_MAX, .end = end };
	char name[SEGMENT_NAME_SIZE];

	if (q->reader)
		return 0;
	segment_name(name, q->view.number);
	lseek(q->view.fd, 0, SEEK_SET); /* an earlier try may have read the beginning of a head */
	return reader_open_fd(&q->reader, q->view.fd, q->file ? q->file : name, &o, err);
}

/* May all of the chunk be counted off `skip` unread? */
static bool skips(const struct query *q, const struct index_chunk *c)
{
	return !q->filter && !q->bpf_text && c->packets <= q->skip_left && c->first_ns >= q->o.from_ns && c->last_ns <= q->o.to_ns &&
	       !(q->view.number == q->o.after.segment && q->chunk_packets < q->o.after.packet);
}

/* The wanted chunk after this run is asked of the disk now, to come while this one is looked at. */
static void read_ahead(const struct query *q)
{
	const struct index *x = q->view.index;

	for (uint32_t i = q->chunk; i < index_info(x)->chunks; i++)
		if (q->view.may[i / 64] >> i % 64 & 1) {
			const struct index_chunk *c = index_chunk(x, i);

			posix_fadvise(q->view.fd, (off_t)c->offset, (off_t)c->bytes, POSIX_FADV_WILLNEED);
			return;
		}
}

/* The next run of wanted chunks. 1, 0: there is none; or an error. */
static int next_chunks(struct query *q, struct errmsg *err)
{
	const struct index *x = q->view.index;
	const struct index_info *info = index_info(x);
	uint64_t from = 0, end = 0;
	int rc;

	for (; q->chunk < info->chunks; q->chunk++) {
		const struct index_chunk *c = index_chunk(x, q->chunk);

		if (q->view.may[q->chunk / 64] >> q->chunk % 64 & 1) {
			if (end || !q->skip_left || !skips(q, c)) {
				if (!end) {
					q->packet = q->chunk_packets;
					from = c->offset;
				}
				end = c->offset + c->bytes;
			} else {
				q->skip_left -= c->packets;
			}
		} else if (end) {
			break;
		}
		q->chunk_packets += c->packets;
	}
	if (!end)
		return 0;
	rc = open_reader(q, info->head_bytes, err);
	if (!rc)
		rc = reader_seek(q->reader, from, end, err);
	if (!rc && end - from < q->view.size - info->head_bytes) {
		posix_fadvise(q->view.fd, 0, 0, POSIX_FADV_RANDOM); /* the kernel need not guess what comes next */
		read_ahead(q);
	}
	return rc ? rc : 1;
}

/* How far the segment can be read now. */
static uint64_t end_of_segment(struct query *q, bool *complete)
{
	struct stat st;

	*complete = true;
	if (!q->o.follow)
		return q->view.number == q->last_segment ? q->last_bytes : q->view.size;
	*complete = segment_next(q->o.dir_fd, q->view.number) != 0; /* asked first: then what fstat says is all */
	if (fstat(q->view.fd, &st) == 0)
		q->view.size = (uint64_t)st.st_size;
	return *complete ? q->view.size : query_live_end(q, q->view.number, q->view.size);
}

/* What came since the last window of a segment without an index. */
static int next_bytes(struct query *q, bool *complete, struct errmsg *err)
{
	uint64_t end = end_of_segment(q, complete);
	int rc;

	if (end <= q->seen)
		return 0;
	if (q->reader) {
		rc = reader_seek(q->reader, q->at, end, err);
		q->seen = end;
		return rc ? rc : 1;
	}
	rc = open_reader(q, end, err);
	if (rc == NW_EINPUT && !*complete)
		return 0; /* not even the head is there yet */
	q->seen = end;
	return rc ? rc : 1;
}

int query_advance(struct query *q, struct errmsg *err)
{
	for (;;) {
		struct errmsg why;
		bool complete = true;
		int rc;

		if (q->view.fd < 0) {
			rc = next_segment(q, err);
			if (rc <= 0)
				return rc;
		}
		rc = q->view.index ? next_chunks(q, &why) : next_bytes(q, &complete, &why);
		if (rc > 0)
			return 1;
		if (rc == NW_ELIMIT)
			return errmsg_set(err, rc, "%s", why.text);
		if (rc < 0)
			note_damage(q, &why);
		if (!rc && !complete)
			return nothing(q);
		query_segment_close(q);
	}
}

void query_window_done(struct query *q)
{
	q->at = reader_offset(q->reader);
}

void query_window_broken(struct query *q, const struct errmsg *why)
{
	const struct index *x = q->view.index;
	bool newest = !q->file && segment_next(q->o.dir_fd, q->view.number) == 0;

	q->at = reader_offset(q->reader);
	if (!x && newest && reader_was_cut(q->reader))
		return; /* a block that is being written, or was when the writer died */
	note_damage(q, why);
	if (!x) {
		q->seen = UINT64_MAX;
		return;
	}
	for (q->chunk = 0, q->chunk_packets = 0; q->chunk < index_info(x)->chunks; q->chunk++) {
		if (index_chunk(x, q->chunk)->offset > q->at)
			break;
		q->chunk_packets += index_chunk(x, q->chunk)->packets;
	}
}
