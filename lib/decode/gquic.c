/* SPDX-License-Identifier: MIT */
/*
 * Google's QUIC before the IETF's, up to Q043 (draft-hamilton-quic-transport-protocol-01):
 *
 *	|0|multipath|number length 2|id length 2|reset|version|connection id 0, 1, 4, 8|version 4|packet number 1, 2, 4, 6|
 *
 * The version comes with a client's first packets only; it is noted for the connection, which is known by it (notes.h). Those
 * packets are not encrypted: a hash of 12 bytes, then frames with a ClientHello, which is tags and where their values end:
 *
 *	"CHLO" | number of tags 2 | padding 2 | tag 4, end 4 | ... | values          all little-endian
 */
#include "decode/notes.h"
#include "decode/summary.h"

enum {
	F_FLAGS, F_VERSION_FLAG, F_RESET, F_CID_LENGTH, F_PN_LENGTH, F_MULTIPATH, F_RESERVED, F_CID, F_VERSION, F_PN, F_HASH,
	F_TAG, F_TAG_NUMBER, F_SNI, F_UAID, F_PAYLOAD
};
enum { VERSION = 0x01, RESET = 0x02, VERSION_LEN = 4, HASH = 12, CID = 8, BIG_ENDIAN_SINCE = 39, NEAR = 32 };

/* layer.aux[0]: the version's number, 0 if it is not known */

struct header {
	uint8_t flags;
	unsigned cid_len, pn_len;
	const uint8_t *cid, *version, *pn;
};

static bool header_read(struct header *h, struct cursor *c, bool from_server)
{
	static const uint8_t cid_len[] = { 0, 1, 4, 8 }, pn_len[] = { 1, 2, 4, 6 };

	h->flags = cursor_u8(c);
	h->cid_len = cid_len[h->flags >> 2 & 3];
	h->pn_len = pn_len[h->flags >> 4 & 3];
	h->cid = cursor_take(c, h->cid_len);
	h->version = h->flags & VERSION && !from_server ? cursor_take(c, VERSION_LEN) : NULL;
	h->pn = cursor_take(c, h->pn_len);
	return !c->cut;
}

/* 25 of "Q025"; 0 if it is none. */
static unsigned version_number(const uint8_t *v)
{
	if (v[0] != 'Q' || v[1] != '0' || v[2] < '0' || v[2] > '4' || v[3] < '0' || v[3] > '9')
		return 0;
	return (unsigned)(v[2] - '0') * 10 + v[3] - '0';
}

static bool gquic_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *b = cursor_peek(payload, 1 + CID + VERSION_LEN);

	(void)d;
	return b && version_number(b + 1 + CID);
}

static enum decode_result gquic_decode(struct decode *d, struct layer *l)
{
	struct note *note = decode_note(d, l - 1);
	unsigned end = note ? note_end(d->p, l - 1) : 0;
	struct cursor c = d->c;
	struct header h;
	bool good;

	if (note && note->proto != PROTO_gquic) { /* a client's packet: nothing else is detected */
		note->client = (uint8_t)end;
		note->version = (uint16_t)version_number(cursor_left(&c) > CID + VERSION_LEN ? c.pos + 1 + CID : (const uint8_t *)"   ");
		note_stay(d, note, PROTO_gquic);
	}
	l->aux[0] = note ? note->version : 0;
	l->aux[1] = note && end != note->client;
	good = header_read(&h, &c, l->aux[1]);
	d->c.pos = d->c.end;
	return good ? DECODE_OK : cursor_short(&c);
}

static uint64_t number(const uint8_t *p, unsigned n, bool big)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

/* The tags of a message, when one begins near the start of the frames. */
static bool walk_message(struct walk *w, const struct cursor *c)
{
	enum { HEAD = 8, ENTRY = 8 };
	static const char name[] = "CHLO";
	size_t near = cursor_left(c) < NEAR ? cursor_left(c) : NEAR;
	const uint8_t *m = memmem(c->pos, near, name, 4), *values;
	uint32_t n, from = 0, left;

	if (!m || (size_t)(c->end - m) < HEAD)
		return false;
	n = get_le16(m + 4);
	left = (uint32_t)(c->end - m);
	if (n > (left - HEAD) / ENTRY)
		return false;
	walk_bytes(w, F_TAG, m, 4);
	walk_uint(w, F_TAG_NUMBER, n);
	values = m + HEAD + n * ENTRY;
	left -= HEAD + n * ENTRY;
	for (const uint8_t *e = m + HEAD; e < values; e += ENTRY) {
		uint32_t to = get_le32(e + 4);

		if (to < from || to > left)
			break;
		if (!memcmp(e, "SNI", 4))
			walk_bytes(w, F_SNI, values + from, to - from);
		else if (!memcmp(e, "UAID", 4))
			walk_bytes(w, F_UAID, values + from, to - from);
		from = to;
	}
	return true;
}

static void gquic_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct header h;

	if (!header_read(&h, &c, l->aux[1]))
		return;
	walk_uint(w, F_FLAGS, h.flags);
	walk_uint(w, F_VERSION_FLAG, h.flags & VERSION);
	walk_uint(w, F_RESET, !!(h.flags & RESET));
	walk_uint(w, F_CID_LENGTH, h.flags >> 2 & 3);
	walk_uint(w, F_PN_LENGTH, h.flags >> 4 & 3);
	walk_uint(w, F_MULTIPATH, h.flags >> 6 & 1);
	walk_uint(w, F_RESERVED, h.flags >> 7);
	if (h.cid_len)
		walk_uint(w, F_CID, number(h.cid, h.cid_len, l->aux[0] >= BIG_ENDIAN_SINCE));
	if (h.version)
		walk_bytes(w, F_VERSION, h.version, VERSION_LEN);
	walk_uint(w, F_PN, number(h.pn, h.pn_len, l->aux[0] >= BIG_ENDIAN_SINCE));
	if (h.version && cursor_left(&c) > HASH) {
		struct cursor frames = cursor_over(c.pos + HASH, cursor_left(&c) - HASH, false);

		if (walk_message(w, &frames)) {
			walk_bytes(w, F_HASH, c.pos, HASH);
			return;
		}
	}
	if (cursor_left(&c))
		walk_bytes(w, F_PAYLOAD, c.pos, (uint32_t)cursor_left(&c));
}

/* tcpdump 4.99.3 does not know it; with -v a line. */
static void gquic_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	struct header h;

	if (l[-1].proto == PROTO_udp) {
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	if (!s->verbose || !header_read(&h, &c, l->aux[1]))
		return;
	outbuf_str(s->out, "\n\tGQUIC: ");
	if (h.version) {
		outbuf_escaped(s->out, h.version, VERSION_LEN);
		outbuf_str(s->out, ", ");
	}
	outbuf_str(s->out, "packet ");
	outbuf_u64(s->out, number(h.pn, h.pn_len, l->aux[0] >= BIG_ENDIAN_SINCE));
}

#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)
#define BOOL(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define TEXT(n, lab) FIELD_WALK(FIELD_STRING, n, lab)

FIELD_TABLE(fields,
	(F_FLAGS, HEX("gquic.puflags", "Flags")),
	(F_VERSION_FLAG, BOOL("gquic.puflags.version", "With version")),
	(F_RESET, BOOL("gquic.puflags.reset", "Reset")),
	(F_CID_LENGTH, HEX("gquic.puflags.cid.old", "Connection id length")),
	(F_PN_LENGTH, HEX("gquic.puflags.pkn", "Packet number length")),
	(F_MULTIPATH, BOOL("gquic.puflags.mpth", "Multipath")),
	(F_RESERVED, HEX("gquic.puflags.rsv", "Reserved")),
	(F_CID, UINT("gquic.cid", "Connection id")),
	(F_VERSION, TEXT("gquic.version", "Version")),
	(F_PN, UINT("gquic.packet_number", "Packet number")),
	(F_HASH, FIELD_WALK(FIELD_BYTES, "gquic.message_authentication_hash", "Hash")),
	(F_TAG, TEXT("gquic.tag", "Message")),
	(F_TAG_NUMBER, UINT("gquic.tag_number", "Number of tags")),
	(F_SNI, TEXT("gquic.tag.sni", "Server name")),
	(F_UAID, TEXT("gquic.tag.uaid", "User agent")),
	(F_PAYLOAD, FIELD_WALK(FIELD_BYTES, "gquic.payload", "Payload"))
);

const struct protocol proto_gquic = {
	.name = "gquic",
	.column = "GQUIC",
	.title = "Google QUIC",
	.reference = "draft-hamilton-quic-transport-protocol-01",
	.application = true,
	.notes = true,
	.decode = gquic_decode,
	.detect = gquic_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\x0d\x1d\x2d\x3d"),
	PROTOCOL_WALK(gquic_walk),
	.summary = gquic_summary,
	PROTOCOL_FIELDS(fields),
};
