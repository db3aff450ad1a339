/* SPDX-License-Identifier: MIT */
/*
 * The extensions of TLS hellos (RFC 8446 section 4.2, RFC 6066, RFC 7301, RFC 8422, RFC 9001).
 *
 *	extension:   type 2, <<data>>                        <x>: one byte of length before it; <<x>>: two
 *
 * Most of them are a list of numbers with its length before it; those are rows of lists[].
 */
#include "decode/tls.h"

enum extension {
	EXT_SERVER_NAME = 0, EXT_STATUS_REQUEST = 5, EXT_GROUPS = 10, EXT_POINT_FORMATS = 11, EXT_SIG_ALGS = 13, EXT_SRTP = 14,
	EXT_HEARTBEAT = 15, EXT_ALPN = 16, EXT_PADDING = 21, EXT_COMPRESS_CERTIFICATE = 27, EXT_RECORD_SIZE_LIMIT = 28,
	EXT_SESSION_TICKET = 35, EXT_KEY_SHARE_OLD = 40 /* of drafts */, EXT_PRE_SHARED_KEY = 41, EXT_SUPPORTED_VERSIONS = 43,
	EXT_COOKIE = 44, EXT_PSK_MODES = 45, EXT_SIG_ALGS_CERT = 50, EXT_KEY_SHARE = 51, EXT_QUIC = 57, EXT_ALPS_OLD = 17513,
	EXT_ALPS = 17613, EXT_RENEGOTIATION = 65281, EXT_QUIC_DRAFT = 65445
};

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

static void walk_status_request(struct walk *w, struct cursor *c)
{
	unsigned n;

	walk_uint(w, TLS_STATUS_REQUEST_TYPE, cursor_u8(c));
	n = cursor_be16(c);
	if (c->cut)
		return;
	walk_uint(w, TLS_STATUS_REQUEST_IDS_LEN, n);
	cursor_skip(c, n);
	n = cursor_be16(c);
	if (!c->cut)
		walk_uint(w, TLS_STATUS_REQUEST_EXTS_LEN, n);
}

/* RFC 5764 section 4.1.1 */
static void walk_srtp(struct walk *w, struct cursor *c)
{
	unsigned n = cursor_be16(c);
	struct cursor list = cursor_sub(c, n);

	if (c->cut)
		return;
	walk_uint(w, DTLS_SRTP_LENGTH, n);
	while (cursor_left(&list) >= 2)
		walk_uint(w, DTLS_SRTP_PROFILE, cursor_be16(&list));
	n = cursor_u8(c);
	if (c->cut)
		return;
	walk_uint(w, DTLS_SRTP_MKI_LENGTH, n);
	if (n && n <= cursor_left(c))
		walk_bytes(w, DTLS_SRTP_MKI, c->pos, n);
}

/* Tickets that the client offers, then proofs that it has their keys. RFC 8446 section 4.2.11. */
static void walk_identities(struct walk *w, struct cursor *c)
{
	unsigned n = cursor_be16(c);
	struct cursor list = cursor_sub(c, n);

	walk_uint(w, TLS_PSK_IDENTITIES_LENGTH, n);
	while (cursor_left(&list) && !list.cut) {
		unsigned len = cursor_be16(&list);
		const uint8_t *identity = cursor_take(&list, len), *age = cursor_take(&list, 4);

		if (!age)
			return;
		walk_uint(w, TLS_PSK_IDENTITY_LENGTH, len);
		walk_bytes(w, TLS_PSK_IDENTITY, identity, len);
		walk_uint(w, TLS_PSK_TICKET_AGE, get_be32(age));
	}
	n = cursor_be16(c);
	if (!c->cut)
		walk_uint(w, TLS_PSK_BINDERS_LEN, n);
}

static void walk_extension(struct walk *w, enum tls_over over, unsigned message, unsigned type, struct cursor c)
{
	unsigned n = (unsigned)cursor_left(&c);
	bool server = message == TLS_SERVER_HELLO;

	switch (type) {
	case EXT_SERVER_NAME:
		walk_server_name(w, &c);
		return;
	case EXT_STATUS_REQUEST:
		if (n)
			walk_status_request(w, &c);
		return;
	case EXT_SRTP:
		if (over == TLS_OVER_DTLS)
			walk_srtp(w, &c);
		return;
	case EXT_HEARTBEAT:
		walk_uint(w, TLS_HEARTBEAT_MODE, cursor_u8(&c));
		return;
	case EXT_QUIC:
	case EXT_QUIC_DRAFT:
		if (over == TLS_OVER_QUIC)
			tls_walk_quic(w, c);
		return;
	case EXT_KEY_SHARE:
	case EXT_KEY_SHARE_OLD:
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
		else
			walk_identities(w, &c);
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

void tls_walk_extensions(struct walk *w, enum tls_over over, unsigned message, struct cursor *c)
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
		walk_extension(w, over, message, type, data);
	}
}
