/* SPDX-License-Identifier: MIT */
/* Bundles as files: made aside, synced, named; leftovers and the oldest removed. Only files and folders of our own depth. */
#include "bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_MODE = 0750, FILE_MODE = 0640, LISTED_MAX = 4096 };

bool bundle_name_valid(const char *name)
{
	return *name && *name != '.' && strlen(name) < BUNDLE_NAME_MAX &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

void bundle_problem(struct bundle *b, const char *what, const char *why)
{
	if (b->problem_count < BUNDLE_PROBLEMS_MAX)
		snprintf(b->problems[b->problem_count++], sizeof(b->problems[0]), "%s: %.250s", what, why);
}

/* Opens a directory below `at` for readdir(); NULL when it is none. */
static DIR *list(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

static void remove_bundle(int all_fd, const char *name)
{
	DIR *d = list(all_fd, name);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	unlinkat(all_fd, name, AT_REMOVEDIR);
}

static bool is_part(const char *name)
{
	size_t n = strlen(name);

	return name[0] == '.' && n > 6 && !strcmp(name + n - 5, ".part");
}

/* Those that nobody holds: another freeze of the session may be under way. */
static void remove_parts(int all_fd)
{
	DIR *d = list(all_fd, ".");

	for (struct dirent *e; d && (e = readdir(d));) {
		int fd = is_part(e->d_name) ? openat(all_fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			remove_bundle(all_fd, e->d_name);
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
}

bool bundle_part_over(int all_fd, const char *name)
{
	char part[BUNDLE_NAME_MAX + 8];
	bool held;
	int fd;

	snprintf(part, sizeof(part), ".%.*s.part", BUNDLE_NAME_MAX - 1, name);
	fd = openat(all_fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return true;
	held = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
	if (!held)
		remove_bundle(all_fd, part);
	close(fd);
	return !held;
}

int bundle_begin(struct bundle *b, int session_fd, const char *name, struct errmsg *err)
{
	struct stat st;

	snprintf(b->name, sizeof(b->name), "%s", name);
	if (mkdirat(session_fd, "bundles", DIRECTORY_MODE) && errno != EEXIST)
		return errmsg_errno(err, "cannot make the folder of bundles");
	b->all_fd = openat(session_fd, "bundles", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->all_fd < 0)
		return errmsg_errno(err, "the folder of bundles");
	if (!fstatat(b->all_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errmsg_set(err, NW_EINPUT, "there is a bundle %s already", name);
	remove_parts(b->all_fd);
	snprintf(b->part, sizeof(b->part), ".%s.part", name);
	if (mkdirat(b->all_fd, b->part, DIRECTORY_MODE)) {
		b->part[0] = 0; /* another's, who is at it */
		return errmsg_errno(err, "bundle %s: cannot make its folder", name);
	}
	b->fd = openat(b->all_fd, b->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->fd < 0)
		return errmsg_errno(err, "bundle %s: its folder", name);
	flock(b->fd, LOCK_EX | LOCK_NB); /* against remove_parts() of others; it goes with the process */
	return 0;
}

int bundle_file(const struct bundle *b, const char *name, int *rc, struct errmsg *err)
{
	int fd = openat(b->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	*rc = fd < 0 ? errmsg_errno(err, "bundle %s: cannot make %s", b->name, name) : 0;
	return fd;
}

/* Without this a name could come back after a power loss before what it names. */
static int sync_all(const struct bundle *b, struct errmsg *err)
{
	DIR *d = list(b->fd, ".");
	int rc = 0;

	for (struct dirent *e; !rc && d && (e = readdir(d));) {
		int fd = e->d_name[0] == '.' ? -1 : openat(b->fd, e->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0 && fsync(fd))
			rc = errmsg_errno(err, "bundle %s: %s", b->name, e->d_name);
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	if (!rc && fsync(b->fd))
		rc = errmsg_errno(err, "bundle %s", b->name);
	return rc;
}

int bundle_finish(struct bundle *b, struct errmsg *err)
{
	int rc = sync_all(b, err);

	if (!rc && renameat(b->all_fd, b->part, b->all_fd, b->name))
		rc = errmsg_errno(err, "bundle %s: cannot give it its name", b->name);
	if (rc)
		return rc;
	fsync(b->all_fd);
	b->part[0] = 0;
	return 0;
}

void bundle_abandon(struct bundle *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->all_fd >= 0 && b->part[0])
		remove_bundle(b->all_fd, b->part);
	if (b->all_fd >= 0)
		close(b->all_fd);
	b->fd = b->all_fd = -1;
}

/* The one that was finished first, and how many there are. */
static unsigned oldest_bundle(int all_fd, char name[BUNDLE_NAME_MAX])
{
	struct timespec oldest = { 0 };
	DIR *d = list(all_fd, ".");
	unsigned count = 0;

	for (struct dirent *e; d && count < LISTED_MAX && (e = readdir(d));) {
		struct stat st;

		if (!bundle_name_valid(e->d_name) || fstatat(all_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
			continue;
		if (!count++ || st.st_mtim.tv_sec < oldest.tv_sec ||
		    (st.st_mtim.tv_sec == oldest.tv_sec && st.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = st.st_mtim;
			snprintf(name, BUNDLE_NAME_MAX, "%.*s", BUNDLE_NAME_MAX - 1, e->d_name);
		}
	}
	if (d)
		closedir(d);
	return count;
}

static uint64_t folder_bytes(int all_fd, const char *name)
{
	DIR *d = list(all_fd, name);
	uint64_t bytes = 0;
	struct stat st;

	for (struct dirent *e; d && (e = readdir(d));)
		if (!fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	return bytes;
}

static uint64_t all_bytes(int all_fd)
{
	DIR *d = list(all_fd, ".");
	uint64_t bytes = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			bytes += folder_bytes(all_fd, e->d_name);
	if (d)
		closedir(d);
	return bytes;
}

bool bundle_room(const struct bundle *b, uint64_t bytes)
{
	char name[BUNDLE_NAME_MAX];

	for (unsigned left = LISTED_MAX; left; left--) {
		if (all_bytes(b->all_fd) <= bytes)
			return true;
		if (!oldest_bundle(b->all_fd, name))
			return false;
		remove_bundle(b->all_fd, name);
	}
	return false;
}

void bundle_keep(const struct bundle *b, uint64_t keep)
{
	char name[BUNDLE_NAME_MAX];

	for (unsigned left = LISTED_MAX; keep && left; left--) {
		if (oldest_bundle(b->all_fd, name) <= keep)
			return;
		remove_bundle(b->all_fd, name);
	}
}
