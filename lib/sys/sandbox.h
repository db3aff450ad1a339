/* SPDX-License-Identifier: MIT */
/* The two halves of the sandbox that privilege_drop() builds. Private to lib/sys. */
#ifndef LIB_SYS_SANDBOX_H
#define LIB_SYS_SANDBOX_H

#include "sys/privilege.h"

/* From now on no file can be opened, made or removed by name except in the places of `n`.
 * Descriptors that are open stay usable. 1: done; 0: this kernel has no Landlock; negative errno otherwise. */
int sandbox_landlock(const struct privilege_needs *n);
/* From now on the system calls of the deny list fail with EPERM, but those that `look_at_others` or a daemon needs, with
 * the arguments it needs (see privilege.h). Same results; needs no_new_privs. */
int sandbox_seccomp(const struct privilege_needs *n);

#endif
