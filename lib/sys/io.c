/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: see sys/io.h. Whoever hands us a non-blocking descriptor (a
 * shell that set O_NONBLOCK on a shared terminal or pipe, say) still gets whole
 * reads and writes: EAGAIN waits in poll().
 */
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	poll(&p, 1, -1); /* an error shows at the next read or write */
}

/* True when the call that just failed is worth repeating. */
static bool try_again(int fd, short events)
{
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	wait_for(fd, events);
	return true;
}

int io_write_all(int fd, const void *data, size_t len, const char *name, struct errmsg *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			if (try_again(fd, POLLOUT))
				continue;
			return errmsg_errno(err, "%s", name);
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_writev_all(int fd, struct iovec *iov, int count, const char *name, struct errmsg *err)
{
	while (count > 0) {
		ssize_t n = writev(fd, iov, count < IOV_MAX ? count : IOV_MAX);

		if (n < 0) {
			if (try_again(fd, POLLOUT))
				continue;
			return errmsg_errno(err, "%s", name);
		}
		while (count > 0 && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

long io_read(int fd, void *data, size_t len, const char *name, struct errmsg *err)
{
	for (;;) {
		ssize_t n = read(fd, data, len);

		if (n >= 0)
			return n;
		if (!try_again(fd, POLLIN)) {
			errmsg_errno(err, "%s", name);
			return NW_ESYS;
		}
	}
}

/* An unprivileged user may have less than he asks for (fs.pipe-max-size, and the
 * sum over all his pipes), so take what can be had, halving. */
void io_grow_pipe(int fd, size_t bytes)
{
	int now = fcntl(fd, F_GETPIPE_SZ);

	if (now < 0) /* no pipe */
		return;
	for (; bytes > (size_t)now && bytes <= INT_MAX; bytes /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, (int)bytes) >= 0)
			return;
}

bool io_is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool io_is_terminal(int fd)
{
	return isatty(fd);
}

/* ---- files that appear at once or not at all -------------------------------------- */

/* "dir/.NAME.PID.part" for "dir/NAME". */
static bool temporary_name(char *out, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	int n = snprintf(out, size, "%.*s.%s.%ld.part", dir, path, path + dir, (long)getpid());

	return n > 0 && (size_t)n < size;
}

/* A pipe, a device, a socket: nothing to put a finished file in place of. */
static int open_in_place(struct outfile *f, struct errmsg *err)
{
	f->temporary[0] = '\0';
	f->fd = open(f->path, O_WRONLY | O_CLOEXEC);
	return f->fd < 0 ? errmsg_errno(err, "%s: cannot write to it", f->path) : 0;
}

int outfile_open(struct outfile *f, const char *path, struct errmsg *err)
{
	struct stat st;
	mode_t mode = 0666;

	f->fd = -1;
	f->temporary[0] = '\0';
	if (strlen(path) >= sizeof(f->path))
		return errmsg_set(err, NW_EINPUT, "the file name is longer than %zu bytes; use a shorter one", sizeof(f->path));
	memcpy(f->path, path, strlen(path) + 1);
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return errmsg_set(err, NW_EINPUT, "%s: is a directory; name a file in it", path);
		if (!S_ISREG(st.st_mode))
			return open_in_place(f, err);
		mode = st.st_mode & 0777;
		if (!realpath(path, f->path)) /* a link stays a link: what it names is replaced */
			return errmsg_errno(err, "%s", path);
	}
	if (!temporary_name(f->temporary, sizeof(f->temporary), f->path))
		return errmsg_set(err, NW_EINPUT, "%s: the name is too long; use a shorter one", path);
	f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (f->fd < 0)
		return errmsg_errno(err, "%s: cannot create it", path);
	if (mode != 0666 && fchmod(f->fd, mode) < 0 && errno != EPERM) {
		int rc = errmsg_errno(err, "%s: cannot set its mode", path);

		outfile_abort(f);
		return rc;
	}
	return 0;
}

int outfile_commit(struct outfile *f, struct errmsg *err)
{
	int rc = 0;

	/* close() reports what a network file system could not write */
	if (close(f->fd) < 0 && errno != EINTR)
		rc = errmsg_errno(err, "%s", f->path);
	f->fd = -1;
	if (!rc && f->temporary[0] && rename(f->temporary, f->path) < 0)
		rc = errmsg_errno(err, "%s: cannot give the file its name", f->path);
	if (rc)
		outfile_abort(f);
	return rc;
}

void outfile_abort(struct outfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->temporary[0])
		unlink(f->temporary);
	f->temporary[0] = '\0';
}
