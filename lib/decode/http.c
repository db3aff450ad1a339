/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1 messages (RFC 9110, RFC 9112), each where its header ends; bodies are not put together.
 *
 *	GET /index.html HTTP/1.1\r\n          HTTP/1.1 200 OK\r\n
 *	Host: example.com\r\n                 Content-Length: 5\r\n
 *	\r\n                                  \r\n
 *	                                      hello
 *
 * A segment on an HTTP port that does not start a message is the rest of one:
 * it is HTTP without fields, and says so in the column once the connection has
 * shown a message. On other ports the first line must be complete and name the
 * version. Requests that follow one another in a segment are layers of their own.
 *
 * A header that has a field is a row of headers[]; every header line is a value
 * of http.request.line or http.response.line.
 */
#include "decode/http.h"
#include "decode/line.h"
#include "decode/notes.h"
#include "decode/reply.h"
#include "decode/stream.h"
#include "decode/tls.h"

enum {
	F_METHOD, F_URI, F_URI_PATH, F_URI_QUERY, F_URI_PARAMETER, F_REQUEST_VERSION, F_RESPONSE_VERSION, F_CODE, F_CODE_DESC,
	F_PHRASE, F_HOST, F_USER_AGENT, F_ACCEPT, F_ACCEPT_LANGUAGE, F_ACCEPT_ENCODING, F_COOKIE, F_COOKIE_PAIR, F_REFERER,
	F_AUTHORIZATION, F_AUTHBASIC, F_PROXY_AUTHENTICATE, F_PROXY_AUTHORIZATION, F_WWW_AUTHENTICATE, F_CONTENT_TYPE,
	F_CONTENT_LENGTH_HEADER, F_CONTENT_LENGTH, F_CONTENT_ENCODING, F_TRANSFER_ENCODING, F_UPGRADE, F_CONNECTION, F_DATE,
	F_CACHE_CONTROL, F_SERVER, F_LOCATION, F_WS_ACCEPT, F_WS_EXTENSIONS, F_WS_KEY, F_WS_PROTOCOL, F_WS_VERSION,
	F_SET_COOKIE, F_LAST_MODIFIED, F_X_FORWARDED_FOR, F_HTTP2_SETTINGS, F_REQUEST_LINE, F_RESPONSE_LINE, F_FULL_URI,
	F_REQUEST, F_RESPONSE, F_NOTIFICATION, F_CHUNK_SIZE, F_CHUNK_DATA, F_FILE_DATA,
	F_REQUEST_IN, F_TIME, F_RESPONSE_FOR, F_COUNT
};

/* layer.aux[0] */
enum kind { CONTINUATION, REQUEST, RESPONSE, NOTIFICATION };
/* layer.aux[1]: the connection is known to be HTTP; what the body is, when all of it is there */
enum body { KNOWN = 1, BODY_XML = 2, BODY_JSON = 4, BODY_OCSP = 8 };

/* A message's first line and what its headers say of the body. */
struct message {
	enum kind kind;
	struct text line;        /* without its end */
	bool line_whole;
	bool headers_whole;      /* the empty line was there */
	bool has_length, chunked;
	uint64_t content_length;
	enum body type;
	struct text host;
	struct cursor headers;   /* the lines between */
};

/* ---- lines ------------------------------------------------------------------------------ */

/* Splits "Name: value"; false if that is no header. */
static bool header_split(const struct text *line, struct text *name, struct text *value)
{
	const uint8_t *colon = memchr(line->p, ':', line->len), *end = line->p + line->len;

	if (!colon || line->p[0] == ' ' || line->p[0] == '\t')
		return false;
	*name = (struct text){ line->p, (uint32_t)(colon - line->p) };
	for (colon++; colon < end && (*colon == ' ' || *colon == '\t'); colon++)
		;
	*value = (struct text){ colon, (uint32_t)(end - colon) };
	return true;
}

enum { NOTIFICATIONS = 3 }; /* the first of them, of UPnP's event architecture */
static const char methods[][17] = {
	"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE",
	"M-SEARCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "MERGE", "CHECKOUT",
	"CHECKIN", "UNCHECKOUT", "MKACTIVITY", "MKWORKSPACE", "UPDATE", "LABEL", "VERSION-CONTROL", "BASELINE-CONTROL", "POLL",
	"BCOPY", "BMOVE", "BDELETE", "BPROPFIND", "BPROPPATCH", "RPC_CONNECT", "RPC_IN_DATA", "RPC_OUT_DATA", "CCM_POST"
};

/* A line that starts a message, as far as it is there. */
static enum kind line_kind(const struct text *line)
{
	if (text_begins(line, "HTTP/1."))
		return RESPONSE;
	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t n;

		if (!line->len || methods[i][0] != (char)line->p[0])
			continue; /* the bodies on port 80 come through here */
		n = strlen(methods[i]);
		if (line->len >= n && !memcmp(line->p, methods[i], n) && (line->len == n || line->p[n] == ' '))
			return i < NOTIFICATIONS ? NOTIFICATION : REQUEST;
	}
	return CONTINUATION;
}

/* Splits at blanks: method, target, version (all the rest). */
static void line_split(const struct text *line, struct text part[3])
{
	const uint8_t *at = line->p, *end = line->p + line->len;

	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *blank = i < 2 ? memchr(at, ' ', (size_t)(end - at)) : NULL;

		part[i] = (struct text){ at, (uint32_t)((blank ? blank : end) - at) };
		for (at = blank ? blank : end; at < end && *at == ' '; at++)
			;
	}
}

static bool ends_with(const struct text *t, const char *word)
{
	uint32_t n = (uint32_t)strlen(word);

	return t->len >= n && text_is(&(struct text){ t->p + t->len - n, n }, word);
}

/* Bodies that have a word of their own in the protocol column. */
static enum body body_type(struct text t)
{
	const uint8_t *end = memchr(t.p, ';', t.len);

	if (end)
		t.len = (uint32_t)(end - t.p);
	while (t.len && t.p[t.len - 1] == ' ')
		t.len--;
	if (ends_with(&t, "/xml") || ends_with(&t, "+xml"))
		return BODY_XML;
	if (ends_with(&t, "/json") || ends_with(&t, "+json"))
		return BODY_JSON;
	return text_is(&t, "application/ocsp-request") || text_is(&t, "application/ocsp-response") ? BODY_OCSP : 0;
}

/* Reads the message at `c`, leaving `c` at its body. */
static void message_read(struct cursor *c, struct message *m)
{
	struct text line, name, value;
	bool whole;

	*m = (struct message){ .kind = CONTINUATION };
	while (cursor_left(c) && (*c->pos == '\r' || *c->pos == '\n'))
		c->pos++; /* an empty line or two before a request is to be forgiven (RFC 9112 section 2.2) */
	if (!line_next(c, &m->line, &m->line_whole))
		return;
	m->kind = line_kind(&m->line);
	m->headers = *c;
	for (const uint8_t *start = c->pos; line_next(c, &line, &whole); start = c->pos) {
		m->headers.end = start;
		if (!line.len && whole) {
			m->headers_whole = true;
			return;
		}
		if (!header_split(&line, &name, &value)) {
			if (whole) {
				m->headers_whole = true;
				c->pos = start;
			}
			return;
		}
		m->headers.end = c->pos;
		if (text_is(&name, "content-length")) {
			m->has_length = true;
			m->content_length = text_decimal(&value);
		} else if (text_is(&name, "transfer-encoding")) {
			m->chunked = value.len >= 7 && text_is(&(struct text){ value.p, 7 }, "chunked");
		} else if (text_is(&name, "host")) {
			m->host = value;
			while (m->host.len && m->host.p[m->host.len - 1] == ' ')
				m->host.len--;
		} else if (text_is(&name, "content-type")) {
			m->type = body_type(value);
		}
	}
}

/* ---- decode ------------------------------------------------------------------------------ */

bool http_starts(const struct cursor *payload)
{
	struct cursor c = *payload;
	struct text line, part[3];
	bool whole;

	/* nearly everything that is not HTTP leaves here */
	if (cursor_left(&c) < 16 || *c.pos < 'A' || *c.pos > 'Z' ||
	    line_kind(&(struct text){ c.pos, 16 }) == CONTINUATION || !line_next(&c, &line, &whole))
		return false;
	switch (line_kind(&line)) {
	case CONTINUATION:
		return false;
	case RESPONSE:
		return line.len >= 12 && line.p[8] == ' ' && line.p[9] >= '1' && line.p[9] <= '9';
	default:
		line_split(&line, part);
		return whole && text_begins(&part[2], "HTTP/1.");
	}
}

static bool http_detect(const struct decode *d, const struct cursor *payload)
{
	const struct layer *tcp = &d->p->layers[d->p->nlayers - 1];
	const uint8_t *ports = d->p->source[tcp->source].data + tcp->off;

	if (http_starts(payload))
		return true;
	return (decode_claimed(CLAIM_TCP_PORT, get_be16(ports)) == PROTO_http ||
		decode_claimed(CLAIM_TCP_PORT, get_be16(ports + 2)) == PROTO_http) && !tls_starts(payload) && !http2_starts(payload);
}

/* "101 Switching Protocols": what follows is something else, of which we know some. */
static bool switches(const struct message *m)
{
	return m->kind == RESPONSE && m->line.len >= 12 && !memcmp(m->line.p + 9, "101", 3);
}

static void note_upgrade(const struct decode *d, struct note *note, const struct message *m)
{
	struct cursor c = m->headers;
	struct text line, name, value;
	bool whole;

	note->proto = PROTO_frame;
	while (line_next(&c, &line, &whole))
		if (header_split(&line, &name, &value) && text_is(&name, "upgrade")) {
			if (text_is(&value, "websocket"))
				note_stay(d, note, PROTO_websocket);
			else if (text_is(&value, "h2c"))
				note_stay(d, note, PROTO_http2);
		}
}

static bool body_whole(const struct message *m, const struct cursor *c)
{
	static const char last_chunk[] = "\r\n0\r\n\r\n";
	size_t n = sizeof(last_chunk) - 1, left = cursor_left(c);

	if (m->chunked)
		return left > n && !memcmp(c->end - n, last_chunk, n);
	return m->has_length && m->content_length && m->content_length <= left;
}

/* Is the target of a request all of its URI? `part`: method, target. */
static bool target_is_uri(const struct text part[2])
{
	return text_is(&part[0], "connect") || text_begins(&part[1], "http://") || text_begins(&part[1], "https://");
}

/* Responses come in the order of the requests (RFC 9112 section 9.3). Those of notifications have no time in Wireshark. */
static void match(struct decode *d, struct layer *l, const struct message *m, const struct cursor *body)
{
	enum { FAR = 1 << 30 /* of numbers that wrap */ };
	struct text part[3];

	if (m->kind == RESPONSE) {
		bool known = m->has_length && !m->chunked && m->content_length < FAR;
		uint64_t left = known ? m->content_length : cursor_left(body);

		reply_next_answer(d, l, REPLY_HTTP, (uint32_t)(body->pos - d->c.pos) + (uint32_t)left);
		return;
	}
	line_split(&m->line, part);
	if (target_is_uri(part) || !m->host.len)
		reply_next_request(d, REPLY_HTTP, m->kind == REQUEST, &(struct reply_text){ part[1].p, part[1].len }, m->host.len != 0);
	else
		reply_next_request(d, REPLY_HTTP, m->kind == REQUEST, (struct reply_text[]){
				   { "http://", 7 }, { m->host.p, m->host.len }, { part[1].p, part[1].len } }, 3);
}

enum decode_result http_decode(struct decode *d, struct layer *l)
{
	struct note *note = decode_note(d, l - 1);
	struct cursor c = d->c;
	struct message m;
	uint64_t body;

	if (stream_rest(d)) { /* of a header that goes on */
		d->c.pos = d->c.end;
		l->aux[1] = note && note->proto == PROTO_http ? KNOWN : 0;
		return DECODE_OK;
	}
	message_read(&c, &m);
	if (m.kind != CONTINUATION && !m.headers_whole && stream_wait(d, d->c.pos, 0, l->proto, STREAM_SHOW)) {
		l->wire_end = l->off;
		m.kind = CONTINUATION;
	}
	l->aux[0] = (uint16_t)m.kind;
	if (note && switches(&m) && m.headers_whole)
		note_upgrade(d, note, &m);
	else if (note && m.kind != CONTINUATION)
		note->proto = PROTO_http;
	l->aux[1] = note && note->proto == PROTO_http ? KNOWN : 0;
	if (m.kind != CONTINUATION && l->proto == PROTO_http)
		match(d, l, &m, &c);
	if (m.kind == CONTINUATION || !m.headers_whole) {
		bool cut = m.kind != CONTINUATION && c.snapped;

		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK;
	}
	decode_take(d, (uint32_t)(c.pos - d->c.pos));
	if (cursor_left(&c) && body_whole(&m, &c))
		l->aux[1] |= m.type;
	body = m.has_length ? m.content_length : m.kind == RESPONSE || m.chunked ? UINT64_MAX : 0;
	if (body < cursor_left(&c)) {
		struct text line;
		bool whole;

		cursor_skip(&c, (size_t)body);
		if (line_next(&c, &line, &whole) && line_kind(&line) != CONTINUATION) {
			decode_take(d, (uint32_t)body);
			l->wire_end = (uint32_t)(d->c.pos - d->p->source[d->source].data);
			d->next = PROTO_http;
		}
	}
	return DECODE_OK;
}

static const char *http_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	if (l->aux[0] == CONTINUATION && !l->aux[1])
		return NULL;
	return l->aux[1] & BODY_XML ? "HTTP/XML" : l->aux[1] & BODY_JSON ? "HTTP/JSON" : l->aux[1] & BODY_OCSP ? "OCSP" : "HTTP";
}

/* ---- fields of the first line --------------------------------------------------------------- */

static bool kind_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)p;
	v->u = 1;
	return l->aux[0] == f->shift;
}

/* Method, target and version of a request (shift 0..2), version, code and phrase of a response (shift 4..6). */
static bool line_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	struct cursor c = packet_cursor(p, l);
	struct text line, part[3];
	bool whole;

	if (l->aux[0] == CONTINUATION || (l->aux[0] == RESPONSE) != (f->shift >= 4))
		return false;
	while (cursor_left(&c) && (*c.pos == '\r' || *c.pos == '\n'))
		c.pos++;
	if (!line_next(&c, &line, &whole))
		return false;
	line_split(&line, part);
	if (f->type == FIELD_UINT) {
		v->u = text_decimal(&part[1]);
		return part[1].len >= 3;
	}
	v->bytes = part[f->shift & 3].p;
	v->len = part[f->shift & 3].len;
	return f->shift != 6 || v->len;
}

static NAMED_VALUES(codes,
	(100, "Continue"), (101, "Switching Protocols"), (102, "Processing"), (103, "Early Hints"), (200, "OK"),
	(201, "Created"), (202, "Accepted"), (203, "Non-authoritative Information"), (204, "No Content"),
	(205, "Reset Content"), (206, "Partial Content"), (207, "Multi-Status"), (208, "Already Reported"),
	(226, "IM Used"), (300, "Multiple Choices"), (301, "Moved Permanently"), (302, "Found"),
	(303, "See Other"), (304, "Not Modified"), (305, "Use Proxy"), (307, "Temporary Redirect"),
	(308, "Permanent Redirect"), (400, "Bad Request"), (401, "Unauthorized"), (402, "Payment Required"),
	(403, "Forbidden"), (404, "Not Found"), (405, "Method Not Allowed"), (406, "Not Acceptable"),
	(407, "Proxy Authentication Required"), (408, "Request Time-out"), (409, "Conflict"), (410, "Gone"),
	(411, "Length Required"), (412, "Precondition Failed"), (413, "Request Entity Too Large"),
	(414, "Request-URI Too Long"), (415, "Unsupported Media Type"), (416, "Requested Range Not Satisfiable"),
	(417, "Expectation Failed"), (418, "I'm a teapot"), (421, "Misdirected Request"),
	(422, "Unprocessable Entity"), (423, "Locked"), (424, "Failed Dependency"), (426, "Upgrade Required"),
	(428, "Precondition Required"), (429, "Too Many Requests"), (431, "Request Header Fields Too Large"),
	(451, "Unavailable For Legal Reasons"), (500, "Internal Server Error"), (501, "Not Implemented"),
	(502, "Bad Gateway"), (503, "Service Unavailable"), (504, "Gateway Time-out"),
	(505, "HTTP Version Not Supported"), (507, "Insufficient Storage"), (508, "Loop Detected"),
	(511, "Network Authentication Required")
);

static bool desc_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	static const char *const classes[] = { "Informational - Others", "Success - Others", "Redirection - Others",
					       "Client Error - Others", "Server Error - Others" };
	const char *text;
	struct value code;

	if (!line_get(p, l, &(struct field){ .type = FIELD_UINT, .shift = f->shift }, &code))
		return false;
	text = named_value(&codes, code.u);
	if (!text && code.u >= 100 && code.u < 600)
		text = classes[code.u / 100 - 1];
	if (!text)
		return false;
	v->bytes = (const uint8_t *)text;
	v->len = (uint32_t)strlen(text);
	return true;
}

/* ---- walk ----------------------------------------------------------------------------------- */

static const struct header {
	char name[24];
	uint8_t field;
} headers[] = {
	{ "host", F_HOST }, { "user-agent", F_USER_AGENT }, { "accept", F_ACCEPT }, { "accept-language", F_ACCEPT_LANGUAGE },
	{ "accept-encoding", F_ACCEPT_ENCODING }, { "cookie", F_COOKIE }, { "referer", F_REFERER },
	{ "authorization", F_AUTHORIZATION }, { "proxy-authenticate", F_PROXY_AUTHENTICATE },
	{ "proxy-authorization", F_PROXY_AUTHORIZATION }, { "www-authenticate", F_WWW_AUTHENTICATE },
	{ "content-type", F_CONTENT_TYPE }, { "content-length", F_CONTENT_LENGTH_HEADER },
	{ "content-encoding", F_CONTENT_ENCODING }, { "transfer-encoding", F_TRANSFER_ENCODING }, { "upgrade", F_UPGRADE },
	{ "connection", F_CONNECTION }, { "date", F_DATE }, { "cache-control", F_CACHE_CONTROL }, { "server", F_SERVER },
	{ "location", F_LOCATION }, { "sec-websocket-accept", F_WS_ACCEPT },
	{ "sec-websocket-extensions", F_WS_EXTENSIONS }, { "sec-websocket-key", F_WS_KEY },
	{ "sec-websocket-protocol", F_WS_PROTOCOL }, { "sec-websocket-version", F_WS_VERSION },
	{ "set-cookie", F_SET_COOKIE }, { "last-modified", F_LAST_MODIFIED }, { "x-forwarded-for", F_X_FORWARDED_FOR },
	{ "http2-settings", F_HTTP2_SETTINGS },
};

/* Emits the pieces between separators, blanks around them dropped. */
static void walk_pieces(struct walk *w, unsigned field, const struct text *t, char separator)
{
	const uint8_t *at = t->p, *end = t->p + t->len;

	while (at < end) {
		const uint8_t *stop = memchr(at, separator, (size_t)(end - at));
		const uint8_t *next = stop ? stop : end;

		while (at < next && *at == ' ')
			at++;
		walk_bytes(w, field, at, (uint32_t)(next - at));
		at = stop ? stop + 1 : end;
	}
}

/* The name and password of "Basic dXNlcjpwYXNz". */
static void walk_credentials(struct walk *w, const struct text *t)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t *out = NULL;
	uint32_t bits = 0, n = 0;

	if (t->len < 7 || !text_is(&(struct text){ t->p, 6 }, "basic ") || !walk_wants(w, F_AUTHBASIC))
		return;
	out = packet_scratch(w->p, t->len);
	if (!out)
		return;
	for (uint32_t i = 6, have = 0; i < t->len; i++) {
		const char *at = t->p[i] ? strchr(alphabet, t->p[i]) : NULL;

		if (!at)
			break;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	walk_bytes(w, F_AUTHBASIC, out, n);
}

static void walk_header(struct walk *w, const struct text *name, const struct text *value)
{
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (!text_is(name, headers[i].name))
			continue;
		if (value->len)
			walk_bytes(w, headers[i].field, value->p, value->len);
		switch (headers[i].field) {
		case F_COOKIE:
			walk_pieces(w, F_COOKIE_PAIR, value, ';');
			break;
		case F_AUTHORIZATION:
			walk_credentials(w, value);
			break;
		case F_CONTENT_LENGTH_HEADER:
			walk_uint(w, F_CONTENT_LENGTH, text_decimal(value));
			break;
		}
		return;
	}
}

static void walk_target(struct walk *w, const struct text *uri)
{
	const uint8_t *mark = memchr(uri->p, '?', uri->len);

	if (!mark)
		return;
	struct text query = { mark + 1, (uint32_t)(uri->p + uri->len - mark - 1) };

	walk_bytes(w, F_URI_PATH, uri->p, (uint32_t)(mark - uri->p));
	walk_bytes(w, F_URI_QUERY, query.p, query.len);
	walk_pieces(w, F_URI_PARAMETER, &query, '&');
}

/* "http://" host target, or the target alone if it has all that */
static void walk_full_uri(struct walk *w, const struct text part[2], const struct text *host)
{
	uint32_t len = 7 + host->len + part[1].len;
	uint8_t *uri;

	if (!host->len || !walk_wants(w, F_FULL_URI))
		return;
	if (target_is_uri(part)) {
		walk_bytes(w, F_FULL_URI, part[1].p, part[1].len);
		return;
	}
	uri = packet_scratch(w->p, len);
	if (!uri)
		return;
	memcpy(uri, "http://", 7);
	memcpy(uri + 7, host->p, host->len);
	memcpy(uri + 7 + host->len, part[1].p, part[1].len);
	walk_bytes(w, F_FULL_URI, uri, len);
}

static uint64_t hexadecimal(const struct text *t)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < t->len && i < 15; i++) {
		uint8_t c = t->p[i] | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10u);
		else
			break;
	}
	return v;
}

/* The body without the lengths between its pieces, when it all fits. */
static void walk_chunks(struct walk *w, struct cursor c)
{
	uint32_t room = (uint32_t)cursor_left(&c), have = 0;
	uint8_t *body = walk_wants(w, F_FILE_DATA) ? packet_scratch(w->p, room) : NULL;
	struct text line;
	bool whole;

	while (line_next(&c, &line, &whole) && whole && line.len) {
		uint64_t n = hexadecimal(&line);
		const uint8_t *data = n <= cursor_left(&c) ? cursor_take(&c, (size_t)n) : NULL;

		if (!data)
			break;
		walk_uint(w, F_CHUNK_SIZE, n);
		if (!n)
			break;
		walk_bytes(w, F_CHUNK_DATA, data, (uint32_t)n);
		if (body)
			memcpy(body + have, data, (size_t)n);
		have += (uint32_t)n;
		line_next(&c, &line, &whole);
	}
	if (body && have)
		walk_bytes(w, F_FILE_DATA, body, have);
}

static void walk_body(struct walk *w, const struct message *m, struct cursor c)
{
	if (!m->headers_whole || !cursor_left(&c))
		return;
	if (m->chunked) {
		walk_chunks(w, c);
		return;
	}
	if (m->has_length && m->content_length < cursor_left(&c))
		c.end = c.pos + m->content_length;
	if (cursor_left(&c))
		walk_bytes(w, F_FILE_DATA, c.pos, (uint32_t)cursor_left(&c));
}

void http_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct text line, name, value, part[3];
	struct message m;
	bool whole;

	if (l->aux[0] == CONTINUATION)
		return;
	message_read(&c, &m);
	line_split(&m.line, part);
	if (m.kind != RESPONSE)
		walk_target(w, &part[1]);
	for (const uint8_t *start = m.headers.pos; line_next(&m.headers, &line, &whole); start = m.headers.pos) {
		if (!header_split(&line, &name, &value))
			continue;
		walk_header(w, &name, &value);
		if (m.kind != NOTIFICATION)
			walk_bytes(w, m.kind == RESPONSE ? F_RESPONSE_LINE : F_REQUEST_LINE, start,
				   (uint32_t)(m.headers.pos - start));
	}
	if (m.kind != RESPONSE)
		walk_full_uri(w, part, &m.host);
	walk_body(w, &m, c);
}

/* ---- text ------------------------------------------------------------------------------------- */

/* tcpdump decodes HTTP on two ports; elsewhere it takes a -v to see it. */
static bool tcpdump_knows(const struct packet *p, const struct layer *tcp)
{
	const uint8_t *h = p->source[tcp->source].data + tcp->off;
	unsigned a = get_be16(h), b = get_be16(h + 2);

	return a == 80 || b == 80 || a == 8080 || b == 8080;
}

void http_port_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	if (l[-1].proto == PROTO_tcp && tcpdump_knows(p, l - 1))
		outbuf_str(s->out, ": HTTP");
}

static bool is_text(const struct text *line)
{
	for (uint32_t i = 0; i < line->len; i++)
		if ((line->p[i] < ' ' && line->p[i] != '\t') || line->p[i] > '~')
			return false;
	return true;
}

/* A line each, as far as it is text. */
static void put_lines(struct outbuf *o, struct cursor c)
{
	struct text line;
	bool whole;

	while (line_next(&c, &line, &whole) && is_text(&line)) {
		outbuf_str(o, "\n\t");
		outbuf_bytes(o, line.p, line.len);
	}
}

static void http_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct message m;

	if (l[-1].proto != PROTO_tcp || (!s->verbose && !tcpdump_knows(p, l - 1)))
		return;
	if (l->aux[0] == CONTINUATION) {
		if (tcpdump_knows(p, l - 1))
			outbuf_str(s->out, ": HTTP");
		return;
	}
	outbuf_str(s->out, ": HTTP");
	if (!s->verbose) {
		message_read(&c, &m);
		outbuf_str(s->out, ": ");
		outbuf_escaped(s->out, m.line.p, m.line.len);
		return;
	}
	outbuf_str(s->out, ", length: ");
	outbuf_u64(s->out, l[-1].wire_end - l->off);
	put_lines(s->out, c);
}

/* ---- the protocol ------------------------------------------------------------------------------ */

#define LINE(n, part, lab) FIELD_HAS(n, lab, (.get = line_get), .type = FIELD_STRING, .shift = part)
#define KIND(n, k, lab) FIELD_HAS(n, lab, (.get = kind_get), .type = FIELD_BOOL, .shift = k)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)

FIELD_TABLE(fields,
	(F_METHOD, LINE("http.request.method", 0, "Method")),
	(F_URI, LINE("http.request.uri", 1, "Target")),
	(F_URI_PATH, TEXT("http.request.uri.path", "Path")),
	(F_URI_QUERY, TEXT("http.request.uri.query", "Query")),
	(F_URI_PARAMETER, TEXT("http.request.uri.query.parameter", "Query parameter")),
	(F_REQUEST_VERSION, LINE("http.request.version", 2, "Version")),
	(F_RESPONSE_VERSION, LINE("http.response.version", 4, "Version")),
	(F_CODE, FIELD_HAS("http.response.code", "Status code", (.get = line_get, .names = &codes), .type = FIELD_UINT,
		.shift = 5)),
	(F_CODE_DESC, FIELD_HAS("http.response.code.desc", "Status", (.get = desc_get), .type = FIELD_STRING, .shift = 5)),
	(F_PHRASE, LINE("http.response.phrase", 6, "Phrase")),
	(F_HOST, TEXT("http.host", "Host")),
	(F_USER_AGENT, TEXT("http.user_agent", "User agent")),
	(F_ACCEPT, TEXT("http.accept", "Accept")),
	(F_ACCEPT_LANGUAGE, TEXT("http.accept_language", "Accept language")),
	(F_ACCEPT_ENCODING, TEXT("http.accept_encoding", "Accept encoding")),
	(F_COOKIE, TEXT("http.cookie", "Cookie")),
	(F_COOKIE_PAIR, TEXT("http.cookie_pair", "Cookie pair")),
	(F_REFERER, TEXT("http.referer", "Referer")),
	(F_AUTHORIZATION, TEXT("http.authorization", "Authorization")),
	(F_AUTHBASIC, TEXT("http.authbasic", "Credentials")),
	(F_PROXY_AUTHENTICATE, TEXT("http.proxy_authenticate", "Proxy authenticate")),
	(F_PROXY_AUTHORIZATION, TEXT("http.proxy_authorization", "Proxy authorization")),
	(F_WWW_AUTHENTICATE, TEXT("http.www_authenticate", "Authenticate")),
	(F_CONTENT_TYPE, TEXT("http.content_type", "Content type")),
	(F_CONTENT_LENGTH_HEADER, TEXT("http.content_length_header", "Content length")),
	(F_CONTENT_LENGTH, FIELD_WALK(FIELD_UINT, "http.content_length", "Content length")),
	(F_CONTENT_ENCODING, TEXT("http.content_encoding", "Content encoding")),
	(F_TRANSFER_ENCODING, TEXT("http.transfer_encoding", "Transfer encoding")),
	(F_UPGRADE, TEXT("http.upgrade", "Upgrade")),
	(F_CONNECTION, TEXT("http.connection", "Connection")),
	(F_DATE, TEXT("http.date", "Date")),
	(F_CACHE_CONTROL, TEXT("http.cache_control", "Cache control")),
	(F_SERVER, TEXT("http.server", "Server")),
	(F_LOCATION, TEXT("http.location", "Location")),
	(F_WS_ACCEPT, TEXT("http.sec_websocket_accept", "WebSocket accept")),
	(F_WS_EXTENSIONS, TEXT("http.sec_websocket_extensions", "WebSocket extensions")),
	(F_WS_KEY, TEXT("http.sec_websocket_key", "WebSocket key")),
	(F_WS_PROTOCOL, TEXT("http.sec_websocket_protocol", "WebSocket protocol")),
	(F_WS_VERSION, TEXT("http.sec_websocket_version", "WebSocket version")),
	(F_SET_COOKIE, TEXT("http.set_cookie", "Set cookie")),
	(F_LAST_MODIFIED, TEXT("http.last_modified", "Last modified")),
	(F_X_FORWARDED_FOR, TEXT("http.x_forwarded_for", "Forwarded for")),
	(F_HTTP2_SETTINGS, TEXT("http.http2_settings", "HTTP/2 settings")),
	(F_REQUEST_LINE, TEXT("http.request.line", "Header line")),
	(F_RESPONSE_LINE, TEXT("http.response.line", "Header line")),
	(F_FULL_URI, TEXT("http.request.full_uri", "URI")),
	(F_REQUEST, KIND("http.request", REQUEST, "Request")),
	(F_RESPONSE, KIND("http.response", RESPONSE, "Response")),
	(F_NOTIFICATION, KIND("http.notification", NOTIFICATION, "Notification")),
	(F_CHUNK_SIZE, FIELD_WALK(FIELD_UINT, "http.chunk_size", "Chunk size")),
	(F_CHUNK_DATA, FIELD_WALK(FIELD_BYTES, "http.chunk_data", "Chunk data")),
	(F_FILE_DATA, TEXT("http.file_data", "Body")),
	(F_REQUEST_IN, REPLY_FIELD(FIELD_UINT, "http.request_in", REPLY_REQUEST, 1 << REPLY_ANSWERS, "Frame of the request")),
	(F_TIME, REPLY_FIELD(FIELD_DURATION, "http.time", REPLY_TIME, 1 << REPLY_ANSWERS, "Time since the request")),
	(F_RESPONSE_FOR, REPLY_FIELD(FIELD_STRING, "http.response_for.uri", REPLY_TEXT, 0, "URI of the request"))
);

/* Wireshark's */
static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, 80 }, { CLAIM_TCP_PORT, 3128 }, { CLAIM_TCP_PORT, 3132 }, { CLAIM_TCP_PORT, 5985 },
	{ CLAIM_TCP_PORT, 8080 }, { CLAIM_TCP_PORT, 8088 }, { CLAIM_TCP_PORT, 11371 }, { CLAIM_TCP_PORT, 1900 },
	{ CLAIM_TCP_PORT, 2869 }, { CLAIM_TCP_PORT, 2710 }, { CLAIM_NONE, 0 }
};

const struct protocol proto_http = {
	.name = "http",
	.title = "Hypertext Transfer Protocol",
	.reference = "RFC 9112",
	.application = true,
	.notes = true,
	.decode = http_decode,
	.detect = http_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	.column_of = http_column,
	PROTOCOL_WALK(http_walk),
	.summary = http_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
