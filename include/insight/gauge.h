/* SPDX-License-Identifier: MIT */
/*
 * When a value is an alert: above a threshold for so long raises it, below another for so long ends it. Between the two
 * nothing changes, so that a value that wavers about its threshold is one alert, not a hundred.
 *
 *	above ───────────────╭──╮──────────╭─────────────
 *	below ──────────╭────╯  ╰──╮  ╭────╯──╮───────────
 *	                │←for→│        (no end)  │←clear→│
 *	                      raised                     cleared
 */
#ifndef INSIGHT_GAUGE_H
#define INSIGHT_GAUGE_H

#include <stdbool.h>
#include <stdint.h>

struct gauge {
	/* what the rule says */
	uint64_t above;           /* a value above it is too much */
	uint64_t below;           /* at or under it is enough; 0: four fifths of `above` */
	int64_t for_ns, clear_ns;
	/* what happened */
	bool raised;
	int64_t over_ns, under_ns;/* since when without a break; valid with over, under */
	bool over, under;
	int64_t raised_ns;
	uint64_t value, peak;     /* the last one; the largest since it rose above */
};

enum gauge_change { GAUGE_SAME, GAUGE_RAISED, GAUGE_CLEARED };

/* The value at `now_ns` of any clock that does not go backwards; if it does all the same, what was measured by it begins again. */
enum gauge_change gauge_feed(struct gauge *g, uint64_t value, int64_t now_ns);
uint64_t gauge_floor(const struct gauge *g); /* the `below` in force */

#endif
