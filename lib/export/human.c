/* SPDX-License-Identifier: MIT */
/* Numbers for people: three or four figures and a unit. */
#include "rows.h"

void human_count(struct outbuf *o, uint64_t v)
{
	if (v >= 1000) {
		human_count(o, v / 1000);
		outbuf_char(o, ',');
		outbuf_padded(o, (uint32_t)(v % 1000), 3);
	} else {
		outbuf_u64(o, v);
	}
}

void human_scaled(struct outbuf *o, double v, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	unsigned i = 0;

	for (; v >= 999.5 && i < 6; i++)
		v /= 1000;
	outbuf_printf(o, "%.*f %s%s", i == 0 && v == (double)(int)v ? 0 : v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, prefixes[i], unit);
}

void human_duration(struct outbuf *o, int64_t ns)
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, s = v / 1000000000;
	double small = (double)v;

	if (ns < 0)
		outbuf_char(o, '-');
	if (!v)
		outbuf_str(o, "0 s");
	else if (v < 1000)
		human_scaled(o, small, "ns");
	else if (v < 999500)
		human_scaled(o, small / 1e3, "µs");
	else if (v < 999500000)
		human_scaled(o, small / 1e6, "ms");
	else if (s < 60)
		outbuf_printf(o, "%.3f s", small / 1e9);
	else if (s < 3600)
		outbuf_printf(o, "%u min %02u s", (unsigned)(s / 60), (unsigned)(s % 60));
	else if (s < 86400)
		outbuf_printf(o, "%u h %02u min", (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
	else
		outbuf_printf(o, "%llu d %02u h", (unsigned long long)(s / 86400), (unsigned)(s / 3600 % 24));
}
