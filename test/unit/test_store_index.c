/* SPDX-License-Identifier: MIT */
/* lib/store/index*.c: what an index says of a chunk, against every packet that is in it; its size; what damage does to it. */
#include "check.h"
#include "store_dir.h"

#define T0 1700000000000000000ll

static uint32_t seed;

static uint32_t random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* ---- traffic ------------------------------------------------------------------------------------------ */

struct traffic {
	uint32_t flows;        /* so many, one after the other in runs; 0: every packet is another one */
	uint32_t len;
	uint32_t packets;
	uint64_t segment_bytes;
};

static void flow_of(const struct traffic *t, uint32_t packet, uint32_t *src, uint32_t *dst, uint16_t *sport, uint16_t *dport)
{
	uint32_t flow = t->flows ? (packet / 700 * 50 + packet % 97) % t->flows : packet, h = flow * 2654435761u;

	*src = t->flows ? 0x0a000000 + flow % 4096 : h;
	*dst = t->flows ? 0xc0000200 + flow / 7 % 200 : h * 31 + 7;
	*sport = (uint16_t)(1024 + h % 60000);
	*dport = flow % 3 ? 443 : 53;
}

static void write_traffic(int dir, const struct traffic *t)
{
	struct record_options o = { .dirfd = dir, .segment_bytes = t->segment_bytes };
	struct record *r;
	static uint8_t packet[65536];
	struct frame f = { .data = packet, .caplen = t->len, .wirelen = t->len, .linktype = LINKTYPE_ETHERNET, .has_ts = true };
	uint32_t id;

	r = store_open(&o, NULL, &id);
	for (uint32_t i = 0; i < t->packets; i++) {
		uint32_t src, dst;
		uint16_t sport, dport;

		flow_of(t, i, &src, &dst, &sport, &dport);
		packet_make(packet, i, src, dst, sport, dport);
		f.ts_ns = T0 + (int64_t)i * 1000;
		record_frame(r, &f, id);
		if (i % 1000 == 0)
			record_tick(r);
	}
	record_close(r, NULL);
}

static uint32_t flow_key(const struct traffic *t, uint32_t packet)
{
	uint8_t a[4], b[4];
	uint32_t src, dst;
	uint16_t sport, dport;

	flow_of(t, packet, &src, &dst, &sport, &dport);
	for (unsigned i = 0; i < 4; i++) {
		a[i] = (uint8_t)(src >> (24 - 8 * i));
		b[i] = (uint8_t)(dst >> (24 - 8 * i));
	}
	return key_flow(b, dport, a, sport, 4, 17);
}

/* ---- against every packet -------------------------------------------------------------------------------- */

enum { CHUNKS_MAX = 4096, ASKED = 40 };

/* The packet numbers of each chunk of a segment, by reading it: chunk n has [from[n], from[n + 1]). */
static uint32_t chunks_of(int dir, uint64_t segment, const struct index *x, uint32_t *from)
{
	int fd = segment_open(dir, segment);
	struct reader *r;
	struct frame f;
	uint64_t at = index_info(x)->head_bytes;
	uint32_t n = 0, chunks = index_info(x)->chunks;
	uint64_t last = 0;

	if (reader_open_fd(&r, fd, "segment", NULL, NULL) < 0)
		abort();
	while (reader_read(r, &f, NULL) > 0) {
		uint64_t number;

		memcpy(&number, f.data + PACKET_NUMBER, sizeof(number));
		if (n < chunks && at == index_chunk(x, n)->offset)
			from[n++] = (uint32_t)number;
		at += f.record_len;
		last = number;
	}
	from[n] = (uint32_t)last + 1;
	reader_close(r);
	close(fd);
	return n;
}

struct answers {
	uint64_t yes, wrong, chunks; /* chunks that have what was asked for, those wrongly named, all */
};

static void ask(const struct index *x, const struct traffic *t, const uint32_t *from, uint32_t n, struct answers *sum)
{
	uint64_t may[CHUNKS_MAX / 64];

	for (unsigned i = 0; i < ASKED; i++) {
		uint32_t packet = from[0] + random32() % (from[n] - from[0]), key = flow_key(t, packet);

		index_lookup(x, KEY_FLOW, key, may);
		for (uint32_t c = 0; c < n; c++) {
			bool there = false, says = may[c / 64] >> c % 64 & 1;

			for (uint32_t p = from[c]; p < from[c + 1] && !there; p++)
				there = flow_key(t, p) == key;
			if (there && !CHECK(says))
				return;
			sum->yes += there;
			sum->wrong += says && !there;
			sum->chunks++;
		}
	}
}

static struct answers look_through(int dir, const struct traffic *t)
{
	struct answers sum = { 0 };
	static uint32_t from[CHUNKS_MAX + 1];

	for (uint64_t s = segment_next(dir, 0); s; s = segment_next(dir, s)) {
		char name[SEGMENT_NAME_SIZE], index[SEGMENT_NAME_SIZE];
		uint64_t packets = 0, end;
		struct index *x;
		uint32_t n;

		segment_name(name, s);
		segment_index_name(index, s);
		CHECK(file_bytes(dir, index) * 100 <= file_bytes(dir, name));
		if (!CHECK_EQ(index_open(&x, dir, s, NULL), 0))
			break;
		end = index_info(x)->head_bytes;
		for (uint32_t c = 0; c < index_info(x)->chunks; c++) {
			const struct index_chunk *chunk = index_chunk(x, c);

			CHECK_EQ(chunk->offset, end);
			CHECK(chunk->bytes >= 512 * 1024 || c == index_info(x)->chunks - 1);
			CHECK(chunk->first_ns <= chunk->last_ns && chunk->first_ns % 1000 == 0);
			end += chunk->bytes;
			packets += chunk->packets;
		}
		CHECK_EQ(end, file_bytes(dir, name));
		CHECK_EQ(packets, index_info(x)->packets);
		n = chunks_of(dir, s, x, from);
		if (!CHECK_EQ(n, index_info(x)->chunks))
			break;
		ask(x, t, from, n, &sum);
		index_close(x);
	}
	return sum;
}

TEST(flows_of_usual_traffic)
{
	const struct traffic t = { .flows = 20000, .len = 600, .packets = 150000, .segment_bytes = 24 << 20 };
	int dir = dir_open();
	struct answers a;

	seed = 1;
	write_traffic(dir, &t);
	a = look_through(dir, &t);
	CHECK(a.yes > 0);
	CHECK(a.wrong * 1000 <= a.chunks); /* less than one of a thousand */
	dir_close(dir);
}

/* Every packet of another flow, host and port: a chunk of 5000 has 20000 keys, and still it is no larger. */
TEST(a_flood_of_random_flows)
{
	const struct traffic t = { .flows = 0, .len = 64, .packets = 200000, .segment_bytes = 8 << 20 };
	int dir = dir_open();
	struct answers a;

	seed = 2;
	write_traffic(dir, &t);
	a = look_through(dir, &t);
	CHECK(a.wrong * 10 < a.chunks * 9); /* and it still says no to some */
	dir_close(dir);
}

TEST(small_segments)
{
	const struct traffic t = { .flows = 100, .len = 300, .packets = 4000, .segment_bytes = 64 * 1024 };
	int dir = dir_open();
	struct answers a;

	seed = 3;
	write_traffic(dir, &t);
	a = look_through(dir, &t);
	CHECK(a.yes > 0);
	dir_close(dir);
}

/* More than 128 chunks: several groups in one file. */
TEST(large_segments)
{
	const struct traffic t = { .flows = 50000, .len = 9000, .packets = 9500, .segment_bytes = 1 << 30 };
	int dir = dir_open();
	struct answers a;
	struct index *x;

	seed = 4;
	write_traffic(dir, &t);
	if (CHECK_EQ(index_open(&x, dir, 1, NULL), 0))
		CHECK(index_info(x)->chunks > 128);
	index_close(x);
	a = look_through(dir, &t);
	CHECK(a.yes >= ASKED);
	CHECK(a.wrong * 1000 <= a.chunks);
	dir_close(dir);
}

/* Made when the record is opened, or while it was written: the same answers. */
TEST(made_from_the_segment)
{
	const struct traffic t = { .flows = 20000, .len = 600, .packets = 60000, .segment_bytes = 16 << 20 };
	int dir = dir_open();
	struct record_options o = { .dirfd = dir, .segment_bytes = t.segment_bytes };
	struct record_recovery recovery;
	struct answers a;
	struct record *r;

	seed = 5;
	write_traffic(dir, &t);
	for (uint64_t s = segment_next(dir, 0); s; s = segment_next(dir, s)) {
		char name[SEGMENT_NAME_SIZE];

		segment_index_name(name, s);
		unlinkat(dir, name, 0);
	}
	CHECK_EQ(record_open(&r, &o, &recovery, NULL), 0);
	CHECK_EQ(recovery.indexed, 3);
	CHECK_EQ(recovery.packets, 60000);
	record_close(r, NULL);
	a = look_through(dir, &t);
	CHECK(a.yes > 0);
	CHECK(a.wrong * 1000 <= a.chunks);
	dir_close(dir);
}

TEST(ranges_of_time)
{
	const struct traffic t = { .flows = 100, .len = 1000, .packets = 5000, .segment_bytes = 16 << 20 };
	int dir = dir_open();
	uint64_t may[1], all;
	struct index *x;

	write_traffic(dir, &t);
	if (!CHECK_EQ(index_open(&x, dir, 1, NULL), 0))
		return;
	all = (UINT64_C(1) << index_info(x)->chunks) - 1;
	CHECK(index_info(x)->chunks > 5);
	index_lookup_time(x, INT64_MIN, INT64_MAX, may);
	CHECK_EQ(may[0], all);
	index_lookup_time(x, T0, T0, may);
	CHECK_EQ(may[0], 1);
	index_lookup_time(x, T0 - 1000, T0 - 1, may);
	CHECK_EQ(may[0], 0);
	index_lookup_time(x, T0 + 4999 * 1000, INT64_MAX, may);
	CHECK_EQ(may[0], UINT64_C(1) << (index_info(x)->chunks - 1));
	index_lookup_time(x, T0 + 5000 * 1000, INT64_MAX, may);
	CHECK_EQ(may[0], 0);
	index_close(x);
	dir_close(dir);
}

/* A chunk with a packet that is not understood is asked for everything, unless the one who asks wants only what is known. */
TEST(what_is_unknown_may_be_anything)
{
	static const struct interface wlan = { .linktype = LINKTYPE_IEEE802_11, .tsresol = 9, .name = "wlan0" };
	static const uint8_t nobody[4] = { 9, 9, 9, 9 };
	int dir = dir_open();
	struct record_options o = { .dirfd = dir };
	struct record *r;
	struct index *x;
	uint64_t may[1];
	uint32_t id, odd;

	r = store_open(&o, NULL, &id);
	CHECK_EQ(record_interface(r, &wlan, &odd, NULL), 0);
	for (unsigned i = 0; i < 3000; i++)
		store_packet(r, i == 1200 ? odd : id, i, 1000, T0);
	record_close(r, NULL);
	if (!CHECK_EQ(index_open(&x, dir, 1, NULL), 0))
		return;
	CHECK(index_info(x)->chunks >= 4);
	index_lookup(x, KEY_HOST, key_host(nobody, 4), may);
	CHECK_EQ(may[0], 4);
	index_lookup_known(x, KEY_HOST, key_host(nobody, 4), may);
	CHECK_EQ(may[0], 0);
	CHECK_EQ(index_chunk(x, 2)->unknown, 7);
	index_close(x);
	dir_close(dir);
}

/* Any bit of the file wrong: it is refused, or every packet is still found. */
TEST(damage_never_misleads)
{
	const struct traffic t = { .flows = 300, .len = 1000, .packets = 1000, .segment_bytes = 16 << 20 };
	static uint8_t bytes[65536];
	int dir = dir_open(), fd;
	unsigned refused = 0, open = 0;
	size_t len;

	write_traffic(dir, &t);
	fd = openat(dir, "000001.idx", O_RDONLY);
	len = (size_t)read(fd, bytes, sizeof(bytes));
	close(fd);
	for (size_t i = 0; i < len; i += i < 600 ? 1 : 37) {
		uint64_t may[1];
		struct index *x;

		bytes[i] ^= (uint8_t)(1 << i % 8);
		file_write(dir, "000001.idx", bytes, len);
		if (index_open(&x, dir, 1, NULL) < 0) {
			refused++;
		} else {
			open++;
			for (unsigned p = 0; p < 1000; p += 29) {
				index_lookup(x, KEY_FLOW, flow_key(&t, p), may);
				if (!CHECK(may[0] >> (p * 1032 / (512 * 1024)) & 3)) /* the chunk of it, or the one behind */
					break;
			}
			index_close(x);
		}
		bytes[i] ^= (uint8_t)(1 << i % 8);
	}
	CHECK(refused > 200 && open > 100);
	for (size_t n = 0; n < len; n += 61) {
		struct index *x;

		file_write(dir, "000001.idx", bytes, n);
		if (n < 300 && !CHECK_EQ(index_open(&x, dir, 1, NULL), NW_EINPUT))
			index_close(x);
	}
	file_write(dir, "000001.idx", bytes, len);
	fd = openat(dir, "000001.pcapng", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "x", 1), 1); /* the segment is another one now */
	close(fd);
	{
		struct errmsg err = { "" };
		struct index *x;

		CHECK_EQ(index_open(&x, dir, 1, &err), NW_EINPUT);
		CHECK_STR(err.text, "000001.idx: the index does not fit its segment");
		CHECK_EQ(index_open(&x, dir, 2, &err), NW_EINPUT);
		CHECK_STR(err.text, "000002.pcapng: there is no such segment");
	}
	dir_close(dir);
}
