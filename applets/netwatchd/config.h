/* SPDX-License-Identifier: MIT */
/*
 * The configuration: one YAML file, one table of settings (config_rows), dist/netwatchd.yaml and netwatchd.yaml(5), which
 * show every row of it.
 *
 * Nothing here belongs to the process: a reload makes a second struct config, and the daemon compares. Strings are
 * borrowed from the parsed file, which the struct holds.
 */
#ifndef NETWATCHD_CONFIG_H
#define NETWATCHD_CONFIG_H

#include "api/operations.h"
#include "api/settings.h"
#include "base/errmsg.h"
#include "base/shape.h"
#include "store/limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CONFIG_PATH "/etc/netwatchd/netwatchd.yaml"

enum { CONFIG_SESSIONS_MAX = 64, CONFIG_PROFILES_MAX = 32, CONFIG_ROLE_NAMES_MAX = 32 };

/* Who has a role, by number. */
struct config_role {
	uid_t users[CONFIG_ROLE_NAMES_MAX];
	unsigned user_count;
	gid_t groups[CONFIG_ROLE_NAMES_MAX];
	unsigned group_count;
};

struct config {
	struct json *doc;                  /* NULL: defaults alone */
	const char *socket;                /* NULL: the place of DESIGN section 6 for whoever runs it */
	uint32_t socket_mode;
	gid_t group;                       /* of the socket; (gid_t)-1: none */
	struct config_role roles[ROLES];
	const char *state_dir, *runtime_dir; /* NULL: by who runs it */
	const char *user;                  /* becomes this one; NULL: netwatchd if there is such a user */
	const char *pid_file;              /* NULL: none */
	uint8_t log_level;                 /* enum log_level */
	const char *log_file;              /* NULL: standard error */
	bool log_syslog;
	struct space_limits limits;        /* of all sessions together */
	uint32_t max_sessions, max_clients;
	uint64_t client_queue_bytes;       /* that may wait for one client */
	int64_t orphan_ns;                 /* workers record so long without a daemon */
	int64_t backoff_min_ns, backoff_max_ns;
	uint32_t restart_attempts;         /* in the window; then it is given up */
	int64_t restart_window_ns;
	struct session_settings *sessions, *profiles; /* profiles are merged into the sessions already */
	unsigned session_count, profile_count;
};

/* The table, for --check, manuals and test/lint/settings.sh (shape_table). */
extern const struct shape_row config_rows[];

/*
 * Reads, checks, resolves names of users and groups (/etc/passwd, /etc/group). `path` NULL: the defaults. Everything that is
 * wrong goes into `problems` (up to COMPLAINTS_MAX, each with file and line), the first into `err` too. 0: *c is to be
 * freed; NW_EINPUT with problems, or NW_EPERM, NW_ESYS, NW_ELIMIT with `err` alone: *c is NULL.
 */
int config_load(const char *path, struct config **c, struct complaints *problems, struct errmsg *err);
/* The same from a descriptor, which stays the caller's; `name` is what messages call it. */
int config_load_fd(int fd, const char *name, struct config **c, struct complaints *problems, struct errmsg *err);
void config_free(struct config *c); /* NULL is fine */

/* For --check alone, as a filter may ask the resolver: does each capture filter compile? Adds to `problems`. */
void config_check_filters(const struct config *c, const char *name, struct complaints *problems);

/* By name, or NULL. */
const struct session_settings *config_profile(const struct config *c, const char *name);

#endif
