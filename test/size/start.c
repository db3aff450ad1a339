/* SPDX-License-Identifier: MIT */
/*
 * Start-up cost of a program: runs it N times with its output thrown away and prints the median time from spawn to exit
 * in microseconds and the largest resident set in KiB.
 *
 * Usage: start N PROGRAM [ARG]...
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[1], NULL, 10) : 0, rss_kib = 0, *us = calloc((size_t)n + 1, sizeof(*us));
	posix_spawn_file_actions_t quiet;

	if (n < 1 || !us)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (long i = 0; i < n; i++) {
		long begin = now_us();
		struct rusage usage;
		int status;
		pid_t pid;

		if (posix_spawn(&pid, argv[2], &quiet, NULL, argv + 2, environ) || wait4(pid, &status, 0, &usage) < 0 ||
		    status)
			return 1;
		us[i] = now_us() - begin;
		if (usage.ru_maxrss > rss_kib)
			rss_kib = usage.ru_maxrss;
	}
	qsort(us, (size_t)n, sizeof(*us), by_value);
	printf("%ld %ld\n", us[n / 2], rss_kib);
	return 0;
}
