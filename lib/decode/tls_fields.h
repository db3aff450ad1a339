/* SPDX-License-Identifier: MIT */
/* The fields that TLS and DTLS share, under P: the filter name of either, as a string. */
#ifndef LIB_DECODE_TLS_FIELDS_H
#define LIB_DECODE_TLS_FIELDS_H

#include "decode/tls.h"

extern const struct named_values tls_contents, tls_versions, tls_messages, tls_alerts, tls_alert_levels;

#define TLS_UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define TLS_BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define TLS_TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define TLS_NAMED(n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT)
#define TLS_HEX(n, digits, nam, lab) \
	FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

#define TLS_COMMON_FIELDS(P) \
	(TLS_CONTENT_TYPE, TLS_NAMED(P ".record.content_type", &tls_contents, "Content type")), \
	(TLS_RECORD_VERSION, TLS_HEX(P ".record.version", 4, &tls_versions, "Record version")), \
	(TLS_RECORD_LENGTH, TLS_UINT(P ".record.length", "Record length")), \
	(TLS_APP_DATA, TLS_BYTES(P ".app_data", "Application data")), \
	(TLS_ALERT_LEVEL, TLS_NAMED(P ".alert_message.level", &tls_alert_levels, "Alert level")), \
	(TLS_ALERT_DESC, TLS_NAMED(P ".alert_message.desc", &tls_alerts, "Alert description")), \
	(TLS_HANDSHAKE_TYPE, TLS_NAMED(P ".handshake.type", &tls_messages, "Handshake message")), \
	(TLS_HANDSHAKE_LENGTH, TLS_UINT(P ".handshake.length", "Handshake length")), \
	(TLS_VERSION, TLS_HEX(P ".handshake.version", 4, &tls_versions, "Version")), \
	(TLS_RANDOM, TLS_BYTES(P ".handshake.random", "Random")), \
	(TLS_RANDOM_TIME, FIELD_WALK(FIELD_TIME, P ".handshake.random_time", "Time in the random")), \
	(TLS_RANDOM_BYTES, TLS_BYTES(P ".handshake.random_bytes", "Bytes of the random")), \
	(TLS_SESSION_ID_LENGTH, TLS_UINT(P ".handshake.session_id_length", "Session id length")), \
	(TLS_SESSION_ID, TLS_BYTES(P ".handshake.session_id", "Session id")), \
	(TLS_CIPHER_SUITES_LENGTH, TLS_UINT(P ".handshake.cipher_suites_length", "Cipher suites length")), \
	(TLS_CIPHER_SUITE, TLS_HEX(P ".handshake.ciphersuite", 4, NULL, "Cipher suite")), \
	(TLS_COMP_METHODS_LENGTH, TLS_UINT(P ".handshake.comp_methods_length", "Compression methods length")), \
	(TLS_COMP_METHOD, TLS_UINT(P ".handshake.comp_method", "Compression method")), \
	(TLS_EXTENSIONS_LENGTH, TLS_UINT(P ".handshake.extensions_length", "Extensions length")), \
	(TLS_EXTENSION_TYPE, TLS_UINT(P ".handshake.extension.type", "Extension")), \
	(TLS_EXTENSION_LEN, TLS_UINT(P ".handshake.extension.len", "Extension length")), \
	(TLS_EXTENSION_DATA, TLS_BYTES(P ".handshake.extension.data", "Extension data")), \
	(TLS_SERVER_NAME_LIST_LEN, TLS_UINT(P ".handshake.extensions_server_name_list_len", "Server name list length")), \
	(TLS_SERVER_NAME_TYPE, TLS_UINT(P ".handshake.extensions_server_name_type", "Server name type")), \
	(TLS_SERVER_NAME_LEN, TLS_UINT(P ".handshake.extensions_server_name_len", "Server name length")), \
	(TLS_SERVER_NAME, TLS_TEXT(P ".handshake.extensions_server_name", "Server name")), \
	(TLS_STATUS_REQUEST_TYPE, TLS_UINT(P ".handshake.extensions_status_request_type", "Certificate status type")), \
	(TLS_STATUS_REQUEST_IDS_LEN,\
		TLS_UINT(P ".handshake.extensions_status_request_responder_ids_len", "Responder ids length")), \
	(TLS_STATUS_REQUEST_EXTS_LEN,\
		TLS_UINT(P ".handshake.extensions_status_request_exts_len", "Status request extensions length")), \
	(TLS_GROUPS_LENGTH, TLS_UINT(P ".handshake.extensions_supported_groups_length", "Groups length")), \
	(TLS_GROUP, TLS_HEX(P ".handshake.extensions_supported_group", 4, NULL, "Group")), \
	(TLS_POINT_FORMATS_LENGTH, TLS_UINT(P ".handshake.extensions_ec_point_formats_length", "Point formats length")), \
	(TLS_POINT_FORMAT, TLS_UINT(P ".handshake.extensions_ec_point_format", "Point format")), \
	(TLS_SIG_ALGS_LENGTH, TLS_UINT(P ".handshake.sig_hash_alg_len", "Signature algorithms length")), \
	(TLS_SIG_ALG, TLS_HEX(P ".handshake.sig_hash_alg", 4, NULL, "Signature algorithm")), \
	(TLS_SIG_HASH, TLS_UINT(P ".handshake.sig_hash_hash", "Signature algorithm, hash")), \
	(TLS_SIG_SIG, TLS_UINT(P ".handshake.sig_hash_sig", "Signature algorithm, signature")), \
	(TLS_HEARTBEAT_MODE, TLS_UINT(P ".handshake.extension.heartbeat.mode", "Heartbeat mode")), \
	(TLS_ALPN_LEN, TLS_UINT(P ".handshake.extensions_alpn_len", "ALPN length")), \
	(TLS_ALPN_STR_LEN, TLS_UINT(P ".handshake.extensions_alpn_str_len", "ALPN protocol length")), \
	(TLS_ALPN_STR, TLS_TEXT(P ".handshake.extensions_alpn_str", "ALPN protocol")), \
	(TLS_PADDING, TLS_BYTES(P ".handshake.extensions_padding_data", "Padding")), \
	(TLS_COMPRESS_LENGTH, TLS_UINT(P ".compress_certificate.algorithms_length", "Certificate compression length")), \
	(TLS_COMPRESS, TLS_UINT(P ".compress_certificate.algorithm", "Certificate compression")), \
	(TLS_RECORD_SIZE_LIMIT, TLS_UINT(P ".record_size_limit", "Record size limit")), \
	(TLS_SUPPORTED_VERSIONS_LEN,\
		TLS_UINT(P ".handshake.extensions.supported_versions_len", "Supported versions length")), \
	(TLS_SUPPORTED_VERSION,\
		TLS_HEX(P ".handshake.extensions.supported_version", 4, &tls_versions, "Supported version")), \
	(TLS_COOKIE_LEN, TLS_UINT(P ".handshake.extensions.cookie_len", "Cookie length")), \
	(TLS_COOKIE, TLS_BYTES(P ".handshake.extensions.cookie", "Cookie")), \
	(TLS_PSK_MODES_LENGTH, TLS_UINT(P ".extension.psk_ke_modes_length", "Pre-shared key modes length")), \
	(TLS_PSK_MODE, TLS_UINT(P ".extension.psk_ke_mode", "Pre-shared key mode")), \
	(TLS_PSK_IDENTITIES_LENGTH, TLS_UINT(P ".handshake.extensions.psk.identities.length", "Identities length")), \
	(TLS_PSK_IDENTITY_LENGTH, TLS_UINT(P ".handshake.extensions.psk.identity.identity_length", "Identity length")), \
	(TLS_PSK_IDENTITY, TLS_BYTES(P ".handshake.extensions.psk.identity.identity", "Identity")), \
	(TLS_PSK_TICKET_AGE,\
		TLS_UINT(P ".handshake.extensions.psk.identity.obfuscated_ticket_age", "Obfuscated ticket age")), \
	(TLS_PSK_BINDERS_LEN, TLS_UINT(P ".handshake.extensions.psk.binders_len", "Binders length")), \
	(TLS_PSK_SELECTED, TLS_UINT(P ".handshake.extensions.psk.identity.selected", "Selected identity")), \
	(TLS_KEY_SHARE_LENGTH, TLS_UINT(P ".handshake.extensions_key_share_client_length", "Key shares length")), \
	(TLS_KEY_SHARE_GROUP, TLS_UINT(P ".handshake.extensions_key_share_group", "Key share, group")), \
	(TLS_KEY_SHARE_KEY_LENGTH, TLS_UINT(P ".handshake.extensions_key_share_key_exchange_length", "Key share length")), \
	(TLS_KEY_SHARE_KEY, TLS_BYTES(P ".handshake.extensions_key_share_key_exchange", "Key share")), \
	(TLS_KEY_SHARE_SELECTED, TLS_UINT(P ".handshake.extensions_key_share_selected_group", "Selected group")), \
	(TLS_RENEGOTIATION_LEN, TLS_UINT(P ".handshake.extensions_reneg_info_len", "Renegotiation length")), \
	(TLS_RENEGOTIATION, TLS_BYTES(P ".handshake.extensions_reneg_info", "Renegotiation")), \
	(TLS_ALPS_LEN, TLS_UINT(P ".handshake.extensions_alps_len", "ALPS length")), \
	(TLS_ALPS_STR_LEN, TLS_UINT(P ".handshake.extensions_alps_alpn_str_len", "ALPS protocol length")), \
	(TLS_ALPS_STR, TLS_TEXT(P ".handshake.extensions_alps_alpn_str", "ALPS protocol")), \
	(TLS_CERTIFICATES_LENGTH, TLS_UINT(P ".handshake.certificates_length", "Certificates length")), \
	(TLS_CERTIFICATE_LENGTH, TLS_UINT(P ".handshake.certificate_length", "Certificate length")), \
	(TLS_CERTIFICATE, TLS_BYTES(P ".handshake.certificate", "Certificate")), \
	(TLS_TICKET_LIFETIME, TLS_UINT(P ".handshake.session_ticket_lifetime_hint", "Ticket lifetime")), \
	(TLS_TICKET_LENGTH, TLS_UINT(P ".handshake.session_ticket_length", "Ticket length")), \
	(TLS_TICKET, TLS_BYTES(P ".handshake.session_ticket", "Ticket")), \
	(TLS_CURVE_TYPE, TLS_HEX(P ".handshake.server_curve_type", 2, NULL, "Curve type")), \
	(TLS_NAMED_CURVE, TLS_HEX(P ".handshake.server_named_curve", 4, NULL, "Named curve")), \
	(TLS_SERVER_POINT_LEN, TLS_UINT(P ".handshake.server_point_len", "Server's public key length")), \
	(TLS_SERVER_POINT, TLS_BYTES(P ".handshake.server_point", "Server's public key")), \
	(TLS_DH_P_LEN, TLS_UINT(P ".handshake.p_len", "Prime length")), \
	(TLS_DH_P, TLS_BYTES(P ".handshake.p", "Prime")), \
	(TLS_DH_G_LEN, TLS_UINT(P ".handshake.g_len", "Generator length")), \
	(TLS_DH_G, TLS_BYTES(P ".handshake.g", "Generator")), \
	(TLS_DH_YS_LEN, TLS_UINT(P ".handshake.ys_len", "Server's public key length")), \
	(TLS_DH_YS, TLS_BYTES(P ".handshake.ys", "Server's public key")), \
	(TLS_SIG_LEN, TLS_UINT(P ".handshake.sig_len", "Signature length")), \
	(TLS_SIG, TLS_BYTES(P ".handshake.sig", "Signature")), \
	(TLS_CLIENT_POINT_LEN, TLS_UINT(P ".handshake.client_point_len", "Client's public key length")), \
	(TLS_CLIENT_POINT, TLS_BYTES(P ".handshake.client_point", "Client's public key")), \
	(TLS_EPMS_LEN, TLS_UINT(P ".handshake.epms_len", "Encrypted secret length")), \
	(TLS_EPMS, TLS_BYTES(P ".handshake.epms", "Encrypted secret")), \
	(TLS_DH_YC_LEN, TLS_UINT(P ".handshake.yc_len", "Client's public key length")), \
	(TLS_DH_YC, TLS_BYTES(P ".handshake.yc", "Client's public key")), \
	(TLS_CERT_TYPES_COUNT, TLS_UINT(P ".handshake.cert_types_count", "Number of certificate types")), \
	(TLS_CERT_TYPE, TLS_UINT(P ".handshake.cert_type", "Certificate type")), \
	(TLS_DNAMES_LEN, TLS_UINT(P ".handshake.dnames_len", "Authorities length")), \
	(TLS_DNAME_LEN, TLS_UINT(P ".handshake.dname_len", "Authority length")), \
	(TLS_VERIFY_SIG_LEN,\
		TLS_UINT(P ".handshake.client_cert_vrfy.sig_len", "Signature of the certificate's key, length")), \
	(TLS_VERIFY_SIG, TLS_BYTES(P ".handshake.client_cert_vrfy.sig", "Signature of the certificate's key")), \
	(TLS_OCSP_RESPONSE_LEN, TLS_UINT(P ".handshake.ocsp_response_len", "OCSP response length")), \
	(TLS_JA3_FULL, TLS_TEXT(P ".handshake.ja3_full", "JA3, before the digest")), \
	(TLS_JA3, TLS_TEXT(P ".handshake.ja3", "JA3")), \
	(TLS_JA3S_FULL, TLS_TEXT(P ".handshake.ja3s_full", "JA3S, before the digest")), \
	(TLS_JA3S, TLS_TEXT(P ".handshake.ja3s", "JA3S")), \
	(TLS_JA4, TLS_TEXT(P ".handshake.ja4", "JA4")), \
	(TLS_JA4_R, TLS_TEXT(P ".handshake.ja4_r", "JA4, before the digests"))

#endif
