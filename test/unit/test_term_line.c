/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "term/line.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void offer(void *user, const char *text, size_t cursor, struct line_candidates *c)
{
	static const char *const all[] = { "show", "sessions", "start", "stats", "status" };

	(void)user;
	c->from = cursor;
	while (c->from && text[c->from - 1] != ' ')
		c->from--;
	for (unsigned i = 0; i < 5; i++)
		if (!strncmp(all[i], text + c->from, cursor - c->from))
			line_candidate_add(c, all[i]);
}

/* Keys as text; the last result. */
static enum line_result type(struct line *l, const char *text)
{
	enum line_result r = LINE_MORE;
	struct keys k = { .n = 0 };
	uint32_t key;

	for (; *text; text++) {
		keys_feed(&k, text, 1);
		while ((key = keys_next(&k, false)))
			r = line_key(l, key);
	}
	while ((key = keys_next(&k, true)))
		r = line_key(l, key);
	return r;
}

static const char *typed(const char *text)
{
	static char result[LINE_MAX_BYTES];
	struct line *l = line_new(offer, NULL);

	type(l, text);
	snprintf(result, sizeof(result), "%s", line_text(l, NULL));
	line_free(l);
	return result;
}

TEST(editing)
{
	CHECK_STR(typed("abc"), "abc");
	CHECK_STR(typed("abc\x7f"), "ab");
	CHECK_STR(typed("abc\033[D\033[Dx"), "axbc");
	CHECK_STR(typed("abc\001x"), "xabc");
	CHECK_STR(typed("abc\001\004"), "bc");
	CHECK_STR(typed("one two\027three"), "one three");
	CHECK_STR(typed("one two\027\031\031"), "one twotwo");
	CHECK_STR(typed("one two\025x"), "x");
	CHECK_STR(typed("one two\033b\013x"), "one x");
	CHECK_STR(typed("\303\244\303\266\x7f"), "\303\244");
	CHECK_STR(typed("\303\244b\033[D\033[Dx"), "x\303\244b");
	CHECK_STR(typed("\x7f\033[3~\027\033[D\033[C"), "");
	CHECK_STR(typed("a\033[200~b\rc\033[201~"), "ab c");
}

TEST(results)
{
	struct line *l = line_new(NULL, NULL);

	CHECK_EQ(type(l, "\004"), LINE_END);
	CHECK_EQ(type(l, "a\004"), LINE_MORE);
	CHECK_EQ(type(l, "\003"), LINE_CANCELLED);
	CHECK_EQ(type(l, "\r"), LINE_DONE);
	CHECK_EQ(type(l, "\014"), LINE_CLEAR);
	CHECK_EQ(type(l, "\t"), LINE_MORE);
	line_free(l);
	line_free(NULL);
}

TEST(a_line_has_a_ceiling)
{
	struct line *l = line_new(NULL, NULL);

	for (int i = 0; i < LINE_MAX_BYTES + 100; i++)
		type(l, "x");
	CHECK_EQ(strlen(line_text(l, NULL)), LINE_MAX_BYTES - 1);
	line_free(l);
}

TEST(completion)
{
	struct line *l = line_new(offer, NULL);
	char text[512];
	struct outbuf o;

	CHECK_STR(typed("sh\t"), "show ");
	CHECK_STR(typed("st\t"), "sta");
	CHECK_STR(typed("st\tt\tu\t"), "status ");
	CHECK_STR(typed("x se\ty"), "x sessions y");
	CHECK_STR(typed("nothing\t"), "nothing");
	CHECK_EQ(type(l, "sta\t"), LINE_LIST);
	outbuf_fixed(&o, text, sizeof(text));
	line_list(l, 20, &o);
	CHECK_STR(outbuf_cstr(&o), "start   stats\r\nstatus\r\n");
	line_free(l);
}

TEST(a_long_line_scrolls)
{
	struct line *l = line_new(NULL, NULL);
	char text[512];
	struct outbuf o;

	line_start(l, "> ");
	type(l, "0123456789abcdefghij");
	outbuf_fixed(&o, text, sizeof(text));
	line_draw(l, 12, &o);
	CHECK_STR(outbuf_cstr(&o), "\r> bcdefghij\033[K\r\033[11C");
	line_free(l);
}

TEST(history)
{
	char path[] = "/tmp/nwbox-history.XXXXXX";
	struct stat st;
	struct line *l = line_new(NULL, NULL);
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	CHECK_EQ(line_history_open(l, path, NULL), 0);
	line_history_add(l, "first");
	line_history_add(l, "second");
	line_history_add(l, "second");
	line_history_add(l, "  ");
	line_history_add(l, " hidden");
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(st.st_size, 13);
	line_free(l);

	l = line_new(NULL, NULL);
	CHECK_EQ(line_history_open(l, path, NULL), 0);
	line_start(l, "");
	type(l, "typed\033[A");
	CHECK_STR(line_text(l, NULL), "second");
	type(l, "\033[A\033[A");
	CHECK_STR(line_text(l, NULL), "first");
	type(l, "\033[B\033[B");
	CHECK_STR(line_text(l, NULL), "typed");
	for (int i = 0; i < 2 * HISTORY_LINES_MAX + 10; i++) {
		char line[32];

		snprintf(line, sizeof(line), "line %d", i);
		line_history_add(l, line);
	}
	line_free(l);

	l = line_new(NULL, NULL); /* found too long: the newest are written anew */
	CHECK_EQ(line_history_open(l, path, NULL), 0);
	CHECK_EQ(stat(path, &st), 0);
	CHECK(st.st_size < 11 * HISTORY_LINES_MAX);
	CHECK_EQ(st.st_mode & 0777, 0600);
	line_start(l, "");
	type(l, "\033[A");
	CHECK_STR(line_text(l, NULL), "line 2009");
	line_free(l);
	unlink(path);
}
