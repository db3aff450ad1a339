/* SPDX-License-Identifier: MIT */
/*
 * Cisco's Hot Standby Router Protocol. Version 1, RFC 2281, is one structure; version 2 is pieces of |type 8|length 8|...|,
 * of which the first kind is the group's state. What an advertisement says of an interface differs again.
 *
 *	v1 |0|op 8|state 8|hello 8, s|hold 8|priority 8|group 8|0|password 64|address 32|
 *	v2 |1|40|2|op 8|state 8|IP 8|group 16|identifier 48|priority 32|hello 32, ms|hold 32|address 128|
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, OPCODE, STATE, HELLO, HOLD, PRIORITY, GROUP, RESERVED, AUTH, ADDRESS, ADV_TYPE, ADV_LENGTH, ADV_STATE, ADV_ACTIVE,
	ADV_PASSIVE, V2_VERSION, V2_OPCODE, V2_STATE, V2_IPVERSION, V2_GROUP, V2_IDENTIFIER, V2_PRIORITY, V2_HELLO, V2_HOLD,
	V2_ADDRESS_4, V2_ADDRESS_6, V2_AUTH
};
enum { HEADER_1 = 20, HEADER_2 = 42, GROUP_STATE = 1, TEXT_AUTH = 3, ADVERTISE = 3 };

/* Version 2 is in a port of its own for IPv6; on the common port its first piece tells it from a version 1. */
static bool is_v2(const uint8_t *h, uint32_t n)
{
	return n >= 3 && h[0] == GROUP_STATE && h[1] == 40 && h[2] == 2;
}

static enum decode_result hsrp_decode(struct decode *d, struct layer *l)
{
	l->aux[0] = is_v2(d->c.pos, (uint32_t)cursor_left(&d->c));
	return decode_rest(d, l->aux[0] ? HEADER_2 : 2);
}

static bool hsrp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, 3);

	if (!h)
		return payload->snapped;
	return d->wire_left >= 16 && (is_v2(h, 3) || (h[0] == 0 && h[1] <= ADVERTISE));
}

static const char *hsrp_column(const struct packet *p, const struct layer *l)
{
	(void)p;
	return l->aux[0] ? "HSRPv2" : "HSRP";
}

static const struct typed_slot v2_slots[] = {
	{ GROUP_STATE, { V2_VERSION, 2, 1, 0 } }, { GROUP_STATE, { V2_OPCODE, 3, 1, 0 } }, { GROUP_STATE, { V2_STATE, 4, 1, 0 } },
	{ GROUP_STATE, { V2_IPVERSION, 5, 1, 0 } }, { GROUP_STATE, { V2_GROUP, 6, 2, 0 } },
	{ GROUP_STATE, { V2_IDENTIFIER, 8, 6, 0 } }, { GROUP_STATE, { V2_PRIORITY, 14, 4, 0 } },
	{ GROUP_STATE, { V2_HELLO, 18, 4, 0 } }, { GROUP_STATE, { V2_HOLD, 22, 4, 0 } }, };

static void walk_v2(struct walk *w, struct cursor c)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, 2))) {
		struct cursor body = cursor_sub(&c, h[1] + 2u);
		size_t n = cursor_left(&body);

		layout_walk_type(w, v2_slots, SLOTS(v2_slots), h[0], h, n);
		if (h[0] == TEXT_AUTH && n >= 10)
			walk_bytes(w, V2_AUTH, h + 2, (uint32_t)strnlen((const char *)h + 2, 8));
		if (h[0] != GROUP_STATE || n < HEADER_2)
			continue;
		if (h[5] == 4)
			walk_bytes(w, V2_ADDRESS_4, h + 26, 4);
		else
			walk_bytes(w, V2_ADDRESS_6, h + 26, 16);
	}
}

static void hsrp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot version[] = { { VERSION, 0, 1, 0 }, { OPCODE, 1, 1, 0 } };
	static const struct slot v1[] = {
		{ STATE, 2, 1, 0 }, { HELLO, 3, 1, 0 }, { HOLD, 4, 1, 0 }, { PRIORITY, 5, 1, 0 }, { GROUP, 6, 1, 0 },
		{ RESERVED, 7, 1, 0 }, { ADDRESS, 16, 4, 0 },
	};
	static const struct slot advertisement[] = {
		{ ADV_TYPE, 2, 2, 0 }, { ADV_LENGTH, 4, 2, 0 }, { ADV_STATE, 6, 1, 0 }, { ADV_ACTIVE, 8, 2, 0 }, { ADV_PASSIVE, 10, 2, 0 },
	};
	struct cursor c = packet_cursor(p, l);
	size_t n = cursor_left(&c);

	if (l->aux[0]) {
		walk_v2(w, c);
		return;
	}
	layout_walk(w, version, SLOTS(version), c.pos, n);
	if (n >= 2 && c.pos[1] == ADVERTISE) {
		layout_walk(w, advertisement, SLOTS(advertisement), c.pos, n);
		return;
	}
	layout_walk(w, v1, SLOTS(v1), c.pos, n);
	if (n >= HEADER_1)
		walk_bytes(w, AUTH, c.pos + 8, (uint32_t)strnlen((const char *)c.pos + 8, 8));
}

static NAMED_VALUES(opcodes, (0, "hello"), (1, "coup"), (2, "resign"), (3, "advertise"));
static NAMED_VALUES(states,
	(0, "initial"), (1, "learn"), (2, "listen"), (4, "speak"), (8, "standby"), (16, "active")
);

/* tcpdump knows version 1 only */
static void hsrp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h);

	if (!n)
		return;
	if (l->aux[0] && n >= HEADER_2) {
		outbuf_str(o, "HSRPv2-");
		layout_name(o, &opcodes, h[3], "op ");
		outbuf_printf(o, " %u: group=%u ", summary_outer_len(p, l), get_be16(h + 6));
		outbuf_printf(o, "priority=%u addr=", get_be32(h + 14));
		layout_address(o, h + 26, h[5] == 4 ? 4 : 16);
		return;
	}
	outbuf_printf(o, "HSRPv%u", h[0]);
	if (h[0] || n < 2)
		return;
	outbuf_char(o, '-');
	layout_name(o, &opcodes, h[1], "op ");
	outbuf_printf(o, " %u: ", summary_outer_len(p, l));
	if (n < HEADER_1 || h[1] == ADVERTISE)
		return;
	outbuf_str(o, "state=");
	layout_name(o, &states, h[2], "");
	outbuf_printf(o, " group=%u ", h[6]);
	if (h[7])
		outbuf_printf(o, "[reserved=%u!] ", h[7]);
	outbuf_str(o, "addr=");
	outbuf_ipv4(o, h + 16);
	if (s->verbose) {
		outbuf_printf(o, " hellotime=%us holdtime=%us priority=%u auth=\"", h[3], h[4], h[5]);
		outbuf_escaped(o, h + 8, strnlen((const char *)h + 8, 8));
		outbuf_char(o, '"');
	}
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)

FIELD_TABLE(hsrp_fields,
	(VERSION, NUMBER("hsrp.version", "Version")),
	(OPCODE, NUMBER("hsrp.opcode", "Operation")),
	(STATE, FIELD_HAS("hsrp.state", "State", (.names = &states), .type = FIELD_UINT)),
	(HELLO, NUMBER("hsrp.hellotime", "Hello interval, s")),
	(HOLD, NUMBER("hsrp.holdtime", "Hold time, s")),
	(PRIORITY, NUMBER("hsrp.priority", "Priority")),
	(GROUP, NUMBER("hsrp.group", "Group")),
	(RESERVED, NUMBER("hsrp.reserved", "Reserved")),
	(AUTH, FIELD_WALK(FIELD_STRING, "hsrp.auth_data", "Password")),
	(ADDRESS, FIELD_WALK(FIELD_IPV4, "hsrp.virt_ip", "Address")),
	(ADV_TYPE, NUMBER("hsrp.adv.tlvtype", "Advertisement type")),
	(ADV_LENGTH, NUMBER("hsrp.adv.tlvlength", "Advertisement length")),
	(ADV_STATE, NUMBER("hsrp.adv.state", "Advertised state")),
	(ADV_ACTIVE, NUMBER("hsrp.adv.activegrp", "Active groups")),
	(ADV_PASSIVE, NUMBER("hsrp.adv.passivegrp", "Passive groups")),
	(V2_VERSION, NUMBER("hsrp2.version", "Version")),
	(V2_OPCODE, NUMBER("hsrp2.opcode", "Operation")),
	(V2_STATE, NUMBER("hsrp2.state", "State")),
	(V2_IPVERSION, NUMBER("hsrp2.ipversion", "IP version")),
	(V2_GROUP, NUMBER("hsrp2.group", "Group")),
	(V2_IDENTIFIER, FIELD_WALK(FIELD_ETHER, "hsrp2.identifier", "Router")),
	(V2_PRIORITY, NUMBER("hsrp2.priority", "Priority")),
	(V2_HELLO, NUMBER("hsrp2.hellotime", "Hello interval, ms")),
	(V2_HOLD, NUMBER("hsrp2.holdtime", "Hold time, ms")),
	(V2_ADDRESS_4, FIELD_WALK(FIELD_IPV4, "hsrp2.virt_ip", "Address")),
	(V2_ADDRESS_6, FIELD_WALK(FIELD_IPV6, "hsrp2.virt_ip_v6", "Address")),
	(V2_AUTH, FIELD_WALK(FIELD_STRING, "hsrp2.auth_data", "Password"))
);

static const struct claim hsrp_claims[] = { { CLAIM_UDP_PORT, 1985 }, { CLAIM_UDP_PORT, 2029 }, { CLAIM_NONE, 0 } };

const struct protocol proto_hsrp = {
	.name = "hsrp",
	.column = "HSRP",
	.title = "Hot Standby Router Protocol",
	.reference = "RFC 2281",
	.application = true,
	.decode = hsrp_decode,
	.detect = hsrp_detect,
	.column_of = hsrp_column,
	PROTOCOL_WALK(hsrp_walk),
	.summary = hsrp_summary,
	PROTOCOL_FIELDS(hsrp_fields),
	.claims = hsrp_claims,
};
