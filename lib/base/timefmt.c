/* SPDX-License-Identifier: MIT */
/* Packet times as text; the calendar part of the current second is kept. */
#include "base/timefmt.h"

#include <time.h>

enum { NS_PER_S = 1000000000 };

void timefmt_init(struct timefmt *t, enum timefmt_style style, int digits, bool utc)
{
	memset(t, 0, sizeof(*t));
	t->style = style;
	t->digits = digits;
	t->utc = utc || style == TIMEFMT_ISO8601;
	t->cached_s = INT64_MIN;
}

static void cache_second(struct timefmt *t, int64_t s)
{
	struct outbuf o;
	struct tm tm;
	time_t tt = (time_t)s;

	outbuf_fixed(&o, t->cached, sizeof(t->cached));
	t->cached_s = s;
	if (t->utc ? !gmtime_r(&tt, &tm) : !localtime_r(&tt, &tm)) {
		outbuf_i64(&o, s); /* a year that does not fit in an int: a broken time stamp */
		t->cached_len = (int)outbuf_len(&o);
		return;
	}
	if (t->style == TIMEFMT_DATE_TIME || t->style == TIMEFMT_ISO8601) {
		int64_t year = (int64_t)tm.tm_year + 1900;

		if (year >= 0 && year <= 9999)
			outbuf_padded(&o, (uint32_t)year, 4);
		else
			outbuf_i64(&o, year);
		outbuf_char(&o, '-');
		outbuf_padded(&o, (uint32_t)tm.tm_mon + 1, 2);
		outbuf_char(&o, '-');
		outbuf_padded(&o, (uint32_t)tm.tm_mday, 2);
		outbuf_char(&o, t->style == TIMEFMT_ISO8601 ? 'T' : ' ');
	}
	outbuf_padded(&o, (uint32_t)tm.tm_hour, 2);
	outbuf_char(&o, ':');
	outbuf_padded(&o, (uint32_t)tm.tm_min, 2);
	outbuf_char(&o, ':');
	outbuf_padded(&o, (uint32_t)tm.tm_sec, 2);
	t->cached_len = (int)outbuf_len(&o);
}

static void put_fraction(const struct timefmt *t, struct outbuf *o, uint32_t ns)
{
	static const uint32_t scale[] = { NS_PER_S, 1000000, 1000, 1 };

	if (t->digits < 3)
		return;
	outbuf_char(o, '.');
	outbuf_padded(o, ns / scale[t->digits / 3], t->digits / 3 * 3);
}

static void put_difference(const struct timefmt *t, struct outbuf *o, int64_t ns)
{
	uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t s = u / NS_PER_S;

	outbuf_char(o, ns < 0 ? '-' : ' ');
	outbuf_padded(o, (uint32_t)(s / 3600 % 100), 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)(s / 60 % 60), 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)(s % 60), 2);
	put_fraction(t, o, (uint32_t)(u % NS_PER_S));
}

void timefmt_put(struct timefmt *t, struct outbuf *o, int64_t ts_ns)
{
	int64_t s = ts_ns / NS_PER_S, ns = ts_ns % NS_PER_S;

	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	}
	if (!t->started) {
		t->started = true;
		t->first_ns = t->last_ns = ts_ns;
	}
	switch (t->style) {
	case TIMEFMT_NONE:
		return;
	case TIMEFMT_EPOCH:
		outbuf_epoch(o, ts_ns, t->digits);
		break;
	case TIMEFMT_DELTA:
	case TIMEFMT_SINCE_FIRST: {
		int64_t from = t->style == TIMEFMT_DELTA ? t->last_ns : t->first_ns;
		int64_t diff;

		if (__builtin_sub_overflow(ts_ns, from, &diff))
			diff = 0;
		put_difference(t, o, diff);
		break;
	}
	default:
		if (s != t->cached_s)
			cache_second(t, s);
		outbuf_bytes(o, t->cached, (size_t)t->cached_len);
		put_fraction(t, o, (uint32_t)ns);
		if (t->style == TIMEFMT_ISO8601)
			outbuf_char(o, 'Z');
	}
	t->last_ns = ts_ns;
}
