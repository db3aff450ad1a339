/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of recovery: the input is the last segment of a record whose writer was killed. Opening the record must leave a
 * file that our reader reads to its end without an error, with as many packets as recovery says; writing must go on; and the
 * second time there must be nothing left to repair.
 */
#include "../unit/store_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int dir = -1;

static void must_at(bool holds, int line)
{
	if (holds)
		return;
	fprintf(stderr, "segment.c:%d\n", line);
	abort();
}

#define must(holds) must_at(holds, __LINE__)

static void remove_dir(void)
{
	dir_close(dir);
}

static struct record_recovery run(unsigned packets)
{
	struct record_options o = { .dirfd = dir };
	struct record_recovery recovery;
	struct record *r;
	uint32_t id;

	r = store_open(&o, &recovery, &id);
	for (unsigned i = 0; i < packets; i++)
		store_packet(r, id, i, 100, 1700000000000000000);
	must(record_close(r, NULL) == 0);
	return recovery;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_recovery first, second;
	struct contents c = { 0 };

	if (size > 1 << 20)
		return 0;
	if (dir < 0) {
		dir = dir_open();
		atexit(remove_dir);
	}
	file_write(dir, "000001.pcapng", data, size);
	first = run(3);
	must(first.cut_bytes <= size);
	if (first.indexed) {
		contents_segment(dir, 1, &c);
		must(c.packets == first.packets && !c.errors && first.packets);
		must(file_bytes(dir, "000001.pcapng") + first.cut_bytes == size);
	} else if (!first.removed) { /* of another machine, or no capture: as it was */
		must(file_bytes(dir, "000001.pcapng") == size && !first.packets);
	}
	second = run(0);
	must(!second.was_killed || !first.indexed);
	must(!second.cut_bytes && !second.indexed && second.packets == first.packets + 3);
	for (unsigned i = 1; i <= 3; i++) {
		char name[SEGMENT_NAME_SIZE];

		segment_name(name, i);
		unlinkat(dir, name, 0);
		segment_index_name(name, i);
		unlinkat(dir, name, 0);
	}
	return 0;
}
