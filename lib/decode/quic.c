/* SPDX-License-Identifier: MIT */
/*
 * QUIC packets (RFC 8999, RFC 9000, RFC 9369), one layer each; a datagram may hold several.
 *
 *	long   |1|1|type 2|protected 4|version 4|n 1|destination id n|m 1|source id m| ...
 *		Initial: token length v, token, length v, packet number and payload
 *		0-RTT, Handshake: length v, packet number and payload
 *		Retry: token, integrity tag 16
 *		version 0: versions, 4 each
 *	short  |0|1|spin|protected 5|destination id, of a length that the ends know|packet number and payload
 *
 * What an Initial holds is opened (quic_initial.c) when somebody asked for quic
 * or tls; its CRYPTO frames become a layer of TLS, those of several packets together when the
 * last of them has come (quic_hello.c). For that, and for the ids of short headers, the
 * connection is remembered (notes.h).
 */
#include "decode/quic.h"
#include "decode/notes.h"
#include "decode/summary.h"

enum {
	F_PACKET_LENGTH, F_HEADER_FORM, F_FIXED_BIT, F_SPIN_BIT, F_TYPE, F_TYPE_V2, F_RESERVED, F_PN_LENGTH, F_UNUSED, F_VERSION,
	F_DCIL, F_DCID, F_SCIL, F_SCID, F_SUPPORTED_VERSION, F_TOKEN_LENGTH, F_TOKEN, F_RETRY_TOKEN, F_RETRY_TAG, F_LENGTH,
	F_PN, F_PAYLOAD, F_REMAINING, F_FRAME_TYPE, F_PADDING_LENGTH, F_ACK_LARGEST, F_ACK_DELAY, F_ACK_COUNT, F_ACK_FIRST,
	F_ACK_GAP, F_ACK_RANGE, F_ACK_ECT0, F_ACK_ECT1, F_ACK_CE, F_CRYPTO_OFFSET, F_CRYPTO_LENGTH, F_CLOSE_CODE,
	F_CLOSE_CODE_APP, F_CLOSE_ALERT, F_CLOSE_FRAME, F_CLOSE_REASON_LENGTH, F_CLOSE_REASON
};
enum { LONG = 0x80, FIXED = 0x40, RETRY_TAG = 16, CID_UNKNOWN = 0xff };

/* layer.aux[0]: where in scratch memory an opened Initial is, + 1; aux[1]: the length of a short header's id, CID_UNKNOWN */

/* ---- headers ------------------------------------------------------------------------------ */

static struct quic_bytes bytes_take(struct cursor *c, uint64_t n)
{
	struct cursor sub = n > UINT32_MAX ? (c->cut = true, cursor_over(c->pos, 0, false)) : cursor_sub(c, (size_t)n);

	return (struct quic_bytes){ sub.pos, (uint32_t)cursor_left(&sub) };
}

/* Reads the header at `c`, which is left at what is protected. False if it is cut or none. `cid_len`: of short headers. */
static bool header_read(struct quic_header *h, struct cursor *c, unsigned cid_len)
{
	/* by the two bits of the first byte; [1]: version 2 */
	static const uint8_t types[2][4] = { { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY },
					     { QUIC_RETRY, QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE } };
	unsigned first;

	*h = (struct quic_header){ .type = QUIC_SHORT, .start = c->pos };
	first = cursor_u8(c);
	if (!(first & LONG)) {
		if (cid_len != CID_UNKNOWN)
			h->dcid = bytes_take(c, cid_len);
		h->payload = *c;
		return !c->cut;
	}
	h->version = cursor_be32(c);
	h->dcid = bytes_take(c, cursor_u8(c));
	h->scid = bytes_take(c, cursor_u8(c));
	h->type = !h->version ? QUIC_NEGOTIATION : types[quic_version_2(h->version)][first >> 4 & 3];
	if (h->type == QUIC_INITIAL)
		h->token = bytes_take(c, quic_varint(c));
	if (h->type <= QUIC_HANDSHAKE)
		h->length = quic_varint(c);
	h->payload = *c;
	if (h->type <= QUIC_HANDSHAKE && h->length < cursor_left(c))
		cursor_limit(&h->payload, (size_t)h->length);
	return !c->cut && h->dcid.len <= CID_MAX && h->scid.len <= CID_MAX;
}

/* The versions that a server offers: one of them at least is a version. */
static bool negotiation_likely(struct cursor c)
{
	bool known = false;

	if (!cursor_left(&c) || cursor_left(&c) % 4)
		return false;
	while (cursor_left(&c))
		known |= quic_version_known(cursor_be32(&c));
	return known;
}

static bool quic_detect(const struct decode *d, const struct cursor *payload)
{
	enum { HEADER_MIN = 7 };
	const uint8_t *b = cursor_peek(payload, HEADER_MIN);
	struct cursor c = *payload;
	struct quic_header h;

	(void)d;
	if (!b || !(b[0] & LONG) || b[5] > CID_MAX)
		return false;
	if (get_be32(b + 1) && (!(b[0] & FIXED) || !quic_version_known(get_be32(b + 1))))
		return false;
	if (!header_read(&h, &c, 0))
		return c.snapped;
	return h.version || negotiation_likely(c);
}

/* ---- decode ---------------------------------------------------------------------------------- */

static bool bytes_same(const struct quic_bytes *a, const struct quic_bytes *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/* The UDP layer, or what else carries the datagram of `l`. */
static const struct layer *carrier(const struct packet *p, const struct layer *l)
{
	unsigned source = l->source; /* what was opened of packets before is in others */

	while (l > p->layers && (l->source != source || l->proto == PROTO_quic))
		l--;
	return l;
}

/* Opens with the keys of the connection, or of the id that this packet shows when it is the client's first. */
static struct quic_opened *open_initial(struct decode *d, struct note *note, unsigned end, const struct quic_header *h)
{
	struct quic_opened *o = NULL;

	if (note && note->original_len) {
		struct quic_bytes id = { note->original, note->original_len - 1u };

		o = quic_open(d->p, h, &id, end != note->client);
		if (o || end != note->client || bytes_same(&id, &h->dcid))
			return o;
	}
	o = quic_open(d->p, h, &h->dcid, false);
	if (o && note) {
		note->original_len = (uint8_t)(h->dcid.len + 1);
		note->client = (uint8_t)end;
		note->hello[end] = 0;
		if (ENABLE_REASSEMBLY)
			quic_hello_forget(*note_hellos(d), note);
		memcpy(note->original, h->dcid.p, h->dcid.len);
	}
	return o;
}

/* Does another packet follow? Not what only fills the datagram up. */
static bool more_follows(struct cursor c, const struct quic_header *before)
{
	const uint8_t *b = cursor_peek(&c, 1);
	struct quic_header h;

	if (!b || !(*b & (LONG | FIXED)))
		return false;
	if (*b & LONG)
		return header_read(&h, &c, 0) && h.version == before->version && bytes_same(&h.dcid, &before->dcid);
	return cursor_left(&c) > before->dcid.len && !memcmp(b + 1, before->dcid.p, before->dcid.len);
}

/* Behind `l`, whose packet is `h`. */
static void go_on(struct decode *d, const struct layer *l, const struct quic_header *h)
{
	if (l->wire_end < carrier(d->p, l)->wire_end && more_follows(d->c, h))
		d->next = PROTO_quic;
}

void quic_resume(struct decode *d, const struct layer *l)
{
	const struct layer *outer = carrier(d->p, l);
	const struct packet_source *s = &d->p->source[l->source];
	uint32_t end = outer->wire_end < s->len ? outer->wire_end : s->len;
	struct quic_header h;
	struct cursor c;

	if (l->wire_end >= end)
		return;
	d->source = l->source;
	d->c = cursor_over(s->data + l->wire_end, end - l->wire_end, outer->wire_end > s->len);
	d->wire_left = outer->wire_end - l->wire_end;
	c = packet_cursor(d->p, l);
	header_read(&h, &c, 0);
	go_on(d, l, &h);
}

/* The hello that this packet has, or completes; empty otherwise. As in Wireshark one that is sent again is not shown again. */
static struct quic_bytes hello_of(struct decode *d, struct note *note, unsigned end, uint32_t version, const struct quic_opened *o)
{
	uint32_t number = (uint32_t)d->p->frame->number;
	struct quic_bytes crypto = { NULL, 0 }, whole;

	if (note && note->hello[end] && note->hello[end] != number)
		return crypto;
	crypto = quic_crypto(d->p, o);
	if (!note)
		return crypto;
	if (ENABLE_REASSEMBLY && d->decoder->reassemble && !quic_hello_whole(&crypto) &&
	    quic_hello_add(note_hellos(d), note, end, version, o, &whole))
		crypto = whole;
	if (quic_hello_whole(&crypto))
		note->hello[end] = number;
	return crypto;
}

static void initial_decode(struct decode *d, struct layer *l, struct note *note, unsigned end, const struct quic_header *h)
{
	struct quic_opened *o;
	struct quic_bytes crypto;

	if (!proto_set_has(&d->decoder->want, PROTO_quic) && !proto_set_has(&d->decoder->want, PROTO_tls))
		return;
	o = open_initial(d, note, end, h);
	if (!o)
		return;
	l->aux[0] = (uint16_t)((uint8_t *)o - d->p->scratch + 1);
	crypto = hello_of(d, note, end, h->version, o);
	if (crypto.len && decode_source(d, crypto.p, crypto.len))
		d->next = PROTO_tls;
}

static enum decode_result quic_decode(struct decode *d, struct layer *l)
{
	const struct layer *udp = carrier(d->p, l);
	struct note *note = d->quoted ? NULL : decode_note(d, udp);
	unsigned end = note ? note_end(d->p, udp) : 0, cid_len = CID_UNKNOWN;
	struct cursor c = d->c;
	struct quic_header h;

	if (note)
		note_stay(d, note, PROTO_quic);
	if (l[-1].proto == PROTO_quic || (l[-1].proto == PROTO_tls && l[-1].source != l->source)) {
		struct cursor before = packet_cursor(d->p, l - (l[-1].proto == PROTO_quic ? 1 : 2));

		if (header_read(&h, &before, 0)) /* the id of the packets before */
			cid_len = h.dcid.len;
	} else if (note && note->cid_len[!end]) {
		cid_len = note->cid_len[!end] - 1u;
	}
	if (!header_read(&h, &c, cid_len)) {
		d->c.pos = d->c.end;
		return cursor_short(&c);
	}
	l->aux[1] = (uint16_t)cid_len;
	if (note && h.type <= QUIC_RETRY)
		note->cid_len[end] = (uint8_t)(h.scid.len + 1);
	if (h.type > QUIC_HANDSHAKE || h.length >= cursor_left(&c)) {
		bool cut = h.type <= QUIC_HANDSHAKE && h.length > cursor_left(&c);

		d->c.pos = d->c.end;
		if (h.type == QUIC_INITIAL)
			initial_decode(d, l, note, end, &h);
		return cut ? cursor_short(&c) : DECODE_OK;
	}
	decode_take(d, (uint32_t)(h.payload.end - h.start));
	l->wire_end = l->off + (uint32_t)(h.payload.end - h.start);
	go_on(d, l, &h);
	if (h.type == QUIC_INITIAL)
		initial_decode(d, l, note, end, &h);
	return DECODE_OK;
}

/* ---- walk ----------------------------------------------------------------------------------- */

static void walk_ack(struct walk *w, struct cursor *c, bool ecn)
{
	uint64_t ranges;

	walk_uint(w, F_ACK_LARGEST, quic_varint(c));
	walk_uint(w, F_ACK_DELAY, quic_varint(c));
	ranges = quic_varint(c);
	walk_uint(w, F_ACK_COUNT, ranges);
	walk_uint(w, F_ACK_FIRST, quic_varint(c));
	for (; ranges && cursor_left(c) && !c->cut; ranges--) {
		walk_uint(w, F_ACK_GAP, quic_varint(c));
		walk_uint(w, F_ACK_RANGE, quic_varint(c));
	}
	for (unsigned f = F_ACK_ECT0; ecn && f <= F_ACK_CE && !c->cut; f++)
		walk_uint(w, f, quic_varint(c));
}

static void walk_close(struct walk *w, struct cursor *c, bool application)
{
	enum { CRYPTO_ERROR = 0x100 };
	uint64_t code = quic_varint(c), n;
	struct quic_bytes reason;

	walk_uint(w, application ? F_CLOSE_CODE_APP : F_CLOSE_CODE, code);
	if (!application) {
		if (code >> 8 == CRYPTO_ERROR >> 8)
			walk_uint(w, F_CLOSE_ALERT, code & 0xff);
		walk_uint(w, F_CLOSE_FRAME, quic_varint(c));
	}
	n = quic_varint(c);
	walk_uint(w, F_CLOSE_REASON_LENGTH, n);
	reason = bytes_take(c, n);
	if (reason.len)
		walk_bytes(w, F_CLOSE_REASON, reason.p, reason.len);
}

/* The frames of an Initial (RFC 9000 section 19). */
static void walk_frames(struct walk *w, const struct quic_opened *o)
{
	struct cursor c = cursor_over(o->plain, o->len, false);
	uint64_t n;

	while (cursor_left(&c) && !c.cut) {
		uint64_t type = quic_varint(&c);

		walk_uint(w, F_FRAME_TYPE, type);
		switch (type) {
		case 0x00: /* padding: all that follows of it is one */
			for (n = 1; cursor_left(&c) && !*c.pos; n++)
				c.pos++;
			walk_uint(w, F_PADDING_LENGTH, n);
			break;
		case 0x01: /* ping */
			break;
		case 0x02:
		case 0x03:
			walk_ack(w, &c, type == 0x03);
			break;
		case 0x06:
			walk_uint(w, F_CRYPTO_OFFSET, quic_varint(&c));
			n = quic_varint(&c);
			walk_uint(w, F_CRYPTO_LENGTH, n);
			bytes_take(&c, n);
			break;
		case 0x1c:
		case 0x1d:
			walk_close(w, &c, type == 0x1d);
			break;
		default:
			return;
		}
	}
}

static void walk_first(struct walk *w, const struct quic_header *h, const struct quic_opened *o)
{
	uint8_t first = *h->start;

	walk_uint(w, F_HEADER_FORM, first >> 7);
	if (h->type == QUIC_NEGOTIATION) {
		walk_uint(w, F_UNUSED, first & 0x7f);
		return;
	}
	walk_uint(w, F_FIXED_BIT, first >> 6 & 1);
	if (h->type == QUIC_SHORT) {
		walk_uint(w, F_SPIN_BIT, first >> 5 & 1);
		return;
	}
	walk_uint(w, quic_version_2(h->version) ? F_TYPE_V2 : F_TYPE, first >> 4 & 3);
	if (o) {
		walk_uint(w, F_RESERVED, o->first >> 2 & 3);
		walk_uint(w, F_PN_LENGTH, o->pn_len - 1u);
	}
}

static void walk_id(struct walk *w, unsigned length_field, const struct quic_bytes *id)
{
	walk_uint(w, length_field, id->len);
	if (id->len)
		walk_bytes(w, length_field + 1, id->p, id->len);
}

static void walk_retry(struct walk *w, const struct cursor *c)
{
	uint32_t n = (uint32_t)cursor_left(c);

	if (n < RETRY_TAG)
		return;
	if (n > RETRY_TAG)
		walk_bytes(w, F_RETRY_TOKEN, c->pos, n - RETRY_TAG);
	walk_bytes(w, F_RETRY_TAG, c->end - RETRY_TAG, RETRY_TAG);
}

static void quic_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	const struct quic_opened *o = l->aux[0] ? (const struct quic_opened *)(p->scratch + l->aux[0] - 1) : NULL;
	struct cursor c = packet_cursor(p, l);
	struct quic_header h;

	if (!cursor_left(&c) || !header_read(&h, &c, l->aux[1]))
		return;
	walk_uint(w, F_PACKET_LENGTH, (uint32_t)(h.payload.end - h.start));
	walk_first(w, &h, o);
	if (h.type == QUIC_SHORT) {
		if (h.dcid.len)
			walk_bytes(w, F_DCID, h.dcid.p, h.dcid.len);
	} else {
		walk_uint(w, F_VERSION, h.version);
		walk_id(w, F_DCIL, &h.dcid);
		walk_id(w, F_SCIL, &h.scid);
	}
	switch (h.type) {
	case QUIC_RETRY:
		walk_retry(w, &c);
		return;
	case QUIC_NEGOTIATION:
		while (cursor_left(&c) >= 4)
			walk_uint(w, F_SUPPORTED_VERSION, cursor_be32(&c));
		return;
	case QUIC_INITIAL:
		walk_id(w, F_TOKEN_LENGTH, &h.token);
		break;
	default:
		break;
	}
	if (h.type != QUIC_SHORT)
		walk_uint(w, F_LENGTH, h.length);
	if (o) {
		walk_uint(w, F_PN, o->pn);
		walk_bytes(w, F_PAYLOAD, h.payload.pos + o->pn_len, (uint32_t)cursor_left(&h.payload) - o->pn_len);
		walk_frames(w, o);
	} else if (cursor_left(&h.payload)) {
		walk_bytes(w, F_REMAINING, h.payload.pos, (uint32_t)cursor_left(&h.payload));
	}
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_WIDE_VALUES(versions,
	(0x00000000, "Version Negotiation"), (0x00000001, "1"), (0x6b3343cf, "2"), (0xff00001b, "draft-27"),
	(0xff00001c, "draft-28"), (0xff00001d, "draft-29"), (0xff00001e, "draft-30"), (0xff00001f, "draft-31"),
	(0xff000020, "draft-32"), (0xff000021, "draft-33"), (0xff000022, "draft-34"), (0x709a50c4, "v2-draft-01"),
	(0xfaceb001, "Facebook mvfst (draft-22)"), (0xfaceb002, "Facebook mvfst (draft-27)"),
	(0x51303530, "Google Q050"), (0x54303530, "Google T050"), (0x54303531, "Google T051")
);

static void put_version(struct outbuf *o, uint32_t version)
{
	const char *name = version ? named_value(&versions, version) : NULL;

	if (name) {
		outbuf_str(o, name[1] ? " " : " v");
		outbuf_str(o, name);
		return;
	}
	outbuf_str(o, " version 0x");
	outbuf_hex(o, version, 8);
}

static void put_id(struct outbuf *o, const char *name, const struct quic_bytes *id)
{
	if (!id->len)
		return;
	outbuf_str(o, name);
	outbuf_hexbytes(o, id->p, id->len, 0);
}

/* tcpdump 4.99.3 does not know QUIC; with -v a line for each packet. */
static void quic_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char *const types[] = { "Initial", "0-RTT", "Handshake", "Retry", "Version Negotiation", "short header" };
	struct cursor c = packet_cursor(p, l);
	struct quic_header h;

	if (l[-1].proto == PROTO_udp) {
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	if (!s->verbose || !cursor_left(&c) || !header_read(&h, &c, l->aux[1]))
		return;
	outbuf_str(s->out, "\n\tQUIC: ");
	outbuf_str(s->out, types[h.type]);
	if (h.version)
		put_version(s->out, h.version);
	put_id(s->out, ", dcid ", &h.dcid);
	put_id(s->out, ", scid ", &h.scid);
	if (h.token.len) {
		outbuf_str(s->out, ", token ");
		outbuf_u64(s->out, h.token.len);
	}
	if (h.type == QUIC_NEGOTIATION)
		while (cursor_left(&c) >= 4) {
			outbuf_char(s->out, ',');
			put_version(s->out, cursor_be32(&c));
		}
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, (uint32_t)(h.payload.end - h.start));
}

/* ---- the protocol ---------------------------------------------------------------------------- */

static NAMED_VALUES(types, (0, "Initial"), (1, "0-RTT"), (2, "Handshake"), (3, "Retry"));
static NAMED_VALUES(types_v2,
	(0, "Retry"), (1, "Initial"), (2, "0-RTT"), (3, "Handshake")
);

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define NAMED(n, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT)
#define HEX(n, digits, nam, lab) FIELD_HAS(n, lab, (.names = nam), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)

FIELD_TABLE(fields,
	(F_PACKET_LENGTH, UINT("quic.packet_length", "Packet length")),
	(F_HEADER_FORM, UINT("quic.header_form", "Header form, 1: long")),
	(F_FIXED_BIT, FIELD_WALK(FIELD_BOOL, "quic.fixed_bit", "Fixed bit")),
	(F_SPIN_BIT, FIELD_WALK(FIELD_BOOL, "quic.spin_bit", "Spin bit")),
	(F_TYPE, NAMED("quic.long.packet_type", &types, "Packet type")),
	(F_TYPE_V2, NAMED("quic.long.packet_type_v2", &types_v2, "Packet type of version 2")),
	(F_RESERVED, UINT("quic.long.reserved", "Reserved bits")),
	(F_PN_LENGTH, UINT("quic.packet_number_length", "Packet number length, less 1")),
	(F_UNUSED, HEX("quic.vn.unused", 2, NULL, "Unused bits")),
	(F_VERSION, HEX("quic.version", 8, &versions, "Version")),
	(F_DCIL, UINT("quic.dcil", "Destination connection id length")),
	(F_DCID, BYTES("quic.dcid", "Destination connection id")),
	(F_SCIL, UINT("quic.scil", "Source connection id length")),
	(F_SCID, BYTES("quic.scid", "Source connection id")),
	(F_SUPPORTED_VERSION, HEX("quic.supported_version", 8, &versions, "Supported version")),
	(F_TOKEN_LENGTH, UINT("quic.token_length", "Token length")),
	(F_TOKEN, BYTES("quic.token", "Token")),
	(F_RETRY_TOKEN, BYTES("quic.retry_token", "Retry token")),
	(F_RETRY_TAG, BYTES("quic.retry_integrity_tag", "Retry integrity tag")),
	(F_LENGTH, UINT("quic.length", "Length")),
	(F_PN, UINT("quic.packet_number", "Packet number")),
	(F_PAYLOAD, BYTES("quic.payload", "Payload, as sent")),
	(F_REMAINING, BYTES("quic.remaining_payload", "Payload that could not be opened")),
	(F_FRAME_TYPE, HEX("quic.frame_type", 16, NULL, "Frame type")),
	(F_PADDING_LENGTH, UINT("quic.padding_length", "Padding length")),
	(F_ACK_LARGEST, UINT("quic.ack.largest_acknowledged", "Largest acknowledged")),
	(F_ACK_DELAY, UINT("quic.ack.ack_delay", "Delay of the acknowledgment")),
	(F_ACK_COUNT, UINT("quic.ack.ack_range_count", "Number of ranges")),
	(F_ACK_FIRST, UINT("quic.ack.first_ack_range", "First range")),
	(F_ACK_GAP, UINT("quic.ack.gap", "Gap")),
	(F_ACK_RANGE, UINT("quic.ack.ack_range", "Range")),
	(F_ACK_ECT0, UINT("quic.ack.ect0_count", "ECT(0) count")),
	(F_ACK_ECT1, UINT("quic.ack.ect1_count", "ECT(1) count")),
	(F_ACK_CE, UINT("quic.ack.ecn_ce_count", "ECN-CE count")),
	(F_CRYPTO_OFFSET, UINT("quic.crypto.offset", "CRYPTO offset")),
	(F_CRYPTO_LENGTH, UINT("quic.crypto.length", "CRYPTO length")),
	(F_CLOSE_CODE, UINT("quic.cc.error_code", "Error code")),
	(F_CLOSE_CODE_APP, UINT("quic.cc.error_code.app", "Error code of the application")),
	(F_CLOSE_ALERT, UINT("quic.cc.error_code.tls_alert", "TLS alert")),
	(F_CLOSE_FRAME, UINT("quic.cc.frame_type", "Frame type of the error")),
	(F_CLOSE_REASON_LENGTH, UINT("quic.cc.reason_phrase.length", "Reason length")),
	(F_CLOSE_REASON, FIELD_WALK(FIELD_STRING, "quic.cc.reason_phrase", "Reason"))
);

const struct protocol proto_quic = {
	.name = "quic",
	.column = "QUIC",
	.title = "QUIC",
	.reference = "RFC 9000",
	.application = true,
	.notes = true,
	.decode = quic_decode,
	.detect = quic_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97"
		     "\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf"
		     "\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7"
		     "\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf"
		     "\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7"
		     "\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"),
	PROTOCOL_WALK(quic_walk),
	.summary = quic_summary,
	PROTOCOL_FIELDS(fields),
};
