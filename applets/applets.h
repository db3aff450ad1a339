/* SPDX-License-Identifier: MIT */
/* What each applet gives main(), from the table: its entry point, which gets its own argv
 * with its name in argv[0] and returns the exit status of DESIGN section 8, and what it says of itself. */
#ifndef APPLETS_H
#define APPLETS_H

#include "base/options.h"

#define APPLET(name, enabled, where, needs, purpose)  \
	int name##_main(int argc, char **argv);       \
	extern const struct usage name##_usage;
#include "applets.def"
#undef APPLET

#endif
