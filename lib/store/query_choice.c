/* SPDX-License-Identifier: MIT */
/*
 * Which chunks of a segment can match: those in the time range, of which the index does not deny what the filter demands
 * (filter/narrow.h), behind the place where the query goes on.
 *
 * A flow is asked for together with its hosts and ports: where a chunk's set of flows is not complete, these still tell.
 */
#include "query_private.h"
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool any_of(const uint64_t *set, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++)
		if (set[i])
			return true;
	return false;
}

static void fill(uint64_t *set, uint32_t chunks)
{
	for (uint32_t i = 0; i < (chunks + 63) / 64; i++)
		set[i] = i == chunks / 64 ? (1ull << chunks % 64) - 1 : UINT64_MAX;
}

static void leaf_chunks(const struct index *x, const struct narrow_term *t, uint64_t *set)
{
	const struct narrow_end *a = &t->end[0], *b = &t->end[1];

	switch (t->kind) {
	case NARROW_HOST: index_lookup(x, KEY_HOST, key_host(a->addr, a->len), set); break;
	case NARROW_PORT: index_lookup(x, KEY_PORT, key_port(a->port), set); break;
	case NARROW_FLOW:
		index_lookup(x, KEY_FLOW, key_flow(a->addr, a->port, b->addr, b->port, a->len, t->ipproto), set);
		break;
	case NARROW_TIME: index_lookup_time(x, t->from_ns, t->to_ns, set); break;
	case NARROW_NOTHING: memset(set, 0, index_words(x) * sizeof(*set)); break;
	default: fill(set, index_info(x)->chunks);
	}
}

/* set := the chunks of which the term may be true; `spare` has room for as many sets as the tree is deep. */
static void term_chunks(const struct index *x, const struct narrow *n, const struct narrow_term *t, uint64_t *set, uint64_t *spare)
{
	uint32_t words = index_words(x);
	bool all = t->kind == NARROW_ALL_OF;

	if (!all && t->kind != NARROW_ONE_OF) {
		leaf_chunks(x, t, set);
		return;
	}
	for (uint16_t i = t->first; i; i = n->term[i].next) {
		term_chunks(x, n, &n->term[i], i == t->first ? set : spare, spare + words);
		for (uint32_t w = 0; i != t->first && w < words; w++)
			set[w] = all ? set[w] & spare[w] : set[w] | spare[w];
		if (all && !any_of(set, words))
			return;
	}
}

/* Only what is behind `after`, when those before need not be seen. */
static void drop_before(const struct query *q, const struct segment_view *v)
{
	const struct query_position *after = &q->o.after;
	uint64_t packets = 0;

	if (!query_judges_alone(q) || v->number != after->segment)
		return;
	for (uint32_t i = 0; i < index_info(v->index)->chunks; i++) {
		packets += index_chunk(v->index, i)->packets;
		if (packets > after->packet)
			return;
		v->may[i / 64] &= ~(1ull << i % 64);
	}
}

static int choose(const struct query *q, struct segment_view *v, struct errmsg *err)
{
	uint32_t words = index_words(v->index);
	uint64_t *spare;

	v->may = calloc(words + 1u, (NARROW_DEPTH_MAX + 4) * sizeof(*v->may)); /* the spare ones are behind it */
	if (!v->may)
		return errmsg_set(err, NW_ELIMIT, "segment %llu: no memory for %u chunks", (unsigned long long)v->number,
				  index_info(v->index)->chunks);
	spare = v->may + words;
	if (q->narrow.needs == NEEDS_PACKET)
		index_as_they_stand(v->index);
	index_lookup_time(v->index, q->o.from_ns, q->o.to_ns, v->may);
	if (q->filter && q->narrow.term[0].kind != NARROW_ANYTHING && any_of(v->may, words)) {
		term_chunks(v->index, &q->narrow, &q->narrow.term[0], spare, spare + words);
		for (uint32_t w = 0; w < words; w++)
			v->may[w] &= spare[w];
	}
	drop_before(q, v);
	return 0;
}

/* The index, if it is there and says something that is of use. */
static int take_index(const struct query *q, struct segment_view *v, struct errmsg *err)
{
	const struct index_info *info;
	int rc = index_open(&v->index, q->o.dir_fd, v->number, NULL);

	if (rc == NW_ELIMIT)
		return errmsg_set(err, rc, "segment %llu: no memory for its index", (unsigned long long)v->number);
	if (rc)
		return 0; /* none, or not of this segment */
	info = index_info(v->index);
	v->counted = true;
	v->packets = info->packets;
	v->before = info->all_packets >= info->packets ? info->all_packets - info->packets : 0;
	if (!q->o.no_index && !info->late_interfaces && info->segment_bytes <= v->size)
		return choose(q, v, err);
	index_close(v->index);
	v->index = NULL;
	return 0;
}

int segment_view_open(struct query *q, struct segment_view *v, uint64_t number, struct errmsg *err)
{
	struct stat st;

	*v = (struct segment_view){ .number = number };
	v->fd = q->file ? openat(q->o.dir_fd, q->file, O_RDONLY | O_CLOEXEC) : segment_open(q->o.dir_fd, number);
	if (v->fd < 0 && q->file)
		return errmsg_errno(err, "%s: cannot open it", q->file);
	if (v->fd < 0)
		return errno == ENOENT ? 0 : errmsg_errno(err, "segment %llu: cannot open it", (unsigned long long)number);
	if (fstat(v->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		segment_view_close(v);
		return errmsg_set(err, NW_EINPUT, "%s: is no file", q->file ? q->file : "a segment");
	}
	v->size = (uint64_t)st.st_size;
	if (!q->file) {
		int rc = take_index(q, v, err);

		if (rc) {
			segment_view_close(v);
			return rc;
		}
	}
	return 1;
}

void segment_view_close(struct segment_view *v)
{
	if (v->fd >= 0)
		close(v->fd);
	index_close(v->index);
	free(v->may);
	*v = (struct segment_view){ .fd = -1 };
}

void segment_view_cost(const struct segment_view *v, uint64_t *chunks, uint64_t *bytes, uint64_t *packets)
{
	*chunks = *bytes = *packets = 0;
	for (uint32_t i = 0; i < index_info(v->index)->chunks; i++) {
		const struct index_chunk *c = index_chunk(v->index, i);

		if (!(v->may[i / 64] >> i % 64 & 1))
			continue;
		++*chunks;
		*bytes += c->bytes;
		*packets += c->packets;
	}
}
