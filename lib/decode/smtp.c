/* SPDX-License-Identifier: MIT */
/*
 * Simple Mail Transfer Protocol, on ports 25 and 587. RFC 5321.
 *
 *	EHLO client.example\r\n                  250-server.example\r\n
 *	MAIL FROM:<a@example>\r\n                250 SIZE 1000\r\n
 *
 * After the reply 354 the client's lines are the mail, until one that is a dot; that is remembered by connection.
 */
#include "decode/memory.h"
#include "decode/service.h"

enum { REQ, RSP, COMMAND_LINE, REQ_COMMAND, REQ_PARAMETER, RESPONSE, CODE, RSP_PARAMETER, MESSAGE, EOM };
enum { START_MAIL = 354, IN_COMMANDS = 0, IN_MAIL = 1 };
/* layer.aux[0] */
enum kind { COMMANDS, REPLIES, MAIL };

/* Does the mail end in this segment? The lone dot may be all there is of it. */
static bool mail_ends(const struct cursor *c)
{
	size_t n = cursor_left(c);

	return (n >= 5 && !memcmp(c->end - 5, "\r\n.\r\n", 5)) || (n == 3 && !memcmp(c->pos, ".\r\n", 3));
}

static enum decode_result smtp_decode(struct decode *d, struct layer *l)
{
	struct memory *m = decode_memory(d, MEMORY_CONNECTION, false);
	struct cursor c = d->c;
	struct text line;
	unsigned code;
	bool whole;

	if (service_is_reply(d->p, l, PROTO_smtp)) {
		l->aux[0] = REPLIES;
		while (m && line_next(&c, &line, &whole))
			m->value[0] = text_code(&line, &code) && code == START_MAIL ? IN_MAIL : m->value[0];
	} else {
		l->aux[0] = m && m->value[0] == IN_MAIL ? MAIL : COMMANDS;
		if (l->aux[0] == MAIL && mail_ends(&c))
			m->value[0] = IN_COMMANDS;
	}
	return service_decode(d, l);
}

static void walk_command(struct walk *w, const uint8_t *start, struct text line, const uint8_t *end)
{
	struct text command = { line.p, line.len < 4 ? line.len : 4 };

	walk_bytes(w, COMMAND_LINE, start, (uint32_t)(end - start));
	walk_text(w, REQ_COMMAND, &command);
	if (line.len > 5)
		walk_bytes(w, REQ_PARAMETER, line.p + 5, line.len - 5);
}

static void walk_replies(struct walk *w, struct cursor *c)
{
	const uint8_t *start = c->pos;
	struct text line;
	bool whole, first = true;
	unsigned code;

	walk_uint(w, RSP, 1);
	while (line_next(c, &line, &whole)) {
		if (first)
			walk_bytes(w, RESPONSE, start, (uint32_t)(c->pos - start));
		if (!text_code(&line, &code))
			return;
		if (first)
			walk_uint(w, CODE, code);
		if (line.len)
			walk_text(w, RSP_PARAMETER, &line);
		first = false;
	}
}

static void smtp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *start = c.pos;
	struct text line;
	bool whole;

	if (l->aux[0] == REPLIES) {
		walk_replies(w, &c);
		return;
	}
	walk_uint(w, REQ, 1);
	if (l->aux[0] == MAIL) {
		for (; line_next(&c, &line, &whole); start = c.pos)
			if (line.len == 1 && *line.p == '.' && whole)
				walk_uint(w, EOM, 1);
			else
				walk_bytes(w, MESSAGE, start, (uint32_t)(c.pos - start));
		return;
	}
	for (; line_next(&c, &line, &whole); start = c.pos)
		walk_command(w, start, line, c.pos);
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(smtp_fields,
	(REQ, FIELD_WALK(FIELD_BOOL, "smtp.req", "From the client")),
	(RSP, FIELD_WALK(FIELD_BOOL, "smtp.rsp", "From the server")),
	(COMMAND_LINE, TEXT("smtp.command_line", "Command and parameter")),
	(REQ_COMMAND, TEXT("smtp.req.command", "Command")),
	(REQ_PARAMETER, TEXT("smtp.req.parameter", "Parameter of the command")),
	(RESPONSE, TEXT("smtp.response", "First line of the reply")),
	(CODE, FIELD_WALK(FIELD_UINT, "smtp.response.code", "Reply code")),
	(RSP_PARAMETER, TEXT("smtp.rsp.parameter", "Text of the reply")),
	(MESSAGE, TEXT("smtp.message", "Line of the mail")),
	(EOM, FIELD_WALK(FIELD_BOOL, "smtp.eom", "End of the mail"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 25 }, { CLAIM_TCP_PORT, 587 }, { CLAIM_NONE, 0 } };

const struct protocol proto_smtp = {
	.name = "smtp",
	.column = "SMTP",
	.title = "Simple Mail Transfer Protocol",
	.reference = "RFC 5321",
	.application = true,
	.decode = smtp_decode,
	.detect = service_detect,
	PROTOCOL_WALK(smtp_walk),
	PROTOCOL_FIELDS(smtp_fields),
	.claims = claims,
};
