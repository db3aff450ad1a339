/* SPDX-License-Identifier: MIT */
/*
 * netwatchd: what a freeze keeps, bundles/NAME/ of a session. A bundle is made as bundles/.NAME.part and gets its name when
 * everything is on the disk; what a power loss leaves of one is removed when the next is made.
 *
 *	packets.pcapng     as recorded
 *	flows.csv          nwexport --flows
 *	statistics.json    {"summary","protocols","endpoints","conversations"}: reports of nwexport
 *	events.ndjson      what the daemon told of the session in that time, an object a line
 *	summary.txt        nwexport --summary
 *	bundle.json        what this is: session, reason, times, counts, settings, and what did not succeed
 */
#ifndef NETWATCHD_BUNDLE_H
#define NETWATCHD_BUNDLE_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stdint.h>

enum { BUNDLE_NAME_MAX = 96, BUNDLE_PROBLEMS_MAX = 8 };

/* One that is being made. */
struct bundle {
	char name[BUNDLE_NAME_MAX], part[BUNDLE_NAME_MAX + 8];
	int all_fd, fd;                    /* of bundles/ and of the part */
	char problems[BUNDLE_PROBLEMS_MAX][300];
	unsigned problem_count;
};

/* A name that leads nowhere else: letters, digits, '-', '_', '.', not first. */
bool bundle_name_valid(const char *name);

/* Removes leftovers and makes the part below the session's directory. NW_EINPUT: there is such a bundle; NW_ESYS. */
int bundle_begin(struct bundle *b, int session_fd, const char *name, struct errmsg *err);
/* A new file of it; -1: NW_ESYS or NW_EPERM is in *rc. */
int bundle_file(const struct bundle *b, const char *name, int *rc, struct errmsg *err);
/* Everything to the disk, then the name. NW_ESYS. */
int bundle_finish(struct bundle *b, struct errmsg *err);
/* Removes it, when it was begun and not finished. */
void bundle_abandon(struct bundle *b);
/* The oldest go until `keep` are left (0: all stay). */
void bundle_keep(const struct bundle *b, uint64_t keep);
/* The oldest go until all bundles of the session, with those being made, take at most so many bytes. False: they take more, and only
 * parts are left. */
bool bundle_room(const struct bundle *b, uint64_t bytes);
/* A sentence for bundle.json; beyond the ceiling they are not kept. */
void bundle_problem(struct bundle *b, const char *what, const char *why);

/* flows.csv, statistics.json and summary.txt of its packets.pcapng; what fails is a problem, not an error. */
void bundle_reports(struct bundle *b);

#endif
