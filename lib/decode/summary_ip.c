/* SPDX-License-Identifier: MIT */
/* Text lines of IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). */
#include "summary.h"

enum { IGMP = 2, TCP = 6, UDP = 17, HEADER_4 = 20, HEADER_6 = 40 };

static NAMED_VALUES(protocol_names,
	(0, "Options"), (1, "ICMP"), (2, "IGMP"), (4, "IPIP"), (6, "TCP"), (8, "EGP"), (9, "IGRP"),
	(17, "UDP"), (33, "DCCP"), (41, "IPv6"), (43, "Routing"), (44, "Fragment"), (46, "RSVP"), (47, "GRE"),
	(50, "ESP"), (51, "AH"), (55, "Mobile IP"), (58, "ICMPv6"), (59, "unknown"), (60, "DSTOPT"), (88, "EIGRP"),
	(89, "OSPF"), (103, "PIM"), (108, "Compressed IP"), (112, "VRRP"), (113, "PGM"), (132, "SCTP"),
	(135, "Mobility")
);

const char *ip_protocol_name(unsigned number)
{
	return named_value(&protocol_names, number);
}

static void put_missing(struct outbuf *o, const char *what, uint32_t missing, const char *tail)
{
	outbuf_str(o, what);
	outbuf_u64(o, missing);
	outbuf_str(o, tail);
}

/* Nothing of ours knows what is inside: "GRE, length 80", or as tcpdump has it " ip-proto-253 80". */
static void put_unknown_protocol(struct outbuf *o, unsigned number, uint32_t length)
{
	const char *name = ip_protocol_name(number);

	if (name) {
		outbuf_str(o, name);
		put_missing(o, ", length ", length, "");
		return;
	}
	put_missing(o, " ip-proto-", number, " ");
	outbuf_u64(o, length);
}

/* These write the addresses themselves, with their ports. */
static bool has_ports(const struct layer *next, unsigned number)
{
	return number == TCP || number == UDP ||
	       (next && (next->proto == PROTO_sctp || next->proto == PROTO_dccp || next->proto == PROTO_udplite));
}

/* ---- IPv4 -------------------------------------------------------------------------- */

static NAMED_VALUES(option_names,
	(0, "EOL"), (1, "NOP"), (7, "RR"), (68, "timestamp"), (82, "traceroute"), (130, "security"),
	(131, "LSRR"), (137, "SSRR"), (148, "RA")
);

/* RR, LSRR and SSRR: the addresses, a comma behind those already used. */
static void put_route(struct outbuf *o, const uint8_t *opt, unsigned len)
{
	unsigned used = len > 2 ? opt[2] : 0;

	for (unsigned i = 3; i + 4 <= len; i += 4) {
		outbuf_char(o, ' ');
		outbuf_ipv4(o, opt + i);
		if (used > i + 1)
			outbuf_char(o, ',');
	}
}

static void put_options(struct outbuf *o, struct cursor c)
{
	bool first = true;

	outbuf_str(o, ", options (");
	while (cursor_left(&c)) {
		const uint8_t *opt = c.pos;
		unsigned type = cursor_u8(&c), len;
		const char *name = named_value(&option_names, type);

		if (!first)
			outbuf_char(o, ',');
		first = false;
		if (name) {
			outbuf_str(o, name);
		} else {
			outbuf_str(o, "unknown ");
			outbuf_u64(o, type);
		}
		if (type == 0)
			break;
		if (type == 1)
			continue;
		len = cursor_u8(&c);
		if (c.cut || len < 2 || !cursor_skip(&c, len - 2)) {
			outbuf_str(o, " [bad length ");
			outbuf_u64(o, len);
			outbuf_char(o, ']');
			break;
		}
		if (type == 7 || type == 131 || type == 137)
			put_route(o, opt, len);
		else if (type == 148 && len >= 4 && get_be16(opt + 2))
			put_missing(o, " value ", get_be16(opt + 2), "");
	}
	outbuf_char(o, ')');
}

static void put_flags(struct outbuf *o, unsigned flags)
{
	static NAMED_VALUES(names, (0x2000, "+"), (0x4000, "DF"), (0x8000, "rsvd"));
	bool any = false;

	outbuf_str(o, ", flags [");
	for (struct named_value n = { 0 }; named_values_next(&names, &n);)
		if (flags & n.value) {
			if (any)
				outbuf_bytes(o, ", ", 2);
			outbuf_str(o, n.name);
			any = true;
		}
	outbuf_str(o, any ? "]" : "none]");
}

/* -v: "(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n    " */
static void put_ip_verbose(const struct summary *s, const uint8_t *h, uint32_t kept, uint32_t hlen)
{
	static const char ecn[][9] = { "", ",ECT(1)", ",ECT(0)", ",CE" };
	const char *name = ip_protocol_name(h[9]);
	unsigned off = get_be16(h + 6);
	struct outbuf *o = s->out;

	outbuf_str(o, "(tos 0x");
	outbuf_hex(o, h[1], h[1] > 15 ? 2 : 1);
	outbuf_str(o, ecn[h[1] & 3]);
	if (h[8])
		put_missing(o, ", ttl ", h[8], "");
	put_missing(o, ", id ", get_be16(h + 4), "");
	put_missing(o, ", offset ", (off & 0x1fff) * 8, "");
	put_flags(o, off);
	outbuf_str(o, ", proto ");
	outbuf_str(o, name ? name : "unknown");
	put_missing(o, " (", h[9], ")");
	put_missing(o, ", length ", get_be16(h + 2), "");
	if (kept >= hlen) {
		uint16_t sum = s->no_checksums ? 0 : checksum_fold(checksum_add(0, h, hlen));

		if (hlen > HEADER_4)
			put_options(o, cursor_over(h + HEADER_4, hlen - HEADER_4, false));
		if (sum) {
			uint16_t field = get_be16(h + 10);

			outbuf_printf(o, ", bad cksum %x (->%x)!", field, checksum_should_be(field, sum));
		}
	}
	outbuf_str(o, ")\n    ");
}

/* ---- IGMP, which has no file of its own yet: RFC 1112, 2236, 3376 ---------------------- */

static NAMED_VALUES(igmp_records,
	(1, "is_in"), (2, "is_ex"), (3, "to_in"), (4, "to_ex"), (5, "allow"), (6, "block")
);

static void put_igmp_report(struct summary *s, struct cursor c)
{
	const uint8_t *h = cursor_take(&c, 8), *r;
	unsigned records = get_be16(h + 6);

	put_missing(s->out, "v3 report, ", records, " group record(s)");
	while (s->verbose && records-- && (r = cursor_take(&c, 8))) {
		const char *name = named_value(&igmp_records, r[0]);

		outbuf_str(s->out, " [gaddr ");
		outbuf_ipv4(s->out, r + 4);
		outbuf_char(s->out, ' ');
		outbuf_str(s->out, name ? name : "?");
		put_missing(s->out, ", ", get_be16(r + 2), " source(s)]");
		cursor_skip(&c, get_be16(r + 2) * 4u + r[1] * 4u);
	}
}

static void put_igmp_query(struct outbuf *o, const uint8_t *h, uint32_t n)
{
	unsigned code = h[1], tenths = code < 128 ? code : ((code & 15) | 16) << ((code >> 4 & 7) + 3);

	outbuf_str(o, "query v");
	outbuf_char(o, n >= 12 ? '3' : code ? '2' : '1');
	if (n >= 12 && code != 100)
		outbuf_printf(o, " [max resp time %u.%us]", tenths / 10, tenths % 10);
	else if (n < 12 && code && code != 100)
		put_missing(o, " [max resp time ", code, "]");
	if (!get_be32(h + 4))
		return;
	outbuf_str(o, " [gaddr ");
	outbuf_ipv4(o, h + 4);
	if (n >= 12 && get_be16(h + 10))
		put_missing(o, ", ", get_be16(h + 10), " source(s)");
	outbuf_char(o, ']');
}

static void put_igmp(struct summary *s, struct cursor c)
{
	const uint8_t *h = cursor_peek(&c, 8);
	const char *group = NULL;

	outbuf_str(s->out, "igmp");
	if (!h) {
		outbuf_str(s->out, " [|igmp]");
		return;
	}
	outbuf_char(s->out, ' ');
	switch (h[0]) {
	case 0x11:
		put_igmp_query(s->out, h, (uint32_t)cursor_left(&c));
		break;
	case 0x22:
		put_igmp_report(s, c);
		break;
	case 0x12:
		group = "v1 report ";
		break;
	case 0x16:
		group = "v2 report ";
		break;
	case 0x17:
		group = "leave ";
		break;
	default:
		put_missing(s->out, "type ", h[0], "");
	}
	if (group) {
		outbuf_str(s->out, group);
		outbuf_ipv4(s->out, h + 4);
	}
	if (s->verbose && !c.snapped && checksum_fold(checksum_add(0, c.pos, (uint32_t)cursor_left(&c))))
		outbuf_printf(s->out, " bad igmp cksum %x!", get_be16(h + 2));
}

/* ---- the line's part -------------------------------------------------------------------- */

void ip_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const struct layer *next = summary_next(p, l);
	const uint8_t *h;
	uint32_t n = packet_bytes(p, l, &h), outer = summary_outer_len(p, l), hlen, total;

	if (!n)
		return;
	if (!s->link_header)
		outbuf_bytes(o, "IP ", 3);
	if (n < HEADER_4)
		return;
	hlen = (h[0] & 15u) * 4;
	total = get_be16(h + 2);
	if (h[0] >> 4 != 4) {
		put_missing(o, "unknown ip ", h[0] >> 4, "");
		return;
	}
	if (hlen < HEADER_4) {
		put_missing(o, "bad-hlen ", hlen, "");
		return;
	}
	if (outer < total)
		put_missing(o, "truncated-ip - ", total - outer, " bytes missing! ");
	if (total && total < hlen) {
		put_missing(o, "bad-len ", total, "");
		return;
	}
	if (!total)
		total = outer;
	if (s->verbose)
		put_ip_verbose(s, h, n, hlen);
	if (l->aux[0] & 0x1fff) {
		summary_addresses(o, p, l);
		put_missing(o, ": ip-proto-", h[9], "");
		return;
	}
	if (!has_ports(next, h[9])) {
		summary_addresses(o, p, l);
		outbuf_bytes(o, ": ", 2);
		if (next || l->result == DECODE_TRUNCATED)
			return;
		if (h[9] == IGMP && !s->quiet)
			put_igmp(s, packet_payload(p, l));
		else
			put_unknown_protocol(o, h[9], total - hlen);
	} else if (!next) {
		summary_addresses(o, p, l);
		outbuf_bytes(o, ": ", 2);
	}
}

/* ---- IPv6 -------------------------------------------------------------------------- */

enum { HOPOPTS = 0, ROUTING = 43, FRAGMENT = 44, NO_NEXT = 59, DSTOPTS = 60 };

static void put_options_6(struct outbuf *o, struct cursor c)
{
	while (cursor_left(&c)) {
		unsigned type = cursor_u8(&c), len;

		if (!type) {
			outbuf_str(o, "(pad1)");
			continue;
		}
		len = cursor_u8(&c);
		if (c.cut)
			return;
		switch (type) {
		case 1:
			outbuf_str(o, "(padn)");
			break;
		case 5:
			outbuf_str(o, "(rtalert: 0x");
			outbuf_hex(o, cursor_left(&c) >= 2 ? get_be16(c.pos) : 0, 4);
			outbuf_bytes(o, ") ", 2);
			break;
		default:
			outbuf_printf(o, "(opt_type 0x%02x: len=%u)", type, len);
		}
		if (!cursor_skip(&c, len))
			return;
	}
}

static void put_fragment(struct summary *s, const uint8_t *h, uint32_t left)
{
	struct outbuf *o = s->out;

	outbuf_str(o, "frag (");
	if (s->verbose) {
		outbuf_bytes(o, "0x", 2);
		outbuf_hex(o, get_be32(h + 4), 8);
		outbuf_char(o, ':');
	}
	outbuf_u64(o, get_be16(h + 2) & 0xfff8);
	outbuf_char(o, '|');
	outbuf_u64(o, left);
	outbuf_char(o, ')');
}

static void put_routing(struct summary *s, const uint8_t *h, uint32_t len)
{
	struct outbuf *o = s->out;

	outbuf_printf(o, "RT6 (len=%u, type=%u", h[1], h[2]);
	if (h[2] == 0)
		outbuf_str(o, " [Deprecated]");
	outbuf_printf(o, ", segleft=%u", h[3]);
	if (h[2] == 0) {
		if (get_be32(h + 4) || s->verbose)
			outbuf_printf(o, ", rsv=0x%x", get_be32(h + 4));
		for (uint32_t i = 8, n = 0; i + 16 <= len; i += 16, n++) {
			outbuf_printf(o, ", [%u]", n);
			outbuf_ipv6(o, h + i);
		}
	}
	outbuf_bytes(o, ") ", 2);
}

static uint32_t extension_len(unsigned number, const uint8_t *h)
{
	return number == FRAGMENT ? 8 : (h[1] + 1u) * 8;
}

static bool is_extension(unsigned number)
{
	return number == HOPOPTS || number == ROUTING || number == FRAGMENT || number == DSTOPTS;
}

/* The chain. Returns true if a later fragment ends the line. */
static bool put_extensions(struct summary *s, const struct layer *l, struct cursor c, unsigned next, uint32_t wire_left)
{
	struct outbuf *o = s->out;
	const uint8_t *h;

	while (is_extension(next) && (h = cursor_peek(&c, 8))) {
		uint32_t len = extension_len(next, h);

		if (cursor_left(&c) < len)
			return false;
		wire_left = wire_left > len ? wire_left - len : 0;
		switch (next) {
		case HOPOPTS:
		case DSTOPTS:
			outbuf_str(o, next == HOPOPTS ? "HBH " : "DSTOPT ");
			if (s->verbose) {
				put_options_6(o, cursor_over(h + 2, len - 2, false));
				outbuf_char(o, ' ');
			}
			break;
		case ROUTING:
			put_routing(s, h, len);
			break;
		case FRAGMENT:
			put_fragment(s, h, wire_left);
			if (l->aux[1] & 0xfff8)
				return true;
			outbuf_char(o, ' ');
			break;
		}
		cursor_skip(&c, len);
		next = h[0];
	}
	return false;
}

/* -v: "(flowlabel 0x3c2a1, hlim 64, next-header TCP (6) payload length: 40) " */
static void put_ipv6_verbose(struct outbuf *o, const uint8_t *h)
{
	const char *name = ip_protocol_name(h[6]);
	uint32_t word = get_be32(h);

	outbuf_char(o, '(');
	if (word & 0x0ff00000)
		outbuf_printf(o, "class 0x%02x, ", word >> 20 & 0xff);
	if (word & 0x000fffff)
		outbuf_printf(o, "flowlabel 0x%05x, ", word & 0xfffff);
	outbuf_printf(o, "hlim %u, next-header %s (%u) payload length: %u) ", h[7], name ? name : "unknown", h[6],
		      get_be16(h + 4));
}

void ipv6_summary(struct summary *s, const struct packet *p, const struct layer *l)
{
	struct outbuf *o = s->out;
	const struct layer *next = summary_next(p, l);
	struct cursor c = packet_cursor(p, l);
	const uint8_t *h = cursor_take(&c, HEADER_6);
	uint32_t outer = summary_outer_len(p, l), plen;

	if (!h)
		return;
	if (!s->link_header)
		outbuf_bytes(o, "IP6 ", 4);
	if (h[0] >> 4 != 6) {
		put_missing(o, "unknown ip ", h[0] >> 4, "");
		return;
	}
	plen = get_be16(h + 4);
	if (outer < plen + HEADER_6)
		put_missing(o, "truncated-ip6 - ", plen + HEADER_6 - outer, " bytes missing!");
	if (!plen)
		plen = outer - HEADER_6;
	if (s->verbose)
		put_ipv6_verbose(o, h);
	if (!has_ports(next, h[6])) {
		summary_addresses(o, p, l);
		outbuf_bytes(o, ": ", 2);
		if (put_extensions(s, l, c, h[6], plen))
			return;
	} else if (!next) {
		summary_addresses(o, p, l);
		outbuf_bytes(o, ": ", 2);
	}
	if (next || l->result == DECODE_TRUNCATED)
		return;
	if (l->aux[0] == NO_NEXT)
		outbuf_str(o, "no next header");
	else
		put_unknown_protocol(o, l->aux[0], plen - (l->hlen - HEADER_6));
}
