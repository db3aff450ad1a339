/* SPDX-License-Identifier: MIT */
/* The writer: what it writes is read back equal, copies lose nothing, and a full disk leaves a whole file. */
#include "pcapio_image.h"
#include "check.h"

#include "pcapio/source.h"
#include "pcapio/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct image image;
static uint8_t back[8 << 20];

static struct image *fresh(bool big)
{
	image.len = 0;
	image.big = big;
	return &image;
}

static struct frame frame_of(const void *data, uint32_t caplen, int64_t ts_ns)
{
	return (struct frame){ .data = data, .caplen = caplen, .wirelen = caplen + 10, .ts_ns = ts_ns, .has_ts = true, .linktype = 1 };
}

static struct interface interface_of(uint16_t linktype, const char *name, uint8_t tsresol)
{
	struct interface i = { .linktype = linktype, .snaplen = 262144, .tsresol = tsresol };

	snprintf(i.name, sizeof(i.name), "%s", name);
	i.received = i.dropped = i.ifdropped = i.delivered = UINT64_MAX;
	return i;
}

static int memory(void)
{
	return memfd_create("out", MFD_CLOEXEC);
}

static size_t contents(int fd)
{
	ssize_t n = pread(fd, back, sizeof(back), 0);

	return n < 0 ? 0 : (size_t)n;
}

static struct reader *reader_at_start(int fd)
{
	struct errmsg err = { "" };
	struct reader *r = NULL;

	lseek(fd, 0, SEEK_SET);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "back", NULL, &err), 0))
		fprintf(stderr, "# %s\n", err.text);
	return r;
}

/* ---- round trips ------------------------------------------------------------------------------ */

TEST(pcap_round_trip)
{
	for (int nano = 0; nano < 2; nano++) {
		struct writer_options o = { .format = FORMAT_PCAP, .nano = nano, .linktype = 1, .snaplen = 1000 };
		struct interface eth = interface_of(1, "eth0", 6);
		struct errmsg err = { "" };
		struct writer *w;
		struct reader *r;
		struct frame f;
		uint32_t id;
		int fd = memory();

		CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
		CHECK_EQ(writer_add_interface(w, &eth, &id, &err), 0);
		for (unsigned i = 0; i < 3000; i++) {
			uint8_t data[700];

			memset(data, (int)i, sizeof(data));
			f = frame_of(data, i % 700, 1700000000000000000 + i * 1234567);
			CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
		}
		CHECK_EQ(writer_packets(w), 3000);
		id = (uint32_t)writer_bytes(w);
		CHECK_EQ(writer_close(w, &err), 0);
		CHECK_EQ(contents(fd), id);
		r = reader_at_start(fd);
		for (unsigned i = 0; i < 3000; i++) {
			int64_t ts = 1700000000000000000 + i * 1234567;

			if (!CHECK_EQ(reader_read(r, &f, &err), 1))
				break;
			CHECK_EQ(f.ts_ns, nano ? ts : ts / 1000 * 1000);
			CHECK_EQ(f.caplen, i % 700);
			CHECK_EQ(f.wirelen, i % 700 + 10);
			CHECK(!f.caplen || (f.data[0] == (i & 0xff) && f.data[f.caplen - 1] == (i & 0xff)));
		}
		CHECK_EQ(reader_read(r, &f, &err), 0);
		CHECK_EQ(reader_interface(r, 0)->snaplen, 1000);
		reader_close(r);
		close(fd);
	}
}

TEST(pcapng_round_trip)
{
	struct writer_options o = { .format = FORMAT_PCAPNG, .comment = "a comment", .application = "test 1" };
	struct interface a = interface_of(1, "eth0", 9), b = interface_of(113, "any", 6);
	struct errmsg err = { "" };
	struct writer *w;
	struct reader *r;
	struct frame f;
	uint32_t ida, idb;
	int fd = memory();

	snprintf(a.filter, sizeof(a.filter), "port 53");
	snprintf(a.os, sizeof(a.os), "Linux");
	snprintf(a.description, sizeof(a.description), "uplink");
	a.has_mac = true;
	a.mac[5] = 7;
	a.speed_bps = 1000000000;
	CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &a, &ida, &err), 0);
	f = frame_of("abcde", 5, 1700000000123456789);
	CHECK_EQ(writer_frame(w, &f, ida, "first of all", &err), 0);
	CHECK_EQ(writer_add_interface(w, &b, &idb, &err), 0);
	f.linktype = 113;
	CHECK_EQ(writer_frame(w, &f, idb, NULL, &err), 0);
	a.received = 100;
	a.dropped = 5;
	CHECK_EQ(writer_statistics(w, ida, &a, 1700000000000000000, 1700000009000000000, &err), 0);
	CHECK_EQ(writer_close(w, &err), 0);

	r = reader_at_start(fd);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.ts_ns, 1700000000123456789);
	CHECK_MEM(f.data, "abcde", 5);
	CHECK(f.options_len >= 16 && memcmp(f.options + 4, "first of all", 12) == 0);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.ifid, 1);
	CHECK_EQ(f.linktype, 113);
	CHECK_EQ(f.ts_ns, 1700000000123456000);
	CHECK_EQ(f.options_len, 0);
	CHECK_EQ(reader_read(r, &f, &err), 0);
	CHECK_STR(reader_interface(r, 0)->name, "eth0");
	CHECK_STR(reader_interface(r, 0)->filter, "port 53");
	CHECK_STR(reader_interface(r, 0)->os, "Linux");
	CHECK_STR(reader_interface(r, 0)->description, "uplink");
	CHECK_EQ(reader_interface(r, 0)->speed_bps, 1000000000);
	CHECK_EQ(reader_interface(r, 0)->mac[5], 7);
	CHECK_EQ(reader_interface(r, 0)->received, 100);
	CHECK_EQ(reader_interface(r, 0)->dropped, 5);
	CHECK(reader_interface(r, 0)->ifdropped == UINT64_MAX);
	CHECK_STR(reader_interface(r, 1)->name, "any");
	CHECK_EQ(reader_interface(r, 1)->tsresol, 6);
	reader_close(r);
	contents(fd);
	CHECK(memmem(back, 200, "a comment", 9) && memmem(back, 200, "test 1", 6) && memmem(back, 200, "Linux", 5));
	close(fd);
}

/* Options of a packet survive a change of byte order. */
TEST(packet_options_are_kept)
{
	for (int big = 0; big < 2; big++) {
		struct writer_options o = { .format = FORMAT_PCAPNG };
		struct interface eth = interface_of(1, "eth0", 6);
		struct image *m = fresh(big);
		struct errmsg err = { "" };
		struct writer *w;
		struct reader *r;
		struct frame f;
		const uint8_t *opts, *value;
		uint32_t left, id;
		uint16_t code, len;
		int in, out = memory();

		img_section(m);
		img_interface(m, 1, NULL, 0, 0);
		img_block(m, 6);
		img_uint(m, 0, 4);
		img_uint(m, 0, 8);
		img_uint(m, 4, 4);
		img_uint(m, 4, 4);
		img_payload(m, 1, 4);
		img_option(m, 1, "hello", 5);
		img_option_uint(m, 2, 0x00000102, 4);         /* flags */
		img_option_uint(m, 4, 0x1122334455667788, 8); /* drops */
		img_option(m, 19372, "\0\0\0\1xyz", 7);       /* custom, not to be copied */
		img_uint(m, 0, 4);
		img_end(m);
		in = img_file(m->bytes, m->len);
		r = reader_at_start(in);
		CHECK_EQ(writer_open(&w, out, "out", &o, &err), 0);
		CHECK_EQ(writer_add_interface(w, &eth, &id, &err), 0);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK_EQ(writer_frame(w, &f, id, "added", &err), 0);
		CHECK_EQ(writer_close(w, &err), 0);
		reader_close(r);
		r = reader_at_start(out);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK(!f.foreign_order);
		opts = f.options;
		left = f.options_len;
		CHECK_EQ(pcapng_option_next(&opts, &left, false, &code, &value, &len), 1);
		CHECK(code == 1 && len == 5 && memcmp(value, "hello", 5) == 0);
		CHECK_EQ(pcapng_option_next(&opts, &left, false, &code, &value, &len), 1);
		CHECK(code == 2 && load_u32(value, false) == 0x102);
		CHECK_EQ(pcapng_option_next(&opts, &left, false, &code, &value, &len), 1);
		CHECK(code == 4 && load_u64(value, false) == 0x1122334455667788);
		CHECK_EQ(pcapng_option_next(&opts, &left, false, &code, &value, &len), 1);
		CHECK(code == 1 && len == 5 && memcmp(value, "added", 5) == 0);
		CHECK_EQ(pcapng_option_next(&opts, &left, false, &code, &value, &len), 0);
		reader_close(r);
		close(in);
		close(out);
	}
}

TEST(a_packet_larger_than_the_buffer)
{
	struct writer_options o = { .format = FORMAT_PCAPNG, .buffer_bytes = 8192 };
	struct interface eth = interface_of(1, "eth0", 6);
	struct errmsg err = { "" };
	struct writer *w;
	struct reader *r;
	struct frame f;
	uint8_t *big = malloc(3 << 20);
	uint32_t id;
	int fd = memory();

	memset(big, 'x', 3 << 20);
	CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &eth, &id, &err), 0);
	for (int i = 0; i < 3; i++) {
		f = frame_of(big, i == 1 ? 3 << 20 : 100, 1);
		CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
	}
	CHECK_EQ(writer_close(w, &err), 0);
	r = reader_at_start(fd);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.caplen, 3 << 20);
	CHECK_EQ(f.data[(3 << 20) - 1], 'x');
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(reader_read(r, &f, &err), 0);
	reader_close(r);
	free(big);
	close(fd);
}

TEST(a_packet_without_a_time)
{
	struct writer_options o = { .format = FORMAT_PCAPNG };
	struct interface eth = interface_of(1, "eth0", 6);
	struct errmsg err = { "" };
	struct writer *w;
	struct reader *r;
	struct frame f;
	uint32_t id;
	int fd = memory();

	CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &eth, &id, &err), 0);
	f = frame_of("abcde", 5, 0);
	f.wirelen = 5;
	f.has_ts = false;
	CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
	CHECK_EQ(writer_close(w, &err), 0);
	r = reader_at_start(fd);
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK(!f.has_ts);
	CHECK_EQ(f.caplen, 5);
	reader_close(r);
	close(fd);
}

TEST(pcap_refuses_a_second_link_type)
{
	struct writer_options o = { .format = FORMAT_PCAP, .linktype = 1 };
	struct interface sll = interface_of(113, "any", 6);
	struct errmsg err = { "" };
	struct writer *w;
	struct frame f = frame_of("abc", 3, 0);
	uint32_t id;
	int fd = memory();

	CHECK_EQ(writer_open(&w, fd, "out.pcap", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &sll, &id, &err), NW_EINPUT);
	CHECK(strstr(err.text, "out.pcap: pcap holds one link type") && strstr(err.text, "--format pcapng"));
	f.linktype = 113;
	CHECK_EQ(writer_frame(w, &f, 0, NULL, &err), NW_EINPUT);
	CHECK_EQ(writer_close(w, &err), 0);
	close(fd);
}

/* ---- copies ------------------------------------------------------------------------------------------ */

static void every_kind_of_block(struct image *m)
{
	img_section(m);
	img_interface(m, 1, "eth0", 9, 0);
	img_epb(m, 1, 0, 1700000000123456789, 60, 60);
	img_plain_block(m, BLOCK_NRB, "\0\0\0\0", 4);
	img_epb(m, 2, 0, 5, 7, 700);
	img_plain_block(m, BLOCK_CUSTOM, "\1\2\3\4abc", 7);
	img_secrets(m);
	img_section(m);
	img_interface(m, 101, "tun", 6, 0);
	img_epb(m, 3, 0, 1700000000123456, 9, 9);
	img_plain_block(m, 0x12345678, "unknown", 8);
	img_plain_block(m, BLOCK_ISB, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
}

/* Copies `in` to a new memory file, those packets whose bit is set; the writer gives up the reader's buffer in time. */
static int copy(int in, uint64_t keep, uint32_t snaplen)
{
	struct writer_options o = { .format = FORMAT_PCAPNG };
	struct reader *r = reader_at_start(in);
	struct errmsg err = { "" };
	struct writer *w;
	struct frame f;
	int out = memory(), rc;

	CHECK_EQ(writer_open(&w, out, "copy", &o, &err), 0);
	CHECK_EQ(writer_follow(w, r, &err), 0);
	while ((rc = reader_fill(r, &err)) > 0) {
		while ((rc = reader_next(r, &f, &err)) > 0) {
			if (!(keep >> (f.number - 1) % 64 & 1))
				continue;
			if (snaplen && f.caplen > snaplen) {
				f.caplen = snaplen;
				CHECK_EQ(writer_frame(w, &f, 0, NULL, &err), 0);
			} else {
				CHECK_EQ(writer_pass(w, &f, &err), 0);
			}
		}
		CHECK_EQ(writer_sync(w, &err), 0);
	}
	CHECK_EQ(rc, 0);
	CHECK_EQ(writer_close(w, &err), 0);
	reader_close(r);
	return out;
}

TEST(a_copy_of_pcapng_is_the_same_but_what_was_left_out)
{
	for (int big = 0; big < 2; big++) {
		struct image *m = fresh(big);
		int in, out;

		every_kind_of_block(m);
		in = img_file(m->bytes, m->len);
		out = copy(in, ~0ull, 0);
		CHECK_EQ(contents(out), m->len);
		CHECK_MEM(back, m->bytes, m->len);
		close(out);
		out = copy(in, 5, 0); /* without the second packet */
		CHECK_EQ(contents(out), m->len - 40);
		close(out);
		out = copy(in, 0, 0);
		CHECK_EQ(contents(out), m->len - 92 - 40 - 44);
		close(out);
		close(in);
	}
}

TEST(do_not_copy_blocks_are_not_copied)
{
	struct image *m = fresh(true);
	size_t without;
	int in, out;

	every_kind_of_block(m);
	without = m->len;
	img_plain_block(m, BLOCK_CUSTOM_NOCOPY, "\1\2\3\4", 4);
	in = img_file(m->bytes, m->len);
	out = copy(in, ~0ull, 0);
	CHECK_EQ(contents(out), without);
	CHECK_MEM(back, m->bytes, without);
	close(in);
	close(out);
}

TEST(packets_cut_short_in_a_copy_keep_order_time_and_interface)
{
	for (int big = 0; big < 2; big++) {
		struct image *m = fresh(big);
		struct errmsg err = { "" };
		struct reader *r;
		struct frame f;
		int in, out;

		every_kind_of_block(m);
		in = img_file(m->bytes, m->len);
		out = copy(in, ~0ull, 8);
		r = reader_at_start(out);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK_EQ(f.caplen, 8);
		CHECK_EQ(f.wirelen, 60);
		CHECK_EQ(f.ts_ns, 1700000000123456789);
		CHECK_EQ(f.foreign_order, big);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK_EQ(f.caplen, 7);
		CHECK_EQ(reader_read(r, &f, &err), 1);
		CHECK_EQ(f.caplen, 8);
		CHECK_EQ(f.linktype, 101);
		CHECK_EQ(f.ts_ns, 1700000000123456000);
		CHECK_EQ(reader_read(r, &f, &err), 0);
		reader_close(r);
		close(in);
		close(out);
	}
}

/* A file of several buffers' length, in every pattern of runs: compared with records picked by hand. */
TEST(runs_across_fills)
{
	static const uint64_t patterns[] = { ~0ull, 0x5555555555555555, 1, 0xffffffff, 0xfffffffffffffffe, 0 };
	size_t size = 3 << 20, len = PCAP_HEADER, want;
	uint8_t *all = malloc(size), *expected = malloc(size);
	struct image *m = fresh(false);
	unsigned n = 0;
	int in;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	memcpy(all, m->bytes, m->len);
	for (; len + 3000 < size; n++) {
		m->len = 0;
		img_pcap_packet(m, n, n, n, 40 + n * 37 % 1460, 1500);
		memcpy(all + len, m->bytes, m->len);
		len += m->len;
	}
	in = img_file(all, len);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		size_t at = PCAP_HEADER;
		int out = copy(in, patterns[i], 0);

		memcpy(expected, all, want = PCAP_HEADER);
		for (unsigned k = 0; k < n; k++) {
			size_t record = PCAP_RECORD + 40 + k * 37 % 1460;

			if (patterns[i] >> k % 64 & 1) {
				memcpy(expected + want, all + at, record);
				want += record;
			}
			at += record;
		}
		CHECK_EQ(contents(out), want);
		CHECK_MEM(back, expected, want);
		close(out);
	}
	close(in);
	free(all);
	free(expected);
}

TEST(a_copy_of_foreign_pcap_is_written_anew)
{
	struct image *m = fresh(true);
	struct errmsg err = { "" };
	struct reader *r;
	struct frame f;
	char text[80];
	int in, out;

	img_pcap_header(m, 0xa1b23c4d, 101);
	img_pcap_packet(m, 1, 17, 123456789, 30, 30);
	in = img_file(m->bytes, m->len);
	out = copy(in, ~0ull, 0);
	r = reader_at_start(out);
	reader_describe(r, text, sizeof(text));
	CHECK_STR(text, "pcap, nanoseconds");
	CHECK_EQ(reader_read(r, &f, &err), 1);
	CHECK_EQ(f.ts_ns, 17123456789);
	CHECK_EQ(f.linktype, 101);
	reader_close(r);
	close(in);
	close(out);
}

/* ---- when it fails ------------------------------------------------------------------------------------------ */

static int write_until_it_fails(struct writer *w, unsigned most, unsigned *written, struct errmsg *err)
{
	static const uint8_t data[100];
	struct frame f = frame_of(data, 100, 1);
	int rc = 0;

	for (*written = 0; *written < most && !rc; ++*written)
		rc = writer_frame(w, &f, 0, NULL, err);
	return rc ? rc : writer_flush(w, err);
}

TEST(a_full_disk_leaves_whole_records)
{
	for (int pcapng = 0; pcapng < 2; pcapng++) {
		struct writer_options o = { .format = pcapng ? FORMAT_PCAPNG : FORMAT_PCAP, .linktype = 1, .buffer_bytes = 5000 };
		struct interface eth = interface_of(1, "eth0", 6);
		struct rlimit was, limit;
		char path[] = "/tmp/nwbox-full.XXXXXX", says[80];
		struct errmsg err = { "" };
		struct writer *w;
		struct reader *r;
		struct frame f;
		unsigned tried, good = 0;
		uint64_t header;
		uint32_t id;
		int fd = mkstemp(path), rc;

		signal(SIGXFSZ, SIG_IGN);
		getrlimit(RLIMIT_FSIZE, &was);
		limit = was;
		limit.rlim_cur = 23456;
		setrlimit(RLIMIT_FSIZE, &limit);
		CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
		CHECK_EQ(writer_add_interface(w, &eth, &id, &err), 0);
		CHECK_EQ(writer_flush(w, &err), 0);
		header = writer_bytes(w);
		rc = write_until_it_fails(w, 1000, &tried, &err);
		setrlimit(RLIMIT_FSIZE, &was);
		CHECK_EQ(rc, NW_ESYS);
		CHECK(tried < 1000);
		CHECK_EQ(writer_flush(w, NULL), NW_ESYS); /* it stays failed */
		CHECK_EQ(writer_close(w, NULL), 0);
		r = reader_at_start(fd);
		while ((rc = reader_read(r, &f, NULL)) > 0)
			good++;
		CHECK_EQ(rc, 0);
		CHECK_EQ(good, (23456 - header) / (pcapng ? 132 : 116));
		snprintf(says, sizeof(says), "the %u packets", good);
		if (!CHECK(strstr(err.text, says) && strstr(err.text, "out: File too large")))
			fprintf(stderr, "# %s\n", err.text);
		reader_close(r);
		close(fd);
		unlink(path);
	}
}

TEST(a_device_that_is_full)
{
	struct writer_options o = { .format = FORMAT_PCAP, .linktype = 1 };
	struct errmsg err = { "" };
	struct writer *w;
	unsigned tried;
	int fd = open("/dev/full", O_WRONLY);

	if (!CHECK(fd >= 0))
		return;
	CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
	CHECK_EQ(write_until_it_fails(w, 10, &tried, &err), NW_ESYS);
	CHECK_STR(err.text, "out: No space left on device; no packet is in it, make room or name another place with -w");
	writer_close(w, NULL);
	close(fd);
}

TEST(a_reader_that_went_away)
{
	struct writer_options o = { .format = FORMAT_PCAP, .linktype = 1 };
	struct errmsg err = { "" };
	struct writer *w;
	unsigned tried;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	if (!CHECK_EQ(pipe(fds), 0))
		return;
	close(fds[0]);
	CHECK_EQ(writer_open(&w, fds[1], "out", &o, &err), 0);
	CHECK_EQ(write_until_it_fails(w, 10, &tried, &err), NW_ECLOSED);
	CHECK_EQ(errmsg_exit_code(NW_ECLOSED), 0);
	writer_close(w, NULL);
	close(fds[1]);
}

TEST(unbuffered_writes_each_packet)
{
	struct writer_options o = { .format = FORMAT_PCAP, .linktype = 1, .unbuffered = true };
	struct errmsg err = { "" };
	struct writer *w;
	struct frame f = frame_of("abcd", 4, 1);
	int fd = memory();

	CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
	CHECK_EQ(contents(fd), 0);
	for (unsigned i = 1; i <= 3; i++) {
		CHECK_EQ(writer_frame(w, &f, 0, NULL, &err), 0);
		CHECK_EQ(contents(fd), PCAP_HEADER + i * 20);
	}
	writer_close(w, &err);
	close(fd);
}

TEST(an_empty_capture_has_its_header)
{
	for (int pcapng = 0; pcapng < 2; pcapng++) {
		struct writer_options o = { .format = pcapng ? FORMAT_PCAPNG : FORMAT_PCAP, .linktype = 1 };
		struct errmsg err = { "" };
		struct writer *w;
		struct reader *r;
		struct frame f;
		int fd = memory();

		CHECK_EQ(writer_open(&w, fd, "out", &o, &err), 0);
		CHECK_EQ(writer_close(w, &err), 0);
		r = reader_at_start(fd);
		CHECK_EQ(reader_read(r, &f, &err), 0);
		reader_close(r);
		close(fd);
	}
}

TEST(reopen_starts_a_whole_new_file)
{
	struct writer_options o = { .format = FORMAT_PCAPNG };
	struct interface a = interface_of(1, "a", 6), b = interface_of(101, "b", 6);
	struct frame f = frame_of("abcd", 4, 1);
	struct errmsg err = { "" };
	struct writer *w;
	uint32_t ida, idb;
	int fds[2] = { memory(), memory() };

	CHECK_EQ(writer_open(&w, fds[0], "one", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &a, &ida, &err), 0);
	CHECK_EQ(writer_frame(w, &f, ida, NULL, &err), 0);
	CHECK_EQ(writer_add_interface(w, &b, &idb, &err), 0);
	CHECK_EQ(writer_reopen(w, fds[1], "two", &err), 0);
	CHECK_EQ(writer_packets(w), 0);
	f.linktype = 101;
	CHECK_EQ(writer_frame(w, &f, idb, NULL, &err), 0);
	CHECK_EQ(writer_frame(w, &f, idb, NULL, &err), 0);
	CHECK_EQ(writer_close(w, &err), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct reader *r = reader_at_start(fds[i]);
		unsigned n = 0;

		while (reader_read(r, &f, &err) > 0) {
			CHECK_EQ(f.linktype, i ? 101 : 1);
			n++;
		}
		CHECK_EQ(n, i + 1);
		CHECK_EQ(reader_interfaces(r), 2);
		reader_close(r);
		close(fds[i]);
	}
}

static int count_blocks(void *user, const struct block *b, struct errmsg *err)
{
	unsigned *kinds = user;

	(void)err;
	kinds[0] += b->type == BLOCK_NRB;
	kinds[1] += b->type == BLOCK_DSB;
	kinds[2] += b->type == BLOCK_CUSTOM;
	return 0;
}

/* A merge writes packets anew, and once lost the TLS secrets that came with them. */
TEST(blocks_about_the_capture_are_kept)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		struct image *m = fresh(swapped);
		struct writer_options o = { .format = FORMAT_PCAPNG };
		unsigned kinds[3] = { 0 }, packets = 0;
		struct errmsg err = { "" };
		struct reader *r;
		struct writer *w;
		struct frame f;
		uint32_t ifid;
		int in, out = memory();

		every_kind_of_block(m);
		in = img_file(m->bytes, m->len);
		r = reader_at_start(in);
		CHECK_EQ(writer_open(&w, out, "kept", &o, &err), 0);
		CHECK_EQ(writer_add_interface(w, reader_interface(r, 0), &ifid, &err), 0);
		CHECK_EQ(writer_keep_blocks(w, r, &err), 0);
		while (reader_read(r, &f, &err) > 0)
			CHECK_EQ(writer_frame(w, &f, ifid, NULL, &err), 0);
		CHECK_EQ(writer_left_out(w), swapped ? 3 : 0);
		CHECK_EQ(writer_close(w, &err), 0);
		reader_close(r);
		r = reader_at_start(out);
		CHECK_EQ(reader_on_block(r, count_blocks, kinds, &err), 0);
		while (reader_read(r, &f, &err) > 0)
			packets++;
		CHECK_EQ(packets, 3);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(kinds[i], !swapped);
		reader_close(r);
		close(in);
		close(out);
	}
}

/* ---- secrets ------------------------------------------------------------------------------------ */

struct secrets_seen {
	unsigned read, packets; /* so far, and before the last block of secrets */
	unsigned blocks;
	uint32_t type, len;
	uint8_t bytes[64];
};

static int see_secrets(void *user, const struct block *b, struct errmsg *err)
{
	struct secrets_seen *s = user;

	(void)err;
	if (b->type != BLOCK_DSB)
		return 0;
	s->blocks++;
	s->packets = s->read;
	s->type = load_u32(b->bytes + 8, b->foreign_order);
	s->len = load_u32(b->bytes + 12, b->foreign_order);
	if (CHECK(s->len <= sizeof(s->bytes) && b->len == 20 + ((s->len + 3) & ~3u)))
		memcpy(s->bytes, b->bytes + 16, s->len);
	return 0;
}

static struct secrets_seen secrets_in(int fd)
{
	struct reader *r = reader_at_start(fd);
	struct errmsg err = { "" };
	struct secrets_seen s = { 0 };
	struct frame f;

	CHECK_EQ(reader_on_block(r, see_secrets, &s, &err), 0);
	while (reader_read(r, &f, &err) > 0)
		s.read++;
	reader_close(r);
	return s;
}

TEST(secrets_stand_before_their_packets_in_every_file)
{
	static const char *const comments[] = { "two", "three", NULL };
	struct writer_options o = { .format = FORMAT_PCAPNG, .comment = "one", .comments = comments };
	struct interface a = interface_of(1, "a", 6);
	struct frame f = frame_of("abcd", 4, 1);
	struct errmsg err = { "" };
	struct secrets_seen s;
	struct writer *w;
	uint32_t id;
	int fds[2] = { memory(), memory() };

	CHECK_EQ(writer_open(&w, fds[0], "one", &o, &err), 0);
	CHECK_EQ(writer_add_interface(w, &a, &id, &err), 0);
	CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
	CHECK_EQ(writer_secrets(w, SECRETS_TLS, "CLIENT_RANDOM 01 02\n", 20, &err), 0);
	CHECK_EQ(writer_secrets(w, SECRETS_SSH, "abc", 3, &err), 0);
	CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
	CHECK_EQ(writer_reopen(w, fds[1], "two", &err), 0);
	CHECK_EQ(writer_frame(w, &f, id, NULL, &err), 0);
	CHECK_EQ(writer_secrets(w, SECRETS_TLS, "", SECRETS_MAX + 1, &err), NW_ELIMIT);
	CHECK_EQ(writer_close(w, &err), 0);
	for (int i = 0; i < 2; i++) {
		s = secrets_in(fds[i]);
		CHECK_EQ(s.blocks, 2);
		CHECK_EQ(s.packets, i ? 0 : 1);
		CHECK_EQ(s.type, SECRETS_SSH);
		CHECK_MEM(s.bytes, "abc", 3);
		CHECK(contents(fds[i]) > 0 && memmem(back, 200, "one", 3) && memmem(back, 200, "two", 3) && memmem(back, 200, "three", 5));
		close(fds[i]);
	}
}

TEST(secrets_that_are_kept_have_a_ceiling)
{
	static char large[SECRETS_KEPT / 2];
	struct writer_options o = { .format = FORMAT_PCAPNG };
	struct errmsg err = { "" };
	struct writer *w;
	int fd = memory(), second = memory();
	size_t n;

	memset(large, 'x', sizeof(large));
	CHECK_EQ(writer_open(&w, fd, "one", &o, &err), 0);
	for (int i = 0; i < 5; i++) {
		large[0] = (char)('0' + i);
		CHECK_EQ(writer_secrets(w, SECRETS_TLS, large, sizeof(large), &err), 0);
	}
	CHECK_EQ(writer_reopen(w, second, "two", &err), 0);
	CHECK_EQ(writer_close(w, &err), 0);
	n = contents(second);
	CHECK(n > sizeof(large) && n < SECRETS_KEPT);
	CHECK(memmem(back, n, "4xxx", 4) && !memmem(back, n, "3xxx", 4));
	close(fd);
	close(second);
}

TEST(pcap_refuses_secrets)
{
	struct writer_options o = { .format = FORMAT_PCAP, .linktype = 1 };
	struct errmsg err = { "" };
	struct writer *w;
	int fd = memory();

	CHECK_EQ(writer_open(&w, fd, "one", &o, &err), 0);
	CHECK_EQ(writer_secrets(w, SECRETS_TLS, "a", 1, &err), NW_EINPUT);
	CHECK(strstr(err.text, "pcapng"));
	CHECK_EQ(writer_close(w, &err), 0);
	close(fd);
}

TEST(secrets_go_into_a_copy_behind_its_section_header)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		for (int late = 0; late < 2; late++) {
			struct image *m = fresh(swapped);
			struct writer_options o = { .format = FORMAT_PCAPNG };
			struct errmsg err = { "" };
			struct secrets_seen s;
			struct reader *r;
			struct writer *w;
			struct frame f;
			int in, out = memory(), n = 0;

			img_section(m);
			img_interface(m, 1, "a", 6, 0);
			for (unsigned i = 0; i < 3; i++)
				img_epb(m, i, 0, i, 60, 60);
			in = img_file(m->bytes, m->len);
			r = reader_at_start(in);
			CHECK_EQ(writer_open(&w, out, "copy", &o, &err), 0);
			CHECK_EQ(writer_follow(w, r, &err), 0);
			if (!late)
				CHECK_EQ(writer_secrets(w, SECRETS_WIREGUARD, "key", 3, &err), 0);
			while (reader_fill(r, &err) > 0) {
				while (reader_next(r, &f, &err) > 0) {
					CHECK_EQ(writer_pass(w, &f, &err), 0);
					if (late && ++n == 2)
						CHECK_EQ(writer_secrets(w, SECRETS_WIREGUARD, "key", 3, &err), 0);
				}
				CHECK_EQ(writer_sync(w, &err), 0);
			}
			CHECK_EQ(writer_close(w, &err), 0);
			reader_close(r);
			s = secrets_in(out);
			CHECK_EQ(s.blocks, 1);
			CHECK_EQ(s.packets, late ? 2 : 0);
			CHECK_EQ(s.type, SECRETS_WIREGUARD);
			CHECK_MEM(s.bytes, "key", 3);
			close(in);
			close(out);
		}
	}
}
