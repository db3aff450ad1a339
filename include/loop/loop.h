/* SPDX-License-Identifier: MIT */
/*
 * One epoll loop per process. Handles are members of their owner's struct, so
 * nothing is allocated; the owner is found back with container_of.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/errmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

struct loop;

struct loop_fd {
	int fd;
	uint32_t events;                                   /* LOOP_READ | LOOP_WRITE */
	void (*ready)(struct loop_fd *h, uint32_t events); /* may remove and free its owner */
	struct loop *loop;                                 /* set by loop_add_fd */
};
enum { LOOP_READ = 1, LOOP_WRITE = 4 };                    /* EPOLLIN, EPOLLOUT */

struct loop_timer {
	int64_t at_ns;                                     /* CLOCK_REALTIME if wall, else CLOCK_MONOTONIC */
	bool wall;                                         /* follows clock steps (aligned rotation) */
	void (*fire)(struct loop_timer *t);                /* one shot; may arm itself again */
	struct loop *loop;
	struct loop_timer *next;
};

struct loop {
	int epfd, sigfd, timerfd, wallfd;
	bool stopping;
	int64_t now_ns;                                    /* monotonic, at the last wake-up */
	struct loop_timer *timers, *wall_timers;           /* sorted */
	void (*on_signal)(struct loop *l, int signo);
	struct loop_fd *signal_handle;
};

int loop_init(struct loop *l, struct errmsg *err);
void loop_release(struct loop *l);
int loop_add_fd(struct loop *l, struct loop_fd *h, struct errmsg *err);
int loop_set_events(struct loop_fd *h, uint32_t events, struct errmsg *err);
void loop_remove_fd(struct loop_fd *h); /* harmless when not added */
void loop_add_timer(struct loop *l, struct loop_timer *t, int64_t at_ns);
void loop_remove_timer(struct loop_timer *t);
/* These signals are blocked and come through on_signal, between other events. Ends with 0. */
int loop_signals(struct loop *l, const int *signals, void (*on_signal)(struct loop *, int), struct errmsg *err);
/* Until loop_stop(). 0 or NW_ESYS. */
int loop_run(struct loop *l, struct errmsg *err);
/* One round: waits at most timeout_ms (-1: until something happens). */
int loop_once(struct loop *l, int timeout_ms, struct errmsg *err);
void loop_stop(struct loop *l);
int64_t loop_monotonic_ns(void);
int64_t loop_realtime_ns(void);

#endif
