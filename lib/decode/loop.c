/* SPDX-License-Identifier: MIT */
/*
 * Ethernet configuration testing: a frame that stations send back, or on to the next of a list; switches use it to see
 * whether a port hears itself. Numbers are little-endian. Ethernet V2.0 specification, section 8.
 *
 *	|skip 16| functions: |2 forward 16|address 48| ... |1 reply 16|receipt 16|data|
 */
#include "decode/protocol.h"
#include "summary.h"

enum { SKIPCOUNT, RELEVANT, FUNCTION, RECEIPT, ADDRESS };
enum { REPLY = 1, FORWARD = 2 };

static enum decode_result loop_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, 2), *f = NULL;

	(void)l;
	while (h && (f = decode_take(d, 2)) && get_le16(f) == FORWARD)
		h = decode_take(d, 6);
	if (h && f && get_le16(f) == REPLY)
		decode_take(d, 2);
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

static void loop_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 2), *f, *v;
	unsigned skip, at = 0;

	if (!h)
		return;
	skip = get_le16(h);
	walk_uint(w, SKIPCOUNT, skip);
	for (bool forward = true; forward && (f = cursor_take(&c, 2));) {
		forward = get_le16(f) == FORWARD;
		if (at == skip)
			walk_uint(w, RELEVANT, get_le16(f));
		at += 8;
		walk_uint(w, FUNCTION, get_le16(f));
		v = forward ? cursor_take(&c, 6) : get_le16(f) == REPLY ? cursor_take(&c, 2) : NULL;
		if (v && forward)
			walk_bytes(w, ADDRESS, v, 6);
		else if (v)
			walk_uint(w, RECEIPT, get_le16(v));
	}
}

static void loop_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, 4), *v;
	struct outbuf *o = s->out;
	unsigned skip, function;

	if (!h)
		return;
	skip = get_le16(h);
	outbuf_printf(o, "Loopback, skipCount %u, ", skip);
	if (skip % 8 || (skip && !cursor_skip(&c, skip - 2)) || (skip && !(h = cursor_take(&c, 2)))) {
		outbuf_str(o, " (bogus)");
		return;
	}
	function = get_le16(skip ? h : h + 2);
	if (function == REPLY) {
		v = cursor_take(&c, 2);
		if (v)
			outbuf_printf(o, "Reply, receipt number %u", get_le16(v));
	} else if (function == FORWARD) {
		v = cursor_take(&c, 6);
		outbuf_str(o, "Forward Data, forwarding address ");
		if (v)
			outbuf_mac(o, v);
	} else {
		outbuf_printf(o, " invalid (%u)", function);
		return;
	}
	if (v)
		outbuf_printf(o, ", data (%u octets)", l->wire_end - l->off - (uint32_t)(c.pos - layer_at(p, l)));
}

FIELD_TABLE(loop_fields,
	(SKIPCOUNT, FIELD_WALK(FIELD_UINT, "loop.skipcount", "Bytes to skip")),
	(RELEVANT, FIELD_WALK(FIELD_UINT, "loop.relevant_function", "Function to do now")),
	(FUNCTION, FIELD_WALK(FIELD_UINT, "loop.function", "Function")),
	(RECEIPT, FIELD_WALK(FIELD_UINT, "loop.receipt_number", "Receipt number")),
	(ADDRESS, FIELD_WALK(FIELD_ETHER, "loop.forwarding_address", "Forward to"))
);

static const struct claim loop_claims[] = { { CLAIM_ETHERTYPE, 0x9000 }, { CLAIM_NONE, 0 } };

const struct protocol proto_loop = {
	.name = "loop",
	.column = "LOOP",
	.title = "Ethernet configuration testing",
	.reference = "Ethernet V2.0, section 8",
	.decode = loop_decode,
	PROTOCOL_WALK(loop_walk),
	.summary = loop_summary,
	PROTOCOL_FIELDS(loop_fields),
	.claims = loop_claims,
};
