/* SPDX-License-Identifier: MIT */
/* Application protocols of servers: what their files share, and what golden text does not show. */
#include "check.h"
#include "decode/ber.h"

static struct ber element;

/* The first element of `n` bytes. */
static bool ber_of(const char *text, size_t n)
{
	struct cursor c = cursor_over((const uint8_t *)text, n, false);

	return ber_next(&c, &element) && !c.cut;
}

#define BER(text) ber_of(text, sizeof(text) - 1)

TEST(ber_lengths)
{
	CHECK(BER("\x04\x00"));
	CHECK_EQ(element.len, 0);
	CHECK(BER("\x30\x03" "abc"));
	CHECK_EQ(element.tag, BER_SEQUENCE);
	CHECK_EQ(cursor_left(&element.c), 3);
	CHECK(BER("\x04\x81\x01" "a"));
	CHECK(BER("\x04\x84\x00\x00\x00\x01" "a"));
	CHECK_EQ(element.len, 1);
	CHECK(!BER("\x04\x80" "a"));                         /* indefinite */
	CHECK(!BER("\x04\x85\x00\x00\x00\x00\x01" "a"));     /* five bytes of length */
	CHECK(!BER("\x1f\x20\x01" "a"));                     /* a tag of several bytes */
	CHECK(!BER("\x04"));
	CHECK(!BER("\x04\x82\x00"));
	CHECK(!BER("\x04\x03" "ab"));                        /* longer than its cursor: given, but cut */
	CHECK_EQ(cursor_left(&element.c), 2);
	CHECK(!ber_whole(&element));
}

TEST(ber_numbers)
{
	int64_t i = 0;
	uint64_t u = 0;

	CHECK(BER("\x02\x01\x80") && ber_int(&element, &i) && ber_uint(&element, &u));
	CHECK_EQ(i, -128);
	CHECK_EQ(u, 128);
	CHECK(BER("\x02\x02\x00\x80") && ber_int(&element, &i));
	CHECK_EQ(i, 128);
	CHECK(BER("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff") && ber_uint(&element, &u));
	CHECK(u == UINT64_MAX);
	CHECK(BER("\x02\x09\x01\xff\xff\xff\xff\xff\xff\xff\xff") && !ber_uint(&element, &u));
	CHECK(BER("\x02\x00") && !ber_int(&element, &i));
}

static const char *oid(const char *text, size_t n, bool good)
{
	static char out[64];
	struct outbuf o;

	outbuf_fixed(&o, out, sizeof(out));
	CHECK_EQ(ber_oid_text(&o, cursor_over((const uint8_t *)text, n, false)), good);
	return outbuf_cstr(&o);
}

TEST(ber_oids)
{
	CHECK_STR(oid("\x2b\x06\x01\x02\x01", 5, true), "1.3.6.1.2.1");
	CHECK_STR(oid("\x88\x37\x03", 3, true), "2.999.3"); /* X.690 section 8.19.5 */
	CHECK_STR(oid("\x00\x00", 2, true), "0.0.0");
	CHECK_STR(oid("\x2b\x8f\xff\xff\xff\x7f", 6, true), "1.3.4294967295");
	CHECK_STR(oid("\x2b\x90\x80\x80\x80\x00", 6, false), "1.3");
	CHECK_STR(oid("\x2b\x86", 2, false), "1.3");
	CHECK_STR(oid("", 0, true), "");
}
