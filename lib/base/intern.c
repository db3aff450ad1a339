/* SPDX-License-Identifier: MIT */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

enum { CEILING = 16 << 20, FIRST_BYTES = 1024, FIRST_SLOTS = 64 };

void intern_init(struct intern *t, uint32_t ceiling_bytes)
{
	*t = (struct intern){ .ceiling = ceiling_bytes };
}

void intern_release(struct intern *t)
{
	free(t->bytes);
	free(t->slot);
	*t = (struct intern){ .ceiling = t->ceiling };
}

size_t intern_bytes(const struct intern *t)
{
	return t->room + (size_t)t->slots * sizeof(*t->slot);
}

const char *intern_get(const struct intern *t, uint32_t number)
{
	return number && number < t->used ? t->bytes + number : NULL;
}

static uint32_t hash(const char *text, size_t len)
{
	uint64_t h = len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(h >> 32);
}

static int grow_slots(struct intern *t)
{
	uint32_t slots = t->slots ? 2 * t->slots : FIRST_SLOTS;
	uint32_t *slot;

	if (t->count < t->slots / 3 * 2)
		return 1;
	slot = calloc(slots, sizeof(*slot));
	if (!slot)
		return 0;
	for (uint32_t i = 0; i < t->slots; i++)
		if (t->slot[i]) {
			uint32_t at = hash(t->bytes + t->slot[i], strlen(t->bytes + t->slot[i])) & (slots - 1);

			while (slot[at])
				at = (at + 1) & (slots - 1);
			slot[at] = t->slot[i];
		}
	free(t->slot);
	t->slot = slot;
	t->slots = slots;
	return 1;
}

static int grow_bytes(struct intern *t, size_t need)
{
	uint32_t ceiling = t->ceiling ? t->ceiling : CEILING;
	uint64_t room = t->room ? t->room : FIRST_BYTES;
	char *bytes;

	if (!t->used)
		t->used = 1; /* 0 is no text */
	if (need > ceiling || t->used + need > ceiling)
		return 0;
	while (room < t->used + need)
		room *= 2;
	if (room == t->room)
		return 1;
	bytes = realloc(t->bytes, room);
	if (!bytes)
		return 0;
	t->bytes = bytes;
	t->room = (uint32_t)room;
	return 1;
}

uint32_t intern_put(struct intern *t, const void *text, size_t len)
{
	uint32_t at;

	len = strnlen(text, len);
	if (!len)
		return 0;
	if (!grow_slots(t))
		goto refused;
	for (at = hash(text, len) & (t->slots - 1); t->slot[at]; at = (at + 1) & (t->slots - 1))
		if (!strncmp(t->bytes + t->slot[at], text, len) && !t->bytes[t->slot[at] + len])
			return t->slot[at];
	if (!grow_bytes(t, len + 1))
		goto refused;
	memcpy(t->bytes + t->used, text, len);
	t->bytes[t->used + len] = '\0';
	t->slot[at] = t->used;
	t->count++;
	t->used += (uint32_t)len + 1;
	return t->slot[at];
refused:
	t->refused++;
	return 0;
}
