/* SPDX-License-Identifier: MIT */
/* Datagrams to one receiver. */
#ifndef SYS_UDP_H
#define SYS_UDP_H

#include "base/errmsg.h"

#include <stddef.h>

/* A socket that sends to "host:port", "192.0.2.1:4739", "[2001:db8::1]:4739"; `usual` is the port when none is named. A
 * descriptor, NW_EINPUT (no such text), or NW_ECONN: no such host, no way there. */
int udp_connect(const char *where, const char *usual, struct errmsg *err);
/* One datagram. Waits when the queue is full. 0; NW_ECONN: one before it was refused, and this one is not sent either; or
 * another error. */
int udp_send(int fd, const void *data, size_t len, struct errmsg *err);
/* Waits a moment for what comes back: NW_ECONN when the receiver's machine says that nobody listens. */
int udp_finish(int fd, struct errmsg *err);

#endif
