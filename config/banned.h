/* SPDX-License-Identifier: MIT */
/*
 * Calls that must not appear in lib/ and applets/: a use does not compile. Each has a bounded or checked counterpart.
 * Included in front of every file by config.h; the headers come first so that only our own code sees the macros.
 */
#ifndef NWBOX_BANNED_H
#define NWBOX_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNED(f) banned_call_##f##_see_config_banned_h
#undef strcpy
#define strcpy(d, s) BANNED(strcpy)
#undef strcat
#define strcat(d, s) BANNED(strcat)
#undef strtok
#define strtok(s, d) BANNED(strtok)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(s) BANNED(gets)
#undef atoi
#define atoi(s) BANNED(atoi)
#undef atol
#define atol(s) BANNED(atol)
#undef system
#define system(c) BANNED(system)
#undef popen
#define popen(c, m) BANNED(popen)

#endif
