/* SPDX-License-Identifier: MIT */
/* The record's writer: what is in the files, what is evicted and what never is. Time is made by the tests. */
#include "check.h"
#include "store_world.h"

/* ---- files --------------------------------------------------------------------------------------------- */

TEST(every_packet_is_in_the_files)
{
	int dir = dir_open(), fd;
	struct record_options o = options(dir);
	struct progress_page *page = progress_create(&fd, NULL);
	const struct progress_page *seen = progress_open(fd, NULL);
	struct capture_counters k = { .received = 5000, .dropped = 3 };
	struct record_recovery recovery;
	struct progress p;
	struct contents c;
	struct record *r;
	uint32_t id;

	o.progress = page;
	r = store_open(&o, &recovery, &id);
	CHECK_EQ(recovery.segments, 0);
	packets(r, id, 1, 4990);
	record_statistics(r, id, &k);
	packets(r, id, 4991, 10);
	record_tick(r);
	CHECK(progress_read(seen, &p));
	CHECK_EQ(p.packets, 5000);
	CHECK_EQ(p.written, 5000);
	CHECK_EQ(p.taken, 5000);
	CHECK_EQ(p.bytes, 5000 * 1000);
	CHECK_EQ(p.received, 5000);
	CHECK_EQ(p.dropped, 3);
	CHECK_EQ(p.first_ns, T0);
	CHECK_EQ(p.last_ns, T0 + 4999 * (SECOND / 1000));
	CHECK_EQ(p.segment, p.segments);
	CHECK_EQ(p.stored_bytes, dir_bytes(dir));
	CHECK_EQ(record_close(r, NULL), 0);
	c = contents_of(dir);
	CHECK_EQ(c.packets, 5000);
	CHECK_EQ(c.errors, 0);
	CHECK(c.in_order && c.first == 1);
	CHECK_EQ(c.segments, 5);
	CHECK_EQ(c.statistics, 5000); /* those closed before had none */
	for (uint64_t n = segment_next(dir, 0); n; n = segment_next(dir, n)) {
		char name[SEGMENT_NAME_SIZE];
		uint64_t bytes;

		segment_name(name, n);
		bytes = file_bytes(dir, name);
		CHECK(bytes <= o.segment_bytes);
		segment_index_name(name, n);
		CHECK(file_bytes(dir, name) > 0 && file_bytes(dir, name) * 100 <= bytes);
	}
	progress_close(page);
	progress_close(seen);
	close(fd);
	dir_close(dir);
}

TEST(a_second_run_goes_on_in_a_new_segment)
{
	static const struct interface raw = { .linktype = LINKTYPE_RAW, .snaplen = 100, .tsresol = 6, .name = "tun0" };
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record_recovery recovery;
	struct record *r;
	uint32_t id, tun;

	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 100);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK_EQ(record_open(&r, &o, &recovery, NULL), 0);
	CHECK(!recovery.was_killed);
	CHECK_EQ(recovery.packets, 100);
	CHECK_EQ(record_interface(r, &raw, &tun, NULL), 0);
	packets(r, tun, 101, 100);
	CHECK_EQ(record_interface(r, &raw, &tun, NULL), 0); /* in the middle of a segment */
	CHECK_EQ(tun, 1);
	packets(r, tun, 201, 100);
	CHECK_EQ(progress_of(r).packets, 300);
	CHECK_EQ(progress_of(r).written, 200);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK_EQ(contents_of(dir).packets, 300);
	CHECK_EQ(contents_of(dir).segments, 2);
	CHECK(contents_of(dir).in_order);
	CHECK_EQ(contents_of(dir).errors, 0);
	dir_close(dir);
}

TEST(one_writer_at_a_time)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct errmsg err = { "" };
	struct record *r, *second;
	uint64_t freed = 1;
	uint32_t id;

	o.name = "session 7";
	r = store_open(&o, NULL, &id);
	CHECK_EQ(record_open(&second, &o, NULL, &err), NW_EINPUT);
	CHECK_STR(err.text, "session 7: another process is recording here");
	CHECK(second == NULL);
	CHECK_EQ(record_evict_oldest(dir, 1, 0, &freed, NULL, &err), NW_EINPUT);
	CHECK_EQ(freed, 0);
	record_close(r, NULL);
	r = store_open(&o, NULL, &id);
	record_close(r, NULL);
	dir_close(dir);
}

TEST(a_session_without_packets_names_its_interfaces)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record_recovery recovery;
	struct contents c;
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	record_tick(r);
	c = contents_of(dir); /* a capture file at every moment */
	CHECK_EQ(c.segments, 1);
	CHECK_EQ(c.errors, 0);
	record_rotate(r);
	record_tick(r);
	CHECK_EQ(contents_of(dir).segments, 1);
	record_close(r, NULL);
	CHECK_EQ(contents_of(dir).segments, 1);
	r = store_open(&o, &recovery, &id);
	CHECK_EQ(recovery.removed, 1);
	packets(r, id, 1, 50);
	record_rotate(r);
	record_tick(r);
	record_tick(r);
	CHECK_EQ(contents_of(dir).segments, 2);
	record_close(r, NULL);
	CHECK_EQ(contents_of(dir).segments, 1); /* the empty one went */
	CHECK_EQ(segment_next(dir, 0), 2);
	dir_close(dir);
}

TEST(segments_end_by_time_and_by_request)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.segment_ns = 60 * SECOND;
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 50);
	pass(59 * SECOND);
	record_tick(r);
	packets(r, id, 51, 50);
	CHECK_EQ(contents_of(dir).segments, 1);
	pass(SECOND);
	record_tick(r);
	packets(r, id, 101, 50);
	CHECK_EQ(contents_of(dir).segments, 2);
	record_rotate(r);
	packets(r, id, 151, 50);
	CHECK_EQ(contents_of(dir).segments, 3);
	CHECK_EQ(contents_of(dir).packets, 200);
	record_close(r, NULL);
	dir_close(dir);
}

TEST(numbers_of_segments)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, 1);
	CHECK_STR(name, "000001.pcapng");
	segment_name(name, 1234567);
	CHECK_STR(name, "1234567.pcapng");
	segment_index_name(name, 999999);
	CHECK_STR(name, "999999.idx");
	CHECK_EQ(segment_number("000001.pcapng"), 1);
	CHECK_EQ(segment_number("1234567.pcapng"), 1234567);
	CHECK_EQ(segment_number("0000001.pcapng"), 0);
	CHECK_EQ(segment_number("00001.pcapng"), 0);
	CHECK_EQ(segment_number("000000.pcapng"), 0);
	CHECK_EQ(segment_number("000001.pcapng.part"), 0);
	CHECK_EQ(segment_number("000001.idx"), 0);
	CHECK_EQ(segment_number("99999999999999999999.pcapng"), 0);
	CHECK_EQ(segment_number(""), 0);
}

TEST(numbers_beyond_six_digits_follow_each_other)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 50);
	record_close(r, NULL);
	renameat(dir, "000001.pcapng", dir, "999999.pcapng");
	renameat(dir, "000001.idx", dir, "999999.idx");
	r = store_open(&o, NULL, &id);
	packets(r, id, 51, 50);
	record_close(r, NULL);
	CHECK_EQ(segment_next(dir, 0), 999999);
	CHECK_EQ(segment_next(dir, 999999), 1000000);
	CHECK_EQ(segment_next(dir, 1000000), 0);
	CHECK(contents_of(dir).in_order);
	dir_close(dir);
}

/* ---- limits ----------------------------------------------------------------------------------------------- */

TEST(a_quota_is_kept_at_every_write)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct progress p;
	struct contents c;
	struct record *r;
	uint32_t id;

	o.limits.bytes = disk.quota = 3 << 20;
	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 20000);
	record_tick(r);
	p = progress_of(r);
	CHECK(disk.most <= disk.quota);
	CHECK(disk.most > disk.quota * 8 / 10);
	CHECK(dir_bytes(dir) <= disk.quota);
	CHECK_EQ(p.stored_bytes, dir_bytes(dir));
	c = contents_of(dir);
	CHECK_EQ(c.last, 20000);
	CHECK(c.in_order);
	CHECK_EQ(p.segments, c.segments);
	CHECK_EQ(p.first_segment, segment_next(dir, 0));
	CHECK_EQ(p.evicted, p.segment - p.segments);
	CHECK_EQ(p.packets, 20000);
	CHECK_EQ(p.first_ns, T0 + (int64_t)(c.first - 1) * (SECOND / 1000));
	CHECK_EQ(events.count[RECORD_EVICTED], 1); /* 20 seconds: one a minute */
	record_close(r, NULL);
	CHECK_EQ(events.last[RECORD_EVICTED].segments + events.count[RECORD_EVICTED] > 2, 1);
	CHECK(dir_bytes(dir) <= disk.quota);
	dir_close(dir);
}

TEST(bundles_and_ledger_count_for_the_quota)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	char bundle[4096] = "x";
	uint32_t id;

	o.limits.bytes = 3 << 20;
	r = store_open(&o, NULL, &id);
	mkdirat(dir, "bundles", 0700);
	mkdirat(dir, "bundles/a", 0700);
	file_write(dir, "bundles/a/packets.pcapng", bundle, sizeof(bundle));
	{
		int fd = openat(dir, "bundles/a/packets.pcapng", O_WRONLY);

		CHECK_EQ(ftruncate(fd, 1 << 20), 0);
		close(fd);
	}
	packets(r, id, 1, 20000);
	record_tick(r);
	CHECK(dir_bytes(dir) <= 2 << 20);
	CHECK_EQ(progress_of(r).stored_bytes, dir_bytes(dir) + (1 << 20));
	record_close(r, NULL);
	dir_close(dir);
}

TEST(a_lower_limit_counts_at_once_and_evicting_is_asked_for)
{
	struct space_limits less = { .bytes = 2 << 20 };
	int dir = dir_open();
	struct record_options o = options(dir);
	uint64_t before, freed, gone;
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	packets(r, id, 1, 6000);
	record_set_limits(r, &less);
	record_tick(r);
	CHECK(dir_bytes(dir) <= less.bytes);
	before = dir_bytes(dir);
	CHECK(record_evict(r, 1) > 1000);
	CHECK(dir_bytes(dir) < before);
	record_evict(r, UINT64_MAX);
	CHECK_EQ(progress_of(r).segments, 1); /* the open one stays */
	packets(r, id, 6001, 3000);
	record_close(r, NULL);
	CHECK_EQ(record_evict_oldest(dir, 1, 0, &freed, &gone, NULL), 0);
	CHECK_EQ(gone, 1);
	CHECK(freed > 1000);
	CHECK_EQ(record_evict_oldest(dir, UINT64_MAX, 1, &freed, &gone, NULL), 0);
	CHECK_EQ(contents_of(dir).segments, 1);
	CHECK_EQ(contents_of(dir).last, 9000);
	dir_close(dir);
}

TEST(age_is_no_matter_of_the_clock_on_the_wall)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.limits.age_ns = 3600 * SECOND;
	r = store_open(&o, NULL, &id);
	for (unsigned i = 0; i < 4; i++) {
		packets(r, id, 1 + 50 * i, 50);
		record_rotate(r);
		record_tick(r);
		pass(600 * SECOND);
	}
	wall += 10ll * 365 * 86400 * SECOND;
	record_tick(r);
	CHECK_EQ(contents_of(dir).packets, 200);
	CHECK_EQ(events.count[RECORD_CLOCK_CHANGED], 1);
	CHECK_EQ(events.last[RECORD_CLOCK_CHANGED].to_ns - events.last[RECORD_CLOCK_CHANGED].from_ns, 10ll * 365 * 86400 * SECOND);
	wall -= 20ll * 365 * 86400 * SECOND;
	record_tick(r);
	CHECK_EQ(contents_of(dir).packets, 200);
	CHECK_EQ(events.count[RECORD_CLOCK_CHANGED], 2);
	pass(1300 * SECOND); /* the first one is 3700 s old, the second 3100 */
	record_tick(r);
	CHECK_EQ(events.count[RECORD_CLOCK_CHANGED], 2);
	CHECK_EQ(contents_of(dir).first, 51);
	pass(7200 * SECOND);
	record_tick(r);
	CHECK_EQ(contents_of(dir).packets, 0);
	packets(r, id, 201, 50);
	CHECK_EQ(progress_of(r).packets, 250);
	CHECK_EQ(progress_of(r).evicted, 4);
	record_close(r, NULL);
	dir_close(dir);
}

TEST(packets_of_strange_times_evict_nothing)
{
	static const int64_t times[] = { 0, -5, 1, INT64_MAX, INT64_MIN, T0, T0 - 50ll * 365 * 86400 * SECOND };
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.limits.age_ns = 3600 * SECOND;
	r = store_open(&o, NULL, &id);
	for (unsigned i = 0; i < 700; i++) {
		store_packet(r, id, i + 1, 1000, times[i % 7]);
		if (i % 100 == 99) {
			record_rotate(r);
			record_tick(r);
			pass(SECOND);
		}
	}
	record_tick(r);
	record_close(r, NULL);
	CHECK_EQ(contents_of(dir).packets, 700);
	CHECK_EQ(contents_of(dir).segments, 7);
	dir_close(dir);
}

/* What was there at the start is as old as its time of change says, never younger than now. */
TEST(age_of_what_was_there)
{
	int dir = dir_open();
	struct record_options o = options(dir);
	struct record *r;
	uint32_t id;

	o.limits.age_ns = 3600 * SECOND;
	for (unsigned i = 0; i < 3; i++) {
		struct timespec times[2] = { { .tv_sec = T0 / SECOND }, { .tv_sec = T0 / SECOND - 3000 + 3000 * i } };
		char name[SEGMENT_NAME_SIZE];

		r = store_open(&o, NULL, &id);
		packets(r, id, 1 + 50 * i, 50);
		record_close(r, NULL);
		segment_name(name, i + 1);
		CHECK_EQ(utimensat(dir, name, times, 0), 0);
	}
	wall = T0; /* ages: 3000 s, 0 s, and 3000 s in the future */
	r = store_open(&o, NULL, &id);
	record_tick(r);
	CHECK_EQ(contents_of(dir).first, 1);
	pass(700 * SECOND);
	record_tick(r);
	CHECK_EQ(contents_of(dir).first, 51);
	pass(3000 * SECOND);
	record_tick(r);
	CHECK_EQ(contents_of(dir).packets, 0);
	record_close(r, NULL);
	dir_close(dir);
}

TEST(lies_are_refused)
{
	static uint8_t data[CAPTURE_SNAPLEN_MAX + 1];
	int dir = dir_open();
	struct record_options o = options(dir);
	struct frame f = { .data = data, .caplen = CAPTURE_SNAPLEN_MAX + 1, .wirelen = 1, .linktype = 1, .has_ts = true };
	struct record *r;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	CHECK_EQ(record_frame(r, &f, id), NW_EINPUT);
	f.caplen--;
	CHECK_EQ(record_frame(r, &f, id + 1), NW_EINPUT);
	for (unsigned i = 0; i < 20; i++)
		CHECK_EQ(record_frame(r, &f, id), 0);
	f.has_ts = false;
	CHECK_EQ(record_frame(r, &f, id), 0);
	record_close(r, NULL);
	CHECK_EQ(contents_of(dir).packets, 21);
	CHECK_EQ(contents_of(dir).errors, 0);
	dir_close(dir);
}

/* A capture file knows no time before 1970, and the index says what the file says. */
TEST(times_before_1970)
{
	int dir = dir_open();
	struct record_options o = { .dirfd = dir };
	const struct index_chunk *c;
	struct record *r;
	struct index *x;
	uint32_t id;

	r = store_open(&o, NULL, &id);
	store_packet(r, id, 1, 100, -5 * SECOND);
	store_packet(r, id, 2, 100, 7000);
	CHECK_EQ(record_close(r, NULL), 0);
	CHECK_EQ(index_open(&x, dir, 1, NULL), 0);
	CHECK_EQ(index_info(x)->first_ns, 0);
	CHECK_EQ(index_info(x)->last_ns, 7000);
	c = index_chunk(x, 0);
	CHECK_EQ(c->first_ns, 0);
	index_close(x);
	dir_close(dir);
}
