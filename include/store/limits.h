/* SPDX-License-Identifier: MIT */
/* How much room a record may take. Its writer keeps to it before each write: the oldest closed segment goes. */
#ifndef STORE_LIMITS_H
#define STORE_LIMITS_H

#include <stdint.h>

/* Space for a record, for one session or for all together. 0: no such limit. */
struct space_limits {
	uint64_t bytes;           /* segments, indexes, ledger and bundles */
	int64_t age_ns;           /* of the newest packet of a segment */
	unsigned free_percent;    /* of the file system, kept free */
	uint64_t free_bytes;      /* the same in bytes; the larger one counts */
};

#endif
