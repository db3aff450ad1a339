/* SPDX-License-Identifier: MIT */
/*
 * WireGuard. All that can be read without keys, little-endian; https://www.wireguard.com/protocol/
 *
 *	1 initiation |type 8|0 24|sender 32|ephemeral 32 bytes|static 48|time stamp 28|mac1 16|mac2 16|       148 bytes
 *	2 response   |type 8|0 24|sender 32|receiver 32|ephemeral 32 bytes|nothing 16|mac1 16|mac2 16|         92
 *	3 cookie     |type 8|0 24|receiver 32|nonce 24 bytes|cookie 32|                                       64
 *	4 data       |type 8|0 24|receiver 32|counter 64|packet, padded to 16, and 16 of a tag|               32 + 16 n
 */
#include "layout.h"
#include "summary.h"

enum { TYPE, RESERVED, SENDER, RECEIVER, COUNTER, NONCE, COOKIE, MAC1, MAC2 };
enum { INITIATION = 1, RESPONSE, COOKIE_REPLY, DATA, DATA_MIN = 32 };

static bool wg_detect(const struct decode *d, const struct cursor *payload)
{
	static const uint8_t sizes[] = { 0, 148, 92, 64 };
	const uint8_t *h = cursor_peek(payload, 4);

	if (!h || get_be24(h + 1))
		return false;
	if (h[0] == DATA)
		return d->wire_left >= DATA_MIN && d->wire_left % 16 == 0;
	return h[0] >= INITIATION && h[0] <= COOKIE_REPLY && d->wire_left == sizes[h[0]];
}

static enum decode_result wg_decode(struct decode *d, struct layer *l)
{
	(void)l;
	return decode_rest(d, DATA_MIN);
}

static void wg_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot initiation[] = {
		{ SENDER, 4, 4 | SLOT_LE, 0 }, { MAC1, 116, 16, 0 }, { MAC2, 132, 16, 0 },
	};
	static const struct slot response[] = {
		{ SENDER, 4, 4 | SLOT_LE, 0 }, { RECEIVER, 8, 4 | SLOT_LE, 0 }, { MAC1, 60, 16, 0 }, { MAC2, 76, 16, 0 },
	};
	static const struct slot cookie[] = { { RECEIVER, 4, 4 | SLOT_LE, 0 }, { NONCE, 8, 24, 0 }, { COOKIE, 32, 32, 0 } };
	static const struct slot data[] = { { RECEIVER, 4, 4 | SLOT_LE, 0 }, { COUNTER, 8, 8 | SLOT_LE, 0 } };
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	switch (n ? h[0] : 0) {
	case INITIATION: layout_walk(w, initiation, SLOTS(initiation), h, n); break;
	case RESPONSE: layout_walk(w, response, SLOTS(response), h, n); break;
	case COOKIE_REPLY: layout_walk(w, cookie, SLOTS(cookie), h, n); break;
	case DATA: layout_walk(w, data, SLOTS(data), h, n); break;
	}
}

/* tcpdump's words for a datagram it does not know, and what we know of it */
static void wg_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static const char *const names[] = { "", "handshake initiation", "handshake response", "cookie reply", "data" };
	const uint8_t *h;

	outbuf_printf(s->out, "UDP, length %u", summary_outer_len(p, l));
	if (packet_bytes(p, l, &h) < 16 || h[0] < INITIATION || h[0] > DATA)
		return;
	outbuf_printf(s->out, ": WireGuard, %s", names[h[0]]);
	if (h[0] <= RESPONSE)
		outbuf_printf(s->out, ", sender 0x%08x", get_le32(h + 4));
	if (h[0] >= RESPONSE)
		outbuf_printf(s->out, ", receiver 0x%08x", get_le32(h + (h[0] == RESPONSE ? 8 : 4)));
	if (h[0] == DATA) {
		outbuf_str(s->out, ", counter ");
		outbuf_u64(s->out, get_le64(h + 8));
	}
}

static NAMED_VALUES(type_names,
	(INITIATION, "Handshake Initiation"), (RESPONSE, "Handshake Response"), (COOKIE_REPLY, "Cookie Reply"),
	(DATA, "Transport Data")
);

FIELD_TABLE(wg_fields,
	(TYPE, FIELD_HAS("wg.type", "Type", (.names = &type_names), .type = FIELD_UINT, .width = 1)),
	(RESERVED, FIELD_FIXED(FIELD_BYTES, "wg.reserved", 1, 3, "Reserved")),
	(SENDER, FIELD_WALK_HEX("wg.sender", 8, "Sender")),
	(RECEIVER, FIELD_WALK_HEX("wg.receiver", 8, "Receiver")),
	(COUNTER, FIELD_WALK(FIELD_UINT, "wg.counter", "Counter")),
	(NONCE, FIELD_WALK(FIELD_BYTES, "wg.nonce", "Nonce")),
	(COOKIE, FIELD_WALK(FIELD_BYTES, "wg.encrypted_cookie", "Encrypted cookie")),
	(MAC1, FIELD_WALK(FIELD_BYTES, "wg.mac1", "MAC of the message")),
	(MAC2, FIELD_WALK(FIELD_BYTES, "wg.mac2", "MAC under the last cookie"))
);

static const struct claim wg_claims[] = { { CLAIM_UDP_PORT, 51820 }, { CLAIM_NONE, 0 } };

const struct protocol proto_wg = {
	.name = "wg",
	.column = "WireGuard",
	.title = "WireGuard",
	.reference = "WireGuard: Next Generation Kernel Network Tunnel, section 5.4",
	.application = true,
	.decode = wg_decode,
	.detect = wg_detect,
	.detect_on = 1 << CLAIM_UDP_PORT,
	DETECT_FIRST("\1\2\3\4"),
	PROTOCOL_WALK(wg_walk),
	.summary = wg_summary,
	PROTOCOL_FIELDS(wg_fields),
	.claims = wg_claims,
};
