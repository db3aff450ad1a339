/* SPDX-License-Identifier: MIT */
/*
 * TLS records in one TCP segment (RFC 5246, RFC 8446), without the stream around it.
 *
 *	+------+---------+--------+-----------------+------+---------+--------+---------
 *	| type | version | length | ...             | type | version | length | ...  the rest is in the next segment
 *	+------+---------+--------+-----------------+------+---------+--------+---------
 *	0      1         3        5
 *
 * A segment of a TLS connection is one of three things: it starts with a
 * record; it starts in the middle of one (then it is TLS by its port at best,
 * and shows no fields); or it is so short that nobody can tell. As in
 * Wireshark a record that the next segment completes has no fields, but for a
 * hello, of which one wants to see what is there: a ClientHello with a
 * post-quantum key needs two segments, and the server's name is in the first.
 *
 * The column names the version that was agreed. Whether application data "of
 * version 1.2" belongs to TLS 1.3 only the ServerHello knows, so it is noted for
 * the connection (notes.h); before, the records are believed.
 */
#include "decode/http.h"
#include "decode/notes.h"
#include "decode/quic.h"
#include "decode/tls.h"

enum content { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };
enum { RECORD_HEADER = 5, RECORD_MAX = 16384 + 2048, MESSAGE_HEADER = 4 };

/* layer.aux[0]: version for the column, 0 if it is not known; aux[1]: messages without records, of a QUIC Initial */

struct record {
	uint8_t type;
	uint16_t version, len;
	bool whole;           /* it ends in this segment */
	struct cursor data;
};

static bool header_fits(const uint8_t *h)
{
	return h[0] >= CHANGE_CIPHER_SPEC && h[0] <= HEARTBEAT && h[1] == 3 && h[2] <= 4 && get_be16(h + 3) <= RECORD_MAX &&
	       (get_be16(h + 3) || h[0] == APPLICATION_DATA);
}

static bool record_next(struct cursor *c, struct record *r)
{
	const uint8_t *h = cursor_peek(c, RECORD_HEADER);

	if (!h || !header_fits(h))
		return false;
	cursor_skip(c, RECORD_HEADER);
	r->type = h[0];
	r->version = get_be16(h + 1);
	r->len = get_be16(h + 3);
	r->data = cursor_sub(c, r->len);
	r->whole = !c->cut;
	return true;
}

/* Is what this record holds readable? Encrypted messages look like noise, which only by
 * chance is a chain of messages of known types that ends where the record does. */
static bool handshake_readable(struct cursor c, bool whole)
{
	enum { SHORT = 64 /* nobody cuts so little in two */ };

	for (bool any = false; cursor_left(&c); any = true) {
		unsigned type, len;

		if (cursor_left(&c) < MESSAGE_HEADER)
			return any;
		type = cursor_u8(&c);
		len = cursor_be24(&c);
		if (!tls_message_known(type, len))
			return false;
		if (len > cursor_left(&c)) /* goes on in the next record */
			return !whole || any || len > SHORT;
		cursor_skip(&c, len);
	}
	return true;
}

/* ---- decode --------------------------------------------------------------------------- */

bool tls_starts(const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, RECORD_HEADER);

	return h && header_fits(h);
}

/* On its own ports also the middle of a record. */
static bool tls_detect(const struct decode *d, const struct cursor *payload)
{
	const struct layer *tcp = &d->p->layers[d->p->nlayers - 1];
	const uint8_t *ports = d->p->frame->data + tcp->off;

	if (tls_starts(payload))
		return true;
	return (decode_claimed(CLAIM_TCP_PORT, get_be16(ports)) == PROTO_tls ||
		decode_claimed(CLAIM_TCP_PORT, get_be16(ports + 2)) == PROTO_tls) && !http_starts(payload);
}

/* Looks at a handshake record's first message. False if it contradicts itself. */
static bool hello_check(const struct record *r, struct layer *l, uint16_t *version)
{
	struct cursor c = r->data;
	unsigned type = cursor_u8(&c), len = cursor_be24(&c);
	struct cursor body = cursor_sub(&c, len);
	struct tls_hello hello;

	if ((type != TLS_CLIENT_HELLO && type != TLS_SERVER_HELLO) || !handshake_readable(r->data, r->whole)) {
		if (r->whole && !*version)
			*version = r->version;
		return true;
	}
	if (!tls_hello_read(&hello, type, body, !c.cut))
		return false;
	if (type == TLS_CLIENT_HELLO) {
		*version = 0; /* a new connection */
		l->aux[0] = r->version;
	} else if (r->whole) {
		*version = hello.version;
	}
	return true;
}

static enum decode_result tls_decode(struct decode *d, struct layer *l)
{
	struct note unknown = { 0 }, *note = decode_note(d, l - 1);
	uint16_t *version;
	enum decode_result result = DECODE_OK;
	unsigned before = 0;
	struct cursor c = d->c;
	struct record r;

	d->c.pos = d->c.end;
	if (l[-1].proto == PROTO_quic) {
		l->aux[1] = true;
		quic_resume(d, l - 1);
		return DECODE_OK;
	}
	note = note ? note : &unknown;
	if (note->proto != PROTO_tls)
		note->version = 0;
	note->proto = PROTO_tls;
	version = &note->version;
	while (result == DECODE_OK && record_next(&c, &r)) {
		if (!r.whole && c.snapped)
			result = DECODE_TRUNCATED;
		else if (r.type == HANDSHAKE && before != CHANGE_CIPHER_SPEC && !hello_check(&r, l, version))
			result = DECODE_MALFORMED;
		else if (r.type == APPLICATION_DATA && before == CHANGE_CIPHER_SPEC && r.whole && r.version == 0x0303)
			*version = TLS_1_3; /* in TLS 1.2 an encrypted Finished is a handshake record */
		else if (r.type != HANDSHAKE && r.whole && !*version)
			*version = r.version;
		before = r.type;
	}
	if (*version)
		l->aux[0] = *version;
	return result;
}

static const char *tls_column(const struct packet *p, const struct layer *l)
{
	static const char names[][8] = { "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3" };

	(void)p;
	if (l->aux[1])
		return NULL; /* QUIC's */
	return l->aux[0] >= 0x0300 && l->aux[0] <= TLS_1_3 ? names[l->aux[0] & 0xff] : l->aux[0] ? "TLS" : "SSL";
}

/* ---- walk ----------------------------------------------------------------------------------- */

/* A message that goes on in the next record is put together here. */
struct pieces {
	uint8_t *bytes;
	uint32_t have, need;
};

static void walk_messages(struct walk *w, struct cursor *c, struct pieces *part, bool whole)
{
	while (cursor_left(c)) {
		const uint8_t *start = c->pos;
		unsigned type, len, left;

		if (part->need) {
			uint32_t n = part->need - part->have;

			if (n > cursor_left(c))
				n = (uint32_t)cursor_left(c);
			memcpy(part->bytes + part->have, cursor_take(c, n), n);
			part->have += n;
			if (part->have < part->need)
				return;
			tls_walk_message(w, part->bytes[0], part->need - MESSAGE_HEADER,
					 cursor_over(part->bytes + MESSAGE_HEADER, part->need - MESSAGE_HEADER, false));
			part->need = 0;
			continue;
		}
		type = cursor_u8(c);
		len = cursor_be24(c);
		if (c->cut)
			return;
		left = (unsigned)cursor_left(c);
		if (len <= left) {
			tls_walk_message(w, type, len, cursor_sub(c, len));
			continue;
		}
		if (!whole) {
			if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
				tls_walk_message(w, type, len, *c);
			return;
		}
		part->bytes = packet_scratch(w->p, MESSAGE_HEADER + len);
		if (!part->bytes)
			return;
		part->need = MESSAGE_HEADER + len;
		part->have = MESSAGE_HEADER + left;
		memcpy(part->bytes, start, part->have);
		return;
	}
}

static void walk_handshake(struct walk *w, const struct record *r, struct pieces *part, bool encrypted)
{
	struct cursor c = r->data;
	bool wanted = !w->want;

	for (unsigned f = TLS_FIRST_HANDSHAKE; !wanted && f < TLS_FIELDS; f++)
		wanted = walk_wants(w, f);
	if (!wanted || (!part->need && (encrypted || !handshake_readable(c, r->whole)))) {
		part->need = 0;
		return;
	}
	walk_messages(w, &c, part, r->whole);
}

/* What a record that is not complete may show: a hello's beginning. */
static bool shown(const struct record *r)
{
	struct cursor c = r->data;
	unsigned type = cursor_u8(&c);

	return r->whole || (r->type == HANDSHAKE && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
			    handshake_readable(r->data, false));
}

static void tls_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct pieces part = { 0 };
	struct record r;
	bool encrypted = false;

	if (l->aux[1]) {
		walk_messages(w, &c, &part, false);
		return;
	}
	while (record_next(&c, &r) && shown(&r)) {
		bool opaque = r.type == APPLICATION_DATA && l->aux[0] == TLS_1_3;

		walk_uint(w, opaque ? TLS_OPAQUE_TYPE : TLS_CONTENT_TYPE, r.type);
		walk_uint(w, TLS_RECORD_VERSION, r.version);
		walk_uint(w, TLS_RECORD_LENGTH, r.len);
		if (r.type == HANDSHAKE) {
			walk_handshake(w, &r, &part, encrypted);
		} else if (r.type == APPLICATION_DATA) {
			walk_bytes(w, TLS_APP_DATA, r.data.pos, (uint32_t)cursor_left(&r.data));
		} else if (r.type == ALERT && r.len == 2) {
			walk_uint(w, TLS_ALERT_LEVEL, r.data.pos[0]);
			walk_uint(w, TLS_ALERT_DESC, r.data.pos[1]);
		} else if (r.type == CHANGE_CIPHER_SPEC) {
			encrypted = true;
		}
	}
}

/* ---- text -------------------------------------------------------------------------------------- */

/* tcpdump does not know TLS; with -v a line tells what is in the segment. */
static void tls_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char words[][20] = { "change cipher spec", "alert", "handshake", "application data", "heartbeat" };
	struct cursor c = packet_cursor(p, l);
	const char *column = tls_column(p, l);
	struct tls_hello hello;
	struct record r;
	const char *before = ": ";

	if (!s->verbose || l->aux[1] || !record_next(&c, &r))
		return;
	outbuf_str(s->out, "\n\t");
	outbuf_str(s->out, column);
	do {
		struct cursor m = r.data;
		unsigned type = cursor_u8(&m), len = cursor_be24(&m);

		outbuf_str(s->out, before);
		before = ", ";
		if (r.type == HANDSHAKE && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
		    handshake_readable(r.data, r.whole)) {
			outbuf_str(s->out, type == TLS_CLIENT_HELLO ? "ClientHello" : "ServerHello");
			cursor_limit(&m, len);
			if (tls_hello_read(&hello, type, m, false) && cursor_left(&hello.name)) {
				outbuf_char(s->out, ' ');
				outbuf_escaped(s->out, hello.name.pos, cursor_left(&hello.name));
			}
		} else {
			outbuf_str(s->out, words[r.type - CHANGE_CIPHER_SPEC]);
		}
		outbuf_str(s->out, " (");
		outbuf_u64(s->out, r.len);
		outbuf_char(s->out, ')');
	} while (record_next(&c, &r));
}

/* ---- the protocol ---------------------------------------------------------------------------- */

static const struct value_name contents[] = { { 20, "Change Cipher Spec" }, { 21, "Alert" }, { 22, "Handshake" },
					      { 23, "Application Data" }, { 24, "Heartbeat" }, { 0, NULL } };
static const struct value_name versions[] = { { 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" },
					      { 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" }, { 0, NULL } };
static const struct value_name messages[] = {
	{ 0, "Hello Request" }, { 1, "Client Hello" }, { 2, "Server Hello" }, { 4, "New Session Ticket" },
	{ 5, "End of Early Data" }, { 8, "Encrypted Extensions" }, { 11, "Certificate" }, { 12, "Server Key Exchange" },
	{ 13, "Certificate Request" }, { 14, "Server Hello Done" }, { 15, "Certificate Verify" },
	{ 16, "Client Key Exchange" }, { 20, "Finished" }, { 21, "Certificate URL" }, { 22, "Certificate Status" },
	{ 24, "Key Update" }, { 25, "Compressed Certificate" }, { 67, "Encrypted Handshake Message" }, { 0, NULL }
};

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX(n, digits, nam, lab) \
	{ .name = n, .label = lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits, .names = nam }
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)
#define H "tls.handshake."

static const struct field fields[TLS_FIELDS] = {
	[TLS_CONTENT_TYPE] = { .name = "tls.record.content_type", .label = "Content type", .type = FIELD_UINT, .names = contents },
	[TLS_OPAQUE_TYPE] = UINT("tls.record.opaque_type", "Opaque type"),
	[TLS_RECORD_VERSION] = HEX("tls.record.version", 4, versions, "Record version"),
	[TLS_RECORD_LENGTH] = UINT("tls.record.length", "Record length"),
	[TLS_APP_DATA] = BYTES("tls.app_data", "Application data"),
	[TLS_ALERT_LEVEL] = UINT("tls.alert_message.level", "Alert level"),
	[TLS_ALERT_DESC] = UINT("tls.alert_message.desc", "Alert description"),
	[TLS_HANDSHAKE_TYPE] = { .name = H "type", .label = "Handshake message", .type = FIELD_UINT, .names = messages },
	[TLS_HANDSHAKE_LENGTH] = UINT(H "length", "Handshake length"),
	[TLS_VERSION] = HEX(H "version", 4, versions, "Version"),
	[TLS_RANDOM] = BYTES(H "random", "Random"),
	[TLS_RANDOM_TIME] = FIELD_WALK(FIELD_TIME, H "random_time", "Time in the random"),
	[TLS_RANDOM_BYTES] = BYTES(H "random_bytes", "Bytes of the random"),
	[TLS_SESSION_ID_LENGTH] = UINT(H "session_id_length", "Session id length"),
	[TLS_SESSION_ID] = BYTES(H "session_id", "Session id"),
	[TLS_CIPHER_SUITES_LENGTH] = UINT(H "cipher_suites_length", "Cipher suites length"),
	[TLS_CIPHER_SUITE] = HEX(H "ciphersuite", 4, NULL, "Cipher suite"),
	[TLS_COMP_METHODS_LENGTH] = UINT(H "comp_methods_length", "Compression methods length"),
	[TLS_COMP_METHOD] = UINT(H "comp_method", "Compression method"),
	[TLS_EXTENSIONS_LENGTH] = UINT(H "extensions_length", "Extensions length"),
	[TLS_EXTENSION_TYPE] = UINT(H "extension.type", "Extension"),
	[TLS_EXTENSION_LEN] = UINT(H "extension.len", "Extension length"),
	[TLS_EXTENSION_DATA] = BYTES(H "extension.data", "Extension data"),
	[TLS_SERVER_NAME_LIST_LEN] = UINT(H "extensions_server_name_list_len", "Server name list length"),
	[TLS_SERVER_NAME_TYPE] = UINT(H "extensions_server_name_type", "Server name type"),
	[TLS_SERVER_NAME_LEN] = UINT(H "extensions_server_name_len", "Server name length"),
	[TLS_SERVER_NAME] = TEXT(H "extensions_server_name", "Server name"),
	[TLS_STATUS_REQUEST_TYPE] = UINT(H "extensions_status_request_type", "Certificate status type"),
	[TLS_GROUPS_LENGTH] = UINT(H "extensions_supported_groups_length", "Groups length"),
	[TLS_GROUP] = HEX(H "extensions_supported_group", 4, NULL, "Group"),
	[TLS_POINT_FORMATS_LENGTH] = UINT(H "extensions_ec_point_formats_length", "Point formats length"),
	[TLS_POINT_FORMAT] = UINT(H "extensions_ec_point_format", "Point format"),
	[TLS_SIG_ALGS_LENGTH] = UINT(H "sig_hash_alg_len", "Signature algorithms length"),
	[TLS_SIG_ALG] = HEX(H "sig_hash_alg", 4, NULL, "Signature algorithm"),
	[TLS_SIG_HASH] = UINT(H "sig_hash_hash", "Signature algorithm, hash"),
	[TLS_SIG_SIG] = UINT(H "sig_hash_sig", "Signature algorithm, signature"),
	[TLS_ALPN_LEN] = UINT(H "extensions_alpn_len", "ALPN length"),
	[TLS_ALPN_STR_LEN] = UINT(H "extensions_alpn_str_len", "ALPN protocol length"),
	[TLS_ALPN_STR] = TEXT(H "extensions_alpn_str", "ALPN protocol"),
	[TLS_PADDING] = BYTES(H "extensions_padding_data", "Padding"),
	[TLS_COMPRESS_LENGTH] = UINT("tls.compress_certificate.algorithms_length", "Certificate compression length"),
	[TLS_COMPRESS] = UINT("tls.compress_certificate.algorithm", "Certificate compression"),
	[TLS_RECORD_SIZE_LIMIT] = UINT("tls.record_size_limit", "Record size limit"),
	[TLS_SUPPORTED_VERSIONS_LEN] = UINT(H "extensions.supported_versions_len", "Supported versions length"),
	[TLS_SUPPORTED_VERSION] = HEX(H "extensions.supported_version", 4, versions, "Supported version"),
	[TLS_COOKIE_LEN] = UINT(H "extensions.cookie_len", "Cookie length"),
	[TLS_COOKIE] = BYTES(H "extensions.cookie", "Cookie"),
	[TLS_PSK_MODES_LENGTH] = UINT("tls.extension.psk_ke_modes_length", "Pre-shared key modes length"),
	[TLS_PSK_MODE] = UINT("tls.extension.psk_ke_mode", "Pre-shared key mode"),
	[TLS_KEY_SHARE_LENGTH] = UINT(H "extensions_key_share_client_length", "Key shares length"),
	[TLS_KEY_SHARE_GROUP] = UINT(H "extensions_key_share_group", "Key share, group"),
	[TLS_KEY_SHARE_KEY_LENGTH] = UINT(H "extensions_key_share_key_exchange_length", "Key share length"),
	[TLS_KEY_SHARE_KEY] = BYTES(H "extensions_key_share_key_exchange", "Key share"),
	[TLS_KEY_SHARE_SELECTED] = UINT(H "extensions_key_share_selected_group", "Selected group"),
	[TLS_PSK_SELECTED] = UINT(H "extensions.psk.identity.selected", "Selected identity"),
	[TLS_RENEGOTIATION_LEN] = UINT(H "extensions_reneg_info_len", "Renegotiation length"),
	[TLS_RENEGOTIATION] = BYTES(H "extensions_reneg_info", "Renegotiation"),
	[TLS_ALPS_LEN] = UINT(H "extensions_alps_len", "ALPS length"),
	[TLS_ALPS_STR_LEN] = UINT(H "extensions_alps_alpn_str_len", "ALPS protocol length"),
	[TLS_ALPS_STR] = TEXT(H "extensions_alps_alpn_str", "ALPS protocol"),
	[TLS_CERTIFICATES_LENGTH] = UINT(H "certificates_length", "Certificates length"),
	[TLS_CERTIFICATE_LENGTH] = UINT(H "certificate_length", "Certificate length"),
	[TLS_CERTIFICATE] = BYTES(H "certificate", "Certificate"),
	[TLS_TICKET_LIFETIME] = UINT(H "session_ticket_lifetime_hint", "Ticket lifetime"),
	[TLS_TICKET_LENGTH] = UINT(H "session_ticket_length", "Ticket length"),
	[TLS_TICKET] = BYTES(H "session_ticket", "Ticket"),
};

/* HTTPS, SMTPS, LDAPS, DNS over TLS, IMAPS, POP3S, SIPS, AMQPS, MQTTS */
static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, 443 }, { CLAIM_TCP_PORT, 465 }, { CLAIM_TCP_PORT, 636 }, { CLAIM_TCP_PORT, 853 },
	{ CLAIM_TCP_PORT, 993 }, { CLAIM_TCP_PORT, 995 }, { CLAIM_TCP_PORT, 5061 }, { CLAIM_TCP_PORT, 5671 },
	{ CLAIM_TCP_PORT, 8883 }, { CLAIM_NONE, 0 }
};

const struct protocol proto_tls = {
	.name = "tls",
	.title = "Transport Layer Security",
	.reference = "RFC 8446",
	.application = true,
	.notes = true,
	.decode = tls_decode,
	.detect = tls_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	.column_of = tls_column,
	PROTOCOL_WALK(tls_walk),
	.summary = tls_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
