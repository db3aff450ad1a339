/* SPDX-License-Identifier: MIT */
/*
 * Keys of a packet, for the index. A walk over headers that knows where the next one is and nothing else:
 *
 *	link -> ethertype -> IP -> TCP, UDP, SCTP, DCCP         the ports are their first four bytes
 *	             ^        |--> IP, GRE, ICMP error, UDP tunnel -.
 *	             `----------------------------------------------'
 *
 * Where the decoder may find addresses that this walk does not reach (other links and tunnels, fragments, source routes), it
 * says UNKNOWN, and the chunk is read for every question. A packet that is cut short is as short for the decoder.
 */
#include "store/keys.h"

#include "base/bytes.h"
#include "base/frame.h"

#include <stddef.h>

enum {
	ETHERTYPE_IP = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_RARP = 0x8035, ETHERTYPE_BRIDGED = 0x6558,
	ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd, ETHERTYPE_MPLS = 0x8847, ETHERTYPE_MPLS_UPSTREAM = 0x8848,
	ETHERTYPE_PPPOE = 0x8864, ETHERTYPE_QINQ = 0x88a8, ETHERTYPE_OLD_QINQ = 0x9100, ETHERTYPE_ERSPAN = 0x88be,
	ETHERTYPE_ERSPAN_3 = 0x22eb, ETHERTYPE_NSH = 0x894f, ETHERTYPE_PPP = 0x880b, ETHERTYPE_WCCP = 0x883e,
	ETHERTYPE_MIN = 1536
};

enum {
	IP_HOPOPTS = 0, IP_ICMP = 1, IP_IPV4 = 4, IP_TCP = 6, IP_UDP = 17, IP_DCCP = 33, IP_IPV6 = 41, IP_ROUTING = 43,
	IP_FRAGMENT = 44, IP_GRE = 47, IP_AH = 51, IP_ICMPV6 = 58, IP_NONE = 59, IP_DSTOPTS = 60, IP_SCTP = 132,
	IP_PIM = 103, IP_MOBILITY = 135, IP_UDPLITE = 136, IP_ETHERNET = 143, IP_MPLS = 137
};

enum { ALL_KINDS = (1 << KEY_KINDS) - 1, NO_FLOW = 1 << KEY_FLOW, NO_PORT = 1 << KEY_PORT, STEPS = 24, EXTENSIONS = 8 };

/* What stands at w->at. */
enum step { DONE, UNKNOWN, ETHERNET, TYPE, IPV4, IPV6, IP /* by its first four bits */ };

struct walk {
	struct packet_keys *k;
	const uint8_t *at, *end;
	unsigned type;            /* TYPE: the ethertype or length in front of it */
	unsigned layers;          /* IP headers so far */
	uint64_t address[2];      /* hashes of the last one's */
};

static inline size_t left(const struct walk *w)
{
	return (size_t)(w->end - w->at);
}

/* ---- hashes --------------------------------------------------------------------------------------
 *
 * One multiplication where one is enough: a packet of a new flow has five keys. An address is hashed once, for its host and for
 * its flow; the ends of a flow are added, so that both directions are one. */

#define MIX_1 0x9e3779b97f4a7c15u
#define MIX_2 0xd6e8feb86659fd93u
#define MIX_3 0xc2b2ae3d27d4eb4fu

static inline uint64_t address_hash(const uint8_t *a, unsigned len)
{
	uint64_t h;

	if (len == 4)
		return (get_le32(a) + (uint64_t)MIX_2) * MIX_1;
	h = get_le64(a) * MIX_1;
	return ((h ^ h >> 32) + get_le64(a + 8)) * MIX_2;
}

static inline uint32_t host_of(uint64_t address)
{
	return (uint32_t)(address >> 32);
}

static inline uint64_t flow_end(uint64_t address, uint16_t port)
{
	uint64_t h = ((address ^ address >> 32) + port) * MIX_3;

	return h ^ h >> 32;
}

static inline uint32_t flow_of(uint64_t a, uint16_t a_port, uint64_t b, uint16_t b_port, uint8_t protocol)
{
	return (uint32_t)((flow_end(a, a_port) + flow_end(b, b_port) + protocol) * MIX_1 >> 32);
}

uint32_t key_host(const uint8_t *address, unsigned len)
{
	return host_of(address_hash(address, len));
}

uint32_t key_port(uint16_t port)
{
	return (uint32_t)((port + (uint64_t)MIX_3) * MIX_2 >> 32);
}

uint32_t key_flow(const uint8_t *a, uint16_t a_port, const uint8_t *b, uint16_t b_port, unsigned len, uint8_t protocol)
{
	return flow_of(address_hash(a, len), a_port, address_hash(b, len), b_port, protocol);
}

/* ---- transport -------------------------------------------------------------------------------------- */

static void add_flow(struct walk *w, uint16_t src_port, uint16_t dst_port, uint8_t protocol)
{
	if (w->k->flows < KEYS_LAYERS)
		w->k->flow[w->k->flows++] = flow_of(w->address[0], src_port, w->address[1], dst_port, protocol);
}

static enum step gre(struct walk *w)
{
	unsigned flags, skip = 4;

	if (left(w) < 4)
		return DONE;
	flags = get_be16(w->at);
	w->type = get_be16(w->at + 2);
	if (flags & 0x4007 || w->type == ETHERTYPE_WCCP) /* source routes, PPTP's version */
		return UNKNOWN;
	skip += (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0);
	if (left(w) < skip)
		return DONE;
	w->at += skip;
	return TYPE;
}

static enum step vxlan(struct walk *w)
{
	if (left(w) < 8)
		return DONE;
	w->at += 8;
	return ETHERNET;
}

static enum step geneve(struct walk *w)
{
	size_t skip = left(w) < 8 ? 8 : 8 + (w->at[0] & 63u) * 4;

	if (left(w) < skip)
		return DONE;
	w->type = get_be16(w->at + 2);
	w->at += skip;
	return TYPE;
}

/* Without extension headers, which is how user data mostly comes. */
static enum step gtp_u(struct walk *w)
{
	unsigned flags, skip;

	if (left(w) < 8)
		return DONE;
	flags = w->at[0];
	skip = flags & 7 ? 12 : 8;
	if (flags >> 5 != 1 || (flags & 4 && left(w) >= 12 && w->at[11]))
		return UNKNOWN;
	if (w->at[1] != 255 || left(w) < skip)
		return DONE;
	w->at += skip;
	return left(w) && (*w->at >> 4 == 4 || *w->at >> 4 == 6) ? IP : UNKNOWN;
}

enum tunnel { NO_TUNNEL, VXLAN, GENEVE, GTP_U, GRE_IN_UDP, OTHER_TUNNEL };

static enum tunnel udp_tunnel(uint16_t port)
{
	switch (port) {
	case 4789: return VXLAN;
	case 6081: return GENEVE;
	case 2152: return GTP_U;
	case 4754: return GRE_IN_UDP;
	case 1701: /* L2TP */
	case 2123: case 3386: /* other GTP */
	case 3544: /* Teredo */
	case 4342: /* LISP */
	case 4790: /* VXLAN-GPE */
	case 5246: case 5247: /* CAPWAP */
	case 6343: /* sFlow: sampled headers */
	case 6635: /* MPLS */
		return OTHER_TUNNEL;
	default: return NO_TUNNEL;
	}
}

static enum step udp(struct walk *w, uint16_t src_port, uint16_t dst_port)
{
	enum tunnel a = udp_tunnel(src_port), b = udp_tunnel(dst_port);

	if (a == NO_TUNNEL && b == NO_TUNNEL) {
		w->k->constant = true;
		return DONE;
	}
	if (a && b && a != b)
		return UNKNOWN;
	if (left(w) < 8)
		return DONE;
	w->at += 8;
	switch (a ? a : b) {
	case VXLAN: return vxlan(w);
	case GENEVE: return geneve(w);
	case GTP_U: return gtp_u(w);
	case GRE_IN_UDP: return gre(w);
	default: return UNKNOWN;
	}
}

static bool is_openflow(uint16_t port)
{
	return port == 6633 || port == 6653;
}

static enum step with_ports(struct walk *w, uint8_t protocol)
{
	uint16_t src_port, dst_port;

	if (left(w) < 2)
		return DONE;
	src_port = get_be16(w->at);
	w->k->port[w->k->ports++] = key_port(src_port);
	if (left(w) < 4)
		return DONE;
	dst_port = get_be16(w->at + 2);
	if (dst_port != src_port)
		w->k->port[w->k->ports++] = key_port(dst_port);
	add_flow(w, src_port, dst_port, protocol);
	if (protocol == IP_UDP || protocol == IP_UDPLITE)
		return udp(w, src_port, dst_port);
	if (protocol == IP_TCP && (is_openflow(src_port) || is_openflow(dst_port)))
		return UNKNOWN;
	w->k->constant = protocol == IP_TCP;
	return DONE;
}

/* An error quotes the packet that it is about. */
static bool icmp_error(uint8_t type, bool v6)
{
	return v6 ? type >= 1 && type <= 4 : (type >= 3 && type <= 5) || type == 11 || type == 12;
}

static enum step icmp(struct walk *w, bool v6)
{
	bool error;

	if (left(w) < 8)
		return DONE;
	if (v6 && w->at[0] == 137) /* a redirect has it in an option */
		return UNKNOWN;
	error = icmp_error(w->at[0], v6);
	w->at += 8;
	return !error || !left(w) ? DONE : v6 ? IPV6 : IPV4;
}

static enum step transport(struct walk *w, uint8_t protocol)
{
	switch (protocol) {
	case IP_TCP: case IP_UDP: case IP_SCTP: case IP_DCCP: case IP_UDPLITE:
		return with_ports(w, protocol);
	}
	add_flow(w, 0, 0, protocol);
	switch (protocol) {
	case IP_ICMP: return icmp(w, false);
	case IP_ICMPV6: return icmp(w, true);
	case IP_IPV4: return IPV4;
	case IP_IPV6: return IPV6;
	case IP_GRE: return gre(w);
	case IP_ETHERNET: return ETHERNET;
	case IP_PIM: return left(w) && (*w->at & 15) == 1 ? UNKNOWN : DONE; /* a register message has a packet in it */
	case IP_AH: case IP_MPLS: case IP_MOBILITY: return UNKNOWN;
	default: return DONE;
	}
}

/* ---- IP --------------------------------------------------------------------------------------------- */

/* The addresses of a header, `at` bytes from its start, as far as they are there. */
static bool add_hosts(struct walk *w, unsigned at, unsigned len)
{
	struct packet_keys *k = w->k;

	if (w->layers++ == KEYS_LAYERS)
		return false;
	if (w->layers > 1)
		k->unknown |= NO_FLOW;
	for (unsigned i = 0; i < 2 && left(w) >= at + (i + 1) * len; i++) {
		w->address[i] = address_hash(w->at + at + i * len, len);
		k->host[k->hosts++] = host_of(w->address[i]);
	}
	return true;
}

/* Of a fragment but the first the ports are elsewhere; what is put together again may be a tunnel, but not with TCP. `src` is
 * followed by the destination. */
static enum step fragment(struct walk *w, const uint8_t *src, unsigned len, uint8_t protocol, uint32_t id, bool first)
{
	struct packet_keys *k = w->k;

	if (w->layers > 1) {
		k->unknown |= NO_FLOW | NO_PORT;
		return protocol == IP_TCP ? DONE : UNKNOWN;
	}
	k->unknown_whole = protocol == IP_TCP ? NO_FLOW | NO_PORT : ALL_KINDS;
	k->fragment = first ? KEYS_FIRST_FRAGMENT : KEYS_LATER_FRAGMENT;
	k->ends = src;
	k->ends_len = (uint8_t)len;
	k->protocol = protocol;
	k->id = id;
	return first ? transport(w, protocol) : DONE;
}

static enum step ipv4(struct walk *w)
{
	const uint8_t *h = w->at;
	size_t header = left(w) ? (h[0] & 15u) * 4 : 0;

	if (!add_hosts(w, 12, 4))
		return UNKNOWN;
	if (left(w) < 20 || header < 20)
		return DONE;
	if (header > 20 && (left(w) < header || h[20] != 0x94)) /* a source route names other hosts; a router alert does not */
		return UNKNOWN;
	w->at += header;
	if (get_be16(h + 6) & 0x3fff)
		return fragment(w, h + 12, 4, h[9], get_be16(h + 4), !(get_be16(h + 6) & 0x1fff));
	return transport(w, h[9]);
}

static enum step ipv6(struct walk *w)
{
	const uint8_t *h = w->at;
	uint8_t next;

	if (!add_hosts(w, 8, 16))
		return UNKNOWN;
	if (left(w) < 40)
		return DONE;
	next = h[6];
	w->at += 40;
	for (unsigned i = 0; i < EXTENSIONS; i++) {
		size_t len;

		if (next == IP_FRAGMENT) {
			const uint8_t *f = w->at;

			if (left(w) < 8)
				return DONE;
			w->at += 8;
			return fragment(w, h + 8, 16, f[0], get_be32(f + 4), !(get_be16(f + 2) & 0xfff8));
		}
		if (next == IP_ROUTING || next == IP_DSTOPTS) /* may name other hosts */
			return UNKNOWN;
		if (next != IP_HOPOPTS)
			return next == IP_NONE ? DONE : transport(w, next);
		if (left(w) < 8)
			return DONE;
		len = (w->at[1] + 1u) * 8;
		if (left(w) < len)
			return DONE;
		next = w->at[0];
		w->at += len;
	}
	return UNKNOWN;
}

static enum step ip(struct walk *w)
{
	unsigned version = left(w) ? *w->at >> 4 : 0;

	return version == 4 ? IPV4 : version == 6 ? IPV6 : DONE;
}

/* ---- below IP --------------------------------------------------------------------------------------- */

static enum step arp(struct walk *w)
{
	unsigned hardware;

	if (left(w) < 8)
		return DONE;
	hardware = w->at[4];
	if (w->at[5] != 4)
		return DONE;
	if (left(w) >= 8 + hardware + 4)
		w->k->host[w->k->hosts++] = key_host(w->at + 8 + hardware, 4);
	if (left(w) >= 8 + 2 * hardware + 8)
		w->k->host[w->k->hosts++] = key_host(w->at + 8 + 2 * hardware + 4, 4);
	return DONE;
}

static enum step llc(struct walk *w)
{
	if (left(w) < 3 || (w->at[2] & 3) != 3)
		return DONE;
	if (w->at[0] == 0xaa && w->at[1] == 0xaa) {
		uint32_t oui;

		if (left(w) < 8)
			return DONE;
		oui = get_be24(w->at + 3);
		w->type = get_be16(w->at + 6);
		w->at += 8;
		return oui == 0 || oui == 0x0000f8 || oui == 0x080007 ? w->type < ETHERTYPE_MIN ? DONE : TYPE :
		       oui == 0x0080c2 ? UNKNOWN : DONE;
	}
	if (w->at[0] != 0x06)
		return DONE;
	w->at += 3;
	return IPV4;
}

static enum step mpls(struct walk *w)
{
	for (bool bottom = false; !bottom; w->at += 4) {
		if (left(w) < 4)
			return DONE;
		bottom = w->at[2] & 1;
	}
	return !left(w) ? DONE : *w->at >> 4 == 4 || *w->at >> 4 == 6 ? IP : UNKNOWN;
}

static enum step pppoe(struct walk *w)
{
	unsigned protocol;

	if (left(w) < 8)
		return DONE;
	protocol = get_be16(w->at + 6);
	w->at += 8;
	if (protocol == 0x0021 || protocol == 0x0057)
		return protocol == 0x0021 ? IPV4 : IPV6;
	return protocol >> 12 == 0xc || protocol >> 12 == 8 ? DONE : UNKNOWN;
}

static enum step type(struct walk *w)
{
	switch (w->type) {
	case ETHERTYPE_IP: return IPV4;
	case ETHERTYPE_IPV6: return IPV6;
	case ETHERTYPE_ARP: case ETHERTYPE_RARP: return arp(w);
	case ETHERTYPE_BRIDGED: return ETHERNET;
	case ETHERTYPE_VLAN: case ETHERTYPE_QINQ: case ETHERTYPE_OLD_QINQ:
		if (left(w) < 4)
			return DONE;
		w->type = get_be16(w->at + 2);
		w->at += 4;
		return TYPE;
	case ETHERTYPE_MPLS: case ETHERTYPE_MPLS_UPSTREAM: return mpls(w);
	case ETHERTYPE_PPPOE: return pppoe(w);
	case ETHERTYPE_ERSPAN: case ETHERTYPE_ERSPAN_3: case ETHERTYPE_NSH: case ETHERTYPE_PPP: return UNKNOWN;
	default: return w->type < ETHERTYPE_MIN ? llc(w) : DONE;
	}
}

static enum step ethernet(struct walk *w)
{
	if (left(w) < 14)
		return DONE;
	w->type = get_be16(w->at + 12);
	w->at += 14;
	return TYPE;
}

/* Linux' cooked headers: the ethertype is somewhere in a header of so many bytes. */
static enum step cooked(struct walk *w, unsigned header, unsigned type_at, unsigned device_at)
{
	unsigned device;

	if (left(w) < header)
		return DONE;
	device = get_be16(w->at + device_at);
	w->type = get_be16(w->at + type_at);
	w->at += header;
	if (device == 824 || device == 770) /* netlink, Frame Relay: the protocol is no ethertype there */
		return DONE;
	return w->type >= ETHERTYPE_MIN ? TYPE : w->type == 4 ? llc(w) : DONE;
}

static enum step link(struct walk *w, unsigned linktype)
{
	switch (linktype) {
	case LINKTYPE_ETHERNET: return ethernet(w);
	case LINKTYPE_LINUX_SLL: return cooked(w, 16, 14, 2);
	case LINKTYPE_LINUX_SLL2: return cooked(w, 20, 0, 8);
	case LINKTYPE_RAW: case LINKTYPE_RAW_BSD12: case LINKTYPE_RAW_BSD14: case LINKTYPE_IPV4: case LINKTYPE_IPV6: return IP;
	case LINKTYPE_NULL: case LINKTYPE_LOOP:
		if (left(w) < 5)
			return DONE;
		w->at += 4;
		return *w->at >> 4 == 4 || *w->at >> 4 == 6 ? IP : UNKNOWN;
	default: return UNKNOWN;
	}
}

/* ---- the short way -------------------------------------------------------------------------------------- */

static bool may_be_tunnel(uint8_t protocol, uint16_t port)
{
	return protocol == IP_UDP ? udp_tunnel(port) != NO_TUNNEL : is_openflow(port);
}

bool keys_plain(struct plain_keys *k, unsigned linktype, const uint8_t *data, uint32_t len)
{
	uint16_t src_port, dst_port;
	unsigned address_len, at;
	uint64_t src, dst;
	const uint8_t *h = data + 14;
	uint8_t protocol;

	if (linktype != LINKTYPE_ETHERNET || len < 14 + 24)
		return false;
	if (get_be16(data + 12) == ETHERTYPE_IP && h[0] == 0x45 && !(get_be16(h + 6) & 0x3fff)) {
		address_len = 4;
		at = 12;
	} else if (get_be16(data + 12) == ETHERTYPE_IPV6 && len >= 14 + 44) {
		address_len = 16;
		at = 8;
	} else {
		return false;
	}
	protocol = h[address_len == 4 ? 9 : 6];
	src_port = get_be16(h + at + 2 * address_len);
	dst_port = get_be16(h + at + 2 * address_len + 2);
	if ((protocol != IP_TCP && protocol != IP_UDP) || may_be_tunnel(protocol, src_port) || may_be_tunnel(protocol, dst_port))
		return false;
	src = address_hash(h + at, address_len);
	dst = address_hash(h + at + address_len, address_len);
	k->key[0] = flow_of(src, src_port, dst, dst_port, protocol);
	k->key[1] = host_of(src);
	k->key[2] = host_of(dst);
	k->key[3] = key_port(src_port);
	k->key[4] = key_port(dst_port);
	return true;
}

/* ---- outside ---------------------------------------------------------------------------------------------- */

void keys_extract(struct packet_keys *k, unsigned linktype, const uint8_t *data, uint32_t len)
{
	struct walk w = { .k = k, .at = data, .end = data + len };
	static enum step (*const steps[])(struct walk *) = {
		[ETHERNET] = ethernet, [TYPE] = type, [IPV4] = ipv4, [IPV6] = ipv6, [IP] = ip,
	};
	enum step next;

	k->flows = k->hosts = k->ports = k->unknown = k->unknown_whole = k->fragment = 0;
	k->constant = false;
	next = link(&w, linktype);
	for (unsigned i = 0; next > UNKNOWN; i++)
		next = i == STEPS ? UNKNOWN : steps[next](&w);
	if (next == UNKNOWN)
		k->unknown = ALL_KINDS;
	k->constant &= w.layers == 1 && !k->unknown;
}
