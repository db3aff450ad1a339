/* SPDX-License-Identifier: MIT */
/* Where the daemon is, and how one is started that is nowhere. See ipc/client.h and DESIGN section 6. */
#include "ipc/client.h"

#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 5000, START_STEP_MS = 20, START_TEXT = 400 };

static const char system_socket[] = "/run/netwatchd/netwatchd.sock";

int ipc_path_check(const char *path, struct errmsg *err)
{
	size_t len = strlen(path);

	if (!len)
		return errmsg_set(err, NW_EINPUT, "the path of the socket is empty");
	if (len > IPC_PATH_MAX)
		return errmsg_set(err, NW_EINPUT, "the path of a socket has at most %d bytes, this one has %zu: %s", IPC_PATH_MAX, len,
				  path);
	return 0;
}

/* Does somebody take connections there? */
static bool answers(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes;

	memcpy(a.sun_path, path, strlen(path) + 1); /* checked */
	yes = fd >= 0 && (!connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return yes;
}

/* $XDG_RUNTIME_DIR, if it is what it should be: ours, and we can write there. */
static bool runtime_folder(const char **folder)
{
	struct stat st;

	*folder = getenv("XDG_RUNTIME_DIR");
	return *folder && **folder == '/' && !stat(*folder, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !access(*folder, W_OK | X_OK);
}

/* The folder in /tmp, where everybody can write: it must be ours and nobody else's. */
static int private_folder(const char *folder, enum ipc_side side, struct errmsg *err)
{
	struct stat st;

	if (side == IPC_FOR_DAEMON && mkdir(folder, 0700) && errno != EEXIST)
		return errmsg_errno(err, "cannot make %s for the socket", folder);
	if (lstat(folder, &st))
		return errno == ENOENT ? 0 : errmsg_errno(err, "cannot look at %s", folder);
	if (!S_ISDIR(st.st_mode))
		return errmsg_set(err, NW_EPERM, "%s is no folder: somebody else made it; use --socket or NWBOX_SOCKET", folder);
	if (st.st_uid != geteuid())
		return errmsg_set(err, NW_EPERM, "%s belongs to user %u, not to you: use --socket or NWBOX_SOCKET", folder,
				  (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return errmsg_set(err, NW_EPERM, "%s is open to others (mode %04o): chmod 700 it", folder, st.st_mode & 07777u);
	return 0;
}

static int default_path(char *path, size_t size, enum ipc_side side, struct errmsg *err)
{
	const char *folder;
	char temporary[64];

	if (geteuid() == 0) {
		snprintf(path, size, "%s", system_socket);
		return 0;
	}
	if (runtime_folder(&folder) && (size_t)snprintf(path, size, "%s/netwatchd.sock", folder) < size)
		return 0;
	snprintf(temporary, sizeof(temporary), "/tmp/netwatchd-%u", (unsigned)geteuid());
	snprintf(path, size, "%s/netwatchd.sock", temporary);
	return private_folder(temporary, side, err);
}

/* A daemon leaves the folder it was started in, so the path is made absolute; one that would be too long then stays. */
static void take_given(struct ipc_address *a, const char *given)
{
	char here[IPC_PATH_MAX + 1];
	int n = sizeof(a->path);

	if (*given != '/' && getcwd(here, sizeof(here)))
		n = snprintf(a->path, sizeof(a->path), "%s%s%s", here, here[1] ? "/" : "", given);
	if (n >= (int)sizeof(a->path))
		snprintf(a->path, sizeof(a->path), "%s", given);
}

int ipc_address(struct ipc_address *a, const char *option, const char *config, enum ipc_side side, struct errmsg *err)
{
	const char *environment = getenv("NWBOX_SOCKET"), *given = environment && *environment ? environment : config;
	int rc;

	if (option)
		given = option;
	a->from = option ? "--socket" : given == config ? "the configuration" : "NWBOX_SOCKET";
	if (given) {
		rc = ipc_path_check(given, err);
		if (rc)
			return errmsg_prefix(err, rc, "%s: ", a->from);
		take_given(a, given);
		return 0;
	}
	a->from = "the default";
	rc = default_path(a->path, sizeof(a->path), side, err);
	if (side == IPC_FOR_CLIENT && geteuid() != 0 && (rc || !answers(a->path)) && answers(system_socket)) {
		snprintf(a->path, sizeof(a->path), "%s", system_socket);
		rc = 0;
	}
	return rc;
}

/* ---- starting one ----------------------------------------------------------------------- */

static void become_daemon(const char *path, const char *config, int messages)
{
	const char *argv[8] = { "netwatchd", "--background", "--socket", path, NULL };
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL); /* what a client blocks for its loop, a daemon wants to hear */
	signal(SIGPIPE, SIG_DFL);
	if (config) {
		argv[4] = "--config";
		argv[5] = config;
	}
	if (null < 0 || dup2(null, 0) < 0 || dup2(messages, 1) < 0 || dup2(messages, 2) < 0)
		_exit(1);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	dprintf(2, "cannot execute /proc/self/exe: %s\n", strerror(errno));
	_exit(1);
}

/* What it said, as one line without its name in front; who prints it escapes it. */
static const char *what_it_said(int messages, char text[START_TEXT])
{
	static const char name[] = "netwatchd: ";
	char *p = text;
	ssize_t n = pread(messages, text, START_TEXT - 1, 0);

	n = n > 0 ? n : 0;
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	if (!strncmp(text, name, sizeof(name) - 1))
		p += sizeof(name) - 1;
	for (char *at = p; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return *p ? p : "it said nothing";
}

int ipc_start_daemon(const struct ipc_address *a, const char *config, struct errmsg *err)
{
	int64_t until = loop_monotonic_ns() + (int64_t)START_MS * 1000000;
	int messages = memfd_create("netwatchd", MFD_CLOEXEC), status = 0, rc = NW_ETIME;
	char line[START_TEXT];
	pid_t pid = messages < 0 ? -1 : fork();

	if (pid == 0)
		become_daemon(a->path, config, messages);
	if (pid < 0) {
		rc = errmsg_errno(err, "cannot start netwatchd");
		if (messages >= 0)
			close(messages);
		return rc;
	}
	while (rc == NW_ETIME && loop_monotonic_ns() < until) {
		bool ended = pid && waitpid(pid, &status, WNOHANG) == pid;

		if (ended)
			pid = 0;
		if (answers(a->path))
			rc = 0;
		else if (ended && status)
			rc = errmsg_set(err, NW_ECONN, "netwatchd did not start: %s", what_it_said(messages, line));
		else
			usleep(START_STEP_MS * 1000);
	}
	if (rc == NW_ETIME)
		errmsg_set(err, rc, "netwatchd was started, but does not answer at %s after %d s: %s", a->path, START_MS / 1000,
			   what_it_said(messages, line));
	close(messages);
	return rc;
}
