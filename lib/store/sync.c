/* SPDX-License-Identifier: MIT */
/*
 * Complete segments go to the disk in a thread of their own: fdatasync() waits for as long as the disk takes, and packets do
 * not wait. One at a time: when the disk is slower than the packets come, the segments between are left to the kernel, which
 * writes them anyway, later.
 *
 * The thread has the sandbox of its maker, no signals, and a stack of one page more than the least.
 */
#include "store/internal.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *sync_one(void *user)
{
	struct segment_sync *s = user;

	fdatasync(s->fd); /* an error was one of the disk; what is missing is found at the next start */
	close(s->fd);
	__atomic_store_n(&s->done, true, __ATOMIC_RELEASE);
	return NULL;
}

void segment_sync_wait(struct segment_sync *s)
{
	if (s->running)
		pthread_join(s->thread, NULL);
	s->running = false;
}

void segment_sync_start(struct segment_sync *s, int fd, uint64_t number)
{
	sigset_t all, before;
	pthread_attr_t attr;

	if (s->running && !__atomic_load_n(&s->done, __ATOMIC_ACQUIRE)) {
		close(fd);
		return;
	}
	segment_sync_wait(s);
	*s = (struct segment_sync){ .fd = fd, .number = number };
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN + 4096);
	s->running = pthread_create(&s->thread, &attr, sync_one, s) == 0;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->running)
		close(fd);
}
