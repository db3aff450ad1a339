/* SPDX-License-Identifier: MIT */
/*
 * TLS handshake messages: ClientHello and ServerHello with their extensions,
 * certificates and tickets of TLS up to 1.2 (RFC 5246, RFC 8446, RFC 6066,
 * RFC 7301, RFC 8422).
 *
 *	ClientHello: version 2, random 32, <session id>, <<cipher suites>>, <compression>, <<extensions>>
 *	ServerHello: version 2, random 32, <session id>, cipher suite 2, compression 1, <<extensions>>
 *	extension:   type 2, <<data>>                        <x>: one byte of length before it; <<x>>: two
 *
 * Most extensions are a list of numbers with its length before it; those are
 * rows of lists[].
 */
#include "decode/tls.h"

enum extension {
	EXT_SERVER_NAME = 0, EXT_STATUS_REQUEST = 5, EXT_GROUPS = 10, EXT_POINT_FORMATS = 11, EXT_SIG_ALGS = 13, EXT_ALPN = 16,
	EXT_PADDING = 21, EXT_COMPRESS_CERTIFICATE = 27, EXT_RECORD_SIZE_LIMIT = 28, EXT_SESSION_TICKET = 35,
	EXT_PRE_SHARED_KEY = 41, EXT_SUPPORTED_VERSIONS = 43, EXT_COOKIE = 44, EXT_PSK_MODES = 45, EXT_SIG_ALGS_CERT = 50,
	EXT_KEY_SHARE = 51, EXT_ALPS_OLD = 17513, EXT_ALPS = 17613, EXT_RENEGOTIATION = 65281
};

enum { RANDOM = 32, MESSAGE_MAX = 1 << 17 };

bool tls_message_known(unsigned type, uint32_t len)
{
	switch (type) {
	case 0:  /* hello request */
	case 14: /* server hello done */
		return len == 0;
	case 1:
	case 2:
		return len >= 2 + RANDOM + 1 + 2 && len < MESSAGE_MAX;
	case 20: /* finished */
		return len == 12 || len == 32 || len == 36 || len == 48;
	case 3: case 4: case 5: case 6: case 8: case 11: case 12: case 13: case 15: case 16: case 21: case 22: case 23:
	case 24: case 25: case 67: case 254:
		return len < MESSAGE_MAX;
	}
	return false;
}

/* ---- extensions ---------------------------------------------------------------------- */

static const struct list {
	uint16_t extension;
	uint8_t prefix;  /* bytes of length before the list */
	uint8_t width;   /* of an item; 0: text with a byte of length before it */
	uint8_t length_field;
	uint8_t field;   /* of an item; of text the one before it is its length's */
} lists[] = {
	{ EXT_GROUPS, 2, 2, TLS_GROUPS_LENGTH, TLS_GROUP },
	{ EXT_POINT_FORMATS, 1, 1, TLS_POINT_FORMATS_LENGTH, TLS_POINT_FORMAT },
	{ EXT_SIG_ALGS, 2, 2, TLS_SIG_ALGS_LENGTH, TLS_SIG_ALG },
	{ EXT_SIG_ALGS_CERT, 2, 2, TLS_SIG_ALGS_LENGTH, TLS_SIG_ALG },
	{ EXT_ALPN, 2, 0, TLS_ALPN_LEN, TLS_ALPN_STR },
	{ EXT_COMPRESS_CERTIFICATE, 1, 2, TLS_COMPRESS_LENGTH, TLS_COMPRESS },
	{ EXT_SUPPORTED_VERSIONS, 1, 2, TLS_SUPPORTED_VERSIONS_LEN, TLS_SUPPORTED_VERSION },
	{ EXT_PSK_MODES, 1, 1, TLS_PSK_MODES_LENGTH, TLS_PSK_MODE },
	{ EXT_ALPS_OLD, 2, 0, TLS_ALPS_LEN, TLS_ALPS_STR },
	{ EXT_ALPS, 2, 0, TLS_ALPS_LEN, TLS_ALPS_STR },
};

static void walk_item(struct walk *w, const struct list *l, struct cursor *c)
{
	if (!l->width) {
		unsigned n = cursor_u8(c);
		const uint8_t *text = cursor_take(c, n);

		walk_uint(w, l->field - 1, n);
		if (text)
			walk_bytes(w, l->field, text, n);
		return;
	}
	const uint8_t *b = cursor_take(c, l->width);

	if (!b)
		return;
	walk_uint(w, l->field, l->width == 1 ? *b : get_be16(b));
	if (l->field == TLS_SIG_ALG) {
		walk_uint(w, TLS_SIG_HASH, b[0]);
		walk_uint(w, TLS_SIG_SIG, b[1]);
	}
}

static bool walk_list(struct walk *w, unsigned extension, struct cursor *c)
{
	for (const struct list *l = lists; l < lists + sizeof(lists) / sizeof(lists[0]); l++) {
		if (l->extension != extension)
			continue;
		unsigned n = l->prefix == 1 ? cursor_u8(c) : cursor_be16(c);

		if (c->cut)
			return true;
		walk_uint(w, l->length_field, n);
		cursor_limit(c, n);
		while (cursor_left(c) && !c->cut)
			walk_item(w, l, c);
		return true;
	}
	return false;
}

static void walk_server_name(struct walk *w, struct cursor *c)
{
	if (!cursor_left(c)) /* a server that used the name answers with an empty extension */
		return;
	walk_uint(w, TLS_SERVER_NAME_LIST_LEN, cursor_be16(c));
	while (cursor_left(c) && !c->cut) {
		unsigned type = cursor_u8(c), n = cursor_be16(c);
		const uint8_t *name;

		if (c->cut)
			return;
		walk_uint(w, TLS_SERVER_NAME_TYPE, type);
		walk_uint(w, TLS_SERVER_NAME_LEN, n);
		name = cursor_take(c, n);
		if (name && type == 0)
			walk_bytes(w, TLS_SERVER_NAME, name, n);
	}
}

static void walk_key_share(struct walk *w, unsigned message, struct cursor *c)
{
	if (message == TLS_SERVER_HELLO && cursor_left(c) == 2) { /* in a HelloRetryRequest */
		walk_uint(w, TLS_KEY_SHARE_SELECTED, cursor_be16(c));
		return;
	}
	if (message == TLS_CLIENT_HELLO)
		walk_uint(w, TLS_KEY_SHARE_LENGTH, cursor_be16(c));
	while (cursor_left(c) && !c->cut) {
		unsigned group = cursor_be16(c), n = cursor_be16(c);
		const uint8_t *key;

		if (c->cut)
			return;
		walk_uint(w, TLS_KEY_SHARE_GROUP, group);
		walk_uint(w, TLS_KEY_SHARE_KEY_LENGTH, n);
		key = cursor_take(c, n);
		if (key)
			walk_bytes(w, TLS_KEY_SHARE_KEY, key, n);
	}
}

static void walk_extension(struct walk *w, unsigned message, unsigned type, struct cursor c)
{
	unsigned n = (unsigned)cursor_left(&c);
	bool server = message == TLS_SERVER_HELLO;

	switch (type) {
	case EXT_SERVER_NAME:
		walk_server_name(w, &c);
		return;
	case EXT_STATUS_REQUEST:
		if (n)
			walk_uint(w, TLS_STATUS_REQUEST_TYPE, cursor_u8(&c));
		return;
	case EXT_KEY_SHARE:
		walk_key_share(w, message, &c);
		return;
	case EXT_RECORD_SIZE_LIMIT:
		walk_uint(w, TLS_RECORD_SIZE_LIMIT, cursor_be16(&c));
		return;
	case EXT_PADDING:
		walk_bytes(w, TLS_PADDING, c.pos, n);
		return;
	case EXT_COOKIE:
		walk_uint(w, TLS_COOKIE_LEN, cursor_be16(&c));
		walk_bytes(w, TLS_COOKIE, c.pos, (uint32_t)cursor_left(&c));
		return;
	case EXT_RENEGOTIATION:
		walk_uint(w, TLS_RENEGOTIATION_LEN, cursor_u8(&c));
		if (cursor_left(&c))
			walk_bytes(w, TLS_RENEGOTIATION, c.pos, (uint32_t)cursor_left(&c));
		return;
	case EXT_PRE_SHARED_KEY:
		if (server)
			walk_uint(w, TLS_PSK_SELECTED, cursor_be16(&c));
		return;
	case EXT_SUPPORTED_VERSIONS:
		if (server) {
			walk_uint(w, TLS_SUPPORTED_VERSION, cursor_be16(&c));
			return;
		}
		break;
	}
	if (!walk_list(w, type, &c) && type == EXT_SESSION_TICKET && n)
		walk_bytes(w, TLS_EXTENSION_DATA, c.pos, n);
}

static void walk_extensions(struct walk *w, unsigned message, struct cursor *c)
{
	unsigned total;

	if (!cursor_left(c)) /* TLS before 1.3 may do without */
		return;
	total = cursor_be16(c);
	if (c->cut)
		return;
	walk_uint(w, TLS_EXTENSIONS_LENGTH, total);
	cursor_limit(c, total);
	while (cursor_left(c) && !c->cut) {
		unsigned type = cursor_be16(c), len = cursor_be16(c);
		struct cursor data = cursor_sub(c, len);

		if (data.cut)
			return;
		walk_uint(w, TLS_EXTENSION_TYPE, type);
		walk_uint(w, TLS_EXTENSION_LEN, len);
		walk_extension(w, message, type, data);
	}
}

/* ---- messages -------------------------------------------------------------------------- */

static void walk_time(struct walk *w, unsigned field, uint32_t s)
{
	if (walk_wants(w, field))
		w->emit(w, &w->proto->fields[field], &(struct value){ .i = s * 1000000000ll });
}

/* The suites of a client, the suite of a server, likewise the compression. */
static bool walk_choices(struct walk *w, unsigned type, struct cursor *c)
{
	bool client = type == TLS_CLIENT_HELLO;
	unsigned n = client ? cursor_be16(c) : 2;
	struct cursor list;

	if (client && !c->cut)
		walk_uint(w, TLS_CIPHER_SUITES_LENGTH, n);
	list = cursor_sub(c, n);
	for (const uint8_t *b; cursor_left(&list) >= 2 && (b = cursor_take(&list, 2));)
		walk_uint(w, TLS_CIPHER_SUITE, get_be16(b));
	n = client ? cursor_u8(c) : 1;
	if (client && !c->cut)
		walk_uint(w, TLS_COMP_METHODS_LENGTH, n);
	list = cursor_sub(c, n);
	while (cursor_left(&list) && !list.cut)
		walk_uint(w, TLS_COMP_METHOD, cursor_u8(&list));
	return !c->cut;
}

static void walk_hello(struct walk *w, unsigned type, struct cursor c, bool whole)
{
	struct tls_hello hello;
	const uint8_t *h = cursor_take(&c, 2 + RANDOM);
	struct cursor id, body = c;
	unsigned n;

	if (!h)
		return;
	walk_uint(w, TLS_VERSION, get_be16(h));
	walk_bytes(w, TLS_RANDOM, h + 2, RANDOM);
	body.pos = h;
	if (type == TLS_CLIENT_HELLO || !tls_hello_read(&hello, type, body, whole) || hello.version < TLS_1_3) {
		walk_time(w, TLS_RANDOM_TIME, get_be32(h + 2));
		walk_bytes(w, TLS_RANDOM_BYTES, h + 6, RANDOM - 4);
	}
	n = cursor_u8(&c);
	if (c.cut)
		return;
	walk_uint(w, TLS_SESSION_ID_LENGTH, n);
	id = cursor_sub(&c, n);
	if (n && !c.cut)
		walk_bytes(w, TLS_SESSION_ID, id.pos, n);
	if (walk_choices(w, type, &c))
		walk_extensions(w, type, &c);
}

static void walk_certificates(struct walk *w, struct cursor c)
{
	if (cursor_left(&c) < 3)
		return;
	walk_uint(w, TLS_CERTIFICATES_LENGTH, cursor_be24(&c));
	while (cursor_left(&c) >= 3 && !c.cut) {
		unsigned n = cursor_be24(&c);
		const uint8_t *der = cursor_take(&c, n);

		walk_uint(w, TLS_CERTIFICATE_LENGTH, n);
		if (der)
			walk_bytes(w, TLS_CERTIFICATE, der, n);
	}
}

void tls_walk_message(struct walk *w, unsigned type, uint32_t len, struct cursor body)
{
	const uint8_t *h;

	walk_uint(w, TLS_HANDSHAKE_TYPE, type);
	walk_uint(w, TLS_HANDSHAKE_LENGTH, len);
	switch (type) {
	case TLS_CLIENT_HELLO:
	case TLS_SERVER_HELLO:
		walk_hello(w, type, body, cursor_left(&body) == len);
		break;
	case TLS_CERTIFICATES:
		walk_certificates(w, body);
		break;
	case TLS_NEW_TICKET:
		h = cursor_take(&body, 6);
		if (!h)
			break;
		walk_uint(w, TLS_TICKET_LIFETIME, get_be32(h));
		walk_uint(w, TLS_TICKET_LENGTH, get_be16(h + 4));
		if (cursor_left(&body))
			walk_bytes(w, TLS_TICKET, body.pos, (uint32_t)cursor_left(&body));
		break;
	}
}

/* ---- looking without showing --------------------------------------------------------------- */

static void hello_extension(struct tls_hello *h, unsigned message, unsigned type, struct cursor c)
{
	if (type == EXT_SUPPORTED_VERSIONS && message == TLS_SERVER_HELLO && cursor_left(&c) >= 2) {
		h->version = cursor_be16(&c);
	} else if (type == EXT_SERVER_NAME && cursor_skip(&c, 2) && cursor_u8(&c) == 0) {
		unsigned n = cursor_be16(&c);

		if (!c.cut && n <= cursor_left(&c))
			h->name = cursor_sub(&c, n);
	}
}

bool tls_hello_read(struct tls_hello *h, unsigned type, struct cursor c, bool whole)
{
	unsigned total;

	h->version = cursor_be16(&c);
	h->name = cursor_over(c.pos, 0, false);
	cursor_skip(&c, RANDOM);
	cursor_skip(&c, cursor_u8(&c));
	cursor_skip(&c, type == TLS_CLIENT_HELLO ? cursor_be16(&c) : 2);
	cursor_skip(&c, type == TLS_CLIENT_HELLO ? cursor_u8(&c) : 1);
	if (c.cut || !cursor_left(&c))
		return !whole || !c.cut;
	total = cursor_be16(&c);
	if (whole && total > cursor_left(&c))
		return false;
	cursor_limit(&c, total);
	while (cursor_left(&c) && !c.cut) {
		unsigned ext = cursor_be16(&c), len = cursor_be16(&c);
		struct cursor data = cursor_sub(&c, len);

		if (!data.cut)
			hello_extension(h, type, ext, data);
	}
	return !whole || !c.cut;
}
