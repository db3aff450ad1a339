/* SPDX-License-Identifier: MIT */
/*
 * What a capture session is asked to be: the same words in the configuration file, in a profile, in a Start request and in
 * session.json. One table (settings_shape) reads them all; settings_write() is its inverse.
 */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include "base/errmsg.h"
#include "base/shape.h"
#include "store/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SETTINGS_NAME_MAX = 64,
	SETTINGS_INTERFACES_MAX = 8,
	SETTINGS_RULES_MAX = 16,
	SETTINGS_FILTER_MAX = 1024
};

/* What a bundle can hold at most, before and after: one day. */
#define FREEZE_MAX_NS 86400000000000

enum rule_kind { RULE_RATE, RULE_BANDWIDTH, RULE_NEW_DESTINATION, RULE_PORT_SCAN, RULE_DNS_FAILURES, RULE_LOSS, RULE_KINDS };
extern const char *const rule_kind_names[RULE_KINDS]; /* "rate", "bandwidth", "new_destination", … */

struct rule {
	char name[SETTINGS_NAME_MAX];
	uint8_t kind;             /* enum rule_kind */
	bool freeze;              /* action: a bundle is made when it is raised */
	uint64_t above;           /* packets/s, bits/s, ports per source, failures, lost packets; of `window_ns` where it counts */
	uint64_t below;           /* the alert ends when it stays below; 0: four fifths of `above` */
	int64_t for_ns;           /* raised when above for so long */
	int64_t clear_ns;         /* ended when below for so long */
	int64_t window_ns;        /* of what is counted (scans, failures, loss); how long a destination is remembered */
};

/* 0 and "" mean: not said; the default in the comment is for whoever uses it. */
struct session_settings {
	char name[SETTINGS_NAME_MAX];           /* "": none; letters, digits, '-', '_', '.'; not all hex digits */
	char profile[SETTINGS_NAME_MAX];        /* "": none */
	char interfaces[SETTINGS_INTERFACES_MAX][64];
	unsigned interface_count;
	char netns[256];                        /* as nwcap --netns; "": this one */
	char filter[SETTINGS_FILTER_MAX];       /* BPF; "": everything */
	uint32_t snaplen;                       /* 0: 262144 */
	bool no_promiscuous;
	uint8_t direction;                      /* enum capture_direction: both, in, out */
	uint64_t buffer_bytes;                  /* the kernel's ring; 0: from the machine's memory */
	int64_t duration_ns;                    /* ends by itself after so long; 0: never */
	uint64_t packets, bytes;                /* ends by itself after so many; 0: never */
	uint64_t segment_bytes;                 /* 0: 64 MiB */
	int64_t segment_ns;                     /* a new segment at the latest after so long; 0: never */
	struct space_limits limits;
	bool in_memory;                         /* storage: memory */
	bool no_autostart;                      /* sessions of the configuration: known, not started */
	struct rule rules[SETTINGS_RULES_MAX];
	unsigned rule_count;
	int64_t freeze_before_ns, freeze_after_ns; /* of a bundle; 0: 5 minutes, 1 minute */
	bool freeze_on_signal;                  /* USR2 of netwatchd makes a bundle */
	unsigned max_bundles;                   /* the oldest goes; 0: 10 */
};

/* One row per setting, into struct session_settings. Its presets are documentation: what is not said stays 0. */
extern const struct shape_row settings_shape[];

/* An object's members into *s, which is cleared first. Unknown members are ignored. NW_EINPUT with "limits.bytes: …". */
int settings_read(struct session_settings *s, const struct json_value *v, struct errmsg *err);
/* What a session of this profile begins with: the profile's settings, its name as `profile`, no name. */
void settings_from_profile(struct session_settings *s, const struct session_settings *profile);
/* Members of v over what is there: a session's own over its profile's. Lists (interfaces, rules) replace, limits and freeze
 * are merged member by member. */
int settings_overlay(struct session_settings *s, const struct json_value *v, struct errmsg *err);

/* Which member a check found wrong: rules[1].below is { "rules", 1, "below" }, name is { "name", 0, NULL }. */
struct settings_fault {
	const char *member;
	unsigned index;
	const char *part;
};
/* What a table cannot say: the form of the name, at least one interface, numbers that contradict each other. NW_EINPUT with
 * the path in front of the sentence; `fault` may be NULL. The filter is not compiled. */
int settings_check(const struct session_settings *s, struct settings_fault *fault, struct errmsg *err);
/* The same of a profile, which needs a name but no interface. */
int settings_check_profile(const struct session_settings *s, struct settings_fault *fault, struct errmsg *err);

/* For a Start: a member that is neither a setting nor of the request would leave a mistake unnoticed, and record the wrong
 * thing. NW_EINPUT with the nearest name. */
int settings_known(const struct json_value *request, struct errmsg *err);
/* Everything that was said, as members of an open object; settings_read() of it gives the same. */
void settings_write(struct jsonout *w, const struct session_settings *s);
bool settings_equal(const struct session_settings *a, const struct session_settings *b);

#endif
