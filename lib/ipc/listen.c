/* SPDX-License-Identifier: MIT */
/*
 * The listening socket of the server: whose it is, and who may come in.
 *
 * PATH.lock is held (flock) for the life of the daemon. Who holds it may replace a socket that nobody answers; it is
 * never necessary to guess from a connection alone. A daemon that was killed leaves both files behind and the lock free.
 */
#include "server_private.h"

#include "ipc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ACCEPT_PER_ROUND = 64,
	BACKLOG = 4096,          /* the kernel takes less if net.core.somaxconn says so */
	LOCK_TRIES = 20,         /* of 50 ms: children of a daemon that was killed end a moment after it */
	FDS_RESERVED = 256       /* descriptors that clients leave to everything else */
};

static void unix_address(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, path, strlen(path) + 1); /* ipc_path_check was there */
}

/* The process that listens there, 0 if it cannot be seen, -1 if nobody answers. */
static pid_t answering(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a;
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	pid_t pid = -1;

	unix_address(&a, path);
	/* EAGAIN: its queue is full, so there is somebody */
	if (fd >= 0 && (!connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EAGAIN))
		pid = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ? 0 : peer.pid;
	if (fd >= 0)
		close(fd);
	return pid;
}

static int another(const char *path, pid_t pid, struct errmsg *err)
{
	if (pid > 0)
		return errmsg_set(err, NW_EFAIL, "another netwatchd (pid %d) answers at %s", (int)pid, path);
	return errmsg_set(err, NW_EFAIL, "another netwatchd answers at %s", path);
}

static pid_t pid_in_lock(int fd)
{
	char text[16] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* One try: 1 when the lock is ours, 0 when another holds it or it changed below us. */
static int try_lock(struct ipc_server *s, const char *name, pid_t *holder, struct errmsg *err)
{
	struct stat mine, there;
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		return errmsg_set(err, NW_EPERM, "cannot write %s: %s; choose another place for the socket, --socket or NWBOX_SOCKET",
				  name, strerror(errno));
	if (fd < 0)
		return errmsg_errno(err, "cannot open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int e = errno;

		*holder = pid_in_lock(fd);
		close(fd);
		errno = e;
		return e == EWOULDBLOCK ? 0 : errmsg_errno(err, "cannot lock %s", name);
	}
	/* who ended orderly has removed the file that we hold */
	if (fstat(fd, &mine) || stat(name, &there) || mine.st_ino != there.st_ino || mine.st_dev != there.st_dev) {
		close(fd);
		return 0;
	}
	s->lock_fd = fd;
	return 1;
}

static int take_lock(struct ipc_server *s, struct errmsg *err)
{
	char name[sizeof(s->path) + 8], text[16];
	pid_t holder = 0;
	int rc = 0;

	snprintf(name, sizeof(name), "%s.lock", s->path);
	for (int i = 0; i < LOCK_TRIES && !rc; i++) {
		pid_t pid;

		rc = try_lock(s, name, &holder, err);
		if (rc)
			break;
		pid = answering(s->path);
		if (pid >= 0)
			return another(s->path, pid ? pid : holder, err);
		usleep(50000);
	}
	if (rc < 0)
		return rc;
	if (!rc)
		return errmsg_set(err, NW_EFAIL, "another netwatchd (pid %d) holds %s but does not answer", (int)holder, name);
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(s->lock_fd, 0) || pwrite(s->lock_fd, text, strlen(text), 0) < 0)
		return errmsg_errno(err, "cannot write %s", name);
	return 0;
}

static int make_folder(const char *path, struct errmsg *err)
{
	char folder[sizeof(((struct ipc_server *)0)->path)];
	const char *slash = strrchr(path, '/');
	mode_t mask;
	int rc;

	if (!slash || slash == path)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if (!access(folder, F_OK))
		return 0;
	mask = umask(022);
	rc = mkdir(folder, 0755);
	umask(mask);
	return rc && errno != EEXIST ? errmsg_errno(err, "cannot make %s for the socket", folder) : 0;
}

/* What lies at the path: nothing, or a socket that nobody answers any more, which goes. We hold the lock. */
static int clear_path(const struct ipc_server *s, struct errmsg *err)
{
	struct stat st;
	pid_t pid;

	if (lstat(s->path, &st))
		return errno == ENOENT ? 0 : errmsg_errno(err, "cannot look at %s", s->path);
	if (!S_ISSOCK(st.st_mode))
		return errmsg_set(err, NW_EINPUT, "%s exists and is no socket: remove it or choose another path", s->path);
	pid = answering(s->path);
	if (pid >= 0)
		return another(s->path, pid, err);
	return unlink(s->path) && errno != ENOENT ? errmsg_errno(err, "cannot remove the stale socket %s", s->path) : 0;
}

static int bind_socket(struct ipc_server *s, struct errmsg *err)
{
	unsigned mode = s->o.mode ? s->o.mode : 0660;
	struct sockaddr_un a;
	struct stat st;
	mode_t mask;
	int rc;

	s->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener.fd < 0)
		return errmsg_errno(err, "cannot make a socket");
	unix_address(&a, s->path);
	mask = umask(0177); /* rights for others come when the group is right */
	rc = bind(s->listener.fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (rc)
		return errmsg_errno(err, "cannot make the socket %s", s->path);
	if (lstat(s->path, &st))
		return errmsg_errno(err, "cannot look at %s", s->path);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if (s->o.group != (gid_t)-1 && chown(s->path, (uid_t)-1, s->o.group))
		return errmsg_errno(err, "cannot give %s to group %u", s->path, (unsigned)s->o.group);
	if (chmod(s->path, mode))
		return errmsg_errno(err, "cannot give %s the mode %04o", s->path, mode);
	return 0;
}

/* Clients get what the limit of descriptors leaves; the limit goes up as far as it may. */
static void limit_clients(struct ipc_server *s)
{
	struct rlimit r;
	rlim_t reserved = FDS_RESERVED;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	if (r.rlim_cur < r.rlim_max && r.rlim_cur < s->o.max_clients + FDS_RESERVED) {
		rlim_t want = s->o.max_clients + FDS_RESERVED;
		struct rlimit more = { want < r.rlim_max ? want : r.rlim_max, r.rlim_max };

		if (!setrlimit(RLIMIT_NOFILE, &more))
			r = more;
	}
	if (reserved > r.rlim_cur / 2)
		reserved = r.rlim_cur / 2;
	if (s->o.max_clients > r.rlim_cur - reserved)
		s->o.max_clients = (unsigned)(r.rlim_cur - reserved);
}

/* ---- newcomers -------------------------------------------------------------------- */

static void refuse(struct ipc_server *s, int fd, const char *code, const char *why)
{
	char frame[400];
	size_t len = error_frame(frame, sizeof(frame), code, why);

	s->counts.refused++;
	if (send(fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) /* an empty socket has room, unless it is gone */
		s->counts.disconnected++;
	close(fd);
}

/* Does this user have too much of the table? Asked only when it is nearly full. */
static bool one_user_has_too_many(const struct ipc_server *s, uid_t uid)
{
	unsigned held = 0, limit = s->o.max_clients - s->o.max_clients / 4;

	if (uid == 0 || uid == geteuid() || s->counts.clients < limit)
		return false;
	for (struct ipc_node *n = s->all.next; n != &s->all; n = n->next)
		held += container_of(n, struct ipc_client, all)->peer.uid == uid;
	return held >= limit;
}

static void welcome(struct ipc_server *s, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char why[120];
	struct ipc_client *c;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		refuse(s, fd, "permission", "your credentials are not known");
		return;
	}
	if (s->counts.clients >= s->o.max_clients) {
		snprintf(why, sizeof(why), "%u clients are connected already, which is the limit (max_clients)", s->counts.clients);
		refuse(s, fd, "limit", why);
		return;
	}
	if (one_user_has_too_many(s, peer.uid)) {
		snprintf(why, sizeof(why), "user %u has three quarters of the %u connections there may be (max_clients)",
			 (unsigned)peer.uid, s->o.max_clients);
		refuse(s, fd, "limit", why);
		return;
	}
	c = client_new(s, fd, &peer);
	if (!c)
		return;
	s->counts.accepted++;
	if (s->o.on_open)
		s->o.on_open(c);
}

/* Takes the place of a descriptor. A duplicate, as the daemon may not open files any more. */
static void spare_open(struct ipc_server *s)
{
	s->spare_fd = fcntl(s->listener.fd, F_DUPFD_CLOEXEC, 0);
}

/* No descriptors are left: the spare one makes room to tell the newcomer, else the loop would turn around it. 1: told;
 * 0: there is no newcomer (the kernel says EMFILE before it looks); -1: no room can be made. */
static int refuse_without_fds(struct ipc_server *s)
{
	int fd, e;

	if (s->spare_fd < 0)
		return -1;
	close(s->spare_fd);
	fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	e = errno;
	if (fd >= 0)
		refuse(s, fd, "limit", "the daemon has no descriptors left");
	spare_open(s);
	return fd >= 0 ? 1 : e == EMFILE || e == ENFILE ? -1 : 0;
}

static void listener_ready(struct loop_fd *h, uint32_t events)
{
	struct ipc_server *s = container_of(h, struct ipc_server, listener);

	(void)events;
	for (int i = 0; i < ACCEPT_PER_ROUND; i++) {
		int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), told;

		if (fd >= 0) {
			welcome(s, fd);
			continue;
		}
		if (errno != EMFILE && errno != ENFILE)
			return; /* none left; or one that is gone again, the next round has the others */
		told = refuse_without_fds(s);
		if (told < 0)
			server_pause(s);
		if (told <= 0)
			return;
	}
}

/* ---- the whole ----------------------------------------------------------------------- */

static int adopt(struct ipc_server *s, struct errmsg *err)
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a) - 1;
	int listening = 0;
	socklen_t size = sizeof(listening);

	s->adopted = true;
	s->listener.fd = s->o.listen_fd;
	if (getsockopt(s->o.listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) || !listening ||
	    getsockname(s->o.listen_fd, (struct sockaddr *)&a, &len) || a.sun_family != AF_UNIX)
		return errmsg_set(err, NW_EINPUT, "descriptor %d is no listening Unix socket", s->o.listen_fd);
	snprintf(s->path, sizeof(s->path), "%s", a.sun_path);
	if (fcntl(s->o.listen_fd, F_SETFL, O_NONBLOCK) || fcntl(s->o.listen_fd, F_SETFD, FD_CLOEXEC))
		return errmsg_errno(err, "cannot use descriptor %d", s->o.listen_fd);
	return 0;
}

static int listen_at_path(struct ipc_server *s, struct errmsg *err)
{
	int rc = ipc_path_check(s->o.path, err);

	if (rc)
		return rc;
	snprintf(s->path, sizeof(s->path), "%s", s->o.path);
	if ((rc = make_folder(s->path, err)) || (rc = take_lock(s, err)) || (rc = clear_path(s, err)) ||
	    (rc = bind_socket(s, err)))
		return rc;
	return listen(s->listener.fd, BACKLOG) ? errmsg_errno(err, "cannot listen at %s", s->path) : 0;
}

int server_listen(struct ipc_server *s, struct errmsg *err)
{
	int rc = s->o.listen_fd >= 0 ? adopt(s, err) : listen_at_path(s, err);

	if (rc)
		return rc;
	limit_clients(s);
	spare_open(s);
	s->listener.events = LOOP_READ;
	s->listener.ready = listener_ready;
	return loop_add_fd(s->loop, &s->listener, err);
}

void server_unlisten(struct ipc_server *s)
{
	char name[sizeof(s->path) + 8];
	struct stat st;

	loop_remove_fd(&s->listener);
	if (s->listener.fd >= 0)
		close(s->listener.fd);
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	if (s->ino && !lstat(s->path, &st) && st.st_ino == s->ino && st.st_dev == s->dev)
		unlink(s->path);
	if (s->lock_fd >= 0) { /* removed before it is let go: who waits for it notices */
		snprintf(name, sizeof(name), "%s.lock", s->path);
		unlink(name);
		close(s->lock_fd);
	}
}

int ipc_adopted_fd(void)
{
	enum { FIRST_FD = 3 };
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long count = fds ? strtol(fds, NULL, 10) : 0;
	bool ours = pid && strtol(pid, NULL, 10) == (long)getpid() && count > 0 && count < 1024;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (long i = 1; ours && i < count; i++)
		close((int)(FIRST_FD + i));
	return ours ? FIRST_FD : -1;
}
