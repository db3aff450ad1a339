/* SPDX-License-Identifier: MIT */
/*
 * An index from the ends to the number, and the conversations by number:
 *
 *	index   open addressing, doubled when two thirds full: hash 4 | number + 1 4
 *	items   a series: ends 12 | first sequence numbers 2 x 4 | flags | address length | space 2    (24 bytes)
 *	pairs   IPv6 addresses, two at a time, with a free list; an item of IPv6 holds the place of its pair
 *
 * The hash is keyed by the clock and an address of this run: nobody can choose
 * ports that all fall into one place.
 */
#include "decode/conversation.h"

#include "base/series.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_SLOTS = 256, PAIR = 32 };
enum { TCP_SYN = 2 };
/* item flags */
enum { USED = 1, SEQ_LOW = 2, SEQ_HIGH = 4, REPLACED = 8 /* a later one has its ends */ };

struct slot {
	uint32_t hash;
	uint32_t number; /* + 1; 0: free */
};

struct item {
	union {
		uint8_t v4[2][4]; /* low, high */
		uint32_t pair;
	};
	uint16_t port[2];
	uint32_t first_seq[2];
	uint8_t flags;
	uint8_t addr_len;
	uint16_t space;
};

struct conversations {
	struct slot *slots;
	uint32_t size, used; /* size: power of two */
	uint32_t next;
	uint32_t forgotten;
	struct series items;
	uint8_t (*pairs)[PAIR];
	uint32_t pairs_size, pairs_used, pairs_free; /* free: place + 1 of the first free one, which holds the next */
	uint64_t key;
	conversation_forget_fn *forget;
	void *forget_user;
};

struct conversations *conversations_new(unsigned ceiling)
{
	struct conversations *c = calloc(1, sizeof(*c));
	struct timespec now;

	if (!c)
		return NULL;
	c->size = FIRST_SLOTS;
	c->slots = calloc(c->size, sizeof(*c->slots));
	if (!c->slots) {
		free(c);
		return NULL;
	}
	series_init(&c->items, sizeof(struct item), ceiling);
	clock_gettime(CLOCK_MONOTONIC, &now);
	c->key = ((uint64_t)now.tv_nsec << 32 ^ (uintptr_t)c) | 1;
	return c;
}

void conversations_free(struct conversations *c)
{
	if (!c)
		return;
	series_release(&c->items);
	free(c->pairs);
	free(c->slots);
	free(c);
}

void conversations_limit(struct conversations *c, unsigned ceiling)
{
	if (!c->next)
		series_init(&c->items, sizeof(struct item), ceiling);
}

void conversations_on_forget(struct conversations *c, conversation_forget_fn *forget, void *user)
{
	c->forget = forget;
	c->forget_user = user;
}

uint32_t conversations_forgotten(const struct conversations *c)
{
	return c->forgotten;
}

size_t conversations_bytes(const struct conversations *c)
{
	return c->size * sizeof(*c->slots) + series_bytes(&c->items) + (size_t)c->pairs_size * PAIR;
}

/* ---- the ends ---------------------------------------------------------------------- */

bool conversation_from_high(const struct conversation_key *k)
{
	int order = memcmp(k->src, k->dst, k->addr_len);

	return order > 0 || (!order && k->src_port > k->dst_port);
}

/* `k` with the low end as its source. */
static struct conversation_key ordered(const struct conversation_key *k, bool from_high)
{
	if (!from_high)
		return *k;
	return (struct conversation_key){ k->dst, k->src, k->addr_len, k->dst_port, k->src_port, k->space };
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint32_t hash_ends(const struct conversations *c, const struct conversation_key *k)
{
	uint64_t h = mix(c->key, (uint64_t)k->space << 32 | (uint64_t)k->src_port << 16 | k->dst_port);

	if (k->addr_len == 4)
		h = mix(h, (uint64_t)get_be32(k->src) << 32 | get_be32(k->dst));
	else
		h = mix(mix(mix(mix(h, get_be64(k->src)), get_be64(k->src + 8)), get_be64(k->dst)), get_be64(k->dst + 8));
	return (uint32_t)(h >> 16);
}

static struct conversation_key item_ends(const struct conversations *c, const struct item *i)
{
	const uint8_t *low = i->addr_len == 4 ? i->v4[0] : c->pairs[i->pair];

	return (struct conversation_key){ low, low + i->addr_len, i->addr_len, i->port[0], i->port[1], i->space };
}

static bool same_ends(const struct conversation_key *a, const struct conversation_key *b)
{
	return a->addr_len == b->addr_len && a->space == b->space && a->src_port == b->src_port && a->dst_port == b->dst_port &&
	       !memcmp(a->src, b->src, a->addr_len) && !memcmp(a->dst, b->dst, a->addr_len);
}

bool conversation_ends(const struct conversations *c, int32_t number, struct conversation_key *k)
{
	const struct item *i = number >= 0 ? series_peek(&c->items, (uint32_t)number) : NULL;

	if (!i || !(i->flags & USED))
		return false;
	*k = item_ends(c, i);
	return true;
}

/* A place for two IPv6 addresses; false: no memory. */
static bool pair_new(struct conversations *c, const struct conversation_key *k, uint32_t *at)
{
	if (c->pairs_free) {
		*at = c->pairs_free - 1;
		memcpy(&c->pairs_free, c->pairs[*at], sizeof(c->pairs_free));
	} else {
		if (c->pairs_used == c->pairs_size) {
			uint32_t size = c->pairs_size ? 2 * c->pairs_size : 64;
			void *more = realloc(c->pairs, (size_t)size * PAIR);

			if (!more)
				return false;
			c->pairs = more;
			c->pairs_size = size;
		}
		*at = c->pairs_used++;
	}
	memcpy(c->pairs[*at], k->src, 16);
	memcpy(c->pairs[*at] + 16, k->dst, 16);
	return true;
}

/* ---- the index ---------------------------------------------------------------------- */

/* The slot of these ends, or the free one where they belong. */
static struct slot *place(const struct conversations *c, uint32_t hash, const struct conversation_key *k)
{
	uint32_t i = hash & (c->size - 1);

	for (; c->slots[i].number; i = (i + 1) & (c->size - 1)) {
		struct conversation_key have;

		if (c->slots[i].hash != hash || !conversation_ends(c, (int32_t)(c->slots[i].number - 1), &have))
			continue;
		if (same_ends(&have, k))
			break;
	}
	return &c->slots[i];
}

/* Frees a slot; those behind it that could not stand in their place move up. */
static void slot_remove(struct conversations *c, struct slot *s)
{
	uint32_t hole = (uint32_t)(s - c->slots), i = hole;

	for (;;) {
		uint32_t home;

		i = (i + 1) & (c->size - 1);
		if (!c->slots[i].number)
			break;
		home = c->slots[i].hash & (c->size - 1);
		if (((i - home) & (c->size - 1)) >= ((i - hole) & (c->size - 1))) {
			c->slots[hole] = c->slots[i];
			hole = i;
		}
	}
	c->slots[hole].number = 0;
	c->used--;
}

static void forget_oldest(struct conversations *c)
{
	struct item *oldest = series_peek(&c->items, series_first(&c->items));

	for (unsigned i = 0; oldest && i < SERIES_CHUNK; i++) {
		struct conversation_key k;

		if (!(oldest[i].flags & USED))
			continue;
		c->forgotten++;
		if (c->forget)
			c->forget(c->forget_user, (int32_t)(series_first(&c->items) + i));
		k = item_ends(c, &oldest[i]);
		if (!(oldest[i].flags & REPLACED)) {
			struct slot *s = place(c, hash_ends(c, &k), &k);

			if (s->number)
				slot_remove(c, s);
		}
		if (oldest[i].addr_len == 16) {
			memcpy(c->pairs[oldest[i].pair], &c->pairs_free, sizeof(c->pairs_free));
			c->pairs_free = oldest[i].pair + 1;
		}
	}
	series_drop(&c->items);
}

/* Room for one more in the index. False: it is full, and there is no memory. */
static bool make_room(struct conversations *c)
{
	struct slot *old = c->slots;
	uint32_t old_size = c->size;

	if (c->used < c->size / 3 * 2)
		return true;
	c->slots = calloc(2 * (size_t)c->size, sizeof(*c->slots));
	if (!c->slots) {
		c->slots = old;
		return c->used < c->size - 1;
	}
	c->size *= 2;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i].number) {
			uint32_t at = old[i].hash & (c->size - 1);

			while (c->slots[at].number)
				at = (at + 1) & (c->size - 1);
			c->slots[at] = old[i];
		}
	free(old);
	return true;
}

/* The next number, for ends that had none (or `before`, whose ends they were). */
static int32_t add(struct conversations *c, uint32_t hash, const struct conversation_key *k, struct item **made)
{
	struct item *i;
	struct slot *s;
	uint32_t pair = 0;

	while (series_full(&c->items, c->next))
		forget_oldest(c);
	i = series_item(&c->items, c->next);
	if (!i || c->next == INT32_MAX || !make_room(c) || (k->addr_len == 16 && !pair_new(c, k, &pair)))
		return CONVERSATION_NONE;
	i->addr_len = (uint8_t)k->addr_len;
	if (k->addr_len == 16) {
		i->pair = pair;
	} else {
		memcpy(i->v4[0], k->src, 4);
		memcpy(i->v4[1], k->dst, 4);
	}
	i->port[0] = k->src_port;
	i->port[1] = k->dst_port;
	i->space = k->space;
	s = place(c, hash, k);
	if (s->number) {
		struct item *before = series_peek(&c->items, s->number - 1);

		if (before)
			before->flags |= REPLACED;
	} else {
		c->used++;
	}
	i->flags = USED;
	*s = (struct slot){ hash, c->next + 1 };
	*made = i;
	return (int32_t)c->next++;
}

/* ---- numbers -------------------------------------------------------------------------- */

int32_t conversation_number(struct conversations *c, const struct conversation_key *key)
{
	struct conversation_key k = ordered(key, conversation_from_high(key));
	uint32_t hash = hash_ends(c, &k);
	const struct slot *s = place(c, hash, &k);
	struct item *made;

	return s->number ? (int32_t)(s->number - 1) : add(c, hash, &k, &made);
}

int32_t conversation_number_tcp(struct conversations *c, const struct conversation_key *key, uint32_t seq, unsigned flags,
				bool *reused)
{
	bool high = conversation_from_high(key);
	struct conversation_key k = ordered(key, high);
	uint32_t hash = hash_ends(c, &k), known = high ? SEQ_HIGH : SEQ_LOW;
	const struct slot *s = place(c, hash, &k);
	int32_t number = (int32_t)s->number - 1;
	struct item *i = number >= 0 ? series_peek(&c->items, (uint32_t)number) : NULL;

	/* the same ends again: a SYN that is no repetition */
	*reused = i && flags & TCP_SYN && i->flags & known && seq != i->first_seq[high];
	if (!i || *reused)
		number = add(c, hash, &k, &i);
	if (number < 0)
		return CONVERSATION_NONE;
	if (!(i->flags & known)) {
		i->first_seq[high] = flags & TCP_SYN ? seq : seq - 1;
		i->flags |= (uint8_t)known;
	}
	return number;
}
