/* SPDX-License-Identifier: MIT */
/*
 * STUN, also as TURN and ICE use it: over UDP one message a datagram, over TCP one after the other.
 *
 *	|0 0|type 14|length 16|magic cookie 21 12 a4 42|transaction id 96| { type 16, length 16, value, padding to 4 } ...
 *	|0 1|channel 14|length 16|data                                      between client and TURN server
 *
 * Class and method share the bits of the type: M11..M7 C1 M6..M4 C0 M3..M0. XOR'ed addresses are hidden with cookie
 * and transaction id from routers that rewrite what looks like an address. RFC 8489, RFC 8656, RFC 8445.
 */
#include "decode/parts.h"
#include "decode/service.h"

enum {
	TYPE, CLASS, METHOD, ASSIGNMENT, LENGTH, COOKIE, ID, CHANNEL, ATTRIBUTE, ATT_COMPREHENSION, ATT_ASSIGNMENT, ATT_LENGTH, RESERVED,
	FAMILY, PORT_XORD, PORT, IPV4_XORD, IPV4, IPV6_XORD, IPV6, USERNAME, REALM, NONCE, SOFTWARE, HMAC, CRC32, PRIORITY,
	TIE_BREAKER, LIFETIME, ERROR_CLASS, ERROR_CODE, ERROR_REASON, TRANSPORT, CHANNEL_NUMBER, NETWORK_ID, NETWORK_COST,
	UNKNOWN_ATTRIBUTE, VALUE, PADDING
};
enum { HEADER = 20, CHANNEL_HEADER = 4, MAGIC = 0x2112a442, SERVER_PORT = 3478 };
enum attribute {
	MAPPED_ADDRESS = 0x0001, RESPONSE_ADDRESS, CHANGE_REQUEST, SOURCE_ADDRESS, CHANGED_ADDRESS, ATT_USERNAME,
	MESSAGE_INTEGRITY = 0x0008, ERROR = 0x0009, UNKNOWN_ATTRIBUTES = 0x000a, REFLECTED_FROM, ATT_CHANNEL_NUMBER,
	ATT_LIFETIME = 0x000d, XOR_PEER_ADDRESS = 0x0012, DATA = 0x0013, ATT_REALM, ATT_NONCE,
	XOR_RELAYED_ADDRESS, REQUESTED_TRANSPORT = 0x0019, MESSAGE_INTEGRITY_256 = 0x001c, XOR_MAPPED_ADDRESS = 0x0020, ATT_PRIORITY = 0x0024, USE_CANDIDATE,
	ATT_SOFTWARE = 0x8022, ALTERNATE_SERVER, FINGERPRINT = 0x8028, ICE_CONTROLLED, ICE_CONTROLLING, RESPONSE_ORIGIN,
	OTHER_ADDRESS, GOOGLE_NETWORK = 0xc057
};

static bool is_channel(const uint8_t *h)
{
	return h[0] >> 6 == 1;
}

/* ---- decode ------------------------------------------------------------------------------ */

static bool stun_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 8);
	uint32_t there = d->wire_left;

	if (h && h[0] >> 6 == 0 && get_be32(h + 4) == MAGIC && !(h[3] & 3)) {
		uint32_t len = HEADER + (uint32_t)get_be16(h + 2);

		return d->p->layers[d->p->nlayers - 1].proto == PROTO_udp ? len == there : len <= there;
	}
	h = cursor_peek(payload, CHANNEL_HEADER);
	return h && is_channel(h) && service_port(d, SERVER_PORT) && CHANNEL_HEADER + (uint32_t)get_be16(h + 2) <= there;
}

static enum decode_result stun_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 4);
	uint32_t n, hlen;

	if (!h)
		return cursor_short(&d->c);
	hlen = is_channel(h) ? CHANNEL_HEADER : HEADER;
	l->aux[0] = get_be16(h);
	n = hlen + get_be16(h + 2);
	if (!decode_take(d, hlen) || !decode_take(d, n - hlen))
		return cursor_short(&d->c);
	if (d->wire_left && d->p->transport > 0 && d->p->layers[d->p->transport].proto == PROTO_tcp) {
		struct cursor rest = d->c;

		l->wire_end = l->off + n;
		if (stun_detect(d, &rest))
			d->next = PROTO_stun;
	}
	return DECODE_OK;
}

/* ---- fields ------------------------------------------------------------------------------ */

static const struct part parts[] = {
	{ ATT_USERNAME, USERNAME, 0 }, { ATT_REALM, REALM, 0 }, { ATT_NONCE, NONCE, 0 }, { ATT_SOFTWARE, SOFTWARE, 0 },
	{ MESSAGE_INTEGRITY, HMAC, 0 }, { MESSAGE_INTEGRITY_256, HMAC, 0 }, { FINGERPRINT, CRC32, 4 },
	{ ATT_PRIORITY, PRIORITY, 4 }, { ICE_CONTROLLED, TIE_BREAKER, 8 }, { ICE_CONTROLLING, TIE_BREAKER, 8 },
	{ ATT_LIFETIME, LIFETIME, 4 }, { REQUESTED_TRANSPORT, TRANSPORT, 1 },
	{ ATT_CHANNEL_NUMBER, CHANNEL_NUMBER, 2 }, { GOOGLE_NETWORK, NETWORK_ID, 2 }, { GOOGLE_NETWORK, NETWORK_COST, 2 },
	{ ERROR, ERROR_CLASS, 1 }, { ERROR, ERROR_CODE, 1 }, { ERROR, ERROR_REASON, 0 }, { DATA, VALUE, 0 },
};

static bool is_xored(unsigned type)
{
	return type == XOR_MAPPED_ADDRESS || type == XOR_PEER_ADDRESS || type == XOR_RELAYED_ADDRESS || type == 0x8020;
}

static bool is_address(unsigned type)
{
	return (type >= MAPPED_ADDRESS && type <= CHANGED_ADDRESS && type != CHANGE_REQUEST) || type == REFLECTED_FROM ||
	       type == ALTERNATE_SERVER || type == RESPONSE_ORIGIN || type == OTHER_ADDRESS || is_xored(type);
}

/* `h` is the message's header: the key of XOR'ed addresses starts at the cookie. */
static void walk_address(struct walk *w, unsigned type, struct cursor c, const uint8_t *h)
{
	const uint8_t *b = cursor_take(&c, 4), *addr;
	unsigned len, xored = is_xored(type);
	uint8_t *clear;

	if (!b)
		return;
	walk_bytes(w, RESERVED, b, 1);
	walk_uint(w, FAMILY, b[1]);
	len = b[1] == 1 ? 4 : 16;
	if (xored)
		walk_bytes(w, PORT_XORD, b + 2, 2);
	walk_uint(w, PORT, get_be16(b + 2) ^ (xored ? MAGIC >> 16 : 0u));
	addr = cursor_take(&c, len);
	if (!addr || b[1] < 1 || b[1] > 2)
		return;
	if (xored) {
		walk_bytes(w, len == 4 ? IPV4_XORD : IPV6_XORD, addr, len);
		clear = packet_scratch(w->p, len);
		for (unsigned i = 0; clear && i < len; i++)
			clear[i] = addr[i] ^ h[4 + i];
		addr = clear;
	}
	if (addr)
		walk_bytes(w, len == 4 ? IPV4 : IPV6, addr, len);
}

static void walk_attribute(struct walk *w, unsigned type, struct cursor c, const uint8_t *h)
{
	const uint8_t *b;

	if (is_address(type)) {
		walk_address(w, type, c, h);
	} else if (type == UNKNOWN_ATTRIBUTES) {
		while ((b = cursor_take(&c, 2)))
			walk_uint(w, UNKNOWN_ATTRIBUTE, get_be16(b));
	} else {
		if (type == ERROR && cursor_left(&c) >= 2)
			walk_bytes(w, RESERVED, c.pos, 2);
		walk_parts(w, parts, type, c.pos, cursor_left(&c));
		if ((type == ATT_CHANNEL_NUMBER || type == REQUESTED_TRANSPORT) && cursor_left(&c) == 4)
			walk_bytes(w, RESERVED, c.pos + 1 + (type == ATT_CHANNEL_NUMBER), 2 + (type == REQUESTED_TRANSPORT));
	}
}

static void stun_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, is_channel(c.pos) ? CHANNEL_HEADER : HEADER);

	if (!h)
		return;
	if (is_channel(h)) {
		walk_uint(w, CHANNEL, get_be16(h));
		return;
	}
	cursor_limit(&c, get_be16(h + 2));
	while (cursor_left(&c) >= 4) {
		unsigned type = cursor_be16(&c), len = cursor_be16(&c), padding = -len & 3;
		struct cursor value = cursor_sub(&c, len);

		walk_uint(w, ATTRIBUTE, type);
		walk_uint(w, ATT_COMPREHENSION, type >> 15);
		walk_uint(w, ATT_ASSIGNMENT, type >> 14 & 1);
		walk_uint(w, ATT_LENGTH, len);
		if (c.cut)
			return;
		walk_attribute(w, type, value, h);
		if (padding && cursor_skip(&c, padding))
			walk_uint(w, PADDING, padding);
	}
}

static bool get_message(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	const uint8_t *h;

	if (packet_bytes(p, l, &h) < CHANNEL_HEADER)
		return false;
	if (is_channel(h) ? field_index(f) != LENGTH : packet_bytes(p, l, &h) < HEADER)
		return false;
	switch (field_index(f)) {
	case CLASS: v->u = l->aux[0] >> 4 & 0x11; break;
	case METHOD: v->u = l->aux[0] & 0x3eef; break;
	case ASSIGNMENT: v->u = l->aux[0] >> 13 & 1; break;
	case TYPE: v->u = l->aux[0]; break;
	case LENGTH: v->u = get_be16(h + 2); break;
	default:
		v->bytes = h + f->offset;
		v->len = f->offset == 4 ? 4 : 12;
	}
	return true;
}

/* ---- text -------------------------------------------------------------------------------- */

static void stun_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(methods, (1, "Binding"), (2, "Shared Secret"), (3, "Allocate"), (4, "Refresh"), (6, "Send"),
		(7, "Data"), (8, "CreatePermission"), (9, "ChannelBind"), (10, "Connect"), (11, "ConnectionBind"),
		(12, "ConnectionAttempt"));
	static const char classes[][11] = { " request", " indication", " success", " error" };
	unsigned type = l->aux[0], method = (type & 15) | (type >> 1 & 0x70) | (type >> 2 & 0xf80);
	const char *name = named_value(&methods, method);

	service_begin(s, p, l, "STUN ");
	if (type >> 14 == 1) {
		outbuf_str(s->out, "channel ");
		outbuf_u64(s->out, type);
		return;
	}
	outbuf_str(s->out, name ? name : "method ");
	if (!name)
		outbuf_u64(s->out, method);
	outbuf_str(s->out, classes[(type >> 4 & 1) | (type >> 7 & 2)]);
}

/* ---- the protocol -------------------------------------------------------------------------- */

#define MESSAGE(ty, n, lab) FIELD_HAS(n, lab, (.get = get_message), .type = ty, .show = SHOW_HEX, .hex_digits = 4)
#define BYTES(n, lab) FIELD_WALK(FIELD_BYTES, n, lab)
#define UINT(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define HEX(n, digits, lab) FIELD_PLAIN(n, lab, .type = FIELD_UINT, .show = SHOW_HEX, .hex_digits = digits)
#define TEXT(n, lab) PART_FIELD(FIELD_STRING, n, 0, lab)
FIELD_TABLE(stun_fields,
	(TYPE, MESSAGE(FIELD_UINT, "stun.type", "Type")),
	(CLASS, MESSAGE(FIELD_UINT, "stun.type.class", "Class")),
	(METHOD, MESSAGE(FIELD_UINT, "stun.type.method", "Method")),
	(ASSIGNMENT, MESSAGE(FIELD_UINT, "stun.type.method-assignment", "Method assigned by designated expert")),
	(LENGTH, FIELD_GET(FIELD_UINT, "stun.length", get_message, "Length")),
	(COOKIE, FIELD_HAS("stun.cookie", "Magic cookie", (.get = get_message), .type = FIELD_BYTES, .offset = 4)),
	(ID, FIELD_HAS("stun.id", "Transaction", (.get = get_message), .type = FIELD_BYTES, .offset = 8)),
	(CHANNEL, HEX("stun.channel", 4, "Channel")),
	(ATTRIBUTE, HEX("stun.att.type", 4, "Attribute")),
	(ATT_COMPREHENSION, HEX("stun.att.type.comprehension", 4, "Attribute may be ignored")),
	(ATT_ASSIGNMENT, HEX("stun.att.type.assignment", 4, "Attribute assigned by designated expert")),
	(ATT_LENGTH, UINT("stun.att.length", "Length of the attribute")),
	(RESERVED, BYTES("stun.att.reserved", "Reserved")),
	(FAMILY, HEX("stun.att.family", 2, "Address family: 1 IPv4, 2 IPv6")),
	(PORT_XORD, BYTES("stun.att.port-xord", "Port, as sent")),
	(PORT, UINT("stun.att.port", "Port")),
	(IPV4_XORD, BYTES("stun.att.ipv4-xord", "Address, as sent")),
	(IPV4, FIELD_WALK(FIELD_IPV4, "stun.att.ipv4", "Address")),
	(IPV6_XORD, BYTES("stun.att.ipv6-xord", "Address, as sent")),
	(IPV6, FIELD_WALK(FIELD_IPV6, "stun.att.ipv6", "Address")),
	(USERNAME, TEXT("stun.att.username", "User name")),
	(REALM, TEXT("stun.att.realm", "Realm")),
	(NONCE, TEXT("stun.att.nonce", "Nonce")),
	(SOFTWARE, TEXT("stun.att.software", "Software")),
	(HMAC, PART_FIELD(FIELD_BYTES, "stun.att.hmac", 0, "Message integrity")),
	(CRC32, PART_HEX("stun.att.crc32", 0, 8, "Fingerprint")),
	(PRIORITY, PART_FIELD(FIELD_UINT, "stun.att.priority", 0, "Priority of the candidate")),
	(TIE_BREAKER, PART_FIELD(FIELD_BYTES, "stun.att.tie-breaker", 0, "Tie breaker")),
	(LIFETIME, PART_FIELD(FIELD_UINT, "stun.att.lifetime", 0, "Lifetime in seconds")),
	(ERROR_CLASS, PART_BITS(FIELD_UINT, "stun.att.error.class", 2, 0x07, "Error, hundreds")),
	(ERROR_CODE, PART_FIELD(FIELD_UINT, "stun.att.error", 3, "Error, rest")),
	(ERROR_REASON, PART_FIELD(FIELD_STRING, "stun.att.error.reason", 4, "Reason")),
	(TRANSPORT, PART_HEX("stun.att.transp", 0, 2, "Transport wanted")),
	(CHANNEL_NUMBER, PART_HEX("stun.att.channelnum", 0, 4, "Channel")),
	(NETWORK_ID, PART_FIELD(FIELD_UINT, "stun.att.google.network_id", 0, "Network")),
	(NETWORK_COST, PART_FIELD(FIELD_UINT, "stun.att.google.network_cost", 2, "Cost of the network")),
	(UNKNOWN_ATTRIBUTE, HEX("stun.att.unknown", 4, "Attribute not understood")),
	(VALUE, PART_FIELD(FIELD_BYTES, "stun.value", 0, "Data")),
	(PADDING, UINT("stun.att.padding", "Bytes of padding"))
);

static const struct claim claims[] = { { CLAIM_UDP_PORT, SERVER_PORT }, { CLAIM_TCP_PORT, SERVER_PORT }, { CLAIM_NONE, 0 } };

const struct protocol proto_stun = {
	.name = "stun",
	.column = "STUN",
	.title = "Session Traversal Utilities for NAT",
	.reference = "RFC 8489, RFC 8656",
	.application = true,
	.decode = stun_decode,
	.detect = stun_detect,
	.detect_on = 1 << CLAIM_UDP_PORT | 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\0\1"),
	PROTOCOL_WALK(stun_walk),
	.summary = stun_summary,
	PROTOCOL_FIELDS(stun_fields),
	.claims = claims,
};
