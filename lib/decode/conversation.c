/* SPDX-License-Identifier: MIT */
/*
 * One open-addressing table per transport, doubled when two thirds full. The
 * key is the pair of ends with the lower one first, so both directions meet.
 *
 *	slot  low address 16 | high address 16 | ports 4 | hash 4 | number 4 | first seq 2x4 | flags 4 | (56 bytes)
 *
 * The hash is keyed by the clock and an address of this run: nobody can choose
 * ports that all fall into one place.
 */
#include "decode/conversation.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_SLOTS = 256 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
/* slot flags */
enum { USED = 1, SEQ_LOW = 2, SEQ_HIGH = 4, CLOSED = 8 };

struct slot {
	uint8_t low[16], high[16];
	uint16_t low_port, high_port;
	uint32_t hash;
	int32_t number;
	uint32_t first_seq[2]; /* of the low end, of the high end */
	uint32_t flags;
};

struct conversations {
	struct slot *slots;
	uint32_t size, used; /* size: power of two */
	int32_t next;
	unsigned forgotten;
	uint64_t key;
};

struct conversations *conversations_new(void)
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
	clock_gettime(CLOCK_MONOTONIC, &now);
	c->key = ((uint64_t)now.tv_nsec << 32 ^ (uintptr_t)c) | 1;
	return c;
}

void conversations_free(struct conversations *c)
{
	if (!c)
		return;
	free(c->slots);
	free(c);
}

unsigned conversations_forgotten(const struct conversations *c)
{
	return c->forgotten;
}

static uint32_t hash_ends(const struct conversations *c, const struct slot *s)
{
	uint64_t h = c->key;

	for (size_t i = 0; i < 36; i += 8) {
		uint64_t word = 0; /* the last one is half a word, in the upper half on big-endian machines */

		memcpy(&word, (const uint8_t *)s + i, i == 32 ? 4 : 8); /* low, high, ports */
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return (uint32_t)(h >> 16);
}

static struct slot *place(const struct conversations *c, const struct slot *want)
{
	uint32_t i = want->hash & (c->size - 1);

	while (c->slots[i].flags & USED) {
		const struct slot *s = &c->slots[i];

		if (s->hash == want->hash && !memcmp(s->low, want->low, 36))
			break;
		i = (i + 1) & (c->size - 1);
	}
	return &c->slots[i];
}

/* Room for one more. False: no memory to grow, and the table is full. */
static bool make_room(struct conversations *c)
{
	struct slot *old = c->slots;
	uint32_t old_size = c->size;

	if (c->used < c->size / 3 * 2)
		return true;
	if (c->used >= CONVERSATIONS_MAX) {
		memset(c->slots, 0, c->size * sizeof(*c->slots));
		c->used = 0;
		c->forgotten++;
		return true;
	}
	c->slots = calloc(2 * (size_t)c->size, sizeof(*c->slots));
	if (!c->slots) {
		c->slots = old;
		return c->used < c->size - 1;
	}
	c->size *= 2;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i].flags & USED)
			*place(c, &old[i]) = old[i];
	free(old);
	return true;
}

/* The slot of this pair of ends, new or known; *src_is_high says which end speaks. */
static struct slot *find(struct conversations *c, const uint8_t *src, const uint8_t *dst, unsigned len, uint16_t sport,
			 uint16_t dport, bool *src_is_high)
{
	struct slot key = { .number = CONVERSATION_NONE, .flags = USED }, *s;
	int order = memcmp(src, dst, len);

	*src_is_high = order > 0 || (!order && sport > dport);
	memcpy(key.low, *src_is_high ? dst : src, len);
	memcpy(key.high, *src_is_high ? src : dst, len);
	key.low_port = *src_is_high ? dport : sport;
	key.high_port = *src_is_high ? sport : dport;
	key.hash = hash_ends(c, &key);
	s = place(c, &key);
	if (s->flags & USED)
		return s;
	if (!make_room(c))
		return NULL;
	s = place(c, &key);
	*s = key;
	c->used++;
	return s;
}

int32_t conversation_number(struct conversations *c, const uint8_t *src, const uint8_t *dst, unsigned addr_len,
			    uint16_t src_port, uint16_t dst_port)
{
	bool high;
	struct slot *s = find(c, src, dst, addr_len, src_port, dst_port, &high);

	if (!s)
		return CONVERSATION_NONE;
	if (s->number == CONVERSATION_NONE)
		s->number = c->next++;
	return s->number;
}

int32_t conversation_number_tcp(struct conversations *c, const uint8_t *src, const uint8_t *dst, unsigned addr_len,
				uint16_t src_port, uint16_t dst_port, uint32_t seq, unsigned flags)
{
	bool high;
	struct slot *s = find(c, src, dst, addr_len, src_port, dst_port, &high);
	uint32_t known;

	if (!s)
		return CONVERSATION_NONE;
	known = high ? SEQ_HIGH : SEQ_LOW;
	/* the same ends again: a SYN that is no repetition, or one after the end */
	if (flags & TCP_SYN && s->flags & known &&
	    (seq != s->first_seq[high] || (!(flags & TCP_ACK) && s->flags & CLOSED))) {
		s->number = CONVERSATION_NONE;
		s->flags = USED;
	}
	if (s->number == CONVERSATION_NONE)
		s->number = c->next++;
	if (!(s->flags & known)) {
		s->first_seq[high] = flags & TCP_SYN ? seq : seq - 1;
		s->flags |= known;
	}
	if (flags & (TCP_FIN | TCP_RST))
		s->flags |= CLOSED;
	return s->number;
}
