/* SPDX-License-Identifier: MIT */
/* The version, here and nowhere else. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define NWBOX_VERSION "0.1.0"

#endif
