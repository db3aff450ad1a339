/* SPDX-License-Identifier: MIT */
/*
 * The drop, in the only order that works:
 *
 *   1. look up user and group        needs /etc, which Landlock takes away
 *   2. bounding set                  needs CAP_SETPCAP
 *   3. groups, gid, uid              needs CAP_SETGID, CAP_SETUID
 *   4. ambient, inheritable, permitted, effective sets
 *   5. no_new_privs                  a precondition of 6 and 7 without privileges
 *   6. Landlock                      before 7, which may not know its calls
 *   7. seccomp
 *
 * The uid change is verified by trying to go back. capabilities(7), landlock(7), seccomp(2)
 */
#include "sys/privilege.h"
#include "base/text.h"
#include "compat.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void note(struct privilege_report *r, const char *text)
{
	size_t used = strlen(r->notes);

	snprintf(r->notes + used, sizeof(r->notes) - used, "%s%s", used ? "; " : "", text);
}

/* ---- identity ------------------------------------------------------------------ */

struct identity {
	const char *name;
	uid_t uid;
	gid_t gid;
};

static int find_identity(const struct privilege_needs *n, struct identity *who, struct errmsg *err)
{
	struct passwd *pw = getpwnam(n->user);
	uint64_t number;

	if (!pw && text_parse_u64(n->user, &number) && number < UINT32_MAX)
		pw = getpwuid((uid_t)number);
	if (!pw)
		return errmsg_set(err, NW_EINPUT, "-Z %s: there is no such user on this machine", n->user);
	*who = (struct identity){ .name = n->user, .uid = pw->pw_uid, .gid = pw->pw_gid };
	if (n->group) {
		struct group *gr = getgrnam(n->group);

		if (!gr)
			return errmsg_set(err, NW_EINPUT, "%s: there is no such group on this machine", n->group);
		who->gid = gr->gr_gid;
	}
	return 0;
}

/* Who owns a file need not have a name. */
static int find_owner(int fd, struct identity *who, struct errmsg *err)
{
	struct stat s;

	if (fstat(fd, &s))
		return errmsg_errno(err, "cannot find the owner");
	*who = (struct identity){ .uid = s.st_uid, .gid = s.st_gid };
	return 0;
}

static int take_groups(const struct identity *who)
{
	return who->name ? initgroups(who->name, who->gid) : setgroups(1, &who->gid);
}

static int become(const struct identity *who, struct errmsg *err)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", who->name ? who->name : "");
	if (!who->name)
		snprintf(name, sizeof(name), "%u", (unsigned)who->uid);
	if (getuid() == who->uid && geteuid() == who->uid && getgid() == who->gid)
		return 0;
	if (take_groups(who) || setresgid(who->gid, who->gid, who->gid) ||
	    setresuid(who->uid, who->uid, who->uid)) {
		if (errno == EPERM)
			return errmsg_set(err, NW_EPERM, "-Z %s: only root may become another user", name);
		return errmsg_errno(err, "cannot become user %s", name);
	}
	if (who->uid && !setuid(0))
		return errmsg_set(err, NW_EPERM, "user %s could become root again; refusing to go on", name);
	return 0;
}

/* ---- capabilities ---------------------------------------------------------------- */

static int capabilities_get(struct capability_data data[2])
{
	struct capability_header header = { CAPABILITY_VERSION_3, 0 };

	memset(data, 0, 2 * sizeof(*data));
	return (int)syscall(SYS_capget, &header, data);
}

static int capabilities_set(const struct capability_data data[2])
{
	struct capability_header header = { CAPABILITY_VERSION_3, 0 };

	return (int)syscall(SYS_capset, &header, data);
}

uint64_t privilege_capabilities(void)
{
	struct capability_data data[2];

	return capabilities_get(data) ? 0 : data[0].effective | (uint64_t)data[1].effective << 32;
}

/* Can files be made in `dir` by this uid without any capability? Tried, not computed: modes, ACLs and
 * read-only mounts all have their say. */
static bool writable_without_capabilities(const char *dir)
{
	struct capability_data now[2], none[2];
	char probe[4200];
	int fd;

	if (capabilities_get(now))
		return true;
	memcpy(none, now, sizeof(none));
	none[0].effective = none[1].effective = 0;
	if (capabilities_set(none))
		return true;
	snprintf(probe, sizeof(probe), "%s/.nwbox-probe.%d", dir, (int)getpid());
	fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		unlink(probe);
	}
	capabilities_set(now);
	return fd >= 0 || errno != EACCES;
}

/* `keep`: bits of capabilities that stay, 0 for none. */
static void drop_bounding(uint32_t keep)
{
	for (int cap = 0; cap <= CAPABILITY_LAST_MAX; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 && !(cap < 32 && keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* without CAP_SETPCAP this fails, and then there is nothing to bound */
}

static int drop_sets(uint32_t keep, struct errmsg *err)
{
	struct capability_data data[2] = { { 0 } };

#ifdef PR_CAP_AMBIENT_CLEAR_ALL
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
#endif
	data[0].effective = data[0].permitted = keep;
	if (capabilities_set(data))
		return errmsg_errno(err, "cannot give up the capabilities");
	return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

static int confine(const struct privilege_needs *n, struct privilege_report *r, struct errmsg *err)
{
	const char *place = n->write_dir ? n->write_dir : n->daemon ? n->daemon->trees[0] : n->read_dir;
	int got;

	r->no_new_privs = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!r->no_new_privs) {
		note(r, "no_new_privs is not known to this kernel, so there is no sandbox");
		return 0;
	}
	if (n->run_programs)
		return 0;
	got = n->look_at_others ? 0 : sandbox_landlock(n);
	if (got < 0) {
		errno = -got;
		return errmsg_errno(err, "cannot confine file access to %s", place ? place : "what is open");
	}
	r->landlock = got;
	if (!got && !n->look_at_others)
		note(r, "this kernel has no Landlock");
	got = sandbox_seccomp(n);
	if (got < 0) {
		errno = -got;
		return errmsg_errno(err, "cannot install the system call filter");
	}
	r->seccomp = got;
	if (!got)
		note(r, "this kernel or architecture has no system call filter");
	return 0;
}

int privilege_drop(const struct privilege_needs *n, struct privilege_report *r, struct errmsg *err)
{
	struct identity who = { 0 };
	bool owner = n->as_owner && !geteuid();
	int bad = owner ? find_owner(n->owner_fd, &who, err) : n->user ? find_identity(n, &who, err) : 0;
	uint32_t keep;

	*r = (struct privilege_report){ 0 };
	if (bad)
		return bad;
	tzset(); /* reads the time zone, which is a file */
	if (!n->user && !owner && n->write_dir && !geteuid() && !writable_without_capabilities(n->write_dir)) {
		r->kept_override = true;
		note(r, "CAP_DAC_OVERRIDE is kept, because the output directory belongs to another user");
	}
	keep = (r->kept_override ? 1u << CAPABILITY_DAC_OVERRIDE : 0) | (n->keep_net_admin ? 1u << CAPABILITY_NET_ADMIN : 0);
	if (n->look_at_others) /* those that there are: nobody is given any */
		keep = (uint32_t)(privilege_capabilities() & (1u << CAPABILITY_SYS_PTRACE | 1u << CAPABILITY_DAC_READ_SEARCH |
							      1u << CAPABILITY_SYS_ADMIN));
	drop_bounding(keep);
	if (n->user || owner) {
		prctl(PR_SET_KEEPCAPS, n->look_at_others, 0, 0, 0);
		bad = become(&who, err);
		r->user_changed = !bad;
	}
	if (!bad)
		bad = drop_sets(keep, err);
	r->capabilities_dropped = !bad;
	return bad ? bad : confine(n, r, err);
}
