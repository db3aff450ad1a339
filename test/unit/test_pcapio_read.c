/* SPDX-License-Identifier: MIT */
/* The reader: every variant of pcap and pcapng, and what it says of interfaces and blocks. */
#include "pcapio_image.h"
#include "check.h"

#include "pcapio/source.h"

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

/* ---- pcap --------------------------------------------------------------------------------- */

TEST(pcap_byte_orders_and_resolutions)
{
	for (int big = 0; big < 2; big++) {
		for (int nano = 0; nano < 2; nano++) {
			struct image *m = fresh(big);
			struct img_result r;

			img_pcap_header(m, nano ? 0xa1b23c4d : 0xa1b2c3d4, 1);
			img_three_packets(m);
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
		struct img_result r;

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
	struct img_result r;

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
		struct img_result r;

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
	struct img_result r;

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

TEST(pcapng_every_block_in_both_orders)
{
	for (int big = 0; big < 2; big++) {
		struct image *m = fresh(big);
		struct img_result r;

		img_all_blocks(m);
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
	struct img_result r;

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

		img_all_blocks(m);
		fd = img_file(m->bytes, m->len);
		if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
			return;
		CHECK_EQ(reader_on_block(r, see_block, &s, &err), 0);
		CHECK_EQ(img_drain(r).count, 4);
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

	img_all_blocks(m);
	fd = img_file(m->bytes, m->len);
	if (!CHECK_EQ(reader_open_fd(&r, fd, "x", NULL, &err), 0))
		return;
	CHECK_EQ(reader_on_block(r, see_block, &s, &err), 0);
	CHECK_EQ(img_drain(r).rc, NW_EFAIL);
	reader_close(r);
	close(fd);
}

