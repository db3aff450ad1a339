/* SPDX-License-Identifier: MIT */
/*
 * Queries over records that the tests write beside them: places, ranges, following, what goes wrong with files, and that an
 * index never changes an answer.
 */
#include "query_scene.h"

TEST(everything_in_order)
{
	struct scene s;
	struct query_options o;
	struct query_done d;

	if (!scene_open(&s, 1 << 20))
		return;
	o = all_of(&s);
	CHECK_STR(answer(&o, &d, NULL), "");
	for (unsigned i = 0; i < 60; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	record_tick(s.record);
	CHECK_STR(answer(&o, &d, NULL), "1-60 ");
	CHECK_EQ(d.matches, 60);
	CHECK_EQ(d.damaged, 0);
	CHECK(segment_next(s.dir, 2) == 3);
	scene_end(&s);
	CHECK_STR(answer(&o, &d, NULL), "1-60 ");
	o.no_index = true;
	CHECK_STR(answer(&o, NULL, NULL), "1-60 ");
	scene_close(&s);
}

TEST(range_limit_skip_place)
{
	struct scene s;
	struct query_options o;
	struct query_position p;
	struct query *q;
	struct frame f;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 60; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	record_tick(s.record);
	o = all_of(&s);
	o.from_ns = T0 + 10 * SECOND;
	o.to_ns = T0 + 20 * SECOND;
	CHECK_STR(answer(&o, NULL, NULL), "11-21 ");
	o.skip = 3;
	CHECK_STR(answer(&o, NULL, NULL), "14-21 ");
	o.limit = 2;
	CHECK_STR(answer(&o, NULL, NULL), "14-15 ");
	o = all_of(&s);
	o.skip = 43;
	CHECK_STR(answer(&o, NULL, NULL), "44-60 ");
	o.skip = 60;
	CHECK_STR(answer(&o, NULL, NULL), "");
	/* from each place on, whatever chunk or segment it is in */
	for (unsigned n = 1; n <= 60; n++) {
		char want[32];

		o = all_of(&s);
		o.limit = n;
		if (!CHECK_EQ(query_open(&q, &o, &err), 0))
			break;
		while (query_next(q, &f, &err) > 0)
			;
		p = query_position(q);
		query_close(q);
		o.limit = 0;
		o.after = p;
		snprintf(want, sizeof(want), n == 60 ? "" : n == 59 ? "60 " : "%u-60 ", n + 1);
		CHECK_STR(answer(&o, NULL, NULL), want);
		o.filter = "tcp.stream or udp.stream == 0"; /* needs those before as well */
		CHECK_STR(answer(&o, NULL, NULL), want);
	}
	scene_close(&s);
}

TEST(capture_filter)
{
	struct scene s;
	struct query_options o;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 10; i++)
		scene_udp(&s, 1, 2, i == 4 ? 99 : 53, 100);
	scene_end(&s);
	o = all_of(&s);
	o.capture_filter = "udp port 99";
	CHECK_STR(answer(&o, NULL, NULL), "5 ");
	o.filter = "ip.addr == 10.0.0.9";
	CHECK_STR(answer(&o, NULL, NULL), "");
	scene_close(&s);
}

TEST(bad_questions)
{
	struct scene s;
	struct query_options o;
	struct query *q;

	if (!scene_open(&s, 1 << 20))
		return;
	o = all_of(&s);
	o.filter = "ip.adr == 1";
	CHECK_EQ(query_open(&q, &o, &err), NW_EINPUT);
	CHECK(q == NULL && strstr(err.text, "ip.addr"));
	o.filter = NULL;
	o.capture_filter = "nonsense at all";
	CHECK_EQ(query_open(&q, &o, &err), NW_EINPUT);
	o.capture_filter = NULL;
	o.from_ns = 5;
	o.to_ns = 4;
	CHECK_EQ(query_open(&q, &o, &err), NW_EINPUT);
	o = all_of(&s);
	o.file = "nothing.pcapng";
	CHECK(query_open(&q, &o, &err) < 0);
	scene_close(&s);
}

/* ---- following ------------------------------------------------------------------------------------ */

static unsigned drain(struct query *q, uint64_t *last)
{
	unsigned n = 0;
	struct frame f;

	while (query_next(q, &f, &err) > 0) {
		n++;
		*last = f.number;
	}
	return n;
}

static void follow_through(bool with_page, const char *filter)
{
	struct scene s;
	struct query_options o;
	struct query *q;
	uint64_t last = 0;

	if (!scene_open(&s, 1 << 20))
		return;
	o = all_of(&s);
	o.follow = true;
	o.filter = filter;
	if (!with_page)
		o.progress = NULL;
	if (!CHECK_EQ(query_open(&q, &o, &err), 0))
		return;
	CHECK_EQ(drain(q, &last), 0);
	CHECK_EQ(query_delay_ms(q), 50);
	CHECK_EQ(drain(q, &last), 0);
	CHECK_EQ(query_delay_ms(q), 100);
	for (unsigned round = 1; round <= 40; round++) {
		for (unsigned i = 0; i < round % 7 + 1; i++)
			scene_udp(&s, 1, 2, 53, i ? 100 : BIG);
		record_tick(s.record);
		CHECK_EQ(drain(q, &last), round % 7 + 1);
		CHECK_EQ(last, s.written);
		CHECK_EQ(drain(q, &last), 0);
		CHECK(!query_ended(q));
	}
	CHECK(segment_next(s.dir, 1) == 2);
	scene_end(&s);
	CHECK_EQ(drain(q, &last), 0);
	/* the session starts again: another writer, whose page this query does not have */
	if (scene_record(&s, 1 << 20)) {
		for (unsigned i = 0; i < 5; i++)
			scene_udp(&s, 1, 2, 53, 100);
		record_tick(s.record);
		CHECK_EQ(drain(q, &last), 5);
	}
	query_close(q);
	scene_close(&s);
}

TEST(follow_by_page)
{
	follow_through(true, NULL);
}

TEST(follow_by_size)
{
	follow_through(false, NULL);
}

TEST(follow_with_filter)
{
	follow_through(true, "ip.addr == 10.0.0.2 and udp.stream == 0");
}

TEST(follow_from_the_end)
{
	struct scene s;
	struct query_options o;
	struct query *q;
	uint64_t last = 0;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 30; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	record_tick(s.record);
	o = all_of(&s);
	o.follow = true;
	o.after = QUERY_END;
	CHECK_EQ(query_open(&q, &o, &err), 0);
	CHECK_EQ(drain(q, &last), 0);
	scene_udp(&s, 1, 2, 53, BIG);
	record_tick(s.record);
	CHECK_EQ(drain(q, &last), 1);
	CHECK_EQ(last, 31);
	query_close(q);
	scene_end(&s); /* closed, with an index */
	CHECK_EQ(query_open(&q, &o, &err), 0);
	CHECK_EQ(drain(q, &last), 0);
	if (scene_record(&s, 1 << 20)) {
		scene_udp(&s, 1, 2, 53, 100);
		record_tick(s.record);
		CHECK_EQ(drain(q, &last), 1);
		CHECK_EQ(last, 32);
	}
	query_close(q);
	scene_close(&s);
}

TEST(follow_ends_with_its_time)
{
	struct scene s;
	struct query_options o;
	struct query *q;
	uint64_t last = 0;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 10; i++)
		scene_udp(&s, 1, 2, 53, 100);
	record_tick(s.record);
	o = all_of(&s);
	o.follow = true;
	o.to_ns = T0 + 4 * SECOND; /* long ago */
	CHECK_EQ(query_open(&q, &o, &err), 0);
	CHECK_EQ(drain(q, &last), 5);
	CHECK(query_ended(q));
	query_close(q);
	scene_close(&s);
}

/* ---- what happens to files -------------------------------------------------------------------------- */

static void remove_segment(const struct scene *s, uint64_t number, bool segment, bool index)
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(name, number);
	if (segment)
		CHECK_EQ(unlinkat(s->dir, name, 0), 0);
	segment_index_name(name, number);
	if (index)
		CHECK_EQ(unlinkat(s->dir, name, 0), 0);
}

TEST(evicted_segments_are_passed_over)
{
	struct scene s;
	struct query_options o;
	struct query_done d;
	struct query *q;
	struct frame f;
	uint64_t last = 0;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 90; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	scene_end(&s);
	o = all_of(&s);
	CHECK_EQ(query_open(&q, &o, &err), 0);
	CHECK_EQ(query_next(q, &f, &err), 1);
	remove_segment(&s, 2, true, true);
	remove_segment(&s, 3, true, true);
	drain(q, &last);
	CHECK_EQ(last, 90);
	query_done(q, &d);
	CHECK_EQ(d.missed_segments, 2);
	CHECK_EQ(d.missed_packets, 90 - d.matches);
	CHECK(d.missed_packets > 20);
	query_close(q);
	scene_close(&s);
}

TEST(index_is_missing_or_spoilt)
{
	struct scene s;
	char name[SEGMENT_NAME_SIZE];
	struct query_cost c;
	int fd;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 90; i++)
		scene_udp(&s, 1, i == 50 ? 9 : 2, 53, BIG);
	scene_end(&s);
	remove_segment(&s, 1, false, true);
	segment_index_name(name, 2);
	fd = openat(s.dir, name, O_WRONLY);
	CHECK_EQ(pwrite(fd, "spoilt", 6, 60), 6);
	close(fd);
	CHECK_STR(filtered(&s, "host 10.0.0.9", false, &c), "51 ");
	CHECK(!c.packets_known);
	CHECK(c.segments_read >= 2 && c.segments_read < c.segments);
	scene_close(&s);
}

static void write_at_end(const struct scene *s, uint64_t number, const void *data, size_t len)
{
	char name[SEGMENT_NAME_SIZE];
	int fd;

	segment_name(name, number);
	fd = openat(s->dir, name, O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* A writer that died in the middle of a block, and one that is in the middle of it. */
TEST(torn_tail)
{
	static const uint8_t block[] = { 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0,
					 1, 2, 3, 4, 36, 0, 0, 0 };
	struct scene s;
	struct query_options o;
	struct query_done d;
	struct query *q;
	uint64_t last = 0, newest;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 10; i++)
		scene_udp(&s, 1, 2, 53, 100);
	scene_end(&s);
	newest = 1;
	remove_segment(&s, newest, false, true);
	write_at_end(&s, newest, block, 17);
	o = all_of(&s);
	o.progress = NULL;
	CHECK_STR(answer(&o, &d, NULL), "1-10 ");
	CHECK_EQ(d.damaged, 0);
	o.follow = true;
	CHECK_EQ(query_open(&q, &o, &err), 0);
	CHECK_EQ(drain(q, &last), 10);
	write_at_end(&s, newest, block + 17, 5);
	CHECK_EQ(drain(q, &last), 0);
	write_at_end(&s, newest, block + 22, sizeof(block) - 22);
	CHECK_EQ(drain(q, &last), 1);
	CHECK_EQ(last, 11);
	CHECK_EQ(drain(q, &last), 0);
	query_done(q, &d);
	CHECK_EQ(d.damaged, 0);
	query_close(q);
	scene_close(&s);
}

TEST(damage_is_told_and_the_rest_is_read)
{
	struct scene s;
	struct query_options o;
	struct query_done d;
	char name[SEGMENT_NAME_SIZE];
	const char *got;
	int fd;

	if (!scene_open(&s, 2 << 20))
		return;
	for (unsigned i = 0; i < 60; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	scene_end(&s);
	segment_name(name, 1);
	fd = openat(s.dir, name, O_WRONLY);
	CHECK_EQ(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, 300000), 12); /* within a packet */
	close(fd);
	o = all_of(&s);
	CHECK_STR(answer(&o, &d, NULL), "1-60 ");
	fd = openat(s.dir, name, O_RDWR);
	for (off_t at = 300000; at < 370000; at += 4) /* whatever stands there, blocks too */
		CHECK_EQ(pwrite(fd, "\xff\xff\xff\xff", 4, at), 4);
	close(fd);
	got = answer(&o, &d, NULL);
	CHECK_EQ(d.damaged, 1);
	CHECK(strstr(d.damage, "000001.pcapng"));
	CHECK(!strncmp(got, "1-", 2) && strstr(got, "-60 ") && d.matches < 60 && d.matches > 48); /* on from the next chunk */
	o.no_index = true;
	answer(&o, &d, NULL);
	CHECK_EQ(d.damaged, 1);
	CHECK(d.matches < 48 && d.matches > 26);
	scene_close(&s);
}

TEST(interfaces_are_those_of_the_record)
{
	struct scene s;
	struct interface raw = { .linktype = LINKTYPE_RAW, .tsresol = 9, .name = "tun0" };
	struct frame f = { .has_ts = true, .linktype = LINKTYPE_RAW, .caplen = 4, .wirelen = 4, .data = payload, .ts_ns = T0 };
	struct query_options o;
	struct query *q;
	uint32_t tun;

	if (!scene_open(&s, 1 << 20))
		return;
	scene_udp(&s, 1, 2, 53, 100);
	record_tick(s.record);
	CHECK_EQ(record_interface(s.record, &raw, &tun, &err), 0); /* late, in the middle of a segment */
	CHECK_EQ(record_frame(s.record, &f, tun), 0);
	for (unsigned i = 0; i < 40; i++)
		scene_udp(&s, 1, 2, 53, BIG);
	CHECK_EQ(record_frame(s.record, &f, tun), 0);
	scene_end(&s);
	if (!scene_record(&s, 1 << 20))
		return;
	scene_udp(&s, 1, 2, 53, 100);
	scene_end(&s);
	o = all_of(&s);
	CHECK_EQ(query_open(&q, &o, &err), 0);
	for (unsigned n = 1; query_next(q, &f, &err) > 0; n++) {
		CHECK_EQ(f.linktype, n == 2 || n == 43 ? LINKTYPE_RAW : LINKTYPE_ETHERNET);
		CHECK_STR(f.interface->name, n == 2 || n == 43 ? "tun0" : "veth0");
		CHECK(query_interface(q, f.ifid) == f.interface);
		CHECK_EQ(f.number, n);
	}
	CHECK_EQ(query_interfaces(q), 2);
	query_close(q);
	CHECK_STR(filtered(&s, "frame.interface_name == \"tun0\"", false, NULL), "2 43 ");
	scene_close(&s);
}

TEST(options_stay)
{
	static const uint8_t comment[] = { 1, 0, 5, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0, 0, 0, 0, 0 };
	struct scene s;
	struct frame f = { .has_ts = true, .linktype = LINKTYPE_ETHERNET, .caplen = 60, .wirelen = 60, .data = payload, .ts_ns = T0,
			   .options = comment, .options_len = sizeof(comment) };
	struct query_options o;
	struct query *q;

	if (!scene_open(&s, 1 << 20))
		return;
	CHECK_EQ(record_frame(s.record, &f, s.eth), 0);
	scene_end(&s);
	o = all_of(&s);
	CHECK_EQ(query_open(&q, &o, &err), 0);
	if (CHECK_EQ(query_next(q, &f, &err), 1) && CHECK(f.options_len >= 12))
		CHECK_MEM(f.options, comment, 12);
	query_close(q);
	scene_close(&s);
}

TEST(a_file_instead_of_the_record)
{
	struct scene s;
	struct query_options o;
	char name[SEGMENT_NAME_SIZE];

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 10; i++)
		scene_udp(&s, 1, 2 + i, 53, 100);
	scene_end(&s);
	CHECK_EQ(mkdirat(s.dir, "bundles", 0755), 0);
	segment_name(name, 1);
	CHECK_EQ(renameat(s.dir, name, s.dir, "bundles/x.pcapng"), 0);
	o = all_of(&s);
	CHECK_STR(answer(&o, NULL, NULL), "");
	o.file = "bundles/x.pcapng";
	o.follow = true; /* there is nothing to wait for */
	CHECK_STR(answer(&o, NULL, NULL), "1-10 ");
	o.filter = "host 10.0.0.5";
	CHECK_STR(answer(&o, NULL, NULL), "4 ");
	scene_close(&s);
}

static bool not_on(void *user)
{
	++*(unsigned *)user;
	return false;
}

TEST(can_be_given_up)
{
	struct scene s;
	struct query_options o;
	unsigned asked = 0;

	if (!scene_open(&s, 8 << 20))
		return;
	for (unsigned i = 0; i < 20000; i++)
		scene_udp(&s, 1, 2, 53, 60);
	scene_end(&s);
	o = all_of(&s);
	o.filter = "ip.ttl == 1";
	o.go_on = not_on;
	o.user = &asked;
	CHECK_STR(answer(&o, NULL, NULL), "");
	CHECK_EQ(asked, 1);
	scene_close(&s);
}

TEST(positions_as_text)
{
	struct query_position p = { 12, 345 };
	char text[44];

	query_position_format(text, &p);
	CHECK_STR(text, "12:345");
	CHECK(query_position_parse("7:1", &p) && p.segment == 7 && p.packet == 1);
	CHECK(!query_position_parse("7", &p));
	CHECK(!query_position_parse("7:", &p));
	CHECK(!query_position_parse(":7", &p));
	CHECK(!query_position_parse("7:x", &p));
	CHECK(!query_position_parse("99999999999999999999999999:1", &p));
}

/* ---- the reader's part ---------------------------------------------------------------------------------- */

TEST(a_reader_goes_on_elsewhere)
{
	struct scene s;
	struct reader_options ro = { .end = 1 };
	struct reader *r;
	struct frame f;
	uint64_t at[12];
	int fd;

	if (!scene_open(&s, 1 << 20))
		return;
	for (unsigned i = 0; i < 10; i++)
		scene_udp(&s, 1, 2, 53, 100 + i);
	scene_end(&s);
	fd = segment_open(s.dir, 1);
	CHECK_EQ(reader_open_fd(&r, fd, "segment", &ro, &err), NW_EINPUT); /* a byte is no header */
	lseek(fd, 0, SEEK_SET);
	ro.end = 1 << 20;
	if (!CHECK_EQ(reader_open_fd(&r, fd, "segment", &ro, &err), 0))
		return;
	for (unsigned i = 0; i < 10; i++) {
		if (!CHECK_EQ(reader_read(r, &f, &err), 1))
			return;
		at[i + 1] = reader_offset(r);
		at[i] = at[i + 1] - f.record_len;
	}
	CHECK_EQ(reader_read(r, &f, &err), 0);
	for (unsigned i = 0; i < 10; i++) {
		CHECK_EQ(reader_seek(r, at[9 - i], at[10 - i], &err), 0);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK_EQ(f.caplen, 109 - i);
		CHECK_EQ(reader_read(r, &f, &err), 0);
	}
	CHECK_EQ(reader_seek(r, at[3], at[4] + 9, &err), 0); /* a window that ends in a block */
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(reader_read(r, &f, &err), NW_EINPUT);
	CHECK(reader_was_cut(r));
	CHECK_EQ(reader_offset(r), at[4]);
	CHECK_EQ(reader_seek(r, at[4], at[6], &err), 0);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.caplen, 104);
	reader_close(r);
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(reader_open_fd(&r, fd, "segment", NULL, &err), 0);
	CHECK_EQ(reader_seek(r, at[3], at[4], &err), NW_EINPUT); /* opened for good */
	reader_close(r);
	close(fd);
	scene_close(&s);
}
