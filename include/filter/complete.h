/* SPDX-License-Identifier: MIT */
/*
 * What may stand at a place of a filter, for shells and for the filter line of a screen.
 *
 *	tcp.fl|            fields:     tcp.flags, tcp.flags.syn, ...
 *	tcp.port |         relations:  ==, !=, in, ...
 *	tcp.flags.syn == | values:     True, False; names of numbers where a field has them
 *	udp and ht|        protocols:  http
 */
#ifndef FILTER_COMPLETE_H
#define FILTER_COMPLETE_H

#include <stdint.h>

struct filter_candidate {
	const char *text;  /* in place of the word at the cursor */
	const char *kind;  /* "protocol", "field", "function", "word", "relation", "value" */
	const char *label; /* for people; "" if there is nothing to say */
};

typedef void filter_complete_fn(void *user, const struct filter_candidate *c);

/* Calls `each` for everything that can stand where the cursor is (`cursor` bytes into `text`; what is behind it does not
 * matter) and begins with what is there already. *from is where that word begins. Inside quotes there is nothing to offer.
 * Names without a dot give protocols only, and those with one their fields. Returns the number of candidates. */
unsigned filter_complete(const char *text, uint32_t cursor, uint32_t *from, filter_complete_fn *each, void *user);

#endif
