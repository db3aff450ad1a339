/* SPDX-License-Identifier: MIT */
/*
 * Text for a page: nothing that comes from the network may become markup, neither as text nor in a quoted attribute. Controls and broken
 * characters are gone already: outbuf_escaped().
 */
#include "rows.h"

void html_text_put(struct outbuf *o, const void *text, size_t len)
{
	const char *p = text, *end = p + len;

	while (p < end) {
		const char *run = p;

		while (p < end && *p != '&' && *p != '<' && *p != '>' && *p != '"' && *p != '\'')
			p++;
		outbuf_bytes(o, run, (size_t)(p - run));
		if (p == end)
			break;
		outbuf_printf(o, "&#%d;", *p++);
	}
}
