/* SPDX-License-Identifier: MIT */
/* packetclient: the command line to a netwatchd. */
#include "../applets.h"

#include <stdio.h>

static const struct option_row rows[] = { OPT_END };

const struct usage packetclient_usage = { "packetclient", "[OPTION…] COMMAND [ARGUMENT…]", "Asks a netwatchd.", NULL, rows };

int packetclient_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fprintf(stderr, "packetclient: not in this build\n");
	return 1;
}
