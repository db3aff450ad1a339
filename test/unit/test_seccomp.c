/* SPDX-License-Identifier: MIT */
/* The system call filter of the helper that looks at other processes: which sockets and namespaces it may still have. */
#include "check.h"

#include "../../lib/sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What each call came to, as an exit status: the filter cannot be taken off again. */
static int in_child(int (*what)(void))
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox_seccomp(&(struct privilege_needs){ .look_at_others = true }) != 1)
			_exit(255); /* this kernel or this architecture has none */
		errno = 0;
		what();
		_exit(errno);
	}
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int netlink_fd, file_fd;

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static int open_inet(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int open_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int open_packets(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static int bind_it(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };

	return bind(netlink_fd, (const struct sockaddr *)&any, sizeof(any));
}

/* No namespace at all: the kernel says EINVAL, if it is asked. */
static int enter_network(void)
{
	return setns(file_fd, CLONE_NEWNET);
}

static int enter_mounts(void)
{
	return setns(file_fd, CLONE_NEWNS);
}

static int enter_any(void)
{
	return setns(file_fd, 0);
}

TEST(look_at_others)
{
	netlink_fd = open_netlink();
	file_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in_child(open_netlink) == 255)
		return;
	CHECK(in_child(open_netlink) == 0);
	CHECK(in_child(open_inet) == EPERM);
	CHECK(in_child(open_unix) == EPERM);
	CHECK(in_child(open_packets) == EPERM);
	CHECK(in_child(bind_it) == EPERM);
	CHECK(in_child(enter_network) == EINVAL);
	CHECK(in_child(enter_mounts) == EPERM);
	CHECK(in_child(enter_any) == EPERM);
	close(netlink_fd);
	close(file_fd);
}
