/* SPDX-License-Identifier: MIT */
/*
 * Post Office Protocol, version 3. RFC 1939.
 *
 *	RETR 1\r\n             +OK 120 octets\r\n        -ERR no such message\r\n
 *	                       the mail, until a line that is a dot
 */
#include "decode/service.h"

enum { REQ_COMMAND, REQ_PARAMETER, INDICATOR, DESCRIPTION, RSP_DATA };

static void pop_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	bool reply = service_is_reply(p, l, PROTO_pop), whole, first = true;
	struct text line, word;

	for (; line_next(&c, &line, &whole); first = false) {
		if (reply && (!first || !line.len || (*line.p != '+' && *line.p != '-'))) {
			walk_text(w, RSP_DATA, &line);
			continue;
		}
		word = text_word(&line);
		walk_text(w, reply ? INDICATOR : REQ_COMMAND, &word);
		if (line.len)
			walk_text(w, reply ? DESCRIPTION : REQ_PARAMETER, &line);
		if (!reply)
			return;
	}
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(pop_fields,
	(REQ_COMMAND, TEXT("pop.request.command", "Command")),
	(REQ_PARAMETER, TEXT("pop.request.parameter", "Parameter of the command")),
	(INDICATOR, TEXT("pop.response.indicator", "+OK or -ERR")),
	(DESCRIPTION, TEXT("pop.response.description", "Text of the reply")),
	(RSP_DATA, TEXT("pop.response.data", "Line of what follows"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 110 }, { CLAIM_NONE, 0 } };

const struct protocol proto_pop = {
	.name = "pop",
	.column = "POP",
	.title = "Post Office Protocol",
	.reference = "RFC 1939",
	.application = true,
	.decode = service_decode,
	.detect = service_detect,
	PROTOCOL_WALK(pop_walk),
	.summary = service_line,
	PROTOCOL_FIELDS(pop_fields),
	.claims = claims,
};
