/* SPDX-License-Identifier: MIT */
/*
 * Addresses made unrecognisable, with one key always in the same way, so that captures still fit together: IPv4, IPv6 and
 * MAC addresses by prefix-preserving permutations (permute.c). What is not understood goes, unless it is asked for.
 *
 * Where addresses are replaced:
 *	link       Ethernet, SLL, SLL2 (802.11, PPP and others hold bytes that are not understood: all of them go)
 *	ARP        all four
 *	IPv4       source, destination; options become NOPs, as routes are made of addresses
 *	IPv6       source, destination, routing headers; other options that can hold addresses become padding
 *	ICMP       gateway of redirects; the packet that an error quotes, and so on in it
 *	ICMPv6     the same; targets, prefixes, link-layer addresses and servers of neighbour discovery; MLD sources
 *	IGMP       sources (version 3); groups stay
 *	IP in IP   the inner packet
 * Kept are addresses that name no host: 0.0.0.0, 127.0.0.0/8, multicast, 255.255.255.255, ::, ::1, the first ten bits of
 * link-local ones; of multicast that is made of a unicast address (ff02::1:ffXX:XXXX, 33:33:ff:XX:XX:XX) the last 24 bits
 * are changed. In MAC addresses the group and the local bit stay, and the vendor if so asked.
 *
 * Behind that is payload: TCP and UDP data, other protocols, padding, trailers. PAYLOAD_DROP ends the frame there, as a
 * snaplen would; PAYLOAD_ZERO keeps the bytes as zeros; PAYLOAD_KEEP keeps it, with the addresses that DNS, DHCP, routing
 * protocols, SIP and so many others write into it.
 *
 * Checksums are put right by the difference (RFC 1624), so one that was wrong is wrong afterwards.
 */
#include "internal.h"

#include <stdlib.h>

enum { KIND_IPV4, KIND_IPV6, KIND_MAC, KINDS };
enum { WALKS_MAX = 64, NESTING_MAX = 4 };
enum { TYPE_IP = 0x0800, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd };
enum { P_ICMP = 1, P_IGMP = 2, P_IPIP = 4, P_TCP = 6, P_UDP = 17, P_IP6IN = 41, P_ICMPV6 = 58 };

struct anonymizer {
	struct permutation of[KINDS];
	uint8_t payload;
	uint8_t *cut; /* PAYLOAD_DROP: what is from here on goes */
};

int anonymizer_open(struct anonymizer **out, const struct edit_options *o, struct errmsg *err)
{
	static const uint8_t bytes[KINDS] = { 4, 16, 6 }, tweaks[KINDS] = { 0, 0x60, 0xee };
	struct anonymizer *a = *out = calloc(1, sizeof(*a));

	for (unsigned i = 0; a && i < KINDS; i++)
		if (!permutation_init(&a->of[i], o->key, bytes[i], tweaks[i]))
			return errmsg_set(err, NW_ELIMIT, "no memory for --anonymize");
	if (!a)
		return errmsg_set(err, NW_ELIMIT, "no memory for --anonymize");
	a->payload = o->payload;
	a->of[KIND_MAC].fixed[0] = o->keep_oui ? 0xff : 0x03;
	a->of[KIND_MAC].fixed[1] = a->of[KIND_MAC].fixed[2] = o->keep_oui ? 0xff : 0;
	return 0;
}

void anonymizer_close(struct anonymizer *a)
{
	for (unsigned i = 0; a && i < KINDS; i++)
		permutation_release(&a->of[i]);
	free(a);
}

/* ---- addresses -------------------------------------------------------------------------- */

/* Names no host of the world: stays. */
static bool ipv4_kept(const uint8_t *ip)
{
	return ip[0] == 127 || ip[0] >> 4 == 14 || !get_be32(ip) || get_be32(ip) == UINT32_MAX;
}

/* 0: an ordinary one; 1: its first ten bits stay; 2: its last 24 change; 3: stays. */
static int ipv6_class(const uint8_t *ip)
{
	if (!memcmp(ip, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff", 13))
		return 2;
	if (ip[0] == 0xff || (!get_be64(ip) && get_be64(ip + 8) <= 1))
		return 3;
	return ip[0] == 0xfe && ip[1] >> 6 == 2;
}

/* An address whose image is one of those that stay goes on to the image of that: both remain permutations. */
static void change_ipv4(struct anonymizer *a, uint8_t *ip)
{
	if (ipv4_kept(ip))
		return;
	do
		permute(&a->of[KIND_IPV4], ip, ip);
	while (ipv4_kept(ip));
}

static void change_ipv6(struct anonymizer *a, uint8_t *ip)
{
	int class = ipv6_class(ip);
	uint8_t was[16];

	memcpy(was, ip, sizeof(was));
	if (class == 3)
		return;
	do
		permute(&a->of[KIND_IPV6], ip, ip);
	while (!class && ipv6_class(ip));
	if (class == 1) {
		ip[0] = was[0];
		ip[1] = (uint8_t)((was[1] & 0xc0) | (ip[1] & 0x3f));
	} else if (class == 2) {
		memcpy(ip, was, 13);
	}
}

static void change_mac(struct anonymizer *a, uint8_t *mac)
{
	uint8_t group[16] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };

	if (mac[0] == 0x33 && mac[1] == 0x33 && mac[2] == 0xff) {
		memcpy(group + 13, mac + 3, 3);
		change_ipv6(a, group);
		memcpy(mac + 3, group + 13, 3);
	} else if (!(mac[0] & 1) && memcmp(mac, "\0\0\0\0\0", 6) != 0) {
		permute(&a->of[KIND_MAC], mac, mac);
	}
}

/* What stands at [p, end) is not understood. */
static void change_payload(struct anonymizer *a, uint8_t *p, uint8_t *end)
{
	if (p >= end)
		return;
	if (a->payload == PAYLOAD_ZERO)
		memset(p, 0, (size_t)(end - p));
	else if (a->payload == PAYLOAD_DROP && p < a->cut)
		a->cut = p;
}

/* ---- checksums ------------------------------------------------------------------------------ */

static uint32_t sum16(const uint8_t *p, const uint8_t *end)
{
	uint64_t s = 0;

	for (; end - p >= 2; p += 2)
		s += get_be16(p);
	if (p < end)
		s += (uint32_t)*p << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint32_t)s;
}

/* The checksum at `p` covered what summed up to `before` and now sums up to `after`. */
static void mend(uint8_t *p, uint32_t before, uint32_t after, bool udp)
{
	uint32_t was = get_be16(p), s;

	if (before == after || (udp && !was))
		return;
	s = (~was & 0xffff) + (~before & 0xffff) + after;
	s = (s & 0xffff) + (s >> 16);
	s = ~(s + (s >> 16)) & 0xffff;
	if (udp && !s)
		s = 0xffff;
	p[0] = (uint8_t)(s >> 8);
	p[1] = (uint8_t)s;
}

/* ---- ICMP and its relatives ------------------------------------------------------------------- */

static void change_ip(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting);

static void change_icmp(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	bool error = p[0] == 3 || p[0] == 4 || p[0] == 5 || p[0] == 11 || p[0] == 12;

	if (p[0] == 5)
		change_ipv4(a, p + 4);
	if (error)
		change_ip(a, p + 8, end, nesting + 1);
	else if (p[0] == 9) /* router advertisement: addresses all the way */
		for (uint8_t *at = p + 8; end - at >= 8; at += 8)
			change_ipv4(a, at);
	else
		change_payload(a, p + 8, end);
}

/* Neighbour discovery options: |type|length in 8 bytes|...| */
static void change_nd_options(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	for (unsigned i = 0; i < WALKS_MAX && end - p >= 8; i++) {
		uint32_t len = p[1] * 8u;

		if (!len || len > (size_t)(end - p))
			break;
		switch (p[0]) {
		case 1: case 2: /* link-layer addresses */
			change_mac(a, p + 2);
			break;
		case 3: /* prefix information */
			if (len >= 32)
				change_ipv6(a, p + 16);
			break;
		case 4: /* redirected header */
			change_ip(a, p + 8, p + len, nesting + 1);
			break;
		case 5: case 13: case 14: /* MTU, time stamp, nonce */
			break;
		case 25: /* recursive DNS servers */
			for (uint8_t *at = p + 8; p + len - at >= 16; at += 16)
				change_ipv6(a, at);
			break;
		default:
			change_payload(a, p + 2, p + len);
		}
		p += len;
	}
	change_payload(a, p, end);
}

/* Multicast listener reports, version 2: |type|aux|sources 2|group 16|sources...|aux| */
static void change_mld_records(struct anonymizer *a, uint8_t *p, uint8_t *end)
{
	for (unsigned i = 0; i < WALKS_MAX && end - p >= 20; i++) {
		unsigned sources = get_be16(p + 2), aux = p[1] * 4u;

		change_ipv6(a, p + 4);
		for (p += 20; sources && end - p >= 16; sources--, p += 16)
			change_ipv6(a, p);
		if (sources || (size_t)(end - p) < aux)
			break;
		change_payload(a, p, p + aux);
		p += aux;
	}
	change_payload(a, p, end);
}

static void change_icmpv6(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	unsigned type = p[0];
	uint32_t at = 8, addresses = 0;

	if (type >= 1 && type <= 4) {
		change_ip(a, p + 8, end, nesting + 1);
		return;
	}
	switch (type) {
	case 130: case 131: case 132: case 135: case 136: addresses = 1; break; /* MLD, neighbour solicitation, advertisement */
	case 134: at = 16; break;                                             /* router advertisement */
	case 137: addresses = 2; break;                                       /* redirect */
	}
	for (; addresses && (size_t)(end - p) >= at + 16u; addresses--, at += 16)
		change_ipv6(a, p + at);
	if ((size_t)(end - p) < at)
		at = (uint32_t)(end - p);
	if (type == 143)
		change_mld_records(a, p + at, end);
	else if (type == 130 && (size_t)(end - p) >= at + 4)
		for (p += at + 4; end - p >= 16; p += 16)
			change_ipv6(a, p);
	else if (type >= 133 && type <= 137)
		change_nd_options(a, p + at, end, nesting);
	else
		change_payload(a, p + at, end);
}

/* IGMPv3 queries and reports hold unicast sources. */
static void change_igmp(struct anonymizer *a, uint8_t *p, uint8_t *end)
{
	if (p[0] == 0x11 && end - p >= 12) {
		for (p += 12; end - p >= 4; p += 4)
			change_ipv4(a, p);
	} else if (p[0] == 0x22) {
		p += 8;
		for (unsigned i = 0; i < WALKS_MAX && end - p >= 8; i++) {
			unsigned sources = get_be16(p + 2), aux = p[1] * 4u;

			for (p += 8; sources && end - p >= 4; sources--, p += 4)
				change_ipv4(a, p);
			if (sources || (size_t)(end - p) < aux)
				break;
			p += aux;
		}
		change_payload(a, p, end);
	} else {
		change_payload(a, p + 8, end);
	}
}

/* ---- transport ---------------------------------------------------------------------------------- */

/* MPTCP's ADD_ADDR tells an address: such an option becomes NOPs. */
static void change_tcp_options(uint8_t *p, uint8_t *end)
{
	for (unsigned i = 0; i < WALKS_MAX && p < end && *p; i++) {
		uint32_t len = *p == 1 ? 1 : end - p >= 2 ? p[1] : 0;

		if (!len || (*p != 1 && len < 2) || len > (size_t)(end - p))
			return;
		if (*p == 30 && len > 2 && p[2] >> 4 == 3)
			memset(p, 1, len);
		p += len;
	}
}

/* What is behind the IP header: `before` and `after` are the sums of the addresses, for the pseudo header. */
static void change_transport(struct anonymizer *a, unsigned proto, uint8_t *p, uint8_t *end, uint32_t before, uint32_t after,
			     unsigned nesting)
{
	static const struct {
		uint8_t proto, header, checksum;
		bool pseudo;
	} known[] = { { P_ICMP, 8, 2, false }, { P_IGMP, 8, 2, false }, { P_TCP, 20, 16, true }, { P_UDP, 8, 6, true },
		      { P_ICMPV6, 8, 2, true } };
	size_t k = 0, n = sizeof(known) / sizeof(known[0]);
	uint8_t *checksum;

	if (proto == P_IPIP || proto == P_IP6IN) {
		change_ip(a, p, end, nesting + 1);
		return;
	}
	while (k < n && known[k].proto != proto)
		k++;
	if (k == n || end - p < known[k].header) {
		checksum = k < n && end - p >= known[k].checksum + 2 ? p + known[k].checksum : NULL;
		if (checksum && known[k].pseudo)
			mend(checksum, before, after, proto == P_UDP);
		/* the ports and numbers that a short quote has are no address */
		change_payload(a, k < n && known[k].pseudo && proto != P_ICMPV6 ? p + (end - p < 8 ? end - p : 8) : p, end);
		return;
	}
	checksum = p + known[k].checksum;
	before = (known[k].pseudo ? before : 0) + sum16(p, end);
	switch (proto) {
	case P_ICMP: change_icmp(a, p, end, nesting); break;
	case P_IGMP: change_igmp(a, p, end); break;
	case P_ICMPV6: change_icmpv6(a, p, end, nesting); break;
	case P_UDP: change_payload(a, p + 8, end); break;
	default: {
		uint32_t header = (p[12] >> 4) * 4u;

		if (header < 20)
			header = 20;
		if (header > (size_t)(end - p))
			header = (uint32_t)(end - p);
		change_tcp_options(p + 20, p + header);
		change_payload(a, p + header, end);
	}
	}
	after = (known[k].pseudo ? after : 0) + sum16(p, end);
	mend(checksum, (before & 0xffff) + (before >> 16), (after & 0xffff) + (after >> 16), proto == P_UDP);
}

/* ---- IP ------------------------------------------------------------------------------------------ */

static void change_ip4_packet(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	uint32_t header = (p[0] & 15) * 4u, total = get_be16(p + 2), before, after, header_before;

	if (header < 20 || end - p < 20) {
		change_payload(a, p, end);
		return;
	}
	if (header > (size_t)(end - p))
		header = (uint32_t)(end - p);
	if (total >= header && total < (size_t)(end - p)) {
		change_payload(a, p + total, end); /* padding, or more of what quoted it */
		end = p + total;
	}
	header_before = sum16(p, p + header);
	before = sum16(p + 12, p + 20);
	change_ipv4(a, p + 12);
	change_ipv4(a, p + 16);
	memset(p + 20, 1, header - 20);
	after = sum16(p + 12, p + 20);
	mend(p + 10, header_before, sum16(p, p + header), false);
	if (get_be16(p + 6) & 0x1fff)
		change_payload(a, p + header, end);
	else
		change_transport(a, p[9], p + header, end, before, after, nesting);
}

/* Options of a hop-by-hop or destination header: all but padding, router alert and jumbo length become padding. */
static void change_ip6_options(uint8_t *p, uint8_t *end)
{
	for (unsigned i = 0; i < WALKS_MAX && end - p >= 2; i++) {
		uint32_t len = p[0] ? p[1] + 2u : 1;

		if (len > (size_t)(end - p))
			len = (uint32_t)(end - p);
		if (p[0] > 1 && p[0] != 5 && p[0] != 0xc2) {
			p[0] = 1;
			memset(p + 2, 0, len > 2 ? len - 2 : 0);
		}
		p += len;
	}
}

/* |next|length|type|segments left|...|address 16|...: types 0, 2 and 4. While segments are left, checksums are made with the
 * last destination: the last in the list, in segment routing (type 4) the first. */
static void change_route(struct anonymizer *a, uint8_t *p, uint8_t *end, uint32_t *before, uint32_t source_before, uint32_t *after,
			 uint32_t source_after)
{
	uint8_t *last = p[2] == 4 ? p + 8 : p + 8 + (end - p - 8) / 16 * 16 - 16;

	if (p[2] != 0 && p[2] != 2 && p[2] != 4) {
		memset(p + 8, 0, (size_t)(end - p) - 8);
		return;
	}
	for (uint8_t *hop = p + 8; end - hop >= 16; hop += 16) {
		if (p[3] && hop == last)
			*before = source_before + sum16(hop, hop + 16);
		change_ipv6(a, hop);
		if (p[3] && hop == last)
			*after = source_after + sum16(hop, hop + 16);
	}
}

static void change_ip6_packet(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	uint32_t length = get_be16(p + 4), before, after, source_before;
	uint8_t *at = p + 40;
	unsigned next = p[6];

	if (end - p < 40) {
		change_payload(a, p, end);
		return;
	}
	if (length && length < (size_t)(end - p) - 40) {
		change_payload(a, p + 40 + length, end);
		end = p + 40 + length;
	}
	source_before = sum16(p + 8, p + 24);
	before = sum16(p + 8, p + 40);
	change_ipv6(a, p + 8);
	change_ipv6(a, p + 24);
	after = sum16(p + 8, p + 40);
	for (unsigned i = 0; i < WALKS_MAX && (next == 0 || next == 43 || next == 44 || next == 60) && end - at >= 8; i++) {
		uint32_t len = next == 44 ? 8 : at[1] * 8u + 8;

		if (len > (size_t)(end - at))
			len = (uint32_t)(end - at);
		if (next == 43)
			change_route(a, at, at + len, &before, source_before, &after, sum16(p + 8, p + 24));
		else if (next != 44)
			change_ip6_options(at + 2, at + len);
		else if (get_be16(at + 2) & 0xfff8) {
			change_payload(a, at + 8, end);
			return;
		}
		next = at[0];
		at += len;
	}
	change_transport(a, next, at, end, (before & 0xffff) + (before >> 16), (after & 0xffff) + (after >> 16), nesting);
}

static void change_ip(struct anonymizer *a, uint8_t *p, uint8_t *end, unsigned nesting)
{
	if (nesting > NESTING_MAX || end - p < 1)
		change_payload(a, p, end);
	else if (*p >> 4 == 4 && end - p >= 4)
		change_ip4_packet(a, p, end, nesting);
	else if (*p >> 4 == 6 && end - p >= 8)
		change_ip6_packet(a, p, end, nesting);
	else
		change_payload(a, p, end);
}

/* ---- frames ------------------------------------------------------------------------------------------ */

/* |hardware 2|protocol 2|lengths 1 1|operation 2|sender's|sender's|target's|target's| */
static void change_arp(struct anonymizer *a, uint8_t *p, uint8_t *end)
{
	if (end - p < 28 || p[4] != 6 || p[5] != 4) {
		change_payload(a, p, end);
		return;
	}
	change_mac(a, p + 8);
	change_ipv4(a, p + 14);
	change_mac(a, p + 18);
	change_ipv4(a, p + 24);
	change_payload(a, p + 28, end);
}

int edit_anonymize(struct edits *e, struct work *w)
{
	struct anonymizer *a = e->anonymizer;
	uint8_t *data = work_own(w), *end;
	uint32_t at = 0;
	uint16_t type;
	struct link l;

	if (!data)
		return NW_ELIMIT;
	end = data + w->f.caplen;
	a->cut = end;
	w->f.options = NULL; /* comments and the like */
	w->f.options_len = 0;
	if (!link_parse(data, w->f.caplen, w->f.linktype, &l)) {
		e->counts.not_understood++;
		change_payload(a, data, end);
	} else {
		if (l.dst)
			change_mac(a, data);
		if (l.src)
			change_mac(a, data + (l.src - data));
		type = link_payload(data, w->f.caplen, &l, &at);
		if (type == TYPE_IP || type == TYPE_IPV6)
			change_ip(a, data + at, end, 0);
		else if (type == TYPE_ARP)
			change_arp(a, data + at, end);
		else
			change_payload(a, data + at, end);
	}
	w->f.caplen = (uint32_t)(a->cut - data);
	return EDIT_ON;
}
