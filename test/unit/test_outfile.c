/* SPDX-License-Identifier: MIT */
/* Files that appear at once or not at all (sys/io.h). */
#include "check.h"
#include "sys/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "outfile.XXXXXX";
static struct outfile f;
static struct errmsg err;

static int enter(void)
{
	const char *tmp = getenv("TMPDIR");

	return chdir(tmp ? tmp : "/tmp") || !mkdtemp(dir) || chdir(dir);
}

static const char *content(const char *path)
{
	static char text[64];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return fd < 0 ? "none" : text;
}

TEST(appears_when_committed)
{
	if (!CHECK_EQ(enter(), 0) || !CHECK_EQ(outfile_open(&f, "a", &err), 0))
		return;
	CHECK_EQ(io_write_all(f.fd, "one", 3, "a", &err), 0);
	CHECK_STR(content("a"), "none");
	CHECK_EQ(outfile_commit(&f, &err), 0);
	CHECK_STR(content("a"), "one");
}

TEST(aborted_leaves_the_old_one)
{
	CHECK_EQ(outfile_open(&f, "a", &err), 0);
	CHECK_EQ(io_write_all(f.fd, "two", 3, "a", &err), 0);
	outfile_abort(&f);
	CHECK_STR(content("a"), "one");
}

TEST(mode_and_link_stay)
{
	struct stat st;

	CHECK_EQ(chmod("a", 0640), 0);
	CHECK_EQ(symlink("a", "link"), 0);
	CHECK_EQ(outfile_open(&f, "link", &err), 0);
	CHECK_EQ(io_write_all(f.fd, "three", 5, "a", &err), 0);
	CHECK_EQ(outfile_commit(&f, &err), 0);
	CHECK_STR(content("a"), "three");
	CHECK(!lstat("link", &st) && S_ISLNK(st.st_mode));
	CHECK(!stat("a", &st) && (st.st_mode & 0777) == 0640);
}

/* `nwexport -o /dev/null` once replaced the device by a file. */
TEST(device_and_fifo_are_written_in_place)
{
	struct stat st;
	int reader;
	char text[8] = "";

	CHECK_EQ(outfile_open(&f, "/dev/null", &err), 0);
	CHECK_EQ(outfile_commit(&f, &err), 0);
	CHECK(!stat("/dev/null", &st) && S_ISCHR(st.st_mode));
	CHECK_EQ(mkfifo("pipe", 0600), 0);
	reader = open("pipe", O_RDONLY | O_NONBLOCK);
	CHECK_EQ(outfile_open(&f, "pipe", &err), 0);
	CHECK_EQ(io_write_all(f.fd, "four", 4, "pipe", &err), 0);
	outfile_abort(&f);
	CHECK_EQ(read(reader, text, sizeof(text)), 4);
	close(reader);
	CHECK(!stat("pipe", &st) && S_ISFIFO(st.st_mode));
}

TEST(bad_places)
{
	CHECK_EQ(outfile_open(&f, ".", &err), NW_EINPUT);
	CHECK_EQ(outfile_open(&f, "missing/a", &err), NW_ESYS);
	unlink("a");
	unlink("link");
	unlink("pipe");
	CHECK(!chdir("..") && !rmdir(dir));
}
