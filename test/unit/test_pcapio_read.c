/* SPDX-License-Identifier: MIT */
/* The reader: every variant of pcap and pcapng, at every split of a stream, and damaged in every way we know. */
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

/* What came out of a reader. */
struct result {
	int rc;              /* of the last call: 0 or the error */
	unsigned count;
	struct frame frames[16];
	uint8_t first[16];   /* first byte of each packet */
	char text[480];
};

static struct result drain(struct reader *r)
{
	struct result out = { 0 };
	struct errmsg err = { "" };
	struct frame f;

	while ((out.rc = reader_read(r, &f, &err)) > 0) {
		if (out.count < 16) {
			out.frames[out.count] = f;
			out.first[out.count] = f.caplen ? f.data[0] : 0;
			for (uint32_t i = 0; i < f.caplen; i++)
				if (f.data[i] != f.data[0])
					out.first[out.count] = 0xee;
		}
		out.count++;
	}
	snprintf(out.text, sizeof(out.text), "%s", out.rc ? err.text : "");
	return out;
}

static struct result read_all(const uint8_t *bytes, size_t len)
{
	struct result out = { 0 };
	struct errmsg err = { "" };
	struct reader *r;
	int fd = img_file(bytes, len);

	out.rc = reader_open_fd(&r, fd, "file", NULL, &err);
	if (out.rc == 0) {
		out = drain(r);
		reader_close(r);
	} else {
		snprintf(out.text, sizeof(out.text), "%s", err.text);
	}
	close(fd);
	return out;
}

static struct result read_image(const struct image *m)
{
	return read_all(m->bytes, m->len);
}

/* ---- pcap --------------------------------------------------------------------------------- */

static void three_packets(struct image *m)
{
	img_pcap_packet(m, 1, 1700000000, 123456, 60, 60);
	img_pcap_packet(m, 2, 1700000001, 999999, 1, 1500);
	img_pcap_packet(m, 3, 4294967295u, 0, 0, 42);
}

TEST(pcap_byte_orders_and_resolutions)
{
	for (int big = 0; big < 2; big++) {
		for (int nano = 0; nano < 2; nano++) {
			struct image *m = fresh(big);
			struct result r;

			img_pcap_header(m, nano ? 0xa1b23c4d : 0xa1b2c3d4, 1);
			three_packets(m);
			r = read_image(m);
			CHECK_EQ(r.rc, 0);
			CHECK_EQ(r.count, 3);
			CHECK_EQ(r.frames[0].ts_ns, 1700000000000000000 + (nano ? 123456 : 123456000));
			CHECK_EQ(r.frames[0].number, 1);
			CHECK_EQ(r.frames[1].caplen, 1);
			CHECK_EQ(r.frames[1].wirelen, 1500);
			CHECK_EQ(r.frames[1].linktype, 1);
			CHECK_EQ(r.frames[2].ts_ns, 4294967295000000000);
			CHECK_EQ(r.frames[2].number, 3);
			CHECK_EQ(r.first[0], 1);
			CHECK_EQ(r.first[1], 2);
			CHECK_EQ(r.frames[0].record_len, 76);
			CHECK_EQ(r.frames[0].record_kind,
				 big ? RECORD_OTHER : nano ? RECORD_PCAP_NS : RECORD_PCAP_US);
			CHECK(r.frames[0].has_ts);
		}
	}
}

TEST(pcap_with_modified_record_headers)
{
	for (int longer = 0; longer < 2; longer++) {
		struct image *m = fresh(longer);
		struct result r;

		img_pcap_header(m, 0xa1b2cd34, 1);
		for (unsigned i = 1; i <= 3; i++) {
			img_uint(m, 1700000000 + i, 4);
			img_uint(m, 5, 4);
			img_uint(m, 64, 4);
			img_uint(m, 100, 4);
			img_uint(m, 2, 4);          /* ifindex */
			img_uint(m, 0x0800, 2);
			img_uint(m, 0, 2);          /* packet type, pad */
			if (longer)
				img_uint(m, 0, 4);
			img_payload(m, i, 64);
		}
		r = read_image(m);
		CHECK_EQ(r.rc, 0);
		CHECK_EQ(r.count, 3);
		CHECK_EQ(r.first[2], 3);
		CHECK_EQ(r.frames[2].wirelen, 100);
		CHECK_EQ(r.frames[2].record_kind, RECORD_OTHER);
	}
}

TEST(pcap_of_redhat_6_under_the_standard_magic)
{
	struct image *m = fresh(false);
	struct result r;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	for (unsigned i = 1; i <= 4; i++) {
		img_uint(m, 1000000000 + i, 4);
		img_uint(m, 5, 4);
		img_uint(m, 64, 4);
		img_uint(m, 64, 4);
		img_uint(m, 2, 4);
		img_uint(m, 0x0800, 2);
		img_uint(m, 0, 2);
		img_payload(m, i, 64);
	}
	r = read_image(m);
	CHECK_EQ(r.count, 4);
	CHECK_EQ(r.rc, 0);
	CHECK_EQ(r.first[3], 4);
}

TEST(pcap_older_than_2_4)
{
	/* before 2.3 the two lengths stood the other way round; in 2.3 either way */
	for (int minor = 2; minor <= 3; minor++) {
		struct image *m = fresh(false);
		struct result r;

		img_pcap_header(m, 0xa1b2c3d4, 1);
		m->bytes[6] = (uint8_t)minor;
		img_uint(m, 1, 4);
		img_uint(m, 0, 4);
		img_uint(m, 1500, 4);
		img_uint(m, 20, 4);
		img_payload(m, 7, 20);
		r = read_image(m);
		CHECK_EQ(r.count, 1);
		CHECK_EQ(r.frames[0].caplen, 20);
		CHECK_EQ(r.frames[0].wirelen, 1500);
	}
}

TEST(pcap_of_aix_and_ixia)
{
	struct image *m = fresh(true);
	struct result r;

	img_pcap_header(m, 0xa1b2c3d4, 6); /* ifType of Ethernet */
	m->bytes[7] = 2;
	img_uint(m, 1, 4);
	img_uint(m, 999999999, 4);
	img_uint(m, 8, 4);
	img_uint(m, 8, 4);
	img_payload(m, 7, 8);
	r = read_image(m);
	CHECK_EQ(r.count, 1);
	CHECK_EQ(r.frames[0].linktype, 1);
	CHECK_EQ(r.frames[0].ts_ns, 1999999999);

	m = fresh(false);
	img_pcap_header(m, 0x1c0001ac, 1);
	img_uint(m, 1234, 4);
	img_pcap_packet(m, 9, 1, 5, 4, 4);
	r = read_image(m);
	CHECK_EQ(r.count, 1);
	CHECK_EQ(r.first[0], 9);
	CHECK_EQ(r.frames[0].ts_ns, 1000000005);
	CHECK_EQ(r.frames[0].record_kind, RECORD_OTHER);
}

/* ---- pcapng --------------------------------------------------------------------------------- */

static void all_blocks(struct image *m)
{
	static const uint8_t isb[12] = { 0 };

	img_section(m);
	img_interface(m, 1, "eth0", 9, 0);
	img_interface(m, 113, "any", 0, 0);
	img_epb(m, 1, 0, 1700000000123456789, 60, 60);
	img_plain_block(m, BLOCK_NRB, "\0\0\0\0", 4);
	img_epb(m, 2, 1, 1700000000123456, 7, 700);
	img_block(m, BLOCK_PB);
	img_uint(m, 1, 2);
	img_uint(m, 3, 2); /* drops */
	img_uint(m, 0, 4);
	img_uint(m, 2000000, 4);
	img_uint(m, 5, 4);
	img_uint(m, 5, 4);
	img_payload(m, 3, 5);
	img_end(m);
	img_plain_block(m, BLOCK_CUSTOM, "\1\2\3\4abc", 7);
	img_block(m, BLOCK_SPB);
	img_uint(m, 1500, 4);
	img_payload(m, 4, 96); /* the interface's snaplen */
	img_end(m);
	img_secrets(m);
	img_plain_block(m, 0x12345678, "unknown", 8);
	img_plain_block(m, BLOCK_CUSTOM_NOCOPY, "\1\2\3\4", 4);
	img_plain_block(m, BLOCK_ISB, isb, 12);
}

TEST(pcapng_every_block_in_both_orders)
{
	for (int big = 0; big < 2; big++) {
		struct image *m = fresh(big);
		struct result r;

		all_blocks(m);
		r = read_image(m);
		CHECK_STR(r.text, "");
		CHECK_EQ(r.count, 4);
		CHECK_EQ(r.frames[0].ts_ns, 1700000000123456789);
		CHECK_EQ(r.frames[0].linktype, 1);
		CHECK_EQ(r.frames[1].ts_ns, 1700000000123456000);
		CHECK_EQ(r.frames[1].linktype, 113);
		CHECK_EQ(r.frames[1].ifid, 1);
		CHECK_EQ(r.frames[1].wirelen, 700);
		CHECK_EQ(r.frames[2].ifid, 1);
		CHECK_EQ(r.frames[2].ts_ns, 2000000000);
		CHECK_EQ(r.frames[3].caplen, 96);
		CHECK_EQ(r.frames[3].wirelen, 1500);
		CHECK(!r.frames[3].has_ts);
		CHECK_EQ(r.frames[3].number, 4);
		CHECK_EQ(r.frames[3].foreign_order, big);
		for (unsigned i = 0; i < 4; i++) {
			CHECK_EQ(r.first[i], i + 1);
			CHECK_EQ(r.frames[i].record_kind, RECORD_PCAPNG);
		}
	}
}

TEST(pcapng_sections_restart_their_interfaces)
{
	struct image *m = fresh(false);
	struct result r;

	img_section(m);
	img_interface(m, 1, "a", 0, 0);
	img_interface(m, 101, "b", 0, 0);
	img_epb(m, 1, 1, 1, 4, 4);
	m->big = true;
	img_section(m);
	img_interface(m, 228, "c", 9, 0);
	img_epb(m, 2, 0, 1, 4, 4);
	m->big = false;
	img_section(m);
	img_interface(m, 229, "d", 0, 0);
	img_epb(m, 3, 0, 1, 4, 4);
	r = read_image(m);
	CHECK_EQ(r.rc, 0);
	CHECK_EQ(r.count, 3);
	CHECK_EQ(r.frames[0].ifid, 1);
	CHECK_EQ(r.frames[1].ifid, 2);
	CHECK_EQ(r.frames[1].linktype, 228);
	CHECK_EQ(r.frames[1].ts_ns, 1);
	CHECK_EQ(r.frames[2].ifid, 3);
	CHECK_EQ(r.frames[2].linktype, 229);
	CHECK_EQ(r.frames[2].ts_ns, 1000);
}

TEST(interface_descriptions)
{
	struct image *m = fresh(true);
	struct errmsg err;
	struct reader *r;
	const struct interface *i;
	int fd;

	img_section(m);
	img_block(m, 1);
	img_uint(m, 1, 2);
	img_uint(m, 0, 2);
	img_uint(m, 262144, 4);
	img_option(m, 2, "enp3s0", 6);
	img_option(m, 3, "uplink", 6);
	img_option(m, 6, "\2\0\0\0\0\1", 6);
	img_option_uint(m, 8, 10000000000, 8);
	img_option(m, 9, "\x09", 1);
	img_option(m, 11, "\0tcp port 443", 13);
	img_option(m, 12, "Linux 6.18", 10);
	img_option_uint(m, 14, (uint64_t)-3600, 8);
	img_option(m, 15, "virtio", 6);
	img_uint(m, 0, 4);
	img_end(m);
	img_block(m, BLOCK_ISB);
	img_uint(m, 0, 4);
	img_uint(m, 0, 8);
	img_option_uint(m, 4, 1000, 8);
	img_option_uint(m, 5, 7, 8);
	img_option_uint(m, 7, 12, 8);
	img_uint(m, 0, 4);
	img_end(m);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	/* with a file, all that stands in front of the first packet is known at once */
	CHECK_EQ(reader_interfaces(r), 1);
	i = reader_interface(r, 0);
	CHECK_STR(i->name, "enp3s0");
	CHECK_STR(i->description, "uplink");
	CHECK_STR(i->filter, "tcp port 443");
	CHECK_STR(i->os, "Linux 6.18");
	CHECK_STR(i->hardware, "virtio");
	CHECK_EQ(i->snaplen, 262144);
	CHECK_EQ(i->tsresol, 9);
	CHECK_EQ(i->tsoffset_s, -3600);
	CHECK_EQ(i->speed_bps, 10000000000);
	CHECK(i->has_mac && i->mac[0] == 2 && i->mac[5] == 1);
	CHECK_EQ(i->received, 1000);
	CHECK_EQ(i->ifdropped, 7);
	CHECK_EQ(i->dropped, 12);
	CHECK(i->delivered == UINT64_MAX);
	CHECK(reader_interface(r, 1) == NULL);
	reader_close(r);
	close(fd);
}

TEST(time_resolutions)
{
	static const struct {
		uint8_t tsresol;
		int64_t offset;
		uint64_t ticks;
		int64_t ns;
	} cases[] = {
		{ 6, 0, 1700000000123456, 1700000000123456000 },
		{ 9, 0, 1700000000123456789, 1700000000123456789 },
		{ 0, 0, 1700000000, 1700000000000000000 },
		{ 3, 0, 1700000000123, 1700000000123000000 },
		{ 12, 0, 1700000000123456789, 1700000000123456 },
		{ 12, 0, 1999, 1 },
		{ 19, 0, 12345678901234567890u, 1234567890 },
		{ 20, 0, 12345678901234567890u, 123456789 },
		{ 28, 0, 12345678901234567890u, 1 },
		{ 29, 0, 12345678901234567890u, 0 },
		{ 127, 0, UINT64_MAX, 0 },
		{ 0x80, 0, 1700000000, 1700000000000000000 },
		{ 0x80 | 1, 0, 3, 1500000000 },
		{ 0x80 | 20, 0, (1700000000ull << 20) + 1, 1700000000000000953 }, /* 953.67 rounded down */
		{ 0x80 | 32, 0, (1700000000ull << 32) + 0xffffffff, 1700000000999999999 },
		{ 0x80 | 63, 0, UINT64_MAX, 1999999999 },
		{ 0x80 | 64, 0, UINT64_MAX, 999999999 },
		{ 0x80 | 64, 0, 1ull << 63, 500000000 },
		{ 0x80 | 80, 0, UINT64_MAX, 15258 },
		{ 0x80 | 100, 0, UINT64_MAX, 0 },
		{ 0xff, 0, UINT64_MAX, 0 },
		{ 6, 3600, 1000000, 3601000000000 },
		{ 9, -2, 1000000000, -1000000000 },
		{ 6, 0, UINT64_MAX, INT64_MAX },
		{ 9, 0, (uint64_t)INT64_MAX + 1, INT64_MAX },
		{ 0, 0, UINT64_MAX, INT64_MAX },
		{ 6, INT64_MAX, 1, INT64_MAX },
		{ 6, INT64_MIN, 1, INT64_MIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct time_scale t;
		char name[80];

		time_scale_init(&t, cases[i].tsresol, cases[i].offset);
		snprintf(name, sizeof(name), "resolution %#x, offset %" PRId64, cases[i].tsresol, cases[i].offset);
		check_eq(time_scale_ns(&t, cases[i].ticks), cases[i].ns, name, __FILE__, __LINE__);
	}
}

struct seen {
	unsigned count;
	uint32_t types[32];
	uint32_t options_len;
	int stop_at;
};

static int see_block(void *user, const struct block *b, struct errmsg *err)
{
	struct seen *s = user;

	if ((int)s->count == s->stop_at)
		return errmsg_set(err, NW_EFAIL, "enough");
	s->types[s->count++ % 32] = b->type;
	if (b->type == BLOCK_SHB)
		s->options_len = b->options_len;
	return 0;
}

TEST(other_blocks_are_shown_in_order_and_once)
{
	static const uint32_t want[] = { BLOCK_SHB, BLOCK_IDB, BLOCK_IDB, BLOCK_NRB, BLOCK_CUSTOM, BLOCK_DSB, 0x12345678,
					 BLOCK_CUSTOM_NOCOPY, BLOCK_ISB };

	for (int big = 0; big < 2; big++) {
		struct image *m = fresh(big);
		struct seen s = { .stop_at = -1 };
		struct errmsg err;
		struct reader *r;
		int fd;

		all_blocks(m);
		fd = img_file(m->bytes, m->len);
		if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
			return;
		CHECK_EQ(reader_on_block(r, see_block, &s, &err), 0);
		CHECK_EQ(drain(r).count, 4);
		CHECK_EQ(s.count, sizeof(want) / sizeof(want[0]));
		CHECK_MEM(s.types, want, sizeof(want));
		CHECK_EQ(s.options_len, 12);
		reader_close(r);
		close(fd);
	}
}

TEST(a_failing_block_callback_ends_the_call)
{
	struct image *m = fresh(false);
	struct seen s = { .stop_at = 4 };
	struct errmsg err;
	struct reader *r;
	int fd;

	all_blocks(m);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	CHECK_EQ(reader_on_block(r, see_block, &s, &err), 0);
	CHECK_EQ(drain(r).rc, NW_EFAIL);
	reader_close(r);
	close(fd);
}

/* ---- streams ------------------------------------------------------------------------------------ */

static void every_split(const struct image *m, unsigned want)
{
	for (size_t a = 1; a < m->len; a++) {
		struct errmsg err = { "" };
		struct result got = { 0 };
		struct reader *r;
		/* the second cut a little later, then the rest in one piece */
		int fd = img_stream(SOCK_SEQPACKET, m->bytes, m->len, a, a + 1 + a % 37, m->len);

		got.rc = reader_open_fd(&r, fd, "stream", NULL, &err);
		if (got.rc == 0) {
			got = drain(r);
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
	three_packets(m);
	every_split(m, 3);
}

TEST(pcap_of_the_other_order_split_anywhere)
{
	struct image *m = fresh(true);

	img_pcap_header(m, 0xa1b23c4d, 1);
	three_packets(m);
	every_split(m, 3);
}

TEST(pcapng_split_anywhere)
{
	struct image *m = fresh(true);

	all_blocks(m);
	every_split(m, 4);
}

TEST(byte_by_byte)
{
	struct image *m = fresh(false);
	struct errmsg err;
	struct reader *r;
	int fd;

	all_blocks(m);
	fd = img_stream(SOCK_SEQPACKET, m->bytes, m->len, 0, 0, 1);
	if (CHECK_EQ(reader_open_fd(&r, fd, "stream", NULL, &err), 0)) {
		CHECK_EQ(drain(r).count, 4);
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
	struct result r;
	size_t n;

	all_blocks(m);
	/* cut where no block ends; zeros behind as tar leaves them */
	n = pack(m->bytes, 101, packed, sizeof(packed));
	n += pack(m->bytes + 101, 1, packed + n, sizeof(packed) - n);
	n += pack(m->bytes + 102, m->len - 102, packed + n, sizeof(packed) - n);
	memset(packed + n, 0, 512);
	r = read_all(packed, n + 512);
	CHECK_STR(r.text, "");
	CHECK_EQ(r.count, 4);
	CHECK_EQ(r.frames[0].ts_ns, 1700000000123456789);
}

TEST(gzip_cut_or_damaged_gives_what_was_good)
{
	static uint8_t packed[1 << 16];
	struct image *m = fresh(false);
	struct result r;
	size_t n;

	img_pcap_header(m, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 200; i++) {
		img_pcap_packet(m, i, i * 7919, i, 100, 100);
		for (unsigned k = 0; k < 100; k++) /* so that it does not shrink to nothing */
			m->bytes[m->len - 1 - k] = (uint8_t)(i * 31 + k * k * 17);
	}
	n = pack(m->bytes, m->len, packed, sizeof(packed));
	r = read_all(packed, n / 2);
	CHECK_EQ(r.rc, NW_EINPUT);
	CHECK(strstr(r.text, "cut off") != NULL);
	CHECK(r.count > 20 && r.count < 180);
	packed[n - 5] ^= 1; /* check sum */
	r = read_all(packed, n);
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
		struct result r = read_all(m->bytes, len);
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

	all_blocks(m);
	for (size_t len = 1; len < m->len; len++) {
		struct result r = read_all(m->bytes, len);

		CHECK(r.rc == 0 || r.rc == NW_EINPUT);
		CHECK(r.count == last || r.count == last + 1);
		CHECK((r.rc != 0) == (r.text[0] != 0));
		last = r.count;
	}
	CHECK_EQ(last, 4);
}

/* One word of the second packet's record is overwritten. */
static struct result with_lie(bool pcapng, size_t offset, uint32_t lie)
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
		struct result r = with_lie(cases[i].pcapng, cases[i].offset, cases[i].lie);

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
	CHECK_EQ(drain(r).count, 1);
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
		struct result r = read_all((const uint8_t *)cases[i].bytes, cases[i].len);

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
	struct result got;
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
		got = drain(r);
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
