/* SPDX-License-Identifier: MIT */
/* Following a key log: lines come out whole wherever the writer's pieces end, and nothing but keys does. */
#include "check.h"

#include "pcapio/keylog.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_key(const char *line)
{
	return keylog_is_key(line, strlen(line));
}

TEST(what_is_a_key)
{
	CHECK(is_key("CLIENT_RANDOM 0011 aaBB"));
	CHECK(is_key("CLIENT_TRAFFIC_SECRET_0 0011 00"));
	CHECK(!is_key(""));
	CHECK(!is_key("# CLIENT_RANDOM 00 11"));
	CHECK(!is_key("CLIENT_RANDOM 0011"));
	CHECK(!is_key("CLIENT_RANDOM 0011 "));
	CHECK(!is_key("CLIENT_RANDOM 001 aabb"));
	CHECK(!is_key("CLIENT_RANDOM  0011 aabb"));
	CHECK(!is_key("CLIENT_RANDOM 0011 aabb "));
	CHECK(!is_key("CLIENT_RANDOM 0011 aabb cc"));
	CHECK(!is_key("client_random 0011 aabb"));
	CHECK(!is_key(" 0011 aabb"));
	CHECK(!is_key("0RTT 0011 aabb"));
	CHECK(!is_key("CLIENT_RANDOM 0011 aab\x1b"));
}

/* Everything that is there now, appended to `all`. */
static size_t drain(struct keylog *k, char *all, size_t at)
{
	struct errmsg err = { "" };
	const char *lines;
	size_t len;
	int rc;

	while ((rc = keylog_read(k, &lines, &len, &err)) > 0) {
		CHECK(len && lines[len - 1] == '\n');
		memcpy(all + at, lines, len);
		at += len;
	}
	CHECK_EQ(rc, 0);
	return at;
}

static const char written[] = "# by hand\nCLIENT_RANDOM 00 11\r\n\njunk\nSERVER_HANDSHAKE_TRAFFIC_SECRET 22 33\nEXPORTER_SECRET 44 55\n";
static const char wanted[] = "CLIENT_RANDOM 00 11\nSERVER_HANDSHAKE_TRAFFIC_SECRET 22 33\nEXPORTER_SECRET 44 55\n";

TEST(pieces_may_end_anywhere)
{
	for (size_t piece = 1; piece < sizeof(written); piece++) {
		int fd = memfd_create("keys", MFD_CLOEXEC), in;
		struct errmsg err = { "" };
		char all[400], path[64];
		struct keylog *k;
		size_t at = 0;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		in = open(path, O_RDONLY);
		CHECK_EQ(keylog_open_fd(&k, in, "keys", &err), 0);
		for (size_t i = 0; i < sizeof(written) - 1; i += piece) {
			size_t n = sizeof(written) - 1 - i < piece ? sizeof(written) - 1 - i : piece;

			CHECK_EQ(write(fd, written + i, n), n);
			at = drain(k, all, at);
		}
		CHECK_EQ(at, sizeof(wanted) - 1);
		CHECK_MEM(all, wanted, at);
		CHECK_EQ(keylog_left_out(k), 1);
		keylog_close(k);
		close(fd);
	}
}

TEST(an_emptied_file_is_read_again_and_endless_lines_end)
{
	static char longest[200000];
	int fd = memfd_create("keys", MFD_CLOEXEC), in;
	struct errmsg err = { "" };
	char all[400], path[64];
	struct keylog *k;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	in = open(path, O_RDONLY);
	CHECK_EQ(keylog_open_fd(&k, in, "keys", &err), 0);
	memset(longest, 'A', sizeof(longest));
	CHECK_EQ(write(fd, longest, sizeof(longest)), sizeof(longest));
	CHECK_EQ(write(fd, "\nA 00 11\nhalf", 13), 13);
	CHECK_EQ(drain(k, all, 0), 8);
	CHECK_EQ(keylog_left_out(k), 1);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, "B 22 33\n", 8, 0), 8);
	CHECK_EQ(drain(k, all, 0), 8);
	CHECK_MEM(all, "B 22 33\n", 8);
	keylog_close(k);
	close(fd);
}

TEST(a_pipe_is_never_waited_for)
{
	struct errmsg err = { "" };
	struct keylog *k;
	char all[100];
	int ends[2];

	CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
	CHECK_EQ(keylog_open_fd(&k, ends[0], "keys", &err), 0);
	CHECK_EQ(drain(k, all, 0), 0);
	CHECK_EQ(write(ends[1], "A 00 11\nB", 9), 9);
	CHECK_EQ(drain(k, all, 0), 8);
	close(ends[1]);
	CHECK_EQ(drain(k, all, 0), 0);
	keylog_close(k);
}

TEST(keylog_refusals)
{
	struct errmsg err = { "" };
	struct keylog *k;

	CHECK_EQ(keylog_open(&k, "/nonexistent/keys", &err), NW_ESYS);
	CHECK(strstr(err.text, "touch"));
	CHECK_EQ(keylog_open(&k, "/", &err), NW_EINPUT);
	CHECK_EQ(keylog_open(&k, "/dev/null", &err), NW_EINPUT);
}
