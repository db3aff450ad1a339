/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "base/unicode.h"
#include "term/keys.h"

#include <stdlib.h>

/* All keys of `bytes`, fed in pieces of `piece`. */
static unsigned keys_of(const char *bytes, size_t len, size_t piece, uint32_t *out, unsigned max)
{
	struct keys k = { .n = 0 };
	unsigned n = 0;
	uint32_t key;

	for (size_t at = 0; at < len; at += piece) {
		keys_feed(&k, bytes + at, len - at < piece ? len - at : piece);
		while ((key = keys_next(&k, false)) && n < max)
			out[n++] = key;
	}
	while ((key = keys_next(&k, true)) && n < max)
		out[n++] = key;
	return n;
}

static const struct {
	const char *bytes;
	uint32_t key;
} one[] = {
	{ "a", 'a' }, { "\r", KEY_ENTER }, { "\n", KEY_ENTER }, { "\t", KEY_TAB }, { "\x7f", KEY_BACKSPACE }, { "\b", KEY_BACKSPACE },
	{ "\x03", KEY_CTRL('c') }, { "\303\244", 0xe4 }, { "\342\202\254", 0x20ac }, { "\360\237\230\200", 0x1f600 },
	{ "\033[A", KEY_UP }, { "\033OB", KEY_DOWN }, { "\033[C", KEY_RIGHT }, { "\033[D", KEY_LEFT }, { "\033[H", KEY_HOME },
	{ "\033OF", KEY_END }, { "\033[5~", KEY_PAGE_UP }, { "\033[6~", KEY_PAGE_DOWN }, { "\033[3~", KEY_DELETE },
	{ "\033[2~", KEY_INSERT }, { "\033[1~", KEY_HOME }, { "\033[Z", KEY_BACKTAB }, { "\033OP", KEY_F1 }, { "\033[24~", KEY_F12 },
	{ "\033[[B", KEY_F1 + 1 }, { "\033[1;5C", KEY_RIGHT | KEY_CONTROL }, { "\033[3;2~", KEY_DELETE | KEY_SHIFT },
	{ "\033[1;3A", KEY_UP | KEY_ALT }, { "\033b", 'b' | KEY_ALT }, { "\033\x7f", KEY_BACKSPACE | KEY_ALT },
	{ "\033[200~", KEY_PASTE }, { "\033[201~", KEY_PASTE_END }, { "\033[?1;2c", KEY_UNKNOWN }, { "\033", KEY_ESCAPE },
};

TEST(each_key_at_every_split)
{
	for (unsigned i = 0; i < sizeof(one) / sizeof(*one); i++)
		for (size_t piece = 1; piece <= strlen(one[i].bytes); piece++) {
			uint32_t key[4] = { 0 };
			unsigned n = keys_of(one[i].bytes, strlen(one[i].bytes), piece, key, 4);

			if (!CHECK_EQ(n, 1) || !CHECK_EQ(key[0] & 0x1ffffff, one[i].key & 0x1ffffff) || !CHECK_EQ(key[0], one[i].key))
				fprintf(stderr, "# key %u in pieces of %zu\n", i, piece);
		}
}

TEST(a_sequence_of_keys)
{
	static const char bytes[] = "ab\033[A\033[1;5D\303\244\033\033[B\r";
	static const uint32_t want[] = { 'a', 'b', KEY_UP, KEY_LEFT | KEY_CONTROL, 0xe4, KEY_ESCAPE, KEY_DOWN, KEY_ENTER };

	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		uint32_t key[16];
		unsigned n = keys_of(bytes, sizeof(bytes) - 1, piece, key, 16);

		CHECK_EQ(n, 8);
		for (unsigned i = 0; i < n && i < 8; i++)
			CHECK_EQ(key[i], want[i]);
	}
}

/* Whatever comes, it ends, and no key is 0 or beyond the names. */
TEST(any_bytes)
{
	srand(7);
	for (int round = 0; round < 2000; round++) {
		char bytes[200];
		uint32_t key[400];
		unsigned n;

		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(rand() % 4 ? rand() : "\033[O;1~"[rand() % 6]);
		n = keys_of(bytes, sizeof(bytes), 1 + (size_t)(rand() % 40), key, 400);
		CHECK(n <= sizeof(bytes));
		for (unsigned i = 0; i < n; i++)
			if ((key[i] & 0x3ffffff & ~(KEY_SHIFT | KEY_ALT)) > KEY_UNKNOWN)
				CHECK_EQ(key[i], 0);
	}
}

TEST(characters_there_and_back)
{
	uint32_t c;
	char bytes[4];

	for (uint32_t v = 1; v < 0x110000; v += v < 0x3000 ? 1 : 977) {
		size_t n;

		if (v >= 0xd800 && v < 0xe000)
			continue;
		n = unicode_put(bytes, v);
		CHECK_EQ(unicode_take(bytes, n, &c), n);
		CHECK_EQ(c, v);
	}
	CHECK_EQ(unicode_take("\300\200", 2, &c), 1);
	CHECK_EQ(c, 0xfffd);
	CHECK_EQ(unicode_take("\355\240\200", 3, &c), 1);
	CHECK_EQ(unicode_take("\342\202", 2, &c), 1);
	CHECK_EQ(unicode_columns('a'), 1);
	CHECK_EQ(unicode_columns(0x4e2d), 2);
	CHECK_EQ(unicode_columns(0x301), 0);
}
