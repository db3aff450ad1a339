/* SPDX-License-Identifier: MIT */
/*
 * Token Ring, IEEE 802.5, with source routing: when the first bit of the source is set, the way over the bridges follows.
 *
 *	|access control 8: priority 3, frame 1, monitor 1, reservation 3|frame control 8: type 2, 2, buffer 4|
 *	|destination 48|source 48|
 *	|broadcast 3, length of the route 5, backward 1, largest frame 3, 4|(ring 12, bridge 4) ...|   the route
 *	|LLC, if of type 1|
 *
 * aux[0]: 1 for a frame of the ring's own (type 0).
 */
#include "carrier.h"
#include "summary.h"

#include <string.h>

enum {
	AC, PRIORITY, FRAME, MONITOR, RESERVATION, FC, TYPE, BUFFER, DST, SRC, ADDR, ROUTED, ROUTE_LEN, BROADCAST, LARGEST,
	DIRECTION, RING, BRIDGE, ROUTE
};
enum { HEADER = 14, SOURCE = 8, CONTROL = 2, SEGMENT = 2, SEGMENTS_MAX = (31 - CONTROL) / SEGMENT, TYPE_MAC = 0, TYPE_LLC = 1 };

/* The length of the route that follows the addresses, 0: none. `c` stands behind them. */
static unsigned route_length(const uint8_t *h, const struct cursor *c)
{
	const uint8_t *control = h[SOURCE] & 0x80 ? cursor_peek(c, CONTROL) : NULL;

	return control ? control[0] & 31 : 0;
}

static enum decode_result tr_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h || (h[SOURCE] & 0x80 && !cursor_peek(&d->c, CONTROL)) || !decode_take(d, route_length(h, &d->c)))
		return cursor_short(&d->c);
	l->aux[0] = h[1] >> 6 == TYPE_MAC;
	if (h[1] >> 6 == TYPE_LLC)
		d->next = PROTO_llc;
	return DECODE_OK;
}

/* Header and route; NULL if they are not all there. *c is then over rings and bridges. */
static const uint8_t *read_route(const struct packet *p, const struct layer *l, struct cursor *c)
{
	const uint8_t *h;
	unsigned len;

	*c = packet_cursor(p, l);
	h = cursor_take(c, HEADER);
	len = h ? route_length(h, c) : 0;
	if (len < CONTROL || l->hlen < HEADER + len)
		return NULL;
	cursor_limit(c, len);
	cursor_skip(c, CONTROL);
	return h;
}

static bool get_routed(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	(void)f;
	v->u = packet_bytes(p, l, &h) > SOURCE && h[SOURCE] & 0x80;
	return l->hlen >= HEADER;
}

/* The numbers are Wireshark's: bits where they stand. */
static bool get_control(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	struct cursor c;
	const uint8_t *h = read_route(p, l, &c);

	if (!h)
		return false;
	switch (field_index(f)) {
	case ROUTE_LEN: v->u = h[HEADER] & 31; break;
	case BROADCAST: v->u = h[HEADER] & 0xe0; break;
	case LARGEST: v->u = h[HEADER + 1] & 0x70; break;
	default: v->u = h[HEADER + 1] & 0x80; break;
	}
	return true;
}

/* The source as it is on the wire; once more without the bit when that is set. */
static void walk_source(struct walk *w, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint8_t *clean;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	walk_bytes(w, SRC, h + SOURCE, 6);
	clean = h[SOURCE] & 0x80 && walk_wants(w, SRC) ? packet_scratch(w->p, 6) : NULL;
	if (!clean)
		return;
	memcpy(clean, h + SOURCE, 6);
	clean[0] &= 0x7f;
	walk_bytes(w, SRC, clean, 6);
}

/* "001-1-012-2-123": rings, and the bridges between them */
static void tr_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	enum { SIZE = SEGMENTS_MAX * 6 };
	const uint8_t *segment, *last = NULL;
	struct outbuf o;
	struct cursor c;
	char *text;

	walk_source(w, p, l);
	if (!read_route(p, l, &c) || cursor_left(&c) < SEGMENT)
		return;
	text = walk_wants(w, ROUTE) ? (char *)packet_scratch(w->p, SIZE) : NULL;
	if (text)
		outbuf_fixed(&o, text, SIZE);
	while ((segment = cursor_take(&c, SEGMENT))) {
		walk_uint(w, RING, get_be16(segment) >> 4);
		if (last)
			walk_uint(w, BRIDGE, last[1] & 15);
		if (text && last) {
			outbuf_char(&o, '-');
			outbuf_char(&o, "0123456789ABCDEF"[last[1] & 15]);
			outbuf_char(&o, '-');
		}
		for (int shift = 12; text && shift > 0; shift -= 4)
			outbuf_char(&o, "0123456789ABCDEF"[get_be16(segment) >> shift & 15]);
		last = segment;
	}
	if (text)
		walk_bytes(w, ROUTE, (const uint8_t *)text, (uint32_t)outbuf_len(&o));
}

/* ---- text ------------------------------------------------------------------------------- */

static void put_header(struct summary *s, const uint8_t *h, uint32_t length)
{
	uint8_t source[6];

	memcpy(source, h + SOURCE, 6);
	source[0] &= 0x7f;
	if (!s->quiet) {
		outbuf_hex(s->out, h[0], 2);
		outbuf_char(s->out, ' ');
		outbuf_hex(s->out, h[1], 2);
		outbuf_char(s->out, ' ');
	}
	outbuf_mac(s->out, source);
	outbuf_bytes(s->out, " > ", 3);
	outbuf_mac(s->out, h + 2);
	outbuf_str(s->out, ", length ");
	outbuf_u64(s->out, length);
	outbuf_bytes(s->out, ": ", 2);
}

/* "rt = 890:11:122:1230 (1500) ", with -v "Non-Broadcast Backward [1:1] [18:2] [291:0] (1500) " */
static void put_route(struct summary *s, const uint8_t *control, struct cursor c)
{
	static const char *const largest[] = { "516", "1500", "2052", "4472", "8144", "11407", "17800", "??" };
	const uint8_t *segment;

	if (s->verbose) {
		outbuf_str(s->out, !(control[0] & 0x80) ? "Non-Broadcast" : control[0] & 0x40 ? "Single-route" : "All-routes");
		outbuf_str(s->out, control[1] & 0x80 ? " Backward" : " Forward");
	} else {
		outbuf_printf(s->out, "rt = %x", get_be16(control));
	}
	while ((segment = cursor_take(&c, SEGMENT)))
		if (s->verbose)
			outbuf_printf(s->out, " [%u:%u]", get_be16(segment) >> 4, segment[1] & 15);
		else
			outbuf_printf(s->out, ":%x", get_be16(segment));
	outbuf_bytes(s->out, " (", 2);
	outbuf_str(s->out, largest[control[1] >> 4 & 7]);
	outbuf_bytes(s->out, ") ", 2);
}

static void tr_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	uint32_t length = summary_outer_len(p, l);
	const uint8_t *h;
	struct cursor c;

	if (packet_bytes(p, l, &h) < HEADER)
		return;
	if (s->link_header)
		put_header(s, h, length);
	if (read_route(p, l, &c))
		put_route(s, h + HEADER, c);
	if (l->result != DECODE_OK || h[1] >> 6 == TYPE_LLC)
		return;
	if (!s->link_header)
		put_header(s, h, length); /* the ring's own business: nobody decodes it */
	c = packet_payload(p, l);
	summary_unknown(s->out, c.pos, (uint32_t)cursor_left(&c));
}

FIELD_TABLE(tr_fields,
	(AC, FIELD_FIXED_HEX("tr.ac", 0, 1, "Access control")),
	(PRIORITY, FIELD_BITS(FIELD_UINT, "tr.priority", 0, 1, 0xe0, "Priority")),
	(FRAME, FIELD_BITS(FIELD_BOOL, "tr.frame", 0, 1, 0x10, "A frame, not a token")),
	(MONITOR, FIELD_BITS(FIELD_UINT, "tr.monitor_cnt", 0, 1, 0x08, "Has passed the monitor")),
	(RESERVATION, FIELD_BITS(FIELD_UINT, "tr.priority_reservation", 0, 1, 0x07, "Priority reserved")),
	(FC, FIELD_FIXED_HEX("tr.fc", 1, 1, "Frame control")),
	(TYPE, FIELD_BITS(FIELD_UINT, "tr.frame_type", 1, 1, 0xc0, "Frame type")),
	(BUFFER, FIELD_BITS(FIELD_UINT, "tr.frame_pcf", 1, 1, 0x0f, "Buffer")),
	(DST, FIELD_FIXED(FIELD_ETHER, "tr.dst", 2, 6, "Destination")),
	(SRC, FIELD_WALK(FIELD_ETHER, "tr.src", "Source")),
	(ADDR, FIELD_EITHER(FIELD_ETHER, "tr.addr", "Source or destination", DST + 1, SRC + 1)),
	(ROUTED, FIELD_GET(FIELD_BOOL, "tr.sr", get_routed, "Source-routed")),
	(ROUTE_LEN, FIELD_GET(FIELD_UINT, "tr.rif_bytes", get_control, "Bytes of route")),
	(BROADCAST, FIELD_GET(FIELD_UINT, "tr.broadcast", get_control, "Kind of broadcast")),
	(LARGEST, FIELD_GET(FIELD_UINT, "tr.max_frame_size", get_control, "Largest frame")),
	(DIRECTION, FIELD_GET(FIELD_UINT, "tr.direction", get_control, "Direction of the route")),
	(RING, FIELD_PLAIN("tr.rif.ring", "Ring", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 4)),
	(BRIDGE, FIELD_PLAIN("tr.rif.bridge", "Bridge", .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(ROUTE, FIELD_WALK(FIELD_STRING, "tr.rif", "Route"))
);

static const char *tr_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? "TR MAC" : "TR";
}

static const struct claim tr_claims[] = { { CLAIM_LINKTYPE, LINKTYPE_IEEE802_5 }, { CLAIM_NONE, 0 } };

const struct protocol proto_tr = {
	.name = "tr",
	.column_of = tr_column,
	.title = "Token Ring",
	.reference = "IEEE 802.5",
	.decode = tr_decode,
	PROTOCOL_WALK(tr_walk),
	.summary = tr_summary,
	PROTOCOL_FIELDS(tr_fields),
	.claims = tr_claims,
};
