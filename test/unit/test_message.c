/* SPDX-License-Identifier: MIT */
/* What reaches a terminal of a message that quotes foreign bytes. */
#include "base/message.h"
#include "check.h"

#include <string.h>
#include <unistd.h>

static char said[8192];

/* What standard error got, from a pipe in its place. */
static const char *tell(const char *text)
{
	int ends[2], before = dup(2);
	ssize_t n;

	if (!CHECK(!pipe(ends)))
		return "";
	dup2(ends[1], 2);
	message_print("prog", text);
	dup2(before, 2);
	close(before);
	close(ends[1]);
	n = read(ends[0], said, sizeof(said) - 1);
	close(ends[0]);
	said[n > 0 ? n : 0] = 0;
	return said;
}

TEST(message_escapes)
{
	CHECK_STR(tell("plain, with ü"), "prog: plain, with ü\n");
	CHECK_STR(tell("a\033[2Jb\r\a"), "prog: a\\x1b[2Jb\\r\\x07\n");
	CHECK_STR(tell("column 1\nprt\n^~~"), "prog: column 1\nprt\n^~~\n");
	CHECK_STR(tell("\n\033\n"), "prog: \n\\x1b\n\n");
	CHECK_STR(tell(""), "prog: \n");
}

TEST(message_is_cut)
{
	char text[6000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	tell(text);
	CHECK(strlen(said) > 4000 && strlen(said) <= 4096);
	CHECK_EQ(said[strlen(said) - 1], '\n');
}
