/* SPDX-License-Identifier: MIT */
/*
 * Landlock (Linux 5.13 and later): a process takes rights to the file system
 * away from itself. Every right that this kernel knows is handled, that is,
 * denied; then the rights that a ring of files needs are given back below one directory. With
 * ABI 4 TCP bind and connect go as well, with ABI 6 abstract sockets and signals
 * to others. Open descriptors are not affected.
 * Documentation/userspace-api/landlock.rst
 */
#include "sys/privilege.h"
#include "compat.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

/* The bit sets of ABI 1 to 6 grow; a right that the kernel does not know makes the call fail. */
static struct landlock_ruleset handled_by(int abi, size_t *size)
{
	struct landlock_ruleset r = { .fs = LANDLOCK_ABI_1 };

	*size = offsetof(struct landlock_ruleset, net);
	if (abi >= 2)
		r.fs |= LANDLOCK_REFER;
	if (abi >= 3)
		r.fs |= LANDLOCK_TRUNCATE;
	if (abi >= 4) {
		r.net = LANDLOCK_NET_BIND | LANDLOCK_NET_CONNECT;
		*size = offsetof(struct landlock_ruleset, scoped);
	}
	if (abi >= 5)
		r.fs |= LANDLOCK_IOCTL_DEV;
	if (abi >= 6) {
		r.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX | LANDLOCK_SCOPE_SIGNAL;
		*size = sizeof(r);
	}
	return r;
}

static int allow_below(int ruleset, const char *dir, uint64_t handled)
{
	struct landlock_path_rule rule = {
		.rights = handled & (LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR | LANDLOCK_REMOVE_FILE |
				     LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE),
		.dirfd = open(dir, O_PATH | O_CLOEXEC),
	};
	int bad = 0;

	if (rule.dirfd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0))
		bad = -errno;
	close(rule.dirfd);
	return bad;
}

int privilege_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION_QUERY);

	return abi > 0 ? (int)abi : 0; /* ENOSYS: not compiled in; EOPNOTSUPP: switched off at boot; EPERM: a container's seccomp */
}

int sandbox_landlock(const char *write_dir)
{
	struct landlock_ruleset handled;
	size_t size;
	int abi = privilege_landlock_abi();
	long ruleset;
	int result = 1;

	if (abi < 1)
		return 0;
	handled = handled_by(abi, &size);
	ruleset = syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (ruleset < 0)
		return -errno;
	if (write_dir)
		result = allow_below((int)ruleset, write_dir, handled.fs);
	if (result >= 0)
		result = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) ? -errno : 1;
	close((int)ruleset);
	return result;
}
