/* SPDX-License-Identifier: MIT */
/* Rings of files: rotation by count, size and time, what is kept, names, and that a finished file appears at once. */
#include "pcapio_image.h"
#include "check.h"

#include "pcapio/ring.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { SECOND = 1000000000 };

static char dir[64];
static int64_t clock_ns;

static int64_t test_clock(void)
{
	return clock_ns;
}

static void enter(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	clock_ns = 1700000000ll * SECOND; /* 2023-11-14 22:13:20 UTC */
	snprintf(dir, sizeof(dir), "/tmp/nwbox-ring.XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* "name:packets name:packets ..." of the files in the folder; "?" if one is no capture. */
static const char *listing(void)
{
	static char text[2000];
	struct dirent **names;
	int n = scandir(".", &names, NULL, by_name);
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (strcmp(name, ".") && strcmp(name, "..") && !strstr(name, ".part")) {
			struct errmsg err = { "" };
			struct reader *r;
			struct frame f;
			int count = 0, rc = reader_open(&r, name, NULL, &err);

			if (rc == 0) {
				while ((rc = reader_read(r, &f, &err)) > 0)
					count++;
				reader_close(r);
			}
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s:%d%s", at ? " " : "", name, count, rc ? "?" : "");
		}
		free(names[i]);
	}
	free(names);
	return text;
}

static unsigned parts(void)
{
	struct dirent **names;
	unsigned count = 0;
	int n = scandir(".", &names, NULL, by_name);

	for (int i = 0; i < n; i++) {
		count += strstr(names[i]->d_name, ".part") != NULL;
		free(names[i]);
	}
	free(names);
	return count;
}

static void leave(void)
{
	struct dirent **names;
	int n = scandir(".", &names, NULL, by_name);

	for (int i = 0; i < n; i++) {
		unlink(names[i]->d_name);
		rmdir(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (chdir("/") == 0)
		rmdir(dir);
}

static struct ring *open_ring(const char *path, uint64_t bytes, int64_t seconds, uint64_t packets, unsigned keep)
{
	struct ring_options o = { .path = path, .max_bytes = bytes, .interval_ns = seconds * SECOND, .max_packets = packets,
				  .keep = keep, .dirfd = -1, .clock = test_clock,
				  .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
	struct errmsg err = { "" };
	struct ring *r;

	if (!CHECK_EQ(ring_open(&r, &o, &err), 0))
		fprintf(stderr, "# %s\n", err.text);
	return r;
}

/* A packet of `caplen` bytes: 16 more in the file. */
static void put(struct ring *r, unsigned count, uint32_t caplen)
{
	static const uint8_t data[1000];
	struct frame f = { .data = data, .caplen = caplen, .wirelen = caplen, .ts_ns = clock_ns, .has_ts = true, .linktype = 1 };
	struct errmsg err = { "" };

	while (count--)
		CHECK_EQ(ring_frame(r, &f, 0, &err), 0);
}

static void finish(struct ring *r)
{
	struct errmsg err = { "" };

	CHECK_EQ(ring_close(r, &err), 0);
}

TEST(one_file_grows_under_its_own_name)
{
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	r = open_ring("out.pcap", 0, 0, 0, 0);
	put(r, 3, 100);
	CHECK_EQ(ring_deadline_ns(r), INT64_MAX);
	CHECK_EQ(ring_rotate(r, &err), 0);
	CHECK_EQ(writer_flush(ring_writer(r), &err), 0);
	CHECK_STR(listing(), "out.pcap:3");
	put(r, 1, 100);
	finish(r);
	CHECK_STR(listing(), "out.pcap:4");
	leave();
}

TEST(rotation_by_count)
{
	struct ring *r;

	enter();
	r = open_ring("out.pcap", 0, 0, 3, 0);
	put(r, 3, 100);
	CHECK_STR(listing(), "");
	CHECK_EQ(parts(), 1);
	put(r, 1, 100);
	CHECK_STR(listing(), "out.pcap:3"); /* complete the moment it is there */
	put(r, 6, 100);
	finish(r);
	CHECK_STR(listing(), "out.pcap:3 out.pcap1:3 out.pcap2:3 out.pcap3:1");
	CHECK_EQ(parts(), 0);
	leave();
}

TEST(rotation_by_size_never_exceeds_it)
{
	static const uint32_t sizes[] = { 84, 84, 284, 34, 900, 84, 0 };
	struct ring *r;
	struct stat st;

	enter();
	r = open_ring("out.pcap", 424, 0, 0, 0);
	for (unsigned i = 0; i < 7; i++)
		put(r, 1, sizes[i]);
	finish(r);
	/* 24 + 100 + 100; + 300 does not fit; 24 + 300 + 50; 916 alone is too long; 24 + 100 + 16 */
	CHECK_STR(listing(), "out.pcap:2 out.pcap1:2 out.pcap2:1 out.pcap3:2");
	CHECK(stat("out.pcap1", &st) == 0 && st.st_size == 374);
	leave();
}

TEST(rotation_by_size_of_pcapng_counts_everything)
{
	struct ring_options o = { .path = "out.pcapng", .max_bytes = 2000, .dirfd = -1, .clock = test_clock,
				  .writer = { .format = FORMAT_PCAPNG } };
	struct interface eth = { .linktype = 1, .snaplen = 1000, .tsresol = 6, .name = "eth0" };
	struct errmsg err = { "" };
	struct ring *r;
	struct stat st;
	uint32_t id;
	char name[40];

	enter();
	CHECK_EQ(ring_open(&r, &o, &err), 0);
	CHECK_EQ(writer_add_interface(ring_writer(r), &eth, &id, &err), 0);
	put(r, 100, 99);
	finish(r);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), i ? "out.pcapng%d" : "out.pcapng", i);
		if (!CHECK_EQ(stat(name, &st), 0) || st.st_size > 2000)
			check_report(false, __FILE__, __LINE__, "%s: %lld bytes", name, (long long)st.st_size);
		CHECK(i > 4 || st.st_size > 2000 - 200);
	}
	leave();
}

TEST(rotation_by_time_is_aligned_and_needs_no_packet)
{
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	r = open_ring("t-%H%M%S.pcap", 0, 60, 0, 0);
	CHECK_EQ(ring_deadline_ns(r), 1700000040ll * SECOND); /* 22:14:00 */
	put(r, 2, 100);
	clock_ns = 1700000039ll * SECOND;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
	CHECK_STR(listing(), "");
	clock_ns = 1700000040ll * SECOND + 5;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
	CHECK_STR(listing(), "t-221320.pcap:2");
	CHECK_EQ(ring_deadline_ns(r), 1700000100ll * SECOND);
	clock_ns = 1700000100ll * SECOND;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0); /* a quiet minute has its file */
	put(r, 1, 100);
	/* the machine slept */
	clock_ns = 1700000345ll * SECOND;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
	CHECK_EQ(ring_deadline_ns(r), 1700000400ll * SECOND);
	finish(r);
	CHECK_STR(listing(), "t-221320.pcap:2 t-221400.pcap:0 t-221500.pcap:1 t-221905.pcap:0");
	leave();
}

TEST(days_begin_at_local_midnight)
{
	struct ring *r;

	enter();
	setenv("TZ", "XXX-5:30", 1); /* 5:30 ahead of UTC: 2023-11-15 03:43:20 there */
	tzset();
	r = open_ring("d.pcap", 0, 86400, 0, 0);
	CHECK_EQ(ring_deadline_ns(r), (1700000000ll - (3 * 3600 + 43 * 60 + 20) + 86400) * SECOND);
	finish(r);
	r = open_ring("h.pcap", 0, 3600, 0, 0);
	CHECK_EQ(ring_deadline_ns(r), (1700000000ll - (43 * 60 + 20) + 3600) * SECOND);
	finish(r);
	leave();
}

TEST(a_clock_set_back_does_not_stop_rotation)
{
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	r = open_ring("c.pcap", 0, 60, 0, 0);
	put(r, 1, 10);
	clock_ns -= 86400ll * SECOND;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
	CHECK(ring_deadline_ns(r) - clock_ns <= 60ll * SECOND);
	clock_ns = ring_deadline_ns(r);
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
	finish(r);
	CHECK_STR(listing(), "c.pcap:1 c.pcap1:0");
	leave();
}

TEST(the_newest_are_kept)
{
	struct ring *r;

	enter();
	r = open_ring("out.pcap", 0, 0, 1, 3);
	put(r, 5, 100);
	/* two finished and the one being written: three at any time */
	CHECK_STR(listing(), "out.pcap0:1 out.pcap2:1");
	CHECK_EQ(parts(), 1);
	put(r, 2, 100);
	finish(r);
	CHECK_STR(listing(), "out.pcap0:1 out.pcap1:1 out.pcap2:1");
	leave();
}

TEST(numbers_are_padded_to_the_width_of_the_ring)
{
	struct ring *r;

	enter();
	r = open_ring("o", 0, 0, 1, 100);
	put(r, 2, 100);
	finish(r);
	CHECK_STR(listing(), "o00:1 o01:1");
	leave();
	enter();
	r = open_ring("o", 0, 0, 1, 1);
	put(r, 3, 100);
	CHECK_STR(listing(), "o0:1");
	finish(r);
	CHECK_STR(listing(), "o0:1");
	leave();
}

TEST(size_time_and_count_in_one_ring)
{
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	r = open_ring("x-%M%S", 1000, 60, 4, 4);
	put(r, 5, 100);             /* by count: x-1320 */
	put(r, 1, 900);             /* by size: x-13201 with one packet, the second of that second */
	clock_ns = 1700000041ll * SECOND;
	CHECK_EQ(ring_tick(r, clock_ns, &err), 0); /* by time: x-13202 */
	put(r, 2, 10);
	CHECK_STR(listing(), "x-1320:4 x-13201:1 x-13202:1");
	CHECK_EQ(ring_rotate(r, &err), 0);         /* by hand: x-1401 */
	CHECK_STR(listing(), "x-13201:1 x-13202:1 x-1401:2");
	CHECK_EQ(ring_rotate(r, &err), 0);         /* nothing in it yet */
	CHECK_STR(listing(), "x-13201:1 x-13202:1 x-1401:2");
	put(r, 1, 10);
	finish(r);
	CHECK_STR(listing(), "x-13201:1 x-13202:1 x-1401:2 x-14011:1");
	leave();
}

static char finished[500];

static void on_finished(void *user, const char *path, const struct errmsg *why)
{
	struct stat st;
	size_t n = strlen(finished);

	(void)user;
	CHECK(!why);
	snprintf(finished + n, sizeof(finished) - n, "%s%s ", path, stat(path, &st) == 0 ? "" : "(missing)");
}

static int on_finishing(void *user, struct writer *w, struct errmsg *err)
{
	struct interface i = { .received = writer_packets(w), .dropped = 0, .ifdropped = 0, .delivered = UINT64_MAX };

	++*(int *)user;
	return writer_statistics(w, 0, &i, clock_ns, clock_ns, err);
}

TEST(callbacks_at_the_end_of_each_file)
{
	char path[200];
	struct ring_options o = { .path = path, .max_packets = 2, .dirfd = -1, .clock = test_clock,
				  .writer = { .format = FORMAT_PCAPNG } };
	struct interface eth = { .linktype = 1, .tsresol = 6, .name = "eth0" };
	struct errmsg err = { "" };
	struct reader *in;
	struct frame f;
	struct ring *r;
	uint32_t id;
	char want[500];
	int endings = 0;

	enter();
	finished[0] = '\0';
	snprintf(path, sizeof(path), "%s/a", dir);
	CHECK_EQ(ring_open(&r, &o, &err), 0);
	ring_on_finished(r, on_finished, NULL);
	ring_on_finishing(r, on_finishing, &endings);
	CHECK_EQ(writer_add_interface(ring_writer(r), &eth, &id, &err), 0);
	put(r, 5, 10);
	finish(r);
	snprintf(want, sizeof(want), "%s/a %s/a1 %s/a2 ", dir, dir, dir);
	CHECK_STR(finished, want);
	CHECK_EQ(endings, 3);
	if (CHECK_EQ(reader_open(&in, "a1", NULL, &err), 0)) {
		while (reader_read(in, &f, &err) > 0)
			;
		CHECK_EQ(reader_interface(in, 0)->received, 2);
		CHECK_STR(reader_interface(in, 0)->name, "eth0");
		reader_close(in);
	}
	leave();
}

TEST(when_the_next_cannot_be_opened_the_old_one_goes_on)
{
	static const uint8_t data[10];
	struct frame f = { .data = data, .caplen = 10, .wirelen = 10, .linktype = 1, .has_ts = true };
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	r = open_ring("out.pcap", 0, 0, 2, 0);
	put(r, 2, 10);
	CHECK_EQ(mkdir(".out.pcap1.part", 0700), 0);
	CHECK(ring_frame(r, &f, 0, &err) < 0);
	CHECK(strstr(err.text, "out.pcap1") != NULL);
	CHECK_EQ(rmdir(".out.pcap1.part"), 0);
	put(r, 1, 10);
	finish(r);
	CHECK_STR(listing(), "out.pcap:2 out.pcap1:1");
	leave();
}

TEST(what_a_killed_process_left_is_kept)
{
	static const char part[] = ".out.pcap.part";
	struct image *m = calloc(1, sizeof(*m));
	struct ring *r;
	int fd;

	enter();
	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_pcap_packet(m, 1, 1, 1, 10, 10);
	fd = open(part, O_WRONLY | O_CREAT, 0600);
	CHECK_EQ(write(fd, m->bytes, m->len), m->len);
	close(fd);
	r = open_ring("out.pcap", 0, 0, 5, 0);
	put(r, 2, 10);
	finish(r);
	CHECK_STR(listing(), "out.pcap:2 out.pcap.rescued:1");
	leave();
	free(m);
}

TEST(two_processes_do_not_write_one_ring)
{
	struct ring_options o = { .path = "out.pcap", .max_packets = 2, .dirfd = -1, .clock = test_clock,
				  .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
	struct errmsg err = { "" };
	struct ring *r, *second;

	enter();
	r = open_ring("out.pcap", 0, 0, 2, 0);
	CHECK_EQ(ring_open(&second, &o, &err), NW_EINPUT);
	CHECK(strstr(err.text, "another process") != NULL);
	finish(r);
	leave();
}

TEST(below_a_directory_that_was_opened_before)
{
	struct ring_options o = { .path = "moved/out.pcap", .max_packets = 2, .clock = test_clock,
				  .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	o.dirfd = open(".", O_PATH | O_DIRECTORY);
	CHECK_EQ(ring_open(&r, &o, &err), 0);
	put(r, 3, 10);
	finish(r);
	CHECK_STR(listing(), "out.pcap:2 out.pcap1:1");
	close(o.dirfd);
	leave();
}

TEST(ring_refusals)
{
	static const struct {
		const char *path;
		int code;
		const char *says;
	} cases[] = {
		{ "-", NW_EINPUT, "cannot be rotated" },
		{ "nowhere/out.pcap", NW_ESYS, "cannot create it: No such file" },
		{ "dir/", NW_EINPUT, "is a directory" },
	};

	enter();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ring_options o = { .path = cases[i].path, .max_packets = 2, .dirfd = -1,
					  .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
		struct errmsg err = { "" };
		struct ring *r;

		CHECK_EQ(ring_open(&r, &o, &err), cases[i].code);
		if (!CHECK(strstr(err.text, cases[i].says) != NULL))
			fprintf(stderr, "# %s\n", err.text);
	}
	leave();
}

TEST(a_second_crash_does_not_overwrite_what_the_first_left)
{
	enter();
	for (int i = 0; i < 3; i++) {
		FILE *left = fopen(".a.part", "w");

		if (CHECK(left))
			fprintf(left, "%d", i), fclose(left);
		finish(open_ring("a", 0, 0, 1, 0));
	}
	for (int i = 0; i < 3; i++) {
		char name[32] = "a.rescued";
		FILE *left;

		if (i)
			snprintf(name, sizeof(name), "a.rescued.%d", i);
		left = fopen(name, "r");
		if (CHECK(left))
			CHECK_EQ(fgetc(left), '0' + i), fclose(left);
	}
	leave();
}

TEST(dumpcaps_names_and_conditions)
{
	struct ring_options o = { .path = "out.pcap", .duration_ns = 1500000000, .dirfd = -1, .clock = test_clock, .keep = 2,
				  .names = RING_NUMBER_TIME, .max_files = 4, .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	setenv("TZ", "UTC", 1);
	tzset();
	clock_ns = 1700000000ll * SECOND + 300;
	if (!CHECK_EQ(ring_open(&r, &o, &err), 0))
		return;
	for (int i = 0; i < 3; i++) {
		put(r, 1, 10);
		CHECK_EQ(ring_deadline_ns(r), clock_ns + 1500000000);
		CHECK_EQ(ring_tick(r, clock_ns + 1000000000, &err), 0);
		CHECK_EQ(writer_packets(ring_writer(r)), 1);
		clock_ns += 1500000000;
		CHECK_EQ(ring_tick(r, clock_ns, &err), 0);
		CHECK_EQ(writer_packets(ring_writer(r)), 0);
	}
	put(r, 2, 10);
	CHECK_EQ(ring_tick(r, clock_ns + 1500000000, &err), RING_ENOUGH);
	CHECK_EQ(ring_rotate(r, &err), RING_ENOUGH);
	finish(r);
	CHECK_STR(listing(), "out_00003_20231114221323.pcap:1 out_00004_20231114221324.pcap:2");
	leave();
}

static unsigned compressed, not_compressed;

static void on_compressed(void *user, const char *path, const struct errmsg *why)
{
	(void)user;
	compressed += !why && strstr(path, ".gz");
	not_compressed += why != NULL;
}

static struct ring *open_gzip(const char *path, unsigned packets, unsigned keep)
{
	struct ring_options o = { .path = path, .max_packets = packets, .keep = keep, .gzip = true, .dirfd = -1,
				  .clock = test_clock, .writer = { .format = FORMAT_PCAP, .linktype = 1 } };
	struct errmsg err = { "" };
	struct ring *r = NULL;
	int rc = ring_open(&r, &o, &err);

	compressed = not_compressed = 0;
	if (rc == NW_EINPUT && strstr(err.text, "this build"))
		return NULL;
	if (CHECK_EQ(rc, 0))
		ring_on_finished(r, on_compressed, NULL);
	return r;
}

TEST(finished_files_are_compressed)
{
	struct ring *r;

	enter();
	r = open_gzip("a", 1000, 0);
	if (!r) {
		leave();
		SKIP("no gzip in this build");
	}
	put(r, 2500, 900); /* more than one member each */
	finish(r);
	CHECK_EQ(compressed, 3);
	CHECK_STR(listing(), "a.gz:1000 a1.gz:1000 a2.gz:500");
	CHECK_EQ(parts(), 0);
	leave();
}

/* Names are used again and again while others are still in the queue: what is there at the end is what a ring
 * without compression has. */
TEST(a_ring_of_compressed_files_keeps_the_newest)
{
	struct ring *r;

	enter();
	r = open_gzip("a", 10, 3);
	if (!r) {
		leave();
		SKIP("no gzip in this build");
	}
	put(r, 10005, 900);
	finish(r);
	CHECK_STR(listing(), "a0.gz:10 a1.gz:5 a2.gz:10");
	CHECK_EQ(parts(), 0);
	leave();
}

TEST(what_cannot_be_compressed_stays)
{
	struct errmsg err = { "" };
	struct ring *r;

	enter();
	CHECK_EQ(mkdir("a.gz", 0755), 0); /* rename refuses */
	r = open_gzip("a", 10, 0);
	if (!r) {
		leave();
		SKIP("no gzip in this build");
	}
	put(r, 15, 100);
	CHECK_EQ(ring_close(r, &err), 0);
	CHECK_EQ(compressed, 1);
	CHECK_EQ(not_compressed, 1);
	CHECK_EQ(rmdir("a.gz"), 0);
	CHECK_STR(listing(), "a:10 a1.gz:5");
	CHECK_EQ(parts(), 0);
	leave();
}
