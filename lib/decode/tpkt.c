/* SPDX-License-Identifier: MIT */
/*
 * ISO transport over TCP: TPKT, RFC 1006, and the connection-oriented transport protocol in it, X.224 (ISO 8073). RDP,
 * S7 and other protocols of plants begin that way.
 *
 *	tpkt   |version 3|0|length 16|                     the length counts from the version on
 *	cotp   |length 8|type 4, credit 4|...
 *	       CR, CC  |to 16|from 16|class 4, options 4|parameters or RDP's negotiation
 *	       DT      |last 1, number 7|data
 *
 * A connection that began so stays with us: RDP goes on with its short "fast path" headers, or with TLS, which then is
 * shown behind an empty layer of ours.
 */
#include "decode/notes.h"
#include "decode/tls.h"
#include "message.h"
#include "stream.h"
#include "summary.h"

enum { VERSION, RESERVED, LENGTH, CONTINUATION, F_COUNT };
enum { HEADER = 4, TPKT_VERSION = 3, PORT_ISO = 102, PORT_RDP = 3389 };
enum { CR = 0xe, CC = 0xd, DR = 0x8, DT = 0xf, ED = 0x1, AK = 0x6, ER = 0x7, RJ = 0x5, CONNECT_HEADER = 7, DATA_HEADER = 3 };

/* layer.aux[0] of tpkt */
enum kind { MESSAGE, CONTINUED };

/* A header and a transport header whose lengths agree. */
static bool header_fits(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, HEADER + 2);
	unsigned len;

	if (!h || h[0] != TPKT_VERSION || h[1])
		return false;
	len = get_be16(h + 2);
	if (len < HEADER + DATA_HEADER || h[4] < 2 || h[4] > len - HEADER - 1)
		return false;
	switch (h[5] >> 4) {
	case CR:
	case CC:
		return h[4] >= CONNECT_HEADER - 1 && h[4] == len - HEADER - 1;
	case DT:
		return h[4] == DATA_HEADER - 1;
	case DR:
	case ER:
	case ED:
		return h[4] >= 4;
	default:
		return false;
	}
}

static bool tpkt_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, HEADER);

	if (message_rest(d))
		return !message_within(d);
	return header_fits(payload) && (get_be16(h + 2) == d->wire_left || h[5] >> 4 == DT);
}

/* [MS-RDPBCGR] section 2.2.8.1.2: two bits 0, then a length of 7 or 15 bits that counts all. */
static uint32_t fast_path_len(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, 3);

	if (!h || h[0] & 3)
		return 0;
	return h[1] & 0x80 ? get_be16(h + 1) & 0x7fff : h[1];
}

static enum decode_result tpkt_decode(struct decode *d, struct layer *l)
{
	uint32_t len;
	const uint8_t *h;

	l->aux[0] = CONTINUED;
	if (message_resume(d, l, PROTO_tpkt))
		return DECODE_OK;
	if (stream_rest(d)) { /* of a TLS record that goes on */
		d->c.pos = d->c.end;
		return DECODE_OK;
	}
	if (!header_fits(&d->c)) {
		len = fast_path_len(&d->c);
		if (len > 3 && len <= d->wire_left && !tls_starts(&d->c)) {
			l->wire_end = l->off + len;
			d->next = PROTO_rdp;
		} else if (tls_starts(&d->c)) {
			d->next = PROTO_tls;
		} else {
			d->c.pos = d->c.end;
		}
		return DECODE_OK;
	}
	l->aux[0] = MESSAGE;
	if (message_waits(d, l, get_be16(d->c.pos + 2)))
		return DECODE_WAITS;
	h = decode_take(d, HEADER);
	len = get_be16(h + 2) - (uint32_t)HEADER;
	if (h[5] >> 4 == CR || h[5] >> 4 == CC)
		note_stay(d, decode_note(d, l - 1), PROTO_tpkt);
	if (len < d->wire_left) {
		l->wire_end = l->off + HEADER + len;
	} else {
		struct decode rest = *d;

		message_end(&rest, l, len, PROTO_tpkt);
	}
	d->next = PROTO_cotp;
	return DECODE_OK;
}

static bool get_header(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (l->aux[0] != MESSAGE || packet_bytes(p, l, &h) < HEADER)
		return false;
	v->u = f->offset == 2 ? get_be16(h + 2) : h[f->offset];
	return true;
}

static bool get_continuation(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const struct layer *next = summary_next(p, l);

	(void)f;
	if (l->aux[0] != CONTINUED || (next && next->proto == PROTO_rdp))
		return false;
	v->len = packet_bytes(p, l, &v->bytes);
	return v->len;
}

FIELD_TABLE(fields,
	(VERSION, FIELD_GET(FIELD_UINT, "tpkt.version", get_header, "Version")),
	(RESERVED, FIELD_HAS("tpkt.reserved", "Reserved", (.get = get_header), .type = FIELD_UINT, .offset = 1)),
	(LENGTH, FIELD_HAS("tpkt.length", "Length", (.get = get_header), .type = FIELD_UINT, .offset = 2)),
	(CONTINUATION, FIELD_GET(FIELD_BYTES, "tpkt.continuation_data", get_continuation, "What is no message"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, PORT_ISO }, { CLAIM_TCP_PORT, PORT_RDP }, { CLAIM_NONE, 0 } };

const struct protocol proto_tpkt = {
	.name = "tpkt",
	.column = "TPKT",
	.title = "TPKT - ISO on TCP",
	.reference = "RFC 1006",
	.application = true,
	.notes = true,
	.decode = tpkt_decode,
	.detect = tpkt_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\x03"),
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};

/* ---- COTP --------------------------------------------------------------------------------------------- */

enum { LI, TYPE, DESTREF, SRCREF, CLASS, SRC_TSAP, DST_TSAP, TPDU_SIZE, NUMBER, EOT, COTP_COUNT };
enum { PARAMETER_SIZE = 0xc0, PARAMETER_SRC = 0xc1, PARAMETER_DST = 0xc2, RDP_COOKIE = 'C', RDP_REQUEST = 1, RDP_FAILURE = 3 };

/* T.125 in data of RDP: a connect message, or a domain message of a known kind in octets. */
static bool is_t125(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, 1);

	if (!h)
		return false;
	if (h[0] == 0x7f)
		return cursor_left(c) > 1 && (h[1] == 0x65 || h[1] == 0x66);
	return h[0] >> 2 == 1 || h[0] >> 2 == 8 || h[0] >> 2 == 10 || h[0] >> 2 == 11 || h[0] >> 2 == 14 || h[0] >> 2 == 15 ||
	       h[0] >> 2 == 25 || h[0] >> 2 == 26;
}

static bool of_rdp(const struct packet *p)
{
	const struct layer *tcp = packet_layer(p, PROTO_tcp);
	const uint8_t *ports = tcp ? p->source[tcp->source].data + tcp->off : NULL;

	return ports && get_be16(ports) != PORT_ISO && get_be16(ports + 2) != PORT_ISO;
}

static enum decode_result cotp_decode(struct decode *d, struct layer *l)
{
	uint32_t end = l[-1].wire_end > l->off ? l[-1].wire_end - l->off : 0;
	const uint8_t *h = cursor_peek(&d->c, DATA_HEADER);
	uint32_t header = 0;
	uint8_t next = PROTO_NONE;

	if (h && h[1] >> 4 == DT && h[0] == DATA_HEADER - 1) {
		struct cursor c = d->c;

		cursor_skip(&c, DATA_HEADER);
		header = DATA_HEADER;
		if (of_rdp(d->p) && is_t125(&c))
			next = PROTO_t125;
	} else if (h && (h[1] >> 4 == CR || h[1] >> 4 == CC) && cursor_peek(&d->c, CONNECT_HEADER + 1)) {
		header = CONNECT_HEADER;
		if (h[CONNECT_HEADER] == RDP_COOKIE || (h[CONNECT_HEADER] >= RDP_REQUEST && h[CONNECT_HEADER] <= RDP_FAILURE))
			next = PROTO_rdp;
	}
	if (next == PROTO_NONE || header > end) {
		message_end(d, l, end, PROTO_tpkt);
		return DECODE_OK;
	}
	decode_take(d, header);
	l->wire_end = l->off + end;
	d->next = next;
	return DECODE_OK;
}

static void cotp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, 2);
	unsigned type;

	if (!h)
		return;
	type = h[1] >> 4;
	cursor_limit(&c, h[0] + 1u);
	cursor_skip(&c, 2);
	walk_uint(w, LI, h[0]);
	walk_uint(w, TYPE, type);
	if (type == DT && cursor_left(&c) >= 1) {
		walk_uint(w, DESTREF, 0); /* of class 0, that has none in its data; Wireshark shows it too */
		walk_uint(w, NUMBER, c.pos[0] & 0x7f);
		walk_uint(w, EOT, c.pos[0] >> 7);
	}
	if ((type != CR && type != CC && type != DR) || cursor_left(&c) < 5)
		return;
	walk_uint(w, DESTREF, cursor_be16(&c));
	walk_uint(w, SRCREF, cursor_be16(&c));
	if (type == DR)
		return;
	walk_uint(w, CLASS, cursor_u8(&c) >> 4);
	while (cursor_left(&c) >= 2 && *c.pos >= PARAMETER_SIZE) {
		unsigned code = cursor_u8(&c), len = cursor_u8(&c);
		const uint8_t *value = cursor_take(&c, len);

		if (!value)
			return;
		if (code == PARAMETER_SIZE && len == 1)
			walk_uint(w, TPDU_SIZE, 1u << (value[0] & 15));
		if (code == PARAMETER_SRC)
			walk_bytes(w, SRC_TSAP, value, len);
		if (code == PARAMETER_DST)
			walk_bytes(w, DST_TSAP, value, len);
	}
}

static NAMED_VALUES(types,
	(CR, "Connect request"), (CC, "Connect confirm"), (DR, "Disconnect request"), (DT, "Data"), (ED, "Expedited data"),
	(AK, "Acknowledgement"), (ER, "Error"), (RJ, "Reject")
);

static void cotp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (!s->verbose || packet_bytes(p, l, &h) < 2)
		return;
	name = named_value(&types, h[1] >> 4);
	outbuf_str(s->out, "\n\tCOTP: ");
	outbuf_str(s->out, name ? name : "?");
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)

FIELD_TABLE(cotp_fields,
	(LI, UINT("cotp.li", "Header length")),
	(TYPE, FIELD_HAS("cotp.type", "Type", (.names = &types), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(DESTREF, HEX("cotp.destref", 4, "Destination reference")),
	(SRCREF, HEX("cotp.srcref", 4, "Source reference")),
	(CLASS, UINT("cotp.class", "Class")),
	(SRC_TSAP, FIELD_WALK(FIELD_BYTES, "cotp.src-tsap-bytes", "Source service access point")),
	(DST_TSAP, FIELD_WALK(FIELD_BYTES, "cotp.dst-tsap-bytes", "Destination service access point")),
	(TPDU_SIZE, UINT("cotp.tpdu_size", "Longest unit")),
	(NUMBER, HEX("cotp.tpdu-number", 2, "Unit number")),
	(EOT, FIELD_WALK(FIELD_BOOL, "cotp.eot", "Last unit"))
);

const struct protocol proto_cotp = {
	.name = "cotp",
	.column = "COTP",
	.title = "ISO 8073/X.224 COTP Connection-Oriented Transport Protocol",
	.reference = "X.224, RFC 1006",
	.application = true,
	.decode = cotp_decode,
	PROTOCOL_WALK(cotp_walk),
	.summary = cotp_summary,
	PROTOCOL_FIELDS(cotp_fields),
};
