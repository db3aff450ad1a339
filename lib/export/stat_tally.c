/* SPDX-License-Identifier: MIT */
/* How often each text came: names, messages, paths. Open addressing; entries in the order of appearance. */
#include "stat.h"

#include <stdlib.h>
#include <time.h>

enum { TEXT_MAX = 512, AVERAGE_BYTES = 64 };

int tally_init(struct tally *t, uint32_t ceiling, struct errmsg *err)
{
	struct timespec now;

	*t = (struct tally){ .ceiling = ceiling, .slots = 64 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	t->key = ((uint64_t)now.tv_nsec << 32 ^ (uintptr_t)t) | 1; /* nobody can choose texts that fall into one place */
	t->slot = calloc(t->slots, sizeof(*t->slot));
	return t->slot ? 0 : errmsg_set(err, NW_ELIMIT, "no memory for a table of names");
}

void tally_release(struct tally *t)
{
	free(t->slot);
	free(t->entry);
	free(t->bytes);
	*t = (struct tally){ .ceiling = 0 };
}

static uint32_t hash_of(const struct tally *t, const uint8_t *text, size_t len)
{
	uint64_t h = t->key;

	for (size_t i = 0; i < len; i++)
		h = (h ^ text[i]) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t *place(struct tally *t, uint32_t hash, const void *text, size_t len)
{
	uint32_t i = hash & (t->slots - 1);

	for (; t->slot[i]; i = (i + 1) & (t->slots - 1)) {
		const struct tally_entry *e = &t->entry[t->slot[i] - 1];

		if (e->hash == hash && e->len == len && !memcmp(t->bytes + e->text, text, len))
			break;
	}
	return &t->slot[i];
}

/* An array with room for `need` items; false: no memory. */
static bool grow(void **array, uint32_t *room, uint32_t need, size_t item)
{
	uint32_t n = *room ? *room : 64;
	void *more;

	while (n < need)
		n *= 2;
	if (n == *room)
		return true;
	more = realloc(*array, n * item);
	if (!more)
		return false;
	*array = more;
	*room = n;
	return true;
}

static bool grow_slots(struct tally *t)
{
	uint32_t *old = t->slot;

	if (t->count < t->slots / 3 * 2)
		return true;
	t->slot = calloc(2 * (size_t)t->slots, sizeof(*t->slot));
	if (!t->slot) {
		t->slot = old;
		return false;
	}
	t->slots *= 2;
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t at = t->entry[i].hash & (t->slots - 1);

		while (t->slot[at])
			at = (at + 1) & (t->slots - 1);
		t->slot[at] = i + 1;
	}
	free(old);
	return true;
}

struct tally_entry *tally_add(struct tally *t, const void *text, size_t len, uint64_t frame)
{
	struct tally_entry *e;
	uint32_t hash, *slot;

	len = len < TEXT_MAX ? len : TEXT_MAX;
	hash = hash_of(t, text, len);
	slot = place(t, hash, text, len);
	if (*slot) {
		e = &t->entry[*slot - 1];
		e->count++;
		return e;
	}
	if (t->count == t->ceiling || t->used + len > (size_t)t->ceiling * AVERAGE_BYTES || !grow_slots(t) ||
	    !grow((void **)&t->entry, &t->entries, t->count + 1, sizeof(*t->entry)) ||
	    !grow((void **)&t->bytes, &t->room, t->used + (uint32_t)len, 1)) {
		t->others++;
		return NULL;
	}
	e = &t->entry[t->count++];
	*e = (struct tally_entry){ .count = 1, .first_frame = frame, .text = t->used, .len = (uint16_t)len, .hash = hash };
	memcpy(t->bytes + t->used, text, len);
	t->used += (uint32_t)len;
	*place(t, hash, text, len) = t->count;
	return e;
}

static int most_first(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->text < y->text ? -1 : x->text > y->text;
}

void tally_sort(struct tally *t)
{
	if (t->count)
		qsort(t->entry, t->count, sizeof(*t->entry), most_first);
}

void tally_put(struct tally *t, struct rows *r, const char *key, const char *title, const struct row_column *columns, uint32_t top)
{
	tally_sort(t);
	rows_table(r, key, title, columns);
	for (uint32_t i = 0; i < t->count && (!top || i < top); i++) {
		rows_bytes(r, tally_text(t, &t->entry[i]), t->entry[i].len);
		rows_u64(r, t->entry[i].count);
	}
}

void tally_say(const struct tally *t, struct export *e, const char *what)
{
	if (t->others)
		export_say(e, "%llu %s are in no row: more than %u different ones are not kept", (unsigned long long)t->others, what,
			   t->count);
}
