/* SPDX-License-Identifier: MIT */
/* The service manager's side of sd_notify(3): NOTIFY_SOCKET (a path, or abstract with '@') and WATCHDOG_USEC. */
#ifndef NETWATCHD_NOTIFY_H
#define NETWATCHD_NOTIFY_H

#include <stdint.h>

/* Connects to it, if there is one, and removes the variables, so that no child speaks for us. Before the drop. The
 * descriptor, or -1. *watchdog_ns: how often to tell WATCHDOG=1 (half of what is demanded); 0: not asked. */
int notify_open(int64_t *watchdog_ns);
/* "READY=1\nSTATUS=…"; harmless with -1. */
void notify(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
