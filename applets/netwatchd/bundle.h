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
/* What became of the part of a bundle that another process made: false while somebody holds it. Otherwise what is left of it goes. */
bool bundle_part_over(int all_fd, const char *name);
/* The oldest go until `keep` are left (0: all stay). */
void bundle_keep(const struct bundle *b, uint64_t keep);
/* The oldest go until all bundles of the session, with those being made, take at most so many bytes. False: they take more, and only
 * parts are left. */
bool bundle_room(const struct bundle *b, uint64_t bytes);
/* A sentence for bundle.json; beyond the ceiling they are not kept. */
void bundle_problem(struct bundle *b, const char *what, const char *why);

/* ---- bundle_range.c ---- */

struct query_options;

/* Puts off o->from_ns until what the record holds from there to `at_ns` takes at most so many bytes (0: any), as well as indexes
 * tell, so that what is nearest to the trigger is kept. A problem says so, and that the record begins later than asked for.
 * Errors of query_open(). */
int bundle_range(struct bundle *b, struct query_options *o, int64_t at_ns, uint64_t bytes, struct errmsg *err);

/* flows.csv, statistics.json and summary.txt of its packets.pcapng; what fails is a problem, not an error. */
void bundle_reports(struct bundle *b);

#endif
