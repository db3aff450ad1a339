/* SPDX-License-Identifier: MIT */
/* Descriptors: whole writes, big pipes, files that appear at once or not at all. */
#ifndef SYS_IO_H
#define SYS_IO_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Writes all of it, through short writes, EINTR and EAGAIN (waits). 0 or NW_ESYS/NW_ECLOSED; `name` is for the sentence. */
int io_write_all(int fd, const void *data, size_t len, const char *name, struct errmsg *err);
/* The same for a vector, which is changed. */
int io_writev_all(int fd, struct iovec *iov, int count, const char *name, struct errmsg *err);
/* read(2) through EINTR; 0 is the end. Negative: NW_ESYS. */
long io_read(int fd, void *data, size_t len, const char *name, struct errmsg *err);
/* If fd is a pipe, makes it `bytes` large or as large as this user may. Never fails. */
void io_grow_pipe(int fd, size_t bytes);
bool io_is_pipe(int fd);
bool io_is_terminal(int fd);

/* A file that appears under its name only when it is complete: written as
 * ".NAME.PID.part" beside it, renamed by outfile_commit(), removed by outfile_abort().
 * An existing file is replaced, its mode kept, a link followed; a pipe or device is
 * written to as it stands. Not for "-". */
struct outfile {
	int fd;
	char path[4096], temporary[4096];
};
int outfile_open(struct outfile *f, const char *path, struct errmsg *err);
int outfile_commit(struct outfile *f, struct errmsg *err);
void outfile_abort(struct outfile *f);

#endif
