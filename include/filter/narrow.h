/* SPDX-License-Identifier: MIT */
/*
 * What a display filter demands of a packet's addresses and ports, as far as an index of them can help: a small tree whose
 * leaves are a host, a port, a flow or a time. Whoever keeps sets of these for runs of packets (lib/store's chunks) asks the
 * tree of each run and leaves out those that cannot match.
 *
 *	ip.addr == 10.0.0.1 and tcp.port == 443 and http    10.0.0.1 and port 443
 *	tcp.port in {80, 443} or udp.port == 53             port 80 or port 443 or port 53
 *	not ip.addr == 10.0.0.1, ip.ttl < 5, dns            anything
 *
 * The tree is true of everything the filter matches, if the sets are made so (store/keys.h does):
 *  - host: every address that the fields ip.addr, ipv6.addr and arp.*.proto_ipv4 give for the packet; port: those of tcp.port,
 *    udp.port, sctp.port, dccp.port and udplite.port;
 *  - flow: both addresses and both ports with the IP protocol of the transport;
 *  - where a packet may have more of these than can be told (a tunnel, an envelope as sFlow, an ICMP error's quote, a link that
 *    is not understood) the run says that it may hold anything. An IP fragment behind the first has known addresses, but
 *    may become, with those before it, a datagram with any port.
 */
#ifndef FILTER_NARROW_H
#define FILTER_NARROW_H

#include "filter/filter.h"

enum narrow_kind {
	NARROW_ANYTHING,   /* no demand */
	NARROW_NOTHING,    /* can never be */
	NARROW_ALL_OF,     /* children, at least one */
	NARROW_ONE_OF,
	NARROW_HOST,
	NARROW_PORT,
	NARROW_FLOW,
	NARROW_TIME
};

/* Which packets must be seen, beside those that match, for the answer to be right. */
enum narrow_needs {
	NEEDS_PACKET,      /* each packet is judged alone */
	NEEDS_CONNECTION,  /* what was before in its connection, and the other fragments: hosts, ports and flows still narrow */
	NEEDS_ALL          /* numbers of streams, times between frames, announcements of others: nothing may be left out */
};

struct narrow_end {
	uint8_t addr[16];
	uint8_t len;            /* of the address: 4 or 16 */
	uint16_t port;
};

struct narrow_term {
	uint8_t kind;           /* enum narrow_kind */
	uint8_t ipproto;        /* NARROW_FLOW: 6, 17, 132, 33 or 136 */
	uint16_t first, next;   /* ALL_OF, ONE_OF: the first child; every term: its next sibling. Indices, 0: none */
	union {
		struct narrow_end end[2];           /* HOST: end[0].addr; PORT: end[0].port; FLOW: both, in no order */
		struct { int64_t from_ns, to_ns; }; /* TIME, both included */
	};
};

enum { NARROW_TERMS_MAX = 256, NARROW_DEPTH_MAX = 16 }; /* what is more becomes ANYTHING */

struct narrow {
	uint8_t needs;          /* enum narrow_needs. NEEDS_ALL: the root is ANYTHING */
	uint16_t count;         /* of term[] in use */
	struct narrow_term term[NARROW_TERMS_MAX]; /* [0] is the root */
};

/* Never fails: what it does not understand, or has no room for, is ANYTHING. The filter may be freed afterwards. */
void filter_narrow(const struct filter *f, struct narrow *n);
/* "host 10.0.0.1 and (port 80 or port 443)"; "anything", "nothing". */
void narrow_format(const struct narrow *n, struct outbuf *o);

#endif
