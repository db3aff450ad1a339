/* SPDX-License-Identifier: MIT */
#include "netwatchd.h"

#include <stdio.h>

int bundler_main(const char *session_id)
{
	fprintf(stderr, "netwatchd: bundler %s: not in this build\n", session_id);
	return 1;
}
