/* SPDX-License-Identifier: MIT */
/*
 * The history file is text, a line per line. Several programs may append to it at the same time; who finds it twice as long as
 * allowed when he opens it writes the newer half anew, beside it, and renames.
 */
#include "line.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

static void keep(struct line *l, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return;
	if (l->history_count == HISTORY_LINES_MAX) {
		free(l->history[0]);
		memmove(l->history, l->history + 1, (HISTORY_LINES_MAX - 1) * sizeof(*l->history));
		l->history_count--;
	}
	l->history[l->history_count++] = copy;
	l->at = l->history_count;
}

static int write_anew(struct line *l, struct errmsg *err)
{
	struct outfile f;
	int rc = outfile_open(&f, l->path, err);

	if (rc)
		return rc;
	fchmod(f.fd, 0600);
	for (unsigned i = 0; !rc && i < l->history_count; i++) {
		rc = io_write_all(f.fd, l->history[i], strlen(l->history[i]), l->path, err);
		rc = rc ? rc : io_write_all(f.fd, "\n", 1, l->path, err);
	}
	if (!rc)
		return outfile_commit(&f, err);
	outfile_abort(&f);
	return rc;
}

int line_history_open(struct line *l, const char *path, struct errmsg *err)
{
	unsigned found = 0;
	char text[LINE_MAX_BYTES];
	struct stat st;
	FILE *f;

	free(l->path);
	l->path = strdup(path);
	if (!l->path)
		return errmsg_set(err, NW_ELIMIT, "no memory for a history");
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? 0 : errmsg_errno(err, "%s", path);
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		fclose(f);
		return errmsg_set(err, NW_EINPUT, "%s: is no history of at most %d bytes; remove it", path, FILE_MAX);
	}
	while (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		if (*text)
			keep(l, text);
		found++;
	}
	fclose(f);
	return found > 2 * HISTORY_LINES_MAX ? write_anew(l, err) : 0;
}

void line_history_add(struct line *l, const char *text)
{
	size_t len = strlen(text);
	char whole[LINE_MAX_BYTES + 1];
	int fd;

	if (!text[strspn(text, " ")] || *text == ' ' || (l->history_count && !strcmp(l->history[l->history_count - 1], text)))
		return;
	keep(l, text);
	if (!l->path || len + 1 > sizeof(whole))
		return;
	memcpy(whole, text, len);
	whole[len] = '\n';
	fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return; /* the history of this run goes on in memory */
	io_write_all(fd, whole, len + 1, l->path, NULL);
	close(fd);
}

void line_history_release(struct line *l)
{
	for (unsigned i = 0; i < l->history_count; i++)
		free(l->history[i]);
	free(l->path);
	l->history_count = 0;
	l->path = NULL;
}
