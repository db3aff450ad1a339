/* SPDX-License-Identifier: MIT */
/* What json.c and yaml.c know of a document, and nobody else. */
#ifndef BASE_JSON_PRIVATE_H
#define BASE_JSON_PRIVATE_H

#include "base/json.h"

/* A document from JSON text that we made: the n-th of `lines` is the line of its n-th value, in the order in which they
 * begin, names of members counted too. Takes `lines` (malloc) over, also after an error. */
int json_parse_lines(struct json **j, const char *text, size_t len, uint32_t *lines, size_t line_count, const char *name,
		     struct errmsg *err);

#endif
