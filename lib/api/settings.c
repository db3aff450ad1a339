/* SPDX-License-Identifier: MIT */
/* The settings of a session: one table for the configuration, profiles, Start, workers and session.json. */
#include "api/settings.h"
#include "base/shape.h"
#include "capture/capture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SNAPLEN_MAX = 262144,
	SEGMENT_MIN = 64 << 10, /* smaller ones would be more index than packets */
	LIMIT_MIN = 1 << 20     /* a few segments, or nothing could be kept */
};

_Static_assert(DIRECTION_BOTH == 0 && DIRECTION_IN == 1 && DIRECTION_OUT == 2, "as in the row of direction");

const char *const rule_kind_names[RULE_KINDS] = { "rate", "bandwidth", "new_destination", "port_scan", "dns_failures", "loss" };

#define R struct rule
static const struct shape_row rule_shape[] = {
	SHAPE_TEXT("name", R, name, NULL, "what its alerts are called; without one, its kind"),
	SHAPE_CHOICE("kind", R, kind, NULL, "rate bandwidth new_destination port_scan dns_failures loss", "what it counts",
		     .required = true),
	SHAPE_U64("above", R, above, "0", 0, 0, "the alert is raised above this"),
	SHAPE_U64("below", R, below, NULL, 0, 0, "and ends at or below this; without it, four fifths of above"),
	SHAPE_DURATION("for", R, for_ns, "0s", 0, 0,
		       "raised when it was above for so long; new_destination: how long it learns at the start (1m)"),
	SHAPE_DURATION("clear_after", R, clear_ns, "10s", 0, 0, "ends when it was below for so long"),
	SHAPE_DURATION("window", R, window_ns, "1m", 0, 0,
		       "of what port_scan, dns_failures and loss count; new_destination: how long one is remembered (1d)"),
	SHAPE_CHOICE("action", R, freeze, "none", "none freeze", "what it does beside the alert: freeze makes a bundle"),
	SHAPE_END
};
#undef R

#define L struct space_limits
static const struct shape_row limits_shape[] = {
	SHAPE_SIZE("bytes", L, bytes, NULL, 0, 0, "most bytes on disk, indexes and bundles included"),
	SHAPE_DURATION("age", L, age_ns, NULL, 0, 0, "nothing is kept longer"),
	SHAPE_U64("free_percent", L, free_percent, NULL, 0, 90, "so much of the file system is left free", .unit = "percent"),
	SHAPE_SIZE("free_bytes", L, free_bytes, NULL, 0, 0, "the same in bytes; the larger one counts"),
	SHAPE_END
};
#undef L

#define S struct session_settings
static const struct shape_row freeze_shape[] = {
	SHAPE_DURATION("before", S, freeze_before_ns, "5m", 0, FREEZE_MAX_NS, "of what was"),
	SHAPE_DURATION("after", S, freeze_after_ns, "1m", 0, FREEZE_MAX_NS, "of what comes"),
	SHAPE_BOOL("on_signal", S, freeze_on_signal, "false", "SIGUSR2 to netwatchd makes a bundle"),
	SHAPE_U64("max_bundles", S, max_bundles, "10", 0, 1000, "the oldest goes when there are more"),
	SHAPE_END
};

const struct shape_row settings_shape[] = {
	SHAPE_TEXT("name", S, name, NULL, "what people call it: letters, digits, '-', '_' and '.'"),
	SHAPE_TEXT("profile", S, profile, NULL, "settings of this profile, as far as it says nothing itself"),
	SHAPE_TEXTS("interfaces", S, interfaces, interface_count, "where packets come from; any: all of them"),
	SHAPE_TEXT("netns", S, netns, NULL, "network namespace of the interfaces: a name, a process id or a path"),
	SHAPE_TEXT("filter", S, filter, NULL, "capture filter (BPF); without one, everything"),
	SHAPE_U64("snaplen", S, snaplen, "262144", 0, SNAPLEN_MAX, "bytes kept of a packet", .unit = "bytes"),
	SHAPE_BOOL("promiscuous", S, no_promiscuous, "true", "receive what is for others too", .invert = true),
	SHAPE_CHOICE("direction", S, direction, "both", "both in out", "which packets, seen from this machine"),
	SHAPE_SIZE("buffer", S, buffer_bytes, NULL, 0, 1ull << 32, "the kernel's ring; without it, by the machine's memory"),
	SHAPE_DURATION("duration", S, duration_ns, NULL, 0, 0, "ends by itself after so long"),
	SHAPE_U64("packets", S, packets, NULL, 0, 0, "ends by itself after so many", .unit = "packets"),
	SHAPE_SIZE("bytes", S, bytes, NULL, 0, 0, "ends by itself after so much was recorded"),
	SHAPE_SIZE("segment_bytes", S, segment_bytes, "64M", 0, 1ull << 40, "size of a file of the record"),
	SHAPE_DURATION("segment_time", S, segment_ns, NULL, 0, 0, "a new file at the latest after so long"),
	SHAPE_OBJECT("limits", S, limits, limits_shape, "what its record may take; the oldest goes first"),
	SHAPE_CHOICE("storage", S, in_memory, "disk", "disk memory", "memory: below runtime_dir, gone with a restart of the machine"),
	SHAPE_BOOL("autostart", S, no_autostart, "true", "of the configuration file: start it with netwatchd", .invert = true),
	SHAPE_GROUP("freeze", freeze_shape, "how much a bundle holds"),
	SHAPE_LIST("rules", S, rules, rule_count, rule_shape, "what raises alerts"),
	SHAPE_END
};
#undef S

int settings_read(struct session_settings *s, const struct json_value *v, struct errmsg *err)
{
	memset(s, 0, sizeof(*s));
	return settings_overlay(s, v, err);
}

int settings_overlay(struct session_settings *s, const struct json_value *v, struct errmsg *err)
{
	return shape_overlay(settings_shape, v, s, err);
}

int settings_known(const struct json_value *request, struct errmsg *err)
{
	return shape_names(settings_shape, request, "id type session", err);
}

void settings_from_profile(struct session_settings *s, const struct session_settings *profile)
{
	*s = *profile;
	memcpy(s->profile, profile->name, sizeof(s->profile));
	memset(s->name, 0, sizeof(s->name));
}

void settings_write(struct jsonout *w, const struct session_settings *s)
{
	shape_write(w, settings_shape, s);
}

bool settings_equal(const struct session_settings *a, const struct session_settings *b)
{
	return shape_equal(settings_shape, a, b);
}

/* ---- what a table cannot say ---------------------------------------------------------- */

struct check {
	struct settings_fault *fault;
	struct errmsg *err;
	int rc;
};

/* Notes the first fault. */
static __attribute__((format(printf, 5, 6))) void fault(struct check *c, const char *member, unsigned index, const char *part,
							 const char *fmt, ...)
{
	struct errmsg e;
	va_list ap;

	if (c->rc)
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	if (c->fault)
		*c->fault = (struct settings_fault){ member, index, part };
	if (part && *part)
		c->rc = errmsg_set(c->err, NW_EINPUT, "%s[%u].%s: %s", member, index, part, e.text);
	else if (part)
		c->rc = errmsg_set(c->err, NW_EINPUT, "%s[%u]: %s", member, index, e.text);
	else
		c->rc = errmsg_set(c->err, NW_EINPUT, "%s: %s", member, e.text);
}

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

static void check_name(struct check *c, const char *member, const char *name)
{
	if (!*name)
		return;
	if (name[strspn(name, name_letters)])
		fault(c, member, 0, NULL, "may hold letters, digits, '-', '_' and '.' only");
	else if (*name == '-' || *name == '.')
		fault(c, member, 0, NULL, "must not begin with '%c'", *name);
	else if (!name[strspn(name, "0123456789abcdef")])
		fault(c, member, 0, NULL, "'%s' could be the beginning of a session's id (0 to 9, a to f); put another letter into it",
		      name);
}

static void check_interfaces(struct check *c, const struct session_settings *s)
{
	for (unsigned i = 0; i < s->interface_count; i++) {
		const char *name = s->interfaces[i];

		for (const char *p = name; *p; p++)
			if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '/')
				fault(c, "interfaces", i, "", "no interface can have a blank, a '/' or a control character in its name");
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(s->interfaces[k], name))
				fault(c, "interfaces", i, "", "%s is there twice", name);
	}
}

/* What its alerts are called. */
static const char *title(const struct rule *r)
{
	return *r->name ? r->name : rule_kind_names[r->kind];
}

static void check_rule(struct check *c, const struct session_settings *s, unsigned i)
{
	const struct rule *r = &s->rules[i];

	if (!r->above && (r->kind == RULE_RATE || r->kind == RULE_BANDWIDTH || r->kind == RULE_PORT_SCAN))
		fault(c, "rules", i, "above", "is missing; a rule of kind %s needs a threshold", rule_kind_names[r->kind]);
	if (r->below > r->above)
		fault(c, "rules", i, "below", "%llu is more than above (%llu), so no alert would end", (unsigned long long)r->below,
		      (unsigned long long)r->above);
	if (r->window_ns && (r->kind == RULE_RATE || r->kind == RULE_BANDWIDTH))
		fault(c, "rules", i, "window", "a rule of kind %s is about each second; use for", rule_kind_names[r->kind]);
	for (unsigned k = 0; k < i; k++)
		if (!strcmp(title(&s->rules[k]), title(r)))
			fault(c, "rules", i, "name", "'%s' is the name of another rule of this session", title(r));
}

static void check_both(struct check *c, const struct session_settings *s)
{
	check_name(c, "name", s->name);
	check_interfaces(c, s);
	if (s->segment_bytes && s->segment_bytes < SEGMENT_MIN)
		fault(c, "segment_bytes", 0, NULL, "%llu bytes are too few; at least 64K", (unsigned long long)s->segment_bytes);
	if (s->limits.bytes && s->limits.bytes < LIMIT_MIN)
		fault(c, "limits", 0, NULL, "bytes: %llu are too few for a record; at least 1M", (unsigned long long)s->limits.bytes);
	for (unsigned i = 0; i < s->rule_count; i++)
		check_rule(c, s, i);
}

int settings_check(const struct session_settings *s, struct settings_fault *where, struct errmsg *err)
{
	struct check c = { where, err, 0 };

	check_both(&c, s);
	if (!s->interface_count)
		fault(&c, "interfaces", 0, NULL, "is missing; name at least one, or any");
	return c.rc;
}

int settings_check_profile(const struct session_settings *s, struct settings_fault *where, struct errmsg *err)
{
	struct check c = { where, err, 0 };

	check_both(&c, s);
	if (!*s->name)
		fault(&c, "name", 0, NULL, "is missing; sessions name their profile by it");
	if (*s->profile)
		fault(&c, "profile", 0, NULL, "a profile has no profile itself; write its settings out");
	return c.rc;
}
