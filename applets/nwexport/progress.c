/* SPDX-License-Identifier: MIT */
/*
 * nwexport: how far it is, on stderr when that is a terminal, from the second second on; and the counters for USR1.
 *
 *	nwexport: 12.4 M packets, 431 MB/s, 62 %, 0:07 left
 */
#include "nwexport.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_PACKETS = 4096, EVERY_MS = 250, FIRST_MS = 1000 };

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void progress_init(struct progress *p, bool wanted, uint64_t total)
{
	*p = (struct progress){ .shown = wanted, .total = total, .countdown = EVERY_PACKETS };
	p->begin_ns = now_ns();
	p->next_ns = p->begin_ns + FIRST_MS * 1000000ll;
}

static void show(struct progress *p, int64_t now)
{
	double seconds = (double)(now - p->begin_ns) / 1e9, rate = (double)p->bytes / seconds;
	char left[64] = "", count[32];

	if (p->total && p->bytes && p->bytes < p->total) {
		unsigned s = (unsigned)((double)(p->total - p->bytes) / rate);

		snprintf(left, sizeof(left), ", %u %%, %u:%02u left", (unsigned)((double)p->bytes * 100 / (double)p->total), s / 60,
			 s % 60);
	}
	if (p->packets < 10000000)
		snprintf(count, sizeof(count), "%llu", (unsigned long long)p->packets);
	else
		snprintf(count, sizeof(count), "%.1f M", (double)p->packets / 1e6);
	fprintf(stderr, "\r\033[Knwexport: %s packets, %.0f MB/s%s", count, rate / 1e6, left);
	p->on_screen = true;
}

void progress_tick(struct progress *p, uint64_t exported)
{
	int64_t now;

	p->countdown = EVERY_PACKETS;
	if (counters_asked) {
		counters_asked = 0;
		progress_clear(p);
		fprintf(stderr, "nwexport: %llu packets read, %llu exported\n", (unsigned long long)p->packets,
			(unsigned long long)exported);
	}
	if (!p->shown || (now = now_ns()) < p->next_ns)
		return;
	p->next_ns = now + EVERY_MS * 1000000ll;
	show(p, now);
}

void progress_clear(struct progress *p)
{
	if (p->on_screen)
		fputs("\r\033[K", stderr);
	p->on_screen = false;
}
