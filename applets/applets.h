/* SPDX-License-Identifier: MIT */
/* The entry points of the applets, from the table. Each gets its own argv with
 * its name in argv[0] and returns the exit status of DESIGN section 8. */
#ifndef APPLETS_H
#define APPLETS_H

#define APPLET(name, enabled, where, needs, purpose) int name##_main(int argc, char **argv);
#include "applets.def"
#undef APPLET

#endif
