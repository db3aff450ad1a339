/* SPDX-License-Identifier: MIT */
/*
 * The progress page: two copies of some words and a number that says which one counts (its lowest bit). The writer fills the
 * other one, then counts up: a writer that dies in the middle of it leaves the last whole copy. A reader takes the copy again
 * when the number changed meanwhile. Every word is stored and loaded atomically.
 */
#include "store/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { MAGIC = 0x6e77702b, WORDS = sizeof(struct progress) / 8, TRIES = 1000, BYTES = 4096 };

_Static_assert(sizeof(struct progress) % 8 == 0, "whole words");

struct progress_page {
	uint32_t magic, size;          /* of struct progress: both ends are the same program, mostly */
	uint32_t sequence;
	uint32_t reserved;
	uint64_t words[2][WORDS];
};

_Static_assert(sizeof(struct progress_page) <= BYTES, "one page");

struct progress_page *progress_create(int *fd, struct errmsg *err)
{
	struct progress_page *page;

	*fd = memfd_create("netwatchd-progress", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0) {
		errmsg_errno(err, "cannot make a page of progress");
		return NULL;
	}
	page = ftruncate(*fd, BYTES) < 0 ? MAP_FAILED : mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (page == MAP_FAILED || fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		errmsg_errno(err, "cannot make a page of progress");
		if (page != MAP_FAILED)
			munmap(page, BYTES);
		close(*fd);
		*fd = -1;
		return NULL;
	}
	fcntl(*fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE); /* Linux 5.1; whoever gets the descriptor can only read */
	page->size = sizeof(struct progress);
	__atomic_store_n(&page->magic, MAGIC, __ATOMIC_RELEASE);
	return page;
}

void progress_write(struct progress_page *page, const struct progress *p)
{
	uint64_t words[WORDS];
	uint32_t sequence;

	if (!page)
		return;
	memcpy(words, p, sizeof(words));
	sequence = __atomic_load_n(&page->sequence, __ATOMIC_RELAXED) + 1;
	__atomic_thread_fence(__ATOMIC_RELEASE); /* nobody sees these words before the number that made them the other copy */
	for (unsigned i = 0; i < WORDS; i++)
		__atomic_store_n(&page->words[sequence & 1][i], words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&page->sequence, sequence, __ATOMIC_RELEASE);
}

const struct progress_page *progress_open(int fd, struct errmsg *err)
{
	const struct progress_page *page;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	/* sealed: or it could become shorter under our hands, which is SIGBUS */
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 || st.st_size < BYTES) {
		errmsg_set(err, NW_EINPUT, "this descriptor is no page of progress");
		return NULL;
	}
	page = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		errmsg_errno(err, "cannot map a page of progress");
		return NULL;
	}
	if (__atomic_load_n(&page->magic, __ATOMIC_ACQUIRE) != MAGIC || page->size != sizeof(struct progress)) {
		munmap((void *)page, BYTES);
		errmsg_set(err, NW_EINPUT, "this descriptor is a page of progress of another version");
		return NULL;
	}
	return page;
}

bool progress_read(const struct progress_page *page, struct progress *p)
{
	uint64_t words[WORDS];

	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t before = __atomic_load_n(&page->sequence, __ATOMIC_ACQUIRE), after;

		for (unsigned j = 0; j < WORDS; j++)
			words[j] = __atomic_load_n(&page->words[before & 1][j], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		after = __atomic_load_n(&page->sequence, __ATOMIC_RELAXED);
		memcpy(p, words, sizeof(*p));
		if (before == after)
			return true;
		if (i % 16 == 15)
			sched_yield();
	}
	return false;
}

void progress_close(const struct progress_page *page)
{
	if (page)
		munmap((void *)page, BYTES);
}
