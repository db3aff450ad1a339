/* SPDX-License-Identifier: MIT */
/* lib/flow/whole.c: what goes out, in which order, what the bound costs, fragments; and random traffic against two passes. */
#include "check.h"
#include "base/bytes.h"
#include "decode/protocol.h"
#include "flow/whole.h"

#include <stdlib.h>

enum { FRAMES_MAX = 20000 };

static struct decoder decoder;
static struct packet packet;
static struct whole *whole;
static uint64_t number, given[FRAMES_MAX];
static uint32_t given_bytes[FRAMES_MAX];
static unsigned ngiven;
static struct errmsg err;

static int take(void *user, const struct frame *f, struct errmsg *e)
{
	uint8_t sum = 0;

	(void)user;
	(void)e;
	for (uint32_t i = 0; i < f->caplen; i++)
		sum = (uint8_t)(sum + f->data[i]);
	given_bytes[ngiven] = (uint32_t)f->caplen << 8 | sum;
	given[ngiven++] = f->number;
	return 0;
}

static void start(bool at_once, size_t max_bytes)
{
	struct whole_options o = { .max_bytes = max_bytes, .at_once = at_once, .give = take };
	static bool started;

	if (started) {
		whole_free(whole);
		decoder_release(&decoder);
	}
	started = true;
	number = ngiven = 0;
	decoder_init(&decoder);
	CHECK_EQ(whole_new(&whole, &o, &decoder, &err), 0);
}

static uint32_t put(uint8_t *data, uint32_t len, bool matches)
{
	uint8_t *exact = malloc(len), sum = 0;
	struct frame f = { .number = ++number, .ts_ns = (int64_t)number * 1000000, .has_ts = true, .data = exact, .caplen = len,
			   .wirelen = len, .linktype = LINKTYPE_RAW };

	memcpy(exact, data, len);
	packet_decode(&packet, &decoder, &f);
	CHECK_EQ(whole_packet(whole, &packet, matches, &err), 0);
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + exact[i]);
	free(exact);
	return len << 8 | sum;
}

static uint8_t bytes[70000];

static uint32_t ip(unsigned proto, unsigned host, unsigned id, unsigned fragment, uint32_t len, bool matches)
{
	memcpy(bytes, (uint8_t[]){ 0x45, 0, (uint8_t)((20 + len) >> 8), (uint8_t)(20 + len), (uint8_t)(id >> 8), (uint8_t)id,
				   (uint8_t)(fragment >> 8), (uint8_t)fragment, 64, (uint8_t)proto, 0, 0, 10, 0, 0, 1, 10, 0, 0,
				   (uint8_t)host }, 20);
	return put(bytes, 20 + len, matches);
}

static uint32_t udp(unsigned port, uint32_t len, bool matches)
{
	memcpy(bytes + 20, (uint8_t[]){ 0x9c, 0x40, (uint8_t)(port >> 8), (uint8_t)port, (uint8_t)((8 + len) >> 8), (uint8_t)(8 + len),
					0, 0, (uint8_t)number }, 9);
	return ip(17, 2, 0, 0, 8 + len, matches);
}

/* A segment of 10.0.0.1:40000 and port 80. */
static void tcp(unsigned seq, unsigned flags, bool matches)
{
	memcpy(bytes + 20, (uint8_t[]){ 0x9c, 0x40, 0, 80, 0, 0, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 0, 0x50, (uint8_t)flags,
					1, 0, 0, 0, 0, 0 }, 20);
	ip(6, 2, 0, 0, 20, matches);
}

/* The numbers given so far. */
static const char *numbers(void)
{
	static char text[512];
	size_t n = 0;

	text[0] = 0;
	for (unsigned i = 0; i < ngiven && n < sizeof(text) - 24; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%" PRIu64, i ? " " : "", given[i]);
	return text;
}

static const char *at_the_end(void)
{
	CHECK_EQ(whole_end(whole, &err), 0);
	return numbers();
}

TEST(at_once)
{
	start(true, 0);
	udp(1000, 10, false);
	udp(1001, 10, false);
	udp(1000, 10, false);
	CHECK_STR(numbers(), "");
	udp(1000, 10, true);
	CHECK_STR(numbers(), "1 3 4");
	udp(1001, 10, false);
	udp(1000, 10, false);
	CHECK_STR(numbers(), "1 3 4 6");
	udp(1001, 10, true);
	CHECK_STR(numbers(), "1 3 4 6 2 5 7");
	CHECK_STR(at_the_end(), "1 3 4 6 2 5 7");
}

TEST(in_order)
{
	start(false, 0);
	udp(1000, 10, false);
	udp(1001, 10, false);
	udp(1000, 10, true);
	CHECK_STR(numbers(), "1"); /* the second is undecided */
	udp(1002, 10, false);
	udp(1001, 10, true);
	CHECK_STR(numbers(), "1 2 3");
	udp(1000, 10, false);
	CHECK_STR(at_the_end(), "1 2 3 5 6");
}

TEST(a_new_connection_on_the_same_ports)
{
	start(true, 0);
	tcp(100, 2, false);
	tcp(101, 0x18, false);
	tcp(101, 0x11, false);
	tcp(5000, 2, false);
	tcp(5001, 0x18, true);
	CHECK_STR(at_the_end(), "4 5");
}

TEST(other_protocols_and_no_ip)
{
	static uint8_t noise[4] = { 0x10, 1, 2, 3 };

	start(true, 0);
	memset(bytes, 0, sizeof(bytes));
	ip(132, 2, 0, 0, 20, false);
	ip(132, 3, 0, 0, 20, false);
	ip(50, 2, 0, 0, 20, false);
	ip(132, 2, 0, 0, 20, true);
	CHECK_STR(numbers(), "1 4");
	put(noise, sizeof(noise), false);
	put(noise, sizeof(noise), true);
	CHECK_STR(at_the_end(), "1 4 6");
}

/* A datagram to port `port` in pieces of 16 bytes. */
static void fragment(unsigned port, unsigned id, unsigned which, bool matches)
{
	static const uint16_t words[3] = { 0x2000, 0x2002, 4 };

	memset(bytes, 0, 100);
	if (!which)
		memcpy(bytes + 20, (uint8_t[]){ 0x9c, 0x40, (uint8_t)(port >> 8), (uint8_t)port, 0, 48 }, 6);
	ip(17, 2, id, words[which], 16, matches);
}

TEST(fragments_go_with_their_datagram)
{
	for (unsigned once = 0; once < 2; once++) {
		start(once, 0);
		fragment(1000, 1, 2, false);
		fragment(1001, 2, 0, false);
		udp(1000, 10, false);
		fragment(1000, 1, 0, false);
		CHECK_STR(numbers(), "");
		fragment(1000, 1, 1, true);  /* whole, and it matches */
		fragment(1001, 2, 1, false);
		fragment(1001, 2, 2, false); /* whole, but it does not */
		fragment(1000, 3, 0, false); /* of the first conversation, never whole */
		CHECK_STR(at_the_end(), "1 3 4 5");
	}
}

TEST(a_fragment_that_matches)
{
	for (unsigned once = 0; once < 2; once++) {
		start(once, 0);
		udp(1000, 10, false);
		fragment(1000, 1, 0, false);
		fragment(1000, 1, 1, true); /* whose it is nobody knows yet */
		CHECK_STR(numbers(), once ? "3" : "");
		fragment(1000, 1, 2, false);
		CHECK_STR(at_the_end(), once ? "3 1 2 4" : "1 2 3 4");
		fragment(1000, 2, 0, true); /* alone */
		CHECK_EQ(given[ngiven - 1], 5);
	}
}

TEST(the_bound)
{
	for (unsigned once = 0; once < 2; once++) {
		const struct whole_counts *c;

		start(once, WHOLE_BYTES_MIN);
		for (unsigned i = 0; i < 1000; i++)
			udp(1000 + i % 10, 1000, false);
		c = whole_counts(whole);
		CHECK(c->most_bytes <= WHOLE_BYTES_MIN);
		CHECK(c->dropped > 700 && c->dropped < 850);
		CHECK_EQ(c->missing, 0);
		udp(1003, 1000, true);
		at_the_end();
		CHECK_EQ(c->missing + ngiven, 101);
		CHECK_EQ(c->missing_conversations, 1);
		for (unsigned i = 1; i < ngiven; i++)
			CHECK(given[i] > given[i - 1]);
		CHECK_EQ(given[ngiven - 1], 1001);
	}
}

TEST(packets_larger_than_a_chunk_and_than_the_bound)
{
	start(true, WHOLE_BYTES_MIN);
	udp(1000, 60000, false);
	udp(1000, 10, false);
	udp(1000, 60000, true);
	CHECK_STR(numbers(), "1 2 3");
	for (unsigned i = 0; i < 20; i++)
		udp(1001, 60000, false);
	CHECK(whole_counts(whole)->most_bytes <= WHOLE_BYTES_MIN);
	udp(1001, 60000, true);
	CHECK_EQ(ngiven + whole_counts(whole)->missing, 3 + 21);
}

/* ---- against two passes ---------------------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Nothing is dropped: what goes out is what two passes find, each packet with its own bytes, in order. */
TEST(random_traffic)
{
	static uint16_t port[FRAMES_MAX];
	static uint32_t sums[FRAMES_MAX];
	static bool matched[2000], seen[FRAMES_MAX];

	for (unsigned run = 0; run < 20; run++) {
		unsigned n = 2000, flows = 1 + chance(400), bad = 0, want = 0;
		bool once = run % 2;

		start(once, 8 << 20);
		memset(matched, 0, sizeof(matched));
		memset(seen, 0, sizeof(seen));
		for (unsigned i = 0; i < n; i++) {
			bool m = !chance(300);

			port[i] = (uint16_t)(2000 + chance(flows));
			matched[port[i] - 2000] |= m;
			sums[i] = udp(port[i], chance(1200), m);
		}
		at_the_end();
		for (unsigned i = 0; i < n; i++)
			want += matched[port[i] - 2000];
		for (unsigned i = 0; i < ngiven; i++) {
			unsigned at = (unsigned)given[i] - 1;

			bad += seen[at] || !matched[port[at] - 2000] || sums[at] != given_bytes[i] || (!once && i && given[i] < given[i - 1]);
			seen[at] = true;
		}
		CHECK_EQ(bad, 0);
		CHECK_EQ(ngiven, want);
		CHECK_EQ(whole_counts(whole)->dropped, 0);
	}
}
