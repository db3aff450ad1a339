/* SPDX-License-Identifier: MIT */
/*
 * Common Industrial Protocol (CIP Networks Library, volume 1), little-endian: a service of an object, in a message of
 * enip.c's; and cipio, the data of an implicit connection, which has no header at all.
 *
 *	request   |service 8|words of path 8|path: class, instance, attribute|data
 *	response  |service 8, first bit set|0|status 8|words of more 8|...|data
 *
 * The service "Multiple Service Packet" holds several of them, behind a count and offsets. Which object a response is
 * about only the request says: of one that is alone in its message this is remembered.
 *
 * aux[0], aux[1]: class and instance + 1 of the request that a response answers, 0: not known.
 */
#include "memory.h"
#include "message.h"
#include "summary.h"

enum { SERVICE, RR, SC, CLASS, INSTANCE, ATTRIBUTE, GENSTAT, ADDSTAT_SIZE, F_COUNT };
enum { RESPONSE = 0x80, MULTIPLE = 0x0a, GET_LIST = 3, ENIP_HEADER = 24, ENIP_CONTEXT = 12, SEND_UNIT = 0x70 };

/* The rest of the message of enip.c's around us, and what follows it. */
static enum decode_result take_rest(struct decode *d, struct layer *l)
{
	uint32_t end = l[-1].wire_end;

	message_end(d, l, end > l->off ? end - l->off : 0, PROTO_enip);
	return DECODE_OK;
}


/* A number of a logical segment: 8 bits, or a pad byte and 16 or 32. False if there is none. */
static bool segment_number(struct cursor *c, unsigned format, uint32_t *v)
{
	const uint8_t *h;

	if (format == 0) {
		*v = cursor_u8(c);
		return !c->cut;
	}
	h = format == 3 ? NULL : cursor_take(c, format == 1 ? 3 : 5);
	if (!h)
		return false;
	*v = format == 1 ? get_le16(h + 1) : get_le32(h + 1);
	return true;
}

/* Volume 1, appendix C-1: segments of which the logical ones (001) are class, instance, member, connection point, attribute.
 * Gives which (0 to 7) and its number; false at the end and at segments of other kinds. */
static bool segment_next(struct cursor *c, unsigned *type, uint32_t *v)
{
	unsigned segment = cursor_u8(c);

	*type = segment >> 2 & 7;
	return segment >> 5 == 1 && segment_number(c, segment & 3, v);
}

static void walk_path(struct walk *w, struct cursor c)
{
	static const uint8_t field_of[8] = { [0] = CLASS + 1, [1] = INSTANCE + 1, [4] = ATTRIBUTE + 1 };
	unsigned type;
	uint32_t v;

	while (segment_next(&c, &type, &v))
		if (field_of[type])
			walk_uint(w, field_of[type] - 1u, v);
}

/* What says which response belongs to which request: the sequence count of a connection, or the sender's context. */
static uint64_t call_key(const struct decode *d, const struct layer *l)
{
	const uint8_t *enip = d->p->source[l->source].data + l[-1].off, *h = d->p->source[l->source].data + l->off;

	return MEMORY_CALL(get_le16(enip) == SEND_UNIT ? get_le16(h - 2) : get_le32(enip + ENIP_CONTEXT));
}

static enum decode_result cip_decode(struct decode *d, struct layer *l)
{
	struct cursor c = d->c;
	unsigned service = cursor_u8(&c), type;
	struct memory *m = l[-1].proto == PROTO_enip && l[-1].hlen > ENIP_HEADER ? decode_memory(d, call_key(d, l), false) : NULL;
	uint32_t v;

	if (m && service & RESPONSE) {
		l->aux[0] = (uint16_t)m->value[0];
		l->aux[1] = (uint16_t)m->value[1];
	} else if (m) {
		struct cursor path = cursor_sub(&c, 2u * cursor_u8(&c));

		m->value[0] = m->value[1] = 0;
		while (service != MULTIPLE && segment_next(&path, &type, &v))
			if (type < 2)
				m->value[type] = v + 1;
	}
	return take_rest(d, l);
}

static unsigned cursor_le16(struct cursor *c)
{
	const uint8_t *h = cursor_take(c, 2);

	return h ? get_le16(h) : 0;
}

static void walk_service(struct walk *w, struct cursor c, bool may_nest)
{
	struct cursor data;
	unsigned service = cursor_u8(&c), count;

	if (c.cut)
		return;
	walk_uint(w, SERVICE, service);
	walk_uint(w, RR, service >> 7);
	walk_uint(w, SC, service & 0x7f);
	if (service & RESPONSE) {
		const uint8_t *h = cursor_take(&c, 3);

		if (!h)
			return;
		walk_uint(w, GENSTAT, h[1]);
		walk_uint(w, ADDSTAT_SIZE, h[2]);
		cursor_skip(&c, 2u * h[2]);
	} else {
		unsigned words = cursor_u8(&c);

		walk_path(w, cursor_sub(&c, 2u * words));
		for (unsigned n = service == GET_LIST ? cursor_le16(&c) : 0; n && cursor_left(&c) >= 2; n--)
			walk_uint(w, ATTRIBUTE, cursor_le16(&c));
	}
	if (!may_nest || (service & 0x7f) != MULTIPLE || c.cut)
		return;
	data = c;
	count = cursor_take(&c, 2) ? get_le16(c.pos - 2) : 0;
	for (; count; count--) {
		const uint8_t *h = cursor_take(&c, 2);
		struct cursor one = data;

		if (!h || !cursor_skip(&one, get_le16(h)))
			return;
		if (count > 1 && cursor_left(&c) >= 2 && get_le16(c.pos) > get_le16(h))
			cursor_limit(&one, get_le16(c.pos) - get_le16(h));
		walk_service(w, one, false);
	}
}

static void cip_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	if (l->aux[0])
		walk_uint(w, CLASS, l->aux[0] - 1u);
	if (l->aux[1])
		walk_uint(w, INSTANCE, l->aux[1] - 1u);
	walk_service(w, packet_cursor(p, l), true);
}

/* ---- text -------------------------------------------------------------------------------------- */

static NAMED_VALUES(services,
	(0x01, "Get Attributes All"), (0x02, "Set Attributes All"), (0x03, "Get Attribute List"), (0x04, "Set Attribute List"),
	(0x05, "Reset"), (0x06, "Start"), (0x07, "Stop"), (0x08, "Create"), (0x09, "Delete"),
	(MULTIPLE, "Multiple Service Packet"), (0x0d, "Apply Attributes"), (0x0e, "Get Attribute Single"),
	(0x10, "Set Attribute Single"), (0x11, "Find Next Object Instance"), (0x15, "Restore"), (0x16, "Save"),
	(0x17, "Nop"), (0x18, "Get Member"), (0x19, "Set Member"), (0x4b, "Execute PCCC"), (0x4c, "Read Tag"),
	(0x4d, "Write Tag"), (0x4e, "Forward Close"), (0x52, "Unconnected Send"), (0x54, "Forward Open"),
	(0x5b, "Large Forward Open")
);

static void cip_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);
	const char *name;

	if (!s->verbose || !n)
		return;
	name = named_value(&services, h[0] & 0x7f);
	outbuf_str(s->out, "\n\tCIP: ");
	outbuf_str(s->out, name ? name : "service ");
	if (!name)
		outbuf_u64(s->out, h[0] & 0x7f);
	outbuf_str(s->out, h[0] & RESPONSE ? " response" : " request");
	if (h[0] & RESPONSE && n > 2 && h[2]) {
		outbuf_str(s->out, ", status 0x");
		outbuf_hex(s->out, h[2], 2);
	}
}

#define HEX(n, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(fields,
	(SERVICE, HEX("cip.service", "Service and direction")),
	(RR, HEX("cip.rr", "Response")),
	(SC, FIELD_HAS("cip.sc", "Service", (.names = &services), .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = 2)),
	(CLASS, HEX("cip.class", "Class")),
	(INSTANCE, HEX("cip.instance", "Instance")),
	(ATTRIBUTE, UINT("cip.attribute", "Attribute")),
	(GENSTAT, HEX("cip.genstat", "Status")),
	(ADDSTAT_SIZE, UINT("cip.addstat_size", "Words of more status"))
);

const struct protocol proto_cip = {
	.name = "cip",
	.column = "CIP",
	.title = "Common Industrial Protocol",
	.reference = "CIP Networks Library, volume 1",
	.application = true,
	.decode = cip_decode,
	PROTOCOL_WALK(cip_walk),
	.summary = cip_summary,
	PROTOCOL_FIELDS(fields),
};

/* ---- implicit data ------------------------------------------------------------------------------- */

static bool get_data(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	(void)f;
	v->len = packet_bytes(p, l, &v->bytes);
	return v->len;
}

FIELD_TABLE(io_fields,
	(, FIELD_GET(FIELD_BYTES, "cipio.data", get_data, "Data"))
);

const struct protocol proto_cipio = {
	.name = "cipio",
	.column = "CIP I/O",
	.title = "Common Industrial Protocol, I/O",
	.reference = "CIP Networks Library, volume 1",
	.application = true,
	.decode = take_rest,
	PROTOCOL_FIELDS(io_fields),
};
