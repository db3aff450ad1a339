/* SPDX-License-Identifier: MIT */
/*
 * MySQL's and MariaDB's client/server protocol (MySQL Internals Manual, "Client/Server Protocol"), little-endian: packets
 * with a length and a number that begins at 0 with each command.
 *
 *	|length 24|number 8|...
 *	greeting   |10|version, NUL|thread 32|salt 8 bytes, NUL|capabilities 16|charset 8|status 16|capabilities 16|...
 *	login      |capabilities 32|largest packet 32|charset 8|23 bytes|user, NUL|password|schema, NUL|plugin, NUL|...
 *	command    |code 8|...              number 0, from the client
 *	response   |0: OK, 255: error, 254: end, or how many columns a result has|...
 *
 * Which end is the server its port says, or who sent the greeting. What was agreed in the login (whether queries
 * come with attributes) is remembered.
 *
 * aux[0]: what it is (enum kind); aux[1]: 1 if queries have attributes.
 */
#include "decode/notes.h"
#include "decode/tls.h"
#include "memory.h"
#include "message.h"
#include "summary.h"

enum {
	LENGTH, NUMBER, PROTOCOL_VERSION, SERVER_VERSION, THREAD_ID, CAPS_SERVER, LANGUAGE, STATUS, EXT_CAPS_SERVER, AUTH_PLUGIN,
	CAPS_CLIENT, EXT_CAPS_CLIENT, MAX_PACKET, CHARSET, USER, SCHEMA, CLIENT_PLUGIN, COMMAND, QUERY, RESPONSE_CODE, ERROR_CODE,
	SQLSTATE, MESSAGE, AFFECTED_ROWS, WARNINGS, NUM_FIELDS, F_COUNT
};
enum { HEADER = 4, PORT = 3306, GREETING_VERSION = 10, LOGIN_MIN = 32, LENGTH_MAX = 0xffffff };
enum { CAP_WITH_DB = 0x0008, CAP_41 = 0x0200, CAP_SSL = 0x0800, EXT_PLUGIN = 0x0008, EXT_LENENC = 0x0020, EXT_ATTRIBUTES = 0x0800 };
enum { COM_INIT_DB = 2, COM_QUERY = 3, COM_FIELD_LIST = 4, COM_PREPARE = 22, CODE_OK = 0, CODE_END = 0xfe, CODE_ERROR = 0xff };

enum kind { OTHER, GREETING, LOGIN, REQUEST, RESPONSE };

/* What memory holds of a connection */
enum { M_SERVER_PORT, M_CAPABILITIES, M_LOGGED_IN };

static uint32_t le24(const uint8_t *p)
{
	return (uint32_t)p[2] << 16 | get_le16(p);
}

static bool greeting_fits(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, HEADER + 8);

	return h && !h[1] && !h[2] && !h[3] && h[4] == GREETING_VERSION && h[0] > LOGIN_MIN && h[5] >= '0' && h[5] <= '9' &&
	       (h[6] == '.' || h[7] == '.');
}

static bool mysql_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h, *ports = d->p->source[d->p->layers[d->p->nlayers - 1].source].data + d->p->layers[d->p->nlayers - 1].off;

	if (message_within(d))
		return false;
	if (message_rest(d))
		return true;
	if (get_be16(ports) != PORT && get_be16(ports + 2) != PORT)
		return greeting_fits(payload);
	h = cursor_take(&c, HEADER);
	return h && le24(h) && !tls_starts(payload);
}

/* Says what the packet is and books what later ones need. */
static void classify(struct decode *d, struct layer *l, const uint8_t *h, uint32_t n)
{
	const struct layer *tcp = &d->p->layers[d->p->transport > 0 ? d->p->transport : 0];
	const uint8_t *ports = layer_at(d->p, tcp);
	struct memory none = { 0 }, *m = decode_memory(d, MEMORY_CONNECTION, false);
	bool server = get_be16(ports) == PORT;
	struct cursor c = cursor_over(h, n, false);

	if (!m)
		m = &none;
	if (m->value[M_SERVER_PORT])
		server = m->value[M_SERVER_PORT] == get_be16(ports);
	if (greeting_fits(&c) && (server || get_be16(ports + 2) != PORT)) {
		*m = (struct memory){ .tag = m->tag };
		m->value[M_SERVER_PORT] = get_be16(ports);
		l->aux[0] = GREETING;
		if (get_be16(ports) != PORT)
			note_stay(d, decode_note(d, tcp), PROTO_mysql);
	} else if (server) {
		l->aux[0] = RESPONSE;
		if (h[HEADER] == CODE_OK)
			m->value[M_LOGGED_IN] = 1;
	} else if (h[3] == 0) {
		l->aux[0] = REQUEST;
	} else if (h[3] <= 2 && !m->value[M_LOGGED_IN] && n >= HEADER + LOGIN_MIN && get_le16(h + HEADER) & CAP_41) {
		l->aux[0] = LOGIN;
		m->value[M_CAPABILITIES] = get_le32(h + HEADER);
	}
	l->aux[1] = m->value[M_CAPABILITIES] >> 16 & EXT_ATTRIBUTES ? 1 : 0;
}

static enum decode_result mysql_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	uint32_t len;

	if (message_resume(d, l, PROTO_mysql))
		return DECODE_OK;
	if (tls_starts(&d->c) && l[-1].proto == PROTO_tcp) {
		d->next = PROTO_tls;
		return DECODE_OK;
	}
	h = cursor_peek(&d->c, HEADER + 1);
	if (message_waits(d, l, HEADER + (h ? le24(h) : 1)))
		return DECODE_WAITS;
	if (!h || !le24(h)) {
		d->c.pos = d->c.end;
		return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	len = le24(h);
	classify(d, l, h, (uint32_t)cursor_left(&d->c) < HEADER + len ? (uint32_t)cursor_left(&d->c) : HEADER + len);
	message_end(d, l, HEADER + len, PROTO_mysql);
	return DECODE_OK;
}

/* ---- fields ----------------------------------------------------------------------------------- */

/* A number of 1, 3, 4 or 9 bytes. */
static uint64_t take_number(struct cursor *c)
{
	static const uint8_t width[4] = { 2, 3, 8, 0 }; /* of 0xfc to 0xff */
	unsigned first = cursor_u8(c);
	const uint8_t *h;
	uint64_t v = 0;

	if (first < 0xfb)
		return first;
	if (first == 0xfb) /* NULL */
		return 0;
	h = cursor_take(c, width[first - 0xfc]);
	for (unsigned i = h ? width[first - 0xfc] : 0; i-- > 0;)
		v = v << 8 | h[i];
	return v;
}

static void walk_le(struct walk *w, unsigned field, struct cursor *c, unsigned width)
{
	const uint8_t *h = cursor_take(c, width);

	if (h)
		walk_uint(w, field, width == 1 ? *h : width == 2 ? get_le16(h) : get_le32(h));
}

static void walk_greeting(struct walk *w, struct cursor c)
{
	walk_le(w, PROTOCOL_VERSION, &c, 1);
	walk_cstring(w, SERVER_VERSION, &c);
	walk_le(w, THREAD_ID, &c, 4);
	cursor_skip(&c, 9);
	walk_le(w, CAPS_SERVER, &c, 2);
	walk_le(w, LANGUAGE, &c, 1);
	walk_le(w, STATUS, &c, 2);
	walk_le(w, EXT_CAPS_SERVER, &c, 2);
	if (cursor_skip(&c, 11 + 13) && cursor_left(&c))
		walk_cstring(w, AUTH_PLUGIN, &c);
}

static void walk_login(struct walk *w, struct cursor c)
{
	const uint8_t *h = cursor_peek(&c, LOGIN_MIN);
	unsigned caps, ext;

	if (!h)
		return;
	caps = get_le16(h);
	ext = get_le16(h + 2);
	walk_le(w, CAPS_CLIENT, &c, 2);
	walk_le(w, EXT_CAPS_CLIENT, &c, 2);
	walk_le(w, MAX_PACKET, &c, 4);
	walk_le(w, CHARSET, &c, 1);
	cursor_skip(&c, 23);
	if (!cursor_left(&c))
		return; /* TLS comes first */
	walk_cstring(w, USER, &c);
	cursor_skip(&c, (size_t)(ext & EXT_LENENC ? take_number(&c) : cursor_u8(&c)));
	if (caps & CAP_WITH_DB && cursor_left(&c))
		walk_cstring(w, SCHEMA, &c);
	if (ext & EXT_PLUGIN && cursor_left(&c))
		walk_cstring(w, CLIENT_PLUGIN, &c);
}

/* The attributes in front of a query. False if one is of a type whose length we do not know. */
static bool skip_attributes(struct cursor *c)
{
	enum { TINY = 1, SHORT = 2, LONG = 3, FLOAT = 4, DOUBLE = 5, LONGLONG = 8, NONE = 6 };
	uint64_t count = take_number(c);
	uint8_t type[64];

	take_number(c);
	if (!count || c->cut || count > sizeof(type))
		return !count && !c->cut;
	cursor_skip(c, (size_t)(count + 7) / 8 + 1);
	for (unsigned i = 0; i < count; i++) {
		type[i] = cursor_u8(c);
		cursor_skip(c, 1);
		cursor_skip(c, (size_t)take_number(c)); /* its name */
	}
	for (unsigned i = 0; i < count; i++) {
		size_t n = type[i] == TINY ? 1 : type[i] == SHORT ? 2 : type[i] == LONG || type[i] == FLOAT ? 4 :
			   type[i] == DOUBLE || type[i] == LONGLONG ? 8 : 0;

		if (type[i] == NONE)
			continue;
		if (!n && type[i] < 0xf0 && type[i] != 0x0f)
			return false;
		cursor_skip(c, n ? n : (size_t)take_number(c));
	}
	return !c->cut;
}

static void walk_request(struct walk *w, struct cursor c, bool attributes)
{
	unsigned command = cursor_u8(&c);

	walk_uint(w, COMMAND, command);
	if (command == COM_QUERY && attributes && !skip_attributes(&c))
		return;
	if ((command == COM_QUERY || command == COM_PREPARE) && cursor_left(&c))
		walk_bytes(w, QUERY, c.pos, (uint32_t)cursor_left(&c));
	if (command == COM_INIT_DB)
		walk_bytes(w, SCHEMA, c.pos, (uint32_t)cursor_left(&c));
}

static void walk_response(struct walk *w, struct cursor c, unsigned number, uint32_t len)
{
	unsigned code = cursor_u8(&c);

	if (code == CODE_ERROR && cursor_left(&c) >= 2) {
		walk_uint(w, RESPONSE_CODE, code);
		walk_le(w, ERROR_CODE, &c, 2);
		if (cursor_left(&c) >= 6 && *c.pos == '#') {
			walk_bytes(w, SQLSTATE, c.pos + 1, 5);
			cursor_skip(&c, 6);
		}
		walk_bytes(w, MESSAGE, c.pos, (uint32_t)cursor_left(&c));
	} else if (code == CODE_END && len == 5) { /* the old way to end a result */
		walk_le(w, WARNINGS, &c, 2);
		walk_le(w, STATUS, &c, 2);
	} else if ((code == CODE_END || (code == CODE_OK && number <= 4)) && len >= 7) {
		uint64_t rows;

		walk_uint(w, RESPONSE_CODE, code);
		rows = take_number(&c);
		take_number(&c);
		if (c.cut)
			return;
		walk_uint(w, AFFECTED_ROWS, rows);
		walk_le(w, STATUS, &c, 2);
		walk_le(w, WARNINGS, &c, 2);
	} else if (number == 1 && code && code < 0xfb && len == 1) {
		walk_uint(w, NUM_FIELDS, code);
	}
}

static void mysql_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);

	if (!h || !cursor_left(&c))
		return;
	walk_uint(w, LENGTH, le24(h));
	if (l->aux[0] == GREETING)
		walk_greeting(w, c);
	else if (l->aux[0] == LOGIN)
		walk_login(w, c);
	else if (l->aux[0] == REQUEST)
		walk_request(w, c, l->aux[1]);
	else if (l->aux[0] == RESPONSE)
		walk_response(w, c, h[3], le24(h));
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_VALUES(commands,
	(0, "Sleep"), (1, "Quit"), (COM_INIT_DB, "Init DB"), (COM_QUERY, "Query"), (COM_FIELD_LIST, "Show Fields"),
	(5, "Create DB"), (6, "Drop DB"), (7, "Refresh"), (8, "Shutdown"), (9, "Statistics"), (10, "Process List"),
	(12, "Kill"), (13, "Debug"), (14, "Ping"), (17, "Change User"), (18, "Binlog Dump"), (21, "Register Slave"),
	(COM_PREPARE, "Prepare Statement"), (23, "Execute Statement"), (24, "Send Long Data"), (25, "Close Statement"),
	(26, "Reset Statement"), (27, "Set Option"), (28, "Fetch Data"), (31, "Reset Connection")
);

static void mysql_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER + 1);
	struct outbuf *o = s->out;
	const char *name;

	if (!s->verbose || !h || (l->aux[0] == RESPONSE && h[4] != CODE_ERROR))
		return;
	outbuf_str(o, "\n\tMySQL: ");
	switch (l->aux[0]) {
	case GREETING:
		outbuf_str(o, "greeting, version ");
		outbuf_escaped(o, c.pos, strnlen((const char *)c.pos, cursor_left(&c)));
		break;
	case LOGIN:
		outbuf_str(o, "login");
		if (cursor_skip(&c, LOGIN_MIN - 1) && cursor_left(&c)) {
			outbuf_str(o, ", user ");
			outbuf_escaped(o, c.pos, strnlen((const char *)c.pos, cursor_left(&c)));
		}
		break;
	case REQUEST:
		name = named_value(&commands, h[4]);
		outbuf_str(o, name ? name : "command ");
		if (!name)
			outbuf_u64(o, h[4]);
		if (h[4] == COM_QUERY && (!l->aux[1] || skip_attributes(&c))) {
			outbuf_str(o, ": ");
			outbuf_escaped(o, c.pos, cursor_left(&c));
		}
		break;
	case RESPONSE:
		outbuf_str(o, "error ");
		outbuf_u64(o, cursor_left(&c) >= 2 ? get_le16(c.pos) : 0);
		break;
	default:
		outbuf_str(o, "authentication");
	}
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, "mysql." n, lab)
#define HEX(n, lab) FIELD_PLAIN("mysql." n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, "mysql." n, lab)

FIELD_TABLE(fields,
	(LENGTH, UINT("packet_length", "Packet length")),
	(NUMBER, FIELD_FIXED(FIELD_UINT, "mysql.packet_number", 3, 1, "Packet number")),
	(PROTOCOL_VERSION, UINT("protocol", "Protocol version")),
	(SERVER_VERSION, TEXT("version", "Server version")),
	(THREAD_ID, UINT("thread_id", "Thread")),
	(CAPS_SERVER, HEX("caps.server", "Server capabilities")),
	(LANGUAGE, UINT("server_language", "Server character set")),
	(STATUS, HEX("server_status", "Server status")),
	(EXT_CAPS_SERVER, HEX("extcaps.server", "More server capabilities")),
	(AUTH_PLUGIN, TEXT("auth_plugin", "Way to authenticate")),
	(CAPS_CLIENT, HEX("caps.client", "Client capabilities")),
	(EXT_CAPS_CLIENT, HEX("extcaps.client", "More client capabilities")),
	(MAX_PACKET, UINT("max_packet", "Largest packet")),
	(CHARSET, UINT("charset", "Character set")),
	(USER, TEXT("user", "User")),
	(SCHEMA, TEXT("schema", "Schema")),
	(CLIENT_PLUGIN, TEXT("client_auth_plugin", "Client's way to authenticate")),
	(COMMAND, FIELD_HAS("mysql.command", "Command", (.names = &commands), .type = FIELD_UINT)),
	(QUERY, TEXT("query", "Query")),
	(RESPONSE_CODE, FIELD_PLAIN("mysql.response_code", "Response", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(ERROR_CODE, UINT("error_code", "Error")),
	(SQLSTATE, TEXT("sqlstate", "SQL state")),
	(MESSAGE, TEXT("message", "Error message")),
	(AFFECTED_ROWS, UINT("affected_rows", "Rows affected")),
	(WARNINGS, UINT("warnings", "Warnings")),
	(NUM_FIELDS, UINT("num_fields", "Number of columns"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_mysql = {
	.name = "mysql",
	.column = "MySQL",
	.title = "MySQL Protocol",
	.reference = "MySQL Internals, Client/Server Protocol",
	.application = true,
	.notes = true,
	.decode = mysql_decode,
	.detect = mysql_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"),
	PROTOCOL_WALK(mysql_walk),
	.summary = mysql_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
