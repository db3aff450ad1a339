/* SPDX-License-Identifier: MIT */
/* See files.h. */
#include "files.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void files_init(struct files *fs, struct export *e, const char *path)
{
	*fs = (struct files){ .e = e, .path = path, .folder = -1 };
}

static int failed(struct files *fs, const char *name, const char *what)
{
	if (!fs->e->failed)
		fs->e->failed = errmsg_errno(&fs->e->error, "%s/%s: %s", fs->path, name, what);
	return fs->e->failed;
}

static int open_folder(struct files *fs)
{
	if (fs->folder >= 0)
		return 0;
	if (mkdir(fs->path, 0777) < 0 && errno != EEXIST)
		return failed(fs, "", "cannot make the folder");
	fs->folder = open(fs->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fs->folder < 0 ? failed(fs, "", "cannot open the folder") : 0;
}

int files_make(struct files *fs, struct small_file *f, const char *name)
{
	int fd;

	if (fs->e->failed || open_folder(fs) < 0)
		return fs->e->failed;
	fd = openat(fs->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return failed(fs, name, "cannot make it");
	close(fd);
	f->name = strdup(name);
	if (!f->name)
		return fs->e->failed = errmsg_set(&fs->e->error, NW_ELIMIT, "no memory for a file name");
	return 1;
}

/* Appends to the file: what is in its buffer, and what does not go into it. */
static void append(struct files *fs, struct small_file *f, const void *data, size_t len)
{
	struct iovec v[2] = { { f->buffer, f->used }, { (void *)data, len } };
	struct errmsg err;
	int fd, rc;

	f->used = 0;
	if (fs->e->failed)
		return;
	fd = openat(fs->folder, f->name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		failed(fs, f->name, "cannot write to it");
		return;
	}
	rc = io_writev_all(fd, v, 2, f->name, &err);
	if (rc < 0)
		fs->e->failed = errmsg_set(&fs->e->error, rc, "%s/%s; make room or name another folder", fs->path, err.text);
	if (close(fd) < 0 && errno != EINTR)
		failed(fs, f->name, "cannot write to it");
}

/* ---- buffers ------------------------------------------------------------------------------- */

static void list_remove(struct files *fs, struct small_file *f)
{
	if (f->older)
		f->older->newer = f->newer;
	else
		fs->oldest = f->newer;
	if (f->newer)
		f->newer->older = f->older;
	else
		fs->newest = f->older;
}

static void list_add(struct files *fs, struct small_file *f)
{
	f->newer = NULL;
	f->older = fs->newest;
	if (fs->newest)
		fs->newest->newer = f;
	else
		fs->oldest = f;
	fs->newest = f;
}

/* Writes what is in the buffer, which is free then. */
static void give_up(struct files *fs, struct small_file *f)
{
	if (!f->buffer)
		return;
	if (f->used)
		append(fs, f, NULL, 0);
	list_remove(fs, f);
	free(fs->spare);
	fs->spare = f->buffer;
	f->buffer = NULL;
	fs->buffers--;
}

static void buffer_for(struct files *fs, struct small_file *f)
{
	if (fs->buffers == FILES_BUFFERS)
		give_up(fs, fs->oldest);
	f->buffer = fs->spare ? fs->spare : malloc(FILES_BUFFER_BYTES);
	fs->spare = NULL;
	if (!f->buffer)
		return; /* every piece goes into the file at once */
	fs->buffers++;
	list_add(fs, f);
}

void files_write(struct files *fs, struct small_file *f, const void *data, size_t len)
{
	if (!len || fs->e->failed)
		return;
	f->bytes += len;
	if (!f->buffer) {
		buffer_for(fs, f);
	} else if (f != fs->newest) {
		list_remove(fs, f);
		list_add(fs, f);
	}
	if (!f->buffer || len > FILES_BUFFER_BYTES - f->used) {
		append(fs, f, data, len);
		return;
	}
	memcpy(f->buffer + f->used, data, len);
	f->used += (uint32_t)len;
}

/* ---- names --------------------------------------------------------------------------------- */

bool files_has(struct files *fs, const char *name)
{
	return open_folder(fs) == 0 && faccessat(fs->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void files_rename(struct files *fs, struct small_file *f, const char *name)
{
	char *copy;

	give_up(fs, f);
	if (fs->e->failed || !f->name)
		return;
	if (renameat(fs->folder, f->name, fs->folder, name) < 0) {
		failed(fs, f->name, "cannot rename it");
		return;
	}
	copy = strdup(name);
	if (copy) {
		free(f->name);
		f->name = copy;
	}
}

void files_finish(struct files *fs, struct small_file *f)
{
	give_up(fs, f);
	free(f->name);
	*f = (struct small_file){ .bytes = f->bytes };
}

void files_flush(struct files *fs)
{
	for (struct small_file *f = fs->newest; f; f = f->older)
		if (f->used)
			append(fs, f, NULL, 0);
}

void files_release(struct files *fs)
{
	while (fs->oldest)
		give_up(fs, fs->oldest);
	free(fs->spare);
	if (fs->folder >= 0)
		close(fs->folder);
	fs->folder = -1;
}
