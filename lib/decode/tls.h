/* SPDX-License-Identifier: MIT */
/* What the TLS record decoder and the handshake decoder share. */
#ifndef LIB_DECODE_TLS_H
#define LIB_DECODE_TLS_H

#include "decode/protocol.h"

enum tls_field {
	TLS_CONTENT_TYPE, TLS_OPAQUE_TYPE, TLS_RECORD_VERSION, TLS_RECORD_LENGTH, TLS_APP_DATA, TLS_ALERT_LEVEL, TLS_ALERT_DESC,
	TLS_FIRST_HANDSHAKE,
	TLS_HANDSHAKE_TYPE = TLS_FIRST_HANDSHAKE, TLS_HANDSHAKE_LENGTH, TLS_VERSION, TLS_RANDOM, TLS_RANDOM_TIME,
	TLS_RANDOM_BYTES, TLS_SESSION_ID_LENGTH, TLS_SESSION_ID, TLS_CIPHER_SUITES_LENGTH, TLS_CIPHER_SUITE,
	TLS_COMP_METHODS_LENGTH, TLS_COMP_METHOD, TLS_EXTENSIONS_LENGTH, TLS_EXTENSION_TYPE, TLS_EXTENSION_LEN,
	TLS_EXTENSION_DATA,
	TLS_SERVER_NAME_LIST_LEN, TLS_SERVER_NAME_TYPE, TLS_SERVER_NAME_LEN, TLS_SERVER_NAME,
	TLS_STATUS_REQUEST_TYPE, TLS_GROUPS_LENGTH, TLS_GROUP, TLS_POINT_FORMATS_LENGTH, TLS_POINT_FORMAT,
	TLS_SIG_ALGS_LENGTH, TLS_SIG_ALG, TLS_SIG_HASH, TLS_SIG_SIG, TLS_ALPN_LEN, TLS_ALPN_STR_LEN, TLS_ALPN_STR,
	TLS_PADDING, TLS_COMPRESS_LENGTH, TLS_COMPRESS, TLS_RECORD_SIZE_LIMIT, TLS_SUPPORTED_VERSIONS_LEN,
	TLS_SUPPORTED_VERSION, TLS_COOKIE_LEN, TLS_COOKIE, TLS_PSK_MODES_LENGTH, TLS_PSK_MODE, TLS_KEY_SHARE_LENGTH,
	TLS_KEY_SHARE_GROUP, TLS_KEY_SHARE_KEY_LENGTH, TLS_KEY_SHARE_KEY, TLS_KEY_SHARE_SELECTED, TLS_PSK_SELECTED,
	TLS_RENEGOTIATION_LEN, TLS_RENEGOTIATION, TLS_ALPS_LEN, TLS_ALPS_STR_LEN, TLS_ALPS_STR,
	TLS_CERTIFICATES_LENGTH, TLS_CERTIFICATE_LENGTH, TLS_CERTIFICATE, TLS_TICKET_LIFETIME, TLS_TICKET_LENGTH, TLS_TICKET,
	TLS_FIELDS
};

enum { TLS_1_3 = 0x0304 };
enum tls_message { TLS_CLIENT_HELLO = 1, TLS_SERVER_HELLO = 2, TLS_NEW_TICKET = 4, TLS_CERTIFICATES = 11 };

/* A hello that is to be looked at without showing it: what it offers or chose. */
struct tls_hello {
	uint16_t version;     /* of the message; by supported_versions if a server chose that way */
	struct cursor name;   /* the server name, empty if there is none */
};

/* Is there a record header, certain enough on any port? */
bool tls_starts(const struct cursor *payload);
/* Does a type of message exist, and can it be `len` bytes long? */
bool tls_message_known(unsigned type, uint32_t len);
/* Emits the fields of one message, type and length included. `body` may hold less than `len` bytes: then the fields
 * that are there. */
void tls_walk_message(struct walk *w, unsigned type, uint32_t len, struct cursor body);
/* Reads a hello's body. False if it contradicts itself; one that ends too early (`whole` false) does not. */
bool tls_hello_read(struct tls_hello *h, unsigned type, struct cursor body, bool whole);

#endif
