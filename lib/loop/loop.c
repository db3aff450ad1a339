/* SPDX-License-Identifier: MIT */
/*
 * The epoll loop. One round:
 *
 *   due timers ──> epoll_wait(until the next timer) ──> handles, signals, wall clock ──> due timers
 *
 * Monotonic timers need no descriptor: the nearest one is epoll_wait's time-out.
 * Wall-clock timers sleep on a timerfd with TFD_TIMER_CANCEL_ON_SET, so that a
 * stepped clock (NTP, suspend) wakes the loop and the times are looked at anew;
 * a plain time-out would fire late by the size of the step.
 *
 * Timers are sorted lists: a process has a handful. Removing a handle also takes
 * it out of the events of the current round, so an owner may be freed at once.
 */
#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_ROUND = 32 };

_Static_assert(LOOP_READ == (int)EPOLLIN && LOOP_WRITE == (int)EPOLLOUT && LOOP_ERROR == (int)EPOLLERR &&
		       LOOP_HANGUP == (int)EPOLLHUP,
	       "the loop's event bits are epoll's");

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t loop_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t loop_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/* ---- timers ------------------------------------------------------------------ */

/* Tells the timerfd of the first wall-clock timer, or switches it off. */
static void wall_clock_set(struct loop *l)
{
	struct itimerspec when = { 0 };

	if (l->wall_timers) {
		int64_t at = l->wall_timers->at_ns > 0 ? l->wall_timers->at_ns : 1;

		when.it_value.tv_sec = (time_t)(at / 1000000000);
		when.it_value.tv_nsec = (long)(at % 1000000000);
	}
	timerfd_settime(l->wallfd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

/* The expiry itself is of no interest, neither is ECANCELED after a clock step: due timers are found by the clock. */
static void wall_clock_ready(struct loop_fd *h, uint32_t events)
{
	uint64_t expired;

	(void)events;
	if (read(h->fd, &expired, sizeof(expired)) < 0 && errno == ECANCELED)
		wall_clock_set(h->loop);
}

void loop_add_timer(struct loop *l, struct loop_timer *t, int64_t at_ns)
{
	struct loop_timer **at = t->wall ? &l->wall_timers : &l->timers;

	loop_remove_timer(t);
	t->at_ns = at_ns;
	t->loop = l;
	while (*at && (*at)->at_ns <= at_ns)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (l->wall_timers == t)
		wall_clock_set(l);
}

void loop_remove_timer(struct loop_timer *t)
{
	struct loop *l = t->loop;
	struct loop_timer **at;
	bool first;

	if (!l)
		return;
	first = l->wall_timers == t;
	for (at = t->wall ? &l->wall_timers : &l->timers; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	t->next = NULL;
	t->loop = NULL;
	if (first)
		wall_clock_set(l);
}

/* Fires what is due in one list. What fires is taken out first; what a callback arms for a time that has
 * passed waits for the next round, so a timer that always asks for "now" cannot hold the loop. */
static void fire_due(struct loop *l, struct loop_timer **list, int64_t now)
{
	struct loop_timer *due[EVENTS_PER_ROUND];
	int n = 0;

	for (struct loop_timer *t = *list; t && t->at_ns <= now && n < EVENTS_PER_ROUND; t = t->next)
		due[n++] = t;
	/* a callback may remove or free another due timer, so each one is looked up again before it is called */
	for (int i = 0; i < n && !l->stopping; i++) {
		struct loop_timer *t = *list;

		while (t && t != due[i])
			t = t->next;
		if (!t || t->at_ns > now)
			continue;
		loop_remove_timer(t);
		t->fire(t);
	}
}

/* Milliseconds until the nearest monotonic timer, rounded up, but not beyond `limit` (-1: none). */
static int wait_ms(const struct loop *l, int limit)
{
	int64_t ms;

	if (!l->timers)
		return limit;
	ms = (l->timers->at_ns - l->now_ns + 999999) / 1000000;
	if (ms < 0)
		ms = 0;
	if (limit >= 0 && ms > limit)
		ms = limit;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* ---- handles ----------------------------------------------------------------- */

int loop_add_fd(struct loop *l, struct loop_fd *h, struct errmsg *err)
{
	struct epoll_event e = { .events = h->events, .data.ptr = h };

	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, h->fd, &e)) {
		if (errno == EPERM)
			return errmsg_set(err, NW_EINPUT, "descriptor %d is a regular file and cannot be waited for", h->fd);
		return errmsg_errno(err, "cannot wait for descriptor %d", h->fd);
	}
	h->loop = l;
	return 0;
}

int loop_set_events(struct loop_fd *h, uint32_t events, struct errmsg *err)
{
	struct epoll_event e = { .events = events, .data.ptr = h };

	if (h->events == events)
		return 0;
	if (epoll_ctl(h->loop->epfd, EPOLL_CTL_MOD, h->fd, &e))
		return errmsg_errno(err, "cannot wait for descriptor %d", h->fd);
	h->events = events;
	return 0;
}

void loop_remove_fd(struct loop_fd *h)
{
	struct loop *l = h->loop;

	if (!l)
		return;
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, h->fd, NULL);
	for (int i = 0; i < l->batched; i++)
		if (l->batch[i].data.ptr == h)
			l->batch[i].data.ptr = NULL;
	h->loop = NULL;
}

/* ---- signals ----------------------------------------------------------------- */

static void signals_ready(struct loop_fd *h, uint32_t events)
{
	struct loop *l = h->loop;
	struct signalfd_siginfo s;

	(void)events;
	while (read(l->sigfd, &s, sizeof(s)) == (ssize_t)sizeof(s))
		l->on_signal(l, (int)s.ssi_signo);
}

/*
 * SIGINT and SIGTERM must reach a process that waits in open(2) of a FIFO or write(2) into a pipe that nobody
 * empties: blocked, they would wait for that too. So these two have a handler, which wakes the loop and
 * whatever waits (EINTR); the next one ends the process. But timeout(1) sends each signal twice, to the
 * process and to its group: what comes at once after the first is still the first.
 */
enum { SAME_SIGNAL_NS = 300000000 };
static int ending_fd = -1;
static volatile sig_atomic_t ending;
static int64_t ending_ns;

static void on_ending(int signo)
{
	const uint64_t one = 1;
	int64_t now = loop_monotonic_ns();
	int saved = errno;

	if (ending && now - ending_ns > SAME_SIGNAL_NS) {
		signal(signo, SIG_DFL);
		raise(signo); /* delivered when this handler returns */
		return;
	}
	if (!ending)
		ending_ns = now;
	ending = signo;
	if (write(ending_fd, &one, sizeof(one)) < 0)
		ending = signo; /* the counter is full: the loop will wake anyway */
	errno = saved;
}

static void ending_ready(struct loop_fd *h, uint32_t events)
{
	struct loop *l = h->loop;
	uint64_t count;

	(void)events;
	if (read(l->endfd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		l->on_signal(l, ending);
}

static int catch_ending(struct loop *l, int signo, struct errmsg *err)
{
	struct sigaction a = { .sa_handler = on_ending };
	int rc = 0;

	sigaddset(&a.sa_mask, SIGINT);
	sigaddset(&a.sa_mask, SIGTERM);
	if (l->endfd < 0) {
		l->endfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (l->endfd < 0)
			return errmsg_errno(err, "cannot receive signals");
		l->ending = (struct loop_fd){ .fd = l->endfd, .events = LOOP_READ, .ready = ending_ready };
		rc = loop_add_fd(l, &l->ending, err);
		ending_fd = l->endfd;
		ending = 0;
	}
	return rc || !sigaction(signo, &a, NULL) ? rc : errmsg_errno(err, "cannot receive signals");
}

int loop_signals(struct loop *l, const int *signals, void (*on_signal)(struct loop *, int), struct errmsg *err)
{
	sigset_t set;

	l->on_signal = on_signal;
	sigemptyset(&set);
	for (; *signals; signals++) {
		int rc = 0;

		if (*signals == SIGINT || *signals == SIGTERM)
			rc = catch_ending(l, *signals, err);
		else
			sigaddset(&set, *signals);
		if (rc)
			return rc;
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return errmsg_errno(err, "cannot block signals");
	l->sigfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->sigfd < 0)
		return errmsg_errno(err, "cannot receive signals");
	l->signals = (struct loop_fd){ .fd = l->sigfd, .events = LOOP_READ, .ready = signals_ready };
	return loop_add_fd(l, &l->signals, err);
}

/* ---- the loop ---------------------------------------------------------------- */

int loop_init(struct loop *l, struct errmsg *err)
{
	*l = (struct loop){ .epfd = -1, .sigfd = -1, .endfd = -1, .wallfd = -1, .now_ns = loop_monotonic_ns() };
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	l->wallfd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->epfd < 0 || l->wallfd < 0) {
		errmsg_errno(err, "cannot make an event loop");
		loop_release(l);
		return NW_ESYS;
	}
	l->wall_clock = (struct loop_fd){ .fd = l->wallfd, .events = LOOP_READ, .ready = wall_clock_ready };
	return loop_add_fd(l, &l->wall_clock, err);
}

void loop_release(struct loop *l)
{
	int *fds[] = { &l->sigfd, &l->endfd, &l->wallfd, &l->epfd };

	if (l->endfd >= 0) { /* nobody is left to be told */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		ending_fd = -1;
	}

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int loop_once(struct loop *l, int timeout_ms, struct errmsg *err)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	int n;

	l->now_ns = loop_monotonic_ns();
	n = epoll_wait(l->epfd, events, EVENTS_PER_ROUND, wait_ms(l, timeout_ms));
	if (n < 0 && errno != EINTR)
		return errmsg_errno(err, "cannot wait for events");
	l->now_ns = loop_monotonic_ns();
	l->batch = events;
	l->batched = n > 0 ? n : 0;
	for (int i = 0; i < l->batched && !l->stopping; i++) {
		struct loop_fd *h = events[i].data.ptr;

		if (h)
			h->ready(h, events[i].events);
	}
	l->batched = 0;
	l->batch = NULL;
	fire_due(l, &l->timers, l->now_ns);
	if (l->wall_timers)
		fire_due(l, &l->wall_timers, loop_realtime_ns());
	return 0;
}

int loop_run(struct loop *l, struct errmsg *err)
{
	int status = 0;

	l->stopping = false;
	while (!l->stopping && !status)
		status = loop_once(l, -1, err);
	return status;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}
