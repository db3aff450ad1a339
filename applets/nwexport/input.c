/* SPDX-License-Identifier: MIT */
/* nwexport: inputs, the files that names stand for, and what signals do to them. */
#include "nwexport.h"

#include "base/text.h"
#include "pcapio/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- signals ------------------------------------------------------------------------------ */

enum { SAME_SIGNAL_NS = 300000000 }; /* timeout(1) and a terminal send a signal twice: see lib/loop */

volatile sig_atomic_t interrupted, counters_asked;
const char *volatile signal_temporary;
static int signal_fds[INPUTS_MAX], signal_count, signal_empty = -1;

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void on_signal(int signo)
{
	static int64_t first_ns;
	int saved = errno;

	if (signo == SIGUSR1) {
		counters_asked = 1;
	} else if (!interrupted) {
		interrupted = 1;
		first_ns = clock_ns();
		for (int i = 0; i < signal_count; i++)
			if (signal_empty >= 0)
				dup2(signal_empty, signal_fds[i]); /* reading gives the end, following it too */
	} else if (clock_ns() - first_ns > SAME_SIGNAL_NS) {
		if (signal_temporary)
			unlink(signal_temporary);
		signal(signo, SIG_DFL);
		raise(signo); /* delivered when this handler returns */
	}
	errno = saved;
}

void signals_watch(const struct input *in)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (unsigned i = 0; i < in->count; i++)
		signal_fds[i] = in->fd[i];
	signal_count = (int)in->count;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void signals_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	signal_empty = memfd_create("nwexport", MFD_CLOEXEC); /* a deleted empty file */
	sigaddset(&sa.sa_mask, SIGINT);
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* Adds to the bytes that progress is measured against. */
static void measure(struct input *in, int fd, const struct reader *r)
{
	struct stat st;
	char text[128];

	reader_describe(r, text, sizeof(text));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || strstr(text, "gzip"))
		in->measured = false;
	else
		in->bytes += (uint64_t)st.st_size;
}

int input_add_fd(struct input *in, int fd, const char *path, bool follow, struct errmsg *err)
{
	struct reader_options ro = { .follow = follow };
	struct stat st;
	int rc;

	if (in->count == INPUTS_MAX)
		rc = errmsg_set(err, NW_EINPUT, "more than %d inputs; merge some of them first", INPUTS_MAX);
	else if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rc = errmsg_set(err, NW_EINPUT, "%s: is a directory; name a file in it (with --state it stands for its captures)", path);
	else
		rc = reader_open_fd(&in->reader[in->count], fd, path, &ro, err);
	if (rc) {
		if (fd != STDIN_FILENO)
			close(fd);
		return rc;
	}
	if (!in->count)
		in->measured = !follow;
	measure(in, fd, in->reader[in->count]);
	in->fd[in->count++] = fd;
	return 0;
}

static int input_add(struct input *in, const char *path, bool follow, struct errmsg *err)
{
	int fd;

	if (!strcmp(path, "-")) {
		if (io_is_terminal(STDIN_FILENO))
			return errmsg_set(err, NW_EINPUT, "standard input is a terminal; name a capture file, or pipe one in");
		return input_add_fd(in, STDIN_FILENO, "standard input", follow, err);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errmsg_errno(err, "%s: cannot open it", path) : input_add_fd(in, fd, path, follow, err);
}

int input_open(struct input *in, const struct opts *o, char **files, int nfiles, struct errmsg *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < o->inputs.count; i++)
		rc = input_add(in, o->inputs.item[i], o->follow, err);
	for (int i = 0; !rc && i < nfiles; i++)
		rc = input_add(in, files[i], o->follow, err);
	if (!rc && !in->count)
		rc = input_add(in, "-", o->follow, err);
	if (!rc && in->count > 1)
		rc = merge_open(&in->merge, in->reader, in->count, err);
	return rc;
}

void input_close(struct input *in)
{
	signal_count = 0;
	if (in->merge)
		merge_close(in->merge);
	for (unsigned i = 0; i < in->count; i++) {
		reader_close(in->reader[i]);
		if (in->fd[i] != STDIN_FILENO)
			close(in->fd[i]);
	}
	*in = (struct input){ .count = 0 };
}

int input_digits(const struct input *in)
{
	for (unsigned i = 0; i < in->count; i++)
		for (uint32_t j = 0; j < reader_interfaces(in->reader[i]); j++) {
			const struct interface *f = reader_interface(in->reader[i], j);

			if (f->tsresol & 0x80 ? (f->tsresol & 0x7f) > 20 : f->tsresol > 6)
				return 9;
		}
	return 6;
}

/* ---- the files that names stand for -------------------------------------------------------------- */

struct list {
	struct input_file *file;
	unsigned count, room;
};

static int list_add(struct list *l, const char *path, bool listed, const struct stat *st, struct errmsg *err)
{
	if (l->count == INPUT_FILES_MAX)
		return errmsg_set(err, NW_EINPUT, "more than %d input files; name a folder for each group of them", INPUT_FILES_MAX);
	if (l->count == l->room) {
		unsigned room = l->room ? 2 * l->room : 64;
		struct input_file *grown = realloc(l->file, room * sizeof(*grown));

		if (!grown)
			return errmsg_set(err, NW_ELIMIT, "no memory for %u input files", room);
		l->file = grown;
		l->room = room;
	}
	l->file[l->count].path = strdup(path);
	if (!l->file[l->count].path)
		return errmsg_set(err, NW_ELIMIT, "no memory for the name of an input file");
	l->file[l->count].listed = listed;
	l->file[l->count++].mtime_ns = st ? (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec : 0;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct input_file *f = a, *g = b;

	if (f->mtime_ns != g->mtime_ns)
		return f->mtime_ns < g->mtime_ns ? -1 : 1;
	return strcmp(f->path, g->path);
}

/* The regular files of `dir` whose names match and do not begin with a dot (those are still being made). */
static int list_folder(struct list *l, const char *dir, const char *pattern, struct errmsg *err)
{
	DIR *d = opendir(dir);
	unsigned first = l->count;
	struct dirent *entry;
	int rc = 0;

	if (!d)
		return errmsg_errno(err, "%s: cannot open it", dir);
	while (!rc && (entry = readdir(d))) {
		char path[4096];
		struct stat st;

		if (entry->d_name[0] == '.' || !text_glob(pattern, entry->d_name))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			rc = list_add(l, path, true, &st, err);
	}
	closedir(d);
	qsort(l->file + first, l->count - first, sizeof(*l->file), by_time);
	return rc;
}

static int list_name(struct list *l, const char *name, struct errmsg *err)
{
	const char *slash = strrchr(name, '/');
	char dir[4096];
	struct stat st;

	if (!strcmp(name, "-"))
		return errmsg_set(err, NW_EINPUT, "--state remembers files; standard input is none: name files or a folder");
	if (stat(name, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return list_folder(l, name, "*", err);
		if (!S_ISREG(st.st_mode))
			return errmsg_set(err, NW_EINPUT, "%s: --state remembers files, and this is none", name);
		return list_add(l, name, false, &st, err);
	}
	if (errno != ENOENT || !strpbrk(slash ? slash + 1 : name, "*?"))
		return errmsg_errno(err, "%s: cannot open it", name);
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - name) : 1, slash ? name : ".");
	return list_folder(l, slash == name ? "/" : dir, slash ? slash + 1 : name, err);
}

int input_list(struct input_file **files, unsigned *count, const struct opts *o, char **names, int nnames, struct errmsg *err)
{
	struct list l = { .count = 0 };
	int rc = 0;

	for (int i = 0; !rc && i < o->inputs.count; i++)
		rc = list_name(&l, o->inputs.item[i], err);
	for (int i = 0; !rc && i < nnames; i++)
		rc = list_name(&l, names[i], err);
	if (!rc && !o->inputs.count && !nnames)
		rc = list_name(&l, "-", err);
	*files = l.file;
	*count = l.count;
	return rc;
}

void input_list_free(struct input_file *files, unsigned count)
{
	while (count--)
		free(files[count].path);
	free(files);
}
