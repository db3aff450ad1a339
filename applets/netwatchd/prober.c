/* SPDX-License-Identifier: MIT */
#include "netwatchd.h"

#include <stdio.h>

int prober_main(const char *session_id)
{
	fprintf(stderr, "netwatchd: prober %s: not in this build\n", session_id);
	return 1;
}
