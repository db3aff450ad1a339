/* SPDX-License-Identifier: MIT */
#include "insight/gauge.h"

uint64_t gauge_floor(const struct gauge *g)
{
	return g->below && g->below < g->above ? g->below : g->above - g->above / 5;
}

/* For how long `is` has held, its start kept in *since. */
static int64_t held(bool is, bool *was, int64_t *since, int64_t now_ns)
{
	if (!is) {
		*was = false;
		return -1;
	}
	if (!*was || *since > now_ns) {
		*was = true;
		*since = now_ns;
	}
	return now_ns - *since;
}

enum gauge_change gauge_feed(struct gauge *g, uint64_t value, int64_t now_ns)
{
	int64_t over = held(value > g->above, &g->over, &g->over_ns, now_ns);
	int64_t under = held(value <= gauge_floor(g), &g->under, &g->under_ns, now_ns);

	g->value = value;
	if (over == 0 && !g->raised)
		g->peak = 0;
	if (value > g->peak)
		g->peak = value;
	if (!g->raised && over >= 0 && over >= g->for_ns) {
		g->raised = true;
		g->raised_ns = now_ns;
		return GAUGE_RAISED;
	}
	if (g->raised && under >= 0 && under >= g->clear_ns) {
		g->raised = false;
		return GAUGE_CLEARED;
	}
	return GAUGE_SAME;
}
