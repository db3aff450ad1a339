/* SPDX-License-Identifier: MIT */
/* Times of broken captures are as far apart as numbers go: a difference ends where an int64_t does. */
#ifndef BASE_TIMES_H
#define BASE_TIMES_H

#include <stdint.h>

static inline int64_t ns_between(int64_t from_ns, int64_t to_ns)
{
	int64_t ns;

	return __builtin_sub_overflow(to_ns, from_ns, &ns) ? to_ns > from_ns ? INT64_MAX : INT64_MIN : ns;
}

#endif
