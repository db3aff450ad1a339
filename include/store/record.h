/* SPDX-License-Identifier: MIT */
/*
 * Writing a record: packets into segments, within limits, for as long as it takes.
 *
 * One writer per directory (a lock on it sees to that). Everything happens in the caller's thread but the waiting for the disk
 * (fdatasync of a complete segment), which has one. A record survives its writer: record_open() repairs what a killed one left
 * and goes on in a new segment.
 *
 * What is safe when: a packet is in the writer's buffer after record_frame(), in the file after record_tick() or when the
 * buffer is full (then kill -9 cannot take it any more), and on the disk when the kernel wrote it. The writer asks for that
 * (fdatasync) when a segment is complete, and never per write: power loss can take what the kernel had not written, some 30 s
 * by its defaults; recovery then cuts the torn tail.
 *
 * A full disk, an exhausted quota of the user and an I/O error end nothing: the file is cut back to its last whole block, the
 * oldest closed segment goes, the write is tried again. With nothing left to evict packets are dropped and counted
 * (progress.disk_dropped, the ledger, an event), and it is tried again every second, in the same file. The same when
 * limits.bytes is used up by what is no segment (bundles). For an I/O error nothing
 * is evicted: it would get no better. A file that may not grow any more (EFBIG) is followed by another one.
 *
 * The memory of a record is fixed when it is opened: the buffer (64 KiB, or as much as the largest packet) and
 * 600 KiB, whatever the traffic does.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/errmsg.h"
#include "base/frame.h"
#include "capture/capture.h"
#include "store/ledger.h"
#include "store/limits.h"
#include "store/progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct record;

enum record_event_kind {
	RECORD_EVICTED,       /* segments, bytes: gone since the last such event; at most one a minute */
	RECORD_DISK_FULL,     /* error: errno (ENOSPC, EDQUOT, EIO, …; 0: a free_percent or free_bytes limit). Packets are dropped */
	RECORD_DISK_AGAIN,    /* packets, bytes dropped from from_ns to to_ns; it is in the ledger */
	RECORD_CLOCK_CHANGED, /* from_ns: what the clock would have said, to_ns: what it says. Nothing is evicted for it */
	RECORD_NO_INDEX,      /* error: a segment was closed without an index; it will be made at the next start */
};

struct record_event {
	enum record_event_kind kind;
	uint64_t segments, bytes, packets;
	int64_t from_ns, to_ns;
	int error;
	char message[200];    /* one sentence for people and logs */
};

/* What record_open() found and did. */
struct record_recovery {
	bool was_killed;          /* the last writer did not close the record */
	uint64_t cut_bytes;       /* torn blocks at the end, cut off: of no packet that was said to be written; it is in the ledger */
	uint64_t cut_segment;     /* where; 0: nowhere */
	unsigned removed;         /* segments without any packet */
	unsigned indexed;         /* indexes made anew */
	unsigned damaged;         /* segments with unreadable blocks in their middle, left as they are */
	uint64_t segments, packets, bytes; /* that are there */
	uint64_t all_packets;     /* of the session, what was evicted too. When a writer was killed: what is here more than in its
				   * progress.packets was saved although it could not say so any more */
	unsigned foreign;         /* files that are none of ours, left alone */
	char foreign_name[64];    /* one of them, cut; to be shown escaped */
};

struct record_options {
	int dirfd;                /* of the session's directory; the caller's, open for as long as the record */
	const char *name;         /* what messages call it; copied. NULL: "record" */
	uint64_t segment_bytes;   /* 0: 64 MiB; at least 64 KiB; at most an eighth of limits.bytes, so that evicting is gradual */
	int64_t segment_ns;       /* a new segment at the latest after so long; 0: never (or an eighth of limits.age_ns) */
	uint64_t buffer_bytes;    /* 0: 64 KiB; a larger packet makes it larger */
	struct space_limits limits;
	struct progress_page *progress; /* kept up to date; the caller's; NULL: none */
	const char *application, *comment; /* of the section headers; copied. NULL: as writer_open() */
	/* From record_tick() and record_close() only, never from record_frame(). May call record_set_limits() and record_evict(). */
	void (*on_event)(void *user, const struct record_event *e);
	void *user;
	/* For tests: another wall clock, another monotonic clock (ns), another write(2). NULL: the system's. */
	int64_t (*wall_clock)(void);
	int64_t (*monotonic_clock)(void);
	ssize_t (*write)(int fd, const void *data, size_t len);
};

/* Recovers, counts, makes no segment yet. `recovery` may be NULL. NW_EINPUT: another process records here (or the
 * directory is none); NW_EPERM, NW_ESYS, NW_ELIMIT. A full disk is no error. It needs to read the directory and to create,
 * rename, truncate and remove files in it, so it may run in the sandbox; a directory of 10 GB with all indexes takes some
 * milliseconds, a segment without one 30 ms per 64 MiB. */
int record_open(struct record **r, const struct record_options *o, struct record_recovery *recovery, struct errmsg *err);

/* Adds an interface, mostly before the first packet. Its number goes with its packets. NW_ELIMIT: no memory. */
int record_interface(struct record *r, const struct interface *i, uint32_t *ifid, struct errmsg *err);
/* Appends a packet; the frame is borrowed for the call. No system call but the write of a full buffer. A full disk is no
 * error of it. NW_EINPUT: no such interface, or a packet of more than CAPTURE_SNAPLEN_MAX bytes (nothing is written). */
int record_frame(struct record *r, const struct frame *f, uint32_t ifid);
/* The interface's counters as they are now; written as an interface statistics block when drops have changed, and at the
 * end of each segment. progress has the sums over all interfaces. */
void record_statistics(struct record *r, uint32_t ifid, const struct capture_counters *k);
/* Lost packets for the ledger (kernel, interface): gathered, one entry a minute and kind. From and to since 1970. The disk's
 * losses are entered by the record itself. `note` (one sentence; NULL: as before) is copied. */
void record_loss(struct record *r, enum loss_kind kind, uint64_t packets, int64_t from_ns, int64_t to_ns, const char *note);
/* Writes what waits, keeps the limits, notices clock steps, closes a segment that is old enough, publishes progress, gives
 * events. To be called at least every 200 ms while packets come and every second when none do. A failing disk is an event, no
 * error. */
void record_tick(struct record *r);
/* A new segment with the next packet, unless this one has none. */
void record_rotate(struct record *r);
/* From the next write on. Segments are made smaller when `bytes` asks for it; one that is open and too large ends with the next packet
 * or tick. */
void record_set_limits(struct record *r, const struct space_limits *limits);
/* The oldest closed segments go until so many bytes are free again (quotas over all sessions). Returns the bytes that
 * went. */
uint64_t record_evict(struct record *r, uint64_t bytes);
/* As of now, what waits in the buffer not counted as written. */
void record_progress(const struct record *r, struct progress *p);
/* Writes what waits, statistics and index, syncs. The record is gone, also on error (NW_ESYS: packets could not be
 * written; they are in the ledger if that was possible). NULL is fine. */
int record_close(struct record *r, struct errmsg *err);

#endif
