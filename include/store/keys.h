/* SPDX-License-Identifier: MIT */
/*
 * What an index knows a packet by: 32-bit keys of its flows, hosts and ports, taken from the headers by a short walk that is
 * no decoding. Every key is a hash of written-down form, the same in each process and on each machine.
 *
 * The promise to queries: a packet in which the decoder can find address A in an IP or ARP header has the key of A among its
 * hosts, or says that its hosts are not all known (`unknown`); the same for TCP, UDP, SCTP, DCCP ports and for flows. So
 * nothing is missed when only packets (chunks) are read that have a key or are unknown of its kind. Keys are hashes: what has
 * a key may still be another packet.
 *
 *	ip.addr == A                   host A
 *	arp.src.proto_ipv4 == A        host A (both sides of ARP)
 *	tcp.port == P, udp.port == P   port P (protocols are not told apart)
 *	A:p <-> B:q by TCP             flow, and hosts A and B, and ports p and q
 *
 * A packet with headers in headers (tunnels, ICMP errors that quote one) has the keys of all layers, up to KEYS_LAYERS; it
 * then says `unknown` of flows, since its addresses and ports may be paired in other ways than those of one layer.
 *
 * A fragment has the keys of what stands in it. A decoder that puts datagrams together finds more in the one that completes
 * them: the ports, which are in the first, and the headers within, if it is a tunnel. That is `unknown_whole`; who has
 * seen the first fragment may know better (index_make.c).
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum key_kind { KEY_FLOW, KEY_HOST, KEY_PORT, KEY_KINDS };

enum { KEYS_LAYERS = 4 };
enum key_fragment { KEYS_NO_FRAGMENT, KEYS_FIRST_FRAGMENT, KEYS_LATER_FRAGMENT };

struct packet_keys {
	uint32_t flow[KEYS_LAYERS];
	uint32_t host[2 * KEYS_LAYERS + 2]; /* ARP behind them all */
	uint32_t port[2 * KEYS_LAYERS];
	uint8_t flows, hosts, ports;
	uint8_t unknown;          /* bit 1 << kind: there may be more of this kind than is said here */
	uint8_t unknown_whole;    /* likewise, when it is put together with other fragments */
	uint8_t fragment;         /* enum key_fragment, of the outermost IP header */
	uint8_t ends_len, protocol; /* a fragment: of the addresses at `ends`, which are in the packet; of the transport */
	uint32_t id;
	const uint8_t *ends;
	bool constant;            /* every packet with the same keys_quick() has exactly these */
};

/* The walk. Reads at most the first 256 bytes or so; any bytes and lengths are fine. */
void keys_extract(struct packet_keys *k, unsigned linktype, const uint8_t *data, uint32_t len);

/*
 * For what nearly all packets are (Ethernet with at most two VLAN tags, SLL, SLL2, raw IP; TCP or UDP in an unfragmented IPv4
 * packet without options or in IPv6 without extensions): a hash of addresses, ports and protocol, the same in both
 * directions, in some 5 ns. 0: it is another packet. `seed` is the caller's secret, so that nobody can make packets that look
 * like one. Remember it only of packets whose keys are `constant`: tunnels are not.
 */
uint64_t keys_quick(unsigned linktype, const uint8_t *data, uint32_t len, uint64_t seed);

/*
 * The same keys as keys_extract() gives, in a third of its time, of what is Ethernet without tags, IPv4 without options or IPv6
 * without extensions, TCP or UDP and surely no tunnel. False: it is not, or may not be.
 */
struct plain_keys {
	uint32_t key[5];          /* flow, two hosts, two ports */
};
bool keys_plain(struct plain_keys *k, unsigned linktype, const uint8_t *data, uint32_t len);

/* The keys of what a query names. `address` is 4 or 16 bytes (`len`). Ports in host order. */
uint32_t key_host(const uint8_t *address, unsigned len);
uint32_t key_port(uint16_t port);
/* Both directions of a flow have one key. `protocol`: the IP protocol number; protocols without ports: 0 and 0. */
uint32_t key_flow(const uint8_t *a, uint16_t a_port, const uint8_t *b, uint16_t b_port, unsigned len, uint8_t protocol);

#endif
