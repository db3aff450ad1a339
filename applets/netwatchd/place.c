/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char marker[] = "netwatchd.state";

struct place {
	int state, sessions, workers, memory, lock;
	char state_path[400], runtime_path[400];
	uid_t uid;
	gid_t gid;
};

int place_state_fd(const struct place *p)
{
	return p->state;
}

int place_sessions_fd(const struct place *p)
{
	return p->sessions;
}

int place_workers_fd(const struct place *p)
{
	return p->workers;
}

int place_memory_fd(const struct place *p)
{
	return p->memory;
}

/* ---- directories ---------------------------------------------------------------------------------- */

/* As mkdir -p; the last one gets `mode` and the owner. 1: it was made; 0: it was there. */
static int make_path(const char *path, mode_t mode, uid_t uid, gid_t gid, struct errmsg *err)
{
	char part[400];

	if (strlen(path) >= sizeof(part))
		return errmsg_set(err, NW_EINPUT, "%.100s…: the path is longer than %zu bytes", path, sizeof(part) - 1);
	for (size_t n = 1; path[n]; n++)
		if (path[n] == '/') {
			snprintf(part, sizeof(part), "%.*s", (int)n, path);
			if (mkdir(part, 0755) && errno != EEXIST)
				return errmsg_errno(err, "cannot make %s", part);
		}
	if (mkdir(path, mode)) {
		if (errno == EEXIST)
			return 0;
		return errmsg_errno(err, "cannot make %s", path);
	}
	if (chmod(path, mode) || (uid != geteuid() && chown(path, uid, gid)))
		return errmsg_errno(err, "cannot give %s to its user", path);
	return 1;
}

static int open_dir(int at, const char *name, struct errmsg *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : errmsg_errno(err, "%s", name);
}

/* A folder within, of the daemon's user. */
static int open_below(const struct place *p, int at, const char *name, struct errmsg *err)
{
	struct stat s;
	int fd;

	if (!mkdirat(at, name, 0700)) {
		if (p->uid != geteuid() && fchownat(at, name, p->uid, p->gid, AT_SYMLINK_NOFOLLOW))
			return errmsg_errno(err, "cannot give %s to its user", name);
	} else if (errno != EEXIST) {
		return errmsg_errno(err, "cannot make %s", name);
	}
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errmsg_errno(err, "%s", name);
	if (!fstat(fd, &s) && s.st_uid != p->uid) {
		close(fd);
		return errmsg_set(err, NW_EINPUT, "%s belongs to user %u, netwatchd runs as %u", name, (unsigned)s.st_uid,
				  (unsigned)p->uid);
	}
	return fd;
}

static bool is_empty(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	bool empty = true;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (struct dirent *e; empty && (e = readdir(d));)
		empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, "lost+found");
	closedir(d);
	return empty;
}

/* ---- the state directory ----------------------------------------------------------------------------- */

/* Owner, and is it ours? An empty one that root made for us is given to our user. */
static int check_state(const struct place *p, struct errmsg *err)
{
	bool marked = !faccessat(p->state, marker, F_OK, 0), empty = !marked && is_empty(p->state);
	struct stat s;

	if (fstat(p->state, &s))
		return errmsg_errno(err, "%s", p->state_path);
	if (s.st_uid != p->uid) {
		if (empty && !geteuid())
			return fchown(p->state, p->uid, p->gid) ? errmsg_errno(err, "cannot give %s to its user", p->state_path) : 0;
		return errmsg_set(err, NW_EINPUT, "%s belongs to user %u, netwatchd runs as user %u; chown -R %u %s, or take another "
				  "--state-dir", p->state_path, (unsigned)s.st_uid, (unsigned)p->uid, (unsigned)p->uid, p->state_path);
	}
	if (!marked && !empty)
		return errmsg_set(err, NW_EINPUT, "%s is not empty and is no state directory of netwatchd (there is no %s in it); take an "
				  "empty one with --state-dir", p->state_path, marker);
	return 0;
}

static int lock_state(struct place *p, struct errmsg *err)
{
	char text[80] = "", *pid;
	int len;

	p->lock = openat(p->state, marker, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (p->lock < 0)
		return errmsg_errno(err, "%s/%s", p->state_path, marker);
	if (flock(p->lock, LOCK_EX | LOCK_NB)) {
		if (read(p->lock, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		pid = strstr(text, "pid ");
		if (pid)
			pid[strcspn(pid, "\n")] = 0;
		return errmsg_set(err, NW_EFAIL, "another netwatchd (%.15s) uses %s; stop it, or take another --state-dir",
				  pid ? pid : "pid unknown", p->state_path);
	}
	if (p->uid != geteuid() && fchown(p->lock, p->uid, p->gid))
		return errmsg_errno(err, "%s/%s", p->state_path, marker);
	len = snprintf(text, sizeof(text), "netwatchd state 1\npid %d\n", (int)getpid());
	if (ftruncate(p->lock, 0) || pwrite(p->lock, text, (size_t)len, 0) != len)
		return errmsg_errno(err, "%s/%s cannot be written", p->state_path, marker);
	return 0;
}

static int open_state(struct place *p, struct errmsg *err)
{
	int rc = make_path(p->state_path, 0750, p->uid, p->gid, err);

	if (rc < 0)
		return rc;
	p->state = open_dir(AT_FDCWD, p->state_path, err);
	if (p->state < 0)
		return p->state;
	rc = check_state(p, err);
	if (!rc)
		rc = lock_state(p, err);
	if (rc)
		return rc;
	p->sessions = open_below(p, p->state, "sessions", err);
	return p->sessions < 0 ? errmsg_prefix(err, p->sessions, "%s: ", p->state_path) : 0;
}

static int open_runtime(struct place *p, struct errmsg *err)
{
	/* the socket may be in it: a user's own is nobody else's, which clients insist on below /tmp (ipc/address.c) */
	int rc = make_path(p->runtime_path, geteuid() ? 0700 : 0755, p->uid, p->gid, err), fd;
	struct stat s;

	if (rc < 0)
		return rc;
	fd = open_dir(AT_FDCWD, p->runtime_path, err);
	if (fd < 0)
		return fd;
	if (!fstat(fd, &s) && s.st_uid != p->uid && !geteuid() && s.st_uid == 0 && is_empty(fd) && fchown(fd, p->uid, p->gid))
		rc = errmsg_errno(err, "cannot give %s to its user", p->runtime_path);
	else if (!fstat(fd, &s) && s.st_uid != p->uid && s.st_uid)
		rc = errmsg_set(err, NW_EINPUT, "%s belongs to user %u, netwatchd runs as user %u; take another --runtime-dir",
				p->runtime_path, (unsigned)s.st_uid, (unsigned)p->uid);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	p->workers = open_below(p, fd, "workers", err);
	p->memory = p->workers < 0 ? p->workers : open_below(p, fd, "memory", err);
	close(fd);
	return p->memory < 0 ? errmsg_prefix(err, p->memory, "%s: ", p->runtime_path) : 0;
}

int place_open(struct place **out, const char *state_dir, const char *runtime_dir, uid_t uid, gid_t gid, struct errmsg *err)
{
	struct place *p = calloc(1, sizeof(*p));
	int rc;

	*out = p;
	if (!p)
		return errmsg_set(err, NW_ELIMIT, "no memory");
	*p = (struct place){ .state = -1, .sessions = -1, .workers = -1, .memory = -1, .lock = -1, .uid = uid, .gid = gid };
	snprintf(p->state_path, sizeof(p->state_path), "%s", state_dir);
	snprintf(p->runtime_path, sizeof(p->runtime_path), "%s", runtime_dir);
	rc = strlen(state_dir) >= sizeof(p->state_path) || strlen(runtime_dir) >= sizeof(p->runtime_path) ?
		errmsg_set(err, NW_EINPUT, "the path of a directory is longer than %zu bytes", sizeof(p->state_path) - 1) : 0;
	if (!rc)
		rc = open_state(p, err);
	if (!rc)
		rc = open_runtime(p, err);
	if (rc) {
		place_close(p);
		*out = NULL;
	}
	return rc;
}

void place_close(struct place *p)
{
	const int fds[] = { p ? p->state : -1, p ? p->sessions : -1, p ? p->workers : -1, p ? p->memory : -1, p ? p->lock : -1 };

	for (unsigned i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(p);
}

int place_memory_check(const struct place *p, struct errmsg *err)
{
	enum { TMPFS = 0x01021994 };
	const unsigned long ramfs = 0x858458f6;
	struct statfs s;

	if (fstatfs(p->memory, &s))
		return errmsg_errno(err, "%s/memory", p->runtime_path);
	if ((unsigned long)s.f_type != TMPFS && (unsigned long)s.f_type != ramfs)
		return errmsg_set(err, NW_EINPUT, "storage: memory needs %s/memory in memory, and it is on a disk; mount -t tmpfs none "
				  "%s/memory, or take a --runtime-dir below /run", p->runtime_path, p->runtime_path);
	return 0;
}

/* ---- PID file -------------------------------------------------------------------------------------------- */

int pid_file_open(const char *path, uid_t uid, gid_t gid, struct errmsg *err)
{
	char text[24] = "";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), len, rc = 0;

	if (fd < 0)
		return errmsg_errno(err, "PID file %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		text[strcspn(text, "\n")] = 0;
		rc = errmsg_set(err, NW_EFAIL, "another netwatchd (pid %s) has the PID file %s", *text ? text : "unknown", path);
	} else {
		len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
		if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len || (uid != geteuid() && fchown(fd, uid, gid)))
			rc = errmsg_errno(err, "PID file %s cannot be written", path);
	}
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

void pid_file_close(const char *path, int fd)
{
	if (fd < 0)
		return;
	/* the folder may be one that this user may not change: then an empty file says that nobody runs */
	if (ftruncate(fd, 0) == 0)
		unlink(path);
	close(fd);
}
