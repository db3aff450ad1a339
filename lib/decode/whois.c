/* SPDX-License-Identifier: MIT */
/* WHOIS: one line asks, all the rest of the connection answers. RFC 3912. */
#include "decode/service.h"

enum { QUERY, ANSWER };

static void whois_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line;
	bool whole;

	if (service_is_reply(p, l, PROTO_whois))
		walk_bytes(w, ANSWER, c.pos, (uint32_t)cursor_left(&c));
	else if (line_next(&c, &line, &whole))
		walk_bytes(w, QUERY, line.p, (uint32_t)(c.pos - line.p));
}

FIELD_TABLE(whois_fields,
	(QUERY, FIELD_WALK(FIELD_STRING, "whois.query", "Query, with the end of its line")),
	(ANSWER, FIELD_WALK(FIELD_STRING, "whois.answer", "Answer"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 43 }, { CLAIM_NONE, 0 } };

const struct protocol proto_whois = {
	.name = "whois",
	.column = "WHOIS",
	.title = "WHOIS",
	.reference = "RFC 3912",
	.application = true,
	.decode = service_decode,
	PROTOCOL_WALK(whois_walk),
	.summary = service_line,
	PROTOCOL_FIELDS(whois_fields),
	.claims = claims,
};
