/* SPDX-License-Identifier: MIT */
/*
 * Several readers as one stream in the order of time. Each input has one frame
 * at the front; the earliest goes out, and only then does its reader move on,
 * so that the frame stays good until the next call. A few dozen inputs at most:
 * looking at all fronts is cheaper than keeping a heap.
 */
#include "pcapio/source.h"

#include <stddef.h>
#include <stdlib.h>

struct input {
	struct reader *reader;
	struct frame front;
	bool has_front, ended;
	int64_t ts_ns;        /* of the front; without a time: the one before it */
	uint32_t *map;        /* its ifid -> ours */
	uint32_t mapped, map_size;
};

struct merge {
	struct input *inputs;
	unsigned ninputs;
	struct input *taken;  /* whose front went out with the last call */
	uint64_t number;
	struct known {
		const struct interface *interface;
		uint32_t hash; /* of what makes two the same: a file may hold tens of thousands, all looked at for each new one */
	} *known;
	uint32_t ninterfaces, known_size;
};

/* The same interface in two files is one in the output. */
static bool same_interface(const struct interface *a, const struct interface *b)
{
	return memcmp(a, b, offsetof(struct interface, received)) == 0;
}

static uint32_t hash_interface(const struct interface *i)
{
	const uint8_t *p = (const uint8_t *)i;
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t n = 0; n < offsetof(struct interface, received); n++)
		h = (h ^ p[n]) * 16777619;
	return h;
}

static int add_interface(struct merge *m, const struct interface *i, uint32_t *id, struct errmsg *err)
{
	uint32_t hash = hash_interface(i);

	for (*id = 0; *id < m->ninterfaces; ++*id)
		if (m->known[*id].hash == hash && same_interface(m->known[*id].interface, i))
			return 0;
	if (m->ninterfaces == m->known_size) {
		uint32_t size = m->known_size ? 2 * m->known_size : 8;
		void *grown = realloc(m->known, size * sizeof(m->known[0]));

		if (!grown)
			return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", size);
		m->known = grown;
		m->known_size = size;
	}
	m->known[m->ninterfaces++] = (struct known){ i, hash };
	return 0;
}

/* Interfaces that have appeared in an input since the last look. */
static int map_interfaces(struct merge *m, struct input *in, struct errmsg *err)
{
	uint32_t count = reader_interfaces(in->reader);

	if (count > in->map_size) {
		uint32_t *grown = realloc(in->map, 2 * count * sizeof(*grown));

		if (!grown)
			return errmsg_set(err, NW_ELIMIT, "no memory for %u interfaces", count);
		in->map = grown;
		in->map_size = 2 * count;
	}
	for (; in->mapped < count; in->mapped++) {
		int rc = add_interface(m, reader_interface(in->reader, in->mapped), &in->map[in->mapped], err);

		if (rc)
			return rc;
	}
	return 0;
}

int merge_open(struct merge **out, struct reader *const *readers, unsigned count, struct errmsg *err)
{
	struct merge *m = calloc(1, sizeof(*m));
	int rc = 0;

	*out = NULL;
	if (m)
		m->inputs = calloc(count, sizeof(*m->inputs));
	if (!m || (!m->inputs && count)) {
		free(m);
		return errmsg_set(err, NW_ELIMIT, "no memory for %u inputs", count);
	}
	m->ninputs = count;
	for (unsigned i = 0; i < count && !rc; i++) {
		m->inputs[i].reader = readers[i];
		rc = map_interfaces(m, &m->inputs[i], err);
	}
	if (rc) {
		merge_close(m);
		return rc;
	}
	*out = m;
	return 0;
}

static int next_front(struct merge *m, struct input *in, struct errmsg *err)
{
	int rc = reader_read(in->reader, &in->front, err);

	in->has_front = rc > 0;
	if (rc <= 0) {
		in->ended = true;
		return rc;
	}
	if (in->front.has_ts)
		in->ts_ns = in->front.ts_ns;
	if (in->front.ifid >= in->mapped) {
		rc = map_interfaces(m, in, err);
		if (rc)
			return rc;
	}
	in->front.ifid = in->map[in->front.ifid];
	return 0;
}

int merge_read(struct merge *m, struct frame *f, struct errmsg *err)
{
	struct input *first = NULL;

	if (m->taken)
		m->taken->has_front = false;
	m->taken = NULL;
	for (unsigned i = 0; i < m->ninputs; i++) {
		struct input *in = &m->inputs[i];

		if (!in->has_front && !in->ended) {
			int rc = next_front(m, in, err);

			if (rc < 0)
				return rc;
		}
		if (in->has_front && (!first || in->ts_ns < first->ts_ns))
			first = in;
	}
	if (!first)
		return 0;
	m->taken = first;
	*f = first->front;
	f->number = ++m->number;
	return 1;
}

/* Those that have no packet in front, or whose packet was handed out last, will be read. */
const struct reader *merge_waits_for(const struct merge *m)
{
	for (unsigned i = 0; i < m->ninputs; i++) {
		const struct input *in = &m->inputs[i];

		if (!in->ended && (!in->has_front || in == m->taken) && !reader_ready(in->reader))
			return in->reader;
	}
	return NULL;
}

bool merge_ready(const struct merge *m)
{
	return !merge_waits_for(m);
}

uint32_t merge_interfaces(const struct merge *m)
{
	return m->ninterfaces;
}

const struct interface *merge_interface(const struct merge *m, uint32_t ifid)
{
	return ifid < m->ninterfaces ? m->known[ifid].interface : NULL;
}

void merge_close(struct merge *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->ninputs; i++)
		free(m->inputs[i].map);
	free(m->inputs);
	free(m->known);
	free(m);
}
