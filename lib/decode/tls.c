/* SPDX-License-Identifier: MIT */
/*
 * TLS records (RFC 5246, RFC 8446).
 *
 *	+------+---------+--------+-----------------+------+---------+--------+---------
 *	| type | version | length | ...             | type | version | length | ...  the rest is in the next segment
 *	+------+---------+--------+-----------------+------+---------+--------+---------
 *	0      1         3        5
 *
 * A record that goes on in the next segment is shown where it ends, and so are the records of a handshake message of more
 * than one (stream.h); the segment it begins in has a layer, too. Application data that nobody asks for is counted and not
 * kept. Where records cannot be put together, a segment of a TLS connection is one of three things: it starts with a
 * record; it starts in the middle of one (then it is TLS by its port at best, and shows no fields); or it is so short
 * that nobody can tell. Of a record that is not all there a hello alone is shown, as far as it goes: the server's name.
 *
 * The column names the version that was agreed. Whether application data "of
 * version 1.2" belongs to TLS 1.3 only the ServerHello knows, so it is noted for
 * the connection (notes.h); before, the records are believed.
 */
#include "decode/http.h"
#include "decode/notes.h"
#include "decode/quic.h"
#include "decode/stream.h"
#include "decode/tls_fields.h"
#include "decode/tls_quic.h"

enum { RECORD_HEADER = 5, RECORD_MAX = 16384 + 2048, MESSAGE_HEADER = 4 };

/* layer.aux[0]: version for the column, 0 if it is not known; aux[1]: enum tls_exchange, or QUIC: messages without records,
 * of an Initial */
enum { QUIC = 0xff, HEAD = 0x80 /* the header alone of a record whose data were not kept */ };

struct record {
	uint8_t type;
	uint16_t version, len;
	bool whole;           /* it ends in this segment */
	struct cursor data;
};

static bool header_fits(const uint8_t *h)
{
	return h[0] >= TLS_CHANGE_CIPHER_SPEC && h[0] <= TLS_HEARTBEAT && h[1] == 3 && h[2] <= 4 && get_be16(h + 3) <= RECORD_MAX &&
	       (get_be16(h + 3) || h[0] == TLS_APPLICATION_DATA);
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

/* On its own ports also the middle of a record; on others a connection begins with a handshake. */
static bool tls_detect(const struct decode *d, const struct cursor *payload)
{
	const struct layer *tcp = &d->p->layers[d->p->nlayers - 1];
	const uint8_t *ports = d->p->source[tcp->source].data + tcp->off;
	bool starts = tls_starts(payload);
	const struct note *note;

	if (decode_claimed(CLAIM_TCP_PORT, get_be16(ports)) == PROTO_tls ||
	    decode_claimed(CLAIM_TCP_PORT, get_be16(ports + 2)) == PROTO_tls)
		return starts || !http_starts(payload);
	if (!starts || *payload->pos == TLS_HANDSHAKE)
		return starts;
	note = decode_note(d, tcp);
	return !note || note->proto == PROTO_tls;
}

/* Looks at a handshake record's first message. False if it contradicts itself. */
static bool hello_check(const struct record *r, struct layer *l, struct note *note)
{
	struct cursor c = r->data;
	unsigned type = cursor_u8(&c), len = cursor_be24(&c);
	struct cursor body = cursor_sub(&c, len);
	struct tls_hello hello;

	if ((type != TLS_CLIENT_HELLO && type != TLS_SERVER_HELLO) || !handshake_readable(r->data, r->whole)) {
		if (r->whole && !note->version)
			note->version = r->version;
		return true;
	}
	if (!tls_hello_read(&hello, TLS_OVER_TCP, type, body, !c.cut))
		return false;
	if (type == TLS_CLIENT_HELLO) {
		note->version = 0; /* a new connection */
		note->state[0] = TLS_EXCHANGE_UNKNOWN;
		note->state[1] = 0;
		l->aux[0] = r->version;
	} else if (r->whole) {
		note->version = hello.version;
		note->state[0] = (uint8_t)tls_exchange_of(hello.cipher);
	}
	return true;
}

/* How many bytes the last of the messages in `c` lacks; 0: none, or they are not to be read. */
static uint32_t messages_lack(struct cursor c)
{
	while (cursor_left(&c)) {
		const uint8_t *h = cursor_peek(&c, MESSAGE_HEADER);
		uint32_t len = h ? MESSAGE_HEADER + get_be24(h + 1) : MESSAGE_HEADER;

		if (h && (!tls_message_known(h[0], len - MESSAGE_HEADER) || len > STREAM_UNKNOWN_MAX * 2u))
			return 0;
		if (len > cursor_left(&c))
			return len - (uint32_t)cursor_left(&c);
		cursor_skip(&c, len);
	}
	return 0;
}

/* The messages of record `r` may end in another one, the next of which is at `c`: how many bytes from `at` on are needed to
 * tell, more than there are; 0: all is there. */
static uint32_t messages_need(const struct record *r, struct cursor c, const uint8_t *at)
{
	uint32_t lack = messages_lack(r->data);
	struct record next;

	while (lack) {
		if (cursor_left(&c) < RECORD_HEADER)
			return (uint32_t)(c.pos - at) + RECORD_HEADER;
		if (!record_next(&c, &next) || next.type != TLS_HANDSHAKE || !next.len)
			return 0;
		if (!next.whole)
			return (uint32_t)(next.data.pos - at) + next.len;
		if (lack > next.len) {
			lack -= next.len;
		} else {
			cursor_skip(&next.data, lack);
			lack = messages_lack(next.data);
		}
	}
	return 0;
}

/* Behind TPKT, SOCKS and the like it is for them to say whose the bytes are. */
static bool record_keep(struct decode *d, const struct layer *l, const uint8_t *at, uint32_t need, bool opaque)
{
	bool direct = l[-1].proto == PROTO_tcp || l[-1].proto == PROTO_tls;

	if (!direct) /* a connection that began as TPKT stays with it */
		return stream_wait(d, at, need, l[-1].proto, l[-1].proto == PROTO_tpkt ? STREAM_SHOW : 0);
	return stream_wait(d, at, need, PROTO_tls, opaque ? STREAM_SKIP : 0);
}

/* Is the record at `at`, with what belongs to it, not all there, and kept until it is? `r` is what was read of it. */
static bool record_waits(struct decode *d, const struct layer *l, const uint8_t *at, const struct record *r,
			 struct cursor behind, bool plain)
{
	bool opaque = r->type == TLS_APPLICATION_DATA && !d->decoder->bulk;
	uint32_t need = RECORD_HEADER + r->len;

	if (r->whole)
		need = r->type == TLS_HANDSHAKE && plain && handshake_readable(r->data, true) ? messages_need(r, behind, at) : 0;
	return need && record_keep(d, l, at, need, opaque);
}

/* The first bytes of a record's header. */
static bool header_begins(struct cursor c)
{
	size_t n = cursor_left(&c);

	return n && n < RECORD_HEADER && c.pos[0] >= TLS_CHANGE_CIPHER_SPEC && c.pos[0] <= TLS_HEARTBEAT && (n < 2 || c.pos[1] == 3) &&
	       (n < 3 || c.pos[2] <= 4);
}

/* The bytes of the first message in the records at `c` that is not all in one of them. False: there is none, or no room. */
static bool message_join(struct packet *p, struct cursor c, struct cursor *message)
{
	uint32_t have = 0, need = 0, lack, n;
	uint8_t *bytes = NULL;
	struct record r;

	while (record_next(&c, &r) && r.type == TLS_HANDSHAKE) {
		lack = need ? 0 : messages_lack(r.data);
		if (lack) {
			struct cursor m = r.data;

			while (cursor_left(&m) >= MESSAGE_HEADER && MESSAGE_HEADER + get_be24(m.pos + 1) <= cursor_left(&m))
				cursor_skip(&m, MESSAGE_HEADER + get_be24(m.pos + 1));
			need = (uint32_t)cursor_left(&m) + lack;
			bytes = cursor_left(&m) >= MESSAGE_HEADER ? packet_scratch(p, need) : NULL;
			r.data = m;
			if (!bytes)
				return false;
		}
		n = need - have < cursor_left(&r.data) ? need - have : (uint32_t)cursor_left(&r.data);
		if (n)
			memcpy(bytes + have, r.data.pos, n);
		have += n;
		if (need && have == need) {
			*message = cursor_over(bytes, need, false);
			return true;
		}
	}
	return false;
}

static void certificates_find(struct decode *d, struct cursor c)
{
	while (cursor_left(&c) >= MESSAGE_HEADER) {
		unsigned type = cursor_u8(&c), len = cursor_be24(&c);
		struct cursor body = cursor_sub(&c, len);

		tls_show_certificates(d, type, len, body);
	}
}

/* The certificates in the records of a layer become a layer of their own. */
static void certificates_show(struct decode *d, struct cursor c)
{
	struct cursor at = c, message;
	struct record r;

	if (!proto_set_has(&d->decoder->want, PROTO_x509af))
		return;
	while (d->next != PROTO_x509af && record_next(&c, &r) && r.type != TLS_CHANGE_CIPHER_SPEC)
		if (r.type == TLS_HANDSHAKE && handshake_readable(r.data, r.whole))
			certificates_find(d, r.data);
	if (d->next != PROTO_x509af && message_join(d->p, at, &message))
		certificates_find(d, message);
}

static enum decode_result tls_decode(struct decode *d, struct layer *l)
{
	/* TLS may stand behind SOCKS, TPKT and the like: the connection is the transport's */
	const struct layer *tcp = d->p->transport > 0 ? &d->p->layers[d->p->transport] : l - 1;
	struct note unknown = { 0 }, *note = decode_note(d, tcp);
	uint16_t *version;
	enum decode_result result = DECODE_OK;
	unsigned before = 0, end;
	struct cursor c = d->c, records;
	const uint8_t *at;
	struct record r;

	if (l[-1].proto == PROTO_quic) {
		d->c.pos = d->c.end;
		l->aux[1] = QUIC;
		quic_resume(d, l - 1);
		return DECODE_OK;
	}
	note = note ? note : &unknown;
	if (note->proto != PROTO_tls && !note->stays) {
		note->version = 0;
		note->state[0] = TLS_EXCHANGE_UNKNOWN;
		note->state[1] = 0;
	}
	if (!note->stays)
		note->proto = PROTO_tls;
	end = tcp->proto == PROTO_tcp ? note_end(d->p, tcp) : 0;
	version = &note->version;
	if (stream_head(d)) {
		if (!*version)
			*version = get_be16(c.pos + 1);
		d->c.pos = d->c.end;
		l->aux[0] = *version;
		l->aux[1] = note->state[0] | HEAD;
		return DECODE_OK;
	}
	records = c;
	d->c.pos = d->c.end;
	for (at = c.pos; result == DECODE_OK && record_next(&c, &r); at = c.pos) {
		bool plain = before != TLS_CHANGE_CIPHER_SPEC;

		if (record_waits(d, l, at, &r, c, plain && !(note->state[1] & 1u << end))) {
			l->wire_end = (uint32_t)(at - d->p->source[d->source].data);
			l->aux[0] = r.version;
			records.end = at;
			break;
		}
		if (!r.whole && c.snapped)
			result = DECODE_TRUNCATED;
		else if (r.type == TLS_HANDSHAKE && plain && !hello_check(&r, l, note))
			result = DECODE_MALFORMED;
		else if (r.type == TLS_APPLICATION_DATA && !plain && r.whole && r.version == 0x0303)
			*version = TLS_1_3; /* in TLS 1.2 an encrypted Finished is a handshake record */
		else if (r.type != TLS_HANDSHAKE && r.whole && !*version)
			*version = r.version;
		if (r.type == TLS_CHANGE_CIPHER_SPEC)
			note->state[1] |= 1u << end;
		before = r.type;
	}
	if (header_begins(c) && record_keep(d, l, c.pos, RECORD_HEADER, false))
		records.end = c.pos;
	certificates_show(d, records);
	if (*version)
		l->aux[0] = *version;
	l->aux[1] = note->state[0];
	return result;
}

static const char *version_name(const struct layer *l)
{
	static const char names[][8] = { "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3" };

	return l->aux[0] >= 0x0300 && l->aux[0] <= TLS_1_3 ? names[l->aux[0] & 0xff] : l->aux[0] ? "TLS" : "SSL";
}

static const char *tls_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	/* QUIC's; RDP, which began as TPKT */
	return l->aux[1] == QUIC || l[-1].proto == PROTO_tpkt ? NULL : version_name(l);
}

/* ---- walk ----------------------------------------------------------------------------------- */

/* A message that goes on in the next record is put together here. */
struct pieces {
	uint8_t *bytes;
	uint32_t have, need;
};

/* One message with its header; `kind` is the layer's aux[1]. `body` may hold less than `len` bytes. */
static void walk_message(struct walk *w, unsigned kind, unsigned type, uint32_t len, struct cursor body)
{
	walk_uint(w, TLS_HANDSHAKE_TYPE, type);
	walk_uint(w, TLS_HANDSHAKE_LENGTH, len);
	if (kind == QUIC)
		tls_walk_body(w, TLS_OVER_QUIC, TLS_EXCHANGE_UNKNOWN, type, len, body);
	else
		tls_walk_body(w, TLS_OVER_TCP, (enum tls_exchange)kind, type, len, body);
}

static void walk_messages(struct walk *w, unsigned kind, struct cursor *c, struct pieces *part, bool whole)
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
			walk_message(w, kind, part->bytes[0], part->need - MESSAGE_HEADER,
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
			walk_message(w, kind, type, len, cursor_sub(c, len));
			continue;
		}
		if (!whole) {
			if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
				walk_message(w, kind, type, len, *c);
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

static void walk_handshake(struct walk *w, unsigned kind, const struct record *r, struct pieces *part, bool encrypted)
{
	struct cursor c = r->data;
	bool wanted = !w->want;

	for (unsigned f = TLS_FIRST_HANDSHAKE; !wanted && f < TLS_COMMON; f++)
		wanted = walk_wants(w, f);
	if (!wanted || (!part->need && (encrypted || !handshake_readable(c, r->whole)))) {
		part->need = 0;
		return;
	}
	walk_messages(w, kind, &c, part, r->whole);
}

/* What a record that is not complete may show: a hello's beginning. */
static bool shown(const struct record *r)
{
	struct cursor c = r->data;
	unsigned type = cursor_u8(&c);

	return r->whole || (r->type == TLS_HANDSHAKE && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
			    handshake_readable(r->data, false));
}

static void tls_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct pieces part = { 0 };
	struct record r;
	bool encrypted = false;

	if (l->aux[1] == QUIC) {
		walk_messages(w, QUIC, &c, &part, false);
		return;
	}
	while (record_next(&c, &r) && (shown(&r) || l->aux[1] & HEAD)) {
		bool opaque = r.type == TLS_APPLICATION_DATA && l->aux[0] == TLS_1_3;

		walk_uint(w, opaque ? TLS_OPAQUE_TYPE : TLS_CONTENT_TYPE, r.type);
		walk_uint(w, TLS_RECORD_VERSION, r.version);
		walk_uint(w, TLS_RECORD_LENGTH, r.len);
		if (r.type == TLS_HANDSHAKE) {
			walk_handshake(w, l->aux[1], &r, &part, encrypted);
		} else if (r.type == TLS_APPLICATION_DATA && r.whole) {
			walk_bytes(w, TLS_APP_DATA, r.data.pos, (uint32_t)cursor_left(&r.data));
		} else if (r.type == TLS_ALERT && r.len == 2) {
			walk_uint(w, TLS_ALERT_LEVEL, r.data.pos[0]);
			walk_uint(w, TLS_ALERT_DESC, r.data.pos[1]);
		} else if (r.type == TLS_CHANGE_CIPHER_SPEC) {
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
	struct tls_hello hello;
	struct record r;
	const char *before = ": ";

	if (!s->verbose || l->aux[1] == QUIC || !record_next(&c, &r))
		return;
	outbuf_str(s->out, "\n\t");
	outbuf_str(s->out, version_name(l));
	do {
		struct cursor m = r.data;
		unsigned type = cursor_u8(&m), len = cursor_be24(&m);

		outbuf_str(s->out, before);
		before = ", ";
		if (r.type == TLS_HANDSHAKE && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
		    handshake_readable(r.data, r.whole)) {
			outbuf_str(s->out, type == TLS_CLIENT_HELLO ? "ClientHello" : "ServerHello");
			cursor_limit(&m, len);
			if (tls_hello_read(&hello, TLS_OVER_TCP, type, m, false) && cursor_left(&hello.name)) {
				outbuf_char(s->out, ' ');
				outbuf_escaped(s->out, hello.name.pos, cursor_left(&hello.name));
			}
		} else {
			outbuf_str(s->out, words[r.type - TLS_CHANGE_CIPHER_SPEC]);
		}
		outbuf_str(s->out, " (");
		outbuf_u64(s->out, r.len);
		outbuf_char(s->out, ')');
	} while (record_next(&c, &r));
}

/* ---- the protocol ---------------------------------------------------------------------------- */

NAMED_VALUES(tls_contents, (20, "Change Cipher Spec"), (21, "Alert"), (22, "Handshake"), (23, "Application Data"),
	(24, "Heartbeat"), (25, "Connection ID"));
NAMED_VALUES(tls_versions,
	(0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0303, "TLS 1.2"), (0x0304, "TLS 1.3"),
	(0x0100, "DTLS 1.0 (OpenSSL pre 0.9.8f)"), (0xfeff, "DTLS 1.0"), (0xfefd, "DTLS 1.2"), (0xfefc, "DTLS 1.3")
);
NAMED_VALUES(tls_messages,
	(0, "Hello Request"), (1, "Client Hello"), (2, "Server Hello"), (3, "Hello Verify Request"),
	(4, "New Session Ticket"), (5, "End of Early Data"), (8, "Encrypted Extensions"), (11, "Certificate"),
	(12, "Server Key Exchange"), (13, "Certificate Request"), (14, "Server Hello Done"), (15, "Certificate Verify"),
	(16, "Client Key Exchange"), (20, "Finished"), (21, "Certificate URL"), (22, "Certificate Status"),
	(24, "Key Update"), (25, "Compressed Certificate"), (67, "Encrypted Handshake Message")
);
NAMED_VALUES(tls_alert_levels, (1, "Warning"), (2, "Fatal"));
NAMED_VALUES(tls_alerts,
	(0, "Close Notify"), (10, "Unexpected Message"), (20, "Bad Record MAC"), (21, "Decryption Failed"),
	(22, "Record Overflow"), (30, "Decompression Failure"), (40, "Handshake Failure"), (41, "No Certificate"),
	(42, "Bad Certificate"), (43, "Unsupported Certificate"), (44, "Certificate Revoked"), (45, "Certificate Expired"),
	(46, "Certificate Unknown"), (47, "Illegal Parameter"), (48, "Unknown CA"), (49, "Access Denied"),
	(50, "Decode Error"), (51, "Decrypt Error"), (60, "Export Restriction"), (70, "Protocol Version"),
	(71, "Insufficient Security"), (80, "Internal Error"), (86, "Inappropriate Fallback"), (90, "User Canceled"),
	(100, "No Renegotiation"), (109, "Missing Extension"), (110, "Unsupported Extension"),
	(111, "Certificate Unobtainable"), (112, "Unrecognized Name"), (113, "Bad Certificate Status Response"),
	(114, "Bad Certificate Hash Value"), (115, "Unknown PSK Identity"), (116, "Certificate Required"),
	(120, "No application Protocol")
);

#define FIELD_PARAMETER_UINT(n, lab) TLS_UINT(n, lab)
#define FIELD_PARAMETER_BYTES(n, lab) TLS_BYTES(n, lab)
#define FIELD_PARAMETER_STRING(n, lab) TLS_TEXT(n, lab)
#define FIELD_PARAMETER_VERSIONS(n, lab) TLS_HEX(n, 8, NULL, lab)
#define X(number, kind, n, lab) (, FIELD_PARAMETER_##kind("tls.quic.parameter." n, lab)),

FIELD_TABLE(fields,
	TLS_COMMON_FIELDS("tls"),
	(TLS_OPAQUE_TYPE, TLS_UINT("tls.record.opaque_type", "Opaque type")),
	(TLS_QUIC_TYPE, TLS_UINT("tls.quic.parameter.type", "QUIC parameter")),
	(TLS_QUIC_LENGTH, TLS_UINT("tls.quic.parameter.length", "QUIC parameter length")),
	(TLS_QUIC_VALUE, TLS_BYTES("tls.quic.parameter.value", "QUIC parameter value")),
	TLS_QUIC_PARAMETERS(X)
);
#undef X

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
