/* SPDX-License-Identifier: MIT */
/*
 * The directories of the daemon.
 *
 *	STATE/netwatchd.state      marker and lock: "netwatchd state 1" and the process id
 *	STATE/sessions/ID/         session.json and the record
 *	STATE/events.ndjson …      events and log
 *	RUNTIME/workers/ID.sock    where workers listen
 *	RUNTIME/memory/ID/         sessions that are never on a disk
 */
#ifndef NETWATCHD_PLACE_H
#define NETWATCHD_PLACE_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <sys/types.h>

struct place;

/* Makes what is missing, checks what is there, locks. `uid`, `gid`: the user the daemon will be; what is made belongs to it.
 * NW_EINPUT: not ours (another owner, not empty and without our marker, no directory); NW_EFAIL: another daemon uses it;
 * NW_EPERM, NW_ESYS. */
int place_open(struct place **p, const char *state_dir, const char *runtime_dir, uid_t uid, gid_t gid, struct errmsg *err);
/* Unlocks. NULL is fine. */
void place_close(struct place *p);
int place_state_fd(const struct place *p);
int place_sessions_fd(const struct place *p);
int place_workers_fd(const struct place *p);
int place_memory_fd(const struct place *p);
/* Is RUNTIME/memory in memory? Else NW_EINPUT with the cure. */
int place_memory_check(const struct place *p, struct errmsg *err);

/* Writes the process id into a locked file. A descriptor to keep; NW_EFAIL: a process with this PID file runs. */
int pid_file_open(const char *path, uid_t uid, gid_t gid, struct errmsg *err);
void pid_file_close(const char *path, int fd);

#endif
