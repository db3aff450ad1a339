/* SPDX-License-Identifier: MIT */
/*
 * Landlock (Linux 5.13 and later): a process takes rights to the file system
 * away from itself. Every right that this kernel knows is handled, that is,
 * denied; then what this process still needs is given back, below the directories it names. With
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

enum {
	READING = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
	FILES = READING | LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE,
	TREE = FILES | LANDLOCK_REMOVE_DIR | LANDLOCK_MAKE_DIR | LANDLOCK_MAKE_SOCK | LANDLOCK_REFER
};

/* `rights` that this kernel does not know are left out. */
static int allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_rule rule = { .rights = rights, .dirfd = open(path, O_PATH | O_CLOEXEC) };
	int bad = 0;

	if (rule.dirfd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0))
		bad = -errno;
	close(rule.dirfd);
	return bad;
}

static int allow_daemon(int ruleset, const struct privilege_daemon *d, uint64_t handled)
{
	int bad = 0;

	for (unsigned i = 0; !bad && i < PRIVILEGE_PATHS; i++)
		if (d->trees[i])
			bad = allow(ruleset, d->trees[i], handled & TREE);
	for (unsigned i = 0; i < PRIVILEGE_PATHS; i++)
		if (d->readable[i])
			allow(ruleset, d->readable[i], LANDLOCK_READ_FILE);
	if (!bad && d->remove_dir)
		bad = allow(ruleset, d->remove_dir, LANDLOCK_REMOVE_FILE);
	return bad;
}

int privilege_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION_QUERY);

	return abi > 0 ? (int)abi : 0; /* ENOSYS: not compiled in; EOPNOTSUPP: switched off at boot; EPERM: a container's seccomp */
}

int sandbox_landlock(const struct privilege_needs *n)
{
	struct landlock_ruleset handled;
	size_t size;
	int abi = privilege_landlock_abi(), bad = 0;
	long ruleset;

	if (abi < 1)
		return 0;
	handled = handled_by(abi, &size);
	ruleset = syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (ruleset < 0)
		return -errno;
	if (n->write_dir)
		bad = allow((int)ruleset, n->write_dir, handled.fs & FILES);
	if (!bad && n->read_dir)
		bad = allow((int)ruleset, n->read_dir, handled.fs & READING);
	if (!bad && n->daemon)
		bad = allow_daemon((int)ruleset, n->daemon, handled.fs);
	if (!bad && syscall(SYS_landlock_restrict_self, (int)ruleset, 0))
		bad = -errno;
	close((int)ruleset);
	return bad ? bad : 1;
}
