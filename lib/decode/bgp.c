/* SPDX-License-Identifier: MIT */
/*
 * Border Gateway Protocol 4, RFC 4271: messages one after the other in a TCP stream.
 *
 *	|marker 16 bytes of ff|length 16|type 8|
 *	open   |version 8|autonomous system 16|hold time 16|identifier 32|length 8|parameters: |type 8|length 8|...||
 *	update |length 16|withdrawn prefixes|length 16|attributes: |flags 8|type 8|length 8 or 16|...|| prefixes
 *
 * A prefix is its length in bits and as many bytes as those need. Whether a path has AS numbers of two or four bytes
 * was settled in the open messages; here it is what the segments' lengths allow, four if both.
 */
#include "layout.h"
#include "message.h"
#include "summary.h"

enum {
	MARKER, LENGTH, TYPE, OPEN_VERSION, OPEN_AS, OPEN_HOLD, OPEN_ID, OPEN_OPT_LEN, PARAM_TYPE, PARAM_LEN, CAP_TYPE, CAP_LENGTH,
	CAP_AFI, CAP_SAFI, CAP_AS4, WITHDRAWN_LENGTH, ATTRIBUTES_LENGTH, ATTR_FLAGS, F_OPTIONAL, F_TRANSITIVE, F_PARTIAL, F_EXTENDED,
	ATTR_TYPE, ATTR_LENGTH, ORIGIN, SEGMENT_TYPE, SEGMENT_LENGTH, AS2, AS4, NEXT_HOP, MED, LOCAL_PREF, AGGREGATOR_AS,
	AGGREGATOR_ORIGIN, COMMUNITY_AS, COMMUNITY_VALUE, ORIGINATOR, CLUSTER, REACH_AFI, REACH_SAFI, REACH_NEXT_HOP, UNREACH_AFI,
	UNREACH_SAFI, PREFIX_LENGTH, WITHDRAWN_PREFIX, NLRI_PREFIX, REACH_PREFIX_4, REACH_PREFIX_6, UNREACH_PREFIX_4, UNREACH_PREFIX_6,
	MAJOR_ERROR, REFRESH_AFI,
	REFRESH_SUBTYPE, REFRESH_SAFI
};
enum { HEADER = 19, MARKER_LEN = 16, OPEN = 1, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH };
enum { AFI_IP = 1, AFI_IPV6 = 2, SAFI_UNICAST = 1, SAFI_MULTICAST = 2, CAPABILITY = 2 };

static bool bgp_detect(const struct decode *d, const struct cursor *payload)
{
	const uint8_t *h = cursor_peek(payload, MARKER_LEN);

	(void)d;
	for (unsigned i = 0; h && i < MARKER_LEN; i++)
		if (h[i] != 0xff)
			return false;
	return h;
}

static uint32_t length_of(const uint8_t *h)
{
	return get_be16(h + MARKER_LEN);
}

static enum decode_result bgp_decode(struct decode *d, struct layer *l)
{
	return messages_wait(d, l, HEADER, length_of) == DECODE_WAITS ? DECODE_WAITS : decode_rest(d, HEADER);
}

/* The next message and its bytes; what of the last one is in the next segment is missing. */
static const uint8_t *next_message(struct cursor *c, struct cursor *body)
{
	const uint8_t *h = cursor_peek(c, HEADER);

	if (!h || get_be16(h + MARKER_LEN) < HEADER)
		return NULL;
	*body = cursor_sub(c, get_be16(h + MARKER_LEN));
	return h;
}

static void walk_capabilities(struct walk *w, struct cursor c)
{
	static const struct typed_slot values[] = {
		{ 1, { CAP_AFI, 2, 2, 0 } }, { 1, { CAP_SAFI, 5, 1, 0 } }, { 65, { CAP_AS4, 2, 4, 0 } },
	};
	const uint8_t *h;

	while ((h = cursor_peek(&c, 2))) {
		struct cursor body = cursor_sub(&c, h[1] + 2u);

		walk_uint(w, CAP_TYPE, h[0]);
		walk_uint(w, CAP_LENGTH, h[1]);
		layout_walk_type(w, values, SLOTS(values), h[0], h, cursor_left(&body));
	}
}

static void walk_open(struct walk *w, const uint8_t *h, struct cursor c)
{
	static const struct slot slots[] = {
		{ OPEN_VERSION, 19, 1, 0 }, { OPEN_AS, 20, 2, 0 }, { OPEN_HOLD, 22, 2, 0 }, { OPEN_ID, 24, 4, 0 },
		{ OPEN_OPT_LEN, 28, 1, 0 },
	};

	layout_walk(w, slots, SLOTS(slots), h, cursor_left(&c));
	cursor_skip(&c, HEADER + 10);
	while ((h = cursor_peek(&c, 2))) {
		struct cursor body = cursor_sub(&c, h[1] + 2u);

		walk_uint(w, PARAM_TYPE, h[0]);
		walk_uint(w, PARAM_LEN, h[1]);
		cursor_skip(&body, 2);
		if (h[0] == CAPABILITY)
			walk_capabilities(w, body);
	}
}

/* Prefixes of addresses of `len` bytes */
static void walk_prefixes(struct walk *w, struct cursor c, unsigned field, unsigned len)
{
	while (cursor_left(&c)) {
		unsigned bits = cursor_u8(&c), bytes = (bits + 7) / 8;
		const uint8_t *p = cursor_take(&c, bytes);
		uint8_t *whole;

		if (!p || bytes > len)
			return;
		walk_uint(w, PREFIX_LENGTH, bits);
		if (!walk_wants(w, field))
			continue;
		whole = packet_scratch(w->p, len);
		if (!whole)
			return;
		memset(whole, 0, len);
		memcpy(whole, p, bytes);
		walk_bytes(w, field, whole, len);
	}
}

static bool segments_fit(struct cursor c, unsigned width)
{
	const uint8_t *h;

	while ((h = cursor_take(&c, 2)))
		if (!cursor_skip(&c, h[1] * width))
			return false;
	return !cursor_left(&c);
}

static void walk_path(struct walk *w, struct cursor c)
{
	unsigned width = segments_fit(c, 4) ? 4 : 2;
	const uint8_t *h;

	while ((h = cursor_take(&c, 2))) {
		walk_uint(w, SEGMENT_TYPE, h[0]);
		walk_uint(w, SEGMENT_LENGTH, h[1]);
		for (unsigned i = 0; i < h[1] && cursor_left(&c) >= width; i++)
			walk_uint(w, width == 4 ? AS4 : AS2, width == 4 ? cursor_be32(&c) : cursor_be16(&c));
	}
}

/* Plain prefixes of one of the two families; `h`: |AFI 16|SAFI 8| */
static void walk_mp_prefixes(struct walk *w, struct cursor c, const uint8_t *h, unsigned field_4, unsigned field_6)
{
	if (h[2] != SAFI_UNICAST && h[2] != SAFI_MULTICAST)
		return;
	if (get_be16(h) == AFI_IP)
		walk_prefixes(w, c, field_4, 4);
	else if (get_be16(h) == AFI_IPV6)
		walk_prefixes(w, c, field_6, 16);
}

/* MP_REACH_NLRI, RFC 4760: |AFI 16|SAFI 8|length 8|next hop|0 8|prefixes| */
static void walk_reach(struct walk *w, struct cursor c)
{
	const uint8_t *h = cursor_take(&c, 4);

	if (!h)
		return;
	walk_uint(w, REACH_AFI, get_be16(h));
	walk_uint(w, REACH_SAFI, h[2]);
	if (cursor_left(&c) < h[3] + 1u)
		return;
	walk_bytes(w, REACH_NEXT_HOP, h + 3, h[3] + 1u);
	cursor_skip(&c, h[3] + 1u);
	walk_mp_prefixes(w, c, h, REACH_PREFIX_4, REACH_PREFIX_6);
}

static const struct typed_slot attribute_values[] = {
	{ 1, { ORIGIN, 0, 1, 0 } }, { 3, { NEXT_HOP, 0, 4, 0 } }, { 4, { MED, 0, 4, 0 } }, { 5, { LOCAL_PREF, 0, 4, 0 } },
	{ 9, { ORIGINATOR, 0, 4, 0 } }, { 15, { UNREACH_AFI, 0, 2, 0 } }, { 15, { UNREACH_SAFI, 2, 1, 0 } },
};

static void walk_attribute(struct walk *w, unsigned type, struct cursor c)
{
	const uint8_t *h;

	layout_walk_type(w, attribute_values, SLOTS(attribute_values), type, c.pos, cursor_left(&c));
	switch (type) {
	case 2:
		walk_path(w, c);
		break;
	case 7:
		walk_uint(w, AGGREGATOR_AS, cursor_left(&c) == 8 ? cursor_be32(&c) : cursor_be16(&c));
		if ((h = cursor_take(&c, 4)))
			walk_bytes(w, AGGREGATOR_ORIGIN, h, 4);
		break;
	case 8:
		while ((h = cursor_take(&c, 4)))
			if (get_be32(h) < 0xffffff01 && get_be32(h)) {
				walk_uint(w, COMMUNITY_AS, get_be16(h));
				walk_uint(w, COMMUNITY_VALUE, get_be16(h + 2));
			}
		break;
	case 10:
		while ((h = cursor_take(&c, 4)))
			walk_bytes(w, CLUSTER, h, 4);
		break;
	case 14:
		walk_reach(w, c);
		break;
	case 15:
		if ((h = cursor_take(&c, 3)))
			walk_mp_prefixes(w, c, h, UNREACH_PREFIX_4, UNREACH_PREFIX_6);
		break;
	}
}

static void walk_attributes(struct walk *w, struct cursor c)
{
	static const struct slot flags[] = {
		{ ATTR_FLAGS, 0, 1, 0 }, { F_OPTIONAL, 0, 1, 0x80 }, { F_TRANSITIVE, 0, 1, 0x40 }, { F_PARTIAL, 0, 1, 0x20 },
		{ F_EXTENDED, 0, 1, 0x10 }, { ATTR_TYPE, 1, 1, 0 },
	};
	const uint8_t *h;

	while ((h = cursor_take(&c, 2))) {
		unsigned len = h[0] & 0x10 ? cursor_be16(&c) : cursor_u8(&c);

		if (c.cut)
			return;
		layout_walk(w, flags, SLOTS(flags), h, 2);
		walk_uint(w, ATTR_LENGTH, len);
		walk_attribute(w, h[1], cursor_sub(&c, len));
	}
}

static void walk_update(struct walk *w, struct cursor c)
{
	unsigned len;

	cursor_skip(&c, HEADER);
	len = cursor_be16(&c);
	if (c.cut)
		return;
	walk_uint(w, WITHDRAWN_LENGTH, len);
	walk_prefixes(w, cursor_sub(&c, len), WITHDRAWN_PREFIX, 4);
	len = cursor_be16(&c);
	if (c.cut)
		return;
	walk_uint(w, ATTRIBUTES_LENGTH, len);
	walk_attributes(w, cursor_sub(&c, len));
	walk_prefixes(w, c, NLRI_PREFIX, 4);
}

static void bgp_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	static const struct slot header[] = { { MARKER, 0, 16, 0 }, { LENGTH, 16, 2, 0 }, { TYPE, 18, 1, 0 } };
	static const struct typed_slot others[] = {
		{ NOTIFICATION, { MAJOR_ERROR, 19, 1, 0 } }, { ROUTE_REFRESH, { REFRESH_AFI, 19, 2, 0 } },
		{ ROUTE_REFRESH, { REFRESH_SUBTYPE, 21, 1, 0 } }, { ROUTE_REFRESH, { REFRESH_SAFI, 22, 1, 0 } },
	};
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h;

	while ((h = next_message(&c, &body))) {
		layout_walk(w, header, SLOTS(header), h, HEADER);
		layout_walk_type(w, others, SLOTS(others), h[18], h, cursor_left(&body));
		if (h[18] == OPEN)
			walk_open(w, h, body);
		else if (h[18] == UPDATE)
			walk_update(w, body);
	}
}

static NAMED_VALUES(types,
	(OPEN, "Open"), (UPDATE, "Update"), (NOTIFICATION, "Notification"), (KEEPALIVE, "Keepalive"),
	(ROUTE_REFRESH, "Route Refresh")
);

static void bgp_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l), body;
	const uint8_t *h;

	outbuf_str(s->out, ": BGP");
	while (s->verbose && (h = next_message(&c, &body))) {
		outbuf_str(s->out, "\n\t");
		layout_name(s->out, &types, h[18], "Unknown Message ");
		outbuf_printf(s->out, " Message (%u), length: %u", h[18], get_be16(h + 16));
	}
}

#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define ATTRIBUTE "bgp.update.path_attribute."

FIELD_TABLE(bgp_fields,
	(MARKER, FIELD_WALK(FIELD_BYTES, "bgp.marker", "Marker")),
	(LENGTH, NUMBER("bgp.length", "Length")),
	(TYPE, FIELD_HAS("bgp.type", "Type", (.names = &types), .type = FIELD_UINT)),
	(OPEN_VERSION, NUMBER("bgp.open.version", "Open: version")),
	(OPEN_AS, NUMBER("bgp.open.myas", "Open: autonomous system")),
	(OPEN_HOLD, NUMBER("bgp.open.holdtime", "Open: hold time, s")),
	(OPEN_ID, FIELD_WALK(FIELD_IPV4, "bgp.open.identifier", "Open: identifier")),
	(OPEN_OPT_LEN, NUMBER("bgp.open.opt.len", "Open: length of the parameters")),
	(PARAM_TYPE, NUMBER("bgp.open.opt.param.type", "Parameter")),
	(PARAM_LEN, NUMBER("bgp.open.opt.param.len", "Parameter length")),
	(CAP_TYPE, NUMBER("bgp.cap.type", "Capability")),
	(CAP_LENGTH, NUMBER("bgp.cap.length", "Capability length")),
	(CAP_AFI, NUMBER("bgp.cap.mp.afi", "Capability: address family")),
	(CAP_SAFI, NUMBER("bgp.cap.mp.safi", "Capability: subsequent address family")),
	(CAP_AS4, NUMBER("bgp.cap.4as", "Capability: autonomous system")),
	(WITHDRAWN_LENGTH, NUMBER("bgp.update.withdrawn_routes.length", "Length of the withdrawn routes")),
	(ATTRIBUTES_LENGTH, NUMBER("bgp.update.path_attributes.length", "Length of the attributes")),
	(ATTR_FLAGS, FIELD_WALK_HEX(ATTRIBUTE "flags", 2, "Attribute flags")),
	(F_OPTIONAL, FLAG(ATTRIBUTE "flags.optional", "Optional")),
	(F_TRANSITIVE, FLAG(ATTRIBUTE "flags.transitive", "Transitive")),
	(F_PARTIAL, FLAG(ATTRIBUTE "flags.partial", "Partial")),
	(F_EXTENDED, FLAG(ATTRIBUTE "flags.extended_length", "Length of 16 bits")),
	(ATTR_TYPE, NUMBER(ATTRIBUTE "type_code", "Attribute")),
	(ATTR_LENGTH, NUMBER(ATTRIBUTE "length", "Attribute length")),
	(ORIGIN, NUMBER(ATTRIBUTE "origin", "Origin")),
	(SEGMENT_TYPE, NUMBER(ATTRIBUTE "as_path_segment.type", "Path segment")),
	(SEGMENT_LENGTH, NUMBER(ATTRIBUTE "as_path_segment.length", "Path segment length")),
	(AS2, NUMBER(ATTRIBUTE "as_path_segment.as2", "Autonomous system, 2 bytes")),
	(AS4, NUMBER(ATTRIBUTE "as_path_segment.as4", "Autonomous system, 4 bytes")),
	(NEXT_HOP, FIELD_WALK(FIELD_IPV4, ATTRIBUTE "next_hop", "Next hop")),
	(MED, NUMBER(ATTRIBUTE "multi_exit_disc", "Multiple exit discriminator")),
	(LOCAL_PREF, NUMBER(ATTRIBUTE "local_pref", "Local preference")),
	(AGGREGATOR_AS, NUMBER(ATTRIBUTE "aggregator_as", "Aggregator's autonomous system")),
	(AGGREGATOR_ORIGIN, FIELD_WALK(FIELD_IPV4, ATTRIBUTE "aggregator_origin", "Aggregator")),
	(COMMUNITY_AS, NUMBER(ATTRIBUTE "community_as", "Community: autonomous system")),
	(COMMUNITY_VALUE, NUMBER(ATTRIBUTE "community_value", "Community: value")),
	(ORIGINATOR, FIELD_WALK(FIELD_IPV4, ATTRIBUTE "originator_id", "Originator")),
	(CLUSTER, FIELD_WALK(FIELD_IPV4, "bgp.path_attribute.cluster_id", "Cluster")),
	(REACH_AFI, NUMBER(ATTRIBUTE "mp_reach_nlri.afi", "Reachable: address family")),
	(REACH_SAFI, NUMBER(ATTRIBUTE "mp_reach_nlri.safi", "Reachable: subsequent address family")),
	(REACH_NEXT_HOP, FIELD_WALK(FIELD_BYTES, ATTRIBUTE "mp_reach_nlri.next_hop", "Reachable: next hop")),
	(UNREACH_AFI, NUMBER(ATTRIBUTE "mp_unreach_nlri.afi", "Unreachable: address family")),
	(UNREACH_SAFI, NUMBER(ATTRIBUTE "mp_unreach_nlri.safi", "Unreachable: subsequent address family")),
	(PREFIX_LENGTH, NUMBER("bgp.prefix_length", "Prefix length")),
	(WITHDRAWN_PREFIX, FIELD_WALK(FIELD_IPV4, "bgp.withdrawn_prefix", "Withdrawn prefix")),
	(NLRI_PREFIX, FIELD_WALK(FIELD_IPV4, "bgp.nlri_prefix", "Prefix")),
	(REACH_PREFIX_4, FIELD_WALK(FIELD_IPV4, "bgp.mp_reach_nlri_ipv4_prefix", "Reachable: IPv4 prefix")),
	(REACH_PREFIX_6, FIELD_WALK(FIELD_IPV6, "bgp.mp_reach_nlri_ipv6_prefix", "Reachable: IPv6 prefix")),
	(UNREACH_PREFIX_4, FIELD_WALK(FIELD_IPV4, "bgp.mp_unreach_nlri_ipv4_prefix", "Unreachable: IPv4 prefix")),
	(UNREACH_PREFIX_6, FIELD_WALK(FIELD_IPV6, "bgp.mp_unreach_nlri_ipv6_prefix", "Unreachable: IPv6 prefix")),
	(MAJOR_ERROR, NUMBER("bgp.notify.major_error", "Error")),
	(REFRESH_AFI, NUMBER("bgp.route_refresh.afi", "Refresh: address family")),
	(REFRESH_SUBTYPE, NUMBER("bgp.route_refresh.subtype", "Refresh: subtype")),
	(REFRESH_SAFI, NUMBER("bgp.route_refresh.safi", "Refresh: subsequent address family"))
);

static const struct claim bgp_claims[] = { { CLAIM_TCP_PORT, 179 }, { CLAIM_NONE, 0 } };

const struct protocol proto_bgp = {
	.name = "bgp",
	.column = "BGP",
	.title = "Border Gateway Protocol",
	.reference = "RFC 4271",
	.application = true,
	.decode = bgp_decode,
	.detect = bgp_detect,
	.detect_on = 1 << CLAIM_TCP_PORT,
	DETECT_FIRST("\xff"),
	PROTOCOL_WALK(bgp_walk),
	.summary = bgp_summary,
	PROTOCOL_FIELDS(bgp_fields),
	.claims = bgp_claims,
};
