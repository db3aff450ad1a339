/* SPDX-License-Identifier: MIT */
/* gzip on the way out (RFC 1952): a sink for outbuf and writer in front of a descriptor. */
#ifndef PCAPIO_GZIP_H
#define PCAPIO_GZIP_H

#include "base/errmsg.h"

#include <stddef.h>

struct gzip_sink;

enum { GZIP_LEVEL = 6, GZIP_FAST = 1 };

/* Compresses into `fd`, in members of at most 1 MiB of data each; `fd` stays the caller's; `name` is for messages and stays too. `level` 1 (fast) to 9 (small).
 * NW_EINPUT: this build has no gzip (ENABLE_GZIP); NW_ELIMIT: no memory. */
int gzip_sink_open(struct gzip_sink **g, int fd, const char *name, int level, struct errmsg *err);
/* An outbuf_sink: `user` is the struct gzip_sink. NW_ESYS or NW_ECLOSED. */
int gzip_sink_write(void *user, const char *data, size_t len, struct errmsg *err);
/* Everything so far can be unpacked by a reader of the file (a live pipe). Costs a few bytes. */
int gzip_sink_flush(struct gzip_sink *g, struct errmsg *err);
/* Writes the end. The sink is gone, also on error. NULL is fine. */
int gzip_sink_close(struct gzip_sink *g, struct errmsg *err);

#endif
