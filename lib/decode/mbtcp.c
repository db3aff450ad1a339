/* SPDX-License-Identifier: MIT */
/*
 * Modbus over TCP: a header of seven bytes in front of what goes over a serial line otherwise
 * (Modbus Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3). Behind it stands modbus.c's.
 *
 *	|transaction 16|protocol 16, 0|length 16|unit 8|function 8|...
 *
 * The length counts from the unit on.
 */
#include "message.h"
#include "modbus.h"
#include "summary.h"

enum { TRANS_ID, PROT_ID, LEN, UNIT_ID, F_COUNT };
enum { HEADER = 7, LENGTH_AT = 4, BEFORE_LENGTH = 6, LENGTH_MAX = 254 };

static bool header_fits(const uint8_t *h)
{
	return !get_be16(h + 2) && get_be16(h + LENGTH_AT) >= 2 && get_be16(h + LENGTH_AT) <= LENGTH_MAX;
}

static bool mbtcp_detect(const struct decode *d, const struct cursor *payload)
{
	struct cursor c = *payload;
	const uint8_t *h;

	if (message_within(d))
		return false;
	cursor_skip(&c, message_rest(d));
	h = cursor_peek(&c, HEADER + 1);
	return h ? header_fits(h) : message_rest(d) > 0;
}

static enum decode_result mbtcp_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	uint32_t len;

	if (message_resume(d, l, PROTO_mbtcp))
		return DECODE_OK;
	h = cursor_peek(&d->c, HEADER + 1);
	if (!h || !header_fits(h)) {
		d->c.pos = d->c.end;
		return d->c.snapped ? DECODE_TRUNCATED : DECODE_OK;
	}
	len = get_be16(h + LENGTH_AT) - 1u;
	if (message_waits(d, l, HEADER + len))
		return DECODE_WAITS;
	decode_take(d, HEADER);
	if (len < d->wire_left) {
		l->wire_end = l->off + HEADER + len; /* modbus_decode() goes on from there */
	} else {
		struct decode rest = *d;

		message_end(&rest, l, len, PROTO_mbtcp);
	}
	d->next = PROTO_modbus;
	return DECODE_OK;
}

static void mbtcp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (!s->verbose || packet_bytes(p, l, &h) < HEADER)
		return;
	outbuf_str(s->out, "\n\tModbus/TCP: transaction ");
	outbuf_u64(s->out, get_be16(h));
	outbuf_str(s->out, ", unit ");
	outbuf_u64(s->out, h[6]);
}

FIELD_TABLE(fields,
	(TRANS_ID, FIELD_FIXED(FIELD_UINT, "mbtcp.trans_id", 0, 2, "Transaction")),
	(PROT_ID, FIELD_FIXED(FIELD_UINT, "mbtcp.prot_id", 2, 2, "Protocol")),
	(LEN, FIELD_FIXED(FIELD_UINT, "mbtcp.len", LENGTH_AT, 2, "Length")),
	(UNIT_ID, FIELD_FIXED(FIELD_UINT, "mbtcp.unit_id", BEFORE_LENGTH, 1, "Unit"))
);

static const struct claim claims[] = { { CLAIM_TCP_PORT, MODBUS_PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_mbtcp = {
	.name = "mbtcp",
	.column = "Modbus/TCP",
	.title = "Modbus/TCP",
	.reference = "Modbus Messaging on TCP/IP V1.0b",
	.application = true,
	.decode = mbtcp_decode,
	.detect = mbtcp_detect,
	.summary = mbtcp_summary,
	PROTOCOL_FIELDS(fields),
	.claims = claims,
};
