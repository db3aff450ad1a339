/* SPDX-License-Identifier: MIT */
/* The byte search against the obvious one, and the regular expressions. */
#include "../../lib/filter/internal.h"

#include "check.h"

#include <stdlib.h>

static bool obvious_find(const uint8_t *needle, size_t n, const uint8_t *hay, size_t len)
{
	for (size_t i = 0; i + n <= len; i++)
		if (!memcmp(hay + i, needle, n))
			return true;
	return false;
}

/* Every needle length at every place of haystacks of every length up to a few vectors; the haystack ends at the end of its
 * memory, so that a sanitizer sees a byte too many. */
TEST(needle_at_every_place)
{
	for (size_t len = 0; len <= 150; len++) {
		uint8_t *hay = malloc(len ? len : 1);

		for (size_t n = 1; n <= len && n <= 20; n += 1 + n / 4)
			for (size_t at = 0; at + n <= len; at++) {
				uint8_t bytes[20];
				struct needle needle;

				memset(hay, 'a', len);
				memset(bytes, 'a', n);
				bytes[n / 2] = 'q';
				hay[at + n / 2] = 'q';
				needle_init(&needle, bytes, (uint32_t)n, false);
				if (!CHECK(needle_find(&needle, hay, len)))
					return;
				hay[at + n / 2] = 'p';
				if (!CHECK(!needle_find(&needle, hay, len)))
					return;
			}
		free(hay);
	}
}

TEST(needle_in_random_bytes)
{
	uint8_t hay[400];
	unsigned found = 0;

	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)rand() % sizeof(hay), n = 1 + (size_t)rand() % 4;
		uint8_t bytes[4];
		struct needle needle;
		bool want;

		for (size_t i = 0; i < len; i++)
			hay[i] = (uint8_t)(rand() % 7);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(rand() % 7);
		needle_init(&needle, bytes, (uint32_t)n, false);
		want = obvious_find(bytes, n, hay, len);
		found += want;
		if (!CHECK_EQ(needle_find(&needle, hay, len), want))
			return;
	}
	CHECK(found > 1000 && found < 19000);
}

TEST(needle_without_case)
{
	static const struct {
		const char *needle, *hay;
		bool found;
	} all[] = {
		{ "get", "xxGeTxx", true },	  { "get", "ge", false },
		{ "a@b", "xA@Bx", true },	  { "a@b", "xa`bx", false },
		{ "[x", "{X [X", true },	  { "[x", "{X {X", false },
		{ "index.html", "............................/INDEX.HTML", true },
		{ "z", "................................................................Z", true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct needle n;

		needle_init(&n, (const uint8_t *)all[i].needle, (uint32_t)strlen(all[i].needle), true);
		check_report(needle_find(&n, (const uint8_t *)all[i].hay, strlen(all[i].hay)) == all[i].found, __FILE__, __LINE__,
			     "%s in %s", all[i].needle, all[i].hay);
	}
}

/* 1 match, 0 none, -1 error */
static int regex_says(const char *pattern, const char *text, size_t len)
{
	struct pool pool = { NULL };
	const char *why;
	uint32_t at;
	struct regex *re = regex_compile(&pool, (const uint8_t *)pattern, (uint32_t)strlen(pattern), &why, &at);
	int says = re ? regex_search(re, (const uint8_t *)text, len) : -1;

	pool_release(&pool);
	return says;
}

TEST(regex)
{
	static const struct {
		const char *pattern, *text;
		int match;
	} all[] = {
		{ "abc", "xxabcxx", 1 }, { "abc", "xxABCxx", 1 }, { "(?-i)abc", "xxABCxx", 0 }, { "abc", "ab", 0 }, { "", "", 1 },
		{ "", "x", 1 }, { "a.c", "abc", 1 }, { "a.c", "a\nc", 0 }, { "(?s)a.c", "a\nc", 1 }, { "a|b", "xxb", 1 },
		{ "a|b|c", "xxc", 1 }, { "a|b|c", "xxd", 0 }, { "ab|cd", "ad", 0 }, { "x(ab|cd)y", "xcdy", 1 }, { "x(ab|cd)y", "xady", 0 },
		{ "x(|ab)y", "xy", 1 }, { "(?:ab)+", "xabab", 1 }, { "a*b", "b", 1 }, { "a*b", "aaab", 1 }, { "^a*b$", "aaac", 0 },
		{ "a+b", "b", 0 }, { "a+b", "ab", 1 }, { "xa?b", "xb", 1 }, { "xa?b", "xaab", 0 }, { "^a{3}$", "aaa", 1 },
		{ "^a{3}$", "aa", 0 }, { "^a{3}$", "aaaa", 0 }, { "^a{2,}$", "aaaaa", 1 }, { "^a{2,}$", "a", 0 }, { "^a{2,4}$", "aaaa", 1 },
		{ "^a{2,4}$", "aaaaa", 0 }, { "^a{2,4}$", "a", 0 }, { "^a{0}b$", "b", 1 }, { "^a{0,1}b$", "ab", 1 }, { "^a{0,}b$", "aab", 1 },
		{ "^(ab){2}$", "abab", 1 }, { "^(a|bc){2,3}$", "abca", 1 }, { "^(a|bc){2,3}$", "abcabc", 0 }, { "a{x}", "a{x}", 1 },
		{ "a{,2}", "a{,2}", 1 }, { "{", "{", 1 }, { "^abc", "xabc", 0 }, { "^abc", "abcx", 1 }, { "abc$", "xabc", 1 },
		{ "abc$", "abcx", 0 }, { "abc$", "abc\n", 1 }, { "abc\\z", "abc\n", 0 }, { "abc\\Z", "abc\n", 1 }, { "^$", "", 1 },
		{ "^$", "a", 0 }, { "a$|b", "ab", 1 }, { "^a|b", "xb", 1 }, { "[abc]", "xxb", 1 }, { "[^abc]", "abc", 0 },
		{ "[^abc]", "abcd", 1 }, { "[a-f0-3]+$", "zzc3", 1 }, { "[]]", "]", 1 }, { "[^]]", "]", 0 }, { "[a-]", "-", 1 },
		{ "[\\]]", "]", 1 }, { "[\\d]", "5", 1 }, { "[\\w.]+@", "joe.x@", 1 }, { "[[:alpha:]]", "5x", 1 },
		{ "^[[:digit:][:space:]]+$", "1 2", 1 }, { "^[[:upper:]]$", "x", 1 }, { "(?-i)^[[:upper:]]$", "x", 0 }, { "[A-F]", "c", 1 },
		{ "[^A]", "a", 0 }, { "\\d+", "x12", 1 }, { "\\D", "12", 0 }, { "\\w", "-_", 1 }, { "\\W", "ab", 0 }, { "\\s", "a\tb", 1 },
		{ "\\S", " ", 0 }, { "\\.", "a", 0 }, { "\\.", ".", 1 }, { "\\x41", "a", 1 }, { "(?-i)\\x41", "a", 0 }, { "\\r\\n", "a\r\n", 1 },
		{ "\\bfoo\\b", "a foo b", 1 }, { "\\bfoo\\b", "afoo b", 0 }, { "\\Boo\\b", "foo", 1 }, { "\\bfoo", "foo", 1 },
		{ "a.*?c", "abbc", 1 }, { "a+?$", "aa", 1 }, { "(a*)*$", "aaab", 1 }, { "(a|a)*c", "aaaaaaaaaaaaaaaaaaaaaaaaaab", 0 },
		{ "(a*)*(a*)*(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0 }, { "get /(index|home)\\.html?", "GET /home.htm ", 1 },
		{ "http/1\\.[01]", "HTTP/1.1", 1 }, { "^[^.]+\\.example\\.(com|org)$", "www.example.org", 1 },
		{ "^[^.]+\\.example\\.(com|org)$", "a.b.example.org", 0 }, { "x*", "", 1 }, { "(x)(y)?", "x", 1 }, { "ab{0}c", "ac", 1 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int said = regex_says(all[i].pattern, all[i].text, strlen(all[i].text));

		check_report(said == all[i].match, __FILE__, __LINE__, "/%s/ on \"%s\": got %d, want %d", all[i].pattern, all[i].text,
			     said, all[i].match);
	}
	CHECK_EQ(regex_says("a\\x00b", "xa\0b", 4), 1);
	CHECK_EQ(regex_says("^\\x00{3}[\\x80-\\xff]$", "\0\0\0\x90", 4), 1);
	CHECK_EQ(regex_says("[^\\x00-\\x7f]", "plain", 5), 0);
}

TEST(regex_errors)
{
	static const char *const all[] = { "(", "(a", "a)", "[a", "[b-a]", "*", "a|*", "\\", "[\\", "a{3,2}", "a{1001}", "(?=a)", "(?<n>a)",
					   "(a)\\1", "\\q", "a++", "(?x)a", "(?i", "[[:foo:]]", "a{500}{500}",
					   "((((((((((a{10}){10}){10}){10}){10}){10}){10}){10}){10}){10})" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_report(regex_says(all[i], "a", 1) == -1, __FILE__, __LINE__, "/%s/ was accepted", all[i]);
}

/* A pattern that costs a backtracking engine years. */
TEST(regex_time_is_linear)
{
	char text[20000];

	memset(text, 'a', sizeof(text));
	CHECK_EQ(regex_says("(a+)+(a+)+(a+)+(a|aa)+b", text, sizeof(text)), 0);
}
