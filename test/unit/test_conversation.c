/* SPDX-License-Identifier: MIT */
#include "decode/conversation.h"
#include "base/series.h"
#include "check.h"

enum { SYN = 2, RST = 4, ACK = 16, FIN = 1 };

/* The conversation of 10.x.y.z (n) with 192.0.2.1, or of the IPv6 addresses made of the same numbers. */
static struct conversation_key key(uint8_t space[32], unsigned len, uint32_t n, uint16_t port)
{
	memset(space, 0, 32);
	space[0] = 10;
	space[1] = (uint8_t)(n >> 16);
	space[2] = (uint8_t)(n >> 8);
	space[3] = (uint8_t)n;
	space[len] = 192;
	return (struct conversation_key){ space, space + len, len, port, 443, 0 };
}

static struct conversation_key turned(struct conversation_key k)
{
	return (struct conversation_key){ k.dst, k.src, k.addr_len, k.dst_port, k.src_port, k.space };
}

TEST(both_directions_are_one_conversation)
{
	struct conversations *c = conversations_new(CONVERSATIONS_MAX);
	uint8_t a[32], b[32];

	for (unsigned len = 4; len <= 16; len += 12) {
		struct conversation_key k = key(a, len, 7, 1000), back = turned(k), other = key(b, len, 7, 1001), ends;
		int32_t first = conversation_number(c, &k);

		CHECK_EQ(conversation_number(c, &back), first);
		CHECK_EQ(conversation_number(c, &other), first + 1);
		CHECK(conversation_from_high(&k) != conversation_from_high(&back));
		CHECK(conversation_ends(c, first, &ends));
		CHECK_EQ(ends.addr_len, len);
		CHECK_MEM(ends.src, k.src, len);
		CHECK_EQ(ends.src_port, 1000);
		CHECK_EQ(ends.dst_port, 443);
	}
	CHECK(!conversation_ends(c, 99, &(struct conversation_key){ 0 }));
	conversations_free(c);
}

TEST(a_syn_with_another_number_begins_anew)
{
	struct conversations *c = conversations_new(CONVERSATIONS_MAX);
	uint8_t a[32];
	struct conversation_key k = key(a, 4, 1, 5), back = turned(k);
	bool reused;

	CHECK_EQ(conversation_number_tcp(c, &k, 100, SYN, &reused), 0);
	CHECK(!reused);
	CHECK_EQ(conversation_number_tcp(c, &back, 900, SYN | ACK, &reused), 0);
	CHECK_EQ(conversation_number_tcp(c, &k, 100, SYN, &reused), 0); /* repeated */
	CHECK_EQ(conversation_number_tcp(c, &k, 500, SYN, &reused), 1);
	CHECK(reused);
	CHECK_EQ(conversation_number_tcp(c, &back, 77, ACK, &reused), 1);
	CHECK_EQ(conversation_number_tcp(c, &k, 501, FIN | ACK, &reused), 1);
	CHECK_EQ(conversation_number_tcp(c, &k, 500, SYN, &reused), 1);
	conversations_free(c);
}

/* Beyond the ceiling the first ones go: memory stays, numbers go on, and who is still there is still found. */
static void many(unsigned len)
{
	enum { CEILING = 4 * SERIES_CHUNK, ALL = 40 * SERIES_CHUNK };
	struct conversations *c = conversations_new(CEILING);
	uint8_t a[32];
	size_t early = 0;

	for (unsigned i = 0; i < ALL; i++) {
		struct conversation_key k = key(a, len, i, 1);

		if (!CHECK_EQ(conversation_number(c, &k), i))
			break;
		if (i == 2 * CEILING)
			early = conversations_bytes(c);
		if (i % 1000 == 999) { /* a recent one keeps its number */
			k = key(a, len, i - 900, 1);
			CHECK_EQ(conversation_number(c, &k), i - 900);
		}
	}
	CHECK_EQ(conversations_bytes(c), early);
	CHECK(conversations_forgotten(c) >= ALL - CEILING);
	CHECK_EQ(conversation_number(c, &(struct conversation_key){ a, a + len, len, 1, 443, 0 }), ALL - 1);
	key(a, len, 0, 1);
	CHECK_EQ(conversation_number(c, &(struct conversation_key){ a, a + len, len, 1, 443, 0 }), ALL); /* forgotten: new */
	conversations_free(c);
}

TEST(the_oldest_are_forgotten_ipv4) { many(4); }
TEST(the_oldest_are_forgotten_ipv6) { many(16); }

TEST(forgetting_reused_ends_keeps_the_later_conversation)
{
	struct conversations *c = conversations_new(2 * SERIES_CHUNK);
	uint8_t a[32], b[32];
	struct conversation_key k = key(a, 4, 1 << 20, 5);
	bool reused;
	int32_t last = -1;

	for (unsigned i = 0; i < 6 * SERIES_CHUNK; i++) {
		struct conversation_key other = key(b, 4, i, 9);

		conversation_number_tcp(c, &other, 1, SYN, &reused);
		if (i % 500 == 0)
			last = conversation_number_tcp(c, &k, i, SYN, &reused);
		else
			CHECK_EQ(conversation_number_tcp(c, &k, i, ACK, &reused), last);
	}
	conversations_free(c);
}
