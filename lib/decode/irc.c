/* SPDX-License-Identifier: MIT */
/*
 * Internet Relay Chat. RFC 2812.
 *
 *	:irc.example 001 nick :Welcome\r\n        prefix, command or number, parameters, trailer
 *	PRIVMSG #channel :hello\r\n
 */
#include "decode/service.h"

enum { REQUEST, RESPONSE, REQ_PREFIX, REQ_COMMAND, REQ_PARAMETER, REQ_TRAILER, RSP_PREFIX, RSP_COMMAND, RSP_PARAMETER,
	RSP_TRAILER, RSP_NUM };
enum { PART = RSP_PREFIX - REQ_PREFIX }; /* a field of replies is so far behind that of requests */

static void walk_line(struct walk *w, struct text line, unsigned shift)
{
	struct text word;
	unsigned code;

	walk_text(w, shift ? RESPONSE : REQUEST, &line);
	if (line.len && *line.p == ':') {
		word = text_word(&line);
		walk_bytes(w, REQ_PREFIX + shift, word.p + 1, word.len - 1);
	}
	word = text_word(&line);
	if (!word.len)
		return;
	walk_text(w, REQ_COMMAND + shift, &word);
	if (shift && word.len == 3 && text_code(&word, &code))
		walk_uint(w, RSP_NUM, code);
	while (line.len) {
		if (*line.p == ':') {
			walk_bytes(w, REQ_TRAILER + shift, line.p + 1, line.len - 1);
			return;
		}
		word = text_word(&line);
		walk_text(w, REQ_PARAMETER + shift, &word);
	}
}

static void irc_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	unsigned shift = service_is_reply(p, l, PROTO_irc) ? PART : 0;
	struct text line;
	bool whole;

	while (line_next(&c, &line, &whole))
		if (line.len)
			walk_line(w, line, shift);
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(irc_fields,
	(REQUEST, TEXT("irc.request", "Request")),
	(RESPONSE, TEXT("irc.response", "Reply")),
	(REQ_PREFIX, TEXT("irc.request.prefix", "Origin of a request")),
	(REQ_COMMAND, TEXT("irc.request.command", "Command")),
	(REQ_PARAMETER, TEXT("irc.request.command_parameter", "Parameter")),
	(REQ_TRAILER, TEXT("irc.request.trailer", "Last parameter")),
	(RSP_PREFIX, TEXT("irc.response.prefix", "Origin of a reply")),
	(RSP_COMMAND, TEXT("irc.response.command", "Command of a reply")),
	(RSP_PARAMETER, TEXT("irc.response.command_parameter", "Parameter of a reply")),
	(RSP_TRAILER, TEXT("irc.response.trailer", "Last parameter of a reply")),
	(RSP_NUM, FIELD_WALK(FIELD_UINT, "irc.response.num_command", "Reply code"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 6667 }, { CLAIM_NONE, 0 } };

const struct protocol proto_irc = {
	.name = "irc",
	.column = "IRC",
	.title = "Internet Relay Chat",
	.reference = "RFC 2812",
	.application = true,
	.decode = service_decode,
	.detect = service_detect,
	PROTOCOL_WALK(irc_walk),
	.summary = service_line,
	PROTOCOL_FIELDS(irc_fields),
	.claims = claims,
};
