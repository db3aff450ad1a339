/* SPDX-License-Identifier: MIT */
/* Network namespaces: do something in another one and come back. */
#ifndef SYS_NETNS_H
#define SYS_NETNS_H

#include "base/errmsg.h"

/* Enters the namespace called `which`: a name of ip-netns(8), a PID, or a path with a '/' (/proc/1/ns/net). Digits
 * alone are a PID, unless a namespace of that name exists. Sockets opened from now on belong to it, until
 * netns_leave(*back). One thread is affected: the caller's.
 * NW_EINPUT (no such one, with the nearest name there is), NW_EPERM (needs CAP_SYS_ADMIN), NW_ESYS. */
int netns_enter(const char *which, int *back, struct errmsg *err);
/* Back to where netns_enter() was called; closes the descriptor. */
int netns_leave(int back, struct errmsg *err);

#endif
