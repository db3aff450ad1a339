/* SPDX-License-Identifier: MIT */
/*
 * The starter: a process that keeps the rights the daemon was started with and does three things for the front, which has
 * none: executes this binary again as one of the parts of netwatchd.h, ends one that it has started, opens the
 * configuration file again. It reads one fixed structure per request and no text but a session's id.
 */
#ifndef NETWATCHD_STARTER_H
#define NETWATCHD_STARTER_H

#include "base/errmsg.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum part { PART_WORKER, PART_READER, PART_WATCHER, PART_BUNDLER, PART_PROBER, PARTS };
extern const char *const part_names[PARTS];

/* A process that the starter runs; a member of its owner. */
struct child {
	uint32_t number;          /* 0: none */
	pid_t pid;                /* 0: not known yet */
	void (*ended)(struct child *c, int status); /* as of wait(2); may free its owner */
	struct child *next;
};

/* The descriptors a part gets, see netwatchd.h; -1: /dev/null. They stay the caller's. */
struct child_fds {
	int output, control, directory, progress;
};

struct starter {
	struct loop_fd io;
	pid_t pid;
	uint32_t numbers;
	struct child *children;
	struct queued *queue, **queue_end;                /* requests that wait for room in the socket */
	unsigned runs_queued;
	int config_fd;                                    /* answer of the last starter_open_config, -1: none */
	void (*config_opened)(struct starter *s, int fd); /* fd -1: could not; taken over */
	void (*gone)(struct starter *s);                  /* it has died: nothing can be started any more */
};

/* Forks it. It closes what is open but 0 to 2; with `quiet` its standard error, which its children have, is /dev/null.
 * `config`: the one file that it opens; NULL: none. The process that returns is the front. */
int starter_begin(struct starter *s, const char *config, bool quiet, struct errmsg *err);
/* From now on answers are taken. */
int starter_attach(struct starter *s, struct loop *l, struct errmsg *err);
/* Never waits. NW_ESYS, NW_ELIMIT: nothing was started. Otherwise c->ended is called in the end, unless part_forget was. */
int part_start(struct starter *s, struct child *c, enum part part, const char *id, const struct child_fds *fds,
	       struct errmsg *err);
/* It goes on, and nobody is told of its end. Harmless when there is none. */
void part_forget(struct starter *s, struct child *c);
/* KILL (nothing milder: parts end when their socket closes). */
void part_kill(struct starter *s, const struct child *c);
int starter_open_config(struct starter *s, struct errmsg *err);
/* Its children go on. */
void starter_end(struct starter *s);

#endif
