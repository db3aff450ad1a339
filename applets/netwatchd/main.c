/* SPDX-License-Identifier: MIT */
/* netwatchd: which of its processes this is. */
#include "../applets.h"
#include "netwatchd.h"

#include <stdio.h>
#include <string.h>

static const struct option_row rows[] = { OPT_END };

const struct usage netwatchd_usage = { "netwatchd", "[OPTION…]", "Records network traffic and answers clients.", NULL, rows };

int netwatchd_main(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(const char *session_id);
	} parts[] = { { "worker", worker_main }, { "reader", reader_main }, { "watcher", watcher_main }, { "bundler", bundler_main },
		    { "prober", prober_main } };

	for (unsigned i = 0; argc == 3 && i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(argv[1], parts[i].word))
			return parts[i].run(argv[2]);
	fprintf(stderr, "netwatchd: not in this build\n");
	return 1;
}
