/* SPDX-License-Identifier: MIT */
/*
 * DTLS records in one datagram (RFC 4347, RFC 6347, RFC 9147).
 *
 *	| type | version | epoch 2 | sequence 6 | length 2 | ...
 *		handshake: type 1, length 3, message sequence 2, fragment offset 3, fragment length 3
 *	| 001CSLEE | ...            encrypted records of DTLS 1.3: nothing of them can be seen
 *
 * Epoch 0 is not encrypted. Messages are those of TLS; one that is spread over records shows its fields where the last
 * piece comes, if all of it is in this datagram, and its beginning if it is a hello. The column names the version that
 * the connection agreed on (notes.h); CAPWAP puts four bytes before its DTLS (RFC 5415 section 4.2).
 */
#include "decode/notes.h"
#include "decode/summary.h"
#include "decode/tls_fields.h"

enum { RECORD_HEADER = 13, MESSAGE_HEADER = 12, CONNECTION_ID = 25, CAPWAP_HEADER = 4, CAPWAP_DTLS = 1 };

/* layer.aux[0]: version for the column, 0 if it is not known; aux[1]: enum tls_exchange */

struct record {
	uint8_t type;
	uint16_t version, epoch, len;
	uint64_t sequence;
	struct cursor data;
};

static bool version_known(unsigned v)
{
	return v == DTLS_1_0 || v == DTLS_1_2 || v == DTLS_1_3 || v == DTLS_OLD;
}

static bool unified(uint8_t first)
{
	return first >> 5 == 1;
}

static bool record_next(struct cursor *c, struct record *r)
{
	const uint8_t *h = cursor_peek(c, RECORD_HEADER);

	if (!h || h[0] < TLS_CHANGE_CIPHER_SPEC || h[0] > CONNECTION_ID || !version_known(get_be16(h + 1)))
		return false;
	cursor_skip(c, RECORD_HEADER);
	*r = (struct record){ .type = h[0], .version = get_be16(h + 1), .epoch = get_be16(h + 3),
			      .sequence = (uint64_t)get_be16(h + 5) << 32 | get_be32(h + 7), .len = get_be16(h + 11) };
	r->data = cursor_sub(c, r->len);
	return true;
}

/* A message's header, and what is there of this fragment of it. */
struct message {
	uint8_t type;
	uint32_t len, offset, fragment;
	uint16_t sequence;
	struct cursor body;
};

static bool message_next(struct cursor *c, struct message *m)
{
	const uint8_t *h = cursor_take(c, MESSAGE_HEADER);

	if (!h)
		return false;
	*m = (struct message){ .type = h[0], .len = get_be24(h + 1), .sequence = get_be16(h + 4), .offset = get_be24(h + 6),
			       .fragment = get_be24(h + 9) };
	if (!tls_message_known(m->type, m->len) || m->offset > m->len || m->fragment > m->len - m->offset)
		return false;
	m->body = cursor_sub(c, m->fragment);
	return true;
}

static struct cursor records(struct cursor c)
{
	if (cursor_left(&c) > CAPWAP_HEADER && *c.pos == CAPWAP_DTLS)
		cursor_skip(&c, CAPWAP_HEADER);
	return c;
}

/* ---- decode --------------------------------------------------------------------------- */

static bool dtls_detect(const struct decode *d, const struct cursor *payload)
{
	const struct layer *udp = &d->p->layers[d->p->nlayers - 1];
	struct cursor c = records(*payload);
	struct record r;

	if (unified(*payload->pos)) {
		const struct note *note = decode_note(d, udp);

		return note && note->proto == PROTO_dtls && note->version == DTLS_1_3;
	}
	if (c.pos != payload->pos && get_be24(payload->pos + 1))
		return false;
	if (!record_next(&c, &r))
		return false;
	/* what follows is another record, if anything */
	return r.len && (c.cut ? c.snapped : !cursor_left(&c) || unified(*c.pos) || record_next(&c, &r));
}

/* What a handshake record says of the version; the certificates in it. */
static void handshake_learn(struct decode *d, const struct record *r, struct note *note)
{
	uint16_t *version = &note->version;
	struct cursor c = r->data;
	struct tls_hello hello;
	struct message m;

	if (r->epoch || !message_next(&c, &m)) {
		if (!*version)
			*version = r->version;
	} else if (m.type == TLS_CLIENT_HELLO) {
		if (!m.sequence)
			*version = 0; /* a new connection */
	} else if (m.type == TLS_SERVER_HELLO && !m.offset &&
		   tls_hello_read(&hello, TLS_OVER_DTLS, m.type, m.body, m.fragment == m.len)) {
		*version = hello.version;
		note->state[0] = (uint8_t)tls_exchange_of(hello.cipher);
	} else if (!*version) {
		*version = r->version;
	}
	for (c = r->data; !r->epoch && message_next(&c, &m);)
		if (m.fragment == m.len)
			tls_show_certificates(d, m.type, m.len, m.body);
}

static enum decode_result dtls_decode(struct decode *d, struct layer *l)
{
	struct note unknown = { 0 }, *note = decode_note(d, l - 1);
	struct cursor c = records(d->c);
	struct record r;

	note = note ? note : &unknown;
	if (note->proto != PROTO_dtls) {
		note->version = 0;
		note->state[0] = TLS_EXCHANGE_UNKNOWN;
	}
	note->proto = PROTO_dtls;
	d->c.pos = d->c.end;
	while (record_next(&c, &r))
		if (r.type == TLS_HANDSHAKE)
			handshake_learn(d, &r, note);
		else if (!note->version)
			note->version = r.version;
	l->aux[0] = note->version;
	l->aux[1] = note->state[0];
	return c.cut ? cursor_short(&c) : DECODE_OK;
}

static const char *dtls_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	switch (l->aux[0]) {
	case DTLS_OLD:
		return "DTLS 1.0 (OpenSSL pre 0.9.8f)";
	case DTLS_1_0:
		return "DTLSv1.0";
	case DTLS_1_2:
		return "DTLSv1.2";
	case DTLS_1_3:
		return "DTLSv1.3";
	}
	return "DTLS";
}

/* ---- walk ----------------------------------------------------------------------------- */

/* The pieces of one message in the records of this datagram, in order. */
struct pieces {
	uint8_t *bytes;
	uint32_t have;
	uint16_t sequence;
	enum tls_exchange exchange;
};

static void walk_body(struct walk *w, struct pieces *part, const struct message *m)
{
	uint32_t there = (uint32_t)cursor_left(&m->body);

	if (m->fragment == m->len) {
		tls_walk_body(w, TLS_OVER_DTLS, part->exchange, m->type, m->len, m->body);
		return;
	}
	if (!m->offset) {
		if (m->type == TLS_CLIENT_HELLO || m->type == TLS_SERVER_HELLO)
			tls_walk_body(w, TLS_OVER_DTLS, part->exchange, m->type, m->len, m->body);
		part->bytes = m->type == TLS_CLIENT_HELLO || m->type == TLS_SERVER_HELLO ? NULL : packet_scratch(w->p, m->len);
		part->have = 0;
		part->sequence = m->sequence;
	}
	if (!part->bytes || part->sequence != m->sequence || part->have != m->offset || there < m->fragment)
		return;
	memcpy(part->bytes + part->have, m->body.pos, m->fragment);
	part->have += m->fragment;
	if (part->have == m->len)
		tls_walk_body(w, TLS_OVER_DTLS, part->exchange, m->type, m->len, cursor_over(part->bytes, m->len, false));
}

static void walk_handshake(struct walk *w, struct pieces *part, struct cursor c)
{
	struct message m;

	while (cursor_left(&c) && message_next(&c, &m)) {
		walk_uint(w, TLS_HANDSHAKE_TYPE, m.type);
		walk_uint(w, TLS_HANDSHAKE_LENGTH, m.len);
		walk_uint(w, DTLS_MESSAGE_SEQ, m.sequence);
		walk_uint(w, DTLS_FRAGMENT_OFFSET, m.offset);
		walk_uint(w, DTLS_FRAGMENT_LENGTH, m.fragment);
		walk_body(w, part, &m);
	}
}

static void dtls_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = records(packet_cursor(p, l));
	struct pieces part = { .exchange = (enum tls_exchange)l->aux[1] };
	struct record r;

	while (record_next(&c, &r)) {
		uint32_t n = (uint32_t)cursor_left(&r.data);

		walk_uint(w, r.type == CONNECTION_ID ? DTLS_SPECIAL_TYPE : TLS_CONTENT_TYPE, r.type);
		walk_uint(w, TLS_RECORD_VERSION, r.version);
		walk_uint(w, DTLS_EPOCH, r.epoch);
		walk_uint(w, DTLS_SEQUENCE, r.sequence);
		walk_uint(w, TLS_RECORD_LENGTH, r.len);
		if (r.type == TLS_HANDSHAKE && !r.epoch) {
			walk_handshake(w, &part, r.data);
		} else if (r.type == TLS_APPLICATION_DATA) {
			walk_bytes(w, TLS_APP_DATA, r.data.pos, n);
		} else if (r.type == TLS_ALERT && r.len == 2 && n == 2) {
			walk_uint(w, TLS_ALERT_LEVEL, r.data.pos[0]);
			walk_uint(w, TLS_ALERT_DESC, r.data.pos[1]);
		}
	}
}

/* ---- text -------------------------------------------------------------------------------- */

/* tcpdump does not know DTLS; with -v a line tells what is in the datagram. */
static void dtls_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char words[][20] = { "change cipher spec", "alert", "handshake", "application data", "heartbeat",
					  "connection id" };
	struct cursor c = records(packet_cursor(p, l));
	const char *before = ": ";
	struct record r;

	if (l[-1].proto == PROTO_udp) {
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	if (!s->verbose || !record_next(&c, &r))
		return;
	outbuf_str(s->out, "\n\t");
	outbuf_str(s->out, dtls_column(p, l));
	do {
		struct cursor data = r.data;
		struct tls_hello hello;
		struct message m;
		const char *name = NULL;

		outbuf_str(s->out, before);
		before = ", ";
		if (r.type == TLS_HANDSHAKE && !r.epoch && message_next(&data, &m))
			name = named_value(&tls_messages, m.type);
		outbuf_str(s->out, name ? name : words[r.type - TLS_CHANGE_CIPHER_SPEC]);
		if (name && m.type == TLS_CLIENT_HELLO && !m.offset &&
		    tls_hello_read(&hello, TLS_OVER_DTLS, m.type, m.body, false) && cursor_left(&hello.name)) {
			outbuf_char(s->out, ' ');
			outbuf_escaped(s->out, hello.name.pos, cursor_left(&hello.name));
		}
		outbuf_str(s->out, " (");
		outbuf_u64(s->out, r.len);
		outbuf_char(s->out, ')');
	} while (record_next(&c, &r));
}

/* ---- the protocol --------------------------------------------------------------------------- */

FIELD_TABLE(fields,
	TLS_COMMON_FIELDS("dtls"),
	(DTLS_EPOCH, TLS_UINT("dtls.record.epoch", "Epoch")),
	(DTLS_SEQUENCE, TLS_UINT("dtls.record.sequence_number", "Sequence number")),
	(DTLS_SPECIAL_TYPE, TLS_NAMED("dtls.record.special_type", &tls_contents, "Special type")),
	(DTLS_MESSAGE_SEQ, TLS_UINT("dtls.handshake.message_seq", "Message sequence")),
	(DTLS_FRAGMENT_OFFSET, TLS_UINT("dtls.handshake.fragment_offset", "Fragment offset")),
	(DTLS_FRAGMENT_LENGTH, TLS_UINT("dtls.handshake.fragment_length", "Fragment length")),
	(DTLS_COOKIE_LENGTH, TLS_UINT("dtls.handshake.cookie_length", "Cookie length")),
	(DTLS_COOKIE, TLS_BYTES("dtls.handshake.cookie", "Cookie")),
	(DTLS_SRTP_LENGTH, TLS_UINT("dtls.use_srtp.protection_profiles_length", "SRTP profiles length")),
	(DTLS_SRTP_PROFILE, TLS_HEX("dtls.use_srtp.protection_profile", 4, NULL, "SRTP profile")),
	(DTLS_SRTP_MKI_LENGTH, TLS_UINT("dtls.use_srtp.mki_length", "SRTP key identifier length")),
	(DTLS_SRTP_MKI, TLS_BYTES("dtls.use_srtp.mki", "SRTP key identifier"))
);

const struct protocol proto_dtls = {
	.name = "dtls",
	.title = "Datagram Transport Layer Security",
	.reference = "RFC 6347",
	.application = true,
	.notes = true,
	.decode = dtls_decode,
	.detect = dtls_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x01\x14\x15\x16\x17\x18\x19 !\"#$%&'()*+,-./0123456789:;<=>?"),
	.column_of = dtls_column,
	PROTOCOL_WALK(dtls_walk),
	.summary = dtls_summary,
	PROTOCOL_FIELDS(fields),
};
