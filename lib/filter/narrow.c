/* SPDX-License-Identifier: MIT */
/*
 * The demands that a filter's tree makes of addresses, ports and times: the same walk as pushdown.c, for an index instead of
 * the kernel. Each subtree becomes a term that is true of all packets the subtree matches. "or" with anything is anything,
 * "and" with anything is the rest, a negation is anything: an index knows what occurs, not what does not.
 *
 * Two hosts and two ports of one transport in an "and" are a flow as well. Which port is whose end is often not said, then it
 * is one of two flows.
 *
 * A test of one value in many (a network, a range) is as many terms while they are few; beyond, an index is no help.
 */
#include "filter/narrow.h"

#include "internal.h"

enum { VALUES_MAX = 32, MANY = 0xffff, NONE = 0xfffe };
enum side { EITHER_SIDE, SOURCE_SIDE, DESTINATION_SIDE };

static const uint8_t transports[] = { 6, 17, 132, 33, 136 };

struct builder {
	struct narrow *n;
	uint8_t side[NARROW_TERMS_MAX];  /* enum side, of hosts and ports */
	uint8_t carry[NARROW_TERMS_MAX]; /* of ports: which of transports[], a bit each */
};

/* ---- which fields ----------------------------------------------------------------------------- */

static const struct known_field {
	const char *name;
	uint8_t kind, side, carry;
} known_fields[] = {
	{ "ip.addr", NARROW_HOST, EITHER_SIDE, 0 }, { "ip.src", NARROW_HOST, SOURCE_SIDE, 0 },
	{ "ip.dst", NARROW_HOST, DESTINATION_SIDE, 0 },
	{ "ipv6.addr", NARROW_HOST, EITHER_SIDE, 0 }, { "ipv6.src", NARROW_HOST, SOURCE_SIDE, 0 },
	{ "ipv6.dst", NARROW_HOST, DESTINATION_SIDE, 0 },
	{ "arp.src.proto_ipv4", NARROW_HOST, SOURCE_SIDE, 0 }, { "arp.dst.proto_ipv4", NARROW_HOST, DESTINATION_SIDE, 0 },
	{ "tcp.port", NARROW_PORT, EITHER_SIDE, 1 }, { "tcp.srcport", NARROW_PORT, SOURCE_SIDE, 1 },
	{ "tcp.dstport", NARROW_PORT, DESTINATION_SIDE, 1 },
	{ "udp.port", NARROW_PORT, EITHER_SIDE, 2 }, { "udp.srcport", NARROW_PORT, SOURCE_SIDE, 2 },
	{ "udp.dstport", NARROW_PORT, DESTINATION_SIDE, 2 },
	{ "sctp.port", NARROW_PORT, EITHER_SIDE, 4 }, { "sctp.srcport", NARROW_PORT, SOURCE_SIDE, 4 },
	{ "sctp.dstport", NARROW_PORT, DESTINATION_SIDE, 4 },
	{ "dccp.port", NARROW_PORT, EITHER_SIDE, 8 }, { "dccp.srcport", NARROW_PORT, SOURCE_SIDE, 8 },
	{ "dccp.dstport", NARROW_PORT, DESTINATION_SIDE, 8 },
	{ "udplite.port", NARROW_PORT, EITHER_SIDE, 16 }, { "udplite.srcport", NARROW_PORT, SOURCE_SIDE, 16 },
	{ "udplite.dstport", NARROW_PORT, DESTINATION_SIDE, 16 },
	{ "frame.time", NARROW_TIME, 0, 0 }, { "frame.time_epoch", NARROW_TIME, 0, 0 },
};

static bool is_field(const struct field *f, const char *name)
{
	return f && f == field_find(name, strlen(name));
}

static const struct known_field *find_known(const struct field *f)
{
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(known_fields[0]); i++)
		if (is_field(f, known_fields[i].name))
			return &known_fields[i];
	return NULL;
}

/* The transports of the protocols that are asked the same question; false when one is no transport that an index knows. */
static bool carries(const struct proto_set *also, uint8_t *carry)
{
	static const uint8_t proto[] = { PROTO_tcp, PROTO_udp, PROTO_sctp, PROTO_dccp, PROTO_udplite };
	struct proto_set left = *also;

	for (unsigned i = 0; i < sizeof(proto); i++) {
		if (proto_set_has(&left, proto[i]))
			*carry |= (uint8_t)(1u << i);
		proto_set_remove(&left, proto[i]);
	}
	for (unsigned i = 0; i < PROTO_SET_BITS / 64; i++)
		if (left.bits[i])
			return false;
	return true;
}

/* ---- terms -------------------------------------------------------------------------------------- */

static uint16_t term_new(struct builder *b, enum narrow_kind kind)
{
	if (b->n->count == NARROW_TERMS_MAX)
		return MANY;
	b->n->term[b->n->count] = (struct narrow_term){ .kind = kind };
	b->side[b->n->count] = EITHER_SIDE;
	b->carry[b->n->count] = 0;
	return b->n->count++;
}

static bool same_end(const struct narrow_end *a, const struct narrow_end *b)
{
	return a->len == b->len && a->port == b->port && !memcmp(a->addr, b->addr, a->len);
}

/* A list of terms under construction. */
struct list {
	uint16_t first, last, count;
	bool either;            /* of an "or": which side is no matter then */
};

static void list_add(struct builder *b, struct list *l, uint16_t term)
{
	struct narrow_term *t = b->n->term;

	for (uint16_t i = l->first; i; i = t[i].next)
		if (t[i].kind == t[term].kind && (t[i].kind == NARROW_HOST || t[i].kind == NARROW_PORT) &&
		    same_end(&t[i].end[0], &t[term].end[0]) && (l->either || b->side[i] == b->side[term])) {
			if (b->side[i] != b->side[term])
				b->side[i] = EITHER_SIDE;
			b->carry[i] |= b->carry[term];
			return; /* "host a" asks the same of ip.addr and of arp's; one lookup does */
		}
	if (l->first)
		t[l->last].next = term;
	else
		l->first = term;
	l->last = term;
	l->count++;
}

static uint16_t list_close(struct builder *b, const struct list *l, enum narrow_kind kind)
{
	uint16_t term;

	if (l->count == 1)
		return l->first;
	term = term_new(b, kind);
	if (term != MANY)
		b->n->term[term].first = l->first;
	return term;
}

static uint16_t leaf(struct builder *b, const struct known_field *k, uint8_t carry, const struct narrow_end *end)
{
	uint16_t term = term_new(b, k->kind);

	if (term == MANY)
		return MANY;
	b->n->term[term].end[0] = *end;
	b->side[term] = k->side;
	b->carry[term] = carry;
	return term;
}

/* ---- tests ---------------------------------------------------------------------------------------- */

static uint16_t time_term(struct builder *b, const struct test *t)
{
	uint64_t lo = UINT64_MAX, hi = 0;
	uint16_t term;

	if (t->kind != PREDICATE_KEYS || b->n->needs != NEEDS_PACKET)
		return MANY;
	for (uint32_t i = 0; i < t->nkeys; i++) {
		lo = t->keys[i].lo < lo ? t->keys[i].lo : lo;
		hi = t->keys[i].lo + t->keys[i].span > hi ? t->keys[i].lo + t->keys[i].span : hi;
	}
	if (!t->nkeys)
		return NONE;
	term = term_new(b, NARROW_TIME);
	if (term != MANY) {
		b->n->term[term].from_ns = (int64_t)(lo ^ KEY_SIGN);
		b->n->term[term].to_ns = (int64_t)(hi ^ KEY_SIGN);
	}
	return term;
}

static void store_be(uint8_t *to, uint64_t v, unsigned bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

/* Ports and IPv4 addresses: every value of the ranges, if these are few. */
static uint16_t key_terms(struct builder *b, const struct test *t, const struct known_field *k, uint8_t carry)
{
	struct list l = { .either = true };
	uint64_t values = 0;

	for (uint32_t i = 0; i < t->nkeys; i++) {
		if (t->keys[i].span >= VALUES_MAX || values >= VALUES_MAX)
			return MANY;
		values += t->keys[i].span + 1;
	}
	if (values > VALUES_MAX)
		return MANY;
	for (uint32_t i = 0; i < t->nkeys; i++)
		for (uint64_t v = t->keys[i].lo; v - t->keys[i].lo <= t->keys[i].span; v++) {
			struct narrow_end end = { .len = 0 };
			uint16_t term;

			if (v > (k->kind == NARROW_PORT ? 0xffff : 0xffffffff))
				continue;
			if (k->kind == NARROW_PORT) {
				end.port = (uint16_t)v;
			} else {
				end.len = 4;
				store_be(end.addr, v, 4);
			}
			term = leaf(b, k, carry, &end);
			if (term == MANY)
				return MANY;
			list_add(b, &l, term);
		}
	return l.count ? list_close(b, &l, NARROW_ONE_OF) : NONE;
}

static uint16_t ipv6_terms(struct builder *b, const struct test *t, const struct known_field *k)
{
	struct narrow_end end = { .len = 16 };
	struct list l = { .either = true };

	if (t->kind == PREDICATE_PREFIX) {
		if (t->prefix_mask[0] != UINT64_MAX || t->prefix_mask[1] != UINT64_MAX)
			return MANY;
		store_be(end.addr, t->prefix[0], 8);
		store_be(end.addr + 8, t->prefix[1], 8);
		return leaf(b, k, 0, &end);
	}
	if (t->kind != PREDICATE_BYTES || t->nranges > VALUES_MAX)
		return MANY;
	for (uint32_t i = 0; i < t->nranges; i++) {
		const struct byte_range *r = &t->ranges[i];
		uint16_t term;

		if (!r->lo || !r->hi || r->lo_open || r->hi_open || r->lo_len != 16 || r->hi_len != 16 || memcmp(r->lo, r->hi, 16))
			return MANY;
		memcpy(end.addr, r->lo, 16);
		term = leaf(b, k, 0, &end);
		if (term == MANY)
			return MANY;
		list_add(b, &l, term);
	}
	return l.count ? list_close(b, &l, NARROW_ONE_OF) : NONE;
}

static uint16_t test_term(struct builder *b, const struct test *t)
{
	const struct known_field *k = t->operand && !t->operand->steps ? find_known(t->operand->field) : NULL;
	uint8_t carry = k ? k->carry : 0;

	if (!k || t->invert || t->other)
		return MANY;
	if (k->kind == NARROW_TIME)
		return time_term(b, t);
	if (!carries(&t->also, &carry) || (k->kind == NARROW_HOST && carry))
		return MANY;
	if (t->operand->type == FIELD_IPV6)
		return ipv6_terms(b, t, k);
	return t->kind == PREDICATE_KEYS ? key_terms(b, t, k, carry) : MANY;
}

/* ---- flows ------------------------------------------------------------------------------------------- */

/* The two different things of a kind that a list demands, the source first if that is known. */
struct ends {
	uint16_t term[2];
	bool placed;            /* term[0] is the source's, term[1] the destination's */
};

static bool two_ends(const struct builder *b, const struct list *l, enum narrow_kind kind, struct ends *e)
{
	const struct narrow_term *t = b->n->term;
	uint16_t source = 0, destination = 0;

	*e = (struct ends){ { 0, 0 }, false };
	for (uint16_t i = l->first; i; i = t[i].next) {
		if (t[i].kind != kind)
			continue;
		if (b->side[i] == SOURCE_SIDE)
			source = i;
		if (b->side[i] == DESTINATION_SIDE)
			destination = i;
		if (!e->term[0])
			e->term[0] = i;
		else if (!e->term[1] && !same_end(&t[i].end[0], &t[e->term[0]].end[0]))
			e->term[1] = i;
	}
	if (source && destination)
		*e = (struct ends){ { source, destination }, true };
	return e->term[0] && e->term[1];
}

static bool add_flow(struct builder *b, struct list *l, uint8_t ipproto, const struct ends *hosts, const struct ends *ports,
		     bool crossed)
{
	uint16_t term = term_new(b, NARROW_FLOW);
	struct narrow_term *t = b->n->term;

	if (term == MANY)
		return false;
	t[term].ipproto = ipproto;
	for (unsigned i = 0; i < 2; i++) {
		t[term].end[i] = t[hosts->term[i]].end[0];
		t[term].end[i].port = t[ports->term[crossed ? 1 - i : i]].end[0].port;
	}
	list_add(b, l, term);
	return true;
}

/* What an "and" of hosts and ports says of flows: one more demand. */
static void flows_of(struct builder *b, struct list *l)
{
	const struct narrow_term *t = b->n->term;
	struct ends hosts, ports;
	struct list flows = { 0 };
	uint16_t term;
	uint8_t carry;

	if (!two_ends(b, l, NARROW_HOST, &hosts) || !two_ends(b, l, NARROW_PORT, &ports) ||
	    t[hosts.term[0]].end[0].len != t[hosts.term[1]].end[0].len)
		return;
	carry = b->carry[ports.term[0]] & b->carry[ports.term[1]];
	for (unsigned i = 0; i < sizeof(transports); i++) {
		if (!(carry >> i & 1))
			continue;
		if (!add_flow(b, &flows, transports[i], &hosts, &ports, false))
			return;
		if (!(hosts.placed && ports.placed) && t[ports.term[0]].end[0].port != t[ports.term[1]].end[0].port &&
		    !add_flow(b, &flows, transports[i], &hosts, &ports, true))
			return;
	}
	if (!flows.count)
		return;
	term = list_close(b, &flows, NARROW_ONE_OF);
	if (term == MANY)
		return;
	b->n->term[term].next = l->first; /* in front: the sharpest question */
	l->first = term;
	l->count++;
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

static uint16_t node_term(struct builder *b, const struct node *n, unsigned depth);

static uint16_t all_of(struct builder *b, const struct node *n, unsigned depth)
{
	struct list l = { 0 };

	for (const struct node *c = n->first; c; c = c->next) {
		uint16_t term = node_term(b, c, depth);

		if (term == NONE)
			return NONE;
		if (term != MANY)
			list_add(b, &l, term);
	}
	flows_of(b, &l);
	return l.count ? list_close(b, &l, NARROW_ALL_OF) : MANY;
}

static uint16_t one_of(struct builder *b, const struct node *n, unsigned depth)
{
	struct list l = { .either = true };

	for (const struct node *c = n->first; c; c = c->next) {
		uint16_t term = node_term(b, c, depth);

		if (term == MANY)
			return MANY;
		if (term != NONE)
			list_add(b, &l, term);
	}
	return l.count ? list_close(b, &l, NARROW_ONE_OF) : NONE;
}

static uint16_t node_term(struct builder *b, const struct node *n, unsigned depth)
{
	if (depth == NARROW_DEPTH_MAX)
		return MANY;
	switch (n->kind) {
	case NODE_TEST: return test_term(b, n->test);
	case NODE_AND: return all_of(b, n, depth + 1);
	case NODE_OR: return one_of(b, n, depth + 1);
	default: return MANY;
	}
}

/* ---- what else must be seen ------------------------------------------------------------------------------- */

static void at_least(struct narrow *n, enum narrow_needs needs)
{
	if (n->needs < needs)
		n->needs = (uint8_t)needs;
}

static void field_needs(void *narrow, const struct field *f)
{
	unsigned proto = field_proto(f);

	if (f->innermost || (f->conversation && !f->analysis) || is_field(f, "frame.interface_id"))
		at_least(narrow, NEEDS_ALL); /* any protocol may be meant; numbers in order of appearance */
	if (f->conversation || f->analysis)
		at_least(narrow, NEEDS_CONNECTION);
	/* what they answer is remembered of a pair of hosts, whatever ports are quoted */
	if ((proto == PROTO_icmp || proto == PROTO_icmpv6) && f->type != FIELD_PROTOCOL && !f->width)
		at_least(narrow, NEEDS_ALL);
}

static void proto_needs(struct narrow *n, unsigned proto)
{
	/* those that others announce, and what is left when nobody knows better */
	static const uint8_t announced[] = { PROTO_rtp, PROTO_rtcp, PROTO_ftp_data, PROTO_tftp, PROTO_data };

	if (protocols[proto]->application || protocols[proto]->notes)
		at_least(n, NEEDS_CONNECTION);
	if (memchr(announced, (int)proto, sizeof(announced)))
		at_least(n, NEEDS_ALL);
}

static void find_needs(const struct filter *f, struct narrow *n)
{
	struct decoder d;

	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++) {
		const struct test *t = f->ops[i].test;

		operand_fields(t->operand, field_needs, n);
		operand_fields(t->other, field_needs, n);
		for (unsigned proto = 0; proto < PROTO_COUNT; proto++)
			if (proto_set_has(&f->ops[i].protos, proto))
				proto_needs(n, proto);
	}
	decoder_init(&d);
	filter_want(f, &d);
	if (d.names) /* learnt from everybody's DNS */
		at_least(n, NEEDS_ALL);
	decoder_release(&d);
}

void filter_narrow(const struct filter *f, struct narrow *n)
{
	struct builder b = { .n = n };
	uint16_t root = MANY;

	n->needs = NEEDS_PACKET;
	n->count = 1; /* the root's place */
	find_needs(f, n);
	if (n->needs != NEEDS_ALL)
		root = node_term(&b, f->tree, 0);
	n->term[0] = (struct narrow_term){ .kind = root == NONE ? NARROW_NOTHING : NARROW_ANYTHING };
	if (root != MANY && root != NONE)
		n->term[0] = n->term[root];
	n->term[0].next = 0;
}

/* ---- in words ------------------------------------------------------------------------------------------------ */

static void put_address(struct outbuf *o, const struct narrow_end *e)
{
	if (e->len == 4)
		outbuf_ipv4(o, e->addr);
	else
		outbuf_ipv6(o, e->addr);
}

static void put_end(struct outbuf *o, const struct narrow_end *e)
{
	outbuf_str(o, e->len == 4 ? "" : "[");
	put_address(o, e);
	outbuf_str(o, e->len == 4 ? ":" : "]:");
	outbuf_u64(o, e->port);
}

static void put_list(const struct narrow *n, const struct narrow_term *t, struct outbuf *o);

static void put_term(const struct narrow *n, const struct narrow_term *t, struct outbuf *o)
{
	switch (t->kind) {
	case NARROW_ANYTHING: outbuf_str(o, "anything"); break;
	case NARROW_NOTHING: outbuf_str(o, "nothing"); break;
	case NARROW_HOST:
		outbuf_str(o, "host ");
		put_address(o, &t->end[0]);
		break;
	case NARROW_PORT:
		outbuf_str(o, "port ");
		outbuf_u64(o, t->end[0].port);
		break;
	case NARROW_FLOW:
		outbuf_str(o, t->ipproto == 6 ? "tcp " : t->ipproto == 17 ? "udp " : t->ipproto == 132 ? "sctp " :
			      t->ipproto == 33 ? "dccp " : "udplite ");
		put_end(o, &t->end[0]);
		outbuf_str(o, " - ");
		put_end(o, &t->end[1]);
		break;
	case NARROW_TIME:
		outbuf_str(o, "time ");
		if (t->from_ns != INT64_MIN)
			outbuf_epoch(o, t->from_ns, 9);
		outbuf_str(o, "..");
		if (t->to_ns != INT64_MAX)
			outbuf_epoch(o, t->to_ns, 9);
		break;
	default: put_list(n, t, o);
	}
}

static void put_list(const struct narrow *n, const struct narrow_term *t, struct outbuf *o)
{
	for (uint16_t i = t->first; i; i = n->term[i].next) {
		const struct narrow_term *c = &n->term[i];
		bool group = c->kind == NARROW_ALL_OF || c->kind == NARROW_ONE_OF;

		if (i != t->first)
			outbuf_str(o, t->kind == NARROW_ALL_OF ? " and " : " or ");
		outbuf_str(o, group ? "(" : "");
		put_term(n, c, o);
		outbuf_str(o, group ? ")" : "");
	}
}

void narrow_format(const struct narrow *n, struct outbuf *o)
{
	put_term(n, &n->term[0], o);
}
