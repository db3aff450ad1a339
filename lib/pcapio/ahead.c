/* SPDX-License-Identifier: MIT */
/*
 * Reading a large regular file with two hands. Most of the time of a filter over
 * a file in the page cache is the kernel copying it (1 GB: 130 ms, decoding 50);
 * a second core does half of that copying.
 *
 *	file     |chunk 0|chunk 1|chunk 2|chunk 3|...
 *	           used    read by  read by   free: to be claimed
 *	         by caller helper   caller
 *
 * A chunk is claimed by whoever has nothing better to do: the helper always,
 * the caller when the chunk it needs is not there yet. So both are busy all the
 * time, whatever takes longer. On one core, for small files, pipes and
 * compressed input there is no helper and no cost.
 */
#include "pcapio/source.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 4, PAGE = 4096, STACK = 64 * 1024 };

struct slot {
	uint8_t *buf;
	uint64_t index;  /* of the chunk in it */
	bool ready;
	ssize_t len;     /* < chunk: the file ends here; negative: -errno */
};

struct ahead {
	int fd;
	off_t start;             /* of chunk 0 */
	size_t chunk;
	pthread_t helper;
	pthread_mutex_t lock;
	pthread_cond_t ready, room;
	uint64_t next;           /* first chunk that nobody has claimed */
	uint64_t used;           /* chunks below are given back */
	bool ended, stop;        /* nothing more to claim */
	off_t end;               /* of the file, once ended */
	struct slot slots[SLOTS];
};

/* One helper in a process: when many files are merged, one more thread for each would help nobody. */
static bool helper_taken;

static bool may_claim(const struct ahead *a)
{
	return !a->ended && a->next < a->used + SLOTS;
}

/* Claims the next chunk and reads it. Called and returns with the lock held. */
static void read_next(struct ahead *a)
{
	uint64_t index = a->next++;
	struct slot *s = &a->slots[index % SLOTS];
	uint8_t *to = s->buf + AHEAD_HEADROOM + BASE_SHIFT;
	size_t done = 0;
	ssize_t n = 0;

	pthread_mutex_unlock(&a->lock);
	do {
		n = pread(a->fd, to + done, a->chunk - done, a->start + (off_t)(index * a->chunk + done));
		if (n > 0)
			done += (size_t)n;
	} while ((n > 0 && done < a->chunk) || (n < 0 && errno == EINTR));
	if (n < 0 && done == 0)
		n = -errno;
	else
		n = (ssize_t)done;
	pthread_mutex_lock(&a->lock);
	s->len = n;
	s->index = index;
	s->ready = true;
	if (n < (ssize_t)a->chunk) {
		off_t end = a->start + (off_t)(index * a->chunk) + (n > 0 ? n : 0);

		/* the empty chunk behind the last one may be read before it */
		if (!a->ended || end < a->end)
			a->end = end;
		a->ended = true;
	}
	pthread_cond_signal(&a->ready);
}

static void *help(void *arg)
{
	struct ahead *a = arg;

	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		if (may_claim(a))
			read_next(a);
		else
			pthread_cond_wait(&a->room, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static bool start_helper(struct ahead *a)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all); /* signals are the caller's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&a->helper, &attr, help, a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

static bool second_core(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

struct ahead *ahead_start(int fd, size_t chunk)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct ahead *a;
	struct stat st;

	if (helper_taken || at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size - at < AHEAD_MIN_BYTES || !second_core())
		return NULL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->fd = fd;
	a->start = at;
	a->chunk = chunk;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->ready, NULL);
	pthread_cond_init(&a->room, NULL);
	for (int i = 0; i < SLOTS; i++) {
		a->slots[i].buf = aligned_alloc(PAGE, AHEAD_HEADROOM + chunk + PAGE);
		if (!a->slots[i].buf)
			goto fail;
	}
	if (start_helper(a)) {
		helper_taken = true;
		return a;
	}
fail:
	for (int i = 0; i < SLOTS; i++)
		free(a->slots[i].buf);
	free(a);
	return NULL;
}

ssize_t ahead_take(struct ahead *a, uint64_t index, uint8_t **base)
{
	struct slot *s = &a->slots[index % SLOTS];

	pthread_mutex_lock(&a->lock);
	while (!(s->ready && s->index == index)) {
		if (a->next <= index && a->ended) { /* the chunk before was the last */
			pthread_mutex_unlock(&a->lock);
			*base = s->buf + AHEAD_HEADROOM + BASE_SHIFT;
			return 0;
		}
		if (may_claim(a))
			read_next(a);
		else
			pthread_cond_wait(&a->ready, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	*base = s->buf + AHEAD_HEADROOM + BASE_SHIFT;
	return s->len;
}

void ahead_give_back(struct ahead *a, uint64_t index)
{
	pthread_mutex_lock(&a->lock);
	a->slots[index % SLOTS].ready = false;
	a->used = index + 1;
	pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
}

void ahead_stop(struct ahead *a, uint64_t chunks_used)
{
	off_t at;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->helper, NULL);
	helper_taken = false;
	at = a->start + (off_t)(chunks_used * a->chunk);
	lseek(a->fd, a->ended && at > a->end ? a->end : at, SEEK_SET); /* as if it had been read(2) */
	for (int i = 0; i < SLOTS; i++)
		free(a->slots[i].buf);
	pthread_cond_destroy(&a->ready);
	pthread_cond_destroy(&a->room);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
