/* SPDX-License-Identifier: MIT */
/* What json.c, yaml.c and shape.c share, and nobody else. */
#ifndef BASE_JSON_PRIVATE_H
#define BASE_JSON_PRIVATE_H

#include "base/json.h"
#include "base/outbuf.h"

/* A document from JSON text that we made: the n-th of `lines` is the line of its n-th value, in the order in which they
 * begin, names of members counted too. Takes `lines` (malloc) over, also after an error. */
int json_parse_lines(struct json **j, const char *text, size_t len, uint32_t *lines, size_t line_count, const char *name,
		     struct errmsg *err);

struct shown {
	char text[80];
};

/* The beginning of foreign text, as a message may show it. */
static inline const char *show(struct shown *s, const char *text, size_t len)
{
	struct outbuf o;

	outbuf_fixed(&o, s->text, sizeof(s->text));
	outbuf_escaped(&o, text, len < 64 ? len : 64);
	return outbuf_cstr(&o);
}

#endif
