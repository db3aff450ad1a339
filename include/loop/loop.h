/* SPDX-License-Identifier: MIT */
/*
 * One epoll loop per process. Handles are members of their owner's struct, so
 * nothing is allocated; the owner is found back with container_of.
 *
 *	struct client { struct loop_fd io; ... };
 *	static void client_ready(struct loop_fd *h, uint32_t events)
 *	{
 *		struct client *c = container_of(h, struct client, io);
 *		...
 *	}
 *
 * A callback may add, change, remove and free any handle or timer, its own
 * included: what was removed is not called any more, even if the kernel has
 * already reported it in the same round.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

struct loop;
struct epoll_event;

/* EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. The last two are always reported; a handle with events 0 waits for them alone. */
enum { LOOP_READ = 1, LOOP_WRITE = 4, LOOP_ERROR = 8, LOOP_HANGUP = 16 };

struct loop_fd {
	int fd;
	uint32_t events;                                   /* LOOP_READ | LOOP_WRITE */
	void (*ready)(struct loop_fd *h, uint32_t events); /* may remove and free its owner */
	struct loop *loop;                                 /* set by loop_add_fd, NULL when not added */
};

struct loop_timer {
	int64_t at_ns;                                     /* CLOCK_REALTIME if wall, else CLOCK_MONOTONIC */
	bool wall;                                         /* follows clock steps (aligned rotation) */
	void (*fire)(struct loop_timer *t);                /* one shot; may arm itself again, may free its owner */
	struct loop *loop;                                 /* NULL when not armed */
	struct loop_timer *next;
};

struct loop {
	int epfd, sigfd, endfd, wallfd;                    /* wallfd: timerfd on CLOCK_REALTIME that notices clock steps */
	bool stopping;
	int64_t now_ns;                                    /* monotonic, at the last wake-up */
	struct loop_timer *timers, *wall_timers;           /* sorted, earliest first */
	void (*on_signal)(struct loop *l, int signo);
	struct loop_fd signals, ending, wall_clock;
	struct epoll_event *batch;                         /* events of this round that are still to be handled */
	int batched;
};

/* NW_ESYS: no descriptors left. */
int loop_init(struct loop *l, struct errmsg *err);
/* Closes the loop's own descriptors; handles stay their owners'. Harmless on a loop whose loop_init() failed. */
void loop_release(struct loop *l);
/* NW_ESYS; NW_EINPUT if the descriptor cannot be waited for (a regular file: it is always ready). */
int loop_add_fd(struct loop *l, struct loop_fd *h, struct errmsg *err);
int loop_set_events(struct loop_fd *h, uint32_t events, struct errmsg *err);
/* Before the descriptor is closed. Harmless when not added. */
void loop_remove_fd(struct loop_fd *h);
/* Arms or re-arms. A time that has passed fires in the next round. */
void loop_add_timer(struct loop *l, struct loop_timer *t, int64_t at_ns);
void loop_remove_timer(struct loop_timer *t); /* harmless when not armed */
/* These signals come through on_signal, between other events. The list ends with 0. The first SIGINT or SIGTERM also
 * interrupts a call that waits (EINTR); the next one, if it does not follow at once, ends the process. */
int loop_signals(struct loop *l, const int *signals, void (*on_signal)(struct loop *, int), struct errmsg *err);
/* Until loop_stop(). 0 or NW_ESYS. */
int loop_run(struct loop *l, struct errmsg *err);
/* One round: waits at most timeout_ms (-1: until something happens). 0 or NW_ESYS. */
int loop_once(struct loop *l, int timeout_ms, struct errmsg *err);
void loop_stop(struct loop *l);
int64_t loop_monotonic_ns(void);
int64_t loop_realtime_ns(void);

#endif
