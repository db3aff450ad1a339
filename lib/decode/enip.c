/* SPDX-License-Identifier: MIT */
/*
 * EtherNet/IP (CIP Networks Library, volume 2, chapter 2), little-endian: an encapsulation header over TCP or UDP, and in
 * some commands a list of items, of which one is an address and one the data.
 *
 *	0  |command 16|length 16|session 32|status 32|context 64|options 32|
 *	24 |interface 32|timeout 16|items 16| { |type 16|length 16|... }    SendRRData, SendUnitData
 *
 * On UDP port 2222 the list stands alone and its data is implicit: the inputs and outputs of
 * a connection, with no word about what they mean (cipio).
 *
 * aux[0]: where the list of items begins in the layer, 0 if it has none.
 */
#include "message.h"
#include "summary.h"

enum {
	COMMAND, LENGTH, SESSION, STATUS, CONTEXT, OPTIONS, SRRD_IFACE, SUD_IFACE, TIMEOUT, ITEM_COUNT, TYPE_ID, ITEM_LENGTH,
	CAI_CONNID, SAI_CONNID, SAI_SEQ, CIP_SEQ, F_COUNT
};
enum { HEADER = 24, LIST = 30, PORT = 44818, PORT_IO = 2222, LENGTH_MAX = 65511 };
enum { LIST_IDENTITY = 0x63, SEND_RR = 0x6f, SEND_UNIT = 0x70 };
enum { ITEM_CONNECTED_ADDRESS = 0xa1, ITEM_CONNECTED = 0xb1, ITEM_UNCONNECTED = 0xb2, ITEM_SEQUENCED_ADDRESS = 0x8002, ITEMS_MAX = 16 };

static NAMED_VALUES(commands,
	(0x00, "NOP"), (0x04, "List Services"), (LIST_IDENTITY, "List Identity"), (0x64, "List Interfaces"),
	(0x65, "Register Session"), (0x66, "Unregister Session"), (SEND_RR, "Send RR Data"), (SEND_UNIT, "Send Unit Data"),
	(0x72, "Indicate Status"), (0x73, "Cancel"), (0xc8, "Start DTLS")
);

static bool header_fits(const uint8_t *h)
{
	return named_value(&commands, get_le16(h)) && get_le16(h + 2) <= LENGTH_MAX && !get_le32(h + 20);
}

static bool is_io(const struct packet *p)
{
	const struct layer *udp = packet_layer(p, PROTO_udp);
	const uint8_t *ports = udp ? p->source[udp->source].data + udp->off : NULL;

	return ports && (get_be16(ports) == PORT_IO || get_be16(ports + 2) == PORT_IO);
}

/* Two items: an address with a sequence number, and data. */
static bool io_fits(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, 18);

	return h && get_le16(h) == 2 && get_le16(h + 2) == ITEM_SEQUENCED_ADDRESS && get_le16(h + 4) == 8 &&
	       get_le16(h + 14) == ITEM_CONNECTED;
}

static bool enip_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (is_io(d->p))
		return io_fits(payload);
	if (message_within(d))
		return false;
	cursor_skip(&c, message_rest(d));
	h = cursor_peek(&c, HEADER);
	return h ? header_fits(h) : message_rest(d) > 0;
}

/* The next item: its type, and its content as a cursor. */
static bool item_next(struct cursor *c, unsigned *type, struct cursor *content)
{
	const uint8_t *h = cursor_take(c, 4);

	if (!h)
		return false;
	*type = get_le16(h);
	*content = cursor_sub(c, get_le16(h + 2));
	return true;
}

static enum decode_result enip_decode(struct decode *d, struct layer *l)
{
	struct cursor c, content;
	const uint8_t *h, *start;
	unsigned type, command = SEND_UNIT;
	uint32_t len;
	bool io = is_io(d->p);

	if (message_resume(d, l, PROTO_enip))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER);
	if (!io && (!h || !header_fits(h))) {
		d->c.pos = d->c.end;
		return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	start = d->c.pos;
	len = io ? d->wire_left : HEADER + (uint32_t)get_le16(h + 2);
	if (message_waits(d, l, len))
		return DECODE_WAITS;
	c = d->c;
	cursor_limit(&c, len);
	if (!io)
		command = get_le16(h);
	if (io || ((command == SEND_RR || command == SEND_UNIT) && cursor_left(&c) >= LIST + 2)) {
		unsigned items;

		l->aux[0] = io ? 0 : LIST;
		l->aux[1] = 1;
		cursor_skip(&c, l->aux[0]);
		items = cursor_take(&c, 2) ? get_le16(c.pos - 2) : 0;
		for (unsigned i = 0; i < items && i < ITEMS_MAX && item_next(&c, &type, &content); i++) {
			bool counted = type == ITEM_CONNECTED && command == SEND_UNIT && !io;

			if ((type != ITEM_CONNECTED && type != ITEM_UNCONNECTED) || cursor_left(&content) < (counted ? 3u : 1u))
				continue;
			if (len > d->wire_left) {
				struct decode rest = *d;

				message_end(&rest, l, len, PROTO_enip);
			} else {
				l->wire_end = l->off + len;
			}
			decode_take(d, (uint32_t)(content.pos - start) + (counted ? 2 : 0));
			d->next = io ? PROTO_cipio : PROTO_cip;
			return DECODE_OK;
		}
	}
	message_end(d, l, len, PROTO_enip);
	return DECODE_OK;
}

/* ---- fields ----------------------------------------------------------------------------------- */

static bool get_header(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	return (!l->aux[1] || l->aux[0]) && field_le(p, l, f, v);
}

static bool get_context(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), skip;

	(void)f;
	if (n < HEADER || (l->aux[1] && !l->aux[0]))
		return false;
	skip = get_le16(h) == LIST_IDENTITY && !get_le16(h + 2) ? 2 : 0; /* a request to answer within so many milliseconds */
	v->bytes = h + 12 + skip;
	v->len = 8 - skip;
	return true;
}

static void enip_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), content;
	unsigned type, items;
	bool io = !l->aux[0], unit = false;

	if (!l->aux[1])
		return;
	if (!io) {
		const uint8_t *h = cursor_take(&c, LIST);

		if (!h)
			return;
		unit = get_le16(h) == SEND_UNIT;
		walk_uint(w, unit ? SUD_IFACE : SRRD_IFACE, get_le32(h + HEADER));
		walk_uint(w, TIMEOUT, get_le16(h + 28));
	}
	items = cursor_take(&c, 2) ? get_le16(c.pos - 2) : 0;
	walk_uint(w, ITEM_COUNT, items);
	for (unsigned i = 0; i < items && i < ITEMS_MAX && item_next(&c, &type, &content); i++) {
		size_t n = cursor_left(&content);

		walk_uint(w, TYPE_ID, type);
		walk_uint(w, ITEM_LENGTH, get_le16(content.pos - 2));
		if (type == ITEM_CONNECTED_ADDRESS && n >= 4)
			walk_uint(w, CAI_CONNID, get_le32(content.pos));
		if (type == ITEM_SEQUENCED_ADDRESS && n >= 8) {
			walk_uint(w, SAI_CONNID, get_le32(content.pos));
			walk_uint(w, SAI_SEQ, get_le32(content.pos + 4));
		}
		if (type == ITEM_CONNECTED && unit && n >= 2)
			walk_uint(w, CIP_SEQ, get_le16(content.pos));
	}
}

static void enip_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	const char *name;

	if (packet_layer(p, PROTO_udp)) { /* what tcpdump prints of it */
		outbuf_str(s->out, "UDP, length ");
		outbuf_u64(s->out, summary_outer_len(p, l));
	}
	if (!s->verbose || (l->aux[1] && !l->aux[0]) || packet_bytes(p, l, &h) < HEADER)
		return;
	name = named_value(&commands, get_le16(h));
	outbuf_str(s->out, "\n\tENIP: ");
	outbuf_str(s->out, name ? name : "?");
	outbuf_str(s->out, ", session 0x");
	outbuf_hex(s->out, get_le32(h + 4), 8);
	if (get_le32(h + 8)) {
		outbuf_str(s->out, ", status 0x");
		outbuf_hex(s->out, get_le32(h + 8), 8);
	}
}

#define HEAD(n, off, bytes, lab) \
	FIELD_HAS(n, lab, (.get = get_header), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2 * (bytes), .offset = off, \
		.shift = bytes)
#define HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(fields,
	(COMMAND, FIELD_HAS("enip.command", "Command", (.get = get_header, .names = &commands), .type = FIELD_UINT,
		.show = SHOW_HEX, .hex_digits = 4, .shift = 2)),
	(LENGTH, FIELD_HAS("enip.length", "Length", (.get = get_header), .type = FIELD_UINT, .offset = 2, .shift = 2)),
	(SESSION, HEAD("enip.session", 4, 4, "Session")),
	(STATUS, HEAD("enip.status", 8, 4, "Status")),
	(CONTEXT, FIELD_GET(FIELD_BYTES, "enip.context", get_context, "Sender context")),
	(OPTIONS, HEAD("enip.options", 20, 4, "Options")),
	(SRRD_IFACE, HEX("enip.srrd.iface", 8, "Interface of a request or reply")),
	(SUD_IFACE, HEX("enip.sud.iface", 8, "Interface of a connection")),
	(TIMEOUT, UINT("enip.timeout", "Time to wait, seconds")),
	(ITEM_COUNT, UINT("enip.cpf.itemcount", "Number of items")),
	(TYPE_ID, HEX("enip.cpf.typeid", 4, "Item type")),
	(ITEM_LENGTH, UINT("enip.cpf.length", "Item length")),
	(CAI_CONNID, HEX("enip.cpf.cai.connid", 8, "Connection")),
	(SAI_CONNID, HEX("enip.cpf.sai.connid", 8, "Connection of a sequence")),
	(SAI_SEQ, UINT("enip.cpf.sai.seq", "Sequence number")),
	(CIP_SEQ, UINT("cip.seq", "Sequence count"))
);

static const struct claim claims[] = {
	{ CLAIM_TCP_PORT, PORT }, { CLAIM_UDP_PORT, PORT }, { CLAIM_UDP_PORT, PORT_IO }, { CLAIM_NONE, 0 }
};

const struct protocol proto_enip = {
	.name = "enip",
	.column = "ENIP",
	.title = "EtherNet/IP (Industrial Protocol)",
	.reference = "CIP Networks Library, volume 2",
	.application = true,
	.decode = enip_decode,
	.detect = enip_detect,
	PROTOCOL_WALK(enip_walk),
	.summary = enip_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
