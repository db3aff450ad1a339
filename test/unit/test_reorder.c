/* SPDX-License-Identifier: MIT */
/* TCP order: what comes early waits, what comes twice is left out, gaps are said, limits hold. */
#include "check.h"
#include "decode/reorder.h"

#include <stdlib.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* What was given, as text: bytes as they are, a gap of n as "[n]". */
struct got {
	char text[4096];
	size_t len;
	uint64_t bytes, gaps;
	unsigned calls;
};

static void give(void *user, const uint8_t *data, uint32_t len)
{
	struct got *g = user;

	g->calls++;
	CHECK(len > 0);
	if (data)
		g->bytes += len;
	else
		g->gaps += len;
	if (g->len + (data ? len : 0) + 16 > sizeof(g->text))
		return;
	if (data) {
		memcpy(g->text + g->len, data, len);
		g->len += len;
	} else {
		g->len += (size_t)snprintf(g->text + g->len, 16, "[%u]", len);
	}
	g->text[g->len] = 0;
}

static void put(struct reorder *r, struct got *g, uint32_t seq, unsigned flags, const char *text)
{
	reorder_segment(r, seq, flags, (const uint8_t *)text, (uint32_t)strlen(text), (uint32_t)strlen(text), give, g);
}

TEST(in_order_is_given_at_once)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 99, SYN, "");
	put(&r, &g, 100, ACK, "");
	put(&r, &g, 100, ACK, "abc");
	put(&r, &g, 103, ACK, "de");
	CHECK_STR(g.text, "abcde");
	CHECK_EQ(g.calls, 2);
	CHECK_EQ(r.next, 105);
	CHECK_EQ(r.given, 5);
	CHECK_EQ(r.missing, 0);
	CHECK_EQ(r.segments, 0);
	CHECK(!r.ended);
	put(&r, &g, 105, FIN | ACK, "f");
	CHECK(r.ended);
	CHECK_EQ(r.next, 107);
	CHECK_STR(g.text, "abcdef");
}

TEST(numbers_wrap)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 0xfffffffd, SYN, "");
	put(&r, &g, 1, ACK, "def"); /* fffffffe a, ffffffff b, 0 c */
	put(&r, &g, 4, ACK, "g");
	CHECK_STR(g.text, "");
	CHECK_EQ(r.segments, 2);
	put(&r, &g, 0xfffffffe, ACK, "abc");
	CHECK_STR(g.text, "abcdefg");
	CHECK_EQ(r.next, 5);
	CHECK_EQ(r.segments, 0);
	CHECK_EQ(r.bytes, 0);
}

TEST(early_ones_wait_in_any_order)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 1, ACK, "a");
	put(&r, &g, 5, ACK, "e");
	put(&r, &g, 3, ACK, "c");
	put(&r, &g, 4, ACK, "d");
	put(&r, &g, 6, FIN | ACK, "f");
	CHECK_STR(g.text, "a");
	CHECK_EQ(r.segments, 4);
	CHECK_EQ(r.bytes, 4);
	CHECK(!r.ended);
	put(&r, &g, 2, ACK, "b");
	CHECK_STR(g.text, "abcdef");
	CHECK(r.ended);
	CHECK_EQ(r.missing, 0);
}

TEST(old_bytes_are_left_out)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 10, ACK, "abcd");
	put(&r, &g, 10, ACK, "abcd");
	put(&r, &g, 12, ACK, "CDef"); /* the new part */
	put(&r, &g, 15, ACK, "F");    /* a keep-alive */
	put(&r, &g, 8, ACK, "xxABCDEFgh");
	CHECK_STR(g.text, "abcdefgh");
	CHECK_EQ(r.given, 8);
}

TEST(bytes_that_came_first_count)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 100, SYN, "");
	put(&r, &g, 103, ACK, "CD");
	put(&r, &g, 107, ACK, "GH");
	put(&r, &g, 102, ACK, "bcdefghi"); /* around both: b, ef, i are new */
	CHECK_EQ(r.segments, 5);
	CHECK_EQ(r.bytes, 8);
	put(&r, &g, 104, ACK, "xxx"); /* nothing new */
	CHECK_EQ(r.segments, 5);
	put(&r, &g, 101, ACK, "aBCDEFGHIJ");
	CHECK_STR(g.text, "abCDefGHiJ");
	CHECK_EQ(r.segments, 0);
}

TEST(syn_may_carry_data)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 7, SYN, "hello");
	put(&r, &g, 7, SYN, "hello");
	put(&r, &g, 8, ACK, "hello you");
	CHECK_STR(g.text, "hello you");
}

TEST(acknowledged_gaps_are_given_up)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 0, ACK, "ab");
	reorder_acked(&r, 20, give, &g); /* nothing waits: late is not lost */
	put(&r, &g, 5, ACK, "fg");
	put(&r, &g, 9, ACK, "jk");
	reorder_acked(&r, 4, give, &g);
	CHECK_STR(g.text, "ab");
	reorder_acked(&r, 7, give, &g);
	CHECK_STR(g.text, "ab[3]fg");
	reorder_acked(&r, 0x90000000, give, &g); /* what nobody has sent */
	put(&r, &g, 2, ACK, "cde"); /* too late */
	CHECK_STR(g.text, "ab[3]fg");
	reorder_end(&r, give, &g);
	CHECK_STR(g.text, "ab[3]fg[2]jk");
	CHECK_EQ(r.missing, 5);
	CHECK_EQ(r.given, 6);
	CHECK_EQ(r.segments, 0);
}

TEST(a_fin_waits_too)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 0, ACK, "ab");
	put(&r, &g, 4, FIN | ACK, "");
	CHECK(!r.ended);
	reorder_acked(&r, 5, give, &g);
	CHECK(r.ended);
	CHECK_STR(g.text, "ab[2]");
	CHECK_EQ(r.next, 5);
	put(&r, &g, 4, FIN | ACK, "");
	CHECK_EQ(r.next, 5);
}

TEST(resets_end_and_open_nothing)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 1000, ACK, "ab");
	put(&r, &g, 0, RST, "why");
	CHECK(!r.ended); /* behind: of another time */
	put(&r, &g, 0x80000000, RST, "");
	CHECK(!r.ended);
	put(&r, &g, 1002, RST, "because");
	CHECK(r.ended);
	reorder_end(&r, give, &g);
	CHECK_STR(g.text, "abbecause"); /* its reason, as it comes where the stream stands */
}

TEST(far_segments_do_not_count_unless_they_go_on)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	put(&r, &g, 1, ACK, "a");
	put(&r, &g, 0x7fffff00, ACK, "xy");
	put(&r, &g, 0x90000000, FIN | ACK, "");
	put(&r, &g, 2, ACK, "b");
	reorder_end(&r, give, &g);
	CHECK_STR(g.text, "ab");
	CHECK_EQ(r.missing, 0);
	put(&r, &g, 5, ACK, "e");           /* waits */
	put(&r, &g, 0x90000000, ACK, "xy"); /* more than 2 GiB were not captured */
	put(&r, &g, 0x90000002, ACK, "z");
	CHECK_STR(g.text, "ab[2]e[2415919100]z"); /* 0x90000002 - 6 */
	CHECK_EQ(r.next, 0x90000003);
}

TEST(cut_segments_are_gaps)
{
	struct reorder r = { 0 };
	struct got g = { 0 };

	reorder_segment(&r, 0, ACK, (const uint8_t *)"ab", 2, 10, give, &g);
	CHECK_STR(g.text, "ab[8]");
	reorder_segment(&r, 20, ACK, (const uint8_t *)"cd", 2, 10, give, &g);
	reorder_segment(&r, 10, ACK, (const uint8_t *)"ef", 2, 15, give, &g);
	CHECK_STR(g.text, "ab[8]ef[8]cd[8]");
	CHECK_EQ(r.next, 30);
	reorder_segment(&r, 30, ACK, NULL, 0, 5, give, &g);
	CHECK_EQ(r.missing, 29);
	CHECK_EQ(r.given, 6);
}

TEST(one_byte_at_a_time_backwards)
{
	enum { N = 1000 };
	struct reorder r = { 0 };
	struct got g = { 0 };
	char text[2] = "", want[N + 1] = "";

	put(&r, &g, 0, SYN, "");
	for (unsigned i = N; i > 0; i--) {
		text[0] = want[i - 1] = (char)('a' + i % 26);
		put(&r, &g, i, ACK, text);
		put(&r, &g, i, ACK, "?"); /* contradicts: the first counts */
	}
	CHECK_STR(g.text, want);
	CHECK_EQ(g.calls, N);
	CHECK_EQ(r.segments, 0);
}

TEST(no_more_than_the_limits_waits)
{
	static uint8_t big[60000];
	struct reorder r = { 0 };
	struct got g = { 0 };
	unsigned most = 0;

	put(&r, &g, 0, SYN, "");
	for (uint32_t i = 0; i < 3 * REORDER_SEGMENTS; i++) { /* every second byte */
		put(&r, &g, 10 + 2 * i, ACK, "x");
		most = r.segments > most ? r.segments : most;
	}
	CHECK_EQ(most, REORDER_SEGMENTS);
	CHECK_EQ(r.overflows, 2 * REORDER_SEGMENTS);
	reorder_end(&r, give, &g);
	CHECK_EQ(r.given, 3 * REORDER_SEGMENTS);
	CHECK_EQ(r.given, g.bytes);
	CHECK_EQ(r.missing, g.gaps);
	CHECK_EQ(r.given + r.missing, r.next - 1);
	reorder_release(&r);

	for (uint32_t i = 0; i < 100; i++) { /* 6 MB behind a gap */
		reorder_segment(&r, i ? i * sizeof(big) + 1 : 0, ACK, big, sizeof(big), sizeof(big), give, &g);
		CHECK(r.bytes <= REORDER_BYTES);
	}
	CHECK_EQ(r.overflows, 1); /* then it is in order again */
	CHECK_EQ(r.missing, 1);
	CHECK_EQ(r.given, 100 * sizeof(big));
}

TEST(limits_can_be_chosen)
{
	struct reorder r = { .max_segments = 2, .max_bytes = 5 };
	struct got g = { 0 };

	put(&r, &g, 0, ACK, "a");
	put(&r, &g, 3, ACK, "def");
	put(&r, &g, 8, ACK, "ij");
	put(&r, &g, 12, ACK, "m"); /* the first gap is given up */
	CHECK_STR(g.text, "a[2]def");
	CHECK_EQ(r.overflows, 1);
	put(&r, &g, 20, ACK, "0123456789"); /* more than may ever wait */
	CHECK_STR(g.text, "a[2]def[2]ij[2]m[7]0123456789");
	reorder_release(&r);
	CHECK_EQ(r.max_segments, 2);
	CHECK_EQ(r.max_bytes, 5);
	CHECK(!r.begun);
}
