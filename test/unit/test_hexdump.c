/* SPDX-License-Identifier: MIT */
/* Layout of the byte views, which people compare with tcpdump's, and what a terminal may be sent. */
#include "check.h"
#include "export/hexdump.h"

static char text[4096];

static const char *hex(const void *data, uint32_t len, bool ascii)
{
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	hexdump_put(&o, data, len, ascii);
	return outbuf_cstr(&o);
}

static const char *ascii(const void *data, uint32_t len)
{
	struct outbuf o;

	outbuf_fixed(&o, text, sizeof(text));
	hexdump_ascii(&o, data, len);
	return outbuf_cstr(&o);
}

TEST(hexdump_whole_line)
{
	CHECK_STR(hex("E\0\0\x54 abcdefghij\xff", 16, false), "\n\t0x0000:  4500 0054 2061 6263 6465 6667 6869 6aff");
	CHECK_STR(hex("E\0\0\x54 abcdefghij\xff", 16, true),
		  "\n\t0x0000:  4500 0054 2061 6263 6465 6667 6869 6aff  E..T.abcdefghij.");
}

TEST(hexdump_ascii_column_stays_in_place)
{
	const char *full = hex("0123456789abcdef", 16, true);
	size_t column = (size_t)(strstr(full, "0123456789abcdef") - full);

	for (uint32_t n = 1; n < 16; n++) {
		const char *line = hex("ABCDEFGHIJKLMNOP", n, true);

		CHECK_EQ((intmax_t)strlen(line), (intmax_t)(column + n));
		CHECK(!memcmp(line + column, "ABCDEFGHIJKLMNOP", n));
	}
}

TEST(hexdump_second_line_and_long_offsets)
{
	static uint8_t zero[70000];
	static char big[400000];
	struct outbuf o;

	CHECK_STR(strrchr(hex("0123456789abcdefX", 17, false), '\n'), "\n\t0x0010:  58");
	outbuf_fixed(&o, big, sizeof(big));
	hexdump_put(&o, zero, sizeof(zero), false);
	CHECK(!o.cut);
	CHECK(strstr(outbuf_cstr(&o), "\n\t0xfff0:  ") != NULL);
	CHECK(strstr(big, "\n\t0x10000:  ") != NULL);
}

TEST(hexdump_nothing)
{
	CHECK_STR(hex("", 0, true), "");
	CHECK_STR(ascii("", 0), "\n");
}

TEST(hexdump_ascii_is_harmless)
{
	CHECK_STR(ascii("GET /\r\nHost:\ta\x1b[2J\xc3\xa9\x7f", 21), "\nGET /\nHost:\ta.[2J...");
	CHECK_STR(ascii("lone \r here", 11), "\nlone . here");
}
