/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of index files. The first byte says which way:
 *
 *	even   the rest is an index file from anywhere, its sums put right (as somebody would who wants to mislead): if it is
 *	       opened, its chunks lie within the segment, one behind the other, and answers name only chunks that there are
 *	odd    the rest are changes {offset 16, xor 8} of a good index: it is refused, or every packet is found
 */
#include "../unit/store_dir.h"
#include "base/bytes.h"
#include "store/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKETS = 60, CHUNKS_MAX = 1 << 16, FILE_MAX = 1 << 20 };

static int dir = -1;
static uint8_t good[4096], changed[FILE_MAX];
static size_t good_len;
static uint64_t good_segment;

static void must_at(bool holds, int line)
{
	if (holds)
		return;
	fprintf(stderr, "index.c:%d\n", line);
	abort();
}

#define must(holds) must_at(holds, __LINE__)

static void remove_dir(void)
{
	dir_close(dir);
}

static void prepare(void)
{
	struct record_options o;
	struct record *r;
	uint32_t id;
	int fd;

	dir = dir_open();
	atexit(remove_dir);
	o = (struct record_options){ .dirfd = dir };
	r = store_open(&o, NULL, &id);
	for (uint64_t i = 0; i < PACKETS; i++)
		store_packet(r, id, i * 100, 1000, 1700000000000000000 + (int64_t)i);
	must(record_close(r, NULL) == 0);
	fd = openat(dir, "000001.idx", O_RDONLY);
	good_len = (size_t)read(fd, good, sizeof(good));
	close(fd);
	good_segment = file_bytes(dir, "000001.pcapng");
	must(good_len > 400 && good_len < sizeof(good));
}

static void segment_bytes(uint64_t bytes)
{
	int fd = openat(dir, "000001.pcapng", O_WRONLY);

	must(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	close(fd);
}

/* Sums as they have to be, wherever the file lets them be. */
static void put_right(uint8_t *file, size_t size)
{
	struct stored_header h;
	size_t at = sizeof(h);

	memcpy(&h, file, sizeof(h));
	memcpy(h.magic, INDEX_MAGIC, sizeof(h.magic));
	h.order = 0x01020304;
	h.segment_bytes %= 1 << 28;
	h.sum = 0;
	h.sum = index_sum(0, &h, sizeof(h));
	memcpy(file, &h, sizeof(h));
	segment_bytes(h.segment_bytes);
	for (unsigned i = 0; i < 64 && size - at >= sizeof(struct stored_group); i++) {
		struct stored_group g;
		uint64_t table, sums;

		memcpy(&g, file + at, sizeof(g));
		table = g.chunks % 129 * sizeof(struct stored_chunk);
		sums = g.blocks % 129 * sizeof(uint32_t);
		if (table + sums > size - at - sizeof(g))
			return;
		g.sum = index_sum(0, &g.chunks, sizeof(g) - sizeof(g.sum));
		g.sum = index_sum(index_sum(g.sum, file + at + sizeof(g), table), file + at + sizeof(g) + table, sums);
		memcpy(file + at, &g, sizeof(g));
		if (index_group_bytes(at, &g) > size - at)
			return;
		at += index_group_bytes(at, &g);
	}
}

static void ask_everything(const struct index *x)
{
	static uint64_t may[CHUNKS_MAX / 64];
	uint64_t end = index_info(x)->head_bytes;

	for (uint32_t i = 0; i < index_info(x)->chunks; i++) {
		must(index_chunk(x, i)->offset == end && index_chunk(x, i)->bytes <= index_info(x)->segment_bytes - end);
		end += index_chunk(x, i)->bytes;
	}
	must(end == index_info(x)->segment_bytes);
	if (index_info(x)->chunks > CHUNKS_MAX)
		return;
	for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
		for (uint32_t key = 0; key < 1000000; key += 99991) {
			index_lookup(x, kind, key, may);
			if (index_info(x)->chunks % 64)
				must(may[index_info(x)->chunks / 64] >> index_info(x)->chunks % 64 == 0);
			index_lookup_known(x, kind, key, may);
		}
	}
	index_lookup_time(x, INT64_MIN, INT64_MAX, may);
}

static void find_every_packet(const struct index *x)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		const uint8_t src[4] = { 10, 0, 0, (uint8_t)(1 + i) }, dst[4] = { 10, 128, 0, 1 };
		uint64_t may = 0;

		index_lookup(x, KEY_HOST, key_host(src, 4), &may);
		must(may == 1);
		index_lookup(x, KEY_FLOW, key_flow(src, 40000, dst, 53, 4, 17), &may);
		must(may == 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errmsg err = { "" };
	struct index *x;
	int rc;

	if (dir < 0)
		prepare();
	if (size < 1 || size > FILE_MAX)
		return 0;
	if (data[0] & 1) {
		memcpy(changed, good, good_len);
		for (size_t i = 1; i + 3 <= size; i += 3)
			changed[get_be16(data + i) % good_len] ^= data[i + 2];
		segment_bytes(good_segment);
		file_write(dir, "000001.idx", changed, good_len);
	} else {
		memcpy(changed, data + 1, size - 1);
		segment_bytes(4096);
		if (size - 1 >= sizeof(struct stored_header))
			put_right(changed, size - 1);
		file_write(dir, "000001.idx", changed, size - 1);
	}
	rc = index_open(&x, dir, 1, &err);
	must(rc == 0 ? x != NULL : !x && err.text[0]);
	if (rc == 0 && data[0] & 1)
		find_every_packet(x);
	else if (rc == 0)
		ask_everything(x);
	index_close(x);
	return 0;
}
