/* SPDX-License-Identifier: MIT */
/* nwexport as a child: this binary again under that name, reading the pipe that the daemon gave us. */
#include "packetclient.h"

#include "base/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int child_start(int in, int out, const char *const *words, struct errmsg *err)
{
	pid_t pid;

	if (!ENABLE_NWEXPORT)
		return errmsg_set(err, NW_EINPUT, "this binary has no nwexport (ENABLE_NWEXPORT), so that packets come as pcapng only: "
				  "export -o FILE.pcapng, or tap");
	pid = fork();
	if (pid < 0)
		return errmsg_errno(err, "cannot start nwexport");
	if (pid)
		return (int)pid;
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(1);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	execv("/proc/self/exe", (char *const *)(uintptr_t)words);
	message_printf("packetclient", "nwexport cannot be started: %s; is /proc mounted?", strerror(errno));
	_exit(1);
}

int child_wait(int pid, struct errmsg *err)
{
	int status;

	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return errmsg_errno(err, "nwexport is gone");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGPIPE || WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM)
		return 0;
	return errmsg_set(err, NW_EFAIL, "nwexport was ended by signal %d", WTERMSIG(status));
}
