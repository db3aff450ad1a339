/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses, learnt from answers of DNS, mDNS and LLMNR in the traffic itself; nobody is asked. An address gets
 * the name that was asked for (www.example.com, not the content network's own that its CNAME led to), or that of the
 * record where no question stands beside it, and PTR answers count too. What was learnt last is right.
 *
 * Kept for its TTL or an hour, whichever is longer, as connections outlive the answer they began with. At most 8192
 * addresses, four to a place, of which the oldest goes.
 */
#ifndef DECODE_NAMES_H
#define DECODE_NAMES_H

#include "decode/cursor.h"

#include <stdbool.h>
#include <stdint.h>

struct names;

struct address_name {
	const uint8_t *text;  /* until something else is learnt */
	uint32_t len;
	uint32_t ttl_s;
	int64_t age_ns;       /* since the answer */
};

/* NULL: no memory. */
struct names *names_new(void);
void names_free(struct names *n); /* NULL is fine */
/* A message of DNS, without the length that stands before it on TCP, seen at `now_ns`. */
void names_learn(struct names *n, struct cursor message, int64_t now_ns);
/* `len`: 4 or 16 bytes of address. False: it has no name, or none that is young enough. */
bool names_find(const struct names *n, const uint8_t *address, unsigned len, int64_t now_ns, struct address_name *found);

#endif
