/* SPDX-License-Identifier: MIT */
/*
 * The thread that compresses finished files; see the header.
 *
 *   ring:    add ──> [ name | name | name ] ──> thread: NAME ──> .NAME.gz.part ── fsync ──┐
 *            forget: takes a name out, or marks the one in work                           │ under the lock, if not
 *                                                                          rename, unlink <┘ forgotten meanwhile
 *
 * All changes of names that both sides could make are under one lock, which is held for these two calls only.
 */
#include "pcapio/compress.h"
#include "pcapio/gzip.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { QUEUE = 256, PATH_LENGTH = 4096, INPUT = 128 * 1024, IO_IDLE = 3 << 13 };

struct compressor {
	int at;
	compressor_done *done;
	void *user;
	pthread_t thread;
	bool running, closing;
	pthread_mutex_t lock;
	pthread_cond_t more;
	char *queue[QUEUE];           /* a circle */
	unsigned first, count;
	char *current;                /* in work; under the lock */
	bool forgotten;               /* the current one */
};

/* ---- one file -------------------------------------------------------------------------------- */

static bool is_forgotten(struct compressor *c)
{
	bool yes;

	pthread_mutex_lock(&c->lock);
	yes = c->forgotten;
	pthread_mutex_unlock(&c->lock);
	return yes;
}

static int copy(struct compressor *c, int from, struct gzip_sink *to, const char *path, struct errmsg *err)
{
	char *input = malloc(INPUT);
	long n;
	int rc = input ? 0 : errmsg_set(err, NW_ELIMIT, "%s stays uncompressed: no memory", path);

	while (!rc && !is_forgotten(c) && (n = io_read(from, input, INPUT, path, err)) != 0)
		rc = n < 0 ? (int)n : gzip_sink_write(to, input, (size_t)n, err);
	free(input);
	return rc;
}

/* Everything of `path` into `to`, and to the disk. */
static int fill(struct compressor *c, int from, int to, const char *path, struct errmsg *err)
{
	struct timespec times[2];
	struct gzip_sink *g;
	struct stat st;
	int rc = gzip_sink_open(&g, to, path, GZIP_LEVEL, err), closing;

	if (rc)
		return rc;
	rc = copy(c, from, g, path, err);
	closing = gzip_sink_close(g, rc ? NULL : err);
	rc = rc ? rc : closing;
	if (!rc && !fstat(from, &st)) {
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		futimens(to, times);
	}
	if (!rc && fsync(to) && errno != EINVAL)
		rc = errmsg_errno(err, "%s.gz", path);
	return rc;
}

/* NAME.gz takes the place of NAME, unless somebody else has. 1: done, 0: forgotten. */
static int put_in_place(struct compressor *c, const char *part, const char *path, const char *gz, struct errmsg *err)
{
	int rc = 0;

	pthread_mutex_lock(&c->lock);
	if (!c->forgotten) {
		rc = renameat(c->at, part, c->at, gz) ? errmsg_errno(err, "%s", gz) : 1;
		if (rc > 0)
			unlinkat(c->at, path, 0);
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

static int compress(struct compressor *c, const char *path, const char *gz, struct errmsg *err)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0, from, to, rc;
	char part[PATH_LENGTH + 16];
	struct stat st;

	snprintf(part, sizeof(part), "%.*s.%s.gz.part", dir, path, path + dir);
	from = openat(c->at, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0 || fstat(from, &st) || !S_ISREG(st.st_mode)) {
		rc = from >= 0 ? errmsg_set(err, NW_EINPUT, "%s stays uncompressed: it is no regular file", path) :
				 errmsg_errno(err, "%s stays uncompressed", path);
		if (from >= 0)
			close(from);
		return rc;
	}
	to = openat(c->at, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0777);
	rc = to < 0 ? errmsg_errno(err, "%s", part) : fill(c, from, to, path, err);
	close(from);
	if (to >= 0 && close(to) && !rc)
		rc = errmsg_errno(err, "%s", part);
	if (!rc)
		rc = put_in_place(c, part, path, gz, err);
	if (rc <= 0 && to >= 0)
		unlinkat(c->at, part, 0);
	return rc;
}

/* ---- the thread --------------------------------------------------------------------------------- */

/* The next name, which the caller frees; NULL: the end. */
static char *next(struct compressor *c)
{
	char *path = NULL;

	pthread_mutex_lock(&c->lock);
	while (!c->count && !c->closing)
		pthread_cond_wait(&c->more, &c->lock);
	if (c->count) {
		path = c->queue[c->first];
		c->first = (c->first + 1) % QUEUE;
		c->count--;
	}
	c->current = path;
	c->forgotten = false;
	pthread_mutex_unlock(&c->lock);
	return path;
}

static void *work(void *user)
{
	struct compressor *c = user;
	char *path, gz[PATH_LENGTH + 4];

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
	syscall(SYS_ioprio_set, 1, 0, IO_IDLE);
	while ((path = next(c))) {
		struct errmsg err = { "" };
		int rc;

		snprintf(gz, sizeof(gz), "%s.gz", path);
		rc = compress(c, path, gz, &err);
		pthread_mutex_lock(&c->lock);
		c->current = NULL;
		pthread_mutex_unlock(&c->lock);
		if (rc)
			c->done(c->user, rc > 0 ? gz : path, rc > 0 ? NULL : &err);
		free(path);
	}
	return NULL;
}

/* Signals are the business of the thread that captures. */
static bool start(struct compressor *c)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	c->running = !pthread_create(&c->thread, NULL, work, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return c->running;
}

/* ---- the calls ------------------------------------------------------------------------------------ */

int compressor_open(struct compressor **out, int at, compressor_done *done, void *user, struct errmsg *err)
{
	struct compressor *c;

	*out = NULL;
	if (!ENABLE_GZIP)
		return errmsg_set(err, NW_EINPUT, "this build cannot compress; nwcap -z gzip compresses finished files");
	c = calloc(1, sizeof(*c));
	if (!c)
		return errmsg_set(err, NW_ELIMIT, "no memory to compress files");
	c->at = at;
	c->done = done;
	c->user = user;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	*out = c;
	return 0;
}

void compressor_add(struct compressor *c, const char *path)
{
	struct errmsg err;
	char *name = strlen(path) < PATH_LENGTH ? strdup(path) : NULL;
	bool taken = false;

	if (name && (c->running || start(c))) {
		pthread_mutex_lock(&c->lock);
		taken = c->count < QUEUE;
		if (taken)
			c->queue[(c->first + c->count++) % QUEUE] = name;
		pthread_cond_signal(&c->more);
		pthread_mutex_unlock(&c->lock);
	}
	if (taken)
		return;
	free(name);
	errmsg_set(&err, NW_ELIMIT, "%s stays uncompressed: %s", path,
		   c->running ? "compression does not keep up" : "no memory for a thread");
	c->done(c->user, path, &err);
}

void compressor_forget(struct compressor *c, const char *path)
{
	char gz[PATH_LENGTH + 4];

	pthread_mutex_lock(&c->lock);
	if (c->current && !strcmp(c->current, path))
		c->forgotten = true;
	for (unsigned i = 0, kept = 0, n = c->count; i < n; i++) {
		char *name = c->queue[(c->first + i) % QUEUE];

		if (strcmp(name, path)) {
			c->queue[(c->first + kept++) % QUEUE] = name;
			continue;
		}
		free(name);
		c->count--;
	}
	pthread_mutex_unlock(&c->lock);
	snprintf(gz, sizeof(gz), "%s.gz", path);
	unlinkat(c->at, gz, 0);
}

void compressor_close(struct compressor *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	if (c->running)
		pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->more);
	free(c);
}
