/* SPDX-License-Identifier: MIT */
/*
 * What the kernel has and older headers or the libc do not: numbers and
 * structures of the kernel's ABI, which never change once released. Everything
 * here is probed at run time, so a binary made with old headers uses a new kernel.
 */
#ifndef LIB_SYS_COMPAT_H
#define LIB_SYS_COMPAT_H

#include <stdint.h>
#include <sys/syscall.h>

/* Landlock, Linux 5.13: the same numbers on every architecture (but alpha). */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
/* Other calls that the seccomp filter names. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#define SYS_fspick 433
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

enum {
	LANDLOCK_VERSION_QUERY = 1,   /* flag of landlock_create_ruleset() */
	LANDLOCK_PATH_BENEATH = 1     /* rule type */
};

/* Access rights by the ABI version that brought them. */
enum landlock_right {
	LANDLOCK_EXECUTE = 1 << 0, LANDLOCK_WRITE_FILE = 1 << 1, LANDLOCK_READ_FILE = 1 << 2, LANDLOCK_READ_DIR = 1 << 3,
	LANDLOCK_REMOVE_DIR = 1 << 4, LANDLOCK_REMOVE_FILE = 1 << 5, LANDLOCK_MAKE_CHAR = 1 << 6, LANDLOCK_MAKE_DIR = 1 << 7,
	LANDLOCK_MAKE_REG = 1 << 8, LANDLOCK_MAKE_SOCK = 1 << 9, LANDLOCK_MAKE_FIFO = 1 << 10, LANDLOCK_MAKE_BLOCK = 1 << 11,
	LANDLOCK_MAKE_SYM = 1 << 12,
	LANDLOCK_ABI_1 = (1 << 13) - 1,
	LANDLOCK_REFER = 1 << 13,     /* ABI 2 */
	LANDLOCK_TRUNCATE = 1 << 14,  /* ABI 3 */
	LANDLOCK_IOCTL_DEV = 1 << 15  /* ABI 5 */
};

struct landlock_ruleset {
	uint64_t fs, net, scoped;     /* net: ABI 4, scoped: ABI 6; a shorter structure is accepted by every version */
};

struct landlock_path_rule {
	uint64_t rights;
	int32_t dirfd;
} __attribute__((packed));

enum { LANDLOCK_NET_BIND = 1, LANDLOCK_NET_CONNECT = 2, LANDLOCK_SCOPE_ABSTRACT_UNIX = 1, LANDLOCK_SCOPE_SIGNAL = 2 };

/* linux/capability.h's structures without its dependence on the libc's types. */
struct capability_header {
	uint32_t version;
	int32_t pid;
};
struct capability_data {
	uint32_t effective, permitted, inheritable;
};
enum { CAPABILITY_VERSION_3 = 0x20080522, CAPABILITY_DAC_OVERRIDE = 1, CAPABILITY_DAC_READ_SEARCH = 2, CAPABILITY_NET_ADMIN = 12,
	CAPABILITY_SYS_PTRACE = 19, CAPABILITY_SYS_ADMIN = 21, CAPABILITY_LAST_MAX = 63 };

#endif
