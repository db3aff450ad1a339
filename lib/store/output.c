/* SPDX-License-Identifier: MIT */
/*
 * Between the pcapng writer and the disk: the writer's sink.
 *
 *	buffer of whole blocks --> limits --> write(2) --> what is whole counts --> index, progress
 *	                              |          |
 *	                           evict the oldest, try again; nothing to evict: drop, count, try again in a second
 *
 * The writer never learns of a failure: it fills its buffer again, and nothing but counters shows that the last one is gone. A
 * segment appears under its name when its section header is in it: it is a capture file at every moment.
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t first_block(const char *data)
{
	uint32_t type;

	memcpy(&type, data, sizeof(type));
	return type;
}

static void part_name(char name[SEGMENT_NAME_SIZE + 8], uint64_t number)
{
	char plain[SEGMENT_NAME_SIZE];

	segment_name(plain, number);
	snprintf(name, SEGMENT_NAME_SIZE + 8, "%s.part", plain);
}

/* ---- dropping --------------------------------------------------------------------------------------- */

static void drop(struct record *r, const struct tally *t)
{
	int64_t now = record_wall(r);

	if (!t->packets)
		return;
	r->disk_dropped += t->packets;
	loss_add(&r->episode, t->packets, t->bytes, now, now);
	loss_add(&r->losses[LOSS_DISK], t->packets, t->bytes, now, now);
	if (r->full_error)
		snprintf(r->losses[LOSS_DISK].note, sizeof(r->losses[LOSS_DISK].note), "%s", strerror(r->full_error));
	else
		snprintf(r->losses[LOSS_DISK].note, sizeof(r->losses[LOSS_DISK].note), "%s", r->full_limit);
}

/* From here on packets are dropped; `error` is errno, or 0 for a limit. */
static void disk_full(struct record *r, int error)
{
	r->full_error = error;
	r->full_retry_ns = r->now_ns + SECOND_NS;
	if (!r->full) {
		r->full = true;
		r->full_told = false;
	}
}

/* ---- files ------------------------------------------------------------------------------------------------ */

/* The next segment, under a name that nobody takes for one. errno or 0. */
static int create(struct record *r)
{
	char name[SEGMENT_NAME_SIZE + 8];
	struct stat st;

	segment_name(name, r->index.number);
	while (fstatat(r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) /* somebody put it there: it is not ours to replace */
		segment_name(name, ++r->index.number);
	part_name(name, r->index.number);
	do {
		unlinkat(r->dirfd, name, 0);
		r->fd = openat(r->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	} while (r->fd < 0 && (errno == ENOSPC || errno == EDQUOT) && limits_evict(r));
	r->size = 0;
	r->head_known = false;
	return r->fd < 0 ? errno : 0;
}

static void discard(struct record *r)
{
	char name[SEGMENT_NAME_SIZE + 8];

	part_name(name, r->index.number);
	close(r->fd);
	r->fd = -1;
	r->size = 0;
	unlinkat(r->dirfd, name, 0);
}

/* The header is in it. errno or 0. */
static int publish(struct record *r)
{
	char part[SEGMENT_NAME_SIZE + 8], name[SEGMENT_NAME_SIZE];

	part_name(part, r->index.number);
	segment_name(name, r->index.number);
	if (renameat(r->dirfd, part, r->dirfd, name) < 0)
		return errno;
	r->number = r->index.number;
	r->segments++;
	if (!r->first)
		r->first = r->number;
	return 0;
}

static void add_index(struct record *r, uint64_t bytes)
{
	r->segment_bytes += bytes;
	r->free_bytes -= bytes < r->free_bytes ? bytes : r->free_bytes;
}

void output_close_segment(struct record *r)
{
	uint64_t before = r->before_packets + r->done_packets, bytes_before = r->before_bytes + r->done_bytes;

	if (r->fd < 0)
		return;
	limits_room(r, 0);
	if (index_maker_finish(&r->index, r->size, before + r->segment.packets, bytes_before + r->segment.bytes,
			       r->evicted_before + r->evicted, NULL) == 0)
		add_index(r, index_maker_bytes(&r->index));
	else
		r->no_index_error = r->index.error;
	r->segment_bytes += r->size;
	r->done_packets += r->segment.packets;
	r->done_bytes += r->segment.bytes;
	r->stamps[r->number % STAMPS] = r->newest_ns;
	segment_sync_start(&r->sync, r->fd, r->number);
	r->fd = -1;
	r->last_size = r->size;
	r->size = 0;
	tally_clear(&r->segment);
	r->segment_since_ns = 0;
	index_maker_begin(&r->index, r->number + 1);
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* Writes whole blocks, making room as long as that helps. Bytes that are in the file in the end; *why: errno if not all. */
static size_t write_blocks(struct record *r, const char *data, size_t len, struct tally *written, int *why)
{
	size_t done = 0;

	*why = 0;
	while (done < len) {
		ssize_t n = r->o.write(r->fd, data + done, len - done);
		size_t whole;

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		*why = n < 0 ? errno : ENOSPC;
		whole = blocks_whole((const uint8_t *)data, done, NULL, NULL);
		if (whole < done && ftruncate(r->fd, (off_t)(r->size + whole)) < 0)
			*why = errno; /* then it is written over, or cut when the record is opened next */
		lseek(r->fd, (off_t)(r->size + whole), SEEK_SET);
		done = whole;
		if ((*why != ENOSPC && *why != EDQUOT) || !limits_evict(r)) { /* an I/O error gets no better by evicting */
			blocks_whole((const uint8_t *)data, done, written, NULL);
			return done;
		}
		*why = 0;
	}
	return done;
}

/* `done` bytes more are in the file, with the packets of `t`. */
static void account(struct record *r, const char *data, size_t done, const struct tally *t)
{
	struct index_maker *m = &r->index;
	size_t head = done;

	if (!r->head_known) {
		blocks_whole((const uint8_t *)data, done, NULL, &head);
		m->head = m->chunk_at = r->size + head;
		r->head_known = head < done;
	}
	r->size += done;
	r->fill = r->size;
	r->free_bytes -= done < r->free_bytes ? done : r->free_bytes;
	if (t->packets) {
		r->newest_ns = r->now_ns;
		if (!r->segment_since_ns) {
			r->segment_since_ns = r->now_ns;
			r->segment_wall_ns = record_wall(r);
		}
		if (t->first_ns <= t->last_ns) {
			r->first_ns = r->first_ns ? r->first_ns : t->first_ns;
			r->last_ns = t->last_ns;
		}
		tally_add(&r->segment, t);
	}
	index_maker_flushed(m, t, r->size);
}

static void forget(struct record *r, const struct tally *waiting, int why)
{
	if (r->fd >= 0 && !r->size)
		discard(r);
	disk_full(r, why);
	drop(r, waiting);
	r->fill = r->size;
	r->restart = r->fd < 0;
}

int output_write(void *user, const char *data, size_t len, struct errmsg *err)
{
	struct record *r = user;
	struct tally waiting = r->waiting, written = waiting;
	bool fresh = r->fd < 0;
	size_t done, head = 0;
	int why = 0;

	(void)err;
	tally_clear(&r->waiting);
	if (!len || r->closed)
		return 0;
	record_mono(r);
	if ((fresh && first_block(data) != BLOCK_SHB) || (r->full && r->now_ns < r->full_retry_ns)) {
		drop(r, &waiting);
		r->fill = r->size;
		r->restart = fresh;
		return 0;
	}
	if (!limits_room(r, len) || (fresh && (why = create(r)))) {
		forget(r, &waiting, why);
		return 0;
	}
	written.packets = written.bytes = 0;
	done = write_blocks(r, data, len, &written, &why);
	if (!why)
		written = waiting;
	if (fresh) {
		int failed;

		blocks_whole((const uint8_t *)data, len, NULL, &head);
		failed = done < head ? why : publish(r);
		if (failed) {
			forget(r, &waiting, failed);
			return 0;
		}
	}
	account(r, data, done, &written);
	if (why) {
		waiting.packets -= written.packets;
		waiting.bytes -= written.bytes;
		disk_full(r, why);
		drop(r, &waiting);
		r->rotate |= why == EFBIG; /* this file cannot grow, another one can */
	} else if (r->full) {
		r->full = false;
		r->again = true;
	}
	record_publish(r);
	return 0;
}
