/* SPDX-License-Identifier: MIT */
/* The two halves of the sandbox that privilege_drop() builds. Private to lib/sys. */
#ifndef LIB_SYS_SANDBOX_H
#define LIB_SYS_SANDBOX_H

#include <stdbool.h>

/* From now on no file can be opened, made or removed by name except below `write_dir` (NULL: none at all).
 * Descriptors that are open stay usable. 1: done; 0: this kernel has no Landlock; negative errno otherwise. */
int sandbox_landlock(const char *write_dir);
/* From now on the system calls of the deny list fail with EPERM, but those that `look_at_others` needs, with
 * the arguments it needs (see privilege.h). Same results; needs no_new_privs. */
int sandbox_seccomp(bool look_at_others);

#endif
