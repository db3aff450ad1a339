/* SPDX-License-Identifier: MIT */
/*
 * NTP (RFC 5905), with the control messages of RFC 9327 and the old private mode.
 *
 *	0        1         2      3           4            8            12         16..48            48
 *	+--------+---------+------+-----------+------------+------------+----------+-----------------+------------------+
 *	|li vn md| stratum | poll | precision | root delay | dispersion | reference| four time stamps| extensions | MAC |
 *	+--------+---------+------+-----------+------------+------------+----------+-----------------+------------------+
 *
 * A time stamp is 32 bits of seconds since 1900 and 32 bits of fraction; with
 * the upper bit clear it counts from 2036 (era 1). Zero means "not known" and
 * is no value.
 */
#include "decode/protocol.h"
#include "decode/reply.h"

enum {
	FLAGS, LI, VN, MODE, STRATUM, PPOLL, PRECISION, ROOTDELAY, ROOTDISPERSION, REFID, REFTIME, ORG, REC, XMT,
	EXT_TYPE, EXT_LENGTH, EXT_VALUE, KEYID, MAC,
	CTRL_R, CTRL_ERROR, CTRL_MORE, CTRL_OPCODE, CTRL_SEQUENCE, CTRL_STATUS, CTRL_ASSOCID, CTRL_OFFSET, CTRL_COUNT,
	PRIV_R, PRIV_IMPL, PRIV_REQCODE, REQUEST_IN, DELTA_TIME, F_COUNT
};
enum { HEADER = 48, CONTROL_HEADER = 12, PRIVATE_HEADER = 8, MODE_CLIENT = 3, MODE_SERVER = 4, MODE_CONTROL = 6,
	MODE_PRIVATE = 7 };
enum { EXTENSION_MIN = 16, MAC_MAX = 24 };
#define SECONDS_1900_TO_1970 2208988800u

static enum decode_result ntp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 1);
	unsigned mode = h ? *h & 7 : 0;
	unsigned need = mode == MODE_CONTROL ? CONTROL_HEADER : mode == MODE_PRIVATE ? PRIVATE_HEADER : HEADER;

	l->aux[0] = (uint16_t)mode;
	/* the answer's origin time stamp is the transmit time stamp of the request */
	if (cursor_left(&d->c) >= HEADER && mode == MODE_CLIENT)
		reply_request(d, l, REPLY_NTP, get_be64(h + 40), 0);
	if (cursor_left(&d->c) >= HEADER && mode == MODE_SERVER)
		reply_answer(d, l, REPLY_NTP, get_be64(h + 24));
	if (!decode_take(d, need)) {
		d->c.pos = d->c.end;
		return cursor_short(&d->c);
	}
	d->c.pos = d->c.end;
	return DECODE_OK;
}

/* A field of the messages that carry time. */
static bool time_message_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;
	uint32_t width = f->type == FIELD_BYTES || f->shift ? 4 : 1; /* shift 1: a word */

	if (l->aux[0] >= MODE_CONTROL || packet_bytes(p, l, &b) < f->offset + width)
		return false;
	if (f->type == FIELD_BYTES) {
		v->bytes = b + f->offset;
		v->len = width;
	} else {
		v->u = width == 1 ? b[f->offset] : get_be32(b + f->offset);
	}
	return true;
}

/* ns since 1970 */
static int64_t timestamp(const uint8_t *p)
{
	uint32_t s = get_be32(p);
	int64_t s_1970 = (int64_t)s - SECONDS_1900_TO_1970 + (s & 0x80000000u ? 0 : 1ll << 32);

	return s_1970 * 1000000000 + (int64_t)(get_be32(p + 4) * 1000000000ull >> 32);
}

static bool timestamp_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;

	if (l->aux[0] >= MODE_CONTROL || packet_bytes(p, l, &b) < f->offset + 8u || !get_be64(b + f->offset))
		return false;
	v->i = timestamp(b + f->offset);
	return true;
}

/* A field of control messages (shift 6) or private ones (shift 7); mask 0 means 16 bits at an even offset. */
static bool control_get(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *b;

	if (l->aux[0] != f->shift || packet_bytes(p, l, &b) < f->offset + 2u)
		return false;
	v->u = f->mask ? (b[f->offset] & f->mask) >> __builtin_ctzll(f->mask) : get_be16(b + f->offset);
	return true;
}

static void ntp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	if (l->aux[0] >= MODE_CONTROL || !cursor_skip(&c, HEADER))
		return;
	/* RFC 7822: what is longer than a MAC can be is an extension */
	while (cursor_left(&c) > MAC_MAX) {
		unsigned type = cursor_be16(&c), len = cursor_be16(&c);
		const uint8_t *v = len >= EXTENSION_MIN ? cursor_take(&c, len - 4) : NULL;

		walk_uint(w, EXT_TYPE, type);
		walk_uint(w, EXT_LENGTH, len);
		if (!v)
			return;
		walk_bytes(w, EXT_VALUE, v, len - 4);
	}
	if (cursor_left(&c) >= 4) {
		walk_bytes(w, KEYID, cursor_take(&c, 4), 4);
		if (cursor_left(&c))
			walk_bytes(w, MAC, c.pos, (uint32_t)cursor_left(&c));
	}
}

/* ---- text, as tcpdump puts it ------------------------------------------------------------ */

static void put_seconds(struct outbuf *o, uint64_t fixed, unsigned bits, unsigned digits, uint32_t scale)
{
	outbuf_u64(o, fixed >> bits);
	outbuf_char(o, '.');
	outbuf_padded(o, (uint32_t)((fixed & ((1ull << bits) - 1)) * scale >> bits), (int)digits);
}

/* "3639828475.336729739 (2015-05-05T15:27:55Z)" */
static void put_timestamp(struct outbuf *o, const char *label, const uint8_t *p)
{
	uint64_t days = get_be32(p) / 86400, seconds = get_be32(p) % 86400;
	unsigned year = 1900, month = 0;

	outbuf_str(o, label);
	put_seconds(o, get_be64(p), 32, 9, 1000000000);
	if (!get_be32(p))
		return;
	for (;; year++) {
		unsigned leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		static const uint8_t length[2][12] = { { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 },
						       { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 } };

		if (days >= 365 + leap) {
			days -= 365 + leap;
			continue;
		}
		while (days >= length[leap][month])
			days -= length[leap][month++];
		break;
	}
	outbuf_str(o, " (");
	outbuf_padded(o, year, 4);
	outbuf_char(o, '-');
	outbuf_padded(o, month + 1, 2);
	outbuf_char(o, '-');
	outbuf_padded(o, (uint32_t)days + 1, 2);
	outbuf_char(o, 'T');
	outbuf_padded(o, (uint32_t)(seconds / 3600), 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)(seconds / 60 % 60), 2);
	outbuf_char(o, ':');
	outbuf_padded(o, (uint32_t)(seconds % 60), 2);
	outbuf_str(o, "Z)");
}

/* The distance from the originator's time stamp, or the time itself if that is not known. */
static void put_offset(struct outbuf *o, const char *label, const uint8_t *from, const uint8_t *to)
{
	uint64_t a = get_be64(from), b = get_be64(to);

	if (!get_be32(from)) {
		put_timestamp(o, label, to);
		return;
	}
	outbuf_str(o, label);
	if (a != b)
		outbuf_char(o, b > a ? '+' : '-');
	put_seconds(o, b > a ? b - a : a - b, 32, 9, 1000000000);
}

static void put_reference(struct outbuf *o, unsigned stratum, const uint8_t *id)
{
	unsigned n = 0;

	if (stratum == 0) {
		outbuf_str(o, "(unspec)");
	} else if (stratum == 1) {
		for (; n < 4; n++) /* letters, padded with zeros: "GPS^@" as tcpdump has it */
			if (id[n] < ' ') {
				outbuf_char(o, '^');
				outbuf_char(o, (char)(id[n] ^ 0x40));
			} else {
				outbuf_escaped(o, id + n, 1);
			}
	} else {
		outbuf_str(o, "0x");
		outbuf_hex(o, get_be32(id), 8);
	}
}

static void put_details(struct outbuf *o, const uint8_t *h)
{
	static const char *const leap[] = { "", "+1s", "-1s", "clock unsynchronized" };
	unsigned stratum = h[1];
	int poll = (int8_t)h[2];

	outbuf_str(o, "\n\tLeap indicator: ");
	outbuf_str(o, leap[h[0] >> 6]);
	outbuf_str(o, " (");
	outbuf_u64(o, h[0] & 0xc0);
	outbuf_str(o, "), Stratum ");
	outbuf_u64(o, stratum);
	outbuf_str(o, stratum == 0   ? " (unspecified)"
		      : stratum == 1 ? " (primary reference)"
		      : stratum < 16 ? " (secondary reference)"
				     : " (reserved)");
	outbuf_str(o, ", poll ");
	outbuf_i64(o, poll);
	outbuf_str(o, poll < 0 ? " (1/" : " (");
	outbuf_u64(o, 1ull << (poll < 0 ? -poll & 63 : poll & 63));
	outbuf_str(o, "s), precision ");
	outbuf_i64(o, (int8_t)h[3]);
	outbuf_str(o, "\n\tRoot Delay: ");
	put_seconds(o, get_be32(h + 4), 16, 6, 1000000);
	outbuf_str(o, ", Root dispersion: ");
	put_seconds(o, get_be32(h + 8), 16, 6, 1000000);
	outbuf_str(o, ", Reference-ID: ");
	put_reference(o, stratum, h + 12);
	put_timestamp(o, "\n\t  Reference Timestamp:  ", h + 16);
	put_timestamp(o, "\n\t  Originator Timestamp: ", h + 24);
	put_timestamp(o, "\n\t  Receive Timestamp:    ", h + 32);
	put_timestamp(o, "\n\t  Transmit Timestamp:   ", h + 40);
	put_offset(o, "\n\t    Originator - Receive Timestamp:  ", h + 24, h + 32);
	put_offset(o, "\n\t    Originator - Transmit Timestamp: ", h + 24, h + 40);
}

static void put_tail(struct outbuf *o, const uint8_t *p, uint32_t n)
{
	if (n == 4 || n == 4 + 16 || n == 4 + 20) {
		outbuf_str(o, "\n\tKey id: ");
		outbuf_u64(o, get_be32(p));
		if (n > 4)
			outbuf_str(o, "\n\tAuthentication: ");
		outbuf_hexbytes(o, p + 4, n - 4, 0);
	} else if (n) {
		outbuf_str(o, "\n\t(");
		outbuf_u64(o, n);
		outbuf_str(o, " more bytes after the header)");
	}
}

static void ntp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char *const modes[] = { "unspecified", "symmetric active", "symmetric passive", "Client",
					     "Server", "Broadcast", "Control Message", "Reserved" };
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (!n)
		return;
	outbuf_str(s->out, "NTPv");
	outbuf_u64(s->out, h[0] >> 3 & 7);
	outbuf_str(s->out, ", ");
	outbuf_str(s->out, modes[h[0] & 7]);
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, l->wire_end - l->off);
	if (s->verbose && l->aux[0] < MODE_CONTROL && n >= HEADER) {
		put_details(s->out, h);
		put_tail(s->out, h + HEADER, n - HEADER);
	}
}

/* ---- the protocol -------------------------------------------------------------------------- */

static NAMED_VALUES(leaps, (0, "no warning"), (1, "last minute of the day has 61 seconds"),
	(2, "last minute of the day has 59 seconds"), (3, "unknown (clock unsynchronized)"));
static NAMED_VALUES(modes_names, (0, "reserved"), (1, "symmetric active"), (2, "symmetric passive"), (3, "client"),
	(4, "server"), (5, "broadcast"), (6, "control"), (7, "private"));

#define CONTROL(ty, n, off, msk, mode, lab) \
	FIELD_HAS(n, lab, (.get = control_get), .type = ty, .offset = off, .mask = msk, .shift = mode)
#define TIME_MESSAGE(ty, n, off, word, lab) \
	FIELD_HAS(n, lab, (.get = time_message_get), .type = ty, .offset = off, .shift = word)
#define TIMESTAMP(n, off, lab) FIELD_HAS(n, lab, (.get = timestamp_get), .type = FIELD_TIME, .offset = off)

FIELD_TABLE(fields,
	(FLAGS, FIELD_FIXED_HEX("ntp.flags", 0, 1, "Flags")),
	(LI, FIELD_HAS("ntp.flags.li", "Leap indicator", (.names = &leaps), .type = FIELD_UINT, .width = 1, .mask = 0xc0,
		.shift = 6)),
	(VN, FIELD_BITS(FIELD_UINT, "ntp.flags.vn", 0, 1, 0x38, "Version")),
	(MODE, FIELD_HAS("ntp.flags.mode", "Mode", (.names = &modes_names), .type = FIELD_UINT, .width = 1, .mask = 7)),
	(STRATUM, TIME_MESSAGE(FIELD_UINT, "ntp.stratum", 1, 0, "Stratum")),
	(PPOLL, TIME_MESSAGE(FIELD_UINT, "ntp.ppoll", 2, 0, "Polling interval")),
	(PRECISION, TIME_MESSAGE(FIELD_UINT, "ntp.precision", 3, 0, "Precision")),
	(ROOTDELAY, TIME_MESSAGE(FIELD_UINT, "ntp.rootdelay", 4, 1, "Root delay")),
	(ROOTDISPERSION, TIME_MESSAGE(FIELD_UINT, "ntp.rootdispersion", 8, 1, "Root dispersion")),
	(REFID, TIME_MESSAGE(FIELD_BYTES, "ntp.refid", 12, 1, "Reference")),
	(REFTIME, TIMESTAMP("ntp.reftime", 16, "Reference time stamp")),
	(ORG, TIMESTAMP("ntp.org", 24, "Origin time stamp")),
	(REC, TIMESTAMP("ntp.rec", 32, "Receive time stamp")),
	(XMT, TIMESTAMP("ntp.xmt", 40, "Transmit time stamp")),
	(EXT_TYPE, FIELD_PLAIN("ntp.ext.type", "Extension type", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(EXT_LENGTH, FIELD_WALK(FIELD_UINT, "ntp.ext.length", "Extension length")),
	(EXT_VALUE, FIELD_WALK(FIELD_BYTES, "ntp.ext.value", "Extension value")),
	(KEYID, FIELD_WALK(FIELD_BYTES, "ntp.keyid", "Key")),
	(MAC, FIELD_WALK(FIELD_BYTES, "ntp.mac", "Message authentication code")),
	(CTRL_R, CONTROL(FIELD_UINT, "ntp.ctrl.flags2.r", 1, 0x80, MODE_CONTROL, "Response")),
	(CTRL_ERROR, CONTROL(FIELD_UINT, "ntp.ctrl.flags2.error", 1, 0x40, MODE_CONTROL, "Error")),
	(CTRL_MORE, CONTROL(FIELD_UINT, "ntp.ctrl.flags2.more", 1, 0x20, MODE_CONTROL, "More")),
	(CTRL_OPCODE, CONTROL(FIELD_UINT, "ntp.ctrl.flags2.opcode", 1, 0x1f, MODE_CONTROL, "Operation")),
	(CTRL_SEQUENCE, CONTROL(FIELD_UINT, "ntp.ctrl.sequence", 2, 0, MODE_CONTROL, "Sequence")),
	(CTRL_STATUS, FIELD_HAS("ntp.ctrl.status", "Status", (.get = control_get), .type = FIELD_UINT, .show = SHOW_HEX,
		.hex_digits = 4, .offset = 4, .shift = MODE_CONTROL)),
	(CTRL_ASSOCID, CONTROL(FIELD_UINT, "ntp.ctrl.associd", 6, 0, MODE_CONTROL, "Association")),
	(CTRL_OFFSET, CONTROL(FIELD_UINT, "ntp.ctrl.offset", 8, 0, MODE_CONTROL, "Offset")),
	(CTRL_COUNT, CONTROL(FIELD_UINT, "ntp.ctrl.count", 10, 0, MODE_CONTROL, "Count")),
	(PRIV_R, CONTROL(FIELD_UINT, "ntp.priv.flags.r", 0, 0x80, MODE_PRIVATE, "Response")),
	(PRIV_IMPL, CONTROL(FIELD_UINT, "ntp.priv.impl", 2, 0xff, MODE_PRIVATE, "Implementation")),
	(PRIV_REQCODE, CONTROL(FIELD_UINT, "ntp.priv.reqcode", 3, 0xff, MODE_PRIVATE, "Request code")),
	(REQUEST_IN, REPLY_FIELD(FIELD_UINT, "ntp.request_in", REPLY_REQUEST, 1 << REPLY_ANSWERS, "Frame of the request")),
	(DELTA_TIME, REPLY_FIELD(FIELD_DURATION, "ntp.delta_time", REPLY_TIME, 1 << REPLY_ANSWERS, "Time since the request"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, 123 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ntp = {
	.name = "ntp",
	.column = "NTP",
	.title = "Network Time Protocol",
	.reference = "RFC 5905",
	.application = true,
	.decode = ntp_decode,
	PROTOCOL_WALK(ntp_walk),
	.summary = ntp_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
