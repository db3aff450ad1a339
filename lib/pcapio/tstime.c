/* SPDX-License-Identifier: MIT */
/*
 * pcapng time stamps: 64-bit counts of 10^-n or 2^-n seconds (n up to 127), plus
 * an offset in seconds, into int64 nanoseconds. Rounded down as tshark does;
 * what does not fit becomes the last moment that does (the year 2262).
 */
#include "pcapio/source.h"

enum { NS = 1000000000 };

static const uint64_t powers[20] = {
	1ull, 10ull, 100ull, 1000ull, 10000ull, 100000ull, 1000000ull, 10000000ull, 100000000ull, 1000000000ull,
	10000000000ull, 100000000000ull, 1000000000000ull, 10000000000000ull, 100000000000000ull, 1000000000000000ull,
	10000000000000000ull, 100000000000000000ull, 1000000000000000000ull, 10000000000000000000ull
};

void time_scale_init(struct time_scale *t, uint8_t tsresol, int64_t tsoffset_s)
{
	t->binary = tsresol & 0x80;
	t->exponent = tsresol & 0x7f;
	t->offset_s = tsoffset_s;
	t->multiply = !t->binary && t->exponent <= 9 && tsoffset_s == 0 ? powers[9 - t->exponent] : 0;
}

static int64_t saturated(uint64_t seconds, uint32_t ns, int64_t offset_s)
{
	int64_t s = seconds > INT64_MAX ? INT64_MAX : (int64_t)seconds;

	if (__builtin_add_overflow(s, offset_s, &s))
		return offset_s < 0 ? INT64_MIN : INT64_MAX;
	if (s >= INT64_MAX / NS)
		return INT64_MAX;
	if (s <= INT64_MIN / NS)
		return INT64_MIN;
	return s * NS + ns;
}

/* fraction * 10^9 >> exponent in 96 bits, without a type that 32-bit machines lack. fraction < 2^exponent. */
static uint32_t binary_ns(uint64_t fraction, unsigned exponent)
{
	uint64_t low = (fraction & 0xffffffff) * NS;
	uint64_t high = (fraction >> 32) * NS + (low >> 32);

	if (exponent >= 96)
		return 0;
	if (exponent >= 32)
		return (uint32_t)(high >> (exponent - 32));
	return (uint32_t)(high << (32 - exponent) | (low & 0xffffffff) >> exponent);
}

int64_t time_scale_long_way(const struct time_scale *t, uint64_t ticks)
{
	unsigned e = t->exponent;
	uint64_t seconds = 0, ns;

	if (t->binary) {
		if (e < 64) {
			seconds = ticks >> e;
			ticks &= (1ull << e) - 1;
		}
		ns = binary_ns(ticks, e);
	} else if (e <= 9) {
		seconds = ticks / powers[e];
		ns = ticks % powers[e] * powers[9 - e];
	} else {
		if (e < 20) {
			seconds = ticks / powers[e];
			ticks %= powers[e];
		}
		ns = e - 9 < 20 ? ticks / powers[e - 9] : 0;
	}
	return saturated(seconds, (uint32_t)ns, t->offset_s);
}
