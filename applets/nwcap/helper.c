/* SPDX-License-Identifier: MIT */
/*
 * -z COMMAND: a program is run for each finished file. The part of nwcap that reads packets may start no
 * programs (seccomp), so a helper is forked before anything is opened and before the privileges go:
 *
 *   nwcap ── names of finished files, one message each ──> helper ── fork, exec ──> COMMAND FILE
 *
 * The helper holds nothing but that socket, gives up capabilities and becomes the user of -Z like its parent, has the lowest
 * priority, and runs one command at a time. COMMAND is a program and gets one argument; no shell reads it. When the
 * commands cannot keep up the queue is the socket's buffer, some hundred names; then a name is left out and said. The capture
 * never waits. At the end nwcap waits for the commands of its last files.
 */
#include "nwcap.h"
#include "sys/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_LENGTH = 4096, CANNOT_RUN = 127 };

static void run(const char *command, const char *path)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		execlp(command, command, path, (char *)NULL);
		fprintf(stderr, "nwcap: -z %s: %s\n", command, strerror(errno));
		_exit(CANNOT_RUN);
	}
	if (child < 0) {
		fprintf(stderr, "nwcap: -z %s %s: %s\n", command, path, strerror(errno));
		return;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		fprintf(stderr, "nwcap: -z %s %s: ended by signal %d\n", command, path, WTERMSIG(status));
	else if (WEXITSTATUS(status) && WEXITSTATUS(status) != CANNOT_RUN)
		fprintf(stderr, "nwcap: -z %s %s: exit status %d\n", command, path, WEXITSTATUS(status));
}

/* Answers with an errmsg, empty when all is well, then serves until the parent has gone. */
static void serve(int fd, const struct nwcap_options *o)
{
	struct privilege_needs needs = { .user = o->user, .run_programs = true };
	struct privilege_report report;
	struct errmsg err = { "" };
	char path[PATH_LENGTH];
	ssize_t n;
	int null;

	setpgid(0, 0); /* ^C ends the capture, not the work on files that are finished */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	setpriority(PRIO_PROCESS, 0, 19);
	if (privilege_drop(&needs, &report, &err) >= 0)
		err.text[0] = 0;
	if (send(fd, &err, sizeof(err), 0) < 0 || err.text[0])
		_exit(1);
	while ((n = recv(fd, path, sizeof(path) - 1, 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n <= 0)
			continue;
		path[n] = 0;
		run(o->command, path);
	}
	_exit(0);
}

int helper_start(struct helper *h, const struct nwcap_options *o, struct errmsg *err)
{
	struct errmsg answer = { "the helper of -z ended at once" };
	int ends[2];

	h->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return errmsg_errno(err, "cannot start the helper of -z");
	h->pid = fork();
	if (h->pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return errmsg_errno(err, "cannot start the helper of -z");
	}
	if (!h->pid) {
		close(ends[0]);
		serve(ends[1], o);
	}
	close(ends[1]);
	h->fd = ends[0];
	if (recv(h->fd, &answer, sizeof(answer), MSG_WAITALL) != sizeof(answer) || answer.text[0])
		return errmsg_set(err, NW_EPERM, "%.*s", (int)sizeof(answer.text) - 1, answer.text);
	return 0;
}

void helper_send(struct helper *h, const char *path)
{
	size_t len = strlen(path);

	if (h->fd < 0 || !len || len >= PATH_LENGTH)
		return;
	if (send(h->fd, path, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		fprintf(stderr, "nwcap: -z is not run for %s: %s\n", path,
			errno == EAGAIN ? "the command does not keep up" : strerror(errno));
}

void helper_finish(struct helper *h)
{
	if (h->pid <= 0)
		return;
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}
