/* SPDX-License-Identifier: MIT */
/*
 * Finished files become NAME.gz in the background: one thread of the lowest priority takes one after the other. NAME.gz
 * appears under its name when it is complete and on the disk, and only then NAME goes; so a full disk, a crash or a power cut
 * leaves at least one of the two whole. A file for which there is no room in the queue stays as it is.
 *
 * The thread is made when the first file comes, which is after the privileges went: it has the sandbox of its maker.
 */
#ifndef PCAPIO_COMPRESS_H
#define PCAPIO_COMPRESS_H

#include "base/errmsg.h"

struct compressor;

/* Called in that thread: `path` is what there is now, NAME.gz, or NAME and why (`err`). */
typedef void compressor_done(void *user, const char *path, const struct errmsg *err);

/* Names are looked up from directory `at` (AT_FDCWD). NW_EINPUT: this build has no gzip; NW_ELIMIT. */
int compressor_open(struct compressor **c, int at, compressor_done *done, void *user, struct errmsg *err);
/* `path` is finished. Never waits. */
void compressor_add(struct compressor *c, const char *path);
/* `path` is about to be removed or replaced: it is compressed no more, and what was made of it (path.gz) goes. */
void compressor_forget(struct compressor *c, const char *path);
/* Waits until all is done. NULL is fine. */
void compressor_close(struct compressor *c);

#endif
