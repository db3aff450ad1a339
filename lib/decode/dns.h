/* SPDX-License-Identifier: MIT */
/* What the DNS decoder and its one-line text share: names and records. */
#ifndef LIB_DECODE_DNS_H
#define LIB_DECODE_DNS_H

#include "decode/protocol.h"

enum { DNS_HEADER = 12, DNS_NAME_MAX = 253 /* RFC 1035 allows 255 with the length bytes: 253 as text */ };

enum dns_type {
	DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_NULL = 10, DNS_PTR = 12, DNS_HINFO = 13, DNS_MX = 15,
	DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33, DNS_NAPTR = 35, DNS_DNAME = 39, DNS_OPT = 41, DNS_DS = 43,
	DNS_SSHFP = 44, DNS_RRSIG = 46, DNS_NSEC = 47, DNS_DNSKEY = 48, DNS_NSEC3 = 50, DNS_TLSA = 52, DNS_SVCB = 64,
	DNS_HTTPS = 65, DNS_SPF = 99, DNS_CAA = 257
};

/* A name as text, dots between the labels. */
struct dns_name {
	uint16_t len;
	uint8_t text[DNS_NAME_MAX + 1];
};

/* A resource record; `name` is where its owner's name starts, data what RDLENGTH promises and the capture kept. */
struct dns_record {
	const uint8_t *name;
	uint16_t type, class;
	uint32_t ttl;
	uint16_t len;
	struct cursor data;
};

/* Message behind one layer; *over_tcp says that two bytes of length stand before it. */
struct cursor dns_message(const struct packet *p, const struct layer *l, bool *over_tcp);

/* Reads the name at `c` and leaves `c` behind it. `msg` is the start of the
 * message, where compression pointers count from; labels may lie anywhere in
 * [msg, end). False, with c->cut set, if the name runs out of the message or
 * has a label of an unknown kind. What cannot be shown is said in angle
 * brackets, as Wireshark does: "<Root>", "<Name too long>". */
bool dns_name_read(struct cursor *c, const uint8_t *msg, const uint8_t *end, struct dns_name *name);
/* The same without following pointers. */
bool dns_name_skip(struct cursor *c);
/* The record at `c`, and past it. False if its fixed part is not all there; then c->cut. */
bool dns_record_read(struct cursor *c, struct dns_record *r);

/* "A", "AAAA"; NULL if it has no name */
const char *dns_type_name(unsigned type);
void dns_summary(struct summary *s, const struct packet *p, const struct layer *l);
void dns_walk(struct walk *w, const struct packet *p, const struct layer *l);
enum decode_result dns_decode(struct decode *d, struct layer *l);

#endif
