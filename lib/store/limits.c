/* SPDX-License-Identifier: MIT */
/*
 * Room: what a record takes, how much it may take, and which segment goes.
 *
 * The directory is read when the record is opened; afterwards sizes are added and subtracted, and only what
 * others write (ledger, bundles) is looked at again. No list of segments is kept: the oldest is known, the next one is found by
 * its number. So a record of a million segments needs no more memory than one of ten.
 *
 * Age is a matter of the monotonic clock: segments closed by this run have their own stamp, older ones have the age that their
 * time of change said when the record was opened, plus the time since. A step of the clock makes nothing older.
 */
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LOOK_NS = 250000000, DEPTH_MAX = 3 }; /* a bundle is copied as fast as the disk is */

/* ---- reading the directory ------------------------------------------------------------------------- */

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* All files below. */
static uint64_t tree_bytes(int at, const char *name, unsigned depth)
{
	DIR *dir = open_dir(at, name);
	const struct dirent *e;
	uint64_t bytes = 0;
	struct stat st;

	if (!dir)
		return 0;
	while ((e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			bytes += tree_bytes(dirfd(dir), e->d_name, depth + 1);
	}
	closedir(dir);
	return bytes;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* A segment's index, or a file that one of both is being written as. */
static bool is_of_segment(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot - name >= 6 && strspn(name, "0123456789") == (size_t)(dot - name) &&
	       (!strcmp(dot, ".idx") || !strcmp(dot, ".idx.part") || !strcmp(dot, ".pcapng.part"));
}

static void count_name(struct record_usage *u, int at, const char *name)
{
	uint64_t number = segment_number(name);
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISREG(st.st_mode) && number) {
		u->segments++;
		u->segment_bytes += (uint64_t)st.st_size;
		if (!u->first || number < u->first)
			u->first = number;
		if (number > u->last)
			u->last = number;
	} else if (S_ISREG(st.st_mode) && is_of_segment(name)) {
		u->segment_bytes += (uint64_t)st.st_size;
	} else if (S_ISREG(st.st_mode) && (begins(name, "ledger.ndjson") || begins(name, "session.json") ||
					   begins(name, ".session.json"))) {
		u->other_bytes += (uint64_t)st.st_size;
	} else if (S_ISDIR(st.st_mode) && strcmp(name, "bundles") == 0) {
		u->other_bytes += tree_bytes(at, name, 0);
	} else {
		if (!u->foreign++)
			snprintf(u->foreign_name, sizeof(u->foreign_name), "%.*s", (int)sizeof(u->foreign_name) - 1, name);
	}
}

int record_usage(int at, struct record_usage *u, struct errmsg *err)
{
	DIR *dir = open_dir(at, ".");
	const struct dirent *e;

	memset(u, 0, sizeof(*u));
	if (!dir)
		return errmsg_errno(err, "cannot read the record's directory");
	while ((e = readdir(dir)))
		count_name(u, dirfd(dir), e->d_name);
	closedir(dir);
	return 0;
}

void limits_look(struct record *r)
{
	static const char files[][16] = { "ledger.ndjson", "session.json" };
	struct stat st;

	if (r->other_at_ns && r->now_ns - r->other_at_ns < LOOK_NS)
		return;
	r->other_at_ns = r->now_ns;
	r->other_bytes = tree_bytes(r->dirfd, "bundles", 0);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (fstatat(r->dirfd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			r->other_bytes += (uint64_t)st.st_size;
}

/* ---- one segment goes ---------------------------------------------------------------------------------- */

/* Removes the files of a segment. Bytes that went, or -1 with errno. */
static int64_t remove_segment(int at, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];
	int64_t bytes = 0;
	struct stat st;

	segment_name(name, number);
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bytes = st.st_size;
	if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
		return -1;
	segment_index_name(name, number);
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && unlinkat(at, name, 0) == 0)
		bytes += st.st_size;
	return bytes;
}

void limits_first(struct record *r)
{
	struct index *x;

	if (r->first && !(r->fd >= 0 && r->first == r->number) && index_open(&x, r->dirfd, r->first, NULL) == 0) {
		r->first_ns = index_info(x)->first_ns;
		index_close(x);
	} else {
		r->first_ns = r->segment.packets && r->segment.first_ns != INT64_MAX ? r->segment.first_ns : 0;
	}
}

bool limits_evict(struct record *r)
{
	uint64_t number = r->first, bytes;
	struct record_usage u;
	int64_t went;

	if (!number || (r->fd >= 0 && number == r->number))
		return false;
	if (r->sync.number == number) /* its room comes back only when nobody has it open */
		segment_sync_wait(&r->sync);
	went = remove_segment(r->dirfd, number);
	if (went < 0)
		return false;
	bytes = (uint64_t)went;
	if (!bytes && record_usage(r->dirfd, &u, NULL) == 0) /* somebody removed it: then the sum is to be made anew */
		r->segment_bytes = u.segment_bytes - (r->size < u.segment_bytes ? r->size : u.segment_bytes);
	r->segment_bytes -= bytes < r->segment_bytes ? bytes : r->segment_bytes;
	r->free_bytes += bytes;
	r->segments -= r->segments > 0;
	r->evicted++;
	r->evictions.segments++;
	r->evictions.bytes += bytes;
	r->first = segment_next(r->dirfd, number);
	limits_first(r);
	return true;
}

/* ---- limits ---------------------------------------------------------------------------------------------- */

/* What has to stay free, by both limits. */
static uint64_t kept_free(const struct record *r)
{
	uint64_t part = r->total_bytes / 100 * r->limits.free_percent;

	return part > r->limits.free_bytes ? part : r->limits.free_bytes;
}

static void ask_file_system(struct record *r)
{
	struct statvfs fs;

	r->free_at_ns = r->now_ns;
	if (fstatvfs(r->dirfd, &fs) < 0) {
		r->free_bytes = UINT64_MAX / 2; /* then it is not known, and a full one will say so */
		return;
	}
	r->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	r->total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
}

bool limits_room(struct record *r, uint64_t len)
{
	uint64_t index = (r->size + len) / 100 + 512; /* what the open segment will need for its own */

	r->full_limit = "limits.bytes is used up by bundles and other files";
	while (r->limits.bytes && r->segment_bytes + r->size + r->other_bytes + index + len > r->limits.bytes) {
		if (limits_evict(r))
			continue;
		if (r->size > r->o.segment_bytes) /* it was begun before the limit was lowered, and ends now */
			break;
		return false;
	}
	r->full_limit = "less of the file system is free than is to be kept free";
	if (!r->limits.free_bytes && !r->limits.free_percent)
		return true;
	if (!r->free_at_ns || r->now_ns - r->free_at_ns >= SECOND_NS)
		ask_file_system(r);
	while (r->free_bytes < kept_free(r) + len + index) {
		if (!limits_evict(r)) {
			ask_file_system(r);
			return r->free_bytes >= kept_free(r) + len + index;
		}
	}
	return true;
}

/* Monotonic time of the newest packet of the oldest segment, as well as it is known; never too early. */
static int64_t oldest_stamp(const struct record *r)
{
	char name[SEGMENT_NAME_SIZE];
	struct stat st;
	int64_t age_ns, changed_ns;

	if (r->first > r->old_last)
		return r->stamps[(r->number - r->first < STAMPS - 1 ? r->first : r->number + 2) % STAMPS];
	segment_name(name, r->first);
	if (fstatat(r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return r->now_ns;
	changed_ns = (int64_t)st.st_mtim.tv_sec * SECOND_NS + st.st_mtim.tv_nsec;
	age_ns = r->open_wall_ns - changed_ns;
	return r->open_ns - (age_ns > 0 ? age_ns : 0);
}

void limits_age(struct record *r)
{
	while (r->limits.age_ns && r->first && !(r->fd >= 0 && r->first == r->number) &&
	       r->now_ns - oldest_stamp(r) > r->limits.age_ns && limits_evict(r))
		;
}

uint64_t record_evict(struct record *r, uint64_t bytes)
{
	uint64_t before = r->evictions.bytes;

	while (r->evictions.bytes - before < bytes && limits_evict(r))
		;
	return r->evictions.bytes - before;
}

/* The index of the newest segment knows how many went before it: so many more now. False: there is none. */
static bool remember_evicted(int at, uint64_t number, uint64_t count)
{
	char name[SEGMENT_NAME_SIZE];
	struct stored_header h;
	bool done;
	int fd;

	segment_index_name(name, number);
	fd = openat(at, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	done = fd >= 0 && index_header(fd, &h);
	if (done) {
		h.all_evicted += count;
		h.sum = index_sum(0, &h, sizeof(h));
		done = pwrite(fd, &h, sizeof(h), 0) == sizeof(h);
	}
	if (fd >= 0)
		close(fd);
	return done;
}

/* The last segment goes, the header of its index stays: the next run goes on with its number and its sums. Bytes, or -1. */
static int64_t remove_last(int at, uint64_t number)
{
	int64_t bytes = 0;
	char name[SEGMENT_NAME_SIZE];
	struct stat st;
	int fd;

	segment_name(name, number);
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bytes = st.st_size;
	if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
		return -1;
	segment_index_name(name, number);
	fd = openat(at, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && ftruncate(fd, sizeof(struct stored_header)) == 0)
		bytes += st.st_size - (int64_t)sizeof(struct stored_header);
	if (fd >= 0)
		close(fd);
	return bytes;
}

int record_evict_oldest(int at, uint64_t bytes, uint64_t keep, uint64_t *freed, uint64_t *segments, struct errmsg *err)
{
	int lock = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	uint64_t went = 0, count = 0, told = 0, number;
	struct record_usage u;

	if (lock < 0)
		return errmsg_errno(err, "cannot open the record's directory");
	rc = flock(lock, LOCK_EX | LOCK_NB) < 0 ? errmsg_set(err, NW_EINPUT, "this record is being written; its writer evicts") :
						  record_usage(at, &u, err);
	for (number = rc ? 0 : u.first; number && went < bytes && u.segments - count > keep; number = segment_next(at, number)) {
		bool last = number == u.last;
		int64_t n;

		if (last && !remember_evicted(at, number, count + 1))
			break; /* it alone knows the sums */
		n = last ? remove_last(at, number) : remove_segment(at, number);
		told = last ? count + 1 : 0;
		if (n < 0) {
			rc = errmsg_errno(err, "segment %llu cannot be removed", (unsigned long long)number);
			break;
		}
		went += (uint64_t)n;
		count++;
	}
	if (count > told)
		remember_evicted(at, u.last, count);
	close(lock);
	if (freed)
		*freed = went;
	if (segments)
		*segments = count;
	return rc;
}
