/* SPDX-License-Identifier: MIT */
/*
 * The handshake messages of TLS and DTLS: hellos, certificates and keys of TLS up to 1.2, tickets (RFC 5246, RFC 8446,
 * RFC 6347, RFC 8422). Extensions are in tls_extensions.c, what certificates hold is x509af's.
 *
 *	ClientHello: version 2, random 32, <session id>, DTLS: <cookie>, <<cipher suites>>, <compression>, <<extensions>>
 *	ServerHello: version 2, random 32, <session id>, cipher suite 2, compression 1, <<extensions>>
 *							 <x>: one byte of length before it; <<x>>: two
 *
 * Whether a signature names its algorithm (since TLS 1.2) and what a client's key is made for, the lengths tell.
 */
#include "decode/tls.h"

enum extension { EXT_SERVER_NAME = 0, EXT_SUPPORTED_VERSIONS = 43 };

enum { MESSAGE_MAX = 1 << 17 };

bool tls_message_known(unsigned type, uint32_t len)
{
	switch (type) {
	case 0:  /* hello request */
	case 14: /* server hello done */
		return len == 0;
	case 1:
	case 2:
		return len >= 2 + TLS_RANDOM_LEN + 1 + 2 && len < MESSAGE_MAX;
	case 20: /* finished */
		return len == 12 || len == 32 || len == 36 || len == 48;
	case 3: case 4: case 5: case 6: case 8: case 11: case 12: case 13: case 15: case 16: case 21: case 22: case 23:
	case 24: case 25: case 67: case 254:
		return len < MESSAGE_MAX;
	}
	return false;
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

static void walk_hello(struct walk *w, enum tls_over over, unsigned type, struct cursor c, bool whole)
{
	struct cursor id, body = c;
	struct tls_hello hello;
	const uint8_t *h = cursor_take(&c, 2 + TLS_RANDOM_LEN);
	unsigned n;

	if (!h)
		return;
	walk_uint(w, TLS_VERSION, get_be16(h));
	walk_bytes(w, TLS_RANDOM, h + 2, TLS_RANDOM_LEN);
	/* 1.3 has no time in it */
	if (over != TLS_OVER_QUIC &&
	    (type == TLS_CLIENT_HELLO || !tls_hello_read(&hello, over, type, body, whole) || hello.version != TLS_1_3)) {
		walk_time(w, TLS_RANDOM_TIME, get_be32(h + 2));
		walk_bytes(w, TLS_RANDOM_BYTES, h + 6, TLS_RANDOM_LEN - 4);
	}
	n = cursor_u8(&c);
	if (c.cut)
		return;
	walk_uint(w, TLS_SESSION_ID_LENGTH, n);
	id = cursor_sub(&c, n);
	if (n && !c.cut)
		walk_bytes(w, TLS_SESSION_ID, id.pos, n);
	if (tls_has_cookie(over, type)) {
		n = cursor_u8(&c);
		id = cursor_sub(&c, n);
		if (c.cut)
			return;
		walk_uint(w, DTLS_COOKIE_LENGTH, n);
		if (n)
			walk_bytes(w, DTLS_COOKIE, id.pos, n);
	}
	if (!walk_choices(w, type, &c))
		return;
	tls_walk_extensions(w, over, type, &c);
	if (whole)
		tls_walk_fingerprints(w, over, type, body);
}

bool tls_certificates_next(struct cursor *c, struct cursor *der)
{
	unsigned n = cursor_be24(c);

	*der = cursor_sub(c, n);
	return !c->cut;
}

void tls_show_certificates(struct decode *d, unsigned type, uint32_t len, struct cursor body)
{
	if (type == TLS_CERTIFICATES && len > 3 && cursor_left(&body) == len && d->next != PROTO_x509af &&
	    proto_set_has(&d->decoder->want, PROTO_x509af) && decode_source(d, body.pos, len))
		d->next = PROTO_x509af;
}

static void walk_certificates(struct walk *w, struct cursor c)
{
	struct cursor der;

	if (cursor_left(&c) < 3)
		return;
	walk_uint(w, TLS_CERTIFICATES_LENGTH, cursor_be24(&c));
	while (cursor_left(&c) >= 3 && !c.cut) {
		walk_uint(w, TLS_CERTIFICATE_LENGTH, get_be24(c.pos));
		if (tls_certificates_next(&c, &der))
			walk_bytes(w, TLS_CERTIFICATE, der.pos, (uint32_t)cursor_left(&der));
	}
}

static void walk_ticket(struct walk *w, struct cursor c)
{
	const uint8_t *h = cursor_take(&c, 6);

	if (!h)
		return;
	walk_uint(w, TLS_TICKET_LIFETIME, get_be32(h));
	walk_uint(w, TLS_TICKET_LENGTH, get_be16(h + 4));
	if (cursor_left(&c))
		walk_bytes(w, TLS_TICKET, c.pos, (uint32_t)cursor_left(&c));
}

/* Bytes with their length before them, in fields that follow one another; false if they are not all there. */
static bool walk_counted(struct walk *w, struct cursor *c, unsigned width, unsigned length_field)
{
	unsigned n = width == 1 ? cursor_u8(c) : cursor_be16(c);
	const uint8_t *bytes = cursor_take(c, n);

	if (c->cut)
		return false;
	walk_uint(w, length_field, n);
	if (n)
		walk_bytes(w, length_field + 1, bytes, n);
	return true;
}

static void walk_signature(struct walk *w, struct cursor *c, unsigned length_field)
{
	const uint8_t *h = cursor_peek(c, 4);

	if (h && get_be16(h + 2) == cursor_left(c) - 4u) { /* an algorithm first */
		walk_uint(w, TLS_SIG_ALG, get_be16(h));
		walk_uint(w, TLS_SIG_HASH, h[0]);
		walk_uint(w, TLS_SIG_SIG, h[1]);
		cursor_skip(c, 2);
	}
	if (cursor_left(c))
		walk_counted(w, c, 2, length_field);
}

/* A named curve and a point on it, or a prime, a generator and a key (RFC 8422 section 5.4, RFC 5246 section 7.4.3). */
static void walk_server_key(struct walk *w, struct cursor c)
{
	enum { NAMED_CURVE = 3 };
	const uint8_t *h = cursor_peek(&c, 4);

	if (!h)
		return;
	if (h[0] == NAMED_CURVE && h[1] < 0x10 && h[3] && 4u + h[3] <= cursor_left(&c)) {
		walk_uint(w, TLS_CURVE_TYPE, h[0]);
		walk_uint(w, TLS_NAMED_CURVE, get_be16(h + 1));
		cursor_skip(&c, 3);
		walk_counted(w, &c, 1, TLS_SERVER_POINT_LEN);
	} else if (!walk_counted(w, &c, 2, TLS_DH_P_LEN) || !walk_counted(w, &c, 2, TLS_DH_G_LEN) ||
		   !walk_counted(w, &c, 2, TLS_DH_YS_LEN)) {
		return;
	}
	walk_signature(w, &c, TLS_SIG_LEN);
}

enum tls_exchange tls_exchange_of(uint16_t cipher)
{
	/* first and last suite of each row of ephemeral Diffie-Hellman, curves excepted */
	static const uint16_t dhe[][2] = {
		{ 0x0011, 0x001b }, { 0x0032, 0x0034 }, { 0x0038, 0x003a }, { 0x0040, 0x0040 }, { 0x0044, 0x0046 }, { 0x0067, 0x0067 },
		{ 0x006a, 0x006d }, { 0x0087, 0x0089 }, { 0x0099, 0x009b }, { 0x009e, 0x009f }, { 0x00a2, 0x00a3 }, { 0x00a6, 0x00a7 },
		{ 0x00bd, 0x00bf }, { 0x00c3, 0x00c5 }, { 0xc09e, 0xc09f }, { 0xc0a2, 0xc0a3 }, { 0xccaa, 0xccaa }
	};

	for (unsigned i = 0; i < sizeof(dhe) / sizeof(dhe[0]); i++)
		if (cipher >= dhe[i][0] && cipher <= dhe[i][1])
			return TLS_EXCHANGE_DHE;
	return TLS_EXCHANGE_RSA;
}

/* A point with one byte of length, or two and a secret that the server can open, or a number. */
static void walk_client_key(struct walk *w, enum tls_exchange exchange, struct cursor c)
{
	size_t n = cursor_left(&c);

	if (!exchange)
		return;
	if (n > 1 && c.pos[0] == n - 1)
		walk_counted(w, &c, 1, TLS_CLIENT_POINT_LEN);
	else if (n > 2 && get_be16(c.pos) == n - 2)
		walk_counted(w, &c, 2, exchange == TLS_EXCHANGE_DHE ? TLS_DH_YC_LEN : TLS_EPMS_LEN);
}

static void walk_request(struct walk *w, struct cursor c)
{
	unsigned n = cursor_u8(&c);
	struct cursor list = cursor_sub(&c, n);

	if (c.cut)
		return;
	walk_uint(w, TLS_CERT_TYPES_COUNT, n);
	while (cursor_left(&list))
		walk_uint(w, TLS_CERT_TYPE, cursor_u8(&list));
	n = cursor_be16(&c);
	if (!c.cut && n != cursor_left(&c)) { /* TLS 1.2: signature algorithms first */
		walk_uint(w, TLS_SIG_ALGS_LENGTH, n);
		list = cursor_sub(&c, n);
		while (cursor_left(&list) >= 2) {
			walk_uint(w, TLS_SIG_ALG, get_be16(list.pos));
			walk_uint(w, TLS_SIG_HASH, cursor_u8(&list));
			walk_uint(w, TLS_SIG_SIG, cursor_u8(&list));
		}
		n = cursor_be16(&c);
	}
	if (c.cut)
		return;
	walk_uint(w, TLS_DNAMES_LEN, n);
	while (cursor_left(&c) >= 2 && !c.cut) {
		n = cursor_be16(&c);
		walk_uint(w, TLS_DNAME_LEN, n);
		cursor_skip(&c, n);
	}
}

void tls_walk_body(struct walk *w, enum tls_over over, enum tls_exchange exchange, unsigned type, uint32_t len,
		   struct cursor body)
{
	bool whole = cursor_left(&body) == len;

	switch (type) {
	case TLS_CLIENT_HELLO:
	case TLS_SERVER_HELLO:
		walk_hello(w, over, type, body, whole);
		return;
	case TLS_HELLO_VERIFY:
		if (over != TLS_OVER_DTLS || cursor_left(&body) < 3)
			return;
		walk_uint(w, TLS_VERSION, cursor_be16(&body));
		walk_counted(w, &body, 1, DTLS_COOKIE_LENGTH);
		return;
	case TLS_CERTIFICATES:
		walk_certificates(w, body);
		return;
	case TLS_NEW_TICKET:
		walk_ticket(w, body);
		return;
	}
	if (!whole)
		return;
	switch (type) {
	case TLS_SERVER_KEY:
		walk_server_key(w, body);
		break;
	case TLS_CLIENT_KEY:
		walk_client_key(w, exchange, body);
		break;
	case TLS_CERTIFICATE_REQUEST:
		walk_request(w, body);
		break;
	case TLS_CERTIFICATE_VERIFY:
		walk_signature(w, &body, TLS_VERIFY_SIG_LEN);
		break;
	case TLS_CERTIFICATE_STATUS:
		walk_uint(w, TLS_STATUS_REQUEST_TYPE, cursor_u8(&body));
		walk_uint(w, TLS_OCSP_RESPONSE_LEN, cursor_be24(&body));
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

bool tls_hello_read(struct tls_hello *h, enum tls_over over, unsigned type, struct cursor c, bool whole)
{
	unsigned total;

	h->version = cursor_be16(&c);
	h->name = cursor_over(c.pos, 0, false);
	cursor_skip(&c, TLS_RANDOM_LEN);
	cursor_skip(&c, cursor_u8(&c));
	if (tls_has_cookie(over, type))
		cursor_skip(&c, cursor_u8(&c));
	h->cipher = type == TLS_SERVER_HELLO ? cursor_be16(&c) : 0;
	cursor_skip(&c, type == TLS_CLIENT_HELLO ? cursor_be16(&c) : 0);
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
