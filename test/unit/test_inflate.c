/* SPDX-License-Identifier: MIT */
#include "base/outbuf.h"
#include "check.h"
#include "pcapio/inflate.h"

#include <stdlib.h>

/* "hello, hello, hello" three ways */
static const uint8_t bare[] = { 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2, 0x00 };
static const uint8_t zlib[] = { 0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2, 0x00, 0x44, 0x28, 0x06, 0xd5 };
static const uint8_t gzip[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7,
				0x51, 0xc8, 0x40, 0xa2, 0x00, 0x9f, 0xa1, 0xca, 0x09, 0x13, 0x00, 0x00, 0x00 };

struct got {
	char text[256];
	struct outbuf o;
	size_t max;
};

static bool give(void *user, const uint8_t *data, uint32_t len)
{
	struct got *g = user;

	outbuf_bytes(&g->o, data, len);
	return !g->max || outbuf_len(&g->o) < g->max;
}

static enum inflater_result feed(struct got *g, const uint8_t *data, size_t len, size_t piece)
{
	struct inflater *i = inflater_new();
	enum inflater_result rc = INFLATE_MORE;

	outbuf_fixed(&g->o, g->text, sizeof(g->text));
	for (size_t at = 0; at < len && rc < INFLATE_STOPPED; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		uint8_t *copy = malloc(n);

		memcpy(copy, data + at, n);
		rc = inflater_data(i, copy, (uint32_t)n, give, g);
		free(copy);
	}
	outbuf_cstr(&g->o);
	inflater_free(i);
	return rc;
}

#define CHECK_CONTENT(bytes) \
	for (size_t piece = 1; piece <= sizeof(bytes); piece++) { \
		struct got g = { .max = 0 }; \
		if (!CHECK_EQ(feed(&g, bytes, sizeof(bytes), piece), INFLATE_END) || !CHECK_STR(g.text, "hello, hello, hello")) \
			break; \
	}

TEST(every_kind_in_pieces)
{
	if (!ENABLE_GZIP)
		SKIP("built without gzip");
	CHECK_CONTENT(bare);
	CHECK_CONTENT(zlib);
	CHECK_CONTENT(gzip);
}

TEST(several_members_are_one)
{
	uint8_t two[2 * sizeof(gzip) + 3];

	if (!ENABLE_GZIP)
		SKIP("built without gzip");
	memcpy(two, gzip, sizeof(gzip));
	memcpy(two + sizeof(gzip), gzip, sizeof(gzip));
	memcpy(two + 2 * sizeof(gzip), "end", 3);
	for (size_t piece = 1; piece <= sizeof(two); piece++) {
		struct got g = { .max = 0 };

		if (!CHECK_EQ(feed(&g, two, sizeof(two), piece), INFLATE_END) ||
		    !CHECK_STR(g.text, "hello, hello, hellohello, hello, hello"))
			break;
	}
}

TEST(damaged_cut_and_enough)
{
	struct got g = { .max = 0 };
	uint8_t bad[sizeof(gzip)];
	struct inflater *i;

	if (!ENABLE_GZIP)
		SKIP("built without gzip");
	memcpy(bad, gzip, sizeof(bad));
	bad[10] = 0xff; /* no kind of block */
	CHECK_EQ(feed(&g, bad, sizeof(bad), sizeof(bad)), INFLATE_DAMAGED);
	CHECK_EQ(feed(&g, gzip, sizeof(gzip) - 9, sizeof(gzip)), INFLATE_MORE);
	g.max = 5;
	CHECK_EQ(feed(&g, gzip, sizeof(gzip), sizeof(gzip)), INFLATE_STOPPED);
	i = inflater_new();
	CHECK_EQ(inflater_data(i, (const uint8_t *)"<html>", 6, give, &g), INFLATE_DAMAGED);
	CHECK(!inflater_begun(i)); /* it never was any */
	inflater_free(i);
}
