/* SPDX-License-Identifier: MIT */
/*
 * OSPF: version 2 for IPv4 (RFC 2328), version 3 for IPv6 (RFC 5340).
 *
 *	|version 8|type 8|length 16|router 32|area 32|checksum 16| v2: |authentication type 16|authentication 64|
 *	                                                          v3: |instance 8|0 8|
 *
 * A hello, a description of the database (headers of LSAs), requests, updates (whole LSAs), acknowledgments (headers).
 * The headers of LSAs and, of version 2, what the most common of them say are fields.
 */
#include "layout.h"
#include "summary.h"

enum {
	VERSION, MSG, LENGTH, SRCROUTER, AREA, CHECKSUM, IS_HELLO, IS_DBDESC, IS_LSREQ, IS_LSUPDATE, IS_LSACK, AUTH_TYPE,
	AUTH_NONE, AUTH_SIMPLE, AUTH_KEY, AUTH_LENGTH, AUTH_SEQUENCE, INSTANCE, OPTIONS_2, OPTIONS_3, NETMASK, INTERFACE,
	HELLO_INTERVAL, PRIORITY, DEAD_INTERVAL, DR, BDR, NEIGHBOR, MTU, DBD, DBD_I, DBD_M, DBD_MS, DD_SEQUENCE, LS_NUMBER, LSA_AGE,
	LSA_DONOTAGE_2, LSA_DONOTAGE_3, LSA_TYPE_2, LSA_ID, LSA_TYPE_3, LSA_U, LSA_S12, LSA_FC, LINK_STATE_ID, ADVROUTER, LSA_SEQNUM,
	LSA_CHECKSUM, LSA_LENGTH, ROUTER_LINKID, ROUTER_LINKDATA, ROUTER_LINKTYPE, ROUTER_NMETRICS, ROUTER_METRIC, NETWORK_MASK,
	NETWORK_ROUTER, ASEXT_MASK, ASEXT_FORWARD, ASEXT_TAG
};
enum { HEADER_2 = 24, HEADER_3 = 16, LSA_HEADER = 20 };
enum { HELLO = 1, DBDESC, LSREQ, LSUPDATE, LSACK };

static enum decode_result ospf_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	(void)l;
	return h && *h != 2 && *h != 3 ? DECODE_MALFORMED : decode_rest(d, h && *h == 3 ? HEADER_3 : HEADER_2);
}

static const struct slot lsa_parts[] = { /* of both versions */
	{ LSA_AGE, 0, 2, 0x7fff }, { ADVROUTER, 8, 4, 0 }, { LSA_SEQNUM, 12, 4, 0 }, { LSA_CHECKSUM, 16, 2, 0 },
	{ LSA_LENGTH, 18, 2, 0 },
};
static const struct slot lsa2_parts[] = {
	{ LSA_DONOTAGE_2, 0, 2, 0x8000 }, { OPTIONS_2, 2, 1, 0 }, { LSA_TYPE_2, 3, 1, 0 }, { LSA_ID, 4, 4, 0 },
};
static const struct slot lsa3_parts[] = {
	{ LSA_DONOTAGE_3, 0, 2, 0x8000 }, { LSA_TYPE_3, 2, 2, 0 }, { LSA_U, 2, 2, 0x8000 }, { LSA_S12, 2, 2, 0x6000 },
	{ LSA_FC, 2, 2, 0x1fff }, { LINK_STATE_ID, 4, 4, 0 },
};

/* RFC 2328 appendix A.4.2: |flags 16|links 16| then of each |id 32|data 32|type 8|n 8|metric 16| and n more metrics */
static void walk_router_links(struct walk *w, struct cursor c)
{
	static const struct slot parts[] = {
		{ ROUTER_LINKID, 0, 4, 0 }, { ROUTER_LINKDATA, 4, 4, 0 }, { ROUTER_LINKTYPE, 8, 1, 0 }, { ROUTER_NMETRICS, 9, 1, 0 },
		{ ROUTER_METRIC, 10, 2, 0 },
	};
	const uint8_t *h;

	cursor_skip(&c, 4);
	while ((h = cursor_take(&c, 12))) {
		layout_walk(w, parts, SLOTS(parts), h, 12);
		cursor_skip(&c, h[9] * 4u);
	}
}

static void walk_body_2(struct walk *w, unsigned type, struct cursor c)
{
	static const struct slot external[] = { { ASEXT_MASK, 0, 4, 0 }, { ASEXT_FORWARD, 8, 4, 0 }, { ASEXT_TAG, 12, 4, 0 } };
	const uint8_t *h;

	switch (type) {
	case 1:
		walk_router_links(w, c);
		break;
	case 2:
		if ((h = cursor_take(&c, 4)))
			walk_bytes(w, NETWORK_MASK, h, 4);
		while ((h = cursor_take(&c, 4)))
			walk_bytes(w, NETWORK_ROUTER, h, 4);
		break;
	case 5:
	case 7:
		layout_walk(w, external, SLOTS(external), c.pos, cursor_left(&c));
		break;
	}
}

/* One after the other; with their bodies if `whole` */
static void walk_lsas(struct walk *w, struct cursor c, unsigned version, bool whole)
{
	const uint8_t *h;

	while ((h = cursor_peek(&c, LSA_HEADER))) {
		unsigned len = get_be16(h + 18);
		struct cursor body;

		if (len < LSA_HEADER)
			return;
		layout_walk(w, lsa_parts, SLOTS(lsa_parts), h, LSA_HEADER);
		if (version == 2)
			layout_walk(w, lsa2_parts, SLOTS(lsa2_parts), h, LSA_HEADER);
		else
			layout_walk(w, lsa3_parts, SLOTS(lsa3_parts), h, LSA_HEADER);
		body = cursor_sub(&c, whole ? len : LSA_HEADER);
		cursor_skip(&body, LSA_HEADER);
		if (whole && version == 2)
			walk_body_2(w, h[3], body);
	}
}

static void walk_hello(struct walk *w, struct cursor c, unsigned version)
{
	static const struct slot v2[] = {
		{ NETMASK, 0, 4, 0 }, { HELLO_INTERVAL, 4, 2, 0 }, { OPTIONS_2, 6, 1, 0 }, { PRIORITY, 7, 1, 0 },
		{ DEAD_INTERVAL, 8, 4, 0 }, { DR, 12, 4, 0 }, { BDR, 16, 4, 0 },
	};
	static const struct slot v3[] = {
		{ INTERFACE, 0, 4, 0 }, { PRIORITY, 4, 1, 0 }, { OPTIONS_3, 5, 3, 0 }, { HELLO_INTERVAL, 8, 2, 0 },
		{ DEAD_INTERVAL, 10, 2, 0 }, { DR, 12, 4, 0 }, { BDR, 16, 4, 0 },
	};
	const uint8_t *h;

	if (version == 2)
		layout_walk(w, v2, SLOTS(v2), c.pos, cursor_left(&c));
	else
		layout_walk(w, v3, SLOTS(v3), c.pos, cursor_left(&c));
	cursor_skip(&c, 20);
	while ((h = cursor_take(&c, 4)))
		walk_bytes(w, NEIGHBOR, h, 4);
}

static void walk_dbdesc(struct walk *w, struct cursor c, unsigned version)
{
	static const struct slot v2[] = {
		{ MTU, 0, 2, 0 }, { OPTIONS_2, 2, 1, 0 }, { DBD, 3, 1, 0 }, { DBD_I, 3, 1, 4 }, { DBD_M, 3, 1, 2 }, { DBD_MS, 3, 1, 1 },
		{ DD_SEQUENCE, 4, 4, 0 },
	};
	static const struct slot v3[] = {
		{ OPTIONS_3, 1, 3, 0 }, { MTU, 4, 2, 0 }, { DBD, 7, 1, 0 }, { DBD_I, 7, 1, 4 }, { DBD_M, 7, 1, 2 }, { DBD_MS, 7, 1, 1 },
		{ DD_SEQUENCE, 8, 4, 0 },
	};

	if (version == 2)
		layout_walk(w, v2, SLOTS(v2), c.pos, cursor_left(&c));
	else
		layout_walk(w, v3, SLOTS(v3), c.pos, cursor_left(&c));
	if (cursor_skip(&c, version == 2 ? 8 : 12))
		walk_lsas(w, c, version, false);
}

static void walk_requests(struct walk *w, struct cursor c, unsigned version)
{
	static const struct slot v2[] = { { LSA_TYPE_2, 0, 4, 0 }, { LINK_STATE_ID, 4, 4, 0 }, { ADVROUTER, 8, 4, 0 } };
	static const struct slot v3[] = {
		{ LSA_TYPE_3, 2, 2, 0 }, { LSA_U, 2, 2, 0x8000 }, { LSA_S12, 2, 2, 0x6000 }, { LSA_FC, 2, 2, 0x1fff },
		{ LINK_STATE_ID, 4, 4, 0 }, { ADVROUTER, 8, 4, 0 },
	};
	const uint8_t *h;

	while ((h = cursor_take(&c, 12)))
		if (version == 2)
			layout_walk(w, v2, SLOTS(v2), h, 12);
		else
			layout_walk(w, v3, SLOTS(v3), h, 12);
}

static void walk_header(struct walk *w, const uint8_t *h, struct cursor c)
{
	static const struct slot authentication[] = { { AUTH_TYPE, 14, 2, 0 } };
	static const struct slot digest[] = { { AUTH_KEY, 18, 1, 0 }, { AUTH_LENGTH, 19, 1, 0 }, { AUTH_SEQUENCE, 20, 4, 0 } };
	static const struct slot instance[] = { { INSTANCE, 14, 1, 0 } };
	size_t n = (size_t)(c.end - h);

	if (h[1] >= HELLO && h[1] <= LSACK)
		walk_uint(w, IS_HELLO + h[1] - HELLO, 1);
	if (h[0] == 3) {
		layout_walk(w, instance, SLOTS(instance), h, n);
		return;
	}
	layout_walk(w, authentication, SLOTS(authentication), h, n);
	switch (get_be16(h + 14)) {
	case 0:
		walk_bytes(w, AUTH_NONE, h + 16, 8);
		break;
	case 1:
		walk_bytes(w, AUTH_SIMPLE, h + 16, (uint32_t)strnlen((const char *)h + 16, 8));
		break;
	case 2:
		layout_walk(w, digest, SLOTS(digest), h, n);
		break;
	}
}

static void ospf_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_peek(&c, HEADER_3);
	unsigned version = h ? h[0] : 0, header = version == 2 ? HEADER_2 : HEADER_3;

	if ((version != 2 && version != 3) || !cursor_take(&c, header))
		return;
	walk_header(w, h, c);
	cursor_limit(&c, get_be16(h + 2) > header ? get_be16(h + 2) - header : 0);
	switch (h[1]) {
	case HELLO: walk_hello(w, c, version); break;
	case DBDESC: walk_dbdesc(w, c, version); break;
	case LSREQ: walk_requests(w, c, version); break;
	case LSACK: walk_lsas(w, c, version, false); break;
	case LSUPDATE:
		if (cursor_left(&c) >= 4) {
			walk_uint(w, LS_NUMBER, cursor_be32(&c));
			walk_lsas(w, c, version, true);
		}
	}
}

static NAMED_VALUES(types,
	(HELLO, "Hello"), (DBDESC, "Database Description"), (LSREQ, "LS-Request"), (LSUPDATE, "LS-Update"),
	(LSACK, "LS-Ack")
);

static void ospf_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const uint8_t *h;
	uint32_t len;

	if (packet_bytes(p, l, &h) < HEADER_3)
		return;
	len = summary_outer_len(p, l);
	if (h[0] == 2 && get_be16(h + 2) < len)
		len = get_be16(h + 2); /* what follows authenticates it */
	outbuf_printf(s->out, "OSPFv%u, ", h[0]);
	layout_name(s->out, &types, h[1], "unknown LS-type ");
	outbuf_printf(s->out, ", length %u", len);
	if (s->verbose && (h[0] == 2 || h[0] == 3)) {
		outbuf_str(s->out, "\n\tRouter-ID ");
		outbuf_ipv4(s->out, h + 4);
		if (get_be32(h + 8)) {
			outbuf_str(s->out, ", Area ");
			outbuf_ipv4(s->out, h + 8);
		} else {
			outbuf_str(s->out, ", Backbone Area");
		}
	}
}

static NAMED_VALUES(type_names,
	(HELLO, "Hello Packet"), (DBDESC, "DB Description"), (LSREQ, "LS Request"), (LSUPDATE, "LS Update"),
	(LSACK, "LS Acknowledge")
);

#define FLAG(n, lab) FIELD_WALK(FIELD_BOOL, n, lab)
#define NUMBER(n, lab) FIELD_WALK(FIELD_UINT, n, lab)
#define ADDRESS(n, lab) FIELD_WALK(FIELD_IPV4, n, lab)

FIELD_TABLE(ospf_fields,
	(VERSION, FIELD_FIXED(FIELD_UINT, "ospf.version", 0, 1, "Version")),
	(MSG, FIELD_HAS("ospf.msg", "Message", (.names = &type_names), .type = FIELD_UINT, .offset = 1, .width = 1)),
	(LENGTH, FIELD_FIXED(FIELD_UINT, "ospf.packet_length", 2, 2, "Length")),
	(SRCROUTER, FIELD_FIXED(FIELD_IPV4, "ospf.srcrouter", 4, 4, "Router")),
	(AREA, FIELD_FIXED(FIELD_IPV4, "ospf.area_id", 8, 4, "Area")),
	(CHECKSUM, FIELD_FIXED_HEX("ospf.checksum", 12, 2, "Checksum")),
	(IS_HELLO, FLAG("ospf.msg.hello", "Hello")),
	(IS_DBDESC, FLAG("ospf.msg.dbdesc", "Database description")),
	(IS_LSREQ, FLAG("ospf.msg.lsreq", "Request")),
	(IS_LSUPDATE, FLAG("ospf.msg.lsupdate", "Update")),
	(IS_LSACK, FLAG("ospf.msg.lsack", "Acknowledgment")),
	(AUTH_TYPE, NUMBER("ospf.auth.type", "Authentication type")),
	(AUTH_NONE, FIELD_WALK(FIELD_BYTES, "ospf.auth.none", "No authentication")),
	(AUTH_SIMPLE, FIELD_WALK(FIELD_STRING, "ospf.auth.simple", "Password")),
	(AUTH_KEY, NUMBER("ospf.auth.crypt.key_id", "Key")),
	(AUTH_LENGTH, NUMBER("ospf.auth.crypt.data_length", "Digest length")),
	(AUTH_SEQUENCE, NUMBER("ospf.auth.crypt.seq_nbr", "Authentication sequence number")),
	(INSTANCE, NUMBER("ospf.instance_id", "Instance")),
	(OPTIONS_2, FIELD_WALK_HEX("ospf.v2.options", 2, "Options")),
	(OPTIONS_3, FIELD_WALK_HEX("ospf.v3.options", 6, "Options")),
	(NETMASK, ADDRESS("ospf.hello.network_mask", "Hello: network mask")),
	(INTERFACE, NUMBER("ospf.hello.interface_id", "Hello: interface")),
	(HELLO_INTERVAL, NUMBER("ospf.hello.hello_interval", "Hello interval, s")),
	(PRIORITY, NUMBER("ospf.hello.router_priority", "Router priority")),
	(DEAD_INTERVAL, NUMBER("ospf.hello.router_dead_interval", "Dead interval, s")),
	(DR, ADDRESS("ospf.hello.designated_router", "Designated router")),
	(BDR, ADDRESS("ospf.hello.backup_designated_router", "Backup designated router")),
	(NEIGHBOR, ADDRESS("ospf.hello.active_neighbor", "Neighbor")),
	(MTU, NUMBER("ospf.db.interface_mtu", "Interface MTU")),
	(DBD, FIELD_WALK_HEX("ospf.dbd", 2, "Database description flags")),
	(DBD_I, FLAG("ospf.dbd.i", "First")),
	(DBD_M, FLAG("ospf.dbd.m", "More follow")),
	(DBD_MS, FLAG("ospf.dbd.ms", "Master")),
	(DD_SEQUENCE, NUMBER("ospf.db.dd_sequence", "Database description sequence number")),
	(LS_NUMBER, NUMBER("ospf.ls.number_of_lsas", "LSAs in an update")),
	(LSA_AGE, NUMBER("ospf.lsa.age", "LSA age, s")),
	(LSA_DONOTAGE_2, NUMBER("ospf.lsa.donotage", "LSA does not age")),
	(LSA_DONOTAGE_3, FLAG("ospf.v3.lsa.do_not_age", "LSA does not age")),
	(LSA_TYPE_2, NUMBER("ospf.lsa", "LSA type")),
	(LSA_ID, ADDRESS("ospf.lsa.id", "Link state ID")),
	(LSA_TYPE_3, FIELD_WALK_HEX("ospf.v3.lsa", 4, "LSA type")),
	(LSA_U, FLAG("ospf.v3.lsa.u", "LSA is flooded though unknown")),
	(LSA_S12, FIELD_WALK_HEX("ospf.v3.lsa.s12", 4, "LSA flooding scope")),
	(LSA_FC, NUMBER("ospf.v3.lsa.fc", "LSA function")),
	(LINK_STATE_ID, ADDRESS("ospf.link_state_id", "Link state ID")),
	(ADVROUTER, ADDRESS("ospf.advrouter", "Advertising router")),
	(LSA_SEQNUM, FIELD_WALK_HEX("ospf.lsa.seqnum", 8, "LSA sequence number")),
	(LSA_CHECKSUM, FIELD_WALK_HEX("ospf.lsa.chksum", 4, "LSA checksum")),
	(LSA_LENGTH, NUMBER("ospf.lsa.length", "LSA length")),
	(ROUTER_LINKID, ADDRESS("ospf.lsa.router.linkid", "Router LSA: link ID")),
	(ROUTER_LINKDATA, ADDRESS("ospf.lsa.router.linkdata", "Router LSA: link data")),
	(ROUTER_LINKTYPE, NUMBER("ospf.lsa.router.linktype", "Router LSA: link type")),
	(ROUTER_NMETRICS, NUMBER("ospf.lsa.router.nummetrics", "Router LSA: number of metrics")),
	(ROUTER_METRIC, NUMBER("ospf.lsa.router.metric0", "Router LSA: metric")),
	(NETWORK_MASK, ADDRESS("ospf.lsa.network.netmask", "Network LSA: mask")),
	(NETWORK_ROUTER, ADDRESS("ospf.lsa.network.attchrtr", "Network LSA: attached router")),
	(ASEXT_MASK, ADDRESS("ospf.lsa.asext.netmask", "External LSA: mask")),
	(ASEXT_FORWARD, ADDRESS("ospf.lsa.asext.fwdaddr", "External LSA: forwarding address")),
	(ASEXT_TAG, NUMBER("ospf.lsa.asext.extrttag", "External LSA: route tag"))
);

static const struct claim ospf_claims[] = { { CLAIM_IPPROTO, 89 }, { CLAIM_NONE, 0 } };

const struct protocol proto_ospf = {
	.name = "ospf",
	.column = "OSPF",
	.title = "Open Shortest Path First",
	.reference = "RFC 2328, RFC 5340",
	.decode = ospf_decode,
	PROTOCOL_WALK(ospf_walk),
	.summary = ospf_summary,
	PROTOCOL_FIELDS(ospf_fields),
	.claims = ospf_claims,
};
