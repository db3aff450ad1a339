/* SPDX-License-Identifier: MIT */
/* lib/decode/fragment.c: datagrams of IPv4 and IPv6 out of fragments in any order, overlaps, bounds; against a slow model. */
#include "check.h"
#include "decode_hex.h"
#include "decode/fragment.h"

enum { UDP = 17, SECOND = 1000000000 };

static uint8_t whole[66000]; /* the datagram that is cut up */
static uint64_t number;
static int64_t now_ns;

static void start(void)
{
	static bool started;

	if (started)
		decoder_release(&decoder);
	started = true;
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	number = 0;
	now_ns = 1700000000ll * SECOND;
}

/* A UDP datagram of `len` bytes between ports nobody claims. */
static void make_udp(unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		whole[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(whole, (uint8_t[]){ 0x9c, 0x40, 0x9c, 0x41, (uint8_t)(len >> 8), (uint8_t)len, 0, 0 }, 8);
}

static void decode_frame(uint8_t *data, uint32_t caplen, uint32_t wirelen)
{
	static uint8_t *exact;

	free(exact);
	exact = malloc(caplen); /* a sanitizer sees one byte too many */
	memcpy(exact, data, caplen);
	frame = (struct frame){ .number = ++number, .ts_ns = now_ns, .has_ts = true, .data = exact, .caplen = caplen,
				.wirelen = wirelen, .linktype = LINKTYPE_RAW };
	packet_decode(&packet, &decoder, &frame);
}

static unsigned host = 2, missing; /* of the next fragments: last byte of the destination; bytes that the snaplen cut */

static void put_be16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void ip4_bytes(unsigned id, unsigned offset, const uint8_t *data, unsigned len, bool more)
{
	static uint8_t ip[65536 + 20];

	memcpy(ip, (uint8_t[]){ 0x45, 0, 0, 0, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 0 }, 20);
	put_be16(ip + 2, 20 + len);
	put_be16(ip + 4, id);
	put_be16(ip + 6, offset / 8 | (more ? 0x2000u : 0));
	put_be16(ip + 18, host);
	memcpy(ip + 20, data, len);
	decode_frame(ip, 20 + len - missing, 20 + len);
}

static void ip4(unsigned id, unsigned offset, unsigned len, bool more)
{
	ip4_bytes(id, offset, whole + offset, len, more);
}

/* `next`: what the fragment header names. */
static void ip6_next(unsigned next, unsigned id, unsigned offset, const uint8_t *data, unsigned len, bool more)
{
	static uint8_t ip[65536 + 48];

	memset(ip, 0, 48);
	ip[0] = 0x60;
	put_be16(ip + 4, 8 + len);
	ip[6] = 44;
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[23] = 1;
	ip[39] = 2;
	ip[40] = (uint8_t)next;
	put_be16(ip + 42, offset | more);
	put_be16(ip + 46, id);
	memcpy(ip + 48, data, len);
	decode_frame(ip, 48 + len, 48 + len);
}

static void ip6(unsigned id, unsigned offset, unsigned len, bool more)
{
	ip6_next(UDP, id, offset, whole + offset, len, more);
}

/* stack() without the link layer, which is none */
static const char *layers(void)
{
	return stack() + strlen("raw:");
}

static struct fragment_counts counts(void)
{
	return decoder_fragments(&decoder);
}

static bool payload_is_whole(unsigned len)
{
	const struct layer *l = packet_layer(&packet, PROTO_udp);
	const uint8_t *at;

	return l && l->source && packet_bytes(&packet, l, &at) == len && !memcmp(at, whole, len);
}

/* ---- what belongs together ------------------------------------------------------------------ */

TEST(three_fragments_in_every_order)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const struct {
		uint16_t offset, len;
	} part[3] = { { 0, 1480 }, { 1480, 1480 }, { 2960, 39 } };

	start();
	make_udp(2999);
	for (unsigned i = 0; i < 6; i++)
		for (unsigned v6 = 0; v6 < 2; v6++)
			for (unsigned k = 0; k < 3; k++) {
				unsigned n = orders[i][k];

				(v6 ? ip6 : ip4)(i, part[n].offset, part[n].len, n < 2);
				if (k < 2) {
					CHECK_STR(layers(), v6 ? "ipv6" : "ip");
					CHECK_EQ(packet.transport, -1);
					continue;
				}
				CHECK_STR(layers(), v6 ? "ipv6:udp:data" : "ip:udp:data");
				CHECK(payload_is_whole(2999));
				CHECK_EQ(packet.result, DECODE_OK);
				CHECK_STR(values(v6 ? "ipv6.fragment.count" : "ip.fragment.count"), "3");
				CHECK_STR(values(v6 ? "ipv6.reassembled.length" : "ip.reassembled.length"), "2999");
				CHECK_STR(values("udp.length"), "2999");
				CHECK_STR(values("udp.stream"), v6 ? "1" : "0");
			}
	CHECK_EQ(counts().whole, 12);
	CHECK_EQ(counts().waiting, 0);
}

TEST(the_frames_it_was_made_of)
{
	start();
	make_udp(48);
	ip4(7, 16, 32, false);
	ip4(8, 16, 32, false); /* of another */
	ip4(7, 0, 16, true);
	CHECK_STR(values("ip.fragment"), "1,3");
	CHECK_STR(values("ip.fragments"), "1");
	CHECK_STR(values("ip.fragment.overlap"), "");
	CHECK_STR(values("ip.hdr_len"), "20");
	CHECK_STR(values("ip.opt.type"), "");
	CHECK_EQ(counts().waiting, 1);
}

TEST(an_application_in_fragments)
{
	/* a DNS query for a.example */
	static const uint8_t query[] = { 0x9c, 0x40, 0, 53, 0, 35, 0, 0, 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 7, 'e', 'x',
					 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1 };

	start();
	ip4_bytes(1, 24, query + 24, sizeof(query) - 24, false);
	ip4_bytes(1, 0, query, 24, true);
	CHECK_STR(layers(), "ip:udp:dns");
	CHECK_STR(values("dns.qry.name"), "a.example");
	CHECK_STR(packet_column(&packet), "DNS");
}

TEST(what_separates_datagrams)
{
	start();
	make_udp(64);
	ip4(1, 0, 32, true);
	host = 3;
	ip4(1, 32, 32, false);
	host = 2;
	CHECK_STR(layers(), "ip");
	ip6(1, 32, 32, false);
	CHECK_STR(layers(), "ipv6");
	ip4(2, 32, 32, false);
	CHECK_STR(layers(), "ip");
	CHECK_EQ(counts().waiting, 4);
	ip4(1, 32, 32, false);
	CHECK(payload_is_whole(64));
	/* the same number again is another datagram */
	ip4(1, 32, 32, false);
	CHECK_STR(layers(), "ip");
}

TEST(extension_headers_behind_the_fragment_header)
{
	uint8_t data[8 + 64] = { UDP, 0, 1, 4 }; /* destination options: PadN */

	start();
	make_udp(64);
	memcpy(data + 8, whole, 64);
	ip6_next(60, 1, 40, data + 40, 32, false);
	ip6_next(60, 1, 0, data, 40, true);
	CHECK_STR(layers(), "ipv6:udp:data");
	CHECK(payload_is_whole(64));
	CHECK_STR(values("ipv6.dstopts.nxt"), "17");
	CHECK_STR(values("ipv6.fraghdr.nxt"), "60");
	CHECK_STR(values("ipv6.reassembled.length"), "72");
}

TEST(an_atomic_fragment_is_no_fragment)
{
	start();
	make_udp(64);
	ip6(1, 0, 64, false);
	CHECK_STR(layers(), "ipv6:udp:data");
	CHECK_STR(values("ipv6.fragment.count"), "");
	CHECK_EQ(counts().whole, 0);
}

TEST(fragments_of_fragments)
{
	uint8_t inner[2][20 + 32];

	start();
	make_udp(64);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(inner[i], (uint8_t[]){ 0x45, 0, 0, 52, 0, 9, i ? 0 : 0x20, i ? 4 : 0, 64, UDP, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2 }, 20);
		memcpy(inner[i] + 20, whole + 32 * i, 32);
	}
	for (unsigned i = 0; i < 2; i++) {
		ip6_next(4, i, 0, inner[i], 16, true);
		ip6_next(4, i, 16, inner[i] + 16, 36, false);
	}
	CHECK_STR(layers(), "ipv6:ip:udp:data");
	CHECK(payload_is_whole(64));
	CHECK_STR(values("ip.fragment"), "2,4");
	CHECK_STR(values("ipv6.fragment"), "3,4");
	CHECK_EQ(packet.nsources, 3);
}

/* ---- what is taken as it stands ----------------------------------------------------------------- */

TEST(cut_by_the_snaplen)
{
	start();
	make_udp(64);
	missing = 4;
	ip4(1, 0, 32, true);
	missing = 0;
	CHECK_STR(values("udp.dstport"), "40001");
	ip4(1, 32, 32, false);
	CHECK_STR(layers(), "ip");
}

TEST(as_tcpdump_reads_them)
{
	start();
	decoder_segments(&decoder);
	make_udp(64);
	ip4(1, 0, 32, true);
	CHECK_STR(values("udp.dstport"), "40001");
	ip4(1, 32, 32, false);
	CHECK_STR(layers(), "ip");
	CHECK_EQ(counts().whole + counts().waiting, 0);
}

TEST(headers_alone_need_no_datagrams)
{
	start();
	decoder_release(&decoder);
	decoder_init(&decoder);
	decoder_want_field(&decoder, field_find("udp.port", 8));
	make_udp(64);
	ip4(1, 0, 32, true);
	CHECK_STR(values("udp.dstport"), "40001");
	decoder_release(&decoder);
	decoder_init(&decoder);
	decoder_want_field(&decoder, field_find("ip.fragment.count", 17));
	ip4(1, 0, 32, true);
	CHECK_STR(layers(), "ip");
	ip4(1, 32, 32, false);
	CHECK_STR(values("ip.fragment.count"), "2");
}

TEST(lengths_that_cannot_be)
{
	start();
	make_udp(64);
	ip4(1, 0, 20, true); /* no multiple of 8 */
	ip4(1, 0, 0, true);
	CHECK_EQ(counts().waiting, 0);
	ip4(1, 65528, 32, false); /* beyond 65,535 */
	CHECK_EQ(counts().waiting, 0);
	ip4(1, 32, 0, false); /* an empty end is one */
	CHECK_EQ(counts().waiting, 1);
	ip4(1, 0, 32, true);
	CHECK_STR(values("ip.reassembled.length"), "32");
	CHECK_EQ(packet.result, DECODE_MALFORMED); /* UDP says 64 */
}

/* ---- overlaps -------------------------------------------------------------------------------------- */

TEST(first_bytes_count_in_ip4)
{
	uint8_t other[64];

	start();
	make_udp(64);
	memset(other, 0xee, sizeof(other));
	ip4(1, 16, 24, true);
	ip4(1, 16, 24, true); /* sent again */
	ip4_bytes(1, 24, other + 24, 24, true); /* 16 bytes that were there, 8 that were not */
	ip4(1, 40, 24, false);
	ip4(1, 0, 16, true);
	CHECK_STR(layers(), "ip:udp:data");
	CHECK_STR(values("ip.fragment"), "1,2,3,4,5");
	CHECK_STR(values("ip.fragment.overlap"), "1,1,1");
	CHECK_STR(values("ip.fragment.overlap.conflict"), "1,1");
	memset(whole + 40, 0xee, 8);
	CHECK(payload_is_whole(64));
}

TEST(two_ends)
{
	uint8_t other[64];

	start();
	make_udp(64);
	memset(other, 0xee, sizeof(other));
	ip4(1, 32, 28, false);       /* the first end counts: 60 bytes */
	ip4_bytes(1, 56, other, 8, false);
	ip4_bytes(1, 24, other, 5, false);  /* of this the last unit is no whole one */
	CHECK_STR(layers(), "ip");
	ip4(1, 0, 32, true);
	CHECK_STR(values("ip.reassembled.length"), "60");
	start();
	ip4(1, 0, 40, true);
	ip4(1, 24, 4, false); /* an end before what came already */
	CHECK_STR(values("ip.reassembled.length"), "28");
}

TEST(overlaps_end_a_datagram_of_ip6)
{
	uint8_t other[64] = { 0 };

	start();
	make_udp(64);
	ip6(1, 0, 32, true);
	ip6(1, 0, 32, true); /* an exact copy */
	ip6(1, 32, 32, false);
	CHECK(payload_is_whole(64));
	ip6(2, 0, 32, true);
	ip6(2, 24, 16, true);
	ip6(2, 32, 32, false);
	CHECK_STR(layers(), "ipv6");
	ip6(3, 0, 32, true);
	ip6_next(UDP, 3, 0, other, 32, true); /* the same place, other bytes */
	ip6(3, 32, 32, false);
	CHECK_STR(layers(), "ipv6");
	ip6(4, 32, 32, false);
	ip6(4, 40, 32, false); /* two ends */
	ip6(4, 0, 32, true);
	CHECK_STR(layers(), "ipv6");
	CHECK_EQ(counts().overlapping, 3);
	CHECK_EQ(counts().whole, 1);
	now_ns += 31ll * SECOND;
	ip6(5, 0, 32, true);
	CHECK_EQ(counts().expired, 0); /* they were counted once */
	CHECK_EQ(counts().waiting, 1);
}

/* ---- bounds -------------------------------------------------------------------------------------------- */

TEST(idle_ones_go)
{
	start();
	make_udp(64);
	ip4(1, 0, 32, true);
	now_ns += 29ll * SECOND;
	ip4(2, 0, 32, true);
	now_ns += 2ll * SECOND;
	ip4(1, 32, 32, false);
	CHECK_STR(layers(), "ip");
	CHECK_EQ(counts().expired, 1);
	ip4(2, 32, 32, false);
	CHECK(payload_is_whole(64));
	now_ns = INT64_MIN;
	ip4(3, 0, 32, true);
	now_ns = INT64_MAX;
	ip4(4, 0, 32, true);
	CHECK_EQ(counts().expired, 3);
}

TEST(one_wrong_time_keeps_nobody)
{
	int64_t right_ns;

	start();
	make_udp(64);
	right_ns = now_ns;
	for (unsigned id = 1; id < 4; id++, right_ns += 10ll * SECOND) {
		now_ns = id < 3 ? INT64_MAX - id : right_ns;
		ip4(id, 0, 32, true);
	}
	now_ns = right_ns + 15ll * SECOND;
	ip4(4, 0, 32, true);
	CHECK_EQ(counts().expired, 0);
	now_ns += 10ll * SECOND;
	ip4(5, 0, 32, true);
	CHECK_EQ(counts().expired, 3);
	CHECK_EQ(counts().waiting, 2);
}

TEST(so_many_and_no_more)
{
	start();
	make_udp(64);
	for (unsigned i = 0; i < 3000; i++)
		ip4(i, 0, 32, true);
	CHECK_EQ(counts().waiting, FRAGMENT_DATAGRAMS);
	CHECK_EQ(counts().evicted, 3000 - FRAGMENT_DATAGRAMS);
	ip4(2999, 32, 32, false);
	CHECK(payload_is_whole(64));
	ip4(0, 32, 32, false); /* forgotten */
	CHECK_STR(layers(), "ip");
}

TEST(so_many_bytes_and_no_more)
{
	start();
	make_udp(65000);
	for (unsigned i = 0; i < 1000; i++)
		ip4(i, 65000 - 1000, 1000, false);
	CHECK(counts().waiting > 200 && counts().waiting < FRAGMENT_BYTES / 65536);
	CHECK_EQ(counts().waiting + counts().evicted, 1000);
	for (unsigned at = 0; at < 64000; at += 1000)
		ip4(999, at, 1000, true);
	CHECK(payload_is_whole(65000));
}

/* ---- against a model -------------------------------------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Random fragments of IPv4 with copies, overlaps and several ends: who came first, byte by byte. */
TEST(against_a_model)
{
	static uint8_t model[1024], data[1024];
	static bool has[1024];

	for (unsigned run = 0; run < 3000; run++) {
		unsigned length = 0, units = 1 + chance(12);
		bool ended = false, done = false;

		start();
		memset(has, 0, sizeof(has));
		for (unsigned k = 0; k < 40 && !done; k++) {
			unsigned offset = chance(units) * 8, n = (1 + chance(4)) * 8, have = 0;
			bool more = chance(4);

			if (!offset && !more)
				continue;
			if (!more)
				n -= chance(8);
			for (unsigned i = 0; i < n; i++)
				data[i] = (uint8_t)chance(256);
			ip4_bytes(1, offset, data, n, more);
			if (!more && !ended) {
				ended = true;
				length = offset + n;
			}
			for (unsigned i = 0; i < n; i++) {
				unsigned unit_end = (offset + i) / 8 * 8 + 8 < length || !ended ? (offset + i) / 8 * 8 + 8 : length;

				if (!has[offset + i] && offset + n >= unit_end) { /* only whole units */
					has[offset + i] = true;
					model[offset + i] = data[i];
				}
			}
			while (ended && have < length && has[have])
				have++;
			done = ended && have == length;
			CHECK_EQ(packet.nsources, done ? 2 : 1);
			if (done)
				CHECK(packet.source[1].len == length && !memcmp(packet.source[1].data, model, length));
		}
	}
}
