/* SPDX-License-Identifier: MIT */
/*
 * Real Time Streaming Protocol, over TCP. RFC 7826, RFC 2326.
 *
 *	SETUP rtsp://host/track RTSP/1.0\r\n                       RTSP/1.0 200 OK\r\n
 *	Transport: RTP/AVP;unicast;client_port=50220-50221\r\n     Transport: ...;client_port=50220-50221;server_port=5000-5001\r\n
 *
 * The ports of Transport are announced (expect.h): RTP and RTCP to the client, and from the server.
 */
#include "decode/expect.h"
#include "decode/sdp.h"
#include "decode/service.h"

enum { REQUEST, RESPONSE, METHOD, URL, STATUS, CONTENT_TYPE, CONTENT_LENGTH, SESSION, TRANSPORT };

static const char *const methods[] = { "DESCRIBE", "ANNOUNCE", "GET_PARAMETER", "OPTIONS", "PAUSE", "PLAY", "RECORD", "REDIRECT",
				       "SETUP", "SET_PARAMETER", "TEARDOWN", "PLAY_NOTIFY" };

/* A complete line that names the version. */
static bool first_line(const struct text *line)
{
	struct text rest = *line, word;

	if (text_begins(line, "RTSP/1.0 ") || text_begins(line, "RTSP/2.0 "))
		return true;
	word = text_word(&rest);
	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!text_begins(&word, methods[i]) || word.len != strlen(methods[i]))
			continue;
		text_word(&rest);
		return text_begins(&rest, "RTSP/");
	}
	return false;
}

static bool rtsp_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	struct text line;
	bool whole;

	(void)d;
	return line_next(&c, &line, &whole) && whole && first_line(&line);
}

/* ---- headers ------------------------------------------------------------------------------------- */

/* The next header; false at the empty line (then *ended) or the end. */
static bool header_next(struct cursor *c, struct text *line, struct text *name, struct text *value, bool *ended)
{
	bool whole;

	if (!line_next(c, line, &whole))
		return false;
	*ended = whole && !line->len;
	*value = *line;
	*name = text_until(value, ':');
	*name = text_trim(*name);
	*value = text_trim(*value);
	return !*ended;
}

/* "client_port=50220-50221" anywhere in the value: the two ports, 0 if they are not there. */
static void ports_read(struct text value, const char *label, uint16_t port[2])
{
	port[0] = port[1] = 0;
	while (value.len) {
		struct text part = text_until(&value, ';'), first;

		if (!text_begins_nocase(&part, label))
			continue;
		text_until(&part, '=');
		first = text_until(&part, '-');
		port[0] = (uint16_t)text_decimal(&first);
		port[1] = (uint16_t)(part.len ? text_decimal(&part) : port[0] + 1u);
		return;
	}
}

static void announce(const struct decode *d, const struct text *transport, bool reply)
{
	uint16_t port[2];

	ports_read(*transport, "client_port=", port);
	decode_expect_end(d, CLAIM_UDP_PORT, !reply, port[0], PROTO_rtp);
	decode_expect_end(d, CLAIM_UDP_PORT, !reply, port[1], PROTO_rtcp);
	if (!reply)
		return;
	ports_read(*transport, "server_port=", port);
	decode_expect_end(d, CLAIM_UDP_PORT, true, port[0], PROTO_rtp);
	decode_expect_end(d, CLAIM_UDP_PORT, true, port[1], PROTO_rtcp);
}

static enum decode_result rtsp_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c, sdp;
	struct text line, name, value, type = { c.pos, 0 };
	bool whole, ended = false, reply;

	(void)l;
	line_next(&c, &line, &whole);
	reply = text_begins(&line, "RTSP/");
	while (header_next(&c, &line, &name, &value, &ended)) {
		if (text_is(&name, "transport"))
			announce(d, &value, reply);
		else if (text_is(&name, "content-type"))
			type = value;
	}
	if (!ended) {
		bool cut = c.snapped;

		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK;
	}
	decode_take(d, (uint32_t)(c.pos - d->c.pos));
	if (sdp_find(&type, d->c, &sdp)) {
		decode_take(d, (uint32_t)(sdp.pos - d->c.pos));
		if (decode_limit(d, (uint32_t)cursor_left(&sdp)))
			d->next = PROTO_sdp;
	}
	return DECODE_OK;
}

/* ---- fields -------------------------------------------------------------------------------------- */

static void walk_first(struct walk *w, const uint8_t *start, const uint8_t *end, struct text line)
{
	struct text word = text_word(&line);
	bool reply = text_begins(&word, "RTSP/");

	walk_bytes(w, reply ? RESPONSE : REQUEST, start, (uint32_t)(end - start));
	if (!reply)
		walk_text(w, METHOD, &word);
	word = text_word(&line);
	if (reply)
		walk_uint(w, STATUS, text_decimal(&word) & UINT32_MAX);
	else
		walk_text(w, URL, &word);
}

static void rtsp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *start = c.pos;
	struct text line, name, value;
	bool whole, ended = false;

	cursor_limit(&c, l->hlen);
	if (!line_next(&c, &line, &whole))
		return;
	walk_first(w, start, c.pos, line);
	for (start = c.pos; header_next(&c, &line, &name, &value, &ended); start = c.pos) {
		if (text_is(&name, "content-type"))
			walk_text(w, CONTENT_TYPE, &value);
		else if (text_is(&name, "content-length"))
			walk_uint(w, CONTENT_LENGTH, text_decimal(&value) & UINT32_MAX);
		else if (text_is(&name, "session"))
			walk_text(w, SESSION, &value);
		else if (text_is(&name, "transport"))
			walk_text(w, TRANSPORT, &value);
	}
}

#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
FIELD_TABLE(rtsp_fields,
	(REQUEST, TEXT("rtsp.request", "Request")),
	(RESPONSE, TEXT("rtsp.response", "Reply")),
	(METHOD, TEXT("rtsp.method", "Method")),
	(URL, TEXT("rtsp.url", "URL")),
	(STATUS, UINT("rtsp.status", "Status")),
	(CONTENT_TYPE, TEXT("rtsp.content-type", "Content type")),
	(CONTENT_LENGTH, UINT("rtsp.content-length", "Length of the body")),
	(SESSION, TEXT("rtsp.session", "Session")),
	(TRANSPORT, TEXT("rtsp.transport", "Transport"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, 554 }, { CLAIM_TCP_PORT, 8554 }, { CLAIM_NONE, 0 } };

const struct protocol proto_rtsp = {
	.name = "rtsp",
	.column = "RTSP",
	.title = "Real Time Streaming Protocol",
	.reference = "RFC 7826, RFC 2326",
	.application = true,
	.decode = rtsp_decode,
	.detect = rtsp_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("RDAGOPST"),
	PROTOCOL_WALK(rtsp_walk),
	PROTOCOL_FIELDS(rtsp_fields),
	.claims = claims,
};
