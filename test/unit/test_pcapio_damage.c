/* SPDX-License-Identifier: MIT */
/* The reader under bad conditions: streams split anywhere, files cut, damaged, lying, compressed, growing; merging. */
#include "pcapio_image.h"
#include "check.h"

#include "pcapio/source.h"

#include <zlib.h>

static struct image image;

static struct image *fresh(bool big)
{
	image.len = 0;
	image.big = big;
	return &image;
}

static struct img_result read_image(const struct image *m)
{
	return img_read(m->bytes, m->len);
}

/* ---- streams ------------------------------------------------------------------------------------ */

static void every_split(const struct image *m, unsigned want)
{
	for (size_t a = 1; a < m->len; a++) {
		struct errmsg err = { "" };
		struct img_result got = { 0 };
		struct reader *r;
		/* the second cut a little later, then the rest in one piece */
		int fd = img_stream(SOCK_SEQPACKET, m->bytes, m->len, a, a + 1 + a % 37, m->len);

		got.rc = reader_open_fd(&r, fd, "stream", NULL, &err);
		if (got.rc == 0) {
			got = img_drain(r);
			reader_close(r);
		}
		img_stream_close(fd);
		if (!CHECK_EQ(got.rc, 0) || !CHECK_EQ(got.count, want)) {
			fprintf(stderr, "# split at %zu: %s %s\n", a, err.text, got.text);
			return;
		}
		for (unsigned i = 0; i < want; i++)
			if (got.frames[i].caplen && !CHECK_EQ(got.first[i], i + 1))
				return;
	}
}

TEST(pcap_split_anywhere)
{
	struct image *m = fresh(false);

	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_three_packets(m);
	every_split(m, 3);
}

TEST(pcap_of_the_other_order_split_anywhere)
{
	struct image *m = fresh(true);

	img_pcap_header(m, 0xa1b23c4d, 1);
	img_three_packets(m);
	every_split(m, 3);
}

TEST(pcapng_split_anywhere)
{
	struct image *m = fresh(true);

	img_all_blocks(m);
	every_split(m, 4);
}

TEST(byte_by_byte)
{
	struct image *m = fresh(false);
	struct errmsg err;
	struct reader *r;
	int fd;

	img_all_blocks(m);
	fd = img_stream(SOCK_SEQPACKET, m->bytes, m->len, 0, 0, 1);
	if (CHECK_EQ(reader_open_fd(&r, fd, "stream", NULL, &err), 0)) {
		CHECK_EQ(img_drain(r).count, 4);
		reader_close(r);
	}
	img_stream_close(fd);
}

/* Many packets of all sizes through a small buffer: each arrives whole. */
TEST(small_buffer_large_records)
{
	static const uint32_t sizes[] = { 1, 4000, 9000, 70000, 12, 300000, 5000000, 60, 200000 };
	struct reader_options o = { .buffer_bytes = 4096 };
	size_t len = PCAP_HEADER, count = sizeof(sizes) / sizeof(sizes[0]), at = 0;
	struct image *m = fresh(false);
	struct errmsg err = { "" };
	struct reader *r;
	struct frame f;
	uint8_t *all;
	int fd, rc;

	for (size_t i = 0; i < count; i++)
		len += PCAP_RECORD + sizes[i];
	all = malloc(len);
	img_pcap_header(m, 0xa1b2c3d4, 1);
	memcpy(all, m->bytes, at = m->len);
	for (size_t i = 0; i < count; i++) {
		m->len = 0;
		img_uint(m, 1, 4);
		img_uint(m, (uint32_t)i, 4);
		img_uint(m, sizes[i], 4);
		img_uint(m, sizes[i], 4);
		memcpy(all + at, m->bytes, PCAP_RECORD);
		memset(all + at + PCAP_RECORD, (int)i + 1, sizes[i]);
		at += PCAP_RECORD + sizes[i];
	}
	for (int stream = 0; stream < 2; stream++) {
		fd = stream ? img_stream(SOCK_STREAM, all, len, 0, 0, 50000) : img_file(all, len);
		if (!CHECK_EQ(reader_open_fd(&r, fd, "x", &o, &err), 0))
			return;
		for (size_t i = 0; i < count; i++) {
			if (!CHECK_EQ(rc = reader_read(r, &f, &err), 1))
				break;
			CHECK_EQ(f.caplen, sizes[i]);
			if (!CHECK(f.data[0] == i + 1 && f.data[sizes[i] - 1] == i + 1 && f.data[sizes[i] / 2] == i + 1))
				fprintf(stderr, "# packet %zu, stream %d\n", i, stream);
		}
		CHECK_EQ(reader_read(r, &f, &err), 0);
		CHECK((size_t)(r->limit - r->buf) < 32u << 20);
		reader_close(r);
		if (stream)
			img_stream_close(fd);
		else
			close(fd);
	}
	free(all);
}

/* Large enough for the second thread (on two cores), with a record too long for its chunks near the end. */
TEST(a_large_file_is_read_by_two)
{
	for (int with_giant = 0; with_giant < 2; with_giant++) {
		size_t size = 12 << 20, len = PCAP_HEADER, giant_at = 10 << 20;
		uint8_t *all = malloc(size);
		struct image *m = fresh(false);
		struct errmsg err = { "" };
		struct reader *r;
		struct frame f;
		unsigned n = 0, giant = 0, got;
		int fd;

		img_pcap_header(m, 0xa1b2c3d4, 1);
		memcpy(all, m->bytes, m->len);
		while (len + 400000 < size) {
			bool huge = with_giant && !giant && len > giant_at;
			uint32_t caplen = huge ? 300000 : n * 7919 % 9000;

			m->len = 0;
			img_pcap_packet(m, n, n, n, 0, caplen);
			memcpy(m->bytes + 8, &caplen, 4);
			memcpy(all + len, m->bytes, PCAP_RECORD);
			memset(all + len + PCAP_RECORD, (int)n, caplen);
			len += PCAP_RECORD + caplen;
			if (huge)
				giant = n;
			n++;
		}
		fd = img_file(all, len);
		if (!CHECK_EQ(reader_open_fd(&r, fd, "large", NULL, &err), 0))
			return;
		for (got = 0; reader_read(r, &f, &err) > 0; got++) {
			uint32_t want = giant && got == giant ? 300000 : got * 7919 % 9000;

			if (!CHECK_EQ(f.wirelen, want) || !CHECK_EQ(f.caplen, want))
				break;
			if (want && !(f.data[0] == (got & 0xff) && f.data[want - 1] == (got & 0xff)))
				CHECK_EQ(f.data[0], got & 0xff);
		}
		CHECK_EQ(got, n);
		reader_close(r);
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), len); /* as after read(2) */
		close(fd);
		free(all);
	}
}

TEST(a_large_file_given_up_early)
{
	size_t len = 16 << 20;
	uint8_t *all = calloc(1, len);
	struct image *m = fresh(false);
	struct errmsg err = { "" };
	struct reader *r;
	struct frame f;
	int fd;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	memcpy(all, m->bytes, m->len); /* the rest: records without a byte in them */
	fd = img_file(all, len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "large", NULL, &err), 0))
		return;
	for (int i = 0; i < 100000; i++)
		CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.number, 100000);
	reader_close(r); /* while the other thread reads */
	close(fd);
	free(all);
}

/* ---- gzip --------------------------------------------------------------------------------------------- */

static size_t pack(const uint8_t *in, size_t len, uint8_t *out, size_t size)
{
	z_stream z = { 0 };
	size_t n;

	if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)in;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)size;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	n = size - z.avail_out;
	deflateEnd(&z);
	return n;
}

TEST(gzip_in_several_members)
{
	static uint8_t packed[1 << 16];
	struct image *m = fresh(true);
	struct img_result r;
	size_t n;

	if (!ENABLE_GZIP)
		SKIP("gzip is not in this build");
	img_all_blocks(m);
	/* cut where no block ends; zeros behind as tar leaves them */
	n = pack(m->bytes, 101, packed, sizeof(packed));
	n += pack(m->bytes + 101, 1, packed + n, sizeof(packed) - n);
	n += pack(m->bytes + 102, m->len - 102, packed + n, sizeof(packed) - n);
	memset(packed + n, 0, 512);
	r = img_read(packed, n + 512);
	CHECK_STR(r.text, "");
	CHECK_EQ(r.count, 4);
	CHECK_EQ(r.frames[0].ts_ns, 1700000000123456789);
}

TEST(gzip_cut_or_damaged_gives_what_was_good)
{
	static uint8_t packed[1 << 16];
	struct image *m = fresh(false);
	struct img_result r;
	size_t n;

	if (!ENABLE_GZIP)
		SKIP("gzip is not in this build");
	img_pcap_header(m, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 200; i++) {
		img_pcap_packet(m, i, i * 7919, i, 100, 100);
		for (unsigned k = 0; k < 100; k++) /* so that it does not shrink to nothing */
			m->bytes[m->len - 1 - k] = (uint8_t)(i * 31 + k * k * 17);
	}
	n = pack(m->bytes, m->len, packed, sizeof(packed));
	r = img_read(packed, n / 2);
	CHECK_EQ(r.rc, NW_EINPUT);
	CHECK(strstr(r.text, "cut off") != NULL);
	CHECK(r.count > 20 && r.count < 180);
	packed[n - 5] ^= 1; /* check sum */
	r = img_read(packed, n);
	CHECK_EQ(r.rc, NW_EINPUT);
	CHECK(strstr(r.text, "gzip") != NULL);
	CHECK_EQ(r.count, 200);
}

/* ---- damage --------------------------------------------------------------------------------------------- */

TEST(cut_anywhere_gives_the_packets_before)
{
	struct image *m = fresh(false);
	size_t ends[3];

	img_pcap_header(m, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 3; i++) {
		img_pcap_packet(m, i + 1, 5, 5, 20 + i, 60);
		ends[i] = m->len;
	}
	for (size_t len = 0; len < m->len; len++) {
		struct img_result r = img_read(m->bytes, len);
		unsigned want = 0;
		bool clean = len == PCAP_HEADER;

		for (unsigned i = 0; i < 3; i++) {
			want += ends[i] <= len;
			clean |= ends[i] == len;
		}
		if (!CHECK_EQ(r.rc, clean ? 0 : NW_EINPUT))
			fprintf(stderr, "# %zu bytes: %s\n", len, r.text);
		CHECK_EQ(r.count, want);
		if (!clean && len > PCAP_HEADER)
			CHECK(strstr(r.text, "cut off") != NULL);
	}
}

TEST(pcapng_cut_anywhere_gives_the_packets_before)
{
	struct image *m = fresh(true);
	unsigned last = 0;

	img_all_blocks(m);
	for (size_t len = 1; len < m->len; len++) {
		struct img_result r = img_read(m->bytes, len);

		CHECK(r.rc == 0 || r.rc == NW_EINPUT);
		CHECK(r.count == last || r.count == last + 1);
		CHECK((r.rc != 0) == (r.text[0] != 0));
		last = r.count;
	}
	CHECK_EQ(last, 4);
}

/* One word of the second packet's record is overwritten. */
static struct img_result with_lie(bool pcapng, size_t offset, uint32_t lie)
{
	struct image *m = fresh(false);
	size_t at;

	if (pcapng) {
		img_section(m);
		img_interface(m, 1, NULL, 0, 0);
		img_epb(m, 1, 0, 1, 16, 16);
		at = m->len;
		img_epb(m, 2, 0, 1, 16, 16);
		img_epb(m, 3, 0, 1, 16, 16);
	} else {
		img_pcap_header(m, 0xa1b2c3d4, 1);
		img_pcap_packet(m, 1, 1, 1, 16, 16);
		at = m->len;
		img_pcap_packet(m, 2, 1, 1, 16, 16);
		img_pcap_packet(m, 3, 1, 1, 16, 16);
	}
	memcpy(m->bytes + at + offset, &lie, 4);
	return read_image(m);
}

TEST(lies)
{
	static const struct {
		bool pcapng;
		size_t offset;
		uint32_t lie;
		const char *says;
	} cases[] = {
		{ false, 8, 0x7fffffff, "more than any can have" },
		{ false, 8, 0xffffffff, "more than any can have" },
		{ false, 8, 60000000, "cut off" },
		{ true, 4, 0, "the least is 12" },
		{ true, 4, 11, "the least is 12" },
		{ true, 4, 0xfffffff0, "more than any can have" },
		{ true, 4, 1000000, "cut off" },
		{ true, 4, 52, "in front and" },
		{ true, 4, 16, "in front and" },
		{ true, 8, 1, "of interface 1, but only 1" },
		{ true, 20, 17, "a packet of 17 bytes in a block of 48" },
		{ true, 20, 0xffffffff, "a packet of 4294967295 bytes in a block of 48" },
		{ true, 44, 52, "in front and" },
		{ true, 0, 0x0a0d0d0a, "byte-order mark" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct img_result r = with_lie(cases[i].pcapng, cases[i].offset, cases[i].lie);

		CHECK_EQ(r.rc, NW_EINPUT);
		CHECK_EQ(r.count, 1);
		CHECK(strstr(r.text, "the 1 packet before it is good") != NULL);
		if (!CHECK(strstr(r.text, cases[i].says) != NULL))
			fprintf(stderr, "# case %zu: %s\n", i, r.text);
	}
	/* contradictions that harm nobody */
	CHECK_EQ(with_lie(false, 12, 3).count, 3);          /* caplen > wirelen */
	CHECK_EQ(with_lie(true, 24, 0).count, 3);
	CHECK_EQ(with_lie(false, 4, 99999999).count, 3);    /* more than a second of microseconds */
}

TEST(an_ended_reader_stays_at_its_end)
{
	struct image *m = fresh(false);
	struct errmsg err;
	struct reader *r;
	struct frame f;
	int fd;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_uint(m, 0, 7);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	CHECK_EQ(reader_read(r, &f, &err), NW_EINPUT);
	CHECK_EQ(reader_read(r, &f, &err), 0);
	CHECK_EQ(reader_fill(r, &err), 0);
	CHECK_EQ(reader_next(r, &f, &err), 0);
	reader_close(r);
	close(fd);
}

TEST(a_lying_length_takes_no_memory)
{
	struct image *m = fresh(false);
	struct errmsg err;
	struct reader *r;
	struct frame f;
	int fd;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_pcap_packet(m, 1, 1, 1, 4, 4);
	img_uint(m, 0, 8);
	img_uint(m, 60000000, 4);
	img_uint(m, 60000000, 4);
	img_payload(m, 2, 500);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(reader_read(r, &f, &err), NW_EINPUT);
	CHECK(strstr(err.text, "516 of 60000016 bytes of it") != NULL);
	CHECK((size_t)(r->limit - r->buf) < 2u << 20);
	reader_close(r);
	close(fd);
}

TEST(max_record_is_a_limit)
{
	struct reader_options o = { .max_record = 1000 };
	struct image *m = fresh(false);
	struct errmsg err;
	struct reader *r;
	int fd;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_pcap_packet(m, 1, 1, 1, 1000, 1000);
	img_pcap_packet(m, 2, 1, 1, 2000, 2000);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", &o, &err), 0))
		return;
	CHECK_EQ(img_drain(r).count, 1);
	reader_close(r);
	close(fd);
}

TEST(refusals_say_what_it_is)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *says;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "\xd4\xc3", 2, "too few" },
		{ "\xd4\xc3\xb2\xa1\2\0\4\0", 8, "cut off in the file header" },
		{ "\x28\xb5\x2f\xfd....", 8, "zstd -dc" },
		{ "\xfd" "7zXZ\0..", 8, "xz -dc" },
		{ "\x04\x22\x4d\x18....", 8, "lz4 -dc" },
		{ "BZh91AY&SY", 10, "bzip2 -dc" },
		{ "snoop\0\0\0\0\0\0\2", 12, "snoop" },
		{ "hello, world\n", 13, "is text" },
		{ "\1\2\3\4\5\6\7\x08", 8, "neither pcap nor pcapng (it starts with 01 02 03 04)" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0\0\0\0\0................", 28, "byte-order mark" },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\3not deflate", 20, "gzip" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct img_result r = img_read((const uint8_t *)cases[i].bytes, cases[i].len);

		CHECK_EQ(r.rc, NW_EINPUT);
		if (!CHECK(strstr(r.text, cases[i].says) != NULL))
			fprintf(stderr, "# case %zu: %s\n", i, r.text);
	}
}

TEST(opening_what_is_not_there)
{
	struct errmsg err;
	struct reader *r;

	CHECK_EQ(reader_open(&r, "/nonexistent/file.pcap", NULL, &err), NW_ESYS);
	CHECK_STR(err.text, "/nonexistent/file.pcap: cannot open it: No such file or directory");
	CHECK_EQ(reader_open(&r, "/", NULL, &err), NW_EINPUT);
	CHECK(strstr(err.text, "is a directory") != NULL);
}

TEST(descriptions)
{
	struct image *m = fresh(true);
	struct errmsg err;
	struct reader *r;
	char text[80];
	int fd;

	img_pcap_header(m, 0xa1b23c4d, 1);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	reader_describe(r, text, sizeof(text));
	CHECK_STR(text, "pcap, nanoseconds, big-endian");
	CHECK_EQ(reader_format(r), FORMAT_PCAP);
	CHECK_STR(reader_name(r), "x");
	reader_close(r);
	close(fd);
}

/* ---- growing files ------------------------------------------------------------------------------------------ */

TEST(follow_waits_for_more_until_the_file_is_gone)
{
	char path[] = "/tmp/nwbox-follow.XXXXXX";
	struct reader_options o = { .follow = true };
	struct image *m = fresh(false);
	struct errmsg err = { "" };
	struct reader *r;
	struct img_result got;
	int fd = mkstemp(path);

	img_pcap_header(m, 0xa1b2c3d4, 1);
	for (unsigned i = 1; i <= 5; i++)
		img_pcap_packet(m, i, i, 0, 50, 50);
	if (!CHECK(fd >= 0) || !CHECK_EQ(write(fd, m->bytes, 40), 40))
		return;
	if (fork() == 0) { /* the rest in torn pieces */
		for (size_t at = 40; at < m->len; at += 33) {
			usleep(10000);
			if (write(fd, m->bytes + at, m->len - at < 33 ? m->len - at : 33) < 0)
				_exit(1);
		}
		usleep(50000);
		unlink(path);
		_exit(0);
	}
	if (CHECK_EQ(reader_open(&r, path, &o, &err), 0)) {
		got = img_drain(r);
		CHECK_STR(got.text, "");
		CHECK_EQ(got.count, 5);
		CHECK_EQ(got.first[4], 5);
		reader_close(r);
	}
	wait(NULL);
	close(fd);
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

static struct reader *reader_of(const struct image *m, int *fd)
{
	struct errmsg err;
	struct reader *r = NULL;

	*fd = img_file(m->bytes, m->len);
	CHECK_EQ(reader_open_fd(&r, *fd, "part", NULL, &err), 0);
	return r;
}

TEST(merge_by_time)
{
	static const uint8_t want[] = { 1, 2, 20, 21, 3, 22 }; /* equal times: the order of the inputs */
	struct reader *readers[2];
	struct errmsg err = { "" };
	struct image *m;
	struct merge *merge;
	struct frame f;
	unsigned n = 0;
	int fds[2];

	m = fresh(false);
	img_pcap_header(m, 0xa1b2c3d4, 1);
	img_pcap_packet(m, 1, 10, 0, 4, 4);
	img_pcap_packet(m, 2, 20, 0, 4, 4);
	img_pcap_packet(m, 3, 30, 0, 4, 4);
	readers[0] = reader_of(m, &fds[0]);
	m = fresh(true);
	img_section(m);
	img_interface(m, 101, "x", 9, 0);
	img_epb(m, 20, 0, 20000000000, 4, 4);
	img_interface(m, 1, NULL, 0, 0);
	img_epb(m, 21, 1, 29999999, 4, 4);
	img_epb(m, 22, 0, 30000000001, 4, 4);
	readers[1] = reader_of(m, &fds[1]);
	if (!CHECK_EQ(merge_open(&merge, readers, 2, &err), 0))
		return;
	while (merge_read(merge, &f, &err) > 0) {
		CHECK_EQ(f.data[0], want[n]);
		CHECK_EQ(f.number, n + 1);
		CHECK_EQ(merge_interface(merge, f.ifid)->linktype, f.linktype);
		n++;
	}
	CHECK_EQ(n, 6);
	CHECK_EQ(merge_interfaces(merge), 3); /* pcap's snap length differs from that of the pcapng's second */
	merge_close(merge);
	for (int i = 0; i < 2; i++) {
		reader_close(readers[i]);
		close(fds[i]);
	}
}

TEST(merge_goes_on_after_a_bad_input)
{
	struct reader *readers[2];
	struct errmsg err = { "" };
	struct image *m;
	struct merge *merge;
	struct frame f;
	unsigned good = 0, bad = 0;
	int fds[2], rc;

	for (int i = 0; i < 2; i++) {
		m = fresh(false);
		img_pcap_header(m, 0xa1b2c3d4, 1);
		img_pcap_packet(m, 1, 10, 0, 4, 4);
		img_pcap_packet(m, 2, 20, 0, 4, 4);
		if (i == 0)
			m->len -= 3;
		readers[i] = reader_of(m, &fds[i]);
	}
	if (!CHECK_EQ(merge_open(&merge, readers, 2, &err), 0))
		return;
	while ((rc = merge_read(merge, &f, &err)) != 0) {
		good += rc > 0;
		bad += rc < 0;
	}
	CHECK_EQ(good, 3);
	CHECK_EQ(bad, 1);
	merge_close(merge);
	for (int i = 0; i < 2; i++) {
		reader_close(readers[i]);
		close(fds[i]);
	}
}
