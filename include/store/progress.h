/* SPDX-License-Identifier: MIT */
/*
 * How far a record has got: one page of memory that its writer fills and everybody else only reads. It takes the place of
 * messages: a status costs a copy of a few words, and when the writer is killed its last words are still there.
 *
 * The writer makes it (progress_create) and hands the descriptor on; it is sealed against growing and shrinking. A reader
 * maps it read-only and takes whole copies (progress_read): there are two, and the writer fills the one that does not count.
 */
#ifndef STORE_PROGRESS_H
#define STORE_PROGRESS_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t segment;         /* number of the newest segment; 0: none yet */
	uint64_t segment_bytes;   /* whole blocks of it that are in the file: nobody reads beyond */
	uint64_t first_segment;   /* the oldest that is still there */
	uint64_t segments;        /* how many there are */
	uint64_t stored_bytes;    /* of all files of the record */
	uint64_t packets;         /* in the file, since the session began; of all runs */
	uint64_t bytes;           /* of them, on the wire */
	uint64_t taken;           /* packets that the writer of this run got from the kernel, the buffered ones included */
	uint64_t written;         /* packets of this run that are in the file */
	uint64_t received;        /* this run, by the kernel's counters as last asked: passed the filter, drops included */
	uint64_t dropped, ifdropped; /* of these: for want of room in the ring; by the interface */
	uint64_t disk_dropped;    /* this run: nowhere to write them to */
	uint64_t stated;          /* this run: packets that `received` counts and that the ledger says are lost (kernel, disk) */
	uint64_t evicted;         /* segments that went, of all runs */
	int64_t first_ns, last_ns;/* times of the first and the last packet in the file; 0: none */
	int64_t updated_ns;       /* CLOCK_MONOTONIC */
};

struct progress_page;

/* For the writer: a page all zero, mapped. *fd is the caller's to pass on and close. NULL: NW_ESYS is in err. */
struct progress_page *progress_create(int *fd, struct errmsg *err);
void progress_write(struct progress_page *page, const struct progress *p);
/* For others. The descriptor may be closed afterwards. NULL: not such a page (NW_EINPUT) or NW_ESYS. */
const struct progress_page *progress_open(int fd, struct errmsg *err);
/* A whole copy, also of a writer that died. False: the page changed a thousand times under our hands. */
bool progress_read(const struct progress_page *page, struct progress *p);
void progress_close(const struct progress_page *page); /* NULL is fine; the writer too */

#endif
