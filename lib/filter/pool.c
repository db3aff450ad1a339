/* SPDX-License-Identifier: MIT */
/* The memory of one filter: chunks that are only ever freed together. */
#include "internal.h"

#include <stdalign.h>
#include <stdlib.h>

enum { POOL_CHUNK = 4000 };

struct pool_chunk {
	struct pool_chunk *next;
	size_t used, size;
	alignas(16) uint8_t data[];
};

void *pool_alloc(struct pool *p, size_t size)
{
	struct pool_chunk *c = p->chunks;
	void *mem;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - c->used < size) {
		size_t room = size > POOL_CHUNK ? size : POOL_CHUNK;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = p->chunks;
		p->chunks = c;
	}
	mem = c->data + c->used;
	c->used += size;
	return mem;
}

void pool_release(struct pool *p)
{
	while (p->chunks) {
		struct pool_chunk *c = p->chunks;

		p->chunks = c->next;
		free(c);
	}
}
