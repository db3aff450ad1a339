/* SPDX-License-Identifier: MIT */
/*
 * The half of a display filter that the kernel can do: a BPF expression that lets through everything the filter matches and
 * as little else as possible.
 *
 * A display filter sees through tags, extension headers and quoted packets; BPF's words look at one place. So packets are
 * parted in two. A *plain* one is link header, IPv4 (whole or a first fragment) or IPv6 without extension headers or ARP,
 * then TCP, UDP, ICMP or ICMPv6, whole and in order. For plain packets each test has an upper bound in BPF's words, often an
 * exact one. Everything else is a *carrier* and passes:
 *
 *     short and contradictory headers  or  bound for plain packets  or  other carriers  [or  vlan]
 *
 * The order matters: a BPF load behind the end of the packet rejects it, whatever stands behind the "or", so what is too
 * short must have passed before; and libpcap's "vlan" moves the offsets of all that follows it.
 *
 * Of a TCP connection whose applications it looks into, it takes all segments, as any of them may carry a message's end:
 * only tests that say the same of all of them narrow it.
 *
 * A filter that looks into applications sees whole datagrams, at the fragment that completes them (decode/packet.h): then all
 * fragments are carriers.
 *
 * Which carriers there are is asked of the decoder: whoever claims an IP protocol or a port and is neither one of the plain
 * protocols nor an end (an application) is one, and so is every other ethertype; a new tunnel needs no line here.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

enum level { LEVEL_FRAME, LEVEL_LINK, LEVEL_NETWORK, LEVEL_TRANSPORT };
enum truth { NEVER, SOMETIMES, ALWAYS };
enum { TEXT_MAX = 4096, KEYS_MAX = 32, KERNEL_INSNS_MAX = 4096 };

/* Upper bound of a subtree for plain packets. */
struct bound {
	uint8_t truth; /* enum truth; text only for SOMETIMES */
	bool exact;    /* equal, not only above */
	const char *text;
};

struct push {
	struct pool pool;
	unsigned linktype;
	uint8_t link_proto, link_len;
	bool ethernet;
	uint8_t level;        /* enum level: how deep the filter looks */
	bool negated;         /* some test counts when it is false */
	bool tagged;          /* a VLAN tag makes a difference even at the outermost level */
	bool messages;        /* looks into applications over TCP: their messages need all segments of a connection */
	bool whole;           /* looks into applications: datagrams are put together, their ports are in one fragment only */
	bool failed;          /* too long, or no memory */
	uint32_t need[LEVEL_TRANSPORT + 1]; /* bytes of the ARP or IP header, and of the transport header, that are looked at */
};

/* The plain protocols, libpcap's words for them, and where their bytes are. */
static const struct plain {
	uint8_t proto, level;
	const char *word;    /* the protocol is there */
	const char *access;  /* its bytes: access[offset:width] */
	uint8_t ip6_next;    /* libpcap reaches the transport headers of IPv4 only; for IPv6 they are ip6[40 + offset:width] */
} plains[] = {
	{ PROTO_arp, LEVEL_NETWORK, "arp", "arp", 0 },
	{ PROTO_ip, LEVEL_NETWORK, "ip", "ip", 0 },
	{ PROTO_ipv6, LEVEL_NETWORK, "ip6", "ip6", 0 },
	{ PROTO_tcp, LEVEL_TRANSPORT, "tcp", "tcp", 6 },
	{ PROTO_udp, LEVEL_TRANSPORT, "udp", "udp", 17 },
	{ PROTO_icmp, LEVEL_TRANSPORT, "icmp", "icmp", 0 },
	{ PROTO_icmpv6, LEVEL_TRANSPORT, "icmp6", NULL, 58 },
};

static const struct plain *find_plain(unsigned proto)
{
	for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++)
		if (plains[i].proto == proto)
			return &plains[i];
	return NULL;
}

/* ---- texts and bounds ---------------------------------------------------------------- */

static const char *text_of(struct push *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *text_of(struct push *s, const char *fmt, ...)
{
	char buf[TEXT_MAX], *copy;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	copy = n >= 0 && n < TEXT_MAX ? pool_alloc(&s->pool, (size_t)n + 1) : NULL;
	if (!copy) {
		s->failed = true;
		return "";
	}
	memcpy(copy, buf, (size_t)n + 1);
	return copy;
}

static struct bound never(void)
{
	return (struct bound){ NEVER, true, "" };
}

static struct bound always(bool exact)
{
	return (struct bound){ ALWAYS, exact, "" };
}

static struct bound sometimes(const char *text, bool exact)
{
	return (struct bound){ SOMETIMES, exact, text };
}

/* Does `word` (" or ", " and ") stand outside of parentheses? libpcap reads and and or from left to right, as equals. */
static bool has_outside(const char *text, const char *word)
{
	int depth = 0;

	for (; *text; text++) {
		depth += (*text == '(') - (*text == ')');
		if (!depth && !strncmp(text, word, strlen(word)))
			return true;
	}
	return false;
}

static const char *grouped_if(struct push *s, const char *text, bool group)
{
	return group ? text_of(s, "(%s)", text) : text;
}

static const char *grouped(struct push *s, const char *text)
{
	return grouped_if(s, text, has_outside(text, " or ") || has_outside(text, " and "));
}

/* Is `last` all of the text or its last alternative? */
static bool ends_in(const char *text, const char *last)
{
	size_t n = strlen(text), k = strlen(last);

	return n >= k && !strcmp(text + n - k, last) && (n == k || (n > k + 4 && !strncmp(text + n - k - 4, " or ", 4)));
}

static struct bound either(struct push *s, struct bound a, struct bound b)
{
	if (a.truth == ALWAYS || b.truth == ALWAYS)
		return always((a.truth == ALWAYS && a.exact) || (b.truth == ALWAYS && b.exact));
	if (a.truth == NEVER)
		return b;
	if (b.truth == NEVER || ends_in(a.text, b.text))
		return (struct bound){ a.truth, a.exact && b.exact, a.text };
	return sometimes(text_of(s, "%s or %s", grouped_if(s, a.text, has_outside(a.text, " and ")),
				 grouped_if(s, b.text, has_outside(b.text, " and "))), a.exact && b.exact);
}

static struct bound both(struct push *s, struct bound a, struct bound b)
{
	if (a.truth == NEVER || b.truth == NEVER)
		return never();
	if (a.truth == ALWAYS)
		return (struct bound){ b.truth, a.exact && b.exact, b.text };
	if (b.truth == ALWAYS || !strcmp(a.text, b.text))
		return (struct bound){ a.truth, a.exact && b.exact, a.text };
	return sometimes(text_of(s, "%s and %s", grouped_if(s, a.text, has_outside(a.text, " or ")),
				 grouped_if(s, b.text, has_outside(b.text, " or "))), a.exact && b.exact);
}

static struct bound negated(struct push *s, struct bound b)
{
	if (!b.exact)
		return always(false);
	if (b.truth != SOMETIMES)
		return b.truth == NEVER ? always(true) : never();
	return sometimes(text_of(s, "not %s", grouped(s, b.text)), true);
}

/* ---- a protocol is there ---------------------------------------------------------------- */

static void look_at(struct push *s, uint8_t level, uint32_t bytes)
{
	if (level > s->level)
		s->level = level;
	if (bytes > s->need[level])
		s->need[level] = bytes;
}

/* Runs of the numbers of a kind that `proto` claims, each as a term like "tcp port 80" or "tcp portrange 80-81". */
static struct bound port_claims(struct push *s, unsigned proto, enum claim_kind kind, const char *word)
{
	struct bound b = never();

	for (unsigned v = 0; v < 65536; v++) {
		unsigned first = v;

		while (v < 65536 && decode_claimed(kind, v) == proto)
			v++;
		if (v == first + 1)
			b = either(s, b, sometimes(text_of(s, "%s port %u", word, first), false));
		else if (v > first)
			b = either(s, b, sometimes(text_of(s, "%s portrange %u-%u", word, first, v - 1), false));
	}
	return b;
}

/* Those that are only ever found by their ports and their own look, never inside another application (as TLS is in QUIC). */
static bool is_direct(unsigned proto)
{
	static const uint8_t direct[] = { PROTO_dns, PROTO_mdns, PROTO_dhcp, PROTO_ntp, PROTO_http };

	return memchr(direct, (int)proto, sizeof(direct)) != NULL;
}

/* An application protocol: where content decides, anywhere on its transport, otherwise on its ports. */
static struct bound application_there(struct push *s, unsigned proto)
{
	const struct protocol *p = protocols[proto];
	struct bound b;

	look_at(s, LEVEL_TRANSPORT, 4);
	s->whole = ENABLE_REASSEMBLY;
	if (!p->claims && !p->detect_on)
		return always(false); /* what nobody else knows */
	if (!is_direct(proto))
		return sometimes("tcp or udp", false);
	b = p->detect_on >> CLAIM_TCP_PORT & 1 ? sometimes("tcp", false) : port_claims(s, proto, CLAIM_TCP_PORT, "tcp");
	return either(s, b, p->detect_on >> CLAIM_UDP_PORT & 1 ? sometimes("udp", false) :
								 port_claims(s, proto, CLAIM_UDP_PORT, "udp"));
}

static struct bound proto_there(struct push *s, unsigned proto)
{
	const struct plain *plain = find_plain(proto);

	if (proto == PROTO_frame)
		return always(true);
	if (proto == s->link_proto) {
		look_at(s, LEVEL_LINK, 0);
		return always(true);
	}
	if (plain) {
		look_at(s, plain->level, 0);
		if (proto == PROTO_arp && !s->link_len)
			return never();
		return sometimes(plain->word, true);
	}
	if (protocols[proto]->application)
		return application_there(s, proto);
	look_at(s, proto == PROTO_vlan ? LEVEL_LINK : LEVEL_TRANSPORT, 0);
	s->tagged |= proto == PROTO_vlan;
	return never(); /* in no plain packet; its carrier passes */
}

static struct bound protos_there(struct push *s, const struct proto_set *set)
{
	struct bound b = never();

	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (proto_set_has(set, i))
			b = either(s, b, proto_there(s, i));
	return b;
}

/* ---- a number in a header ------------------------------------------------------------------ */

/* One range of `mask`ed numbers at `value`, a libpcap arithmetic expression of `max` at most. */
static struct bound in_range(struct push *s, const char *value, uint64_t lo, uint64_t hi, uint64_t max)
{
	unsigned long long l = lo, h = hi < max ? hi : max;

	if (lo > max)
		return never();
	if (l == 0 && h == max)
		return always(true);
	if (l == h)
		return sometimes(text_of(s, "%s == %llu", value, l), true);
	if (h == max)
		return sometimes(text_of(s, "%s >= %llu", value, l), true);
	if (l == 0)
		return sometimes(text_of(s, "%s <= %llu", value, h), true);
	return sometimes(text_of(s, "%s >= %llu and %s <= %llu", value, l, value, h), true);
}

static uint64_t all_bits(unsigned width)
{
	return width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
}

/* Is the number at `value` (unshifted) in the test's ranges? */
static struct bound in_ranges(struct push *s, const struct op *op, const char *value)
{
	uint64_t mask = op->mask & all_bits(op->width), max = mask >> op->shift;
	const struct test *t = op->test;
	struct bound b = never();

	for (uint32_t i = 0; i < t->nkeys; i++) {
		uint64_t lo = t->keys[i].lo, hi = lo + t->keys[i].span;
		struct bound one;

		if (lo > max)
			continue;
		if (hi > max)
			hi = max;
		one = in_range(s, value, lo << op->shift, hi << op->shift, mask);
		b = either(s, b, one);
	}
	return b;
}

/* "tcp src port 443", "ip dst net 10.0.0.0/8", "ether host ..": where libpcap has words that people read. */
static const char *worded(struct push *s, const struct op *op, const struct plain *plain, const struct key_range *k)
{
	const char *dir = op->nsources == 2 ? "" : op->offset[0] == (plain->level == LEVEL_TRANSPORT ? 0 : 12) ? "src " : "dst ";
	uint64_t hi = k->lo + k->span;
	unsigned bits = 32;

	if (op->mask != ~0ull)
		return NULL;
	if ((plain->proto == PROTO_tcp || plain->proto == PROTO_udp) && op->width == 2 && op->offset[0] <= 2 && hi <= 65535)
		return k->span ? text_of(s, "%s %sportrange %u-%u", plain->word, dir, (unsigned)k->lo, (unsigned)hi) :
				 text_of(s, "%s %sport %u", plain->word, dir, (unsigned)k->lo);
	if (plain->proto != PROTO_ip || op->test->operand->field->type != FIELD_IPV4 || (k->span & (k->span + 1)) ||
	    (k->lo & k->span) || k->span > 0xffffffff)
		return NULL;
	for (uint64_t span = k->span; span; span >>= 1)
		bits--;
	return text_of(s, "ip %s%s %u.%u.%u.%u%s", dir, bits == 32 ? "host" : "net", (unsigned)(k->lo >> 24 & 255),
		       (unsigned)(k->lo >> 16 & 255), (unsigned)(k->lo >> 8 & 255), (unsigned)(k->lo & 255),
		       bits == 32 ? "" : text_of(s, "/%u", bits));
}

/* One source of a fixed field, in IPv4 or in IPv6. */
static struct bound at_offset(struct push *s, const struct op *op, const char *access, unsigned offset)
{
	uint64_t mask = op->mask & all_bits(op->width);
	const char *value;

	if (op->width != 1 && op->width != 2 && op->width != 4)
		return always(false);
	value = op->width == 1 ? text_of(s, "%s[%u]", access, offset) : text_of(s, "%s[%u:%u]", access, offset, op->width);
	if (mask != all_bits(op->width))
		value = text_of(s, "%s & 0x%llx", value, (unsigned long long)mask);
	return in_ranges(s, op, value);
}

/* Combines what holds for each source as the test's quantifier says, each on its own negated if the test is. */
static struct bound combine(struct push *s, const struct op *op, struct bound so_far, struct bound one, unsigned k)
{
	if (op->invert)
		one = negated(s, one);
	if (!k)
		return one;
	return op->all ? both(s, so_far, one) : either(s, so_far, one);
}

/* A fixed field of one plain protocol. */
static struct bound fixed_in(struct push *s, const struct op *op, const struct plain *plain)
{
	struct bound there = proto_there(s, plain->proto), v4 = never(), v6 = never();
	const struct test *t = op->test;
	const char *words = NULL;

	if (there.truth == NEVER)
		return there;
	for (unsigned k = 0; k < op->nsources; k++)
		look_at(s, plain->level, op->offset[k] + op->width);
	if (t->kind == PREDICATE_EXISTS)
		return there;
	if (t->nkeys > KEYS_MAX || op->bias)
		return (struct bound){ there.truth, false, there.text };
	if (t->kind == PREDICATE_KEYS && !op->all && !op->invert && t->nkeys) {
		struct bound all = never();

		for (uint32_t i = 0; i < t->nkeys; i++) {
			words = worded(s, op, plain, &t->keys[i]);
			if (!words)
				break;
			all = either(s, all, sometimes(words, true));
		}
		if (words)
			return all;
	}
	for (unsigned k = 0; k < op->nsources; k++) {
		if (plain->access)
			v4 = combine(s, op, v4, at_offset(s, op, plain->access, op->offset[k]), k);
		if (plain->ip6_next)
			v6 = combine(s, op, v6, at_offset(s, op, "ip6", 40u + op->offset[k]), k);
	}
	if (plain->access && !plain->ip6_next)
		return both(s, there, v4);
	if (plain->ip6_next)
		v6 = both(s, sometimes(text_of(s, "ip6[6] == %u", plain->ip6_next), true), v6);
	if (!plain->access)
		return v6;
	v4 = both(s, sometimes(text_of(s, "ip proto %u", plain->ip6_next), true), v4);
	return either(s, v4, v6);
}

/* An IPv6 address or network. */
static struct bound prefix_bound(struct push *s, const struct op *op)
{
	const struct test *t = op->test;
	struct bound b = never();
	char text[64];
	struct outbuf o;
	uint8_t addr[16];
	unsigned bits = 0;

	look_at(s, LEVEL_NETWORK, 40);
	for (unsigned i = 0; i < 16; i++) {
		addr[i] = (uint8_t)(t->prefix[i / 8] >> (56 - 8 * (i % 8)));
		bits += (unsigned)__builtin_popcount((unsigned)(t->prefix_mask[i / 8] >> (56 - 8 * (i % 8)) & 255));
	}
	outbuf_fixed(&o, text, sizeof(text));
	outbuf_ipv6(&o, addr);
	outbuf_cstr(&o);
	for (unsigned k = 0; k < op->nsources; k++) {
		const char *dir = op->offset[k] == 8 ? "src" : "dst";
		struct bound one = always(true);

		if (bits)
			one = sometimes(bits == 128 ? text_of(s, "ip6 %s host %s", dir, text) :
						      text_of(s, "ip6 %s net %s/%u", dir, text, bits), true);
		b = combine(s, op, b, one, k);
	}
	return both(s, sometimes("ip6", true), b);
}

/* Ethernet addresses, one or a few. */
static struct bound ether_bound(struct push *s, const struct op *op)
{
	const struct test *t = op->test;
	struct bound b = never();

	look_at(s, LEVEL_LINK, 0);
	if (t->kind == PREDICATE_EXISTS || t->nkeys > KEYS_MAX)
		return always(false);
	for (unsigned k = 0; k < op->nsources; k++) {
		struct bound one = never();

		for (uint32_t i = 0; i < t->nkeys; i++) {
			uint64_t a = t->keys[i].lo;

			if (t->keys[i].span)
				return always(false);
			one = either(s, one, sometimes(text_of(s, "ether %s %02x:%02x:%02x:%02x:%02x:%02x", op->offset[k] ? "src" : "dst",
					(unsigned)(a >> 40 & 255), (unsigned)(a >> 32 & 255), (unsigned)(a >> 24 & 255),
					(unsigned)(a >> 16 & 255), (unsigned)(a >> 8 & 255), (unsigned)(a & 255)), true));
		}
		b = combine(s, op, b, one, k);
	}
	return b;
}

/* frame.len is what BPF calls len; but not in the kernel where a VLAN tag was taken off, nor with a cooked link header,
 * which libpcap adds later. */
static struct bound length_bound(struct push *s, const struct op *op)
{
	struct op len = *op;
	struct bound b;

	len.mask = ~0ull;
	len.width = 4;
	len.shift = 0;
	if (op->test->nkeys > KEYS_MAX || op->test->operand->steps || (s->link_len && !s->ethernet))
		return always(false);
	s->tagged = true;
	b = in_ranges(s, &len, "len");
	return op->invert ? negated(s, b) : b;
}

/* ---- the tree ---------------------------------------------------------------------------------- */

static struct bound test_bound(struct push *s, const struct test *t)
{
	const struct field *f = t->operand->field;
	struct bound b = never(), there;
	struct op op;

	op_of_test(&op, t);
	s->negated |= op.invert || op.all;
	if (op.code == OP_PRESENT)
		return protos_there(s, &op.protos);
	if (op.code == OP_GET && !strcmp(field_name(f), "frame.len") && t->kind == PREDICATE_KEYS)
		return length_bound(s, &op);
	if (op.code == OP_PREFIX && proto_set_has(&op.protos, PROTO_ipv6))
		return prefix_bound(s, &op);
	if ((op.code == OP_FIXED || op.code == OP_FIXED_SET) && f->type == FIELD_ETHER && proto_set_has(&op.protos, PROTO_eth))
		return s->ethernet ? ether_bound(s, &op) : protos_there(s, &op.protos);
	there = protos_there(s, &op.protos);
	there.exact = there.truth == NEVER;
	if (op.code != OP_FIXED && op.code != OP_FIXED_SET)
		return there;
	for (unsigned i = 0; i < PROTO_COUNT; i++)
		if (proto_set_has(&op.protos, i)) {
			const struct plain *plain = find_plain(i);

			if (!plain && proto_there(s, i).truth == NEVER)
				continue;
			if (!plain)
				return there;
			b = either(s, b, fixed_in(s, &op, plain));
		}
	return b;
}

/* Does a field say the same of all segments that one end of a connection sends, if it says anything of TCP? */
static bool is_steady(const struct field *f)
{
	static const char *const names[] = { "ip.version", "ip.proto", "ip.src", "ip.dst", "ip.addr", "ip.host", "ipv6.version",
					     "ipv6.nxt", "ipv6.src", "ipv6.dst", "ipv6.addr", "ipv6.host",
					     "tcp.srcport", "tcp.dstport", "tcp.port" };
	unsigned proto = f ? field_proto(f) : PROTO_frame;

	if (f && f->type == FIELD_PROTOCOL)
		return false; /* its bytes; that it is there is another kind of test */
	for (size_t i = 0; f && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(field_name(f), names[i]))
			return true;
	return proto != PROTO_frame && proto != PROTO_ip && proto != PROTO_ipv6 && proto != PROTO_tcp;
}

/* A test of single segments must not keep those from a message that carry the rest of it. */
static struct bound segments_bound(struct push *s, const struct test *t)
{
	struct bound b = test_bound(s, t);

	if (!s->messages || (t->kind == PREDICATE_EXISTS && t->operand->field && t->operand->field->type == FIELD_PROTOCOL) ||
	    (t->operand && is_steady(t->operand->field) && (!t->other || is_steady(t->other->field))))
		return b;
	look_at(s, LEVEL_TRANSPORT, 0);
	return either(s, b, sometimes("tcp", false));
}

static struct bound node_bound(struct push *s, const struct node *n)
{
	struct bound b;

	switch (n->kind) {
	case NODE_TRUE:
		return always(true);
	case NODE_TEST:
		return segments_bound(s, n->test);
	case NODE_NOT:
		s->negated = true;
		return negated(s, node_bound(s, n->first));
	}
	b = node_bound(s, n->first);
	for (const struct node *c = n->first->next; c && !s->failed; c = c->next)
		b = n->kind == NODE_AND ? both(s, b, node_bound(s, c)) : either(s, b, node_bound(s, c));
	return b;
}

/* ---- carriers ------------------------------------------------------------------------------------ */

/* What must have passed before the bound is asked: a load behind the end would reject the packet. */
static struct bound short_packets(struct push *s)
{
	unsigned link = s->link_len, transport = s->need[LEVEL_TRANSPORT] ? s->need[LEVEL_TRANSPORT] : 1;
	struct bound b = never();

	if (s->level < LEVEL_NETWORK)
		return b;
	b = sometimes(text_of(s, "len < %u", link + 20), false);
	if (s->need[LEVEL_NETWORK] > 20 && link)
		b = either(s, b, sometimes(text_of(s, "(arp and len < %u)", link + 28), false));
	b = either(s, b, sometimes(text_of(s, "(ip and len < %u + ((ip[0] & 15) << 2))", link + transport), false));
	b = either(s, b, sometimes(text_of(s, "(ip6 and len < %u)", link + 40 + transport), false));
	if (!s->negated)
		return b;
	/* contradictions end the decoding, but not libpcap's reading; that only matters where "not there" lets a packet through */
	b = either(s, b, sometimes(text_of(s, "(ip and (ip[0] < 0x45 or ip[0] > 0x4f or (ip[2:2] != 0 and ip[2:2] < %u + "
					   "((ip[0] & 15) << 2))))", transport), false));
	return either(s, b, sometimes(text_of(s, "(ip6 and (ip6[0] < 0x60 or ip6[0] > 0x6f or ip6[4:2] < %u))", transport),
				      false));
}

/* Neither plain nor an end: something may come behind it. */
static bool is_carrier(unsigned proto)
{
	return proto != PROTO_NONE && (!protocols[proto]->application || protocols[proto]->envelope) && !find_plain(proto);
}

/* "word 4 or 41 or 47": the numbers of one kind below `end` that carry something. */
static struct bound carrying(struct push *s, enum claim_kind kind, unsigned end, const char *word)
{
	const char *text = NULL;

	for (unsigned v = 0; v < end; v++) {
		unsigned proto = decode_claimed(kind, v);
		/* an ICMP or IP version in the other's packets is no plain packet either */
		bool plain = kind == CLAIM_IPPROTO && (v == 1 || v == 6 || v == 17);

		if (kind == CLAIM_IPPROTO ? proto != PROTO_NONE && !plain : is_carrier(proto))
			text = text ? text_of(s, "%s or %u", text, v) : text_of(s, "%s %u", word, v);
	}
	return text ? sometimes(text, false) : never();
}

/* Tunnels over UDP and TCP. */
static struct bound port_tunnels(struct push *s)
{
	struct bound b = carrying(s, CLAIM_UDP_PORT, 65536, "udp port");

	b = either(s, b, carrying(s, CLAIM_TCP_PORT, 65536, "tcp port"));
	for (unsigned proto = 0; proto < PROTO_COUNT; proto++)
		if (is_carrier(proto) && protocols[proto]->detect_on)
			b = either(s, b, sometimes("udp or tcp", false));
	return b;
}

/* Can Ethernet occur anywhere but at the start? */
static bool ethernet_within(void)
{
	for (unsigned v = 0; v < 65536; v++) {
		unsigned by_type = decode_claimed(CLAIM_ETHERTYPE, v), by_protocol = decode_claimed(CLAIM_IPPROTO, v & 255);

		if ((is_carrier(by_type) && by_type != PROTO_vlan) || is_carrier(by_protocol))
			return true;
	}
	return false;
}

static struct bound vlans(struct push *s)
{
	if (s->ethernet)
		return sometimes("vlan", false);
	return s->link_len ? sometimes("ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100", false) : never();
}

/* A tag that the kernel took off is no carrier: its filter sees a plain packet then, and means the same. "vlan", which also
 * knows those, is only needed where the tag itself makes a difference, and stands last as it moves the offsets behind it. */
static struct bound carriers(struct push *s)
{
	struct bound ports = s->level >= LEVEL_LINK ? port_tunnels(s) : never(), b = never();

	if (s->level == LEVEL_LINK && (ports.truth != NEVER || ethernet_within()))
		s->level = LEVEL_NETWORK;
	if (s->level >= LEVEL_NETWORK) {
		b = carrying(s, CLAIM_IPPROTO, 256, "ip proto");
		if (ports.truth != NEVER)
			look_at(s, LEVEL_TRANSPORT, 4);
		b = either(s, b, ports);
		/* other ethertypes, 802.3, tags */
		if (s->link_len)
			b = either(s, sometimes("(not ip and not ip6 and not arp)", false), b);
		/* extension headers and tunnels in IPv6 */
		b = either(s, b, sometimes("(ip6[6] != 6 and ip6[6] != 17 and ip6[6] != 58)", false));
		/* errors quote the packet they are about */
		b = either(s, b, sometimes("(icmp[0] != 0 and icmp[0] != 8) or (ip6[6] == 58 and ip6[40] < 128)", false));
		/* a later fragment has no transport header, whatever its number says; those of IPv6 have passed above */
		if (s->whole)
			b = either(s, b, sometimes("ip[6:2] & 0x3fff != 0", false));
		else if (s->negated)
			b = either(s, b, sometimes("ip[6:2] & 0x1fff != 0", false));
	}
	return s->tagged ? either(s, b, vlans(s)) : b;
}

/* ---- all together --------------------------------------------------------------------------------- */

static bool link_of(struct push *s, unsigned linktype)
{
	struct decoder d;

	decoder_init(&d); /* the claims */
	s->linktype = linktype;
	s->link_proto = decode_claimed(CLAIM_LINKTYPE, linktype);
	switch (linktype) {
	case LINKTYPE_ETHERNET: s->link_len = 14; s->ethernet = true; return true;
	case LINKTYPE_LINUX_SLL: s->link_len = 16; return true;
	case LINKTYPE_LINUX_SLL2: s->link_len = 20; return true;
	case LINKTYPE_RAW: case LINKTYPE_RAW_BSD12: return true;
	default: return false;
	}
}

/* Messages that are put together of segments. */
static bool may_be_over_tcp(const struct protocol *p)
{
	bool any = !p->claims;

	for (const struct claim *c = p->claims; c && c->kind != CLAIM_NONE; c++)
		any |= c->kind == CLAIM_TCP_PORT;
	return ENABLE_REASSEMBLY && p->application && (any || p->detect_on >> CLAIM_TCP_PORT & 1);
}

/* Fields that depend on packets before this one must see all of them. */
static void is_stateful(void *stateful, const struct field *f)
{
	*(bool *)stateful |= f->conversation || f->innermost;
}

void filter_bpf(const struct filter *f, unsigned linktype, char *bpf, size_t size, bool *exact)
{
	struct push s = { .level = LEVEL_FRAME };
	struct bound b = never(), carried;
	struct bpf *compiled = NULL;
	bool stateful = false;

	bpf[0] = 0;
	*exact = false;
	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++) {
		operand_fields(f->ops[i].test->operand, is_stateful, &stateful);
		operand_fields(f->ops[i].test->other, is_stateful, &stateful);
	}
	if (stateful)
		return;
	for (uint32_t i = PC_FIRST; i < PC_FIRST + f->nops; i++)
		for (unsigned proto = 0; proto < PROTO_COUNT; proto++)
			s.messages |= proto_set_has(&f->ops[i].protos, proto) && may_be_over_tcp(protocols[proto]);
	if (!link_of(&s, linktype))
		return;
	b = node_bound(&s, f->tree);
	if (b.truth != ALWAYS) {
		carried = carriers(&s);
		b = either(&s, short_packets(&s), either(&s, b, carried));
	}
	if (!s.failed && b.truth == SOMETIMES && strlen(b.text) < size &&
	    !bpf_compile(&compiled, b.text, linktype, 0, NULL) && bpf_length(compiled) <= KERNEL_INSNS_MAX) {
		memcpy(bpf, b.text, strlen(b.text) + 1);
		*exact = b.exact;
	}
	bpf_free(compiled);
	pool_release(&s.pool);
}
