/* SPDX-License-Identifier: MIT */
/*
 * Making an index while its segment grows, or from a segment that is there.
 *
 *	chunk 0  |4 KiB of bits|            Bits are gathered by chunk, in memory that stays in the
 *	chunk 1  |4 KiB of bits|            processor's cache, and turned when a group is complete: in
 *	...                                 the file they lie by row, so that one page answers for a
 *	chunk n  |4 KiB of bits|            key what is in all chunks of the group.
 *
 * A packet whose flow was seen in this chunk costs one look into a small table. The table compares 64-bit hashes with
 * a secret seed: nobody can make a flow that passes for another one and so stays out of the index.
 */
#include "base/bytes.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* The keys of a datagram's ports, which stand in its first fragment: the fragments that follow get them, too. */
struct first_fragment {
	uint64_t datagram;             /* hash of addresses, protocol and number; 0: none */
	uint32_t flow, port[2];
	uint8_t ports;                 /* 0: two that differ were seen; of no use */
};

enum { PERMILLE = 9 }; /* of the data, what the index of a small group may take; a full group takes 8 */

uint32_t index_sum(uint32_t sum, const void *data, size_t len)
{
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (sum ^ (uint64_t)len << 32) * prime;
	const uint8_t *p = data;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t v;

		memcpy(&v, p, sizeof(v));
		h = (h ^ v) * prime;
		h ^= h >> 32;
	}
	for (; len; p++, len--)
		h = (h ^ *p) * prime;
	return (uint32_t)(h >> 32);
}

int index_maker_init(struct index_maker *m, int dirfd, uint64_t segment_bytes, struct errmsg *err)
{
	uint64_t chunks = segment_bytes / CHUNK_BYTES + 1;

	memset(m, 0, sizeof(*m));
	m->dirfd = dirfd;
	m->fd = -1;
	m->columns = chunks < GROUP_CHUNKS ? (uint32_t)chunks : GROUP_CHUNKS;
	m->bits = calloc(m->columns, COLUMN_BYTES);
	m->table = calloc(m->columns, sizeof(*m->table));
	m->rows = malloc((size_t)BLOCK_ROWS * GROUP_CHUNKS / 8);
	m->firsts = calloc(FIRSTS, sizeof(*m->firsts));
	if (!m->bits || !m->table || !m->rows || !m->firsts) {
		index_maker_release(m);
		return errmsg_set(err, NW_ELIMIT, "no memory for an index");
	}
	if (getrandom(&m->seed, sizeof(m->seed), GRND_NONBLOCK) != sizeof(m->seed)) /* a secret for want of a better one */
		m->seed = (uint64_t)(uintptr_t)m->bits * UINT64_C(0x9e3779b97f4a7c15);
	m->column = m->bits;
	return 0;
}

void index_maker_release(struct index_maker *m)
{
	index_maker_abort(m);
	free(m->bits);
	free(m->table);
	free(m->rows);
	free(m->firsts);
	m->firsts = NULL;
	m->bits = NULL;
	m->table = NULL;
	m->rows = NULL;
}

static void part_name(char name[SEGMENT_NAME_SIZE + 8], uint64_t number)
{
	char plain[SEGMENT_NAME_SIZE];

	segment_index_name(plain, number);
	snprintf(name, SEGMENT_NAME_SIZE + 8, "%s.part", plain);
}

void index_maker_abort(struct index_maker *m)
{
	char name[SEGMENT_NAME_SIZE + 8];

	if (m->fd < 0)
		return;
	close(m->fd);
	m->fd = -1;
	part_name(name, m->number);
	unlinkat(m->dirfd, name, 0);
}

void index_maker_begin(struct index_maker *m, uint64_t number)
{
	index_maker_abort(m);
	memset(m->bits, 0, ((size_t)m->in_group + 1) * COLUMN_BYTES); /* the rest was not touched */
	memset(m->seen, 0, sizeof(m->seen));
	m->column = m->bits;
	m->unknown = m->unknown_whole = 0;
	tally_clear(&m->chunk);
	tally_clear(&m->all);
	m->chunk_at = m->head = 0;
	m->late_interfaces = m->failed = false;
	m->chunks_done = m->in_group = 0;
	m->number = number;
	m->written = sizeof(struct stored_header);
	m->error = 0;
}

/* ---- packets ------------------------------------------------------------------------------------- */

static inline void set_one(uint8_t *column, uint32_t key)
{
	uint64_t place = index_place(key);
	uint8_t *block = column + place_block(place) * (BLOCK_ROWS / 8);
	unsigned a = place_row(place, 0), b = place_row(place, 1), c = place_row(place, 2);

	block[a >> 3] |= (uint8_t)(1 << (a & 7));
	block[b >> 3] |= (uint8_t)(1 << (b & 7));
	block[c >> 3] |= (uint8_t)(1 << (c & 7));
}

static void set(struct index_maker *m, const uint32_t *keys, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		set_one(m->column, keys[i]);
}

static uint64_t datagram_of(const struct index_maker *m, const struct packet_keys *k)
{
	uint64_t h = (m->seed ^ k->id) * UINT64_C(0x9e3779b97f4a7c15) + k->protocol;

	for (unsigned i = 0; i < 2u * k->ends_len; i += 4) {
		uint32_t v;

		memcpy(&v, k->ends + i, sizeof(v));
		h = (h ^ h >> 29 ^ v) * UINT64_C(0xd6e8feb86659fd93);
	}
	return (h ^ h >> 32) | 1;
}

/* The fragment that completes a datagram is the first or comes after it. So one whose first was seen, and is no tunnel,
 * holds nothing that is not known; of all others it has to be said that they may. */
static void add_fragment(struct index_maker *m, struct packet_keys *k)
{
	uint64_t h = datagram_of(m, k);
	struct first_fragment *f = &m->firsts[h / 2 % FIRSTS];

	if (k->fragment == KEYS_LATER_FRAGMENT) {
		if (f->datagram != h || !f->ports)
			return;
		set(m, &f->flow, 1);
		set(m, f->port, f->ports);
		k->unknown_whole = 0;
		return;
	}
	if (!k->constant || !k->ports || !k->flows) { /* no ports, or a tunnel */
		if (f->datagram == h)
			f->ports = 0;
		return;
	}
	if (f->datagram == h && (f->ports != k->ports || f->flow != k->flow[0]))
		f->ports = 0;
	else
		*f = (struct first_fragment){ h, k->flow[0], { k->port[0], k->ports > 1 ? k->port[1] : 0 }, k->ports };
	k->unknown_whole = 0;
}

static inline void remember(struct index_maker *m, uint64_t quick)
{
	uint64_t *seen = &m->seen[quick % SEEN & ~1u];

	seen[1] = seen[0];
	seen[0] = quick;
}

void index_maker_keys(struct index_maker *m, unsigned linktype, const uint8_t *data, uint32_t len, uint64_t quick)
{
	struct plain_keys plain;
	struct packet_keys k;

	if (quick && keys_plain(&plain, linktype, data, len)) {
		for (unsigned i = 0; i < 5; i++)
			set_one(m->column, plain.key[i]);
		remember(m, quick);
		return;
	}
	keys_extract(&k, linktype, data, len);
	if (k.constant) { /* five keys, which is what nearly all packets have */
		set_one(m->column, k.flow[0]);
		set_one(m->column, k.host[0]);
		set_one(m->column, k.host[1]);
		set_one(m->column, k.port[0]);
		set_one(m->column, k.port[k.ports - 1]);
	} else {
		set(m, k.flow, k.flows);
		set(m, k.host, k.hosts);
		set(m, k.port, k.ports);
	}
	if (k.fragment)
		add_fragment(m, &k);
	m->unknown |= k.unknown;
	m->unknown_whole |= k.unknown_whole;
	if (quick && k.constant)
		remember(m, quick);
}

/* ---- the file --------------------------------------------------------------------------------------- */

static void put(struct index_maker *m, uint64_t at, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len && !m->failed) {
		ssize_t n = pwrite(m->fd, p, len, (off_t)at);

		if (n > 0) {
			p += n;
			at += (uint64_t)n;
			len -= (size_t)n;
		} else if (n == 0 || (errno != EINTR && ((errno != ENOSPC && errno != EDQUOT) || !m->make_room || !m->make_room(m->user)))) {
			m->error = n ? errno : ENOSPC;
			m->failed = true;
		}
	}
}

static void open_part(struct index_maker *m)
{
	char name[SEGMENT_NAME_SIZE + 8];

	if (m->fd >= 0 || m->failed)
		return;
	part_name(name, m->number);
	do {
		unlinkat(m->dirfd, name, 0);
		m->fd = openat(m->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	} while (m->fd < 0 && (errno == ENOSPC || errno == EDQUOT) && m->make_room && m->make_room(m->user));
	if (m->fd < 0) {
		m->error = errno;
		m->failed = true;
	}
}

/* Bit j of byte i becomes bit i of byte j. */
static uint64_t turn(uint64_t x)
{
	uint64_t t = (x ^ x >> 7) & UINT64_C(0x00aa00aa00aa00aa);

	x ^= t ^ t << 7;
	t = (x ^ x >> 14) & UINT64_C(0x0000cccc0000cccc);
	x ^= t ^ t << 14;
	t = (x ^ x >> 28) & UINT64_C(0x00000000f0f0f0f0);
	return x ^ t ^ t << 28;
}

/* Byte j of word i becomes byte i of word j. */
static void turn_bytes(uint64_t w[8])
{
	static const uint64_t masks[3] = { UINT64_C(0x00ff00ff00ff00ff), UINT64_C(0x0000ffff0000ffff), UINT64_C(0x00000000ffffffff) };

	for (unsigned step = 0; step < 3; step++) {
		unsigned apart = 1u << step, shift = 8u << step;

		for (unsigned i = 0; i < 8; i++) {
			uint64_t t;

			if (i & apart)
				continue;
			t = (w[i] >> shift ^ w[i | apart]) & masks[step];
			w[i] ^= t << shift;
			w[i | apart] ^= t;
		}
	}
}

/* Eight bytes of a chunk's bits, of as many of our blocks as one of the file stands for. */
static uint64_t eight_bytes(const uint8_t *bits, unsigned blocks)
{
	uint64_t all = 0;

	for (unsigned k = 0; k < blocks; k++) {
		const uint8_t *p = bits + k * (BLOCK_ROWS / 8);

		all |= get_le64(p);
	}
	return all;
}

/* Block `b` of the file, of 1 << fold of ours each: eight chunks and 64 rows at a time. */
static void make_block(struct index_maker *m, unsigned b, unsigned fold, unsigned row_bytes)
{
	for (unsigned byte = 0; byte < row_bytes; byte++) {
		for (unsigned i = 0; i < BLOCK_ROWS / 8; i += 8) {
			uint64_t w[8] = { 0 };
			uint8_t *to = m->rows + i * 8 * row_bytes + byte;

			for (unsigned j = 0; j < 8 && byte * 8 + j < m->in_group; j++)
				w[j] = eight_bytes(m->bits + (size_t)(byte * 8 + j) * COLUMN_BYTES + (b << fold) * (BLOCK_ROWS / 8) + i,
						   1u << fold);
			turn_bytes(w);
			for (unsigned j = 0; j < 64; j += 8) {
				uint64_t x = turn(w[j / 8]);

				for (unsigned k = 0; k < 8; k++)
					to[(j + k) * row_bytes] = (uint8_t)(x >> 8 * k);
			}
		}
	}
}

static void write_group(struct index_maker *m)
{
	uint32_t sums[GROUP_BLOCKS];
	struct stored_group g = { .chunks = m->in_group, .blocks = GROUP_BLOCKS, .row_bytes = (m->in_group + 7) / 8 };
	size_t block = (size_t)BLOCK_ROWS * g.row_bytes, table = m->in_group * sizeof(*m->table);
	uint64_t bytes = 0, at, fixed = sizeof(struct stored_header) + sizeof(g) + table;
	unsigned fold = 0;

	if (!m->in_group)
		return;
	open_part(m);
	for (uint32_t i = 0; i < m->in_group; i++)
		bytes += m->table[i].bytes;
	while (g.blocks && fixed + g.blocks * (block + sizeof(uint32_t)) > bytes * PERMILLE / 1000) {
		g.blocks /= 2;
		fold++;
	}
	at = index_blocks_at(m->written, &g);
	for (uint32_t b = 0; b < g.blocks && !m->failed; b++) {
		make_block(m, b, fold, g.row_bytes);
		sums[b] = index_sum(b, m->rows, block);
		put(m, at + b * block, m->rows, block);
	}
	g.sum = index_sum(0, &g.chunks, sizeof(g) - sizeof(g.sum));
	g.sum = index_sum(index_sum(g.sum, m->table, table), sums, g.blocks * sizeof(*sums));
	put(m, m->written, &g, sizeof(g));
	put(m, m->written + sizeof(g), m->table, table);
	put(m, m->written + sizeof(g) + table, sums, g.blocks * sizeof(*sums));
	m->written += index_group_bytes(m->written, &g);
	m->chunks_done += m->in_group;
	memset(m->bits, 0, (size_t)m->in_group * COLUMN_BYTES);
	m->in_group = 0;
}

/* ---- chunks -------------------------------------------------------------------------------------------- */

/* Times in a file of microseconds are a little less than they were. */
static int64_t floor_us(int64_t ns)
{
	return ns < INT64_MIN + 1000 ? ns : ns - (ns % 1000 + 1000) % 1000;
}

static void close_chunk(struct index_maker *m, uint64_t end, uint32_t flags)
{
	struct stored_chunk *c = &m->table[m->in_group];
	const struct tally *t = &m->chunk;

	*c = (struct stored_chunk){ .offset = m->chunk_at, .bytes = end - m->chunk_at, .wire_bytes = t->bytes,
				    .packets = (uint32_t)t->packets, .flags = flags | m->unknown | (uint32_t)m->unknown_whole << STORED_WHOLE };
	if (t->packets) { /* some without a time: any time */
		c->first_ns = t->first_ns <= t->last_ns ? floor_us(t->first_ns) : INT64_MIN;
		c->last_ns = t->first_ns <= t->last_ns ? t->last_ns : INT64_MAX;
	}
	tally_add(&m->all, t);
	tally_clear(&m->chunk);
	memset(m->seen, 0, sizeof(m->seen));
	m->unknown = m->unknown_whole = 0;
	m->chunk_at = end;
	if (++m->in_group == m->columns)
		write_group(m);
	m->column = m->bits + (size_t)m->in_group * COLUMN_BYTES;
}

void index_maker_flushed(struct index_maker *m, const struct tally *t, uint64_t size)
{
	tally_add(&m->chunk, t);
	if (size >= m->chunk_at + CHUNK_BYTES)
		close_chunk(m, size, 0);
}

void index_maker_damaged(struct index_maker *m, uint64_t at, uint64_t size)
{
	if (at > m->chunk_at)
		close_chunk(m, at, 0);
	close_chunk(m, size, STORED_DAMAGED);
}

int index_maker_finish(struct index_maker *m, uint64_t size, uint64_t all_packets, uint64_t all_bytes, uint64_t all_evicted,
		       struct errmsg *err)
{
	struct stored_header h = { .magic = "", .order = 0x01020304, .segment_bytes = size, .head_bytes = m->head,
				   .all_packets = all_packets, .all_bytes = all_bytes, .all_evicted = all_evicted,
				   .flags = m->late_interfaces ? STORED_LATE_INTERFACES : 0, .columns = m->columns };
	char part[SEGMENT_NAME_SIZE + 8], name[SEGMENT_NAME_SIZE];

	if (size > m->chunk_at)
		close_chunk(m, size, 0);
	write_group(m);
	open_part(m);
	memcpy(h.magic, INDEX_MAGIC, sizeof(h.magic));
	h.chunks = m->chunks_done;
	h.packets = m->all.packets;
	h.bytes = m->all.bytes;
	if (m->all.first_ns <= m->all.last_ns) {
		h.first_ns = floor_us(m->all.first_ns);
		h.last_ns = m->all.last_ns;
	}
	h.sum = index_sum(0, &h, sizeof(h));
	put(m, 0, &h, sizeof(h));
	segment_index_name(name, m->number);
	part_name(part, m->number);
	if (!m->failed && renameat(m->dirfd, part, m->dirfd, name) < 0) {
		m->error = errno;
		m->failed = true;
	}
	if (m->failed) {
		index_maker_abort(m);
		errno = m->error;
		return errmsg_errno(err, "%s: cannot write it", name);
	}
	close(m->fd);
	m->fd = -1;
	return 0;
}

uint64_t index_maker_bytes(const struct index_maker *m)
{
	return m->written;
}
