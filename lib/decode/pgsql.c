/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL's frontend/backend protocol, version 3 (PostgreSQL documentation, "Message Formats").
 *
 *	|type 8|length 32|...          the length counts itself, not the type
 *	|length 32|code 32|...         the client's first messages: startup, or a question for TLS
 *	|'S' or 'N'|                   the answer to that question
 *
 * aux[0]: enum form; aux[1]: 1 from the client, which is the end whose port is not 5432.
 */
#include "decode/tls.h"
#include "message.h"
#include "summary.h"

enum {
	TYPE, LENGTH, FRONTEND, MAJOR, MINOR, PARAMETER_NAME, PARAMETER_VALUE, AUTHTYPE, SALT, PASSWORD, PID, KEY, STATUS, TAG, QUERY,
	STATEMENT, PORTAL, SEVERITY, CODE, MESSAGE, DETAIL, FIELD_COUNT, COLUMN_NAME, COPY_DATA, F_COUNT
};
enum { PORT = 5432, HEADER = 5, LENGTH_MAX = 1 << 30, VERSION_3 = 3, CANCEL = 80877102, SSL = 80877103, GSSENC = 80877104 };

enum form { ANSWER, TYPED, STARTUP }; /* ANSWER also: nothing to read */

static NAMED_VALUES(frontend,
	('p', "Password message"), ('Q', "Simple query"), ('P', "Parse"), ('B', "Bind"), ('E', "Execute"), ('D', "Describe"),
	('C', "Close"), ('H', "Flush"), ('S', "Sync"), ('F', "Function call"), ('d', "Copy data"), ('c', "Copy completion"),
	('f', "Copy failure"), ('X', "Termination")
);
static NAMED_VALUES(backend,
	('R', "Authentication request"), ('K', "Backend key data"), ('S', "Parameter status"), ('1', "Parse completion"),
	('2', "Bind completion"), ('3', "Close completion"), ('C', "Command completion"), ('t', "Parameter description"),
	('T', "Row description"), ('D', "Data row"), ('I', "Empty query"), ('n', "No data"), ('E', "Error"), ('N', "Notice"),
	('s', "Portal suspended"), ('Z', "Ready for query"), ('A', "Notification"), ('V', "Function call response"),
	('G', "CopyIn response"), ('H', "CopyOut response"), ('d', "Copy data"), ('c', "Copy completion")
);

static bool from_client(const struct decode *d)
{
	const uint8_t *ports = layer_at(d->p, &d->p->layers[d->p->transport > 0 ? d->p->transport : 0]);

	return d->p->transport > 0 && get_be16(ports) != PORT;
}

/* False if this is not where a message begins. */
static bool form_of(const struct decode *d, const struct cursor *c, enum form *form)
{
	const uint8_t *h = cursor_peek(c, HEADER);
	bool client = from_client(d);

	*form = TYPED;
	if (h && *h && named_value(client ? &frontend : &backend, *h) && get_be32(h + 1) >= 4 && get_be32(h + 1) < LENGTH_MAX)
		return true;
	*form = ANSWER;
	if (!client && d->wire_left == 1 && cursor_left(c) && (*c->pos == 'S' || *c->pos == 'N' || *c->pos == 'G'))
		return true;
	*form = STARTUP;
	return client && (h = cursor_peek(c, 8)) != NULL && get_be32(h) >= 8 && get_be32(h) == d->wire_left;
}

static bool pgsql_detect(const struct decode *d, const struct cursor *payload)
{
	enum form form;

	if (message_rest(d))
		return !message_within(d);
	return form_of(d, payload, &form) && !tls_starts(payload);
}

static enum decode_result pgsql_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = d->c.pos;
	enum form form;
	uint32_t len;

	if (message_resume(d, l, PROTO_pgsql))
		return DECODE_OK;
	if (!form_of(d, &d->c, &form)) {
		bool cut = cursor_left(&d->c) < HEADER && d->c.snapped;

		d->c.pos = d->c.end;
		return cut ? DECODE_TRUNCATED : DECODE_OK;
	}
	l->aux[0] = form;
	l->aux[1] = from_client(d);
	len = form == ANSWER ? 1 : form == STARTUP ? get_be32(h) : get_be32(h + 1) + 1;
	if (message_waits(d, l, len))
		return DECODE_WAITS;
	message_end(d, l, len, PROTO_pgsql);
	return DECODE_OK;
}

/* ---- fields ----------------------------------------------------------------------------------- */

static void walk_text(struct walk *w, unsigned field, const char *text)
{
	walk_bytes(w, field, (const uint8_t *)text, (uint32_t)strlen(text));
}

static const char *startup_name(uint32_t code)
{
	return code == SSL ? "SSL request" : code == CANCEL ? "Cancel request" : code == GSSENC ? "GSS encrypt request" :
	       code >> 16 == VERSION_3 ? "Startup message" : "Unknown";
}

static void walk_startup(struct walk *w, struct cursor c)
{
	uint32_t len = cursor_be32(&c), code = cursor_be32(&c);

	walk_text(w, TYPE, startup_name(code));
	walk_uint(w, LENGTH, len);
	if (code == CANCEL && cursor_left(&c) >= 8) {
		walk_uint(w, PID, cursor_be32(&c));
		walk_uint(w, KEY, cursor_be32(&c));
	}
	if (code >> 16 != VERSION_3)
		return;
	walk_uint(w, MAJOR, code >> 16);
	walk_uint(w, MINOR, code & 0xffff);
	while (cursor_left(&c) && *c.pos) {
		walk_cstring(w, PARAMETER_NAME, &c);
		if (cursor_left(&c))
			walk_cstring(w, PARAMETER_VALUE, &c);
	}
}

static void walk_frontend(struct walk *w, unsigned type, struct cursor c)
{
	switch (type) {
	case 'p':
		walk_cstring(w, PASSWORD, &c);
		break;
	case 'Q':
		walk_cstring(w, QUERY, &c);
		break;
	case 'P':
		walk_cstring(w, STATEMENT, &c);
		walk_cstring(w, QUERY, &c);
		break;
	case 'B':
		walk_cstring(w, PORTAL, &c);
		walk_cstring(w, STATEMENT, &c);
		break;
	case 'E':
		walk_cstring(w, PORTAL, &c);
		break;
	case 'D':
	case 'C':
		if (cursor_left(&c))
			walk_cstring(w, cursor_u8(&c) == 'P' ? PORTAL : STATEMENT, &c);
		break;
	case 'd':
		walk_bytes(w, COPY_DATA, c.pos, (uint32_t)cursor_left(&c));
		break;
	}
}

/* Errors and notices: fields of one letter and a text. */
static void walk_error(struct walk *w, struct cursor c)
{
	while (cursor_left(&c) && *c.pos) {
		unsigned letter = cursor_u8(&c);
		unsigned field = letter == 'S' ? SEVERITY : letter == 'C' ? CODE : letter == 'M' ? MESSAGE : letter == 'D' ? DETAIL : F_COUNT;

		if (field < F_COUNT)
			walk_cstring(w, field, &c);
		else
			while (cursor_left(&c) && cursor_u8(&c))
				;
	}
}

static void walk_columns(struct walk *w, struct cursor c)
{
	enum { COLUMN = 18 };
	unsigned n = cursor_be16(&c);

	walk_uint(w, FIELD_COUNT, n);
	for (; n && cursor_left(&c); n--) {
		walk_cstring(w, COLUMN_NAME, &c);
		cursor_skip(&c, COLUMN);
	}
}

static void walk_backend(struct walk *w, unsigned type, struct cursor c)
{
	switch (type) {
	case 'R':
		if (cursor_left(&c) < 4)
			return;
		walk_uint(w, AUTHTYPE, cursor_be32(&c));
		if (cursor_left(&c) == 4)
			walk_bytes(w, SALT, c.pos, 4);
		break;
	case 'K':
		if (cursor_left(&c) < 8)
			return;
		walk_uint(w, PID, cursor_be32(&c));
		walk_uint(w, KEY, cursor_be32(&c));
		break;
	case 'S':
		walk_cstring(w, PARAMETER_NAME, &c);
		walk_cstring(w, PARAMETER_VALUE, &c);
		break;
	case 'Z':
		if (cursor_left(&c))
			walk_uint(w, STATUS, *c.pos);
		break;
	case 'C':
		walk_cstring(w, TAG, &c);
		break;
	case 'E':
	case 'N':
		walk_error(w, c);
		break;
	case 'T':
		walk_columns(w, c);
		break;
	case 'D':
		if (cursor_left(&c) >= 2)
			walk_uint(w, FIELD_COUNT, cursor_be16(&c));
		break;
	case 'd':
		walk_bytes(w, COPY_DATA, c.pos, (uint32_t)cursor_left(&c));
		break;
	}
}

static void pgsql_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h;

	if (!cursor_left(&c) || l->aux[0] == ANSWER)
		return;
	walk_uint(w, FRONTEND, l->aux[1]);
	if (l->aux[0] == STARTUP) {
		walk_startup(w, c);
		return;
	}
	h = cursor_take(&c, HEADER);
	if (!h)
		return;
	walk_text(w, TYPE, named_value(l->aux[1] ? &frontend : &backend, h[0]));
	walk_uint(w, LENGTH, get_be32(h + 1));
	(l->aux[1] ? walk_frontend : walk_backend)(w, h[0], c);
}

/* ---- text -------------------------------------------------------------------------------------- */

static void pgsql_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, HEADER);

	if (!s->verbose || !h || l->aux[0] == ANSWER)
		return;
	outbuf_str(s->out, "\n\tPGSQL: ");
	if (l->aux[0] == STARTUP) {
		outbuf_str(s->out, cursor_left(&c) < 8 ? "?" : startup_name(get_be32(h + 4)));
		return;
	}
	outbuf_str(s->out, named_value(l->aux[1] ? &frontend : &backend, h[0]));
	cursor_skip(&c, HEADER);
	if ((l->aux[1] && h[0] == 'Q') || (!l->aux[1] && h[0] == 'C')) {
		outbuf_str(s->out, ": ");
		outbuf_escaped(s->out, c.pos, strnlen((const char *)c.pos, cursor_left(&c)));
	}
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "pgsql." n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, "pgsql." n, lab)

FIELD_TABLE(fields,
	(TYPE, TEXT("type", "Type")),
	(LENGTH, UINT("length", "Length")),
	(FRONTEND, FIELD_WALK(FIELD_BOOL, "pgsql.frontend", "From the client")),
	(MAJOR, UINT("version_major", "Major version")),
	(MINOR, UINT("version_minor", "Minor version")),
	(PARAMETER_NAME, TEXT("parameter_name", "Parameter")),
	(PARAMETER_VALUE, TEXT("parameter_value", "Value of a parameter")),
	(AUTHTYPE, UINT("authtype", "Way to authenticate")),
	(SALT, FIELD_WALK(FIELD_BYTES, "pgsql.salt", "Salt")),
	(PASSWORD, TEXT("password", "Password")),
	(PID, UINT("pid", "Process")),
	(KEY, UINT("key", "Key")),
	(STATUS, UINT("status", "Status")),
	(TAG, TEXT("tag", "Command completed")),
	(QUERY, TEXT("query", "Query")),
	(STATEMENT, TEXT("statement", "Statement")),
	(PORTAL, TEXT("portal", "Portal")),
	(SEVERITY, TEXT("severity", "Severity")),
	(CODE, TEXT("code", "Error code")),
	(MESSAGE, TEXT("message", "Error message")),
	(DETAIL, TEXT("detail", "Details of an error")),
	(FIELD_COUNT, UINT("field.count", "Number of columns")),
	(COLUMN_NAME, TEXT("col.name", "Column")),
	(COPY_DATA, FIELD_WALK(FIELD_BYTES, "pgsql.copydata", "Copied data"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_pgsql = {
	.name = "pgsql",
	.column = "PGSQL",
	.title = "PostgreSQL",
	.reference = "PostgreSQL, Frontend/Backend Protocol",
	.application = true,
	.decode = pgsql_decode,
	.detect = pgsql_detect,
	PROTOCOL_WALK(pgsql_walk),
	.summary = pgsql_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
