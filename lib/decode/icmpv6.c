/* SPDX-License-Identifier: MIT */
/*
 * ICMPv6, RFC 4443: errors (types below 128) quote a packet. With neighbour discovery, RFC 4861, whose messages end in
 * options of |type 8|words of 8 bytes 8|...|, and listener discovery, RFC 2710 and 3810.
 */
#include "decode/reply.h"
#include "parts.h"
#include "summary.h"
#include "value_names.h"

enum {
	TYPE, CODE, CHECKSUM, IDENT, SEQ, MTU, NS_TARGET, NA_FLAGS, NA_R, NA_S, NA_O, NA_TARGET, RD_TARGET, RA_HOPS, RA_FLAGS,
	RA_M, RA_O, RA_H, RA_PRF, RA_P, RA_LIFETIME, RA_REACHABLE, RA_RETRANS, OPT_TYPE, OPT_LENGTH, OPT_LINKADDR, OPT_SRC, OPT_TARGET,
	PREFIX_LEN, PREFIX_FLAGS, PREFIX_L, PREFIX_A, PREFIX_R, PREFIX_VALID, PREFIX_PREFERRED, PREFIX, OPT_MTU, ADV_INTERVAL,
	HA_PREFERENCE, HA_LIFETIME, NONCE, ROUTE_FLAGS, ROUTE_PRF, ROUTE_LIFETIME, RDNSS_LIFETIME, RDNSS, DNSSL_LIFETIME, DNSSL,
	PORTAL, PREF64_LIFETIME, PREF64_PLC, MLD_DELAY, MLD_CODE, MLD_ADDRESS, MLD_S, MLD_QRV, MLD_QQI, MLD_SOURCES, MLD_SOURCE,
	REPORT_RECORDS, RECORD_TYPE, RECORD_AUX_LEN, RECORD_SOURCES, RECORD_ADDRESS, RECORD_SOURCE, RECORD_AUX,
	RESP_TO, RESPTIME
};
enum { HEADER = 4, BODY = 8, RECORD = 20 };
enum {
	UNREACHABLE = 1, TOO_BIG = 2, PARAMETER = 4, ECHO = 128, ECHO_REPLY = 129, QUERY = 130, REPORT = 131, DONE = 132, RS = 133,
	RA = 134, NS = 135, NA = 136, REDIRECT = 137, REPORT_2 = 143
};
enum { O_SRC = 1, O_TARGET = 2, O_PREFIX = 3, O_MTU = 5, O_ADV = 7, O_HOME = 8, O_NONCE = 14, O_ROUTE = 24, O_RDNSS = 25,
	O_DNSSL = 31, O_PORTAL = 37, O_PREF64 = 38 };

static enum decode_result icmpv6_decode(struct decode *d, struct layer *l)
{
	const uint8_t *h = decode_take(d, HEADER);

	if (!h)
		return cursor_short(&d->c);
	l->aux[0] = h[0];
	if (cursor_left(&d->c) >= 4 && h[0] == ECHO)
		reply_request(d, l, REPLY_ICMPV6, get_be32(h + HEADER), 0);
	if (cursor_left(&d->c) >= 4 && h[0] == ECHO_REPLY)
		reply_answer(d, l, REPLY_ICMPV6, get_be32(h + HEADER));
	if (h[0] < UNREACHABLE || h[0] > PARAMETER)
		return DECODE_OK;
	if (!decode_take(d, 4)) /* unused, MTU or pointer */
		return cursor_short(&d->c);
	d->quoted = true;
	d->c.snapped = true;
	if (cursor_left(&d->c))
		d->next = PROTO_ipv6;
	return DECODE_OK;
}

/* Pieces: a message by its type, an option by its, with its first two bytes */
enum { OPTION = 0x100, OF_QUERY_2 = 0x200, OF_RECORD };
static const struct part parts[] = {
	{ ECHO, IDENT, 2 }, { ECHO, SEQ, 2 }, { ECHO_REPLY, IDENT, 2 }, { ECHO_REPLY, SEQ, 2 }, { TOO_BIG, MTU, 4 },
	{ NS, NS_TARGET, 16 }, { NA, NA_FLAGS, 4 }, { NA, NA_R, 4 }, { NA, NA_S, 4 }, { NA, NA_O, 4 }, { NA, NA_TARGET, 16 },
	{ REDIRECT, RD_TARGET, 16 }, { RA, RA_HOPS, 1 }, { RA, RA_FLAGS, 1 }, { RA, RA_M, 1 }, { RA, RA_O, 1 }, { RA, RA_H, 1 },
	{ RA, RA_PRF, 1 }, { RA, RA_P, 1 }, { RA, RA_LIFETIME, 2 }, { RA, RA_REACHABLE, 4 }, { RA, RA_RETRANS, 4 },
	{ REPORT, MLD_DELAY, 2 }, { REPORT, MLD_ADDRESS, 16 }, { DONE, MLD_DELAY, 2 }, { DONE, MLD_ADDRESS, 16 },
	{ QUERY, MLD_DELAY, 2 }, { QUERY, MLD_ADDRESS, 16 }, { OF_QUERY_2, MLD_ADDRESS, 16 },
	{ OF_QUERY_2, MLD_S, 1 }, { OF_QUERY_2, MLD_QRV, 1 }, { OF_QUERY_2, MLD_QQI, 1 }, { OF_QUERY_2, MLD_SOURCES, 2 },
	{ REPORT_2, REPORT_RECORDS, 2 }, { OF_RECORD, RECORD_TYPE, 1 }, { OF_RECORD, RECORD_AUX_LEN, 1 },
	{ OF_RECORD, RECORD_SOURCES, 2 }, { OF_RECORD, RECORD_ADDRESS, 16 },
	{ OPTION + O_PREFIX, PREFIX_LEN, 1 }, { OPTION + O_PREFIX, PREFIX_FLAGS, 1 }, { OPTION + O_PREFIX, PREFIX_L, 1 },
	{ OPTION + O_PREFIX, PREFIX_A, 1 }, { OPTION + O_PREFIX, PREFIX_R, 1 }, { OPTION + O_PREFIX, PREFIX_VALID, 4 },
	{ OPTION + O_PREFIX, PREFIX_PREFERRED, 4 }, { OPTION + O_PREFIX, PREFIX, 16 }, { OPTION + O_MTU, OPT_MTU, 4 },
	{ OPTION + O_ADV, ADV_INTERVAL, 4 }, { OPTION + O_HOME, HA_PREFERENCE, 2 }, { OPTION + O_HOME, HA_LIFETIME, 2 },
	{ OPTION + O_NONCE, NONCE, 0 }, { OPTION + O_ROUTE, PREFIX_LEN, 1 }, { OPTION + O_ROUTE, ROUTE_FLAGS, 1 },
	{ OPTION + O_ROUTE, ROUTE_PRF, 1 }, { OPTION + O_ROUTE, ROUTE_LIFETIME, 4 }, { OPTION + O_RDNSS, RDNSS_LIFETIME, 4 },
	{ OPTION + O_DNSSL, DNSSL_LIFETIME, 4 }, { OPTION + O_PORTAL, PORTAL, 0 }, { OPTION + O_PREF64, PREF64_LIFETIME, 2 },
	{ OPTION + O_PREF64, PREF64_PLC, 2 },
};

static void walk_addresses(struct walk *w, unsigned field, struct cursor *c, unsigned n)
{
	const uint8_t *a;

	while (n-- && (a = cursor_take(c, 16)))
		walk_bytes(w, field, a, 16);
}

/* As many words of the prefix as the option has. */
static void walk_route_prefix(struct walk *w, const uint8_t *opt, unsigned len)
{
	uint8_t *prefix = walk_wants(w, PREFIX) && len > 8 && len <= 24 ? packet_scratch(w->p, 16) : NULL;

	if (!prefix)
		return;
	memset(prefix, 0, 16);
	memcpy(prefix, opt + 8, len - 8);
	walk_bytes(w, PREFIX, prefix, 16);
}

/* Names as in DNS, never compressed; padded with zeros. RFC 8106 section 5.2. */
static void walk_search_list(struct walk *w, const uint8_t *v, unsigned len)
{
	struct outbuf o;
	uint8_t *text;

	if (!walk_wants(w, DNSSL) || !(text = packet_scratch(w->p, len + 1)))
		return;
	outbuf_fixed(&o, (char *)text, len + 1);
	for (unsigned at = 0; at < len; at += v[at] + 1u) {
		if (v[at] && v[at] < len - at) {
			if (outbuf_len(&o))
				outbuf_char(&o, '.');
			outbuf_bytes(&o, v + at + 1, v[at]);
			continue;
		}
		if (outbuf_len(&o))
			walk_bytes(w, DNSSL, text, (uint32_t)outbuf_len(&o));
		if (v[at])
			return;
		text += outbuf_len(&o);
		outbuf_fixed(&o, (char *)text, len + 1 - (size_t)at);
	}
}

static void walk_options(struct walk *w, struct cursor c)
{
	while (cursor_left(&c) >= 8) {
		unsigned type = c.pos[0], len = c.pos[1] * 8u;
		const uint8_t *opt = cursor_take(&c, len);
		struct cursor servers;

		if (!len || !opt)
			return;
		walk_uint(w, OPT_TYPE, type);
		walk_uint(w, OPT_LENGTH, len / 8);
		walk_parts(w, parts, OPTION + type, opt, len);
		switch (type) {
		case O_SRC:
		case O_TARGET:
			if (len != 8)
				break;
			walk_bytes(w, OPT_LINKADDR, opt + 2, 6);
			walk_bytes(w, type == O_SRC ? OPT_SRC : OPT_TARGET, opt + 2, 6);
			break;
		case O_ROUTE: walk_route_prefix(w, opt, len); break;
		case O_RDNSS:
			servers = cursor_over(opt + 8, len - 8, false);
			walk_addresses(w, RDNSS, &servers, len / 16);
			break;
		case O_DNSSL: walk_search_list(w, opt + 8, len - 8); break;
		}
	}
}

static void walk_records(struct walk *w, struct cursor c, unsigned n)
{
	const uint8_t *r, *aux;

	while (n-- && (r = cursor_take(&c, RECORD))) {
		walk_parts(w, parts, OF_RECORD, r, RECORD);
		walk_addresses(w, RECORD_SOURCE, &c, get_be16(r + 2));
		aux = cursor_take(&c, r[1] * 4u);
		if (aux && r[1])
			walk_bytes(w, RECORD_AUX, aux, r[1] * 4u);
	}
}

/* In ms: from 32768 on mantissa and exponent. RFC 3810 section 5.1.3. */
static uint32_t response_time(uint32_t code)
{
	return code < 0x8000 ? code : ((code & 0x0fff) | 0x1000) << ((code >> 12 & 7) + 3);
}

static void icmpv6_walk(struct walk *w, const struct packet *p, const struct layer *l)
{
	/* where the options begin */
	static const uint8_t options_at[] = { [RS - RS] = 8, [RA - RS] = 16, [NS - RS] = 24, [NA - RS] = 24, [REDIRECT - RS] = 40 };
	struct cursor c = packet_cursor(p, l);
	uint32_t n = (uint32_t)cursor_left(&c), length = l->wire_end - l->off;
	const uint8_t *h = c.pos;

	if (n < BODY)
		return;
	if (h[0] == QUERY && length >= 28) {
		walk_uint(w, MLD_CODE, response_time(get_be16(h + 4)));
		walk_parts(w, parts, OF_QUERY_2, h, n);
		if (cursor_skip(&c, 28))
			walk_addresses(w, MLD_SOURCE, &c, get_be16(h + 26));
		return;
	}
	walk_parts(w, parts, h[0], h, n);
	if (h[0] >= RS && h[0] <= REDIRECT && cursor_skip(&c, options_at[h[0] - RS]))
		walk_options(w, c);
	else if (h[0] == REPORT_2 && cursor_skip(&c, BODY))
		walk_records(w, c, get_be16(h + 6));
}

#define NA_FLAG(n, msk, lab) PART_BITS(FIELD_BOOL, "icmpv6.nd.na.flag." n, 4, msk, lab)
#define RA_FLAG(n, msk, lab) PART_BITS(FIELD_BOOL, "icmpv6.nd.ra.flag." n, 5, msk, lab)
#define UINT(n, off, lab) PART_FIELD(FIELD_UINT, n, off, lab)
#define IPV6(n, off, lab) PART_FIELD(FIELD_IPV6, n, off, lab)

FIELD_TABLE(icmpv6_fields,
	(TYPE, FIELD_HAS("icmpv6.type", "Type", (.names = NAMES_OR_NONE(&icmpv6_type_names)), .type = FIELD_UINT, .width = 1)),
	(CODE, FIELD_FIXED(FIELD_UINT, "icmpv6.code", 1, 1, "Code")),
	(CHECKSUM, FIELD_FIXED_HEX("icmpv6.checksum", 2, 2, "Checksum")),
	(IDENT, PART_HEX("icmpv6.echo.identifier", 4, 4, "Identifier")),
	(SEQ, UINT("icmpv6.echo.sequence_number", 6, "Sequence number")),
	(MTU, UINT("icmpv6.mtu", 4, "MTU of the next hop")),
	(NS_TARGET, IPV6("icmpv6.nd.ns.target_address", 8, "Neighbour solicitation target")),
	(NA_FLAGS, PART_HEX("icmpv6.nd.na.flag", 4, 8, "Neighbour advertisement flags")),
	(NA_R, NA_FLAG("r", 0x80000000, "Is a router")),
	(NA_S, NA_FLAG("s", 0x40000000, "Was asked")),
	(NA_O, NA_FLAG("o", 0x20000000, "Replaces what is known")),
	(NA_TARGET, IPV6("icmpv6.nd.na.target_address", 8, "Neighbour advertisement target")),
	(RD_TARGET, IPV6("icmpv6.nd.rd.target_address", 8, "Redirect target")),
	(RA_HOPS, UINT("icmpv6.nd.ra.cur_hop_limit", 4, "Hop limit to use")),
	(RA_FLAGS, PART_HEX("icmpv6.nd.ra.flag", 5, 2, "Router advertisement flags")),
	(RA_M, RA_FLAG("m", 0x80, "Addresses by DHCPv6")),
	(RA_O, RA_FLAG("o", 0x40, "The rest by DHCPv6")),
	(RA_H, RA_FLAG("h", 0x20, "Home agent")),
	(RA_PRF, PART_BITS(FIELD_UINT, "icmpv6.nd.ra.flag.prf", 5, 0x18, "Preference")),
	(RA_P, RA_FLAG("p", 0x04, "Proxy")),
	(RA_LIFETIME, UINT("icmpv6.nd.ra.router_lifetime", 6, "Lifetime of the router, s")),
	(RA_REACHABLE, UINT("icmpv6.nd.ra.reachable_time", 8, "Time a neighbour is reachable, ms")),
	(RA_RETRANS, UINT("icmpv6.nd.ra.retrans_timer", 12, "Time between solicitations, ms")),
	(OPT_TYPE, UINT("icmpv6.opt.type", 0, "Option")),
	(OPT_LENGTH, UINT("icmpv6.opt.length", 1, "Length of an option, 8 bytes")),
	(OPT_LINKADDR, FIELD_WALK(FIELD_BYTES, "icmpv6.opt.linkaddr", "Link-layer address")),
	(OPT_SRC, FIELD_WALK(FIELD_BYTES, "icmpv6.opt.src_linkaddr", "Link-layer address of the source")),
	(OPT_TARGET, FIELD_WALK(FIELD_BYTES, "icmpv6.opt.target_linkaddr", "Link-layer address of the target")),
	(PREFIX_LEN, UINT("icmpv6.opt.prefix.length", 2, "Length of a prefix")),
	(PREFIX_FLAGS, PART_HEX("icmpv6.opt.prefix.flag", 3, 2, "Flags of a prefix")),
	(PREFIX_L, PART_BITS(FIELD_BOOL, "icmpv6.opt.prefix.flag.l", 3, 0x80, "The prefix is on this link")),
	(PREFIX_A, PART_BITS(FIELD_BOOL, "icmpv6.opt.prefix.flag.a", 3, 0x40, "Make addresses of the prefix")),
	(PREFIX_R, PART_BITS(FIELD_BOOL, "icmpv6.opt.prefix.flag.r", 3, 0x20, "The prefix holds the router's address")),
	(PREFIX_VALID, UINT("icmpv6.opt.prefix.valid_lifetime", 4, "Lifetime of a prefix, s")),
	(PREFIX_PREFERRED, UINT("icmpv6.opt.prefix.preferred_lifetime", 8, "Time a prefix is preferred, s")),
	(PREFIX, IPV6("icmpv6.opt.prefix", 16, "Prefix")),
	(OPT_MTU, UINT("icmpv6.opt.mtu", 4, "MTU of the link")),
	(ADV_INTERVAL, UINT("icmpv6.opt.advertisement_interval", 4, "Time between advertisements, ms")),
	(HA_PREFERENCE, UINT("icmpv6.opt.home_agent_preference", 4, "Preference of the home agent")),
	(HA_LIFETIME, UINT("icmpv6.opt.home_agent_lifetime", 6, "Lifetime of the home agent, s")),
	(NONCE, PART_FIELD(FIELD_BYTES, "icmpv6.opt.nonce", 2, "Nonce")),
	(ROUTE_FLAGS, PART_HEX("icmpv6.opt.route_info.flag", 3, 2, "Flags of a route")),
	(ROUTE_PRF, PART_BITS(FIELD_UINT, "icmpv6.opt.route_info.flag.route_preference", 3, 0x18, "Preference of a route")),
	(ROUTE_LIFETIME, UINT("icmpv6.opt.route_lifetime", 4, "Lifetime of a route, s")),
	(RDNSS_LIFETIME, UINT("icmpv6.opt.rdnss.lifetime", 4, "Lifetime of the name servers, s")),
	(RDNSS, FIELD_WALK(FIELD_IPV6, "icmpv6.opt.rdnss", "Name server")),
	(DNSSL_LIFETIME, UINT("icmpv6.opt.dnssl.lifetime", 4, "Lifetime of the search list, s")),
	(DNSSL, FIELD_WALK(FIELD_STRING, "icmpv6.opt.dnssl", "Domain to search")),
	(PORTAL, PART_FIELD(FIELD_STRING, "icmpv6.opt.captive_portal", 2, "Captive portal")),
	(PREF64_LIFETIME, PART_BITS(FIELD_UINT, "icmpv6.opt.pref64.scaled_lifetime", 2, 0xfff8, "Lifetime of the NAT64 prefix, 8 s")),
	(PREF64_PLC, FIELD_PLAIN("icmpv6.opt.pref64.plc", "Length code of the NAT64 prefix", .type = FIELD_UINT,
		.show = SHOW_HEX, .hex_digits = 4, .offset = 2, .mask = 0x0007)),
	(MLD_DELAY, UINT("icmpv6.mld.maximum_response_delay", 4, "Greatest delay of a report, ms")),
	(MLD_CODE, FIELD_WALK(FIELD_UINT, "icmpv6.mld.maximum_response_code", "Greatest delay of a report, version 2, ms")),
	(MLD_ADDRESS, IPV6("icmpv6.mld.multicast_address", 8, "Group")),
	(MLD_S, PART_BITS(FIELD_BOOL, "icmpv6.mld.flag.s", 24, 0x08, "Routers keep their timers")),
	(MLD_QRV, PART_BITS(FIELD_UINT, "icmpv6.mld.flag.qrv", 24, 0x07, "Robustness of the querier")),
	(MLD_QQI, UINT("icmpv6.mld.qqi", 25, "Interval of the querier, as it stands there")),
	(MLD_SOURCES, UINT("icmpv6.mld.nb_sources", 26, "Number of sources")),
	(MLD_SOURCE, FIELD_WALK(FIELD_IPV6, "icmpv6.mld.source_address", "Source")),
	(REPORT_RECORDS, UINT("icmpv6.mldr.nb_mcast_records", 6, "Number of groups")),
	(RECORD_TYPE, UINT("icmpv6.mldr.mar.record_type", 0, "What changes of a group")),
	(RECORD_AUX_LEN, UINT("icmpv6.mldr.mar.aux_data_len", 1, "More data of a group, words")),
	(RECORD_SOURCES, UINT("icmpv6.mldr.mar.nb_sources", 2, "Number of sources of a group")),
	(RECORD_ADDRESS, IPV6("icmpv6.mldr.mar.multicast_address", 4, "Group reported")),
	(RECORD_SOURCE, FIELD_WALK(FIELD_IPV6, "icmpv6.mldr.mar.source_address", "Source of a group")),
	(RECORD_AUX, FIELD_WALK(FIELD_BYTES, "icmpv6.mldr.mar.auxiliary_data", "More data of a group")),
	(RESP_TO, REPLY_FIELD(FIELD_UINT, "icmpv6.resp_to", REPLY_REQUEST, 1 << REPLY_ANSWERS, "Frame of the request")),
	(RESPTIME, REPLY_FIELD_MS("icmpv6.resptime", "Time since the request, ms"))
);

static const struct claim icmpv6_claims[] = { { CLAIM_IPPROTO, 58 }, { CLAIM_NONE, 0 } };

const struct protocol proto_icmpv6 = {
	.name = "icmpv6",
	.column = "ICMPv6",
	.title = "Internet Control Message Protocol version 6",
	.reference = "RFC 4443, RFC 4861",
	.decode = icmpv6_decode,
	PROTOCOL_WALK(icmpv6_walk),
	.summary = icmpv6_summary,
	PROTOCOL_FIELDS(icmpv6_fields),
	.claims = icmpv6_claims,
};
