/* SPDX-License-Identifier: MIT */
/*
 * When packets were lost, in words: "lost 812 packets between 12:03:07 and
 * 12:03:08". The kernel only keeps sums, so the time is as exact as the looks at them, which
 * are a second apart. A loss that goes on is one line, not one a second; but after
 * ten seconds it is said anyway.
 */
#include "nwcap.h"

#include <inttypes.h>
#include <stdio.h>

static const int64_t patience_ns = 10000000000;

static void say(const struct loss *l, const char *ifname)
{
	char from[32], to[32];
	struct timefmt time;
	struct outbuf o;

	timefmt_init(&time, TIMEFMT_TIME, 0, false);
	outbuf_fixed(&o, from, sizeof(from));
	timefmt_put(&time, &o, l->from_ns);
	outbuf_cstr(&o);
	outbuf_fixed(&o, to, sizeof(to));
	timefmt_put(&time, &o, l->to_ns);
	outbuf_cstr(&o);
	fprintf(stderr, "nwcap: %s%slost %" PRIu64 " packet%s between %s and %s\n", ifname ? ifname : "", ifname ? ": " : "",
		l->lost, nwcap_plural(l->lost), from, to);
}

void loss_look(struct loss *l, const struct capture_counters *k, int64_t now_ns, const char *ifname, bool finish)
{
	uint64_t sum = k->dropped + k->ifdropped;
	bool more = sum > l->seen;

	if (more) {
		if (!l->lost)
			l->from_ns = l->looked_ns;
		l->lost += sum - l->seen;
		l->to_ns = now_ns;
		l->seen = sum;
	}
	l->looked_ns = now_ns;
	if (l->lost && (!more || finish || l->to_ns - l->from_ns >= patience_ns)) {
		say(l, ifname);
		l->lost = 0;
	}
}
