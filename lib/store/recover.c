/* SPDX-License-Identifier: MIT */
/*
 * What a writer finds when it opens a record: closed segments with their indexes, and perhaps one that a killed writer left.
 *
 *	000041.pcapng 000041.idx      good: only the head of the index is read
 *	000042.pcapng                 no index, or one that does not fit: every block is looked at, what is torn at the end is cut
 *	000043.pcapng.part            it died while it made it: kept if a packet is in it
 *	000039.idx                    its segment is gone: goes too, unless it is the newest of all: then every segment was evicted
 *	                              while nobody recorded, and it has the number and the sums to go on with
 *
 * A block that is broken in the middle of an older segment is left as it is (somebody may still get something out of it); of
 * the last one nothing can follow. Files of other names are nobody's business but their owner's.
 */
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INTERFACES_MAX = 65536, INTERFACES_FIRST = 16 };

struct scan {
	struct record *r;
	struct record_recovery *out;
	uint8_t *buf;                  /* WALK_BUFFER, made when the first segment has to be walked through */
	struct block_interface *interfaces;
	uint32_t ninterfaces, interfaces_size, section_first;
	struct tally waiting, all;     /* of blocks that the index was not told of; of the segment */
	bool last;                     /* nothing comes behind this segment */
};

int recover_lock(struct record *r, struct errmsg *err)
{
	r->lock = openat(r->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->lock < 0)
		return errno == ENOTDIR ? errmsg_set(err, NW_EINPUT, "%s: is no directory", r->name) :
					  errmsg_errno(err, "%s: cannot open its directory", r->name);
	if (flock(r->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return errmsg_set(err, NW_EINPUT, "%s: another process is recording here", r->name);
	return 0; /* a file system without locks does without */
}

/* ---- one segment, block by block --------------------------------------------------------------------- */

static bool add_interface(struct scan *s, const uint8_t *block, uint32_t len)
{
	if (s->ninterfaces == s->interfaces_size) {
		uint32_t size = s->interfaces_size ? 2 * s->interfaces_size : INTERFACES_FIRST;
		struct block_interface *grown = size <= INTERFACES_MAX ? realloc(s->interfaces, size * sizeof(*grown)) : NULL;

		if (!grown)
			return false;
		s->interfaces = grown;
		s->interfaces_size = size;
	}
	return block_interface(block, len, &s->interfaces[s->ninterfaces++]);
}

/* A simple packet block: no time, the first interface, and how much is kept must be worked out. False: more than there is. */
static bool add_simple(struct scan *s, const uint8_t *block, uint32_t len)
{
	const struct block_interface *i = &s->interfaces[s->section_first];
	uint32_t wirelen = get_host32(block + 8), caplen = i->snaplen && i->snaplen < wirelen ? i->snaplen : wirelen;

	if (caplen > len - 16)
		return false;
	index_maker_packet(&s->r->index, i->linktype, block + 12, caplen);
	tally_packet(&s->waiting, wirelen, false, 0);
	return true;
}

/* False: what it says of itself cannot be. */
static bool add_packet(struct scan *s, const uint8_t *block, uint32_t type, uint32_t len)
{
	uint32_t id = type == BLOCK_SPB ? 0 : get_host32(block + 8);
	const struct block_interface *i;
	uint64_t ticks;
	bool timed;

	if (type == BLOCK_PB) {
		uint16_t first_half;

		memcpy(&first_half, block + 8, sizeof(first_half));
		id = first_half;
	}
	if (id >= s->ninterfaces - s->section_first)
		return false;
	if (type == BLOCK_SPB)
		return add_simple(s, block, len);
	i = &s->interfaces[s->section_first + id];
	ticks = (uint64_t)get_host32(block + 12) << 32 | get_host32(block + 16);
	timed = !i->odd_time && ticks <= (uint64_t)INT64_MAX / i->tick_ns;
	index_maker_packet(&s->r->index, i->linktype, block + 28, get_host32(block + 20));
	tally_packet(&s->waiting, get_host32(block + 24), timed, timed ? (int64_t)(ticks * i->tick_ns) : 0);
	if (!timed) { /* any time */
		s->waiting.first_ns = INT64_MIN;
		s->waiting.last_ns = INT64_MAX;
	}
	return true;
}

/* What waits goes to the index: the file is good up to `at`. */
static void flush(struct scan *s, uint64_t at)
{
	index_maker_flushed(&s->r->index, &s->waiting, at);
	tally_add(&s->all, &s->waiting);
	tally_clear(&s->waiting);
}

/* False: the block is broken. */
static bool add_block(struct scan *s, const uint8_t *block, uint32_t len, uint64_t at)
{
	struct index_maker *m = &s->r->index;
	uint32_t type = get_host32(block);

	bool first = !s->all.packets && !s->waiting.packets;

	if (type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB) {
		if (first)
			m->head = m->chunk_at = at;
		if (at >= m->chunk_at + CHUNK_BYTES)
			flush(s, at);
		return add_packet(s, block, type, len);
	}
	m->late_interfaces |= !first && (type == BLOCK_SHB || type == BLOCK_IDB);
	if (type == BLOCK_SHB) {
		s->section_first = s->ninterfaces;
		return block_section(block, len);
	}
	return type != BLOCK_IDB || add_interface(s, block, len);
}

static enum walk_result walk(struct scan *s, struct block_walk *w)
{
	enum walk_result result;
	const uint8_t *block;
	uint32_t len;
	uint64_t at = 0;

	s->ninterfaces = s->section_first = 0;
	tally_clear(&s->waiting);
	tally_clear(&s->all);
	while ((result = block_walk_next(w, &block, &len)) == WALK_BLOCK) {
		if (!add_block(s, block, len, at)) {
			w->at = at;
			result = WALK_BROKEN;
			break;
		}
		at = w->at;
	}
	if (!s->all.packets && !s->waiting.packets)
		s->r->index.head = s->r->index.chunk_at = at;
	flush(s, at);
	return result;
}

/* ---- one segment ------------------------------------------------------------------------------------------ */

static void remove_named(struct record *r, uint64_t number)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, number);
	unlinkat(r->dirfd, name, 0);
	segment_index_name(name, number);
	unlinkat(r->dirfd, name, 0);
}

static void count(struct scan *s, uint64_t packets, uint64_t bytes, int64_t first_ns, int64_t last_ns)
{
	struct record *r = s->r;

	s->out->packets += packets;
	s->out->bytes += bytes;
	if (packets && first_ns <= last_ns && first_ns > INT64_MIN) {
		if (!r->first_ns)
			r->first_ns = first_ns;
		r->last_ns = last_ns;
	}
}

/* Cuts a segment behind its last whole block. False: nothing of it is left. */
static bool cut(struct scan *s, int fd, const struct block_walk *w, uint64_t number)
{
	if (!w->at)
		return false;
	if (ftruncate(fd, (off_t)w->at) < 0)
		return true;
	s->out->cut_bytes += w->size - w->at;
	s->out->cut_segment = number;
	return true;
}

/* Makes the index of a segment that has none. False: no packet is in it, it should go. */
static bool rebuild(struct scan *s, uint64_t number, int fd, uint64_t size)
{
	struct record *r = s->r;
	struct index_maker *m = &r->index;
	enum walk_result result;
	struct block_walk w;
	bool damaged;
	uint64_t end;

	if (!s->buf)
		s->buf = malloc(WALK_BUFFER);
	if (!s->buf)
		return true; /* without an index it is read as a whole */
	index_maker_begin(m, number);
	block_walk_init(&w, fd, size, s->buf);
	result = walk(s, &w);
	end = w.at;
	if (result == WALK_FOREIGN || result == WALK_ERROR || (result == WALK_BROKEN && !end)) {
		index_maker_abort(m);
		s->out->damaged += result != WALK_FOREIGN;
		return true; /* no capture of ours */
	}
	damaged = result == WALK_BROKEN && !s->last;
	if (!damaged && result != WALK_END) {
		if (!cut(s, fd, &w, number))
			return false;
	} else if (damaged) {
		index_maker_damaged(m, end, size);
		end = size;
		s->out->damaged++;
	}
	if (!s->all.packets && !damaged) {
		index_maker_abort(m);
		return false;
	}
	r->before_packets += s->all.packets;
	r->before_bytes += s->all.bytes;
	count(s, s->all.packets, s->all.bytes, s->all.first_ns, s->all.last_ns);
	if (index_maker_finish(m, end, r->before_packets, r->before_bytes, r->evicted_before, NULL) == 0)
		s->out->indexed++;
	return true;
}

/* True: it counts as a segment. */
static bool look_at(struct scan *s, uint64_t number)
{
	struct record *r = s->r;
	char name[SEGMENT_NAME_SIZE];
	struct index *x;
	struct stat st;
	bool stays;
	int fd;

	segment_name(name, number);
	fd = openat(r->dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (index_open(&x, r->dirfd, number, NULL) == 0) {
		const struct index_info *i = index_info(x);

		r->before_packets = i->all_packets > r->before_packets ? i->all_packets : r->before_packets;
		r->before_bytes = i->all_bytes > r->before_bytes ? i->all_bytes : r->before_bytes;
		r->evicted_before = i->all_evicted > r->evicted_before ? i->all_evicted : r->evicted_before;
		count(s, i->packets, i->bytes, i->first_ns, i->last_ns);
		stays = i->packets;
		index_close(x);
	} else {
		s->out->was_killed |= s->last;
		stays = rebuild(s, number, fd, (uint64_t)st.st_size);
	}
	if (stays) {
		r->last_size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	} else {
		remove_named(r, number);
		s->out->removed++;
	}
	close(fd);
	return stays;
}

/* ---- the directory ----------------------------------------------------------------------------------------- */

/* NAME.pcapng.part: the first moments of a segment. Kept under its name if that is free, for the walk to judge. */
static void rescue(struct scan *s, const char *part)
{
	struct record *r = s->r;
	char name[SEGMENT_NAME_SIZE];
	struct stat st;
	size_t len = strlen(part) - strlen(".part");

	if (len >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)len, part);
	s->out->was_killed = true;
	if (segment_number(name) && fstatat(r->dirfd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size &&
	    fstatat(r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && renameat(r->dirfd, part, r->dirfd, name) == 0)
		return;
	unlinkat(r->dirfd, part, 0);
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n > m && strcmp(name + n - m, with) == 0 && strspn(name, "0123456789") == n - m && n - m >= 6;
}

/* An index without a segment. The newest one stays until a segment with an index is behind it. */
static void take_memory(struct record *r, const char *name, uint64_t number, uint64_t *newest)
{
	int fd = openat(r->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool good;
	struct stored_header h;

	good = fd >= 0 && index_header(fd, &h);
	if (fd >= 0)
		close(fd);
	if (!good || number <= *newest) {
		unlinkat(r->dirfd, name, 0);
		return;
	}
	if (*newest) {
		char older[SEGMENT_NAME_SIZE];

		segment_index_name(older, *newest);
		unlinkat(r->dirfd, older, 0);
	}
	*newest = number;
	r->before_packets = h.all_packets;
	r->before_bytes = h.all_bytes;
	r->evicted_before = h.all_evicted;
}

static void forget_memory(struct record *r, uint64_t newest)
{
	char name[SEGMENT_NAME_SIZE];
	struct index *x;

	if (!newest || r->number <= newest || index_open(&x, r->dirfd, r->number, NULL))
		return;
	index_close(x);
	segment_index_name(name, newest);
	unlinkat(r->dirfd, name, 0);
}

/* Files that only a killed writer leaves. */
static int tidy(struct scan *s, uint64_t *memory, struct errmsg *err)
{
	struct record *r = s->r;
	int fd = openat(r->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (!dir) {
		int rc = errmsg_errno(err, "%s: cannot read its directory", r->name);

		if (fd >= 0)
			close(fd);
		return rc;
	}
	while ((e = readdir(dir))) {
		char name[SEGMENT_NAME_SIZE + 8];
		struct stat st;

		if (strlen(e->d_name) >= sizeof(name))
			continue;
		if (ends(e->d_name, ".pcapng.part")) {
			rescue(s, e->d_name);
		} else if (ends(e->d_name, ".idx.part")) {
			unlinkat(r->dirfd, e->d_name, 0);
		} else if (ends(e->d_name, ".idx")) {
			snprintf(name, sizeof(name), "%.*s.pcapng", (int)(strlen(e->d_name) - 4), e->d_name);
			if (fstatat(r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
				take_memory(r, e->d_name, segment_number(name), memory);
		}
	}
	closedir(dir);
	return 0;
}

int recover(struct record *r, struct record_recovery *out, struct errmsg *err)
{
	struct scan s = { .r = r, .out = out };
	struct record_usage u = { 0 };
	uint64_t memory = 0;
	int rc = tidy(&s, &memory, err);

	if (!rc)
		rc = record_usage(r->dirfd, &u, err);
	for (uint64_t n = rc ? 0 : segment_next(r->dirfd, 0), next; n; n = next) {
		next = segment_next(r->dirfd, n);
		s.last = !next;
		if (look_at(&s, n)) {
			r->segments++;
			r->first = r->first ? r->first : n;
		}
		r->number = n;
	}
	if (r->number < memory)
		r->number = memory;
	forget_memory(r, memory);
	free(s.buf);
	free(s.interfaces);
	if (!rc)
		rc = record_usage(r->dirfd, &u, err);
	if (rc)
		return rc;
	r->old_last = r->number;
	r->segment_bytes = u.segment_bytes;
	r->other_bytes = u.other_bytes;
	out->segments = r->segments;
	out->all_packets = r->before_packets;
	out->foreign = u.foreign;
	memcpy(out->foreign_name, u.foreign_name, sizeof(out->foreign_name));
	return 0;
}
