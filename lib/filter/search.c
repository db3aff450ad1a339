/* SPDX-License-Identifier: MIT */
/*
 * Does a byte string occur in another one? Two bytes of the needle, the rarest in usual traffic, are compared with 64 places
 * of the haystack at a time; only where both agree is the rest looked at. A search in random or textual payload then runs at
 * the speed of memory.
 *
 *     needle     n e e d l e - 7      first = '-', second = '7' (positions 6 and 7)
 *     hay        . . . . . . x x x x x x x x x x x x x x x x      16 bytes from place + first
 *                . . . . . . . x x x x x x x x x x x x x x x x    16 bytes from place + second
 *
 * GCC's vector types give SSE2 on x86-64, NEON on ARM and plain words elsewhere from the same text.
 */
#include "internal.h"

typedef uint8_t v16 __attribute__((vector_size(16)));
typedef uint64_t v2 __attribute__((vector_size(16)));

enum { LANES = 16, UNROLL = 4 };

static inline v16 load16(const uint8_t *p)
{
	v16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One bit per lane of a vector whose lanes are 0 or 255. */
static inline unsigned lane_bits(v16 v)
{
#ifdef __SSE2__
	typedef char v16qi __attribute__((vector_size(16)));

	return (unsigned)__builtin_ia32_pmovmskb128((v16qi)v);
#else
	v2 w = (v2)v;
	uint64_t lo = w[0], hi = w[1];

	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
		lo = __builtin_bswap64(lo);
		hi = __builtin_bswap64(hi);
	}
	lo = (lo & 0x8080808080808080u) >> 7;
	hi = (hi & 0x8080808080808080u) >> 7;
	return (unsigned)(lo * 0x0102040810204080u >> 56) | (unsigned)(hi * 0x0102040810204080u >> 56) << 8;
#endif
}

static inline bool any_lane(v16 v)
{
#ifdef __SSE2__
	return lane_bits(v) != 0;
#else
	v2 w = (v2)v;

	return (w[0] | w[1]) != 0;
#endif
}

static inline uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static inline bool is_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* How common a byte is in packets, roughly: 0 is rare. */
static int commonness(uint8_t c, bool fold)
{
	if (c == 0)
		return 5;
	if (c == 0xff || c == ' ' || (c && strchr("etaoinsr", c)))
		return 4;
	if (is_letter(c) || c == '.' || c == '/' || (c >= '0' && c <= '1') || c < 9)
		return fold && is_letter(c) ? 4 : 3;
	return c >= '0' && c <= '9' ? 2 : 1;
}

void needle_init(struct needle *n, const uint8_t *bytes, uint32_t len, bool fold)
{
	uint32_t best = 0, next = len > 1 ? len - 1 : 0;

	*n = (struct needle){ .bytes = bytes, .len = len, .fold = fold };
	for (uint32_t i = 0; i < len; i++)
		if (commonness(bytes[i], fold) < commonness(bytes[best], fold))
			best = i;
	if (next == best && best)
		next = 0;
	for (uint32_t i = 0; i < len; i++)
		if (i != best && commonness(bytes[i], fold) < commonness(bytes[next], fold))
			next = i;
	n->first = best;
	n->second = next;
}

static bool same_at(const struct needle *n, const uint8_t *p)
{
	if (!n->fold)
		return !memcmp(p, n->bytes, n->len);
	for (uint32_t i = 0; i < n->len; i++)
		if (lower(p[i]) != n->bytes[i])
			return false;
	return true;
}

struct probe {
	v16 first, second, fold_first, fold_second;
};

static inline v16 probe_at(const struct probe *b, const struct needle *n, const uint8_t *p)
{
	return (v16)((load16(p + n->first) | b->fold_first) == b->first) &
	       (v16)((load16(p + n->second) | b->fold_second) == b->second);
}

/* Looks closer at the places that the lanes of `v` mark. */
static bool check_lanes(const struct needle *n, const uint8_t *p, v16 v)
{
	for (unsigned bits = lane_bits(v); bits; bits &= bits - 1)
		if (same_at(n, p + __builtin_ctz(bits)))
			return true;
	return false;
}

static v16 splat(uint8_t c)
{
	return (v16){ 0 } + c;
}

bool needle_find(const struct needle *n, const uint8_t *hay, size_t len)
{
	const uint8_t *p = hay, *last; /* the last place where it could be */
	struct probe b;

	if (!n->len)
		return true;
	if (len < n->len)
		return false;
	last = hay + (len - n->len);
	b.first = splat(n->bytes[n->first]);
	b.second = splat(n->bytes[n->second]);
	b.fold_first = splat(n->fold && is_letter(n->bytes[n->first]) ? 0x20 : 0);
	b.fold_second = splat(n->fold && is_letter(n->bytes[n->second]) ? 0x20 : 0);
	for (; last - p >= UNROLL * LANES - 1; p += UNROLL * LANES) {
		v16 v[UNROLL];

		for (int i = 0; i < UNROLL; i++)
			v[i] = probe_at(&b, n, p + i * LANES);
		if (__builtin_expect(!any_lane(v[0] | v[1] | v[2] | v[3]), 1))
			continue;
		for (int i = 0; i < UNROLL; i++)
			if (check_lanes(n, p + i * LANES, v[i]))
				return true;
	}
	for (; last - p >= LANES - 1; p += LANES)
		if (check_lanes(n, p, probe_at(&b, n, p)))
			return true;
	if (p <= last && last - hay >= LANES - 1) /* once more, overlapping what was seen */
		return check_lanes(n, last - (LANES - 1), probe_at(&b, n, last - (LANES - 1)));
	for (; p <= last; p++)
		if (lower(*p) == lower(n->bytes[0]) && same_at(n, p))
			return true;
	return false;
}
