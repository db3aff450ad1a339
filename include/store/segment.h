/* SPDX-License-Identifier: MIT */
/*
 * The files of a record's directory. Segments are numbered from 1; a number is never used twice, so that (segment, offset) is
 * the name of a packet for ever. Numbers may be missing (what was evicted, what somebody removed).
 *
 *	000001.pcapng   000001.idx      six digits at least, as many as it takes
 *
 * Everything is looked up from the directory's descriptor: no path is needed, and a sandbox may know that directory only.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stdint.h>

enum { SEGMENT_NAME_SIZE = 32 };

/* "000001.pcapng" */
void segment_name(char name[SEGMENT_NAME_SIZE], uint64_t number);
/* "000001.idx" */
void segment_index_name(char name[SEGMENT_NAME_SIZE], uint64_t number);
/* The number of a segment's name; 0: is none. */
uint64_t segment_number(const char *name);

/* The segment after `number` (0: the first), 0 when there is none now. Cheap when numbers follow each other, otherwise the
 * directory is read. One that comes or goes meanwhile may be missed or named: openat() tells. */
uint64_t segment_next(int dirfd, uint64_t number);
/* Opens one for reading: the descriptor, or -1 with errno (ENOENT: it was evicted meanwhile). */
int segment_open(int dirfd, uint64_t number);

/* What a record holds, by its files. */
struct record_usage {
	uint64_t first, last;     /* segments; 0: none */
	uint64_t segments;
	uint64_t segment_bytes;   /* of segments and their indexes */
	uint64_t other_bytes;     /* ledger, bundles and their files, session.json: all else that is ours */
	unsigned foreign;         /* names that are none of ours; not counted, never touched */
	char foreign_name[64];    /* one of them, cut */
};

/* Reads the directory and bundles/ with all in them. NW_ESYS. */
int record_usage(int dirfd, struct record_usage *u, struct errmsg *err);

/* For a record without a writer (a stopped session): the oldest segments go until `bytes` are free again or only `keep` are
 * left. Of the very last one the header of its index stays (128 bytes): the next run goes on with its number and sums; without
 * an index it stays itself. *freed and *segments (may be NULL) say what went. NW_ESYS: one could not be removed. While a writer has the record:
 * record_evict() there, by a message; this one answers NW_EINPUT. */
int record_evict_oldest(int dirfd, uint64_t bytes, uint64_t keep, uint64_t *freed, uint64_t *segments, struct errmsg *err);

#endif
