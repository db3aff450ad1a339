/* SPDX-License-Identifier: MIT */
/* For the tests of the record's writer: time that passes when they say so, the events that came, a disk of any kind. */
#ifndef TEST_UNIT_STORE_WORLD_H
#define TEST_UNIT_STORE_WORLD_H

#include "store_dir.h"

#include <errno.h>

#define T0 1700000000000000000ll
#define SECOND 1000000000ll

/* ---- clocks, events, a disk ------------------------------------------------------------------------- */

static int64_t wall, mono;

static inline int64_t wall_now(void)
{
	return wall;
}

static inline int64_t mono_now(void)
{
	return mono;
}

static inline void pass(int64_t ns)
{
	wall += ns;
	mono += ns;
}

static struct {
	unsigned count[RECORD_NO_INDEX + 1];
	struct record_event last[RECORD_NO_INDEX + 1];
} events;

static inline void on_event(void *user, const struct record_event *e)
{
	(void)user;
	events.count[e->kind]++;
	events.last[e->kind] = *e;
}

/* A disk that has room for so many bytes of segments, writes at most so many at once, or fails otherwise. */
static struct {
	int dir;
	uint64_t room;         /* for all that is in the directory; 0: no limit */
	size_t piece;          /* most of one write; 0: no limit */
	int error;             /* every write fails with it */
	uint64_t quota, most;  /* bytes that the directory may have, and has had */
} disk;

static inline ssize_t disk_write(int fd, const void *data, size_t len)
{
	uint64_t used = disk.room || disk.quota ? dir_bytes(disk.dir) : 0;

	if (disk.error) {
		errno = disk.error;
		return -1;
	}
	if (disk.room && used >= disk.room) {
		errno = ENOSPC;
		return -1;
	}
	if (disk.room && len > disk.room - used)
		len = disk.room - used;
	if (disk.piece && len > disk.piece)
		len = disk.piece;
	if (disk.quota && used + len > disk.most)
		disk.most = used + len;
	return write(fd, data, len);
}

static inline struct record_options options(int dir)
{
	memset(&disk, 0, sizeof(disk));
	memset(&events, 0, sizeof(events));
	disk.dir = dir;
	wall = T0;
	mono = 1000 * SECOND;
	return (struct record_options){ .dirfd = dir, .segment_bytes = 1 << 20, .wall_clock = wall_now, .monotonic_clock = mono_now,
					.write = disk_write, .on_event = on_event };
}

static inline struct progress progress_of(const struct record *r)
{
	struct progress p;

	record_progress(r, &p);
	return p;
}

/* Packets first .. first + count - 1 of 1000 bytes, a tick every 50. */
static inline void packets(struct record *r, uint32_t ifid, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		store_packet(r, ifid, first + i, 1000, wall);
		pass(SECOND / 1000);
		if (i % 50 == 49)
			record_tick(r);
	}
}

#endif
