/* SPDX-License-Identifier: MIT */
/*
 * Netlink: what programs and the Linux kernel say to each other about links, addresses, routes. Behind a cooked header
 * come messages in the byte order of the machine, each padded to four bytes.
 *
 *	|packet type 16|ARPHRD 16 = 824|10 bytes|family 16|     big-endian, LINKTYPE_NETLINK
 *	|length 32|type 16|flags 16|sequence 32|port 32| of the route family: a fixed part, then |length 16|type 16|value|...
 *
 * netlink(7), rtnetlink(7), RFC 3549. aux[0]: the family, aux[1]: bytes of the cooked header (none in
 * Linux cooked captures), and NETLINK_OF_FAMILY once a message of the family itself is there.
 */
#include "parts.h"
#include "summary.h"

enum {
	HATYPE, FAMILY, LEN, TYPE, FLAGS, F_REQUEST, F_MULTI, F_ACK, F_ECHO, SEQ, PID, ERROR, IFI_FAMILY, IFI_TYPE, IFI_INDEX,
	IFI_FLAGS, IFI_UP, IFLA_IFNAME, IFLA_MTU, IFLA_TXQLEN, IFLA_QDISC, IFLA_OPERSTATE, IFLA_HWADDR, IFLA_BROADCAST, IFA_FAMILY,
	IFA_PREFIXLEN, IFA_FLAGS, IFA_SCOPE, IFA_INDEX, IFA_LABEL, IFA_IPV4, IFA_IPV6, RT_FAMILY, RT_DST_LEN, RT_SRC_LEN, RT_TOS,
	RT_TABLE, RT_PROTOCOL, RT_SCOPE, RT_TYPE, RT_FLAGS, RTA_IIF, RTA_OIF, ND_FAMILY, ND_INDEX, ND_STATE, ND_FLAGS, ND_TYPE
};
enum { COOKED = 16, NETLINK_OF_FAMILY = 0x100, HEADER = 16, ATTRIBUTE = 4, NETLINK = 824 };
enum { ROUTE = 0, CONTROL_MESSAGES = 16, ERROR_MESSAGE = 2, INET = 2, INET6 = 10 };
/* message types of the route family come in fours: new, delete, get, set */
enum { OF_LINK = 16, OF_ADDRESS = 20, OF_ROUTE = 24, OF_NEIGHBOR = 28, OF_ATTRIBUTE = 0x100 };
#define ATTRIBUTE_OF(group, type) (OF_ATTRIBUTE + (group) * 64 + (type))

struct message {
	const uint8_t *head, *body;
	uint32_t len;          /* of the body that is there */
	enum parts_order order;
	unsigned type, flags;
};

static uint16_t native16(const uint8_t *p, enum parts_order order)
{
	return order == PARTS_LE ? get_le16(p) : get_be16(p);
}

static uint32_t native32(const uint8_t *p, enum parts_order order)
{
	return order == PARTS_LE ? get_le32(p) : get_be32(p);
}

/* The next message, and past it. Its length tells the byte order: no message is 16 MB long. */
static bool next_message(struct cursor *c, struct message *m)
{
	const uint8_t *h = cursor_take(c, HEADER);
	uint32_t len, pad;

	if (!h)
		return false;
	m->head = h;
	m->order = h[3] ? PARTS_BE : PARTS_LE;
	len = native32(h, m->order);
	if (len < HEADER) {
		c->cut = true;
		return false;
	}
	m->type = native16(h + 4, m->order);
	m->flags = native16(h + 6, m->order);
	m->len = len - HEADER;
	m->body = cursor_take(c, m->len);
	pad = -len & 3;
	if (m->body && cursor_left(c))
		cursor_skip(c, pad < cursor_left(c) ? pad : cursor_left(c));
	return m->body;
}

static enum decode_result netlink_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h;
	struct message m;

	if (l[-1].proto == PROTO_sll) {
		l->aux[0] = l[-1].aux[1];
	} else {
		h = decode_take(d, COOKED);
		if (!h)
			return cursor_short(&d->c);
		l->aux[0] = get_be16(h + 14);
		l->aux[1] = COOKED;
		if (get_be16(h + 2) != NETLINK)
			return DECODE_MALFORMED;
	}
	for (bool first = true; cursor_left(&d->c) && next_message(&d->c, &m); first = false)
		if (first && m.type >= CONTROL_MESSAGES)
			l->aux[1] |= NETLINK_OF_FAMILY;
	return d->c.cut ? cursor_short(&d->c) : DECODE_OK;
}

static struct cursor messages(const struct packet *p, const struct layer *l)
{
	struct cursor c = packet_cursor(p, l);

	cursor_skip(&c, l->aux[1] & COOKED);
	return c;
}

/* The family counts once a message of its own is there: replies and errors are netlink's. */
static const char *netlink_column(const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(families,
		(ROUTE, "Netlink route"), (4, "Netlink sock diag"), (12, "Netlink netfilter"), (16, "Netlink generic")
	);
	const char *name = named_value(&families, l->aux[0]);

	(void)p;
	return name && l->aux[1] & NETLINK_OF_FAMILY ? name : "Netlink";
}

static const struct part parts[] = {
	{ OF_LINK, IFI_FAMILY, 1 }, { OF_LINK, IFI_TYPE, 2 }, { OF_LINK, IFI_INDEX, 4 }, { OF_LINK, IFI_FLAGS, 4 },
	{ OF_LINK, IFI_UP, 4 }, { OF_ADDRESS, IFA_FAMILY, 1 }, { OF_ADDRESS, IFA_PREFIXLEN, 1 }, { OF_ADDRESS, IFA_FLAGS, 1 },
	{ OF_ADDRESS, IFA_SCOPE, 1 }, { OF_ADDRESS, IFA_INDEX, 4 }, { OF_ROUTE, RT_FAMILY, 1 }, { OF_ROUTE, RT_DST_LEN, 1 },
	{ OF_ROUTE, RT_SRC_LEN, 1 }, { OF_ROUTE, RT_TOS, 1 }, { OF_ROUTE, RT_TABLE, 1 }, { OF_ROUTE, RT_PROTOCOL, 1 },
	{ OF_ROUTE, RT_SCOPE, 1 }, { OF_ROUTE, RT_TYPE, 1 }, { OF_ROUTE, RT_FLAGS, 4 }, { OF_NEIGHBOR, ND_FAMILY, 1 },
	{ OF_NEIGHBOR, ND_INDEX, 4 }, { OF_NEIGHBOR, ND_STATE, 2 }, { OF_NEIGHBOR, ND_FLAGS, 1 }, { OF_NEIGHBOR, ND_TYPE, 1 },
	{ ATTRIBUTE_OF(OF_LINK, 1), IFLA_HWADDR, 0 }, { ATTRIBUTE_OF(OF_LINK, 2), IFLA_BROADCAST, 0 },
	{ ATTRIBUTE_OF(OF_LINK, 3), IFLA_IFNAME, 0 }, { ATTRIBUTE_OF(OF_LINK, 4), IFLA_MTU, 4 },
	{ ATTRIBUTE_OF(OF_LINK, 6), IFLA_QDISC, 0 }, { ATTRIBUTE_OF(OF_LINK, 13), IFLA_TXQLEN, 4 },
	{ ATTRIBUTE_OF(OF_LINK, 16), IFLA_OPERSTATE, 1 }, { ATTRIBUTE_OF(OF_ADDRESS, 3), IFA_LABEL, 0 },
	{ ATTRIBUTE_OF(OF_ROUTE, 3), RTA_IIF, 4 }, { ATTRIBUTE_OF(OF_ROUTE, 4), RTA_OIF, 4 },
};

static void walk_route(struct walk *w, const struct message *m)
{
	unsigned group = m->type & ~3u, count = sizeof(parts) / sizeof(*parts);
	uint32_t fixed = group == OF_LINK ? 16 : group == OF_ADDRESS ? 8 : 12;
	struct cursor c = cursor_over(m->body, m->len, false);
	const uint8_t *a, *v;

	if (group < OF_LINK || group > OF_NEIGHBOR)
		return;
	walk_piece(w, parts, count, group, m->body, m->len, m->order);
	cursor_skip(&c, fixed);
	while ((a = cursor_take(&c, ATTRIBUTE))) {
		unsigned len = native16(a, m->order), type = native16(a + 2, m->order) & 0x3fff;

		if (len < ATTRIBUTE || !(v = cursor_take(&c, len - ATTRIBUTE)))
			return;
		cursor_skip(&c, -len & 3);
		if (type < 64)
			walk_piece(w, parts, count, ATTRIBUTE_OF(group, type), v, len - ATTRIBUTE, m->order);
		if (group == OF_ADDRESS && type == 1 && len == 8)
			walk_bytes(w, IFA_IPV4, v, 4);
		else if (group == OF_ADDRESS && type == 1 && len == 20)
			walk_bytes(w, IFA_IPV6, v, 16);
	}
}

static void walk_header(struct walk *w, const uint8_t *h, enum parts_order order)
{
	unsigned flags = native16(h + 6, order);

	walk_uint(w, LEN, native32(h, order));
	walk_uint(w, TYPE, native16(h + 4, order));
	walk_uint(w, FLAGS, flags);
	walk_uint(w, F_REQUEST, flags & 1);
	walk_uint(w, F_MULTI, flags >> 1 & 1);
	walk_uint(w, F_ACK, flags >> 2 & 1);
	walk_uint(w, F_ECHO, flags >> 3 & 1);
	walk_uint(w, SEQ, native32(h + 8, order));
	walk_uint(w, PID, native32(h + 12, order));
}

/* The error, and the header of the message that it is about. */
static void walk_error(struct walk *w, const struct message *m)
{
	walk_uint(w, ERROR, (uint64_t)(int64_t)(int32_t)native32(m->body, m->order));
	if (m->len >= 4 + HEADER)
		walk_header(w, m->body + 4, m->order);
}

static void netlink_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	struct cursor c = messages(p, l);
	const uint8_t *h;
	struct message m;

	packet_bytes(p, l, &h);
	if (l->aux[1] & COOKED && l->hlen >= COOKED) {
		walk_uint(w, HATYPE, get_be16(h + 2));
		walk_uint(w, FAMILY, l->aux[0]);
	}
	while (next_message(&c, &m)) {
		walk_header(w, m.head, m.order);
		if (m.type == ERROR_MESSAGE && m.len >= 4)
			walk_error(w, &m);
		else if (l->aux[0] == ROUTE)
			walk_route(w, &m);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

static void put_message(struct outbuf *o, unsigned family, const struct message *m)
{
	static const char acts[][4] = { "new", "del", "get", "set" };
	static const char things[][6] = { "link", "addr", "route", "neigh" };
	static NAMED_VALUES(controls, (1, "noop"), (2, "error"), (3, "done"), (4, "overrun"));
	const char *control = named_value(&controls, m->type);

	if (control)
		outbuf_str(o, control);
	else if (family == ROUTE && m->type >= OF_LINK && m->type < OF_NEIGHBOR + 4)
		outbuf_printf(o, "%s%s", acts[m->type & 3], things[(m->type - OF_LINK) / 4]);
	else
		outbuf_printf(o, "type %u", m->type);
	if (m->type == ERROR_MESSAGE && m->len >= 4)
		outbuf_printf(o, " %d", (int32_t)native32(m->body, m->order));
	outbuf_printf(o, ", flags 0x%x, seq %u, pid %u, length %u", m->flags, native32(m->head + 8, m->order),
		      native32(m->head + 12, m->order), m->len + HEADER);
}

static void netlink_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	static NAMED_VALUES(families,
		(ROUTE, "route"), (4, "sock-diag"), (6, "xfrm"), (9, "audit"), (12, "netfilter"), (15, "uevent"),
		(16, "generic")
	);
	const char *family = named_value(&families, l->aux[0]);
	struct cursor c = messages(p, l);
	struct message m;

	if (family)
		outbuf_printf(s->out, "Netlink %s", family);
	else
		outbuf_printf(s->out, "Netlink family %u", l->aux[0]);
	for (const char *before = ": "; next_message(&c, &m); before = "; ") {
		outbuf_str(s->out, before);
		put_message(s->out, l->aux[0], &m);
	}
}

/* ---- tables ------------------------------------------------------------------------------ */

#define ROUTE_FIELD(ty, n, off, lab) PART_FIELD(ty, "netlink-route." n, off, lab)
#define ROUTE_HEX(n, off, digits, lab) PART_HEX("netlink-route." n, off, digits, lab)

FIELD_TABLE(netlink_fields,
	(HATYPE, FIELD_WALK(FIELD_UINT, "netlink.hatype", "Link-layer address type (ARPHRD)")),
	(FAMILY, PART_HEX("netlink.family", 0, 4, "Family")),
	(LEN, FIELD_WALK(FIELD_UINT, "netlink.hdr_len", "Length of a message")),
	(TYPE, PART_HEX("netlink.hdr_type", 0, 4, "Type of a message")),
	(FLAGS, PART_HEX("netlink.hdr_flags", 0, 4, "Flags of a message")),
	(F_REQUEST, FIELD_WALK(FIELD_UINT, "netlink.hdr_flags.request", "Is a request")),
	(F_MULTI, FIELD_WALK(FIELD_UINT, "netlink.hdr_flags.multi", "One of several")),
	(F_ACK, FIELD_WALK(FIELD_UINT, "netlink.hdr_flags.ack", "Wants an answer")),
	(F_ECHO, FIELD_WALK(FIELD_UINT, "netlink.hdr_flags.echo", "Wants it echoed")),
	(SEQ, FIELD_WALK(FIELD_UINT, "netlink.hdr_seq", "Sequence number")),
	(PID, FIELD_WALK(FIELD_UINT, "netlink.hdr_pid", "Port of the sender")),
	(ERROR, FIELD_WALK(FIELD_INT, "netlink.error", "Error, negative")),
	(IFI_FAMILY, ROUTE_FIELD(FIELD_UINT, "ifi_family", 0, "Family of the link")),
	(IFI_TYPE, ROUTE_FIELD(FIELD_UINT, "ifi_type", 2, "Type of the link (ARPHRD)")),
	(IFI_INDEX, ROUTE_FIELD(FIELD_UINT, "ifi_index", 4, "Index of the link")),
	(IFI_FLAGS, ROUTE_HEX("ifi_flags", 8, 8, "Flags of the link")),
	(IFI_UP, PART_BITS(FIELD_BOOL, "netlink-route.ifi_flags.iff_up", 8, 1, "The link is up")),
	(IFLA_IFNAME, ROUTE_FIELD(FIELD_STRING, "ifla_ifname", 0, "Name of the link")),
	(IFLA_MTU, ROUTE_FIELD(FIELD_UINT, "ifla_mtu", 0, "MTU of the link")),
	(IFLA_TXQLEN, ROUTE_FIELD(FIELD_UINT, "ifla_txqlen", 0, "Length of the link's queue")),
	(IFLA_QDISC, ROUTE_FIELD(FIELD_STRING, "ifla_qdisc", 0, "Queueing of the link")),
	(IFLA_OPERSTATE, ROUTE_FIELD(FIELD_UINT, "ifla_operstate", 0, "State of the link")),
	(IFLA_HWADDR, ROUTE_FIELD(FIELD_BYTES, "ifla_hwaddr", 0, "Address of the link")),
	(IFLA_BROADCAST, ROUTE_FIELD(FIELD_BYTES, "ifla_broadcast", 0, "Broadcast address of the link")),
	(IFA_FAMILY, ROUTE_FIELD(FIELD_UINT, "ifa_family", 0, "Family of the address")),
	(IFA_PREFIXLEN, ROUTE_FIELD(FIELD_UINT, "ifa_prefixlen", 1, "Prefix of the address")),
	(IFA_FLAGS, ROUTE_HEX("ifa_flags", 2, 2, "Flags of the address")),
	(IFA_SCOPE, ROUTE_FIELD(FIELD_UINT, "ifa_scope", 3, "Scope of the address")),
	(IFA_INDEX, ROUTE_FIELD(FIELD_UINT, "ifa_index", 4, "Link of the address")),
	(IFA_LABEL, ROUTE_FIELD(FIELD_STRING, "ifa_label", 0, "Label of the address")),
	(IFA_IPV4, ROUTE_FIELD(FIELD_IPV4, "ifa_address.ipv4", 0, "Address")),
	(IFA_IPV6, ROUTE_FIELD(FIELD_IPV6, "ifa_address.ipv6", 0, "Address")),
	(RT_FAMILY, ROUTE_FIELD(FIELD_UINT, "rt_family", 0, "Family of the route")),
	(RT_DST_LEN, ROUTE_FIELD(FIELD_UINT, "rt_dst_len", 1, "Prefix of the destination")),
	(RT_SRC_LEN, ROUTE_FIELD(FIELD_UINT, "rt_src_len", 2, "Prefix of the source")),
	(RT_TOS, ROUTE_HEX("rt_tos", 3, 2, "Type of service")),
	(RT_TABLE, ROUTE_FIELD(FIELD_UINT, "rt_table", 4, "Table of the route")),
	(RT_PROTOCOL, ROUTE_HEX("rt_protocol", 5, 2, "Who made the route")),
	(RT_SCOPE, ROUTE_HEX("rt_scope", 6, 2, "Scope of the route")),
	(RT_TYPE, ROUTE_HEX("rt_type", 7, 2, "Type of the route")),
	(RT_FLAGS, ROUTE_HEX("rt_flags", 8, 8, "Flags of the route")),
	(RTA_IIF, ROUTE_FIELD(FIELD_UINT, "rta_iif", 0, "Link in")),
	(RTA_OIF, ROUTE_FIELD(FIELD_UINT, "rta_oif", 0, "Link out")),
	(ND_FAMILY, ROUTE_FIELD(FIELD_UINT, "nd_family", 0, "Family of the neighbour")),
	(ND_INDEX, ROUTE_FIELD(FIELD_UINT, "nd_index", 4, "Link of the neighbour")),
	(ND_STATE, ROUTE_HEX("nd_state", 8, 4, "State of the neighbour")),
	(ND_FLAGS, ROUTE_HEX("nd_flags", 10, 2, "Flags of the neighbour")),
	(ND_TYPE, ROUTE_HEX("nd_type", 11, 2, "Type of the neighbour"))
);

static const struct claim netlink_claims[] = { { CLAIM_LINKTYPE, 253 }, { CLAIM_NONE, 0 } };

const struct protocol proto_netlink = {
	.name = "netlink",
	.column_of = netlink_column,
	.title = "Linux netlink",
	.reference = "LINKTYPE_NETLINK, RFC 3549",
	.decode = netlink_decode,
	PROTOCOL_WALK(netlink_walk),
	.summary = netlink_summary,
	PROTOCOL_FIELDS(netlink_fields),
	.claims = netlink_claims,
};
