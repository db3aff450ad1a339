/* SPDX-License-Identifier: MIT */
/* What the protocols that carry other packets share: the ways to name what comes next. */
#ifndef LIB_DECODE_CARRIER_H
#define LIB_DECODE_CARRIER_H

#include "decode/protocol.h"

enum { ETHERTYPE_MIN = 1536 }; /* below: a length, and an LLC frame */

/* An IP packet without a word about its version but its own first four bits. */
static inline uint8_t next_by_version(const struct decode *d)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	return !h ? PROTO_NONE : *h >> 4 == 4 ? PROTO_ip : *h >> 4 == 6 ? PROTO_ipv6 : PROTO_NONE;
}

/* ISO's protocols begin with a number of their own; of those we know IS-IS. */
static inline uint8_t next_of_osi(const struct decode *d)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	return h && *h == 0x83 ? PROTO_isis : PROTO_NONE;
}

/* Behind an Ethernet type or length field. */
static inline enum decode_result next_by_type_or_length(struct decode *d, unsigned type)
{
	if (type >= ETHERTYPE_MIN) {
		d->next = decode_claimed(CLAIM_ETHERTYPE, type);
		return DECODE_OK;
	}
	d->next = PROTO_llc;
	return decode_limit(d, type) || d->fragment || d->quoted ? DECODE_OK : DECODE_MALFORMED;
}

#endif
