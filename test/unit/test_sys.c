/* SPDX-License-Identifier: MIT */
/* The drop of privileges, tried out in child processes: what must be gone is asked for, what must work is done. */
#include "check.h"
#include "sys/netns.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], other[64];

static bool make_dirs(void)
{
	snprintf(dir, sizeof(dir), "/tmp/nwbox-sys-XXXXXX");
	snprintf(other, sizeof(other), "/tmp/nwbox-oth-XXXXXX");
	return mkdtemp(dir) && mkdtemp(other);
}

static void remove_dirs(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/a", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/b", dir);
	unlink(path);
	rmdir(dir);
	rmdir(other);
}

/* What a dropped process finds; the bits come back as its exit status. */
enum { NO_SOCKET = 1, NO_EXEC = 2, NO_FORK = 4, CAN_WRITE = 8, NOT_ELSEWHERE = 16, NO_READ = 32, CAN_RENAME = 64, CAN_THREAD = 128 };

static int create(const char *in, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void *nothing(void *user)
{
	return user;
}

static int look_around(void)
{
	pthread_t thread;
	char a[128], b[128], *argv[] = { (char *)"true", NULL };
	int found = 0, fd;
	pid_t child;

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	found |= fd < 0 && errno == EPERM ? NO_SOCKET : 0;
	execve("/bin/true", argv, argv + 1);
	found |= errno == EPERM || errno == EACCES ? NO_EXEC : 0;
	child = fork();
	if (!child)
		_exit(0);
	found |= child < 0 ? NO_FORK : 0;
	if (!pthread_create(&thread, NULL, nothing, NULL)) {
		found |= CAN_THREAD;
		pthread_join(thread, NULL);
	}
	found |= create(dir, "a") ? CAN_WRITE : 0;
	found |= create(other, "a") ? 0 : NOT_ELSEWHERE;
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	found |= fd < 0 ? NO_READ : 0;
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	found |= !rename(a, b) ? CAN_RENAME : 0;
	return found;
}

static int in_child(const struct privilege_needs *needs, struct privilege_report *r)
{
	int pipe_fds[2], status = -1;
	pid_t child;

	if (pipe(pipe_fds))
		return -1;
	child = fork();
	if (!child) {
		struct privilege_report mine = { 0 };
		int bad = privilege_drop(needs, &mine, NULL);
		ssize_t n = write(pipe_fds[1], &mine, sizeof(mine));

		if (bad || n < 0)
			abort();
		_exit(look_around());
	}
	close(pipe_fds[1]);
	if (read(pipe_fds[0], r, sizeof(*r)) != (ssize_t)sizeof(*r))
		memset(r, 0, sizeof(*r));
	close(pipe_fds[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(after_the_drop_only_one_directory_is_left)
{
	struct privilege_report r;
	int found;

	if (!CHECK(make_dirs()))
		return;
	found = in_child(&(struct privilege_needs){ .write_dir = dir }, &r);
	CHECK(found >= 0);
	CHECK(r.no_new_privs && r.capabilities_dropped && !r.user_changed);
	CHECK(found & CAN_WRITE);
	CHECK(found & CAN_RENAME);
	CHECK(found & CAN_THREAD); /* of this process: they share its sandbox */
	if (r.landlock) {
		CHECK(found & NOT_ELSEWHERE);
		CHECK(found & NO_READ);
		CHECK(found & NO_EXEC);
	} else {
		CHECK(strstr(r.notes, "Landlock"));
	}
	if (r.seccomp)
		CHECK_EQ(found & (NO_SOCKET | NO_EXEC | NO_FORK), NO_SOCKET | NO_EXEC | NO_FORK);
	else
		CHECK(r.notes[0]);
	remove_dirs();
}

TEST(without_a_directory_nothing_can_be_made)
{
	struct privilege_report r;
	int found;

	if (!CHECK(make_dirs()))
		return;
	found = in_child(&(struct privilege_needs){ 0 }, &r);
	CHECK(found >= 0);
	if (r.landlock)
		CHECK_EQ(found & (CAN_WRITE | NOT_ELSEWHERE), NOT_ELSEWHERE);
	remove_dirs();
}

TEST(unknown_users_and_groups_are_named)
{
	struct privilege_report r;
	struct errmsg err;

	CHECK_EQ(privilege_drop(&(struct privilege_needs){ .user = "nosuchuser" }, &r, &err), NW_EINPUT);
	CHECK(strstr(err.text, "nosuchuser"));
	CHECK_EQ(privilege_drop(&(struct privilege_needs){ .user = "root", .group = "nosuchgroup" }, &r, &err), NW_EINPUT);
	CHECK(strstr(err.text, "nosuchgroup"));
	CHECK(!r.no_new_privs); /* nothing was dropped by these two calls */
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

TEST(namespaces_that_do_not_exist)
{
	struct errmsg err;
	int back;

	CHECK_EQ(netns_enter("no-such-namespace", &back, &err), NW_EINPUT);
	CHECK(strstr(err.text, "no-such-namespace: no such network namespace"));
	CHECK_EQ(netns_enter("4294967294", &back, &err), NW_EINPUT);
	CHECK(strstr(err.text, "process"));
	CHECK_EQ(netns_enter("", &back, &err), NW_EINPUT);
	CHECK_EQ(netns_enter("/nonexistent/net", &back, &err), NW_ESYS);
	CHECK_EQ(back, -1);
}

TEST(into_a_namespace_and_back)
{
	char here[64] = "", there[64] = "";
	struct errmsg err;
	int back, bad = netns_enter("/proc/self/ns/net", &back, &err);

	if (bad == NW_EPERM)
		return; /* not root: the message is what counts, and test/net enters real ones */
	if (!CHECK_EQ(bad, 0))
		return;
	CHECK(readlink("/proc/self/ns/net", there, sizeof(there) - 1) > 0);
	CHECK_EQ(netns_leave(back, &err), 0);
	CHECK(readlink("/proc/self/ns/net", here, sizeof(here) - 1) > 0);
	CHECK_STR(here, there);
	CHECK_EQ(netns_enter("/proc/self/ns/uts", &back, &err), NW_EINPUT);
	CHECK(strstr(err.text, "is not a network namespace"));
}
