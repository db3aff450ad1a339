/* SPDX-License-Identifier: MIT */
/*
 * Unidirectional link detection: each end of a fibre says what it hears, so that one that only carries one way is found.
 *
 *	|version 3|code 5|flags 8|checksum 16| values
 *
 * RFC 5171.
 */
#include "cisco.h"
#include "parts.h"
#include "summary.h"

enum { VERSION, OPCODE, FLAGS, F_RT, F_RSY, CHECKSUM, TLV_TYPE, TLV_LEN, DEVICE_ID, INTERFACE, DATA };
enum { HEADER = 4 };
enum { T_DEVICE = 1, T_PORT = 2, T_ECHO = 3, T_INTERVAL = 4, T_TIMEOUT = 5, T_NAME = 6, T_SEQUENCE = 7 };

static enum decode_result udld_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_take(d, HEADER) ? DECODE_OK : cursor_short(&d->c);
}

static void udld_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_payload(p, l);
	struct cisco_tlv t;

	while (cisco_next(&c, &t)) {
		walk_uint(w, TLV_TYPE, t.type);
		walk_uint(w, TLV_LEN, t.len + 4u);
		walk_bytes(w, t.type == T_DEVICE ? DEVICE_ID : t.type == T_PORT ? INTERFACE : DATA, t.value, t.len);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(names,
	(T_DEVICE, "Device-ID TLV"), (T_PORT, "Port-ID TLV"), (T_ECHO, "Echo TLV"), (T_INTERVAL, "Message Interval TLV"),
	(T_TIMEOUT, "Timeout Interval TLV"), (T_NAME, "Device Name TLV"), (T_SEQUENCE, "Sequence Number TLV")
);

static void put_value(struct outbuf *o, const struct cisco_tlv *t)
{
	const char *name = named_value(&names, t->type);

	outbuf_printf(o, "\n\t%s (0x%04x) TLV, length %u, ", name ? name : "Unknown TLV", t->type, t->len + 4u);
	if ((t->type == T_INTERVAL || t->type == T_TIMEOUT) && t->len == 1)
		outbuf_printf(o, "%us", *t->value);
	else if (t->type == T_SEQUENCE && t->len == 4)
		outbuf_u64(o, get_be32(t->value));
	else
		outbuf_escaped(o, t->value, t->len);
}

static void udld_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char codes[][16] = { "Reserved", "Probe message", "Echo message", "Flush message" };
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER);
	struct cisco_tlv t;
	unsigned code;

	if (!h)
		return;
	code = h[0] & 31;
	outbuf_printf(s->out, "UDLDv%u, Code %s (%x), Flags [%s%s%s", h[0] >> 5, codes[code < 4 ? code : 0], code,
		      h[1] & 1 ? "RT" : "", (h[1] & 3) == 3 ? ", " : "", h[1] & 2 ? "RSY" : h[1] & 1 ? "" : "none");
	outbuf_printf(s->out, "] (0x%02x), length %u", h[1], l->wire_end - l->off);
	if (!s->verbose)
		return;
	outbuf_printf(s->out, "\n\tChecksum 0x%04x (unverified)", get_be16(h + 2));
	while (cisco_next(&c, &t))
		put_value(s->out, &t);
}

/* ---- tables ------------------------------------------------------------------------------ */

FIELD_TABLE(udld_fields,
	(VERSION, FIELD_BITS(FIELD_UINT, "udld.version", 0, 1, 0xe0, "Version")),
	(OPCODE, FIELD_BITS(FIELD_UINT, "udld.opcode", 0, 1, 0x1f, "Code")),
	(FLAGS, FIELD_FIXED(FIELD_UINT, "udld.flags", 1, 1, "Flags")),
	(F_RT, FIELD_BITS(FIELD_UINT, "udld.flags.rt", 1, 1, 0x01, "Recommended timeout")),
	(F_RSY, FIELD_BITS(FIELD_UINT, "udld.flags.rsy", 1, 1, 0x02, "Resynchronize")),
	(CHECKSUM, FIELD_FIXED_HEX("udld.checksum", 2, 2, "Checksum")),
	(TLV_TYPE, PART_HEX("udld.tlv.type", 0, 4, "Type of a value")),
	(TLV_LEN, FIELD_WALK(FIELD_UINT, "udld.tlv.len", "Length of a value")),
	(DEVICE_ID, FIELD_WALK(FIELD_STRING, "udld.device_id", "Device")),
	(INTERFACE, FIELD_WALK(FIELD_STRING, "udld.sent_through_interface", "Sent through")),
	(DATA, FIELD_WALK(FIELD_BYTES, "udld.data", "Another value"))
);

static const struct claim udld_claims[] = { { CLAIM_CISCO_PID, 0x0111 }, { CLAIM_NONE, 0 } };

const struct protocol proto_udld = {
	.name = "udld",
	.column = "UDLD",
	.title = "Unidirectional Link Detection",
	.reference = "RFC 5171",
	.decode = udld_decode,
	PROTOCOL_WALK(udld_walk),
	.summary = udld_summary,
	PROTOCOL_FIELDS(udld_fields),
	.claims = udld_claims,
};
