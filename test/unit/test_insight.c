/* SPDX-License-Identifier: MIT */
/* lib/insight: gauges and detectors. */
#include "check.h"
#include "decode/packet.h"
#include "insight/detect.h"
#include "insight/gauge.h"

#include <stdlib.h>

#define SECOND 1000000000ll

/* ---- gauges ------------------------------------------------------------------------------------ */

TEST(gauge_raises_and_clears_at_once_when_no_time_is_asked_for)
{
	struct gauge g = { .above = 100 };

	CHECK_EQ(gauge_floor(&g), 80);
	CHECK_EQ(gauge_feed(&g, 100, 1), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 101, 2), GAUGE_RAISED);
	CHECK_EQ(gauge_feed(&g, 500, 3), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 81, 4), GAUGE_SAME); /* between the two */
	CHECK_EQ(gauge_feed(&g, 80, 5), GAUGE_CLEARED);
	CHECK_EQ(g.peak, 500);
	CHECK_EQ(gauge_feed(&g, 80, 6), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 102, 7), GAUGE_RAISED);
	CHECK_EQ(g.peak, 102);
}

TEST(gauge_wants_it_for_so_long_without_a_break)
{
	struct gauge g = { .above = 10, .below = 5, .for_ns = 3, .clear_ns = 4 };

	CHECK_EQ(gauge_feed(&g, 11, 10), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 12), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 10, 13), GAUGE_SAME); /* a break */
	CHECK_EQ(gauge_feed(&g, 11, 14), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 16), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 17), GAUGE_RAISED);
	CHECK_EQ(gauge_feed(&g, 5, 20), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 6, 23), GAUGE_SAME); /* not under it any more */
	CHECK_EQ(gauge_feed(&g, 0, 24), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 0, 28), GAUGE_CLEARED);
}

TEST(gauge_of_nothing_allowed)
{
	struct gauge g = { .above = 0 };

	CHECK_EQ(gauge_feed(&g, 0, 1), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 1, 2), GAUGE_RAISED);
	CHECK_EQ(gauge_feed(&g, 0, 3), GAUGE_CLEARED);
}

TEST(gauge_with_a_clock_that_goes_back)
{
	struct gauge g = { .above = 10, .for_ns = 5 };

	CHECK_EQ(gauge_feed(&g, 11, 100), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 10), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 14), GAUGE_SAME);
	CHECK_EQ(gauge_feed(&g, 11, 15), GAUGE_RAISED);
}

/* ---- detectors --------------------------------------------------------------------------------- */

static struct decoder decoder;
static struct packet packet;
static struct detector *detector;
static uint64_t number;

static void start(enum detector_kind kind, int64_t window_ns, int64_t memory_ns, int64_t learn_ns)
{
	detector = detector_new(kind, window_ns, memory_ns, learn_ns);
	CHECK(detector != NULL);
	decoder_init(&decoder);
	detector_want(detector, &decoder);
	number = 0;
}

static void stop(void)
{
	detector_free(detector);
	decoder_release(&decoder);
}

static void see(const uint8_t *data, uint32_t len, int64_t ts_ns)
{
	struct frame f = { .number = ++number, .ts_ns = ts_ns, .has_ts = true, .data = data, .caplen = len, .wirelen = len,
			   .linktype = LINKTYPE_IPV4 };

	packet_decode(&packet, &decoder, &f);
	detector_packet(detector, &packet);
}

/* A segment without data from 10.0.0.`from` to 10.0.`to`. */
static void tcp(unsigned from, unsigned from_port, unsigned to, unsigned to_port, unsigned flags, int64_t ts_ns)
{
	const uint8_t data[40] = {
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, (uint8_t)from, 10, 0, (uint8_t)(to >> 8), (uint8_t)to,
		(uint8_t)(from_port >> 8), (uint8_t)from_port, (uint8_t)(to_port >> 8), (uint8_t)to_port,
		0, 0, 0, 1, 0, 0, 0, 0, 0x50, (uint8_t)flags, 0, 0
	};

	see(data, sizeof(data), ts_ns);
}

static void dns(unsigned response, unsigned rcode, int64_t ts_ns)
{
	const uint8_t data[28 + 12 + 7] = {
		0x45, 0, 0, 47, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0, 53, 0x9c, 0x40, 0, 27, 0, 0,
		0, 7, (uint8_t)(response << 7 | 1), (uint8_t)(0x80 | rcode), 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1
	};

	see(data, sizeof(data), ts_ns);
}

static const char *subject(void)
{
	static char text[512];
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	detector_subject(detector, &o);
	return outbuf_cstr(&o);
}

TEST(dns_failures_in_a_window)
{
	start(DETECT_DNS_FAILURES, 10 * SECOND, 0, 0);
	CHECK_EQ(detector_value(detector, 5), 0);
	dns(0, 0, 100 * SECOND);
	dns(1, 0, 100 * SECOND);
	for (int i = 0; i < 5; i++)
		dns(1, 3, (100 + i) * SECOND);
	dns(1, 2, 104 * SECOND);
	CHECK_EQ(detector_value(detector, 104 * SECOND), 6);
	CHECK_STR(subject(), "SERVFAIL 1, NXDOMAIN 5");
	CHECK_EQ(detector_value(detector, 108 * SECOND), 6);
	CHECK_EQ(detector_value(detector, 110 * SECOND), 0);
	dns(1, 5, 103 * SECOND); /* out of order: counts now */
	CHECK_EQ(detector_value(detector, 110 * SECOND), 1);
	dns(1, 5, 1000 * SECOND);
	CHECK_EQ(detector_value(detector, 1000 * SECOND), 1);
	stop();
}

TEST(ports_of_the_worst_source_are_counted)
{
	start(DETECT_SCANS, 60 * SECOND, 0, 0);
	for (unsigned i = 0; i < 300; i++) {
		tcp(9, 40000 + i, 1, 1 + i, 2, 1000 * SECOND);
		tcp(1, 1 + i, 9, 40000 + i, 0x14, 1000 * SECOND); /* refused: not 10.0.0.1's doing */
	}
	for (unsigned i = 0; i < 1000; i++)
		tcp(5, 1024 + i, 2, 443, 2, 1000 * SECOND); /* many connections, one port */
	CHECK(detector_value(detector, 1000 * SECOND) > 280 && detector_value(detector, 1000 * SECOND) < 320);
	CHECK_STR(subject(), "10.0.0.9");
	/* the same ports again in the next half: not more */
	for (unsigned i = 0; i < 300; i++)
		tcp(9, 50000 + i, 1, 1 + i, 2, 1025 * SECOND);
	CHECK(detector_value(detector, 1025 * SECOND) < 320);
	CHECK(detector_value(detector, 1055 * SECOND) > 280);
	CHECK_EQ(detector_value(detector, 1200 * SECOND), 0);
	stop();
}

TEST(a_slow_scan_over_two_halves_is_one)
{
	start(DETECT_SCANS, 60 * SECOND, 0, 0);
	for (unsigned i = 0; i < 200; i++)
		tcp(9, 40000 + i, 1, 1 + i, 2, (1020 + i / 10) * SECOND);
	CHECK(detector_value(detector, 1040 * SECOND) > 185 && detector_value(detector, 1040 * SECOND) < 215);
	stop();
}

TEST(many_sources_do_not_push_out_the_one_that_scans)
{
	start(DETECT_SCANS, 60 * SECOND, 0, 0);
	for (unsigned i = 0; i < 120; i++)
		tcp(9, 40000 + i, 1, 1 + i, 2, 1000 * SECOND);
	for (unsigned i = 0; i < 20000; i++) {
		const uint8_t data[40] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i,
					   10, 0, 0, 1, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2 };

		see(data, sizeof(data), 1001 * SECOND);
	}
	CHECK(detector_value(detector, 1001 * SECOND) > 100);
	CHECK_STR(subject(), "10.0.0.9");
	stop();
}

TEST(new_destinations_after_learning)
{
	start(DETECT_DESTINATIONS, 60 * SECOND, 3600 * SECOND, 10 * SECOND);
	for (unsigned i = 0; i < 50; i++)
		tcp(9, 1000 + i, i, 443, 2, 1000 * SECOND);
	CHECK_EQ(detector_value(detector, 1005 * SECOND), 0); /* learnt */
	tcp(9, 2000, 7, 443, 2, 1020 * SECOND);
	CHECK_EQ(detector_value(detector, 1020 * SECOND), 0); /* known */
	tcp(9, 2001, 77, 443, 2, 1021 * SECOND);
	tcp(77, 443, 9, 2001, 0x12, 1021 * SECOND);
	tcp(9, 2002, 77, 80, 2, 1022 * SECOND);
	CHECK_EQ(detector_value(detector, 1022 * SECOND), 1);
	CHECK_STR(subject(), "10.0.0.77");
	for (unsigned i = 0; i < 10; i++)
		tcp(9, 3000 + i, 100 + i, 443, 2, 1023 * SECOND);
	CHECK_EQ(detector_value(detector, 1023 * SECOND), 11);
	CHECK_STR(subject(), "10.0.0.102, 10.0.0.103, 10.0.0.104, 10.0.0.105, 10.0.0.106, 10.0.0.107, 10.0.0.108, 10.0.0.109 and 3 before");
	CHECK_EQ(detector_value(detector, 1200 * SECOND), 0);
	tcp(9, 4000, 77, 443, 2, 1200 * SECOND); /* not forgotten yet */
	CHECK_EQ(detector_value(detector, 1200 * SECOND), 0);
	tcp(9, 4001, 77, 443, 2, 9000 * SECOND);
	CHECK_EQ(detector_value(detector, 9000 * SECOND), 1);
	stop();
}

TEST(what_was_under_way_already_is_nobodys_contact)
{
	start(DETECT_DESTINATIONS, 60 * SECOND, 3600 * SECOND, 0);
	tcp(9, 1000, 1, 443, 0x10, 1000 * SECOND);
	tcp(9, 1001, 0xe001, 443, 0x10, 1000 * SECOND);
	CHECK_EQ(detector_value(detector, 1000 * SECOND), 0);
	stop();
}

TEST(times_at_the_ends_of_time)
{
	for (int kind = DETECT_DESTINATIONS; kind <= DETECT_DNS_FAILURES; kind++) {
		start((enum detector_kind)kind, INT64_MAX, INT64_MAX, INT64_MAX);
		tcp(9, 1, 2, 3, 2, INT64_MIN);
		tcp(9, 2, 2, 4, 2, INT64_MAX);
		dns(1, 3, 0);
		CHECK(detector_value(detector, INT64_MAX) <= 2);
		stop();
	}
}

/* An hour back, and on: the window slides as before. */
TEST(a_clock_set_back)
{
	int64_t t = 100000 * SECOND;

	start(DETECT_DNS_FAILURES, 60 * SECOND, 0, 0);
	for (unsigned i = 0; i < 300; i++, t += SECOND)
		dns(1, 3, t);
	CHECK(detector_value(detector, t) <= 60);
	t -= 3600 * SECOND;
	dns(1, 3, t);
	CHECK_EQ(detector_value(detector, t), 1);
	CHECK_STR(subject(), "NXDOMAIN 1");
	for (unsigned i = 0; i < 300; i++, t += SECOND)
		dns(1, 3, t);
	CHECK(detector_value(detector, t) >= 30 && detector_value(detector, t) <= 60);
	CHECK_EQ(detector_value(detector, t + 120 * SECOND), 0);
	stop();
}

TEST(one_packet_of_the_future)
{
	int64_t t = 1700000000 * SECOND;

	start(DETECT_DNS_FAILURES, SECOND, 0, 0);
	dns(1, 3, t);
	dns(1, 3, 4102444800 * SECOND);
	for (unsigned i = 0; i < 100; i++, t += SECOND)
		dns(1, 3, t);
	CHECK(detector_value(detector, t) <= 2);
	stop();
}

TEST(disorder_is_no_clock_set_back)
{
	start(DETECT_DNS_FAILURES, SECOND, 0, 0);
	dns(1, 3, 1000 * SECOND);
	dns(1, 3, 1000 * SECOND - 1900000000);
	CHECK_EQ(detector_value(detector, 1000 * SECOND), 2);
	stop();
}

/* What was learnt stays known, and learning takes as long as it was to. */
TEST(destinations_with_a_clock_set_back)
{
	start(DETECT_DESTINATIONS, 60 * SECOND, 3600 * SECOND, 10 * SECOND);
	tcp(9, 1000, 1, 443, 2, 100000 * SECOND);
	tcp(9, 1001, 2, 443, 2, 90004 * SECOND); /* ten seconds still to go */
	tcp(9, 1002, 3, 443, 2, 90013 * SECOND);
	CHECK_EQ(detector_value(detector, 90013 * SECOND), 0);
	tcp(9, 1003, 4, 443, 2, 90014 * SECOND);
	tcp(9, 1004, 1, 443, 2, 90014 * SECOND);
	CHECK_EQ(detector_value(detector, 90014 * SECOND), 1);
	tcp(9, 1005, 1, 443, 2, 93615 * SECOND); /* forgotten an hour after it was spoken to, by the clock as it is now */
	CHECK_EQ(detector_value(detector, 93615 * SECOND), 1);
	stop();
}

TEST(ports_with_a_clock_set_back)
{
	int64_t t = 100000 * SECOND;
	uint64_t value;

	start(DETECT_SCANS, 60 * SECOND, 0, 0);
	for (unsigned i = 0; i < 20; i++)
		tcp(9, 2000 + i, 1, 1 + i, 2, t);
	CHECK(detector_value(detector, t) > 15); /* hashes may fall together */
	for (unsigned i = 0; i < 20; i++)
		tcp(9, 3000 + i, 1, 101 + i, 2, t - 3600 * SECOND);
	value = detector_value(detector, t - 3600 * SECOND);
	CHECK(value > 15 && value < 25);
	CHECK_EQ(detector_value(detector, t - 3500 * SECOND), 0);
	stop();
}
