/* SPDX-License-Identifier: MIT */
/*
 * Reading an index: the table of chunks when it is opened, afterwards one block per group and question. Nothing in the file is
 * believed that its sums do not cover; what does not fit makes the answer "perhaps", never "no".
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct group {
	uint64_t blocks_at;
	uint32_t first, chunks, blocks, row_bytes;
	const uint32_t *sums;          /* NULL: no memory was left for them; "perhaps" */
};

struct index {
	int fd;
	struct index_info info;
	struct index_chunk *chunks;
	struct group *groups;
	uint32_t *sums;
	uint32_t ngroups;
	bool as_they_stand;
};

static bool get(int fd, uint64_t at, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

bool index_header(int fd, struct stored_header *h)
{
	uint32_t sum;

	if (!get(fd, 0, h, sizeof(*h)))
		return false;
	sum = h->sum;
	h->sum = 0;
	return memcmp(h->magic, INDEX_MAGIC, sizeof(h->magic)) == 0 && h->order == 0x01020304 && sum == index_sum(0, h, sizeof(*h));
}

static bool read_header(int fd, uint64_t file_bytes, uint64_t segment_bytes, struct stored_header *h)
{
	return index_header(fd, h) && h->segment_bytes == segment_bytes && h->head_bytes <= segment_bytes &&
	       h->chunks <= file_bytes / sizeof(struct stored_chunk) && h->columns && h->columns <= GROUP_CHUNKS;
}

/* Chunks follow each other: one that does not is a lie. */
static bool take_chunks(struct index *x, uint32_t first, const struct stored_chunk *table, uint32_t count)
{
	uint64_t end = first ? x->chunks[first - 1].offset + x->chunks[first - 1].bytes : x->info.head_bytes;

	for (uint32_t i = 0; i < count; i++) {
		const struct stored_chunk *c = &table[i];

		if (c->offset != end || c->bytes > x->info.segment_bytes - end)
			return false;
		x->chunks[first + i] = (struct index_chunk){ .offset = c->offset, .bytes = c->bytes, .packets = c->packets,
							     .wire_bytes = c->wire_bytes, .first_ns = c->first_ns,
							     .last_ns = c->last_ns, .damaged = c->flags & STORED_DAMAGED,
							     .unknown = c->flags & ((1 << KEY_KINDS) - 1),
							     .unknown_whole = c->flags >> STORED_WHOLE & ((1 << KEY_KINDS) - 1) };
		end += c->bytes;
	}
	return true;
}

static bool read_group(struct index *x, uint64_t *at, uint64_t file_bytes, uint32_t first)
{
	struct stored_chunk table[GROUP_CHUNKS];
	struct group *group = &x->groups[x->ngroups];
	uint32_t *sums = x->sums + (size_t)x->ngroups * GROUP_BLOCKS, sum;
	struct stored_group g;
	size_t table_bytes;

	if (!get(x->fd, *at, &g, sizeof(g)) || !g.chunks || g.chunks > GROUP_CHUNKS || g.chunks > x->info.chunks - first ||
	    g.blocks > GROUP_BLOCKS || g.blocks & (g.blocks - 1) || g.row_bytes != (g.chunks + 7) / 8 ||
	    index_group_bytes(*at, &g) > file_bytes - *at)
		return false;
	table_bytes = g.chunks * sizeof(*table);
	if (!get(x->fd, *at + sizeof(g), table, table_bytes) ||
	    !get(x->fd, *at + sizeof(g) + table_bytes, sums, g.blocks * sizeof(*sums)))
		return false;
	sum = index_sum(0, &g.chunks, sizeof(g) - sizeof(g.sum));
	sum = index_sum(index_sum(sum, table, table_bytes), sums, g.blocks * sizeof(*sums));
	if (sum != g.sum || !take_chunks(x, first, table, g.chunks))
		return false;
	*group = (struct group){ .blocks_at = index_blocks_at(*at, &g), .first = first, .chunks = g.chunks, .blocks = g.blocks,
				 .row_bytes = g.row_bytes, .sums = sums };
	x->ngroups++;
	*at += index_group_bytes(*at, &g);
	return true;
}

static int load(struct index *x, uint64_t file_bytes, uint64_t segment_bytes, struct errmsg *err)
{
	struct stored_header h;
	uint64_t at = sizeof(h), end;
	uint32_t groups;

	if (!read_header(x->fd, file_bytes, segment_bytes, &h))
		return errmsg_set(err, NW_EINPUT, "the index does not fit its segment");
	x->info = (struct index_info){ .segment_bytes = segment_bytes, .head_bytes = h.head_bytes, .chunks = h.chunks,
				       .packets = h.packets, .bytes = h.bytes, .first_ns = h.first_ns, .last_ns = h.last_ns,
				       .late_interfaces = h.flags & STORED_LATE_INTERFACES, .all_packets = h.all_packets,
				       .all_bytes = h.all_bytes, .all_evicted = h.all_evicted };
	groups = (h.chunks + h.columns - 1) / h.columns;
	x->chunks = calloc(h.chunks + 1u, sizeof(*x->chunks));
	x->groups = calloc(groups + 1u, sizeof(*x->groups));
	x->sums = calloc((groups + 1u) * (size_t)GROUP_BLOCKS, sizeof(*x->sums));
	if (!x->chunks || !x->groups || !x->sums)
		return errmsg_set(err, NW_ELIMIT, "no memory for the index of %u chunks", h.chunks);
	end = h.head_bytes;
	for (uint32_t n = 0; n < h.chunks; n += x->groups[x->ngroups - 1].chunks) {
		if (x->ngroups == groups || !read_group(x, &at, file_bytes, n))
			return errmsg_set(err, NW_EINPUT, "the index is damaged");
	}
	if (h.chunks)
		end = x->chunks[h.chunks - 1].offset + x->chunks[h.chunks - 1].bytes;
	return end == segment_bytes ? 0 : errmsg_set(err, NW_EINPUT, "the index does not cover its segment");
}

int index_open(struct index **out, int dirfd, uint64_t segment, struct errmsg *err)
{
	char name[SEGMENT_NAME_SIZE];
	struct stat file, packets;
	struct index *x;
	int rc;

	*out = NULL;
	segment_name(name, segment);
	if (fstatat(dirfd, name, &packets, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(packets.st_mode))
		return errmsg_set(err, NW_EINPUT, "%s: there is no such segment", name);
	segment_index_name(name, segment);
	x = calloc(1, sizeof(*x));
	if (!x)
		return errmsg_set(err, NW_ELIMIT, "%s: no memory", name);
	x->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (x->fd < 0) {
		rc = errno == ENOENT || errno == ELOOP ? errmsg_set(err, NW_EINPUT, "%s: there is no such index", name) :
							 errmsg_errno(err, "%s", name);
	} else if (fstat(x->fd, &file) < 0 || !S_ISREG(file.st_mode)) {
		rc = errmsg_set(err, NW_EINPUT, "%s: is no file", name);
	} else {
		rc = load(x, (uint64_t)file.st_size, (uint64_t)packets.st_size, err);
		if (rc)
			errmsg_prefix(err, rc, "%s: ", name);
	}
	if (rc) {
		index_close(x);
		return rc;
	}
	posix_fadvise(x->fd, 0, 0, POSIX_FADV_RANDOM); /* from here on a page now and then */
	*out = x;
	return 0;
}

void index_close(struct index *x)
{
	if (!x)
		return;
	if (x->fd >= 0)
		close(x->fd);
	free(x->chunks);
	free(x->groups);
	free(x->sums);
	free(x);
}

const struct index_info *index_info(const struct index *x)
{
	return &x->info;
}

const struct index_chunk *index_chunk(const struct index *x, uint32_t n)
{
	return &x->chunks[n];
}

/* ---- questions ------------------------------------------------------------------------------------------- */

static inline void add(uint64_t *set, uint32_t n)
{
	set[n / 64] |= UINT64_C(1) << n % 64;
}

/* Which chunks of a group can hold a key, one bit each; all, when that cannot be said. */
static void ask_group(const struct index *x, const struct group *g, uint32_t key, uint8_t answer[GROUP_CHUNKS / 8])
{
	uint8_t block[BLOCK_ROWS * GROUP_CHUNKS / 8];
	size_t len = (size_t)BLOCK_ROWS * g->row_bytes;
	uint64_t place = index_place(key);
	uint32_t b = place_block(place);

	memset(answer, 0xff, GROUP_CHUNKS / 8);
	if (!g->blocks)
		return;
	b /= GROUP_BLOCKS / g->blocks;
	if (!get(x->fd, g->blocks_at + b * len, block, len) || index_sum(b, block, len) != g->sums[b])
		return;
	for (unsigned i = 0; i < KEY_BITS; i++)
		for (uint32_t j = 0; j < g->row_bytes; j++)
			answer[j] &= block[place_row(place, i) * g->row_bytes + j];
}

static void lookup(const struct index *x, enum key_kind kind, uint32_t key, bool with_unknown, uint64_t *may)
{
	memset(may, 0, index_words(x) * sizeof(*may));
	for (uint32_t i = 0; i < x->ngroups; i++) {
		const struct group *g = &x->groups[i];
		uint8_t answer[GROUP_CHUNKS / 8];

		ask_group(x, g, key, answer);
		for (uint32_t j = 0; j < g->chunks; j++) {
			const struct index_chunk *c = &x->chunks[g->first + j];
			unsigned unknown = c->unknown | (x->as_they_stand ? 0 : c->unknown_whole);

			if (!c->damaged && c->packets && (answer[j / 8] >> j % 8 & 1 || (with_unknown && unknown >> kind & 1)))
				add(may, g->first + j);
		}
	}
}

void index_lookup(const struct index *x, enum key_kind kind, uint32_t key, uint64_t *may)
{
	lookup(x, kind, key, true, may);
}

void index_lookup_known(const struct index *x, enum key_kind kind, uint32_t key, uint64_t *may)
{
	lookup(x, kind, key, false, may);
}

void index_as_they_stand(struct index *x)
{
	x->as_they_stand = true;
}

void index_lookup_time(const struct index *x, int64_t from_ns, int64_t to_ns, uint64_t *may)
{
	memset(may, 0, index_words(x) * sizeof(*may));
	for (uint32_t i = 0; i < x->info.chunks; i++) {
		const struct index_chunk *c = &x->chunks[i];

		if (!c->damaged && c->packets && c->first_ns <= to_ns && c->last_ns >= from_ns)
			add(may, i);
	}
}
