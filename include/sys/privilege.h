/* SPDX-License-Identifier: MIT */
/*
 * Giving up what is no longer needed, in the order open, drop, read (DESIGN
 * section 9). What parses bytes from outside runs after the drop and can, at
 * worst, spoil its own output: no other user's files, no new sockets, no
 * programs, no way back.
 */
#ifndef SYS_PRIVILEGE_H
#define SYS_PRIVILEGE_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stdint.h>

/* What the process still has to do after the drop. */
struct privilege_needs {
	const char *user;         /* -Z: become this user; NULL: keep the uid, lose every capability */
	const char *group;        /* NULL: the user's */
	bool keep_net_admin;      /* one that still has to switch something off in the network */
	bool look_at_others;      /* a helper that reads other processes and enters network namespaces, and sees no packet: it keeps
				   * CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_SYS_ADMIN, also as another user. No Landlock (it
				   * would hide the processes); seccomp that lets it open sockets of netlink and enter network namespaces */
	bool run_programs;        /* a helper that still execs: neither Landlock nor seccomp, all the rest */
	const char *write_dir;    /* files are created, replaced and removed only below this directory; NULL: nowhere */
	const char *read_dir;     /* files are read below this one too; NULL: nowhere else */
	const struct privilege_daemon *daemon; /* what a daemon needs beyond that; NULL */
	bool as_owner;            /* instead of `user`, started as root: become the owner and group of what owner_fd is */
	int owner_fd;
};

/* A daemon that answers local clients: local sockets may still be made, bound and connected (no others), and these places are
 * reached. NULL where there is none. */
enum { PRIVILEGE_PATHS = 4 };
struct privilege_daemon {
	const char *trees[PRIVILEGE_PATHS];   /* all that is below: files, directories and sockets made, changed and removed */
	const char *readable[PRIVILEGE_PATHS]; /* files that are read; those that do not exist now are left out */
	const char *remove_dir;               /* files and sockets are removed in here */
};

/* What was achieved, for --doctor and -v. */
struct privilege_report {
	bool user_changed, capabilities_dropped, no_new_privs, landlock, seccomp;
	bool kept_override;       /* see below */
	char notes[240];          /* what this kernel does not have or what was kept, in words; "" */
};

/* Drops in this order: user and groups, capabilities (all sets and the bounding
 * set), no_new_privs, Landlock (write_dir), seccomp (no exec, ptrace, mount, module,
 * new sockets, new processes). What the kernel lacks is noted, not an error; what should
 * work and does not is one: NW_EINPUT (unknown user or group), NW_EPERM (not
 * allowed to become that user), NW_ESYS.
 *
 * Root without capabilities obeys the file modes like everybody. When it keeps
 * its uid and `write_dir` belongs to somebody else, CAP_DAC_OVERRIDE alone is kept
 * (else the second file of a ring could not be made), and Landlock
 * confines it to that directory. */
int privilege_drop(const struct privilege_needs *n, struct privilege_report *r, struct errmsg *err);

/* For --doctor: the capabilities in force, a bit each; the version of Landlock, 0 if there is none. */
uint64_t privilege_capabilities(void);
int privilege_landlock_abi(void);

#endif
