/* SPDX-License-Identifier: MIT */
/* The record's writer on a disk that is full, broken or not ours: what cannot be written is counted, and nothing ends. */
#include "check.h"
#include "store_world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static bool find_disk_loss(void *user, const struct ledger_entry *e)
{
	if (e->kind == LOSS_DISK)
		*(uint64_t *)user += e->packets;
	return true;
}

static uint64_t ledger_disk(int dir)
{
	uint64_t packets_lost = 0;

	ledger_read(dir, find_disk_loss, &packets_lost, NULL);
	return packets_lost;
}

TEST(a_full_disk_evicts_and_loses_nothing)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct contents c;
	struct record *r;
	uint32_t id;

	disk.room = 5 << 20;
	disk.piece = 12345; /* short writes */
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 12000);
	record_tick(r);
	CHECK_EQ(progress_of(r).disk_dropped, 0);
	CHECK(progress_of(r).evicted > 5);
	record_close(r, NULL);
	c = contents_of(dir);
	CHECK_EQ(c.last, 12000);
	CHECK(c.in_order);
	CHECK_EQ(c.errors, 0);
	CHECK_EQ(events.count[RECORD_DISK_FULL], 0);
	dir_close(dir);
}

/* Nothing to evict: dropped and counted, and every second it is tried again, in the same file. */
TEST(a_full_disk_is_counted_and_ends_nothing)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct contents c;
	struct progress p;
	struct record *r;
	uint64_t dropped;
	uint32_t id;

	disk.room = 400000;
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 3000);
	record_tick(r);
	p = progress_of(r);
	CHECK_EQ(p.taken, 3000);
	CHECK_EQ(p.written + p.disk_dropped, 3000);
	CHECK(p.disk_dropped > 2000);
	CHECK_EQ(events.count[RECORD_DISK_FULL], 1);
	CHECK_EQ(events.last[RECORD_DISK_FULL].error, ENOSPC);
	c = contents_of(dir); /* good at every moment */
	CHECK_EQ(c.errors, 0);
	CHECK_EQ(c.packets, p.written);
	disk.room = 0;
	pass(SECOND);
	packets(r, id, 3001, 100);
	dropped = progress_of(r).disk_dropped;
	CHECK_EQ(progress_of(r).written + dropped, 3100);
	CHECK(contents_of(dir).last == 3100);
	CHECK_EQ(contents_of(dir).segments, 1);
	CHECK_EQ(events.count[RECORD_DISK_AGAIN], 1);
	CHECK_EQ(events.last[RECORD_DISK_AGAIN].packets, dropped);
	CHECK_EQ(ledger_disk(dir), dropped);
	CHECK_EQ(progress_of(r).stated, dropped);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK_EQ(contents_of(dir).packets, 3100 - dropped);
	CHECK_EQ(contents_of(dir).errors, 0);
	dir_close(dir);
}

/* Not even the first file could be made. */
TEST(a_disk_that_is_full_from_the_start)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	for (unsigned bytes = 1; bytes < 400; bytes += 13) {
		struct contents c;
		struct progress p;

		o = options(dir);
		disk.room = dir_bytes(dir) + bytes; /* a part of the section header, or of the interface */
		r = store_open(&o, NULL, &id);
		packets(r, id, 1, 500);
		CHECK_EQ(progress_of(r).written + progress_of(r).disk_dropped, 500);
		disk.room = 0;
		pass(SECOND);
		packets(r, id, 501, 100);
		p = progress_of(r);
		CHECK_EQ(p.written + p.disk_dropped, 600);
		CHECK(p.written >= 50);
		record_close(r, NULL);
		c = contents_of(dir);
		CHECK_EQ(c.errors, 0);
		CHECK_EQ(c.last, 600);
		CHECK_EQ(ledger_disk(dir) + c.packets, 600);
		dir_close(dir);
		dir = dir_open();
	}
	dir_close(dir);
}

TEST(an_input_output_error_evicts_nothing)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	struct errmsg err = { "" };
	uint32_t id;

	o.name = "session 7";
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 3000);
	disk.error = EIO;
	packets(r, id, 3001, 500);
	CHECK_EQ(progress_of(r).disk_dropped, 500);
	CHECK_EQ(progress_of(r).evicted, 0);
	CHECK_EQ(events.last[RECORD_DISK_FULL].error, EIO);
	CHECK(strstr(events.last[RECORD_DISK_FULL].message, strerror(EIO)) != NULL);
	disk.error = 0;
	pass(SECOND);
	packets(r, id, 3501, 500);
	disk.error = EIO;
	packets(r, id, 4001, 10);
	CHECK_EQ(record_close(r, &err), NW_ESYS);
	CHECK(strstr(err.text, "session 7: the last 10 packets could not be written: ") != NULL);
	CHECK_EQ(contents_of(dir).packets, 3500);
	CHECK_EQ(contents_of(dir).errors, 0);
	CHECK_EQ(ledger_disk(dir), 510);
	dir_close(dir);
}

/* A file that may not grow: another one can. The kernel's own limit, in a process of its own. */
TEST(a_file_that_may_not_grow)
{
	int dir = dir_open(), status;
	pid_t pid = fork();

	if (pid == 0) {
		struct record_options o = options(dir);
		struct rlimit limit = { 300000, 300000 };
		struct record *r;
		uint32_t id;

		o.write = NULL;
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		r = store_open(&o, NULL, &id);
		for (unsigned i = 0; i < 10; i++) {
			packets(r, id, 1 + 200 * i, 200);
			pass(SECOND);
		}
		status = progress_of(r).written + progress_of(r).disk_dropped != 2000 || progress_of(r).segments < 4;
		record_close(r, NULL);
		_exit(status);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(contents_of(dir).errors, 0);
	CHECK_EQ(contents_of(dir).packets + ledger_disk(dir), 2000);
	CHECK(contents_of(dir).packets > 1000);
	dir_close(dir);
}

TEST(what_has_to_stay_free_stays_free)
{
	struct space_limits all = { .free_bytes = UINT64_MAX / 4 }, none = { 0 }, percent = { .free_percent = 100 };
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 2500);
	record_set_limits(r, &all);
	packets(r, id, 2501, 500);
	CHECK_EQ(progress_of(r).segments, 1); /* the open one */
	CHECK_EQ(events.count[RECORD_DISK_FULL], 1);
	CHECK_EQ(events.last[RECORD_DISK_FULL].error, 0);
	CHECK_EQ(progress_of(r).disk_dropped, 500);
	record_set_limits(r, &none);
	pass(SECOND);
	packets(r, id, 3501, 100);
	CHECK_EQ(events.count[RECORD_DISK_AGAIN], 1);
	record_set_limits(r, &percent);
	pass(SECOND);
	packets(r, id, 3601, 100);
	CHECK_EQ(progress_of(r).disk_dropped, 600);
	CHECK_EQ(record_close(r, NULL), NW_ESYS);
	CHECK_EQ(ledger_disk(dir), 600);
	dir_close(dir);
}

/* Segments to come are smaller, and the open one ends. */
TEST(a_quota_that_is_lowered)
{
	struct space_limits less = { .bytes = 1 << 20 };
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.segment_bytes = 0;
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 4000);
	CHECK(dir_bytes(dir) > 4000000);
	record_set_limits(r, &less);
	for (uint64_t n = 4001; n < 8001; n += 50) {
		packets(r, id, n, 50);
		CHECK(dir_bytes(dir) <= 1 << 20);
	}
	CHECK_EQ(progress_of(r).disk_dropped, 0);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK(dir_bytes(dir) <= 1 << 20);
	CHECK_EQ(contents_of(dir).last, 8000);
	dir_close(dir);
}

/* Nothing is left to evict, and the limit holds. */
TEST(a_quota_that_bundles_use_up)
{
	static const char block[65536];
	int dir = dir_open(), bundles;
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.limits.bytes = 1 << 20;
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 400);
	mkdirat(dir, "bundles", 0700);
	bundles = openat(dir, "bundles", O_RDONLY | O_DIRECTORY);
	mkdirat(bundles, "one", 0700);
	for (unsigned i = 0; i < 16; i++) {
		char name[16];

		snprintf(name, sizeof(name), "one/%u", i);
		file_write(bundles, name, block, sizeof(block));
	}
	pass(3 * SECOND);
	record_tick(r);
	packets(r, id, 401, 1000);
	CHECK_EQ(events.count[RECORD_DISK_FULL], 1);
	CHECK_EQ(events.last[RECORD_DISK_FULL].error, 0);
	CHECK(strstr(events.last[RECORD_DISK_FULL].message, "limits.bytes is used up by bundles"));
	CHECK_EQ(progress_of(r).disk_dropped, 1000);
	for (unsigned i = 0; i < 16; i++) {
		char name[16];

		snprintf(name, sizeof(name), "one/%u", i);
		unlinkat(bundles, name, 0);
	}
	close(bundles);
	pass(3 * SECOND);
	record_tick(r);
	packets(r, id, 1401, 100);
	CHECK_EQ(events.count[RECORD_DISK_AGAIN], 1);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK_EQ(contents_of(dir).last, 1500);
	CHECK_EQ(ledger_disk(dir), 1000);
	dir_close(dir);
}
