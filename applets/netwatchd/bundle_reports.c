/* SPDX-License-Identifier: MIT */
/*
 * The reports of a bundle, made by nwexport: this very program under that name, as a process of its own, since it reads
 * foreign bytes and confines itself. One after the other; what it says on stderr when it fails goes into bundle.json.
 */
#include "bundle.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 8, COPY_BYTES = 64 * 1024 };

static const struct report {
	const char *file;               /* what it makes; NULL: a member of statistics.json */
	const char *member;
	const char *words[WORDS_MAX];
} reports[] = {
	{ "flows.csv", NULL, { "--flows", "-f", "csv" } },
	{ "summary.txt", NULL, { "--summary", "-f", "text" } },
	{ NULL, "summary", { "--summary", "-f", "json" } },
	{ NULL, "protocols", { "--stats", "hierarchy", "-f", "json" } },
	{ NULL, "endpoints", { "--stats", "endpoints", "-f", "json", "--top", "1000" } },
	{ NULL, "conversations", { "--stats", "conv", "-f", "json", "--top", "1000" } },
};

static void exec_report(const struct bundle *b, const struct report *r, const char *file, int said_fd)
{
	const char *argv[WORDS_MAX + 8] = { "nwexport", "-r", "packets.pcapng", "-o", file };
	unsigned n = 5;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (unsigned i = 0; i < WORDS_MAX && r->words[i]; i++)
		argv[n++] = r->words[i];
	if (null < 0 || fchdir(b->fd) || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(said_fd, 2) < 0)
		_exit(1);
	execv("/proc/self/exe", (char **)argv);
	_exit(127);
}

/* Runs it to its end; `said` gets the beginning of what it says. True when it succeeded. */
static bool run_report(const struct bundle *b, const struct report *r, const char *file, char *said, size_t size)
{
	int pipe_fd[2], status = 0;
	size_t have = 0;
	char rest[512];
	pid_t pid;

	snprintf(said, size, "%s", "cannot be run");
	if (pipe2(pipe_fd, O_CLOEXEC))
		return false;
	pid = fork();
	if (!pid)
		exec_report(b, r, file, pipe_fd[1]);
	close(pipe_fd[1]);
	while (pid > 0) {
		ssize_t n = read(pipe_fd[0], have < size - 1 ? said + have : rest, have < size - 1 ? size - 1 - have : sizeof(rest));

		if (n > 0 && have < size - 1)
			have += (size_t)n;
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
	}
	close(pipe_fd[0]);
	if (have)
		said[have] = 0;
	said[strcspn(said, "\n")] = 0;
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The report's text behind what is in `fd`; "null" when there is none. */
static int append(const struct bundle *b, const char *file, int fd, struct errmsg *err)
{
	int from = openat(b->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	char buf[4096];
	bool any = false;
	long n;

	while (from >= 0 && !rc && (n = io_read(from, buf, sizeof(buf), file, err)) != 0) {
		rc = n < 0 ? (int)n : io_write_all(fd, buf, (size_t)n, "statistics.json", err);
		any = true;
	}
	if (from >= 0)
		close(from);
	return rc || any ? rc : io_write_all(fd, "null", 4, "statistics.json", err);
}

void bundle_reports(struct bundle *b)
{
	static const char member_file[] = "report.tmp";
	struct errmsg err;
	char said[256];
	const char *glue = "{";
	int rc, fd = bundle_file(b, "statistics.json", &rc, &err);

	for (unsigned i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		const struct report *r = &reports[i];
		char head[64];

		if (!run_report(b, r, r->file ? r->file : member_file, said, sizeof(said)))
			bundle_problem(b, r->file ? r->file : r->member, said);
		if (r->file || rc)
			continue;
		snprintf(head, sizeof(head), "%s\"%s\":", glue, r->member);
		rc = io_write_all(fd, head, strlen(head), "statistics.json", &err);
		if (!rc)
			rc = append(b, member_file, fd, &err);
		unlinkat(b->fd, member_file, 0);
		glue = ",";
	}
	if (!rc)
		rc = io_write_all(fd, "}\n", 2, "statistics.json", &err);
	if (rc)
		bundle_problem(b, "statistics.json", err.text);
	if (fd >= 0)
		close(fd);
}
