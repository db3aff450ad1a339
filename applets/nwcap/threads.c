/* SPDX-License-Identifier: MIT */
/*
 * --threads N: for links that are too fast for one processor. The kernel deals each packet out to one of N sockets (packet
 * fan-out, by a hash of its flow that is the same for both directions, or by processor); each thread has its own
 * socket and ring buffer, its own loop and its own file, so that threads share nothing while packets come:
 *
 *                 ┌─ ring ─ thread 0 (main, signals) ─> out-t0.pcap ─┐
 *   interface ────┼─ ring ─ thread 1 ─────────────────> out-t1.pcap ─┼─> nwfilter -r … -r … -w one.pcap, in time order
 *                 └─ ring ─ thread 2 ─────────────────> out-t2.pcap ─┘
 *
 * Files are not merged while capturing: that would put all packets through one processor again. With "hash" each
 * flow is in one file.
 *
 * The first thread asks the others for something by bits and an eventfd; each tells the first by its eventfd when its loop has
 * ended by itself (a full disk, the interface is gone), which ends the capture.
 */
#include "live.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct thread {
	struct live *live;
	struct nwcap_options o;       /* those of all, with this thread's file */
	char write[4096];
	struct loop_fd wake;
	int asked;                    /* enum live_request; atomic */
	bool running;
	pthread_t id;
};

static void wake(struct thread *t, int what)
{
	const uint64_t one = 1;

	__atomic_fetch_or(&t->asked, what, __ATOMIC_SEQ_CST);
	if (write(t->wake.fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: it is awake */
}

static void woken(struct loop_fd *h, uint32_t events)
{
	struct thread *t = container_of(h, struct thread, wake);
	int asked = __atomic_exchange_n(&t->asked, 0, __ATOMIC_SEQ_CST);
	uint64_t count;

	(void)events;
	if (read(h->fd, &count, sizeof(count)) < 0)
		return;
	if (asked & LIVE_FLUSH)
		live_flush(t->live);
	if (asked & LIVE_ROTATE)
		live_rotate(t->live);
	if (asked & LIVE_STOP)
		loop_stop(&t->live->loop);
}

/* out.pcap -> out-t2.pcap, out.pcapng.gz -> out-t2.pcapng.gz */
static int name_file(struct thread *t, const char *path, struct errmsg *err)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *end = path + strlen(path);
	int n;

	if (end - base > 3 && !strcmp(end - 3, ".gz"))
		end -= 3;
	for (const char *p = end; p > base + 1; p--)
		if (p[-1] == '.') {
			end = p - 1;
			break;
		}
	n = snprintf(t->write, sizeof(t->write), "%.*s-t%u%s", (int)(end - path), path, t->live->index, end);
	return n < (int)sizeof(t->write) ? 0 : errmsg_set(err, NW_EINPUT, "-w: the file name is too long; use a shorter one");
}

int threads_prepare(struct live *l, struct errmsg *err)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		return errmsg_set(err, NW_ELIMIT, "no memory for a thread");
	t->live = l;
	t->wake = (struct loop_fd){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = LOOP_READ, .ready = woken };
	t->o = *l->o;
	t->o.write = t->write;
	l->thread = t;
	if (t->wake.fd < 0)
		return errmsg_errno(err, "cannot start a thread");
	if (name_file(t, l->o->write, err))
		return NW_EINPUT;
	l->o = &t->o;
	return 0;
}

static void *work(void *user)
{
	struct live *l = user;

	if (loop_run(&l->loop, &l->err))
		l->status = nwcap_fail(NW_ESYS, &l->err);
	wake(l->team->thread, LIVE_STOP);
	return NULL;
}

int threads_start(struct live *team, struct errmsg *err)
{
	sigset_t all, before;
	int bad = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (struct live *l = team; l < team + team->members && !bad; l++) {
		bad = loop_add_fd(&l->loop, &l->thread->wake, err);
		if (bad || !l->index)
			continue;
		l->thread->running = !pthread_create(&l->thread->id, NULL, work, l);
		if (!l->thread->running)
			bad = errmsg_set(err, NW_ELIMIT, "no memory for %u threads; try fewer", team->members);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return bad;
}

void threads_ask(struct live *team, enum live_request what)
{
	for (struct live *l = team + 1; l < team + team->members; l++)
		if (l->thread && l->thread->running)
			wake(l->thread, what);
}

void threads_join(struct live *team)
{
	threads_ask(team, LIVE_STOP);
	for (struct live *l = team + 1; l < team + team->members; l++)
		if (l->thread && l->thread->running) {
			pthread_join(l->thread->id, NULL);
			l->thread->running = false;
		}
	team->joined = true;
}

void threads_release(struct live *team)
{
	for (struct live *l = team; l < team + team->members; l++) {
		if (l->thread && l->thread->wake.fd >= 0)
			close(l->thread->wake.fd);
		free(l->thread);
	}
}
