/* SPDX-License-Identifier: MIT */
/*
 * The text lines' functions that protocol files name in their `summary` member, and what they share.
 *
 * A summary function writes its layer's part of the line and nothing for the
 * layers behind it. It stops where bytes are missing or contradict each other;
 * packet_summary() appends " [|tcp]" or " [malformed: tcp]" after it.
 */
#ifndef LIB_DECODE_SUMMARY_H
#define LIB_DECODE_SUMMARY_H

#include "decode/protocol.h"

void eth_summary(struct summary *s, const struct packet *p, const struct layer *l);
void vlan_summary(struct summary *s, const struct packet *p, const struct layer *l);
void sll_summary(struct summary *s, const struct packet *p, const struct layer *l);
void null_summary(struct summary *s, const struct packet *p, const struct layer *l);
void raw_summary(struct summary *s, const struct packet *p, const struct layer *l);
void llc_summary(struct summary *s, const struct packet *p, const struct layer *l);
void ppp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void pppoes_summary(struct summary *s, const struct packet *p, const struct layer *l);
void pppoed_summary(struct summary *s, const struct packet *p, const struct layer *l);
void mpls_summary(struct summary *s, const struct packet *p, const struct layer *l);
void chdlc_summary(struct summary *s, const struct packet *p, const struct layer *l);
void fr_summary(struct summary *s, const struct packet *p, const struct layer *l);
void radiotap_summary(struct summary *s, const struct packet *p, const struct layer *l);
void wlan_summary(struct summary *s, const struct packet *p, const struct layer *l);
void ppi_summary(struct summary *s, const struct packet *p, const struct layer *l);
void nflog_summary(struct summary *s, const struct packet *p, const struct layer *l);
void gre_summary(struct summary *s, const struct packet *p, const struct layer *l);
void erspan_summary(struct summary *s, const struct packet *p, const struct layer *l);
void ah_summary(struct summary *s, const struct packet *p, const struct layer *l);
void pim_summary(struct summary *s, const struct packet *p, const struct layer *l);
void vxlan_summary(struct summary *s, const struct packet *p, const struct layer *l);
void geneve_summary(struct summary *s, const struct packet *p, const struct layer *l);
void gtp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void teredo_summary(struct summary *s, const struct packet *p, const struct layer *l);
void capwap_summary(struct summary *s, const struct packet *p, const struct layer *l);
void l2tp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void arp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void ip_summary(struct summary *s, const struct packet *p, const struct layer *l);
void ipv6_summary(struct summary *s, const struct packet *p, const struct layer *l);
void icmp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void icmpv6_summary(struct summary *s, const struct packet *p, const struct layer *l);
void tcp_summary(struct summary *s, const struct packet *p, const struct layer *l);
void udp_summary(struct summary *s, const struct packet *p, const struct layer *l);

/* The connection of a Frame Relay address of `len` (2 to 4) bytes. */
uint32_t fr_dlci(const uint8_t *h, unsigned len);
/* "IPv4" for 0x0800; NULL if it has no name. */
const char *ethertype_name(unsigned type);
/* "TCP" for 6; NULL if it has no name. */
const char *ip_protocol_name(unsigned number);

/* "ethertype IPv4 (0x0800)", or the short form of -q. */
void summary_ethertype(struct summary *s, unsigned type);
/* The IP layer that carries `l`, or NULL. */
const struct layer *summary_network(const struct packet *p, const struct layer *l);
/* The layer behind `l`, or NULL. */
const struct layer *summary_next(const struct packet *p, const struct layer *l);
/* Bytes of `l` on the wire by the lengths of what carries it, whatever it says itself. */
uint32_t summary_outer_len(const struct packet *p, const struct layer *l);
/* "a > b" of an IPv4 or IPv6 layer. */
void summary_addresses(struct outbuf *o, const struct packet *p, const struct layer *net);
/* "a.1 > b.2: ", without the addresses when extension headers stood in between and have shown them. */
void summary_ports(struct outbuf *o, const struct packet *p, const struct layer *l, unsigned number, unsigned sport,
		   unsigned dport);
/* The options of neighbour discovery, a line each. */
void summary_nd_options(struct outbuf *o, struct cursor c);
/* "\n\t0x0000:  6162 …  ab": tcpdump's way of showing what it does not know. */
void summary_unknown(struct outbuf *o, const uint8_t *data, uint32_t len);
/* The layers behind `l`: the packet that an ICMP error quotes. */
void summary_quoted(struct summary *s, const struct packet *p, const struct layer *l);

/* What a Multipath TCP option says, from its length on; `c` starts behind the length byte. False if that makes no sense. */
bool summary_mptcp(struct outbuf *o, struct cursor c, unsigned tcp_flags);

/* " [|domain]" when nothing was kept of a payload that a port of `kind` (enum claim_kind) promises to be one we tell of. */
void summary_payload_cut(struct outbuf *o, const struct packet *p, const struct layer *l, unsigned kind, unsigned sport,
			 unsigned dport);

/* Internet checksum, RFC 1071: ones' complement sum of `len` bytes, added to `sum`, not folded. */
uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t len);
uint16_t checksum_fold(uint32_t sum);
/* Of a transport layer with its pseudo header. False if it cannot be said: not all bytes were kept, or a fragment.
 * *sum is 0 when the checksum in the packet is right. */
bool checksum_transport(const struct packet *p, const struct layer *l, unsigned number, uint16_t *sum);
/* What the field should hold, from what it holds and the sum with it. */
uint16_t checksum_should_be(uint16_t field, uint16_t sum);

#endif
