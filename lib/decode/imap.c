/* SPDX-License-Identifier: MIT */
/*
 * Internet Message Access Protocol. RFC 9051, RFC 3501.
 *
 *	a001 LOGIN user secret\r\n           * 18 EXISTS\r\n
 *	a002 UID FETCH 1 FLAGS\r\n           a001 OK LOGIN completed\r\n
 */
#include "decode/service.h"

enum { LINE, IS_REQUEST, TAG, REQ_TAG, RSP_TAG, COMMAND, REQ_COMMAND, RSP_COMMAND, STATUS, UID, USERNAME, PASSWORD, FOLDER, REQUEST, RESPONSE };

/* The next argument: a word, or what stands in quotation marks. */
static struct text argument(struct text *t)
{
	struct text quoted;

	if (!t->len || *t->p != '"')
		return text_word(t);
	text_until(t, '"');
	quoted = text_until(t, '"');
	text_word(t);
	return quoted;
}

static void walk_request(struct walk *w, struct text line)
{
	struct text rest = line, tag = text_word(&rest), command = text_word(&rest), word;

	walk_text(w, TAG, &tag);
	walk_text(w, REQ_TAG, &tag);
	if (!command.len)
		return;
	walk_text(w, COMMAND, &command);
	if (text_is(&command, "uid")) {
		walk_uint(w, UID, 1);
		command = text_word(&rest);
	}
	walk_text(w, REQ_COMMAND, &command);
	if (text_is(&command, "login")) {
		word = argument(&rest);
		walk_text(w, USERNAME, &word);
		word = argument(&rest);
		walk_text(w, PASSWORD, &word);
	} else if (text_is(&command, "select") || text_is(&command, "examine") || text_is(&command, "create") ||
		   text_is(&command, "delete")) {
		word = text_word(&rest);
		walk_text(w, FOLDER, &word);
	}
}

/* Untagged replies are lines and nothing else, as in Wireshark; its command of a reply is the word behind the outcome. */
static void walk_response(struct walk *w, struct text line)
{
	struct text rest = line, tag = text_word(&rest), word;

	if (tag.len == 1 && (*tag.p == '*' || *tag.p == '+'))
		return;
	walk_text(w, RESPONSE, &line);
	walk_text(w, TAG, &tag);
	walk_text(w, RSP_TAG, &tag);
	word = text_word(&rest);
	if (word.len)
		walk_text(w, STATUS, &word);
	word = text_word(&rest);
	if (!word.len)
		return;
	walk_text(w, COMMAND, &word);
	walk_text(w, RSP_COMMAND, &word);
}

static void imap_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	bool reply = service_is_reply(p, l, PROTO_imap), whole;
	const uint8_t *start = c.pos;
	struct text line;

	walk_uint(w, IS_REQUEST, !reply);
	for (; line_next(&c, &line, &whole); start = c.pos) {
		walk_bytes(w, LINE, start, (uint32_t)(c.pos - start));
		if (!line.len)
			continue;
		if (reply) {
			walk_response(w, line);
			continue;
		}
		walk_text(w, REQUEST, &line);
		walk_request(w, line);
	}
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
FIELD_TABLE(imap_fields,
	(LINE, TEXT("imap.line", "Line")),
	(IS_REQUEST, FIELD_WALK(FIELD_BOOL, "imap.isrequest", "From the client")),
	(TAG, TEXT("imap.tag", "Tag")),
	(REQ_TAG, TEXT("imap.request_tag", "Tag of a request")),
	(RSP_TAG, TEXT("imap.response_tag", "Tag of a reply")),
	(COMMAND, TEXT("imap.command", "Command")),
	(REQ_COMMAND, TEXT("imap.request.command", "Command of a request")),
	(RSP_COMMAND, TEXT("imap.response.command", "Word behind the outcome")),
	(STATUS, TEXT("imap.response.status", "Outcome of a command")),
	(UID, FIELD_WALK(FIELD_BOOL, "imap.request.command.uid", "Messages by unique id")),
	(USERNAME, TEXT("imap.request.username", "User name")),
	(PASSWORD, TEXT("imap.request.password", "Password")),
	(FOLDER, TEXT("imap.request.folder", "Folder")),
	(REQUEST, TEXT("imap.request", "Request")),
	(RESPONSE, TEXT("imap.response", "Reply"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 143 }, { CLAIM_NONE, 0 } };

const struct protocol proto_imap = {
	.name = "imap",
	.column = "IMAP",
	.title = "Internet Message Access Protocol",
	.reference = "RFC 9051, RFC 3501",
	.application = true,
	.decode = service_decode,
	.detect = service_detect,
	PROTOCOL_WALK(imap_walk),
	.summary = service_line,
	PROTOCOL_FIELDS(imap_fields),
	.claims = claims,
};
