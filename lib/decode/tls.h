/* SPDX-License-Identifier: MIT */
/* What the TLS record decoder and the handshake decoder share. */
#ifndef LIB_DECODE_TLS_H
#define LIB_DECODE_TLS_H

#include "decode/protocol.h"

/* The fields of TLS and of DTLS: those that both have (tls_fields.h), then their own. */
enum tls_field {
	TLS_CONTENT_TYPE, TLS_RECORD_VERSION, TLS_RECORD_LENGTH, TLS_APP_DATA, TLS_ALERT_LEVEL, TLS_ALERT_DESC,
	TLS_FIRST_HANDSHAKE, TLS_HANDSHAKE_TYPE = TLS_FIRST_HANDSHAKE, TLS_HANDSHAKE_LENGTH, TLS_VERSION, TLS_RANDOM,
	TLS_RANDOM_TIME, TLS_RANDOM_BYTES, TLS_SESSION_ID_LENGTH, TLS_SESSION_ID, TLS_CIPHER_SUITES_LENGTH,
	TLS_CIPHER_SUITE, TLS_COMP_METHODS_LENGTH, TLS_COMP_METHOD, TLS_EXTENSIONS_LENGTH, TLS_EXTENSION_TYPE,
	TLS_EXTENSION_LEN, TLS_EXTENSION_DATA, TLS_SERVER_NAME_LIST_LEN, TLS_SERVER_NAME_TYPE, TLS_SERVER_NAME_LEN,
	TLS_SERVER_NAME, TLS_STATUS_REQUEST_TYPE, TLS_STATUS_REQUEST_IDS_LEN, TLS_STATUS_REQUEST_EXTS_LEN,
	TLS_GROUPS_LENGTH, TLS_GROUP, TLS_POINT_FORMATS_LENGTH, TLS_POINT_FORMAT, TLS_SIG_ALGS_LENGTH, TLS_SIG_ALG,
	TLS_SIG_HASH, TLS_SIG_SIG, TLS_HEARTBEAT_MODE, TLS_ALPN_LEN, TLS_ALPN_STR_LEN, TLS_ALPN_STR, TLS_PADDING,
	TLS_COMPRESS_LENGTH, TLS_COMPRESS, TLS_RECORD_SIZE_LIMIT, TLS_SUPPORTED_VERSIONS_LEN, TLS_SUPPORTED_VERSION,
	TLS_COOKIE_LEN, TLS_COOKIE, TLS_PSK_MODES_LENGTH, TLS_PSK_MODE, TLS_PSK_IDENTITIES_LENGTH, TLS_PSK_IDENTITY_LENGTH,
	TLS_PSK_IDENTITY, TLS_PSK_TICKET_AGE, TLS_PSK_BINDERS_LEN, TLS_PSK_SELECTED, TLS_KEY_SHARE_LENGTH,
	TLS_KEY_SHARE_GROUP, TLS_KEY_SHARE_KEY_LENGTH, TLS_KEY_SHARE_KEY, TLS_KEY_SHARE_SELECTED, TLS_RENEGOTIATION_LEN,
	TLS_RENEGOTIATION, TLS_ALPS_LEN, TLS_ALPS_STR_LEN, TLS_ALPS_STR, TLS_CERTIFICATES_LENGTH, TLS_CERTIFICATE_LENGTH,
	TLS_CERTIFICATE, TLS_TICKET_LIFETIME, TLS_TICKET_LENGTH, TLS_TICKET, TLS_CURVE_TYPE, TLS_NAMED_CURVE,
	TLS_SERVER_POINT_LEN, TLS_SERVER_POINT, TLS_DH_P_LEN, TLS_DH_P, TLS_DH_G_LEN, TLS_DH_G, TLS_DH_YS_LEN, TLS_DH_YS,
	TLS_SIG_LEN, TLS_SIG, TLS_CLIENT_POINT_LEN, TLS_CLIENT_POINT, TLS_EPMS_LEN, TLS_EPMS, TLS_DH_YC_LEN, TLS_DH_YC,
	TLS_CERT_TYPES_COUNT,
	TLS_CERT_TYPE, TLS_DNAMES_LEN, TLS_DNAME_LEN, TLS_VERIFY_SIG_LEN, TLS_VERIFY_SIG, TLS_OCSP_RESPONSE_LEN,
	TLS_JA3_FULL, TLS_JA3, TLS_JA3S_FULL, TLS_JA3S, TLS_JA4, TLS_JA4_R,
	TLS_COMMON /* how many both have; from here on their own */
};

/* Those of TLS alone, QUIC's transport parameters among them. */
enum tls_own_field {
	TLS_OPAQUE_TYPE = TLS_COMMON, TLS_QUIC_TYPE, TLS_QUIC_LENGTH, TLS_QUIC_VALUE, TLS_QUIC_FIRST /* tls_quic.c */
};

enum { TLS_1_3 = 0x0304, DTLS_1_0 = 0xfeff, DTLS_1_2 = 0xfefd, DTLS_1_3 = 0xfefc, DTLS_OLD = 0x0100 };
enum tls_content {
	TLS_CHANGE_CIPHER_SPEC = 20, TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_APPLICATION_DATA = 23, TLS_HEARTBEAT = 24
};
enum tls_message {
	TLS_CLIENT_HELLO = 1, TLS_SERVER_HELLO = 2, TLS_HELLO_VERIFY = 3, TLS_NEW_TICKET = 4, TLS_CERTIFICATES = 11,
	TLS_SERVER_KEY = 12, TLS_CERTIFICATE_REQUEST = 13, TLS_CERTIFICATE_VERIFY = 15, TLS_CLIENT_KEY = 16, TLS_FINISHED = 20,
	TLS_CERTIFICATE_STATUS = 22
};
enum { TLS_RANDOM_LEN = 32 };

/* A hello that is to be looked at without showing it: what it offers or chose. */
struct tls_hello {
	uint16_t version;     /* of the message; by supported_versions if a server chose that way */
	uint16_t cipher;      /* that a server chose */
	struct cursor name;   /* the server name, empty if there is none */
};

/* Those of DTLS alone. */
enum dtls_own_field {
	DTLS_EPOCH = TLS_COMMON, DTLS_SEQUENCE, DTLS_SPECIAL_TYPE, DTLS_MESSAGE_SEQ, DTLS_FRAGMENT_OFFSET, DTLS_FRAGMENT_LENGTH,
	DTLS_COOKIE_LENGTH, DTLS_COOKIE, DTLS_SRTP_LENGTH, DTLS_SRTP_PROFILE, DTLS_SRTP_MKI_LENGTH, DTLS_SRTP_MKI, DTLS_FIELDS
};

/* How the keys of a connection are agreed on; it says what a client's key is. */
enum tls_exchange { TLS_EXCHANGE_UNKNOWN, TLS_EXCHANGE_RSA, TLS_EXCHANGE_DHE };
enum tls_exchange tls_exchange_of(uint16_t cipher);

/* What a message is part of. */
enum tls_over { TLS_OVER_TCP = 't', TLS_OVER_QUIC = 'q', TLS_OVER_DTLS = 'd' /* the letters of JA4 */ };

/* Is there a record header, certain enough on any port? */
bool tls_starts(const struct cursor *payload);
/* Does a type of message exist, and can it be `len` bytes long? */
bool tls_message_known(unsigned type, uint32_t len);
/* Emits the fields of one message's body, which may hold less than `len` bytes: then the fields that are there. */
void tls_walk_body(struct walk *w, enum tls_over over, enum tls_exchange exchange, unsigned type, uint32_t len,
		   struct cursor body);
/* If `body`, a message of this type, is whole and has certificates, they become a layer when somebody asked for it. */
void tls_show_certificates(struct decode *d, unsigned type, uint32_t len, struct cursor body);
/* Emits the fields of a hello's extensions. */
void tls_walk_extensions(struct walk *w, enum tls_over over, unsigned message, struct cursor *c);
/* QUIC's transport parameters (RFC 9000 section 18). */
void tls_walk_quic(struct walk *w, struct cursor c);
/* Emits the fingerprints of a whole hello. */
void tls_walk_fingerprints(struct walk *w, enum tls_over over, unsigned type, struct cursor body);
/* Reads a hello's body. False if it contradicts itself; one that ends too early (`whole` false) does not. */
bool tls_hello_read(struct tls_hello *h, enum tls_over over, unsigned type, struct cursor body, bool whole);
/* A ClientHello of DTLS has a cookie behind its session id (RFC 6347 section 4.2.1). */
static inline bool tls_has_cookie(enum tls_over over, unsigned type)
{
	return over == TLS_OVER_DTLS && type == TLS_CLIENT_HELLO;
}
/* Random values that clients mix in so that servers learn to ignore what they do not know (RFC 8701). */
static inline bool tls_grease(unsigned v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}
/* The next of the certificates in a message's body, behind the length of all. */
bool tls_certificates_next(struct cursor *c, struct cursor *der);

#endif
