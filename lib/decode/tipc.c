/* SPDX-License-Identifier: MIT */
/*
 * TIPC: messages between the nodes of a cluster; the header, words of 32 bits. Which of them there are is said by the
 * header's length, what they mean by the user: 0 to 3 are data, by importance, the others the protocol itself.
 *
 *	|version 3|user 4|words 4|N D S C|size 17|  |type 3|error 4|reroutes 4|scope 2|options 3|broadcast ack 16|
 *	|ack 16|sequence 16|  |previous node|  |source port|  |destination port|  |source node|  |destination node|
 *	|name type|  |name instance|
 *
 * https://tipc.io/protocol.html; version 2. aux[0]: the user, aux[1]: bytes of header.
 */
#include "decode/protocol.h"
#include "summary.h"

enum {
	VER, USR, HDR_SIZE, NON_SEQUENCED, DESTDROP, SRCDROP, SYN, MSG_SIZE, DATA_TYPE, ERRORCODE, REROUTES, SCOPE, OPT_P,
	BROADCAST_ACK, LINK_ACK, LINK_SEQ, PREV_NODE, ORG_PORT, DST_PORT, ORIG_NODE, DEST_NODE, NAME_TYPE, NAME_INSTANCE
};
enum { SHORT = 24, LONG = 32 };
enum { DATA_LAST = 3, BROADCAST = 5, BUNDLER = 6, LINK = 7, CONNECTION = 8, CHANGEOVER = 10, NAMES = 11, FRAGMENTS = 12,
	DISCOVERY = 13 };

static enum decode_result tipc_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = cursor_peek(&d->c, 4);
	uint32_t word;

	if (!h)
		return cursor_short(&d->c);
	word = get_be32(h);
	l->aux[0] = word >> 25 & 15;
	l->aux[1] = (uint16_t)((word >> 21 & 15) * 4);
	if (l->aux[1] < SHORT)
		l->aux[1] = SHORT;
	if (!decode_take(d, l->aux[1]))
		return cursor_short(&d->c);
	/* a message may be longer than its frame: it is fragmented further down */
	if ((word & 0x1ffff) >= l->aux[1])
		decode_limit(d, (word & 0x1ffff) - l->aux[1]);
	return DECODE_OK;
}

static bool is_data(const struct layer *l)
{
	return l->aux[0] <= DATA_LAST;
}

static bool has_ports(const struct layer *l)
{
	return is_data(l) || l->aux[0] == CONNECTION || l->aux[0] == NAMES;
}

static bool get_word(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	unsigned index = field_index(f);
	const uint8_t *h;

	if (l->hlen < SHORT || l->hlen < f->offset + 4u || packet_bytes(p, l, &h) < l->hlen)
		return false;
	if (index >= NAME_TYPE && !is_data(l))
		return false;
	if (index >= BROADCAST_ACK && index <= LINK_SEQ && l->aux[0] == DISCOVERY)
		return false;
	if ((index == ORG_PORT || index == DST_PORT) && !has_ports(l))
		return false;
	if (index >= DESTDROP && index <= OPT_P && index != MSG_SIZE && !is_data(l) &&
	    (l->aux[0] != CONNECTION || (index != ERRORCODE && index != REROUTES && index != SCOPE)))
		return false;
	v->u = get_be32(h + f->offset);
	if (f->mask)
		v->u = v->u >> f->shift & f->mask;
	return true;
}

/* zone 8, cluster 12, node 12 */
static void put_node(struct outbuf *o, uint32_t node)
{
	outbuf_printf(o, "%u.%u.%u", node >> 24, node >> 12 & 0xfff, node & 0xfff);
}

static bool get_node(const struct packet *p, const struct layer *l, const struct field *f, struct value *v)
{
	enum { SIZE = 16 };
	uint8_t *text;
	struct outbuf o;
	const uint8_t *h;

	if (l->hlen < f->offset + 4u || packet_bytes(p, l, &h) < l->hlen || (l->aux[0] == DISCOVERY && f->offset > 12) ||
	    !(text = packet_scratch((struct packet *)p, SIZE)))
		return false;
	outbuf_fixed(&o, (char *)text, SIZE);
	put_node(&o, get_be32(h + f->offset));
	v->bytes = text;
	v->len = (uint32_t)outbuf_len(&o);
	return true;
}

/* ---- text ------------------------------------------------------------------------------- */

static NAMED_VALUES(users,
	(0, "Low Importance Data payload"), (1, "Medium Importance Data payload"), (2, "High Importance Data payload"),
	(3, "Critical Importance Data payload"), (BROADCAST, "Broadcast Link Protocol internal"),
	(BUNDLER, "Message Bundler Protocol internal"), (LINK, "Link State Protocol internal"),
	(CONNECTION, "Connection Manager internal"), (CHANGEOVER, "Link Changeover Protocol internal"),
	(NAMES, "Name Table Update Protocol internal"), (FRAGMENTS, "Message Fragmentation Protocol internal"),
	(DISCOVERY, "Neighbor Detection Protocol internal")
);

static void put_type(struct outbuf *o, unsigned user, uint32_t word)
{
	static const char messages[][11] = { "CONN_MSG", "MCAST_MSG", "NAMED_MSG", "DIRECT_MSG" };
	unsigned type = word >> 29;

	outbuf_str(o, ", messageType ");
	if (user == DISCOVERY)
		outbuf_str(o, type > 1 ? "Unknown" : type ? "Link response" : "Link request");
	else
		outbuf_str(o, type < 4 ? messages[type] : "Unknown");
}

static void put_ends(struct outbuf *o, const struct layer *l, const uint8_t *h)
{
	bool ports = has_ports(l), named = l->aux[1] >= LONG;

	if (l->aux[0] == DISCOVERY) {
		put_node(o, get_be32(h + 12));
		outbuf_str(o, " > ");
		put_node(o, get_be32(h + 8));
		return;
	}
	put_node(o, get_be32(h + (named ? 24 : 12)));
	if (ports)
		outbuf_printf(o, ":%u", get_be32(h + 16));
	outbuf_str(o, " > ");
	if (named)
		put_node(o, get_be32(h + 28));
	if (ports)
		outbuf_printf(o, "%s%u", named ? ":" : "", get_be32(h + 20));
}

static void tipc_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	const char *name = named_value(&users, l->aux[0]);
	struct outbuf *o = s->out;
	const uint8_t *h;
	uint32_t word;

	if (packet_bytes(p, l, &h) < l->hlen || l->hlen < SHORT)
		return;
	word = get_be32(h);
	outbuf_printf(o, "TIPC v%u.0", word >> 29);
	if (!name || (!has_ports(l) && l->aux[1] < LONG)) {
		outbuf_printf(o, ", user %u, length %u", l->aux[0], summary_outer_len(p, l));
		return;
	}
	outbuf_char(o, ' ');
	put_ends(o, l, h);
	outbuf_printf(o, ", headerlength %u bytes, MessageSize %u bytes, %s", l->aux[1], word & 0x1ffff, name);
	put_type(o, l->aux[0], get_be32(h + 4));
	if (!has_ports(l) && l->aux[0] != DISCOVERY)
		outbuf_printf(o, " (0x%08x)", get_be32(h + 4) & 0xe0000000);
	if (!s->verbose || !has_ports(l) || l->aux[1] < LONG)
		return;
	outbuf_str(o, "\n\tPrevious Node ");
	put_node(o, get_be32(h + 12));
	outbuf_printf(o, ", Broadcast Ack %u, Link Ack %u, Link Sequence %u", get_be16(h + 6), get_be16(h + 8), get_be16(h + 10));
}

/* ---- tables ------------------------------------------------------------------------------ */

#define WORD(n, off, lab) FIELD_HAS(n, lab, (.get = get_word), .type = FIELD_UINT, .offset = off)
#define BITS(n, off, msk, lab) \
	FIELD_HAS(n, lab, (.get = get_word), .type = FIELD_UINT, .offset = off, .mask = (msk) >> __builtin_ctz(msk), \
		.shift = __builtin_ctz(msk))
#define NODE(n, off, lab) FIELD_HAS(n, lab, (.get = get_node), .type = FIELD_STRING, .offset = off)

FIELD_TABLE(tipc_fields,
	(VER, BITS("tipc.ver", 0, 0xe0000000, "Version")),
	(USR, BITS("tipc.usr", 0, 0x1e000000, "User")),
	(HDR_SIZE, BITS("tipc.hdr_size", 0, 0x01e00000, "Length of the header, words")),
	(NON_SEQUENCED, BITS("tipc.non_sequenced", 0, 0x00100000, "Not in sequence")),
	(DESTDROP, BITS("tipc.destdrop", 0, 0x00080000, "The destination may drop it")),
	(SRCDROP, BITS("tipc.srcdrop", 0, 0x00040000, "The source may drop it")),
	(SYN, BITS("tipc.syn", 0, 0x00020000, "Asks for a connection")),
	(MSG_SIZE, BITS("tipc.msg_size", 0, 0x0001ffff, "Length of the message")),
	(DATA_TYPE, BITS("tipc.data_type", 4, 0xe0000000, "Type of data")),
	(ERRORCODE, BITS("tipcv2.errorcode", 4, 0x1e000000, "Error")),
	(REROUTES, BITS("tipcv2.rer_cnt", 4, 0x01e00000, "Times rerouted")),
	(SCOPE, BITS("tipcv2.lookup_scope", 4, 0x00180000, "Scope of the look-up")),
	(OPT_P, BITS("tipcv2.opt_p", 4, 0x00070000, "Position of options")),
	(BROADCAST_ACK, BITS("tipcv2.broadcast_ack_no", 4, 0x0000ffff, "Broadcast acknowledged")),
	(LINK_ACK, BITS("tipcv2.link_level_ack_no", 8, 0xffff0000, "Acknowledged")),
	(LINK_SEQ, BITS("tipcv2.link_level_seq_no", 8, 0x0000ffff, "Sequence number")),
	(PREV_NODE, NODE("tipcv2.prev_node", 12, "Previous node")),
	(ORG_PORT, WORD("tipc.org_port", 16, "Source port")),
	(DST_PORT, WORD("tipc.dst_port", 20, "Destination port")),
	(ORIG_NODE, NODE("tipcv2.orig_node", 24, "Source node")),
	(DEST_NODE, NODE("tipcv2.dest_node", 28, "Destination node")),
	(NAME_TYPE, WORD("tipcv2.port_name_type", 32, "Type of the name")),
	(NAME_INSTANCE, WORD("tipcv2.port_name_instance", 36, "Instance of the name"))
);

static const struct claim tipc_claims[] = { { CLAIM_ETHERTYPE, 0x88ca }, { CLAIM_NONE, 0 } };

const struct protocol proto_tipc = {
	.name = "tipc",
	.column = "TIPC",
	.title = "Transparent Inter-Process Communication",
	.reference = "https://tipc.io/protocol.html",
	.decode = tipc_decode,
	.summary = tipc_summary,
	PROTOCOL_FIELDS(tipc_fields),
	.claims = tipc_claims,
};
