/* SPDX-License-Identifier: MIT */
/*
 * Entering a network namespace. ip-netns(8) keeps a name as a bind mount of the
 * namespace at /run/netns/NAME; a process has its own at /proc/PID/ns/net.
 * A socket belongs for ever to the namespace in which it was made, so it is enough to be there
 * while opening.
 */
#include "sys/netns.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char names_dir[] = "/run/netns";

static int no_such_name(const char *which, struct errmsg *err)
{
	struct text_nearest near = { .word = which };
	char best[256] = "";
	DIR *d = opendir(names_dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		near.best = best[0] ? best : NULL;
		text_nearest_try(&near, e->d_name);
		if (near.best == e->d_name) /* readdir's memory is short-lived */
			snprintf(best, sizeof(best), "%s", e->d_name);
	}
	if (d)
		closedir(d);
	if (best[0])
		return errmsg_set(err, NW_EINPUT, "%s: no such network namespace; did you mean %s? (ip netns list)", which,
				  best);
	return errmsg_set(err, NW_EINPUT, "%s: no such network namespace; give a name of `ip netns list`, a PID or a path",
			  which);
}

static void close_quietly(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

/*
 * Opens what is there only when it is a namespace: opening a device or a FIFO can act or wait for ever, and the path may be
 * another user's word. What was looked at is what is opened, by its descriptor.
 */
static int open_path(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char again[32];
	struct statfs s;

	if (place < 0)
		return -1;
	if (!fstatfs(place, &s)) {
		errno = EINVAL;
		if ((uint32_t)s.f_type == NSFS_MAGIC) {
			snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
			fd = open(again, O_RDONLY | O_CLOEXEC);
		}
	}
	close_quietly(place);
	return fd;
}

static int not_opened(const char *which, struct errmsg *err)
{
	if (errno == EINVAL)
		return errmsg_set(err, NW_EINPUT, "%s is not a network namespace", which);
	return errmsg_errno(err, "network namespace %s", which);
}

static int open_namespace(const char *which, struct errmsg *err)
{
	char path[512];
	uint64_t pid;
	int fd;

	if (strchr(which, '/')) {
		fd = open_path(which);
		return fd >= 0 ? fd : not_opened(which, err);
	}
	if (!*which || strlen(which) > 255)
		return errmsg_set(err, NW_EINPUT, "a network namespace needs a name, a PID or a path");
	snprintf(path, sizeof(path), "%s/%s", names_dir, which);
	fd = open_path(path);
	if (fd >= 0)
		return fd;
	if (!text_parse_u64(which, &pid))
		return errno == ENOENT ? no_such_name(which, err) : not_opened(which, err);
	snprintf(path, sizeof(path), "/proc/%s/ns/net", which);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return errmsg_set(err, NW_EINPUT, "network namespace %s: there is no process with this number", which);
	if (errno == EACCES || errno == EPERM)
		return errmsg_set(err, NW_EPERM, "network namespace of process %s: it is another user's process; run as root", which);
	return errmsg_errno(err, "network namespace of process %s", which);
}

int netns_enter(const char *which, int *back, struct errmsg *err)
{
	int there = open_namespace(which, err);

	*back = -1;
	if (there < 0)
		return there;
	*back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*back < 0) {
		close(there);
		return errmsg_errno(err, "cannot remember this network namespace (is /proc mounted?)");
	}
	if (setns(there, CLONE_NEWNET)) {
		int code = errno == EINVAL ? errmsg_set(err, NW_EINPUT, "%s is not a network namespace", which) :
			   errno == EPERM ? errmsg_set(err, NW_EPERM, "network namespace %s: entering it needs "
						       "the capability CAP_SYS_ADMIN; run as root", which) :
					    errmsg_errno(err, "network namespace %s", which);

		close(there);
		close(*back);
		*back = -1;
		return code;
	}
	close(there);
	return 0;
}

int netns_leave(int back, struct errmsg *err)
{
	int code = setns(back, CLONE_NEWNET) ? errmsg_errno(err, "cannot return to the first network namespace") : 0;

	close(back);
	return code;
}
