/* SPDX-License-Identifier: MIT */
/*
 * A TLS key log file (SSLKEYLOGFILE, draft-ietf-tls-keylogfile) that others are still writing: its lines as they come, for
 * writer_secrets(). Only lines that are keys come out; what else is in the file is counted.
 */
#ifndef PCAPIO_KEYLOG_H
#define PCAPIO_KEYLOG_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keylog;

enum { KEYLOG_LINE_MAX = 1024 };

/* "LABEL client-random secret", both in hexadecimal, without the line's end. */
bool keylog_is_key(const char *line, size_t len);

/* A file or a FIFO, which must exist. It is read from its start. NW_ESYS, NW_EPERM, NW_EINPUT (neither). */
int keylog_open(struct keylog **k, const char *path, struct errmsg *err);
/* From a descriptor, which is then the keylog's; it never waits for it. */
int keylog_open_fd(struct keylog **k, int fd, const char *name, struct errmsg *err);
/* What is new: 1 and whole lines of keys, each ended by a line feed, borrowed until the next call; 0: nothing now;
 * or NW_ESYS. To be called until 0. A file that has become shorter is read from its start. */
int keylog_read(struct keylog *k, const char **lines, size_t *len, struct errmsg *err);
/* Lines that were left out because they are no keys (blank ones and comments are not counted). */
uint64_t keylog_left_out(const struct keylog *k);
void keylog_close(struct keylog *k);

#endif
