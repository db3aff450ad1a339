/* SPDX-License-Identifier: MIT */
#include "base/series.h"

#include <stdlib.h>

void series_init(struct series *s, size_t item_bytes, uint32_t ceiling)
{
	*s = (struct series){ .item_bytes = (uint32_t)item_bytes, .ceiling = ceiling / SERIES_CHUNK + !!(ceiling % SERIES_CHUNK) };
	if (s->ceiling < 2)
		s->ceiling = 2; /* dropping the oldest must never take the item that is being made */
}

void series_release(struct series *s)
{
	for (uint32_t i = s->first; i < s->end; i++)
		free(s->chunk[i % s->ceiling]);
	free(s->chunk);
	*s = (struct series){ .item_bytes = s->item_bytes, .ceiling = s->ceiling };
}

/* Where the chunk's pointer is; what lies between the end and it is not begun. */
static uint8_t **place(struct series *s, uint32_t chunk)
{
	if (!s->chunk)
		s->chunk = calloc(s->ceiling, sizeof(*s->chunk));
	if (!s->chunk)
		return NULL;
	for (; s->end <= chunk; s->end++)
		s->chunk[s->end % s->ceiling] = NULL;
	return &s->chunk[chunk % s->ceiling];
}

void *series_peek(const struct series *s, uint32_t number)
{
	uint32_t chunk = number / SERIES_CHUNK;
	uint8_t *items;

	if (chunk < s->first || chunk >= s->end)
		return NULL;
	items = s->chunk[chunk % s->ceiling];
	return items ? items + (size_t)(number % SERIES_CHUNK) * s->item_bytes : NULL;
}

void *series_item(struct series *s, uint32_t number)
{
	uint32_t chunk = number / SERIES_CHUNK;
	uint8_t **at;

	if (chunk < s->first || series_full(s, number))
		return NULL;
	at = place(s, chunk);
	if (at && !*at)
		*at = calloc(SERIES_CHUNK, s->item_bytes);
	return series_peek(s, number);
}

int series_full(const struct series *s, uint32_t number)
{
	uint32_t chunk = number / SERIES_CHUNK;

	return chunk >= s->end && chunk - s->first >= s->ceiling;
}

uint32_t series_first(const struct series *s)
{
	return s->first * SERIES_CHUNK;
}

void series_drop(struct series *s)
{
	if (s->first < s->end)
		free(s->chunk[s->first % s->ceiling]);
	s->first++;
	if (s->end < s->first)
		s->end = s->first;
}

size_t series_bytes(const struct series *s)
{
	size_t bytes = s->chunk ? s->ceiling * sizeof(*s->chunk) : 0;

	for (uint32_t i = s->first; i < s->end; i++)
		if (s->chunk[i % s->ceiling])
			bytes += (size_t)SERIES_CHUNK * s->item_bytes;
	return bytes;
}
