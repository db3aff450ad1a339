/* SPDX-License-Identifier: MIT */
/*
 * Quantiles of durations without keeping them: buckets that are each 1/64 of a power of two wide, so that a value stands
 * for all within 0.8 % of it, from a nanosecond to three centuries.
 */
#include "stat.h"

#include <math.h>

enum { EXACT = 64 /* below, a bucket for each */, EXACT_BITS = 6 };

static unsigned bucket_of(uint64_t v)
{
	unsigned e;

	if (v < EXACT)
		return (unsigned)v;
	e = 63 - (unsigned)__builtin_clzll(v);
	return EXACT + (e - EXACT_BITS) * EXACT + (unsigned)(v >> (e - EXACT_BITS)) - EXACT;
}

/* The middle of a bucket. */
static int64_t value_of(unsigned bucket)
{
	unsigned e = (bucket - EXACT) / EXACT, part = (bucket - EXACT) % EXACT;

	if (bucket < EXACT)
		return bucket;
	return (int64_t)((((uint64_t)EXACT + part) << e) + ((1ull << e) >> 1));
}

void times_add(struct times *t, int64_t ns)
{
	uint32_t *bucket;

	ns = ns < 0 ? 0 : ns;
	bucket = &t->bucket[bucket_of((uint64_t)ns)];
	*bucket += *bucket != UINT32_MAX;
	t->min_ns = !t->count || ns < t->min_ns ? ns : t->min_ns;
	t->max_ns = ns > t->max_ns ? ns : t->max_ns;
	t->sum_ns += (double)ns;
	t->count++;
}

int64_t times_at(const struct times *t, double share)
{
	uint64_t below = 0, want = (uint64_t)ceil(share * (double)t->count);
	int64_t ns;

	if (!t->count)
		return 0;
	want = want ? want : 1;
	for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
		below += t->bucket[i];
		if (below < want)
			continue;
		ns = value_of(i);
		return ns < t->min_ns ? t->min_ns : ns > t->max_ns ? t->max_ns : ns;
	}
	return t->max_ns;
}

uint64_t times_between(const struct times *t, int64_t from_ns, int64_t to_ns)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < TIMES_BUCKETS; i++)
		n += value_of(i) >= from_ns && value_of(i) < to_ns ? t->bucket[i] : 0;
	return n;
}

int64_t times_average(const struct times *t)
{
	return t->count ? (int64_t)(t->sum_ns / (double)t->count) : 0;
}

void times_put(const struct times *t, struct rows *r)
{
	const int64_t ns[] = { t->min_ns, times_at(t, 0.5), times_at(t, 0.95), t->max_ns };

	for (unsigned i = 0; i < 4; i++) {
		if (t->count)
			rows_ns(r, ns[i]);
		else
			rows_none(r);
	}
}
