/* SPDX-License-Identifier: MIT */
/* Network namespaces: do something in another one and come back. */
#ifndef SYS_NETNS_H
#define SYS_NETNS_H

#include "base/errmsg.h"

/* Enters the namespace called `which`: a name of ip-netns(8), a PID, or a path
 * with a '/'. *back is a descriptor for netns_leave(). NW_EINPUT (no such one, with the names there are), NW_EPERM. */
int netns_enter(const char *which, int *back, struct errmsg *err);
/* Back to where netns_enter() was called; closes the descriptor. */
int netns_leave(int back, struct errmsg *err);

#endif
