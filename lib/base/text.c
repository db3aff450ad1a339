/* SPDX-License-Identifier: MIT */
/* Text to values, and the nearest name for a misspelt one. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Digits of `base` at *s; moves past them. False: none, or too large. */
static bool take_digits(const char **s, unsigned base, uint64_t *v)
{
	const char *p = *s;

	*v = 0;
	for (; digit_value(*p) < (int)base; p++)
		if (__builtin_mul_overflow(*v, base, v) || __builtin_add_overflow(*v, (unsigned)digit_value(*p), v))
			return false;
	if (p == *s)
		return false;
	*s = p;
	return true;
}

bool text_parse_u64(const char *s, uint64_t *v)
{
	unsigned base = 10;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	return take_digits(&s, base, v) && !*s;
}

bool text_parse_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	uint64_t v, scale = 1;
	const char *u;

	if (!take_digits(&s, 10, &v))
		return false;
	if (*s && *s != 'b' && *s != 'B') {
		u = strchr(units, *s | 0x20);
		if (!u || !*u)
			return false;
		uint64_t step = (s[1] == 'B' || s[1] == 'b') ? 1000 : 1024;

		for (int i = 0; i <= u - units; i++)
			scale *= step;
		s++;
		if (*s == 'i')
			s++;
	}
	if (*s == 'b' || *s == 'B')
		s++;
	*bytes = v;
	return !*s && !__builtin_mul_overflow(v, scale, bytes);
}

bool text_parse_duration(const char *s, int64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "", 1000000000 },       { "s", 1000000000 },     { "ms", 1000000 },        { "us", 1000 },
		      { "ns", 1 },              { "m", 60000000000 },    { "min", 60000000000 },   { "h", 3600000000000 },
		      { "d", 86400000000000 } };
	uint64_t whole, fraction = 0, scale = 1;

	if (!take_digits(&s, 10, &whole))
		return false;
	if (*s == '.') {
		for (s++; digit_value(*s) < 10; s++)
			if (scale < 1000000000) {
				fraction = fraction * 10 + (unsigned)digit_value(*s);
				scale *= 10;
			}
	}
	for (unsigned i = 0; i < sizeof(units) / sizeof(*units); i++) {
		uint64_t v, part, ns_each = units[i].ns;

		if (strcmp(s, units[i].name))
			continue;
		/* units from a second on are multiples of the scale, which is 10^9 at most: all fits into 64 bits */
		part = ns_each % scale ? fraction * ns_each / scale : fraction * (ns_each / scale);
		if (__builtin_mul_overflow(whole, ns_each, &v) || __builtin_add_overflow(v, part, &v) || v > INT64_MAX)
			return false;
		*ns = (int64_t)v;
		return true;
	}
	return false;
}

bool text_parse_ipv4(const char *s, uint8_t addr[4])
{
	for (int i = 0; i < 4; i++) {
		uint64_t v;

		if ((i && *s++ != '.') || !take_digits(&s, 10, &v) || v > 255)
			return false;
		addr[i] = (uint8_t)v;
	}
	return !*s;
}

bool text_parse_ipv6(const char *s, uint8_t addr[16])
{
	uint8_t out[16] = { 0 };
	int at = 0, gap = -1;

	if (s[0] == ':') {
		if (s[1] != ':')
			return false;
		s++;
	}
	while (*s) {
		const char *start = s;
		uint64_t v;

		if (*s == ':') {
			if (gap >= 0)
				return false;
			gap = at;
			s++;
			continue;
		}
		if (at > 14 || !take_digits(&s, 16, &v))
			return false;
		if (*s == '.') {
			if (at > 12 || !text_parse_ipv4(start, out + at))
				return false;
			at += 4;
			s += strlen(s);
			break;
		}
		if (v > 0xffff || s - start > 4)
			return false;
		out[at++] = (uint8_t)(v >> 8);
		out[at++] = (uint8_t)v;
		if (*s == ':') {
			s++;
			if (!*s)
				return false;
		} else if (*s) {
			return false;
		}
	}
	if (gap < 0 ? at != 16 : at > 14)
		return false;
	memset(addr, 0, 16);
	if (gap < 0) {
		memcpy(addr, out, 16);
	} else {
		memcpy(addr, out, (size_t)gap);
		memcpy(addr + 16 - (at - gap), out + gap, (size_t)(at - gap));
	}
	return true;
}

bool text_parse_mac(const char *s, uint8_t mac[6])
{
	size_t n = strlen(s);
	char sep = n == 17 ? s[2] : '.';
	unsigned group = n == 17 ? 2 : 4, at = 0;

	if (!((n == 17 && (sep == ':' || sep == '-')) || n == 14))
		return false;
	memset(mac, 0, 6);
	for (size_t i = 0; i < n; i++) {
		if (i % (group + 1) == group) {
			if (s[i] != sep)
				return false;
			continue;
		}
		if (digit_value(s[i]) > 15)
			return false;
		mac[at / 2] = (uint8_t)(mac[at / 2] << 4 | digit_value(s[i]));
		at++;
	}
	return at == 12;
}

/* Exactly n decimal digits. */
static bool take_fixed(const char **s, int n, int *v)
{
	*v = 0;
	for (; n; n--, (*s)++) {
		if (digit_value(**s) > 9)
			return false;
		*v = *v * 10 + digit_value(**s);
	}
	return true;
}

static bool take_fraction(const char **s, int64_t *ns)
{
	int64_t unit = 100000000;

	*ns = 0;
	if (**s != '.')
		return true;
	for ((*s)++; digit_value(**s) < 10; (*s)++, unit /= 10)
		*ns += digit_value(**s) * unit;
	return true;
}

static bool parse_epoch(const char *s, int64_t *ts_ns)
{
	uint64_t whole;
	int64_t ns;

	if (!take_digits(&s, 10, &whole) || !take_fraction(&s, &ns) || *s || whole > INT64_MAX / 1000000000 - 1)
		return false;
	*ts_ns = (int64_t)whole * 1000000000 + ns;
	return true;
}

/* "+hh:mm", "-hhmm", "Z"; *seconds east of UTC. */
static bool take_zone(const char **s, int *seconds)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	if (**s == 'Z') {
		(*s)++;
		*seconds = 0;
		return true;
	}
	if (**s != '+' && **s != '-')
		return false;
	(*s)++;
	if (!take_fixed(s, 2, &h))
		return false;
	*s += **s == ':';
	if (!take_fixed(s, 2, &m) || h > 14 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

bool text_parse_time(const char *s, int64_t *ts_ns)
{
	struct tm tm = { .tm_isdst = -1 };
	int64_t ns = 0, t;
	int zone, day;

	if (parse_epoch(s, ts_ns))
		return true;
	if (!take_fixed(&s, 4, &tm.tm_year) || *s++ != '-' || !take_fixed(&s, 2, &tm.tm_mon) || *s++ != '-' ||
	    !take_fixed(&s, 2, &tm.tm_mday))
		return false;
	if (*s == 'T' || *s == ' ') {
		s++;
		if (!take_fixed(&s, 2, &tm.tm_hour) || *s++ != ':' || !take_fixed(&s, 2, &tm.tm_min))
			return false;
		if (*s == ':') {
			s++;
			if (!take_fixed(&s, 2, &tm.tm_sec) || !take_fraction(&s, &ns))
				return false;
		}
	}
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	day = tm.tm_mday;
	if (!*s) {
		t = mktime(&tm);
	} else {
		if (!take_zone(&s, &zone) || *s)
			return false;
		t = timegm(&tm) - zone;
	}
	if (tm.tm_mday != day) /* 30 February became 2 March; a leap second at midnight goes with it */
		return false;
	if (t > INT64_MAX / 1000000000 - 1 || t < INT64_MIN / 1000000000 + 1)
		return false;
	*ts_ns = t * 1000000000 + ns;
	return true;
}

enum { DISTANCE_TEXT_MAX = 64 };

int text_distance(const char *a, const char *b, int max)
{
	int la = (int)strnlen(a, DISTANCE_TEXT_MAX), lb = (int)strnlen(b, DISTANCE_TEXT_MAX);
	int row[3][DISTANCE_TEXT_MAX + 1];

	if (la - lb > max || lb - la > max)
		return max + 1;
	for (int j = 0; j <= lb; j++)
		row[0][j] = j;
	for (int i = 1; i <= la; i++) {
		int *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		int smallest = cur[0] = i;

		for (int j = 1; j <= lb; j++) {
			int d = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < d)
				d = up[j] + 1;
			if (cur[j - 1] + 1 < d)
				d = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			cur[j] = d;
			if (d < smallest)
				smallest = d;
		}
		if (smallest > max)
			return max + 1;
	}
	return row[la % 3][lb] > max ? max + 1 : row[la % 3][lb];
}

void text_nearest_try(struct text_nearest *n, const char *candidate)
{
	size_t len = strlen(n->word);
	/* one slip per three letters: shorter words have too many neighbours */
	int max = len < 3 ? 1 : (int)(len / 3) < 3 ? (int)(len + 2) / 3 : 3;
	int d = text_distance(n->word, candidate, n->best && n->distance - 1 < max ? n->distance - 1 : max);

	if (n->best ? d < n->distance : d <= max) {
		n->best = candidate;
		n->distance = d;
	}
}

bool text_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			back = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
