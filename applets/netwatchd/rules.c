/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <string.h>

static const int64_t second = 1000000000;

/* What a kind counts, for people; %s stands for the numbers. */
static const struct {
	const char *unit;
	bool packets;     /* decides by packets, in the watcher */
	bool window;      /* counts in a window */
	const char *what;
} kinds[RULE_KINDS] = {
	[RULE_RATE] = { "packets/s", false, false, "packet rate" },
	[RULE_BANDWIDTH] = { "bit/s", false, false, "bandwidth" },
	[RULE_NEW_DESTINATION] = { "", true, false, "new destinations" },
	[RULE_PORT_SCAN] = { "", true, true, "ports tried by one source" },
	[RULE_DNS_FAILURES] = { "", true, true, "failed DNS answers" },
	[RULE_LOSS] = { "", false, true, "packets lost" },
};

int64_t rule_window_ns(const struct rule *rule)
{
	return rule->window_ns > 0 ? rule->window_ns : 60 * second;
}

const char *rule_title(const struct rule *rule)
{
	return rule->name[0] ? rule->name : rule_kind_names[rule->kind];
}

bool rule_needs_packets(const struct rule *rule)
{
	return kinds[rule->kind].packets;
}

bool rules_need_packets(const struct session_settings *s)
{
	for (unsigned i = 0; i < s->rule_count; i++)
		if (rule_needs_packets(&s->rules[i]))
			return true;
	return false;
}

void rule_gauge(struct gauge *g, const struct rule *rule)
{
	*g = (struct gauge){ .above = rule->above, .below = rule->below, .for_ns = rule->for_ns,
			     .clear_ns = rule->clear_ns ? rule->clear_ns : 10 * second };
}

void rules_begin(struct session_rules *r, const struct session_settings *s)
{
	memset(r, 0, sizeof(*r));
	for (unsigned i = 0; i < s->rule_count; i++)
		rule_gauge(&r->gauge[i], &s->rules[i]);
}

/* Slides by halves, as the detectors do. */
static uint64_t window_add(struct rule_window *w, int64_t half_ns, int64_t now_ns, uint64_t count)
{
	uint64_t number = (uint64_t)(now_ns / half_ns);

	if (number != w->number) {
		w->count[1] = number - w->number == 1 ? w->count[0] : 0;
		w->count[0] = 0;
		w->number = number;
	}
	w->count[0] += count;
	return w->count[0] + w->count[1];
}

static uint64_t per_second(uint64_t count, int64_t ns)
{
	return (uint64_t)((double)count * 1e9 / (double)ns + .5);
}

void rules_sample(struct session_rules *r, const struct session_settings *s, const struct progress *p, int64_t now_ns,
		  rules_say_fn *say, void *user)
{
	uint64_t lost = p->dropped + p->ifdropped + p->disk_dropped;
	int64_t ns = now_ns - r->sampled_ns;
	bool first = !r->sampled_ns || ns <= 0;
	uint64_t packets = p->packets > r->packets ? p->packets - r->packets : 0;
	uint64_t bytes = p->bytes > r->bytes ? p->bytes - r->bytes : 0;
	uint64_t more_lost = lost > r->lost ? lost - r->lost : 0;

	r->packets = p->packets;
	r->bytes = p->bytes;
	r->lost = lost;
	r->sampled_ns = now_ns;
	if (first)
		return;
	for (unsigned i = 0; i < s->rule_count; i++) {
		const struct rule *rule = &s->rules[i];
		enum gauge_change change;
		uint64_t value = 0;

		if (rule_needs_packets(rule))
			continue;
		if (rule->kind == RULE_RATE)
			value = per_second(packets, ns);
		else if (rule->kind == RULE_BANDWIDTH)
			value = per_second(bytes * 8, ns);
		else
			value = window_add(&r->window[i], rule_window_ns(rule) / 2 + 1, now_ns, more_lost);
		change = gauge_feed(&r->gauge[i], value, now_ns);
		if (change != GAUGE_SAME)
			say(user, rule, &r->gauge[i], change);
	}
}

void rule_write(struct jsonout *w, const struct rule *rule, const struct gauge *g, enum gauge_change change, const char *subject)
{
	const char *unit = kinds[rule->kind].unit, *blank = *unit ? " " : "";
	bool raised = change == GAUGE_RAISED;
	char text[512];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	outbuf_printf(&o, "%s: %s %llu%s%s", rule_title(rule), kinds[rule->kind].what,
		      (unsigned long long)g->value, blank, unit);
	if (kinds[rule->kind].window)
		outbuf_printf(&o, " in %lld s", (long long)(rule_window_ns(rule) / second));
	outbuf_printf(&o, raised ? ", more than %llu%s%s" : ", not more than %llu%s%s",
		      (unsigned long long)(raised ? g->above : gauge_floor(g)), blank, unit);
	if (raised && subject && *subject)
		outbuf_printf(&o, " (%s)", subject);
	json_add_str(w, "rule", rule_title(rule));
	json_add_str(w, "kind", rule_kind_names[rule->kind]);
	json_add_u64(w, "value", g->value);
	json_add_u64(w, "threshold", raised ? g->above : gauge_floor(g));
	json_add_u64(w, "peak", g->peak);
	if (subject && *subject)
		json_add_str(w, "subject", subject);
	json_add_str(w, "text", outbuf_cstr(&o));
	json_add_bool(w, "freeze", raised && rule->freeze);
}
