/* SPDX-License-Identifier: MIT */
/*
 * The rules of a session. Those that counters are enough for (rate, bandwidth, loss) are fed by the front, once a second from
 * the progress page; those that need packets by the watcher. What is said when one is raised or ends is the same for both.
 */
#ifndef NETWATCHD_RULES_H
#define NETWATCHD_RULES_H

#include "api/settings.h"
#include "base/jsonout.h"
#include "insight/gauge.h"
#include "store/progress.h"

struct session_rules {
	struct gauge gauge[SETTINGS_RULES_MAX];
	struct rule_window {
		uint64_t number;          /* of the half window that runs */
		uint64_t count[2];        /* in it, and in the one before */
	} window[SETTINGS_RULES_MAX];
	uint64_t packets, bytes, lost;    /* at the last sample */
	int64_t sampled_ns;               /* 0: none yet */
};

/* Thresholds and times of a rule; what it leaves out has defaults: window 60 s, clear_ns 10 s. */
void rule_gauge(struct gauge *g, const struct rule *rule);
int64_t rule_window_ns(const struct rule *rule);
/* Its name, or its kind when it has none. */
const char *rule_title(const struct rule *rule);
bool rule_needs_packets(const struct rule *rule);
bool rules_need_packets(const struct session_settings *s);

/* Forgets what was; for a session that begins or whose rules have changed. */
void rules_begin(struct session_rules *r, const struct session_settings *s);
/* The counters at `now_ns` (monotonic). Calls `say` for each rule that was raised or has ended. A run that begins anew (counters that
 * are smaller than before) is not taken for a change. */
typedef void rules_say_fn(void *user, const struct rule *rule, const struct gauge *g, enum gauge_change change);
void rules_sample(struct session_rules *r, const struct session_settings *s, const struct progress *p, int64_t now_ns,
		  rules_say_fn *say, void *user);

/* The members of an alert's or alert_cleared's data, into an object that is open: rule, kind, value, threshold, peak, subject (may be
 * NULL), text, freeze. */
void rule_write(struct jsonout *w, const struct rule *rule, const struct gauge *g, enum gauge_change change, const char *subject);

#endif
