/* SPDX-License-Identifier: MIT */
/*
 * A set-associative table, like a processor's cache:
 *
 *	hash -> set of 4 slots, one 64-byte line, most recently used first
 *	slot: 64-bit fingerprint of the connection, two first sequence numbers
 *
 * A look-up touches one line and never more, which is what keeps the cost flat
 * in the number of connections. The fingerprint stands for the addresses: two
 * connections out of a million share one with a chance of 1 in 10^7, and then
 * a line shows a strange number; it is keyed, so nobody can arrange for it.
 */
#include "decode/seq_table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAYS = 4 };

struct slot {
	uint64_t print;   /* 0: free */
	uint32_t base[2]; /* of the lower and of the higher end */
};

struct seq_table {
	uint64_t key;
	uint32_t mask; /* sets - 1 */
	struct slot (*set)[WAYS];
};

struct seq_table *seq_table_new(unsigned flows)
{
	struct seq_table *t = malloc(sizeof(*t));
	struct timespec now;
	uint32_t sets = 1;

	if (!t)
		return NULL;
	while (sets * WAYS < flows && sets < 1u << 24)
		sets *= 2;
	clock_gettime(CLOCK_MONOTONIC, &now);
	t->key = ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uintptr_t)t) * 0x9e3779b97f4a7c15ull;
	t->mask = sets - 1;
	t->set = calloc(sets, sizeof(*t->set));
	if (!t->set) {
		free(t);
		return NULL;
	}
	return t;
}

void seq_table_free(struct seq_table *t)
{
	if (!t)
		return;
	free(t->set);
	free(t);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25ull; /* 32-bit machines have no wider product */
	return h ^ h >> 32;
}

static uint64_t mix_address(uint64_t h, const uint8_t *a, size_t len)
{
	uint64_t v[2] = { 0, 0 };

	memcpy(v, a, len <= sizeof(v) ? len : sizeof(v));
	h = mix(h, v[0]);
	return len > 8 ? mix(h, v[1]) : h;
}

struct seq_base seq_table_base(struct seq_table *t, const uint8_t *src, const uint8_t *dst, size_t addr_len,
			       uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, bool syn)
{
	bool high = sport != dport ? sport > dport : memcmp(src, dst, addr_len) > 0;
	const uint8_t *low_addr = high ? dst : src, *high_addr = high ? src : dst;
	uint32_t ports = high ? (uint32_t)dport << 16 | sport : (uint32_t)sport << 16 | dport;
	uint64_t print = mix(mix_address(mix_address(mix(t->key, ports), low_addr, addr_len), high_addr, addr_len), addr_len) | 1;
	struct slot *set = t->set[(print >> 32) & t->mask], found = { 0 };
	bool known = false;
	int i;

	for (i = 0; i < WAYS - 1 && set[i].print != print; i++)
		;
	if (set[i].print == print) {
		found = set[i];
		known = !syn;
	}
	if (!known) {
		found.print = print;
		found.base[high] = seq;
		found.base[!high] = ack - 1;
	}
	for (; i > 0; i--)
		set[i] = set[i - 1];
	set[0] = found;
	return (struct seq_base){ .own = found.base[high], .other = found.base[!high], .known = known };
}
