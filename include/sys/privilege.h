/* SPDX-License-Identifier: MIT */
/* Giving up what is no longer needed, in the order open, drop, read (DESIGN section 9). */
#ifndef SYS_PRIVILEGE_H
#define SYS_PRIVILEGE_H

#include "base/errmsg.h"

#include <stdbool.h>

/* What the process still has to do after the drop. */
struct privilege_needs {
	const char *user;         /* -Z: become this user; NULL: keep the uid, lose every capability */
	const char *write_dir;    /* files are created only below this directory; NULL: none are */
	const char *group;        /* NULL: the user's */
};

/* What was achieved, for --doctor and -v. */
struct privilege_report {
	bool user_changed, capabilities_dropped, no_new_privs, landlock, seccomp;
	char notes[240];          /* what this kernel does not have, in words */
};

/* Drops in this order: user and groups, capabilities (all sets and the bounding
 * set), no_new_privs, Landlock (write_dir), seccomp (no exec, ptrace, mount, module,
 * new sockets). What the kernel lacks is noted, not an error; what should work and does
 * not (unknown user, setuid refused) is NW_EINPUT/NW_EPERM. */
int privilege_drop(const struct privilege_needs *n, struct privilege_report *r, struct errmsg *err);

#endif
