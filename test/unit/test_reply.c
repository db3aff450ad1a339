/* SPDX-License-Identifier: MIT */
/* lib/decode/reply.c: which request an answer belongs to, between the same ends in different spaces, and at times that
 * are as far apart as numbers go. The order of HTTP is in test/golden/http_pairs. */
#include "check.h"
#include "decode_hex.h"
#include "decode/space.h"

enum { QUERY, RESPONSE };

static uint64_t number;

static void start(unsigned separate)
{
	decoder_init(&decoder);
	decoder_want_all(&decoder);
	CHECK_EQ(decoder_separate(&decoder, separate), 0);
	number = 0;
}

/* A DNS message, id 7, "a" A, in a VLAN. */
static void dns(unsigned what, uint8_t vlan, int64_t ts_ns)
{
	uint8_t data[18 + 20 + 8 + 19] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, vlan, 8, 0,
		0x45, 0, 0, 47, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, 0x40, 0, 53, 0, 27, 0, 0,
		0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1
	};

	if (what == RESPONSE) {
		data[33] = 2;
		data[37] = 1;
		memcpy(data + 38, (uint8_t[]){ 0, 53, 0x9c, 0x40 }, 4);
		data[48] = 0x81;
		data[49] = 0x80;
	}
	memcpy(bytes, data, sizeof(data));
	frame = (struct frame){ .number = ++number, .ts_ns = ts_ns, .has_ts = true, .data = bytes, .caplen = sizeof(data),
				.wirelen = sizeof(data), .linktype = 1 };
	packet_decode(&packet, &decoder, &frame);
}

TEST(nothing_separates_unless_asked_for)
{
	start(0);
	dns(QUERY, 1, 1000000000);
	dns(RESPONSE, 2, 1001000000);
	CHECK_STR(stack(), "eth:vlan:ip:udp:dns");
	CHECK_STR(values("dns.response_to"), "1");
	CHECK_STR(values("dns.time"), "0.001000000");
	decoder_release(&decoder);
}

TEST(an_answer_in_another_vlan_is_to_another_query)
{
	start(SEPARATE_VLAN);
	dns(QUERY, 1, 1000000000);
	dns(QUERY, 2, 1000500000);
	dns(RESPONSE, 1, 1001000000);
	CHECK_STR(values("dns.response_to"), "1");
	dns(RESPONSE, 2, 1001000000);
	CHECK_STR(values("dns.response_to"), "2");
	dns(RESPONSE, 3, 1001000000);
	CHECK_STR(values("dns.response_to"), "");
	decoder_release(&decoder);
}

TEST(times_that_are_centuries_apart)
{
	start(0);
	dns(QUERY, 1, INT64_MIN);
	dns(QUERY, 1, INT64_MAX); /* is it the same once more? */
	dns(QUERY, 1, INT64_MIN);
	dns(RESPONSE, 1, INT64_MAX);
	CHECK_STR(values("dns.time"), "9223372036.854775807");
	dns(QUERY, 1, INT64_MAX);
	dns(RESPONSE, 1, INT64_MIN);
	CHECK_STR(values("dns.time"), "-9223372036.854775808");
	decoder_release(&decoder);
}
