/* SPDX-License-Identifier: MIT */
/*
 * Who may what, by the credentials the kernel gives of a client: root and the daemon's own user are admins; users and groups
 * that the configuration names have the highest role they are named for; members of the socket's group are operators;
 * whoever else can connect may look.
 *
 * A client's role is found once and kept in its user pointer (with the epoch of the configuration), so idle clients cost
 * nothing for it.
 */
#include "front.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static bool named(const struct config_role *r, const struct ipc_client *c)
{
	uid_t uid = ipc_client_uid(c);

	for (unsigned i = 0; i < r->user_count; i++)
		if (r->users[i] == uid)
			return true;
	for (unsigned i = 0; i < r->group_count; i++)
		if (ipc_client_in_group(c, r->groups[i]))
			return true;
	return false;
}

static enum role look_up(struct front *f, const struct ipc_client *c)
{
	uid_t uid = ipc_client_uid(c);

	if (!uid || uid == geteuid() || named(&f->config->roles[ROLE_ADMIN], c))
		return ROLE_ADMIN;
	if (named(&f->config->roles[ROLE_OPERATOR], c))
		return ROLE_OPERATOR;
	if (named(&f->config->roles[ROLE_VIEWER], c))
		return ROLE_VIEWER;
	return f->group != (gid_t)-1 && ipc_client_in_group(c, f->group) ? ROLE_OPERATOR : ROLE_VIEWER;
}

enum role role_of(struct front *f, struct ipc_client *c)
{
	uintptr_t kept = (uintptr_t)ipc_client_user(c);

	if (kept >> 2 != f->role_epoch) {
		kept = (uintptr_t)f->role_epoch << 2 | look_up(f, c);
		ipc_client_set_user(c, (void *)kept);
	}
	return (enum role)(kept & 3);
}

void user_name(uid_t uid, char *text, size_t size)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw)
		snprintf(text, size, "%s", pw->pw_name);
	else
		snprintf(text, size, "%u", (unsigned)uid);
}
